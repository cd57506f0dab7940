# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long libvirtd takes to start with many definitions."""
import os
import time

from harness.daemon import PrivateDaemon
from side import Findings, LOG_FILTERS, milliseconds_of

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


class Starter:
    """Two daemons of one driver, one with no definition and one with many; both are started again and again."""

    def __init__(self, tag, driver, count):
        self.tag, self.count = tag, count
        self.daemons = {number: PrivateDaemon(driver) for number in (0, count)}
        fill(self.daemons[count], count)

    def start(self, count):
        """Milliseconds until it answers, and of processor time it has used by then."""
        daemon = self.daemons[count]
        daemon.launch(log_filters=LOG_FILTERS)
        start = time.monotonic()  # it has only just been executed; what the harness did before is not its time
        daemon.wait_ready()
        waited = (time.monotonic() - start) * 1000
        used = processor_time(daemon.pid)
        found = len(daemon.connect().listAllDomains())
        daemon.terminate()
        assert found == count, 'only %d of %d were loaded:\n%s' % (found, count, daemon.complaints())
        return waited, used

    def settle(self):
        for daemon in self.daemons.values():
            if daemon.pid is not None and daemon.ended() is None:
                daemon.terminate()
            daemon.pid = None

    def close(self):
        for daemon in self.daemons.values():
            daemon.close()


def bench_definitions(sides, table, options):
    count = options.definitions
    starters = [Starter(side.tag, side.daemon.driver, count) for side in sides]
    found = Findings(starters)

    def measure(starter):
        waited, used = zip(starter.start(count), starter.start(0))
        found.add(starter, 'daemon start with %d definitions until it answers' % count, waited[0])
        found.add(starter, 'daemon start with no definition until it answers', waited[1])
        found.add(starter, 'the difference, which is for loading them', waited[0] - waited[1])
        found.add(starter, 'processor time of a daemon start with %d definitions' % count, used[0])
    try:
        found.turns(max(3, options.rounds // 3), measure)
    finally:
        for starter in starters:
            starter.close()
    table.add_found(found, milliseconds_of)
