# SPDX-License-Identifier: LGPL-2.1-or-later
"""Destroying a guest by asking it, and flags that say something only of machines."""
import libvirt
import pytest

pytestmark = pytest.mark.ours

GRACEFUL = libvirt.VIR_DOMAIN_DESTROY_GRACEFUL


def test_a_graceful_destroy_lets_init_end_itself(start, recorded):
    domain, guest = start()
    domain.destroyFlags(GRACEFUL)
    assert not domain.isActive()
    assert domain.state() == [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED]
    recorded.wait(guest.name, 'stopped destroyed')
    with open(guest.root + '/heard') as file:
        assert 'TERM' in file.read()


def test_a_guest_that_ignores_a_graceful_destroy_runs_on(start):
    domain, _ = start(init='/bin/sh', arguments=['-c', 'trap : TERM; while :; do sleep 0.1; done'])
    with pytest.raises(libvirt.libvirtError, match='still running') as refused:
        domain.destroyFlags(GRACEFUL)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_FAILED
    assert domain.isActive()
    domain.destroy()
    assert not domain.isActive()


def test_an_init_that_takes_no_signal_is_not_asked_gracefully(start):
    domain, _ = start(init='/bin/sleep', arguments=['1000'])
    with pytest.raises(libvirt.libvirtError, match='SIGTERM.*destroy') as refused:
        domain.destroyFlags(GRACEFUL)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_UNSUPPORTED


def test_a_suspended_guest_is_not_asked_gracefully(start):
    domain, _ = start()
    domain.suspend()
    with pytest.raises(libvirt.libvirtError, match='resume it first'):
        domain.destroyFlags(GRACEFUL)
    with pytest.raises(libvirt.libvirtError, match='resume it first'):
        domain.shutdown()


def test_flags_about_images_and_firmware_have_no_effect(define):
    domain, _ = define()
    domain.createWithFlags(libvirt.VIR_DOMAIN_START_BYPASS_CACHE | libvirt.VIR_DOMAIN_START_FORCE_BOOT |
                           libvirt.VIR_DOMAIN_START_RESET_NVRAM)
    assert domain.isActive() and not domain.hasManagedSaveImage()
    domain.destroy()
    domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
                         libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                         libvirt.VIR_DOMAIN_UNDEFINE_NVRAM |
                         libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA)


def test_the_id_is_in_the_handle_that_started_the_guest(define):
    domain, _ = define()
    assert domain.ID() == -1
    domain.create()
    assert domain.ID() > 0
    assert domain.ID() == domain.connect().lookupByName(domain.name()).ID()


def test_control_is_ok_while_a_guest_runs(start):
    domain, _ = start()
    assert domain.controlInfo(0)[0] == libvirt.VIR_DOMAIN_CONTROL_OK
    domain.destroy()
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.controlInfo(0)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID
