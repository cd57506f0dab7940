# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs and bindings that people use with libvirt, against two running guests."""
import csv
import os
import shutil
import signal
import subprocess
import time

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for
from harness.guest import copy_root, put, read_file
from harness.placement import BUS

pytestmark = [pytest.mark.ours]

URI = 'lxc:///system'


def need(*programs):
    for program in programs:
        if shutil.which(program) is None and not os.path.exists(program):
            pytest.skip('%s is not installed; run tools/install-dependencies --clients' % program)


@pytest.fixture
def client(daemon):
    """Runs a program in the session as a user would; answers its output."""
    def run(*argv, check=True, timeout=60, **environment):
        result = daemon.run(*argv, timeout=timeout,
                            env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8',
                                 'HOME': daemon.directory, 'LIBVIRT_DEFAULT_URI': URI, **environment})
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result.stdout + result.stderr
    return run


@pytest.fixture
def two(start):
    """Two running guests."""
    return start()[0], start()[0]


def test_virt_install_makes_a_container(client, connection, make_root):
    need('virt-install', 'virt-xml', 'virt-clone')
    root = make_root()
    client('virt-install', '--connect', URI, '--name', 'gull', '--memory', '64', '--filesystem', root + ',/',
           '--init', '/sbin/listener', '--network', 'none', '--noautoconsole', '--osinfo',
           'detect=off,require=off')
    domain = connection.lookupByName('gull')
    assert domain.isActive()
    client('virt-xml', '--connect', URI, 'gull', '--edit', '--metadata', 'title=Gull', '--define')
    client('virt-xml', '--connect', URI, 'gull', '--edit', '--vcpus', '2', '--define')
    stored = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    assert '<title>Gull</title>' in stored and '>2</vcpu>' in stored
    domain.destroy()
    client('virt-clone', '--connect', URI, '-o', 'gull', '-n', 'tern', '--auto-clone')
    assert connection.lookupByName('tern').UUIDString() != domain.UUIDString()


PERL = '''
use Sys::Virt;
my $c = Sys::Virt->new(uri => "lxc:///system");
foreach my $d (sort { $a->get_name cmp $b->get_name } $c->list_all_domains()) {
    my $i = $d->get_info();
    my $m = $d->memory_stats();
    printf("%s %d %d %d\\n", $d->get_name, $i->{state}, $i->{maxMem}, $m->{unused} > 0);
}
my @s = $c->get_all_domain_stats(Sys::Virt::Domain::STATS_STATE);
printf("%d\\n", scalar @s);
'''


def test_the_perl_binding(client, two):
    need('perl')
    if "Can't locate" in client('perl', '-e', 'use Sys::Virt', check=False):
        pytest.skip('libsys-virt-perl is not installed; run tools/install-dependencies --clients')
    names = sorted(domain.name() for domain in two)
    assert client('perl', '-e', PERL).splitlines() == [name + ' 1 65536 1' for name in names] + ['2']


RUBY = '''
require "libvirt"
c = Libvirt::open("lxc:///system")
puts c.list_all_domains.map { |d| "#{d.name} #{d.info.state} #{d.num_vcpus(0)}" }.sort
'''


def test_the_ruby_binding(client, two):
    need('ruby')
    if 'cannot load' in client('ruby', '-e', 'require "libvirt"', check=False):
        pytest.skip('ruby-libvirt is not installed')
    names = sorted(domain.name() for domain in two)
    assert client('ruby', '-e', RUBY).split('\n')[:2] == [name + ' 1 1' for name in names]


def test_libvirt_dbus(daemon, client, two):
    need('libvirt-dbus', 'dbus-daemon', 'busctl')
    configuration = os.path.join(daemon.directory, 'client-bus.conf')
    socket = os.path.join(daemon.directory, 'client-bus')
    with open(configuration, 'w') as file:
        file.write(BUS % socket)
    environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'DBUS_SYSTEM_BUS_ADDRESS': 'unix:path=' + socket}
    log = os.path.join(daemon.directory, 'client-bus.log')
    pids = [daemon.ask('spawn', argv=['/usr/bin/dbus-daemon', '--config-file', configuration, '--nofork',
                                      '--nopidfile'], env=environment, output=log)['pid']]
    try:
        wait_for(lambda: os.path.exists(socket), 'the bus is there', 30)
        pids.append(daemon.ask('spawn', argv=['/usr/sbin/libvirt-dbus', '--system'], env=environment,
                               output=log)['pid'])

        def call(path, interface, method, *words):
            return client('busctl', '--address=unix:path=' + socket, 'call', 'org.libvirt', path,
                          'org.libvirt.' + interface, method, *words, check=False)
        wait_for(lambda: '/org/libvirt/LXC/domain' in call('/org/libvirt/LXC', 'Connect', 'ListDomains', 'u', '0'),
                 'libvirt-dbus lists domains', 30)
        path = call('/org/libvirt/LXC', 'Connect', 'DomainLookupByName', 's', two[0].name()).split('"')[1]
        stats = call(path, 'Domain', 'GetStats', 'uu', '0', '0')
        assert 'balloon.unused' in stats and 'cpu.time' in stats
        assert 'a(ss)' not in call(path, 'Domain', 'GetState', 'u', '0')
        call(path, 'Domain', 'Suspend')
        assert two[0].state()[0] == libvirt.VIR_DOMAIN_PAUSED
    finally:
        for pid in reversed(pids):
            os.kill(pid, 15)


