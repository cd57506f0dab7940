/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The launcher's part, played for tests. */
#include "tests/controller/keeper/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "controller/wire/handover.h"

#define PATIENCE (5 * G_USEC_PER_SEC)

typedef struct {
    int guest;
    int guest_slave;
    int host;
    int client;
    int listener;
    int directory;
    int report; /* pid of init goes here */
} Parts;

bool
guest_impossible(void)
{
    if (geteuid() == 0 && g_getenv("KEEPER"))
        return false;
    g_test_skip("needs root, and the variable KEEPER");
    return true;
}

static void
keep_open(int fd)
{
    g_assert_cmpint(fcntl(fd, F_SETFD, 0), ==, 0);
}

/* A program that does nothing and dies of every signal. */
static pid_t
init_fork(const GuestOptions *options)
{
    g_autofree char *procs = NULL;
    pid_t parent = getpid();
    int ready[2];
    pid_t pid;
    char byte;

    g_assert_cmpint(pipe2(ready, O_CLOEXEC), ==, 0);
    if ((pid = fork()) != 0) {
        /* not before it would die with us: a test may stop it at once */
        close(ready[1]);
        g_assert_cmpint(read(ready[0], &byte, 1), ==, 0);
        close(ready[0]);
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    close(ready[0]);
    close(ready[1]);
    signal(SIGHUP, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGSEGV, SIG_DFL); /* sanitizers handle it */
    if (options->freezer) {
        int fd;

        procs = g_build_filename(options->freezer, "cgroup.procs", NULL);
        if ((fd = open(procs, O_WRONLY | O_CLOEXEC)) >= 0 && write(fd, "0", 1) != 1)
            _exit(1);
    }
    if (options->init_exits)
        _exit(7);
    for (;;)
        pause();
}

static KeeperState *
state_new(const Guest *guest, const GuestOptions *options, const Parts *parts, pid_t init)
{
    KeeperState *state = keeper_state_new();
    KeeperConsole *console = json_new(&keeper_console_type);

    console->alias = g_strdup("console0");
    console->guest = parts->guest;
    console->host = parts->host;
    console->path = g_strdup(guest->host_path);
    g_ptr_array_add(state->consoles, console);

    state->name = g_strdup("heron");
    state->init_pid = init;
    state->init_pidfd = syscall(SYS_pidfd_open, init, 0);
    state->client = parts->client;
    state->listener = parts->listener;
    state->state_directory = parts->directory;
    state->freezer = -1;
    state->memory = options->memory ? options->memory : -1;
    state->memory_version = 1;
    if (options->freezer)
        state->freezer = open(options->freezer, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    state->freezer_version = options->freezer_version;
    state->cgroup = g_strdup("/machine/lxc-1-heron.libvirt-lxc");
    state->paused = options->paused;
    state->continue_pending = true;
    return state;
}

/* In the child that becomes the keeper. */
static void
launch(const Guest *guest, const GuestOptions *options, const Parts *parts)
{
    g_autoptr(KeeperState) state = NULL;
    pid_t init;
    int fd;

    /* a test that fails must not leave a keeper behind */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    init = init_fork(options);
    g_assert_cmpint(write(parts->report, &init, sizeof(init)), ==, sizeof(init));
    if (options->stray_child && fork() == 0)
        _exit(3);
    state = state_new(guest, options, parts, init);
    keep_open(parts->guest);
    keep_open(parts->host);
    keep_open(parts->client);
    keep_open(parts->listener);
    keep_open(parts->directory);
    keep_open(state->init_pidfd);
    if (state->freezer >= 0)
        keep_open(state->freezer);
    if (options->ignore_children)
        signal(SIGCHLD, SIG_IGN);

    fd = keeper_state_seal(state, NULL);
    g_assert_cmpint(dup2(fd, HANDOVER_FD), ==, HANDOVER_FD);
    execl(g_getenv("KEEPER"), "libvirt_lxc", "--name", "heron", "--keeper", NULL);
    _exit(127);
}

/* Raw, and with the slave closed once: only then does the master report a hang-up. */
static int
pty_open(int *ret_slave, char **ret_path)
{
    struct termios mode;
    char path[64];
    int master;
    int slave;

    g_assert_cmpint(openpty(&master, &slave, path, NULL, NULL), ==, 0);
    tcgetattr(slave, &mode);
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(slave, F_SETFD, FD_CLOEXEC);
    /* out of the way of HANDOVER_FD */
    g_assert_cmpint(master, !=, HANDOVER_FD);
    if (ret_path)
        *ret_path = g_strdup(path);
    *ret_slave = slave;
    return master;
}

static int
socket_listen(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_cmpint(listen(fd, 16), ==, 0);
    return fd;
}

static void
parts_close(Parts *parts)
{
    close(parts->guest);
    close(parts->host);
    close(parts->client);
    close(parts->listener);
    close(parts->directory);
    close(parts->report);
}

Guest *
guest_start(const GuestOptions *options)
{
    static const GuestOptions none = { 0 };
    g_autofree char *pid_path = NULL;
    g_autoptr(Message) reply = NULL;
    g_autoptr(GError) error = NULL;
    Guest *guest = g_new0(Guest, 1);
    Parts parts;
    int pair[2];
    int report[2];
    int host_slave;
    int reserve = fcntl(0, F_DUPFD_CLOEXEC, HANDOVER_FD);

    guest->directory = g_dir_make_tmp("keeper-XXXXXX", NULL);
    guest->socket_path = g_build_filename(guest->directory, "heron.sock", NULL);
    pid_path = g_build_filename(guest->directory, "heron.pid", NULL);
    g_assert_true(g_file_set_contents(pid_path, "1\n", -1, NULL));
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), ==, 0);
    g_assert_cmpint(pipe2(report, O_CLOEXEC), ==, 0);
    parts.guest = pty_open(&guest->console, &guest->console_path);
    parts.host = pty_open(&host_slave, &guest->host_path);
    close(host_slave);
    parts.client = pair[1];
    parts.listener = socket_listen(guest->socket_path);
    parts.directory = open(guest->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    parts.report = report[1];
    guest->client = pair[0];

    if ((guest->keeper = fork()) == 0)
        launch(guest, options ? options : &none, &parts);
    parts_close(&parts);
    close(reserve);
    g_assert_cmpint(read(report[0], &guest->init, sizeof(pid_t)), ==, sizeof(pid_t));
    close(report[0]);

    reply = message_receive(guest->client, g_get_monotonic_time() + PATIENCE, NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(reply);
    g_assert_null(reply->error);
    g_assert_cmpint(reply->parameters->init_pid, ==, guest->init);
    return guest;
}

static void
directory_remove(const char *path)
{
    GDir *directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        g_unlink(file);
    }
    g_clear_pointer(&directory, g_dir_close);
    g_rmdir(path);
}

void
guest_free(Guest *guest)
{
    if (!guest)
        return;
    if (guest->keeper > 0) {
        kill(guest->keeper, SIGKILL);
        waitpid(guest->keeper, NULL, 0);
    }
    close(guest->client);
    if (guest->console >= 0)
        close(guest->console);
    directory_remove(guest->directory);
    g_free(guest->console_path);
    g_free(guest->host_path);
    g_free(guest->directory);
    g_free(guest->socket_path);
    g_free(guest);
}

int
guest_connect(const Guest *guest)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, guest->socket_path, sizeof(address.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    return fd;
}

Message *
call_answer(int client, Message *call, int *ret_fd)
{
    gint64 deadline = g_get_monotonic_time() + 4 * PATIENCE;
    g_autoptr(GArray) fds = NULL;
    g_autoptr(GError) error = NULL;
    Message *answer;

    message_send(client, call, NULL, 0, deadline, &error);
    g_assert_no_error(error);
    message_free(call);
    answer = message_receive(client, deadline, &fds, &error);
    g_assert_no_error(error);
    g_assert_nonnull(answer);
    g_assert_null(answer->event);
    if (ret_fd)
        *ret_fd = message_take_fd(fds, 0);
    return answer;
}

Message *
call_succeeds(int client, const char *method, int *ret_fd)
{
    Message *answer = call_answer(client, message_new_call(method), ret_fd);

    g_assert_cmpstr(answer->parameters->message, ==, NULL);
    g_assert_cmpstr(answer->error, ==, NULL);
    return answer;
}

void
call_fails(int client, Message *call, const char *code, const char *part)
{
    g_autoptr(Message) answer = call_answer(client, call, NULL);

    g_assert_cmpstr(answer->error, ==, code);
    g_assert_nonnull(answer->parameters->message);
    if (!strstr(answer->parameters->message, part))
        g_assert_cmpstr(answer->parameters->message, ==, part);
}

Message *
event_exited(int client)
{
    g_autoptr(GError) error = NULL;
    Message *event = message_receive(client, g_get_monotonic_time() + PATIENCE, NULL, &error);

    g_assert_no_error(error);
    g_assert_nonnull(event);
    g_assert_cmpstr(event->event, ==, "exited");
    return event;
}

int
console_attach(int client, const char *alias, bool force)
{
    g_autoptr(Message) answer = NULL;
    Message *call = message_new_call("OpenConsole");
    int fd;

    call->parameters->alias = g_strdup(alias);
    call->parameters->force = force;
    answer = call_answer(client, call, &fd);
    g_assert_cmpstr(answer->parameters->message, ==, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, !=, 0);
    return fd;
}

void
expect_text(int fd, const char *text)
{
    gint64 deadline = g_get_monotonic_time() + PATIENCE;
    g_autoptr(GString) seen = g_string_new(NULL);
    char buffer[4096];

    while (!strstr(seen->str, text)) {
        struct pollfd watch = { .fd = fd, .events = POLLIN };
        gint64 left = deadline - g_get_monotonic_time();
        ssize_t n;

        if (left <= 0 || poll(&watch, 1, left / 1000 + 1) <= 0)
            break;
        if ((n = read(fd, buffer, sizeof(buffer))) <= 0)
            break;
        g_string_append_len(seen, buffer, n);
    }
    if (!strstr(seen->str, text))
        g_assert_cmpstr(seen->str, ==, text);
}

void
guest_left(Guest *guest, int status)
{
    gint64 deadline = g_get_monotonic_time() + PATIENCE;
    int result = -1;

    while (waitpid(guest->keeper, &result, WNOHANG) == 0) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(1000);
    }
    guest->keeper = 0;
    g_assert_true(WIFEXITED(result));
    g_assert_cmpint(WEXITSTATUS(result), ==, status);
}

/* What follows the name in /proc/PID/stat; NULL: no such process. */
static char *
process_stat(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    return g_strdup(strrchr(text, ')') + 2);
}

guint64
process_milliseconds(pid_t pid)
{
    g_autofree char *stat = process_stat(pid);
    g_auto(GStrv) words = NULL;

    g_assert_nonnull(stat);
    /* the state is word 0, utime and stime are 11 and 12 */
    words = g_strsplit(stat, " ", -1);
    return (g_ascii_strtoull(words[11], NULL, 10) + g_ascii_strtoull(words[12], NULL, 10)) * 1000 /
           sysconf(_SC_CLK_TCK);
}

char
process_state(pid_t pid)
{
    g_autofree char *stat = process_stat(pid);

    return stat ? stat[0] : '\0';
}
