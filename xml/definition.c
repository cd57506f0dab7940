/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <domain>: rows, and what spans its elements. */
#include "xml/definition.h"

#include <stddef.h>
#include <string.h>

#include "xml/cpulist.h"
#include "xml/document.h"
#include "xml/elements.h"
#include "xml/kept-xml.h"
#include "xml/metadata-xml.h"
#include "xml/uuid.h"
#include "xml/network-port.h"
#include "xml/validate.h"

#define MEMBER(member) offsetof(Definition, member)

#define APPID_LENGTH_MAX 128

static const char *const onoff[] = { "", "on", "off", NULL };
static const char *const placements[] = { "static", "auto", NULL };
static const char *const actions[] = { "destroy", "restart", "rename-restart", "preserve", NULL };
static const char *const crash_actions[] = { "destroy",  "restart",          "rename-restart",
                                             "preserve", "coredump-destroy", "coredump-restart",
                                             NULL };
static const char *const lock_failure_actions[] = { "default", "poweroff", "restart",
                                                    "pause",   "ignore",   NULL };
static const char *const known_types[] = { "qemu",  "kqemu",  "kvm",    "xen",  "uml",  "openvz",
                                           "test",  "vmware", "hyperv", "vbox", "phyp", "parallels",
                                           "bhyve", "vz",     "hvf",    NULL };

static bool
type_read(const XmlContext *context, xmlNode *node, void *object, GError **error)
{
    g_autofree char *type = xml_attribute(node, "type");

    if (!type)
        return fail(error, FAILURE_INTERNAL,
                    "missing attribute 'type' of <domain>; set it to 'lxc'");
    if (g_str_equal(type, "lxc"))
        return true;
    return fail(
        error,
        g_strv_contains(known_types, type) ? FAILURE_INVALID_ARG : FAILURE_CONFIG_UNSUPPORTED,
        "invalid value '%.32s' for attribute 'type' of <domain>: a container needs 'lxc'", type);
}

static void
type_print(XmlWriter *writer, const void *object)
{
    writer_attribute(writer, "type", "lxc");
}

static bool
id_read(const XmlContext *context, xmlNode *node, void *object, GError **error)
{
    Definition *definition = object;
    g_autofree char *text = xml_attribute(node, "id");
    uint64_t id;
    bool overflow;

    if (!text || !context->live)
        return true;
    if (!xml_number(text, &id, &overflow) || id > INT32_MAX)
        return fail(error, FAILURE_XML,
                    "invalid value '%.32s' for attribute 'id' of <domain>; remove it", text);
    definition->id = (int)id;
    return true;
}

static void
id_print(XmlWriter *writer, const void *object)
{
    const Definition *definition = object;

    if (writer->live && definition->id >= 0)
        writer_attribute_number(writer, "id", (unsigned)definition->id);
}

static void
lxc_namespace_print(XmlWriter *writer, const void *object)
{
    const NamespaceSharing *sharing = &((const Definition *)object)->sharing;

    if (sharing->net.source || sharing->ipc.source || sharing->uts.source)
        writer_attribute(writer, "xmlns:lxc", XML_LXC_NAMESPACE);
}

static void
caisson_namespace_print(XmlWriter *writer, const void *object)
{
    XmlWriter inside = { .out = g_string_new(NULL), .live = writer->live };

    xml_print(&caisson_type, &inside, &((const Definition *)object)->caisson);
    if (inside.out->len > 0)
        writer_attribute(writer, "xmlns:caisson", XML_CAISSON_NAMESPACE);
    g_string_free(inside.out, TRUE);
}

static bool
online_read(const XmlContext *context, xmlNode *node, void *object, GError **error)
{
    g_autofree char *text = xml_attribute(node, "current");
    bool overflow;

    if (text && !xml_number(text, &((Definition *)object)->vcpus_online, &overflow))
        return fail(
            error, FAILURE_XML,
            "invalid value '%.32s' for attribute 'current' of <vcpu> (line %ld): a number is "
            "needed",
            text, xmlGetLineNo(node));
    return true;
}

