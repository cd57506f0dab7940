/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The canonical form of kept elements. */
#include "xml/kept-canonical.h"

#include <string.h>

/* Canonical order of attributes, as libvirt prints them; what is not listed comes after, in the
 * order it came. */
typedef struct {
    const char *element;
    const char *attributes;
} KeptOrder;

static const KeptOrder orders[] = {
    { "controller", "type index model" },
    { "memnode", "cellid mode nodeset" },
    { "seclabel", "model relabel" },
    { "vcpusched", "vcpus scheduler priority" },
    { "iothreadsched", "iothreads scheduler priority" },
    { "emulatorsched", "scheduler priority" },
};

/* Position of @name among @words. */
static int
order_rank(const char *words, const char *name)
{
    size_t length = strlen(name);
    int rank = 0;

    while (*words) {
        size_t word = strcspn(words, " ");

        if (word == length && strncmp(words, name, length) == 0)
            return rank;
        words += word;
        words += *words == ' ';
        rank++;
    }
    return rank;
}

static gint
compare_attributes(gconstpointer one, gconstpointer other, gpointer words)
{
    const KeptAttribute *const *left = one;
    const KeptAttribute *const *right = other;

    return order_rank(words, (*left)->name) - order_rank(words, (*right)->name);
}

static void
kept_sort(Kept *kept)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(orders); i++) {
        /* GLib's sort is stable */
        if (g_str_equal(orders[i].element, kept->name))
            g_ptr_array_sort_with_data(kept->attributes, compare_attributes,
                                       (gpointer)orders[i].attributes);
    }
}

void
kept_make_inactive(Kept *kept)
{
    guint i;

    if (!g_str_has_prefix(kept->place, "devices/"))
        return;
    for (i = kept->children->len; i > 0; i--) {
        if (g_str_equal(((const Kept *)kept->children->pdata[i - 1])->name, "alias"))
            g_ptr_array_remove_index(kept->children, i - 1);
    }
}

void
kept_make_canonical(Kept *kept, const XmlContext *context)
{
    if (!context->live)
        kept_make_inactive(kept);
    kept_sort(kept);
}
