/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guest-set-user-password: one line of the guest's /etc/shadow. */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "controller/agent/agent.h"
#include "controller/agent/replace.h"
#include "controller/launcher/accounts.h"
#include "controller/mounts/place.h"
#include "controller/wire/failure.h"

#define FILE_MAX     (4 << 20)
#define LOCK_SECONDS 15

/* What every C library understands that a guest may have. */
#define METHOD "$6$"

enum { SHADOW_NAME, SHADOW_HASH, SHADOW_CHANGED, SHADOW_FIELDS = 9 };

static char *
hash_password(const AgentArguments *arguments, GError **error)
{
    g_autofree guchar *bytes = NULL;
    g_autofree char *password = NULL;
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data data = { .initialized = 0 };
    const char *hash;
    gsize length;

    bytes = g_base64_decode(arguments->password, &length);
    if (memchr(bytes, '\0', length) || memchr(bytes, '\n', length)) {
        fail(error, FAILURE_INVALID_ARG, "forbidden characters in the new password");
        return NULL;
    }
    password = g_strndup((const char *)bytes, length);
    if (arguments->crypted) {
        if (strpbrk(password, ":"))
            fail(error, FAILURE_INVALID_ARG, "forbidden characters in the encrypted password");
        return strpbrk(password, ":") ? NULL : g_steal_pointer(&password);
    }
    if (!crypt_gensalt_rn(METHOD, 0, NULL, 0, setting, sizeof(setting)) ||
        !(hash = crypt_r(password, setting, &data)) || *hash == '*') {
        fail(error, FAILURE_SYSTEM, "cannot encrypt the password");
        return NULL;
    }
    return g_strdup(hash);
}

static char *
join_fields(char **fields, const char *hash)
{
    g_autoptr(GString) line = g_string_new(fields[SHADOW_NAME]);
    guint n = g_strv_length(fields);
    guint i;

    g_string_append_printf(line, ":%s:%" G_GINT64_FORMAT, hash, (gint64)time(NULL) / 86400);
    for (i = SHADOW_CHANGED + 1; i < MAX(n, SHADOW_FIELDS); i++)
        g_string_append_printf(line, ":%s", i < n ? fields[i] : "");
    return g_string_free(g_steal_pointer(&line), FALSE);
}

/* The text with @user's line changed; NULL: there is none. */
static char *
change_line(const char *text, const char *user, const char *hash)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    bool found = false;
    char **line;

    for (line = lines; *line; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, ":", -1);

        if (found || g_strcmp0(fields[SHADOW_NAME], user) != 0)
            continue;
        g_free(*line);
        *line = join_fields(fields, hash);
        found = true;
    }
    return found ? g_strjoinv("\n", lines) : NULL;
}

/* A line for one whom only passwd knows. */
static char *
add_line(const char *text, const char *user, const char *hash)
{
    bool ends = !*text || g_str_has_suffix(text, "\n");

    return g_strdup_printf("%s%s%s:%s:%" G_GINT64_FORMAT ":0:99999:7:::\n", text, ends ? "" : "\n",
                           user, hash, (gint64)time(NULL) / 86400);
}

/* As passwd(1) and others do, so that none undoes what another one does. */
static int
lock_accounts(int etc, GError **error)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    g_auto(Fd) fd =
        openat(etc, ".pwd.lock",
               O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    int tries = LOCK_SECONDS * 20;

    while (fd >= 0 && fcntl(fd, F_SETLK, &lock) < 0) {
        if ((errno != EAGAIN && errno != EACCES) || tries-- == 0) {
            fail(error, FAILURE_OPERATION_FAILED,
                 "something in the guest holds the lock of its account files");
            return -1;
        }
        g_usleep(50000);
    }
    if (fd < 0)
        fail_errno(error, errno, "cannot lock the guest's account files");
    return fd_steal(&fd);
}

static bool
user_exists(int root, const char *user, GError **error)
{
    g_autofree char *passwd = place_read(root, "/etc/passwd", FILE_MAX, NULL, error);
    g_autoptr(Account) account = passwd ? account_find(passwd, user, 0) : NULL;

    if (!passwd)
        return false;
    return account || fail(error, FAILURE_INVALID_ARG, "the guest has no user '%s'", user);
}

char *
agent_set_password(Agent *agent, const AgentArguments *arguments, GError **error)
{
    const char *user = arguments->username;
    g_autofree char *hash = hash_password(arguments, error);
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_auto(Fd) root = -1;
    g_auto(Fd) etc = -1;
    g_auto(Fd) lock = -1;

    if (!hash || (root = agent_enter(agent, error)) < 0 || !user_exists(root, user, error) ||
        (etc = place_open(root, "/etc", O_RDONLY | O_DIRECTORY, error)) < 0 ||
        (lock = lock_accounts(etc, error)) < 0 ||
        !(before = replace_read(etc, "shadow", FILE_MAX, error)))
        return NULL;
    if (!(after = change_line(before, user, hash)))
        after = add_line(before, user, hash);
    return replace_write(etc, "shadow", after, 0600, error) ? agent_reply_nothing() : NULL;
}
