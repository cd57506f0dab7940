# SPDX-License-Identifier: LGPL-2.1-or-later
"""What measurements have in common: a daemon with its guests, and the table of what was found."""
import os
import statistics
import subprocess
import time

from harness import guest, process
from harness.daemon import Timeout, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
HIGHER_IS_BETTER = ('MB/s',)


def milliseconds(function, *arguments):
    start = time.monotonic_ns()
    function(*arguments)
    return (time.monotonic_ns() - start) / 1e6


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def memory(pids):
    """KiB of these processes together: Rss, Pss, Uss; and how many processes and threads they are."""
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
        os.kill(process.init_of(domain), 9)
        try:
            wait_for(lambda: not domain.isActive(), 'it has ended', 5)
        except Timeout:
            print('%s: %s did not end with its init, destroying it' % (self.tag, domain.name()))
            domain.destroy()

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


class Table:
    """Rows of results."""

    def __init__(self):
        self.rows = []

    def add(self, what, a, b, unit='ms'):
        ratio = statistics.median(b) / (statistics.median(a) or float('nan'))
        if unit in HIGHER_IS_BETTER:
            ratio = 1 / ratio
        self.rows.append({'what': what, 'unit': unit, 'a': a, 'b': b, 'ratio': ratio})
        columns = ['%10.2f [%9.2f ..%9.2f]' % (statistics.median(side), percentile(side, .1), percentile(side, .9))
                   for side in (a, b)]
        print('%-46s %s  %s  %-5s %8.2fx  n=%d' % (what, *columns, unit, ratio, len(a)), flush=True)

    def add_one(self, what, values, unit='ms'):
        """A row of something else than the two daemons."""
        self.rows.append({'what': what, 'unit': unit, 'a': values})
        print('%-46s %10.2f [%9.2f ..%9.2f]  %-5s n=%d' % (what, statistics.median(values), percentile(values, .1),
                                                           percentile(values, .9), unit, len(values)), flush=True)

    def add_all(self, results, units):
        """results: {tag: {what: values}}"""
        for what, values in results['A'].items():
            if values and results['B'].get(what):
                self.add(what, values, results['B'][what], units(what))


def alternate(sides, rounds):
    for number in range(rounds):
        yield from (sides if number % 2 == 0 else sides[::-1])


def collector(sides):
    results = {side.tag: {} for side in sides}

    def add(side, what, value):
        results[side.tag].setdefault(what, []).append(value)
    return results, add


def make_root(directory, owner=0):
    root = guest.busybox_root(os.path.join(directory, 'root'))
    subprocess.run(['gcc', '-O2', '-static', '-o', os.path.join(root, 'bin/stamp'),
                    os.path.join(HERE, 'stamp.c')], check=True)
    stamps = os.path.join(root, 'stamps')
    os.mkdir(stamps)
    os.chmod(stamps, 0o777)  # guests with mapped ids write there too
    return root
