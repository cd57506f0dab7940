/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* KeeperState to and from its sealed memfd. */
#include "controller/wire/handover.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "controller/wire/sealed.h"

/* A container has a handful of consoles; a state that is larger is not ours. */
#define STATE_SIZE_MAX (256 * 1024)

static const JsonField console_fields[] = {
    { "alias", JSON_STRING, offsetof(KeeperConsole, alias), .flags = JSON_REQUIRED },
    { "guest", JSON_INT, offsetof(KeeperConsole, guest), .absent = -1, .flags = JSON_REQUIRED },
    { "host", JSON_INT, offsetof(KeeperConsole, host), .absent = -1, .flags = JSON_REQUIRED },
    { "path", JSON_STRING, offsetof(KeeperConsole, path), .flags = JSON_REQUIRED },
    { "log", JSON_INT, offsetof(KeeperConsole, log), .absent = -1 },
    { NULL },
};
const JsonType keeper_console_type = { "console", sizeof(KeeperConsole), console_fields };

static const JsonField descriptor_fields[] = {
    /* -1, where there is no such hierarchy, is not written */
    { "fd", JSON_INT, offsetof(KeeperDescriptor, fd), .absent = -1 },
    { NULL },
};
const JsonType keeper_descriptor_type = { "descriptor", sizeof(KeeperDescriptor),
                                          descriptor_fields };

static const JsonField view_fields[] = {
    { "program", JSON_INT, offsetof(KeeperView, program), .absent = -1, .flags = JSON_REQUIRED },
    { "descriptors", JSON_OBJECTS, offsetof(KeeperView, descriptors),
      .type = &keeper_descriptor_type, .flags = JSON_REQUIRED },
    { "asked", JSON_BOOL, offsetof(KeeperView, asked) },
    { NULL },
};
const JsonType keeper_view_type = { "view", sizeof(KeeperView), view_fields };
static const JsonField held_fields[] = {
    { "alias", JSON_STRING, offsetof(KeeperHeld, alias), .flags = JSON_REQUIRED },
    { "fd", JSON_INT, offsetof(KeeperHeld, fd), .absent = -1, .flags = JSON_REQUIRED },
    { NULL },
};
const JsonType keeper_held_type = { "held", sizeof(KeeperHeld), held_fields };

static const JsonField state_fields[] = {
    { "name", JSON_STRING, offsetof(KeeperState, name), .flags = JSON_REQUIRED },
    { "initPid", JSON_INT, offsetof(KeeperState, init_pid), .flags = JSON_REQUIRED },
    { "initPidfd", JSON_INT, offsetof(KeeperState, init_pidfd), .absent = -1,
      .flags = JSON_REQUIRED },
    { "client", JSON_INT, offsetof(KeeperState, client), .absent = -1 },
    { "listener", JSON_INT, offsetof(KeeperState, listener), .absent = -1, .flags = JSON_REQUIRED },
    { "stateDirectory", JSON_INT, offsetof(KeeperState, state_directory), .absent = -1,
      .flags = JSON_REQUIRED },
    { "definition", JSON_INT, offsetof(KeeperState, definition), .absent = -1 },
    { "freezer", JSON_INT, offsetof(KeeperState, freezer), .absent = -1 },
    { "freezerVersion", JSON_INT, offsetof(KeeperState, freezer_version), .absent = 0 },
    { "memory", JSON_INT, offsetof(KeeperState, memory), .absent = -1 },
    { "memoryVersion", JSON_INT, offsetof(KeeperState, memory_version) },
    { "cgroup", JSON_STRING, offsetof(KeeperState, cgroup) },
    { "consoles", JSON_OBJECTS, offsetof(KeeperState, consoles), .type = &keeper_console_type },
    { "notify", JSON_INT, offsetof(KeeperState, notify), .absent = -1 },
    { "view", JSON_OBJECT, offsetof(KeeperState, view), .type = &keeper_view_type },
    { "kmsg", JSON_INT, offsetof(KeeperState, kmsg), .absent = -1 },
    { "held", JSON_OBJECTS, offsetof(KeeperState, held), .type = &keeper_held_type },
    { "paused", JSON_BOOL, offsetof(KeeperState, paused) },
    { "continuePending", JSON_BOOL, offsetof(KeeperState, continue_pending) },
    { NULL },
};
const JsonType keeper_state_type = { "keeper state", sizeof(KeeperState), state_fields };

KeeperState *
keeper_state_new(void)
{
    KeeperState *state = json_new(&keeper_state_type);

    state->consoles = json_array_new(&keeper_console_type);
    state->held = json_array_new(&keeper_held_type);
    return state;
}

void
keeper_state_free(KeeperState *state)
{
    json_free(&keeper_state_type, state);
}

int
keeper_state_seal(const KeeperState *state, GError **error)
{
    g_autofree char *text = json_write(&keeper_state_type, state, false);

    return sealed_new("keeper-state", text, strlen(text), error);
}

KeeperState *
keeper_state_read(int fd, GError **error)
{
    g_autofree char *text = NULL;
    KeeperState *state;
    size_t length;

    if (!(text = sealed_read(fd, STATE_SIZE_MAX, &length, error)) ||
        !(state = json_read(&keeper_state_type, text, length, error))) {
        g_prefix_error(error, "handover from the launcher: ");
        return NULL;
    }
    if (!state->consoles)
        state->consoles = json_array_new(&keeper_console_type);
    if (!state->held)
        state->held = json_array_new(&keeper_held_type);
    return state;
}
