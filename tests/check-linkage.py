#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks what the built plugin and controllers are linked with.

check-linkage.py BUILD. Prints TAP.
"""
import os
import re
import subprocess
import sys

FORBIDDEN = re.compile(r'lib(virt|xml2|gobject|gio|gmodule)[-.\w]*\.so')
SANITIZED = re.compile(r'__(asan|ubsan)_')


def find(build, name):
    for folder, _, files in os.walk(build):
        if name in files and 'meson-private' not in folder:
            return os.path.join(folder, name)
    return None


def output(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def needed(path):
    return re.findall(r'\(NEEDED\).*\[(.+?)\]', output('readelf', '-dW', path))


def private_symbols(path):
    """What the plugin wants of libvirt under a version that only one release of it has."""
    return [line for line in output('nm', '-D', '--undefined-only', path).splitlines()
            if 'LIBVIRT_PRIVATE' in line or re.search(r'\bU _?vir[A-Z]\w*$', line)]


def exported(path):
    lines = output('nm', '-D', '--defined-only', path).splitlines()
    return [line.split()[-1] for line in lines if not SANITIZED.search(line)]


class Results:
    """TAP lines."""

    def __init__(self):
        self.number, self.failed = 0, False

    def say(self, good, name, complaints=()):
        self.number += 1
        self.failed = self.failed or not good
        for complaint in complaints:
            print('# ' + complaint)
        print('%s %d - %s' % ('ok' if good else 'not ok', self.number, name))

    def skip(self, name, reason):
        self.number += 1
        print('ok %d - %s # SKIP %s' % (self.number, name, reason))


def check_plugin(results, build):
    path = find(build, 'libvirt_driver_lxc.so')
    if path is None:
        results.skip('the plugin', 'libvirt_driver_lxc.so is not built')
        return
    wanted = private_symbols(path)
    results.say(not wanted, 'the plugin links no private symbol of libvirt', wanted)
    symbols = exported(path)
    results.say(symbols == ['lxcRegister'], 'the plugin exports lxcRegister and nothing else', symbols)


def check_controllers(results, build):
    for name in ('libvirt_lxc', 'libvirt_lxc_keeper', 'libvirt_lxc_worker', 'libvirt_lxc_exec',
                 'libvirt_lxc_agent', 'libvirt_lxc_view', 'libvirt_lxc_reaper'):
        path = find(build, name)
        if path is None:
            results.skip(name, 'not built')
            continue
        bad = [library for library in needed(path) if FORBIDDEN.match(library)]
        results.say(not bad, '%s links neither libvirt nor libxml2 nor GObject' % name, bad)
        if name in ('libvirt_lxc_keeper', 'libvirt_lxc_view', 'libvirt_lxc_reaper'):
            program = 'INTERP' in output('readelf', '-lW', path)
            results.say(not program and not needed(path), '%s is static' % name, needed(path))


def main():
    results = Results()
    check_plugin(results, sys.argv[1])
    check_controllers(results, sys.argv[1])
    print('1..%d' % results.number)
    return 1 if results.failed else 0


if __name__ == '__main__':
    sys.exit(main())
