/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libFuzzer, and replay.c in its place, call with each input. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Returns 0; what is wrong ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
