# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices attached, detached and updated: of running guests, of configurations, and of both."""
import os
import stat

import libvirt
import pytest

from harness import process
from harness.console import StreamConsole
from harness.daemon import wait_for

pytestmark = pytest.mark.ours

LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG
INACTIVE = libvirt.VIR_DOMAIN_XML_INACTIVE

SOUND = "<sound model='ich6'/>"


def disk(target, source='/dev/loop7'):
    return "<disk type='block'><source dev='%s'/><target dev='%s'/></disk>" % (source, target)


def refused(call, *arguments):
    """The error number and text of a call that must fail."""
    with pytest.raises(libvirt.libvirtError) as error:
        call(*arguments)
    return error.value.get_error_code(), error.value.get_error_message()


@pytest.mark.parametrize('flags', [0, CONFIG])
def test_the_configuration_of_a_stopped_guest_changes(define, flags):
    domain, _ = define()
    before = domain.XMLDesc()
    domain.attachDeviceFlags(disk('vda'), flags)
    assert "<target dev='vda' bus='virtio'/>" in domain.XMLDesc()
    domain.updateDeviceFlags(disk('vda', '/dev/loop6'), flags)
    assert "<source dev='/dev/loop6'/>" in domain.XMLDesc()
    domain.detachDeviceFlags(disk('vda'), flags)
    assert domain.XMLDesc() == before


def test_the_configuration_of_a_running_guest_changes_alone(start, recorded):
    domain, guest = start()
    live = domain.XMLDesc()
    domain.attachDeviceFlags(disk('vda'), CONFIG)
    assert "<target dev='vda'" in domain.XMLDesc(INACTIVE)
    assert domain.XMLDesc() == live
    domain.detachDeviceFlags(disk('vda'), CONFIG)
    assert "<target dev='vda'" not in domain.XMLDesc(INACTIVE)
    assert not [what for what in recorded.of(guest.name) if what.startswith('device')]


def test_a_device_of_a_configuration_is_found_by_the_alias_it_would_have(define):
    domain, _ = define()
    domain.attachDeviceFlags(disk('vda'), CONFIG)
    domain.attachDeviceFlags(disk('vdb', '/dev/loop6'), CONFIG)
    domain.detachDeviceAlias('disk1', CONFIG)
    assert "dev='vda'" in domain.XMLDesc() and "dev='vdb'" not in domain.XMLDesc()
    assert refused(domain.detachDeviceAlias, 'disk1', CONFIG) == (
        libvirt.VIR_ERR_DEVICE_MISSING, "device not found: the domain has no device with the alias 'disk1'")


def test_devices_of_a_running_guest_have_aliases(start):
    domain, _ = start(consoles=2)
    text = domain.XMLDesc()
    assert [alias for alias in ('fs0', 'console0', 'console1') if "<alias name='%s'/>" % alias in text] == \
        ['fs0', 'console0', 'console1']
    assert '<alias' not in domain.XMLDesc(INACTIVE)


def test_a_kind_that_cannot_change_in_a_running_guest_is_named(start):
    domain, guest = start()
    text = domain.XMLDesc()
    code, message = refused(domain.attachDeviceFlags, SOUND, LIVE)
    assert code == libvirt.VIR_ERR_CONFIG_UNSUPPORTED
    assert 'a <sound> of a running container cannot be attached; change the configuration (--config) and ' \
        "restart domain '%s'" % guest.name in message
    code, message = refused(domain.updateDeviceFlags, "<console type='pty'/>", LIVE)
    assert code == libvirt.VIR_ERR_OPERATION_UNSUPPORTED
    assert 'a <console> of a running container cannot be updated' in message
    code, message = refused(domain.detachDeviceAlias, 'console0', LIVE)
    assert code == libvirt.VIR_ERR_CONFIG_UNSUPPORTED
    assert domain.XMLDesc() == text


def test_both_means_neither_when_the_guest_cannot_change(start):
    domain, _ = start()
    refused(domain.attachDeviceFlags, SOUND, LIVE | CONFIG)
    assert '<sound' not in domain.XMLDesc() and '<sound' not in domain.XMLDesc(INACTIVE)


