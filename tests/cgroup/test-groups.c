/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups on the machine the test runs on; skipped without root. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup/layout.h"
#include "controller/wire/container.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

typedef struct {
    CgroupLayout *layout;
    char *group; /* below the root of every hierarchy */
} Fixture;

static gint64
soon(void)
{
    return g_get_monotonic_time() + 5 * G_USEC_PER_SEC;
}

/* @v2: a layout of the v2 hierarchy alone, where the host has one. */
static void
set_up(Fixture *fixture, gconstpointer v2)
{
    g_autofree char *text = NULL;
    GError *error = NULL;

    if (geteuid() != 0) {
        g_test_skip("needs root");
        return;
    }
    g_assert_true(g_file_get_contents("/proc/self/mountinfo", &text, NULL, NULL));
    if (v2) {
        char *line = strstr(text, " - cgroup2 ");
        char *end;

        if (!line) {
            g_test_skip("the host has no cgroup2");
            return;
        }
        while (line > text && line[-1] != '\n')
            line--;
        end = strchr(line, '\n');
        end[1] = '\0';
        fixture->layout = cgroup_layout_parse(line, false, &error);
    } else {
        fixture->layout = cgroup_layout_parse(text, true, &error);
    }
    g_assert_no_error(error);
    fixture->group = g_strdup_printf("/caisson-test-%d", getpid());
    g_assert_true(cgroup_create(fixture->layout, fixture->group, &error));
    g_assert_no_error(error);
}

