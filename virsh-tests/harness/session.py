# SPDX-License-Identifier: LGPL-2.1-or-later
"""What sets one pytest process apart from others that run beside it, and how long it may take."""
import atexit
import ctypes
import os
import shutil
import tempfile
import time

CLONE_NEWNS = 0x00020000
MS_REC, MS_SLAVE = 0x4000, 0x80000

# Directories of a process lie below one of its own, so that what is left tells whose it is.
PREFIX = 'caisson-tests-'


def separate():
    """A mount namespace and a directory for temporary files of this process only.

    Mounts of the host still arrive; what tests mount is seen by nobody else.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) < 0 or libc.mount(b'none', b'/', None, MS_REC | MS_SLAVE, None) < 0:
        raise OSError(ctypes.get_errno(), 'cannot have a mount namespace for the tests')
    tempfile.tempdir = tempfile.mkdtemp(prefix=PREFIX)
    os.chmod(tempfile.tempdir, 0o755)
    atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)


def directory():
    """Where the files of this process's tests are, on the host as well."""
    return tempfile.gettempdir()


def is_late():
    """Whether the time in which tests may begin is over: CAISSON_TEST_UNTIL, in seconds of the epoch."""
    until = os.environ.get('CAISSON_TEST_UNTIL')
    return bool(until) and time.time() > float(until)
