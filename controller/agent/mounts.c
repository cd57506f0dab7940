/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guest-get-fsinfo, guest-fsfreeze-*, guest-fstrim: the guest's mounts, as the host sees them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "controller/agent/agent.h"
#include "controller/mounts/place.h"
#include "controller/wire/failure.h"

typedef struct {
    char *device; /* "8:1" */
    char *place;  /* in the guest */
    char *type;
    char *source;
} Mount;

/* Nothing is stored in these, or what is stored is nobody's data. */
static const char *const passed_over[] = {
    "autofs",   "binfmt_misc", "bpf",   "cgroup",     "cgroup2",   "configfs",  "debugfs", "devpts",
    "devtmpfs", "efivarfs",    "fuse",  "fusectl",    "hugetlbfs", "mqueue",    "nsfs",    "proc",
    "pstore",   "ramfs",       "sysfs", "securityfs", "tracefs",   "selinuxfs", NULL,
};

static const char *const system_places[] = { "/dev", "/proc", "/run", "/sys", NULL };

static void
mount_free(gpointer data)
{
    Mount *mount = data;

    g_free(mount->device);
    g_free(mount->place);
    g_free(mount->type);
    g_free(mount->source);
    g_free(mount);
}

static bool
is_below(const char *path, const char *top)
{
    size_t length = strlen(top);

    return strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static bool
is_interesting(const Mount *mount)
{
    size_t i;

    if (g_strv_contains(passed_over, mount->type) || g_str_has_prefix(mount->type, "fuse."))
        return false;
    for (i = 0; system_places[i]; i++) {
        if (is_below(mount->place, system_places[i]))
            return false;
    }
    return true;
}

/* "36 35 98:0 /root /place options shared:1 - type source super", with octal escapes. */
static Mount *
mount_parse(const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    guint n = g_strv_length(words);
    Mount *mount;
    guint i = 6;

    while (i < n && !g_str_equal(words[i], "-"))
        i++;
    if (i + 2 >= n)
        return NULL;
    mount = g_new0(Mount, 1);
    mount->device = g_strdup(words[2]);
    mount->place = g_strcompress(words[4]);
    mount->type = g_strdup(words[i + 1]);
    mount->source = g_strcompress(words[i + 2]);
    return mount;
}

static GPtrArray *
mounts_read(const char *path, GError **error)
{
    g_autoptr(GPtrArray) mounts = g_ptr_array_new_with_free_func(mount_free);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    char **line;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        fail(error, FAILURE_OPERATION_INVALID, "the guest has ended");
        return NULL;
    }
    lines = g_strsplit(text, "\n", -1);
    for (line = lines; *line; line++) {
        Mount *mount = mount_parse(*line);

        if (mount)
            g_ptr_array_add(mounts, mount);
    }
    return g_steal_pointer(&mounts);
}

static GPtrArray *
guest_mounts(Agent *agent, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/mountinfo", agent->guest->pid);
    GPtrArray *mounts = mounts_read(path, error);
    guint i = mounts ? mounts->len : 0;

    while (i-- > 0) {
        if (!is_interesting(mounts->pdata[i]))
            g_ptr_array_remove_index(mounts, i);
    }
    return mounts;
}

static void
measure(AgentFilesystem *system, int root)
{
    g_auto(Fd) place = place_open(root, system->mountpoint, O_PATH, NULL);
    struct statvfs status;

    system->used_bytes = system->total_bytes = AGENT_ABSENT;
    if (place < 0 || fstatvfs(place, &status) < 0 || status.f_blocks == 0)
        return;
    system->used_bytes = (int64_t)((status.f_blocks - status.f_bfree) * status.f_frsize);
    /* as df counts: without what only root may still use */
    system->total_bytes =
        (int64_t)((status.f_blocks - status.f_bfree + status.f_bavail) * status.f_frsize);
}

char *
agent_fsinfo(Agent *agent, const AgentArguments *arguments, GError **error)
{
    g_autoptr(GPtrArray) systems = json_array_new(&agent_filesystem_type);
    g_autoptr(GPtrArray) mounts = guest_mounts(agent, error);
    g_auto(Fd) root = mounts ? agent_look(agent, error) : -1;
    guint i;

    if (root < 0)
        return NULL;
    for (i = 0; i < mounts->len; i++) {
        const Mount *mount = mounts->pdata[i];
        AgentFilesystem *system = json_new(&agent_filesystem_type);

        system->name =
            g_strdup(g_str_has_prefix(mount->source, "/dev/") ? mount->source + strlen("/dev/")
                                                              : mount->source);
        system->mountpoint = g_strdup(mount->place);
        system->type = g_strdup(mount->type);
        measure(system, root);
        g_ptr_array_add(systems, system);
    }
    return agent_reply_objects(&agent_filesystem_type, systems);
}

/* Freezing and trimming */

static bool
has_device(const GPtrArray *mounts, const char *device)
{
    guint i;

    for (i = 0; i < mounts->len; i++) {
        if (g_str_equal(((const Mount *)mounts->pdata[i])->device, device))
            return true;
    }
    return false;
}

/*
 * Mounts of the guest's own file systems, each once: what the host has mounted as well must not be
 * frozen, it would stop the host. @wanted: places, or NULL for all.
 */
