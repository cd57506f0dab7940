/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines in the log. */
#include "controller/keeper/log.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ISO 8601 in UTC: the local time zone would pull glibc's zone files into the keeper. */
static char *
log_time(void)
{
    time_t now = time(NULL);
    struct tm parts;

    gmtime_r(&now, &parts);
    return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                           parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

void
log_line(const char *format, ...)
{
    g_autofree char *stamp = log_time();
    g_autofree char *message = NULL;
    g_autofree char *line = NULL;
    va_list args;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    line = g_strdup_printf("%s libvirt_lxc[%d]: %s\n", stamp, (int)getpid(), message);
    /* a full disk must not harm the guest */
    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return;
}
