#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads JUnit files.

results.py failed FILE            the failed tests, as pytest wants them named, one in a line
results.py count TROUBLES PAIR…   counts; a PAIR is FILE or FILE=AGAIN, with the failed tests of FILE
                                  run once more in AGAIN: what passes then is named, and counts as passed

count ends with the line `N passed, N failed, N skipped`, and with status 1 where something failed.
"""
import sys
import xml.etree.ElementTree as tree


def cases(path):
    return list(tree.parse(path).iter('testcase'))


def kind(case):
    tags = {child.tag for child in case}
    if tags & {'failure', 'error'}:
        return 'failed'
    return 'skipped' if 'skipped' in tags else 'passed'


def name(case):
    return case.get('classname', '').replace('.', '/') + '.py::' + case.get('name', '')


def outcomes(path):
    """name → outcome; a test whose teardown fails has two entries, of which the worse counts."""
    worst = {}
    for number, case in enumerate(cases(path)):
        key = name(case) if case.get('classname') else '%s %d' % (case.get('name'), number)
        if worst.get(key) != 'failed':
            worst[key] = kind(case)
    return worst


def failed(path):
    try:
        print('\n'.join(sorted(key for key, outcome in outcomes(path).items() if outcome == 'failed')))
    except (OSError, tree.ParseError) as error:
        sys.exit('no results in %s: %s' % (path, error))


def again(path):
    try:
        return outcomes(path) if path else {}
    except (OSError, tree.ParseError):
        return {}


def count(troubles, pairs):
    counts = {'passed': 0, 'failed': troubles, 'skipped': 0}
    for pair in pairs:
        path, _, second = pair.partition('=')
        try:
            first = outcomes(path)
        except (OSError, tree.ParseError) as error:
            print('no results in %s: %s' % (path, error))
            counts['failed'] += 1
            continue
        later = again(second)
        for key, outcome in first.items():
            if outcome == 'failed' and later.get(key) == 'passed':
                print('unsteady: %s failed, and passed when it was run again' % key)
                outcome = 'passed'
            elif outcome == 'failed':
                print('failed: %s' % key)
            counts[outcome] += 1
    print('%(passed)d passed, %(failed)d failed, %(skipped)d skipped' % counts)
    return 1 if counts['failed'] else 0


if __name__ == '__main__':
    if sys.argv[1:2] == ['failed'] and len(sys.argv) == 3:
        failed(sys.argv[2])
    elif sys.argv[1:2] == ['count'] and len(sys.argv) > 2:
        sys.exit(count(int(sys.argv[2]), sys.argv[3:]))
    else:
        sys.exit(__doc__)
