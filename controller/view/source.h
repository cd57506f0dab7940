/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading what the kernel says: whole files, and figures in them. */
#pragma once

#include "controller/view/view.h"

/* The whole text of @file below @directory instead of what is in @text. */
bool source_read(int directory, const char *file, GString *text);

/* A file that holds one number; "max" is UINT64_MAX. */
bool source_number(int directory, const char *file, uint64_t *ret_number);

/* The smallest such number in the group and the groups above it; false: it is in none of them. */
bool source_smallest(int group, const char *file, uint64_t *ret_number);

/* The number behind @key at the beginning of a line of @text ("total_cache 4096"). */
bool source_figure(const char *text, const char *key, uint64_t *ret_number);
