# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running commands in a guest: virsh lxc-enter-namespace, and libvirt_lxc_exec."""
import os
import pty
import signal
import subprocess
import time

import pytest

from harness import process
from harness.build import CONTROLLERS
from harness.daemon import wait_for
from harness.guest import put, read_file
from harness.limits import group_of

EXEC = os.path.join(CONTROLLERS, 'libvirt_lxc_exec')

pytestmark = pytest.mark.ours


@pytest.fixture
def execute(daemon):
    """Runs libvirt_lxc_exec in the session, as an administrator would."""
    def run(*argv, **options):
        return daemon.run(EXEC, *argv, **options)
    return run


def status_of(text):
    return dict(line.split(':\t', 1) for line in text.splitlines() if ':\t' in line)


def init_status(domain):
    with open('/proc/%d/status' % process.init_of(domain)) as file:
        return status_of(file.read())


def test_lxc_enter_namespace_works_where_no_security_model_is(daemon, start):
    _, guest = start()
    result = daemon.virsh('lxc-enter-namespace', guest.name, '/bin/sh', '-c', 'hostname; exit 0')
    assert result.out.split() == [guest.name]


def test_output_errors_input_and_exit_status_are_the_commands(start, execute):
    _, guest = start()
    result = execute(guest.name, 'sh', '-c', 'read x; echo "out $x"; echo err >&2; exit 7', input='word\n')
    assert (result.stdout, result.stderr, result.returncode) == ('out word\n', 'err\n', 7)


def test_a_megabyte_goes_through_in_both_directions(start, execute):
    _, guest = start()
    text = 'x' * 99 + '\n'
    result = execute(guest.name, 'cat', input=text * 10000)
    assert result.returncode == 0 and result.stdout == text * 10000


def test_death_by_a_signal_is_told(start, execute):
    _, guest = start()
    assert execute(guest.name, '--', 'sh', '-c', 'kill -9 $$').returncode == 128 + 9


def test_what_cannot_be_executed_is_told_apart(start, execute, root):
    put(root, 'bin/plain', 'no program\n', 0o644)
    _, guest = start(root=root)
    missing = execute(guest.name, 'nothing-of-that-name')
    assert missing.returncode == 127 and 'no such command' in missing.stderr
    plain = execute(guest.name, '/bin/plain')
    assert plain.returncode == 126 and "cannot execute '/bin/plain'" in plain.stderr


def test_a_guest_that_does_not_run_or_is_suspended_is_named(define, start, execute):
    _, inactive = define()
    result = execute(inactive.name, 'true')
    assert result.returncode == 125 and "domain '%s' is not running" % inactive.name in result.stderr
    domain, guest = start()
    domain.suspend()
    result = execute(guest.name, 'true')
    assert result.returncode == 125 and 'is suspended: resume it' in result.stderr
    domain.resume()
    assert execute(guest.name, 'true').returncode == 0


