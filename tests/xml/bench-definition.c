/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Microseconds of processor time that parsing, formatting and copying of a definition of 4 KiB
 * take; no test, run by hand: bench-definition [FILE [ROUNDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xml/definition.h"
#include "xml/document.h"

#define ROUNDS 2000

static const DefinitionDefaults defaults = {
    .arch = "x86_64",
    .emulator = "/usr/lib/libvirt/libvirt_lxc",
    .security_model = "apparmor",
};

/* An ordinary container: a few mounts, two interfaces, limits, an id map. */
static char *
sample(void)
{
    GString *xml = g_string_new(
        "<domain type='lxc'>\n  <name>osprey-db</name>\n"
        "  <uuid>7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c02</uuid>\n  <title>Osprey DB</title>\n"
        "  <description>Nest &amp; storage of the lagoon</description>\n"
        "  <metadata>\n    <o:nest xmlns:o=\"urn:osprey\">\n      <o:egg n=\"3\"/>\n    </o:nest>\n"
        "  </metadata>\n  <memory unit='KiB'>1048576</memory>\n"
        "  <currentMemory unit='KiB'>786432</currentMemory>\n"
        "  <blkiotune>\n    <weight>500</weight>\n  </blkiotune>\n"
        "  <memtune>\n    <hard_limit unit='KiB'>2097152</hard_limit>\n"
        "    <swap_hard_limit unit='KiB'>3145728</swap_hard_limit>\n  </memtune>\n"
        "  <vcpu placement='static' cpuset='0-2'>2</vcpu>\n  <cputune>\n"
        "    <shares>700</shares>\n    <period>60000</period>\n    <quota>30000</quota>\n"
        "  </cputune>\n  <resource>\n    <partition>/machine</partition>\n  </resource>\n  <os>\n"
        "    <type arch='x86_64'>exe</type>\n    <init>/usr/lib/systemd/systemd</init>\n"
        "    <initarg>--log-level=info</initarg>\n    <initenv name='PROFILE'>nest</initenv>\n"
        "  </os>\n  <idmap>\n    <uid start='0' target='400000' count='65536'/>\n"
        "    <gid start='0' target='400000' count='65536'/>\n  </idmap>\n  <features>\n"
        "    <privnet/>\n    <capabilities policy='default'>\n      <net_raw state='off'/>\n"
        "      <sys_time state='on'/>\n    </capabilities>\n  </features>\n"
        "  <clock offset='utc'/>\n  <on_poweroff>destroy</on_poweroff>\n"
        "  <on_reboot>restart</on_reboot>\n  <on_crash>destroy</on_crash>\n  <devices>\n"
        "    <emulator>/usr/lib/libvirt/libvirt_lxc</emulator>\n");
    int i;

    for (i = 0; i < 6; i++)
        g_string_append_printf(xml,
                               "    <filesystem type='mount' accessmode='passthrough'>\n"
                               "      <source dir='/srv/ct/osprey/%d'/>\n"
                               "      <target dir='/%d'/>\n      <readonly/>\n"
                               "    </filesystem>\n",
                               i, i);
    for (i = 0; i < 5; i++)
        g_string_append_printf(xml,
                               "    <interface type='bridge'>\n"
                               "      <mac address='52:54:00:0b:0c:0%d'/>\n"
                               "      <source bridge='br-lagoon'/>\n"
                               "      <ip address='10.33.0.7' family='ipv4' prefix='16'/>\n"
                               "      <route address='0.0.0.0' gateway='10.33.0.1'/>\n"
                               "      <guest dev='lan%d'/>\n      <link state='up'/>\n"
                               "      <mtu size='1400'/>\n    </interface>\n",
                               i, i);
    g_string_append(xml, "    <console type='pty'>\n      <target type='lxc' port='0'/>\n"
                         "    </console>\n    <hostdev mode='capabilities' type='misc'>\n"
                         "      <source>\n        <char>/dev/net/tun</char>\n      </source>\n"
                         "    </hostdev>\n  </devices>\n</domain>\n");
    return g_string_free(xml, FALSE);
}

/* Processor time: other programs do not count. */
static gint64
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * G_GINT64_CONSTANT(1000000000) + time.tv_nsec;
}

static void
say(const char *what, gint64 began, int rounds)
{
    printf("%-24s %7.1f us\n", what, (double)(now() - began) / 1000 / rounds);
}

static Definition *
must_parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    Definition *definition = definition_parse(xml, &defaults, DEFINITION_INACTIVE, &error);

    if (!definition)
        g_error("%s", error->message);
    return definition;
}

static void
measure(const char *xml, int rounds)
{
    g_autoptr(Definition) definition = must_parse(xml);
    gint64 began = now();
    int i;

    for (i = 0; i < rounds; i++)
        xmlFreeDoc(document_parse(xml, NULL));
    say("XML library alone", began, rounds);
    began = now();
    for (i = 0; i < rounds; i++)
        definition_free(must_parse(xml));
    say("parse", began, rounds);
    began = now();
    for (i = 0; i < rounds; i++)
        g_free(definition_format(definition, DEFINITION_FORMAT_SECURE));
    say("format", began, rounds);
    began = now();
    for (i = 0; i < rounds; i++)
        definition_free(definition_copy(definition));
    say("copy", began, rounds);
}

int
main(int argc, char **argv)
{
    g_autofree char *xml = NULL;
    g_autoptr(GError) error = NULL;

    if (argc > 1 && !g_file_get_contents(argv[1], &xml, NULL, &error))
        g_error("%s", error->message);
    if (!xml)
        xml = sample();
    printf("%zu bytes\n", strlen(xml));
    measure(xml, argc > 2 ? atoi(argv[2]) : ROUNDS);
    return 0;
}
