/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The set of all domains, indexed by uuid and by name. */
#include "driver/domains.h"

#include <string.h>

#include "controller/wire/failure.h"

static struct {
    GMutex lock;
    GHashTable *by_uuid; /* uuid text → Domain, holds the reference */
    GHashTable *by_name; /* name → Domain, borrowed */
    GMutex active_lock;
    int active;
    void (*inhibit)(bool inhibit, void *opaque);
    void *inhibit_opaque;
} set;

void
domains_init(void)
{
    if (set.by_uuid)
        return;
    set.by_uuid =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)domain_unref);
    set.by_name = g_hash_table_new(g_str_hash, g_str_equal);
}

/* A domain that was claimed a moment ago and has no definition yet is nobody's business. */
static bool
is_defined(Domain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->config || domain->live;
}

static Domain *
ref_or_null(Domain *domain)
{
    return domain && is_defined(domain) ? domain_ref(domain) : NULL;
}

Domain *
domains_by_name(const char *name)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&set.lock);

    return ref_or_null(g_hash_table_lookup(set.by_name, name));
}

Domain *
domains_by_uuid(const unsigned char uuid[VIR_UUID_BUFLEN])
{
    char text[VIR_UUID_STRING_BUFLEN];
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&set.lock);

    uuid_to_text(uuid, text);
    return ref_or_null(g_hash_table_lookup(set.by_uuid, text));
}

Domain *
domains_by_id(int id)
{
    g_autoptr(GPtrArray) all = domains_all();
    guint i;

    for (i = 0; i < all->len; i++) {
        Domain *domain = all->pdata[i];
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

        if (domain_is_active(domain) && domain_id(domain) == id)
            return domain_ref(domain);
    }
    return NULL;
}

GPtrArray *
domains_all(void)
{
    GPtrArray *all;
    GHashTableIter iter;
    gpointer domain;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&set.lock);

    all = g_ptr_array_new_full(g_hash_table_size(set.by_uuid), (GDestroyNotify)domain_unref);
    g_hash_table_iter_init(&iter, set.by_uuid);
    while (g_hash_table_iter_next(&iter, NULL, &domain)) {
        if (is_defined(domain))
            g_ptr_array_add(all, domain_ref(domain));
    }
    return all;
}

Domain *
domains_claim(const char *name, const char *uuid_text, GError **error)
{
    Domain *same_uuid;
    Domain *same_name;
    Domain *domain;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&set.lock);

    same_uuid = g_hash_table_lookup(set.by_uuid, uuid_text);
    same_name = g_hash_table_lookup(set.by_name, name);
    if (same_uuid && same_uuid != same_name) {
        fail(error, FAILURE_OPERATION_FAILED,
             "domain '%s' is already defined with uuid %s: give '%s' another uuid or none",
             same_uuid->name, uuid_text, name);
        return NULL;
    }
    if (same_name && same_name != same_uuid) {
        fail(error, FAILURE_OPERATION_FAILED,
             "domain '%s' already exists with uuid %s: use that uuid or another name", name,
             same_name->uuid_text);
        return NULL;
    }
    if (same_uuid)
        return domain_ref(same_uuid);

    domain = domain_new(name, uuid_text);
    g_hash_table_insert(set.by_uuid, domain->uuid_text, domain);
    g_hash_table_insert(set.by_name, domain->name, domain);
    return domain_ref(domain);
}

/* Moves what a domain is to another one; both locks are not needed, for nobody knows @to yet. */
static void
move_domain(Domain *from, Domain *to)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&from->lock);

    to->config = g_steal_pointer(&from->config);
    g_free(to->config->name);
    to->config->name = g_strdup(to->name);
    to->autostart = from->autostart;
    to->state = from->state;
    to->reason = from->reason;
    to->busy = true;
    to->busy_with = "rename";
    from->removed = true;
}

Domain *
domains_rename(Domain *domain, const char *name, GError **error)
{
    g_autoptr(GMutexLocker) set_locker = g_mutex_locker_new(&set.lock);
    Domain *renamed;

    if (g_hash_table_contains(set.by_name, name)) {
        fail(
            error, FAILURE_OPERATION_INVALID,
            "domain '%s' cannot be renamed to '%s': there is a domain of that name; choose another",
            domain->name, name);
        return NULL;
    }
    renamed = domain_new(name, domain->uuid_text);
    move_domain(domain, renamed);
    g_hash_table_remove(set.by_name, domain->name);
    g_hash_table_remove(set.by_uuid, domain->uuid_text);
    g_hash_table_insert(set.by_uuid, renamed->uuid_text, renamed);
    g_hash_table_insert(set.by_name, renamed->name, renamed);
    return domain_ref(renamed);
}

void
domains_drop_if_gone(Domain *domain)
{
    g_autoptr(GMutexLocker) set_locker = g_mutex_locker_new(&set.lock);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    if (domain->config || domain->guest || domain->removed)
        return;
    domain->removed = true;
    g_hash_table_remove(set.by_name, domain->name);
    g_hash_table_remove(set.by_uuid, domain->uuid_text);
}

void
domains_set_inhibit(void (*callback)(bool inhibit, void *opaque), void *opaque)
{
    set.inhibit = callback;
    set.inhibit_opaque = opaque;
}

void
domains_count_active(int change)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&set.active_lock);
    int before = set.active;

    set.active += change;
    if (set.inhibit && (before == 0) != (set.active == 0))
        set.inhibit(set.active > 0, set.inhibit_opaque);
}
