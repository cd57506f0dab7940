/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls of libvirt's hypervisor table: their prototypes, and the table for the running libvirt.
 */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>

/* Slot_domainSuspend and so on: the function type of each slot */
#define SLOT(name, visibility, since, result, parameters) typedef result Slot_##name parameters;
#include "driver/abi/slot-list.h"
#undef SLOT

/* what a function in slot connectOpen returns */
enum {
    OPEN_SUCCESS = 0,
    OPEN_DECLINED = -1, /* not our URI: libvirt asks the next driver */
    OPEN_ERROR = -2,    /* our URI, and an error has been reported */
};

/* One implemented call; tables of them end with { NULL, NULL }. */
typedef struct {
    const char *name;
    void (*function)(void);
} ApiSlot;

/* The ApiSlot of @slot; does not compile when the signature of @implementation is another one. */
/* clang-format off */
#define API(slot, implementation) \
    { #slot, (void (*)(void))_Generic((implementation), Slot_##slot *: (implementation)) }
/* clang-format on */

/* Entries of a table. What lies behind the slots we know stays NULL: "not supported". */
#define SLOTS_CAPACITY 400

/* Slots of the running libvirt including the name; libvirt.so.0 must be in the process. */
int slots_count(void);

/* Index of @name in the running libvirt's table, or -1 when this release has no such slot. */
int slots_index(const char *name);

/*
 * Builds the table: @driver_name (borrowed for ever) in entry 0, then the functions of @tables, a
 * NULL-terminated list. Slots that the running libvirt does not have are left out. An unknown name
 * or a slot given twice is FAILURE_INTERNAL. The result has SLOTS_CAPACITY entries and is never
 * freed, for libvirt keeps its address; it is also what slots_table() then returns.
 */
void **slots_build(const char *driver_name, const ApiSlot *const *tables, GError **error);

/* the table last built, or NULL */
void **slots_table(void);
