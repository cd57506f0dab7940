# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests as machines under the real systemd and machined, inside a machine of lab/."""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import libvirt
import pytest

import test_guide
from harness import build, events, process
from harness.daemon import PATIENCE, wait_for
from harness.guest import Guest, copy_root, put, read_file
from harness.system import systemctl

pytestmark = [pytest.mark.system, pytest.mark.ours]

BOUND = 20  # seconds; what docs promise for a start whose bus does not answer, and some


@pytest.fixture(autouse=True)
def machined():
    if shutil.which('machinectl') is None:
        pytest.skip('machinectl is not installed')


@pytest.fixture
def started(system_daemon, make_guest):
    """Defines and starts a guest; answers its domain."""
    def make(**options):
        domain = system_daemon.connect().createXML(make_guest(**options).xml(), 0)
        return domain
    return make


def run(*argv, check=True):
    return subprocess.run(argv, capture_output=True, text=True, check=check, timeout=60).stdout.strip()


def machine_of(domain):
    return 'lxc-%d-%s' % (domain.ID(), domain.name())


def show(machine):
    text = run('machinectl', 'show', machine)
    return dict(line.split('=', 1) for line in text.splitlines() if '=' in line)


def units():
    return run('systemctl', 'list-units', '--all', '--plain', '--no-legend', 'machine-lxc*')


def group_of(pid):
    with open('/proc/%d/cgroup' % pid) as file:
        groups = [line.rstrip('\n').split(':', 2)[1:] for line in file]
    return next(group for controllers, group in groups if controllers in ('', 'name=systemd'))


def test_the_daemon_says_that_machined_places_guests(system_daemon):
    assert 'placement of guests: machined' in system_daemon.log()


def test_a_guest_is_a_machine_in_a_scope(system_daemon, started):
    domain = started()
    init = process.init_of(domain)
    shown = show(machine_of(domain))
    assert shown['Service'] == 'libvirt-lxc' and shown['Class'] == 'container'
    assert shown['Leader'] == str(init)
    scope = shown['Unit']
    assert group_of(init) == '/machine.slice/%s/libvirt/guest' % scope
    wait_for(lambda: group_of(domain.ID()) == '/machine.slice/%s/supervisor' % scope,
             lambda: 'the keeper is in the supervisor: %s' % group_of(domain.ID()))
    assert run('systemctl', 'show', '-P', 'Delegate', scope) == 'yes'
    assert run('systemctl', 'show', '-P', 'Slice', scope) == 'machine.slice'
    assert scope.replace('\\x2d', '-') == 'machine-%s.scope' % machine_of(domain)
    domain.destroy()
    wait_for(lambda: not system_daemon.machines() and not units(),
             lambda: 'machine and scope are gone: %s %s' % (system_daemon.machines(), units()))


@pytest.mark.skipif(not os.path.exists('/sys/fs/cgroup/cgroup.controllers'), reason='the host has no cgroup v2')
def test_limits_survive_a_reload_of_systemd(system_daemon, started):
    domain = started(memory=96)
    limit = '/sys/fs/cgroup/machine.slice/%s/libvirt/memory.max' % show(machine_of(domain))['Unit']
    run('systemctl', 'daemon-reload')
    with open(limit) as file:
        assert int(file.read()) == 96 << 20
    run('systemctl', 'set-property', '--runtime', show(machine_of(domain))['Unit'], 'CPUWeight=200')
    with open(limit) as file:
        assert int(file.read()) == 96 << 20
    domain.destroy()


def test_machinectl_terminate_ends_the_domain_with_its_event(system_daemon, started):
    record = events.Events(system_daemon.connect())
    for _ in range(10):  # systemd missed the end of one in five
        domain = started()
        name = domain.name()
        run('machinectl', 'terminate', machine_of(domain))
        record.expect(name, 'started booted', 'stopped destroyed', seconds=30)
        wait_for(lambda: not units(), lambda: 'the scope is gone: %s' % units())
    record.close()


def test_a_guest_survives_restarts_of_machined_and_systemd(system_daemon, started):
    domain = started()
    init = process.init_of(domain)
    run('systemctl', 'restart', 'systemd-machined.service')
    run('systemctl', 'daemon-reexec')
    assert process.alive(init) and domain.isActive()
    assert show(machine_of(domain))['Leader'] == str(init)
    domain.destroy()
    wait_for(lambda: not units(), lambda: 'the scope is gone: %s' % units())


