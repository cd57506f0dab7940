#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two libvirt daemons side by side in one run: A is the driver under test, B the stock one.

Every measurement alternates A and B (A B B A …), because a machine is faster or slower by the minute.
Printed are median [10th .. 90th percentile] of each and how many times A is better; a ratio below 1.3
on a busy machine means nothing with fewer than 20 rounds. Started by tools/bench.
"""
import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
import time
import traceback

import libvirt

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import lxcfs  # noqa: E402
import peers  # noqa: E402
from harness import events, guest, process  # noqa: E402
from harness.daemon import PrivateDaemon, wait_for  # noqa: E402
from definitions import bench_definitions, processor_time  # noqa: E402
from pool import bench_pool  # noqa: E402
from scale import bench_scale  # noqa: E402
from timeline import bench_timeline  # noqa: E402
from side import (FAILURES, LOG_FILTERS, Findings, Side, Table, charged, kernel_memory, make_root,  # noqa: E402
                  memory, milliseconds, milliseconds_of)

TEMPLATES = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tools/caisson-template')

def bench_start(sides, table, options):
    for label, features in (('own network', {}), ('host network', {'features': ''}),
                            ('user namespace', {'idmap': 100000})):
        measure_starts(sides, table, options.rounds, label, lambda side, features=features: features)


def measure_starts(sides, table, rounds, label, options_of):
    found, name, domains = Findings(sides), 'start-' + label.split()[0], {}

    def define(side):
        domains[side.tag] = side.define(name, **options_of(side))

    def measure(side):
        ran, returned = side.start(domains[side.tag])
        found.add(side, 'create() until init runs, %s' % label, ran)
        found.add(side, 'create() returns, %s' % label, returned)
        time.sleep(0.02)
        side.stop(domains[side.tag])
        time.sleep(0.04)
    found.each(define)
    found.turns(rounds, measure)
    table.add_found(found, milliseconds_of)


def bench_template(sides, table, options):
    """The root of ours is a layer over a template, that of libvirt's driver, which has none, the directory itself."""
    stamps = "<filesystem type='mount'><source dir='%s/stamps'/><target dir='/stamps'/></filesystem>" % sides[0].root

    def options_of(side):
        if side.daemon.driver != 'ours':
            return {'devices': stamps}
        done = side.daemon.run('/usr/bin/python3', TEMPLATES, 'import', 'bench', side.root, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        return {'devices': stamps,
                'root_element': "<filesystem type='template'><source name='bench'/><target dir='/'/></filesystem>"}
    measure_starts(sides, table, options.rounds, 'template', options_of)


def bench_row(sides, table, options):
    """The first guest of a daemon that has just been started, and many without a pause between them."""
    found, names = Findings(sides), ['row%d' % number for number in range(options.guests)]

    def first(side):
        side.restart()
        domain = side.connection.lookupByName(names[0])
        found.add(side, 'create() until init runs, first after a daemon start', side.start(domain)[0])
        domain.destroy()

    def one_after_the_other(side):
        found.add(side, '%d starts in a row, each' % len(names), side.start_all(names, 1) / len(names))
        side.destroy_all(names, options.threads)
        time.sleep(1)
    found.each(lambda side: [side.define(name, 'term') for name in names])
    found.turns(max(5, options.rounds // 3), first)
    found.turns(max(2, options.rounds // 5), one_after_the_other)
    table.add_found(found, milliseconds_of)


def wait_end(init):
    poll = select.poll()
    poll.register(init, select.POLLIN)
    poll.poll(5000)
    os.close(init)


def bench_stop(sides, table, options):
    for mode, what in (('term', 'init ends at TERM'), ('sleep', 'init ignores TERM')):
        found, domains = Findings(sides), {}

        def define(side, mode=mode, domains=domains):
            domains[side.tag] = side.define('stop-' + mode, mode)

        def measure(side, what=what, domains=domains, found=found):
            domain = domains[side.tag]
            side.start(domain)
            init = os.pidfd_open(process.init_of(domain))
            start = time.monotonic_ns()
            domain.destroy()
            found.add(side, 'destroy() returns, %s' % what, (time.monotonic_ns() - start) / 1e6)
            wait_end(init)
            found.add(side, '  until init is gone, %s' % what, (time.monotonic_ns() - start) / 1e6)
            time.sleep(0.03)
        found.each(define)
        found.turns(options.rounds if mode == 'term' else max(3, options.rounds // 4), measure)
        table.add_found(found, milliseconds_of)


def bench_paused(sides, table, options):
    """The stock driver leaves seven directories of a paused guest each time; they are removed by its next start."""
    found, domains = Findings(sides), {}

    def define(side):
        domains[side.tag] = side.define('paused')

    def measure(side):
        domain = domains[side.tag]
        side.start(domain)
        domain.suspend()
        init = os.pidfd_open(process.init_of(domain))
        start = time.monotonic_ns()
        domain.destroy()
        wait_end(init)
        found.add(side, 'destroy() of a paused guest until init is gone', (time.monotonic_ns() - start) / 1e6)
        side.daemon.run('sh', '-c', 'find /sys/fs/cgroup/*/machine/*-paused.* -depth -type d -exec rmdir {} + 2>&1')
        time.sleep(0.03)
    found.each(define)
    found.turns(options.rounds, measure)
    table.add_found(found, milliseconds_of)


def one_by_one(domains, with_xml):
    for domain in domains:
        domain.state()
        domain.info()
        if with_xml:
            domain.XMLDesc()  # which disks and interfaces there are
        domain.memoryStats()
        domain.getCPUStats(True)
        try:
            domain.blockStats('')
        except libvirt.libvirtError:
            pass


def bench_stats(sides, table, options):
    """All statistics of all guests: in one call with ours, call by call with the stock driver, which has no other way."""
    for count in options.polled:
        found, names, warm = Findings(sides), ['polled%d' % number for number in range(count)], []

        def run(side, names=names):
            for name in names:
                side.define(name, 'term')
            side.start_all(names, options.threads)

        def measure(side, count=count, found=found, warm=warm):
            domains = side.connection.listAllDomains()
            found.add(side, 'list of %d running guests' % count, milliseconds(
                side.connection.listAllDomains, libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE))
            found.add(side, 'XMLDesc() of %d running guests' % count, milliseconds(
                lambda: [domain.XMLDesc() for domain in domains]))
            found.add(side, 'info() of %d running guests' % count, milliseconds(
                lambda: [domain.info() for domain in domains]))
            one_call = side.daemon.driver == 'ours'
            for what, with_xml in (('statistics of %d running guests', True), ('  the same, XML not asked for', False)):
                poll = [side.connection.getAllDomainStats] if one_call else [one_by_one, domains, with_xml]
                if side.tag not in warm:
                    for _ in range(2):  # files of groups stay open from their second read on
                        milliseconds(*poll)
                    warm.append(side.tag)
                used = processor_time(side.daemon.pid) + sum(os.times()[:2]) * 1000
                found.add(side, what.replace('%d', str(count)), milliseconds(*poll))
                if with_xml and count > 100:  # it is told in ticks of 10 ms
                    found.add(side, '  processor time of it, daemon and client',
                              processor_time(side.daemon.pid) + sum(os.times()[:2]) * 1000 - used)
        found.each(run)
        found.turns(max(3, options.rounds // 2 if count <= 100 else options.rounds // 4), measure)
        found.each(lambda side, names=names: side.destroy_all(names, options.threads))
        for side in sides:
            side.reset()
        table.add_found(found, milliseconds_of)


def bench_peers(sides, table, options):
    """Ours over libvirt's RPC, beside runtimes that are called directly, in turn."""
    ours = sides[0]
    domain = ours.define('peer-ours')
    starts, stops, failed = {'ours': []}, {'ours': []}, {}
    with tempfile.TemporaryDirectory(prefix='caisson-peers-') as directory:
        others = {}
        for kind in peers.PEERS:
            if not kind.available():
                print('%s is not installed' % kind.program)
                continue
            try:
                os.mkdir(os.path.join(directory, kind.program))
                others[kind.program] = kind(ours, os.path.join(directory, kind.program))
            except (*FAILURES, KeyError) as error:
                failed[kind.program] = error
        for _ in range(options.rounds):
            for name in ['ours', *others]:
                if name in failed:
                    continue
                try:
                    if name == 'ours':
                        times = ours.start(domain)[0], (time.sleep(0.02), milliseconds(domain.destroy))[1]
                    else:
                        times = others[name].measure()
                    starts.setdefault(name, []).append(times[0])
                    stops.setdefault(name, []).append(times[1])
                except FAILURES as error:
                    failed[name] = error
                time.sleep(0.02)
        for other in others.values():
            other.end()
    for what, values in (('start until the program runs', starts), ('stop', stops)):
        for name, times in values.items():
            if name != 'ours' and values['ours']:
                table.add('%s, beside %s' % (what, name), values['ours'], times, kind='other')
    for name, error in failed.items():
        print('%s: failed: %s' % (name, error))
        table.row('beside %s' % name, '', 'other', note='%s failed: %s' % (name, ' '.join(str(error).split())))


def processors():
    """(time not idle, time) of all processors together, in ticks."""
    with open('/proc/stat') as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def bench_parallel(sides, table, options):
    found, names = Findings(sides), ['many%d' % number for number in range(options.guests)]
    what = '%%s of %d guests, %d threads' % (len(names), options.threads)

    def measure(side):
        before = processors()
        found.add(side, what % 'start', side.start_all(names, options.threads))
        busy, whole = (now - then for now, then in zip(processors(), before))
        found.add(side, '  processors busy meanwhile', 100 * busy / whole)
        found.add(side, what % 'stop', side.destroy_all(names, options.threads))
        time.sleep(1)
    found.each(lambda side: [side.define(name, 'term') for name in names])
    found.turns(max(3, options.rounds // 2), measure)
    table.add_found(found, lambda what: '%' if 'busy' in what else 'ms')
    if not peers.Crun.available() or not found.values['A']:
        return
    with tempfile.TemporaryDirectory(prefix='caisson-peers-') as directory:
        peer = peers.Crun(sides[0], directory)
        try:
            others = list(zip(*[peer.measure_many(names, options.threads) for _ in range(max(3, options.rounds // 4))]))
        finally:
            peer.end()
    for number, word in enumerate(('start', 'stop')):
        table.add(what % word + ', beside crun', found.values['A'][what % word], list(others[number]), kind='other')


def read_meminfo(domains):
    """From outside, by the guests' own mounts: after that Caisson has a process more for each."""
    for domain in domains:
        guest.read_file('/proc/%d/root/proc' % process.init_pid(domain.ID()), 'meminfo')


def bench_memory(sides, table, options):
    """Of each guest's processes on the host, and of the daemon."""
    found = Findings(sides)

    def measure(side, count):
        domains = [side.define('memory%d' % number, 'term') for number in range(count)]
        for domain in domains:
            side.start(domain)
        time.sleep(1)
        for domain in domains:
            found.add(side, 'Uss of the controller, %d running' % count, memory([domain.ID()])['Uss'])
            for what, value in memory(side.supervisors([domain])).items():
                found.add(side, '%s per guest, %d running' % (what, count), value)
        read_meminfo(domains)
        for domain in domains:
            for what, value in memory(side.supervisors([domain])).items():
                found.add(side, '%s per guest that has read meminfo, %d running' % (what, count), value)
        found.add(side, 'Rss of the daemon, %d running' % count, memory([side.daemon.pid])['Rss'])
        for domain in domains:
            side.stop(domain)
            domain.undefine()
    for count in (1, options.memory_guests):
        found.each(lambda side, count=count: measure(side, count))
    table.add_found(found, lambda what: 'KiB' if 'ss ' in what else '')


def bench_kernel(sides, table, options):
    """What the kernel has more of on the whole machine while guests run, and what their control groups are charged with."""
    found, count = Findings(sides), options.guests
    names = ['kernel%d' % number for number in range(count)]

    def measure(side):
        before = kernel_memory()
        side.start_all(names, options.threads)
        time.sleep(1)
        after = kernel_memory()
        found.add(side, 'kernel memory per guest of %d' % count, (sum(after.values()) - sum(before.values())) / count)
        for name in after:
            found.add(side, '  of it %s' % name, (after[name] - before[name]) / count)
        for name in names[:10]:
            value = charged(process.init_pid(side.connection.lookupByName(name).ID()))
            if value is not None:
                found.add(side, '  charged to its groups, which is what was made in them', value)
        read_meminfo([side.connection.lookupByName(name) for name in names])
        found.add(side, 'kernel memory per guest of %d, all of which have read meminfo' % count,
                  (sum(kernel_memory().values()) - sum(before.values())) / count)
        side.destroy_all(names, options.threads)
        time.sleep(2)  # network namespaces and memory groups go later
    found.each(lambda side: [side.define(name, 'term') for name in names])
    found.turns(max(3, options.rounds // 4), measure)
    table.add_found(found, lambda what: 'KiB')


def bench_list(sides, table, options):
    found, count = Findings(sides), options.domains

    def define(side):
        found.add(side, 'defineXML() each', milliseconds(
            lambda: [side.define('listed%d' % number) for number in range(count)]) / count)

    def measure(side):
        connection = side.connection
        domains = connection.listAllDomains()
        found.add(side, 'listAllDomains() of %d' % count, milliseconds(connection.listAllDomains))
        found.add(side, 'XMLDesc() of %d' % count, milliseconds(lambda: [domain.XMLDesc() for domain in domains]))
        found.add(side, 'info() of %d' % count, milliseconds(lambda: [domain.info() for domain in domains]))
        if side.daemon.driver == 'ours':
            asked = milliseconds(connection.getAllDomainStats)
        else:
            asked = milliseconds(lambda: [(domain.state(), domain.info()) for domain in domains])
        found.add(side, 'statistics of %d that are shut off' % count, asked)
        found.add(side, 'lookupByName() of 100', milliseconds(
            lambda: [connection.lookupByName(domain.name()) for domain in domains[:100]]))
        found.add(side, 'floor: 100 getLibVersion()', milliseconds(
            lambda: [connection.getLibVersion() for _ in range(100)]))
    found.each(define)
    found.turns(max(5, options.rounds // 2), measure)
    table.add_found(found, milliseconds_of)


def bench_events(sides, table, options):
    found, domains = Findings(sides), {}

    def define(side):
        domains[side.tag] = side.define('event', 'term')

    def measure(side):
        domain = domains[side.tag]
        side.start(domain)
        recorded = events.Events(side.connection)
        init = process.init_of(domain)
        time.sleep(0.05)  # the stock driver never hears of one that ends at once
        start = time.monotonic_ns()
        try:
            os.kill(init, 15)
            recorded.wait('event', 'stopped shutdown')
            found.add(side, 'end of init until the client hears of it', (time.monotonic_ns() - start) / 1e6)
        finally:
            recorded.close()
    found.each(define)
    found.turns(options.rounds, measure)
    table.add_found(found, milliseconds_of)


def bench_console(sides, table, options):
    found, wanted = Findings(sides), options.console_megabytes << 20

    def measure(side):
        domain = side.define('console', 'blast', options.console_megabytes)
        side.start(domain)
        connection = libvirt.open(side.daemon.uri)
        stream = connection.newStream(0)
        connection.lookupByName('console').openConsole(None, stream, 0)
        start = time.monotonic_ns()
        stream.send(b'\n')
        received = 0
        while received < wanted:
            data = stream.recv(262144)
            if not data:
                break
            received += data.count(b'x')
        found.add(side, 'console, guest to client', received / 1e6 / ((time.monotonic_ns() - start) / 1e9))
        try:
            stream.abort()
        except libvirt.libvirtError:
            pass
        connection.close()
        side.stop(domain)
        domain.undefine()
    found.turns(options.rounds, measure)
    table.add_found(found, lambda what: 'MB/s')


def bench_meminfo(sides, table, options):
    """In guests, and as the kernel and LXCFS have it, in turn."""
    found, what = Findings(sides), 'a read of /proc/meminfo in the guest'
    others = {'procfs itself': [], 'LXCFS': []}

    def measure(side):
        domain = side.define('meminfo', 'meminfo', 300)
        side.start(domain)
        found.add(side, what, side.stamp('meminfo', '.end') / 1e3)
        side.stop(domain)
        domain.undefine()
        if side is sides[0]:
            others['procfs itself'].append(lxcfs.read(side.root, []))
            if server.server:
                others['LXCFS'].append(server.read(side.root))
    with tempfile.TemporaryDirectory(prefix='caisson-lxcfs-') as directory:
        os.chmod(directory, 0o755)
        server = lxcfs.Lxcfs(directory)
        try:
            found.turns(max(5, options.rounds // 2), measure)
        finally:
            server.end()
    table.add_found(found, lambda what: 'us')
    for label, values in others.items():
        if values and found.values['A']:
            table.add('%s, beside %s' % (what, label), found.values['A'][what], values, 'us', 'other')


def bench_network(sides, table, options):
    """Interleaved: with one interface on a bridge, and with a network that has none."""
    found, domains = Findings(sides), {}

    def define(side):
        side.make_bridge()
        interface = "<interface type='bridge'><source bridge='yard'/></interface>"
        domains[side.tag] = {'no interface': side.define('net-none'),
                             'one on a bridge': side.define('net-bridge', devices=interface)}

    def measure(side):
        for label, domain in domains[side.tag].items():
            ran, _ = side.start(domain)
            found.add(side, 'create() until init runs, %s' % label, ran)
            time.sleep(0.02)
            start = time.monotonic_ns()
            domain.suspend()
            domain.destroy()
            found.add(side, 'suspend() and destroy() return, %s' % label, (time.monotonic_ns() - start) / 1e6)
            time.sleep(0.04)
    found.each(define)
    found.turns(options.rounds, measure)
    for side in sides:
        side.daemon.run('ip', 'link', 'delete', 'yard')
    table.add_found(found, milliseconds_of)


def hand_made(daemon, numbers, rate=None):
    """Two network namespaces with a pair each on the bridge, made by ip and tc; answers their processes."""
    processes, elsewhere = [], [os.readlink('/proc/%s/ns/net' % pid) for pid in ('self', daemon.holder)]
    for number in numbers:
        process = subprocess.Popen(daemon.enter('unshare', '--net', 'sleep', '600'))
        processes.append(process)
        wait_for(lambda: os.readlink('/proc/%d/ns/net' % process.pid) not in elsewhere, 'it has a network of its own')
        commands = ['ip link add hand%d master yard type veth peer name eth0 netns %d' % (number, process.pid),
                    'ip link set hand%d up' % number]
        if rate:
            commands += ['tc qdisc add dev hand%d root handle 1: htb default 1' % number,
                         'tc class add dev hand%d parent 1: classid 1:1 htb rate %s burst 1253k '
                         'quantum 60000' % (number, rate)]
        for command in commands:
            assert daemon.run(*command.split()).returncode == 0, command
        for words in ('link set lo up', 'link set eth0 up',
                      'address add 198.51.100.%d/24 dev eth0' % number):
            subprocess.run(['nsenter', '-t', str(process.pid), '-n', 'ip', *words.split()], check=True)
    return [process.pid for process in processes], lambda: [process.kill() for process in processes]


def throughput(pids, address, seconds=2):
    """Gbit/s by TCP between two namespaces; before whatever else the machine does."""
    server = subprocess.Popen(['chrt', '-f', '1', 'nsenter', '-t', str(pids[1]), '-n', 'iperf3', '-s', '-1'],
                              stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: ':1451 ' in subprocess.run(
            ['nsenter', '-t', str(pids[1]), '-n', 'cat', '/proc/net/tcp6'], capture_output=True,
            text=True, check=True).stdout, 'iperf3 listens')
        told = subprocess.run(['chrt', '-f', '1', 'nsenter', '-t', str(pids[0]), '-n', 'iperf3', '-c', address, '-J',
                               '-t', str(seconds)], capture_output=True, text=True, check=True).stdout
        return json.loads(told)['end']['sum_received']['bits_per_second'] / 1e9
    finally:
        server.kill()
        server.wait()


def bench_throughput(sides, table, options):
    """Guests of ours on a bridge, and namespaces made by hand on the same one, in turns: unlimited, and with
    1 Gbit/s to each."""
    side = sides[0]
    side.make_bridge()
    domains = []
    pairs = []
    ends = []
    for label, numbers, limit, rate in (
            ('', (1, 2), '', None),
            (', 1 Gbit/s to each', (3, 4), "<bandwidth><inbound average='125000'/></bandwidth>", '1gbit')):
        started = [side.define('wide%d' % number, devices="""<interface type='bridge'>
            <source bridge='yard'/><ip address='192.0.2.%d' prefix='24'/>%s</interface>""" % (number, limit))
                   for number in numbers]
        for domain in started:
            side.start(domain)
        domains += started
        made, end = hand_made(side.daemon, numbers, rate)
        ends.append(end)
        pairs.append(('TCP between two guests%s, beside namespaces made by hand' % label,
                      ([process.init_of(domain) for domain in started], '192.0.2.%d' % numbers[1]),
                      (made, '198.51.100.%d' % numbers[1])))
    values = {label: ([], []) for label, _, _ in pairs}
    try:
        for number in range(max(5, options.rounds // 4)):
            for label, *both in pairs:
                turns = list(zip(values[label], both))
                for found, (pids, address) in reversed(turns) if number % 2 else turns:
                    try:
                        found.append(throughput(pids, address, 1))
                    except (*FAILURES, KeyError) as error:  # without a result there is no such key
                        print('%s: failed: %s' % (label, error))
    finally:
        for end in ends:
            end()
        for domain in domains:
            side.stop(domain)
        side.daemon.run('ip', 'link', 'delete', 'yard')
    for label, (ours, by_hand) in values.items():
        if not ours or not by_hand:
            table.row(label, '', 'other', note='iperf3 gave no result')
            continue
        table.add(label, ours, by_hand, 'Gbit/s', 'other')


BENCHES = {'start': bench_start, 'template': bench_template, 'network': bench_network, 'row': bench_row, 'pool': bench_pool,
           'stop': bench_stop, 'paused': bench_paused, 'parallel': bench_parallel, 'events': bench_events,
           'memory': bench_memory, 'kernel': bench_kernel, 'console': bench_console, 'meminfo': bench_meminfo,
           'stats': bench_stats, 'list': bench_list, 'definitions': bench_definitions, 'peers': bench_peers,
           'throughput': bench_throughput, 'scale': bench_scale, 'timeline': bench_timeline}


def run_benches(names, sides, table, options):
    """One that fails is a row that says so."""
    begin = time.monotonic()
    for name in names:
        table.bench = name
        print('-- %s (%.0f s)' % (name, time.monotonic() - begin), flush=True)
        try:
            BENCHES[name](sides, table, options)
        except Exception as error:  # whatever it is, the others are still worth measuring
            traceback.print_exc()
            table.row('the rest of ' + name, '', 'alone', note=' '.join(str(error).split()) or type(error).__name__)
        for side in sides:
            try:
                side.reset()
            except FAILURES:
                traceback.print_exc()
    print('-- all (%.0f s)' % (time.monotonic() - begin))


def numbers(text):
    return [int(word) for word in text.split(',')]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--tests', default=','.join(BENCHES), help='of ' + ','.join(BENCHES))
    parser.add_argument('--rounds', type=int, default=20)
    parser.add_argument('--guests', type=int, default=50, help='started at the same time')
    parser.add_argument('--threads', type=int, default=8)
    parser.add_argument('--memory-guests', type=int, default=20)
    parser.add_argument('--domains', type=int, default=500, help='defined for the listing')
    parser.add_argument('--definitions', type=int, default=2000, help='there when a daemon starts')
    parser.add_argument('--polled', type=numbers, default=[50, 500], help='numbers of running guests to ask for statistics')
    parser.add_argument('--scale', type=numbers, default=[50, 100, 200, 500], help='numbers of running guests of ours')
    parser.add_argument('--console-megabytes', type=int, default=50)
    parser.add_argument('--a', choices=('ours', 'stock'), default='ours', help='"stock" shows the noise')
    parser.add_argument('--json', help='file for all values')
    parser.add_argument('--report', metavar='DIRECTORY', help='write performance.rst and .png there')
    options = parser.parse_args()
    names = options.tests.split(',')
    if set(names) - set(BENCHES):
        parser.error('no such test: %s' % ', '.join(sorted(set(names) - set(BENCHES))))

    events.run_event_loop()
    table, daemons = Table(), []
    with open('/proc/loadavg') as file:
        load = file.read().split()[0]
    if options.report:
        import report  # needs python3-matplotlib, which measuring alone does not
    with tempfile.TemporaryDirectory(prefix='caisson-bench-') as directory:
        os.chmod(directory, 0o755)
        root = make_root(directory)
        try:
            sides = []
            for tag, driver in (('A', options.a), ('B', 'stock')):
                daemons.append(PrivateDaemon(driver))
                daemons[-1].start(log_filters=LOG_FILTERS)
                sides.append(Side(tag, daemons[-1], root))
            print('A %s   B stock   load %s' % (options.a, load))
            run_benches(names, sides, table, options)
        finally:
            for daemon in daemons:
                daemon.close()
    results = {'machine': report.machine() if options.report else '', 'load': load, 'rows': table.rows}
    if options.json:
        with open(options.json, 'w') as file:
            json.dump(results, file, indent=1)
    if options.report:
        report.write(results, options.report)


if __name__ == '__main__':
    main()
