# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every limit that the XML knows, read back from the kernel: at start, changed live, at the next start."""
import os

import libvirt
import pytest

from harness import limits, process

pytestmark = pytest.mark.ours

CAISSON = "<caisson:container xmlns:caisson='urn:caisson:domain:1'>%s</caisson:container>"
MIB = 1 << 20


class Row:
    """One limit: how it is said, where it is in the kernel, how virsh changes it.

    top(value)           XML of a definition with this value
    v1, v2               (file, text) functions of the value; None: this version cannot
    values               at the first start, live, at the second start
    virsh(value)         words of virsh after the name; None: it counts from the next start
    """

    def __init__(self, name, controller, top, v1, v2, values, virsh=None):
        self.name, self.controller, self.top, self.v1, self.v2 = name, controller, top, v1, v2
        self.values, self.virsh = values, virsh

    def expected(self, value):
        version, _ = limits.hierarchy(self.controller)
        return (self.v1 if version == 1 else self.v2)(value)


def memtune(name):
    return lambda value: "<memtune><%s unit='MiB'>%d</%s></memtune>" % (name, value, name)


def cputune(text):
    return lambda value: '<cputune>%s</cputune>' % (text % value)


def mib(value):
    return str(value * MIB)


def caisson(text):
    return lambda value: CAISSON % (text % value)


def memory_words(option):
    return lambda value: ['memtune', option, str(value * 1024)]


def schedinfo(name):
    return lambda value: ['schedinfo', '--set', '%s=%d' % (name, value)]


# 2 is the smallest number of shares, 262144 the largest; 10000 the largest weight
WEIGHTS = {2: 1, 512: 50, 1024: 100, 2048: 200, 262144: 10000}

ROWS = [
    Row('hard_limit', 'memory', memtune('hard_limit'),
        lambda v: ('memory.limit_in_bytes', mib(v)), lambda v: ('memory.max', mib(v)),
        [96, 48, 80], memory_words('--hard-limit')),
    Row('memory', 'memory', lambda v: "<currentMemory unit='MiB'>%d</currentMemory>" % v,
        lambda v: ('memory.limit_in_bytes', mib(v)), lambda v: ('memory.max', mib(v)),
        [40, 32, 50], lambda v: ['setmem', str(v * 1024)]),
    Row('soft_limit', 'memory', memtune('soft_limit'),
        lambda v: ('memory.soft_limit_in_bytes', mib(v)), lambda v: ('memory.low', mib(v)),
        [24, 16, 32], memory_words('--soft-limit')),
    # memory plus swap, of which memory is 64 MiB
    Row('swap_hard_limit', 'memory', memtune('swap_hard_limit'),
        lambda v: ('memory.memsw.limit_in_bytes', mib(v)), lambda v: ('memory.swap.max', mib(v - 64)),
        [96, 80, 128], memory_words('--swap-hard-limit')),
    Row('shares', 'cpu', cputune('<shares>%d</shares>'),
        lambda v: ('cpu.shares', str(v)), lambda v: ('cpu.weight', str(WEIGHTS[v])),
        [512, 2048, 2], schedinfo('cpu_shares')),
    Row('shares to the ends', 'cpu', cputune('<shares>%d</shares>'),
        lambda v: ('cpu.shares', str(v)), lambda v: ('cpu.weight', str(WEIGHTS[v])),
        [262144, 2, 1024], schedinfo('cpu_shares')),
    Row('period', 'cpu', cputune('<period>%d</period><quota>-1</quota>'),
        lambda v: ('cpu.cfs_period_us', str(v)), lambda v: ('cpu.max', 'max %d' % v),
        [50000, 20000, 200000], schedinfo('vcpu_period')),
    Row('quota', 'cpu', cputune('<period>50000</period><quota>%d</quota>'),
        lambda v: ('cpu.cfs_quota_us', str(v)), lambda v: ('cpu.max', '%d 50000' % v),
        [25000, 60000, 90000], schedinfo('vcpu_quota')),
    Row('cpuset', 'cpuset', lambda v: "<vcpu cpuset='%s'>1</vcpu>" % v,
        lambda v: ('cpuset.cpus', v), lambda v: ('cpuset.cpus', v), ['0', None, None]),
    Row('strict nodes', 'cpuset', lambda v: "<numatune><memory mode='strict' nodeset='%s'/></numatune>" % v,
        lambda v: ('cpuset.mems', v), lambda v: ('cpuset.mems', v), ['0', '0', '0'],
        lambda v: ['numatune', '--nodeset', v]),
    Row('restrictive nodes', 'cpuset',
        lambda v: "<numatune><memory mode='restrictive' nodeset='%s'/></numatune>" % v,
        lambda v: ('cpuset.mems', v), lambda v: ('cpuset.mems', v), ['0', None, None]),
    Row('pids', 'pids', caisson("<caisson:pids limit='%d'/>"),
        lambda v: ('pids.max', str(v)), lambda v: ('pids.max', str(v)), [77, None, None]),
    Row('huge pages', 'hugetlb', caisson("<caisson:hugetlb pagesize='2MB' limit='%d' unit='MiB'/>"),
        lambda v: ('hugetlb.2MB.limit_in_bytes', mib(v)), lambda v: ('hugetlb.2MB.max', mib(v)),
        [16, None, None]),
    Row('a key', 'memory', caisson("<caisson:cgroup key='memory.high' value='%dM'/>"),
        None, lambda v: ('memory.high', mib(v)), [48, None, None]),
    Row('weight', 'blkio', lambda v: '<blkiotune><weight>%d</weight></blkiotune>' % v,
        lambda v: ('blkio.weight', str(v)), lambda v: ('io.weight', 'default %d' % v),
        [200, 300, 400], lambda v: ['blkiotune', '--weight', str(v)]),
    Row('weight of BFQ', 'blkio', lambda v: '<blkiotune><weight>%d</weight></blkiotune>' % v,
        lambda v: ('blkio.bfq.weight', str(v)), lambda v: ('io.bfq.weight', 'default %d' % v),
        [200, 300, 400], lambda v: ['blkiotune', '--weight', str(v)]),
]


