/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <clock> and its timers. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef enum {
    CLOCK_UTC,
    CLOCK_LOCALTIME,
    CLOCK_VARIABLE,
    CLOCK_TIMEZONE,
    CLOCK_ABSOLUTE,
} ClockOffset;

typedef enum {
    CLOCK_BASIS_UTC,
    CLOCK_BASIS_LOCALTIME,
} ClockBasis;

typedef enum {
    TIMER_PLATFORM,
    TIMER_PIT,
    TIMER_RTC,
    TIMER_HPET,
    TIMER_TSC,
    TIMER_KVMCLOCK,
    TIMER_HYPERVCLOCK,
    TIMER_ARMVTIMER,
} TimerName;

typedef enum {
    TIMER_PRESENT_DEFAULT, /* not said: counts as present */
    TIMER_PRESENT_YES,
    TIMER_PRESENT_NO,
} TimerPresent;

typedef struct {
    TimerName name;
    TimerPresent present;
    int tick_policy; /* 0: not said; words in element-clock.c */
    int track;
    uint64_t frequency; /* 0: not said */
    int mode;
    GPtrArray *kept; /* of Kept *: catchup */
} Timer;

typedef struct {
    ClockOffset offset;
    char *adjustment;  /* "reset" or seconds; NULL: none */
    ClockBasis basis;  /* of offset 'variable' */
    char *timezone;    /* of offset 'timezone' */
    char *start;       /* of offset 'absolute', seconds of the epoch */
    GPtrArray *timers; /* of Timer * */
} Clock;
