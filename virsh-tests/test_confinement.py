# SPDX-License-Identifier: LGPL-2.1-or-later
"""Limits and confinement of the guest's processes, and of the keeper."""
import os
import shutil

import pytest

from harness import build, process
from harness.console import StreamConsole
from harness.guest import read_file

pytestmark = pytest.mark.ours

OURS = "<caisson:container xmlns:caisson='urn:caisson:domain:1'>%s</caisson:container>"
CAP_KILL = 1 << 5


def limit(pid, name):
    with open('/proc/%d/limits' % pid) as file:
        for line in file:
            if line.startswith(name):
                return line[len(name):].split()[:2]
    raise AssertionError('no limit ' + name)


@pytest.mark.parametrize('idmap', (None, 100000))
def test_limits_of_processes_are_set_as_asked(start, idmap):
    domain, guest = start(idmap=idmap, top=OURS % (
        "<caisson:rlimit type='nofile' soft='64' hard='128'/>"
        "<caisson:rlimit type='memlock' soft='65536' hard='131072'/>"
        "<caisson:oom-score adjust='300'/>"))
    init = process.init_of(domain)
    assert limit(init, 'Max open files') == ['64', '128']
    assert limit(init, 'Max locked memory') == ['65536', '131072']
    with open('/proc/%d/oom_score_adj' % init) as file:
        assert file.read().strip() == '300'
    with open('/proc/%d/oom_score_adj' % domain.ID()) as file:
        assert file.read().strip() == '0'


def test_without_a_wish_limits_are_those_of_a_fresh_system(start):
    domain, _ = start()
    init = process.init_of(domain)
    assert limit(init, 'Max open files')[0] == '1024'
    assert limit(init, 'Max core file size') == ['0', 'unlimited']
    with open('/proc/%d/oom_score_adj' % init) as file:
        assert file.read().strip() == '0'


def test_no_new_privileges_is_set_on_request(start):
    domain, _ = start(top=OURS % '<caisson:no-new-privileges/>')
    assert process.field(process.init_of(domain), 'NoNewPrivs') == ['1']


@pytest.mark.parametrize('idmap', (None, 100000))
def test_setuid_programs_work_unless_new_privileges_are_forbidden(daemon, start, make_root, idmap):
    root = make_root(idmap or 0)
    program = os.path.join(root, 'bin/attack')
    shutil.copy2(build.find('attack'), program)
    os.chown(program, idmap or 0, idmap or 0)
    os.chmod(program, 0o4755)
    for top, expected in (('', 'done'), (OURS % '<caisson:no-new-privileges/>', 'EPERM')):
        domain, guest = start(idmap=idmap, root=root, top=top)
        ran = daemon.run('/usr/lib/libvirt/libvirt_lxc_exec', '--user', 'keel', guest.name, '--', '/bin/attack', 'setuid_root')
        assert ran.stdout.split() == ['setuid_root', expected], ran.stderr
        domain.destroy()
        domain.undefine()


def test_a_domain_has_a_profile_of_its_own(attack):
    seen = attack('bpf', 'unshare_user', 'clone3_user', 'fork', top=OURS % "<caisson:seccomp profile='strict'/>")
    assert seen == {'bpf': 'EPERM', 'unshare_user': 'EPERM', 'clone3_user': 'ENOSYS', 'fork': 'done'}
    assert attack('open_by_handle_at', top=OURS % "<caisson:seccomp profile='none'/>") == \
        {'open_by_handle_at': 'done'}


@pytest.mark.parametrize('idmap', (None, 100000))
def test_a_command_in_the_guest_is_bound_as_its_init_is(daemon, start, idmap):
    domain, guest = start(idmap=idmap, top=OURS % (
        "<caisson:seccomp profile='strict'/><caisson:no-new-privileges/>"
        "<caisson:rlimit type='nofile' soft='64' hard='128'/><caisson:oom-score adjust='77'/>"))
    ran = daemon.run('/usr/lib/libvirt/libvirt_lxc_exec', guest.name, '--', '/bin/sh', '-c',
                     'grep -E "NoNewPrivs|Seccomp:|CapInh" /proc/self/status; ulimit -Hn; cat /proc/self/oom_score_adj')
    assert ran.returncode == 0, ran.stderr
    words = ran.stdout.split()
    assert words[words.index('NoNewPrivs:') + 1] == '1'
    assert words[words.index('Seccomp:') + 1] == '2'
    assert int(words[words.index('CapInh:') + 1], 16) == 0
    assert words[-2:] == ['128', '77']


@pytest.mark.unsanitized
def test_the_keeper_has_one_capability_and_few_system_calls(connection, start):
    domain, _ = start(init='/bin/sh')
    keeper = domain.ID()
    for name in ('CapEff', 'CapPrm', 'CapBnd'):
        assert int(process.field(keeper, name)[0], 16) == CAP_KILL, name
    assert int(process.field(keeper, 'CapInh')[0], 16) == 0
    assert process.field(keeper, 'NoNewPrivs') == ['1']
    assert process.field(keeper, 'Seccomp') == ['2']
    # and does what it is for
    with StreamConsole(connection, domain) as console:
        console.prompt()
        assert console.command('echo $((6 * 7))') == '42\n'
    domain.suspend()
    domain.resume()


@pytest.mark.unsanitized
def test_the_log_says_nothing_of_a_confinement_that_this_kernel_lacks(daemon, start):
    if not os.path.exists('/sys/kernel/security') and not os.path.exists('/proc/self/attr'):
        pytest.skip('needs a kernel with security modules')
    domain, guest = start()
    log = read_file(daemon.path('/var/log/libvirt/lxc'), guest.name + '.log')
    assert 'system calls of the keeper are not restricted' not in log
