"""What the practice checks say of right steps and of wrong ones, in every framework."""

import ast
import linecache
import random
import re
from functools import wraps
from importlib import import_module
from itertools import combinations, count
from pathlib import Path

import numpy as np
import pytest

from d2lcheck import CHECKS, ToDo, convolution, images, questions
from d2lcheck.compare import close
from d2lmini import FRAMEWORKS
from d2lmini.accumulator import Accumulator
from d2lmini.checks import check_numbers, positive_int, shown
from tests.support.lesson import FACES, GAN, definitions, source
from tests.support.mistakes import MISTAKES, OF_FACES, OTHERS, RIGHT, each
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


def names_in(key, lesson=GAN):
    """The names that a function finds in a framework's lesson."""
    names = definitions(key, lesson=lesson)
    names["data"] = names["d2l"].tensor([[0.0, 0.0]])  # the networks are made on its device
    names |= {"true_mean": np.array([1.0, 2.0]), "true_cov": np.array([[1.01, 1.95], [1.95, 4.25]])}
    return names


def of_lesson(key, function, lesson=GAN):
    """A function's text in a framework's lesson, and the names that it finds there."""
    text = source(key, lesson=lesson)
    return ast.get_source_segment(text, find(text, function)), names_in(key, lesson)


@pytest.mark.parametrize(
    "lesson, framework, function, says, change",
    [
        pytest.param(lesson, key or "numpy", *rest, change, id=f"{says}, {function} ({key})")
        for lesson, table in ((GAN, OTHERS), (FACES, OF_FACES))
        for function, says, code in table
        for rest in [(function, says)]
        for key, change in code.items()
    ],
    indirect=["framework"],
)
def test_a_mistake_in_another_function_is_named(check, lesson, framework, function, says, change):
    text, names = of_lesson(framework, function, lesson)
    verdict = check(written(framework, changed(text, change), names), lesson.key)
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


