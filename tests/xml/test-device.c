/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device documents: reading, finding, attaching, detaching, updating. */
#include "xml/device.h"

#include <string.h>

#include "controller/wire/failure.h"

static const DefinitionDefaults defaults = { .arch = "x86_64", .emulator = "/libvirt_lxc" };

#define DOMAIN(devices)                                                                          \
    "<domain type='lxc'><name>d</name><memory>65536</memory><os><type>exe</type><init>/i</init>" \
    "</os><devices><console type='pty'/>" devices "</devices></domain>"
#define INTERFACE(number, more)                                            \
    "<interface type='bridge'><mac address='52:54:00:00:00:0" number "'/>" \
    "<source bridge='b'/>" more "</interface>"
#define DISK(target, source) \
    "<disk type='block'><source dev='" source "'/><target dev='" target "'/></disk>"

static Definition *
domain(const char *xml)
{
    g_autoptr(GError) error = NULL;
    Definition *definition = definition_parse(xml, &defaults, DEFINITION_INACTIVE, &error);

    g_assert_no_error(error);
    return definition;
}

static Device *
device(const char *xml)
{
    g_autoptr(GError) error = NULL;
    Device *parsed = device_parse(xml, &defaults, DEFINITION_INACTIVE, &error);

    g_assert_no_error(error);
    return parsed;
}

static void
assert_refused(const char *xml, FailureCode code, const char *words)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(device_parse(xml, &defaults, DEFINITION_INACTIVE, &error));
    g_assert_error(error, FAILURE, (int)code);
    g_assert_nonnull(strstr(error->message, words));
}

static void
assert_failed(bool done, GError *const *error, FailureCode code, const char *message)
{
    g_assert_false(done);
    g_assert_error(*error, FAILURE, (int)code);
    g_assert_cmpstr((*error)->message, ==, message);
}

static void
test_a_device_prints_as_in_a_domain(void)
{
    g_autoptr(Device) one =
        device("<interface type='bridge'><source bridge='b'/><alias name='net0'/>"
               "<target dev='vnet3'/><mac address='52:54:0:0:0:1'/></interface>");
    g_autoptr(Device) kept = device("<graphics type='vnc' passwd='secret'/>");
    g_autofree char *text = device_format(one, true, 0);
    g_autofree char *open = device_format(kept, false, 0);
    g_autofree char *secure = device_format(kept, false, DEFINITION_FORMAT_SECURE);

    g_assert_cmpstr(device_name(one), ==, "interface");
    g_assert_cmpstr(device_interface(one)->bridge, ==, "b");
    g_assert_null(device_disk(one));
    g_assert_cmpstr(text, ==,
                    "<interface type='bridge'>\n  <mac address='52:54:00:00:00:01'/>\n"
                    "  <source bridge='b'/>\n</interface>\n");
    g_assert_cmpstr(open, ==, "<graphics type='vnc'/>\n");
    g_assert_cmpstr(secure, ==, "<graphics type='vnc' passwd='secret'/>\n");
}

static void
test_a_live_device_keeps_its_names(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Device) one =
        device_parse("<interface type='bridge'><source bridge='b'/><alias name='net0'/>"
                     "<target dev='vnet3'/><mac address='52:54:0:0:0:1'/></interface>",
                     &defaults, 0, &error);
    g_autofree char *live = NULL;
    g_autofree char *inactive = NULL;

    g_assert_no_error(error);
    live = device_format(one, true, 0);
    inactive = device_format(one, true, DEFINITION_FORMAT_INACTIVE);
    g_assert_nonnull(strstr(live, "<target dev='vnet3'/>\n  <alias name='net0'/>"));
    g_assert_null(strstr(inactive, "vnet3"));
    g_assert_null(strstr(inactive, "net0"));
}

static void
test_what_is_no_device_is_refused(void)
{
    assert_refused("<teapot/>", FAILURE_XML, "<teapot> is no device");
    assert_refused("<domain type='lxc'/>", FAILURE_XML, "<domain> is no device");
    assert_refused("<emulator>/x</emulator>", FAILURE_XML, "<emulator> is no device");
    assert_refused("<memory model='dimm'/>", FAILURE_CONFIG_UNSUPPORTED,
                   "<memory> is not possible for a container");
    assert_refused("<disk/>", FAILURE_NO_TARGET, "attribute 'dev' of <target>");
    assert_refused("<disk", FAILURE_XML_DETAIL, "not well-formed");
    assert_refused("<interface type='bridge'/>", FAILURE_XML, "missing attribute 'bridge'");
}

