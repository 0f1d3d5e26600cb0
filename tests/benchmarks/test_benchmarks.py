"""The benchmark still runs, and what it measures is kept, shown and drawn."""

import json
import os
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from benchmarks import report, results
from benchmarks.bench_animator import FRAMES
from benchmarks.bench_lab import DONE, SIDE_BY_SIDE
from benchmarks.bench_loaders import EXAMPLES, STOCK
from benchmarks.bench_notebooks import PARTS, SHARE
from benchmarks.bench_steps import BATCH_SIZES, DIMENSIONS
from d2lmini import FRAMEWORKS
from tests.support.commands import everything
from tests.support.lesson import GAN
from tests.support.python import python

ROOT = Path(__file__).parents[2]


def benchmark(table, row, column, seconds, **notes):
    """Make what pytest-benchmark writes of one benchmark; of an import the shortest counts."""
    place = {"table": table, "row": row, "column": column}
    stats = {"min": seconds, "median": 9.0} if table == "import" else {"min": 0, "median": seconds}
    return {"extra_info": place | notes, "stats": stats}


def run_of(benchmarks):
    """Make a run, as pytest-benchmark writes it."""
    about = {"cpu": {"brand_raw": "abacus", "count": 2}, "python_version": "3.11.7"}
    about["versions"] = {"numpy": "1.26.4"}
    return {"machine_info": about, "datetime": "2026-11-23T12:00:00", "benchmarks": benchmarks}


def whole_run():
    """Make the benchmarks of a run in which nothing is missing."""
    ms, table = {"unit": 1e-3}, "frame of the lesson's plot"
    run = [benchmark(table, frame, "ms", 0.1 / n, **ms) for n, frame in enumerate(FRAMES, start=1)]
    run.append(benchmark("import", "numpy", "pyplot, s", 0.3))
    run += [benchmark("lab", row, "measured", 1.0, count=100) for row in (*DONE, SIDE_BY_SIDE)]
    for key in FRAMEWORKS:
        for n, way in enumerate(results.ways(key), start=1):
            notes = {"count": 1000, "figures": {"first epoch, s": 9.0}}
            run.append(benchmark("way", f"{key}: {way}", "examples/s", 0.1 / n, **notes))
        for table, sizes in {"batch size": BATCH_SIZES, "dimension": DIMENSIONS[1:]}.items():
            run += [benchmark(table, key, f"{size:,}", 5e-4, unit=1e-6) for size in sizes]
        run += [benchmark("examples", key, f"{n:,}", n * 1e-6, **ms) for n in EXAMPLES]
        if key in STOCK:
            run.append(benchmark("loader", key, "its own, ms", 0.9, **ms))
        run.append(benchmark("import", key, "alone, s", 0.1))
        run.append(benchmark("import", key, "with d2lmini, s", 0.35))
        figures = dict.fromkeys(PARTS, 1.0) | {SHARE: 0.25}
        about = {"table": "seconds", "row": key, "figures": figures}
        run.append({"extra_info": about, "stats": {"median": 7.0}})
    return run


def without(run, pattern):
    """Leave out the benchmarks whose table, row and column fit a pattern."""
    places = ("; ".join(map(str, one["extra_info"].values())) for one in run)
    return [one for one, place in zip(run, places, strict=True) if not re.search(pattern, place)]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of what `keep` may write, for it to write."""
    for folder in ("benchmarks", "notebooks/gan"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("results.json", "results.md"):
        shutil.copy(ROOT / "benchmarks" / name, tmp_path / "benchmarks")
    for path in (*GAN.folder.glob("gan_*"), GAN.folder / "speed.png"):
        shutil.copy(path, tmp_path / "notebooks" / "gan")
    monkeypatch.setattr(report, "PROJECT", tmp_path)
    return tmp_path


@pytest.fixture
def keep(project, monkeypatch):
    """Have the rows of a run kept in the copy."""

    def keep(rows):
        parts = {project / "1.json": rows[::2], project / "2.json": rows[1::2]}
        for path, some in parts.items():
            path.write_text(json.dumps(run_of(some)), encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["report", *map(str, parts), "keep"])
        report.main()

    return keep


def faults():
    """What the project's results lack, and which files are not as they are made from them."""
    kept = report.stored()
    if found := results.faults(kept):
        return found
    made = report.made(kept)
    names = {f"gan_{key}_faster{end}" for key in FRAMEWORKS for end in (".py", ".ipynb")}
    found = [f"{name} does not show speed.png" for name in names - {path.name for path in made}]
    return found + [f"{path.name} is another" for path in made if not is_as_made(path, made[path])]


