# SPDX-License-Identifier: LGPL-2.1-or-later
"""Interfaces of guests: bridges, pairs, names, addresses, routes."""
import os
import subprocess
import threading
import time
import xml.etree.ElementTree as ElementTree

import libvirt
import pytest

from harness import network
from harness.daemon import wait_for

pytestmark = pytest.mark.ours

MAC = '52:54:00:0b:0c:%02x'


@pytest.fixture
def bridge(daemon):
    """A bridge of the session with an address, removed after the test."""
    network.ip(daemon, 'link', 'add', 'yard', 'type', 'bridge')
    network.ip(daemon, 'address', 'add', '192.0.2.1/24', 'dev', 'yard')
    network.ip(daemon, '-6', 'address', 'add', '2001:db8::1/64', 'dev', 'yard', 'nodad')
    network.ip(daemon, 'link', 'set', 'yard', 'up')
    yield 'yard'
    network.ip(daemon, 'link', 'delete', 'yard')


def on_bridge(number, more='', bridge='yard'):
    return ("<interface type='bridge'><source bridge='%s'/><mac address='%s'/>%s</interface>"
            % (bridge, MAC % number, more))


def host_end(domain):
    return ElementTree.fromstring(domain.XMLDesc()).find('devices/interface/target').get('dev')


