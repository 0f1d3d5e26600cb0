"""What the practice checks say of right steps and of wrong ones, in every framework."""

import ast
import linecache
import random
import re
from functools import wraps
from importlib import import_module
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from d2lcheck import CHECKS, ToDo, questions
from d2lmini import FRAMEWORKS
from d2lmini.accumulator import Accumulator
from d2lmini.checks import check_numbers, positive_int, shown
from tests.support.lesson import definitions, source
from tests.support.mistakes import MISTAKES, OTHERS, RIGHT, each
from tests.support.parts import changed, find, in_code, step

ROOT, numbers = Path(__file__).parents[2], count()


@pytest.fixture
def check(framework):
    """Each framework's check, in turn."""
    return import_module(f"d2lcheck.{framework}").check


def written(key, text, names=None):
    """The function that a student has written as text, with the names of the framework's module."""
    names = vars(import_module(f"d2lmini.{key}")) | {"ToDo": ToDo} if names is None else names
    file = f"<cell {next(numbers)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    exec(compile(text, file, "exec"), names)
    return names[re.search(r"^(?:def|class) (\w+)", text, re.MULTILINE)[1]]


@pytest.mark.parametrize("framework, mistake", each(MISTAKES), indirect=["framework"])
def test_a_mistake_is_named(check, framework, mistake):
    verdict = check(written(framework, mistake.step(framework)))
    assert not verdict.right
    assert len(verdict.says) == len(mistake.says), verdict.says
    for said, wanted in zip(verdict.says, mistake.says, strict=True):
        assert wanted in said and "np." not in said


def names_in(key):
    """The names that a function finds in a framework's lesson."""
    names = definitions(key)
    names["data"] = names["d2l"].tensor([[0.0, 0.0]])  # the networks are made on its device
    names |= {"true_mean": np.array([1.0, 2.0]), "true_cov": np.array([[1.01, 1.95], [1.95, 4.25]])}
    return names


def of_lesson(key, function):
    """A function's text in a framework's lesson, and the names that it finds there."""
    text = source(key)
    return ast.get_source_segment(text, find(text, function)), names_in(key)


@pytest.mark.parametrize(
    "framework, function, says, change",
    [
        pytest.param(key or "numpy", function, says, change, id=f"{says}, {function} ({key})")
        for function, says, code in OTHERS
        for key, change in code.items()
    ],
    indirect=["framework"],
)
def test_a_mistake_in_another_function_is_named(check, framework, function, says, change):
    text, names = of_lesson(framework, function)
    verdict = check(written(framework, changed(text, change), names))
    assert not verdict.right and not verdict.todo
    assert says in verdict.says[0] and len(verdict.says) < 3, verdict.says
    assert not any("fits no mistake" in said or "np." in said for said in verdict.says)


def test_the_steps_are_put_back_after_a_check_of_the_loop(check, framework):
    text, names = of_lesson(framework, "train_epochs")
    work = written(framework, text, names)
    before = names["update_D"], names["update_G"]
    assert check(work).right
    assert (names["update_D"], names["update_G"]) == before
    del names["update_G"]
    assert check(work).right
    assert "update_G" not in names


# Right in another way than the NumPy lesson's.
STYLES = [
    ("sigmoid", {"{sigmoid}": "np.exp(-np.logaddexp(0, -o))"}),
    ("sigmoid", {"{sigmoid}": "[*{sigmoid}]"}),
    ("saturating_loss", {"{saturating}": "-np.logaddexp(0, o)"}),
    ("non_saturating_loss", {"{non_saturating}": "np.logaddexp(0, -o)"}),
    ("fit_errors", {"{mean}": "sum((mean - true_mean)**2)**0.5"}),
    ("fit_errors",
     {"mean_error, cov_error, {distance}": "np.array([mean_error, cov_error, {distance}])"}),
    ("MLP", {"{for_W}": "np.einsum('ni,no->io', x, slope)"}),
    ("init_net", {"{draw}": "spread * np.random.standard_normal(W.shape)"}),
    ("MLP", {"gradients, slope": "[iter(gradients), slope]"}),
    ("fit_errors", {"{mean}": "np.float32(np.linalg.norm(mean - true_mean))"}),
    ("new_G", {"MLP(latent_dim, 2)": "MLP(latent_dim, *[2])"}),
    ("train_epochs", {"{add}": "metric.add(*map(float, [{sum_D}, {sum_G}, batch_size]))"}),
]  # fmt: skip


