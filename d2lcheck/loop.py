"""Check of the loop: what it hands to the two steps, and what it makes of their losses.

The student's function is called with spies in place of update_D and update_G, which note what they
are given, move nothing, and return losses of their own.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from itertools import cycle

import numpy as np

from d2lcheck.compare import compare
from d2lcheck.framework import Framework
from d2lcheck.watch import NET_D, OTHER, flat, plain
from d2lcheck.words import PLAYERS

POINTS = np.random.default_rng(6).normal(1, 2, (43, 2)).astype("float32")  # the last batch has 3
BATCH_SIZE, EPOCHS, RATES, LATENT_DIM = 8, 2, {"D": 0.05, "G": 0.005}, 3
WEIGHTS = [NET_D, [np.random.default_rng(9).normal(size=s) for s in ((LATENT_DIM, 2), (2,))]]
LOGITS = np.array([[0.5], [-2.0], [3.0]])
CROSS_ENTROPY = np.mean(np.logaddexp(0, LOGITS) - LOGITS)  # with the label 1
BATCHES = -(-len(POINTS) // BATCH_SIZE)
LOSSES = np.random.default_rng(7).uniform(0.2, 2, 4 * EPOCHS * BATCHES).tolist()


@dataclass
class Step:
    """What a step was given, and the loss that it returned."""

    player: str
    X: np.ndarray | None
    Z: np.ndarray
    nets: bool  # are net_D and net_G in their places
    rate: float
    loss: float
    right_loss: bool  # is it given the cross-entropy on logits


def check_loop(framework: Framework, work: Callable) -> list[str]:
    """Check train_epochs, or a part of it that a framework's lesson has as a function."""
    steps, says = [], []
    with (
        framework.isolated_random_state(0),
        framework.eager(),
        spies(framework, work, steps),
        framework.handed_on(plain(work).__globals__, says),
    ):
        nets = [framework.net([w.astype("float32") for w in weights]) for weights in WEIGHTS]
        before, state = (flat(flat(framework.weights(net)) for net in nets)), np.random.get_state()
        data_iter = framework.d2l.load_array((POINTS,), BATCH_SIZE)
        whole = framework.train_epochs(work, says)
        yielded = whole(*nets, data_iter, EPOCHS, RATES["D"], RATES["G"], LATENT_DIM)
        if not isinstance(yielded, Iterable) or isinstance(yielded, tuple):
            return ["it yields nothing: want `yield`, a pair of losses for each epoch"]
        try:
            losses = [[float(loss) for loss in pair] for pair in yielded]
        except ZeroDivisionError:
            return ["`metric` is empty at the end of an epoch: add the losses to it"]
        moved = not np.array_equal(flat(flat(framework.weights(net)) for net in nets), before)
        drawn = any(np.any(a != b) for a, b in zip(np.random.get_state(), state, strict=True))
    if says := list(dict.fromkeys(says)) or wrong_order(steps):
        return says
    if moved:
        return ["the networks change beside update_D and update_G, which take the steps"]
    says = [*wrong_given(steps), *wrong_losses(steps, losses)]
    if noise := getattr(whole, "noise", None):  # a part of the loop that is given it
        if not all(map(np.array_equal, noise, [step.Z for step in steps[::2]])):
            return ["the steps get other noise than the one that is given"]
    if framework.compiles and drawn and not says:
        return ["the noise comes from NumPy, which draws only once, when the step is compiled"]
    return says


@contextmanager
def spies(framework: Framework, work: Callable, steps: list) -> Iterator[None]:
    """Put spies in place of the steps that a function calls, and the steps back again."""
    names, absent, losses = plain(work).__globals__, object(), cycle(LOSSES)

    def spy(player):
        step = getattr(framework.d2l, f"update_{player}")

        def update(*args, **kwargs):
            given = signature(step).bind(*args, **kwargs).arguments
            X = framework.array(given["X"]) if player == "D" else None
            sizes = [framework.shapes(given[net])[-1] for net in ("net_D", "net_G")]
            rate = framework.learning_rate(given[f"trainer_{player}"])
            Z, loss = framework.array(given["Z"]), next(losses)
            o = framework.tensor(LOGITS.astype("float32"))
            got = framework.array(framework.cross_entropy(given["loss"], o)).mean()
            right_loss = np.isclose(got, CROSS_ENTROPY, rtol=1e-4)
            steps.append(Step(player, X, Z, sizes == [(1,), (2,)], rate, loss, right_loss))
            net = given[f"net_{player}"]  # left for a step that is taken again, beside this one
            framework.set_gradients(net, [w + 1 for w in framework.weights(net)])
            return framework.tensor(np.array(loss, "float32"))

        return update

    before = {f"update_{player}": names.get(f"update_{player}", absent) for player in "DG"}
    names.update({f"update_{player}": spy(player) for player in "DG"})
    try:
        yield
    finally:
        names.update(before)
        for name, value in before.items():
            if value is absent:
                del names[name]


