/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A configuration of LXC while it is written; one file per topic. */
#pragma once

#include "xml/native.h"

typedef struct {
    const Definition *definition;
    NativeReport *report;
    GString *text;
} LxcText;

/* One line, in quotes where the value needs them. A value of several lines goes into the report. */
void lxc_put(LxcText *text, const char *key, const char *value);
void lxc_put_number(LxcText *text, const char *key, uint64_t number);

/* native-lxc-write-devices.c: lxc.net.N, and what <blkiotune> says of devices */
void lxc_write_networks(LxcText *text);
void lxc_write_block(LxcText *text);

/* native-lxc-caisson.c: what <caisson:container> says */
void lxc_write_caisson(LxcText *text);
