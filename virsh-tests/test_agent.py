# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guest-agent protocol, answered from the host: no agent runs in any of these guests."""
import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import time

import libvirt
import libvirt_qemu
import pytest

from harness import process
from harness.build import CONTROLLERS
from harness.daemon import wait_for
from harness.guest import put, read_file

pytestmark = pytest.mark.ours

SHADOW = 'root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\nkeel:!:19000:0:99999:7:::\n'


def b64(data):
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


class Agent:
    """Speaks the protocol through virsh."""

    def __init__(self, daemon, name):
        self.daemon, self.name = daemon, name

    def ask(self, command, **arguments):
        call = {'execute': command}
        if arguments:
            call['arguments'] = {key.replace('_', '-'): value for key, value in arguments.items()}
        return self.daemon.virsh('qemu-agent-command', self.name, json.dumps(call), check=False)

    def __call__(self, command, **arguments):
        result = self.ask(command, **arguments)
        assert result.code == 0, result
        reply = json.loads(result.out)
        assert set(reply) == {'return'}
        return reply['return']

    def refusal(self, command, **arguments):
        result = self.ask(command, **arguments)
        assert result.code != 0, result
        return result.err

    def run(self, *argv, **options):
        """guest-exec, then guest-exec-status until it has ended."""
        pid = self('guest-exec', path=argv[0], arg=list(argv[1:]), capture_output=True, **options)['pid']
        found = []

        def ended():
            found[:] = [self('guest-exec-status', pid=pid)]
            return found[0]['exited']
        wait_for(ended, 'process %d ended' % pid, 30, 0.02)
        for name in ('out-data', 'err-data'):
            found[0][name] = base64.b64decode(found[0].get(name, '')).decode(errors='replace')
        return found[0]


@pytest.fixture
def agent(daemon, start):
    def make(**options):
        domain, guest = start(**options)
        made = Agent(daemon, guest.name)
        made.domain, made.guest = domain, guest
        return made
    return make


def agents_of(daemon, name):
    found = []
    for pid in daemon.processes():
        try:
            with open('/proc/%d/cmdline' % pid, 'rb') as file:
                words = file.read().split(b'\0')
        except OSError:
            continue
        if words[0].endswith(b'libvirt_lxc_agent') and name.encode() in words:
            found.append(pid)
    return found


def test_ping_sync_and_info(agent):
    ask = agent()
    assert ask('guest-ping') == {}
    assert ask('guest-sync', id=1234567) == 1234567
    assert ask('guest-sync-delimited', id=-5) == -5
    info = {row['name']: row['enabled'] for row in ask('guest-info')['supported_commands']}
    assert info['guest-exec'] and info['guest-file-open'] and not info['guest-suspend-ram']


def test_mistakes_in_calls_are_told(agent):
    ask = agent()
    assert 'The command guest-nonsense has not been found' in ask.refusal('guest-nonsense')
    assert "Parameter 'path' is missing" in ask.refusal('guest-file-open')
    assert "Parameter 'wrong' is unexpected" in ask.refusal('guest-ping', wrong=1)
    assert 'arguments.handle: not a whole number' in ask.refusal('guest-file-close', handle='x')
    result = ask.daemon.virsh('qemu-agent-command', ask.name, 'no json', check=False)
    assert result.code != 0 and 'Invalid guest-agent command' in result.err
    with pytest.raises(libvirt.libvirtError, match='unsupported flags'):
        libvirt_qemu.qemuAgentCommand(ask.domain, '{"execute":"guest-ping"}', 5, 1)


def test_only_a_running_guest_of_ours_answers(daemon, define):
    domain, guest = define()
    assert 'domain is not running' in Agent(daemon, guest.name).refusal('guest-ping')
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.getTime()
    assert caught.value.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID


def test_exec_returns_output_and_exit_status(agent):
    ask = agent()
    status = ask.run('/bin/sh', '-c', 'cat; echo err >&2; echo "$PORT"; exit 3', input_data=b64('in\n'),
                     env=['PORT=80'])
    assert (status['exitcode'], status['out-data'], status['err-data']) == (3, 'in\n80\n', 'err\n')
    assert ask.run('sh', '-c', 'kill -9 $$')['signal'] == 9
    assert 'no such command' in ask.refusal('guest-exec', path='nothing-of-that-name')


