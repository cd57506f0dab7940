# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests as machines in scopes of systemd's, with a systemd and a machined that are played."""
import os
import shutil
import signal
import threading
import time
import uuid

import libvirt
import pytest

from harness import events, leaks, process
from harness.daemon import read, wait_for
from harness.placement import PlacedDaemon, groups_of

pytestmark = [pytest.mark.ours]

UUID = '7c9d1f0a-2b3c-4d5e-8f90-a1b2c3d4e5f6'
BOUND = 20  # seconds; what docs promise for a start whose bus does not answer, and some


@pytest.fixture(scope='module', autouse=True)
def python_dbus():
    pytest.importorskip('dbus', reason='python3-dbus is not installed')
    for program in ('dbus-daemon', 'dbus-send'):
        if shutil.which(program) is None:
            pytest.skip('%s is not installed' % program)


def session(machined):
    daemon = PlacedDaemon(machined)
    try:
        daemon.start_bus()
        daemon.start_services()
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture(scope='module')
def with_machined():
    yield from session(True)


@pytest.fixture(scope='module')
def with_systemd():
    yield from session(False)


def checked(daemon):
    """The daemon, and the proof that nothing is left of a test."""
    daemon.mend_bus()
    if daemon.pid is None:
        daemon.start()
    check = leaks.Leaks(daemon)
    yield daemon
    daemon.mend_bus()
    for domain in daemon.connect().listAllDomains():
        domain.destroy()
    daemon.close_connections()
    wait_for(lambda: not daemon.scopes(), lambda: 'no scope is left: %s' % daemon.scopes())
    # The daemon or the bus may have been started again.
    left = lambda: [what for what in check.left(0) if not what.startswith(('mount of the daemon', 'process '))
                    or 'libvirt_lxc' in what]
    wait_for(lambda: not left(), lambda: 'nothing is left behind: %s' % left())


@pytest.fixture
def placed(with_machined):
    yield from checked(with_machined)


@pytest.fixture
def scoped(with_systemd):
    yield from checked(with_systemd)


@pytest.fixture
def create(make_guest):
    def make(daemon, flags=0, **options):
        described = make_guest(**options)
        return daemon.connect().createXML(described.xml(), flags), described
    return make


def machine_of(domain):
    return 'lxc-%d-%s' % (domain.ID(), domain.name())


def scope_of(domain):
    return 'machine-%s.scope' % machine_of(domain).replace('-', '\\x2d')


def expect_failure(daemon, guest, words, seconds=BOUND):
    """The start fails in time with these words, and the domain is gone."""
    began = time.monotonic()
    with pytest.raises(libvirt.libvirtError) as caught:
        daemon.connect().createXML(guest.xml(), 0)
    took = time.monotonic() - began
    assert words in str(caught.value)
    assert took < seconds, 'it took %.1f s' % took
    assert not daemon.connect().listAllDomains()


def test_the_daemon_says_where_guests_will_be(placed, scoped):
    assert 'placement of guests: machined' in placed.log()
    assert 'placement of guests: systemd, because machined' in scoped.log()


def test_a_guest_is_a_machine_whose_leader_is_init(placed, create):
    domain, guest = create(placed, uuid=UUID)
    call = placed.calls('CreateMachineWithNetwork')[-1]
    assert call == {
        'method': 'CreateMachineWithNetwork', 'name': machine_of(domain), 'uuid': uuid.UUID(UUID).hex,
        'service': 'libvirt-lxc', 'class': 'container', 'leader': process.init_of(domain), 'root': guest.root,
        'interfaces': [],
        'properties': {'Slice': 'machine.slice', 'Delegate': True,
                       'After': ['libvirtd.service', 'virtlxcd.service'],
                       'Before': ['virt-guest-shutdown.target']},
    }
    assert placed.scopes() == {scope_of(domain): machine_of(domain)}


def test_init_and_keeper_are_in_groups_of_the_scope(placed, create):
    domain, _ = create(placed)
    scope = '/machine.slice/' + scope_of(domain)
    for controllers, group in groups_of(placed, process.init_of(domain)).items():
        assert group == scope + '/libvirt/guest', controllers
    wait_for(lambda: set(groups_of(placed, domain.ID()).values()) == {scope + '/supervisor'},
             lambda: 'the keeper is in the supervisor: %s' % groups_of(placed, domain.ID()))


def test_limits_are_written_inside_the_scope(placed, create):
    domain, _ = create(placed, memory=77)
    limits = [path for path in ('/sys/fs/cgroup/memory/machine.slice/%s/libvirt/memory.limit_in_bytes',
                                '/sys/fs/cgroup/machine.slice/%s/libvirt/memory.max')
              if os.path.exists(placed.path(path % scope_of(domain)))]
    assert [int(read(placed.path(path % scope_of(domain)))) for path in limits] == [77 << 20]


def test_a_destroyed_guest_is_terminated_as_a_machine(placed, create):
    domain, _ = create(placed)
    machine, init = machine_of(domain), process.init_of(domain)
    domain.destroy()
    assert not process.alive(init)
    assert {'method': 'TerminateMachine', 'name': machine} in placed.calls()


def test_a_partition_is_a_slice(placed, create):
    domain, _ = create(placed, top='<resource><partition>/machine/fruit</partition></resource>')
    assert placed.calls('CreateMachineWithNetwork')[-1]['properties']['Slice'] == 'machine-fruit.slice'
    assert set(groups_of(placed, process.init_of(domain)).values()) == {
        '/machine.slice/machine-fruit.slice/%s/libvirt/guest' % scope_of(domain)}


def test_a_guest_with_mapped_ids_is_a_machine(placed, create):
    domain, _ = create(placed, idmap=300000)
    assert scope_of(domain) in placed.scopes()
    assert process.field(process.init_of(domain), 'Uid')[0] == '300000'


