# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest's console, as a libvirt client sees it and as somebody at a terminal does."""
import os
import pty
import re
import select
import subprocess
import time

import libvirt

from .daemon import PATIENCE, Timeout

ESCAPE = b'\x1d'  # Ctrl+] leaves `virsh console`


class Console:
    """What both have: send, and wait for an answer."""

    def __init__(self):
        self.received = b''

    def send(self, text):
        raise NotImplementedError

    def receive(self, seconds):
        """More bytes, b'' when none came in time; EOFError at the end."""
        raise NotImplementedError

    def expect(self, pattern, seconds=10.0):
        """Waits until the pattern stands in what came since the last expect; answers the match."""
        seconds *= PATIENCE
        deadline = time.monotonic() + seconds
        expression = re.compile(pattern.encode(), re.MULTILINE)
        while True:
            match = expression.search(self.received)
            if match:
                self.received = self.received[match.end():]
                return match
            left = deadline - time.monotonic()
            if left <= 0:
                raise Timeout('%r not within %g s in %r' % (pattern, seconds, self.received))
            try:
                self.received += self.receive(left)
            except EOFError:
                raise Timeout('%r did not come before the end of %r'
                              % (pattern, self.received)) from None

    def prompt(self, mark='# ', seconds=10.0):
        """Presses Enter until a shell shows its prompt. virsh throws away what is typed before it has
        made its terminal raw, and says nothing when it has."""
        deadline = time.monotonic() + seconds * PATIENCE
        while True:
            self.send('\n')
            try:
                return self.expect(mark, 0.5)
            except Timeout:
                if time.monotonic() > deadline:
                    raise

    def expect_end(self, seconds=10.0):
        seconds *= PATIENCE
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self.received += self.receive(deadline - time.monotonic())
            except EOFError:
                return
        raise Timeout('the console did not end in %g s: %r' % (seconds, self.received))

    def command(self, text, seconds=10.0):
        """Types a shell command and answers what it printed."""
        # The quotes keep the echo of the typed line, which a narrow terminal wraps, from matching.
        self.send('echo "<""begin>"; %s; echo "<""end "$?">"\n' % text)
        match = self.expect(r'(?s)<begin>\r?\n(.*?)<end (\d+)>\r?\n', seconds)
        return match.group(1).decode(errors='replace').replace('\r\n', '\n')


class StreamConsole(Console):
    """virDomainOpenConsole on a stream."""

    def __init__(self, connection, domain, alias=None, flags=0):
        super().__init__()
        self.stream = connection.newStream(libvirt.VIR_STREAM_NONBLOCK)
        domain.openConsole(alias, self.stream, flags)
        self.ended = False

    def send(self, text):
        data = text.encode() if isinstance(text, str) else text
        deadline = time.monotonic() + 10
        while data:
            sent = self.stream.send(data)
            if sent == -2:
                if time.monotonic() > deadline:
                    raise Timeout('the console takes no input')
                time.sleep(0.002)
                continue
            data = data[sent:]

    def receive(self, seconds):
        deadline = time.monotonic() + seconds
        while True:
            try:
                data = self.stream.recv(65536)
            except libvirt.libvirtError as error:
                raise EOFError(str(error)) from None
            if isinstance(data, bytes):
                if not data:
                    raise EOFError
                return data
            if time.monotonic() > deadline:
                return b''
            time.sleep(0.002)

    def close(self):
        try:
            self.stream.abort()
        except libvirt.libvirtError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class TerminalConsole(Console):
    """`virsh console` on a terminal of its own."""

    def __init__(self, daemon, name, *options, command='console'):
        super().__init__()
        self.master, slave = pty.openpty()
        command = daemon.enter('virsh', '-c', 'lxc:///system', command, name, *options)
        env = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8', 'TERM': 'vt100',
               'HOME': daemon.directory}
        # A session of its own with the terminal as controlling one, as a login shell would have it.
        self.process = subprocess.Popen(['setsid', '--ctty', '--wait', *command], stdin=slave,
                                        stdout=slave, stderr=slave, env=env)
        os.close(slave)

    def send(self, text):
        os.write(self.master, text.encode() if isinstance(text, str) else text)

    def receive(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return b''
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: everybody at the other end has gone
            data = b''
        if not data:
            raise EOFError
        return data

    def leave(self):
        """Types the escape character and waits for virsh; answers its exit status.

        virsh looks only at the first byte of what it reads at once, and may find an Enter typed
        before; so, like a person, it is typed again until virsh has left.
        """
        for _ in range(10):
            self.send(ESCAPE)
            try:
                return self.wait(1)
            except Timeout:
                continue
        return self.wait()

    def wait(self, seconds=10):
        self.expect_end(seconds)
        return self.process.wait(seconds)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
