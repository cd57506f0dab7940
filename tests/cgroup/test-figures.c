/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures are read from the files of either version; what is not there is not known. */
#include "cgroup/figures.h"

#include <sys/resource.h>

#include <glib/gstdio.h>

#include "cgroup/layout.h"

typedef struct {
    const char *path;
    const char *text;
} File;

static const File unified_files[] = {
    { "cgroup.controllers", "cpuset cpu io memory pids\n" },
    { "heron/cpu.stat", "usage_usec 7000\nuser_usec 4000\nsystem_usec 3000\nnr_periods 9\n"
                        "nr_throttled 2\nthrottled_usec 50\n" },
    { "heron/memory.current", "10485760\n" },
    { "heron/memory.max", "max\n" },
    { "heron/memory.swap.current", "8192\n" },
    { "heron/memory.stat", "anon 4096\nfile 1048576\nfile_mapped 7\ninactive_file 2048\n"
                           "active_file 1024\nslab_reclaimable 512\npgfault 30\npgmajfault 4\n"
                           "pswpin 5\npswpout 6\n" },
    { "heron/pids.current", "3\n" },
    { "heron/pids.max", "99\n" },
    { "heron/memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=11\n"
                               "full avg10=1.00 avg60=0.00 avg300=0.00 total=10\n" },
    { "heron/io.stat", "8:0 rbytes=100 wbytes=200 rios=1 wios=2 dbytes=0 dios=0\n7:3 \n"
                       "259:1 rbytes=5 wbytes=6 rios=7 wios=8 dbytes=0 dios=0\n" },
    { NULL },
};

static const File legacy_files[] = {
    { "heron/cpuacct.usage", "7000123\n" },
    { "heron/cpuacct.stat", "user 2\nsystem 1\n" },
    { "heron/cpuacct.usage_percpu", "7000000 123 \n" },
    { "heron/cpu.stat", "nr_periods 9\nnr_throttled 2\nthrottled_time 50000\n" },
    { "heron/memory.usage_in_bytes", "10485760\n" },
    { "heron/memory.stat", "cache 1\nrss 2\nhierarchical_memory_limit 67108864\n"
                           "total_cache 1048576\ntotal_rss 4096\ntotal_rss_huge 1\n"
                           "total_swap 8192\ntotal_pgfault 30\ntotal_pgmajfault 4\n"
                           "total_inactive_file 2048\ntotal_active_file 1024\n" },
    { "heron/blkio.throttle.io_service_bytes_recursive",
      "8:0 Read 100\n8:0 Write 200\n8:0 Total 300\n7:0 Read 0\nTotal 300\n" },
    { "heron/blkio.throttle.io_serviced_recursive", "8:0 Read 1\n8:0 Write 2\nTotal 3\n" },
    { NULL },
};

typedef struct {
    char *directory;
    CgroupLayout *layout;
    FigureReader *reader;
} Fixture;

static void
fixture_open(Fixture *fixture, const File *files, const char *kind)
{
    GError *error = NULL;
    g_autofree char *mountinfo = NULL;
    g_autofree char *group = NULL;

    fixture->directory = g_dir_make_tmp("figures-XXXXXX", &error);
    g_assert_no_error(error);
    group = g_build_filename(fixture->directory, "heron", NULL);
    g_assert_cmpint(g_mkdir(group, 0700), ==, 0);
    for (; files->path; files++) {
        g_autofree char *path = g_build_filename(fixture->directory, files->path, NULL);

        g_assert_true(g_file_set_contents(path, files->text, -1, NULL));
    }
    mountinfo = g_strdup_printf("31 23 0:28 / %s rw - %s\n", fixture->directory, kind);
    fixture->layout = cgroup_layout_parse(mountinfo, false, &error);
    g_assert_no_error(error);
    fixture->reader = figure_reader_new(fixture->layout);
}

static void
remove_file(gpointer data, gpointer directory)
{
    g_autofree char *path = g_build_filename(directory, data, NULL);

    g_unlink(path);
}

