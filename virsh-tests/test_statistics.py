# SPDX-License-Identifier: LGPL-2.1-or-later
"""Statistics: each figure against the kernel's file, or against what a program in the guest did."""
import os

import libvirt
import pytest

from harness import groups, network
from harness.daemon import wait_for
from harness.guest import put, read_file

pytestmark = pytest.mark.ours

STATE, CPU, BALLOON, VCPU = (libvirt.VIR_DOMAIN_STATS_STATE, libvirt.VIR_DOMAIN_STATS_CPU_TOTAL,
                             libvirt.VIR_DOMAIN_STATS_BALLOON, libvirt.VIR_DOMAIN_STATS_VCPU)
INTERFACE, BLOCK, MEMORY = (libvirt.VIR_DOMAIN_STATS_INTERFACE, libvirt.VIR_DOMAIN_STATS_BLOCK,
                            libvirt.VIR_DOMAIN_STATS_MEMORY)
VM = 1 << 10
KIB = 1024

# Fills 24 MiB of memory and of page cache, burns some processor time, and waits.
WORKER = '''\
#!/bin/sh
dd if=/dev/zero of=/big bs=1M count=24 2>/dev/null
i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done
cat /big > /dev/null
echo done >> /heard
while :; do sleep 1000 & wait $!; done
'''


@pytest.fixture
def worker(make_root, start):
    """A guest that has done something."""
    def make(**options):
        root = make_root()
        put(root, 'sbin/worker', WORKER, 0o755)
        domain, guest = start(root=root, init='/sbin/worker', **options)
        wait_for(lambda: 'done' in read_file(root, 'heard'), 'the guest has worked', 30)
        return domain, guest
    return make


def stats_of(connection, domain, groups_wanted=0, flags=0):
    records = connection.domainListGetStats([domain], groups_wanted, flags)
    assert len(records) == 1 and records[0][0].name() == domain.name()
    return records[0][1]


def near(value, wanted, slack):
    return abs(value - wanted) <= slack


def test_memory_statistics_are_the_kernel_s(worker):
    domain, _ = worker()
    memory = domain.memoryStats()
    usage = groups.number(domain, 'memory', 'memory.usage_in_bytes', 'memory.current') // KIB
    stat = groups.keyed(domain, 'memory', 'memory.stat')
    cache = stat.get('total_cache', stat.get('file')) // KIB
    assert memory['actual'] == memory['available'] == 64 * KIB
    assert near(memory['rss'], usage, 1024) and memory['rss'] > 20 * KIB
    assert near(memory['unused'], 64 * KIB - usage, 1024)
    assert near(memory['disk_caches'], cache, 1024) and memory['disk_caches'] >= 20 * KIB
    # not all of the page cache: what is in a tmpfs, as the root is where tools/on-release runs, cannot be taken back
    names = ('total_inactive_file', 'total_active_file') if 'total_cache' in stat else \
        ('inactive_file', 'active_file', 'slab_reclaimable')
    reclaimable = sum(stat[name] for name in names) // KIB
    assert near(memory['usable'], min(memory['unused'] + reclaimable, 64 * KIB), 1024)
    assert memory['minor_fault'] > 50 and 'major_fault' in memory


def test_memory_statistics_of_a_guest_that_may_use_all_end_at_the_host_s_memory(worker):
    domain, _ = worker(top="<memtune><hard_limit unit='TiB'>64</hard_limit></memtune>")
    with open('/proc/meminfo') as file:
        total = int(file.readline().split()[1])
    assert near(domain.memoryStats()['available'], total, 8)


def test_every_memory_statistic_is_in_the_balloon_group(connection, worker):
    domain, _ = worker()
    all_of = stats_of(connection, domain, BALLOON)
    names = {'actual': 'current'}
    for name in domain.memoryStats():
        assert 'balloon.' + names.get(name, name) in all_of
    assert all_of['balloon.maximum'] == 64 * KIB


def test_processor_time_is_the_kernel_s(connection, worker):
    domain, _ = worker()
    before = groups.processor_time(domain)
    total = domain.getCPUStats(True)[0]
    after = groups.processor_time(domain)
    assert 0 < before <= total['cpu_time'] <= after
    assert total['user_time'] + total['system_time'] <= after + 20 * 10 ** 6
    all_of = stats_of(connection, domain, CPU)
    assert total['cpu_time'] <= all_of['cpu.time']
    assert all_of['cpu.user'] >= total['user_time'] and all_of['cpu.system'] >= total['system_time']
    assert domain.info()[4] >= all_of['cpu.time']


def test_processor_time_by_processor(daemon, worker):
    domain, guest = worker()
    per_cpu = domain.getCPUStats(False)
    if groups.hierarchy('cpuacct')[0] == 1:
        assert len(per_cpu) == os.sysconf('SC_NPROCESSORS_CONF')
        spent = sum(row['cpu_time'] for row in per_cpu)
        assert 0 < spent <= groups.processor_time(domain)
    text = daemon.virsh('cpu-stats', guest.name).out
    assert 'Total:' in text and 'cpu_time' in text


