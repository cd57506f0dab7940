# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images of other formats than raw, as file systems and as disks: qemu-nbd reads them for the kernel."""
import glob
import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for
from harness.guest import put, read_file

pytestmark = pytest.mark.ours

SEED = int(os.environ.get('CAISSON_TEST_SEED', '20'))


def kernel_has_nbd():
    subprocess.run(['modprobe', '-q', 'nbd'], check=False)
    return os.path.isdir('/sys/module/nbd')


@pytest.fixture
def nbd():
    if not kernel_has_nbd() or not shutil.which('qemu-nbd') or not shutil.which('qemu-img'):
        pytest.skip('needs the module nbd, and qemu-utils')


@pytest.fixture
def shelf(workshop):
    with tempfile.TemporaryDirectory(prefix='images-', dir=workshop) as directory:
        os.chmod(directory, 0o755)
        yield directory


@pytest.fixture
def make_image(shelf):
    """An image of this format with a file system in it, filled from a directory."""
    def make(name, form='qcow2', source=None, size='16M'):
        raw, path = os.path.join(shelf, name + '.raw'), os.path.join(shelf, name)
        subprocess.run(['truncate', '-s', size, raw], check=True)
        subprocess.run(['mkfs.ext4', '-q', '-O', '^has_journal'] + (['-d', source] if source else []) + [raw],
                       check=True)
        subprocess.run(['qemu-img', 'convert', '-f', 'raw', '-O', form, raw, path], check=True)
        os.unlink(raw)
        return path
    return make


def filesystem(path, target, form='qcow2', more=''):
    return "<filesystem type='file'><driver type='nbd' format='%s'/><source file='%s'/><target dir='%s'/>%s" \
        "</filesystem>" % (form, path, target, more)


def disk(path, target='vda', form='qcow2', more='', cache=''):
    return "<disk type='file'><driver name='nbd' type='%s'%s/><source file='%s'/><target dev='%s'/>%s</disk>" % (
        form, cache, path, target, more)


def devices_of(path):
    """The network block devices that are connected to who reads this image."""
    found = []
    for name in glob.glob('/sys/block/nbd*/backend'):
        try:
            with open(name) as file:
                if file.read().strip() == path:
                    found.append(name.split('/')[3])
        except OSError:
            continue
    return found


def servers(path):
    """The processes of qemu-nbd that read this image."""
    found = []
    for name in glob.glob('/proc/[0-9]*/cmdline'):
        try:
            with open(name, 'rb') as file:
                words = file.read().split(b'\0')
        except OSError:
            continue
        if words[0].endswith(b'qemu-nbd') and path.encode() in words:
            found.append(int(name.split('/')[2]))
    return found


def what_is_in(path, form='qcow2'):
    """The file system in an image, as a raw file."""
    subprocess.run(['qemu-img', 'convert', '-f', form, '-O', 'raw', path, path + '.out'], check=True)
    return path + '.out'


def text_in(path, name, form='qcow2'):
    return subprocess.run(['debugfs', '-R', 'cat ' + name, what_is_in(path, form)], text=True, capture_output=True,
                          check=True).stdout


def mounts_of(domain):
    with open('/proc/%d/mounts' % process.init_of(domain)) as file:
        return file.read()


def inside(daemon, guest, script):
    return daemon.virsh('lxc-enter-namespace', guest.name, '--noseclabel', '/bin/sh', '-c', script, check=False)


def refused(call, *arguments):
    with pytest.raises(libvirt.libvirtError) as error:
        call(*arguments)
    return error.value.get_error_message()


@pytest.fixture
def gone(nbd):
    """Says that no device is connected and no server runs for these images."""
    def check(*paths):
        for path in paths:
            wait_for(lambda: not devices_of(path), 'the device is free')
            wait_for(lambda: not servers(path), 'qemu-nbd has ended')
    return check


@pytest.mark.skipif(kernel_has_nbd(), reason='this kernel has the module nbd')
def test_without_the_module_the_error_says_what_to_do(shelf, define, start):
    put(shelf, 'image.qcow2', '')
    words = "this kernel has no module 'nbd', which images of other formats than 'raw' need; convert the image with " \
        "'qemu-img convert -O raw', and take its <driver> away"
    path = shelf + '/image.qcow2'
    domain, _ = define(devices=filesystem(path, '/data'))
    assert "mounts: cannot mount '%s' on '/data': cannot attach the image '%s': %s" % (path, path, words) in \
        refused(domain.create)
    domain, _ = define(devices=disk(path))
    assert "devices: disk0: cannot attach the image '%s': %s" % (path, words) in refused(domain.create)
    domain, _ = start()
    assert words in refused(domain.attachDevice, disk(path))
    assert words in refused(domain.attachDevice, filesystem(path, '/data'))


