# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks of guests: how fast they may be used, how large they are, what is on them."""
import os
import stat

import libvirt
import pytest

from harness import groups, process
from harness.daemon import wait_for

pytestmark = pytest.mark.ours

LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG
INACTIVE = libvirt.VIR_DOMAIN_XML_INACTIVE
MIB = 1 << 20

# libvirt's word: the file of version 1, the word in io.max
RATES = {
    'read_bytes_sec': ('blkio.throttle.read_bps_device', 'rbps'),
    'write_bytes_sec': ('blkio.throttle.write_bps_device', 'wbps'),
    'read_iops_sec': ('blkio.throttle.read_iops_device', 'riops'),
    'write_iops_sec': ('blkio.throttle.write_iops_device', 'wiops'),
}


@pytest.fixture
def image(tmp_path):
    path = tmp_path / 'disk.img'
    with open(path, 'wb') as file:
        file.truncate(8 * MIB)
        file.write(b'heron')
    return str(path)


def disk(image, more='', target='vda'):
    return "<disk type='file' device='disk'><driver name='loop' type='raw'/><source file='%s'/>" \
        "<target dev='%s'/>%s</disk>" % (image, target, more)


def loop_of(image):
    """The name and number of the loop device over the image."""
    for name in os.listdir('/sys/block'):
        try:
            with open('/sys/block/%s/loop/backing_file' % name) as file:
                if file.read().strip() == image:
                    with open('/sys/block/%s/dev' % name) as number:
                        return name, number.read().strip()
        except OSError:
            pass
    return None


def limits(domain, number):
    """What the kernel limits of a device, by libvirt's words."""
    version, _ = groups.hierarchy('blkio')
    found = {}
    for word, (file, key) in RATES.items():
        lines = groups.text(domain, 'blkio', file) if version == 1 else groups.text(domain, 'io', 'io.max')
        for line in lines.splitlines():
            words = line.split()
            value = words[1] if version == 1 else dict(pair.split('=') for pair in words[1:])[key]
            if words[0] == number and value != 'max':
                found[word] = int(value)
    return found


def test_a_guest_starts_with_the_limits_of_its_disks(start, daemon, image):
    domain, guest = start(devices=disk(image, '<iotune><read_bytes_sec>5242880</read_bytes_sec>'
                                       '<write_iops_sec>300</write_iops_sec></iotune>'))
    assert limits(domain, loop_of(image)[1]) == {'read_bytes_sec': 5 * MIB, 'write_iops_sec': 300}
    told = dict(line.split(':') for line in daemon.virsh('blkdeviotune', guest.name, 'vda').out.replace(' ', '').split())
    assert (told['read_bytes_sec'], told['write_iops_sec']) == ('5242880', '300')
    assert (told['total_bytes_sec'], told['write_bytes_sec'], told['read_iops_sec']) == ('0', '0', '0')


def test_limits_of_a_disk_change_while_the_guest_runs(start, daemon, image, connection):
    domain, guest = start(devices=disk(image))
    number = loop_of(image)[1]
    came = []
    event = connection.domainEventRegisterAny(domain, libvirt.VIR_DOMAIN_EVENT_ID_TUNABLE,
                                              lambda _c, _d, params, _o: came.append(params), None)
    daemon.virsh('blkdeviotune', guest.name, image, '--write-bytes-sec', '3', '--live', '--config')
    assert limits(domain, number) == {'write_bytes_sec': 3}
    assert '<write_bytes_sec>3<' in domain.XMLDesc() and '<write_bytes_sec>3<' in domain.XMLDesc(INACTIVE)
    domain.setBlockIoTune('vda', {'read_iops_sec': 70}, LIVE)
    assert limits(domain, number) == {'write_bytes_sec': 3, 'read_iops_sec': 70}
    assert domain.blockIoTune('vda', LIVE)['read_iops_sec'] == 70
    assert domain.blockIoTune('vda', CONFIG)['read_iops_sec'] == 0
    wait_for(lambda: len(came) == 2, 'both are told', 30)
    assert came[1] == {'blkdeviotune.disk': 'vda', 'blkdeviotune.read_iops_sec': 70}
    domain.setBlockIoTune('vda', {'write_bytes_sec': 0, 'read_iops_sec': 0}, LIVE)
    assert limits(domain, number) == {} and '<iotune>' not in domain.XMLDesc()
    connection.domainEventDeregisterAny(event)


def test_limits_come_and_go_with_the_disk(start, image):
    domain, _ = start()
    domain.attachDevice(disk(image, '<iotune><read_iops_sec>90</read_iops_sec></iotune>'))
    number = loop_of(image)[1]
    assert limits(domain, number) == {'read_iops_sec': 90}
    domain.updateDeviceFlags(disk(image, '<iotune><read_iops_sec>95</read_iops_sec></iotune>'), LIVE)
    assert limits(domain, number) == {'read_iops_sec': 95}
    domain.detachDeviceAlias('disk0', LIVE)
    assert limits(domain, number) == {}


def test_a_device_without_a_driver_can_be_attached_but_not_limited(start, tmp_path):
    """The driver of a device that is removable may come later. 240 is for experiments: nobody drives it."""
    domain, _ = start()
    path = tmp_path / 'drum'
    os.mknod(path, stat.S_IFBLK | 0o600, os.makedev(240, 5))
    plain = "<disk type='block' device='disk'><source dev='%s'/><target dev='sda'/>%%s</disk>" % path
    limited = plain % '<iotune><read_bytes_sec>1048576</read_bytes_sec></iotune>'
    domain.attachDevice(plain % '')
    domain.updateDeviceFlags(plain % '', LIVE)
    with pytest.raises(libvirt.libvirtError, match="<iotune> of disk 'sda': .* '240:5 .*No such device"):
        domain.updateDeviceFlags(limited, LIVE)
    assert '<iotune>' not in domain.XMLDesc()
    domain.detachDevice(plain % '')
    with pytest.raises(libvirt.libvirtError, match="<iotune> of disk 'sda'"):
        domain.attachDevice(limited)
    assert '<disk' not in domain.XMLDesc()
    assert not os.path.exists('/proc/%d/root/dev/sda' % process.init_of(domain))


