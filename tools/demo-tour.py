#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tour of tools/demo, on what is built: define, start, console, suspend, shut down, clean up."""
import argparse
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, 'virsh-tests'))

from harness import build, guest  # noqa: E402
from harness.console import TerminalConsole  # noqa: E402
from harness.daemon import PrivateDaemon, wait_for  # noqa: E402

NAME = 'demo'
INITTAB = '''\
console::respawn:/bin/sh
::shutdown:/bin/sync
'''


def step(text):
    print('\n== ' + text, flush=True)


def virsh(daemon, *argv):
    print('$ virsh ' + ' '.join(argv))
    result = daemon.virsh(*argv, quiet=False)
    print(result.out.strip('\n'), flush=True)
    return result


def type_on_console(daemon, command):
    """Opens the console on a terminal of its own, types one command, and leaves it."""
    print('$ virsh console %s' % NAME)
    with TerminalConsole(daemon, NAME) as console:
        greeting = console.expect(r'(?s)Connected to.*?Escape character is[^\r\n]*').group(0)
        print(greeting.decode().replace('\r', ''))
        console.prompt()
        print('/ # ' + command)
        print(console.command(command), end='')
        console.leave()
    print('^]', flush=True)


def describe(daemon, directory):
    """Writes the domain XML of a container on a busybox root; answers its path."""
    root = guest.busybox_root(os.path.join(directory, 'root'))
    guest.put(root, 'etc/inittab', INITTAB)
    path = os.path.join(directory, NAME + '.xml')
    with open(path, 'w') as file:
        file.write(guest.Guest(NAME, root, init='/sbin/init', memory=128).xml())
    return path


def tour(daemon, directory):
    step('a container is defined and started, as with any libvirt driver')
    virsh(daemon, 'version')
    virsh(daemon, 'define', describe(daemon, directory))
    virsh(daemon, 'start', NAME)
    virsh(daemon, 'list')

    step('its console answers')
    type_on_console(daemon, 'echo I am $(hostname), process $$ of $(ls -d /proc/[0-9]* | wc -l); id -un')

    step('what libvirt knows about it')
    virsh(daemon, 'dominfo', NAME)

    step('suspend, resume, shut down')
    virsh(daemon, 'suspend', NAME)
    virsh(daemon, 'domstate', NAME)
    virsh(daemon, 'resume', NAME)
    virsh(daemon, 'domstate', NAME)
    virsh(daemon, 'shutdown', NAME)
    wait_for(lambda: daemon.virsh('domstate', NAME).out.strip() == 'shut off', 'the container is off')
    virsh(daemon, 'list', '--all')
    step('started again and destroyed, without asking its init')
    virsh(daemon, 'start', NAME)
    virsh(daemon, 'destroy', NAME)
    virsh(daemon, 'list', '--all')


def prompt(daemon):
    step('a virsh prompt on the private daemon; the container is defined. `quit` ends it all')
    subprocess.run(daemon.enter('virsh', '-c', 'lxc:///system'), check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--shell', action='store_true', help='leave a virsh prompt at the end')
    parser.add_argument('--driver', choices=('ours', 'stock'), default='ours')
    options = parser.parse_args()
    step('starting a private libvirtd with this driver')
    daemon = PrivateDaemon(options.driver)
    try:
        daemon.start()
        print('libvirtd is process %d; its namespaces and control groups are its own' % daemon.pid)
        with tempfile.TemporaryDirectory(prefix='caisson-demo-') as directory:
            os.chmod(directory, 0o755)
            tour(daemon, directory)
            if options.shell:
                prompt(daemon)
            step('cleaning up')
            for name in daemon.virsh('list', '--name').out.split():
                daemon.virsh('destroy', name)
            virsh(daemon, 'undefine', NAME)
    finally:
        daemon.close()
    print('the daemon has ended; nothing is left')


if __name__ == '__main__':
    try:
        main()
    except (AssertionError, RuntimeError, build.Missing) as error:
        sys.exit('tools/demo: %s' % error)
