/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats <capabilities>. */
#include "driver/capabilities.h"

#include <string.h>

typedef struct {
    const char *arch;
    const char *sibling;
} Sibling;

static const Sibling siblings[] = {
    { "x86_64", "i686" },     { "s390x", "s390" },     { "ppc64", "ppc" },
    { "parisc64", "parisc" }, { "sparc64", "sparc" },  { "mips64", "mips" },
    { "mips64el", "mipsel" }, { "aarch64", "armv7l" }, { NULL, NULL },
};

/* 64-bit architectures whose name does not say it */
static const char *const wide_arches[] = { "aarch64", "alpha", "s390x", "loongarch64", NULL };

const char *
capabilities_sibling(const char *arch)
{
    const Sibling *row;

    for (row = siblings; row->arch; row++) {
        if (g_str_equal(row->arch, arch))
            return row->sibling;
    }
    return NULL;
}

static bool
is_wide(const char *arch)
{
    return strstr(arch, "64") || g_strv_contains(wide_arches, arch);
}

/* "32" and "MiB" for 33554432: the largest unit that loses nothing. */
static uint64_t
scale(uint64_t bytes, const char **ret_unit)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    size_t i = 0;

    while (i + 1 < G_N_ELEMENTS(units) && bytes && bytes % 1024 == 0) {
        bytes /= 1024;
        i++;
    }
    *ret_unit = units[i];
    return bytes;
}

static void
format_cpu(GString *out, const TopologyCpu *cpu)
{
    g_autofree char *row = NULL;

    if (!cpu->online) {
        g_string_append_printf(out, "            <cpu id='%d'/>\n", cpu->id);
        return;
    }
    row = g_markup_printf_escaped(
        "            <cpu id='%d' socket_id='%d' die_id='%d' core_id='%d' siblings='%s'/>\n",
        cpu->id, cpu->socket, cpu->die, cpu->core, cpu->siblings);
    g_string_append(out, row);
}

static void
format_cell(GString *out, const TopologyCell *cell)
{
    guint i;

    g_string_append_printf(out,
                           "        <cell id='%d'>\n"
                           "          <memory unit='KiB'>%" G_GUINT64_FORMAT "</memory>\n",
                           cell->id, cell->memory);
    for (i = 0; i < cell->pages->len; i++) {
        const TopologyPages *pages = &g_array_index(cell->pages, TopologyPages, i);

        g_string_append_printf(out,
                               "          <pages unit='KiB' size='%" G_GUINT64_FORMAT
                               "'>%" G_GUINT64_FORMAT "</pages>\n",
                               pages->size, pages->count);
    }
    if (cell->distances->len > 0) {
        g_string_append(out, "          <distances>\n");
        for (i = 0; i < cell->distances->len; i++) {
            const TopologyDistance *row = &g_array_index(cell->distances, TopologyDistance, i);

            g_string_append_printf(out, "            <sibling id='%d' value='%d'/>\n", row->cell,
                                   row->value);
        }
        g_string_append(out, "          </distances>\n");
    }
    g_string_append_printf(out, "          <cpus num='%u'>\n", cell->cpus->len);
    for (i = 0; i < cell->cpus->len; i++)
        format_cpu(out, cell->cpus->pdata[i]);
    g_string_append(out, "          </cpus>\n        </cell>\n");
}

static void
format_topology(GString *out, const Topology *topology)
{
    guint i;

    g_string_append_printf(out, "    <topology>\n      <cells num='%u'>\n", topology->cells->len);
    for (i = 0; i < topology->cells->len; i++)
        format_cell(out, topology->cells->pdata[i]);
    g_string_append(out, "      </cells>\n    </topology>\n");
}

static void
format_caches(GString *out, const Topology *topology)
{
    guint i;

    if (topology->caches->len == 0)
        return;
    g_string_append(out, "    <cache>\n");
    for (i = 0; i < topology->caches->len; i++) {
        const TopologyCache *cache = topology->caches->pdata[i];
        const char *unit;
        uint64_t size = scale(cache->size, &unit);

        g_string_append_printf(out,
                               "      <bank id='%d' level='%d' type='%s' size='%" G_GUINT64_FORMAT
                               "' unit='%s' cpus='%s'/>\n",
                               cache->id, cache->level, cache->type, size, unit, cache->cpus);
    }
    g_string_append(out, "    </cache>\n");
}

static void
format_power(GString *out, const CapabilitiesHost *host)
{
    if (!host->suspend_memory && !host->suspend_disk && !host->suspend_hybrid) {
        g_string_append(out, "    <power_management/>\n");
        return;
    }
    g_string_append(out, "    <power_management>\n");
    if (host->suspend_memory)
        g_string_append(out, "      <suspend_mem/>\n");
    if (host->suspend_disk)
        g_string_append(out, "      <suspend_disk/>\n");
    if (host->suspend_hybrid)
        g_string_append(out, "      <suspend_hybrid/>\n");
    g_string_append(out, "    </power_management>\n");
}

static void
format_cpu_of_host(GString *out, const CapabilitiesHost *host, const Topology *topology)
{
    const TopologyCell *cell = topology->cells->pdata[0];
    guint i;

    g_string_append_printf(out, "    <cpu>\n      <arch>%s</arch>\n", host->arch);
    for (i = 0; i < cell->pages->len; i++)
        g_string_append_printf(out, "      <pages unit='KiB' size='%" G_GUINT64_FORMAT "'/>\n",
                               g_array_index(cell->pages, TopologyPages, i).size);
    g_string_append(out, "    </cpu>\n");
}

static void
format_guest(GString *out, const CapabilitiesHost *host, const char *arch)
{
    g_autofree char *guest = g_markup_printf_escaped("  <guest>\n"
                                                     "    <os_type>exe</os_type>\n"
                                                     "    <arch name='%s'>\n"
                                                     "      <wordsize>%d</wordsize>\n"
                                                     "      <emulator>%s</emulator>\n"
                                                     "      <domain type='lxc'/>\n"
                                                     "    </arch>\n"
                                                     "  </guest>\n\n",
                                                     arch, is_wide(arch) ? 64 : 32, host->emulator);

    g_string_append(out, guest);
}

char *
capabilities_format(const CapabilitiesHost *host, const Topology *topology)
{
    GString *out = g_string_new("<capabilities>\n\n  <host>\n");
    const char *sibling = capabilities_sibling(host->arch);

    g_string_append_printf(out, "    <uuid>%s</uuid>\n", host->uuid);
    format_cpu_of_host(out, host, topology);
    format_power(out, host);
    g_string_append(out, "    <iommu support='no'/>\n");
    format_topology(out, topology);
    format_caches(out, topology);
    g_string_append_printf(out,
                           "    <secmodel>\n"
                           "      <model>%s</model>\n"
                           "      <doi>%s</doi>\n"
                           "    </secmodel>\n"
                           "  </host>\n\n",
                           host->security_model, host->security_doi);
    format_guest(out, host, host->arch);
    if (sibling)
        format_guest(out, host, sibling);
    g_string_append(out, "</capabilities>\n");
    return g_string_free(out, FALSE);
}
