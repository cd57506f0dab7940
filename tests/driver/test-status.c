/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of status files, ours and the stock driver's. */
#include "driver/status.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "driver/host.h"

#define UUID "c0ffee00-1234-4abc-8def-001122334455"

#define DOMAIN_XML                                                                           \
    "<domain type='lxc' id='77'><name>web</name><uuid>" UUID "</uuid><memory>65536</memory>" \
    "<description>a &gt;\n b</description>"                                                  \
    "<os><type arch='x86_64'>exe</type><init>/sbin/init</init></os>"                         \
    "<devices><console type='pty' tty='/dev/pts/9'><source path='/dev/pts/9'/>"              \
    "<target type='lxc' port='0'/><alias name='console0'/></console></devices></domain>"

static Domain *
make_domain(void)
{
    g_autoptr(GError) error = NULL;
    Domain *domain = domain_new("web", UUID);

    domain->live = definition_parse(DOMAIN_XML, host_defaults(), DEFINITION_TRUSTED, &error);
    g_assert_no_error(error);
    domain->guest = g_new0(Guest, 1);
    domain->guest->pid = 77;
    domain->guest->pidfd = -1;
    domain->guest->init_pid = 80;
    domain->guest->cgroup = g_strdup("/machine/lxc-77-web.libvirt-lxc");
    domain->state = VIR_DOMAIN_PAUSED;
    domain->reason = VIR_DOMAIN_PAUSED_USER;
    return domain;
}

static void
test_round(void)
{
    g_autoptr(Domain) domain = make_domain();
    g_autofree char *text = status_format(domain);
    g_autoptr(GError) error = NULL;
    g_autoptr(StoredStatus) status = status_parse(text, &error);

    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(text, "<domstatus state='paused' reason='user' pid='77'>\n"
                                         "  <caisson cgroup='/machine/lxc-77-web.libvirt-lxc' "
                                         "version='1'/>\n"
                                         "  <init pid='80'/>\n"));
    g_assert_cmpint(status->pid, ==, 77);
    g_assert_cmpint(status->init_pid, ==, 80);
    g_assert_cmpint(status->state, ==, VIR_DOMAIN_PAUSED);
    g_assert_cmpint(status->reason, ==, VIR_DOMAIN_PAUSED_USER);
    g_assert_cmpstr(status->cgroup, ==, "/machine/lxc-77-web.libvirt-lxc");
    g_assert_cmpstr(status->definition->name, ==, "web");
    g_assert_cmpstr(status->definition->description, ==, "a >\n b");
    g_assert_cmpstr(definition_console(status->definition, "console0")->path, ==, "/dev/pts/9");
}

static void
test_stock(void)
{
    static const char text[] = "<!--\na comment\n-->\n"
                               "<domstatus state='running' reason='booted' pid='77'>\n"
                               "  <taint flag='high-privileges'/>\n"
                               "  <init pid='80'/>\n" DOMAIN_XML "</domstatus>\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(StoredStatus) status = status_parse(text, &error);

    g_assert_no_error(error);
    g_assert_null(status->cgroup);
    g_assert_cmpint(status->state, ==, VIR_DOMAIN_RUNNING);
    g_assert_cmpint(status->reason, ==, VIR_DOMAIN_RUNNING_BOOTED);
    g_assert_cmpint(status->init_pid, ==, 80);
}

static void
test_foreign(void)
{
    g_autoptr(Domain) domain = make_domain();
    g_autofree char *text = NULL;
    g_autoptr(StoredStatus) status = NULL;

    domain->guest->foreign = true;
    text = status_format(domain);
    status = status_parse(text, NULL);
    g_assert_nonnull(status);
    g_assert_null(status->cgroup);
}

static void
test_no_init(void)
{
    static const char text[] =
        "<domstatus state='running' reason='strange' pid='77'>" DOMAIN_XML "</domstatus>";
    g_autoptr(StoredStatus) status = status_parse(text, NULL);

    g_assert_nonnull(status);
    g_assert_cmpint(status->init_pid, ==, 0);
    g_assert_cmpint(status->reason, ==, 0);
}

typedef struct {
    const char *text;
    const char *message;
} Refusal;

static void
test_refused(void)
{
    static const Refusal refusals[] = {
        { "<domstatus reason='booted' pid='77'>" DOMAIN_XML "</domstatus>",
          "<domstatus> has no known state ('')" },
        { "<domstatus state='flying' pid='77'>" DOMAIN_XML "</domstatus>",
          "<domstatus> has no known state ('flying')" },
        { "<domstatus state='running'>" DOMAIN_XML "</domstatus>", "<domstatus> has no valid pid" },
        { "<domstatus state='running' pid='-4'>" DOMAIN_XML "</domstatus>",
          "<domstatus> has no valid pid" },
        { DOMAIN_XML, "root element is <domain>, not <domstatus>" },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(status_parse(refusals[i].text, &error));
        g_assert_error(error, FAILURE, FAILURE_XML);
        g_assert_cmpstr(error->message, ==, refusals[i].message);
    }
}

static void
test_truncated(void)
{
    g_autoptr(Domain) domain = make_domain();
    g_autofree char *text = status_format(domain);
    size_t length;

    for (length = 0; length < strlen(text) - 1; length += 7) {
        g_autofree char *part = g_strndup(text, length);
        g_autoptr(GError) error = NULL;

        g_assert_null(status_parse(part, &error));
        g_assert_nonnull(error);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(host_init(NULL) || host_arch());
    g_test_add_func("/status/what is written is read back", test_round);
    g_test_add_func("/status/a file of the stock driver is read and told apart", test_stock);
    g_test_add_func("/status/a guest of the stock driver stays one", test_foreign);
    g_test_add_func("/status/a missing init and an unknown reason are no error", test_no_init);
    g_test_add_func("/status/what is missing or wrong is named", test_refused);
    g_test_add_func("/status/no part of a file passes for the whole", test_truncated);
    return g_test_run();
}
