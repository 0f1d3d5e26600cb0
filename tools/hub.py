"""Run a JupyterHub for a class: make hub STUDENTS=class.csv.

The list has the columns student and password; a column role may have `teacher`, for whoever may
see who is at work. Who is not in the list is not let in. ADDRESS and PORT say where the Hub listens
(127.0.0.1, 8000), HUB_DATA where the students' work and the Hub's secrets are (hub-data),
HUB_MEMORY how many megabytes each process of a student may hold. BACKENDS="numpy torch" gives the
lessons in these frameworks alone, and opens the first; LANGUAGE=vi, in Vietnamese.
"""

import os
import socket
import subprocess
import sys
from errno import EADDRINUSE
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import d2lmini
from tools import backends, copies
from tools.language import asked, speaking
from tools.sandbox import sandbox, works

ROOT = Path(__file__).parent.parent
HUB = ROOT / "hub"
PATIENCE = 10  # seconds to wait for a port
TEACHER = {"GIT_AUTHOR_NAME": "teacher", "GIT_AUTHOR_EMAIL": "teacher@localhost"}
TEACHER |= {"GIT_COMMITTER_NAME": "teacher", "GIT_COMMITTER_EMAIL": "teacher@localhost"}


def git(*arguments: str, cwd: Path) -> str:
    """Run git and return what it prints; SystemExit if it fails."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=cwd,
        env=os.environ | TEACHER,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise SystemExit(f"git {arguments[0]} fails in {cwd}: {done.stderr.strip()}")
    return done.stdout


def publish(files: dict[str, bytes], repository: Path) -> None:
    """Make files the newest version in a repository, from which the students' servers take it."""
    if not repository.exists():
        options = "--quiet", "--bare", "--initial-branch=main"
        git("init", *options, str(repository), cwd=repository.parent)
    with TemporaryDirectory() as folder:
        git("clone", "--quiet", str(repository), folder, cwd=repository.parent)
        for path in Path(folder).iterdir():
            if path.name != ".git":
                path.unlink()
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        git("add", "--all", cwd=Path(folder))
        if git("status", "--porcelain", cwd=Path(folder)):
            git("commit", "--quiet", "--message", "A version of the lessons", cwd=Path(folder))
            git("push", "--quiet", "origin", "HEAD:main", cwd=Path(folder))


def lessons(keys: list[str]) -> dict[str, bytes]:
    """Return what students get, by file name."""
    return {n: c for key in keys for n, c in copies.outside(copies.given(key), key).items()}


def wait_for_ports(places: list[tuple[str, int]]) -> None:
    """Wait until nobody listens there: a Hub that has just been stopped still may.

    Raises SystemExit with what is wrong, after PATIENCE seconds.
    """
    end = monotonic() + PATIENCE
    for address, port in places:
        while True:
            try:
                socket.create_server((address, port)).close()
                break
            except OSError as error:
                if error.errno != EADDRINUSE or monotonic() > end:
                    fault = f"PORT: {port} at {address}: {error.strerror}"
                    raise SystemExit(f"{fault}; the Hub takes PORT and the two after it") from None
                sleep(0.1)


def proxy_runs(pid_file: Path) -> bool:
    """Tell whether the proxy of a Hub that was killed still runs: the next one will end it."""
    try:
        os.kill(int(pid_file.read_text(encoding="utf-8")), 0)
    except (OSError, ValueError):
        return False
    return True


def main() -> None:
    """Check what is given, hand out the lessons, and run the Hub until it is stopped."""
    from hub.accounts import accounts  # only here is JupyterHub needed

    language = asked()
    if not (students := os.environ.get("STUDENTS")):
        raise SystemExit("say who is let in: make hub STUDENTS=class.csv, with student,password")
    try:
        count = len(accounts(Path(students)))
    except OSError as error:
        raise SystemExit(f"STUDENTS: {students}: {error.strerror}") from None
    except ValueError as error:
        raise SystemExit(f"STUDENTS: {error}") from None
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65534:
        raise SystemExit(f"PORT: want a number from 1 to 65533, got {port!r}")
    if not works(sandbox([], [])):
        raise SystemExit("install bubblewrap (bwrap): without it, students could read each other's "
                         "work and the Hub's secrets, so it does not start")  # fmt: skip
    keys = [key for key in backends.asked() or d2lmini.FRAMEWORKS if find_spec(key)]
    data = Path(os.environ.get("HUB_DATA") or ROOT / "hub-data").resolve()
    for folder in (data, data / "hub", data / "homes"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = os.environ.get("ADDRESS") or "127.0.0.1"
    if not proxy_runs(data / "hub" / "proxy.pid"):
        first = int(port)
        others = [("127.0.0.1", first + 1), ("127.0.0.1", first + 2)]
        wait_for_ports([(address, first), *others])
    with speaking(language):
        publish(lessons(keys), data / "lessons.git")
    print(f"{count} account{'s' * (count > 1)}; http://{address}:{port}, until Ctrl-C", flush=True)
    settings = {
        "HUB_ADDRESS": address,
        "HUB_PORT": port,
        "HUB_DATA": str(data),
        "HUB_STUDENTS": str(Path(students).resolve()),
        "HUB_LESSON": f"gan_{keys[0]}.ipynb",
    }
    command = [sys.executable, "-m", "jupyterhub", "--config", str(HUB / "jupyterhub_config.py")]
    os.chdir(data / "hub")
    os.execve(sys.executable, command, os.environ | settings)


if __name__ == "__main__":
    main()
