"""What a step of the GAN did, in words: for ``check(update_D)`` and ``check(update_G)``.

A wrong step is hardly ever a new direction; it is a wrong sum of the right pieces. With SGD and the
learning rate 1, the parameters move by minus a sum of a few slopes that are known here: of the loss
on real points with the label 1 and with the label 0, on generated points with either, and the
gradients that were left from before. Least squares finds the coefficients, and they say what was
done.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import product
from math import isclose
from typing import Any

import numpy as np

from d2lcheck.framework import Framework
from d2lcheck.ways import OF_ROUNDED, OF_SOFTMAX, RIGHT_WAY, SQUARES, WAYS, Way

# Small networks with large weights, and a seed that gives logits of both signs and some between 0
# and 1: near a logit of 0, turned labels and a turned sign look alike. The number of points is no
# product or sum of what else a step may multiply or divide by: the 2 coordinates, and the / 2.
N = 5
_rng = np.random.default_rng(18)
NET_D = [_rng.normal(size=s) for s in ((2, 3), (3,), (3, 1), (1,))]  # W is inputs x outputs
NET_G = [_rng.normal(size=s) for s in ((2, 2), (2,))]
NETS = {"D": NET_D, "G": NET_G}
X, Z = _rng.normal(1, 2, (N, 2)), _rng.normal(size=(N, 2))
STALE_GRADIENTS = {player: [_rng.normal(size=p.shape) for p in net] for player, net in NETS.items()}

NAMES = {"D": "the discriminator", "G": "the generator"}
OTHER = {"D": "G", "G": "D"}
KINDS = {"real": "real points", "fake": "generated points"}
# How much each kind of points counts with the label 0, and with the label 1.
RIGHT = {"D": {"real": (0, 0.5), "fake": (0.5, 0)}, "G": {"fake": (0, 1)}}
SATURATING = {"fake": (-1, 0)}


def check_step(player: str) -> Callable[[Framework, Callable], list[str]]:
    """Return the check of a player's step."""

    def check(framework: Framework, step: Callable) -> list[str]:
        first = None
        # A right step may make float32 itself, as all is in the lesson, and fail with float64.
        for dtype in ("float64", "float32"):
            shown = nullcontext() if first is None else redirect_stdout(StringIO())
            try:
                with shown:
                    seen = watch(framework, player, step, dtype)
                with redirect_stdout(StringIO()):  # what a step prints is printed once
                    again = watch(framework, player, step, dtype, seed=1)
            except (Exception, SystemExit) as error:  # whatever a student's code may raise
                first = first or error
            else:
                says = diagnose(player, seen, again)
                if UNKNOWN.format(NAMES[player]) in says:
                    says = ignored(framework, player, step, dtype, seen) or says
                return says or compiled(framework, player, step, dtype)
        raise first

    return check


def compiled(framework: Framework, player: str, step: Callable, dtype: str) -> list[str]:
    """Return what is wrong with a right step when it is compiled, as the lesson's loop does it."""
    if not framework.compiles:
        return []

    def call(*tensors_and_players):
        *tensors, net_D, net_G, loss, trainer = tensors_and_players

        def losses(players, *tensors):
            net_D, net_G, trainer = players
            return players, step(*tensors, net_D, net_G, loss, trainer)

        compiled = framework.compiled(losses, net_D, net_G)
        return compiled((net_D, net_G, trainer), *tensors)[1]

    try:
        with redirect_stdout(StringIO()):
            watch(framework, player, call, dtype)
    except Exception as error:  # whatever a framework's compiler may raise
        what = "it works step by step, but cannot be compiled, as train_epochs does it"
        return [f"{what}: {type(error).__name__}. Is something turned into a number, or an array?"]
    return []


@dataclass
class Seen:
    """What a framework's ``watch`` saw of one step with a learning rate of 1.

    moved: by player, the change of all its parameters in the order and the form of NETS, flat.
    returned: what was returned, as a NumPy array, None for nothing and NaN for what is no number.
    calls: "clear", "gradient" and "step" as they came; the first only where gradients are kept.
    "elsewhere" goes before a step that is applied to something else than the network. leaked:
    whether the step of D left a gradient in G. cleared: whether the player was left without
    gradients. graph: whether the loss still holds what it was computed from. changed: whether the
    points or the noise were changed in place. frozen: the players with parameters that can no
    longer move. tolerance: what rounding may do to a share of the step.
    """

    moved: dict[str, np.ndarray]
    returned: np.ndarray | None
    calls: list[str]
    leaked: bool
    cleared: bool
    graph: bool
    changed: bool
    frozen: list[str]
    tolerance: float


