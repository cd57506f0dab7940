# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles through virsh on a terminal and through streams, and the kernel log of a guest."""
import fcntl
import os
import re
import struct
import termios

import libvirt
import pytest

from harness.console import StreamConsole, TerminalConsole
from harness.daemon import wait_for
from harness.guest import put, read_file


@pytest.fixture
def shell(start):
    """A running guest whose init is a shell on its console."""
    return start(init='/bin/sh', consoles=2)


def test_virsh_console_answers_a_typed_command(daemon, shell):
    domain, guest = shell
    with TerminalConsole(daemon, guest.name) as console:
        console.expect('Escape character is')
        console.prompt()
        assert console.command('echo $((6 * 7))') == '42\n'
        assert console.leave() == 0


def test_a_console_can_be_left_and_opened_again(daemon, shell):
    domain, guest = shell
    for number in range(3):
        with TerminalConsole(daemon, guest.name) as console:
            console.expect('Escape character is')
            console.prompt()
            assert console.command('echo again %d' % number) == 'again %d\n' % number
            assert console.leave() == 0


def test_a_stream_carries_the_default_console(connection, shell):
    domain, _ = shell
    with StreamConsole(connection, domain) as console:
        console.prompt()
        assert console.command('cat /etc/passwd | head -n 1') == 'root:x:0:0:root:/root:/bin/sh\n'


def test_a_console_is_opened_by_its_alias(connection, shell):
    domain, _ = shell
    with StreamConsole(connection, domain) as first, \
            StreamConsole(connection, domain, 'console1') as second:
        first.prompt()
        first.command('echo across > /dev/tty2')
        second.expect('across')


def test_an_unknown_console_alias_is_an_error(connection, shell):
    domain, _ = shell
    with pytest.raises(libvirt.libvirtError, match='console7'):
        domain.openConsole('console7', connection.newStream(0), 0)


@pytest.mark.ours
def test_a_second_client_of_a_console_is_refused(daemon, connection, shell):
    domain, guest = shell
    with StreamConsole(connection, domain) as first:
        first.prompt()
        with pytest.raises(libvirt.libvirtError) as refused:
            domain.openConsole(None, connection.newStream(0), 0)
        assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_FAILED
        assert first.command('echo still mine') == 'still mine\n'


@pytest.mark.ours
def test_virsh_console_with_force_takes_it_over(daemon, connection, shell):
    domain, guest = shell
    with StreamConsole(connection, domain) as first:
        first.prompt()
        with TerminalConsole(daemon, guest.name, '--force') as second:
            second.expect('Escape character is')
            first.expect_end()
            second.prompt()
            assert second.command('echo taken') == 'taken\n'
            assert second.leave() == 0


@pytest.mark.ours
def test_virsh_console_accepts_safe(daemon, shell):
    _, guest = shell
    with TerminalConsole(daemon, guest.name, '--safe') as console:
        console.expect('Escape character is')
        console.prompt()
        assert console.leave() == 0


def test_a_console_whose_client_died_can_be_opened_again(daemon, connection, shell):
    domain, guest = shell
    with TerminalConsole(daemon, guest.name) as console:
        console.expect('Escape character is')
        console.process.kill()
        console.process.wait()

    def opened():
        try:
            return StreamConsole(connection, domain)
        except libvirt.libvirtError:
            return None
    with wait_for(opened, 'the console is free again') as console:
        console.prompt()


def test_much_output_arrives_whole_and_in_order(connection, shell):
    domain, _ = shell
    with StreamConsole(connection, domain) as console:
        console.prompt()
        answer = console.command('stty -echo -opost; seq 1 50000', seconds=30)
        assert answer.split() == [str(number) for number in range(1, 50001)]


