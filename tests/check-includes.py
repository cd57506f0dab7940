#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that every folder includes only what its row of the table allows.

check-includes.py TOP. Prints TAP: one test per folder.
"""
import os
import re
import sys

# What a system header belongs to; what matches no row is the C library or the kernel and open to all.
LIBRARIES = (
    ('libvirt', r'libvirt/'),
    ('libxml2', r'libxml/'),
    ('gobject', r'(gobject/|glib-object\.h)'),
    ('gio', r'gio/'),
    ('glib', r'(glib\.h|glib/|glib-unix\.h|gmodule\.h)'),
    ('json-c', r'json(-c)?/|json\.h'),
    ('libcap', r'sys/capability\.h'),
    ('libnl', r'netlink/'),
    ('dbus', r'dbus/'),
    ('libseccomp', r'seccomp\.h'),
    ('libfuse3', r'(fuse3?/|fuse(_\w+)?\.h)'),
    ('libblkid', r'blkid/'),
)

CONTROLLER = {'glib', 'libcap', 'libnl', 'dbus', 'libseccomp', 'libfuse3', 'libblkid'}

# folder: (our folders besides itself, libraries). The longest matching folder counts; config.h and
# controller/kernel.h (constants and system calls, nothing else) are open to their sides.
RULES = {
    'controller/wire': ((), {'glib'}),
    # nbd.c asks the kernel for a network block device by the same messages as for links
    'controller/mounts': (('controller/wire', 'controller/network', 'controller/kernel.h'),
                          {'glib', 'libblkid', 'libnl'}),
    'controller/network': (('controller/wire', 'controller/kernel.h'), {'glib', 'libnl'}),
    'controller/devices': (('controller/wire', 'controller/mounts', 'controller/kernel.h'), {'glib'}),
    # what enters a guest gives up privileges and reads accounts by the code that did it for init
    'controller/exec': (('controller/wire', 'controller/mounts', 'controller/confinement',
                         'controller/launcher', 'cgroup',
                         'controller/kernel.h'), CONTROLLER),
    # how a process of a guest's is confined: at its start, and when a command is run in it
    'controller/confinement': (('controller/wire', 'controller/kernel.h'), CONTROLLER),
    # of the view it answers what comes before its server runs
    'controller/launcher': (('controller/wire', 'controller/mounts', 'controller/network', 'controller/devices',
                             'controller/confinement', 'controller/view', 'cgroup',
                             'controller/kernel.h'), CONTROLLER),
    'controller/worker': (('controller/wire', 'controller/mounts', 'controller/network', 'controller/devices',
                           'controller/confinement', 'cgroup', 'controller/kernel.h'), CONTROLLER),
    # the agent runs commands and finds users as controller/exec does, and reads the guest's figures
    'controller/agent': (('controller/wire', 'controller/mounts', 'controller/launcher', 'controller/exec', 'cgroup',
                          'controller/kernel.h'), CONTROLLER | {'libcrypt'}),
    # Not libfuse3: its sessions begin with the kernel's first message, so a server could not go on with
    # the mounts of one that died. view/protocol.c speaks to the kernel itself.
    'controller/view': (('controller/wire', 'controller/kernel.h'), {'glib'}),
    'controller/reaper': ((), set()),
    'controller/keeper': (('controller/wire', 'controller/kernel.h'), {'glib', 'json-c'}),
    'controller': (('controller/wire', 'controller/mounts', 'controller/network',
                    'controller/launcher', 'controller/worker', 'controller/view', 'cgroup'),
                   CONTROLLER),
    'cgroup': (('controller/wire',), {'glib'}),
    'xml': (('controller/wire',), {'glib', 'libxml2'}),
    'driver': (('xml', 'controller/wire', 'cgroup', 'driver/abi'), {'glib', 'libvirt', 'libnl'}),
    'driver/abi': (('controller/wire/failure.h',), {'glib', 'libvirt'}),
}

# file: (libraries it alone may include, why)
FILES = {
    'controller/wire/json.c': ({'json-c'}, 'the one file that knows the JSON library'),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def rule_of(folder):
    while folder and folder not in RULES:
        folder = os.path.dirname(folder)
    return folder


def library_of(name):
    for library, pattern in LIBRARIES:
        if re.match(pattern, name):
            return library
    return None


def own(top, path, name):
    """The path from the top of a quoted include, or None when no such file is ours."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    for candidate in (name, beside):
        if os.path.exists(os.path.join(top, candidate)):
            return candidate
    return None


def complaints_of_own(path, folder, target):
    allowed, _ = RULES[folder]
    if rule_of(os.path.dirname(target)) == folder and not target.startswith('controller/kernel.h'):
        return []
    for place in allowed:
        if target == place or rule_of(os.path.dirname(target)) == place:
            return []
    return ['%s: includes %s; %s/ may include %s' %
            (path, target, folder, ', '.join(allowed) or 'nothing of ours but itself')]


def complaints_of_system(path, folder, name):
    library = library_of(name)
    libraries = RULES[folder][1] | FILES.get(path, (set(), ''))[0]
    if library is None or library in libraries:
        return []
    return ['%s: includes <%s> of %s; %s/ may use %s' %
            (path, name, library, folder, ', '.join(sorted(libraries)))]


def check(top, path, folder):
    with open(os.path.join(top, path)) as file:
        text = file.read()
    found = []
    for quote, name in INCLUDE.findall(text):
        if quote == '<':
            found += complaints_of_system(path, folder, name)
            continue
        target = own(top, path, name)
        if target is not None:
            found += complaints_of_own(path, folder, target)
        elif name != 'config.h':
            found.append('%s: includes "%s", which is no file of ours' % (path, name))
    return found


def sources(top):
    for start in sorted({rule.split('/')[0] for rule in RULES}):
        for folder, _, files in os.walk(os.path.join(top, start)):
            for name in sorted(files):
                if name.endswith(('.c', '.h')):
                    yield os.path.relpath(os.path.join(folder, name), top)


def main():
    top = sys.argv[1]
    found = {folder: [] for folder in RULES}
    seen = dict.fromkeys(RULES, 0)
    for path in sources(top):
        folder = rule_of(os.path.dirname(path))
        found[folder] += check(top, path, folder)
        seen[folder] += 1
    print('1..%d' % len(RULES))
    for number, folder in enumerate(sorted(RULES), 1):
        for complaint in found[folder]:
            print('# ' + complaint)
        print('%s %d - %s/ includes only what it may (%d files)' %
              ('not ok' if found[folder] else 'ok', number, folder, seen[folder]))
    return 1 if any(found.values()) else 0


if __name__ == '__main__':
    sys.exit(main())