def test_exec_runs_within_the_guests_limits_and_rights(agent):
    ask = agent()
    init = process.init_of(ask.domain)
    seen = ask.run('cat', '/proc/self/status', '/proc/self/cgroup', '/proc/1/cgroup')['out-data']
    for field in ('CapBnd', 'CapInh', 'NoNewPrivs', 'Seccomp'):
        assert [line for line in seen.splitlines() if line.startswith(field + ':')][0].split()[1:] == \
            process.field(init, field), field
    groups = [line for line in seen.splitlines() if line.count(':') >= 2 and line[0].isdigit()]
    assert groups[:len(groups) // 2] == groups[len(groups) // 2:]


def test_exec_captures_as_it_was_asked_to(agent):
    ask = agent()
    script = 'echo out; echo err >&2'
    status = {}
    pid = ask('guest-exec', path='sh', arg=['-c', script], capture_output='merged')['pid']
    wait_for(lambda: status.update(ask('guest-exec-status', pid=pid)) or status['exited'], 'it ended', 30)
    assert base64.b64decode(status['out-data']) == b'out\nerr\n' and 'err-data' not in status
    pid = ask('guest-exec', path='true')['pid']
    status = {}
    wait_for(lambda: status.update(ask('guest-exec-status', pid=pid)) or status['exited'], 'it ended', 30)
    assert status == {'exited': True, 'exitcode': 0}
    assert "does not accept value 'both'" in ask.refusal('guest-exec', path='true', capture_output='both')


def test_too_much_output_is_cut_and_the_command_goes_on(agent):
    ask = agent()
    status = ask.run('sh', '-c', 'head -c 3000000 /dev/zero; echo done >&2')
    assert len(status['out-data']) == 1 << 20 and status['out-truncated'] and status['err-data'] == 'done\n'


def test_a_daemon_of_the_guests_does_not_keep_exec_waiting(agent):
    ask = agent()
    status = ask.run('sh', '-c', 'sleep 1000 & echo started')
    assert status['out-data'] == 'started\n' and status['exitcode'] == 0


def test_an_ended_command_is_forgotten_when_it_was_told(agent):
    ask = agent()
    pid = ask('guest-exec', path='sleep', arg=['1000'])['pid']
    assert ask('guest-exec-status', pid=pid) == {'exited': False}
    ask.run('kill', '-TERM', str(pid))
    status = {}
    wait_for(lambda: status.update(ask('guest-exec-status', pid=pid)) or status['exited'], 'it died', 30)
    assert status['signal'] == 15
    assert 'PID %d does not exist' % pid in ask.refusal('guest-exec-status', pid=pid)


def test_commands_and_files_are_counted(agent):
    ask = agent()

    def call(command, **arguments):
        text = json.dumps({'execute': command, 'arguments': arguments})
        return json.loads(libvirt_qemu.qemuAgentCommand(ask.domain, text, 30, 0))['return']
    for _ in range(64):
        call('guest-exec', path='/bin/sleep', arg=['1000'])
    with pytest.raises(libvirt.libvirtError, match='64 processes run or wait for guest-exec-status'):
        call('guest-exec', path='/bin/sleep', arg=['1000'])
    handles = {call('guest-file-open', path='/etc/passwd') for _ in range(64)}
    assert len(handles) == 64
    with pytest.raises(libvirt.libvirtError, match='64 files are open: close some'):
        call('guest-file-open', path='/etc/passwd')
    call('guest-file-close', handle=handles.pop())
    call('guest-file-open', path='/etc/passwd')
    # The 65th command was not left running; the guest's own init has a sleep as well.
    wait_for(lambda: len(sleepers(process.init_of(ask.domain))) == 65, 'no more than those', 30)


def sleepers(init):
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/cmdline' % pid, 'rb') as file:
                if b'1000' in file.read() and \
                        os.readlink('/proc/%s/ns/pid' % pid) == os.readlink('/proc/%d/ns/pid' % init):
                    found.append(pid)
        except OSError:
            continue
    return found


def test_a_suspended_guest_tells_facts_but_runs_nothing(agent):
    ask = agent()
    ask('guest-ping')
    ask.domain.suspend()
    assert 'is suspended: resume it' in ask.refusal('guest-exec', path='true')
    assert ask('guest-get-host-name') == {'host-name': ask.name}
    ask.domain.resume()
    assert ask.run('true')['exitcode'] == 0


def test_files_are_read_and_written(agent):
    ask = agent()
    handle = ask('guest-file-open', path='/tmp/letter', mode='w+')
    assert ask('guest-file-write', handle=handle, buf_b64=b64('dear guest'))['count'] == 10
    assert ask('guest-file-write', handle=handle, buf_b64=b64('!!!'), count=1)['count'] == 1
    assert ask('guest-file-seek', handle=handle, offset=5, whence='set') == {'position': 5, 'eof': False}
    part = ask('guest-file-read', handle=handle, count=5)
    assert base64.b64decode(part['buf-b64']) == b'guest' and part['count'] == 5 and not part['eof']
    rest = ask('guest-file-read', handle=handle)
    assert base64.b64decode(rest['buf-b64']) == b'!' and rest['eof']
    assert ask('guest-file-seek', handle=handle, offset=-3, whence=2)['position'] == 8
    assert ask('guest-file-flush', handle=handle) == {}
    assert ask('guest-file-close', handle=handle) == {}
    assert 'has not been found' in ask.refusal('guest-file-read', handle=handle)
    assert read_file(ask.guest.root, 'tmp/letter') == 'dear guest!'
    assert "invalid file open mode 'x'" in ask.refusal('guest-file-open', path='/tmp/letter', mode='x')


def test_a_mapped_guest_owns_what_is_written_for_it(agent):
    ask = agent(idmap=100000)
    handle = ask('guest-file-open', path='/tmp/mine', mode='w')
    ask('guest-file-write', handle=handle, buf_b64=b64('x'))
    ask('guest-file-close', handle=handle)
    assert ask.run('stat', '-c', '%u %g', '/tmp/mine')['out-data'] == '0 0\n'
    assert os.stat(os.path.join(ask.guest.root, 'tmp/mine')).st_uid == 100000


def test_paths_do_not_lead_out_of_the_guest(agent, make_root, tmp_path):
    outside = tmp_path / 'secret'
    outside.write_text('of the host')
    root = make_root()
    depth = '../' * 30
    os.symlink(depth + str(outside).lstrip('/'), os.path.join(root, 'tmp/link'))
    os.symlink('/proc/1/root', os.path.join(root, 'tmp/magic'))
    os.mkfifo(os.path.join(root, 'tmp/fifo'))
    os.mknod(os.path.join(root, 'tmp/disk'), 0o60666, os.makedev(7, 0))
    ask = agent(root=root)
    for path in ('/tmp/link', depth + str(outside).lstrip('/'), '/tmp/magic' + str(outside)):
        assert 'failed to open file' in ask.refusal('guest-file-open', path=path), path
    for path in ('/tmp/fifo', '/tmp/disk', '/dev/null', '/tmp'):
        assert 'is not a plain file' in ask.refusal('guest-file-open', path=path), path
    handle = ask('guest-file-open', path='/../../../../tmp/fresh', mode='w')
    ask('guest-file-close', handle=handle)
    assert os.path.exists(os.path.join(root, 'tmp/fresh'))


def test_facts_are_those_of_the_guests_files(agent, make_root):
    root = make_root()
    put(root, 'etc/os-release', 'ID=lxos\nNAME="L X"\nPRETTY_NAME="L X 1 (one)"\nVERSION_ID=1\n')
    zone = '/usr/share/zoneinfo/Asia/Kolkata'
    if os.path.exists(zone):
        shutil.copy(zone, os.path.join(root, 'etc/localtime'))
    ask = agent(root=root)
    system = ask('guest-get-osinfo')
    assert system['id'] == 'lxos' and system['pretty-name'] == 'L X 1 (one)' and system['version-id'] == '1'
    assert system['kernel-release'] == os.uname().release
    if os.path.exists(zone):
        assert ask('guest-get-timezone') == {'zone': 'IST', 'offset': 19800}
    assert ask('guest-get-users') == []
    assert abs(ask('guest-get-time') / 1e9 - time.time()) < 60
    assert any(row['mountpoint'] == '/' and row['total-bytes'] > 0 for row in ask('guest-get-fsinfo'))
    lo = [row for row in ask('guest-network-get-interfaces') if row['name'] == 'lo'][0]
    assert {'ip-address': '127.0.0.1', 'ip-address-type': 'ipv4', 'prefix': 8} in lo['ip-addresses']
    assert len(ask('guest-get-vcpus')) >= 1
    assert 'shares the clock' in ask.refusal('guest-set-time', time=0)
    for name in ('disk', 'ram', 'hybrid'):
        assert 'cannot suspend itself' in ask.refusal('guest-suspend-' + name)


def test_the_load_is_that_of_the_guest(agent):
    """Not the host's, which has something to do while tests run."""
    busy = agent(init='/bin/sh', arguments=['-c', 'while :; do :; done'])
    resting = agent(init='/bin/sleep', arguments=['1000'])
    first = busy('guest-get-load')
    wait_for(lambda: busy('guest-get-load')['load1m'] > first['load1m'] + 0.01, 'it grows', 60)
    now = busy('guest-get-load')
    assert now['load1m'] > now['load5m'] > now['load15m'] > 0
    assert resting('guest-get-load')['load1m'] < now['load1m'] / 2


def test_users_are_those_of_utmp(agent, make_root):
    root = make_root()
    entry = lambda kind, name, seconds: struct.pack('<hxxi32s4s32s256shhiii16s20x', kind, 1, b'tty1', b'1', name,
                                                    b'', 0, 0, 0, seconds, 0, b'')
    with open(os.path.join(root, 'run/utmp'), 'wb') as file:
        file.write(entry(7, b'keel', 2000) + entry(8, b'gone', 1) + entry(7, b'keel', 1000) + b'cut')
    ask = agent(root=root)
    ask.run('sh', '-c', 'test -e /run/utmp')
    users = ask('guest-get-users')
    if users:       # /run may be a file system of the guest's own
        assert users == [{'user': 'keel', 'login-time': 1000.0}]
        assert ask.domain.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_USERS)['user.0.login-time'] == 1000000


