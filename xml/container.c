/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The container definition of a domain. */
#include "xml/container.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "xml/container-parts.h"
#include "xml/device.h"

bool
container_owns_network(const Definition *definition)
{
    guint i;

    for (i = 0; i < definition->hostdevs->len; i++) {
        if (((const Hostdev *)definition->hostdevs->pdata[i])->type == HOSTDEV_NET)
            return true;
    }
    return definition->features.privnet || definition->interfaces->len > 0;
}

static ContainerNamespace *
namespace_add(Container *container, const char *type)
{
    ContainerNamespace *namespace = json_new(&container_namespace_type);

    namespace->type = g_strdup(type);
    g_ptr_array_add(container->os->namespaces, namespace);
    return namespace;
}

/* The file of the namespace to join; NULL with error. */
static char *
share_path(const NamespaceShare *share, const char *file, GError **error)
{
    switch (share->source) {
    case NAMESPACE_NETNS:
        return g_strconcat("/run/netns/", share->value, NULL);
    case NAMESPACE_PID:
        return g_strdup_printf("/proc/%s/ns/%s", share->value, file);
    default:
        break;
    }
    fail(error, FAILURE_OPERATION_INVALID,
         "domain '%s', with which a namespace is to be shared, does not run", share->value);
    return NULL;
}

/* A namespace of the container's own, or that of somebody else. */
static bool
namespace_share(Container *container, const char *type, const NamespaceShare *share, GError **error)
{
    const char *file = g_str_equal(type, "network") ? "net" : type;
    ContainerNamespace *namespace = namespace_add(container, type);

    if (share->source != NAMESPACE_NONE)
    namespace->path = share_path(share, file, error);
    return share->source == NAMESPACE_NONE || namespace->path;
}

static bool
container_namespaces(const Definition *definition, Container *container, GError **error)
{
    static const NamespaceShare none = { NAMESPACE_NONE, NULL };
    const NamespaceSharing *sharing = &definition->sharing;
    bool network = container_owns_network(definition) || sharing->net.source != NAMESPACE_NONE;
    const struct {
        const char *type;
        const NamespaceShare *share; /* NULL: there is none, the host's is used */
    } kinds[] = {
        { "mount", &none },
        { "pid", &none },
        { "uts", &sharing->uts },
        { "ipc", &sharing->ipc },
        { "cgroup", &none },
        { "network", network ? &sharing->net : NULL },
        { "user", definition->uid_map->len > 0 ? &none : NULL },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].share && !namespace_share(container, kinds[i].type, kinds[i].share, error))
            return false;
    }
    container->caisson->host_network = !network;
    return true;
}

static void
container_map(const GPtrArray *entries, GPtrArray *mappings)
{
    guint i;

    for (i = 0; i < entries->len; i++) {
        const IdMapEntry *entry = entries->pdata[i];
        ContainerIdMapping *mapping = json_new(&container_id_mapping_type);

        mapping->container_id = entry->start;
        mapping->host_id = entry->target;
        mapping->size = entry->count;
        g_ptr_array_add(mappings, mapping);
    }
}

/* As the driver has settled them for this start. */
static void
container_labels(const Definition *definition, Container *container)
{
    guint i;

    for (i = 0; i < definition->seclabels->len; i++) {
        const Seclabel *label = definition->seclabels->pdata[i];

        if (label->type == SECLABEL_NONE || !label->label)
            continue;
        if (g_strcmp0(label->model, "apparmor") == 0)
            container->process->apparmor_profile = g_strdup(label->label);
        else if (g_strcmp0(label->model, "selinux") == 0)
            container->process->selinux_label = g_strdup(label->label);
    }
}

static void
container_extension(const Definition *definition, const ContainerContext *context,
                    ContainerExtension *extension)
{
    guint i;

    extension->name = g_strdup(definition->name);
    extension->uuid = g_strdup(definition->uuid);
    extension->state_directory = g_strdup(context->state_directory);
    extension->partition = g_strdup(definition->partition ? definition->partition : "/machine");
    extension->placement = g_strdup(context->placement);
    extension->group_view = g_strdup(group_view_word(definition->caisson.group_view));
    extension->paused = context->paused;
    extension->view = definition->caisson.proc_view == PROC_VIEW_DEFAULT
                          ? context->view
                          : definition->caisson.proc_view == PROC_VIEW_ON;
    extension->reaper = definition->caisson.reaper;
    extension->nesting = definition->caisson.nesting;
    extension->time_namespace = definition->caisson.time_namespace;
    extension->passed_fds = context->passed_fds;
    for (i = 0; i < definition->consoles->len; i++) {
        const Console *given = definition->consoles->pdata[i];
        ContainerConsole *console = json_new(&container_console_type);

        console->alias = given->alias ? g_strdup(given->alias) : g_strdup_printf("console%u", i);
        console->log_file = g_strdup(given->log_file);
        console->log_append = given->log_append == CONSOLE_LOG_APPEND_ON;
        g_ptr_array_add(extension->consoles, console);
    }
}

