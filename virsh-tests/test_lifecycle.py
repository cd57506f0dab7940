# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start, suspend, resume, shutdown, reboot, destroy, and what clients hear of it."""
import os
import time

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for
from harness.guest import put, read_file


def heard(guest, word):
    wait_for(lambda: word in read_file(guest.root, 'heard').split(),
             lambda: '%s among %s' % (word, read_file(guest.root, 'heard').split()))


def wait_state(domain, state, seconds=15):
    wait_for(lambda: domain.state()[0] == state,
             lambda: '%s in state %d, is %s' % (domain.name(), state, domain.state()), seconds)


def test_virsh_start_suspend_resume_destroy(daemon, define):
    domain, guest = define()
    daemon.virsh('start', guest.name)
    heard(guest, 'started')
    assert daemon.virsh('domstate', guest.name, '--reason').out.strip() == 'running (booted)'
    daemon.virsh('suspend', guest.name)
    assert daemon.virsh('domstate', guest.name, '--reason').out.strip() == 'paused (user)'
    daemon.virsh('resume', guest.name)
    assert daemon.virsh('domstate', guest.name, '--reason').out.strip() == 'running (unpaused)'
    daemon.virsh('destroy', guest.name)
    assert daemon.virsh('domstate', guest.name, '--reason').out.strip() == 'shut off (destroyed)'


def test_the_id_is_the_pid_of_the_controller_named_libvirt_lxc(start):
    domain, guest = start()
    with open('/proc/%d/cmdline' % domain.ID(), 'rb') as file:
        words = file.read().decode().split('\0')
    assert os.path.basename(words[0]).startswith('libvirt_lxc')
    assert words[words.index('--name') + 1] == guest.name


def test_dominfo_tells_state_memory_and_persistence(daemon, start):
    domain, guest = start()
    info = dict(line.split(':', 1) for line in daemon.virsh('dominfo', guest.name).out.splitlines() if ':' in line)
    info = {key: value.strip() for key, value in info.items()}
    assert info['State'] == 'running' and info['OS Type'] == 'exe'
    assert info['Max memory'] == '65536 KiB' and info['Persistent'] == 'yes'
    assert info['Autostart'] == 'disable' and info['CPU(s)'] == '1'


def test_a_suspended_guest_does_not_run_until_it_is_resumed(connection, start):
    domain, guest = start(init='/bin/sh', arguments=[
        '-c', 'n=0; while :; do n=$((n+1)); echo $n > /count.new; mv /count.new /count; done'])
    count = lambda: read_file(guest.root, 'count')
    wait_for(count, 'it counts')
    domain.suspend()
    before = count()
    time.sleep(0.1)
    assert count() == before
    domain.resume()
    wait_for(lambda: count() != before, 'it counts on')


def test_suspending_and_resuming_emit_events_once(start, recorded):
    domain, guest = start()
    domain.suspend()
    domain.suspend()
    domain.resume()
    recorded.expect(guest.name, 'defined added', 'started booted', 'suspended paused', 'resumed unpaused')


def test_a_guest_that_exits_by_itself_is_reported_as_shut_down(define, recorded):
    domain, guest = define(init='/bin/sh', arguments=['-c', 'exit 3'])
    domain.create()
    wait_state(domain, libvirt.VIR_DOMAIN_SHUTOFF)
    recorded.wait(guest.name, 'stopped shutdown')
    assert domain.state() == [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN]


@pytest.mark.ours
def test_shutdown_reaches_an_init_that_listens(daemon, start, recorded):
    domain, guest = start()
    daemon.virsh('shutdown', guest.name)
    wait_state(domain, libvirt.VIR_DOMAIN_SHUTOFF)
    assert 'TERM' in read_file(guest.root, 'heard').split()
    recorded.wait(guest.name, 'stopped shutdown')


@pytest.mark.ours
def test_shutdown_ends_busybox_init_in_order(start, recorded):
    domain, guest = start(init='/sbin/init')
    heard(guest, 'booted')
    domain.shutdown()
    wait_state(domain, libvirt.VIR_DOMAIN_SHUTOFF)
    heard(guest, 'shutdown')
    recorded.wait(guest.name, 'stopped shutdown')


def test_poweroff_inside_ends_the_guest(start, recorded):
    domain, guest = start(init='/bin/sh', arguments=['-c', 'sleep 0.05; poweroff -f; sleep 1000'])
    wait_state(domain, libvirt.VIR_DOMAIN_SHUTOFF)
    recorded.wait(guest.name, 'stopped shutdown')


@pytest.mark.ours
def test_shutdown_by_initctl_without_initctl_is_an_error(start):
    domain, _ = start()
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_INITCTL)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_UNSUPPORTED
    assert domain.isActive()


