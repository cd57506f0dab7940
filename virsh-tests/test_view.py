# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest's /proc and /sys say of its limits."""
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from harness import build, process
from harness.daemon import PATIENCE, wait_for
from harness.guest import read_file

pytestmark = pytest.mark.ours


def inside(daemon, domain, script):
    """What a shell in the guest prints."""
    return daemon.virsh('lxc-enter-namespace', domain.name(), '--noseclabel', '/bin/sh', '-c', script).out


def meminfo(text):
    return {line.split(':')[0]: int(line.split()[1]) for line in text.splitlines() if ':' in line}


def servers(domain):
    return [pid for pid in process.children(domain.ID()) if process.field(pid, 'Name') == ['libvirt_lxc_vie']]


def server(domain):
    """The view's server of a running guest, which has one when the view has been read."""
    if not servers(domain):
        read_file('/proc/%d/root/proc' % process.init_of(domain), 'meminfo')
    return wait_for(lambda: servers(domain), 'the server of the view of %s' % domain.name())[0]


# Runs what is written to it, as a child of init: a shell of lxc-enter-namespace has no part in the guest's groups.
TALKER = """\
mkfifo /asked; mkdir -p /dev/shm; mount -t tmpfs tmpfs /dev/shm; echo > /ready
while read -r line < /asked; do sh -c "$line" > /answer.new 2>&1; mv /answer.new /answer; done
"""


@pytest.fixture
def talk(start):
    """Starts a guest; answers its domain and a function that has it run a line of shell."""
    opened = []

    def make(**options):
        domain, guest = start(init='/bin/sh', arguments=['-c', TALKER], **options)
        wait_for(lambda: read_file(guest.root, 'ready'), 'the guest listens', 30)
        # Both ends, so that opening does not wait for the guest.
        opened.append(os.open(os.path.join(guest.root, 'asked'), os.O_RDWR))
        asked, answer = opened[-1], os.path.join(guest.root, 'answer')

        def ask(line, seconds=30):
            os.write(asked, line.encode() + b'\n')
            wait_for(lambda: os.path.exists(answer), lambda: 'an answer to "%s"; processes: %s' % (line, [
                (process.field(pid, 'Name'), process.field(pid, 'State'), read_file('/proc/%d' % pid, 'wchan'))
                for pid in process.descendants(domain.ID())]), seconds)
            text = read_file(guest.root, 'answer')
            os.unlink(answer)
            return text
        return domain, ask
    yield make
    for fd in opened:
        os.close(fd)


def test_meminfo_shows_the_memory_of_the_guest(daemon, start):
    domain, _ = start(memory=48)
    seen = meminfo(inside(daemon, domain, 'cat /proc/meminfo'))
    assert seen['MemTotal'] == 48 << 10
    assert 0 < seen['MemFree'] < seen['MemTotal']
    assert seen['MemFree'] <= seen['MemAvailable'] <= seen['MemTotal']
    assert seen['SwapFree'] <= seen['SwapTotal']
    with open('/proc/meminfo') as file:
        host = file.read()
    assert list(seen) == list(meminfo(host)), 'the same lines in the same order'


def test_meminfo_has_the_columns_of_the_kernel(daemon, start):
    domain, _ = start()
    with open('/proc/meminfo') as file:
        host = [re.sub(r' *\d+', 'N', line) for line in file.read().splitlines()]
    seen = inside(daemon, domain, 'cat /proc/meminfo').splitlines()
    assert [re.sub(r' *\d+', 'N', line) for line in seen] == host
    assert len(seen[0]) == len('MemTotal:       24689716 kB')


def test_meminfo_follows_what_the_guest_uses(talk):
    _, ask = talk(memory=64)
    before = meminfo(ask('cat /proc/meminfo'))
    ask('dd if=/dev/zero of=/dev/shm/file bs=1M count=16')
    after = wait_for(lambda: (lambda now: now['Shmem'] >= before['Shmem'] + (15 << 10) and now)(
        meminfo(ask('cat /proc/meminfo'))), 'the memory of the guest grows')
    assert after['Cached'] >= before['Cached'] + (15 << 10)
    assert after['MemFree'] <= before['MemFree'] - (15 << 10)
    assert after['MemAvailable'] <= before['MemAvailable'] - (15 << 10)


