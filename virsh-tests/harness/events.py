# SPDX-License-Identifier: LGPL-2.1-or-later
"""Records the events a libvirt client gets."""
import threading

import libvirt

from .daemon import PATIENCE, Timeout

LIFECYCLE = {
    value: name[len('VIR_DOMAIN_EVENT_'):].lower() for name, value in vars(libvirt).items()
    if name in ('VIR_DOMAIN_EVENT_DEFINED', 'VIR_DOMAIN_EVENT_UNDEFINED', 'VIR_DOMAIN_EVENT_STARTED',
                'VIR_DOMAIN_EVENT_SUSPENDED', 'VIR_DOMAIN_EVENT_RESUMED', 'VIR_DOMAIN_EVENT_STOPPED',
                'VIR_DOMAIN_EVENT_SHUTDOWN', 'VIR_DOMAIN_EVENT_CRASHED')
}


DEVICE = {
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED: 'device-added',
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED: 'device-removed',
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED: 'device-removal-failed',
}


def details():
    """('stopped', 2) → 'destroyed': all details libvirt-python knows."""
    table = {}
    for value, event in LIFECYCLE.items():
        prefix = 'VIR_DOMAIN_EVENT_%s_' % event.upper()
        for name, number in vars(libvirt).items():
            if name.startswith(prefix):
                table[event, number] = name[len(prefix):].lower()
    return table


DETAILS = details()


def run_event_loop():
    """libvirt's own event loop in a thread; once per process, before any connection is opened."""
    libvirt.virEventRegisterDefaultImpl()

    def loop():
        while True:
            libvirt.virEventRunDefaultImpl()
    threading.Thread(target=loop, daemon=True).start()


class Events:
    """Everything that happens to domains of a connection: "started booted", "reboot", …"""

    def __init__(self, connection):
        self.connection = connection
        self.arrived = threading.Condition()
        self.all = []
        self.ids = [
            connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                              self.lifecycle, None),
            connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_REBOOT,
                                              self.reboot, None),
            *(connection.domainEventRegisterAny(None, number, self.device, what)
              for number, what in DEVICE.items()),
        ]

    def add(self, name, what):
        with self.arrived:
            self.all.append((name, what))
            self.arrived.notify_all()

    def lifecycle(self, _connection, domain, event, detail, _opaque):
        what = LIFECYCLE.get(event, str(event))
        self.add(domain.name(), '%s %s' % (what, DETAILS.get((what, detail), detail)))

    def reboot(self, _connection, domain, _opaque):
        self.add(domain.name(), 'reboot')

    def device(self, _connection, domain, alias, what):
        self.add(domain.name(), '%s %s' % (what, alias))

    def of(self, name):
        with self.arrived:
            return [what for domain, what in self.all if domain == name]

    def expect(self, name, *wanted, seconds=10.0):
        """Waits until the domain's events are exactly these, in this order."""
        wanted = list(wanted)
        with self.arrived:
            came = lambda: [what for domain, what in self.all if domain == name]
            if not self.arrived.wait_for(lambda: len(came()) >= len(wanted), seconds * PATIENCE):
                raise Timeout('%s: events %s instead of %s' % (name, came(), wanted))
            assert came() == wanted, '%s: events %s instead of %s' % (name, came(), wanted)

    def wait(self, name, what, count=1, seconds=10.0):
        """Waits until this event has come so many times."""
        with self.arrived:
            came = lambda: [event for domain, event in self.all if domain == name]
            if not self.arrived.wait_for(lambda: came().count(what) >= count, seconds * PATIENCE):
                raise Timeout('%s: no %r among %s' % (name, what, came()))

    def close(self):
        for number in self.ids:
            try:
                self.connection.domainEventDeregisterAny(number)
            except libvirt.libvirtError:
                pass
