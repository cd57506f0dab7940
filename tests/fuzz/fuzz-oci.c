/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OCI documents from a stranger; see native.h. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/native.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_native("oci", data, size);
    return 0;
}
