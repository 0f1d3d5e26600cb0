"""The engine of the lab, run in Chromium, held to the NumPy lesson; and what it computes of a run
held to theory."""

from pathlib import Path

import numpy as np
import pytest

from d2lcheck.numpy import Trainer
from d2lmini.gaussian import frechet_distance
from tests.support.lesson import numpy_lesson
from tests.support.oracles import gradient, log_density

ENGINE = Path(__file__).parents[2] / "book" / "_static" / "lab" / "gan.js"
A, b = np.array([[1, 2], [-0.1, 0.5]]), np.array([1, 2])
PLANAR, WIDE = ([2, 2], [2, 5, 3, 1]), ([2, 32, 32, 2], [2, 32, 32, 1])
SGD = {"optimiser": "sgd", "lr_D": 0.25, "lr_G": 0.0625}
ADAM = {"optimiser": "adam", "lr_D": 0.05, "lr_G": 0.005, "beta1": 0.9, "beta2": 0.999}
ADAM["epsilon"] = 1e-8
LEAKY, SATURATING = {"activation": "leaky"}, {"loss": "saturating"}
EPSILON, FALLING = {"epsilon": 0.01}, {"decay": "linear"}


@pytest.fixture(scope="module")
def new_page(browser):
    """Open pages with a text of the engine."""
    opened = []

    def start(text):
        page = browser.new_page()
        opened.append(page)
        page.add_script_tag(content=text)
        return page

    yield start
    for page in opened:
        page.close()


@pytest.fixture(scope="module")
def page(new_page):
    return new_page(ENGINE.read_text(encoding="utf-8"))


class Saturating(numpy_lesson()["SigmoidBCE"]):
    """For a generated point that is to be taken for real, log (1 - D) in place of -log D."""

    def __call__(self, o, y):
        return -super().__call__(o, 0)

    def slope(self, o, y):
        return -super().slope(o, 0)


def game(sizes, epochs, spread=0.02, batch_size=8):
    """Weights, and minibatches with their noise."""
    rng = np.random.default_rng(0)

    def weights(sizes):
        shapes = zip(sizes[:-1], sizes[1:], strict=True)
        return [w for n, m in shapes for w in (rng.normal(0, spread, (n, m)), np.zeros(m))]

    net_G, net_D = map(weights, sizes)
    data = rng.normal(size=(1000, 2)) @ A + b
    batches = []
    for _ in range(epochs):
        data = rng.permutation(data)
        for start in range(0, 1000, batch_size):
            X = data[start : start + batch_size]
            batches.append((X, rng.normal(size=X.shape)))
    return {"net_G": net_G, "net_D": net_D, "batches": batches}


def by_lesson(game, settings):
    """The parameters and the losses of the NumPy lesson, in the form of GAN.play."""
    names = numpy_lesson()

    def net(parameters, activation=names["tanh"]):
        net = names["MLP"](len(parameters[0]), *map(len, parameters[1::2]), activation=activation)
        net.parameters = [p.copy() if p.ndim == 2 else p[None].copy() for p in parameters]
        return net

    def trainer(net, lr):
        if settings["optimiser"] == "sgd":
            return Trainer(net, [], lr)
        options = {name: settings[name] for name in ("beta1", "beta2", "epsilon")}
        return names["Adam"](net, lr, **options)

    leaky = settings.get("activation") == "leaky"
    net_D = net(game["net_D"], names["leaky_relu" if leaky else "tanh"])
    net_G = net(game["net_G"])
    trainer_D, trainer_G = trainer(net_D, settings["lr_D"]), trainer(net_G, settings["lr_G"])
    loss = names["SigmoidBCE"]()
    aim = Saturating() if settings.get("loss") == "saturating" else loss
    losses = []
    for i, (X, Z) in enumerate(game["batches"]):
        if settings.get("decay") == "linear":
            left = 1 - i / len(game["batches"])
            trainer_D.lr, trainer_G.lr = left * settings["lr_D"], left * settings["lr_G"]
        loss_D = names["update_D"](X, Z, net_D, net_G, loss, trainer_D)
        losses.append((loss_D, names["update_G"](Z, net_D, net_G, aim, trainer_G)))
    loss_D, loss_G = np.transpose(losses)
    return {
        "net_G": [p.squeeze() if i % 2 else p for i, p in enumerate(net_G.parameters)],
        "net_D": [p.reshape(-1) if i % 2 else p for i, p in enumerate(net_D.parameters)],
        "loss_D": loss_D,
        "loss_G": loss_G,
    }


