/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's settings of the driver, /etc/libvirt/lxc.conf. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    bool log_with_libvirtd;         /* controllers log to the daemon's outputs, not to NAME.log */
    char *security_driver;          /* "none", "apparmor", "selinux"; NULL: not said */
    bool view;                      /* guests get a /proc of their own limits; key proc_view */
    bool security_default_confined; /* a domain without seclabel gets a generated one */
    bool security_require_confined; /* a domain without confinement is refused */
    bool vcpus_are_quota;           /* the number of vcpus limits processor time */
    bool info_memory_is_balloon;    /* dominfo has <currentMemory>, not what is used */
    char *idmap_default;            /* accessmode of new filesystems without one; NULL: not said */
    bool idmap_auto;                /* domains without <idmap> get ids of their own */
    char *idmap_range;              /* "FIRST:COUNT" they come from; NULL: root's of /etc/subuid */
    unsigned standby_controllers;   /* how many wait for the next start */
    char *seccomp;                  /* profile of domains that name none; NULL: "default" */
} Settings;

/*
 * Reads @path in libvirt's syntax (`key = value`, values being numbers, quoted strings or lists);
 * @settings is what settings_clear() makes. A missing or unreadable file leaves the defaults,
 * unknown keys are ignored. FAILURE_CONFIG_UNSUPPORTED names file and line of a value of the wrong
 * type or of what cannot be read.
 */
bool settings_load(const char *path, Settings *settings, GError **error);

/* The same from @text; @path is for messages. */
bool settings_parse(const char *text, const char *path, Settings *settings, GError **error);

void settings_clear(Settings *settings);
