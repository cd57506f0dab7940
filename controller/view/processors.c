/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cpuinfo, stat, uptime, and the lists of processors in /sys. */
#include "controller/view/processors.h"

#include <string.h>
#include <unistd.h>

#include "controller/view/load.h"
#include "controller/view/source.h"

#define QUOTA_LEVELS 32

/* How many numbers are in a list ("0-1,4"). */
static unsigned
list_count(const char *list)
{
    unsigned count = 0;

    while (g_ascii_isdigit(*list)) {
        uint64_t first = g_ascii_strtoull(list, (char **)&list, 10);
        uint64_t last = *list == '-' ? g_ascii_strtoull(list + 1, (char **)&list, 10) : first;

        count += last >= first ? last - first + 1 : 0;
        list += *list == ',';
    }
    return count;
}

static bool
list_contains(const char *list, uint64_t number)
{
    while (g_ascii_isdigit(*list)) {
        uint64_t first = g_ascii_strtoull(list, (char **)&list, 10);
        uint64_t last = *list == '-' ? g_ascii_strtoull(list + 1, (char **)&list, 10) : first;

        if (number >= first && number <= last)
            return true;
        list += *list == ',';
    }
    return false;
}

/* The processors of the host the guest may run on. */
static bool
read_set(const View *view, GString *list)
{
    static const char *const files[] = { "cpuset.effective_cpus", "cpuset.cpus.effective",
                                         "cpuset.cpus" };
    int group = view->groups[VIEW_GROUP_CPUSET];
    size_t i;

    for (i = 0; group >= 0 && i < G_N_ELEMENTS(files); i++) {
        if (source_read(group, files[i], list) && g_ascii_isdigit(list->str[0]))
            return true;
    }
    return source_read(view->root, "sys/devices/system/cpu/online", list);
}

/* Processors as a quota has it, rounded up; UINT_MAX: there is none here. */
static unsigned
quota_of(int64_t quota, uint64_t period)
{
    return quota > 0 && period > 0 ? (unsigned)((quota + period - 1) / period) : G_MAXUINT;
}

/* The smallest quota of the group and of those above it. */
static unsigned
read_quota(const View *view)
{
    int group = view->groups[VIEW_GROUP_CPU];
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) above = g_string_new(NULL);
    unsigned smallest = G_MAXUINT;
    int level;

    for (level = 0; group >= 0 && level < QUOTA_LEVELS; level++) {
        g_autofree char *file = NULL;
        uint64_t period = 0;
        int64_t quota;
        char *end;

        if (view->session->versions[VIEW_GROUP_CPU] == 2) {
            file = g_strconcat(above->str, "cpu.max", NULL);
            if (!source_read(group, file, text))
                break;
            quota = g_ascii_strtoll(text->str, &end, 10);
            period = g_ascii_strtoull(end, NULL, 10);
        } else {
            g_autofree char *other = g_strconcat(above->str, "cpu.cfs_period_us", NULL);

            file = g_strconcat(above->str, "cpu.cfs_quota_us", NULL);
            if (!source_read(group, file, text))
                break;
            quota = g_ascii_strtoll(text->str, NULL, 10);
            source_number(group, other, &period);
        }
        smallest = MIN(smallest, quota_of(quota, period));
        g_string_append(above, "../");
    }
    return smallest;
}

unsigned
processors_count(const View *view)
{
    g_autoptr(GString) list = g_string_new(NULL);
    unsigned count = read_set(view, list) ? list_count(list->str) : 1;

    return MAX(MIN(count, read_quota(view)), 1);
}

uint64_t
processors_usage(const View *view, uint64_t *ret_system)
{
    int group = view->groups[VIEW_GROUP_CPUACCT];
    g_autoptr(GString) text = NULL;
    uint64_t usage = 0;

    *ret_system = 0;
    if (group < 0)
        return 0;
    if (view->session->versions[VIEW_GROUP_CPUACCT] == 2) {
        text = g_string_new(NULL);
        source_read(group, "cpu.stat", text);
        source_figure(text->str, "usage_usec", &usage);
        source_figure(text->str, "system_usec", ret_system);
    } else {
        source_number(group, "cpuacct.usage", &usage);
        source_number(group, "cpuacct.usage_sys", ret_system);
        usage /= 1000;
        *ret_system /= 1000;
    }
    *ret_system = MIN(*ret_system, usage);
    return usage;
}

/* What @count processors had nothing to do since the guest was born; it does not go back when they
 * become fewer. */
