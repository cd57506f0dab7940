# SPDX-License-Identifier: LGPL-2.1-or-later
"""Interfaces of a running guest come, go and change."""
import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import libvirt
import pytest

from harness import leaks, network
from harness.daemon import PATIENCE, wait_for

pytestmark = pytest.mark.ours

needs_iperf = pytest.mark.skipif(not shutil.which('iperf3'), reason='iperf3 is not installed')

MAC = '52:54:00:0b:0c:%02x'
# A slow machine does not always send as much as it may.
LEAST = 0.9 if PATIENCE == 1 else 0.7
LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG


@pytest.fixture
def bridges(daemon):
    """Two bridges of the session, "yard" with an address."""
    for name in ('yard', 'barn'):
        network.ip(daemon, 'link', 'add', name, 'type', 'bridge')
        network.ip(daemon, 'link', 'set', name, 'up')
    network.ip(daemon, 'address', 'add', '192.0.2.1/24', 'dev', 'yard')
    yield
    for name in ('yard', 'barn'):
        network.ip(daemon, 'link', 'delete', name)


def on_bridge(number, more='', bridge='yard'):
    return ("<interface type='bridge'><source bridge='%s'/><mac address='%s'/>%s</interface>"
            % (bridge, MAC % number, more))


def interfaces(domain, flags=0):
    return ElementTree.fromstring(domain.XMLDesc(flags)).findall('devices/interface')


def stored(domain):
    return [one.find('mac').get('address') for one in interfaces(domain, libvirt.VIR_DOMAIN_XML_INACTIVE)]


def test_an_interface_comes_named_up_and_addressed(daemon, start, bridges, recorded):
    domain, described = start(devices=on_bridge(1))
    domain.attachDeviceFlags(on_bridge(2, "<ip address='192.0.2.7' prefix='24'/><guest dev='lan'/>"
                                       "<route address='0.0.0.0' prefix='0' gateway='192.0.2.1'/>"), LIVE)
    recorded.wait(described.name, 'device-added net1')
    guest = network.links_inside(daemon, described.name)
    assert set(guest) == {'lo', 'eth0', 'lan'}
    assert guest['lan']['address'] == MAC % 2 and 'UP' in guest['lan']['flags']
    assert network.addresses_inside(daemon, described.name, 'lan') == {'192.0.2.7/24'}
    assert 'default via 192.0.2.1' in network.inside(daemon, described.name, 'ip', 'route')
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    assert stored(domain) == [MAC % 1]
    live = interfaces(domain)[1]
    assert live.find('alias').get('name') == 'net1'
    assert network.links(daemon)[live.find('target').get('dev')]['master'] == 'yard'


def test_a_name_inside_is_found(daemon, start, bridges):
    domain, described = start(devices=on_bridge(1))
    domain.attachDeviceFlags(on_bridge(2), LIVE | CONFIG)
    assert set(network.links_inside(daemon, described.name)) == {'lo', 'eth0', 'eth1'}
    assert stored(domain) == [MAC % 1, MAC % 2]


def test_an_interface_goes_by_address_and_by_alias(daemon, start, bridges, recorded):
    domain, described = start(devices=on_bridge(1) + on_bridge(2))
    gone = interfaces(domain)[1].find('target').get('dev')
    domain.detachDeviceFlags("<interface type='bridge'><mac address='%s'/><source bridge='yard'/>"
                             '</interface>' % (MAC % 2), LIVE)
    assert set(network.links_inside(daemon, described.name)) == {'lo', 'eth0'}
    assert gone not in network.links(daemon)
    recorded.wait(described.name, 'device-removed net1')
    domain.detachDeviceAlias('net0', LIVE)
    recorded.wait(described.name, 'device-removed net0')
    assert set(network.links_inside(daemon, described.name)) == {'lo'}
    assert interfaces(domain) == [] and len(stored(domain)) == 2


