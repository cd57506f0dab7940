# SPDX-License-Identifier: LGPL-2.1-or-later
"""Domains that start with the host."""
import os
import threading

import libvirt
import pytest

from harness.daemon import wait_for


def test_virsh_autostart_makes_and_removes_a_link(daemon, define):
    domain, guest = define()
    link = daemon.path('/etc/libvirt/lxc/autostart/%s.xml' % guest.name)
    daemon.virsh('autostart', guest.name)
    assert domain.autostart() == 1
    assert os.readlink(link) == '/etc/libvirt/lxc/%s.xml' % guest.name
    daemon.virsh('autostart', '--disable', guest.name)
    assert domain.autostart() == 0 and not os.path.lexists(link)


def test_undefine_removes_the_autostart_link(daemon, define):
    domain, guest = define()
    domain.setAutostart(1)
    domain.undefine()
    assert not os.path.lexists(daemon.path('/etc/libvirt/lxc/autostart/%s.xml' % guest.name))


def boot(daemon):
    """As after a boot: nothing in /run."""
    daemon.end(9)
    for name in os.listdir(daemon.path('/run/libvirt/lxc')):
        os.unlink(daemon.path('/run/libvirt/lxc/' + name))
    daemon.start()


def test_marked_domains_start_once_per_boot_of_the_host(own_daemon, make_guest):
    connection = own_daemon.connect()
    first, second = make_guest(), make_guest()
    connection.defineXML(first.xml()).setAutostart(1)
    connection.defineXML(second.xml())
    boot(own_daemon)
    connection = own_daemon.connect()
    domain = connection.lookupByName(first.name)
    wait_for(domain.isActive, 'the marked domain runs')
    assert domain.autostart() == 1
    assert not connection.lookupByName(second.name).isActive()
    domain.destroy()
    own_daemon.restart()
    # The list is complete when the daemon answers; a start would have been under way for long.
    connection = own_daemon.connect()
    assert not wait_quietly(connection.lookupByName(first.name).isActive)


def wait_quietly(condition, seconds=0.5):
    """Whether the condition came true in that time."""
    try:
        return wait_for(condition, '', seconds)
    except AssertionError:
        return False


def test_a_domain_that_cannot_start_does_not_keep_others_from_starting(own_daemon, make_guest):
    connection = own_daemon.connect()
    broken, good = make_guest('a-broken', init='/no/such/init'), make_guest('z-good')
    for guest in (broken, good):
        connection.defineXML(guest.xml()).setAutostart(1)
    boot(own_daemon)
    connection = own_daemon.connect()
    wait_for(connection.lookupByName(good.name).isActive, 'the good one runs')
    # both are being started at once
    wait_for(lambda: connection.lookupByName(broken.name).state()[0] == libvirt.VIR_DOMAIN_SHUTOFF,
             'the broken one is off')
    wait_for(lambda: 'a-broken' in own_daemon.complaints(), 'the log names the broken one')


PRIORITY = ("<caisson:container xmlns:caisson='urn:caisson:domain:1'><caisson:autostart priority='%d'/>"
            "</caisson:container>\n</domain>")


@pytest.mark.ours
def test_guests_start_in_the_order_of_their_priorities(own_daemon, make_guest):
    connection = own_daemon.connect()
    guests = {}
    for priority in (3, 1, 0, 2):
        guest = guests[priority] = make_guest()
        text = guest.xml()
        if priority:
            text = text.replace('</domain>', PRIORITY % priority)
        connection.defineXML(text).setAutostart(1)
    boot(own_daemon)
    connection = own_daemon.connect()
    for guest in guests.values():
        wait_for(connection.lookupByName(guest.name).isActive, guest.name + ' runs', 30)
    begun = {priority: own_daemon.guest_log(guest.name).split('+')[0] for priority, guest in guests.items()}
    assert begun[1] < begun[2] < begun[3] < begun[0]


@pytest.mark.ours
def test_a_guest_can_start_at_the_next_boot_only(own_daemon, make_guest):
    """libvirt 11.2 has a call for it; the mark is a link, as it has it."""
    guest = make_guest()
    domain = own_daemon.connect().defineXML(guest.xml())
    link = own_daemon.path('/etc/libvirt/lxc/autostart/%s.xml.once' % guest.name)
    if hasattr(domain, 'setAutostartOnce'):
        domain.setAutostartOnce(1)
        assert domain.autostartOnce() == 1
    else:
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink('/etc/libvirt/lxc/%s.xml' % guest.name, link)
    boot(own_daemon)
    domain = own_daemon.connect().lookupByName(guest.name)
    wait_for(domain.isActive, 'it runs', 30)
    assert domain.autostart() == 0 and not os.path.lexists(link)


@pytest.mark.ours
def test_all_guests_can_be_shut_down_at_once(daemon, start):
    """What libvirt-guests does with PARALLEL_SHUTDOWN."""
    domains = [start()[0] for _ in range(6)]
    threads = [threading.Thread(target=domain.shutdown) for domain in domains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: not any(domain.isActive() for domain in domains), 'all are off', 30)
    assert all(domain.state() == [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN]
               for domain in domains)
