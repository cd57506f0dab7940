# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices attached, detached and updated: of running guests, of configurations, and of both."""
import libvirt
import pytest

pytestmark = pytest.mark.ours

LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG
INACTIVE = libvirt.VIR_DOMAIN_XML_INACTIVE

SOUND = "<sound model='ich6'/>"


def disk(target, source='/dev/loop7'):
    return "<disk type='block'><source dev='%s'/><target dev='%s'/></disk>" % (source, target)


def refused(call, *arguments):
    """The error number and text of a call that must fail."""
    with pytest.raises(libvirt.libvirtError) as error:
        call(*arguments)
    return error.value.get_error_code(), error.value.get_error_message()


@pytest.mark.parametrize('flags', [0, CONFIG])
def test_the_configuration_of_a_stopped_guest_changes(define, flags):
    domain, _ = define()
    before = domain.XMLDesc()
    domain.attachDeviceFlags(disk('vda'), flags)
    assert "<target dev='vda' bus='virtio'/>" in domain.XMLDesc()
    domain.updateDeviceFlags(disk('vda', '/dev/loop6'), flags)
    assert "<source dev='/dev/loop6'/>" in domain.XMLDesc()
    domain.detachDeviceFlags(disk('vda'), flags)
    assert domain.XMLDesc() == before


def test_the_configuration_of_a_running_guest_changes_alone(start, recorded):
    domain, guest = start()
    live = domain.XMLDesc()
    domain.attachDeviceFlags(disk('vda'), CONFIG)
    assert "<target dev='vda'" in domain.XMLDesc(INACTIVE)
    assert domain.XMLDesc() == live
    domain.detachDeviceFlags(disk('vda'), CONFIG)
    assert "<target dev='vda'" not in domain.XMLDesc(INACTIVE)
    assert not [what for what in recorded.of(guest.name) if what.startswith('device')]


def test_a_device_of_a_configuration_is_found_by_the_alias_it_would_have(define):
    domain, _ = define()
    domain.attachDeviceFlags(disk('vda'), CONFIG)
    domain.attachDeviceFlags(disk('vdb', '/dev/loop6'), CONFIG)
    domain.detachDeviceAlias('disk1', CONFIG)
    assert "dev='vda'" in domain.XMLDesc() and "dev='vdb'" not in domain.XMLDesc()
    assert refused(domain.detachDeviceAlias, 'disk1', CONFIG) == (
        libvirt.VIR_ERR_DEVICE_MISSING, "device not found: the domain has no device with the alias 'disk1'")


def test_devices_of_a_running_guest_have_aliases(start):
    domain, _ = start(consoles=2)
    text = domain.XMLDesc()
    assert [alias for alias in ('fs0', 'console0', 'console1') if "<alias name='%s'/>" % alias in text] == \
        ['fs0', 'console0', 'console1']
    assert '<alias' not in domain.XMLDesc(INACTIVE)


def test_a_kind_that_cannot_change_in_a_running_guest_is_named(start):
    domain, guest = start()
    text = domain.XMLDesc()
    code, message = refused(domain.attachDeviceFlags, SOUND, LIVE)
    assert code == libvirt.VIR_ERR_CONFIG_UNSUPPORTED
    assert 'a <sound> of a running container cannot be attached; change the configuration (--config) and ' \
        "restart domain '%s'" % guest.name in message
    code, message = refused(domain.updateDeviceFlags, "<console type='pty'/>", LIVE)
    assert code == libvirt.VIR_ERR_OPERATION_UNSUPPORTED
    assert 'a <console> of a running container cannot be updated' in message
    code, message = refused(domain.detachDeviceAlias, 'console0', LIVE)
    assert code == libvirt.VIR_ERR_CONFIG_UNSUPPORTED
    assert domain.XMLDesc() == text


def test_both_means_neither_when_the_guest_cannot_change(start):
    domain, _ = start()
    refused(domain.attachDeviceFlags, SOUND, LIVE | CONFIG)
    assert '<sound' not in domain.XMLDesc() and '<sound' not in domain.XMLDesc(INACTIVE)


def test_the_short_calls_are_for_running_guests(define):
    domain, guest = define()
    for call in (domain.attachDevice, domain.detachDevice):
        assert refused(call, SOUND) == (libvirt.VIR_ERR_OPERATION_INVALID,
                                        "Requested operation is not valid: domain is not running: '%s'" % guest.name)


def test_a_transient_guest_has_no_configuration_to_change(connection, make_guest):
    domain = connection.createXML(make_guest().xml())
    for call in (domain.attachDeviceFlags, domain.detachDeviceFlags, domain.updateDeviceFlags):
        code, message = refused(call, SOUND, CONFIG)
        assert code == libvirt.VIR_ERR_OPERATION_INVALID and 'is transient' in message


def test_what_is_no_device_is_refused(define):
    domain, _ = define()
    code, message = refused(domain.attachDeviceFlags, '<teapot/>', CONFIG)
    assert (code, message) == (libvirt.VIR_ERR_XML_ERROR, 'XML error: <teapot> is no device')
    code, message = refused(domain.detachDeviceFlags, disk('vdz'), CONFIG)
    assert (code, message) == (libvirt.VIR_ERR_DEVICE_MISSING,
                               "device not found: the domain has no <disk> with target 'vdz'")


@pytest.mark.parametrize('call', ['attachDeviceFlags', 'detachDeviceFlags', 'updateDeviceFlags'])
def test_unknown_flags_are_refused(define, call):
    domain, _ = define()
    assert refused(getattr(domain, call), SOUND, 1 << 9)[0] == libvirt.VIR_ERR_INVALID_ARG


def test_a_read_only_client_changes_no_device(daemon, define):
    domain, _ = define()
    reader = daemon.connect(readonly=True).lookupByName(domain.name())
    for call in (reader.attachDeviceFlags, reader.detachDeviceFlags, reader.updateDeviceFlags):
        assert refused(call, SOUND, CONFIG)[0] == libvirt.VIR_ERR_OPERATION_DENIED
