# SPDX-License-Identifier: LGPL-2.1-or-later
"""Performance events of guests: enabled by XML and while they run, counted in their control group alone."""
import re

import libvirt
import pytest

from harness import groups, process
from harness.daemon import wait_for

pytestmark = [pytest.mark.ours,
              pytest.mark.skipif(not process.counts_events(), reason='no events of control groups can be counted here')]

LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG
INACTIVE = libvirt.VIR_DOMAIN_XML_INACTIVE
PERF = libvirt.VIR_DOMAIN_STATS_PERF

CLOCK = "<perf><event name='task_clock' enabled='yes'/><event name='page_faults' enabled='no'/></perf>"
BUSY = dict(init='/bin/sh', arguments=('-c', 'while :; do :; done'))


def counted(connection, domain):
    return connection.domainListGetStats([domain], PERF)[0][1]


def test_events_of_the_definition_are_counted(connection, start):
    domain, _ = start(top=CLOCK, **BUSY)
    before = groups.processor_time(domain)
    first = counted(connection, domain)
    assert set(first) == {'perf.task_clock'}
    wait_for(lambda: groups.processor_time(domain) > before + 200 * 10**6, 'it runs', 60)
    used = counted(connection, domain)['perf.task_clock'] - first['perf.task_clock']
    upper = groups.processor_time(domain) - before
    assert 100 * 10**6 < used < upper * 1.5, (used, upper)


def test_a_guest_that_rests_counts_nothing(connection, start):
    resting, _ = start(top=CLOCK, init='/bin/sleep', arguments=['1000'])
    busy, _ = start(top=CLOCK, **BUSY)
    before = counted(connection, resting)['perf.task_clock']
    wait_for(lambda: counted(connection, busy)['perf.task_clock'] > 200 * 10**6, 'the other one runs', 60)
    assert counted(connection, resting)['perf.task_clock'] - before < 50 * 10**6


def test_events_are_enabled_while_a_guest_runs(connection, start, daemon):
    domain, guest = start(**BUSY)
    assert counted(connection, domain) == {}
    daemon.virsh('perf', guest.name, '--enable', 'cpu_clock,page_faults', '--live', '--config')
    assert set(counted(connection, domain)) == {'perf.cpu_clock', 'perf.page_faults'}
    told = dict(re.findall(r'^(\w+)[ :]+(\w+)$', daemon.virsh('perf', guest.name, quiet=False).out, re.MULTILINE))
    assert told['cpu_clock'] == told['page_faults'] == 'enabled' and told['task_clock'] == 'disabled'
    assert len(told) == 22
    wait_for(lambda: counted(connection, domain)['perf.cpu_clock'] > 50 * 10**6, 'it is counted', 60)
    before = counted(connection, domain)['perf.cpu_clock']
    domain.setPerfEvents({'page_faults': False, 'task_clock': True}, LIVE)
    assert set(counted(connection, domain)) == {'perf.cpu_clock', 'perf.task_clock'}
    assert counted(connection, domain)['perf.cpu_clock'] >= before, 'what was enabled goes on'
    assert domain.perfEvents(CONFIG)['page_faults'] and not domain.perfEvents(CONFIG)['task_clock']
    assert "<event name='task_clock' enabled='yes'/>" in domain.XMLDesc()
    domain.destroy()
    domain.create()
    assert set(counted(connection, domain)) == {'perf.cpu_clock', 'perf.page_faults'}


def test_counting_goes_on_after_the_daemon_was_replaced(own_daemon, make_guest):
    connection = own_daemon.connect()
    domain = connection.createXML(make_guest(top=CLOCK, **BUSY).xml())
    del connection
    own_daemon.restart()
    connection = own_daemon.connect()
    domain = connection.lookupByUUID(domain.UUID())
    wait_for(lambda: counted(connection, domain)['perf.task_clock'] > 10 * 10**6, 'it is counted', 60)
    domain.destroy()


def test_an_event_that_cannot_be_counted_is_named(define, start):
    domain, _ = start()
    with pytest.raises(libvirt.libvirtError, match="this host cannot count the event 'cmt' of a container: "
                                                   'the kernel counts it by resctrl group only; leave it disabled'):
        domain.setPerfEvents({'cmt': True, 'cpu_clock': True}, LIVE)
    assert not any(domain.perfEvents(LIVE).values())
    stopped, _ = define(top="<perf><event name='mbml' enabled='yes'/></perf>")
    with pytest.raises(libvirt.libvirtError, match="cannot count the event 'mbml'"):
        stopped.create()
    assert not stopped.isActive()
