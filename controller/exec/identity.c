/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users and groups of a guest, read with care and without the C library's functions. */
#include "controller/exec/identity.h"

#include <errno.h>
#include <string.h>

#include "controller/launcher/accounts.h"
#include "controller/mounts/place.h"
#include "controller/wire/failure.h"

#define FILE_SIZE_MAX (4 << 20)

/* "" when the guest has no such file. */
static char *
read_file(int root, const char *path, GError **error)
{
    g_autoptr(GError) local = NULL;
    char *text = place_read(root, path, FILE_SIZE_MAX, NULL, &local);

    if (!text && errno == ENOENT)
        return g_strdup("");
    if (!text)
        g_propagate_error(error, g_steal_pointer(&local));
    return text;
}

static bool
find_user(Identity *identity, const char *passwd, const char *user, GError **error)
{
    g_autoptr(Account) account = account_find(passwd, user, 0);
    unsigned int id;

    if (!account && account_parse_id(user, &id)) {
        identity->uid = id;
        identity->gid = 0;
        account = account_find(passwd, NULL, id);
    } else if (!account) {
        return fail(error, FAILURE_INVALID_ARG,
                    "the guest's /etc/passwd has no user '%s', and it is no number", user);
    }
    if (!account)
        return true;
    identity->name = g_strdup(account->name);
    identity->uid = account->uid;
    identity->gid = account->gid;
    if (account->home && account->home[0] == '/')
        identity->home = g_strdup(account->home);
    if (account->shell && account->shell[0] == '/')
        identity->shell = g_strdup(account->shell);
    return true;
}

static bool
find_group(Identity *identity, const char *text, const char *group, GError **error)
{
    unsigned int id;

    if (account_find_group(text, group, &identity->gid))
        return true;
    if (!account_parse_id(group, &id))
        return fail(error, FAILURE_INVALID_ARG,
                    "the guest's /etc/group has no group '%s', and it is no number", group);
    identity->gid = id;
    return true;
}

/* Root needs no file, and so none can keep it out. */
static bool
find_root(Identity *identity, int root)
{
    g_autofree char *passwd = read_file(root, "/etc/passwd", NULL);
    g_autofree char *group = read_file(root, "/etc/group", NULL);
    g_autoptr(Account) account = passwd ? account_find(passwd, NULL, 0) : NULL;

    identity->name = g_strdup(account ? account->name : "root");
    if (account && account->home && account->home[0] == '/')
        identity->home = g_strdup(account->home);
    if (account && account->shell && account->shell[0] == '/')
        identity->shell = g_strdup(account->shell);
    if (group)
        account_add_groups(group, identity->name, identity->groups);
    return true;
}

bool
identity_find(Identity *identity, int root, const char *text, GError **error)
{
    g_auto(GStrv) words = text ? g_strsplit(text, ":", 2) : NULL;
    g_autofree char *passwd = NULL;
    g_autofree char *group = NULL;

    *identity = (Identity){ .groups = g_array_new(FALSE, FALSE, sizeof(gid_t)) };
    if (text && (!words[0] || !*words[0] || (words[1] && !*words[1])))
        return fail(error, FAILURE_INVALID_ARG, "'%s' is neither a user nor user:group", text);
    if (!text) {
        find_root(identity, root);
    } else if (!(passwd = read_file(root, "/etc/passwd", error)) ||
               !(group = read_file(root, "/etc/group", error)) ||
               !find_user(identity, passwd, words[0], error) ||
               (words[1] && !find_group(identity, group, words[1], error))) {
        return false;
    } else if (identity->name) {
        account_add_groups(group, identity->name, identity->groups);
    }
    if (!identity->home)
        identity->home = g_strdup("/");
    if (!identity->shell)
        identity->shell = g_strdup("/bin/sh");
    return true;
}

void
identity_clear(Identity *identity)
{
    g_clear_pointer(&identity->name, g_free);
    g_clear_pointer(&identity->home, g_free);
    g_clear_pointer(&identity->shell, g_free);
    g_clear_pointer(&identity->groups, g_array_unref);
}