TOLERANCES = {"float64": 1e-6, "float32": 1e-3}


def watch(
    framework: Framework,
    player: str,
    function: Callable,
    dtype: str = "float64",
    seed: int = 0,
    given: list[np.ndarray] | None = None,
) -> Seen:
    """Let a framework's networks take one step by a function, and return what was seen.

    framework: a module of d2lcheck. seed: for what the function may draw. given: the points
    and the noise, or the noise alone, if not those above. What the function raises comes through.
    All random states that can be read are left as they were.
    """
    calls = []

    def cast(arrays):
        return [array.astype(dtype) for array in arrays]

    with framework.isolated_random_state(seed):
        nets = {name: framework.net(cast(weights)) for name, weights in NETS.items()}
        for name, net in nets.items():
            framework.set_gradients(net, cast(STALE_GRADIENTS[name]))
        trainer = framework.trainer(nets[player], calls)
        given = cast(given or ([X, Z] if player == "D" else [Z]))
        points = [framework.tensor(array) for array in given]
        before = {name: flat(framework.weights(net)) for name, net in nets.items()}
        value = function(*points, nets["D"], nets["G"], framework.loss(dtype), trainer)
        moved = {name: flat(framework.weights(net)) - before[name] for name, net in nets.items()}
        leaked = cleared = False
        if framework.gradients(nets[player]):
            kept = {name: flat(framework.gradients(net)) for name, net in nets.items()}
            cleared = not kept[player].any()
            if "gradient" not in calls and not cleared:
                if not np.allclose(kept[player], flat(STALE_GRADIENTS[player])):
                    calls.append("gradient")  # it came when no step was left to take it
            if player == "D" and kept["G"].any():
                leaked = not np.allclose(kept["G"], flat(STALE_GRADIENTS["G"]))
        changed = any(
            not np.allclose(framework.array(a), b) for a, b in zip(points, given, strict=True)
        )
        graph, returned = framework.holds_graph(value), number(framework, value)
        frozen = [name for name, net in nets.items() if framework.frozen(net)]
        tolerance = TOLERANCES[dtype]
        return Seen(moved, returned, calls, leaked, cleared, graph, changed, frozen, tolerance)


def ignored(framework: Framework, player: str, step: Callable, dtype: str, seen: Seen) -> list[str]:
    """Return which of the things that a step is given make no difference to it."""
    says = []
    for i, said in enumerate(IGNORED[player]):
        given = [array + (j == i) for j, array in enumerate((X, Z)[-len(IGNORED[player]) :])]
        try:
            with redirect_stdout(StringIO()):
                moved = watch(framework, player, step, dtype, given=given).moved[player]
        except (Exception, SystemExit):  # whatever a student's code may raise
            return []
        if np.allclose(moved, seen.moved[player], rtol=0, atol=seen.tolerance):
            says.append(said)
    return says


def plain(work: Callable) -> Callable:
    """Return the function that a student wrote, without what a framework or a decorator put on."""
    while inner := getattr(work, "__wrapped__", None) or getattr(work, "python_function", None):
        work = inner
    return work


def number(framework: Framework, value: Any) -> np.ndarray | None:
    """Return what a step has returned as a NumPy array, None for nothing, NaN for no number."""
    if value is None:
        return None
    try:
        return np.asarray(
            np.nan if isinstance(value, str | list | tuple) else framework.array(value)
        )
    except Exception:  # whatever a framework raises of an object that it does not know
        return np.asarray(np.nan)


def flat(arrays) -> np.ndarray:
    """Return the numbers of some arrays in a row."""
    return np.concatenate([np.ravel(array) for array in arrays])


# What may stand where the generated points should.
Z_STANDS_IN = "the noise Z stands where net_G(Z) should"
STAND_INS = {
    "": Z @ NET_G[0] + NET_G[1],
    Z_STANDS_IN: Z,
    "the real points X stand where the noise Z should": X @ NET_G[0] + NET_G[1],
}
ALL = {"real": X, "fake": STAND_INS[""]}
X_STANDS_IN = "the real points X stand where net_G(Z) should"
FAKE_STANDS_IN = "the generated points stand where the real points X should"

# Which of the points a step may use: all, the first ones, the last ones, every second.
PARTS = [slice(N), *(slice(n) for n in range(1, N)), *(slice(n, N) for n in range(1, N))]
PARTS += [slice(0, N, 2), slice(1, N, 2)]
FEWER = "only {used} of the {all} {points} are used"


