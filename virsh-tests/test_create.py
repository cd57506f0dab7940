# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ways to create a guest: transient, paused, bound to a client, with files passed to init."""
import os

import libvirt
import pytest

from harness.daemon import wait_for
from harness.guest import read_file


def gone(connection, name):
    return name not in [domain.name() for domain in connection.listAllDomains()]


@pytest.fixture
def file_of(tmp_path):
    def make(guest):
        path = tmp_path / (guest.name + '.xml')
        path.write_text(guest.xml())
        return str(path)
    return make


@pytest.mark.ours
def test_virsh_create_makes_a_transient_guest_that_vanishes(daemon, connection, make_guest, file_of,
                                                            recorded):
    guest = make_guest()
    daemon.virsh('create', file_of(guest))
    domain = connection.lookupByName(guest.name)
    assert domain.isActive() and not domain.isPersistent()
    daemon.virsh('destroy', guest.name)
    wait_for(lambda: gone(connection, guest.name), 'it vanishes')
    recorded.expect(guest.name, 'started booted', 'stopped destroyed')


@pytest.mark.ours
def test_a_guest_created_paused_has_not_run_before_it_is_resumed(daemon, connection, make_guest, file_of,
                                                                recorded):
    guest = make_guest()
    daemon.virsh('create', '--paused', file_of(guest))
    domain = connection.lookupByName(guest.name)
    assert domain.state() == [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER]
    assert read_file(guest.root, 'heard') == ''
    domain.resume()
    wait_for(lambda: 'started' in read_file(guest.root, 'heard'), 'init runs')
    recorded.expect(guest.name, 'started booted', 'suspended paused', 'resumed unpaused')


@pytest.mark.ours
def test_a_defined_guest_can_be_started_paused(daemon, define):
    domain, guest = define()
    daemon.virsh('start', '--paused', guest.name)
    assert domain.state()[0] == libvirt.VIR_DOMAIN_PAUSED
    domain.destroy()
    assert read_file(guest.root, 'heard') == ''


def test_autodestroy_ends_the_guest_with_its_client(daemon, connection, define, recorded):
    domain, guest = define()
    client = daemon.connect()
    client.lookupByName(guest.name).createWithFlags(libvirt.VIR_DOMAIN_START_AUTODESTROY)
    assert domain.isActive()
    client.close()
    recorded.wait(guest.name, 'stopped destroyed')
    assert not domain.isActive() and domain.isPersistent()


def test_virsh_create_autodestroy_leaves_nothing(daemon, connection, make_guest, file_of, recorded):
    guest = make_guest()
    daemon.virsh('create', '--autodestroy', file_of(guest))
    recorded.wait(guest.name, 'stopped destroyed')
    wait_for(lambda: gone(connection, guest.name), 'it vanishes')


def passing(make_guest):
    return make_guest(init='/bin/sh', arguments=[
        '-c', 'cat <&3 > /first; cat <&4 > /second; ls /proc/self/fd > /open; echo started > /heard; '
              'exec sleep 1000'])


def temporary(tmp_path, text):
    path = tmp_path / text
    path.write_text(text)
    return os.open(path, os.O_RDONLY)


@pytest.mark.parametrize('persistent', [True, False], ids=['start', 'create'])
def test_files_are_passed_to_init_in_order(connection, make_guest, tmp_path, persistent):
    guest = passing(make_guest)
    files = [temporary(tmp_path, 'alder'), temporary(tmp_path, 'birch')]
    if persistent:
        connection.defineXML(guest.xml()).createWithFiles(files, 0)
    else:
        connection.createXMLWithFiles(guest.xml(), files, 0)
    for file in files:
        os.close(file)
    wait_for(lambda: 'started' in read_file(guest.root, 'heard'), 'init runs')
    assert read_file(guest.root, 'first') == 'alder'
    assert read_file(guest.root, 'second') == 'birch'
    # 0, 1, 2, the two files, and the directory ls reads
    assert read_file(guest.root, 'open').split() == ['0', '1', '2', '3', '4', '5']


def test_init_is_told_how_many_descriptors_it_is_passed(connection, make_guest, tmp_path):
    guest = make_guest(init='/bin/sh', arguments=['-c', 'echo $LISTEN_PID $LISTEN_FDS >/told.new; '
                                                        'mv /told.new /told; exec sleep 1000'])
    files = [temporary(tmp_path, 'alder'), temporary(tmp_path, 'birch')]
    connection.createXMLWithFiles(guest.xml(), files, 0)
    for file in files:
        os.close(file)
    assert wait_for(lambda: read_file(guest.root, 'told'), 'init wrote') == '1 2\n'


def test_virsh_passes_descriptors(daemon, define, make_guest, tmp_path):
    domain, guest = define(init='/bin/sh', arguments=['-c', 'cat <&3 > /first; exec sleep 1000'])
    file = temporary(tmp_path, 'cedar')
    daemon.virsh('start', guest.name, '--pass-fds', file, pass_fds=[file])
    os.close(file)
    wait_for(lambda: read_file(guest.root, 'first') == 'cedar', 'init read it')


def test_creating_a_domain_that_runs_is_refused(connection, start):
    domain, guest = start()
    guest.uuid = domain.UUIDString()
    with pytest.raises(libvirt.libvirtError) as refused:
        connection.createXML(guest.xml())
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID


def test_a_transient_domain_can_be_made_persistent_and_outlives_its_guest(connection, make_guest):
    guest = make_guest()
    domain = connection.createXML(guest.xml())
    guest.uuid = domain.UUIDString()
    connection.defineXML(guest.xml())
    assert domain.isPersistent()
    domain.destroy()
    assert not domain.isActive() and not gone(connection, guest.name)


def test_a_transient_domain_cannot_be_undefined_or_autostarted(connection, make_guest):
    domain = connection.createXML(make_guest().xml())
    for operation in (domain.undefine, lambda: domain.setAutostart(1)):
        with pytest.raises(libvirt.libvirtError, match='transient') as refused:
            operation()
        assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID


def test_a_transient_domain_that_cannot_start_leaves_no_domain(connection, make_guest):
    guest = make_guest(init='/no/such/init')
    with pytest.raises(libvirt.libvirtError):
        connection.createXML(guest.xml())
    assert gone(connection, guest.name)
