/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of the guest-agent protocol. */
#include "controller/wire/agent.h"

#include <string.h>

#include "controller/wire/failure.h"

#define TYPE(variable, label, type, rows) const JsonType variable = { label, sizeof(type), rows }

#define STRING(type, key, member)                \
    {                                            \
        key, JSON_STRING, offsetof(type, member) \
    }
#define NUMBER(type, key, member)                                     \
    {                                                                 \
        key, JSON_INT, offsetof(type, member), .absent = AGENT_ABSENT \
    }
#define ALWAYS_NUMBER(type, key, member)                                                    \
    {                                                                                       \
        key, JSON_INT, offsetof(type, member), .absent = AGENT_ABSENT, .flags = JSON_ALWAYS \
    }
#define TRUTH(type, key, member)                                     \
    {                                                                \
        key, JSON_BOOL, offsetof(type, member), .flags = JSON_ALWAYS \
    }

static const JsonField arguments_rows[] = {
    NUMBER(AgentArguments, "id", id),
    STRING(AgentArguments, "path", path),
    { "arg", JSON_STRINGS, offsetof(AgentArguments, arg) },
    { "env", JSON_STRINGS, offsetof(AgentArguments, env) },
    STRING(AgentArguments, "input-data", input_data),
    { "capture-output", JSON_BOOL, offsetof(AgentArguments, capture_output),
      .flags = JSON_ALTERNATIVE },
    { "capture-output", JSON_STRING, offsetof(AgentArguments, capture_streams) },
    NUMBER(AgentArguments, "pid", pid),
    NUMBER(AgentArguments, "handle", handle),
    NUMBER(AgentArguments, "count", count),
    STRING(AgentArguments, "buf-b64", buf),
    NUMBER(AgentArguments, "offset", offset),
    { "whence", JSON_INT, offsetof(AgentArguments, whence), .absent = AGENT_ABSENT,
      .flags = JSON_ALTERNATIVE },
    { "whence", JSON_STRING, offsetof(AgentArguments, whence_name) },
    STRING(AgentArguments, "mode", mode),
    { "mountpoints", JSON_STRINGS, offsetof(AgentArguments, mountpoints) },
    NUMBER(AgentArguments, "minimum", minimum),
    NUMBER(AgentArguments, "time", time),
    STRING(AgentArguments, "username", username),
    STRING(AgentArguments, "password", password),
    { "crypted", JSON_BOOL, offsetof(AgentArguments, crypted) },
    { "keys", JSON_STRINGS, offsetof(AgentArguments, keys) },
    { "reset", JSON_BOOL, offsetof(AgentArguments, reset) },
    { NULL },
};
TYPE(agent_arguments_type, "arguments", AgentArguments, arguments_rows);

static const JsonField call_rows[] = {
    { "execute", JSON_STRING, offsetof(AgentCall, execute), .flags = JSON_REQUIRED },
    { "arguments", JSON_OBJECT, offsetof(AgentCall, arguments), .type = &agent_arguments_type },
    { NULL },
};
TYPE(agent_call_type, "call", AgentCall, call_rows);

static const JsonField command_info_rows[] = {
    STRING(AgentCommandInfo, "name", name),
    TRUTH(AgentCommandInfo, "enabled", enabled),
    TRUTH(AgentCommandInfo, "success-response", success_response),
    { NULL },
};
TYPE(agent_command_info_type, "command", AgentCommandInfo, command_info_rows);

static const JsonField info_rows[] = {
    STRING(AgentInfo, "version", version),
    { "supported_commands", JSON_OBJECTS, offsetof(AgentInfo, commands),
      .type = &agent_command_info_type, .flags = JSON_ALWAYS },
    { NULL },
};
TYPE(agent_info_type, "info", AgentInfo, info_rows);

static const JsonField process_rows[] = { ALWAYS_NUMBER(AgentProcess, "pid", pid), { NULL } };
TYPE(agent_process_type, "process", AgentProcess, process_rows);

