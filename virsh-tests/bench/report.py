#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the page of figures and its plots from what tools/bench measured.

report.py RESULTS.json DIRECTORY     writes performance.rst, performance.png and performance-scale.png there
"""
import json
import math
import os
import platform
import statistics
import sys

import matplotlib
matplotlib.use('Agg')
from matplotlib import pyplot  # noqa: E402

from goals import BOUNDS, GOALS, TRIED  # noqa: E402

HEAD = '''\
.. SPDX-License-Identifier: LGPL-2.1-or-later
.. Written by virsh-tests/bench/report.py from what `tools/bench --report docs` measured; run that again instead.

What it costs
=============

Measured beside libvirt's own driver in one run, by ``tools/bench --report docs``: two private daemons with the settings they are
shipped with, taken in turn. Shown are medians, and the tenth and ninetieth of a hundred; the ratio says how many times better
Caisson is. Absolute times are those of one machine at one moment; ratios are steadier. *Must* and *aim* are what the figure has to
reach; **bold** is what it does not.

Machine: %s.

.. image:: performance.png
   :alt: how many times better than libvirt's own driver

'''

# title, what is said first, which benches
SECTIONS = (
    ('Starts', 'A start is until the guest\'s init, a static program, has read the clock; ``create()`` returns later with Caisson, '
     'which waits until init runs, and earlier with libvirt\'s driver, which does not. The template\'s root of libvirt\'s driver, which '
     'has no templates, is the directory itself.', ('start', 'template', 'network', 'row')),
    ('Ends', '', ('stop', 'paused', 'parallel', 'events')),
    ('Memory', 'Uss is what a process shares with nobody, Pss counts what is shared in parts; of a lone guest, the program itself is '
     'in both. Of the kernel, what the whole machine has more of while they run: stacks, page tables, '
     'and the objects in use by ``/proc/slabinfo``.', ('memory', 'kernel')),
    ('Consoles and /proc', '', ('console', 'meminfo')),
    ('Many guests', 'libvirt\'s driver has no call for the statistics of all guests. It is asked as monitoring programs ask it, call '
     'by call: state, info, the XML (which disks and interfaces there are), memory, processors, blocks.',
     ('stats', 'list', 'definitions')),
    ('The controller that stands by', 'One as shipped (``standby_controllers``), beside a daemon with none.', ('pool',)),
    ('Other programs', 'The same program in the same root. Caisson is called through libvirt\'s RPC, the others by their commands, as '
     'their users do; floor is the least that has to be done by anybody (``virsh-tests/bench/floor.c``), with nothing made ahead.',
     ('peers', 'throughput')),
)
COLUMNS = {'stock': ('Caisson', "libvirt's driver"), 'other': ('Caisson', 'other'), 'pool': ('with one', 'with none')}


def number(value):
    if not math.isfinite(value):
        return '–'
    return '%.0f' % value if abs(value) >= 100 else '%.1f' % value if abs(value) >= 10 else '%.2f' % value


def spread(values):
    values = sorted(values)
    if len(values) == 1:
        return number(values[0])
    return '%s (%s – %s)' % tuple(number(value) for value in (
        statistics.median(values), values[int(len(values) * .1)], values[min(len(values) - 1, int(len(values) * .9))]))


def table(titles, rows):
    widths = [max(len(row[column]) for row in [titles, *rows]) for column in range(len(titles))]
    rule = '  '.join('=' * width for width in widths)

    def line(row):
        return '  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
    return '\n'.join([rule, line(titles), rule, *(line(row) for row in rows), rule]) + '\n\n'


def machine():
    with open('/proc/cpuinfo') as file:
        model = next((line.split(':')[1].strip() for line in file if line.startswith('model name')), platform.machine())
    with open('/proc/meminfo') as file:
        gibibytes = int(file.readline().split()[1]) / (1 << 20)
    groups = 'control groups of version 2' if os.path.exists('/sys/fs/cgroup/cgroup.controllers') else \
        'control groups of version 1'
    return '%d processors (%s), %.0f GiB of memory, Linux %s, %s' % (
        os.cpu_count(), model, gibibytes, os.uname().release.split('-')[0], groups)


def goal(row, rows, place):
    """A cell: the goal, bold when it is not met."""
    wanted = GOALS.get(row['what'], (None, None))[place]
    if wanted is None:
        return ''
    return '%s' % wanted if 'ratio' in row and wanted.met(row, rows) else '**%s**' % wanted


def compared(rows, kind, everything):
    found = [row for row in rows if row['kind'] == kind and ('a' in row or 'b' in row)]
    if not found:
        return ''
    lines = [(row['what'].strip(), spread(row['a']) if 'a' in row else 'failed', spread(row['b']) if 'b' in row else 'failed',
              row['unit'], number(row['ratio']) + '×' if 'ratio' in row else '–', goal(row, everything, 0),
              goal(row, everything, 1), str(len(row.get('a', row.get('b'))))) for row in found]
    titles = ('what', *COLUMNS[kind], 'unit', 'ratio', 'must', 'aim', 'n')
    used = [column for column in range(len(titles)) if any(line[column] for line in lines)]
    return table([titles[column] for column in used],
                 [[line[column] for column in used] for line in lines])


def section(title, text, benches, everything):
    rows = [row for row in everything if row['bench'] in benches]
    if not rows:
        return ''
    parts = '%s\n%s\n\n%s' % (title, '-' * len(title), text + '\n\n' if text else '')
    for kind in COLUMNS:
        parts += compared(rows, kind, everything)
    alone = [row for row in rows if row['kind'] == 'alone' and 'a' in row]
    if alone:
        parts += table(('what', 'Caisson', 'unit', 'n'), [
            (row['what'].strip(), spread(row['a']), row['unit'], str(len(row['a']))) for row in alone])
    notes = [row for row in rows if row.get('note')]
    for note in dict.fromkeys(row['note'] for row in notes):
        what = [row['what'].strip() for row in notes if row['note'] == note]
        parts += '* %s: %s\n' % (', '.join(what), note.replace('*', r'\*').replace('`', "'"))
    return parts + ('\n' if notes else '')


def misses(rows):
    lines = []
    for what, goals in GOALS.items():
        row = next((row for row in rows if row['what'] == what and 'ratio' in row), None)
        if row is None:
            lines.append('``%s``: not measured in this run.' % what)
        elif not goals[1].met(row, rows):
            lines.append('``%s``: %s' % (what, BOUNDS.get(what, 'what bounds it has not been found out.')))
    if not lines:
        return ''
    return 'What bounds what misses its aim\n-------------------------------\n\n' + '\n'.join('* ' + line for line in lines) + '\n'


def curves(rows):
    found = [row for row in rows if row['kind'] == 'curve']
    if not found:
        return ''
    counts = sorted({int(count) for row in found for count in row['points']})
    title = 'By the number of guests'
    return '%s\n%s\n\n%s\n\n.. image:: performance-scale.png\n   :alt: figures by the number of running guests\n\n%s' % (
        title, '-' * len(title), 'Guests of Caisson, running beside each other in one daemon.',
        table(('what', 'unit', *('%d run' % count for count in counts)), [
            (row['what'].strip(), row['unit'], *(number(row['points'][str(count)]) if str(count) in row['points'] else '–'
                                                 for count in counts)) for row in found]))


def timeline(rows):
    text = ''.join(row['text'] for row in rows if row['kind'] == 'text')
    if not text:
        return ''
    title = 'One start, step by step'
    return '%s\n%s\n\n%s\n\n::\n\n%s\n\n' % (
        title, '-' * len(title), 'From the controller\'s own trace, by ``tools/timeline``: milliseconds after ``create()`` was called. '
        'Host and container run side by side.', '\n'.join('    ' + line if line else '' for line in text.strip().splitlines()))


def page(results):
    rows = results['rows']
    text = HEAD % (results['machine'] + ', load %s at the beginning' % results['load'])
    for part in SECTIONS:
        text += section(*part, rows)
    return text + curves(rows) + timeline(rows) + misses(rows) + TRIED


def plot(rows, path):
    rows = [row for row in rows if row['kind'] == 'stock' and row.get('ratio', 0) > 0 and row['unit'] != '%' and math.isfinite(row['ratio'])][::-1]
    figure, axes = pyplot.subplots(figsize=(9, 0.22 * len(rows) + 1))
    axes.barh(range(len(rows)), [row['ratio'] for row in rows], color='#2a6f97', left=0)
    axes.set_yticks(range(len(rows)), [row['what'].strip() for row in rows], fontsize=7)
    axes.set_xscale('log')
    axes.axvline(1, color='#9d0208', linewidth=1)
    axes.set_xlabel("times better than libvirt's own driver (logarithmic)", fontsize=9)
    axes.margins(y=0.01)
    for place, row in enumerate(rows):
        axes.annotate(' %s×' % number(row['ratio']), (row['ratio'], place), va='center', fontsize=6)
    axes.spines[['top', 'right']].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={'Software': None})


def plot_curves(rows, path):
    """A small plot for each unit that has a curve; all begin at zero."""
    found = [row for row in rows if row['kind'] == 'curve' and len(row['points']) > 1]
    units = list(dict.fromkeys(row['unit'] for row in found))
    figure, all_axes = pyplot.subplots(2, (len(units) + 1) // 2, figsize=(11, 6), squeeze=False)
    for axes in all_axes.flat[len(units):]:
        axes.axis('off')
    for axes, unit in zip(all_axes.flat, units):
        for row in found:
            if row['unit'] == unit:
                axes.plot([int(count) for count in row['points']], list(row['points'].values()), marker='o', markersize=3,
                          label=row['what'].strip())
        axes.set_ylim(bottom=0)
        axes.set_xlabel('running guests', fontsize=8)
        axes.set_ylabel(unit, fontsize=8)
        axes.tick_params(labelsize=7)
        axes.legend(fontsize=6, frameon=False)
        axes.spines[['top', 'right']].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={'Software': None})


def write(results, directory):
    results = json.loads(json.dumps(results))  # as from a file
    with open(os.path.join(directory, 'performance.rst'), 'w') as file:
        file.write(page(results))
    for name, draw, kind in (('performance.png', plot, 'stock'), ('performance-scale.png', plot_curves, 'curve')):
        if any(row['kind'] == kind for row in results['rows']):
            draw(results['rows'], os.path.join(directory, name))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        results = json.load(file)
    write(results, sys.argv[2])


if __name__ == '__main__':
    main()
