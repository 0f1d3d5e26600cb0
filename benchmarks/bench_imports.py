"""What `d2lmini.<framework>` adds to its framework's own import."""

import subprocess
import sys

import pytest

from benchmarks.bench_steps import INSTALLED, SLOW

# Without the alias, which d2lmini.mxnet sets, MXNet does not start; JAX's networks are flax's.
ALONE = {
    "mxnet": "import numpy; numpy.bool = bool; import mxnet",
    "jax": "import jax; from flax import nnx",
}
IMPORTS = [(key, what) for key in INSTALLED for what in ("framework", "d2lmini")]
IMPORTS += [(key, "pyplot") for key in INSTALLED if key == "numpy"]


@SLOW
@pytest.mark.parametrize("key, what", IMPORTS)
def test_import(benchmark, key, what):
    """A new Python that imports the framework, its module of d2lmini, or NumPy and pyplot."""
    column, code = {
        "framework": ("alone, s", ALONE.get(key, f"import {key}")),
        "d2lmini": ("with d2lmini, s", f"import d2lmini.{key}"),
        "pyplot": ("pyplot, s", "import numpy; from matplotlib import pyplot"),
    }[what]
    benchmark.extra_info |= {"table": "import", "row": key, "column": column}
    command, how = [sys.executable, "-c", code], {"check": True, "stderr": subprocess.PIPE}
    benchmark.pedantic(subprocess.run, [command], how, rounds=10, warmup_rounds=1)
