/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs ovs-vsctl: the database of Open vSwitch has no other way in that is stable. */
#include "controller/network/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

#define PROGRAM "ovs-vsctl"
#define WORDS   512 /* of what it says */

/* Longer than the daemon of the switch takes, shorter than the daemon waits for us. */
#define TIMEOUT "--timeout=10"

static void add(GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
add(GPtrArray *argv, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(argv, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

/* Only standard descriptors are left to the program: ours are close-on-exec. */
static bool
start(GPtrArray *argv, int output, pid_t *ret_pid, GError **error)
{
    static char *const environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
    posix_spawn_file_actions_t actions;
    int errnum;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    errnum = posix_spawnp(ret_pid, PROGRAM, &actions, NULL, (char **)argv->pdata, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (errnum == ENOENT)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the host has no Open vSwitch: '" PROGRAM "' is not installed; install "
                    "openvswitch-switch, or remove <virtualport>");
    return !errnum || fail_errno(error, errnum, "cannot run '" PROGRAM "'");
}

static bool
run(GPtrArray *argv, GError **error)
{
    char words[WORDS + 1] = "";
    size_t length = 0;
    ssize_t n;
    int pipes[2];
    int status;
    pid_t pid;

    g_ptr_array_add(argv, NULL);
    if (pipe2(pipes, O_CLOEXEC) < 0)
        return fail_errno(error, errno, "cannot create a pipe");
    if (!start(argv, pipes[1], &pid, error)) {
        close(pipes[0]);
        close(pipes[1]);
        return false;
    }
    close(pipes[1]);
    while (length < WORDS && (n = read(pipes[0], words + length, WORDS - length)) > 0)
        length += n;
    close(pipes[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return fail(error, FAILURE_OPERATION_FAILED, "Open vSwitch: %s", g_strchomp(words));
}

static void
add_vlans(GPtrArray *argv, const GPtrArray *vlans)
{
    g_autoptr(GString) trunks = g_string_new(NULL);
    const ContainerVlan *untagged = NULL;
    guint i;

    for (i = 0; i < vlans->len; i++) {
        const ContainerVlan *vlan = vlans->pdata[i];

        if (vlan->untagged)
            untagged = vlan;
        g_string_append_printf(trunks, "%s%u", i ? "," : "", (unsigned)vlan->id);
    }
    if (untagged)
        add(argv, "tag=%u", (unsigned)untagged->id);
    if (vlans->len > 1 || (vlans->len == 1 && !untagged))
        add(argv, "trunks=%s", trunks->str);
    if (vlans->len > 1 && untagged)
        add(argv, "vlan_mode=native-untagged");
}

bool
switch_enter(const ContainerInterface *interface, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    size_t i;

    add(argv, PROGRAM);
    add(argv, TIMEOUT);
    add(argv, "--");
    add(argv, "--if-exists");
    add(argv, "del-port");
    add(argv, "%s", interface->host_name);
    add(argv, "--");
    add(argv, "add-port");
    add(argv, "%s", interface->bridge);
    add(argv, "%s", interface->host_name);
    add_vlans(argv, interface->vlans);
    add(argv, "--");
    add(argv, "set");
    add(argv, "Interface");
    add(argv, "%s", interface->host_name);
    for (i = 0; interface->switch_ids && interface->switch_ids[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(interface->switch_ids[i], "=", 2);

        add(argv, "external-ids:%s=\"%s\"", pair[0], pair[1] ? pair[1] : "");
    }
    if (interface->switch_profile)
        add(argv, "external-ids:port-profile=\"%s\"", interface->switch_profile);
    return run(argv, error);
}

bool
switch_leave(const ContainerInterface *interface, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

    add(argv, PROGRAM);
    add(argv, TIMEOUT);
    add(argv, "--");
    add(argv, "--if-exists");
    add(argv, "del-port");
    add(argv, "%s", interface->host_name);
    return run(argv, error);
}
