# SPDX-License-Identifier: LGPL-2.1-or-later
"""Attacks by what a guest's files are: links, other kinds of files, and files that change meanwhile.

docs/security-tests.rst says which weakness of which runtime each test is about.
"""
import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
import time

import libvirt
import pytest

from harness import build, process
from harness.daemon import wait_for
from harness.guest import read_file

pytestmark = pytest.mark.ours

FIRST = 100000
LIBC = ctypes.CDLL(None, use_errno=True)
KINDS = pytest.mark.parametrize('idmap', (None, FIRST), ids=('privileged', 'unprivileged'))
RAM = "<filesystem type='ram'><source usage='1' units='MiB'/><target dir='%s'/></filesystem>"


@pytest.fixture
def outside(workshop):
    """A directory of the host's that no guest is given; must stay as it is."""
    directory = tempfile.mkdtemp(prefix='outside-', dir=workshop)
    with open(os.path.join(directory, 'secret'), 'w') as file:
        file.write('host\n')
    os.chmod(directory, 0o777)
    yield directory
    found = sorted(os.listdir(directory))
    text = read_file(directory, 'secret')
    shutil.rmtree(directory)
    assert found == ['secret'] and text == 'host\n'


def replace(root, name, target=None, fifo=False):
    path = os.path.join(root, name)
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    if fifo:
        os.mkfifo(path)
    elif target is not None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)


def try_start(connection, guest):
    """The error of a start, None when it went well; the guest is gone afterwards."""
    try:
        domain = connection.createXML(guest.xml())
    except libvirt.libvirtError as error:
        return error.get_error_message()
    try:
        domain.destroy()
    except libvirt.libvirtError as error:
        # an init that ended by itself
        assert error.get_error_code() in (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_OPERATION_INVALID)
    return None


def exchange(one, other):
    """Swaps two entries, so that there is no moment without either."""
    assert LIBC.renameat2(-100, one.encode(), -100, other.encode(), 2) == 0, os.strerror(ctypes.get_errno())


class Swapping:
    """Exchanges two entries again and again while the block runs."""

    def __init__(self, one, other):
        self.names, self.done = (one, other), threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.done.is_set():
            exchange(*self.names)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


@KINDS
def test_a_link_in_the_place_of_a_kernel_file_system_is_refused(connection, make_guest, make_root, outside, idmap):
    for name in ('proc', 'sys', 'dev'):
        for target in (outside, 'tmp'):
            guest = make_guest(idmap=idmap)
            replace(guest.root, name, target)
            message = try_start(connection, guest)
            assert message and 'symbolic link' in message and name in message, message
            assert os.listdir(os.path.join(guest.root, 'tmp')) == []


@KINDS
def test_a_pipe_in_the_place_of_a_directory_is_an_error_and_no_hang(connection, make_guest, idmap):
    for name in ('proc', 'dev'):
        guest = make_guest(idmap=idmap)
        replace(guest.root, name, fifo=True)
        assert try_start(connection, guest)


@KINDS
def test_what_lies_in_the_guests_own_dev_is_never_used(attempt, make_root, outside, idmap):
    root = make_root(idmap or 0)
    for name in ('null', 'console', 'tty1', 'ptmx', 'pts', 'shm', 'mqueue', 'initctl', 'fd', 'stdin', 'full'):
        replace(root, 'dev/' + name, outside + '/' + name)
    text, _, _ = attempt('test -c /dev/null && test -c /dev/console && test -c /dev/tty1 && echo nodes; '
                         'echo x > /dev/null; stat -t /dev/null | grep -q " 1 3 " && echo null; '
                         'cat /proc/keys /proc/timer_list | wc -c', root=root, idmap=idmap)
    assert 'nodes' in text and text.split()[-1] == '0', text


@KINDS
def test_masked_files_show_nothing_and_keep_nothing(attempt, idmap):
    text, _, _ = attempt('for f in /proc/kcore /proc/keys /proc/timer_list /proc/kmsg; do '
                         'test -e $f || continue; echo planted > $f; test -n "$(head -c 10 $f)" && echo leak $f; done; '
                         'ls /sys/firmware | wc -l', idmap=idmap)
    assert 'leak' not in text and text.split()[-1] == '0', text


@KINDS
def test_mount_targets_that_are_links_stay_inside(connection, make_guest, outside, idmap):
    for target in ('/escape', '/escape/deep/er', '/up/../../../../..%s/planted' % outside):
        guest = make_guest(idmap=idmap, devices=RAM % target)
        replace(guest.root, 'escape', outside)
        replace(guest.root, 'up', '..')
        try_start(connection, guest)


@KINDS
def test_targets_swapped_during_the_start_stay_inside(connection, make_guest, outside, idmap):
    guest = make_guest(idmap=idmap, devices=RAM % '/srv/a/b' + RAM % '/srv/a/c')
    place, link = os.path.join(guest.root, 'srv/a'), os.path.join(guest.root, 'srv/link')
    os.makedirs(place)
    os.symlink(outside, link)
    deadline, starts = time.monotonic() + 2, 0
    with Swapping(place, link):
        while time.monotonic() < deadline or starts < 2:
            try_start(connection, guest)
            starts += 1


