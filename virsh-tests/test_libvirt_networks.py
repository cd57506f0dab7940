# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests on libvirt's own networks: ports, leases, isolation, filters."""
import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import libvirt
import pytest

from harness import network
from harness.daemon import wait_for

pytestmark = [pytest.mark.ours,
              pytest.mark.skipif(not shutil.which('dnsmasq') or not shutil.which('iptables'),
                                 reason='dnsmasq or iptables is not installed')]

MAC = '52:54:00:0b:0c:%02x'

NAT = """<network><name>garden</name><forward mode='nat'/><bridge name='garden0' stp='off'/>
  <ip address='192.0.2.1' netmask='255.255.255.0'>
    <dhcp><range start='192.0.2.10' end='192.0.2.99'/></dhcp></ip>
  <ip family='ipv6' address='2001:db8::1' prefix='64'/>
  <portgroup name='slow'><bandwidth><inbound average='1000'/></bandwidth></portgroup>
</network>"""
ISOLATED = """<network><name>cellar</name><bridge name='cellar0' stp='off'/>
  <ip address='198.51.100.1' netmask='255.255.255.0'/></network>"""
ON_BRIDGE = "<network><name>street</name><forward mode='bridge'/><bridge name='%s'/></network>"
DIRECT = """<network><name>lane</name><forward mode='%s'>
  <interface dev='%s'/></forward></network>"""
ROUTED = """<network><name>road</name><forward mode='%s'/><bridge name='road0' stp='off'/>
  <ip address='203.0.113.1' netmask='255.255.255.0'/></network>"""


@pytest.fixture
def firewall():
    """libvirt makes no bridge without rules."""
    if not network.has_firewall():
        pytest.skip('the kernel has no tables of iptables')


@pytest.fixture
def make_network(request, connection):
    """Makes an active network; destroyed after the test, when no port may be left on it."""
    made = []

    def make(xml):
        if "stp='off'" in xml:
            request.getfixturevalue('firewall')
        net = connection.networkCreateXML(xml)
        made.append(net)
        return net
    yield make
    for domain in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        domain.destroy()
    left = [port.UUIDString() for net in made if net.isActive() for port in net.listAllPorts()]
    for net in made:
        if net.isActive():
            net.destroy()
    assert not left, 'ports are left'


def on_network(number, name='garden', more=''):
    return ("<interface type='network'><source network='%s'/><mac address='%s'/>%s</interface>"
            % (name, MAC % number, more))


def interface_of(domain):
    return ElementTree.fromstring(domain.XMLDesc()).find('devices/interface')


def get_lease(daemon, described, *options):
    """Has busybox ask for a lease inside; answers the address."""
    script = os.path.join(described.root, 'lease')
    with open(script, 'w') as file:
        file.write('#!/bin/sh\n[ "$1" = bound ] && ip addr add $ip/$mask dev $interface && '
                   'ip route add default via $router; exit 0\n')
    os.chmod(script, 0o755)
    network.inside(daemon, described.name, 'busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-t', '20',
                   '-T', '1', '-s', script, *options, timeout=40)
    leased = next(address.split('/')[0]
                  for address in network.addresses_inside(daemon, described.name, 'eth0')
                  if ':' not in address)
    # dnsmasq tells libvirt when the guest has it already
    wait_for(lambda: leased + '/' in daemon.virsh('net-dhcp-leases', 'garden').out, 'the lease is noted')
    return leased


def test_two_guests_on_a_nat_network_get_leases_and_reach_each_other(daemon, start, make_network):
    net = make_network(NAT)
    one, first = start(name='one', devices=on_network(1))
    two, second = start(name='two', devices=on_network(2, more="<ip family='ipv6' "
                                                       "address='2001:db8::7' prefix='64'/>"))
    addresses = [get_lease(daemon, first), get_lease(daemon, second)]
    assert all(address.startswith('192.0.2.') for address in addresses)
    leases = {lease['mac']: lease['ipaddr'] for lease in net.DHCPLeases()}
    assert leases == {MAC % 1: addresses[0], MAC % 2: addresses[1]}
    assert network.reaches(daemon, 'one', '192.0.2.1', 5)
    assert network.reaches(daemon, 'one', addresses[1], 5)
    wait_for(lambda: network.reaches(daemon, 'two', '2001:db8::1'), 'IPv6 works', 30)
    live = interface_of(one)
    assert live.get('type') == 'network'
    assert live.find('source').get('bridge') == 'garden0' and live.find('source').get('portid')
    assert {port.UUIDString() for port in net.listAllPorts()} == {
        interface_of(domain).find('source').get('portid') for domain in (one, two)}