static bool
group_exists(const Fixture *fixture, const char *group)
{
    guint i;

    for (i = 0; i < cgroup_hierarchies(fixture->layout)->len; i++) {
        const CgroupHierarchy *hierarchy =
            g_ptr_array_index(cgroup_hierarchies(fixture->layout), i);
        g_autofree char *path = g_strconcat(hierarchy->mount_point, group, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            return true;
    }
    return false;
}

static void
tear_down(Fixture *fixture, gconstpointer v2)
{
    GError *error = NULL;

    if (!fixture->layout)
        return;
    g_assert_true(cgroup_kill(fixture->layout, fixture->group, soon(), &error));
    g_assert_no_error(error);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    g_assert_true(cgroup_remove(fixture->layout, fixture->group, soon(), &error));
    g_assert_no_error(error);
    g_assert_false(group_exists(fixture, fixture->group));
    cgroup_layout_free(fixture->layout);
    g_free(fixture->group);
}

/* A process in the group that waits, or with @fork_forever makes others that wait. */
static pid_t
spawn_into(const Fixture *fixture, const char *group, bool fork_forever)
{
    GError *error = NULL;
    pid_t pid = fork();

    if (pid == 0) {
        int i;

        usleep(50000);
        for (i = 0; fork_forever && i < 200; i++) {
            if (fork() == 0)
                pause();
            usleep(1000);
        }
        for (;;)
            pause();
    }
    g_assert_true(cgroup_attach(fixture->layout, group, pid, &error));
    g_assert_no_error(error);
    return pid;
}

static void
test_attach(Fixture *fixture, gconstpointer v2)
{
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint found = 0;
    pid_t pid;
    size_t i;

    if (!fixture->layout)
        return;
    pid = spawn_into(fixture, fixture->group, false);
    path = g_strdup_printf("/proc/%d/cgroup", pid);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (i = 0; lines[i]; i++)
        found += g_str_has_suffix(lines[i], fixture->group);
    g_assert_cmpuint(found, ==, cgroup_hierarchies(fixture->layout)->len);
}

static void
test_kill(Fixture *fixture, gconstpointer v2)
{
    g_autofree char *child = NULL;
    GError *error = NULL;
    pid_t pid;
    int status;

    if (!fixture->layout)
        return;
    child = g_strconcat(fixture->group, "/child", NULL);
    g_assert_true(cgroup_create(fixture->layout, child, &error));
    pid = spawn_into(fixture, child, true);
    usleep(100000);
    g_assert_true(cgroup_kill(fixture->layout, fixture->group, soon(), &error));
    g_assert_no_error(error);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
}

static void
test_freeze(Fixture *fixture, gconstpointer v2)
{
    volatile int *count =
        mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    GError *error = NULL;
    pid_t pid;
    int seen;

    if (!fixture->layout)
        return;
    if ((pid = fork()) == 0) {
        for (;; usleep(1000))
            ++*count;
    }
    g_assert_true(cgroup_attach(fixture->layout, fixture->group, pid, &error));
    g_assert_true(cgroup_freeze(fixture->layout, fixture->group, true, soon(), &error));
    g_assert_no_error(error);
    seen = *count;
    usleep(50000);
    g_assert_cmpint(*count, ==, seen);
    g_assert_true(cgroup_freeze(fixture->layout, fixture->group, false, soon(), &error));
    g_assert_no_error(error);
    usleep(50000);
    g_assert_cmpint(*count, >, seen);
}

static void
test_kill_frozen(Fixture *fixture, gconstpointer v2)
{
    GError *error = NULL;
    pid_t pid;
    int status;

    if (!fixture->layout)
        return;
    pid = spawn_into(fixture, fixture->group, false);
    g_assert_true(cgroup_freeze(fixture->layout, fixture->group, true, soon(), &error));
    g_assert_true(cgroup_kill(fixture->layout, fixture->group, soon(), &error));
    g_assert_no_error(error);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
}

static void
test_missing(Fixture *fixture, gconstpointer v2)
{
    GError *error = NULL;

    if (!fixture->layout)
        return;
    g_assert_true(cgroup_kill(fixture->layout, "/caisson-absent", soon(), &error));
    g_assert_true(cgroup_remove(fixture->layout, "/caisson-absent", soon(), &error));
    g_assert_no_error(error);
    g_assert_false(cgroup_create(fixture->layout, "/caisson-absent/child", &error));
    g_assert_error(error, FAILURE, FAILURE_SYSTEM);
    g_assert_nonnull(
        strstr(error->message, "control group '/caisson-absent' cannot be opened in '"));
    g_assert_false(group_exists(fixture, "/caisson-absent"));
    g_clear_error(&error);
}

static void
test_busy(Fixture *fixture, gconstpointer v2)
{
    GError *error = NULL;

    if (!fixture->layout)
        return;
    spawn_into(fixture, fixture->group, false);
    g_assert_false(cgroup_remove(fixture->layout, fixture->group,
                                 g_get_monotonic_time() + G_USEC_PER_SEC / 20, &error));
    g_assert_nonnull(strstr(error->message, "Device or resource busy"));
    g_clear_error(&error);
}

static void
test_return(Fixture *fixture, gconstpointer v2)
{
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    GError *error = NULL;

    if (!fixture->layout)
        return;
    before = cgroup_position(&error);
    g_assert_true(cgroup_attach(fixture->layout, fixture->group, getpid(), &error));
    g_assert_no_error(error);
    cgroup_return(fixture->layout, before);
    after = cgroup_position(&error);
    g_assert_cmpstr(before, ==, after);
}

static ContainerDeviceRule *
rule(bool allow, const char *type, int64_t minor, const char *access)
{
    ContainerDeviceRule *made = json_new(&container_device_rule_type);

    made->allow = allow;
    made->type = g_strdup(type);
    made->major = type[0] == 'a' ? -1 : 1;
    made->minor = minor;
    made->access = g_strdup(access);
    return made;
}

/* Bits of what a process in the group can do: 1 read null, 2 write null, 4 read zero, 8 write zero,
 * 16 mknod of null, 32 mknod of a block device. */
static int
probe(const Fixture *fixture)
{
    GError *error = NULL;
    int ready[2];
    int status;
    pid_t pid;
    char go;

    g_assert_cmpint(pipe(ready), ==, 0);
    if ((pid = fork()) == 0) {
        g_autofree char *path = g_strdup_printf("/tmp/caisson-node-%d", getpid());
        int can = 0;

        if (read(ready[0], &go, 1) != 1)
            _exit(255);
        can |= open("/dev/null", O_RDONLY) >= 0 ? 1 : 0;
        can |= open("/dev/null", O_WRONLY) >= 0 ? 2 : 0;
        can |= open("/dev/zero", O_RDONLY) >= 0 ? 4 : 0;
        can |= open("/dev/zero", O_WRONLY) >= 0 ? 8 : 0;
        can |= mknod(path, S_IFCHR, makedev(1, 3)) == 0 ? 16 : 0;
        unlink(path);
        can |= mknod(path, S_IFBLK, makedev(1, 3)) == 0 ? 32 : 0;
        unlink(path);
        _exit(can);
    }
    g_assert_true(cgroup_attach(fixture->layout, fixture->group, pid, &error));
    g_assert_no_error(error);
    g_assert_cmpint(write(ready[1], "x", 1), ==, 1);
    close(ready[0]);
    close(ready[1]);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
test_devices(Fixture *fixture, gconstpointer v2)
{
    g_autoptr(GPtrArray) rules = NULL;
    GError *error = NULL;

    if (!fixture->layout)
        return;
    g_assert_cmpint(probe(fixture), ==, 63);
    rules = json_array_new(&container_device_rule_type);
    g_ptr_array_add(rules, rule(false, "a", -1, "rwm"));
    g_ptr_array_add(rules, rule(true, "c", 3, "rw"));
    g_ptr_array_add(rules, rule(true, "c", 5, "r"));
    g_assert_true(cgroup_limit_devices(fixture->layout, fixture->group, rules, &error));
    g_assert_no_error(error);
    g_assert_cmpint(probe(fixture), ==, 1 | 2 | 4);
}

static void
test_device_order(Fixture *fixture, gconstpointer v2)
{
    g_autoptr(GPtrArray) rules = NULL;
    GError *error = NULL;

    if (!fixture->layout)
        return;
    rules = json_array_new(&container_device_rule_type);
    g_ptr_array_add(rules, rule(true, "c", -1, "rwm"));
    g_ptr_array_add(rules, rule(false, "c", -1, "w"));
    g_ptr_array_add(rules, rule(true, "c", 3, "w"));
    g_assert_true(cgroup_limit_devices(fixture->layout, fixture->group, rules, &error));
    g_assert_no_error(error);
    /* the last rule decides on v2; exceptions of v1 do not overlap like this */
    g_assert_cmpint(probe(fixture) & (1 | 4 | 8 | 32), ==, 1 | 4);
}

static void
test_no_devices(Fixture *fixture, gconstpointer v2)
{
    GError *error = NULL;

    if (!fixture->layout)
        return;
    g_assert_true(cgroup_limit_devices(fixture->layout, fixture->group, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpint(probe(fixture), ==, 0);
}

static void
test_delegate(Fixture *fixture, gconstpointer v2)
{
    GError *error = NULL;
    guint owned = 0;
    guint i;

    if (!fixture->layout)
        return;
    g_assert_true(cgroup_delegate(fixture->layout, fixture->group, 1234, 5678, &error));
    g_assert_no_error(error);
    for (i = 0; i < cgroup_hierarchies(fixture->layout)->len; i++) {
        const CgroupHierarchy *hierarchy =
            g_ptr_array_index(cgroup_hierarchies(fixture->layout), i);
        g_autofree char *path =
            g_strconcat(hierarchy->mount_point, fixture->group, "/cgroup.procs", NULL);
        bool given =
            hierarchy->version == 2 || g_str_equal(hierarchy->controllers[0], "name=systemd");
        struct stat status;

        g_assert_cmpint(stat(path, &status), ==, 0);
        g_assert_cmpint(status.st_uid, ==, given ? 1234 : 0);
        owned += given;
    }
    g_assert_cmpuint(owned, >, 0);
}

static void
test_files(Fixture *fixture, gconstpointer v2)
{
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;
    GError *error = NULL;

    if (!fixture->layout)
        return;
    if (!cgroup_has(fixture->layout, CGROUP_PIDS)) {
        g_test_skip("no pids controller here");
        return;
    }
    path = g_strconcat(fixture->group, "/pids.max", NULL);
    g_assert_true(cgroup_write(fixture->layout, CGROUP_PIDS, path, "77", &error));
    text = cgroup_read(fixture->layout, CGROUP_PIDS, fixture->group, "pids.max", &error);
    g_assert_cmpstr(text, ==, "77\n");
    g_assert_false(cgroup_write(fixture->layout, CGROUP_PIDS, path, "many", &error));
    g_assert_nonnull(strstr(error->message, "cannot write 'many' to '/caisson-test-"));
    g_clear_error(&error);
    g_assert_null(cgroup_read(fixture->layout, CGROUP_PIDS, fixture->group, "pids.absent", &error));
    g_assert_error(error, FAILURE, FAILURE_SYSTEM);
    g_clear_error(&error);
}

/* They are not looked for by who has made all groups itself. */
static void
check_uniform(Fixture *fixture, const char *guest, const char *limits)
{
    guint i;

    cgroup_layout_make_uniform(fixture->layout);
    for (i = 0; i < cgroup_hierarchies(fixture->layout)->len; i++) {
        const CgroupHierarchy *hierarchy =
            g_ptr_array_index(cgroup_hierarchies(fixture->layout), i);
        g_autofree char *place = cgroup_hierarchy_place(hierarchy, limits);

        g_assert_cmpstr(place, ==, hierarchy->flat ? guest : limits);
    }
}

/* By an earlier version, which made all groups in all hierarchies. */
static void
test_deep(Fixture *fixture, gconstpointer v2)
{
    g_autofree char *guest = g_strconcat(fixture->group, "/lxc-41-heron.libvirt-lxc", NULL);
    g_autofree char *limits = g_strconcat(guest, "/" CGROUP_LIMITS, NULL);
    GError *error = NULL;
    guint i;

    g_assert_true(cgroup_create(fixture->layout, guest, &error));
    g_assert_no_error(error);
    for (i = 0; i < cgroup_hierarchies(fixture->layout)->len; i++) {
        const CgroupHierarchy *hierarchy =
            g_ptr_array_index(cgroup_hierarchies(fixture->layout), i);
        g_autofree char *path = g_strconcat(hierarchy->mount_point, limits, NULL);
        g_autofree char *before = cgroup_hierarchy_place(hierarchy, limits);
        g_autofree char *after = NULL;

        g_assert_cmpstr(before, ==, hierarchy->flat ? guest : limits);
        g_assert_cmpint(mkdir(path, 0755), ==, 0);
        after = cgroup_hierarchy_place(hierarchy, limits);
        g_assert_cmpstr(after, ==, limits);
    }
    check_uniform(fixture, guest, limits);
    g_assert_true(cgroup_remove(fixture->layout, guest, soon(), &error));
    g_assert_no_error(error);
    g_assert_false(group_exists(fixture, guest));
}

static const struct {
    const char *name;
    void (*function)(Fixture *fixture, gconstpointer v2);
} tests[] = {
    { "a process is attached in every hierarchy", test_attach },
    { "killing ends a group that forks, and the groups below", test_kill },
    { "a suspended group does nothing until it is resumed", test_freeze },
    { "a suspended group can be killed", test_kill_frozen },
    { "a missing group is already killed and removed, and no parent", test_missing },
    { "a group in use is reported at the deadline", test_busy },
    { "a process returns to where it was", test_return },
    { "only devices that are allowed can be used", test_devices },
    { "later device rules win", test_device_order },
    { "no rule means no device", test_no_devices },
    { "only safe hierarchies are delegated", test_delegate },
    { "files are written and read", test_files },
    { "the groups of an earlier version are found", test_deep },
};

int
main(int argc, char **argv)
{
    size_t i;

    g_test_init(&argc, &argv, NULL);
    for (i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *host = g_strconcat("/host/", tests[i].name, NULL);
        g_autofree char *v2 = g_strconcat("/v2/", tests[i].name, NULL);

        g_test_add(host, Fixture, NULL, set_up, tests[i].function, tear_down);
        g_test_add(v2, Fixture, GINT_TO_POINTER(1), set_up, tests[i].function, tear_down);
    }
    return g_test_run();
}
