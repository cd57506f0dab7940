# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fixtures: a private libvirtd for the session, one for a test that kills it, guests and roots."""
import gc
import itertools
import os
import shutil
import tempfile

import libvirt
import pytest

from harness import build, events, guest, leaks, session, system
from harness.daemon import PrivateDaemon, wait_for

# With those marked `system`, what differs most between hosts: `tools/test --some-lab`.
SOME_LAB = ('test_caisson_element', 'test_every_limit', 'test_group_view', 'test_lifecycle', 'test_limits',
            'test_out_of_memory', 'test_placement')

DRIVER = os.environ.get('CAISSON_TEST_DRIVER', 'ours')

events.run_event_loop()


def pytest_configure(config):
    for line in ('debian: boots a Debian guest; its root is built once, which takes minutes',
                 'ours: tells apart what the stock driver does not do',
                 'slow: takes more than some seconds: not with the sanitized build',
                 'some_lab: belongs to the selection of `tools/test --some-lab`; set by conftest.py',
                 'unsanitized: measures or confines what is linked statically, or needs the real dnsmasq',
                 'system: needs systemd and a libvirtd.service of its own; see virsh-tests/lab'):
        config.addinivalue_line('markers', line)
    # The process that hands tests out to others runs none itself.
    if os.geteuid() == 0 and (hasattr(config, 'workerinput') or not config.getoption('numprocesses', None)):
        session.separate()


@pytest.fixture(autouse=True)
def garbage():
    """Objects of libvirt that the collector frees reset the error of the call that has just failed."""
    gc.disable()
    yield
    gc.collect(1)


def pytest_runtest_setup(item):
    if session.is_late():
        pytest.skip('no time was left for it')
    if not item.get_closest_marker('system'):
        system.withdraw()


def pytest_collection_modifyitems(items):
    reason = None
    if os.geteuid() != 0:
        reason = 'needs root'
    elif not os.path.exists('/usr/sbin/libvirtd'):
        reason = 'libvirtd is not installed; run tools/install-dependencies --test'
    if not system.available():
        # what only this machine can show comes before its time is up
        items.sort(key=lambda item: not item.get_closest_marker('system'))
    for item in items:
        if item.path.stem in SOME_LAB or item.get_closest_marker('system'):
            item.add_marker(pytest.mark.some_lab)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
        elif DRIVER == 'stock' and item.get_closest_marker('ours'):
            item.add_marker(pytest.mark.skip(reason='not with the stock driver'))
        elif item.get_closest_marker('system') and system.available():
            item.add_marker(pytest.mark.skip(reason=system.available()))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the daemon complained about belongs to the report of a failed test."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for name in ('daemon', 'shared_daemon', 'system_daemon'):
            daemon = item.funcargs.get(name)
            if daemon is not None and daemon.holder is not None:
                report.sections.append(('libvirtd', daemon.complaints()))
                break


@pytest.fixture(scope='session')
def shared_daemon():
    """One daemon for all tests that do not stop it."""
    session = PrivateDaemon(DRIVER)
    try:
        yield session.start()
    finally:
        reports = session.sanitizer_reports()
        session.close()
        assert not reports, reports


@pytest.fixture
def daemon(shared_daemon):
    """The shared daemon, empty; a test leaves no domain and nothing of a guest behind."""
    if shared_daemon.ended() is not None:
        status = shared_daemon.ended()
        complaints = shared_daemon.complaints()
        shared_daemon.pid = None
        shared_daemon.start()
        pytest.fail('an earlier test ended libvirtd with wait status %d:\n%s' % (status, complaints))
    check = leaks.Leaks(shared_daemon)
    yield shared_daemon
    clean(shared_daemon)
    shared_daemon.close_connections()
    left = check.left()
    assert not left, 'left behind:\n  ' + '\n  '.join(left)


@pytest.fixture(scope='session')
def shared_system_daemon():
    session = system.SystemDaemon(DRIVER)
    try:
        yield session.start()
    finally:
        reports = session.sanitizer_reports()
        session.close()
        assert not reports, reports


@pytest.fixture
def system_daemon(shared_system_daemon):
    """libvirtd.service of the machine; tests that use it are marked `system`."""
    if shared_system_daemon.pid is None:
        shared_system_daemon.start()
    check = leaks.Leaks(shared_system_daemon)
    machines = shared_system_daemon.machines()
    yield shared_system_daemon
    if shared_system_daemon.pid is None:
        shared_system_daemon.start()
    clean(shared_system_daemon)
    shared_system_daemon.close_connections()
    left = [what for what in check.left() if not what.startswith('mount of the daemon')]
    assert not left, 'left behind:\n  ' + '\n  '.join(left)
    assert shared_system_daemon.machines() == machines


