/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <os>: what runs as init, and as whom. */
#pragma once

#include <glib.h>

typedef struct {
    char *name;
    char *value;
} OsVariable;

/* What runs in a template that does not say. */
#define OS_INIT "/sbin/init"

typedef struct {
    char *type; /* "exe" */
    char *arch; /* "x86_64"; never NULL after parsing with a default */
    char *machine;
    char *init; /* path inside the container, argv[0]; NULL: what the root's template says */
    GPtrArray *init_args; /* of char * */
    GPtrArray *init_env;  /* of OsVariable * */
    char *init_dir;
    char *init_user; /* name, number or "+number"; NULL: root */
    char *init_group;
    char *cmdline;
    char *firmware;  /* kept */
    GPtrArray *kept; /* of Kept *: what only machines have (kernel, boot, smbios …) */
} Os;

/* The 32-bit architecture that programs of a host of architecture @host can have; NULL: none. */
const char *os_arch_sibling(const char *host);