def test_macvlan_comes_and_goes(daemon, start, bridges):
    domain, described = start()
    network.ip(daemon, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'far')
    direct = ("<interface type='direct'><source dev='wire' mode='bridge'/><mac address='%s'/>"
              "<ip address='192.0.2.9' prefix='24'/></interface>" % (MAC % 3))
    try:
        domain.attachDeviceFlags(direct, LIVE)
        assert network.links_inside(daemon, described.name)['eth0']['linkinfo']['info_kind'] == 'macvlan'
        assert network.addresses_inside(daemon, described.name, 'eth0') == {'192.0.2.9/24'}
        domain.detachDeviceFlags(direct, LIVE)
        assert set(network.links_inside(daemon, described.name)) == {'lo'}
    finally:
        network.ip(daemon, 'link', 'delete', 'wire')


def test_an_interface_that_the_guest_has_changed_goes_or_stays_told(daemon, start, wire):
    domain, described = start(devices=on_wire(5) + on_wire(6))
    for words in ('set eth0 name mine', 'set eth1 name other', 'set other address ' + MAC % 0x66):
        network.inside(daemon, described.name, 'ip', 'link', *words.split())
    domain.detachDeviceAlias('net0', LIVE)
    assert set(network.links_inside(daemon, described.name)) == {'lo', 'other'}
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.detachDeviceAlias('net1', LIVE)
    assert "the container has no interface 'eth1', nor one with its address" in str(caught.value)
    assert [one.find('alias').get('name') for one in interfaces(domain)] == ['net1']


MOVED = """<hostdev mode='capabilities' type='net'><source><interface>wire</interface></source>
  <ip address='192.0.2.7' prefix='24'/><route address='0.0.0.0' prefix='0' gateway='192.0.2.1'/></hostdev>"""


@pytest.mark.parametrize('ends', ['detached', 'destroyed', 'killed'])
def test_a_device_of_the_host_comes_and_returns(daemon, start, wire, recorded, ends):
    domain, described = start()
    domain.attachDeviceFlags(MOVED, LIVE)
    recorded.wait(described.name, 'device-added hostdev0')
    assert 'wire' not in network.links(daemon)
    assert network.addresses_inside(daemon, described.name, 'wire') == {'192.0.2.7/24'}
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    if ends == 'detached':
        domain.detachDeviceFlags(MOVED, LIVE)
        recorded.wait(described.name, 'device-removed hostdev0')
        assert set(network.links_inside(daemon, described.name)) == {'lo'}
    elif ends == 'destroyed':
        domain.destroy()
    else:
        os.kill(network.init_of(daemon, described.name), 9)
        wait_for(lambda: not domain.isActive(), 'the guest has ended', 30)
    wait_for(lambda: 'wire' in network.links(daemon), 'the device is back', 30)


@pytest.mark.parametrize('ends', ['detached', 'destroyed'])
def test_a_device_of_the_host_comes_back_and_no_other_one(daemon, start, wire, ends):
    """A guest gives its own device the name, to have it taken for the host's."""
    before = network.links(daemon)['wire']['address']
    domain, described = start(devices=MOVED)
    for words in ('link set wire name hidden', 'link add wire type bridge'):
        network.inside(daemon, described.name, 'ip', *words.split())
    if ends == 'detached':
        domain.detachDeviceFlags(MOVED, LIVE)
        assert set(network.links_inside(daemon, described.name)) == {'lo', 'wire'}
    else:
        domain.destroy()
    back = network.links(daemon)['wire']
    assert back['address'] == before and back['linkinfo']['info_kind'] == 'veth'


def test_a_device_of_the_host_that_cannot_come_stays(daemon, start, bridges, wire):
    domain, described = start(devices=on_bridge(1, "<guest dev='wire'/>"))
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.attachDeviceFlags(MOVED, LIVE)
    assert "interface 'wire': cannot move the host's interface 'wire' into the container" in str(caught.value)
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.attachDeviceFlags(MOVED.replace('wire', 'nothing'), LIVE)
    assert "the host has no interface 'nothing' to move in" in str(caught.value)
    assert 'wire' in network.links(daemon)
    assert not os.path.exists(daemon.path('/run/libvirt/lxc/%s.netns' % described.name))
    alone, _ = start(features='')
    with pytest.raises(libvirt.libvirtError) as caught:
        alone.attachDeviceFlags(MOVED, LIVE)
    assert 'runs in the network of the host' in str(caught.value)


