# SPDX-License-Identifier: LGPL-2.1-or-later
"""Attacks by what a guest's processes may do: capabilities, devices, groups, keys, kernel files, the controller.

docs/security-tests.rst says which weakness of which runtime each test is about.
"""
import ctypes
import glob
import os
import stat

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for
from harness.guest import read_file
from harness.limits import group_of

pytestmark = pytest.mark.ours

FIRST = 100000
KINDS = pytest.mark.parametrize('idmap', (None, FIRST), ids=('privileged', 'unprivileged'))
WITHOUT_ADMIN = "<privnet/><capabilities policy='default'><sys_admin state='off'/></capabilities>"
WITH_MKNOD = "<privnet/><capabilities policy='default'><mknod state='on'/></capabilities>"


def inside(daemon, guest, *command):
    return daemon.run('/usr/lib/libvirt/libvirt_lxc_exec', guest.name, '--', *command)


@KINDS
def test_nothing_is_inheritable_or_ambient(daemon, start, idmap):
    domain, guest = start(idmap=idmap)
    init = process.init_of(domain)
    for name in ('CapInh', 'CapAmb'):
        assert int(process.field(init, name)[0], 16) == 0
    ran = inside(daemon, guest, 'grep', '-E', 'CapInh|CapAmb', '/proc/self/status')
    assert [int(word, 16) for word in ran.stdout.split()[1::2]] == [0, 0], ran.stderr


@KINDS
def test_no_group_of_the_daemons_is_kept(daemon, start, idmap):
    domain, guest = start(idmap=idmap)
    assert process.field(process.init_of(domain), 'Groups') == []
    ran = inside(daemon, guest, 'grep', 'Groups', '/proc/self/status')
    assert set(ran.stdout.split()[1:]) <= {'0'}, ran.stdout


@KINDS
def test_the_environment_of_the_daemon_stays_outside(daemon, start, idmap):
    domain, guest = start(idmap=idmap)
    init = process.init_of(domain)
    for pid in (init, domain.ID()):
        with open('/proc/%d/environ' % pid, 'rb') as file:
            names = {entry.split(b'=')[0].decode() for entry in file.read().split(b'\0') if entry}
        assert names <= {'PATH', 'TERM', 'container', 'HOME', 'container_uuid', 'LIBVIRT_LXC_UUID',
                         'LIBVIRT_LXC_NAME', 'LIBVIRT_LXC_TRACE', 'NOTIFY_SOCKET', 'container_ttys'}, names


@KINDS
def test_keys_of_the_daemons_session_are_not_the_guests(attack, idmap):
    libc = ctypes.CDLL(None, use_errno=True)
    # the tests' own session keyring is that of the daemon they started
    key = libc.syscall(248, b'user', b'caisson-secret', b'x', 1, -3)
    assert key > 0 or ctypes.get_errno()
    try:
        assert attack('session_key', idmap=idmap) == {'session_key': 'ENOKEY'}
    finally:
        libc.syscall(250, 9, key, -3)


@KINDS
def test_settings_of_the_hosts_kernel_cannot_be_written(attack, idmap):
    before = read_file('/proc/sys/kernel', 'core_pattern')
    seen = attack('core_pattern', 'sysrq', idmap=idmap)
    assert seen['core_pattern'] in ('EROFS', 'EACCES') and seen['sysrq'] in ('EROFS', 'EACCES', 'ENOENT'), seen
    assert read_file('/proc/sys/kernel', 'core_pattern') == before


def test_taking_the_protection_away_brings_an_unprivileged_guest_nothing(attempt):
    text, _, _ = attempt(
        'mount -o remount,bind,rw /proc/sys; mount -o remount,bind,rw /sys; '
        'for f in kcore keys kmsg timer_list kpagecount vmallocinfo sysrq-trigger; do umount /proc/$f; done; '
        'umount /sys/firmware; umount /proc/sys; '
        'for f in kcore kmsg timer_list kpagecount vmallocinfo; do '
        'test -n "$(timeout 1 head -c 10 /proc/$f 2> /dev/null)" && echo read $f; done; '
        'for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/drop_caches '
        '/proc/sys/kernel/sysrq /proc/sysrq-trigger /sys/kernel/uevent_helper /sys/power/state '
        '/sys/module/*/parameters/*; do { echo 1 > $f; } 2> /dev/null && echo wrote $f; done; echo end', idmap=FIRST)
    assert 'read ' not in text and 'wrote ' not in text and text.split()[-1] == 'end', text


