# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the plugin and the controllers under test are found."""
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONTROLLERS = '/usr/lib/libvirt'
SCHEMAS = os.path.join(TOP, 'schemas')
SCHEMA_PLACE = '/usr/share/caisson/schemas'
PLUGIN = 'libvirt_driver_lxc.so'
PROGRAMS = ('libvirt_lxc', 'libvirt_lxc_keeper', 'libvirt_lxc_worker', 'libvirt_lxc_exec',
            'libvirt_lxc_agent', 'libvirt_lxc_view', 'libvirt_lxc_reaper')
# What an lxc connection uses. The QEMU driver stays out: it ends the daemon where its user is missing.
COMPANIONS = tuple('libvirt_driver_%s.so' % name for name in
                   ('interface', 'network', 'nodedev', 'nwfilter', 'secret', 'storage'))


class Missing(Exception):
    """Something that must be built or installed first."""


def directory():
    """The meson build directory: CAISSON_BUILD, or build/ of the source tree."""
    return os.path.abspath(os.environ.get('CAISSON_BUILD', os.path.join(TOP, 'build')))


def find(name, build=None):
    """The newest file of this name below the build directory."""
    top = build or directory()
    found = [os.path.join(folder, name) for folder, _, files in os.walk(top) if name in files
             and 'meson-private' not in folder]
    if not found:
        raise Missing('%s: not built below %s; run `ninja -C %s`' % (name, top, top))
    return max(found, key=os.path.getmtime)


def stock_drivers():
    """The directory of the drivers that came with libvirt."""
    for folder in ('/usr/lib/%s/libvirt/connection-driver' % triplet(),
                   '/usr/lib64/libvirt/connection-driver', '/usr/lib/libvirt/connection-driver'):
        if os.path.isdir(folder):
            return folder
    raise Missing("libvirt's connection drivers are not installed; run tools/install-dependencies")


def triplet():
    try:
        return subprocess.run(['dpkg-architecture', '-qDEB_HOST_MULTIARCH'], check=True, text=True,
                              capture_output=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return '%s-linux-gnu' % os.uname().machine


def sanitizer(plugin):
    """The sanitizer runtime a plugin needs loaded before everything else, or None."""
    text = subprocess.run(['ldd', plugin], capture_output=True, text=True, check=False).stdout
    found = re.search(r'libasan\S* => (\S+)', text)
    return found.group(1) if found else None
