# SPDX-License-Identifier: LGPL-2.1-or-later
"""Controllers that stand by."""
from .daemon import wait_for
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


def can_be_told():
    """Whether the host shows when one is ready: by groups that are made ahead, which is done on version 1 only."""
    return hierarchy('freezer')[0] == 1


def is_ready(pid):
    """It has entered its groups, which is the last it does before it waits."""
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
