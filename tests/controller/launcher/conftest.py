# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs as installed, roots of guests, and the proof that a test left nothing behind."""
import os
import shutil
import stat

import pytest

import launcher

MAPPED = 200000
IDMAP = [{'containerID': 0, 'hostID': MAPPED, 'size': 65536}]


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason='needs root'))


@pytest.fixture(scope='session', autouse=True)
def machine_partition():
    """/machine stays when a guest has gone, as with libvirt; after the tests it is as it was."""
    launcher.have_own_mounts()
    absent = [path + '/machine' for path in launcher.hierarchies() if not os.path.isdir(path + '/machine')]
    yield
    for path in absent:
        try:
            os.rmdir(path)
        except OSError:
            pass


@pytest.fixture(scope='session')
def programs(tmp_path_factory):
    """A directory with the programs side by side, as they are installed."""
    folder = tmp_path_factory.mktemp('programs')
    for variable in ('LAUNCHER', 'KEEPER', 'WORKER'):
        shutil.copy(os.environ[variable], folder)
    return folder


@pytest.fixture
def place(tmp_path_factory):
    """A directory every user can reach, with a root and a state directory."""
    folder = tmp_path_factory.mktemp('guest')
    path = folder
    while stat.S_IMODE(path.stat().st_mode) & 0o711 != 0o711 and path != path.parent:
        path.chmod(0o711)
        path = path.parent
    (folder / 'state').mkdir(mode=0o700)
    launcher.busybox_root(str(folder / 'root'))
    return folder


@pytest.fixture
def mapped_root(place):
    return launcher.busybox_root(str(place / 'mapped'), MAPPED)


class Guests:
    """Makes launchers, ends them, and looks for what they left."""

    def __init__(self, programs, place):
        self.program, self.place, self.made = str(programs / 'libvirt_lxc'), place, []

    def new(self, name='heron', **options):
        guest = launcher.Launcher(self.program, name, **options)
        self.made.append(guest)
        return guest

    def define(self, script=None, name='heron', root=None, **changes):
        return launcher.definition(name, str(root or self.place / 'root'), str(self.place / 'state'), script,
                                   **changes)

    def run(self, script, fds=(), **changes):
        """What init prints once somebody listens."""
        guest = self.new()
        guest.start(self.define('read go; ' + script + '; sleep 0.1', **changes), fds)
        text = guest.console(b'go\n')
        guest.process.wait(10)
        assert text.startswith('go\n')
        return text[3:]

    def fail(self, **changes):
        """The error of a start that must fail and leave nothing."""
        guest = self.new()
        with pytest.raises(launcher.LaunchError) as caught:
            guest.start(self.define(**changes))
        assert guest.process.wait(10) != 0
        assert launcher.group_directories(guest.group) == []
        assert os.listdir(self.place / 'state') == []
        return caught.value

    def end(self):
        for guest in self.made:
            guest.kill()
            assert launcher.group_directories(guest.group) == []


@pytest.fixture
def guests(programs, place):
    before = launcher.traces()
    made = Guests(programs, place)
    yield made
    made.end()
    launcher.expect_traces(before)
