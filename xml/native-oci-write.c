/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes OCI runtime documents: the container definition without what is ours in it. */
#include "controller/wire/failure.h"
#include "xml/container-parts.h"
#include "xml/native-build.h"
#include "xml/native-formats.h"
#include "xml/native-losses.h"

/* What the document needs; crun before 1.9 refuses any later version. */
#define OCI_VERSION "1.0.2"

/* Filesystems that OCI can mount: directories of the host, and memory. */
static bool
keep_filesystems(Definition *definition, NativeReport *report, GError **error)
{
    GPtrArray *left = g_ptr_array_new_with_free_func((GDestroyNotify)filesystem_free);
    bool ok = true;
    guint i;

    for (i = 0; i < definition->filesystems->len; i++) {
        Filesystem *filesystem = definition->filesystems->pdata[i];
        bool root = g_str_equal(filesystem->target, "/");

        if (filesystem->type == FILESYSTEM_MOUNT || (filesystem->type == FILESYSTEM_RAM && !root)) {
            g_ptr_array_add(left, filesystem);
            continue;
        }
        if (root)
            ok = fail(error, FAILURE_CONFIG_UNSUPPORTED,
                      "<filesystem type='%s'> with target '/': OCI needs a directory; mount it on "
                      "the host and use type 'mount' with that directory",
                      filesystem_type_name(filesystem->type));
        else
            native_ignore(report, "<filesystem type='%s'> with target '%s'",
                          filesystem_type_name(filesystem->type), filesystem->target);
        filesystem_free(filesystem);
        if (!ok)
            error = NULL;
    }
    g_ptr_array_set_free_func(definition->filesystems, NULL);
    g_ptr_array_unref(definition->filesystems);
    definition->filesystems = left;
    return ok;
}

static void
share_clear(NamespaceShare *share)
{
    share->source = NAMESPACE_NONE;
    g_clear_pointer(&share->value, g_free);
}

/* Takes away what OCI has no word for, which was reported, and what it says elsewhere. */
static void
simplify(Definition *definition)
{
    guint i;

    definition->features.privnet = container_owns_network(definition);
    g_ptr_array_set_size(definition->kept, 0);
    definition->block_tuning.weight = 0;
    g_ptr_array_set_size(definition->block_tuning.devices, 0);
    g_ptr_array_set_size(definition->disks, 0);
    g_ptr_array_set_size(definition->interfaces, 0);
    g_ptr_array_set_size(definition->hostdevs, 0);
    g_ptr_array_set_size(definition->seclabels, 0);
    g_ptr_array_set_size(definition->clock.timers, 0);
    definition->clock.offset = CLOCK_UTC;
    share_clear(&definition->sharing.net);
    share_clear(&definition->sharing.ipc);
    share_clear(&definition->sharing.uts);
    g_clear_pointer(&definition->partition, g_free);
    if (definition->consoles->len > 1)
        g_ptr_array_set_size(definition->consoles, 1);
    for (i = 0; i < definition->consoles->len; i++)
        ((Console *)definition->consoles->pdata[i])->type = CONSOLE_PTY;
}

/* The parts of <lxc:namespace>, and what OCI and /proc call them. */
typedef struct {
    const NamespaceShare *share;
    const char *type;
    const char *file;
} Share;

static void
namespace_remove(ContainerLinux *os, const char *type)
{
    guint i;

    for (i = os->namespaces->len; i > 0; i--) {
        const ContainerNamespace *namespace = os->namespaces->pdata[i - 1];

        if (g_str_equal(namespace->type, type))
            g_ptr_array_remove_index(os->namespaces, i - 1);
    }
}

static void
write_share(ContainerLinux *os, const Share *given, NativeReport *report)
{
    const NamespaceShare *share = given->share;
    ContainerNamespace *namespace;

    if (share->source == NAMESPACE_NONE)
        return;
    if (share->source == NAMESPACE_NAME) {
        native_ignore(report, "the %s namespace of the domain '%s'", given->type, share->value);
        return;
    }
    namespace_remove(os, given->type);
    /* that of the host's init is the host's */
    if (share->source == NAMESPACE_PID && g_str_equal(share->value, "1"))
        return;
    namespace = json_new(&container_namespace_type);
    namespace->type = g_strdup(given->type);
    namespace->path = share->source == NAMESPACE_NETNS
                          ? g_strconcat("/run/netns/", share->value, NULL)
                          : g_strconcat("/proc/", share->value, "/ns/", given->file, NULL);
    g_ptr_array_add(os->namespaces, namespace);
}

