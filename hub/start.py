"""Bring the lessons up to date in a student's folder, then become the student's server.

nbgitpuller does it: what the student has changed stays as it is, what only the teacher has changed
becomes new, and a file of the student's that is in the way is kept under another name. Whatever
goes wrong with it is no reason for no server.
"""

import os
import sys
from pathlib import Path

from nbgitpuller.pull import GitPuller

NOTE = Path("lessons not updated.txt")


def main() -> None:
    """Update the folder lessons, leave a note if that does not work, and start the server."""
    repository, *options = sys.argv[1:]
    try:
        for line in GitPuller(f"file://{repository}", "lessons", branch="main").pull():
            print(line, end="")
        NOTE.unlink(missing_ok=True)
    except Exception as error:  # a full disk, or a folder that git does not understand any more
        print(f"the lessons are as they were: {error!r}", flush=True)
        try:
            NOTE.write_text(
                f"The lessons are as they were, and all that you wrote: {error}\n", encoding="utf-8"
            )
        except OSError:  # where there is no room, there is none for a note
            pass
    command = [sys.executable, "-m", "jupyterhub.singleuser", *options]
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