static void
test_interfaces_are_found_by_address_or_name(void)
{
    g_autoptr(Definition) definition =
        domain(DOMAIN(INTERFACE("1", "<guest dev='lan'/>") INTERFACE("2", "<target dev='up'/>")));
    g_autoptr(GError) error = NULL;
    g_autoptr(Device) address = device(INTERFACE("2", ""));
    g_autoptr(Device) guest =
        device("<interface type='bridge'><source bridge='b'/><guest dev='lan'/></interface>");
    g_autoptr(Device) nothing = device("<interface type='bridge'><source bridge='b'/></interface>");
    g_autoptr(Device) by_address = device_find(definition, address, &error);
    g_autoptr(Device) by_guest = device_find(definition, guest, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(device_interface(by_address)->target, ==, "up");
    g_assert_cmpstr(device_interface(by_guest)->mac, ==, "52:54:00:00:00:01");
    g_assert_null(device_find(definition, nothing, &error));
    g_assert_error(error, FAILURE, FAILURE_NO_DEVICE);
    g_assert_cmpstr(error->message, ==, "the domain has no such <interface>");
}

static void
test_a_device_that_could_be_several_is_not_chosen(void)
{
    g_autoptr(Definition) definition = domain(DOMAIN(INTERFACE("1", "") INTERFACE("1", "")));
    g_autoptr(Device) wanted = device(INTERFACE("1", ""));
    g_autoptr(GError) error = NULL;

    assert_failed(device_detach(definition, wanted, &error), &error, FAILURE_OPERATION_FAILED,
                  "the domain has more than one <interface> with address 52:54:00:00:00:01; say "
                  "more of it");
}

static void
test_devices_come_and_go(void)
{
    g_autoptr(Definition) definition = domain(DOMAIN(DISK("vda", "/dev/x")));
    g_autoptr(Definition) before = definition_copy(definition);
    g_autoptr(Device) disk = device(DISK("vdb", "/dev/y"));
    g_autoptr(Device) sound = device("<sound model='ich6'/>");
    g_autofree char *unused = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(device_attach(definition, disk, &error));
    g_assert_true(device_attach(definition, sound, &error));
    g_assert_cmpuint(definition->disks->len, ==, 2);
    unused = definition_without_effect(definition);
    g_assert_cmpstr(unused, ==, "sound");
    assert_failed(device_attach(definition, disk, &error), &error, FAILURE_INVALID_ARG,
                  "the domain has a <disk> with target 'vdb' already; choose another");
    g_clear_error(&error);
    g_assert_true(device_detach(definition, disk, &error));
    g_assert_true(device_detach(definition, sound, &error));
    g_assert_true(definition_equal(definition, before));
    assert_failed(device_detach(definition, disk, &error), &error, FAILURE_NO_DEVICE,
                  "the domain has no <disk> with target 'vdb'");
}

static void
test_an_impossible_device_leaves_the_domain_alone(void)
{
    g_autoptr(Definition) definition = domain(DOMAIN(INTERFACE("1", "<guest dev='lan'/>")));
    g_autoptr(Definition) before = definition_copy(definition);
    g_autoptr(Device) twin = device(INTERFACE("2", "<guest dev='lan'/>"));
    g_autoptr(Device) pci = device("<hostdev type='pci'><source><address/></source></hostdev>");
    g_autoptr(GError) error = NULL;

    assert_failed(device_attach(definition, twin, &error), &error, FAILURE_CONFIG_UNSUPPORTED,
                  "more than one <interface> has the name 'lan' inside the container; change "
                  "attribute 'dev' of <guest>");
    g_clear_error(&error);
    g_assert_false(device_attach(definition, pci, &error));
    g_assert_error(error, FAILURE, FAILURE_CONFIG_UNSUPPORTED);
    g_assert_true(definition_equal(definition, before));
}

static void
test_an_update_keeps_the_place_and_the_address(void)
{
    g_autoptr(Definition) definition =
        domain(DOMAIN(INTERFACE("1", "<guest dev='lan'/>") INTERFACE("2", "")));
    g_autoptr(Device) change = device("<interface type='bridge'><source bridge='other'/>"
                                      "<guest dev='lan'/><mtu size='1400'/></interface>");
    g_autoptr(GError) error = NULL;
    const Interface *interface;

    g_assert_true(device_update(definition, change, &error));
    g_assert_cmpuint(definition->interfaces->len, ==, 2);
    interface = definition->interfaces->pdata[0];
    g_assert_cmpstr(interface->mac, ==, "52:54:00:00:00:01");
    g_assert_cmpstr(interface->bridge, ==, "other");
    g_assert_cmpuint(interface->mtu, ==, 1400);
}

static void
test_consoles_are_numbered_anew(void)
{
    g_autoptr(Definition) definition = domain(DOMAIN(""));
    g_autoptr(Device) console = device("<console type='pty'/>");
    g_autoptr(GError) error = NULL;

    g_assert_true(device_attach(definition, console, &error));
    g_assert_cmpuint(((Console *)definition->consoles->pdata[1])->port, ==, 1);
}

static void
test_a_running_guest_is_asked_by_alias(void)
{
    static const char xml[] = "<domain type='lxc' id='7'><name>d</name><memory>1</memory><os>"
                              "<type>exe</type><init>/i</init></os><devices><console type='pty'>"
                              "<alias name='console0'/></console><interface type='ethernet'>"
                              "<mac address='52:54:00:00:00:01'/><alias name='net0'/></interface>"
                              "<sound model='x'><alias name='sound0'/></sound></devices></domain>";
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition = definition_parse(xml, &defaults, 0, &error);
    g_autoptr(Device) console = NULL;
    g_autoptr(Device) interface = NULL;
    g_autoptr(Device) sound = NULL;

    g_assert_no_error(error);
    console = device_find_alias(definition, "console0", &error);
    interface = device_find_alias(definition, "net0", &error);
    sound = device_find_alias(definition, "sound0", &error);
    g_assert_no_error(error);
    g_assert_nonnull(device_console(console));
    g_assert_nonnull(device_interface(interface));
    g_assert_cmpstr(device_name(sound), ==, "sound");
    g_assert_null(device_find_alias(definition, "net1", &error));
    g_assert_error(error, FAILURE, FAILURE_NO_DEVICE);
    g_assert_cmpstr(error->message, ==, "the domain has no device with the alias 'net1'");
}

static void
test_devices_of_a_guest_get_the_first_free_alias(void)
{
    g_autoptr(Definition) definition = domain(DOMAIN(DISK("vda", "/dev/x") DISK("vdb", "/dev/y")));
    g_autoptr(Device) first = device(DISK("vda", "/dev/x"));
    g_autoptr(Device) third = device(DISK("vdc", "/dev/z"));
    g_autoptr(Device) sound = device("<sound model='ich6'/>");
    g_autoptr(GError) error = NULL;

    g_assert_null(device_alias(third));
    device_name_all(definition);
    device_name_alias(third, definition);
    g_assert_cmpstr(device_alias(third), ==, "disk2");
    g_assert_true(device_detach(definition, first, &error));
    g_clear_pointer(&third, device_free);
    third = device(DISK("vdc", "/dev/z"));
    device_name_alias(third, definition);
    g_assert_cmpstr(device_alias(third), ==, "disk0");
    device_name_alias(sound, definition);
    g_assert_null(device_alias(sound));
}

static void
test_the_alias_decides_where_there_is_one(void)
{
    static const char hostdev[] = "<hostdev mode='capabilities' type='misc'><source><char>/dev/x"
                                  "</char></source></hostdev>";
    g_autoptr(Definition) definition = domain(DOMAIN(""));
    g_autoptr(Device) one = device(hostdev);
    g_autoptr(Device) second = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(device_attach(definition, one, &error));
    g_assert_true(device_attach(definition, one, &error));
    device_name_all(definition);
    assert_failed(device_detach(definition, one, &error), &error, FAILURE_OPERATION_FAILED,
                  "the domain has more than one such <hostdev>; say more of it");
    g_clear_error(&error);
    second = device_find_alias(definition, "hostdev1", &error);
    g_assert_no_error(error);
    g_assert_true(device_detach(definition, second, &error));
    g_assert_cmpstr(((Hostdev *)definition->hostdevs->pdata[0])->alias, ==, "hostdev0");
}

static void
test_what_takes_a_place_inherits_alias_and_address(void)
{
    g_autoptr(Definition) definition = domain(DOMAIN(INTERFACE("7", "<guest dev='lan'/>")));
    g_autoptr(Device) change = device("<interface type='bridge'><source bridge='other'/>"
                                      "<guest dev='lan'/></interface>");
    g_autoptr(Device) before = NULL;
    g_autoptr(GError) error = NULL;

    device_name_all(definition);
    before = device_find(definition, change, &error);
    g_assert_no_error(error);
    device_inherit(change, before);
    g_assert_cmpstr(device_alias(change), ==, "net0");
    g_assert_cmpstr(device_interface(change)->mac, ==, "52:54:00:00:00:07");
    g_assert_true(device_detach(definition, before, &error));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/device/a device prints as in a domain", test_a_device_prints_as_in_a_domain);
    g_test_add_func("/device/a live device keeps its names", test_a_live_device_keeps_its_names);
    g_test_add_func("/device/what is no device is refused", test_what_is_no_device_is_refused);
    g_test_add_func("/device/interfaces are found by address or name",
                    test_interfaces_are_found_by_address_or_name);
    g_test_add_func("/device/a device that could be several is not chosen",
                    test_a_device_that_could_be_several_is_not_chosen);
    g_test_add_func("/device/devices come and go", test_devices_come_and_go);
    g_test_add_func("/device/an impossible device leaves the domain alone",
                    test_an_impossible_device_leaves_the_domain_alone);
    g_test_add_func("/device/an update keeps the place and the address",
                    test_an_update_keeps_the_place_and_the_address);
    g_test_add_func("/device/consoles are numbered anew", test_consoles_are_numbered_anew);
    g_test_add_func("/device/a running guest is asked by alias",
                    test_a_running_guest_is_asked_by_alias);
    g_test_add_func("/device/devices of a guest get the first free alias",
                    test_devices_of_a_guest_get_the_first_free_alias);
    g_test_add_func("/device/the alias decides where there is one",
                    test_the_alias_decides_where_there_is_one);
    g_test_add_func("/device/what takes a place inherits alias and address",
                    test_what_takes_a_place_inherits_alias_and_address);
    return g_test_run();
}
