/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Typed parameters of libvirt calls, checked and filled by row tables. */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A parameter a call knows; a table ends with a NULL name. Callers put more beside it. */
typedef struct {
    const char *name;
    virTypedParameterType type;
} ParameterRow;

/* What a client gave. */
typedef struct {
    const virTypedParameter *all;
    int count;
} Parameters;

/*
 * FAILURE_INVALID_ARG when one is none of @rows, has another type than its row or is there twice;
 * @what names the call's subject for the message: "memory".
 */
bool parameters_check(Parameters given, const ParameterRow *rows, const char *what, GError **error);

/* The parameter, or NULL when it was not given. */
const virTypedParameter *parameters_find(Parameters given, const char *name);

/* The number of any integer type as it stands; a negative one becomes a very large one. */
uint64_t parameter_number(const virTypedParameter *parameter);

/*
 * Where a call puts what it tells: up to *count of them. With *count 0 nothing is put and
 * parameters_end() tells how many there are, which is libvirt's way to ask for that.
 */
typedef struct {
    virTypedParameterPtr room;
    int size;
    int used;
} ParameterRoom;

ParameterRoom parameters_begin(virTypedParameterPtr room, const int *count);
void parameters_put_number(ParameterRoom *room, const ParameterRow *row, uint64_t value);
/* @text is copied; NULL becomes "". */
void parameters_put_text(ParameterRoom *room, const ParameterRow *row, const char *text);
void parameters_end(const ParameterRoom *room, int *count);
