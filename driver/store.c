/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of domains: definitions, autostart links, status files. */
#include "driver/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "controller/wire/failure.h"
#include "driver/host.h"
#include "driver/report.h"
#include "driver/status.h"

/* The suffix under which a file is written before it takes its place; the stock driver uses it too.
 */
#define ONCE       ".once" /* of a link in autostart, as libvirt has it */
#define UNFINISHED ".new"
#define SUFFIX     ".xml"

static const char *state_directory = RUNSTATEDIR "/lxc";
static const char *config_directory = SYSCONFDIR "/lxc";
static const char *log_directory = LOGDIR "/lxc";

/* A POSIX lock (the kind the stock driver takes) is lost when the process closes any descriptor of
 * the file: nothing else here may ever open driver.pid. */
static int lock_fd = -1;

const char *
store_state_directory(void)
{
    return state_directory;
}

const char *
store_config_directory(void)
{
    return config_directory;
}

const char *
store_log_directory(void)
{
    return log_directory;
}

char *
store_network_pin(const char *name)
{
    return g_strdup_printf("%s/%s.netns", store_state_directory(), name);
}

void
store_use_directories(const char *state, const char *config, const char *log)
{
    state_directory = state;
    config_directory = config;
    log_directory = log;
}

/* A domain's name is used as a file name: it must stay one name in its directory. */
static bool
check_name(const char *name, GError **error)
{
    if (!*name || *name == '.' || strchr(name, '/') ||
        strlen(name) + strlen(SUFFIX UNFINISHED) > NAME_MAX)
        return fail(error, FAILURE_OPERATION_INVALID,
                    "domain name '%s' cannot be a file name: use at most %zu bytes, no '/' and no "
                    "'.' at the start",
                    name, NAME_MAX - strlen(SUFFIX UNFINISHED));
    return true;
}

static char *
path_of(const char *directory, const char *name, const char *suffix)
{
    return g_strdup_printf("%s/%s%s", directory, name, suffix);
}

static char *
autostart_path(const char *name, const char *suffix)
{
    return g_strdup_printf("%s/autostart/%s%s", config_directory, name, suffix);
}

static bool
sync_directory(const char *directory, GError **error)
{
    g_auto(Fd) fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) < 0)
        return fail_errno(error, errno, "cannot write directory '%s' to disk", directory);
    return true;
}

static bool
write_unfinished(const char *path, const char *text, GError **error)
{
    size_t left = strlen(text);
    /* O_EXCL below: whatever lies there, a link included, is from a write that was cut short */
    g_auto(Fd) fd = -1;

    if (unlink(path) < 0 && errno != ENOENT)
        return fail_errno(error, errno, "cannot remove '%s'", path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail_errno(error, errno, "cannot create '%s'", path);
    while (left > 0) {
        ssize_t written = write(fd, text, left);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail_errno(error, errno, "cannot write '%s'", path);
        text += written;
        left -= written;
    }
    if (fsync(fd) < 0)
        return fail_errno(error, errno, "cannot write '%s' to disk", path);
    return true;
}

static bool
replace_file(const char *directory, const char *name, const char *text, GError **error)
{
    g_autofree char *path = path_of(directory, name, SUFFIX);
    g_autofree char *unfinished = path_of(directory, name, SUFFIX UNFINISHED);

    if (!write_unfinished(unfinished, text, error)) {
        unlink(unfinished);
        return false;
    }
    if (rename(unfinished, path) < 0) {
        fail_errno(error, errno, "cannot rename '%s' to '%s'", unfinished, path);
        unlink(unfinished);
        return false;
    }
    return sync_directory(directory, error);
}

/* The shell must read the word as it stands, and a comment cannot hold two dashes in a row. */
static bool
is_plain_word(const char *name)
{
    const char *p;

    for (p = name; *p; p++) {
        if (!g_ascii_isalnum(*p) && !strchr("_.+-", *p))
            return false;
    }
    return *name != '-' && !strstr(name, "--") && p > name && p[-1] != '-';
}

static char *
with_comment(const char *name, const char *uuid, const char *xml)
{
    return g_strdup_printf("<!--\n"
                           "libvirt writes this file; what is changed here by hand gets lost.\n"
                           "To change the domain:\n"
                           "  virsh edit %s\n"
                           "-->\n\n%s",
                           is_plain_word(name) ? name : uuid, xml);
}

bool
store_save_config(const Definition *definition, GError **error)
{
    g_autofree char *xml =
        definition_format(definition, DEFINITION_FORMAT_SECURE | DEFINITION_FORMAT_INACTIVE);
    g_autofree char *text = with_comment(definition->name, definition->uuid, xml);

    return check_name(definition->name, error) &&
           replace_file(config_directory, definition->name, text, error);
}

static bool
remove_file(const char *path, GError **error)
{
    if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
        return fail_errno(error, errno, "cannot remove '%s'", path);
    return true;
}

bool
store_remove_config(const char *name, GError **error)
{
    g_autofree char *config = path_of(config_directory, name, SUFFIX);
    g_autofree char *link = autostart_path(name, SUFFIX);
    g_autofree char *once = autostart_path(name, SUFFIX ONCE);

    /* The links first: one without a definition would be a riddle, the other way round is not. */
    return check_name(name, error) && remove_file(link, error) && remove_file(once, error) &&
           remove_file(config, error) && sync_directory(config_directory, error);
}

static bool
make_directory(const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);

    /* parents belong to libvirt and are shared; only what is ours is closed to others */
    if (g_mkdir_with_parents(parent, 0755) < 0 || (mkdir(path, 0700) < 0 && errno != EEXIST))
        return fail_errno(error, errno, "cannot create directory '%s'", path);
    return true;
}

