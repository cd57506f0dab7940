/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File systems of a running guest come, go, and become read-only or writable. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/mounts/image.h"
#include "controller/mounts/inside.h"
#include "controller/mounts/place.h"
#include "controller/mounts/source.h"
#include "controller/wire/failure.h"
#include "controller/wire/sealed.h"
#include "controller/worker/worker.h"

#define DOCUMENT_MAX (1 << 20)

/* The definition that came with the call: one mount, and the ids of the guest. */
static Container *
take_container(Request *request, GError **error)
{
    g_auto(Fd) fd = message_take_fd(request->fds, 1);
    g_autofree char *text = NULL;
    g_autoptr(Container) container = NULL;
    size_t length;

    if (!(text = sealed_read(fd, DOCUMENT_MAX, &length, error)) ||
        !(container = container_from_json(text, length, error)))
        return NULL;
    if (container->mounts->len == 1 && ((ContainerMount *)container->mounts->pdata[0])->type)
        return g_steal_pointer(&container);
    fail(error, FAILURE_INTERNAL, "the call has not one mount");
    return NULL;
}

/* Whether init has another user namespace than we. */
static bool
has_own_users(const Container *container)
{
    return container->os->uid_mappings->len > 0;
}

/*
 * Enters the guest's mounts, with the ids of its root, who then owns what is made. The guest cannot
 * see this process, and must not be able to trace it. *ret_root is the root of its mounts.
 */
static bool
enter(int init, const Container *container, Fd *ret_root, GError **error)
{
    bool users = has_own_users(container);

    if (setns(init, CLONE_NEWNS | (users ? CLONE_NEWUSER : 0)) < 0)
        return fail_errno(error, errno, "cannot enter the namespaces of the container");
    if (users && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
        return fail_errno(error, errno, "cannot become root of the container");
    prctl(PR_SET_DUMPABLE, 0);
    umask(0022);
    if ((*ret_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot open the root of the container");
    return true;
}

static bool
attach(int init, const Container *container, SourceContext *context, GError **error)
{
    const ContainerMount *mount = container->mounts->pdata[0];
    g_auto(Fd) root = -1;
    g_auto(Fd) tree = -1;

    if ((source_is_host(mount) && (tree = source_open(context, mount, error)) < 0) ||
        !enter(init, container, &root, error) ||
        (tree < 0 && (tree = inside_open(root, mount, error)) < 0) ||
        !inside_attach(root, tree, mount->destination, error)) {
        if (*error)
            source_explain(mount, error);
        return *error == NULL;
    }
    return true;
}

bool
filesystem_attach(Request *request, GError **error)
{
    g_auto(Fd) init = message_take_fd(request->fds, 0);
    g_autoptr(Container) container = take_container(request, error);
    g_autoptr(GArray) servers = g_array_new(FALSE, FALSE, sizeof(pid_t));
    g_auto(SourceContext) context = { .user_namespace = -1, .servers = servers };
    bool attached;

    if (!container)
        return false;
    context.uid_mappings = container->os->uid_mappings;
    context.gid_mappings = container->os->gid_mappings;
    context.capabilities = container->process->capabilities;
    attached = attach(init, container, &context, error);
    if (servers->len > 0 && attached)
        request->reply->parameters->number = g_array_index(servers, pid_t, 0);
    else if (servers->len > 0)
        image_server_await(g_array_index(servers, pid_t, 0));
    return attached;
}

/* The guest's mount table as the kernel tells it to the host; NULL: init has ended. */
static char *
mount_table(int init)
{
    g_autofree char *info = g_strdup_printf("/proc/self/fdinfo/%d", init);
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;
    const char *line;
    char *table = NULL;

    if (!g_file_get_contents(info, &text, NULL, NULL) || !(line = strstr(text, "\nPid:")))
        return NULL;
    path = g_strdup_printf("/proc/%d/mountinfo", atoi(line + strlen("\nPid:")));
    if (!g_file_get_contents(path, &table, NULL, NULL))
        return NULL;
    return table;
}

static bool
has_mounts_below(int init, const char *destination)
{
    g_autofree char *table = mount_table(init);
    g_auto(GStrv) lines = g_strsplit(table ? table : "", "\n", -1);
    g_autofree char *prefix = g_strconcat(destination, "/", NULL);
    char **line;

    for (line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", 6);
        g_autofree char *point = g_strv_length(words) > 4 ? g_strcompress(words[4]) : NULL;

        if (point && g_str_has_prefix(point, prefix))
            return true;
    }
    return false;
}

bool
filesystem_detach(Request *request, GError **error)
{
    g_auto(Fd) init = message_take_fd(request->fds, 0);
    g_autoptr(Container) container = take_container(request, error);
    const ContainerMount *mount;
    g_auto(Fd) root = -1;
    bool lazily;

    if (!container)
        return false;
    mount = container->mounts->pdata[0];
    lazily = has_mounts_below(init, mount->destination);
    return enter(init, container, &root, error) &&
           inside_detach(root, mount->destination, lazily, error);
}

bool
filesystem_update(Request *request, GError **error)
{
    g_auto(Fd) init = message_take_fd(request->fds, 0);
    g_autoptr(Container) container = take_container(request, error);
    const ContainerMount *mount;
    g_auto(Fd) root = -1;

    if (!container)
        return false;
    mount = container->mounts->pdata[0];
    return enter(init, container, &root, error) &&
           inside_set_readonly(root, mount->destination,
                               g_strv_contains((const char *const *)mount->options, "ro"), error);
}

/* A copy of what is mounted on @destination, to be put back. */
static int
copy_mounted(int root, const char *destination, GError **error)
{
    g_auto(Fd) place = place_open(root, destination, O_PATH, error);
    int tree;

    if (place < 0)
        return -1;
    tree = open_tree(place, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
    if (tree < 0)
        fail_errno(error, errno, "cannot copy the mount at '%s' of the container", destination);
    return tree;
}

static bool
exchange(int root, const ContainerMount *mount, int tree, bool lazily, GError **error)
{
    g_auto(Fd) before = copy_mounted(root, mount->destination, error);

    if (before < 0 || !inside_detach(root, mount->destination, lazily, error))
        return false;
    if (inside_attach(root, tree, mount->destination, error))
        return true;
    inside_attach(root, before, mount->destination, NULL);
    return false;
}

bool
filesystem_replace(Request *request, GError **error)
{
    g_auto(Fd) init = message_take_fd(request->fds, 0);
    g_autoptr(Container) container = take_container(request, error);
    g_auto(SourceContext) context = { .user_namespace = -1 };
    const ContainerMount *mount;
    g_auto(Fd) root = -1;
    g_auto(Fd) tree = -1;
    bool below;

    if (!container)
        return false;
    mount = container->mounts->pdata[0];
    below = has_mounts_below(init, mount->destination);
    /* whoever has a file open there for writing would go on writing */
    if (below && g_strv_contains((const char *const *)mount->options, "ro"))
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "other file systems are mounted below '%s' of the container; detach it and "
                    "attach it anew",
                    mount->destination);
    context.uid_mappings = container->os->uid_mappings;
    context.gid_mappings = container->os->gid_mappings;
    context.capabilities = container->process->capabilities;
    if ((tree = source_open(&context, mount, error)) < 0) {
        source_explain(mount, error);
        return false;
    }
    return enter(init, container, &root, error) && exchange(root, mount, tree, below, error);
}