static const JsonField process_status_rows[] = {
    TRUTH(AgentProcessStatus, "exited", exited),
    NUMBER(AgentProcessStatus, "exitcode", exit_code),
    NUMBER(AgentProcessStatus, "signal", signal),
    STRING(AgentProcessStatus, "out-data", out_data),
    STRING(AgentProcessStatus, "err-data", err_data),
    { "out-truncated", JSON_BOOL, offsetof(AgentProcessStatus, out_truncated) },
    { "err-truncated", JSON_BOOL, offsetof(AgentProcessStatus, err_truncated) },
    { NULL },
};
TYPE(agent_process_status_type, "process status", AgentProcessStatus, process_status_rows);

static const JsonField transfer_rows[] = {
    NUMBER(AgentTransfer, "count", count),
    NUMBER(AgentTransfer, "position", position),
    STRING(AgentTransfer, "buf-b64", buf),
    TRUTH(AgentTransfer, "eof", eof),
    { NULL },
};
TYPE(agent_transfer_type, "transfer", AgentTransfer, transfer_rows);

static const JsonField os_rows[] = {
    STRING(AgentOs, "id", id),
    STRING(AgentOs, "name", name),
    STRING(AgentOs, "pretty-name", pretty_name),
    STRING(AgentOs, "version", version),
    STRING(AgentOs, "version-id", version_id),
    STRING(AgentOs, "machine", machine),
    STRING(AgentOs, "variant", variant),
    STRING(AgentOs, "variant-id", variant_id),
    STRING(AgentOs, "kernel-release", kernel_release),
    STRING(AgentOs, "kernel-version", kernel_version),
    { NULL },
};
TYPE(agent_os_type, "os", AgentOs, os_rows);

static const JsonField host_name_rows[] = { STRING(AgentHostName, "host-name", host_name),
                                            { NULL } };
TYPE(agent_host_name_type, "host name", AgentHostName, host_name_rows);

static const JsonField user_rows[] = {
    STRING(AgentUser, "user", user),
    { "login-time", JSON_DOUBLE, offsetof(AgentUser, login_time) },
    { NULL },
};
TYPE(agent_user_type, "user", AgentUser, user_rows);

static const JsonField timezone_rows[] = {
    STRING(AgentTimezone, "zone", zone),
    ALWAYS_NUMBER(AgentTimezone, "offset", offset),
    { NULL },
};
TYPE(agent_timezone_type, "timezone", AgentTimezone, timezone_rows);

static const JsonField filesystem_rows[] = {
    STRING(AgentFilesystem, "name", name),
    STRING(AgentFilesystem, "mountpoint", mountpoint),
    STRING(AgentFilesystem, "type", type),
    NUMBER(AgentFilesystem, "used-bytes", used_bytes),
    NUMBER(AgentFilesystem, "total-bytes", total_bytes),
    { "disk", JSON_OBJECTS, offsetof(AgentFilesystem, disk), .type = &agent_disk_type,
      .flags = JSON_ALWAYS },
    { NULL },
};
TYPE(agent_filesystem_type, "file system", AgentFilesystem, filesystem_rows);

static const JsonField address_rows[] = {
    STRING(AgentAddress, "ip-address", address),
    STRING(AgentAddress, "ip-address-type", type),
    ALWAYS_NUMBER(AgentAddress, "prefix", prefix),
    { NULL },
};
TYPE(agent_address_type, "address", AgentAddress, address_rows);

