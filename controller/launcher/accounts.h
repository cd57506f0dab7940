/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Users and groups from the text of passwd and group files. Ours, because the C library's functions
 * load modules that the guest could supply. Pure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct {
    char *name;
    uid_t uid;
    gid_t gid;   /* primary group */
    char *home;  /* NULL: the line does not say */
    char *shell; /* so too */
} Account;

/* A whole decimal number that is an id (below 2^32 - 1); "+5" and "5". */
bool account_parse_id(const char *text, unsigned int *ret_id);

/* The first line of @passwd with this name, or with @name NULL this uid. Free with account_free();
 * NULL when there is none. Lines that are not complete are skipped. */
Account *account_find(const char *passwd, const char *name, uid_t uid);
void account_free(Account *account);

/* The gid of the group @name. */
bool account_find_group(const char *group, const char *name, gid_t *ret_gid);

/* Appends the gids of all groups in @group that list @user as a member. */
void account_add_groups(const char *group, const char *user, GArray *groups);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Account, account_free)