def test_ports_are_given_back_at_the_stop(start, make_network):
    net = make_network(ISOLATED)
    domain, _ = start(devices=on_network(1, 'cellar'))
    assert len(net.listAllPorts()) == 1
    domain.destroy()
    assert net.listAllPorts() == []


def test_guests_of_an_isolated_network_reach_each_other_only(daemon, start, make_network):
    make_network(NAT)
    make_network(ISOLATED)
    start(name='one', devices=on_network(1, 'cellar', "<ip address='198.51.100.11' prefix='24'/>"
                                         "<route address='0.0.0.0' prefix='0' gateway='198.51.100.1'/>"))
    start(name='two', devices=on_network(2, 'cellar', "<ip address='198.51.100.12' prefix='24'/>"))
    start(name='three', devices=on_network(3, more="<ip address='192.0.2.200' prefix='24'/>"
                                           "<route address='0.0.0.0' prefix='0' gateway='192.0.2.1'/>"))
    network.ip(daemon, 'link', 'add', 'outside', 'type', 'bridge')
    network.ip(daemon, 'address', 'add', '203.0.113.9/24', 'dev', 'outside')
    network.ip(daemon, 'link', 'set', 'outside', 'up')
    try:
        assert network.reaches(daemon, 'one', '198.51.100.12', 5)
        assert not network.reaches(daemon, 'one', '192.0.2.200')
    finally:
        network.ip(daemon, 'link', 'delete', 'outside')


def test_an_isolated_network_without_address_does_not_reach_the_host(daemon, start, make_network):
    make_network("<network><name>cellar</name><bridge name='cellar0' stp='off'/></network>")
    network.ip(daemon, 'link', 'add', 'outside', 'type', 'bridge')
    network.ip(daemon, 'address', 'add', '203.0.113.9/24', 'dev', 'outside')
    network.ip(daemon, 'link', 'set', 'outside', 'up')
    try:
        for number, name in enumerate(('one', 'two'), 11):
            start(name=name, devices=on_network(number, 'cellar', """
                <ip address='198.51.100.%d' prefix='24'/>
                <route address='203.0.113.0' prefix='24' gateway='198.51.100.1'/>""" % number))
        assert network.reaches(daemon, 'one', '198.51.100.12', 5)
        assert not network.reaches(daemon, 'one', '203.0.113.9')
    finally:
        network.ip(daemon, 'link', 'delete', 'outside')


@pytest.mark.parametrize('mode', ['route', 'open'])
def test_a_routed_network_leads_out_unchanged(daemon, start, make_network, mode):
    """What is outside sees the guest's own address, which only NAT would change."""
    make_network(ROUTED % mode)
    network.ip(daemon, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'far')
    network.ip(daemon, 'address', 'add', '198.51.100.1/24', 'dev', 'wire')
    network.ip(daemon, 'link', 'set', 'wire', 'up')
    daemon.run('sysctl', '-q', '-w', 'net.ipv4.ip_forward=1')
    try:
        domain, _ = start(name='one', devices=on_network(1, 'road', """
            <ip address='203.0.113.7' prefix='24'/>
            <route address='0.0.0.0' prefix='0' gateway='203.0.113.1'/>"""))
        start(name='two', devices="""<hostdev mode='capabilities' type='net'>
            <source><interface>far</interface></source><ip address='198.51.100.2' prefix='24'/>
            <route address='203.0.113.0' prefix='24' gateway='198.51.100.1'/></hostdev>""")
        live = interface_of(domain)
        assert live.get('type') == 'network' and live.find('source').get('bridge') == 'road0'
        # answers find their way back only to an address that two knows a route to
        assert network.reaches(daemon, 'one', '198.51.100.2', 5)
        assert network.reaches(daemon, 'two', '203.0.113.7', 5)
    finally:
        for domain in daemon.connect().listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
            domain.destroy()
        network.ip(daemon, 'link', 'delete', 'wire')


def test_a_port_group_brings_its_bandwidth(start, make_network):
    make_network(NAT)
    domain, _ = start(devices="<interface type='network'><source network='garden' portgroup='slow'/>"
                              '</interface>')
    assert interface_of(domain).find('bandwidth/inbound').get('average') == '1000'


