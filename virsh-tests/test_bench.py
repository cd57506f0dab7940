# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tools that measure: that they run, and print what they promise. What they measure is not looked at."""
import json
import os
import re
import subprocess

import pytest

from bench.side import Findings, Table
from harness import build
from harness.daemon import PATIENCE

pytestmark = [pytest.mark.ours, pytest.mark.unsanitized]


def tool(name, *words):
    done = subprocess.run([os.path.join(build.TOP, 'tools', name), *words], capture_output=True, text=True, check=False,
                          timeout=120 * PATIENCE, env={**os.environ, 'BUILD': build.directory()})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_timeline_shows_every_step_of_a_start_in_order(tmp_path):
    text = tool('timeline', '--starts', '2', '--shortest', '0', '--json', str(tmp_path / 'steps'))
    parts = re.split(r'(?m)^own network, .*\n-+\n', text)[1:]
    assert len(parts) == 2
    for part in parts:
        rows = [re.match(r'(\w+) +(.+?) +(-?\d+\.\d+) +(-?\d+\.\d+) +(\d+\.\d+)  ', line) for line in part.splitlines()[1:]]
        rows = [row.groups() for row in rows if row]
        begins = [float(row[2]) for row in rows]
        assert begins == sorted(begins) and begins[0] == 0
        names = [row[1] for row in rows if row[0] == 'container']
        assert names[0] == 'cgroup' and names.index('root') < names.index('network') < names.index('init runs')
        assert {'state', 'cgroup', 'namespaces', 'init'} <= {row[1] for row in rows if row[0] == 'host'}
    with open(tmp_path / 'steps') as file:
        found = json.load(file)
    assert {len(row['ms']) for rows in found.values() for row in rows} == {2}


def test_the_comparison_writes_what_it_measured(tmp_path):
    tool('bench', '--tests', 'paused,definitions', '--rounds', '1', '--definitions', '3', '--json', str(tmp_path / 'rows'))
    with open(tmp_path / 'rows') as file:
        rows = {row['what']: row for row in json.load(file)['rows']}
    paused = rows['destroy() of a paused guest until init is gone']
    assert len(paused['a']) == 1
    # not every host lets libvirt's own driver start a guest
    assert len(paused['b']) == 1 and paused['ratio'] > 0 if 'b' in paused else 'B failed' in paused['note']
    assert 'daemon start with 3 definitions until it answers' in rows


class Flawed:
    """A side that fails every time."""

    def __init__(self, tag):
        self.tag, self.settled = tag, 0

    def settle(self):
        self.settled += 1


def test_a_side_that_fails_leaves_the_row_to_the_other_with_a_note():
    sides = [Flawed('A'), Flawed('B')]
    found, table = Findings(sides), Table()

    def measure(side):
        if side.tag == 'B':
            raise RuntimeError('it does\nnot start')
        found.add(side, 'a start', 1.0)
    found.turns(5, measure)
    table.add_found(found, lambda what: 'ms')
    assert sides[0].settled == 0 and sides[1].settled == 3
    row, = table.rows
    assert row['a'] == [1.0] * 5 and 'b' not in row and row['note'] == 'B failed 3 times: it does not start'
