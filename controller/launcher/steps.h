/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of a start; their order is in launch.c. A step does its work or sets an error; undoing
 * must cope with a step that was not done, or done by half.
 */
#pragma once

#include "controller/launcher/launch.h"

/* process.c: signals, limits, umask, session of launcher and guest */
bool process_prepare(Launch *launch, GError **error);
bool process_begin(Launch *launch, GError **error);

/* state.c: NAME.pid and the listening NAME.sock */
bool state_create(Launch *launch, GError **error);
void state_remove(Launch *launch);

/* sources.c: the root, and what is bound from the host, as detached mounts */
bool sources_open(Launch *launch, GError **error);
/* closes them, and waits for those who read images */
void sources_close(Launch *launch);

/* devices.c: what the host's devices are here, and who may use them */
bool devices_find(Launch *launch, GError **error);
void devices_forget(Launch *launch);
/* the guest's /dev, still empty, and its devpts, as detached mounts */
bool devices_mount(Launch *launch, GError **error);
/* nodes, links and mount points of the former */
bool devices_fill(Launch *launch, GError **error);
/* inside: waits for them before @mount is attached, if that is /dev */
bool devices_await(Launch *launch, const ContainerMount *mount, GError **error);
/* inside: console and ttyN */
bool devices_bind(Launch *launch, GError **error);

/* terminals.c: per console a pty of the guest's, then one of the host's and the log */
bool terminals_open(Launch *launch, GError **error);
bool terminals_connect(Launch *launch, GError **error);

/* groups.c: control groups */
bool groups_prepare(Launch *launch, GError **error);
bool groups_create(Launch *launch, GError **error);
bool groups_settle(Launch *launch, GError **error);
void groups_remove(Launch *launch);
/* those who read images belong to the supervisor */
bool groups_adopt(Launch *launch, GError **error);
bool groups_enter(Launch *launch, GError **error);
bool groups_supervise(Launch *launch, GError **error);
bool groups_suspend(Launch *launch, GError **error);

/* namespaces.c: the process that becomes init */
bool namespaces_prepare(Launch *launch, GError **error);
bool namespaces_check(Launch *launch, GError **error);
bool namespaces_create(Launch *launch, GError **error);
void namespaces_destroy(Launch *launch);
bool namespaces_map_ids(Launch *launch, GError **error);
bool namespaces_take_ids(Launch *launch, GError **error);

/* rootfs.c: the guest's root becomes ours */
bool rootfs_attach(Launch *launch, GError **error);
bool rootfs_enter(Launch *launch, GError **error);

/* mounts.c: the mounts of the definition, in order */
bool mounts_attach(Launch *launch, GError **error);

/* masks.c: paths of /proc and /sys that are hidden or read-only */
bool masks_apply(Launch *launch, GError **error);

/* seccomp.c: the filter of system calls; inside: its installation */
bool seccomp_open(Launch *launch, GError **error);
bool seccomp_compile(Launch *launch, GError **error);
bool seccomp_confine(Launch *launch, GError **error);
/* network.c: interfaces of the definition; inside, the loopback one */
bool network_attach(Launch *launch, GError **error);
void network_detach(Launch *launch);
/* Starts "lo" of the network namespace the process is in. */
bool network_start_loopback(GError **error);

/* notify.c: readiness of systemd in the guest */
bool notify_open(Launch *launch, GError **error);

/* clock.c: a time namespace */
bool clock_enter(Launch *launch, GError **error);
bool clock_leave(Launch *launch, GError **error);

/* nesting.c: what containers inside the container need */
bool nesting_mount(Launch *launch, GError **error);

/* view.c: the view of /proc and /sys, and its server. Until that runs, view_reply() answers what
 * the kernel asks for when view_is_asked(). */
void view_clear(Launch *launch);
void view_close(Launch *launch);
bool view_prepare(Launch *launch, GError **error);
bool view_mount(Launch *launch, GError **error);
bool view_is_asked(const Launch *launch);
bool view_reply(Launch *launch, GError **error);
bool view_has_request(const Launch *launch);
bool view_open_groups(Launch *launch, GError **error);
void view_remove(Launch *launch);
bool view_attach(Launch *launch, GError **error);

/* memory-policy.c: nodes that init prefers */
bool memory_policy_set(Launch *launch, GError **error);

/* hostname.c, network.c, user.c, privileges.c */
bool hostname_set(Launch *launch, GError **error);
bool network_start(Launch *launch, GError **error);
bool user_find(Launch *launch, GError **error);
bool privileges_drop(Launch *launch, GError **error);

/* label.c: the way to ask for a label; inside: asking, when nothing but the execution follows */
bool label_prepare(Launch *launch, GError **error);
bool label_take(Launch *launch, GError **error);

/* process-limits.c: of each process of the guest */
bool limits_set(Launch *launch, GError **error);

/* init.c: the last step inside, and what the launcher hears of it */
bool init_prepare(Launch *launch, GError **error);
bool init_wait(Launch *launch, GError **error);
bool init_execute(Launch *launch, GError **error);
/* A step of the launcher's may have failed because there is no init to be any more: then @error
 * becomes what that has said last. */
void init_explain(Launch *launch, GError **error);
bool init_await_ready(Launch *launch, GError **error);
bool init_release(Launch *launch, GError **error);
bool init_confirm(Launch *launch, GError **error);

/* control.c: the daemon */
bool control_announce(Launch *launch, GError **error);
bool control_await_continue(Launch *launch, GError **error);

/* keeper.c: the launcher becomes the keeper */
bool keeper_execute(Launch *launch, GError **error);