def rate(element, option, v1, v2):
    text = '<blkiotune><device><path>{path}</path><%s>%%d</%s></device></blkiotune>' % (element, element)
    return Row(element, 'blkio', lambda v: text % v,
               lambda v: (v1, '{number} %d' % v),
               lambda v: ('io.max', '{number} rbps=%s wbps=%s riops=%s wiops=%s'
                          % tuple(v if word == v2 else 'max' for word in ('rbps', 'wbps', 'riops', 'wiops'))),
               [50000, 40000, 30000], lambda v: ['blkiotune', option, '{path},%d' % v])


RATES = [rate('read_bytes_sec', '--device-read-bytes-sec', 'blkio.throttle.read_bps_device', 'rbps'),
         rate('write_bytes_sec', '--device-write-bytes-sec', 'blkio.throttle.write_bps_device', 'wbps'),
         rate('read_iops_sec', '--device-read-iops-sec', 'blkio.throttle.read_iops_device', 'riops'),
         rate('write_iops_sec', '--device-write-iops-sec', 'blkio.throttle.write_iops_device', 'wiops')]


def disk():
    """A block device of the host and its number."""
    for name in sorted(os.listdir('/sys/block')):
        path = '/dev/' + name.replace('!', '/')
        if os.path.exists(path):
            with open('/sys/block/%s/dev' % name) as file:
                return {'path': path, 'number': file.read().strip()}
    pytest.skip('the host has no block device')


def fill(what, names):
    """The texts of a row with the device in them."""
    if isinstance(what, (list, tuple)):
        return type(what)(fill(one, names) for one in what)
    return what.replace('{path}', names['path']).replace('{number}', names['number'])


