/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A .nspawn file while it is read: its assignments, one file per topic. */
#pragma once

#include "xml/native-build.h"

typedef struct {
    char *section;
    char *key;
    char *value; /* "": what was said before is taken back */
    unsigned number;
} NspawnLine;

typedef struct {
    Definition *definition;
    NativeReport *report;
    const GPtrArray *lines; /* of NspawnLine * */
} NspawnFile;

typedef bool (*NspawnRead)(const NspawnFile *file, const NspawnLine *line, GError **error);

/* FAILURE_INVALID_ARG: "line 3, 'Key=value': @remedy". */
bool nspawn_bad(const NspawnLine *line, const char *remedy, GError **error);

/* The last assignment of a key; NULL when there is none or the last one is empty. */
const NspawnLine *nspawn_last(const NspawnFile *file, const char *section, const char *key);

/* Calls @read for every assignment of a key behind the last empty one. */
bool nspawn_each(const NspawnFile *file, const char *section, const char *key, NspawnRead read,
                 GError **error);

/* A key that is yes or no; @unset when it is not there. */
bool nspawn_bool(const NspawnFile *file, const char *section, const char *key, bool *ret_value,
                 GError **error);

/* [Files] */
bool nspawn_files(const NspawnFile *file, GError **error);
/* [Network] */
bool nspawn_network(const NspawnFile *file, GError **error);
