# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private daemon beside a private bus with fake_systemd.py on it."""
import json
import os
import signal
import subprocess

from .daemon import PrivateDaemon, read, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))

BUS = '''\
<busconfig>
  <type>system</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
'''


class PlacedDaemon(PrivateDaemon):
    """libvirtd on a host that seems to run systemd; machined: with machined.

    libvirtd itself ends when it loses its bus. So that tests see what a guest's start makes of a lost
    bus, the daemon keeps one of its own: after it has started, another bus gets the address.
    """

    def __init__(self, machined=True):
        super().__init__('ours')
        self.machined, self.bus = machined, None
        self.address = 'unix:path=' + self.file('bus')
        self.environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'DBUS_SYSTEM_BUS_ADDRESS': self.address,
                            'PYTHONDONTWRITEBYTECODE': '1'}
        os.makedirs(self.path('/run/systemd/system'))

    def file(self, name):
        return os.path.join(self.directory, name)

    def start_bus(self):
        configuration = self.file('bus.conf')
        with open(configuration, 'w') as file:
            file.write(BUS % self.file('bus'))
        if os.path.exists(self.file('bus')):
            os.unlink(self.file('bus'))
        self.bus = self.ask('spawn', argv=['/usr/bin/dbus-daemon', '--config-file', configuration, '--nofork',
                                           '--nopidfile'],
                            env=self.environment, output=self.file('bus.log'))['pid']
        with open(self.file('bus.pid'), 'w') as file:
            file.write(str(self.bus))
        wait_for(lambda: os.path.exists(self.file('bus')), 'the bus is there')

    def start_services(self):
        self.answer('normal')
        argv = ['/usr/bin/python3', os.path.join(HERE, 'fake_systemd.py'), '--directory', self.directory]
        self.fake = self.ask('spawn', argv=argv + ['--without-machined'] * (not self.machined),
                             env=self.environment, output=self.file('fake.log'))['pid']
        self.wait_services()

    def wait_services(self):
        name = 'org.freedesktop.machine1' if self.machined else 'org.freedesktop.systemd1'
        wait_for(lambda: self.call(name, '/', 'org.freedesktop.DBus.Peer.Ping').returncode == 0,
                 lambda: '%s is on the bus: %s' % (name, read(self.file('fake.log'))))

    def start(self, driver=None, environment=None):
        super().start(driver, {**self.environment, **(environment or {})})
        self.start_bus()
        os.kill(self.fake, signal.SIGHUP)
        self.wait_services()
        return self

    def kill_bus(self):
        if self.bus_alive():
            os.kill(self.bus, signal.SIGKILL)
        wait_for(lambda: not self.bus_alive(), 'the bus has ended')

    def bus_alive(self):
        return self.ask('status', pid=self.bus)['status'] is None

    def mend_bus(self):
        """A bus with all services, whatever was done to the one before."""
        if not self.bus_alive():
            self.start_bus()
        self.answer('normal')
        self.wait_services()

    def call(self, name, path, method, *arguments):
        return self.run('dbus-send', '--system', '--print-reply', '--dest=' + name, path, method, *arguments,
                        env=self.environment)

    def answer(self, mode):
        """What the next start is answered; see fake_systemd.py."""
        with open(self.file('mode'), 'w') as file:
            file.write(mode)

    def calls(self, method=None):
        """The calls so far."""
        lines = read(self.file('calls')).splitlines() if os.path.exists(self.file('calls')) else []
        calls = [json.loads(line) for line in lines]
        return [call for call in calls if method in (None, call['method'])]

    def scopes(self):
        """Scopes there are, with their machines."""
        return json.loads(read(self.file('state')))


def groups_of(daemon, pid):
    """controllers → group, as the session sees it."""
    text = subprocess.run(daemon.enter('cat', '/proc/%d/cgroup' % pid), capture_output=True, text=True,
                          check=True).stdout
    fields = [line.split(':', 2) for line in text.splitlines()]
    return {controllers.replace('name=', '') or 'unified': group for _, controllers, group in fields}