@pytest.mark.parametrize('idmap', [None, 300000])
def test_an_image_is_the_root_and_is_whole_when_the_guest_is_gone(make_image, make_root, start, daemon, gone, idmap):
    image = make_image('root.qcow2', source=make_root())
    root = filesystem(image, '/')
    if idmap:
        root = root.replace("type='file'", "type='file' accessmode='mapped'", 1)
    domain, guest = start(init='/bin/sh', arguments=['-c', 'echo new > /new; exec sleep 1000'], root_element=root,
                          idmap=idmap)
    assert re.search(r'^/dev/%s / ext4 rw' % devices_of(image)[0], mounts_of(domain), re.MULTILINE)
    server, = servers(image)
    with open('/proc/%d/cgroup' % server) as file:
        assert re.search(r'/supervisor$', file.read(), re.MULTILINE)
    wait_for(lambda: inside(daemon, guest, 'cat /new').out == 'new\n', 'the guest has written')
    domain.destroy()
    # not a moment later: whoever copies the image now has all of it
    assert not servers(image)
    assert text_in(image, '/new') == 'new\n'
    gone(image)


@pytest.mark.parametrize('form', ['qcow2', 'vmdk', 'vdi', 'vpc', 'qed', 'raw'])
def test_an_image_of_each_format_is_read_and_written(make_image, shelf, start, daemon, gone, form):
    os.mkdir(shelf + '/source')
    put(shelf + '/source', 'letter', 'dear guest\n')
    image = make_image('image', form, source=shelf + '/source')
    domain, guest = start(devices=filesystem(image, '/data', form))
    assert inside(daemon, guest, 'cat /data/letter; echo answer > /data/answer').out == 'dear guest\n'
    domain.destroy()
    assert text_in(image, '/answer', form) == 'answer\n'
    gone(image)


def test_a_read_only_image_is_not_written(make_image, start, daemon, gone):
    image = make_image('image')
    os.chmod(image, 0o400)
    before = os.stat(image).st_mtime_ns
    domain, guest = start(devices=filesystem(image, '/data', more='<readonly/>') +
                          disk(image, more='<readonly/>'))
    assert len(servers(image)) == 2
    assert 'Read-only' in inside(daemon, guest, 'touch /data/x 2>&1').out
    assert 'not permitted' in inside(daemon, guest, '(echo > /dev/vda) 2>&1').out
    domain.destroy()
    assert os.stat(image).st_mtime_ns == before


