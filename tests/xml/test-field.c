/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The language of row tables, on a table that uses all of it. */
#include <glib.h>

#include "controller/wire/failure.h"
#include "xml/document.h"
#include "xml/field.h"
#include "xml/kept.h"

typedef struct {
    char *label;
    char *text;
} Leg;

typedef enum { ANIMAL_BIRD, ANIMAL_FISH } AnimalKind;

typedef struct {
    AnimalKind kind;
    char *name;
    bool tame;
    bool wild;
    int64_t depth;
    uint64_t age;
    uint64_t weight;
    char *wing;
    char *fin;
    char *seen;
    GPtrArray *foods;
    GPtrArray *legs;
    Leg tail;
    GPtrArray *kept;
} Animal;

static const char *const kinds[] = { "bird", "fish", NULL };
static const char *const yesno[] = { "no", "yes", NULL };
static const XmlSize grams = { "unit", 1000, 1, 1000, "KB" };

static const XmlField leg_fields[] = {
    { "@label", FIELD_STRING, offsetof(Leg, label), FIELD_REQUIRED },
    { ".", FIELD_STRING, offsetof(Leg, text) },
    { NULL },
};
static void leg_free(void *leg);
static const XmlType leg_type = { "leg", sizeof(Leg), leg_fields, .free = leg_free };

static void
leg_free(void *leg)
{
    xml_free(&leg_type, leg);
}

static const XmlField animal_fields[] = {
    { "@kind", FIELD_ENUM, offsetof(Animal, kind), FIELD_ALWAYS, .names = kinds,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "@tame", FIELD_BOOL, offsetof(Animal, tame), .names = yesno },
    { "name", FIELD_STRING, offsetof(Animal, name), FIELD_REQUIRED, .missing = FAILURE_NO_NAME },
    { "wild", FIELD_FLAG, offsetof(Animal, wild) },
    { "life/@depth", FIELD_INT, offsetof(Animal, depth) },
    { "life/@age", FIELD_UINT, offsetof(Animal, age), FIELD_NONZERO, .absent = -1, .max = 200 },
    { "life/body/@seen", FIELD_STRING, offsetof(Animal, seen), FIELD_LIVE },
    { "life/body", FIELD_SIZE, offsetof(Animal, weight), .size = &grams },
    { "life/wing", FIELD_STRING, offsetof(Animal, wing), 0, ONLY(ANIMAL_BIRD) },
    { "life/fin", FIELD_STRING, offsetof(Animal, fin), 0, EXCEPT(ANIMAL_BIRD) },
    { "food", FIELD_STRINGS, offsetof(Animal, foods) },
    { "legs/leg", FIELD_STRUCTS, offsetof(Animal, legs), .type = &leg_type },
    { "tail", FIELD_STRUCT, offsetof(Animal, tail), .type = &leg_type },
    { "zoo", FIELD_KEPT, offsetof(Animal, kept), FIELD_ONCE },
    { "cage", FIELD_REFUSED },
    { NULL },
};

static const XmlType animal_type = { "animal", sizeof(Animal), animal_fields,
                                     offsetof(Animal, kind) };

static void
animal_free(Animal *animal)
{
    xml_free(&animal_type, animal);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Animal, animal_free)

static Animal *
animal_read(const char *xml, const XmlContext *context, GError **error)
{
    g_autoptr(xmlDoc) document = document_parse(xml, error);
    g_autoptr(Animal) animal = xml_new(&animal_type);

    g_assert_nonnull(document);
    if (!xml_read(&animal_type, context, xmlDocGetRootElement(document), animal, error))
        return NULL;
    return g_steal_pointer(&animal);
}

static char *
animal_print(const Animal *animal, bool live)
{
    XmlWriter writer = { .out = g_string_new(NULL), .live = live };

    writer_open(&writer, "animal");
    xml_print(&animal_type, &writer, animal);
    writer_close(&writer, "animal");
    return g_string_free(writer.out, FALSE);
}

static const char full[] = "<animal kind='fish' tame='yes'>\n"
                           "  <name>Pike &amp; &apos;co&apos;</name>\n"
                           "  <wild/>\n"
                           "  <life depth='-40' age='7'>\n"
                           "    <body seen='here' unit='KB'>12</body>\n"
                           "    <fin>red</fin>\n"
                           "  </life>\n"
                           "  <food>fly</food>\n"
                           "  <food>roach</food>\n"
                           "  <legs>\n"
                           "    <leg label='left'>long</leg>\n"
                           "    <leg label='right'/>\n"
                           "  </legs>\n"
                           "  <tail label='end'>forked</tail>\n"
                           "  <zoo city='Prague'>\n"
                           "    <gate>\n"
                           "      <lock/>\n"
                           "    </gate>\n"
                           "  </zoo>\n"
                           "</animal>\n";

static const XmlContext live = { .live = true };
static const XmlContext configured = { .live = false };
static const XmlContext strict = { .strict = true };

