/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guest-file-*: plain files of the guest, by handles. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "controller/agent/agent.h"
#include "controller/kernel.h"
#include "controller/wire/failure.h"

#define LIMITS       (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define READ_DEFAULT 4096

static const struct {
    const char *mode; /* of fopen(), without its b */
    int flags;
} modes[] = {
    { "r", O_RDONLY },
    { "w", O_WRONLY | O_CREAT | O_TRUNC },
    { "a", O_WRONLY | O_CREAT | O_APPEND },
    { "r+", O_RDWR },
    { "w+", O_RDWR | O_CREAT | O_TRUNC },
    { "a+", O_RDWR | O_CREAT | O_APPEND },
};

static bool
parse_mode(const char *text, int *ret_flags, GError **error)
{
    g_autofree char *plain = g_strdup(text ? text : "r");
    char *from;
    char *to = plain;
    size_t i;

    for (from = plain; *from; from++) {
        if (*from != 'b' || from == plain)
            *to++ = *from;
    }
    *to = '\0';
    for (i = 0; i < G_N_ELEMENTS(modes); i++) {
        if (g_str_equal(modes[i].mode, plain)) {
            *ret_flags = modes[i].flags;
            return true;
        }
    }
    return fail(error, FAILURE_INVALID_ARG, "invalid file open mode '%s'", text);
}

static bool
check_plain(int fd, const char *path, GError **error)
{
    struct stat status;
    struct statfs system;

    if (fstat(fd, &status) < 0 || fstatfs(fd, &system) < 0)
        return fail_errno(error, errno, "cannot look at '%s'", path);
    if (!S_ISREG(status.st_mode))
        return fail(error, FAILURE_INVALID_ARG, "'%s' is not a plain file", path);
    if (system.f_type == FUSE_SUPER_MAGIC)
        return fail(error, FAILURE_INVALID_ARG,
                    "'%s' is on a FUSE file system, whose server in the guest could hang us", path);
    return true;
}

/* What is no plain file is not even opened, which could have an effect. */
static int
open_plain(int root, const char *path, int flags, GError **error)
{
    g_auto(Fd) place = kernel_openat2(root, path, O_PATH | O_CLOEXEC, 0, LIMITS);
    g_auto(Fd) fd = -1;

    if (place >= 0 && !check_plain(place, path, error))
        return -1;
    fd = kernel_openat2(root, path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                        flags & O_CREAT ? 0666 : 0, LIMITS);
    if (fd < 0) {
        fail_errno(error, errno, "failed to open file '%s'", path);
        return -1;
    }
    return check_plain(fd, path, error) ? fd_steal(&fd) : -1;
}

char *
agent_file_open(Agent *agent, const AgentArguments *arguments, GError **error)
{
    g_auto(Fd) root = -1;
    g_auto(Fd) fd = -1;
    int64_t number;
    int flags = 0;

    if (!parse_mode(arguments->mode, &flags, error) || (root = agent_enter(agent, error)) < 0)
        return NULL;
    umask(022);
    if ((fd = open_plain(root, arguments->path, flags, error)) < 0 ||
        (number = agent_keep(agent, "Handle", &fd, 1, error)) < 0)
        return NULL;
    return agent_reply_number(number);
}

static int
find_handle(Agent *agent, const AgentArguments *arguments, GError **error)
{
    gpointer fd;

    if (agent->handles &&
        g_hash_table_lookup_extended(agent->handles, GINT_TO_POINTER(arguments->handle), NULL, &fd))
        return GPOINTER_TO_INT(fd);
    fail(error, FAILURE_INVALID_ARG, "handle '%" G_GINT64_FORMAT "' has not been found",
         arguments->handle);
    return -1;
}

char *
agent_file_close(Agent *agent, const AgentArguments *arguments, GError **error)
{
    if (find_handle(agent, arguments, error) < 0)
        return NULL;
    g_hash_table_remove(agent->handles, GINT_TO_POINTER(arguments->handle));
    return agent_reply_nothing();
}

