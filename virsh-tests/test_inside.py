# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest finds inside itself."""
import os
import re

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for
from harness.guest import put, read_file


@pytest.fixture
def look(start):
    """Starts a guest whose init is this shell script; answers what it wrote to /seen."""
    def make(script, **options):
        domain, guest = start(init='/bin/sh', arguments=[
            '-c', '{ %s ; } > /seen.new 2>&1; mv /seen.new /seen; exec sleep 1000' % script], **options)
        wait_for(lambda: os.path.exists(os.path.join(guest.root, 'seen')), 'the script ended')
        return read_file(guest.root, 'seen')
    return make


def test_environment_is_that_of_a_libvirt_container(daemon, connection, start):
    domain, guest = start(consoles=3, os="<initenv name='PORT'>8080</initenv><initenv name='HOME'>/root</initenv>")
    seen = dict(line.split('=', 1) for line in read_file(guest.root, 'environment').splitlines())
    assert seen['container'] == 'lxc-libvirt'
    assert seen['container_uuid'] == seen['LIBVIRT_LXC_UUID'] == domain.UUIDString()
    assert seen['LIBVIRT_LXC_NAME'] == guest.name
    assert seen['container_ttys'] == 'pts/1 pts/2'
    assert seen['TERM'] == 'linux' and seen['PATH'] == '/bin:/sbin'
    assert seen['PORT'] == '8080' and seen['HOME'] == '/root'


def test_init_gets_its_arguments_unchanged(look):
    assert look('tr "\\\\0" "|" < /proc/1/cmdline').startswith('/bin/sh|-c|')


def test_a_name_longer_than_a_host_name_is_cut(look):
    assert look('hostname', name='long' + 'n' * 96).strip() == 'long' + 'n' * 59


def test_hostname_is_the_name_of_the_domain(look):
    assert look('hostname', name='my_guest.one').strip() == 'myguestone'



def test_init_runs_as_its_user_with_the_users_groups(start, root):
    os.chmod(root, 0o777)
    domain, guest = start(init='/bin/sh', root=root,
                          arguments=['-c', '{ id -u; id -g; id -G; pwd; } > /tmp/seen.new; '
                                           'mv /tmp/seen.new /tmp/seen; exec sleep 1000'],
                          os='<initdir>/tmp</initdir><inituser>keel</inituser><initgroup>keel</initgroup>')
    seen = wait_for(lambda: read_file(root, 'tmp/seen'), 'init wrote')
    lines = seen.splitlines()
    assert lines[0] == '1000' and lines[1] == '1000' and lines[3] == '/tmp'
    assert set(lines[2].split()) == {'1000', '50'}


def test_the_usual_device_nodes_are_there_and_no_others_can_be_used(look):
    seen = look('for n in null zero full random urandom tty; do test -c /dev/$n && echo $n; done; '
                'ls -l /dev/null; readlink /dev/stdin; readlink /dev/fd; mknod /tmp/disk b 7 0 || echo no mknod')
    for word in ('null', 'zero', 'full', 'random', 'urandom', 'tty', 'crw-rw-rw-', '/proc/self/fd/0',
                 'no mknod'):
        assert word in seen


def test_consoles_are_terminals(look):
    seen = look('test -t 0 && echo stdin; for n in console tty1 tty2; do test -c /dev/$n && echo $n; done',
                consoles=2)
    # Standard output went to the file; standard input is the console.
    assert seen.split() == ['stdin', 'console', 'tty1', 'tty2']


def test_the_guest_sees_only_its_own_processes_and_links(look):
    seen = look('ls -d /proc/[0-9]* | wc -l; ls /sys/class/net; cat /proc/net/dev | grep -c :')
    lines = seen.split()
    assert int(lines[0]) <= 4 and 'lo' in lines


@pytest.mark.ours
def test_the_guest_sees_only_its_own_control_groups(look):
    seen = look('cat /proc/self/cgroup')
    assert seen and all(line.split(':', 2)[2] == '/' for line in seen.splitlines()), seen


def test_kernel_settings_are_read_only_but_the_guests_own_network(look):
    seen = look('echo 1 > /proc/sys/kernel/panic || echo refused; '
                'echo 1 > /proc/sys/net/ipv4/ip_forward && echo allowed')
    assert 'refused' in seen and 'allowed' in seen


def test_a_guest_without_privnet_shares_the_hosts_network(daemon, start):
    domain, _ = start(features='')
    assert os.readlink('/proc/%d/ns/net' % process.init_of(domain)) == \
        os.readlink('/proc/%d/ns/net' % daemon.pid)


