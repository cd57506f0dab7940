/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lays out libvirt's hypervisor table for the release that is running. */
#include "driver/abi/slots.h"

#include "controller/wire/failure.h"
#include "driver/abi/symbols.h"

#include <string.h>

typedef enum {
    PUBLIC,   /* libvirt.so.0 exports vir + Name, exactly in the releases that have the slot */
    INTERNAL, /* in all releases, but its entry point is elsewhere or there is none */
} Visibility;

typedef struct {
    const char *name;
    Visibility visibility;
} SlotRow;

static const SlotRow rows[] = {
#define SLOT(name, visibility, since, result, parameters) { #name, visibility },
#include "driver/abi/slot-list.h"
#undef SLOT
};

G_STATIC_ASSERT(G_N_ELEMENTS(rows) < SLOTS_CAPACITY);

/* Index of each row in the running libvirt's table, -1 for what it does not have. */
static int indexes[G_N_ELEMENTS(rows)];
static gsize slot_count;
static void **table;

static bool
row_is_present(const SlotRow *row)
{
    g_autofree char *symbol = NULL;

    if (row->visibility == INTERNAL)
        return true;
    symbol = g_strdup_printf("vir%c%s", g_ascii_toupper(row->name[0]), row->name + 1);
    return symbols_find(symbol) != NULL;
}

static void
layout_resolve(void)
{
    int next = 1; /* entry 0 is the driver's name */

    if (!g_once_init_enter(&slot_count))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        indexes[i] = row_is_present(&rows[i]) ? next++ : -1;
    g_once_init_leave(&slot_count, (gsize)next);
}

/* The row of @name, or G_N_ELEMENTS(rows). */
static gsize
row_find(const char *name)
{
    gsize i = 0;

    while (i < G_N_ELEMENTS(rows) && strcmp(rows[i].name, name) != 0)
        i++;
    return i;
}

int
slots_count(void)
{
    layout_resolve();
    return (int)slot_count;
}

int
slots_index(const char *name)
{
    gsize row = row_find(name);

    layout_resolve();
    return row < G_N_ELEMENTS(rows) ? indexes[row] : -1;
}

static bool
slot_fill(void **entries, bool *given, const ApiSlot *slot, GError **error)
{
    gsize row = row_find(slot->name);

    if (row == G_N_ELEMENTS(rows))
        return fail(error, FAILURE_INTERNAL, "libvirt has no driver call '%s'", slot->name);
    if (given[row])
        return fail(error, FAILURE_INTERNAL, "driver call '%s' is implemented twice", slot->name);
    given[row] = true;
    if (indexes[row] >= 0)
        entries[indexes[row]] = (void *)slot->function;
    return true;
}

void **
slots_build(const char *driver_name, const ApiSlot *const *tables, GError **error)
{
    g_autofree void **entries = g_new0(void *, SLOTS_CAPACITY);
    bool given[G_N_ELEMENTS(rows)] = { false };

    layout_resolve();
    entries[0] = (void *)driver_name;
    for (; *tables; tables++) {
        for (const ApiSlot *slot = *tables; slot->name; slot++) {
            if (!slot_fill(entries, given, slot, error))
                return NULL;
        }
    }
    table = g_steal_pointer(&entries);
    return table;
}

void **
slots_table(void)
{
    return table;
}
