# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files that cannot be understood are reported by name and kept; everything else loads."""
import os

import libvirt
import pytest

from harness.daemon import read, wait_for

DAMAGES = {
    'empty': '',
    'cut off': "<domain type='lxc'>\n  <name>wreck</na",
    'binary': '\x00\x01\x02' * 100,
    'another document': '<network><name>wreck</name></network>\n',
    'huge number': "<domain type='lxc'><name>wreck</name><memory>99999999999999999999</memory></domain>\n",
}


@pytest.mark.parametrize('text', DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_definition_is_reported_and_kept(own_daemon, make_guest, text):
    guest = make_guest()
    own_daemon.connect().defineXML(guest.xml())
    own_daemon.end(15)
    path = '/etc/libvirt/lxc/wreck.xml'
    with open(own_daemon.path(path), 'w') as file:
        file.write(text)
    own_daemon.start()
    assert [domain.name() for domain in own_daemon.connect().listAllDomains()] == [guest.name]
    assert read(own_daemon.path(path)) == text
    if own_daemon.driver == 'ours':
        assert path in own_daemon.complaints()
    os.unlink(own_daemon.path(path))


@pytest.mark.ours
@pytest.mark.parametrize('text', DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_status_file_is_reported_and_kept(own_daemon, make_guest, text):
    guest = make_guest()
    own_daemon.connect().defineXML(guest.xml()).create()
    own_daemon.end(15)
    path = '/run/libvirt/lxc/wreck.xml'
    with open(own_daemon.path(path), 'w') as file:
        file.write(text)
    own_daemon.start()
    connection = own_daemon.connect()
    assert [domain.name() for domain in connection.listAllDomains()] == [guest.name]
    assert connection.lookupByName(guest.name).isActive()
    assert path in own_daemon.complaints()
    assert read(own_daemon.path(path)) == text
    os.unlink(own_daemon.path(path))


@pytest.mark.ours
def test_a_definition_under_a_wrong_file_name_is_reported(own_daemon, make_guest):
    guest = make_guest()
    own_daemon.connect().defineXML(guest.xml())
    own_daemon.end(15)
    folder = own_daemon.path('/etc/libvirt/lxc/')
    os.rename(folder + guest.name + '.xml', folder + 'elsewhere.xml')
    own_daemon.start()
    assert 'elsewhere.xml' in own_daemon.complaints()
    os.unlink(folder + 'elsewhere.xml')


@pytest.mark.ours
def test_a_running_guest_with_a_damaged_exit_record_is_still_found(own_daemon, make_guest):
    guest = make_guest()
    own_daemon.connect().defineXML(guest.xml()).create()
    own_daemon.end(15)
    with open(own_daemon.path('/run/libvirt/lxc/%s.exit' % guest.name), 'w') as file:
        file.write('{"reason":')
    own_daemon.start()
    domain = own_daemon.connect().lookupByName(guest.name)
    assert domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING
    domain.destroy()


@pytest.mark.ours
def test_a_definition_of_the_stock_driver_loads(own_daemon, make_guest):
    own_daemon.restart(15, driver='stock')
    guest = make_guest(consoles=2, idmap=100000)
    text = own_daemon.connect().defineXML(guest.xml()).XMLDesc()
    own_daemon.restart(15, driver='ours')
    assert own_daemon.connect().lookupByName(guest.name).XMLDesc() == text


@pytest.mark.ours
def test_the_stock_driver_loads_a_definition_of_ours(own_daemon, make_guest):
    guest = make_guest(consoles=2, idmap=100000)
    text = own_daemon.connect().defineXML(guest.xml()).XMLDesc()
    own_daemon.restart(15, driver='stock')
    assert own_daemon.connect().lookupByName(guest.name).XMLDesc() == text
    own_daemon.restart(15, driver='ours')


@pytest.mark.ours
def test_a_reload_finds_new_definitions(own_daemon, make_guest):
    from harness.events import Events
    connection = own_daemon.connect()
    guest = make_guest()
    connection.defineXML(guest.xml())
    folder = own_daemon.path('/etc/libvirt/lxc/')
    text = read(folder + guest.name + '.xml')
    domain = connection.lookupByName(guest.name)
    text = text.replace(guest.name, 'added').replace(domain.UUIDString(),
                                                     '7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c77')
    record = Events(connection)
    with open(folder + 'added.xml', 'w') as file:
        file.write(text)
    os.kill(own_daemon.pid, 1)
    record.wait('added', 'defined added')
    assert not wait_for(lambda: connection.lookupByName('added'), 'it is known').isActive()
    record.close()
