"""Python, in a process of its own."""

import subprocess
import sys


def run(code: str) -> str:
    """Run code in a Python of its own and return what it printed, without space around it."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
