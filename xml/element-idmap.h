/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <idmap>: one range of ids of a user namespace. */
#pragma once

#include <stdint.h>

typedef struct {
    uint64_t start;  /* first id inside */
    uint64_t target; /* first id on the host */
    uint64_t count;
} IdMapEntry;
