# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices of running guests when something fails on the way: all is as it was before, and nothing is left."""
import array
import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import threading

import libvirt
import pytest

from harness import leaks, process
from harness.daemon import wait_for
from harness.guest import put

pytestmark = pytest.mark.ours

LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG
BOTH = LIVE | CONFIG
STATUS, CONFIGURATION = '/run/libvirt/lxc', '/etc/libvirt/lxc'
LOOP = 7


@pytest.fixture
def things(workshop):
    """A device, an image and a directory that a guest can be given."""
    with tempfile.TemporaryDirectory(prefix='things-', dir=workshop) as directory:
        os.chmod(directory, 0o755)
        os.mknod(directory + '/sonar', 0o640 | stat.S_IFCHR, os.makedev(10, 183))  # one that is not everybody's
        put(directory, 'image.raw', 'heron\n'.ljust(1 << 20, '.'))
        os.mkdir(directory + '/source')
        put(directory, 'source/letter', 'dear guest\n')
        yield directory


def elements(things):
    return {
        'device': "<hostdev mode='capabilities' type='misc'><source><char>%s/sonar</char></source></hostdev>" % things,
        'disk': "<disk type='file'><source file='%s/image.raw'/><target dev='vda'/></disk>" % things,
        'filesystem': "<filesystem type='mount'><source dir='%s/source'/><target dir='/data'/></filesystem>" % things,
    }


KINDS = pytest.mark.parametrize('kind', ['device', 'disk', 'filesystem'])


@contextlib.contextmanager
def unwritable(daemon, directory):
    """Whatever would be saved there cannot be."""
    daemon.run('mount', '--bind', directory, directory)
    done = daemon.run('mount', '-o', 'remount,bind,ro', directory)
    assert done.returncode == 0, done.stderr
    try:
        yield
    finally:
        daemon.run('umount', '-l', directory)


def rules(init):
    """What the guest's group may use, as version 1 lists it; on version 2 there is no list."""
    with open('/proc/%d/cgroup' % init) as file:
        for line in file:
            _, controllers, path = line.rstrip('\n').split(':', 2)
            if controllers == 'devices':
                with open('/sys/fs/cgroup/devices%s/devices.list' % path) as listing:
                    return sorted(listing.read().splitlines())
    return []


def state(domain):
    """Everything that a change changes."""
    init = process.init_of(domain)
    root = '/proc/%d/root' % init
    # nor that of a loop device, which the kernel may still be freeing when another one is asked for
    nodes = {name: os.lstat(root + '/dev/' + name).st_rdev for name in os.listdir(root + '/dev')}
    nodes = {name: 'loop' if os.major(number) == LOOP else number for name, number in nodes.items()}
    with open('/proc/%d/mountinfo' % init) as file:
        # without the numbers of the mounts, which differ when one went and came back
        mounts = sorted(' '.join(line.split()[3:6]) for line in file)
    held = sorted(name for name in map(lambda fd: os.readlink('/proc/%d/fd/%s' % (domain.ID(), fd)),
                                       os.listdir('/proc/%d/fd' % domain.ID())) if name.startswith('/dev/loop'))
    return {'live': domain.XMLDesc(0), 'configuration': domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE), 'nodes': nodes,
            'mounts': mounts, 'rules': rules(init), 'held': len(held), 'loops': len(leaks.loop_devices())}


def unchanged(domain, before):
    """A loop device is freed by the kernel when it likes."""
    wait_for(lambda: len(leaks.loop_devices()) == before['loops'], 'the loop device is free')
    assert state(domain) == before


def fails(call, *arguments):
    with pytest.raises(libvirt.libvirtError) as error:
        call(*arguments)
    return error.value.get_error_message()


def works(domain, element, target):
    """A change that failed stands in the way of none after it."""
    domain.attachDeviceFlags(element, LIVE)
    assert target in domain.XMLDesc(0)
    domain.detachDeviceFlags(element, LIVE)


@KINDS
@pytest.mark.parametrize('where', [STATUS, CONFIGURATION], ids=['status', 'configuration'])
def test_what_cannot_be_saved_is_taken_back(daemon, start, things, recorded, kind, where):
    element = elements(things)[kind]
    domain, guest = start()
    before = state(domain)
    with unwritable(daemon, where):
        assert 'Read-only file system' in fails(domain.attachDeviceFlags, element, BOTH)
    unchanged(domain, before)
    domain.attachDeviceFlags(element, BOTH)
    before = state(domain)
    with unwritable(daemon, where):
        assert 'Read-only file system' in fails(domain.detachDeviceFlags, element, BOTH)
    unchanged(domain, before)
    domain.detachDeviceFlags(element, BOTH)
    # nobody was told of what did not come about
    alias = {'device': 'hostdev0', 'disk': 'disk0', 'filesystem': 'fs1'}[kind]
    recorded.wait(guest.name, 'device-removed ' + alias)
    assert [what for what in recorded.of(guest.name) if what.startswith('device-')] == [
        'device-added ' + alias, 'device-removed ' + alias]


