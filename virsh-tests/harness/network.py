# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bridges and other links of the session, and what a guest sees of its network."""
import functools
import json
import subprocess

from .daemon import PATIENCE


def ip(daemon, *words, check=True):
    """Runs ip in the session's network namespace; answers what it prints."""
    process = daemon.run('ip', *words)
    assert not check or process.returncode == 0, 'ip %s: %s' % (' '.join(words), process.stderr)
    return process.stdout


def links(daemon):
    """The links of the session by name."""
    return {link['ifname']: link for link in json.loads(ip(daemon, '-j', '-d', 'link'))}


def init_of(daemon, name):
    """The host's pid of a guest's init, from the status file."""
    with open(daemon.path('/run/libvirt/lxc/%s.xml' % name)) as file:
        text = file.read()
    return int(text.split("<init pid='")[1].split("'")[0])


@functools.lru_cache(maxsize=None)
def has_firewall():
    """Whether the kernel has the tables that libvirt writes the rules of its own bridges to."""
    return subprocess.run(['unshare', '--net', 'iptables', '-w', '-t', 'filter', '-N', 'probe'],
                          check=False, capture_output=True).returncode == 0


def inside(daemon, name, *words, check=True, timeout=30):
    """Runs a program of the host in a guest's network namespace; answers what it prints."""
    process = subprocess.run(['nsenter', '--target', str(init_of(daemon, name)), '--net', '--', *words],
                             capture_output=True, text=True, timeout=timeout * PATIENCE, check=False)
    assert not check or process.returncode == 0, '%s in %s: %s%s' % (
        ' '.join(words), name, process.stdout, process.stderr)
    return process.stdout if check else process.returncode


def links_inside(daemon, name):
    """The links of a guest by name, with their addresses."""
    return {link['ifname']: link
            for link in json.loads(inside(daemon, name, 'ip', '-j', '-d', 'address'))}


def addresses_inside(daemon, name, link):
    """Addresses of a guest's link with prefix, but for those that the kernel makes."""
    return {'%s/%d' % (address['local'], address['prefixlen'])
            for address in links_inside(daemon, name)[link]['addr_info'] if address['scope'] != 'link'}


def reaches(daemon, name, address, seconds=1):
    """Whether a guest gets an answer from the address."""
    return inside(daemon, name, 'busybox', 'ping', '-c', '1', '-W', str(seconds), address,
                  check=False) == 0
