/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What native formats refuse, and with which words; and the bounds of what they report. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/native.h"

static const DefinitionDefaults defaults = {
    .arch = "x86_64",
    .emulator = "/usr/lib/libvirt/libvirt_lxc",
};

typedef struct {
    const char *title;
    const char *text;
    FailureCode code;
    const char *message; /* the whole of it */
} Refusal;

/* Enough of a configuration that only the rest can be wrong. */
#define LXC "lxc.uts.name = ruff\nlxc.rootfs.path = /srv/ct/ruff\n"

static const Refusal lxc_refusals[] = {
    { "a file without a name", "lxc.rootfs.path = /srv\n", FAILURE_CONFIG_UNSUPPORTED,
      "lxc.uts.name (lxc.utsname in older files) is missing; it becomes the name of the domain" },
    { "a file without a root", "lxc.uts.name = ruff\n", FAILURE_CONFIG_UNSUPPORTED,
      "lxc.rootfs.path (lxc.rootfs in older files) is missing; it becomes the root filesystem" },
    { "a relative root", "lxc.uts.name = ruff\nlxc.rootfs.path = dir:srv\n", FAILURE_INVALID_ARG,
      "line 2, 'lxc.rootfs.path = dir:srv': an absolute path is needed" },
    { "an overlay as root", "lxc.uts.name = ruff\nlxc.rootfs.path = overlay:/low:/up\n",
      FAILURE_CONFIG_UNSUPPORTED,
      "line 2, 'lxc.rootfs.path = overlay:/low:/up': mount the overlay on the host and give its "
      "directory" },
    { "a dataset as root", "lxc.uts.name = ruff\nlxc.rootfs = zfs:tank/ruff\n",
      FAILURE_CONFIG_UNSUPPORTED,
      "line 2, 'lxc.rootfs = zfs:tank/ruff': give the directory the dataset is mounted on" },
    { "a name with a slash", "lxc.uts.name = a/b\nlxc.rootfs.path = /srv\n", FAILURE_XML,
      "name 'a/b' must not contain '/'" },
    { "an included file", LXC "lxc.include = /usr/share/lxc/config/common.conf\n",
      FAILURE_ARGUMENT_UNSUPPORTED,
      "line 3, 'lxc.include = /usr/share/lxc/config/common.conf': other files are not read; put "
      "the "
      "lines of that file in its place" },
    { "a table of mounts", LXC "lxc.mount.fstab = /srv/ct/fstab\n", FAILURE_ARGUMENT_UNSUPPORTED,
      "line 3, 'lxc.mount.fstab = /srv/ct/fstab': other files are not read; give each of its lines "
      "as lxc.mount.entry" },
    { "an older table of mounts", LXC "lxc.mount = /srv/ct/fstab\n", FAILURE_ARGUMENT_UNSUPPORTED,
      "line 3, 'lxc.mount = /srv/ct/fstab': other files are not read; give each of its lines as "
      "lxc.mount.entry" },
    { "a line that assigns nothing", LXC "lxc.tty.max\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.tty.max': 'key = value' is needed" },
    { "a key of other characters", LXC "lxc.t\xc3\xa4y = 1\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.t\xc3\xa4y': a key has letters, digits, '_', '-', '/' and '.' only" },
    { "a mount of too few fields", LXC "lxc.mount.entry = /a b none\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.mount.entry = /a b none': source, target, file system type and options are "
      "needed" },
    { "a mount from a relative path", LXC "lxc.mount.entry = a b none bind 0 0\n",
      FAILURE_CONFIG_UNSUPPORTED,
      "mount of '/b' (line 3): its source 'a' must be an absolute path" },
    { "consoles that are no number", LXC "lxc.tty.max = many\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.tty.max = many': a number from 0 to 256 is needed" },
    { "an id map of too few numbers", LXC "lxc.idmap = u 0 100000\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.idmap = u 0 100000': 'u' or 'g', the first id in the container, the first on "
      "the host and the number of ids are needed, such as 'u 0 100000 65536'" },
    { "an id map of something else", LXC "lxc.idmap = x 0 100000 65536\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.idmap = x 0 100000 65536': 'u' or 'g', the first id in the container, the "
      "first "
      "on the host and the number of ids are needed, such as 'u 0 100000 65536'" },
    { "an id map without groups", LXC "lxc.idmap = u 0 100000 65536\n", FAILURE_CONFIG_UNSUPPORTED,
      "<idmap> needs both <uid> and <gid>; there is no <gid>" },
    { "capabilities that are kept and dropped", LXC "lxc.cap.keep = chown\nlxc.cap.drop = kill\n",
      FAILURE_INVALID_ARG,
      "line 4, 'lxc.cap.drop = kill': lxc.cap.drop and lxc.cap.keep cannot be used together; "
      "remove "
      "one" },
    { "a relative init", LXC "lxc.init.cmd = bin/run\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.init.cmd = bin/run': an absolute path is needed" },
    { "an init whose quote is open", LXC "lxc.init.cmd = /bin/run \"it\n", FAILURE_INVALID_ARG,
      "'\"it' has a quote (\") that is not closed" },
    { "an init that ends with a backslash", LXC "lxc.init.cmd = /bin/run it\\\n",
      FAILURE_INVALID_ARG, "'it\\' ends with a backslash" },
    { "an empty argument", LXC "lxc.init.cmd = /bin/run a ''\n", FAILURE_CONFIG_UNSUPPORTED,
      "argument 2 of '/bin/run' is empty, which a domain cannot hold; run a script that passes "
      "it" },
    { "a user that is no number", LXC "lxc.init.uid = root\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.init.uid = root': a number is needed" },
    { "memory that is no size", LXC "lxc.cgroup2.memory.max = 50%\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.cgroup2.memory.max = 50%': a number of bytes such as '512M' is needed" },
    { "no memory at all", LXC "lxc.cgroup.memory.limit_in_bytes = 0\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.cgroup.memory.limit_in_bytes = 0': a container needs some memory" },
    { "shares that are no number", LXC "lxc.cgroup.cpu.shares = half\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.cgroup.cpu.shares = half': a whole number is needed" },
    { "a quota that is no number", LXC "lxc.cgroup.cpu.cfs_quota_us = all\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.cgroup.cpu.cfs_quota_us = all': a number of microseconds, or -1 for no limit, "
      "is needed" },
    { "a period out of range", LXC "lxc.cgroup.cpu.cfs_period_us = 5\n", FAILURE_CONFIG_UNSUPPORTED,
      "invalid value '5' for element <period> in <cputune>: between 1000 and 1000000 microseconds "
      "are possible" },
    { "a bandwidth that is none", LXC "lxc.cgroup2.cpu.max = a b c\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.cgroup2.cpu.max = a b c': quota and period in microseconds such as '50000 "
      "100000' are needed" },
    { "a weight that is no number", LXC "lxc.cgroup2.io.weight = heavy\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.cgroup2.io.weight = heavy': a weight, a whole number, is needed" },
    { "a limit of no device", LXC "lxc.cgroup.blkio.throttle.read_bps_device = sda 5\n",
      FAILURE_INVALID_ARG,
      "line 3, 'lxc.cgroup.blkio.throttle.read_bps_device = sda 5': a device and its limit such as "
      "'8:0 1048576' are needed" },
    { "an unknown limit of a device", LXC "lxc.cgroup2.io.max = 8:0 speed=5\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.cgroup2.io.max = 8:0 speed=5': after the device, rbps=, wbps=, riops= or "
      "wiops= "
      "is needed" },
    { "tasks that are no number", LXC "lxc.cgroup2.pids.max = few\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.cgroup2.pids.max = few': a number of tasks, or 'max', is needed" },
    { "huge pages that are no size", LXC "lxc.cgroup2.hugetlb.2MB.max = some\n",
      FAILURE_INVALID_ARG,
      "line 3, 'lxc.cgroup2.hugetlb.2MB.max = some': a number of bytes such as '512M' is needed" },
    { "a soft limit above the hard one", LXC "lxc.prlimit.nofile = 9:8\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.prlimit.nofile = 9:8': a soft and a hard limit such as '1024:4096', or "
      "'unlimited', are needed" },
    { "a score out of range", LXC "lxc.proc.oom_score_adj = 1001\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.proc.oom_score_adj = 1001': a number from -1000 to 1000 is needed" },
    { "a control character in a control group", LXC "lxc.cgroup2.memory.high = 1\001\n",
      FAILURE_INVALID_ARG,
      "the value of a control group's file contains the control character 1, which a domain cannot "
      "hold" },
    { "CPUs that are no list", LXC "lxc.cgroup2.cpuset.cpus = some\n", FAILURE_INVALID_ARG,
      "invalid value 'some' for attribute 'cpuset' of <vcpu>: a list such as '0-3,8' is needed" },
    { "a device before its type", LXC "lxc.network.link = br0\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.network.link = br0': an lxc.network.type must come before it" },
    { "a device without a number", LXC "lxc.net.type = veth\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.net.type = veth': the key must be lxc.net.NUMBER.WORD" },
    { "all devices at once", LXC "lxc.net = veth\n", FAILURE_INVALID_ARG,
      "line 3, 'lxc.net = veth': it can only be reset, with an empty value" },
    { "a device of an unknown type", LXC "lxc.net.0.type = ipvlan\n", FAILURE_CONFIG_UNSUPPORTED,
      "line 3, 'lxc.net.0.type = ipvlan': a domain cannot have such a device; veth, macvlan, phys, "
      "vlan, empty and none are possible" },
    { "a macvlan without a link", LXC "lxc.net.0.type = macvlan\n", FAILURE_CONFIG_UNSUPPORTED,
      "line 3, 'lxc.net.0.type = macvlan': its link, a network device of the host, is missing" },
    { "a host's device without a link", LXC "lxc.network.type = phys\n", FAILURE_CONFIG_UNSUPPORTED,
      "line 3, 'lxc.network.type = phys': its link, a network device of the host, is missing" },
    { "a VLAN without a number", LXC "lxc.net.0.type = vlan\nlxc.net.0.link = eno1\n",
      FAILURE_INVALID_ARG, "line 3, 'lxc.net.0.type = vlan': its vlan.id is missing" },
    { "an address without a prefix",
      LXC "lxc.net.0.type = veth\nlxc.net.0.ipv4.address = 192.0.2.7\n", FAILURE_INVALID_ARG,
      "line 4, 'lxc.net.0.ipv4.address = 192.0.2.7': an address with its prefix such as "
      "'192.0.2.7/24' is needed" },
    { "a gateway that is no address", LXC "lxc.net.0.type = veth\nlxc.net.0.ipv6.gateway = up\n",
      FAILURE_INVALID_ARG, "line 4, 'lxc.net.0.ipv6.gateway = up': an IPv6 address is needed" },
    { "a multicast address of hardware",
      LXC "lxc.net.0.type = veth\nlxc.net.0.hwaddr = 01:00:00:00:00:01\n", FAILURE_XML,
      "invalid value '01:00:00:00:00:01' for attribute 'address' of <mac> in <interface>: six "
      "bytes "
      "such as 52:54:00:0b:0c:01, and no multicast address, are needed" },
    { "text that is no UTF-8", "lxc.uts.name = \xff\n", FAILURE_INVALID_ARG,
      "the configuration is not UTF-8" },
    { "a control character in a path", "lxc.uts.name = ruff\nlxc.rootfs.path = /srv/\x01\n",
      FAILURE_INVALID_ARG,
      "the source of a mount contains the control character 1, which a domain cannot hold" },
    { NULL },
};

