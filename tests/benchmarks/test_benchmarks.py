"""The benchmark still runs, and all that quotes its results says what was measured.

No test here looks at a time of its own.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import chain
from math import inf
from pathlib import Path

import jupytext
import pytest
from PIL import Image

from benchmarks import report
from benchmarks.bench_animator import FRAMES
from benchmarks.bench_lab import DONE, SIDE_BY_SIDE
from benchmarks.bench_loaders import EXAMPLES, STOCK
from benchmarks.bench_notebooks import PARTS, SHARE
from benchmarks.bench_steps import SIZES
from d2lmini import FRAMEWORKS
from tests.support.lesson import GAN, run_until, source

ROOT = Path(__file__).parents[2]
RESULTS = (ROOT / "benchmarks" / "results.md").read_text(encoding="utf-8")


def row(table, seconds, **about):
    """Make what pytest-benchmark writes of one benchmark."""
    return {"extra_info": {"table": table, **about}, "stats": {"median": seconds, "min": seconds}}


def run_of(rows):
    """Make a run, as pytest-benchmark writes it."""
    about = {"cpu": {"brand_raw": "abacus", "count": 2}, "python_version": "3.11.7"}
    about["versions"] = {"numpy": "1.26.4"}
    return {"machine_info": about, "datetime": "2026-11-23T12:00:00", "benchmarks": rows}


def whole_run():
    """Make the rows of a run in which nothing is missing."""
    rows = [row("animator", 0.1 / n, frame=frame) for n, frame in enumerate(FRAMES, start=1)]
    rows.append(row("imports", 0.3, framework="numpy", what="pyplot"))
    rows += [row("lab", 1.0, what=what, count=100) for what in (*DONE, SIDE_BY_SIDE)]
    for key in FRAMEWORKS:
        about = {"framework": key}
        for n, way in enumerate(report.ways(key), start=1):
            rows.append(row("steps", 0.1 / n, way=way, examples=1000, first=9.0, **about))
        for batch_size, dimension in SIZES:
            sizes = {"batch size": batch_size, "dimension": dimension}
            rows.append(row("sizes", 5e-4, **sizes, **about))
        for n in EXAMPLES:
            rows.append(row("loaders", n * 1e-6, loader="load_array", examples=n, **about))
        if key in STOCK:
            rows.append(row("loaders", 0.9, loader="its own", examples=10**5, **about))
        rows += [row("imports", 0.1, what="framework", **about)]
        rows += [row("imports", 0.35, what="d2lmini", **about)]
        rows += [row("notebooks", 7.0, **dict.fromkeys(PARTS, 1.0), **{SHARE: 0.25}, **about)]
    return rows


def without(rows, **about):
    """Leave out the rows with these notes."""
    return [row for row in rows if not about.items() <= row["extra_info"].items()]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of what `keep` may write, for it to write."""
    for folder in ("benchmarks", "notebooks/gan"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "benchmarks" / "results.md", tmp_path / "benchmarks")
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
    """What is wrong in the project with the results and with what is made from them."""
    results = report.PROJECT / "benchmarks" / "results.md"
    notebooks = report.PROJECT / "notebooks" / "gan"
    page = results.read_text(encoding="utf-8")
    if found := report.faults(page):
        return found
    with Image.open(notebooks / "speed.png") as picture:
        if picture.info.get("Description") != report.tables(page)["way"]:
            found.append("speed.png was drawn from another table")
    shown = {path: descriptions(path) for path in notebooks.glob("gan_*")}
    for name in (f"gan_{key}_faster{end}" for key in FRAMEWORKS for end in (".py", ".ipynb")):
        if not shown[notebooks / name]:
            found.append(f"{name} does not show speed.png")
    for path, texts in (shown | {results: descriptions(results)}).items():
        if set(texts) - {report.description(page)}:
            found.append(f"{path.name} has of speed.png not: {report.description(page)}")
    return found


