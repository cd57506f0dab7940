/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every slot of libvirt's hypervisor table, in the order of the table: name, whether libvirt.so.0
 * exports a function of its name, the first release that has it ("9.0.0": that or an older one),
 * result and parameters. No include guard: each includer gives SLOT its meaning.
 *
 * The order is the layout. A release inserts where it likes (11.2 did, in the middle), so a new
 * slot goes to the line that libvirt gave it, never simply to the end.
 */
/* clang-format off */
SLOT(connectURIProbe, INTERNAL, "9.0.0", int, (char **uri))
SLOT(connectOpen, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virConnectAuthPtr auth, void *conf, unsigned int flags))
SLOT(connectClose, PUBLIC, "9.0.0", int, (virConnectPtr conn))
SLOT(connectSetIdentity, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virTypedParameterPtr params, int nparams, unsigned int flags))
SLOT(connectSupportsFeature, PUBLIC, "9.0.0", int, (virConnectPtr conn, int feature))
SLOT(connectGetType, PUBLIC, "9.0.0", const char *, (virConnectPtr conn))
SLOT(connectGetVersion, PUBLIC, "9.0.0", int, (virConnectPtr conn, unsigned long *hv_ver))
SLOT(connectGetLibVersion, PUBLIC, "9.0.0", int, (virConnectPtr conn, unsigned long *lib_ver))
SLOT(connectGetHostname, PUBLIC, "9.0.0", char *, (virConnectPtr conn))
SLOT(connectGetSysinfo, PUBLIC, "9.0.0", char *, (virConnectPtr conn, unsigned int flags))
SLOT(connectGetMaxVcpus, PUBLIC, "9.0.0", int, (virConnectPtr conn, const char *type))
SLOT(nodeGetInfo, PUBLIC, "9.0.0", int, (virConnectPtr conn, virNodeInfoPtr info))
SLOT(connectGetCapabilities, PUBLIC, "9.0.0", char *, (virConnectPtr conn))
SLOT(connectListDomains, PUBLIC, "9.0.0", int, (virConnectPtr conn, int *ids, int maxids))
SLOT(connectNumOfDomains, PUBLIC, "9.0.0", int, (virConnectPtr conn))
SLOT(connectListAllDomains, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virDomainPtr **domains, unsigned int flags))
SLOT(domainCreateXML, PUBLIC, "9.0.0", virDomainPtr,
     (virConnectPtr conn, const char *xml_desc, unsigned int flags))
SLOT(domainCreateXMLWithFiles, PUBLIC, "9.0.0", virDomainPtr,
     (virConnectPtr conn, const char *xml_desc, unsigned int nfiles, int *files,
      unsigned int flags))
SLOT(domainLookupByID, PUBLIC, "9.0.0", virDomainPtr, (virConnectPtr conn, int id))
SLOT(domainLookupByUUID, PUBLIC, "9.0.0", virDomainPtr,
     (virConnectPtr conn, const unsigned char *uuid))
