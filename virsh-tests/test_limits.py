# SPDX-License-Identifier: LGPL-2.1-or-later
"""Limits of memory, processors and block devices: from the XML, live, in the configuration."""
import os
import subprocess
import threading

import libvirt
import pytest

from harness.daemon import wait_for
from harness.limits import group_of, hierarchy, kernel, number, restricts_nodes

CURRENT = libvirt.VIR_DOMAIN_AFFECT_CURRENT
LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE
CONFIG = libvirt.VIR_DOMAIN_AFFECT_CONFIG
UNLIMITED = 9007199254740991
MIB = 1024 * 1024

pytestmark = pytest.mark.ours


def code_of(call, *arguments):
    with pytest.raises(libvirt.libvirtError) as refused:
        call(*arguments)
    return refused.value.get_error_code()


def memory_of(domain):
    return number(kernel(domain, 'memory', 'memory.limit_in_bytes', 'memory.max'))


def reservation_of(domain):
    return number(kernel(domain, 'memory', 'memory.soft_limit_in_bytes', 'memory.low'))


def swap_of(domain):
    value = number(kernel(domain, 'memory', 'memory.memsw.limit_in_bytes', 'memory.swap.max'))
    return value + memory_of(domain) if value >= 0 and hierarchy('memory')[0] == 2 else value


# name, element of <memtune>, what the kernel has
MEMORY = [('hard_limit', 'hard_limit', memory_of),
          ('soft_limit', 'soft_limit', reservation_of),
          ('swap_hard_limit', 'swap_hard_limit', swap_of)]


@pytest.mark.parametrize('name, element, read', MEMORY, ids=[row[0] for row in MEMORY])
def test_a_limit_of_memory(daemon, start, name, element, read):
    domain, described = start(top="<memtune><%s unit='MiB'>96</%s></memtune>" % (element, element))
    assert read(domain) == 96 * MIB
    assert domain.memoryParameters(LIVE)[name] == domain.memoryParameters(CURRENT)[name] == 96 * 1024

    domain.setMemoryParameters({name: 80 * 1024}, LIVE)
    assert read(domain) == 80 * MIB
    assert domain.memoryParameters(LIVE)[name] == 80 * 1024
    assert domain.memoryParameters(CONFIG)[name] == 96 * 1024

    domain.setMemoryParameters({name: 72 * 1024}, CONFIG)
    assert read(domain) == 80 * MIB
    assert domain.memoryParameters(CONFIG)[name] == 72 * 1024
    assert "<%s unit='KiB'>%d</%s>" % (element, 80 * 1024, element) in domain.XMLDesc()
    assert ("<%s unit='KiB'>%d</%s>" % (element, 72 * 1024, element)
            in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))

    daemon.virsh('memtune', described.name, '--' + name.replace('_', '-'), '-1', '--live', '--config')
    assert read(domain) in (-1, 0)
    assert domain.memoryParameters(LIVE)[name] == UNLIMITED
    assert domain.memoryParameters(CONFIG)[name] == UNLIMITED


def test_the_configured_limit_counts_from_the_next_start(start):
    domain, _ = start()
    domain.setMemoryParameters({'hard_limit': 48 * 1024}, CONFIG)
    assert memory_of(domain) == 64 * MIB
    domain.destroy()
    domain.create()
    assert memory_of(domain) == 48 * MIB


def test_memtune_by_virsh(daemon, start):
    domain, described = start()
    daemon.virsh('memtune', described.name, '--hard-limit', '128M', '--swap-hard-limit', '256M', '--live')
    assert (memory_of(domain), swap_of(domain)) == (128 * MIB, 256 * MIB)
    # both grow beyond what either was, then shrink below it: the kernel takes no order but one
    daemon.virsh('memtune', described.name, '--hard-limit', '512M', '--swap-hard-limit', '1G', '--live')
    assert (memory_of(domain), swap_of(domain)) == (512 * MIB, 1024 * MIB)
    daemon.virsh('memtune', described.name, '--hard-limit', '32M', '--swap-hard-limit', '64M', '--live')
    assert (memory_of(domain), swap_of(domain)) == (32 * MIB, 64 * MIB)
    shown = daemon.virsh('memtune', described.name).out.replace(':', ' ').split()
    assert shown == ['hard_limit', str(32 * 1024), 'soft_limit', 'unlimited',
                     'swap_hard_limit', str(64 * 1024)]


