/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The run-time proofs, made on the libvirt of this machine. */
#include "driver/abi/slots.h"
#include "driver/abi/symbols.h"
#include "driver/abi/verify.h"
#include "controller/wire/failure.h"

/* where every known release keeps the driver of a connection */
#define CONNECTION_DRIVER 0x50

static virConnectPtr
connection_new(void *driver)
{
    virConnectPtr conn = private.virGetConnect();

    *(void **)((char *)conn + CONNECTION_DRIVER) = driver;
    return conn;
}

static void
connection_free(virConnectPtr conn)
{
    *(void **)((char *)conn + CONNECTION_DRIVER) = NULL;
    private.virObjectUnref(conn);
}

static void **
table_new(void)
{
    static const ApiSlot *const tables[] = { NULL };

    return slots_build("LXC", tables, NULL);
}

static void
test_definition(void)
{
    g_autoptr(GError) error = NULL;
    unsigned long version = 0;

    g_assert_cmpuint(verify_definition_layout().name, ==, 0);
    g_assert_true(verify_definition(&error));
    g_assert_no_error(error);
    g_assert_true(verify_definition(&error));
    virGetVersion(&version, NULL, NULL);
    g_assert_cmpuint(verify_definition_layout().id, ==, 4);
    g_assert_cmpuint(verify_definition_layout().uuid, ==, 8);
    if (version / 1000 == 9000 || version / 1000 == 11003)
        g_assert_cmphex(verify_definition_layout().name, ==, 0x30);
    else if (version / 1000 == 12008)
        g_assert_cmphex(verify_definition_layout().name, ==, 0x40);
}

static void
test_canary(void)
{
    g_autoptr(GError) error = NULL;
    virConnectPtr conn = connection_new(table_new());

    g_assert_false(verify_passed());
    g_assert_true(verify_connection(conn, &error));
    g_assert_no_error(error);
    g_assert_true(verify_passed());
    g_assert_null(virGetLastError());
    connection_free(conn);
}

static void
test_foreign_connection(void)
{
    g_autoptr(GError) error = NULL;
    virConnectPtr conn;

    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        return;
    }
    conn = connection_new(NULL);
    table_new();
    g_assert_false(verify_connection(conn, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_nonnull(strstr(error->message, "the driver of a connection"));
    g_clear_error(&error);

    /* the verdict is kept, although the connection would be right now */
    connection_free(conn);
    conn = connection_new(slots_table());
    g_assert_false(verify_connection(conn, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_false(verify_passed());
    connection_free(conn);
}

static gpointer
open_one(gpointer unused)
{
    virConnectPtr conn = connection_new(slots_table());
    bool passed = verify_connection(conn, NULL);

    (void)unused;
    connection_free(conn);
    return GINT_TO_POINTER(passed);
}

static void
test_threads(void)
{
    GThread *threads[16];

    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        return;
    }
    table_new();
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("open", open_one, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_assert_true(GPOINTER_TO_INT(g_thread_join(threads[i])));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(symbols_load(NULL));
    g_assert_cmpint(virInitialize(), ==, 0);
    g_test_add_func("/abi/verify/the definition probe finds id, UUID and name", test_definition);
    g_test_add_func("/abi/verify/the canary passes on a connection with our table", test_canary);
    g_test_add_func("/abi/verify/a connection without our table is refused for good",
                    test_foreign_connection);
    g_test_add_func("/abi/verify/first opens at once agree", test_threads);
    return g_test_run();
}
