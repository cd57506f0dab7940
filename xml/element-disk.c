/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <disk>: rows, and the names of targets. */
#include "xml/element-disk.h"

#include <stddef.h>
#include <string.h>

#include "xml/elements.h"
#include "xml/kept.h"

static const char *const types[] = { "file", "block",     "dir",       "network", "volume",
                                     "nvme", "vhostuser", "vhostvdpa", "ctl",     NULL };
static const char *const devices[] = { "disk", "cdrom", "floppy", "lun", NULL };
static const char *const caches[] = { "default", "none", "writethrough", "writeback", "directsync",
                                      "unsafe",  NULL };
static const char *const policies[] = { "", "mandatory", "requisite", "optional", NULL };
static const char *const buses[] = { "",    "fdc", "ide",  "scsi", "virtio", "xen",
                                     "usb", "uml", "sata", "sd",   NULL };

/* The bus that the first letters of a target's name stand for. */
static const struct {
    const char *prefix;
    const char *bus;
} prefixes[] = {
    { "fd", "fdc" },  { "hd", "ide" },  { "vd", "virtio" },
    { "sd", "scsi" }, { "xvd", "xen" }, { "ubd", "uml" },
};

#define MEMBER(member) offsetof(Disk, member)
#define ON(type)       ONLY(DISK_##type)
#define TYPED_SOURCE   (ON(FILE) | ON(BLOCK) | ON(DIRECTORY) | ON(VOLUME))
#define KEPT(path)                     \
    {                                  \
        path, FIELD_KEPT, MEMBER(kept) \
    }
#define KEPT_SOURCE(path)                                         \
    {                                                             \
        "source/" path, FIELD_KEPT, MEMBER(kept), 0, TYPED_SOURCE \
    }
#define TEXT(path, member)                 \
    {                                      \
        path, FIELD_STRING, MEMBER(member) \
    }
#define RATE(name, member, most)                                        \
    {                                                                   \
        "iotune/" name, FIELD_UINT, MEMBER(rates.member), .max = (most) \
    }
#define OPTION(name, index)                                          \
    {                                                                \
        "driver/@" name, FIELD_STRING, MEMBER(driver_options[index]) \
    }

static const XmlField disk_fields[] = {
    { "@type", FIELD_ENUM, MEMBER(type), FIELD_ALWAYS, .names = types },
    { "@device", FIELD_ENUM, MEMBER(device), FIELD_ALWAYS, .names = devices },
    TEXT("@model", model),
    TEXT("@rawio", rawio),
    TEXT("@sgio", sgio),
    TEXT("@snapshot", snapshot),
    TEXT("driver/@name", driver),
    { "driver/@type", FIELD_ENUM, MEMBER(format), .names = storage_formats,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "driver/@cache", FIELD_ENUM, MEMBER(cache), .names = caches },
    OPTION("error_policy", 0),
    OPTION("rerror_policy", 1),
    OPTION("io", 2),
    OPTION("ioeventfd", 3),
    OPTION("event_idx", 4),
    OPTION("copy_on_read", 5),
    OPTION("discard", 6),
    OPTION("discard_no_unref", 7),
    OPTION("iothread", 8),
    OPTION("detect_zeroes", 9),
    OPTION("queues", 10),
    OPTION("queue_size", 11),
    OPTION("iommu", 12),
    OPTION("ats", 13),
    OPTION("packed", 14),
    OPTION("page_per_vq", 15),
    KEPT("driver/metadata_cache"),
    KEPT("driver/iothreads"),
    KEPT("driver/statistics"),
    KEPT("auth"),
    { "source/@file", FIELD_STRING, MEMBER(source), 0, ON(FILE) },
    { "source/@dev", FIELD_STRING, MEMBER(source), 0, ON(BLOCK) },
    { "source/@dir", FIELD_STRING, MEMBER(source), 0, ON(DIRECTORY) },
    { "source/@pool", FIELD_STRING, MEMBER(pool), 0, ON(VOLUME) },
    { "source/@volume", FIELD_STRING, MEMBER(volume), 0, ON(VOLUME) },
    { "source/@mode", FIELD_STRING, MEMBER(volume_mode), 0, ON(VOLUME) },
    { "source/@startupPolicy", FIELD_ENUM, MEMBER(startup_policy), 0, TYPED_SOURCE,
      .names = policies },
    { "source/@index", FIELD_UINT, MEMBER(index), FIELD_LIVE, TYPED_SOURCE, .max = UINT32_MAX },
    KEPT_SOURCE("seclabel"),
    KEPT_SOURCE("host"),
    KEPT_SOURCE("auth"),
    KEPT_SOURCE("encryption"),
    KEPT_SOURCE("reservations"),
    KEPT_SOURCE("initiator"),
    KEPT_SOURCE("snapshot"),
    KEPT_SOURCE("config"),
    KEPT_SOURCE("slices"),
    KEPT_SOURCE("ssl"),
    KEPT_SOURCE("cookies"),
    KEPT_SOURCE("readahead"),
    KEPT_SOURCE("timeout"),
    KEPT_SOURCE("identity"),
    KEPT_SOURCE("knownHosts"),
    KEPT_SOURCE("reconnect"),
    KEPT_SOURCE("dataStore"),
    KEPT_SOURCE("address"),
    { "source", FIELD_KEPT, MEMBER(kept), 0, ~TYPED_SOURCE },
    KEPT("backingStore"),
    KEPT("backenddomain"),
    KEPT("geometry"),
    KEPT("blockio"),
    KEPT("mirror"),
    { "target/@dev", FIELD_STRING, MEMBER(target), FIELD_REQUIRED, .missing = FAILURE_NO_TARGET },
    { "target/@bus", FIELD_ENUM, MEMBER(bus), .names = buses },
    TEXT("target/@tray", tray),
    TEXT("target/@removable", removable),
    TEXT("target/@rotation_rate", rotation_rate),
    TEXT("target/@dpofua", dpofua),
    RATE("read_bytes_sec", read_bytes, INT64_MAX),
    RATE("write_bytes_sec", write_bytes, INT64_MAX),
    RATE("read_iops_sec", read_iops, UINT32_MAX),
    RATE("write_iops_sec", write_iops, UINT32_MAX),
    KEPT("iotune/total_bytes_sec"),
    KEPT("iotune/total_iops_sec"),
    KEPT("iotune/total_bytes_sec_max"),
    KEPT("iotune/read_bytes_sec_max"),
    KEPT("iotune/write_bytes_sec_max"),
    KEPT("iotune/total_iops_sec_max"),
    KEPT("iotune/read_iops_sec_max"),
    KEPT("iotune/write_iops_sec_max"),
    KEPT("iotune/size_iops_sec"),
    KEPT("iotune/group_name"),
    KEPT("iotune/total_bytes_sec_max_length"),
    KEPT("iotune/read_bytes_sec_max_length"),
    KEPT("iotune/write_bytes_sec_max_length"),
    KEPT("iotune/total_iops_sec_max_length"),
    KEPT("iotune/read_iops_sec_max_length"),
    KEPT("iotune/write_iops_sec_max_length"),
    KEPT("throttlefilters"),
    { "readonly", FIELD_FLAG, MEMBER(readonly) },
    { "shareable", FIELD_FLAG, MEMBER(shareable) },
    KEPT("transient"),
    TEXT("serial", serial),
    TEXT("wwn", wwn),
    TEXT("vendor", vendor),
    TEXT("product", product),
    KEPT("encryption"),
    KEPT("boot"),
    { "alias/@name", FIELD_STRING, MEMBER(alias), FIELD_LIVE },
    KEPT("acpi"),
    KEPT("address"),
    { NULL },
};