@pytest.mark.parametrize('cache', ['', " cache='none'"])
def test_an_image_is_a_disk_cold_and_hot(shelf, start, daemon, gone, cache):
    paths = []
    for name in ('cold', 'hot'):
        paths.append('%s/%s.qcow2' % (shelf, name))
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', paths[-1], '4M'], check=True)
    cold, hot = paths
    try:
        domain, guest = start(devices=disk(cold, cache=cache))
    except libvirt.libvirtError as error:
        # a tmpfs before Linux 6.6
        assert cache and 'O_DIRECT' in str(error)
        pytest.skip('the file system of the tests has no direct I/O')
    domain.attachDevice(disk(hot, 'vdb', cache=cache))
    assert inside(daemon, guest, 'echo heron > /dev/vda; echo egret > /dev/vdb; head -c 6 /dev/vda /dev/vdb'
                  ).out.count('\n') == 2 + 3
    with open('/proc/%d/cgroup' % servers(hot)[0]) as file:
        assert re.search(r'/supervisor$', file.read(), re.MULTILINE)
    assert "the size of disk 'vdb' cannot be changed while the container runs" in \
        refused(domain.blockResize, 'vdb', 8 << 20, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
    domain.detachDeviceAlias('disk1', libvirt.VIR_DOMAIN_AFFECT_LIVE)
    wait_for(lambda: not servers(hot), 'qemu-nbd has ended')
    domain.destroy()
    for path, word in ((cold, b'heron\n'), (hot, b'egret\n')):
        with open(what_is_in(path), 'rb') as file:
            assert file.read(6) == word
    gone(*paths)


def test_a_filesystem_comes_and_goes_while_the_guest_runs(make_image, start, daemon, gone):
    image = make_image('image')
    domain, guest = start()
    element = filesystem(image, '/data')
    for _ in range(3):
        domain.attachDevice(element)
        assert re.search(r'^/dev/nbd\d+ /data ext4', mounts_of(domain), re.MULTILINE)
        inside(daemon, guest, 'echo x >> /data/count')
        domain.detachDevice(element)
        wait_for(lambda: not servers(image), 'qemu-nbd has ended')
    assert text_in(image, '/count') == 'x\nx\nx\n'
    gone(image)


def test_a_start_that_fails_later_leaves_nothing(make_image, define, gone):
    image = make_image('image')
    domain, _ = define(init='/sbin/nothing', devices=filesystem(image, '/data') + disk(image, more='<readonly/>'))
    # the second one cannot have what the first one writes to
    assert 'lock' in refused(domain.create)
    assert not servers(image)
    domain, _ = define(init='/sbin/nothing', devices=filesystem(image, '/data'))
    for _ in range(3):
        assert "cannot execute '/sbin/nothing'" in refused(domain.create)
        assert not servers(image)
    gone(image)


def test_an_attachment_that_fails_leaves_nothing(make_image, start, gone):
    image = make_image('image')
    domain, _ = start()
    before = domain.XMLDesc()
    assert 'Not a directory' in refused(domain.attachDevice, filesystem(image, '/bin/sh'))
    assert 'cannot attach' in refused(domain.attachDevice, filesystem(image, '/data', 'vdi'))
    assert 'cannot attach' in refused(domain.attachDevice, disk(image, form='vdi'))
    assert domain.XMLDesc() == before
    gone(image)


def test_a_guest_that_is_restarted_at_once_has_its_image(make_image, start, gone):
    image = make_image('image')
    domain, _ = start(devices=filesystem(image, '/data'))
    for _ in range(5):
        domain.destroy()
        domain.create()
    assert len(servers(image)) == 1


def test_guests_that_start_together_have_devices_of_their_own(make_image, define, daemon, gone):
    domains = []
    for number in range(4):
        domains.append(define(devices=filesystem(make_image('image%d' % number), '/data'))[0])
    starters = [threading.Thread(target=domain.create) for domain in domains]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    found = [re.search(r'^(/dev/nbd\d+) /data', mounts_of(domain), re.MULTILINE).group(1) for domain in domains]
    assert len(set(found)) == 4


def test_the_format_is_what_the_definition_says(shelf, define, gone):
    """A guest can write the header of another format into a raw image, which then names files of the host's."""
    secret, image = shelf + '/elsewhere/secret', shelf + '/image'
    os.mkdir(shelf + '/elsewhere')
    subprocess.run(['truncate', '-s', '1M', secret], check=True)
    subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', secret, image], check=True)
    for element in (filesystem(image, '/data', 'raw'), filesystem(image, '/data').replace(
            "<driver type='nbd' format='qcow2'/>", '')):
        domain, _ = define(devices=element)
        assert 'has no file system that is known here' in refused(domain.create)
    domain, _ = define(devices=filesystem(image, '/data', 'vmdk'))
    assert "cannot attach the image '%s': qemu-nbd: Failed to blk_new_open" % image in refused(domain.create)
    gone(image)


def test_backing_files_are_found_beside_the_image_only(make_image, shelf, define, start, daemon, gone):
    os.mkdir(shelf + '/source')
    put(shelf + '/source', 'letter', 'dear guest\n')
    base = make_image('base.qcow2', source=shelf + '/source')
    for name, backing in (('relative', 'base.qcow2'), ('absolute', base)):
        clone = '%s/%s.qcow2' % (shelf, name)
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', backing, clone], check=True)
        domain, guest = start(devices=filesystem(clone, '/data'))
        assert inside(daemon, guest, 'cat /data/letter; echo mine > /data/letter; cat /data/letter').out == \
            'dear guest\nmine\n'
        domain.destroy()
    assert text_in(base, '/letter') == 'dear guest\n'
    # an image that came from others, and wants what is not its own
    os.mkdir(shelf + '/images')
    hostile = shelf + '/images/hostile'
    for backing in (base, '../base.qcow2', '/etc/passwd', 'nbd://127.0.0.1/x', 'json:{"driver":"file",'
                    '"filename":"/etc/passwd"}'):
        subprocess.run(['qemu-img', 'create', '-q', '-u', '-f', 'qcow2', '-F',
                        'qcow2' if 'base' in backing else 'raw', '-b', backing, hostile, '1M'], check=True)
        domain, _ = define(devices=filesystem(hostile, '/data'))
        assert 'Could not open backing' in refused(domain.create)
        os.unlink(hostile)
    gone(hostile)


def test_an_image_writes_to_no_other_file(shelf, define, gone):
    """A data file, or an extent, of its own that is a file of the host's."""
    victim, image = shelf + '/victim', shelf + '/image'
    put(shelf, 'victim', 'mine' * 1024)
    subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-o', 'data_file=%s.raw' % image, image, '1M'], check=True)
    os.unlink(image + '.raw')
    os.link(victim, image + '.raw')
    domain, _ = define(devices=disk(image))
    assert 'Could not open' in refused(domain.create)
    put(shelf, 'descriptor', '''# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="monolithicFlat"

# Extent description
RW 8 FLAT "%s" 0
''' % victim)
    domain, _ = define(devices=disk(shelf + '/descriptor', form='vmdk'))
    assert 'Could not open' in refused(domain.create)
    assert read_file(shelf, 'victim') == 'mine' * 1024
    gone(image)


def test_who_reads_an_image_is_confined(make_image, start, gone):
    image = make_image('image')
    start(devices=filesystem(image, '/data'))
    server, = servers(image)
    assert int(process.field(server, 'CapBnd')[0], 16) == 1 << 1  # CAP_DAC_OVERRIDE
    assert int(process.field(server, 'CapEff')[0], 16) == 1 << 1
    assert process.field(server, 'NoNewPrivs') == ['1']
    root = '/proc/%d/root' % server
    assert not os.path.exists(root + '/etc/passwd') and not os.path.exists(root + '/proc/self')
    assert os.path.samefile(root + image, image)
    with open('/proc/%d/net/dev' % server) as file:
        assert [line.split(':')[0].strip() for line in file.readlines()[2:]] == ['lo']
    # its connection, a listening socket that nobody can find, and what it reads
    open_files = [os.readlink('/proc/%d/fd/%s' % (server, name)) for name in os.listdir('/proc/%d/fd' % server)]
    assert {name.split(':')[0] for name in open_files} <= {image, '/dev/null', 'pipe', 'socket', 'anon_inode'}


def test_a_server_that_dies_is_an_error_of_the_guests_disk_alone(shelf, start, daemon, gone):
    path = shelf + '/image'
    subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', path, '4M'], check=True)
    domain, guest = start(devices=disk(path))
    server, = servers(path)
    os.kill(server, 9)
    wait_for(lambda: not servers(path), 'qemu-nbd has ended')
    assert 'error' in inside(daemon, guest, 'dd if=/dev/vda bs=4096 skip=500 count=1 2>&1 >/dev/null').out
    assert domain.isActive()
    with open(daemon.path('/var/log/libvirt/lxc/%s.log' % guest.name)) as file:
        assert 'process %d has died' % server in file.read()
    domain.destroy()
    gone(path)


def test_a_program_that_is_not_installed_is_named(make_image, define, daemon, gone):
    domain, _ = define(devices=filesystem(make_image('image'), '/data'))
    daemon.run('mount', '--bind', '/dev/null', '/usr/bin/qemu-nbd')
    try:
        assert "'/usr/bin/qemu-nbd' is not installed on the host; install it (qemu-utils), or convert the image" in \
            refused(domain.create)
    finally:
        daemon.run('umount', '-l', '/usr/bin/qemu-nbd')


def launcher_of(daemon, name):
    mark = b'--name\0' + name.encode() + b'\0'
    for pid in process.children(daemon.pid):
        try:
            with open('/proc/%d/cmdline' % pid, 'rb') as file:
                if mark in file.read():
                    return pid
        except OSError:
            pass
    return None


@pytest.mark.slow
def test_a_controller_killed_at_any_moment_leaves_no_device_and_no_server(make_image, define, daemon, gone):
    image = make_image('image')
    dice = random.Random(SEED)
    domain, guest = define(devices=filesystem(image, '/data'))
    for _ in range(12):
        started = []

        def begin():
            try:
                domain.create()
                started.append(True)
            except libvirt.libvirtError:
                pass
        starter = threading.Thread(target=begin)
        starter.start()
        launcher = wait_for(lambda: launcher_of(daemon, guest.name) or not starter.is_alive(), 'the launcher runs')
        time.sleep(dice.uniform(0, 0.3))
        if launcher is not True:
            try:
                os.kill(launcher, 9)
            except ProcessLookupError:
                pass
        starter.join()
        wait_for(lambda: not domain.isActive(), 'the guest is gone')
        gone(image)
    domain.create()
    assert re.search(r'^/dev/nbd\d+ /data', mounts_of(domain), re.MULTILINE)
