/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <filesystem>: the root of a container, and what is mounted below it. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/container-parts.h"

/* The words of ContainerMount.type and .image; see controller/mounts/source.h. */
#define TYPE_DETECT "auto"
#define IMAGE_LOOP  "loop"

static bool
refuse(const Filesystem *filesystem, const char *remedy, GError **error)
{
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "<filesystem type='%s'> with target '%s' is not supported by this version; %s",
                filesystem_type_name(filesystem->type), filesystem->target, remedy);
}

/* Targets are below the root whether they begin with '/' or not. */
static char *
target_path(const Filesystem *filesystem)
{
    return filesystem->target[0] == '/' ? g_strdup(filesystem->target)
                                        : g_strconcat("/", filesystem->target, NULL);
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

static bool
set_image(ContainerMount *mount, const Filesystem *filesystem, GError **error)
{
    FilesystemDriver driver = filesystem->driver_type;

    if (driver == FILESYSTEM_DRIVER_NBD ||
        (driver == FILESYSTEM_DRIVER_NONE && filesystem->driver_format >= FILESYSTEM_FORMAT_OTHER))
        return refuse(filesystem, "use an image of the format 'raw'", error);
    mount->image = g_strdup(IMAGE_LOOP);
    return true;
}

static bool
set_source(ContainerMount *mount, const Filesystem *filesystem, const Definition *definition,
           GError **error)
{
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
    case FILESYSTEM_RAM: {
        g_autofree char *words =
            g_strdup_printf("nosuid,nodev,size=%" G_GUINT64_FORMAT "%s", filesystem->ram_usage,
                            filesystem->readonly ? ",ro" : "");

        mount->type = g_strdup("tmpfs");
        mount->options = g_strsplit(words, ",", -1);
        return true;
    }
    default:
        return refuse(filesystem, "use type 'mount' with a directory of the host", error);
    }
    mount->source = g_strdup(filesystem->source);
    set_host_options(mount, filesystem, definition);
    return true;
}

static bool
add_mount(const Filesystem *filesystem, const Definition *definition, Container *container,
          GError **error)
{
    ContainerMount *mount = json_new(&container_mount_type);

    g_ptr_array_add(container->mounts, mount);
    mount->destination = target_path(filesystem);
    return set_source(mount, filesystem, definition, error);
}

/* For a directory that is bound as it is, OCI has words. */
static bool
set_root(const Filesystem *filesystem, const Definition *definition, ContainerRoot *root,
         GError **error)
{
    root->path = g_strdup(filesystem->source);
    root->readonly = filesystem->readonly;
    if (filesystem->type == FILESYSTEM_MOUNT && !is_shifted(filesystem, definition))
        return true;
    root->mount = json_new(&container_mount_type);
    root->mount->destination = g_strdup("/");
    return set_source(root->mount, filesystem, definition, error);
}

/* @path is @above or below it; both are normal: no "//", no "/" at the end but for the root */
static bool
is_at_or_below(const char *path, const char *above)
{
    size_t length = strlen(above);

    return g_str_equal(above, "/") ||
           (strncmp(path, above, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

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
add_mounts(GArray *entries, const Definition *definition, Container *container, GError **error)
{
    Entry *entry;

    while ((entry = next_entry(entries))) {
        entry->placed = true;
        if (!add_mount(entry->filesystem, definition, container, error))
            return false;
    }
    return true;
}

bool
container_filesystems(const Definition *definition, Container *container, GError **error)
{
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
        if (!container->root->path && !set_root(filesystem, definition, container->root, error))
            return false;
    }
    if (!container->root->path)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "no <filesystem> has the target '/'");
    return add_mounts(entries, definition, container, error);
}
