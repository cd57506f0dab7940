/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits in the words of either version: groups are directories with empty files here. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cgroup/layout.h"
#include "cgroup/limit.h"
#include "controller/wire/failure.h"
#include "controller/wire/shares.h"

#define GROUP "/guest"

typedef struct {
    char *directory;
    CgroupLayout *layout;
} Fixture;

/* @version: 1 or 2 */
static void
set_up(Fixture *fixture, gconstpointer version)
{
    g_autofree char *line = NULL;
    g_autofree char *group = NULL;
    g_autofree char *controllers = NULL;
    g_autoptr(GError) error = NULL;

    fixture->directory = g_dir_make_tmp("caisson-limit-XXXXXX", &error);
    g_assert_no_error(error);
    group = g_strconcat(fixture->directory, GROUP, NULL);
    g_assert_cmpint(g_mkdir(group, 0700), ==, 0);
    controllers = g_strconcat(fixture->directory, "/cgroup.controllers", NULL);
    g_assert_true(
        g_file_set_contents(controllers, "cpuset cpu io memory pids hugetlb\n", -1, NULL));
    line = g_strdup_printf("30 29 0:26 / %s rw - cgroup%s none rw%s\n", fixture->directory,
                           GPOINTER_TO_INT(version) == 2 ? "2" : "",
                           GPOINTER_TO_INT(version) == 2
                               ? ""
                               : ",memory,cpu,cpuset,pids,blkio,net_cls,hugetlb,devices");
    fixture->layout = cgroup_layout_parse(line, false, &error);
    g_assert_no_error(error);
    g_assert_cmpint(cgroup_version(fixture->layout, CGROUP_MEMORY), ==, GPOINTER_TO_INT(version));
}

static void
remove_files(const char *path)
{
    GDir *stream = g_dir_open(path, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(stream))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR))
            remove_files(child);
        else
            g_unlink(child);
    }
    g_dir_close(stream);
    g_rmdir(path);
}

static void
tear_down(Fixture *fixture, gconstpointer version)
{
    remove_files(fixture->directory);
    cgroup_layout_free(fixture->layout);
    g_free(fixture->directory);
}

