/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at one of a domain's definitions, and then at what the kernel has of a running guest:
 *
 *   g_auto(Look) look = { { NULL } };
 *   const Definition *definition = look_begin(&look, handle, flags, access, &error);
 *   … copy what is needed of the definition …
 *   look_unlock(&look);
 *   if (look.usage.group) …                       read the kernel's files
 */
#pragma once

#include "driver/affect.h"
#include "driver/operation.h"
#include "driver/usage.h"

/* What getters of parameters take: strings among the parameters are left out by the daemon. */
#define LOOK_FLAGS (AFFECT_FLAGS | (unsigned int)VIR_TYPED_PARAM_STRING_OKAY)

typedef struct {
    Reading reading;
    Usage usage; /* .group: with the guest's limits; NULL: config is meant, or it just starts */
} Look;

/* As affect_read(), with the domain's lock held until look_unlock(); the result is borrowed. */
const Definition *look_begin(Look *look, virDomainPtr handle, unsigned int flags, Access access,
                             GError **error);
void look_unlock(Look *look);

/* Gives @good back; where it is false because the guest has ended meanwhile, @error says so. */
bool look_expect(const Look *look, bool good, GError **error);

void look_end(Look *look);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_end)
