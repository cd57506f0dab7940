/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stranger's guest-agent call: what is read survives being written and read again. */
#include <glib.h>
#include <string.h>

#include "controller/wire/agent.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(AgentCall) call = agent_call_read(text, size, NULL);
    g_auto(GStrv) names = agent_call_arguments(text, size);
    g_autoptr(AgentCall) again = NULL;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    agent_reply_check(text, NULL);
    if (!call)
        return 0;
    first = json_write(&agent_call_type, call, false);
    if (!(again = agent_call_read(first, strlen(first), NULL)))
        g_error("what was written cannot be read: %s", first);
    second = json_write(&agent_call_type, again, false);
    if (strcmp(first, second) != 0)
        g_error("written twice, it differs:\n%s\n%s", first, second);
    return 0;
}