def test_shutdown_by_signal_sends_term(daemon, start):
    domain, guest = start()
    daemon.virsh('shutdown', guest.name, '--mode', 'signal')
    heard(guest, 'TERM')
    wait_state(domain, libvirt.VIR_DOMAIN_SHUTOFF)


def test_shutdown_by_initctl_writes_to_the_guests_fifo(start):
    domain, guest = start(init='/bin/sh', arguments=[
        '-c', 'mkfifo /run/initctl; echo ready > /heard; '
              'dd if=/run/initctl bs=384 count=1 2>/dev/null | od -An -tx1 -N12 > /request; exit 0'])
    heard(guest, 'ready')
    domain.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_INITCTL)
    wait_state(domain, libvirt.VIR_DOMAIN_SHUTOFF)
    # magic 0x03091969, command 1 (change the run level), level '0', little endian
    assert read_file(guest.root, 'request').split() == '69 19 09 03 01 00 00 00 30 00 00 00'.split()


def test_a_reboot_from_inside_starts_the_guest_again(start, recorded):
    domain, guest = start(init='/bin/sh', arguments=[
        '-c', 'echo boot >> /heard; test $(wc -l < /heard) -ge 2 || { sleep 0.05; reboot -f; }; '
              'exec sleep 1000'])
    wait_for(lambda: read_file(guest.root, 'heard').split() == ['boot', 'boot'], 'it booted twice', 20)
    recorded.wait(guest.name, 'reboot')
    wait_state(domain, libvirt.VIR_DOMAIN_RUNNING)
    assert not [event for event in recorded.of(guest.name) if event.startswith('stopped')]


@pytest.mark.ours
def test_virsh_reboot_restarts_a_guest(daemon, start, recorded):
    domain, guest = start()
    daemon.virsh('reboot', guest.name)
    wait_for(lambda: read_file(guest.root, 'heard').split().count('started') == 2, 'it started again', 20)
    wait_state(domain, libvirt.VIR_DOMAIN_RUNNING)
    recorded.wait(guest.name, 'reboot')


@pytest.mark.ours
def test_virsh_reboot_restarts_busybox_init(daemon, start, recorded):
    domain, guest = start(init='/sbin/init')
    heard(guest, 'booted')
    daemon.virsh('reboot', guest.name)
    wait_for(lambda: read_file(guest.root, 'heard').split().count('booted') == 2, 'it booted again', 20)
    wait_state(domain, libvirt.VIR_DOMAIN_RUNNING)
    recorded.wait(guest.name, 'reboot')


@pytest.mark.ours
def test_on_reboot_destroy_leaves_the_guest_off(start, recorded):
    domain, guest = start(init='/bin/sh', actions={'on_reboot': 'destroy'},
                          arguments=['-c', 'echo boot >> /heard; sleep 0.05; reboot -f; sleep 1000'])
    wait_state(domain, libvirt.VIR_DOMAIN_SHUTOFF)
    recorded.wait(guest.name, 'stopped shutdown')
    assert read_file(guest.root, 'heard').split() == ['boot']


@pytest.mark.ours
def test_on_poweroff_restart_starts_the_guest_again(start):
    domain, guest = start(init='/bin/sh', actions={'on_poweroff': 'restart'}, arguments=[
        '-c', 'echo boot >> /heard; test $(wc -l < /heard) -ge 2 || exit 0; exec sleep 1000'])
    wait_for(lambda: read_file(guest.root, 'heard').split() == ['boot', 'boot'], 'it booted twice', 20)
    wait_state(domain, libvirt.VIR_DOMAIN_RUNNING)


@pytest.mark.ours
def test_an_init_killed_by_a_signal_has_crashed(start, recorded):
    domain, guest = start()
    os.kill(process.init_of(domain), 9)
    wait_state(domain, libvirt.VIR_DOMAIN_SHUTOFF)
    recorded.wait(guest.name, 'stopped crashed')
    assert domain.state()[1] == libvirt.VIR_DOMAIN_SHUTOFF_CRASHED


@pytest.mark.ours
def test_on_crash_restart_starts_a_crashed_guest_again(start):
    domain, guest = start(actions={'on_crash': 'restart'})
    os.kill(process.init_of(domain), 9)
    wait_for(lambda: read_file(guest.root, 'heard').split().count('started') == 2, 'it started again', 20)
    wait_state(domain, libvirt.VIR_DOMAIN_RUNNING)


