# SPDX-License-Identifier: LGPL-2.1-or-later
"""What measurements have in common: a daemon with its guests, and the table of what was found."""
import os
import signal
import statistics
import subprocess
import threading
import time

import libvirt

from harness import guest, process
from harness.daemon import Timeout, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
HIGHER_IS_BETTER = ('MB/s', 'Gbit/s')
# What a daemon, a guest or a command may fail with. (A Timeout is an AssertionError.)
FAILURES = (AssertionError, OSError, RuntimeError, ValueError, libvirt.libvirtError, subprocess.SubprocessError)
# Logging costs; a daemon in use logs errors only.
LOG_FILTERS = '3:lxc'


def milliseconds(function, *arguments):
    start = time.monotonic_ns()
    function(*arguments)
    return (time.monotonic_ns() - start) / 1e6


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def memory(pids):
    """KiB of these processes together: Rss, Pss, Uss; and how many processes and threads they are.

    Uss is what nobody else maps: of a lone process also its program and libraries, which the page cache has anyway.
    """
    total = {'Rss': 0, 'Pss': 0, 'Uss': 0, 'processes': 0, 'threads': 0}
    for pid in pids:
        try:
            with open('/proc/%d/smaps_rollup' % pid) as file:
                rows = dict(line.split(':', 1) for line in file if ' kB' in line)
            threads = len(os.listdir('/proc/%d/task' % pid))
        except OSError:
            continue
        value = {name: int(text.split()[0]) for name, text in rows.items()}
        total['Rss'] += value['Rss']
        total['Pss'] += value['Pss']
        total['Uss'] += value['Private_Clean'] + value['Private_Dirty']
        total['processes'] += 1
        total['threads'] += threads
    return total


def kernel_memory():
    """KiB that the kernel uses for itself, on the whole machine: by /proc/meminfo, and objects by /proc/slabinfo, as pages that
    hold freed objects of guests that have ended would be counted for those, or hide what the next ones take."""
    with open('/proc/meminfo') as file:
        rows = dict(line.split(':') for line in file)
    found = {name: int(rows[name].split()[0]) for name in ('KernelStack', 'PageTables', 'Percpu')}
    found['objects'] = found['names and inodes'] = 0
    with open('/proc/slabinfo') as file:
        for line in file.readlines()[2:]:
            name, active, _, size = line.split()[:4]
            kind = 'names and inodes' if name == 'dentry' or name.endswith('inode_cache') else 'objects'
            found[kind] += int(active) * int(size) / 1024
    return found


def charged(pid):
    """KiB of kernel memory that the control groups of a guest, whose init this is, are charged with; None where they do not
    tell."""
    with open('/proc/%d/cgroup' % pid) as file:
        lines = [line.strip().split(':', 2) for line in file]
    for hierarchy, controllers, path in lines:
        group = path[:path.find('.libvirt-lxc') + len('.libvirt-lxc')]
        if 'memory' in controllers.split(','):
            with open('/sys/fs/cgroup/memory%s/memory.kmem.usage_in_bytes' % group) as file:
                return int(file.read()) / 1024
        if hierarchy == '0' and len(lines) == 1:
            with open('/sys/fs/cgroup%s/memory.stat' % group) as file:
                return int(dict(line.split() for line in file)['kernel']) / 1024
    return None


