/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* diskstats: the disks of the host that the guest has used. */
#include "controller/view/disks.h"

#include <stdio.h>
#include <string.h>

#include "controller/view/source.h"

typedef struct {
    uint64_t reads, writes, bytes_read, bytes_written;
} Traffic;

/* "254:0 rbytes=90112 wbytes=0 rios=22 wios=0 dbytes=0 dios=0" */
static bool
find_unified(const char *line, Traffic *traffic)
{
    static const char *const keys[] = { " rbytes=", " wbytes=", " rios=", " wios=" };
    uint64_t *const figures[] = { &traffic->bytes_read, &traffic->bytes_written, &traffic->reads,
                                  &traffic->writes };
    size_t length = strcspn(line, "\n");
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *at = g_strstr_len(line, length, keys[i]);

        if (!at)
            return false;
        *figures[i] = g_ascii_strtoull(at + strlen(keys[i]), NULL, 10);
    }
    return true;
}

/* The line of @text that begins with @device and @rest. */
static const char *
find_line(const char *text, const char *device, const char *rest)
{
    g_autofree char *start = g_strconcat(device, " ", rest, NULL);
    const char *line;

    for (line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (g_str_has_prefix(line, start))
            return line;
    }
    return NULL;
}

static uint64_t
find_number(const char *text, const char *device, const char *direction)
{
    const char *line = find_line(text, device, direction);

    return line ? g_ascii_strtoull(line + strlen(device) + 1 + strlen(direction), NULL, 10) : 0;
}

static bool
read_traffic(int group, int version, GString *first, GString *second)
{
    if (version == 2)
        return source_read(group, "io.stat", first);
    return source_read(group, "blkio.throttle.io_service_bytes_recursive", first) &&
           source_read(group, "blkio.throttle.io_serviced_recursive", second);
}

bool
disks_stat(View *view, GString *text)
{
    int group = view->groups[VIEW_GROUP_BLKIO];
    int version = view->session->versions[VIEW_GROUP_BLKIO];
    g_autoptr(GString) host = g_string_new(NULL);
    g_autoptr(GString) first = g_string_new(NULL);
    g_autoptr(GString) second = g_string_new(NULL);
    const char *line;

    if (group < 0 || !read_traffic(group, version, first, second) ||
        !source_read(view->root, "proc/diskstats", host))
        return false;
    for (line = host->str; line && *line; line = (line = strchr(line, '\n')) ? line + 1 : NULL) {
        unsigned major, minor;
        char name[64];
        char device[32];
        Traffic traffic = { 0 };
        const char *unified;

        if (sscanf(line, "%u %u %63s", &major, &minor, name) != 3)
            continue;
        g_snprintf(device, sizeof(device), "%u:%u", major, minor);
        if (version == 1) {
            traffic.bytes_read = find_number(first->str, device, "Read ");
            traffic.bytes_written = find_number(first->str, device, "Write ");
            traffic.reads = find_number(second->str, device, "Read ");
            traffic.writes = find_number(second->str, device, "Write ");
        } else if (!(unified = find_line(first->str, device, "")) ||
                   !find_unified(unified, &traffic)) {
            continue;
        }
        if (traffic.reads + traffic.writes == 0)
            continue;
        g_string_append_printf(text,
                               "%4u %7u %s %" G_GUINT64_FORMAT " 0 %" G_GUINT64_FORMAT
                               " 0 %" G_GUINT64_FORMAT " 0 %" G_GUINT64_FORMAT
                               " 0 0 0 0 0 0 0 0 0 0\n",
                               major, minor, name, traffic.reads, traffic.bytes_read / 512,
                               traffic.writes, traffic.bytes_written / 512);
    }
    return true;
}
