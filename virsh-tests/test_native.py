# SPDX-License-Identifier: LGPL-2.1-or-later
"""Configurations of other container managers: imported, exported, run."""
import json
import os
import shutil
import subprocess

import libvirt
import pytest

from harness.daemon import wait_for
from harness.guest import read_file
from harness.limits import group_of

pytestmark = pytest.mark.ours

# What a guest says of itself: command, place, mounts, capabilities.
SCRIPT = '''
echo "args=$0 $*"; echo "dir=$(pwd)"; echo "motto=$MOTTO"; echo "host=$(hostname)"
echo "bound=$(grep CapBnd /proc/self/status)"
grep -E ' /(data|tmp) ' /proc/mounts | while read -r source target type options rest; do
    echo "mount=$target $type $(echo $options | cut -d, -f1)"
done
cat /data/file
'''

# The limits of a guest: the files, and what they must hold. For crun the guest itself looks, for its group
# of cgroup v1 is mounted; ours keeps them out of the guest's reach.
LIMITS = {'memory/memory.limit_in_bytes': '100663296', 'cpu/cpu.shares': '512', 'cpu/cpu.cfs_quota_us': '50000'}


def run_crun(bundle, name):
    """crun in a mount namespace without the hybrid mount, which it does not understand."""
    state = os.path.join(bundle, 'state')
    return subprocess.run(
        ['unshare', '--mount', 'sh', '-c',
         'mountpoint -q /sys/fs/cgroup/unified && mount -t tmpfs none /sys/fs/cgroup/unified; '
         'exec crun --cgroup-manager=cgroupfs --root "$1" run --bundle "$2" "$3"', 'sh', state, bundle, name],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def put_file(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, 'w') as file:
        file.write(text)
    return path


def has_v1():
    return os.path.exists('/sys/fs/cgroup/memory/memory.limit_in_bytes')


def lines_of(text):
    return {line for line in text.splitlines() if line}


def test_a_configuration_of_lxc_becomes_a_guest_that_starts(daemon, connection, workshop, root):
    config = put_file(workshop, 'plover.conf', '''\
lxc.uts.name = plover
lxc.rootfs.path = dir:%s
lxc.net.0.type = empty
lxc.init.cmd = /bin/sh -c "echo $MOTTO > /seen.new; df /scratch >> /seen.new; mv /seen.new /seen; exec sleep 1000"
lxc.environment = MOTTO=low tide
lxc.mount.entry = tmpfs scratch tmpfs size=2m 0 0
lxc.cap.drop = sys_time sys_module
lxc.cgroup.memory.limit_in_bytes = 100M
lxc.hook.start = /bin/true
''' % root)
    xml = daemon.virsh('domxml-from-native', 'lxc-tools', config).out
    domain = connection.defineXML(xml)
    domain.create()
    wait_for(lambda: os.path.exists(os.path.join(root, 'seen')), 'init wrote')
    seen = read_file(root, 'seen')
    assert seen.startswith('low tide\n') and '2048' in seen
    assert domain.maxMemory() == 100 * 1024


def test_what_is_lost_is_said_in_one_line_of_the_log(daemon, connection, workshop):
    config = put_file(workshop, 'lossy.conf', '''\
lxc.uts.name = lossy
lxc.rootfs.path = /srv
lxc.hook.start = /bin/true
lxc.apparmor.profile = unconfined
lxc.cgroup2.memory.max = 64M
''')
    daemon.virsh('domxml-from-native', 'lxc-tools', config)
    said = [line for line in daemon.log().splitlines() if 'domxml-from-native lxc-tools' in line]
    assert said[-1].endswith('domxml-from-native lxc-tools: not carried over: lxc.hook.start (line 3), '
                             'lxc.apparmor.profile (line 4)')
    assert ' warning :' in said[-1]


def test_an_unknown_format_is_answered_with_the_known_ones(connection, make_guest):
    with pytest.raises(libvirt.libvirtError) as error:
        connection.domainXMLFromNative('qemu-argv', 'x', 0)
    assert error.value.get_error_code() == libvirt.VIR_ERR_INVALID_ARG
    assert "the formats are 'lxc-tools', 'oci', 'nspawn'" in str(error.value)
    with pytest.raises(libvirt.libvirtError) as error:
        connection.domainXMLToNative('nspawn', make_guest().xml(), 0)
    assert error.value.get_error_code() == libvirt.VIR_ERR_INVALID_ARG
    assert "the formats are 'lxc-tools', 'oci'" in str(error.value)


def test_flags_are_refused(connection, make_guest):
    for convert, text in ((connection.domainXMLFromNative, 'lxc.uts.name = a\n'),
                          (connection.domainXMLToNative, make_guest().xml())):
        with pytest.raises(libvirt.libvirtError) as error:
            convert('lxc-tools', text, 1)
        assert error.value.get_error_code() == libvirt.VIR_ERR_INVALID_ARG


def test_a_readonly_connection_converts_nothing(daemon, make_guest):
    connection = daemon.connect(readonly=True)
    for convert, text in ((connection.domainXMLFromNative, 'lxc.uts.name = a\n'),
                          (connection.domainXMLToNative, make_guest().xml())):
        with pytest.raises(libvirt.libvirtError) as error:
            convert('lxc-tools', text, 0)
        assert error.value.get_error_code() == libvirt.VIR_ERR_OPERATION_DENIED


@pytest.mark.parametrize('format_name, text, code, words', [
    ('lxc-tools', 'lxc.uts.name = a\n', libvirt.VIR_ERR_CONFIG_UNSUPPORTED, 'lxc.rootfs.path'),
    ('lxc-tools', 'lxc.include = /etc/x\n', libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, 'other files are not read'),
    ('lxc-tools', 'nonsense\n', libvirt.VIR_ERR_INVALID_ARG, "'key = value' is needed"),
    ('oci', '{}', libvirt.VIR_ERR_INVALID_ARG, 'ociVersion: missing'),
    ('oci', json.dumps({'ociVersion': '1.0.0', 'hostname': 'a', 'root': {'path': 'rootfs'}}),
     libvirt.VIR_ERR_CONFIG_UNSUPPORTED, 'make it an absolute path'),
    ('nspawn', '[Exec]\nBoot=yes\n', libvirt.VIR_ERR_CONFIG_UNSUPPORTED, 'Hostname= in [Exec] is missing'),
])
def test_a_refusal_reaches_the_client(connection, format_name, text, code, words):
    with pytest.raises(libvirt.libvirtError) as error:
        connection.domainXMLFromNative(format_name, text, 0)
    assert error.value.get_error_code() == code
    assert words in str(error.value)


def test_a_defined_guest_comes_back_from_lxc(daemon, connection, define):
    domain, guest = define(consoles=2, idmap=100000)
    text = daemon.virsh('domxml-to-native', 'lxc-tools', '--domain', guest.name).out
    assert 'lxc.rootfs.path = dir:%s\n' % guest.root in text
    assert 'lxc.idmap = u 0 100000 65536\n' in text
    assert connection.domainXMLToNative('lxc-tools', connection.domainXMLFromNative('lxc-tools', text, 0), 0) \
        .strip() == text.strip()


def test_a_nspawn_file_is_defined(connection):
    xml = connection.domainXMLFromNative('nspawn', '[Exec]\nHostname=snipe\nBoot=yes\n[Files]\nReadOnly=yes\n', 0)
    domain = connection.defineXML(xml)
    assert domain.name() == 'snipe'
    assert "<source dir='/var/lib/machines/snipe'/>" in domain.XMLDesc()


@pytest.mark.skipif(shutil.which('umoci') is None, reason='umoci is not installed')
def test_a_bundle_of_umoci_is_imported_and_starts(daemon, connection, workshop, root):
    layout, raw = os.path.join(workshop, 'layout'), os.path.join(workshop, 'raw')
    bundle = os.path.join(workshop, 'bundle')

    def umoci(*words):
        subprocess.run(['umoci', *words], check=True, capture_output=True)

    umoci('init', '--layout', layout)
    umoci('new', '--image', layout + ':latest')
    umoci('unpack', '--image', layout + ':latest', raw)
    subprocess.run(['cp', '-a', root + '/.', os.path.join(raw, 'rootfs')], check=True)
    umoci('repack', '--image', layout + ':latest', raw)
    umoci('config', '--image', layout + ':latest', '--config.cmd', 'sh', '--config.cmd', '-c', '--config.cmd',
          'echo $MOTTO $(pwd) > /seen.new; mv /seen.new /seen; exec sleep 1000', '--config.env', 'MOTTO=ebb',
          '--config.workingdir', '/home/keel')
    umoci('unpack', '--image', layout + ':latest', bundle)
    with open(os.path.join(bundle, 'config.json')) as file:
        config = json.load(file)

    with pytest.raises(libvirt.libvirtError) as error:
        connection.domainXMLFromNative('oci', json.dumps(config), 0)
    assert 'make it an absolute path' in str(error.value)

    config['root']['path'] = os.path.join(bundle, 'rootfs')
    domain = connection.defineXML(connection.domainXMLFromNative('oci', json.dumps(config), 0))
    domain.create()
    wait_for(lambda: os.path.exists(os.path.join(bundle, 'rootfs/seen')), 'init wrote')
    assert read_file(os.path.join(bundle, 'rootfs'), 'seen') == 'ebb /home/keel\n'


@pytest.mark.skipif(shutil.which('crun') is None, reason='crun is not installed')
@pytest.mark.skipif(not has_v1(), reason='the limits are looked up where cgroup v1 has them')
def test_an_exported_guest_does_the_same_under_crun(daemon, connection, workshop, make_guest):
    data, bundle = os.path.join(workshop, 'data'), os.path.join(workshop, 'export')
    os.makedirs(data)
    os.makedirs(bundle)
    put_file(data, 'file', 'content\n')
    # the host may lack capabilities, which crun does not forgive
    described = make_guest(
        init='/bin/sh', arguments=['-c', SCRIPT + 'exec sleep 1000', 'zero', 'a b', "it's"],
        os='<initenv name="MOTTO">low tide</initenv><initdir>/home</initdir>', memory=96,
        top='<cputune><shares>512</shares><period>100000</period><quota>50000</quota></cputune>',
        features="<privnet/><capabilities policy='deny'><chown state='on'/><kill state='on'/></capabilities>",
        devices="<filesystem type='mount'><source dir='%s'/><target dir='/data'/><readonly/></filesystem>"
                "<filesystem type='ram'><source usage='4096'/><target dir='/tmp'/></filesystem>" % data)
    domain = connection.defineXML(described.xml().replace(
        SCRIPT, '{ %s } > /seen.new; mv /seen.new /seen\n' % SCRIPT))
    domain.create()
    wait_for(lambda: os.path.exists(os.path.join(described.root, 'seen')), 'init wrote')
    ours = read_file(described.root, 'seen')
    for name, value in LIMITS.items():
        folder, name = name.split('/')
        assert read_file(group_of(domain, folder)[1], name).strip() == value
    domain.destroy()

    look = ''.join('echo "limit=$(cat /sys/fs/cgroup/%s)"\n' % name for name in LIMITS)
    text = connection.domainXMLToNative('oci', described.xml().replace('exec sleep 1000', look), 0)
    put_file(bundle, 'config.json', text)
    result = run_crun(bundle, described.name)
    assert result.returncode == 0, result.stderr
    assert lines_of(result.stdout) - lines_of(ours) == {'limit=' + value for value in LIMITS.values()}
    assert lines_of(ours) - lines_of(result.stdout) == set()
    for line in ("args=zero a b it's", 'dir=/home', 'motto=low tide', 'content', 'mount=/tmp tmpfs rw',
                 'bound=CapBnd:\t0000000000000021'):
        assert line in lines_of(ours)