#define ROOT    "\"root\": { \"path\": \"/srv\" }"
#define PROCESS "\"process\": { \"args\": [\"/init\"], \"cwd\": \"/\" }"
#define OCI     "{ \"ociVersion\": \"1.0.0\", \"hostname\": \"ruff\", "

static const Refusal oci_refusals[] = {
    { "no JSON", "lxc.uts.name = ruff", FAILURE_INVALID_ARG,
      "no OCI configuration: not JSON: unexpected character at byte 0" },
    { "no object", "[]", FAILURE_INVALID_ARG, "no OCI configuration: config: not an object" },
    { "an object of something else", "{}", FAILURE_INVALID_ARG,
      "no OCI configuration: ociVersion: missing" },
    { "another version", "{ \"ociVersion\": \"2.0\" }", FAILURE_CONFIG_UNSUPPORTED,
      "ociVersion '2.0' is not known; it must be 1.x" },
    { "a key of the wrong type", OCI ROOT ", \"process\": { \"args\": [1] } }", FAILURE_INVALID_ARG,
      "no OCI configuration: process.args[0]: not a string" },
    { "a document without a name", "{ \"ociVersion\": \"1.0.0\", " ROOT ", " PROCESS " }",
      FAILURE_CONFIG_UNSUPPORTED, "hostname is missing; it becomes the name of the domain" },
    { "a document without a root", OCI PROCESS " }", FAILURE_CONFIG_UNSUPPORTED,
      "root.path is missing; it becomes the root filesystem" },
    { "a root in the bundle", OCI "\"root\": { \"path\": \"rootfs\" }, " PROCESS " }",
      FAILURE_CONFIG_UNSUPPORTED,
      "root.path 'rootfs' is relative to the bundle, which the text does not say; make it an "
      "absolute path" },
    { "a document without a process", OCI ROOT " }", FAILURE_CONFIG_UNSUPPORTED,
      "process is missing; it becomes init of the domain" },
    { "a process without a command", OCI ROOT ", \"process\": { \"args\": [], \"cwd\": \"/\" } }",
      FAILURE_CONFIG_UNSUPPORTED, "process.args is missing; it becomes init and its arguments" },
    { "a relative directory", OCI ROOT ", \"process\": { \"args\": [\"/a\"], \"cwd\": \"b\" } }",
      FAILURE_CONFIG_UNSUPPORTED, "process.cwd 'b' must be an absolute path" },
    { "an empty argument", OCI ROOT ", \"process\": { \"args\": [\"/a\", \"\"] } }",
      FAILURE_CONFIG_UNSUPPORTED,
      "argument 1 of '/a' is empty, which a domain cannot hold; run a script that passes it" },
    { "a control character in an argument",
      OCI ROOT ", \"process\": { \"args\": [\"/a\", \"\\u0007\"] } }", FAILURE_INVALID_ARG,
      "an argument of init contains the control character 7, which a domain cannot hold" },
    { "a mount from the bundle",
      OCI ROOT ", " PROCESS ", \"mounts\": [{ \"destination\": \"/a\", \"source\": \"a\", "
               "\"options\": [\"bind\"] }] }",
      FAILURE_CONFIG_UNSUPPORTED, "mount of '/a': its source 'a' must be an absolute path" },
    { "a mount on a relative path",
      OCI ROOT ", " PROCESS ", \"mounts\": [{ \"destination\": \"a\", \"type\": \"tmpfs\" }] }",
      FAILURE_CONFIG_UNSUPPORTED, "mount of 'a': the path must be absolute" },
    { "a uuid that is none",
      OCI ROOT ", " PROCESS ", \"caisson\": { \"uuid\": \"x\" }, \"linux\": {} }", FAILURE_INTERNAL,
      "invalid value 'x' for element <uuid> in <domain>: 32 hexadecimal digits are needed" },
    { NULL },
};

