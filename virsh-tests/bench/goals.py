# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the figures have to reach, what bounds those that do not, and what was tried: for the page.

What is said here to bound a figure was measured; the steps of a start are in the page's timeline.
"""
import statistics


class Times:
    """So many times better than what it is compared with."""

    def __init__(self, factor):
        self.factor = factor

    def __str__(self):
        return '%.3g×' % self.factor

    def met(self, row, _):
        return row['ratio'] >= self.factor


class Most:
    """No more than that."""

    def __init__(self, value):
        self.value = value

    def __str__(self):
        return '≤ %g' % self.value

    def met(self, row, _):
        return statistics.median(row['a']) <= self.value


class Calls:
    """Bound by RPC: at most 1.5 times what as many calls take that do nothing."""
    FLOOR, PART = 'floor: 100 getLibVersion()', 1.5

    def __init__(self, count):
        self.count = count

    def __str__(self):
        return 'bound by RPC'

    def met(self, row, rows):
        floor = [other for other in rows if other['what'] == self.FLOOR and other.get('a')]
        return bool(floor) and statistics.median(row['a']) <= \
            self.PART * self.count / 100 * statistics.median(floor[0]['a'])


PARITY = Times(0.95)

# what: (must, aim)
GOALS = {
    'create() until init runs, own network': (Times(8), Times(14)),
    'create() until init runs, one on a bridge': (Times(10), Times(17)),
    'destroy() returns, init ignores TERM': (Times(180), Times(900)),
    'destroy() returns, init ends at TERM': (Times(20), Times(100)),
    'destroy() of a paused guest until init is gone': (PARITY, Most(2)),
    'start of 50 guests, 8 threads': (Times(5), Times(8)),
    'stop of 50 guests, 8 threads': (Times(15), Times(30)),
    'end of init until the client hears of it': (Times(60), Times(130)),
    'Uss of the controller, 20 running': (Most(120), Most(90)),
    'Uss per guest that has read meminfo, 20 running': (Most(300), Most(200)),
    'kernel memory per guest of 50': (Times(1 / 0.6), Times(1 / 0.45)),
    'console, guest to client': (Times(3), Times(4)),
    'a read of /proc/meminfo in the guest, beside procfs itself': (Times(1 / 1.5), Times(1)),
    'statistics of 500 running guests': (Times(20), Times(50)),
    'listAllDomains() of 500': (PARITY, PARITY),
    'XMLDesc() of 500': (PARITY, Calls(500)),
    'info() of 500': (PARITY, Calls(500)),
    'daemon start with 2000 definitions until it answers': (Times(3), Times(5)),
    'start until the program runs, beside crun': (PARITY, Times(1)),
    'start until the program runs, beside lxc-start': (PARITY, Times(1)),
}

DESTROY = ('The kernel\'s part is 0.7 ms on a quiet machine of this kind: 0.2 to 0.4 from the signal until the processes are gone, 0.4 for '
           'the directories of all hierarchies; an empty call of libvirt takes 0.15. The rest is the daemon, which waits until the keeper '
           'has told how it ended, and removes the groups.')

# what: why it is not better, by measurement
BOUNDS = {
    'create() until init runs, own network':
        'The timeline shows it. With a controller that stands by, the largest parts are the call with the document and the '
        'hand-over, the mounts of the root with ``pivot_root``, the wait until both sides are ready, and ``execve``. The same '
        'work in one program without libvirt, with namespaces and groups made ahead, takes 1.4 ms on a quiet machine of this '
        'kind, 11.7 ms with nothing made ahead; an empty call of libvirt 0.15 ms.',
    'create() until init runs, one on a bridge':
        'As without an interface, and one message of netlink that makes both ends on the bridge: 0.9 to 1.2 ms, all of it the '
        'kernel\'s.',
    'destroy() returns, init ignores TERM': DESTROY,
    'destroy() returns, init ends at TERM': DESTROY,
    'destroy() of a paused guest until init is gone':
        'libvirt\'s driver returns without waiting for the end, and leaves a directory in every hierarchy of control groups each '
        'time. Caisson thaws, waits for the processes, and removes them.',
    'start of 50 guests, 8 threads':
        'See how busy the processors are: with all of them, this is processor time, of which four fifths are the kernel\'s: directories of '
        'control groups, namespaces, mounts, and executing three programs. crun, which has neither a daemon nor a keeper, takes as much '
        'for as many (below). One controller stands by as shipped, so the first start has one and those that come at the same time '
        'have a copy of the fork server.',
    'stop of 50 guests, 8 threads':
        'libvirt\'s driver sleeps 200 ms for each, eight at a time; Caisson takes processor time for each.',
    'end of init until the client hears of it':
        'An event of libvirt takes 0.5 ms from the driver to the client. Before it is sent, the keeper writes how the guest ended and the '
        'daemon removes its groups (0.4 ms on a quiet machine) and files.',
    'Uss of the controller, 20 running':
        'What a static program with GLib, json-c, libseccomp and libcap has of its own is 76 KiB; with those libraries linked '
        'dynamically 395 KiB. The rest is the guest\'s: its definition, consoles and their backlog.',
    'kernel memory per guest of 50':
        'See the rows below it: what both drivers make, the namespaces, groups and page tables of init, is in both columns. The rest is the objects '
        'and names of control groups: Caisson makes two in a hierarchy, so that limits are above what a guest may change, and four where the '
        'keeper needs one beside it (three of ten here); libvirt\'s driver makes one. A group of memory alone takes a KiB for every 64 file '
        'systems that the machine has ever had mounted at once.',
    'Uss per guest that has read meminfo, 20 running': 'As the controller alone; the other part is the process that serves ``/proc``.',
    'a read of /proc/meminfo in the guest, beside procfs itself':
        'What was read is kept in the page cache for 100 ms and computed then; the rest is the read itself.',
    'console, guest to client':
        'The daemon passes every byte to the client in messages of its RPC; a pty itself gives 60 to 90 MB/s on this kind of machine.',
    'statistics of 500 running guests':
        'The files of the groups of each guest are read in the call, by as many threads as there are processors, and nothing is cached: '
        'see what it takes for each guest in the table by the number of guests.',
    'listAllDomains() of 500': 'One call, whose answer has the name and the UUID of each.',
    'XMLDesc() of 500': 'Formatting takes 17 µs for each; the rest is the call and the document on its way.',
    'info() of 500': 'An access check, a look-up, and the state; the rest is the call.',
    'daemon start with 2000 definitions until it answers':
        'Of this, what the daemon does without any definition is libvirtd\'s own and the same with both; see the rows below it.',
    'start until the program runs, beside crun':
        'See the timeline. crun leaves nobody behind who supervises the container, and has no daemon to be called.',
    'start until the program runs, beside lxc-start':
        'See the timeline. lxc-start has no daemon to be called.',
}

TRIED = '''
Tried and dropped
-----------------

* Joining the groups from a thread while mounts are made: no more than a grace period is won, which varies by more than that.
* The kernel's newer mount calls instead of the old: 5 to 10 % of the mounts, which take 0.4 ms together. They are used for what they make
  possible, not for speed.
* ``-z lazy`` for controllers: nothing that can be measured. Static programs instead of dynamic ones: 3 ms and 300 KiB.
* ``fork()`` of the daemon: 2 ms for its 30 MB; ``posix_spawn()`` takes 0.3 ms whatever its size.
* ``favordynmods`` and ``rcu_expedited`` take the grace period away, and change the whole host; neither is a driver's to set.
* Moving an interface into a network namespace: 23 ms. Making it there takes 1 ms.
'''
