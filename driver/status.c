/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats and parses <domstatus>, in the shape of the stock driver plus one element of ours. */
#include "driver/status.h"

#include "controller/wire/failure.h"
#include "controller/wire/node.h"
#include "driver/host.h"

#define STATUS_VERSION "1"

/* Words for numbers; what the table lacks is written as "unknown" and read as 0. */
typedef struct {
    int number;
    const char *word;
} Word;

static const Word state_words[] = {
    { VIR_DOMAIN_RUNNING, "running" },
    { VIR_DOMAIN_BLOCKED, "blocked" },
    { VIR_DOMAIN_PAUSED, "paused" },
    { VIR_DOMAIN_SHUTDOWN, "shutdown" },
    { VIR_DOMAIN_SHUTOFF, "shutoff" },
    { VIR_DOMAIN_CRASHED, "crashed" },
    { VIR_DOMAIN_PMSUSPENDED, "pmsuspended" },
    { VIR_DOMAIN_NOSTATE, "nostate" },
    { 0, NULL },
};

static const Word running_words[] = {
    { VIR_DOMAIN_RUNNING_BOOTED, "booted" },
    { VIR_DOMAIN_RUNNING_MIGRATED, "migrated" },
    { VIR_DOMAIN_RUNNING_RESTORED, "restored" },
    { VIR_DOMAIN_RUNNING_FROM_SNAPSHOT, "from snapshot" },
    { VIR_DOMAIN_RUNNING_UNPAUSED, "unpaused" },
    { VIR_DOMAIN_RUNNING_WAKEUP, "wakeup" },
    { VIR_DOMAIN_RUNNING_CRASHED, "crashed" },
    { 0, NULL },
};

static const Word paused_words[] = {
    { VIR_DOMAIN_PAUSED_USER, "user" },
    { VIR_DOMAIN_PAUSED_MIGRATION, "migration" },
    { VIR_DOMAIN_PAUSED_SAVE, "save" },
    { VIR_DOMAIN_PAUSED_DUMP, "dump" },
    { VIR_DOMAIN_PAUSED_FROM_SNAPSHOT, "from snapshot" },
    { VIR_DOMAIN_PAUSED_SNAPSHOT, "snapshot" },
    { VIR_DOMAIN_PAUSED_STARTING_UP, "starting up" },
    { 0, NULL },
};

static const Word no_words[] = { { 0, NULL } };

static const Word *
reason_words(virDomainState state)
{
    switch (state) {
    case VIR_DOMAIN_RUNNING:
        return running_words;
    case VIR_DOMAIN_PAUSED:
        return paused_words;
    default:
        return no_words;
    }
}

static const char *
word_of(const Word *words, int number)
{
    for (; words->word; words++) {
        if (words->number == number)
            return words->word;
    }
    return "unknown";
}

static bool
number_of(const Word *words, const char *word, int *ret_number)
{
    for (; words->word; words++) {
        if (g_str_equal(words->word, word)) {
            *ret_number = words->number;
            return true;
        }
    }
    return false;
}

/* What is inside <caisson>, and its end. */
static void
format_nodes(GString *out, const GPtrArray *nodes)
{
    guint i;

    if (!nodes || nodes->len == 0) {
        g_string_append(out, "/>\n");
        return;
    }
    g_string_append(out, ">\n");
    for (i = 0; i < nodes->len; i++) {
        const DeviceNode *node = nodes->pdata[i];
        g_autofree char *text = g_markup_printf_escaped(
            "    <node alias='%s' path='%s' type='%s' major='%" G_GINT64_FORMAT
            "' minor='%" G_GINT64_FORMAT "' mode='%o' access='%s' source='%s'/>\n",
            node->alias, node->path, node->type, node->major, node->minor,
            (unsigned)node->file_mode, node->access, node->source ? node->source : "");

        g_string_append(out, text);
    }
    g_string_append(out, "  </caisson>\n");
}

char *
status_format(const Domain *domain)
{
    g_autofree char *xml = definition_format(domain->live, DEFINITION_FORMAT_SECURE);
    g_autofree char *head = g_markup_printf_escaped(
        "<domstatus state='%s' reason='%s' pid='%d'>\n", word_of(state_words, domain->state),
        word_of(reason_words(domain->state), domain->reason), (int)domain->guest->pid);
    GString *out = g_string_new(head);

    /* Guests of the stock driver keep their shape, so that they are known as such next time. */
    if (!domain->guest->foreign) {
        g_autofree char *ours = g_markup_printf_escaped(
            "  <caisson cgroup='%s' version='%s'",
            domain->guest->cgroup ? domain->guest->cgroup : "", STATUS_VERSION);

        g_string_append(out, ours);
        format_nodes(out, domain->guest->nodes);
    }
    g_string_append_printf(out, "  <init pid='%d'/>\n", (int)domain->guest->init_pid);
    /* as it is: indenting it could change texts that have line breaks */
    g_string_append(out, xml);
    g_string_append(out, "</domstatus>\n");
    return g_string_free(out, FALSE);
}

