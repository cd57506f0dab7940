/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of the view. */
#include "controller/wire/view.h"

#include <glib.h>

const ViewFile view_files[] = {
    { "meminfo", "/proc/meminfo" },
    { "swaps", "/proc/swaps" },
    { "cpuinfo", "/proc/cpuinfo" },
    { "stat", "/proc/stat" },
    { "uptime", "/proc/uptime" },
    { "loadavg", "/proc/loadavg" },
    { "diskstats", "/proc/diskstats" },
    { "pressure.cpu", "/proc/pressure/cpu" },
    { "pressure.io", "/proc/pressure/io" },
    { "pressure.memory", "/proc/pressure/memory" },
    { "cpu.online", "/sys/devices/system/cpu/online" },
    { "cpu.possible", "/sys/devices/system/cpu/possible" },
    { "cpu.present", "/sys/devices/system/cpu/present" },
};
const unsigned view_files_count = G_N_ELEMENTS(view_files);