# Right functions of the second lesson.
WHOLE_OF_FACES = {
    "torch, with functions, its layers in another order": """
def new_G():
    class Net(nn.Sequential):
        def forward(self, Z):
            last, second, first = self
            x = nn.functional.leaky_relu(first(Z), 0.2).view(-1, 64, 4, 4)
            return torch.tanh(last(nn.functional.leaky_relu(second(x), 0.2)))
    last, second = nn.ConvTranspose2d(32, 3, 4, 2, 1), nn.ConvTranspose2d(64, 32, 4, 2, 1)
    return Net(last, second, nn.Linear(latent_dim, 1024)).to(data.device)
""",
    "torch, by a loop over the layers": """
def new_D():
    layers = []
    for inputs, outputs in ((3, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(1024, 1)).to(data.device)
""",
    "tensorflow, a generator with the functional interface": """
def new_G():
    Z = tf.keras.Input((latent_dim,))
    x = layers.Reshape((4, 4, 64))(layers.LeakyReLU(0.2)(layers.Dense(1024)(Z)))
    x = layers.LeakyReLU(0.2)(layers.Conv2DTranspose(32, 4, 2, "same")(x))
    return tf.keras.Model(Z, layers.Conv2DTranspose(3, 4, 2, "same", activation=tf.tanh)(x))
""",
    "tensorflow, a discriminator with the functional interface": """
def new_D():
    x = X = tf.keras.Input((16, 16, 3))
    for channels in (32, 64):
        x = layers.LeakyReLU(0.2)(layers.Conv2D(channels, 4, 2, "same")(x))
    return tf.keras.Model(X, layers.Dense(1)(layers.Flatten()(x)))
""",
    "jax, by a list of layers": """
def new_D():
    layers = []
    for inputs, outputs in ((3, 32), (32, 64)):
        layers += [convolution(inputs, outputs, rngs=d2l.rngs), nnx.tanh]
        layers[-1] = lambda x: jnp.where(x > 0, x, 0.2 * x)
    flat = lambda x: x.reshape(len(x), -1)
    return nnx.Sequential(*layers, flat, nnx.Linear(1024, 1, rngs=d2l.rngs))
""",
    "jax, a generator without padding by name": """
def new_G():
    up = partial(nnx.ConvTranspose, kernel_size=(4, 4), strides=(2, 2), padding=((2, 2), (2, 2)),
                 transpose_kernel=True, rngs=d2l.rngs)
    first, grid = nnx.Linear(latent_dim, 1024, rngs=d2l.rngs), lambda x: x.reshape(-1, 4, 4, 64)
    return nnx.Sequential(first, leaky_relu, grid, up(64, 32), leaky_relu, up(32, 3), jnp.tanh)
""",
    "mxnet, a generator whose layers find out their inputs": """
def new_G():
    net = nn.HybridSequential()
    net.add(nn.Dense(1024), nn.LeakyReLU(0.2))
    net.add(nn.HybridLambda(lambda F, x: F.npx.reshape(x, (-2, 64, 4, 4))))
    net.add(nn.Conv2DTranspose(32, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2DTranspose(3, 4, 2, 1))
    net.add(nn.Activation("tanh"))
    return net
""",
    "mxnet, a discriminator whose last layer flattens": """
def new_D():
    net = nn.HybridSequential()
    for channels in (32, 64):
        net.add(nn.Conv2D(channels, 4, 2, 1), nn.LeakyReLU(0.2))
    net.add(nn.Dense(1))
    return net
""",
    "numpy, by a list of layers": """
def new_G():
    leaky = Layer(lambda x: np.where(x > 0, x, x / 5), lambda x, y, s: np.where(x > 0, s, s / 5))
    layers = [Linear(latent_dim, 1024), leaky, reshape(4, 4, 64)]
    return Network(*layers, Transposed(64, 32), leaky, Transposed(32, 3), tanh)
""",
    "numpy, windows in loops": """
def windows(x):
    n, rows, columns, c = x.shape
    rim = np.zeros((n, rows + 2, columns + 2, c))
    rim[:, 1:-1, 1:-1] = x
    cut = np.empty((n, rows // 2, columns // 2, 4, 4, c))
    for i in range(rows // 2):
        for j in range(columns // 2):
            cut[:, i, j] = rim[:, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4]
    return cut
""",
    "numpy, images window by window": """
def scatter(parts):
    n, h, w, _, _, c = parts.shape
    x = np.zeros((n, 2 * h + 2, 2 * w + 2, c))
    for i, j in np.ndindex(h, w):
        x[:, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] += parts[:, i, j]
    return x[:, 1 : 2 * h + 1, 1 : 2 * w + 1]
""",
    "numpy, features in a loop": """
def features(images):
    rows = [image[i : i + 4, j : j + 4].mean((0, 1))
            for image in images for i in range(0, 16, 4) for j in range(0, 16, 4)]
    return np.array(rows).reshape(len(images), 48)
""",
    "numpy, a covariance of columns": """
def frechet(x, y):
    means, covs = zip(*((z.mean(axis=0), np.cov(z, rowvar=False)) for z in (x, y)))
    return d2l.frechet_distance(means[0], covs[0], means[1], covs[1])
""",
    "numpy, a kernel without its diagonal": """
def kernel_distance(x, y):
    def mean(a, b):
        k = (np.einsum("id,jd->ij", a, b) / a.shape[1] + 1) ** 3
        return k[~np.eye(len(k), dtype=bool)].mean() if a is b else k.mean()
    return mean(x, x) + mean(y, y) - 2 * mean(x, y)
""",
}


@pytest.mark.parametrize(
    "lesson, framework, text",
    [
        pytest.param(lesson, style.partition(",")[0], text, id=f"{lesson.key}, {style}")
        for lesson, styles in ((GAN, WHOLE), (FACES, WHOLE_OF_FACES))
        for style, text in styles.items()
    ],
    indirect=["framework"],
)
def test_a_function_of_another_form_passes(check, lesson, framework, text):
    work = written(framework, text.strip(), names_in(framework, lesson))
    verdict = check(work, lesson.key)
    assert verdict.right, verdict.says


