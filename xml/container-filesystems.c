/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <filesystem>: the root of a container, and what is mounted below it. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/container-parts.h"
#include "xml/templates.h"

/* The words of ContainerMount.type and .image; see controller/mounts/source.h. */
#define TYPE_DETECT  "auto"
#define TYPE_OVERLAY "overlay"
#define IMAGE_LOOP   "loop"
#define IMAGE_NBD    "nbd"

/* What turning elements into mounts needs to know. */
typedef struct {
    const Definition *definition;
    const ContainerContext *context;
    Container *container;
} Work;

/* Below the root whether it begins with '/' or not; without "//", "." and a final "/". */
static char *
normal_path(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    g_autoptr(GString) normal = g_string_new(NULL);
    char **part;

    for (part = parts; *part; part++) {
        if (**part && !g_str_equal(*part, "."))
            g_string_append_printf(normal, "/%s", *part);
    }
    return g_strdup(normal->len ? normal->str : "/");
}

/* Programs are here; a setuid one must work. */
static bool
has_programs(const char *target)
{
    static const char *const tops[] = { "/", "/usr", "/bin", "/sbin", "/lib", "/opt", NULL };
    g_autofree char *top = g_strndup(target, 1 + strcspn(target + strspn(target, "/"), "/"));

    return g_strv_contains(tops, g_str_equal(target, "/") ? target : top) ||
           g_str_has_prefix(top, "/lib");
}

/* The directory is below by what it is, not by the ids of its files: a mapped one is mounted so. */
static bool
is_shifted(const Filesystem *filesystem, const Definition *definition)
{
    return filesystem->access_mode == FILESYSTEM_ACCESS_MAPPED && definition->uid_map->len > 0;
}

/*
 * What comes from the host. Below a read-only directory nothing new appears: it would be writable.
 * To a container without the host's ids device nodes are of no use, nor are setuid programs that
 * are none of its own.
 */
static void
set_host_options(ContainerMount *mount, const Filesystem *filesystem, const Definition *definition)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    bool bind = g_strcmp0(mount->type, "bind") == 0;

    if (bind) {
        g_ptr_array_add(words, (gpointer) "rbind");
        g_ptr_array_add(words, (gpointer)(filesystem->readonly ? "rprivate" : "rslave"));
    }
    if (definition->uid_map->len > 0) {
        if (!has_programs(mount->destination))
            g_ptr_array_add(words, (gpointer) "nosuid");
        g_ptr_array_add(words, (gpointer) "nodev");
    }
    if (is_shifted(filesystem, definition) && !mount->source_in_container)
        g_ptr_array_add(words, (gpointer)(bind ? "ridmap" : "idmap"));
    if (filesystem->readonly)
        g_ptr_array_add(words, (gpointer) "ro");
    g_ptr_array_add(words, NULL);
    mount->options = g_strdupv((char **)words->pdata);
}

/* A loop device reads raw images; for the others, and where it is asked for, there is a program. */
static bool
set_image(ContainerMount *mount, const Filesystem *filesystem, GError **error)
{
    FilesystemDriver driver = filesystem->driver_type;
    FilesystemFormat format = filesystem->driver_format;

    if (driver != FILESYSTEM_DRIVER_NBD &&
        (driver != FILESYSTEM_DRIVER_NONE || format < FILESYSTEM_FORMAT_OTHER)) {
        mount->image = g_strdup(IMAGE_LOOP);
        return true;
    }
    if (!storage_format_of_qemu(format))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the image '%s' for the target '%s' has the format '%s', which nothing here "
                    "can read; convert it with qemu-img(1)",
                    filesystem->source, filesystem->target, storage_format_name(format));
    mount->image = g_strdup(IMAGE_NBD);
    mount->image_format = g_strdup(storage_format_of_qemu(format));
    return true;
}

