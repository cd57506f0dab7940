#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that clang-format would leave every C file as it is, and each starts with its licence.

check-format.py TOP. Prints TAP; skips the formatting where clang-format is not installed.
"""
import os
import shutil
import subprocess
import sys

FOLDERS = ('cgroup', 'controller', 'driver', 'tests', 'xml')
LICENCE = 'SPDX-License-Identifier: LGPL-2.1-or-later'


def sources(top):
    for start in FOLDERS:
        for folder, _, files in os.walk(os.path.join(top, start)):
            yield from (os.path.join(folder, name) for name in files if name.endswith(('.c', '.h')))


def formatting(paths, top):
    """Lines of complaint, or None where it cannot be told."""
    if shutil.which('clang-format') is None:
        return None
    process = subprocess.run(['clang-format', '--dry-run', '-Werror', *paths], cwd=top, text=True,
                             capture_output=True, check=False)
    return [line for line in process.stderr.splitlines() if ': error:' in line]


def main():
    top = sys.argv[1]
    paths = sorted(sources(top))
    print('1..2')
    bare = [path for path in paths if LICENCE not in open(path).readline()]
    for path in bare:
        print('# %s: the first line names no licence' % os.path.relpath(path, top))
    print('%s 1 - every C file starts with its licence' % ('not ok' if bare else 'ok'))
    found = formatting(paths, top) if paths else []
    if found is None:
        print('ok 2 - C files are formatted # SKIP clang-format is not installed')
        return 1 if bare else 0
    for line in found[:40]:
        print('# ' + os.path.relpath(line, top) if line.startswith('/') else '# ' + line)
    print('%s 2 - C files are formatted (%d files)' % ('not ok' if found else 'ok', len(paths)))
    return 1 if bare or found else 0


if __name__ == '__main__':
    sys.exit(main())
