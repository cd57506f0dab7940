# SPDX-License-Identifier: LGPL-2.1-or-later
"""Access control by polkit: each call with exactly what libvirt says it needs, and without any of that."""
import libvirt
import pytest

from harness import build, calls
from harness.daemon import wait_for
from harness.polkit import PolkitDaemon

pytestmark = pytest.mark.ours

DENIED = libvirt.VIR_ERR_ACCESS_DENIED

# permission(s) of a domain: calls, without flags
DOMAIN = {
    'read': 'GetOSType GetMaxMemory GetMemoryParameters GetNumaParameters GetBlkioParameters GetInfo GetState '
            'GetControlInfo GetXMLDesc GetAutostart GetMetadata GetSchedulerType GetSchedulerParameters '
            'GetSchedulerParametersFlags IsActive IsPersistent IsUpdated GetJobInfo GetJobStats GetMessages '
            'GetIOThreadInfo HasManagedSaveImage SnapshotNum SnapshotListNames ListAllSnapshots '
            'HasCurrentSnapshot ListAllCheckpoints MemoryStats GetCPUStats BlockStats BlockStatsFlags '
            'GetBlockInfo GetDiskErrors InterfaceStats GetVcpusFlags GetMaxVcpus GetVcpus GetVcpuPinInfo '
            'GetEmulatorPinInfo GetSecurityLabel GetInterfaceParameters GetBlockIoTune GetBlockJobInfo '
            'GetPerfEvents',
    'write': 'SetMaxMemory SetMemory SetVcpus PinVcpu SetAutostart SetLifecycleAction AttachDevice DetachDevice '
             'GetHostname GetTime GetGuestInfo GetGuestVcpus AgentSetResponseTimeout QemuAgentCommand '
             'AuthorizedSSHKeysGet AuthorizedSSHKeysSet SetBlockThreshold',
    'write+save': 'SetMemoryFlags SetVcpusFlags SetVcpu PinVcpuFlags PinEmulator SetMetadata '
                  'AttachDeviceFlags DetachDeviceFlags DetachDeviceAlias UpdateDeviceFlags Rename',
    # libvirt-python reads them to know their types
    'read+write+save': 'SetMemoryParameters SetNumaParameters SetBlkioParameters SetSchedulerParametersFlags',
    'read+write': 'SetPerfEvents',
    'block-read': 'BlockPeek',
    'block-write': 'BlockResize',
    'suspend': 'Suspend Resume',
    'hibernate': 'ManagedSaveRemove',
    'fs-freeze': 'FSFreeze FSThaw GetFSInfo',
    'fs-trim': 'FSTrim',
    'set-time': 'SetTime',
    'set-password': 'SetUserPassword',
    'open-device': 'OpenConsole',
    'open-namespace': 'LxcOpenNamespace',
    'send-signal': 'SendProcessSignal',
    'init-control': 'Shutdown ShutdownFlags Reboot',
    'reset': 'Reset',
    'start': 'Create CreateWithFlags CreateWithFiles',
    'stop': 'Destroy DestroyFlags',
    'delete': 'Undefine UndefineFlags',
}

# the user whom polkit denies it (harness/polkit.py): calls on the connection
CONNECTION = {
    'bin': 'GetSysinfo GetMaxVcpus GetCapabilities CompareCPU BaselineCPU GetCPUModelNames',  # read
    'sys': 'DomainXMLFromNative DomainXMLToNative GetDomainCapabilities CompareHypervisorCPU '
           'BaselineHypervisorCPU',  # write
    'man': 'ListDomains NumOfDomains ListDefinedDomains NumOfDefinedDomains ListAllDomains GetAllDomainStats',  # search-domains
}


@pytest.fixture(scope='module')
def polkit():
    try:
        daemon = PolkitDaemon()
    except build.Missing as error:
        pytest.skip(str(error))
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture
def domain(polkit, make_guest, root):
    """Running domains by name, all on one root; gone after the test."""
    connection = polkit.connect()

    def make(name):
        connection.defineXML(make_guest(name=name, root=root).xml()).create()
        return name
    yield make
    for found in connection.listAllDomains():
        for call in (found.undefine, found.destroy):
            try:
                call()
            except libvirt.libvirtError:
                pass  # a call of the test has done it
    wait_for(lambda: not connection.listAllDomains(), 'all domains are gone', 30)


def rows(table, prefix, implemented):
    for permissions, words in table.items():
        for word in words.split():
            if prefix + word in implemented:
                yield permissions, prefix + word


def test_each_call_is_denied_without_what_it_needs(polkit, domain):
    wanted = [['' + slot, 'deny.' + permission] for permissions, slot in rows(DOMAIN, 'domain', calls.implemented())
              for permission in permissions.split('+')]
    for name in sorted({name for _, name in wanted}):
        domain(name)
    codes = polkit.make_calls('daemon', wanted)
    assert len(wanted) > 70
    assert [row for row, code in zip(wanted, codes) if code not in (DENIED, None)] == []


def test_each_call_is_allowed_with_what_it_needs(polkit, domain):
    wanted = [[slot, 'only.' + permissions] for permissions, slot in rows(DOMAIN, 'domain', calls.implemented())]
    for name in sorted({name for _, name in wanted}):
        domain(name)
    codes = polkit.make_calls('daemon', wanted)
    assert [(row, code) for row, code in zip(wanted, codes) if code == DENIED] == []


def test_each_call_of_the_connection_is_denied_without_what_it_needs(polkit, domain):
    domain('harbour')
    for user, words in CONNECTION.items():
        wanted = [['connect' + word, None] for word in words.split()]
        for other in CONNECTION:
            codes = polkit.make_calls(other, wanted)
            if other == user:
                assert set(codes) <= {DENIED, None}, (user, list(zip(wanted, codes)))
            elif user != 'man' and other != 'man':
                assert DENIED not in codes, (other, list(zip(wanted, codes)))


def test_who_may_not_connect_gets_no_connection(polkit):
    assert polkit.make_calls('games', [['connectGetType', None]]) == [DENIED]


def test_what_a_client_may_not_see_is_not_in_its_lists(polkit, domain):
    domain('harbour')
    domain('deny.getattr')
    domain('deny.read')
    script = ('import libvirt; c = libvirt.open("lxc:///system")\n'
              'print(sorted(d.name() for d in c.listAllDomains()), c.numOfDomains(),'
              ' sorted(r[0].name() for r in c.getAllDomainStats()))')
    result = polkit.run('setpriv', '--reuid=daemon', '--regid=daemon', '--clear-groups', '/usr/bin/python3', '-c',
                        script)
    assert result.stdout.strip() == "['deny.read', 'harbour'] 2 ['deny.getattr', 'harbour']", result.stderr
    assert polkit.make_calls('daemon', [['domainGetState', 'deny.getattr']]) == [DENIED]


def test_secrets_need_more_than_reading(polkit, domain):
    domain('deny.read-secure')
    script = ('import libvirt; d = libvirt.open("lxc:///system").lookupByName("deny.read-secure")\n'
              'd.XMLDesc(0); print("seen"); d.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE); print("secrets")')
    result = polkit.run('setpriv', '--reuid=daemon', '--regid=daemon', '--clear-groups', '/usr/bin/python3', '-c',
                        script)
    assert result.stdout == 'seen\n' and 'access denied' in result.stderr
