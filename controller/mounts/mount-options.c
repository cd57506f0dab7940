/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the words of OCI mount options to the new mount API. */
#include "controller/mounts/mount-options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

static const struct {
    const char *word;
    uint64_t set;
    uint64_t clear;
} attributes[] = {
    { "ro", MOUNT_ATTR_RDONLY, 0 },
    { "rw", 0, MOUNT_ATTR_RDONLY },
    { "nosuid", MOUNT_ATTR_NOSUID, 0 },
    { "suid", 0, MOUNT_ATTR_NOSUID },
    { "nodev", MOUNT_ATTR_NODEV, 0 },
    { "dev", 0, MOUNT_ATTR_NODEV },
    { "noexec", MOUNT_ATTR_NOEXEC, 0 },
    { "exec", 0, MOUNT_ATTR_NOEXEC },
    { "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 },
    { "symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW },
    { "nodiratime", MOUNT_ATTR_NODIRATIME, 0 },
    { "diratime", 0, MOUNT_ATTR_NODIRATIME },
    { "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
    { "relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
    { "strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
};

static const struct {
    const char *word;
    uint64_t propagation;
    bool recursive;
} bindings[] = {
    { "bind", 0, false },
    { "rbind", 0, true },
    { "private", MS_PRIVATE, false },
    { "rprivate", MS_PRIVATE, false },
    { "slave", MS_SLAVE, false },
    { "rslave", MS_SLAVE, false },
    { "shared", MS_SHARED, false },
    { "rshared", MS_SHARED, false },
    { "unbindable", MS_UNBINDABLE, false },
    { "runbindable", MS_UNBINDABLE, false },
};

static bool
take_attribute(MountOptions *options, const char *word)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(attributes); i++) {
        if (g_str_equal(attributes[i].word, word)) {
            /* the later word wins */
            options->set = (options->set & ~attributes[i].clear) | attributes[i].set;
            options->clear = (options->clear & ~attributes[i].set) | attributes[i].clear;
            return true;
        }
    }
    return false;
}

static bool
take_binding(MountOptions *options, const char *word)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(bindings); i++) {
        if (g_str_equal(bindings[i].word, word)) {
            options->recursive |= bindings[i].recursive;
            if (bindings[i].propagation)
                options->propagation = bindings[i].propagation;
            return true;
        }
    }
    return false;
}

void
mount_options_init(MountOptions *options, const char *const *words)
{
    *options = (MountOptions){ .propagation = MS_SLAVE, .data = g_ptr_array_new() };
    for (; words && *words; words++) {
        if (g_str_equal(*words, "nofail"))
            options->optional = true;
        else if (g_str_equal(*words, "idmap") || g_str_equal(*words, "ridmap"))
            options->idmap = true;
        else if (!take_attribute(options, *words) && !take_binding(options, *words))
            g_ptr_array_add(options->data, (gpointer)*words);
    }
}

void
mount_options_clear(MountOptions *options)
{
    g_clear_pointer(&options->data, g_ptr_array_unref);
}

/* The kernel explains itself through the file system context: "e tmpfs: Bad value for 'size'". */
static bool
fail_context(GError **error, int errnum, int context, const char *what)
{
    char reason[256];
    ssize_t n = read(context, reason, sizeof(reason) - 1);

    if (n <= 2)
        return fail_errno(error, errnum, "cannot %s", what);
    reason[n] = '\0';
    return fail(error, FAILURE_SYSTEM, "cannot %s: %s (%s)", what, g_strchomp(reason) + 2,
                g_strerror(errnum));
}

static bool
context_configure(int context, const MountOptions *options, GError **error)
{
    guint i;

    for (i = 0; i < options->data->len; i++) {
        const char *word = g_ptr_array_index(options->data, i);
        const char *value = strchr(word, '=');
        g_autofree char *key = value ? g_strndup(word, value - word) : g_strdup(word);
        int result;

        if (value)
            result = fsconfig(context, FSCONFIG_SET_STRING, key, value + 1, 0);
        else
            result = fsconfig(context, FSCONFIG_SET_FLAG, key, NULL, 0);
        if (result < 0) {
            int saved = errno;
            g_autofree char *what = g_strdup_printf("use the mount option '%s'", word);

            return fail_context(error, saved, context, what);
        }
    }
    return true;
}

/* The mount itself, of a file system that is there. */
static int
context_mount(int context, const MountOptions *options, GError **error)
{
    int fd = fsmount(context, FSMOUNT_CLOEXEC, options->set);

    if (fd < 0)
        fail_context(error, errno, context, "mount the file system");
    return fd;
}

static int
context_open(const char *type, const char *source, GError **error)
{
    g_auto(Fd) context = fsopen(type, FSOPEN_CLOEXEC);

    if (context < 0) {
        if (errno == ENODEV)
            fail(error, FAILURE_SYSTEM, "this kernel has no file system of type '%s'", type);
        else
            fail_errno(error, errno, "cannot make a file system of type '%s'", type);
        return -1;
    }
    if (fsconfig(context, FSCONFIG_SET_STRING, "source", source, 0) < 0) {
        fail_context(error, errno, context, "set the source");
        return -1;
    }
    return fd_steal(&context);
}

int
mount_create(const char *type, const MountOptions *options, GError **error)
{
    /* the source is what /proc/mounts shows in the first column */
    g_auto(Fd) context = context_open(type, type, error);

    if (context < 0 || !context_configure(context, options, error))
        return -1;
    if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
        fail_context(error, errno, context, "make the file system");
        return -1;
    }
    return context_mount(context, options, error);
}

/* *ret_busy: it is mounted already, and not read-only */
static int
create_on(const char *type, const char *device, const MountOptions *options, bool *ret_busy,
          GError **error)
{
    bool readonly = (options->set & MOUNT_ATTR_RDONLY) && !*ret_busy;
    g_auto(Fd) context = context_open(type, device, error);

    *ret_busy = false;
    if (context < 0 || !context_configure(context, options, error))
        return -1;
    if (readonly && fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0) {
        fail_context(error, errno, context, "make the file system read-only");
        return -1;
    }
    if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
        g_autofree char *what = g_strdup_printf("mount its file system of type '%s'", type);

        *ret_busy = readonly && errno == EBUSY;
        fail_context(error, errno, context, what);
        return -1;
    }
    return context_mount(context, options, error);
}

int
mount_create_on(const char *type, const char *device, const MountOptions *options, GError **error)
{
    g_autoptr(GError) local = NULL;
    bool busy = false;
    int fd = create_on(type, device, options, &busy, &local);

    if (fd < 0 && busy)
        return create_on(type, device, options, &busy, error);
    if (fd < 0)
        g_propagate_error(error, g_steal_pointer(&local));
    return fd;
}

bool
mount_adjust(int fd, const MountOptions *options, GError **error)
{
    struct mount_attr attributes_of_mount = {
        .attr_set = options->set,
        .attr_clr = options->clear,
        .propagation = options->propagation,
    };
    unsigned flags = AT_EMPTY_PATH | (options->recursive ? AT_RECURSIVE : 0);

    if (mount_setattr(fd, "", flags, &attributes_of_mount, sizeof(attributes_of_mount)) < 0)
        return fail_errno(error, errno, "cannot set the attributes of the mount");
    return true;
}
