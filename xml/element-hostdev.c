/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <hostdev>: rows. */
#include "xml/element-hostdev.h"

#include <stddef.h>

#include "xml/elements.h"
#include "xml/kept.h"

static const char *const modes[] = { "subsystem", "capabilities", NULL };
static const char *const types[] = { "usb",     "pci",  "scsi", "scsi_host", "mdev",
                                     "storage", "misc", "net",  NULL };
static const char *const policies[] = { "", "mandatory", "requisite", "optional", NULL };
static const char *const missing_words[] = { "", "yes", NULL };
static const char *const yesno[] = { "no", "yes", NULL };

#define MEMBER(member) offsetof(Hostdev, member)
#define ON(type)       ONLY(HOSTDEV_##type)
#define CAPABILITIES   (ON(STORAGE) | ON(MISC) | ON(NET))
#define KEPT(path)                     \
    {                                  \
        path, FIELD_KEPT, MEMBER(kept) \
    }
#define TEXT(path, member)                 \
    {                                      \
        path, FIELD_STRING, MEMBER(member) \
    }

static const XmlField hostdev_fields[] = {
    { "@mode", FIELD_ENUM, MEMBER(mode), FIELD_ALWAYS, .names = modes },
    { "@type", FIELD_ENUM, MEMBER(type), FIELD_ALWAYS | FIELD_REQUIRED, .names = types },
    { "@managed", FIELD_BOOL, MEMBER(managed), FIELD_ALWAYS, ~CAPABILITIES, .names = yesno },
    TEXT("@sgio", sgio),
    TEXT("@rawio", rawio),
    TEXT("@model", model),
    TEXT("@display", display),
    TEXT("@ramfb", ramfb),
    KEPT("driver"),
    { "source/@startupPolicy", FIELD_ENUM, MEMBER(startup_policy), 0, ON(USB), .names = policies },
    { "source/@missing", FIELD_ENUM, MEMBER(missing), FIELD_LIVE, ON(USB), .names = missing_words },
    { "source/@guestReset", FIELD_STRING, MEMBER(guest_reset), 0, ON(USB) },
    { "source/vendor/@id", FIELD_UINT, MEMBER(vendor), FIELD_HEX | FIELD_NONZERO, ON(USB),
      .absent = -1, .max = UINT16_MAX },
    { "source/product/@id", FIELD_UINT, MEMBER(product), FIELD_HEX, ON(USB), .absent = -1,
      .max = UINT16_MAX },
    { "source/address/@bus", FIELD_UINT, MEMBER(bus), FIELD_BASES, ON(USB), .absent = -1,
      .max = UINT32_MAX },
    { "source/address/@device", FIELD_UINT, MEMBER(device), FIELD_BASES, ON(USB), .absent = -1,
      .max = UINT32_MAX },
    { "source/block", FIELD_STRING, MEMBER(path), FIELD_REQUIRED, ON(STORAGE) },
    { "source/char", FIELD_STRING, MEMBER(path), FIELD_REQUIRED, ON(MISC) },
    { "source/interface", FIELD_STRING, MEMBER(path), FIELD_REQUIRED, ON(NET) },
    { "source", FIELD_KEPT, MEMBER(kept), 0, ~(CAPABILITIES | ON(USB)) },
    { "ip", FIELD_STRUCTS, MEMBER(ips), 0, ON(NET), .type = &ip_type },
    { "route", FIELD_STRUCTS, MEMBER(routes), 0, ON(NET), .type = &route_type },
    KEPT("teaming"),
    { "readonly", FIELD_FLAG, MEMBER(readonly) },
    { "shareable", FIELD_FLAG, MEMBER(shareable) },
    KEPT("boot"),
    { "alias/@name", FIELD_STRING, MEMBER(alias), FIELD_LIVE },
    KEPT("rom"),
    KEPT("acpi"),
    KEPT("address"),
    { NULL },
};

