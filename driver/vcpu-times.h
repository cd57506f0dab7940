/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor time of each of a guest's vcpus. */
#pragma once

#include "cgroup/figures.h"
#include "driver/guest-view.h"

/*
 * Nanoseconds of each of guest->vcpus_online vcpus in @times. A guest whose vcpus are as many as
 * the host's processors has one on each, where the kernel counts these; else its time is spread
 * evenly, for its tasks run where they like. The sum is @total in either case.
 */
void vcpu_times(const GuestView *guest, uint64_t total, uint64_t *times);
