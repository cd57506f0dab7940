/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which definition is meant by LIVE, CONFIG and neither. */
#include "driver/affect.h"

#include "controller/wire/failure.h"

#define LIVE   VIR_DOMAIN_AFFECT_LIVE
#define CONFIG VIR_DOMAIN_AFFECT_CONFIG

/* Only their addresses matter. */
static Definition live;
static Definition config;

typedef struct {
    const char *name;
    bool active;
    bool persistent;
    unsigned int flags;
    bool to_live;
    bool to_config;
    const char *refusal; /* NULL: none */
} Case;

#define NOT_RUNNING "domain is not running: 'web'"
#define TRANSIENT   "domain 'web' is transient: it has no persistent configuration"

static const Case cases[] = {
    { "current of a running one is live", true, true, 0, true, false },
    { "current of a stopped one is config", false, true, 0, false, true },
    { "live of a running one is live", true, true, LIVE, true, false },
    { "live of a stopped one is refused", false, true, LIVE, .refusal = NOT_RUNNING },
    { "config of a running one is config", true, true, CONFIG, false, true },
    { "config of a transient one is refused", true, false, CONFIG, .refusal = TRANSIENT },
    { "both of a running one is both", true, true, LIVE | CONFIG, true, true },
    { "both of a transient one is refused", true, false, LIVE | CONFIG, .refusal = TRANSIENT },
    { "both of a stopped one is refused", false, true, LIVE | CONFIG, .refusal = NOT_RUNNING },
    { "current of a transient one is live", true, false, 0, true, false },
};

static void
test_case(gconstpointer opaque)
{
    const Case *row = opaque;
    Guest guest = { 0 };
    Domain domain = {
        .name = (char *)"web",
        .config = row->persistent ? &config : NULL,
        .live = row->active ? &live : NULL,
        .guest = row->active ? &guest : NULL,
    };
    g_autoptr(GError) error = NULL;
    Affect affect = { 0 };

    if (row->refusal) {
        g_assert_false(affect_resolve(&domain, row->flags, &affect, &error));
        g_assert_error(error, FAILURE, FAILURE_OPERATION_INVALID);
        g_assert_cmpstr(error->message, ==, row->refusal);
        g_assert_null(affect_read(&domain, row->flags, NULL));
        return;
    }
    g_assert_true(affect_resolve(&domain, row->flags, &affect, &error));
    g_assert_no_error(error);
    g_assert_cmpint(affect.live, ==, row->to_live);
    g_assert_cmpint(affect.config, ==, row->to_config);
    g_assert_true(affect_read(&domain, row->flags, NULL) == (row->to_live ? &live : &config));
}

int
main(int argc, char **argv)
{
    size_t i;

    g_test_init(&argc, &argv, NULL);
    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/affect/", cases[i].name, NULL);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    return g_test_run();
}
