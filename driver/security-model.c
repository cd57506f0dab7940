/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AppArmor and SELinux by what the kernel shows of them. */
#include "driver/security-model.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controller/wire/failure.h"
#include "driver/abi/log.h"
#include "driver/host.h"

#define SETTINGS_PATH_NAME "lxc.conf"
#define PROFILES_PATH      "/sys/kernel/security/apparmor/profiles"

typedef struct {
    const char *name;
    bool (*is_there)(void);
    bool (*generate)(Seclabel *label, GError **error);
    const char *process_file; /* below /proc/PID/attr */
} Model;

static bool
apparmor_is_there(void)
{
    g_autofree char *enabled = NULL;

    return g_file_get_contents("/sys/module/apparmor/parameters/enabled", &enabled, NULL, NULL) &&
           enabled[0] == 'Y';
}

/* The list is for root; a host that hides it (no securityfs) leaves the word to the kernel. */
static bool
apparmor_has_profile(const char *name)
{
    g_autofree char *text = NULL;
    g_autofree char *line = g_strconcat(name, " (", NULL);
    const char *found;

    if (!g_file_get_contents(PROFILES_PATH, &text, NULL, NULL))
        return true;
    found = g_strstr_len(text, -1, line);
    return found && (found == text || found[-1] == '\n');
}

static bool
apparmor_generate(Seclabel *label, GError **error)
{
    if (label->type == SECLABEL_DYNAMIC) {
        g_free(label->label);
        label->label = g_strdup(label->baselabel ? label->baselabel : SECURITY_PROFILE);
        g_free(label->imagelabel);
        label->imagelabel = g_strdup(label->label);
    }
    return apparmor_has_profile(label->label) ||
           fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "the AppArmor profile '%s' is not loaded: run 'apparmor_parser -r' on its file in "
                "/etc/apparmor.d",
                label->label);
}

static bool
selinux_is_there(void)
{
    return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

static bool
selinux_generate(Seclabel *label, GError **error)
{
    if (label->type == SECLABEL_STATIC)
        return true;
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "<seclabel type='dynamic' model='selinux'> is not supported for containers by this "
                "version; use type 'static' with a <label>");
}

static const Model models[] = {
    { "selinux", selinux_is_there, selinux_generate, "current" },
    { "apparmor", apparmor_is_there, apparmor_generate, "apparmor/current" },
};

static const Model *chosen; /* NULL: none */

static bool
choose_named(const char *name, GError **error)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(models); i++) {
        if (g_str_equal(models[i].name, name) && models[i].is_there()) {
            chosen = &models[i];
            return true;
        }
    }
    return g_str_equal(name, "none") || fail(error, FAILURE_CONFIG_UNSUPPORTED,
                                             "security_driver '%s' of " SETTINGS_PATH_NAME
                                             " is not available: use \"none\" or remove the line",
                                             name);
}

bool
security_init(const Settings *settings, GError **error)
{
    size_t i;

    chosen = NULL;
    if (settings->security_driver) {
        if (!choose_named(settings->security_driver, error))
            return false;
    } else {
        for (i = 0; !chosen && i < G_N_ELEMENTS(models); i++)
            chosen = models[i].is_there() ? &models[i] : NULL;
    }
    if (chosen)
        return true;
    if (settings->security_require_confined)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "security_require_confined of " SETTINGS_PATH_NAME
                    " needs a security driver, and there is none: remove the line");
    if (settings->security_default_confined)
        log_warning("security_default_confined of %s has no effect without a security driver",
                    SETTINGS_PATH_NAME);
    return true;
}

const char *
security_model(void)
{
    return chosen ? chosen->name : "none";
}

const char *
security_doi(void)
{
    return "0";
}

/* *ret_confined: the label is one that binds. */
static bool
prepare(Seclabel *label, bool *ret_confined, GError **error)
{
    if (label->type == SECLABEL_NONE || g_strcmp0(label->model, "none") == 0)
        return true;
    if (!chosen && !label->model)
        return true;
    if (!chosen || (label->model && !g_str_equal(label->model, chosen->name)))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<seclabel type='%s' model='%s'>: the security model of this host is '%s'; set "
                    "type to 'none' or remove the element",
                    seclabel_type_name(label->type), label->model ? label->model : "",
                    security_model());
    if (!label->model)
        label->model = g_strdup(chosen->name);
    *ret_confined = true;
    return chosen->generate(label, error);
}

static void
add_generated(Definition *live)
{
    Seclabel *label = seclabel_new();

    label->type = SECLABEL_DYNAMIC;
    label->model = g_strdup(chosen->name);
    label->relabel = 1;
    g_ptr_array_add(live->seclabels, label);
}

bool
security_prepare(Definition *live, GError **error)
{
    const Settings *settings = host_settings();
    bool confined = false;
    guint i;

    if (chosen && settings->security_default_confined && live->seclabels->len == 0)
        add_generated(live);
    for (i = 0; i < live->seclabels->len; i++) {
        if (!prepare(live->seclabels->pdata[i], &confined, error))
            return false;
    }
    return confined || !settings->security_require_confined ||
           fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "domain '%s' has no label of the security model '%s', and "
                "security_require_confined of " SETTINGS_PATH_NAME " demands one",
                live->name, security_model());
}

/* "profile (enforce)" of AppArmor; a context of SELinux as it is. */
char *
security_label_of(pid_t pid, bool *ret_enforcing)
{
    g_autofree char *path = NULL;
    char *text = NULL;
    char *mode;

    *ret_enforcing = false;
    if (!chosen)
        return g_strdup("");
    path = g_strdup_printf("/proc/%d/attr/%s", pid, chosen->process_file);
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return g_strdup("");
    g_strchomp(text);
    if (!g_str_equal(chosen->name, "apparmor")) {
        g_autofree char *enforce = NULL;

        *ret_enforcing = g_file_get_contents("/sys/fs/selinux/enforce", &enforce, NULL, NULL) &&
                         enforce[0] == '1';
        return text;
    }
    if ((mode = strstr(text, " ("))) {
        *ret_enforcing = g_str_has_prefix(mode, " (enforce");
        *mode = '\0';
    }
    return text;
}
