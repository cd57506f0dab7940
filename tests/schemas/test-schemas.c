/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The schemas against documents: good/CASE.xml are valid, whole domains stay so when they are read
 * and printed, and together they show every element that the schemas know; bad/CASE.xml are refused
 * with the words of bad/CASE.error. What the golden files say of the row tables holds here too.
 * With GOLDEN_UPDATE=1 in the environment the .error files are written anew; review them.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/definition.h"
#include "xml/document.h"
#include "xml/schema.h"
#include "xml/validate.h"

#define THREADS 8

/* Golden cases that are read, with what nothing knows dropped, and that --validate refuses. */
static const struct {
    const char *name;
    const char *words;
} lenient[] = {
    { "first-of-two-counts", "second element <title>" },
    { "metadata", "unknown element <plain>" },
    { "metadata-of-nothing", "unknown element <plain>" },
    { "stored-partition-relative", "invalid text" },
    { "stored-partition-relative.out", "invalid text" },
    { "sharing", "unknown element <flavour>" },
    { "unknown-is-dropped", "unknown attribute 'flavour'" },
};

static const char *
schema_directory(void)
{
    return g_getenv("CAISSON_SCHEMA_DIR");
}

static char *
file_read(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

static char *
test_directory(const char *name)
{
    return g_build_filename(g_getenv("TEST_DIRECTORY"), name, NULL);
}

static gint
compare_names(gconstpointer one, gconstpointer other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Names of the files with this suffix, sorted, without it. */
static GPtrArray *
files_list(const char *directory, const char *suffix)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(directory, 0, &error);
    const char *name;

    g_assert_no_error(error);
    while ((name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, suffix))
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(suffix)));
    }
    g_ptr_array_sort(names, compare_names);
    g_assert_cmpuint(names->len, >, 0);
    return names;
}

static bool
text_validate(const char *text, GError **error)
{
    g_autoptr(xmlDoc) document = document_parse(text, error);

    return document && validate_document(document, schema_directory(), error);
}

/* Adds "parent/name" and "parent@attribute" of all that is below @parent. */
static void
places_add(GHashTable *places, const xmlNode *parent)
{
    const xmlAttr *attribute;
    const xmlNode *node;

    for (attribute = parent->properties; attribute; attribute = attribute->next)
        g_hash_table_add(places, g_strdup_printf("%s@%s", (const char *)parent->name,
                                                 (const char *)attribute->name));
    for (node = parent->children; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE) {
            g_hash_table_add(places, g_strdup_printf("%s/%s", (const char *)parent->name,
                                                     (const char *)node->name));
            places_add(places, node);
        }
    }
}

static GHashTable *
places_of(const char *text)
{
    GHashTable *places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) document = document_parse(text, &error);

    g_assert_no_error(error);
    places_add(places, xmlDocGetRootElement(document));
    return places;
}

/* What the schema knows the rows know: nothing is dropped, but names of devices by who defines
 * them. */
static void
places_compare(const char *text, const char *printed)
{
    g_autoptr(GHashTable) before = places_of(text);
    g_autoptr(GHashTable) after = places_of(printed);
    GHashTableIter iter;
    gpointer place;

    g_hash_table_iter_init(&iter, before);
    while (g_hash_table_iter_next(&iter, &place, NULL)) {
        if (!g_hash_table_contains(after, place) && !g_str_has_suffix(place, "/alias") &&
            !g_str_has_prefix(place, "alias@")) {
            g_test_message("%s is not printed", (char *)place);
            g_test_fail();
        }
    }
}

/* What is printed of a valid domain is valid again, and all of it. */
static void
printed_validate(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition = definition_parse(text, NULL, DEFINITION_TRUSTED, &error);
    g_autofree char *printed = NULL;

    g_assert_no_error(error);
    printed = definition_format(definition, DEFINITION_FORMAT_SECURE);
    text_validate(printed, &error);
    g_assert_no_error(error);
    places_compare(text, printed);
}

/* Known to the schema so that the rows can refuse it with better words. */
static void
refused_check(const char *text)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(definition_parse(text, NULL, 0, &error));
    g_assert_error(error, FAILURE, FAILURE_CONFIG_UNSUPPORTED);
}

static void
test_good(gconstpointer name)
{
    g_autofree char *directory = test_directory("good");
    g_autofree char *file = g_strconcat(name, ".xml", NULL);
    g_autofree char *text = file_read(directory, file);
    g_autoptr(GError) error = NULL;

    text_validate(text, &error);
    g_assert_no_error(error);
    if (g_str_has_prefix(name, "refused-"))
        refused_check(text);
    else if (!g_str_has_prefix(name, "device-"))
        printed_validate(text);
}

