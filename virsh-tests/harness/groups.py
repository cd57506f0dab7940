# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the kernel has of a running guest, read from its control groups beside the driver."""
import os

from .limits import group_of as group
from .limits import hierarchy


def unified(domain):
    """The directory in the version 2 hierarchy, '' where there is none."""
    try:
        return group(domain, 'no controller of version 1')[1]
    except AssertionError:
        return ''


def text(domain, controller, v1, v2=None):
    version, place = group(domain, controller)
    with open(os.path.join(place, v1 if version == 1 else v2 or v1)) as file:
        return file.read()


def number(domain, controller, v1, v2):
    return int(text(domain, controller, v1, v2))


def keyed(domain, controller, file):
    """A file of "key number" lines."""
    return {line.split()[0]: int(line.split()[1]) for line in text(domain, controller, file).splitlines()}


def processor_time(domain):
    """Nanoseconds."""
    if hierarchy('cpuacct')[0] == 1:
        return number(domain, 'cpuacct', 'cpuacct.usage', '')
    return keyed(domain, 'cpu', 'cpu.stat')['usage_usec'] * 1000


def device_name(device):
    return os.path.basename(os.path.realpath('/sys/dev/block/' + device))


def block(domain):
    """name → (bytes read, reads, bytes written, writes) of devices that did anything."""
    rows = {}
    if hierarchy('blkio')[0] == 1:
        for index, file in ((0, 'blkio.throttle.io_service_bytes_recursive'),
                            (1, 'blkio.throttle.io_serviced_recursive')):
            for line in text(domain, 'blkio', file).splitlines():
                words = line.split()
                if words[1] in ('Read', 'Write'):
                    row = rows.setdefault(device_name(words[0]), [0, 0, 0, 0])
                    row[index + 2 * (words[1] == 'Write')] = int(words[2])
    else:
        for line in text(domain, 'io', 'io.stat').splitlines():
            values = dict(word.split('=') for word in line.split()[1:])
            rows[device_name(line.split()[0])] = [int(values.get(key, 0)) for key in
                                                  ('rbytes', 'rios', 'wbytes', 'wios')]
    return {name: tuple(row) for name, row in rows.items() if any(row)}
