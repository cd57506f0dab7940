# SPDX-License-Identifier: LGPL-2.1-or-later
"""Attacks on what is done in a running guest: devices and file systems that come, go and change.

docs/security-tests.rst says which weakness of which runtime each test is about.
"""
import os
import re
import subprocess
import tempfile
import time

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for
from harness.guest import Guest, put, read_file
from test_attacks_paths import KINDS, Swapping, exchange, outside  # noqa: F401

pytestmark = pytest.mark.ours

LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE


@pytest.fixture
def source(workshop):
    """A directory of the host's that guests are given."""
    with tempfile.TemporaryDirectory(prefix='source-', dir=workshop) as directory:
        os.chmod(directory, 0o777)
        put(directory, 'letter', 'dear guest\n')
        yield directory


def element(source, target, more=''):
    return "<filesystem type='mount'><source dir='%s'/><target dir='%s'/>%s</filesystem>" % (source, target, more)


def misc(path):
    return "<hostdev mode='capabilities' type='misc'><source><char>%s</char></source></hostdev>" % path


def attempt(call, *arguments):
    """The error of a call, None when it went well."""
    try:
        call(*arguments)
    except libvirt.libvirtError as error:
        return error.get_error_message()
    return None


def in_guest(domain, script):
    """Runs a shell as root of the guest, with all that the host's root may do there."""
    return subprocess.run(['nsenter', '-t', str(process.init_of(domain)), '-m', '-p', '-r', '-w', '/bin/sh', '-c', script],
                          check=False, timeout=30, capture_output=True, text=True)


def mounts_of(pid):
    with open('/proc/%s/mountinfo' % pid) as file:
        return file.read()


def aliases(domain):
    """Those of the file systems but the root."""
    return [alias for alias in re.findall(r"<alias name='(fs\d+)'/>", domain.XMLDesc()) if alias != 'fs0']


def detach_all(domain):
    for alias in aliases(domain):
        domain.detachDeviceAlias(alias, LIVE)
    assert not aliases(domain)


def ready(guest):
    wait_for(lambda: os.path.exists(os.path.join(guest.root, 'ready')), 'the guest has laid its traps', 30)


@KINDS
def test_a_filesystem_that_comes_does_not_follow_links_of_the_guests(daemon, start, outside, source, idmap):
    domain, guest = start(idmap=idmap, init='/bin/sh', arguments=['-c', '''
        ln -s {0} /escape; ln -s /proc/1/root{0} /magic; ln -s /proc/self/cwd /cwd; ln -s /proc/1/fd/0 /descriptor
        ln -s ../../../../../../../..{0} /up; ln -s loop /loop; mkfifo /pipe; ln -s {0}/secret /file
        : > /ready; exec sleep 1000'''.format(outside)])
    ready(guest)
    for target in ('/escape/deep', '/escape', '/magic/deep', '/magic', '/cwd/deep', '/descriptor', '/up/deep',
                   '/loop', '/loop/deep', '/pipe', '/pipe/deep', '/file', '/proc/1/root/deep', '/proc/self/fd/3',
                   '/proc/self/fd/9/deep', '/dev/null'):
        for more in ('', '<readonly/>'):
            if attempt(domain.attachDevice, element(source, target, more)) is None:
                assert outside not in mounts_of(daemon.pid) and outside not in mounts_of('self')
                attempt(domain.detachDevice, element(source, target, more))
    assert domain.isActive()
    assert os.listdir(source) == ['letter']


@KINDS
def test_a_target_swapped_while_a_filesystem_comes_and_goes_stays_inside(daemon, start, outside, source, idmap):
    domain, guest = start(idmap=idmap)
    place, link = os.path.join(guest.root, 'srv/a'), os.path.join(guest.root, 'srv/link')
    os.makedirs(place)
    os.symlink(outside, link)
    deadline, rounds = time.monotonic() + 1, 0
    with Swapping(place, link):
        while time.monotonic() < deadline or rounds < 3:
            if attempt(domain.attachDevice, element(source, '/srv/a/b/c')) is None:
                attempt(domain.updateDeviceFlags, element(source, '/srv/a/b/c', '<readonly/>'), LIVE)
                for alias in aliases(domain):
                    attempt(domain.detachDeviceAlias, alias, LIVE)
            rounds += 1
    for pid in (daemon.pid, 'self'):
        assert outside not in mounts_of(pid)
    assert domain.isActive() and os.listdir(source) == ['letter']
    # what could not be taken away while its target was elsewhere can be now
    if os.path.islink(place):
        exchange(place, link)
    detach_all(domain)


