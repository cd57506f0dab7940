/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <features>: rows, and the capabilities a container keeps. */
#include "xml/element-features.h"

#include <stddef.h>

#include "xml/elements.h"

static const char *const policies[] = { "default", "allow", "deny", NULL };
static const char *const states[] = { "", "on", "off", NULL };

#define CAPABILITY(xml, upper)   \
    {                            \
        xml, "CAP_" upper, false \
    }
#define CAPABILITY_DROPPED(xml, upper) \
    {                                  \
        xml, "CAP_" upper, true        \
    }

/*
 * sys_boot is kept: reboot(2) in a pid namespace only ends that namespace. The last four are newer
 * than the names libvirt knows; like it, policies 'default' and 'allow' keep them.
 */
const CapabilityKnown capabilities_known[CAPABILITY_COUNT] = {
    CAPABILITY_DROPPED("audit_control", "AUDIT_CONTROL"),
    CAPABILITY("audit_write", "AUDIT_WRITE"),
    CAPABILITY("block_suspend", "BLOCK_SUSPEND"),
    CAPABILITY("chown", "CHOWN"),
    CAPABILITY("dac_override", "DAC_OVERRIDE"),
    CAPABILITY("dac_read_search", "DAC_READ_SEARCH"),
    CAPABILITY("fowner", "FOWNER"),
    CAPABILITY("fsetid", "FSETID"),
    CAPABILITY("ipc_lock", "IPC_LOCK"),
    CAPABILITY("ipc_owner", "IPC_OWNER"),
    CAPABILITY("kill", "KILL"),
    CAPABILITY("lease", "LEASE"),
    CAPABILITY("linux_immutable", "LINUX_IMMUTABLE"),
    CAPABILITY_DROPPED("mac_admin", "MAC_ADMIN"),
    CAPABILITY("mac_override", "MAC_OVERRIDE"),
    CAPABILITY_DROPPED("mknod", "MKNOD"),
    CAPABILITY("net_admin", "NET_ADMIN"),
    CAPABILITY("net_bind_service", "NET_BIND_SERVICE"),
    CAPABILITY("net_broadcast", "NET_BROADCAST"),
    CAPABILITY("net_raw", "NET_RAW"),
    CAPABILITY("setgid", "SETGID"),
    CAPABILITY("setfcap", "SETFCAP"),
    CAPABILITY("setpcap", "SETPCAP"),
    CAPABILITY("setuid", "SETUID"),
    CAPABILITY("sys_admin", "SYS_ADMIN"),
    CAPABILITY("sys_boot", "SYS_BOOT"),
    CAPABILITY("sys_chroot", "SYS_CHROOT"),
    CAPABILITY_DROPPED("sys_module", "SYS_MODULE"),
    CAPABILITY("sys_nice", "SYS_NICE"),
    CAPABILITY("sys_pacct", "SYS_PACCT"),
    CAPABILITY("sys_ptrace", "SYS_PTRACE"),
    CAPABILITY("sys_rawio", "SYS_RAWIO"),
    CAPABILITY("sys_resource", "SYS_RESOURCE"),
    CAPABILITY_DROPPED("sys_time", "SYS_TIME"),
    CAPABILITY("sys_tty_config", "SYS_TTY_CONFIG"),
    CAPABILITY("syslog", "SYSLOG"),
    CAPABILITY("wake_alarm", "WAKE_ALARM"),
    CAPABILITY("audit_read", "AUDIT_READ"),
    CAPABILITY("perfmon", "PERFMON"),
    CAPABILITY("bpf", "BPF"),
    CAPABILITY("checkpoint_restore", "CHECKPOINT_RESTORE"),
};

static int
capability_index(const char *name)
{
    int i;

    for (i = 0; i < CAPABILITY_COUNT; i++) {
        if (g_str_equal(capabilities_known[i].name, name))
            return i;
    }
    return -1;
}

bool
capabilities_keep(const Capabilities *capabilities, unsigned index)
{
    CapabilityState state = capabilities->states[index];

    if (state != CAPABILITY_UNSET)
        return state == CAPABILITY_ON;
    switch (capabilities->policy) {
    case CAPABILITY_POLICY_ALLOW:
        return true;
    case CAPABILITY_POLICY_DENY:
        return false;
    default:
        return !capabilities_known[index].dropped;
    }
}

CapabilityState
capabilities_state(const Capabilities *capabilities, const char *name)
{
    int index = capability_index(name);

    return index < 0 ? CAPABILITY_UNSET : capabilities->states[index];
}

bool
capabilities_keep_named(const Capabilities *capabilities, const char *name)
{
    int index = capability_index(name);

    return index >= 0 && capabilities_keep(capabilities, index);
}