def test_pacemaker_s_agent(daemon, client, define, connection, tmp_path):
    agent = '/usr/lib/ocf/resource.d/heartbeat/VirtualDomain'
    need(agent)
    domain, guest = define()
    path = os.path.join(daemon.directory, guest.name + '.xml')
    with open(path, 'w') as file:
        file.write(domain.XMLDesc())

    def ask(action, **more):
        result = daemon.run(agent, action, timeout=90, env={
            **more,
            'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8', 'OCF_ROOT': '/usr/lib/ocf',
            'OCF_RESOURCE_INSTANCE': 'guest', 'OCF_RESKEY_config': path, 'OCF_RESKEY_hypervisor': URI,
            'OCF_RESKEY_CRM_meta_timeout': '60000', 'HA_RSCTMP': daemon.directory,
            'OCF_RESKEY_shutdown_timeout': '30', 'HA_DEBUG': '0', 'OCF_RESKEY_force_stop': '0'})
        return result.returncode
    assert ask('meta-data') == 0 and ask('validate-all') == 0
    assert ask('monitor') == 7  # not running
    assert ask('start') == 0
    found = connection.lookupByName(guest.name)
    assert found.isActive() and ask('monitor') == 0
    identity = found.ID()
    assert ask('start') == 0 and found.ID() == identity
    # There is no migration: it is refused, and the guest goes on here.
    assert ask('migrate_to', OCF_RESKEY_CRM_meta_migrate_target='elsewhere') not in (0, 7)
    assert ask('monitor') == 0 and found.ID() == identity
    assert ask('stop') == 0
    assert ask('monitor') == 7
    assert ask('stop') == 0


def test_a_prometheus_exporter(daemon, client, two):
    need('prometheus-libvirt-exporter')
    port = 9177
    environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'}
    pid = daemon.ask('spawn', argv=['/usr/bin/prometheus-libvirt-exporter', '--libvirt.uri', URI,
                                    '--web.listen-address', '127.0.0.1:%d' % port], env=environment,
                     output=os.path.join(daemon.directory, 'exporter.log'))['pid']
    try:
        script = ('import urllib.request; print(urllib.request.urlopen("http://127.0.0.1:%d/metrics",'
                  ' timeout=5).read().decode())' % port)
        text = wait_for(lambda: (lambda out: out if 'libvirt_up' in out else '')(
            client('/usr/bin/python3', '-c', script, check=False)), 'it answers', 30)
    finally:
        os.kill(pid, 15)
    for domain in two:
        rows = [line for line in text.splitlines() if 'domain="%s"' % domain.name() in line]
        assert any('max' in line and line.endswith(('6.7108864e+07', '65536')) for line in rows), rows


def test_virt_top(client, daemon, start):
    """Which Debian 12 does not have; tools/on-release installs it on later ones."""
    need('virt-top')
    busy, _ = start(init='/bin/sh', arguments=['-c', 'while :; do :; done'])
    resting, _ = start(init='/bin/sleep', arguments=['1000'])
    table = os.path.join(daemon.directory, 'top.csv')
    client('virt-top', '-c', URI, '--script', '--csv', table, '-n', '3', '-d', '1', TERM='dumb')
    with open(table) as file:
        rows = list(csv.reader(file))
    # the names of columns end where those of the guests begin, which each guest's own repeat
    first = rows[0].index('Domain ID')
    width = rows[0].index('Domain name') - first
    assert width == 1 and len(rows) >= 3
    used = {}
    for at, name in enumerate(rows[-1]):
        if name in (busy.name(), resting.name()):
            used[name] = float(rows[-1][at + 2])
    assert used[busy.name()] > 20 > 5 > used[resting.name()], rows


SETTINGS = '''[org/virt-manager/virt-manager]
manager-window-width=560
manager-window-height=320
[org/virt-manager/virt-manager/vmlist-fields]
memory-usage=true
[org/virt-manager/virt-manager/stats]
enable-memory-poll=true
update-interval=1
'''


