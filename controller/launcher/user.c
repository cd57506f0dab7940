/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who init runs as, by the container's own files. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/launcher/accounts.h"
#include "controller/mounts/place.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

#define FILE_SIZE_MAX (4 << 20)

/* Content of a file of the guest's, "" when it has none. */
static char *
read_guest_file(const Launch *launch, const char *path, GError **error)
{
    g_autoptr(GError) local = NULL;
    char *text = place_read(launch->root, path, FILE_SIZE_MAX, NULL, &local);

    if (!text && errno == ENOENT)
        return g_strdup("");
    if (!text)
        g_propagate_error(error, g_steal_pointer(&local));
    return text;
}

/* What the definition says in numbers, when it names nobody. */
static bool
take_numbers(Launch *launch, GError **error)
{
    const ContainerUser *user = launch->container->process->user;

    if (!user)
        return true;
    if (user->uid >= UINT32_MAX || user->gid >= UINT32_MAX)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "user %" G_GUINT64_FORMAT ", group %" G_GUINT64_FORMAT
                    ": ids are below 4294967295",
                    user->uid, user->gid);
    launch->uid = user->uid;
    launch->gid = user->gid;
    return true;
}

static bool
find_user(Launch *launch, const char *passwd, Account **ret_account, GError **error)
{
    const char *wanted = launch->container->caisson->user;
    unsigned int id;

    if (wanted && *wanted != '+')
        *ret_account = account_find(passwd, wanted, 0);
    if (*ret_account) {
        launch->uid = (*ret_account)->uid;
        return true;
    }
    if (wanted) {
        if (!account_parse_id(wanted, &id))
            return fail(error, FAILURE_SYSTEM,
                        "the container's /etc/passwd has no user '%s': add it, or give a number",
                        wanted);
        launch->uid = id;
    }
    *ret_account = account_find(passwd, NULL, launch->uid);
    return true;
}

static bool
find_group(Launch *launch, const char *group, const Account *account, GError **error)
{
    const char *wanted = launch->container->caisson->group;
    unsigned int id;

    if (account && launch->container->caisson->user)
        launch->gid = account->gid;
    if (!wanted || (*wanted != '+' && account_find_group(group, wanted, &launch->gid)))
        return true;
    if (!account_parse_id(wanted, &id))
        return fail(error, FAILURE_SYSTEM,
                    "the container's /etc/group has no group '%s': add it, or give a number",
                    wanted);
    launch->gid = id;
    return true;
}

/* Groups outside of the id map do not exist for the guest. */
static void
drop_unmapped_groups(Launch *launch)
{
    guint i = 0;

    while (i < launch->groups->len) {
        gid_t gid = g_array_index(launch->groups, gid_t, i);

        if (launch_host_id(launch, launch->container->os->gid_mappings, gid) < 0)
            g_array_remove_index(launch->groups, i);
        else
            i++;
    }
}

bool
user_find(Launch *launch, GError **error)
{
    const ContainerExtension *caisson = launch->container->caisson;
    const Terminal *first = g_ptr_array_index(launch->terminals, 0);
    bool asked = caisson->user || caisson->group;
    g_autofree char *passwd = read_guest_file(launch, "/etc/passwd", asked ? error : NULL);
    g_autofree char *group = NULL;
    g_autoptr(Account) account = NULL;

    if (asked && !passwd)
        return false;
    group = read_guest_file(launch, "/etc/group", asked ? error : NULL);
    if ((asked && !group) || !take_numbers(launch, error) ||
        !find_user(launch, passwd, &account, error) || !find_group(launch, group, account, error))
        return false;
    launch->groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
    if (account && group)
        account_add_groups(group, account->name, launch->groups);
    drop_unmapped_groups(launch);
    /* init is given its console, as login does */
    if (launch->uid != 0 && fchown(first->slave, launch->uid, -1) < 0)
        return fail_errno(error, errno, "cannot give the console to user %u", launch->uid);
    return true;
}
