"""What a step of the GAN did, in words: for ``check(update_D)`` and ``check(update_G)``.

A wrong step is hardly ever a new direction; it is a wrong sum of the right pieces. With SGD and the
learning rate 1, the parameters move by minus a sum of a few slopes that are known here: of the loss
on real points with the label 1 and with the label 0, on generated points with either, and the
gradients that were left from before. Least squares finds the coefficients, and they say what was
done.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from math import isclose
from types import ModuleType
from typing import Any

import numpy as np

# Small networks with large weights: near a logit of 0, turned labels and a turned sign look alike.
_rng = np.random.default_rng(5)
NET_D = [_rng.normal(size=s) for s in ((2, 3), (3,), (3, 1), (1,))]  # W is inputs x outputs
NET_G = [_rng.normal(size=s) for s in ((2, 2), (2,))]
NETS = {"D": NET_D, "G": NET_G}
X, Z = _rng.normal(1, 2, (4, 2)), _rng.normal(size=(4, 2))
LEFT = {player: [_rng.normal(size=p.shape) for p in net] for player, net in NETS.items()}

NAMES = {"D": "the discriminator", "G": "the generator"}
OTHER = {"D": "G", "G": "D"}
KINDS = {"real": "real points", "fake": "generated points"}
# How much each kind of points counts with the label 0, and with the label 1.
RIGHT = {"D": {"real": (0, 0.5), "fake": (0.5, 0)}, "G": {"fake": (0, 1)}}
SATURATING = {"fake": (-1, 0)}


def check_step(player: str) -> Callable[[ModuleType, Callable], list[str]]:
    """Return the check of a player's step."""

    def check(framework: ModuleType, step: Callable) -> list[str]:
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
                return says or compiled(framework, player, step, dtype)
        raise first

    return check


def compiled(framework: ModuleType, player: str, step: Callable, dtype: str) -> list[str]:
    """Return what is wrong with a right step when it is compiled, as the lesson's loop does it."""
    if not framework.COMPILES:
        return []
    try:
        with redirect_stdout(StringIO()):
            watch(framework, player, framework.compile(step), dtype)
    except Exception as error:  # whatever a framework's compiler may raise
        what = "it works step by step, but cannot be compiled, as train_epochs does it"
        return [f"{what}: {type(error).__name__}. Is something turned into a number, or an array?"]
    return []