def test_impossible_limits_of_memory_change_nothing(start):
    domain, _ = start()
    before = domain.memoryParameters(LIVE), domain.memoryParameters(CONFIG), domain.XMLDesc()
    for wrong in ({'hard_limit': 4096, 'swap_hard_limit': 2048}, {'swap_hard_limit': 1024},
                  {'hard_limit': 0}):
        for flags in (LIVE, CONFIG):
            assert code_of(domain.setMemoryParameters, wrong, flags) == libvirt.VIR_ERR_INVALID_ARG
    # the configuration then has the limit that <memory> is
    no_limit = {'hard_limit': UNLIMITED, 'swap_hard_limit': 1 << 20}
    assert code_of(domain.setMemoryParameters, no_limit, LIVE) == libvirt.VIR_ERR_INVALID_ARG
    assert before == (domain.memoryParameters(LIVE), domain.memoryParameters(CONFIG), domain.XMLDesc())


EATER = '''x=0123456789abcdef; while [ ${#x} -lt 33554432 ]; do x=$x$x; done
echo full >> /heard; sleep 1000; echo $x'''


def test_a_limit_below_what_is_in_use_is_refused_and_kills_nothing(start):
    domain, described = start(init='/bin/sh', arguments=('-c', EATER), memory=256)
    with_what = lambda: os.path.exists(os.path.join(described.root, 'heard'))
    wait_for(with_what, 'the guest holds its memory', 60)
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.setMemory(8 * 1024)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_FAILED
    assert 'the guest uses' in str(refused.value)
    assert memory_of(domain) == 256 * MIB
    assert domain.isActive()
    assert code_of(domain.setMemoryParameters, {'hard_limit': 8 * 1024}, LIVE) == libvirt.VIR_ERR_OPERATION_FAILED
    assert memory_of(domain) == 256 * MIB


def test_setmem_changes_what_a_running_guest_may_use(connection, start):
    domain, _ = start()
    seen = []
    handle = connection.domainEventRegisterAny(
        domain, libvirt.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE,
        lambda _connection, _domain, kib, _opaque: seen.append(kib), None)
    domain.setMemory(32 * 1024)
    assert memory_of(domain) == 32 * MIB
    wait_for(lambda: seen, 'an event comes')
    connection.domainEventDeregisterAny(handle)
    assert seen == [32 * 1024]
    assert "<currentMemory unit='KiB'>32768</currentMemory>" in domain.XMLDesc()
    assert "<currentMemory unit='KiB'>65536</currentMemory>" in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    domain.setMemoryFlags(48 * 1024, CONFIG)
    assert memory_of(domain) == 32 * MIB
    domain.destroy()
    domain.create()
    assert memory_of(domain) == 48 * MIB
    domain.setMemory(64 * 1024)
    assert memory_of(domain) == 64 * MIB
    assert code_of(domain.setMemory, 64 * 1024 + 1) == libvirt.VIR_ERR_INVALID_ARG


def test_the_maximum_of_memory_is_configuration_only(start):
    domain, _ = start()
    for call, arguments in ((domain.setMaxMemory, (1 << 17,)),
                            (domain.setMemoryFlags, (1 << 17, libvirt.VIR_DOMAIN_MEM_MAXIMUM | LIVE))):
        assert code_of(call, *arguments) == libvirt.VIR_ERR_OPERATION_INVALID
    domain.setMemoryFlags(1 << 17, libvirt.VIR_DOMAIN_MEM_MAXIMUM | CONFIG)
    assert domain.maxMemory() == 1 << 16
    domain.destroy()
    assert domain.maxMemory() == 1 << 17
    domain.setMaxMemory(1 << 15)
    assert domain.maxMemory() == 1 << 15
    domain.create()
    assert memory_of(domain) == 32 * MIB