@pytest.mark.parametrize('row', ROWS + RATES, ids=[row.name for row in ROWS + RATES])
def test_a_limit_is_what_the_kernel_has(daemon, start, row):
    if (row.v1 if limits.hierarchy(row.controller)[0] == 1 else row.v2) is None:
        pytest.skip('groups of version %d cannot' % limits.hierarchy(row.controller)[0])
    names = disk() if row in RATES else {'path': '', 'number': ''}
    first, live, configured = row.values
    without, _ = start()
    file, _ = row.expected(first)
    _, group = limits.group_of(without, row.controller)
    if not os.path.exists(os.path.join(group, file)):
        pytest.skip('the kernel has no %s for groups' % file)
    untouched = limits.read(group, file)

    said = fill(row.top(first), names)
    domain, described = start(**{'vcpu' if '<vcpu' in said else 'top': said})
    check = lambda value: check_row(row, domain, value, names)
    check(first)
    if row.virsh is None:
        return
    command, *words = fill(row.virsh(live), names)
    daemon.virsh(command, described.name, *words, '--live')
    check(live)
    command, *words = fill(row.virsh(configured), names)
    daemon.virsh(command, described.name, *words, '--config')
    check(live)
    domain.destroy()
    domain.create()
    check(configured)
    assert limits.read(group, file) == untouched, 'another guest has a limit of its own'


def check_row(row, domain, value, names):
    file, text = row.expected(value)
    _, group = limits.group_of(domain, row.controller)
    found = limits.read(group, file)
    wanted = fill(text, names)
    assert wanted in found.splitlines() if row in RATES else found == wanted, (file, found, wanted)


def test_swap_without_a_limit_of_memory_and_with_one(start):
    """swap_hard_limit is of memory plus swap: what is left for swap is what memory leaves."""
    domain, _ = start(top="<memtune><hard_limit unit='MiB'>48</hard_limit>"
                          "<swap_hard_limit unit='MiB'>48</swap_hard_limit></memtune>")
    version, group = limits.group_of(domain, 'memory')
    file = 'memory.memsw.limit_in_bytes' if version == 1 else 'memory.swap.max'
    if not os.path.exists(os.path.join(group, file)):
        pytest.skip('the kernel does not count swap')
    assert limits.read(group, file) == (mib(48) if version == 1 else '0')
    domain.setMemoryParameters({'swap_hard_limit': 64 * 1024}, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert limits.read(group, file) == (mib(64) if version == 1 else mib(16))
    # the limit of memory changes alone: the sum stays
    domain.setMemoryParameters({'hard_limit': 60 * 1024}, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    assert limits.read(group, file) == (mib(64) if version == 1 else mib(4))


@pytest.mark.skipif(not os.path.exists('/proc/self/numa_maps'), reason='this kernel knows no memory nodes')
@pytest.mark.parametrize('mode, policy', [('preferred', 'prefer:0'), ('interleave', 'interleave:0')])
def test_nodes_that_are_wished_are_the_policy_of_init(start, mode, policy):
    domain, _ = start(top="<numatune><memory mode='%s' nodeset='0'/></numatune>" % mode)
    with open('/proc/%d/numa_maps' % process.init_of(domain)) as file:
        policies = {line.split()[1] for line in file}
    assert policy in policies


def test_nodes_that_are_not_there_are_an_error_of_start(define):
    if limits.hierarchy('cpuset')[0] == 2 and 'cpuset' not in limits.v2_controllers():
        pytest.skip('this kernel restricts no memory nodes')
    domain, _ = define(top="<numatune><memory mode='strict' nodeset='900'/></numatune>")
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.create()
    assert "cannot write '900' to" in refused.value.get_error_message()


def test_vcpus_are_a_quota_where_the_administrator_wants_it(own_daemon, make_guest):
    with open(own_daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
        file.write('vcpus_are_quota = 1\n')
    own_daemon.restart()
    connection = own_daemon.connect()
    cases = [("<vcpu current='2'>4</vcpu>", '200000', '100000'),
             ('<cputune><period>50000</period></cputune>', '50000', '50000'),
             ('<cputune><quota>30000</quota></cputune>', '30000', '100000'),
             ('<cputune><quota>-1</quota></cputune>', '-1', '100000')]
    for top, quota, period in cases:
        domain = connection.createXML(make_guest(**{'vcpu' if '<vcpu' in top else 'top': top}).xml(), 0)
        version, group = limits.group_of(domain, 'cpu')
        if version == 1:
            assert limits.read(group, 'cpu.cfs_quota_us') == quota
            assert limits.read(group, 'cpu.cfs_period_us') == period
        else:
            assert limits.read(group, 'cpu.max') == '%s %s' % (quota if quota != '-1' else 'max', period)
        domain.destroy()
