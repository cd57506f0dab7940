/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a client reads of an error of ours. */
#include "driver/abi/error.h"
#include "driver/abi/log.h"
#include "driver/abi/symbols.h"

#include <errno.h>

static void
assert_last(virErrorNumber number, const char *message)
{
    virErrorPtr last = virGetLastError();

    g_assert_nonnull(last);
    g_assert_cmpint(last->code, ==, (int)number);
    g_assert_cmpint(last->domain, ==, VIR_FROM_LXC);
    g_assert_cmpint(last->level, ==, VIR_ERR_ERROR);
    g_assert_cmpstr(last->message, ==, message);
}

static void
test_prefix(void)
{
    abi_report_error(VIR_ERR_CONFIG_UNSUPPORTED, "100% of 'x' cannot be shared");
    assert_last(VIR_ERR_CONFIG_UNSUPPORTED,
                "unsupported configuration: 100% of 'x' cannot be shared");
    abi_report_error(VIR_ERR_OPERATION_INVALID, "domain is not running");
    assert_last(VIR_ERR_OPERATION_INVALID,
                "Requested operation is not valid: domain is not running");
    abi_report_error(VIR_ERR_NO_DOMAIN, "no container 'web'");
    assert_last(VIR_ERR_NO_DOMAIN, "Domain not found: no container 'web'");
    virResetLastError();
}

static void
test_system(void)
{
    abi_report_error(VIR_ERR_SYSTEM_ERROR, "cannot open '/x': No such file or directory");
    assert_last(VIR_ERR_SYSTEM_ERROR, "cannot open '/x': No such file or directory");
    virResetLastError();
}

static void
test_verbatim(void)
{
    abi_report_verbatim(VIR_ERR_INTERNAL_ERROR, "mounts: 50%d of nothing");
    assert_last(VIR_ERR_INTERNAL_ERROR, "mounts: 50%d of nothing");
    virResetLastError();
}

static void
test_flags(void)
{
    abi_report_invalid_flags("api_domain_get_state", 0x88);
    assert_last(VIR_ERR_INVALID_ARG,
                "invalid argument: unsupported flags (0x88) in function api_domain_get_state");
    virResetLastError();
}

static void
test_take(void)
{
    g_autoptr(GError) error = NULL;

    abi_report_error(VIR_ERR_HOOK_SCRIPT_FAILED, "exit status 3");
    g_assert_false(abi_fail(&error, FAILURE_HOOK, NULL));
    g_assert_error(error, FAILURE, FAILURE_HOOK);
    g_assert_cmpstr(error->message, ==, "exit status 3");
    g_assert_null(virGetLastError());
    g_clear_error(&error);

    abi_report_verbatim(VIR_ERR_INTERNAL_ERROR, "out of luck");
    g_assert_false(abi_fail(&error, FAILURE_INTERNAL, "cannot open the stream"));
    g_assert_cmpstr(error->message, ==, "cannot open the stream: out of luck");
    g_clear_error(&error);

    g_assert_false(abi_fail(&error, FAILURE_INTERNAL, "cannot open the stream"));
    g_assert_cmpstr(error->message, ==, "cannot open the stream: an unknown error");
}

static void
test_save(void)
{
    virErrorPtr saved;

    abi_report_error(VIR_ERR_NO_DOMAIN, "web");
    saved = abi_error_save();
    virResetLastError();
    abi_error_restore(saved);
    assert_last(VIR_ERR_NO_DOMAIN, "Domain not found: web");
    virResetLastError();
    abi_error_restore(abi_error_save());
    g_assert_null(virGetLastError());
}

static void
test_log(void)
{
    if (g_test_subprocess()) {
        errno = EXDEV;
        abi_report_verbatim(VIR_ERR_NO_DOMAIN, "kept");
        log_debug("container %s is quiet", "web");
        log_error("container %s is 100%% lost", "web");
        g_assert_cmpint(errno, ==, EXDEV);
        assert_last(VIR_ERR_NO_DOMAIN, "kept");
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*error*container web is 100% lost*");
    g_test_trap_assert_stderr_unmatched("*is quiet*");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(symbols_load(NULL));
    g_assert_cmpint(virInitialize(), ==, 0);
    virSetErrorFunc(NULL, NULL);
    g_test_add_func("/abi/error/libvirt puts its words before ours", test_prefix);
    g_test_add_func("/abi/error/a system error is printed as it stands", test_system);
    g_test_add_func("/abi/error/a verbatim error has no prefix", test_verbatim);
    g_test_add_func("/abi/error/unknown flags are named with their function", test_flags);
    g_test_add_func("/abi/error/what libvirt reported is taken over without its prefix", test_take);
    g_test_add_func("/abi/error/the last error survives calls that reset it", test_save);
    g_test_add_func("/abi/error/the log keeps errno and the last error", test_log);
    return g_test_run();
}
