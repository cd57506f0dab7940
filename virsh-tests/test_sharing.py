# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that share namespaces with each other and with the host."""
import os
import subprocess

import libvirt
import pytest

from harness import network

pytestmark = pytest.mark.ours

SHARING = ("<domain type='lxc' xmlns:lxc='http://libvirt.org/schemas/domain/lxc/1.0'>",
           "<lxc:namespace>%s</lxc:namespace></domain>")


@pytest.fixture
def share(connection, make_guest):
    """Defines a guest that shares; answers (domain, guest)."""
    def make(shares, **options):
        described = make_guest(features=options.pop('features', ''), **options)
        xml = described.xml().replace("<domain type='lxc'>", SHARING[0])
        xml = xml.replace('</domain>', SHARING[1] % shares)
        return connection.defineXML(xml), described
    return make


def namespace(pid, kind):
    return os.readlink('/proc/%d/ns/%s' % (pid, kind))


def test_a_guest_shares_namespaces_with_another_guest(daemon, start, share):
    start(name='one')
    domain, _ = share("<lxc:sharenet type='name' value='one'/><lxc:shareipc type='name' value='one'/>"
                      "<lxc:shareuts type='name' value='one'/>", name='two')
    domain.create()
    one, two = network.init_of(daemon, 'one'), network.init_of(daemon, 'two')
    for kind in ('net', 'ipc', 'uts'):
        assert namespace(one, kind) == namespace(two, kind)
    for kind in ('pid', 'mnt'):
        assert namespace(one, kind) != namespace(two, kind)
    hostname = subprocess.run(['nsenter', '--target', str(one), '--uts', 'hostname'], check=True,
                              capture_output=True, text=True).stdout.strip()
    assert hostname == 'one'


def test_a_guest_shares_the_network_of_a_process(daemon, share):
    domain, described = share("<lxc:sharenet type='pid' value='%d'/>" % daemon.holder)
    domain.create()
    assert namespace(network.init_of(daemon, described.name), 'net') == namespace(daemon.holder, 'net')


def test_a_guest_joins_a_named_network(daemon, share):
    # `ip netns add` would leave a mount of its own
    os.makedirs(daemon.path('/run/netns'), exist_ok=True)
    open(daemon.path('/run/netns/shed'), 'w').close()
    daemon.run('unshare', '--net=/run/netns/shed', 'true')
    try:
        domain, described = share("<lxc:sharenet type='netns' value='shed'/>")
        domain.create()
        network.ip(daemon, '-n', 'shed', 'link', 'add', 'mark', 'type', 'bridge')
        assert 'mark' in network.links_inside(daemon, described.name)
        domain.destroy()
    finally:
        daemon.run('umount', '/run/netns/shed')
        os.unlink(daemon.path('/run/netns/shed'))


def test_who_maps_ids_shares_too(daemon, start, share):
    start(name='one')
    domain, _ = share("<lxc:sharenet type='name' value='one'/>", name='two', idmap=500000)
    domain.create()
    assert (namespace(network.init_of(daemon, 'one'), 'net') ==
            namespace(network.init_of(daemon, 'two'), 'net'))


@pytest.mark.parametrize('shares, message', [
    ("<lxc:sharenet type='name' value='nobody'/>", "domain 'nobody', with which a namespace is to be shared"),
    ("<lxc:sharenet type='netns' value='nowhere'/>",
     "cannot join the network namespace '/run/netns/nowhere': No such file"),
    ("<lxc:shareuts type='pid' value='2147483647'/>", "cannot join the uts namespace '/proc/2147483647/ns/uts'"),
])
def test_what_cannot_be_shared_fails_the_start(share, leak_check, shares, message):
    domain, _ = share(shares)
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.create()
    assert message in str(caught.value)
    leak_check.check()


@pytest.mark.parametrize('shares, options, message', [
    ("<lxc:sharenet type='pid' value='1'/>", {'features': '<privnet/>'},
     '<lxc:sharenet> and <privnet/> exclude each other'),
    ("<lxc:sharenet type='pid' value='1'/>",
     {'devices': "<interface type='bridge'><source bridge='b'/></interface>"},
     '<lxc:sharenet> and <interface> exclude each other'),
    ("<lxc:sharenet type='netns' value='../x'/>", {}, 'the name of a file in /run/netns is needed'),
])
def test_contradictions_are_refused_at_define(share, shares, options, message):
    with pytest.raises(libvirt.libvirtError) as caught:
        share(shares, **options)
    assert message in str(caught.value)
