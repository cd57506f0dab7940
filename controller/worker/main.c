/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt_lxc_worker: one piece of work on a guest. A process of its own, because a hostile guest
 * or a bus can make it hang; who started it (the daemon, the launcher) then kills it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/worker/worker.h"

#define CONTROL_FD      3
#define MESSAGE_SECONDS 10

/* The verb on the command line is also the method of the call. */
static const struct {
    const char *name;
    bool (*perform)(Request *request, GError **error);
    const char *usage;
} verbs[] = {
    { "Initctl", initctl_request, "Initctl LEVEL    ask init for run level 0 or 6" },
    { "AttachFilesystem", filesystem_attach, "AttachFilesystem mount a file system in the guest" },
    { "DetachFilesystem", filesystem_detach, "DetachFilesystem unmount it" },
    { "UpdateFilesystem", filesystem_update,
      "UpdateFilesystem make it read-only, or writable again" },
    { "GrowFilesystem", filesystem_grow,
      "GrowFilesystem TARGET MAJOR MINOR BYTES\n"
      "                   make it as large as its device" },
    { "ReplaceFilesystem", filesystem_replace,
      "ReplaceFilesystem\n                   mount it anew in the place of what is there" },
    { "Link", link_attach, "Link FILE GROUP  make an interface of the container" },
    { "Relink", link_change, "Relink [port]    change an interface" },
    { "Unlink", link_detach, "Unlink FILE      remove an interface" },
    { "Return", link_return,
      "Return FILE      return devices from the namespace FILE to the host" },
    { "Clear", link_clear, "Clear [links]    remove what an interface has left on the host" },
    { "FindDevice", devices_find, "FindDevice JSON  say what nodes a device of the host has" },
    { "MakeNodes", devices_make,
      "MakeNodes UID GID\n                   make device nodes in the container's /dev" },
    { "RemoveNodes", devices_remove, "RemoveNodes      remove them" },
    { "Placement", placement_find, "Placement        say who makes scopes for containers here" },
    { "Place", placement_create,
      "Place PLACEMENT MACHINE UUID LEADER PARTITION ROOT [INDEX …]\n"
      "                   have a scope made for the container whose init is LEADER" },
    { "Unplace", placement_remove, "Unplace MACHINE  have the scope of a container ended" },
};

static void
print_usage(FILE *stream)
{
    size_t i;

    fprintf(stream,
            "Usage: libvirt_lxc_worker VERB [ARGUMENT …]\n"
            "\n"
            "Works on a running container for libvirt's LXC driver, whose socket is descriptor\n"
            "3; there is nothing to do by hand.\n"
            "\n");
    for (i = 0; i < G_N_ELEMENTS(verbs); i++)
        fprintf(stream, "  %s\n", verbs[i].usage);
    fprintf(stream, "  --help           print this and exit\n"
                    "  --version        print the version and exit\n");
}

static gint64
deadline(void)
{
    return g_get_monotonic_time() + MESSAGE_SECONDS * G_USEC_PER_SEC;
}

static bool
perform(size_t verb, Request *request, GError **error)
{
    g_autoptr(GArray) fds = NULL;
    g_autoptr(Message) call = message_receive(CONTROL_FD, deadline(), &fds, error);

    request->call = call;
    request->fds = fds;
    if (!call)
        return *error ? false : fail(error, FAILURE_OPERATION_FAILED, "the daemon went away");
    if (g_strcmp0(call->method, verbs[verb].name) != 0)
        return fail(error, FAILURE_OPERATION_INVALID, "expected the call %s, not '%s'",
                    verbs[verb].name, call->method ? call->method : "");
    return verbs[verb].perform(request, error);
}

static int
run(size_t verb, char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Message) reply = message_new_reply();
    Request request = { .arguments = arguments, .reply = reply, .reply_fd = -1 };

    if (fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0) {
        fprintf(stderr, "libvirt_lxc_worker: descriptor %d is not open\n", CONTROL_FD);
        return EXIT_FAILURE;
    }
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
    if (!perform(verb, &request, &error)) {
        message_free(g_steal_pointer(&reply));
        reply = message_new_error(error);
    }
    return message_send(CONTROL_FD, reply, &request.reply_fd, !error && request.reply_fd >= 0,
                        deadline(), NULL) &&
                   !error
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
    size_t i;

    /* as in the launcher: no character set tables are loaded */
    g_setenv("CHARSET", "UTF-8", TRUE);
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return EXIT_SUCCESS;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("libvirt_lxc_worker (Caisson) %s\n", CAISSON_VERSION);
        return EXIT_SUCCESS;
    }
    for (i = 0; argc >= 2 && i < G_N_ELEMENTS(verbs); i++) {
        if (strcmp(argv[1], verbs[i].name) == 0)
            return run(i, argv + 2);
    }
    print_usage(stderr);
    return EXIT_FAILURE;
}
