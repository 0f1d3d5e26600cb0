"""Bring the lessons up to date in a student's folder, then become the student's server.

nbgitpuller does it: what the student has changed stays as it is, what only the teacher has changed
becomes new, and a file of the student's that is in the way is kept under another name. Whatever
goes wrong with it is no reason for no server.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nbgitpuller.pull import GitPuller

LESSONS = Path("lessons")
NOTE = Path("lessons not updated.txt")
TEXT = """\
There may be a newer version of the lessons, but it could not be brought here. Nothing that you
wrote is lost, and you can go on working with the lessons that are here.

To try again, choose File > Hub Control Panel, stop your server, and start it again; if your disk
is full, first delete what you no longer need. This note goes away when the lessons are up to date.
If it comes back, show it to your teacher. What went wrong:

"""


def git_environment() -> dict[str, str]:
    """Return the variables for a git that does the same whoever runs it.

    It knows nobody's settings, and so no hooks, no templates, no ignored files and no attributes of
    theirs. It speaks English, for nbgitpuller reads what it says.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    nowhere = dict.fromkeys(("HOME", "XDG_CONFIG_HOME"), os.devnull)
    nothing = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1", "GIT_TEMPLATE_DIR": ""}
    return kept | nowhere | nothing | {"LC_ALL": "C", "LANGUAGE": ""}


def pull(repository: Path) -> Iterator[str]:
    """Update the folder lessons from a repository, and yield what git says."""
    url = repository.as_uri()
    if LESSONS.exists():  # the repository may have moved, with all that the Hub keeps
        command = ["git", "remote", "set-url", "origin", url]
        subprocess.run(command, cwd=LESSONS, check=True, capture_output=True, encoding="utf-8")
    yield from GitPuller(url, str(LESSONS), branch="main").pull()


def update(repository: Path) -> None:
    """Update the folder lessons; leave a note if that does not work."""
    said = ""
    try:
        for line in pull(repository):
            print(line, end="")
            said += line
        NOTE.unlink(missing_ok=True)
    except Exception as error:  # a full disk, or a folder that git does not understand any more
        print(f"the lessons are as they were: {error!r}", flush=True)
        words = getattr(error, "stderr", None) or said.rpartition("\n$ ")[2]
        try:
            NOTE.write_text(f"{TEXT}{error}\n{words}", encoding="utf-8")
        except OSError:  # where there is no room, there is none for a note
            pass


def main() -> None:
    """Update the lessons, and start the server, with the variables that the Hub gave."""
    repository, *options = sys.argv[1:]
    given, ours = dict(os.environ), git_environment()
    os.environ.clear()
    os.environ.update(ours)
    update(Path(repository))
    command = [sys.executable, "-m", "jupyterhub.singleuser", *options]
    os.execve(command[0], command, given)


if __name__ == "__main__":
    main()
