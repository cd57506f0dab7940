/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Typed parameters. */
#include "driver/parameters.h"

#include <string.h>

#include "controller/wire/failure.h"

static const char *
type_name(int type)
{
    static const char *const names[] = {
        [VIR_TYPED_PARAM_INT] = "int",         [VIR_TYPED_PARAM_UINT] = "unsigned int",
        [VIR_TYPED_PARAM_LLONG] = "long long", [VIR_TYPED_PARAM_ULLONG] = "unsigned long long",
        [VIR_TYPED_PARAM_DOUBLE] = "double",   [VIR_TYPED_PARAM_BOOLEAN] = "boolean",
        [VIR_TYPED_PARAM_STRING] = "string",
    };

    return type > 0 && (size_t)type < G_N_ELEMENTS(names) ? names[type] : "unknown type";
}

static const ParameterRow *
row_of(const ParameterRow *rows, const char *name)
{
    for (; rows->name; rows++) {
        if (g_str_equal(rows->name, name))
            return rows;
    }
    return NULL;
}

bool
parameters_check(Parameters given, const ParameterRow *rows, const char *what, GError **error)
{
    int i;

    for (i = 0; i < given.count; i++) {
        const virTypedParameter *parameter = &given.all[i];
        const ParameterRow *row = row_of(rows, parameter->field);

        if (!row)
            return fail(error, FAILURE_INVALID_ARG,
                        "parameter '%s' is not supported among those of %s", parameter->field,
                        what);
        if (parameter->type != (int)row->type)
            return fail(error, FAILURE_INVALID_ARG,
                        "invalid type '%s' of parameter '%s': '%s' is needed",
                        type_name(parameter->type), parameter->field, type_name((int)row->type));
        if (parameters_find(given, parameter->field) != parameter)
            return fail(error, FAILURE_INVALID_ARG, "parameter '%s' is there more than once",
                        parameter->field);
    }
    return true;
}

const virTypedParameter *
parameters_find(Parameters given, const char *name)
{
    int i;

    for (i = 0; i < given.count; i++) {
        if (g_str_equal(given.all[i].field, name))
            return &given.all[i];
    }
    return NULL;
}

uint64_t
parameter_number(const virTypedParameter *parameter)
{
    switch (parameter->type) {
    case VIR_TYPED_PARAM_INT:
        return (uint64_t)(int64_t)parameter->value.i;
    case VIR_TYPED_PARAM_UINT:
        return parameter->value.ui;
    case VIR_TYPED_PARAM_LLONG:
        return (uint64_t)parameter->value.l;
    case VIR_TYPED_PARAM_ULLONG:
        return parameter->value.ul;
    default:
        return 0;
    }
}

ParameterRoom
parameters_begin(virTypedParameterPtr room, const int *count)
{
    return (ParameterRoom){ room, *count, 0 };
}

/* The next place, NULL when there is none; counts in both cases. */
static virTypedParameterPtr
next_place(ParameterRoom *room, const ParameterRow *row)
{
    virTypedParameterPtr place = NULL;

    if (room->used < room->size) {
        place = &room->room[room->used];
        memset(place, 0, sizeof(*place));
        g_strlcpy(place->field, row->name, sizeof(place->field));
        place->type = (int)row->type;
    }
    room->used++;
    return place;
}

void
parameters_put_number(ParameterRoom *room, const ParameterRow *row, uint64_t value)
{
    virTypedParameterPtr place = next_place(room, row);

    if (!place)
        return;
    switch (row->type) {
    case VIR_TYPED_PARAM_INT:
        place->value.i = (int)value;
        break;
    case VIR_TYPED_PARAM_UINT:
        place->value.ui = (unsigned int)MIN(value, G_MAXUINT);
        break;
    case VIR_TYPED_PARAM_LLONG:
        place->value.l = (long long)value;
        break;
    default:
        place->value.ul = value;
        break;
    }
}

void
parameters_put_text(ParameterRoom *room, const ParameterRow *row, const char *text)
{
    virTypedParameterPtr place = next_place(room, row);

    if (place)
        place->value.s = g_strdup(text ? text : "");
}

void
parameters_end(const ParameterRoom *room, int *count)
{
    *count = room->size == 0 ? room->used : MIN(room->used, room->size);
}
