# SPDX-License-Identifier: LGPL-2.1-or-later
"""Domains that start with the host."""
import os

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


def test_marked_domains_start_once_per_boot_of_the_host(own_daemon, make_guest):
    connection = own_daemon.connect()
    first, second = make_guest(), make_guest()
    connection.defineXML(first.xml()).setAutostart(1)
    connection.defineXML(second.xml())
    own_daemon.end(9)
    # As after a boot: nothing in /run.
    for name in os.listdir(own_daemon.path('/run/libvirt/lxc')):
        os.unlink(own_daemon.path('/run/libvirt/lxc/' + name))
    own_daemon.start()
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
    own_daemon.end(9)
    for name in os.listdir(own_daemon.path('/run/libvirt/lxc')):
        os.unlink(own_daemon.path('/run/libvirt/lxc/' + name))
    own_daemon.start()
    connection = own_daemon.connect()
    wait_for(connection.lookupByName(good.name).isActive, 'the good one runs')
    # both are being started at once
    wait_for(lambda: connection.lookupByName(broken.name).state()[0] == libvirt.VIR_DOMAIN_SHUTOFF,
             'the broken one is off')
    wait_for(lambda: 'a-broken' in own_daemon.complaints(), 'the log names the broken one')