def test_read_only_connections_ask_nothing(daemon, agent):
    ask = agent()
    domain = daemon.connect(readonly=True).lookupByName(ask.name)
    for call in (lambda: domain.guestInfo(0), lambda: domain.setUserPassword('root', 'x'), lambda: domain.fsFreeze(),
                 lambda: domain.authorizedSSHKeysGet('root'), lambda: domain.hostname(),
                 lambda: libvirt_qemu.qemuAgentCommand(domain, '{"execute":"guest-ping"}', 5, 0)):
        with pytest.raises(libvirt.libvirtError):
            call()
    assert not agents_of(daemon, ask.name)


def test_the_hostname_is_what_the_guest_made_of_it(agent):
    ask = agent()
    ask.run('hostname', 'renamed')
    assert ask('guest-get-host-name') == {'host-name': 'renamed'} and ask.domain.hostname() == 'renamed'


def shadow_line(root, user):
    with open(os.path.join(root, 'etc/shadow')) as file:
        return [line for line in file.read().splitlines() if line.startswith(user + ':')]


@pytest.fixture
def with_accounts(make_root):
    def make(owner=0):
        root = make_root(owner)
        put(root, 'etc/shadow', SHADOW, 0o640)
        os.chown(os.path.join(root, 'etc/shadow'), owner, owner + 42 if not owner else owner)
        os.chown(os.path.join(root, 'home/keel'), owner + 1000, owner + 1000)
        return root
    return make


