/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the fuzz targets of the native formats check. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Reads @data in @format: an error or a domain comes of it. The domain prints and reads as itself,
 * and what it gives in either format that can be written reads again.
 */
void fuzz_native(const char *format, const uint8_t *data, size_t size);