def descriptions(path):
    """The alt texts of speed.png in a Markdown file or a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".md" and "speed.png" in text:
        text = "\n".join(cell.source for cell in jupytext.read(path).cells)
    alts = re.findall(r"!\[([^]]*)\]\(\S*speed\.png\)", text)
    return [" ".join(alt.split()) for alt in alts]


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


def test_the_stored_page_gives_its_picture_and_descriptions_anew(keep, project, monkeypatch):
    keep(whole_run())
    page = project / "benchmarks" / "results.md"
    text = page.read_text(encoding="utf-8")
    changed = text.replace("| torch: eager | 10,000 |", "| torch: eager | 9,000 |")
    page.write_text(changed, encoding="utf-8")
    assert faults()
    monkeypatch.setattr(sys, "argv", ["report", str(page), "keep"])
    report.main()
    assert faults() == []


def test_the_picture_has_a_dot_for_each_way():
    page = report.page_of([run_of(whole_run())])
    (axes,) = report.picture(page).axes
    speeds = list(chain.from_iterable(ways.values() for ways in report.speeds(page).values()))
    assert [line.get_xdata()[0] for line in axes.lines] == speeds
    assert [text.get_text() for text in axes.texts] == [f"{speed:,.0f}" for speed in speeds]
    rows = [line.get_ydata()[0] for line in axes.lines]
    assert rows == sorted(set(rows)) == list(axes.get_yticks())
    assert len({line.get_color() for line in axes.lines}) == len(FRAMEWORKS)


def test_each_benchmark_counts():
    """Without any one of them the page is not whole; with it alone there is a page all the same."""
    rows = whole_run()
    assert report.faults(report.page_of([run_of(rows)])) == []
    for i, one in enumerate(rows):
        assert report.faults(report.page_of([run_of(rows[:i] + rows[i + 1 :])])), one
        assert report.page_of([run_of([one])]).startswith("# "), one


@pytest.mark.parametrize(
    "about, said",
    [
        ({"framework": "mxnet"}, "no mxnet"),
        ({"table": "imports"}, "no table 'import'"),
        ({"way": "functional step, compiled"}, "no row 'torch: functional step, compiled'"),
        ({"batch size": 4096}, "no '4,096' of 'torch' in table 'batch size'"),
        ({"loader": "its own"}, "no 'its own, ms' of 'torch' in table 'loader'"),
        ({"table": "steps"}, "no table 'way'"),
    ],
)
def test_a_run_that_is_not_whole_is_refused(keep, project, about, said):
    files = [path for path in project.rglob("*") if path.is_file()]
    before = [path.read_bytes() for path in files]
    with pytest.raises(SystemExit, match=re.escape(said)) as stop:
        keep(without(whole_run(), **about))
    assert "\n" not in str(stop.value)
    assert list(project.glob("*/*")) == files and [path.read_bytes() for path in files] == before


@pytest.mark.parametrize("setting", ["QUICK=1", "BACKENDS=numpy"])
def test_make_does_not_ask_to_keep_what_cannot_be_whole(setting):
    def recipe(*settings):
        command = ["make", "--dry-run", "bench", *settings]
        return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8").stdout

    assert ".json keep" in recipe("BACKENDS=") and ".json keep" not in recipe(setting)


MISTAKES = {
    "an empty cell": ("results.md", r"(?<=\| torch: eager )\| [\d,]+ ", "|  "),
    "a table left out": ("results.md", r"(?m)^\| import (\|.*\n)+", ""),
    "a framework left out of a table": ("results.md", r"(?m)^\| mxnet .*\n(?=\| jax)", ""),
    "a way that is gone": ("results.md", "torch: eager", "torch: eagle"),
    "another number": ("results.md", "torch: eager . 10,000", "torch: eager | 10,001"),
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
    (path,) = project.glob(f"*/{name}")
    text, n = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1)
    assert n == 1
    path.write_text(text, encoding="utf-8")
    assert faults()


def cell(table, row, column):
    """The number in a cell of the stored results."""
    return float(report.cells(report.tables(RESULTS)[table])[row][column].replace(",", ""))


def speed(way):
    """A way's examples per second."""
    return cell("way", way, "examples/s")


def epoch(way):
    """The seconds of an epoch of 1,000 examples."""
    return 1000 / speed(way)


def first(way):
    """The seconds of the first epoch, in which the compiling happens."""
    return cell("way", way, "first epoch, s")


def step(way):
    """The microseconds of a step of 8 points."""
    return 8e6 / speed(way)


def plain_steps():
    """The examples per second of each framework's plain step."""
    return {key: next(iter(ways.values())) for key, ways in report.speeds(RESULTS).items()}


def lesson_steps():
    """The microseconds of each framework's step of 8 points, as its lesson takes it."""
    return [cell("batch size", key, "8") for key in FRAMEWORKS]


def gain(key):
    """How many times as fast as its plain step a framework's fastest way is."""
    return fastest(key) / plain_steps()[key]


def fastest(*keys):
    """The most examples per second in some frameworks."""
    return max(max(report.speeds(RESULTS)[key].values()) for key in keys)


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_one_setup_has_one_number(key):
    assert cell("batch size", key, "8") == cell("dimension", key, "2")
    assert cell("examples", key, "100,000") == cell("loader", key, "`load_array`, ms")