def test_each_check_has_its_mistakes():
    of_gan = {function for function, *_ in OTHERS} | {f"update_{m.player}" for m in MISTAKES}
    of_faces = {function for function, *_ in OF_FACES}
    assert {"gan": of_gan, "faces": of_faces} == {key: set(of) for key, of in CHECKS.items()}


@pytest.mark.parametrize("name", ["new_G", "new_D"])
def test_of_two_lessons_each_has_its_own_check(check, framework, name):
    """Without a lesson it is the first, which handed out workbooks before there was another."""
    for lesson, other in ((GAN, FACES), (FACES, GAN)):
        work = names_in(framework, lesson)[name]
        assert check(work, lesson.key).right
        assert not check(work, other.key).right
    assert not check(work).right and check(names_in(framework)[name]).right


@pytest.mark.parametrize("lesson", ["third", None, ["gan"]])
def test_a_lesson_without_checks_is_refused(check, lesson):
    with pytest.raises(ValueError, match="want a lesson, gan or faces; got .*(third|None|gan)"):
        check(names_in("numpy")["sigmoid"], lesson)


def test_a_generator_of_images_takes_as_much_noise_as_the_notebook_has(check, framework):
    names = names_in(framework, FACES)
    names["latent_dim"] = 64  # as many as there are channels
    assert check(names["new_G"], "faces").right


@pytest.mark.parametrize("needs, name", [("windows", "new_D"), ("scatter", "new_G")])
def test_networks_by_hand_wait_for_their_layers_and_are_judged_by_themselves(needs, name):
    check, names = import_module("d2lcheck.numpy").check, names_in("numpy", FACES)
    right = names[needs]

    def opened(x):
        raise ToDo(f"{needs}: to be written")

    def wrong(x):
        return 2 * right(x)

    def stops(x):
        raise ValueError("no")

    names[needs] = opened
    verdict = check(names[name], "faces")
    assert verdict.todo and verdict.says == [f"it waits for {needs}: to be written"]
    for other in (wrong, stops):
        names[needs] = other
        assert check(names[name], "faces").right
        assert names[needs] is other


def test_the_noise_of_a_network_on_images_is_left(d2l, check, framework):
    """And so is what else a check of it might draw, or leave behind."""
    names = names_in(framework, FACES)
    d2l.seed(3)
    np.random.seed(4)
    wanted = [*d2l.numpy(d2l.normal(**NORMAL[framework])), np.random.rand()]
    d2l.seed(3)
    np.random.seed(4)
    before = dict(names)
    for name in ("new_G", "new_D"):
        check(names[name], "faces")
    assert [*d2l.numpy(d2l.normal(**NORMAL[framework])), np.random.rand()] == wanted
    assert names == before


@pytest.mark.parametrize("name", CHECKS["faces"])
def test_no_two_mistakes_on_images_look_alike(monkeypatch, name):
    """Nor does any look right."""
    results = []

    def compare(value, right, known, *_):
        results.append([np.asarray(array, dtype=float) for array in (right, *known.values())])
        return []

    for module in (import_module("d2lcheck.compare"), convolution, images):
        monkeypatch.setattr(module, "compare", compare)
    assert import_module("d2lcheck.numpy").check(names_in("numpy", FACES)[name], "faces").right
    assert len(results[0]) > 9
    for one, other in combinations(results[0], 2):
        assert one.shape != other.shape or not close(one, other, 2e-3)


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


def test_the_shares_are_asked_for_as_the_lesson_measures_them():
    """By the words of the question alone."""
    for student in STUDENTS:
        text = questions.asked("own_shares", student).text
        shares = [float(share) for share in re.findall(r"0\.\d{3}(?!\d)", text)]
        true, found = shares[:4], shares[4:]
        assert len(found) == 4 and min(shares) > 0
        assert sum(true) == pytest.approx(1) and sum(found) == pytest.approx(1)
        off = sum(abs(q - p) for p, q in zip(true, found, strict=True)) / 2
        p, n = re.search(r"of the probability (0\.\d{4}) is among (\d+) faces", text).groups()
        answer = off, 1 - (1 - float(p)) ** int(n)
        assert questions.wrong("own_shares", answer, student) == []


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
