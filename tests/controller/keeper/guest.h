/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plays the launcher for a test: an "init" that is an ordinary child, ptys, sockets, a state
 * directory, and the keeper executed over them. The keeper is the program that the variable KEEPER
 * names.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "controller/wire/message.h"

typedef struct {
    const char
        *freezer; /* directory of the group, or NULL; init is put into it by a cgroup.procs there */
    int freezer_version;
    int memory; /* descriptor that counts as an eventfd does; 0: none */
    bool paused;
    bool init_exits;      /* init exits with status 7 by itself */
    bool ignore_children; /* SIGCHLD is ignored when the keeper is executed */
    bool stray_child;     /* the launcher leaves another child behind */
} GuestOptions;

typedef struct {
    pid_t keeper;
    pid_t init;
    int client;  /* the inherited socket; the reply to Continue has been taken from it */
    int console; /* slave of the guest's pty, -1: closed */
    char *console_path;
    char *host_path; /* slave of the host's pty; nobody has it open */
    char *directory; /* state directory */
    char *socket_path;
} Guest;

/* True when the tests of this file must be skipped, with a reason given. */
bool guest_impossible(void);

Guest *guest_start(const GuestOptions *options);
/* Kills what still runs and removes all files. */
void guest_free(Guest *guest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_free)

/* A new connection to NAME.sock. */
int guest_connect(const Guest *guest);

/* Sends a call, with or without an alias, and returns the answer; @ret_fd (may be NULL): descriptor
 * 0. */
Message *call_answer(int client, Message *call, int *ret_fd);

/* As call_answer() for a method without parameters; asserts a reply that is no error. */
Message *call_succeeds(int client, const char *method, int *ret_fd);

/* Asserts that the call is refused with @code and that the message contains @part. */
void call_fails(int client, Message *call, const char *code, const char *part);

/* The next message, which must be the event "exited". */
Message *event_exited(int client);

/* Opens the console @alias (NULL: default) and returns the stream. */
int console_attach(int client, const char *alias, bool force);

/* Reads until @text came, for at most 5 s; asserts. */
void expect_text(int fd, const char *text);

/* Waits for the keeper to leave; asserts that it exits with @status. */
void guest_left(Guest *guest, int status);

/* Processor time that @pid has used, in milliseconds. */
guint64 process_milliseconds(pid_t pid);

/* State letter of @pid in /proc, 0: there is no such process. */
char process_state(pid_t pid);
