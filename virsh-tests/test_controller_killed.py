# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 of a guest's controller, as launcher at any step of a start and as keeper."""
import os
import random
import threading
import time

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for

pytestmark = pytest.mark.ours

SEED = int(os.environ.get('CAISSON_TEST_SEED', '20'))


@pytest.mark.parametrize('paused', [False, True], ids=['running', 'paused'])
def test_a_guest_whose_keeper_is_killed_has_failed_and_is_gone(daemon, start, recorded, paused):
    domain, guest = start()
    if paused:
        domain.suspend()
    init = process.init_of(domain)
    os.kill(domain.ID(), 9)
    recorded.wait(guest.name, 'stopped failed')
    assert domain.state() == [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_FAILED]
    process.wait_gone(init)  # it leaves its group of version 2 a moment before it has ended
    domain.create()
    assert domain.isActive()


def test_keepers_killed_all_at_once_leave_nothing(daemon, start):
    domains = [start()[0] for _ in range(10)]
    for number, domain in enumerate(domains):
        if number % 3 == 0:
            domain.suspend()
    for pid in [domain.ID() for domain in domains]:
        os.kill(pid, 9)
    for domain in domains:
        wait_for(lambda: not domain.isActive(), '%s has ended' % domain.name())
        assert domain.state()[1] == libvirt.VIR_DOMAIN_SHUTOFF_FAILED


def launcher_of(daemon, name, seconds):
    """The pid of the guest's controller as soon as there is one, which may have been there before."""
    deadline = time.monotonic() + seconds
    mark = b'--name\0' + name.encode() + b'\0'
    while time.monotonic() < deadline:
        words = {}
        for pid in process.children(daemon.pid):
            try:
                with open('/proc/%d/cmdline' % pid, 'rb') as file:
                    words[pid] = file.read()
            except OSError:
                pass
        for wanted in (mark, b'\0--standby\0'):
            for pid, text in words.items():
                if wanted in text:
                    return pid
    return None


def test_a_launcher_killed_at_any_moment_of_a_start_leaves_nothing(daemon, define):
    chance = random.Random(SEED)
    domain, guest = define()
    failed, killed = 0, []
    for _ in range(60):
        delay = chance.uniform(0, 0.012)  # a start takes about 8 ms: most hit one of its steps

        def kill():
            pid = launcher_of(daemon, guest.name, 5)
            if pid is not None:
                killed.append(pid)
                time.sleep(delay)
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass
        killer = threading.Thread(target=kill)
        killer.start()
        try:
            domain.create()
        except libvirt.libvirtError as error:
            failed += 1
            assert str(error).strip() != ''
            assert not domain.isActive(), 'active after a failed start'
        killer.join()
        if domain.isActive() and domain.ID() not in killed:
            domain.destroy()    # it was another one that stood by
        wait_for(lambda: not domain.isActive(), 'it has ended')
    assert failed > 0
    domain.create()
    assert domain.isActive()


def test_the_children_of_a_launcher_killed_during_start_leave_nothing(daemon, define):
    """Whatever the launcher runs in the guest's namespaces dies: the start fails or is unharmed."""
    chance = random.Random(SEED + 1)
    domain, guest = define()
    for _ in range(30):
        delay = chance.uniform(0, 0.03)

        def kill():
            pid = launcher_of(daemon, guest.name, 5)
            if pid is None:
                return
            time.sleep(delay)
            for child in process.descendants(pid):
                try:
                    os.kill(child, 9)
                except ProcessLookupError:
                    pass
        killer = threading.Thread(target=kill)
        killer.start()
        try:
            domain.create()
        except libvirt.libvirtError:
            assert not domain.isActive(), 'active after a failed start'
        killer.join()
        if domain.isActive():
            try:
                domain.destroy()
            except libvirt.libvirtError:
                wait_for(lambda: not domain.isActive(), 'it has ended')
