/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a domain may ask for and this version does not do: said at start, never left out in silence.
 */
#include "controller/wire/failure.h"
#include "xml/container-parts.h"

typedef struct {
    const char *place;
    const char *remedy;
} Refusal;

static const Refusal refusals[] = {
    { "devices/hostdev", "remove it" },
    { "devices/disk",
      "remove it, or mount the image on the host and use <filesystem type='mount'>" },
    { "blkiotune", "remove it" },
    { "numatune", "remove it; attribute 'cpuset' of <vcpu> chooses CPUs" },
};

static bool
refuse_kept(const Kept *kept, GError **error)
{
    const char *type = kept_attribute(kept, "type");
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(refusals); i++) {
        if (g_str_equal(kept->place, refusals[i].place))
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "<%s> is not supported for containers by this version; %s", kept->name,
                        refusals[i].remedy);
    }
    if (g_str_equal(kept->place, "seclabel") && g_strcmp0(type, "none") != 0)
        return fail(
            error, FAILURE_CONFIG_UNSUPPORTED,
            "<seclabel type='%s'> is not supported for containers by this version; set type "
            "to 'none'",
            type ? type : "dynamic");
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
    guint i;

    for (i = 0; i < definition->kept->len; i++) {
        if (!refuse_kept(definition->kept->pdata[i], error))
            return false;
    }
    if (!refuse_devices(definition, error))
        return false;
    if (sharing->net.source || sharing->ipc.source || sharing->uts.source)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<lxc:namespace> is not supported for containers by this version; remove it");
    return (!definition->partition || refuse_partition(definition->partition, error)) &&
           refuse_consoles(definition, error) && refuse_timers(&definition->clock, error);
}
