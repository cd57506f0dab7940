/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges of ids, chosen so that no two domains share one. */
#include "driver/idmap-auto.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "driver/domains.h"
#include "driver/host.h"

#define RANGE 65536

/* How long a range is kept for a domain that is not yet in the set. */
#define RESERVED_SECONDS 120

typedef struct {
    guint64 first;
    guint64 count;
} Ids;

typedef struct {
    char *uuid;
    guint64 first;
    gint64 until;
} Reservation;

static GMutex lock;
static GArray *reservations; /* of Reservation */

static bool
ids_parse(const char *text, Ids *ids)
{
    g_auto(GStrv) words = g_strsplit(text, ":", -1);

    return g_strv_length(words) == 2 &&
           g_ascii_string_to_unsigned(words[0], 10, 1, G_MAXUINT32 - 1, &ids->first, NULL) &&
           g_ascii_string_to_unsigned(words[1], 10, RANGE, G_MAXUINT32 - ids->first, &ids->count,
                                      NULL);
}

bool
idmap_auto_check(const Settings *settings, GError **error)
{
    Ids ids;

    return !settings->idmap_range || ids_parse(settings->idmap_range, &ids) ||
           fail(
               error, FAILURE_CONFIG_UNSUPPORTED,
               "idmap_range '%s' of lxc.conf is not FIRST:COUNT with a count of at least 65536 ids",
               settings->idmap_range);
}

/* The first line of root that has room; see subuid(5). */
static bool
read_subordinate(const char *path, Ids *ids)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    char **line;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return false;
    lines = g_strsplit(text, "\n", -1);
    for (line = lines; *line; line++) {
        const char *colon = strchr(*line, ':');

        if (colon && (g_str_has_prefix(*line, "root:") || g_str_has_prefix(*line, "0:")) &&
            ids_parse(colon + 1, ids))
            return true;
    }
    return false;
}

/* The ids that users and groups have in common. */
static bool
find_pool(Ids *pool, GError **error)
{
    const char *range = host_settings()->idmap_range;
    Ids groups;
    guint64 end;

    if (range)
        return ids_parse(range, pool);
    if (!read_subordinate("/etc/subuid", pool) || !read_subordinate("/etc/subgid", &groups))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "there are no ids for the domain: /etc/subuid and /etc/subgid have no line of "
                    "root with at least 65536 (\"root:1000000:65536000\"); add one, or set "
                    "idmap_range in lxc.conf");
    end = MIN(pool->first + pool->count, groups.first + groups.count);
    pool->first = MAX(pool->first, groups.first);
    if (end < pool->first + RANGE)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the lines of root in /etc/subuid and /etc/subgid have no 65536 ids in common");
    pool->count = end - pool->first;
    return true;
}

static void
collect(const GPtrArray *map, GArray *taken)
{
    guint i;

    for (i = 0; i < map->len; i++) {
        const IdMapEntry *entry = map->pdata[i];
        Ids ids = { entry->target, entry->count };

        g_array_append_val(taken, ids);
    }
}

/* Whether the domain has had a range like ours. */
static bool
is_range(const Definition *definition, const Ids *pool, guint64 *ret_first)
{
    const IdMapEntry *entry;

    if (!definition || definition->uid_map->len != 1)
        return false;
    entry = definition->uid_map->pdata[0];
    if (entry->start != 0 || entry->count != RANGE || entry->target < pool->first ||
        entry->target + RANGE > pool->first + pool->count)
        return false;
    *ret_first = entry->target;
    return true;
}

/* All ids that domains have, but those of the domain with @uuid; true: it has a range already. */
static bool
collect_domains(const char *uuid, const Ids *pool, GArray *taken, guint64 *ret_first)
{
    g_autoptr(GPtrArray) all = domains_all();
    bool had = false;
    guint i;

    for (i = 0; i < all->len; i++) {
        Domain *domain = all->pdata[i];
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
        const Definition *definitions[] = { domain->config, domain->live };
        size_t k;

        for (k = 0; k < G_N_ELEMENTS(definitions); k++) {
            if (!definitions[k])
                continue;
            if (g_str_equal(domain->uuid_text, uuid) && is_range(definitions[k], pool, ret_first)) {
                had = true;
                continue;
            }
            collect(definitions[k]->uid_map, taken);
            collect(definitions[k]->gid_map, taken);
        }
    }
    return had;
}

