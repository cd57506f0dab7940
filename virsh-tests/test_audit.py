# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the kernel's audit trail hears of guests; libvirtd's audit_logging repeats it in the log."""
import os
import re
import select
import socket
import stat
import struct
import time

import libvirt
import pytest

from harness import process
from harness.daemon import PrivateDaemon, wait_for

pytestmark = pytest.mark.ours


@pytest.fixture(scope='module')
def audited_daemon():
    session = PrivateDaemon('ours', configuration='audit_logging = 1\n')
    try:
        yield session.start()
    finally:
        session.close()


class Trail:
    """The records about one domain."""

    def __init__(self, daemon, name):
        self.daemon, self.name = daemon, name

    def records(self):
        wanted = ' vm="%s" ' % self.name
        found = []
        for line in self.daemon.log().splitlines():
            match = re.search(r'success=(yes|no) (virt=lxc .*)', line)
            if match and wanted in match.group(2):
                found.append('%s %s' % match.groups())
        return found

    def wait(self, *parts):
        """The first record that has all of these."""
        def look():
            return next((record for record in self.records() if all(part in record for part in parts)), None)
        return wait_for(look, lambda: '%s is in %s' % (parts, '\n'.join(self.records())), 30)


@pytest.fixture
def guest_of(audited_daemon, make_guest):
    made = []

    def make(**options):
        described = make_guest(**options)
        domain = audited_daemon.connect().defineXML(described.xml())
        made.append(domain)
        return domain, described, Trail(audited_daemon, described.name)
    yield make
    for domain in made:
        if domain.isActive():
            domain.destroy()
        domain.undefine()


def test_start_init_and_stop_are_recorded(guest_of):
    domain, described, trail = guest_of(vcpu="<vcpu current='2'>3</vcpu>")
    domain.create()
    pid, uuid, init = domain.ID(), domain.UUIDString(), process.init_of(domain)
    namespace = os.stat('/proc/%d/ns/pid' % init).st_ino
    name = 'vm="%s" uuid=%s' % (described.name, uuid)
    terminal = re.search(r"<console type='pty' tty='([^']+)'", domain.XMLDesc()).group(1)
    trail.wait('op=init')
    assert trail.records() == [
        'yes virt=lxc resrc=fs reason=start %s old-fs="?" new-fs="%s"' % (name, described.root),
        'yes virt=lxc resrc=chardev reason=start %s old-chardev="?" new-chardev="%s"' % (name, terminal),
        'yes virt=lxc resrc=mem reason=start %s old-mem=0 new-mem=65536' % name,
        'yes virt=lxc resrc=vcpu reason=start %s old-vcpu=0 new-vcpu=2' % name,
        'yes virt=lxc resrc=cgroup reason=deny %s cgroup="/machine/lxc-%d-%s.libvirt-lxc" class=all'
        % (name, pid, described.name),
        'yes virt=lxc op=start reason=booted %s vm-pid=%d' % (name, pid),
        'yes virt=lxc op=init %s vm-pid=%d init-pid=%d pid-ns=%d' % (name, pid, init, namespace)]
    domain.destroy()
    assert trail.wait('op=stop') == 'yes virt=lxc op=stop reason=destroyed %s vm-pid=%d' % (name, pid)


def test_a_start_that_fails_is_recorded_as_such(guest_of):
    domain, _, trail = guest_of(init='/sbin/nothing')
    with pytest.raises(Exception):
        domain.create()
    assert trail.wait('op=start').startswith('no virt=lxc op=start reason=booted ')
    assert not [record for record in trail.records() if 'op=init' in record or record.startswith('yes')
                and 'resrc=cgroup' not in record]