Container *
container_compute(const Definition *definition, const ContainerContext *context, GError **error)
{
    g_autoptr(Container) container = NULL;

    if (!definition_check(definition, error))
        return NULL;
    container = container_new();
    container_map(definition->uid_map, container->os->uid_mappings);
    container_map(definition->gid_map, container->os->gid_mappings);
    container_process(definition, context, container);
    container_labels(definition, container);
    container_extension(definition, context, container->caisson);
    if (!container_namespaces(definition, container, error) ||
        !container_mounts(definition, context, container, error) ||
        !container_network(definition, container, error) ||
        !container_resources(definition, context, container, error) ||
        !container_seccomp(definition, context, container, error) ||
        !container_devices(definition, container, error))
        return NULL;
    if (context->arch && definition->os.arch &&
        g_strcmp0(os_arch_sibling(context->arch), definition->os.arch) == 0) {
        container->os->personality = json_new(&container_personality_type);
        container->os->personality->domain = g_strdup("LINUX32");
    }
    return g_steal_pointer(&container);
}

Container *
container_of_filesystem(const Definition *definition, const Filesystem *filesystem,
                        const ContainerContext *context, GError **error)
{
    g_autoptr(Container) container = container_new();

    container_map(definition->uid_map, container->os->uid_mappings);
    container_map(definition->gid_map, container->os->gid_mappings);
    container_process(definition, context, container);
    container_extension(definition, context, container->caisson);
    container->root->path = g_strdup("/");
    if (!container_filesystem(definition, filesystem, context, container, error))
        return NULL;
    return g_steal_pointer(&container);
}

static bool
has_root(const Definition *definition)
{
    guint i;

    for (i = 0; i < definition->filesystems->len; i++) {
        if (g_str_equal(((const Filesystem *)definition->filesystems->pdata[i])->target, "/"))
            return true;
    }
    return false;
}

bool
container_root_is_host(const Definition *definition)
{
    guint i;

    for (i = 0; i < definition->filesystems->len; i++) {
        const Filesystem *filesystem = definition->filesystems->pdata[i];

        if (g_str_equal(filesystem->target, "/"))
            return filesystem->type == FILESYSTEM_MOUNT && filesystem->source &&
                   strspn(filesystem->source, "/") == strlen(filesystem->source);
    }
    return true;
}

/* Interfaces without a name get eth0, eth1 …, counting only themselves and names that are taken. */
static void
name_guest_devices(GPtrArray *interfaces)
{
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    unsigned number = 0;
    guint i;

    for (i = 0; i < interfaces->len; i++) {
        Interface *interface = interfaces->pdata[i];

        if (interface->guest)
            g_hash_table_add(taken, interface->guest);
    }
    for (i = 0; i < interfaces->len; i++) {
        Interface *interface = interfaces->pdata[i];

        while (!interface->guest) {
            g_autofree char *name = g_strdup_printf("eth%u", number++);

            if (!g_hash_table_contains(taken, name))
                interface->guest = g_steal_pointer(&name);
        }
    }
}

void
container_complete(Definition *definition)
{
    guint i;

    if (!has_root(definition)) {
        Filesystem *root = filesystem_new();

        root->source = g_strdup("/");
        root->target = g_strdup("/");
        g_ptr_array_insert(definition->filesystems, 0, root);
    }
    if (definition->consoles->len == 0)
        g_ptr_array_add(definition->consoles, console_new());
    for (i = 0; i < definition->consoles->len; i++) {
        Console *console = definition->consoles->pdata[i];

        console->port = i;
        g_free(console->alias);
        console->alias = g_strdup_printf("console%u", i);
    }
    device_name_all(definition);
    name_guest_devices(definition->interfaces);
    if (!definition->partition)
        definition->partition = g_strdup("/machine");
}