def test_a_floor_is_kept_by_the_network(daemon, start, make_network):
    sfq = daemon.run('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'sfq')
    daemon.run('tc', 'qdisc', 'del', 'dev', 'lo', 'root')
    if sfq.returncode != 0:
        pytest.skip('the kernel has no sfq, which networks with bandwidth need')
    # of mode open, which asks nothing of the host's filter tables
    make_network((ROUTED % 'open').replace(
        '<ip ', "<bandwidth><inbound average='10000' peak='20000'/></bandwidth><ip ", 1))
    domain, _ = start(devices=on_network(1, 'road', """<bandwidth>
        <inbound average='2000' floor='1500'/></bandwidth>"""))
    class_id = interface_of(domain).find('bandwidth').get('classID')
    shown = daemon.run('tc', 'class', 'show', 'dev', 'road0').stdout
    assert [line for line in shown.splitlines()
            if 'htb 1:%s ' % class_id in line and 'rate 12Mbit' in line], shown
    domain.destroy()
    assert 'htb 1:%s ' % class_id not in daemon.run('tc', 'class', 'show', 'dev', 'road0').stdout


def test_bandwidth_of_an_interface_on_a_network_of_devices(daemon, start, make_network, wire):
    make_network(DIRECT % ('bridge', wire))
    domain, described = start(devices=on_network(1, 'lane', """<ip address='192.0.2.7' prefix='24'/>
        <bandwidth><outbound average='1000'/></bandwidth>"""))
    host = interface_of(domain).find('target').get('dev')
    assert 'rate 8Mbit' in daemon.run('tc', 'class', 'show', 'dev', 'mvl-' + host).stdout
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    domain.destroy()
    assert 'mvl-' + host not in network.links(daemon)


def test_a_filter_on_top_of_a_device_fails_the_start(define, make_network, wire, clean_traffic):
    net = make_network(DIRECT % ('bridge', wire))
    domain, _ = define(devices=on_network(1, 'lane', "<filterref filter='clean-traffic'/>"))
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.create()
    assert "network 'lane' puts the interface on top of a device, but filters work on bridges" in str(caught.value)
    assert net.listAllPorts() == []


def test_a_network_of_a_bridge_makes_a_port_of_the_bridge(daemon, start, make_network):
    network.ip(daemon, 'link', 'add', 'yard', 'type', 'bridge')
    try:
        make_network(ON_BRIDGE % 'yard')
        domain, _ = start(devices=on_network(1, 'street'))
        live = interface_of(domain)
        assert live.get('type') == 'bridge' and live.find('source').get('network') == 'street'
        assert network.links(daemon)[live.find('target').get('dev')]['master'] == 'yard'
        domain.destroy()
    finally:
        network.ip(daemon, 'link', 'delete', 'yard')


@pytest.fixture
def wire(daemon):
    """A device of the host that a network is put on; "far" is its other end."""
    network.ip(daemon, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'far')
    for name in ('wire', 'far'):
        network.ip(daemon, 'link', 'set', name, 'up')
    network.ip(daemon, 'address', 'add', '192.0.2.1/24', 'dev', 'far')
    yield 'wire'
    for domain in daemon.connect().listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        domain.destroy()
    network.ip(daemon, 'link', 'delete', 'wire')


@pytest.mark.parametrize('mode, kernel', [
    ('private', 'private'), ('vepa', 'vepa'), ('bridge', 'bridge'), ('passthrough', 'passthru'),
])
def test_a_network_of_devices_puts_guests_on_top_of_them(daemon, start, make_network, wire, mode, kernel):
    net = make_network(DIRECT % (mode, wire))
    domain, described = start(devices=on_network(1, 'lane', "<ip address='192.0.2.7' prefix='24'/>"))
    live = interface_of(domain)
    assert live.get('type') == 'direct' and live.find('source').get('dev') == wire
    assert live.find('source').get('mode') == mode and live.find('source').get('network') == 'lane'
    link = network.links_inside(daemon, described.name)['eth0']
    assert link['linkinfo']['info_kind'] == 'macvlan'
    assert link['linkinfo']['info_data']['mode'] == kernel
    assert link['address'] == MAC % 1
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    assert len(net.listAllPorts()) == 1


def test_guests_on_top_of_one_device_reach_each_other_in_mode_bridge_only(daemon, start, make_network, wire):
    for name, mode in (('lane', 'private'), ('alley', 'bridge')):
        make_network((DIRECT % (mode, wire)).replace('lane', name))
    for number, net in enumerate(('lane', 'lane', 'alley', 'alley'), 11):
        start(name='g%d' % number, devices=on_network(number, net, "<ip address='192.0.2.%d' prefix='24'/>"
                                                      % number))
    assert network.reaches(daemon, 'g13', '192.0.2.14', 5)
    assert not network.reaches(daemon, 'g11', '192.0.2.12')
    assert network.reaches(daemon, 'g11', '192.0.2.1', 5)


@pytest.mark.skipif(not os.path.isdir('/sys/bus/pci'), reason='the kernel has no PCI')
def test_a_network_of_cards_gives_one_of_its_pool(daemon, start, define, make_network, wire):
    daemon.run('mount', '-t', 'tmpfs', 'none', '/sys/bus/pci/devices')
    for directory in ('0000:03:10.2/net/wire', '0000:03:00.0/net/other'):
        os.makedirs(daemon.path('/sys/bus/pci/devices/' + directory))
    os.symlink('../0000:03:00.0', daemon.path('/sys/bus/pci/devices/0000:03:10.2/physfn'))
    try:
        net = make_network("""<network><name>pool</name><forward mode='hostdev' managed='yes'>
            <address type='pci' domain='0' bus='3' slot='0x10' function='2'/></forward></network>""")
        domain, described = start(devices=on_network(1, 'pool', "<ip address='192.0.2.7' prefix='24'/>"))
        live = interface_of(domain)
        assert live.get('type') == 'hostdev' and live.find('source').get('network') == 'pool'
        assert network.links_inside(daemon, described.name)['eth0']['address'] == MAC % 1
        assert network.reaches(daemon, described.name, '192.0.2.1', 5)
        second, _ = define(name='second', devices=on_network(2, 'pool'))
        with pytest.raises(libvirt.libvirtError) as caught:
            second.create()
        assert 'pool' in str(caught.value)
        domain.destroy()
        assert wire in network.links(daemon) and net.listAllPorts() == []
        second.create()
        second.destroy()
    finally:
        daemon.run('umount', '/sys/bus/pci/devices')


def test_a_device_that_is_passed_through_has_one_guest(connection, start, define, make_network, wire):
    make_network(DIRECT % ('passthrough', wire))
    start(name='one', devices=on_network(1, 'lane'))
    domain, _ = define(name='two', devices=on_network(2, 'lane'))
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.create()
    assert 'lane' in str(caught.value)
    assert not domain.isActive()


@pytest.mark.parametrize('name, message', [
    ('nowhere', "network 'nowhere': Network not found"),
    ('cellar', "network 'cellar' is not active; start it"),
])
def test_a_network_that_is_not_there_fails_the_start(connection, define, leak_check, name, message):
    net = connection.networkDefineXML(ISOLATED)
    try:
        domain, _ = define(devices=on_network(1, name))
        with pytest.raises(libvirt.libvirtError) as caught:
            domain.create()
        assert message in str(caught.value)
        leak_check.check()
    finally:
        net.undefine()


def test_a_start_that_fails_gives_the_port_back(define, make_network):
    net = make_network(ISOLATED)
    domain, _ = define(devices=on_network(1, 'cellar') +
                       "<interface type='bridge'><source bridge='nowhere'/></interface>")
    for _ in range(3):
        with pytest.raises(libvirt.libvirtError):
            domain.create()
    assert net.listAllPorts() == []


@pytest.mark.unsanitized
def test_a_daemon_that_was_killed_gives_ports_back(firewall, own_daemon, make_guest):
    connection = own_daemon.connect()
    net = connection.networkDefineXML(ISOLATED)
    net.create()
    described = make_guest(devices=on_network(1, 'cellar'))
    connection.defineXML(described.xml()).create()
    init = network.init_of(own_daemon, described.name)
    own_daemon.kill()
    os.kill(init, 9)
    own_daemon.start()
    net = own_daemon.connect().networkLookupByName('cellar')
    wait_for(lambda: net.listAllPorts() == [], 'the port was given back', 30)
    net.destroy()
    net.undefine()


@pytest.mark.unsanitized
def test_a_daemon_that_was_killed_before_it_knew_gives_the_port_back(firewall, own_daemon, make_guest):
    """A guest that is transient, and so not known afterwards, had its port but no status file yet."""
    net = own_daemon.connect().networkDefineXML(ISOLATED)
    net.create()
    hook = own_daemon.path('/etc/libvirt/hooks/lxc')
    os.makedirs(os.path.dirname(hook), exist_ok=True)
    with open(hook, 'w') as file:
        file.write('#!/bin/sh\n[ "$2" != start ] || kill -9 $PPID\n')
    os.chmod(hook, 0o755)
    own_daemon.restart(15)
    foreign = ElementTree.fromstring("""<networkport><uuid>c0a80101-0000-4000-8000-000000000001</uuid>
        <owner><name>other</name><uuid>c0a80101-0000-4000-8000-000000000002</uuid></owner>
        <mac address='52:54:00:0b:0c:77'/></networkport>""")
    net = own_daemon.connect().networkLookupByName('cellar')
    net.portCreateXML(ElementTree.tostring(foreign, 'unicode'))
    with pytest.raises(libvirt.libvirtError):
        own_daemon.connect().createXML(make_guest(devices=on_network(1, 'cellar')).xml())
    own_daemon.kill()
    saved = own_daemon.path('/run/libvirt/network/cellar/ports')
    assert len(os.listdir(saved)) == 2
    os.unlink(hook)
    own_daemon.start()
    net = own_daemon.connect().networkLookupByName('cellar')
    wait_for(lambda: len(net.listAllPorts()) == 1, 'the port was given back', 30)
    # that of another driver's guest stays
    assert net.listAllPorts()[0].UUIDString() == foreign.find('uuid').text
    net.listAllPorts()[0].delete()
    net.destroy()
    net.undefine()


@pytest.mark.unsanitized
def test_a_guest_keeps_its_port_over_a_restart_of_the_daemon(firewall, own_daemon, make_guest):
    connection = own_daemon.connect()
    net = connection.networkDefineXML(ISOLATED)
    net.create()
    described = make_guest(devices=on_network(1, 'cellar'))
    domain = connection.defineXML(described.xml())
    domain.create()
    before = domain.XMLDesc()
    own_daemon.restart()
    connection = own_daemon.connect()
    net, domain = connection.networkLookupByName('cellar'), connection.lookupByName(described.name)
    assert domain.XMLDesc() == before
    assert len(net.listAllPorts()) == 1
    assert network.reaches(own_daemon, described.name, '198.51.100.1') is False  # it has no address
    domain.detachDeviceAlias('net0', libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert net.listAllPorts() == []
    domain.destroy()
    net.destroy()
    net.undefine()


def test_a_transient_guest_is_told_with_its_network(daemon, connection, make_guest, make_network):
    network.ip(daemon, 'link', 'add', 'yard', 'type', 'bridge')
    try:
        make_network(ON_BRIDGE % 'yard')
        domain = connection.createXML(make_guest(devices=on_network(1, 'street')).xml())
        told = ElementTree.fromstring(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
        assert told.find('devices/interface').get('type') == 'network'
        assert told.find('devices/interface/source').attrib == {'network': 'street'}
        assert interface_of(domain).get('type') == 'bridge'
        domain.destroy()
    finally:
        network.ip(daemon, 'link', 'delete', 'yard')


def test_interfaces_on_networks_come_and_go(daemon, start, make_network):
    garden, cellar = make_network(NAT), make_network(ISOLATED)
    domain, described = start()
    domain.attachDeviceFlags(on_network(1), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert len(garden.listAllPorts()) == 1
    domain.updateDeviceFlags(on_network(1, 'cellar'), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert (len(garden.listAllPorts()), len(cellar.listAllPorts())) == (0, 1)
    host = interface_of(domain).find('target').get('dev')
    assert network.links(daemon)[host]['master'] == 'cellar0'
    domain.detachDeviceFlags(on_network(1, 'cellar'), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert cellar.listAllPorts() == []
    assert set(network.links_inside(daemon, described.name)) == {'lo'}


@pytest.fixture
def clean_traffic(connection):
    """libvirt's own filters, as they are installed."""
    folder = '/usr/share/libvirt/nwfilter'
    documents = {name: open(os.path.join(folder, name)).read() for name in sorted(os.listdir(folder))} \
        if os.path.isdir(folder) else {}
    if 'clean-traffic.xml' not in documents:
        pytest.skip('the filters of libvirt are not installed')
    defined = []
    while documents:
        before = len(documents)
        for name in list(documents):
            try:
                defined.append(connection.nwfilterDefineXML(documents[name]))
                del documents[name]
            except libvirt.libvirtError:
                pass
        assert len(documents) < before
    yield 'clean-traffic'
    for domain in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        domain.destroy()
    left = connection.listAllNWFilterBindings()
    for one in reversed(defined):
        one.undefine()
    assert left == []


def test_a_filter_comes_and_goes_while_the_guest_runs(connection, start, make_network, clean_traffic):
    make_network(ISOLATED)
    domain, _ = start(devices=on_network(1, 'cellar'))
    assert connection.listAllNWFilterBindings() == []
    domain.updateDeviceFlags(on_network(1, 'cellar', "<filterref filter='clean-traffic'/>"),
                             libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert len(connection.listAllNWFilterBindings()) == 1
    domain.updateDeviceFlags(on_network(1, 'cellar'), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert connection.listAllNWFilterBindings() == []
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.updateDeviceFlags(on_network(1, 'cellar', "<filterref filter='nothing'/>"),
                                 libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert "filter 'nothing'" in str(caught.value)
    assert interface_of(domain).find('filterref') is None


def test_clean_traffic_stops_spoofing(daemon, connection, start, make_network, clean_traffic):
    make_network(ISOLATED)
    filtered = ("<ip address='198.51.100.11' prefix='24'/><filterref filter='clean-traffic'>"
                "<parameter name='IP' value='198.51.100.11'/></filterref>")
    domain, _ = start(name='one', devices=on_network(1, 'cellar', filtered))
    start(name='two', devices=on_network(2, 'cellar', "<ip address='198.51.100.12' prefix='24'/>"))
    binding, = connection.listAllNWFilterBindings()
    assert binding.portDev() == interface_of(domain).find('target').get('dev')
    assert network.reaches(daemon, 'one', '198.51.100.12', 5)
    network.inside(daemon, 'one', 'ip', 'address', 'add', '198.51.100.66/24', 'dev', 'eth0')
    assert network.inside(daemon, 'one', 'busybox', 'ping', '-c', '1', '-W', '1', '-I', '198.51.100.66',
                          '198.51.100.12', check=False) != 0
    network.inside(daemon, 'one', 'ip', 'address', 'del', '198.51.100.66/24', 'dev', 'eth0')
    network.inside(daemon, 'one', 'ip', 'link', 'set', 'eth0', 'address', MAC % 0x66)
    assert not network.reaches(daemon, 'one', '198.51.100.12')
    network.inside(daemon, 'one', 'ip', 'link', 'set', 'eth0', 'address', MAC % 1)
    assert network.reaches(daemon, 'one', '198.51.100.12', 5)


def test_domifaddr_tells_leases_and_neighbours(daemon, start, make_network):
    make_network(NAT)
    domain, described = start(devices=on_network(1) + """<interface type='bridge'>
        <source bridge='garden0'/><mac address='%s'/></interface>""" % (MAC % 2))
    assert domain.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE) == {}
    address = get_lease(daemon, described)
    host = interface_of(domain).find('target').get('dev')
    told = domain.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE)
    assert set(told) == {host} and told[host]['hwaddr'] == MAC % 1
    assert [(one['addr'], one['prefix']) for one in told[host]['addrs']] == [(address, 24)]
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    told = domain.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP)
    assert address in [one['addr'] for one in told[host]['addrs']]
    assert address in daemon.virsh('domifaddr', described.name, '--source', 'arp').out
    assert address in daemon.virsh('domifaddr', described.name).out


def test_the_host_name_is_told_by_its_lease(daemon, start, make_network):
    make_network(NAT)
    domain, described = start(devices=on_network(1))
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.hostname(libvirt.VIR_DOMAIN_GET_HOSTNAME_LEASE)
    assert caught.value.get_error_code() == libvirt.VIR_ERR_NO_HOSTNAME
    assert "no network has leased an address to domain '%s' by name; use" % described.name in str(caught.value)
    get_lease(daemon, described, '-x', 'hostname:plover')
    assert daemon.virsh('domhostname', described.name, '--source', 'lease').out.strip() == 'plover'
    assert daemon.virsh('domhostname', described.name).out.strip() == described.name
