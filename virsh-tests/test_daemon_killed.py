# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 of libvirtd: no guest notices, and the next daemon finds each in its true state."""
import os
import random
import threading
import time

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for
from harness.guest import read_file

pytestmark = pytest.mark.ours

SEED = int(os.environ.get('CAISSON_TEST_SEED', '20'))


def states(daemon):
    """name → (state, id)"""
    return {domain.name(): (domain.state()[0], domain.ID())
            for domain in daemon.connect().listAllDomains()}


@pytest.fixture
def running(own_daemon, make_guest):
    def make(**options):
        guest = make_guest(**options)
        domain = own_daemon.connect().defineXML(guest.xml())
        domain.create()
        if guest.init == '/sbin/listener':
            wait_for(lambda: 'started' in read_file(guest.root, 'heard'), 'init runs')
        return domain, guest
    return make


def after(daemon, guest):
    """The domain as the restarted daemon knows it."""
    return daemon.connect().lookupByName(guest.name)


def test_a_running_guest_is_found_again_and_obeys(own_daemon, running):
    domain, guest = running()
    controller, init = domain.ID(), process.init_of(domain)
    own_daemon.restart()
    domain = after(own_daemon, guest)
    assert domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING
    assert domain.ID() == controller and process.init_of(domain) == init
    domain.suspend()
    domain.resume()
    domain.shutdown()
    wait_for(lambda: not domain.isActive(), 'it shuts down')
    assert domain.state()[1] == libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN


def test_a_suspended_guest_stays_suspended(own_daemon, running):
    domain, guest = running()
    domain.suspend()
    own_daemon.restart()
    domain = after(own_daemon, guest)
    assert domain.state() == [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER]
    domain.resume()
    domain.shutdown()
    wait_for(lambda: not domain.isActive(), 'it shuts down')


def test_a_transient_guest_is_found_again_and_vanishes_at_its_end(own_daemon, make_guest):
    guest = make_guest()
    own_daemon.connect().createXML(guest.xml())
    own_daemon.restart()
    domain = after(own_daemon, guest)
    assert domain.isActive() and not domain.isPersistent()
    domain.destroy()
    wait_for(lambda: guest.name not in states(own_daemon), 'it vanishes')


def test_a_console_works_after_the_daemon_came_back(own_daemon, running):
    from harness.console import StreamConsole
    domain, guest = running(init='/bin/sh')
    own_daemon.restart()
    connection = own_daemon.connect()
    with StreamConsole(connection, connection.lookupByName(guest.name)) as console:
        console.prompt()
        assert console.command('echo here') == 'here\n'


@pytest.mark.parametrize('end, reason', [
    (lambda init: os.kill(init, 15), libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN),
    (lambda init: os.kill(init, 9), libvirt.VIR_DOMAIN_SHUTOFF_CRASHED),
], ids=['shut down', 'crashed'])
def test_a_guest_that_ended_meanwhile_is_reported_with_its_reason(own_daemon, running, end, reason):
    domain, guest = running()
    controller, init = domain.ID(), process.init_of(domain)
    own_daemon.kill()
    end(init)
    process.wait_gone(init)
    process.wait_gone(controller)
    own_daemon.start()
    domain = after(own_daemon, guest)
    wait_for(lambda: domain.state() == [libvirt.VIR_DOMAIN_SHUTOFF, reason],
             lambda: 'shut off for reason %d: %s' % (reason, domain.state()))


def test_a_guest_whose_controller_died_meanwhile_has_failed(own_daemon, running):
    domain, guest = running()
    controller, init = domain.ID(), process.init_of(domain)
    own_daemon.kill()
    os.kill(controller, 9)
    process.wait_gone(init)
    own_daemon.start()
    domain = after(own_daemon, guest)
    wait_for(lambda: domain.state() == [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_FAILED],
             lambda: 'failed: %s' % domain.state())


