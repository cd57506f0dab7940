# SPDX-License-Identifier: LGPL-2.1-or-later
"""File systems of guests: what they see of the host's directories, devices and images."""
import os
import re
import subprocess
import tempfile

import libvirt
import pytest

from harness import leaks, process
from harness.daemon import wait_for
from harness.guest import Guest, put, read_file

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


# Directories

FIRST = 300000    # of the id map


def directory_element(path, target, more='', mode=''):
    return "<filesystem type='mount'%s><source dir='%s'/><target dir='%s'/>%s</filesystem>" % \
        (mode and " accessmode='%s'" % mode, path, target, more)


@pytest.fixture
def mounted(daemon):
    """Mounts in the daemon's namespace, until the guests are gone."""
    made = []

    def make(*arguments):
        daemon.run('mount', *arguments)
        made.append(arguments[-1])
        return made[-1]
    yield make
    for path in reversed(made):
        daemon.run('umount', '-l', path)


def make_directory(shelf, name, text='letter'):
    path = os.path.join(shelf, name)
    os.mkdir(path)
    put(path, text, name + '\n')
    return path


def shared_directory(daemon, shelf, mounted):
    """As directories of a booted host are: what is mounted below spreads."""
    source = make_directory(shelf, 'source')
    os.mkdir(source + '/early')
    os.mkdir(source + '/late')
    mounted('--bind', source, source)
    daemon.run('mount', '--make-shared', source)
    mounted('-t', 'tmpfs', 'early', source + '/early')
    return source


def test_what_is_below_another_mount_may_come_before_it_in_the_document(shelf, look):
    one, two, three = (make_directory(shelf, name) for name in ('one', 'two', 'three'))
    seen = look('cat /srv/letter /srv/a/b/letter /mirror/letter', devices=''.join([
        "<filesystem type='bind'><source dir='/srv/c'/><target dir='/mirror'/></filesystem>",
        directory_element(two, '/srv/a/b'), directory_element(three, '/srv/c'), directory_element(one, '/srv')]))
    assert seen.split() == ['one', 'two', 'three']


def test_what_is_mounted_below_a_source_is_there_too_and_what_the_host_mounts_later(
        daemon, shelf, mounted, start):
    source = shared_directory(daemon, shelf, mounted)
    domain, _ = start(devices=directory_element(source, '/data'))
    inside = '/proc/%d/mountinfo' % process.init_of(domain)
    assert ' /data/early ' in open(inside).read()
    mounted('-t', 'tmpfs', 'late', source + '/late')
    assert ' /data/late ' in open(inside).read()


def test_below_a_read_only_directory_nothing_can_be_written(daemon, shelf, mounted, start):
    source = shared_directory(daemon, shelf, mounted)
    domain, guest = start(devices=directory_element(source, '/data', '<readonly/>'))
    mounted('-t', 'tmpfs', 'late', source + '/late')
    table = open('/proc/%d/mountinfo' % process.init_of(domain)).read()
    assert re.search(r' /data ro\b', table) and re.search(r' /data/early ro\b', table)
    assert '/data/late' not in table
    script = 'for d in /data /data/early /data/late; do touch $d/x || echo refused; done'
    done = daemon.virsh('lxc-enter-namespace', guest.name, '--noseclabel', '/bin/sh', '-c', script, check=False)
    assert done.out.count('refused') == 3


def test_a_file_can_be_mounted_on_a_file_that_is_made(shelf, look):
    put(shelf, 'letter', 'dear guest\n')
    seen = look('cat /etc/new/letter', devices=directory_element(shelf + '/letter', '/etc/new/letter', '<readonly/>'))
    assert seen == 'dear guest\n'


@pytest.mark.parametrize('idmap', [None, FIRST])
def test_a_source_may_lie_below_what_only_root_can_enter(shelf, look, idmap):
    hidden = make_directory(shelf, 'hidden')
    source = make_directory(hidden, 'source')
    os.chmod(hidden, 0o700)
    assert look('cat /data/letter', idmap=idmap, devices=directory_element(source, '/data')) == 'source\n'


