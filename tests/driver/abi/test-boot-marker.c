/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The marker by which autostart happens once per boot. */
#include "driver/abi/boot-marker.h"
#include "controller/wire/failure.h"

#include <glib/gstdio.h>

static void
test_once(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("marker-XXXXXX", &error);
    g_autofree char *file = g_build_filename(dir, "autostarted", NULL);
    bool first = false;

    g_assert_true(boot_marker_claim(dir, &first, &error));
    g_assert_true(first);
    g_assert_true(boot_marker_claim(dir, &first, &error));
    g_assert_false(first);
    g_assert_cmpint(g_unlink(file), ==, 0);
    g_assert_true(boot_marker_claim(dir, &first, &error));
    g_assert_true(first);
    g_assert_cmpint(g_unlink(file), ==, 0);
    g_assert_cmpint(g_rmdir(dir), ==, 0);

    g_assert_false(boot_marker_claim(dir, &first, &error));
    g_assert_error(error, FAILURE, FAILURE_SYSTEM);
    g_assert_true(g_str_has_suffix(error->message, "autostarted': No such file or directory"));
    g_assert_true(first);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/abi/boot-marker/only the first claim of a boot is first", test_once);
    return g_test_run();
}
