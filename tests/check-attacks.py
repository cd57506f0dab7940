#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that docs/security-tests.rst and the tests of attacks speak of each other.

check-attacks.py TOP. Prints TAP.
"""
import os
import re
import sys

PAGE = 'docs/security-tests.rst'
VERDICT = re.compile(r'\*(defended|inherent|not applicable)\*(: .+)?$')


def rows(text):
    """The four cells of each row of the table."""
    cells = re.findall(r'^ {3}(\*| ) - (.*)$', text, re.MULTILINE)
    table = [cell for _, cell in cells]
    return [table[i:i + 4] for i in range(4, len(table), 4)]


def tests_of(top):
    """{name: file} of every end-to-end test."""
    found = {}
    folder = os.path.join(top, 'virsh-tests')
    for file in sorted(os.listdir(folder)):
        if file.startswith('test_') and file.endswith('.py'):
            with open(os.path.join(folder, file)) as stream:
                for name in re.findall(r'^def (test_\w+)', stream.read(), re.MULTILINE):
                    found[name] = file
    return found


def complaints_of(row, tests):
    weakness, _, verdict, named = row
    names = re.findall(r'``(test_\w+)``', named)
    found = ['%s: no test is called %s' % (weakness, name) for name in names if name not in tests]
    match = VERDICT.match(verdict)
    if not match:
        found.append('%s: the verdict must be defended, inherent or not applicable' % weakness)
    elif match.group(1) != 'not applicable' and not names:
        found.append('%s: %s, but no test is named' % (weakness, match.group(1)))
    elif match.group(1) != 'defended' and not match.group(2):
        found.append('%s: %s, but not why' % (weakness, match.group(1)))
    return found


def say(number, name, complaints):
    for complaint in complaints:
        print('# ' + complaint)
    print('%s %d - %s' % ('not ok' if complaints else 'ok', number, name))
    return bool(complaints)


def main():
    top = sys.argv[1]
    with open(os.path.join(top, PAGE)) as file:
        text = file.read()
    table, tests = rows(text), tests_of(top)
    of_rows = [complaint for row in table for complaint in complaints_of(row, tests)]
    if any(len(row) != 4 for row in table) or len(table) < 40:
        of_rows.append('%s: the table cannot be read' % PAGE)
    missing = ['%s of %s is not in %s' % (name, file, PAGE) for name, file in sorted(tests.items())
               if file.startswith('test_attacks') and '``%s``' % name not in text]
    print('1..2')
    failed = say(1, 'every weakness has a verdict and tests that exist (%d rows)' % len(table), of_rows)
    failed |= say(2, 'every attack that is tried is in the table', missing)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
