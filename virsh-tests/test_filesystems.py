# SPDX-License-Identifier: LGPL-2.1-or-later
"""File systems of guests: what they see of the host's directories, devices and images."""
import os
import re
import subprocess
import tempfile

import libvirt
import pytest

from harness.daemon import wait_for
from harness.guest import put, read_file

pytestmark = pytest.mark.ours

PEEK = "<filesystem type='mount'><source dir='%s'/><target dir='/out'/></filesystem>"


@pytest.fixture
def shelf(workshop):
    """A directory of the host for sources and images."""
    with tempfile.TemporaryDirectory(prefix='shelf-', dir=workshop) as directory:
        os.chmod(directory, 0o755)
        yield directory


@pytest.fixture
def look(start, shelf):
    """Starts a guest whose init is this shell script, which may have a root that cannot be written;
    answers what it wrote."""
    def make(script, **options):
        out = os.path.join(shelf, 'out')
        os.makedirs(out, exist_ok=True)
        os.chmod(out, 0o777)
        options['devices'] = options.get('devices', '') + PEEK % out
        domain, guest = start(init='/bin/sh', arguments=[
            '-c', '{ %s ; } > /out/seen.new 2>&1; mv /out/seen.new /out/seen; exec sleep 1000' % script],
            **options)
        wait_for(lambda: os.path.exists(os.path.join(out, 'seen')), 'the script ended')
        return read_file(out, 'seen')
    return make


@pytest.fixture
def make_image(shelf):
    """Makes an image with a file system, filled from a directory."""
    def make(name='image', kind='ext4', size='16M', source=None):
        path = os.path.join(shelf, name)
        subprocess.run(['truncate', '-s', size, path], check=True)
        command = {'ext4': ['mkfs.ext4', '-q', '-O', '^has_journal'] + (['-d', source] if source else []),
                   'ext4-journal': ['mkfs.ext4', '-q'],
                   'btrfs': ['mkfs.btrfs', '-q'], 'xfs': ['mkfs.xfs', '-q']}[kind]
        subprocess.run(command + [path], check=True, capture_output=True)
        return path
    return make


@pytest.fixture
def loop_device():
    """Attaches images to loop devices of the host, until the guests are gone."""
    made = []

    def make(image):
        made.append(subprocess.run(['losetup', '-f', '--show', image], check=True, text=True,
                                   capture_output=True).stdout.strip())
        return made[-1]
    yield make
    for device in made:
        subprocess.run(['losetup', '-d', device], check=True)


def loops_of(path):
    return subprocess.run(['losetup', '-n', '-O', 'NAME,RO,DIO,AUTOCLEAR', '-j', path], check=True,
                          text=True, capture_output=True).stdout.split()


def refused(domain, *patterns):
    with pytest.raises(libvirt.libvirtError) as error:
        domain.create()
    for pattern in patterns:
        assert re.search(pattern, str(error.value)), str(error.value)


def file_element(path, target, more='', driver=''):
    return "<filesystem type='file'>%s<source file='%s'/><target dir='%s'/>%s</filesystem>" % \
        (driver, path, target, more)


def test_an_image_is_mounted_and_its_loop_device_goes_with_the_guest(make_image, shelf, start):
    put(shelf, 'letter', 'dear guest\n')
    source = os.path.join(shelf, 'source')
    os.mkdir(source)
    put(source, 'letter', 'dear guest\n')
    image = make_image(source=source)
    out = os.path.join(shelf, 'out')
    os.mkdir(out)
    domain, _ = start(init='/bin/sh', arguments=[
        '-c', 'cp /data/letter /out/; echo new > /data/new; sync; mv /out/letter /out/seen; exec sleep 1000'],
        devices=file_element(image, '/data') + PEEK % out)
    wait_for(lambda: os.path.exists(os.path.join(out, 'seen')), 'the guest has read')
    assert read_file(out, 'seen') == 'dear guest\n'
    name, readonly, direct, autoclear = loops_of(image)
    assert readonly == '0' and autoclear == '1'
    domain.destroy()
    wait_for(lambda: not loops_of(image), 'the loop device is free')
    listing = subprocess.run(['debugfs', '-R', 'cat /new', image], text=True, capture_output=True,
                             check=True).stdout
    assert listing == 'new\n'