SLOT(domainLookupByName, PUBLIC, "9.0.0", virDomainPtr, (virConnectPtr conn, const char *name))
SLOT(domainSuspend, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(domainResume, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(domainPMSuspendForDuration, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int target, unsigned long long duration, unsigned int flags))
SLOT(domainPMWakeup, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainShutdown, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(domainShutdownFlags, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainReboot, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainReset, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainDestroy, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(domainDestroyFlags, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainGetOSType, PUBLIC, "9.0.0", char *, (virDomainPtr domain))
SLOT(domainGetHostname, PUBLIC, "9.0.0", char *, (virDomainPtr domain, unsigned int flags))
SLOT(domainGetMaxMemory, PUBLIC, "9.0.0", unsigned long long, (virDomainPtr domain))
SLOT(domainSetMaxMemory, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned long memory))
SLOT(domainSetMemory, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned long memory))
SLOT(domainSetMemoryFlags, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned long memory, unsigned int flags))
SLOT(domainSetMemoryStatsPeriod, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, int period, unsigned int flags))
SLOT(domainSetMemoryParameters, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int nparams, unsigned int flags))
SLOT(domainGetMemoryParameters, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int *nparams, unsigned int flags))
SLOT(domainSetNumaParameters, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int nparams, unsigned int flags))
SLOT(domainGetNumaParameters, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int *nparams, unsigned int flags))
SLOT(domainSetBlkioParameters, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int nparams, unsigned int flags))
SLOT(domainGetBlkioParameters, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int *nparams, unsigned int flags))
SLOT(domainGetInfo, PUBLIC, "9.0.0", int, (virDomainPtr domain, virDomainInfoPtr info))
SLOT(domainGetState, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, int *state, int *reason, unsigned int flags))
SLOT(domainGetControlInfo, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virDomainControlInfoPtr info, unsigned int flags))
SLOT(domainSave, PUBLIC, "9.0.0", int, (virDomainPtr domain, const char *to))
SLOT(domainSaveFlags, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *to, const char *dxml, unsigned int flags))
SLOT(domainSaveParams, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int nparams, unsigned int flags))
SLOT(domainRestore, PUBLIC, "9.0.0", int, (virConnectPtr conn, const char *from))
SLOT(domainRestoreFlags, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, const char *from, const char *dxml, unsigned int flags))
SLOT(domainRestoreParams, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virTypedParameterPtr params, int nparams, unsigned int flags))
SLOT(domainSaveImageGetXMLDesc, PUBLIC, "9.0.0", char *,
     (virConnectPtr conn, const char *file, unsigned int flags))
SLOT(domainSaveImageDefineXML, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, const char *file, const char *dxml, unsigned int flags))
SLOT(domainCoreDump, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *to, unsigned int flags))
SLOT(domainCoreDumpWithFormat, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *to, unsigned int dumpformat, unsigned int flags))
SLOT(domainScreenshot, PUBLIC, "9.0.0", char *,
     (virDomainPtr domain, virStreamPtr stream, unsigned int screen, unsigned int flags))
SLOT(domainSetVcpus, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int nvcpus))
SLOT(domainSetVcpusFlags, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int nvcpus, unsigned int flags))
SLOT(domainGetVcpusFlags, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainPinVcpu, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int vcpu, unsigned char *cpumap, int maplen))
SLOT(domainPinVcpuFlags, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int vcpu, unsigned char *cpumap, int maplen,
      unsigned int flags))
SLOT(domainGetVcpuPinInfo, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, int ncpumaps, unsigned char *cpumaps, int maplen, unsigned int flags))
SLOT(domainPinEmulator, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned char *cpumap, int maplen, unsigned int flags))
SLOT(domainGetEmulatorPinInfo, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned char *cpumaps, int maplen, unsigned int flags))
SLOT(domainGetVcpus, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virVcpuInfoPtr info, int maxinfo, unsigned char *cpumaps, int maplen))
SLOT(domainGetMaxVcpus, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(domainGetIOThreadInfo, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virDomainIOThreadInfoPtr **info, unsigned int flags))
SLOT(domainPinIOThread, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int iothread_id, unsigned char *cpumap, int maplen,
      unsigned int flags))
SLOT(domainAddIOThread, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int iothread_id, unsigned int flags))
SLOT(domainDelIOThread, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int iothread_id, unsigned int flags))
SLOT(domainSetIOThreadParams, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int iothread_id, virTypedParameterPtr params, int nparams,
      unsigned int flags))
SLOT(domainGetSecurityLabel, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virSecurityLabelPtr seclabel))
SLOT(domainGetSecurityLabelList, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virSecurityLabelPtr *seclabels))
SLOT(nodeGetSecurityModel, PUBLIC, "9.0.0", int, (virConnectPtr conn, virSecurityModelPtr secmodel))
SLOT(domainGetXMLDesc, PUBLIC, "9.0.0", char *, (virDomainPtr domain, unsigned int flags))
SLOT(connectDomainXMLFromNative, PUBLIC, "9.0.0", char *,
     (virConnectPtr conn, const char *native_format, const char *native_config, unsigned int flags))