@pytest.mark.ours
def test_output_that_nobody_reads_does_not_stop_the_guest(start):
    domain, guest = start(init='/bin/sh', arguments=[
        '-c', 'seq 1 30000; echo finished > /heard; exec sleep 1000'])
    wait_for(lambda: 'finished' in read_file(guest.root, 'heard'), 'the guest went on', 20)


def test_what_was_written_before_a_client_came_is_shown_to_it(connection, start):
    domain, guest = start(init='/bin/sh', arguments=[
        '-c', 'echo all aboard; echo written > /heard; exec sleep 1000'])
    wait_for(lambda: 'written' in read_file(guest.root, 'heard'), 'the guest wrote')
    with StreamConsole(connection, domain) as console:
        console.expect('all aboard')


@pytest.mark.ours
def test_a_guest_defined_without_console_has_one_while_it_runs(connection, start):
    domain, _ = start(init='/bin/sh', consoles=0)
    assert '<console' not in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    assert "<alias name='console0'/>" in domain.XMLDesc()
    with StreamConsole(connection, domain) as console:
        console.prompt()


def test_the_console_ends_with_the_guest(daemon, shell):
    domain, guest = shell
    with TerminalConsole(daemon, guest.name) as console:
        console.expect('Escape character is')
        console.prompt()
        domain.destroy()
        console.wait()


def test_the_console_of_a_stopped_guest_is_an_error(daemon, define):
    domain, guest = define()
    result = daemon.virsh('console', guest.name, check=False)
    assert result.code != 0
    assert 'not running' in result.err or 'tty' in result.err


def test_a_read_only_client_cannot_open_a_console(daemon, shell):
    domain, _ = shell
    reader = daemon.connect(readonly=True)
    with pytest.raises(libvirt.libvirtError) as refused:
        reader.lookupByName(domain.name()).openConsole(None, reader.newStream(0), 0)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_DENIED


def test_the_console_pty_is_named_in_the_live_xml_and_any_root_process_can_open_it(daemon, shell):
    domain, _ = shell
    found = re.search(r"<console type='pty' tty='(/dev/pts/\d+)'>\s*<source path='\1'/>", domain.XMLDesc())
    assert found, domain.XMLDesc()
    terminal = os.open(daemon.path(found.group(1)), os.O_RDWR | os.O_NOCTTY)
    os.close(terminal)


def test_the_size_of_the_hosts_terminal_is_the_guests(daemon, shell):
    domain, _ = shell
    path = re.search(r"tty='(/dev/pts/\d+)'", domain.XMLDesc()).group(1)
    terminal = os.open(daemon.path(path), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 41, 117, 0, 0))
        os.write(terminal, b'stty size > /size.new; mv /size.new /heard\n')
        wait_for(lambda: read_file(shell[1].root, 'heard') == '41 117\n', 'the size has come', 30)
    finally:
        os.close(terminal)


def logged(path, more=''):
    return "<console type='pty'><log file='%s'%s/></console>" % (path, more)


@pytest.mark.ours
@pytest.mark.parametrize('append', ['on', 'off'])
def test_a_console_has_its_output_in_its_log(start, workshop, append):
    path = os.path.join(workshop, 'console.log')
    put(workshop, 'console.log', 'before\n')
    try:
        start(init='/bin/sh', consoles=0, devices=logged(path, " append='%s'" % append),
              arguments=['-c', 'echo cast off; exec sleep 1000'])
        wait_for(lambda: 'cast off\n' in read_file(workshop, 'console.log'), 'the log has it', 30)
        assert read_file(workshop, 'console.log') == ('before\n' if append == 'on' else '') + 'cast off\n'
    finally:
        os.unlink(path)


