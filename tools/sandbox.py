"""Keep a program that others have written apart from the rest of the computer, with bubblewrap."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tools.processors import ONE_THREAD

MEGABYTE = 2**20
# Where this is 1, as on Ubuntu 24.04, AppArmor lets only root and chosen programs do what
# bubblewrap does.
APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
ALLOW = (
    f". AppArmor restricts it; `sudo sysctl kernel.{APPARMOR.name}=0` lifts that until the "
    "computer restarts, a profile for bwrap in /etc/apparmor.d for good"
)
NOT_APART = (
    "bubblewrap (bwrap) does not work here or is not installed: what the students wrote ran as "
    "you, and could read and change your files, other submissions among them, and use the network."
)


def sandbox(
    hidden: Iterable[Path], shown: Iterable[Path], home: Path | None = None, network: bool = False
) -> list[str]:
    """Return the command that runs another in a sandbox.

    There, the system and this Python can be read, and shown; all else is not there, and hidden not
    even where it is in a folder of the system. Nothing can be written but to home and to a /tmp
    that goes with it. No other process is seen; a network, only if asked for.
    """
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    command += ["--share-net"] * network
    for name in ("usr", "bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            command += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            command += ["--ro-bind", str(path), str(path)]
    for name in ("ld.so.cache", "fonts", "localtime", "alternatives"):
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    # What is in /tmp is hidden by a /tmp of its own, below.
    folders = [str(p.resolve()) for p in hidden if not p.resolve().is_relative_to("/tmp")]
    for path in folders:
        command += ["--tmpfs", path]
    command += ["--proc", "/proc", "--dev", "/dev"]
    for path in ("/tmp", "/dev/shm"):
        command += ["--size", str(200 * MEGABYTE), "--tmpfs", path]
    python = Path(os.path.realpath(sys.executable)).parent.parent
    for path in (sys.base_prefix, python, sys.prefix, *shown):
        command += ["--ro-bind", str(path), str(path)]
    if home:
        command += ["--bind", str(home), str(home)]
    for path in ("/", *folders):
        command += ["--remount-ro", path]
    command += ["--chdir", str(home or "/tmp")]
    return command


def why_not(command: list[str]) -> str | None:
    """Try the command of a sandbox; return why it does not work here and what to do, or None."""
    if not shutil.which("bwrap"):
        return "install bubblewrap (bwrap)"
    probe = [*command, sys.executable, "-I", "-c", "pass"]
    done = subprocess.run(probe, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode == 0:
        return None
    words = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
    reason = f"bubblewrap is installed and does not work here: {words}"
    if APPARMOR.exists() and APPARMOR.read_text(encoding="ascii").strip() == "1":
        reason += ALLOW
    return reason


def environment(home: str) -> dict[str, str]:
    """Return the variables for such a program: nothing of whoever runs it."""
    folders = ("HOME", "TMPDIR", "MPLCONFIGDIR", "IPYTHONDIR")
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "USER": "student",
        "MPLBACKEND": "agg",
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        **ONE_THREAD,
        **dict.fromkeys(folders, home),
    }
