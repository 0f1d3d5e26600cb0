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
@pytest.mark.parametrize("key", INSTALLED)
@pytest.mark.parametrize("what", ["framework", "d2lmini"])
def test_import(benchmark, key, what):
    """A new Python that imports the framework alone, or the framework's module of d2lmini."""
    benchmark.extra_info |= {"table": "imports", "framework": key, "what": what}
    code = f"import d2lmini.{key}" if what == "d2lmini" else ALONE.get(key, f"import {key}")
    environment = os.environ | QUIET
    benchmark.pedantic(
        lambda: subprocess.run([sys.executable, "-c", code], check=True, env=environment),
        rounds=5,
        warmup_rounds=1,
    )
