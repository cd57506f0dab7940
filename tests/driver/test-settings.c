/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lxc.conf may say. */
#include "driver/settings.h"

#include "controller/wire/failure.h"

static void
test_all(void)
{
    static const char text[] = "# comment\n"
                               "log_with_libvirtd = 1\n"
                               "\n"
                               "proc_view = 0\n"
                               "standby_controllers = 12\n"
                               "  security_driver = \"none\"  # why\n"
                               "security_default_confined=0\n"
                               "security_require_confined = 1\n"
                               "vcpus_are_quota = 1\n"
                               "info_memory_is_balloon = 1";
    Settings settings = { .view = true };
    g_autoptr(GError) error = NULL;

    g_assert_true(settings_parse(text, "lxc.conf", &settings, &error));
    g_assert_no_error(error);
    g_assert_true(settings.log_with_libvirtd);
    g_assert_false(settings.view);
    g_assert_cmpuint(settings.standby_controllers, ==, 12);
    g_assert_cmpstr(settings.security_driver, ==, "none");
    g_assert_false(settings.security_default_confined);
    g_assert_true(settings.security_require_confined);
    g_assert_true(settings.vcpus_are_quota);
    g_assert_true(settings.info_memory_is_balloon);
    settings_clear(&settings);
    g_assert_null(settings.security_driver);
    g_assert_true(settings.view);
}

static void
test_unknown(void)
{
    static const char text[] = "future = [ \"a\", 'b',\n  3 ] # list\n"
                               "other = \"\"\"two\nlines\"\"\"\n"
                               "negative = -4\n"
                               "empty = []\n"
                               "log_with_libvirtd = 1\n";
    Settings settings = { 0 };
    g_autoptr(GError) error = NULL;

    g_assert_true(settings_parse(text, "lxc.conf", &settings, &error));
    g_assert_no_error(error);
    g_assert_true(settings.log_with_libvirtd);
}

static void
test_missing(void)
{
    Settings settings = { 0 };

    g_assert_true(settings_load("/nonexistent/lxc.conf", &settings, NULL));
    g_assert_false(settings.log_with_libvirtd);
    g_assert_null(settings.security_driver);
}

typedef struct {
    const char *text;
    const char *message;
} Refusal;

static void
test_refused(void)
{
    static const Refusal refusals[] = {
        { "log_with_libvirtd = \"1\"\n", "f:1: value of 'log_with_libvirtd' must be 0 or 1" },
        { "log_with_libvirtd = 2\n", "f:1: value of 'log_with_libvirtd' must be 0 or 1" },
        { "\n\nlog_with_libvirtd = []\n", "f:3: value of 'log_with_libvirtd' must be 0 or 1" },
        { "x = [1,\n2]\nsecurity_driver = 0\n",
          "f:3: value of 'security_driver' must be a quoted string" },
        { "security_driver = none\n", "f:1: expected a number, a quoted string or a list" },
        { "security_driver = \"none\n", "f:1: the string is not closed on its line" },
        { "security_driver \"none\"\n", "f:1: expected '=' after the key" },
        { "a = 1 b = 2\n", "f:1: expected the end of the line after the value" },
        { "a = [1 2]\n", "f:1: expected ',' or ']' in the list" },
        { "a = -\n", "f:1: expected a number, a quoted string or a list" },
        { "a = 1\n= 2\n", "f:2: expected 'key = value'" },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(refusals); i++) {
        Settings settings = { 0 };
        g_autoptr(GError) error = NULL;

        g_assert_false(settings_parse(refusals[i].text, "f", &settings, &error));
        g_assert_error(error, FAILURE, FAILURE_CONFIG_UNSUPPORTED);
        g_assert_cmpstr(error->message, ==, refusals[i].message);
        settings_clear(&settings);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/every key is read", test_all);
    g_test_add_func("/settings/unknown keys of any type are ignored", test_unknown);
    g_test_add_func("/settings/a missing file leaves the defaults", test_missing);
    g_test_add_func("/settings/a wrong value is refused with file and line", test_refused);
    return g_test_run();
}
