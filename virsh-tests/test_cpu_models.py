# SPDX-License-Identifier: LGPL-2.1-or-later
"""Models of processors and domain capabilities, as Nova and virt-manager ask for them."""
import glob
import os
import re
import xml.etree.ElementTree as ElementTree

import libvirt
import pytest

pytestmark = pytest.mark.ours

ARCH = os.uname().machine
INTEL = pytest.mark.skipif(ARCH != 'x86_64', reason='the map is that of x86')
# what every processor of 64 bits has; QEMU's own lacks the 'vme' of older models
LEAST = 'pentiumpro'
IDENTICAL, SUPERSET, INCOMPATIBLE = (libvirt.VIR_CPU_COMPARE_IDENTICAL, libvirt.VIR_CPU_COMPARE_SUPERSET,
                                     libvirt.VIR_CPU_COMPARE_INCOMPATIBLE)


def flags():
    with open('/proc/cpuinfo') as file:
        return set(re.search(r'^flags\s*: (.*)$', file.read(), re.MULTILINE).group(1).split())


def test_models_are_those_of_libvirt_s_map(connection):
    names = connection.getCPUModelNames('x86_64')
    files = {os.path.basename(path)[4:-4] for path in glob.glob('/usr/share/libvirt/cpu_map/x86_*.xml')}
    assert set(names) == files - {'vendors', 'features'}
    with pytest.raises(libvirt.libvirtError, match="no processor models for architecture 'vax'"):
        connection.getCPUModelNames('vax')


@INTEL
def test_what_is_compared_with_the_host(connection):
    for text, wanted in (
            ("<cpu mode='host-passthrough'/>", IDENTICAL),
            ('<cpu><arch>%s</arch></cpu>' % ARCH, IDENTICAL),
            ('<cpu><arch>ppc64</arch></cpu>', INCOMPATIBLE),
            ('<cpu><arch>%s</arch><model>%s</model></cpu>' % (ARCH, LEAST), SUPERSET),
            # later versions of libvirt have added what only processors of Intel have
            ('<cpu><model>kvm32</model></cpu>', SUPERSET),
            ("<cpu><model>%s</model><feature policy='forbid' name='fpu'/></cpu>" % LEAST, INCOMPATIBLE),
            ("<cpu><model>%s</model><feature policy='optional' name='3dnow'/></cpu>" % LEAST, SUPERSET)):
        assert connection.compareCPU(text) == wanted, text
        assert connection.compareHypervisorCPU(None, None, None, 'lxc', text) == wanted
    with pytest.raises(libvirt.libvirtError) as refused:
        connection.compareCPU('<cpu><arch>ppc64</arch></cpu>',
                              libvirt.VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE)
    assert refused.value.get_error_code() == libvirt.VIR_ERR_CPU_INCOMPATIBLE
    for text, words in (('<cpu><model>harbour</model></cpu>', 'Unknown CPU model harbour'),
                        ('<cpu>', 'not well-formed'), ('<domain/>', 'element <cpu>')):
        with pytest.raises(libvirt.libvirtError, match=words):
            connection.compareCPU(text)


@INTEL
def test_features_are_those_the_kernel_finds(connection):
    """One by one: the same answer as /proc/cpuinfo has."""
    known = flags()
    for name in ('fpu', 'sse2', 'avx', 'avx2', 'avx512f', 'aes', 'sse4a', 'rdrand'):
        answer = connection.compareCPU("<cpu><model>%s</model><feature name='%s'/></cpu>" % (LEAST, name))
        assert (answer == SUPERSET) == (name in known), name


@INTEL
def test_the_baseline_of_the_host_is_what_it_has(connection):
    text = connection.baselineCPU(['<cpu><arch>%s</arch></cpu>' % ARCH],
                                  libvirt.VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES)
    names = {feature.get('name') for feature in ElementTree.fromstring(text).iter('feature')}
    assert {'fpu', 'sse2'} <= names and connection.compareCPU(text) == IDENTICAL
    assert connection.baselineHypervisorCPU(None, ARCH, None, 'lxc', [text]) == connection.baselineCPU([text])
    both = connection.baselineCPU([text, '<cpu><model>%s</model></cpu>' % LEAST])
    assert connection.compareCPU(both) == SUPERSET


def test_domain_capabilities(daemon, connection):
    top = ElementTree.fromstring(connection.getDomainCapabilities(None, None, None, 'lxc'))
    assert top.findtext('path') == '/usr/lib/libvirt/libvirt_lxc' and top.findtext('domain') == 'lxc'
    assert top.find('vcpu').get('max') == str(os.sysconf('SC_NPROCESSORS_CONF'))
    assert top.find('devices/graphics').get('supported') == 'no'
    assert [value.text for value in top.find("devices/hostdev/enum[@name='capsType']")] == [
        'storage', 'misc', 'net']
    assert '<domain>lxc</domain>' in daemon.virsh('domcapabilities').out
    for arguments, words in (((None, 'vax', None, None), "architecture 'vax' cannot run here"),
                             ((None, None, None, 'kvm'), "unknown domain type 'kvm'")):
        with pytest.raises(libvirt.libvirtError, match=words):
            connection.getDomainCapabilities(*arguments)