def test_the_short_calls_are_for_running_guests(define):
    domain, guest = define()
    for call in (domain.attachDevice, domain.detachDevice):
        assert refused(call, SOUND) == (libvirt.VIR_ERR_OPERATION_INVALID,
                                        "Requested operation is not valid: domain is not running: '%s'" % guest.name)


def test_a_transient_guest_has_no_configuration_to_change(connection, make_guest):
    domain = connection.createXML(make_guest().xml())
    for call in (domain.attachDeviceFlags, domain.detachDeviceFlags, domain.updateDeviceFlags):
        code, message = refused(call, SOUND, CONFIG)
        assert code == libvirt.VIR_ERR_OPERATION_INVALID and 'is transient' in message


def test_what_is_no_device_is_refused(define):
    domain, _ = define()
    code, message = refused(domain.attachDeviceFlags, '<teapot/>', CONFIG)
    assert (code, message) == (libvirt.VIR_ERR_XML_ERROR, 'XML error: <teapot> is no device')
    code, message = refused(domain.detachDeviceFlags, disk('vdz'), CONFIG)
    assert (code, message) == (libvirt.VIR_ERR_DEVICE_MISSING,
                               "device not found: the domain has no <disk> with target 'vdz'")


@pytest.mark.parametrize('call', ['attachDeviceFlags', 'detachDeviceFlags', 'updateDeviceFlags'])
def test_unknown_flags_are_refused(define, call):
    domain, _ = define()
    assert refused(getattr(domain, call), SOUND, 1 << 9)[0] == libvirt.VIR_ERR_INVALID_ARG


def test_a_read_only_client_changes_no_device(daemon, define):
    domain, _ = define()
    reader = daemon.connect(readonly=True).lookupByName(domain.name())
    for call in (reader.attachDeviceFlags, reader.detachDeviceFlags, reader.updateDeviceFlags):
        assert refused(call, SOUND, CONFIG)[0] == libvirt.VIR_ERR_OPERATION_DENIED


@pytest.fixture
def sonar(workshop):
    """A character device of the host: reading it gives zeros."""
    path = os.path.join(workshop, 'sonar')
    os.mknod(path, 0o640 | stat.S_IFCHR, os.makedev(1, 5))
    yield path
    os.unlink(path)


@pytest.fixture
def image(workshop):
    """A raw image of 1 MiB that begins with a word."""
    path = os.path.join(workshop, 'image.raw')
    with open(path, 'wb') as file:
        file.write(b'heron\n'.ljust(1 << 20, b'.'))
    yield path
    os.unlink(path)


@pytest.fixture
def shell(start, connection):
    """A running guest with a shell on its console; answers (domain, guest, command)."""
    consoles = []

    def make(**options):
        domain, guest = start(init='/bin/sh', **options)
        console = StreamConsole(connection, domain)
        consoles.append(console)
        console.prompt()
        return domain, guest, console.command
    yield make
    for console in consoles:
        console.close()


def misc(path):
    return "<hostdev mode='capabilities' type='misc'><source><char>%s</char></source></hostdev>" % path


def image_disk(path, target='vda', more=''):
    return "<disk type='file'><source file='%s'/><target dev='%s'/>%s</disk>" % (path, target, more)


def dev(domain):
    """The guest's /dev as the host sees it."""
    return '/proc/%d/root/dev' % process.init_of(domain)


READ = 'head -c 6 %s | tr "\\\\000" z; echo'
IDMAPS = [None, 300000]


@pytest.mark.parametrize('idmap', IDMAPS)
def test_a_device_comes_to_a_running_guest_and_leaves_it(shell, sonar, recorded, idmap):
    domain, guest, command = shell(idmap=idmap)
    assert 'No such file' in command('cat /dev/sonar')
    domain.attachDeviceFlags(misc(sonar), LIVE)
    status = os.stat(dev(domain) + '/sonar')
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (idmap or 0, 0o640)
    assert command(READ % '/dev/sonar') == 'zzzzzz\n'
    assert "<alias name='hostdev0'/>" in domain.XMLDesc() and 'hostdev' not in domain.XMLDesc(INACTIVE)
    domain.detachDeviceFlags(misc(sonar), LIVE)
    assert not os.path.exists(dev(domain) + '/sonar')
    assert 'hostdev' not in domain.XMLDesc()
    recorded.expect(guest.name, 'defined added', 'started booted', 'device-added hostdev0', 'device-removed hostdev0')


