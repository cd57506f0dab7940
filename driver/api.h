/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The slot tables, one per topic (api-<topic>.c). Each ends with a NULL row. plugin.c registers
 * them all. */
#pragma once

#include "driver/abi/slots.h"

extern const ApiSlot connect_api[];    /* open, close, version, hostname, capabilities … */
extern const ApiSlot node_api[];       /* host information */
extern const ApiSlot list_api[];       /* list and look up */
extern const ApiSlot definition_api[]; /* define, undefine, XML, metadata, autostart */
extern const ApiSlot lifecycle_api[];  /* create, suspend, shutdown, reboot, destroy */
extern const ApiSlot security_api[];   /* labels */
extern const ApiSlot query_api[];      /* state, info, active, persistent, OS type … */
extern const ApiSlot guest_api[];      /* console, namespaces, signals */
extern const ApiSlot agent_info_api[];
extern const ApiSlot agent_mounts_api[];
extern const ApiSlot addresses_api[]; /* of a guest's interfaces */
extern const ApiSlot agent_api[];     /* what a guest's agent answers */
extern const ApiSlot device_api[];    /* attach, detach and update of devices */
extern const ApiSlot disk_api[];      /* rates and sizes of disks */
extern const ApiSlot native_api[];    /* domxml-from-native, domxml-to-native */
extern const ApiSlot event_api[];
extern const ApiSlot interface_api[];     /* bandwidth of interfaces */
extern const ApiSlot limits_block_api[];  /* weights and rates of block devices */
extern const ApiSlot limits_cpu_api[];    /* shares and bandwidth of processors */
extern const ApiSlot limits_memory_api[]; /* memory of a guest and its limits */
extern const ApiSlot limits_numa_api[];   /* memory nodes */
extern const ApiSlot statistics_api[];    /* of one domain */
extern const ApiSlot statistics_all_api[];
extern const ApiSlot vcpus_api[];  /* counts and pins */
extern const ApiSlot perf_api[];   /* performance events */
extern const ApiSlot state_api[];  /* jobs, messages, rename, reset */
extern const ApiSlot cpu_api[];    /* models of processors, domain capabilities */
extern const ApiSlot absent_api[]; /* lists of what containers have none of */
