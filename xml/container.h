/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a domain definition to a container definition (controller/wire/container.h). Pure. */
#pragma once

#include "controller/wire/container.h"
#include "xml/definition.h"
#include "xml/device.h"

/* What computing needs to know of the host and of this start. */
typedef struct {
    const char *state_directory; /* "/run/libvirt/lxc" */
    const char *arch;            /* of the host */
    int64_t rtc_major;     /* of /dev/rtc0, a number the kernel chooses; 0: the host has none */
    const char *placement; /* of ContainerExtension; NULL: not said */
    const char *seccomp;   /* profile of a domain that names none; NULL: "none" */
    uint64_t passed_fds;
    bool paused;
    bool view;            /* files of /proc and /sys are to show the guest's limits */
    bool vcpus_are_quota; /* a guest without a quota may use as many processors as it has vcpus */
    const char *data_directory; /* of templates.h; NULL: where the driver has it */
    GHashTable *volumes; /* what the storage driver says of volumes: container_volume_key() to
                            ContainerVolume *; NULL: nothing */
} ContainerContext;

/* A volume of a storage pool, and what it is to a container. */
typedef struct {
    FilesystemType type; /* FILESYSTEM_MOUNT, FILESYSTEM_BLOCK or FILESYSTEM_FILE */
    char *path;
    FilesystemFormat format; /* of a file */
} ContainerVolume;

/* Free with g_free(). */
char *container_volume_key(const char *pool, const char *volume);

/* Whether there is a seccomp profile of that name: "default", "strict" or "none". */
bool seccomp_profile_check(const char *profile, GError **error);

/*
 * The container definition of a domain that is about to start. The definition is the live one: the
 * implicit root filesystem and console are already in it (container_complete()).
 * FAILURE_CONFIG_UNSUPPORTED names an element that cannot be acted on (an interface type, a hostdev
 * …): what the domain asks for is never left out in silence.
 */
Container *container_compute(const Definition *definition, const ContainerContext *context,
                             GError **error);

/*
 * The same with nothing but the mount of @filesystem, which need not be in @definition, and the id
 * maps: for what is done to it while the guest runs.
 */
Container *container_of_filesystem(const Definition *definition, const Filesystem *filesystem,
                                   const ContainerContext *context, GError **error);

/*
 * One interface of such a definition, which has a name inside. For a live change of a guest that
 * runs.
 */
ContainerInterface *container_interface(const Definition *definition, const Interface *given,
                                        GError **error);

/* A device of the host that moves in. */
ContainerInterface *container_moved_device(const Hostdev *hostdev);

/* The devices of the host that such a definition has move in, GPtrArray of ContainerInterface *. */
GPtrArray *container_moved_devices(const Definition *definition);

/* Gives an interface that comes to a running guest a name inside, unless it has one. */
void container_name_interface(const Definition *definition, Interface *interface);

/* Whether the container has a network of its own. */
bool container_owns_network(const Definition *definition);

/*
 * What is to be found out of one device, a disk or a device of the host, when it comes to a running
 * guest. Free with json_free(). FAILURE_CONFIG_UNSUPPORTED for other devices.
 */
ContainerHostDevice *container_host_device(const Device *device, GError **error);

/* GPtrArray of ContainerDeviceRule *: what every such guest may use, without its devices. */
GPtrArray *container_device_rules(const Definition *definition, const ContainerContext *context);

/* Whether the container shares the root directory of the host, by its wish or for lack of another.
 */
bool container_root_is_host(const Definition *definition);

/* Adds to a definition that is about to start what is missing: root filesystem '/' as first
 * filesystem (without accessmode), a pty console, partition /machine, aliases consoleN and
 * netN, names ethN of interfaces inside. */
void container_complete(Definition *definition);
