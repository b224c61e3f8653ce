"""Make ``.venv`` from ``requirements.lock`` (``make setup``). Standard library only: it runs before anything is there.

The environment is left alone while it matches lock, interpreter and place; it is brought in line when only the lock
changed, and made anew when it belongs to another interpreter or folder or was never finished.
"""

from __future__ import annotations  # so that Python 3.8 gets as far as the message that it is too old

import hashlib
import importlib.util
import os
import pty
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = PROJECT / "requirements.lock"
STAMP = VENV / "made-from"
OLDEST, NEWEST = (3, 11), (3, 13)
NEEDED_GB = 2.5  # the environment takes 0.8 GB, the download cache 1.1 GB


class CannotInstall(Exception):
    """What is missing and what to do about it, in one line."""


def main() -> int:
    """Bring ``.venv`` in line; returns the exit code. Prints nothing when there was nothing to do."""
    try:
        if not PYTHON.exists() or _stamp() != _wanted():
            _install()
    except CannotInstall as reason:
        print(f"setup: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; the next `make setup` starts over.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"setup: {error.strerror}: {error.filename or VENV}", file=sys.stderr)
        return 1
    return 0


def _wanted() -> list[str]:
    interpreter = ".".join(map(str, sys.version_info[:3]))
    return [f"python {interpreter}", f"folder {VENV}", f"lock {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"]


def _stamp() -> list[str]:
    return STAMP.read_text().splitlines() if STAMP.exists() else []


def _install() -> None:
    began = time.monotonic()
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise CannotInstall(f"Python 3.11, 3.12 or 3.13 is needed; this is {sys.version.split()[0]}.")
    free = shutil.disk_usage(PROJECT).free / 1e9
    if free < NEEDED_GB:
        raise CannotInstall(f"the disk is full: {NEEDED_GB} GB are needed in {PROJECT}, {free:.1f} GB are free.")
    os.umask(0o022)  # the database's own user must be able to read its programs
    print(f"setup: installing {_locked_packages()} packages into {VENV} (about a minute)", flush=True)
    if _stamp()[:2] != _wanted()[:2]:
        _make_empty()
    STAMP.unlink(missing_ok=True)
    uv = _uv()
    _run([*uv, "pip", "sync", "--python", str(PYTHON), "--compile-bytecode", str(LOCK)])
    STAMP.write_text("\n".join(_wanted()) + "\n")
    print(f"setup: done in {time.monotonic() - began:.0f} s", flush=True)


def _make_empty() -> None:
    if VENV.is_symlink():
        raise CannotInstall(f"{VENV} is a link to {VENV.resolve()}, which would be emptied: remove the link first.")
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise CannotInstall(f"{sys.executable} lacks the module {missing[0]}: install {package} (apt) and try again.")
    _run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def _uv() -> list[str]:
    """The installer: one on the PATH that runs, else the locked version, fetched into the environment itself."""
    found = shutil.which("uv")
    if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
        return [found]
    pinned = next(line.split()[0] for line in LOCK.read_text().splitlines() if line.startswith("uv=="))
    _run([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries=0", pinned])
    return [str(PYTHON), "-m", "uv"]


def _run(command: list[str]) -> None:
    """Run one step. A terminal shows its own progress bars; else its output is kept back in case it fails."""
    online = _index_answers()
    code, output = _run_shown(command) if online and sys.stdout.isatty() else _run_hidden(command)
    if code == 0:
        return
    if shutil.disk_usage(VENV if VENV.exists() else PROJECT).free < 0.2e9:
        raise CannotInstall(f"the disk ran full while installing into {VENV}: {NEEDED_GB} GB are needed.")
    if not online:
        host = urllib.parse.urlsplit(_index()).hostname
        raise CannotInstall(
            f"no connection to the package index {host}: check the network (HTTPS_PROXY behind a proxy)."
        )
    print(output, end="", file=sys.stderr)
    raise CannotInstall(f"`{' '.join(command)}` ended with code {code}.")


def _run_hidden(command: list[str]) -> tuple[int, str]:
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    return result.returncode, result.stderr


def _run_shown(command: list[str]) -> tuple[int, str]:
    listing = False

    def read(terminal: int) -> bytes:
        nonlocal listing
        data = os.read(terminal, 4096)
        listing = listing or b"Installed" in data  # from there on uv names every package on a line of its own
        return b"\r" if data and listing else data

    return os.waitstatus_to_exitcode(pty.spawn(command, read)), ""


def _index() -> str:
    return os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or "https://pypi.org/simple"


def _index_answers() -> bool:
    """Whether the package index, or the proxy on the way to it, accepts connections."""
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")
    target = urllib.parse.urlsplit(proxy or _index())
    try:
        socket.create_connection((target.hostname or "", target.port or 443), timeout=5).close()
    except OSError:
        return False
    return True


def _locked_packages() -> int:
    return sum("==" in line for line in LOCK.read_text().splitlines())


if __name__ == "__main__":
    sys.exit(main())
