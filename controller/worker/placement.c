/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs Placement, Place and Unplace: which service makes scopes, and what it is asked. */
#include "controller/worker/placement.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "cgroup/cgroup.h"
#include "controller/wire/failure.h"
#include "controller/worker/worker.h"

/* The better one first. */
static const PlacementKind *const kinds[] = { &placement_machined, &placement_systemd };

enum {
    PLACE_KIND,
    PLACE_MACHINE,
    PLACE_UUID,
    PLACE_LEADER,
    PLACE_PARTITION,
    PLACE_ROOT,
    PLACE_INTERFACES
};

void
placement_append_properties(DBusMessageIter *properties, const Machine *machine)
{
    static const char *const after[] = { "libvirtd.service", "virtlxcd.service", NULL };
    static const char *const before[] = { "virt-guest-shutdown.target", NULL };

    bus_property_string(properties, "Slice", machine->slice);
    bus_property_bool(properties, "Delegate", true);
    bus_property_strings(properties, "After", after);
    bus_property_strings(properties, "Before", before);
}

bool
placement_find(Request *request, GError **error)
{
    g_autoptr(GString) missing = g_string_new(NULL);
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GError) local = NULL;

        if (kinds[i]->probe(&local)) {
            request->reply->parameters->placement = g_strdup(kinds[i]->name);
            request->reply->parameters->message = g_strdup(missing->str);
            return true;
        }
        g_string_append_printf(missing, "%s%s", missing->len ? "; " : "", local->message);
    }
    return fail(error, FAILURE_OPERATION_FAILED, "%s", missing->str);
}

static bool
read_uuid(const char *text, uint8_t *ret_uuid)
{
    size_t digits = 0;

    for (; *text; text++) {
        if (*text == '-')
            continue;
        if (!g_ascii_isxdigit(*text) || digits == 32)
            return false;
        ret_uuid[digits / 2] = ret_uuid[digits / 2] << 4 | g_ascii_xdigit_value(*text);
        digits++;
    }
    return digits == 32;
}

static bool
read_number(const char *text, uint32_t *ret_number)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT32, &number, NULL))
        return false;
    *ret_number = number;
    return true;
}

static bool
read_machine(char *const *arguments, Machine *machine, GError **error)
{
    uint32_t index;
    size_t i;

    machine->machine = arguments[PLACE_MACHINE];
    machine->scope = cgroup_scope_name(machine->machine);
    machine->slice = cgroup_slice_name(arguments[PLACE_PARTITION]);
    machine->root = arguments[PLACE_ROOT];
    machine->interfaces = g_array_new(FALSE, FALSE, sizeof(int32_t));
    if (!read_uuid(arguments[PLACE_UUID], machine->uuid))
        return fail(error, FAILURE_INVALID_ARG, "'%s' is no uuid", arguments[PLACE_UUID]);
    if (!read_number(arguments[PLACE_LEADER], &machine->leader))
        return fail(error, FAILURE_INVALID_ARG, "'%s' is no pid", arguments[PLACE_LEADER]);
    for (i = PLACE_INTERFACES; arguments[i]; i++) {
        if (!read_number(arguments[i], &index))
            return fail(error, FAILURE_INVALID_ARG, "'%s' is no index of a network interface",
                        arguments[i]);
        g_array_append_val(machine->interfaces, index);
    }
    return true;
}

static void
machine_clear(Machine *machine)
{
    g_free(machine->scope);
    g_free(machine->slice);
    g_clear_pointer(&machine->interfaces, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Machine, machine_clear)

bool
placement_create(Request *request, GError **error)
{
    char *const *arguments = request->arguments;
    g_auto(Machine) machine = { NULL };
    size_t i;

    /* a launcher that dies takes its init along: there is nothing to be placed any more */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (g_strv_length((char **)arguments) < PLACE_INTERFACES)
        return fail(error, FAILURE_INVALID_ARG, "Place has too few arguments");
    if (!read_machine(arguments, &machine, error))
        return false;
    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_equal(kinds[i]->name, arguments[PLACE_KIND]))
            return kinds[i]->create(&machine, error);
    }
    return fail(error, FAILURE_OPERATION_UNSUPPORTED, "there is no placement '%s'",
                arguments[PLACE_KIND]);
}

/* Whoever has made the scope, and whoever of them runs now. */
bool
placement_remove(Request *request, GError **error)
{
    const char *machine = request->arguments[0];
    g_autofree char *scope = NULL;
    g_auto(Bus) bus = { NULL };

    if (!machine)
        return fail(error, FAILURE_INVALID_ARG, "Unplace needs the name of a machine");
    scope = cgroup_scope_name(machine);
    if (!bus_open_systemd(&bus, error))
        return false;
    return (bus.direct || machined_terminate(&bus, machine, error)) &&
           systemd_stop_scope(&bus, scope, error);
}
