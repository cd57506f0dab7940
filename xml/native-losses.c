/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of domains, as they are printed: what is added to the language is reported from the first
 * day on, whether or not anybody thinks of the native formats then.
 */
#include "xml/native-losses.h"

#include "xml/document.h"
#include "xml/field.h"

/* Elements whose children count one by one, and the children that every format has a word for. */
static const struct {
    const char *name;
    const char *const *carried;
} groups[] = {
    { "os", (const char *const[]){ "type", "init", "initarg", "initenv", "initdir", "inituser",
                                   "initgroup", NULL } },
    { "features", (const char *const[]){ "privnet", "capabilities", NULL } },
    { "memtune", (const char *const[]){ "hard_limit", "soft_limit", "swap_hard_limit", NULL } },
    { "cputune", (const char *const[]){ "shares", "period", "quota", NULL } },
    { "devices", (const char *const[]){ "emulator", "filesystem", "console", NULL } },
};

static const char *const always_carried[] = { "name", "memory", "idmap", NULL };

/* Elements that every domain prints: whether they say more than every container has. */
static bool
says_something(const Definition *definition, const char *name)
{
    const struct {
        const char *name;
        bool says;
    } usual[] = {
        { "vcpu", definition->vcpus > 1 },
        { "currentMemory", definition->current_memory != definition->memory },
        { "resource", definition->partition && !g_str_equal(definition->partition, "/machine") },
        { "clock", definition->clock.offset != CLOCK_UTC || definition->clock.timers->len > 0 },
        { "on_poweroff", definition->on_poweroff != LIFECYCLE_DESTROY },
        { "on_reboot", definition->on_reboot != LIFECYCLE_RESTART },
        { "on_crash", definition->on_crash != LIFECYCLE_DESTROY },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(usual); i++) {
        if (g_str_equal(usual[i].name, name))
            return usual[i].says;
    }
    return true;
}

/* What a walk over the printed domain needs. */
typedef struct {
    const Definition *definition;
    const char *const *carried; /* by the format */
    NativeReport *report;
} Losses;

/* Reports the children of @node that neither the format nor @carried has, each name once. */
static void
report_children(const Losses *losses, xmlNode *node, const char *const *carried, const char *parent)
{
    g_autoptr(GHashTable) said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    xmlNode *child;

    for (child = node->children; child; child = child->next) {
        const char *prefix = xml_prefix(child);
        g_autofree char *name = g_strconcat(prefix, (const char *)child->name, NULL);

        if (child->type != XML_ELEMENT_NODE || g_strv_contains(carried, name) ||
            g_strv_contains(losses->carried, name) || g_hash_table_contains(said, name))
            continue;
        g_hash_table_add(said, g_strdup(name));
        if (parent)
            native_ignore(losses->report, "<%s> of <%s>", name, parent);
        else
            native_ignore(losses->report, "<%s>", name);
    }
}

/* The groups, and what is no element of its own. */
static void
report_domain(const Losses *losses, xmlNode *domain)
{
    g_autoptr(GPtrArray) carried = g_ptr_array_new();
    xmlNode *child;
    size_t i;

    for (i = 0; always_carried[i]; i++)
        g_ptr_array_add(carried, (gpointer)always_carried[i]);
    for (i = 0; i < G_N_ELEMENTS(groups); i++)
        g_ptr_array_add(carried, (gpointer)groups[i].name);
    for (child = domain->children; child; child = child->next) {
        if (!says_something(losses->definition, (const char *)child->name))
            g_ptr_array_add(carried, (gpointer)child->name);
    }
    g_ptr_array_add(carried, NULL);
    report_children(losses, domain, (const char *const *)carried->pdata, NULL);
    for (i = 0; i < G_N_ELEMENTS(groups); i++) {
        xmlNode *group = xml_child(domain, groups[i].name);
        bool devices = g_str_equal(groups[i].name, "devices");

        if (group)
            report_children(losses, group, groups[i].carried, devices ? NULL : groups[i].name);
    }
}

static void
report_filesystem(const Losses *losses, xmlNode *node)
{
    static const char *const carried[] = { "driver", "source", "target", "readonly", NULL };
    xmlNode *target = xml_child(node, "target");
    g_autofree char *place = target ? xml_attribute(target, "dir") : NULL;
    g_autofree char *mode = xml_attribute(node, "accessmode");

    if (mode && !g_str_equal(mode, "passthrough"))
        native_ignore(losses->report, "access mode of '%s'", place);
    report_children(losses, node, carried, "filesystem");
}

static void
report_console(const Losses *losses, xmlNode *node)
{
    static const char *const carried[] = { "target", NULL };
    g_autofree char *type = xml_attribute(node, "type");

    if (g_strcmp0(type, "pty") != 0)
        native_ignore(losses->report, "<console type='%s'>", type ? type : "");
    report_children(losses, node, carried, "console");
}

static void
report_devices(const Losses *losses, xmlNode *devices)
{
    xmlNode *child;

    for (child = devices ? devices->children : NULL; child; child = child->next) {
        if (xml_node_is(child, "filesystem"))
            report_filesystem(losses, child);
        else if (xml_node_is(child, "console"))
            report_console(losses, child);
    }
}

void
losses_report(const Definition *definition, const char *const *carried, NativeReport *report)
{
    const Losses losses = { definition, carried, report };
    g_autofree char *xml =
        definition_format(definition, DEFINITION_FORMAT_INACTIVE | DEFINITION_FORMAT_SECURE);
    g_autoptr(xmlDoc) document = document_parse(xml, NULL);
    xmlNode *domain = document ? xmlDocGetRootElement(document) : NULL;

    if (!domain)
        return;
    report_domain(&losses, domain);
    report_devices(&losses, xml_child(domain, "devices"));
}