static void
online_print(XmlWriter *writer, const void *object)
{
    const Definition *definition = object;

    if (definition->vcpus_online < definition->vcpus)
        writer_attribute_number(writer, "current", definition->vcpus_online);
}

static bool
metadata_read(const XmlContext *context, xmlNode *node, void *object, GError **error)
{
    ((Definition *)object)->metadata = metadata_text(node);
    return true;
}

static void
metadata_print(XmlWriter *writer, const void *object)
{
    const Definition *definition = object;

    if (!definition->metadata)
        return;
    writer_open(writer, "metadata");
    writer_raw(writer, definition->metadata);
    writer_close(writer, "metadata");
}

/* An empty element asks for a new one. */
static bool
genid_read(const XmlContext *context, xmlNode *node, void *object, GError **error)
{
    Definition *definition = object;
    g_autofree char *text = xml_text(node);

    definition->generation_id = text ? uuid_canonical(text) : g_uuid_string_random();
    if (definition->generation_id)
        return true;
    return fail(error, FAILURE_INTERNAL,
                "invalid value '%.64s' for element <genid> in <domain>: 32 hexadecimal digits, or "
                "nothing for a new one, are needed",
                text);
}

static bool
genid_is_printed(const XmlWriter *writer, const void *object)
{
    return ((const Definition *)object)->generation_id != NULL;
}

static void
genid_print(XmlWriter *writer, const void *object)
{
    writer_open(writer, "genid");
    writer_text(writer, "genid", ((const Definition *)object)->generation_id);
}

static const XmlCodec codec_genid = { genid_read, genid_print, true, genid_is_printed };
static const XmlCodec codec_type = { type_read, type_print, false };
static const XmlCodec codec_id = { id_read, id_print, false };
static const XmlCodec codec_lxc_namespace = { NULL, lxc_namespace_print, false };
static const XmlCodec codec_caisson_namespace = { NULL, caisson_namespace_print, false };
static const XmlCodec codec_online = { online_read, online_print, false };
static const XmlCodec codec_metadata = { metadata_read, metadata_print, true };

#define KEPT(path)                     \
    {                                  \
        path, FIELD_KEPT, MEMBER(kept) \
    }
#define KEPT_ONCE(path)                            \
    {                                              \
        path, FIELD_KEPT, MEMBER(kept), FIELD_ONCE \
    }
#define DRAFT(path)                                 \
    {                                               \
        path, FIELD_KEPT, MEMBER(kept), FIELD_DRAFT \
    }
#define ACTION(path, member, words, default)                                     \
    {                                                                            \
        path, FIELD_ENUM, MEMBER(member), FIELD_ALWAYS | FIELD_RUNNING,          \
            .names = words, .absent = default, .bad = FAILURE_CONFIG_UNSUPPORTED \
    }

