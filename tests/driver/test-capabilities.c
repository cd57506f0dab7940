/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host as a small tree of files, and the document made of it. */
#include "driver/capabilities.h"

#include <glib/gstdio.h>
#include <string.h>

static char *root;

static void
put(const char *path, const char *text)
{
    g_autofree char *full = g_strconcat(root, path, NULL);
    g_autofree char *directory = g_path_get_dirname(full);

    g_assert_cmpint(g_mkdir_with_parents(directory, 0700), ==, 0);
    g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static void
put_cpu(int cpu, const char *core, const char *siblings)
{
    g_autofree char *base = g_strdup_printf("/sys/devices/system/cpu/cpu%d", cpu);
    g_autofree char *core_path = g_strconcat(base, "/topology/core_id", NULL);
    g_autofree char *siblings_path = g_strconcat(base, "/topology/thread_siblings_list", NULL);
    g_autofree char *package_path = g_strconcat(base, "/topology/physical_package_id", NULL);
    g_autofree char *level_path = g_strconcat(base, "/cache/index0/level", NULL);

    put(core_path, core);
    put(siblings_path, siblings);
    put(package_path, "-1\n");
    put(level_path, "1\n");
}

static void
put_cache(int cpu)
{
    static const char *const files[][2] = {
        { "level", "3\n" },      { "id", "0\n" },
        { "type", "Unified\n" }, { "shared_cpu_list", "0-3\n" },
        { "size", "8192K\n" },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path =
            g_strdup_printf("/sys/devices/system/cpu/cpu%d/cache/index1/%s", cpu, files[i][0]);

        put(path, files[i][1]);
    }
}

static void
put_host(void)
{
    put_cpu(0, "0\n", "0-1\n");
    put_cpu(1, "0\n", "0-1\n");
    put_cpu(2, "1\n", "2\n");
    put_cache(0);
    put_cache(2);
    put("/sys/devices/system/node/online", "0-1\n");
    put("/sys/devices/system/node/node0/cpulist", "0-1\n");
    put("/sys/devices/system/node/node0/distance", "10 21\n");
    put("/sys/devices/system/node/node0/meminfo", "Node 0 MemTotal:       16384 kB\n");
    put("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "3\n");
    put("/sys/devices/system/node/node1/cpulist", "2-3\n");
    put("/sys/devices/system/node/node1/distance", "21 10\n");
    put("/sys/devices/system/node/node1/meminfo", "Node 1 MemTotal:       8192 kB\n");
}

static void
test_document(void)
{
    static const CapabilitiesHost host = {
        .uuid = "c0ffee00-1234-4abc-8def-001122334455",
        .arch = "x86_64",
        .emulator = "/usr/lib/libvirt/libvirt_lxc",
        .security_model = "none",
        .security_doi = "0",
        .suspend_memory = true,
    };
    static const char expected[] =
        "<capabilities>\n\n  <host>\n"
        "    <uuid>c0ffee00-1234-4abc-8def-001122334455</uuid>\n"
        "    <cpu>\n      <arch>x86_64</arch>\n      <pages unit='KiB' size='4'/>\n"
        "      <pages unit='KiB' size='2048'/>\n    </cpu>\n"
        "    <power_management>\n      <suspend_mem/>\n    </power_management>\n"
        "    <iommu support='no'/>\n"
        "    <topology>\n      <cells num='2'>\n"
        "        <cell id='0'>\n          <memory unit='KiB'>16384</memory>\n"
        "          <pages unit='KiB' size='4'>2560</pages>\n"
        "          <pages unit='KiB' size='2048'>3</pages>\n"
        "          <distances>\n            <sibling id='0' value='10'/>\n"
        "            <sibling id='1' value='21'/>\n          </distances>\n"
        "          <cpus num='2'>\n"
        "            <cpu id='0' socket_id='0' die_id='0' core_id='0' siblings='0-1'/>\n"
        "            <cpu id='1' socket_id='0' die_id='0' core_id='0' siblings='0-1'/>\n"
        "          </cpus>\n        </cell>\n"
        "        <cell id='1'>\n          <memory unit='KiB'>8192</memory>\n"
        "          <pages unit='KiB' size='4'>2048</pages>\n"
        "          <distances>\n            <sibling id='0' value='21'/>\n"
        "            <sibling id='1' value='10'/>\n          </distances>\n"
        "          <cpus num='2'>\n"
        "            <cpu id='2' socket_id='0' die_id='0' core_id='1' siblings='2'/>\n"
        "            <cpu id='3'/>\n"
        "          </cpus>\n        </cell>\n"
        "      </cells>\n    </topology>\n"
        "    <cache>\n      <bank id='0' level='3' type='both' size='8' unit='MiB' cpus='0-3'/>\n"
        "    </cache>\n"
        "    <secmodel>\n      <model>none</model>\n      <doi>0</doi>\n    </secmodel>\n"
        "  </host>\n\n"
        "  <guest>\n    <os_type>exe</os_type>\n    <arch name='x86_64'>\n"
        "      <wordsize>64</wordsize>\n"
        "      <emulator>/usr/lib/libvirt/libvirt_lxc</emulator>\n"
        "      <domain type='lxc'/>\n    </arch>\n  </guest>\n\n"
        "  <guest>\n    <os_type>exe</os_type>\n    <arch name='i686'>\n"
        "      <wordsize>32</wordsize>\n"
        "      <emulator>/usr/lib/libvirt/libvirt_lxc</emulator>\n"
        "      <domain type='lxc'/>\n    </arch>\n  </guest>\n\n"
        "</capabilities>\n";
    g_autoptr(Topology) topology = topology_read(root);
    g_autofree char *text = capabilities_format(&host, topology);

    g_assert_cmpstr(text, ==, expected);
}

static void
test_without_numa(void)
{
    g_autofree char *before = root;
    g_autoptr(Topology) topology = NULL;
    const TopologyCell *cell;

    root = g_strconcat(before, "/plain", NULL);
    put("/sys/devices/system/cpu/present", "0\n");
    put("/proc/meminfo", "MemTotal:        4096 kB\nMemFree: 1 kB\n");
    put_cpu(0, "0\n", "0\n");
    topology = topology_read(root);
    g_free(root);
    root = g_steal_pointer(&before);
    g_assert_cmpint(topology->cells->len, ==, 1);
    cell = topology->cells->pdata[0];
    g_assert_cmpuint(cell->memory, ==, 4096);
    g_assert_cmpint(cell->cpus->len, ==, 1);
    g_assert_cmpint(cell->distances->len, ==, 0);
    g_assert_cmpint(topology->caches->len, ==, 0);
}

static void
assert_list(const char *text, guint length, int last)
{
    g_autoptr(GArray) list = topology_parse_list(text);

    g_assert_cmpint(list->len, ==, length);
    if (length > 0)
        g_assert_cmpint(g_array_index(list, int, length - 1), ==, last);
}

static void
test_lists(void)
{
    assert_list("0-3,8", 5, 8);
    assert_list("7", 1, 7);
    assert_list("", 0, 0);
    assert_list(NULL, 0, 0);
    assert_list("3-1", 0, 0);
    assert_list("x", 0, 0);
    assert_list("1,x", 1, 1);
    assert_list("0-99999999999", 65536, 65535);
}

static void
test_siblings(void)
{
    g_assert_cmpstr(capabilities_sibling("aarch64"), ==, "armv7l");
    g_assert_null(capabilities_sibling("ppc64le"));
    g_assert_null(capabilities_sibling("i686"));
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) listing = g_dir_open(path, 0, NULL);
    const char *entry;

    while (listing && (entry = g_dir_read_name(listing))) {
        g_autofree char *child = g_build_filename(path, entry, NULL);

        if (g_unlink(child) < 0)
            remove_tree(child);
    }
    g_rmdir(path);
}

int
main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    root = g_dir_make_tmp("capabilities-XXXXXX", NULL);
    g_assert_nonnull(root);
    put_host();
    g_test_add_func("/capabilities/the document says what the host shows", test_document);
    g_test_add_func("/capabilities/a kernel without NUMA is one cell", test_without_numa);
    g_test_add_func("/capabilities/lists of numbers are read as far as they make sense",
                    test_lists);
    g_test_add_func("/capabilities/32-bit siblings are known", test_siblings);
    result = g_test_run();
    remove_tree(root);
    g_free(root);
    return result;
}