def crypt_of(root, user):
    return shadow_line(root, user)[0].split(':')[1]


@pytest.mark.parametrize('idmap', [None, 100000])
def test_a_password_is_set_in_the_guests_file(agent, with_accounts, idmap):
    root = with_accounts(idmap or 0)
    ask = agent(root=root, **({'idmap': idmap} if idmap else {}))
    before = os.stat(os.path.join(root, 'etc/shadow'))
    ask.domain.setUserPassword('keel', 'new: secret')
    line = shadow_line(root, 'keel')
    fields = line[0].split(':')
    assert len(line) == 1 and len(fields) == 9 and int(fields[2]) > 19000 and fields[4] == '99999'
    salt = '$'.join(fields[1].split('$')[:3])
    made = subprocess.run(['openssl', 'passwd', '-6', '-salt', salt.split('$')[2], 'new: secret'],
                          capture_output=True, text=True, check=True).stdout.strip() \
        if shutil.which('openssl') else fields[1]
    assert fields[1] == made and fields[1].startswith('$6$')
    after = os.stat(os.path.join(root, 'etc/shadow'))
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert shadow_line(root, 'root') == ['root:*:19000:0:99999:7:::']
    ask.domain.setUserPassword('keel', '$6$x$y', libvirt.VIR_DOMAIN_PASSWORD_ENCRYPTED)
    assert crypt_of(root, 'keel') == '$6$x$y'
    assert not [name for name in os.listdir(os.path.join(root, 'etc')) if name.startswith('.shadow')]


