/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* loadavg, from the states of the guest's tasks and from the time it used. */
#include "controller/view/load.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "controller/view/processors.h"
#include "controller/view/source.h"

/* A guest with very many tasks is not counted to the end: answers must come at once. */
#define TASKS_MAX  2000
#define LEVELS_MAX 8

/* How long a count of tasks holds for those who ask for parts of it. */
#define COUNT_AGE (200 * 1000)

/* The gap up to which the tasks of now stand for all of it. */
#define SAMPLE_GAP (10 * G_USEC_PER_SEC)

typedef struct {
    int64_t made;
    unsigned tasks, running, blocked;
} Count;

static Count count;

static char
task_state(const View *view, const char *number)
{
    char path[64];
    char text[512];
    const char *end;
    ssize_t n;
    int fd;

    g_snprintf(path, sizeof(path), "proc/%s/stat", number);
    if ((fd = openat(view->root, path, O_RDONLY | O_CLOEXEC)) < 0)
        return '\0';
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (n <= 0)
        return '\0';
    text[n] = '\0';
    /* a name may have any character in it */
    end = strrchr(text, ')');
    return end && end[1] == ' ' ? end[2] : '\0';
}

static void
count_tasks(const View *view, int group, GString *text)
{
    const char *tasks =
        view->session->versions[VIEW_GROUP_MEMORY] == 2 ? "cgroup.threads" : "tasks";
    char *line;
    char *save = NULL;

    if (!source_read(group, tasks, text))
        return;
    for (line = strtok_r(text->str, "\n", &save); line && count.tasks < TASKS_MAX;
         line = strtok_r(NULL, "\n", &save)) {
        char state = task_state(view, line);

        count.tasks++;
        count.running += state == 'R';
        count.blocked += state == 'D';
    }
}

static void
count_group(const View *view, int group, GString *text, int level)
{
    int copy = openat(group, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry;

    count_tasks(view, group, text);
    while (directory && level < LEVELS_MAX && count.tasks < TASKS_MAX &&
           (entry = readdir(directory))) {
        int below;

        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        if ((below = openat(group, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
            continue;
        count_group(view, below, text, level + 1);
        close(below);
    }
    if (directory)
        closedir(directory);
}

static void
count_again(View *view)
{
    g_autoptr(GString) text = NULL;

    if (count.made && view_now() - count.made < COUNT_AGE)
        return;
    text = g_string_new(NULL);
    count = (Count){ 0 };
    if (view->groups[VIEW_GROUP_MEMORY] >= 0)
        count_group(view, view->groups[VIEW_GROUP_MEMORY], text, 0);
    count.made = view_now();
}

unsigned
load_running(View *view)
{
    count_again(view);
    /* who asks is running */
    return MAX(count.running, 1);
}

unsigned
load_blocked(View *view)
{
    count_again(view);
    return count.blocked;
}

bool
load_average(View *view, GString *text)
{
    static const double seconds[] = { 60, 300, 900 };
    ViewSession *session = view->session;
    int64_t now = view_now();
    int64_t before = session->load_at ? session->load_at : session->born;
    uint64_t system;
    uint64_t usage = processors_usage(view, &system);
    double gap = MAX(now - before, 1);
    double active;
    size_t i;

    count_again(view);
    active = (usage > session->load_usage ? usage - session->load_usage : 0) / gap;
    if (gap < SAMPLE_GAP)
        active = MAX(active, count.running + count.blocked);
    for (i = 0; i < G_N_ELEMENTS(seconds); i++) {
        double kept = exp(-gap / (seconds[i] * G_USEC_PER_SEC));

        session->load[i] = session->load[i] * kept + active * (1 - kept);
        g_string_append_printf(text, "%.2f ", session->load[i]);
    }
    session->load_at = now;
    session->load_usage = usage;
    g_string_append_printf(text, "%u/%u %u\n", MAX(count.running, 1), count.tasks, count.tasks);
    return true;
}
