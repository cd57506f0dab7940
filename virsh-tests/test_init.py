# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kinds of init, what they hear and what they leave; options of a guest's own that concern them."""
import os
import re
import shutil
import signal
import subprocess

import libvirt
import pytest

from harness import guest as guests
from harness import process
from harness.daemon import wait_for
from harness.guest import read_file

pytestmark = pytest.mark.ours

CAISSON = "<caisson:container xmlns:caisson='urn:caisson:domain:1'>%s</caisson:container>"
MAPPED = 0x3000000

# Its child's child ends when nobody waits for it any more.
ORPHANS = 'for n in 1 2 3; do sh -c "sleep 0.1 & exit" ; done; trap "echo TERM >> /heard; exit 7" TERM; ' \
          'echo $$ > /number; echo started >> /heard; while :; do sleep 1000 & wait $!; done'


def inside(daemon, domain, script):
    return daemon.virsh('lxc-enter-namespace', domain.name(), '--noseclabel', '/bin/sh', '-c', script, check=False).out


def zombies(domain):
    return [pid for pid in process.descendants(domain.ID()) if process.field(pid, 'State')[:1] == ['Z']]


@pytest.mark.unsanitized
@pytest.mark.parametrize('idmap', [None, MAPPED], ids=['plain', 'mapped'])
def test_a_reaper_takes_in_orphans_and_passes_signals_on(start, recorded, idmap):
    domain, guest = start(init='/bin/sh', arguments=['-c', ORPHANS], top=CAISSON % '<caisson:reaper/>', idmap=idmap)
    wait_for(lambda: 'started' in read_file(guest.root, 'heard'), 'init runs', 30)
    assert int(read_file(guest.root, 'number')) > 1
    init = process.init_of(domain)
    assert process.field(init, 'Name') == ['reaper']
    assert sorted(os.listdir('/proc/%d/fd' % init)) == ['0', '1', '2']
    wait_for(lambda: len(process.descendants(init)) == 2 and not zombies(domain), 'the orphans are gone', 30)
    os.kill(init, signal.SIGTERM)
    recorded.wait(guest.name, 'stopped shutdown', seconds=30)
    assert 'TERM' in read_file(guest.root, 'heard')


def test_a_reaper_reports_an_init_that_is_not_there(connection, make_guest):
    guest = make_guest(init='/sbin/nothing', top=CAISSON % '<caisson:reaper/>')
    domain = connection.defineXML(guest.xml())
    with pytest.raises(libvirt.libvirtError, match="init: cannot execute '/sbin/nothing': No such file or directory"):
        domain.create()


def test_without_a_reaper_init_is_process_one(start):
    domain, guest = start(init='/bin/sh', arguments=['-c', ORPHANS])
    assert wait_for(lambda: read_file(guest.root, 'number'), 'init runs', 30).strip() == '1'


def test_busybox_init_boots_and_ends(start, recorded):
    domain, guest = start(init='/sbin/init')
    wait_for(lambda: 'booted' in read_file(guest.root, 'heard'), 'it has booted', 30)
    domain.shutdown()
    recorded.wait(guest.name, 'stopped shutdown', seconds=60)


@pytest.mark.parametrize('idmap', [None, MAPPED], ids=['plain', 'mapped'])
def test_clocks_begin_with_a_guest_that_has_a_time_namespace(daemon, start, idmap):
    domain, _ = start(init='/bin/sh', arguments=['-c', 'exec sleep 1000'], top=CAISSON % '<caisson:time-namespace/>',
                      idmap=idmap)
    init = process.init_of(domain)
    assert os.readlink('/proc/%d/ns/time' % init) != os.readlink('/proc/self/ns/time')
    assert os.readlink('/proc/%d/ns/time' % domain.ID()) == os.readlink('/proc/self/ns/time')
    with open('/proc/%d/timens_offsets' % init) as file:
        offsets = {line.split()[0]: int(line.split()[1]) for line in file}
    up = int(float(read_file('/proc', 'uptime').split()[0]))
    assert all(-up - 1 <= offset < -up + 60 for offset in offsets.values()), offsets


def test_a_guest_has_the_hosts_clocks_otherwise(start):
    domain, _ = start()
    assert os.readlink('/proc/%d/ns/time' % process.init_of(domain)) == os.readlink('/proc/self/ns/time')


# A user namespace in the guest that mounts its own proc, as a container in it would.
NESTED = "unshare -U -r -m -p -f /bin/sh -c 'mount -t proc proc /proc && ls -d /proc/[0-9]* | wc -l' || echo refused"