static const XmlField domain_fields[] = {
    { "@type", FIELD_CUSTOM, .codec = &codec_type },
    { "@id", FIELD_CUSTOM, .codec = &codec_id },
    { "@xmlns:lxc", FIELD_CUSTOM, .codec = &codec_lxc_namespace },
    { "@xmlns:caisson", FIELD_CUSTOM, .codec = &codec_caisson_namespace },
    { "name", FIELD_STRING, MEMBER(name), FIELD_REQUIRED, .missing = FAILURE_NO_NAME },
    { "uuid", FIELD_STRING, MEMBER(uuid) },
    KEPT_ONCE("hwuuid"),
    { "genid", FIELD_CUSTOM, MEMBER(generation_id), FIELD_ONCE, .codec = &codec_genid },
    { "title", FIELD_STRING, MEMBER(title), FIELD_RUNNING },
    { "description", FIELD_STRING, MEMBER(description), FIELD_RUNNING },
    { "metadata", FIELD_CUSTOM, MEMBER(metadata), FIELD_RUNNING, .codec = &codec_metadata },
    { "maxMemory", FIELD_REFUSED },
    { "memory/@dumpCore", FIELD_ENUM, MEMBER(dump_core), .names = onoff },
    { "memory", FIELD_SIZE, MEMBER(memory), FIELD_REQUIRED | FIELD_NONZERO | FIELD_RUNNING,
      .size = &size_kib },
    { "currentMemory", FIELD_SIZE, MEMBER(current_memory), FIELD_RUNNING, .size = &size_kib },
    { "blkiotune", FIELD_STRUCT, MEMBER(block_tuning), .type = &block_tuning_type },
    DRAFT("blkiotune"),
    { "memtune", FIELD_STRUCT, MEMBER(memory_tuning), .type = &memory_tuning_type },
    { "memoryBacking", FIELD_STRUCT, MEMBER(memory_backing), .type = &memory_backing_type },
    { "vcpu/@placement", FIELD_BOOL, MEMBER(vcpu_placement_auto), FIELD_ALWAYS, .names = placements,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "vcpu/@cpuset", FIELD_STRING, MEMBER(cpuset), FIELD_RUNNING },
    { "vcpu/@current", FIELD_CUSTOM, .codec = &codec_online },
    { "vcpu", FIELD_UINT, MEMBER(vcpus), FIELD_ALWAYS | FIELD_NONZERO, .absent = 1,
      .max = UINT16_MAX },
    { "vcpus", FIELD_REFUSED },
    { "iothreads", FIELD_UINT, MEMBER(iothreads), .max = UINT32_MAX },
    KEPT("iothreadids"),
    KEPT("defaultiothread"),
    { "cputune", FIELD_STRUCT, MEMBER(cpu_tuning), .type = &cpu_tuning_type },
    { "numatune", FIELD_STRUCT, MEMBER(numa_tuning), FIELD_ONCE, .type = &numa_tuning_type },
    DRAFT("numatune"),
    { "resource/partition", FIELD_STRING, MEMBER(partition), FIELD_ONCE },
    { "resource/fibrechannel/@appid", FIELD_STRING, MEMBER(fibre_channel_id) },
    KEPT("sysinfo"),
    KEPT("bootloader"),
    KEPT("bootloader_args"),
    { "os", FIELD_STRUCT, MEMBER(os), FIELD_REQUIRED, .type = &os_type },
    { "idmap/uid", FIELD_STRUCTS, MEMBER(uid_map), .type = &idmap_entry_type },
    { "idmap/gid", FIELD_STRUCTS, MEMBER(gid_map), .type = &idmap_entry_type },
    KEPT("throttlegroups"),
    { "features", FIELD_STRUCT, MEMBER(features), .type = &features_type },
    KEPT("cpu"),
    { "clock", FIELD_STRUCT, MEMBER(clock), FIELD_EMPTY, .type = &clock_type },
    ACTION("on_poweroff", on_poweroff, actions, LIFECYCLE_DESTROY),
    ACTION("on_reboot", on_reboot, actions, LIFECYCLE_RESTART),
    ACTION("on_crash", on_crash, crash_actions, LIFECYCLE_DESTROY),
    { "on_lockfailure", FIELD_ENUM, MEMBER(on_lock_failure), .names = lock_failure_actions,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "pm", FIELD_STRUCT, MEMBER(power_management), .type = &power_management_type },
    { "perf", FIELD_STRUCT, MEMBER(perf), .type = &perf_type },
    { "devices/emulator", FIELD_STRING, MEMBER(emulator) },
    { "devices/disk", FIELD_STRUCTS, MEMBER(disks), FIELD_RUNNING, .type = &disk_type },
    KEPT("devices/controller"),
    KEPT("devices/lease"),
    { "devices/filesystem", FIELD_STRUCTS, MEMBER(filesystems), .type = &filesystem_type },
    { "devices/interface", FIELD_STRUCTS, MEMBER(interfaces), FIELD_RUNNING,
      .type = &interface_type },
    DRAFT("devices/interface"),
    KEPT("devices/smartcard"),
    KEPT("devices/serial"),
    KEPT("devices/parallel"),
    { "devices/console", FIELD_STRUCTS, MEMBER(consoles), .type = &console_type },
    KEPT("devices/channel"),
    KEPT("devices/input"),
    KEPT("devices/tpm"),
    KEPT("devices/graphics"),
    KEPT("devices/sound"),
    KEPT("devices/audio"),
    KEPT("devices/video"),
    { "devices/hostdev", FIELD_STRUCTS, MEMBER(hostdevs), FIELD_RUNNING, .type = &hostdev_type },
    DRAFT("devices/hostdev"),
    KEPT("devices/redirdev"),
    KEPT("devices/redirfilter"),
    KEPT("devices/hub"),
    KEPT("devices/watchdog"),
    KEPT("devices/memballoon"),
    KEPT("devices/rng"),
    KEPT("devices/nvram"),
    KEPT("devices/panic"),
    KEPT("devices/shmem"),
    { "devices/memory", FIELD_REFUSED },
    KEPT("devices/crypto"),
    KEPT("devices/iommu"),
    KEPT("devices/vsock"),
    KEPT("devices/pstore"),
    { "seclabel", FIELD_STRUCTS, MEMBER(seclabels), .type = &seclabel_type },
    KEPT("keywrap"),
    KEPT("launchSecurity"),
    { "lxc:namespace", FIELD_STRUCT, MEMBER(sharing), .type = &namespace_sharing_type },
    { "caisson:container", FIELD_STRUCT, MEMBER(caisson), FIELD_ONCE, .type = &caisson_type },
    { NULL },
};

