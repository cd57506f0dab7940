/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The private functions of libvirt that we call, found at run time in the library already loaded.
 */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>

/* libvirt's own types that we only ever hold by address */
typedef struct PrivateEvent PrivateEvent;
typedef struct PrivateEventState PrivateEventState;
typedef struct PrivateIdentity PrivateIdentity;
typedef struct PrivateLogSource PrivateLogSource;

typedef void (*PrivateStreamClosed)(virStreamPtr stream, void *opaque);

/* One pointer per private function, of libvirt's name and type. Optional ones may be NULL. */
typedef struct {
#define SYMBOL(need, result, name, parameters) result(*name) parameters;
#include "driver/abi/symbol-list.h"
#undef SYMBOL
} PrivateSymbols;

/* valid once symbols_load() has succeeded; all NULL before */
extern PrivateSymbols private;

/*
 * Fills `private` from libvirt.so.0, which must be in the process already: it is not loaded here.
 * FAILURE_INTERNAL names every required function that is missing. Safe to call again.
 */
bool symbols_load(GError **error);

/* The address of any symbol of libvirt.so.0, or NULL. */
void *symbols_find(const char *name);
