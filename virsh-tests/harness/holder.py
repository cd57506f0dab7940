#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The process that owns a test session's namespaces, control groups and children.

Started by `unshare --mount --net --propagation private`; everything the daemon and its guests
touch lies below what is made here:

* mount namespace: tmpfs over libvirt's directories and /run (so no system bus either), a copy of
  the controllers' directory, sysfs of the new network namespace;
* control groups: one directory in every hierarchy, made the root of a cgroup namespace, so that
  sessions running at the same time do not see each other and what is left can be counted;
* processes: child subreaper, so that controllers that outlive the daemon stay descendants.

Commands come as JSON packets on a SEQPACKET socket (SESSION/control); see Holder.commands.
Only the standard library is used: the file also runs inside other releases' root directories.
"""
import argparse
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWCGROUP = 0x02000000
PR_SET_CHILD_SUBREAPER = 36
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_MOVE, MS_REC = 2, 4, 8, 4096, 8192, 16384
MNT_DETACH = 2

LIBVIRT_DIRECTORIES = ('/etc/libvirt', '/var/lib/libvirt', '/var/log/libvirt', '/var/cache/libvirt')
SHARE = '/usr/share'


def check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, '%s: %s' % (what, os.strerror(number)))


def mount(source, target, fstype=None, flags=0, data=None):
    encode = lambda text: text.encode() if text is not None else None
    check(LIBC.mount(encode(source), encode(target), encode(fstype), ctypes.c_ulong(flags),
                     encode(data)), 'cannot mount %s on %s' % (source, target))


def umount(target):
    check(LIBC.umount2(target.encode(), MNT_DETACH), 'cannot unmount %s' % target)


class Hierarchy:
    """One control group hierarchy, as a line of /proc/self/cgroup names it."""

    def __init__(self, line):
        _, self.controllers, self.path = line.rstrip('\n').split(':', 2)
        self.unified = self.controllers == ''
        self.name = 'unified' if self.unified else self.controllers.replace('name=', '')

    def mount(self, target):
        os.makedirs(target, exist_ok=True)
        if self.unified:
            mount('cgroup2', target, 'cgroup2', MS_NOSUID | MS_NODEV | MS_NOEXEC)
            return
        named = self.controllers.startswith('name=')
        mount('cgroup', target, 'cgroup', MS_NOSUID | MS_NODEV | MS_NOEXEC,
              'none,' + self.controllers if named else self.controllers)


def write(path, text):
    with open(path, 'w') as file:
        file.write(text)


def read(path):
    with open(path) as file:
        return file.read()


class Groups:
    """This session's directory in every hierarchy."""

    def __init__(self, session, label):
        self.hidden = os.path.join(session, 'cgroup')
        self.label = label
        self.hierarchies = []
        self.outside = []

    def enter(self):
        """Creates the directories and makes them the roots of a cgroup namespace."""
        for line in open('/proc/self/cgroup'):
            hierarchy = Hierarchy(line)
            outside = os.path.join(self.hidden, hierarchy.name)
            try:
                hierarchy.mount(outside)
                parent = os.path.join(outside, hierarchy.path.lstrip('/'))
                if hierarchy.unified:
                    parent = self.pass_on(parent)
                directory = os.path.join(parent, self.label)
                os.mkdir(directory)
                self.prepare(hierarchy, directory)
                write(os.path.join(directory, 'cgroup.procs'), str(os.getpid()))
                self.outside.append(os.open(os.path.dirname(directory), os.O_RDONLY | os.O_CLOEXEC))
            except OSError as error:
                # A hierarchy that may not be written is one the daemon could not use either.
                print('holder: without hierarchy %s: %s' % (hierarchy.name, error), file=sys.stderr)
                continue
            finally:
                # Programs look for hierarchies in the mount table: these are not for them.
                if os.path.ismount(outside):
                    umount(outside)
            self.hierarchies.append(hierarchy)
        check(LIBC.unshare(CLONE_NEWCGROUP), 'cannot unshare the cgroup namespace')

    def pass_on(self, directory):
        """The group in which sessions are made: one that may pass its controllers on.

        Version 2 allows that of the root, and of groups without processes of their own; ours has
        one, so the group above it has to do, which a service manager delegated or made for us.
        """
        place = directory
        if os.path.exists(os.path.join(directory, 'cgroup.type')):
            place = os.path.dirname(directory)
        # Of a hybrid layout it has nothing the daemon's guests need.
        if 'memory' not in read(os.path.join(place, 'cgroup.controllers')).split():
            return directory
        self.pass_on_all(place)
        return place

    @staticmethod
    def pass_on_all(place):
        control = os.path.join(place, 'cgroup.subtree_control')
        available = set(read(os.path.join(place, 'cgroup.controllers')).split())
        for controller in sorted(available - set(read(control).split())):
            write(control, '+' + controller)

    @staticmethod
    def prepare(hierarchy, directory):
        if 'cpuset' in hierarchy.controllers.split(','):
            for file in ('cpuset.cpus', 'cpuset.mems'):
                write(os.path.join(directory, file),
                      read(os.path.join(os.path.dirname(directory), file)))

    def show(self, root='/sys/fs/cgroup'):
        """Mounts the hierarchies where everybody looks for them, seen from inside."""
        only_unified = [h.unified for h in self.hierarchies] == [True]
        if only_unified:
            self.hierarchies[0].mount(root)
        else:
            mount('tmpfs', root, 'tmpfs', MS_NOSUID | MS_NODEV | MS_NOEXEC, 'mode=755')
            for hierarchy in self.hierarchies:
                self.show_one(hierarchy, root)
        # Version 2 allows no processes in a group whose children have controllers.
        if only_unified:
            os.mkdir(os.path.join(root, 'session'))
            write(os.path.join(root, 'session', 'cgroup.procs'), str(os.getpid()))
            # The stock driver takes what a service manager passes on, and passes nothing on itself.
            self.pass_on_all(root)

    @staticmethod
    def show_one(hierarchy, root):
        hierarchy.mount(os.path.join(root, hierarchy.name))
        if ',' in hierarchy.name:
            for controller in hierarchy.name.split(','):
                os.symlink(hierarchy.name, os.path.join(root, controller))

    def leave(self):
        """Goes back where it came from and removes everything below the session's directories."""
        for outside in self.outside:
            # The hierarchy is mounted nowhere any more; paths below a descriptor still work.
            parent = '/proc/self/fd/%d' % outside
            try:
                write(os.path.join(parent, 'cgroup.procs'), str(os.getpid()))
            except OSError:
                pass
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline and not self.remove(os.path.join(parent, self.label)):
                time.sleep(0.01)

    @staticmethod
    def remove(top):
        for directory, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(directory)
            except OSError:
                pass
        return not os.path.exists(top)