static void
write_sharing(const Definition *definition, ContainerLinux *os, NativeReport *report)
{
    const NamespaceSharing *sharing = &definition->sharing;
    const Share shares[] = {
        { &sharing->net, "network", "net" },
        { &sharing->ipc, "ipc", "ipc" },
        { &sharing->uts, "uts", "uts" },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(shares); i++)
        write_share(os, &shares[i], report);
}

static void
mount_free(ContainerMount *mount)
{
    json_free(&container_mount_type, mount);
}

/*
 * Binds of paths inside the container, by which /proc/sys is made read-only, are no OCI: there a
 * source is the host's. readonlyPaths says the same of the whole of /proc/sys. Nor can OCI go on
 * without a mount ("nofail"): what not every host has is left out.
 */
static void
plain_mounts(Container *container, NativeReport *report)
{
    bool networks = false;
    guint i = 0;

    while (i < container->mounts->len) {
        ContainerMount *mount = container->mounts->pdata[i];

        if (mount->source_in_container ||
            g_strv_contains((const char *const *)mount->options, "nofail")) {
            networks |= g_str_has_prefix(mount->destination, "/proc/sys/net/");
            g_ptr_array_remove_index(container->mounts, i);
            continue;
        }
        /* what is mounted from nowhere must have a name all the same */
        if (!mount->source)
            mount->source = g_strdup(mount->type);
        mount->space_limit = 0;
        i++;
    }
    if (container->root->mount)
        native_note(report, "the ids of the root are not mapped");
    g_clear_pointer(&container->root->mount, mount_free);
    if (networks)
        native_note(report, "settings below /proc/sys/net cannot be written");
}

static void
add_readonly_path(ContainerLinux *os, const char *path)
{
    guint count = os->readonly_paths ? g_strv_length(os->readonly_paths) : 0;

    os->readonly_paths = g_renew(char *, os->readonly_paths, count + 2);
    os->readonly_paths[count] = g_strdup(path);
    os->readonly_paths[count + 1] = NULL;
}

static bool
is_number(const char *id)
{
    return !id ||
           g_ascii_string_to_unsigned(id[0] == '+' ? id + 1 : id, 10, 0, UINT32_MAX, NULL, NULL);
}

/* Of our own object stays what the domain needs to be found again. */
static void
plain_extension(const Definition *definition, Container *container, NativeReport *report)
{
    ContainerExtension *extension = container->caisson;
    ContainerExtension *left = json_new(&container_extension_type);

    left->name = g_steal_pointer(&extension->name);
    left->uuid = g_steal_pointer(&extension->uuid);
    left->user = g_steal_pointer(&extension->user);
    left->group = g_steal_pointer(&extension->group);
    json_free(&container_extension_type, extension);
    container->caisson = left;
    if (!is_number(definition->os.init_user) || !is_number(definition->os.init_group))
        native_note(report, "<inituser> and <initgroup> are names, which only the container knows; "
                            "process.user has 0 instead");
    if (definition->consoles->len > 1)
        native_ignore(report, "%u <console> beside the first", definition->consoles->len - 1);
}

char *
native_oci_write(const Definition *definition, const char *arch, NativeReport *report,
                 GError **error)
{
    static const char *const carried[] = { "uuid",          "cmdline",           "numatune",
                                           "lxc:namespace", "caisson:container", NULL };
    const ContainerContext context = { .arch = arch };
    g_autoptr(Definition) copy = definition_copy(definition);
    g_autoptr(Container) container = NULL;

    losses_report(definition, carried, report);
    simplify(copy);
    if (!keep_filesystems(copy, report, error))
        return NULL;
    container_complete(copy);
    if (!(container = container_compute(copy, &context, error)))
        return NULL;
    build_set(&container->oci_version, OCI_VERSION);
    write_sharing(definition, container->os, report);
    plain_mounts(container, report);
    add_readonly_path(container->os, "/proc/sys");
    plain_extension(definition, container, report);
    return container_to_json(container, true);
}
