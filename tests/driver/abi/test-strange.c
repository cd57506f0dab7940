/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process without libvirt, and one with a libvirt that lacks what we need. */
#include "driver/abi/log.h"
#include "driver/abi/symbols.h"
#include "controller/wire/failure.h"

#include <dlfcn.h>
#include <string.h>

static const char *strange_library;

static void
test_absent(void)
{
    g_autoptr(GError) error = NULL;

    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr("*the driver is off*");
        g_test_trap_assert_stderr_unmatched("*nobody hears this*");
        return;
    }
    g_assert_false(symbols_load(&error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_cmpstr(error->message, ==,
                    "libvirt.so.0 is not in this process: the driver must be loaded by a libvirt "
                    "daemon");
    g_assert_null(symbols_find("virGetDomain"));
    log_info("nobody hears this");
    log_warning("the driver is %s", "off");
}

static void
test_strange(void)
{
    g_autoptr(GError) error = NULL;

    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        return;
    }
    g_assert_nonnull(dlopen(strange_library, RTLD_NOW | RTLD_GLOBAL));
    g_assert_false(symbols_load(&error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_true(g_str_has_prefix(error->message, "this libvirt has no virRegisterConnectDriver, "
                                                   "virRegisterStateDriver, "));
    g_assert_nonnull(strstr(error->message, ", virHookCall, "));
    g_assert_true(g_str_has_suffix(error->message, ": it is not a release that this driver knows"));
    /* what is there is not complained of, nor is what we can live without */
    g_assert_null(strstr(error->message, "virGetDomain"));
    g_assert_null(strstr(error->message, "virNodeSuspend"));
    g_assert_null(private.virGetDomain);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    strange_library = g_getenv("STRANGE_LIBVIRT");
    g_assert_nonnull(strange_library);
    g_test_add_func("/abi/symbols/outside a daemon the driver says so", test_absent);
    g_test_add_func("/abi/symbols/every missing function is named", test_strange);
    return g_test_run();
}