def pastas(daemon):
    return {process for process in leaks.processes(daemon) if 'pasta' in process}


@pytest.mark.skipif(not os.path.exists('/usr/bin/pasta'), reason='passt is not installed')
def test_an_interface_of_type_user_comes_and_goes(daemon, start, wire, recorded):
    network.ip(daemon, 'address', 'add', '198.51.100.1/24', 'dev', 'wire')
    network.ip(daemon, 'route', 'add', 'default', 'via', '198.51.100.2')
    user = """<interface type='user'><mac address='%s'/><ip address='203.0.113.5' prefix='24'/>
        <route address='0.0.0.0' prefix='0' gateway='203.0.113.1'/></interface>"""
    domain, described = start()
    domain.attachDeviceFlags(user % (MAC % 5), LIVE)
    recorded.wait(described.name, 'device-added net0')
    link = network.links_inside(daemon, described.name)['eth0']
    assert link['address'] == MAC % 5 and 'UP' in link['flags']
    assert network.addresses_inside(daemon, described.name, 'eth0') == {'203.0.113.5/24'}
    first = pastas(daemon)
    domain.attachDeviceFlags(user % (MAC % 6), LIVE)
    assert len(first) == 1 and len(pastas(daemon)) == 2
    domain.detachDeviceAlias('net1', LIVE)
    assert pastas(daemon) == first
    assert set(network.links_inside(daemon, described.name)) == {'lo', 'eth0'}
    domain.destroy()
    assert pastas(daemon) == set()


@pytest.mark.skipif(not os.path.exists('/usr/bin/pasta'), reason='passt is not installed')
def test_what_came_to_a_guest_that_ended_with_the_daemon_goes(own_daemon, make_guest):
    network.ip(own_daemon, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'far')
    network.ip(own_daemon, 'link', 'add', 'way', 'type', 'veth', 'peer', 'name', 'out')
    network.ip(own_daemon, 'address', 'add', '198.51.100.1/24', 'dev', 'way')
    for name in ('way', 'out'):
        network.ip(own_daemon, 'link', 'set', name, 'up')
    network.ip(own_daemon, 'route', 'add', 'default', 'via', '198.51.100.2')
    described = make_guest()
    domain = own_daemon.connect().defineXML(described.xml())
    domain.create()
    domain.attachDeviceFlags(MOVED, LIVE)
    domain.attachDeviceFlags("""<interface type='user'><ip address='203.0.113.5' prefix='24'/>
        <route address='0.0.0.0' prefix='0' gateway='203.0.113.1' metric='9'/></interface>""", LIVE)
    init = network.init_of(own_daemon, described.name)
    own_daemon.kill()
    assert len(pastas(own_daemon)) == 1
    os.kill(init, 9)
    own_daemon.start()
    wait_for(lambda: 'wire' in network.links(own_daemon), 'the device is back', 30)
    wait_for(lambda: not pastas(own_daemon), 'the program has ended', 30)
    for name in ('wire', 'way'):
        network.ip(own_daemon, 'link', 'delete', name)


def test_the_link_state_changes(daemon, start, bridges):
    domain, described = start(devices=on_bridge(1, "<ip address='192.0.2.7' prefix='24'/>"
                                                "<route address='0.0.0.0' prefix='0' gateway='192.0.2.1'/>"))
    host = interfaces(domain)[0].find('target').get('dev')
    daemon.virsh('domif-setlink', described.name, MAC % 1, 'down')
    assert 'UP' not in network.links(daemon)[host]['flags']
    assert 'down' in daemon.virsh('domif-getlink', described.name, host).out
    daemon.virsh('domif-setlink', described.name, host, 'up')
    assert 'LOWER_UP' in network.links_inside(daemon, described.name)['eth0']['flags']
    assert 'default' in network.inside(daemon, described.name, 'ip', 'route')
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    daemon.virsh('domif-setlink', described.name, MAC % 1, 'down', '--config')
    assert interfaces(domain, libvirt.VIR_DOMAIN_XML_INACTIVE)[0].find('link').get('state') == 'down'