def test_an_interface_on_a_bridge_is_there_when_init_runs(daemon, start, bridge):
    domain, described = start(devices=on_bridge(1, "<mtu size='1400'/>"))
    guest = network.links_inside(daemon, described.name)
    assert set(guest) == {'lo', 'eth0'}
    assert guest['eth0']['address'] == MAC % 1
    assert guest['eth0']['mtu'] == 1400
    assert 'UP' in guest['eth0']['flags'] and 'UP' in guest['lo']['flags']
    link = network.links(daemon)[host_end(domain)]
    assert link['master'] == bridge and link['mtu'] == 1400
    assert 'UP' in link['flags'] and 'LOWER_UP' in link['flags']
    live = ElementTree.fromstring(domain.XMLDesc()).find('devices/interface')
    assert live.find('guest').get('dev') == 'eth0' and live.find('alias').get('name') == 'net0'
    stored = ElementTree.fromstring(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    assert stored.find('devices/interface/target') is None


def test_addresses_and_routes_are_set_inside(daemon, start, bridge):
    _, described = start(devices=on_bridge(1, """
        <ip address='192.0.2.7' prefix='24'/>
        <ip address='2001:db8::7' family='ipv6' prefix='64'/>
        <ip address='198.51.100.1' prefix='32' peer='198.51.100.2'/>
        <route address='0.0.0.0' prefix='0' gateway='192.0.2.1'/>
        <route address='203.0.113.0' prefix='24' gateway='192.0.2.1' metric='7'/>
        <route family='ipv6' address='2001:db8:1::' prefix='48' gateway='2001:db8::1'/>
        <guest dev='lan'/>"""))
    assert network.addresses_inside(daemon, described.name, 'lan') == {
        '192.0.2.7/24', '2001:db8::7/64', '198.51.100.1/32'}
    routes = network.inside(daemon, described.name, 'ip', 'route')
    assert 'default via 192.0.2.1 dev lan' in routes
    assert '203.0.113.0/24 via 192.0.2.1 dev lan metric 7' in routes
    assert '198.51.100.2 dev lan' in routes
    assert '2001:db8:1::/48 via 2001:db8::1 dev lan' in network.inside(
        daemon, described.name, 'ip', '-6', 'route')
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    wait_for(lambda: network.reaches(daemon, described.name, '2001:db8::1'), 'IPv6 works', 30)


def test_two_guests_reach_each_other_and_isolated_ports_do_not(daemon, start, bridge):
    start(name='one', devices=on_bridge(1, "<ip address='192.0.2.11' prefix='24'/>"))
    start(name='two', devices=on_bridge(2, "<ip address='192.0.2.12' prefix='24'/>"))
    shut = "<ip address='192.0.2.%d' prefix='24'/><port isolated='yes'/>"
    start(name='three', devices=on_bridge(3, shut % 13))
    start(name='four', devices=on_bridge(4, shut % 14))
    assert network.reaches(daemon, 'one', '192.0.2.12', 5)
    assert network.reaches(daemon, 'three', '192.0.2.11', 5)
    assert not network.reaches(daemon, 'three', '192.0.2.14')


def test_a_pair_without_a_bridge_has_addresses_on_both_ends(daemon, start):
    domain, described = start(devices="""<interface type='ethernet'>
        <source><ip address='192.0.2.1' prefix='24'/>
          <route address='203.0.113.0' prefix='24' gateway='192.0.2.2'/></source>
        <ip address='192.0.2.2' prefix='24'/><target dev='outside'/></interface>""")
    assert host_end(domain) == 'outside'
    assert 'master' not in network.links(daemon)['outside']
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    assert '203.0.113.0/24 via 192.0.2.2 dev outside' in network.ip(daemon, 'route')


def test_an_interface_of_type_null_leads_nowhere(daemon, start):
    domain, described = start(devices="<interface type='null'><ip address='192.0.2.2' prefix='24'/>"
                                      '</interface>')
    assert network.addresses_inside(daemon, described.name, 'eth0') == {'192.0.2.2/24'}
    assert 'UP' not in network.links(daemon)[host_end(domain)]['flags']


def test_a_link_that_is_down_is_down_on_the_host(daemon, start, bridge):
    domain, described = start(devices=on_bridge(1, "<link state='down'/>"))
    assert 'UP' not in network.links(daemon)[host_end(domain)]['flags']
    assert 'UP' not in network.links_inside(daemon, described.name)['eth0']['flags']


def test_mapped_ids_own_their_network(daemon, start, bridge):
    _, described = start(idmap=500000, devices=on_bridge(1, "<ip address='192.0.2.7' prefix='24'/>"))
    assert network.addresses_inside(daemon, described.name, 'eth0') == {'192.0.2.7/24'}


def test_names_on_the_host_are_unique(daemon, start, bridge):
    network.ip(daemon, 'link', 'add', 'vnet77777', 'type', 'veth', 'peer', 'name', 'vnet77778')
    try:
        names = [host_end(start(devices=on_bridge(number))[0]) for number in range(1, 4)]
        assert len(set(names)) == 3
        assert all(name.startswith('vnet') for name in names)
    finally:
        network.ip(daemon, 'link', 'delete', 'vnet77777')


def test_a_name_that_was_made_up_gives_way(daemon, define, bridge):
    first, _ = define(devices=on_bridge(1))
    first.create()
    taken = 'vnet%d' % (int(host_end(first)[4:]) + 1)
    network.ip(daemon, 'link', 'add', taken, 'type', 'veth', 'peer', 'name', 'other')
    try:
        second, _ = define(devices=on_bridge(2))
        second.create()
        assert host_end(second) == 'vnet%d' % (int(taken[4:]) + 1)
    finally:
        network.ip(daemon, 'link', 'delete', taken)


@pytest.mark.parametrize('devices, message', [
    (on_bridge(1, bridge='nowhere'),
     "network: interface 'eth0': the host has no bridge 'nowhere': create it, or name another one"),
    (on_bridge(1) + on_bridge(2, bridge='nowhere'), "interface 'eth1': the host has no bridge 'nowhere'"),
    (on_bridge(1, "<target dev='yard'/>"),
     "interface 'eth0': the host has an interface 'yard' already; give it another name by <target"),
    (on_bridge(1, bridge='lo'), "interface 'eth0': cannot create the pair"),
    (on_bridge(1, "<route address='203.0.113.0' prefix='24' gateway='198.51.100.1'/>"),
     "interface 'eth0': cannot set the route to 203.0.113.0/24 by 198.51.100.1"),
    (on_bridge(1, "<vlan><tag id='7'/></vlan>"), 'needs a bridge that filters: set vlan_filtering'),
], ids=['no bridge', 'second of two', 'name is taken', 'no bridge but a link', 'route', 'vlan'])
def test_a_start_that_fails_leaves_no_link(daemon, define, bridge, leak_check, devices, message):
    domain, _ = define(devices=devices)
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.create()
    assert message in str(caught.value)
    leak_check.check()


def test_what_fails_inside_is_told_while_the_daemon_limits_the_link(define, bridge, leak_check):
    """Both happen at the same time, and what fails takes the link away."""
    domain, _ = define(devices=on_bridge(1, "<bandwidth><outbound average='1000'/></bandwidth>") +
                       "<filesystem type='ram'><source usage='1024'/><target dir='/etc/passwd/x'/></filesystem>")
    for _ in range(20):
        with pytest.raises(libvirt.libvirtError, match="cannot make the mount point '/etc/passwd/x'"):
            domain.create()
    leak_check.check()


@pytest.mark.parametrize('interface, beside', [
    (on_bridge, 'ifb-%s'),
    (lambda number, more: "<interface type='direct'><source dev='yard' mode='bridge'/>%s</interface>" % more, 'mvl-%s'),
], ids=['on a bridge', 'on top of it'])
def test_a_name_that_is_taken_stays_as_it_is(daemon, start, define, bridge, interface, beside):
    """The start that fails must not clear away what limits the guest that has the name."""
    more = "<bandwidth><outbound average='1000'/></bandwidth><target dev='mine'/>"
    start(name='one', devices=interface(1, more))
    domain, _ = define(name='two', devices=interface(2, more))
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.create()
    assert "the host has an interface 'mine' already" in str(caught.value)
    assert 'rate 8Mbit' in daemon.run('tc', 'class', 'show', 'dev', beside % 'mine').stdout


def kill_in_the_middle(domain, delay):
    """Starts a guest whose controller is killed after the delay, wherever the start is then."""
    def kill():
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            # the handle that starts it keeps the id it had before
            number = domain.connect().lookupByName(domain.name()).ID()
            if number > 0:
                time.sleep(delay)
                try:
                    os.kill(number, 9)
                except ProcessLookupError:
                    pass
                return
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        domain.create()
    except libvirt.libvirtError:
        pass
    killer.join()
    wait_for(lambda: not domain.isActive(), 'the guest has ended', 30)


def fail_starts(define, count):
    limited = "<bandwidth><outbound average='1000'/></bandwidth>"
    bad = [define(devices=on_bridge(1, limited) + on_bridge(2, bridge='nowhere'))[0],
           define(devices=on_bridge(1, limited) + "<interface type='network'><source network='nowhere'/>"
                  '</interface>')[0],
           define(devices=on_bridge(1, limited + "<target dev='same'/>") +
                  on_bridge(2, "<target dev='same'/>"))[0]]
    killed, _ = define(devices=on_bridge(1, limited) + on_bridge(2, "<target dev='given'/>"))
    for number in range(count):
        if number % 4 == 3:
            kill_in_the_middle(killed, number % 17 / 1000)
            continue
        with pytest.raises(libvirt.libvirtError):
            bad[number % 4].create()


def test_failing_starts_leave_nothing(define, bridge, leak_check):
    fail_starts(define, 20)
    leak_check.check()


@pytest.mark.slow
def test_200_failing_starts_leave_nothing(define, bridge, leak_check):
    fail_starts(define, 200)
    leak_check.check()


CAPTURE = """
import socket, struct, sys
receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
receiver.bind((sys.argv[1], 0))
receiver.settimeout(20)
print('ready', flush=True)
while True:
    frame = receiver.recv(2000)
    if frame[12:14] == b'\\x08\\0' and frame[23] == 17 and frame[36:38] == struct.pack('>H', 6868):
        break
datagram = frame[34:34 + struct.unpack('>H', frame[38:40])[0]]
text = frame[26:34] + struct.pack('>HH', 17, len(datagram)) + datagram
total = sum(struct.unpack('>%dH' % (len(text) // 2), text))
while total >> 16:
    total = (total & 0xffff) + (total >> 16)
print('good' if total == 0xffff else 'bad')
"""
SEND = """
import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'hello!', (sys.argv[1], 6868))
"""


def checksum(receiver, link, sender, address):
    """What the checksum of a datagram is to who looks at it as it arrives, as old DHCP clients do."""
    with subprocess.Popen([*receiver, 'python3', '-c', CAPTURE, link], stdout=subprocess.PIPE,
                          text=True) as capture:
        assert capture.stdout.readline() == 'ready\n'
        subprocess.run([*sender, 'python3', '-c', SEND, address], check=True, timeout=20)
        return capture.stdout.read().strip()


@pytest.mark.parametrize('driver, told', [
    ('', ['bad', 'bad']), ("<driver><guest csum='off'/></driver>", ['good', 'bad']),
    ("<driver><host csum='off'/></driver>", ['bad', 'good']),
], ids=['as it is', 'to the guest', 'from the guest'])
def test_checksums_are_computed_when_that_is_asked_for(daemon, start, bridge, driver, told):
    domain, described = start(devices=on_bridge(1, "<ip address='192.0.2.7' prefix='24'/>" + driver))
    guest = ['nsenter', '--target', str(network.init_of(daemon, described.name)), '--net', '--']
    host = daemon.enter()
    assert [checksum(guest, 'eth0', host, '192.0.2.7'), checksum(host, 'yard', guest, '192.0.2.1')] == told


def test_the_stop_takes_the_link_away(daemon, start, bridge):
    domain, _ = start(devices=on_bridge(1))
    name = host_end(domain)
    domain.destroy()
    wait_for(lambda: name not in network.links(daemon), 'the link is gone', 30)


@pytest.fixture
def wire(daemon):
    """A device of the host, which is one end of a pair; the other one has an address."""
    network.ip(daemon, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'far')
    network.ip(daemon, 'address', 'add', '192.0.2.1/24', 'dev', 'far')
    network.ip(daemon, 'link', 'set', 'far', 'up')
    yield 'wire'
    network.ip(daemon, 'link', 'delete', 'far')


MOVED = """<hostdev mode='capabilities' type='net'><source><interface>wire</interface></source>
  <ip address='192.0.2.7' prefix='24'/><route address='0.0.0.0' prefix='0' gateway='192.0.2.1'/></hostdev>"""


def test_a_device_of_the_host_moves_in_and_comes_back(daemon, start, wire):
    domain, described = start(devices=MOVED)
    assert 'wire' not in network.links(daemon)
    assert network.addresses_inside(daemon, described.name, 'wire') == {'192.0.2.7/24'}
    assert 'default via 192.0.2.1' in network.inside(daemon, described.name, 'ip', 'route')
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    domain.destroy()
    assert 'wire' in network.links(daemon)


def test_a_device_of_the_host_comes_back_from_a_start_that_fails(daemon, define, wire, leak_check):
    domain, _ = define(devices=MOVED, init='/nothing')
    for _ in range(3):
        with pytest.raises(libvirt.libvirtError):
            domain.create()
        assert 'wire' in network.links(daemon)
    leak_check.check()


def test_a_device_of_the_host_that_is_not_there_fails_the_start(define, leak_check):
    domain, _ = define(devices=MOVED)
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.create()
    assert "interface 'wire': the host has no interface 'wire' to move in" in str(caught.value)
    leak_check.check()


def test_a_device_of_the_host_comes_back_when_the_controller_is_killed(daemon, start, wire):
    domain, _ = start(devices=MOVED)
    os.kill(domain.ID(), 9)
    wait_for(lambda: not domain.isActive(), 'the guest has ended', 30)
    wait_for(lambda: 'wire' in network.links(daemon), 'the device is back', 30)


def test_a_device_of_the_host_comes_back_when_the_daemon_was_killed(own_daemon, make_guest):
    network.ip(own_daemon, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'far')
    described = make_guest(devices=MOVED)
    own_daemon.connect().defineXML(described.xml()).create()
    init = network.init_of(own_daemon, described.name)
    own_daemon.kill()
    os.kill(init, 9)
    own_daemon.start()
    wait_for(lambda: 'wire' in network.links(own_daemon), 'the device is back', 30)
    network.ip(own_daemon, 'link', 'delete', 'far')


@pytest.fixture
def card(daemon, wire):
    """A PCI device, as sysfs would have it, whose network interface is "wire"; another one has none."""
    # a kernel without PCI has no such directories, and sysfs takes none
    place = next(path for path in ('/sys/bus/pci/devices', '/sys/bus/pci', '/sys/bus') if os.path.isdir(daemon.path(path)))
    daemon.run('mount', '-t', 'tmpfs', 'none', place)
    for directory in ('0000:03:10.2/net/wire', '0000:03:10.3'):
        os.makedirs(daemon.path('/sys/bus/pci/devices/' + directory))
    yield "<address type='pci' domain='0x0000' bus='0x03' slot='0x10' function='0x%d'/>"
    for domain in daemon.connect().listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        domain.destroy()
    daemon.run('umount', place)


def of_card(address, more=''):
    return ("<interface type='hostdev'><source>%s</source><mac address='%s'/>"
            "<ip address='192.0.2.7' prefix='24'/>%s</interface>" % (address, MAC % 7, more))


@pytest.mark.parametrize('live', [False, True], ids=['at the start', 'while it runs'])
def test_the_interface_of_a_card_moves_in_and_comes_back(daemon, start, card, live):
    document = of_card(card % 2, "<guest dev='lan'/><mtu size='1400'/>")
    domain, described = start(devices='' if live else document)
    if live:
        domain.attachDeviceFlags(document, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    link = network.links_inside(daemon, described.name)['lan']
    assert link['address'] == MAC % 7 and link['mtu'] == 1400 and 'UP' in link['flags']
    assert network.reaches(daemon, described.name, '192.0.2.1', 5)
    assert 'wire' not in network.links(daemon)
    told = ElementTree.fromstring(domain.XMLDesc()).find('devices/interface')
    assert told.find('source/address').get('slot') == '0x10' and told.find('alias').get('name') == 'net0'
    if live:
        domain.detachDeviceAlias('net0', libvirt.VIR_DOMAIN_AFFECT_LIVE)
    else:
        domain.destroy()
    assert 'wire' in network.links(daemon)


@pytest.mark.parametrize('address, message', [
    ("<address type='pci' domain='0' bus='0xfe' slot='0' function='0'/>",
     'the host has no PCI device 0000:fe:00.0; name another one'),
    (3, 'PCI device 0000:03:10.3 has no network interface: give it back to the host'),
    (2, "the host has no interface 'wire' to move in; the container has that of PCI device 0000:03:10.2"),
], ids=['no device', 'no interface', 'in use'])
def test_a_card_that_cannot_move_fails_the_start(daemon, start, define, card, address, message):
    if address == 2:
        start(name='first', devices=of_card(card % 2))
    domain, _ = define(devices=of_card(address if isinstance(address, str) else card % address))
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.create()
    assert "interface 'eth0': " + message in str(caught.value)


@pytest.mark.skipif(not os.path.exists('/usr/bin/pasta'), reason='passt is not installed')
@pytest.mark.parametrize('options', [{}, {'idmap': 500000}], ids=['', 'mapped ids'])
def test_a_program_translates_for_an_interface_of_type_user(daemon, start, wire, options):
    network.ip(daemon, 'address', 'add', '198.51.100.1/24', 'dev', 'wire')
    network.ip(daemon, 'link', 'set', 'wire', 'up')
    network.ip(daemon, 'route', 'add', 'default', 'via', '198.51.100.2')
    domain, described = start(devices="""<interface type='user'><mac address='%s'/><backend type='passt'/>
        <ip address='203.0.113.5' prefix='24'/><route address='0.0.0.0' prefix='0' gateway='203.0.113.1'/>
        <guest dev='lan'/><portForward proto='tcp'>
        <range start='8080' to='80'/></portForward></interface>""" % (MAC % 5), **options)
    link = network.links_inside(daemon, described.name)['lan']
    assert link['address'] == MAC % 5 and 'UP' in link['flags']
    assert network.addresses_inside(daemon, described.name, 'lan') == {'203.0.113.5/24'}
    assert 'default' in network.inside(daemon, described.name, 'ip', 'route')
    server = subprocess.Popen(['nsenter', '--target', str(network.init_of(daemon, described.name)), '--net',
                               'busybox', 'nc', '-l', '-p', '80', '-e', '/bin/sh', '-c', 'cat /proc/net/tcp*'])
    said = []
    try:
        wait_for(lambda: said.append(daemon.run('busybox', 'nc', '-w', '2', '198.51.100.1', '8080').stdout) or
                 ':0050' in said[-1], 'the port is forwarded', 30)
    finally:
        server.kill()
        server.wait()
    domain.detachDeviceAlias('net0', libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert set(network.links_inside(daemon, described.name)) == {'lo'}
    # what trusts 127.0.0.1 in the guest must not trust everybody
    peers = {line.split()[2].split(':')[0] for line in said[-1].splitlines() if line.split()[1].endswith(':0050')}
    peers = {peer for peer in peers if peer.strip('0')}
    assert peers and not [peer for peer in peers if peer.endswith('7F')], said[-1]
    domain.destroy()
