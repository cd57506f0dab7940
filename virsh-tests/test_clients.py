# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs and bindings that people use with libvirt, against two running guests."""
import os
import shutil

import libvirt
import pytest

from harness.daemon import wait_for
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

    def ask(action):
        result = daemon.run(agent, action, timeout=90, env={
            'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8', 'OCF_ROOT': '/usr/lib/ocf',
            'OCF_RESOURCE_INSTANCE': 'guest', 'OCF_RESKEY_config': path, 'OCF_RESKEY_hypervisor': URI,
            'OCF_RESKEY_CRM_meta_timeout': '60000', 'HA_RSCTMP': daemon.directory,
            'OCF_RESKEY_shutdown_timeout': '30', 'HA_DEBUG': '0', 'OCF_RESKEY_force_stop': '0'})
        return result.returncode
    assert ask('monitor') == 7  # not running
    assert ask('start') == 0
    found = connection.lookupByName(guest.name)
    assert found.isActive() and ask('monitor') == 0
    assert ask('stop') == 0
    assert ask('monitor') == 7


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