def test_file_systems_are_mounted(look, tmp_path_factory, workshop):
    import tempfile
    shared = tempfile.mkdtemp(prefix='shared-', dir=workshop)
    os.chmod(shared, 0o755)
    put(shared, 'letter', 'dear guest\n')
    seen = look('cat /srv/shared/letter; echo x > /srv/shared/new || echo refused; df /scratch | tail -n 1; '
                'cat /mirror/letter', devices='''
    <filesystem type='mount'><source dir='%s'/><target dir='/srv/shared'/><readonly/></filesystem>
    <filesystem type='ram'><source usage='8' units='MiB'/><target dir='/scratch'/></filesystem>
    <filesystem type='bind'><source dir='/srv/shared'/><target dir='/mirror'/></filesystem>''' % shared)
    lines = seen.splitlines()
    assert lines[0] == 'dear guest' and 'refused' in seen
    assert re.search(r'tmpfs\s+8192\b', seen)
    assert lines[-1] == 'dear guest'
    assert not os.path.exists(os.path.join(shared, 'new'))


@pytest.mark.ours
def test_a_read_only_root_is_read_only(daemon, connection, make_guest):
    guest = make_guest(init='/bin/sh', readonly=True, arguments=[
        '-c', 'echo x > /written; echo y > /proc/self/comm; exec sleep 1000'])
    domain = connection.defineXML(guest.xml())
    domain.create()
    result = daemon.virsh('lxc-enter-namespace', guest.name, '--noseclabel', '/bin/sh', '-c',
                          'echo x > /written || echo refused', check=False)
    assert 'refused' in result.out
    assert not os.path.exists(os.path.join(guest.root, 'written'))


@pytest.mark.ours
def test_a_start_creates_no_entry_in_the_guests_directory(start):
    domain, guest = start(init='/bin/sh', arguments=['-c', 'exec sleep 1000'])
    entries = sorted(os.listdir(guest.root))
    domain.destroy()
    assert sorted(os.listdir(guest.root)) == entries
    assert not [name for name in entries if name.startswith('.')]


@pytest.mark.ours
def test_a_link_in_the_guest_does_not_lead_a_mount_out_of_it(connection, make_guest, workshop):
    import tempfile
    outside = tempfile.mkdtemp(prefix='outside-', dir=workshop)
    guest = make_guest(devices="<filesystem type='ram'><source usage='1' units='MiB'/>"
                               "<target dir='/escape/deep'/></filesystem>")
    os.symlink(outside, os.path.join(guest.root, 'escape'))
    domain = connection.defineXML(guest.xml())
    try:
        domain.create()
        domain.destroy()
    except libvirt.libvirtError:
        pass
    assert os.listdir(outside) == []


def test_the_memory_limit_is_set(daemon, start):
    domain, guest = start(memory=48)
    found = []
    for folder, _, files in os.walk(daemon.path('/sys/fs/cgroup')):
        for name in ('memory.limit_in_bytes', 'memory.max'):
            if name in files and guest.name in folder:
                with open(os.path.join(folder, name)) as file:
                    found.append(file.read().strip())
    assert str(48 << 20) in found


def test_capabilities_of_the_host_are_dropped_and_given_on_demand(look):
    plain = look('grep CapBnd /proc/self/status')
    given = look('grep CapBnd /proc/self/status',
                 features="<privnet/><capabilities policy='default'><mknod state='on'/></capabilities>")
    plain, given = (int(text.split()[1], 16) for text in (plain, given))
    assert not plain >> 27 & 1 and given >> 27 & 1    # CAP_MKNOD
    assert not plain >> 16 & 1                        # CAP_SYS_MODULE
    assert not plain >> 25 & 1                        # CAP_SYS_TIME
    assert plain >> 0 & 1                             # CAP_CHOWN


@pytest.mark.ours
def test_init_gets_every_signal(start):
    domain, _ = start(init='/bin/sleep', arguments=['1000'])
    for name in ('SigBlk', 'SigIgn', 'SigCgt'):
        assert process.field(process.init_of(domain), name) == ['0' * 16], name


def test_init_has_only_its_standard_descriptors(start):
    domain, _ = start(init='/bin/sleep', arguments=['1000'])
    assert sorted(os.listdir('/proc/%d/fd' % process.init_of(domain))) == ['0', '1', '2']