@KINDS
def test_what_the_guest_puts_in_the_place_of_a_filesystem_is_all_that_can_be_detached(
        daemon, start, outside, source, idmap):
    """The host's mounts and those of other guests stay, whatever lies where the file system was."""
    _, other = start(devices=element(source, '/data'))
    before = mounts_of(daemon.pid)
    domain, guest = start(idmap=idmap)
    for trap in ('umount /data && rmdir /data && ln -s / /data', 'umount /data && rmdir /data && ln -s /proc/1/root /data',
                 'umount /data && rmdir /data && ln -s %s /data' % outside, 'umount /data && rmdir /data && mkfifo /data',
                 'mount -t tmpfs over /data && mkdir /data/data', 'umount /data'):
        domain.attachDevice(element(source, '/data'))
        in_guest(domain, trap)
        attempt(domain.updateDeviceFlags, element(source, '/data', '<readonly/>'), LIVE)
        for alias in aliases(domain):
            attempt(domain.detachDeviceAlias, alias, LIVE)
        in_guest(domain, 'umount /data; umount /data; rm -rf /data')
        assert domain.isActive() and in_guest(domain, 'echo here').stdout == 'here\n', trap
        detach_all(domain)
    assert mounts_of(daemon.pid) == before
    assert os.path.exists(source + '/letter') and os.access(source, os.W_OK)


@KINDS
def test_a_dev_that_is_swapped_while_a_device_comes_and_goes_stays_inside(start, outside, idmap):
    domain, guest = start(idmap=idmap, init='/bin/sh', arguments=['-c', '''
        mkdir /dev/net; ln -s %s /dev/link; : > /ready; exec sleep 1000''' % outside])
    ready(guest)
    dev = '/proc/%d/root/dev' % process.init_of(domain)
    deadline, rounds = time.monotonic() + 1, 0
    with Swapping(dev + '/net', dev + '/link'):
        while time.monotonic() < deadline or rounds < 3:
            if attempt(domain.attachDeviceFlags, misc('/dev/net/tun'), LIVE) is None:
                attempt(domain.detachDeviceFlags, misc('/dev/net/tun'), LIVE)
            rounds += 1
    assert domain.isActive()


@KINDS
def test_what_a_guest_mounts_on_its_dev_gets_no_node(start, outside, idmap):
    """Its own directories among them: users of the host may reach those."""
    shared = tempfile.mkdtemp(prefix='caisson-shared-', dir='/dev/shm')
    domain, _ = start(idmap=idmap, devices=element(shared, '/shared'))
    for trap in ('mount -t tmpfs -o nodev mine /dev', 'mount -t devtmpfs host /dev', 'mount --bind /srv /dev',
                 'mount --bind /proc /dev', 'mount --bind /shared /dev'):
        domain_dev = in_guest(domain, 'mkdir -p /srv; %s && echo done' % trap).stdout
        message = attempt(domain.attachDeviceFlags, misc('/dev/loop-control'), LIVE)
        if 'done' in domain_dev:
            assert message and 'has mounted something else on its /dev' in message, (trap, message)
            in_guest(domain, 'umount /dev')
        elif message is None:
            domain.detachDeviceFlags(misc('/dev/loop-control'), LIVE)
    assert domain.isActive()
    assert attempt(domain.attachDeviceFlags, misc('/dev/loop-control'), LIVE) is None
    domain.destroy()
    os.rmdir(shared)  # which must be empty


CARD = 'pci/devices/0000:03:00.0/'
FILES = {
    CARD + 'vendor': '0x1002', CARD + 'class': '0x030000', CARD + 'drm/card0/dev': '10:183',
    CARD + 'drm/renderD128/dev': '10:184',
    'pci/devices/0000:04:00.0/vendor': '0x8086', 'pci/devices/0000:04:00.0/class': '0x020000',
    'usb/devices/1-4/idVendor': '1050', 'usb/devices/1-4/idProduct': '0407', 'usb/devices/1-4/busnum': '1',
    'usb/devices/1-4/devnum': '4',
    # a device says what it likes about itself
    'usb/devices/1-5/idVendor': '../../..', 'usb/devices/1-5/idProduct': '%n%n', 'usb/devices/1-5/busnum': '-1',
    'usb/devices/1-5/devnum': '99999999999999999999',
    'usb/devices/1-6/idVendor': '1051', 'usb/devices/1-6/idProduct': '0407', 'usb/devices/1-6/busnum': '1',
    'usb/devices/1-6/devnum': '6',
}
NODES = ('dri/card0', 10, 183), ('dri/renderD128', 10, 184), ('kfd', 10, 185), ('bus/usb/001/004', 10, 186)
USB = ("<hostdev mode='subsystem' type='usb'><source%s><vendor id='0x%s'/><product id='0x0407'/></source></hostdev>")
PCI = ("<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='%d' slot='0' function='0'/></source>"
       "</hostdev>")


