/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding hierarchies, naming groups. */
#include <glib.h>
#include <string.h>

#include "cgroup/layout.h"
#include "controller/wire/failure.h"

static const char split_v1[] =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices\n"
    "37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n";

static CgroupLayout *
parse(const char *text)
{
    GError *error = NULL;
    CgroupLayout *layout = cgroup_layout_parse(text, true, &error);

    g_assert_no_error(error);
    return layout;
}

static void
test_v1(void)
{
    g_autoptr(CgroupLayout) layout = parse(split_v1);
    const CgroupHierarchy *first = g_ptr_array_index(cgroup_hierarchies(layout), 0);

    g_assert_cmpstr(cgroup_layout_name(layout), ==, "cgroup v1");
    g_assert_cmpuint(cgroup_hierarchies(layout)->len, ==, 5);
    g_assert_cmpstr(first->mount_point, ==, "/sys/fs/cgroup/cpu,cpuacct");
    g_assert_cmpstr(first->controllers[1], ==, "cpuacct");
    g_assert_null(first->controllers[2]);
    g_assert_cmpint(cgroup_version(layout, CGROUP_CPU), ==, 1);
    g_assert_cmpint(cgroup_version(layout, CGROUP_CPUACCT), ==, 1);
    g_assert_false(cgroup_has(layout, CGROUP_PIDS));
    g_assert_cmpint(cgroup_version(layout, CGROUP_PIDS), ==, 0);
}

static void
test_options_are_no_controllers(void)
{
    g_autoptr(CgroupLayout) layout = parse(split_v1);
    const CgroupHierarchy *last = g_ptr_array_index(cgroup_hierarchies(layout), 4);

    g_assert_cmpstr(last->controllers[0], ==, "name=systemd");
    g_assert_null(last->controllers[1]);
}

static void
test_hybrid(void)
{
    g_autofree char *text = g_strconcat(
        split_v1, "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n", NULL);
    g_autoptr(CgroupLayout) layout = parse(text);

    g_assert_cmpstr(cgroup_layout_name(layout), ==, "hybrid");
    g_assert_cmpuint(cgroup_hierarchies(layout)->len, ==, 6);
    /* a v1 hierarchy wins over what v2 has built in */
    g_assert_cmpint(cgroup_version(layout, CGROUP_DEVICES), ==, 1);
    g_assert_cmpint(cgroup_version(layout, CGROUP_FREEZER), ==, 1);
}

static void
test_second_mount_of_a_hierarchy(void)
{
    g_autofree char *text =
        g_strconcat(split_v1,
                    "50 31 0:32 / /mnt/memory rw,relatime - cgroup cgroup rw,memory\n"
                    "51 31 0:32 /a/b /mnt/part rw,relatime - cgroup cgroup rw,memory\n"
                    "52 31 0:39 /a/b /mnt/pids rw,relatime - cgroup cgroup rw,pids\n",
                    NULL);
    g_autoptr(CgroupLayout) layout = parse(text);

    g_assert_cmpuint(cgroup_hierarchies(layout)->len, ==, 5);
    g_assert_false(cgroup_has(layout, CGROUP_PIDS));
}

static void
test_escaped_mount_point(void)
{
    g_autofree char *text =
        g_strconcat(split_v1, "50 31 0:39 / /mnt/a\\040b rw - cgroup cgroup rw,pids\n", NULL);
    g_autoptr(CgroupLayout) layout = parse(text);
    const CgroupHierarchy *last = g_ptr_array_index(cgroup_hierarchies(layout), 5);

    g_assert_cmpstr(last->mount_point, ==, "/mnt/a b");
}

