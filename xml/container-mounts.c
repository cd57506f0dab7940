/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of a container: what every container has, then the domain's filesystems. */
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
    { "/dev/shm", "tmpfs", NULL, "nosuid,nodev,mode=1777" },
    { "/dev/mqueue", "mqueue", NULL, "nosuid,nodev,noexec" },
};

/* Memory, log, keys and addresses of the host, and ways to make it busy by reading. */
static const char *const masked_paths[] = {
    "/proc/acpi",        "/proc/kcore",
    "/proc/keys",        "/proc/kmsg",
    "/proc/kpagecgroup", "/proc/kpagecount",
    "/proc/kpageflags",  "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi",
    "/proc/timer_list",  "/proc/timer_stats",
    "/proc/vmallocinfo", "/sys/devices/virtual/powercap",
    "/sys/firmware",     NULL,
};
/* What changes the machine when it is written; all of /sys is read-only anyway. */
static const char *const readonly_paths[] = {
    "/proc/asound", "/proc/bus", "/proc/driver", "/proc/dynamic_debug",
    "/proc/fs",     "/proc/irq", "/proc/mtrr",   "/proc/sysrq-trigger",
    NULL,
};
/* File systems that nobody in a user namespace may mount. With something mounted there, systemd
 * counts them as mounted and does not report two failed units. */
static const char *const mapped_masked_paths[] = { "/sys/kernel/debug", "/sys/kernel/tracing",
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
    /* for the networks of nested containers: each process finds the settings of its own there */
    if (definition->caisson.nesting && network)
        mount_add(container, "/proc/sys/net", "bind", "/proc/sys/net",
                  "bind,nosuid,noexec,nodev,rw")
            ->source_in_container = true;
}

static void
masked_set(Container *container, bool mapped)
{
    g_autoptr(GStrvBuilder) paths = g_strv_builder_new();

    g_strv_builder_addv(paths, (const char **)masked_paths);
    if (mapped)
        g_strv_builder_addv(paths, (const char **)mapped_masked_paths);
    container->os->masked_paths = g_strv_builder_end(paths);
}

bool
container_mounts(const Definition *definition, const ContainerContext *context,
                 Container *container, GError **error)
{
    mounts_add_basic(definition, container);
    if (!container_filesystems(definition, context, container, error))
        return false;
    masked_set(container, definition->uid_map->len > 0);
    container->os->readonly_paths = g_strdupv((char **)readonly_paths);
    return true;
}
