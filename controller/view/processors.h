/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors of the guest, and the time it has had of them. */
#pragma once

#include "controller/view/view.h"

/* How many the guest can keep busy: those it may run on, or fewer when its quota is less. */
unsigned processors_count(const View *view);

/* Microseconds all tasks of the guest have run so far; of them in *ret_system in the kernel. */
uint64_t processors_usage(const View *view, uint64_t *ret_system);

bool processors_info(View *view, GString *text);
bool processors_stat(View *view, GString *text);
bool processors_uptime(View *view, GString *text);
/* The list of them, "0-3", for files of /sys. */
bool processors_list(View *view, GString *text);
