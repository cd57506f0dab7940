/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The row tables of the elements, for the table of <domain>. */
#pragma once

#include "xml/field.h"

extern const XmlType block_tuning_type;
extern const XmlType caisson_type;
extern const XmlType clock_type;
extern const XmlType bandwidth_type;
extern const XmlType console_type;
extern const XmlType cpu_tuning_type;
extern const XmlType disk_type;
extern const XmlType domain_type;
extern const XmlType features_type;
extern const XmlType filesystem_type;
extern const XmlType hostdev_type;
extern const XmlType idmap_entry_type;
extern const XmlType interface_type;
extern const XmlType ip_type;
extern const XmlType memory_backing_type;
extern const XmlType memory_tuning_type;
extern const XmlType namespace_sharing_type;
extern const XmlType numa_tuning_type;
extern const XmlType os_type;
extern const XmlType perf_type;
extern const XmlType power_management_type;
extern const XmlType route_type;
extern const XmlType seclabel_type;
extern const XmlType virtual_port_type;
extern const XmlType vlan_type;

/* KiB with attribute unit, as memory is written */
extern const XmlSize size_kib;

/* Formats of images, FilesystemFormat. */
extern const char *const storage_formats[];

/* Makes labels that name no model the host's; refuses two of one model. */
bool seclabels_finish(const XmlContext *context, GPtrArray *seclabels, GError **error);
