/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guest-ssh-*-authorized-keys: as the user whose they are, with no more rights than that one. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/agent/agent.h"
#include "controller/agent/replace.h"
#include "controller/exec/identity.h"
#include "controller/mounts/place.h"
#include "controller/wire/failure.h"

#define KEYS_MAX (1 << 20)
#define FILE     "authorized_keys"

/* Becomes the user; in the guest already. */
static bool
become(const Identity *identity, GError **error)
{
    if (setgroups(0, NULL) < 0 || setresgid(identity->gid, identity->gid, identity->gid) < 0 ||
        setresuid(identity->uid, identity->uid, identity->uid) < 0)
        return fail_errno(error, errno, "cannot act as user %u of the guest", identity->uid);
    return true;
}

/*
 * The user's ".ssh", made with @make; -1 with errno ENOENT: there is none. The user may not exist
 * by number only: keys of somebody without a name are nobody's.
 */
static int
open_directory(Agent *agent, const char *user, bool make, GError **error)
{
    g_auto(Identity) identity = { NULL };
    g_auto(Fd) root = -1;
    g_auto(Fd) home = -1;
    g_auto(Fd) directory = -1;
    int saved;

    errno = 0;
    if ((root = agent_enter(agent, error)) < 0 || !identity_find(&identity, root, user, error))
        return -1;
    if (!identity.name || strchr(user, ':')) {
        fail(error, FAILURE_INVALID_ARG, "the guest has no user '%s'", user);
        return -1;
    }
    if (!become(&identity, error) ||
        (home = place_open(root, identity.home, O_RDONLY | O_DIRECTORY, error)) < 0) {
        errno = 0;
        return -1;
    }
    if (make && mkdirat(home, ".ssh", 0700) < 0 && errno != EEXIST) {
        fail_errno(error, errno, "cannot make '.ssh' of user '%s'", user);
        errno = 0;
        return -1;
    }
    directory = openat(home, ".ssh", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) {
        saved = errno;
        fail_errno(error, saved, "cannot open '.ssh' of user '%s'", user);
        errno = saved;
    }
    return fd_steal(&directory);
}

/* "" for none. */
static char *
read_keys(int directory, GError **error)
{
    g_autoptr(GError) local = NULL;
    char *text = replace_read(directory, FILE, KEYS_MAX, &local);

    if (!text && errno == ENOENT)
        return g_strdup("");
    if (!text)
        g_propagate_error(error, g_steal_pointer(&local));
    return text;
}

static bool
is_key(const char *line)
{
    return *line && *line != '#';
}

char *
agent_keys_get(Agent *agent, const AgentArguments *arguments, GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_autoptr(GError) local = NULL;
    g_auto(Fd) directory = open_directory(agent, arguments->username, false, &local);
    bool none = directory < 0 && errno == ENOENT;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    AgentKeys result;
    char **line;

    if (directory < 0 && !none) {
        g_propagate_error(error, g_steal_pointer(&local));
        return NULL;
    }
    text = none ? g_strdup("") : read_keys(directory, error);
    if (!text)
        return NULL;
    lines = g_strsplit(text, "\n", -1);
    for (line = lines; *line; line++) {
        if (is_key(g_strstrip(*line)))
            g_ptr_array_add(keys, *line);
    }
    g_ptr_array_add(keys, NULL);
    result.keys = (char **)keys->pdata;
    return agent_reply_object(&agent_keys_type, &result);
}

static bool
check_keys(char *const *keys, GError **error)
{
    for (; keys && *keys; keys++) {
        if (!is_key(*keys) || strpbrk(*keys, "\r\n"))
            return fail(error, FAILURE_INVALID_ARG, "invalid key '%s'", *keys);
    }
    return true;
}

static char *
write_keys(int directory, const GString *text, GError **error)
{
    umask(077);
    return replace_write(directory, FILE, text->str, 0600, error) ? agent_reply_nothing() : NULL;
}

static void
append_key(GString *text, const char *key)
{
    if (text->len && text->str[text->len - 1] != '\n')
        g_string_append_c(text, '\n');
    g_string_append_printf(text, "%s\n", key);
}

char *
agent_keys_add(Agent *agent, const AgentArguments *arguments, GError **error)
{
    g_autoptr(GString) text = NULL;
    g_autofree char *before = NULL;
    g_auto(GStrv) present = NULL;
    g_auto(Fd) directory = -1;
    char *const *key;

    if (!check_keys(arguments->keys, error) ||
        (directory = open_directory(agent, arguments->username, true, error)) < 0 ||
        !(before = read_keys(directory, error)))
        return NULL;
    text = g_string_new(arguments->reset ? "" : before);
    present = g_strsplit(text->str, "\n", -1);
    for (key = arguments->keys; key && *key; key++) {
        if (!g_strv_contains((const char *const *)present, *key))
            append_key(text, *key);
    }
    return write_keys(directory, text, error);
}

char *
agent_keys_remove(Agent *agent, const AgentArguments *arguments, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *before = NULL;
    g_auto(GStrv) lines = NULL;
    g_auto(Fd) directory = -1;
    char **line;

    if (!check_keys(arguments->keys, error) ||
        (directory = open_directory(agent, arguments->username, true, error)) < 0 ||
        !(before = read_keys(directory, error)))
        return NULL;
    lines = g_strsplit(before, "\n", -1);
    for (line = lines; *line; line++) {
        if (**line && !g_strv_contains((const char *const *)arguments->keys, *line))
            append_key(text, *line);
    }
    return write_keys(directory, text, error);
}
