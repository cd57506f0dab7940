# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signals to init, and entering a guest's namespaces."""
import fcntl
import os

import libvirt
import pytest

from harness.daemon import wait_for
from harness.guest import put, read_file

libvirt_lxc = pytest.importorskip('libvirt_lxc')

NS_GET_NSTYPE = 0xb703
KINDS = {0x10000000: 'user', 0x08000000: 'ipc', 0x04000000: 'uts', 0x40000000: 'net', 0x20000000: 'pid',
         0x00020000: 'mnt', 0x02000000: 'cgroup'}


def test_virsh_send_process_signal_reaches_init(daemon, start):
    domain, guest = start()
    daemon.virsh('send-process-signal', guest.name, '1', 'usr1')
    wait_for(lambda: 'USR1' in read_file(guest.root, 'heard'), 'init heard it')
    daemon.virsh('send-process-signal', guest.name, '1', 'SIGUSR2')
    wait_for(lambda: 'USR2' in read_file(guest.root, 'heard'), 'init heard it')


@pytest.fixture
def crowd(make_root, start):
    """A guest with a process and a process group beside init; answers their numbers."""
    root = make_root()
    put(root, 'sbin/crowd', """#!/bin/sh
sh -c 'trap "echo single >> /heard" USR1; echo $$ > /single; while :; do sleep 0.1; done' &
setsid sh -c 'trap "echo first >> /heard" USR1; echo $$ > /group
              sh -c "trap \\"echo second >> /heard\\" USR1; echo yes > /second; while :; do sleep 0.1; done" &
              while :; do sleep 0.1; done' &
while :; do sleep 1000 & wait $!; done
""", 0o755)
    domain, guest = start(root=root, init='/sbin/crowd')
    wait_for(lambda: all(read_file(root, name).strip() for name in ('single', 'group', 'second')), 'all run', 30)
    return domain, guest, int(read_file(root, 'single')), int(read_file(root, 'group'))


@pytest.mark.ours
def test_any_process_can_be_signalled_by_its_number_in_the_guest(crowd):
    domain, guest, single, _ = crowd
    domain.sendProcessSignal(single, libvirt.VIR_DOMAIN_PROCESS_SIGNAL_USR1, 0)
    wait_for(lambda: read_file(guest.root, 'heard') == 'single\n', 'it heard it', 30)


@pytest.mark.ours
def test_a_process_group_can_be_signalled(crowd):
    domain, guest, _, group = crowd
    domain.sendProcessSignal(-group, libvirt.VIR_DOMAIN_PROCESS_SIGNAL_USR1, 0)
    wait_for(lambda: sorted(read_file(guest.root, 'heard').split()) == ['first', 'second'], 'both heard it', 30)


@pytest.mark.ours
def test_a_process_that_is_not_there_is_told(start):
    domain, guest = start()
    for number, what in ((30000, 'process 30000'), (-30000, 'process group 30000')):
        with pytest.raises(libvirt.libvirtError, match=what) as refused:
            domain.sendProcessSignal(number, libvirt.VIR_DOMAIN_PROCESS_SIGNAL_TERM, 0)
        assert refused.value.get_error_code() == libvirt.VIR_ERR_INVALID_ARG


def test_an_unknown_signal_is_refused(start):
    domain, _ = start()
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.sendProcessSignal(1, 300, 0)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_INVALID_ARG


def test_a_stopped_guest_cannot_be_signalled(define):
    domain, _ = define()
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.sendProcessSignal(1, libvirt.VIR_DOMAIN_PROCESS_SIGNAL_TERM, 0)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID


def test_namespaces_are_handed_out_in_the_usual_order(start):
    domain, _ = start()
    files = libvirt_lxc.lxcOpenNamespace(domain, 0)
    kinds = [KINDS[fcntl.ioctl(file, NS_GET_NSTYPE)] for file in files]
    for file in files:
        os.close(file)
    assert [kind for kind in kinds if kind != 'cgroup'] == ['user', 'ipc', 'uts', 'net', 'pid', 'mnt']


def test_virsh_lxc_enter_namespace_runs_a_command_in_the_guest(daemon, start):
    domain, guest = start()
    result = daemon.virsh('lxc-enter-namespace', guest.name, '--noseclabel', '/bin/sh', '-c',
                          'hostname; cat /heard')
    assert result.out.split() == [guest.name, 'started']


def test_namespaces_of_a_stopped_guest_are_an_error(define):
    domain, _ = define()
    with pytest.raises(libvirt.libvirtError) as refused:
        libvirt_lxc.lxcOpenNamespace(domain, 0)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID
