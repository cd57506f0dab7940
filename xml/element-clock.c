/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <clock>: rows, and what an adjustment turns the offset into. */
#include "xml/element-clock.h"

#include <stddef.h>

#include "xml/elements.h"

static const char *const offsets[] = {
    "utc", "localtime", "variable", "timezone", "absolute", NULL
};
static const char *const bases[] = { "utc", "localtime", NULL };
static const char *const names[] = { "platform", "pit",         "rtc",       "hpet", "tsc",
                                     "kvmclock", "hypervclock", "armvtimer", NULL };
static const char *const presents[] = { "", "yes", "no", NULL };
static const char *const tick_policies[] = { "", "delay", "catchup", "merge", "discard", NULL };
static const char *const tracks[] = { "", "boot", "guest", "wall", "realtime", NULL };
static const char *const modes[] = { "", "auto", "native", "emulate", "paravirt", "smpsafe", NULL };

static const XmlField timer_fields[] = {
    { "@name", FIELD_ENUM, offsetof(Timer, name), FIELD_REQUIRED | FIELD_ALWAYS, .names = names,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "@present", FIELD_ENUM, offsetof(Timer, present), .names = presents },
    { "@tickpolicy", FIELD_ENUM, offsetof(Timer, tick_policy), .names = tick_policies },
    { "@track", FIELD_ENUM, offsetof(Timer, track), .names = tracks },
    { "@frequency", FIELD_UINT, offsetof(Timer, frequency) },
    { "@mode", FIELD_ENUM, offsetof(Timer, mode), .names = modes },
    { "catchup", FIELD_KEPT, offsetof(Timer, kept) },
    { NULL },
};

static void timer_free(void *timer);
static const XmlType timer_type = { "timer", sizeof(Timer), timer_fields, .free = timer_free };

static void
timer_free(void *timer)
{
    xml_free(&timer_type, timer);
}

#define ADJUSTED (ONLY(CLOCK_UTC) | ONLY(CLOCK_LOCALTIME) | ONLY(CLOCK_VARIABLE))

static const XmlField clock_fields[] = {
    { "@offset", FIELD_ENUM, offsetof(Clock, offset), FIELD_ALWAYS, .names = offsets,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "@adjustment", FIELD_STRING, offsetof(Clock, adjustment), 0, ADJUSTED },
    { "@basis", FIELD_ENUM, offsetof(Clock, basis), FIELD_ALWAYS, ONLY(CLOCK_VARIABLE),
      .names = bases, .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "@timezone", FIELD_STRING, offsetof(Clock, timezone), FIELD_REQUIRED, ONLY(CLOCK_TIMEZONE) },
    { "@start", FIELD_STRING, offsetof(Clock, start), FIELD_REQUIRED, ONLY(CLOCK_ABSOLUTE) },
    { "timer", FIELD_STRUCTS, offsetof(Clock, timers), .type = &timer_type },
    { NULL },
};

static bool
is_number(const char *text)
{
    bool overflow;
    uint64_t value;

    return xml_number(text[0] == '-' ? text + 1 : text, &value, &overflow);
}

static bool
clock_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    Clock *clock = object;
    bool reset = g_strcmp0(clock->adjustment, "reset") == 0;

    if (clock->start && !is_number(clock->start))
        return fail(
            error, FAILURE_XML,
            "invalid value '%.32s' for attribute 'start' of <clock> (line %ld): seconds since "
            "1970 are needed",
            clock->start, xmlGetLineNo(node));
    if (clock->adjustment && !reset && !is_number(clock->adjustment))
        return fail(
            error, FAILURE_XML,
            "invalid value '%.32s' for attribute 'adjustment' of <clock> (line %ld): seconds or "
            "'reset' are needed",
            clock->adjustment, xmlGetLineNo(node));

    if (clock->offset == CLOCK_VARIABLE && (reset || !clock->adjustment)) {
        g_free(clock->adjustment);
        clock->adjustment = g_strdup("0");
    } else if (clock->adjustment && !reset && clock->offset != CLOCK_VARIABLE) {
        clock->basis = clock->offset == CLOCK_LOCALTIME ? CLOCK_BASIS_LOCALTIME : CLOCK_BASIS_UTC;
        clock->offset = CLOCK_VARIABLE;
    }
    return true;
}

const XmlType clock_type = { "clock", sizeof(Clock), clock_fields, offsetof(Clock, offset),
                             .finish = clock_finish };
