# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tools that measure: that they run, and print what they promise. What they measure is not looked at."""
import json
import os
import re
import subprocess

import pytest

from harness import build

pytestmark = [pytest.mark.ours, pytest.mark.unsanitized]


def tool(name, *words):
    done = subprocess.run([os.path.join(build.TOP, 'tools', name), *words], capture_output=True, text=True, check=False,
                          timeout=120, env={**os.environ, 'BUILD': build.directory()})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_timeline_shows_every_step_of_a_start_in_order(tmp_path):
    text = tool('timeline', '--starts', '2', '--shortest', '0', '--json', str(tmp_path / 'steps'))
    cold, warm = re.split(r'(?m)^own network, .*\n-+\n', text)[1:]
    for part in (cold, warm):
        rows = [re.match(r'(\w+) +(.+?) +(-?\d+\.\d+) +(-?\d+\.\d+) +(\d+\.\d+)  ', line) for line in part.splitlines()[1:]]
        rows = [row.groups() for row in rows if row]
        begins = [float(row[2]) for row in rows]
        assert begins == sorted(begins) and begins[0] == 0
        names = [row[1] for row in rows if row[0] == 'container']
        assert names[0] == 'cgroup' and names.index('root') < names.index('network') < names.index('init runs')
        assert {'state', 'cgroup', 'namespaces', 'init'} <= {row[1] for row in rows if row[0] == 'host'}
    with open(tmp_path / 'steps') as file:
        found = json.load(file)
    assert {len(row['ms']) for row in found['cold'] + found['standby']} == {2}