static void
test_every_kind_prints_as_it_was_read(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Animal) animal = animal_read(full, &live, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = animal_print(animal, true);
    g_assert_cmpstr(text, ==, full);
    g_assert_cmpstr(animal->name, ==, "Pike & 'co'");
    g_assert_cmpint(animal->depth, ==, -40);
    g_assert_cmpuint(animal->weight, ==, 12);
    g_assert_cmpuint(animal->legs->len, ==, 2);
}

static void
test_order_of_the_document_does_not_matter(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Animal) animal = animal_read(
        "<animal><legs><leg label='a'/></legs><food>x</food><life age='2'/><name>n</name></animal>",
        &configured, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = animal_print(animal, false);
    g_assert_cmpstr(text, ==,
                    "<animal kind='bird'>\n  <name>n</name>\n  <life age='2'/>\n  <food>x</food>\n"
                    "  <legs>\n    <leg label='a'/>\n  </legs>\n</animal>\n");
}

static void
test_what_is_absent_is_not_printed(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Animal) animal =
        animal_read("<animal><name>n</name><life/></animal>", &configured, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = animal_print(animal, false);
    g_assert_cmpstr(text, ==, "<animal kind='bird'>\n  <name>n</name>\n</animal>\n");
}

static void
test_what_only_a_running_guest_has_is_no_configuration(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Animal) animal = animal_read(full, &configured, &error);
    g_autoptr(Animal) running = animal_read(full, &live, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    g_assert_null(animal->seen);
    text = animal_print(running, false);
    g_assert_null(strstr(text, "seen"));
}

static void
test_rows_of_other_variants_are_left_alone(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Animal) animal =
        animal_read("<animal><name>n</name><life><wing>w</wing><fin>f</fin></life></animal>",
                    &configured, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(animal->wing, ==, "w");
    g_assert_null(animal->fin);
}

static void
test_copies_share_nothing(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Animal) animal = animal_read(full, &live, &error);
    g_autoptr(Animal) copy = g_malloc(sizeof(Animal));
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    xml_copy(&animal_type, copy, animal);
    g_clear_pointer(&animal, animal_free);
    text = animal_print(copy, true);
    g_assert_cmpstr(text, ==, full);
}

static void
test_sizes_are_rounded_up_to_whole_units(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Animal) animal =
        animal_read("<animal><name>n</name><life><body unit='KiB'>2</body></life></animal>",
                    &configured, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(animal->weight, ==, 3);
}

static void
test_kept_elements_can_be_asked(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Animal) animal = animal_read(full, &configured, &error);
    Kept *zoo;

    g_assert_no_error(error);
    g_assert_cmpuint(animal->kept->len, ==, 1);
    zoo = animal->kept->pdata[0];
    g_assert_cmpstr(kept_attribute(zoo, "city"), ==, "Prague");
    g_assert_null(kept_attribute(zoo, "country"));
    g_assert_nonnull(kept_child(kept_child(zoo, "gate"), "lock"));
    g_assert_null(kept_child(zoo, "lock"));
    kept_set_attribute(zoo, "city", "Brno");
    kept_set_attribute(zoo, "open", "yes");
    g_assert_cmpstr(kept_attribute(zoo, "city"), ==, "Brno");
    kept_set_attribute(zoo, "open", NULL);
    g_assert_null(kept_attribute(zoo, "open"));
}

typedef struct {
    const char *xml;
    FailureCode code;
    const char *message;
    const XmlContext *context;
} Refused;

