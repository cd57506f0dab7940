/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OCI documents as rows. Whoever wrote them is a stranger: little is required. */
#include "xml/native-oci.h"

static const JsonField capabilities_fields[] = {
    { "bounding", JSON_STRINGS, offsetof(OciCapabilities, bounding) },
    { "effective", JSON_STRINGS, offsetof(OciCapabilities, effective) },
    { "permitted", JSON_STRINGS, offsetof(OciCapabilities, permitted) },
    { "inheritable", JSON_STRINGS, offsetof(OciCapabilities, inheritable) },
    { "ambient", JSON_STRINGS, offsetof(OciCapabilities, ambient) },
    { NULL },
};
static const JsonType capabilities_type = { "capabilities", sizeof(OciCapabilities),
                                            capabilities_fields };

static const JsonField process_fields[] = {
    { "args", JSON_STRINGS, offsetof(OciProcess, args) },
    { "env", JSON_STRINGS, offsetof(OciProcess, env) },
    { "cwd", JSON_STRING, offsetof(OciProcess, cwd) },
    { "terminal", JSON_BOOL, offsetof(OciProcess, terminal) },
    { "noNewPrivileges", JSON_BOOL, offsetof(OciProcess, no_new_privileges) },
    { "oomScoreAdj", JSON_INT, offsetof(OciProcess, oom_score_adj) },
    { "rlimits", JSON_OBJECTS, offsetof(OciProcess, rlimits), .type = &container_rlimit_type },
    { "user", JSON_OBJECT, offsetof(OciProcess, user), .type = &container_user_type },
    { "capabilities", JSON_OBJECT, offsetof(OciProcess, capabilities), .type = &capabilities_type },
    { NULL },
};
static const JsonType process_type = { "process", sizeof(OciProcess), process_fields };

static const JsonField extension_fields[] = {
    { "name", JSON_STRING, offsetof(OciExtension, name) },
    { "uuid", JSON_STRING, offsetof(OciExtension, uuid) },
    { "user", JSON_STRING, offsetof(OciExtension, user) },
    { "group", JSON_STRING, offsetof(OciExtension, group) },
    { NULL },
};
static const JsonType extension_type = { "caisson", sizeof(OciExtension), extension_fields };

static const JsonField config_fields[] = {
    { "ociVersion", JSON_STRING, offsetof(OciConfig, oci_version), .flags = JSON_REQUIRED },
    { "hostname", JSON_STRING, offsetof(OciConfig, hostname) },
    { "root", JSON_OBJECT, offsetof(OciConfig, root), .type = &container_root_type },
    { "mounts", JSON_OBJECTS, offsetof(OciConfig, mounts), .type = &container_mount_type },
    { "process", JSON_OBJECT, offsetof(OciConfig, process), .type = &process_type },
    { "linux", JSON_OBJECT, offsetof(OciConfig, os), .type = &container_linux_type },
    { "caisson", JSON_OBJECT, offsetof(OciConfig, caisson), .type = &extension_type },
    { NULL },
};
const JsonType oci_config_type = { "config", sizeof(OciConfig), config_fields };
