# SPDX-License-Identifier: LGPL-2.1-or-later
"""Templates: made by caisson-template, started as overlays."""
import json
import os
import re
import shutil
import subprocess
import tempfile

import libvirt
import pytest

from harness import process
from harness.daemon import wait_for
from harness.guest import put, read_file

pytestmark = pytest.mark.ours

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../tools/caisson-template')
FIRST = 300000
ELEMENT = "<filesystem type='template'%s><source name='%s'/><target dir='%s'/>%s</filesystem>"


@pytest.fixture
def tool(daemon):
    """Runs the tool where the daemon is; removes all templates and layers afterwards."""
    def run(*words, code=0):
        done = daemon.run('/usr/bin/python3', TOOL, *words, timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr
    yield run
    daemon.run('rm', '-rf', '/var/lib/libvirt/lxc/templates', '/var/lib/libvirt/lxc/layers')


@pytest.fixture
def template(tool, root):
    """A template of a busybox root, with the name `plain`."""
    os.mkdir(os.path.join(root, 'srv'))
    put(root, 'srv/letter', 'as shipped\n')
    tool('import', 'plain', root)
    return 'plain'


def written(daemon, uuid, name, target='%2f'):
    return daemon.path('/var/lib/libvirt/lxc/layers/%s/%s/upper/%s' % (uuid, target, name))


def test_domains_of_a_template_start_at_once_and_do_not_see_each_other(daemon, template, connection, make_guest):
    guests = []
    for number in range(2):
        guest = make_guest(root='/', root_element=ELEMENT % ('', template, '/', ''), init='/bin/sh', arguments=[
            '-c', 'cp /srv/letter /copy; echo %d > /srv/letter; mv /copy /seen; exec sleep 1000' % number])
        domain = connection.defineXML(guest.xml())
        domain.create()
        guests.append(domain.UUIDString())
    for number, uuid in enumerate(guests):
        wait_for(lambda uuid=uuid: os.path.exists(written(daemon, uuid, 'seen')), 'the guest wrote')
        assert open(written(daemon, uuid, 'seen')).read() == 'as shipped\n'
        assert open(written(daemon, uuid, 'srv/letter')).read() == '%d\n' % number
    assert open(daemon.path('/var/lib/libvirt/lxc/templates/plain/rootfs/srv/letter')).read() == 'as shipped\n'


def test_layers_of_a_mapped_template_are_idmapped(daemon, template, connection, make_guest):
    guest = make_guest(root='/', root_element=ELEMENT % (" accessmode='mapped'", template, '/', ''), init='/bin/sh',
                       idmap=FIRST, arguments=['-c', '{ stat -c %u /bin /srv/letter; echo new >> /srv/letter; '
                                                     'stat -c %u /srv/letter; } > /new; mv /new /seen; exec sleep 1000'])
    domain = connection.defineXML(guest.xml())
    domain.create()
    seen = written(daemon, domain.UUIDString(), 'seen')
    wait_for(lambda: os.path.exists(seen), 'the guest wrote')
    assert open(seen).read().split() == ['0', '0', '0']
    assert os.stat(seen).st_uid == 0
    assert process.field(process.init_of(domain), 'Uid')[0] == str(FIRST)


def test_a_read_only_template_is_shown_as_it_is(template, start, shared_out):
    domain, _ = start(init='/bin/sh', arguments=['-c', '{ cat /data/srv/letter; touch /data/x || echo refused; } '
                                                       '> /out/new 2>&1; mv /out/new /out/seen; exec sleep 1000'],
                      devices=ELEMENT % ('', template, '/data', '<readonly/>') + shared_out.element)
    assert wait_for(shared_out.seen, 'the guest wrote').startswith('as shipped') and 'refused' in shared_out.seen()


@pytest.fixture
def shared_out(workshop):
    class Out:
        """A directory to which a guest writes."""
        directory = tempfile.mkdtemp(prefix='out-', dir=workshop)
        element = "<filesystem type='mount'><source dir='%s'/><target dir='/out'/></filesystem>" % directory

        def seen(self):
            return read_file(self.directory, 'seen')
    os.chmod(Out.directory, 0o777)
    return Out()


def test_a_template_that_is_not_there_is_named_with_the_remedy(define):
    domain, _ = define(root_element=ELEMENT % ('', 'nothing', '/', ''))
    with pytest.raises(libvirt.libvirtError, match="there is no template 'nothing' for the target '/'; make it with "
                                                   "'caisson-template import nothing SOURCE'"):
        domain.create()


def test_a_name_that_leads_elsewhere_is_refused(connection, make_guest):
    with pytest.raises(libvirt.libvirtError, match='no name of a template'):
        connection.defineXML(make_guest(root_element=ELEMENT % ('', '../../etc', '/', '')).xml())


def test_a_template_in_use_cannot_be_removed_and_what_was_written_can(daemon, tool, template, define):
    domain, guest = define(root='/', root_element=ELEMENT % ('', template, '/', ''))
    assert guest.name in tool('remove', template, code=1)
    domain.create()
    assert 'runs' in tool('forget', guest.name, code=1)
    assert re.search(r'^plain .*%s$' % guest.name, tool('list'), re.MULTILINE)
    domain.destroy()
    uuid = domain.UUIDString()
    domain.undefine()
    assert uuid in tool('remove', template, code=1)
    assert uuid in tool('prune')
    tool('remove', template)
    assert 'plain' not in tool('list')


def test_a_layer_is_not_put_on_another_template(tool, template, root, connection, make_guest):
    tool('import', 'other', root)
    guest = make_guest(root='/', root_element=ELEMENT % ('', template, '/', ''))
    domain = connection.defineXML(guest.xml())
    domain.create()
    domain.destroy()
    domain = connection.defineXML(domain.XMLDesc(0).replace("name='plain'", "name='other'"))
    with pytest.raises(libvirt.libvirtError, match="belongs to the template 'plain', not 'other'"):
        domain.create()


def test_a_template_that_exists_or_is_too_large_is_refused(tool, template, root):
    assert 'exists' in tool('import', template, root, code=1)
    assert '--max-size' in tool('import', 'large', root, '--max-size', '100K', code=1)
    assert 'large' not in tool('list')


@pytest.fixture
def layout(root, workshop):
    """An OCI layout of a busybox root, made by umoci."""
    if shutil.which('umoci') is None:
        pytest.skip('umoci is not installed')
    with tempfile.TemporaryDirectory(prefix='layout-', dir=workshop) as directory:
        path, bundle = os.path.join(directory, 'image'), os.path.join(directory, 'bundle')
        for words in (['init', '--layout', path], ['new', '--image', path + ':latest'],
                      ['unpack', '--image', path + ':latest', bundle]):
            subprocess.run(['umoci', *words], check=True, capture_output=True)
        subprocess.run(['cp', '-a', root + '/.', bundle + '/rootfs/'], check=True)
        subprocess.run(['umoci', 'repack', '--image', path + ':latest', bundle], check=True, capture_output=True)
        subprocess.run(['umoci', 'config', '--image', path + ':latest', '--config.entrypoint', 'sh',
                        '--config.cmd', '-c', '--config.cmd', '{ echo $MOOD; id -u; pwd; } > new; mv new seen; exec sleep 1000',
                        '--config.env', 'MOOD=fine', '--config.env', 'PATH=/nowhere:/bin', '--config.workingdir', '/tmp',
                        '--config.user', '1000:1000'], check=True, capture_output=True)
        yield path


def test_an_image_of_oci_starts_with_what_it_says(daemon, tool, layout, connection, make_guest):
    tool('import', 'image', layout)
    guest = make_guest(root='/', root_element=ELEMENT % ('', 'image', '/', ''))
    domain = connection.defineXML(guest.xml().replace('<init>/sbin/listener</init>', ''))
    assert '<init>' not in domain.XMLDesc(0)
    domain.create()
    seen = written(daemon, domain.UUIDString(), 'tmp/seen')
    wait_for(lambda: os.path.exists(seen), 'the guest wrote')
    assert open(seen).read().split() == ['fine', '1000', '/tmp']
    assert '<init>sh</init>' in domain.XMLDesc(0)


def test_a_blob_that_is_not_what_its_digest_says_is_refused(tool, layout):
    blobs = os.path.join(layout, 'blobs/sha256')
    largest = max(os.listdir(blobs), key=lambda name: os.stat(os.path.join(blobs, name)).st_size)
    with open(os.path.join(blobs, largest), 'r+b') as file:
        file.seek(1000)
        file.write(b'changed')
    assert 'sha256:%s' % largest in tool('import', 'image', layout, code=1)
    assert 'image' not in tool('list')


def test_a_blob_that_leads_out_of_the_layout_is_refused(tool, layout):
    index = json.load(open(os.path.join(layout, 'index.json')))
    name = index['manifests'][0]['digest'].split(':')[1]
    path = os.path.join(layout, 'blobs/sha256', name)
    os.rename(path, path + '.moved')
    os.symlink(path + '.moved', path)
    tool('import', 'image', layout, code=1)
    index['manifests'][0]['digest'] = 'sha256:../../../../etc/passwd'
    with open(os.path.join(layout, 'index.json'), 'w') as file:
        json.dump(index, file)
    assert 'digest' in tool('import', 'image', layout, code=1)


def test_an_image_larger_than_allowed_is_refused_before_it_is_unpacked(tool, layout):
    assert '--max-size' in tool('import', 'image', layout, '--max-size', '600K', code=1)


def as_image_says(daemon, template, **words):
    """What an image would have its programs be."""
    path = daemon.path('/var/lib/libvirt/lxc/templates/%s/config.json' % template)
    with open(path, 'w') as file:
        json.dump({'process': words}, file)


@pytest.mark.parametrize('idmap', [None, FIRST], ids=['privileged', 'unprivileged'])
def test_what_an_image_says_of_its_process_leads_nowhere(daemon, template, connection, make_guest, idmap):
    element = ELEMENT % (" accessmode='mapped'" if idmap else '', template, '/', '')
    for cwd in ('/proc/self/fd/8', '../../../../../../etc', '/proc/1/root', '../..'):
        as_image_says(daemon, template, args=['/bin/sleep', '1000'], cwd=cwd)
        guest = make_guest(root='/', root_element=element, idmap=idmap)
        xml = guest.xml().replace('<init>/sbin/listener</init>', '')
        try:
            domain = connection.createXML(xml)
        except libvirt.libvirtError as error:
            assert 'init: ' in str(error)
            continue
        assert os.path.samefile('/proc/%d/cwd' % process.init_of(domain), '/proc/%d/root/' % process.init_of(domain)) or \
            os.readlink('/proc/%d/cwd' % process.init_of(domain)) == '/etc'
        domain.destroy()
    for user in ({'uid': 1 << 32, 'gid': 0}, {'uid': (1 << 32) - 1, 'gid': 5}, {'uid': 5, 'gid': 1 << 40}):
        as_image_says(daemon, template, args=['/bin/sleep', '1000'], user=user)
        with pytest.raises(libvirt.libvirtError):
            connection.createXML(make_guest(root='/', root_element=element, idmap=idmap).xml().replace(
                '<init>/sbin/listener</init>', ''))


@pytest.mark.parametrize('words', [
    {'env': ['A=one\ntwo', 'B<&\'"=<init>x</init>', 'C=\x01\x1b[2J', '=', 'D', 'PATH=/bin']},
    {'args': ['/bin/sh', '-c', 'exec sleep 1000', 'x\x01', ' ', '\n', '</initarg><init>/bin/evil</init>', 'a\nb']},
    {'args': ['/bin/sh', '-c', 'exec sleep 1000', '']},
    {'args': ['/bin/sh', '-c', 'exec sleep 1000', '\x01']},
    {'env': ['LONG=' + 'x' * 100000]},
], ids=['environment', 'arguments', 'empty', 'control', 'long'])
def test_text_of_an_image_is_text_for_the_daemon_as_well(own_daemon, root, words):
    """What it says goes into files that the daemon reads again when it starts."""
    from harness.guest import Guest
    own_daemon.run('/usr/bin/python3', TOOL, 'import', 'plain', root, timeout=60)
    as_image_says(own_daemon, 'plain', **dict({'args': ['/bin/sleep', '1000']}, **words))
    guest = Guest('heron', '/', root_element=ELEMENT % ('', 'plain', '/', ''))
    try:
        domain = own_daemon.connect().defineXML(guest.xml().replace('<init>/sbin/listener</init>', ''))
        try:
            domain.create()
        except libvirt.libvirtError as error:
            # refused, and said why
            assert 'config.json' in str(error), str(error)
            return
        init = process.init_of(domain)
        assert '/bin/evil' not in domain.XMLDesc(0).replace('&lt;', '') .split('<initarg>')[0]
        own_daemon.close_connections()
        own_daemon.restart()
        domain = own_daemon.connect().lookupByName('heron')
        assert domain.isActive() and process.init_of(domain) == init
        domain.destroy()
    finally:
        own_daemon.run('rm', '-rf', '/var/lib/libvirt/lxc/templates', '/var/lib/libvirt/lxc/layers')


def test_users_of_the_host_reach_no_file_of_a_template_or_layer(daemon, template, connection, make_guest):
    """A setuid program of a guest's root is one of root's of the host."""
    guest = make_guest(root='/', root_element=ELEMENT % ('', template, '/', ''), init='/bin/sh', arguments=[
        '-c', 'cp /bin/busybox /bin/evil; chmod 4755 /bin/evil; echo > /seen; exec sleep 1000'])
    domain = connection.defineXML(guest.xml())
    domain.create()
    evil = '/var/lib/libvirt/lxc/layers/%s/%%2f/upper/bin/evil' % domain.UUIDString()
    wait_for(lambda: os.path.exists(written(daemon, domain.UUIDString(), 'seen')), 'the guest wrote')
    assert os.stat(daemon.path(evil)).st_mode & 0o4000
    for path in (evil, '/var/lib/libvirt/lxc/templates/plain/rootfs/bin/busybox'):
        ran = daemon.run('/usr/bin/python3', '-c', 'import os, sys; os.setgroups([]); os.setresgid(*[65534] * 3); '
                         'os.setresuid(*[65534] * 3); os.execv(sys.argv[1], ["true"])', path)
        assert ran.returncode != 0 and 'Permission denied' in ran.stderr, ran.stderr