def test_a_size_of_ram_is_kept_to_and_shown(look):
    seen = look('df -k /scratch | tail -n 1; head -c 3000000 /dev/zero > /scratch/x || echo full',
                devices="<filesystem type='ram'><source usage='2' units='MiB'/><target dir='/scratch'/></filesystem>")
    assert re.search(r'\b2048\b', seen) and 'full' in seen


# Users

# mount(8) of util-linux 2.39 has an option for that: SOURCE TARGET FIRST
IDMAP = '''
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), 'system call %d' % number)
    return result
tree = call(428, -100, sys.argv[1].encode(), 0x80001)               # open_tree(OPEN_TREE_CLONE)
ready, done = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    libc.unshare(0x10000000)
    os.write(ready[1], b'.')
    os.read(done[0], 1)
    os._exit(0)
os.read(ready[0], 1)
for name in ('uid_map', 'gid_map'):
    with open('/proc/%d/%s' % (child, name), 'w') as file:
        file.write('0 %s 65536' % sys.argv[3])
user = os.open('/proc/%d/ns/user' % child, os.O_RDONLY)
attributes = struct.pack('QQQQ', 0x100000, 0, 0, user)
call(442, tree, b'', 0x1000, attributes, len(attributes))           # mount_setattr(MOUNT_ATTR_IDMAP)
call(429, tree, b'', -100, sys.argv[2].encode(), 4)                 # move_mount
os.write(done[1], b'.')
'''


def test_a_mapped_root_keeps_its_owners_on_the_host(make_root, start):
    root = make_root()
    domain, _ = start(idmap=FIRST, root_element=directory_element(root, '/', mode='mapped'), root=root)
    assert process.field(process.init_of(domain), 'Uid')[0] == str(FIRST)
    assert os.stat(os.path.join(root, 'heard')).st_uid == 0
    assert os.stat(os.path.join(root, 'bin/busybox')).st_uid == 0


def test_a_mapped_directory_or_image_belongs_to_the_guests_ids(shelf, look, make_image):
    source = make_directory(shelf, 'source')
    os.chown(source, 1000, 1000)
    image = make_image()
    seen = look('stat -c %u /data /image; touch /data/new && stat -c %u /data/new; touch /image/new && echo written',
                idmap=FIRST, devices=directory_element(source, '/data', mode='mapped') +
                file_element(image, '/image').replace("'file'", "'file' accessmode='mapped'"))
    assert seen.split() == ['1000', '0', '0', 'written']
    assert os.stat(source + '/new').st_uid == 0


def test_ids_are_unchanged_when_nothing_is_said(shelf, look):
    source = make_directory(shelf, 'source')
    shifted = make_directory(shelf, 'shifted')
    os.chown(shifted, FIRST + 7, FIRST + 7)
    seen = look('stat -c %u /data /shifted', idmap=FIRST,
                devices=directory_element(source, '/data') + directory_element(shifted, '/shifted'))
    assert seen.split() == ['65534', '7']


def test_a_source_that_was_given_to_the_guests_ids_or_is_idmapped_is_left_as_it_is(
        daemon, shelf, mounted, look):
    shifted = make_directory(shelf, 'shifted')
    os.chown(shifted, FIRST + 7, FIRST + 7)
    plain, mapped = make_directory(shelf, 'plain'), make_directory(shelf, 'mapped')
    mounted('--bind', mapped, mapped)
    done = daemon.run('/usr/bin/python3', '-c', IDMAP, plain, mapped, str(FIRST + 3))
    assert done.returncode == 0, done.stderr
    seen = look('stat -c %u /shifted /mapped', name='leftalone', idmap=FIRST,
                devices=directory_element(shifted, '/shifted', mode='mapped') +
                directory_element(mapped, '/mapped', mode='mapped'))
    assert seen.split() == ['7', '3']
    log = daemon.guest_log('leftalone')
    assert "'%s' belongs to user %d" % (shifted, FIRST + 7) in log
    assert "'%s' is an idmapped mount" % mapped in log


