/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts of this host through libvirt, compared with the kernel's own. */
#include "driver/abi/node.h"
#include "driver/abi/symbols.h"

#include <glib.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
test_info(void)
{
    virNodeInfo info = { .cpus = 0 };

    g_assert_cmpint(node_info(&info), ==, 0);
    g_assert_cmpuint(info.cpus, >=, sysconf(_SC_NPROCESSORS_ONLN));
    /* libvirt adds up the cells, which may not count memory that was plugged in later */
    g_assert_cmpuint(info.memory, >, 1 << 16);
    g_assert_cmpuint(info.memory, <=, sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024UL));
}

static void
test_memory(void)
{
    unsigned long long cells[64] = { 0 };
    virNodeMemoryStats stats[8];
    int count = 0;

    g_assert_cmpuint(node_free_memory(), >, 1 << 20);
    g_assert_cmpint(node_cells_free_memory(cells, 0, 1), ==, 1);
    g_assert_cmpuint(cells[0], >, 0);
    g_assert_cmpint(node_memory_stats(VIR_NODE_MEMORY_STATS_ALL_CELLS, NULL, &count), ==, 0);
    g_assert_cmpint(count, >=, 4);
    g_assert_cmpint(count, <=, (int)G_N_ELEMENTS(stats));
    g_assert_cmpint(node_memory_stats(VIR_NODE_MEMORY_STATS_ALL_CELLS, stats, &count), ==, 0);
    g_assert_cmpstr(stats[0].field, ==, VIR_NODE_MEMORY_STATS_TOTAL);
    g_assert_cmpuint(stats[0].value, ==,
                     sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024UL));
}

static void
test_cpus(void)
{
    unsigned char *map = NULL;
    unsigned int online = 0;
    virNodeCPUStats stats[16];
    int count = 0;

    g_assert_cmpint(node_cpu_map(&map, &online), ==, sysconf(_SC_NPROCESSORS_CONF));
    g_assert_cmpuint(online, ==, sysconf(_SC_NPROCESSORS_ONLN));
    g_assert_cmpint(map[0] & 1, ==, 1);
    free(map);
    g_assert_cmpint(node_cpu_stats(VIR_NODE_CPU_STATS_ALL_CPUS, NULL, &count), ==, 0);
    g_assert_cmpint(count, >=, 4);
    g_assert_cmpint(count, <=, (int)G_N_ELEMENTS(stats));
    g_assert_cmpint(node_cpu_stats(VIR_NODE_CPU_STATS_ALL_CPUS, stats, &count), ==, 0);
    g_assert_cmpstr(stats[0].field, ==, VIR_NODE_CPU_STATS_KERNEL);
    g_assert_cmpuint(stats[0].value, >, 0);
}

static void
test_pages(void)
{
    unsigned int size = (unsigned int)(sysconf(_SC_PAGESIZE) / 1024);
    unsigned long long count = 0;
    NodePages pages = { 1, &size, &count, 0, 1 };
    NodePages nowhere = { 1, &size, &count, 4096, 1 };

    if (!g_file_test("/sys/devices/system/node/node0", G_FILE_TEST_EXISTS)) {
        g_test_skip("this kernel has no NUMA cells");
        return;
    }
    g_assert_cmpint(node_free_pages(&pages), ==, 1);
    g_assert_cmpuint(count, >, 0);
    g_assert_cmpint(node_free_pages(&nowhere), ==, -1);
    g_assert_nonnull(virGetLastError());
    virResetLastError();
}

static void
test_features(void)
{
    int supported = -1;

    /* passing descriptors is libvirt's own, migration is the driver's */
    g_assert_true(node_feature_is_global(15, &supported) || node_feature_is_global(8, &supported));
    g_assert_cmpint(supported, >=, 0);
    g_assert_false(node_feature_is_global(6, &supported));
}

static void
test_sysinfo(void)
{
    g_autofree char *xml = node_sysinfo();

    if (xml) {
        g_assert_nonnull(strstr(xml, "<sysinfo"));
        return;
    }
    g_assert_nonnull(virGetLastError());
    virResetLastError();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(symbols_load(NULL));
    g_assert_cmpint(virInitialize(), ==, 0);
    virSetErrorFunc(NULL, NULL);
    g_test_add_func("/abi/node/processors and memory are the kernel's", test_info);
    g_test_add_func("/abi/node/memory statistics are the kernel's", test_memory);
    g_test_add_func("/abi/node/the processor map and times are the kernel's", test_cpus);
    g_test_add_func("/abi/node/free pages are counted and a missing cell is refused", test_pages);
    g_test_add_func("/abi/node/features that libvirt answers itself are known", test_features);
    g_test_add_func("/abi/node/system information is XML or a reported error", test_sysinfo);
    return g_test_run();
}
