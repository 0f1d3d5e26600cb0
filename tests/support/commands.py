"""What tests of the commands ask."""

from pathlib import Path

import pytest


def refusal(command, *args) -> str:
    """The one line with which a command stops."""
    with pytest.raises(SystemExit) as stop:
        command(*args)
    (line,) = str(stop.value).splitlines()
    return line


def everything(folder: Path) -> dict[Path, bytes | bool]:
    """All that is in a folder, with what is in its files."""
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}
