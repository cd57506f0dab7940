/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of typed parameters. */
#include "driver/record.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64 /* most guests need no more */

void
record_enter(Record *record, const char *kind, unsigned index)
{
    g_snprintf(record->prefix, sizeof(record->prefix), "%s.%u.", kind, index);
}

void
record_leave(Record *record)
{
    record->prefix[0] = 0;
}

static virTypedParameterPtr
next(Record *record, const char *name, int type)
{
    virTypedParameterPtr parameter;
    size_t length;

    if (record->count == record->size) {
        record->size = record->size ? record->size * 2 : FIRST_SIZE;
        record->params = g_realloc_n(record->params, (gsize)record->size, sizeof(*record->params));
    }
    parameter = &record->params[record->count++];
    length = g_strlcpy(parameter->field, record->prefix, sizeof(parameter->field));
    g_strlcpy(parameter->field + length, name, sizeof(parameter->field) - length);
    parameter->type = type;
    return parameter;
}

void
record_int(Record *record, const char *name, int value)
{
    next(record, name, VIR_TYPED_PARAM_INT)->value.i = value;
}

void
record_uint(Record *record, const char *name, unsigned value)
{
    next(record, name, VIR_TYPED_PARAM_UINT)->value.ui = value;
}

void
record_ullong(Record *record, const char *name, uint64_t value)
{
    next(record, name, VIR_TYPED_PARAM_ULLONG)->value.ul = value;
}

void
record_boolean(Record *record, const char *name, bool value)
{
    next(record, name, VIR_TYPED_PARAM_BOOLEAN)->value.b = value;
}

void
record_text(Record *record, const char *name, const char *text)
{
    if (text)
        next(record, name, VIR_TYPED_PARAM_STRING)->value.s = g_strdup(text);
}

void
record_clear(Record *record)
{
    virTypedParamsFree(record->params, record->count);
    memset(record, 0, sizeof(*record));
}