/* Those of others; ours, and what has expired, are dropped. The lock is held. */
static void
collect_reservations(const char *uuid, GArray *taken)
{
    guint i = 0;

    while (reservations && i < reservations->len) {
        Reservation *reserved = &g_array_index(reservations, Reservation, i);
        Ids ids = { reserved->first, RANGE };

        if (reserved->until < g_get_monotonic_time() || g_str_equal(reserved->uuid, uuid)) {
            g_free(reserved->uuid);
            g_array_remove_index_fast(reservations, i);
            continue;
        }
        g_array_append_val(taken, ids);
        i++;
    }
}

static void
reserve(const char *uuid, guint64 first)
{
    Reservation reserved = { g_strdup(uuid), first,
                             g_get_monotonic_time() + RESERVED_SECONDS * G_TIME_SPAN_SECOND };

    if (!reservations)
        reservations = g_array_new(FALSE, FALSE, sizeof(Reservation));
    g_array_append_val(reservations, reserved);
}

static gint
compare_ids(gconstpointer one, gconstpointer other)
{
    guint64 left = ((const Ids *)one)->first;
    guint64 right = ((const Ids *)other)->first;

    return left < right ? -1 : left > right;
}

static bool
find_free(const Ids *pool, GArray *taken, guint64 *ret_first)
{
    guint64 first = pool->first;
    guint i;

    g_array_sort(taken, compare_ids);
    for (i = 0; i < taken->len; i++) {
        const Ids *ids = &g_array_index(taken, Ids, i);

        if (ids->first >= first + RANGE)
            break;
        /* the next whole range of the pool behind it */
        while (first < ids->first + ids->count && first + RANGE <= pool->first + pool->count)
            first += RANGE;
    }
    *ret_first = first;
    return first + RANGE <= pool->first + pool->count;
}

static void
set_map(GPtrArray *map, guint64 first)
{
    IdMapEntry *entry = g_new0(IdMapEntry, 1);

    entry->target = first;
    entry->count = RANGE;
    g_ptr_array_add(map, entry);
}

/* The host's root is not given to other ids, nor can what belongs to other users be shared. */
static bool
is_wanted(const Definition *definition)
{
    Choice choice = definition->caisson.idmap_auto;
    bool root = false;
    guint i;

    if (definition->uid_map->len > 0 || choice == CHOICE_NO)
        return false;
    if (choice == CHOICE_YES)
        return true;
    for (i = 0; i < definition->filesystems->len; i++) {
        const Filesystem *filesystem = definition->filesystems->pdata[i];

        if (g_str_equal(filesystem->target, "/"))
            root = filesystem->type != FILESYSTEM_MOUNT || !g_str_equal(filesystem->source, "/");
    }
    return host_settings()->idmap_auto && root && !definition->sharing.net.source &&
           !definition->sharing.ipc.source && !definition->sharing.uts.source;
}

bool
idmap_auto_assign(Definition *definition, GError **error)
{
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(Ids));
    g_autoptr(GMutexLocker) locker = NULL;
    guint64 first;
    Ids pool;

    if (!is_wanted(definition))
        return true;
    if (!find_pool(&pool, error))
        return false;
    locker = g_mutex_locker_new(&lock);
    collect_reservations(definition->uuid, taken);
    if (!collect_domains(definition->uuid, &pool, taken, &first) &&
        !find_free(&pool, taken, &first))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "all of the %" G_GUINT64_FORMAT " ids from %" G_GUINT64_FORMAT
                    " on belong to other domains; add more to /etc/subuid and /etc/subgid or to "
                    "idmap_range in lxc.conf",
                    pool.count, pool.first);
    reserve(definition->uuid, first);
    set_map(definition->uid_map, first);
    set_map(definition->gid_map, first);
    return true;
}