def wrong_order(steps: list[Step]) -> list[str]:
    """Return what is wrong with who takes steps, and when."""
    players = "".join(step.player for step in steps)
    pairs = len(players) // 2
    if not players:
        return ["neither player takes a step"]
    for player in "DG":
        if player not in players:
            return [f"{PLAYERS[player]} takes no step"]
    if players == "GD" * pairs:
        return ["the generator steps before the discriminator"]
    if players == "DG" * pairs:
        wanted = EPOCHS * BATCHES
        return [f"{pairs} minibatches are used, where there are {wanted}"] * (pairs != wanted)
    for player in "DG":
        if (count := players.count(player) / (EPOCHS * BATCHES)) > 1:
            return [f"{PLAYERS[player]} takes {count:.3g} steps in a minibatch, where it takes one"]
    return ["the players do not take turns: in each minibatch first one step of the "
            "discriminator, then one of the generator"]  # fmt: skip


def wrong_given(steps: list[Step]) -> list[str]:
    """Return what is wrong with what the steps are given."""
    says = []
    if not all(step.nets for step in steps):
        says.append("net_D and net_G are exchanged")
    if not all(step.right_loss for step in steps):
        says.append("the loss handed on is not the cross-entropy on logits")
    for player, rate in RATES.items():
        used = next(step.rate for step in steps if step.player == player)
        if np.isclose(used, RATES[OTHER[player]]):
            says.append(f"{PLAYERS[player]} steps at the rate of the other, or with its optimiser")
        elif not np.isclose(used, rate):
            says.append(f"{PLAYERS[player]} steps at a rate of {used:.3g}, where it is {rate}")
    points = np.concatenate([step.X for step in steps if step.player == "D"])
    if len(points) != EPOCHS * len(POINTS) or len(np.unique(points, axis=0)) != len(POINTS):
        says.append("an epoch does not show every real point once")
    return says + wrong_noise(steps)


def wrong_noise(steps: list[Step]) -> list[str]:
    """Return what is wrong with the noise."""
    for D, G in zip(steps[::2], steps[1::2], strict=True):
        if D.Z.shape != (len(D.X), LATENT_DIM):
            wanted = f"{(len(D.X), LATENT_DIM)}, one row for each real point"
            return [f"the noise has the shape {D.Z.shape}, where it is {wanted}"]
        if D.Z.shape != G.Z.shape or not np.array_equal(D.Z, G.Z):
            return ["the generator's step has other noise than the discriminator's before it"]
    noise = np.concatenate([step.Z.ravel() for step in steps[::2]])
    if len(np.unique(noise)) < len(noise):
        return ["noise is used again: draw new noise for each minibatch"]
    if noise.min() >= 0 and noise.max() <= 1:
        return ["the noise lies between 0 and 1, where it is drawn from N(0, 1)"]
    if abs(noise.mean()) > 0.4 or abs(noise.std() - 1) > 0.3:
        return [f"the noise has mean {noise.mean():.1g} and standard deviation {noise.std():.1g}, "
                "where it is drawn from N(0, 1)"]  # fmt: skip
    return []


def wrong_losses(steps: list[Step], losses: list[list[float]]) -> list[str]:
    """Return what is wrong with the losses that each epoch yields."""
    if len(losses) != EPOCHS:
        return [f"{len(losses)} pairs of losses are yielded in {EPOCHS} epochs"]
    # By epoch, player and minibatch.
    of_steps = np.reshape([step.loss for step in steps], (EPOCHS, BATCHES, 2)).swapaxes(1, 2)
    sizes = np.reshape([len(step.X) for step in steps[::2]], (EPOCHS, 1, BATCHES))
    right = (of_steps * sizes).sum(2) / len(POINTS)
    known = {
        "this is the mean over minibatches; over examples, each counts by its size": of_steps.mean(
            2
        ),
        "loss_D and loss_G are exchanged": right[:, ::-1],
        "this is the loss of the last minibatch, not the mean": of_steps[..., -1],
        "this is the sum over the minibatches": of_steps.sum(2),
        "a loss is added up without the number of its examples": of_steps.sum(2) / len(POINTS),
    }
    return compare(losses, right, {f"what is yielded: {k}": v for k, v in known.items()},
                   "what is yielded")  # fmt: skip
