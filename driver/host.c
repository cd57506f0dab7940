/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts of the host, found out once. */
#include "driver/host.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"
#include "controller/wire/failure.h"
#include "driver/abi/log.h"
#include "driver/capabilities.h"
#include "driver/domain.h"
#include "driver/idmap-auto.h"
#include "driver/placement.h"
#include "driver/security-model.h"
#include "xml/container.h"

#define SETTINGS_PATH SYSCONFDIR "/lxc.conf"

static struct {
    char *arch;
    char uuid[VIR_UUID_STRING_BUFLEN];
    CgroupLayout *cgroups;
    FigureReader *figures;
    Settings settings;
    DefinitionDefaults defaults;
} host;

/* libvirt's name of an architecture where uname(2) has another */
static char *
arch_of(const char *machine)
{
    if (strlen(machine) == 4 && machine[0] == 'i' && g_str_equal(machine + 2, "86"))
        return g_strdup("i686");
    if (g_str_equal(machine, "arm64"))
        return g_strdup("aarch64");
    if (g_str_equal(machine, "amd64"))
        return g_strdup("x86_64");
    if (g_str_equal(machine, "armv8l"))
        return g_strdup("armv7l");
    return g_strdup(machine);
}

/* Firmware whose maker left all digits the same identifies nothing. */
static bool
take_uuid(const char *path)
{
    unsigned char uuid[VIR_UUID_BUFLEN] = { 0 };
    g_autofree char *text = NULL;
    size_t digits = 0;
    size_t i;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return false;
    for (i = 0; text[i]; i++)
        digits += g_ascii_isxdigit(text[i]) != 0;
    uuid_from_text(text, uuid);
    if (digits != 2 * VIR_UUID_BUFLEN || memcmp(uuid, uuid + 1, VIR_UUID_BUFLEN - 1) == 0)
        return false;
    uuid_to_text(uuid, host.uuid);
    return true;
}

static void
find_uuid(void)
{
    g_autofree char *random = NULL;

    if (take_uuid("/sys/class/dmi/id/product_uuid") || take_uuid("/etc/machine-id"))
        return;
    random = g_uuid_string_random();
    g_strlcpy(host.uuid, random, sizeof(host.uuid));
}

static bool
check_security(const Settings *settings, GError **error)
{
    if (settings->seccomp && !seccomp_profile_check(settings->seccomp, error)) {
        g_prefix_error(error, "seccomp of " SETTINGS_PATH ": ");
        return false;
    }
    if (!security_init(settings, error))
        return false;
    host.defaults.security_model = security_model();
    return true;
}

static bool
set_idmap(const Settings *settings, GError **error)
{
    const char *mode = settings->idmap_default;

    if (mode && !g_str_equal(mode, "mapped") && !g_str_equal(mode, "passthrough"))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "idmap_default '%s' of " SETTINGS_PATH
                    " is not known: use \"mapped\" or \"passthrough\"",
                    mode);
    /* whoever gets ids of its own gets files that belong to them */
    host.defaults.idmap = mode ? g_str_equal(mode, "mapped") : settings->idmap_auto;
    return idmap_auto_check(settings, error);
}

bool
host_init(GError **error)
{
    struct utsname names;

    uname(&names);
    if (!host.arch)
        host.arch = arch_of(names.machine);
    host.defaults = (DefinitionDefaults){
        .arch = host.arch,
        .emulator = CONTROLLER_PATH,
        .security_model = "none",
    };
    find_uuid();
    settings_clear(&host.settings);
    if (!settings_load(SETTINGS_PATH, &host.settings, error) ||
        !check_security(&host.settings, error) || !set_idmap(&host.settings, error))
        return false;
    if (!host.cgroups && !(host.cgroups = cgroup_layout_new(error)))
        return false;
    if (!host.figures)
        host.figures = figure_reader_new(host.cgroups);
    log_info("host %s, %s", host.arch, cgroup_layout_name(host.cgroups));
    placement_find();
    return true;
}

const DefinitionDefaults *
host_defaults(void)
{
    return &host.defaults;
}

const char *
host_arch(void)
{
    return host.arch;
}

const CgroupLayout *
host_cgroups(void)
{
    return host.cgroups;
}

const FigureReader *
host_figures(void)
{
    return host.figures;
}

unsigned
host_processors(void)
{
    /* glibc reads a file each time, for what is decided when the host boots */
    static gsize known;

    if (g_once_init_enter(&known)) {
        long count = sysconf(_SC_NPROCESSORS_CONF);

        g_once_init_leave(&known, count > 0 ? (gsize)count : 1);
    }
    return (unsigned)known;
}

uint64_t
host_memory(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

const Settings *
host_settings(void)
{
    return &host.settings;
}

static bool
file_has_word(const char *path, const char *word)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) words = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return false;
    words = g_strsplit_set(g_strchomp(text), " []\n", -1);
    return g_strv_contains((const char *const *)words, word);
}

char *
host_capabilities(GError **error)
{
    g_autoptr(Topology) topology = topology_read("");
    bool disk = file_has_word("/sys/power/state", "disk");
    CapabilitiesHost facts = {
        .uuid = host.uuid,
        .arch = host.arch,
        .emulator = CONTROLLER_PATH,
        .security_model = security_model(),
        .security_doi = security_doi(),
        .suspend_memory = file_has_word("/sys/power/state", "mem"),
        .suspend_disk = disk,
        .suspend_hybrid = disk && file_has_word("/sys/power/disk", "suspend"),
    };

    if (((TopologyCell *)topology->cells->pdata[0])->cpus->len == 0) {
        fail(error, FAILURE_INTERNAL, "the host shows no processors in /sys");
        return NULL;
    }
    return capabilities_format(&facts, topology);
}

int64_t
host_rtc_major(void)
{
    struct stat rtc;

    return stat("/dev/rtc0", &rtc) == 0 ? major(rtc.st_rdev) : 0;
}
