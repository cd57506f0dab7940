/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [Files] of .nspawn files: root and mounts. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/native-mount.h"
#include "xml/native-nspawn.h"

#define MACHINES "/var/lib/machines/"

/* Splits at colons that no backslash precedes; the backslashes go. */
static char **
parts_split(const char *value)
{
    GPtrArray *parts = g_ptr_array_new();
    GString *part = g_string_new(NULL);

    for (; *value; value++) {
        if (*value == ':') {
            g_ptr_array_add(parts, g_string_free(part, FALSE));
            part = g_string_new(NULL);
            continue;
        }
        if (value[0] == '\\' && (value[1] == ':' || value[1] == '\\'))
            value++;
        g_string_append_c(part, *value);
    }
    g_ptr_array_add(parts, g_string_free(part, FALSE));
    g_ptr_array_add(parts, NULL);
    return (char **)g_ptr_array_free(parts, FALSE);
}

/* Which options of a bind a domain's mount has anyway. */
static void
report_options(const NspawnFile *file, const NspawnLine *line, const char *text)
{
    static const char *const usual[] = { "", "rbind", "norbind", "noidmap", NULL };
    g_auto(GStrv) options = g_strsplit(text, ",", -1);
    size_t i;

    for (i = 0; options[i]; i++) {
        if (!g_strv_contains(usual, options[i]))
            native_ignore(file->report, "option '%s' (line %u)", options[i], line->number);
    }
}

/* "SOURCE", "SOURCE:TARGET" or "SOURCE:TARGET:OPTIONS"; a source that begins with '+' is inside. */
static bool
read_bind(const NspawnFile *file, const NspawnLine *line, GError **error)
{
    g_auto(GStrv) parts = parts_split(line->value);
    bool inside = parts[0][0] == '+';
    const char *source = parts[0] + inside;
    const char *target = parts[1] && parts[1][0] ? parts[1] : source;
    Filesystem *filesystem;

    if (parts[0][0] == '\0') {
        native_ignore(file->report, "%s=%s (line %u), a temporary directory", line->key,
                      line->value, line->number);
        return true;
    }
    if (source[0] != '/' || target[0] != '/')
        return nspawn_bad(line, "absolute paths are needed", error);
    filesystem = build_filesystem(file->definition, inside ? FILESYSTEM_BIND : FILESYSTEM_MOUNT,
                                  source, target);
    filesystem->readonly = g_str_equal(line->key, "BindReadOnly");
    if (parts[1] && parts[2])
        report_options(file, line, parts[2]);
    return true;
}

static bool
read_memory(const NspawnFile *file, const NspawnLine *line, GError **error)
{
    g_auto(GStrv) parts = parts_split(line->value);
    g_auto(GStrv) options = parts[1] ? g_strsplit(parts[1], ",", -1) : NULL;
    g_autofree char *place = g_strdup_printf("TemporaryFileSystem= (line %u)", line->number);
    const NativeMount mount = {
        .target = parts[0],
        .type = "tmpfs",
        .options = (const char *const *)options,
        .place = place,
    };

    if (parts[0][0] != '/')
        return nspawn_bad(line, "an absolute path is needed", error);
    return native_mount(file->definition, &mount, file->report, error);
}

bool
nspawn_files(const NspawnFile *file, GError **error)
{
    g_autofree char *path = g_strconcat(MACHINES, file->definition->name, NULL);
    Filesystem *root = build_filesystem(file->definition, FILESYSTEM_MOUNT, path, "/");

    native_note(file->report, "the root is taken to be '%s'", path);
    return nspawn_bool(file, "Files", "ReadOnly", &root->readonly, error) &&
           nspawn_each(file, "Files", "TemporaryFileSystem", read_memory, error) &&
           nspawn_each(file, "Files", "Bind", read_bind, error) &&
           nspawn_each(file, "Files", "BindReadOnly", read_bind, error);
}