def test_a_guest_that_rebooted_meanwhile_runs_again(own_daemon, running):
    domain, guest = running()
    controller, init = domain.ID(), process.init_of(domain)
    own_daemon.kill()
    os.kill(init, 1)  # the listener calls reboot(2)
    process.wait_gone(controller)
    own_daemon.start()
    wait_for(lambda: read_file(guest.root, 'heard').split().count('started') == 2, 'it runs again')
    wait_for(lambda: after(own_daemon, guest).isActive(), 'it is active')


def test_redefinitions_survive(own_daemon, running):
    domain, guest = running()
    guest.memory, guest.uuid = 96, domain.UUIDString()
    own_daemon.connect().defineXML(guest.xml())
    own_daemon.restart()
    domain = after(own_daemon, guest)
    assert "<memory unit='KiB'>65536</memory>" in domain.XMLDesc()
    assert "<memory unit='KiB'>98304</memory>" in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)


class Storm:
    """Ten guests; three of them being started and stopped while the daemon is killed."""

    def __init__(self, daemon, make_guest):
        self.daemon = daemon
        self.random = random.Random(SEED)
        self.guests = [make_guest() for _ in range(10)]
        self.steady, self.paused, self.busy = self.guests[:4], self.guests[4:7], self.guests[7:]
        connection = daemon.connect()
        for guest in self.guests:
            connection.defineXML(guest.xml())
        for guest in self.steady + self.paused:
            connection.lookupByName(guest.name).create()
        for guest in self.paused:
            connection.lookupByName(guest.name).suspend()
        self.ids = {guest.name: connection.lookupByName(guest.name).ID()
                    for guest in self.steady + self.paused}
        self.done = {}

    def start_busy(self, guest):
        """Starts, and now and then suspends or destroys, until the daemon is gone."""
        try:
            connection = libvirt.open(self.daemon.uri)
            domain = connection.lookupByName(guest.name)
            domain.create()
            self.done[guest.name] = libvirt.VIR_DOMAIN_RUNNING
            if guest is self.busy[0]:
                self.done.pop(guest.name)
                domain.suspend()
                self.done[guest.name] = libvirt.VIR_DOMAIN_PAUSED
            if guest is self.busy[1]:
                self.done.pop(guest.name)
                domain.destroy()
                self.done[guest.name] = libvirt.VIR_DOMAIN_SHUTOFF
            connection.close()
        except libvirt.libvirtError:
            pass

    def round(self):
        self.done = {}
        threads = [threading.Thread(target=self.start_busy, args=[guest]) for guest in self.busy]
        for thread in threads:
            thread.start()
        time.sleep(self.random.uniform(0, 0.12))
        self.daemon.kill()
        for thread in threads:
            thread.join()
        self.daemon.start()
        self.check()

    def check(self):
        seen = wait_for(self.settled, 'all domains are in a steady state')
        for guest in self.steady:
            assert seen[guest.name] == (libvirt.VIR_DOMAIN_RUNNING, self.ids[guest.name]), guest.name
        for guest in self.paused:
            assert seen[guest.name] == (libvirt.VIR_DOMAIN_PAUSED, self.ids[guest.name]), guest.name
        for name, state in self.done.items():
            assert seen[name][0] == state, (name, seen[name], state)
        connection = self.daemon.connect()
        for guest in self.busy:
            domain = connection.lookupByName(guest.name)
            # a guest that was being destroyed may end only now
            wait_for(lambda: not domain.isActive() or process.init_pid(domain.ID()), 'it has an init, or has ended')
            if domain.isActive():
                domain.destroy()
        self.daemon.close_connections()

    def settled(self):
        seen = states(self.daemon)
        return seen if set(seen) == {guest.name for guest in self.guests} else None


def test_fifty_kills_at_random_moments_lose_no_guest_and_leave_nothing(own_daemon, make_guest):
    storm = Storm(own_daemon, make_guest)
    for _ in range(50):
        storm.round()
