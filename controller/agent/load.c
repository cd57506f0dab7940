/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The load of a guest, from the processor time its control group has used. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroup/figures.h"
#include "controller/agent/agent.h"
#include "controller/wire/failure.h"

/* The kernel writes times of processes in this, everywhere. */
#define TICKS 100

/* What is known since the last question. */
static struct {
    FigureReader *reader;
    GroupFiles *files;
    uint64_t at;    /* nanoseconds since the host booted */
    uint64_t usage; /* of processors, nanoseconds */
    double load[3];
} last;

static uint64_t
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_BOOTTIME, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static char *
read_of(const Guest *guest, const char *file)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)guest->pid, file);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) && guest_is_alive(guest) ? text : NULL;
}

/* When init was started; its name may have any character in it. */
static bool
born(const Guest *guest, uint64_t *ret_time)
{
    g_autofree char *text = read_of(guest, "stat");
    const char *end = text ? strrchr(text, ')') : NULL;
    g_auto(GStrv) words = end ? g_strsplit(end, " ", -1) : NULL;

    if (!words || g_strv_length(words) < 21)
        return false;
    *ret_time = strtoull(words[20], NULL, 10) * (1000000000u / TICKS);
    return true;
}

/* "/machine/lxc-41-x.libvirt-lxc/libvirt", from a line of /proc/PID/cgroup. What is before it the
 * host has named, and what is behind it the guest: both may have a "libvirt" as well. */
static char *
group_of(const Guest *guest)
{
    g_autofree char *text = read_of(guest, "cgroup");
    char *own = text ? strstr(text, "lxc") : NULL;
    char *end = own ? strstr(own, "/" CGROUP_LIMITS "/") : NULL;
    char *start = end;

    if (!end)
        return NULL;
    end[strlen("/" CGROUP_LIMITS)] = '\0';
    while (start > text && start[-1] != ':')
        start--;
    return g_strdup(start);
}

/* At the first question: for the time since init was started there is one number. */
static bool
begin(const Guest *guest, GError **error)
{
    static CgroupLayout *layout;
    g_autofree char *group = group_of(guest);

    if (!group || !born(guest, &last.at))
        return fail(error, FAILURE_OPERATION_INVALID, "the guest has ended");
    if (!layout && !(layout = cgroup_layout_new(error)))
        return false;
    last.reader = figure_reader_new(layout);
    last.files = group_files_new(group);
    return true;
}

/* As the kernel's load average, with what was used between two questions in the place of the number
 * of tasks that want to run. */
char *
agent_load(Agent *agent, const AgentArguments *arguments, GError **error)
{
    static const double minutes[] = { 1, 5, 15 };
    Figures figures = { 0 };
    AgentLoad load;
    uint64_t at;
    double gap;
    double active;
    size_t i;

    if (!last.files && !begin(agent->guest, error))
        return NULL;
    at = now();
    figures_read(last.reader, last.files, FIGURES_CPU_TIME, &figures);
    if (!figure_known(&figures, FIGURE_CPU_TIME)) {
        fail(error, FAILURE_OPERATION_INVALID, "the guest has ended");
        return NULL;
    }
    gap = at > last.at ? (double)(at - last.at) : 1;
    active = (double)(figures.values[FIGURE_CPU_TIME] - last.usage) / gap;
    for (i = 0; i < G_N_ELEMENTS(minutes); i++) {
        double kept = exp(-gap / (minutes[i] * 60e9));

        last.load[i] = last.load[i] * kept + active * (1 - kept);
    }
    last.at = at;
    last.usage = figures.values[FIGURE_CPU_TIME];
    load = (AgentLoad){ last.load[0], last.load[1], last.load[2] };
    return agent_reply_object(&agent_load_type, &load);
}
