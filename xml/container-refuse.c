/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a domain may ask for and this version does not do: said at start, never left out in silence.
 */
#include "controller/wire/failure.h"
#include "xml/container-parts.h"

static bool
refuse_labels(const Definition *definition, GError **error)
{
    guint i;

    for (i = 0; i < definition->seclabels->len; i++) {
        const Seclabel *label = definition->seclabels->pdata[i];

        if (label->type != SECLABEL_NONE)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "<seclabel type='%s'> is not supported for containers by this version; set "
                        "type to 'none'",
                        seclabel_type_name(label->type));
    }
    return true;
}

bool
container_refuse(const Definition *definition, GError **error)
{
    return refuse_labels(definition, error);
}
