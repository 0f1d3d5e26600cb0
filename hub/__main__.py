"""Run a JupyterHub for a class: make hub STUDENTS=class.csv.

The list has the columns student and password; a column role may have `teacher`, for whoever may
see who is at work. Who is not in the list is not let in. ADDRESS and PORT say where the Hub listens
(127.0.0.1, 8000), HUB_DATA where the students' work and the Hub's secrets are (hub-data),
HUB_MEMORY how many megabytes each process of a student may hold. BACKENDS="numpy torch" gives the
lessons in these frameworks alone, and opens the first; LANGUAGE=vi, in Vietnamese.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
from errno import EADDRINUSE
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import d2lmini
from hub.start import git_environment
from tools import backends, copies
from tools.language import in_language, language_asked
from tools.lessons import LESSONS, every
from tools.sandbox import sandbox, why_not

ROOT = Path(__file__).parent.parent
HUB = ROOT / "hub"
PATIENCE = 10  # seconds to wait for a port
# What a student's server and kernel import, by the package that tells whether it is compiled.
IMPORTS = {
    "jupyterlab": "jupyterhub.singleuser.extension, jupyterlab.labapp, nbgitpuller.pull",
    "matplotlib": "ipykernel.kernelapp, matplotlib.pyplot, matplotlib_inline.backend_inline",
}
TEACHER = {"GIT_AUTHOR_NAME": "teacher", "GIT_AUTHOR_EMAIL": "teacher@localhost"}
TEACHER |= {"GIT_COMMITTER_NAME": "teacher", "GIT_COMMITTER_EMAIL": "teacher@localhost"}


def git(*arguments: str, cwd: Path) -> str:
    """Run git and return what it prints; SystemExit if it fails."""
    command, env = ["git", *arguments], git_environment() | TEACHER
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, encoding="utf-8")
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
            if path.is_dir() and path.name != ".git":
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()
        for name, content in files.items():
            Path(folder, name).parent.mkdir(exist_ok=True)
            Path(folder, name).write_bytes(content)
        git("add", "--all", "--force", cwd=Path(folder))
        if git("status", "--porcelain", cwd=Path(folder)):
            git("commit", "--quiet", "--message", "A version of the lessons", cwd=Path(folder))
            git("push", "--quiet", "origin", "HEAD:main", cwd=Path(folder))


def lessons(keys: list[str]) -> dict[str, bytes]:
    """Return what students get, by path: a folder for each lesson."""
    made = {}
    for lesson in (notebook for notebook in every("") if notebook.framework in keys):
        given = copies.given(lesson)
        copies.keep(given)
        files = copies.outside(given, lesson)
        made |= {f"{lesson.lesson.key}/{name}": content for name, content in files.items()}
    return made


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


def hold(data: Path, address: str) -> None:
    """Lock a Hub's data for as long as this process lives, whatever program it becomes.

    address: what is said to whoever comes later. SystemExit if a Hub that runs has the lock.
    """
    try:
        lock = os.open(data / "hub" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        there = os.read(lock, 1000).decode()
        raise SystemExit(f"a Hub already runs here: {there}, with its data in {data}") from None
    except OSError as error:
        raise SystemExit(f"HUB_DATA: {data}: {error.strerror}") from None
    os.set_inheritable(lock, True)  # by the Hub, which this becomes, and by nothing that it starts
    os.truncate(lock, 0)
    os.write(lock, address.encode())


def command_of_proxy(data: Path) -> list[str]:
    """Return the command of the proxy that a killed Hub has left running, which the next one ends.

    If there is none, its number is removed: by now it may be that of some other process, and
    JupyterHub would end that.
    """
    folder = data / "hub"  # where a Hub, and so its proxy, is at work
    pid_file = folder / "proxy.pid"
    try:
        process = Path("/proc", str(int(pid_file.read_text(encoding="utf-8"))))
        command = (process / "cmdline").read_text(encoding="utf-8").rstrip("\0").split("\0")
        if "proxy.py" in map(os.path.basename, command) and folder.samefile(process / "cwd"):
            return command
    except (OSError, ValueError):
        pass
    pid_file.unlink(missing_ok=True)
    return []


def whole(name: str, default: int, most: int, wanted: str) -> int:
    """Return the number in a variable, from 1 to most; SystemExit with what is wanted instead."""
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) <= most:
        raise SystemExit(f"{name}: want {wanted}, got {text!r}")
    return int(text)


def address_asked() -> str:
    """Return where the Hub is to listen; SystemExit if ADDRESS is none of this computer's."""
    address = os.environ.get("ADDRESS") or "127.0.0.1"
    try:
        socket.create_server((address, 0)).close()
    except (OSError, UnicodeError):
        wanted = "an IPv4 address of this computer, or 0.0.0.0 for all of them"
        raise SystemExit(f"ADDRESS: want {wanted}, got {address!r}") from None
    return address