@pytest.mark.ours
def test_a_console_log_is_bounded_and_has_the_end(start, workshop):
    path = os.path.join(workshop, 'console.log')
    try:
        _, guest = start(init='/bin/sh', consoles=0, devices=logged(path), arguments=[
            '-c', 'stty -opost < /dev/console; head -c 12000000 /dev/zero | tr "\\\\000" x; echo the end; '
                  'echo done > /heard; exec sleep 1000'])
        wait_for(lambda: 'done' in read_file(guest.root, 'heard'), 'the guest wrote', 60)
        wait_for(lambda: read_file(workshop, 'console.log').endswith('the end\n'), 'the log has the end', 30)
        assert 4 << 20 <= os.path.getsize(path) <= 8 << 20
    finally:
        if os.path.exists(path):
            os.unlink(path)


@pytest.mark.ours
def test_a_console_log_that_cannot_be_is_an_error_of_start(define, workshop):
    os.symlink('/etc/passwd', os.path.join(workshop, 'link'))
    try:
        for path, words in ((workshop + '/none/log', 'No such file'), (workshop + '/link', 'symbolic links'),
                            (workshop, 'Is a directory')):
            domain, _ = define(consoles=0, devices=logged(path))
            with pytest.raises(libvirt.libvirtError, match="consoles: console0: cannot open the log '%s': .*%s"
                               % (path, words)):
                domain.create()
        with pytest.raises(libvirt.libvirtError, match='must be an absolute path'):
            define(consoles=0, devices=logged('log'))
    finally:
        os.unlink(os.path.join(workshop, 'link'))


def test_getty_lets_root_log_in_on_several_consoles(connection, define):
    domain, guest = define(init='/sbin/init', consoles=2)
    put(guest.root, 'etc/passwd', 'root::0:0:root:/root:/bin/sh\n')
    put(guest.root, 'etc/inittab', 'console::respawn:/bin/getty -L 0 console vt100\n'
                                   'tty2::respawn:/bin/getty -L 0 tty2 vt100\n')
    domain.create()
    for alias in ('console0', 'console1'):
        with StreamConsole(connection, domain, alias) as console:
            console.prompt('login: ', 30)
            console.send('root\n')
            console.prompt()
            assert console.command('id -u; test -t 0 && echo terminal') == '0\nterminal\n'
            # job control: the console is the controlling terminal
            assert console.command('sleep 100 & kill %1 && echo controlled').endswith('controlled\n')


@pytest.mark.ours
@pytest.mark.parametrize('idmap', [None, 300000])
def test_what_a_guest_writes_to_its_kernel_log_is_in_the_log_of_the_domain(daemon, start, idmap):
    domain, guest = start(init='/bin/sh', idmap=idmap, arguments=[
        '-c', 'printf "<4>ahoy \\033[2J there\\n" > /dev/kmsg; echo written > /heard; exec sleep 1000'])
    wait_for(lambda: 'ahoy' in daemon.guest_log(guest.name), 'the log has it', 30)
    assert 'kmsg: <4>ahoy \\x1b[2J there\n' in daemon.guest_log(guest.name)


@pytest.mark.ours
def test_the_hosts_kernel_log_is_not_to_be_seen(start):
    _, guest = start(init='/bin/sh', arguments=[
        '-c', '{ timeout 1 cat /proc/kmsg | wc -c; timeout 1 cat /dev/kmsg | wc -c; dmesg | wc -c; } > /seen 2>&1; '
              'echo done > /heard; exec sleep 1000'])
    wait_for(lambda: 'done' in read_file(guest.root, 'heard'), 'the guest looked', 30)
    seen = read_file(guest.root, 'seen').splitlines()
    assert [line for line in seen if line.isdigit()] == ['0', '0', '0'], seen


@pytest.mark.ours
def test_a_guest_that_floods_its_kernel_log_is_neither_stopped_nor_believed(daemon, start):
    _, guest = start(init='/bin/sh', arguments=[
        '-c', 'seq 1 20000 > /dev/kmsg; echo finished > /heard; exec sleep 1000'])
    wait_for(lambda: 'finished' in read_file(guest.root, 'heard'), 'the guest went on', 30)
    assert daemon.guest_log(guest.name).count('kmsg: ') < 1000
