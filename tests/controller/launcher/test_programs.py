# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs by hand, and the worker."""
import array
import json
import os
import socket
import struct
import subprocess
import time

import pytest


def run(program, *arguments):
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, timeout=10, check=False)


@pytest.mark.parametrize('name', ['libvirt_lxc', 'libvirt_lxc_worker'])
def test_help_and_version(programs, name):
    assert run(programs / name, '--help').stdout.startswith('Usage: ' + name)
    assert run(programs / name, '--version').stdout.startswith(name + ' (Caisson) ')


@pytest.mark.parametrize('name', ['libvirt_lxc', 'libvirt_lxc_worker'])
@pytest.mark.parametrize('arguments', [[], ['--fly'], ['Dance'], ['--name', 'x', 'more']])
def test_what_is_not_understood_is_explained(programs, name, arguments):
    result = run(programs / name, *arguments)
    assert result.returncode == 1 and 'Usage: ' + name in result.stderr


def test_a_descriptor_that_is_no_socket_is_refused(programs):
    result = run(programs / 'libvirt_lxc', '--name', 'x', '--control-fd', '77')
    assert result.returncode == 1 and "descriptor 77 is not the daemon's socket" in result.stderr


class Worker:
    def __init__(self, program, level, pidfd):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        number = theirs.fileno()
        process = subprocess.Popen([str(program), 'Initctl', level], pass_fds=(3, number),
                                   preexec_fn=lambda: (os.dup2(number, 3), os.set_inheritable(3, True)))
        theirs.close()
        ours.sendmsg([json.dumps({'method': 'Initctl', 'parameters': {}}).encode()],
                     [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [pidfd]))])
        ours.settimeout(10)
        self.reply = json.loads(ours.recv(65536))
        self.status = process.wait(10)
        ours.close()


def initctl(programs, guest, level):
    pidfd = os.pidfd_open(guest.prepared['init_pid'])
    try:
        return Worker(programs / 'libvirt_lxc_worker', level, pidfd)
    finally:
        os.close(pidfd)


def started(guests, script, **changes):
    guest = guests.new()
    guest.start(guests.define(script, **changes))
    return guest


def wait_for(path):
    deadline = time.monotonic() + 5
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert path.exists()


@pytest.mark.parametrize('fifo', ['/run/initctl', '/dev/initctl', '/etc/.initctl'])
@pytest.mark.parametrize('level', ['0', '6'])
def test_a_request_reaches_the_fifo_of_init(guests, programs, place, fifo, level):
    guest = started(guests, 'mknod %s p; touch /ready; dd if=%s bs=384 count=1 of=/request 2>/dev/null; '
                    'touch /done; sleep 100' % (fifo, fifo))
    wait_for(place / 'root/ready')
    time.sleep(0.1)
    worker = initctl(programs, guest, level)
    assert worker.status == 0 and 'error' not in worker.reply
    wait_for(place / 'root/done')
    request = (place / 'root/request').read_bytes()
    assert len(request) == 384
    assert struct.unpack('<iiii', request[:16]) == (0x03091969, 1, ord(level), 0)


@pytest.mark.parametrize('script', [
    'touch /ready; sleep 100',
    'mknod /run/initctl p; touch /ready; sleep 100',
    'touch /run/initctl /ready; sleep 100',
    'mkdir /run/x; rm -f /run/initctl; /bin/busybox ln -s /proc/1/fd/1 /run/initctl; touch /ready; sleep 100',
])
def test_without_a_fifo_that_is_read_the_worker_says_so(guests, programs, place, script):
    guest = started(guests, script)
    wait_for(place / 'root/ready')
    worker = initctl(programs, guest, '0')
    assert worker.status == 1 and worker.reply['error'] == 'operation-unsupported'
    assert 'has no initctl that its init reads' in worker.reply['parameters']['message']


def test_the_hosts_fifo_is_never_written(guests, programs, place):
    """A link in the guest that spells a path of the host is looked up in the guest."""
    host = place / 'host-fifo'
    os.mkfifo(host)
    reader = os.open(host, os.O_RDONLY | os.O_NONBLOCK)
    guest = started(guests, '/bin/busybox ln -s %s /run/initctl; touch /ready; sleep 100' % host)
    wait_for(place / 'root/ready')
    worker = initctl(programs, guest, '0')
    assert worker.reply['error'] == 'operation-unsupported'
    assert os.read(reader, 400) == b''
    os.close(reader)


def test_a_wrong_run_level_is_refused(guests, programs):
    guest = started(guests, 'sleep 100')
    worker = initctl(programs, guest, '3')
    assert worker.reply['error'] == 'invalid-arg'
    assert worker.reply['parameters']['message'] == "run level '3' is neither 0 nor 6"


def test_an_init_that_has_ended_is_reported(guests, programs, place):
    child = subprocess.Popen(['/bin/true'])
    pidfd = os.pidfd_open(child.pid)
    child.wait()
    worker = Worker(programs / 'libvirt_lxc_worker', '0', pidfd)
    os.close(pidfd)
    assert worker.reply['parameters']['message'] == "the guest's init has ended"