static bool
finish_uuid(Definition *definition, GError **error)
{
    g_autofree char *given = g_steal_pointer(&definition->uuid);

    if (!given) {
        definition->uuid = g_uuid_string_random();
        return true;
    }
    if (!(definition->uuid = uuid_canonical(given)))
        return fail(
            error, FAILURE_INTERNAL,
            "invalid value '%.64s' for element <uuid> in <domain>: 32 hexadecimal digits are "
            "needed",
            given);
    return true;
}

static bool
finish_vcpus(Definition *definition, GError **error)
{
    g_autofree char *given = g_steal_pointer(&definition->cpuset);

    if (definition->vcpus_online == 0)
        definition->vcpus_online = definition->vcpus;
    if (definition->vcpus_online > definition->vcpus)
        return fail(error, FAILURE_XML,
                    "invalid value '%" G_GUINT64_FORMAT
                    "' for attribute 'current' of <vcpu>: at most "
                    "%" G_GUINT64_FORMAT ", the text of the element, is possible",
                    definition->vcpus_online, definition->vcpus);
    if (!given)
        return true;
    switch (cpulist_canonical(given, &definition->cpuset)) {
    case CPULIST_OK:
        break;
    case CPULIST_EMPTY:
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "invalid value '%.64s' for attribute 'cpuset' of <vcpu>: it selects no CPU",
                    given);
    default:
        return fail(
            error, FAILURE_INVALID_ARG,
            "invalid value '%.64s' for attribute 'cpuset' of <vcpu>: a list such as '0-3,8' is "
            "needed",
            given);
    }
    /* libvirt's mask of all CPUs is no restriction */
    if (g_str_equal(definition->cpuset, "0-1023"))
        g_clear_pointer(&definition->cpuset, g_free);
    return true;
}

static gint
compare_starts(gconstpointer one, gconstpointer other)
{
    const IdMapEntry *const *left = one;
    const IdMapEntry *const *right = other;

    return (*left)->start < (*right)->start ? -1 : (*left)->start > (*right)->start;
}

/* Pins of CPUs the domain does not have are dropped; memory and CPUs are placed alike unless it is
 * said otherwise. */
