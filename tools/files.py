"""How the commands read notebooks and replace files."""

from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten

import nbformat


class Unfit(SystemExit):
    """What is wrong with a notebook, in one line, for it ends the command."""


def read(path: Path) -> nbformat.NotebookNode:
    """Return the notebook in a file; Unfit if it is missing or holds none that is valid.

    Without the state of its widgets, which may be incomplete, and which no page shows: that takes a
    script from the network.
    """
    if not path.exists():
        raise Unfit(f"{path.name} is missing")
    faults = {}
    try:
        notebook = nbformat.read(path, as_version=4, capture_validation_error=faults)
    except Exception as error:  # whatever a file that is no notebook leads to
        faults = {"": error}
    if faults:
        (fault,) = faults.values()
        raise Unfit(f"{path.name} is not a valid notebook: {shorten(str(fault), 100)}")
    notebook.metadata.pop("widgets", None)
    return notebook


def write(path: Path, content: str | bytes) -> None:
    """Put a file, of text in UTF-8 or of bytes, in place of the one there, once all is written."""
    with TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder, path.name)
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
