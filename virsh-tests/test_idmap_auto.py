# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ranges of ids that domains get when they are defined."""
import os
import re

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for
from harness.guest import Guest, read_file

pytestmark = pytest.mark.ours

SPACE = "<domain type='lxc' xmlns:caisson='urn:caisson:domain:1'>"


@pytest.fixture
def automatic(own_daemon):
    """Restarts the daemon with these lines in lxc.conf; answers a connection."""
    def make(text):
        own_daemon.close_connections()
        if own_daemon.pid:
            own_daemon.end(15)
        with open(own_daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
            file.write(text)
        own_daemon.start()
        return own_daemon.connect()
    return make


def targets(domain):
    return [int(number) for number in re.findall(r"target='(\d+)' count='65536'", domain.XMLDesc(0))]


def test_no_two_domains_share_ids_and_ids_stay(automatic, make_root):
    conf = 'idmap_auto = 1\nidmap_range = "1000000:196608"\n'
    connection = automatic(conf)
    roots = [make_root() for _ in range(4)]
    guests = [Guest('auto%d' % number, root) for number, root in enumerate(roots)]
    guests[1].idmap = 1065536
    domains = [connection.defineXML(guest.xml()) for guest in guests[:3]]
    assert [targets(domain) for domain in domains] == [[1000000] * 2, [1065536] * 2, [1131072] * 2]
    assert "accessmode='mapped'" in domains[0].XMLDesc(0)
    with pytest.raises(libvirt.libvirtError, match='all of the 196608 ids from 1000000 on belong to other domains'):
        connection.defineXML(guests[3].xml())
    domains[0].undefine()
    kept = guests[2].xml().replace('<name>auto2</name>', '<name>auto2</name><uuid>%s</uuid>' % domains[2].UUIDString())
    connection = automatic(conf)
    domain = connection.defineXML(kept)
    assert targets(domain) == [1131072] * 2
    domain = connection.createXML(guests[3].xml(), 0)
    assert targets(domain) == [1000000] * 2
    wait_for(lambda: 'started' in read_file(roots[3], 'heard'), 'init runs')
    assert process.field(process.init_of(domain), 'Uid')[0] == '1000000'
    assert os.stat(os.path.join(roots[3], 'heard')).st_uid == 0
    domain.destroy()


def test_a_domain_may_ask_for_ids_or_for_none(automatic, make_root):
    connection = automatic('idmap_range = "2000000:65536"\n')
    xml = Guest('asks', make_root()).xml().replace("<domain type='lxc'>", SPACE)
    plain = connection.defineXML(xml)
    assert '<idmap>' not in plain.XMLDesc(0)
    plain.undefine()
    wanted = "<caisson:container><caisson:idmap auto='%s'/></caisson:container></domain>"
    domain = connection.defineXML(xml.replace('</domain>', wanted % 'yes'))
    assert targets(domain) == [2000000] * 2 and "auto='yes'" in domain.XMLDesc(0)
    domain.undefine()
    connection = automatic('idmap_auto = 1\nidmap_range = "2000000:65536"\n')
    domain = connection.defineXML(xml.replace('</domain>', wanted % 'no'))
    assert '<idmap>' not in domain.XMLDesc(0)


def test_ids_are_those_of_root_in_the_files_of_the_host(own_daemon, automatic, make_root):
    connection = automatic('idmap_auto = 1\n')
    xml = Guest('subordinate', make_root()).xml()
    lines = {'uid': 'someone:100000:65536\nroot:3000000:655360\n', 'gid': 'root:3000100:655360\n'}
    try:
        for kind, text in lines.items():
            place = own_daemon.path('/run/sub' + kind)
            with open(place, 'w') as file:
                file.write(text)
            own_daemon.run('mount', '--bind', '/run/sub' + kind, '/etc/sub' + kind)
        assert targets(connection.defineXML(xml)) == [3000100] * 2
    finally:
        for kind in lines:
            own_daemon.run('umount', '/etc/sub' + kind)


def test_a_host_without_ids_for_root_is_told_what_to_do(own_daemon, automatic, make_root):
    connection = automatic('idmap_auto = 1\n')
    own_daemon.run('mount', '--bind', '/dev/null', '/etc/subuid')
    try:
        with pytest.raises(libvirt.libvirtError, match='/etc/subuid and /etc/subgid have no line of root'):
            connection.defineXML(Guest('without', make_root()).xml())
    finally:
        own_daemon.run('umount', '/etc/subuid')
