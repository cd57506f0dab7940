# SPDX-License-Identifier: LGPL-2.1-or-later
"""What init sees."""
import os
import re
import subprocess
import time

import pytest

import launcher
from conftest import IDMAP, MAPPED


def test_init_is_process_one_of_its_own_namespaces(guests):
    text = guests.run('echo pid=$$; hostname; ps | grep -c -v -E "ps|PID|grep"; readlink /proc/self/ns/mnt')
    lines = text.split()
    assert lines[0] == 'pid=1'
    assert lines[1] == 'heron'
    assert int(lines[2]) <= 2
    assert lines[3] != os.readlink('/proc/self/ns/mnt')


def test_every_namespace_asked_for_is_new(guests):
    text = guests.run('for n in mnt pid uts ipc cgroup net; do readlink /proc/self/ns/$n; done')
    own = [os.readlink('/proc/self/ns/' + name) for name in ('mnt', 'pid', 'uts', 'ipc', 'cgroup', 'net')]
    assert not set(text.split()) & set(own)
    assert len(text.split()) == 6


def test_without_a_network_namespace_the_network_is_the_hosts(guests):
    text = guests.run('readlink /proc/self/ns/net', network=False)
    assert text.strip() == os.readlink('/proc/self/ns/net')


def test_standard_streams_are_the_console(guests):
    text = guests.run('tty; ls -l /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2; ls -l /dev/console /dev/tty1')
    assert text.startswith('/dev/pts/0\n')
    assert text.count('-> /dev/pts/0') == 3
    assert len(re.findall(r'^crw--w---- .* 136, +0 .*(console|tty1)$', text, re.MULTILINE)) == 2


def test_init_has_no_other_descriptor(guests):
    guest = guests.new()
    guest.start(guests.define(args=['/bin/sleep', '100']))
    path = '/proc/%d/fd' % guest.prepared['init_pid']
    assert sorted(os.listdir(path)) == ['0', '1', '2']
    assert {os.readlink(path + '/' + fd) for fd in '012'} == {'/dev/pts/0'}


def test_passed_descriptors_follow_in_order(guests, tmp_path):
    fds = []
    for number in range(3):
        (tmp_path / str(number)).write_text('file %d\n' % number)
        fds.append(os.open(tmp_path / str(number), os.O_RDONLY))
    text = guests.run('cat <&3; cat <&4; cat <&5', fds=fds, caisson={'passedFds': 3})
    for fd in fds:
        os.close(fd)
    assert text == 'file 0\nfile 1\nfile 2\n'


def test_each_console_is_a_terminal(guests):
    text = guests.run('ls -l /dev/tty1 /dev/tty2 /dev/tty3 /dev/pts; echo hello > /dev/tty3', consoles=3)
    assert re.findall(r'136, +(\d) .*/dev/tty(\d)', text) == [('0', '1'), ('1', '2'), ('2', '3')]


def test_device_nodes_work_and_others_are_denied(guests):
    text = guests.run('dd if=/dev/zero of=/dev/null bs=1k count=1 2>/dev/null && echo null; '
                      'dd if=/dev/urandom bs=8 count=1 2>/dev/null | wc -c; '
                      'mknod /tmp/disk b 254 0 || echo no-mknod; cat /tmp/disk || echo no-open',
                      capabilities=launcher.CAPABILITIES + ['CAP_MKNOD'])
    assert 'null' in text and 'no-mknod' in text and 'no-open' in text


def test_nodes_of_the_definition_are_made(guests):
    rules = launcher.RULES + [{'allow': True, 'type': 'c', 'major': 10, 'minor': 229, 'access': 'rwm'}]
    text = guests.run('ls -l /dev/net/fuse', resources={'devices': rules},
                      devices=[{'path': '/dev/net/fuse', 'type': 'c', 'major': 10, 'minor': 229, 'fileMode': 0o640}])
    assert re.match(r'crw-r----- .*10, 229 .*/dev/net/fuse', text)


