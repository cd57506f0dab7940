/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /dev of the guest: a small tmpfs with the nodes every program expects, made by the launcher,
 * because device nodes made in a user namespace cannot be opened; and a devpts of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/mounts/mount-options.h"
#include "controller/mounts/place.h"
#include "controller/devices/find.h"
#include "controller/devices/node.h"
#include "controller/launcher/steps.h"
#include "controller/launcher/terminals.h"
#include "controller/wire/failure.h"
#include "controller/wire/handover.h"

/* character devices everyone may use */
static const struct {
    const char *path;
    int major;
    int minor;
} standard_nodes[] = {
    { "/dev/null", 1, 3 },   { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
    { "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

static const struct {
    const char *name;
    const char *target;
} links[] = {
    { "fd", "/proc/self/fd" },       { "stdin", "/proc/self/fd/0" },
    { "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
    { "ptmx", "pts/ptmx" },
};

static bool
own(const Launch *launch, int directory, const char *path, GError **error)
{
    if (launch->user_namespace && fchownat(directory, path, launch->root_uid, launch->root_gid,
                                           AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0)
        return fail_errno(error, errno, "cannot give '%s' to the guest's root", path);
    return true;
}

static bool
make_node(const Launch *launch, int tree, const DeviceNode *node, GError **error)
{
    return node_make(tree, node, (NodeOwner){ launch->root_uid, launch->root_gid }, error);
}

static bool
make_file(const Launch *launch, int tree, const char *name, GError **error)
{
    g_auto(Fd) fd = openat(tree, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return fail_errno(error, errno, "cannot make '/dev/%s'", name);
    return own(launch, tree, name, error);
}

static bool
make_standard_nodes(const Launch *launch, int tree, GError **error)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(standard_nodes); i++) {
        const DeviceNode node = { .path = (char *)standard_nodes[i].path,
                                  .type = (char *)"c",
                                  .major = standard_nodes[i].major,
                                  .minor = standard_nodes[i].minor,
                                  .file_mode = 0666 };

        if (!make_node(launch, tree, &node, error))
            return false;
    }
    return true;
}

/* What the definition names by number, then what was found on the host: of that, a node may be
 * there already, as part of another device or of every container. */
static bool
make_named_nodes(const Launch *launch, int tree, GError **error)
{
    const GPtrArray *devices = launch->container->os->devices;
    guint i;

    for (i = 0; i < devices->len; i++) {
        const ContainerDevice *device = g_ptr_array_index(devices, i);
        const DeviceNode node = { .path = device->path,
                                  .type = device->type,
                                  .major = device->major,
                                  .minor = device->minor,
                                  .file_mode = device->file_mode };

        if (!make_node(launch, tree, &node, error))
            return false;
    }
    for (i = 0; i < launch->nodes->len; i++) {
        const DeviceNode *node = g_ptr_array_index(launch->nodes, i);

        if (!node_is_there(tree, node) && !make_node(launch, tree, node, error)) {
            g_prefix_error(error, "%s: ", node->alias);
            return false;
        }
    }
    return true;
}

static bool
make_links(const Launch *launch, int tree, GError **error)
{
    guint i;

    for (i = 0; i < G_N_ELEMENTS(links); i++) {
        if (symlinkat(links[i].target, tree, links[i].name) < 0)
            return fail_errno(error, errno, "cannot make '/dev/%s'", links[i].name);
        if (!own(launch, tree, links[i].name, error))
            return false;
    }
    /* mount points of the consoles, and of the kernel log */
    if (!make_file(launch, tree, "kmsg", error))
        return false;
    for (i = 0; i < launch->container->caisson->consoles->len; i++) {
        g_autofree char *name = g_strdup_printf("tty%u", i + 1);

        if ((i == 0 && !make_file(launch, tree, "console", error)) ||
            !make_file(launch, tree, name, error))
            return false;
    }
    return true;
}

static bool
fill_tree(const Launch *launch, int tree, GError **error)
{
    if (mkdirat(tree, "pts", 0755) < 0)
        return fail_errno(error, errno, "cannot make '/dev/pts'");
    return own(launch, tree, "", error) && own(launch, tree, "pts", error) &&
           make_standard_nodes(launch, tree, error) && make_links(launch, tree, error) &&
           make_named_nodes(launch, tree, error);
}

static bool
is_dev(const ContainerMount *mount)
{
    return g_strcmp0(mount->type, "tmpfs") == 0 && g_str_equal(mount->destination, "/dev");
}

/* Ids in options are the guest's; a file system made on the host's side wants the host's. */
static void
map_options(const Launch *launch, MountOptions *options, GPtrArray *owned)
{
    guint i;

    for (i = 0; i < options->data->len; i++) {
        const char *word = g_ptr_array_index(options->data, i);
        bool gid = g_str_has_prefix(word, "gid=");
        int64_t id;

        if (!gid && !g_str_has_prefix(word, "uid="))
            continue;
        id = launch_host_id(
            launch, gid ? launch->container->os->gid_mappings : launch->container->os->uid_mappings,
            g_ascii_strtoll(word + 4, NULL, 10));
        /* a group that the guest does not have: the files are then its root's */
        if (id < 0)
            id = gid ? launch->root_gid : launch->root_uid;
        g_ptr_array_add(owned, g_strdup_printf("%.4s%" G_GINT64_FORMAT, word, id));
        options->data->pdata[i] = g_ptr_array_index(owned, owned->len - 1);
    }
}

static int
make_mount(const Launch *launch, const ContainerMount *mount, GError **error)
{
    g_auto(MountOptions) options = { 0 };
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    int fd;

    mount_options_init(&options, (const char *const *)mount->options);
    map_options(launch, &options, owned);
    fd = mount_create(mount->type, &options, error);
    if (fd < 0)
        g_prefix_error(error, "%s: ", mount->destination);
    return fd;
}

static void
allow_node(Launch *launch, const DeviceNode *node)
{
    ContainerDeviceRule *rule = json_new(&container_device_rule_type);

    rule->allow = true;
    rule->type = g_strdup(node->type);
    rule->major = node->major;
    rule->minor = node->minor;
    rule->access = g_strdup(node->access);
    g_ptr_array_add(launch->container->os->resources->devices, rule);
}

bool
devices_find(Launch *launch, GError **error)
{
    const GPtrArray *devices = launch->container->caisson->host_devices;
    guint i;
    guint n;

    for (i = 0; i < devices->len; i++) {
        const ContainerHostDevice *device = g_ptr_array_index(devices, i);
        g_auto(FoundDevice) found = FOUND_DEVICE_NONE;

        if (!device_find(&device_roots, device, &found, error)) {
            g_prefix_error(error, "%s: ", device->alias);
            return false;
        }
        for (n = 0; n < found.nodes->len; n++) {
            allow_node(launch, g_ptr_array_index(found.nodes, n));
            g_ptr_array_add(launch->nodes, device_node_copy(g_ptr_array_index(found.nodes, n)));
        }
        if (found.held >= 0) {
            KeeperHeld *held = json_new(&keeper_held_type);

            held->alias = g_strdup(device->alias);
            held->fd = fd_steal(&found.held);
            g_ptr_array_add(launch->held, held);
        }
        if (found.server > 0)
            g_array_append_val(launch->servers, found.server);
        found.server = 0;
    }
    return true;
}

void
devices_forget(Launch *launch)
{
    guint i;

    for (i = 0; i < launch->held->len; i++)
        close((int)((const KeeperHeld *)launch->held->pdata[i])->fd);
    g_ptr_array_set_size(launch->held, 0);
}

bool
devices_mount(Launch *launch, GError **error)
{
    int ends[2];
    guint i;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail_errno(error, errno, "cannot create a pipe");
    launch->filled = ends[0];
    launch->fill = ends[1];
    for (i = 0; i < launch->container->mounts->len; i++) {
        const ContainerMount *mount = g_ptr_array_index(launch->container->mounts, i);
        bool pts = g_strcmp0(mount->type, "devpts") == 0;

        if (!pts && !is_dev(mount))
            continue;
        if ((launch->trees[i] = make_mount(launch, mount, error)) < 0)
            return false;
        if (pts) {
            launch->pts = launch->trees[i];
            if (!own(launch, launch->pts, "", error) || !own(launch, launch->pts, "ptmx", error))
                return false;
        }
    }
    return true;
}

bool
devices_fill(Launch *launch, GError **error)
{
    guint i;

    for (i = 0; i < launch->container->mounts->len; i++) {
        if (is_dev(launch->container->mounts->pdata[i]) &&
            !fill_tree(launch, launch->trees[i], error))
            return false;
    }
    if (write(launch->fill, "", 1) < 0)
        return fail_errno(error, errno, "cannot reach the process on the other side");
    fd_close(&launch->fill);
    fd_close(&launch->filled);
    return true;
}

bool
devices_await(Launch *launch, const ContainerMount *mount, GError **error)
{
    char byte;
    ssize_t n;

    if (launch->filled < 0 || !is_dev(mount))
        return true;
    do
        n = read(launch->filled, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return fail_errno(error, errno, "cannot hear the process on the other side");
    /* the launcher is gone */
    if (n == 0)
        _exit(EXIT_FAILURE);
    fd_close(&launch->filled);
    return true;
}

static bool
bind_slave(Launch *launch, int slave, const char *path, GError **error)
{
    g_auto(Fd) target = -1;
    g_auto(Fd) tree = -1;

    if ((target = place_open(launch->root, path, O_PATH, error)) < 0)
        return false;
    /* from the descriptor: whatever the guest's root has at /dev/pts does not matter */
    tree = open_tree(slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (tree < 0 ||
        move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
        return fail_errno(error, errno, "cannot bind a terminal to '%s'", path);
    return true;
}

/* The host's kernel log is nobody's business here: both ways to it lead to the guest's own. */
static bool
bind_kmsg(Launch *launch, GError **error)
{
    return bind_slave(launch, launch->kmsg_slave, "/dev/kmsg", error) &&
           bind_slave(launch, launch->kmsg_slave, "/proc/kmsg", error);
}

bool
devices_bind(Launch *launch, GError **error)
{
    guint i;

    for (i = 0; i < launch->terminals->len; i++) {
        const Terminal *terminal = g_ptr_array_index(launch->terminals, i);
        g_autofree char *path = g_strdup_printf("/dev/tty%u", i + 1);

        if ((i == 0 && !bind_slave(launch, terminal->slave, "/dev/console", error)) ||
            !bind_slave(launch, terminal->slave, path, error))
            return false;
    }
    return bind_kmsg(launch, error);
}