SLOT(connectDomainXMLToNative, PUBLIC, "9.0.0", char *,
     (virConnectPtr conn, const char *native_format, const char *domain_xml, unsigned int flags))
SLOT(connectListDefinedDomains, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, char **const names, int maxnames))
SLOT(connectNumOfDefinedDomains, PUBLIC, "9.0.0", int, (virConnectPtr conn))
SLOT(domainCreate, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(domainCreateWithFlags, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainCreateWithFiles, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int nfiles, int *files, unsigned int flags))
SLOT(domainDefineXML, PUBLIC, "9.0.0", virDomainPtr, (virConnectPtr conn, const char *xml))
SLOT(domainDefineXMLFlags, PUBLIC, "9.0.0", virDomainPtr,
     (virConnectPtr conn, const char *xml, unsigned int flags))
SLOT(domainUndefine, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(domainUndefineFlags, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainAttachDevice, PUBLIC, "9.0.0", int, (virDomainPtr domain, const char *xml))
SLOT(domainAttachDeviceFlags, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *xml, unsigned int flags))
SLOT(domainDetachDevice, PUBLIC, "9.0.0", int, (virDomainPtr domain, const char *xml))
SLOT(domainDetachDeviceFlags, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *xml, unsigned int flags))
SLOT(domainUpdateDeviceFlags, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *xml, unsigned int flags))
SLOT(domainDetachDeviceAlias, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *alias, unsigned int flags))
SLOT(domainGetAutostart, PUBLIC, "9.0.0", int, (virDomainPtr domain, int *autostart))
SLOT(domainSetAutostart, PUBLIC, "9.0.0", int, (virDomainPtr domain, int autostart))
SLOT(domainGetAutostartOnce, PUBLIC, "11.2.0", int, (virDomainPtr domain, int *autostart))
SLOT(domainSetAutostartOnce, PUBLIC, "11.2.0", int, (virDomainPtr domain, int autostart))
SLOT(domainGetSchedulerType, PUBLIC, "9.0.0", char *, (virDomainPtr domain, int *nparams))
SLOT(domainGetSchedulerParameters, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int *nparams))
SLOT(domainGetSchedulerParametersFlags, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int *nparams, unsigned int flags))
SLOT(domainSetSchedulerParameters, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int nparams))
SLOT(domainSetSchedulerParametersFlags, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int nparams, unsigned int flags))
SLOT(domainMigratePrepare, PUBLIC, "9.0.0", int,
     (virConnectPtr dconn, char **cookie, int *cookielen, const char *uri_in, char **uri_out,
      unsigned long flags, const char *dname, unsigned long resource))
SLOT(domainMigratePerform, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *cookie, int cookielen, const char *uri, unsigned long flags,
      const char *dname, unsigned long resource))
SLOT(domainMigrateFinish, PUBLIC, "9.0.0", virDomainPtr,
     (virConnectPtr dconn, const char *dname, const char *cookie, int cookielen, const char *uri,
      unsigned long flags))
SLOT(domainBlockResize, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, unsigned long long size, unsigned int flags))
SLOT(domainBlockStats, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, virDomainBlockStatsPtr stats))
SLOT(domainBlockStatsFlags, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, virTypedParameterPtr params, int *nparams,
      unsigned int flags))
SLOT(domainInterfaceStats, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *device, virDomainInterfaceStatsPtr stats))
SLOT(domainSetInterfaceParameters, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *device, virTypedParameterPtr params, int nparams,
      unsigned int flags))
SLOT(domainGetInterfaceParameters, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *device, virTypedParameterPtr params, int *nparams,
      unsigned int flags))
SLOT(domainMemoryStats, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virDomainMemoryStatPtr stats, unsigned int nr_stats, unsigned int flags))
SLOT(domainBlockPeek, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, unsigned long long offset, size_t size, void *buffer,
      unsigned int flags))
SLOT(domainMemoryPeek, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned long long start, size_t size, void *buffer, unsigned int flags))
SLOT(domainGetBlockInfo, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, virDomainBlockInfoPtr info, unsigned int flags))
SLOT(nodeGetCPUStats, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, int cpu_num, virNodeCPUStatsPtr params, int *nparams, unsigned int flags))
SLOT(nodeGetMemoryStats, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, int cell_num, virNodeMemoryStatsPtr params, int *nparams,
      unsigned int flags))