@pytest.mark.parametrize('idmap', [None, 100000])
def test_a_command_has_the_rights_and_limits_of_init(start, execute, idmap):
    domain, guest = start(idmap=idmap) if idmap else start()
    seen = status_of(execute(guest.name, 'cat', '/proc/self/status').stdout)
    init = init_status(domain)
    for field in ('CapInh', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp'):
        assert seen[field] == init[field], field
    assert seen['CapInh'] == '0000000000000000'
    assert seen['Uid'].split() == ['0'] * 4
    group = execute(guest.name, 'cat', '/proc/self/cgroup').stdout
    assert group == execute(guest.name, 'cat', '/proc/1/cgroup').stdout
    for kind in ('user', 'mnt', 'pid', 'uts', 'ipc', 'net', 'cgroup'):
        same = execute(guest.name, 'sh', '-c', 'readlink /proc/self/ns/%s; readlink /proc/1/ns/%s' % (kind, kind))
        assert len(set(same.stdout.split())) == 1, kind


def test_a_fork_bomb_meets_the_limit_of_the_guest(start, execute):
    domain, guest = start()
    put(group_of(domain, 'pids')[1], 'pids.max', '12')
    result = execute(guest.name, 'sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do sleep 5 & done; '
                                             'kill $(jobs -p)')
    assert 'fork' in result.stderr


def test_a_command_gets_its_standard_descriptors_only(start, execute):
    _, guest = start()
    assert execute(guest.name, 'sh', '-c', 'true; ls /proc/$$/fd; true').stdout.split() == ['0', '1', '2']


def test_the_environment_is_that_of_init_and_what_was_given(start, execute):
    domain, guest = start()
    seen = dict(line.split('=', 1) for line in
                execute('-e', 'PORT=80', guest.name, 'env').stdout.splitlines())
    assert seen['container_uuid'] == domain.UUIDString() and seen['PORT'] == '80'
    assert seen['HOME'] == '/root' and seen['USER'] == 'root' and '/usr/bin' in seen['PATH']


def test_a_user_is_found_in_the_guests_files(start, execute):
    _, guest = start()
    result = execute('--user', 'keel', guest.name, 'sh', '-c', 'id -u; id -g; id -G; pwd')
    assert result.stdout.split() == ['1000', '1000', '1000', '50', '/home/keel'], result
    result = execute('--user', '1234:50', '--directory', '/tmp', guest.name, 'sh', '-c', 'id -u; id -g; pwd')
    assert result.stdout.split() == ['1234', '50', '/tmp']
    assert '0000000000000000' in execute('-u', 'keel', guest.name, 'grep', 'CapEff', '/proc/self/status').stdout


@pytest.mark.parametrize('user', ['nobody-here', '1000x', '-1', '4294967295', '', ':', 'keel:', 'keel:none',
                                  '0x0', ' 0', '1e3'])
def test_a_user_that_cannot_be_understood_is_never_root(start, execute, user):
    _, guest = start()
    result = execute('--user=' + user, guest.name, 'id')
    assert result.returncode == 125 and result.stdout == '', result


def test_a_terminal_is_one_of_the_guests(daemon, start):
    _, guest = start()
    master, slave = pty.openpty()
    command = subprocess.Popen(daemon.enter(EXEC, '--tty', guest.name, 'sh', '-c', 'tty; stty size; exit 3'),
                               stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    text = b''
    try:
        while True:
            text += os.read(master, 4096)
    except OSError:
        pass
    os.close(master)
    assert command.wait(30) == 3
    assert b'/dev/pts/' in text


def test_commands_end_with_the_guest(daemon, start):
    domain, guest = start()
    command = subprocess.Popen(daemon.enter(EXEC, guest.name, 'sh', '-c', 'echo there; exec sleep 1000'),
                               stdout=subprocess.PIPE)
    assert command.stdout.readline() == b'there\n'
    domain.destroy()
    assert command.wait(30) == 128 + 9
    command.stdout.close()


def test_commands_end_with_who_runs_them(daemon, start):
    domain, guest = start()
    command = subprocess.Popen(daemon.enter(EXEC, guest.name, 'sh', '-c', 'echo there; exec sleep 1000'),
                               stdout=subprocess.PIPE)
    assert command.stdout.readline() == b'there\n'
    init = process.init_of(domain)
    sleeping = lambda: [pid for pid in os.listdir('/proc') if pid.isdigit() and int(pid) != init and
                        os.path.exists('/proc/%s/ns/pid' % pid) and same_namespace(pid, init) and
                        b'1000' in cmdline(pid) and b'sleep' in cmdline(pid)]
    before = len(sleeping())
    command.kill()
    command.wait(30)
    command.stdout.close()
    wait_for(lambda: len(sleeping()) == before - 1, 'the command has ended', 30)


def same_namespace(pid, other):
    try:
        return os.readlink('/proc/%s/ns/pid' % pid) == os.readlink('/proc/%d/ns/pid' % other)
    except OSError:
        return False


def cmdline(pid):
    try:
        with open('/proc/%s/cmdline' % pid, 'rb') as file:
            return file.read()
    except OSError:
        return b''


def test_a_signal_is_passed_on(daemon, start):
    _, guest = start()
    command = subprocess.Popen(daemon.enter(EXEC, guest.name, 'sh', '-c',
                                            "trap 'echo heard; exit 5' TERM; echo there; "
                                            'while :; do sleep 0.05; done'), stdout=subprocess.PIPE)
    assert command.stdout.readline() == b'there\n'
    os.kill(command.pid, signal.SIGTERM)
    assert command.communicate(timeout=30)[0] == b'heard\n' and command.returncode == 5


@pytest.mark.parametrize('how', ['fifo', 'huge', 'device', 'outside'])
def test_a_hostile_passwd_neither_hangs_nor_misleads(start, execute, root, how):
    path = os.path.join(root, 'etc/passwd')
    os.unlink(path)
    if how == 'fifo':
        os.mkfifo(path)
    elif how == 'huge':
        put(root, 'etc/passwd', '')
        os.truncate(path, 1 << 30)
    elif how == 'device':
        os.mknod(path, 0o20666, os.makedev(1, 5))
    else:
        # On the host this leads to an account that the guest does not have.
        os.symlink('../../../../../../../../etc/passwd', path)
    _, guest = start(root=root)
    began = time.monotonic()
    result = execute('--user', 'keel', guest.name, 'id')
    assert result.returncode == 125 and result.stdout == ''
    assert execute(guest.name, 'grep', 'Uid', '/proc/self/status').stdout.split()[1] == '0'
    assert time.monotonic() - began < 20


def test_the_program_in_the_guest_cannot_write_to_ours(daemon, start, execute, root):
    put(root, 'bin/hook', '#!/proc/self/exe\n', 0o755)
    _, guest = start(root=root)
    before = read_bytes(daemon.path(EXEC))
    result = execute(guest.name, '/bin/hook')
    assert result.returncode != 0
    execute(guest.name, 'sh', '-c', 'for p in /proc/[0-9]*; do echo x > $p/exe; done')
    assert read_bytes(daemon.path(EXEC)) == before


def read_bytes(path):
    with open(path, 'rb') as file:
        return file.read()


def test_help_and_mistakes_on_the_command_line(execute):
    assert 'Runs COMMAND in the running container' in execute('--help').stdout
    assert execute('--version').stdout.startswith('libvirt_lxc_exec (Caisson) ')
    assert execute().returncode == 125 and execute('name-only').returncode == 125
    result = execute('--env', 'broken', 'x', 'y')
    assert result.returncode == 125 and "'broken' is not NAME=VALUE" in result.stderr
