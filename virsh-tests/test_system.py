# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests under the system's own libvirtd, where systemd is."""
import os

import pytest

from harness import process
from harness.daemon import wait_for

pytestmark = [pytest.mark.system, pytest.mark.ours]


@pytest.fixture
def started(system_daemon, make_guest):
    """Defines and starts a guest; answers (domain, guest)."""
    def make(**options):
        guest = make_guest(**options)
        domain = system_daemon.connect().defineXML(guest.xml())
        domain.create()
        return domain, guest
    return make


def groups_of(pid):
    with open('/proc/%d/cgroup' % pid) as file:
        return [line.rstrip('\n').split(':', 2)[2] for line in file]


def test_a_guest_runs_in_groups_apart_from_the_daemons(system_daemon, started):
    domain, _ = started()
    init = process.init_of(domain)
    daemons = groups_of(system_daemon.pid)
    for group in groups_of(init):
        assert group.endswith('/libvirt/guest')
        assert group not in daemons
    domain.destroy()
    process.wait_gone(init)


def test_a_guest_lives_on_when_the_service_is_restarted(system_daemon, started):
    domain, guest = started()
    init = process.init_of(domain)
    system_daemon.terminate()
    assert process.alive(init)
    system_daemon.start()
    found = system_daemon.connect().lookupByName(guest.name)
    assert found.isActive() and process.init_of(found) == init
    system_daemon.virsh('destroy', guest.name)
    process.wait_gone(init)


def test_the_limit_on_memory_is_in_the_groups_of_the_guest(system_daemon, started):
    domain, _ = started(memory=96)
    init = process.init_of(domain)
    with open('/proc/%d/cgroup' % init) as file:
        places = [line.rstrip('\n').split(':', 2)[1:] for line in file]
    limits = [read_limit(controllers, os.path.dirname(path)) for controllers, path in places]
    assert 96 << 20 in limits
    domain.destroy()
    wait_for(lambda: not process.alive(init), 'it ends')


def read_limit(controllers, group):
    names = {'': ('/sys/fs/cgroup', 'memory.max'),
             'memory': ('/sys/fs/cgroup/memory', 'memory.limit_in_bytes')}
    if controllers not in names:
        return None
    top, name = names[controllers]
    try:
        with open(top + group + '/' + name) as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