#define NSPAWN "[Exec]\nHostname=ruff\n"

static const Refusal nspawn_refusals[] = {
    { "a file without a name", "[Exec]\nBoot=yes\n", FAILURE_CONFIG_UNSUPPORTED,
      "Hostname= in [Exec] is missing; it becomes the name of the domain, and its root is then "
      "/var/lib/machines/NAME" },
    { "an assignment before a section", "Boot=yes\n", FAILURE_INVALID_ARG,
      "line 1, 'Boot=yes': a section such as [Exec] must come before it" },
    { "a line that assigns nothing", NSPAWN "Boot\n", FAILURE_INVALID_ARG,
      "line 3, 'Boot': 'Key=value' is needed" },
    { "a switch that is neither on nor off", NSPAWN "Boot=perhaps\n", FAILURE_INVALID_ARG,
      "line 3, 'Boot=perhaps': 'yes' or 'no' is needed" },
    { "a relative command", NSPAWN "Parameters=run it\n", FAILURE_INVALID_ARG,
      "line 3, 'Parameters=run it': the command must be an absolute path" },
    { "a command whose quote is open", NSPAWN "Parameters=/run 'it\n", FAILURE_INVALID_ARG,
      "''it' has a quote (') that is not closed" },
    { "a relative directory", NSPAWN "WorkingDirectory=srv\n", FAILURE_INVALID_ARG,
      "line 3, 'WorkingDirectory=srv': an absolute path is needed" },
    { "ids that are none", NSPAWN "PrivateUsers=some\n", FAILURE_INVALID_ARG,
      "line 3, 'PrivateUsers=some': 'no', 'identity', or the first id and the number of ids such "
      "as "
      "'1000000:65536' are needed" },
    { "an id of a machine that is none", NSPAWN "MachineID=1234\n", FAILURE_INVALID_ARG,
      "line 3, 'MachineID=1234': 32 hexadecimal digits are needed" },
    { "CPUs that are no list", NSPAWN "CPUAffinity=all\n", FAILURE_INVALID_ARG,
      "line 3, 'CPUAffinity=all': a list of CPUs such as '0-3 8' is needed" },
    { "a relative bind", NSPAWN "[Files]\nBind=srv\n", FAILURE_INVALID_ARG,
      "line 4, 'Bind=srv': absolute paths are needed" },
    { "memory on a relative path", NSPAWN "[Files]\nTemporaryFileSystem=tmp\n", FAILURE_INVALID_ARG,
      "line 4, 'TemporaryFileSystem=tmp': an absolute path is needed" },
    { "a device without a name", NSPAWN "[Network]\nMACVLAN=eno1:\n", FAILURE_INVALID_ARG,
      "line 4, 'MACVLAN=eno1:': a network device, or two with a colon between them, is needed" },
    { "a network namespace from elsewhere", NSPAWN "[Network]\nNamespacePath=/srv/net\n",
      FAILURE_INVALID_ARG, "line 4, 'NamespacePath=/srv/net': a path below /run/netns is needed" },
    { NULL },
};

