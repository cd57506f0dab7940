/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A running guest, as its keeper describes it to whoever is about to enter. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "controller/wire/container.h"
#include "controller/wire/descriptor.h"

typedef struct {
    char *name;
    Fd pidfd;  /* of init */
    pid_t pid; /* of init as this process sees it */
    bool paused;
    Container *container; /* what init was started by; has a process */
} Guest;

/* Asks the keeper that listens at @directory/@name.sock. NULL with error: nobody does, or the guest
 * is ending. */
Guest *guest_find(const char *directory, const char *name, GError **error);
void guest_free(Guest *guest);

/* Whether init has not ended; asked after /proc/PID was read, it proves whose that was. */
bool guest_is_alive(const Guest *guest);

/*
 * Joins the namespaces of @guest among @kinds (CLONE_NEW…) that are not the caller's already, and
 * is root in its user namespace afterwards. There is no way back. With CLONE_NEWPID it is the
 * children that are in the guest's.
 */
bool guest_join(const Guest *guest, int kinds, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_free)