@pytest.mark.parametrize('idmap', IDMAPS)
def test_an_image_comes_as_a_disk_and_its_loop_device_goes_with_it(shell, image, idmap):
    domain, _, command = shell(idmap=idmap)
    domain.attachDevice(image_disk(image))
    node = os.stat(dev(domain) + '/vda')
    backing = '/sys/dev/block/%d:%d/loop/backing_file' % (os.major(node.st_rdev), os.minor(node.st_rdev))
    with open(backing) as file:
        assert file.read().strip() == image
    assert command(READ % '/dev/vda') == 'heron\n\n'
    command('echo egret > /dev/vda')
    command('sync /dev/vda')
    domain.detachDeviceAlias('disk0', LIVE)
    assert not os.path.exists(dev(domain) + '/vda')
    wait_for(lambda: not os.path.exists(backing), 'the loop device is free')
    with open(image, 'rb') as file:
        assert file.read(6) == b'egret\n'


def test_a_read_only_disk_cannot_be_written(shell, image):
    domain, _, command = shell()
    domain.attachDevice(image_disk(image, more='<readonly/>'))
    assert command(READ % '/dev/vda') == 'heron\n\n'
    assert 'not permitted' in command('echo x > /dev/vda')


def test_what_was_detached_cannot_be_made_and_opened_again(shell, sonar, workshop):
    domain, _, command = shell(features="<privnet/><capabilities policy='allow'/>")
    loop = os.path.join(workshop, 'loop9')
    os.mknod(loop, 0o600 | stat.S_IFCHR, os.makedev(10, 183))
    try:
        domain.attachDevice(misc(loop))
        domain.detachDevice(misc(loop))
    finally:
        os.unlink(loop)
    assert command('mknod /tmp/again c 10 183 && echo made') == 'made\n'
    assert 'not permitted' in command('cat /tmp/again')


def test_both_and_again_after_a_restart_of_the_guest(shell, sonar, connection):
    domain, guest, command = shell()
    domain.attachDeviceFlags(misc(sonar), LIVE | CONFIG)
    assert sonar in domain.XMLDesc() and sonar in domain.XMLDesc(INACTIVE)
    domain.destroy()
    domain.create()
    assert os.path.exists(dev(domain) + '/sonar')
    assert "<alias name='hostdev0'/>" in domain.XMLDesc()
    domain.detachDeviceAlias('hostdev0', LIVE | CONFIG)
    assert sonar not in domain.XMLDesc() and sonar not in domain.XMLDesc(INACTIVE)
    assert not os.path.exists(dev(domain) + '/sonar')


def test_a_suspended_guest_gets_its_device_too(shell, sonar):
    domain, _, command = shell()
    domain.suspend()
    domain.attachDevice(misc(sonar))
    domain.resume()
    assert command(READ % '/dev/sonar') == 'zzzzzz\n'
    domain.suspend()
    domain.detachDevice(misc(sonar))
    domain.resume()
    assert 'No such file' in command('cat /dev/sonar')


def test_a_transient_guest_gets_and_loses_devices(connection, make_guest, sonar):
    domain = connection.createXML(make_guest().xml())
    domain.attachDeviceFlags(misc(sonar), 0)
    assert os.path.exists(dev(domain) + '/sonar')
    domain.detachDeviceFlags(misc(sonar), 0)
    assert not os.path.exists(dev(domain) + '/sonar')


def test_the_daemon_remembers_the_devices_of_a_guest_it_finds_again(own_daemon, make_root, sonar, image):
    from harness.guest import Guest
    described = Guest('found', make_root())
    own_daemon.connect().createXML(described.xml())
    domain = own_daemon.connect().lookupByName('found')
    domain.attachDevice(image_disk(image))
    domain.attachDevice(misc(sonar))
    own_daemon.close_connections()
    own_daemon.restart()
    domain = own_daemon.connect().lookupByName('found')
    assert "<alias name='disk0'/>" in domain.XMLDesc() and "<alias name='hostdev0'/>" in domain.XMLDesc()
    domain.detachDeviceAlias('hostdev0', LIVE)
    domain.detachDeviceAlias('disk0', LIVE)
    assert not os.path.exists(dev(domain) + '/vda') and not os.path.exists(dev(domain) + '/sonar')


