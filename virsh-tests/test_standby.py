# SPDX-License-Identifier: LGPL-2.1-or-later
"""The controller that stands by: it becomes that of the next guest, which is as any other."""
import difflib
import os
import re
import shutil
import signal
import threading
import time

import libvirt
import pytest

from harness import leaks, process
from harness.daemon import wait_for
from harness.guest import read_file
from harness.limits import hierarchy
from harness.standby import fork_servers, is_at_rest, ready, waiting

pytestmark = pytest.mark.ours


@pytest.fixture
def configured(own_daemon):
    """Restarts a daemon of its own with these lines in lxc.conf; answers a connection."""
    def make(text=''):
        own_daemon.end(15)
        with open(own_daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
            file.write(text)
        own_daemon.start()
        return own_daemon.connect()
    return make


def groups(daemon):
    top = daemon.path('/sys/fs/cgroup')
    return sorted(os.path.join(folder, name) for folder, names, _ in os.walk(top) for name in names
                  if re.match(r'lxc-\d+\.libvirt-lxc$', name))


def one(daemon):
    pids = ready(daemon)
    assert len(pids) == 1
    return pids[0]


def run(connection, make_guest, **options):
    guest = make_guest(**options)
    domain = connection.defineXML(guest.xml())
    domain.create()
    return domain, guest


@pytest.fixture
def supplied(configured, make_guest, own_daemon):
    """A connection to a daemon with a controller that stands by, and the pid of that."""
    connection = configured()
    assert not waiting(own_daemon), 'none before the first guest'
    run(connection, make_guest)[0].destroy()
    return connection, one(own_daemon)


def test_the_next_guest_gets_it_and_another_one_stands_by(own_daemon, supplied, make_guest):
    connection, pid = supplied
    domain, guest = run(connection, make_guest)
    assert domain.ID() == pid

    def is_in_its_group():
        with open('/proc/%d/cgroup' % pid) as file:
            return '/machine/lxc-%d-%s.libvirt-lxc/supervisor' % (pid, guest.name) in file.read()
    wait_for(is_in_its_group, 'it is in its group')  # on version 2 it need not be before create() returns
    with open('/proc/%d/cmdline' % pid, 'rb') as file:
        assert file.read().decode().split('\0')[1:3] == ['--name', guest.name]
    assert one(own_daemon) != pid
    domain.destroy()


def test_it_costs_no_processor_time(own_daemon, supplied):
    _, pid = supplied
    wait_for(lambda: is_at_rest(pid), 'it sleeps')  # it is ready a moment before
    before = process.field(pid, 'voluntary_ctxt_switches')
    time.sleep(1)  # long enough for what would come round every second
    assert process.field(pid, 'voluntary_ctxt_switches') == before
    assert process.field(pid, 'State')[0] == 'S'


FACTS = ['/proc/1/status', '/proc/1/mountinfo', '/proc/1/cgroup', '/proc/1/limits', '/proc/1/attr/current',
         '/proc/net/dev', '/proc/1/uid_map', '/proc/1/oom_score_adj', '/proc/sys/net/ipv4/ip_forward']
# by itself: a shell that has just made a process may have signals blocked
REPORT = 'for f in %s; do echo "== $f"; while IFS= read -r l || [ -n "$l" ]; do echo "$l"; done < $f; done > /report 2>&1; ' \
         'ls /dev >> /report; touch /reported; exec sleep 1000' % ' '.join(FACTS)


def report(domain, guest):
    wait_for(lambda: os.path.exists(os.path.join(guest.root, 'reported')), 'it has reported')
    # a path on the host, or on its file system for temporary files
    text = read_file(guest.root, 'report').replace(guest.name, 'NAME').replace(os.path.basename(guest.root), 'ROOT')
    # numbers that the kernel counts up: of mounts, devices without a disk, peer groups, of what happened; it
    # lists mounts in the order of theirs, with what was made ahead first
    text = re.sub(r'(?m)^\d+ \d+ \d+:\d+ ', 'N ', text)
    text = re.sub(r'master:\d+', 'master:N', text)
    text = re.sub(r'(?m)^(State|Vm\w+|Rss\w+|HugetlbPages|(non)?voluntary_ctxt_switches|Cpus_allowed\w*|SigQ):.*$', r'\1', text)
    return '\n'.join(sorted(text.splitlines()))


def limits(domain):
    """What its groups hold on the host, and who may use devices."""
    with open('/proc/%d/cgroup' % process.init_of(domain)) as file:
        return re.sub(r'lxc-\d+-[^/]*', 'lxc-PID-NAME', file.read())


@pytest.mark.parametrize('options', [
    {}, {'features': ''}, {'idmap': 100000}, {'devices': '<hostdev mode="capabilities" type="misc"><source>'
                                                         '<char>/dev/zero</char></source></hostdev>'}],
    ids=['own network', 'network of the host', 'user namespace', 'device'])
def test_a_guest_cannot_tell_it_from_one_that_was_started_for_it(own_daemon, configured, make_guest, make_root, options):
    owner = options.get('idmap', 0)
    told = []
    for conf in ('standby_controllers = 0\n', 'standby_controllers = 1\n'):
        connection = configured(conf)
        if conf.endswith('1\n'):
            run(connection, make_guest)[0].destroy()
            pid = one(own_daemon)
        domain, guest = run(connection, make_guest, root=make_root(owner=owner), init='/bin/sh',
                            arguments=['-c', REPORT], **options)
        assert conf.endswith('0\n') or domain.ID() == pid
        told.append((report(domain, guest), limits(domain)))
        domain.destroy()
    for cold, warm in zip(*told):
        assert not list(difflib.unified_diff(cold.splitlines(), warm.splitlines(), lineterm='', n=0))


def test_limits_are_those_of_the_guest(own_daemon, supplied, make_guest):
    connection, pid = supplied
    domain, _ = run(connection, make_guest, memory=48)
    assert domain.ID() == pid
    assert domain.memoryParameters()['hard_limit'] == 48 * 1024
    domain.destroy()


def test_one_that_was_killed_is_not_missed(own_daemon, supplied, make_guest):
    connection, pid = supplied
    os.kill(pid, signal.SIGKILL)
    process.wait_gone(pid)
    domain, _ = run(connection, make_guest)
    assert domain.ID() != pid
    domain.destroy()


def replace_program(daemon):
    """As an upgrade does."""
    program = daemon.path('/usr/lib/libvirt/libvirt_lxc')
    shutil.copy2(program, program + '.new')
    os.rename(program + '.new', program)


def test_it_is_not_used_when_its_program_was_replaced(own_daemon, supplied, make_guest):
    connection, pid = supplied
    replace_program(own_daemon)
    domain, _ = run(connection, make_guest)
    assert domain.ID() != pid
    process.wait_gone(pid)
    domain.destroy()


@pytest.fixture
def yard(own_daemon):
    """A partition."""
    top = own_daemon.path('/sys/fs/cgroup')
    # hierarchies of version 1, each with a directory of its own
    places = [folder for folder in os.listdir(top) if os.path.exists(os.path.join(top, folder, 'cgroup.procs'))]
    for folder in places if hierarchy('freezer')[0] == 1 else ['']:
        os.mkdir(os.path.join(top, folder, 'yard.partition'))
    cpuset = os.path.join(top, 'cpuset')
    for name in ('cpuset.cpus', 'cpuset.mems') if os.path.isdir(cpuset) else ():
        with open(os.path.join(cpuset, name)) as source:
            with open(os.path.join(cpuset, 'yard.partition', name), 'w') as target:
                target.write(source.read())
    yield '/yard'
    own_daemon.end(15)
    for folder, folders, _ in os.walk(top, topdown=False):
        if '/yard.partition' in folder:
            os.rmdir(folder)


def test_it_is_not_used_for_another_partition(own_daemon, supplied, make_guest, yard):
    connection, pid = supplied
    domain, _ = run(connection, make_guest, top='<resource><partition>/yard</partition></resource>')
    assert domain.ID() != pid
    domain.destroy()


def test_a_start_of_it_that_fails_leaves_nothing(own_daemon, supplied, make_guest):
    connection, pid = supplied
    before = leaks.Leaks(own_daemon)
    guest = make_guest(init='/sbin/nothing')
    domain = connection.defineXML(guest.xml())
    with pytest.raises(libvirt.libvirtError, match="cannot execute '/sbin/nothing'"):
        domain.create()
    process.wait_gone(pid)
    before.check()
    assert not [group for group in groups(own_daemon) if 'lxc-%d.' % pid in group]


def test_one_that_is_killed_before_it_begins_leaves_nothing(own_daemon, supplied, make_guest):
    """The start has taken it, and its groups have no name of the domain yet."""
    connection, pid = supplied
    before = leaks.Leaks(own_daemon)
    domain = connection.defineXML(make_guest().xml())
    os.kill(pid, signal.SIGSTOP)
    failed = []

    def create():
        try:
            domain.create()
        except libvirt.libvirtError as error:
            failed.append(str(error))
    thread = threading.Thread(target=create)
    thread.start()
    wait_for(domain.isActive, 'it was taken')
    os.kill(pid, signal.SIGKILL)
    thread.join()
    assert len(failed) == 1 and 'its controller has ended' in failed[0]
    before.check()
    assert not [group for group in groups(own_daemon) if 'lxc-%d.' % pid in group]


def test_it_ends_with_the_daemon(own_daemon, supplied):
    _, pid = supplied
    own_daemon.end(15)
    assert not process.alive(pid) and not groups(own_daemon)


def test_it_ends_when_the_daemon_is_killed(own_daemon, supplied):
    _, pid = supplied
    own_daemon.kill()
    process.wait_gone(pid)
    wait_for(lambda: not groups(own_daemon), 'its groups are gone')


def test_what_a_killed_one_leaves_the_next_daemon_removes(own_daemon, supplied):
    _, pid = supplied
    os.kill(pid, signal.SIGKILL)
    process.wait_gone(pid)
    assert groups(own_daemon) or hierarchy('freezer')[0] == 2
    own_daemon.restart()
    assert not groups(own_daemon)


def test_there_are_as_many_as_configured(own_daemon, configured, make_guest):
    connection = configured('standby_controllers = 3\n')
    run(connection, make_guest)[0].destroy()
    wait_for(lambda: len(waiting(own_daemon)) == 3, lambda: '3 stand by, are %r' % waiting(own_daemon))
    connection = configured('standby_controllers = 0\n')
    run(connection, make_guest)[0].destroy()
    assert not waiting(own_daemon) and not fork_servers(own_daemon)


@pytest.fixture
def server(own_daemon, configured, make_guest):
    """A connection to a daemon whose fork server makes all controllers, and the server's pid."""
    connection = configured()
    assert not fork_servers(own_daemon), 'none before the first guest'
    run(connection, make_guest)[0].destroy()
    stand_aside(own_daemon)
    pid, = fork_servers(own_daemon)
    return connection, pid


def stand_aside(daemon):
    """What stands by takes no guest."""
    for pid in ready(daemon):
        os.kill(pid, signal.SIGKILL)
        process.wait_gone(pid)


def test_one_more_is_a_copy_of_the_fork_server(own_daemon, server, make_guest):
    connection, pid = server
    domain, guest = run(connection, make_guest)
    assert process.field(domain.ID(), 'PPid') == [str(own_daemon.pid)]
    with open('/proc/%d/cmdline' % domain.ID(), 'rb') as file:
        assert file.read().decode().split('\0')[1:3] == ['--name', guest.name]
    assert os.readlink('/proc/%d/fd/2' % domain.ID()).endswith('/%s.log' % guest.name)
    assert fork_servers(own_daemon) == [pid]
    domain.destroy()
    assert not [child for child in process.children(own_daemon.pid) if process.field(child, 'State')[0] == 'Z']


def test_a_start_does_without_a_fork_server_that_was_killed(own_daemon, server, make_guest):
    connection, pid = server
    os.kill(pid, signal.SIGKILL)
    process.wait_gone(pid)
    domain, _ = run(connection, make_guest)
    wait_for(lambda: fork_servers(own_daemon), 'there is another one')
    domain.destroy()


def test_a_start_does_without_a_fork_server_that_hangs(own_daemon, server, make_guest):
    connection, pid = server
    before = leaks.Leaks(own_daemon)
    os.kill(pid, signal.SIGSTOP)
    domain, _ = run(connection, make_guest)
    process.wait_gone(pid)
    domain.destroy()
    before.check()


def test_the_fork_server_is_another_when_its_program_was_replaced(own_daemon, server, make_guest):
    connection, pid = server
    replace_program(own_daemon)
    domain, _ = run(connection, make_guest)
    process.wait_gone(pid)
    wait_for(lambda: fork_servers(own_daemon), 'there is another one')
    domain.destroy()


def test_the_fork_server_ends_with_the_daemon(own_daemon, server):
    _, pid = server
    own_daemon.end(15)
    assert not process.alive(pid)


def test_the_fork_server_ends_when_the_daemon_is_killed(own_daemon, server):
    _, pid = server
    own_daemon.kill()
    process.wait_gone(pid)


def test_a_start_by_the_fork_server_that_fails_leaves_nothing(own_daemon, server, make_guest):
    connection, pid = server
    before = leaks.Leaks(own_daemon)
    domain = connection.defineXML(make_guest(init='/sbin/nothing').xml())
    with pytest.raises(libvirt.libvirtError, match="cannot execute '/sbin/nothing'"):
        domain.create()
    before.check()
    assert fork_servers(own_daemon) == [pid]


def test_a_partition_that_another_start_is_making_is_made_usable(own_daemon, configured, make_guest):
    """A new group of cpuset takes no process before it has processors."""
    own_daemon.end(15)
    place = own_daemon.path('/sys/fs/cgroup/cpuset')
    if not os.path.isdir(place):
        pytest.skip('this host has no cpuset of version 1')
    if os.path.isdir(place + '/machine'):
        os.rmdir(place + '/machine')
    # what the machine may have set for all groups below
    with open(place + '/cgroup.clone_children', 'w') as file:
        file.write('0')
    os.mkdir(place + '/machine')
    with open(place + '/machine/cpuset.cpus') as file:
        assert not file.read().strip()
    domain, _ = run(configured(), make_guest)
    domain.destroy()


def test_a_hierarchy_that_can_only_be_read_is_left_alone(own_daemon, configured, make_guest):
    """By what stands by and by the guest: neither fails for it, start by start."""
    if not os.path.isdir(own_daemon.path('/sys/fs/cgroup/pids')):
        pytest.skip('this host has no pids of version 1')
    own_daemon.run('mount', '-o', 'remount,ro,bind', '/sys/fs/cgroup/pids')
    connection = configured()
    run(connection, make_guest)[0].destroy()
    pid = one(own_daemon)
    domain, _ = run(connection, make_guest)
    assert domain.ID() == pid
    with open('/proc/%d/cgroup' % process.init_of(domain)) as file:
        assert len([line for line in file if domain.name() not in line and ':pids:' in line]) == 1
    assert 'Read-only' not in own_daemon.complaints()
    domain.destroy()