@pytest.mark.parametrize('readonly', ['', '<readonly/>'])
def test_an_image_can_be_the_root(make_image, make_root, look, readonly):
    root = make_root()
    os.mkdir(os.path.join(root, 'out'))
    image = make_image(source=root, size='32M')
    seen = look('grep " / ext4" /proc/mounts; echo kept > /mark && cat /mark',
                root_element=file_element(image, '/', readonly))
    assert re.match(r'/dev/loop\d+ / ext4 r%s' % ('o' if readonly else 'w'), seen)
    assert ('kept' in seen) != bool(readonly)


def test_a_block_device_can_be_the_root(make_image, make_root, look, loop_device):
    device = loop_device(make_image(source=make_root(), size='32M'))
    seen = look('grep " / ext4" /proc/mounts',
                root_element="<filesystem type='block'><source dev='%s'/><target dir='/'/></filesystem>" % device)
    assert seen.startswith(device + ' / ext4 rw')


def test_an_image_of_which_only_reading_is_asked_is_not_written(make_image, look):
    image = make_image(kind='ext4')
    os.chmod(image, 0o444)
    before = open(image, 'rb').read()
    seen = look('grep /data /proc/mounts; touch /data/x || echo refused',
                devices=file_element(image, '/data', '<readonly/>'))
    assert re.search(r'^/dev/loop\d+ /data ext4 ro', seen, re.MULTILINE) and 'refused' in seen
    assert loops_of(image)[1] == '1'
    assert open(image, 'rb').read() == before


def test_an_image_without_a_file_system_is_named(shelf, define):
    image = os.path.join(shelf, 'empty')
    subprocess.run(['truncate', '-s', '1M', image], check=True)
    domain, _ = define(devices=file_element(image, '/data'))
    refused(domain, "'%s' has no file system that is known here; make one with mkfs" % image)
    wait_for(lambda: not loops_of(image), 'the loop device is free')


def test_an_image_with_partitions_is_named(shelf, define):
    image = os.path.join(shelf, 'disk')
    with open(image, 'wb') as file:
        # one partition of type 83 from sector 2048 on
        file.write(b'\0' * 446 + b'\0\0\0\0\x83\0\0\0\0\x08\0\0\0\x08\0\0' + b'\0' * 48 + b'\x55\xaa')
        file.truncate(4 << 20)
    domain, _ = define(devices=file_element(image, '/data'))
    refused(domain, "'%s' is a disk with partitions" % image)


def test_an_image_that_is_missing_or_a_directory_is_named(shelf, define):
    domain, _ = define(devices=file_element(shelf + '/no', '/data'))
    refused(domain, "cannot open the image '%s/no': No such file" % shelf)
    domain, _ = define(devices=file_element(shelf, '/data', '<readonly/>'))
    refused(domain, "the image '%s' is no file" % shelf)


def test_a_start_that_fails_later_frees_the_loop_device(make_image, define):
    image = make_image()
    domain, _ = define(init='/sbin/nothing', devices=file_element(image, '/data'))
    refused(domain, '/sbin/nothing')
    wait_for(lambda: not loops_of(image), 'the loop device is free')


def test_a_block_device_is_mounted_by_its_contents(make_image, look, loop_device):
    device = loop_device(make_image())
    seen = look('grep /data /proc/mounts', devices="<filesystem type='block'><source dev='%s'/>"
                "<target dir='/data'/></filesystem>" % device)
    assert re.match(r'%s /data ext4 rw' % device, seen)


def test_a_directory_is_no_block_device(shelf, define):
    domain, _ = define(devices="<filesystem type='block'><source dev='%s'/><target dir='/data'/>"
                               "</filesystem>" % shelf)
    refused(domain, "cannot mount '%s' on '/data': it is no block device" % shelf)