@pytest.mark.slow
def test_many_starts_leave_neither_machine_nor_scope(system_daemon, make_guest):
    described = make_guest()
    connection = system_daemon.connect()
    for _ in range(int(os.environ.get('CAISSON_TEST_CYCLES', '200'))):
        connection.createXML(described.xml(), 0).destroy()
    wait_for(lambda: not system_daemon.machines() and not units(),
             lambda: 'machines and scopes are gone: %s %s' % (system_daemon.machines(), units()), 60)


def test_some_starts_leave_neither_machine_nor_scope(system_daemon, started):
    for _ in range(5):
        started().destroy()
    wait_for(lambda: not system_daemon.machines() and not units(),
             lambda: 'machines and scopes are gone: %s %s' % (system_daemon.machines(), units()), 60)


def restart_daemon(daemon):
    """Without a bus libvirtd 9 ends itself, sooner or later, which is libvirt's to decide."""
    daemon.end(15)
    daemon.start()


def mend_machined():
    """systemd 262 lets go of a service whose name has vanished from the bus, and starts it only when that is over."""
    if int(run('systemctl', '--version').split()[1]) >= 262:
        run('systemctl', 'restart', 'systemd-machined.service')


def test_the_system_bus_may_be_restarted_under_a_guest(system_daemon, started):
    domain = started()
    name, init, machine = domain.name(), process.init_of(domain), machine_of(domain)
    run('systemctl', 'restart', 'dbus.service')
    mend_machined()
    restart_daemon(system_daemon)
    assert process.alive(init)
    domain = system_daemon.connect().lookupByName(name)
    assert domain.isActive()
    wait_for(lambda: machine in system_daemon.machines(), 'machined knows the guest again', 60)
    domain.destroy()
    wait_for(lambda: not units(), lambda: 'the scope is gone: %s' % units(), 60)


BUS = ('dbus.service', 'dbus.socket', 'systemd-machined.service')


def start_without_bus(daemon, described, delay):
    """Whether a start succeeds whose system bus is killed so many seconds after its begin, and how long it took."""
    connection = daemon.connect()
    bus = int(run('systemctl', 'show', '-P', 'MainPID', 'dbus.service'))
    kill = threading.Timer(delay, os.kill, (bus, signal.SIGKILL))
    began = time.monotonic()
    kill.start()
    try:
        connection.createXML(described.xml(), 0)
        started = True
    except libvirt.libvirtError:
        started = False
    took = time.monotonic() - began
    kill.join()
    wait_for(lambda: not process.alive(bus), 'the bus has ended')
    return started, took


def mend_bus(daemon):
    # systemd gives up on what is started often, and waits for somebody to ask the bus's socket
    run('systemctl', 'reset-failed', *BUS)
    run('systemctl', 'start', 'dbus.service')
    mend_machined()
    restart_daemon(daemon)


@pytest.mark.slow
def test_the_system_bus_may_be_killed_at_each_step_of_a_start(system_daemon, make_guest):
    """Nothing takes longer than docs/placement.rst says, and nothing is left, which the fixture looks for as well."""
    described = make_guest()
    began = time.monotonic()
    domain = system_daemon.connect().createXML(described.xml(), 0)
    usual = time.monotonic() - began
    domain.destroy()
    seen = []
    for step in range(24):
        seen.append(start_without_bus(system_daemon, described, usual * step / 8))
        mend_bus(system_daemon)
        for domain in system_daemon.connect().listAllDomains():
            domain.destroy()
        wait_for(lambda: not system_daemon.machines() and not units(),
                 lambda: 'machines and scopes are gone: %s %s' % (system_daemon.machines(), units()), 60)
    assert max(took for _, took in seen) < BOUND * PATIENCE, seen
    assert {started for started, _ in seen} == {True, False}, seen
    print(usual, seen)


def test_everything_is_restarted_one_after_the_other(system_daemon, started):
    domain = started()
    name, init = domain.name(), process.init_of(domain)
    system_daemon.terminate()
    run('systemctl', 'daemon-reexec')
    run('systemctl', 'restart', 'systemd-machined.service')
    system_daemon.start()
    domain = system_daemon.connect().lookupByName(name)
    assert domain.isActive() and process.init_of(domain) == init and process.alive(init)
    assert show(machine_of(domain))['Leader'] == str(init)
    domain.destroy()
    wait_for(lambda: not units(), lambda: 'the scope is gone: %s' % units(), 60)


