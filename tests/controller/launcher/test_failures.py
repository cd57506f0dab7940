# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every step can fail: the error says which and why, and nothing is left."""
import os
import random
import time

import pytest

import launcher
from conftest import IDMAP

LONG = 'x' * 65


@pytest.mark.parametrize('changes, message', [
    ({'root': '/absent/root'},
     "mounts: cannot use '/absent/root' as root: No such file or directory"),
    ({'root': '/etc/passwd'}, "mounts: cannot use '/etc/passwd' as root: Not a directory"),
    ({'mounts': [{'destination': '/srv', 'type': 'bind', 'source': '/absent', 'options': ['rbind']}]},
     "mounts: cannot bind '/absent' to '/srv': No such file or directory"),
    ({'caisson': {'stateDirectory': '/absent'}},
     "state: cannot open the state directory '/absent': No such file or directory"),
    ({'devices': [{'path': '/etc/x', 'type': 'c', 'major': 1, 'minor': 3, 'fileMode': 0o600}]},
     "devices: device node '/etc/x' is not below /dev"),
    ({'devices': [{'path': '/dev/x', 'type': 'c', 'major': 1 << 32 | 1, 'minor': 3, 'fileMode': 0o600}]},
     "devices: device node '/dev/x' has the numbers 4294967297:3, which no device has"),
    ({'resources': {'devices': [{'allow': True, 'type': 'c', 'major': 1 << 32 | 1, 'minor': 3}]}},
     'cgroup: the device rule for 4294967297:3 is for no device there can be'),
    ({'idmap': [{'containerID': 0, 'hostID': (1 << 32) - 5, 'size': 10}]},
     'idmap: the id map from 0 to 4294967291 leaves the range of ids'),
    ({'consoles': 0}, 'consoles: a container needs at least one console'),
    ({'caisson': {'partition': '/nosuch'}},
     "cgroup: control group '/nosuch.partition' cannot be opened in '/sys/fs/cgroup/"),
    ({'resources': {'cpu': {'cpus': '4000'}}}, "cgroup: cannot write '4000' to '/machine/lxc-"),
    ({'linux': {'namespaces': [{'type': 'pid'}]}},
     'namespaces: a container needs mount and pid namespaces of its own'),
    ({'linux': {'namespaces': [{'type': 'mount'}, {'type': 'pid'}, {'type': 'network', 'path': '/absent'}]}},
     "namespaces: cannot join the network namespace '/absent': No such file or directory"),
    ({'idmap': [{'containerID': 1, 'hostID': 1, 'size': 10}]},
     "idmap: the container's root has no id on the host: map user and group 0"),
    ({'idmap': [{'containerID': 0, 'hostID': 100, 'size': 10}, {'containerID': 5, 'hostID': 200, 'size': 10}]},
     'idmap: cannot set the uid_map of the user namespace: Invalid argument'),
    ({'mounts': [{'destination': '/mnt', 'type': 'tmpfs', 'options': ['size=many']}]},
     "mounts: cannot mount tmpfs on '/mnt': cannot use the mount option 'size=many': "
     "tmpfs: Bad value for 'size' (Invalid argument)"),
    ({'mounts': [{'destination': '/mnt', 'type': 'nosuchfs', 'options': []}]},
     "mounts: cannot mount nosuchfs on '/mnt': this kernel has no file system of type 'nosuchfs'"),
    ({'mounts': [{'destination': '/etc/passwd/x', 'type': 'tmpfs', 'options': []}]},
     "mounts: cannot mount tmpfs on '/etc/passwd/x': cannot make the mount point '/etc/passwd/x' of the "
     'container: Not a directory'),
    ({'hostname': LONG}, "hostname: cannot set the host name '%s': Invalid argument" % LONG),
    ({'caisson': {'user': 'nobody-here'}},
     "user: the container's /etc/passwd has no user 'nobody-here': add it, or give a number"),
    ({'caisson': {'group': 'nobody-here'}},
     "user: the container's /etc/group has no group 'nobody-here': add it, or give a number"),
    ({'capabilities': ['CAP_FLY']}, "privileges: unknown capability 'CAP_FLY'"),
    ({'cwd': '/absent'}, "init: cannot open '/absent' of the container: No such file or directory"),
    ({'args': ['/sbin/init']}, "init: cannot execute '/sbin/init': No such file or directory"),
    ({'args': ['/etc/passwd']}, "init: cannot execute '/etc/passwd': Permission denied"),
    ({'linux': {'personality': {'domain': 'PDP11'}}}, "init: unknown personality 'PDP11'"),
])
def test_an_error_names_step_object_and_reason(guests, changes, message):
    assert guests.fail(**changes).message.startswith(message)