static bool
make_link(const char *target, const char *path, GError **error)
{
    g_autofree char *unfinished = g_strconcat(path, UNFINISHED, NULL);

    if (!remove_file(unfinished, error))
        return false;
    if (symlink(target, unfinished) < 0)
        return fail_errno(error, errno, "cannot create link '%s' to '%s'", unfinished, target);
    if (rename(unfinished, path) < 0) {
        fail_errno(error, errno, "cannot rename '%s' to '%s'", unfinished, path);
        unlink(unfinished);
        return false;
    }
    return true;
}

static bool
set_link(const char *name, const char *suffix, bool there, GError **error)
{
    g_autofree char *config = path_of(config_directory, name, SUFFIX);
    g_autofree char *directory = g_strconcat(config_directory, "/autostart", NULL);
    g_autofree char *link = autostart_path(name, suffix);

    if (!check_name(name, error))
        return false;
    if (!there)
        return remove_file(link, error);
    return make_directory(directory, error) && make_link(config, link, error) &&
           sync_directory(directory, error);
}

/* Whether the link leads to the definition. */
static bool
has_link(const char *name, const char *suffix)
{
    g_autofree char *config = path_of(config_directory, name, SUFFIX);
    g_autofree char *link = autostart_path(name, suffix);
    struct stat config_stat;
    struct stat link_stat;

    return stat(config, &config_stat) == 0 && stat(link, &link_stat) == 0 &&
           config_stat.st_dev == link_stat.st_dev && config_stat.st_ino == link_stat.st_ino;
}

bool
store_set_autostart(const char *name, bool autostart, GError **error)
{
    return set_link(name, SUFFIX, autostart, error);
}

bool
store_get_autostart(const char *name)
{
    return has_link(name, SUFFIX);
}

bool
store_set_autostart_once(const char *name, bool autostart, GError **error)
{
    return set_link(name, SUFFIX ONCE, autostart, error);
}

bool
store_get_autostart_once(const char *name)
{
    return has_link(name, SUFFIX ONCE);
}

bool
store_save_status(Domain *domain, GError **error)
{
    g_autofree char *xml = status_format(domain);
    g_autofree char *text = with_comment(domain->name, domain->uuid_text, xml);

    return check_name(domain->name, error) &&
           replace_file(state_directory, domain->name, text, error);
}

static void
remove_status_file(const char *path)
{
    g_autoptr(GError) error = NULL;

    if (!remove_file(path, &error))
        report_log("status of a domain", error);
}

void
store_remove_status(const char *name, pid_t pid)
{
    static const char *const suffixes[] = {
        SUFFIX, ".pid", ".sock", ".agent", ".exit", ".exit.new"
    };
    /* the launcher makes pid file and socket under these names, and may be killed before it renames
     * them
     */
    g_autofree char *unfinished_pid = g_strdup_printf("%s/.%d.pid", state_directory, (int)pid);
    g_autofree char *unfinished_sock = g_strdup_printf("%s/.%d.sock", state_directory, (int)pid);
    size_t i;

    if (!check_name(name, NULL))
        return;
    for (i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = path_of(state_directory, name, suffixes[i]);

        remove_status_file(path);
    }
    remove_status_file(unfinished_pid);
    remove_status_file(unfinished_sock);
}

/* Takes the lock on @path. Somebody who leaves removes the file, and a lock on a removed file keeps
 * nobody out: hence the look whether it is still there. */
