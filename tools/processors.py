"""How many processors this process may use, and how programs side by side share them.

In a container they are fewer than the machine has.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path

# For a program beside others: OpenMP, OpenBLAS, MKL and TensorFlow wait for their threads by
# spinning, so that two programs with two threads each on two processors take several times as long.
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ),
    "1",
)


def available(root: Path = Path("/")) -> int:
    """Return how many processes can work at the same time, at least 1.

    They are the processors that this process may run on, or as many as its control groups (cgroups)
    give it time for, if that is less. root: where the files of the system are.
    """
    if hasattr(os, "sched_getaffinity"):  # on Linux
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, min([count, *(math.ceil(quota) for quota in quotas(root))]))


def quotas(root: Path) -> Iterator[float]:
    """Give the processors' time that each control group allows: its own, and those it is in."""
    for line in read(root / "proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)  # version 2 names no controllers
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        names = ["cpu.cfs_quota_us", "cpu.cfs_period_us"] if controllers else ["cpu.max"]
        own = top / group.strip("/")
        for folder in (own, *own.parents):
            match " ".join(read(folder / name) for name in names).split():
                case [quota, period] if quota.isdecimal():  # without a bound: "max", or -1
                    yield int(quota) / int(period)
            if folder == top:
                break


def read(path: Path) -> str:
    """Return what is in a file; nothing if it is not there or not to be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