def is_as_made(path, content):
    if path.suffix == ".png":
        return np.array_equal(imread(path), imread(BytesIO(content)))
    return path.read_text(encoding="utf-8") == content


def test_stored_results_are_whole_and_what_is_made_from_them_agrees():
    found = faults()
    assert not found, "\n".join(found)


def test_a_whole_run_is_kept(keep, project):
    keep(whole_run())
    assert faults() == []
    lines = (project / "benchmarks" / "results.md").read_text(encoding="utf-8").splitlines()
    for line in (
        "| torch: eager | 10,000 | 1.0 | 9.00 |",
        "| torch: functional step, compiled | 30,000 | 3.0 | 9.00 |",
        "| batch size | 8 | 64 | 512 | 4,096 |",
        "| dimension | 2 | 16 | 128 | 1,024 |",
        "| torch | 500 | 500 | 500 | 500 |",
        "| torch | 1 | 10 | 100 | 1,000 | 10,000 |",
        "| torch | 100 | 900 | 9.0 |",
        "| numpy | 100 | - | - |",
        "| live frame | 50.00 | 0.50 |",
        "| torch | 0.10 | 0.35 | 0.25 | 0.20 |",
        "| torch | 1.0 | 1.0 | 1.0 | 1.0 | 1.0 | 1.0 | 1.0 | 25% |",
        "| torch: drawing, of the training cell's time | at most 25% | 25% | yes |",
        "| torch: seconds that d2lmini adds to the import | at most 0.40 | 0.25 | yes |",
        "| torch: fastest way, times the plain step | at least 5.0 | 3.0 | no |",
        "| mxnet: `load_array`, times its own loader | at least 10.0 | 9.0 | no |",
    ):
        assert line in lines, line
    page = " ".join(lines)
    assert "on 2026-11-23: abacus, 2 cores; Python 3.11.7, numpy 1.26.4." in page
    assert "way: torch from 10,000 to 30,000, tensorflow from 10,000 to 40,000," in page


def test_what_is_kept_gives_page_picture_and_descriptions_anew(keep, project, monkeypatch):
    keep(whole_run())
    change(project / "benchmarks" / "results.json", '"examples/s": 10000', '"examples/s": 20000')
    assert faults()
    monkeypatch.setattr(sys, "argv", ["report"])
    report.main()
    assert faults() == []


def test_another_picture_is_found(keep, project):
    keep(whole_run())
    shutil.copy(GAN.folder / "speed.png", project / "notebooks" / "gan")
    assert faults() == ["speed.png is another"]


def test_the_picture_has_a_dot_for_each_way():
    run = results.results_of([run_of(whole_run())])
    (axes,) = report.picture(run).axes
    speeds = [round(row["examples/s"]) for row in results.tables_of(run)["way"].values()]
    assert [line.get_xdata()[0] for line in axes.lines] == speeds
    assert [text.get_text() for text in axes.texts] == [f"{speed:,.0f}" for speed in speeds]
    rows = [line.get_ydata()[0] for line in axes.lines]
    assert rows == sorted(set(rows)) == list(axes.get_yticks())
    assert len({line.get_color() for line in axes.lines}) == len(FRAMEWORKS)


def test_each_benchmark_counts():
    """Without any one of them a run is not whole; of it alone there is a page all the same."""
    rows = whole_run()
    assert results.faults(results.results_of([run_of(rows)])) == []
    for i, one in enumerate(rows):
        assert results.faults(results.results_of([run_of(rows[:i] + rows[i + 1 :])])), one
        assert report.page_of(results.results_of([run_of([one])])).startswith("# "), one