def test_meminfo_follows_a_changed_limit(daemon, start):
    domain, _ = start(memory=64)
    domain.setMemory(32 << 10)
    wait_for(lambda: meminfo(inside(daemon, domain, 'cat /proc/meminfo'))['MemTotal'] == 32 << 10,
             'the new limit is seen')


def test_processors_are_those_of_the_quota(daemon, start):
    domain, _ = start(top='<cputune><period>100000</period><quota>50000</quota></cputune>')
    seen = inside(daemon, domain, 'grep -c ^processor /proc/cpuinfo; cd /sys/devices/system/cpu; '
                                  'cat online possible present; grep -c "^cpu[0-9]" /proc/stat').split()
    assert seen == ['1', '0', '0', '0', '1']


def test_processors_are_counted_from_zero(daemon, start):
    domain, _ = start()
    count = os.cpu_count()
    seen = inside(daemon, domain, 'cat /sys/devices/system/cpu/online; grep ^processor /proc/cpuinfo; nproc').splitlines()
    assert seen[0] == ('0' if count == 1 else '0-%d' % (count - 1))
    assert seen[1:-1] == ['processor\t: %d' % number for number in range(count)]
    assert seen[-1] == str(count)


@pytest.mark.skipif(os.cpu_count() < 2, reason='one processor')
def test_processors_are_those_the_guest_may_run_on(daemon, start):
    domain, guest = start()
    for folder, _, files in os.walk(daemon.path('/sys/fs/cgroup')):
        if folder.endswith('/libvirt') and guest.name in folder and 'cpuset.cpus' in files:
            for place in (folder + '/guest', folder):
                with open(place + '/cpuset.cpus', 'w') as file:
                    file.write('1')
    wait_for(lambda: inside(daemon, domain, 'cat /sys/devices/system/cpu/online; '
                                            'grep -c ^processor /proc/cpuinfo').split() == ['0', '1'],
             'one processor is left')


def test_uptime_and_processor_time_begin_with_the_guest(talk):
    _, ask = talk()
    up, idle = ask('cat /proc/uptime').split()
    # both are rounded to hundredths
    assert float(up) < 60 and float(idle) <= (float(up) + 0.01) * os.cpu_count()
    ask('i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done')

    def stat():
        words = ask('head -n 1 /proc/stat').split()
        return words[0], [int(word) for word in words[1:]]
    wait_for(lambda: stat()[1][0] > 0, 'time in user mode')
    name, times = stat()
    assert name == 'cpu' and len(times) == 10 and sum(times) < 100 * 60 * os.cpu_count()
    boot = int(re.search(r'^btime (\d+)$', ask('cat /proc/stat'), re.M).group(1))
    assert abs(boot - int(ask('date +%s'))) < 60


def test_load_comes_from_the_guests_tasks(talk):
    _, ask = talk()
    first = ask('cat /proc/loadavg').split()
    assert re.fullmatch(r'\d+/\d+', first[3]) and int(first[3].split('/')[1]) < 20
    ask('for n in 1 2 3; do while :; do :; done & done')
    wait_for(lambda: float(ask('sleep 0.3; cat /proc/loadavg').split()[0]) > float(first[0]) + 0.02,
             'the load grows', 30)


def test_disks_swap_and_pressure_are_the_guests(talk):
    _, ask = talk()
    lines = ask('cat /proc/diskstats').splitlines()
    assert all(len(line.split()) == 20 for line in lines)
    assert ask('cat /proc/swaps').startswith('Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n')
    if os.path.exists('/proc/pressure/cpu'):
        assert re.match(r'some avg10=\S+ avg60=\S+ avg300=\S+ total=\d+\n', ask('cat /proc/pressure/memory'))
        host, own = (int(re.search(r'total=(\d+)', text).group(1))
                     for text in (read_file('/proc/pressure', 'cpu'), ask('cat /proc/pressure/cpu')))
        assert own < host


