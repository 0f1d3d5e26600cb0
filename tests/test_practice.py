"""What the practice checks say of right steps and of wrong ones, in every framework."""

import linecache
import random
from functools import wraps
from importlib import import_module
from itertools import count

import numpy as np
import pytest

from d2lmini import FRAMEWORKS
from tests.mistakes import MISTAKES, RIGHT, each, own
from tests.test_guards import with_mistake
from tools.backends import why_not

numbers = count()


def written(key, text):
    """The function that a student has written as text, with the names of the framework's module."""
    names, file = dict(vars(import_module(f"d2lmini.{key}"))), f"<cell {next(numbers)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    exec(compile(text, file, "exec"), names)
    return next(names[name] for name in ("update_D", "update_G") if f"def {name}(" in text)


@pytest.mark.parametrize("key, mistake", each(MISTAKES))
def test_a_mistake_is_named(key, mistake):
    if reason := why_not(key):
        pytest.skip(reason)
    text = with_mistake(own(key, mistake.player), mistake.code[key])
    verdict = import_module(f"d2lmini.{key}").check(written(key, text))
    assert not verdict.right
    assert len(verdict.says) == len(mistake.says), verdict.says
    for said, wanted in zip(verdict.says, mistake.says, strict=True):
        assert wanted in said


@pytest.mark.parametrize(
    "key, player, change",
    [
        pytest.param(key, player, change, id=f"{name}, {player} ({key})")
        for key, player, name, change in RIGHT
    ],
)
def test_a_right_step_passes_in_any_style(key, player, change, capsys):
    if reason := why_not(key):
        pytest.skip(reason)
    text = with_mistake(own(key, player), change) if change else own(key, player)
    verdict = import_module(f"d2lmini.{key}").check(written(key, text))
    assert verdict.right and verdict.says == []
    assert capsys.readouterr().out == f"update_{player}: right.\n"


def test_every_framework_has_its_mistakes():
    for key in FRAMEWORKS:
        assert sum(key in mistake.code for mistake in MISTAKES) >= 20, key
        assert sum(key == other for other, *_ in RIGHT) >= 5, key


# Two mistakes at once, by their names, are both named.
PAIRS = [
    ("real points labelled 0", "the / 2 forgotten"),
    ("generated points labelled 1", "the loss returned with its graph"),
    ("uphill", "gradients never cleared"),
    ("generated points not cut off", "a sum for a mean"),
    ("noise for generated points", "real points labelled 0"),
    ("a sigmoid before the loss", "no loss returned"),
]


@pytest.mark.parametrize("pair", PAIRS, ids=[f"{' and '.join(pair)} (torch)" for pair in PAIRS])
def test_two_mistakes_at_once_are_both_named(pair):
    if reason := why_not("torch"):
        pytest.skip(reason)
    by_name = {mistake.name: mistake for mistake in MISTAKES if mistake.player == "D"}
    text = own("torch", "D")
    for name in pair:
        text = with_mistake(text, by_name[name].code["torch"])
    says = import_module("d2lmini.torch").check(written("torch", text)).says
    wanted = [words for name in pair for words in by_name[name].says]
    assert len(says) == len(wanted), says
    assert all(any(words in said for said in says) for words in wanted), says


def test_an_error_is_named_with_its_line(d2l, framework):
    text = own(framework, "D").replace("\n    return", "\n    nonsense(1)\n    return")
    (said,) = d2l.check(written(framework, text)).says
    line = text[: text.index("nonsense")].count("\n") + 1
    assert said.startswith(f"line {line}, `nonsense(1)`, stops with NameError: name 'nonsense'")


def test_what_cannot_be_called_is_said(d2l, framework):
    (said,) = d2l.check(written(framework, "def update_G(Z):\n    return Z")).says
    assert said.startswith("it cannot be called as the lesson does: TypeError: update_G() takes 1")


def test_an_open_gap_says_so(d2l, framework):
    gap = 'def update_G(*args):\n    raise ToDo("still to be written")'
    assert d2l.check(written(framework, gap)).says == ["still to be written"]


def test_another_function_is_refused(d2l):
    with pytest.raises(ValueError, match="want one of update_D, update_G, got print"):
        d2l.check(print)


def test_numbers_that_are_none_are_said(d2l, framework):
    mistake = next(m for m in MISTAKES if m.name == "a sum for a mean").code[framework]
    change = {right: wrong.replace("len(X)", "float('nan')") for right, wrong in mistake.items()}
    if framework == "mxnet":
        change = {"(loss_real + loss_fake) / 2": "float('nan') * (loss_real + loss_fake)"}
    (said,) = d2l.check(written(framework, with_mistake(own(framework, "D"), change))).says
    assert said == "after it, some parameters are no numbers"


# How each framework's normal is called, for two numbers.
NORMAL = {
    "torch": {"mean": 0.0, "std": 1.0, "size": (2,)},
    "tensorflow": {"shape": (2,)},
    "mxnet": {"size": (2,)},
    "jax": {"mean": 0.0, "std": 1.0, "shape": (2,)},
    "numpy": {"size": (2,)},
}


def test_a_check_leaves_the_random_state_and_prints_once(d2l, framework, capsys):
    text = own(framework, "D").replace("\n    return", "\n    print('here')\n    return")

    def start():
        d2l.seed(3)
        np.random.seed(4)
        random.seed(5)

    def draw():
        return [*d2l.numpy(d2l.normal(**NORMAL[framework])), np.random.rand(), random.random()]

    start()
    wanted = draw()
    start()
    d2l.check(written(framework, text))
    assert draw() == wanted
    assert capsys.readouterr().out == "here\nupdate_D: right.\n"


def test_a_decorated_step_is_looked_into(d2l, framework):
    """The line is that of the student's own function, whatever is around it."""

    def decorated(step):
        @wraps(step)
        def call(*args):
            return step(*args)

        return call

    text = own(framework, "G").replace("\n    return", "\n    nonsense(1)\n    return")
    (said,) = d2l.check(decorated(written(framework, text))).says
    assert "`nonsense(1)`, stops with NameError" in said


def test_a_step_that_fails_the_second_time_is_said(d2l, framework):
    calls = []
    step = written(framework, own(framework, "G"))

    @wraps(step)
    def fails(*args):
        calls.append(1)
        if len(calls) > 1:
            raise SystemExit("enough")
        return step(*args)

    (said,) = d2l.check(fails).says
    assert said == "it cannot be called as the lesson does: SystemExit: enough"
