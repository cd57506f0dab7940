/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers with a unit: "512", "KiB". */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Bytes of one @unit: b, byte, bytes; k, KiB, KB and so on up to e, in any case; @scale for NULL or
 * "". Returns 0 for a unit that is none.
 */
uint64_t size_unit(const char *unit, uint64_t scale);

/* The words of an error message that lists the units. */
#define SIZE_UNITS "bytes, KiB, MiB, GiB, TiB, PiB, EiB (or KB, MB, … for powers of 1000)"
