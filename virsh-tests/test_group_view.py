# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest sees of its control groups, and that it cannot loosen its limits there."""
import os
import shutil
import tempfile

import libvirt
import pytest

from harness import guest as guests
from harness import limits
from harness.console import StreamConsole
from harness.daemon import wait_for

pytestmark = pytest.mark.ours

SYSTEMD = '/usr/lib/systemd/systemd'
HYBRID = limits.is_hybrid()
HAS_V1 = limits.hierarchy('memory')[0] == 1
MIB = 1024 * 1024
MAPPED = 0x1000000


CAISSON = "<caisson:container xmlns:caisson='urn:caisson:domain:1'>%s</caisson:container>"


def view(mode):
    return CAISSON % ("<caisson:cgroup-view mode='%s'/>" % mode)


def systemd_root(root, version, place='usr/lib/x86_64-linux-gnu/systemd'):
    """Makes a root look as if it had systemd; what runs is the listener."""
    os.makedirs(os.path.join(root, 'usr/lib/systemd'), exist_ok=True)
    os.makedirs(os.path.join(root, place), exist_ok=True)
    shutil.copy2(os.path.join(root, 'sbin/listener'), root + SYSTEMD)
    guests.put(root, '%s/libsystemd-shared-%s.so' % (place, version), '')
    os.unlink(os.path.join(root, 'sbin/init'))
    os.symlink('../usr/lib/systemd/systemd', os.path.join(root, 'sbin/init'))


def run(daemon, domain, command):
    """What a shell command in the guest says; it ends well."""
    result = daemon.virsh('lxc-enter-namespace', domain.name(), '--noseclabel', '/bin/sh', '-c', command)
    return result.out


def sees(daemon, domain):
    """'unified', or the hierarchies there are."""
    kind = run(daemon, domain, 'stat -f -c %t /sys/fs/cgroup').strip()
    return 'unified' if kind == '63677270' else sorted(run(daemon, domain, 'ls /sys/fs/cgroup').split())


ROOTS = [('252', 'usr/lib/x86_64-linux-gnu/systemd', False), ('257', 'usr/lib/x86_64-linux-gnu/systemd', True),
         ('256~rc1', 'usr/lib/systemd', True), ('262', 'usr/lib64/systemd', True)]


@pytest.mark.skipif(not HYBRID, reason='this host is not hybrid')
@pytest.mark.parametrize('version, place, alone', ROOTS, ids=[row[0] for row in ROOTS])
def test_a_new_systemd_sees_its_group_of_version_2_alone(daemon, start, make_root, version, place, alone):
    root = make_root()
    systemd_root(root, version, place)
    domain, _ = start(root=root, init='/sbin/init')
    seen = sees(daemon, domain)
    assert (seen == 'unified') == alone, seen
    if not alone:
        assert {'systemd', 'unified', 'memory'} <= set(seen)


@pytest.mark.skipif(not HYBRID, reason='this host is not hybrid')
def test_the_definition_chooses_what_is_seen(daemon, start, make_root):
    domain, _ = start(top=view('unified'))
    assert sees(daemon, domain) == 'unified'
    assert run(daemon, domain, 'mkdir /sys/fs/cgroup/below && cat /sys/fs/cgroup/below/cgroup.type').strip() == 'domain'
    assert '1' in run(daemon, domain, 'cat /sys/fs/cgroup/cgroup.procs').split()
    root = make_root()
    systemd_root(root, '257')
    domain, _ = start(root=root, init='/sbin/init', top=view('host'))
    assert 'memory' in sees(daemon, domain)


