# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests under the system's own libvirtd, where systemd is."""
import os
import subprocess

import pytest

from harness import limits, process
from harness.daemon import wait_for
from harness.guest import read_file
from harness.system import systemctl

pytestmark = [pytest.mark.system, pytest.mark.ours]


@pytest.fixture
def started(system_daemon, make_guest):
    """Defines and starts a guest; answers (domain, guest)."""
    def make(**options):
        guest = make_guest(**options)
        domain = system_daemon.connect().defineXML(guest.xml())
        domain.create()
        return domain, guest
    return make


def groups_of(pid):
    with open('/proc/%d/cgroup' % pid) as file:
        return [line.rstrip('\n').split(':', 2)[2] for line in file]


def test_a_guest_runs_in_groups_apart_from_the_daemons(system_daemon, started):
    domain, _ = started()
    init = process.init_of(domain)
    daemons = groups_of(system_daemon.pid)
    for group in groups_of(init):
        assert group.endswith('/guest')
        assert group not in daemons
    domain.destroy()
    process.wait_gone(init)


def test_a_guest_lives_on_when_the_service_is_restarted(system_daemon, started):
    domain, guest = started()
    init = process.init_of(domain)
    system_daemon.terminate()
    assert process.alive(init)
    system_daemon.start()
    found = system_daemon.connect().lookupByName(guest.name)
    assert found.isActive() and process.init_of(found) == init
    system_daemon.virsh('destroy', guest.name)
    process.wait_gone(init)


def test_the_limit_on_memory_is_in_the_groups_of_the_guest(system_daemon, started):
    domain, _ = started(memory=96)
    init = process.init_of(domain)
    with open('/proc/%d/cgroup' % init) as file:
        places = [line.rstrip('\n').split(':', 2)[1:] for line in file]
    limits = [read_limit(controllers, os.path.dirname(path)) for controllers, path in places]
    assert 96 << 20 in limits
    domain.destroy()
    wait_for(lambda: not process.alive(init), 'it ends')


def found_again(system_daemon, guest, init):
    """The guest is the same that it was, by a connection of now."""
    domain = system_daemon.connect().lookupByName(guest.name)
    assert domain.isActive() and process.init_of(domain) == init
    return domain


def test_a_client_starts_the_daemon_by_its_socket(system_daemon, started):
    domain, guest = started()
    init = process.init_of(domain)
    system_daemon.terminate()
    systemctl('start', 'libvirtd.socket')
    assert systemctl('is-active', 'libvirtd.service', check=False) == 'inactive'
    found = found_again(system_daemon, guest, init)
    system_daemon.find_pid()
    assert system_daemon.pid
    found.destroy()
    process.wait_gone(init)


def test_an_idle_daemon_leaves_when_no_guest_runs(system_daemon, started):
    """Debian's unit has --timeout 120; a guest keeps the daemon, as a client does."""
    system_daemon.terminate()
    system_daemon.start(environment={'LIBVIRTD_ARGS': '--timeout 3'})
    domain, guest = started()
    init = process.init_of(domain)
    del domain  # it holds its connection
    system_daemon.close_connections()
    assert not wait_or_not(lambda: system_daemon.ended() is not None, 8)
    found_again(system_daemon, guest, init).destroy()
    process.wait_gone(init)
    system_daemon.close_connections()
    wait_for(lambda: system_daemon.ended() is not None, 'it leaves', 60)
    system_daemon.terminate()


def wait_or_not(condition, seconds):
    """Whether it came true in this time."""
    try:
        return wait_for(condition, 'nothing', seconds)
    except AssertionError:
        return False


def test_a_container_s_log_is_rotated(system_daemon, started):
    """By what Debian's package has in /etc/logrotate.d, which copies and truncates."""
    rotation = '/etc/logrotate.d/libvirtd.lxc'
    if not os.path.exists(rotation):
        pytest.skip('no ' + rotation)
    script = 'while :; do [ ! -e /say ] || { echo "$(cat /say)" > /dev/kmsg; rm /say; }; sleep 0.1; done'
    domain, guest = started(init='/bin/sh', arguments=['-c', script])
    log = '/var/log/libvirt/lxc/%s.log' % guest.name

    def say(text):
        with open(os.path.join(guest.root, 'say.new'), 'w') as file:
            file.write(text)
        os.rename(os.path.join(guest.root, 'say.new'), os.path.join(guest.root, 'say'))
        wait_for(lambda: text in read_file('/', log), 'the log has %r' % text, 30)
    say('before it was rotated')
    subprocess.run(['logrotate', '--force', rotation], check=True, timeout=60)
    assert os.path.getsize(log) == 0
    say('after it was rotated')
    with open(log, 'rb') as file:
        text = file.read()
    assert b'\0' not in text and b'before' not in text
    with open(log + '.1') as file:
        assert 'before it was rotated' in file.read()
    domain.destroy()
    subprocess.run('rm -f %s*' % log, shell=True, check=True)


