# SPDX-License-Identifier: LGPL-2.1-or-later
"""Facts about processes of the host, as /proc tells them."""
import os

from .daemon import wait_for


def field(pid, name):
    """A line of /proc/PID/status, as a list of words; [] when the process has gone."""
    try:
        with open('/proc/%d/status' % pid) as file:
            for line in file:
                if line.startswith(name + ':'):
                    return line.split()[1:]
    except OSError:
        pass
    return []


def is_filtered():
    """Whether what has started these tests keeps system calls from them, as systemd-nspawn does."""
    return field(os.getpid(), 'Seccomp') not in ([], ['0'])


def is_in_user_mode_linux():
    with open('/proc/cpuinfo') as file:
        return 'User Mode Linux' in file.read()


def counts_events():
    """Whether the kernel counts performance events of control groups, and lets us ask for it."""
    with open('/proc/cgroups') as file:
        known = any(line.split()[0] == 'perf_event' and line.split()[3] == '1' for line in file)
    return known and not is_filtered()


def alive(pid):
    state = field(pid, 'State')
    return bool(state) and state[0] not in 'ZX'


def children(pid):
    found = []
    try:
        for task in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/children' % (pid, task)) as file:
                found += [int(word) for word in file.read().split()]
    except OSError:
        pass
    return found


def descendants(pid):
    found, fresh = [], children(pid)
    while fresh:
        found += fresh
        fresh = [child for parent in fresh for child in children(parent)]
    return found


def init_pid(controller):
    """The host's pid of the guest's init: the first process of a pid namespace below its controller."""
    for pid in descendants(controller):
        names = field(pid, 'NSpid')
        if len(names) > 1 and names[-1] == '1':
            return pid
    return None


def init_of(domain):
    return wait_for(lambda: init_pid(domain.ID()), 'init of %s' % domain.name())


def wait_gone(pid, seconds=10):
    wait_for(lambda: not alive(pid), 'process %d has ended' % pid, seconds)
