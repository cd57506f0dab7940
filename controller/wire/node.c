/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device nodes as rows. */
#include "controller/wire/node.h"

static const JsonField node_fields[] = {
    { "alias", JSON_STRING, offsetof(DeviceNode, alias), .flags = JSON_REQUIRED },
    { "path", JSON_STRING, offsetof(DeviceNode, path), .flags = JSON_REQUIRED },
    { "type", JSON_STRING, offsetof(DeviceNode, type), .flags = JSON_REQUIRED },
    { "major", JSON_INT, offsetof(DeviceNode, major), .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "minor", JSON_INT, offsetof(DeviceNode, minor), .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "fileMode", JSON_UINT, offsetof(DeviceNode, file_mode), .absent = 0600,
      .flags = JSON_ALWAYS },
    { "access", JSON_STRING, offsetof(DeviceNode, access), .flags = JSON_REQUIRED },
    { "source", JSON_STRING, offsetof(DeviceNode, source) },
    { NULL },
};
const JsonType device_node_type = { "node", sizeof(DeviceNode), node_fields };

DeviceNode *
device_node_copy(const DeviceNode *node)
{
    DeviceNode *copy = json_new(&device_node_type);

    copy->alias = g_strdup(node->alias);
    copy->path = g_strdup(node->path);
    copy->type = g_strdup(node->type);
    copy->major = node->major;
    copy->minor = node->minor;
    copy->file_mode = node->file_mode;
    copy->access = g_strdup(node->access);
    copy->source = g_strdup(node->source);
    return copy;
}
