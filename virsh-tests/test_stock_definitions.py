# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the stock driver has written is read as it reads it, and what we write is read there."""
import difflib

import libvirt
import pytest

pytestmark = pytest.mark.ours

SECURE = libvirt.VIR_DOMAIN_XML_SECURE | libvirt.VIR_DOMAIN_XML_INACTIVE

DOMAIN = '''
<domain type='lxc' xmlns:lxc='http://libvirt.org/schemas/domain/lxc/1.0'>
  <name>%s</name>
  <uuid>%s</uuid>
  <genid>7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c02</genid>
  <title>All of it</title>
  <description>Every element &amp; more</description>
  <metadata><o:nest xmlns:o='urn:osprey'><o:egg n='3'/></o:nest></metadata>
  <memory unit='MiB' dumpCore='off'>128</memory>
  <currentMemory unit='MiB'>96</currentMemory>
  <memoryBacking><locked/><nosharepages/><source type='memfd'/><access mode='shared'/><discard/></memoryBacking>
  <blkiotune><weight>500</weight><device><path>/dev/vda</path><write_bytes_sec>5</write_bytes_sec>
    <read_iops_sec>7</read_iops_sec></device></blkiotune>
  <memtune><hard_limit unit='G'>2</hard_limit><soft_limit unit='M'>64</soft_limit>
    <min_guarantee unit='M'>5</min_guarantee><swap_hard_limit unit='G'>3</swap_hard_limit></memtune>
  <vcpu cpuset='0-2,^1'>2</vcpu>
  <iothreads>2</iothreads>
  <cputune><shares>700</shares><period>60000</period><quota>-1</quota><global_period>2000</global_period>
    <emulator_quota>5000</emulator_quota><vcpupin vcpu='1' cpuset='0'/><vcpupin vcpu='0' cpuset='0,1'/>
    <emulatorpin cpuset='1'/><iothreadpin iothread='1' cpuset='0'/></cputune>
  <numatune><memory mode='preferred' nodeset='0'/></numatune>
  <resource><partition>/machine</partition><fibrechannel appid='a b'/></resource>
  <os><type>exe</type><init>/sbin/init</init><initarg>-x</initarg><initenv name='A'>b c</initenv>
    <initdir>/var</initdir><inituser>nobody</inituser><initgroup>100</initgroup><cmdline>console</cmdline></os>
  <idmap><gid start='0' target='400000' count='10'/><uid start='10' target='500000' count='10'/>
    <uid start='0' target='400000' count='10'/></idmap>
  <features><acpi/><privnet/><capabilities policy='deny'><chown/><mknod state='off'/></capabilities></features>
  <clock offset='localtime'><timer name='rtc' present='no'/><timer name='hpet' present='yes'/></clock>
  <on_poweroff>restart</on_poweroff><on_crash>coredump-destroy</on_crash><on_lockfailure>pause</on_lockfailure>
  <pm><suspend-to-disk enabled='no'/><suspend-to-mem enabled='yes'/></pm>
  <perf><event name='mbmt' enabled='no'/><event name='cmt' enabled='yes'/></perf>
  <devices>
    <filesystem type='file'><driver type='nbd' format='qcow2'/><source file='/x.img'/><target dir='/'/></filesystem>
    <filesystem type='ram'><source usage='24' units='MiB'/><target dir='/run'/></filesystem>
    <filesystem type='bind' accessmode='mapped'><source dir='/a'/><target dir='/b'/><readonly/>
      <space_hard_limit unit='M'>5</space_hard_limit></filesystem>
    <filesystem type='block'><source dev='/dev/x'/><target dir='/c'/></filesystem>
    <filesystem><source dir='/srv'/><target dir='/c'/></filesystem>
    <disk type='block'><driver name='loop' type='raw' cache='none'/><source dev='/dev/sdz'/><target dev='vda'/>
      <serial>77</serial><readonly/></disk>
    <disk type='file'><driver name='nbd' type='qcow2'/><source file='/a'/><target dev='sdc'/></disk>
    <interface type='bridge'><source bridge='br0'/><mac address='52:54:00:0B:0C:01'/><vlan trunk='yes'><tag id='42'/>
      <tag id='43' nativeMode='untagged'/></vlan><virtualport type='openvswitch'><parameters
      interfaceid='c0db50b7-a4dc-4f24-b71c-ae2a9c1a83b3' profileid='menial'/></virtualport>
      <bandwidth><inbound average='1000' peak='5' burst='3'/><outbound average='100'/></bandwidth>
      <guest dev='lan0'/><link state='up'/><mtu size='1400'/><model type='virtio'/><target dev='web0'/>
      <ip address='10.33.0.7' prefix='16'/><ip address='fd00::7' prefix='64'/>
      <route address='0.0.0.0' gateway='10.33.0.1'/><route family='ipv6' address='fd00:1::' prefix='32' gateway='fd00::1'/>
      <route address='10.0.0.0' netmask='255.0.0.0' gateway='10.33.0.2' metric='4'/>
      <filterref filter='clean'><parameter name='IP' value='10.33.0.7'/><parameter name='A' value='b'/></filterref>
    </interface>
    <interface type='network'><source network='pond' portgroup='g'/><mac address='52:54:00:0b:0c:02'/>
      <bandwidth><inbound average='1000' floor='3'/></bandwidth></interface>
    <interface type='direct'><source dev='eth0'/><mac address='52:54:00:0b:0c:03'/></interface>
    <interface type='ethernet'><mac address='52:54:00:0b:0c:04'/><source><ip address='10.0.0.1' prefix='24'/></source>
      <target dev='vnet9' managed='no'/></interface>
    <console type='pty'><log file='/var/log/x' append='on'/></console>
    <console type='pty'/>
    <sound model='ich6'/>
    <watchdog model='i6300esb' action='reset'/>
    <hostdev mode='capabilities' type='misc'><source><char>/dev/net/tun</char></source></hostdev>
    <hostdev mode='capabilities' type='storage'><source><block>/dev/sdz</block></source></hostdev>
    <hostdev mode='capabilities' type='net'><source><interface>eth7</interface></source>
      <ip address='10.9.0.2' prefix='24'/></hostdev>
    <hostdev type='usb'><source startupPolicy='optional'><vendor id='0x1234'/><product id='0xab'/></source></hostdev>
    <hostdev type='usb'><source><address bus='1' device='3'/></source></hostdev>
    %s
  </devices>
  <seclabel type='none' model='none'/>
  <lxc:namespace><lxc:shareuts type='pid' value='812'/><lxc:shareipc type='name' value='heron'/></lxc:namespace>
</domain>
'''

