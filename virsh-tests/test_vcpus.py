# SPDX-License-Identifier: LGPL-2.1-or-later
"""Vcpus of a container: how much processor time it has, and where it runs."""
import os

import libvirt
import pytest

from harness import groups

pytestmark = pytest.mark.ours

LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG
MAXIMUM = libvirt.VIR_DOMAIN_VCPU_MAXIMUM
HOST = os.sysconf('SC_NPROCESSORS_CONF')

several = pytest.mark.skipif(HOST < 2, reason='the host has one processor')


def quota(domain):
    """Processors the kernel gives the guest, None for all."""
    if groups.hierarchy('cpu')[0] == 1:
        value = groups.number(domain, 'cpu', 'cpu.cfs_quota_us', '')
        return value / groups.number(domain, 'cpu', 'cpu.cfs_period_us', '') if value > 0 else None
    value, period = groups.text(domain, 'cpu', '', 'cpu.max').split()
    return None if value == 'max' else int(value) / int(period)


def init_of(domain):
    """The host pid of the guest's init."""
    with open('/proc/%d/task/%d/children' % (domain.ID(), domain.ID())) as file:
        return int(file.read().split()[0])


def affinity(domain):
    return os.sched_getaffinity(init_of(domain))


@pytest.fixture
def vcpus(connection, make_guest):
    """Defines and starts a guest with this <vcpu> element."""
    def make(element, top=''):
        described = make_guest(top=top)
        domain = connection.defineXML(described.xml().replace('<vcpu>1</vcpu>', element))
        domain.create()
        return domain, described
    return make


def test_all_vcpus_online_limit_nothing(vcpus):
    domain, _ = vcpus('<vcpu>2</vcpu>')
    assert quota(domain) is None and affinity(domain) == set(range(HOST))
    assert (domain.vcpusFlags(LIVE), domain.maxVcpus(), domain.vcpusFlags(CONFIG | MAXIMUM)) == (2, 2, 2)


def test_fewer_vcpus_give_less_time(vcpus, daemon):
    domain, guest = vcpus("<vcpu current='1'>4</vcpu>")
    assert quota(domain) == 1
    domain.setVcpus(3)
    assert quota(domain) == 3 and domain.vcpusFlags(LIVE) == 3 and domain.vcpusFlags(CONFIG) == 1
    assert domain.info()[3] == 3
    daemon.virsh('setvcpus', guest.name, 4, '--live', '--config')
    assert quota(domain) is None and domain.vcpusFlags(CONFIG) == 4
    domain.setVcpusFlags(2, CONFIG)
    assert quota(domain) is None
    domain.destroy()
    domain.create()
    assert quota(domain) == 2


def test_vcpus_are_switched_one_by_one_in_order(vcpus, daemon):
    domain, guest = vcpus("<vcpu current='1'>4</vcpu>")
    daemon.virsh('setvcpu', guest.name, '1-2', '--enable', '--live')
    assert quota(domain) == 3 and domain.vcpusFlags(LIVE) == 3 and domain.vcpusFlags(CONFIG) == 1
    domain.setVcpu('2', 0, LIVE)
    assert quota(domain) == 2
    for list, state, words in (('3', 1, 'vcpu 3 of domain .* cannot be online while vcpu 2 is not'),
                               ('0', 0, 'vcpu 1 of domain .* cannot be online while vcpu 0 is not'),
                               ('0-3', 0, 'cannot be without vcpus: leave vcpu 0 online, or suspend it'),
                               ('4', 1, 'has no vcpu 4: there are 4, counted from 0; give a lower number'),
                               ('many', 1, "'many' is no list of vcpus")):
        with pytest.raises(libvirt.libvirtError, match=words):
            domain.setVcpu(list, state, LIVE)
    assert quota(domain) == 2 and domain.vcpusFlags(LIVE) == 2
    domain.setVcpu('1-3', 1, CONFIG)
    assert domain.vcpusFlags(CONFIG) == 4 and quota(domain) == 2


def test_a_quota_counts_when_it_is_less(vcpus):
    domain, _ = vcpus("<vcpu current='1'>2</vcpu>",
                      '<cputune><period>50000</period><quota>25000</quota></cputune>')
    assert quota(domain) == 0.5
    domain.setSchedulerParametersFlags({'vcpu_quota': 90000}, LIVE)
    assert quota(domain) == 1
    domain.setVcpus(2)
    assert quota(domain) == 1.8


