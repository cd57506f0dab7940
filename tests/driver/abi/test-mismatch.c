/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the canary says when the table is not laid out as we think. */
#include "driver/abi/slots.h"
#include "driver/abi/symbols.h"
#include "driver/abi/verify.h"
#include "controller/wire/failure.h"

#include <string.h>

#define CONNECTION_DRIVER 0x50

/* These two stand in for slots.c, which the linker then leaves out. */
static void *table[SLOTS_CAPACITY];

void **
slots_table(void)
{
    return table;
}

int
slots_index(const char *name)
{
    return strcmp(name, "connectSupportsFeature") == 0 ? 5 : 23;
}

static void
test_mismatch(void)
{
    g_autoptr(GError) error = NULL;
    virConnectPtr conn = private.virGetConnect();
    void **driver = (void **)((char *)conn + CONNECTION_DRIVER);

    *driver = table;
    g_assert_false(verify_connection(conn, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_cmpstr(error->message, ==,
                    "this libvirt calls driver entry 11 for virConnectGetMaxVcpus where the driver "
                    "expected entry 23: update the driver");
    g_assert_false(verify_passed());
    *driver = NULL;
    private.virObjectUnref(conn);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(symbols_load(NULL));
    g_assert_cmpint(virInitialize(), ==, 0);
    virSetErrorFunc(NULL, NULL);
    g_test_add_func("/abi/verify/the canary names the call that goes astray and where it goes",
                    test_mismatch);
    return g_test_run();
}