SLOT(nodeGetCellsFreeMemory, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, unsigned long long *free_mems, int start_cell, int max_cells))
SLOT(nodeGetFreeMemory, PUBLIC, "9.0.0", unsigned long long, (virConnectPtr conn))
SLOT(connectDomainEventRegister, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virConnectDomainEventCallback cb, void *opaque, virFreeCallback freecb))
SLOT(connectDomainEventDeregister, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virConnectDomainEventCallback cb))
SLOT(domainMigratePrepare2, PUBLIC, "9.0.0", int,
     (virConnectPtr dconn, char **cookie, int *cookielen, const char *uri_in, char **uri_out,
      unsigned long flags, const char *dname, unsigned long resource, const char *dom_xml))
SLOT(domainMigrateFinish2, PUBLIC, "9.0.0", virDomainPtr,
     (virConnectPtr dconn, const char *dname, const char *cookie, int cookielen, const char *uri,
      unsigned long flags, int retcode))
SLOT(nodeDeviceDettach, PUBLIC, "9.0.0", int, (virNodeDevicePtr dev))
SLOT(nodeDeviceDetachFlags, PUBLIC, "9.0.0", int,
     (virNodeDevicePtr dev, const char *driver_name, unsigned int flags))
SLOT(nodeDeviceReAttach, PUBLIC, "9.0.0", int, (virNodeDevicePtr dev))
SLOT(nodeDeviceReset, PUBLIC, "9.0.0", int, (virNodeDevicePtr dev))
SLOT(domainMigratePrepareTunnel, PUBLIC, "9.0.0", int,
     (virConnectPtr dconn, virStreamPtr st, unsigned long flags, const char *dname,
      unsigned long resource, const char *dom_xml))
SLOT(connectIsEncrypted, PUBLIC, "9.0.0", int, (virConnectPtr conn))
SLOT(connectIsSecure, PUBLIC, "9.0.0", int, (virConnectPtr conn))
SLOT(domainIsActive, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(domainRename, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *new_name, unsigned int flags))
SLOT(domainIsPersistent, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(domainIsUpdated, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(connectCompareCPU, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, const char *cpu, unsigned int flags))
SLOT(connectBaselineCPU, PUBLIC, "9.0.0", char *,
     (virConnectPtr conn, const char **xml_cPUs, unsigned int ncpus, unsigned int flags))
SLOT(domainGetJobInfo, PUBLIC, "9.0.0", int, (virDomainPtr domain, virDomainJobInfoPtr info))
SLOT(domainGetJobStats, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, int *type, virTypedParameterPtr *params, int *nparams,
      unsigned int flags))
SLOT(domainAbortJob, PUBLIC, "9.0.0", int, (virDomainPtr domain))
SLOT(domainAbortJobFlags, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainMigrateGetMaxDowntime, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned long long *downtime, unsigned int flags))
SLOT(domainMigrateSetMaxDowntime, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned long long downtime, unsigned int flags))
SLOT(domainMigrateGetCompressionCache, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned long long *cache_size, unsigned int flags))
SLOT(domainMigrateSetCompressionCache, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned long long cache_size, unsigned int flags))
SLOT(domainMigrateGetMaxSpeed, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned long *bandwidth, unsigned int flags))
SLOT(domainMigrateSetMaxSpeed, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned long bandwidth, unsigned int flags))
SLOT(connectDomainEventRegisterAny, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virDomainPtr domain, int event_iD,
      virConnectDomainEventGenericCallback cb, void *opaque, virFreeCallback freecb))
SLOT(connectDomainEventDeregisterAny, PUBLIC, "9.0.0", int, (virConnectPtr conn, int callback_iD))
SLOT(domainManagedSave, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainHasManagedSaveImage, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainManagedSaveRemove, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainManagedSaveGetXMLDesc, PUBLIC, "9.0.0", char *,
     (virDomainPtr domain, unsigned int flags))
