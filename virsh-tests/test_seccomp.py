# SPDX-License-Identifier: LGPL-2.1-or-later
"""The filter of system calls."""
import os
import platform
import shutil

import libvirt
import pytest

from harness import build, process
from harness.daemon import PrivateDaemon, wait_for
from harness.guest import Guest, read_file

pytestmark = pytest.mark.ours
unfiltered = pytest.mark.skipif(process.is_filtered(), reason='this host filters system calls of its own')

MACHINE = ('kexec_load', 'kexec_file_load', 'init_module', 'finit_module', 'delete_module',
           'open_by_handle_at', 'swapon', 'swapoff', 'syslog', 'tiocsti', 'tiocsti_wide', 'tioclinux')
X86 = ('iopl', 'ioperm', 'i386_kexec_load', 'i386_iopl', 'i386_open_by_handle_at')
STRICT = ('bpf', 'perf_event_open', 'add_key', 'unshare_user', 'clone_user')
USUAL = ('bpf', 'perf_event_open', 'add_key', 'unshare_user', 'clone_user', 'clone3_user', 'fork')

on_x86 = pytest.mark.skipif(platform.machine() != 'x86_64', reason='needs an x86_64 processor')


@pytest.fixture
def conf(own_daemon):
    """Restarts a daemon of its own with these lines in lxc.conf."""
    def make(text):
        with open(own_daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
            file.write(text)
        own_daemon.restart()
        return own_daemon
    return make


@pytest.mark.parametrize('idmap', (None, 100000))
def test_calls_that_change_the_machine_are_denied(attack, idmap):
    assert attack(*MACHINE, idmap=idmap) == dict.fromkeys(MACHINE, 'EPERM')


@on_x86
@pytest.mark.parametrize('idmap', (None, 100000))
def test_the_other_entrances_of_the_kernel_are_no_way_around(attack, idmap):
    # User Mode Linux takes the numbers of x86_64 at every entrance
    entrances = [name for name in X86 if not (name.startswith('i386') and process.is_in_user_mode_linux())]
    seen = attack(*entrances, 'x32_kexec_load', 'x32_init_module', idmap=idmap)
    assert seen.pop('x32_kexec_load') in ('EPERM', 'ENOSYS')
    assert seen.pop('x32_init_module') in ('EPERM', 'ENOSYS')
    assert seen == dict.fromkeys(entrances, 'EPERM')


@unfiltered
def test_what_guests_do_is_left_to_the_kernel(attack):
    seen = attack(*USUAL)
    asked = 'ENOSYS' if process.is_in_user_mode_linux() else 'EFAULT'  # which counts no events
    assert seen['bpf'] != 'EPERM' and seen['perf_event_open'] == asked
    for name in ('add_key', 'unshare_user', 'clone_user', 'clone3_user', 'fork'):
        assert seen[name] == 'done', (name, seen)


def test_no_new_privileges_is_not_set_and_the_filter_is(start):
    domain, _ = start()
    init = process.init_of(domain)
    assert process.field(init, 'NoNewPrivs') == ['0']
    assert process.field(init, 'Seccomp') == ['2']


@unfiltered
def test_a_capability_asked_for_by_name_opens_its_calls(attack):
    features = "<privnet/><capabilities policy='default'><dac_read_search state='on'/></capabilities>"
    assert attack('open_by_handle_at', 'kexec_load', features=features) == {
        'open_by_handle_at': 'done', 'kexec_load': 'EPERM'}


@unfiltered
def test_all_capabilities_open_all_calls_but_those_that_are_not_for_guests(attack):
    seen = attack('open_by_handle_at', 'syslog', 'tiocsti',
                  features="<privnet/><capabilities policy='allow'/>")
    assert seen == {'open_by_handle_at': 'done', 'syslog': 'done', 'tiocsti': 'EPERM'}


def test_the_filter_binds_a_guest_of_another_user_with_few_capabilities(attack, root):
    os.chmod(root, 0o777)
    seen = attack('tiocsti', 'fork', root=root, os='<inituser>keel</inituser><initgroup>keel</initgroup>',
                  features="<privnet/><capabilities policy='deny'/>")
    assert seen == {'tiocsti': 'EPERM', 'fork': 'done'}


def run_in(daemon, root, script):
    """Starts a guest on a daemon of the test's own; answers what its init wrote to /seen."""
    shutil.copy2(build.find('attack'), os.path.join(root, 'bin/attack'))
    guest = Guest('profiled', root, init='/bin/sh', arguments=[
        '-c', '{ %s ; } > /seen.new 2>&1; mv /seen.new /seen; exec sleep 1000' % script])
    domain = daemon.connect().createXML(guest.xml())
    wait_for(lambda: os.path.exists(os.path.join(root, 'seen')), 'the script ended', 30)
    return domain, read_file(root, 'seen')


def test_the_strict_profile_denies_what_nested_containers_and_tracers_need(conf, root):
    daemon = conf('seccomp = "strict"\n')
    _, text = run_in(daemon, root, '/bin/attack %s clone3_user fork io_uring_setup kexec_load' % ' '.join(STRICT))
    seen = dict(line.split() for line in text.splitlines())
    assert {seen.pop(name) for name in STRICT} == {'EPERM'}
    assert seen == {'clone3_user': 'ENOSYS', 'io_uring_setup': 'ENOSYS', 'fork': 'done', 'kexec_load': 'EPERM'}


@unfiltered
def test_without_a_profile_there_is_no_filter(conf, root):
    daemon = conf('seccomp = "none"\n')
    domain, text = run_in(daemon, root, '/bin/attack open_by_handle_at')
    assert text.split() == ['open_by_handle_at', 'done']
    assert process.field(process.init_of(domain), 'Seccomp') == ['0']


def test_a_profile_that_does_not_exist_keeps_the_driver_inactive_and_is_named():
    session = PrivateDaemon('ours')
    try:
        with open(session.path('/etc/libvirt/lxc.conf'), 'w') as file:
            file.write('seccomp = "paranoid"\n')
        session.launch()
        text = "unknown seccomp profile 'paranoid': one of 'default', 'strict', 'none' is needed"
        wait_for(lambda: text in session.complaints(), 'the daemon says why', 30)
        with pytest.raises(libvirt.libvirtError):
            libvirt.open(session.uri)
    finally:
        session.close()
