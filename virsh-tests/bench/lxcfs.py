# SPDX-License-Identifier: LGPL-2.1-or-later
"""/proc/meminfo as processes of the host read it: the kernel's own, and that of LXCFS.

LXCFS is that of the distribution; where it is not installed its package is unpacked into a directory of
the measurement's own, so that no service of it starts. Both are read by the same program as in guests,
in a pid namespace of its own, as a container's.
"""
import os
import shutil
import signal
import subprocess

from harness import guest
from harness.daemon import wait_for

# The program, and the file it notes its figure in, in namespaces that end with it.
READ = 'exec unshare --pid --fork --kill-child --mount-proc sh -c \'%s exec "$0" "$@" meminfo 300\' "$0" "$@"'


def program(directory):
    """(argv, environment) of LXCFS, or None."""
    installed = shutil.which('lxcfs', path='/usr/sbin:/usr/bin')
    if installed:
        return [installed], {}
    os.mkdir(directory)
    # apt gives up root's rights for a download
    os.chmod(directory, 0o777)
    for command in (['apt-get', '-qq', 'download', 'lxcfs'], ['sh', '-c', 'dpkg -x lxcfs_*.deb .']):
        if subprocess.run(command, cwd=directory, check=False, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode != 0:
            return None
    libraries = [folder for folder, _, names in os.walk(directory) if 'liblxcfs.so' in names]
    return [os.path.join(directory, 'usr/bin/lxcfs')], {'LD_LIBRARY_PATH': ':'.join(libraries)}


def read(root, enter, before=''):
    """Microseconds of one read."""
    figure = os.path.join(root, 'stamps/host')
    reader = subprocess.Popen([*enter, 'sh', '-c', READ % before, os.path.join(root, 'bin/stamp'), figure])
    try:
        wait_for(lambda: guest.read_file(root, 'stamps/host.end').endswith('\n'), 'it has read', 20)
        return int(guest.read_file(root, 'stamps/host.end')) / 1e3
    finally:
        reader.send_signal(signal.SIGKILL)
        reader.wait()
        for name in (figure, figure + '.end'):
            if os.path.exists(name):
                os.unlink(name)


class Lxcfs:
    """A server with a mount of its own; None of it stays."""

    def __init__(self, directory):
        self.place, self.server = os.path.join(directory, 'lxcfs-mount'), None
        found = program(os.path.join(directory, 'lxcfs-package'))
        if not found:
            return
        os.mkdir(self.place)
        words, environment = found
        self.server = subprocess.Popen(
            ['unshare', '--mount', '--propagation', 'private', *words, '-f', '-p', self.place + '.pid', self.place],
            env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        mount = '/proc/%d/root%s/proc/meminfo' % (self.server.pid, self.place)
        wait_for(lambda: os.path.exists(mount) or self.server.poll() is not None, 'LXCFS answers', 20)
        if self.server.poll() is not None:
            self.server = None

    def read(self, root):
        return read(root, ['nsenter', '--target', str(self.server.pid), '--mount'],
                    'mount --bind %s/proc/meminfo /proc/meminfo &&' % self.place)

    def end(self):
        if self.server:
            self.server.terminate()
            self.server.wait()
