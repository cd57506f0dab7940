/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A growing list of typed parameters whose names are made up on the way: "vcpu.3.time". */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    virTypedParameterPtr params; /* from malloc(): virTypedParamsFree() */
    int count;
    int size;
    char prefix[32]; /* of the names that follow: "vcpu.3." */
} Record;

/* Begins the names of the @index-th of @kind; record_leave() ends that. */
void record_enter(Record *record, const char *kind, unsigned index);
void record_leave(Record *record);

void record_int(Record *record, const char *name, int value);
void record_uint(Record *record, const char *name, unsigned value);
void record_ullong(Record *record, const char *name, uint64_t value);
void record_boolean(Record *record, const char *name, bool value);
/* @text is copied; NULL adds nothing. */
void record_text(Record *record, const char *name, const char *text);

void record_clear(Record *record);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Record, record_clear)