static void
put(const Fixture *fixture, const char *file, const char *text)
{
    g_autofree char *path = g_strconcat(fixture->directory, GROUP "/", file, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
expect(const Fixture *fixture, const char *file, const char *wanted)
{
    g_autofree char *path = g_strconcat(fixture->directory, GROUP "/", file, NULL);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, wanted);
}

typedef struct {
    const char *file;
    const char *text;
} File;

static void
put_all(const Fixture *fixture, const File *files)
{
    for (; files->file; files++)
        put(fixture, files->file, files->text);
}

static void
change_memory(const Fixture *fixture, ContainerMemory before, ContainerMemory after)
{
    g_autoptr(GError) error = NULL;

    limit_change_memory(fixture->layout, GROUP, &before, &after, &error);
    g_assert_no_error(error);
}

static const ContainerMemory none = { -1, -1, -1 };
static const ContainerMemory some = { 100 << 20, 50 << 20, 300 << 20 };

static void
test_memory_v1(Fixture *fixture, gconstpointer version)
{
    const File empty[] = { { "memory.limit_in_bytes", "" },
                           { "memory.soft_limit_in_bytes", "" },
                           { "memory.memsw.limit_in_bytes", "" },
                           { NULL } };

    put_all(fixture, empty);
    change_memory(fixture, none, some);
    expect(fixture, "memory.limit_in_bytes", "104857600");
    expect(fixture, "memory.soft_limit_in_bytes", "52428800");
    expect(fixture, "memory.memsw.limit_in_bytes", "314572800");
    put_all(fixture, empty);
    change_memory(fixture, some, none);
    expect(fixture, "memory.limit_in_bytes", "-1");
    expect(fixture, "memory.soft_limit_in_bytes", "-1");
    expect(fixture, "memory.memsw.limit_in_bytes", "-1");
    put_all(fixture, empty);
    change_memory(fixture, some, some);
    expect(fixture, "memory.limit_in_bytes", "");
}

static void
test_memory_v2(Fixture *fixture, gconstpointer version)
{
    const File empty[] = {
        { "memory.max", "" }, { "memory.low", "" }, { "memory.swap.max", "" }, { NULL }
    };
    ContainerMemory more = some;

    put_all(fixture, empty);
    change_memory(fixture, none, some);
    expect(fixture, "memory.max", "104857600");
    expect(fixture, "memory.low", "52428800");
    expect(fixture, "memory.swap.max", "209715200"); /* the sum less the memory */
    put_all(fixture, empty);
    /* the sum stays what it was, so the swap must change with the memory */
    more.limit = 200 << 20;
    change_memory(fixture, some, more);
    expect(fixture, "memory.max", "209715200");
    expect(fixture, "memory.low", "");
    expect(fixture, "memory.swap.max", "104857600");
    put_all(fixture, empty);
    change_memory(fixture, some, none);
    expect(fixture, "memory.max", "max");
    expect(fixture, "memory.low", "0");
    expect(fixture, "memory.swap.max", "max");
}

static void
test_swap_needs_memory(Fixture *fixture, gconstpointer version)
{
    const ContainerMemory swap = { -1, -1, 1 << 20 };
    g_autoptr(GError) error = NULL;

    put(fixture, "memory.swap.max", "");
    g_assert_false(limit_change_memory(fixture->layout, GROUP, &none, &swap, &error));
    g_assert_error(error, FAILURE, FAILURE_CONFIG_UNSUPPORTED);
    expect(fixture, "memory.swap.max", "");
}

/* Files of the kernel do not change here when memory is reclaimed. */
static void
test_memory_in_use(Fixture *fixture, gconstpointer version)
{
    const ContainerMemory less = { 1 << 20, -1, -1 };
    g_autoptr(GError) error = NULL;

    put(fixture, "memory.max", "");
    put(fixture, "memory.reclaim", "");
    put(fixture, "memory.current", "3145728\n");
    g_assert_false(limit_change_memory(fixture->layout, GROUP, &none, &less, &error));
    g_assert_error(error, FAILURE, FAILURE_OPERATION_FAILED);
    g_assert_cmpstr(error->message, ==,
                    "the guest uses 3072 KiB and cannot be brought below a limit of 1024 KiB; "
                    "choose a higher limit or end some of its programs");
    expect(fixture, "memory.reclaim", "2097152");
    expect(fixture, "memory.max", "");
}

typedef struct {
    const char *limit;
    const char *reservation;
    const char *swap;
    ContainerMemory wanted;
} MemoryText;

static const MemoryText memory_v1[] = {
    { "104857600\n", "52428800\n", "314572800\n", { 100 << 20, 50 << 20, 300 << 20 } },
    { "9223372036854771712\n", "9223372036854771712\n", "9223372036854771712\n", { -1, -1, -1 } },
    /* pages of 64 KiB */
    { "9223372036854710272\n", "0\n", "9223372036854710272\n", { -1, 0, -1 } },
};

static const MemoryText memory_v2[] = {
    { "104857600\n", "52428800\n", "209715200\n", { 100 << 20, 50 << 20, 300 << 20 } },
    { "max\n", "0\n", "max\n", { -1, -1, -1 } },
    { "max\n", "0\n", "4096\n", { -1, -1, -1 } },
    { "4096\n", "max\n", "max\n", { 4096, -1, -1 } },
    { "4096\n", "0\n", "0\n", { 4096, -1, 4096 } },
};

static void
test_read_memory(Fixture *fixture, gconstpointer version)
{
    bool v2 = GPOINTER_TO_INT(version) == 2;
    const MemoryText *rows = v2 ? memory_v2 : memory_v1;
    size_t count = v2 ? G_N_ELEMENTS(memory_v2) : G_N_ELEMENTS(memory_v1);
    size_t i;

    for (i = 0; i < count; i++) {
        g_autoptr(GError) error = NULL;
        ContainerMemory memory = { 7, 7, 7 };

        put(fixture, v2 ? "memory.max" : "memory.limit_in_bytes", rows[i].limit);
        put(fixture, v2 ? "memory.low" : "memory.soft_limit_in_bytes", rows[i].reservation);
        put(fixture, v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes", rows[i].swap);
        limit_read_memory(fixture->layout, GROUP, &memory, &error);
        g_assert_no_error(error);
        g_assert_cmpint(memory.limit, ==, rows[i].wanted.limit);
        g_assert_cmpint(memory.reservation, ==, rows[i].wanted.reservation);
        g_assert_cmpint(memory.swap, ==, rows[i].wanted.swap);
    }
}

static void
test_no_account_of_swap(Fixture *fixture, gconstpointer version)
{
    ContainerMemory memory = { 7, 7, 7 };

    put(fixture, "memory.limit_in_bytes", "4096\n");
    put(fixture, "memory.soft_limit_in_bytes", "4096\n");
    g_assert_true(limit_read_memory(fixture->layout, GROUP, &memory, NULL));
    g_assert_cmpint(memory.swap, ==, -1);
}

typedef struct {
    ContainerCpu cpu;
    const char *v1[3]; /* shares, period, quota; NULL: not written */
    const char *v2[2]; /* weight, max */
} CpuRow;

static const CpuRow cpu_rows[] = {
    { { 2048, 0, CONTAINER_UNSET }, { "2048", "", "" }, { "200", "" } },
    { { CONTAINER_UNSET, 25000, 50000 }, { "", "50000", "25000" }, { "", "25000 50000" } },
    { { CONTAINER_UNSET, 25000, CONTAINER_UNSET },
      { "", "100000", "25000" },
      { "", "25000 100000" } },
    { { CONTAINER_UNSET, -1, 50000 }, { "", "50000", "-1" }, { "", "max 50000" } },
    { { CONTAINER_UNSET, 0, 50000 }, { "", "50000", "-1" }, { "", "max 50000" } },
    { { CONTAINER_UNSET, 0, CONTAINER_UNSET }, { "", "", "" }, { "", "" } },
};

static void
test_cpu(Fixture *fixture, gconstpointer version)
{
    static const char *const v1[] = { "cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us" };
    static const char *const v2[] = { "cpu.weight", "cpu.max" };
    bool unified = GPOINTER_TO_INT(version) == 2;
    size_t files = unified ? G_N_ELEMENTS(v2) : G_N_ELEMENTS(v1);
    size_t i;
    size_t j;

    for (i = 0; i < G_N_ELEMENTS(cpu_rows); i++) {
        g_autoptr(GError) error = NULL;

        for (j = 0; j < files; j++)
            put(fixture, unified ? v2[j] : v1[j], "");
        limit_write_cpu(fixture->layout, GROUP, &cpu_rows[i].cpu, &error);
        g_assert_no_error(error);
        for (j = 0; j < files; j++)
            expect(fixture, unified ? v2[j] : v1[j],
                   unified ? cpu_rows[i].v2[j] : cpu_rows[i].v1[j]);
    }
}

static void
expect_cpu(const Fixture *fixture, uint64_t shares, int64_t quota, uint64_t period)
{
    g_autoptr(GError) error = NULL;
    ContainerCpu cpu = { 0 };

    limit_read_cpu(fixture->layout, GROUP, &cpu, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(cpu.shares, ==, shares);
    g_assert_cmpint(cpu.quota, ==, quota);
    g_assert_cmpuint(cpu.period, ==, period);
}

static void
test_read_cpu_v1(Fixture *fixture, gconstpointer version)
{
    put(fixture, "cpu.shares", "700\n");
    expect_cpu(fixture, 700, 0, CONTAINER_UNSET);
    put(fixture, "cpu.cfs_period_us", "50000\n");
    put(fixture, "cpu.cfs_quota_us", "-1\n");
    expect_cpu(fixture, 700, -1, 50000);
    put(fixture, "cpu.cfs_quota_us", "25000\n");
    expect_cpu(fixture, 700, 25000, 50000);
}

static void
test_read_cpu_v2(Fixture *fixture, gconstpointer version)
{
    put(fixture, "cpu.weight", "100\n");
    expect_cpu(fixture, 1024, 0, CONTAINER_UNSET);
    put(fixture, "cpu.max", "max 100000\n");
    expect_cpu(fixture, 1024, -1, 100000);
    put(fixture, "cpu.max", "25000 50000\n");
    expect_cpu(fixture, 1024, 25000, 50000);
}

static void
test_shares(void)
{
    uint64_t weight;

    g_assert_cmpuint(weight_of_shares(0), ==, 1);
    g_assert_cmpuint(weight_of_shares(SHARES_MIN), ==, 1);
    g_assert_cmpuint(weight_of_shares(SHARES_DEFAULT), ==, 100);
    g_assert_cmpuint(weight_of_shares(SHARES_MAX), ==, SHARES_WEIGHT_MAX);
    g_assert_cmpuint(weight_of_shares(UINT64_MAX), ==, SHARES_WEIGHT_MAX);
    for (weight = 1; weight <= SHARES_WEIGHT_MAX; weight++)
        g_assert_cmpuint(weight_of_shares(shares_of_weight(weight)), ==, weight);
}

static void
expect_device(const ContainerBlockIo *block_io, guint index, const ContainerBlockDevice *wanted)
{
    const ContainerBlockDevice *device = block_io->devices->pdata[index];

    g_assert_cmpstr(device->path, ==, wanted->path);
    g_assert_cmpuint(device->weight, ==, wanted->weight);
    g_assert_cmpuint(device->read_bytes, ==, wanted->read_bytes);
    g_assert_cmpuint(device->write_bytes, ==, wanted->write_bytes);
    g_assert_cmpuint(device->read_iops, ==, wanted->read_iops);
    g_assert_cmpuint(device->write_iops, ==, wanted->write_iops);
}

#define UNSET CONTAINER_UNSET

/* No host has disks of these numbers. */
static const ContainerBlockDevice devices[] = {
    { (char *)"/dev/block/4000:1", 200, 1000, UNSET, 50, UNSET },
    { (char *)"/dev/block/4000:2", UNSET, UNSET, 2000, UNSET, 60 },
};

static const File block_v1[] = {
    { "blkio.bfq.weight", "300\n" },
    { "blkio.bfq.weight_device", "default 300\n4000:1 200\n" },
    { "blkio.throttle.read_bps_device", "4000:1 1000\n" },
    { "blkio.throttle.write_bps_device", "4000:2 2000\n" },
    { "blkio.throttle.read_iops_device", "4000:1 50\n" },
    { "blkio.throttle.write_iops_device", "4000:2 60\n" },
    { NULL },
};

static const File block_v2[] = {
    { "io.weight", "default 300\n4000:1 200\n" },
    { "io.max", "4000:1 rbps=1000 wbps=max riops=50 wiops=max\n"
                "4000:2 rbps=max wbps=2000 riops=max wiops=60\n" },
    { NULL },
};

static void
test_read_block(Fixture *fixture, gconstpointer version)
{
    g_autoptr(ContainerBlockIo) block_io = NULL;
    g_autoptr(GError) error = NULL;

    put_all(fixture, GPOINTER_TO_INT(version) == 2 ? block_v2 : block_v1);
    block_io = limit_read_block(fixture->layout, GROUP, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(block_io->weight, ==, 300);
    g_assert_cmpuint(block_io->devices->len, ==, 2);
    expect_device(block_io, 0, &devices[0]);
    expect_device(block_io, 1, &devices[1]);
}

static void
test_read_no_block(Fixture *fixture, gconstpointer version)
{
    g_autoptr(ContainerBlockIo) block_io = limit_read_block(fixture->layout, GROUP, NULL);

    g_assert_nonnull(block_io);
    g_assert_cmpuint(block_io->weight, ==, CONTAINER_UNSET);
    g_assert_cmpuint(block_io->devices->len, ==, 0);
    g_assert_null(limit_read_block(fixture->layout, "/nobody", NULL));
}

static bool
write_weight(const Fixture *fixture, uint64_t weight, GError **error)
{
    g_autoptr(ContainerBlockIo) block_io = json_new(&container_block_io_type);

    block_io->weight = weight;
    block_io->devices = json_array_new(&container_block_device_type);
    return limit_write_block(fixture->layout, GROUP, block_io, error);
}

static void
test_weight(Fixture *fixture, gconstpointer version)
{
    bool v2 = GPOINTER_TO_INT(version) == 2;
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) range = NULL;

    g_assert_false(write_weight(fixture, 300, &error));
    g_assert_error(error, FAILURE, FAILURE_CONFIG_UNSUPPORTED);
    put(fixture, v2 ? "io.bfq.weight" : "blkio.bfq.weight", "");
    g_assert_true(write_weight(fixture, 300, NULL));
    expect(fixture, v2 ? "io.bfq.weight" : "blkio.bfq.weight", v2 ? "default 300" : "300");
    g_assert_false(write_weight(fixture, 1001, &range));
    g_assert_error(range, FAILURE, FAILURE_INVALID_ARG);
    /* the file that is asked first has a range of its own; the other one gets what it takes */
    put(fixture, v2 ? "io.weight" : "blkio.weight", "");
    put(fixture, v2 ? "io.bfq.weight" : "blkio.bfq.weight", "");
    g_assert_true(write_weight(fixture, v2 ? 10000 : 1000, NULL));
    expect(fixture, v2 ? "io.weight" : "blkio.weight", v2 ? "default 10000" : "1000");
    expect(fixture, v2 ? "io.bfq.weight" : "blkio.bfq.weight", v2 ? "default 1000" : "1000");
}

/* The disk that the directory is on. */
static void
test_write_rates(Fixture *fixture, gconstpointer version)
{
    bool v2 = GPOINTER_TO_INT(version) == 2;
    g_autoptr(ContainerBlockIo) block_io = json_new(&container_block_io_type);
    ContainerBlockDevice *device = json_new(&container_block_device_type);
    g_autofree char *number = limit_device_number(fixture->directory, NULL);
    g_autofree char *some_text = g_strdup_printf("%s %s7000", number, v2 ? "wiops=" : "");
    g_autofree char *none_text = g_strdup_printf("%s %s", number, v2 ? "wiops=max" : "0");
    const char *file = v2 ? "io.max" : "blkio.throttle.write_iops_device";

    block_io->weight = CONTAINER_UNSET;
    block_io->devices = json_array_new(&container_block_device_type);
    g_ptr_array_add(block_io->devices, device);
    device->path = g_strdup(fixture->directory);
    device->weight = device->read_bytes = device->write_bytes = CONTAINER_UNSET;
    device->read_iops = CONTAINER_UNSET;
    device->write_iops = 7000;
    if (!number) {
        g_test_skip("temporary files are on no block device");
        return;
    }
    put(fixture, file, "");
    g_assert_true(limit_write_block(fixture->layout, GROUP, block_io, NULL));
    expect(fixture, file, some_text);
    put(fixture, file, "");
    device->write_iops = 0;
    g_assert_true(limit_write_block(fixture->layout, GROUP, block_io, NULL));
    expect(fixture, file, none_text);
}

/* What has one file in each version, and what only one of them has. */
static void
test_write_others(Fixture *fixture, gconstpointer version)
{
    bool v2 = GPOINTER_TO_INT(version) == 2;
    g_autoptr(Container) container = container_new();
    ContainerResources *resources = container->os->resources;
    ContainerHugepageLimit *pages = json_new(&container_hugepage_limit_type);
    const char *huge = v2 ? "hugetlb.2MB.max" : "hugetlb.2MB.limit_in_bytes";
    g_autoptr(GError) refused = NULL;

    put(fixture, "pids.max", "");
    put(fixture, huge, "");
    put(fixture, "net_cls.classid", "");
    put(fixture, "memory.high", "");
    put(fixture, "devices.deny", "");
    put(fixture, "devices.allow", "");
    resources->pids->limit = 77;
    pages->page_size = g_strdup("2MB");
    pages->limit = 4 << 20;
    g_ptr_array_add(resources->hugepage_limits, pages);
    /* v2: the files here are no groups that a program for devices could be attached to */
    g_assert_cmpint(limit_write(fixture->layout, GROUP, resources, NULL), ==, !v2);
    expect(fixture, "pids.max", "77");
    expect(fixture, huge, "4194304");

    json_pairs_add(resources->unified, "memory.high", "48M");
    limit_write(fixture->layout, GROUP, resources, &refused);
    expect(fixture, "memory.high", v2 ? "48M" : "");
    if (!v2)
        g_assert_error(refused, FAILURE, FAILURE_CONFIG_UNSUPPORTED);
    g_clear_error(&refused);
    g_ptr_array_set_size(resources->unified, 0);

    resources->network = json_new(&container_network_limit_type);
    resources->network->class_id = 0x100001;
    limit_write(fixture->layout, GROUP, resources, &refused);
    expect(fixture, "net_cls.classid", v2 ? "" : "1048577");
    if (v2)
        g_assert_nonnull(strstr(refused->message, "<caisson:net-class> needs the control group"));
}

static void
test_device_number(void)
{
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) elsewhere = NULL;

    g_assert_null(limit_device_number("/nowhere/at/all", &missing));
    g_assert_error(missing, FAILURE, FAILURE_SYSTEM);
    g_assert_null(limit_device_number("/proc/self", &elsewhere));
    g_assert_error(elsewhere, FAILURE, FAILURE_CONFIG_UNSUPPORTED);
}

static void
test_nodes(Fixture *fixture, gconstpointer version)
{
    g_autofree char *nodes = NULL;
    g_autofree char *inherited = NULL;

    put(fixture, "cpuset.mems", "0-1\n");
    put(fixture, "cpuset.mems.effective", "0-3\n");
    nodes = limit_read_nodes(fixture->layout, GROUP, NULL);
    g_assert_cmpstr(nodes, ==, "0-1");
    put(fixture, "cpuset.mems", "\n");
    inherited = limit_read_nodes(fixture->layout, GROUP, NULL);
    g_assert_cmpstr(inherited, ==, GPOINTER_TO_INT(version) == 2 ? "0-3" : "");
}

#define ADD(version, path, test)                                                              \
    g_test_add("/limit/v" #version "/" path, Fixture, GINT_TO_POINTER(version), set_up, test, \
               tear_down)
#define ADD_BOTH(path, test) \
    ADD(1, path, test);      \
    ADD(2, path, test)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD(1, "memory goes to its files", test_memory_v1);
    ADD(2, "memory goes to its files", test_memory_v2);
    ADD(2, "memory plus swap needs memory", test_swap_needs_memory);
    ADD(2, "memory in use is asked for before it is limited", test_memory_in_use);
    ADD_BOTH("memory is read", test_read_memory);
    ADD(1, "a kernel may know nothing of swap", test_no_account_of_swap);
    ADD_BOTH("shares and bandwidth go to their files", test_cpu);
    ADD(1, "shares and bandwidth are read", test_read_cpu_v1);
    ADD(2, "shares and bandwidth are read", test_read_cpu_v2);
    g_test_add_func("/limit/weights become shares and weights again", test_shares);
    ADD_BOTH("weights and rates are read", test_read_block);
    ADD_BOTH("no weights and rates are read", test_read_no_block);
    ADD_BOTH("a weight goes to the file there is", test_weight);
    ADD_BOTH("rates go to their files", test_write_rates);
    ADD_BOTH("the others go to their files, or have none", test_write_others);
    g_test_add_func("/limit/what is on no disk is refused", test_device_number);
    ADD_BOTH("nodes are read", test_nodes);
    return g_test_run();
}