def test_the_bridge_changes(daemon, start, bridges):
    domain, _ = start(devices=on_bridge(1))
    host = interfaces(domain)[0].find('target').get('dev')
    domain.updateDeviceFlags(on_bridge(1, bridge='barn'), LIVE)
    assert network.links(daemon)[host]['master'] == 'barn'
    assert interfaces(domain)[0].find('source').get('bridge') == 'barn'
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.updateDeviceFlags(on_bridge(1, bridge='nowhere'), LIVE)
    assert "interface 'eth0': the host has no bridge 'nowhere'" in str(caught.value)
    assert network.links(daemon)[host]['master'] == 'barn'
    assert interfaces(domain)[0].find('source').get('bridge') == 'barn'


def test_what_cannot_change_is_refused(start, bridges):
    domain, _ = start(devices=on_bridge(1))
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.updateDeviceFlags(on_bridge(1, "<mtu size='1400'/>"), LIVE)
    assert caught.value.get_error_code() == libvirt.VIR_ERR_OPERATION_UNSUPPORTED
    assert "of interface 'eth0' only link state, bandwidth, bridge or network" in str(caught.value)


def test_a_guest_in_the_network_of_the_host_gets_none(start, bridges):
    domain, _ = start(features='')
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.attachDeviceFlags(on_bridge(1), LIVE)
    assert 'runs in the network of the host' in str(caught.value)


@pytest.mark.parametrize('more, bridge, message', [
    ('', 'nowhere', "interface 'eth1': the host has no bridge 'nowhere'"),
    ("<guest dev='eth0'/>", 'yard', "more than one <interface> has the name 'eth0'"),
    ("<target dev='barn'/>", 'yard', "the host has an interface 'barn' already"),
    ("<route address='203.0.113.0' prefix='24' gateway='198.51.100.1'/>", 'yard', 'cannot set the route'),
])
def test_an_attach_that_fails_leaves_nothing(daemon, start, bridges, more, bridge, message):
    domain, described = start(devices=on_bridge(1))
    before = set(network.links(daemon))
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.attachDeviceFlags(on_bridge(2, more, bridge), LIVE)
    assert message in str(caught.value)
    assert set(network.links(daemon)) == before
    assert set(network.links_inside(daemon, described.name)) == {'lo', 'eth0'}
    assert len(interfaces(domain)) == 1


def cycle(daemon, domain, described, count):
    for _ in range(count):
        domain.attachDeviceFlags(on_bridge(2, "<ip address='192.0.2.9' prefix='24'/><bandwidth>"
                                           "<outbound average='1000'/></bandwidth>"), LIVE)
        domain.detachDeviceFlags(on_bridge(2), LIVE)
    assert set(network.links_inside(daemon, described.name)) == {'lo'}


def test_interfaces_come_and_go_without_a_trace(daemon, start, bridges):
    domain, described = start()
    before = set(network.links(daemon))
    cycle(daemon, domain, described, 20)
    assert set(network.links(daemon)) == before


@pytest.mark.slow
def test_500_interfaces_come_and_go_without_a_trace(daemon, start, bridges):
    domain, described = start()
    before = set(network.links(daemon))
    cycle(daemon, domain, described, 500)
    assert set(network.links(daemon)) == before


def test_bandwidth_is_kept_on_the_host(daemon, start, bridges):
    domain, _ = start(devices=on_bridge(1, """<bandwidth><inbound average='1000' peak='2000' burst='64'/>
        <outbound average='500'/></bandwidth>"""))
    host = interfaces(domain)[0].find('target').get('dev')
    assert 'rate 8Mbit ceil 16Mbit' in daemon.run('tc', 'class', 'show', 'dev', host).stdout
    assert 'rate 4Mbit ceil 4Mbit' in daemon.run('tc', 'class', 'show', 'dev', 'ifb-' + host).stdout
    assert 'mirred (Egress Redirect to device ifb-%s)' % host in daemon.run(
        'tc', 'filter', 'show', 'dev', host, 'parent', 'ffff:').stdout
    domain.destroy()
    assert 'ifb-' + host not in network.links(daemon)


