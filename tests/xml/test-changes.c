/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between two definitions, and what of it a running guest can take. */
#include <string.h>

#include "xml/definition-changes.h"

static Definition *
domain(const char *inner, const char *devices)
{
    static const DefinitionDefaults defaults = { .arch = "x86_64", .emulator = "/libvirt_lxc" };
    g_autofree char *xml = g_strdup_printf(
        "<domain type='lxc'><name>d</name><uuid>7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c01</uuid>"
        "<memory>65536</memory><os><type>exe</type><init>/i</init></os>%s<devices>"
        "<console type='pty'/>%s</devices></domain>",
        inner, devices);
    g_autoptr(GError) error = NULL;
    Definition *definition = definition_parse(xml, &defaults, DEFINITION_INACTIVE, &error);

    g_assert_no_error(error);
    return definition;
}

/* "what kind running\n" for each change. */
static void
assert_changes(Definition *old, Definition *new, const char *expected)
{
    static const char *const kinds[] = { "changed", "added", "removed" };
    g_autoptr(Definition) before = old;
    g_autoptr(Definition) after = new;
    g_autoptr(GPtrArray) changes = definition_changes(before, after);
    g_autoptr(GString) text = g_string_new(NULL);
    guint i;

    for (i = 0; i < changes->len; i++) {
        const Change *change = changes->pdata[i];

        g_string_append_printf(text, "%s %s%s\n", change->what, kinds[change->kind],
                               change->running ? " running" : "");
    }
    g_assert_cmpstr(text->str, ==, expected);
}

static void
test_equal_definitions_do_not_differ(void)
{
    assert_changes(domain("<title>x</title>", "<sound model='x'/>"),
                   domain("<title>x</title>", "<sound model='x'/>"), "");
}

static void
test_limits_change_while_a_guest_runs(void)
{
    assert_changes(domain("<cputune><shares>5</shares></cputune>", ""),
                   domain("<title>new</title><cputune><shares>6</shares>"
                          "<vcpupin vcpu='0' cpuset='1'/></cputune>"
                          "<memtune><soft_limit>4</soft_limit></memtune>"
                          "<numatune><memory nodeset='0'/></numatune>",
                          ""),
                   "title changed running\n"
                   "memtune/soft_limit changed running\n"
                   "cputune/shares changed running\n"
                   "cputune/vcpupin changed\n"
                   "numatune/memory/@nodeset changed running\n");
}

static void
test_what_makes_a_guest_waits_for_its_next_start(void)
{
    assert_changes(domain("", ""),
                   domain("<features><privnet/></features>"
                          "<idmap><uid start='0' target='1000' count='10'/>"
                          "<gid start='0' target='1000' count='10'/></idmap>",
                          "<filesystem><source dir='/a'/><target dir='/b'/></filesystem>"),
                   "idmap/uid changed\n"
                   "idmap/gid changed\n"
                   "features/privnet changed\n"
                   "devices/filesystem /b added\n");
}

static void
test_devices_are_told_apart(void)
{
    static const char one[] = "<interface type='ethernet'><mac address='52:54:00:00:00:01'/>"
                              "</interface>";
    static const char changed[] = "<interface type='ethernet'><mac address='52:54:00:00:00:01'/>"
                                  "<mtu size='1400'/></interface>";
    static const char two[] = "<interface type='ethernet'><mac address='52:54:00:00:00:02'/>"
                              "</interface>";
    g_autofree char *both = g_strconcat(changed, two, NULL);

    assert_changes(domain("", one), domain("", both),
                   "devices/interface 52:54:00:00:00:01 changed\n"
                   "devices/interface 52:54:00:00:00:02 added running\n");
    assert_changes(domain("", both), domain("", two),
                   "devices/interface 52:54:00:00:00:01 removed running\n");
    assert_changes(domain("", ""), domain("", "<console type='pty'/>"), "devices/console added\n");
    assert_changes(domain("", ""), domain("", "<sound model='x'/>"),
                   "devices/sound changed running\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/changes/equal definitions do not differ",
                    test_equal_definitions_do_not_differ);
    g_test_add_func("/changes/limits change while a guest runs",
                    test_limits_change_while_a_guest_runs);
    g_test_add_func("/changes/what makes a guest waits for its next start",
                    test_what_makes_a_guest_waits_for_its_next_start);
    g_test_add_func("/changes/devices are told apart", test_devices_are_told_apart);
    return g_test_run();
}
