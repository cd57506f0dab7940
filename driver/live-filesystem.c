/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <filesystem> of a running guest. */
#include <string.h>

#include "config.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/wire/sealed.h"
#include "driver/live.h"
#include "driver/store.h"
#include "driver/template.h"
#include "driver/volume.h"
#include "xml/container.h"

static bool
refuse(const Filesystem *filesystem, const char *what, GError **error)
{
    return fail(error, FAILURE_OPERATION_UNSUPPORTED, "<filesystem> with target '%s' %s",
                filesystem->target, what);
}

/* The mount as a sealed memfd for the worker. */
static int
seal(const LiveChange *change, const Filesystem *filesystem, GError **error)
{
    g_autoptr(GHashTable) volumes = volumes_new();
    const ContainerContext context = {
        .state_directory = store_state_directory(),
        .data_directory = DATADIR,
        .volumes = volumes,
    };
    g_autoptr(Container) container = NULL;
    g_autofree char *text = NULL;

    if (!volume_resolve(filesystem, volumes, error) ||
        !(container = container_of_filesystem(change->live, filesystem, &context, error)))
        return -1;
    text = container_to_json(container, false);
    return sealed_new("filesystem", text, strlen(text), error);
}

static bool
work(LiveChange *change, const char *verb, GError **error)
{
    const char *const words[] = { verb, NULL };
    const Filesystem *filesystem = device_filesystem(change->device);
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    g_autoptr(Message) reply = NULL;
    g_auto(Fd) sealed = -1;

    if ((sealed = seal(change, filesystem, error)) < 0)
        return false;
    g_array_append_val(fds, sealed);
    if (!(reply = live_work(change, words, fds, error)))
        return false;
    live_adopt_server(change, (pid_t)reply->parameters->number);
    return true;
}

static bool
is_root(const Filesystem *filesystem)
{
    return filesystem->target[strspn(filesystem->target, "/.")] == '\0';
}

static bool
attach(LiveChange *change, GError **error)
{
    const Filesystem *filesystem = device_filesystem(change->device);

    if (is_root(filesystem))
        return refuse(filesystem,
                      "is the root of the container, which cannot be changed while it "
                      "runs",
                      error);
    return template_prepare_filesystem(change->domain, filesystem, error) &&
           work(change, "AttachFilesystem", error);
}

static bool
detach(LiveChange *change, GError **error)
{
    const Filesystem *filesystem = device_filesystem(change->device);

    if (is_root(filesystem))
        return refuse(filesystem,
                      "is the root of the container, which cannot be changed while it "
                      "runs",
                      error);
    return work(change, "DetachFilesystem", error);
}

/* Whether they differ in nothing but being read-only. */
static bool
differ_in_readonly(const Device *one, const Device *other)
{
    g_autoptr(Device) copy = device_copy(one);
    g_autofree char *first = NULL;
    g_autofree char *second = device_format(other, true, DEFINITION_FORMAT_SECURE);

    ((Filesystem *)device_contents(copy))->readonly = device_filesystem(other)->readonly;
    first = device_format(copy, true, DEFINITION_FORMAT_SECURE);
    return g_str_equal(first, second);
}

static bool
update(LiveChange *change, GError **error)
{
    const Filesystem *wanted = device_filesystem(change->device);
    const Filesystem *present = device_filesystem(change->before);

    if (!differ_in_readonly(change->device, change->before))
        return refuse(wanted,
                      "can only become read-only, or writable again, while the container "
                      "runs; detach it and attach it anew",
                      error);
    if (wanted->readonly == present->readonly)
        return true;
    if (wanted->type == FILESYSTEM_TEMPLATE || wanted->type == FILESYSTEM_VOLUME)
        return refuse(wanted,
                      "is of a type that is mounted in another way when it is read-only; "
                      "detach it and attach it anew",
                      error);
    if (!wanted->readonly && (wanted->type == FILESYSTEM_BLOCK || wanted->type == FILESYSTEM_FILE))
        return refuse(wanted, "was opened for reading only; detach it and attach it anew", error);
    if (change->live->uid_map->len == 0)
        return work(change, "UpdateFilesystem", error);
    /* read-only is final there, which only a mount that is made so is */
    if (wanted->type != FILESYSTEM_MOUNT)
        return refuse(wanted,
                      "belongs to a container with <idmap>, in which only those of type 'mount' "
                      "change; detach it and attach it anew",
                      error);
    return work(change, "ReplaceFilesystem", error);
}

const LiveKind live_filesystem = { "filesystem", attach, detach, update };
