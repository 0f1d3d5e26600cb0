"""What a step of the GAN did: for ``check(update_D)`` and ``check(update_G)``.

It is watched (watch.py), solved for what it is a sum of (solve.py), and compared here with what is
right. What is found is data; its words come last (words.py).
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext, redirect_stdout
from io import StringIO
from math import isclose

import numpy as np

from d2lcheck.framework import Framework
from d2lcheck.solve import ALL, RIGHT, SATURATING, Guess, Step, explain, term
from d2lcheck.watch import OTHER, N, Seen, X, Z, watch
from d2lcheck.ways import OF_ROUNDED, OF_SOFTMAX, RIGHT_WAY
from d2lcheck.words import Finding, finding, worded


def check_step(player: str) -> Callable[[Framework, Callable], list[str]]:
    """Return the check of a player's step."""

    def check(framework: Framework, step: Callable) -> list[str]:
        return [*map(worded, find(framework, player, step))]

    return check


def find(framework: Framework, player: str, step: Callable) -> list[Finding]:
    """Return what is wrong with a player's step, and nothing if it is right."""
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
            found = diagnose(player, seen, again)
            if any(each.what == "unknown" for each in found):
                found = ignored(framework, player, step, dtype, seen) or found
            return found or compiled(framework, player, step, dtype)
    raise first


def compiled(framework: Framework, player: str, step: Callable, dtype: str) -> list[Finding]:
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
        return [finding("not compiled", error=type(error).__name__)]
    return []


def ignored(
    framework: Framework, player: str, step: Callable, dtype: str, seen: Seen
) -> list[Finding]:
    """Return which of the things that a step is given make no difference to it."""
    found, names, arrays = [], ("X", "Z")[player == "G" :], (X, Z)[player == "G" :]
    for i, name in enumerate(names):
        given = [array + (j == i) for j, array in enumerate(arrays)]
        try:
            with redirect_stdout(StringIO()):
                moved = watch(framework, player, step, dtype, given=given).moved[player]
        except (Exception, SystemExit):  # whatever a student's code may raise
            return []
        if np.allclose(moved, seen.moved[player], rtol=0, atol=seen.tolerance):
            found.append(finding(f"{name} ignored"))
    return found


def diagnose(player: str, seen: Seen, again: Seen) -> list[Finding]:
    """Return what is wrong with a step, and nothing if it is right.

    again: what was seen of the same step a second time.
    """
    found, returned = list(around(player, seen)), no_number(seen.returned)
    if not all(np.isfinite(moved).all() for moved in seen.moved.values()):
        return [*found, finding("no numbers")]
    if not np.allclose(seen.moved[player], again.moved[player], rtol=0, atol=seen.tolerance):
        return [*found, finding("another step")]
    if not seen.moved[player].any():
        return [*found, finding("still", player=player, why=why_still(player, seen)), *returned]
    if (count := seen.calls.count("step")) != 1:
        found.append(finding("steps", count=count) if count else finding("no step"))
    step = explain(player, seen.moved[player], seen.tolerance)
    if step is None:
        return [*found, *[finding("unknown", player=player)] * (count == 1), *returned]
    found += done(step.guess)
    if any(way.name == "squares" for way in step.guess.ways.values()):
        return found + returned  # how much they count is another matter with them
    if step.stale and not (player == "G" and seen.cleared):  # nobody else leaves one in G
        found.append(finding("cleared late" if seen.cleared else "never cleared"))
    if player == "G" and np.allclose(step.parts["fake"], SATURATING["fake"], atol=seen.tolerance):
        return [*found, finding("saturating"), *returned]
    found += wrong_parts(player, step, seen.tolerance)
    return found + (returned or wrong_loss(player, seen.returned, step, seen.tolerance))


def around(player: str, seen: Seen) -> Iterator[Finding]:
    """Give what is wrong besides the step itself."""
    other = OTHER[player]
    if seen.moved[other].any():
        yield finding("moves", player=player, other=other)
    if seen.leaked:
        yield finding("reached", other=other)
    if seen.graph:
        yield finding("graph")
    if seen.changed:
        yield finding("changed")
    for name in seen.frozen:
        yield finding("frozen", player=name)


def done(guess: Guess) -> list[Finding]:
    """Return what is wrong with the points that a step uses, and how it takes their loss."""
    found = [finding(guess.stand_in)] if guess.stand_in else []
    names = {way.name for way in guess.ways.values()}
    if len(names) == 1:
        found += [finding(name) for name in names if name]
    else:
        some = [(kind, way) for kind, way in guess.ways.items() if way.name]
        found += [finding(f"{way.name} of some", points=kind) for kind, way in some]
    fewer = [(kind, len(points)) for kind, points in guess.points.items() if len(points) < N]
    return found + [finding("fewer", used=used, all=N, points=kind) for kind, used in fewer]