static const struct {
    const char *format;
    const Refusal *refusals;
} refused[] = {
    { "lxc-tools", lxc_refusals },
    { "oci", oci_refusals },
    { "nspawn", nspawn_refusals },
};

static void
expect_refusal(const char *format, const Refusal *refusal)
{
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(GError) error = NULL;

    g_test_message("%s: %s", format, refusal->title);
    g_assert_null(native_from(format, refusal->text, &defaults, report, &error));
    g_assert_nonnull(error);
    g_assert_cmpstr(error->message, ==, refusal->message);
    g_assert_error(error, FAILURE, (int)refusal->code);
}

static void
test_refused(gconstpointer data)
{
    const char *format = data;
    const Refusal *refusal;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        if (!g_str_equal(refused[i].format, format))
            continue;
        for (refusal = refused[i].refusals; refusal->title; refusal++)
            expect_refusal(format, refusal);
    }
}

static Definition *
small_domain(const char *devices)
{
    g_autofree char *xml = g_strconcat("<domain type='lxc'><name>wren</name><memory>65536</memory>"
                                       "<os><type>exe</type><init>/bin/sh</init></os><devices>",
                                       devices, "</devices></domain>", NULL);
    g_autoptr(GError) error = NULL;
    Definition *definition = definition_parse(xml, &defaults, DEFINITION_INACTIVE, &error);

    g_assert_no_error(error);
    return definition;
}