def test_throttling_is_told(connection, worker):
    domain, _ = worker(top='<cputune><period>10000</period><quota>1000</quota></cputune>')
    stat = groups.keyed(domain, 'cpu', 'cpu.stat')
    told = stats_of(connection, domain, CPU)
    assert told['cpu.throttled.periods'] >= stat['nr_throttled'] > 0
    assert told['cpu.throttled.time'] > 0 and told['cpu.periods'] >= stat['nr_periods']


def test_vcpus_share_the_time(connection, define):
    domain, guest = define()
    domain.undefine()
    domain = connection.createXML(guest.xml().replace('<vcpu>1<', '<vcpu>3<'), 0)
    told = stats_of(connection, domain, VCPU | CPU)
    assert (told['vcpu.current'], told['vcpu.maximum']) == (3, 3)
    assert all(told['vcpu.%d.state' % index] == libvirt.VIR_VCPU_RUNNING for index in range(3))
    assert sum(told['vcpu.%d.time' % index] for index in range(3)) == told['cpu.time']


def test_tasks_are_counted(connection, worker):
    domain, _ = worker()
    assert (stats_of(connection, domain, VM)['vm.pids.cur']
            == groups.number(domain, 'pids', 'pids.current', 'pids.current') == 2)


def test_pressure_is_told_where_the_kernel_has_it(connection, worker):
    domain, _ = worker()
    group = groups.unified(domain)
    told = stats_of(connection, domain, MEMORY)
    for name, file in (('memory', 'memory'), ('cpu', 'cpu'), ('block', 'io')):
        path = group and os.path.join(group, file + '.pressure')
        if not path or not os.path.exists(path):
            assert name + '.pressure.some.time' not in told
            continue
        with open(path) as text:
            total = int(text.readline().split('total=')[1])
        assert told[name + '.pressure.some.time'] <= total * 1000


def test_state_and_reason_are_told(connection, start):
    domain, _ = start()
    assert stats_of(connection, domain, STATE) == {'state.state': 1, 'state.reason': 1}
    domain.suspend()
    assert stats_of(connection, domain, STATE) == {'state.state': 3, 'state.reason': 1}
    domain.destroy()
    assert stats_of(connection, domain, STATE) == {'state.state': 5, 'state.reason': 2}


def test_an_inactive_domain_has_its_sizes_only(connection, define):
    domain, _ = define()
    assert stats_of(connection, domain) == {
        'state.state': 5, 'state.reason': 0, 'balloon.maximum': 64 * KIB, 'balloon.current': 64 * KIB,
        'vcpu.current': 1, 'vcpu.maximum': 1, 'block.count': 0}
    for call in (domain.memoryStats, lambda: domain.getCPUStats(True), lambda: domain.blockStats(''),
                 lambda: domain.blockStatsFlags(''), lambda: domain.interfaceStats('vnet0')):
        with pytest.raises(libvirt.libvirtError, match='domain is not running'):
            call()


def test_lists_are_filtered(connection, start, define):
    running, _ = start()
    stopped, _ = define()
    paused, _ = start()
    paused.suspend()

    def names(flags):
        return {record[0].name() for record in connection.getAllDomainStats(STATE, flags)}
    everything = {running.name(), stopped.name(), paused.name()}
    assert names(0) == everything
    assert names(libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE) == everything - {stopped.name()}
    assert names(libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED) == {paused.name()}
    assert names(libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF) == {stopped.name()}
    assert names(libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT) == set()


def test_domstats_by_virsh(daemon, worker):
    _, guest = worker()
    text = daemon.virsh('domstats', '--raw', '--nowait', '--backing', guest.name).out
    for name in ('state.state=1', 'cpu.time=', 'balloon.unused=', 'vcpu.0.time=', 'net.count=0',
                 'vm.pids.cur=' if libvirt.getVersion() >= 8009000 else 'cpu.time='):
        assert name in text
    refused = daemon.virsh('domstats', '--iothread', '--enforce', guest.name, check=False)
    assert refused.code and 'statistics 0x80 do not exist for containers' in refused.err
    assert daemon.virsh('domstats', '--iothread', guest.name).code == 0


@pytest.mark.skipif(groups.hierarchy('blkio')[0] == 1, reason='version 1 does not count what is written back')
def test_what_a_guest_wrote_is_counted(worker):
    domain, guest = worker()
    if os.major(os.stat(guest.root).st_dev) == 0:
        pytest.skip('the root is on no block device')
    os.sync()
    wait_for(lambda: domain.blockStats('')[3] >= 20 << 20, 'the guest wrote', 30)


