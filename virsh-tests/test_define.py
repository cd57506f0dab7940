# SPDX-License-Identifier: LGPL-2.1-or-later
"""Definitions: made, changed, listed, looked up, shown, removed."""
import os
import re
import uuid

import libvirt
import pytest

from harness.daemon import wait_for

UUID = '7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c01'

MINIMAL = '''\
<domain type='lxc'>
  <name>heron</name>
  <uuid>%s</uuid>
  <memory unit='MiB'>96</memory>
  <os>
    <type arch='x86_64'>exe</type>
    <init>/bin/sh</init>
  </os>
  <devices>
    <console type='pty'/>
  </devices>
</domain>
''' % UUID

CANONICAL = '''\
<domain type='lxc'>
  <name>heron</name>
  <uuid>%s</uuid>
  <memory unit='KiB'>98304</memory>
  <currentMemory unit='KiB'>98304</currentMemory>
  <vcpu placement='static'>1</vcpu>
  <os>
    <type arch='x86_64'>exe</type>
    <init>/bin/sh</init>
  </os>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/lib/libvirt/libvirt_lxc</emulator>
    <console type='pty'>
      <target type='lxc' port='0'/>
    </console>
  </devices>
</domain>
''' % UUID


def xml_of(name, identity=None, memory=96):
    text = MINIMAL.replace('heron', name).replace("'MiB'>96", "'MiB'>%d" % memory)
    return text.replace(UUID, identity or str(uuid.uuid4()))


def code_of(error):
    return error.value.get_error_code()


@pytest.fixture
def file_of(tmp_path):
    def make(text, name='domain.xml'):
        path = tmp_path / name
        path.write_text(text)
        return str(path)
    return make


def test_virsh_define_dumpxml_and_undefine(daemon, file_of):
    daemon.virsh('define', file_of(MINIMAL))
    assert daemon.virsh('dumpxml', 'heron').out == CANONICAL
    daemon.virsh('undefine', 'heron')
    assert daemon.virsh('list', '--all', '--name').out.strip() == ''


def test_the_canonical_xml_is_a_fixed_point(connection):
    domain = connection.defineXML(MINIMAL)
    assert connection.defineXML(domain.XMLDesc()).XMLDesc() == CANONICAL


def test_a_definition_is_kept_in_a_file_that_loads_again(own_daemon):
    connection = own_daemon.connect()
    connection.defineXML(MINIMAL)
    path = own_daemon.path('/etc/libvirt/lxc/heron.xml')
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path) as file:
        text = file.read()
    assert text.startswith('<!--') and text.endswith('\n' + CANONICAL)
    assert 'virsh edit heron' in text
    own_daemon.restart()
    assert own_daemon.connect().lookupByName('heron').XMLDesc() == CANONICAL


def test_undefine_removes_the_file(daemon, connection):
    connection.defineXML(MINIMAL).undefine()
    assert not os.path.exists(daemon.path('/etc/libvirt/lxc/heron.xml'))


def test_a_domain_without_uuid_gets_one_and_keeps_it(connection):
    domain = connection.defineXML(xml_of('stilt').replace('<uuid>', '<!--').replace('</uuid>', '-->'))
    identity = domain.UUIDString()
    assert connection.lookupByName('stilt').UUIDString() == identity
    uuid.UUID(identity)


def test_a_redefinition_replaces_the_old_one(connection):
    connection.defineXML(xml_of('egret', UUID))
    domain = connection.defineXML(xml_of('egret', UUID, memory=128))
    assert domain.maxMemory() == 128 * 1024
    assert len(connection.listAllDomains()) == 1


def test_a_second_domain_of_the_same_name_is_refused(connection):
    connection.defineXML(xml_of('egret', UUID))
    with pytest.raises(libvirt.libvirtError, match='egret') as refused:
        connection.defineXML(xml_of('egret'))
    assert code_of(refused) == libvirt.VIR_ERR_OPERATION_FAILED


def test_a_second_domain_of_the_same_uuid_is_refused(connection):
    connection.defineXML(xml_of('egret', UUID))
    with pytest.raises(libvirt.libvirtError, match='egret') as refused:
        connection.defineXML(xml_of('bittern', UUID))
    assert code_of(refused) == libvirt.VIR_ERR_OPERATION_FAILED


def test_defining_and_undefining_emit_events(connection, recorded):
    domain = connection.defineXML(xml_of('crake', UUID))
    connection.defineXML(xml_of('crake', UUID, memory=100))
    domain.undefine()
    recorded.expect('crake', 'defined added', 'defined updated', 'undefined removed')


def test_a_domain_is_found_by_name_uuid_and_id(daemon, connection, start):
    domain, guest = start()
    assert connection.lookupByName(guest.name).UUIDString() == domain.UUIDString()
    assert connection.lookupByUUID(domain.UUID()).name() == guest.name
    assert connection.lookupByUUIDString(domain.UUIDString()).name() == guest.name
    assert connection.lookupByID(domain.ID()).name() == guest.name
    assert daemon.virsh('domid', guest.name).out.strip() == str(domain.ID())
    assert daemon.virsh('domname', domain.UUIDString()).out.strip() == guest.name