static const JsonField interface_statistics_rows[] = {
    ALWAYS_NUMBER(AgentInterfaceStatistics, "rx-bytes", rx_bytes),
    ALWAYS_NUMBER(AgentInterfaceStatistics, "rx-packets", rx_packets),
    ALWAYS_NUMBER(AgentInterfaceStatistics, "rx-errs", rx_errs),
    ALWAYS_NUMBER(AgentInterfaceStatistics, "rx-dropped", rx_dropped),
    ALWAYS_NUMBER(AgentInterfaceStatistics, "tx-bytes", tx_bytes),
    ALWAYS_NUMBER(AgentInterfaceStatistics, "tx-packets", tx_packets),
    ALWAYS_NUMBER(AgentInterfaceStatistics, "tx-errs", tx_errs),
    ALWAYS_NUMBER(AgentInterfaceStatistics, "tx-dropped", tx_dropped),
    { NULL },
};
TYPE(agent_interface_statistics_type, "statistics", AgentInterfaceStatistics,
     interface_statistics_rows);

static const JsonField interface_rows[] = {
    STRING(AgentInterface, "name", name),
    STRING(AgentInterface, "hardware-address", hardware_address),
    { "ip-addresses", JSON_OBJECTS, offsetof(AgentInterface, addresses),
      .type = &agent_address_type },
    { "statistics", JSON_OBJECT, offsetof(AgentInterface, statistics),
      .type = &agent_interface_statistics_type },
    { NULL },
};
TYPE(agent_interface_type, "interface", AgentInterface, interface_rows);

static const JsonField vcpu_rows[] = {
    ALWAYS_NUMBER(AgentVcpu, "logical-id", logical_id),
    TRUTH(AgentVcpu, "online", online),
    TRUTH(AgentVcpu, "can-offline", can_offline),
    { NULL },
};
TYPE(agent_vcpu_type, "vcpu", AgentVcpu, vcpu_rows);

static const JsonField load_rows[] = {
    { "load1m", JSON_DOUBLE, offsetof(AgentLoad, one) },
    { "load5m", JSON_DOUBLE, offsetof(AgentLoad, five) },
    { "load15m", JSON_DOUBLE, offsetof(AgentLoad, fifteen) },
    { NULL },
};
TYPE(agent_load_type, "load", AgentLoad, load_rows);

static const JsonField disk_rows[] = {
    STRING(AgentDisk, "name", name),
    TRUTH(AgentDisk, "partition", partition),
    { NULL },
};
TYPE(agent_disk_type, "disk", AgentDisk, disk_rows);

static const JsonField keys_rows[] = {
    { "keys", JSON_STRINGS, offsetof(AgentKeys, keys), .flags = JSON_ALWAYS },
    { NULL },
};
TYPE(agent_keys_type, "keys", AgentKeys, keys_rows);

static const JsonField trimmed_rows[] = {
    STRING(AgentTrimmed, "path", path),
    NUMBER(AgentTrimmed, "trimmed", trimmed),
    NUMBER(AgentTrimmed, "minimum", minimum),
    STRING(AgentTrimmed, "error", error),
    { NULL },
};
TYPE(agent_trimmed_type, "trimmed", AgentTrimmed, trimmed_rows);

static const JsonField trim_rows[] = {
    { "paths", JSON_OBJECTS, offsetof(AgentTrim, paths), .type = &agent_trimmed_type,
      .flags = JSON_ALWAYS },
    { NULL },
};
TYPE(agent_trim_type, "trim", AgentTrim, trim_rows);

/* Calls */

AgentCall *
agent_call_read(const char *text, size_t length, GError **error)
{
    g_autoptr(GError) local = NULL;
    AgentCall *call = json_read(&agent_call_type, text, length, &local);

    if (!call)
        fail(error, FAILURE_INVALID_ARG, "Invalid guest-agent command: %s", local->message);
    return call;
}

void
agent_call_free(AgentCall *call)
{
    json_free(&agent_call_type, call);
}

