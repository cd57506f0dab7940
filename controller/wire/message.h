/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets on the controller's SEQPACKET socket: one JSON object each, varlink's shapes, fds by
 * SCM_RIGHTS.
 *
 *   call   {"method":"Freeze","parameters":{…}}
 *   reply  {"parameters":{…}}
 *   error  {"error":"operation-invalid","parameters":{"message":"…"}}
 *   event  {"event":"exited","parameters":{…}}
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "controller/wire/json.h"
#include "controller/wire/node.h"

#define MESSAGE_PROTOCOL_VERSION 1
#define MESSAGE_SIZE_MAX         65536 /* bytes of one packet */
#define MESSAGE_FDS_MAX          64

/* A network interface as it came to be. */
typedef struct {
    char *alias;   /* "net0" */
    char *name;    /* of the end on the host, or of the device that moved in; NULL: neither */
    int64_t index; /* of that end; 0: it has none */
} MessageInterface;

/* Parameters of all messages in one flat set: a method uses some of them, the rest stay absent. */
typedef struct {
    int64_t version;  /* 0: absent */
    char *message;    /* of an error */
    int64_t init_pid; /* host pid of init, 0: absent */
    char *state;      /* "starting", "running", "paused" */
    bool ready;       /* GetStatus: its service manager has said that the guest is up */
    char *name;       /* Launch: the domain's, for a controller that was started without one */
    bool log;         /* Launch: descriptor 0 is the domain's log, the definition is the next */
    char **arguments; /* Fork: of the controller, "--name", "heron"; descriptor 0 is its socket, 1
                         its log */
    char *cgroup;     /* group of the guest below each hierarchy: "/machine/lxc-41-x.libvirt-lxc" */
    char **consoles;  /* host pty of each console, "/dev/pts/6" */
    GPtrArray *interfaces; /* of MessageInterface *, NULL: absent */
    GPtrArray *nodes;      /* of DeviceNode *: device nodes of the guest; NULL: none */
    char *placement;       /* Placement: "machined", "systemd" */
    char *alias;           /* OpenConsole: "console0"; NULL: the first one */
    bool force;            /* OpenConsole: end the stream that has it now */
    bool safe;             /* OpenConsole: accepted; a console is always exclusive */
    int64_t signal;        /* Signal: the kernel's number; exited: what killed init, 0: none */
    int64_t
        number; /* of what an agent keeps, a process or a handle; of the process that Fork made */
    int64_t exit_code;  /* exited: exit status of init, -1: killed by a signal */
    char *reason;       /* exited: see MESSAGE_REASON_… */
    int64_t kills;      /* out-of-memory: how often since the last such event; 0: absent */
    bool out_of_memory; /* exited: init was killed while the guest was short of memory */
} MessageParameters;

/* For the exit record, which is one such object. */
extern const JsonType message_parameters_type;
extern const JsonType message_interface_type;

/* Why a guest ended; the words in the exit record and in the event "exited". */
#define MESSAGE_REASON_SHUTDOWN  "shutdown"  /* init exited, or powered off or halted */
#define MESSAGE_REASON_REBOOT    "reboot"    /* the guest called reboot(2) with RESTART */
#define MESSAGE_REASON_CRASHED   "crashed"   /* init was killed by a signal nobody asked for */
#define MESSAGE_REASON_DESTROYED "destroyed" /* Kill was requested */

typedef struct {
    char *method; /* a call, or NULL */
    char *event;  /* an event, or NULL */
    char *error;  /* an error reply (a failure_code_name()), or NULL; none of the three: a reply */
    MessageParameters *parameters; /* never NULL */
} Message;

Message *message_new_call(const char *method);
Message *message_new_reply(void);
Message *message_new_error(const GError *error);
Message *message_new_event(const char *event);
void message_free(Message *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, message_free)

/* One line of JSON, and back. Refuses what is not one of the four shapes. */
char *message_to_json(const Message *message);
Message *message_from_json(const char *text, size_t length, GError **error);

/* For an error reply: sets @error from it and returns false; any other message: true. */
bool message_check(const Message *message, GError **error);

/*
 * Sends one packet with @n_fds descriptors (they stay the caller's). Never raises SIGPIPE.
 * @deadline: g_get_monotonic_time() value until which to wait for room, 0: do not wait.
 * FAILURE_OPERATION_TIMEOUT when the peer does not read; FAILURE_OPERATION_FAILED when it is gone.
 */
bool message_send(int socket, const Message *message, const int *fds, size_t n_fds, gint64 deadline,
                  GError **error);

/*
 * Receives one packet. Descriptors in it go to @ret_fds (GArray of int, CLOEXEC, owned by the
 * array's clear function); with @ret_fds NULL they are closed. End of file: returns NULL with
 * *error unset.
 * @deadline as above (0: only what is there already, FAILURE_OPERATION_TIMEOUT if nothing is).
 */
Message *message_receive(int socket, gint64 deadline, GArray **ret_fds, GError **error);

/* Takes descriptor @index out of @fds (as message_receive() gave them); -1 when there is none. */
int message_take_fd(GArray *fds, size_t index);
