/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A change of a domain's definitions: copies are changed and take the place of the originals when
 * all else has worked, so that readers never see half of it.
 *
 *   g_auto(Change) change = { NULL };
 *   if (!change_begin(&change, domain, flags, &error) || … || !change_commit(&change, &error))
 */
#pragma once

#include "driver/affect.h"

typedef struct {
    Domain *domain;     /* borrowed; busy is held */
    Definition *live;   /* copy to be changed; NULL: not meant */
    Definition *config; /* the same */
    char *group;        /* control group with the guest's limits; NULL without live */
} Change;

/*
 * Copies what @flags (AFFECT_FLAGS) mean. FAILURE_OPERATION_INVALID as of affect_resolve(), and
 * when live is a guest of the stock driver or one that has no control groups any more. Busy is held
 * from here to change_clear().
 */
bool change_begin(Change *change, Domain *domain, unsigned int flags, GError **error);

/* Writes status file and configuration and puts the copies in place; all or nothing. */
bool change_commit(Change *change, GError **error);

void change_clear(Change *change);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Change, change_clear)
