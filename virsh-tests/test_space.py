# SPDX-License-Identifier: LGPL-2.1-or-later
"""<space_hard_limit> of file systems."""
import os
import re
import shutil
import subprocess

import libvirt
import pytest

from harness.daemon import wait_for

pytestmark = pytest.mark.ours

LIMIT = 8 << 20
ELEMENT = "<filesystem type='mount'><source dir='%s'/><target dir='/data'/>" \
          "<space_hard_limit unit='MiB'>8</space_hard_limit></filesystem>"


@pytest.fixture
def disk(daemon, workshop):
    """Makes a file system in an image and mounts it where the daemon is; answers its directory."""
    made = []

    def make(*command, options='', size='160M'):
        if shutil.which(command[0]) is None:
            pytest.skip('%s is not installed' % command[0])
        image, place = (os.path.join(workshop, 'space%d%s' % (len(made), end)) for end in ('.img', ''))
        subprocess.run(['truncate', '-s', size, image], check=True)
        subprocess.run([*command, image], check=True, capture_output=True)
        os.mkdir(place)
        made.append((image, place))
        done = daemon.run('mount', '-o', 'loop' + options, image, place)
        return place if done.returncode == 0 else None
    yield make
    for image, place in made:
        daemon.run('umount', '-l', place)
        os.rmdir(place)
        os.unlink(image)


def fill(domain, directory, daemon):
    """How much the guest could write: it says so itself."""
    domain.create()
    seen = daemon.path(os.path.join(directory, 'seen'))
    wait_for(lambda: os.path.exists(seen), 'the guest wrote', 30)
    with open(seen) as file:
        return file.read()


GREEDY = ['-c', 'head -c 4000000 /dev/zero > /data/some && echo some > /data/told; '
                'head -c 12000000 /dev/zero > /data/more || full=full; rm /data/more; '
                'echo $full >> /data/told; mv /data/told /data/seen; exec sleep 1000']


def refused(domain, words):
    with pytest.raises(libvirt.libvirtError, match=words):
        domain.create()


def test_a_subvolume_of_btrfs_takes_no_more_than_its_limit(daemon, disk, define):
    top = disk('mkfs.btrfs', '-q')
    daemon.run('btrfs', 'subvolume', 'create', top + '/sub')
    domain, _ = define(init='/bin/sh', arguments=GREEDY, devices=ELEMENT % (top + '/sub'))
    refused(domain, "has no quotas; switch them on with 'btrfs quota enable %s/sub'" % top)
    assert daemon.run('btrfs', 'quota', 'enable', top).returncode == 0
    assert fill(domain, top + '/sub', daemon).split() == ['some', 'full']
    shown = daemon.run('btrfs', 'qgroup', 'show', '-re', '--raw', top).stdout
    assert re.search(r'\b%d\b' % LIMIT, shown), shown
    domain.destroy()


def test_another_directory_of_btrfs_has_no_limit(daemon, disk, define):
    top = disk('mkfs.btrfs', '-q')
    daemon.run('mkdir', top + '/plain')
    domain, _ = define(devices=ELEMENT % (top + '/plain'))
    refused(domain, "'%s/plain' is no subvolume, and btrfs limits nothing else; make it one with 'btrfs subvolume "
                    "create', or remove <space_hard_limit>" % top)


@pytest.mark.parametrize('command, options', [
    (('mkfs.ext4', '-q', '-O', 'project,quota'), ',prjquota'), (('mkfs.xfs', '-q'), ',prjquota')])
def test_a_directory_with_a_project_takes_no_more_than_its_limit(daemon, disk, define, command, options):
    top = disk(*command, options=options, size='400M')
    if top is None:
        pytest.skip('this kernel has no quotas')
    daemon.run('mkdir', '-p', top + '/sub/deep')
    daemon.run('sh', '-c', 'head -c 2000000 /dev/zero > %s/sub/deep/before' % top)
    if 'ext4' in command[0]:
        domain, _ = define(devices=ELEMENT % (top + '/sub'))
        refused(domain, 'does not limit a container that has CAP_SYS_RESOURCE; drop it')
    domain, _ = define(init='/bin/sh', arguments=GREEDY, devices=ELEMENT % (top + '/sub'),
                       features="<privnet/><capabilities policy='default'><sys_resource state='off'/></capabilities>")
    assert fill(domain, top + '/sub', daemon).split() == ['some', 'full']
    daemon.run('rm', top + '/sub/seen', top + '/sub/some')
    domain.destroy()
    assert fill(domain, top + '/sub', daemon).split() == ['some', 'full']
    domain.destroy()


def test_a_file_system_without_quotas_is_named_with_the_remedy(daemon, disk, define):
    top = disk('mkfs.ext4', '-q')
    domain, _ = define(idmap=300000, devices=ELEMENT % top)
    refused(domain, "the file system of '%s' has no project quotas; mount it with the option 'prjquota'" % top)
    domain, _ = define(devices=ELEMENT % '/run')
    refused(domain, "the file system of '/run' cannot limit the space of a directory; keep it on btrfs, ext4 or XFS")


def test_what_has_a_size_of_its_own_has_no_limit_besides(define):
    domain, _ = define(devices=(ELEMENT % '/x').replace("'mount'", "'file'").replace('dir=', 'file=', 1))
    refused(domain, "<filesystem type='file'> with target '/data' cannot have <space_hard_limit>")
