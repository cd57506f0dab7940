/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the domains that share. */
#include "driver/sharing.h"

#include "controller/wire/failure.h"
#include "driver/domains.h"

static bool
resolve(NamespaceShare *share, const char *name, GError **error)
{
    g_autoptr(Domain) other = NULL;
    pid_t pid = 0;

    if (share->source != NAMESPACE_NAME)
        return true;
    if (g_str_equal(share->value, name))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "domain '%s' cannot share a namespace with itself", name);
    if ((other = domains_by_name(share->value))) {
        g_mutex_lock(&other->lock);
        /* while it starts, its namespaces may go again */
        if (other->guest && other->guest->started)
            pid = other->guest->init_pid;
        g_mutex_unlock(&other->lock);
    }
    if (!pid)
        return fail(error, FAILURE_OPERATION_INVALID,
                    "domain '%s', with which a namespace is to be shared, does not run",
                    share->value);
    share->source = NAMESPACE_PID;
    g_free(share->value);
    share->value = g_strdup_printf("%d", (int)pid);
    return true;
}

bool
sharing_resolve(Definition *definition, GError **error)
{
    NamespaceSharing *sharing = &definition->sharing;

    return resolve(&sharing->net, definition->name, error) &&
           resolve(&sharing->ipc, definition->name, error) &&
           resolve(&sharing->uts, definition->name, error);
}