class Side:
    """One daemon, its guests and what was measured."""

    def __init__(self, tag, daemon, root):
        self.tag, self.daemon, self.root = tag, daemon, root
        self.connection = daemon.connect()

    def define(self, name, mode='sleep', number=None, **options):
        described = guest.Guest(name, self.root, init='/bin/stamp', memory=128, arguments=[
            '/stamps/' + name, mode] + ([str(number)] if number is not None else []), **options)
        return self.connection.defineXML(described.xml())

    def clear(self, name):
        for suffix in ('', '.end'):
            try:
                os.unlink(os.path.join(self.root, 'stamps', name + suffix))
            except FileNotFoundError:
                pass

    def stamp(self, name, suffix=''):
        """What the guest noted; waits for it."""
        return int(wait_for(lambda: self.complete(name + suffix), '%s has noted its start' % name, 20, 0.0002))

    def complete(self, name):
        text = guest.read_file(self.root, 'stamps/' + name)
        return text if text.endswith('\n') else None

    def start(self, domain):
        """Milliseconds until init ran, and until the call returned."""
        name = domain.name()
        self.clear(name)
        start = time.monotonic_ns()
        domain.create()
        returned = time.monotonic_ns()
        return (self.stamp(name) - start) / 1e6, (returned - start) / 1e6

    def stop(self, domain):
        """The quick way, after which nothing is left of a stock guest either."""
        init = process.init_pid(domain.ID())
        try:
            if init:
                os.kill(init, signal.SIGKILL)
                wait_for(lambda: not domain.isActive(), 'it has ended', 2)
                return
        except (Timeout, ProcessLookupError):
            pass
        print('%s: %s did not end with its init, destroying it' % (self.tag, domain.name()))
        domain.destroy()

    def settle(self):
        """No guest runs any more, and the daemon does, whatever has happened."""
        if self.daemon.ended() is not None:
            print('%s: the daemon has ended\n%s' % (self.tag, self.daemon.complaints()))
            self.daemon.close_connections()
            self.daemon.pid = None
            self.daemon.start(log_filters=LOG_FILTERS)
            self.connection = self.daemon.connect()
        for domain in self.connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
            try:
                self.stop(domain)
            except FAILURES as error:
                print('%s: %s is not to be stopped: %s' % (self.tag, domain.name(), error))

    def reset(self):
        """Nothing of a measurement stays."""
        self.settle()
        for domain in self.connection.listAllDomains():
            try:
                domain.undefine()
            except libvirt.libvirtError as error:
                print('%s: %s stays: %s' % (self.tag, domain.name(), error))

    def restart(self):
        self.daemon.terminate()
        self.daemon.start(log_filters=LOG_FILTERS)
        self.connection = self.daemon.connect()

    def in_parallel(self, names, operation, threads):
        """Does it to all of these domains; each thread has a connection of its own.

        Answers when it began, in nanoseconds, and the milliseconds until all was done.
        """
        left, lock, failures = list(names), threading.Lock(), []

        def work():
            connection = libvirt.open(self.daemon.uri)
            try:
                while not failures:
                    with lock:
                        if not left:
                            break
                        name = left.pop()
                    operation(connection.lookupByName(name))
            except FAILURES as error:
                failures.append(error)
            finally:
                connection.close()
        workers = [threading.Thread(target=work) for _ in range(threads)]
        start = time.monotonic_ns()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if failures:
            raise failures[0]
        return start, (time.monotonic_ns() - start) / 1e6

    def start_all(self, names, threads):
        """Answers the milliseconds until the last init ran."""
        for name in names:
            self.clear(name)
        start, _ = self.in_parallel(names, lambda domain: domain.create(), threads)
        return (max(self.stamp(name) for name in names) - start) / 1e6

    def destroy_all(self, names, threads):
        """Answers the milliseconds it took."""
        return self.in_parallel(names, lambda domain: domain.destroy(), threads)[1]

    def make_bridge(self):
        for words in (('add', 'yard', 'type', 'bridge'), ('set', 'yard', 'up')):
            done = self.daemon.run('ip', 'link', *words)
            assert done.returncode == 0, done.stderr

    def supervisors(self, domains):
        """pids of what runs on the host for these guests: controllers and their children outside."""
        host = os.readlink('/proc/self/ns/pid')
        found = set()
        for domain in domains:
            for pid in [domain.ID(), *process.descendants(domain.ID())]:
                try:
                    if os.readlink('/proc/%d/ns/pid' % pid) == host:
                        found.add(pid)
                except OSError:
                    pass
        return found


