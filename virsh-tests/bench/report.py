#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the page of figures and its plot from what tools/bench measured.

report.py RESULTS.json DIRECTORY     writes DIRECTORY/performance.rst and DIRECTORY/performance.png
"""
import json
import os
import platform
import statistics
import sys

import matplotlib
matplotlib.use('Agg')
from matplotlib import pyplot  # noqa: E402

HEAD = '''\
.. SPDX-License-Identifier: LGPL-2.1-or-later
.. Written by virsh-tests/bench/report.py from what `tools/bench --report` measured; run that again instead.

What it costs
=============

Measured beside libvirt's own driver in one run, by ``tools/bench --report``: two private daemons with the settings they are
shipped with, taken in turn. Shown are medians, and the tenth and ninetieth of a hundred; the ratio says how many times better
Caisson is. Absolute times are those of one machine at one moment; ratios are steadier.

Machine: %s.

'''
PEERS = '''
Other runtimes
--------------

The same program in the same root. Caisson is called through libvirt's RPC, the others by their commands, as their users do.

'''


def spread(values):
    values = sorted(values)
    return '%s (%s – %s)' % tuple(number(value) for value in (
        statistics.median(values), values[int(len(values) * .1)], values[min(len(values) - 1, int(len(values) * .9))]))


def number(value):
    return '%.0f' % value if abs(value) >= 100 else '%.1f' % value if abs(value) >= 10 else '%.2f' % value


def table(titles, rows):
    widths = [max(len(row[column]) for row in [titles, *rows]) for column in range(len(titles))]
    rule = '  '.join('=' * width for width in widths)
    return '\n'.join([rule, *('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                              for row in [titles]), rule,
                      *('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows),
                      rule]) + '\n'


def machine():
    with open('/proc/cpuinfo') as file:
        model = next((line.split(':')[1].strip() for line in file if line.startswith('model name')), platform.machine())
    groups = 'control groups of version 2' if os.path.exists('/sys/fs/cgroup/cgroup.controllers') else \
        'control groups of version 1'
    return '%d processors (%s), Linux %s, %s' % (os.cpu_count(), model, os.uname().release.split('-')[0], groups)


def page(results):
    pairs = [row for row in results['rows'] if 'b' in row]
    alone = [row for row in results['rows'] if 'b' not in row]
    text = HEAD % (results['machine'] + ', load %s at the beginning' % results['load'])
    text += '.. image:: performance.png\n   :alt: how many times better than libvirt\'s own driver\n\n'
    text += table(('what', 'Caisson', "libvirt's driver", 'unit', 'ratio', 'n'),
                  [(row['what'].strip(), spread(row['a']), spread(row['b']), row['unit'],
                    number(row['ratio']) + '×', str(len(row['a']))) for row in pairs])
    if alone:
        text += PEERS + table(('what', 'time', 'unit', 'n'),
                              [(row['what'], spread(row['a']), row['unit'], str(len(row['a']))) for row in alone])
    return text


def plot(results, path):
    rows = [row for row in results['rows'] if 'b' in row and row['ratio'] > 0][::-1]
    figure, axes = pyplot.subplots(figsize=(9, 0.28 * len(rows) + 1))
    axes.barh(range(len(rows)), [row['ratio'] for row in rows], color='#2a6f97', left=0)
    axes.set_yticks(range(len(rows)), [row['what'].strip() for row in rows], fontsize=8)
    axes.set_xscale('log')
    axes.axvline(1, color='#9d0208', linewidth=1)
    axes.set_xlabel("times better than libvirt's own driver (logarithmic)", fontsize=9)
    axes.margins(y=0.01)
    for place, row in enumerate(rows):
        axes.annotate(' %s×' % number(row['ratio']), (row['ratio'], place), va='center', fontsize=7)
    axes.spines[['top', 'right']].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={'Software': None})


def write(results, directory):
    with open(os.path.join(directory, 'performance.rst'), 'w') as file:
        file.write(page(results))
    plot(results, os.path.join(directory, 'performance.png'))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        results = json.load(file)
    write(results, sys.argv[2])


if __name__ == '__main__':
    main()