static bool
finish_placement(Definition *definition, GError **error)
{
    NumaMemory *memory = &definition->numa_tuning.memory;
    GPtrArray *pins = definition->cpu_tuning.vcpu_pins;
    guint i;

    for (i = pins->len; i > 0; i--) {
        if (((const CpuPin *)pins->pdata[i - 1])->id >= definition->vcpus)
            g_ptr_array_remove_index(pins, i - 1);
    }
    if (!memory->present)
        return true;
    if (memory->placement == NUMA_PLACEMENT_UNSET && definition->vcpu_placement_auto)
        memory->placement = NUMA_PLACEMENT_AUTO;
    if (memory->placement == NUMA_PLACEMENT_UNSET)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "missing attribute 'nodeset' of <memory> in <numatune>; name the nodes, or set "
                    "placement='auto'");
    if (memory->placement == NUMA_PLACEMENT_AUTO && !definition->cpuset && pins->len == 0 &&
        !definition->cpu_tuning.emulator_pin)
        definition->vcpu_placement_auto = true;
    return true;
}

static bool
finish_appid(const Definition *definition, GError **error)
{
    const char *id = definition->fibre_channel_id;
    size_t i;

    for (i = 0; id && id[i] && g_ascii_isprint(id[i]);)
        i++;
    if (!id || (!id[i] && i <= APPID_LENGTH_MAX))
        return true;
    return fail(error, FAILURE_INVALID_ARG,
                "invalid value '%.32s' for attribute 'appid' of <fibrechannel> in <resource>: at "
                "most %d printable characters are possible",
                id, APPID_LENGTH_MAX);
}

/* Only a template knows what runs in it. */
static bool
finish_init(const Definition *definition, xmlNode *node, GError **error)
{
    xmlNode *os = xml_child(node, "os");
    guint i;

    for (i = 0; !definition->os.init && i < definition->filesystems->len; i++) {
        const Filesystem *filesystem = definition->filesystems->pdata[i];

        if (filesystem->type == FILESYSTEM_TEMPLATE && g_str_equal(filesystem->target, "/"))
            return true;
    }
    return definition->os.init ||
           fail(error, FAILURE_XML, "missing element <init> in <os> (line %ld)",
                os ? xmlGetLineNo(os) : 0L);
}

static bool
domain_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    const DefinitionDefaults *defaults = context->defaults;
    Definition *definition = object;
    guint i;

    if (!finish_uuid(definition, error) || !finish_vcpus(definition, error) ||
        !finish_init(definition, node, error))
        return false;
    if (definition->title && strchr(definition->title, '\n'))
        return fail(error, FAILURE_XML,
                    "<title> must be one line; put the rest into <description>");
    if (definition->current_memory == 0 || definition->current_memory > definition->memory)
        definition->current_memory = definition->memory;
    g_ptr_array_sort(definition->uid_map, compare_starts);
    g_ptr_array_sort(definition->gid_map, compare_starts);
    if (!definition->emulator && defaults)
        definition->emulator = g_strdup(defaults->emulator);
    for (i = 0; i < definition->consoles->len; i++)
        ((Console *)definition->consoles->pdata[i])->port = i;
    return finish_placement(definition, error) && finish_appid(definition, error) &&
           seclabels_finish(context, definition->seclabels, error);
}

const XmlType domain_type = { "domain", sizeof(Definition), domain_fields,
                              .finish = domain_finish };

static Definition *
definition_read(xmlNode *node, const DefinitionDefaults *defaults, DefinitionParseFlags flags,
                GError **error)
{
    g_autoptr(Definition) definition = NULL;
    XmlContext context = {
        .live = !(flags & DEFINITION_INACTIVE),
        .trusted = flags & DEFINITION_TRUSTED,
        .defaults = defaults,
    };

    definition = xml_new(&domain_type);
    definition->id = -1;
    if (!xml_read(&domain_type, &context, node, definition, error))
        return NULL;
    if (!context.trusted && !definition_check(definition, error))
        return NULL;
    return g_steal_pointer(&definition);
}

static xmlNode *
document_root(xmlDoc *document, const char *name, GError **error)
{
    xmlNode *node = xmlDocGetRootElement(document);

    if (xml_node_is(node, name))
        return node;
    fail(error, FAILURE_XML, "unexpected root element <%s>, expected <%s>",
         (const char *)node->name, name);
    return NULL;
}

