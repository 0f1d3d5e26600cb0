"""The benchmark still runs, and its page says what was measured. No test here looks at a time."""

import os
import re
import subprocess
import sys
from pathlib import Path

import d2lmini
from benchmarks import report
from tests.lesson import source

ROOT = Path(__file__).parent.parent
RESULTS = (ROOT / "benchmarks" / "results.md").read_text(encoding="utf-8")


def row(table, seconds, **about):
    return {"extra_info": {"table": table, **about}, "stats": {"median": seconds, "min": seconds}}


STEP = {"framework": "torch", "examples": 1000, "first": 9.0}
PARTS = {"start": 1.0, "import": 2.0, "training": 3.0, "drawing": 1.0, "the rest": 0.0, "all": 7.0}
RUN = {
    "machine_info": {"cpu": {"brand_raw": "abacus", "count": 2}, "python_version": "3.11.7"},
    "datetime": "2026-11-23T12:00:00",
    "benchmarks": [
        row("steps", 0.1, way="eager", **STEP),
        row("steps", 0.002, way="compiled", **STEP),
        row("steps", 1.0, framework="tensorflow", way="eager", examples=1000, first=1.0),
        row("steps", 1.0, framework="mxnet", way="eager", examples=1000, first=1.0),
        row("batch size", 0.5e-3, framework="torch", size=8),
        row("loaders", 3.0, framework="torch", loader="stock"),
        row("loaders", 0.1, framework="torch", loader="load_array"),
        row("loaders", 0.9, framework="mxnet", loader="stock"),
        row("loaders", 0.1, framework="mxnet", loader="load_array"),
        row("loaders", 0.9, framework="tensorflow", loader="stock"),
        row("loaders", 0.1, framework="tensorflow", loader="load_array"),
        row("animator", 0.1, frame="full redraw with a tight box"),
        row("animator", 0.04, frame="live frame"),
        row("imports", 1.0, framework="torch", what="framework"),
        row("imports", 1.25, framework="torch", what="d2lmini"),
        row("imports", 0.1, framework="numpy", what="framework"),
        row("imports", 0.3, framework="numpy", what="pyplot"),
        row("notebooks", 7.0, framework="torch", parts=[PARTS, PARTS, PARTS]),
    ],
}


def test_page_has_speeds_ratios_and_the_machine():
    page = report.text(report.Results(RUN))
    for line in (
        "on 2026-11-23: abacus, 2 cores",
        "| torch: eager | 10,000 | 1.0 | 9.00 |",
        "| torch: compiled | 500,000 | 50.0 | 9.00 |",
        "| batch size | 8 |",
        "| torch | 500 |",
        "| torch | 0.100 | 3.000 | 30.0 |",
        "| live frame | 40.00 | 0.40 |",
        "| torch | 1.00 | 1.25 | 0.25 | 0.20 |",
        "| torch: drawing, of the training cell's time | at most 25% | 25% | yes |",
        "| torch: seconds that d2lmini adds to the import | at most 0.40 | 0.25 | yes |",
        "| torch: fastest way, times the plain step | at least 5 | 50.0 | yes |",
        "| mxnet: `load_array`, times its own loader | at least 10 | 9.0 | no |",
        "| torch | 1.0 | 2.0 | 3.0 | 1.0 | 0.0 | 7.0 | 25% |",
    ):
        assert line in page, line
    bars = report.picture(report.Results(RUN)).axes[0].patches
    assert [bar.get_width() for bar in bars] == [1000, 1000, 500_000, 10_000]


def test_stored_results_are_of_the_ways_in_the_lessons():
    steps, _, _ = RESULTS.partition("## Aims")
    ways = re.findall(r"^\| (\w+): (.+?) \|", steps, re.MULTILINE)
    assert {key for key, _ in ways} == set(d2lmini.FRAMEWORKS)
    for key, way in ways:
        assert f'"{way}"' in source(key), f"no way {way!r} in gan_{key} any more: run `make bench`"


def test_the_benchmark_runs():
    """Each once, unmeasured, with the framework that starts soonest."""
    command = (
        "-m pytest benchmarks -q --override-ini addopts= --override-ini python_files=bench_*.py"
    )
    done = subprocess.run(
        [sys.executable, *command.split(), "-m", "not slow", "--benchmark-disable"],
        cwd=ROOT,
        env=os.environ | {"BACKENDS": "numpy"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-2000:]
