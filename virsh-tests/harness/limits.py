# SPDX-License-Identifier: LGPL-2.1-or-later
"""The control group of a guest's limits, as the kernel shows it."""
import os
import re

from . import process


def hierarchy(controller):
    """The version and the mount point of the hierarchy that has the controller."""
    with open('/proc/self/mountinfo') as file:
        mounts = [line.split() for line in file]
    for words in mounts:
        if words[words.index('-') + 1] == 'cgroup' and controller in words[-1].split(','):
            return 1, words[4]
    for words in mounts:
        if words[words.index('-') + 1] == 'cgroup2':
            return 2, words[4]
    raise AssertionError('no hierarchy has ' + controller)


def group_of(domain, controller):
    """The version, and the directory of the guest's limits."""
    version, mount_point = hierarchy(controller)

    # init is born into the group below; where a guest has few groups its own one has the limits
    with open('/proc/%d/cgroup' % process.init_of(domain)) as file:
        for line in file:
            number_of, controllers, path = line.rstrip('\n').split(':', 2)
            above = re.match(r'(.*(?:/libvirt|\.libvirt-lxc))/guest(?:/|$)', path)
            if (controller in controllers.split(',') if version == 1 else number_of == '0') and above:
                return version, mount_point + above.group(1)
    raise AssertionError('no group of ' + controller)


def kernel(domain, controller, v1, v2):
    """What the file of the guest's group says."""
    version, group = group_of(domain, controller)
    with open(os.path.join(group, v1 if version == 1 else v2)) as file:
        return file.read().strip()


def unified(domain, key):
    """What a file of the guest's group of version 2 says, whatever controllers that has."""
    return kernel(domain, 'none of version 1', '', key)


def is_hybrid():
    """Whether groups of version 2 lie beside those of version 1 that limit."""
    with open('/proc/self/mountinfo') as file:
        return hierarchy('memory')[0] == 1 and ' - cgroup2 ' in file.read()


def v2_controllers():
    """What groups of version 2 can limit on this host."""
    try:
        with open(os.path.join(hierarchy('no controller of version 1')[1], 'cgroup.controllers')) as file:
            return file.read().split()
    except AssertionError:
        return []


def restricts_nodes():
    """Whether the kernel has cpuset groups at all."""
    return hierarchy('cpuset')[0] != 2 or 'cpuset' in v2_controllers()


def number(text):
    """-1 for what says "no limit" in either version."""
    word = text.split()[0]
    return -1 if word in ('max', '-1') or int(word) > 1 << 62 else int(word)


def read(group, file):
    with open(os.path.join(group, file)) as stream:
        return stream.read().strip()
