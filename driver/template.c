/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private layers of templates, and what their config.json says. */
#include "driver/template.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "controller/wire/container.h"
#include "controller/wire/failure.h"
#include "xml/templates.h"

/* Of config.json; everything else there is the domain's to say. */
typedef struct {
    ContainerProcess *process;
} TemplateConfig;

/* As container_process_type, but nothing needs to be there. */
static const JsonField process_fields[] = {
    { "args", JSON_STRINGS, offsetof(ContainerProcess, args) },
    { "env", JSON_STRINGS, offsetof(ContainerProcess, env) },
    { "cwd", JSON_STRING, offsetof(ContainerProcess, cwd) },
    { "user", JSON_OBJECT, offsetof(ContainerProcess, user), .type = &container_user_type },
    { NULL },
};
static const JsonType process_type = { "process", sizeof(ContainerProcess), process_fields };

static const JsonField config_fields[] = {
    { "process", JSON_OBJECT, offsetof(TemplateConfig, process), .type = &process_type },
    { NULL },
};
static const JsonType config_type = { "template", sizeof(TemplateConfig), config_fields };

static bool
make_directory(const char *path, const struct stat *like, GError **error)
{
    if (mkdir(path, 0700) < 0)
        return errno == EEXIST || fail_errno(error, errno, "cannot make '%s'", path);
    /* an overlay's root looks like its upper directory */
    if (like &&
        (chown(path, like->st_uid, like->st_gid) < 0 || chmod(path, like->st_mode & 07777) < 0))
        return fail_errno(error, errno, "cannot prepare '%s'", path);
    return true;
}

/* A layer on another template would show a mixture of both. */
static bool
note_template(const char *layer, const Filesystem *filesystem, const Domain *domain, GError **error)
{
    g_autofree char *path = g_strconcat(layer, "/template", NULL);
    g_autofree char *noted = NULL;

    if (!g_file_get_contents(path, &noted, NULL, NULL))
        return g_file_set_contents_full(path, filesystem->source, -1, G_FILE_SET_CONTENTS_DURABLE,
                                        0600, error);
    if (g_str_equal(noted, filesystem->source))
        return true;
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "what domain '%s' has written at '%s' belongs to the template '%s', not '%s'; "
                "remove it with 'caisson-template forget %s'",
                domain->name, filesystem->target, noted, filesystem->source, domain->uuid_text);
}

static bool
make_layer(const Filesystem *filesystem, const Domain *domain, GError **error)
{
    g_autofree char *directory = template_path(DATADIR, filesystem->source);
    g_autofree char *rootfs = g_strconcat(directory, "/rootfs", NULL);
    g_autofree char *layer = template_layer(DATADIR, domain->uuid_text, filesystem->target);
    g_autofree char *upper = g_strconcat(layer, "/upper", NULL);
    g_autofree char *work = g_strconcat(layer, "/work", NULL);
    struct stat status;

    if (!filesystem->readonly) {
        if (g_mkdir_with_parents(layer, 0700) < 0)
            return fail_errno(error, errno, "cannot make '%s'", layer);
        /* first: from here on the template is in use */
        if (!note_template(layer, filesystem, domain, error))
            return false;
    }
    if (stat(rootfs, &status) < 0 || !S_ISDIR(status.st_mode))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "there is no template '%s' for the target '%s'; make it with "
                    "'caisson-template import %s SOURCE'",
                    filesystem->source, filesystem->target, filesystem->source);
    return filesystem->readonly ||
           (make_directory(upper, &status, error) && make_directory(work, NULL, error));
}

static TemplateConfig *
read_config(const char *name, GError **error)
{
    g_autofree char *directory = template_path(DATADIR, name);
    g_autofree char *path = g_strconcat(directory, "/config.json", NULL);
    g_autofree char *text = NULL;
    TemplateConfig *config;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, NULL))
        return json_new(&config_type);
    if (!(config = json_read(&config_type, text, length, error)))
        g_prefix_error(error, "'%s': ", path);
    return config;
}

static bool
has_variable(const Os *os, const char *name)
{
    guint i;

    for (i = 0; i < os->init_env->len; i++) {
        if (g_str_equal(((const OsVariable *)os->init_env->pdata[i])->name, name))
            return true;
    }
    return false;
}

static OsVariable *
variable_new(const char *name, const char *value)
{
    OsVariable *variable = g_new0(OsVariable, 1);

    variable->name = g_strdup(name);
    variable->value = g_strdup(value);
    return variable;
}

static void
take_environment(Os *os, char **entries)
{
    for (; entries && *entries; entries++) {
        const char *value = strchr(*entries, '=');
        g_autofree char *name = value ? g_strndup(*entries, value - *entries) : NULL;

        if (name && *name && !has_variable(os, name))
            g_ptr_array_add(os->init_env, variable_new(name, value + 1));
    }
}

static void
take_user(Os *os, const ContainerUser *user)
{
    if (!user || os->init_user || os->init_group || (user->uid == 0 && user->gid == 0))
        return;
    os->init_user = g_strdup_printf("%" G_GUINT64_FORMAT, user->uid);
    os->init_group = g_strdup_printf("%" G_GUINT64_FORMAT, user->gid);
}

/* The domain's XML has no empty <initarg>, and nothing to write control characters with: such a
 * domain could not be read again. */
static bool
check_arguments(const char *name, const ContainerProcess *process, GError **error)
{
    char **arguments = process ? process->args : NULL;
    guint i;

    for (i = 0; arguments && arguments[i]; i++) {
        const char *letter = arguments[i];

        while (*letter && g_ascii_iscntrl(*letter) && !g_ascii_isspace(*letter))
            letter++;
        if (*letter == '\0')
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "argument %u in 'config.json' of the template '%s' is empty, which a "
                        "domain cannot have; name what is to run in <init> and <initarg>",
                        i, name);
    }
    return true;
}

static void
take_process(Os *os, const ContainerProcess *process)
{
    char **argument = process ? process->args : NULL;

    os->init = g_strdup(argument && *argument ? *argument : OS_INIT);
    if (!process)
        return;
    for (argument += argument && *argument; argument && *argument; argument++)
        g_ptr_array_add(os->init_args, g_strdup(*argument));
    take_environment(os, process->env);
    take_user(os, process->user);
    if (!os->init_dir)
        os->init_dir = g_strdup(process->cwd);
}

static bool
fill_init(Domain *domain, const Filesystem *root, GError **error)
{
    g_autoptr(GMutexLocker) locker = NULL;
    TemplateConfig *config = read_config(root->source, error);

    bool usable = config && check_arguments(root->source, config->process, error);

    if (usable) {
        locker = g_mutex_locker_new(&domain->lock);
        take_process(&domain->live->os, config->process);
    }
    json_free(&config_type, config);
    return usable;
}

bool
template_prepare_filesystem(const Domain *domain, const Filesystem *filesystem, GError **error)
{
    return filesystem->type != FILESYSTEM_TEMPLATE || make_layer(filesystem, domain, error);
}

bool
template_prepare(Domain *domain, GError **error)
{
    guint i;

    for (i = 0; i < domain->live->filesystems->len; i++) {
        const Filesystem *filesystem = domain->live->filesystems->pdata[i];

        if (!template_prepare_filesystem(domain, filesystem, error) ||
            (filesystem->type == FILESYSTEM_TEMPLATE && !domain->live->os.init &&
             g_str_equal(filesystem->target, "/") && !fill_init(domain, filesystem, error)))
            return false;
    }
    return true;
}
