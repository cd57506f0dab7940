/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading of patterns. */
#include "xml/schema-pattern.h"

#include <string.h>

#include "xml/document.h"

/* our schemas refer a few levels deep; a schema that refers to itself ends here */
#define DEPTH_MAX 64

typedef struct {
    const Schema *schema;
    xmlNode *instance;
    Allowance *allowance;
    unsigned depth;
} Collecting;

typedef struct {
    bool required;
    bool repeats;
} Manner;

xmlNode *
pattern_next(const xmlNode *pattern)
{
    xmlNode *node;

    for (node = pattern->next; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && node->ns &&
            g_str_equal(node->ns->href, SCHEMA_NAMESPACE))
            return node;
    }
    return NULL;
}

xmlNode *
pattern_first(const xmlNode *parent)
{
    xmlNode before = { .next = parent->children };

    return pattern_next(&before);
}

static char *
node_attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, BAD_CAST name);
    char *copy = g_strdup((const char *)value);

    xmlFree(value);
    return copy;
}

static char *
node_text(const xmlNode *node)
{
    xmlChar *text = xmlNodeGetContent(node);
    char *copy = g_strstrip(g_strdup(text ? (const char *)text : ""));

    xmlFree(text);
    return copy;
}

static xmlNode *
referred(const Schema *schema, const xmlNode *ref)
{
    g_autofree char *name = node_attribute(ref, "name");

    return name ? g_hash_table_lookup(schema->defines, name) : NULL;
}

static bool name_class_has(const xmlNode *class, const char *name, const char *namespace);

/* Whether one of the name classes in @parent has the name. */
static bool
name_class_any(const xmlNode *parent, const char *name, const char *namespace)
{
    xmlNode *class;

    for (class = pattern_first(parent); class; class = pattern_next(class)) {
        if (name_class_has(class, name, namespace))
            return true;
    }
    return false;
}

static bool
name_class_has(const xmlNode *class, const char *name, const char *namespace)
{
    g_autofree char *ns = node_attribute(class, "ns");
    g_autofree char *text = NULL;
    xmlNode *except;

    if (schema_node_is(class, "choice"))
        return name_class_any(class, name, namespace);
    if (!schema_node_is(class, "anyName") && g_strcmp0(ns ? ns : "", namespace) != 0)
        return false;
    if (schema_node_is(class, "name")) {
        text = node_text(class);
        return g_str_equal(text, name);
    }
    except = pattern_first(class);
    return (schema_node_is(class, "anyName") || schema_node_is(class, "nsName")) &&
           !(except && name_class_any(except, name, namespace));
}

char *
pattern_name(const xmlNode *pattern)
{
    return node_attribute(pattern, "name");
}

bool
pattern_is_for(const xmlNode *pattern, const char *name, const char *namespace)
{
    g_autofree char *own = pattern_name(pattern);
    g_autofree char *ns = node_attribute(pattern, "ns");
    xmlNode *class;

    if (!namespace)
    namespace = "";
    if (own)
        return g_str_equal(own, name) && g_str_equal(ns ? ns : "", namespace);
    class = pattern_first(pattern);
    return class && name_class_has(class, name, namespace);
}

/* What the schema calls a type; NULL when the <ref> is to something else. */
static char *
type_documentation(const Schema *schema, const xmlNode *ref)
{
    xmlNode *define = referred(schema, ref);
    xmlNode *node;

    for (node = define ? define->children : NULL; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && g_str_equal(node->name, "documentation"))
            return node_text(node);
    }
    return NULL;
}

/* Whether a pattern is one of text; <mixed> is, and of what is in it. */
static bool
is_text(const Schema *schema, const xmlNode *pattern)
{
    g_autofree char *documentation =
        schema_node_is(pattern, "ref") ? type_documentation(schema, pattern) : NULL;

    return documentation || schema_node_is(pattern, "text") || schema_node_is(pattern, "data") ||
           schema_node_is(pattern, "value") || schema_node_is(pattern, "empty") ||
           schema_node_is(pattern, "mixed");
}

