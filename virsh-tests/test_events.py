# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events: of every kind a container can give, by either way to subscribe, and none lost."""
import os
import signal
import threading
import time

import libvirt
import pytest

from harness import calls, events
from harness.daemon import PATIENCE, wait_for
from harness.guest import put, read_file

pytestmark = pytest.mark.ours


class Subscriber:
    """Counts what one kind of event brings."""

    def __init__(self, connection, kind, domain=None):
        self.connection, self.came = connection, []
        self.number = connection.domainEventRegisterAny(domain, kind, self.note, None)

    def note(self, _connection, domain, *words):
        self.came.append((domain.name(),) + words[:-1])

    def close(self):
        self.connection.domainEventDeregisterAny(self.number)


@pytest.fixture
def subscribe(connection):
    made = []

    def make(kind, domain=None):
        made.append(Subscriber(connection, kind, domain))
        return made[-1]
    yield make
    for subscriber in made:
        subscriber.close()


def test_the_whole_life_of_a_domain(connection, define, recorded):
    domain, guest = define()
    domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    domain.resume()
    wait_for(lambda: 'started' in read_file(guest.root, 'heard'), 'init runs', 30)
    domain.suspend()
    domain.resume()
    connection.defineXML(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    domain.shutdown()
    wait_for(lambda: not domain.isActive(), 'it is off', 30)
    domain.create()
    domain.destroy()
    domain.undefine()
    recorded.expect(guest.name, 'defined added', 'started booted', 'suspended paused', 'resumed unpaused',
                    'suspended paused', 'resumed unpaused', 'defined updated', 'stopped shutdown',
                    'started booted', 'stopped destroyed', 'undefined removed', seconds=30)


def test_the_oldest_way_to_subscribe(connection, define):
    came = []

    def note(_connection, domain, event, detail, _opaque):
        came.append((domain.name(), event, detail))
    connection.domainEventRegister(note, None)
    domain, guest = define()
    domain.create()
    domain.destroy()
    wait_for(lambda: len(came) == 3, lambda: came, 30)
    connection.domainEventDeregister(note)
    assert came == [(guest.name, libvirt.VIR_DOMAIN_EVENT_DEFINED, libvirt.VIR_DOMAIN_EVENT_DEFINED_ADDED),
                    (guest.name, libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_STARTED_BOOTED),
                    (guest.name, libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_DESTROYED)]


def test_changes_of_a_running_guest_are_told(start, subscribe):
    domain, guest = start()
    other, _ = start()
    balloon = subscribe(libvirt.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, domain)
    tunable = subscribe(libvirt.VIR_DOMAIN_EVENT_ID_TUNABLE, domain)
    metadata = subscribe(libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, domain)
    other.setMemory(32 * 1024)
    domain.setMemory(48 * 1024)
    domain.setSchedulerParameters({'cpu_shares': 300})
    domain.setMetadata(libvirt.VIR_DOMAIN_METADATA_TITLE, 'Petrel', None, None)
    domain.setMetadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, '<a/>', 'p', 'urn:petrel')
    wait_for(lambda: len(metadata.came) == 2 and tunable.came and balloon.came, 'all are told', 30)
    assert balloon.came == [(guest.name, 48 * 1024)]
    assert tunable.came == [(guest.name, {'cputune.cpu_shares': 300})]
    assert metadata.came == [(guest.name, libvirt.VIR_DOMAIN_METADATA_TITLE, None),
                             (guest.name, libvirt.VIR_DOMAIN_METADATA_ELEMENT, 'urn:petrel')]


def test_a_lost_controller_is_told(start, subscribe, recorded):
    domain, guest = start()
    error = subscribe(libvirt.VIR_DOMAIN_EVENT_ID_CONTROL_ERROR)
    os.kill(domain.ID(), signal.SIGKILL)
    recorded.wait(guest.name, 'stopped failed', seconds=30)
    wait_for(lambda: error.came == [(guest.name,)], 'the error is told', 30)