@pytest.fixture
def own_daemon():
    """A daemon of its own for a test that kills it; nothing may be left when its guests are gone."""
    session = PrivateDaemon(DRIVER)
    try:
        session.start()
        check = leaks.Leaks(session)
        yield session
        if session.pid is None:
            session.start()
        clean(session)
        left = check.left()
        # The daemon was restarted: its own mount table and pid are not what they were.
        left = [what for what in left if not what.startswith('mount of the daemon')]
        assert not left, 'left behind:\n  ' + '\n  '.join(left)
        reports = session.sanitizer_reports()
        assert not reports, reports
    finally:
        session.close()


def clean(daemon):
    """Destroys and undefines every domain."""
    connection = daemon.connect()
    for domain in connection.listAllDomains():
        # one that ends by itself may be gone, or still be there to be undefined
        for is_so, remove in ((domain.isActive, domain.destroy), (domain.isPersistent, domain.undefine)):
            try:
                if is_so():
                    remove()
            except libvirt.libvirtError as error:
                if error.get_error_code() not in (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_OPERATION_INVALID):
                    raise
    wait_for(lambda: not connection.listAllDomains(),
             lambda: 'all domains are gone: %s' % [d.name() for d in connection.listAllDomains()])


@pytest.fixture
def connection(daemon):
    return daemon.connect()


@pytest.fixture
def recorded(connection):
    """The events of the connection from now on."""
    record = events.Events(connection)
    yield record
    record.close()


@pytest.fixture
def leak_check(daemon):
    return leaks.Leaks(daemon)


@pytest.fixture(scope='session')
def workshop():
    """A directory that guests with mapped ids can reach."""
    directory = tempfile.mkdtemp(prefix='caisson-roots-')
    os.chmod(directory, 0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def make_root(workshop):
    """Makes busybox roots; removed after the test."""
    made = []

    def make(owner=0):
        directory = tempfile.mkdtemp(prefix='root-', dir=workshop)
        made.append(directory)
        return guest.busybox_root(directory, owner)
    yield make
    for directory in made:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def root(make_root):
    return make_root()


NUMBERS = itertools.count(1)


@pytest.fixture
def make_guest(make_root):
    """Describes a guest with a root of its own and a name nobody else has."""
    def make(name=None, root=None, **options):
        owner = options.get('idmap') or 0
        return guest.Guest(name or 'guest%d' % next(NUMBERS), root or make_root(owner), **options)
    return make


@pytest.fixture
def define(daemon, connection, make_guest):
    """Defines a guest on the shared daemon; answers (domain, guest)."""
    def make(*arguments, **options):
        described = make_guest(*arguments, **options)
        return connection.defineXML(described.xml()), described
    return make


@pytest.fixture
def start(define):
    """Defines and starts a guest and waits for its init; answers (domain, guest)."""
    def make(*arguments, **options):
        domain, described = define(*arguments, **options)
        domain.create()
        if described.init == '/sbin/listener':
            wait_for(lambda: 'started' in guest.read_file(described.root, 'heard'), 'init runs')
        return domain, described
    return make


@pytest.fixture
def attempt(start, make_root):
    """Starts a guest whose init is this shell script; answers (what it printed, domain, guest)."""
    def make(script, **options):
        root = options.pop('root', None) or make_root(options.get('idmap') or 0)
        shutil.copy2(build.find('attack'), os.path.join(root, 'bin/attack'))
        domain, described = start(init='/bin/sh', root=root, arguments=[
            '-c', '{ %s\n } > /seen.new 2>&1; mv /seen.new /seen; exec sleep 1000' % script], **options)
        wait_for(lambda: os.path.exists(os.path.join(root, 'seen')), 'the script ended', 30)
        return guest.read_file(root, 'seen'), domain, described
    return make


@pytest.fixture
def attack(attempt):
    """Starts a guest that tries these attacks (tests/attack/attack.c); answers {attack: result}."""
    def make(*attacks, **options):
        text, _, _ = attempt('/bin/attack ' + ' '.join(attacks), **options)
        return dict(line.split(' ', 1) for line in text.splitlines() if ' ' in line)
    return make


@pytest.fixture(scope='session')
def debian():
    """Debian roots by init; skips where none can be built."""
    def get(init, suite='bookworm'):
        try:
            return guest.debian_root(init, suite)
        except build.Missing as error:
            pytest.skip(str(error))
    return get