def test_live_limits_survive_a_restart_of_the_daemon(own_daemon, make_guest):
    described = make_guest()
    domain = own_daemon.connect().defineXML(described.xml())
    domain.create()
    domain.setMemoryParameters({'hard_limit': 40 * 1024, 'soft_limit': 20 * 1024}, LIVE)
    own_daemon.restart()
    domain = own_daemon.connect().lookupByName(described.name)
    assert domain.memoryParameters(LIVE)['hard_limit'] == 40 * 1024
    assert "<soft_limit unit='KiB'>20480</soft_limit>" in domain.XMLDesc()
    assert domain.memoryParameters(CONFIG)['hard_limit'] == UNLIMITED
    domain.setMemoryParameters({'hard_limit': 50 * 1024}, LIVE)
    assert memory_of(domain) == 50 * MIB


def shares_of(domain):
    value = number(kernel(domain, 'cpu', 'cpu.shares', 'cpu.weight'))
    return -(-value * 1024 // 100) if hierarchy('cpu')[0] == 2 else value


def period_of(domain):
    return int(kernel(domain, 'cpu', 'cpu.cfs_period_us', 'cpu.max').split()[-1])


def quota_of(domain):
    return number(kernel(domain, 'cpu', 'cpu.cfs_quota_us', 'cpu.max'))


# parameter, element of <cputune>, what the kernel has, of the XML, live, configured, by default
CPU = [('cpu_shares', 'shares', shares_of, 2048, 512, 4096, 1024),
       ('vcpu_period', 'period', period_of, 50000, 20000, 200000, 100000),
       ('vcpu_quota', 'quota', quota_of, 25000, 60000, 90000, -1)]


@pytest.mark.parametrize('name, element, read, first, second, third, default', CPU,
                         ids=[row[0] for row in CPU])
def test_a_share_of_the_processors(daemon, start, name, element, read, first, second, third, default):
    domain, described = start(top='<cputune><%s>%d</%s></cputune>' % (element, first, element))
    assert read(domain) == first
    assert domain.schedulerParameters()[name] == first

    daemon.virsh('schedinfo', described.name, '--live', '--set', '%s=%d' % (name, second))
    assert read(domain) == second
    assert domain.schedulerParametersFlags(LIVE)[name] == second
    assert domain.schedulerParametersFlags(CONFIG)[name] == first

    daemon.virsh('schedinfo', described.name, '--config', '--set', '%s=%d' % (name, third))
    assert read(domain) == second
    assert domain.schedulerParametersFlags(CONFIG)[name] == third
    assert '<%s>%d</%s>' % (element, second, element) in domain.XMLDesc()
    assert ('<%s>%d</%s>' % (element, third, element)
            in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))

    domain.setSchedulerParametersFlags({name: 0}, LIVE)
    assert read(domain) == domain.schedulerParameters()[name] == default
    domain.destroy()
    domain.create()
    assert read(domain) == third


def test_what_was_said_of_the_processors_is_left_when_another_is_set(start):
    domain, _ = start(top='<cputune><shares>512</shares><period>50000</period><quota>20000</quota></cputune>')
    domain.setSchedulerParameters({'vcpu_quota': 30000})
    assert (shares_of(domain), period_of(domain), quota_of(domain)) == (512, 50000, 30000)
    domain.setSchedulerParameters({'cpu_shares': 256})
    domain.setSchedulerParameters({'vcpu_period': 40000})
    assert (shares_of(domain), period_of(domain), quota_of(domain)) == (256, 40000, 30000)
    domain.setSchedulerParameters({'vcpu_quota': -1})
    assert quota_of(domain) == -1
    assert domain.schedulerParameters() == {'cpu_shares': 256, 'vcpu_period': 40000, 'vcpu_quota': -1}


@pytest.mark.parametrize('name, value', [('cpu_shares', 1), ('cpu_shares', 262145), ('vcpu_period', 999),
                                         ('vcpu_period', 1000001), ('vcpu_quota', 999),
                                         ('vcpu_quota', 17592186044416)])
def test_an_impossible_share_changes_nothing(start, name, value):
    domain, _ = start()
    before = domain.schedulerParameters(), domain.XMLDesc(), domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    for flags in (LIVE, CONFIG):
        assert code_of(domain.setSchedulerParametersFlags, {name: value}, flags) == libvirt.VIR_ERR_INVALID_ARG
    assert before == (domain.schedulerParameters(), domain.XMLDesc(),
                      domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))


