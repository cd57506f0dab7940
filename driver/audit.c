/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records for the kernel's audit trail. */
#include "driver/audit.h"

#include <stddef.h>
#include <sys/stat.h>

#include "driver/abi/audit.h"

/* One kind of device, and what a record names of it: NULL where there is nothing to name. */
typedef struct {
    const char *element;
    size_t offset;    /* of the array in Definition */
    const char *word; /* resrc=…, and old-… and new-…; NULL: a host device, see send_hostdev() */
    const char *(*identity)(const void *device);
} AuditRow;

static const char *
disk_identity(const void *device)
{
    return ((const Disk *)device)->source;
}

static const char *
filesystem_identity(const void *device)
{
    return ((const Filesystem *)device)->source;
}

static const char *
interface_identity(const void *device)
{
    return ((const Interface *)device)->mac;
}

static const char *
console_identity(const void *device)
{
    return ((const Console *)device)->path;
}

static const AuditRow rows[] = {
    { "disk", offsetof(Definition, disks), "disk", disk_identity },
    { "filesystem", offsetof(Definition, filesystems), "fs", filesystem_identity },
    { "interface", offsetof(Definition, interfaces), "net", interface_identity },
    { "hostdev", offsetof(Definition, hostdevs), NULL, NULL },
    { "console", offsetof(Definition, consoles), "chardev", console_identity },
    { NULL },
};

/* "virt=lxc WHAT reason=REASON vm="NAME" uuid=UUID REST" */
static void
send_record(Domain *domain, AuditKind kind, bool success, const char *what, const char *rest)
{
    g_autofree char *name = audit_pair("vm", domain->name);
    g_autofree char *text = g_strdup_printf("virt=lxc %s %s uuid=%s%s%s", what, name,
                                            domain->uuid_text, *rest ? " " : "", rest);

    audit_send(kind, success, text);
}

static void
send_resource(Domain *domain, const char *resource, const char *reason, const char *rest,
              bool success)
{
    g_autofree char *what = g_strdup_printf("resrc=%s reason=%s", resource, reason);

    send_record(domain, AUDIT_RESOURCE, success, what, rest);
}

static char *
identity_pair(const char *which, const AuditRow *row, const char *identity)
{
    g_autofree char *key = g_strdup_printf("%s-%s", which, row->word);

    return audit_pair(key, identity ? identity : "?");
}

static void
send_change(Domain *domain, const AuditRow *row, const char *reason, const void *devices[2],
            bool success)
{
    const char *before = devices[0] ? row->identity(devices[0]) : NULL;
    const char *after = devices[1] ? row->identity(devices[1]) : NULL;
    g_autofree char *old = identity_pair("old", row, before);
    g_autofree char *new = identity_pair("new", row, after);
    g_autofree char *both = g_strdup_printf("%s %s", old, new);

    if (before || after)
        send_resource(domain, row->word, reason, both, success);
}

static char *
subsystem_address(const Hostdev *hostdev)
{
    if (hostdev->type == HOSTDEV_PCI)
        return hostdev_pci_address(hostdev);
    if (hostdev->bus == HOSTDEV_ID_UNSET)
        return NULL;
    return g_strdup_printf("%03" G_GUINT64_FORMAT ".%03" G_GUINT64_FORMAT, hostdev->bus,
                           hostdev->device);
}

static void
send_hostdev(Domain *domain, const char *reason, const Hostdev *hostdev, bool success)
{
    static const char *const keys[] = {
        [HOSTDEV_STORAGE] = "disk", [HOSTDEV_MISC] = "chardev", [HOSTDEV_NET] = "net"
    };
    g_autofree char *address = NULL;
    g_autofree char *pair = NULL;
    g_autofree char *rest = NULL;

    if (hostdev->mode == HOSTDEV_CAPABILITIES) {
        pair = audit_pair(keys[hostdev->type], hostdev->path ? hostdev->path : "?");
        send_resource(domain, "hostdev", reason, pair, success);
        return;
    }
    address = subsystem_address(hostdev);
    pair = audit_pair("device", address ? address : "?");
    rest = g_strdup_printf("bus=%s %s", hostdev_type_name(hostdev->type), pair);
    send_resource(domain, "dev", reason, rest, success);
}

