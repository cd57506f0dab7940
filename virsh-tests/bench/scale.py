# SPDX-License-Identifier: LGPL-2.1-or-later
"""How figures of ours change with the number of guests that run."""
import statistics
import time

from side import kernel_memory, memory, milliseconds

REPEATED = 10
ASKED = 7


def one_more(side, domain):
    """Medians of start and destroy() of a guest beside those that run."""
    started, ended = [], []
    for _ in range(REPEATED):
        started.append(side.start(domain)[0])
        time.sleep(0.03)
        ended.append(milliseconds(domain.destroy))
        time.sleep(0.03)
    return statistics.median(started), statistics.median(ended)


def median_of(function, *arguments):
    function(*arguments)
    return statistics.median(milliseconds(function, *arguments) for _ in range(ASKED))


def memory_of(side, names):
    """KiB per guest: of all that is on the host for them, which is the keeper as long as they read nothing of the view."""
    domains = [side.connection.lookupByName(name) for name in names]
    return {'Uss of the keeper, per guest': memory(side.supervisors(domains))['Uss'] / len(names)}


def at(side, names, extra):
    """What is found with these running: {what: (value, unit)}."""
    connection = side.connection
    started, ended = one_more(side, extra)
    stats = median_of(connection.getAllDomainStats)
    found = {'create() until init runs, of one more': (started, 'ms'), 'destroy() of one more': (ended, 'ms'),
             'listAllDomains()': (median_of(connection.listAllDomains), 'ms'),
             'getAllDomainStats()': (stats, 'ms'), '  the same, per guest': (stats / len(names) * 1000, 'us'),
             'Rss of the daemon': (memory([side.daemon.pid])['Rss'] / 1024, 'MiB')}
    found.update({what: (value, 'KiB') for what, value in memory_of(side, names).items()})
    return found


def bench_scale(sides, table, options):
    side, names, curves = sides[0], [], {}
    extra = side.define('extra')
    side.start(extra)  # the first start after a daemon start is another row
    extra.destroy()
    time.sleep(1)
    before = kernel_memory()
    for count in options.scale:
        fresh = ['scale%d' % number for number in range(len(names), count)]
        for name in fresh:
            side.define(name, 'term')
        took = side.start_all(fresh, options.threads)
        names += fresh
        time.sleep(1)
        used = {name: (value - before[name]) / count for name, value in kernel_memory().items()}
        found = {'starts per second, %d threads' % options.threads: (len(fresh) / took * 1000, '1/s'),
                 **at(side, names, extra),
                 'kernel memory per guest': (sum(used.values()), 'KiB')}
        for what, (value, unit) in found.items():
            curves.setdefault((what, unit), {})[count] = value
        print('%d run' % count, flush=True)
    ended = side.destroy_all(names, options.threads)
    for (what, unit), points in curves.items():
        table.add_curve(what, unit, points)
    table.add_curve('stops per second, %d threads' % options.threads, '1/s', {len(names): len(names) / ended * 1000})
