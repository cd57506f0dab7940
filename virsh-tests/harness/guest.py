# SPDX-License-Identifier: LGPL-2.1-or-later
"""Root file systems and domain XML of guests."""
import fcntl
import glob
import os
import shutil
import subprocess
from xml.sax.saxutils import escape, quoteattr

from . import build

CACHE = os.environ.get('CAISSON_TEST_CACHE', '/var/cache/caisson-tests')

PASSWD = '''\
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/:/bin/false
keel:x:1000:1000:Keel:/home/keel:/bin/sh
'''
GROUP = '''\
root:x:0:
daemon:x:1:
hull:x:50:keel
keel:x:1000:
'''

# An init that answers what tests ask of it, and notes what it hears in /heard.
LISTENER = '''\
#!/bin/sh
trap 'echo TERM >> /heard; exit 0' TERM
trap 'echo HUP >> /heard; reboot -f' HUP
trap 'echo INT >> /heard; reboot -f' INT
trap 'echo USR1 >> /heard' USR1
trap 'echo USR2 >> /heard' USR2
trap 'echo PWR >> /heard; exit 0' PWR
env > /environment
echo started >> /heard
while :; do sleep 1000 & wait $!; done
'''

# The usual thing: kernel file systems are mounted by the driver, so init has only gettys to run.
INITTAB = '''\
::sysinit:/bin/sh -c "echo booted >> /heard"
console::respawn:/bin/sh
::ctrlaltdel:/bin/reboot
::shutdown:/bin/sh -c "echo shutdown >> /heard"
'''


def busybox_root(directory, owner=0):
    """A small root file system; everything in it belongs to owner (for id maps)."""
    busybox = shutil.which('busybox')
    if busybox is None:
        raise build.Missing('busybox-static is not installed; run tools/install-dependencies --test')
    for name in ('bin', 'sbin', 'usr/bin', 'usr/sbin', 'etc', 'dev', 'proc', 'sys', 'tmp', 'root',
                 'run', 'var', 'home/keel', 'mnt'):
        os.makedirs(os.path.join(directory, name), exist_ok=True)
    os.chmod(directory, 0o755)
    os.chmod(os.path.join(directory, 'tmp'), 0o1777)
    shutil.copy2(busybox, os.path.join(directory, 'bin/busybox'))
    for applet in applets(busybox):
        os.symlink('/bin/busybox', os.path.join(directory, 'bin', applet))
    os.symlink('/bin/busybox', os.path.join(directory, 'sbin/init'))
    put(directory, 'etc/passwd', PASSWD)
    put(directory, 'etc/group', GROUP)
    put(directory, 'etc/inittab', INITTAB)
    put(directory, 'sbin/listener', LISTENER, 0o755)
    if owner:
        for folder, folders, files in os.walk(directory):
            for name in folders + files:
                os.lchown(os.path.join(folder, name), owner, owner)
        os.chown(directory, owner, owner)
    return directory


def applets(busybox, known={}):
    if busybox not in known:
        known[busybox] = [name for name in subprocess.run([busybox, '--list'], check=True, text=True,
                                                          capture_output=True).stdout.split()
                          if name != 'busybox']
    return known[busybox]


def put(directory, name, text, mode=0o644):
    path = os.path.join(directory, name)
    with open(path, 'w') as file:
        file.write(text)
    os.chmod(path, mode)


def read_file(directory, name):
    """What the guest wrote, '' while there is nothing."""
    try:
        with open(os.path.join(directory, name), errors='replace') as file:
            return file.read()
    except OSError:
        return ''


