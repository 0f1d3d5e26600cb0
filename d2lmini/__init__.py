"""A few tools shared by the GAN notebooks: ``from d2lmini import torch as d2l``.

Each framework has a module of its own, which needs that framework alone. This file imports none.
"""

import platform
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

try:
    __version__ = version("d2lmini")
except PackageNotFoundError:  # a copied folder, not installed
    __version__ = "unknown"

# One key names a framework everywhere: module, extra, notebook, test. A new one adds its key here.
FRAMEWORKS = ("torch", "tensorflow", "mxnet", "jax", "numpy")

PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # that pyproject.toml allows


def no_wheel(key: str) -> str | None:
    """Return why a framework cannot be installed here, or None if it can.

    For which Pythons and systems it has wheels is written down in the markers of pyproject.toml.
    """
    needs = [need for need in _needs(key) if need.name.startswith(key)]
    pythons = [p for p in PYTHONS if any(_fits(need, key, python_version=p) for need in needs)]
    here = ".".join(platform.python_version_tuple()[:2])
    if not needs or here in pythons:
        return None
    if not pythons:
        return f"{key} has no wheel for {platform.system()} on {platform.machine()}"
    return f"{key} has no wheel for Python {here}, only for {', '.join(pythons)}"


def _needs(key: str) -> list:
    """Return what a framework's extra asks for on one system or another."""
    from packaging.requirements import Requirement

    try:
        needs = map(Requirement, requires("d2lmini") or ())
    except PackageNotFoundError:
        return []
    return [need for need in needs if need.marker and f'extra == "{key}"' in str(need.marker)]


def _fits(need, key: str, **environment: str) -> bool:
    return need.marker.evaluate({"extra": key, **environment})


def missing_framework(key: str) -> ImportError:
    """Return the error for a framework that is not installed, with the way out in it."""
    if reason := no_wheel(key):
        way_out = f"{reason}; use another framework's notebook"
    elif (Path(__file__).parents[1] / "pyproject.toml").exists():
        way_out = f"{key} is not installed; in the project's folder, say: BACKENDS={key} make lab"
    else:
        needs = [f'"{need.name}{need.specifier}"' for need in _needs(key) if _fits(need, key)]
        way_out = f"{key} is not installed; run: python -m pip install {' '.join(needs) or key}"
    return ImportError(f"d2lmini.{key}: {way_out}")
