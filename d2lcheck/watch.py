"""What can be seen of one step that small networks take by a student's function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from d2lcheck.framework import Framework

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
OTHER = {"D": "G", "G": "D"}


@dataclass(frozen=True)
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

    seed: for what the function may draw. given: the points and the noise, or the noise alone, if
    not those above. What the function raises comes through. All random states that can be read are
    left as they were.
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