@pytest.fixture
def made_host(own_daemon, workshop):
    """A daemon that sees devices this host does not have, on buses and in a /dev of its own. Its guests are privileged
    ones: the kernel gives a user namespace no sysfs that something is mounted on."""
    top = tempfile.mkdtemp(prefix='host-', dir=workshop)
    for name, text in FILES.items():
        path = os.path.join(top, 'bus', name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as file:
            file.write(text + '\n')
    script = '''
        cd {0} && mkdir dev && mount -t tmpfs made dev && chmod 755 dev
        find /dev -mindepth 1 -maxdepth 1 ! -type d -print0 | xargs -0 cp -a -t dev
        for node in $(find /dev -mindepth 1 -maxdepth 1 -type d); do mkdir dev/${{node##*/}}; mount --rbind $node dev/${{node##*/}}; done
        mount --bind bus /sys/bus && mount --rbind dev /dev'''.format(top)
    script += ''.join(' && mkdir -p /dev/%s && mknod -m 660 /dev/%s c %d %d' % (os.path.dirname(name), name, major, minor)
                      for name, major, minor in NODES)
    try:
        ran = own_daemon.run('sh', '-c', script, timeout=60)
        assert ran.returncode == 0, ran.stderr
        own_daemon.restart()
        yield own_daemon
    finally:
        own_daemon.run('umount', '-l', '/sys/bus', '/dev', top + '/dev')
    subprocess.run(['rm', '-rf', '--one-file-system', top], check=True)


def test_cards_and_usb_devices_are_given_by_their_nodes_cold_and_hot(made_host, make_root):
    cold = Guest('cold', make_root(), init='/bin/sleep', arguments=['1000'],
                 devices=PCI % 3 + USB % ('', '1050'))
    hot = Guest('hot', make_root(), init='/bin/sleep', arguments=['1000'])
    connection = made_host.connect()
    domains = [connection.createXML(guest.xml()) for guest in (cold, hot)]
    for xml in (PCI % 3, USB % ('', '1050')):
        made_host.virsh('attach-device', 'hot', '/dev/stdin', '--live', input=xml)
    look = 'cd /dev; ls -d dri/* kfd bus/usb/*/*; for f in dri/card0 bus/usb/001/004; do (: < $f) 2>&1; done'
    for domain in domains:
        # with the guest's own rights
        seen = made_host.run('/usr/lib/libvirt/libvirt_lxc_exec', domain.name(), '--', '/bin/sh', '-c', look).stdout
        assert seen.startswith('bus/usb/001/004\ndri/card0\ndri/renderD128\nkfd\n'), seen
        # the rules of its group follow from the nodes: what is missing is the device behind the number
        assert 'not permitted' not in seen
    made_host.virsh('detach-device', 'hot', '/dev/stdin', '--live', input=PCI % 3)
    made_host.virsh('detach-device', 'hot', '/dev/stdin', '--live', input=USB % ('', '1050'))
    assert in_guest(domains[1], 'ls -d /dev/dri/* /dev/kfd /dev/bus/usb/*/* 2>/dev/null').stdout == ''
    assert '<hostdev' not in domains[1].XMLDesc()


def test_nodes_of_cards_and_usb_devices_do_not_follow_links_of_the_guests(made_host, make_root, outside):
    guest = Guest('trap', make_root(), init='/bin/sh', arguments=['-c', '''
        ln -s {0} /dev/dri; mkdir /dev/bus; ln -s {0} /dev/bus/usb; ln -s {0}/secret /dev/kfd
        : > /ready; exec sleep 1000'''.format(outside)])
    domain = made_host.connect().createXML(guest.xml())
    ready(guest)
    for xml in (PCI % 3, USB % ('', '1050')):
        for call in (domain.attachDeviceFlags, domain.detachDeviceFlags):
            assert attempt(call, xml, LIVE)
    assert '<hostdev' not in domain.XMLDesc() and domain.isActive()


def test_devices_that_cannot_be_given_are_named(made_host, make_root):
    domain = made_host.connect().createXML(Guest('wish', make_root(), init='/bin/sleep', arguments=['1000']).xml())
    for xml, words in ((PCI % 4, 'PCI device 0000:04:00.0 has the class 0x020000: only display'),
                       (PCI % 5, 'the host has no PCI device 0000:05:00.0'),
                       (USB % ('', '1051'), "the host has no node '/dev/bus/usb/001/006' for the USB device"),
                       (USB % ('', '1052'), 'the host has no USB device with vendor 0x1052, product 0x0407; plug it in')):
        message = attempt(domain.attachDeviceFlags, xml, LIVE)
        assert message and words in message, message
    assert '<hostdev' not in domain.XMLDesc()
