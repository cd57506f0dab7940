/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading passwd and group files that somebody else wrote. */
#include <glib.h>

#include "controller/launcher/accounts.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
                             "# comment\n"
                             "broken\n"
                             "nouid:x::0::/:\n"
                             "huge:x:4294967295:1::/:\n"
                             "negative:x:-1:0::/:\n"
                             "alice:x:1000:1001:A:/home/alice:/bin/sh\n"
                             "alice:x:0:0:again:/:/bin/sh\n"
                             "last:x:7:8";
static const char group[] = "root:x:0:\n"
                            "wheel:x:10:bob,alice\n"
                            "bad:x:ten:alice\n"
                            "short:x:11\n"
                            "audio:x:29:alice";

static void
check_id(const char *text, bool good, unsigned int expected)
{
    unsigned int id = 99;

    g_assert_cmpint(account_parse_id(text, &id), ==, good);
    g_assert_cmpuint(id, ==, good ? expected : 99);
}

static void
test_ids(void)
{
    check_id("0", true, 0);
    check_id("+5", true, 5);
    check_id("4294967294", true, 4294967294u);
    check_id("4294967295", false, 0);
    check_id("99999999999999999999999", false, 0);
    check_id("-1", false, 0);
    check_id("", false, 0);
    check_id("+", false, 0);
    check_id("++1", false, 0);
    check_id("1 ", false, 0);
    check_id("0x10", false, 0);
}

static void
test_users(void)
{
    g_autoptr(Account) alice = account_find(passwd, "alice", 0);
    g_autoptr(Account) by_uid = account_find(passwd, NULL, 7);

    g_assert_cmpuint(alice->uid, ==, 1000);
    g_assert_cmpuint(alice->gid, ==, 1001);
    g_assert_cmpstr(by_uid->name, ==, "last");
    g_assert_null(account_find(passwd, "huge", 0));
    g_assert_null(account_find(passwd, "negative", 0));
    g_assert_null(account_find(passwd, "nouid", 0));
    g_assert_null(account_find(passwd, "broken", 0));
    g_assert_null(account_find(passwd, "", 0));
    g_assert_null(account_find("", "root", 0));
}

static void
test_groups(void)
{
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
    gid_t gid = 99;

    g_assert_true(account_find_group(group, "short", &gid));
    g_assert_cmpuint(gid, ==, 11);
    g_assert_false(account_find_group(group, "bad", &gid));
    g_assert_false(account_find_group(group, "absent", &gid));
    g_assert_cmpuint(gid, ==, 11);
    account_add_groups(group, "alice", groups);
    g_assert_cmpuint(groups->len, ==, 2);
    g_assert_cmpuint(g_array_index(groups, gid_t, 0), ==, 10);
    g_assert_cmpuint(g_array_index(groups, gid_t, 1), ==, 29);
    account_add_groups(group, "ali", groups);
    g_assert_cmpuint(groups->len, ==, 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/accounts/an id is a whole number below 2^32 - 1", test_ids);
    g_test_add_func("/accounts/the first complete line of a user counts", test_users);
    g_test_add_func("/accounts/groups are found by name and by member", test_groups);
    return g_test_run();
}