def test_bandwidth_changes_while_the_guest_runs(daemon, start, bridges):
    domain, described = start(devices=on_bridge(1))
    host = interfaces(domain)[0].find('target').get('dev')
    domain.updateDeviceFlags(on_bridge(1, "<bandwidth><outbound average='500'/></bandwidth>"), LIVE)
    assert 'rate 4Mbit' in daemon.run('tc', 'class', 'show', 'dev', 'ifb-' + host).stdout
    domain.updateDeviceFlags(on_bridge(1), LIVE)
    assert 'ifb-' + host not in network.links(daemon)
    assert 'htb' not in daemon.run('tc', 'qdisc', 'show', 'dev', host).stdout


def test_domiftune_sets_bandwidth_of_guest_and_configuration(daemon, start, bridges):
    domain, described = start(devices=on_bridge(1))
    host = interfaces(domain)[0].find('target').get('dev')
    daemon.virsh('domiftune', described.name, host, '--inbound', '1000,2000,64', '--outbound', '500',
                 '--live', '--config')
    assert 'rate 8Mbit ceil 16Mbit' in daemon.run('tc', 'class', 'show', 'dev', host).stdout
    assert 'rate 4Mbit' in daemon.run('tc', 'class', 'show', 'dev', 'ifb-' + host).stdout
    for flags in (LIVE, CONFIG):
        told = domain.interfaceParameters(MAC % 1 if flags == CONFIG else host, flags)
        assert told == {'inbound.average': 1000, 'inbound.peak': 2000, 'inbound.burst': 64,
                        'inbound.floor': 0, 'outbound.average': 500, 'outbound.peak': 0,
                        'outbound.burst': 0}
    domain.setInterfaceParameters(host, {'outbound.average': 0}, LIVE)
    assert 'ifb-' + host not in network.links(daemon)
    assert domain.interfaceParameters(host, LIVE)['inbound.average'] == 1000
    assert domain.interfaceParameters(MAC % 1, CONFIG)['outbound.average'] == 500
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.setInterfaceParameters('nothing', {'outbound.average': 1}, LIVE)
    assert "has no interface 'nothing'" in str(caught.value)
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.setInterfaceParameters(host, {'inbound.floor': 1}, LIVE)
    assert "cannot have attribute 'floor'" in str(caught.value)


@pytest.fixture
def wire(daemon):
    """A device of the host that guests are put on top of, or get; "far" is its other end."""
    network.ip(daemon, 'link', 'add', 'wire', 'mtu', '1400', 'type', 'veth', 'peer', 'name', 'far')
    for name in ('wire', 'far'):
        network.ip(daemon, 'link', 'set', name, 'up')
    network.ip(daemon, 'address', 'add', '192.0.2.1/24', 'dev', 'far')
    network.ip(daemon, '-6', 'address', 'add', '2001:db8::1/64', 'dev', 'far', 'nodad')
    yield 'wire'
    for domain in daemon.connect().listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        domain.destroy()
    network.ip(daemon, 'link', 'delete', 'far')


@pytest.fixture
def limited_wire(daemon, wire):
    """The same, with a discipline of the administrator's own, which stays as it is."""
    daemon.run('tc', 'qdisc', 'add', 'dev', wire, 'root', 'tbf', 'rate', '10gbit', 'burst', '1mb', 'limit', '9mb')
    before = daemon.run('tc', 'qdisc', 'show', 'dev', wire).stdout
    assert 'tbf' in before
    yield wire
    assert daemon.run('tc', 'qdisc', 'show', 'dev', wire).stdout == before