def test_block_statistics_are_the_kernel_s(connection, make_root, start, tmp_path):
    root = make_root()
    put(root, 'sbin/reader', '#!/bin/sh\nwhile :; do dd if=/data of=/dev/null bs=64k iflag=direct '
        '2>/dev/null && echo read >> /heard; sleep 1; done\n', 0o755)
    with open(os.path.join(root, 'data'), 'wb') as file:
        file.write(os.urandom(1 << 20))
        file.flush()
        os.fsync(file.fileno())
    domain, _ = start(root=root, init='/sbin/reader')
    wait_for(lambda: 'read' in read_file(root, 'heard'), 'the guest has read', 30)
    if not groups.block(domain):
        pytest.skip('the root is on no block device')
    domain.suspend()
    figures = groups.block(domain)
    total = [sum(row[index] for row in figures.values()) for index in range(4)]
    assert list(domain.blockStats('')) == [total[1], total[0], total[3], total[2], -1]
    assert total[0] >= 1 << 20
    assert domain.blockStatsFlags('') == {'rd_bytes': total[0], 'rd_operations': total[1],
                                          'wr_bytes': total[2], 'wr_operations': total[3]}
    told = stats_of(connection, domain, BLOCK)
    assert told['block.count'] == len(figures)
    for index in range(told['block.count']):
        prefix = 'block.%d.' % index
        row = figures[told[prefix + 'name']]
        assert [told[prefix + key] for key in ('rd.bytes', 'rd.reqs', 'wr.bytes', 'wr.reqs')] == list(row)
        assert list(domain.blockStats(told[prefix + 'name']))[:2] == [row[1], row[0]]
        assert domain.blockStats(told[prefix + 'path'])[1] == row[0]
    with pytest.raises(libvirt.libvirtError, match="has no block device 'vdq'"):
        domain.blockStats('vdq')


def test_interface_statistics_are_in_the_guest_s_sense(daemon, connection, start):
    domain, guest = start(devices="""<interface type='ethernet'><mac address='52:54:00:0b:0c:77'/>
        <source><ip address='192.0.2.1' prefix='24'/></source>
        <ip address='192.0.2.2' prefix='24'/><target dev='outside'/></interface>""")
    assert network.reaches(daemon, guest.name, '192.0.2.1', 10)

    def inside():
        """Bytes and packets that the guest's kernel file has: received, then sent."""
        with open('/proc/%d/task/%d/children' % (domain.ID(), domain.ID())) as file:
            init = file.read().split()[0]
        with open('/proc/%s/net/dev' % init) as file:
            words = next(line for line in file if 'eth0' in line).split(':')[1].split()
        return [int(words[index]) for index in (0, 1, 8, 9)]
    before = inside()
    told = domain.interfaceStats('outside')
    of_mac = domain.interfaceStats('52:54:00:0b:0c:77')
    after = inside()
    assert before[3] > 0
    for stats in (told, of_mac):
        assert all(first <= value <= last for first, value, last in
                   zip(before, (stats[0], stats[1], stats[4], stats[5]), after))
    record = stats_of(connection, domain, INTERFACE)
    assert (record['net.count'], record['net.0.name']) == (1, 'outside')
    assert record['net.0.tx.pkts'] >= before[3] and record['net.0.rx.bytes'] >= before[0]
    with pytest.raises(libvirt.libvirtError, match="has no interface 'vnet99'"):
        domain.interfaceStats('vnet99')


def test_sizes_of_disks(connection, define, tmp_path):
    image = tmp_path / 'disk.img'
    with open(image, 'wb') as file:
        file.truncate(8 << 20)
        file.write(b'x' * 65536)
    domain, _ = define(devices="<disk type='file' device='disk'><driver name='loop' type='raw'/>"
                       "<source file='%s'/><target dev='vda'/></disk>" % image)
    entry = os.stat(image)
    for name in ('vda', str(image)):
        assert domain.blockInfo(name) == [8 << 20, entry.st_blocks * 512, 8 << 20]
    told = stats_of(connection, domain, BLOCK)
    assert (told['block.count'], told['block.0.name'], told['block.0.path']) == (1, 'vda', str(image))
    assert (told['block.0.capacity'], told['block.0.allocation']) == (8 << 20, entry.st_blocks * 512)
    with pytest.raises(libvirt.libvirtError, match="has no disk 'vdb'"):
        domain.blockInfo('vdb')
    image.unlink()
    with pytest.raises(libvirt.libvirtError, match="source '.*' of disk 'vda': No such file"):
        domain.blockInfo('vda')


def test_a_guest_in_the_daemon_s_way_is_left_out(connection, start):
    domain, _ = start()
    gone = connection.lookupByUUID(domain.UUID())
    domain.destroy()
    domain.undefine()
    assert connection.domainListGetStats([gone], 0, 0) == []


def test_dominfo_may_show_what_a_guest_may_use(own_daemon, make_guest):
    """virDomainInfo.memory: what is used, or by lxc.conf <currentMemory>."""
    with open(own_daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
        file.write('info_memory_is_balloon = 1\n')
    own_daemon.restart()
    domain = own_daemon.connect().defineXML(make_guest().xml())
    domain.create()
    assert domain.info()[2] == 64 * KIB
