/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The socket of the server lies in a file system that is mounted nowhere, and is that of the
 * server's root later on: nobody else ever finds it.
 *
 * The handshake is that of the NBD protocol, doc/proto.md: "fixed newstyle", one export without a
 * name.
 */
#include "controller/mounts/nbd-server.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/mounts/mount-options.h"
#include "controller/mounts/nbd-sandbox.h"
#include "controller/wire/failure.h"

#define PROGRAM       "/usr/bin/qemu-nbd"
#define LISTEN_FD     3 /* sd_listen_fds(3) */
#define ANSWER_MS     10000
#define WORDS_MAX     1024
#define GREETING      UINT64_C(0x4e42444d41474943) /* "NBDMAGIC" */
#define OPTIONS_MAGIC UINT64_C(0x49484156454f5054) /* "IHAVEOPT" */
#define FIXED         (1 << 0)                     /* of both sides' flags */
#define NO_ZEROES     (1 << 1)
#define EXPORT_NAME   1 /* the option that ends the handshake */
#define ZEROES        124

typedef struct {
    const Image *image;
    int file;
    int root;     /* of the server: an empty tmpfs, mounted nowhere */
    int listener; /* a socket in it */
    int words;    /* where the server's errors go */
} Start;

/* The socket is found once, here. */
static int
listen_in(int root, Fd *ret_client, GError **error)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_auto(Fd) listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_auto(Fd) client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/nbd", root);
    if (listener < 0 || client < 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, 1) < 0 ||
        connect(client, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        unlinkat(root, "nbd", 0) < 0) {
        fail_errno(error, errno, "cannot make a socket for '" PROGRAM "'");
        return -1;
    }
    *ret_client = fd_steal(&client);
    return fd_steal(&listener);
}

static GPtrArray *
arguments(const Image *image)
{
    GPtrArray *argv = g_ptr_array_new();

    g_ptr_array_add(argv, (gpointer)PROGRAM);
    g_ptr_array_add(argv, (gpointer) "--format");
    g_ptr_array_add(argv, (gpointer)image->format);
    g_ptr_array_add(argv, (gpointer)(image->readonly ? "--read-only" : "--discard=unmap"));
    if (image->direct)
        g_ptr_array_add(argv, (gpointer) "--cache=none");
    g_ptr_array_add(argv, (gpointer) "--");
    return argv;
}

G_NORETURN static void
become_server(const Start *start)
{
    g_autofree char *pid = g_strdup_printf("LISTEN_PID=%d", (int)getpid());
    char *environment[] = { pid, (char *)"LISTEN_FDS=1", NULL };
    g_autoptr(GPtrArray) argv = arguments(start->image);
    g_autoptr(GError) error = NULL;
    char *path;

    dup2(start->words, STDOUT_FILENO);
    dup2(start->words, STDERR_FILENO);
    if (!(path = nbd_sandbox_enter(start->root, start->file, start->image->readonly, &error))) {
        g_printerr("%s\n", error->message);
        _exit(EXIT_FAILURE);
    }
    g_ptr_array_add(argv, path);
    g_ptr_array_add(argv, NULL);
    if (start->listener == LISTEN_FD)
        fcntl(LISTEN_FD, F_SETFD, 0);
    else
        dup2(start->listener, LISTEN_FD);
    execve(PROGRAM, (char **)argv->pdata, environment);
    g_printerr("cannot execute '" PROGRAM "': %s\n", g_strerror(errno));
    _exit(EXIT_FAILURE);
}

static bool
await(int socket, GError **error)
{
    struct pollfd answer = { .fd = socket, .events = POLLIN };

    if (poll(&answer, 1, ANSWER_MS) == 1)
        return true;
    return fail(error, FAILURE_OPERATION_TIMEOUT, "'" PROGRAM "' has not answered in %d s",
                ANSWER_MS / 1000);
}

