"""Which frameworks to run: those that BACKENDS names, else all that are installed."""

import os
from importlib.util import find_spec
from pathlib import Path

import d2lmini


def why_not(key: str) -> str | None:
    """Return the reason to leave a framework out, or None to use it.

    BACKENDS="torch mxnet" asks for some. Raises ValueError for a name that is none, and
    ModuleNotFoundError if a framework is not installed that BACKENDS names or, on a CI service
    (CI=true), that the project has.
    """
    asked = os.environ.get("BACKENDS", "").replace(",", " ").split()
    if unknown := set(asked) - set(d2lmini.FRAMEWORKS):
        names = ", ".join(d2lmini.FRAMEWORKS)
        raise ValueError(f"BACKENDS: {', '.join(sorted(unknown))} is none of {names}")
    if asked and key not in asked:
        return f"{key} is not among BACKENDS"
    if find_spec(key) is not None:
        return None
    if asked or os.environ.get("CI") == "true":
        raise ModuleNotFoundError(f"{key} is required here and not installed", name=key)
    return f"{key} is not installed"


def key_of(notebook: Path) -> str:
    """Return the framework of a notebook's file: torch for gan_torch.ipynb."""
    return notebook.stem.split("_")[1]