Definition *
definition_parse(const char *xml, const DefinitionDefaults *defaults, DefinitionParseFlags flags,
                 GError **error)
{
    g_autoptr(xmlDoc) document = document_parse(xml, error);
    xmlNode *node;

    if (!document || !(node = document_root(document, "domain", error)))
        return NULL;
    if ((flags & DEFINITION_VALIDATE) &&
        !validate_document(document, defaults ? defaults->schema_directory : NULL, error))
        return NULL;
    return definition_read(node, defaults, flags, error);
}

Definition *
definition_parse_within(const char *xml, const char *root, const DefinitionDefaults *defaults,
                        DefinitionParseFlags flags, GError **error)
{
    g_autoptr(xmlDoc) document = document_parse(xml, error);
    xmlNode *node;

    if (!document || !(node = document_root(document, root, error)))
        return NULL;
    if (!(node = xml_child(node, "domain"))) {
        fail(error, FAILURE_XML, "missing element <domain> in <%s>", root);
        return NULL;
    }
    return definition_read(node, defaults, flags, error);
}

bool
definition_peek(const char *xml, char **ret_name, char **ret_uuid, GError **error)
{
    g_autoptr(xmlDoc) document = document_parse(xml, error);
    g_autofree char *uuid = NULL;
    g_autofree char *text = NULL;
    xmlNode *domain;
    xmlNode *node;

    if (!document || !(domain = document_root(document, "domain", error)))
        return false;
    if ((node = xml_child(domain, "uuid")) && (text = xml_text(node)) &&
        !(uuid = uuid_canonical(text)))
        return fail(
            error, FAILURE_INTERNAL,
            "invalid value '%.64s' for element <uuid> in <domain>: 32 hexadecimal digits are "
            "needed",
            text);
    node = xml_child(domain, "name");
    *ret_name = node ? xml_text(node) : NULL;
    *ret_uuid = g_steal_pointer(&uuid);
    return true;
}

/* Whether a network has made something else of an interface than the configuration says. */
static bool
has_ports(const Definition *definition)
{
    guint i;

    for (i = 0; i < definition->interfaces->len; i++) {
        const Interface *interface = definition->interfaces->pdata[i];

        if (interface->network && interface->type != INTERFACE_NETWORK)
            return true;
    }
    return false;
}

static void
forget_port(gpointer interface, gpointer opaque)
{
    network_port_forget(interface);
}

static char *
format(const Definition *definition, DefinitionFormatFlags flags)
{
    XmlWriter writer = {
        .out = g_string_sized_new(4096),
        .live = definition->id >= 0 && !(flags & DEFINITION_FORMAT_INACTIVE),
        .secure = flags & DEFINITION_FORMAT_SECURE,
        .migratable = flags & DEFINITION_FORMAT_MIGRATABLE,
    };

    writer_open(&writer, "domain");
    xml_print(&domain_type, &writer, definition);
    writer_close(&writer, "domain");
    return g_string_free(writer.out, FALSE);
}

char *
definition_format(const Definition *definition, DefinitionFormatFlags flags)
{
    g_autoptr(Definition) configured = NULL;

    if (!(flags & DEFINITION_FORMAT_INACTIVE) || !has_ports(definition))
        return format(definition, flags);
    configured = definition_copy(definition);
    g_ptr_array_foreach(configured->interfaces, forget_port, NULL);
    return format(configured, flags);
}

Definition *
definition_copy(const Definition *definition)
{
    Definition *copy = g_malloc(sizeof(*copy));

    xml_copy(&domain_type, copy, definition);
    return copy;
}

void
definition_free(Definition *definition)
{
    xml_free(&domain_type, definition);
}