TORCH = "torch: functional step, compiled"
XLA = "tensorflow: tf.function and XLA, epoch"
NUMBA = "numpy: Numba, epoch"

# What is said of speed, in a lesson or in gan_<key>_faster: for which framework (what all share is
# in torch's), in which words, the number in the results that is to bear it out, and the least and
# the most that the words allow.
CLAIMS = [
    (
        "torch",
        "on a laptop everything runs in about a minute",
        lambda: max(cell("seconds", key, "all") for key in FRAMEWORKS),
        0,
        90,
    ),
    (
        "torch",
        "make it faster, in one framework several times",
        lambda: min(gain(key) for key in FRAMEWORKS),
        3,
        10,
    ),
    ("torch", "in another a thousand times", lambda: max(map(gain, FRAMEWORKS)), 800, 3000),
    ("torch", "can do that in a few microseconds", lambda: step(NUMBA), 2, 9),
    (
        "torch",
        "took far longer for each step",
        lambda: min(lesson_steps()) / step(NUMBA),
        5,
        inf,
    ),
    (
        "torch",
        "The functional style alone makes the step slower",
        lambda: speed("torch: functional step") / speed("torch: eager"),
        0,
        0.95,
    ),
    (
        "torch",
        "it is several times as fast as the lesson's loop",
        lambda: speed(TORCH) / speed("torch: eager"),
        3,
        20,
    ),
    ("torch", "compiling takes seconds", lambda: first(TORCH), 2, 60),
    (
        "torch",
        "time in which the lesson's loop trains for dozens of epochs",
        lambda: first(TORCH) / epoch("torch: eager"),
        24,
        300,
    ),
    (
        "torch",
        "The plain steps are a factor of a hundred or more apart",
        lambda: max(plain_steps().values()) / min(plain_steps().values()),
        80,
        500,
    ),
    (
        "torch",
        "but only because TensorFlow's is eager here",
        lambda: max(plain_steps().values()) / sorted(plain_steps().values())[1],
        1,
        25,
    ),
    (
        "torch",
        "The lessons' own steps differ by a factor of ten to twenty",
        lambda: max(lesson_steps()) / min(lesson_steps()),
        9,
        22,
    ),
    (
        "torch",
        "a whole epoch compiled by XLA, in TensorFlow",
        lambda: speed(NUMBA) / speed(XLA),
        2.5,
        4.5,
    ),
    (
        "torch",
        "or in JAX, comes within a factor of three to four of loops",
        lambda: speed(NUMBA) / speed("jax: jax.jit, epoch"),
        2.5,
        4.5,
    ),
    (
        "tensorflow",
        "it is a factor of a thousand or more",
        lambda: speed(XLA) / speed("tensorflow: eager"),
        800,
        inf,
    ),
    ("tensorflow", "an epoch takes a few milliseconds", lambda: epoch(XLA) * 1e3, 1.2, 9),
    ("tensorflow", "compiling it takes one or two seconds", lambda: first(XLA), 0.7, 2.7),
    (
        "tensorflow",
        "less than a single eager epoch",
        lambda: first(XLA) / epoch("tensorflow: eager"),
        0,
        1,
    ),
    (
        "tensorflow",
        "Without a graph, TensorFlow's step is slower than PyTorch's and MXNet's",
        lambda: speed("tensorflow: eager") / min(speed("torch: eager"), speed("mxnet: eager")),
        0,
        0.8,
    ),
    (
        "tensorflow",
        "with all of an epoch in one call it leaves both behind",
        lambda: speed(XLA) / fastest("torch", "mxnet"),
        1.5,
        inf,
    ),
    (
        "mxnet",
        "To hybridize the two networks gains next to nothing",
        lambda: speed("mxnet: networks hybridized") / speed("mxnet: eager"),
        0.8,
        1.5,
    ),
    (
        "mxnet",
        "the step is two to four times as fast as the eager one",
        lambda: speed("mxnet: one block a loss") / speed("mxnet: eager"),
        1.7,
        4.7,
    ),
    ("mxnet", "and the first steps cost little", lambda: first("mxnet: one block a loss"), 0, 0.5),
    ("numpy", "a step now takes a few microseconds", lambda: step(NUMBA), 2, 9),
    ("numpy", "Compiling takes several seconds, once", lambda: first(NUMBA), 2, 9),
]

