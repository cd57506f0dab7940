/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From which nodes init, and so all it starts, gets memory by preference. */
#include <errno.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

#ifndef MPOL_PREFERRED_MANY
#define MPOL_PREFERRED_MANY 5
#endif

#define NODES_MAX 1024
#define WORD_BITS (8 * sizeof(unsigned long))

static const struct {
    const char *name;
    int mode;
} modes[] = {
    { "MPOL_PREFERRED", MPOL_PREFERRED },
    { "MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY },
    { "MPOL_INTERLEAVE", MPOL_INTERLEAVE },
};

/* "0-1,3" as bits. */
static bool
nodes_parse(const char *text, unsigned long mask[NODES_MAX / WORD_BITS])
{
    while (*text) {
        char *end;
        guint64 first = g_ascii_strtoull(text, &end, 10);
        guint64 last = first;

        if (end == text)
            return false;
        if (*end == '-')
            last = g_ascii_strtoull(end + 1, &end, 10);
        if (last < first || last >= NODES_MAX || (*end && *end != ','))
            return false;
        for (; first <= last; first++)
            mask[first / WORD_BITS] |= 1UL << (first % WORD_BITS);
        text = *end ? end + 1 : end;
    }
    return true;
}

bool
memory_policy_set(Launch *launch, GError **error)
{
    const ContainerMemoryPolicy *policy = launch->container->os->memory_policy;
    unsigned long mask[NODES_MAX / WORD_BITS] = { 0 };
    size_t i = 0;

    if (!policy)
        return true;
    while (i < G_N_ELEMENTS(modes) && !g_str_equal(modes[i].name, policy->mode))
        i++;
    if (i == G_N_ELEMENTS(modes) || !nodes_parse(policy->nodes, mask))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "memory policy '%s' of nodes '%s' is unknown", policy->mode, policy->nodes);
    /* a kernel that knows no nodes cannot disregard the wish */
    if (syscall(SYS_set_mempolicy, modes[i].mode, mask, NODES_MAX + 1) == 0 || errno == ENOSYS)
        return true;
    return fail_errno(error, errno, "cannot prefer memory nodes '%s'; correct <numatune>",
                      policy->nodes);
}
