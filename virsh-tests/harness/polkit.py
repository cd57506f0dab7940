# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private daemon that asks a real polkitd, on a bus of the session, whether a client may make a call.

Run as a program it is the client: it makes calls of harness/calls.py on domains as the user it is, and prints
the codes of the errors.
"""
import json
import os
import shutil
import sys

if __name__ == '__main__':
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from harness import build
    from harness.daemon import PrivateDaemon, read, wait_for
    from harness.placement import BUS
else:
    from . import build
    from .daemon import PrivateDaemon, read, wait_for
    from .placement import BUS

POLKITD = '/usr/lib/polkit-1/polkitd'

# What a call may need, as libvirt names it.
OBJECTS = {
    'connect': 'getattr read write read-secure search-domains detect-storage-pools pm-control interface-transaction '
               'search-interfaces search-networks search-node-devices search-nwfilters search-secrets '
               'search-storage-pools',
    'domain': 'getattr read write read-secure start stop reset save delete migrate checkpoint snapshot suspend '
              'hibernate core-dump pm-control init-control inject-nmi send-input send-signal fs-trim fs-freeze '
              'block-read block-write mem-read open-graphics open-device screenshot open-namespace set-time '
              'set-password',
}

ACTION = '''<action id="org.libvirt.api.%s.%s"><description>x</description><message>x</message>
<defaults><allow_any>no</allow_any><allow_inactive>no</allow_inactive><allow_active>no</allow_active></defaults>
</action>'''

# A domain's name says what may be done with it, a user's name what may be done with the connection.
RULE = '''
polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.libvirt.api.") != 0)
        return polkit.Result.NOT_HANDLED;
    var words = action.id.split(".");
    var permission = words[words.length - 1];
    var name = action.lookup("domain_name");
    if (words[3] == "connect") {
        var denied = { bin: "read", sys: "write", games: "getattr", man: "search-domains" }[subject.user];
        return denied == permission ? polkit.Result.NO : polkit.Result.YES;
    }
    if (name && name.indexOf("deny.") == 0)
        return name.split(".")[1] == permission ? polkit.Result.NO : polkit.Result.YES;
    if (name && name.indexOf("only.") == 0)
        return permission == "getattr" || name.split(".")[1].split("+").indexOf(permission) >= 0
               ? polkit.Result.YES : polkit.Result.NO;
    return polkit.Result.YES;
});
'''


class PolkitDaemon(PrivateDaemon):
    def __init__(self):
        super().__init__('ours', configuration='access_drivers = [ "polkit" ]\n')
        if not os.path.exists(POLKITD):
            self.close()
            raise build.Missing('polkitd is not installed; run tools/install-dependencies --test')

    def prepare(self):
        """Bus, rules and polkitd, before the daemon."""
        for place in ('/etc/polkit-1', '/usr/share/polkit-1'):
            result = self.run('mount', '-t', 'tmpfs', 'polkit', place)
            assert result.returncode == 0, result.stderr
        for place in ('/etc/polkit-1/rules.d', '/usr/share/polkit-1/rules.d', '/usr/share/polkit-1/actions'):
            os.mkdir(self.path(place))
        with open(self.path('/usr/share/polkit-1/actions/org.libvirt.api.policy'), 'w') as file:
            file.write('<policyconfig>%s</policyconfig>' % ''.join(
                ACTION % (kind, permission) for kind, permissions in OBJECTS.items()
                for permission in permissions.split()))
        with open(self.path('/etc/polkit-1/rules.d/50-test.rules'), 'w') as file:
            file.write(RULE)
        os.makedirs(self.path('/run/dbus'))
        configuration = os.path.join(self.directory, 'bus.conf')
        with open(configuration, 'w') as file:
            file.write(BUS % '/run/dbus/system_bus_socket')
        environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'}
        self.ask('spawn', argv=['/usr/bin/dbus-daemon', '--config-file', configuration, '--nofork', '--nopidfile'],
                 env=environment, output=os.path.join(self.directory, 'bus.log'))
        wait_for(lambda: os.path.exists(self.path('/run/dbus/system_bus_socket')), 'the bus is there', 30)
        os.chmod(self.path('/run/dbus/system_bus_socket'), 0o777)
        self.ask('spawn', argv=[POLKITD, '--no-debug'], env=environment,
                 output=os.path.join(self.directory, 'polkitd.log'))
        wait_for(lambda: 'PolicyKit1' in self.run(
            'dbus-send', '--system', '--print-reply', '--dest=org.freedesktop.DBus', '/',
            'org.freedesktop.DBus.ListNames').stdout,
                 lambda: 'polkitd is there: ' + read(os.path.join(self.directory, 'polkitd.log')), 30)

    def start(self, driver=None, environment=None, log_filters=None):
        self.prepare()
        super().start(driver, environment, log_filters)
        os.chmod(self.path('/run/libvirt/libvirt-sock'), 0o777)
        return self

    def make_calls(self, user, wanted):
        """[slot, domain or None] → code of the error, 0 for none, None for what the bindings lack."""
        copy = self.path('/run/client')
        if not os.path.exists(copy):
            shutil.copytree(os.path.dirname(os.path.abspath(__file__)), copy + '/harness',
                            ignore=shutil.ignore_patterns('__pycache__'))
        result = self.run('setpriv', '--reuid=' + user, '--regid=' + user, '--clear-groups', '/usr/bin/python3',
                          '-B', '/run/client/harness/polkit.py', input=json.dumps(wanted), timeout=120)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


class Client:
    """What the rows of calls.py work on."""

    def __init__(self):
        import libvirt
        self.libvirt, self.connection, self.domain, self.flags, self.number = libvirt, None, None, 0, -1
        self.daemon = self
        self.uri = 'lxc:///system'
        self.other = self

    @property
    def name(self):
        return 'another'

    def xml(self):
        return "<domain type='lxc'><name>x</name></domain>"

    def make(self, row, name):
        try:
            self.connection = self.connection or self.libvirt.open(self.uri)
            self.domain = self.connection.lookupByName(name) if name else None
            self.number = self.domain.ID() if self.domain else -1
            row.call(self)
            return 0
        except self.libvirt.libvirtError as error:
            return error.get_error_code()
        except (AttributeError, ImportError):
            return None


def main():
    from harness import calls
    rows = {row.slot: row for row in calls.CONNECTION + calls.DOMAIN}
    client = Client()
    client.libvirt.registerErrorHandler(lambda *_: None, None)
    print(json.dumps([client.make(rows[slot], name) for slot, name in json.load(sys.stdin)]))


if __name__ == '__main__':
    main()
