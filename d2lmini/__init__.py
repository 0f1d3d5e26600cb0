"""A few tools shared by the GAN notebooks: ``from d2lmini import torch as d2l``.

Each framework has a module of its own, which needs that framework alone. This file imports none.
"""

from importlib.metadata import requires, version

__version__ = version("d2lmini")

# One key names a framework everywhere: module, extra, notebook, test. A new one adds its key here.
FRAMEWORKS = ("torch", "tensorflow", "mxnet", "numpy")


def missing_framework(key: str) -> ImportError:
    """Return the error for a framework that is not installed, with the way out in it."""
    from packaging.requirements import Requirement

    # The markers in pyproject.toml know for which systems a framework has wheels.
    needs = [Requirement(line) for line in requires("d2lmini") or ()]
    needs = [need for need in needs if need.name.startswith(key) and need.marker]
    if any(need.marker.evaluate({"extra": key}) for need in needs):
        way_out = f"in the project's folder, run: pip install -e '.[{key}]'"
    else:
        way_out = "no wheel of it exists for this system; use another framework's notebook"
    return ImportError(f"d2lmini.{key}: {key} is not installed; {way_out}")
