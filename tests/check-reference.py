#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that pages of the manual which are written by hand have every row that the code has, and no other.

check-reference.py TOP BUILD. Prints TAP: the options of lxc.conf, of the file with their defaults as well, and
the files that are installed.
"""
import json
import os
import re
import sys

OPTION = re.compile(r'^    \{ "(\w+)", VALUE_', re.MULTILINE)
ROW = re.compile(r'^``([\w/…. -]+)``  ', re.MULTILINE)


def read(*path):
    with open(os.path.join(*path), encoding='utf-8') as file:
        return file.read()


def options(top, build):
    return set(OPTION.findall(read(top, 'driver/settings.c'))), set(ROW.findall(read(top, 'docs/lxc.conf.rst')))


def defaults(top, build):
    return options(top, build)[0], set(re.findall(r'^#(\w+) = ', read(top, 'driver/lxc.conf'), re.MULTILINE))


def installed(top, build):
    """By their names: where they are is up to options of the build."""
    places = list(json.loads(read(build, 'meson-info/intro-installed.json')).values())
    known = {os.path.basename(place) for place in places if not re.search('/schemas/|/doc/|/man/', place)}
    # meson does not see what tools/install-plugin installs
    known |= {'libvirt_driver_lxc.so', 'libvirt_lxc', 'schemas'}
    page = read(top, 'docs/files.rst').split('\nInstalled\n')[1]
    return known, {os.path.basename(place) for place in ROW.findall(page)}


def main():
    top, build = sys.argv[1:]
    failed = False
    print('1..3')
    for number, (page, check) in enumerate((('docs/lxc.conf.rst', options), ('driver/lxc.conf', defaults),
                                            ('docs/files.rst', installed)), 1):
        known, told = check(top, build)
        for name in sorted(known - told):
            print('# %s says nothing of %s' % (page, name))
        for name in sorted(told - known):
            print('# %s has a row of %s, which is not there' % (page, name))
        failed = failed or known != told
        print('%s %d - %s is complete' % ('ok' if known == told else 'not ok', number, page))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