static bool
words_take(const Schema *schema, xmlNode *parent, const char *text, bool *ret_words, unsigned depth)
{
    xmlNode *node;
    bool taken = false;

    for (node = pattern_first(parent); node && depth < DEPTH_MAX; node = pattern_next(node)) {
        if (schema_node_is(node, "value")) {
            g_autofree char *word = node_text(node);

            taken = taken || g_str_equal(word, text);
        } else if (schema_node_is(node, "choice")) {
            taken = words_take(schema, node, text, ret_words, depth + 1) || taken;
        } else if (schema_node_is(node, "ref") && referred(schema, node)) {
            taken = words_take(schema, referred(schema, node), text, ret_words, depth + 1) || taken;
        } else {
            *ret_words = false;
        }
    }
    return taken;
}

/* Whether the attribute that @pattern is for rules the instance out: it has fixed words, and the
 * instance has another one, or none although one is required. */
static bool
attribute_rules_out(Collecting *collecting, xmlNode *pattern, bool required)
{
    g_autofree char *name = pattern_name(pattern);
    g_autofree char *value = name ? node_attribute(collecting->instance, name) : NULL;
    bool words = pattern_first(pattern) != NULL;
    bool taken;

    if (!name)
        return false;
    taken = words_take(collecting->schema, pattern, value ? g_strstrip(value) : "", &words, 0);
    if (!words)
        return false;
    return value ? !taken : required;
}

/* How many attributes of an alternative rule the instance out. */
static unsigned
misfits(Collecting *collecting, xmlNode *pattern, bool required, unsigned depth)
{
    xmlNode *node = pattern;
    unsigned count = 0;

    if (schema_node_is(pattern, "attribute"))
        return attribute_rules_out(collecting, pattern, required);
    if (schema_node_is(pattern, "ref"))
        node = referred(collecting->schema, pattern);
    else if (!schema_node_is(pattern, "group") && !schema_node_is(pattern, "interleave") &&
             !schema_node_is(pattern, "optional"))
        return 0;
    if (!node || depth >= DEPTH_MAX)
        return 0;
    required = required && !schema_node_is(pattern, "optional");
    for (node = pattern_first(node); node; node = pattern_next(node))
        count += misfits(collecting, node, required, depth + 1);
    return count;
}

static void collect(Collecting *collecting, xmlNode *pattern, Manner manner);

static void
collect_all(Collecting *collecting, xmlNode *parent, Manner manner)
{
    xmlNode *node;

    for (node = pattern_first(parent); node; node = pattern_next(node))
        collect(collecting, node, manner);
}

/* Whether a particle from @from to before @to is required and of this name. */
static bool
range_requires(const GArray *particles, guint from, guint to, const char *name)
{
    guint i;

    for (i = from; i < to; i++) {
        const Particle *particle = &g_array_index(particles, Particle, i);
        g_autofree char *own = pattern_name(particle->pattern);

        if (particle->required && g_strcmp0(own, name) == 0)
            return true;
    }
    return false;
}

/* Required stays what all alternatives require. @starts are the indexes at which their particles
 * begin, and the one at which the last one's end. */
static void
alternatives_merge(GArray *particles, const GArray *starts)
{
    guint first = g_array_index(starts, guint, 0);
    g_autofree bool *common = g_new0(bool, particles->len - first + 1);
    guint i;
    guint j;

    for (i = first; i < particles->len; i++) {
        g_autofree char *name = pattern_name(g_array_index(particles, Particle, i).pattern);

        common[i - first] = name != NULL;
        for (j = 0; j + 1 < starts->len && name; j++) {
            if (!range_requires(particles, g_array_index(starts, guint, j),
                                g_array_index(starts, guint, j + 1), name))
                common[i - first] = false;
        }
    }
    for (i = first; i < particles->len; i++) {
        Particle *particle = &g_array_index(particles, Particle, i);

        particle->required = particle->required && common[i - first];
    }
}

