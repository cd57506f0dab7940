/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words of mount options. */
#include <glib.h>
#include <sys/mount.h>

#include "controller/mounts/mount-options.h"

static void
test_attributes(void)
{
    static const char *const words[] = { "ro", "nosuid", "nodev", "noatime", "rw", NULL };
    g_auto(MountOptions) options = { 0 };

    mount_options_init(&options, words);
    /* the later word wins, and says explicitly what must go */
    g_assert_cmphex(options.set, ==, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME);
    g_assert_cmphex(options.clear & MOUNT_ATTR_RDONLY, ==, MOUNT_ATTR_RDONLY);
    g_assert_cmpuint(options.data->len, ==, 0);
}

static void
test_bindings(void)
{
    static const char *const words[] = { "rbind", "rprivate", "nofail", NULL };
    g_auto(MountOptions) options = { 0 };
    g_auto(MountOptions) none = { 0 };

    mount_options_init(&options, words);
    g_assert_true(options.recursive);
    g_assert_true(options.optional);
    g_assert_cmphex(options.propagation, ==, MS_PRIVATE);
    mount_options_init(&none, NULL);
    g_assert_false(none.recursive);
    g_assert_false(none.optional);
    g_assert_cmphex(none.propagation, ==, MS_SLAVE);
}

static void
test_data(void)
{
    static const char *const words[] = { "mode=755", "newinstance", "size=65536", "nosuid", NULL };
    g_auto(MountOptions) options = { 0 };

    mount_options_init(&options, words);
    g_assert_cmpuint(options.data->len, ==, 3);
    g_assert_cmpstr(g_ptr_array_index(options.data, 1), ==, "newinstance");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mount options/attributes are set and cleared in order", test_attributes);
    g_test_add_func("/mount options/a bind is a slave of the host unless said otherwise",
                    test_bindings);
    g_test_add_func("/mount options/all other words are the file system's", test_data);
    return g_test_run();
}