@pytest.mark.ours
def test_a_guest_that_ends_at_once_is_not_restarted_for_ever(daemon, define, recorded):
    domain, guest = define(init='/bin/sh', actions={'on_poweroff': 'restart'},
                           arguments=['-c', 'echo boot >> /heard'])
    domain.create()
    recorded.wait(guest.name, 'stopped shutdown', seconds=20)
    wait_for(lambda: domain.state()[0] == libvirt.VIR_DOMAIN_SHUTOFF and 'not restarting' in daemon.log(),
             'the daemon gives up', 30)
    assert 2 <= len(read_file(guest.root, 'heard').split()) <= 20


def test_destroy_ends_everything_in_the_guest(start, recorded):
    domain, guest = start(init='/bin/sh', arguments=[
        '-c', 'trap "" TERM; setsid sleep 1000 & (setsid sleep 1001 &); echo started >> /heard; '
              'while :; do sleep 1000; done'])
    heard(guest, 'started')
    everyone = process.descendants(domain.ID())
    assert len(everyone) >= 3
    domain.destroy()
    assert domain.state() == [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED]
    assert [pid for pid in everyone if process.alive(pid)] == []
    recorded.expect(guest.name, 'defined added', 'started booted', 'stopped destroyed')


@pytest.mark.ours
def test_destroy_does_not_wait_for_an_init_that_ignores_signals(start):
    domain, guest = start(init='/bin/sh', arguments=[
        '-c', 'trap "" TERM HUP INT; echo started >> /heard; while :; do sleep 1000; done'])
    heard(guest, 'started')
    began = time.monotonic()
    domain.destroy()
    assert time.monotonic() - began < 1


@pytest.mark.ours
def test_a_suspended_guest_can_be_destroyed(start):
    domain, guest = start()
    domain.suspend()
    domain.destroy()
    assert domain.state() == [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED]


def test_a_guest_can_be_started_and_destroyed_many_times(define):
    domain, guest = define()
    seen = set()
    for _ in range(10):
        domain.create()
        seen.add(domain.ID())
        domain.destroy()
    assert len(seen) == 10 and domain.ID() == -1


@pytest.mark.parametrize('operation', ['suspend', 'resume', 'shutdown', 'reboot', 'destroy'])
def test_an_operation_on_a_stopped_domain_is_refused(define, operation):
    domain, _ = define()
    with pytest.raises(libvirt.libvirtError, match='not running') as refused:
        getattr(domain, operation)(*([0] if operation == 'reboot' else []))
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID


def test_a_running_domain_cannot_be_started_again(start):
    domain, _ = start()
    with pytest.raises(libvirt.libvirtError, match='running') as refused:
        domain.create()
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID


def test_unknown_flags_are_refused(define):
    domain, _ = define()
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.createWithFlags(1 << 20)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_INVALID_ARG


@pytest.mark.ours
def test_state_survives_a_clean_restart_of_the_daemon(own_daemon, make_guest):
    running, paused, stopped = make_guest(), make_guest(), make_guest()
    connection = own_daemon.connect()
    for guest in (running, paused):
        connection.defineXML(guest.xml()).create()
    connection.defineXML(stopped.xml())
    connection.lookupByName(paused.name).suspend()
    ids = {guest.name: connection.lookupByName(guest.name).ID() for guest in (running, paused)}
    own_daemon.restart(15)
    connection = own_daemon.connect()
    assert connection.lookupByName(running.name).state()[0] == libvirt.VIR_DOMAIN_RUNNING
    assert connection.lookupByName(stopped.name).state()[0] == libvirt.VIR_DOMAIN_SHUTOFF
    for guest in (running, paused):
        assert connection.lookupByName(guest.name).ID() == ids[guest.name]
    if own_daemon.driver == 'ours':
        assert connection.lookupByName(paused.name).state() == [libvirt.VIR_DOMAIN_PAUSED,
                                                                libvirt.VIR_DOMAIN_PAUSED_USER]


def test_twenty_guests_start_and_stop_at_the_same_time(daemon, connection, make_guest):
    from concurrent.futures import ThreadPoolExecutor
    guests = [make_guest() for _ in range(20)]
    domains = [connection.defineXML(guest.xml()) for guest in guests]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda domain: domain.create(), domains))
        assert len(connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)) == 20
        list(pool.map(lambda domain: domain.destroy(), domains))
    assert connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE) == []


@pytest.mark.ours
def test_destroy_can_take_the_log_away(daemon, start):
    domain, guest = start()
    path = daemon.path('/var/log/libvirt/lxc/%s.log' % guest.name)
    assert os.path.exists(path)
    daemon.virsh('destroy', guest.name, '--remove-logs')
    assert not os.path.exists(path) and not domain.isActive()