static void
test_bad(gconstpointer name)
{
    g_autofree char *directory = test_directory("bad");
    g_autofree char *file = g_strconcat(name, ".xml", NULL);
    g_autofree char *error_file = g_strconcat(name, ".error", NULL);
    g_autofree char *text = file_read(directory, file);
    g_autofree char *expected = NULL;
    g_autofree char *path = NULL;
    g_autofree char *words = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_false(text_validate(text, &error));
    g_assert_error(error, FAILURE, FAILURE_XML_INVALID_SCHEMA);
    words = g_strconcat(error->message, "\n", NULL);
    if (g_getenv("GOLDEN_UPDATE")) {
        path = g_build_filename(directory, error_file, NULL);
        g_assert_true(g_file_set_contents(path, words, -1, NULL));
        return;
    }
    expected = file_read(directory, error_file);
    g_assert_cmpstr(words, ==, expected);
}

static const char *
lenient_words(const char *name)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(lenient); i++) {
        if (g_str_equal(lenient[i].name, name))
            return lenient[i].words;
    }
    return NULL;
}

static void
golden_check(const char *directory, const char *name)
{
    g_autofree char *file = g_strconcat(name, ".xml", NULL);
    g_autofree char *error_file = g_strconcat(directory, "/", name, ".error", NULL);
    g_autofree char *text = file_read(directory, file);
    g_autoptr(GError) error = NULL;
    const char *words = lenient_words(name);
    bool refused = g_file_test(error_file, G_FILE_TEST_EXISTS);
    bool valid = text_validate(text, &error);

    g_test_message("%s: %s", name, valid ? "valid" : error->message);
    if (g_str_has_prefix(name, "validate-") && refused)
        g_assert_error(error, FAILURE, FAILURE_XML_INVALID_SCHEMA);
    if (refused)
        return;
    if (!words) {
        g_assert_no_error(error);
        return;
    }
    g_assert_error(error, FAILURE, FAILURE_XML_INVALID_SCHEMA);
    g_assert_nonnull(strstr(error->message, words));
}

static void
test_golden(void)
{
    const char *directory = g_getenv("GOLDEN_DIRECTORY");
    g_autoptr(GPtrArray) names = files_list(directory, ".xml");
    guint i;

    for (i = 0; i < names->len; i++)
        golden_check(directory, names->pdata[i]);
}

static void
reach(GHashTable *reached, const char *name)
{
    g_autofree char *text = NULL;
    g_autoptr(xmlDoc) document = NULL;
    g_autoptr(GError) error = NULL;
    xmlNode *node;

    if (!g_hash_table_add(reached, g_strdup(name)))
        return;
    text = file_read(schema_directory(), name);
    document = document_parse(text, &error);
    g_assert_no_error(error);
    for (node = xmlDocGetRootElement(document)->children; node; node = node->next) {
        if (schema_node_is(node, "include")) {
            xmlChar *href = xmlGetNoNsProp(node, BAD_CAST "href");

            reach(reached, (const char *)href);
            xmlFree(href);
        }
    }
}

static void
test_reachable(void)
{
    g_autoptr(GHashTable) reached = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) names = files_list(schema_directory(), ".rng");
    guint i;

    reach(reached, "domain.rng");
    reach(reached, "device.rng");
    for (i = 0; i < names->len; i++) {
        g_autofree char *name = g_strconcat(names->pdata[i], ".rng", NULL);

        g_test_message("%s", name);
        g_assert_true(g_hash_table_remove(reached, name));
    }
    g_assert_cmpuint(g_hash_table_size(reached), ==, 0);
}

/* Other programs, xmllint and editors, read the files as they are. */
static void
test_loads(void)
{
    static const char *const names[] = { "domain.rng", "device.rng" };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(schema_directory(), names[i], NULL);
        xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt(path);
        xmlRelaxNG *grammar = xmlRelaxNGParse(parser);

        g_assert_nonnull(grammar);
        xmlRelaxNGFree(grammar);
        xmlRelaxNGFreeParserCtxt(parser);
    }
}

static void
schema_collect(GHashTable *names, xmlNode *parent)
{
    xmlNode *node;

    for (node = parent->children; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (schema_node_is(node, "element") && xmlHasProp(node, BAD_CAST "name")) {
            xmlChar *name = xmlGetNoNsProp(node, BAD_CAST "name");

            g_hash_table_add(names, g_strdup((const char *)name));
            xmlFree(name);
        }
        schema_collect(names, node);
    }
}

static void
document_remove(GHashTable *names, xmlNode *node)
{
    for (; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE) {
            g_hash_table_remove(names, node->name);
            document_remove(names, node->children);
        }
    }
}

static void
test_shown(void)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *directory = test_directory("good");
    g_autoptr(GPtrArray) files = files_list(directory, ".xml");
    g_autoptr(GError) error = NULL;
    const Schema *schema = schema_get(schema_directory(), "domain.rng", &error);
    GHashTableIter iter;
    gpointer name;
    guint i;

    g_assert_no_error(error);
    schema_collect(names, xmlDocGetRootElement(schema->document));
    g_assert_cmpuint(g_hash_table_size(names), >, 300);
    for (i = 0; i < files->len; i++) {
        g_autofree char *file = g_strconcat(files->pdata[i], ".xml", NULL);
        g_autofree char *text = file_read(directory, file);
        g_autoptr(xmlDoc) document = document_parse(text, &error);

        g_assert_no_error(error);
        document_remove(names, xmlDocGetRootElement(document));
    }
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_test_message("no document shows <%s>", (char *)name);
    g_assert_cmpuint(g_hash_table_size(names), ==, 0);
}

