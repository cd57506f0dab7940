/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Idmapped mounts of Linux 5.12 and later. */
#include "controller/mounts/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "controller/kernel.h"
#include "controller/wire/container.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

bool
idmap_write(pid_t pid, const char *file, const GPtrArray *mappings, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, file);
    g_auto(Fd) fd = open(path, O_WRONLY | O_CLOEXEC);
    g_autoptr(GString) text = g_string_new(NULL);
    guint i;

    for (i = 0; i < mappings->len; i++) {
        const ContainerIdMapping *range = g_ptr_array_index(mappings, i);

        g_string_append_printf(
            text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
            range->container_id, range->host_id, range->size);
    }
    /* the kernel takes it in one write */
    if (fd < 0 || write(fd, text->str, text->len) != (ssize_t)text->len)
        return fail_errno(error, errno, "cannot set the %s of the user namespace", file);
    return true;
}

int
idmap_namespace(const GPtrArray *uid_mappings, const GPtrArray *gid_mappings, GError **error)
{
    struct clone_args arguments = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
    g_autofree char *path = NULL;
    g_auto(Fd) fd = -1;
    pid_t pid = kernel_clone3(&arguments);

    if (pid < 0) {
        fail_errno(error, errno, "cannot make a user namespace for idmapped mounts");
        return -1;
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    path = g_strdup_printf("/proc/%d/ns/user", pid);
    if (idmap_write(pid, "uid_map", uid_mappings, error) &&
        idmap_write(pid, "gid_map", gid_mappings, error) &&
        (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        fail_errno(error, errno, "cannot open the user namespace of idmapped mounts");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return fd_steal(&fd);
}

/* A line of mountinfo: ID PARENT MAJ:MIN ROOT POINT OPTIONS [TAG …] - TYPE SOURCE DATA */
enum { MOUNT_ID, MOUNT_POINT = 4, MOUNT_OPTIONS = 5, MOUNT_WORDS };

typedef struct {
    char **words; /* of the line up to MOUNT_OPTIONS */
    char *point;
    char *type;
} MountLine;

static void
mount_line_clear(MountLine *line)
{
    g_clear_pointer(&line->words, g_strfreev);
    g_clear_pointer(&line->point, g_free);
    g_clear_pointer(&line->type, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MountLine, mount_line_clear)

static bool
mount_line_parse(const char *text, MountLine *line)
{
    const char *type = strstr(text, " - ");

    *line = (MountLine){ .words = g_strsplit(text, " ", -1) };
    if (!type || g_strv_length(line->words) <= MOUNT_WORDS)
        return false;
    type += strlen(" - ");
    line->type = g_strndup(type, strcspn(type, " "));
    /* blanks and the like are octal there, as in C */
    line->point = g_strcompress(line->words[MOUNT_POINT]);
    return true;
}

static char **
mountinfo_lines(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/self/mountinfo", &text, NULL, NULL))
        return g_new0(char *, 1);
    return g_strsplit(text, "\n", -1);
}

static char *
mount_id(int fd)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fdinfo/%d", fd);
    g_autofree char *text = NULL;
    const char *id;

    if (!g_file_get_contents(path, &text, NULL, NULL) || !(id = strstr(text, "mnt_id:")))
        return NULL;
    id += strlen("mnt_id:");
    id += strspn(id, " \t");
    return g_strndup(id, strspn(id, "0123456789"));
}

bool
idmap_present(int fd)
{
    g_autofree char *id = mount_id(fd);
    g_auto(GStrv) lines = mountinfo_lines();
    char **text;

    for (text = lines; id && *text; text++) {
        g_auto(MountLine) line = { NULL };

        if (mount_line_parse(*text, &line) && g_str_equal(line.words[MOUNT_ID], id)) {
            g_auto(GStrv) options = g_strsplit(line.words[MOUNT_OPTIONS], ",", -1);

            return g_strv_contains((const char *const *)options, "idmapped");
        }
    }
    return false;
}

static int
apply(int tree, int user_namespace, bool recursive)
{
    struct mount_attr attributes = { .attr_set = MOUNT_ATTR_IDMAP,
                                     .userns_fd = (uint64_t)user_namespace };

    return mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes,
                         sizeof(attributes));
}

/* errno of mapping the mount at @path alone; 0 when it can be mapped, or not be looked at */
static int
try(const char *path, int user_namespace)
{
    g_auto(Fd) tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

    return tree < 0 || apply(tree, user_namespace, false) == 0 ? 0 : errno;
}

static bool
is_below(const char *path, const char *above)
{
    size_t length = strlen(above);

    return strncmp(path, above, length) == 0 &&
           (path[length] == '/' || path[length] == '\0' || length == 1);
}

static bool
explain(const MountLine *line, int errnum, GError **error)
{
    if (errnum == EPERM)
        return fail(error, FAILURE_SYSTEM,
                    "'%s' is an idmapped mount already, which can be mapped only once; unmount it, "
                    "or set accessmode='passthrough'",
                    line->point);
    return fail(error, FAILURE_SYSTEM,
                "the file system '%s' at '%s' cannot be idmapped (%s); set "
                "accessmode='passthrough' and give its files to the ids of <idmap>, or unmount it",
                line->type, line->point, g_strerror(errnum));
}

bool
idmap_apply(int tree, int user_namespace, const char *path, bool recursive, GError **error)
{
    g_autofree char *real = NULL;
    g_auto(GStrv) lines = NULL;
    char **text;
    int errnum;

    if (apply(tree, user_namespace, recursive) == 0)
        return true;
    errnum = errno;
    real = realpath(path, NULL);
    lines = mountinfo_lines();
    for (text = lines; real && *text; text++) {
        g_auto(MountLine) line = { NULL };
        int failed;

        if (mount_line_parse(*text, &line) && is_below(line.point, real) &&
            (failed = try(line.point, user_namespace)) != 0)
            return explain(&line, failed, error);
    }
    return fail(error, FAILURE_SYSTEM,
                "the file system of '%s' cannot be idmapped (%s); set accessmode='passthrough' and "
                "give its files to the ids of <idmap>",
                path, g_strerror(errnum));
}