def refusals_of_the_kernel():
    text = subprocess.run(['journalctl', '--dmesg', '--no-pager'], capture_output=True, text=True, check=True).stdout
    return [line for line in text.splitlines() if 'apparmor="DENIED"' in line]


def test_debian_s_profile_of_the_daemon_allows_all_it_does(system_daemon, started):
    try:
        with open('/proc/%d/attr/apparmor/current' % system_daemon.pid) as file:
            label = file.read().strip()
    except OSError:
        pytest.skip('this machine has no AppArmor')
    assert label == 'libvirtd (enforce)'
    before = len(refusals_of_the_kernel())
    domain, guest = started(devices="<interface type='ethernet'/>")
    domain.suspend()
    domain.resume()
    assert system_daemon.run('/usr/lib/libvirt/libvirt_lxc_exec', guest.name, 'true', timeout=30).returncode == 0
    assert 'guest-ping' not in domain.name() and domain.guestInfo(0)
    domain.attachDevice("<filesystem><source dir='%s'/><target dir='/other'/></filesystem>" % guest.root)
    domain.detachDevice("<filesystem><source dir='%s'/><target dir='/other'/></filesystem>" % guest.root)
    domain.destroy()
    assert refusals_of_the_kernel()[before:] == []


RULES = '''polkit.addRule(function(action, subject) {
    if (subject.user != "keel")
        return polkit.Result.NOT_HANDLED;
    if (action.id == "org.libvirt.unix.manage" || /\\.(getattr|read|search-domains)$/.test(action.id))
        return polkit.Result.YES;
    if (action.id == "org.libvirt.api.domain.suspend" && action.lookup("connect_driver") == "LXC")
        return polkit.Result.YES;
    return polkit.Result.NO;
});
'''


@pytest.fixture
def keel(system_daemon):
    """A user whom polkit lets look and suspend, and nothing else; runs virsh as her."""
    rules = '/etc/polkit-1/rules.d/10-tests.rules'
    subprocess.run(['useradd', '--system', 'keel'], check=True)
    os.makedirs(os.path.dirname(rules), exist_ok=True)
    with open(rules, 'w') as file:
        file.write(RULES)
    os.chmod(rules, 0o644)
    systemctl('restart', 'polkit.service')
    system_daemon.terminate()
    system_daemon.configuration = 'access_drivers = [ "polkit" ]\nunix_sock_rw_perms = "0777"\nauth_unix_rw = "polkit"\n'
    system_daemon.start()
    yield lambda *words: subprocess.run(['runuser', '-u', 'keel', '--', 'virsh', '-q', '-c', 'lxc:///system', *words],
                                        capture_output=True, text=True, timeout=60, check=False)
    system_daemon.terminate()
    system_daemon.configuration = ''
    system_daemon.start()
    os.unlink(rules)
    systemctl('restart', 'polkit.service')
    subprocess.run(['userdel', 'keel'], check=True)


def test_polkit_lets_a_user_do_what_its_rules_say(system_daemon, keel, started):
    domain, guest = started()
    assert keel('domstate', guest.name).stdout.strip() == 'running'
    assert keel('suspend', guest.name).returncode == 0 and domain.state()[0] == 3
    refused = keel('destroy', guest.name)
    assert refused.returncode != 0 and 'access denied' in refused.stderr
    assert domain.isActive()
    domain.destroy()


def read_limit(controllers, group):
    names = {'': ('/sys/fs/cgroup', 'memory.max'),
             'memory': ('/sys/fs/cgroup/memory', 'memory.limit_in_bytes')}
    if controllers not in names:
        return None
    top, name = names[controllers]
    try:
        with open(top + group + '/' + name) as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


HUGE = ("<caisson:container xmlns:caisson='urn:caisson:domain:1'>"
        "<caisson:hugetlb pagesize='2MB' limit='8' unit='MiB'/></caisson:container>")


@pytest.mark.skipif('hugetlb' not in limits.v2_controllers(), reason='this kernel limits no huge pages')
def test_huge_pages_are_limited_though_systemd_does_not_know_them(started):
    domain, _ = started(top=HUGE)
    assert limits.unified(domain, 'hugetlb.2MB.max') == str(8 << 20)
    domain.destroy()