static void
collect_choice(Collecting *collecting, xmlNode *choice, Manner manner)
{
    g_autoptr(GArray) elements = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) attributes = g_array_new(FALSE, FALSE, sizeof(guint));
    Allowance *allowance = collecting->allowance;
    unsigned best = UINT_MAX;
    xmlNode *node;

    for (node = pattern_first(choice); node; node = pattern_next(node))
        best = MIN(best, misfits(collecting, node, true, 0));
    allowance->contradictory = allowance->contradictory || (best > 0 && manner.required);
    for (node = pattern_first(choice); node; node = pattern_next(node)) {
        if (misfits(collecting, node, true, 0) != best)
            continue;
        g_array_append_val(elements, allowance->elements->len);
        g_array_append_val(attributes, allowance->attributes->len);
        collect(collecting, node, manner);
    }
    g_array_append_val(elements, allowance->elements->len);
    g_array_append_val(attributes, allowance->attributes->len);
    alternatives_merge(allowance->elements, elements);
    alternatives_merge(allowance->attributes, attributes);
}

static void
collect_container(Collecting *collecting, xmlNode *pattern, Manner manner)
{
    if (schema_node_is(pattern, "optional") || schema_node_is(pattern, "zeroOrMore"))
        manner.required = false;
    if (schema_node_is(pattern, "zeroOrMore") || schema_node_is(pattern, "oneOrMore"))
        manner.repeats = true;
    if (schema_node_is(pattern, "choice"))
        collect_choice(collecting, pattern, manner);
    else if (schema_node_is(pattern, "ref"))
        collect_all(collecting, referred(collecting->schema, pattern), manner);
    else
        collect_all(collecting, pattern, manner);
}

static void
collect(Collecting *collecting, xmlNode *pattern, Manner manner)
{
    Particle particle = { pattern, manner.required, manner.repeats };
    Allowance *allowance = collecting->allowance;

    if (schema_node_is(pattern, "element"))
        g_array_append_val(allowance->elements, particle);
    else if (schema_node_is(pattern, "attribute"))
        g_array_append_val(allowance->attributes, particle);
    else if (is_text(collecting->schema, pattern))
        g_ptr_array_add(allowance->texts, pattern);
    if (schema_node_is(pattern, "element") || schema_node_is(pattern, "attribute") ||
        (is_text(collecting->schema, pattern) && !schema_node_is(pattern, "mixed")))
        return;
    if (schema_node_is(pattern, "ref") && !referred(collecting->schema, pattern))
        return; /* does not happen in a grammar that compiles */
    if (collecting->depth < DEPTH_MAX) {
        collecting->depth++;
        collect_container(collecting, pattern, manner);
        collecting->depth--;
    }
}

Allowance *
allowance_new(const Schema *schema, const GPtrArray *patterns, xmlNode *instance)
{
    Allowance *allowance = g_new0(Allowance, 1);
    Collecting collecting = { schema, instance, allowance, 0 };
    guint i;

    allowance->elements = g_array_new(FALSE, FALSE, sizeof(Particle));
    allowance->attributes = g_array_new(FALSE, FALSE, sizeof(Particle));
    allowance->texts = g_ptr_array_new();
    for (i = 0; i < patterns->len; i++) {
        xmlNode *pattern = patterns->pdata[i];
        g_autofree char *name = pattern_name(pattern);
        xmlNode *content = pattern_first(pattern);

        if (schema_node_is(pattern, "element") && !name && content)
            content = pattern_next(content); /* the name class */
        for (; content; content = pattern_next(content))
            collect(&collecting, content, (Manner){ patterns->len == 1, false });
    }
    return allowance;
}

void
allowance_free(Allowance *allowance)
{
    g_array_unref(allowance->elements);
    g_array_unref(allowance->attributes);
    g_ptr_array_unref(allowance->texts);
    g_free(allowance);
}