def test_a_proc_that_an_unprivileged_guest_mounts_is_as_harmless(attempt):
    text, _, _ = attempt('mkdir -p /tmp/proc; mount -t proc proc /tmp/proc; for p in /tmp/proc /proc; do '
                         'echo x > $p/sys/kernel/core_pattern && echo written; '
                         'echo h > $p/sysrq-trigger && echo pressed; done; echo end', idmap=FIRST)
    assert 'written' not in text and 'pressed' not in text and text.split()[-1] == 'end', text


def test_a_privileged_guest_without_sys_admin_cannot_take_the_protection_away(attack):
    seen = attack('remount_sys', 'uncover', 'mount_proc', 'core_pattern', features=WITHOUT_ADMIN)
    assert seen == {'remount_sys': 'EPERM', 'uncover': 'EPERM', 'mount_proc': 'EPERM', 'core_pattern': 'EROFS'}


def test_what_sys_admin_opens_to_a_privileged_guest_is_known(attack):
    """Inherent: whoever may mount can mount another /proc. A change here is a change of docs/security.rst."""
    assert attack('mount_proc') == {'mount_proc': 'done'}


@KINDS
def test_nodes_of_the_hosts_devices_cannot_be_made(attack, idmap):
    assert attack('mknod_disk', idmap=idmap) == {'mknod_disk': 'EPERM'}


def test_a_node_that_a_guest_could_make_cannot_be_opened(attack):
    seen = attack('mknod_disk', 'open_disk', 'open_mem', features=WITH_MKNOD)
    assert seen == {'mknod_disk': 'EPERM', 'open_disk': 'ENOENT', 'open_mem': 'ENOENT'} or \
        seen == {'mknod_disk': 'done', 'open_disk': 'EPERM', 'open_mem': 'EPERM'}, seen


@KINDS
def test_a_node_that_lies_in_the_guests_files_cannot_be_opened(attack, make_root, idmap):
    root = make_root(idmap or 0)
    for name, kind, numbers in (('disk', stat.S_IFBLK, (7, 0)), ('mem', stat.S_IFCHR, (1, 1))):
        os.mknod(os.path.join(root, 'tmp', name), kind | 0o666, os.makedev(*numbers))
        os.chown(os.path.join(root, 'tmp', name), idmap or 0, idmap or 0)
    seen = attack('open_disk', 'open_mem', root=root, idmap=idmap)
    assert set(seen.values()) <= {'EPERM', 'EACCES'}, seen


@KINDS
def test_device_rules_cannot_be_loosened_from_inside(attempt, make_root, idmap):
    root = make_root(idmap or 0)
    os.mknod(os.path.join(root, 'tmp/disk'), stat.S_IFBLK | 0o666, os.makedev(7, 0))
    text, _, _ = attempt('for f in $(find /sys/fs/cgroup -name devices.allow); do echo a > $f; '
                         'echo "b 7:* rwm" > $f; done; /bin/attack open_disk', root=root, idmap=idmap)
    assert text.splitlines()[-1] in ('open_disk EPERM', 'open_disk EACCES'), text


LIMITS = ('memory.max', 'memory.limit_in_bytes', 'pids.max', 'cpu.max', 'cpu.cfs_quota_us')


@KINDS
def test_limits_cannot_be_raised_from_inside(attempt, idmap):
    def limits(domain):
        found = {}
        for controller in ('memory', 'pids'):
            _, folder = group_of(domain, controller)
            for name in set(LIMITS) & set(os.listdir(folder)):
                found[folder, name] = read_file(folder, name)
        return found
    _, domain, _ = attempt(
        'for d in /sys/fs/cgroup /sys/fs/cgroup/*; do for n in %s; do for w in max -1 9223372036854771712; do '
        'for f in $d/$n $d/../$n; do echo $w > $f; done; done; done; done' % ' '.join(LIMITS),
        idmap=idmap, memory=48,
        top="<caisson:container xmlns:caisson='urn:caisson:domain:1'><caisson:pids limit='77'/></caisson:container>")
    found = limits(domain)
    memory = [value.strip() for (_, name), value in found.items() if name.startswith('memory')]
    pids = [value.strip() for (_, name), value in found.items() if name.startswith('pids')]
    assert memory and set(memory) == {str(48 << 20)} and pids and set(pids) == {'77'}, found


