/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver's end of a guest's agent (libvirt_lxc_agent), which is started when it is first asked
 * and answers the guest-agent protocol without a program in the guest. No call takes busy: the
 * agent keeps its own order.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/wire/agent.h"
#include "driver/abi/access.h"
#include "driver/domain.h"

#define AGENT_DEFAULT_SECONDS 30
#define AGENT_BLOCK_SECONDS   3600

/* A domain whose guest runs or is suspended, and is ours: new reference, access checked. */
Domain *agent_reach(virDomainPtr handle, Access access, GError **error);

/* Seconds for a timeout as libvirt's calls give it: -2 block, -1 default, 0 or more: so many. */
int agent_seconds(const Domain *domain, int timeout);

/*
 * The text of the reply to @text, which may be an error reply. FAILURE_AGENT: no reply in
 * @seconds. No lock is held.
 */
char *agent_converse(Domain *domain, const char *text, int seconds, GError **error);

/*
 * The reply to the command @execute, never an error reply: that becomes FAILURE_OPERATION_FAILED.
 * @arguments: NULL, or of agent_arguments_new(); taken over.
 */
char *agent_ask(Domain *domain, const char *execute, AgentArguments *arguments, GError **error);
AgentArguments *agent_arguments_new(void);

/* What it returns, as agent_reply_read(). */
bool agent_ask_object(Domain *domain, const char *execute, const JsonType *type, void **ret_object,
                      GError **error);
GPtrArray *agent_ask_objects(Domain *domain, const char *execute, const JsonType *type,
                             GError **error);
