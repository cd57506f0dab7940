/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the guest's files and the kernel say of it; no program of the guest's is asked. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <utmp.h>

#include "controller/agent/agent.h"
#include "controller/mounts/place.h"
#include "controller/wire/failure.h"

#define RELEASE_MAX (64 << 10)
#define UTMP_MAX    (4 << 20)

/* The first of @paths that there is; NULL without error: none. */
static char *
read_first(int root, const char *const *paths, size_t limit, size_t *ret_length, GError **error)
{
    for (; *paths; paths++) {
        g_autoptr(GError) local = NULL;
        char *text = place_read(root, *paths, limit, ret_length, &local);

        if (text)
            return text;
        if (errno != ENOENT) {
            g_propagate_error(error, g_steal_pointer(&local));
            return NULL;
        }
    }
    return NULL;
}

/* The value in the line NAME=value, without quotes; as sh would read it. */
static char *
release_value(char *const *lines, const char *name)
{
    size_t length = strlen(name);
    char *const *line;

    for (line = lines; *line; line++) {
        g_autoptr(GError) ignored = NULL;
        g_autofree char *plain = NULL;

        if (strncmp(*line, name, length) != 0 || (*line)[length] != '=')
            continue;
        plain = g_strstrip(g_strdup(*line + length + 1));
        if (*plain == '"' || *plain == '\'') {
            char *value = g_shell_unquote(plain, &ignored);

            return value ? value : g_steal_pointer(&plain);
        }
        return *plain ? g_steal_pointer(&plain) : NULL;
    }
    return NULL;
}

char *
agent_osinfo(Agent *agent, const AgentArguments *arguments, GError **error)
{
    static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release", NULL };
    g_auto(Fd) root = agent_look(agent, error);
    g_autofree char *text = root >= 0 ? read_first(root, paths, RELEASE_MAX, NULL, error) : NULL;
    g_auto(GStrv) lines = NULL;
    struct utsname kernel;
    char *reply;
    AgentOs *os;

    if (root < 0 || *error)
        return NULL;
    lines = g_strsplit(text ? text : "", "\n", -1);
    uname(&kernel);
    os = json_new(&agent_os_type);
    os->id = release_value(lines, "ID");
    os->name = release_value(lines, "NAME");
    os->pretty_name = release_value(lines, "PRETTY_NAME");
    os->version = release_value(lines, "VERSION");
    os->version_id = release_value(lines, "VERSION_ID");
    os->variant = release_value(lines, "VARIANT");
    os->variant_id = release_value(lines, "VARIANT_ID");
    os->machine = g_strdup(kernel.machine);
    os->kernel_release = g_strdup(kernel.release);
    os->kernel_version = g_strdup(kernel.version);
    reply = agent_reply_object(&agent_os_type, os);
    json_free(&agent_os_type, os);
    return reply;
}

char *
agent_host_name(Agent *agent, const AgentArguments *arguments, GError **error)
{
    AgentHostName name;
    struct utsname names;

    if (!guest_join(agent->guest, CLONE_NEWUTS, error))
        return NULL;
    if (uname(&names) < 0) {
        fail_errno(error, errno, "cannot read the host name");
        return NULL;
    }
    name.host_name = names.nodename;
    return agent_reply_object(&agent_host_name_type, &name);
}

static AgentUser *
find_user(GPtrArray *users, const char *name)
{
    AgentUser *user;
    guint i;

    for (i = 0; i < users->len; i++) {
        user = users->pdata[i];
        if (g_str_equal(user->user, name))
            return user;
    }
    user = json_new(&agent_user_type);
    user->user = g_strdup(name);
    g_ptr_array_add(users, user);
    return user;
}

/* Every user once, with the first of its logins. */
char *
agent_users(Agent *agent, const AgentArguments *arguments, GError **error)
{
    static const char *const paths[] = { "/run/utmp", "/var/run/utmp", NULL };
    g_autoptr(GPtrArray) users = json_array_new(&agent_user_type);
    g_auto(Fd) root = agent_look(agent, error);
    g_autofree char *text = NULL;
    size_t length = 0;
    size_t at;

    if (root < 0)
        return NULL;
    text = read_first(root, paths, UTMP_MAX, &length, error);
    if (*error)
        return NULL;
    for (at = 0; text && at + sizeof(struct utmp) <= length; at += sizeof(struct utmp)) {
        g_autofree char *name = NULL;
        struct utmp entry;
        AgentUser *user;
        double since;

        memcpy(&entry, text + at, sizeof(entry));
        name = g_strndup(entry.ut_user, sizeof(entry.ut_user));
        if (entry.ut_type != USER_PROCESS || !*name)
            continue;
        user = find_user(users, name);
        since = (uint32_t)entry.ut_tv.tv_sec + entry.ut_tv.tv_usec / 1e6;
        if (user->login_time == 0 || since < user->login_time)
            user->login_time = since;
    }
    return agent_reply_objects(&agent_user_type, users);
}

char *
agent_time(Agent *agent, const AgentArguments *arguments, GError **error)
{
    return agent_reply_number(g_get_real_time() * 1000);
}

/* "0-2,5": what init may run on. */
static void
add_vcpus(GPtrArray *vcpus, const char *list)
{
    g_auto(GStrv) ranges = g_strsplit(list, ",", -1);
    char **range;

    for (range = ranges; *range; range++) {
        char *end;
        unsigned long first = strtoul(*range, &end, 10);
        unsigned long last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;

        for (; first <= last && vcpus->len < 8192; first++) {
            AgentVcpu *vcpu = json_new(&agent_vcpu_type);

            vcpu->logical_id = first;
            vcpu->online = true;
            g_ptr_array_add(vcpus, vcpu);
        }
    }
}

char *
agent_vcpus(Agent *agent, const AgentArguments *arguments, GError **error)
{
    static const char key[] = "\nCpus_allowed_list:\t";
    g_autofree char *path = g_strdup_printf("/proc/%d/status", agent->guest->pid);
    g_autoptr(GPtrArray) vcpus = json_array_new(&agent_vcpu_type);
    g_autofree char *text = NULL;
    g_autofree char *list = NULL;
    const char *row;

    if (!g_file_get_contents(path, &text, NULL, NULL) || !guest_is_alive(agent->guest) ||
        !(row = strstr(text, key))) {
        fail(error, FAILURE_OPERATION_INVALID, "the guest has ended");
        return NULL;
    }
    row += strlen(key);
    list = g_strndup(row, strcspn(row, "\n"));
    add_vcpus(vcpus, list);
    return agent_reply_objects(&agent_vcpu_type, vcpus);
}

/* The block devices that the guest was given. */
char *
agent_disks(Agent *agent, const AgentArguments *arguments, GError **error)
{
    const GPtrArray *devices = agent->guest->container->os->devices;
    g_autoptr(GPtrArray) disks = json_array_new(&agent_disk_type);
    guint i;

    for (i = 0; i < devices->len; i++) {
        const ContainerDevice *device = devices->pdata[i];
        AgentDisk *disk;

        if (g_strcmp0(device->type, "b") != 0)
            continue;
        disk = json_new(&agent_disk_type);
        disk->name = g_strdup(device->path);
        g_ptr_array_add(disks, disk);
    }
    return agent_reply_objects(&agent_disk_type, disks);
}