static const Refused refused[] = {
    { "<animal/>", FAILURE_NO_NAME, "<animal> (line 1): element <name> is needed", &configured },
    { "<animal><name/></animal>", FAILURE_NO_NAME, "<animal> (line 1): element <name> is needed",
      &configured },
    { "<animal kind='cat'/>", FAILURE_CONFIG_UNSUPPORTED,
      "invalid value 'cat' for attribute 'kind' of <animal> (line 1): one of 'bird', 'fish' is "
      "needed",
      &configured },
    { "<animal kind=''/>", FAILURE_CONFIG_UNSUPPORTED,
      "invalid value '' for attribute 'kind' of <animal> (line 1): it is empty", &configured },
    { "<animal tame='maybe'/>", FAILURE_XML,
      "invalid value 'maybe' for attribute 'tame' of <animal> (line 1): one of 'no', 'yes' is "
      "needed",
      &configured },
    { "<animal>\n<name>n</name>\n<life depth='deep'/></animal>", FAILURE_XML,
      "invalid value 'deep' for attribute 'depth' of <life> in <animal> (line 3): a number is "
      "needed",
      &configured },
    { "<animal><name>n</name><life depth='--5'/></animal>", FAILURE_XML,
      "invalid value '--5' for attribute 'depth' of <life> in <animal> (line 1): a number is "
      "needed",
      &configured },
    { "<animal><name>n</name><life depth='9223372036854775808'/></animal>", FAILURE_XML,
      "invalid value '9223372036854775808' for attribute 'depth' of <life> in <animal> (line 1): "
      "too big",
      &configured },
    { "<animal><name>n</name><life age='201'/></animal>", FAILURE_XML,
      "invalid value '201' for attribute 'age' of <life> in <animal> (line 1): at most 200",
      &configured },
    { "<animal><name>n</name><life age='99999999999999999999999'/></animal>", FAILURE_XML,
      "invalid value '99999999999999999999999' for attribute 'age' of <life> in <animal> (line 1): "
      "at most 200",
      &configured },
    { "<animal><name>n</name><life age='0'/></animal>", FAILURE_XML,
      "invalid value '0' for attribute 'age' of <life> in <animal> (line 1): it must not be 0",
      &configured },
    { "<animal><name>n</name><life><body>heavy</body></life></animal>", FAILURE_XML,
      "invalid value 'heavy' for element <body> in <animal> (line 1): a number is needed",
      &configured },
    { "<animal><name>n</name><life><body unit='stone'>1</body></life></animal>",
      FAILURE_INVALID_ARG,
      "invalid value 'stone' for element <body> in <animal> (line 1): the units are bytes, KiB, "
      "MiB, GiB, TiB, PiB, EiB (or KB, MB, … for powers of 1000)",
      &configured },
    { "<animal><name>n</name><life><body unit='EiB'>8</body></life></animal>", FAILURE_OVERFLOW,
      "invalid value '8' for element <body> in <animal> (line 1): too big", &configured },
    { "<animal><name>n</name><food/></animal>", FAILURE_XML, "empty <food> in <animal> (line 1)",
      &configured },
    { "<animal><name>n</name><legs><leg>x</leg></legs></animal>", FAILURE_XML,
      "missing attribute 'label' of <leg> (line 1)", &configured },
    { "<animal><name>n</name><zoo/><zoo/></animal>", FAILURE_XML,
      "more than one <zoo> in <animal> (line 1)", &configured },
    { "<animal><name>n</name>\n<cage/></animal>", FAILURE_CONFIG_UNSUPPORTED,
      "<cage> (line 2) is not possible for a container; remove the element", &configured },
    { "<animal><name>n</name>\n<tank/></animal>", FAILURE_XML_INVALID_SCHEMA,
      "unknown element <tank> in <animal> (line 2); remove it", &strict },
    { "<animal><name>n</name><life><tank/></life></animal>", FAILURE_XML_INVALID_SCHEMA,
      "unknown element <tank> in <life> (line 1); remove it", &strict },
    { "<animal><name lang='en'>n</name></animal>", FAILURE_XML_INVALID_SCHEMA,
      "unknown attribute 'lang' of <name> (line 1); remove it", &strict },
    { "<animal><name>n</name><life unit='KiB'/></animal>", FAILURE_XML_INVALID_SCHEMA,
      "unknown attribute 'unit' of <life> (line 1); remove it", &strict },
    { "<animal><name>n</name><life><fin>f</fin></life></animal>", FAILURE_XML_INVALID_SCHEMA,
      "unknown element <fin> in <life> (line 1); remove it", &strict },
    { "<animal kind='aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'/>",
      FAILURE_CONFIG_UNSUPPORTED,
      "invalid value 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…' for "
      "attribute 'kind' of <animal> (line 1): one of 'bird', 'fish' is needed",
      &configured },
};

static void
test_every_error_names_element_value_and_remedy(void)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        Animal *animal = animal_read(refused[i].xml, refused[i].context, &error);

        g_assert_null(animal);
        g_assert_cmpstr(error->message, ==, refused[i].message);
        g_assert_true(g_error_matches(error, FAILURE, (int)refused[i].code));
    }
}

static void
test_a_strict_reader_takes_what_rows_know(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Animal) animal = animal_read(full, &strict, &error);

    g_assert_no_error(error);
    g_assert_nonnull(animal);
}

static void
test_texts_come_whole_from_sections_and_around_comments(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Animal) animal = animal_read(
        "<animal><name>a<!-- x -->b<![CDATA[<c>]]></name></animal>", &configured, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(animal->name, ==, "ab<c>");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/field/every kind prints as it was read",
                    test_every_kind_prints_as_it_was_read);
    g_test_add_func("/field/order of the document does not matter",
                    test_order_of_the_document_does_not_matter);
    g_test_add_func("/field/what is absent is not printed", test_what_is_absent_is_not_printed);
    g_test_add_func("/field/what only a running guest has is no configuration",
                    test_what_only_a_running_guest_has_is_no_configuration);
    g_test_add_func("/field/rows of other variants are left alone",
                    test_rows_of_other_variants_are_left_alone);
    g_test_add_func("/field/copies share nothing", test_copies_share_nothing);
    g_test_add_func("/field/sizes are rounded up to whole units",
                    test_sizes_are_rounded_up_to_whole_units);
    g_test_add_func("/field/kept elements can be asked", test_kept_elements_can_be_asked);
    g_test_add_func("/field/every error names element, value and remedy",
                    test_every_error_names_element_value_and_remedy);
    g_test_add_func("/field/a strict reader takes what rows know",
                    test_a_strict_reader_takes_what_rows_know);
    g_test_add_func("/field/texts come whole from sections and around comments",
                    test_texts_come_whole_from_sections_and_around_comments);
    return g_test_run();
}
