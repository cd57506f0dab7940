# SPDX-License-Identifier: LGPL-2.1-or-later
"""<caisson:container>: limits that libvirt has no word for."""
import os

import libvirt
import pytest

from harness import limits

pytestmark = pytest.mark.ours

NAMESPACE = 'urn:caisson:domain:1'


def element(text):
    return "<caisson:container xmlns:caisson='%s'>%s</caisson:container>" % (NAMESPACE, text)


def refused(domain):
    with pytest.raises(libvirt.libvirtError) as caught:
        domain.create()
    return caught.value.get_error_message()


def test_a_guest_has_as_many_tasks_as_it_may(start):
    domain, _ = start(top=element("<caisson:pids limit='77'/>"))
    assert limits.kernel(domain, 'pids', 'pids.max', 'pids.max') == '77'
    assert "<caisson:pids limit='77'/>" in domain.XMLDesc()
    assert "<domain type='lxc' xmlns:caisson='%s'>" % NAMESPACE in domain.XMLDesc(
        libvirt.VIR_DOMAIN_XML_INACTIVE)


def test_without_the_element_there_is_no_limit_of_tasks(start):
    domain, _ = start()
    assert limits.kernel(domain, 'pids', 'pids.max', 'pids.max') == 'max'


def test_huge_pages_are_limited(start):
    without, _ = start()
    version, group = limits.group_of(without, 'hugetlb')
    if not os.path.exists(group + ('/hugetlb.2MB.max' if version == 2 else '/hugetlb.2MB.limit_in_bytes')):
        pytest.skip('groups of this session cannot limit huge pages of 2 MB')
    domain, _ = start(top=element("<caisson:hugetlb pagesize='2MB' limit='8' unit='MiB'/>"))
    assert limits.kernel(domain, 'hugetlb', 'hugetlb.2MB.limit_in_bytes',
                         'hugetlb.2MB.max') == str(8 << 20)


def test_a_size_that_no_page_has_is_an_error_of_start(define):
    domain, _ = define(top=element("<caisson:hugetlb pagesize='3MB' limit='0'/>"))
    assert ("groups of this host cannot limit huge pages of 3MB; remove the <caisson:hugetlb pagesize='3MB'>"
            in refused(domain))


def test_a_file_of_the_group_of_version_2_is_written(start):
    domain, _ = start(top=element("<caisson:cgroup key='cgroup.max.depth' value='3'/>"))
    assert limits.unified(domain, 'cgroup.max.depth') == '3'


@pytest.mark.skipif('memory' not in limits.v2_controllers(), reason='memory is not limited by groups of version 2')
def test_a_key_of_a_controller_is_written(start):
    domain, _ = start(top=element("<caisson:cgroup key='memory.high' value='48M'/>"
                                  "<caisson:cgroup key='memory.oom.group' value='1'/>"))
    assert limits.unified(domain, 'memory.high') == str(48 << 20)
    assert limits.unified(domain, 'memory.oom.group') == '1'


@pytest.mark.skipif('memory' in limits.v2_controllers(), reason='memory is limited by groups of version 2')
def test_a_key_that_only_version_2_has_is_an_error_of_start_on_version_1(define):
    domain, _ = define(top=element("<caisson:cgroup key='memory.high' value='48M'/>"))
    assert ("'memory.high' is of control groups version 2, where this host has no controller 'memory'; "
            "remove the <caisson:cgroup key='memory.high'>") in refused(domain)


def test_a_key_that_the_kernel_does_not_have_is_an_error_of_start(define):
    domain, _ = define(top=element("<caisson:cgroup key='%s.no.such' value='1'/>"
                                   % (limits.v2_controllers() or ['memory'])[0]))
    assert "<caisson:cgroup key='" in refused(domain)


def test_a_value_that_the_kernel_refuses_is_an_error_of_start(define):
    domain, _ = define(top=element("<caisson:cgroup key='cgroup.max.depth' value='deep'/>"))
    assert "cannot write 'deep' to 'cgroup.max.depth' of control group" in refused(domain)


def test_nothing_but_limits_can_be_written(connection, make_guest):
    for key in ('../cgroup.procs', 'cgroup.procs', 'cgroup.kill', 'memory.max', '/etc/passwd'):
        with pytest.raises(libvirt.libvirtError) as caught:
            connection.defineXML(make_guest(top=element("<caisson:cgroup key='%s' value='1'/>" % key)).xml())
        assert '<caisson:cgroup' in caught.value.get_error_message()


def test_the_stock_driver_drops_the_element(own_daemon, make_guest):
    described = make_guest(top=element("<caisson:pids limit='77'/>"))
    own_daemon.connect().defineXML(described.xml())
    own_daemon.restart(15, driver='stock')
    domain = own_daemon.connect().lookupByName(described.name)
    assert 'caisson:' not in domain.XMLDesc()
    own_daemon.restart(15, driver='ours')
    assert "<caisson:pids limit='77'/>" in own_daemon.connect().lookupByName(described.name).XMLDesc()
