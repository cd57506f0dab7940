/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every command, what it needs and takes, and the ones that need nothing else. */
#include <string.h>

#include "config.h"
#include "controller/agent/agent.h"
#include "controller/wire/failure.h"

static char *
ping(Agent *agent, const AgentArguments *arguments, GError **error)
{
    return agent_reply_nothing();
}

static char *
sync_number(Agent *agent, const AgentArguments *arguments, GError **error)
{
    return agent_reply_number(arguments->id);
}

static char *
refuse_vcpus(Agent *agent, const AgentArguments *arguments, GError **error)
{
    fail(error, FAILURE_OPERATION_UNSUPPORTED,
         "a container's processors are set from outside: use the domain's vcpu calls");
    return NULL;
}

static char *
refuse_time(Agent *agent, const AgentArguments *arguments, GError **error)
{
    fail(error, FAILURE_OPERATION_UNSUPPORTED,
         "a container shares the clock of its host: set it there");
    return NULL;
}

static char *
refuse_suspend(Agent *agent, const AgentArguments *arguments, GError **error)
{
    fail(error, FAILURE_OPERATION_UNSUPPORTED,
         "a container cannot suspend itself: suspend the domain");
    return NULL;
}

/* The driver knows each init's way to shut down and does it before it asks us. */
static char *
refuse_shutdown(Agent *agent, const AgentArguments *arguments, GError **error)
{
    fail(error, FAILURE_OPERATION_UNSUPPORTED, "shutting down is left to the driver");
    return NULL;
}

static const AgentCommand commands[] = {
    { "guest-ping", NULL, NULL, ping, true },
    { "guest-info", NULL, NULL, agent_info, true },
    { "guest-sync", "id", NULL, sync_number, true },
    { "guest-sync-delimited", "id", NULL, sync_number, true },
    { "guest-exec", "path", "arg env input-data capture-output", agent_exec },
    { "guest-exec-status", "pid", NULL, agent_exec_status, true },
    { "guest-file-open", "path", "mode", agent_file_open },
    { "guest-file-close", "handle", NULL, agent_file_close, true },
    { "guest-file-read", "handle", "count", agent_file_read },
    { "guest-file-write", "handle buf-b64", "count", agent_file_write },
    { "guest-file-seek", "handle offset whence", NULL, agent_file_seek },
    { "guest-file-flush", "handle", NULL, agent_file_flush },
    { "guest-get-osinfo", NULL, NULL, agent_osinfo },
    { "guest-get-host-name", NULL, NULL, agent_host_name },
    { "guest-get-users", NULL, NULL, agent_users },
    { "guest-get-timezone", NULL, NULL, agent_timezone },
    { "guest-get-time", NULL, NULL, agent_time, true },
    { "guest-set-time", NULL, "time", refuse_time, true },
    { "guest-get-fsinfo", NULL, NULL, agent_fsinfo },
    { "guest-get-disks", NULL, NULL, agent_disks, true },
    { "guest-get-vcpus", NULL, NULL, agent_vcpus },
    { "guest-set-vcpus", "vcpus", NULL, refuse_vcpus, true },
    { "guest-get-load", NULL, NULL, agent_load, true },
    { "guest-network-get-interfaces", NULL, NULL, agent_interfaces },
    { "guest-set-user-password", "username password", "crypted", agent_set_password },
    { "guest-ssh-get-authorized-keys", "username", NULL, agent_keys_get },
    { "guest-ssh-add-authorized-keys", "username keys", "reset", agent_keys_add },
    { "guest-ssh-remove-authorized-keys", "username keys", NULL, agent_keys_remove },
    { "guest-fsfreeze-status", NULL, NULL, agent_freeze_status, true },
    { "guest-fsfreeze-freeze", NULL, NULL, agent_freeze, false, 120 },
    { "guest-fsfreeze-freeze-list", NULL, "mountpoints", agent_freeze, false, 120 },
    { "guest-fsfreeze-thaw", NULL, NULL, agent_thaw_all },
    { "guest-fstrim", NULL, "minimum", agent_trim, false, 300 },
    { "guest-shutdown", NULL, "mode", refuse_shutdown, true },
    { "guest-suspend-disk", NULL, NULL, refuse_suspend, true },
    { "guest-suspend-ram", NULL, NULL, refuse_suspend, true },
    { "guest-suspend-hybrid", NULL, NULL, refuse_suspend, true },
};

const AgentCommand *
agent_command_find(const char *name)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_equal(commands[i].name, name))
            return &commands[i];
    }
    return NULL;
}

static bool
is_refusal(const AgentCommand *command)
{
    return command->perform == refuse_vcpus || command->perform == refuse_time ||
           command->perform == refuse_suspend;
}

char *
agent_info(Agent *agent, const AgentArguments *arguments, GError **error)
{
    AgentInfo *info = json_new(&agent_info_type);
    char *reply;
    size_t i;

    info->version = g_strdup(CAISSON_VERSION);
    info->commands = json_array_new(&agent_command_info_type);
    for (i = 0; i < G_N_ELEMENTS(commands); i++) {
        AgentCommandInfo *row = json_new(&agent_command_info_type);

        row->name = g_strdup(commands[i].name);
        row->enabled = !is_refusal(&commands[i]);
        row->success_response = true;
        g_ptr_array_add(info->commands, row);
    }
    reply = agent_reply_object(&agent_info_type, info);
    json_free(&agent_info_type, info);
    return reply;
}