def test_passwords_that_would_break_the_file_are_refused(agent, with_accounts):
    root = with_accounts()
    ask = agent(root=root)
    for password, crypted in (('a\nroot::0:0::', False), ('x:y', True), ('nul\0', False)):
        assert 'forbidden characters' in ask.refusal('guest-set-user-password', username='keel',
                                                     password=b64(password), crypted=crypted)
    assert "has no user 'stranger'" in ask.refusal('guest-set-user-password', username='stranger',
                                                   password=b64('x'), crypted=False)
    with open(os.path.join(root, 'etc/shadow')) as file:
        assert file.read() == SHADOW


def test_a_hostile_shadow_leads_nowhere(agent, with_accounts, tmp_path):
    root = with_accounts()
    path = os.path.join(root, 'etc/shadow')
    outside = tmp_path / 'shadow'
    outside.write_text(SHADOW)
    os.unlink(path)
    os.symlink('/proc/1/root' + str(outside), path)
    ask = agent(root=root)
    asked = dict(username='keel', password=b64('x'), crypted=False)
    assert 'is a symbolic link' in ask.refusal('guest-set-user-password', **asked)
    os.unlink(path)
    os.mkfifo(path)
    assert 'not a plain file' in ask.refusal('guest-set-user-password', **asked)
    os.unlink(path)
    put(root, 'etc/shadow', '')
    os.truncate(path, 1 << 30)
    assert 'has more than' in ask.refusal('guest-set-user-password', **asked)
    assert outside.read_text() == SHADOW


@pytest.mark.parametrize('idmap', [None, 100000])
def test_keys_are_added_listed_and_removed(agent, with_accounts, idmap):
    root = with_accounts(idmap or 0)
    ask = agent(root=root, **({'idmap': idmap} if idmap else {}))
    domain = ask.domain
    assert domain.authorizedSSHKeysGet('keel') == []
    domain.authorizedSSHKeysSet('keel', ['ssh-ed25519 AAAA one', 'ssh-ed25519 BBBB two'])
    append, remove = (libvirt.VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND,
                      libvirt.VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE)
    domain.authorizedSSHKeysSet('keel', ['ssh-ed25519 CCCC three', 'ssh-ed25519 AAAA one'], append)
    assert [key.split()[-1] for key in domain.authorizedSSHKeysGet('keel')] == ['one', 'two', 'three']
    domain.authorizedSSHKeysSet('keel', ['ssh-ed25519 BBBB two'], remove)
    assert [key.split()[-1] for key in domain.authorizedSSHKeysGet('keel')] == ['one', 'three']
    folder = os.path.join(root, 'home/keel/.ssh')
    status = os.stat(os.path.join(folder, 'authorized_keys'))
    assert status.st_mode & 0o777 == 0o600 and status.st_uid == 1000 + (idmap or 0)
    assert os.stat(folder).st_mode & 0o777 == 0o700
    with pytest.raises(libvirt.libvirtError, match="no user 'stranger'"):
        domain.authorizedSSHKeysGet('stranger')
    with pytest.raises(libvirt.libvirtError, match='invalid key'):
        domain.authorizedSSHKeysSet('keel', ['two\nlines'])


