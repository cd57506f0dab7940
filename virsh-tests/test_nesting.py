# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's podman in a guest, as docs/nesting.rst has it. CAISSON_TEST_PODMAN=1 runs it: its root takes minutes."""
import os
import shutil
import tempfile

import pytest

from harness import build
from harness import guest as guests
from harness.daemon import wait_for

pytestmark = [pytest.mark.ours, pytest.mark.debian, pytest.mark.slow,
              pytest.mark.skipif(os.environ.get('CAISSON_TEST_PODMAN') != '1', reason='CAISSON_TEST_PODMAN is not 1')]

MAPPED = 0x4000000
PACKAGES = ['systemd-sysv', 'dbus', 'podman', 'crun', 'netavark']
OPTIONS = "<caisson:container xmlns:caisson='urn:caisson:domain:1'><caisson:nesting/></caisson:container>"


# As a service: who comes by lxc-enter-namespace is nobody in a guest with user ids of its own.
UNIT = """\
[Service]
Type=exec
Environment=HOME=/root
ExecStart=/srv/try
[Install]
WantedBy=multi-user.target
"""
SCRIPT = """\
#!/bin/sh
exec > /result.new 2>&1
tar -C /srv/inner -c . | podman import - inner
podman run --rm --network none --cgroups=disabled inner /bin/sh -c 'echo hello from $(id -u); mount | head -n 3'
mv /result.new /result
"""


@pytest.fixture(scope='session')
def podman_root():
    directory = os.path.join(guests.CACHE, 'trixie-podman')
    if not os.path.exists(os.path.join(directory, '.complete')):
        try:
            guests.make_debian_root(directory, 'trixie', PACKAGES)
        except build.Missing as error:
            pytest.skip(str(error))
    return directory


@pytest.mark.parametrize('kind', ['privileged', 'mapped'])
def test_podman_runs_a_container(daemon, connection, podman_root, workshop, kind):
    directory = tempfile.mkdtemp(prefix='podman-', dir=workshop)
    os.chmod(directory, 0o755)
    root = guests.copy_root(podman_root, directory + '/root')
    guests.busybox_root(root + '/srv/inner')
    guests.put(root, 'srv/try', SCRIPT, 0o755)
    guests.put(root, 'etc/systemd/system/try.service', UNIT)
    os.symlink('/etc/systemd/system/try.service', root + '/etc/systemd/system/multi-user.target.wants/try.service')
    options = {'features': "<privnet/><capabilities policy='default'><mknod state='on'/></capabilities>"}
    if kind == 'mapped':
        options = {'idmap': MAPPED, 'root_element': "<filesystem type='mount' accessmode='mapped'><source dir='%s'/>"
                                                    "<target dir='/'/></filesystem>" % root}
    described = guests.Guest('podman-' + kind, root, init='/sbin/init', memory=1024, top=OPTIONS, **options)
    domain = connection.defineXML(described.xml())
    domain.create()
    seen = wait_for(lambda: guests.read_file(root, 'result'), 'podman has been tried', 120)
    print(seen)
    assert 'hello from 0' in seen
    domain.destroy()
    shutil.rmtree(directory, ignore_errors=True)
