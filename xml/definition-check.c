/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What define, create and start refuse although it can be read. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/definition.h"
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
check_cpu_tuning(const CpuTuning *tuning, GError **error)
{
    if (tuning->period != 0 && (tuning->period < 1000 || tuning->period > 1000000))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "invalid value '%" G_GUINT64_FORMAT
                    "' for element <period> in <cputune>: between "
                    "1000 and 1000000 microseconds are possible",
                    tuning->period);
    if (tuning->quota > 0 &&
        (tuning->quota < 1000 || tuning->quota > G_GINT64_CONSTANT(17592186044415)))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "invalid value '%" G_GINT64_FORMAT
                    "' for element <quota> in <cputune>: between "
                    "1000 and 17592186044415 microseconds, or a negative number for no limit, are "
                    "possible",
                    tuning->quota);
    return true;
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

/* A relative target is below the root, as it always was; a relative source would be looked up
 * nowhere. */
static bool
check_filesystems(const Definition *definition, GError **error)
{
    guint i;

    for (i = 0; i < definition->filesystems->len; i++) {
        const Filesystem *filesystem = definition->filesystems->pdata[i];

        if (filesystem->type == FILESYSTEM_MOUNT && filesystem->source[0] != '/')
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "the source directory '%s' of <filesystem> with target '%s' must be an "
                        "absolute path",
                        filesystem->source, filesystem->target);
    }
    return true;
}

static bool
check_consoles(const Definition *definition, GError **error)
{
    guint i;

    for (i = 1; i < definition->consoles->len; i++) {
        const Console *console = definition->consoles->pdata[i];

        if (console->target == CONSOLE_TARGET_SERIAL)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "only the first <console> can have the target type 'serial'");
    }
    return true;
}

bool
definition_check(const Definition *definition, GError **error)
{
    return check_name(definition, error) && check_idmap(definition, error) &&
           check_cpu_tuning(&definition->cpu_tuning, error) &&
           check_timers(&definition->clock, error) && check_filesystems(definition, error) &&
           check_consoles(definition, error);
}