@KINDS
def test_the_guest_is_the_root_of_the_groups_it_sees(attempt, idmap):
    text, domain, _ = attempt('cat /proc/self/cgroup; find /sys/fs/cgroup -name "*supervisor*"; '
                              'find /sys/fs/cgroup -name release_agent; cat /proc/1/mountinfo | grep -c cgroup', idmap=idmap)
    lines = text.splitlines()
    assert all(line.split(':', 2)[2] == '/' for line in lines if line.count(':') >= 2)
    assert 'supervisor' not in text and 'release_agent' not in text, text
    assert os.readlink('/proc/%d/ns/cgroup' % process.init_of(domain)) != os.readlink('/proc/self/ns/cgroup')


@KINDS
def test_no_release_agent_can_be_set(attack, idmap):
    assert attack('mount_release_agent', idmap=idmap)['mount_release_agent'] in ('EPERM', 'EACCES', 'EINVAL', 'ENODEV')


@KINDS
def test_processes_of_the_host_are_neither_seen_nor_signalled(attempt, idmap):
    text, domain, _ = attempt('ls -d /proc/[0-9]* | wc -l; /bin/attack kill_host', idmap=idmap)
    assert int(text.split()[0]) < 8 and 'kill_host ESRCH' in text, text


@KINDS
def test_limits_of_processes_cannot_be_raised(attack, idmap):
    ours = "<caisson:container xmlns:caisson='urn:caisson:domain:1'>" \
           "<caisson:rlimit type='nofile' soft='64' hard='128'/></caisson:container>"
    if idmap:
        assert attack('raise_nofile', idmap=idmap, top=ours) == {'raise_nofile': 'EPERM'}
    else:
        assert attack('raise_nofile', top=ours, features=WITHOUT_ADMIN.replace('sys_admin', 'sys_resource')) == \
            {'raise_nofile': 'EPERM'}


@KINDS
def test_the_hosts_log_is_not_read(attempt, idmap):
    text, _, _ = attempt('dmesg && echo read; cat /proc/kmsg; cat /dev/kmsg & sleep 0.2; kill $!; echo end', idmap=idmap)
    assert 'Linux version' not in text and 'Command line' not in text, text[:300]


def test_controllers_have_no_abstract_socket(daemon, start):
    domain, _ = start(features='')
    sockets = set()
    for pid in {domain.ID(), process.init_of(domain)}:
        for fd in glob.glob('/proc/%d/fd/*' % pid):
            try:
                target = os.readlink(fd)
            except OSError:
                continue
            if target.startswith('socket:['):
                sockets.add(target[8:-1])
    assert sockets
    with open('/proc/%d/net/unix' % daemon.pid) as file:
        for line in file:
            words = line.split()
            if words[6] in sockets and len(words) > 7:
                assert not words[7].startswith('@'), line


@KINDS
def test_a_guest_on_the_hosts_network_cannot_reach_a_controller(attempt, idmap):
    text, _, _ = attempt('grep -c "@.*libvirt.*lxc" /proc/net/unix; ls /run/libvirt 2>&1; echo end', idmap=idmap,
                         features='')
    assert text.split()[0] == '0' and 'lxc' not in text.replace('lxc" ', ''), text


@KINDS
def test_ids_that_would_wrap_around_are_refused(connection, make_guest, idmap):
    for user in ('4294967295', '4294967296', '-1', '+4294967296', '99999999999999999999', '0x0', '1000x'):
        guest = make_guest(idmap=idmap, os='<inituser>%s</inituser><initgroup>0</initgroup>' % user)
        with pytest.raises(libvirt.libvirtError):
            connection.createXML(guest.xml())