static void
expect_unwritten(const char *format, const char *devices, FailureCode code, const char *message)
{
    g_autoptr(Definition) definition = small_domain(devices);
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(GError) error = NULL;

    g_assert_null(native_to(format, definition, "x86_64", report, &error));
    g_assert_nonnull(error);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_error(error, FAILURE, (int)code);
}

static void
test_unwritten(void)
{
    expect_unwritten("nspawn", "", FAILURE_INVALID_ARG,
                     "nothing can be written in the format 'nspawn'; the formats are 'lxc-tools', "
                     "'oci'");
    expect_unwritten("qemu-argv", "", FAILURE_INVALID_ARG,
                     "there is no native format 'qemu-argv'; the formats are 'lxc-tools', 'oci'");
    expect_unwritten("oci",
                     "<filesystem type='file'><source file='/srv/x.raw'/><target dir='/'/>"
                     "</filesystem>",
                     FAILURE_CONFIG_UNSUPPORTED,
                     "<filesystem type='file'> with target '/': OCI needs a directory; mount it on "
                     "the host and use type 'mount' with that directory");
}

static void
test_unknown(void)
{
    const Refusal refusal = { "an unknown format", "", FAILURE_INVALID_ARG,
                              "there is no native format 'xen-xm'; the formats are 'lxc-tools', "
                              "'oci', 'nspawn'" };

    expect_refusal("xen-xm", &refusal);
}

