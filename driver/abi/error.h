/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports errors as libvirt's own drivers do, and reads back what libvirt reported. */
#pragma once

#include "controller/wire/failure.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

/* Sets the thread's error: libvirt puts its words for @number before @message. */
void abi_report_error(virErrorNumber number, const char *message);

/* The same, with @message as it stands. */
void abi_report_verbatim(virErrorNumber number, const char *message);

/* "invalid argument: unsupported flags (0x8) in function NAME" */
void abi_report_invalid_flags(const char *function, unsigned int unsupported);

/*
 * After a libvirt function has failed and reported: takes its text into @error with @code,
 * resets the thread's error and returns false. "@what: " precedes the text; @what may be NULL.
 */
bool abi_fail(GError **error, FailureCode code, const char *what);

/* Keeps the thread's last error over calls that would reset it; restoring frees. */
virErrorPtr abi_error_save(void);
void abi_error_restore(virErrorPtr saved);
