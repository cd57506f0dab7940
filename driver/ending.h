/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens when a guest has ended, for whatever reason. ending_destroy() is in lifecycle.h. */
#pragma once

#include "controller/wire/message.h"
#include "driver/lifecycle.h"

/* Why a guest ended, from the event "exited" or from the exit record. */
typedef struct {
    char *reason;       /* MESSAGE_REASON_…; NULL: the controller was lost */
    bool out_of_memory; /* that is why init was killed */
    int64_t exit_code;  /* of init, -1: killed by a signal */
    int64_t signal;     /* that killed init, 0: none */
} EndingRecord;

/*
 * Guest @pid of @domain has ended; @ended says how, NULL: unknown (then the exit record does).
 * Returns at once: the rest (waiting for busy, hooks, removal, events, restart) happens on a thread
 * of a pool.
 */
void ending_guest_ended(Domain *domain, pid_t pid, const MessageParameters *ended);

/* The same, done before it returns; the caller holds busy. For a start that failed after its
 * process was there: @record NULL. No restart, no STOPPED event when @quiet. */
void ending_clean_up(Domain *domain, const EndingRecord *record, bool quiet);

/* Reads STATE/NAME.exit; NULL when there is none or it cannot be understood (then it is logged). */
EndingRecord *ending_record_read(const char *name);
void ending_record_free(EndingRecord *record);

/* Starts the pool of threads; once. */
bool ending_init(GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EndingRecord, ending_record_free)