@pytest.mark.parametrize("function, change", STYLES, ids=[f"{f} (numpy)" for f, _ in STYLES])
def test_another_function_passes_in_any_style(function, change):
    text, names = of_lesson("numpy", function)
    work = written("numpy", changed(text, in_code("numpy", change)), names)
    verdict = import_module("d2lcheck.numpy").check(work)
    assert verdict.right, verdict.says


# A right function of another framework, whole.
WHOLE = {
    "torch, its layers in another order": """
def new_D(activation=nn.Tanh):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(3, 1)
            self.first, self.second = nn.Linear(2, 5), nn.Linear(5, 3)
            self.activation = activation()
        def forward(self, x):
            return self.last(self.activation(self.second(self.activation(self.first(x)))))
    return Net()
""",
    "torch, by a loop over the layers": """
def new_D(activation=nn.Tanh):
    layers = []
    for inputs, outputs in ((2, 5), (5, 3), (3, 1)):
        layers += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*layers[:-1])
""",
    "tensorflow, with the functional interface": """
def new_D(activation="tanh"):
    x = inputs = tf.keras.Input((2,))
    for units in (5, 3):
        x = tf.keras.layers.Dense(units, activation)(x)
    return tf.keras.Model(inputs, tf.keras.layers.Dense(1)(x))
""",
    "tensorflow, compiled": """
@tf.function
def update_both(net_D, net_G, loss, trainer_D, trainer_G, latent_dim, X):
    Z = tf.random.normal((X.shape[0], latent_dim))
    loss_D = update_D(X, Z, net_D, net_G, loss, trainer_D)
    return loss_D, update_G(Z, net_D, net_G, loss, trainer_G)
""",
    "jax, compiled": """
@jax.jit
def step(players, batch):
    (net_D, net_G, trainer_D, trainer_G), (X, Z) = players, batch
    loss_D = update_D(X, Z, net_D, net_G, loss, trainer_D)
    return players, (loss_D, update_G(Z, net_D, net_G, loss, trainer_G))
""",
    "jax, by a list of layers": """
def new_D(activation=nnx.tanh):
    layers = []
    for inputs, outputs in ((2, 5), (5, 3), (3, 1)):
        layers += [nnx.Linear(inputs, outputs, rngs=d2l.rngs), activation]
    return nnx.Sequential(*layers[:-1])
""",
    "mxnet, its layers with activations": """
def new_D(activation=lambda: nn.Activation("tanh")):
    net = nn.HybridSequential()
    for inputs, outputs in ((2, 5), (5, 3)):
        net.add(nn.Dense(outputs, in_units=inputs))
        net.add(activation())
    net.add(nn.Dense(1, in_units=3))
    return net
""",
}


@pytest.mark.parametrize(
    "framework, text",
    [(style.partition(",")[0], text) for style, text in WHOLE.items()],
    ids=WHOLE,
    indirect=["framework"],
)
def test_a_function_of_another_form_passes(check, framework, text):
    verdict = check(written(framework, text.strip(), names_in(framework)))
    assert verdict.right, verdict.says


def test_each_check_has_its_mistakes():
    named = {function for function, *_ in OTHERS} | {f"update_{m.player}" for m in MISTAKES}
    assert named == set(CHECKS)


STUDENTS = [f"student {n}" for n in range(100)]


@pytest.mark.parametrize("question", questions.QUESTIONS)
def test_a_question_is_answered_and_its_mistakes_are_named(question, capsys):
    """For every student: no mistake gives the right answer, or that of another mistake."""
    check = import_module("d2lcheck.numpy").check_answer
    for student in STUDENTS:
        asked = questions.asked(question, student)
        right = np.asarray(asked.right).tolist()
        assert check(question, right, student).right
        for mistake, answer in asked.known.items():
            assert check(question, answer, student).says == [mistake]
    assert len({questions.asked(question, student).text for student in STUDENTS}) > 20
    assert capsys.readouterr().out.startswith(f"{question}: right.\n")


@pytest.mark.parametrize("question", [q for q in questions.QUESTIONS if q != "own_verdicts"])
def test_three_digits_are_enough(question):
    for student in STUDENTS:
        rounded = [float(f"{number:.3g}") for number in questions.asked(question, student).right]
        for answer in (rounded, tuple(rounded), np.array(rounded)):
            assert questions.wrong(question, answer, student) == []


