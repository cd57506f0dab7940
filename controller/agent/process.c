/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guest-exec: a process of the guest's, within its limits and with no more rights than its init. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "controller/agent/agent.h"
#include "controller/exec/exec.h"
#include "controller/kernel.h"
#include "controller/wire/failure.h"
#include "controller/wire/sealed.h"

#define STATE_DIRECTORY RUNSTATEDIR "/lxc"
#define START_SECONDS   20

typedef struct {
    bool output;
    bool errors;
    bool merged;
} Capture;

/* The process's ends and ours. */
typedef struct {
    Fd input;
    Fd output;
    Fd errors;
    Fd from_output;
    Fd from_errors;
} Streams;

static void
streams_clear(Streams *streams)
{
    fd_close(&streams->input);
    fd_close(&streams->output);
    fd_close(&streams->errors);
    fd_close(&streams->from_output);
    fd_close(&streams->from_errors);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Streams, streams_clear)

static bool
parse_capture(const AgentArguments *arguments, Capture *ret_capture, GError **error)
{
    static const struct {
        const char *name;
        Capture capture;
    } kinds[] = {
        { "none", { false, false, false } },  { "stdout", { true, false, false } },
        { "stderr", { false, true, false } }, { "separated", { true, true, false } },
        { "merged", { true, false, true } },
    };
    const char *name = arguments->capture_streams;
    size_t i;

    if (!name)
        name = arguments->capture_output ? "separated" : "none";
    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_equal(kinds[i].name, name)) {
            *ret_capture = kinds[i].capture;
            return true;
        }
    }
    return fail(error, FAILURE_INVALID_ARG, "Parameter 'capture-output' does not accept value '%s'",
                name);
}

/* A file in memory rather than a pipe: nobody has to feed it. */
static int
open_input(const AgentArguments *arguments, GError **error)
{
    g_autofree guchar *bytes = NULL;
    gsize length;
    int fd;

    if (!arguments->input_data) {
        if ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
            fail_errno(error, errno, "cannot open '/dev/null'");
        return fd;
    }
    bytes = g_base64_decode(arguments->input_data, &length);
    fd = sealed_new("input-data", (const char *)bytes, length, error);
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool
open_stream(bool captured, Fd *ret_ours, Fd *ret_theirs, GError **error)
{
    int ends[2];

    if (captured) {
        if (pipe2(ends, O_CLOEXEC) < 0)
            return fail_errno(error, errno, "cannot create a pipe");
        *ret_ours = ends[0];
        *ret_theirs = ends[1];
        return true;
    }
    *ret_theirs = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return *ret_theirs >= 0 || fail_errno(error, errno, "cannot open '/dev/null'");
}

static bool
streams_open(Streams *streams, const AgentArguments *arguments, const Capture *capture,
             GError **error)
{
    if ((streams->input = open_input(arguments, error)) < 0 ||
        !open_stream(capture->output, &streams->from_output, &streams->output, error))
        return false;
    if (!capture->merged)
        return open_stream(capture->errors, &streams->from_errors, &streams->errors, error);
    streams->errors = fcntl(streams->output, F_DUPFD_CLOEXEC, 0);
    return streams->errors >= 0 || fail_errno(error, errno, "cannot merge the streams");
}

static bool
keep_process(Agent *agent, const ExecChild *process, const Streams *streams, GError **error)
{
    AgentChild child = {
        .pid = process->pid,
        .number = process->number,
        .output.truncated = streams->from_output >= 0,
        .errors.truncated = streams->from_errors >= 0,
    };
    int fds[2];
    size_t n = 0;

    if (streams->from_output >= 0)
        fds[n++] = streams->from_output;
    if (streams->from_errors >= 0)
        fds[n++] = streams->from_errors;
    if (agent_keep_process(agent, fds, n, &child, error))
        return true;
    kernel_pidfd_send_signal(process->pidfd, SIGKILL);
    return false;
}

char *
agent_exec(Agent *agent, const AgentArguments *arguments, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + START_SECONDS * G_USEC_PER_SEC;
    /* asked again: it may be suspended by now */
    g_autoptr(Guest) guest = guest_find(STATE_DIRECTORY, agent->guest->name, error);
    g_auto(Streams) streams = { -1, -1, -1, -1, -1 };
    g_auto(ExecChild) process = { -1, -1 };
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    AgentProcess result;
    Capture capture = { false, false, false };
    char **arg;

    if (!guest || !parse_capture(arguments, &capture, error) ||
        !streams_open(&streams, arguments, &capture, error))
        return NULL;
    g_ptr_array_add(args, arguments->path);
    for (arg = arguments->arg; arg && *arg; arg++)
        g_ptr_array_add(args, *arg);
    g_ptr_array_add(args, NULL);
    if (!exec_run(
            &(ExecPlan){
                .guest = guest,
                .args = (char *const *)args->pdata,
                .environment = arguments->env,
                .directory = "/",
                .input = streams.input,
                .output = streams.output,
                .errors = streams.errors,
                .sibling = true,
            },
            deadline, &process, error) ||
        !keep_process(agent, &process, &streams, error))
        return NULL;
    result.pid = process.number;
    return agent_reply_object(&agent_process_type, &result);
}

static char *
encode(const AgentStream *stream)
{
    return stream->bytes && stream->bytes->len
               ? g_base64_encode(stream->bytes->data, stream->bytes->len)
               : NULL;
}

char *
agent_exec_status(Agent *agent, const AgentArguments *arguments, GError **error)
{
    AgentChild *child = agent->children
                            ? g_hash_table_lookup(agent->children, GINT_TO_POINTER(arguments->pid))
                            : NULL;
    AgentProcessStatus status = { .exit_code = AGENT_ABSENT, .signal = AGENT_ABSENT };
    g_autofree char *output = NULL;
    g_autofree char *errors = NULL;

    if (!child) {
        fail(error, FAILURE_INVALID_ARG, "PID %" G_GINT64_FORMAT " does not exist", arguments->pid);
        return NULL;
    }
    if (!child->exited)
        return agent_reply_object(&agent_process_status_type, &status);
    status.exited = true;
    if (WIFEXITED(child->status))
        status.exit_code = WEXITSTATUS(child->status);
    else
        status.signal = WTERMSIG(child->status);
    status.out_data = output = encode(&child->output);
    status.err_data = errors = encode(&child->errors);
    status.out_truncated = child->output.truncated;
    status.err_truncated = child->errors.truncated;
    g_hash_table_remove(agent->children, GINT_TO_POINTER(arguments->pid));
    return agent_reply_object(&agent_process_status_type, &status);
}
