"""What `d2lmini.<framework>` adds to its framework's own import."""

import os
import subprocess
import sys

import pytest

from benchmarks.bench_steps import INSTALLED, SLOW

# d2lmini.mxnet sets an alias, without which MXNet does not start.
ALONE = {"mxnet": "import numpy; numpy.bool = bool; import mxnet"}
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "0"}


@SLOW
@pytest.mark.parametrize(
    "key, what",
    [*((key, what) for key in INSTALLED for what in ("framework", "d2lmini")), ("numpy", "pyplot")],
)
def test_import(benchmark, key, what):
    """A new Python that imports the framework, its module of d2lmini, or NumPy and pyplot."""
    benchmark.extra_info |= {"table": "imports", "framework": key, "what": what}
    code = {
        "framework": ALONE.get(key, f"import {key}"),
        "d2lmini": f"import d2lmini.{key}",
        "pyplot": "import numpy; from matplotlib import pyplot",
    }[what]
    environment = os.environ | QUIET
    benchmark.pedantic(
        lambda: subprocess.run([sys.executable, "-c", code], check=True, env=environment),
        rounds=10,
        warmup_rounds=1,
    )