def test_a_verdict_that_is_false_is_counted_and_not_named():
    asked = questions.asked("own_verdicts", "An")
    says = questions.wrong("own_verdicts", [not asked.right[0], *map(bool, asked.right[1:])], "An")
    assert says == ["1 of your 7 answers are wrong"]
    for answer in (np.array(asked.right), [np.bool_(answer) for answer in asked.right]):
        assert questions.wrong("own_verdicts", answer, "An") == []
    for answer in ([True] * 6, [1] * 7, "True"):
        says = questions.wrong("own_verdicts", answer, "An")
        assert says == ["your answer is no list of 7 times True or False"]
    counts = [sum(questions.asked("own_verdicts", student).right) for student in STUDENTS]
    assert set(counts) == {3, 4}  # neither is found by always saying the same


def test_one_number_that_is_wrong_in_an_unknown_way_is_said():
    text, names = of_lesson("numpy", "fit_errors")
    change = in_code("numpy", {"{mean}": "1.7 * {mean}"})
    work = written("numpy", changed(text, change), names)
    (said,) = import_module("d2lcheck.numpy").check(work).says
    assert said == "the error of the mean is 1.604, which fits no mistake that this check knows"


def test_a_name_is_the_same_however_it_is_typed(capsys):
    """Capitals, spaces, and accents of one character or of two."""
    ask = import_module("d2lcheck.numpy").ask
    for name in ("Nguyễn An", "  nguyễn  an ", "Nguye\u0302\u0303n An", "NGUYỄN AN"):
        ask("own_slopes", name)
    assert len(set(capsys.readouterr().out.split("A generated point"))) == 2
    with pytest.raises(ValueError, match="write your name into `student` first"):
        ask("own_slopes", " ")
    with pytest.raises(ValueError, match="want one of own_slopes, .*, got 'slopes'"):
        ask("slopes", "An")


def test_an_answer_still_to_be_given_is_no_mistake(capsys):
    verdict = import_module("d2lcheck.numpy").check_answer("own_fit", ..., "")
    assert verdict.todo and not verdict.right
    assert capsys.readouterr().err == "own_fit: still to be written\n"


@pytest.mark.parametrize(
    "answer, says",
    [
        ("a half", "is no number"),
        (None, "is no number"),
        (0.5, "has the shape (), where it is (2,)"),
        ((0.1, float("nan")), "is not finite: nan"),
        ((9.0, 9.0), "fits no mistake that this check knows"),
        ([None, 0.5], "is no number"),
    ],
)
def test_an_answer_that_is_none_is_said(answer, says):
    (said,) = questions.wrong("own_slopes", answer, "An")
    assert says in said


class Loud(np.float64):
    """A number that calls itself as NumPy 2's do, with NumPy 1, too."""

    def __repr__(self):
        return f"np.float64({float(self)})"


@pytest.mark.parametrize(
    "value, wanted",
    [
        (Loud(0.5), "0.5"),
        (np.float32(0.1), "0.1"),
        (Loud("nan"), "nan"),
        ([Loud(0.5), (np.int64(2), np.True_)], "[0.5, (2, True)]"),
        (np.array([Loud(0.5), None]), "[0.5, None]"),
        (np.array([[0.5, 2]]), "[[0.5, 2.0]]"),
        (np.str_("a"), "'a'"),
    ],
)
def test_numbers_in_a_sentence_are_plain(value, wanted):
    assert shown(value) == wanted


@pytest.mark.parametrize(
    "refuse",
    [
        lambda: check_numbers(seed=0, batch_size=1, num_epochs=1, lr_D=Loud(-1), lr_G=0.1),
        lambda: positive_int("n", Loud(2.5)),
        lambda: Accumulator(1).add([Loud(1)]),
        lambda: questions.asked(Loud(1), "An"),
    ],
)
def test_numbers_in_an_error_are_plain(refuse):
    with pytest.raises((TypeError, ValueError)) as error:
        refuse()
    assert re.search(r"got \[?-?\d", str(error.value))


