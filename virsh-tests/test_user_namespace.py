# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests whose ids are mapped."""
import os

import libvirt
import pytest

from harness import process
from harness.console import StreamConsole
from harness.daemon import wait_for
from harness.guest import read_file

FIRST = 100000


def test_root_of_the_guest_is_nobody_on_the_host(start):
    domain, guest = start(idmap=FIRST)
    init = process.init_of(domain)
    assert process.field(init, 'Uid')[0] == str(FIRST) and process.field(init, 'Gid')[0] == str(FIRST)
    with open('/proc/%d/uid_map' % init) as file:
        assert file.read().split() == ['0', str(FIRST), '65536']
    assert os.stat(os.path.join(guest.root, 'heard')).st_uid == FIRST


def test_its_console_answers(connection, start):
    domain, _ = start(idmap=FIRST, init='/bin/sh')
    with StreamConsole(connection, domain) as console:
        console.prompt()
        assert console.command('id -u; test -w /dev/null && test -w /dev/tty1 && echo writable') == \
            '0\nwritable\n'


@pytest.mark.ours
def test_it_is_suspended_resumed_shut_down_and_leaves_nothing(start):
    domain, guest = start(idmap=FIRST)
    domain.suspend()
    domain.resume()
    domain.shutdown()
    wait_for(lambda: not domain.isActive(), 'it shuts down')


@pytest.mark.ours
def test_it_shares_the_hosts_network_when_asked(daemon, start):
    domain, _ = start(idmap=FIRST, features='')
    assert os.readlink('/proc/%d/ns/net' % process.init_of(domain)) == \
        os.readlink('/proc/%d/ns/net' % daemon.pid)