uint64_t
definition_memory_limit(const Definition *definition)
{
    uint64_t hard = definition->memory_tuning.hard_limit;
    uint64_t limit = hard < TUNING_UNLIMITED ? hard : definition->memory;

    if (definition->current_memory < definition->memory)
        limit = MIN(limit, definition->current_memory);
    return limit;
}

const Console *
definition_console(const Definition *definition, const char *alias)
{
    guint i;

    for (i = 0; i < definition->consoles->len; i++) {
        const Console *console = definition->consoles->pdata[i];

        if (!alias || g_strcmp0(console->alias, alias) == 0)
            return console;
    }
    return NULL;
}

static int
compare_names(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* What virtual machines have of a network card. */
static void
add_parts_of_interface(const Interface *interface, GPtrArray *names)
{
    static const char *const parts[] = { "interface/acpi",     "interface/boot",
                                         "interface/coalesce", "interface/rom",
                                         "interface/teaming",  "interface/tune" };
    guint i;
    size_t n;

    if (interface->model)
        g_ptr_array_add(names, (char *)"interface/model");
    for (i = 0; i < interface->kept->len; i++) {
        const Kept *kept = interface->kept->pdata[i];

        for (n = 0; n < G_N_ELEMENTS(parts); n++) {
            if (g_str_equal(parts[n] + strlen("interface/"), kept->name))
                g_ptr_array_add(names, (char *)parts[n]);
        }
    }
}

char *
definition_without_effect(const Definition *definition)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    guint i;

    for (i = 0; i < definition->kept->len; i++) {
        const Kept *kept = definition->kept->pdata[i];

        if (g_str_has_prefix(kept->place, "devices/"))
            g_ptr_array_add(names, kept->name);
    }
    for (i = 0; i < definition->interfaces->len; i++)
        add_parts_of_interface(definition->interfaces->pdata[i], names);
    if (names->len == 0)
        return NULL;
    g_ptr_array_sort(names, compare_names);
    for (i = names->len - 1; i > 0; i--) {
        if (g_str_equal(names->pdata[i], names->pdata[i - 1]))
            g_ptr_array_remove_index(names, i);
    }
    g_ptr_array_add(names, NULL);
    return g_strjoinv(", ", (char **)names->pdata);
}

Kept *
definition_draft(Definition *definition, const char *place)
{
    const XmlField *field = domain_fields;
    const char *slash = strrchr(place, '/');
    Kept *kept = kept_new(slash ? slash + 1 : place);

    while (field->kind != FIELD_KEPT || !g_str_equal(field->path, place))
        field++;
    kept->place = field->path;
    g_ptr_array_add(definition->kept, kept);
    return kept;
}

/* Adds the Kept trees of @node, which was printed for them. */
static void
view_collect(GPtrArray *view, xmlNode *node)
{
    static const XmlContext context = { .live = true, .trusted = true };
    const XmlField *field;
    xmlNode *child;

    for (field = domain_fields; field->path; field++) {
        const char *slash = strrchr(field->path, '/');
        xmlNode *parent = slash ? xml_child(node, "devices") : node;

        if (field->kind != FIELD_KEPT || (slash && !g_str_has_prefix(field->path, "devices/")))
            continue;
        for (child = parent ? parent->children : NULL; child; child = child->next) {
            if (xml_node_is(child, slash ? slash + 1 : field->path))
                g_ptr_array_add(view, kept_read(&context, child, field->path));
        }
    }
}

GPtrArray *
definition_view(const Definition *definition)
{
    GPtrArray *view = g_ptr_array_new_with_free_func((GDestroyNotify)kept_free);
    g_autofree char *text = definition_format(definition, DEFINITION_FORMAT_SECURE);
    g_autoptr(xmlDoc) document = document_parse(text, NULL);

    if (document)
        view_collect(view, xmlDocGetRootElement(document));
    return view;
}

bool
definition_equal(const Definition *one, const Definition *other)
{
    g_autofree char *left = definition_format(one, DEFINITION_FORMAT_SECURE);
    g_autofree char *right = definition_format(other, DEFINITION_FORMAT_SECURE);

    return g_str_equal(left, right);
}
