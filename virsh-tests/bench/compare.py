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
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import libvirt

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import lxcfs  # noqa: E402
import peers  # noqa: E402
from harness import events, process  # noqa: E402
from harness.daemon import PrivateDaemon, wait_for  # noqa: E402
from side import Side, Table, alternate, collector, make_root, memory, milliseconds  # noqa: E402

def bench_start(sides, table, options):
    for label, features in (('own network', {}), ('host network', {'features': ''}),
                            ('user namespace', {'idmap': 100000})):
        results, add = collector(sides)
        name = 'start-' + label.split()[0]
        domains = {side.tag: side.define(name, **features) for side in sides}
        for side in alternate(sides, options.rounds):
            ran, returned = side.start(domains[side.tag])
            add(side, 'create() until init runs, %s' % label, ran)
            add(side, 'create() returns, %s' % label, returned)
            time.sleep(0.02)
            side.stop(domains[side.tag])
            time.sleep(0.04)
        table.add_all(results, lambda what: 'ms')


def bench_stop(sides, table, options):
    for mode, what in (('term', 'init ends at TERM'), ('sleep', 'init ignores TERM')):
        results, add = collector(sides)
        domains = {side.tag: side.define('stop-' + mode, mode) for side in sides}
        rounds = options.rounds if mode == 'term' else max(3, options.rounds // 4)
        for side in alternate(sides, rounds):
            domain = domains[side.tag]
            side.start(domain)
            init = os.pidfd_open(process.init_of(domain))
            start = time.monotonic_ns()
            domain.destroy()
            add(side, 'destroy() returns, %s' % what, (time.monotonic_ns() - start) / 1e6)
            poll = select.poll()
            poll.register(init, select.POLLIN)
            poll.poll(5000)
            add(side, '  until init is gone', (time.monotonic_ns() - start) / 1e6)
            os.close(init)
            time.sleep(0.03)
        table.add_all(results, lambda what: 'ms')


def bench_paused(sides, table, options):
    """The stock driver leaves seven directories of a paused guest each time; they are removed by its next start."""
    results, add = collector(sides)
    domains = {side.tag: side.define('paused') for side in sides}
    for side in alternate(sides, options.rounds):
        domain = domains[side.tag]
        side.start(domain)
        domain.suspend()
        init = os.pidfd_open(process.init_of(domain))
        start = time.monotonic_ns()
        domain.destroy()
        poll = select.poll()
        poll.register(init, select.POLLIN)
        poll.poll(5000)
        add(side, 'destroy() of a paused guest until init is gone', (time.monotonic_ns() - start) / 1e6)
        os.close(init)
        side.daemon.run('sh', '-c', 'find /sys/fs/cgroup/*/machine/*-paused.* -depth -type d -exec rmdir {} + 2>&1')
        time.sleep(0.03)
    table.add_all(results, lambda what: 'ms')


def one_by_one(domains):
    for domain in domains:
        domain.state()
        domain.info()
        domain.memoryStats()
        domain.getCPUStats(True)
        try:
            domain.blockStats('')
        except libvirt.libvirtError:
            pass


def bench_stats(sides, table, options):
    """All statistics of all guests: in one call with ours, call by call with the stock driver, which has no other way."""
    results, add = collector(sides)
    names = ['polled%d' % number for number in range(options.guests)]
    for side in sides:
        domains = [side.define(name, 'term') for name in names]
        in_parallel(side, names, lambda domain: domain.create(), options.threads)
        side.polled = domains
    what = 'statistics of %d running guests' % len(names)
    for side in alternate(sides, max(3, options.rounds // 2)):
        poll = side.connection.getAllDomainStats if side.tag == 'A' and options.a == 'ours' else \
            lambda: one_by_one(side.polled)
        add(side, what, milliseconds(poll))
        add(side, 'list of %d running guests' % len(names),
            milliseconds(side.connection.listAllDomains, libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE))
    for side in sides:
        in_parallel(side, names, lambda domain: domain.destroy(), options.threads)
        for domain in side.polled:
            domain.undefine()
    table.add_all(results, lambda what: 'ms')


def bench_peers(sides, table, options):
    """Ours over libvirt's RPC, beside runtimes that are called directly, in turn."""
    ours = sides[0]
    domain = ours.define('peer-ours')
    found = {'ours': ([], [])}
    with tempfile.TemporaryDirectory(prefix='caisson-peers-') as directory:
        others = []
        for kind in peers.PEERS:
            if kind.available():
                os.mkdir(os.path.join(directory, kind.program))
                others.append(kind(ours, os.path.join(directory, kind.program)))
                found[kind.program] = ([], [])
        for _ in range(options.rounds):
            ran, _ = ours.start(domain)
            time.sleep(0.02)
            stopped = milliseconds(domain.destroy)
            for name, times in [('ours', (ran, stopped))] + [(other.program, other.measure()) for other in others]:
                found[name][0].append(times[0])
                found[name][1].append(times[1])
                time.sleep(0.02)
    for name, (ran, stopped) in found.items():
        table.add_one('%s: start until the program runs' % name, ran)
        table.add_one('%s: stop' % name, stopped)


def in_parallel(side, names, operation, threads):
    """Milliseconds for all; each thread has a connection of its own."""
    left, lock = list(names), threading.Lock()

    def work():
        connection = libvirt.open(side.daemon.uri)
        while True:
            with lock:
                if not left:
                    break
                name = left.pop()
            operation(connection.lookupByName(name))
        connection.close()
    workers = [threading.Thread(target=work) for _ in range(threads)]
    start = time.monotonic_ns()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return start, (time.monotonic_ns() - start) / 1e6


def bench_parallel(sides, table, options):
    results, add = collector(sides)
    names = ['many%d' % number for number in range(options.guests)]
    for side in sides:
        for name in names:
            side.define(name, 'term')
    for side in alternate(sides, max(2, options.rounds // 10)):
        for name in names:
            side.clear(name)
        start, _ = in_parallel(side, names, lambda domain: domain.create(), options.threads)
        last = max(side.stamp(name) for name in names)
        add(side, 'start of %d guests, %d threads' % (len(names), options.threads), (last - start) / 1e6)
        _, stopped = in_parallel(side, names, lambda domain: domain.destroy(), options.threads)
        add(side, 'stop of %d guests, %d threads' % (len(names), options.threads), stopped)
        time.sleep(1)
    table.add_all(results, lambda what: 'ms')


def bench_memory(sides, table, options):
    results, add = collector(sides)
    for side in sides:
        for count in (1, options.memory_guests):
            domains = [side.define('memory%d' % number, 'term') for number in range(count)]
            for domain in domains:
                side.start(domain)
            time.sleep(1)
            for what, value in memory(side.supervisors(domains)).items():
                add(side, '%s per guest of %d' % (what, count), value / count)
            add(side, 'Rss of the daemon with %d running' % count, memory([side.daemon.pid])['Rss'])
            for domain in domains:
                side.stop(domain)
                domain.undefine()
    table.add_all(results, lambda what: 'KiB' if 'ss ' in what else '')


def bench_list(sides, table, options):
    results, add = collector(sides)
    count = options.domains
    for side in sides:
        start = time.monotonic_ns()
        for number in range(count):
            side.define('listed%d' % number)
        add(side, 'defineXML() each', (time.monotonic_ns() - start) / 1e6 / count)
    for side in alternate(sides, options.rounds):
        connection = side.connection
        domains = connection.listAllDomains()
        add(side, 'listAllDomains() of %d' % count, milliseconds(connection.listAllDomains))
        add(side, 'XMLDesc() of all', milliseconds(lambda: [domain.XMLDesc() for domain in domains]))
        add(side, 'info() of all', milliseconds(lambda: [domain.info() for domain in domains]))
        add(side, 'lookupByName() of 100', milliseconds(
            lambda: [connection.lookupByName(domain.name()) for domain in domains[:100]]))
        add(side, 'floor: 100 getLibVersion()', milliseconds(
            lambda: [connection.getLibVersion() for _ in range(100)]))
    for side in sides:
        for number in range(count):
            side.connection.lookupByName('listed%d' % number).undefine()
    table.add_all(results, lambda what: 'ms')


def bench_events(sides, table, options):
    results, add = collector(sides)
    domains = {side.tag: side.define('event', 'term') for side in sides}
    for side in alternate(sides, options.rounds):
        domain = domains[side.tag]
        side.start(domain)
        recorded = events.Events(side.connection)
        init = process.init_of(domain)
        start = time.monotonic_ns()
        os.kill(init, 15)
        recorded.wait('event', 'stopped shutdown')
        add(side, 'end of init until the client hears of it', (time.monotonic_ns() - start) / 1e6)
        recorded.close()
    table.add_all(results, lambda what: 'ms')


def bench_console(sides, table, options):
    results, add = collector(sides)
    wanted = options.console_megabytes << 20
    for side in alternate(sides, max(3, options.rounds // 4)):
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
        add(side, 'console, guest to client', received / 1e6 / ((time.monotonic_ns() - start) / 1e9))
        try:
            stream.abort()
        except libvirt.libvirtError:
            pass
        connection.close()
        side.stop(domain)
        domain.undefine()
    table.add_all(results, lambda what: 'MB/s')


def bench_meminfo(sides, table, options):
    """In guests, and as the kernel and LXCFS have it, in turn."""
    results, add = collector(sides)
    others = {'by the kernel': [], 'by LXCFS': []}
    with tempfile.TemporaryDirectory(prefix='caisson-lxcfs-') as directory:
        os.chmod(directory, 0o755)
        server = lxcfs.Lxcfs(directory)
        for side in alternate(sides, max(3, options.rounds // 4)):
            domain = side.define('meminfo', 'meminfo', 300)
            side.start(domain)
            add(side, 'a read of /proc/meminfo in the guest', side.stamp('meminfo', '.end') / 1e3)
            side.stop(domain)
            domain.undefine()
            others['by the kernel'].append(lxcfs.read(side.root, []))
            if server.server:
                others['by LXCFS'].append(server.read(side.root))
        server.end()
    table.add_all(results, lambda what: 'us')
    for label, values in others.items():
        if values:
            table.add_one('a read of /proc/meminfo %s' % label, values, 'us')


def bench_network(sides, table, options):
    """Interleaved: with one interface on a bridge, and with a network that has none."""
    results, add = collector(sides)
    domains = {}
    for side in sides:
        for words in (('add', 'yard', 'type', 'bridge'), ('set', 'yard', 'up')):
            assert side.daemon.run('ip', 'link', *words).returncode == 0
        interface = "<interface type='bridge'><source bridge='yard'/></interface>"
        domains[side.tag] = {'no interface': side.define('net-none'),
                             'one on a bridge': side.define('net-bridge', devices=interface)}
    for side in alternate(sides, options.rounds):
        for label, domain in domains[side.tag].items():
            ran, _ = side.start(domain)
            add(side, 'create() until init runs, %s' % label, ran)
            time.sleep(0.02)
            start = time.monotonic_ns()
            domain.suspend()
            domain.destroy()
            add(side, 'suspend() and destroy() return, %s' % label, (time.monotonic_ns() - start) / 1e6)
            time.sleep(0.04)
    table.add_all(results, lambda what: 'ms')
    for side in sides:
        side.daemon.run('ip', 'link', 'delete', 'yard')


def hand_made(daemon, numbers, rate=None):
    """Two network namespaces with a pair each on the bridge, made by ip and tc; answers their processes."""
    processes = []
    for number in numbers:
        process = subprocess.Popen(daemon.enter('unshare', '--net', 'sleep', '600'))
        processes.append(process)
        wait_for(lambda: os.readlink('/proc/%d/ns/net' % process.pid) !=
                 os.readlink('/proc/%d/ns/net' % daemon.holder), 'it has a network of its own')
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
    """Gbit/s by TCP between two namespaces."""
    server = subprocess.Popen(['nsenter', '-t', str(pids[1]), '-n', 'iperf3', '-s', '-1'],
                              stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: ':1451 ' in subprocess.run(
            ['nsenter', '-t', str(pids[1]), '-n', 'cat', '/proc/net/tcp6'], capture_output=True,
            text=True, check=True).stdout, 'iperf3 listens')
        told = subprocess.run(['nsenter', '-t', str(pids[0]), '-n', 'iperf3', '-c', address, '-J', '-t',
                               str(seconds)], capture_output=True, text=True, check=True).stdout
        return json.loads(told)['end']['sum_received']['bits_per_second'] / 1e9
    finally:
        server.kill()
        server.wait()


def bench_throughput(sides, table, options):
    """Guests of ours on a bridge, and namespaces made by hand on the same one, in turns: unlimited, and with
    1 Gbit/s to each."""
    side = sides[0]
    for words in (('add', 'yard', 'type', 'bridge'), ('set', 'yard', 'up')):
        assert side.daemon.run('ip', 'link', *words).returncode == 0
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
        pairs.append(('TCP between two guests%s, ours' % label, [process.init_of(domain) for domain in started],
                      '192.0.2.%d' % numbers[1]))
        pairs.append(('TCP between two guests%s, made by hand' % label, made, '198.51.100.%d' % numbers[1]))
    values = {label: [] for label, _, _ in pairs}
    for _ in range(max(5, options.rounds // 2)):
        for label, pids, address in pairs:
            values[label].append(throughput(pids, address))
    for label, numbers in values.items():
        table.add_one(label, numbers, 'Gbit/s')
    for end in ends:
        end()
    for domain in domains:
        side.stop(domain)
    side.daemon.run('ip', 'link', 'delete', 'yard')


BENCHES = {'start': bench_start, 'stop': bench_stop, 'parallel': bench_parallel, 'memory': bench_memory,
           'list': bench_list, 'events': bench_events, 'console': bench_console, 'meminfo': bench_meminfo,
           'paused': bench_paused, 'stats': bench_stats, 'peers': bench_peers,
           'network': bench_network, 'throughput': bench_throughput}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--tests', default=','.join(BENCHES), help='of ' + ','.join(BENCHES))
    parser.add_argument('--rounds', type=int, default=20)
    parser.add_argument('--guests', type=int, default=50, help='started at the same time')
    parser.add_argument('--threads', type=int, default=8)
    parser.add_argument('--memory-guests', type=int, default=20)
    parser.add_argument('--domains', type=int, default=200, help='defined for the listing')
    parser.add_argument('--console-megabytes', type=int, default=50)
    parser.add_argument('--a', choices=('ours', 'stock'), default='ours', help='"stock" shows the noise')
    parser.add_argument('--json', help='file for all values')
    parser.add_argument('--report', metavar='DIRECTORY', help='write performance.rst and .png there')
    options = parser.parse_args()

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
                # Logging costs; a daemon in use logs errors only.
                daemons[-1].start(log_filters='3:lxc')
                sides.append(Side(tag, daemons[-1], root))
            print('A %s   B stock   load %s' % (options.a, load))
            for name in options.tests.split(','):
                BENCHES[name](sides, table, options)
                for side in sides:
                    for domain in side.connection.listAllDomains():
                        domain.undefine()
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