static char *
reply_transfer(const AgentTransfer *transfer)
{
    return agent_reply_object(&agent_transfer_type, (AgentTransfer *)transfer);
}

char *
agent_file_read(Agent *agent, const AgentArguments *arguments, GError **error)
{
    int64_t count = arguments->count == AGENT_ABSENT ? READ_DEFAULT : arguments->count;
    int fd = find_handle(agent, arguments, error);
    AgentTransfer transfer = { .position = AGENT_ABSENT };
    g_autofree guchar *bytes = NULL;
    g_autofree char *text = NULL;
    ssize_t n = 1;

    if (fd < 0)
        return NULL;
    if (count < 0) {
        fail(error, FAILURE_INVALID_ARG,
             "value '%" G_GINT64_FORMAT "' is invalid for argument "
             "count",
             count);
        return NULL;
    }
    count = MIN(count, AGENT_READ_MAX);
    bytes = g_malloc(count + 1);
    while (transfer.count < count &&
           (n = read(fd, bytes + transfer.count, count - transfer.count)) > 0)
        transfer.count += n;
    if (n < 0) {
        fail_errno(error, errno, "failed to read file");
        return NULL;
    }
    transfer.eof = n == 0 && count > 0;
    transfer.buf = text = g_base64_encode(bytes, transfer.count);
    return reply_transfer(&transfer);
}

char *
agent_file_write(Agent *agent, const AgentArguments *arguments, GError **error)
{
    int fd = find_handle(agent, arguments, error);
    AgentTransfer transfer = { .position = AGENT_ABSENT };
    g_autofree guchar *bytes = NULL;
    gsize length;
    int64_t count;
    ssize_t n;

    if (fd < 0)
        return NULL;
    bytes = g_base64_decode(arguments->buf, &length);
    count = arguments->count == AGENT_ABSENT ? (int64_t)length : arguments->count;
    if (count < 0 || count > (int64_t)length) {
        fail(error, FAILURE_INVALID_ARG,
             "value '%" G_GINT64_FORMAT "' is invalid for argument "
             "count",
             count);
        return NULL;
    }
    while (transfer.count < count) {
        if ((n = write(fd, bytes + transfer.count, count - transfer.count)) < 0) {
            fail_errno(error, errno, "failed to write to file");
            return NULL;
        }
        transfer.count += n;
    }
    return reply_transfer(&transfer);
}

static bool
parse_whence(const AgentArguments *arguments, int *ret_whence, GError **error)
{
    static const char *const names[] = { "set", "cur", "end" };
    static const int values[] = { SEEK_SET, SEEK_CUR, SEEK_END };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        if (arguments->whence == (int64_t)i || g_strcmp0(arguments->whence_name, names[i]) == 0) {
            *ret_whence = values[i];
            return true;
        }
    }
    return fail(error, FAILURE_INVALID_ARG, "invalid whence: it is 0, 1 or 2, or set, cur or end");
}

char *
agent_file_seek(Agent *agent, const AgentArguments *arguments, GError **error)
{
    int fd = find_handle(agent, arguments, error);
    AgentTransfer transfer = { .count = AGENT_ABSENT };
    int whence = SEEK_SET;

    if (fd < 0 || !parse_whence(arguments, &whence, error))
        return NULL;
    if ((transfer.position = lseek(fd, arguments->offset, whence)) < 0) {
        fail_errno(error, errno, "failed to seek file");
        return NULL;
    }
    return reply_transfer(&transfer);
}

char *
agent_file_flush(Agent *agent, const AgentArguments *arguments, GError **error)
{
    int fd = find_handle(agent, arguments, error);

    if (fd < 0)
        return NULL;
    if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS) {
        fail_errno(error, errno, "failed to flush file");
        return NULL;
    }
    return agent_reply_nothing();
}
