/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's log, under the source "lxc.caisson" that log_filters may name. */
#pragma once

#include <glib.h>

typedef enum {
    LOG_PRIORITY_DEBUG = 1,
    LOG_PRIORITY_INFO = 2,
    LOG_PRIORITY_WARNING = 3,
    LOG_PRIORITY_ERROR = 4,
} LogPriority;

/* the place of a message in the source */
typedef struct {
    const char *file;
    int line;
    const char *function;
} LogPlace;

#define LOG_PLACE ((LogPlace){ __FILE__, __LINE__, __func__ })

/*
 * printf formats without a newline. Before symbols_load() has succeeded, warnings and errors go to
 * stderr and the rest is dropped. Does not touch the thread's last error nor errno.
 */
#define log_debug(...)   log_message(LOG_PRIORITY_DEBUG, LOG_PLACE, __VA_ARGS__)
#define log_info(...)    log_message(LOG_PRIORITY_INFO, LOG_PLACE, __VA_ARGS__)
#define log_warning(...) log_message(LOG_PRIORITY_WARNING, LOG_PLACE, __VA_ARGS__)
#define log_error(...)   log_message(LOG_PRIORITY_ERROR, LOG_PLACE, __VA_ARGS__)

/* libvirt's name of it, for those who call libvirt themselves. */
struct PrivateLogSource *log_source(void);

void log_message(LogPriority priority, LogPlace place, const char *format, ...) G_GNUC_PRINTF(3, 4);
