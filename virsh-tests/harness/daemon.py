# SPDX-License-Identifier: LGPL-2.1-or-later
"""A libvirtd of our own: started, killed, restarted, asked, and put away without a trace."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import libvirt

from . import build

HOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'holder.py')
URI = 'lxc:///system'

CONFIGURATION = '''\
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0700"
max_clients = 1000
log_filters = "%s"
log_outputs = "1:file:/var/log/libvirt/libvirtd.log"
'''
SANITIZER = re.compile(r'runtime error:|ERROR: (Address|Leak)Sanitizer')
LOG_FILTERS = '1:lxc 3:object 3:event 3:rpc 3:json 3:util 3:access 3:threadjob'

# How many times as long a slow machine may take as this one; what is fast waits no longer for it.
PATIENCE = float(os.environ.get('CAISSON_TEST_PATIENCE', 1))

libvirt.registerErrorHandler(lambda *_: None, None)


class Timeout(AssertionError):
    """Something did not happen in time."""


def wait_for(condition, what, seconds=10.0, interval=0.005):
    """Polls until the condition holds; answers its value."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout('not within %g s: %s' % (seconds, what() if callable(what) else what))
        time.sleep(interval)


class Virsh:
    """What a virsh command said."""

    def __init__(self, argv, process):
        self.argv, self.code = argv, process.returncode
        self.out, self.err = process.stdout, process.stderr

    def __str__(self):
        return '$ virsh %s\n%s%s(exit status %d)' % (' '.join(self.argv), self.out, self.err, self.code)