SLOT(domainManagedSaveDefineXML, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *dxml, unsigned int flags))
SLOT(domainSnapshotCreateXML, PUBLIC, "9.0.0", virDomainSnapshotPtr,
     (virDomainPtr domain, const char *xml_desc, unsigned int flags))
SLOT(domainSnapshotGetXMLDesc, PUBLIC, "9.0.0", char *,
     (virDomainSnapshotPtr snapshot, unsigned int flags))
SLOT(domainSnapshotNum, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainSnapshotListNames, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, char **names, int nameslen, unsigned int flags))
SLOT(domainListAllSnapshots, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virDomainSnapshotPtr **snaps, unsigned int flags))
SLOT(domainSnapshotNumChildren, PUBLIC, "9.0.0", int,
     (virDomainSnapshotPtr snapshot, unsigned int flags))
SLOT(domainSnapshotListChildrenNames, PUBLIC, "9.0.0", int,
     (virDomainSnapshotPtr snapshot, char **names, int nameslen, unsigned int flags))
SLOT(domainSnapshotListAllChildren, PUBLIC, "9.0.0", int,
     (virDomainSnapshotPtr snapshot, virDomainSnapshotPtr **snaps, unsigned int flags))
SLOT(domainSnapshotLookupByName, PUBLIC, "9.0.0", virDomainSnapshotPtr,
     (virDomainPtr domain, const char *name, unsigned int flags))
SLOT(domainHasCurrentSnapshot, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainSnapshotGetParent, PUBLIC, "9.0.0", virDomainSnapshotPtr,
     (virDomainSnapshotPtr snapshot, unsigned int flags))
SLOT(domainSnapshotCurrent, PUBLIC, "9.0.0", virDomainSnapshotPtr,
     (virDomainPtr domain, unsigned int flags))
SLOT(domainSnapshotIsCurrent, PUBLIC, "9.0.0", int,
     (virDomainSnapshotPtr snapshot, unsigned int flags))
SLOT(domainSnapshotHasMetadata, PUBLIC, "9.0.0", int,
     (virDomainSnapshotPtr snapshot, unsigned int flags))
SLOT(domainRevertToSnapshot, PUBLIC, "9.0.0", int,
     (virDomainSnapshotPtr snapshot, unsigned int flags))
SLOT(domainSnapshotDelete, PUBLIC, "9.0.0", int,
     (virDomainSnapshotPtr snapshot, unsigned int flags))
SLOT(domainQemuMonitorCommand, INTERNAL, "9.0.0", int,
     (virDomainPtr domain, const char *cmd, char **result, unsigned int flags))
SLOT(domainQemuMonitorCommandWithFiles, INTERNAL, "9.0.0", int,
     (virDomainPtr domain, const char *cmd, unsigned int ninfiles, int *infiles,
      unsigned int *noutfiles, int **outfiles, char **result, unsigned int flags))
SLOT(domainQemuAttach, INTERNAL, "9.0.0", virDomainPtr,
     (virConnectPtr conn, unsigned int pid, unsigned int flags))
SLOT(domainQemuAgentCommand, INTERNAL, "9.0.0", char *,
     (virDomainPtr domain, const char *cmd, int timeout, unsigned int flags))
SLOT(connectDomainQemuMonitorEventRegister, INTERNAL, "9.0.0", int,
     (virConnectPtr conn, virDomainPtr domain, const char *event, void *cb, void *opaque,
      virFreeCallback freecb, unsigned int flags))
SLOT(connectDomainQemuMonitorEventDeregister, INTERNAL, "9.0.0", int,
     (virConnectPtr conn, int callback_iD))
SLOT(domainOpenConsole, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *dev_name, virStreamPtr st, unsigned int flags))
SLOT(domainOpenChannel, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *name, virStreamPtr st, unsigned int flags))
SLOT(domainOpenGraphics, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int idx, int fd, unsigned int flags))
SLOT(domainOpenGraphicsFD, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int idx, unsigned int flags))
SLOT(domainInjectNMI, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainMigrateBegin3, PUBLIC, "9.0.0", char *,
     (virDomainPtr domain, const char *xmlin, char **cookieout, int *cookieoutlen,
      unsigned long flags, const char *dname, unsigned long resource))
