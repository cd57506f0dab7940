/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The path of a row, split: elements, then perhaps an attribute. */
#pragma once

#include <stdbool.h>

#define PATH_ELEMENTS 3
#define PATH_LENGTH   64

typedef struct {
    char text[PATH_LENGTH]; /* what the pointers point into */
    const char *elements[PATH_ELEMENTS];
    unsigned n;
    const char *attribute; /* NULL: the path ends in an element */
} FieldPath;

/* @path is one of our own tables; "." has no elements. */
void path_split(FieldPath *path, const char *text);
