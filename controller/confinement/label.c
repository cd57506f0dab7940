/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing to /proc/self/attr; the libraries of the modules do no more, and would be loaded. */
#include "controller/confinement/label.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

bool
label_is_wanted(const ContainerProcess *process)
{
    return process->apparmor_profile || process->selinux_label;
}

static bool
request(int proc, const char *const *files, const char *text, GError **error)
{
    struct statfs status;
    g_auto(Fd) fd = -1;

    for (; fd < 0 && *files; files++)
        fd = openat(proc, *files, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(error, errno,
                          "this kernel takes no label: it has no such security module");
    if (fstatfs(fd, &status) < 0 || status.f_type != PROC_SUPER_MAGIC)
        return fail(error, FAILURE_SYSTEM, "the host's /proc is no procfs");
    if (write(fd, text, strlen(text)) == (ssize_t)strlen(text))
        return true;
    if (errno == ENOENT)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the kernel does not know the label '%s'; load its profile first", text);
    return fail_errno(error, errno, "the kernel refuses the label '%s'", text);
}

bool
label_request(const ContainerProcess *process, int proc, GError **error)
{
    static const char *const apparmor[] = { "self/attr/apparmor/exec", "self/attr/exec", NULL };
    static const char *const selinux[] = { "self/attr/exec", NULL };

    if (process->apparmor_profile) {
        g_autofree char *text = g_strconcat("exec ", process->apparmor_profile, NULL);

        if (!request(proc, apparmor, text, error)) {
            g_prefix_error(error,
                           "cannot enter the AppArmor profile '%s': ", process->apparmor_profile);
            return false;
        }
    }
    if (process->selinux_label && !request(proc, selinux, process->selinux_label, error)) {
        g_prefix_error(error, "cannot take the SELinux label '%s': ", process->selinux_label);
        return false;
    }
    return true;
}