SLOT(domainMigratePrepare3, PUBLIC, "9.0.0", int,
     (virConnectPtr dconn, const char *cookiein, int cookieinlen, char **cookieout,
      int *cookieoutlen, const char *uri_in, char **uri_out, unsigned long flags, const char *dname,
      unsigned long resource, const char *dom_xml))
SLOT(domainMigratePrepareTunnel3, PUBLIC, "9.0.0", int,
     (virConnectPtr dconn, virStreamPtr st, const char *cookiein, int cookieinlen, char **cookieout,
      int *cookieoutlen, unsigned long flags, const char *dname, unsigned long resource,
      const char *dom_xml))
SLOT(domainMigratePerform3, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *xmlin, const char *cookiein, int cookieinlen,
      char **cookieout, int *cookieoutlen, const char *dconnuri, const char *uri,
      unsigned long flags, const char *dname, unsigned long resource))
SLOT(domainMigrateFinish3, PUBLIC, "9.0.0", virDomainPtr,
     (virConnectPtr dconn, const char *dname, const char *cookiein, int cookieinlen,
      char **cookieout, int *cookieoutlen, const char *dconnuri, const char *uri,
      unsigned long flags, int cancelled))
SLOT(domainMigrateConfirm3, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *cookiein, int cookieinlen, unsigned long flags,
      int cancelled))
SLOT(domainSendKey, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int codeset, unsigned int holdtime, unsigned int *keycodes,
      int nkeycodes, unsigned int flags))
SLOT(domainBlockJobAbort, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, unsigned int flags))
SLOT(domainGetBlockJobInfo, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, virDomainBlockJobInfoPtr info, unsigned int flags))
SLOT(domainBlockJobSetSpeed, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, unsigned long bandwidth, unsigned int flags))
SLOT(domainBlockPull, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, unsigned long bandwidth, unsigned int flags))
SLOT(domainBlockRebase, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, const char *base, unsigned long bandwidth,
      unsigned int flags))
SLOT(domainBlockCopy, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *path, const char *destxml, virTypedParameterPtr params,
      int nparams, unsigned int flags))
SLOT(domainBlockCommit, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *disk, const char *base, const char *top,
      unsigned long bandwidth, unsigned int flags))
SLOT(connectSetKeepAlive, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, int interval, unsigned int count))
SLOT(connectIsAlive, PUBLIC, "9.0.0", int, (virConnectPtr conn))
SLOT(nodeSuspendForDuration, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, unsigned int target, unsigned long long duration, unsigned int flags))
SLOT(domainGetPerfEvents, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr *params, int *nparams, unsigned int flags))
SLOT(domainSetPerfEvents, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int nparams, unsigned int flags))
SLOT(domainSetBlockIoTune, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *disk, virTypedParameterPtr params, int nparams,
      unsigned int flags))
SLOT(domainGetBlockIoTune, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *disk, virTypedParameterPtr params, int *nparams,
      unsigned int flags))
SLOT(domainGetCPUStats, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, unsigned int nparams, int start_cpu,
      unsigned int ncpus, unsigned int flags))
SLOT(domainGetDiskErrors, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virDomainDiskErrorPtr errors, unsigned int maxerrors,
      unsigned int flags))
SLOT(domainSetMetadata, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, int type, const char *metadata, const char *key, const char *uri,
      unsigned int flags))
SLOT(domainGetMetadata, PUBLIC, "9.0.0", char *,
     (virDomainPtr domain, int type, const char *uri, unsigned int flags))