def test_hostile_key_files_lead_nowhere(agent, with_accounts, tmp_path):
    root = with_accounts()
    outside = tmp_path / 'keys'
    outside.write_text('host\n')
    folder = os.path.join(root, 'home/keel/.ssh')
    os.mkdir(folder)
    os.chown(folder, 1000, 1000)
    os.symlink(str(outside), os.path.join(folder, 'authorized_keys'))
    ask = agent(root=root)
    assert 'is a symbolic link' in ask.refusal('guest-ssh-add-authorized-keys', username='keel', keys=['a b'])
    os.unlink(os.path.join(folder, 'authorized_keys'))
    # root of the guest could read this one, the user whose keys they are cannot
    os.rmdir(folder)
    os.symlink('/root', folder)
    assert "cannot open '.ssh'" in ask.refusal('guest-ssh-add-authorized-keys', username='keel', keys=['a b'])
    assert outside.read_text() == 'host\n'


def test_the_host_is_never_frozen(agent):
    ask = agent()
    assert ask('guest-fsfreeze-freeze') == 0
    assert ask('guest-fsfreeze-status') == 'thawed'
    assert ask('guest-fsfreeze-thaw') == 0
    assert ask('guest-fstrim') == {'paths': []}


def test_shutdown_is_that_of_the_domain(agent):
    ask = agent()
    assert ask('guest-shutdown') == {}
    wait_for(lambda: not ask.domain.isActive(), 'the guest has shut down', 30)
    assert 'TERM' in read_file(ask.guest.root, 'heard')


@pytest.mark.parametrize('mode', ['agent', 'acpi', 'acpi,agent', 'agent,signal'])
def test_modes_of_virtual_machines_tell_init(daemon, agent, mode):
    ask = agent()
    daemon.virsh('shutdown', ask.name, '--mode', mode)
    wait_for(lambda: not ask.domain.isActive(), 'the guest has shut down', 30)


def test_the_agent_ends_with_its_guest(daemon, agent):
    ask = agent()
    ask('guest-exec', path='sleep', arg=['1000'])
    agents = agents_of(daemon, ask.name)
    assert len(agents) == 1
    ask.domain.destroy()
    process.wait_gone(agents[0], 30)
    wait_for(lambda: not os.path.exists(daemon.path('/run/libvirt/lxc/%s.agent' % ask.name)), 'no socket', 30)


def test_an_agent_that_was_killed_is_replaced(daemon, agent):
    ask = agent()
    ask('guest-ping')
    old = agents_of(daemon, ask.name)
    os.kill(old[0], 9)
    process.wait_gone(old[0], 30)
    assert ask('guest-ping') == {}
    assert agents_of(daemon, ask.name) != old


def test_an_idle_agent_ends_and_another_one_takes_over(daemon, agent):
    ask = agent()
    path = daemon.path('/run/libvirt/lxc/%s.agent' % ask.name)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen()
    command = daemon.enter(os.path.join(CONTROLLERS, 'libvirt_lxc_agent'), '--name', ask.name, '--idle', '4')
    # The agent finds its socket at descriptor 3, which pytest may use itself.
    place = ['bash', '-c', 'exec "$@" 3<&%d' % listener.fileno(), 'bash']
    subprocess.run(place + command, pass_fds=[listener.fileno()], check=True, timeout=30)
    listener.close()
    assert ask('guest-ping') == {}
    wait_for(lambda: not os.path.exists(path), 'the idle agent has ended', 30)
    assert ask('guest-ping') == {}


def test_a_guest_killed_during_a_command_is_survived(daemon, agent):
    ask = agent()
    ask('guest-exec', path='sleep', arg=['1000'])
    os.kill(process.init_of(ask.domain), 9)
    wait_for(lambda: not ask.domain.isActive(), 'the guest has ended', 30)
    assert 'domain is not running' in ask.refusal('guest-ping')
    ask.domain.create()
    assert ask.run('true')['exitcode'] == 0


def test_sockets_of_state_outlive_the_daemon(own_daemon, make_guest):
    guest = make_guest()
    own_daemon.connect().defineXML(guest.xml()).create()
    ask = Agent(own_daemon, guest.name)
    pid = ask('guest-exec', path='sh', arg=['-c', 'echo kept'], capture_output=True)['pid']
    own_daemon.restart()
    status = {}
    wait_for(lambda: status.update(ask('guest-exec-status', pid=pid)) or status['exited'], 'it ended', 30)
    assert base64.b64decode(status['out-data']) == b'kept\n'


