#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long libvirtd takes to start with many definitions, with the driver under test and the stock one.

    load-definitions.py [--count 2000] [--rounds 5]

CAISSON_BUILD names the build directory. Printed are medians of processor time and of the time until
the daemon answers, with no definition and with all of them: the difference is what loading takes.
"""
import argparse
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from harness.daemon import PrivateDaemon  # noqa: E402

DEFINITION = '''\
<domain type='lxc'>
  <name>%(name)s</name>
  <uuid>7d0f6a52-5d0b-4c43-9a5e-%(number)012x</uuid>
  <title>Number %(number)d</title>
  <memory unit='KiB'>1048576</memory>
  <currentMemory unit='KiB'>786432</currentMemory>
  <memtune>
    <hard_limit unit='KiB'>2097152</hard_limit>
    <swap_hard_limit unit='KiB'>3145728</swap_hard_limit>
  </memtune>
  <vcpu placement='static' cpuset='0-2'>2</vcpu>
  <os>
    <type arch='x86_64'>exe</type>
    <init>/usr/lib/systemd/systemd</init>
    <initenv name='PROFILE'>nest</initenv>
  </os>
  <idmap>
    <uid start='0' target='400000' count='65536'/>
    <gid start='0' target='400000' count='65536'/>
  </idmap>
  <features>
    <capabilities policy='default'>
      <net_raw state='off'/>
    </capabilities>
  </features>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/lib/libvirt/libvirt_lxc</emulator>
    <filesystem type='mount' accessmode='passthrough'>
      <source dir='/srv/ct/%(name)s'/>
      <target dir='/'/>
    </filesystem>
    <interface type='bridge'>
      <mac address='52:54:00:0b:0c:01'/>
      <source bridge='br-lagoon'/>
      <ip address='10.33.0.7' family='ipv4' prefix='16'/>
      <guest dev='lan0'/>
      <link state='up'/>
    </interface>
    <console type='pty'>
      <target type='lxc' port='0'/>
    </console>
  </devices>
</domain>
'''


def fill(daemon, count):
    folder = daemon.path('/etc/libvirt/lxc')
    os.makedirs(folder, exist_ok=True)
    for number in range(count):
        name = 'many%05d' % number
        with open(os.path.join(folder, name + '.xml'), 'w') as file:
            file.write(DEFINITION % {'name': name, 'number': number})


def processor_time(pid):
    with open('/proc/%d/stat' % pid) as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf('SC_CLK_TCK')


def measure(daemon, count):
    """Milliseconds until it answers, and of processor time it has used by then."""
    start = time.monotonic()
    daemon.start()
    waited = (time.monotonic() - start) * 1000
    used = processor_time(daemon.pid)
    found = len(daemon.connect().listAllDomains())
    assert found == count, 'only %d of %d were loaded:\n%s' % (found, count, daemon.complaints())
    daemon.terminate()
    return waited, used


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--count', type=int, default=2000)
    parser.add_argument('--rounds', type=int, default=5)
    options = parser.parse_args()
    sides = [(driver, count) for driver in ('ours', 'stock') for count in (0, options.count)]
    daemons, results = {}, {side: [] for side in sides}
    try:
        for side in sides:
            daemons[side] = PrivateDaemon(side[0])
            fill(daemons[side], side[1])
        for _ in range(options.rounds):
            for side in sides:
                results[side].append(measure(daemons[side], side[1]))
    finally:
        for daemon in daemons.values():
            daemon.close()
    print('%d definitions, %d rounds' % (options.count, options.rounds))
    for part, what in ((1, 'processor time'), (0, 'until it answers')):
        median = {side: statistics.median(row[part] for row in rows) for side, rows in results.items()}
        taken = {driver: median[driver, options.count] - median[driver, 0] for driver in ('ours', 'stock')}
        for driver in ('ours', 'stock'):
            print('%-17s %-6s %8.0f ms empty %8.0f ms full %8.0f ms to load'
                  % (what, driver, median[driver, 0], median[driver, options.count], taken[driver]))
        if taken['ours'] > 0:
            print('%-17s ours is %.1f times faster' % (what, taken['stock'] / taken['ours']))


main()
