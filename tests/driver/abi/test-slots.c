/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hypervisor table as laid out for the libvirt of this machine. */
#include "driver/abi/slots.h"
#include "driver/abi/symbols.h"
#include "controller/wire/failure.h"

#include <string.h>

static int
fake_suspend(virDomainPtr domain)
{
    (void)domain;
    return 7;
}

static int
fake_associate(virDomainPtr domain, const char *name, unsigned int count, int *fds,
               unsigned int flags)
{
    (void)domain;
    (void)name;
    (void)count;
    (void)fds;
    return (int)flags;
}

static int
fake_autostart_once(virDomainPtr domain, int autostart)
{
    (void)domain;
    return autostart;
}

static void
test_symbols(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(symbols_load(&error));
    g_assert_no_error(error);
    /* optional ones as well: when a release drops one, we want to know */
#define SYMBOL(need, result, name, parameters) g_assert_nonnull(private.name);
#include "driver/abi/symbol-list.h"
#undef SYMBOL
    g_assert_null(symbols_find("virNoSuchFunctionAtAll"));
}

static void
test_count(void)
{
    unsigned long version = 0;

    g_assert_cmpint(virGetVersion(&version, NULL, NULL), ==, 0);
    if (version / 1000 == 9000)
        g_assert_cmpint(slots_count(), ==, 258);
    else if (version / 1000 == 11003)
        g_assert_cmpint(slots_count(), ==, 263);
    else if (version / 1000 == 12008)
        g_assert_cmpint(slots_count(), ==, 264);
    else
        g_test_skip("the number of slots of this libvirt is not known");
}

static void
test_indexes(void)
{
    bool once = symbols_find("virDomainSetAutostartOnce") != NULL;

    g_assert_cmpint(slots_index("connectURIProbe"), ==, 1);
    g_assert_cmpint(slots_index("connectOpen"), ==, 2);
    g_assert_cmpint(slots_index("domainSuspend"), ==, 22);
    g_assert_cmpint(slots_index("domainSetAutostart"), ==, 96);
    g_assert_cmpint(slots_index("domainSetAutostartOnce"), ==, once ? 98 : -1);
    g_assert_cmpint(slots_index("domainGetSchedulerType"), ==, once ? 99 : 97);
    g_assert_cmpint(slots_index("domainOpenConsole"), ==, once ? 177 : 175);
    g_assert_cmpint(slots_index("domainFDAssociate"), ==, once ? 259 : 257);
    g_assert_cmpint(slots_index("domainTeleport"), ==, -1);
}

static void
test_build(void)
{
    static const ApiSlot first[] = { API(domainSuspend, fake_suspend), { NULL, NULL } };
    static const ApiSlot second[] = { API(domainFDAssociate, fake_associate),
                                      API(domainSetAutostartOnce, fake_autostart_once),
                                      { NULL, NULL } };
    static const ApiSlot *const tables[] = { first, second, NULL };
    g_autoptr(GError) error = NULL;
    void **table = slots_build("LXC", tables, &error);
    int once = slots_index("domainSetAutostartOnce");
    int filled = 0;

    g_assert_no_error(error);
    g_assert_true(table == slots_table());
    g_assert_cmpstr(table[0], ==, "LXC");
    g_assert_true(table[22] == (void *)fake_suspend);
    g_assert_true(table[slots_index("domainFDAssociate")] == (void *)fake_associate);
    if (once >= 0)
        g_assert_true(table[once] == (void *)fake_autostart_once);
    for (int i = 1; i < SLOTS_CAPACITY; i++)
        filled += table[i] != NULL;
    g_assert_cmpint(filled, ==, once >= 0 ? 3 : 2);
}

static void
test_refused(void)
{
    static const ApiSlot suspend[] = { API(domainSuspend, fake_suspend), { NULL, NULL } };
    static const ApiSlot unknown[] = { { "domainTeleport", (void (*)(void))fake_suspend },
                                       { NULL, NULL } };
    static const ApiSlot *const twice[] = { suspend, suspend, NULL };
    static const ApiSlot *const never[] = { unknown, NULL };
    g_autoptr(GError) error = NULL;

    g_assert_null(slots_build("LXC", twice, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_cmpstr(error->message, ==, "driver call 'domainSuspend' is implemented twice");
    g_clear_error(&error);
    g_assert_null(slots_build("LXC", never, &error));
    g_assert_cmpstr(error->message, ==, "libvirt has no driver call 'domainTeleport'");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/abi/slots/every private function of the list is in this libvirt",
                    test_symbols);
    g_test_add_func("/abi/slots/the table has as many slots as this release", test_count);
    g_test_add_func("/abi/slots/calls lie where this release looks for them", test_indexes);
    g_test_add_func("/abi/slots/a table holds the name, our functions and nothing else",
                    test_build);
    g_test_add_func("/abi/slots/unknown and doubled calls are refused by name", test_refused);
    return g_test_run();
}
