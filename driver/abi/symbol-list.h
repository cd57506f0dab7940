/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The private functions of libvirt that we call, one row each: whether we can live without it,
 * result, name, parameters. All are the same in 9.0.0, 11.3.0 and 12.8.0. No include guard: each
 * includer gives SYMBOL its meaning.
 */
/* clang-format off */
/* registration and objects */
SYMBOL(REQUIRED, int, virRegisterConnectDriver, (void *driver, bool set_shared))
SYMBOL(REQUIRED, int, virRegisterStateDriver, (void *driver))
SYMBOL(REQUIRED, virConnectPtr, virGetConnect, (void))
SYMBOL(REQUIRED, virDomainPtr, virGetDomain,
       (virConnectPtr conn, const char *name, const unsigned char *uuid, int id))
SYMBOL(REQUIRED, void *, virObjectRef, (void *object))
SYMBOL(REQUIRED, void, virObjectUnref, (void *object))
SYMBOL(REQUIRED, char *, virDomainDefGetShortName, (const void *definition))

/* errors and the log */
SYMBOL(REQUIRED, void, virReportErrorHelper,
       (int domain, int code, const char *file, const char *function, size_t line,
        const char *format, ...) G_GNUC_PRINTF(6, 7))
SYMBOL(REQUIRED, void, virRaiseErrorFull,
       (const char *file, const char *function, size_t line, int domain, int code, int level,
        const char *str1, const char *str2, const char *str3, int int1, int int2,
        const char *format, ...) G_GNUC_PRINTF(12, 13))
SYMBOL(REQUIRED, void, virErrorPreserveLast, (virErrorPtr *ret_saved))
SYMBOL(REQUIRED, void, virErrorRestore, (virErrorPtr *saved))
SYMBOL(REQUIRED, void, virLogMessage,
       (PrivateLogSource *source, int priority, const char *file, int line, const char *function,
        void *metadata, const char *format, ...) G_GNUC_PRINTF(7, 8))

SYMBOL(OPTIONAL, void, virAuditSend,
       (PrivateLogSource *source, const char *file, size_t line, const char *function,
        const char *terminal, const char *address, int type, bool success, const char *format,
        ...) G_GNUC_PRINTF(9, 10))

/* events */
SYMBOL(REQUIRED, PrivateEventState *, virObjectEventStateNew, (void))
SYMBOL(REQUIRED, void, virObjectEventStateQueue, (PrivateEventState *state, PrivateEvent *event))
SYMBOL(REQUIRED, int, virObjectEventStateDeregisterID,
       (virConnectPtr conn, PrivateEventState *state, int id, bool free_callback))
SYMBOL(REQUIRED, int, virDomainEventStateRegister,
       (virConnectPtr conn, PrivateEventState *state, virConnectDomainEventCallback callback,
        void *opaque, virFreeCallback free_opaque))
SYMBOL(REQUIRED, int, virDomainEventStateDeregister,
       (virConnectPtr conn, PrivateEventState *state, virConnectDomainEventCallback callback))
SYMBOL(REQUIRED, int, virDomainEventStateRegisterID,
       (virConnectPtr conn, PrivateEventState *state, virDomainPtr domain, int event,
        virConnectDomainEventGenericCallback callback, void *opaque, virFreeCallback free_opaque,
        int *ret_id))
SYMBOL(REQUIRED, PrivateEvent *, virDomainEventLifecycleNew,
       (int id, const char *name, const unsigned char *uuid, int type, int detail))