static void
test_what_can_only_be_read(void)
{
    g_autofree char *text =
        g_strconcat(split_v1,
                    "50 31 0:39 / /mnt/pids ro,relatime - cgroup cgroup rw,pids\n"
                    "51 31 0:40 / /mnt/blkio rw,relatime - cgroup cgroup ro,blkio\n"
                    "52 31 0:41 / /mnt/cpuset ro,relatime - cgroup cgroup rw,cpuset\n"
                    "53 31 0:41 / /srv/cpuset rw,relatime - cgroup cgroup rw,cpuset\n",
                    NULL);
    g_autoptr(CgroupLayout) layout = parse(text);
    const CgroupHierarchy *last = g_ptr_array_index(cgroup_hierarchies(layout), 5);

    g_assert_cmpuint(cgroup_hierarchies(layout)->len, ==, 6);
    g_assert_false(cgroup_has(layout, CGROUP_PIDS));
    g_assert_false(cgroup_has(layout, CGROUP_BLKIO));
    g_assert_cmpstr(last->mount_point, ==, "/srv/cpuset");
}

static void
test_missing_controller(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strndup(split_v1, strstr(split_v1, "36 31") - split_v1);

    g_assert_null(cgroup_layout_parse(text, true, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_cmpstr(
        error->message, ==,
        "control group controller 'devices' is not available on this host: mount cgroup2 on "
        "/sys/fs/cgroup, or the v1 hierarchy of this controller, so that it can be written");
}

static void
test_broken_lines(void)
{
    static const char *const lines[] = { "", " - cgroup", "a b c - cgroup cgroup rw,pids",
                                         "1 2 3 / - cgroup", "\n\n - cgroup2 x" };
    g_autoptr(GError) error = NULL;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(CgroupLayout) layout = cgroup_layout_parse(lines[i], false, &error);

        g_assert_no_error(error);
        g_assert_cmpuint(cgroup_hierarchies(layout)->len, ==, 0);
    }
}

static void
check_name(const char *partition, const char *name, const char *expected)
{
    g_autofree char *group = cgroup_guest_name(partition, 41877, name);

    g_assert_cmpstr(group, ==, expected);
}

static void
test_group_names(void)
{
    check_name("/machine", "heron", "/machine/lxc-41877-heron.libvirt-lxc");
    check_name("/machine/fruit", "heron", "/machine/fruit.partition/lxc-41877-heron.libvirt-lxc");
    check_name("/fruit", "heron", "/fruit.partition/lxc-41877-heron.libvirt-lxc");
    check_name("/machine/machine", "heron",
               "/machine/machine.partition/lxc-41877-heron.libvirt-lxc");
    check_name("/system/a.b", "heron", "/system/a.b/lxc-41877-heron.libvirt-lxc");
    check_name("/_x", "heron", "/__x.partition/lxc-41877-heron.libvirt-lxc");
    check_name("/cpu.mine", "heron", "/_cpu.mine/lxc-41877-heron.libvirt-lxc");
    check_name("/tasks", "heron", "/_tasks.partition/lxc-41877-heron.libvirt-lxc");
}

static void
test_machine_names(void)
{
    static const char *const names[][2] = {
        { "heron", "lxc-41-heron" },         { "a_b c!d", "lxc-41-abcd" },
        { "-lead", "lxc-41-lead" },          { "two..dots--here.", "lxc-41-two.dots-here" },
        { "\xc3\xa9t\xc3\xa9", "lxc-41-t" }, { "!!!", "lxc-41" },
    };
    g_autofree char *many = g_strnfill(200, 'x');
    g_autofree char *cut = cgroup_machine_name(41, many);
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = cgroup_machine_name(41, names[i][0]);

        g_assert_cmpstr(name, ==, names[i][1]);
    }
    g_assert_cmpuint(strlen(cut), ==, 64);
}

static void
test_units(void)
{
    static const char *const slices[][2] = {
        { "/machine", "machine.slice" },
        { "/machine/fruit", "machine-fruit.slice" },
        { "machine//fruit/", "machine-fruit.slice" },
        { "/a b/c-d/.e", "a\\x20b-c\\x2dd-\\x2ee.slice" },
        { "/", "-.slice" },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(slices); i++) {
        g_autofree char *slice = cgroup_slice_name(slices[i][0]);

        g_assert_cmpstr(slice, ==, slices[i][1]);
    }
}

