# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest that wants too much: memory, processes. It stays inside, and is told of."""
import os
import shutil
import tempfile

import libvirt
import pytest

from harness import guest as guests
from harness import limits, process
from harness.daemon import wait_for

pytestmark = pytest.mark.ours

MIB = 1 << 20
LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE
PIDS = "<caisson:container xmlns:caisson='urn:caisson:domain:1'><caisson:pids limit='%d'/></caisson:container>"
PATIENCE = 60

# Doubles a text until the kernel says no.
GLUTTON = '''#!/bin/sh
x=0123456789abcdef
while :; do x=$x$x; done
'''

# init lives on and starts one glutton after the other
KEEPER_OF_GLUTTONS = '''#!/bin/sh
trap '' TERM
echo started >> /heard
while :; do
    /sbin/glutton
    echo "$?" >> /ended
    sleep 0.1
done
'''

BOMB = '''#!/bin/sh
echo started >> /heard
bomb() { bomb | bomb & }
while :; do (bomb) 2>/dev/null; done
'''


def hungry(make_root, init):
    root = make_root()
    guests.put(root, 'sbin/glutton', GLUTTON, 0o755)
    guests.put(root, 'sbin/hungry', init, 0o755)
    return root


def kills(root):
    """Exit statuses of what ran in the guest and was killed."""
    return guests.read_file(root, 'ended').split().count('137')


def test_what_is_too_greedy_is_killed_inside_and_told(daemon, start, make_root):
    neighbour, _ = start()
    root = hungry(make_root, KEEPER_OF_GLUTTONS)
    domain, described = start(root=root, init='/sbin/hungry', memory=24,
                              top="<memtune><swap_hard_limit unit='MiB'>24</swap_hard_limit></memtune>")
    init = process.init_of(domain)
    wait_for(lambda: kills(root) > 0, 'the kernel has killed inside', PATIENCE)
    assert process.alive(init) and domain.isActive()
    assert neighbour.isActive() and daemon.ended() is None
    wait_for(lambda: "the guest ran out of memory: the kernel killed in it" in daemon.guest_log(described.name),
             'it is in the log of the guest', PATIENCE)
    wait_for(lambda: "domain '%s' ran out of memory" % described.name in daemon.log(),
             'it is in the log of the daemon', PATIENCE)
    # once in two seconds, not for each process
    assert daemon.guest_log(described.name).count('ran out of memory') <= kills(root) + 2
    domain.destroy()


def test_an_init_that_is_too_greedy_is_a_crash_with_its_reason(daemon, define, make_root, recorded):
    root = hungry(make_root, GLUTTON)
    domain, described = define(root=root, init='/sbin/hungry', memory=24,
                               top="<memtune><swap_hard_limit unit='MiB'>24</swap_hard_limit></memtune>")
    domain.create()
    recorded.expect(described.name, 'defined added', 'started booted', 'stopped crashed', seconds=PATIENCE)
    assert domain.state() == [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED]
    wait_for(lambda: 'init was killed because the guest was out of memory; give it more' in daemon.log(),
             'the reason is in the log', PATIENCE)
    assert 'crashed (exit code -1, signal 9, out of memory)' in daemon.guest_log(described.name)


@pytest.fixture
def disk():
    """A directory that is not in memory: what is read from it can be taken back."""
    if os.major(os.stat('/var/tmp').st_dev) == 0:
        pytest.skip('/var/tmp is on no block device')
    directory = tempfile.mkdtemp(prefix='caisson-disk-', dir='/var/tmp')
    os.chmod(directory, 0o755)
    yield directory
    shutil.rmtree(directory)


def test_a_limit_lowered_live_is_obeyed(start, make_root, disk):
    root = make_root()
    guests.put(root, 'sbin/reader', '''#!/bin/sh
dd if=/dev/zero of=/mnt/large bs=1M count=40 2>/dev/null
sync
echo started >> /heard
while :; do cat /mnt/large >/dev/null; echo read >> /rounds; sleep 0.1; done
''', 0o755)
    domain, _ = start(root=root, init='/sbin/reader', memory=128,
                      devices="<filesystem type='mount'><source dir='%s'/><target dir='/mnt'/></filesystem>" % disk)
    wait_for(lambda: 'read' in guests.read_file(root, 'rounds'), 'it has read', PATIENCE)
    domain.setMemory(16 * 1024)
    version, group = limits.group_of(domain, 'memory')
    usage = 'memory.usage_in_bytes' if version == 1 else 'memory.current'
    rounds = len(guests.read_file(root, 'rounds').split())
    assert int(limits.read(group, usage)) <= 16 * MIB
    wait_for(lambda: len(guests.read_file(root, 'rounds').split()) > rounds + 2, 'it goes on', PATIENCE)
    assert int(limits.read(group, usage)) <= 16 * MIB
    assert domain.isActive()


def test_a_fork_bomb_stays_inside(daemon, start, make_root):
    neighbour, _ = start()
    root = hungry(make_root, BOMB)
    domain, _ = start(root=root, init='/sbin/hungry', memory=128, top=PIDS % 40)
    version, group = limits.group_of(domain, 'pids')
    wait_for(lambda: refused(group) > 0, 'the kernel has refused a task', PATIENCE)
    assert int(limits.read(group, 'pids.current')) <= 40
    assert neighbour.isActive() and neighbour.info()[0] == libvirt.VIR_DOMAIN_RUNNING
    assert daemon.ended() is None
    domain.destroy()
    assert not os.path.exists(group)


def refused(group):
    """How many tasks the limit has refused, in the group or below it."""
    words = ''
    for folder, _, _ in os.walk(group):
        words += limits.read(folder, 'pids.events') + '\n'
    return sum(int(line.split()[1]) for line in words.splitlines() if line.startswith('max '))
