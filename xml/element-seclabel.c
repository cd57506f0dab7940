/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <seclabel>: rows and defaults. */
#include "xml/element-seclabel.h"

#include <stddef.h>

#include "xml/definition.h"
#include "xml/elements.h"

static const char *const types[] = { "dynamic", "static", "none", NULL };
static const char *const relabels[] = { "", "yes", "no", NULL };

enum { RELABEL_UNSET, RELABEL_YES, RELABEL_NO };

#define MEMBER(member) offsetof(Seclabel, member)
#define ON(type)       ONLY(SECLABEL_##type)

static const XmlField seclabel_fields[] = {
    { "@type", FIELD_ENUM, MEMBER(type), FIELD_ALWAYS, .names = types },
    { "@model", FIELD_STRING, MEMBER(model) },
    { "@relabel", FIELD_ENUM, MEMBER(relabel), .names = relabels },
    { "label", FIELD_STRING, MEMBER(label), FIELD_REQUIRED, ON(STATIC) },
    { "label", FIELD_STRING, MEMBER(label), FIELD_LIVE, ON(DYNAMIC) },
    { "imagelabel", FIELD_STRING, MEMBER(imagelabel), FIELD_LIVE, ON(STATIC) | ON(DYNAMIC) },
    { "baselabel", FIELD_STRING, MEMBER(baselabel), 0, ON(DYNAMIC) },
    { NULL },
};

static bool
finish_relabel(Seclabel *seclabel, GError **error)
{
    if (seclabel->type == SECLABEL_DYNAMIC && seclabel->relabel == RELABEL_NO)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<seclabel type='dynamic'> needs relabel='yes'; for files that keep their "
                    "labels use type 'static'");
    if (seclabel->type == SECLABEL_NONE && seclabel->relabel == RELABEL_YES)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<seclabel type='none'> cannot have relabel='yes'; there is no label");
    if (seclabel->type == SECLABEL_NONE)
        seclabel->relabel = RELABEL_UNSET;
    else if (seclabel->relabel == RELABEL_UNSET)
        seclabel->relabel = seclabel->type == SECLABEL_DYNAMIC ? RELABEL_YES : RELABEL_NO;
    return true;
}

/* A label that names no model is one of the host's security driver, when that makes sense; several
 * such labels are for the domain to refuse. */
static bool
finish_model(Seclabel *seclabel, const DefinitionDefaults *defaults, GError **error)
{
    const char *model = defaults ? defaults->security_model : NULL;

    if (seclabel->model || !model)
        return true;
    if (seclabel->type == SECLABEL_STATIC ||
        (seclabel->type == SECLABEL_DYNAMIC && seclabel->baselabel))
        return fail(error, FAILURE_XML,
                    "missing attribute 'model' of <seclabel>; this host's is '%s'", model);
    seclabel->model = g_strdup(model);
    return true;
}

static bool
seclabel_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    Seclabel *seclabel = object;

    if (!context->live && g_strcmp0(seclabel->model, "none") == 0) {
        seclabel->type = SECLABEL_NONE;
        seclabel->relabel = RELABEL_UNSET;
    }
    return finish_relabel(seclabel, error);
}

static void
free_seclabel(void *seclabel)
{
    seclabel_free(seclabel);
}

const XmlType seclabel_type = {
    "seclabel",   sizeof(Seclabel), seclabel_fields,
    MEMBER(type), free_seclabel,    .finish = seclabel_finish,
};

Seclabel *
seclabel_new(void)
{
    return xml_new(&seclabel_type);
}

void
seclabel_free(Seclabel *seclabel)
{
    xml_free(&seclabel_type, seclabel);
}

const char *
seclabel_type_name(SeclabelType type)
{
    return types[type];
}

bool
seclabels_finish(const XmlContext *context, GPtrArray *seclabels, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    guint i;

    for (i = 0; seclabels->len > 1 && i < seclabels->len; i++) {
        const Seclabel *label = seclabels->pdata[i];

        if (!label->model)
            return fail(error, FAILURE_XML,
                        "missing attribute 'model' of <seclabel>: with more than one each must "
                        "name its model");
        if (!g_hash_table_add(seen, label->model))
            return fail(error, FAILURE_XML_DETAIL,
                        "more than one <seclabel> is of the model '%s'; remove one", label->model);
    }
    return context->live || seclabels->len != 1 ||
           finish_model(seclabels->pdata[0], context->defaults, error);
}
