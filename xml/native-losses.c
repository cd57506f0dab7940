/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of definitions, and whether they are set. */
#include "xml/native-losses.h"

typedef struct {
    const char *name;
    bool set;
} Loss;

static void
report_kept(const GPtrArray *list, const char *const *carried, const char *parent,
            NativeReport *report)
{
    g_autoptr(GHashTable) said = g_hash_table_new(g_str_hash, g_str_equal);
    guint i;

    for (i = 0; list && i < list->len; i++) {
        const Kept *kept = list->pdata[i];

        if (g_strv_contains(carried, kept->name) || !g_hash_table_add(said, kept->name))
            continue;
        if (parent)
            native_ignore(report, "<%s> of <%s>", kept->name, parent);
        else
            native_ignore(report, "<%s>", kept->name);
    }
}

static void
report_filesystems(const Definition *definition, NativeReport *report)
{
    guint i;

    for (i = 0; i < definition->filesystems->len; i++) {
        const Filesystem *filesystem = definition->filesystems->pdata[i];

        if (filesystem->space_hard_limit || filesystem->space_soft_limit)
            native_ignore(report, "limits of space of '%s'", filesystem->target);
        if (filesystem->access_mode > FILESYSTEM_ACCESS_PASSTHROUGH)
            native_ignore(report, "access mode of '%s'", filesystem->target);
        report_kept(filesystem->kept, (const char *const[]){ NULL }, "filesystem", report);
    }
}

static void
report_consoles(const Definition *definition, NativeReport *report)
{
    guint i;

    for (i = 0; i < definition->consoles->len; i++) {
        const Console *console = definition->consoles->pdata[i];

        if (console->type != CONSOLE_PTY)
            native_ignore(report, "type of <console> %u", i);
        report_kept(console->kept, (const char *const[]){ NULL }, "console", report);
    }
}

void
losses_report(const Definition *definition, const char *const *carried, NativeReport *report)
{
    const NamespaceSharing *sharing = &definition->sharing;
    g_autoptr(GPtrArray) view = definition_view(definition);
    const Loss losses[] = {
        { "uuid", true },
        { "title", definition->title != NULL },
        { "description", definition->description != NULL },
        { "metadata", definition->metadata != NULL },
        { "vcpu", definition->vcpus > 1 },
        { "min_guarantee", definition->memory_tuning.min_guarantee != TUNING_UNLIMITED &&
                               definition->memory_tuning.min_guarantee != 0 },
        { "currentMemory", definition->current_memory != definition->memory },
        { "resource", definition->partition && !g_str_equal(definition->partition, "/machine") },
        { "cmdline", definition->os.cmdline != NULL },
        { "clock", definition->clock.offset != CLOCK_UTC || definition->clock.timers->len > 0 },
        { "on_poweroff", definition->on_poweroff != LIFECYCLE_DESTROY },
        { "on_reboot", definition->on_reboot != LIFECYCLE_RESTART },
        { "on_crash", definition->on_crash != LIFECYCLE_DESTROY },
        { "lxc:namespace", sharing->net.source || sharing->ipc.source || sharing->uts.source },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(losses); i++) {
        if (losses[i].set && !g_strv_contains(carried, losses[i].name))
            native_ignore(report, "<%s>", losses[i].name);
    }
    report_kept(view, carried, NULL, report);
    report_kept(definition->os.kept, carried, "os", report);
    report_kept(definition->features.kept, carried, "features", report);
    report_kept(definition->cpu_tuning.kept, carried, "cputune", report);
    report_filesystems(definition, report);
    report_consoles(definition, report);
}
