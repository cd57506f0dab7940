# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guide holds what it promises: every command in it is run, in order, and says what stands there.

In docs/guide-*.rst and docs/filesystems.rst, console blocks are sessions of root's shell: "# " begins a command, "> " continues
it, other lines are its output, in which "…" stands for anything, and a line of it for any lines. What
follows the comment ".. not run: REASON" is not run, and after ".. run with: THINGS" only where all of these
are: programs, modules of the kernel, "prjquota", "perf_event". `virsh console` is run on a terminal: what follows a prompt there is typed.
"""
import glob
import os
import re
import shutil
import subprocess
import tempfile

import pytest

from harness import build, network, process
from harness.console import TerminalConsole
from harness.daemon import PATIENCE
from harness.guest import CACHE

PAGES = sorted(glob.glob(os.path.join(build.TOP, 'docs', 'guide-*.rst'))) + ['filesystems.rst']
BLOCK = re.compile(r'^(?:\.\. (not run|run with): (.+)\n\n)?\.\. code-block:: console\n((?:\n|   .*\n)+)', re.MULTILINE)
PROMPT = re.compile(r'(.*(?:login: |Password: |[#$] |[#$]$))(.*)')
NETWORK = '/usr/share/libvirt/networks/default.xml'

# mmdebstrap takes a minute, and the network: the root is the one it made for other tests, with the same
# packages. `tools/first-steps` runs the page with mmdebstrap itself.
MMDEBSTRAP = """#!/bin/bash
for word; do case $word in --customize-hook=*) hook=${word#*=} ;; esac; done
mkdir -p "$word" && cp -a %s/. "$word" && rm "$word/.complete" && sh -c "$hook" hook "$word"
"""


def kernel_has_quota():
    with tempfile.TemporaryDirectory() as directory:
        image, place = os.path.join(directory, 'image'), os.path.join(directory, 'place')
        os.mkdir(place)
        for command in (['truncate', '-s', '8M', image],
                        ['mkfs.ext4', '-q', '-O', 'project,quota', '-E', 'quotatype=prjquota', image],
                        ['mount', '-o', 'prjquota', image, place], ['umount', place]):
            if subprocess.run(command, check=False, capture_output=True).returncode != 0:
                return False
    return True


def is_here(thing):
    if thing == 'prjquota':
        return kernel_has_quota()
    if thing == 'perf_event':
        return process.counts_events()
    if shutil.which(thing):
        return True
    subprocess.run(['modprobe', '-q', thing], check=False)
    return os.path.isdir('/sys/module/' + thing)


def steps(text):
    """(command, output) of every block that is run."""
    for kind, what, block in BLOCK.findall(text):
        if kind == 'not run' or (kind and not all(map(is_here, what.split()))):
            continue
        command, output = None, []
        for line in block.splitlines():
            line = line[3:]
            if line.startswith('# '):
                if command:
                    yield command, output
                command, output = line[2:], []
            elif line.startswith('> '):
                assert command, 'a block begins with a command: ' + line
                command += '\n' + line[2:]
            elif line.strip():
                output.append(line.rstrip())
        if command:
            yield command, output


def pattern(lines):
    """What matches output with these lines in it, in this order, with nothing between them but where "…" stands."""
    return ''.join('(?:.*\n)*?' if line.strip() == '…' else
                   '.*'.join(re.escape(' '.join(part.split())) for part in line.split('…')) + '\n' for line in lines)


def plain(text):
    """Lines without empty ones and without columns of spaces."""
    return '\n'.join(' '.join(line.split()) for line in text.splitlines() if line.strip())


def run(daemon, directory, command):
    """As root would, in the session's namespaces, where virsh finds the driver by its default."""
    environment = {'PATH': '%s:/usr/sbin:/usr/bin:/sbin:/bin' % os.path.join(directory, 'bin'), 'LC_ALL': 'C.UTF-8',
                   'HOME': directory, 'LIBVIRT_DEFAULT_URI': 'lxc:///system'}
    # After what the command changed, as a shell does that goes on.
    script = 'cd "$(cat %s/cwd)"\n%s\ncode=$?\npwd > %s/cwd\nexit $code' % (directory, command, directory)
    return subprocess.run(daemon.enter('/bin/bash', '-c', script), capture_output=True, text=True,
                          timeout=120 * PATIENCE, check=False, env=environment, stdin=subprocess.DEVNULL)


def converse(daemon, command, output):
    """`virsh console` on a terminal: waits for the lines, and types what follows a prompt."""
    words = command.split()
    with TerminalConsole(daemon, words[2], *words[3:]) as console:
        for line in output:
            if line.strip() == '…':
                continue
            prompt, typed = (PROMPT.fullmatch(line) or re.fullmatch('(.*)()', line)).groups()
            # busybox since 1.37 calls its home "~", also where that is "/"
            console.expect('[/~] #' if prompt.strip() == '/ #' else re.escape(prompt.strip()), seconds=60)
            if typed:
                console.send(typed + '\n')
        assert console.leave() == 0


@pytest.fixture
def shelf(own_daemon, tmp_path):
    """A directory for /srv, and one of commands as the pages call them."""
    os.makedirs(tmp_path / 'bin')
    for name, script in (('caisson-check', 'check-host'), ('caisson-template', 'caisson-template')):
        os.symlink(os.path.join(build.TOP, 'tools', script), tmp_path / 'bin' / name)
    # /srv is the test's own, also for what the daemon starts.
    own_daemon.run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/srv', timeout=10)
    with open(tmp_path / 'cwd', 'w') as file:
        file.write('/srv')
    yield str(tmp_path)
    own_daemon.virsh('net-destroy', 'default', check=False)
    own_daemon.run('umount', '-l', '/srv', timeout=10)


def make_ready(daemon, directory, text, debian):
    """What a page takes for granted: Debian's network, and its packages."""
    if "'default'" in text:
        if not os.path.exists(NETWORK) or not shutil.which('dnsmasq'):
            pytest.skip('libvirt-daemon-config-network or dnsmasq is not installed')
        if not network.has_firewall():
            pytest.skip('the kernel has no tables of iptables')
        daemon.virsh('net-define', NETWORK)
    if 'mmdebstrap ' in text:
        debian('systemd')
        path = os.path.join(directory, 'bin/mmdebstrap')
        with open(path, 'w') as file:
            file.write(MMDEBSTRAP % os.path.join(CACHE, 'bookworm-systemd'))
        os.chmod(path, 0o755)


def marks(page):
    text = open_page(page)
    return ([pytest.mark.debian] if '# mmdebstrap ' in text else []) + (
        [pytest.mark.unsanitized] if "'default'" in text else [])


def open_page(page):
    with open(os.path.join(build.TOP, 'docs', page), encoding='utf-8') as file:
        return file.read()


@pytest.mark.ours
@pytest.mark.parametrize('page', [pytest.param(name, marks=marks(name), id=name)
                                  for name in map(os.path.basename, PAGES)])
def test_every_command_of_a_page_does_what_it_says(own_daemon, workshop, shelf, debian, page):
    text = open_page(page)
    todo = list(steps(text))
    assert todo or re.search(r'\.\. (not run|run with): ', text), 'no commands in ' + page
    make_ready(own_daemon, shelf, text, debian)
    for command, output in todo:
        if command.startswith('virsh console '):
            converse(own_daemon, command, output)
            continue
        process = run(own_daemon, shelf, command)
        said = plain(process.stdout + process.stderr) + '\n'
        refused = any(line.startswith('error:') for line in output)
        assert refused or process.returncode == 0, '# %s\n%s' % (command, said)
        assert re.search(pattern(output), said), '# %s\nsaid\n%s\nand the page has\n%s' % (
            command, said, '\n'.join(output))
