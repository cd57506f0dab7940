/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an element pattern of a schema asks of an element, one level deep: libxml2 can say whether a
 * document is valid, but of elements in any order not what is wrong where.
 */
#pragma once

#include "xml/schema.h"

/* An <element> or <attribute> pattern that may stand at this level. */
typedef struct {
    xmlNode *pattern;
    bool required;
    bool repeats;
} Particle;

typedef struct {
    GArray *elements;   /* of Particle */
    GArray *attributes; /* of Particle */
    GPtrArray *texts;   /* of xmlNode *: patterns of the element's own text */
    bool contradictory; /* attributes rule each other's alternatives out */
} Allowance;

/*
 * What the patterns @patterns (of xmlNode *: <element> or <start>) allow in @instance. Of a choice
 * only the alternatives count whose attributes with fixed words (type='bridge') fit the instance,
 * all of them if none does. Nothing is required when there are several patterns.
 */
Allowance *allowance_new(const Schema *schema, const GPtrArray *patterns, xmlNode *instance);
void allowance_free(Allowance *allowance);

/* Whether the <element> or <attribute> pattern is for this name; @namespace may be NULL. */
bool pattern_is_for(const xmlNode *pattern, const char *name, const char *namespace);
/* Its name, when it is for one only; else NULL. Free with g_free(). */
char *pattern_name(const xmlNode *pattern);

/* Whether a pattern of text takes @text. */
bool pattern_takes(const Schema *schema, xmlNode *pattern, const char *text);

/* Adds what a pattern of text asks for to @words: "'on'", "an absolute path". */
void pattern_describe(const Schema *schema, xmlNode *pattern, GPtrArray *words);

/* The first pattern inside an <attribute>; the next ones are its siblings by pattern_next(). */
xmlNode *pattern_first(const xmlNode *parent);
xmlNode *pattern_next(const xmlNode *pattern);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Allowance, allowance_free)