# Says when it is asked to end, and takes its time.
PATIENT = '''#!/bin/sh
trap 'echo asked >> /heard; sleep 1; echo done >> /heard; exit 0' TERM
echo started >> /heard
while :; do sleep 1000 & wait $!; done
'''


def test_scopes_are_ordered_so_that_guests_can_shut_down_before_them(system_daemon, make_guest, make_root):
    connection, roots, scopes = system_daemon.connect(), [], []
    for _ in range(2):
        root = make_root()
        put(root, 'sbin/patient', PATIENT, 0o755)
        domain = connection.defineXML(make_guest(root=root, init='/sbin/patient').xml())
        domain.create()
        wait_for(lambda: 'started' in read_file(root, 'heard'), 'init runs', 30)
        roots.append(root)
        scopes.append(show(machine_of(domain))['Unit'])
    for scope in scopes:
        order = {what: run('systemctl', 'show', '-P', what, scope).split() for what in ('Before', 'After')}
        assert 'virt-guest-shutdown.target' in order['Before'], order
        assert 'libvirtd.service' in order['After'], order
    # what libvirt-guests.service does when it stops, which is before the scopes and libvirtd do
    for uuid in system_daemon.virsh('list', '--uuid').out.split():
        system_daemon.virsh('shutdown', uuid)
    wait_for(lambda: not system_daemon.machines(), 'all have ended', 60)
    for root in roots:
        assert read_file(root, 'heard').split() == ['started', 'asked', 'done']


@pytest.fixture
def guests_service():
    """libvirt-guests.service, configured and started by the test; lab/tune has masked it."""
    unit, configuration = 'libvirt-guests.service', '/etc/default/libvirt-guests'
    before = open(configuration).read()
    run('systemctl', 'unmask', unit)
    with open(configuration, 'w') as file:
        file.write('URIS=lxc:///system\nON_BOOT=start\nON_SHUTDOWN=shutdown\nSHUTDOWN_TIMEOUT=60\n')
    yield lambda verb: systemctl(verb, unit)
    run('systemctl', 'stop', unit)
    with open(configuration, 'w') as file:
        file.write(before)
    run('systemctl', 'mask', unit)


def test_libvirt_guests_shuts_guests_down_and_starts_them_again(system_daemon, make_guest, make_root, guests_service):
    root = make_root()
    put(root, 'sbin/patient', PATIENT, 0o755)
    domain = system_daemon.connect().defineXML(make_guest(root=root, init='/sbin/patient').xml())
    domain.create()
    wait_for(lambda: 'started' in read_file(root, 'heard'), 'init runs', 30)
    guests_service('start')
    guests_service('stop')
    assert read_file(root, 'heard').split() == ['started', 'asked', 'done']
    assert not domain.isActive() and not system_daemon.machines()
    guests_service('start')
    wait_for(domain.isActive, 'it was started', 30)  # some releases do so after their unit has started
    wait_for(lambda: read_file(root, 'heard').split()[3:] == ['started'], 'init runs again', 30)
    domain.destroy()


def test_a_scope_that_is_stopped_ends_its_domain(system_daemon, started):
    """What systemd does with a guest that nobody has shut down before."""
    record = events.Events(system_daemon.connect())
    domain = started()
    name = domain.name()
    run('systemctl', 'stop', show(machine_of(domain))['Unit'])
    record.expect(name, 'started booted', 'stopped destroyed', seconds=30)
    record.close()


def test_what_tools_say_of_two_guests(system_daemon, started):
    domains = [started(), started()]
    machines = [machine_of(domain) for domain in domains]
    listed = run('machinectl', 'list', '--no-legend')
    tree = run('systemd-cgls', '--no-pager')
    for domain, machine in zip(domains, machines):
        line = next(line for line in listed.splitlines() if line.startswith(machine))
        assert line.split()[1:3] == ['container', 'libvirt-lxc']
        status = run('machinectl', 'status', machine)
        assert 'Leader: %d' % process.init_of(domain) in status
        assert 'machine-%s.scope' % machine.replace('-', '\\x2d') in status
        scope = 'machine-%s.scope' % machine.replace('-', '\\x2d')
        assert scope in tree
        assert run('systemctl', 'is-active', scope) == 'active'
    print(listed, tree, sep='\n')
    for domain in domains:
        domain.destroy()


