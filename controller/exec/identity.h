/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who a command runs as, by the guest's own files. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct {
    char *name; /* NULL: the number has no name */
    uid_t uid;
    gid_t gid;
    GArray *groups; /* of gid_t: supplementary */
    char *home;     /* "/" when the guest does not say */
    char *shell;    /* "/bin/sh" likewise */
} Identity;

/*
 * @text: "name", "name:group", or numbers in their place; NULL: root. What is neither a name in the
 * guest's files nor a whole number is an error, never root. @root: a descriptor of the guest's "/".
 */
bool identity_find(Identity *identity, int root, const char *text, GError **error);
void identity_clear(Identity *identity);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Identity, identity_clear)