static void
fixture_close(Fixture *fixture, const File *files)
{
    g_autofree char *group = g_build_filename(fixture->directory, "heron", NULL);

    for (; files->path; files++)
        remove_file((gpointer)files->path, fixture->directory);
    g_rmdir(group);
    g_rmdir(fixture->directory);
    figure_reader_free(fixture->reader);
    cgroup_layout_free(fixture->layout);
    g_free(fixture->directory);
}

#define ALL 0xff

static void
check_common(const Figures *figures)
{
    static const struct {
        Figure figure;
        uint64_t value;
    } rows[] = {
        { FIGURE_PERIODS, 9 },
        { FIGURE_THROTTLED_PERIODS, 2 },
        { FIGURE_THROTTLED_TIME, 50000 },
        { FIGURE_MEMORY, 10485760 },
        { FIGURE_SWAP, 8192 },
        { FIGURE_ANONYMOUS, 4096 },
        { FIGURE_CACHE, 1048576 },
        { FIGURE_INACTIVE_FILE, 2048 },
        { FIGURE_ACTIVE_FILE, 1024 },
        { FIGURE_FAULTS, 30 },
        { FIGURE_MAJOR_FAULTS, 4 },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_true(figure_known(figures, rows[i].figure));
        g_assert_cmpuint(figures->values[rows[i].figure], ==, rows[i].value);
    }
}

static void
test_unified(void)
{
    g_autoptr(GroupFiles) files = group_files_new("/heron");
    Fixture fixture;
    Figures figures = { 0 };
    BlockFigures devices[4];
    uint64_t times[2];
    size_t count = 4;

    fixture_open(&fixture, unified_files, "cgroup2 cgroup2 rw");
    figures_read(fixture.reader, files, FIGURES_MEMORY_PRESSURE | FIGURES_IO_PRESSURE, &figures);
    g_assert_cmpuint(figures.values[FIGURE_MEMORY_STALLED], ==, 11000);
    g_assert_cmpuint(figures.values[FIGURE_MEMORY_STALLED_FULL], ==, 10000);
    g_assert_false(figure_known(&figures, FIGURE_IO_STALLED));
    figures_read(fixture.reader, files, ALL, &figures);
    check_common(&figures);
    g_assert_cmpuint(figures.values[FIGURE_CPU_TIME], ==, 7000000);
    g_assert_cmpuint(figures.values[FIGURE_CPU_USER], ==, 4000000);
    g_assert_false(figure_known(&figures, FIGURE_MEMORY_LIMIT));
    g_assert_cmpuint(figures.values[FIGURE_SWAPPED_OUT], ==, 6);
    g_assert_cmpuint(figures.values[FIGURE_TASKS_MAX], ==, 99);
    figures_read_block(fixture.reader, files, devices, &count);
    g_assert_cmpuint(count, ==, 2);
    g_assert_cmpuint(devices[1].major, ==, 259);
    g_assert_cmpuint(devices[1].write_requests, ==, 8);
    g_assert_false(figures_read_processors(fixture.reader, files, times, 2));
    fixture_close(&fixture, unified_files);
}

static void
test_legacy(void)
{
    g_autoptr(GroupFiles) files = group_files_new("/heron");
    Fixture fixture;
    Figures figures = { 0 };
    BlockFigures devices[4];
    uint64_t times[2];
    size_t count = 4;

    fixture_open(&fixture, legacy_files, "cgroup cgroup rw,cpu,cpuacct,memory,blkio");
    figures_read(fixture.reader, files, ALL, &figures);
    check_common(&figures);
    g_assert_cmpuint(figures.values[FIGURE_CPU_TIME], ==, 7000123);
    g_assert_cmpuint(figures.values[FIGURE_CPU_USER], ==, 20000000);
    g_assert_cmpuint(figures.values[FIGURE_MEMORY_LIMIT], ==, 67108864);
    g_assert_false(figure_known(&figures, FIGURE_SWAPPED_IN));
    g_assert_false(figure_known(&figures, FIGURE_TASKS));
    figures_read_block(fixture.reader, files, devices, &count);
    g_assert_cmpuint(count, ==, 2);
    g_assert_cmpuint(devices[0].read_bytes, ==, 100);
    g_assert_cmpuint(devices[0].write_requests, ==, 2);
    g_assert_true(figures_read_processors(fixture.reader, files, times, 2));
    g_assert_cmpuint(times[0], ==, 7000000);
    g_assert_cmpuint(times[1], ==, 123);
    fixture_close(&fixture, legacy_files);
}