def why_still(player: str, seen: Seen) -> Finding:
    """Return why a step moved nothing."""
    calls = seen.calls
    if "step" not in calls:
        return finding("no step taken")
    if "elsewhere" in calls:
        return finding("elsewhere")
    if "gradient" in calls and calls.index("step") < calls.index("gradient"):
        return finding("too early")
    if "gradient" in calls and "clear" in calls[calls.index("gradient") :]:
        return finding("cleared")
    return by_its_loss(player, seen) or finding("zero" if "gradient" in calls else "cut")


def by_its_loss(player: str, seen: Seen) -> Finding | None:
    """Return what a step that moved nothing did, by the loss that it returned."""
    known = [Guess("", ALL, {"real": way, "fake": way}, Z) for way in (OF_SOFTMAX, *OF_ROUNDED)]
    if player == "G":  # whose weights are not in the way of the noise
        known.append(Guess("Z for points", {"fake": Z}, {"fake": RIGHT_WAY}, Z))
    for guess in known:
        loss = sum(
            weight * term(player, guess.points[kind], label, guess.ways[kind], Z).loss
            for kind, weights in RIGHT[player].items()
            for label, weight in enumerate(weights)
        )
        if not no_number(seen.returned) and isclose(
            seen.returned.item(), loss, abs_tol=3 * seen.tolerance
        ):
            return done(guess)[0]
    return None


# What a factor in the step's size is likely to come from: HINTS in words.py.
SIZES = {"G": {N: "sum", 1 / N: "mean twice", N / 2: "coordinates"}}
SIZES["D"] = SIZES["G"] | {2: "no half", 0.5: "half twice", 2 * N: "sum, no half"}


def wrong_parts(player: str, step: Step, tolerance: float) -> list[Finding]:
    """Return how weights and labels differ from the right ones."""
    found, ratios = [], {}
    for kind, (zero, one) in step.parts.items():
        weight, wanted = zero + one, RIGHT[player][kind]
        if zero == one == 0:
            found.append(finding("no part", points=kind))
        elif abs(weight) < tolerance:
            found.append(finding("same slope", points=kind))
        else:
            ratios[kind] = weight / sum(wanted)
            label, want = one / weight + 0.0, wanted[1] / sum(wanted)
            if not isclose(label, want, abs_tol=3 * tolerance):
                about = {"points": kind, "player": player}
                found.append(finding("label", label=label, wanted=want, **about))
    if ratios and all(ratio < 0 for ratio in ratios.values()):
        found.append(finding("uphill"))
        ratios = {kind: -ratio for kind, ratio in ratios.items()}
    if len(ratios) > 1 and isclose(*ratios.values(), rel_tol=3 * tolerance):
        ratios = {"": ratios["real"]}  # both kinds alike
    for kind, ratio in ratios.items():
        few = len(step.guess.points[kind or "real"]) / N  # fewer, and divided by the number of all
        if any(isclose(ratio, fine, abs_tol=3 * tolerance) for fine in (1, few)):
            continue
        if ratio < 0:
            found.append(finding("points uphill", points=kind))
            continue
        sizes = SIZES[player].items()
        hint = next((why for size, why in sizes if isclose(ratio, size, rel_tol=3 * tolerance)), "")
        what = "points' size" if kind and player == "D" else "size"
        found.append(finding(what, points=kind, ratio=ratio, hint=hint))
    return found


def no_number(returned: np.ndarray | None) -> list[Finding]:
    """Return what is wrong with what was returned, whatever its value."""
    if returned is None:
        return [finding("no loss")]
    if returned.size != 1:
        return [finding("shape", shape=returned.shape)]
    return [finding("no number")] if np.isnan(returned).any() else []


def wrong_loss(player: str, returned: np.ndarray, step: Step, tolerance: float) -> list[Finding]:
    """Return what is wrong with the loss that was returned; it may have the step's own mistake."""
    wanted = [step.loss(RIGHT[player]), step.loss(step.parts)]
    exchanged = any(abs(sum(part)) < tolerance and any(part) for part in step.parts.values())
    if (
        done(step.guess)
        or exchanged
        or np.isclose(returned.item(), wanted, rtol=0, atol=3 * tolerance).any()
    ):
        return []
    return [finding("loss", loss=returned.item(), wanted=wanted[0])]