def test_a_changed_share_is_an_event(connection, start):
    domain, _ = start()
    seen = []
    handle = connection.domainEventRegisterAny(
        domain, libvirt.VIR_DOMAIN_EVENT_ID_TUNABLE,
        lambda _connection, _domain, what, _opaque: seen.append(what), None)
    domain.setSchedulerParametersFlags({'cpu_shares': 700}, CONFIG)
    domain.setSchedulerParametersFlags({'cpu_shares': 800, 'vcpu_quota': 50000}, LIVE)
    wait_for(lambda: seen, 'an event comes')
    connection.domainEventDeregisterAny(handle)
    assert seen == [{'cputune.cpu_shares': 800, 'cputune.vcpu_quota': 50000}]


def test_schedinfo_answers_for_every_state(daemon, connection, define, make_guest):
    domain, described = define()
    transient = connection.createXML(make_guest().xml())
    nothing = {'cpu_shares': 0, 'vcpu_period': 0, 'vcpu_quota': 0}
    assert domain.schedulerParameters() == domain.schedulerParametersFlags(CONFIG) == nothing
    assert tuple(domain.schedulerType()) == ('posix', 3)
    assert code_of(domain.schedulerParametersFlags, LIVE) == libvirt.VIR_ERR_OPERATION_INVALID
    assert code_of(transient.schedulerParametersFlags, CONFIG) == libvirt.VIR_ERR_OPERATION_INVALID
    domain.create()
    domain.suspend()
    shown = daemon.virsh('schedinfo', described.name, '--set', 'cpu_shares=600').out
    assert '600' in shown and 'posix' in shown
    assert shares_of(domain) in (600, 594)
    domain.resume()
    transient.destroy()
    assert daemon.ended() is None


def test_shares_are_shown_as_they_were_said(start):
    """Version 2 has a weight, which not every number of shares can be told from."""
    domain, _ = start(top='<cputune><shares>300</shares></cputune>')
    assert domain.schedulerParametersFlags(LIVE)['cpu_shares'] == 300
    domain.setSchedulerParametersFlags({'cpu_shares': 333}, LIVE)
    assert domain.schedulerParametersFlags(LIVE)['cpu_shares'] == 333


def nodes_of(domain):
    return kernel(domain, 'cpuset', 'cpuset.mems', 'cpuset.mems')


needs_cpuset = pytest.mark.skipif(not restricts_nodes(),
                                  reason='this kernel restricts no memory nodes')


@needs_cpuset
def test_memory_nodes(daemon, start):
    domain, described = start(top="<numatune><memory mode='strict' nodeset='0'/></numatune>")
    assert nodes_of(domain) == '0'
    assert domain.numaParameters(LIVE) == {'numa_mode': 0, 'numa_nodeset': '0'}
    daemon.virsh('numatune', described.name, '--nodeset', '0', '--live')
    assert nodes_of(domain) == '0'
    domain.setNumaParameters({'numa_mode': 3, 'numa_nodeset': '0'}, CONFIG)
    assert domain.numaParameters(CONFIG) == {'numa_mode': 3, 'numa_nodeset': '0'}
    assert "<memory mode='restrictive' nodeset='0'/>" in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    assert "<memory mode='strict' nodeset='0'/>" in domain.XMLDesc()
    for wrong, flags, code in (({'numa_mode': 3}, LIVE, libvirt.VIR_ERR_OPERATION_INVALID),
                               ({'numa_nodeset': '900'}, LIVE, libvirt.VIR_ERR_SYSTEM_ERROR),
                               ({'numa_nodeset': 'x'}, LIVE, libvirt.VIR_ERR_INVALID_ARG),
                               ({'numa_nodeset': 'x'}, CONFIG, libvirt.VIR_ERR_INVALID_ARG),
                               ({'numa_mode': 4}, CONFIG, libvirt.VIR_ERR_INVALID_ARG),
                               ({'numa_mode': -1}, CONFIG, libvirt.VIR_ERR_INVALID_ARG)):
        assert code_of(domain.setNumaParameters, wrong, flags) == code, wrong
    assert nodes_of(domain) == '0'
    assert domain.numaParameters(LIVE) == {'numa_mode': 0, 'numa_nodeset': '0'}


