/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the launcher hands to the keeper across execve(): a sealed memfd at descriptor HANDOVER_FD
 * with one KeeperState as JSON. Descriptors are named by number; they must not be close-on-exec
 * when the launcher executes the keeper, and the keeper owns them afterwards. Descriptors 0 and 1
 * are /dev/null, 2 is the log. Everything else the launcher had open must be close-on-exec.
 *
 * The launcher must call execve() from its main thread with no other thread, with every signal
 * unblocked and at its default (SIGCHLD included, without SA_NOCLDWAIT: the keeper waits for init).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/wire/json.h"

#define HANDOVER_FD 3

typedef struct {
    char *alias;   /* "console0" */
    int64_t guest; /* master of the guest's pty */
    int64_t host;  /* master of the host's pty, whose slave any root process may open at .path */
    char *path;    /* slave of .host, "/dev/pts/6" */
    int64_t log;   /* file that gets all output, open for reading and writing; -1: none */
} KeeperConsole;

/* A descriptor that the guest needs open although it has none itself: of an image's loop device. */
typedef struct {
    char *alias; /* of the device of the domain: "disk0" */
    int64_t fd;
} KeeperHeld;

typedef struct {
    int64_t fd;
} KeeperDescriptor;

/* The server of the guest's view of /proc, to be started when it is asked, and again when it dies.
 */
typedef struct {
    int64_t program;        /* descriptor; O_PATH of libvirt_lxc_view */
    GPtrArray *descriptors; /* of KeeperDescriptor *: its descriptors 3, 4, … The first one is its
                               connection, and closing it ends the view */
    bool asked;             /* a request is in its session already */
} KeeperView;

typedef struct {
    char *name;         /* domain name: NAME.sock, NAME.pid, NAME.exit in the state directory */
    int64_t init_pid;   /* pid of init as the host sees it; a child of the keeper */
    int64_t init_pidfd; /* descriptor; init's pidfd */
    int64_t client;     /* descriptor; the socket the launcher inherited, -1: none */
    int64_t listener;   /* descriptor; bound to NAME.sock and listening, SEQPACKET */
    int64_t state_directory; /* descriptor; O_PATH or O_DIRECTORY of /run/libvirt/lxc */
    /* descriptor; the sealed memfd of Launch, for who enters the guest later; -1: none */
    int64_t definition;
    /* descriptor; the guest's group "libvirt": on v1 in the freezer hierarchy, on v2 the group
     * itself. Its files are opened read-write below it; -1: Freeze is answered with
     * operation-unsupported */
    int64_t freezer;
    int64_t freezer_version; /* 1 or 2 */
    char *cgroup;            /* as in GetStatus */
    GPtrArray *consoles;     /* of KeeperConsole * */
    int64_t notify;          /* descriptor; datagrams of sd_notify(3), -1: none are expected */
    KeeperView *view;        /* NULL: the guest has none */
    int64_t kmsg;            /* descriptor; master of the terminal that is /dev/kmsg; -1: none */
    GPtrArray *held;         /* of KeeperHeld * */
    bool paused;             /* the group is frozen already: the state is "paused" */
    bool continue_pending;   /* the first thing to send to .client is the reply to Continue */
    /* descriptor that is ready when the guest ran out of memory: on v1 an eventfd that counts
     * (EPOLLIN), on v2 memory.events of its group (EPOLLPRI); -1: nobody tells */
    int64_t memory;
    int64_t memory_version; /* 1 or 2 */
} KeeperState;

extern const JsonType keeper_state_type;
extern const JsonType keeper_console_type;
extern const JsonType keeper_descriptor_type;
extern const JsonType keeper_view_type;
extern const JsonType keeper_held_type;

/* All descriptors -1, consoles and held empty arrays. */
KeeperState *keeper_state_new(void);
/* Does not close descriptors. */
void keeper_state_free(KeeperState *state);

/* A sealed memfd (see sealed_new()) with @state, close-on-exec; dup2() it to HANDOVER_FD. -1 on
 * failure. */
int keeper_state_seal(const KeeperState *state, GError **error);

/* Reads what keeper_state_seal() made; @fd stays open. */
KeeperState *keeper_state_read(int fd, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeeperState, keeper_state_free)
