/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What callers do with definitions beside printing them. */
#include <glib.h>
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/container.h"
#include "xml/definition.h"

static const DefinitionDefaults defaults = { .arch = "x86_64", .emulator = "/c/libvirt_lxc" };

#define DOMAIN(attributes, name, rest)                                        \
    "<domain type='lxc'" attributes "><name>" name "</name>"                  \
    "<uuid>7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c01</uuid><memory>65536</memory>" \
    "<os><type>exe</type><init>/sbin/init</init></os>" rest "</domain>"

static Definition *
parse(const char *xml, DefinitionParseFlags flags)
{
    g_autoptr(GError) error = NULL;
    Definition *definition = definition_parse(xml, &defaults, flags, &error);

    g_assert_no_error(error);
    return definition;
}

static void
test_peeking_reads_name_and_uuid_only(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = NULL;
    g_autofree char *uuid = NULL;

    g_assert_true(definition_peek("<domain><name>p</name><memory>x</memory>"
                                  "<uuid>7D0F6A525D0B4C439A5E0F6D2F5B1C01</uuid></domain>",
                                  &name, &uuid, &error));
    g_assert_cmpstr(name, ==, "p");
    g_assert_cmpstr(uuid, ==, "7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c01");
}

static void
test_peeking_finds_what_is_absent(void)
{
    g_autoptr(GError) error = NULL;
    char *name = NULL;
    char *uuid = NULL;

    g_assert_true(definition_peek("<domain/>", &name, &uuid, &error));
    g_assert_null(name);
    g_assert_null(uuid);
    g_assert_false(definition_peek("<domain><uuid>x</uuid></domain>", &name, &uuid, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_clear_error(&error);
    g_assert_false(definition_peek("<pool/>", &name, &uuid, &error));
    g_assert_error(error, FAILURE, FAILURE_XML);
    g_clear_error(&error);
    g_assert_false(definition_peek("<pool", &name, &uuid, &error));
    g_assert_error(error, FAILURE, FAILURE_XML_DETAIL);
}

static void
test_a_missing_uuid_is_made_up_anew(void)
{
    static const char xml[] = "<domain type='lxc'><name>x</name><memory>1</memory>"
                              "<os><type>exe</type><init>/i</init></os></domain>";
    g_autoptr(Definition) one = parse(xml, DEFINITION_INACTIVE);
    g_autoptr(Definition) other = parse(xml, DEFINITION_INACTIVE);

    g_assert_true(g_uuid_string_is_valid(one->uuid));
    g_assert_cmpstr(one->uuid, !=, other->uuid);
    g_assert_false(definition_equal(one, other));
}

static void
test_a_status_file_holds_the_running_guest(void)
{
    static const char xml[] = "<domstatus state='running' pid='7'><init pid='8'/>" DOMAIN(
        " id='7'", "s",
        "<devices><console type='pty' tty='/dev/pts/4'><source path='/dev/pts/4'/>"
        "<alias name='console0'/></console></devices>") "</domstatus>";
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition =
        definition_parse_within(xml, "domstatus", &defaults, DEFINITION_TRUSTED, &error);

    g_assert_no_error(error);
    g_assert_cmpint(definition->id, ==, 7);
    g_assert_cmpstr(definition_console(definition, "console0")->path, ==, "/dev/pts/4");
    g_assert_true(definition_console(definition, NULL) ==
                  definition_console(definition, "console0"));
    g_assert_null(definition_console(definition, "console1"));

    g_assert_null(definition_parse_within("<domstatus/>", "domstatus", &defaults, 0, &error));
    g_assert_error(error, FAILURE, FAILURE_XML);
    g_assert_cmpstr(error->message, ==, "missing element <domain> in <domstatus>");
    g_clear_error(&error);
    g_assert_null(definition_parse_within("<other/>", "domstatus", &defaults, 0, &error));
    g_assert_cmpstr(error->message, ==, "unexpected root element <other>, expected <domstatus>");
}

static void
test_configuration_ignores_what_a_running_guest_has(void)
{
    g_autoptr(Definition) definition =
        parse(DOMAIN(" id='7'", "c",
                     "<devices><console type='pty' tty='/dev/pts/4'><source path='/dev/pts/4'/>"
                     "<alias name='console0'/></console></devices>"),
              DEFINITION_INACTIVE);
    const Console *console = definition_console(definition, NULL);

    g_assert_cmpint(definition->id, ==, -1);
    g_assert_null(console->path);
    g_assert_null(console->alias);
}

static void
test_a_running_guest_prints_its_configuration_when_asked(void)
{
    g_autoptr(Definition) definition = parse(DOMAIN("", "r", ""), DEFINITION_INACTIVE);
    g_autofree char *configured = definition_format(definition, 0);
    g_autofree char *live = NULL;
    g_autofree char *inactive = NULL;
    Console *console;

    container_complete(definition);
    definition->id = 41877;
    console = definition->consoles->pdata[0];
    console->path = g_strdup("/dev/pts/6");
    live = definition_format(definition, 0);
    inactive = definition_format(definition, DEFINITION_FORMAT_INACTIVE);
    g_assert_nonnull(strstr(live, "<domain type='lxc' id='41877'>"));
    g_assert_nonnull(strstr(live, "<console type='pty' tty='/dev/pts/6'>\n"
                                  "      <source path='/dev/pts/6'/>\n"
                                  "      <target type='lxc' port='0'/>\n"
                                  "      <alias name='console0'/>\n"));
    g_assert_null(strstr(inactive, "41877"));
    g_assert_null(strstr(inactive, "/dev/pts"));
    g_assert_null(strstr(inactive, "alias"));
    g_assert_null(strstr(configured, "console"));
}

static void
test_completing_adds_root_console_partition_and_aliases(void)
{
    g_autoptr(Definition) definition =
        parse(DOMAIN("", "c",
                     "<devices><filesystem><source dir='/a'/><target dir='/b'/></filesystem>"
                     "</devices>"),
              DEFINITION_INACTIVE);
    const Filesystem *root;

    container_complete(definition);
    root = definition->filesystems->pdata[0];
    g_assert_cmpuint(definition->filesystems->len, ==, 2);
    g_assert_cmpstr(root->source, ==, "/");
    g_assert_cmpstr(root->target, ==, "/");
    g_assert_cmpint(root->access_mode, ==, FILESYSTEM_ACCESS_NONE);
    g_assert_cmpstr(definition->partition, ==, "/machine");
    g_assert_cmpstr(definition_console(definition, NULL)->alias, ==, "console0");

    container_complete(definition);
    g_assert_cmpuint(definition->filesystems->len, ==, 2);
    g_assert_cmpuint(definition->consoles->len, ==, 1);
}

static void
test_what_is_on_disk_is_loaded_without_checks(void)
{
    static const char xml[] =
        DOMAIN("", "disk",
               "<idmap><uid start='5' target='9' count='0'/></idmap><features><new/></features>"
               "<cputune><period>1</period></cputune>");
    static const ContainerContext context = { .arch = "x86_64" };
    g_autoptr(Definition) definition = parse(xml, DEFINITION_INACTIVE | DEFINITION_TRUSTED);
    g_autoptr(GError) error = NULL;

    g_assert_null(definition_parse(xml, &defaults, DEFINITION_INACTIVE, &error));
    g_assert_error(error, FAILURE, FAILURE_CONFIG_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(definition_check(definition, &error));
    g_clear_error(&error);

    container_complete(definition);
    g_assert_null(container_compute(definition, &context, &error));
    g_assert_cmpstr(error->message, ==, "<idmap> needs both <uid> and <gid>; there is no <gid>");
}

static void
test_names_of_other_architectures_load_from_disk(void)
{
    static const char xml[] = "<domain type='lxc'><name>x</name><memory>1</memory><os>"
                              "<type arch='s390x'>exe</type><init>/i</init></os></domain>";
    g_autoptr(Definition) definition = parse(xml, DEFINITION_INACTIVE | DEFINITION_TRUSTED);

    g_assert_cmpstr(definition->os.arch, ==, "s390x");
}

static void
test_devices_without_effect_are_named_once(void)
{
    g_autoptr(Definition) definition =
        parse(DOMAIN("", "k",
                     "<cpu/><devices><video/><graphics type='vnc'/><video/>"
                     "<interface type='null'><model type='e1000'/><tune/></interface></devices>"),
              DEFINITION_INACTIVE);
    g_autoptr(Definition) none = parse(DOMAIN("", "k", "<cpu/>"), DEFINITION_INACTIVE);
    g_autofree char *names = definition_without_effect(definition);

    g_assert_cmpstr(names, ==, "graphics, interface/model, interface/tune, video");
    g_assert_null(definition_without_effect(none));
}

static void
test_an_interface_without_address_gets_one(void)
{
    static const char xml[] =
        DOMAIN("", "i",
               "<devices><interface type='bridge'><source bridge='b'/></interface>"
               "<interface type='bridge'><source bridge='b'/><mac address='00:00:00:00:00:00'/>"
               "</interface></devices>");
    g_autoptr(Definition) definition = parse(xml, DEFINITION_INACTIVE);
    guint i;

    g_assert_cmpuint(definition->interfaces->len, ==, 2);
    for (i = 0; i < 2; i++) {
        const Interface *interface = definition->interfaces->pdata[i];

        g_assert_true(g_str_has_prefix(interface->mac, "52:54:00:"));
        g_assert_cmpuint(strlen(interface->mac), ==, 17);
    }
}

static void
test_passwords_survive_a_redefinition(void)
{
    static const char xml[] =
        DOMAIN("", "p", "<devices><graphics type='vnc' passwd='s3cret'/></devices>");
    g_autoptr(Definition) definition = parse(xml, DEFINITION_INACTIVE);
    g_autoptr(Definition) again = NULL;
    g_autofree char *open = definition_format(definition, 0);
    g_autofree char *secure = definition_format(definition, DEFINITION_FORMAT_SECURE);

    g_assert_null(strstr(open, "s3cret"));
    again = parse(secure, DEFINITION_INACTIVE);
    g_assert_true(definition_equal(definition, again));
}

static void
test_documents_larger_than_8_MiB_are_refused(void)
{
    g_autofree char *xml = g_malloc(9 * 1024 * 1024);
    g_autoptr(GError) error = NULL;

    memset(xml, ' ', 9 * 1024 * 1024 - 1);
    xml[9 * 1024 * 1024 - 1] = '\0';
    g_assert_null(definition_parse(xml, &defaults, DEFINITION_INACTIVE, &error));
    g_assert_error(error, FAILURE, FAILURE_XML);
    g_assert_cmpstr(error->message, ==, "the document is larger than 8 MiB");
}

static void
test_reading_and_printing_is_quick(void)
{
    GString *xml = g_string_new("<devices>");
    g_autofree char *document = NULL;
    gint64 started;
    int i;

    for (i = 0; i < 48; i++)
        g_string_append_printf(xml,
                               "<filesystem type='mount'><source dir='/srv/directory/%d'/>"
                               "<target dir='/mnt/%d'/></filesystem>",
                               i, i);
    g_string_append(xml, "</devices>");
    document = g_strdup_printf(DOMAIN("", "q", "%s"), xml->str);
    g_string_free(xml, TRUE);
    g_assert_cmpuint(strlen(document), >, 4096);

    started = g_get_monotonic_time();
    for (i = 0; i < 200; i++) {
        g_autoptr(Definition) definition = parse(document, DEFINITION_INACTIVE);
        g_autofree char *text = definition_format(definition, 0);

        g_assert_nonnull(text);
    }
    g_test_message("%.1f us for %zu bytes", (double)(g_get_monotonic_time() - started) / 200,
                   strlen(document));
    /* far above what it takes, also under a sanitizer; a quadratic reader would be slower still */
    g_assert_cmpint(g_get_monotonic_time() - started, <, 200 * 20000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/definition/peeking reads name and uuid only",
                    test_peeking_reads_name_and_uuid_only);
    g_test_add_func("/definition/peeking finds what is absent", test_peeking_finds_what_is_absent);
    g_test_add_func("/definition/a missing uuid is made up anew",
                    test_a_missing_uuid_is_made_up_anew);
    g_test_add_func("/definition/a status file holds the running guest",
                    test_a_status_file_holds_the_running_guest);
    g_test_add_func("/definition/configuration ignores what a running guest has",
                    test_configuration_ignores_what_a_running_guest_has);
    g_test_add_func("/definition/a running guest prints its configuration when asked",
                    test_a_running_guest_prints_its_configuration_when_asked);
    g_test_add_func("/definition/completing adds root, console, partition and aliases",
                    test_completing_adds_root_console_partition_and_aliases);
    g_test_add_func("/definition/what is on disk is loaded without checks",
                    test_what_is_on_disk_is_loaded_without_checks);
    g_test_add_func("/definition/names of other architectures load from disk",
                    test_names_of_other_architectures_load_from_disk);
    g_test_add_func("/definition/devices without effect are named once",
                    test_devices_without_effect_are_named_once);
    g_test_add_func("/definition/an interface without address gets one",
                    test_an_interface_without_address_gets_one);
    g_test_add_func("/definition/passwords survive a redefinition",
                    test_passwords_survive_a_redefinition);
    g_test_add_func("/definition/documents larger than 8 MiB are refused",
                    test_documents_larger_than_8_MiB_are_refused);
    g_test_add_func("/definition/reading and printing is quick",
                    test_reading_and_printing_is_quick);
    return g_test_run();
}