@pytest.mark.parametrize('idmap', [None, 300000], ids=['privileged', 'unprivileged'])
@pytest.mark.parametrize('where', [STATUS, CONFIGURATION], ids=['status', 'configuration'])
def test_an_update_that_cannot_be_saved_is_taken_back(daemon, start, things, where, idmap):
    element = elements(things)['filesystem']
    if idmap:
        element = element.replace("type='mount'", "type='mount' accessmode='mapped'")
    domain, guest = start(devices=element, idmap=idmap)
    before = state(domain)
    readonly = element.replace('</filesystem>', '<readonly/></filesystem>')
    with unwritable(daemon, where):
        assert 'Read-only file system' in fails(domain.updateDeviceFlags, readonly, BOTH)
    unchanged(domain, before)
    ran = daemon.run('/usr/lib/libvirt/libvirt_lxc_exec', guest.name, '--', '/bin/touch', '/data/new')
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize('kind', ['device', 'disk'])
def test_rules_that_cannot_be_changed_leave_all_as_it_was(daemon, start, things, kind):
    element = elements(things)[kind]
    domain, _ = start()
    if not rules(process.init_of(domain)):
        pytest.skip('the rules of version 2 are no files')
    before = state(domain)
    with unwritable(daemon, '/sys/fs/cgroup/devices'):
        assert 'Read-only file system' in fails(domain.attachDeviceFlags, element, BOTH)
    unchanged(domain, before)
    domain.attachDeviceFlags(element, BOTH)
    before = state(domain)
    with unwritable(daemon, '/sys/fs/cgroup/devices'):
        assert 'Read-only file system' in fails(domain.detachDeviceFlags, element, BOTH)
    unchanged(domain, before)
    domain.detachDeviceFlags(element, BOTH)


def ask_keeper(daemon, name, method, alias, fd=None):
    """What the driver would ask the guest's keeper."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as keeper:
        keeper.settimeout(10)
        keeper.connect(daemon.path('/run/libvirt/lxc/%s.sock' % name))
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [fd]))] if fd is not None else []
        keeper.sendmsg([json.dumps({'method': method, 'parameters': {'version': 1, 'alias': alias}}).encode()], ancillary)
        while True:
            reply = json.loads(keeper.recv(65536))
            if 'event' not in reply:
                return reply


def test_an_image_that_the_controller_does_not_hold_is_not_attached(daemon, start, things):
    """Held for somebody else already: the device would be gone at once."""
    element = elements(things)['disk']
    domain, guest = start()
    with open('/dev/null', 'rb') as file:
        assert 'error' not in ask_keeper(daemon, guest.name, 'Hold', 'disk0', file.fileno())
    before = state(domain)
    assert "nothing can be held for 'disk0'" in fails(domain.attachDeviceFlags, element, BOTH)
    unchanged(domain, before)
    assert 'error' not in ask_keeper(daemon, guest.name, 'Release', 'disk0')
    works(domain, element, "<target dev='vda'")


@pytest.mark.parametrize('kind', ['device', 'disk'])
def test_a_node_that_cannot_be_made_leaves_all_as_it_was(daemon, start, things, kind):
    element = elements(things)[kind]
    name = {'device': 'sonar', 'disk': 'vda'}[kind]
    domain, _ = start()
    in_the_way = '/proc/%d/root/dev/%s' % (process.init_of(domain), name)
    put(os.path.dirname(in_the_way), name, 'mine')
    before = state(domain)
    assert "the container has '/dev/%s' already" % name in fails(domain.attachDeviceFlags, element, BOTH)
    unchanged(domain, before)
    os.unlink(in_the_way)
    works(domain, element, 'hostdev' if kind == 'device' else "<target dev='vda'")


TRAP = """
import ctypes, os, sys
connection = os.open('/dev/fuse', os.O_RDWR)
options = b'fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other' % connection
assert ctypes.CDLL(None).mount(b'trap', sys.argv[1].encode(), b'fuse', 0, options) == 0
print('set', flush=True)
sys.stdin.read()
"""


@pytest.fixture
def trap(daemon):
    """A directory of a file system that never answers: who looks into it waits, until it is killed."""
    made = []

    def make(place):
        os.makedirs(place)
        keeper = subprocess.Popen(daemon.enter('/usr/bin/python3', '-c', TRAP, place), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        made.append((keeper, place))
        assert keeper.stdout.readline() == 'set\n'
    yield make
    for keeper, place in made:
        keeper.communicate()
        daemon.run('umount', '-l', place)


def worker_of(daemon):
    """The worker, when it waits for the file system."""
    for pid in process.descendants(daemon.pid):
        try:
            with open('/proc/%d/cmdline' % pid, 'rb') as file, open('/proc/%d/wchan' % pid) as waits:
                if b'libvirt_lxc_worker' in file.read() and 'fuse' in waits.read():
                    return pid
        except OSError:
            pass
    return None


@pytest.mark.parametrize('killed', [True, pytest.param(False, marks=[pytest.mark.slow, pytest.mark.unsanitized])],
                         ids=['killed', 'late'])
def test_a_worker_that_is_killed_or_late_leaves_all_as_it_was(daemon, start, make_root, things, trap, killed):
    root = make_root()
    trap(root + '/srv/trap')
    domain, _ = start(root=root)
    before = state(domain)
    image = things + '/fs.img'
    subprocess.run(['truncate', '-s', '4M', image], check=True)
    subprocess.run(['mkfs.ext4', '-q', '-O', '^has_journal', image], check=True)
    element = "<filesystem type='file'><source file='%s'/><target dir='/srv/trap/data'/></filesystem>" % image
    messages = []
    attacher = threading.Thread(target=lambda: messages.append(fails(domain.attachDeviceFlags, element, BOTH)))
    attacher.start()
    worker = wait_for(lambda: worker_of(daemon), 'the worker waits')
    if killed:
        os.kill(worker, signal.SIGKILL)
    # others see the domain meanwhile
    assert domain.info()[0] == libvirt.VIR_DOMAIN_RUNNING
    attacher.join()
    assert re.search('ended without a word' if killed else 'worker AttachFilesystem: .*(timed out|time)', messages[0]), messages
    process.wait_gone(worker)
    unchanged(domain, before)
    works(domain, elements(things)['filesystem'], "<target dir='/data'")