@KINDS
def test_a_kernel_directory_swapped_during_the_start_is_never_passed_by(connection, make_guest, outside, idmap):
    guest = make_guest(idmap=idmap, init='/bin/sh', arguments=['-c', 'read line < /proc/self/stat; echo $line > /new; mv /new /seen; '
                                                               'exec sleep 1000'])
    place, link = os.path.join(guest.root, 'proc'), os.path.join(guest.root, 'link')
    os.symlink(outside, link)
    deadline, starts = time.monotonic() + 1.5, 0
    with Swapping(place, link):
        while time.monotonic() < deadline or starts < 2:
            # nothing: it was ended before, or found the link that took the place after the start
            if try_start(connection, guest) is None:
                assert read_file(guest.root, 'seen').split()[:1] in ([], ['1'])
            starts += 1


@KINDS
def test_a_working_directory_outside_is_refused(connection, make_guest, make_root, outside, idmap):
    root = make_root(idmap or 0)
    replace(root, 'away', '/proc/self/fd/8')
    for directory in ['/proc/self/fd/%d' % fd for fd in range(3, 12)] + ['/proc/1/root', '/proc/self/cwd', '/away']:
        guest = make_guest(idmap=idmap, root=root, init='/bin/sleep', arguments=['1000'],
                           os='<initdir>%s</initdir>' % directory)
        message = try_start(connection, guest)
        assert message and message.startswith('init: '), (directory, message)


@KINDS
def test_init_has_no_descriptor_of_the_hosts(start, idmap):
    domain, _ = start(idmap=idmap, init='/bin/sleep', arguments=['1000'])
    init = process.init_of(domain)
    assert sorted(os.listdir('/proc/%d/fd' % init)) == ['0', '1', '2']
    assert {os.readlink('/proc/%d/fd/%d' % (init, fd)).split('/')[1] for fd in range(3)} == {'dev'}
    assert os.readlink('/proc/%d/cwd' % init) == '/'


def digests(daemon):
    found = {}
    for name in build.PROGRAMS:
        with open(daemon.path(os.path.join(build.CONTROLLERS, name)), 'rb') as file:
            found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def test_no_program_gives_privileges_to_who_runs_it(daemon):
    for name in build.PROGRAMS:
        path = daemon.path(os.path.join(build.CONTROLLERS, name))
        assert not os.stat(path).st_mode & 0o6000, name
        assert 'security.capability' not in os.listxattr(path), name


@KINDS
def test_a_guest_whose_init_is_our_own_program_cannot_write_to_it(daemon, connection, make_guest, idmap):
    before = digests(daemon)
    guest = make_guest(idmap=idmap, init='/sbin/evil')
    path = os.path.join(guest.root, 'sbin/evil')
    with open(path, 'w') as file:
        file.write('#!/proc/self/exe\n')
    os.chmod(path, 0o755)
    try_start(connection, guest)
    assert digests(daemon) == before


@pytest.mark.unsanitized    # LeakSanitizer makes a process that ends readable for others
@KINDS
def test_commands_that_enter_cannot_be_written_to_or_looked_into(daemon, start, idmap):
    """By a root that may not trace: with CAP_SYS_PTRACE, and no ids of its own, it may look into all that enters."""
    before = digests(daemon)
    features = "<privnet/><capabilities policy='default'><sys_ptrace state='off'/></capabilities>"
    domain, guest = start(idmap=idmap, init='/bin/sh', features=features, arguments=['-c', '''
        while :; do for p in /proc/[0-9]*; do
            test $p = /proc/$$ && continue
            { echo x > $p/exe; } 2> /dev/null && echo wrote $p >> /caught
            for f in $p/fd/*; do case "$(readlink $f 2> /dev/null)" in
                /run/*|/usr/lib/libvirt*|/memfd*|*socket:*) readlink $f >> /caught ;; esac; done
        done; done'''])
    for _ in range(4):
        ran = daemon.run('/usr/lib/libvirt/libvirt_lxc_exec', guest.name, '--', '/bin/true')
        assert ran.returncode == 0, ran.stderr
    domain.destroy()
    assert read_file(guest.root, 'caught') == ''
    assert digests(daemon) == before


def hostile_accounts(root, how, outside):
    path = os.path.join(root, 'etc/passwd')
    replace(root, 'etc/passwd', fifo=how == 'pipe')
    if how == 'gigabyte':
        with open(path, 'w') as file:
            file.truncate(1 << 30)
    elif how == 'host':
        os.symlink(outside + '/passwd', path)
    elif how == 'endless':
        os.symlink('/dev/zero', path)
    elif how == 'directory':
        os.mkdir(path)
    elif how == 'nul':
        with open(path, 'wb') as file:
            file.write(b'keel\0:x:0:0::/:/bin/sh\nkeel:x:99999999999:1000::/:/bin/sh\n')