/* One child element: its name is the capability, its attribute 'state' is on unless it is said. */
static bool
capability_read(const XmlContext *context, xmlNode *node, Capabilities *capabilities,
                GError **error)
{
    static const char *const attributes[] = { "state", NULL };
    static const char *const children[] = { NULL };
    g_autofree char *state = xml_attribute(node, "state");
    int index = capability_index((const char *)node->name);

    if (index < 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "unknown capability <%s> (line %ld); the names are those of capabilities(7) in "
                    "lower case without 'CAP_'",
                    (const char *)node->name, xmlGetLineNo(node));
    if (state && !g_str_equal(state, "on") && !g_str_equal(state, "off"))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "invalid value '%.32s' for attribute 'state' of <%s> (line %ld): one of 'on', "
                    "'off' is needed",
                    state, (const char *)node->name, xmlGetLineNo(node));
    if (!xml_expect(context, node, attributes, children, error))
        return false;
    capabilities->states[index] =
        state && g_str_equal(state, "off") ? CAPABILITY_OFF : CAPABILITY_ON;
    return true;
}

static bool
capabilities_read(const XmlContext *context, xmlNode *node, void *object, GError **error)
{
    static const char *const attributes[] = { "policy", NULL };
    Capabilities *capabilities = &((Features *)object)->capabilities;
    g_autofree char *policy = xml_attribute(node, "policy");
    xmlNode *child;
    int i;

    for (i = 0; policy && policies[i] && !g_str_equal(policies[i], policy);)
        i++;
    if (policy && !policies[i])
        return fail(
            error, FAILURE_CONFIG_UNSUPPORTED,
            "invalid value '%.32s' for attribute 'policy' of <capabilities> (line %ld): one of "
            "'default', 'allow', 'deny' is needed",
            policy, xmlGetLineNo(node));
    capabilities->policy = policy ? (CapabilityPolicy)i : CAPABILITY_POLICY_DEFAULT;
    if (!xml_expect(context, node, attributes, NULL, error))
        return false;
    for (child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE &&
            !capability_read(context, child, capabilities, error))
            return false;
    }
    return true;
}

static void
capabilities_print(XmlWriter *writer, const void *object)
{
    const Capabilities *capabilities = &((const Features *)object)->capabilities;
    bool mentioned = false;
    int i;

    for (i = 0; i < CAPABILITY_COUNT; i++)
        mentioned |= capabilities->states[i] != CAPABILITY_UNSET;
    if (!mentioned && capabilities->policy == CAPABILITY_POLICY_DEFAULT)
        return;
    writer_open(writer, "capabilities");
    writer_attribute(writer, "policy", policies[capabilities->policy]);
    for (i = 0; i < CAPABILITY_COUNT; i++) {
        if (capabilities->states[i] == CAPABILITY_UNSET)
            continue;
        writer_open(writer, capabilities_known[i].name);
        writer_attribute(writer, "state", states[capabilities->states[i]]);
        writer_close(writer, capabilities_known[i].name);
    }
    writer_close(writer, "capabilities");
}

static const XmlCodec codec_capabilities = { capabilities_read, capabilities_print, false };

#define KEPT(path)                                 \
    {                                              \
        path, FIELD_KEPT, offsetof(Features, kept) \
    }

static const XmlField features_fields[] = {
    KEPT("acpi"),
    KEPT("apic"),
    KEPT("pae"),
    KEPT("hap"),
    KEPT("viridian"),
    { "privnet", FIELD_FLAG, offsetof(Features, privnet) },
    KEPT("hyperv"),
    KEPT("kvm"),
    KEPT("pvspinlock"),
    { "capabilities", FIELD_CUSTOM, .codec = &codec_capabilities },
    KEPT("pmu"),
    KEPT("vmport"),
    KEPT("gic"),
    KEPT("smm"),
    KEPT("ioapic"),
    KEPT("hpt"),
    KEPT("vmcoreinfo"),
    KEPT("htm"),
    KEPT("nested-hv"),
    KEPT("msrs"),
    KEPT("ccf-assist"),
    KEPT("xen"),
    KEPT("cfpc"),
    KEPT("sbbc"),
    KEPT("ibs"),
    KEPT("tcg"),
    KEPT("async-teardown"),
    KEPT("ras"),
    KEPT("ps2"),
    KEPT("aia"),
    KEPT("virtualization"),
    { NULL },
};

const XmlType features_type = { "features", sizeof(Features), features_fields,
                                .unknown = FAILURE_CONFIG_UNSUPPORTED };
