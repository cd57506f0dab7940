/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The agent of one guest: it answers the QEMU guest-agent protocol from the host. What must live
 * between calls (processes, file handles, what is frozen) lives here. Whatever touches the guest
 * runs in a process of its own per call, a query, which can hang without harm.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "controller/exec/guest.h"
#include "controller/wire/agent.h"
#include "controller/wire/descriptor.h"

/* Of each captured stream; with the other one and in base64 it fits into an answer. */
#define AGENT_OUTPUT_MAX (1 << 20)
/* Of one read of a file. */
#define AGENT_READ_MAX (2 << 20)

typedef struct {
    Fd fd; /* -1: at its end, or not captured */
    guint watch;
    GByteArray *bytes; /* NULL: not captured */
    bool truncated;
} AgentStream;

typedef struct {
    pid_t pid;
    pid_t number; /* in the guest */
    bool exited;
    int status; /* as of waitpid() */
    AgentStream output;
    AgentStream errors;
} AgentChild;

typedef struct {
    Guest *guest;
    Fd listener;
    GMainLoop *loop;
    GHashTable *children; /* number in the guest → AgentChild * */
    GHashTable *handles;  /* number → GINT_TO_POINTER(descriptor) */
    GHashTable *queries;  /* pid → Query * */
    GHashTable *statuses; /* pid → wait status of children that ended before they were known */
    GArray *frozen;       /* of Fd: root directories of frozen file systems */
    int next_handle;
    gint64 used; /* when it was last asked */
    int home;    /* in a query: the socket to the agent; -1 in the agent */
} Agent;

typedef struct {
    const char *name;
    const char *needs; /* names of arguments; NULL: none */
    const char *takes; /* optional ones */
    char *(*perform)(Agent *agent, const AgentArguments *arguments, GError **error);
    bool here;   /* in the agent itself: touches nothing of the guest's */
    int seconds; /* how long a query may take; 0: AGENT_QUERY_SECONDS */
} AgentCommand;

#define AGENT_QUERY_SECONDS 30

/* commands.c: by name; NULL: no such command. */
const AgentCommand *agent_command_find(const char *name);
char *agent_info(Agent *agent, const AgentArguments *arguments, GError **error);

/* query.c: answers the text of one call on @connection, which it takes over. */
void agent_answer(Agent *agent, int connection, const char *text, size_t length);
/* A child of the agent has ended; whether it was a query. */
bool agent_query_ended(Agent *agent, pid_t pid, int status);

/*
 * In a query: gives @fds to the agent to keep, as what @kind says ("Process", "Handle", "Frozen",
 * "Thawed"). Its number, or -1 with error.
 */
int64_t agent_keep(Agent *agent, const char *kind, const int *fds, size_t n_fds, GError **error);
/* As agent_keep() for a process: numbers go along. */
bool agent_keep_process(Agent *agent, const int *fds, size_t n_fds, const AgentChild *child,
                        GError **error);

/* keep.c: the agent's side of it. */
void agent_kept(Agent *agent, int home);
void agent_child_ended(Agent *agent, pid_t pid, int status);
void agent_thaw(Agent *agent);
bool agent_is_idle(const Agent *agent);

/* root.c: the guest's "/" from outside, O_PATH: to read; or after entering its user and mount
 * namespaces as their root: to change. -1 with error. */
int agent_look(Agent *agent, GError **error);
int agent_enter(Agent *agent, GError **error);

/* What a command needs and is given is checked before it is performed. */
typedef char *AgentPerform(Agent *agent, const AgentArguments *arguments, GError **error);

AgentPerform agent_file_open, agent_file_close, agent_file_read, agent_file_write, agent_file_seek,
    agent_file_flush;                       /* files.c */
AgentPerform agent_exec, agent_exec_status; /* process.c */
AgentPerform agent_osinfo, agent_host_name, agent_users, agent_time, agent_vcpus, agent_load,
    agent_disks;             /* facts.c */
AgentPerform agent_timezone; /* timezone.c */
AgentPerform agent_fsinfo, agent_freeze_status, agent_freeze, agent_thaw_all,
    agent_trim;                                                 /* mounts.c */
AgentPerform agent_interfaces;                                  /* interfaces.c */
AgentPerform agent_set_password;                                /* password.c */
AgentPerform agent_keys_get, agent_keys_add, agent_keys_remove; /* keys.c */
