"""Python, in a process of its own."""

import subprocess
import sys
from pathlib import Path


def python(*words: str | Path, **options) -> subprocess.CompletedProcess:
    """Run Python with some words; return how it ended, and what it printed."""
    command = [sys.executable, *words]
    return subprocess.run(command, capture_output=True, encoding="utf-8", **options)


def run(code: str) -> str:
    """Run code in a Python of its own and return what it printed, without space around it."""
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def nbval(*words: str | Path, **options) -> subprocess.CompletedProcess:
    """Run a notebook, and compare its outputs with those that are stored."""
    return python("-m", "pytest", "--nbval", "-p", "no:cacheprovider", *words, **options)
