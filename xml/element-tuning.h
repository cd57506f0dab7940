/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <memtune> and <cputune>. */
#pragma once

#include <glib.h>
#include <stdint.h>

/* KiB; TUNING_UNLIMITED: absent */
#define TUNING_UNLIMITED UINT64_C(9007199254740991)

typedef struct {
    uint64_t hard_limit;
    uint64_t soft_limit;
    uint64_t min_guarantee;
    uint64_t swap_hard_limit; /* memory plus swap */
} MemoryTuning;

typedef struct {
    uint64_t id;
    char *cpuset; /* canonical */
} CpuPin;

typedef struct {
    uint64_t shares; /* UINT64_MAX: not said */
    uint64_t period; /* microseconds, 0: not said */
    int64_t quota;   /* microseconds, 0: not said, negative: unlimited */
    /* what follows has no effect on a container, but the pins of vcpus and emulator */
    uint64_t global_period;
    int64_t global_quota;
    uint64_t emulator_period;
    int64_t emulator_quota;
    uint64_t iothread_period;
    int64_t iothread_quota;
    GPtrArray *vcpu_pins; /* of CpuPin *, one for a vcpu */
    char *emulator_pin;   /* CPUs, canonical */
    GPtrArray *iothread_pins;
    GPtrArray *kept; /* of Kept *: schedulers, cachetune, memorytune */
} CpuTuning;
