#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long it takes to ask for the statistics of many guests: all at once, and call by call.

poll.py [GUESTS]: starts as many (500) on each driver in turn. On the driver under test it measures one call for all of them; on
both, the calls that a monitoring program makes where there is no such call: state, info, XMLDesc, memoryStats, getCPUStats, blockStats.
"""
import concurrent.futures
import os
import shutil
import statistics
import sys
import tempfile
import time

import libvirt

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from harness import guest  # noqa: E402
from harness.daemon import PrivateDaemon  # noqa: E402

ROUNDS = 15


def one_by_one(domains):
    for domain in domains:
        domain.state()
        domain.info()
        domain.XMLDesc()  # which disks and interfaces there are
        domain.memoryStats()
        domain.getCPUStats(True)
        domain.blockStats('')


def processor_time(daemon):
    """Milliseconds of the daemon and of this client, which do not depend on what else the host does."""
    with open('/proc/%d/stat' % daemon.pid) as file:
        words = file.read().rsplit(')', 1)[1].split()
    return (int(words[11]) + int(words[12])) * 1000 / os.sysconf('SC_CLK_TCK') + sum(os.times()[:2]) * 1000


def milliseconds(daemon, function, *arguments):
    """The median that it takes, and the mean of processor time."""
    for _ in range(2):  # files of groups stay open from their second read on
        function(*arguments)
    times = []
    used = processor_time(daemon)
    for _ in range(ROUNDS):
        start = time.monotonic_ns()
        function(*arguments)
        times.append((time.monotonic_ns() - start) / 1e6)
    return statistics.median(times), (processor_time(daemon) - used) / ROUNDS


def fill(daemon, root, count):
    connection = daemon.connect()

    def make(number):
        described = guest.Guest('guest%d' % number, root, init='/bin/sleep', arguments=['100000'])
        connection.createXML(described.xml(), 0)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(count)))
    return connection


def measure(driver, root, count):
    daemon = PrivateDaemon(driver)
    try:
        daemon.start()
        connection = fill(daemon, root, count)
        domains = connection.listAllDomains()
        assert len(domains) == count
        rows = {'call by call': milliseconds(daemon, one_by_one, domains)}
        if driver == 'ours':
            rows['all in one call'] = milliseconds(daemon, connection.getAllDomainStats)
            rows['all in one call, without blocks and interfaces'] = milliseconds(
                daemon, connection.getAllDomainStats, libvirt.VIR_DOMAIN_STATS_STATE
                | libvirt.VIR_DOMAIN_STATS_CPU_TOTAL | libvirt.VIR_DOMAIN_STATS_BALLOON)
        return rows
    finally:
        daemon.close()


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    root = guest.busybox_root(tempfile.mkdtemp(prefix='caisson-poll-'))
    try:
        found = {driver: measure(driver, root, count) for driver in ('ours', 'stock')}
    finally:
        shutil.rmtree(root)
    base = found['stock']['call by call']
    for driver, rows in found.items():
        for what, value in rows.items():
            print('%-6s %d guests, %-50s %8.1f ms  %5.1f times; processor time %8.1f ms %5.1f times' % (
                driver, count, what + ':', value[0], base[0] / value[0], value[1], base[1] / value[1]))


main()