def test_changes_of_a_running_guest_are_recorded(guest_of):
    domain, _, trail = guest_of(vcpu='<vcpu>2</vcpu>')
    domain.create()
    domain.setMemory(32 * 1024)
    assert trail.wait('resrc=mem reason=update').endswith('old-mem=65536 new-mem=32768')
    domain.setVcpusFlags(1, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert trail.wait('resrc=vcpu reason=update').endswith('old-vcpu=2 new-vcpu=1')
    with pytest.raises(Exception):
        domain.attachDevice("<interface type='bridge'><source bridge='nobridge'/>"
                            "<mac address='52:54:00:12:34:56'/></interface>")
    assert trail.wait('resrc=net', 'no ').endswith('old-net="?" new-net="52:54:00:12:34:56"')


MISC = "<hostdev mode='capabilities' type='misc'><source><char>%s</char></source></hostdev>"
STORAGE = "<hostdev mode='capabilities' type='storage'><source><block>%s</block></source></hostdev>"
DISK = "<disk type='block' device='disk'><source dev='%s'/><target dev='sda'/></disk>"
RAM = "<filesystem type='ram'><source usage='1024'/><target dir='/mnt'/></filesystem>"


@pytest.fixture
def node(workshop):
    """Makes a device node on the host; answers its path."""
    made = []

    def make(name, kind, major, minor):
        path = os.path.join(workshop, name)
        os.mknod(path, kind | 0o600, os.makedev(major, minor))
        made.append(path)
        return path
    yield make
    for path in made:
        os.unlink(path)


def test_each_kind_of_device_has_the_words_of_libvirts_own_driver(guest_of, node):
    """What that driver writes was recorded with audit_logging; a file system without a source has no record."""
    sonar, drum = node('sonar', stat.S_IFCHR, 1, 7), node('drum', stat.S_IFBLK, 7, 0)
    domain, _, trail = guest_of(devices=MISC % sonar + RAM)
    domain.create()
    trail.wait('op=init')
    assert len([record for record in trail.records() if 'resrc=fs ' in record]) == 1
    assert trail.wait('resrc=hostdev reason=start').endswith(' chardev="%s"' % sonar)
    domain.detachDevice(MISC % sonar)
    assert trail.wait('resrc=hostdev reason=detach').endswith(' chardev="%s"' % sonar)
    for device in (DISK, STORAGE):
        domain.attachDevice(device % drum)
        domain.detachDevice(device % drum)
    assert trail.wait('resrc=disk reason=attach').endswith(' old-disk="?" new-disk="%s"' % drum)
    assert trail.wait('resrc=disk reason=detach').endswith(' old-disk="%s" new-disk="?"' % drum)
    assert trail.wait('resrc=hostdev reason=attach').endswith(' disk="%s"' % drum)
    assert trail.wait('resrc=hostdev reason=detach', ' disk="').endswith(' disk="%s"' % drum)


def test_a_name_that_is_no_word_is_written_in_hexadecimal(audited_daemon, make_guest):
    described = make_guest(name='two words')
    domain = audited_daemon.connect().createXML(described.xml(), 0)
    domain.destroy()
    wait_for(lambda: 'virt=lxc op=stop reason=destroyed vm=74776F20776F726473 uuid=' in audited_daemon.log(),
             'it is encoded', 30)


NETLINK_AUDIT, READLOG = 9, 1
AUDIT_SET, AUDIT_VIRT_CONTROL = 1001, 2500
STATUS_ENABLED = 1


def audit_enable():
    """Has the kernel audit; only in a machine that is thrown away."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT) as control:
        status = struct.pack('=10I', STATUS_ENABLED, 1, *([0] * 8))
        control.send(struct.pack('=IHHII', 16 + len(status), AUDIT_SET, 5, 1, 0) + status)
        error = struct.unpack_from('=i', control.recv(4096), 16)[0]
        if error:
            raise OSError(-error, os.strerror(-error))


@pytest.mark.system
def test_the_kernel_has_the_records(system_daemon, make_guest):
    try:
        audit_enable()
        trail = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
        trail.bind((0, 1 << (READLOG - 1)))
    except OSError as error:
        pytest.skip('this kernel does not audit: %s' % error)
    system_daemon.terminate()
    system_daemon.start()
    described = make_guest()
    domain = system_daemon.connect().createXML(described.xml(), 0)
    domain.destroy()
    found = b''
    deadline = time.monotonic() + 30
    while b'op=stop' not in found and time.monotonic() < deadline:
        if select.select([trail], [], [], 1)[0]:
            packet = trail.recv(65536)
            if struct.unpack_from('=H', packet, 4)[0] == AUDIT_VIRT_CONTROL:
                found += packet
    trail.close()
    name = b'vm="%s"' % described.name.encode()
    assert b'virt=lxc op=start reason=booted ' + name in found
    assert b'virt=lxc op=init ' + name in found
    assert b'virt=lxc op=stop reason=destroyed ' + name in found
    assert b'res=success' in found
