"""Which frameworks to run: those that BACKENDS names, else all that are installed."""

import os
from importlib.util import find_spec

import d2lmini
from tools import wheels


def frameworks_asked() -> list[str]:
    """Return the frameworks that BACKENDS="torch mxnet" asks for; none of them means all.

    Raises ValueError for a name that is no framework's.
    """
    names = os.environ.get("BACKENDS", "").replace(",", " ").split()
    if unknown := set(names) - set(d2lmini.FRAMEWORKS):
        known = ", ".join(d2lmini.FRAMEWORKS)
        raise ValueError(f"BACKENDS: {', '.join(sorted(unknown))} is none of {known}")
    return names


def why_not(key: str) -> str | None:
    """Return the reason to leave a framework out, or None to use it.

    Raises ValueError for a name in BACKENDS that is no framework's. Raises ModuleNotFoundError if a
    framework has a wheel for this Python and system and is not installed, though BACKENDS names it
    or, on a CI service (CI=true), the project has it.
    """
    names = frameworks_asked()
    if names and key not in names:
        return f"{key} is not among BACKENDS"
    if find_spec(key) is not None:
        return None
    if reason := wheels.no_wheel(key):
        return reason
    if names or os.environ.get("CI") == "true":
        raise ModuleNotFoundError(f"{key} is required here and not installed", name=key)
    return f"{key} is not installed"
