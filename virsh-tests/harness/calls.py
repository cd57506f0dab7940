# SPDX-License-Identifier: LGPL-2.1-or-later
"""One row for each call the driver implements: how a client makes it, and what shows that it did something.

`show` is given the context and the call's result, after the call on a running guest, and compares with a
reader beside the driver: a kernel file, the files of the daemon, a program in the guest. Where that takes
more than a line, `by` names the test that does it.
"""
import glob
import os
import re
import xml.etree.ElementTree as ElementTree

import libvirt

from . import groups
from .guest import read_file

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

HOST = os.sysconf('SC_NPROCESSORS_CONF')
KIB = 1024


class Row:
    def __init__(self, slot, call, show=None, by=None, flags=False, alone=False, mute=False):
        """flags: the call takes some, which are context.flags; alone: it ends or renames the domain;
        mute: libvirt's protocol has no room for its error."""
        self.mute = mute
        self.slot, self.call, self.show, self.by = slot, call, show, by
        self.flags, self.alone = flags, alone


def implemented():
    """The slots that the tables of the driver have."""
    found = set()
    for path in glob.glob(os.path.join(TOP, 'driver', '*.c')):
        with open(path) as file:
            found |= set(re.findall(r'^    API\((\w+),', file.read(), re.MULTILINE))
    return found


def cpu_online(_context, value):
    with open('/sys/devices/system/cpu/online') as file:
        return value[0] == HOST and file.read().strip().startswith('0')


def definition(context):
    path = context.daemon.path('/etc/libvirt/lxc/%s.xml' % context.domain.name())
    with open(path) as file:
        return file.read()


def memory_limit(context):
    return groups.number(context.domain, 'memory', 'memory.limit_in_bytes', 'memory.max')


def near(value, wanted, part):
    return abs(value - wanted) <= wanted * part


def meminfo(name):
    with open('/proc/meminfo') as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name + ':'))


def node_memory(name):
    """KiB of all memory nodes, which is where libvirt looks."""
    paths = glob.glob('/sys/devices/system/node/node*/meminfo')
    if not paths:
        return meminfo(name)
    total = 0
    for path in paths:
        with open(path) as file:
            total += next(int(line.split()[3]) for line in file if name + ':' in line)
    return total


def heard(context, word):
    return word in read_file(context.guest.root, 'heard')


def close_all(files):
    for file in files:
        os.close(file)
    return files


def namespaces(context):
    import libvirt_lxc
    return len(close_all(libvirt_lxc.lxcOpenNamespace(context.domain, context.flags)))


def told(value):
    """For bindings that answer None where they should raise the error."""
    if value is None:
        raise libvirt.libvirtError('')
    return value


def console(context):
    stream = context.connection.newStream(libvirt.VIR_STREAM_NONBLOCK)
    context.domain.openConsole(None, stream, context.flags or libvirt.VIR_DOMAIN_CONSOLE_FORCE)
    stream.abort()


def lifecycle_events(context):
    """Registers in the way of libvirt 0.5, and takes it back."""
    callback = lambda *_: None
    context.connection.domainEventRegister(callback, None)
    context.connection.domainEventDeregister(callback)


def any_events(context):
    number = context.connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                       lambda *_: None, None)
    context.connection.domainEventDeregisterAny(number)


def set_memory_parameters(context):
    """The bindings ask for the parameters first, and a kernel without KSM has none."""
    try:
        return context.connection.setMemoryParameters({'shm_pages_to_scan': 100}, context.flags)
    except LookupError:
        assert not os.path.isdir('/sys/kernel/mm/ksm')
        raise ImportError('no KSM') from None


def xml(context):
    return context.other.xml()


LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG
DISK = "<disk type='file' device='disk'><source file='%s'/><target dev='vda'/></disk>"

