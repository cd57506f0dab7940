/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <lxc:namespace>: rows. */
#include "xml/element-namespace.h"

#include <stddef.h>

#include "xml/elements.h"

static const char *const sources[] = { "none", "netns", "name", "pid", NULL };

static const XmlField share_fields[] = {
    { "@type", FIELD_ENUM, offsetof(NamespaceShare, source), FIELD_REQUIRED, .names = sources },
    { "@value", FIELD_STRING, offsetof(NamespaceShare, value), FIELD_REQUIRED },
    { NULL },
};

/* What is not shared is not printed either. */
static bool
share_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    NamespaceShare *share = object;

    if (share->source == NAMESPACE_NONE)
        g_clear_pointer(&share->value, g_free);
    return true;
}

static const XmlType share_type = { "lxc:namespace", sizeof(NamespaceShare), share_fields,
                                    .finish = share_finish };

static const XmlField sharing_fields[] = {
    { "lxc:sharenet", FIELD_STRUCT, offsetof(NamespaceSharing, net), .type = &share_type },
    { "lxc:shareipc", FIELD_STRUCT, offsetof(NamespaceSharing, ipc), .type = &share_type },
    { "lxc:shareuts", FIELD_STRUCT, offsetof(NamespaceSharing, uts), .type = &share_type },
    { NULL },
};

const XmlType namespace_sharing_type = { "lxc:namespace", sizeof(NamespaceSharing), sharing_fields,
                                         .unknown = FAILURE_CONFIG_UNSUPPORTED };