def test_a_client_that_only_watches_gets_events(daemon, start):
    reader = daemon.connect(readonly=True)
    record = events.Events(reader)
    domain, guest = start()
    domain.destroy()
    record.wait(guest.name, 'stopped destroyed', seconds=30)
    record.close()


def test_every_kind_of_event_can_be_asked_for(connection):
    """Also those that never come; one that nobody knows is refused."""
    for kind in range(libvirt.VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE + 1):
        number = connection.domainEventRegisterAny(None, kind, lambda *_: None, None)
        connection.domainEventDeregisterAny(number)
    with pytest.raises((libvirt.libvirtError, KeyError, IndexError)):
        connection.domainEventRegisterAny(None, 4000, lambda *_: None, None)


@pytest.mark.slow
@pytest.mark.timeout(280 * PATIENCE)
def test_none_of_ten_thousand_is_lost(connection, daemon, start, subscribe):
    """From four clients at once, each on a guest of its own, which the library keeps apart."""
    each = 2500
    domains = [start()[0] for _ in range(4)]
    came = subscribe(libvirt.VIR_DOMAIN_EVENT_ID_TUNABLE)

    def change(domain):
        client = libvirt.open(daemon.uri)
        mine = client.lookupByUUID(domain.UUID())
        for count in range(each):
            mine.setSchedulerParameters({'cpu_shares': 100 + count})
        del mine
        client.close()
    threads = [threading.Thread(target=change, args=(domain,)) for domain in domains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: len(came.came) >= 4 * each, lambda: '%d events came' % len(came.came), 60)
    for domain in domains:
        assert [row[1]['cputune.cpu_shares'] for row in came.came if row[0] == domain.name()] == list(
            range(100, 100 + each))


def test_the_end_of_a_guest_is_told_at_once(start, connection, subscribe):
    """The best of several: what another program on the host does in between is not the driver's."""
    domain, guest = start()
    came = []
    number = connection.domainEventRegisterAny(
        domain, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
        lambda _connection, _domain, event, _detail, _opaque: came.append((event, time.monotonic())), None)
    best = 1.0
    for count in range(1, 12):
        wait_for(lambda: read_file(guest.root, 'heard').count('started') >= count, 'init runs', 30)
        with open('/proc/%d/task/%d/children' % (domain.ID(), domain.ID())) as file:
            init = int(file.read().split()[0])
        came.clear()
        begun = time.monotonic()
        os.kill(init, signal.SIGKILL)
        wait_for(lambda: any(event == libvirt.VIR_DOMAIN_EVENT_STOPPED for event, _ in came), 'it is told', 30)
        best = min(best, next(when for event, when in came if event == libvirt.VIR_DOMAIN_EVENT_STOPPED) - begun)
        if best < 0.005:
            break
        wait_for(lambda: not domain.isActive(), 'it is off', 30)
        domain.create()
    connection.domainEventDeregisterAny(number)
    assert best < 0.05 * PATIENCE


def test_a_guest_that_runs_out_of_memory_is_told(make_root, start, subscribe):
    root = make_root()
    put(root, 'sbin/glutton', '#!/bin/sh\n(dd if=/dev/zero of=/dev/null bs=200M count=1; echo over >> /heard) &\n'
        'while :; do sleep 1000 & wait $!; done\n', 0o755)
    failure = subscribe(libvirt.VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE)
    domain, guest = start(root=root, init='/sbin/glutton', memory=24)
    wait_for(lambda: failure.came, 'the failure is told', 30)
    assert failure.came[0] == (guest.name, libvirt.VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_GUEST,
                               libvirt.VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_INJECT, 0)
    assert domain.isActive()


def test_the_manual_has_every_event(daemon):
    with open(os.path.join(calls.TOP, 'docs/events.rst')) as page:
        text = page.read()
    names = daemon.virsh('event', '--list').out.split()
    assert len(names) > 20
    assert [name for name in names if '``%s``' % name not in text] == []
