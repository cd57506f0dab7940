#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that the pages of the manual name only tests that exist.

check-test-names.py TOP. Prints TAP: one test per page that names some. In docs/defects.rst every number
from 1 to the last has a row with a test.
"""
import glob
import os
import re
import sys

NAMED = re.compile(r'``(?:[\w/.-]+::)?(test_\w+)(?:\[[^`]*\])?``')
ROW = re.compile(r'^   \* - (\d+)\n((?:     .*\n)+)', re.MULTILINE)


def read(path):
    with open(path) as file:
        return file.read()


def existing(top):
    """Names of test functions and of test files."""
    found = set()
    for folder in ('virsh-tests', 'tests'):
        for path in glob.glob(os.path.join(top, folder, '**', '*.py'), recursive=True):
            found.update(re.findall(r'^\s*def (test_\w+)', read(path), re.MULTILINE))
            found.add(os.path.splitext(os.path.basename(path))[0])
    return found


def complaints(path, known):
    text = read(path)
    found = ['%s: there is no test %s' % (os.path.basename(path), name)
             for name in NAMED.findall(text) if name not in known]
    if os.path.basename(path) == 'defects.rst':
        rows = {int(number): body for number, body in ROW.findall(text)}
        found += ['defects.rst: no row %d' % number for number in range(1, max(rows, default=66) + 1)
                  if number not in rows]
        found += ['defects.rst: row %d names no test' % number for number, body in sorted(rows.items())
                  if not NAMED.search(body)]
    return found


def main():
    top = sys.argv[1]
    known = existing(top)
    pages = [path for path in sorted(glob.glob(os.path.join(top, 'docs', '*.rst'))) if NAMED.search(read(path))]
    failed = False
    print('1..%d' % len(pages))
    for number, path in enumerate(pages, 1):
        found = complaints(path, known)
        failed = failed or bool(found)
        for complaint in found:
            print('# ' + complaint)
        print('%s %d - %s names tests that exist' % ('not ok' if found else 'ok', number, os.path.basename(path)))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
