# SPDX-License-Identifier: LGPL-2.1-or-later
"""The controller that stands by: what starts gain by it, and what it costs."""
import os
import time

from harness import process, standby
from harness.daemon import PrivateDaemon
from side import Findings, LOG_FILTERS, Side, kernel_memory, memory, milliseconds_of

MANY = 20
IDLE_SECONDS = 2


def daemon_with(count):
    """A daemon of ours with so many controllers that stand by."""
    daemon = PrivateDaemon('ours')
    configure(daemon, count)
    return daemon.start(log_filters=LOG_FILTERS)


def configure(daemon, count):
    with open(daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
        file.write('standby_controllers = %d\n' % count)


def processor_microseconds(pid):
    total = 0
    for task in os.listdir('/proc/%d/task' % pid):
        with open('/proc/%d/task/%s/schedstat' % (pid, task)) as file:
            total += int(file.read().split()[0])
    return total / 1e3


def measure_starts(side, found, domain, warm):
    if warm:
        standby.ready(side.daemon)
    ran, returned = side.start(domain)
    found.add(side, 'create() until init runs', ran)
    found.add(side, 'create() returns', returned)
    if warm:
        begin = time.monotonic_ns()
        pid = standby.ready(side.daemon)[0]
        found.refills.append((time.monotonic_ns() - begin) / 1e6)
        found.efforts.append(processor_microseconds(pid) / 1e3)
    time.sleep(0.02)
    side.stop(domain)
    time.sleep(0.06)


def measure_many(root):
    """(Uss of one, kernel memory of one) in KiB, of many: what there is more of than without them; a guest runs in both cases."""
    daemon = daemon_with(MANY)
    try:
        side = Side('many', daemon, root)
        side.start(side.define('pool'))
        used = memory(standby.ready(daemon, MANY))['Uss'] / MANY
        time.sleep(1)
        many = sum(kernel_memory().values())
        configure(daemon, 0)
        side.restart()
        time.sleep(2)
        return used, (many - sum(kernel_memory().values())) / MANY
    finally:
        daemon.close()


def measure_cost(side, table):
    """What one costs that waits."""
    pid = standby.ready(side.daemon)[0]
    before = processor_microseconds(pid)
    time.sleep(IDLE_SECONDS)
    idle = (processor_microseconds(pid) - before) / IDLE_SECONDS
    used = memory([pid, *process.descendants(pid)])
    table.add_one('one that stands by: Uss', [used['Uss']], 'KiB')
    table.add_one('one that stands by: threads', [used['threads']], '')
    table.add_one('one that stands by: processor time while idle', [idle], 'us/s')
    server = standby.fork_servers(side.daemon)
    table.add_one('the fork server: Uss', [memory(server)['Uss']], 'KiB')
    before = processor_microseconds(server[0])
    time.sleep(IDLE_SECONDS)
    table.add_one('the fork server: processor time while idle', [(processor_microseconds(server[0]) - before) / IDLE_SECONDS],
                  'us/s')
    user, kernel = zip(*[measure_many(side.root) for _ in range(3)])
    table.add_one('one of %d that stand by: Uss' % MANY, user, 'KiB')
    table.add_one('one of %d that stand by: kernel memory' % MANY, kernel, 'KiB')


def bench_pool(sides, table, options):
    """The shipped defaults, and a daemon without; starts are 100 ms apart and wait for the one that stands by."""
    if options.a != 'ours':
        return
    daemon = daemon_with(0)
    try:
        cold = Side('cold', daemon, sides[0].root)
        found = Findings([sides[0], cold])
        found.refills, found.efforts = [], []
        domains = {side.tag: side.define('pool') for side in found.sides}
        sides[0].start(domains['A'])  # nobody stands by before the first
        sides[0].stop(domains['A'])
        found.turns(options.rounds, lambda side: measure_starts(side, found, domains[side.tag], side is not cold))
        table.add_found(found, milliseconds_of, 'pool')
    finally:
        daemon.close()
    if found.refills:
        table.add_one('after a start has returned, until another one stands by', found.refills)
        table.add_one('processor time to make one that stands by', found.efforts)
    measure_cost(sides[0], table)
