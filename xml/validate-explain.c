/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks a document along the patterns of a schema until something has no place. */
#include "xml/validate-explain.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "xml/document.h"
#include "xml/schema-pattern.h"

#define OR_WITHOUT "or define it without --validate"
/* longer lists of names help nobody */
#define NAMES_MAX 16
/* characters */
#define EXCERPT_MAX 64

typedef struct {
    const Schema *schema;
    xmlNode *node;
    Allowance *allowance;
} Level;

static const char *
node_namespace(const xmlNs *namespace)
{
    return namespace ? (const char *)namespace->href : "";
}

/* The beginning of a text, on one line. Free with g_free(). */
static char *
excerpt(const char *text)
{
    g_autofree char *stripped = g_strstrip(g_strdup(text));
    bool longer = g_utf8_strlen(stripped, -1) > EXCERPT_MAX;
    g_autofree char *part = g_utf8_substring(stripped, 0, longer ? EXCERPT_MAX : -1);

    return g_strconcat(g_strdelimit(part, "\t\r\n", ' '), longer ? "..." : NULL, NULL);
}

/* "'on', 'off' or a number"; with @max words at most, else NULL. Free with g_free(). */
static char *
words_join(const GPtrArray *words, guint max)
{
    GString *joined = g_string_new(NULL);
    guint i;

    for (i = 0; i < words->len; i++) {
        if (i > 0)
            g_string_append(joined, i + 1 < words->len ? ", " : " or ");
        g_string_append(joined, words->pdata[i]);
    }
    return g_string_free(joined, words->len == 0 || words->len > max);
}

/* The names of particles, in the way of @format; NULL when they are too many or not names. */
static char *
names_join(const GArray *particles, const char *opening, const char *closing)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    guint i;

    for (i = 0; i < particles->len; i++) {
        g_autofree char *name = pattern_name(g_array_index(particles, Particle, i).pattern);
        g_autofree char *word = name ? g_strconcat(opening, name, closing, NULL) : NULL;

        if (!word)
            return NULL;
        if (!g_ptr_array_find_with_equal_func(names, word, g_str_equal, NULL))
            g_ptr_array_add(names, g_steal_pointer(&word));
    }
    return words_join(names, NAMES_MAX);
}

static char *
describe(const Level *level, const GPtrArray *patterns)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    guint i;

    for (i = 0; i < patterns->len; i++)
        pattern_describe(level->schema, patterns->pdata[i], words);
    return words_join(words, G_MAXUINT);
}

/* The patterns of @particles for this name; *ret_repeats: one of them may stand several times. */
static GPtrArray *
patterns_for(const GArray *particles, const char *name, const char *namespace, bool *ret_repeats)
{
    GPtrArray *patterns = g_ptr_array_new();
    guint i;

    *ret_repeats = false;
    for (i = 0; i < particles->len; i++) {
        const Particle *particle = &g_array_index(particles, Particle, i);

        if (pattern_is_for(particle->pattern, name, namespace)) {
            g_ptr_array_add(patterns, particle->pattern);
            *ret_repeats = *ret_repeats || particle->repeats;
        }
    }
    return patterns;
}

static bool
attribute_value_explain(const Level *level, const xmlAttr *attribute, const GPtrArray *patterns,
                        GError **error)
{
    g_autoptr(GPtrArray) contents = g_ptr_array_new();
    g_autofree char *expected = NULL;
    g_autofree char *quoted = NULL;
    xmlChar *value = xmlNodeGetContent((const xmlNode *)attribute);
    g_autofree char *text = g_strdup(value ? (const char *)value : "");
    guint i;

    xmlFree(value);
    for (i = 0; i < patterns->len; i++) {
        xmlNode *content = pattern_first(patterns->pdata[i]);

        /* <attribute> without content, or only with a name class, takes any text */
        if (!content || schema_node_is(content, "anyName") ||
            pattern_takes(level->schema, content, text))
            return true;
        g_ptr_array_add(contents, content);
    }
    expected = describe(level, contents);
    quoted = excerpt(text);
    return fail(error, FAILURE_XML_INVALID_SCHEMA,
                "invalid value '%s' for attribute '%s' of <%s> (line %ld): expected %s; correct "
                "it, " OR_WITHOUT,
                quoted, (const char *)attribute->name, (const char *)level->node->name,
                xmlGetLineNo(level->node), expected ? expected : "another value");
}

static bool
attribute_explain(const Level *level, const xmlAttr *attribute, GError **error)
{
    bool repeats;
    g_autoptr(GPtrArray) patterns =
        patterns_for(level->allowance->attributes, (const char *)attribute->name,
                     node_namespace(attribute->ns), &repeats);
    g_autofree char *known = NULL;

    if (patterns->len > 0)
        return attribute_value_explain(level, attribute, patterns, error);
    known = names_join(level->allowance->attributes, "'", "'");
    return fail(error, FAILURE_XML_INVALID_SCHEMA,
                "unknown attribute '%s' of <%s> (line %ld)%s%s%s; remove it, " OR_WITHOUT,
                (const char *)attribute->name, (const char *)level->node->name,
                xmlGetLineNo(level->node), known ? ": it can have " : "", known ? known : "",
                level->allowance->attributes->len ? "" : ": it can have none");
}