char **
agent_call_arguments(const char *text, size_t length)
{
    static const JsonField nothing[] = { { NULL } };
    static const JsonType none = { "none", 0, nothing };
    static const JsonField rows[] = { { "arguments", JSON_OBJECT, 0, .type = &none }, { NULL } };
    static const JsonType outer = { "call", sizeof(void *), rows };
    char **found = json_unknown(&outer, text, length, 64);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    char **path;

    for (path = found; *path; path++) {
        if (g_str_has_prefix(*path, "arguments."))
            g_ptr_array_add(names, g_strdup(*path + strlen("arguments.")));
    }
    g_strfreev(found);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

/* Replies: an object whose one member is of whatever kind is returned. */

typedef struct {
    union {
        void *pointer;
        int64_t number;
    };
} Reply;

static char *
reply_write(JsonKind kind, const JsonType *type, Reply reply)
{
    const JsonField rows[] = {
        { "return", kind, 0, .type = type, .absent = AGENT_ABSENT, .flags = JSON_ALWAYS },
        { NULL },
    };
    const JsonType outer = { "reply", sizeof(Reply), rows };

    return json_write(&outer, &reply, false);
}

char *
agent_reply_nothing(void)
{
    return g_strdup("{\"return\":{}}");
}

char *
agent_reply_number(int64_t number)
{
    return reply_write(JSON_INT, NULL, (Reply){ .number = number });
}

char *
agent_reply_text(const char *text)
{
    return reply_write(JSON_STRING, NULL, (Reply){ .pointer = (char *)text });
}

char *
agent_reply_object(const JsonType *type, void *object)
{
    return reply_write(JSON_OBJECT, type, (Reply){ .pointer = object });
}

char *
agent_reply_objects(const JsonType *type, GPtrArray *array)
{
    return reply_write(JSON_OBJECTS, type, (Reply){ .pointer = array });
}

typedef struct {
    char *class;
    char *description;
} ReplyError;

static const JsonField reply_error_rows[] = {
    STRING(ReplyError, "class", class),
    STRING(ReplyError, "desc", description),
    { NULL },
};
static const JsonType reply_error_type = { "error", sizeof(ReplyError), reply_error_rows };

static const JsonField error_rows[] = {
    { "error", JSON_OBJECT, 0, .type = &reply_error_type },
    { NULL },
};
static const JsonType error_type = { "reply", sizeof(void *), error_rows };

char *
agent_reply_error(const char *class, const char *description)
{
    ReplyError inner = { (char *)class, (char *)description };
    ReplyError *outer = &inner;

    return json_write(&error_type, &outer, false);
}

bool
agent_reply_check(const char *text, GError **error)
{
    ReplyError **outer = json_read(&error_type, text, strlen(text), error);
    bool good;

    if (!outer)
        return false;
    good = !*outer || fail(error, FAILURE_OPERATION_FAILED, "%s",
                           (*outer)->description ? (*outer)->description : "no reason is given");
    json_free(&error_type, outer);
    return good;
}

static bool
reply_read(const char *text, const JsonField *row, Reply *ret_reply, GError **error)
{
    const JsonField rows[] = { *row, { NULL } };
    const JsonType outer = { "reply", sizeof(Reply), rows };
    Reply *reply;

    if (!agent_reply_check(text, error) || !(reply = json_read(&outer, text, strlen(text), error)))
        return false;
    *ret_reply = *reply;
    *reply = (Reply){ .number = 0 };
    json_free(&outer, reply);
    return true;
}

bool
agent_reply_read(const char *text, const JsonType *type, bool array, void **ret_value,
                 GError **error)
{
    const JsonField row = { "return", array ? JSON_OBJECTS : JSON_OBJECT, 0, .type = type,
                            .flags = JSON_REQUIRED };
    Reply reply;

    if (!reply_read(text, &row, &reply, error))
        return false;
    *ret_value = reply.pointer;
    return true;
}

bool
agent_reply_read_number(const char *text, int64_t *ret_number, GError **error)
{
    const JsonField row = { "return", JSON_INT, 0, .absent = AGENT_ABSENT, .flags = JSON_REQUIRED };
    Reply reply;

    if (!reply_read(text, &row, &reply, error))
        return false;
    *ret_number = reply.number;
    return true;
}
