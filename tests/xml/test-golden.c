/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every golden/CASE.xml against what should come of it:
 *   CASE.out.xml         as it is printed (which prints as itself again)
 *   CASE.secure.xml      as it is printed with secrets
 *   CASE.error           class and words of the error, for a document that is refused
 *   CASE.container.json  its container definition
 *   CASE.start-error     class and words of the error, for a domain that cannot start
 *   CASE.live.xml        of a running guest: prints as itself
 * A case whose name begins with "validate-" is read with DEFINITION_VALIDATE, one with "stored-"
 * as from disk, where it may be although it is refused when it is defined.
 * With GOLDEN_UPDATE=1 in the environment the files that exist are written anew; review them.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/container.h"
#include "xml/definition.h"

static DefinitionDefaults defaults = {
    .arch = "x86_64",
    .emulator = "/usr/lib/libvirt/libvirt_lxc",
    .security_model = "apparmor",
};

static char *
golden_path(const char *name, const char *suffix)
{
    return g_strconcat(g_getenv("GOLDEN_DIRECTORY"), "/", name, suffix, NULL);
}

static char *
golden_read(const char *name, const char *suffix)
{
    g_autofree char *path = golden_path(name, suffix);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static void
golden_compare(const char *name, const char *suffix, const char *text)
{
    g_autofree char *path = golden_path(name, suffix);
    g_autofree char *expected = golden_read(name, suffix);
    g_autoptr(GError) error = NULL;

    if (g_getenv("GOLDEN_UPDATE")) {
        g_file_set_contents(path, text, -1, &error);
        g_assert_no_error(error);
        return;
    }
    g_assert_cmpstr(text, ==, expected);
}

static DefinitionParseFlags
golden_flags(const char *name)
{
    return DEFINITION_INACTIVE | (g_str_has_prefix(name, "validate-") ? DEFINITION_VALIDATE : 0) |
           (g_str_has_prefix(name, "stored-") ? DEFINITION_TRUSTED : 0);
}

static Definition *
golden_parse(const char *name)
{
    g_autofree char *xml = golden_read(name, ".xml");
    g_autoptr(GError) error = NULL;
    Definition *definition = definition_parse(xml, &defaults, golden_flags(name), &error);

    g_assert_no_error(error);
    return definition;
}

static void
compare_error(const char *name, const char *suffix, const GError *error)
{
    g_autofree char *text = NULL;
    const char *library;
    size_t length;

    g_assert_nonnull(error);
    length = strlen(error->message);
    g_assert_true(error->domain == FAILURE);
    /* what the XML library says of a malformed document differs between its versions */
    if ((library = strstr(error->message, "is not well-formed (line")))
        length = strcspn(library, ")") + 1 + (size_t)(library - error->message);
    text = g_strdup_printf("%s: %.*s\n", failure_code_name((FailureCode)error->code), (int)length,
                           error->message);
    golden_compare(name, suffix, text);
}

static void
test_prints(gconstpointer name)
{
    g_autoptr(Definition) definition = golden_parse(name);
    g_autofree char *text = definition_format(definition, 0);

    golden_compare(name, ".out.xml", text);
}

static void
test_prints_again(gconstpointer name)
{
    g_autofree char *xml = golden_read(name, ".out.xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition = definition_parse(xml, &defaults, golden_flags(name), &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = definition_format(definition, 0);
    g_assert_cmpstr(text, ==, xml);
}

static void
test_copies(gconstpointer name)
{
    g_autoptr(Definition) definition = golden_parse(name);
    g_autoptr(Definition) copy = definition_copy(definition);

    g_assert_true(definition_equal(definition, copy));
}

static void
test_prints_secrets(gconstpointer name)
{
    g_autoptr(Definition) definition = golden_parse(name);
    g_autofree char *text = definition_format(definition, DEFINITION_FORMAT_SECURE);

    golden_compare(name, ".secure.xml", text);
}

static void
test_prints_live(gconstpointer name)
{
    g_autofree char *xml = golden_read(name, ".live.xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition = definition_parse(xml, &defaults, 0, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = definition_format(definition, 0);
    golden_compare(name, ".live.xml", text);
}

static void
test_is_refused(gconstpointer name)
{
    g_autofree char *xml = golden_read(name, ".xml");
    g_autoptr(GError) error = NULL;
    Definition *definition = definition_parse(xml, &defaults, golden_flags(name), &error);

    g_assert_null(definition);
    compare_error(name, ".error", error);
}

static Container *
golden_compute(const char *name, GError **error)
{
    static const ContainerContext context = {
        .state_directory = "/run/libvirt/lxc",
        .arch = "x86_64",
        .rtc_major = 252,
    };
    g_autoptr(Definition) definition = golden_parse(name);

    container_complete(definition);
    return container_compute(definition, &context, error);
}

static void
test_computes(gconstpointer name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Container) container = golden_compute(name, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = container_to_json(container, true);
    golden_compare(name, ".container.json", text);
}

static void
test_cannot_start(gconstpointer name)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(golden_compute(name, &error));
    compare_error(name, ".start-error", error);
}

typedef struct {
    const char *suffix;
    const char *sentence;
    GTestDataFunc function;
} Expectation;

static const Expectation expectations[] = {
    { ".out.xml", "is printed canonically", test_prints },
    { ".out.xml", "prints as itself when read again", test_prints_again },
    { ".out.xml", "is copied whole", test_copies },
    { ".secure.xml", "is printed with secrets when asked", test_prints_secrets },
    { ".live.xml", "prints a running guest as it was read", test_prints_live },
    { ".error", "is refused with words that help", test_is_refused },
    { ".container.json", "gives the container definition", test_computes },
    { ".start-error", "cannot start and says why", test_cannot_start },
};

static void
add_case(const char *file)
{
    g_autofree char *name = g_strndup(file, strcspn(file, "."));
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(expectations); i++) {
        g_autofree char *title = NULL;

        /* one test for each file that says what is expected */
        if (!g_str_has_suffix(file, expectations[i].suffix) ||
            strlen(file) != strlen(name) + strlen(expectations[i].suffix))
            continue;
        title = g_strdup_printf("/golden/%s %s", name, expectations[i].sentence);
        g_test_add_data_func_full(title, g_strdup(name), expectations[i].function, g_free);
    }
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) directory = NULL;
    const char *file;
    guint i;

    g_test_init(&argc, &argv, NULL);
    defaults.schema_directory = g_getenv("CAISSON_SCHEMA_DIR");
    directory = g_dir_open(g_getenv("GOLDEN_DIRECTORY"), 0, &error);
    g_assert_no_error(error);
    while ((file = g_dir_read_name(directory)))
        g_ptr_array_add(files, g_strdup(file));
    for (i = 0; i < files->len; i++)
        add_case(files->pdata[i]);
    return g_test_run();
}