def test_a_missing_init_is_a_system_error(guests):
    assert guests.fail(args=['/sbin/init']).code == 'system'


def test_a_root_that_the_guests_root_does_not_own_needs_its_mount_points(guests, place):
    os.rmdir(place / 'root/proc')
    message = guests.fail(idmap=IDMAP).message
    assert message == ("mounts: cannot mount proc on '/proc': cannot make the mount point '/proc' of the container: "
                       'Permission denied')


@pytest.mark.parametrize('name', ['proc', 'sys', 'dev'])
def test_a_symbolic_link_for_a_kernel_directory_is_refused(guests, place, name):
    os.rmdir(place / 'root' / name)
    os.symlink('tmp', place / 'root' / name)
    assert ("'/%s' of the container goes through a symbolic link: make it a directory in its root" % name
            in guests.fail().message)


def test_links_lead_nowhere_outside_of_the_root(guests, place):
    outside = place / 'outside'
    outside.mkdir()
    for name, target in (('abs', str(outside)), ('up', '../../../../../../' + str(outside)),
                         ('magic', '/proc/1/root' + str(outside))):
        os.symlink(target, place / 'root' / name)
    for name in ('abs', 'up'):
        guests.run('true', mounts=[{'destination': '/%s/made' % name, 'type': 'tmpfs', 'options': []}]) \
            if os.path.isdir(str(place / 'root') + str(outside)) else \
            guests.fail(mounts=[{'destination': '/%s/made' % name, 'type': 'tmpfs', 'options': []}])
    guests.fail(mounts=[{'destination': '/magic/made', 'type': 'tmpfs', 'options': []}])
    assert os.listdir(outside) == []


def test_a_link_as_mount_point_is_followed_inside(guests, place):
    os.makedirs(place / 'root/var')
    os.symlink('/run', place / 'root/var/run')
    text = guests.run('mount | grep " on /run "', mounts=[{'destination': '/var/run', 'type': 'tmpfs', 'options': []}])
    assert 'tmpfs on /run' in text


def test_a_fifo_for_passwd_does_not_hang(guests, place):
    os.unlink(place / 'root/etc/passwd')
    os.mkfifo(place / 'root/etc/passwd')
    assert guests.fail(caisson={'user': 'alice'}).message.startswith(
        "user: '/etc/passwd' of the container is not a file")
    assert guests.run('echo fine').strip() == 'fine'


def test_the_guest_gets_no_writable_program_of_the_hosts(guests):
    guest = guests.new()
    guest.prepare(guests.define())
    for pid in (guest.pid, guest.prepared['init_pid']):
        assert os.statvfs('/proc/%d/exe' % pid).f_flag & os.ST_RDONLY


def test_init_may_be_the_programs_own_file_without_harm(guests):
    guest = guests.new()
    try:
        guest.start(guests.define(args=['/proc/self/exe', '--help']))
    except launcher.LaunchError as error:
        # a build that is linked dynamically (sanitizers) finds no libraries in the guest
        assert error.message == "init: cannot execute '/proc/self/exe': No such file or directory"
        return
    event = guest.receive()
    assert event['event'] == 'exited' and event['parameters']['exit_code'] == 0


def test_init_does_not_run_before_the_daemon_says_so(guests, place):
    guest = guests.new()
    guest.prepare(guests.define('touch /ran; sleep 100'))
    time.sleep(0.3)
    assert not (place / 'root/ran').exists()
    guest.proceed()
    deadline = time.monotonic() + 5
    while not (place / 'root/ran').exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (place / 'root/ran').exists()


