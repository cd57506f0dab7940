/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files of other container managers, to and from domain definitions:
 * virConnectDomainXMLFromNative and virConnectDomainXMLToNative. Pure: what a text refers to is
 * never opened. Whatever one side has and the other cannot hold is put into the report.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "xml/definition.h"

#define NATIVE_SIZE_MAX (1024 * 1024) /* bytes of a text; no configuration is larger */

/* What a conversion left out or made up. Bounded, whatever the input. */
typedef struct {
    GPtrArray *ignored; /* of char *: keys and elements that have no counterpart */
    GPtrArray *notes;   /* of char *: what was assumed or is different now, a phrase each */
    unsigned more;      /* entries that are not in the two above */
} NativeReport;

typedef struct {
    const char *name; /* "lxc-tools" */
    /* Fills @definition, which has the values every converted domain begins with and no name; @arch
     * is the host's or NULL. */
    bool (*read)(const char *text, const char *arch, Definition *definition, NativeReport *report,
                 GError **error);
    /* NULL: the format can only be read. */
    char *(*write)(const Definition *definition, const char *arch, NativeReport *report,
                   GError **error);
} NativeFormat;

/* Ends with a NULL name. */
extern const NativeFormat native_formats[];

NativeReport *native_report_new(void);
void native_report_free(NativeReport *report);

/* Adds a key or element ("lxc.hook.start (line 3)"), or a phrase. Control characters become '?'. */
void native_ignore(NativeReport *report, const char *format, ...) G_GNUC_PRINTF(2, 3);
void native_note(NativeReport *report, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* All of it in one line; NULL when there is nothing to say. Free with g_free(). */
char *native_report_text(const NativeReport *report);

/*
 * The definition that @text of @format describes, checked and canonical as after
 * definition_parse(). The architecture is only set if the text names one. FAILURE_INVALID_ARG for
 * an unknown format and for text that cannot be understood; FAILURE_CONFIG_UNSUPPORTED,
 * FAILURE_ARGUMENT_UNSUPPORTED and the errors of definition_check() for what a domain cannot be.
 * Free with definition_free().
 */
Definition *native_from(const char *format, const char *text, const DefinitionDefaults *defaults,
                        NativeReport *report, GError **error);

/* The text in @format of @definition; @arch is the host's. Errors as above. Free with g_free(). */
char *native_to(const char *format, const Definition *definition, const char *arch,
                NativeReport *report, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NativeReport, native_report_free)
