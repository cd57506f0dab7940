# SPDX-License-Identifier: LGPL-2.1-or-later
"""`meson install` beside the distribution's libvirt."""
import os
import re
import shutil
import subprocess

import pytest

from harness import build

pytestmark = [pytest.mark.ours]

SCRIPT = os.path.join(build.TOP, 'tools/install-plugin')


def install(prefix, drivers, controllers, built='/src/build'):
    return subprocess.run([SCRIPT, build.find(build.PLUGIN), drivers, build.find('libvirt_lxc'), controllers, 'etc'],
                          capture_output=True, text=True, check=False, timeout=60,
                          env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'MESON_INSTALL_PREFIX': prefix,
                               'MESON_INSTALL_DESTDIR_PREFIX': prefix, 'MESON_BUILD_ROOT': built})


def identity(path):
    status = os.stat(path)
    return status.st_ino, status.st_mtime_ns, status.st_size


@pytest.mark.parametrize('name', ['libvirt_lxc', build.PLUGIN])
def test_files_of_a_package_stay_as_they_are(tmp_path, name):
    drivers = build.stock_drivers() if name == build.PLUGIN else None
    controllers = None if drivers else build.CONTROLLERS
    file = os.path.join(drivers or controllers, name)
    if not os.path.exists(file):
        pytest.skip('libvirt-daemon-driver-lxc is not installed')
    before = identity(file)
    ran = install(str(tmp_path), drivers or 'lib/driver', controllers or str(tmp_path / 'lib'))
    assert ran.returncode == 1
    assert "'%s' belongs to the package 'libvirt-daemon-driver-lxc' and stays as it is" % file in ran.stderr
    assert 'meson configure /src/build -Dcontroller_dir=%s/lib/caisson' % tmp_path in ran.stderr
    assert identity(file) == before and os.listdir(tmp_path) == []


def test_it_says_how_libvirtd_comes_to_use_the_driver(tmp_path):
    drivers = str(tmp_path / 'lib/driver')
    ran = install(str(tmp_path), 'lib/driver', str(tmp_path / 'lib'))
    assert ran.returncode == 0, ran.stderr
    assert os.access(os.path.join(drivers, build.PLUGIN), os.X_OK) and os.access(tmp_path / 'lib/libvirt_lxc', os.X_OK)
    links, _, dropin, *rest = [line.strip() for line in ran.stdout.splitlines() if line.startswith('    ')]
    assert [line for line in rest if 'apparmor' not in line] == [
        'systemctl daemon-reload', 'systemctl restart libvirtd', 'virsh -c lxc:///system version']
    subprocess.run(['sh', '-euc', links], check=True, timeout=30)
    stock = build.stock_drivers()
    assert sorted(os.listdir(drivers)) == sorted(os.listdir(stock))
    assert [name for name in os.listdir(drivers) if not os.path.islink(os.path.join(drivers, name))] == [build.PLUGIN]
    text = subprocess.run(['sh', '-euc', re.sub(' > .*', '', dropin)], check=True, capture_output=True, text=True).stdout
    assert text == '[Service]\nEnvironment=LIBVIRT_DRIVER_DIR=%s\n' % drivers
    assert dropin.endswith('> /etc/systemd/system/libvirtd.service.d/caisson.conf')


def test_what_was_installed_goes_again(tmp_path):
    drivers, controllers, built = tmp_path / 'lib/driver', tmp_path / 'lib', tmp_path / 'build'
    os.makedirs(built / 'meson-logs')
    ran = install(str(tmp_path), str(drivers), str(controllers), built)
    assert ran.returncode == 0, ran.stderr
    links = [line.strip() for line in ran.stdout.splitlines() if line.startswith('    ')][0]
    subprocess.run(['sh', '-euc', links], check=True, timeout=30)
    (controllers / 'of-others').touch()
    for status in (0, 1):
        again = subprocess.run([SCRIPT, '--remove', built], capture_output=True, text=True, check=False, timeout=60)
        assert again.returncode == status, again.stderr
    assert os.listdir(controllers) == ['of-others']
    assert 'nothing was installed from %s' % built in again.stderr


@pytest.fixture
def installed_apart(system_daemon, tmp_path):
    """The driver below /usr/local, by the script and then by all of the commands that it shows."""
    own = '/usr/local/lib/caisson'
    profile, local = '/etc/apparmor.d/libvirt-caisson-default', '/etc/apparmor.d/local/usr.sbin.libvirtd'
    os.makedirs(tmp_path / 'meson-logs')
    system_daemon.terminate()
    for path in (profile, local):
        system_daemon.save(path)
    if os.path.exists(profile):
        os.unlink(profile)
    os.makedirs('/usr/local/etc/apparmor.d', exist_ok=True)
    shutil.copy(os.path.join(build.TOP, 'apparmor/libvirt-caisson-default'), '/usr/local/etc/apparmor.d')
    ran = install('/usr/local', own + '/driver', own, tmp_path)
    assert ran.returncode == 0, ran.stderr
    others = [name for name in build.PROGRAMS if name != 'libvirt_lxc']  # meson installs them by itself
    for name in others:
        shutil.copy(build.find(name), own)
    commands = [line.strip() for line in ran.stdout.splitlines() if line.startswith('    ')]
    subprocess.run(['sh', '-euc', '\n'.join(commands[:-1])], check=True, timeout=300)
    system_daemon.find_pid()
    yield own
    system_daemon.terminate()
    for name in others:
        os.unlink(os.path.join(own, name))
    subprocess.run([SCRIPT, '--remove', tmp_path], check=True, timeout=60, stdout=subprocess.DEVNULL)
    assert not os.path.exists(own)
    os.unlink('/etc/systemd/system/libvirtd.service.d/caisson.conf')
    system_daemon.put_back()
    if os.path.exists('/sys/kernel/security/apparmor/profiles'):
        subprocess.run(['apparmor_parser', '-r', '/etc/apparmor.d/usr.sbin.libvirtd'], check=True, timeout=120)
    system_daemon.start()


@pytest.mark.system
def test_a_daemon_that_is_confined_uses_the_driver_after_these_commands(system_daemon, installed_apart, make_guest):
    with open('/proc/%d/maps' % system_daemon.pid) as file:
        assert '%s/driver/%s' % (installed_apart, build.PLUGIN) in file.read()
    guest = make_guest(devices='<emulator>%s/libvirt_lxc</emulator>' % installed_apart)
    domain = system_daemon.connect().createXML(guest.xml())
    assert domain.isActive()
    domain.destroy()