def test_nodes_that_are_wished_stay_as_they_are_in_a_running_guest(start):
    domain, _ = start(top="<numatune><memory mode='preferred' nodeset='0'/></numatune>")
    assert code_of(domain.setNumaParameters, {'numa_nodeset': '0'}, LIVE) == libvirt.VIR_ERR_OPERATION_INVALID
    assert domain.numaParameters(LIVE) == {'numa_mode': 1, 'numa_nodeset': '0'}


@pytest.fixture
def disk():
    """A block device of the host and its number."""
    for name in sorted(os.listdir('/sys/block')):
        path = '/dev/' + name.replace('!', '/')
        if os.path.exists(path):
            with open('/sys/block/%s/dev' % name) as file:
                return path, file.read().strip()
    pytest.skip('the host has no block device')


def rate_of(domain, number_of_disk, v1, word):
    """What the kernel lets through, None for no limit."""
    for line in kernel(domain, 'blkio', v1, 'io.max').splitlines():
        words = line.split()
        if words[0] == number_of_disk:
            values = dict(pair.split('=') for pair in words[1:]) if '=' in line else {word: words[1]}
            return None if values[word] == 'max' else int(values[word])
    return None


# parameter, element, files of the kernel
RATES = [('device_read_bytes_sec', 'read_bytes_sec', 'blkio.throttle.read_bps_device', 'rbps'),
         ('device_write_bytes_sec', 'write_bytes_sec', 'blkio.throttle.write_bps_device', 'wbps'),
         ('device_read_iops_sec', 'read_iops_sec', 'blkio.throttle.read_iops_device', 'riops'),
         ('device_write_iops_sec', 'write_iops_sec', 'blkio.throttle.write_iops_device', 'wiops')]


@pytest.mark.parametrize('name, element, v1, word', RATES, ids=[row[0] for row in RATES])
def test_a_rate_of_a_block_device(daemon, start, disk, name, element, v1, word):
    path, number_of_disk = disk
    device = '<blkiotune><device><path>%s</path><%s>%%d</%s></device></blkiotune>' % (path, element, element)
    domain, described = start(top=device % 50000)
    option = '--' + name.replace('_', '-')
    assert rate_of(domain, number_of_disk, v1, word) == 50000
    assert domain.blkioParameters(LIVE)[name] == '%s,50000' % path

    daemon.virsh('blkiotune', described.name, option, path + ',40000', '--live')
    assert rate_of(domain, number_of_disk, v1, word) == 40000
    assert domain.blkioParameters(LIVE)[name] == '%s,40000' % path
    assert domain.blkioParameters(CONFIG)[name] == '%s,50000' % path
    assert '<%s>40000</%s>' % (element, element) in domain.XMLDesc()

    daemon.virsh('blkiotune', described.name, option, path + ',30000', '--config')
    assert rate_of(domain, number_of_disk, v1, word) == 40000
    assert domain.blkioParameters(CONFIG)[name] == '%s,30000' % path

    daemon.virsh('blkiotune', described.name, option, path + ',0', '--live', '--config')
    assert rate_of(domain, number_of_disk, v1, word) is None
    assert domain.blkioParameters(LIVE)[name] == domain.blkioParameters(CONFIG)[name] == ''
    assert '<device>' not in domain.XMLDesc() + domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)


def test_one_rate_leaves_the_others(start, disk):
    path, number_of_disk = disk
    domain, _ = start(top='<blkiotune><device><path>%s</path><read_iops_sec>500</read_iops_sec>'
                          '<write_bytes_sec>70000</write_bytes_sec></device></blkiotune>' % path)
    domain.setBlkioParameters({'device_read_iops_sec': path + ',600'}, LIVE)
    shown = domain.blkioParameters(LIVE)
    assert shown['device_read_iops_sec'] == path + ',600'
    assert shown['device_write_bytes_sec'] == path + ',70000'
    assert shown['device_write_iops_sec'] == ''


