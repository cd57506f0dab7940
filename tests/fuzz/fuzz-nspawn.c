/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* .nspawn files from a stranger; see native.h. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/native.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_native("nspawn", data, size);
    return 0;
}
