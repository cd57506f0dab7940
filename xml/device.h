/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One device by itself: the documents of attach, detach and update. They are read by the same row
 * tables as those of whole domains. Pure, as definition.h.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "xml/definition.h"

typedef struct Device Device;

/*
 * Parses the element of one device: <interface>, <disk> … Flags and errors as definition_parse();
 * FAILURE_XML for an element that is no device. What only a whole domain can show to be wrong is
 * found by device_attach() and device_update().
 */
Device *device_parse(const char *xml, const DefinitionDefaults *defaults,
                     DefinitionParseFlags flags, GError **error);
void device_free(Device *device);
Device *device_copy(const Device *device);

/* The element's name: "interface". */
const char *device_name(const Device *device);

/* What is in the device, owned by it; NULL when it is of another kind. */
const Interface *device_interface(const Device *device);
const Disk *device_disk(const Device *device);
const Filesystem *device_filesystem(const Device *device);
const Hostdev *device_hostdev(const Device *device);
const Console *device_console(const Device *device);

/* A device that is a copy. */
Device *device_of_interface(const Interface *interface);
Device *device_of_disk(const Disk *disk);

/* The same to be changed, by the kind that knows what device_name() stands for: an Interface *, a
 * Disk * …; of what is only kept, a Kept *. */
void *device_contents(Device *device);

/* The alias, "disk0"; NULL: none, as in configuration. */
const char *device_alias(const Device *device);

/*
 * Gives @device the alias by which clients call it in @definition, of a guest that runs: the first
 * free one of its kind. Does nothing for one that has an alias, or is of a kind that has none.
 */
void device_name_alias(Device *device, const Definition *definition);

/* The same for all devices of @definition. */
void device_name_all(Definition *definition);

/* Gives @device, which takes the place of @before, what it need not say again: the alias, and an
 * interface's address. */
void device_inherit(Device *device, const Device *before);

/* Canonical XML; @live: with what only a running guest has. Free with g_free(). */
char *device_format(const Device *device, bool live, DefinitionFormatFlags flags);

/*
 * The device of the domain that is meant by @device: the one with its alias where both have one; an
 * interface by the address it names, or by its names on the host and inside; a disk or filesystem
 * by target; others by all they say. A copy;
 * free with device_free(). FAILURE_NO_DEVICE when there is none, FAILURE_OPERATION_FAILED when
 * several could be meant.
 */
Device *device_find(const Definition *definition, const Device *device, GError **error);

/* The device with this alias, as above; only running guests have aliases. */
Device *device_find_alias(const Definition *definition, const char *alias, GError **error);

/*
 * These change the definition, or leave it as it is and fail: with FAILURE_INVALID_ARG for a disk
 * whose target is taken, the errors of device_find(), and those of definition_check().
 */
bool device_attach(Definition *definition, const Device *device, GError **error);
bool device_detach(Definition *definition, const Device *device, GError **error);
bool device_update(Definition *definition, const Device *device, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Device, device_free)