def test_processors_of_the_guest(daemon, agent):
    ask = agent()
    known = ask.domain.guestVcpus()
    assert known['vcpus'] == known['online'] and known['offlinable'] == ''
    assert known['online'] in ('0', '0-%d' % (os.cpu_count() - 1))
    with pytest.raises(libvirt.libvirtError, match='use setvcpus'):
        ask.domain.setGuestVcpus('0', 0)


def test_the_clock_is_that_of_the_host(daemon, agent):
    ask = agent()
    assert abs(ask.domain.getTime()['seconds'] - time.time()) < 60
    ask.domain.setTime({'seconds': 0}, libvirt.VIR_DOMAIN_TIME_SYNC)
    with pytest.raises(libvirt.libvirtError, match='shares the clock'):
        ask.domain.setTime({'seconds': 1, 'nseconds': 0})


def test_a_timeout_is_taken_and_checked(agent):
    ask = agent()
    ask.domain.agentSetResponseTimeout(7)
    assert ask('guest-ping') == {}
    with pytest.raises(libvirt.libvirtError, match='an agent timeout is'):
        ask.domain.agentSetResponseTimeout(-7)


class AnsibleConnection:
    """What the libvirt_qemu connection plug-in of Ansible does, over the same calls."""

    def __init__(self, ask):
        self.ask = ask

    def exec_command(self, command):
        status = self.ask.run('/bin/sh', '-c', command)
        return status['exitcode'], status['out-data'], status['err-data']

    def put_file(self, data, path):
        handle = self.ask('guest-file-open', path=path, mode='wb+')
        for at in range(0, len(data), 65536):
            self.ask('guest-file-write', handle=handle, buf_b64=b64(data[at:at + 65536]))
        self.ask('guest-file-close', handle=handle)

    def fetch_file(self, path):
        handle = self.ask('guest-file-open', path=path, mode='r')
        data, end = b'', False
        while not end:
            part = self.ask('guest-file-read', handle=handle, count=65536)
            data += base64.b64decode(part['buf-b64'])
            end = part['eof']
        self.ask('guest-file-close', handle=handle)
        return data


def test_ansible_can_work(agent):
    connection = AnsibleConnection(agent())
    code, out, _ = connection.exec_command("( umask 77 && mkdir -p /tmp/.ansible && echo ready )")
    assert (code, out) == (0, 'ready\n')
    script = b'#!/bin/sh\necho "$(id -u) $0"\n' + b'# padding\n' * 10000
    connection.put_file(script, '/tmp/.ansible/module')
    assert connection.exec_command('chmod u+x /tmp/.ansible/module && /tmp/.ansible/module')[1] == \
        '0 /tmp/.ansible/module\n'
    assert connection.fetch_file('/tmp/.ansible/module') == script
    assert connection.exec_command('rm -rf /tmp/.ansible; ls /tmp/.ansible')[0] != 0


def test_guest_information_has_every_group(daemon, agent, make_root):
    root = make_root()
    put(root, 'etc/os-release', 'ID=lxos\nVERSION_ID=1\n')
    ask = agent(root=root)
    info = ask.domain.guestInfo(0)
    assert info['os.id'] == 'lxos' and info['hostname'] == ask.name and info['user.count'] == 0
    assert info['timezone.offset'] == 0 and info['timezone.name'] == 'UTC'
    roots = [n for n in range(info['fs.count']) if info['fs.%d.mountpoint' % n] == '/']
    assert roots and info['fs.%d.total-bytes' % roots[0]] >= info['fs.%d.used-bytes' % roots[0]] > 0
    lo = [n for n in range(info['if.count']) if info['if.%d.name' % n] == 'lo'][0]
    assert '127.0.0.1' in [info['if.%d.addr.%d.addr' % (lo, n)] for n in range(info['if.%d.addr.count' % lo])]
    assert info['load.1m'] >= 0 and info['disk.count'] == 0
    only = ask.domain.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_HOSTNAME)
    assert only == {'hostname': ask.name}
    with pytest.raises(libvirt.libvirtError, match='unsupported guest information types'):
        ask.domain.guestInfo(1 << 20)
    assert 'lxos' in daemon.virsh('guestinfo', ask.name, '--os').out