def in_browser(page, game, settings):
    plain = {name: [p.tolist() for p in game[name]] for name in ("net_G", "net_D")}
    batches = [(X.tolist(), Z.tolist()) for X, Z in game["batches"]]
    return page.evaluate("given => GAN.play(given)", {**plain, "batches": batches, **settings})


def largest_difference(page, game, settings):
    return difference(in_browser(page, game, settings), by_lesson(game, settings))


def difference(got, want):
    assert got.keys() == want.keys()
    pairs = [(got[name], want[name]) for name in ("loss_D", "loss_G")]
    for name in ("net_G", "net_D"):
        pairs += zip(got[name], want[name], strict=True)
    # NumPy's max, for Python's passes over a nan.
    return float(np.max([np.abs(np.subtract(a, b, dtype=float)).max() for a, b in pairs]))


@pytest.mark.parametrize(
    "sizes, settings, options, bound",
    [
        (PLANAR, SGD, {"epochs": 20}, 1e-10),
        (PLANAR, ADAM, {"epochs": 5}, 1e-8),
        (PLANAR, SGD | LEAKY, {"epochs": 20}, 1e-10),
        (PLANAR, SGD | SATURATING, {"epochs": 2, "spread": 0.5}, 1e-10),
        (PLANAR, ADAM | EPSILON, {"epochs": 5}, 1e-8),
        (PLANAR, ADAM | FALLING, {"epochs": 5}, 1e-8),
        (PLANAR, ADAM | LEAKY | SATURATING, {"epochs": 1, "batch_size": 64}, 1e-8),
        (WIDE, ADAM | {"lr_D": 0.01, "lr_G": 0.001, "beta1": 0.5},
         {"epochs": 2, "spread": 0.3, "batch_size": 64}, 1e-8),
    ],
    ids=["sgd", "adam", "leaky", "saturating", "epsilon", "falling rates", "a last minibatch of 40",
         "the ring's networks"],
)  # fmt: skip
def test_it_trains_as_the_numpy_lesson_does(page, sizes, settings, options, bound):
    found = largest_difference(page, game(sizes, **options), settings)
    print(f"largest difference {found:.1e}")
    assert found < bound


# Train for three epochs; with those that a run had before num_epochs was changed.
RUN = """([settings, first]) => {
    const run = new GAN.Run({ ...LAB, ...settings, num_epochs: first });
    const { net_D, net_G } = run.players;
    const form = ({ sizes, parameters }) => parameters.map((p, i) => i % 2 ? Array.from(p)
        : Array.from({ length: sizes[i / 2] }, (_, k) =>
            Array.from(p.slice(k * sizes[i / 2 + 1], (k + 1) * sizes[i / 2 + 1]))));
    const pairs = (values) => Array.from({ length: values.length / 2 }, (_, i) =>
        Array.from(values.slice(2 * i, 2 * i + 2)));
    const start = { net_G: form(net_G), net_D: form(net_D), batches: [] };
    const losses = { loss_D: [], loss_G: [] };
    run.set("num_epochs", 3);
    while (!GAN.is_over(run)) {
        run.step_both();
        start.batches.push([pairs(run.batch.X), pairs(run.batch.Z)]);
        for (const name in losses) losses[name].push(run.last[name]);
    }
    return [start, { net_G: form(net_G), net_D: form(net_D), ...losses }, run.factor];
}"""


@pytest.mark.parametrize("first", [3, 7])
def test_a_run_takes_the_same_steps_with_its_own_rates(page, first):
    """Where they fall, too: to 0 after the last step of num_epochs, whatever that was before."""
    settings = ADAM | EPSILON | FALLING | LEAKY | {"batch_size": 64}
    start, got, factor = page.evaluate(RUN.replace("LAB", LAB), [settings, first])
    for name in ("net_G", "net_D"):
        start[name] = [np.array(p, dtype=float) for p in start[name]]
    start["batches"] = [tuple(map(np.array, pair)) for pair in start["batches"]]
    assert len(start["batches"]) == 3 * 16 and factor == 0
    assert difference(got, by_lesson(start, settings)) < 1e-8