def count_of(students: str | None) -> int:
    """Return how many are in the list of students; SystemExit with what is wrong with it."""
    from hub.accounts import accounts  # only here is JupyterHub needed

    if not students:
        raise SystemExit("say who is let in: make hub STUDENTS=class.csv, with student,password")
    try:
        return len(accounts(Path(students)))
    except OSError as error:
        raise SystemExit(f"STUDENTS: {students}: {error.strerror}") from None
    except ValueError as error:
        raise SystemExit(f"STUDENTS: {error}") from None


def frameworks() -> list[str]:
    """Return the keys of the frameworks whose lessons are handed out; SystemExit without any."""
    try:
        keys = backends.frameworks_asked() or d2lmini.FRAMEWORKS
        reasons = {key: backends.why_not(key) for key in keys}
    except (ValueError, ModuleNotFoundError) as error:
        raise SystemExit(str(error)) from None
    if all(reasons.values()):
        raise SystemExit(f"BACKENDS: {'; '.join(reasons.values())}")
    return [key for key, reason in reasons.items() if not reason]


def data_asked() -> Path:
    """Make the folder for all that is kept, and return it; SystemExit if it cannot be."""
    data = Path(os.environ.get("HUB_DATA") or ROOT / "hub-data").resolve()
    try:
        for folder in (data, data / "hub", data / "homes"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            TemporaryDirectory(dir=folder).cleanup()
    except OSError as error:
        raise SystemExit(f"HUB_DATA: {data}: {error.strerror}") from None
    return data


def compile_imports(keys: list[str]) -> None:
    """Have Python compile, once, what students import: what it does in a sandbox is not kept.

    Otherwise each start of a server and of a kernel would take about twice the processor's time.
    """
    for package, modules in (IMPORTS | {key: f"d2lmini.{key}" for key in keys}).items():
        if not Path(find_spec(package).cached).exists():
            print(f"compiling {package} for the students, this once", flush=True)
            keeping = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
            command = [sys.executable, "-c", f"import {modules}"]
            subprocess.run(command, env=keeping, capture_output=True)


def main() -> None:
    """Check what is given, hand out the lessons, and run the Hub until it is stopped."""
    language, students = language_asked(), os.environ.get("STUDENTS")
    count = count_of(students)
    port = whole("PORT", 8000, 65533, "a number from 1 to 65533")
    memory = whole("HUB_MEMORY", 2000, 10**9, "a whole number of megabytes")
    address, keys = address_asked(), frameworks()
    if reason := why_not(sandbox([], [])):
        raise SystemExit(f"{reason}; without it, students could read each other's work and the "
                         "Hub's secrets, so it does not start")  # fmt: skip
    if not shutil.which("git"):
        raise SystemExit("install git: it brings the lessons to the students")
    data = data_asked()
    hold(data, f"http://{address}:{port}")
    handed_over = command_of_proxy(data)
    places = [(address, port), ("127.0.0.1", port + 1), ("127.0.0.1", port + 2)]
    wait_for_ports([place for place in places if str(place[1]) not in handed_over])
    with in_language(language):
        publish(lessons(keys), data / "lessons.git")
    compile_imports(keys)
    print(f"{count} account{'s' * (count > 1)}; http://{address}:{port}, until Ctrl-C", flush=True)
    first = LESSONS[0].notebook(keys[0])
    settings = {
        "HUB_ADDRESS": address,
        "HUB_PORT": str(port),
        "HUB_MEMORY": str(memory),
        "HUB_DATA": str(data),
        "HUB_STUDENTS": str(Path(students).resolve()),
        "HUB_LESSON": f"{first.lesson.key}/{first.ipynb.name}",
    }
    command = [sys.executable, "-m", "jupyterhub", "--config", str(HUB / "jupyterhub_config.py")]
    os.chdir(data / "hub")
    os.execve(sys.executable, command, os.environ | settings)


if __name__ == "__main__":
    main()
