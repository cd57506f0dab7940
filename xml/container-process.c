/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Init of a container: what it runs, as whom, with which environment and capabilities. */
#include <inttypes.h>
#include <string.h>

#include "xml/container-parts.h"

/* 64 bytes with the final NUL are what the kernel takes */
#define HOSTNAME_LENGTH_MAX 63

static char **
process_args(const Os *os)
{
    GPtrArray *args = g_ptr_array_new();
    guint i;

    g_ptr_array_add(args, g_strdup(os->init ? os->init : OS_INIT));
    for (i = 0; i < os->init_args->len; i++)
        g_ptr_array_add(args, g_strdup(os->init_args->pdata[i]));
    g_ptr_array_add(args, NULL);
    return (char **)g_ptr_array_free(args, FALSE);
}

typedef struct {
    GPtrArray *entries; /* of "name=value" */
    GHashTable *places; /* name to index in entries; a domain may bring a hundred thousand */
} Environment;

/* Adds "name=value", or replaces what has the name already where it stands. */
static void
env_set(Environment *env, const char *name, const char *value)
{
    char *entry = g_strconcat(name, "=", value, NULL);
    gpointer place;

    if (g_hash_table_lookup_extended(env->places, name, NULL, &place)) {
        g_free(env->entries->pdata[GPOINTER_TO_UINT(place)]);
        env->entries->pdata[GPOINTER_TO_UINT(place)] = entry;
        return;
    }
    g_hash_table_insert(env->places, g_strdup(name), GUINT_TO_POINTER(env->entries->len));
    g_ptr_array_add(env->entries, entry);
}

/* "pts/1 pts/2": the terminals beside the console, for inits that run a getty on each. */
static void
env_set_ttys(Environment *env, guint consoles)
{
    g_autoptr(GString) ttys = g_string_new(NULL);
    guint i;

    for (i = 1; i < consoles; i++)
        g_string_append_printf(ttys, "%spts/%u", i > 1 ? " " : "", i);
    if (consoles > 1)
        env_set(env, "container_ttys", ttys->str);
}

static char **
process_env(const Definition *definition, uint64_t passed_fds)
{
    g_autofree char *passed = g_strdup_printf("%" PRIu64, passed_fds);
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Environment env = { g_ptr_array_new(), places };
    guint i;

    env_set(&env, "PATH", "/bin:/sbin");
    env_set(&env, "TERM", "linux");
    env_set(&env, "container", "lxc-libvirt");
    env_set(&env, "HOME", "/");
    env_set(&env, "container_uuid", definition->uuid);
    env_set_ttys(&env, definition->consoles->len);
    env_set(&env, "LIBVIRT_LXC_UUID", definition->uuid);
    env_set(&env, "LIBVIRT_LXC_NAME", definition->name);
    if (definition->os.cmdline)
        env_set(&env, "LIBVIRT_LXC_CMDLINE", definition->os.cmdline);
    if (passed_fds > 0) { /* as service managers pass sockets: sd_listen_fds(3) */
        env_set(&env, "LISTEN_FDS", passed);
        env_set(&env, "LISTEN_PID", "1");
    }
    for (i = 0; i < definition->os.init_env->len; i++) {
        const OsVariable *variable = definition->os.init_env->pdata[i];

        env_set(&env, variable->name, variable->value);
    }
    g_ptr_array_add(env.entries, NULL);
    return (char **)g_ptr_array_free(env.entries, FALSE);
}

static char **
capability_names(const Capabilities *capabilities)
{
    GPtrArray *names = g_ptr_array_new();
    unsigned i;

    for (i = 0; i < CAPABILITY_COUNT; i++) {
        if (capabilities_keep(capabilities, i))
            g_ptr_array_add(names, g_strdup(capabilities_known[i].kernel));
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

/* The number that "1000" or "+1000" means; 0 for a name, which only the container can look up. */
static uint64_t
id_number(const char *text)
{
    guint64 id;

    if (!text || !g_ascii_string_to_unsigned(text[0] == '+' ? text + 1 : text, 10, 0,
                                             UINT32_MAX - 1, &id, NULL))
        return 0;
    return id;
}

static void
process_limits(const CaissonOptions *options, ContainerProcess *process)
{
    guint i;

    process->no_new_privileges = options->no_new_privileges;
    process->oom_score_adj = options->oom_score;
    for (i = 0; i < options->rlimits->len; i++) {
        const ProcessLimit *limit = options->rlimits->pdata[i];
        ContainerRlimit *rlimit = json_new(&container_rlimit_type);

        rlimit->type = g_strdup(rlimit_resource(limit));
        rlimit_number(limit->soft, &rlimit->soft);
        rlimit_number(limit->hard, &rlimit->hard);
        g_ptr_array_add(process->rlimits, rlimit);
    }
}

static char *
process_hostname(const char *name)
{
    GString *hostname = g_string_new(NULL);

    for (name += *name == '-'; *name && hostname->len < HOSTNAME_LENGTH_MAX; name++) {
        if (g_ascii_isalnum(*name) || *name == '-')
            g_string_append_c(hostname, *name);
    }
    /* a name without a single such character: the host's own name must not show */
    return g_string_free(hostname->len > 0 ? hostname : g_string_append(hostname, "container"),
                         FALSE);
}

void
container_process(const Definition *definition, const ContainerContext *context,
                  Container *container)
{
    const Os *os = &definition->os;
    ContainerProcess *process = container->process;
    ContainerCapabilities *capabilities = json_new(&container_capabilities_type);

    process->args = process_args(os);
    process->env = process_env(definition, context->passed_fds);
    process->cwd = g_strdup(os->init_dir ? os->init_dir : "/");
    process->user->uid = id_number(os->init_user);
    process->user->gid = id_number(os->init_group);
    container->caisson->user = g_strdup(os->init_user);
    container->caisson->group = g_strdup(os->init_group);

    capabilities->bounding = capability_names(&definition->features.capabilities);
    capabilities->effective = g_strdupv(capabilities->bounding);
    capabilities->permitted = g_strdupv(capabilities->bounding);
    process->capabilities = capabilities;
    process_limits(&definition->caisson, process);

    container->hostname = process_hostname(definition->name);
}
