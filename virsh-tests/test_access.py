# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client may do: read-only connections, and the connection itself."""
import libvirt
import pytest


@pytest.fixture
def reader(daemon):
    return daemon.connect(readonly=True)


def test_a_read_only_client_sees_domains(daemon, reader, start):
    domain, guest = start()
    assert [found.name() for found in reader.listAllDomains()] == [guest.name]
    seen = reader.lookupByName(guest.name)
    assert seen.state()[0] == libvirt.VIR_DOMAIN_RUNNING
    assert seen.XMLDesc() == domain.XMLDesc()
    assert seen.info()[1] == 65536
    assert guest.name in daemon.virsh('list', readonly=True).out


@pytest.mark.parametrize('operation', [
    lambda domain: domain.suspend(),
    lambda domain: domain.resume(),
    lambda domain: domain.shutdown(),
    lambda domain: domain.reboot(0),
    lambda domain: domain.destroy(),
    lambda domain: domain.create(),
    lambda domain: domain.undefine(),
    lambda domain: domain.setAutostart(1),
    lambda domain: domain.sendProcessSignal(1, 15, 0),
    lambda domain: domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE),
], ids=['suspend', 'resume', 'shutdown', 'reboot', 'destroy', 'start', 'undefine', 'autostart', 'signal',
        'secure xml'])
def test_a_read_only_client_changes_nothing(reader, start, operation):
    domain, guest = start()
    with pytest.raises(libvirt.libvirtError) as refused:
        operation(reader.lookupByName(guest.name))
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_DENIED
    assert domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING


def test_a_read_only_client_defines_and_creates_nothing(reader, connection, make_guest):
    for operation in (reader.defineXML, lambda text: reader.createXML(text, 0)):
        with pytest.raises(libvirt.libvirtError) as refused:
            operation(make_guest().xml())
        assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_DENIED
    assert connection.listAllDomains() == []


def test_the_connection_tells_what_it_is(daemon, connection):
    assert connection.getType() == 'LXC'
    assert connection.isAlive() == 1 and connection.isSecure() == 1 and connection.isEncrypted() == 0
    assert daemon.virsh('uri').out.strip() == 'lxc:///system'
    assert daemon.virsh('hostname').out.strip() == connection.getHostname() != ''
    assert connection.getVersion() > 0 and connection.getLibVersion() > 9000000 - 1


def test_capabilities_offer_containers_of_this_machine(connection):
    text = connection.getCapabilities()
    assert "<domain type='lxc'" in text and '<os_type>exe</os_type>' in text
    assert '<emulator>/usr/lib/libvirt/libvirt_lxc</emulator>' in text


def test_node_information_is_that_of_the_host(daemon, connection):
    import os
    info = connection.getInfo()
    assert info[0] == os.uname().machine
    assert info[1] > 0 and info[2] >= 1
    assert 'CPU model' in daemon.virsh('nodeinfo').out


def test_another_path_than_system_is_refused(daemon):
    with pytest.raises(libvirt.libvirtError):
        libvirt.open(daemon.uri.replace('///system', '///harbour'))


@pytest.mark.ours
def test_many_connections_come_and_go(daemon, connection):
    for _ in range(50):
        client = libvirt.open(daemon.uri)
        assert client.listAllDomains() == []
        client.close()
