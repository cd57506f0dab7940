# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starts that fail: the error says what happened to which object, and nothing is left behind.

Every test here ends with the leak check of the `daemon` fixture.
"""
import os
import re

import libvirt
import pytest

from harness.daemon import wait_for
from harness.guest import put, read_file


def refused_start(domain, *patterns):
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.create()
    text = str(refused.value)
    for pattern in patterns:
        assert re.search(pattern, text), text
    assert domain.state()[0] == libvirt.VIR_DOMAIN_SHUTOFF and domain.ID() == -1
    return refused.value


@pytest.mark.ours
def test_an_init_that_does_not_exist_is_an_error_of_start(define, recorded):
    domain, guest = define(init='/sbin/nothing')
    refused_start(domain, '/sbin/nothing', 'No such file or directory')
    assert not [event for event in recorded.of(guest.name) if event.startswith('started')] or \
        recorded.of(guest.name)[-1].startswith('stopped')


@pytest.mark.ours
def test_virsh_start_shows_why_init_cannot_be_executed(daemon, define):
    _, guest = define(init='/sbin/nothing')
    result = daemon.virsh('start', guest.name, check=False)
    assert result.code != 0
    assert '/sbin/nothing' in result.err and 'No such file or directory' in result.err


@pytest.mark.ours
def test_an_init_that_is_not_executable_is_an_error_of_start(define, root):
    put(root, 'sbin/plain', 'just text\n')
    domain, _ = define(init='/sbin/plain', root=root)
    refused_start(domain, '/sbin/plain', 'Permission denied')


@pytest.mark.ours
def test_an_init_in_a_format_nobody_knows_is_an_error_of_start(define, root):
    put(root, 'sbin/odd', '\x01\x02\x03', 0o755)
    domain, _ = define(init='/sbin/odd', root=root)
    refused_start(domain, '/sbin/odd', 'Exec format error')


@pytest.mark.ours
def test_an_init_whose_interpreter_is_missing_is_an_error_of_start(define, root):
    put(root, 'sbin/script', '#!/no/such/shell\n', 0o755)
    domain, _ = define(init='/sbin/script', root=root)
    refused_start(domain, '/sbin/script', 'No such file or directory')


@pytest.mark.ours
def test_a_missing_root_directory_is_named(define):
    domain, _ = define(root='/no/such/root')
    refused_start(domain, '/no/such/root', 'No such file or directory')


@pytest.mark.ours
def test_a_missing_mount_source_is_named(define):
    domain, _ = define(devices="<filesystem type='mount'><source dir='/no/such/source'/>"
                               "<target dir='/mnt'/></filesystem>")
    refused_start(domain, '/no/such/source', 'No such file or directory')


@pytest.mark.ours
def test_a_missing_bind_source_inside_the_guest_is_named(define):
    domain, _ = define(devices="<filesystem type='bind'><source dir='/no/such/source'/>"
                               "<target dir='/mnt'/></filesystem>")
    refused_start(domain, '/no/such/source', 'No such file or directory')


@pytest.mark.ours
@pytest.mark.parametrize('element', ['inituser', 'initgroup'])
def test_an_unknown_user_or_group_of_init_is_named(define, element):
    domain, _ = define(os='<%s>nobodyhere</%s>' % (element, element))
    refused_start(domain, 'nobodyhere')


@pytest.mark.ours
def test_a_missing_working_directory_of_init_is_named(define):
    domain, _ = define(os='<initdir>/no/such/directory</initdir>')
    refused_start(domain, '/no/such/directory', 'No such file or directory')


def test_a_relative_partition_is_refused(define):
    """By ours when it is defined, by the stock driver when it starts."""
    with pytest.raises(libvirt.libvirtError, match='relative'):
        define(top='<resource><partition>relative</partition></resource>')[0].create()


@pytest.mark.ours
def test_a_partition_that_does_not_exist_is_named(define):
    domain, _ = define(top='<resource><partition>/machine/no/such</partition></resource>')
    refused_start(domain, 'no')


@pytest.mark.ours
def test_a_memory_limit_too_small_for_init_is_not_a_running_guest(define, recorded):
    """Whatever the kernel does with such a limit, the domain ends up shut off."""
    domain, guest = define(memory=1, top='<memtune><hard_limit unit="KiB">64</hard_limit></memtune>')
    try:
        domain.create()
    except libvirt.libvirtError:
        pass
    wait_for(lambda: domain.state()[0] == libvirt.VIR_DOMAIN_SHUTOFF, 'it is shut off')


def test_a_failed_start_can_be_repeated_when_the_cause_is_gone(define):
    domain, guest = define(init='/sbin/late')
    with pytest.raises(libvirt.libvirtError):
        domain.create()
        wait_for(lambda: not domain.isActive(), 'the stock driver notices', 5)
        raise libvirt.libvirtError('ended at once')
    put(guest.root, 'sbin/late', read_file(guest.root, 'sbin/listener'), 0o755)
    domain.create()
    wait_for(lambda: 'started' in read_file(guest.root, 'heard'), 'init runs')


@pytest.mark.ours
def test_a_failed_start_leaves_no_entry_in_the_guests_directory(define):
    domain, guest = define(init='/sbin/nothing')
    before = sorted(os.listdir(guest.root))
    refused_start(domain)
    assert sorted(os.listdir(guest.root)) == before


@pytest.mark.ours
def test_fifty_failing_starts_leave_no_descriptor_in_the_daemon(daemon, define):
    from harness import leaks
    domain, _ = define(init='/sbin/nothing')
    refused_start(domain)
    before = leaks.descriptors(daemon)
    for _ in range(50):
        refused_start(domain)
    wait_for(lambda: leaks.descriptors(daemon) <= before + 2,
             lambda: 'descriptors: %d before, %d after' % (before, leaks.descriptors(daemon)))


def test_the_log_of_a_guest_names_what_was_started(daemon, start):
    domain, guest = start()
    log = daemon.guest_log(guest.name)
    assert re.search(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+0000: starting up', log, re.MULTILINE)
    assert '--name %s' % guest.name in log