/* Read-only, the template itself is all there is to see. */
static void
set_template(ContainerMount *mount, const Filesystem *filesystem, const Work *work)
{
    const char *data = work->context->data_directory;
    g_autofree char *template = template_path(data, filesystem->source);
    g_autofree char *layer = template_layer(data, work->definition->uuid, filesystem->target);
    GPtrArray *words;
    char **word;

    mount->type = g_strdup(filesystem->readonly ? "bind" : TYPE_OVERLAY);
    mount->source = g_strconcat(template, "/rootfs", NULL);
    set_host_options(mount, filesystem, work->definition);
    if (filesystem->readonly)
        return;
    words = g_ptr_array_new();
    for (word = mount->options; *word; word++)
        g_ptr_array_add(words, *word);
    g_ptr_array_add(words, g_strconcat("lowerdir=", mount->source, NULL));
    g_ptr_array_add(words, g_strconcat("upperdir=", layer, "/upper", NULL));
    g_ptr_array_add(words, g_strconcat("workdir=", layer, "/work", NULL));
    g_ptr_array_add(words, NULL);
    g_free(mount->options);
    mount->options = (char **)g_ptr_array_free(words, FALSE);
}

static void
set_ram(ContainerMount *mount, const Filesystem *filesystem)
{
    g_autofree char *words =
        g_strdup_printf("nosuid,nodev,size=%" G_GUINT64_FORMAT "%s", filesystem->ram_usage,
                        filesystem->readonly ? ",ro" : "");

    mount->type = g_strdup("tmpfs");
    mount->options = g_strsplit(words, ",", -1);
}

/* A limit that nobody keeps to would be a lie. */
static bool
set_limit(ContainerMount *mount, const Filesystem *filesystem, GError **error)
{
    mount->space_limit = filesystem->space_hard_limit;
    if (mount->space_limit == 0 || filesystem->type == FILESYSTEM_MOUNT ||
        (filesystem->type == FILESYSTEM_TEMPLATE && !filesystem->readonly))
        return true;
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "<filesystem type='%s'> with target '%s' cannot have <space_hard_limit>, only a "
                "directory or the layer of a template can; its size is that of its source",
                filesystem_type_name(filesystem->type), filesystem->target);
}

static bool
set_source(ContainerMount *mount, const Filesystem *filesystem, const Work *work, GError **error)
{
    if (!set_limit(mount, filesystem, error))
        return false;
    switch (filesystem->type) {
    case FILESYSTEM_MOUNT:
    case FILESYSTEM_BIND:
        mount->type = g_strdup("bind");
        mount->source_in_container = filesystem->type == FILESYSTEM_BIND;
        break;
    case FILESYSTEM_FILE:
        if (!set_image(mount, filesystem, error))
            return false;
        /* fall through */
    case FILESYSTEM_BLOCK:
        mount->type = g_strdup(TYPE_DETECT);
        break;
    case FILESYSTEM_RAM:
        set_ram(mount, filesystem);
        return true;
    case FILESYSTEM_TEMPLATE:
        set_template(mount, filesystem, work);
        return true;
    default:
        return fail(error, FAILURE_INTERNAL, "<filesystem type='%s'> was not resolved",
                    filesystem_type_name(filesystem->type));
    }
    mount->source = g_strdup(filesystem->source);
    set_host_options(mount, filesystem, work->definition);
    return true;
}

/* A volume is what its pool says it is; everything else is what it says itself. */
static bool
set_resolved(ContainerMount *mount, const Filesystem *filesystem, const Work *work, GError **error)
{
    g_autofree char *key = NULL;
    const ContainerVolume *volume;
    Filesystem resolved;

    if (filesystem->type != FILESYSTEM_VOLUME)
        return set_source(mount, filesystem, work, error);
    key = container_volume_key(filesystem->pool, filesystem->volume);
    volume = work->context->volumes ? g_hash_table_lookup(work->context->volumes, key) : NULL;
    if (!volume)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the volume '%s' of pool '%s' for the target '%s' is not known",
                    filesystem->volume, filesystem->pool, filesystem->target);
    resolved = *filesystem;
    resolved.type = volume->type;
    resolved.source = volume->path;
    /* libvirt has looked at the contents, which a guest may have written */
    if (resolved.driver_type == FILESYSTEM_DRIVER_NONE &&
        resolved.driver_format == FILESYSTEM_FORMAT_UNSET &&
        volume->format >= FILESYSTEM_FORMAT_OTHER)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the volume '%s' of pool '%s' for the target '%s' looks like an image of the "
                    "format '%s'; if that is what it is to be, add <driver type='nbd' "
                    "format='%s'/>",
                    filesystem->volume, filesystem->pool, filesystem->target,
                    storage_format_name(volume->format), storage_format_name(volume->format));
    return set_source(mount, &resolved, work, error);
}

char *
container_volume_key(const char *pool, const char *volume)
{
    return g_strconcat(pool, "/", volume, NULL);
}

