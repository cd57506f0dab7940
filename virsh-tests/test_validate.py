# SPDX-License-Identifier: LGPL-2.1-or-later
"""virsh define --validate: documents of every element, good and bad, and what is said of the bad."""
import glob
import os
import re

import libvirt
import pytest

from harness import build

pytestmark = pytest.mark.ours

# Refused before: who may define what is asked of the name and the uuid, which are read first.
BEFORE = ('domain-namespace', 'not-a-domain', 'uuid')
DOCUMENTS = os.path.join(build.TOP, 'tests', 'schemas')


def name_of(path):
    return os.path.basename(path)[:-len('.xml')]


# Well written, with elements that no container can have: refused, but not for how they are written.
IMPOSSIBLE = ('disks', 'hostdevs', 'networks')


def documents(kind):
    return sorted(path for path in glob.glob(os.path.join(DOCUMENTS, kind, '*.xml'))
                  if not name_of(path).startswith('device-') and name_of(path) not in BEFORE)


def read(path):
    with open(path) as file:
        return file.read()


@pytest.mark.parametrize('path', documents('good'), ids=name_of)
def test_what_is_valid_is_defined(connection, path):
    if name_of(path).startswith('refused-') or name_of(path) in IMPOSSIBLE:
        with pytest.raises(libvirt.libvirtError) as error:
            connection.defineXMLFlags(read(path), libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
        assert error.value.get_error_code() == libvirt.VIR_ERR_CONFIG_UNSUPPORTED
        return
    domain = connection.defineXMLFlags(read(path), libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
    # what is shown can be defined again
    shown = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)
    connection.defineXMLFlags(shown, libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
    domain.undefine()


@pytest.mark.parametrize('path', documents('bad'), ids=name_of)
def test_what_is_not_valid_is_refused_with_line_and_element(connection, path):
    with pytest.raises(libvirt.libvirtError) as error:
        connection.defineXMLFlags(read(path), libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
    expected = read(path[:-len('.xml')] + '.error').strip()
    assert expected in error.value.get_error_message()
    assert re.search(r'\(line \d+\)', expected)


def test_virsh_shows_the_reason(daemon):
    path = os.path.join(DOCUMENTS, 'bad', 'filesystem-source-attribute.xml')
    result = daemon.virsh('define', '--validate', path, check=False)
    assert result.code != 0
    assert "unknown attribute 'dir' of <source> (line 10)" in result.err