SLOT(nodeGetMemoryParameters, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virTypedParameterPtr params, int *nparams, unsigned int flags))
SLOT(nodeSetMemoryParameters, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virTypedParameterPtr params, int nparams, unsigned int flags))
SLOT(nodeGetCPUMap, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, unsigned char **cpumap, unsigned int *online, unsigned int flags))
SLOT(domainFSTrim, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *mount_point, unsigned long long minimum, unsigned int flags))
SLOT(domainSendProcessSignal, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, long long pid_value, unsigned int signum, unsigned int flags))
SLOT(domainLxcOpenNamespace, INTERNAL, "9.0.0", int,
     (virDomainPtr domain, int **fdlist, unsigned int flags))
SLOT(domainMigrateBegin3Params, PUBLIC, "9.0.0", char *,
     (virDomainPtr domain, virTypedParameterPtr params, int nparams, char **cookieout,
      int *cookieoutlen, unsigned int flags))
SLOT(domainMigratePrepare3Params, PUBLIC, "9.0.0", int,
     (virConnectPtr dconn, virTypedParameterPtr params, int nparams, const char *cookiein,
      int cookieinlen, char **cookieout, int *cookieoutlen, char **uri_out, unsigned int flags))
SLOT(domainMigratePrepareTunnel3Params, PUBLIC, "9.0.0", int,
     (virConnectPtr dconn, virStreamPtr st, virTypedParameterPtr params, int nparams,
      const char *cookiein, int cookieinlen, char **cookieout, int *cookieoutlen,
      unsigned int flags))
SLOT(domainMigratePerform3Params, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *dconnuri, virTypedParameterPtr params, int nparams,
      const char *cookiein, int cookieinlen, char **cookieout, int *cookieoutlen,
      unsigned int flags))
SLOT(domainMigrateFinish3Params, PUBLIC, "9.0.0", virDomainPtr,
     (virConnectPtr dconn, virTypedParameterPtr params, int nparams, const char *cookiein,
      int cookieinlen, char **cookieout, int *cookieoutlen, unsigned int flags, int cancelled))
SLOT(domainMigrateConfirm3Params, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int nparams, const char *cookiein,
      int cookieinlen, unsigned int flags, int cancelled))
SLOT(connectGetCPUModelNames, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, const char *arch_name, char ***models, unsigned int flags))
SLOT(domainFSFreeze, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char **mountpoints, unsigned int nmountpoints, unsigned int flags))
SLOT(domainFSThaw, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char **mountpoints, unsigned int nmountpoints, unsigned int flags))
SLOT(domainGetTime, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, long long *seconds, unsigned int *nseconds, unsigned int flags))
SLOT(domainSetTime, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, long long seconds, unsigned int nseconds, unsigned int flags))
SLOT(nodeGetFreePages, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, unsigned int npages, unsigned int *pages, int start_cell,
      unsigned int cell_count, unsigned long long *counts, unsigned int flags))
SLOT(connectGetDomainCapabilities, PUBLIC, "9.0.0", char *,
     (virConnectPtr conn, const char *emulatorbin, const char *arch, const char *machine,
      const char *virttype, unsigned int flags))
SLOT(connectGetAllDomainStats, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms, unsigned int stats,
      virDomainStatsRecordPtr **ret_stats, unsigned int flags))
SLOT(nodeAllocPages, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, unsigned int npages, unsigned int *page_sizes,
      unsigned long long *page_counts, int start_cell, unsigned int cell_count, unsigned int flags))
SLOT(domainGetFSInfo, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virDomainFSInfoPtr **info, unsigned int flags))
SLOT(domainInterfaceAddresses, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virDomainInterfacePtr **ifaces, unsigned int source, unsigned int flags))
SLOT(domainSetUserPassword, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *user, const char *password, unsigned int flags))
SLOT(connectRegisterCloseCallback, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virConnectCloseFunc cb, void *opaque, virFreeCallback freecb))
SLOT(connectUnregisterCloseCallback, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virConnectCloseFunc cb))
SLOT(domainMigrateStartPostCopy, PUBLIC, "9.0.0", int, (virDomainPtr domain, unsigned int flags))
SLOT(domainGetGuestVcpus, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr *params, unsigned int *nparams, unsigned int flags))
SLOT(domainSetGuestVcpus, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *cpumap, int state, unsigned int flags))
SLOT(domainSetVcpu, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *cpumap, int state, unsigned int flags))
SLOT(domainSetBlockThreshold, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *dev, unsigned long long threshold, unsigned int flags))
SLOT(domainSetLifecycleAction, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int type, unsigned int action, unsigned int flags))
SLOT(connectCompareHypervisorCPU, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, const char *emulator, const char *arch, const char *machine,
      const char *virttype, const char *xml_cPU, unsigned int flags))