def mount_sysfs():
    """sysfs shows the links of the network namespace it was mounted in."""
    mount('sysfs', '/sys', 'sysfs', MS_NOSUID | MS_NODEV | MS_NOEXEC)


def mount_libvirt(controllers):
    """Private directories; the host's are created when a library-only install lacks them."""
    made = []
    for directory in LIBVIRT_DIRECTORIES:
        if not os.path.isdir(directory):
            os.makedirs(directory)
            made.append(directory)
        mount('tmpfs', directory, 'tmpfs', 0, 'mode=755')
    mount('tmpfs', '/run', 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=755')
    os.makedirs('/run/lock')
    os.makedirs('/run/libvirt')
    if not os.path.isdir(controllers):
        os.makedirs(controllers)
        made.append(controllers)
    stock = {name: os.path.join(controllers, name) for name in os.listdir(controllers)}
    copy = '/run/libvirt-controllers'
    os.mkdir(copy)
    for name, path in stock.items():
        if os.path.isfile(path):
            shutil.copy2(path, os.path.join(copy, name))
    mount('tmpfs', controllers, 'tmpfs', 0, 'mode=755')
    for name in os.listdir(copy):
        shutil.copy2(os.path.join(copy, name), os.path.join(controllers, name))
    mount_share('/run/libvirt-share')
    return made


def mount_share(layer):
    """Schemas are installed there: what is written to it stays in the session."""
    upper, work = os.path.join(layer, 'upper'), os.path.join(layer, 'work')
    os.makedirs(upper)
    os.makedirs(work)
    mount('overlay', SHARE, 'overlay', 0,
          'lowerdir=%s,upperdir=%s,workdir=%s' % (SHARE, upper, work))


def parents():
    """pid → parent pid of all processes."""
    result = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                stat = read('/proc/%s/stat' % name)
            except OSError:
                continue
            result[int(name)] = int(stat.rsplit(')', 1)[1].split()[1])
    return result


def descendants(pid):
    tree = parents()
    found, fresh = set(), {pid}
    while fresh:
        fresh = {child for child, parent in tree.items() if parent in fresh and child not in found}
        found |= fresh
    return found


class Holder:
    """The command loop."""

    def __init__(self, options):
        self.options = options
        self.children = {}
        self.wakeup, self.signalled = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.commands = {
            'spawn': self.spawn, 'status': self.status, 'processes': self.processes,
            'stop': self.stop,
        }
        self.running = True

    def spawn(self, argv, env, output):
        """Runs a program in the session; answers its pid."""
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        child = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                 start_new_session=True, cwd='/')
        os.close(file)
        self.children[child.pid] = None
        return {'pid': child.pid}

    def status(self, pid):
        """The wait status of a child once it has ended."""
        return {'status': self.children.get(pid)}

    def processes(self):
        return {'pids': sorted(descendants(os.getpid()))}

    def stop(self):
        self.running = False
        return {}

    def reap(self):
        try:
            os.read(self.wakeup, 4096)
        except BlockingIOError:
            pass
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.children:
                self.children[pid] = status

    def answer(self, client):
        packet = client.recv(65536)
        if not packet:
            return False
        request = json.loads(packet)
        try:
            reply = self.commands[request.pop('command')](**request)
        except Exception as error:  # the caller gets to see whatever went wrong
            reply = {'error': str(error)}
        client.send(json.dumps(reply).encode())
        return True

    def loop(self):
        signal.set_wakeup_fd(self.signalled, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stop())
        server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server.bind(os.path.join(self.options.session, 'control'))
        server.listen()
        os.write(1, b'ready\n')
        sources = [server, self.wakeup]
        if self.options.lifeline is not None:
            sources.append(self.options.lifeline)
        while self.running:
            for source in select.select(sources, [], [])[0]:
                if source == self.wakeup:
                    self.reap()
                elif source == self.options.lifeline:
                    self.running = False
                elif source is server:
                    sources.append(server.accept()[0])
                elif not self.answer(source):
                    sources.remove(source)
                    source.close()

    def end_children(self):
        """Kills what is left, then waits for it."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            left = descendants(os.getpid())
            if not left:
                return
            for pid in left:
                self.thaw(pid)
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.reap()
            time.sleep(0.01)

    @staticmethod
    def thaw(pid):
        """A frozen task does not die of SIGKILL on a version 1 freezer."""
        try:
            for line in open('/proc/%d/cgroup' % pid):
                _, controllers, path = line.rstrip('\n').split(':', 2)
                if controllers == 'freezer':
                    while path.strip('/'):
                        write('/sys/fs/cgroup/freezer%s/freezer.state' % path, 'THAWED')
                        path = os.path.dirname(path)
        except OSError:
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--session', required=True, help='directory of this session')
    parser.add_argument('--label', required=True, help='name of the control groups')
    parser.add_argument('--controllers', default='/usr/lib/libvirt')
    parser.add_argument('--lifeline', type=int, help='descriptor whose end of file ends the session')
    options = parser.parse_args()

    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    check(LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 'cannot become a subreaper')
    groups = Groups(options.session, options.label)
    made = []
    holder = Holder(options)
    try:
        groups.enter()
        mount_sysfs()
        groups.show()
        made = mount_libvirt(options.controllers)
        subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
        holder.loop()
    finally:
        holder.end_children()
        groups.leave()
        for directory in [*LIBVIRT_DIRECTORIES, SHARE, options.controllers, '/run']:
            try:
                umount(directory)
            except OSError:
                pass
        for directory in made:
            os.rmdir(directory)


if __name__ == '__main__':
    main()
