# SPDX-License-Identifier: LGPL-2.1-or-later
"""Title, description and metadata: live, in the configuration, or both."""
import threading

import libvirt
import pytest

from harness.daemon import wait_for

TITLE = libvirt.VIR_DOMAIN_METADATA_TITLE
DESCRIPTION = libvirt.VIR_DOMAIN_METADATA_DESCRIPTION
ELEMENT = libvirt.VIR_DOMAIN_METADATA_ELEMENT
CURRENT = libvirt.VIR_DOMAIN_AFFECT_CURRENT
LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE
CONFIG = libvirt.VIR_DOMAIN_AFFECT_CONFIG
URI = 'http://example.org/birds'


def code_of(call, *arguments):
    with pytest.raises(libvirt.libvirtError) as refused:
        call(*arguments)
    return refused.value.get_error_code()


def test_what_is_missing_is_an_error_of_its_own(define):
    domain, _ = define()
    for kind, uri in ((TITLE, None), (DESCRIPTION, None), (ELEMENT, URI)):
        assert code_of(domain.metadata, kind, uri, CURRENT) == libvirt.VIR_ERR_NO_DOMAIN_METADATA


def test_live_and_configuration_are_changed_apart(start):
    domain, _ = start()
    domain.setMetadata(TITLE, 'now', None, None, LIVE)
    domain.setMetadata(TITLE, 'next', None, None, CONFIG)
    assert domain.metadata(TITLE, None, LIVE) == domain.metadata(TITLE, None, CURRENT) == 'now'
    assert domain.metadata(TITLE, None, CONFIG) == 'next'
    domain.setMetadata(DESCRIPTION, 'both', None, None, LIVE | CONFIG)
    assert domain.metadata(DESCRIPTION, None, LIVE) == domain.metadata(DESCRIPTION, None, CONFIG)
    domain.destroy()
    assert domain.metadata(TITLE, None, CURRENT) == 'next'


def test_live_needs_a_running_domain_and_configuration_a_persistent_one(connection, define, make_guest):
    domain, _ = define()
    assert code_of(domain.setMetadata, TITLE, 'x', None, None, LIVE) == libvirt.VIR_ERR_OPERATION_INVALID
    transient = connection.createXML(make_guest().xml())
    assert (code_of(transient.setMetadata, TITLE, 'x', None, None, CONFIG)
            == libvirt.VIR_ERR_OPERATION_INVALID)
    transient.destroy()


def test_an_element_is_set_replaced_and_removed(define):
    domain, _ = define()
    domain.setMetadata(ELEMENT, '<bird kind="heron"/>', 'b', URI, CONFIG)
    assert 'heron' in domain.metadata(ELEMENT, URI, CONFIG)
    domain.setMetadata(ELEMENT, '<bird kind="eider"/>', 'b', URI, CONFIG)
    assert 'eider' in domain.metadata(ELEMENT, URI, CONFIG)
    assert domain.XMLDesc().count(URI) == 1
    domain.setMetadata(ELEMENT, None, None, URI, CONFIG)
    assert code_of(domain.metadata, ELEMENT, URI, CONFIG) == libvirt.VIR_ERR_NO_DOMAIN_METADATA
    assert (code_of(domain.setMetadata, ELEMENT, '<a', 'b', URI, CONFIG)
            in (libvirt.VIR_ERR_XML_ERROR, libvirt.VIR_ERR_XML_DETAIL))


@pytest.mark.ours
def test_live_metadata_survive_a_restart_of_the_daemon(own_daemon, make_guest):
    guest = make_guest()
    domain = own_daemon.connect().defineXML(guest.xml())
    domain.create()
    domain.setMetadata(TITLE, 'before', None, None, LIVE)
    own_daemon.restart()
    assert own_daemon.connect().lookupByName(guest.name).metadata(TITLE, None, LIVE) == 'before'


def test_a_change_is_an_event(connection, define):
    domain, _ = define()
    seen, arrived = [], threading.Event()

    def changed(_connection, _domain, kind, uri, _opaque):
        seen.append((kind, uri))
        arrived.set()
    number = connection.domainEventRegisterAny(domain, libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
                                               changed, None)
    domain.setMetadata(TITLE, 'x', None, None, CONFIG)
    domain.setMetadata(ELEMENT, '<bird/>', 'b', URI, CONFIG)
    wait_for(lambda: len(seen) == 2, lambda: 'two events, not %s' % seen)
    connection.domainEventDeregisterAny(number)
    assert seen == [(TITLE, None), (ELEMENT, URI)]
