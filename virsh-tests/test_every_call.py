# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every call the driver implements, on domains in every state, with flags nobody knows; the daemon lives."""
import os
import re
import subprocess

import libvirt
import pytest

from harness import calls
from harness.daemon import wait_for

pytestmark = pytest.mark.ours

UNKNOWN = 1 << 25
HERE = os.path.dirname(os.path.abspath(__file__))

# What a call may say of a domain it is not for; never that it is not supported, nor that something broke.
EXPECTED = {getattr(libvirt, 'VIR_ERR_' + name) for name in (
    'OPERATION_INVALID', 'OPERATION_UNSUPPORTED', 'INVALID_ARG', 'ARGUMENT_UNSUPPORTED', 'NO_DOMAIN',
    'CONFIG_UNSUPPORTED', 'NO_DOMAIN_METADATA', 'DEVICE_MISSING', 'OPERATION_FAILED', 'NO_HOSTNAME')}
INTERNAL = libvirt.VIR_ERR_INTERNAL_ERROR


class Context:
    """What a row's call works on."""

    def __init__(self, daemon, connection, make_guest):
        self.daemon, self.connection, self.make_guest = daemon, connection, make_guest
        self.guest = make_guest()
        self.other = make_guest(root=self.guest.root)
        self.domain = None
        self.flags = 0
        self.number = -1

    def bring(self, state):
        """A domain in this state; the one there is, if a call has not changed it."""
        if self.domain is None or not self.is_in(state):
            self.remove()
            self.make(state)
        self.number = self.domain.ID()

    def is_in(self, state):
        try:
            wanted = {'inactive': libvirt.VIR_DOMAIN_SHUTOFF, 'paused': libvirt.VIR_DOMAIN_PAUSED}.get(
                state, libvirt.VIR_DOMAIN_RUNNING)
            return (self.domain.state()[0] == wanted and self.domain.name() == self.guest.name
                    and bool(self.domain.isPersistent()) == (state != 'transient'))
        except libvirt.libvirtError:
            return state == 'vanished'

    def remove(self):
        """All domains; one that is just being started again is there once more."""
        wait_for(self.is_empty, 'all domains are gone', 30)

    def is_empty(self):
        for found in self.connection.listAllDomains():
            for call in (found.undefine, found.destroy):
                try:
                    call()
                except libvirt.libvirtError:
                    pass
        return not self.connection.listAllDomains()

    def make(self, state):
        if state == 'transient':
            self.domain = self.connection.createXML(self.guest.xml(), 0)
            return
        self.domain = self.connection.defineXML(self.guest.xml())
        if state in ('running', 'paused'):
            self.domain.create()
        if state == 'paused':
            self.domain.suspend()
        if state == 'vanished':
            self.domain.undefine()


@pytest.fixture
def context(daemon, connection, make_guest):
    return Context(daemon, connection, make_guest)


def make_call(context, row):
    """The error's code, 0 without one; None for what this libvirt's bindings or this kernel lack."""
    try:
        context.result = row.call(context)
        return 0
    except libvirt.libvirtError as error:
        context.words = str(error)
        return error.get_error_code()
    except (AttributeError, ImportError):
        return None


def check_alive(context, row):
    if row.alone:
        context.domain = None  # it may be ending just now: the next call gets another
    assert context.daemon.ended() is None, '%s ended the daemon:\n%s' % (row.slot, context.daemon.complaints())


@pytest.mark.parametrize('state', ['inactive', 'running', 'paused', 'transient', 'vanished'])
def test_every_call_on_a_domain_that_is(context, state):
    wrong = []
    for row in calls.DOMAIN:
        if row.slot not in calls.implemented():
            continue
        context.bring(state)
        code = make_call(context, row)
        if code is None or (code and row.mute):
            continue
        if state == 'vanished' and code != libvirt.VIR_ERR_NO_DOMAIN:
            wrong.append('%s: %s' % (row.slot, context.words if code else 'success'))
        elif code and code not in EXPECTED and code != libvirt.VIR_ERR_NO_SUPPORT:
            wrong.append('%s: %d %s' % (row.slot, code, context.words))
        elif code == libvirt.VIR_ERR_NO_SUPPORT:
            wrong.append('%s is not in the table of the daemon' % row.slot)
        check_alive(context, row)
    context.remove()
    assert not wrong, '\n'.join(wrong)


def test_every_call_shows(context):
    """On a running guest: the value or the effect, against a reader beside the driver."""
    wrong = []
    for row in calls.CONNECTION + calls.DOMAIN:
        if row.slot not in calls.implemented():
            continue
        context.bring('running')
        code = make_call(context, row)
        if row.show and code is not None and (code or not row.show(context, context.result)):
            wrong.append('%s: %s' % (row.slot, context.words if code else context.result))
        check_alive(context, row)
    context.remove()
    assert not wrong, '\n'.join(wrong)


def test_every_call_refuses_flags_nobody_knows(context):
    wrong = []
    context.flags = UNKNOWN
    for row in calls.CONNECTION + calls.DOMAIN:
        if row.slot not in calls.implemented() or not row.flags:
            continue
        context.bring('running')
        code = make_call(context, row)
        check_alive(context, row)
        if code is not None and code != libvirt.VIR_ERR_INVALID_ARG:
            wrong.append('%s: %s' % (row.slot, context.words if code else 'success'))
    context.remove()
    assert not wrong, '\n'.join(wrong)


def test_every_call_has_its_row():
    rows = [row.slot for row in calls.CONNECTION + calls.DOMAIN]
    assert len(rows) == len(set(rows))
    assert calls.implemented() - set(rows) == set()
    for row in calls.CONNECTION + calls.DOMAIN:
        assert row.show or row.by, row.slot
        if row.by and row.slot in calls.implemented():
            file, _, name = row.by.partition('::')
            with open(os.path.join(HERE, file)) as text:
                assert not name or 'def %s(' % name in text.read(), '%s: no test %s' % (row.slot, row.by)


def test_the_table_of_calls_is_what_the_driver_has():
    """docs/calls.rst; to write it anew: tools/call-table."""
    subprocess.run([os.path.join(calls.TOP, 'tools/call-table'), '--check'], check=True)


def test_read_only_clients_make_every_call_that_only_reads(context, daemon):
    """And none that changes something."""
    reader = daemon.connect(readonly=True)
    context.bring('running')
    before = context.domain.XMLDesc()
    context.connection, writer = reader, context.connection
    context.domain, full = reader.lookupByName(context.guest.name), context.domain
    wrong = []
    for row in calls.DOMAIN:
        if row.slot not in calls.implemented():
            continue
        code = make_call(context, row)
        assert daemon.ended() is None, row.slot
        changes = re.search('Set|Create|Destroy|Undefine|Suspend|Resume|Shutdown|Reboot|Reset|Rename|Attach|'
                            'Detach|Update|Pin(Vcpu|Emulator)|Open|Send', row.slot)
        reads = re.match('domain(Get|Is)', row.slot)
        if code is None or (reads and not changes):
            continue
        # libvirt-python asks for the parameters first, of an interface or disk that is not there
        if row.slot in ('domainSetInterfaceParameters', 'domainSetBlockIoTune'):
            continue
        if changes and not reads and code != libvirt.VIR_ERR_OPERATION_DENIED:
            wrong.append('%s: %s' % (row.slot, code))
    context.connection, context.domain = writer, full
    assert not wrong, '\n'.join(wrong)
    assert full.XMLDesc() == before and full.state()[0] == libvirt.VIR_DOMAIN_RUNNING
    context.remove()
