# SPDX-License-Identifier: LGPL-2.1-or-later
"""The administrator's hook scripts."""
import os

import libvirt
import pytest

from harness.daemon import read, wait_for

HOOK = '''\
#!/bin/sh
line=$(head -n 1)
echo "$(basename "$0") $* [${line%%%% *}]" >> /var/log/libvirt/hooks
%s
'''

# With sanitizers a start has hung in a hook, now and then. Not shown, but likely: libvirt forks for it, and a child that
# allocates waits for the sanitizer's lock that another thread had just then.
pytestmark = pytest.mark.unsanitized


@pytest.fixture
def hooks(own_daemon):
    """Installs a hook with the given last lines and starts the daemon anew; answers what was recorded."""
    def install(lines='', place='lxc'):
        path = own_daemon.path('/etc/libvirt/hooks/' + place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as file:
            file.write(HOOK % lines)
        os.chmod(path, 0o755)
        own_daemon.restart(15)

    def recorded():
        try:
            return read(own_daemon.path('/var/log/libvirt/hooks')).splitlines()
        except OSError:
            return []
    return install, recorded


def test_hooks_are_called_for_every_step_with_their_arguments(own_daemon, make_guest, hooks):
    install, recorded = hooks
    install()
    guest = make_guest()
    domain = own_daemon.connect().defineXML(guest.xml())
    domain.create()
    domain.destroy()
    word = 'destroyed' if own_daemon.driver == 'ours' else '-'
    wanted = ['lxc %s prepare begin - [<domain]' % guest.name,
              'lxc %s start begin - [<domain]' % guest.name,
              'lxc %s started begin - [<domain]' % guest.name,
              'lxc %s stopped end - [<domain]' % guest.name,
              'lxc %s release end %s [<domain]' % (guest.name, word)]
    wait_for(lambda: len(recorded()) >= len(wanted), lambda: 'all hooks: %s' % recorded())
    assert recorded() == wanted


def test_hooks_hear_of_a_daemon_that_comes_back(own_daemon, make_guest, hooks):
    install, recorded = hooks
    install()
    guest = make_guest()
    own_daemon.connect().defineXML(guest.xml()).create()
    own_daemon.restart()
    wait_for(lambda: 'lxc %s reconnect begin - [<domain]' % guest.name in recorded(),
             lambda: 'the reconnect hook: %s' % recorded())


@pytest.mark.parametrize('operation', ['prepare', 'start', 'started'])
def test_a_failing_hook_keeps_the_guest_from_starting(own_daemon, make_guest, hooks, operation):
    install, recorded = hooks
    install('test "$2" != %s || { echo refused by the harbour master >&2; exit 1; }' % operation)
    guest = make_guest()
    domain = own_daemon.connect().defineXML(guest.xml())
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.create()
    assert refused.value.get_error_code() == libvirt.VIR_ERR_HOOK_SCRIPT_FAILED
    assert 'refused by the harbour master' in str(refused.value)
    assert domain.state()[0] == libvirt.VIR_DOMAIN_SHUTOFF


def test_scripts_of_the_hook_directory_run_after_it_in_order(own_daemon, make_guest, hooks):
    install, recorded = hooks
    install(place='lxc.d/20-second')
    install(place='lxc.d/10-first')
    install()
    guest = make_guest()
    own_daemon.connect().defineXML(guest.xml()).create()
    wait_for(lambda: len(recorded()) >= 9, lambda: 'all hooks: %s' % recorded())
    assert [line.split()[0] for line in recorded()[:3]] == ['lxc', '10-first', '20-second']
