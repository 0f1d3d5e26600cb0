"""Which frameworks to run: those that BACKENDS names, else all that are installed."""

import os
from importlib.util import find_spec
from pathlib import Path

import d2lmini

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


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


def key_of(notebook: Path) -> str | None:
    """Return a notebook's framework, torch for gan_torch.ipynb, or None for a stray file."""
    first, *rest = notebook.stem.split("_")
    return rest[0] if first == "gan" and rest and rest[0] in d2lmini.FRAMEWORKS else None


def lessons(ending: str) -> list[Path]:
    """Return the notebooks' files with this ending, .py or .ipynb."""
    return [path for path in sorted(NOTEBOOKS.glob(f"gan_*{ending}")) if key_of(path)]
