/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's log, under the source "lxc.caisson" that log_filters may name. */
#include "driver/abi/log.h"

#include "driver/abi/symbols.h"

#include <errno.h>
#include <stdio.h>

/* libvirt's layout; it keeps the filtered priority in here and looks again when @serial is old. */
struct PrivateLogSource {
    const char *name;
    unsigned int priority;
    unsigned int serial;
};

static PrivateLogSource source = { "lxc.caisson", LOG_PRIORITY_ERROR, 0 };

PrivateLogSource *
log_source(void)
{
    return &source;
}

void
log_message(LogPriority priority, LogPlace place, const char *format, ...)
{
    int saved_errno = errno;
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    if (private.virLogMessage)
    private.virLogMessage(&source, (int)priority, place.file, place.line, place.function, NULL,
                          "%s", message);
    else if (priority >= LOG_PRIORITY_WARNING) fprintf(stderr, "%s\n", message);
    errno = saved_errno;
}