def test_tools_say_what_the_page_on_placement_shows(system_daemon, make_guest, make_root):
    debian = make_root()
    put(debian, 'etc/os-release', 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')
    for name, root in (('heron', debian), ('egret', make_root())):
        system_daemon.connect().createXML(Guest(name, root).xml(), 0)
    with open(os.path.join(build.TOP, 'docs', 'placement.rst')) as file:
        steps = list(test_guide.steps(file.read()))
    assert steps
    for command, output in steps:
        said = subprocess.run(['sh', '-c', command], capture_output=True, text=True, check=False, timeout=60,
                              env={**os.environ, 'LIBVIRT_DEFAULT_URI': system_daemon.uri}).stdout
        assert re.fullmatch(test_guide.pattern(output), test_guide.plain(said) + '\n'), command + '\n' + said


@pytest.fixture(scope='module')
def booted(shared_system_daemon, debian, workshop):
    """A Debian guest with systemd and a bus, at its login prompt."""
    if shared_system_daemon.pid is None:
        shared_system_daemon.start()
    directory = tempfile.mkdtemp(prefix='debian-', dir=workshop)
    root = copy_root(debian('systemd'), directory + '/root')
    domain = shared_system_daemon.connect().createXML(
        Guest('boots', root, init='/sbin/init', memory=512).xml(), 0)
    wait_for(lambda: run('systemctl', '-M', machine_of(domain), 'is-active', 'multi-user.target',
                         check=False) == 'active', 'the guest has booted', 180, 0.5)
    yield machine_of(domain), root
    for left in shared_system_daemon.connect().listAllDomains():
        if left.name() == 'boots':
            left.destroy()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.debian
@pytest.mark.slow
class TestMachine:
    """machinectl on a guest that has systemd, in one go: it takes a while to boot."""

    def test_its_services_and_its_journal_are_seen(self, booted):
        machine, _ = booted
        assert 'dbus.service' in run('systemctl', '-M', machine, 'list-units', '--no-legend', '--plain')
        assert 'systemd' in run('journalctl', '-M', machine, '--no-pager', '-n', '20', check=False)
        assert 'Debian GNU/Linux 12' in run('machinectl', 'status', machine)

    def test_a_shell(self, booted):
        machine, root = booted
        text = run('script', '-qec', "machinectl shell %s /bin/sh -c 'echo I am $PPID; touch /was-here'" % machine,
                   '/dev/null')
        assert 'Connected to machine' in text or 'I am' in text
        wait_for(lambda: os.path.exists(root + '/was-here'), 'the command ran inside', 30)

    def test_a_login_prompt(self, booted):
        machine, _ = booted
        master, slave = pty.openpty()
        login = subprocess.Popen(['setsid', '--ctty', 'machinectl', 'login', machine], stdin=slave, stdout=slave,
                                 stderr=slave)
        os.close(slave)
        seen = b''
        try:
            deadline = time.monotonic() + 60
            while b'login:' not in seen and time.monotonic() < deadline:
                if select.select([master], [], [], 1)[0]:
                    seen += os.read(master, 4096)
        finally:
            login.kill()
            login.wait()
            os.close(master)
        assert b'login:' in seen, seen

    def test_files_are_copied_both_ways(self, booted, tmp_path):
        machine, root = booted
        there = tmp_path / 'there'
        there.write_text('hello')
        run('machinectl', 'copy-to', machine, str(there), '/root/there')
        assert read_file(root, 'root/there') == 'hello'
        run('machinectl', 'copy-from', machine, '/root/there', str(tmp_path / 'back'))
        assert (tmp_path / 'back').read_text() == 'hello'

    def test_zz_poweroff(self, booted, shared_system_daemon):
        machine, _ = booted
        run('machinectl', 'poweroff', machine)
        wait_for(lambda: machine not in shared_system_daemon.machines(), 'the guest has powered off', 120, 0.2)
        wait_for(lambda: not [domain for domain in shared_system_daemon.connect().listAllDomains()
                              if domain.name() == 'boots'], 'the domain is gone', 30)
