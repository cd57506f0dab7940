/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of an OCI document that a domain can have; keys with no row are reported as lost. */
#pragma once

#include "controller/wire/container.h"

typedef struct {
    char **bounding;
    char **effective;
    char **permitted;
    char **inheritable;
    char **ambient;
} OciCapabilities;

typedef struct {
    char **args;
    char **env;
    char *cwd;
    bool terminal;
    bool no_new_privileges;
    int64_t oom_score_adj;
    GPtrArray *rlimits; /* of ContainerRlimit *; NULL: none */
    ContainerUser *user;
    OciCapabilities *capabilities;
} OciProcess;

/* What domxml-to-native leaves for domxml-from-native. */
typedef struct {
    char *name;
    char *uuid;
    char *user;
    char *group;
} OciExtension;

typedef struct {
    char *oci_version;
    char *hostname;
    ContainerRoot *root;
    GPtrArray *mounts; /* of ContainerMount *; NULL: none, as all below */
    OciProcess *process;
    ContainerLinux *os;
    OciExtension *caisson;
} OciConfig;

extern const JsonType oci_config_type;
