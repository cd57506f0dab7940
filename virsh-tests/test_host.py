# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a connection says of the host, and what lxc.conf does to it."""
import os
import re
import xml.etree.ElementTree as ET

import libvirt
import pytest

from harness.daemon import wait_for

REFUSED = libvirt.VIR_ERR_INTERNAL_ERROR


def test_the_connection_is_lxc_local_and_alive(connection):
    assert connection.getType() == 'LXC'
    assert connection.getURI() == 'lxc:///system' or connection.getURI().startswith('lxc:///system?')
    assert connection.isAlive() and connection.isSecure() and not connection.isEncrypted()


def test_the_version_is_that_of_the_kernel(connection):
    major, minor, patch = re.match(r'(\d+)\.(\d+)(?:\.(\d+))?', os.uname().release).groups(default='0')
    assert connection.getVersion() == int(major) * 1000000 + int(minor) * 1000 + int(patch)


def test_capabilities_name_arch_emulator_and_processors(connection):
    document = ET.fromstring(connection.getCapabilities())
    host = document.find('host')
    assert len(host.findtext('uuid')) == 36
    assert host.findtext('cpu/arch') == os.uname().machine
    cpus = host.findall('topology/cells/cell/cpus/cpu')
    assert len(cpus) == os.cpu_count()
    guest = document.find("guest[os_type='exe']")
    assert guest.find('arch').get('name') == os.uname().machine
    assert guest.findtext('arch/emulator').endswith('/libvirt_lxc')
    assert guest.find('arch/domain').get('type') == 'lxc'


def test_node_information_agrees_with_the_kernel(connection):
    info = connection.getInfo()
    assert info[0] == os.uname().machine and info[2] == os.cpu_count()
    assert connection.getFreeMemory() > 0
    assert connection.getMemoryStats(libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)['total'] > 0
    assert set(connection.getCPUStats(libvirt.VIR_NODE_CPU_STATS_ALL_CPUS)) >= {'user', 'idle'}
    assert connection.getCPUMap()[0] == os.cpu_count()
    assert connection.getFreePages([4], 0, 1)[0][4] > 0


@pytest.mark.ours
def test_the_number_of_processors_is_asked_by_type(connection):
    assert connection.getMaxVcpus('lxc') == connection.getMaxVcpus(None) == os.cpu_count()
    with pytest.raises(libvirt.libvirtError, match="'kvm'") as refused:
        connection.getMaxVcpus('kvm')
    assert refused.value.get_error_code() == libvirt.VIR_ERR_INVALID_ARG


@pytest.mark.parametrize('path', ['/session', '/system/more', '/elsewhere'])
def test_another_path_of_the_uri_is_refused(daemon, path):
    uri = daemon.uri.replace('/system', path)
    with pytest.raises(libvirt.libvirtError) as refused:
        libvirt.open(uri)
    assert path in str(refused.value)


def configure(daemon, text):
    with open(daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
        file.write(text)


@pytest.mark.ours
def test_a_wrong_setting_leaves_the_driver_inactive_and_the_daemon_alive(own_daemon):
    own_daemon.end(15)
    configure(own_daemon, '# settings\nlog_with_libvirtd = "yes"\n')
    own_daemon.launch()
    try:
        own_daemon_is_refused(own_daemon, r"/etc/libvirt/lxc.conf:2: value of 'log_with_libvirtd'")
        assert own_daemon.ended() is None
    finally:
        configure(own_daemon, '')
        own_daemon.end(15)


@pytest.mark.ours
@pytest.mark.parametrize('line, words', [
    ('security_driver = "smack"', "security_driver 'smack'"),
    ('idmap_range = "many"', "idmap_range 'many' of lxc.conf is not FIRST:COUNT"),
    ('standby_controllers = 65', "/etc/libvirt/lxc.conf:1: value of 'standby_controllers' must be a number from 0 to 64"),
    ('idmap_default = "some"', "idmap_default 'some'")])
def test_a_setting_that_cannot_be_is_named(own_daemon, line, words):
    own_daemon.end(15)
    configure(own_daemon, line + '\n')
    own_daemon.launch()
    try:
        own_daemon_is_refused(own_daemon, words)
    finally:
        configure(own_daemon, '')
        own_daemon.end(15)


def own_daemon_is_refused(daemon, why):
    def answer():
        try:
            libvirt.open(daemon.uri).close()
            return 'opened'
        except libvirt.libvirtError as error:
            return error if error.get_error_code() == REFUSED else None
    error = wait_for(answer, 'the driver answers')
    with pytest.raises(libvirt.libvirtError, match=why):
        raise error


@pytest.mark.ours
def test_the_controllers_log_may_go_to_the_daemons(own_daemon, make_guest):
    own_daemon.end(15)
    configure(own_daemon, 'log_with_libvirtd = 1\n')
    own_daemon.start()
    guest = make_guest()
    domain = own_daemon.connect().defineXML(guest.xml())
    domain.create()
    assert not os.path.exists(own_daemon.path('/var/log/libvirt/lxc/%s.log' % guest.name))
    domain.destroy()
    configure(own_daemon, '')
