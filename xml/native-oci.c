/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads OCI runtime documents: config.json as umoci, crun and runc write it. */
#include "xml/native-oci.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "xml/native-build.h"
#include "xml/native-formats.h"
#include "xml/native-mount.h"
#include "xml/native-oci-linux.h"

#define UNKNOWN_MAX 64

static bool
read_name(const OciConfig *config, Definition *definition, GError **error)
{
    const char *name =
        config->caisson && config->caisson->name ? config->caisson->name : config->hostname;

    if (!name || !*name)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "hostname is missing; it becomes the name of the domain");
    build_set(&definition->name, name);
    if (config->caisson && config->caisson->uuid)
        build_set(&definition->uuid, config->caisson->uuid);
    return true;
}

static bool
read_root(const OciConfig *config, Definition *definition, GError **error)
{
    const char *path = config->root ? config->root->path : NULL;

    if (!path)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "root.path is missing; it becomes the root filesystem");
    if (path[0] != '/')
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "root.path '%.128s' is relative to the bundle, which the text does not say; "
                    "make it an absolute path",
                    path);
    build_filesystem(definition, FILESYSTEM_MOUNT, path, "/")->readonly = config->root->readonly;
    return true;
}

/* What every container of ours has, whatever a document says about it. */
static bool
mount_is_usual(const ContainerMount *mount)
{
    static const char *const kernel[] = { "proc",   "sysfs",   "devpts", "mqueue",
                                          "cgroup", "cgroup2", NULL };
    const char *type = mount->type ? mount->type : "";
    size_t i;

    if (g_str_equal(type, "tmpfs") && g_str_equal(mount->destination, "/dev"))
        return true;
    /* one of another size is more than what every container has */
    if (g_str_equal(type, "tmpfs") && g_str_equal(mount->destination, "/dev/shm")) {
        for (i = 0; mount->options && mount->options[i]; i++) {
            if (g_str_has_prefix(mount->options[i], "size="))
                return false;
        }
        return true;
    }
    return g_strv_contains(kernel, type) || build_is_provided(mount->destination);
}

static bool
read_mount(const ContainerMount *mount, Definition *definition, NativeReport *report,
           GError **error)
{
    g_autofree char *place = g_strdup_printf("mount of '%.64s'", mount->destination);
    NativeMount native = {
        .source = mount->source,
        .target = mount->destination,
        .type = mount->type,
        .options = (const char *const *)mount->options,
        .place = place,
    };

    if (mount_is_usual(mount))
        return true;
    if (mount->destination[0] != '/')
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "%s: the path must be absolute", place);
    return native_mount(definition, &native, report, error);
}

static bool
read_mounts(const OciConfig *config, Definition *definition, NativeReport *report, GError **error)
{
    guint i;

    for (i = 0; config->mounts && i < config->mounts->len; i++) {
        if (!read_mount(config->mounts->pdata[i], definition, report, error))
            return false;
    }
    return true;
}

/*
 * OCI looks a command without a slash up in PATH, inside the container. A domain's init is a path;
 * env(1) does the looking up. The shell is in the same place everywhere.
 */
static bool
read_args(const OciProcess *process, Definition *definition, NativeReport *report, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autofree char *path = NULL;
    const char *command = process->args ? process->args[0] : NULL;
    size_t i;

    if (!command || !*command)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "process.args is missing; it becomes init and its arguments");
    if (command[0] != '/' && strchr(command, '/'))
        path = g_build_filename(process->cwd ? process->cwd : "/", command, NULL);
    else if (g_str_equal(command, "sh"))
        path = g_strdup("/bin/sh");
    else if (command[0] != '/')
        path = g_strdup("/usr/bin/env");
    else
        path = g_strdup(command);
    g_ptr_array_add(words, path);
    if (g_str_equal(path, "/usr/bin/env") && command[0] != '/') {
        native_note(report, "'%s' is no path, so /usr/bin/env looks it up in PATH", command);
        g_ptr_array_add(words, (gpointer)command);
    }
    for (i = 1; process->args[i]; i++)
        g_ptr_array_add(words, process->args[i]);
    g_ptr_array_add(words, NULL);
    return build_init(&definition->os, (const char *const *)words->pdata, error);
}

/* Variables that every container of ours has; @own: the document was written by ourselves. */
static bool
variable_is_usual(const char *variable, bool own)
{
    static const char *const values[] = { "PATH=/bin:/sbin", "TERM=linux", "HOME=/",
                                          "container=lxc-libvirt", NULL };
    static const char *const names[] = { "container_uuid=", "container_ttys=", "LIBVIRT_LXC_UUID=",
                                         "LIBVIRT_LXC_NAME=" };
    size_t i;

    if (g_strv_contains(values, variable))
        return true;
    for (i = 0; own && i < G_N_ELEMENTS(names); i++) {
        if (g_str_has_prefix(variable, names[i]))
            return true;
    }
    return false;
}

static void
read_env(const OciConfig *config, Definition *definition, NativeReport *report)
{
    static const char cmdline[] = "LIBVIRT_LXC_CMDLINE=";
    char **env = config->process->env;
    bool own = config->caisson != NULL;
    size_t i;

    for (i = 0; env && env[i]; i++) {
        if (own && g_str_has_prefix(env[i], cmdline))
            build_set(&definition->os.cmdline, env[i] + strlen(cmdline));
        else if (!variable_is_usual(env[i], own))
            build_variable(definition, env[i], report);
    }
}