def test_attaching_twice_is_refused_and_changes_nothing(shell, sonar, image, workshop):
    domain, _, command = shell()
    domain.attachDevice(misc(sonar))
    assert refused(domain.attachDevice, misc(sonar)) == (
        libvirt.VIR_ERR_OPERATION_FAILED,
        "operation failed: the container has '/dev/sonar' already: it belongs to the device 'hostdev0'")
    domain.attachDevice(image_disk(image))
    code, message = refused(domain.attachDevice, image_disk(image))
    assert code == libvirt.VIR_ERR_INVALID_ARG and "a <disk> with target 'vda' already" in message
    assert command(READ % '/dev/sonar') == 'zzzzzz\n'


def test_what_is_in_the_way_in_the_guest_is_refused(shell, sonar, recorded):
    domain, guest, command = shell()
    command('echo mine > /dev/sonar')
    code, message = refused(domain.attachDevice, misc(sonar))
    assert (code, message) == (libvirt.VIR_ERR_OPERATION_FAILED,
                               "operation failed: the container has '/dev/sonar' already")
    assert command('cat /dev/sonar') == 'mine\n'
    assert 'hostdev' not in domain.XMLDesc()
    recorded.expect(guest.name, 'defined added', 'started booted')


def test_what_the_host_does_not_have_is_refused(start, workshop):
    domain, _ = start()
    for device, words in (
            (misc(workshop + '/nothing'), "cannot use the device '%s/nothing': No such file" % workshop),
            (misc('/dev/loop0'), "'/dev/loop0' is no character device"),
            (disk('vda', '/dev/null'), "'/dev/null' is no block device"),
            (image_disk('/nowhere.raw'), "cannot open the image '/nowhere.raw'"),
            ("<hostdev type='usb'><source><vendor id='0x1234'/><product id='0x5678'/></source></hostdev>",
             'the host has no USB device with vendor 0x1234, product 0x5678'),
            ("<hostdev type='pci'><source><address bus='0xfe' slot='1' function='0'/></source></hostdev>",
             'the host has no PCI device 0000:fe:01.0')):
        assert words in refused(domain.attachDevice, device)[1]
    assert '<disk' not in domain.XMLDesc() and '<hostdev' not in domain.XMLDesc()


def test_a_disk_of_a_running_guest_keeps_its_source(shell, image, workshop):
    domain, _, command = shell()
    domain.attachDevice(image_disk(image))
    code, message = refused(domain.updateDeviceFlags, image_disk('/other.raw'), LIVE)
    assert code == libvirt.VIR_ERR_OPERATION_UNSUPPORTED
    assert "the source of disk 'vda' cannot be changed from '%s' to '/other.raw' while the container runs" % image \
        in message
    code, message = refused(domain.updateDeviceFlags, image_disk(image, more='<readonly/>'), LIVE)
    assert "disk 'vda' cannot be made read-only while the container runs" in message
    domain.updateDeviceFlags(image_disk(image, more='<serial>77</serial>'), LIVE)
    assert '<serial>77</serial>' in domain.XMLDesc() and "<alias name='disk0'/>" in domain.XMLDesc()
    code, message = refused(domain.updateDeviceFlags, misc('/dev/null'), LIVE)
    assert code == libvirt.VIR_ERR_DEVICE_MISSING


def test_fifty_times_attached_and_detached_leaves_nothing(start, sonar, image, daemon):
    domain, _ = start()
    before = sorted(os.listdir(dev(domain)))
    descriptors = len(os.listdir('/proc/%d/fd' % domain.ID()))
    for _ in range(25):
        domain.attachDevice(misc(sonar))
        domain.attachDevice(image_disk(image))
        domain.detachDevice(misc(sonar))
        domain.detachDevice(image_disk(image))
    assert sorted(os.listdir(dev(domain))) == before
    assert len(os.listdir('/proc/%d/fd' % domain.ID())) == descriptors
