/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Typed parameters: what is refused, and how much is told. */
#include "driver/parameters.h"

#include <stdlib.h>

#include "controller/wire/failure.h"

static const ParameterRow rows[] = {
    { "length", VIR_TYPED_PARAM_ULLONG },
    { "depth", VIR_TYPED_PARAM_LLONG },
    { "count", VIR_TYPED_PARAM_UINT },
    { "name", VIR_TYPED_PARAM_STRING },
    { NULL },
};

typedef struct {
    const char *name;
    virTypedParameter given[2];
    int count;
    const char *refusal; /* NULL: none */
} Case;

static const Case cases[] = {
    { "nothing is fine", { { { 0 } } }, 0, NULL },
    { "known ones are fine",
      { { .field = "length", .type = VIR_TYPED_PARAM_ULLONG },
        { .field = "name", .type = VIR_TYPED_PARAM_STRING } },
      2,
      NULL },
    { "unknown ones are refused",
      { { .field = "width", .type = VIR_TYPED_PARAM_ULLONG } },
      1,
      "parameter 'width' is not supported among those of boats" },
    { "other types are refused",
      { { .field = "length", .type = VIR_TYPED_PARAM_STRING } },
      1,
      "invalid type 'string' of parameter 'length': 'unsigned long long' is needed" },
    { "types that nobody knows are refused",
      { { .field = "length", .type = 99 } },
      1,
      "invalid type 'unknown type' of parameter 'length': 'unsigned long long' is needed" },
    { "two of a name are refused",
      { { .field = "depth", .type = VIR_TYPED_PARAM_LLONG },
        { .field = "depth", .type = VIR_TYPED_PARAM_LLONG } },
      2,
      "parameter 'depth' is there more than once" },
};

static void
test_case(gconstpointer opaque)
{
    const Case *row = opaque;
    Parameters given = { row->given, row->count };
    g_autoptr(GError) error = NULL;

    if (!row->refusal) {
        g_assert_true(parameters_check(given, rows, "boats", &error));
        g_assert_no_error(error);
        return;
    }
    g_assert_false(parameters_check(given, rows, "boats", &error));
    g_assert_error(error, FAILURE, FAILURE_INVALID_ARG);
    g_assert_cmpstr(error->message, ==, row->refusal);
}

/* Puts one of each and tells how many were told. */
static int
tell(virTypedParameterPtr room, int size)
{
    ParameterRoom place = parameters_begin(room, &size);

    parameters_put_number(&place, &rows[0], UINT64_MAX);
    parameters_put_number(&place, &rows[1], (uint64_t)-1);
    parameters_put_number(&place, &rows[2], UINT64_MAX);
    parameters_put_text(&place, &rows[3], NULL);
    parameters_end(&place, &size);
    return size;
}

static void
test_room(void)
{
    virTypedParameter room[4] = { { { 0 } } };

    g_assert_cmpint(tell(NULL, 0), ==, 4);
    g_assert_cmpint(tell(room, 2), ==, 2);
    g_assert_cmpstr(room[2].field, ==, "");
    g_assert_cmpint(tell(room, 4), ==, 4);
    g_assert_cmpuint(room[0].value.ul, ==, UINT64_MAX);
    g_assert_cmpint(room[1].value.l, ==, -1);
    g_assert_cmpuint(room[2].value.ui, ==, G_MAXUINT);
    g_assert_cmpstr(room[3].value.s, ==, "");
    g_assert_cmpuint(parameter_number(&room[1]), ==, UINT64_MAX);
    g_assert_cmpstr(parameters_find((Parameters){ room, 4 }, "count")->field, ==, "count");
    g_assert_null(parameters_find((Parameters){ room, 4 }, "width"));
    g_free(room[3].value.s);
}

int
main(int argc, char *argv[])
{
    size_t i;

    g_test_init(&argc, &argv, NULL);
    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/parameters/", cases[i].name, NULL);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/parameters/as many are told as there is room for", test_room);
    return g_test_run();
}