@dataclass
class Guess:
    """What a step may have done: by kind the points and the noise behind them, and the loss.

    stand_in: what stands where other points should, "" for none. says: what else is wrong.
    """

    stand_in: str
    points: dict[str, np.ndarray]
    ways: dict[str, Way]
    noise: np.ndarray
    says: list[str]


def guesses(player: str) -> Iterator[Guess]:
    """Give what a player's step may have done: the likelier, the earlier."""
    kinds = list(RIGHT[player])
    for stand_in, fake_X in STAND_INS.items():
        points = {kind: (ALL | {"fake": fake_X})[kind] for kind in kinds}
        for way in (RIGHT_WAY, *WAYS):
            yield Guess(stand_in, points, dict.fromkeys(kinds, way), Z, [way.all] * bool(way.all))
        for way in WAYS if len(kinds) > 1 else ():
            for kind in kinds:
                ways = dict.fromkeys(kinds, RIGHT_WAY) | {kind: way}
                yield Guess(stand_in, points, ways, Z, [way.one.format(points=KINDS[kind])])
    for some in product(PARTS, repeat=len(kinds)):
        used = {kind: ALL[kind][part] for kind, part in zip(kinds, some, strict=True)}
        says = [
            FEWER.format(used=len(used[kind]), all=N, points=KINDS[kind])
            for kind in kinds
            if len(used[kind]) < N
        ]
        yield Guess("", used, dict.fromkeys(kinds, RIGHT_WAY), Z[some[-1]], says)


@dataclass
class Term:
    """The slope of the loss on one kind of points with one label, and the loss."""

    slope: np.ndarray  # in the parameters of the player whose step it is
    loss: float


def term(player: str, points: np.ndarray, label: int, way: Way, noise: np.ndarray) -> Term:
    """Return the mean loss of D's answers to points (n, 2) with a label, and its slope.

    noise: what G makes the points of, if it is G's step.
    """
    W1, b1, W2, b2 = NET_D
    hidden = np.tanh(points @ W1 + b1)
    values, slopes = way.loss(hidden @ W2 + b2, label)
    slope = slopes / len(points)
    before = slope @ W2.T * (1 - hidden**2)
    if player == "D":
        parts = points.T @ before, before.sum(0), hidden.T @ slope, slope.sum(0)
    else:
        in_points = before @ W1.T
        parts = noise.T @ in_points, in_points.sum(0)
    return Term(flat(parts), float(np.mean(values)))


@dataclass
class Step:
    """What a step is, as a sum of known slopes.

    guess: what it has done. parts: by kind of points, how much they counted with the label 0, and
    with the label 1. left: how much the gradients from before counted. losses: by kind, the loss
    with the label 0, and with 1.
    """

    guess: Guess
    parts: dict[str, tuple[float, float]]
    left: float
    losses: dict[str, tuple[float, float]]

    def loss(self, parts: dict[str, tuple[float, float]]) -> float:
        """Return the loss that belongs to some parts."""
        return sum(float(np.dot(parts[kind], self.losses[kind])) for kind in parts)


def explain(player: str, moved: np.ndarray, tolerance: float) -> Step | None:
    """Return the sum of known slopes that a player has moved by, or None if there is none."""
    for guess in guesses(player):
        terms = {
            kind: [term(player, points, label, guess.ways[kind], guess.noise) for label in (0, 1)]
            for kind, points in guess.points.items()
        }
        slopes = [each.slope for pair in terms.values() for each in pair]
        basis = np.stack([*slopes, flat(STALE_GRADIENTS[player])], axis=1)
        # A single point tells no label from a weight: then it is taken to be right.
        right = np.array([*flat(RIGHT[player].values()), 0])
        for found in right, np.linalg.lstsq(basis, -moved, rcond=None)[0]:
            if fits := abs(basis @ found + moved).max() <= tolerance * abs(moved).max():
                break
        if not fits:
            continue
        found[abs(found) < tolerance] = 0
        parts = dict(zip(terms, zip(found[:-1:2], found[1::2], strict=True), strict=True))
        losses = {kind: (zero.loss, one.loss) for kind, (zero, one) in terms.items()}
        step = Step(guess, parts, found[-1], losses)
        return taken_twice(step, tolerance) if player == "D" else step
    return None