static bool
attributes_explain(const Level *level, GError **error)
{
    const xmlAttr *attribute;
    guint i;

    for (attribute = level->node->properties; attribute; attribute = attribute->next) {
        if (!attribute_explain(level, attribute, error))
            return false;
    }
    for (i = 0; i < level->allowance->attributes->len; i++) {
        Particle *particle = &g_array_index(level->allowance->attributes, Particle, i);
        g_autofree char *name = pattern_name(particle->pattern);

        if (particle->required && name && !xmlHasProp(level->node, BAD_CAST name))
            return fail(error, FAILURE_XML_INVALID_SCHEMA,
                        "missing attribute '%s' of <%s> (line %ld); add it, " OR_WITHOUT, name,
                        (const char *)level->node->name, xmlGetLineNo(level->node));
    }
    if (level->allowance->contradictory)
        return fail(
            error, FAILURE_XML_INVALID_SCHEMA,
            "the attributes of <%s> (line %ld) do not go together; correct them, " OR_WITHOUT,
            (const char *)level->node->name, xmlGetLineNo(level->node));
    return true;
}

static bool element_explain(const Schema *schema, xmlNode *node, const GPtrArray *patterns,
                            GError **error);

/* Whether an element of the same name comes before @node. */
static bool
node_is_second(const xmlNode *node)
{
    const xmlNode *other;

    for (other = node->prev; other; other = other->prev) {
        if (other->type == XML_ELEMENT_NODE && g_str_equal(other->name, node->name) &&
            g_str_equal(node_namespace(other->ns), node_namespace(node->ns)))
            return true;
    }
    return false;
}

static bool
child_explain(const Level *level, xmlNode *child, GError **error)
{
    bool repeats;
    g_autoptr(GPtrArray) patterns = patterns_for(
        level->allowance->elements, (const char *)child->name, node_namespace(child->ns), &repeats);
    g_autofree char *known = NULL;

    if (patterns->len == 0) {
        known = names_join(level->allowance->elements, "<", ">");
        return fail(error, FAILURE_XML_INVALID_SCHEMA,
                    "unknown element <%s> in <%s> (line %ld)%s%s%s; remove it, " OR_WITHOUT,
                    (const char *)child->name, (const char *)level->node->name, xmlGetLineNo(child),
                    known ? ": there can be " : "", known ? known : "",
                    level->allowance->elements->len ? "" : ": there can be none");
    }
    if (patterns->len == 1 && !repeats && node_is_second(child))
        return fail(error, FAILURE_XML_INVALID_SCHEMA,
                    "second element <%s> in <%s> (line %ld): there can be one; remove "
                    "it, " OR_WITHOUT,
                    (const char *)child->name, (const char *)level->node->name,
                    xmlGetLineNo(child));
    return element_explain(level->schema, child, patterns, error);
}

static bool
children_explain(const Level *level, GError **error)
{
    xmlNode *child;
    guint i;

    for (child = level->node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && !child_explain(level, child, error))
            return false;
    }
    for (i = 0; i < level->allowance->elements->len; i++) {
        Particle *particle = &g_array_index(level->allowance->elements, Particle, i);
        g_autofree char *name = particle->required ? pattern_name(particle->pattern) : NULL;

        if (!name)
            continue;
        for (child = level->node->children; child; child = child->next) {
            if (child->type == XML_ELEMENT_NODE &&
                pattern_is_for(particle->pattern, (const char *)child->name,
                               node_namespace(child->ns)))
                break;
        }
        if (!child)
            return fail(error, FAILURE_XML_INVALID_SCHEMA,
                        "missing element <%s> in <%s> (line %ld); add it, " OR_WITHOUT, name,
                        (const char *)level->node->name, xmlGetLineNo(level->node));
    }
    return true;
}

static bool
text_explain(const Level *level, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *expected = NULL;
    g_autofree char *quoted = NULL;
    xmlNode *child;
    guint i;

    for (child = level->node->children; child; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
            g_string_append(text, (const char *)child->content);
    }
    for (i = 0; i < level->allowance->texts->len; i++) {
        if (pattern_takes(level->schema, level->allowance->texts->pdata[i], text->str))
            return true;
    }
    if (level->allowance->texts->len == 0 && strspn(text->str, " \t\r\n") == text->len)
        return true;
    expected = describe(level, level->allowance->texts);
    quoted = excerpt(text->str);
    return fail(error, FAILURE_XML_INVALID_SCHEMA,
                "invalid text '%s' in <%s> (line %ld): expected %s; correct it, " OR_WITHOUT,
                quoted, (const char *)level->node->name, xmlGetLineNo(level->node),
                expected ? expected : "no text");
}

static bool
element_explain(const Schema *schema, xmlNode *node, const GPtrArray *patterns, GError **error)
{
    g_autoptr(Allowance) allowance = allowance_new(schema, patterns, node);
    Level level = { schema, node, allowance };

    return attributes_explain(&level, error) && children_explain(&level, error) &&
           text_explain(&level, error);
}

bool
validate_explain(const Schema *schema, xmlNode *root, GError **error)
{
    g_autoptr(Allowance) start = NULL;
    g_autoptr(GPtrArray) starts = g_ptr_array_new();
    g_autoptr(GPtrArray) patterns = NULL;
    xmlNode *node;
    bool repeats;

    for (node = pattern_first(xmlDocGetRootElement(schema->document)); node;
         node = pattern_next(node)) {
        if (schema_node_is(node, "start"))
            g_ptr_array_add(starts, node);
    }
    start = allowance_new(schema, starts, root);
    patterns =
        patterns_for(start->elements, (const char *)root->name, node_namespace(root->ns), &repeats);
    if (patterns->len == 0)
        return fail(error, FAILURE_XML_INVALID_SCHEMA,
                    "unknown element <%s> (line %ld): neither a domain nor a device",
                    (const char *)root->name, xmlGetLineNo(root));
    return element_explain(schema, root, patterns, error);
}
