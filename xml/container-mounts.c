/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Root and mounts of a container: what every container has, then the domain's filesystems. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/container-parts.h"

/* What every container has, in the order it is mounted. */
typedef struct {
    const char *destination;
    const char *type;
    const char *source; /* of a bind: inside the container */
    const char *options;
    bool network; /* only with a network of its own */
    bool host;    /* only with the host's user ids */
} BasicMount;

/*
 * Everything below /proc/sys is read-only, because most of it is the host's; what belongs to the
 * container's own network is writable again. With sysctls of IPv6 off (ipv6.disable=1) there is
 * nothing to bind: "nofail".
 */
static const BasicMount basic_mounts[] = {
    { "/proc", "proc", NULL, "nosuid,noexec,nodev" },
    { "/proc/sys", "bind", "/proc/sys", "bind,nosuid,noexec,nodev,ro" },
    { "/proc/sys/net/ipv4", "bind", "/proc/sys/net/ipv4", "bind,nosuid,noexec,nodev,rw", true },
    { "/proc/sys/net/ipv6", "bind", "/proc/sys/net/ipv6", "bind,nosuid,noexec,nodev,rw,nofail",
      true },
    { "/sys", "sysfs", NULL, "nosuid,noexec,nodev,ro" },
    { "/sys/kernel/security", "securityfs", NULL, "nosuid,noexec,nodev,ro,nofail", false, true },
    { "/sys/fs/cgroup", "cgroup", NULL, "nosuid,noexec,nodev" },
    { "/dev", "tmpfs", NULL, "nosuid,mode=755,size=65536" },
    { "/dev/pts", "devpts", NULL, "nosuid,newinstance,ptmxmode=0666,mode=0620,gid=5" },
};

static const char *const masked_paths[] = {
    "/proc/kcore",   "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/scsi",
    "/sys/firmware", NULL,
};
static const char *const readonly_paths[] = { "/proc/bus", "/proc/irq", "/proc/sysrq-trigger",
                                              NULL };

static ContainerMount *
mount_add(Container *container, const char *destination, const char *type, const char *source,
          const char *options)
{
    ContainerMount *mount = json_new(&container_mount_type);

    mount->destination = g_strdup(destination);
    mount->type = g_strdup(type);
    mount->source = g_strdup(source);
    mount->options = g_strsplit(options, ",", -1);
    g_ptr_array_add(container->mounts, mount);
    return mount;
}

/* sysfs shows the network of whoever mounts it, so a user namespace without a network of its own
 * may not mount it; it gets the host's. */
static void
mounts_add_basic(const Definition *definition, Container *container)
{
    bool network = container_owns_network(definition);
    bool host_sys = definition->uid_map->len > 0 && !network;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(basic_mounts); i++) {
        const BasicMount *basic = &basic_mounts[i];

        if ((basic->network && !network) || (basic->host && definition->uid_map->len > 0))
            continue;
        if (host_sys && g_str_equal(basic->type, "sysfs")) {
            mount_add(container, "/sys", "bind", "/sys", "bind,nosuid,noexec,nodev,ro");
            continue;
        }
        mount_add(container, basic->destination, basic->type, basic->source, basic->options)
            ->source_in_container = basic->source != NULL;
    }
}

static bool
mount_refuse(const Filesystem *filesystem, const char *remedy, GError **error)
{
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "<filesystem type='%s'> with target '%s' is not supported by this version; %s",
                filesystem_type_name(filesystem->type), filesystem->target, remedy);
}

/* Targets are below the root whether they begin with '/' or not. */
static char *
mount_target(const Filesystem *filesystem)
{
    return filesystem->target[0] == '/' ? g_strdup(filesystem->target)
                                        : g_strconcat("/", filesystem->target, NULL);
}

static bool
mount_add_filesystem(const Filesystem *filesystem, Container *container, GError **error)
{
    g_autofree char *target = mount_target(filesystem);
    g_autofree char *options = NULL;
    const char *readonly = filesystem->readonly ? ",ro" : "";

    switch (filesystem->type) {
    case FILESYSTEM_MOUNT:
    case FILESYSTEM_BIND:
        options = g_strconcat("rbind,rslave", readonly, NULL);
        mount_add(container, target, "bind", filesystem->source, options)->source_in_container =
            filesystem->type == FILESYSTEM_BIND;
        return true;
    case FILESYSTEM_RAM:
        options = g_strdup_printf("nosuid,nodev,size=%" G_GUINT64_FORMAT "%s",
                                  filesystem->ram_usage, readonly);
        mount_add(container, target, "tmpfs", NULL, options);
        return true;
    case FILESYSTEM_BLOCK:
    case FILESYSTEM_FILE:
        return mount_refuse(filesystem,
                            "mount it on the host and use type 'mount' with that directory", error);
    default:
        return mount_refuse(filesystem, "use type 'mount' with a directory of the host", error);
    }
}

static bool
root_set(const Filesystem *filesystem, Container *container, GError **error)
{
    if (filesystem->type != FILESYSTEM_MOUNT)
        return mount_refuse(filesystem,
                            "the root of a container must be a directory of the host: type 'mount'",
                            error);
    container->root->path = g_strdup(filesystem->source);
    container->root->readonly = filesystem->readonly;
    return true;
}

bool
container_mounts(const Definition *definition, Container *container, GError **error)
{
    guint i;

    mounts_add_basic(definition, container);
    for (i = 0; i < definition->filesystems->len; i++) {
        const Filesystem *filesystem = definition->filesystems->pdata[i];

        if (!g_str_equal(filesystem->target, "/")) {
            if (!mount_add_filesystem(filesystem, container, error))
                return false;
        } else if (!container->root->path && !root_set(filesystem, container, error)) {
            return false;
        }
    }
    if (!container->root->path)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "no <filesystem> has the target '/'");
    container->os->masked_paths = g_strdupv((char **)masked_paths);
    container->os->readonly_paths = g_strdupv((char **)readonly_paths);
    return true;
}
