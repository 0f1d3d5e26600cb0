"""The commands behind the Makefile: python -m tools.NAME."""

import os
import sys

# Kernels are looked for here first: no notebook runs in another Python that calls its own python3.
_paths = [os.path.join(sys.prefix, "share", "jupyter"), os.environ.get("JUPYTER_PATH")]
os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, _paths))
