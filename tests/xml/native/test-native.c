/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Native formats against golden files. from/CASE.conf (lxc-tools), CASE.json (oci) and CASE.nspawn
 * are read:
 *   CASE.xml     the domain; a generated UUID or MAC address is written as zeros
 *   CASE.report  what is said about the conversion, when anything is
 * to/CASE.xml is written:
 *   CASE.conf, CASE.json                 the text in that format
 *   CASE.conf.report, CASE.json.report   what is said about it
 * With GOLDEN_UPDATE=1 in the environment the files are written anew; review them.
 */
#include <string.h>

#include "xml/native.h"

static const DefinitionDefaults defaults = {
    .arch = "x86_64",
    .emulator = "/usr/lib/libvirt/libvirt_lxc",
};

/* One file to convert. */
typedef struct {
    char *folder; /* "from" or "to" */
    char *name;
    const char *format;
    const char *suffix; /* of the format's files */
} Case;

static const struct {
    const char *format;
    const char *suffix;
} formats[] = {
    { "lxc-tools", ".conf" },
    { "oci", ".json" },
    { "nspawn", ".nspawn" },
};

static char *
case_path(const Case *given, const char *suffix, const char *more)
{
    g_autofree char *file = g_strconcat(given->name, suffix, more, NULL);

    return g_build_filename(g_getenv("NATIVE_DIRECTORY"), given->folder, file, NULL);
}

static char *
case_read(const Case *given, const char *suffix)
{
    g_autofree char *path = case_path(given, suffix, NULL);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

/* @text NULL: there is no such file. */
static void
case_compare(const Case *given, const char *suffix, const char *more, const char *text)
{
    g_autofree char *path = case_path(given, suffix, more);
    g_autofree char *expected = NULL;
    g_autoptr(GError) error = NULL;

    if (text && g_getenv("GOLDEN_UPDATE")) {
        g_file_set_contents(path, text, -1, &error);
        g_assert_no_error(error);
        return;
    }
    g_file_get_contents(path, &expected, NULL, NULL);
    g_assert_cmpstr(text, ==, expected);
}

static void
compare_report(const Case *given, const char *suffix, const char *more, const NativeReport *report)
{
    g_autofree char *text = native_report_text(report);
    g_autofree char *line = text ? g_strconcat(text, "\n", NULL) : NULL;

    case_compare(given, suffix, more, line);
}

static void
zero(char *text, const char *before, const char *pattern)
{
    char *at = text;

    while ((at = strstr(at, before))) {
        at += strlen(before);
        memcpy(at, pattern, strlen(pattern));
    }
}

/* What is random is the same in every run. */
static char *
domain_text(const Definition *definition)
{
    char *text = definition_format(definition, DEFINITION_FORMAT_INACTIVE);

    zero(text, "<uuid>", "00000000-0000-0000-0000-000000000000");
    zero(text, "<mac address='52:54:00:", "00:00:00");
    return text;
}

static Definition *
convert(const Case *given, const char *text, NativeReport *report)
{
    g_autoptr(GError) error = NULL;
    Definition *definition = native_from(given->format, text, &defaults, report, &error);

    g_assert_no_error(error);
    return definition;
}

static void
test_read(gconstpointer data)
{
    const Case *given = data;
    g_autofree char *text = case_read(given, given->suffix);
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(Definition) definition = convert(given, text, report);
    g_autofree char *xml = domain_text(definition);

    case_compare(given, ".xml", NULL, xml);
    compare_report(given, ".report", NULL, report);
}

/* What was converted can be defined as it is. */
static void
test_define(gconstpointer data)
{
    const Case *given = data;
    g_autofree char *text = case_read(given, given->suffix);
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(Definition) definition = convert(given, text, report);
    g_autofree char *xml = definition_format(definition, DEFINITION_FORMAT_INACTIVE);
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) defined = definition_parse(
        xml, &(DefinitionDefaults){ .emulator = defaults.emulator }, DEFINITION_INACTIVE, &error);
    g_autofree char *again = NULL;

    g_assert_no_error(error);
    again = definition_format(defined, DEFINITION_FORMAT_INACTIVE);
    g_assert_cmpstr(xml, ==, again);
}