static void
test_group_that_is_gone(void)
{
    g_autoptr(GroupFiles) files = group_files_new("/stork");
    Fixture fixture;
    Figures figures = { 0 };
    BlockFigures devices[1];
    size_t count = 1;

    fixture_open(&fixture, legacy_files, "cgroup cgroup rw,cpu,cpuacct,memory,blkio");
    figures_read(fixture.reader, files, ALL, &figures);
    g_assert_cmpuint(figures.known, ==, 0);
    figures_read_block(fixture.reader, files, devices, &count);
    g_assert_cmpuint(count, ==, 0);
    fixture_close(&fixture, legacy_files);
}

static guint
count_descriptors(void)
{
    g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
    guint count = 0;

    while (g_dir_read_name(directory))
        count++;
    return count;
}

/* In place, as the kernel changes its files. */
static void
write_usage(const Fixture *fixture, const char *text)
{
    g_autofree char *path =
        g_build_filename(fixture->directory, "heron/memory.usage_in_bytes", NULL);
    FILE *file = fopen(path, "w");

    g_assert_nonnull(file);
    g_assert_cmpint(fputs(text, file), >=, 0);
    g_assert_cmpint(fclose(file), ==, 0);
}

static void
test_files_that_are_read_again_stay_open(void)
{
    GroupFiles *files = group_files_new("/heron");
    Fixture fixture;
    guint before;
    guint i;

    fixture_open(&fixture, legacy_files, "cgroup cgroup rw,cpu,cpuacct,memory,blkio");
    before = count_descriptors();
    for (i = 0; i < 4; i++) {
        g_autofree char *text = g_strdup_printf("%u\n", 4096 * (i + 1));
        Figures figures = { 0 };

        g_assert_cmpuint(count_descriptors(), ==, before + (i > 1));
        write_usage(&fixture, text);
        figures_read(fixture.reader, files, FIGURES_MEMORY, &figures);
        g_assert_cmpuint(figures.values[FIGURE_MEMORY], ==, 4096 * (i + 1));
    }
    group_files_unref(files);
    g_assert_cmpuint(count_descriptors(), ==, before);
    fixture_close(&fixture, legacy_files);
}

#define GROUPS 60

/* In a process of its own, as the limit is asked for once. */
static void
test_files_take_half_of_the_descriptors(void)
{
    static const struct rlimit limit = { 64, 64 };
    GroupFiles *files[GROUPS];
    Fixture fixture;
    guint before;
    guint i;

    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        return;
    }
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    fixture_open(&fixture, legacy_files, "cgroup cgroup rw,cpu,cpuacct,memory,blkio");
    for (i = 0; i < GROUPS; i++)
        files[i] = group_files_new("/heron");
    before = count_descriptors();
    for (i = 0; i < 3 * GROUPS; i++) {
        Figures figures = { 0 };

        figures_read(fixture.reader, files[i % GROUPS], FIGURES_MEMORY, &figures);
        g_assert_cmpuint(figures.values[FIGURE_MEMORY], ==, 10485760);
    }
    g_assert_cmpuint(count_descriptors(), ==, before + limit.rlim_cur / 2);
    for (i = 0; i < GROUPS; i++)
        group_files_unref(files[i]);
    g_assert_cmpuint(count_descriptors(), ==, before);
    fixture_close(&fixture, legacy_files);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/figures/v2", test_unified);
    g_test_add_func("/figures/v1", test_legacy);
    g_test_add_func("/figures/group-that-is-gone", test_group_that_is_gone);
    g_test_add_func("/figures/files-that-are-read-again-stay-open",
                    test_files_that_are_read_again_stay_open);
    g_test_add_func("/figures/files-take-half-of-the-descriptors",
                    test_files_take_half_of_the_descriptors);
    return g_test_run();
}
