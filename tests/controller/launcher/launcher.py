# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays the daemon for the launcher: speaks its protocol over a socket, without libvirt."""
import array
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

BUSYBOX = '/bin/busybox'
F_ADD_SEALS, F_GET_SEALS, ALL_SEALS = 1033, 1034, 0xf
RULES = [{'allow': False, 'type': 'a', 'access': 'rwm'}] + [
    {'allow': True, 'type': 'c', 'major': major, 'minor': minor, 'access': 'rwm'}
    for major, minor in ((1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2))
] + [{'allow': True, 'type': 'c', 'major': 136, 'access': 'rwm'}]
CAPABILITIES = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP', 'CAP_KILL',
                'CAP_SYS_ADMIN', 'CAP_SYS_CHROOT', 'CAP_NET_ADMIN']


class LaunchError(Exception):
    """The launcher answered with an error."""

    def __init__(self, reply):
        super().__init__(reply['parameters'].get('message'))
        self.code = reply['error']
        self.message = reply['parameters'].get('message')


class Gone(Exception):
    """The launcher closed the socket."""


def busybox_root(path, owner=0):
    """A root directory with busybox as every command."""
    for name in ('bin', 'sbin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'run'):
        os.makedirs(os.path.join(path, name), exist_ok=True)
    shutil.copy(BUSYBOX, os.path.join(path, 'bin/busybox'))
    for name in ('sh', 'cat', 'ls', 'mount', 'ps', 'sleep', 'id', 'hostname', 'tty', 'stat', 'mknod', 'touch',
                 'ip', 'grep', 'mkdir', 'echo', 'pwd', 'dd', 'umount', 'readlink', 'true', 'uname', 'find'):
        if not os.path.lexists(os.path.join(path, 'bin', name)):
            os.symlink('busybox', os.path.join(path, 'bin', name))
    with open(os.path.join(path, 'etc/passwd'), 'w') as file:
        file.write('root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1001:Alice:/home/alice:/bin/sh\n')
    with open(os.path.join(path, 'etc/group'), 'w') as file:
        file.write('root:x:0:\nstaff:x:1001:\nwheel:x:10:bob,alice\naudio:x:29:alice\n')
    if owner:
        for folder, directories, files in os.walk(path):
            for name in directories + files + ['']:
                os.chown(os.path.join(folder, name), owner, owner, follow_symlinks=False)
    return path


def definition(name, root, state, script=None, **changes):
    """A container definition as the driver computes it; init is a shell that runs @script."""
    network = changes.pop('network', True)
    idmap = changes.pop('idmap', None)
    namespaces = ['mount', 'pid', 'uts', 'ipc', 'cgroup'] + (['network'] if network else []) + \
                 (['user'] if idmap else [])
    mounts = [
        ('/proc', 'proc', None, 'nosuid,noexec,nodev'),
        ('/proc/sys', 'bind', '/proc/sys', 'bind,nosuid,noexec,nodev,ro'),
    ]
    if network:
        mounts += [('/proc/sys/net/ipv4', 'bind', '/proc/sys/net/ipv4', 'bind,nosuid,noexec,nodev,rw'),
                   ('/proc/sys/net/ipv6', 'bind', '/proc/sys/net/ipv6', 'bind,nosuid,noexec,nodev,rw,nofail')]
    mounts = [{'destination': a, 'type': b, 'options': d.split(','),
               **({'source': c, 'caisson': {'sourceInContainer': True}} if c else {})}
              for a, b, c, d in mounts]
    if idmap and not network:
        mounts.append({'destination': '/sys', 'type': 'bind', 'source': '/sys',
                       'options': ['bind', 'nosuid', 'noexec', 'nodev', 'ro']})
    else:
        mounts.append({'destination': '/sys', 'type': 'sysfs', 'options': ['nosuid', 'noexec', 'nodev', 'ro']})
    mounts += [
        {'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'options': ['nosuid', 'noexec', 'nodev']},
        {'destination': '/dev', 'type': 'tmpfs', 'options': ['nosuid', 'mode=755', 'size=65536']},
        {'destination': '/dev/pts', 'type': 'devpts',
         'options': ['nosuid', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']},
    ] + changes.pop('mounts', [])
    caisson = {'name': name, 'uuid': 'c0ffee00-0000-4000-8000-000000000001', 'stateDirectory': state,
               'partition': '/machine', 'consoles': [{'alias': 'console%d' % i}
                                                     for i in range(changes.pop('consoles', 1))]}
    caisson.update(changes.pop('caisson', {}))
    resources = {'devices': RULES, 'memory': {'limit': 256 << 20}, 'pids': {'limit': 200}}
    resources.update(changes.pop('resources', {}))
    result = {
        'ociVersion': '1.2.0',
        'root': {'path': root, 'readonly': changes.pop('readonly', False)},
        'hostname': changes.pop('hostname', name),
        'mounts': mounts,
        'process': {
            'args': changes.pop('args', ['/bin/sh', '-c', script or 'sleep 1000']),
            'env': ['PATH=/bin:/sbin', 'TERM=linux', 'container=lxc-libvirt'],
            'cwd': changes.pop('cwd', '/'),
            'user': {'uid': 0, 'gid': 0},
            'capabilities': {kind: changes.get('capabilities', CAPABILITIES)
                             for kind in ('bounding', 'effective', 'permitted')},
        },
        'linux': {
            'namespaces': [{'type': kind} for kind in namespaces],
            'uidMappings': idmap or [],
            'gidMappings': idmap or [],
            'devices': changes.pop('devices', []),
            'resources': resources,
            'maskedPaths': ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/scsi', '/sys/firmware'],
            'readonlyPaths': ['/proc/bus', '/proc/irq', '/proc/sysrq-trigger'],
        },
        'caisson': caisson,
    }
    changes.pop('capabilities', None)
    result['linux'].update(changes.pop('linux', {}))
    assert not changes, changes
    return result


class Launcher:
    """One launcher process, later the keeper."""

    def __init__(self, program, name, environment=None, log=None):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket, self.name, self.fds = ours, name, []
        self.log = log or tempfile.TemporaryFile()
        theirs_number = theirs.fileno()

        def prepare():
            os.dup2(theirs_number, 3)
            os.set_inheritable(3, True)

        self.process = subprocess.Popen(
            [program, '--name', name, '--control-fd', '3'], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, pass_fds=(3, theirs_number) if theirs_number != 3 else (3,), preexec_fn=prepare,
            env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', **(environment or {})})
        theirs.close()

    @property
    def pid(self):
        return self.process.pid

    @property
    def group(self):
        return '/machine/lxc-%d-%s.libvirt-lxc' % (self.pid, self.name)

    def send(self, message, fds=()):
        self.socket.sendmsg([json.dumps(message).encode()],
                            [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else [])

    def receive(self, timeout=20):
        self.socket.settimeout(timeout)
        try:
            data, ancillary, _, _ = self.socket.recvmsg(70000, 4096)
        except ConnectionResetError:  # said once, before what there is
            data, ancillary, _, _ = self.socket.recvmsg(70000, 4096)
        fds = []
        for _, _, bytes_ in ancillary:
            received = array.array('i')
            received.frombytes(bytes_[:len(bytes_) - len(bytes_) % received.itemsize])
            fds += received
        for fd in self.fds:
            os.close(fd)
        self.fds = fds
        if not data:
            raise Gone('the launcher closed its socket: %s' % self.output())
        message = json.loads(data)
        if 'error' in message:
            raise LaunchError(message)
        return message

    def output(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read().decode()

    def launch(self, container, fds=(), seal=True):
        text = json.dumps(container).encode()
        memory = os.memfd_create('container', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.write(memory, text)
        if seal:
            fcntl.fcntl(memory, F_ADD_SEALS, ALL_SEALS)
        self.send({'method': 'Launch', 'parameters': {'version': 1}}, [memory, *fds])
        os.close(memory)

    def prepare(self, container, fds=()):
        self.launch(container, fds)
        event = self.receive()
        assert event['event'] == 'prepared', event
        self.prepared = event['parameters']
        return self.prepared

    def proceed(self):
        self.send({'method': 'Continue', 'parameters': {}})
        reply = self.receive()
        assert 'parameters' in reply and 'event' not in reply, reply
        return reply['parameters']

    def start(self, container, fds=()):
        self.prepare(container, fds)
        return self.proceed()

    def console(self, say=b'', timeout=10):
        """Says something to init, and gives everything init prints until it ends."""
        self.send({'method': 'OpenConsole', 'parameters': {}})
        while True:
            message = self.receive()
            if 'event' not in message:
                break
        stream = self.fds.pop()
        os.set_blocking(stream, True)
        os.write(stream, say)
        text, deadline = b'', time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not select.select([stream], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(stream, 65536)
            except OSError:
                break
            if not data:
                break
            text += data
        os.close(stream)
        return text.decode().replace('\r\n', '\n')

    def kill(self):
        """What the driver does at the end: kills everything of the guest and waits for the keeper."""
        for path in group_directories(self.group):
            for folder, _, _ in os.walk(path):
                try:
                    with open(folder + '/cgroup.procs') as file:
                        pids = [int(line) for line in file]
                except OSError:
                    pids = []
                assert 1 not in pids, 'init of the host is in a group of a guest'
                for pid in pids:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                if os.path.exists(folder + '/freezer.state'):
                    with open(folder + '/freezer.state', 'w') as file:
                        file.write('THAWED')
        self.process.kill()
        self.process.wait()
        for fd in self.fds:
            os.close(fd)
        self.fds = []
        self.socket.close()
        self.log.close()
        remove_groups(self.group)


def hierarchies():
    with open('/proc/self/mountinfo') as file:
        return [line.split()[4] for line in file if ' - cgroup' in line and line.split()[3] == '/']


def group_directories(group):
    return [path + group for path in hierarchies() if os.path.isdir(path + group)]


def remove_groups(group, timeout=10):
    deadline = time.monotonic() + timeout
    while group_directories(group):
        for path in group_directories(group):
            for folder, _, _ in os.walk(path, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass
        if time.monotonic() > deadline:
            raise AssertionError('groups cannot be removed: %s' % group_directories(group))
        time.sleep(0.002)


def become_subreaper():
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def have_own_mounts():
    """What others mount and unmount on the host meanwhile is not counted."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x20000) or libc.mount(None, b'/', None, 0x44000, None):    # MS_REC | MS_PRIVATE
        raise OSError(ctypes.get_errno(), 'no mount namespace')


def children():
    """Pids of our own children and of orphans we inherited."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/stat' % pid) as file:
                fields = file.read().rsplit(') ', 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.append((int(pid), fields[0]))
    return sorted(found)


def traces():
    """What a guest could leave on the host."""
    with open('/proc/self/mountinfo') as file:
        mounts = len(file.readlines())
    return {'mounts': mounts, 'descriptors': len(os.listdir('/proc/self/fd')), 'processes': children()}


def expect_traces(before, timeout=5):
    """Some things end a moment after the process that had them."""
    deadline = time.monotonic() + timeout
    while True:
        after = traces()
        if after == before:
            return
        if time.monotonic() > deadline:
            raise AssertionError('left behind: %s' % {key: (before[key], after[key]) for key in after
                                                      if after[key] != before[key]})
        time.sleep(0.01)