@pytest.mark.parametrize(
    "pattern, said",
    [
        ("; mxnet", "no mxnet"),
        ("^import;", "no table 'import'"),
        ("; torch: functional step, compiled", "no row 'torch: functional step, compiled'"),
        ("; 4,096", "no '4,096' of 'torch' in table 'batch size'"),
        ("; its own", "no 'its own, ms' of 'torch' in table 'loader'"),
        ("^way;", "no table 'way'"),
    ],
)
def test_a_run_that_is_not_whole_is_refused(keep, project, pattern, said):
    parts = project / "benchmarks", project / "notebooks"
    before = [*map(everything, parts)]
    with pytest.raises(SystemExit, match=re.escape(said)) as stop:
        keep(without(whole_run(), pattern))
    assert "\n" not in str(stop.value)
    assert [*map(everything, parts)] == before


@pytest.mark.parametrize("setting", ["QUICK=1", "BACKENDS=numpy"])
def test_make_does_not_ask_to_keep_what_cannot_be_whole(setting):
    def recipe(*settings):
        command = ["make", "--dry-run", "bench", *settings]
        return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8").stdout

    assert ".json keep" in recipe("BACKENDS=") and ".json keep" not in recipe(setting)


MISTAKES = {
    "an empty cell": ("results.json", '"first epoch, s": 9.0, ', ""),
    "a table left out": ("results.json", '"import": ', '"imports": '),
    "a framework left out of a table": ("results.json", '"mxnet": {"8":', '"caffe": {"8":'),
    "a way that is gone": ("results.json", "torch: eager", "torch: eagle"),
    "another number": ("results.json", '"examples/s": 10000', '"examples/s": 10001'),
    "another number in the page": ("results.md", "torch: eager . 10,000", "torch: eager | 10,001"),
    "a description by hand": ("results.md", r"(?s)!\[.*?\]", "![Dots]"),
    "one in a .py": ("gan_mxnet_faster.py", r"(?s)!\[[^]]*\]\(speed", "![Dots](speed"),
    "one in a .ipynb": ("gan_mxnet_faster.ipynb", "from 10,000 to 30,000", "from 10,000 to 3,000"),
    "one in a lesson": ("gan_mxnet.py", r"(?s)!\[[^]]*\]\(speed", "![Dots](speed"),
    "a picture left out": ("gan_mxnet_faster.ipynb", r"!\[[^]]*\]\(speed.png\)", "Dots"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(keep, project, mistake):
    keep(whole_run())
    name, pattern, replacement = MISTAKES[mistake]
    change(next(project.rglob(name)), pattern, replacement)
    assert faults()


def change(path, pattern, replacement):
    """Replace what is found first in a file."""
    text, n = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1)
    assert n == 1
    path.write_text(text, encoding="utf-8")


def test_the_benchmark_runs(tmp_path):
    """Each as short as can be, with the framework that starts soonest: only the slow is missing."""
    command = (
        "-m pytest benchmarks -q --override-ini addopts= --override-ini python_files=bench_*.py "
        "--benchmark-min-rounds=1 --benchmark-max-time=0 --benchmark-min-time=0.000001"
    )
    # In a worker of xdist's, pytest-benchmark writes nothing down.
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_XDIST_WORKER"}
    words = [*command.split(), "-m", "not slow", f"--benchmark-json={tmp_path / 'bench.json'}"]
    done = python(*words, cwd=ROOT, env=environment | {"BACKENDS": "numpy"})
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-2000:]
    run = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert {"numpy", "numba", "matplotlib"} == run["machine_info"]["versions"].keys()
    missing = {fault for fault in results.faults(results.results_of([run])) if "'aim'" not in fault}
    slow = {"batch size": ["4,096"], "dimension": ["1,024"]}
    slow["examples"] = ["1,000,000", "10,000,000"]
    assert missing == {
        *(f"no {key}" for key in FRAMEWORKS if key != "numpy"),
        *(f"no table {name!r}" for name in ("import", "seconds")),
        *(f"no {n!r} of 'numpy' in table {name!r}" for name in slow for n in slow[name]),
        *(f"no row {name!r} in table 'lab'" for name in DONE),
    }


def test_what_the_benchmark_of_the_lab_measures_is_done(visit, server):
    page = visit(server).go("lab.html")
    page.wait_for_function("!is_going() && !queued")
    for what, (count, script) in DONE.items():
        page.evaluate(script)
        if what == "frames, a second":
            assert page.evaluate("session.run.step") >= 0.9 * count * page.evaluate("LESSON.speed")
    assert not page.evaluate("playing")