# What sounds like a speed and is none that the benchmark measures.
NO_CLAIMS = ["a fifth of a second", "the second time it is quicker", "mark on the axis is a factor"]
NO_CLAIMS += ["just what Python is slow at", "so slow that we watch only five"]


def prose(key, kind=""):
    """The text cells of a notebook, each also without headings, the picture, links to go faster."""
    cells = jupytext.reads(source(key, kind), fmt="py:percent").cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    names = r"(?m)!\[[^]]*\]\(speed.png\)|^#+ .*$|\[[^]]*\]\(gan_\w+_faster.ipynb\)"
    return [(text, re.sub(names, "", text)) for text in texts]


def section(key):
    """The text cells of a lesson's own section about speed."""
    texts = prose(key)
    (start,) = [i for i, (text, _) in enumerate(texts) if text.startswith("## Going faster")]
    rest = texts[start + 1 :]
    stop = next(i for i, (text, _) in enumerate(rest, start + 1) if text.startswith("## "))
    return texts[start:stop]


def sentences(texts):
    """What text cells say about speed, a sentence each, or less of it up to a colon."""
    parts = re.split(r"(?<=[.?!:])\s", " ".join(" ".join(text for _, text in texts).split()))
    about_speed = r"\b(times as|thousand times|factor|\w*seconds|of a second|(fast|slow)\w*)\b"
    return [part for part in parts if re.search(about_speed, part)]


@pytest.mark.parametrize(
    "key, words, number, least, most", CLAIMS, ids=[f"{key}: {words}" for key, words, *_ in CLAIMS]
)
def test_results_bear_out_what_is_said(key, words, number, least, most):
    said = " ".join(text for kind in ("", "faster") for _, text in prose(key, kind))
    assert words in " ".join(said.split()), "said no longer"
    assert least <= number() <= most


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_what_is_said_of_speed_is_among_the_claims(key):
    listed = [words for _, words, *_ in CLAIMS] + NO_CLAIMS
    found = sentences(prose(key, "faster"))
    assert found
    found += sentences(section(key))
    assert not [part for part in found if not any(words in part for words in listed)]


def test_a_step_takes_as_much_arithmetic_as_is_said():
    """A multiplication for each weight, point and pass: forwards, to the weights, to the points."""
    names = run_until("## Where the time goes", "numpy", source("numpy", "faster"))
    weights_D, weights_G = (names[net].parameters[::2] for net in ("net_D", "net_G"))
    size, in_D, in_G = names["size"], sum(w.size for w in weights_D), sum(w.size for w in weights_G)
    step_D = 2 * size * (3 * in_D - weights_D[0].size)  # no need to go back to the points
    step_G = size * (2 * in_D + 3 * in_G)  # no need of the discriminator's weights
    adam = 8 * sum(p.size for net in ("net_D", "net_G") for p in names[net].parameters)
    tangents = 3 * size * sum(w.shape[1] for w in weights_D[:-1])
    said = "takes about 2,000 multiplications and 200 hyperbolic tangents"
    assert said in " ".join(" ".join(text for text, _ in prose("numpy", "faster")).split())
    assert (round(step_D + step_G + adam, -3), round(tangents, -2)) == (2000, 200)


def test_the_benchmark_runs(tmp_path):
    """Each as short as can be, with the framework that starts soonest: only the slow is missing."""
    command = (
        "-m pytest benchmarks -q --override-ini addopts= --override-ini python_files=bench_*.py "
        "--benchmark-min-rounds=1 --benchmark-max-time=0 --benchmark-min-time=0.000001"
    )
    # In a worker of xdist's, pytest-benchmark writes nothing down.
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_XDIST_WORKER"}
    done = subprocess.run(
        [
            *(sys.executable, *command.split(), "-m", "not slow"),
            f"--benchmark-json={tmp_path / 'bench.json'}",
        ],
        cwd=ROOT,
        env=environment | {"BACKENDS": "numpy"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-2000:]
    run = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert {"numpy", "numba", "matplotlib"} == run["machine_info"]["versions"].keys()
    missing = {fault for fault in report.faults(report.page_of([run])) if "'aim'" not in fault}
    slow = {
        "batch size": ["4,096"],
        "dimension": ["1,024"],
        "examples": ["1,000,000", "10,000,000"],
    }
    assert missing == {
        *(f"no {key}" for key in FRAMEWORKS if key != "numpy"),
        *(f"no table {name!r}" for name in ("import", "seconds")),
        *(f"no {n!r} of 'numpy' in table {name!r}" for name in slow for n in slow[name]),
        *(f"no row {name!r} in table 'lab'" for name in report.lab_rows()[: len(DONE)]),
    }