SLOT(connectBaselineHypervisorCPU, PUBLIC, "9.0.0", char *,
     (virConnectPtr conn, const char *emulator, const char *arch, const char *machine,
      const char *virttype, const char **xml_cPUs, unsigned int ncpus, unsigned int flags))
SLOT(nodeGetSEVInfo, PUBLIC, "9.0.0", int,
     (virConnectPtr conn, virTypedParameterPtr *params, int *nparams, unsigned int flags))
SLOT(domainGetLaunchSecurityInfo, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr *params, int *nparams, unsigned int flags))
SLOT(domainSetLaunchSecurityState, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virTypedParameterPtr params, int nparams, unsigned int flags))
SLOT(domainCheckpointCreateXML, PUBLIC, "9.0.0", virDomainCheckpointPtr,
     (virDomainPtr domain, const char *xml_desc, unsigned int flags))
SLOT(domainCheckpointGetXMLDesc, PUBLIC, "9.0.0", char *,
     (virDomainCheckpointPtr checkpoint, unsigned int flags))
SLOT(domainListAllCheckpoints, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, virDomainCheckpointPtr **checkpoints, unsigned int flags))
SLOT(domainCheckpointListAllChildren, PUBLIC, "9.0.0", int,
     (virDomainCheckpointPtr checkpoint, virDomainCheckpointPtr **children, unsigned int flags))
SLOT(domainCheckpointLookupByName, PUBLIC, "9.0.0", virDomainCheckpointPtr,
     (virDomainPtr domain, const char *name, unsigned int flags))
SLOT(domainCheckpointGetParent, PUBLIC, "9.0.0", virDomainCheckpointPtr,
     (virDomainCheckpointPtr checkpoint, unsigned int flags))
SLOT(domainCheckpointDelete, PUBLIC, "9.0.0", int,
     (virDomainCheckpointPtr checkpoint, unsigned int flags))
SLOT(domainGetGuestInfo, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, unsigned int types, virTypedParameterPtr *params, int *nparams,
      unsigned int flags))
SLOT(domainAgentSetResponseTimeout, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, int timeout, unsigned int flags))
SLOT(domainBackupBegin, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *backup_xML, const char *checkpoint_xML, unsigned int flags))
SLOT(domainBackupGetXMLDesc, PUBLIC, "9.0.0", char *, (virDomainPtr domain, unsigned int flags))
SLOT(domainAuthorizedSSHKeysGet, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *user, char ***keys, unsigned int flags))
SLOT(domainAuthorizedSSHKeysSet, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *user, const char **keys, unsigned int nkeys,
      unsigned int flags))
SLOT(domainGetMessages, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, char ***msgs, unsigned int flags))
SLOT(domainStartDirtyRateCalc, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, int seconds, unsigned int flags))
SLOT(domainFDAssociate, PUBLIC, "9.0.0", int,
     (virDomainPtr domain, const char *name, unsigned int nfds, int *fds, unsigned int flags))
SLOT(domainGraphicsReload, PUBLIC, "10.2.0", int,
     (virDomainPtr domain, unsigned int type, unsigned int flags))
SLOT(domainSetThrottleGroup, PUBLIC, "11.2.0", int,
     (virDomainPtr domain, const char *groupname, virTypedParameterPtr params, int nparams,
      unsigned int flags))
SLOT(domainDelThrottleGroup, PUBLIC, "11.2.0", int,
     (virDomainPtr domain, const char *groupname, unsigned int flags))
SLOT(domainAnnounceInterface, PUBLIC, "12.5.0", int,
     (virDomainPtr domain, const char *device, virTypedParameterPtr params, int nparams,
      unsigned int flags))
/* clang-format on */