static int
lock_file(const char *path, GError **error)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    struct stat by_path;
    struct stat by_fd;

    for (;;) {
        g_auto(Fd) fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

        if (fd < 0) {
            fail_errno(error, errno, "cannot open '%s'", path);
            return -1;
        }
        if (fcntl(fd, F_SETLK, &lock) < 0) {
            if (errno == EACCES || errno == EAGAIN)
                fail(error, FAILURE_OPERATION_FAILED,
                     "another daemon's container driver holds '%s': end that daemon first", path);
            else
                fail_errno(error, errno, "cannot lock '%s'", path);
            return -1;
        }
        if (stat(path, &by_path) == 0 && fstat(fd, &by_fd) == 0 && by_path.st_dev == by_fd.st_dev &&
            by_path.st_ino == by_fd.st_ino)
            return fd_steal(&fd);
    }
}

bool
store_open(GError **error)
{
    g_autofree char *path = g_strconcat(state_directory, "/driver.pid", NULL);
    char text[32];
    int length = g_snprintf(text, sizeof(text), "%d\n", (int)getpid());

    if (!make_directory(state_directory, error) || !make_directory(config_directory, error) ||
        !make_directory(log_directory, error))
        return false;
    if (lock_fd < 0 && (lock_fd = lock_file(path, error)) < 0)
        return false;
    if (ftruncate(lock_fd, 0) < 0 || pwrite(lock_fd, text, length, 0) != length) {
        fail_errno(error, errno, "cannot write '%s'", path);
        store_close();
        return false;
    }
    return true;
}

void
store_close(void)
{
    g_autofree char *path = g_strconcat(state_directory, "/driver.pid", NULL);

    if (lock_fd < 0)
        return;
    unlink(path);
    fd_close(&lock_fd);
}

/* Calls @load with every file of @directory that holds a domain, and clears away unfinished ones.
 */
static void
each_file(const char *directory, void (*load)(const char *path, const char *name, void *opaque),
          void *opaque)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) listing = g_dir_open(directory, 0, &error);
    const char *entry;

    if (!listing) {
        if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            report_log(directory, error);
        return;
    }
    while ((entry = g_dir_read_name(listing))) {
        g_autofree char *path = g_build_filename(directory, entry, NULL);
        g_autofree char *name = NULL;

        if (g_str_has_suffix(entry, SUFFIX UNFINISHED))
            unlink(path);
        /* a FIFO or a device of that name would block the daemon */
        if (!g_str_has_suffix(entry, SUFFIX) || !g_file_test(path, G_FILE_TEST_IS_REGULAR))
            continue;
        name = g_strndup(entry, strlen(entry) - strlen(SUFFIX));
        load(path, name, opaque);
    }
}

static bool
check_file_name(const Definition *definition, const char *name, GError **error)
{
    if (!g_str_equal(definition->name, name))
        return fail(error, FAILURE_XML,
                    "the domain in it is named '%s': rename the file to '%s" SUFFIX "'",
                    definition->name, definition->name);
    return true;
}

typedef struct {
    void (*found)(Definition *definition, bool autostart);
} ConfigLoad;

static void
load_config(const char *path, const char *name, void *opaque)
{
    ConfigLoad *load = opaque;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autoptr(Definition) definition = NULL;

    if (!g_file_get_contents(path, &text, NULL, &error) ||
        !(definition = definition_parse(text, host_defaults(),
                                        DEFINITION_INACTIVE | DEFINITION_TRUSTED, &error)) ||
        !check_file_name(definition, name, &error)) {
        g_prefix_error(&error, "'%s' is left as it is: ", path);
        report_log("cannot load a domain", error);
        return;
    }
    load->found(g_steal_pointer(&definition), store_get_autostart(name));
}

void
store_load_configs(void (*found)(Definition *definition, bool autostart))
{
    ConfigLoad load = { found };

    each_file(config_directory, load_config, &load);
}

typedef struct {
    void (*found)(StoredStatus *status);
} StatusLoad;

static void
load_status(const char *path, const char *name, void *opaque)
{
    StatusLoad *load = opaque;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autoptr(StoredStatus) status = NULL;

    if (!g_file_get_contents(path, &text, NULL, &error) || !(status = status_parse(text, &error)) ||
        !check_file_name(status->definition, name, &error)) {
        g_prefix_error(&error, "'%s' is left as it is: ", path);
        report_log("cannot load the status of a domain", error);
        return;
    }
    load->found(g_steal_pointer(&status));
}

void
store_load_statuses(void (*found)(StoredStatus *status))
{
    StatusLoad load = { found };

    each_file(state_directory, load_status, &load);
}
