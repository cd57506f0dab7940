# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that the stock driver started before ours took over."""
import os

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for
from harness.limits import restricts_nodes

pytestmark = pytest.mark.ours


@pytest.fixture
def adopted(own_daemon, make_guest):
    """A guest of the stock driver, seen by ours; (domain, guest)."""
    guest = make_guest()
    own_daemon.restart(15, driver='stock')
    domain = own_daemon.connect().defineXML(guest.xml())
    domain.create()
    own_daemon.restart(15, driver='ours')
    yield own_daemon.connect().lookupByName(guest.name), guest
    # What the stock driver leaves of every guest is not ours to answer for.
    for suffix in ('dev', 'devpts', 'fuse', 'sock', 'pid'):
        path = own_daemon.path('/run/libvirt/lxc/%s.%s' % (guest.name, suffix))
        if os.path.isdir(path):
            os.rmdir(path)
        elif os.path.lexists(path):
            os.unlink(path)


def test_a_guest_of_the_stock_driver_is_listed_as_running(own_daemon, adopted):
    domain, guest = adopted
    assert domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING
    assert process.alive(domain.ID())
    assert guest.name in own_daemon.virsh('list', '--name').out.split()
    assert "id='%d'" % domain.ID() in domain.XMLDesc()


def test_it_can_be_destroyed_and_then_started_by_ours(own_daemon, adopted):
    domain, guest = adopted
    controller = domain.ID()
    init = process.init_of(domain)
    domain.destroy()
    assert not process.alive(controller) and not process.alive(init)
    assert domain.state() == [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED]
    domain.create()
    domain.suspend()
    domain.resume()
    domain.destroy()


@pytest.mark.parametrize('operation', [
    lambda domain: domain.suspend(),
    lambda domain: domain.openConsole(None, domain.connect().newStream(0), 0),
    lambda domain: domain.shutdown(),
    lambda domain: domain.reboot(0),
], ids=['suspend', 'console', 'shutdown', 'reboot'])
def test_other_calls_say_that_it_must_be_restarted(adopted, operation):
    domain, _ = adopted
    with pytest.raises(libvirt.libvirtError, match='restart|destroy and start it'):
        operation(domain)
    assert domain.isActive()


def test_it_cannot_be_started_a_second_time(own_daemon, adopted):
    domain, guest = adopted
    with pytest.raises(libvirt.libvirtError, match='running') as refused:
        domain.create()
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID
    own_daemon.restart()
    with pytest.raises(libvirt.libvirtError, match='running'):
        own_daemon.connect().lookupByName(guest.name).create()


def test_its_end_is_noticed(own_daemon, adopted):
    domain, guest = adopted
    os.kill(process.init_of(domain), 9)
    wait_for(lambda: not domain.isActive(), 'the end is noticed')


def test_its_limits_are_shown_and_kept(own_daemon, adopted):
    domain, _ = adopted
    live = libvirt.VIR_DOMAIN_AFFECT_LIVE
    assert domain.memoryParameters(live)['hard_limit'] == 64 * 1024
    assert domain.schedulerParameters()['cpu_shares'] == 1024
    assert domain.blkioParameters(live)['device_read_bytes_sec'] == ''
    assert bool(domain.numaParameters(live)['numa_nodeset']) == restricts_nodes()
    for call, values in ((domain.setMemoryParameters, {'soft_limit': 30000}),
                         (domain.setBlkioParameters, {'weight': 200}),
                         (domain.setSchedulerParametersFlags, {'cpu_shares': 900}),
                         (domain.setNumaParameters, {'numa_nodeset': '0'}),
                         (domain.setMemoryFlags, 1024)):
        with pytest.raises(libvirt.libvirtError) as refused:
            call(values, live)
        assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID
    assert domain.memoryParameters(live)['hard_limit'] == 64 * 1024
    assert own_daemon.ended() is None