@pytest.mark.parametrize('lookup', [
    lambda connection: connection.lookupByName('nobody'),
    lambda connection: connection.lookupByUUIDString(UUID),
    lambda connection: connection.lookupByID(999999),
], ids=['name', 'uuid', 'id'])
def test_looking_up_an_unknown_domain_says_so(connection, lookup):
    with pytest.raises(libvirt.libvirtError) as refused:
        lookup(connection)
    assert code_of(refused) == libvirt.VIR_ERR_NO_DOMAIN


@pytest.mark.ours
def test_lists_tell_active_from_inactive_and_persistent_from_transient(connection, define, start,
                                                                       make_guest):
    _, stopped = define()
    _, running = start()
    paused_domain, paused = start()
    paused_domain.suspend()
    transient = make_guest()
    connection.createXML(transient.xml())

    def names(flags):
        return {domain.name() for domain in connection.listAllDomains(flags)}
    everything = {stopped.name, running.name, paused.name, transient.name}
    assert names(0) == everything
    assert names(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE) == everything - {stopped.name}
    assert names(libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE) == {stopped.name}
    assert names(libvirt.VIR_CONNECT_LIST_DOMAINS_TRANSIENT) == {transient.name}
    assert names(libvirt.VIR_CONNECT_LIST_DOMAINS_PAUSED) == {paused.name}
    assert names(libvirt.VIR_CONNECT_LIST_DOMAINS_RUNNING) == {running.name, transient.name}
    assert names(libvirt.VIR_CONNECT_LIST_DOMAINS_SHUTOFF) == {stopped.name}
    assert connection.numOfDomains() == 3
    assert connection.numOfDefinedDomains() == 1
    assert set(connection.listDefinedDomains()) == {stopped.name}
    assert len(connection.listDomainsID()) == 3


def test_virsh_list_shows_states(daemon, define, start):
    _, stopped = define()
    running_domain, running = start()
    lines = [line.split(None, 2) for line in daemon.virsh('list', '--all').out.splitlines() if line.strip()]
    assert [str(running_domain.ID()), running.name, 'running'] in lines
    assert ['-', stopped.name, 'shut off'] in lines


def test_title_description_and_metadata_are_kept(connection):
    text = xml_of('knot', UUID).replace('  <memory', '''\
  <title>Knot of the &lt;east&gt; shore</title>
  <description>Two &amp; two</description>
  <metadata>
    <tide:level xmlns:tide="urn:tide">high</tide:level>
  </metadata>
  <memory''')
    shown = connection.defineXML(text).XMLDesc()
    for line in ('<title>Knot of the &lt;east&gt; shore</title>', '<description>Two &amp; two</description>',
                 '<tide:level xmlns:tide="urn:tide">high</tide:level>'):
        assert line in shown


def test_redefining_a_running_domain_changes_its_next_start(connection, start):
    domain, guest = start()
    guest.memory = 96
    guest.uuid = domain.UUIDString()
    connection.defineXML(guest.xml())
    assert "<memory unit='KiB'>65536</memory>" in domain.XMLDesc()
    assert "<memory unit='KiB'>98304</memory>" in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    domain.destroy()
    assert "<memory unit='KiB'>98304</memory>" in domain.XMLDesc()


def test_undefining_a_running_domain_makes_it_transient(connection, start, recorded):
    domain, guest = start()
    domain.undefine()
    assert domain.isActive() and not domain.isPersistent()
    domain.destroy()
    wait_for(lambda: guest.name not in [d.name() for d in connection.listAllDomains()], 'it is gone')


@pytest.mark.ours
def test_the_live_xml_has_what_the_inactive_lacks(connection, start):
    domain, _ = start()
    live = domain.XMLDesc()
    assert live.startswith("<domain type='lxc' id='%d'>\n" % domain.ID())
    assert '<partition>/machine</partition>' in live
    assert "<alias name='console0'/>" in live
    inactive = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    assert inactive.startswith("<domain type='lxc'>\n")
    for word in ('<partition>', '<alias', 'tty=', '<source path'):
        assert word not in inactive


@pytest.mark.ours
def test_passwords_are_shown_only_with_the_secure_flag_and_survive(connection):
    text = xml_of('ruff', UUID).replace(
        '<devices>', "<devices><graphics type='vnc' port='5901' autoport='no' passwd='sandpiper'/>")
    domain = connection.defineXML(text)
    assert 'sandpiper' not in domain.XMLDesc()
    secure = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)
    assert "passwd='sandpiper'" in secure
    assert "passwd='sandpiper'" in connection.defineXML(secure).XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)