static bool
receive(int socket, void *data, size_t size, GError **error)
{
    char *place = data;

    while (size > 0) {
        ssize_t n;

        if (!await(socket, error))
            return false;
        n = recv(socket, place, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(error, FAILURE_OPERATION_FAILED, "'" PROGRAM "' has ended");
        place += n;
        size -= n;
    }
    return true;
}

static bool
shake_hands(NbdServer *server, GError **error)
{
    struct __attribute__((packed)) {
        uint64_t greeting;
        uint64_t magic;
        uint16_t flags;
    } hello;
    struct __attribute__((packed)) {
        uint32_t flags;
        uint64_t magic;
        uint32_t option;
        uint32_t length;
    } choice;
    struct __attribute__((packed)) {
        uint64_t size;
        uint16_t flags;
    } export;
    char zeroes[ZEROES];
    uint32_t flags;

    if (!receive(server->socket, &hello, sizeof(hello), error))
        return false;
    if (be64toh(hello.greeting) != GREETING || be64toh(hello.magic) != OPTIONS_MAGIC)
        return fail(error, FAILURE_OPERATION_FAILED, "'" PROGRAM "' does not speak NBD");
    flags = be16toh(hello.flags) & (FIXED | NO_ZEROES);
    choice.flags = htobe32(flags);
    choice.magic = htobe64(OPTIONS_MAGIC);
    choice.option = htobe32(EXPORT_NAME);
    choice.length = 0;
    if (send(server->socket, &choice, sizeof(choice), MSG_NOSIGNAL) != (ssize_t)sizeof(choice))
        return fail_errno(error, errno, "'" PROGRAM "' does not listen");
    if (!receive(server->socket, &export, sizeof(export), error) ||
        (!(flags & NO_ZEROES) && !receive(server->socket, zeroes, sizeof(zeroes), error)))
        return false;
    server->size = be64toh(export.size);
    server->flags = be16toh(export.flags);
    return true;
}

/* What it said before it ended, in place of that it ended. Parts of it come from the image. */
static void
explain(int words, GError **error)
{
    char text[WORDS_MAX + 1];
    struct pollfd some = { .fd = words, .events = POLLIN };
    ssize_t n = poll(&some, 1, 0) == 1 ? read(words, text, WORDS_MAX) : 0;
    char *letter;

    if (n <= 0 || !error)
        return;
    text[n] = '\0';
    g_strchomp(text);
    for (letter = text; *letter; letter++) {
        if (g_ascii_iscntrl(*letter))
            *letter = ' ';
    }
    g_clear_error(error);
    fail(error, FAILURE_OPERATION_FAILED, "%s", text);
}

static bool
spawn(const Start *start, NbdServer *server, GError **error)
{
    /* its parent is ours, which lives as long as the guest */
    struct clone_args arguments = { .flags = CLONE_PARENT };

    server->pid = kernel_clone3(&arguments);
    if (server->pid == 0)
        become_server(start);
    if (server->pid > 0)
        return true;
    server->pid = 0;
    return fail_errno(error, errno, "cannot create a process");
}

bool
nbd_server_start(const Image *image, int file, NbdServer *ret_server, GError **error)
{
    g_auto(MountOptions) options = { 0 };
    g_auto(Fd) root = -1;
    g_auto(Fd) listener = -1;
    g_auto(Fd) words = -1;
    Start start = { image, file, -1, -1, -1 };
    int ends[2];
    bool answered;

    if (access(PROGRAM, X_OK) < 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "'" PROGRAM "' is not installed on the host; install it (qemu-utils), or "
                    "convert the image with 'qemu-img convert -O raw', and take its <driver> away");
    mount_options_init(&options, NULL);
    if ((root = mount_create("tmpfs", &options, error)) < 0 ||
        (listener = listen_in(root, &ret_server->socket, error)) < 0)
        return false;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail_errno(error, errno, "cannot create a pipe");
    words = ends[0];
    start.root = root;
    start.listener = listener;
    start.words = ends[1];
    answered = spawn(&start, ret_server, error);
    close(ends[1]);
    /* so that its end is the end of the connection */
    fd_close(&listener);
    if (!answered || shake_hands(ret_server, error))
        return answered;
    explain(words, error);
    return false;
}

void
nbd_server_end(const NbdServer *server)
{
    if (server->pid > 0)
        kill(server->pid, SIGKILL);
}