class Findings:
    """What a measurement finds on each side. A side that fails three times takes no part in the rest of it."""
    PATIENCE = 3

    def __init__(self, sides):
        self.sides = sides
        self.values = {side.tag: {} for side in sides}
        self.failures = {side.tag: [] for side in sides}

    def add(self, side, what, value):
        self.values[side.tag].setdefault(what, []).append(value)

    def attempt(self, side, function):
        if len(self.failures[side.tag]) >= self.PATIENCE:
            return
        try:
            function(side)
        except FAILURES as error:
            self.failures[side.tag].append(' '.join(str(error).split()) or type(error).__name__)
            print('%s: failed: %s' % (side.tag, self.failures[side.tag][-1]), flush=True)
            side.settle()

    def note(self):
        return '; '.join('%s failed %d times: %s' % (side.tag, len(self.failures[side.tag]), self.failures[side.tag][-1])
                         for side in self.sides if self.failures[side.tag])

    def each(self, function):
        for side in self.sides:
            self.attempt(side, function)

    def turns(self, rounds, function):
        """A B B A ..."""
        for number in range(rounds):
            for side in self.sides if number % 2 == 0 else self.sides[::-1]:
                self.attempt(side, function)


class Table:
    """Rows of results.

    A row has `what`, `unit`, `bench` and `kind`; values of ours in `a`, of whom it is compared with in `b`, and then `ratio`; or
    `points` by number of guests; and a `note` when a side failed. Kinds: "stock" is beside libvirt's driver, "other" beside
    other programs, "pool" with a controller that stands by beside without, "alone" beside nothing, "curve" by number of guests, "text" for the page as it is.
    """

    def __init__(self):
        self.rows, self.bench = [], ''

    def row(self, what, unit, kind, **parts):
        self.rows.append({'what': what, 'unit': unit, 'bench': self.bench, 'kind': kind, **parts})

    def add(self, what, a, b, unit='ms', kind='stock'):
        ratio = statistics.median(b) / (statistics.median(a) or float('nan'))
        if unit in HIGHER_IS_BETTER:
            ratio = 1 / ratio
        self.row(what, unit, kind, a=a, b=b, ratio=ratio)
        columns = ['%10.2f [%9.2f ..%9.2f]' % (statistics.median(side), percentile(side, .1), percentile(side, .9))
                   for side in (a, b)]
        print('%-56s %s  %s  %-6s %8.2fx  n=%d' % (what, *columns, unit, ratio, len(a)), flush=True)

    def add_one(self, what, values, unit='ms', kind='alone', **parts):
        """A row with nothing beside it."""
        self.row(what, unit, kind, **({'a': values} if 'b' not in parts else {}), **parts)
        print('%-56s %10.2f [%9.2f ..%9.2f]  %-6s n=%d' % (what, statistics.median(values), percentile(values, .1),
                                                           percentile(values, .9), unit, len(values)), flush=True)

    def add_found(self, found, units, kind='stock'):
        """All that was found; `units` answers that of a row."""
        first, second = [found.values[side.tag] for side in found.sides]
        note = found.note()
        for what in dict.fromkeys([*first, *second]):
            a, b = first.get(what), second.get(what)
            if a and b:
                self.add(what, a, b, units(what), kind)
                if note:
                    self.rows[-1]['note'] = note
            elif a:
                self.add_one(what, a, units(what), kind, **({'note': note} if note else {}))
            else:
                self.add_one(what, b, units(what), kind, b=b, note=note)
        if not first and not second and note:
            self.row('nothing of ' + self.bench, '', kind, note=note)

    def add_curve(self, what, unit, points):
        self.row(what, unit, 'curve', points=points)
        print('%-56s %s  %s' % (what, '  '.join('%d: %.4g' % point for point in points.items()), unit), flush=True)


def milliseconds_of(what):
    return 'ms'


def make_root(directory, owner=0):
    root = guest.busybox_root(os.path.join(directory, 'root'))
    subprocess.run(['gcc', '-O2', '-static', '-o', os.path.join(root, 'bin/stamp'),
                    os.path.join(HERE, 'stamp.c')], check=True)
    stamps = os.path.join(root, 'stamps')
    os.mkdir(stamps)
    os.chmod(stamps, 0o777)  # guests with mapped ids write there too
    return root
