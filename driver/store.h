/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What persists: definitions in /etc/libvirt/lxc, autostart links beside them, status files and
 * marks in /run/libvirt/lxc. Files are replaced atomically (temporary file, fsync, rename); a file
 * that cannot be understood is reported in the log by its path and kept as it is.
 */
#pragma once

#include "driver/domain.h"

bool store_save_config(const Definition *definition, GError **error);
/* Removes the definition and its autostart link; missing files are success. */
bool store_remove_config(const char *name, GError **error);
bool store_set_autostart(const char *name, bool autostart, GError **error);
bool store_get_autostart(const char *name);
/* The same for the next boot of the host alone. */
bool store_set_autostart_once(const char *name, bool autostart, GError **error);
bool store_get_autostart_once(const char *name);

/* Writes STATE/NAME.xml of an active domain from its fields. Busy is held. */
bool store_save_status(Domain *domain, GError **error);
/* Removes STATE/NAME.{xml,pid,sock,exit} and what a controller @pid left half made. */
void store_remove_status(const char *name, pid_t pid);

/* "/run/libvirt/lxc", "/etc/libvirt/lxc", "/var/log/libvirt/lxc" */
const char *store_state_directory(void);
const char *store_config_directory(void);
const char *store_log_directory(void);

/* The file by which the network of a running guest is kept until its devices have come back. Free
 * with g_free(). */
char *store_network_pin(const char *name);

/* Creates the directories (0700) and takes STATE/driver.pid; fails when another daemon holds it. */
bool store_open(GError **error);
/* Gives driver.pid back. */
void store_close(void);

/* Other directories, for tests; before store_open(), and the strings must outlive the store. */
void store_use_directories(const char *state, const char *config, const char *log);

/* Reads every definition; calls @found with the parsed definition (ownership moves). */
void store_load_configs(void (*found)(Definition *definition, bool autostart));

typedef struct {
    Definition *definition;
    pid_t pid;
    pid_t init_pid;
    virDomainState state;
    int reason;
    GPtrArray *nodes; /* of DeviceNode *; NULL: none */
    char *cgroup;     /* NULL: written by the stock driver; "": ours, ended before it had one */
} StoredStatus;

/* Reads every status file; ownership of @status moves to @found. */
void store_load_statuses(void (*found)(StoredStatus *status));

void stored_status_free(StoredStatus *status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoredStatus, stored_status_free)