class PrivateDaemon:
    """Namespaces with a libvirtd in them.

    driver: "ours" or "stock"; a later start() may choose the other one in the same namespaces.
    """

    # For leaks.Leaks: where guests could leave something.
    group_pattern = re.compile('')
    state_directories = ('/run/libvirt', '/run/systemd', '/run/lock')

    def __init__(self, driver='ours', directory=None, lifeline=True, configuration=''):
        self.driver = driver
        self.owned = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix='caisson-')
        os.chmod(self.directory, 0o755)
        self.label = 'caisson-%d-%s' % (os.getpid(), os.path.basename(self.directory).replace('caisson-', ''))
        self.configuration = configuration
        self.pid = None
        self.holder = None
        self.output = os.path.join(self.directory, 'output')
        self.lock = threading.Lock()
        self.control = None
        self.lifeline = None
        self.connections = []
        if lifeline is not None:
            self.hold(lifeline)

    @classmethod
    def attach(cls, directory):
        """The session another process started in this directory."""
        daemon = cls(directory=directory, lifeline=None)
        with open(os.path.join(directory, 'session.json')) as file:
            known = json.load(file)
        daemon.driver, daemon.holder, daemon.pid = known['driver'], known['holder'], known['pid']
        daemon.connect_control()
        return daemon

    # namespaces

    def hold(self, lifeline):
        if os.geteuid() != 0:
            raise build.Missing('a private daemon needs root')
        read_end, write_end = os.pipe()
        argv = ['unshare', '--mount', '--net', '--propagation', 'private', '--', '/usr/bin/python3',
                HOLDER, '--session', self.directory, '--label', self.label]
        if lifeline:
            argv += ['--lifeline', str(read_end)]
        errors = os.path.join(self.directory, 'holder.log')
        with open(errors, 'w') as log:
            process = subprocess.Popen(argv, pass_fds=[read_end] if lifeline else [],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                       start_new_session=True)
        os.close(read_end)
        self.process = process
        if process.stdout.readline() != b'ready\n':
            process.wait()
            os.close(write_end)
            raise RuntimeError('the session could not be set up:\n' + read(errors))
        self.lifeline = write_end
        self.holder = process.pid
        self.connect_control()

    def connect_control(self):
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.connect(os.path.join(self.directory, 'control'))

    def ask(self, command, **parameters):
        with self.lock:
            self.control.send(json.dumps({'command': command, **parameters}).encode())
            packet = self.control.recv(1 << 20)
        if not packet:
            raise RuntimeError('the session has ended')
        reply = json.loads(packet)
        if 'error' in reply:
            raise RuntimeError(reply['error'])
        return reply

    def path(self, inside):
        """The path from outside of a file of the session's mount namespace."""
        return '/proc/%d/root%s' % (self.holder, inside)

    def enter(self, *argv):
        """The command line that runs argv in the session's namespaces."""
        return ['nsenter', '--target', str(self.holder), '--mount', '--net', '--cgroup',
                '--', *argv]

    def run(self, *argv, timeout=30, **options):
        return subprocess.run(self.enter(*argv), capture_output=True, text=True, timeout=timeout * PATIENCE,
                              check=False, **options)

    # the daemon

    def install(self):
        """Puts the chosen driver and its controllers where the daemon and the guests look."""
        drivers = os.path.join(self.directory, 'drivers-' + self.driver)
        stock = build.stock_drivers()
        os.makedirs(drivers, exist_ok=True)
        for name in build.COMPANIONS:
            source, place = os.path.join(stock, name), os.path.join(drivers, name)
            if os.path.exists(source) and not os.path.lexists(place):
                os.symlink(source, place)
        plugin = os.path.join(stock, build.PLUGIN)
        programs = {'libvirt_lxc': self.path('/run/libvirt-controllers/libvirt_lxc')}
        if self.driver == 'ours':
            plugin = build.find(build.PLUGIN)
            programs = {name: build.find(name) for name in build.PROGRAMS}
            shutil.copytree(build.SCHEMAS, self.path(build.SCHEMA_PLACE), dirs_exist_ok=True)
        place = os.path.join(drivers, build.PLUGIN)
        if os.path.lexists(place):
            os.unlink(place)
        os.symlink(plugin, place)
        for name, source in programs.items():
            target = self.path(os.path.join(build.CONTROLLERS, name))
            shutil.copy2(source, target + '.new')
            os.rename(target + '.new', target)
        return drivers, plugin

    def configure(self, text='', log_filters=None):
        filters = log_filters or os.environ.get('CAISSON_TEST_LOG', LOG_FILTERS)
        with open(self.path('/etc/libvirt/libvirtd.conf'), 'w') as file:
            file.write(CONFIGURATION % filters + self.configuration + text)

    def launch(self, driver=None, environment=None, log_filters=None):
        """Starts the daemon without waiting for it."""
        assert self.pid is None, 'the daemon is running'
        self.driver = driver or self.driver
        drivers, plugin = self.install()
        self.configure(log_filters=log_filters)
        env = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LANG': 'C.UTF-8',
               'LIBVIRT_DRIVER_DIR': drivers}
        sanitizer = build.sanitizer(plugin)
        if sanitizer:
            self.shield('/usr/sbin/dnsmasq')
            env.update(LD_PRELOAD=sanitizer,
                       ASAN_OPTIONS='detect_leaks=0:abort_on_error=1:log_path=%s/asan' % self.directory,
                       UBSAN_OPTIONS='print_stacktrace=1:halt_on_error=1:log_path=%s/ubsan'
                       % self.directory)
        env.update(environment or {})
        argv = ['/usr/sbin/libvirtd']
        if self.driver == 'stock' and os.path.isdir(self.path('/sys/fs/cgroup/unified')):
            # The stock driver cannot start guests beside a second hierarchy without controllers.
            argv = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c',
                    'umount /sys/fs/cgroup/unified; exec ' + argv[0]]
        self.pid = self.ask('spawn', argv=argv, env=env, output=self.output)['pid']
        self.note()

    def shield(self, program):
        """Lets a program that the daemon runs go without the sanitizer's library, with which it hangs."""
        copy = os.path.join(self.directory, os.path.basename(program))
        if os.path.exists(copy) or not os.path.exists(program):
            return
        shutil.copy2(program, copy)
        with open(copy + '.shield', 'w') as file:
            file.write('#!/bin/sh\nunset LD_PRELOAD\nexec %s "$@"\n' % copy)
        os.chmod(copy + '.shield', 0o755)
        self.run('mount', '--bind', copy + '.shield', program)

    def note(self):
        with open(os.path.join(self.directory, 'session.json'), 'w') as file:
            json.dump({'driver': self.driver, 'holder': self.holder, 'pid': self.pid}, file)

    def start(self, driver=None, environment=None, log_filters=None):
        """Starts the daemon and waits until it answers."""
        self.launch(driver, environment, log_filters)
        self.wait_ready()
        return self

    def wait_ready(self, seconds=30):
        def ready():
            if self.ended() is not None:
                raise RuntimeError('libvirtd has ended with wait status %s:\n%s'
                                   % (self.ended(), self.complaints()))
            # The socket exists before the drivers are initialised; a call is answered only after.
            try:
                libvirt.open(self.uri).close()
                return True
            except libvirt.libvirtError:
                return False
        wait_for(ready, 'libvirtd answers', seconds)

    def ended(self):
        """The wait status of the daemon, None while it runs."""
        return self.ask('status', pid=self.pid)['status']

    def end(self, number, seconds=60):
        """Ends the daemon by a signal; guests live on."""
        if self.pid is None:
            return
        self.close_connections()
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass
        wait_for(lambda: self.ended() is not None, 'libvirtd has ended', seconds)
        self.pid = None
        self.note()

    def kill(self):
        self.end(signal.SIGKILL)

    def terminate(self):
        self.end(signal.SIGTERM)

    def restart(self, number=signal.SIGKILL, driver=None):
        self.end(number)
        return self.start(driver)

    # clients

    @property
    def uri(self):
        return '%s?socket=%s' % (URI, self.path('/run/libvirt/libvirt-sock'))

    @property
    def readonly_uri(self):
        return '%s?socket=%s' % (URI, self.path('/run/libvirt/libvirt-sock-ro'))

    def connect(self, readonly=False):
        """A new libvirt connection; closed with the daemon."""
        connection = (libvirt.openReadOnly(self.readonly_uri) if readonly else libvirt.open(self.uri))
        self.connections.append(connection)
        return connection

    def close_connections(self):
        for connection in self.connections:
            try:
                connection.close()
            except libvirt.libvirtError:
                pass
        self.connections = []

    def virsh(self, *argv, check=True, readonly=False, quiet=True, timeout=30, **options):
        """Runs virsh in the session's namespaces, as a user would type it."""
        argv = [str(word) for word in argv]
        command = ['virsh', '-c', URI] + ['-q'] * quiet + ['-r'] * readonly + argv
        env = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8', 'HOME': self.directory,
               'XDG_CACHE_HOME': self.directory, 'XDG_RUNTIME_DIR': self.directory}
        process = self.run(*command, timeout=timeout, env=env, **options)
        result = Virsh(argv, process)
        if check and result.code != 0:
            raise AssertionError(str(result))
        return result

    # what it says

    def log(self):
        """The daemon's log so far."""
        try:
            return read(self.path('/var/log/libvirt/libvirtd.log'))
        except OSError:
            return ''

    def guest_log(self, name):
        try:
            return read(self.path('/var/log/libvirt/lxc/%s.log' % name))
        except OSError:
            return ''

    def complaints(self):
        """What explains a failure: errors and warnings of the log, and standard error."""
        lines = [line for line in self.log().splitlines() if ' error :' in line or ' warning :' in line]
        text = read(self.output)[-4000:] if os.path.exists(self.output) else ''
        return '\n'.join(lines[-40:]) + '\n' + text + self.sanitizer_reports()

    def sanitizer_reports(self):
        """What sanitizers found in the daemon, and in controllers, which write to the guests' logs."""
        if not os.path.isdir(self.directory):
            return ''
        found = ''.join(read(os.path.join(self.directory, name)) for name in os.listdir(self.directory)
                        if name.startswith(('asan.', 'ubsan.')))
        folder = self.path('/var/log/libvirt/lxc')
        logs = [os.path.join(folder, name) for name in os.listdir(folder)] if os.path.isdir(folder) else []
        for path in [self.output, *logs]:
            text = read(path) if os.path.exists(path) else ''
            if SANITIZER.search(text):
                found += '%s:\n%s\n' % (path, text[SANITIZER.search(text).start():])
        return found

    def processes(self):
        """pids of everything the session runs."""
        return self.ask('processes')['pids']

    # the end

    def close(self):
        """Ends everything and removes the session's files."""
        if self.holder is None:
            return
        self.close_connections()
        try:
            self.ask('stop')
        except (OSError, RuntimeError):
            pass
        if self.lifeline is not None:
            os.close(self.lifeline)
            self.process.wait(timeout=30)
            self.process.stdout.close()
        else:
            wait_for(lambda: not os.path.exists('/proc/%d' % self.holder), 'the session has ended', 30)
        self.control.close()
        self.holder = None
        complaint = read(os.path.join(self.directory, 'holder.log'))
        if complaint:
            print(complaint, file=sys.stderr)
        if self.owned:
            shutil.rmtree(self.directory, ignore_errors=True)


def read(path):
    with open(path, errors='replace') as file:
        return file.read()
