/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metadata, title and description, as virDomainGetMetadata and virDomainSetMetadata need them. */
#include <glib.h>
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/metadata.h"

static Definition *
definition_with(const char *metadata)
{
    static const DefinitionDefaults defaults = { .arch = "x86_64" };
    g_autofree char *xml =
        g_strdup_printf("<domain type='lxc' xmlns:o='urn:outer'><name>m</name><memory>1</memory>"
                        "<os><type>exe</type><init>/i</init></os><metadata>%s</metadata></domain>",
                        metadata);
    g_autoptr(GError) error = NULL;
    Definition *definition = definition_parse(xml, &defaults, DEFINITION_INACTIVE, &error);

    g_assert_no_error(error);
    return definition;
}

static void
test_an_element_is_found_by_namespace(void)
{
    g_autoptr(Definition) definition =
        definition_with("<a:x xmlns:a='urn:a' v='1'><a:y/></a:x><o:z>text</o:z>");
    g_autoptr(GError) error = NULL;
    g_autofree char *first = metadata_get(definition, "urn:a", &error);
    g_autofree char *second = metadata_get(definition, "urn:outer", &error);

    g_assert_no_error(error);
    g_assert_cmpstr(first, ==, "<x v=\"1\">\n  <y/>\n</x>");
    g_assert_cmpstr(second, ==, "<z>text</z>");
}

static void
test_a_missing_element_is_said_to_be_missing(void)
{
    g_autoptr(Definition) definition = definition_with("");
    g_autoptr(GError) error = NULL;

    g_assert_null(metadata_get(definition, "urn:a", &error));
    g_assert_error(error, FAILURE, FAILURE_NO_METADATA);
    g_assert_cmpstr(error->message, ==, "domain 'm' has no metadata of namespace 'urn:a'");
}

static void
test_an_element_is_set_replaced_and_removed(void)
{
    g_autoptr(Definition) definition = definition_with("<o:keep/>");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    g_assert_true(metadata_set(definition, "urn:a", "app", "<x><y b='1'/></x>", &error));
    g_assert_cmpstr(definition->metadata, ==,
                    "    <o:keep xmlns:o=\"urn:outer\"/>\n"
                    "    <app:x xmlns:app=\"urn:a\">\n"
                    "      <app:y b=\"1\"/>\n"
                    "    </app:x>\n");
    g_assert_true(metadata_set(definition, "urn:a", "app", "<second/>", &error));
    text = metadata_get(definition, "urn:a", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, "<second/>");
    g_assert_true(metadata_set(definition, "urn:a", NULL, NULL, &error));
    g_assert_cmpstr(definition->metadata, ==, "    <o:keep xmlns:o=\"urn:outer\"/>\n");
    g_assert_true(metadata_set(definition, "urn:outer", NULL, NULL, &error));
    g_assert_null(definition->metadata);
    g_assert_true(metadata_set(definition, "urn:never", NULL, NULL, &error));
    g_assert_no_error(error);
}

static void
test_set_metadata_survives_printing_and_reading(void)
{
    static const DefinitionDefaults defaults = { .arch = "x86_64" };
    g_autoptr(Definition) definition = definition_with("");
    g_autoptr(Definition) again = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    metadata_set(definition, "urn:a", "app", "<x c='&lt;'>a &amp; b<n:z xmlns:n='urn:n'/></x>",
                 &error);
    g_assert_no_error(error);
    before = metadata_get(definition, "urn:a", &error);
    xml = definition_format(definition, 0);
    again = definition_parse(xml, &defaults, DEFINITION_INACTIVE, &error);
    g_assert_no_error(error);
    after = metadata_get(again, "urn:a", &error);
    g_assert_cmpstr(before, ==, after);
    g_assert_true(definition_equal(definition, again));
}

typedef struct {
    const char *uri;
    const char *key;
    const char *xml;
    FailureCode code;
    const char *words;
} Refused;

static void
test_metadata_that_cannot_be_set_is_refused(void)
{
    static const Refused cases[] = {
        { "urn:a", "app", "<x>", FAILURE_XML, "the metadata is not one XML element: " },
        { "urn:a", "app", "text", FAILURE_XML, "the metadata is not one XML element: " },
        { "urn:a", "app", "<n:x xmlns:n='urn:n'/>", FAILURE_XML,
          "the metadata is an element of another namespace, 'urn:n'" },
        { "urn:a", "app", "<x xmlns:app='urn:n'/>", FAILURE_XML,
          "the metadata declares prefix 'app' itself; choose another key or prefix" },
        { "urn:a", NULL, "<x/>", FAILURE_INVALID_ARG,
          "metadata needs a key that can be an XML prefix" },
        { "urn:a", "a b", "<x/>", FAILURE_INVALID_ARG,
          "metadata needs a key that can be an XML prefix" },
        { "", "app", "<x/>", FAILURE_INVALID_ARG, "metadata needs the URI of a namespace" },
    };
    g_autoptr(Definition) definition = definition_with("<o:keep/>");
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(metadata_set(definition, cases[i].uri, cases[i].key, cases[i].xml, &error));
        g_assert_true(g_error_matches(error, FAILURE, (int)cases[i].code));
        g_assert_true(g_str_has_prefix(error->message, cases[i].words));
        g_assert_cmpstr(definition->metadata, ==, "    <o:keep xmlns:o=\"urn:outer\"/>\n");
    }
}

static void
test_title_and_description_are_set_and_removed(void)
{
    g_autoptr(Definition) definition = definition_with("");
    g_autoptr(GError) error = NULL;

    g_assert_true(metadata_set_title(definition, "A title", &error));
    metadata_set_description(definition, "More\nlines");
    g_assert_cmpstr(definition->title, ==, "A title");
    g_assert_cmpstr(definition->description, ==, "More\nlines");
    g_assert_false(metadata_set_title(definition, "two\nlines", &error));
    g_assert_error(error, FAILURE, FAILURE_INVALID_ARG);
    g_assert_cmpstr(error->message, ==,
                    "a title must be one line; put the rest into the description");
    g_clear_error(&error);
    g_assert_cmpstr(definition->title, ==, "A title");
    g_assert_true(metadata_set_title(definition, NULL, &error));
    metadata_set_description(definition, "");
    g_assert_null(definition->title);
    g_assert_null(definition->description);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metadata/an element is found by namespace",
                    test_an_element_is_found_by_namespace);
    g_test_add_func("/metadata/a missing element is said to be missing",
                    test_a_missing_element_is_said_to_be_missing);
    g_test_add_func("/metadata/an element is set, replaced and removed",
                    test_an_element_is_set_replaced_and_removed);
    g_test_add_func("/metadata/set metadata survives printing and reading",
                    test_set_metadata_survives_printing_and_reading);
    g_test_add_func("/metadata/metadata that cannot be set is refused",
                    test_metadata_that_cannot_be_set_is_refused);
    g_test_add_func("/metadata/title and description are set and removed",
                    test_title_and_description_are_set_and_removed);
    return g_test_run();
}