typedef struct {
    StoredStatus *status;
    unsigned depth;
    bool ours; /* below <caisson> */
} Reader;

static bool
read_pid(const char *text, pid_t *ret_pid)
{
    guint64 number;

    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &number, NULL))
        return false;
    *ret_pid = number;
    return true;
}

static const char *
attribute(const char **names, const char **values, const char *name)
{
    for (; *names; names++, values++) {
        if (g_str_equal(*names, name))
            return *values;
    }
    return NULL;
}

static bool
read_root(Reader *reader, const char *element, const char **names, const char **values,
          GError **error)
{
    const char *state = attribute(names, values, "state");
    const char *reason = attribute(names, values, "reason");
    int number;

    if (!g_str_equal(element, "domstatus"))
        return fail(error, FAILURE_XML, "root element is <%s>, not <domstatus>", element);
    if (!state || !number_of(state_words, state, &number))
        return fail(error, FAILURE_XML, "<domstatus> has no known state ('%s')",
                    state ? state : "");
    reader->status->state = number;
    if (reason && number_of(reason_words(reader->status->state), reason, &number))
        reader->status->reason = number;
    if (!read_pid(attribute(names, values, "pid"), &reader->status->pid))
        return fail(error, FAILURE_XML, "<domstatus> has no valid pid");
    return true;
}

static int64_t
number_attribute(const char **names, const char **values, const char *name, int base)
{
    const char *text = attribute(names, values, name);

    return text ? g_ascii_strtoll(text, NULL, base) : -1;
}

static void
read_node(StoredStatus *status, const char **names, const char **values)
{
    DeviceNode node = {
        .alias = (char *)attribute(names, values, "alias"),
        .path = (char *)attribute(names, values, "path"),
        .type = (char *)attribute(names, values, "type"),
        .major = number_attribute(names, values, "major", 10),
        .minor = number_attribute(names, values, "minor", 10),
        .file_mode = number_attribute(names, values, "mode", 8),
        .access = (char *)attribute(names, values, "access"),
        .source = (char *)attribute(names, values, "source"),
    };

    if (!node.alias || !node.path || !node.type || !node.access || node.major < 0 || node.minor < 0)
        return;
    if (!status->nodes)
        status->nodes = json_array_new(&device_node_type);
    g_ptr_array_add(status->nodes, device_node_copy(&node));
}

static void
read_start(GMarkupParseContext *context, const char *element, const char **names,
           const char **values, gpointer opaque, GError **error)
{
    Reader *reader = opaque;
    const char *group;

    if (reader->depth++ == 0) {
        read_root(reader, element, names, values, error);
        return;
    }
    if (reader->depth == 3 && reader->ours && g_str_equal(element, "node"))
        read_node(reader->status, names, values);
    if (reader->depth != 2)
        return;
    reader->ours = g_str_equal(element, "caisson");
    if (g_str_equal(element, "init") &&
        !read_pid(attribute(names, values, "pid"), &reader->status->init_pid))
        reader->status->init_pid = 0;
    if (g_str_equal(element, "caisson")) {
        group = attribute(names, values, "cgroup");
        g_free(reader->status->cgroup);
        reader->status->cgroup = g_strdup(group ? group : "");
    }
}

static void
read_end(GMarkupParseContext *context, const char *element, gpointer opaque, GError **error)
{
    Reader *reader = opaque;

    reader->depth--;
}

StoredStatus *
status_parse(const char *text, GError **error)
{
    static const GMarkupParser parser = { .start_element = read_start, .end_element = read_end };
    g_autoptr(StoredStatus) status = g_new0(StoredStatus, 1);
    Reader reader = { .status = status };
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, &reader, NULL);
    GError *broken = NULL;

    if (!g_markup_parse_context_parse(context, text, -1, &broken) ||
        !g_markup_parse_context_end_parse(context, &broken)) {
        if (broken->domain != FAILURE) {
            fail(error, FAILURE_XML, "not well-formed: %s", broken->message);
            g_error_free(broken);
        } else {
            g_propagate_error(error, broken);
        }
        return NULL;
    }
    status->definition =
        definition_parse_within(text, "domstatus", host_defaults(), DEFINITION_TRUSTED, error);
    if (!status->definition)
        return NULL;
    return g_steal_pointer(&status);
}

void
stored_status_free(StoredStatus *status)
{
    if (!status)
        return;
    definition_free(status->definition);
    g_free(status->cgroup);
    g_clear_pointer(&status->nodes, g_ptr_array_unref);
    g_free(status);
}
