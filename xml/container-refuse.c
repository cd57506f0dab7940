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
    if (definition->interfaces->len > 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<interface> is not supported for containers by this version; remove it: "
                    "without <interface> the container uses the host's network, or none with "
                    "<privnet/> in <features>");
    if (definition->hostdevs->len > 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<hostdev> is not supported for containers by this version; remove it");
    if (definition->disks->len > 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<disk> is not supported for containers by this version; remove it, or mount "
                    "the image on the host and use <filesystem type='mount'>");
    return true;
}

static bool
refuse_consoles(const Definition *definition, GError **error)
{
    guint i;

    if (definition->consoles->len == 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "a container needs a <console type='pty'/>");
    for (i = 0; i < definition->consoles->len; i++) {
        const Console *console = definition->consoles->pdata[i];

        if (console->type != CONSOLE_PTY)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "<console> %u must be of type 'pty', the only one a container can have", i);
    }
    return true;
}

static bool
refuse_timers(const Clock *clock, GError **error)
{
    guint i;

    for (i = 0; clock->offset == CLOCK_LOCALTIME && i < clock->timers->len; i++) {
        const Timer *timer = clock->timers->pdata[i];

        if (timer->name != TIMER_RTC && timer->name != TIMER_HPET &&
            timer->present != TIMER_PRESENT_NO)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "a container can only have a <timer> 'rtc' or 'hpet'; remove the others or "
                        "set present='no'");
    }
    return true;
}

/* A component that is "." or ".." would lead out of the partition. */
static bool
refuse_partition(const char *partition, GError **error)
{
    g_auto(GStrv) parts = NULL;
    guint i;

    if (partition[0] != '/')
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "resource <partition> '%s' must be an absolute path such as '/machine'",
                    partition);
    parts = g_strsplit(partition, "/", -1);
    for (i = 0; parts[i]; i++) {
        if (g_str_equal(parts[i], ".") || g_str_equal(parts[i], ".."))
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "resource <partition> '%s' must not contain '%s'", partition, parts[i]);
    }
    return true;
}

bool
container_refuse(const Definition *definition, GError **error)
{
    const NamespaceSharing *sharing = &definition->sharing;

    if (!refuse_devices(definition, error) || !refuse_labels(definition, error))
        return false;
    if (sharing->net.source || sharing->ipc.source || sharing->uts.source)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<lxc:namespace> is not supported for containers by this version; remove it");
    return (!definition->partition || refuse_partition(definition->partition, error)) &&
           refuse_consoles(definition, error) && refuse_timers(&definition->clock, error);
}