def weight_files(domain):
    version, group = group_of(domain, 'blkio')
    names = ['blkio.weight', 'blkio.bfq.weight'] if version == 1 else ['io.weight', 'io.bfq.weight']
    found = [name for name in names if os.path.exists(os.path.join(group, name))]
    if not found:
        pytest.skip("the host's kernel has no weights of block devices")
    return found


def test_the_weight_of_block_devices(daemon, start):
    domain, described = start()
    name = weight_files(domain)[0]
    weight_of = lambda: int(kernel(domain, 'blkio', name, name).split()[-1])
    daemon.virsh('blkiotune', described.name, '--weight', 300, '--live')
    assert weight_of() == domain.blkioParameters(LIVE)['weight'] == 300
    assert domain.blkioParameters(CONFIG)['weight'] == 0
    domain.setBlkioParameters({'weight': 400}, CONFIG)
    assert weight_of() == 300
    assert code_of(domain.setBlkioParameters, {'weight': 0}, LIVE) == libvirt.VIR_ERR_INVALID_ARG
    assert code_of(domain.setBlkioParameters, {'weight': 10001}, LIVE) == libvirt.VIR_ERR_INVALID_ARG
    assert code_of(domain.setBlkioParameters, {'weight': 10001}, CONFIG) == libvirt.VIR_ERR_INVALID_ARG
    domain.destroy()
    domain.create()
    assert weight_of() == 400


