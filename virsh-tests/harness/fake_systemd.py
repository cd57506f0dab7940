#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays systemd and machined on a private bus, for hosts that run neither.

fake_systemd.py --directory DIR [--without-machined]

Scopes are directories of control groups with the given processes in them, and vanish when the last
process has left, as with systemd. DIR/calls has one line of JSON per call; DIR/state the machines and
scopes there are; DIR/mode what a start is answered: "normal", "slow", "hang", "refuse", "taken",
"lose-bus-before" and "lose-bus-after" (the scope was made). DIR/bus.pid is whom to kill for that.
SIGHUP: go to the bus that has the address now.
"""
import argparse
import ctypes
import json
import os
import signal
import time

import dbus
import dbus.mainloop.glib
import dbus.service

TOP = '/sys/fs/cgroup'
MACHINED, SYSTEMD = 'org.freedesktop.machine1', 'org.freedesktop.systemd1'
GLIB = ctypes.CDLL('libglib-2.0.so.0')
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


def write(path, text):
    with open(path, 'w') as file:
        file.write(text)


def hierarchies():
    """Where systemd keeps groups: on a hybrid host its own, version 2, and delegated controllers."""
    if os.path.exists(TOP + '/cgroup.controllers'):
        return [TOP]
    names = ('systemd', 'unified', 'memory', 'pids')
    return [os.path.join(TOP, name) for name in names if os.path.isdir(os.path.join(TOP, name))]


def make(top, path):
    """A directory for each component; version 2 hands its controllers down."""
    for word in path.strip('/').split('/'):
        controllers = os.path.join(top, 'cgroup.controllers')
        if os.path.exists(controllers):
            with open(controllers) as file:
                given = file.read().split()
            try:
                write(os.path.join(top, 'cgroup.subtree_control'), ' '.join('+' + name for name in given))
            except OSError:
                pass  # the session's root has processes
        top = os.path.join(top, word)
        os.makedirs(top, exist_ok=True)


class Scope:
    """A unit with processes."""

    def __init__(self, name, machine, properties):
        slice_ = str(properties.get('Slice', 'machine.slice'))[:-len('.slice')].split('-')
        self.path = ''.join('/%s.slice' % '-'.join(slice_[:i + 1]) for i in range(len(slice_))) + '/' + name
        self.machine = machine

    def start(self, pids):
        for top in hierarchies():
            make(top, self.path)
            for pid in pids:
                write(top + self.path + '/cgroup.procs', str(int(pid)))

    def pids(self):
        found = set()
        for top in hierarchies():
            for folder, _, _ in os.walk(top + self.path):
                try:
                    with open(folder + '/cgroup.procs') as file:
                        found.update(int(line) for line in file)
                except OSError:
                    pass
        return found

    def stop(self):
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass

    def remove(self):
        for top in hierarchies():
            for folder, _, _ in os.walk(top + self.path, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass


class Fake:
    """What both services share."""

    def __init__(self, directory):
        self.directory = directory
        self.scopes = {}
        self.note_state()

    def note_call(self, method, **arguments):
        with open(os.path.join(self.directory, 'calls'), 'a') as file:
            file.write(json.dumps({'method': method, **arguments}) + '\n')

    def note_state(self):
        path = os.path.join(self.directory, 'state')
        write(path + '.new', json.dumps({name: scope.machine for name, scope in self.scopes.items()}))
        os.rename(path + '.new', path)

    def lose_bus(self):
        with open(os.path.join(self.directory, 'bus.pid')) as file:
            os.kill(int(file.read()), signal.SIGKILL)

    def start(self, name, machine, properties, pids):
        with open(os.path.join(self.directory, 'mode')) as file:
            mode = file.read().strip()
        if mode == 'lose-bus-before':
            self.lose_bus()
            return
        if mode == 'refuse':
            raise dbus.DBusException('no machines today', name='org.freedesktop.DBus.Error.AccessDenied')
        if mode == 'taken':
            raise dbus.DBusException("Machine '%s' already exists" % machine, name=MACHINED + '.MachineExists')
        time.sleep({'slow': 2, 'hang': 13}.get(mode, 0))
        scope = Scope(name, machine, properties)
        try:
            scope.start(pids)
        except OSError as error:
            scope.remove()
            raise dbus.DBusException(str(error), name='org.freedesktop.DBus.Error.Failed') from error
        self.scopes[name] = scope
        self.note_state()
        if mode == 'lose-bus-after':
            self.lose_bus()

    def collect(self):
        # a process that moves from one group to another while they are read is in neither
        gone = [name for name, scope in self.scopes.items() if not any(scope.pids() for _ in range(3))]
        for name in gone:
            self.scopes.pop(name).remove()
        if gone:
            self.note_state()


def plain(value):
    """Without the types of the bus."""
    if isinstance(value, dbus.Boolean):
        return bool(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, int) else str(value)


def properties_of(given):
    return {str(name): plain(value) for name, value in given}


class Machined(dbus.service.Object):
    """org.freedesktop.machine1.Manager"""

    def __init__(self, bus, fake):
        super().__init__(bus, '/org/freedesktop/machine1')
        self.fake = fake

    @dbus.service.method(MACHINED + '.Manager', in_signature='sayssusaia(sv)', out_signature='o')
    def CreateMachineWithNetwork(self, name, uuid, service, kind, leader, root, interfaces, properties):
        properties = properties_of(properties)
        self.fake.note_call('CreateMachineWithNetwork', name=str(name), uuid=bytes(uuid).hex(),
                            service=str(service), **{'class': str(kind)}, leader=int(leader), root=str(root),
                            interfaces=plain(interfaces), properties=properties)
        unit = 'machine-%s.scope' % name.replace('-', '\\x2d')
        self.fake.start(unit, str(name), properties, [leader])
        return dbus.ObjectPath('/org/freedesktop/machine1/machine/it')

    @dbus.service.method(MACHINED + '.Manager', in_signature='s')
    def TerminateMachine(self, name):
        self.fake.note_call('TerminateMachine', name=str(name))
        for scope in self.fake.scopes.values():
            if scope.machine == name:
                scope.stop()
                return
        raise dbus.DBusException("No machine '%s' known" % name, name=MACHINED + '.NoSuchMachine')


class Systemd(dbus.service.Object):
    """org.freedesktop.systemd1.Manager"""

    def __init__(self, bus, fake):
        super().__init__(bus, '/org/freedesktop/systemd1')
        self.fake = fake

    @dbus.service.method(SYSTEMD + '.Manager', in_signature='ssa(sv)a(sa(sv))', out_signature='o')
    def StartTransientUnit(self, name, mode, properties, auxiliary):
        properties = properties_of(properties)
        self.fake.note_call('StartTransientUnit', name=str(name), mode=str(mode), properties=properties)
        self.fake.start(str(name), None, properties, properties['PIDs'])
        return dbus.ObjectPath('/org/freedesktop/systemd1/job/1')

    @dbus.service.method(SYSTEMD + '.Manager', in_signature='ss', out_signature='o')
    def StopUnit(self, name, mode):
        self.fake.note_call('StopUnit', name=str(name), mode=str(mode))
        if name not in self.fake.scopes:
            raise dbus.DBusException('Unit %s not loaded.' % name, name=SYSTEMD + '.NoSuchUnit')
        self.fake.scopes[name].stop()
        return dbus.ObjectPath('/org/freedesktop/systemd1/job/2')


class Services:
    """The names on the bus; again when it has come back."""

    def __init__(self, fake, machined):
        self.fake, self.machined, self.bus, self.held = fake, machined, None, []

    def connect(self):
        if self.bus is not None and self.bus.get_is_connected():
            return
        try:
            self.bus = dbus.bus.BusConnection(os.environ['DBUS_SYSTEM_BUS_ADDRESS'])
            self.bus.set_exit_on_disconnect(False)
            self.held = [Systemd(self.bus, self.fake), dbus.service.BusName(SYSTEMD, self.bus)]
            if self.machined:
                self.held += [Machined(self.bus, self.fake), dbus.service.BusName(MACHINED, self.bus)]
        except dbus.DBusException:
            self.bus = None

    def leave(self, *_):
        if self.bus is not None:
            self.bus.close()
            self.bus = None

    def tick(self, _):
        self.connect()
        self.fake.collect()
        return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--directory', required=True, help='where calls, state and mode are')
    parser.add_argument('--without-machined', action='store_true')
    options = parser.parse_args()
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    services = Services(Fake(options.directory), not options.without_machined)
    services.connect()
    signal.signal(signal.SIGHUP, services.leave)
    tick = CALLBACK(services.tick)
    GLIB.g_timeout_add(20, tick, None)
    GLIB.g_main_loop_new.restype = ctypes.c_void_p
    GLIB.g_main_loop_run.argtypes = [ctypes.c_void_p]
    GLIB.g_main_loop_run(GLIB.g_main_loop_new(None, 0))


if __name__ == '__main__':
    main()
