/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of the view. */
#include "controller/wire/view.h"

#include <glib.h>

const ViewFile view_files[] = {
    { "meminfo", "/proc/meminfo" },
};
const unsigned view_files_count = G_N_ELEMENTS(view_files);
