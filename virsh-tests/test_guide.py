# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guide holds what it promises: every command in it is run, in order, and says what stands there.

In docs/guide-*.rst, console blocks are sessions of root's shell: "# " begins a command, "> " continues
it, other lines are its output, in which "…" stands for anything, and a line of it for any lines. What
follows the comment ".. not run: REASON" is not run.
"""
import glob
import os
import re
import subprocess

import pytest

from harness import build

PAGES = sorted(glob.glob(os.path.join(build.TOP, 'docs', 'guide-*.rst')))
BLOCK = re.compile(r'^(\.\. not run: .+\n\n)?\.\. code-block:: console\n((?:\n|   .*\n)+)', re.MULTILINE)


def steps(text):
    """(command, output) of every block that is run."""
    for match in BLOCK.finditer(text):
        if match.group(1):
            continue
        command, output = None, []
        for line in match.group(2).splitlines():
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
    return subprocess.run(daemon.enter('/bin/bash', '-c', script), capture_output=True, text=True, timeout=120,
                          check=False, env=environment, stdin=subprocess.DEVNULL)


@pytest.mark.ours
@pytest.mark.parametrize('page', [os.path.basename(page) for page in PAGES])
def test_every_command_of_a_page_does_what_it_says(own_daemon, workshop, tmp_path, page):
    with open(os.path.join(build.TOP, 'docs', page)) as file:
        text = file.read()
    todo = list(steps(text))
    assert todo, 'no commands in ' + page
    os.makedirs(tmp_path / 'bin')
    for name, script in (('caisson-check', 'check-host'), ('caisson-template', 'caisson-template')):
        os.symlink(os.path.join(build.TOP, 'tools', script), tmp_path / 'bin' / name)
    # /srv is the test's own, also for what the daemon starts.
    own_daemon.run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/srv', timeout=10)
    with open(tmp_path / 'cwd', 'w') as file:
        file.write('/srv')
    try:
        for command, output in todo:
            process = run(own_daemon, str(tmp_path), command)
            said = plain(process.stdout + process.stderr) + '\n'
            refused = any(line.startswith('error:') for line in output)
            assert refused or process.returncode == 0, '# %s\n%s' % (command, said)
            assert re.search(pattern(output), said), '# %s\nsaid\n%s\nand the page has\n%s' % (
                command, said, '\n'.join(output))
    finally:
        own_daemon.run('umount', '-l', '/srv', timeout=10)
