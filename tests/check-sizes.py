#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that functions have at most 60 lines, files 800 lines, parameter lists 5 entries.

check-sizes.py TOP. Prints TAP. An exception is a row below with its reason.
"""
import os
import re
import sys

FUNCTION_LINES = 60
FILE_LINES = 800
PARAMETERS = 5

FOLDERS = ('cgroup', 'controller', 'driver', 'tests', 'xml')

# path, or path:function: why it may be larger
EXCEPTIONS = {
    'controller/wire/message.c:message_send': 'socket, message, descriptors with their number, deadline, error',
    'driver/cpu-map.c:map_start': 'the prototype is that of GMarkupParser.start_element',
    'driver/cpu-model.c:wish_start': 'the prototype is that of GMarkupParser.start_element',
    'driver/status.c:read_start': 'the prototype is that of GMarkupParser.start_element',
}

# A function whose prototype somebody else fixed (libvirt calls it) may have as many parameters as that.
FOREIGN_PROTOTYPE = re.compile(r'^(api_|state_|abi_|canary_|probe_)')

# The definition's first line starts in column one with the name: the return type stands above.
DEFINITION = re.compile(r'^([a-z_]\w*)\(((?:[^()]|\([^()]*\))*)\)\s*\n\{', re.MULTILINE)


def without_text(source):
    """Comments and literals blanked, lines kept."""
    def blank(match):
        return re.sub(r'[^\n]', ' ', match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, source,
                  flags=re.DOTALL)


def parameters(text):
    text = text.strip()
    if text in ('', 'void'):
        return 0
    depth, count = 0, 1
    for char in text:
        depth += (char == '(') - (char == ')')
        count += char == ',' and depth == 0
    return count


def functions(source):
    """name, number of lines from the opening to the closing brace, number of parameters"""
    text = without_text(source)
    for match in DEFINITION.finditer(text):
        end = text.find('\n}', match.end())
        lines = text.count('\n', match.end(), end) if end >= 0 else 0
        yield match.group(1), lines, parameters(match.group(2))


def check_file(path, source):
    found = []
    count = source.count('\n')
    if count > FILE_LINES and path not in EXCEPTIONS:
        found.append('%s: %d lines, at most %d' % (path, count, FILE_LINES))
    for name, lines, count in functions(source):
        if '%s:%s' % (path, name) in EXCEPTIONS:
            continue
        if lines > FUNCTION_LINES:
            found.append('%s: %s() has %d lines, at most %d' % (path, name, lines, FUNCTION_LINES))
        if count > PARAMETERS and not FOREIGN_PROTOTYPE.match(name):
            found.append('%s: %s() has %d parameters, at most %d' % (path, name, count, PARAMETERS))
    return found


def main():
    top = sys.argv[1]
    number, failed = 0, False
    for start in FOLDERS:
        found, seen = [], 0
        for folder, _, files in sorted(os.walk(os.path.join(top, start))):
            for name in sorted(files):
                if name.endswith(('.c', '.h')):
                    path = os.path.relpath(os.path.join(folder, name), top)
                    with open(os.path.join(top, path)) as file:
                        found += check_file(path, file.read())
                    seen += 1
        number += 1
        failed = failed or bool(found)
        for complaint in found:
            print('# ' + complaint)
        print('%s %d - %s/ stays small (%d files)' % ('not ok' if found else 'ok', number, start, seen))
    print('1..%d' % number)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