# Root tries every file there is, what it can mount, and every group it can name.
LOOSEN = '''#!/bin/sh
values() {
    find "$1" -name memory.limit_in_bytes -o -name memory.max -o -name memory.memsw.limit_in_bytes \\
        -o -name memory.swap.max -o -name pids.max -o -name cpu.weight -o -name cpu.shares -o -name cpuset.cpus |
    while read file; do
        for value in max -1 500000000 0-1; do echo $value > "$file"; done
    done
}
moves() {
    for group in "$1" "$1"/*; do
        for file in cgroup.procs tasks ../cgroup.procs ../../cgroup.procs ../tasks ../../tasks; do
            [ ! -e "$group/$file" ] || echo 1 > "$group/$file"
        done
    done
}
exec 2>/dev/null
mkdir /tmp/mounted
for place in /sys/fs/cgroup /sys/fs/cgroup/*; do values $place; moves $place; done
mount -t cgroup2 none /tmp/mounted && { values /tmp/mounted; moves /tmp/mounted; umount /tmp/mounted; echo v2 >> /tried; }
for controller in memory pids cpu cpuset none,name=systemd; do
    mount -t cgroup -o $controller none /tmp/mounted && {
        values /tmp/mounted; moves /tmp/mounted; umount /tmp/mounted; echo $controller >> /tried; }
done
mount --bind /sys/fs/cgroup/.. /tmp/mounted && values /tmp/mounted
unshare -m sh -c 'mount -t cgroup2 none /tmp/mounted; echo max > /tmp/mounted/pids.max'
echo all >> /tried
exec sleep 1000
'''


@pytest.mark.parametrize('kind', ['plain', 'mapped', 'unified'])
def test_a_guest_cannot_loosen_its_limits(make_root, define, kind):
    options = {'idmap': MAPPED} if kind == 'mapped' else {}
    root = make_root(MAPPED if kind == 'mapped' else 0)
    guests.put(root, 'sbin/loosen', LOOSEN, 0o755)
    text = "<caisson:pids limit='99'/>"
    if kind == 'unified' and HYBRID:
        text += "<caisson:cgroup-view mode='unified'/>"
    domain, _ = define(root=root, init='/sbin/loosen', top=CAISSON % text, **options)
    names = {'memory': ('memory.limit_in_bytes', 'memory.max'), 'pids': ('pids.max', 'pids.max'),
             'cpu': ('cpu.shares', 'cpu.weight')}
    domain.create()
    wait_for(lambda: 'all' in guests.read_file(root, 'tried'), 'the guest has tried everything', 60)
    if kind != 'mapped':
        # it came as far as it is thought to
        assert ('memory' if HAS_V1 else 'v2') in guests.read_file(root, 'tried').split()
    assert limits.kernel(domain, 'memory', *names['memory']) == str(64 * MIB)
    assert limits.kernel(domain, 'pids', *names['pids']) == '99'
    assert limits.kernel(domain, 'cpu', *names['cpu']) in ('1024', '100')
    for name in names:
        _, group = limits.group_of(domain, name)
        assert processes(group), 'the guest is in its group of %s' % name


def processes(group):
    """How many are in a group and those below."""
    count = 0
    for folder, _, _ in os.walk(group):
        with open(folder + '/cgroup.procs') as file:
            count += len(file.read().split())
    return count


@pytest.mark.debian
@pytest.mark.slow
def test_debian_13_boots(daemon, connection, workshop, debian):
    """Also where limits are enforced by version 1."""
    source = debian('systemd', 'trixie')
    directory = tempfile.mkdtemp(prefix='debian-', dir=workshop)
    root = guests.copy_root(source, directory + '/root')
    described = guests.Guest('debian-trixie', root, init='/sbin/init', memory=512)
    domain = connection.defineXML(described.xml())
    domain.create()
    with StreamConsole(connection, domain) as console:
        console.send('\n')
        console.expect('login:', seconds=60)
    assert sees(daemon, domain) == 'unified'
    assert 'init.scope' in run(daemon, domain, 'ls /sys/fs/cgroup')
    memory = limits.kernel(domain, 'memory', 'memory.limit_in_bytes', 'memory.max')
    assert memory == str(512 * MIB)
    domain.shutdown()
    wait_for(lambda: not domain.isActive(), 'it has shut down', 60)
    domain.undefine()
    shutil.rmtree(directory, ignore_errors=True)
