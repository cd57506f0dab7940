/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What define, create and start refuse although it can be read. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/definition-check.h"
#include "xml/field.h"

/* NAME.xml with the suffix of a temporary file must fit into 255 bytes */
#define NAME_LENGTH_MAX 240

/* entries of one id map, kernel's UID_GID_MAP_MAX_EXTENTS */
#define ID_MAP_MAX 340

static bool
check_name(const Definition *definition, GError **error)
{
    const char *name = definition->name;

    if (strchr(name, '/'))
        return fail(error, FAILURE_XML, "name '%s' must not contain '/'", name);
    if (strchr(name, '\n'))
        return fail(error, FAILURE_XML, "a name must not contain a line end");
    if (strlen(name) > NAME_LENGTH_MAX)
        return fail(error, FAILURE_XML, "name '%.32s…' is too long: at most %d bytes are possible",
                    name, NAME_LENGTH_MAX);
    return true;
}

static bool
ranges_overlap(uint64_t one, uint64_t one_count, uint64_t other, uint64_t other_count)
{
    return one < other + other_count && other < one + one_count;
}

static bool
check_entry(const GPtrArray *map, guint index, const char *name, GError **error)
{
    const IdMapEntry *entry = map->pdata[index];
    guint i;

    if (entry->count == 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<%s start='%" G_GUINT64_FORMAT "'> in <idmap> maps no id; set count", name,
                    entry->start);
    if (entry->start + entry->count > UINT32_MAX || entry->target + entry->count > UINT32_MAX)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<%s start='%" G_GUINT64_FORMAT "'> in <idmap> goes beyond the highest id, "
                    "4294967294; make count smaller",
                    name, entry->start);
    for (i = 0; i < index; i++) {
        const IdMapEntry *other = map->pdata[i];

        if (ranges_overlap(entry->start, entry->count, other->start, other->count) ||
            ranges_overlap(entry->target, entry->count, other->target, other->count))
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "<%s start='%" G_GUINT64_FORMAT "'> and <%s start='%" G_GUINT64_FORMAT
                        "'> in <idmap> overlap; the kernel refuses that",
                        name, other->start, name, entry->start);
    }
    return true;
}

static bool
check_map(const GPtrArray *map, const char *name, GError **error)
{
    const IdMapEntry *first = map->len > 0 ? map->pdata[0] : NULL;
    guint i;

    if (first && first->start != 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<idmap> must map root: no <%s> has start='0'", name);
    if (map->len > ID_MAP_MAX)
        return fail(error, FAILURE_INVALID_ARG, "<idmap> has %u <%s>; at most %d are possible",
                    map->len, name, ID_MAP_MAX);
    for (i = 0; i < map->len; i++) {
        if (!check_entry(map, i, name, error))
            return false;
    }
    return true;
}

static bool
check_idmap(const Definition *definition, GError **error)
{
    if ((definition->uid_map->len == 0) != (definition->gid_map->len == 0))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<idmap> needs both <uid> and <gid>; there is no <%s>",
                    definition->uid_map->len == 0 ? "uid" : "gid");
    return check_map(definition->uid_map, "uid", error) &&
           check_map(definition->gid_map, "gid", error);
}

static bool
check_period(const char *element, uint64_t period, GError **error)
{
    if (period == 0 || (period >= 1000 && period <= 1000000))
        return true;
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "invalid value '%" G_GUINT64_FORMAT "' for element <%s> in <cputune>: between 1000 "
                "and 1000000 microseconds are possible",
                period, element);
}

static bool
check_quota(const char *element, int64_t quota, GError **error)
{
    if (quota <= 0 || (quota >= 1000 && quota <= G_GINT64_CONSTANT(17592186044415)))
        return true;
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "invalid value '%" G_GINT64_FORMAT "' for element <%s> in <cputune>: between 1000 "
                "and 17592186044415 microseconds, or a negative number for no limit, are possible",
                quota, element);
}

static bool
check_cpu_tuning(const CpuTuning *tuning, GError **error)
{
    return check_period("period", tuning->period, error) &&
           check_quota("quota", tuning->quota, error) &&
           check_period("global_period", tuning->global_period, error) &&
           check_quota("global_quota", tuning->global_quota, error) &&
           check_period("emulator_period", tuning->emulator_period, error) &&
           check_quota("emulator_quota", tuning->emulator_quota, error) &&
           check_period("iothread_period", tuning->iothread_period, error) &&
           check_quota("iothread_quota", tuning->iothread_quota, error);
}

static bool
check_timers(const Clock *clock, GError **error)
{
    guint i;

    for (i = 0; i < clock->timers->len; i++) {
        const Timer *timer = clock->timers->pdata[i];

        if ((timer->frequency || timer->mode) && timer->name != TIMER_TSC)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "only the <timer> 'tsc' can have attributes 'frequency' and 'mode'");
        if (timer->track && timer->name != TIMER_PLATFORM && timer->name != TIMER_RTC)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "only the <timer> 'platform' or 'rtc' can have attribute 'track'");
        if (timer->tick_policy &&
            (timer->name == TIMER_KVMCLOCK || timer->name == TIMER_HYPERVCLOCK))
            return fail(
                error, FAILURE_CONFIG_UNSUPPORTED,
                "the <timer> 'kvmclock' or 'hypervclock' cannot have attribute 'tickpolicy'");
    }
    return true;
}

static bool
check_consoles(const Definition *definition, GError **error)
{
    guint i;

    for (i = 0; i < definition->consoles->len; i++) {
        const Console *console = definition->consoles->pdata[i];

        if (console->type != CONSOLE_PTY)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "<console> %u must be of type 'pty', the only one a container can have", i);
        if (console->log_file && console->log_file[0] != '/')
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "the <log> file '%.128s' of <console> %u must be an absolute path",
                        console->log_file, i);
        if (i > 0 && console->target == CONSOLE_TARGET_SERIAL)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "only the first <console> can have the target type 'serial'");
    }
    return true;
}

static bool
check_timer_nodes(const Clock *clock, GError **error)
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
check_partition(const char *partition, GError **error)
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
definition_check(const Definition *definition, GError **error)
{
    return check_name(definition, error) && check_idmap(definition, error) &&
           check_cpu_tuning(&definition->cpu_tuning, error) &&
           (!definition->partition || check_partition(definition->partition, error)) &&
           check_timers(&definition->clock, error) &&
           check_timer_nodes(&definition->clock, error) && check_storage(definition, error) &&
           check_consoles(definition, error) && check_network(definition, error) &&
           check_caisson(&definition->caisson, error);
}
