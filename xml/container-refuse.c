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

static bool
refuse_devices(const Definition *definition, GError **error)
{
    guint i;

    for (i = 0; i < definition->hostdevs->len; i++) {
        const Hostdev *hostdev = definition->hostdevs->pdata[i];

        if (hostdev->type != HOSTDEV_NET)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "<hostdev type='%s'> is not supported for containers by this version; "
                        "remove it",
                        hostdev_type_name(hostdev->type));
    }
    if (definition->disks->len > 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<disk> is not supported for containers by this version; remove it, or mount "
                    "the image on the host and use <filesystem type='mount'>");
    return true;
}

bool
container_refuse(const Definition *definition, GError **error)
{
    return refuse_devices(definition, error) && refuse_labels(definition, error);
}