def on_wire(number, more='', mode='bridge'):
    return ("<interface type='direct'><source dev='wire' mode='%s'/><mac address='%s'/>"
            "<ip address='192.0.2.%d' prefix='24'/>"
            "<ip address='2001:db8::%d' family='ipv6' prefix='64'/>%s</interface>"
            % (mode, MAC % number, number, number, more))


LIMITS = "<bandwidth><inbound average='4000'/><outbound average='2000'/></bandwidth>"


@pytest.mark.parametrize('mode, kernel', [
    ('bridge', 'bridge'), ('private', 'private'), ('vepa', 'vepa'), ('passthrough', 'passthru'),
])
def test_bandwidth_of_an_interface_on_top_of_another(daemon, start, limited_wire, mode, kernel):
    domain, described = start(devices=on_wire(5, LIMITS, mode))
    host = interfaces(domain)[0].find('target').get('dev')
    assert 'rate 32Mbit' in daemon.run('tc', 'class', 'show', 'dev', host).stdout
    assert 'rate 16Mbit' in daemon.run('tc', 'class', 'show', 'dev', 'mvl-' + host).stdout
    relay = network.links(daemon)['mvl-' + host]
    assert relay['linkinfo']['info_data']['mode'] == kernel and relay['address'] == MAC % 5
    inside = network.links_inside(daemon, described.name)['eth0']
    assert inside['address'] == MAC % 5 and inside['mtu'] == 1400
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    wait_for(lambda: network.reaches(daemon, described.name, '2001:db8::1'), 'IPv6 works', 30)
    # what the host would say for itself is not heard in the container's place
    assert network.links(daemon)[host]['inet6_addr_gen_mode'] == 'none'
    assert relay['inet6_addr_gen_mode'] == 'none'
    domain.destroy()
    assert not {host, 'mvl-' + host} & set(network.links(daemon))


def test_bandwidth_on_top_of_another_changes_while_the_guest_runs(daemon, start, limited_wire):
    domain, described = start(devices=on_wire(5, LIMITS) + on_wire(6, "<target dev='outside'/>"))
    host = interfaces(domain)[0].find('target').get('dev')
    daemon.virsh('domiftune', described.name, host, '--inbound', '1000', '--outbound', '500', '--live')
    assert 'rate 8Mbit' in daemon.run('tc', 'class', 'show', 'dev', host).stdout
    assert 'rate 4Mbit' in daemon.run('tc', 'class', 'show', 'dev', 'mvl-' + host).stdout
    domain.setInterfaceParameters(host, {'inbound.average': 0, 'outbound.average': 0}, LIVE)
    assert not [name for name in (host, 'mvl-' + host)
                if 'htb' in daemon.run('tc', 'qdisc', 'show', 'dev', name).stdout]
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    domain.setInterfaceParameters('outside', {'outbound.average': 500}, LIVE)
    assert 'rate 4Mbit' in daemon.run('tc', 'class', 'show', 'dev', 'mvl-outside').stdout
    daemon.virsh('domif-setlink', described.name, 'outside', 'down')
    assert not [name for name in ('outside', 'mvl-outside') if 'UP' in network.links(daemon)[name]['flags']]
    domain.detachDeviceAlias('net1', LIVE)
    assert not {'outside', 'mvl-outside'} & set(network.links(daemon))
    assert domain.interfaceStats(host)[0] > 0


def test_bandwidth_needs_an_end_on_the_host(daemon, start, wire):
    domain, _ = start(devices=on_wire(5))
    assert interfaces(domain)[0].find('target') is None
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.setInterfaceParameters(MAC % 5, {'outbound.average': 500}, LIVE)
    assert "interface 'eth0' of type 'direct' has no end on the host, which <bandwidth> needs; detach and " \
        'attach it with <bandwidth> or' in str(caught.value)
    domain.detachDeviceFlags(on_wire(5), LIVE)
    domain.attachDeviceFlags(on_wire(5, LIMITS), LIVE)
    host = interfaces(domain)[0].find('target').get('dev')
    assert 'rate 16Mbit' in daemon.run('tc', 'class', 'show', 'dev', 'mvl-' + host).stdout


