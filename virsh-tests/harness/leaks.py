# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what guests may leave behind: in the session, and on the host around it."""
import os
import re
import time

from . import guest, session
from .daemon import PATIENCE

# Made once by the first guest and kept: the resource partition.
PARTITION = re.compile(r'/(machine|machine(-[^/]*)?\.slice|machine\.partition)$')

# Files of a defined domain and of the daemon itself, which no guest leaves behind.
EXPECTED = re.compile(r'^/run/libvirt/(lxc/(driver\.pid|autostarted|autostart-done)$|lxc$'
                      r'|(?!lxc/))')

# Controllers that stand by for the next start are the daemon's; test_standby.py looks at those.
STANDBY = re.compile(r'/lxc-\d+\.libvirt-lxc(/|$)|libvirt_lxc --(standby|fork-server) ')

# The stock driver leaves these of every guest.
LEFT_BY_STOCK = re.compile(r'^file /run/libvirt/lxc/[^/]+\.(dev|devpts|fuse|sock|root)$')

# Of the mounts that the host shares with others while tests run, only these can come from them.
OURS = re.compile(r'caisson-(?!tests/)|libvirt')


def groups(daemon):
    """Control group directories of the session."""
    top = daemon.path('/sys/fs/cgroup')
    found = set()
    for folder, _, _ in os.walk(top):
        if STANDBY.search(folder) or PARTITION.search(folder):
            continue
        if daemon.group_pattern.search(folder[len(top):]):
            found.add('cgroup ' + folder[len(top):])
    return found


def mounts(pid, label, pattern=''):
    found = {}
    try:
        with open('/proc/%d/mountinfo' % pid) as file:
            for line in file:
                word = line.split()
                # roots are made in the cache while tests run
                if not re.search(pattern, word[4]) or word[4].startswith(guest.CACHE + '/'):
                    continue
                key = '%s %s' % (label, word[4])
                found[key] = found.get(key, 0) + 1
    except OSError:
        pass
    return {'%s x%d' % item for item in found.items()}


def links(daemon):
    return {'network link ' + name for name in os.listdir(daemon.path('/sys/class/net'))}


def processes(daemon):
    found = set()
    for pid in daemon.processes():
        try:
            with open('/proc/%d/cmdline' % pid, 'rb') as file:
                words = file.read().replace(b'\0', b' ').decode(errors='replace').strip()
        except OSError:
            continue
        if words and pid != daemon.pid and not STANDBY.search(words):
            found.add('process %d %s' % (pid, words[:100]))
    return found


def files(daemon):
    found = set()
    for start in daemon.state_directories:
        top = daemon.path(start)
        for folder, folders, names in os.walk(top):
            inside = start + folder[len(top):]
            for name in folders + names:
                path = os.path.join(inside, name)
                if not EXPECTED.match(path):
                    found.add('file ' + path)
    return found


def loop_devices():
    found = set()
    for name in os.listdir('/sys/block'):
        try:
            with open('/sys/block/%s/loop/backing_file' % name) as file:
                found.add('loop device %s of %s' % (name, file.read().strip()))
        except OSError:
            continue
    return {what for what in found if session.directory() in what}


def network_block_devices():
    found = set()
    for name in os.listdir('/sys/block'):
        try:
            with open('/sys/block/%s/backend' % name) as file:
                found.add('device %s of %s' % (name, file.read().strip()))
        except OSError:
            continue
    return {what for what in found if session.directory() in what}


def descriptors(daemon):
    """How many the daemon holds; rounded, as worker threads come and go."""
    return len(os.listdir('/proc/%d/fd' % daemon.pid)) if daemon.pid else 0


def snapshot(daemon):
    """Everything there is now, as a set of words."""
    found = groups(daemon) | mounts(daemon.holder, 'mount of the session')
    if daemon.pid:
        found |= mounts(daemon.pid, 'mount of the daemon')
    found |= mounts(os.getpid(), 'mount of the host', OURS)
    return found | links(daemon) | processes(daemon) | files(daemon) | loop_devices() | \
        network_block_devices()


class Leaks:
    """Compares now with before; what ends asynchronously gets a moment."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.before = snapshot(daemon)

    def left(self, seconds=5.0):
        deadline = time.monotonic() + seconds * PATIENCE
        while True:
            now = snapshot(self.daemon)
            more = now - self.before
            if self.daemon.driver == 'stock':
                more = {what for what in more if not LEFT_BY_STOCK.match(what)}
            if not more or time.monotonic() > deadline:
                return sorted(more)
            time.sleep(0.02)

    def check(self, seconds=5.0):
        left = self.left(seconds)
        assert not left, 'left behind:\n  ' + '\n  '.join(left)
