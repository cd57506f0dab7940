# SPDX-License-Identifier: LGPL-2.1-or-later
"""tools/check-host tells what a host lacks, and how to get it."""
import json
import os
import subprocess

import pytest

from harness import build

PROGRAM = os.path.join(build.TOP, 'tools', 'check-host')


def run(*arguments, before=None, environment=None):
    argv = ['/usr/bin/python3', PROGRAM, *arguments]
    if before:
        argv = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', before + ' && exec "$@"', 'sh', *argv]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **(environment or {})})


def rows(**options):
    answer = run('--json', **options)
    return {row['check']: row for row in json.loads(answer.stdout)}, answer.returncode


def test_this_host_can_run_guests(tmp_path):
    answer = run(str(tmp_path))
    assert answer.returncode == 0 and 'FAIL' not in answer.stdout, answer.stdout
    assert 'ids below %s' % tmp_path in answer.stdout


def test_both_forms_say_the_same():
    plain = run().stdout
    for row in json.loads(run('--json').stdout):
        assert '%-4s  %-22s %s' % (row['result'], row['check'], row['found']) in plain
        assert (row['result'] == 'OK') == (row['remedy'] == '')


@pytest.mark.parametrize('name, before, word', [
    ('control groups', 'umount -l -R /sys/fs/cgroup', 'mount'),
    ('control groups', 'mount -o remount,ro,bind $(findmnt -n -o TARGET -t cgroup2)', 'remount,rw'),
    ('/proc view', 'mount -t tmpfs none /dev', 'modprobe fuse'),
    ('user namespaces', 'mount -t tmpfs none /run; echo 0 >/run/none; '
                        'mount --bind /run/none /proc/sys/user/max_user_namespaces', 'sysctl'),
    ('image files', 'mount -t tmpfs none /dev; ! [ -d /lib/modules ] || mount -t tmpfs none /lib/modules', 'loop'),
])
def test_what_is_missing_comes_with_its_remedy(name, before, word):
    found, code = rows(before=before)
    assert found[name]['result'] in ('WARN', 'FAIL') and word in found[name]['remedy'], found[name]
    assert code == (1 if any(row['result'] == 'FAIL' for row in found.values()) else 0)


def test_our_driver_is_told_from_that_of_libvirt():
    found, _ = rows(environment={'LIBVIRT_DRIVER_DIR': os.path.dirname(build.find(build.PLUGIN))})
    assert found['driver']['result'] == 'OK'
    found, _ = rows(environment={'LIBVIRT_DRIVER_DIR': build.stock_drivers()})
    assert "libvirt's own driver" in found['driver']['found']


def test_a_directory_whose_ids_cannot_be_mapped_is_named():
    answer = run('/proc')
    assert 'ids below /proc' in answer.stdout and 'ids cannot be mapped' in answer.stdout
