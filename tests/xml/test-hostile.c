/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documents made to hurt: each is read or refused within bounds of time and memory. */
#include <string.h>
#include <sys/resource.h>

#include "controller/wire/failure.h"
#include "xml/definition.h"
#include "xml/device.h"

/* Generous: the slowest takes a few hundredths of it on two busy cores. */
#define SECONDS_MAX 20
#define MEMORY_MAX  (1024L * 1024) /* KiB of peak resident memory */

#define HEAD                                                                                     \
    "<domain type='lxc'><name>h</name><memory>65536</memory><os><type>exe</type><init>/i</init>" \
    "</os>"
#define TAIL "</domain>"

static const DefinitionDefaults defaults = { .arch = "x86_64", .emulator = "/libvirt_lxc" };

static GString *
repeat(const char *text, size_t times)
{
    GString *all = g_string_sized_new(strlen(text) * times);

    while (times--)
        g_string_append(all, text);
    return all;
}

static void
assert_bounds(gint64 began)
{
    struct rusage usage;

    g_assert_cmpint(g_get_monotonic_time() - began, <, SECONDS_MAX * G_USEC_PER_SEC);
    g_assert_cmpint(getrusage(RUSAGE_SELF, &usage), ==, 0);
    g_assert_cmpint(usage.ru_maxrss, <, MEMORY_MAX);
}

static void
assert_read(const char *xml)
{
    gint64 began = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition =
        definition_parse(xml, &defaults, DEFINITION_INACTIVE, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = definition_format(definition, DEFINITION_FORMAT_SECURE);
    g_assert_nonnull(text);
    assert_bounds(began);
}

static void
assert_refused(const char *xml, FailureCode code, const char *words)
{
    gint64 began = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) device_error = NULL;
    g_autofree char *name = NULL;
    g_autofree char *uuid = NULL;

    g_assert_null(definition_parse(xml, &defaults, DEFINITION_INACTIVE, &error));
    g_assert_error(error, FAILURE, (int)code);
    g_assert_nonnull(strstr(error->message, words));
    g_assert_null(device_parse(xml, &defaults, DEFINITION_INACTIVE, &device_error));
    g_assert_nonnull(device_error);
    definition_peek(xml, &name, &uuid, NULL);
    assert_bounds(began);
}

static void
test_deep_nesting_is_refused(void)
{
    g_autoptr(GString) xml = repeat("<a>", 200000);

    assert_refused(xml->str, FAILURE_XML_DETAIL, "not well-formed");
    g_string_prepend(xml, HEAD "<metadata>");
    assert_refused(xml->str, FAILURE_XML_DETAIL, "not well-formed");
}

static void
test_a_huge_document_is_refused(void)
{
    g_autoptr(GString) xml = repeat("<!-- nothing to see here, move along please -->", 600000);

    g_string_prepend(xml, HEAD);
    g_string_append(xml, TAIL);
    assert_refused(xml->str, FAILURE_XML, "larger than");
}

static void
test_entities_are_never_expanded(void)
{
    assert_refused("<!DOCTYPE d [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c "
                   "'&b;&b;&b;&b;'>]>" HEAD "<title>&c;</title>" TAIL,
                   FAILURE_XML_DETAIL, "remove <!DOCTYPE>");
    assert_refused("<!DOCTYPE d SYSTEM 'file:///etc/passwd'>" HEAD TAIL, FAILURE_XML_DETAIL,
                   "remove <!DOCTYPE>");
    assert_refused("<!DOCTYPE d [<!ENTITY x SYSTEM 'http://127.0.0.1:1/'>]>" HEAD
                   "<title>&x;</title>" TAIL,
                   FAILURE_XML_DETAIL, "remove <!DOCTYPE>");
    assert_refused("<!DOCTYPE d [<!ENTITY % p SYSTEM 'file:///dev/zero'> %p;]>" HEAD TAIL,
                   FAILURE_XML_DETAIL, "remove <!DOCTYPE>");
    assert_refused(HEAD "<title>&x;</title>" TAIL, FAILURE_XML_DETAIL, "not well-formed");
}