def debian_root(init, suite='bookworm'):
    """A Debian root with this init ("systemd" or "sysvinit"), built once by mmdebstrap."""
    packages = {'systemd': ['systemd-sysv', 'dbus'], 'sysvinit': ['sysvinit-core']}[init]
    directory = os.path.join(CACHE, '%s-%s' % (suite, init))
    os.makedirs(CACHE, exist_ok=True)
    with open(directory + '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(directory, '.complete')):
            make_debian_root(directory, suite, packages)
    return directory


def make_debian_root(directory, suite, packages):
    if shutil.which('mmdebstrap') is None:
        raise build.Missing('mmdebstrap is not installed; run tools/install-dependencies --test')
    shutil.rmtree(directory, ignore_errors=True)
    subprocess.run(['mmdebstrap', '--mode=root', '--variant=minbase', '--format=directory', '--quiet',
                    '--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"',
                    '--aptopt=Acquire::Check-Valid-Until "false"', '--dpkgopt=force-unsafe-io',
                    '--dpkgopt=path-exclude=/usr/share/doc/*', '--dpkgopt=path-exclude=/usr/share/man/*',
                    '--include=' + ','.join(packages), suite, directory],
                   check=True, capture_output=True, text=True)
    put(directory, 'etc/fstab', '')
    put(directory, 'etc/hostname', 'guest\n')
    with open(os.path.join(directory, '.complete'), 'w'):
        pass


def debian_package(name):
    """The package of this machine's own release, fetched once."""
    directory = os.path.join(CACHE, 'packages')
    os.makedirs(directory, exist_ok=True)
    # apt gives up root's rights for a download
    os.chmod(directory, 0o777)
    with open(directory + '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not glob.glob('%s/%s_*.deb' % (directory, name)):
            done = subprocess.run(['apt-get', '-qq', 'download', name], cwd=directory, check=False, capture_output=True)
            if done.returncode != 0:
                raise build.Missing('the package %s cannot be fetched' % name)
    return glob.glob('%s/%s_*.deb' % (directory, name))[0]


def copy_root(source, directory):
    """A copy a guest may write to."""
    subprocess.run(['cp', '-a', '--reflink=auto', source, directory], check=True)
    return directory


class Guest:
    """Domain XML, built from what a test cares about; extra texts go in verbatim."""

    def __init__(self, name, root, init='/sbin/listener', **options):
        self.name, self.root, self.init = name, root, init
        self.arguments = options.pop('arguments', ())
        self.uuid = options.pop('uuid', None)
        self.memory = options.pop('memory', 64)
        self.vcpu = options.pop('vcpu', '<vcpu>1</vcpu>')
        self.consoles = options.pop('consoles', 1)
        self.top = options.pop('top', '')          # before <os>
        self.os = options.pop('os', '')            # inside <os>, after the arguments
        self.features = options.pop('features', '<privnet/>')
        self.idmap = options.pop('idmap', None)
        self.actions = options.pop('actions', {})  # {'on_reboot': 'destroy'}
        self.devices = options.pop('devices', '')
        self.readonly = options.pop('readonly', False)
        self.root_element = options.pop('root_element', None)  # instead of the directory
        assert not options, 'unknown options: %s' % options

    def root_directory(self):
        return "<filesystem type='mount'><source dir=%s/><target dir='/'/>%s</filesystem>" % (
            quoteattr(self.root), '<readonly/>' if self.readonly else '')

    def xml(self):
        uuid = '<uuid>%s</uuid>' % self.uuid if self.uuid else ''
        arguments = ''.join('<initarg>%s</initarg>' % escape(word) for word in self.arguments)
        idmap = ''
        if self.idmap:
            idmap = ("<idmap><uid start='0' target='{0}' count='65536'/>"
                     "<gid start='0' target='{0}' count='65536'/></idmap>").format(self.idmap)
        actions = ''.join('<%s>%s</%s>' % (key, word, key) for key, word in self.actions.items())
        return '''\
<domain type='lxc'>
  <name>%s</name>%s
  <memory unit='MiB'>%d</memory>
  %s%s
  <os><type>exe</type><init>%s</init>%s%s</os>%s
  <features>%s</features>
  %s
  <devices>
    %s
    %s%s
  </devices>
</domain>
''' % (escape(self.name), uuid, self.memory, self.vcpu, self.top, escape(self.init), arguments, self.os, idmap,
            self.features, actions, self.root_element or self.root_directory(),
            "<console type='pty'/>" * self.consoles, self.devices)