/* Patterns are no words for people: each must be in a type with a documentation. */
static void
patterns_check(xmlNode *parent)
{
    xmlNode *node;

    for (node = parent->children; node; node = node->next) {
        if (schema_node_is(node, "data") && node->children) {
            xmlChar *type = xmlGetNoNsProp(node, BAD_CAST "type");
            xmlChar *parameter = xmlGetNoNsProp(node->children, BAD_CAST "name");
            bool documented = node->prev && node->prev->type == XML_ELEMENT_NODE &&
                              g_str_equal(node->prev->name, "documentation");

            if (g_str_equal(type, "string") && !g_str_equal(parameter, "minLength"))
                g_assert_true(documented && schema_node_is(parent, "define"));
            xmlFree(type);
            xmlFree(parameter);
        }
        if (node->type == XML_ELEMENT_NODE)
            patterns_check(node);
    }
}

static void
test_patterns(void)
{
    g_autoptr(GError) error = NULL;
    const Schema *schema = schema_get(schema_directory(), "domain.rng", &error);

    g_assert_no_error(error);
    patterns_check(xmlDocGetRootElement(schema->document));
}

static void
test_missing(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) document = document_parse("<domain type='lxc'/>", &error);

    g_assert_no_error(error);
    g_assert_false(validate_document(document, "/nonexistent", &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_nonnull(strstr(error->message, "/nonexistent/domain.rng"));
    g_assert_nonnull(strstr(error->message, "without --validate"));
}

/* Writes domain.rng into a directory of its own, and expects it to be unusable for this reason. */
static void
broken_check(const char *text, const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_dir_make_tmp("schemas-XXXXXX", &error);
    g_autofree char *path = g_build_filename(directory, "domain.rng", NULL);
    g_autoptr(xmlDoc) document = document_parse("<domain type='lxc'/>", &error);

    g_assert_true(g_file_set_contents(path, text, -1, &error));
    g_assert_false(validate_document(document, directory, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, reason));
    g_assert_cmpint(g_remove(path), ==, 0);
    g_assert_cmpint(g_remove(directory), ==, 0);
}

static void
test_broken(void)
{
    broken_check("<grammar xmlns='" SCHEMA_NAMESPACE "'>", "not well-formed");
    broken_check("<grammar xmlns='" SCHEMA_NAMESPACE "'><start><ref name='a'/></start></grammar>",
                 "cannot use schema");
    broken_check("<grammar xmlns='" SCHEMA_NAMESPACE "'><include href='../a.rng'/></grammar>",
                 "a file name is needed");
    broken_check("<grammar xmlns='" SCHEMA_NAMESPACE "'><include href='a.rng'/></grammar>",
                 "a.rng");
}

static gpointer
thread_validate(gpointer names)
{
    g_autofree char *good = test_directory("good");
    g_autofree char *bad = test_directory("bad");
    guint i;
    guint round;

    for (round = 0; round < 4; round++) {
        for (i = 0; i < ((GPtrArray *)names)->len; i++) {
            g_autofree char *file = g_strconcat(((GPtrArray *)names)->pdata[i], ".xml", NULL);
            g_autofree char *text = file_read(good, file);
            g_autofree char *wrong = file_read(bad, "filesystem-type.xml");
            g_autoptr(GError) error = NULL;

            text_validate(text, &error);
            g_assert_no_error(error);
            g_assert_false(text_validate(wrong, &error));
            g_assert_error(error, FAILURE, FAILURE_XML_INVALID_SCHEMA);
        }
    }
    return NULL;
}

static void
test_threads(void)
{
    g_autofree char *directory = test_directory("good");
    g_autoptr(GPtrArray) names = files_list(directory, ".xml");
    GThread *threads[THREADS];
    size_t i;

    for (i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("validate", thread_validate, names);
    for (i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
}

static void
cases_add(const char *what, GTestDataFunc function)
{
    g_autofree char *directory = test_directory(what);
    g_autoptr(GPtrArray) names = files_list(directory, ".xml");
    guint i;

    for (i = 0; i < names->len; i++) {
        g_autofree char *path = g_strconcat("/schemas/", what, "/", names->pdata[i], NULL);

        g_test_add_data_func_full(path, g_strdup(names->pdata[i]), function, g_free);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schemas/threads may validate at the same time", test_threads);
    g_test_add_func("/schemas/every file is part of one of the two", test_reachable);
    g_test_add_func("/schemas/libxml2 loads the files by itself", test_loads);
    g_test_add_func("/schemas/the documents show every element", test_shown);
    g_test_add_func("/schemas/every pattern of text has words for people", test_patterns);
    g_test_add_func("/schemas/a schema that is not there is named", test_missing);
    g_test_add_func("/schemas/a broken schema is named", test_broken);
    g_test_add_func("/schemas/the golden files are valid where they are read", test_golden);
    cases_add("good", test_good);
    cases_add("bad", test_bad);
    return g_test_run();
}