static void
test_size(void)
{
    g_autofree char *text = g_strnfill(NATIVE_SIZE_MAX + 1, '\n');
    const Refusal refusal = { "a text without end", text, FAILURE_INVALID_ARG,
                              "the configuration is longer than 1048576 bytes" };

    expect_refusal("lxc-tools", &refusal);
}

/* A million devices are no denial of service. */
static void
test_networks(void)
{
    g_autoptr(GString) text = g_string_new(LXC);
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(GError) error = NULL;
    unsigned i;

    for (i = 0; i < 10000; i++)
        g_string_append_printf(text, "lxc.net.%u.type = veth\n", i);
    g_assert_null(native_from("lxc-tools", text->str, &defaults, report, &error));
    g_assert_error(error, FAILURE, FAILURE_INVALID_ARG);
    g_assert_cmpstr(error->message, ==,
                    "line 515, 'lxc.net.512.type = veth': there are too many network devices");
}

static void
test_devices(void)
{
    g_autoptr(GString) names = g_string_new(NSPAWN "[Network]\nMACVLAN=");
    g_autoptr(GString) nodes = g_string_new(OCI ROOT ", " PROCESS ", \"linux\": { \"devices\": [");
    Refusal refusal = { "devices without end", NULL, FAILURE_INVALID_ARG, NULL };
    unsigned i;

    for (i = 0; i < 10000; i++) {
        g_string_append(names, "eno1 ");
        g_string_append_printf(nodes, "{ \"path\": \"/dev/a\", \"type\": \"c\", \"major\": %u },",
                               i);
    }
    g_string_truncate(nodes, nodes->len - 1);
    g_string_append(nodes, "] } }");
    refusal.text = names->str;
    refusal.message = "line 4: there are too many network devices";
    expect_refusal("nspawn", &refusal);
    refusal.text = nodes->str;
    refusal.message = "linux.devices: there are more than 512";
    expect_refusal("oci", &refusal);
}

static void
test_report_is_bounded(void)
{
    g_autoptr(GString) text = g_string_new(LXC);
    g_autofree char *long_key = g_strnfill(5000, 'k');
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(Definition) definition = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *line = NULL;
    unsigned i;

    g_string_append_printf(text, "%s = 1\n", long_key);
    for (i = 0; i < 1000; i++)
        g_string_append_printf(text, "lxc.hook.number%u = /bin/true\n", i);
    definition = native_from("lxc-tools", text->str, &defaults, report, &error);
    g_assert_no_error(error);
    line = native_report_text(report);
    g_assert_true(g_str_has_suffix(line, "; and 954 more"));
    g_assert_cmpuint(strlen(line), <, 48 * 220);
}

static void
test_report_is_one_line(void)
{
    g_autoptr(NativeReport) report = native_report_new();
    g_autofree char *nothing = native_report_text(report);
    g_autofree char *line = NULL;

    g_assert_null(nothing);
    native_ignore(report, "a\nb");
    native_ignore(report, "c\xff");
    native_note(report, "so and so\r");
    line = native_report_text(report);
    g_assert_cmpstr(line, ==, "not carried over: a?b, c\xef\xbf\xbd; so and so?");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/native/lxc-tools says what it refuses and why", "lxc-tools",
                         test_refused);
    g_test_add_data_func("/native/oci says what it refuses and why", "oci", test_refused);
    g_test_add_data_func("/native/nspawn says what it refuses and why", "nspawn", test_refused);
    g_test_add_func("/native/what cannot be written is refused", test_unwritten);
    g_test_add_func("/native/an unknown format is answered with the known ones", test_unknown);
    g_test_add_func("/native/a text without end is refused", test_size);
    g_test_add_func("/native/the number of network devices is bounded", test_networks);
    g_test_add_func("/native/the number of devices is bounded", test_devices);
    g_test_add_func("/native/the report is bounded", test_report_is_bounded);
    g_test_add_func("/native/the report is one line of text", test_report_is_one_line);
    return g_test_run();
}