def taken_twice(step: Step, tolerance: float) -> Step:
    """Return a step of D, and if one kind of points takes part as both, say so and count it so."""
    for kind, other, stand_in in (("real", "fake", X_STANDS_IN), ("fake", "real", FAKE_STANDS_IN)):
        zero, one = step.parts[kind]
        if zero and not any(step.parts[other]) and isclose(zero, one, rel_tol=3 * tolerance):
            step.guess.stand_in = stand_in
            step.parts = {"real": (0, one), "fake": (zero, 0)}
            break
    return step


def diagnose(player: str, seen: Seen, again: Seen) -> list[str]:
    """Return what is wrong with a step, a sentence each, and nothing if it is right.

    again: what was seen of the same step a second time.
    """
    says, me = around(player, seen), NAMES[player]
    if not all(np.isfinite(moved).all() for moved in seen.moved.values()):
        why = "is something divided by 0, or a logarithm taken of what is not positive?"
        return [*says, f"after it, some parameters are no numbers: {why}"]
    if not np.allclose(seen.moved[player], again.moved[player], rtol=0, atol=seen.tolerance):
        return [*says, AGAIN]
    if not seen.moved[player].any():
        return [*says, f"{me} does not move: {why_still(player, seen)}", *no_number(seen.returned)]
    if (count := seen.calls.count("step")) != 1:
        says.append(
            f"its optimiser takes {count or 'no'} step{'s' * (count > 1)}, where it takes one"
        )
    step = explain(player, seen.moved[player], seen.tolerance)
    if step is None:
        return says + [UNKNOWN.format(me)] * (count == 1) + no_number(seen.returned)
    says += filter(None, [step.guess.stand_in, *step.guess.says])
    if any(way.all == SQUARES[0] for way in step.guess.ways.values()):
        return says + no_number(seen.returned)  # how much they count is another matter with them
    if step.left and not (player == "G" and seen.cleared):  # nobody else leaves one in G
        why = "are cleared only after it" if seen.cleared else "are never cleared"
        left = "gradients that were there before the step are added to its own"
        says.append(f"{left}, since they {why}")
    if player == "G" and np.allclose(step.parts["fake"], SATURATING["fake"], atol=seen.tolerance):
        says.append(
            "this is the first loss, the saturating one: give the points the label 1 instead"
        )
        return says + no_number(seen.returned)
    says += wrong_parts(player, step, seen.tolerance)
    return says + wrong_loss(player, seen.returned, step, seen.tolerance)


def around(player: str, seen: Seen) -> list[str]:
    """Return what is wrong besides the step itself."""
    me, other = NAMES[player], NAMES[OTHER[player]]
    says = []
    if seen.moved[OTHER[player]].any():
        says.append(f"{other} moves in {me}'s step")
    if seen.leaked:
        says.append(f"a gradient reaches {other}: cut the generated points off from it")
    if seen.graph:
        says.append("the loss returned holds all that it was computed from: return it detached")
    if seen.changed:
        says.append("the points or the noise are changed in place: others still need them")
    says += [f"{NAMES[name]} is left frozen: it must move in the next step" for name in seen.frozen]
    return says


UNKNOWN = "{} takes a step that fits no mistake that this check knows"
AGAIN = (
    "with the same points and the same Z, a second call takes another step: does it draw noise of "
    "its own? Z is the only noise"
)
IGNORED = {"G": ["the step is the same with other noise: is Z not used?"]}
IGNORED["D"] = ["the step is the same with other real points: is X not used?", *IGNORED["G"]]
SAME_SLOPE = (
    "the slope of the loss is the same for all {points}, whatever their logits: are logits and "
    "labels exchanged, or is a softmax taken of single logits?"
)
CUT = (
    "no gradient arrives at its weights: is none computed, or is the path to them cut, as by "
    "detach(), by an array of NumPy, by rounding, by a comparison, or outside of what is recorded?"
)
ZERO = (
    "the gradient that arrives is zero: is the path to its weights cut, or does the loss not "
    "change with them, as after rounding, after clipping, or after a softmax of a single logit?"
)
ELSEWHERE = (
    "the optimiser's update is applied to something else than the network that is given: are its "
    "arguments exchanged, or is it a copy?"
)


def why_still(player: str, seen: Seen) -> str:
    """Return why a step moved nothing."""
    calls = seen.calls
    if "step" not in calls:
        return "its optimiser takes no step"
    if "elsewhere" in calls:
        return ELSEWHERE
    if "gradient" in calls and calls.index("step") < calls.index("gradient"):
        return "the optimiser's step comes before the gradient is computed"
    if "gradient" in calls and "clear" in calls[calls.index("gradient") :]:
        return "the gradients are cleared before the optimiser's step"
    return by_its_loss(player, seen) or (ZERO if "gradient" in calls else CUT)