@pytest.fixture
def device_of_bfq(tmp_path):
    """A block device that this scheduler serves."""
    image = tmp_path / 'image'
    with open(image, 'wb') as file:
        file.truncate(16 * MIB)
    path = subprocess.run(['losetup', '-f', '--show', image], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
    try:
        with open('/sys/block/%s/queue/scheduler' % os.path.basename(path), 'r+') as file:
            if 'bfq' not in file.read():
                pytest.skip('the kernel has no I/O scheduler bfq')
            file.write('bfq')
        yield path
    finally:
        subprocess.run(['losetup', '-d', path], check=True)


def test_weights_reach_the_scheduler_that_a_device_has(daemon, start, device_of_bfq):
    """Also where the kernel has another kind of weights, which this device does not heed."""
    without, _ = start()
    if not weight_files(without)[-1].endswith('bfq.weight'):
        pytest.skip('the kernel has no weights of BFQ for groups')
    status = os.stat(device_of_bfq)
    number_of = '%d:%d ' % (os.major(status.st_rdev), os.minor(status.st_rdev))
    domain, described = start(top='<blkiotune><weight>300</weight><device><path>%s</path><weight>250</weight></device>'
                                  '</blkiotune>' % device_of_bfq)

    def weights():
        lines = kernel(domain, 'blkio', 'blkio.bfq.weight_device', 'io.bfq.weight').splitlines()
        return [line for line in lines if line.startswith(number_of)]
    for name in weight_files(domain):
        assert kernel(domain, 'blkio', name, name).splitlines()[0].split()[-1] == '300'
    assert weights() == [number_of + '250']
    assert domain.blkioParameters(LIVE)['device_weight'] == device_of_bfq + ',250'
    daemon.virsh('blkiotune', described.name, '--device-weights', device_of_bfq + ',400', '--weight', 200, '--live')
    assert weights() == [number_of + '400']
    assert (device_of_bfq + ',400') in daemon.virsh('blkiotune', described.name).out
    for name in weight_files(domain):
        assert kernel(domain, 'blkio', name, name).splitlines()[0].split()[-1] == '200'
    daemon.virsh('blkiotune', described.name, '--device-weights', device_of_bfq + ',0', '--live')
    assert weights() == []


@pytest.mark.parametrize('name, value', [
    ('device_read_bytes_sec', '%s'), ('device_read_bytes_sec', '%s,x'), ('device_read_bytes_sec', '%s,-1'),
    ('device_read_bytes_sec', '%s,1,%s,2'), ('device_read_bytes_sec', 'vda,1'),
    ('device_read_iops_sec', '%s,4294967296'), ('device_weight', '%s,10001'), ('device_read_iops_sec', ',')])
def test_an_impossible_rate_changes_nothing(start, disk, name, value):
    domain, _ = start()
    before = domain.blkioParameters(LIVE), domain.blkioParameters(CONFIG), domain.XMLDesc()
    value = value.replace('%s', disk[0])
    for flags in (LIVE, CONFIG):
        assert code_of(domain.setBlkioParameters, {name: value}, flags) == libvirt.VIR_ERR_INVALID_ARG
    assert before == (domain.blkioParameters(LIVE), domain.blkioParameters(CONFIG), domain.XMLDesc())


def test_of_several_changes_none_is_made_when_one_cannot_be(start, disk):
    path, number_of_disk = disk
    domain, _ = start()
    wrong = {'device_read_bytes_sec': path + ',50000,/dev/null,60000'}
    assert code_of(domain.setBlkioParameters, wrong, LIVE) == libvirt.VIR_ERR_CONFIG_UNSUPPORTED
    assert rate_of(domain, number_of_disk, 'blkio.throttle.read_bps_device', 'rbps') is None
    assert 'blkiotune' not in domain.XMLDesc()


def test_a_file_stands_for_the_disk_it_is_on(start, tmp_path):
    number_of_disk = os.stat(tmp_path).st_dev
    if os.major(number_of_disk) == 0:
        pytest.skip('temporary files are on no block device')
    link = '/sys/dev/block/%d:%d' % (os.major(number_of_disk), os.minor(number_of_disk))
    if not os.path.exists('/dev/' + os.path.basename(os.readlink(link))):
        pytest.skip('the disk of temporary files has no node in /dev')
    domain, _ = start()
    domain.setBlkioParameters({'device_write_iops_sec': '%s,900' % tmp_path}, LIVE)
    assert domain.blkioParameters(LIVE)['device_write_iops_sec'] == '%s,900' % tmp_path


GETTERS = ('memoryParameters', 'blkioParameters', 'schedulerParametersFlags', 'numaParameters')
SETTERS = (('setMemoryParameters', {'soft_limit': 30000}), ('setBlkioParameters', {'weight': 200}),
           ('setSchedulerParametersFlags', {'cpu_shares': 900}), ('setNumaParameters', {'numa_nodeset': '0'}))


def test_every_state_gets_an_answer(daemon, connection, define, make_guest):
    """The stock daemon dies of some of these."""
    stopped, _ = define()
    paused, _ = define()
    paused.create()
    paused.suspend()
    transient = connection.createXML(make_guest().xml())
    for name in GETTERS:
        assert getattr(stopped, name)(0) == getattr(stopped, name)(CONFIG)
        assert getattr(paused, name)(0) == getattr(paused, name)(LIVE)
        assert getattr(transient, name)(0) == getattr(transient, name)(LIVE)
        assert code_of(getattr(stopped, name), LIVE) == libvirt.VIR_ERR_OPERATION_INVALID
        assert code_of(getattr(transient, name), CONFIG) == libvirt.VIR_ERR_OPERATION_INVALID
        for domain in (stopped, paused, transient):
            assert code_of(getattr(domain, name), 1 << 20) == libvirt.VIR_ERR_INVALID_ARG
    _, block = group_of(paused, 'blkio')
    weights = {'io.weight', 'io.bfq.weight', 'blkio.weight', 'blkio.bfq.weight'}
    cannot = set() if weights & set(os.listdir(block)) else {'setBlkioParameters'}
    if not restricts_nodes():
        cannot.add('setNumaParameters')
    for name, values in SETTERS:
        if name in cannot:
            continue
        getattr(stopped, name)(values, 0)
        getattr(paused, name)(values, LIVE)
        getattr(transient, name)(values, 0)
        assert code_of(getattr(stopped, name), values, LIVE) == libvirt.VIR_ERR_OPERATION_INVALID
        assert code_of(getattr(transient, name), values, CONFIG) == libvirt.VIR_ERR_OPERATION_INVALID
        for domain in (stopped, paused, transient):
            assert code_of(getattr(domain, name), values, 1 << 20) == libvirt.VIR_ERR_INVALID_ARG
    assert code_of(stopped.setMemory, 1024) == libvirt.VIR_ERR_OPERATION_INVALID
    for domain in (stopped, paused, transient):
        assert code_of(domain.setMemoryFlags, 1024, 1 << 20) == libvirt.VIR_ERR_INVALID_ARG
    transient.destroy()
    assert daemon.ended() is None
