# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian guests that boot their own init."""
import shutil
import tempfile

import libvirt
import pytest

from harness import guest as guests
from harness.console import StreamConsole, TerminalConsole
from harness.daemon import wait_for

pytestmark = [pytest.mark.debian, pytest.mark.ours]

INITS = {'sysvinit': '/sbin/init', 'systemd': '/lib/systemd/systemd'}


@pytest.fixture(params=sorted(INITS))
def boot(request, debian, workshop, connection):
    """Boots a copy of the Debian root with this init; waits for its login prompt."""
    source = debian(request.param)
    directory = tempfile.mkdtemp(prefix='debian-', dir=workshop)
    root = guests.copy_root(source, directory + '/root')
    if request.param == 'sysvinit':
        guests.put(root, 'etc/inittab', 'id:2:initdefault:\nsi::sysinit:/bin/true\n'
                   'l0:0:wait:/etc/init.d/rc 0\nl2:2:wait:/bin/true\nl6:6:wait:/etc/init.d/rc 6\n'
                   '1:2345:respawn:/sbin/getty --noclear 38400 console\n')
    described = guests.Guest('debian-' + request.param, root, init=INITS[request.param], memory=512)
    domain = connection.defineXML(described.xml())
    domain.create()
    wait_for_login(connection, domain)
    yield domain, request.param
    shutil.rmtree(directory, ignore_errors=True)


def wait_for_login(connection, domain):
    with StreamConsole(connection, domain) as console:
        console.send('\n')
        console.expect('login:', seconds=60)


def test_it_boots_to_a_login_prompt_and_shuts_down(daemon, boot, recorded):
    domain, kind = boot
    running = daemon.virsh('lxc-enter-namespace', domain.name(), '--noseclabel', '/bin/cat', '/proc/1/comm')
    assert running.out.strip() == {'systemd': 'systemd', 'sysvinit': 'init'}[kind]
    inside = daemon.run('/usr/lib/libvirt/libvirt_lxc_exec', '--user', 'nobody', domain.name(), 'cat', '/proc/1/comm')
    assert inside.stdout == running.out, inside
    assert domain.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_OS)['os.id'] == 'debian'
    daemon.virsh('shutdown', domain.name())
    recorded.wait(domain.name(), 'stopped shutdown', seconds=60)
    assert domain.state()[0] == libvirt.VIR_DOMAIN_SHUTOFF


def test_it_reboots(daemon, connection, boot, recorded):
    domain, _ = boot
    daemon.virsh('reboot', domain.name())
    recorded.wait(domain.name(), 'reboot', seconds=60)
    wait_for(domain.isActive, 'it runs again')
    wait_for_login(connection, domain)