static bool
add_mount(const Filesystem *filesystem, const Work *work, GError **error)
{
    ContainerMount *mount = json_new(&container_mount_type);

    g_ptr_array_add(work->container->mounts, mount);
    mount->destination = normal_path(filesystem->target);
    return set_resolved(mount, filesystem, work, error);
}

/* For a directory that is bound as it is, OCI has words. */
static bool
set_root(const Filesystem *filesystem, const Work *work, GError **error)
{
    ContainerRoot *root = work->container->root;

    root->readonly = filesystem->readonly;
    if (filesystem->type == FILESYSTEM_MOUNT && !filesystem->space_hard_limit &&
        !is_shifted(filesystem, work->definition)) {
        root->path = g_strdup(filesystem->source);
        return true;
    }
    root->mount = json_new(&container_mount_type);
    root->mount->destination = g_strdup("/");
    if (!set_resolved(root->mount, filesystem, work, error))
        return false;
    root->path = g_strdup(root->mount->source);
    return true;
}

/* @path is @above or below it; both are normal: no "//", no "/" at the end but for the root */
static bool
is_at_or_below(const char *path, const char *above)
{
    size_t length = strlen(above);

    return g_str_equal(above, "/") ||
           (strncmp(path, above, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

typedef struct {
    const Filesystem *filesystem;
    char *target; /* normal */
    char *inside; /* of type bind: its source, normal; else NULL */
    bool placed;
} Entry;

static void
entry_clear(gpointer pointer)
{
    Entry *entry = pointer;

    g_free(entry->target);
    g_free(entry->inside);
}

/* Whether @other, @earlier in the document or not, must be there before @entry is mounted. */
static bool
must_precede(const Entry *other, const Entry *entry, bool earlier)
{
    if (g_str_equal(other->target, entry->target))
        return earlier;
    if (is_at_or_below(entry->target, other->target))
        return true;
    return entry->inside && !is_at_or_below(other->target, entry->target) &&
           (is_at_or_below(entry->inside, other->target) ||
            is_at_or_below(other->target, entry->inside));
}

static bool
is_ready(const GArray *entries, guint index)
{
    const Entry *entry = &g_array_index(entries, Entry, index);
    guint i;

    for (i = 0; i < entries->len; i++) {
        const Entry *other = &g_array_index(entries, Entry, i);

        if (i != index && !other->placed && must_precede(other, entry, i < index))
            return false;
    }
    return true;
}

/* Those to be mounted next; where they wait for each other, the document's order decides. */
static Entry *
next_entry(GArray *entries)
{
    Entry *first = NULL;
    guint i;

    for (i = 0; i < entries->len; i++) {
        Entry *entry = &g_array_index(entries, Entry, i);

        if (entry->placed)
            continue;
        if (is_ready(entries, i))
            return entry;
        if (!first)
            first = entry;
    }
    return first;
}

/* Mounts below others come after them, binds of the container's own after what they bind. */
static bool
add_mounts(GArray *entries, const Work *work, GError **error)
{
    Entry *entry;

    while ((entry = next_entry(entries))) {
        entry->placed = true;
        if (!add_mount(entry->filesystem, work, error))
            return false;
    }
    return true;
}

bool
container_filesystem(const Definition *definition, const Filesystem *filesystem,
                     const ContainerContext *context, Container *container, GError **error)
{
    const Work work = { definition, context, container };

    return add_mount(filesystem, &work, error);
}

bool
container_filesystems(const Definition *definition, const ContainerContext *context,
                      Container *container, GError **error)
{
    const Work work = { definition, context, container };
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    guint i;

    g_array_set_clear_func(entries, entry_clear);
    for (i = 0; i < definition->filesystems->len; i++) {
        const Filesystem *filesystem = definition->filesystems->pdata[i];
        Entry entry = { .filesystem = filesystem, .target = normal_path(filesystem->target) };

        if (!g_str_equal(filesystem->target, "/")) {
            if (filesystem->type == FILESYSTEM_BIND)
                entry.inside = normal_path(filesystem->source);
            g_array_append_val(entries, entry);
            continue;
        }
        g_free(entry.target);
        if (!container->root->path && !set_root(filesystem, &work, error))
            return false;
    }
    if (!container->root->path)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "no <filesystem> has the target '/'");
    return add_mounts(entries, &work, error);
}
