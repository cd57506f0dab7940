# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs, messages, lifecycle actions, other names, and a reset."""
import os

import libvirt
import pytest

from harness.daemon import wait_for
from harness.guest import read_file

pytestmark = pytest.mark.ours

LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG


def test_there_are_no_jobs(daemon, start):
    domain, guest = start()
    assert domain.jobInfo()[0] == libvirt.VIR_DOMAIN_JOB_NONE
    assert domain.jobStats() == {'type': libvirt.VIR_DOMAIN_JOB_NONE}
    assert 'None' in daemon.virsh('domjobinfo', guest.name).out
    assert domain.ioThreadInfo() == []
    domain.destroy()
    with pytest.raises(libvirt.libvirtError, match='not running'):
        domain.jobInfo()
    assert domain.jobStats(libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED)['type'] == 0


def test_messages_tell_what_a_guest_lacks(define):
    domain, _ = define(features='', devices="<input type='tablet' bus='usb'/>")
    told = domain.messages()
    assert len(told) == 3 and all(text.startswith('tainted: ') for text in told)
    assert 'without <idmap>' in told[0] and 'the network is the host' in told[1] and 'input' in told[2]
    assert domain.messages(libvirt.VIR_DOMAIN_MESSAGE_DEPRECATION) == []


def test_a_lifecycle_action_can_be_set(daemon, start, recorded):
    domain, guest = start()
    daemon.virsh('set-lifecycle-action', guest.name, 'poweroff', 'restart', '--live')
    assert '<on_poweroff>restart</on_poweroff>' in domain.XMLDesc()
    assert '<on_poweroff>destroy</on_poweroff>' in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    before = domain.ID()
    domain.shutdown()
    wait_for(lambda: daemon.connect().lookupByName(guest.name).ID() not in (before, -1), 'it runs again', 30)
    domain.setLifecycleAction(libvirt.VIR_DOMAIN_LIFECYCLE_CRASH, libvirt.VIR_DOMAIN_LIFECYCLE_ACTION_RESTART,
                              CONFIG)
    assert '<on_crash>restart</on_crash>' in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    with pytest.raises(libvirt.libvirtError, match='<on_reboot> of a container.*nothing is') as refused:
        domain.setLifecycleAction(libvirt.VIR_DOMAIN_LIFECYCLE_REBOOT,
                                  libvirt.VIR_DOMAIN_LIFECYCLE_ACTION_PRESERVE, CONFIG)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_UNSUPPORTED


def test_a_domain_gets_another_name(daemon, connection, define, recorded):
    domain, guest = define()
    domain.setAutostart(1)
    daemon.virsh('domrename', guest.name, 'gannet')
    folder = daemon.path('/etc/libvirt/lxc')
    assert sorted(os.listdir(folder)) == ['autostart', 'gannet.xml']
    assert os.listdir(folder + '/autostart') == ['gannet.xml']
    renamed = connection.lookupByName('gannet')
    assert renamed.UUIDString() == domain.UUIDString() and renamed.autostart() == 1
    assert '<name>gannet</name>' in renamed.XMLDesc()
    assert [found.name() for found in connection.listAllDomains()] == ['gannet']
    recorded.wait(guest.name, 'undefined renamed')
    recorded.expect('gannet', 'defined renamed')
    renamed.create()
    with pytest.raises(libvirt.libvirtError, match='already running'):
        renamed.rename('curlew')


def test_a_name_that_is_taken_is_refused(connection, define):
    first, _ = define()
    second, _ = define()
    for name, code in ((first.name(), libvirt.VIR_ERR_OPERATION_INVALID), ('a/b', None)):
        with pytest.raises(libvirt.libvirtError) as refused:
            second.rename(name)
        assert code in (None, refused.value.get_error_code())
    assert {found.name() for found in connection.listAllDomains()} == {first.name(), second.name()}
    second.create()


def test_a_reset_starts_a_guest_again(daemon, start, recorded):
    domain, guest = start()
    before = domain.ID()
    daemon.virsh('reset', guest.name)
    again = daemon.connect().lookupByName(guest.name)
    assert again.ID() not in (before, -1) and not os.path.exists('/proc/%d' % before)
    wait_for(lambda: read_file(guest.root, 'heard').count('started') == 2, 'init runs again', 30)
    recorded.expect(guest.name, 'defined added', 'started booted', 'reboot', 'started booted')
    again.suspend()
    again.reset()
    assert again.state()[0] == libvirt.VIR_DOMAIN_RUNNING
    again.destroy()
    with pytest.raises(libvirt.libvirtError, match='not running'):
        again.reset()