@pytest.fixture
def manager(daemon):
    """Starts virt-manager with these options on a display of its own; answers what takes a picture of it."""
    need('virt-manager', 'Xvfb', 'import', 'xwininfo', 'xdotool', 'dbus-daemon')
    directory = os.path.join(daemon.directory, 'desktop')
    settings = os.path.join(directory, 'glib-2.0/settings')
    os.makedirs(settings, exist_ok=True)
    with open(os.path.join(settings, 'keyfile'), 'w') as file:
        file.write(SETTINGS)
    environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LANG': 'C.UTF-8', 'DISPLAY': ':97', 'HOME': directory,
                   'XDG_RUNTIME_DIR': directory, 'XDG_CONFIG_HOME': directory, 'GSETTINGS_BACKEND': 'keyfile',
                   'DBUS_SESSION_BUS_ADDRESS': 'unix:path=%s/bus' % directory, 'NO_AT_BRIDGE': '1'}
    log = os.path.join(directory, 'log')
    pids = []

    def begin(*argv):
        pids.append(daemon.ask('spawn', argv=list(argv), env=environment, output=log)['pid'])

    def picture(name):
        """Into CAISSON_TEST_PICTURES, where that names a directory."""
        place = os.environ.get('CAISSON_TEST_PICTURES')
        if place:
            subprocess.run(['import', '-window', 'root', '-trim', os.path.join(place, name)], check=True, timeout=60,
                           env=environment)

    def make(*options):
        begin('/usr/bin/Xvfb', ':97', '-screen', '0', '1000x620x24', '-nolisten', 'tcp')
        wait_for(lambda: os.path.exists('/tmp/.X11-unix/X97'), 'the display is there', 30)
        begin('/usr/bin/dbus-daemon', '--session', '--nofork', '--nopidfile',
              '--address=' + environment['DBUS_SESSION_BUS_ADDRESS'])
        begin('/usr/bin/virt-manager', '-c', URI, '--no-fork', *options)
        return picture
    yield make
    for pid in reversed(pids):
        os.kill(pid, signal.SIGTERM)
        # the next one has the same display
        process.wait_gone(pid, 60)
    shutil.rmtree(directory, ignore_errors=True)


def windows():
    return subprocess.run(['xwininfo', '-display', ':97', '-root', '-tree'], capture_output=True, text=True,
                          timeout=10, check=False).stdout


def test_virt_manager_lists_guests(manager, define):
    for name in ('avocet', 'bittern', 'curlew', 'dunlin'):
        domain, _ = define(name=name, init='/sbin/init')
        if name != 'dunlin':
            domain.create()
    picture = manager()
    wait_for(lambda: '"Virtual Machine Manager"' in windows(), 'its window is there', 60)
    # It has looked at all guests when graphs have moved.
    time.sleep(8)
    picture('virt-manager.png')
    assert '"Virtual Machine Manager"' in windows()


@pytest.mark.debian
def test_debian_s_login_prompt_is_in_virt_manager(debian, connection, manager, define, workshop):
    root = copy_root(debian('systemd'), os.path.join(workshop, 'bittern'))
    put(root, 'etc/hostname', 'bittern\n')
    domain, _ = define(name='bittern', root=root, init='/sbin/init', memory=512)
    domain.create()
    domain.setUserPassword('root', 'wader')
    picture = manager('--show-domain-console', 'bittern')
    wait_for(lambda: '"bittern on LXC"' in windows(), 'the window of the guest is there', 60)

    def tool(*words):
        subprocess.run(['xdotool', *words], check=True, timeout=90, env={'PATH': '/usr/bin:/bin', 'DISPLAY': ':97'})

    def enter(text):
        tool('type', '--delay', '60', text + '\n')
        time.sleep(1)

    init = process.init_of(domain)

    def wait_program(name, seconds):
        def is_there():
            return any(process.field(pid, 'Name') == [name] for pid in process.descendants(init))
        wait_for(is_there, 'the guest runs ' + name, seconds, 0.1)
    wait_program('agetty', 60)
    # A window has its name before it can be seen, and only what can be seen is given the keyboard. Nobody else
    # moves windows there.
    tool('search', '--sync', '--onlyvisible', '--name', 'bittern on LXC', 'windowmove', '0', '0', 'windowsize', '800',
         '480', 'windowfocus')
    tool('mousemove', '400', '300', 'click', '1')
    enter('')
    picture('virt-manager-console.png')
    enter('root')
    wait_program('login', 20)
    # It throws away what was typed before it asked for the password.
    time.sleep(2)
    enter('wader')
    wait_program('bash', 30)
    enter('echo seen > /typed')
    wait_for(lambda: read_file(root, 'typed') == 'seen\n', 'what was typed has been done', 20)
    domain.destroy()
    shutil.rmtree(root)