# Defined there, and refused at start; here they are refused at define, but not when they are stored.
IMPOSSIBLE = '''
    <interface type='user'><mac address='52:54:00:0b:0c:05'/></interface>
    <hostdev type='pci' managed='yes'><source><address domain='0' bus='1' slot='2' function='0'/></source></hostdev>
    <disk type='network'><source protocol='nbd' name='x'><host name='h' port='1'/></source><target dev='vdb'/></disk>
    <filesystem type='template'><source name='x'/><target dir='/t'/></filesystem>
    <console type='file'><source path='/x'/></console>
'''

UUIDS = ('7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c61', '7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c62')


def assert_same(ours, stock):
    assert ours == stock, '\n'.join(difflib.unified_diff(stock.splitlines(), ours.splitlines(), 'stock', 'ours',
                                                         lineterm=''))


@pytest.mark.parametrize('name, devices', [('possible', ''), ('impossible', IMPOSSIBLE)])
def test_a_definition_that_the_stock_driver_stored_is_read_as_it_reads_it(own_daemon, name, devices):
    own_daemon.restart(15, driver='stock')
    stock = own_daemon.connect().defineXML(DOMAIN % (name, UUIDS[0], devices)).XMLDesc(SECURE)
    own_daemon.restart(15, driver='ours')
    assert_same(own_daemon.connect().lookupByName(name).XMLDesc(SECURE), stock)


def test_a_definition_that_we_stored_is_read_by_the_stock_driver(own_daemon):
    ours = own_daemon.connect().defineXML(DOMAIN % ('possible', UUIDS[0], '')).XMLDesc(SECURE)
    own_daemon.restart(15, driver='stock')
    stock = own_daemon.connect().lookupByName('possible').XMLDesc(SECURE)
    # disks get controllers and drive addresses there, which mean nothing to a container
    without = [line for line in stock.splitlines() if "<controller type='scsi'" not in line
               and "<address type='drive'" not in line]
    assert_same('\n'.join(ours.splitlines()), '\n'.join(without))
    own_daemon.restart(15, driver='ours')


def test_what_is_stored_and_impossible_says_why_it_cannot_start(own_daemon):
    own_daemon.restart(15, driver='stock')
    own_daemon.connect().defineXML(DOMAIN % ('impossible', UUIDS[1], IMPOSSIBLE))
    own_daemon.restart(15, driver='ours')
    domain = own_daemon.connect().lookupByName('impossible')
    with pytest.raises(libvirt.libvirtError) as refused:
        domain.create()
    assert refused.value.get_error_code() == libvirt.VIR_ERR_CONFIG_UNSUPPORTED
    with pytest.raises(libvirt.libvirtError) as redefined:
        own_daemon.connect().defineXML(domain.XMLDesc(SECURE))
    assert redefined.value.get_error_code() == libvirt.VIR_ERR_CONFIG_UNSUPPORTED
    assert 'nothing a container can have' in str(redefined.value)
