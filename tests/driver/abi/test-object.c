/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects handed to clients, and streams joined with descriptors. */
#include "driver/abi/object.h"
#include "driver/abi/identity.h"
#include "driver/abi/hook.h"
#include "driver/abi/stream.h"
#include "driver/abi/symbols.h"

#include <libvirt/virterror.h>
#include <sys/socket.h>
#include <unistd.h>

static const unsigned char uuid[16] = "0123456789abcde";

static void
test_domain(void)
{
    virConnectPtr blank = object_blank_connection();
    virDomainPtr domain;

    g_assert_nonnull(blank);
    g_assert_true(blank == object_blank_connection());
    domain = object_new_domain(blank, "web", uuid, -1);
    g_assert_cmpstr(virDomainGetName(domain), ==, "web");
    g_assert_cmpint((int)virDomainGetID(domain), ==, -1);
    object_set_domain_id(domain, 4711);
    g_assert_cmpint((int)virDomainGetID(domain), ==, 4711);
    g_assert_cmpstr(virDomainGetName(domain), ==, "web");
    object_set_domain_id(domain, 12);
    g_assert_cmpint((int)virDomainGetID(domain), ==, 12);
    virDomainFree(domain);
}

static void
closed(virStreamPtr stream, void *opaque)
{
    (void)stream;
    *(int *)opaque += 1;
}

static void
freed(void *opaque)
{
    *(int *)opaque += 10;
}

static void
test_stream(void)
{
    g_autoptr(GError) error = NULL;
    virStreamPtr stream = virStreamNew(object_blank_connection(), 0);
    int pair[2];
    int calls = 0;
    char text[8] = "";

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    g_assert_true(stream_open_fd(stream, pair[0], &error));
    g_assert_true(stream_on_close(stream, closed, &calls, freed, &error));
    g_assert_cmpint(virStreamSend(stream, "hello", 6), ==, 6);
    g_assert_cmpint(read(pair[1], text, sizeof(text)), ==, 6);
    g_assert_cmpstr(text, ==, "hello");
    g_assert_cmpint(write(pair[1], "back", 5), ==, 5);
    g_assert_cmpint(virStreamRecv(stream, text, sizeof(text)), ==, 5);
    g_assert_cmpstr(text, ==, "back");
    g_assert_cmpint(calls, ==, 0);
    g_assert_cmpint(virStreamFinish(stream), ==, 0);
    g_assert_cmpint(calls, ==, 11);
    /* the stream has closed its end */
    g_assert_cmpint(read(pair[1], text, sizeof(text)), ==, 0);
    close(pair[1]);
    virStreamFree(stream);
}

static void
see_identity(void *opaque)
{
    PrivateIdentity **seen = opaque;

    *seen = private.virIdentityGetCurrent();
}

static void
test_identity(void)
{
    PrivateIdentity *seen = NULL;

    g_assert_null(private.virIdentityGetCurrent());
    identity_run_as_system(see_identity, &seen);
    g_assert_nonnull(seen);
    g_assert_null(private.virIdentityGetCurrent());
}

static void
test_hook(void)
{
    g_autoptr(GError) error = NULL;

    if (g_file_test("/etc/libvirt/hooks", G_FILE_TEST_EXISTS)) {
        g_test_skip("this machine may have hook scripts");
        return;
    }
    g_assert_false(hook_present());
    g_assert_true(
        hook_call(&(HookCall){ "web", HOOK_PREPARE, HOOK_PHASE_BEGIN, NULL, "<domain/>" }, &error));
    g_assert_no_error(error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(virEventRegisterDefaultImpl(), ==, 0);
    g_assert_true(symbols_load(NULL));
    g_assert_cmpint(virInitialize(), ==, 0);
    virSetErrorFunc(NULL, NULL);
    g_test_add_func("/abi/object/a started domain's id is written into the client's object",
                    test_domain);
    g_test_add_func("/abi/object/a stream carries data to and from a descriptor", test_stream);
    g_test_add_func("/abi/object/the system identity lasts for one call", test_identity);
    g_test_add_func("/abi/object/without scripts a hook succeeds", test_hook);
    return g_test_run();
}
