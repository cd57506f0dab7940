# SPDX-License-Identifier: LGPL-2.1-or-later
"""VLANs on bridges that filter, and ports of Open vSwitch; this needs a kernel that has them."""
import shutil
import xml.etree.ElementTree as ElementTree

import libvirt
import pytest

from harness import network
from harness.daemon import wait_for

pytestmark = pytest.mark.ours

MAC = '52:54:00:0b:0c:%02x'


@pytest.fixture
def filtering(daemon):
    """A bridge that filters VLANs; skips where the kernel has none."""
    network.ip(daemon, 'link', 'add', 'yard', 'type', 'bridge', 'vlan_filtering', '1', check=False)
    if 'yard' not in network.links(daemon):
        pytest.skip('the kernel has no bridges that filter VLANs')
    network.ip(daemon, 'link', 'set', 'yard', 'up')
    yield 'yard'
    network.ip(daemon, 'link', 'delete', 'yard')


def on_bridge(number, more='', bridge='yard'):
    return ("<interface type='bridge'><source bridge='%s'/><mac address='%s'/>"
            "<ip address='192.0.2.%d' prefix='24'/>%s</interface>" % (bridge, MAC % number, number, more))


TAG = "<vlan><tag id='%d'/></vlan>"


def check_vlans(daemon, start, port=''):
    start(name='one', devices=on_bridge(1, port + TAG % 7))
    start(name='two', devices=on_bridge(2, port + TAG % 7))
    other, _ = start(name='three', devices=on_bridge(3, port + TAG % 8))
    start(name='four', devices=on_bridge(4, port))
    assert network.reaches(daemon, 'one', '192.0.2.2', 5)
    assert not network.reaches(daemon, 'one', '192.0.2.3')
    assert not network.reaches(daemon, 'one', '192.0.2.4')
    other.updateDeviceFlags(on_bridge(3, port + TAG % 7), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    wait_for(lambda: network.reaches(daemon, 'one', '192.0.2.3'), 'they have the same VLAN now', 30)


def check_trunk(daemon, start, port=''):
    start(name='one', devices=on_bridge(1, port + TAG % 7))
    start(name='two', devices=on_bridge(
        2, port + "<vlan trunk='yes'><tag id='7'/><tag id='8' nativeMode='untagged'/></vlan>"))
    network.inside(daemon, 'two', 'ip', 'link', 'add', 'link', 'eth0', 'name', 'tagged', 'type', 'vlan',
                   'id', '7')
    network.inside(daemon, 'two', 'ip', 'address', 'add', '192.0.2.22/24', 'dev', 'tagged')
    network.inside(daemon, 'two', 'ip', 'address', 'del', '192.0.2.2/24', 'dev', 'eth0')
    network.inside(daemon, 'two', 'ip', 'link', 'set', 'tagged', 'up')
    assert network.reaches(daemon, 'one', '192.0.2.22', 5)


def test_vlans_of_a_bridge_are_kept_apart(daemon, start, filtering):
    check_vlans(daemon, start)


def test_a_trunk_carries_tagged_frames(daemon, start, filtering):
    check_trunk(daemon, start)


OVS_START = """
mkdir -p /run/openvswitch && cd /run/openvswitch && rm -f conf.db
ovsdb-tool create conf.db /usr/share/openvswitch/vswitch.ovsschema &&
ovsdb-server conf.db --remote=punix:/run/openvswitch/db.sock --detach --pidfile --no-chdir --log-file=/dev/null &&
ovs-vsctl --no-wait init &&
ovs-vswitchd --detach --pidfile --no-chdir --log-file=/dev/null unix:/run/openvswitch/db.sock &&
ovs-vsctl --timeout=10 add-br yard -- set bridge yard datapath_type=netdev
"""
OVS_STOP = """
ovs-vsctl --timeout=10 --if-exists del-br yard
for name in ovs-vswitchd ovsdb-server; do ovs-appctl -t $name --timeout=10 exit; done
rm -rf /run/openvswitch
"""


@pytest.fixture
def switch(daemon):
    """A bridge of Open vSwitch, whose daemons run in the session, outside the kernel."""
    if not shutil.which('ovs-vswitchd'):
        pytest.skip('Open vSwitch is not installed')
    started = daemon.run('sh', '-c', OVS_START, timeout=60)
    try:
        if started.returncode != 0:
            pytest.skip('Open vSwitch cannot run here: ' + started.stderr)
        yield 'yard'
    finally:
        for domain in daemon.connect().listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
            domain.destroy()
        daemon.run('sh', '-c', OVS_STOP, timeout=60)


OVS = "<virtualport type='openvswitch'/>"


def test_guests_are_ports_of_open_vswitch(daemon, start, switch):
    domain, _ = start(name='one', devices=on_bridge(1, OVS))
    start(name='two', devices=on_bridge(2, OVS))
    host = ElementTree.fromstring(domain.XMLDesc()).find('devices/interface/target').get('dev')
    assert host in daemon.run('ovs-vsctl', 'list-ports', 'yard').stdout.split()
    told = daemon.run('ovs-vsctl', 'get', 'Interface', host, 'external-ids').stdout
    assert MAC % 1 in told and domain.UUIDString() in told
    assert network.reaches(daemon, 'one', '192.0.2.2', 5)
    domain.destroy()
    wait_for(lambda: host not in daemon.run('ovs-vsctl', 'list-ports', 'yard').stdout.split(),
             'the port is gone', 30)


def test_vlans_of_open_vswitch_are_kept_apart(daemon, start, switch):
    check_vlans(daemon, start, OVS)


def test_without_open_vswitch_the_start_says_so(define, leak_check):
    if shutil.which('ovs-vsctl'):
        pytest.skip('Open vSwitch is installed')
    domain, _ = define(devices=on_bridge(1, OVS))
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.create()
    assert "interface 'eth0': the host has no Open vSwitch: 'ovs-vsctl' is not installed" in str(caught.value)
    leak_check.check()