@pytest.mark.parametrize('idmap', [None, MAPPED], ids=['plain', 'mapped'])
def test_a_nesting_guest_can_mount_proc_in_a_user_namespace(look, idmap):
    seen = look(NESTED, top=CAISSON % '<caisson:nesting/>', idmap=idmap)
    assert 'refused' not in seen and int(seen.split()[-1]) < 6, seen
    # whoever runs this host may have left one out of reach below the root, as systemd-nspawn does
    cover = 'mount --bind /dev/null /proc/interrupts && exec unshare -U -r -m -p -f mount -t proc proc /proc'
    if subprocess.run(['unshare', '--mount', 'sh', '-c', cover], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        pytest.skip('on this host each process has another proc that nothing is mounted on')
    assert 'refused' in look(NESTED, idmap=idmap)


def test_only_root_gets_at_what_nesting_needs(look):
    seen = look("ls -ld /dev/.nesting; cat /dev/.nesting/proc/self/comm; su keel -c 'ls /dev/.nesting' || echo refused",
                top=CAISSON % '<caisson:nesting/>')
    assert seen.startswith('drwx------') and 'cat' in seen and 'refused' in seen


@pytest.fixture
def look(start):
    """Starts a guest whose init is this shell script; answers what it wrote to /seen."""
    def make(script, **options):
        domain, guest = start(init='/bin/sh', arguments=[
            '-c', '{ %s ; } > /seen.new 2>&1; mv /seen.new /seen; exec sleep 1000' % script], **options)
        wait_for(lambda: os.path.exists(os.path.join(guest.root, 'seen')), 'the script ended', 30)
        return read_file(guest.root, 'seen')
    return make


@pytest.mark.parametrize('state', ['on', 'off'])
def test_a_domain_can_choose_its_view(daemon, start, state):
    domain, _ = start(memory=48, top=CAISSON % ("<caisson:proc-view state='%s'/>" % state))
    total = int(re.search(r'MemTotal:\s+(\d+)', inside(daemon, domain, 'cat /proc/meminfo')).group(1))
    assert (total == 48 << 10) == (state == 'on')


@pytest.fixture(scope='session')
def calls(tmp_path_factory):
    program = tmp_path_factory.mktemp('calls') / 'calls'
    subprocess.run(['cc', '-D_GNU_SOURCE', '-O2', '-static', '-o', str(program),
                    os.path.join(os.path.dirname(__file__), 'harness', 'calls.c')], check=True)
    return program


def test_system_calls_work_as_on_the_host(look, make_root, calls):
    """bpf, perf, keyctl and namespaces: what guests of the stock driver use."""
    root = make_root()
    shutil.copy2(calls, root + '/bin/calls')
    host = subprocess.run([str(calls)], capture_output=True, text=True, check=True).stdout
    assert look('calls', root=root) == host


def test_programs_can_become_root_as_sudo_does(look):
    seen = look("grep NoNewPrivs /proc/self/status; grep ' / / ' /proc/self/mountinfo; su keel -c 'id -u'")
    assert re.search(r'NoNewPrivs:\s+0', seen) and 'nosuid' not in seen and seen.split()[-1] == '1000'


def test_groups_can_be_made_below_the_guests_own(look):
    assert 'below' in look('mkdir /sys/fs/cgroup/below /sys/fs/cgroup/*/below; '
                           'ls -d /sys/fs/cgroup/below /sys/fs/cgroup/*/below | grep below')


def test_a_systemd_that_is_ready_is_reported(connection, daemon, make_root, make_guest, calls):
    root = make_root()
    os.makedirs(root + '/usr/lib/systemd')
    shutil.copy2(calls, root + '/usr/lib/systemd/systemd')
    guests.put(root, 'usr/lib/systemd/libsystemd-shared-257.so', '')
    described = make_guest(root=root, init='/usr/lib/systemd/systemd')
    heard = []
    number = connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
                                               lambda _, domain, *what: heard.append((domain.name(), what[:2])), None)
    domain = connection.defineXML(described.xml())
    domain.create()
    wait_for(lambda: heard, 'the event', 30)
    assert heard == [(described.name, (libvirt.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED,
                                       libvirt.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL))]
    assert 'the guest is ready' in daemon.guest_log(described.name)
    connection.domainEventDeregisterAny(number)


def test_a_root_without_proc_starts(start, make_root):
    root = make_root()
    for name in ('proc', 'sys', 'dev'):
        os.rmdir(os.path.join(root, name))
    start(root=root)


def test_an_image_shifted_beforehand_starts(start, make_root, daemon):
    domain, guest = start(root=make_root(MAPPED), idmap=MAPPED)
    assert inside(daemon, domain, 'stat -c %u /bin/busybox').strip() == '0'
    assert os.stat(guest.root + '/bin/busybox').st_uid == MAPPED
