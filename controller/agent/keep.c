/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lives between calls: processes and their output, file handles, frozen file systems. */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "controller/agent/agent.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"

#define CHILDREN_MAX 64
#define HANDLES_MAX  64

static void
stream_end(AgentStream *stream)
{
    if (stream->watch)
        g_source_remove(stream->watch);
    stream->watch = 0;
    fd_close(&stream->fd);
}

/* False: nothing more to be had now, or ever. */
static bool
stream_take(AgentStream *stream)
{
    guint8 block[16384];
    ssize_t n = read(stream->fd, block, sizeof(block));
    size_t room = AGENT_OUTPUT_MAX - stream->bytes->len;

    if (n <= 0)
        return n < 0 && errno == EINTR;
    g_byte_array_append(stream->bytes, block, MIN((size_t)n, room));
    stream->truncated = stream->truncated || (size_t)n > room;
    return true;
}

static gboolean
stream_ready(gint fd, GIOCondition condition, gpointer data)
{
    AgentStream *stream = data;

    if (stream_take(stream) || errno == EAGAIN)
        return G_SOURCE_CONTINUE;
    stream->watch = 0;
    fd_close(&stream->fd);
    return G_SOURCE_REMOVE;
}

static void
stream_begin(AgentStream *stream, int fd)
{
    stream->fd = fd;
    if (fd < 0)
        return;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    stream->bytes = g_byte_array_new();
    stream->watch = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP, stream_ready, stream);
}

static void
stream_clear(AgentStream *stream)
{
    stream_end(stream);
    if (stream->bytes)
        g_byte_array_unref(stream->bytes);
}

static void
child_free(gpointer data)
{
    AgentChild *child = data;

    stream_clear(&child->output);
    stream_clear(&child->errors);
    g_free(child);
}

/* Others may have inherited its streams: what it wrote itself is in them by now. */
static void
child_end(AgentChild *child, int status)
{
    child->exited = true;
    child->status = status;
    while (child->output.fd >= 0 && stream_take(&child->output))
        ;
    while (child->errors.fd >= 0 && stream_take(&child->errors))
        ;
    stream_end(&child->output);
    stream_end(&child->errors);
}

void
agent_child_ended(Agent *agent, pid_t pid, int status)
{
    GHashTableIter at;
    gpointer value;

    if (agent->children) {
        g_hash_table_iter_init(&at, agent->children);
        while (g_hash_table_iter_next(&at, NULL, &value)) {
            AgentChild *child = value;

            if (child->pid == pid && !child->exited) {
                child_end(child, status);
                return;
            }
        }
    }
    /* a query has not told of it yet; or it was one that went between, of which nobody will */
    if (!agent->statuses)
        agent->statuses = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(agent->statuses, GINT_TO_POINTER(pid), GINT_TO_POINTER(status));
}

static bool
keep_process(Agent *agent, const MessageParameters *told, GArray *fds, GError **error)
{
    AgentChild *child;
    gpointer status;
    size_t next = 0;

    if (!agent->children)
        agent->children = g_hash_table_new_full(NULL, NULL, NULL, child_free);
    if (g_hash_table_size(agent->children) >= CHILDREN_MAX)
        return fail(error, FAILURE_OPERATION_FAILED,
                    "%d processes run or wait for guest-exec-status: ask how they ended",
                    CHILDREN_MAX);
    child = g_new0(AgentChild, 1);
    child->pid = told->init_pid;
    child->number = told->number;
    stream_begin(&child->output, told->force ? message_take_fd(fds, next++) : -1);
    stream_begin(&child->errors, told->safe ? message_take_fd(fds, next++) : -1);
    g_hash_table_replace(agent->children, GINT_TO_POINTER(child->number), child);
    if (agent->statuses &&
        g_hash_table_steal_extended(agent->statuses, GINT_TO_POINTER(child->pid), NULL, &status))
        child_end(child, GPOINTER_TO_INT(status));
    return true;
}

static void
close_handle(gpointer data)
{
    close(GPOINTER_TO_INT(data));
}

static bool
keep_handle(Agent *agent, int fd, int64_t *ret_number, GError **error)
{
    if (!agent->handles)
        agent->handles = g_hash_table_new_full(NULL, NULL, NULL, close_handle);
    if (g_hash_table_size(agent->handles) >= HANDLES_MAX) {
        close(fd);
        return fail(error, FAILURE_OPERATION_FAILED, "%d files are open: close some", HANDLES_MAX);
    }
    *ret_number = ++agent->next_handle;
    g_hash_table_insert(agent->handles, GINT_TO_POINTER(*ret_number), GINT_TO_POINTER(fd));
    return true;
}

static bool
keep(Agent *agent, const Message *call, GArray *fds, int64_t *ret_number, GError **error)
{
    guint i;

    if (g_strcmp0(call->method, "Process") == 0)
        return keep_process(agent, call->parameters, fds, error);
    if (g_strcmp0(call->method, "Handle") == 0 && fds)
        return keep_handle(agent, message_take_fd(fds, 0), ret_number, error);
    if (g_strcmp0(call->method, "Frozen") == 0 && fds) {
        for (i = 0; i < fds->len; i++) {
            int fd = message_take_fd(fds, i);

            g_array_append_val(agent->frozen, fd);
        }
        return true;
    }
    if (g_strcmp0(call->method, "Thawed") == 0) {
        g_array_set_size(agent->frozen, 0);
        return true;
    }
    return fail(error, FAILURE_INTERNAL, "'%s' is nothing to keep", call->method);
}

void
agent_kept(Agent *agent, int home)
{
    g_autoptr(GArray) fds = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Message) call = message_receive(home, 0, &fds, NULL);
    g_autoptr(Message) reply = NULL;
    int64_t number = 0;

    if (!call)
        return;
    if (keep(agent, call, fds, &number, &error))
        reply = message_new_reply();
    else
        reply = message_new_error(error);
    reply->parameters->number = number;
    message_send(home, reply, NULL, 0, 0, NULL);
}

void
agent_thaw(Agent *agent)
{
    guint i;

    for (i = 0; i < agent->frozen->len; i++)
        ioctl(g_array_index(agent->frozen, Fd, i), FITHAW, 0);
    g_array_set_size(agent->frozen, 0);
}

static gboolean
is_running(gpointer key, gpointer value, gpointer data)
{
    return !((AgentChild *)value)->exited;
}

bool
agent_is_idle(const Agent *agent)
{
    return !(agent->children && g_hash_table_find(agent->children, is_running, NULL)) &&
           !(agent->queries && g_hash_table_size(agent->queries)) && agent->frozen->len == 0;
}
