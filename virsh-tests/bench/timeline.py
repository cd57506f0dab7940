#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The steps of a start, each with its time, as the controller notes them when LIBVIRT_LXC_TRACE is set.

Guests are started one after the other in a private daemon, each once without a controller that stands by
and once with one. Times are milliseconds after create() was called, medians of all starts; a step may
begin before the one above it has ended, as host and container run side by side. Started by tools/timeline.
"""
import argparse
import collections
import json
import os
import re
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from harness import standby  # noqa: E402
from harness.daemon import PrivateDaemon  # noqa: E402
from side import LOG_FILTERS, Side, make_root  # noqa: E402

LINE = re.compile(r'^trace: (host|container) (.+) (\d+) us at (\d+)$', re.MULTILINE)
BRIDGE = "<interface type='bridge'><source bridge='yard'/></interface>"
GUESTS = {'own network': {}, 'host network': {'features': ''}, 'bridge': {'devices': BRIDGE},
          'user namespace': {'idmap': 100000}}
INIT, RETURNED = ('container', 'init runs'), ('daemon', 'create() has returned')
WIDTH = 60
SHORTEST = 0.02


def steps_of(text, called):
    """{(side, step): (begin, end)} in milliseconds after the call; a step's name is numbered when it comes again."""
    found, seen = {}, collections.Counter()
    for side, name, took, at in LINE.findall(text):
        seen[side, name] += 1
        name += ' %d' % seen[side, name] if seen[side, name] > 1 else ''
        end = int(at) / 1e3 - called
        found[side, name] = (end - int(took) / 1e3, end)
    return found


def one_start(side, domain):
    """The steps of one start, with what comes before and after those of the controller."""
    before = len(side.daemon.guest_log(domain.name()))
    side.clear(domain.name())
    called = time.monotonic_ns() / 1e6
    domain.create()
    returned = time.monotonic_ns() / 1e6 - called
    ran = side.stamp(domain.name()) / 1e6 - called
    steps = steps_of(side.daemon.guest_log(domain.name())[before:], called)
    host = [times for (kind, _), times in steps.items() if kind == 'host']
    if not host:
        raise RuntimeError('the controller has noted no steps:\n' + side.daemon.guest_log(domain.name()))
    first, last = min(begin for begin, _ in host), max(end for _, end in host)
    last_inside = max([end for (kind, _), (_, end) in steps.items() if kind == 'container'], default=ran)
    steps['daemon', 'call, definition, controller'] = (0, first)
    steps['container', 'execution of init'] = (last_inside, ran)
    steps['daemon', 'keeper, answer'] = (last, returned)
    steps[INIT] = (ran, ran)
    steps[RETURNED] = (returned, returned)
    return steps


def measure(side, domain, starts, with_standby):
    """{step: [(begin, end), ...]}"""
    runs = collections.defaultdict(list)
    for number in range(starts + 1):
        if with_standby and number > 0:
            standby.ready(side.daemon)
        steps = one_start(side, domain)
        side.stop(domain)
        if number > 0:  # the first reads programs from disk, and finds nobody that stands by
            for key, times in steps.items():
                runs[key].append(times)
    return runs


def medians(runs):
    """[(side, step, begin, end, duration)] by begin."""
    rows = []
    for (side, name), times in runs.items():
        begin, end = (statistics.median(column) for column in zip(*times))
        rows.append((side, name, begin, end, statistics.median(last - first for first, last in times)))
    return sorted(rows, key=lambda row: (row[2], row[3]))


def bar(begin, end, scale):
    first = min(WIDTH - 1, max(0, int(begin * scale)))
    last = min(WIDTH, max(first + 1, round(end * scale)))
    return ' ' * first + ('|' if begin == end else '#' * (last - first))


def picture(title, rows, shortest):
    """Lines: a row to a step, with a bar."""
    whole = max(row[3] for row in rows)
    hidden = [row for row in rows if row[4] < shortest and (row[0], row[1]) not in (INIT, RETURNED)]
    yield from ('', title, '-' * len(title))
    yield '%-10s %-29s %7s %7s %7s  0 %s %.1f ms' % ('side', 'step', 'from', 'to', 'took', ' ' * (WIDTH - 10), whole)
    for row in rows:
        if row not in hidden:
            yield ('%-10s %-29s %7.2f %7.2f %7.2f  %s' % (*row, bar(row[2], row[3], WIDTH / whole))).rstrip()
    if hidden:
        yield ('%d steps of less than %.2f ms each are not shown, %.2f ms together'
               % (len(hidden), shortest, sum(row[4] for row in hidden)))


def pictures(label, found, shortest):
    lines = []
    for warm, steps in found.items():
        title = '%s, %s a controller that stands by' % (label, 'with' if warm else 'without')
        lines += picture(title, medians(steps), shortest)
    return '\n'.join(lines)


def run(root, label, starts):
    """{0 or 1 controllers that stand by: {step: [(begin, end), ...]}}"""
    found = {}
    for count in (0, 1):
        daemon = PrivateDaemon('ours')
        try:
            with open(daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
                file.write('standby_controllers = %d\n' % count)
            daemon.start(environment={'LIBVIRT_LXC_TRACE': '1'}, log_filters=LOG_FILTERS)
            side = Side('A', daemon, root)
            side.make_bridge()
            found[count] = measure(side, side.define('timeline', 'term', **GUESTS[label]), starts, count)
        finally:
            daemon.close()
    return found


def bench_timeline(sides, table, options):
    """For the page: one start, step by step."""
    text = pictures('own network', run(sides[0].root, 'own network', options.rounds), SHORTEST)
    print(text)
    table.row('one start', '', 'text', text=text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--starts', type=int, default=20, metavar='N')
    parser.add_argument('--guest', choices=GUESTS, default='own network', help='what kind: ' + ', '.join(GUESTS))
    parser.add_argument('--shortest', type=float, default=SHORTEST, metavar='MS',
                        help='leave out shorter steps (%g)' % SHORTEST)
    parser.add_argument('--json', metavar='FILE', help='begin and end of every step of every start')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='caisson-timeline-') as directory:
        os.chmod(directory, 0o755)
        found = run(make_root(directory), options.guest, options.starts)
    print(pictures(options.guest, found, options.shortest))
    if options.json:
        with open(options.json, 'w') as file:
            json.dump({'standby' if count else 'cold': [{'side': side, 'step': name, 'ms': times} for (side, name), times
                                                        in runs.items()] for count, runs in found.items()}, file, indent=1)


if __name__ == '__main__':
    main()