static void
send_device(Domain *domain, const AuditRow *row, const char *reason, const void *devices[2],
            bool success)
{
    if (row->identity)
        send_change(domain, row, reason, devices, success);
    else
        send_hostdev(domain, reason, devices[1] ? devices[1] : devices[0], success);
}

void
audit_device(Domain *domain, const char *reason, const Device *before, const Device *device,
             bool success)
{
    const void *devices[2] = { before ? device_contents((Device *)before) : NULL,
                               device ? device_contents((Device *)device) : NULL };
    const char *name = device_name(device ? device : before);
    const AuditRow *row;

    for (row = rows; row->element; row++) {
        if (g_str_equal(row->element, name))
            send_device(domain, row, reason, devices, success);
    }
}

void
audit_memory(Domain *domain, unsigned long long before, unsigned long long after,
             const char *reason, bool success)
{
    g_autofree char *rest = g_strdup_printf("old-mem=%llu new-mem=%llu", before, after);

    send_resource(domain, "mem", reason, rest, success);
}

static void
send_vcpus(Domain *domain, unsigned before, unsigned after, const char *reason, bool success)
{
    g_autofree char *rest = g_strdup_printf("old-vcpu=%u new-vcpu=%u", before, after);

    send_resource(domain, "vcpu", reason, rest, success);
}

void
audit_vcpus(Domain *domain, unsigned before, unsigned after, bool success)
{
    send_vcpus(domain, before, after, "update", success);
}

static void
send_devices(Domain *domain, bool success)
{
    const AuditRow *row;
    guint i;

    for (row = rows; row->element; row++) {
        const GPtrArray *all = *(GPtrArray *const *)((const char *)domain->live + row->offset);

        for (i = 0; i < all->len; i++) {
            const void *devices[2] = { NULL, all->pdata[i] };

            send_device(domain, row, "start", devices, success);
        }
    }
}

static void
send_group(Domain *domain)
{
    g_autofree char *group = audit_pair("cgroup", domain->guest->cgroup);
    g_autofree char *rest = g_strconcat(group, " class=all", NULL);

    send_resource(domain, "cgroup", "deny", rest, true);
}

static void
send_control(Domain *domain, const char *operation, const char *reason, pid_t pid, bool success)
{
    g_autofree char *what = g_strdup_printf("op=%s reason=%s", operation, reason);
    g_autofree char *rest = g_strdup_printf("vm-pid=%d", (int)pid);

    send_record(domain, AUDIT_CONTROL, success, what, rest);
}

/* The contexts are one word each and not quoted: see ausearch(8). */
static void
send_labels(Domain *domain, bool success)
{
    const GPtrArray *labels = domain->live->seclabels;
    guint i;

    for (i = 0; i < labels->len; i++) {
        const Seclabel *label = labels->pdata[i];
        g_autofree char *name = audit_pair("vm", domain->name);
        g_autofree char *text = g_strdup_printf(
            "virt=lxc %s uuid=%s vm-ctx=%s img-ctx=%s model=%s", name, domain->uuid_text,
            label->label ? label->label : "?", label->imagelabel ? label->imagelabel : "?",
            label->model ? label->model : "?");

        audit_send(AUDIT_MACHINE_ID, success, text);
    }
}

void
audit_start(Domain *domain, const char *reason, bool success)
{
    const Definition *live = domain->live;

    send_labels(domain, success);
    send_devices(domain, success);
    audit_memory(domain, 0, live->current_memory, "start", success);
    send_vcpus(domain, 0, (unsigned)live->vcpus_online, "start", success);
    if (domain->guest && domain->guest->cgroup)
        send_group(domain);
    send_control(domain, "start", reason, domain->guest ? domain->guest->pid : 0, success);
}

void
audit_init(Domain *domain)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/ns/pid", (int)domain->guest->init_pid);
    g_autofree char *rest = NULL;
    struct stat namespace;

    rest = g_strdup_printf("vm-pid=%d init-pid=%d pid-ns=%lld", (int)domain->guest->pid,
                           (int)domain->guest->init_pid,
                           stat(path, &namespace) == 0 ? (long long)namespace.st_ino : -1);
    send_record(domain, AUDIT_CONTROL, true, "op=init", rest);
}

void
audit_stop(Domain *domain, const char *reason)
{
    send_control(domain, "stop", reason, domain->guest ? domain->guest->pid : 0, true);
}