/* "vda", "sdaa3": a prefix, then letters that count, then perhaps a partition. */
static bool
is_disk_name(const char *name)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        const char *rest = name + strlen(prefixes[i].prefix);

        if (!g_str_has_prefix(name, prefixes[i].prefix) || !g_ascii_islower(*rest))
            continue;
        rest += strspn(rest, "abcdefghijklmnopqrstuvwxyz");
        if (rest[strspn(rest, "0123456789")] == '\0')
            return true;
    }
    return false;
}

static bool
has_address(const Disk *disk)
{
    guint i;

    for (i = 0; i < disk->kept->len; i++) {
        if (g_str_equal(((const Kept *)disk->kept->pdata[i])->place, "address"))
            return true;
    }
    return false;
}

static int
word_index(const char *const *words, const char *word)
{
    int i = 0;

    while (!g_str_equal(words[i], word))
        i++;
    return i;
}

static int
disk_default_bus(const Disk *disk)
{
    size_t i;

    if (disk->device == DISK_FLOPPY)
        return word_index(buses, "fdc");
    for (i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        if (g_str_has_prefix(disk->target, prefixes[i].prefix))
            return word_index(buses, prefixes[i].bus);
    }
    return word_index(buses, "ide");
}

static bool
disk_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    Disk *disk = object;
    xmlNode *source = xml_child(node, "source");
    g_autofree char *group = source ? xml_attribute(source, "fdgroup") : NULL;

    if (group)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "attribute 'fdgroup' of <source> in <disk> (line %ld) is not possible for a "
                    "container; name a file",
                    xmlGetLineNo(node));
    if (!is_disk_name(disk->target) && !has_address(disk))
        return fail(error, FAILURE_XML,
                    "invalid value '%.64s' for attribute 'dev' of <target> in <disk> (line %ld): a "
                    "name such as vda or sdb is needed",
                    disk->target, xmlGetLineNo(node));
    if (!disk->bus)
        disk->bus = disk_default_bus(disk);
    disk->readonly |= disk->device == DISK_CDROM;
    return true;
}

static void
free_disk(void *disk)
{
    disk_free(disk);
}

const XmlType disk_type = {
    "disk", sizeof(Disk), disk_fields, MEMBER(type), free_disk, .finish = disk_finish,
};

Disk *
disk_new(void)
{
    return xml_new(&disk_type);
}

void
disk_free(Disk *disk)
{
    xml_free(&disk_type, disk);
}

const char *
disk_type_name(DiskType type)
{
    return types[type];
}
