"""The few Linux calls that Python lacks: what happens to children, and which rights survive a change of user."""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECUREBITS: Final = 28
_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_RAISE: Final = 2
_CAP_DAC_OVERRIDE: Final = 1
_SECBIT_NO_SETUID_FIXUP: Final = 1 << 2
_CAPABILITY_VERSION_3: Final = 0x20080522

_LINUX: Final = sys.platform == "linux"
# Loaded before any fork: a child between fork and exec must not import or allocate more than it has to.
_libc: Final = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(option, *padded) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def die_with_parent(sent: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel to send this process a signal when its parent ends, however that ends (nothing outside Linux)."""
    if _LINUX:
        _prctl(_PR_SET_PDEATHSIG, sent)


def adopt_orphans() -> None:
    """Make every orphaned descendant a child of this process, so that it can be found and ended (only on Linux)."""
    if _LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def become(uid: int, gid: int, *, enter_closed_folders: bool) -> None:
    """Change from root to another user for good; called in the child between fork and exec.

    With ``enter_closed_folders`` the one capability CAP_DAC_OVERRIDE survives, so that the user reaches its files below
    folders that only root may enter.
    """
    if enter_closed_folders:
        # The change of user then leaves the capabilities alone, and access(2), which initdb asks, honours them.
        _prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if enter_closed_folders:
        _keep_only_dac_override()


def _keep_only_dac_override() -> None:
    bit = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable; then the upper halves
    if _libc.capset(header, sets) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"capset: {os.strerror(number)}")
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE)