def test_a_file_system_that_cannot_be_idmapped_is_named(shelf, mounted, define):
    source = make_directory(shelf, 'source')
    os.mkdir(source + '/below')
    mounted('-t', 'ramfs', 'below', source + '/below')
    domain, _ = define(idmap=FIRST, devices=directory_element(source, '/data', mode='mapped'))
    refused(domain, "the file system 'ramfs' at '%s/below' cannot be idmapped" % source,
            "accessmode='passthrough'")


def test_device_nodes_of_the_host_are_of_no_use_to_an_unprivileged_guest(shelf, look):
    source = make_directory(shelf, 'source')
    os.mknod(source + '/null', 0o666 | 0o020000, os.makedev(1, 3))
    os.chmod(source + '/null', 0o666)
    element = directory_element(source, '/data')
    assert 'refused' in look('echo x > /data/null || echo refused', idmap=FIRST, devices=element)


def test_a_new_filesystem_is_mapped_where_the_administrator_says_so(own_daemon, make_root):
    own_daemon.end(15)
    with open(own_daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
        file.write('idmap_default = "mapped"\n')
    own_daemon.launch()
    own_daemon.wait_ready()
    connection = own_daemon.connect()
    domain = connection.defineXML(Guest('mapped1', make_root(), idmap=FIRST).xml())
    assert "accessmode='mapped'" in domain.XMLDesc(0)
    own_daemon.close_connections()


# While the guest runs

def mounts_of(domain):
    return open('/proc/%d/mountinfo' % process.init_of(domain)).read()


def inside(daemon, guest, script):
    return daemon.virsh('lxc-enter-namespace', guest.name, '--noseclabel', '/bin/sh', '-c', script, check=False).out


@pytest.mark.parametrize('idmap', [None, FIRST])
def test_a_directory_comes_and_goes_while_the_guest_runs(daemon, shelf, start, idmap):
    hidden = make_directory(shelf, 'hidden')
    os.chmod(hidden, 0o700)
    source = make_directory(hidden, 'source')
    domain, guest = start(idmap=idmap)
    element = directory_element(source, '/new/data', mode='mapped' if idmap else '')
    domain.attachDevice(element)
    assert "<target dir='/new/data'/>" in domain.XMLDesc(0)
    assert "<target dir='/new/data'/>" not in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    root = '/proc/%d/root' % process.init_of(domain)
    assert read_file(root, 'new/data/letter') == 'source\n'
    assert os.stat(root + '/new').st_uid == (idmap or 0)
    assert os.stat(root + '/new/data').st_uid == (idmap or 0)
    domain.detachDevice(element)
    assert ' /new/data ' not in mounts_of(domain)
    assert "<target dir='/new/data'/>" not in domain.XMLDesc(0)


def test_attached_filesystems_of_every_kind_come_and_go(daemon, shelf, start, make_image):
    image = make_image()
    domain, guest = start()
    elements = [file_element(image, '/image'),
                "<filesystem type='ram'><source usage='1' units='MiB'/><target dir='/scratch'/></filesystem>",
                "<filesystem type='bind'><source dir='/etc'/><target dir='/mirror'/></filesystem>"]
    for element in elements:
        domain.attachDeviceFlags(element, libvirt.VIR_DOMAIN_AFFECT_LIVE | libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    table = mounts_of(domain)
    assert ' /image ' in table and ' /scratch ' in table and ' /mirror ' in table
    assert loops_of(image)
    for element in elements:
        domain.detachDeviceFlags(element, libvirt.VIR_DOMAIN_AFFECT_LIVE | libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    wait_for(lambda: not loops_of(image), 'the loop device is free')
    assert ' /scratch ' not in mounts_of(domain)


def test_a_directory_becomes_read_only_and_writable_again(daemon, shelf, start):
    source = make_directory(shelf, 'source')
    domain, guest = start(devices=directory_element(source, '/data'))
    domain.updateDeviceFlags(directory_element(source, '/data', '<readonly/>'), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert 'refused' in inside(daemon, guest, 'touch /data/x || echo refused')
    assert '<readonly/>' in domain.XMLDesc(0)
    domain.updateDeviceFlags(directory_element(source, '/data'), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    inside(daemon, guest, 'touch /data/x')
    assert os.path.exists(source + '/x')
    with pytest.raises(libvirt.libvirtError, match='can only become read-only'):
        domain.updateDeviceFlags(directory_element(shelf, '/data'), libvirt.VIR_DOMAIN_AFFECT_LIVE)


def blocks_of(daemon, guest, path):
    """KiB that the file system has in the guest."""
    count, size = inside(daemon, guest, 'stat -f -c "%%b %%S" %s' % path).split()
    return int(count) * int(size) // 1024


@pytest.mark.skipif(not int(process.field(os.getpid(), 'CapEff')[0], 16) >> 24 & 1,
                    reason='who runs this lacks CAP_SYS_RESOURCE, without which ext4 does not grow')
@pytest.mark.parametrize('idmap', [None, FIRST])
def test_an_image_grows_with_its_file_system_while_the_guest_runs(daemon, make_root, make_image, start, idmap):
    root = make_root(owner=idmap or 0)
    os.mkdir(os.path.join(root, 'data'))
    image = make_image(source=root)
    more = make_image('more', kind='ext4-journal')
    _, guest = start(root_element=file_element(image, '/'), idmap=idmap, devices=file_element(more, '/data'),
                     init='/bin/sleep', arguments=['1000'])
    before = blocks_of(daemon, guest, '/')
    assert 12000 < before < 17000
    daemon.virsh('blockresize', guest.name, '/', '40M')
    assert os.path.getsize(image) == 40 << 20 and 36000 < blocks_of(daemon, guest, '/') < 41000
    daemon.virsh('blockresize', guest.name, '/data', '64M')
    assert blocks_of(daemon, guest, '/data') > 50000
    inside(daemon, guest, 'dd if=/dev/zero of=/full bs=1M count=24; sync')
    assert 'twenty' in inside(daemon, guest, 'test $(stat -c %s /full) = 25165824 && echo twenty-four')
    result = daemon.virsh('blockresize', guest.name, '/', '20M', check=False)
    assert 'cannot become smaller than its 41943040 bytes' in result.err


def test_a_file_system_that_cannot_grow_from_outside_is_named(daemon, shelf, make_image, start):
    image = make_image(kind='btrfs', size='128M')
    domain, guest = start(devices=file_element(image, '/data'))
    result = daemon.virsh('blockresize', guest.name, '/data', '160M', check=False)
    assert 'only ext4 is made larger from outside' in result.err
    result = daemon.virsh('blockresize', guest.name, '/', '160M', check=False)
    assert "the size of filesystem '/' cannot be changed: it must be a writable image" in result.err


def test_a_directory_of_a_guest_with_ids_of_its_own_becomes_read_only_for_good_and_writable_again(daemon, shelf, start):
    source = make_directory(shelf, 'source')
    os.chmod(source, 0o777)
    element = directory_element(source, '/data', mode='mapped')
    readonly = directory_element(source, '/data', '<readonly/>', mode='mapped')
    domain, guest = start(idmap=FIRST, devices=element)

    def command(script):
        ran = daemon.run('/usr/lib/libvirt/libvirt_lxc_exec', guest.name, '--', '/bin/sh', '-c', script)
        return ran.stdout + ran.stderr
    for _ in range(2):
        domain.updateDeviceFlags(readonly, libvirt.VIR_DOMAIN_AFFECT_LIVE)
        assert 'Read-only' in command('touch /data/x')
        assert 'denied' in command('mount -o remount,bind,rw /data') and 'Read-only' in command('touch /data/x')
        assert '<readonly/>' in domain.XMLDesc(0)
        domain.updateDeviceFlags(element, libvirt.VIR_DOMAIN_AFFECT_LIVE)
        assert command('touch /data/x && cat /data/letter') == 'source\n'
        assert '<readonly/>' not in domain.XMLDesc(0)
    assert os.stat(source + '/x').st_uid == 0
    # who has it open for writing would go on
    holder = subprocess.Popen(daemon.enter('/usr/lib/libvirt/libvirt_lxc_exec', guest.name, '--', '/bin/sh', '-c',
                                           'exec 5> /data/open; echo > /holds; exec sleep 1000'))
    wait_for(lambda: inside(daemon, guest, 'ls /holds').strip(), 'a file is open')
    with pytest.raises(libvirt.libvirtError, match="'/data' is in use in the container; end what uses it"):
        domain.updateDeviceFlags(readonly, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    holder.kill()
    holder.wait()
    assert '<readonly/>' not in domain.XMLDesc(0) and command('touch /data/x') == ''


def test_what_cannot_change_in_a_guest_with_ids_of_its_own_says_so(daemon, shelf, mounted, start):
    source = shared_directory(daemon, shelf, mounted)
    ram = "<filesystem type='ram'><source usage='1' units='MiB'/><target dir='/scratch'/>%s</filesystem>"
    element = directory_element(source, '/data', mode='mapped')
    domain, _ = start(idmap=FIRST, devices=element + ram % '')
    with pytest.raises(libvirt.libvirtError, match="with <idmap>, in which only those of type 'mount' change"):
        domain.updateDeviceFlags(ram % '<readonly/>', libvirt.VIR_DOMAIN_AFFECT_LIVE)
    with pytest.raises(libvirt.libvirtError, match="other file systems are mounted below '/data' of the container"):
        domain.updateDeviceFlags(directory_element(source, '/data', '<readonly/>', mode='mapped'),
                                 libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert ' /data/early ' in mounts_of(domain)


def test_what_is_in_use_stays_and_clients_are_told(shelf, start, recorded):
    source = make_directory(shelf, 'source')
    element = directory_element(source, '/data')
    domain, guest = start(init='/bin/sh', arguments=['-c', 'cd /data; exec sleep 1000'], devices=element)
    with pytest.raises(libvirt.libvirtError, match="'/data' is in use in the container; end what uses it"):
        domain.detachDevice(element)
    assert ' /data ' in mounts_of(domain) and "<target dir='/data'/>" in domain.XMLDesc(0)
    recorded.expect(guest.name, 'defined added', 'started booted', 'device-removal-failed fs1')


def test_an_attachment_that_fails_says_why_and_changes_nothing(daemon, shelf, start):
    domain, _ = start()
    before = domain.XMLDesc(0)
    for element, words in ((directory_element(shelf + '/no', '/data'), 'No such file'),
                           (file_element(shelf, '/data'), 'Is a directory'),
                           (directory_element(shelf, '/'), 'root of the container'),
                           (directory_element(shelf, '/bin/sh'), 'Not a directory')):
        with pytest.raises(libvirt.libvirtError, match=words):
            domain.attachDevice(element)
    assert domain.XMLDesc(0) == before


def test_a_target_that_leads_out_of_the_guest_is_made_inside(daemon, shelf, start, workshop):
    source = make_directory(shelf, 'source')
    outside = make_directory(shelf, 'outside')
    domain, guest = start()
    os.symlink(outside, guest.root + '/escape')
    os.symlink('../../../../../../..' + outside, guest.root + '/escape2')
    for name in ('escape', 'escape2'):
        try:
            domain.attachDevice(directory_element(source, '/%s/deep' % name))
        except libvirt.libvirtError:
            pass
    assert os.listdir(outside) == ['letter']
    assert ' %s' % outside not in open('/proc/%d/mountinfo' % daemon.pid).read()


def test_twenty_attachments_leave_nothing(daemon, shelf, start, leak_check):
    source = make_directory(shelf, 'source')
    domain, _ = start()
    before = len(mounts_of(domain).splitlines()), leaks.descriptors(daemon)
    for _ in range(20):
        domain.attachDevice(directory_element(source, '/data'))
        domain.detachDevice(directory_element(source, '/data'))
    assert len(mounts_of(domain).splitlines()) == before[0]
    wait_for(lambda: leaks.descriptors(daemon) <= before[1] + 2, 'no descriptor is left in the daemon')


# PID: enters user and mount namespace as the root there; mount(2) with MS_BIND|MS_REMOUNT
REMOUNT = '''
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
for kind in ('user', 'mnt'):
    assert libc.setns(os.open('/proc/%s/ns/%s' % (sys.argv[1], kind), 0), 0) == 0
os.setresuid(0, 0, 0)
for path in (b'/data', b'/data/below', b'/file', b'/'):
    print(libc.mount(b'none', path, None, 0x1020, None), ctypes.get_errno())
for path in ('/data/x', '/data/below/x', '/x'):
    try:
        open(path, 'w')
        print('written')
    except OSError as error:
        print(error.strerror)
'''


def test_what_is_read_only_stays_so_whatever_an_unprivileged_guest_does(daemon, shelf, mounted, make_root, start):
    source = make_directory(shelf, 'source')
    os.mkdir(source + '/below')
    mounted('-t', 'tmpfs', '-o', 'mode=777', 'below', source + '/below')
    os.chmod(source, 0o777)
    put(shelf, 'file', 'text\n')
    root = make_root(FIRST)
    put(root, 'file', '')
    os.mkdir(root + '/data')
    domain, guest = start(init='/bin/sleep', arguments=['1000'], idmap=FIRST, root=root, readonly=True, devices=''.join(
        [directory_element(source, '/data', '<readonly/>'), directory_element(shelf + '/file', '/file', '<readonly/>')]))
    done = subprocess.run(['/usr/bin/python3', '-c', REMOUNT,
                           str(process.init_of(domain))], capture_output=True, text=True, check=False)
    assert done.stderr == ''
    assert done.stdout.split('\n')[:4] == ['-1 1'] * 4
    assert done.stdout.split('\n')[4:7] == ['Read-only file system'] * 3


# Volumes

@pytest.fixture
def pool(daemon, shelf):
    """An active pool of a directory."""
    directory = os.path.join(shelf, 'pool')
    os.mkdir(directory)
    storage = libvirt.open(daemon.uri.replace('lxc:///', 'storage:///'))
    made = storage.storagePoolCreateXML("<pool type='dir'><name>shelf</name><target><path>%s</path></target></pool>"
                                        % directory)
    yield made
    if made.isActive():
        made.destroy()
    storage.close()


VOLUME = "<filesystem type='volume'><source pool='shelf' volume='%s'/><target dir='%s'/></filesystem>"


def test_volumes_are_what_their_pool_says(pool, make_image, look):
    make_image('pool/image.raw')
    make_directory(os.path.dirname(make_image('pool/other.raw')), 'tree')
    pool.refresh()
    seen = look('cat /tree/letter; grep " /image " /proc/mounts',
                devices=VOLUME % ('tree', '/tree') + VOLUME % ('image.raw', '/image'))
    assert seen.startswith('tree\n') and re.search(r'^/dev/loop\d+ /image ext4', seen, re.MULTILINE)


def test_a_volume_or_pool_that_is_missing_is_named(pool, define):
    domain, _ = define(devices=VOLUME % ('nothing', '/data'))
    refused(domain, "volume 'nothing' of pool 'shelf' for the target '/data'")
    domain, _ = define(devices=(VOLUME % ('x', '/data')).replace('shelf', 'nowhere'))
    refused(domain, "of pool 'nowhere'")
