/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of the table of live.c, each from a file live-<name>.c. */
#pragma once

#include "driver/live.h"

extern const LiveKind live_filesystem;