def test_usual_links_are_in_dev(guests):
    text = guests.run('for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done')
    assert text.split() == ['/proc/self/fd', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2', 'pts/ptmx']


def test_kernel_interfaces_are_protected(guests):
    text = guests.run('for f in /proc/sys/kernel/sysrq /proc/sysrq-trigger /proc/irq/default_smp_affinity '
                      '/sys/kernel/uevent_seqnum; do echo 1 2>/dev/null > $f && echo wrote $f; done; '
                      'cat /proc/keys /proc/timer_list | wc -c; find /sys/firmware | wc -l; '
                      'echo 0 > /proc/sys/net/ipv4/ip_forward && echo network')
    assert 'wrote' not in text
    assert text.split()[-3:] == ['0', '1', 'network']


def test_control_groups_look_like_the_root(guests):
    text = guests.run('cat /proc/self/cgroup; ls /sys/fs/cgroup; '
                      'for f in /sys/fs/cgroup/*/cgroup.procs; do grep -c "^1$" $f; done')
    groups = [line.split(':')[2] for line in text.split('\n') if line.count(':') == 2]
    assert groups and set(groups) == {'/'}
    names = [os.path.basename(path) for path in launcher.hierarchies()]
    assert set(names) <= set(text.split())
    assert text.split()[-len(names):] == ['1'] * len(names)


def test_control_groups_can_be_read_only(guests):
    definition = guests.define('read go; mkdir /sys/fs/cgroup/memory/mine || echo ro; sleep 0.1')
    mount, = [row for row in definition['mounts'] if row['type'] == 'cgroup']
    mount['options'].append('ro')
    guest = guests.new()
    guest.start(definition)
    assert guest.console(b'go\n').endswith('Read-only file system\nro\n')


def test_the_guest_cannot_raise_its_limits(guests):
    text = guests.run('cat /sys/fs/cgroup/memory/memory.limit_in_bytes; '
                      'mkdir /sys/fs/cgroup/memory/mine && echo made; '
                      'echo "a *:* rwm" > /sys/fs/cgroup/devices/devices.allow; '
                      'mknod /tmp/disk b 254 0 || echo no-disk', capabilities=launcher.CAPABILITIES + ['CAP_MKNOD'])
    # its own group has no limit: the one above, which it does not see, has
    assert int(text.split()[0]) > 256 << 20
    assert 'made' in text and 'no-disk' in text


def test_limits_are_above_the_guests_group(guests):
    guest = guests.new()
    guest.start(guests.define('sleep 100', resources={'memory': {'limit': 64 << 20, 'reservation': 32 << 20},
                                                      'cpu': {'shares': 512, 'quota': 50000, 'period': 100000,
                                                              'cpus': '0'}, 'pids': {'limit': 77}}))
    expected = {'memory/memory.limit_in_bytes': 64 << 20, 'memory/memory.soft_limit_in_bytes': 32 << 20,
                'cpu/cpu.shares': 512, 'cpu/cpu.cfs_quota_us': 50000, 'cpuset/cpuset.cpus': 0,
                'pids/pids.max': 77}
    for path, value in expected.items():
        hierarchy, file = path.split('/')
        limits = guest.group + ('/libvirt' if hierarchy == 'cpuset' else '')
        with open('/sys/fs/cgroup/%s%s/%s' % (hierarchy, limits, file)) as stream:
            assert int(stream.read()) == value, path
    with open('/proc/%d/cgroup' % guest.prepared['init_pid']) as file:
        groups = dict(line.strip().split(':')[1:] for line in file)
    assert {group for name, group in groups.items() if name in ('memory', 'cpu', 'pids', '')} == {guest.group + '/guest'}
    assert {groups[name] for name in ('cpuset', 'freezer', 'name=systemd')} == {guest.group + '/libvirt/guest'}


def test_capabilities_are_those_of_the_definition(guests):
    text = guests.run('grep Cap /proc/1/status', capabilities=['CAP_CHOWN', 'CAP_SETUID', 'CAP_SYS_CHROOT'])
    values = dict(line.split() for line in text.strip().split('\n'))
    wanted = 1 << 0 | 1 << 7 | 1 << 18
    assert values == {'CapInh:': '0' * 16, 'CapAmb:': '0' * 16, 'CapPrm:': '%016x' % wanted,
                      'CapEff:': '%016x' % wanted, 'CapBnd:': '%016x' % wanted}


def test_init_runs_as_a_user_of_the_container_with_its_groups(guests):
    text = guests.run('id; grep -E "Groups|CapPrm|CapEff" /proc/self/status; ls -l /dev/console; echo x > /dev/console',
                      caisson={'user': 'alice'})
    assert 'uid=1000(alice) gid=1001(staff)' in text
    assert re.search(r'Groups:\s+10 29', text)
    assert 'CapPrm:\t0000000000000000' in text
    assert re.search(r'crw--w---- +1 alice', text)


def test_user_and_group_can_be_numbers(guests):
    text = guests.run('id', caisson={'user': '+1234', 'group': '77'})
    assert text.startswith('uid=1234 gid=77')


def test_working_directory_is_set(guests):
    assert guests.run('pwd', cwd='/tmp').strip() == '/tmp'


def test_environment_signals_and_limits_are_fresh(guests):
    guest = guests.new(environment={'DAEMONS_SECRET': '1'})
    guest.start(guests.define(args=['/bin/sleep', '100']))
    folder = '/proc/%d/' % guest.prepared['init_pid']
    with open(folder + 'status') as file:
        status = dict(line.split(':', 1) for line in file)
    assert status['SigBlk'].strip() == status['SigIgn'].strip() == '0' * 16
    assert status['Umask'].strip() == '0022' and status['Threads'].strip() == '1'
    with open(folder + 'environ') as file:
        assert file.read().split('\0') == ['PATH=/bin:/sbin', 'TERM=linux', 'container=lxc-libvirt', '']
    with open(folder + 'oom_score_adj') as file:
        assert file.read() == '0\n'
    with open(folder + 'limits') as file:
        assert re.search(r'Max open files +1024 ', file.read())


def test_loopback_is_up_in_a_network_of_its_own(guests):
    assert re.search(r'lo: <LOOPBACK,UP', guests.run('ip link'))


def test_personality_of_a_32_bit_guest(guests):
    assert guests.run('uname -m', linux={'personality': {'domain': 'LINUX32'}}).strip() == 'i686'


def test_mounts_of_the_definition(guests, tmp_path):
    (tmp_path / 'file').write_text('content')
    mounts = [{'destination': '/srv/deep/down', 'type': 'bind', 'source': str(tmp_path), 'options': ['rbind']},
              {'destination': '/srv/ro', 'type': 'bind', 'source': str(tmp_path), 'options': ['rbind', 'ro']},
              {'destination': '/etc/one-file', 'type': 'bind', 'source': str(tmp_path / 'file'), 'options': ['bind']},
              {'destination': '/mnt/ram', 'type': 'tmpfs', 'options': ['nosuid', 'nodev', 'size=1048576']},
              {'destination': '/inner', 'type': 'bind', 'source': '/etc', 'options': ['bind'],
               'caisson': {'sourceInContainer': True}}]
    text = guests.run('cat /srv/deep/down/file /etc/one-file; touch /srv/deep/down/new && echo rw; '
                      'touch /srv/ro/other || echo ro; grep -c alice /inner/passwd; mount | grep /mnt/ram', mounts=mounts)
    assert text.startswith('contentcontentrw\n')
    assert '\nro\n1\n' in text and 'nosuid,nodev' in text and 'size=1024k' in text
    assert (tmp_path / 'new').exists() and not (tmp_path / 'other').exists()


def test_a_read_only_root_has_writable_mounts(guests, place):
    os.makedirs(place / 'root/mnt/ram')
    text = guests.run('touch /x || echo root-ro; touch /mnt/ram/x && echo ram-rw; echo > /dev/null && echo dev-rw',
                      readonly=True, mounts=[{'destination': '/mnt/ram', 'type': 'tmpfs', 'options': []}])
    assert text.endswith('root-ro\nram-rw\ndev-rw\n')


def test_nothing_is_made_in_the_roots_host_directory(guests, place):
    before = sorted(os.listdir(place / 'root'))
    guests.run('true')
    assert sorted(os.listdir(place / 'root')) == before


def test_the_root_may_be_the_hosts(guests):
    text = guests.run('cat /proc/1/comm; mount | grep -E " on /(proc|sys|dev)(/| )" | sort; ls /dev', root='/')
    kinds = re.findall(r' on (/\S+) type (\S+)', text)
    assert kinds.count(('/proc', 'proc')) == 1 and kinds.count(('/sys', 'sysfs')) == 1
    assert ('/dev', 'tmpfs') in kinds and ('/dev', 'devtmpfs') not in kinds
    assert kinds.count(('/dev/pts', 'devpts')) == 1
    assert '/sys/fs/cgroup/unified' not in [path for path, kind in kinds if kind == 'tmpfs']


def test_a_user_namespace_maps_root(guests, mapped_root):
    text = guests.run('id -u; cat /proc/self/uid_map; grep Cap /proc/1/status; ls -ln /dev/null /dev/console /dev/pts/ptmx; '
                      'ls -ldn / /dev /dev/pts; mount -t tmpfs none /tmp && echo mounted; touch /root/mine; '
                      'mkdir /sys/fs/cgroup/unified/mine && echo delegated', root=mapped_root, idmap=IDMAP)
    lines = text.split('\n')
    assert lines[0] == '0' and lines[1].split() == ['0', str(MAPPED), '65536']
    assert 'CapInh:\t0000000000000000' in text
    assert len(re.findall(r'^[cd]\S+ +\d+ 0 ', text, re.MULTILINE)) == 6, text
    assert 'mounted' in text and 'delegated' in text
    assert os.stat(mapped_root + '/root/mine').st_uid == MAPPED


def test_a_user_namespace_without_its_own_network(guests, mapped_root):
    text = guests.run('readlink /proc/self/ns/net; mount | grep " on /sys "; ls /sys/kernel > /dev/null && echo sys',
                      root=mapped_root, idmap=IDMAP, network=False)
    assert text.split()[0] == os.readlink('/proc/self/ns/net')
    assert '(ro,' in text and text.endswith('sys\n')


def test_a_user_namespace_with_the_hosts_root(guests):
    text = guests.run('id -u; mount | grep -E " on /(proc|sys|dev)(/| )"; ls /proc/1/ns > /dev/null && echo proc',
                      root='/', idmap=IDMAP)
    assert text.startswith('0\n') and text.endswith('proc\n')
    assert 'devtmpfs' not in text


def test_missing_mount_points_belong_to_the_guests_root(guests, mapped_root):
    guests.run('true', root=mapped_root, idmap=IDMAP,
               mounts=[{'destination': '/new/place', 'type': 'tmpfs', 'options': []}])
    assert os.stat(mapped_root + '/new/place').st_uid == MAPPED


@pytest.mark.parametrize('idmap', [None, IDMAP])
def test_namespaces_of_others_are_joined(guests, mapped_root, idmap):
    other = subprocess.Popen(['unshare', '-n', '-u', '-i', 'sh', '-c', 'echo ready; read end'],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    other.stdout.readline()
    kinds = {'network': 'net', 'uts': 'uts', 'ipc': 'ipc'}
    joined = [{'type': kind, 'path': '/proc/%d/ns/%s' % (other.pid, file)} for kind, file in kinds.items()]
    own = ['mount', 'pid', 'cgroup'] + (['user'] if idmap else [])
    guest = guests.new()
    guest.start(guests.define(args=['/bin/sleep', '100'], hostname='changed', network=False, idmap=idmap,
                              root=mapped_root if idmap else None,
                              linux={'namespaces': [{'type': kind} for kind in own] + joined}))
    for file in kinds.values():
        assert os.readlink('/proc/%d/ns/%s' % (guest.prepared['init_pid'], file)) == \
            os.readlink('/proc/%d/ns/%s' % (other.pid, file))
        assert os.readlink('/proc/%d/ns/%s' % (guest.pid, file)) == os.readlink('/proc/self/ns/' + file)
    with open('/proc/sys/kernel/hostname') as file:
        assert file.read() != 'changed\n'
    other.communicate(b'\n')


def test_programs_are_called_by_their_names(guests):
    guest = guests.new()
    guest.prepare(guests.define())
    with open('/proc/%d/comm' % guest.pid) as file:
        assert file.read() == 'libvirt_lxc\n'
    guest.proceed()
    with open('/proc/%d/cmdline' % guest.pid) as file:
        words = file.read().split('\0')
    assert words[0].endswith('/libvirt_lxc') and words[1:] == ['--name', 'heron', '']
    assert [os.readlink('/proc/%d/fd/%d' % (guest.pid, fd)) for fd in (0, 1)] == ['/dev/null'] * 2


def test_the_keeper_joins_the_supervisors_group_where_there_is_one(guests):
    """Where it can be suspended, placed or found with the service of the daemon; elsewhere it stays with the daemon."""
    guest = guests.new()
    guest.start(guests.define())
    with open('/proc/self/cgroup') as file:
        own = dict(line.strip().split(':')[1:] for line in file)
    expected = {name: guest.group + '/supervisor' if name in ('cpuset', 'freezer', 'name=systemd') else group
                for name, group in own.items()}

    def groups():
        with open('/proc/%d/cgroup' % guest.pid) as file:
            return dict(line.strip().split(':')[1:] for line in file)
    deadline = time.monotonic() + 5
    while groups() != expected and time.monotonic() < deadline:
        time.sleep(0.005)
    assert groups() == expected