def test_a_start_that_the_daemon_breaks_off_tells_its_reason(define, daemon, leak_check, tmp_path):
    """The controller's is only that it was told to; it undoes what it has done."""
    path = tmp_path / 'drum'
    os.mknod(path, stat.S_IFBLK | 0o600, os.makedev(240, 5))
    domain, _ = define(devices="<disk type='block' device='disk'><source dev='%s'/><target dev='sda'/>"
                       '<iotune><read_bytes_sec>1048576</read_bytes_sec></iotune></disk>' % path)
    for _ in range(5):
        said = daemon.virsh('start', domain.name(), check=False).err
        assert "<iotune> of disk 'sda': cannot write '240:5 " in said and 'aborted' not in said
        assert not domain.isActive()
    leak_check.check()


def test_a_limit_of_a_disk_that_the_kernel_does_not_have_is_refused(start, image):
    domain, _ = start(devices=disk(image))
    with pytest.raises(libvirt.libvirtError, match="'total_bytes_sec' of disk 'vda' is not possible: the kernel "
                                                   'limits reading and writing each'):
        domain.setBlockIoTune('vda', {'total_bytes_sec': 1000}, 0)
    with pytest.raises(libvirt.libvirtError, match="parameter 'read_iops_sec': no more than 4294967295"):
        domain.setBlockIoTune('vda', {'read_iops_sec': 1 << 32}, 0)
    with pytest.raises(libvirt.libvirtError, match="has no disk 'vdb': give the target or the source"):
        domain.blockIoTune('vdb', 0)
    assert '<iotune>' not in domain.XMLDesc()


def test_an_image_grows_under_a_running_guest(start, daemon, image):
    domain, guest = start(devices=disk(image))
    name, _ = loop_of(image)
    daemon.virsh('blockresize', guest.name, 'vda', '12M')
    with open('/sys/block/%s/size' % name) as file:
        assert int(file.read()) * 512 == os.path.getsize(image) == 12 * MIB
    assert domain.blockInfo('vda')[0] == 12 * MIB
    result = daemon.virsh('blockresize', guest.name, 'vda', '4M', check=False)
    assert "of disk 'vda' cannot become smaller than its 12582912 bytes" in result.err
    assert os.path.getsize(image) == 12 * MIB


def test_what_cannot_grow_is_named(define, start, image):
    domain, guest = start(devices=disk(image, '<readonly/>'))
    with pytest.raises(libvirt.libvirtError, match="disk 'vda' is read-only: its size cannot be changed"):
        domain.blockResize('vda', 12 * MIB, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
    domain.destroy()
    with pytest.raises(libvirt.libvirtError, match='domain is not running'):
        domain.blockResize('vda', 12 * MIB, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)


def test_what_is_on_a_disk_can_be_read_from_afar(define, image):
    domain, guest = define(devices=disk(image))
    assert domain.blockPeek('vda', 1, 4, 0) == b'eron'
    assert domain.blockPeek(image, 8 * MIB - 2, 2, 0) == b'\0\0'
    with pytest.raises(libvirt.libvirtError, match="disk 'vda' has no 4 bytes at 8388606: ask for less"):
        domain.blockPeek('vda', 8 * MIB - 2, 4, 0)


def test_no_disk_has_a_job(start, daemon, image):
    _, guest = start(devices=disk(image))
    assert 'No current block job' in daemon.virsh('blockjob', guest.name, 'vda', quiet=False).out
    assert "has no disk 'vdb'" in daemon.virsh('blockjob', guest.name, 'vdb', check=False).err


def test_a_client_is_told_once_that_an_image_has_grown(connection, start, daemon, image):
    domain, guest = start(devices=disk(image))
    came = []
    event = connection.domainEventRegisterAny(domain, libvirt.VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD,
                                              lambda _c, _d, *told: came.append(told[:4]), None)
    daemon.virsh('domblkthreshold', guest.name, 'vda', '1M')
    told = connection.domainListGetStats([domain], libvirt.VIR_DOMAIN_STATS_BLOCK)[0][1]
    assert told['block.0.threshold'] == MIB and not came
    with open(image, 'r+b') as file:
        file.seek(MIB)
        file.write(b'x' * 2 * MIB)
        os.fsync(file.fileno())
    taken = os.stat(image).st_blocks * 512
    wait_for(lambda: came, 'it is told', 30)
    device, path, threshold, excess = came[0]
    assert (device, path, threshold) == ('vda', image, MIB) and 0 < excess <= taken - MIB
    wait_for(lambda: 'block.0.threshold' not in connection.domainListGetStats(
        [domain], libvirt.VIR_DOMAIN_STATS_BLOCK)[0][1], 'nobody is told again', 30)
    assert len(came) == 1
    domain.setBlockThreshold(image, MIB, 0)
    wait_for(lambda: len(came) == 2, 'what is larger already is told at once', 30)
    connection.domainEventDeregisterAny(event)


def test_what_does_not_grow_has_no_threshold(start, image, daemon):
    domain, guest = start()
    with pytest.raises(libvirt.libvirtError, match="the room that filesystem '/' takes is not counted: use an image"):
        domain.setBlockThreshold('/', MIB, 0)
    assert "has no disk 'vda'" in daemon.virsh('domblkthreshold', guest.name, 'vda', '1M', check=False).err