def test_the_view_belongs_to_the_root_of_a_mapped_guest(daemon, start):
    domain, _ = start(idmap=200000, memory=48)
    assert inside(daemon, domain, 'stat -c %u:%g:%a /proc/meminfo').strip() == '0:0:444'
    assert meminfo(inside(daemon, domain, 'cat /proc/meminfo'))['MemTotal'] == 48 << 10


def test_the_view_cannot_be_written(daemon, start):
    domain, _ = start()
    seen = inside(daemon, domain, 'echo 1 > /proc/meminfo || echo refused')
    assert 'refused' in seen


def test_a_guest_that_does_not_look_has_no_server(start):
    domain, _ = start(memory=48)
    time.sleep(0.2)
    assert not servers(domain)
    assert meminfo(read_file('/proc/%d/root/proc' % process.init_of(domain), 'meminfo'))['MemTotal'] == 48 << 10
    assert len(servers(domain)) == 1


def test_a_guest_that_looks_at_once_is_answered(start):
    domain, guest = start(init='/bin/sh', arguments=['-c', 'cat /proc/meminfo > /seen; echo end >> /seen; sleep 100'],
                          memory=48)
    wait_for(lambda: read_file(guest.root, 'seen').endswith('end\n'), 'it has read')
    assert meminfo(read_file(guest.root, 'seen'))['MemTotal'] == 48 << 10
    domain.destroy()


def test_a_server_that_is_killed_is_replaced(daemon, start):
    domain, _ = start(memory=48)
    for _ in range(3):
        first = server(domain)
        os.kill(first, signal.SIGKILL)
        assert meminfo(inside(daemon, domain, 'cat /proc/meminfo'))['MemTotal'] == 48 << 10
        wait_for(lambda: server(domain) != first, 'another server')


def test_no_reader_is_lost_when_servers_die_under_load(daemon, talk):
    """Direct reads all reach the server; a request that a dead one has taken in is answered by the next."""
    domain, ask = talk()
    # as below, one may fail in User Mode Linux
    otherwise = 'continue' if process.is_in_user_mode_linux() else 'exit'
    readers = 'for n in 1 2 3; do while :; do dd if=/proc/meminfo of=/dev/null iflag=direct bs=64k || { %s; }; ' \
              'echo x >> /reads$n; done > /dev/null 2>&1 & done'
    ask(readers % otherwise)
    for _ in range(6):
        first = server(domain)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: server(domain) != first, 'another server', 30)
    before = ask('wc -c /reads1 /reads2 /reads3').split()[:6:2]

    def all_read_on():
        return all(int(now) > int(then) for now, then in zip(ask('wc -c /reads1 /reads2 /reads3').split()[:6:2], before))
    wait_for(all_read_on, 'all readers go on', 30)


def test_a_stopped_server_does_not_keep_a_guest_from_being_destroyed(daemon, start):
    domain, guest = start(init='/bin/sh', arguments=[
        '-c', 'echo $$ > /ready; while :; do cat /proc/meminfo > /dev/null; sleep 0.2; done'])
    wait_for(lambda: read_file(guest.root, 'ready'), 'init runs')
    os.kill(server(domain), signal.SIGSTOP)
    init, since = process.init_of(domain), {}

    def a_reader_waits():
        now = time.monotonic()
        return any(now - since.setdefault(pid, now) > 1 for pid in process.descendants(init)
                   if process.field(pid, 'Name') == ['cat'])
    wait_for(a_reader_waits, 'a reader waits')
    domain.destroy()
    assert not domain.isActive()


