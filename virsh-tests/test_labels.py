# SPDX-License-Identifier: LGPL-2.1-or-later
"""Labels of security modules."""
import os
import shutil
import subprocess

import libvirt
import pytest

from harness import build, process
from harness.daemon import PrivateDaemon, wait_for
from harness.guest import Guest, read_file

pytestmark = pytest.mark.ours

PROFILE = 'libvirt-caisson-default'


def apparmor():
    return read_file('/sys/module/apparmor/parameters', 'enabled').startswith('Y')


without = pytest.mark.skipif(apparmor() or os.path.exists('/sys/fs/selinux/enforce'), reason='has a security module')
with_apparmor = pytest.mark.skipif(not apparmor() or not shutil.which('apparmor_parser'), reason='needs AppArmor')


@pytest.fixture
def conf(own_daemon):
    """Restarts a daemon of its own with these lines in lxc.conf."""
    def make(text):
        with open(own_daemon.path('/etc/libvirt/lxc.conf'), 'w') as file:
            file.write(text)
        own_daemon.restart()
        return own_daemon
    return make


@pytest.fixture
def profile():
    """Our profile, loaded."""
    subprocess.run(['apparmor_parser', '-r', '-K', os.path.join(build.TOP, 'apparmor', PROFILE)], check=True,
                   capture_output=True, text=True)


def refused(text):
    """Starts a daemon with these settings, which must keep the driver inactive; answers its complaints."""
    session = PrivateDaemon('ours')
    try:
        with open(session.path('/etc/libvirt/lxc.conf'), 'w') as file:
            file.write(text)
        session.launch()
        return wait_for(lambda: session.complaints() if 'lxc.conf' in session.complaints() else None, 'the reason', 30)
    finally:
        session.close()


@without
def test_without_a_module_the_model_is_none_and_labels_are_empty(connection, start):
    assert connection.getSecurityModel() == ['none', '0']
    assert '<model>none</model>' in connection.getCapabilities()
    domain, _ = start()
    assert domain.securityLabel() == ['', False]
    assert domain.securityLabelList() == [['', False]]
    domain.destroy()
    assert domain.securityLabelList() == []


@without
@pytest.mark.parametrize('label', ("<seclabel type='static' model='apparmor'><label>mine</label></seclabel>",
                                   "<seclabel type='dynamic' model='apparmor'/>",
                                   "<seclabel type='static' model='selinux'><label>a:b:c:s0</label></seclabel>"))
def test_a_label_of_a_module_that_is_not_there_is_refused_at_start(define, label):
    domain, _ = define(top=label)
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.create()
    assert "the security model of this host is 'none'" in caught.value.get_error_message()
    assert caught.value.get_error_code() == libvirt.VIR_ERR_CONFIG_UNSUPPORTED
    assert not domain.isActive()


@without
def test_a_label_that_asks_for_nothing_starts(start):
    for label in ("<seclabel type='none'/>", "<seclabel type='none' model='apparmor'/>", "<seclabel type='dynamic'/>"):
        domain, _ = start(top=label)
        assert domain.isActive()


@without
def test_settings_that_need_a_module_keep_the_driver_inactive_and_are_named():
    assert 'security_driver \'apparmor\' of lxc.conf is not available' in \
        refused('security_driver = "apparmor"\n').replace('/etc/libvirt/', '')
    assert 'needs a security driver, and there is none' in refused('security_require_confined = 1\n')


def label_of(domain):
    return read_file('/proc/%d/attr/apparmor' % process.init_of(domain), 'current').strip()


@with_apparmor
def test_a_dynamic_label_is_our_profile(connection, start, profile, daemon):
    assert connection.getSecurityModel()[0] == 'apparmor'
    domain, guest = start(top="<seclabel type='dynamic' model='apparmor'/>")
    assert label_of(domain) == PROFILE + ' (enforce)'
    assert domain.securityLabel() == [PROFILE, True]
    assert '<label>%s</label>' % PROFILE in domain.XMLDesc()
    assert PROFILE not in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    ran = daemon.run('/usr/lib/libvirt/libvirt_lxc_exec', guest.name, '--', 'cat', '/proc/self/attr/apparmor/current')
    assert ran.stdout.strip() == PROFILE + ' (enforce)', ran.stderr
    domain.shutdown()
    wait_for(lambda: not domain.isActive(), 'it shuts down', 30)


@with_apparmor
def test_the_profile_holds_where_sys_admin_would_not(attempt, profile):
    text, _, _ = attempt('mkdir /tmp/proc; mount -t proc proc /tmp/proc && echo mounted; '
                         'echo x > /tmp/proc/sys/kernel/core_pattern && echo written; '
                         'mount -t debugfs debugfs /mnt && echo debugfs; echo end',
                         top="<seclabel type='dynamic' model='apparmor'/>")
    assert 'mounted' in text and 'written' not in text and 'debugfs' not in text.split('\n'), text


@with_apparmor
def test_a_static_label_is_obeyed_and_an_unknown_one_refused(define, start, profile):
    domain, _ = start(top="<seclabel type='static' model='apparmor'><label>%s</label></seclabel>" % PROFILE)
    assert label_of(domain).startswith(PROFILE)
    domain, _ = define(top="<seclabel type='static' model='apparmor'><label>no-such-profile</label></seclabel>")
    with pytest.raises(libvirt.libvirtError, match="profile 'no-such-profile'"):
        domain.create()


@with_apparmor
def test_settings_label_all_or_demand_a_label(conf, profile, root):
    daemon = conf('security_default_confined = 1\nsecurity_require_confined = 1\n')
    connection = daemon.connect()
    domain = connection.createXML(Guest('labelled', root).xml())
    assert label_of(domain) == PROFILE + ' (enforce)'
    domain.destroy()
    with pytest.raises(libvirt.libvirtError, match='security_require_confined'):
        connection.createXML(Guest('free', root, top="<seclabel type='none'/>").xml())
