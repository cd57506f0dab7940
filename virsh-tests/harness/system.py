# SPDX-License-Identifier: LGPL-2.1-or-later
"""The libvirtd of the system, with our driver installed: only inside a machine of lab/.

What a service manager, machined and the system bus do is seen by no daemon in namespaces of its own.
The machine is thrown away afterwards; a host of somebody's is never touched (see available()).
"""
import os
import re
import shutil
import subprocess
import tempfile
import threading

import libvirt

from . import build
from .daemon import CONFIGURATION, LOG_FILTERS, PrivateDaemon, URI, read, wait_for

DROP_IN = '/run/systemd/system/libvirtd.service.d/tests.conf'
CONFIGURATION_FILE = '/etc/libvirt/libvirtd.conf'
LOG = '/var/log/libvirt/libvirtd.log'
# Debian's unit lets an idle daemon leave and a killed one come back: here tests decide.
DROP_IN_TEXT = '''\
[Unit]
StartLimitIntervalSec=0

[Service]
Restart=no
Environment=LIBVIRTD_ARGS=
'''


def available():
    """None where the system's libvirtd may be used, or why not."""
    if os.environ.get('CAISSON_TEST_SYSTEM') != '1':
        return 'changes the system: only in a machine of virsh-tests/lab'
    if not os.path.isdir('/run/systemd/system'):
        return 'systemd does not run here'
    return None


def systemctl(*words, check=True, timeout=120):
    process = subprocess.run(['systemctl', *words], capture_output=True, text=True, timeout=timeout,
                             check=False)
    if check and process.returncode != 0:
        raise AssertionError('systemctl %s: %s' % (' '.join(words), process.stderr))
    return process.stdout.strip()


current = []


def withdraw():
    """Ends it and puts libvirt's own driver back, for tests that have a daemon of their own."""
    for daemon in current:
        daemon.end(15)
        daemon.put_back()


class SystemDaemon(PrivateDaemon):
    """The same calls as a PrivateDaemon has, on libvirtd.service."""

    # For leaks.Leaks: of the whole system, where guests leave things.
    group_pattern = re.compile(r'machine[-.]|libvirt-lxc|lxc-')
    state_directories = ('/run/libvirt', '/run/systemd/machines', '/run/systemd/transient')

    def __init__(self, driver='ours', configuration=''):
        self.driver = driver
        self.owned = True
        self.directory = tempfile.mkdtemp(prefix='caisson-')
        self.configuration = configuration
        self.label = 'system'
        self.pid = None
        self.holder = os.getpid()
        self.output = os.path.join(self.directory, 'output')
        self.lock = threading.Lock()
        self.control = None
        self.lifeline = None
        self.connections = []
        self.saved = {}
        os.makedirs(os.path.dirname(DROP_IN), exist_ok=True)
        with open(DROP_IN, 'w') as file:
            file.write(DROP_IN_TEXT)
        systemctl('daemon-reload')
        current.append(self)

    # nothing lies between the tests and the system

    def path(self, inside):
        return inside

    def enter(self, *argv):
        return list(argv)

    def ask(self, command, **parameters):
        raise NotImplementedError('there is no session: %s' % command)

    def note(self):
        pass

    @property
    def uri(self):
        return URI

    @property
    def readonly_uri(self):
        return URI

    def connect(self, readonly=False):
        connection = libvirt.openReadOnly(URI) if readonly else libvirt.open(URI)
        self.connections.append(connection)
        return connection

    # the daemon

    def save(self, path):
        """Keeps a file that is about to be replaced."""
        if path in self.saved:
            return
        copy = os.path.join(self.directory, 'saved-%d' % len(self.saved))
        self.saved[path] = copy if os.path.exists(path) else None
        if self.saved[path]:
            shutil.copy2(path, copy)

    def place(self, source, path):
        """A running program keeps the file it was started from."""
        self.save(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy2(source, path + '.new')
        os.rename(path + '.new', path)

    def put_back(self):
        """What was here before; launch() installs ours again."""
        for path, copy in self.saved.items():
            if copy:
                shutil.copy2(copy, path + '.new')
                os.rename(path + '.new', path)
            elif os.path.exists(path):
                os.unlink(path)
        self.saved = {}

    def install(self):
        drivers = build.stock_drivers()
        if self.driver == 'ours':
            self.place(build.find(build.PLUGIN), os.path.join(drivers, build.PLUGIN))
            for name in build.PROGRAMS:
                self.place(build.find(name), os.path.join(build.CONTROLLERS, name))
            shutil.copytree(build.SCHEMAS, build.SCHEMA_PLACE, dirs_exist_ok=True)
        else:
            self.put_back()
        return drivers, os.path.join(drivers, build.PLUGIN)

    def configure(self, text='', log_filters=None):
        filters = log_filters or os.environ.get('CAISSON_TEST_LOG', LOG_FILTERS)
        self.save(CONFIGURATION_FILE)
        with open(CONFIGURATION_FILE, 'w') as file:
            file.write(CONFIGURATION % filters + self.configuration + text)

    def launch(self, driver=None, environment=None, log_filters=None):
        assert self.pid is None, 'the daemon is running'
        self.driver = driver or self.driver
        self.install()
        self.configure(log_filters=log_filters)
        with open(DROP_IN, 'w') as file:
            file.write(DROP_IN_TEXT + ''.join('Environment="%s=%s"\n' % item
                                              for item in (environment or {}).items()))
        systemctl('daemon-reload')
        systemctl('start', 'libvirtd.service')
        self.find_pid()

    def find_pid(self):
        self.pid = int(systemctl('show', '--property=MainPID', '--value', 'libvirtd.service')) or None

    def ended(self):
        """None while it runs; the status of a service is systemd's to know."""
        now = int(systemctl('show', '--property=MainPID', '--value', 'libvirtd.service'))
        return None if now == self.pid else 0

    def end(self, number, seconds=60):
        """Ends the daemon by a signal; the sockets go with it, which would start it anew."""
        if self.pid is None:
            return
        self.close_connections()
        systemctl('stop', 'libvirtd.socket', 'libvirtd-ro.socket', 'libvirtd-admin.socket',
                  '--no-block')
        systemctl('kill', '--kill-whom=main', '--signal=%d' % number, 'libvirtd.service', check=False)
        wait_for(lambda: self.ended() is not None, 'libvirtd has ended', seconds)
        systemctl('stop', 'libvirtd.socket', 'libvirtd-ro.socket', 'libvirtd-admin.socket')
        systemctl('reset-failed', 'libvirtd.service', check=False)
        self.pid = None

    # what it says

    def complaints(self):
        journal = subprocess.run(['journalctl', '--boot', '--no-pager', '--lines=60'],
                                 capture_output=True, text=True, check=False).stdout
        return super().complaints() + journal

    def log(self):
        return read(LOG) if os.path.exists(LOG) else ''

    def processes(self):
        """Controllers and what runs in the groups of machines."""
        found = set()
        for folder, _, files in os.walk('/sys/fs/cgroup'):
            if self.group_pattern.search(folder) and 'cgroup.procs' in files:
                try:
                    found |= {int(line) for line in read(os.path.join(folder, 'cgroup.procs')).split()}
                except OSError:
                    continue
        for name in os.listdir('/proc'):
            if name.isdigit():
                try:
                    if 'libvirt_lxc' in os.readlink('/proc/%s/exe' % name):
                        found.add(int(name))
                except OSError:
                    continue
        return sorted(found)

    def machines(self):
        """Names of the machines that machined knows."""
        text = subprocess.run(['machinectl', 'list', '--no-legend', '--no-pager'],
                              capture_output=True, text=True, check=True).stdout
        return [line.split()[0] for line in text.splitlines() if line.strip()]

    def close(self):
        if self.holder is None:
            return
        self.end(15)
        self.put_back()
        current.remove(self)
        os.unlink(DROP_IN)
        systemctl('daemon-reload')
        self.holder = None
        shutil.rmtree(self.directory, ignore_errors=True)
