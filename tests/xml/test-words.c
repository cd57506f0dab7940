/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU lists, units of sizes, UUIDs. */
#include <glib.h>

#include "xml/cpulist.h"
#include "xml/size.h"
#include "xml/uuid.h"

static void
test_cpulists_become_ascending_ranges(void)
{
    static const char *const pairs[][2] = {
        { "0", "0" },           { "1,2,5-7", "1-2,5-7" }, { "7,3,5,4", "3-5,7" },
        { "0-5,^2-", NULL },    { "0-5,^2", "0-1,3-5" },  { " 1 , 2 - 4 ", "1-4" },
        { "^2,0-3", "0-3" },    { "0-3,^9", "0-3" },      { "8191", "8191" },
        { "0-8191", "0-8191" },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *list = NULL;
        CpulistResult result = cpulist_canonical(pairs[i][0], &list);

        g_assert_cmpint(result, ==, pairs[i][1] ? CPULIST_OK : CPULIST_MALFORMED);
        g_assert_cmpstr(list, ==, pairs[i][1]);
    }
}

static void
test_cpulists_that_make_no_sense_are_refused(void)
{
    static const char *const malformed[] = {
        "a", "1-", "-1", "1,,2", "1,", "3-1", "8192", "1;2", "1 2", "^", "99999999999999999999"
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(malformed); i++) {
        char *list = NULL;

        g_assert_cmpint(cpulist_canonical(malformed[i], &list), ==, CPULIST_MALFORMED);
        g_assert_null(list);
    }
}

static void
test_cpulists_that_select_nothing_are_told_apart(void)
{
    char *list = NULL;

    g_assert_cmpint(cpulist_canonical("", &list), ==, CPULIST_EMPTY);
    g_assert_cmpint(cpulist_canonical("1-2,^1,^2", &list), ==, CPULIST_EMPTY);
    g_assert_null(list);
}

static void
test_units_are_powers_of_1024_or_1000(void)
{
    g_assert_cmpuint(size_unit(NULL, 77), ==, 77);
    g_assert_cmpuint(size_unit("", 77), ==, 77);
    g_assert_cmpuint(size_unit("b", 7), ==, 1);
    g_assert_cmpuint(size_unit("Byte", 7), ==, 1);
    g_assert_cmpuint(size_unit("bytes", 7), ==, 1);
    g_assert_cmpuint(size_unit("k", 7), ==, 1024);
    g_assert_cmpuint(size_unit("KiB", 7), ==, 1024);
    g_assert_cmpuint(size_unit("kb", 7), ==, 1000);
    g_assert_cmpuint(size_unit("GB", 7), ==, 1000000000);
    g_assert_cmpuint(size_unit("T", 7), ==, G_GUINT64_CONSTANT(1) << 40);
    g_assert_cmpuint(size_unit("EiB", 7), ==, G_GUINT64_CONSTANT(1) << 60);
}

static void
test_words_that_are_no_unit_are_refused(void)
{
    static const char *const words[] = { "x", "KiBi", "bit", "ki", "Z", " ", "MBB" };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(words); i++)
        g_assert_cmpuint(size_unit(words[i], 7), ==, 0);
}

static void
test_uuids_become_lower_case_and_dashed(void)
{
    static const char *const spellings[] = {
        "7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c01",
        "7D0F6A525D0B4C439A5E0F6D2F5B1C01",
        " \t7d-0f-6a-52-5d-0b-4c-43-9a-5e-0f-6d-2f-5b-1c-01\n",
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(spellings); i++) {
        g_autofree char *uuid = uuid_canonical(spellings[i]);

        g_assert_cmpstr(uuid, ==, "7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c01");
    }
}

static void
test_what_is_no_uuid_is_refused(void)
{
    static const char *const words[] = {
        "",
        "7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c0",
        "7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c012",
        "7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c0g",
        "-7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c01",
        "7d0f6a5-25d0b-4c43-9a5e-0f6d2f5b1c01",
        "7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c01 x",
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(words); i++)
        g_assert_null(uuid_canonical(words[i]));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/words/CPU lists become ascending ranges",
                    test_cpulists_become_ascending_ranges);
    g_test_add_func("/words/CPU lists that make no sense are refused",
                    test_cpulists_that_make_no_sense_are_refused);
    g_test_add_func("/words/CPU lists that select nothing are told apart",
                    test_cpulists_that_select_nothing_are_told_apart);
    g_test_add_func("/words/units are powers of 1024 or 1000",
                    test_units_are_powers_of_1024_or_1000);
    g_test_add_func("/words/words that are no unit are refused",
                    test_words_that_are_no_unit_are_refused);
    g_test_add_func("/words/UUIDs become lower case and dashed",
                    test_uuids_become_lower_case_and_dashed);
    g_test_add_func("/words/what is no UUID is refused", test_what_is_no_uuid_is_refused);
    return g_test_run();
}