static GPtrArray *
own_mounts(Agent *agent, char *const *wanted, GError **error)
{
    g_autoptr(GPtrArray) mounts = guest_mounts(agent, error);
    g_autoptr(GPtrArray) host = mounts ? mounts_read("/proc/self/mountinfo", error) : NULL;
    g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func(mount_free);

    if (!host)
        return NULL;
    while (mounts->len > 0) {
        Mount *mount = g_ptr_array_steal_index(mounts, 0);
        bool asked = !wanted || g_strv_contains((const char *const *)wanted, mount->place);

        if (asked && !has_device(own, mount->device) && !has_device(host, mount->device))
            g_ptr_array_add(own, mount);
        else
            mount_free(mount);
    }
    return g_steal_pointer(&own);
}

char *
agent_freeze_status(Agent *agent, const AgentArguments *arguments, GError **error)
{
    return agent_reply_text(agent->frozen->len > 0 ? "frozen" : "thawed");
}

static bool
freeze_one(Agent *agent, int root, const Mount *mount, int64_t *count, GError **error)
{
    g_auto(Fd) place = place_open(root, mount->place, O_RDONLY | O_NONBLOCK | O_NOCTTY, error);

    if (place < 0)
        return false;
    if (ioctl(place, FIFREEZE, 0) < 0) {
        /* some file systems cannot; one that is frozen already is as wanted */
        return errno == EOPNOTSUPP || errno == ENOTTY || errno == EBUSY ||
               fail_errno(error, errno, "failed to freeze %s", mount->place);
    }
    /* known to the agent at once: it thaws what is frozen when the guest ends */
    if (agent_keep(agent, "Frozen", &place, 1, error) < 0) {
        ioctl(place, FITHAW, 0);
        return false;
    }
    g_array_append_val(agent->frozen, place);
    fd_steal(&place);
    (*count)++;
    return true;
}

char *
agent_freeze(Agent *agent, const AgentArguments *arguments, GError **error)
{
    g_autoptr(GPtrArray) mounts = own_mounts(agent, arguments->mountpoints, error);
    g_auto(Fd) root = mounts ? agent_look(agent, error) : -1;
    int64_t count = 0;
    guint i;

    if (root < 0)
        return NULL;
    if (agent->frozen->len > 0) {
        fail(error, FAILURE_OPERATION_INVALID, "the guest's file systems are frozen already");
        return NULL;
    }
    for (i = mounts->len; i > 0; i--) {
        if (freeze_one(agent, root, mounts->pdata[i - 1], &count, error))
            continue;
        agent_thaw(agent);
        agent_keep(agent, "Thawed", NULL, 0, NULL);
        return NULL;
    }
    return agent_reply_number(count);
}

/* Also what an agent that was killed has left frozen. */
char *
agent_thaw_all(Agent *agent, const AgentArguments *arguments, GError **error)
{
    g_autoptr(GPtrArray) mounts = own_mounts(agent, NULL, error);
    g_auto(Fd) root = mounts ? agent_look(agent, error) : -1;
    int64_t count = 0;
    guint i;

    if (root < 0)
        return NULL;
    for (i = 0; i < agent->frozen->len; i++)
        count += ioctl(g_array_index(agent->frozen, Fd, i), FITHAW, 0) == 0;
    for (i = 0; i < mounts->len; i++) {
        const Mount *mount = mounts->pdata[i];
        g_auto(Fd) place = place_open(root, mount->place, O_RDONLY | O_NONBLOCK | O_NOCTTY, NULL);

        count += place >= 0 && ioctl(place, FITHAW, 0) == 0;
    }
    if (agent_keep(agent, "Thawed", NULL, 0, error) < 0)
        return NULL;
    return agent_reply_number(count);
}

char *
agent_trim(Agent *agent, const AgentArguments *arguments, GError **error)
{
    g_autoptr(GPtrArray) mounts = own_mounts(agent, NULL, error);
    g_auto(Fd) root = mounts ? agent_look(agent, error) : -1;
    AgentTrim *trim;
    char *reply;
    guint i;

    if (root < 0)
        return NULL;
    trim = json_new(&agent_trim_type);
    trim->paths = json_array_new(&agent_trimmed_type);
    for (i = 0; i < mounts->len; i++) {
        const Mount *mount = mounts->pdata[i];
        g_auto(Fd) place = place_open(root, mount->place, O_RDONLY | O_NONBLOCK | O_NOCTTY, NULL);
        struct fstrim_range range = { .len = UINT64_MAX };
        AgentTrimmed *row = json_new(&agent_trimmed_type);

        range.minlen = arguments->minimum > 0 ? arguments->minimum : 0;
        row->path = g_strdup(mount->place);
        if (place >= 0 && ioctl(place, FITRIM, &range) == 0) {
            row->trimmed = (int64_t)range.len;
            row->minimum = (int64_t)range.minlen;
        } else {
            row->error = g_strdup_printf("failed to trim: %s", g_strerror(errno));
        }
        g_ptr_array_add(trim->paths, row);
    }
    reply = agent_reply_object(&agent_trim_type, trim);
    json_free(&agent_trim_type, trim);
    return reply;
}