/* Datatypes are libxml2's business: a grammar of one element that holds nothing else. */
static bool
data_takes(xmlNode *data, const char *text)
{
    xmlDoc *schema = xmlNewDoc(BAD_CAST "1.0");
    xmlDoc *document = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *element = xmlNewDocNode(schema, NULL, BAD_CAST "element", NULL);
    xmlNode *root = xmlNewDocNode(document, NULL, BAD_CAST "x", NULL);
    xmlRelaxNG *grammar;
    bool taken = false;

    xmlDocSetRootElement(schema, element);
    xmlSetNs(element, xmlNewNs(element, BAD_CAST SCHEMA_NAMESPACE, NULL));
    xmlNewProp(element, BAD_CAST "name", BAD_CAST "x");
    xmlNewProp(element, BAD_CAST "datatypeLibrary", BAD_CAST SCHEMA_DATATYPES);
    xmlAddChild(element, xmlDocCopyNode(data, schema, 1));
    xmlDocSetRootElement(document, root);
    xmlNodeAddContent(root, BAD_CAST text);
    if ((grammar = schema_compile(schema, "datatype", NULL))) {
        taken = schema_accepts(grammar, document, NULL, NULL);
        xmlRelaxNGFree(grammar);
    }
    xmlFreeDoc(document);
    xmlFreeDoc(schema);
    return taken;
}

bool
pattern_takes(const Schema *schema, xmlNode *pattern, const char *text)
{
    g_autofree char *stripped = g_strstrip(g_strdup(text));
    g_autofree char *word = NULL;
    xmlNode *node;

    if (schema_node_is(pattern, "text") || schema_node_is(pattern, "mixed"))
        return true;
    if (schema_node_is(pattern, "empty"))
        return !*stripped;
    if (schema_node_is(pattern, "value")) {
        word = node_text(pattern);
        return g_str_equal(word, stripped);
    }
    if (schema_node_is(pattern, "data"))
        return data_takes(pattern, text);
    if (schema_node_is(pattern, "ref"))
        pattern = referred(schema, pattern);
    for (node = pattern ? pattern_first(pattern) : NULL; node; node = pattern_next(node)) {
        if (pattern_takes(schema, node, text))
            return true;
    }
    return false;
}

static char *
data_parameter(xmlNode *data, const char *name)
{
    xmlNode *node;

    for (node = pattern_first(data); node; node = pattern_next(node)) {
        g_autofree char *own = node_attribute(node, "name");

        if (g_strcmp0(own, name) == 0)
            return node_text(node);
    }
    return NULL;
}

static char *
data_describe(xmlNode *data)
{
    g_autofree char *type = node_attribute(data, "type");
    g_autofree char *from = data_parameter(data, "minInclusive");
    g_autofree char *to = data_parameter(data, "maxInclusive");

    if (g_strcmp0(type, "string") == 0)
        return g_strdup("some text");
    if (from && to)
        return g_strdup_printf("a number from %s to %s", from, to);
    if (from || to)
        return g_strdup_printf("a number %s %s", from ? "from" : "up to", from ? from : to);
    return g_strdup("a number");
}

static void
describe_word(GPtrArray *words, char *word)
{
    if (g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL))
        g_free(word);
    else
        g_ptr_array_add(words, word);
}

void
pattern_describe(const Schema *schema, xmlNode *pattern, GPtrArray *words)
{
    g_autofree char *text = NULL;
    xmlNode *node;

    if (schema_node_is(pattern, "value")) {
        text = node_text(pattern);
        describe_word(words, g_strdup_printf("'%s'", text));
    } else if (schema_node_is(pattern, "data")) {
        describe_word(words, data_describe(pattern));
    } else if (schema_node_is(pattern, "empty")) {
        describe_word(words, g_strdup("no text"));
    } else {
        if (schema_node_is(pattern, "ref") && (text = type_documentation(schema, pattern))) {
            describe_word(words, g_steal_pointer(&text));
            return;
        }
        node = schema_node_is(pattern, "ref") ? referred(schema, pattern) : pattern;
        for (node = node ? pattern_first(node) : NULL; node; node = pattern_next(node))
            pattern_describe(schema, node, words);
    }
}