def test_a_guest_that_starts_suspended_goes_on(placed, create):
    domain, guest = create(placed, libvirt.VIR_DOMAIN_START_PAUSED)
    assert domain.state()[0] == libvirt.VIR_DOMAIN_PAUSED
    assert not os.path.exists(os.path.join(guest.root, 'heard'))
    domain.resume()
    wait_for(lambda: os.path.exists(os.path.join(guest.root, 'heard')), 'init runs')


def test_a_suspended_guest_can_be_destroyed(placed, create):
    domain, _ = create(placed)
    domain.suspend()
    domain.destroy()
    assert not placed.connect().listAllDomains()


def test_terminating_the_machine_ends_the_domain_with_its_event(placed, create):
    connection = placed.connect()
    record = events.Events(connection)
    domain, guest = create(placed)
    reply = placed.call('org.freedesktop.machine1', '/org/freedesktop/machine1',
                        'org.freedesktop.machine1.Manager.TerminateMachine', 'string:' + machine_of(domain))
    assert reply.returncode == 0, reply.stderr
    record.expect(guest.name, 'started booted', 'stopped destroyed')
    record.close()


def test_a_guest_survives_the_daemon_and_ends_with_the_next_one(placed, create):
    domain, guest = create(placed)
    machine, init = machine_of(domain), process.init_of(domain)
    placed.end(signal.SIGKILL)
    placed.start()
    found = placed.connect().lookupByName(guest.name)
    assert found.isActive() and machine_of(found) == machine
    found.destroy()
    process.wait_gone(init)
    assert {'method': 'TerminateMachine', 'name': machine} in placed.calls()


def test_many_starts_leave_no_scope(placed, create):
    for _ in range(20):
        domain, _ = create(placed)
        domain.destroy()
    wait_for(lambda: not placed.scopes(), lambda: 'no scope is left: %s' % placed.scopes())


def test_a_slow_machined_is_waited_for(placed, create):
    placed.answer('slow')
    domain, _ = create(placed)
    assert scope_of(domain) in placed.scopes()


@pytest.mark.slow
def test_a_machined_that_hangs_is_not_waited_for(placed, make_guest):
    placed.answer('hang')
    expect_failure(placed, make_guest(), 'machined did not create machine')


@pytest.mark.slow
def test_a_bus_that_hangs_is_not_waited_for(placed, make_guest):
    os.kill(placed.bus, signal.SIGSTOP)
    try:
        expect_failure(placed, make_guest(), 'the system bus does not answer', 30)
    finally:
        os.kill(placed.bus, signal.SIGCONT)


def test_a_refusal_is_passed_on(placed, make_guest):
    placed.answer('refuse')
    expect_failure(placed, make_guest(), 'no machines today')


def test_a_name_that_is_taken_is_named(placed, make_guest):
    placed.answer('taken')
    expect_failure(placed, make_guest(), 'already exists (org.freedesktop.machine1.MachineExists)')


def test_without_a_bus_a_start_fails_at_once(placed, make_guest):
    placed.kill_bus()
    expect_failure(placed, make_guest(), 'cannot connect to the system bus', 5)


@pytest.mark.parametrize('mode', ['lose-bus-before', 'lose-bus-after'])
def test_a_bus_that_is_lost_during_a_start_fails_it(placed, make_guest, mode):
    placed.answer(mode)
    expect_failure(placed, make_guest(), 'machined did not create machine', 15)


def start_while(connection, guest, disturb, delay):
    """Whether the start succeeds though this happens so many seconds after its begin; bounded either way."""
    began = time.monotonic()
    disturbance = threading.Timer(delay, disturb)
    try:
        disturbance.start()
        connection.createXML(guest.xml(), 0)
        started = True
    except libvirt.libvirtError:
        started = False
    disturbance.join()
    assert time.monotonic() - began < BOUND
    return started


def test_a_bus_that_is_killed_at_each_step_of_a_start_leaves_nothing(placed, make_guest):
    """From before the request until after the end of the start; the fixture looks for what is left."""
    guest = make_guest()
    for delay in [step * 0.003 for step in range(20)] + [0.1, 0.2]:
        started = start_while(placed.connect(), guest, placed.kill_bus, delay)
        domains = placed.connect().listAllDomains()
        assert [domain.isActive() for domain in domains] == [1] * started
        for domain in domains:
            domain.destroy()
        placed.mend_bus()


def test_a_guest_ends_without_a_bus(placed, create):
    domain, _ = create(placed)
    init = process.init_of(domain)
    placed.kill_bus()
    domain.destroy()
    assert not process.alive(init)


def test_without_machined_a_guest_is_a_scope(scoped, create):
    domain, _ = create(scoped)
    call = scoped.calls('StartTransientUnit')[-1]
    assert call['name'] == scope_of(domain) and call['mode'] == 'fail'
    assert call['properties'] == {
        'Description': 'Container ' + machine_of(domain), 'PIDs': [process.init_of(domain)],
        'CollectMode': 'inactive-or-failed', 'Slice': 'machine.slice', 'Delegate': True,
        'After': ['libvirtd.service', 'virtlxcd.service'], 'Before': ['virt-guest-shutdown.target']}
    assert set(groups_of(scoped, process.init_of(domain)).values()) == {
        '/machine.slice/%s/libvirt/guest' % scope_of(domain)}
    domain.destroy()
    assert scoped.calls('StopUnit')[-1]['name'] == call['name']


def test_a_refusal_of_systemd_is_passed_on(scoped, make_guest):
    scoped.answer('refuse')
    expect_failure(scoped, make_guest(), 'systemd did not start scope')
