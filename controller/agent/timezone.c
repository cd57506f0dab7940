/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's time zone, from the rule at the end of its /etc/localtime. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controller/agent/agent.h"
#include "controller/mounts/place.h"
#include "controller/wire/failure.h"

#define ZONE_MAX (256 << 10)
#define RULE_MAX 64

/*
 * The last line of a TZif file of version 2 or later is the rule in POSIX form,
 * "CET-1CEST,M3.5.0,…", good for all times after those the file lists. NULL: there is none.
 */
static char *
find_rule(const char *bytes, size_t length)
{
    const char *begin;

    if (length < 6 || memcmp(bytes, "TZif", 4) != 0 || bytes[length - 1] != '\n')
        return NULL;
    begin = memrchr(bytes, '\n', length - 1);
    if (!begin || bytes + length - 1 - (begin + 1) < 1)
        return NULL;
    return g_strndup(begin + 1, bytes + length - 1 - (begin + 1));
}

/* It goes to the C library, which takes other things for the names of files. */
static bool
is_plain_rule(const char *rule)
{
    return (g_ascii_isalpha(*rule) || *rule == '<') && strlen(rule) <= RULE_MAX &&
           strspn(rule, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "<>+-,.:/") == strlen(rule) &&
           strpbrk(rule, G_CSET_DIGITS) && !strstr(rule, "..");
}

char *
agent_timezone(Agent *agent, const AgentArguments *arguments, GError **error)
{
    g_auto(Fd) root = agent_look(agent, error);
    g_autoptr(GError) local = NULL;
    g_autofree char *bytes = NULL;
    g_autofree char *rule = NULL;
    AgentTimezone zone = { (char *)"UTC", 0 };
    time_t now = time(NULL);
    size_t length;
    struct tm there;

    if (root < 0)
        return NULL;
    if ((bytes = place_read(root, "/etc/localtime", ZONE_MAX, &length, &local))) {
        rule = find_rule(bytes, length);
    } else if (errno != ENOENT) {
        g_propagate_error(error, g_steal_pointer(&local));
        return NULL;
    }
    if (rule && is_plain_rule(rule)) {
        setenv("TZ", rule, 1);
        tzset();
        localtime_r(&now, &there);
        zone.zone = (char *)there.tm_zone;
        zone.offset = there.tm_gmtoff;
    }
    return agent_reply_object(&agent_timezone_type, &zone);
}