def by_its_loss(player: str, seen: Seen) -> str | None:
    """Return what a step that moved nothing did, by the loss that it returned."""
    known = [
        Guess("", ALL, {"real": way, "fake": way}, Z, [way.all])
        for way in (OF_SOFTMAX, *OF_ROUNDED)
    ]
    if player == "G":  # whose weights are not in the way of the noise
        known.append(Guess("", {"fake": Z}, {"fake": RIGHT_WAY}, Z, [Z_STANDS_IN]))
    for guess in known:
        loss = sum(
            weight * term(player, guess.points[kind], label, guess.ways[kind], Z).loss
            for kind, weights in RIGHT[player].items()
            for label, weight in enumerate(weights)
        )
        if not no_number(seen.returned) and isclose(
            seen.returned.item(), loss, abs_tol=3 * seen.tolerance
        ):
            return guess.says[0]
    return None


# What a factor in the step's size is likely to come from.
SIZES = {
    "G": {
        N: "a sum for a mean?",
        1 / N: "is the mean taken twice?",
        N / 2: "is it divided by the number of coordinates, in place of the number of points?",
    }
}
SIZES["D"] = SIZES["G"] | {2: "is a / 2 missing?", 0.5: "is it halved once too often?"}
SIZES["D"] |= {2 * N: "a sum for a mean, and no / 2?"}


def wrong_parts(player: str, step: Step, tolerance: float) -> list[str]:
    """Return how weights and labels differ from the right ones."""
    says, ratios = [], {}
    for kind, (zero, one) in step.parts.items():
        weight, wanted = zero + one, RIGHT[player][kind]
        if zero == one == 0:
            says.append(f"the {KINDS[kind]} take no part")
        elif abs(weight) < tolerance:
            says.append(SAME_SLOPE.format(points=KINDS[kind]))
        else:
            ratios[kind] = weight / sum(wanted)
            label, want = one / weight + 0.0, wanted[1] / sum(wanted)
            if not isclose(label, want, abs_tol=3 * tolerance):
                points = f"your {KINDS[kind]} carry the label {label:.3g}"
                says.append(f"{points} in {NAMES[player]}'s step, where it is {want:.0f}")
    if ratios and all(ratio < 0 for ratio in ratios.values()):
        says.append("the step goes uphill: a sign is turned")
        ratios = {kind: -ratio for kind, ratio in ratios.items()}
    if len(ratios) > 1 and isclose(*ratios.values(), rel_tol=3 * tolerance):
        ratios = {"": ratios["real"]}  # both kinds alike
    for kind, ratio in ratios.items():
        few = len(step.guess.points[kind or "real"]) / N  # fewer, and divided by the number of all
        if any(isclose(ratio, fine, abs_tol=3 * tolerance) for fine in (1, few)):
            continue
        if ratio < 0:
            says.append(f"your {KINDS[kind]} count the wrong way: a sign is turned")
            continue
        what, they = (
            (f"your {KINDS[kind]} count", "they")
            if kind and player == "D"
            else ("the step is", "it")
        )
        sizes = SIZES[player].items()
        hint = [f": {why}" for size, why in sizes if isclose(ratio, size, rel_tol=3 * tolerance)]
        says.append(f"{what} {ratio:.3g} times as much as {they} should{''.join(hint)}")
    return says


def no_number(returned: np.ndarray | None) -> list[str]:
    """Return what is wrong with what was returned, whatever its value."""
    if returned is None:
        return ["no loss is returned"]
    if returned.size != 1:
        return [f"what is returned has the shape {returned.shape}, where one number is wanted"]
    if np.isnan(returned).any():
        return ["what is returned is no number"]
    return []


def wrong_loss(player: str, returned: np.ndarray | None, step: Step, tolerance: float) -> list[str]:
    """Return what is wrong with the loss that was returned; it may have the step's own mistake."""
    if says := no_number(returned):
        return says
    wanted = [step.loss(RIGHT[player]), step.loss(step.parts)]
    exchanged = any(abs(sum(part)) < tolerance and any(part) for part in step.parts.values())
    if (
        step.guess.stand_in
        or step.guess.says
        or exchanged
        or np.isclose(returned.item(), wanted, rtol=0, atol=3 * tolerance).any()
    ):
        return []
    return [f"the loss returned is {returned.item():.4f}, where it is {wanted[0]:.4f}"]