def test_addresses_of_interfaces_come_from_the_guest(daemon, agent):
    ask = agent()
    found = ask.domain.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
    assert {'addr': '127.0.0.1', 'prefix': 8, 'type': libvirt.VIR_IP_ADDR_TYPE_IPV4} in found['lo']['addrs']
    assert '127.0.0.1/8' in daemon.virsh('domifaddr', ask.name, '--source', 'agent').out


def test_file_systems_are_listed(daemon, agent):
    ask = agent(devices="<filesystem type='ram'><source usage='8' units='MiB'/><target dir='/scratch'/></filesystem>")
    found = {row[0]: row for row in ask.domain.fsInfo()}
    assert '/' in found and found['/scratch'][2] == 'tmpfs'
    assert not [place for place in found if place.startswith(('/proc', '/sys', '/dev'))]
    assert '/scratch' in daemon.virsh('domfsinfo', ask.name).out


@pytest.fixture
def image(workshop):
    path = os.path.join(workshop, 'data.img')
    with open(path, 'wb') as file:
        file.truncate(16 << 20)
    subprocess.run(['mkfs.ext4', '-q', '-F', path], check=True)
    yield path
    os.unlink(path)


def test_a_file_system_of_the_guests_own_is_frozen_and_trimmed(daemon, agent, image):
    ask = agent(devices="<filesystem type='file'><driver type='loop' format='raw'/><source file='%s'/>"
                        "<target dir='/data'/></filesystem>" % image)
    assert ask.domain.fsFreeze() == 1
    assert ask('guest-fsfreeze-status') == 'frozen'
    pid = ask('guest-exec', path='sh', arg=['-c', 'echo x > /data/new'])['pid']
    assert 'frozen already' in ask.refusal('guest-fsfreeze-freeze')
    assert ask('guest-exec-status', pid=pid) == {'exited': False}
    assert ask.domain.fsThaw() == 1
    status = {}
    wait_for(lambda: status.update(ask('guest-exec-status', pid=pid)) or status['exited'], 'it wrote', 30)
    assert status['exitcode'] == 0
    assert ask.domain.fsFreeze(['/elsewhere']) == 0
    rows = ask('guest-fstrim')['paths']
    assert [row['path'] for row in rows] == ['/data'] and ('trimmed' in rows[0] or 'error' in rows[0])
    ask.domain.fSTrim(None, 0)
    with pytest.raises(libvirt.libvirtError, match='name no mount point'):
        ask.domain.fSTrim('/data', 0)


def test_what_hangs_in_the_guest_hangs_nobody_else(daemon, agent, image):
    ask = agent(devices="<filesystem type='file'><driver type='loop' format='raw'/><source file='%s'/>"
                        "<target dir='/data'/></filesystem>" % image)
    handle = ask('guest-file-open', path='/data/letter', mode='w')
    ask.domain.fsFreeze()
    # A write into a frozen file system waits in the kernel, where no signal reaches it.
    call = json.dumps({'execute': 'guest-file-write', 'arguments': {'handle': handle, 'buf-b64': b64('x')}})
    late = daemon.virsh('qemu-agent-command', ask.name, '--timeout', '1', call, check=False)
    assert late.code != 0 and 'Guest agent is not responding: no answer' in late.err
    assert ask('guest-ping') == {} and ask.run('true')['exitcode'] == 0
    assert ask.domain.fsThaw() == 1
    wait_for(lambda: read_back(ask) == 'x', 'the write went through', 30)
    ask('guest-file-close', handle=handle)


def read_back(ask):
    return ask.run('cat', '/data/letter')['out-data']


def test_a_guest_that_ends_frozen_leaves_nothing_frozen(daemon, agent, image):
    ask = agent(devices="<filesystem type='file'><driver type='loop' format='raw'/><source file='%s'/>"
                        "<target dir='/data'/></filesystem>" % image)
    assert 'Froze 1 filesystem' in daemon.virsh('domfsfreeze', ask.name, quiet=False).out
    ask.domain.destroy()
    wait_for(lambda: not used_by_a_loop(image), 'the image is free again', 30)


def used_by_a_loop(image):
    for name in os.listdir('/sys/block'):
        try:
            with open('/sys/block/%s/loop/backing_file' % name) as file:
                if file.read().strip() == image:
                    return True
        except OSError:
            continue
    return False
