/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The native formats, and what converting has in common. */
#include "xml/native.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "xml/native-formats.h"

#define REPORT_ENTRIES_MAX 48
#define REPORT_LENGTH_MAX  200 /* bytes of one entry */

const NativeFormat native_formats[] = {
    { "lxc-tools", native_lxc_read, native_lxc_write },
    { "oci", native_oci_read, native_oci_write },
    { "nspawn", native_nspawn_read, NULL },
    { NULL },
};

NativeReport *
native_report_new(void)
{
    NativeReport *report = g_new0(NativeReport, 1);

    report->ignored = g_ptr_array_new_with_free_func(g_free);
    report->notes = g_ptr_array_new_with_free_func(g_free);
    return report;
}

void
native_report_free(NativeReport *report)
{
    if (!report)
        return;
    g_ptr_array_unref(report->ignored);
    g_ptr_array_unref(report->notes);
    g_free(report);
}

static void G_GNUC_PRINTF(3, 0)
    report_add(NativeReport *report, GPtrArray *list, const char *format, va_list arguments)
{
    g_autofree char *text = NULL;
    g_autofree char *valid = NULL;
    char *at;

    if (report->ignored->len + report->notes->len >= REPORT_ENTRIES_MAX) {
        report->more++;
        return;
    }
    text = g_strdup_vprintf(format, arguments);
    if (strlen(text) > REPORT_LENGTH_MAX)
        text[REPORT_LENGTH_MAX] = '\0';
    valid = g_utf8_make_valid(text, -1);
    for (at = valid; *at; at++) {
        if (g_ascii_iscntrl(*at))
            *at = '?';
    }
    g_ptr_array_add(list, g_steal_pointer(&valid));
}

void
native_ignore(NativeReport *report, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report_add(report, report->ignored, format, arguments);
    va_end(arguments);
}

void
native_note(NativeReport *report, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report_add(report, report->notes, format, arguments);
    va_end(arguments);
}

char *
native_report_text(const NativeReport *report)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint i;

    if (report->ignored->len + report->notes->len == 0)
        return NULL;
    for (i = 0; i < report->ignored->len; i++) {
        g_string_append(text, i == 0 ? "not carried over: " : ", ");
        g_string_append(text, report->ignored->pdata[i]);
    }
    for (i = 0; i < report->notes->len; i++) {
        if (text->len > 0)
            g_string_append(text, "; ");
        g_string_append(text, report->notes->pdata[i]);
    }
    if (report->more > 0)
        g_string_append_printf(text, "; and %u more", report->more);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The format called @name that can be read, or with @write one that can be written. */
static const NativeFormat *
format_find(const char *name, bool write, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    bool known = false;
    const NativeFormat *format;

    for (format = native_formats; format->name; format++) {
        if (write && !format->write) {
            known |= g_str_equal(format->name, name);
            continue;
        }
        if (g_str_equal(format->name, name))
            return format;
        g_string_append_printf(names, "%s'%s'", names->len > 0 ? ", " : "", format->name);
    }
    fail(error, FAILURE_INVALID_ARG, "%s format '%.64s'; the formats are %s",
         known ? "nothing can be written in the" : "there is no native", name, names->str);
    return NULL;
}

/* What the readers of formats start from. */
static Definition *
definition_begin(const DefinitionDefaults *defaults, GError **error)
{
    static const char xml[] = "<domain type='lxc'><name>-</name><memory>65536</memory>"
                              "<os><type>exe</type><init>/sbin/init</init></os></domain>";
    Definition *definition =
        definition_parse(xml, defaults, DEFINITION_INACTIVE | DEFINITION_TRUSTED, error);

    if (definition)
        g_clear_pointer(&definition->name, g_free);
    return definition;
}

/* XML cannot hold control characters, and dropping them would change a path or a command. */
static bool
text_check(const char *what, const char *text, GError **error)
{
    const char *at;

    for (at = text ? text : ""; *at; at++) {
        if ((unsigned char)*at < ' ' && !strchr("\t\n\r", *at))
            return fail(error, FAILURE_INVALID_ARG,
                        "%s contains the control character %d, which a domain cannot hold", what,
                        *at);
    }
    return true;
}

static bool
texts_check(const Definition *definition, GError **error)
{
    const Os *os = &definition->os;
    guint i;

    if (!text_check("the name", definition->name, error) ||
        !text_check("the path of init", os->init, error) ||
        !text_check("the working directory of init", os->init_dir, error))
        return false;
    for (i = 0; i < os->init_args->len; i++) {
        if (!text_check("an argument of init", os->init_args->pdata[i], error))
            return false;
    }
    for (i = 0; i < os->init_env->len; i++) {
        const OsVariable *variable = os->init_env->pdata[i];

        if (!text_check("the name of a variable", variable->name, error) ||
            !text_check("the value of a variable", variable->value, error))
            return false;
    }
    for (i = 0; i < definition->filesystems->len; i++) {
        const Filesystem *filesystem = definition->filesystems->pdata[i];

        if (!text_check("the source of a mount", filesystem->source, error) ||
            !text_check("the target of a mount", filesystem->target, error))
            return false;
    }
    for (i = 0; i < definition->caisson.cgroup->len; i++) {
        const CgroupSetting *setting = definition->caisson.cgroup->pdata[i];

        if (!text_check("the value of a control group's file", setting->value, error))
            return false;
    }
    return true;
}

Definition *
native_from(const char *format, const char *text, const DefinitionDefaults *defaults,
            NativeReport *report, GError **error)
{
    const NativeFormat *native = format_find(format, false, error);
    /* the host's architecture is no part of what was converted */
    DefinitionDefaults bare = { .emulator = defaults ? defaults->emulator : NULL };
    g_autoptr(Definition) definition = NULL;
    g_autoptr(Definition) canonical = NULL;
    g_autofree char *xml = NULL;

    if (!native)
        return NULL;
    if (strlen(text) > NATIVE_SIZE_MAX) {
        fail(error, FAILURE_INVALID_ARG, "the configuration is longer than %d bytes",
             NATIVE_SIZE_MAX);
        return NULL;
    }
    if (!g_utf8_validate(text, -1, NULL)) {
        fail(error, FAILURE_INVALID_ARG, "the configuration is not UTF-8");
        return NULL;
    }
    if (!(definition = definition_begin(&bare, error)) ||
        !native->read(text, defaults ? defaults->arch : NULL, definition, report, error) ||
        !texts_check(definition, error))
        return NULL;
    /* kept elements get their order and defaults, and nothing comes out that could not go in */
    xml = definition_format(definition, DEFINITION_FORMAT_INACTIVE | DEFINITION_FORMAT_SECURE);
    canonical = definition_parse(xml, &bare, DEFINITION_INACTIVE | DEFINITION_TRUSTED, error);
    if (!canonical || !definition_check(canonical, error))
        return NULL;
    return g_steal_pointer(&canonical);
}

char *
native_to(const char *format, const Definition *definition, const char *arch, NativeReport *report,
          GError **error)
{
    const NativeFormat *native = format_find(format, true, error);

    return native ? native->write(definition, arch, report, error) : NULL;
}
