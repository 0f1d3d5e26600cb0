"""The numbers that a notebook begins with: what the text invites to try gives a result, without a
warning, and what cannot work is refused at once."""

import re
import warnings

import pytest

from d2lmini.checks import check_numbers
from tests.support.lesson import run_cells, run_until, source, with_numbers

GOOD = {"seed": 1, "batch_size": 8, "num_epochs": 20, "lr_D": 0.05, "lr_G": 0.005, "latent_dim": 2}
GOOD |= {"beta1": 0.9}
# Every end of a range is in one of them, but for many epochs and small batches, which take long.
EXTREMES = [
    {"seed": 0, "batch_size": 5000, "num_epochs": 1, "lr_D": 1e6, "lr_G": 1e6, "latent_dim": 16},
    {"seed": 2**32 - 1, "batch_size": 300, "num_epochs": 2, "lr_D": 0, "lr_G": 1, "latent_dim": 1},
]
EXTREMES[1]["beta1"] = 0


@pytest.mark.parametrize("numbers", EXTREMES, ids=["large", "small"])
def test_a_lesson_runs_with_extreme_numbers(framework, numbers, monkeypatch, capfd):
    text = with_numbers(framework, numbers)
    names = run_until("## From telling", framework, text)
    d2l, show = names["d2l"], names["d2l"].show
    monkeypatch.setattr(d2l, "show", lambda fig, alt: (fig.canvas.draw(), show(fig, alt)))
    capfd.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Python shows no reader those of a package, such as TensorFlow's on Python 3.13.
        warnings.simplefilter("ignore", DeprecationWarning)
        run_cells("## From telling", "## Why it does not arrive", framework, names, text)
        run_cells("## Making it work", "## When it fails", framework, names, text)
        run_cells("## On real data", "## Going faster", framework, names, text)
    out, err = capfd.readouterr()
    assert err == ""
    assert re.search(r"^now +loss_D \S+, of the best D \S+; Fréchet \S+, ", out, re.MULTILINE)


@pytest.fixture
def quick(framework, monkeypatch):
    """No just-in-time compilers of machine code, which take long and mind no number."""
    if framework == "numpy":
        monkeypatch.setattr("numba.njit", lambda function: function)
    if framework == "torch":

        def fail(*_args, **_options):
            raise OSError("no compiler")

        monkeypatch.setattr("torch.compile", fail)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("numbers", EXTREMES, ids=["large", "small"])
def test_the_ways_run_with_extreme_numbers(framework, numbers, capfd):
    numbers = {name: numbers[name] for name in ("seed", "batch_size", "latent_dim")}
    text = with_numbers(framework, numbers, "faster")
    names = run_until("## The work", framework, text)
    capfd.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)
        run_cells("## The work", "## Reading the numbers", framework, names, text)
    out, err = capfd.readouterr()
    assert err == ""
    assert "same W and c after the first steps, to 0.00001: True\n" in out
    left_out = "torch.compile fails on this computer and is left out: OSError\n"
    assert (left_out in out) == (framework == "torch")


@pytest.mark.parametrize(
    "name, values",
    [
        ("seed", [-1, 2**32, 1.0, "1", True]),
        ("batch_size", [0, -8, 2.5, "8", None]),
        ("num_epochs", [0, -1, 2.5, "20"]),
        ("latent_dim", [0, -1, 2.0, "2"]),
        ("num_faces", [0, 9, 10.0, 100_001, "10"]),
        ("lr_D", [-0.1, 2e6, float("nan"), float("inf"), "0.05", None, True]),
        ("lr_G", [-0.1, "0.005"]),
        ("beta1", [-0.1, 1, 1.5, float("nan"), "0.9", True]),
    ],
)
def test_a_number_that_cannot_work_is_refused_by_name(name, values):
    check_numbers(**GOOD)
    for value in values:
        with pytest.raises((TypeError, ValueError), match=rf"^{name}: want .*, got ") as error:
            check_numbers(**GOOD | {name: value})
        assert str(error.value).endswith(f"got {value!r}")


@pytest.mark.parametrize(
    "kind, numbers", [("", GOOD), ("faster", ["seed", "batch_size", "latent_dim"])]
)
def test_a_notebook_refuses_it_before_anything_runs(framework, kind, numbers):
    """Each number reaches the check under its own name, when there are only imports and numbers."""
    text = source(framework, kind)
    names = run_until("d2l.check_numbers(", framework, text)
    assert "data" not in names
    (check,) = re.findall(r"^d2l\.check_numbers\(.*\)$", text, re.MULTILINE)
    exec(check, names)
    for name in numbers:
        with pytest.raises(ValueError, match=f"^{name}: "):
            exec(check, names | {name: -1})