@pytest.mark.ours
def test_a_read_only_client_never_sees_passwords(daemon, connection):
    connection.defineXML(xml_of('ruff', UUID).replace('<devices>', """<devices>
    <graphics type='vnc' port='5901' autoport='no' passwd='sandpiper' passwdValidTo='2030-01-01T00:00:00'/>
    <graphics type='spice' port='5902' passwd='sandpiper'/>"""))
    reader = daemon.connect(readonly=True).lookupByName('ruff')
    assert 'sandpiper' not in reader.XMLDesc() and 'passwd' not in reader.XMLDesc()
    with pytest.raises(libvirt.libvirtError) as refused:
        reader.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)
    assert code_of(refused) == libvirt.VIR_ERR_OPERATION_DENIED
    shown = daemon.virsh('dumpxml', 'ruff', readonly=True)
    assert 'sandpiper' not in shown.out
    refused = daemon.virsh('dumpxml', '--security-info', 'ruff', readonly=True, check=False)
    assert refused.code != 0 and 'sandpiper' not in refused.out + refused.err
    assert daemon.virsh('dumpxml', '--security-info', 'ruff').out.count('sandpiper') == 2


def test_unknown_flags_of_dumpxml_are_refused(connection):
    domain = connection.defineXML(xml_of('dunlin'))
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.XMLDesc(1 << 20)
    assert code_of(refused) == libvirt.VIR_ERR_INVALID_ARG


@pytest.mark.ours
def test_devices_of_virtual_machines_are_accepted_and_kept(connection):
    text = xml_of('avocet').replace('<devices>', '''<devices>
    <video><model type='vga'/></video>
    <input type='tablet' bus='usb'/>''')
    shown = connection.defineXML(text).XMLDesc()
    assert "<input type='tablet' bus='usb'" in shown and '<video>' in shown


@pytest.mark.ours
def test_what_has_no_effect_is_named_once_at_define_and_at_start(daemon, connection, make_guest):
    guest = make_guest(devices="<video><model type='vga'/></video><input type='tablet' bus='usb'/>"
                               "<input type='mouse' bus='usb'/>"
                               "<interface type='null'><model type='virtio'/><coalesce><rx><frames max='7'/></rx>"
                               "</coalesce></interface>")
    names = 'input, interface/coalesce, interface/model, video'
    before = len(daemon.log())
    domain = connection.defineXML(guest.xml())
    line = "domain '%s': kept without effect in a container: %s" % (guest.name, names)
    assert daemon.log()[before:].count(line) == 1
    domain.create()
    assert daemon.guest_log(guest.name).count('kept without effect in a container: ' + names) == 1


@pytest.mark.parametrize('change, code, word', [
    (lambda text: 'not xml at all', libvirt.VIR_ERR_XML_DETAIL, None),
    (lambda text: text.replace('</domain>', ''), libvirt.VIR_ERR_XML_DETAIL, None),
    (lambda text: '<network><name>x</name></network>', libvirt.VIR_ERR_XML_ERROR, None),
    (lambda text: re.sub('<name>.*</name>', '', text), libvirt.VIR_ERR_NO_NAME, None),
    (lambda text: text.replace('<name>heron<', '<name>her/on<'), libvirt.VIR_ERR_XML_ERROR, 'her/on'),
    (lambda text: text.replace('<name>heron<', '<name>her\non<'), (libvirt.VIR_ERR_XML_ERROR, libvirt.VIR_ERR_XML_DETAIL), None),
    (lambda text: text.replace("<init>/bin/sh</init>", ''), libvirt.VIR_ERR_XML_ERROR, 'init'),
    (lambda text: text.replace("<memory unit='MiB'>96<", "<memory unit='furlong'>96<"),
     libvirt.VIR_ERR_INVALID_ARG, 'furlong'),
    (lambda text: text.replace("<memory unit='MiB'>96<", "<memory>many<"), libvirt.VIR_ERR_XML_ERROR, 'memory'),
    (lambda text: re.sub('<memory.*</memory>', '', text), libvirt.VIR_ERR_XML_ERROR, 'memory'),
    (lambda text: text.replace('>exe<', '>hvm<'), libvirt.VIR_ERR_INVALID_ARG, None),
    (lambda text: text.replace("arch='x86_64'", "arch='pdp11'"), libvirt.VIR_ERR_CONFIG_UNSUPPORTED, 'pdp11'),
    (lambda text: text.replace('</os>', '</os><on_reboot>dance</on_reboot>'),
     libvirt.VIR_ERR_CONFIG_UNSUPPORTED, 'dance'),
    (lambda text: text.replace("type='lxc'", "type='zebra'"), libvirt.VIR_ERR_CONFIG_UNSUPPORTED, 'zebra'),
    (lambda text: text.replace("type='lxc'", "type='kvm'"), libvirt.VIR_ERR_INVALID_ARG, None),
    (lambda text: text.replace(UUID, 'not-a-uuid'), libvirt.VIR_ERR_INTERNAL_ERROR, 'uuid'),
], ids=['no xml', 'unfinished', 'another document', 'no name', 'slash in name', 'newline in name',
        'no init', 'memory unit', 'memory number', 'no memory', 'os type', 'architecture', 'action',
        'unknown type', 'type of others', 'uuid'])
def test_a_bad_definition_is_refused_with_a_reason(connection, change, code, word):
    with pytest.raises(libvirt.libvirtError) as refused:
        connection.defineXML(change(MINIMAL))
    assert code_of(refused) in (code if isinstance(code, tuple) else (code,)), str(refused.value)
    if word:
        assert word.lower() in str(refused.value).lower()
    assert connection.listAllDomains() == []
