# SPDX-License-Identifier: LGPL-2.1-or-later
"""Controllers that stand by."""
import time

from . import process
from .daemon import PATIENCE, wait_for
from .limits import hierarchy


def run_with(daemon, word):
    """pids of the session's processes that have it among their arguments."""
    found = []
    for pid in daemon.processes():
        try:
            with open('/proc/%d/cmdline' % pid, 'rb') as file:
                words = file.read().split(b'\0')
        except OSError:
            continue
        if word in words:
            found.append(pid)
    return sorted(found)


def waiting(daemon):
    """pids of those that stand by."""
    return run_with(daemon, b'--standby')


def fork_servers(daemon):
    """pids of those that make copies of themselves."""
    return run_with(daemon, b'--fork-server')


def is_at_rest(pid):
    def steps():
        return process.field(pid, 'State')[:1], process.field(pid, 'voluntary_ctxt_switches')
    before = steps()
    time.sleep(0.3 * PATIENCE)
    return before[0] == ['S'] and steps() == before


def is_ready(pid):
    """It has entered its groups, which is the last it does before it waits; groups of version 2 are not made ahead."""
    if hierarchy('freezer')[0] == 2:
        return is_at_rest(pid)
    try:
        with open('/proc/%d/cgroup' % pid) as file:
            return 'lxc-%d.libvirt-lxc/supervisor' % pid in file.read()
    except OSError:
        return False


def ready(daemon, count=1):
    """Waits until as many could take a guest; answers their pids."""
    def found():
        pids = [pid for pid in waiting(daemon) if is_ready(pid)]
        return pids if len(pids) >= count else None
    return wait_for(found, '%d stand by' % count)