static void
test_includes_are_not_followed(void)
{
    assert_read(HEAD "<metadata><i:include xmlns:i='http://www.w3.org/2001/XInclude' "
                     "href='file:///etc/passwd' parse='text'/></metadata>" TAIL);
}

static void
test_text_that_is_no_text_is_refused(void)
{
    assert_refused(HEAD "<title>\xc3\x28</title>" TAIL, FAILURE_XML_DETAIL, "not valid UTF-8");
    assert_refused(HEAD "<title>\xed\xa0\x80</title>" TAIL, FAILURE_XML_DETAIL, "not valid UTF-8");
    assert_refused(HEAD "<title>\x01</title>" TAIL, FAILURE_XML_DETAIL, "not well-formed");
    assert_refused(HEAD "<title>&#0;</title>" TAIL, FAILURE_XML_DETAIL, "not well-formed");
    assert_refused("", FAILURE_XML_DETAIL, "not well-formed");
}

static void
test_many_attributes_cost_little(void)
{
    GString *xml = g_string_new(HEAD "<cpu");
    unsigned i;

    for (i = 0; i < 10000; i++)
        g_string_append_printf(xml, " a%u='x'", i);
    g_string_append(xml, "/>" TAIL);
    assert_read(xml->str);
    g_string_free(xml, TRUE);
}

static void
test_many_elements_cost_little(void)
{
    GString *xml = g_string_new(HEAD "<devices>");
    unsigned i;

    for (i = 0; i < 5000; i++)
        g_string_append_printf(xml,
                               "<interface type='ethernet'><guest dev='n%u'/></interface>"
                               "<filesystem type='ram'><source usage='1'/><target dir='/%u'/>"
                               "</filesystem><sound model='x%u'/><console type='pty'/>",
                               i, i, i);
    g_string_append(xml, "</devices>" TAIL);
    assert_read(xml->str);
    g_string_free(xml, TRUE);
}

static void
test_many_of_one_that_must_be_single_are_refused_soon(void)
{
    g_autoptr(GString) labels = repeat("<seclabel type='none' model='dac'/>", 20000);
    g_autoptr(GString) pins = repeat("<vcpupin vcpu='0' cpuset='0'/>", 20000);

    g_string_prepend(labels, HEAD);
    g_string_append(labels, TAIL);
    assert_refused(labels->str, FAILURE_XML_DETAIL, "more than one <seclabel>");
    g_string_prepend(pins, HEAD "<cputune>");
    g_string_append(pins, "</cputune>" TAIL);
    assert_refused(pins->str, FAILURE_XML, "more than one <vcpupin>");
}

static void
test_a_long_value_is_cut_in_the_message(void)
{
    g_autoptr(GString) text = repeat("x", 1024 * 1024);
    g_autoptr(GError) error = NULL;

    g_string_prepend(text, HEAD "<on_reboot>");
    g_string_append(text, "</on_reboot>" TAIL);
    g_assert_null(definition_parse(text->str, &defaults, DEFINITION_INACTIVE, &error));
    g_assert_cmpuint(strlen(error->message), <, 1024);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hostile/deep nesting is refused", test_deep_nesting_is_refused);
    g_test_add_func("/hostile/a huge document is refused", test_a_huge_document_is_refused);
    g_test_add_func("/hostile/entities are never expanded", test_entities_are_never_expanded);
    g_test_add_func("/hostile/includes are not followed", test_includes_are_not_followed);
    g_test_add_func("/hostile/text that is no text is refused",
                    test_text_that_is_no_text_is_refused);
    g_test_add_func("/hostile/many attributes cost little", test_many_attributes_cost_little);
    g_test_add_func("/hostile/many elements cost little", test_many_elements_cost_little);
    g_test_add_func("/hostile/many of one that must be single are refused soon",
                    test_many_of_one_that_must_be_single_are_refused_soon);
    g_test_add_func("/hostile/a long value is cut in the message",
                    test_a_long_value_is_cut_in_the_message);
    return g_test_run();
}