def test_an_administrator_can_do_without_the_view(own_daemon, make_guest):
    own_daemon.terminate()
    with open(own_daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
        file.write('proc_view = 0\n')
    own_daemon.start()
    domain = own_daemon.connect().createXML(make_guest(memory=48).xml())
    with open('/proc/meminfo') as file:
        total = file.readline().split()[1]
    assert inside(own_daemon, domain, 'cat /proc/meminfo').split()[1] == total
    assert not [pid for pid in process.children(domain.ID()) if process.field(pid, 'Name') == ['libvirt_lxc_vie']]


@pytest.fixture(scope='session')
def reader(tmp_path_factory):
    """A program that reads a file and has the kernel forget its pages, over and over."""
    program = tmp_path_factory.mktemp('reader') / 'reader'
    source = os.path.join(os.path.dirname(__file__), 'harness', 'reader.c')
    subprocess.run(['cc', '-O2', '-static', '-o', str(program), source], check=True)
    return program


def read_without_pages(talk, reader, seconds, disturb):
    """Four such readers in a small guest that is short of memory; answers how often each has read."""
    domain, ask = talk(memory=24)
    root = re.search(r"<source dir='([^']+)'/>", domain.XMLDesc()).group(1)
    shutil.copy2(reader, root + '/reader')
    ask('while :; do dd if=/dev/zero of=/filler bs=1M count=40 2>/dev/null; done & '
        'for n in 1 2 3 4; do (/reader %d /proc/meminfo > /count$n.new 2> /error$n; mv /count$n.new /count$n) & done' % seconds)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        disturb(domain)
        time.sleep(0.05)
    wait_for(lambda: all(os.path.exists('%s/count%d' % (root, n)) for n in (1, 2, 3, 4)), 'all readers end', 60)
    errors = [read_file(root, 'error%d' % n) for n in (1, 2, 3, 4)]
    if process.is_in_user_mode_linux() and disturb is kill_server:
        # it cannot look pages up without asking for signals, and so fails the request that it copies just then
        errors = [error.replace('/proc/meminfo: Input/output error\n', '') for error in errors]
    assert not any(errors), errors
    return [int(count) for count in (read_file(root, 'count%d' % n) for n in (1, 2, 3, 4)) if count]


def suspend_and_resume(domain):
    domain.suspend()
    domain.resume()


def kill_server(domain):
    try:
        os.kill(server(domain), signal.SIGKILL)
    except ProcessLookupError:
        pass


DISTURBANCES = {'undisturbed': lambda domain: None, 'suspended': suspend_and_resume, 'killed': kill_server}


@pytest.mark.unsanitized
@pytest.mark.parametrize('disturbance', DISTURBANCES)
def test_readers_that_drop_their_pages_never_hang(talk, reader, disturbance):
    assert min(read_without_pages(talk, reader, 2, DISTURBANCES[disturbance])) > 0


@pytest.mark.slow
@pytest.mark.parametrize('disturbance', DISTURBANCES)
def test_readers_that_drop_their_pages_go_on_for_a_minute(talk, reader, disturbance):
    assert min(read_without_pages(talk, reader, 60, DISTURBANCES[disturbance])) > 100 / PATIENCE


def own_memory(pid):
    """What only this process has, in KiB."""
    with open('/proc/%d/smaps_rollup' % pid) as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(('Private_Clean', 'Private_Dirty')))


@pytest.mark.unsanitized
def test_keeper_and_server_are_small_and_idle(talk):
    # of two, as the programs themselves are in memory once for all guests
    for domain, ask in (talk(), talk()):
        for name in ('meminfo', 'stat', 'cpuinfo', 'loadavg', 'diskstats', 'uptime'):
            ask('cat /proc/%s' % name)
    pid = server(domain)
    used = own_memory(domain.ID()) + own_memory(pid)
    before = process.field(pid, 'voluntary_ctxt_switches')
    time.sleep(0.5)
    assert process.field(pid, 'voluntary_ctxt_switches') == before, 'it sleeps while nobody reads'
    print('keeper and view: %d KiB' % used)
    if not build.sanitizer(build.find(build.PLUGIN)):
        assert used <= 300, '%d KiB' % used
