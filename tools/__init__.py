"""The commands behind the Makefile: python -m tools.NAME."""

import os
import sys

# Kernels are looked for here first: no notebook runs in another Python that calls its own python3.
_paths = [os.path.join(sys.prefix, "share", "jupyter"), os.environ.get("JUPYTER_PATH")]
os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, _paths))
KERNEL = "python3"  # this environment's, whatever a notebook names
QUIET_KERNEL = ["--log-level=ERROR"]  # it warns of each start that its port is not encrypted

# Kernels and figures are the same for everybody: neither a profile of IPython's nor a matplotlibrc
# of whoever runs a command has a say in what comes out.
for _name in "IPYTHONDIR", "MPLCONFIGDIR":
    os.environ[_name] = os.path.join(sys.prefix, "share", _name.lower())
for _name in "MATPLOTLIBRC", "PYTHONSTARTUP":
    os.environ.pop(_name, None)
