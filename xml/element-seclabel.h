/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <seclabel>: how a security driver confines a container. */
#pragma once

#include <glib.h>

typedef enum { SECLABEL_DYNAMIC, SECLABEL_STATIC, SECLABEL_NONE } SeclabelType;

typedef struct {
    SeclabelType type;
    char *model;      /* "apparmor"; NULL: the host has no security driver that could be meant */
    int relabel;      /* 0 not said (only in SECLABEL_NONE), 1 yes, 2 no */
    char *label;      /* SECLABEL_STATIC; live also SECLABEL_DYNAMIC */
    char *imagelabel; /* live only */
    char *baselabel;  /* SECLABEL_DYNAMIC */
} Seclabel;

Seclabel *seclabel_new(void);
void seclabel_free(Seclabel *seclabel);

/* The word of a type: "dynamic". */
const char *seclabel_type_name(SeclabelType type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Seclabel, seclabel_free)