SYMBOL(REQUIRED, PrivateEvent *, virDomainEventRebootNew,
       (int id, const char *name, const unsigned char *uuid))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventControlErrorNewFromDom, (virDomainPtr domain))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventBalloonChangeNewFromDom,
       (virDomainPtr domain, unsigned long long kib))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventDeviceAddedNewFromDom,
       (virDomainPtr domain, const char *alias))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventDeviceRemovedNewFromDom,
       (virDomainPtr domain, const char *alias))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventDeviceRemovalFailedNewFromDom,
       (virDomainPtr domain, const char *alias))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventTunableNewFromDom,
       (virDomainPtr domain, virTypedParameterPtr *params, int count))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventAgentLifecycleNewFromDom,
       (virDomainPtr domain, int state, int reason))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventJobCompletedNewFromDom,
       (virDomainPtr domain, virTypedParameterPtr params, int count))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventMetadataChangeNewFromDom,
       (virDomainPtr domain, int type, const char *uri))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventBlockThresholdNewFromDom,
       (virDomainPtr domain, const char *device, const char *path, unsigned long long threshold,
        unsigned long long excess))
SYMBOL(OPTIONAL, PrivateEvent *, virDomainEventMemoryFailureNewFromDom,
       (virDomainPtr domain, int recipient, int action, unsigned int flags))

/* streams */
SYMBOL(REQUIRED, int, virFDStreamOpen, (virStreamPtr stream, int fd))
SYMBOL(REQUIRED, int, virFDStreamSetInternalCloseCb,
       (virStreamPtr stream, PrivateStreamClosed closed, void *opaque,
        virFreeCallback free_opaque))

/* the host, hooks, identity */
SYMBOL(REQUIRED, bool, virDriverFeatureIsGlobal, (int feature, int *ret_supported))
SYMBOL(OPTIONAL, int, virCapabilitiesGetNodeInfo, (virNodeInfoPtr info))
SYMBOL(OPTIONAL, int, virHostCPUGetStats,
       (int cpu, virNodeCPUStatsPtr params, int *count, unsigned int flags))
SYMBOL(OPTIONAL, int, virHostCPUGetMap,
       (unsigned char **ret_map, unsigned int *ret_online, unsigned int flags))
SYMBOL(OPTIONAL, int, virHostMemGetStats,
       (int cell, virNodeMemoryStatsPtr params, int *count, unsigned int flags))
SYMBOL(OPTIONAL, int, virHostMemGetInfo,
       (unsigned long long *ret_total, unsigned long long *ret_free))
SYMBOL(OPTIONAL, int, virHostMemGetCellsFree,
       (unsigned long long *ret_free, int start_cell, int max_cells))
SYMBOL(OPTIONAL, int, virHostMemGetFreePages,
       (unsigned int count, unsigned int *pages, int start_cell, unsigned int cell_count,
        int last_cell, unsigned long long *ret_counts))
SYMBOL(OPTIONAL, int, virHostMemAllocPages,
       (unsigned int count, unsigned int *sizes, unsigned long long *counts, int start_cell,
        unsigned int cell_count, int last_cell, bool add))
SYMBOL(OPTIONAL, int, virHostMemGetParameters,
       (virTypedParameterPtr params, int *count, unsigned int flags))
SYMBOL(OPTIONAL, int, virHostMemSetParameters,
       (virTypedParameterPtr params, int count, unsigned int flags))
SYMBOL(OPTIONAL, int, virNodeSuspend,
       (unsigned int target, unsigned long long duration, unsigned int flags))
SYMBOL(OPTIONAL, void *, virSysinfoRead, (void))
SYMBOL(OPTIONAL, int, virSysinfoFormat, (void *buffer, void *sysinfo))
SYMBOL(OPTIONAL, void, virSysinfoDefFree, (void *sysinfo))
SYMBOL(OPTIONAL, char *, virBufferContentAndReset, (void *buffer))
SYMBOL(REQUIRED, int, virHookPresent, (int driver))
SYMBOL(REQUIRED, int, virHookCall,
       (int driver, const char *object, int operation, int phase, const char *extra,
        const char *input, char **ret_output))
SYMBOL(REQUIRED, PrivateIdentity *, virIdentityGetCurrent, (void))
SYMBOL(REQUIRED, PrivateIdentity *, virIdentityGetSystem, (void))
SYMBOL(REQUIRED, int, virIdentitySetCurrent, (PrivateIdentity *identity))
/* clang-format on */