@KINDS
def test_a_hostile_passwd_is_an_error_at_once(connection, make_guest, make_root, outside, idmap):
    root = make_root(idmap or 0)
    for how in ('pipe', 'gigabyte', 'host', 'endless', 'nul', 'directory'):
        guest = make_guest(idmap=idmap, root=root, os='<inituser>keel</inituser><initgroup>keel</initgroup>')
        hostile_accounts(guest.root, how, outside)
        message = try_start(connection, guest)
        assert message and ('passwd' in message or 'keel' in message), (how, message)


@KINDS
def test_no_module_or_table_of_the_guests_is_loaded(connection, make_guest, idmap):
    guest = make_guest(idmap=idmap, os='<inituser>keel</inituser><initgroup>keel</initgroup>')
    # whoever opens one of these waits for ever
    for name in ('etc/nsswitch.conf', 'etc/ld.so.cache', 'etc/ld.so.preload', 'etc/localtime', 'etc/host.conf',
                 'lib/x86_64-linux-gnu/libnss_files.so.2', 'usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache',
                 'lib64/libnss_files.so.2', 'usr/lib/locale/locale-archive'):
        path = os.path.join(guest.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.lexists(path):
            os.mkfifo(path)
    os.chmod(guest.root, 0o777)
    assert try_start(connection, guest) is None


def test_links_in_the_state_directory_are_not_followed(daemon, connection, make_guest, outside):
    for suffix in ('.pid', '.sock', '.exit', '.exit.new', '.xml'):
        guest = make_guest()
        path = daemon.path('/run/libvirt/lxc/' + guest.name + suffix)
        os.symlink(os.path.join(outside, 'secret'), path)
        try_start(connection, guest)
        if os.path.lexists(path):
            os.unlink(path)


def test_a_log_that_is_a_link_is_not_followed(daemon, connection, make_guest, outside):
    guest = make_guest()
    path = daemon.path('/var/log/libvirt/lxc/' + guest.name + '.log')
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(os.path.join(outside, 'secret'), path)
    message = try_start(connection, guest)
    os.unlink(path)
    assert message and 'log' in message, message


def test_what_the_driver_keeps_is_for_root_only(daemon, start):
    domain, guest = start()
    for path in ('/run/libvirt/lxc', '/var/log/libvirt/lxc', '/etc/libvirt/lxc'):
        assert os.stat(daemon.path(path)).st_mode & 0o077 == 0, path
    for path in ('/run/libvirt/lxc/%s.xml', '/var/log/libvirt/lxc/%s.log', '/etc/libvirt/lxc/%s.xml'):
        path = daemon.path(path % guest.name)
        assert os.stat(path).st_mode & 0o077 == 0, path


@KINDS
def test_a_source_that_is_a_link_of_the_guests_is_resolved_inside(connection, make_guest, outside, idmap):
    guest = make_guest(idmap=idmap, init='/bin/sh', arguments=['-c', 'cat /mnt/secret > /seen; exec sleep 1000'],
                       devices="<filesystem type='bind'><source dir='/away'/><target dir='/mnt'/></filesystem>")
    replace(guest.root, 'away', outside)
    message = try_start(connection, guest)
    assert message and 'away' in message, message
    assert 'host' not in read_file(guest.root, 'seen')


@KINDS
def test_an_initctl_of_the_guests_is_no_way_to_the_host(connection, start, outside, idmap):
    domain, guest = start(idmap=idmap, init='/bin/sh', arguments=['-c', '''
        trap : TERM PWR USR1 USR2 INT HUP
        for f in /dev/initctl /run/initctl; do rm -f $f; ln -s %s/secret $f; done
        : > /ready; while :; do sleep 1; done''' % outside])
    wait_for(lambda: os.path.exists(os.path.join(guest.root, 'ready')), 'the links are there', 30)
    for make in ('ln -sf /proc/1/root%s/secret $f' % outside, 'rm -f $f; mkfifo $f', 'rm -f $f; ln -s /dev/zero $f'):
        try:
            domain.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_INITCTL)
        except libvirt.libvirtError as error:
            assert error.get_error_message()
        init = process.init_of(domain)
        subprocess.run(['nsenter', '-t', str(init), '-m', '-p', '-r', '-w', '/bin/sh', '-c',
                        'for f in /dev/initctl /run/initctl; do %s; done' % make], check=False, timeout=30)
    assert domain.isActive()


@KINDS
def test_a_device_that_comes_does_not_follow_links_of_the_guests(start, outside, idmap):
    domain, guest = start(idmap=idmap, init='/bin/sh', arguments=['-c', '''
        rm -rf /dev/net /dev/fuse; ln -s %s /dev/net; ln -s %s/secret /dev/fuse; ln -s %s /dev/mapper
        : > /ready; exec sleep 1000''' % (outside, outside, outside)])
    wait_for(lambda: os.path.exists(os.path.join(guest.root, 'ready')), 'the links are there', 30)
    for device in ('/dev/net/tun', '/dev/fuse'):
        xml = ("<hostdev mode='capabilities' type='misc'><source><char>%s</char></source></hostdev>" % device)
        for call in (domain.attachDeviceFlags, domain.detachDeviceFlags):
            try:
                call(xml, libvirt.VIR_DOMAIN_AFFECT_LIVE)
            except libvirt.libvirtError as error:
                assert error.get_error_message()
    assert domain.isActive()
