/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest's init is, and so how it is asked to shut down or to reboot. Nothing of the guest's
 * files is read, only what the kernel says of the process: a guest cannot make the daemon wait.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "driver/domain.h"

typedef enum {
    INIT_SHUTDOWN,
    INIT_REBOOT,
} InitRequest;

/* What the kernel says of init. */
typedef struct {
    char *program;  /* last component of its executable's path, "systemd" */
    char *name;     /* its name as it calls itself, "init" */
    uint64_t takes; /* bit n - 1: signal n is caught, or blocked and so waited for */
    bool waiting;   /* it sleeps in sigtimedwait(): meanwhile what it blocks is not shown as such */
    bool sleeping;  /* somewhere: not every kernel tells where */
    bool initctl;   /* it has the FIFO "initctl" open */
} InitFacts;

typedef struct InitKind InitKind;

typedef struct {
    const InitKind *kind;
    uint64_t takes;
    bool initctl; /* its best way is a request to the FIFO, not a signal */
} Init;

/* Reads /proc/@pid. FAILURE_OPERATION_FAILED when the process is gone. */
bool init_facts_read(pid_t pid, InitFacts *ret_facts, GError **error);
void init_facts_clear(InitFacts *facts);

/* From the text of /proc/PID/status: the signals that have an effect on this process as a pid 1. */
uint64_t init_parse_takes(const char *status);

Init init_classify(const InitFacts *facts);

/* "systemd", "sysvinit" …, "a program of its own" */
const char *init_kind_name(const Init *init);

typedef struct {
    int signal;
    bool ends; /* this init merely ends: a reboot is up to the driver */
} InitChoice;

/*
 * The signal for @request. FAILURE_OPERATION_UNSUPPORTED when there is none, or when init would not
 * take it: the kernel drops such a signal to a pid 1 and nothing would happen.
 */
bool init_choose_signal(const Init *init, InitRequest request, InitChoice *ret_choice,
                        GError **error);

/*
 * Init of the running guest, by its controller: *ret_pid is that of the process behind *ret_pidfd
 * at least as long as the latter has not ended (init_is_alive()). No lock is held.
 */
bool init_find(Domain *domain, pid_t *ret_pid, int *ret_pidfd, GError **error);

/* Whether the process behind @pidfd is still there; asked after /proc/PID was read, it proves that
 * this was not the /proc/PID of another one. */
bool init_is_alive(int pidfd);

/* init_find(), facts and kind in one. */
bool init_detect(Domain *domain, Init *ret_init, GError **error);