def test_no_sentence_takes_what_python_writes_for_a_value():
    """NumPy 2 writes np.float64(0.5) for a number; ``shown`` does not."""
    for file in ROOT.glob("d2l*/*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            taken = isinstance(node, ast.FormattedValue) and node.conversion == ord("r")
            taken |= isinstance(node, ast.Name) and node.id in ("repr", "ascii")
            assert not taken, f"{file.name}, line {node.lineno}: use shown"


@pytest.mark.parametrize("framework, style", each(RIGHT), indirect=["framework"])
def test_a_right_step_passes_in_any_style(check, framework, style, capsys):
    verdict = check(written(framework, style.step(framework)))
    assert verdict.right and verdict.says == []
    assert capsys.readouterr().out == f"update_{style.player}: right.\n"


def test_every_framework_has_its_mistakes():
    for key in FRAMEWORKS:
        assert sum(key in mistake.code for mistake in MISTAKES) >= 20, key
        assert sum(key in style.code for style in RIGHT) >= 5, key


# Two mistakes at once, by their names, are both named.
PAIRS = [
    ("real points labelled 0", "the / 2 forgotten"),
    ("generated points labelled 1", "the loss returned with its graph"),
    ("uphill", "gradients never cleared"),
    ("generated points not cut off", "a sum for a mean"),
    ("noise for generated points", "real points labelled 0"),
    ("a sigmoid before the loss", "no loss returned"),
]


@pytest.mark.parametrize("framework", ["torch"], indirect=True)
@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_two_mistakes_at_once_are_both_named(check, framework, pair):
    by_name = {mistake.name: mistake for mistake in MISTAKES if mistake.player == "D"}
    one, other = [by_name[name].code["torch"] for name in pair]
    assert not one.keys() & other.keys()
    text = step("torch", "D", one | other)
    says = check(written("torch", text)).says
    wanted = [words for name in pair for words in by_name[name].says]
    assert len(says) == len(wanted), says
    assert all(any(words in said for said in says) for words in wanted), says


def test_an_error_is_named_with_its_line(check, framework):
    text = step(framework, "D", {"end": "nonsense(1)\n{end}"})
    (said,) = check(written(framework, text)).says
    line = text[: text.index("nonsense")].count("\n") + 1
    assert said.startswith(f"line {line}, `nonsense(1)`, stops with NameError: name 'nonsense'")


def test_what_cannot_be_called_is_said(check, framework):
    (said,) = check(written(framework, "def update_G(Z):\n    return Z")).says
    assert said.startswith("it cannot be called as the lesson does: TypeError: update_G() takes 1")


def test_an_open_gap_says_so(check, framework):
    gap = 'def update_G(*args):\n    raise ToDo("still to be written")'
    verdict = check(written(framework, gap))
    assert verdict.todo and not verdict.right and verdict.says == ["still to be written"]


def test_another_function_is_refused(check):
    with pytest.raises(ValueError, match="defined as one of sigmoid, .*, fit_errors; got print"):
        check(print)


def test_numbers_that_are_none_are_said(check, framework):
    text = step(framework, "D", {"sum": "float('nan') * ({sum})"})
    (said,) = check(written(framework, text)).says
    assert said.startswith("after it, some parameters are no numbers: is something divided by 0")


# How each framework's normal is called, for two numbers.
NORMAL = {
    "torch": {"mean": 0.0, "std": 1.0, "size": (2,)},
    "tensorflow": {"shape": (2,)},
    "mxnet": {"size": (2,)},
    "jax": {"mean": 0.0, "std": 1.0, "shape": (2,)},
    "numpy": {"size": (2,)},
}


def test_a_check_leaves_the_random_state_and_prints_once(d2l, check, framework, capsys):
    text = step(framework, "D", {"end": "print('here')\n{end}"})

    def start():
        d2l.seed(3)
        np.random.seed(4)
        random.seed(5)

    def draw():
        return [*d2l.numpy(d2l.normal(**NORMAL[framework])), np.random.rand(), random.random()]

    start()
    wanted = draw()
    start()
    check(written(framework, text))
    assert draw() == wanted
    assert capsys.readouterr().out == "here\nupdate_D: right.\n"


def test_a_decorated_step_is_looked_into(check, framework):
    """The line is that of the student's own function, whatever is around it."""

    def decorated(work):
        @wraps(work)
        def call(*args):
            return work(*args)

        return call

    text = step(framework, "G", {"end": "nonsense(1)\n{end}"})
    (said,) = check(decorated(written(framework, text))).says
    assert "`nonsense(1)`, stops with NameError" in said


def test_a_step_that_fails_the_second_time_is_said(check, framework):
    calls = []
    work = written(framework, step(framework, "G"))

    @wraps(work)
    def fails(*args):
        calls.append(1)
        if len(calls) > 1:
            raise SystemExit("enough")
        return work(*args)

    (said,) = check(fails).says
    assert said == "it cannot be called as the lesson does: SystemExit: enough"
