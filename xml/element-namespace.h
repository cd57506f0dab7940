/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <lxc:namespace>: namespaces a container shares with others. */
#pragma once

typedef enum {
    NAMESPACE_NONE,  /* not shared */
    NAMESPACE_NETNS, /* a file name below /run/netns */
    NAMESPACE_NAME,  /* another lxc domain */
    NAMESPACE_PID,   /* a process of the host */
} NamespaceSource;

typedef struct {
    NamespaceSource source;
    char *value;
} NamespaceShare;

typedef struct {
    NamespaceShare net;
    NamespaceShare ipc;
    NamespaceShare uts;
} NamespaceSharing;