def test_a_paused_start_runs_nothing_until_it_is_resumed(guests, place):
    guest = guests.new()
    guest.start(guests.define('touch /ran; sleep 100', caisson={'paused': True}))
    guest.send({'method': 'GetStatus', 'parameters': {}})
    assert guest.receive()['parameters']['state'] == 'paused'
    time.sleep(0.3)
    assert not (place / 'root/ran').exists()
    guest.send({'method': 'Thaw', 'parameters': {}})
    guest.receive()
    deadline = time.monotonic() + 5
    while not (place / 'root/ran').exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (place / 'root/ran').exists()


def test_the_end_of_the_daemon_undoes_a_prepared_start(guests, place):
    guest = guests.new()
    guest.prepare(guests.define())
    init = guest.prepared['init_pid']
    guest.socket.close()
    assert guest.process.wait(10) != 0
    assert launcher.group_directories(guest.group) == []
    assert os.listdir(place / 'state') == []
    assert not os.path.exists('/proc/%d' % init)


def is_keeper_in_the_end(guest):
    """False when the process has ended."""
    deadline = time.monotonic() + 10
    while guest.process.poll() is None:
        try:
            if os.readlink('/proc/%d/exe' % guest.pid).endswith('/libvirt_lxc_keeper'):
                return True
        except FileNotFoundError:
            pass
        assert time.monotonic() < deadline, 'it is neither the keeper nor gone'
        time.sleep(0.01)
    return False


def test_the_end_of_the_daemon_after_continue_leaves_a_whole_guest_or_none(guests, place):
    for number in range(20):
        guest = guests.new(name='g%d' % number)
        guest.prepare(guests.define(name='g%d' % number))
        guest.send({'method': 'Continue', 'parameters': {}})
        time.sleep(number * 0.0005)
        guest.socket.close()
        if is_keeper_in_the_end(guest):
            assert os.path.exists('/proc/%d' % guest.prepared['init_pid'])
        else:
            assert launcher.group_directories(guest.group) == []
            assert not os.path.exists('/proc/%d' % guest.prepared['init_pid'])


def test_the_end_of_the_daemon_before_launch_is_no_error(guests):
    guest = guests.new()
    guest.socket.close()
    assert guest.process.wait(10) == 0


def test_a_definition_that_can_still_change_is_refused(guests):
    guest = guests.new()
    guest.launch(guests.define(), seal=False)
    with pytest.raises(launcher.LaunchError, match='is not a sealed memfd'):
        guest.receive()


def test_a_definition_of_another_name_is_refused(guests):
    guest = guests.new(name='stork')
    guest.launch(guests.define())
    with pytest.raises(launcher.LaunchError, match="the definition is of 'heron', not of 'stork'"):
        guest.receive()


def test_another_protocol_version_is_refused(guests):
    guest = guests.new()
    guest.send({'method': 'Launch', 'parameters': {'version': 7}})
    with pytest.raises(launcher.LaunchError, match='the daemon speaks protocol 7, this controller 1'):
        guest.receive()


def processes_of(guest, timeout=5):
    """Pids in the guest's groups, when they have had time to go."""
    deadline = time.monotonic() + timeout
    while True:
        left = []
        for path in launcher.group_directories(guest.group):
            for folder, _, _ in os.walk(path):
                with open(folder + '/cgroup.procs') as file:
                    left += file.read().split()
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.005)


@pytest.mark.parametrize('proceed', [False, True])
def test_a_killed_launcher_leaves_no_process_at_any_moment(guests, proceed):
    """Groups and state files are the daemon's to clean; everything else goes by itself."""
    random.seed(5)
    for number in range(50):
        name = 'g%d' % number
        guest = guests.new(name=name)
        if proceed:
            guest.prepare(guests.define(name=name))
            guest.send({'method': 'Continue', 'parameters': {}})
        else:
            guest.launch(guests.define(name=name))
        time.sleep(random.uniform(0, 0.004 if proceed else 0.009))
        guest.process.kill()
        guest.process.wait()
        assert processes_of(guest) == []
        time.sleep(0.02)
        assert processes_of(guest) == []
        launcher.remove_groups(guest.group)


def test_a_hundred_starts_leave_nothing(guests, place):
    before = launcher.traces()
    for number in range(100):
        guest = guests.new()
        guest.start(guests.define('exit 0'))
        assert guest.process.wait(10) == 0
        guest.kill()
        guests.made.remove(guest)
        os.unlink(place / 'state/heron.exit')
    launcher.expect_traces(before)
    assert os.listdir(place / 'state') == []
