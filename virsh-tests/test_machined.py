# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests as machines under the real systemd and machined, inside a machine of lab/."""
import os
import shutil
import subprocess

import pytest

from harness import events, process
from harness.daemon import wait_for

pytestmark = [pytest.mark.system, pytest.mark.ours]


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
    domain = started()
    name = domain.name()
    run('machinectl', 'terminate', machine_of(domain))
    record.expect(name, 'started booted', 'stopped destroyed', seconds=30)
    record.close()
    wait_for(lambda: not units(), lambda: 'the scope is gone: %s' % units())


def test_a_guest_survives_restarts_of_machined_and_systemd(system_daemon, started):
    domain = started()
    init = process.init_of(domain)
    run('systemctl', 'restart', 'systemd-machined.service')
    run('systemctl', 'daemon-reexec')
    assert process.alive(init) and domain.isActive()
    assert show(machine_of(domain))['Leader'] == str(init)
    domain.destroy()
    wait_for(lambda: not units(), lambda: 'the scope is gone: %s' % units())


def test_many_starts_leave_neither_machine_nor_scope(system_daemon, started):
    for _ in range(int(os.environ.get('CAISSON_TEST_CYCLES', '20'))):
        started().destroy()
    wait_for(lambda: not system_daemon.machines() and not units(),
             lambda: 'machines and scopes are gone: %s %s' % (system_daemon.machines(), units()))