static void
read_user(const OciConfig *config, Os *os)
{
    const ContainerUser *user = config->process->user;
    const OciExtension *extension = config->caisson;

    if (user && (user->uid > 0 || user->gid > 0)) {
        os->init_user = g_strdup_printf("+%" G_GUINT64_FORMAT, user->uid);
        os->init_group = g_strdup_printf("+%" G_GUINT64_FORMAT, user->gid);
    }
    if (extension && extension->user)
        build_set(&os->init_user, extension->user);
    if (extension && extension->group)
        build_set(&os->init_group, extension->group);
}

static void
read_capabilities(const OciProcess *process, Definition *definition, NativeReport *report)
{
    const OciCapabilities *given = process->capabilities;
    bool keep[CAPABILITY_COUNT] = { false };
    size_t i;

    if (!given) {
        native_note(report, "process.capabilities says nothing, so the default policy applies");
        return;
    }
    for (i = 0; given->bounding && given->bounding[i]; i++) {
        int index = build_capability_index(given->bounding[i]);

        if (index >= 0)
            keep[index] = true;
        else
            native_ignore(report, "capability '%s'", given->bounding[i]);
    }
    build_capabilities(&definition->features.capabilities, keep);
    /* root has what is in the bounding set anyway */
    if (process->user && process->user->uid > 0 && given->ambient && given->ambient[0])
        native_ignore(report, "process.capabilities.ambient");
}

static char *
rlimit_text(uint64_t number)
{
    return number == UINT64_MAX ? g_strdup("unlimited")
                                : g_strdup_printf("%" G_GUINT64_FORMAT, number);
}

/* "RLIMIT_NOFILE" */
static void
read_rlimit(const ContainerRlimit *given, CaissonOptions *options, NativeReport *report)
{
    static const char prefix[] = "RLIMIT_";
    bool named = g_str_has_prefix(given->type, prefix);
    g_autofree char *resource =
        named ? g_ascii_strdown(given->type + strlen(prefix), -1) : g_strdup("");
    g_autofree char *soft = rlimit_text(given->soft);
    g_autofree char *hard = rlimit_text(given->hard);

    if (given->soft <= given->hard && caisson_remove_rlimit(options, resource))
        caisson_add_rlimit(options, resource, soft, hard);
    else
        native_ignore(report, "process.rlimits '%s'", given->type);
}

static void
read_confinement(const OciProcess *process, CaissonOptions *options, NativeReport *report)
{
    guint i;

    for (i = 0; process->rlimits && i < process->rlimits->len; i++)
        read_rlimit(process->rlimits->pdata[i], options, report);
    options->no_new_privileges = process->no_new_privileges;
    if (process->oom_score_adj >= -1000 && process->oom_score_adj <= 1000)
        options->oom_score = process->oom_score_adj;
    else
        native_ignore(report, "process.oomScoreAdj");
}

static bool
read_process(const OciConfig *config, Definition *definition, NativeReport *report, GError **error)
{
    const OciProcess *process = config->process;
    const char *cwd = process ? process->cwd : NULL;

    if (!process)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "process is missing; it becomes init of the domain");
    if (cwd && cwd[0] != '/')
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "process.cwd '%.128s' must be an absolute path", cwd);
    if (!read_args(process, definition, report, error))
        return false;
    if (cwd && !g_str_equal(cwd, "/"))
        build_set(&definition->os.init_dir, cwd);
    read_env(config, definition, report);
    read_user(config, &definition->os);
    read_capabilities(process, definition, report);
    read_confinement(process, &definition->caisson, report);
    return true;
}

static void
report_unknown(const char *text, NativeReport *report)
{
    g_auto(GStrv) unknown = json_unknown(&oci_config_type, text, strlen(text), UNKNOWN_MAX);
    size_t i;

    for (i = 0; unknown[i]; i++) {
        if (!g_str_has_prefix(unknown[i], "caisson."))
            native_ignore(report, "%s", unknown[i]);
    }
}

static bool
read_config(const OciConfig *config, Definition *definition, NativeReport *report, GError **error)
{
    if (!g_str_has_prefix(config->oci_version, "1."))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "ociVersion '%.32s' is not known; it must be 1.x", config->oci_version);
    if (!read_name(config, definition, error) || !read_root(config, definition, error) ||
        !read_mounts(config, definition, report, error) ||
        !read_process(config, definition, report, error) ||
        !oci_read_linux(config, definition, report, error))
        return false;
    build_consoles(definition, 1);
    return true;
}

bool
native_oci_read(const char *text, const char *arch, Definition *definition, NativeReport *report,
                GError **error)
{
    g_autoptr(GError) cause = NULL;
    OciConfig *config = json_read(&oci_config_type, text, strlen(text), &cause);
    bool ok;

    if (!config)
        return fail(error, FAILURE_INVALID_ARG, "no OCI configuration: %s", cause->message);
    report_unknown(text, report);
    ok = read_config(config, definition, report, error);
    if (ok)
        oci_read_personality(config, arch, definition, report);
    json_free(&oci_config_type, config);
    return ok;
}