def test_an_id_map_that_would_wrap_around_is_refused(connection, make_guest):
    for first, target, count in ((0, 4294967295, 65536), (0, 1, 4294967296), (0, 4294967296, 1)):
        guest = make_guest(top="<idmap><uid start='%d' target='%d' count='%d'/><gid start='0' target='1' count='1'/></idmap>"
                           % (first, target, count))
        with pytest.raises(libvirt.libvirtError):
            connection.createXML(guest.xml())


@KINDS
def test_text_of_the_definition_reaches_init_and_nothing_else(connection, make_guest, idmap):
    value = 'one\nlxc.hook = /bin/evil\n"}],"caisson":{"name":"other"}\n$(touch /evil) `x` %s ../../..'
    guest = make_guest(idmap=idmap, init='/bin/sh', arguments=['-c', 'printf %s "$MARK" > /seen.new; '
                       'mv /seen.new /seen; exec sleep 1000', value], os="<initenv name='MARK'>%s</initenv>"
                       % value.replace('&', '&amp;').replace('<', '&lt;').replace('\n', '&#10;'))
    domain = connection.createXML(guest.xml())
    wait_for(lambda: os.path.exists(os.path.join(guest.root, 'seen')), 'init wrote', 30)
    assert read_file(guest.root, 'seen') == value
    assert domain.name() == guest.name and not os.path.exists(os.path.join(guest.root, 'evil'))
    domain.destroy()


def test_names_that_would_be_paths_are_refused(daemon, connection, make_guest):
    for name in ('../../../tmp/x', 'a/b', '..', '.', 'new\nline', '/abs'):
        guest = make_guest(name=name)
        try:
            domain = connection.createXML(guest.xml())
        except libvirt.libvirtError:
            continue
        domain.destroy()
        assert '/' not in name and '\n' not in name, name
    assert not os.path.exists(daemon.path('/run/libvirt/tmp')) and not os.path.exists('/tmp/x.log')


def test_every_getter_of_a_stopped_guest_answers_or_refuses(connection, define):
    domain, guest = define()
    for call in ('memoryParameters', 'blkioParameters', 'numaParameters', 'schedulerParameters', 'memoryStats', 'info',
                 'state', 'maxMemory', 'maxVcpus', 'controlInfo', 'vcpusFlags', 'jobInfo', 'hostname', 'OSType',
                 'securityLabel', 'securityLabelList', 'interfaceAddresses', 'guestInfo', 'fsInfo', 'getTime', 'vcpus',
                 'emulatorPinInfo', 'vcpuPinInfo', 'perfEvents'):
        try:
            if call == 'interfaceAddresses':
                domain.interfaceAddresses(0)
            else:
                getattr(domain, call)()
        except libvirt.libvirtError:
            pass
    assert connection.isAlive() and domain.name() == guest.name


def test_permission_is_asked_before_a_definition_is_read(daemon, define):
    domain, guest = define()
    reader = libvirt.openReadOnly(daemon.uri)
    try:
        for text in ('<domain', '<domain type="lxc">' + '<a>' * 5000, guest.xml()):
            for call in (reader.defineXML, reader.createXML):
                with pytest.raises(libvirt.libvirtError) as caught:
                    call(text)
                assert caught.value.get_error_code() == libvirt.VIR_ERR_OPERATION_DENIED, text[:40]
    finally:
        reader.close()


@KINDS
def test_a_guest_on_the_hosts_own_root_is_tainted(daemon, connection, make_guest, idmap):
    guest = make_guest(root='/', idmap=idmap, init='/bin/sh', arguments=['-c', 'exec sleep 1000'])
    domain = connection.defineXML(guest.xml())
    assert any("root directory is the host's" in text for text in domain.messages())
    try:
        domain.create()
    finally:
        log = read_file(daemon.path('/var/log/libvirt/lxc'), guest.name + '.log')
        assert "tainted: the root directory is the host's" in log
    for line in read_file('/proc/%d' % process.init_of(domain), 'mountinfo').splitlines():
        assert line.split()[4] != '/' or 'shared:' not in line
    other = make_guest(idmap=idmap)
    assert not any("root directory is the host's" in text for text in connection.defineXML(other.xml()).messages())