static void
test_scopes(void)
{
    g_autofree char *unit = cgroup_scope_name("lxc-41-two.dots");
    g_autofree char *plain = cgroup_scope_group("/machine", 41, "heron");
    g_autofree char *deep = cgroup_scope_group("/machine/fruit/a-b", 41, "heron");
    g_autofree char *top = cgroup_scope_group("/", 41, "heron");

    g_assert_cmpstr(unit, ==, "machine-lxc\\x2d41\\x2dtwo.dots.scope");
    g_assert_cmpstr(plain, ==, "/machine.slice/machine-lxc\\x2d41\\x2dheron.scope");
    g_assert_cmpstr(deep, ==,
                    "/machine.slice/machine-fruit.slice/machine-fruit-a\\x2db.slice/"
                    "machine-lxc\\x2d41\\x2dheron.scope");
    g_assert_cmpstr(top, ==, "/machine-lxc\\x2d41\\x2dheron.scope");
    g_assert_true(cgroup_is_scope(plain));
    g_assert_true(cgroup_is_scope(top));
    g_assert_false(cgroup_is_scope("/machine/lxc-41-heron.libvirt-lxc"));
    g_assert_false(cgroup_is_scope("/machine.slice/machine-x.scope/libvirt"));
    g_assert_false(cgroup_is_scope("/"));
}

static void
check_place(const CgroupHierarchy *hierarchy, const char *group, const char *expected, bool has)
{
    g_autofree char *place = cgroup_hierarchy_place(hierarchy, group);

    g_assert_cmpstr(place, ==, expected);
    g_assert_true(cgroup_hierarchy_has(hierarchy, group) == has);
}

#define GUEST "/machine/lxc-41-heron.libvirt-lxc"

static void
test_places(void)
{
    g_autoptr(CgroupLayout) layout = parse(split_v1);
    const CgroupHierarchy *memory = layout->by_controller[CGROUP_MEMORY];
    const CgroupHierarchy *freezer = layout->by_controller[CGROUP_FREEZER];
    const CgroupHierarchy *named = g_ptr_array_index(cgroup_hierarchies(layout), 4);

    g_assert_true(memory->flat);
    g_assert_false(freezer->flat);
    g_assert_false(named->flat);
    check_place(freezer, GUEST "/libvirt/guest", GUEST "/libvirt/guest", true);
    check_place(freezer, GUEST "/supervisor", GUEST "/supervisor", true);
    check_place(memory, GUEST, GUEST, true);
    check_place(memory, GUEST "/libvirt", GUEST, false);
    check_place(memory, GUEST "/libvirt/guest", GUEST "/guest", true);
    check_place(memory, GUEST "/libvirt/memory.limit_in_bytes", GUEST "/memory.limit_in_bytes",
                true);
    check_place(memory, GUEST "/supervisor", GUEST "/supervisor", false);
    check_place(memory, GUEST "/libvirtd", GUEST "/libvirtd", true);
    check_place(memory, "/machine.slice/machine-x.scope/libvirt",
                "/machine.slice/machine-x.scope/libvirt", true);
    check_place(memory, "/libvirt/x", "/libvirt/x", true);
    check_place(memory, GUEST "/guest" GUEST "/libvirt/guest", GUEST "/guest" GUEST "/guest", true);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/layout/v1 hierarchies are found with all their controllers", test_v1);
    g_test_add_func("/layout/mount options are not taken for controllers",
                    test_options_are_no_controllers);
    g_test_add_func("/layout/a hybrid host has both, and v1 wins", test_hybrid);
    g_test_add_func("/layout/a hierarchy counts once, and whole", test_second_mount_of_a_hierarchy);
    g_test_add_func("/layout/mount points are unescaped", test_escaped_mount_point);
    g_test_add_func("/layout/what can only be read is left alone", test_what_can_only_be_read);
    g_test_add_func("/layout/a missing controller is named", test_missing_controller);
    g_test_add_func("/layout/lines that are not understood are skipped", test_broken_lines);
    g_test_add_func("/name/groups of partitions are escaped as libvirt does", test_group_names);
    g_test_add_func("/name/machine names are host names", test_machine_names);
    g_test_add_func("/name/partitions are slices with escaped names", test_units);
    g_test_add_func("/name/a machine's scope lies in the slices of its partition", test_scopes);
    g_test_add_func("/layout/a flat hierarchy has two groups of a guest", test_places);
    return g_test_run();
}
