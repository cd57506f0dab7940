/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server needs to read files, and to talk to one descriptor. */
#pragma once

#include <stdbool.h>

/* Gives up every capability, and all system calls but the few it makes. */
bool view_confine(void);
