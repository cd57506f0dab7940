# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sphinx: the manual as HTML, and the man pages."""
import os
import re

with open(os.path.join(os.path.dirname(__file__), '..', 'meson.build')) as file:
    version = re.search(r"version: '([^']+)'", file.read()).group(1)

project = 'Caisson'
author = 'Caisson developers'
copyright = author
release = version
root_doc = 'index'
html_theme = 'alabaster'
html_copy_source = False
html_show_copyright = False
highlight_language = 'none'
# source, name, description, authors, section
man_pages = [
    ('caisson-template', 'caisson-template', 'make templates of containers', '', 8),
    ('exec', 'libvirt_lxc_exec', 'run commands in containers', '', 8),
    # lxc.conf(5) is of LXC
    ('lxc.conf', 'caisson-lxc.conf', "settings of libvirt's driver for containers", '', 5),
    ('caisson-check', 'caisson-check', 'say whether a host can run containers with Caisson', '', 8),
]
