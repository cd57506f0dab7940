# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian guests as shipped, with systemd: privileged ones, and such with user ids of their own."""
import json
import os
import shutil
import tempfile
import time

import pytest

from harness import guest as guests
from harness.console import StreamConsole
from harness.daemon import wait_for

pytestmark = [pytest.mark.debian, pytest.mark.ours, pytest.mark.slow]

MAPPED = 0x2000000
KINDS = [('bookworm', 'privileged'), ('bookworm', 'mapped'), ('trixie', 'privileged'), ('trixie', 'mapped')]

@pytest.fixture(params=KINDS, ids='-'.join)
def boot(request, debian, workshop, connection):
    """Boots a copy of the Debian root; answers its domain."""
    suite, kind = request.param
    source = debian('systemd', suite)
    directory = tempfile.mkdtemp(prefix='debian-', dir=workshop)
    os.chmod(directory, 0o755)
    root = guests.copy_root(source, directory + '/root')
    guests.put(root, 'etc/machine-id', '')
    options = {}
    if kind == 'mapped':
        options = {'idmap': MAPPED, 'root_element': "<filesystem type='mount' accessmode='mapped'><source dir='%s'/>"
                                                    "<target dir='/'/></filesystem>" % root}
    described = guests.Guest('%s-%s' % (suite, kind), root, init='/sbin/init', memory=512, **options)
    domain = connection.defineXML(described.xml())
    began = time.monotonic()
    domain.create()
    wait_for_login(connection, domain)
    print('%s: login prompt after %.2f s' % (described.name, time.monotonic() - began))
    yield domain
    if domain.isActive():
        domain.destroy()
    domain.undefine()
    shutil.rmtree(directory, ignore_errors=True)


def run(daemon, domain, command):
    return daemon.virsh('lxc-enter-namespace', domain.name(), '--noseclabel', '/bin/sh', '-c', command, check=False)


def ask_systemd(daemon, domain, verb):
    """As the guest's root, who lxc-enter-namespace is not in a user namespace."""
    daemon.virsh('qemu-agent-command', domain.name(), json.dumps(
        {'execute': 'guest-exec', 'arguments': {'path': '/bin/systemctl', 'arg': [verb]}}))


def wait_for_login(connection, domain):
    with StreamConsole(connection, domain) as console:
        console.send('\n')
        console.expect('login:', seconds=60)


def test_it_runs_as_shipped_and_reboots_and_ends(daemon, connection, boot, recorded):
    state = run(daemon, boot, 'systemctl is-system-running --wait').out.splitlines()[0]
    failed = run(daemon, boot, 'systemctl list-units --failed --plain --no-legend').out
    assert state == 'running', failed
    assert run(daemon, boot, 'systemctl is-active multi-user.target').out.startswith('active')
    units = run(daemon, boot, 'systemctl list-units --type=service --state=running --plain --no-legend').out
    print('%s: %s' % (boot.name(), ' '.join(sorted(line.split()[0] for line in units.splitlines()))))
    assert 'systemd-journald.service' in units and 'console-getty.service' in units and 'dbus.service' in units
    assert run(daemon, boot, 'cat /etc/machine-id').out.startswith(boot.UUIDString().replace('-', ''))
    assert run(daemon, boot, 'systemd-detect-virt').out.startswith('lxc-libvirt')

    began = time.monotonic()
    boot.reboot()
    recorded.wait(boot.name(), 'reboot', seconds=60)
    wait_for(boot.isActive, 'it runs again', 30)
    wait_for_login(connection, boot)
    print('%s: rebooted from outside in %.2f s' % (boot.name(), time.monotonic() - began))

    def number():
        return connection.lookupByName(boot.name()).ID()    # an object keeps the one it has seen first
    began, before = time.monotonic(), number()
    ask_systemd(daemon, boot, 'reboot')
    wait_for(lambda: number() not in (-1, before), 'it has rebooted', 60)
    wait_for_login(connection, boot)
    print('%s: rebooted from inside in %.2f s' % (boot.name(), time.monotonic() - began))

    began = time.monotonic()
    ask_systemd(daemon, boot, 'poweroff')
    recorded.wait(boot.name(), 'stopped shutdown', seconds=60)
    print('%s: ended from inside in %.2f s' % (boot.name(), time.monotonic() - began))


def test_it_is_shut_down_from_outside(boot, recorded):
    began = time.monotonic()
    boot.shutdown()
    recorded.wait(boot.name(), 'stopped shutdown', seconds=60)
    print('%s: ended from outside in %.2f s' % (boot.name(), time.monotonic() - began))


def test_it_says_when_it_is_ready(daemon, connection, boot):
    """By the event that says so of agents; whoever connects later finds it in the controller's answer."""
    wait_for(lambda: 'the guest is ready' in daemon.guest_log(boot.name()), 'systemd says that it is ready', 60)
