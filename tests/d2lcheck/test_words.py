"""Each thing that the check of a step can find has its words, and no words are left over."""

import ast
import inspect

import pytest

from d2lcheck import solve, steps
from d2lcheck.ways import OF_SOFTMAX, WAYS
from d2lcheck.words import HINTS, WORDS, finding, worded


def named():
    """What the code makes a finding of."""
    names = {"X ignored", "Z ignored", "X for fake", "fake for X", "points' size", "size"}
    names |= {name for name in solve.STAND_INS if name}
    names |= {name for way in WAYS for name in (way.name, f"{way.name} of some")}
    names |= {OF_SOFTMAX.name}
    for node in ast.walk(ast.parse(inspect.getsource(steps))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "finding":
            what = node.args[0]
            choices = [what.body, what.orelse] if isinstance(what, ast.IfExp) else [what]
            names |= {choice.value for choice in choices if isinstance(choice, ast.Constant)}
    return names


def test_every_finding_has_its_words():
    assert named() == WORDS.keys()
    hints = {hint for sizes in steps.SIZES.values() for hint in sizes.values()}
    assert hints | {""} == HINTS.keys()


@pytest.mark.parametrize(
    "found, says",
    [
        (finding("moves", player="D", other="G"),
         "the generator moves in the discriminator's step"),
        (finding("points' size", points="real", ratio=2.0, hint="no half"),
         "your real points count 2 times as much as they should: is a / 2 missing?"),
        (finding("still", player="G", why=finding("no step taken")),
         "the generator does not move: its optimiser takes no step"),
    ],
)  # fmt: skip
def test_a_finding_is_worded(found, says):
    assert worded(found) == says
