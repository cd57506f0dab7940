# SPDX-License-Identifier: LGPL-2.1-or-later
"""Other ways to run the same program in the same root: what Debian ships besides libvirt.

Each is called as its users do, by its command; a start is from calling that command until the program
has noted the clock, a stop from calling the command that ends it until it has returned. Both begin with nsenter, which takes
about a millisecond.
"""
import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from harness import guest
from harness.daemon import wait_for


FLOOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'floor.c')
# They use no hierarchy of version 2 beside those of version 1.
ALONE = 'if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi; exec "$@"'


def quiet(argv):
    """Runs it; answers what it printed."""
    # A file: what is detached would keep a pipe open.
    with tempfile.TemporaryFile(mode='w+') as output, tempfile.TemporaryFile(mode='w+') as errors:
        code = subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                              timeout=30).returncode
        for file in (output, errors):
            file.seek(0)
        if code != 0:
            raise RuntimeError('%s: %s' % (' '.join(argv), errors.read()))
        return output.read()


class Peer:
    """A runtime; its commands run in a mount namespace of their own, which is there before."""
    program = None

    def __init__(self, side, directory):
        self.side, self.directory = side, directory
        self.stamp = 'stamps/' + self.program
        self.holder = subprocess.Popen(['unshare', '--mount', '--propagation', 'private', 'sh', '-c', ALONE, 'sh',
                                        'sleep', 'infinity'])
        wait_for(lambda: guest.read_file('/proc/%d' % self.holder.pid, 'comm') == 'sleep\n', 'it has its mounts')

    @classmethod
    def available(cls):
        return shutil.which(cls.program, path='/usr/sbin:/usr/bin:/sbin:/bin') is not None

    def enter(self, *argv):
        return ['nsenter', '--target', str(self.holder.pid), '--mount', *argv]

    def end(self):
        self.holder.kill()
        self.holder.wait()

    def started(self):
        text = guest.read_file(self.side.root, self.stamp)
        return int(text) if text.endswith('\n') else None

    def measure(self):
        """Milliseconds of a start and of a stop."""
        try:
            os.unlink(os.path.join(self.side.root, self.stamp))
        except FileNotFoundError:
            pass
        begin = time.monotonic_ns()
        self.start()
        ran = wait_for(self.started, self.program + ' has started its program', 20, 0.0002) - begin
        time.sleep(0.02)
        begin = time.monotonic_ns()
        self.stop()
        return ran / 1e6, (time.monotonic_ns() - begin) / 1e6

    def start(self):
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError


class Oci(Peer):
    """Runs the bundle that `domxml-to-native oci` makes of the same domain."""

    def __init__(self, side, directory):
        super().__init__(side, directory)
        self.write_bundle(directory, self.program)

    def write_bundle(self, directory, name):
        described = guest.Guest(name, self.side.root, init='/bin/stamp', memory=128, arguments=['/stamps/' + name, 'sleep'])
        bundle = json.loads(self.side.connection.domainXMLToNative('oci', described.xml(), 0))
        bundle.pop('caisson', None)
        bundle['process']['terminal'] = False
        # Neither forgives a capability that the host lacks.
        bundle['process']['capabilities'] = {kind: ['CAP_CHOWN', 'CAP_KILL', 'CAP_DAC_OVERRIDE', 'CAP_NET_ADMIN']
                                             for kind in ('bounding', 'effective', 'permitted')}
        with open(os.path.join(directory, 'config.json'), 'w') as file:
            json.dump(bundle, file)

    def start(self, directory=None, name='peer'):
        quiet(self.enter(self.program, 'run', '--detach', '--bundle', directory or self.directory, name))

    def stop(self, name='peer'):
        quiet(self.enter(self.program, 'delete', '--force', name))

    def measure_many(self, names, threads):
        """Milliseconds until the programs of all have run, and until all have been ended."""
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            for name in names:
                self.side.clear(name)
                os.makedirs(os.path.join(self.directory, name), exist_ok=True)
                self.write_bundle(os.path.join(self.directory, name), name)
            begin = time.monotonic_ns()
            list(pool.map(lambda name: self.start(os.path.join(self.directory, name), name), names))
            ran = max(self.side.stamp(name) for name in names) - begin
            begin = time.monotonic_ns()
            list(pool.map(self.stop, names))
            return ran / 1e6, (time.monotonic_ns() - begin) / 1e6


class Crun(Oci):
    program = 'crun'


class Runc(Oci):
    program = 'runc'


class Podman(Peer):
    program = 'podman'

    def podman(self, *argv):
        """With storage of its own, and no daemon of a log or of events."""
        places = ['--%s=%s/%s' % (option, self.directory, option) for option in ('root', 'runroot', 'tmpdir')]
        quiet(self.enter('podman', *places, '--runtime=crun', '--storage-driver=vfs', '--cgroup-manager=cgroupfs',
                         '--events-backend=none', *argv))

    def start(self):
        # The limits are those that a session without CAP_SYS_RESOURCE may set.
        self.podman('run', '--detach', '--name=peer', '--network=none', '--log-driver=none', '--ulimit=nofile=1024:2048',
                    '--ulimit=nproc=4096:4096', '--rootfs', self.side.root, '/bin/stamp', '/' + self.stamp, 'sleep')

    def stop(self):
        self.podman('rm', '--force', '--time=0', 'peer')


class Lxc(Peer):
    program = 'lxc-start'

    def __init__(self, side, directory):
        super().__init__(side, directory)
        os.mkdir(os.path.join(directory, 'peer'))
        with open(os.path.join(directory, 'peer/config'), 'w') as file:
            file.write('lxc.rootfs.path = dir:%s\nlxc.uts.name = peer\nlxc.net.0.type = empty\n'
                       'lxc.init.cmd = /bin/stamp /%s sleep\nlxc.apparmor.profile = unconfined\n'
                       'lxc.mount.auto = proc sys\nlxc.autodev = 1\n' % (side.root, self.stamp))

    def start(self):
        quiet(self.enter('lxc-start', '-P', self.directory, '-n', 'peer', '-d'))

    def stop(self):
        quiet(self.enter('lxc-stop', '-P', self.directory, '-n', 'peer', '-k'))


class Nspawn(Peer):
    program = 'systemd-nspawn'
    process = None

    def start(self):
        self.process = subprocess.Popen(
            self.enter('systemd-nspawn', '--quiet', '--register=no', '--keep-unit', '--private-network', '--machine=peer',
                       '--console=pipe', '--directory=' + self.side.root, '/bin/stamp', '/' + self.stamp, 'sleep'),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        children = '/proc/%d/task/%d/children' % (self.process.pid, self.process.pid)
        with open(children) as file:
            found = re.findall(r'\d+', file.read())
        for pid in found or [str(self.process.pid)]:
            os.kill(int(pid), signal.SIGKILL)
        self.process.wait(30)


class Floor(Peer):
    """No runtime, but the least that one has to do: floor.c."""
    program = 'floor'

    def __init__(self, side, directory):
        super().__init__(side, directory)
        self.group, self.pid = 'floor-%d' % os.getpid(), None
        self.executable = os.path.join(directory, 'floor')
        subprocess.run(['gcc', '-O2', '-static', '-o', self.executable, FLOOR], check=True)

    @classmethod
    def available(cls):
        return True

    def start(self):
        self.pid = quiet(self.enter(self.executable, 'start', self.group, self.side.root, '/bin/stamp', '/' + self.stamp,
                                    'sleep')).strip()

    def stop(self):
        quiet(self.enter(self.executable, 'stop', self.group, self.pid))


PEERS = (Floor, Crun, Runc, Podman, Lxc, Nspawn)
