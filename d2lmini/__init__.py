"""A few tools shared by the GAN notebooks: ``from d2lmini import torch as d2l``.

Each framework has a module of its own, which needs that framework alone. This file imports none.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("d2lmini")
except PackageNotFoundError:  # a copied folder, not installed
    __version__ = "unknown"

# One key names a framework everywhere: module, extra, notebook, test. A new one adds its key here.
FRAMEWORKS = ("torch", "tensorflow", "mxnet", "jax", "numpy")
