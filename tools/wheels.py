"""For which Pythons and systems a framework has wheels: by the markers of pyproject.toml."""

import platform
from importlib.metadata import PackageNotFoundError, requires

PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # that pyproject.toml allows


def requirements(key: str | None = None) -> list:
    """Return what d2lmini asks for, or a framework's extra alone, on one system or another.

    Without an installed d2lmini, as before the first set-up, that is not known: [].
    """
    try:
        lines = requires("d2lmini") or ()
    except PackageNotFoundError:
        return []
    from packaging.requirements import Requirement  # not there before the first set-up either

    needs = map(Requirement, lines)
    return [need for need in needs if key is None or f'extra == "{key}"' in str(need.marker)]


def fits(need, key: str, **environment: str) -> bool:
    """Tell whether a requirement counts for a framework, here or in another environment."""
    return need.marker is None or need.marker.evaluate({"extra": key, **environment})


def pythons(key: str, **system: str) -> list[str]:
    """Return the versions of Python for which a framework has wheels, here or on another system."""
    needs = [need for need in requirements(key) if need.name.startswith(key)]
    fit = []
    for python in PYTHONS:
        here = {"python_version": python, "python_full_version": f"{python}.0", **system}
        if not needs or any(fits(need, key, **here) for need in needs):
            fit.append(python)
    return fit


def no_wheel(key: str) -> str | None:
    """Return why a framework cannot be installed here, or None if it can."""
    here, fit = ".".join(platform.python_version_tuple()[:2]), pythons(key)
    if here in fit:
        return None
    if not fit:
        return f"{key} has no wheel for {platform.system()} on {platform.machine()}"
    return f"{key} has no wheel for Python {here}, only for {', '.join(fit)}"