static bool
finish_usb(const Hostdev *hostdev, xmlNode *node, GError **error)
{
    guint i;

    if ((hostdev->vendor == HOSTDEV_ID_UNSET) != (hostdev->product == HOSTDEV_ID_UNSET))
        return fail(error, FAILURE_INTERNAL,
                    "<hostdev type='usb'> (line %ld) needs both <vendor> and <product>",
                    xmlGetLineNo(node));
    if ((hostdev->bus == HOSTDEV_ID_UNSET) != (hostdev->device == HOSTDEV_ID_UNSET))
        return fail(error, FAILURE_INTERNAL,
                    "<address> in <source> of <hostdev type='usb'> (line %ld) needs both 'bus' and "
                    "'device'",
                    xmlGetLineNo(node));
    if (hostdev->vendor == HOSTDEV_ID_UNSET && hostdev->bus == HOSTDEV_ID_UNSET)
        return fail(error, FAILURE_XML,
                    "<source> of <hostdev type='usb'> (line %ld) names no device; <vendor> and "
                    "<product>, or <address> are needed",
                    xmlGetLineNo(node));
    for (i = 0; i < hostdev->kept->len; i++) {
        const Kept *kept = hostdev->kept->pdata[i];

        if (g_str_equal(kept->name, "address") &&
            g_strcmp0(kept_attribute(kept, "type"), "usb") != 0)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "<address> of <hostdev type='usb'> (line %ld) must be of type 'usb'",
                        xmlGetLineNo(node));
    }
    return true;
}

static bool
hostdev_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    const Hostdev *hostdev = object;
    bool of_capabilities = CAPABILITIES & ONLY(hostdev->type);
    xmlNode *source = xml_child(node, "source");
    g_autofree char *policy = source ? xml_attribute(source, "startupPolicy") : NULL;

    if (of_capabilities != (hostdev->mode == HOSTDEV_CAPABILITIES))
        return fail(error, FAILURE_XML,
                    "<hostdev type='%s'> (line %ld) is of mode '%s'; correct attribute 'mode' or "
                    "'type'",
                    types[hostdev->type], xmlGetLineNo(node), modes[of_capabilities]);
    if (!source)
        return fail(error, FAILURE_XML, "missing element <source> in <hostdev> (line %ld)",
                    xmlGetLineNo(node));
    if (policy && hostdev->type != HOSTDEV_USB)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<hostdev type='%s'> (line %ld) cannot have attribute 'startupPolicy' of "
                    "<source>, which is for type 'usb'",
                    types[hostdev->type], xmlGetLineNo(node));
    return hostdev->type != HOSTDEV_USB || finish_usb(hostdev, node, error);
}

static void
free_hostdev(void *hostdev)
{
    hostdev_free(hostdev);
}

const XmlType hostdev_type = {
    "hostdev",    sizeof(Hostdev), hostdev_fields,
    MEMBER(type), free_hostdev,    .finish = hostdev_finish,
};

Hostdev *
hostdev_new(void)
{
    return xml_new(&hostdev_type);
}

void
hostdev_free(Hostdev *hostdev)
{
    xml_free(&hostdev_type, hostdev);
}

const char *
hostdev_type_name(HostdevType type)
{
    return types[type];
}

char *
hostdev_pci_address(const Hostdev *hostdev)
{
    const Kept *address = NULL;
    guint i;

    for (i = 0; i < hostdev->kept->len; i++) {
        const Kept *kept = hostdev->kept->pdata[i];

        if (g_str_equal(kept->name, "source"))
            address = kept_child(kept, "address");
    }
    if (!address)
        return NULL;
    return pci_address_text(&(PciAddress){
        (char *)kept_attribute(address, "domain"),
        (char *)kept_attribute(address, "bus"),
        (char *)kept_attribute(address, "slot"),
        (char *)kept_attribute(address, "function"),
    });
}

bool
hostdev_is_possible(HostdevType type)
{
    return type == HOSTDEV_USB || type == HOSTDEV_PCI || (ONLY(type) & CAPABILITIES);
}