def test_more_than_the_maximum_are_refused(vcpus):
    domain, _ = vcpus('<vcpu>2</vcpu>')
    with pytest.raises(libvirt.libvirtError, match='3 vcpus are more than the maximum of domain') as refused:
        domain.setVcpus(3)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_INVALID_ARG
    with pytest.raises(libvirt.libvirtError, match='cannot be changed while it is running'):
        domain.setVcpusFlags(3, LIVE | CONFIG | MAXIMUM)
    domain.setVcpusFlags(3, CONFIG | MAXIMUM)
    domain.setVcpusFlags(3, CONFIG)
    assert domain.vcpusFlags(CONFIG) == 3
    domain.setVcpusFlags(1, CONFIG | MAXIMUM)
    assert (domain.vcpusFlags(CONFIG), domain.vcpusFlags(CONFIG | MAXIMUM)) == (1, 1)


def test_vcpucount_by_virsh(daemon, vcpus):
    _, guest = vcpus("<vcpu current='1'>2</vcpu>")
    assert daemon.virsh('vcpucount', guest.name).out.split() == [
        'maximum', 'config', '2', 'maximum', 'live', '2', 'current', 'config', '1', 'current', 'live', '1']
    assert daemon.virsh('maxvcpus').out.strip() == str(HOST)


@several
def test_a_pin_is_where_the_guest_runs(vcpus, daemon):
    domain, guest = vcpus('<vcpu>1</vcpu>')
    assert domain.vcpuPinInfo(LIVE) == [tuple([True] * HOST)]
    daemon.virsh('vcpupin', guest.name, 0, 1, '--live', '--config')
    assert affinity(domain) == {1}
    assert domain.vcpuPinInfo(CONFIG) == [tuple(cpu == 1 for cpu in range(HOST))]
    assert domain.vcpus()[0][0][:2] == (0, 1) and domain.vcpus()[0][0][3] == 1
    assert "<vcpupin vcpu='0' cpuset='1'/>" in domain.XMLDesc()
    domain.pinVcpu(0, tuple([True] * HOST))
    assert affinity(domain) == set(range(HOST))
    domain.destroy()
    domain.create()
    assert affinity(domain) == {1}


@several
def test_a_guest_runs_where_any_of_its_vcpus_may(vcpus):
    domain, _ = vcpus("<vcpu cpuset='0'>2</vcpu>")
    assert affinity(domain) == {0}
    domain.pinVcpu(1, (False, True))
    assert affinity(domain) == {0, 1}
    domain.pinVcpu(0, (False, True))
    assert affinity(domain) == {1}


def test_what_cannot_be_pinned(vcpus):
    domain, _ = vcpus('<vcpu>1</vcpu>')
    with pytest.raises(libvirt.libvirtError, match='has no vcpu 1: it has 1'):
        domain.pinVcpu(1, (True,))
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.pinVcpu(0, (False,) * HOST)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_INVALID_ARG


@several
def test_the_controller_runs_where_the_emulator_is_pinned(vcpus, daemon):
    domain, guest = vcpus('<vcpu>1</vcpu>', "<cputune><emulatorpin cpuset='0'/></cputune>")
    assert os.sched_getaffinity(domain.ID()) == {0} and affinity(domain) == set(range(HOST))
    daemon.virsh('emulatorpin', guest.name, 1, '--live')
    assert os.sched_getaffinity(domain.ID()) == {1}
    assert domain.emulatorPinInfo(LIVE)[:2] == (False, True)
    assert domain.emulatorPinInfo(CONFIG)[:2] == (True, False)


def test_vcpuinfo_tells_time_and_affinity(vcpus, daemon):
    domain, guest = vcpus('<vcpu>%d</vcpu>' % HOST)
    rows, maps = domain.vcpus()
    assert len(rows) == HOST and maps == [tuple([True] * HOST)] * HOST
    assert 0 < sum(row[2] for row in rows) <= groups.processor_time(domain)
    assert 'State:          running' in daemon.virsh('vcpuinfo', guest.name).out
    domain.destroy()
    with pytest.raises(libvirt.libvirtError, match='not running'):
        domain.vcpus()


@several
def test_a_pin_is_told(connection, vcpus):
    from harness.daemon import wait_for
    domain, _ = vcpus('<vcpu>1</vcpu>')
    told = []
    number = connection.domainEventRegisterAny(domain, libvirt.VIR_DOMAIN_EVENT_ID_TUNABLE,
                                               lambda *words: told.append(words[2]), None)
    domain.pinVcpu(0, (True, False))
    domain.pinEmulator((False, True))
    wait_for(lambda: len(told) == 2, 'both are told', 30)
    connection.domainEventDeregisterAny(number)
    assert told == [{'cputune.vcpupin0': '0'}, {'cputune.emulatorpin': '1'}]
