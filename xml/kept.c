/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree of elements that are kept as they came. */
#include "xml/kept.h"

static void
kept_attribute_free(KeptAttribute *attribute)
{
    g_free(attribute->name);
    g_free(attribute->value);
    g_free(attribute);
}

Kept *
kept_new(const char *name)
{
    Kept *kept = g_new0(Kept, 1);

    kept->name = g_strdup(name);
    kept->attributes = g_ptr_array_new_with_free_func((GDestroyNotify)kept_attribute_free);
    kept->children = g_ptr_array_new_with_free_func((GDestroyNotify)kept_free);
    return kept;
}

Kept *
kept_copy(const Kept *kept)
{
    Kept *copy = kept_new(kept->name);
    guint i;

    copy->place = kept->place;
    copy->text = g_strdup(kept->text);
    for (i = 0; i < kept->attributes->len; i++) {
        const KeptAttribute *attribute = kept->attributes->pdata[i];

        kept_add_attribute(copy, attribute->name, attribute->value);
    }
    for (i = 0; i < kept->children->len; i++)
        g_ptr_array_add(copy->children, kept_copy(kept->children->pdata[i]));
    return copy;
}

void
kept_free(Kept *kept)
{
    if (!kept)
        return;
    g_free(kept->name);
    g_free(kept->text);
    g_ptr_array_unref(kept->attributes);
    g_ptr_array_unref(kept->children);
    g_free(kept);
}

static KeptAttribute *
kept_find(const Kept *kept, const char *name)
{
    guint i;

    for (i = 0; i < kept->attributes->len; i++) {
        KeptAttribute *attribute = kept->attributes->pdata[i];

        if (g_str_equal(attribute->name, name))
            return attribute;
    }
    return NULL;
}

const char *
kept_attribute(const Kept *kept, const char *name)
{
    const KeptAttribute *attribute = kept_find(kept, name);

    return attribute ? attribute->value : NULL;
}

void
kept_add_attribute(Kept *kept, const char *name, const char *value)
{
    KeptAttribute *attribute = g_new(KeptAttribute, 1);

    attribute->name = g_strdup(name);
    attribute->value = g_strdup(value);
    g_ptr_array_add(kept->attributes, attribute);
}

void
kept_set_attribute(Kept *kept, const char *name, const char *value)
{
    KeptAttribute *attribute = kept_find(kept, name);

    if (!value) {
        if (attribute)
            g_ptr_array_remove(kept->attributes, attribute);
        return;
    }
    if (!attribute) {
        kept_add_attribute(kept, name, value);
        return;
    }
    g_free(attribute->value);
    attribute->value = g_strdup(value);
}

Kept *
kept_child(const Kept *kept, const char *name)
{
    guint i;

    for (i = 0; i < kept->children->len; i++) {
        Kept *child = kept->children->pdata[i];

        if (g_str_equal(child->name, name))
            return child;
    }
    return NULL;
}