CONNECTION = [
    Row('connectURIProbe', lambda c: libvirt.open(c.daemon.uri.replace('lxc:///system', 'lxc:///')).close(),
        by='test_access.py::test_the_connection_tells_what_it_is'),
    Row('connectOpen', lambda c: libvirt.open(c.daemon.uri).close(),
        by='test_access.py::test_many_connections_come_and_go'),
    Row('connectClose', lambda c: libvirt.open(c.daemon.uri).close(), by='test_create.py::'),
    Row('connectSupportsFeature', lambda c: c.daemon.connect().domainEventRegisterAny(
        None, 0, lambda *_: None, None), lambda c, v: v >= 0),
    Row('connectGetType', lambda c: c.connection.getType(), lambda c, v: v == 'LXC'),
    Row('connectGetVersion', lambda c: c.connection.getVersion(),
        lambda c, v: v // 1000000 == int(os.uname().release.split('.')[0])),
    Row('connectGetHostname', lambda c: c.connection.getHostname(),
        lambda c, v: v.split('.')[0] == os.uname().nodename.split('.')[0]),
    Row('connectGetSysinfo', lambda c: c.connection.getSysinfo(c.flags), by='test_host.py::', flags=True),
    Row('connectGetMaxVcpus', lambda c: c.connection.getMaxVcpus('lxc'), lambda c, v: v == HOST),
    Row('connectGetCapabilities', lambda c: c.connection.getCapabilities(),
        lambda c, v: ElementTree.fromstring(v).findtext('host/cpu/arch') == os.uname().machine),
    Row('connectIsAlive', lambda c: c.connection.isAlive(), lambda c, v: v == 1),
    Row('connectIsEncrypted', lambda c: c.connection.isEncrypted(), lambda c, v: v == 0),
    Row('connectIsSecure', lambda c: c.connection.isSecure(), lambda c, v: v == 1),
    Row('connectListDomains', lambda c: c.connection.listDomainsID(), lambda c, v: c.domain.ID() in v),
    Row('connectNumOfDomains', lambda c: c.connection.numOfDomains(), lambda c, v: v >= 1),
    Row('connectListDefinedDomains', lambda c: c.connection.listDefinedDomains(),
        lambda c, v: c.domain.name() not in v),
    Row('connectNumOfDefinedDomains', lambda c: c.connection.numOfDefinedDomains(), lambda c, v: v >= 0),
    Row('connectListAllDomains', lambda c: c.connection.listAllDomains(c.flags),
        lambda c, v: c.domain.name() in [d.name() for d in v], flags=True),
    Row('connectGetAllDomainStats', lambda c: c.connection.getAllDomainStats(0, c.flags),
        by='test_statistics.py::', flags=True),
    Row('connectDomainXMLFromNative', lambda c: c.connection.domainXMLFromNative(
        'lxc-tools', 'lxc.uts.name = gull\nlxc.rootfs.path = /srv/gull\n', c.flags),
        lambda c, v: '<name>gull</name>' in v, flags=True),
    Row('connectDomainXMLToNative', lambda c: c.connection.domainXMLToNative('oci', xml(c), c.flags),
        lambda c, v: c.other.root in v, flags=True),
    Row('connectGetDomainCapabilities',
        lambda c: c.connection.getDomainCapabilities(None, None, None, None, c.flags),
        by='test_cpu_models.py::test_domain_capabilities', flags=True),
    Row('connectCompareCPU', lambda c: c.connection.compareCPU("<cpu mode='host-passthrough'/>", c.flags),
        by='test_cpu_models.py::test_features_are_those_the_kernel_finds', flags=True),
    Row('connectCompareHypervisorCPU', lambda c: c.connection.compareHypervisorCPU(
        None, None, None, None, "<cpu mode='host-passthrough'/>", c.flags),
        by='test_cpu_models.py::test_what_is_compared_with_the_host', flags=True),
    Row('connectBaselineCPU', lambda c: c.connection.baselineCPU(["<cpu/>"], c.flags),
        by='test_cpu_models.py::test_the_baseline_of_the_host_is_what_it_has', flags=True),
    Row('connectBaselineHypervisorCPU', lambda c: c.connection.baselineHypervisorCPU(
        None, None, None, None, ["<cpu/>"], c.flags),
        by='test_cpu_models.py::test_the_baseline_of_the_host_is_what_it_has', flags=True),
    Row('connectGetCPUModelNames', lambda c: c.connection.getCPUModelNames('x86_64', c.flags),
        by='test_cpu_models.py::test_models_are_those_of_libvirt_s_map', flags=True),
    Row('connectDomainEventRegister', lifecycle_events, by='test_events.py::'),
    Row('connectDomainEventDeregister', lifecycle_events, by='test_events.py::'),
    Row('connectDomainEventRegisterAny', any_events, by='test_lifecycle.py::'),
    Row('connectDomainEventDeregisterAny', any_events, by='test_lifecycle.py::'),
    Row('nodeGetInfo', lambda c: c.connection.getInfo(),
        lambda c, v: v[0] == os.uname().machine and near(v[1] * KIB, node_memory('MemTotal'), 0.01)),
    Row('nodeGetCPUStats', lambda c: c.connection.getCPUStats(-1, c.flags),
        lambda c, v: v['idle'] > 0, flags=True),
    Row('nodeGetMemoryStats', lambda c: c.connection.getMemoryStats(-1, c.flags),
        lambda c, v: v['total'] == meminfo('MemTotal'), flags=True),
    Row('nodeGetCellsFreeMemory', lambda c: c.connection.getCellsFreeMemory(0, 1),
        lambda c, v: near(v[0] / KIB, node_memory('MemFree'), 0.3)),
    Row('nodeGetFreeMemory', lambda c: c.connection.getFreeMemory(),
        lambda c, v: near(v / KIB, node_memory('MemFree'), 0.3)),
    Row('nodeGetFreePages', lambda c: c.connection.getFreePages([4], 0, 1, c.flags),
        lambda c, v: near(v[0][4] * 4, node_memory('MemFree'), 0.3), flags=True),
    Row('nodeAllocPages', lambda c: c.connection.allocPages({2048: 0}, 0, 1, c.flags), by='test_host.py::',
        flags=True),
    Row('nodeGetMemoryParameters', lambda c: c.connection.getMemoryParameters(c.flags),
        by='test_host.py::', flags=True),
    Row('nodeSetMemoryParameters', set_memory_parameters, by='test_host.py::', flags=True),
    Row('nodeGetCPUMap', lambda c: c.connection.getCPUMap(c.flags), cpu_online, flags=True),
    # a target that does not exist: nobody wants a host that sleeps
    Row('nodeSuspendForDuration', lambda c: c.connection.suspendForDuration(99, 60, c.flags),
        by='test_host.py::', flags=True),
    Row('nodeGetSecurityModel', lambda c: c.connection.getSecurityModel(), lambda c, v: len(v) == 2),
    Row('domainLookupByID', lambda c: c.connection.lookupByID(c.number),
        lambda c, v: v.name() == c.domain.name()),
    Row('domainLookupByUUID', lambda c: c.connection.lookupByUUID(c.domain.UUID()),
        lambda c, v: v.name() == c.domain.name()),
    Row('domainLookupByName', lambda c: c.connection.lookupByName(c.domain.name()),
        lambda c, v: v.UUID() == c.domain.UUID()),
    Row('domainDefineXML', lambda c: c.connection.defineXML(xml(c)).undefine(), by='test_define.py::'),
    Row('domainDefineXMLFlags', lambda c: c.connection.defineXMLFlags(xml(c), c.flags).undefine(),
        by='test_define.py::', flags=True),
    Row('domainCreateXML', lambda c: c.connection.createXML(xml(c), c.flags).destroy(),
        by='test_create.py::', flags=True),
    Row('domainCreateXMLWithFiles', lambda c: c.connection.createXMLWithFiles(xml(c), [], c.flags).destroy(),
        by='test_create.py::', flags=True),
]

DOMAIN = [
    Row('domainSuspend', lambda c: c.domain.suspend(), by='test_lifecycle.py::'),
    Row('domainResume', lambda c: c.domain.resume(), by='test_lifecycle.py::'),
    Row('domainShutdown', lambda c: c.domain.shutdown(), by='test_graceful.py::', alone=True),
    Row('domainShutdownFlags', lambda c: c.domain.shutdownFlags(c.flags), by='test_graceful.py::',
        flags=True, alone=True),
    Row('domainReboot', lambda c: c.domain.reboot(c.flags), by='test_graceful.py::', flags=True, alone=True),
    Row('domainReset', lambda c: c.domain.reset(c.flags),
        by='test_state.py::test_a_reset_starts_a_guest_again', flags=True, alone=True),
    Row('domainDestroy', lambda c: c.domain.destroy(),
        lambda c, v: not os.path.exists('/proc/%d' % c.number), alone=True),
    Row('domainDestroyFlags', lambda c: c.domain.destroyFlags(c.flags),
        lambda c, v: not os.path.exists('/proc/%d' % c.number), flags=True, alone=True),
    Row('domainCreate', lambda c: c.domain.create(), by='test_lifecycle.py::', alone=True),
    Row('domainCreateWithFlags', lambda c: c.domain.createWithFlags(c.flags), by='test_lifecycle.py::',
        flags=True, alone=True),
    Row('domainCreateWithFiles', lambda c: c.domain.createWithFiles([], c.flags), by='test_create.py::',
        flags=True, alone=True),
    Row('domainUndefine', lambda c: c.domain.undefine(), by='test_define.py::', alone=True),
    Row('domainUndefineFlags', lambda c: c.domain.undefineFlags(c.flags), by='test_define.py::', flags=True,
        alone=True),
    Row('domainRename', lambda c: c.domain.rename(c.other.name, c.flags),
        by='test_state.py::test_a_domain_gets_another_name', flags=True, alone=True),
    Row('domainGetOSType', lambda c: c.domain.OSType(), lambda c, v: v == 'exe'),
    Row('domainGetMaxMemory', lambda c: c.domain.maxMemory(), lambda c, v: v == 64 * KIB),
    Row('domainSetMaxMemory', lambda c: c.domain.setMaxMemory(64 * KIB), by='test_limits.py::'),
    Row('domainSetMemory', lambda c: c.domain.setMemory(48 * KIB),
        lambda c, v: memory_limit(c) == 48 << 20),
    Row('domainSetMemoryFlags', lambda c: c.domain.setMemoryFlags(56 * KIB, c.flags),
        lambda c, v: memory_limit(c) == 56 << 20, flags=True),
    Row('domainSetMemoryParameters', lambda c: c.domain.setMemoryParameters(
        {'soft_limit': 32 * KIB}, c.flags), by='test_limits.py::test_a_limit_of_memory', flags=True),
    Row('domainGetMemoryParameters', lambda c: c.domain.memoryParameters(c.flags),
        lambda c, v: v['hard_limit'] * KIB == memory_limit(c), flags=True),
    Row('domainSetNumaParameters', lambda c: c.domain.setNumaParameters({'numa_nodeset': '0'}, c.flags),
        by='test_limits.py::', flags=True),
    Row('domainGetNumaParameters', lambda c: c.domain.numaParameters(c.flags), by='test_limits.py::',
        flags=True),
    Row('domainSetBlkioParameters', lambda c: c.domain.setBlkioParameters(
        {'device_read_bytes_sec': ''}, c.flags), by='test_limits.py::', flags=True),
    Row('domainGetBlkioParameters', lambda c: c.domain.blkioParameters(c.flags), by='test_limits.py::',
        flags=True),
    Row('domainGetSchedulerType', lambda c: c.domain.schedulerType(), lambda c, v: v[0] == 'posix'),
    Row('domainGetSchedulerParameters', lambda c: c.domain.schedulerParameters(), by='test_limits.py::'),
    Row('domainGetSchedulerParametersFlags', lambda c: c.domain.schedulerParametersFlags(c.flags),
        by='test_limits.py::', flags=True),
    Row('domainSetSchedulerParameters', lambda c: c.domain.setSchedulerParameters({'cpu_shares': 512}),
        by='test_limits.py::'),
    Row('domainSetSchedulerParametersFlags', lambda c: c.domain.setSchedulerParametersFlags(
        {'cpu_shares': 1024}, c.flags), by='test_limits.py::', flags=True),
    Row('domainGetInfo', lambda c: c.domain.info(),
        lambda c, v: near(v[2], groups.number(c.domain, 'memory', 'memory.usage_in_bytes',
                                              'memory.current') / KIB, 0.5)),
    Row('domainGetState', lambda c: c.domain.state(c.flags),
        lambda c, v: v == [libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_BOOTED], flags=True),
    Row('domainGetControlInfo', lambda c: c.domain.controlInfo(c.flags),
        lambda c, v: v[0] == libvirt.VIR_DOMAIN_CONTROL_OK, flags=True),
    Row('domainIsActive', lambda c: c.domain.isActive(),
        lambda c, v: v == os.path.exists('/proc/%d' % c.number)),
    Row('domainIsPersistent', lambda c: c.domain.isPersistent(), lambda c, v: v and definition(c)),
    Row('domainIsUpdated', lambda c: c.domain.isUpdated(), by='test_define.py::'),
    Row('domainGetXMLDesc', lambda c: c.domain.XMLDesc(c.flags), lambda c, v: c.guest.root in v, flags=True),
    Row('domainGetAutostart', lambda c: c.domain.autostart(), by='test_autostart.py::'),
    Row('domainSetAutostart', lambda c: c.domain.setAutostart(0), by='test_autostart.py::'),
    Row('domainGetAutostartOnce', lambda c: c.domain.autostartOnce(), by='test_autostart.py::'),
    Row('domainSetAutostartOnce', lambda c: c.domain.setAutostartOnce(0), by='test_autostart.py::'),
    Row('domainSetMetadata', lambda c: c.domain.setMetadata(
        libvirt.VIR_DOMAIN_METADATA_TITLE, 'Tern', None, None, c.flags), by='test_metadata.py::', flags=True),
    Row('domainGetMetadata', lambda c: c.domain.metadata(libvirt.VIR_DOMAIN_METADATA_TITLE, None, c.flags),
        by='test_metadata.py::', flags=True),
    Row('domainSetLifecycleAction', lambda c: c.domain.setLifecycleAction(0, 0, c.flags),
        by='test_state.py::test_a_lifecycle_action_can_be_set', flags=True),
    Row('domainGetMessages', lambda c: c.domain.messages(c.flags),
        by='test_state.py::test_messages_tell_what_a_guest_lacks', flags=True),
    Row('domainGetJobInfo', lambda c: c.domain.jobInfo(), lambda c, v: v[0] == 0),
    Row('domainGetJobStats', lambda c: c.domain.jobStats(c.flags), lambda c, v: v == {'type': 0}, flags=True),
    Row('domainGetIOThreadInfo', lambda c: c.domain.ioThreadInfo(c.flags), lambda c, v: v == [], flags=True),
    Row('domainHasManagedSaveImage', lambda c: c.domain.hasManagedSaveImage(c.flags), lambda c, v: v == 0,
        flags=True),
    Row('domainManagedSaveRemove', lambda c: c.domain.managedSaveRemove(c.flags), lambda c, v: v == 0,
        flags=True),
    Row('domainSnapshotNum', lambda c: c.domain.snapshotNum(c.flags), lambda c, v: v == 0, flags=True),
    Row('domainSnapshotListNames', lambda c: c.domain.snapshotListNames(c.flags), lambda c, v: v == [],
        flags=True),
    Row('domainListAllSnapshots', lambda c: c.domain.listAllSnapshots(c.flags), lambda c, v: v == [],
        flags=True),
    Row('domainHasCurrentSnapshot', lambda c: c.domain.hasCurrentSnapshot(c.flags), lambda c, v: v == 0,
        flags=True),
    Row('domainListAllCheckpoints', lambda c: c.domain.listAllCheckpoints(c.flags), lambda c, v: v == [],
        flags=True),
    Row('domainGetSecurityLabel', lambda c: c.domain.securityLabel(), by='test_every_call.py::'),
    Row('domainMemoryStats', lambda c: c.domain.memoryStats(),
        by='test_statistics.py::test_memory_statistics_are_the_kernel_s'),
    Row('domainGetCPUStats', lambda c: c.domain.getCPUStats(True, c.flags),
        by='test_statistics.py::test_processor_time_is_the_kernel_s', flags=True),
    Row('domainBlockStats', lambda c: c.domain.blockStats(''),
        by='test_statistics.py::test_block_statistics_are_the_kernel_s'),
    Row('domainBlockStatsFlags', lambda c: c.domain.blockStatsFlags('', c.flags),
        by='test_statistics.py::test_block_statistics_are_the_kernel_s', flags=True),
    Row('domainGetBlockInfo', lambda c: c.domain.blockInfo('vda', c.flags),
        by='test_statistics.py::test_sizes_of_disks', flags=True),
    Row('domainGetBlockIoTune', lambda c: c.domain.blockIoTune('vda', c.flags),
        by='test_disks.py::test_a_guest_starts_with_the_limits_of_its_disks', flags=True),
    Row('domainSetBlockIoTune', lambda c: c.domain.setBlockIoTune('vda', {'read_bytes_sec': 0}, c.flags),
        by='test_disks.py::test_limits_of_a_disk_change_while_the_guest_runs', flags=True),
    Row('domainBlockResize', lambda c: c.domain.blockResize('vda', 1 << 20, c.flags),
        by='test_disks.py::test_an_image_grows_under_a_running_guest', flags=True),
    Row('domainSetBlockThreshold', lambda c: c.domain.setBlockThreshold('vda', 1 << 20, c.flags),
        by='test_disks.py::test_a_client_is_told_once_that_an_image_has_grown', flags=True),
    Row('domainBlockPeek', lambda c: c.domain.blockPeek('vda', 0, 1, c.flags),
        by='test_disks.py::test_what_is_on_a_disk_can_be_read_from_afar', flags=True),
    Row('domainGetBlockJobInfo', lambda c: c.domain.blockJobInfo('vda', c.flags),
        by='test_disks.py::test_no_disk_has_a_job', flags=True),
    Row('domainGetDiskErrors', lambda c: c.domain.diskErrors(), lambda c, v: v == {}),
    Row('domainInterfaceStats', lambda c: c.domain.interfaceStats('vnet0'),
        by='test_statistics.py::test_interface_statistics_are_in_the_guest_s_sense'),
    Row('domainGetVcpusFlags', lambda c: c.domain.vcpusFlags(c.flags), by='test_vcpus.py::', flags=True),
    Row('domainGetMaxVcpus', lambda c: c.domain.maxVcpus(), by='test_vcpus.py::'),
    Row('domainSetVcpus', lambda c: c.domain.setVcpus(1),
        by='test_vcpus.py::test_fewer_vcpus_give_less_time'),
    Row('domainSetVcpusFlags', lambda c: c.domain.setVcpusFlags(1, c.flags),
        by='test_vcpus.py::test_fewer_vcpus_give_less_time', flags=True),
    Row('domainSetVcpu', lambda c: c.domain.setVcpu('0', 1, c.flags),
        by='test_vcpus.py::test_vcpus_are_switched_one_by_one_in_order', flags=True),
    Row('domainGetPerfEvents', lambda c: c.domain.perfEvents(c.flags),
        by='test_perf_events.py::test_events_are_enabled_while_a_guest_runs', flags=True),
    Row('domainSetPerfEvents', lambda c: c.domain.setPerfEvents({'cpu_clock': True}, c.flags),
        by='test_perf_events.py::test_events_are_enabled_while_a_guest_runs', flags=True),
    Row('domainGetVcpus', lambda c: c.domain.vcpus(),
        by='test_vcpus.py::test_vcpuinfo_tells_time_and_affinity'),
    Row('domainPinVcpu', lambda c: c.domain.pinVcpu(0, (True,) * HOST),
        by='test_vcpus.py::test_a_pin_is_where_the_guest_runs'),
    Row('domainPinVcpuFlags', lambda c: c.domain.pinVcpuFlags(0, (True,) * HOST, c.flags),
        by='test_vcpus.py::test_a_pin_is_where_the_guest_runs', flags=True),
    Row('domainGetVcpuPinInfo', lambda c: c.domain.vcpuPinInfo(c.flags), by='test_vcpus.py::', flags=True),
    Row('domainPinEmulator', lambda c: c.domain.pinEmulator((True,) * HOST, c.flags),
        by='test_vcpus.py::test_the_controller_runs_where_the_emulator_is_pinned', flags=True),
    Row('domainGetEmulatorPinInfo', lambda c: c.domain.emulatorPinInfo(c.flags), by='test_vcpus.py::',
        flags=True),
    Row('domainAttachDevice', lambda c: c.domain.attachDevice("<memballoon model='none'/>"),
        by='test_hotplug.py::'),
    Row('domainAttachDeviceFlags', lambda c: c.domain.attachDeviceFlags("<memballoon model='none'/>", c.flags),
        by='test_hotplug.py::', flags=True),
    Row('domainDetachDevice', lambda c: c.domain.detachDevice("<memballoon model='none'/>"),
        by='test_hotplug.py::'),
    Row('domainDetachDeviceFlags', lambda c: c.domain.detachDeviceFlags("<memballoon model='none'/>", c.flags),
        by='test_hotplug.py::', flags=True),
    Row('domainDetachDeviceAlias', lambda c: c.domain.detachDeviceAlias('net0', c.flags),
        by='test_hotplug.py::', flags=True),
    Row('domainUpdateDeviceFlags', lambda c: c.domain.updateDeviceFlags("<memballoon model='none'/>", c.flags),
        by='test_hotplug.py::', flags=True),
    Row('domainOpenConsole', console, by='test_console.py::', flags=True),
    Row('domainLxcOpenNamespace', namespaces, lambda c, v: v == 6, flags=True),
    Row('domainSendProcessSignal', lambda c: c.domain.sendProcessSignal(
        1, libvirt.VIR_DOMAIN_PROCESS_SIGNAL_USR1, c.flags),
        by='test_signals.py::test_any_process_can_be_signalled_by_its_number_in_the_guest', flags=True),
    Row('domainQemuAgentCommand', lambda c: __import__('libvirt_qemu').qemuAgentCommand(
        c.domain, '{"execute":"guest-ping"}', 10, c.flags), by='test_agent.py::', flags=True),
    Row('domainAgentSetResponseTimeout', lambda c: c.domain.agentSetResponseTimeout(-1, c.flags),
        by='test_agent.py::', flags=True),
    Row('domainAuthorizedSSHKeysGet', lambda c: c.domain.authorizedSSHKeysGet('root', c.flags),
        by='test_agent.py::', flags=True),
    Row('domainAuthorizedSSHKeysSet', lambda c: c.domain.authorizedSSHKeysSet('root', ['ssh-rsa A b'], c.flags),
        by='test_agent.py::', flags=True),
    Row('domainFSFreeze', lambda c: c.domain.fsFreeze(None, c.flags), by='test_agent.py::', flags=True),
    Row('domainFSThaw', lambda c: c.domain.fsThaw(None, c.flags), by='test_agent.py::', flags=True),
    Row('domainFSTrim', lambda c: c.domain.fsTrim(None, 0, c.flags), by='test_agent.py::', flags=True),
    Row('domainGetFSInfo', lambda c: c.domain.fsInfo(c.flags), by='test_agent.py::', flags=True),
    Row('domainGetGuestInfo', lambda c: c.domain.guestInfo(0, c.flags), by='test_agent.py::', flags=True),
    Row('domainGetGuestVcpus', lambda c: told(c.domain.guestVcpus(c.flags)), by='test_agent.py::', flags=True),
    Row('domainSetGuestVcpus', lambda c: c.domain.setGuestVcpus('0', True, c.flags), by='test_agent.py::',
        flags=True),
    Row('domainGetTime', lambda c: c.domain.getTime(c.flags), by='test_agent.py::', flags=True),
    Row('domainSetTime', lambda c: c.domain.setTime({'seconds': 1}, c.flags), by='test_agent.py::', flags=True),
    Row('domainSetUserPassword', lambda c: c.domain.setUserPassword('root', 'x', c.flags),
        by='test_agent.py::', flags=True),
    Row('domainGetHostname', lambda c: c.domain.hostname(c.flags), by='test_agent.py::', flags=True),
    Row('domainInterfaceAddresses', lambda c: c.domain.interfaceAddresses(1, c.flags), by='test_network.py::',
        flags=True),
    Row('domainGetInterfaceParameters', lambda c: c.domain.interfaceParameters('vnet0', c.flags),
        by='test_network.py::', flags=True),
    Row('domainSetInterfaceParameters', lambda c: c.domain.setInterfaceParameters(
        'vnet0', {'inbound.average': 100}, c.flags),
        by='test_network.py::', flags=True),
    Row('domainGetSecurityLabelList', lambda c: c.domain.securityLabelList(), lambda c, v: len(v) == 1, mute=True),
]