MISTAKES = {
    "label of real points turned": ("loss.value(real_Y, 1)", "loss.value(real_Y, 0)"),
    "label of made points turned": ("loss.slope(fake_Y[i], 0)", "loss.slope(fake_Y[i], 1)"),
    "the / 2 forgotten in the loss": ("loss.value(fake_Y, 0)) / 2", "loss.value(fake_Y, 0))"),
    "the / 2 forgotten in a slope": ("(real_Y[i], 1) / n / 2", "(real_Y[i], 1) / n"),
    "D's gradients not cleared": ("      net_D.clear_gradients();\n", ""),
    "G's gradients not cleared": ("      net_G.clear_gradients();\n", ""),
    "a sum for a mean": ("this.loss_G.slope(fake_Y[i]) / n", "this.loss_G.slope(fake_Y[i])"),
    "the slope of tanh left out": ("sum * this.activation.slope(x_k)", "sum"),
    "a bias that does not learn": ("dbias[j] += ", "dbias[j] += 0 * "),
    "uphill": ("p[k] -= lr *", "p[k] += lr *"),
    "epsilon in the root": ("correct_v) + epsilon", "correct_v + epsilon)", ADAM | EPSILON),
    "an epsilon of its own": ("beta1, beta2, epsilon);", "beta1, beta2);", ADAM | EPSILON),
    "rates that fall too soon": ("(i / given", "((i + 1) / given", ADAM | FALLING),
    "a rate that stays": ("trainer_G.step(this.factor)", "trainer_G.step(1)", ADAM | FALLING),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_noticed(new_page, mistake):
    right, wrong, *others = MISTAKES[mistake]
    text = ENGINE.read_text(encoding="utf-8")
    assert text.count(right) == 1
    page = new_page(text.replace(right, wrong))
    settings, bound = (others[0], 1e-8) if others else (SGD, 1e-10)
    assert not largest_difference(page, game(PLANAR, 1, spread=0.5), settings) < bound


def test_what_it_cannot_play_is_said(page):
    good = game(PLANAR, 1)
    for change, words in (
        ({"optimiser": "adamw"}, "optimiser: want sgd or adam, got adamw"),
        ({"lr_D": None}, "lr_D missing"),
        ({"net_D": [[[0.0] * 5] * 2, [0.0] * 4]}, "parameter 1 has 4 numbers in place of 5"),
    ):
        given = {**SGD, **{k: [p.tolist() for p in good[k]] for k in ("net_G", "net_D")}}
        given |= {"batches": []} | change
        said = page.evaluate(
            """given => { try { GAN.play(given); } catch (error) { return error.message; } }""",
            {name: value for name, value in given.items() if value is not None},
        )
        assert words in said


NETS = {
    "net_G": {"parameters": [[0.9, 1.7, -0.4, 0.6], [0.8, 1.5]]},
    "fitted": (np.array([0.8, 1.5]), np.array([[0.9, 1.7], [-0.4, 0.6]])),
}
POINTS = np.random.default_rng(3).normal(size=(20, 2)) * 2 + b


def test_the_fit_is_that_of_d2lmini(page):
    c, W = NETS["fitted"]
    got = page.evaluate("net => GAN.fit_errors(GAN.fitted(net))", NETS["net_G"])
    cov, truth = W.T @ W, A.T @ A
    assert got["frechet"] == pytest.approx(float(frechet_distance(c, cov, b, truth)), abs=1e-9)
    assert got["mean_error"] == pytest.approx(np.linalg.norm(c - b))
    assert got["cov_error"] == pytest.approx(np.linalg.norm(cov - truth) / np.linalg.norm(truth))
    points = POINTS.ravel().tolist()
    closed = page.evaluate("p => GAN.fit_errors(GAN.closed_form(p))", points)
    mean, cov = POINTS.mean(0), np.cov(POINTS.T)
    assert closed["frechet"] == pytest.approx(float(frechet_distance(mean, cov, b, truth)))


def best_logit(points):
    c, W = NETS["fitted"]
    return log_density(points, b, A.T @ A) - log_density(points, c, W.T @ W)


def test_the_best_discriminator_is_that_of_theory(page):
    script = "([net, points]) => Array.from(GAN.best_logit(Float64Array.from(points), net))"
    got = page.evaluate(script, [NETS["net_G"], POINTS.ravel().tolist()])
    np.testing.assert_allclose(got, best_logit(POINTS), rtol=1e-6, atol=1e-6)


LOSSES = {
    "non-saturating": lambda o: np.logaddexp(0, -o),
    "saturating": lambda o: -np.logaddexp(0, o),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("best", [False, True])
def test_a_push_is_minus_the_gradient_of_the_generators_loss(page, loss, best):
    """Against central differences."""
    pushes, net_D = page.evaluate(
        """([loss, best, points, net_G]) => {
            const run = new GAN.Run({ ...LAB, loss });
            for (let i = 0; i < 100; i++) run.step_both();
            const { players } = run;
            if (best) players.net_G = net_G;
            const push = (best ? GAN.best_pushes : GAN.pushes)(players, Float64Array.from(points));
            return [Array.from(push), players.net_D.parameters.map((p) => Array.from(p))];
        }""".replace("LAB", LAB),
        [loss, best, POINTS.ravel().tolist(), NETS["net_G"]],
    )

    def logit(x):
        if best:
            return best_logit(x)
        for i, size in enumerate((5, 3, 1)):
            W, bias = np.array(net_D[2 * i]).reshape(-1, size), np.array(net_D[2 * i + 1])
            x = (np.tanh(x) if i else x) @ W + bias
        return x[:, 0]

    x = POINTS.copy()
    (slope,) = gradient(lambda: LOSSES[loss](logit(x)).sum(), [x], eps=1e-5)
    np.testing.assert_allclose(pushes, -slope.ravel(), rtol=1e-4, atol=1e-7)


LAB = """{ data: "gaussian", seed: 1, batch_size: 8, optimiser: "adam", activation: "tanh",
    loss: "non-saturating", lr_D: 0.05, lr_G: 0.005, beta1: 0.9, epsilon: 1e-8,
    decay: "none", num_epochs: 20 }"""


def test_its_data_and_its_start_are_those_of_the_lesson(page):
    found = page.evaluate(
        f"""() => {{
            const points = [], weights = [], biases = [];
            for (let seed = 0; seed < 100; seed++) {{
                const {{ data, players }} = new GAN.Run({{ ...{LAB}, seed }});
                points.push(...data);
                for (const net of [players.net_D, players.net_G]) net.parameters.forEach(
                    (p, i) => (i % 2 ? biases : weights).push(...p));
            }}
            return [points, weights, biases];
        }}"""
    )
    points, weights, biases = map(np.array, found)
    points = points.reshape(-1, 2)
    assert abs(points.mean(0) - b).max() < 0.03
    assert abs(np.cov(points.T) - A.T @ A).max() < 0.1
    assert abs(weights.mean()) < 0.002 and weights.std() == pytest.approx(0.02, rel=0.05)
    assert (biases == 0).all() and len(weights) == 100 * 32


def test_each_epoch_shows_every_point_once(page):
    """Also with a last minibatch that is smaller, and in another order each time."""
    first, second, data = page.evaluate(
        f"""() => {{
            const run = new GAN.Run({{ ...{LAB}, batch_size: 64 }});
            const epoch = () => {{
                const seen = [];
                do {{ run.step_both(); seen.push(...run.batch.X); }} while (run.epochs % 1 > 0);
                return seen;
            }};
            return [epoch(), epoch(), Array.from(run.data)];
        }}"""
    )
    rows = [sorted(map(tuple, np.reshape(x, (-1, 2)).tolist())) for x in (first, second, data)]
    assert rows[0] == rows[1] == rows[2] and first != second


def test_a_generators_step_alone_uses_the_noise_once(page):
    """D and then G are the lesson's step; another G has noise of its own, and D does not move."""
    found = page.evaluate(
        f"""() => {{
            const [both, one_by_one] = [new GAN.Run({LAB}), new GAN.Run({LAB})];
            const noise = [], D = [];
            both.step_both();
            one_by_one.step_D();
            one_by_one.step_G();
            const numbers = ({{ players: {{ net_D, net_G }} }}) =>
                [...net_D.parameters, ...net_G.parameters].flatMap((p) => Array.from(p));
            const same = numbers(both).join() === numbers(one_by_one).join();
            for (let i = 0; i < 2; i++) {{
                noise.push(Array.from(one_by_one.batch.Z));
                D.push(one_by_one.players.net_D.parameters.join());
                one_by_one.step_G();
            }}
            return [same, noise, D];
        }}"""
    )
    same, noise, D = found
    assert same and noise[0] != noise[1] and D[0] == D[1]
