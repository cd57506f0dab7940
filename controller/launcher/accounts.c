/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The format of passwd(5) and group(5). */
#include "controller/launcher/accounts.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    PASSWD_NAME,
    PASSWD_WORD,
    PASSWD_UID,
    PASSWD_GID,
    PASSWD_FIELDS,
    PASSWD_COMMENT = 4,
    PASSWD_HOME,
    PASSWD_SHELL
};
enum { GROUP_NAME, GROUP_WORD, GROUP_GID, GROUP_MEMBERS, GROUP_FIELDS };

/* More cannot be given to a process. */
#define GROUPS_MAX 65536

bool
account_parse_id(const char *text, unsigned int *ret_id)
{
    guint64 value;

    if (*text == '+')
        text++;
    if (!*text || strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    value = g_ascii_strtoull(text, NULL, 10);
    /* -1 means "leave as it is" to the kernel */
    if (errno != 0 || value >= UINT32_MAX)
        return false;
    *ret_id = value;
    return true;
}

/* Calls @visit for each line split at colons until it returns true. */
static bool
lines_each(const char *text, bool (*visit)(char **fields, gpointer data), gpointer data)
{
    while (text && *text) {
        size_t length = strcspn(text, "\n");
        g_autofree char *line = g_strndup(text, length);
        g_auto(GStrv) fields = g_strsplit(line, ":", -1);

        if (visit(fields, data))
            return true;
        text += length + (text[length] == '\n');
    }
    return false;
}

typedef struct {
    const char *name;
    uid_t uid;
    Account *found;
} AccountQuery;

static bool
visit_account(char **fields, gpointer data)
{
    AccountQuery *query = data;
    unsigned int uid;
    unsigned int gid;

    if (g_strv_length(fields) < PASSWD_FIELDS || !fields[PASSWD_NAME][0] ||
        !account_parse_id(fields[PASSWD_UID], &uid) || !account_parse_id(fields[PASSWD_GID], &gid))
        return false;
    if (query->name ? !g_str_equal(fields[PASSWD_NAME], query->name) : uid != query->uid)
        return false;
    query->found = g_new0(Account, 1);
    query->found->name = g_strdup(fields[PASSWD_NAME]);
    query->found->uid = uid;
    query->found->gid = gid;
    if (g_strv_length(fields) > PASSWD_SHELL) {
        query->found->home = g_strdup(fields[PASSWD_HOME]);
        query->found->shell = g_strdup(fields[PASSWD_SHELL]);
    }
    return true;
}

Account *
account_find(const char *passwd, const char *name, uid_t uid)
{
    AccountQuery query = { name, uid, NULL };

    lines_each(passwd, visit_account, &query);
    return query.found;
}

void
account_free(Account *account)
{
    if (!account)
        return;
    g_free(account->name);
    g_free(account->home);
    g_free(account->shell);
    g_free(account);
}

typedef struct {
    const char *name;
    gid_t gid;
} GroupQuery;

static bool
visit_group(char **fields, gpointer data)
{
    GroupQuery *query = data;
    unsigned int gid;

    if (g_strv_length(fields) <= GROUP_GID || !g_str_equal(fields[GROUP_NAME], query->name) ||
        !account_parse_id(fields[GROUP_GID], &gid))
        return false;
    query->gid = gid;
    return true;
}

bool
account_find_group(const char *group, const char *name, gid_t *ret_gid)
{
    GroupQuery query = { name, 0 };

    if (!lines_each(group, visit_group, &query))
        return false;
    *ret_gid = query.gid;
    return true;
}

typedef struct {
    const char *user;
    GArray *groups;
} MemberQuery;

static bool
visit_members(char **fields, gpointer data)
{
    MemberQuery *query = data;
    g_auto(GStrv) members = NULL;
    unsigned int gid;

    if (g_strv_length(fields) < GROUP_FIELDS || !account_parse_id(fields[GROUP_GID], &gid))
        return false;
    members = g_strsplit(fields[GROUP_MEMBERS], ",", -1);
    if (g_strv_contains((const char *const *)members, query->user))
        g_array_append_val(query->groups, gid);
    return query->groups->len >= GROUPS_MAX;
}

void
account_add_groups(const char *group, const char *user, GArray *groups)
{
    MemberQuery query = { user, groups };

    lines_each(group, visit_members, &query);
}
