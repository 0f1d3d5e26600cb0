"""The lab in Chromium, beside what NumPy does in the same time."""

from importlib import import_module

import pytest

from benchmarks.bench_steps import INSTALLED, SLOW
from tests.support.lesson import numpy_lesson
from tools import book

LAB = pytest.mark.parametrize("key", [key for key in INSTALLED if key == "numpy"])
POINTS, FRAMES = 1000, 120

# What is measured, how many examples or frames that are, and the JavaScript that does it.
DONE = {
    "the browser, one run after another: examples/s": (
        20 * 20 * POINTS,
        "() => { for (let seed = 0; seed < 20; seed++) GAN.one_run({ ...LESSON, seed }); }",
    ),
    "the browser, a study of a hundred runs: examples/s": (
        100 * 20 * POINTS,
        "() => new Promise((done) => new Study({ ...LESSON }, () => {}, done)).then(() => null)",
    ),
    "frames, a second": (
        FRAMES,
        f"""() => new Promise((done) => {{
            show(new Session({{ ...LESSON, num_epochs: 10000 }}));
            resume();
            let count = 0;
            const frame = () => {{
                if (++count <= {FRAMES}) return requestAnimationFrame(frame);
                pause();
                done();
            }};
            frame();
        }})""",
    ),
}  # fmt: skip
SIDE_BY_SIDE = "NumPy, a hundred runs at once: examples/s"


@pytest.fixture(scope="module")
def page(tmp_path_factory, browser):
    """Open the lab in the built book, from the file system."""
    target = tmp_path_factory.mktemp("book") / "book"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["book", str(target)])
        book.main()
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((target / "lab.html").as_uri())
    yield page
    page.close()


@SLOW
@LAB
@pytest.mark.parametrize("what", DONE)
def test_lab(benchmark, page, key, what):
    """The lab's own speed."""
    count, script = DONE[what]
    benchmark.extra_info |= {"table": "lab", "row": what, "column": "measured", "count": count}
    benchmark.pedantic(lambda: page.evaluate(script), rounds=5, iterations=1, warmup_rounds=1)


@LAB
def test_side_by_side(benchmark, key):
    """An epoch of the NumPy lesson's study, in which a hundred runs share each step."""
    names = numpy_lesson()
    d2l = import_module(f"d2lmini.{key}")
    names |= {"A": d2l.tensor([[1.0, 2.0], [-0.1, 0.5]]), "b": d2l.tensor([1.0, 2.0])}
    benchmark.extra_info |= {"table": "lab", "row": SIDE_BY_SIDE, "column": "measured"}
    benchmark.extra_info |= {"count": 100 * POINTS}
    net_D = names["MLP"](2, 5, 3, 1, runs=(100,))
    work = names["train_many"], [net_D], {"num_epochs": 1}
    benchmark.pedantic(*work, rounds=5, iterations=1, warmup_rounds=1)
