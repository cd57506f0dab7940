# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian guests that boot their own init, and programs of Debian's in them."""
import os
import shutil
import subprocess
import tempfile

import libvirt
import pytest

from harness import build
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


def release():
    with open('/etc/os-release') as file:
        return [line.split('=')[1].strip() for line in file if line.startswith('VERSION_CODENAME=')][0]


def test_sudo_makes_root_of_a_user(daemon, debian, workshop, connection):
    """A setuid program with modules and a configuration of its own: Debian's, in both kinds of guests."""
    if release() not in ('bookworm', 'trixie'):
        pytest.skip('there are no guests of this release')
    source = debian('systemd', release())
    try:
        package = guests.debian_package('sudo')
    except build.Missing as error:
        pytest.skip(str(error))
    directory = tempfile.mkdtemp(prefix='sudo-', dir=workshop)
    os.chmod(directory, 0o755)
    root = directory + '/root'
    os.mkdir(root)
    # what programs need; the rest would take long to copy
    subprocess.run('cp -a --parents bin sbin lib lib64 etc usr/bin usr/lib64 usr/lib/x86_64-linux-gnu %s && '
                   'cd %s && mkdir proc sys dev run tmp var' % (root, root), shell=True, cwd=source, check=True)
    # beside it first: dpkg would put a directory in the place of the link /lib
    subprocess.run(['dpkg', '-x', package, directory + '/sudo'], check=True)
    subprocess.run(['cp', '-a', directory + '/sudo/usr', directory + '/sudo/etc', root], check=True)
    for name, line in (('passwd', 'keel:x:1000:1000::/:/bin/sh'), ('shadow', 'keel:*:19000:0:99999:7:::'),
                       ('hosts', '127.0.0.1 sudo sudo-mapped')):
        with open(root + '/etc/' + name, 'a') as file:
            file.write(line + '\n')
    guests.put(root, 'etc/sudoers', 'keel ALL=(ALL) NOPASSWD: ALL\n', 0o440)
    for name, options in (('sudo', {}), ('sudo-mapped', {
            'idmap': 0x2000000, 'root_element': "<filesystem type='mount' accessmode='mapped'><source dir='%s'/>"
                                                "<target dir='/'/></filesystem>" % root})):
        described = guests.Guest(name, root, init='/bin/sleep', arguments=['1000'], memory=256, **options)
        connection.createXML(described.xml())
        ran = daemon.run('/usr/lib/libvirt/libvirt_lxc_exec', '--user', 'keel', name, '--', 'sh', '-c',
                         'id -u; sudo -n id -u; sudo -n -u nobody id -un')
        assert ran.stdout.split() == ['1000', '0', 'nobody'], ran.stdout + ran.stderr
        connection.lookupByName(name).destroy()
    shutil.rmtree(directory)