def test_a_start_that_fails_leaves_nothing_on_top_of_a_device(define, wire, leak_check):
    domain, _ = define(devices=on_wire(5, LIMITS) + on_wire(6, LIMITS + "<target dev='wire'/>"))
    for _ in range(3):
        with pytest.raises(libvirt.libvirtError) as caught:
            domain.create()
        assert "interface 'eth1': the host has an interface 'wire' already" in str(caught.value)
    leak_check.check()


def throughput(daemon, sender, receiver, address, seconds):
    """Bytes per second that arrive in a guest by TCP from another one."""
    server = subprocess.Popen(
        ['nsenter', '--target', str(network.init_of(daemon, receiver)), '--net', 'iperf3', '-s', '-1'],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        port = ':1451 '  # 5201
        wait_for(lambda: port in network.inside(daemon, receiver, 'cat', '/proc/net/tcp6'),
                 'iperf3 listens', 30)
        report = json.loads(network.inside(daemon, sender, 'iperf3', '-c', address, '-J', '-t', str(seconds),
                                           '-O', '1', timeout=seconds + 30))
        return report['end']['sum_received']['bits_per_second'] / 8
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def check_rates(daemon, start, seconds):
    limited = on_bridge(1, "<ip address='192.0.2.11' prefix='24'/><bandwidth><inbound average='4000'/>"
                        "<outbound average='2000'/></bandwidth>")
    start(name='one', devices=limited)
    start(name='two', devices=on_bridge(2, "<ip address='192.0.2.12' prefix='24'/>"))
    to_guest = throughput(daemon, 'two', 'one', '192.0.2.11', seconds)
    from_guest = throughput(daemon, 'one', 'two', '192.0.2.12', seconds)
    print('to the guest %.0f, from the guest %.0f bytes/s' % (to_guest, from_guest))
    assert LEAST * 4e6 < to_guest < 1.1 * 4e6
    assert LEAST * 2e6 < from_guest < 1.1 * 2e6


@needs_iperf
def test_rates_are_what_was_asked_for(daemon, start, bridges):
    check_rates(daemon, start, 1)


@needs_iperf
def test_rates_on_top_of_a_device_hold_whatever_the_guest_does(daemon, start, limited_wire):
    start(name='one', devices=on_wire(11, LIMITS))
    start(name='two', devices=on_wire(12))
    inside = network.links_inside(daemon, 'one')['eth0']
    assert inside['linkinfo']['info_kind'] == 'veth'
    # a discipline of the guest's own changes nothing, nor does another address of its own choice
    network.inside(daemon, 'one', 'tc', 'qdisc', 'replace', 'dev', 'eth0', 'root', 'pfifo')
    to_guest = throughput(daemon, 'two', 'one', '192.0.2.11', 1)
    from_guest = throughput(daemon, 'one', 'two', '192.0.2.12', 1)
    # below it may be on a busy machine; how near it comes is measured over ten seconds
    assert 0 < to_guest < 1.1 * 4e6
    assert 0 < from_guest < 1.1 * 2e6
    network.inside(daemon, 'one', 'ip', 'link', 'set', 'eth0', 'address', MAC % 0x66)
    assert not network.reaches(daemon, 'one', '192.0.2.12')


@needs_iperf
@pytest.mark.slow
def test_rates_are_what_was_asked_for_over_ten_seconds(daemon, start, bridges):
    check_rates(daemon, start, 10)


@needs_iperf
@pytest.mark.slow
def test_rates_on_top_of_a_device_are_what_was_asked_for_over_ten_seconds(daemon, start, wire):
    start(name='one', devices=on_wire(11, LIMITS))
    start(name='two', devices=on_wire(12))
    to_guest = throughput(daemon, 'two', 'one', '192.0.2.11', 10)
    from_guest = throughput(daemon, 'one', 'two', '192.0.2.12', 10)
    print('to the guest %.0f, from the guest %.0f bytes/s' % (to_guest, from_guest))
    assert LEAST * 4e6 < to_guest < 1.1 * 4e6
    assert LEAST * 2e6 < from_guest < 1.1 * 2e6