static uint64_t
idle_of(const View *view, unsigned count, uint64_t usage)
{
    uint64_t passed = (uint64_t)(view_now() - view->session->born) * count;

    if (passed > usage && passed - usage > view->session->idle)
        view->session->idle = passed - usage;
    return view->session->idle;
}

/* The first processors of those the guest may run on, counted from 0. */
bool
processors_info(View *view, GString *text)
{
    g_autoptr(GString) host = g_string_new(NULL);
    g_autoptr(GString) list = g_string_new(NULL);
    unsigned count = processors_count(view);
    unsigned shown = 0;
    const char *block;
    const char *end;

    if (!source_read(view->root, "proc/cpuinfo", host) || !read_set(view, list) ||
        !g_str_has_prefix(host->str, "processor\t"))
        return false;
    for (block = host->str; *block && shown < count; block = end) {
        const char *colon = strchr(block, ':');

        end = strstr(block, "\n\n");
        end = end ? end + 2 : block + strlen(block);
        if (!colon || !g_str_has_prefix(block, "processor\t")) {
            /* what some machines say of the whole */
            g_string_append_len(text, block, end - block);
            continue;
        }
        if (!list_contains(list->str, g_ascii_strtoull(colon + 1, NULL, 10)))
            continue;
        g_string_append_printf(text, "processor\t: %u", shown++);
        block = strchr(block, '\n');
        g_string_append_len(text, block, end - block);
    }
    return shown > 0;
}

static void
add_times(GString *text, const char *name, uint64_t user, uint64_t system, uint64_t idle)
{
    uint64_t unit = G_USEC_PER_SEC / sysconf(_SC_CLK_TCK);

    g_string_append_printf(text,
                           "%s %" G_GUINT64_FORMAT " 0 %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                           " 0 0 0 0 0 0\n",
                           name, user / unit, system / unit, idle / unit);
}

/* Each processor has an equal part: with a quota the guest has none of its own. */
bool
processors_stat(View *view, GString *text)
{
    g_autoptr(GString) host = g_string_new(NULL);
    unsigned count = processors_count(view);
    uint64_t system;
    uint64_t usage = processors_usage(view, &system);
    uint64_t idle = idle_of(view, count, usage);
    const char *rest;
    uint64_t boot = 0;
    unsigned i;

    if (!source_read(view->root, "proc/stat", host) || !(rest = strstr(host->str, "\nintr ")))
        return false;
    add_times(text, "cpu ", usage - system, system, idle);
    for (i = 0; i < count; i++) {
        char name[16];

        g_snprintf(name, sizeof(name), "cpu%u", i);
        add_times(text, name, (usage - system) / count, system / count, idle / count);
    }
    /* interrupts and switches are not counted by group; as a whole they are the host's */
    for (rest++; *rest; rest += strcspn(rest, "\n") + (rest[strcspn(rest, "\n")] == '\n')) {
        size_t length = strcspn(rest, "\n");

        if (g_str_has_prefix(rest, "btime ")) {
            boot = g_ascii_strtoull(rest + 6, NULL, 10);
            g_string_append_printf(text, "btime %" G_GUINT64_FORMAT "\n",
                                   boot + (uint64_t)view->session->born / G_USEC_PER_SEC);
        } else if (g_str_has_prefix(rest, "procs_running ")) {
            g_string_append_printf(text, "procs_running %u\n", load_running(view));
        } else if (g_str_has_prefix(rest, "procs_blocked ")) {
            g_string_append_printf(text, "procs_blocked %u\n", load_blocked(view));
        } else {
            g_string_append_len(text, rest, length);
            g_string_append_c(text, '\n');
        }
    }
    return true;
}

bool
processors_uptime(View *view, GString *text)
{
    uint64_t system;
    uint64_t usage = processors_usage(view, &system);
    uint64_t idle = idle_of(view, processors_count(view), usage);
    uint64_t passed = view_now() - view->session->born;

    g_string_append_printf(text, "%" G_GUINT64_FORMAT ".%02u %" G_GUINT64_FORMAT ".%02u\n",
                           passed / G_USEC_PER_SEC, (unsigned)(passed % G_USEC_PER_SEC / 10000),
                           idle / G_USEC_PER_SEC, (unsigned)(idle % G_USEC_PER_SEC / 10000));
    return true;
}

bool
processors_list(View *view, GString *text)
{
    unsigned count = processors_count(view);

    if (count == 1)
        g_string_append(text, "0\n");
    else
        g_string_append_printf(text, "0-%u\n", count - 1);
    return true;
}