@dataclass
class Seen:
    """What a framework's ``watch`` saw of one step with a learning rate of 1.

    moved: by player, the change of all its parameters in the order and the form of NETS, flat.
    returned: what was returned, as a NumPy array, None for nothing and NaN for what is no number.
    calls: "clear", "gradient" and "step" as they came; the first only where gradients are kept,
    the second taken for granted where they are handed out. leaked: whether the step of D left a
    gradient in G. cleared: whether the player was left without gradients. graph: whether the loss
    still holds what it was computed from. changed: whether the points or the noise were changed in
    place. frozen: the players with parameters that can no longer move.
    tolerance: what rounding may do to a share of the step.
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
    framework: ModuleType, player: str, function: Callable, dtype: str = "float64", seed: int = 0
) -> Seen:
    """Let a framework's networks take one step by a function, and return what was seen.

    framework: a module of d2lmini.practice. seed: for what the function may draw. What it raises
    comes through. All random states that can be read are left as they were.
    """
    calls = [] if framework.KEEPS_GRADIENTS else ["gradient"]

    def cast(arrays):
        return [array.astype(dtype) for array in arrays]

    with framework.aside(seed), random_aside(seed):
        nets = {name: framework.net(cast(weights)) for name, weights in NETS.items()}
        if framework.KEEPS_GRADIENTS:
            for name, net in nets.items():
                framework.set_gradients(net, cast(LEFT[name]))
        trainer = framework.trainer(nets[player], calls)
        given = cast([X, Z] if player == "D" else [Z])
        points = [framework.tensor(array) for array in given]
        before = {name: flat(framework.weights(net)) for name, net in nets.items()}
        value = function(*points, nets["D"], nets["G"], framework.loss(dtype), trainer)
        moved = {name: flat(framework.weights(net)) - before[name] for name, net in nets.items()}
        leaked = cleared = False
        if framework.KEEPS_GRADIENTS:
            kept = {name: flat(framework.gradients(net)) for name, net in nets.items()}
            cleared = not kept[player].any()
            if player == "D" and kept["G"].any():
                leaked = not np.allclose(kept["G"], flat(LEFT["G"]))
        changed = any(
            not np.allclose(framework.array(a), b) for a, b in zip(points, given, strict=True)
        )
        graph, returned = framework.holds_graph(value), number(framework, value)
        frozen = [name for name, net in nets.items() if framework.frozen(net)]
        tolerance = TOLERANCES[dtype]
        return Seen(moved, returned, calls, leaked, cleared, graph, changed, frozen, tolerance)


def plain(work: Callable) -> Callable:
    """Return the function that a student wrote, without what a framework or a decorator put on."""
    while inner := getattr(work, "__wrapped__", None) or getattr(work, "python_function", None):
        work = inner
    return work


@contextmanager
def random_aside(seed: int) -> Iterator[None]:
    """Start Python's and NumPy's random states from a seed, and leave them as they were."""
    pythons, numpys = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed)
    try:
        yield
    finally:
        random.setstate(pythons)
        np.random.set_state(numpys)


def number(framework: ModuleType, value: Any) -> np.ndarray | None:
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
STAND_INS = {
    "": Z @ NET_G[0] + NET_G[1],
    "the noise Z stands where net_G(Z) should": Z,
    "the real points X stand where the noise Z should": X @ NET_G[0] + NET_G[1],
}
X_STANDS_IN = "the real points X stand where net_G(Z) should"
FAKE_STANDS_IN = "the generated points stand where the real points X should"


@dataclass
class Term:
    """The slope of the loss on one kind of points with one label, and the loss."""

    slope: np.ndarray  # in the parameters of the player whose step it is
    loss: float


def term(player: str, points: np.ndarray, label: int, sigmoid_first: bool) -> Term:
    """Return the mean cross-entropy of D's answers to points (n, 2) with a label, and its slope.

    sigmoid_first: a sigmoid stands between D and the loss, which has its own.
    """
    W1, b1, W2, b2 = NET_D
    hidden = np.tanh(points @ W1 + b1)
    o = hidden @ W2 + b2
    p = 1 / (1 + np.exp(-o))
    logits = p if sigmoid_first else o
    slope = (1 / (1 + np.exp(-logits)) - label) / len(points)
    slope = slope * p * (1 - p) if sigmoid_first else slope
    before = slope @ W2.T * (1 - hidden**2)
    in_D = points.T @ before, before.sum(0), hidden.T @ slope, slope.sum(0)
    in_points = before @ W1.T
    in_G = Z.T @ in_points, in_points.sum(0)
    loss = np.mean(np.logaddexp(0, logits) - label * logits)
    return Term(flat(in_D if player == "D" else in_G), float(loss))


@dataclass
class Step:
    """What a step is, as a sum of known slopes.

    stand_in: what stood where the generated points should, "" for themselves. parts: by kind of
    points, how much they counted with the label 0, and with the label 1. left: how much the
    gradients from before counted. losses: by kind, the loss with the label 0, and with 1.
    """

    stand_in: str
    sigmoid_first: bool
    parts: dict[str, tuple[float, float]]
    left: float
    losses: dict[str, tuple[float, float]]

    def loss(self, parts: dict[str, tuple[float, float]]) -> float:
        """Return the loss that belongs to some parts."""
        return sum(float(np.dot(parts[kind], self.losses[kind])) for kind in parts)


def explain(player: str, moved: np.ndarray, tolerance: float) -> Step | None:
    """Return the sum of known slopes that a player has moved by, or None if there is none."""
    for stand_in, fake_X in STAND_INS.items():
        kinds = {"real": X, "fake": fake_X} if player == "D" else {"fake": fake_X}
        for sigmoid_first in (False, True):
            terms = {
                kind: [term(player, points, label, sigmoid_first) for label in (0, 1)]
                for kind, points in kinds.items()
            }
            slopes = [each.slope for pair in terms.values() for each in pair]
            basis = np.stack([*slopes, flat(LEFT[player])], axis=1)
            found = np.linalg.lstsq(basis, -moved, rcond=None)[0]
            if abs(basis @ found + moved).max() > tolerance * abs(moved).max():
                continue
            found[abs(found) < tolerance] = 0
            parts = dict(zip(kinds, zip(found[:-1:2], found[1::2], strict=True), strict=True))
            losses = {kind: (zero.loss, one.loss) for kind, (zero, one) in terms.items()}
            for kind, twice in {"real": X_STANDS_IN, "fake": FAKE_STANDS_IN}.items():
                if (
                    player == "D"
                    and parts[kind][0]
                    and not any(parts["fake" if kind == "real" else "real"])
                ):
                    zero, one = parts[kind]
                    if isclose(zero, one, rel_tol=3 * tolerance):  # they take part as both kinds
                        parts, stand_in = {"real": (0, one), "fake": (zero, 0)}, twice
                        break
            return Step(stand_in, sigmoid_first, parts, found[-1], losses)
    return None


def diagnose(player: str, seen: Seen, again: Seen) -> list[str]:
    """Return what is wrong with a step, a sentence each, and nothing if it is right.

    again: what was seen of the same step a second time.
    """
    says, me = around(player, seen), NAMES[player]
    if not all(np.isfinite(moved).all() for moved in seen.moved.values()):
        return [*says, "after it, some parameters are no numbers"]
    if not np.allclose(seen.moved[player], again.moved[player], rtol=0, atol=seen.tolerance):
        return [*says, "each call takes another step: it draws, and Z is the only noise"]
    if not seen.moved[player].any():
        return [*says, f"{me} does not move: {why_still(seen.calls)}", *no_number(seen.returned)]
    if (count := seen.calls.count("step")) != 1:
        says.append(
            f"its optimiser takes {count or 'no'} step{'s' * (count > 1)}, where it takes one"
        )
    step = explain(player, seen.moved[player], seen.tolerance)
    if step is None:
        unknown = [f"{me} takes a step that fits no mistake that this check knows"]
        return says + unknown * (count == 1) + no_number(seen.returned)
    says += filter(None, [step.stand_in])
    if step.sigmoid_first:
        says.append("a sigmoid comes before the loss, which has its own")
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


CUT = "no gradient arrives, since none is computed or the path to its weights is cut"


def why_still(calls: list[str]) -> str:
    """Return why the calls of a step moved nothing."""
    if "step" not in calls:
        return "its optimiser takes no step"
    if "gradient" not in calls:
        return CUT
    if calls.index("step") < calls.index("gradient"):
        return "the optimiser's step comes before the gradient is computed"
    if "clear" in calls[calls.index("gradient") :]:
        return "the gradients are cleared before the optimiser's step"
    return CUT


# What a factor in the step's size is likely to come from. There are 4 points of each kind.
SIZES = {"G": {4: "a sum for a mean?", 0.25: "is the mean taken twice?"}}
SIZES["D"] = SIZES["G"] | {2: "is a / 2 missing?", 0.5: "is it halved once too often?"}
SIZES["D"] |= {8: "a sum for a mean, and no / 2?"}


def wrong_parts(player: str, step: Step, tolerance: float) -> list[str]:
    """Return how weights and labels differ from the right ones."""
    says, ratios = [], {}
    for kind, (zero, one) in step.parts.items():
        weight, wanted = zero + one, RIGHT[player][kind]
        if zero == one == 0:
            says.append(f"the {KINDS[kind]} take no part")
        elif abs(weight) < tolerance:
            mean = f"the loss of the {KINDS[kind]} is the mean of their logits"
            says.append(f"{mean}: are logits and labels exchanged?")
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
        if isclose(ratio, 1, abs_tol=3 * tolerance):
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
        step.stand_in
        or exchanged
        or np.isclose(returned.item(), wanted, rtol=0, atol=3 * tolerance).any()
    ):
        return []
    return [f"the loss returned is {returned.item():.4f}, where it is {wanted[0]:.4f}"]