static char *
write_text(const char *format, const Definition *definition)
{
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(GError) error = NULL;
    char *text = native_to(format, definition, "x86_64", report, &error);

    g_assert_no_error(error);
    return text;
}

/* Written, read and written again, it is the same text: what a format carries, it carries whole. */
static void
check_round_trip(const char *format, const Definition *definition)
{
    g_autofree char *text = write_text(format, definition);
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) back = native_from(format, text, &defaults, report, &error);
    g_autofree char *again = NULL;

    g_assert_no_error(error);
    again = write_text(format, back);
    g_assert_cmpstr(text, ==, again);
}

static void
test_round_trip(gconstpointer data)
{
    const Case *given = data;
    g_autofree char *text = case_read(given, given->suffix);
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(Definition) definition = convert(given, text, report);

    check_round_trip(given->format, definition);
}

static Definition *
case_domain(const Case *given)
{
    g_autofree char *xml = case_read(given, ".xml");
    g_autoptr(GError) error = NULL;
    Definition *definition =
        definition_parse(xml, &defaults, DEFINITION_INACTIVE | DEFINITION_TRUSTED, &error);

    g_assert_no_error(error);
    return definition;
}

static void
test_write(gconstpointer data)
{
    const Case *given = data;
    g_autoptr(Definition) definition = case_domain(given);
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = native_to(given->format, definition, "x86_64", report, &error);

    g_assert_no_error(error);
    case_compare(given, given->suffix, NULL, text);
    compare_report(given, given->suffix, ".report", report);
}

static void
test_written_round_trip(gconstpointer data)
{
    const Case *given = data;
    g_autoptr(Definition) definition = case_domain(given);

    check_round_trip(given->format, definition);
}

static void
case_free(gpointer data)
{
    Case *given = data;

    g_free(given->folder);
    g_free(given->name);
    g_free(given);
}

static void
add_test(const Case *given, const char *sentence, GTestDataFunc function)
{
    g_autofree char *path =
        g_strdup_printf("/native/%s/%s/%s %s", given->format, given->folder, given->name, sentence);
    Case *copy = g_new(Case, 1);

    *copy = *given;
    copy->folder = g_strdup(given->folder);
    copy->name = g_strdup(given->name);
    g_test_add_data_func_full(path, copy, function, case_free);
}

static void
add_read(const char *file)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *name = NULL;
        Case given = { (char *)"from", NULL, formats[i].format, formats[i].suffix };

        if (!g_str_has_suffix(file, formats[i].suffix))
            continue;
        name = given.name = g_strndup(file, strlen(file) - strlen(formats[i].suffix));
        add_test(&given, "becomes a domain", test_read);
        add_test(&given, "can be defined", test_define);
        if (!g_str_equal(given.format, "nspawn"))
            add_test(&given, "comes back", test_round_trip);
    }
}

static void
add_written(const char *file)
{
    g_autofree char *name = NULL;
    size_t i;

    if (!g_str_has_suffix(file, ".xml"))
        return;
    name = g_strndup(file, strlen(file) - strlen(".xml"));
    for (i = 0; i < G_N_ELEMENTS(formats); i++) {
        Case given = { (char *)"to", name, formats[i].format, formats[i].suffix };

        if (g_str_equal(given.format, "nspawn"))
            continue;
        add_test(&given, "is written", test_write);
        add_test(&given, "comes back", test_written_round_trip);
    }
}

static void
add_folder(const char *folder, void (*add)(const char *file))
{
    g_autofree char *path = g_build_filename(g_getenv("NATIVE_DIRECTORY"), folder, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) directory = g_dir_open(path, 0, &error);
    const char *file;

    g_assert_no_error(error);
    while ((file = g_dir_read_name(directory)))
        add(file);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_folder("from", add_read);
    add_folder("to", add_written);
    return g_test_run();
}
