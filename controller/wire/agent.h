/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The QEMU guest-agent protocol as the agent answers it for a container and as the driver reads its
 * answers. Names of commands, arguments and members are those of the protocol's public reference.
 *
 *   call   {"execute": "guest-file-open", "arguments": {"path": "/etc/motd"}}
 *   reply  {"return": 1000}
 *   error  {"error": {"class": "GenericError", "desc": "…"}}
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/wire/json.h"

/* A call or a reply in bytes; libvirt carries 4 MiB of text. */
#define AGENT_TEXT_MAX (4 << 20)

/* Every argument of every command; a command uses some of them. Absent numbers are INT64_MIN. */
typedef struct {
    int64_t id;
    char *path;
    char **arg;
    char **env;
    char *input_data;      /* base64, as all members named data or buf */
    bool capture_output;   /* in its old form */
    char *capture_streams; /* in its new one: "none", "stdout", "stderr", "separated", "merged" */
    int64_t pid;
    int64_t handle;
    int64_t count;
    char *buf;
    int64_t offset;
    int64_t whence;    /* 0, 1, 2 */
    char *whence_name; /* "set", "cur", "end" */
    char *mode;
    char **mountpoints;
    int64_t minimum;
    int64_t time; /* nanoseconds since 1970 */
    char *username;
    char *password;
    bool crypted;
    char **keys;
    bool reset;
} AgentArguments;

#define AGENT_ABSENT INT64_MIN

typedef struct {
    char *execute;
    AgentArguments *arguments; /* NULL: none given */
} AgentCall;

typedef struct {
    char *name;
    bool enabled;
    bool success_response;
} AgentCommandInfo;

typedef struct {
    char *version;
    GPtrArray *commands; /* of AgentCommandInfo * */
} AgentInfo;

typedef struct {
    int64_t pid;
} AgentProcess;

typedef struct {
    bool exited;
    int64_t exit_code; /* AGENT_ABSENT: it has not exited */
    int64_t signal;    /* AGENT_ABSENT: none killed it */
    char *out_data;
    char *err_data;
    bool out_truncated;
    bool err_truncated;
} AgentProcessStatus;

typedef struct {
    int64_t count; /* of bytes read or written; AGENT_ABSENT: not that */
    int64_t position;
    char *buf;
    bool eof;
} AgentTransfer;

typedef struct {
    char *id;
    char *name;
    char *pretty_name;
    char *version;
    char *version_id;
    char *machine;
    char *variant;
    char *variant_id;
    char *kernel_release;
    char *kernel_version;
} AgentOs;

typedef struct {
    char *host_name;
} AgentHostName;

typedef struct {
    char *user;
    double login_time; /* seconds since 1970 */
} AgentUser;

typedef struct {
    char *zone;
    int64_t offset; /* seconds east of UTC */
} AgentTimezone;

typedef struct {
    char *name; /* of the source: "vda1", "rpool/web1" */
    char *mountpoint;
    char *type;
    int64_t used_bytes;
    int64_t total_bytes;
    GPtrArray *disk; /* always empty */
} AgentFilesystem;

typedef struct {
    char *address;
    char *type; /* "ipv4", "ipv6" */
    int64_t prefix;
} AgentAddress;

typedef struct {
    int64_t rx_bytes, rx_packets, rx_errs, rx_dropped;
    int64_t tx_bytes, tx_packets, tx_errs, tx_dropped;
} AgentInterfaceStatistics;

typedef struct {
    char *name;
    char *hardware_address;
    GPtrArray *addresses; /* of AgentAddress * */
    AgentInterfaceStatistics *statistics;
} AgentInterface;

typedef struct {
    int64_t logical_id;
    bool online;
    bool can_offline;
} AgentVcpu;

typedef struct {
    double one, five, fifteen; /* minutes */
} AgentLoad;

typedef struct {
    char *name; /* "/dev/sdb" */
    bool partition;
} AgentDisk;

typedef struct {
    char **keys;
} AgentKeys;

typedef struct {
    char *path;
    int64_t trimmed;
    int64_t minimum;
    char *error;
} AgentTrimmed;

typedef struct {
    GPtrArray *paths; /* of AgentTrimmed * */
} AgentTrim;

extern const JsonType agent_call_type;
extern const JsonType agent_arguments_type;
extern const JsonType agent_command_info_type;
extern const JsonType agent_info_type;
extern const JsonType agent_process_type;
extern const JsonType agent_process_status_type;
extern const JsonType agent_transfer_type;
extern const JsonType agent_os_type;
extern const JsonType agent_host_name_type;
extern const JsonType agent_user_type;
extern const JsonType agent_timezone_type;
extern const JsonType agent_filesystem_type;
extern const JsonType agent_address_type;
extern const JsonType agent_interface_statistics_type;
extern const JsonType agent_interface_type;
extern const JsonType agent_vcpu_type;
extern const JsonType agent_load_type;
extern const JsonType agent_disk_type;
extern const JsonType agent_keys_type;
extern const JsonType agent_trimmed_type;
extern const JsonType agent_trim_type;

/*
 * Reads a call. FAILURE_INVALID_ARG in words for the caller when the text is no call, or an
 * argument is of a wrong kind.
 */
AgentCall *agent_call_read(const char *text, size_t length, GError **error);
void agent_call_free(AgentCall *call);

/* The names of the arguments that are given in the text of a call; for g_strfreev(). */
char **agent_call_arguments(const char *text, size_t length);

/* Replies; @object, @array and texts are borrowed. For g_free(). */
char *agent_reply_nothing(void);
char *agent_reply_number(int64_t number);
char *agent_reply_text(const char *text);
char *agent_reply_object(const JsonType *type, void *object);
char *agent_reply_objects(const JsonType *type, GPtrArray *array);
char *agent_reply_error(const char *class, const char *description);

/*
 * What a reply returns: *ret_value is a struct of @type, or with @array a GPtrArray of them, for
 * json_free() or g_ptr_array_unref(). Fails with the description of an error reply.
 */
bool agent_reply_read(const char *text, const JsonType *type, bool array, void **ret_value,
                      GError **error);
bool agent_reply_read_number(const char *text, int64_t *ret_number, GError **error);
/* False with error when it is an error reply; whatever else it is. */
bool agent_reply_check(const char *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AgentCall, agent_call_free)
