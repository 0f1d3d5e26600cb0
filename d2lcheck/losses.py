"""Checks of the sigmoid and of the generator's two losses, which take logits as NumPy arrays."""

import warnings
from collections.abc import Callable

import numpy as np

from d2lcheck.compare import compare
from d2lcheck.framework import Framework

O = np.linspace(-5, 4, 12)  # noqa: E741  (the lesson's name of a logit)
D = 1 / (1 + np.exp(-O))

RIGHT = {"sigmoid": D, "saturating_loss": np.log(1 - D), "non_saturating_loss": -np.log(D)}

OTHER = "this is the other of the two losses"
SIGN = "the sign is turned: the loss must fall as the logit grows"
BASE = "the logarithm is to the base {}, where it is natural: losses are in nats"
SLOPE = "this is the slope of the loss, not the loss"
LOGIT = "the logit o stands where D = sigmoid(o) should"


def known(name: str) -> dict[str, np.ndarray]:
    """Return, by mistake, what a function gives."""
    right = RIGHT[name]
    if name == "sigmoid":
        return {
            "the sign of o is turned: it must grow with o": 1 - D,
            "this is tanh, which goes from -1 to 1": np.tanh(O),
            "this is the slope of the sigmoid": D * (1 - D),
            "it is tanh(o / 2), not yet moved to between 0 and 1": 2 * D - 1,
            "it is wider by a factor of 2: tanh(o / 2) is meant, not tanh(o)": (1 + np.tanh(O)) / 2,
            "this is exp(o), the odds D / (1 - D)": np.exp(O),
        }
    others = {"saturating_loss": "non_saturating_loss", "non_saturating_loss": "saturating_loss"}
    points, slope = {"saturating_loss": (1 - O, -D), "non_saturating_loss": (O, D - 1)}[name]
    with np.errstate(invalid="ignore"):
        of_logit = np.log(points) * (1 if name == "saturating_loss" else -1)
    return {
        OTHER: RIGHT[others[name]],
        "this is the other loss, with its sign turned": -RIGHT[others[name]],
        SIGN: -right,
        BASE.format(2): right / np.log(2),
        BASE.format(10): right / np.log(10),
        SLOPE: slope,
        LOGIT: of_logit,
        "this is the mean of the losses: each logit has its own": right.mean(),
        "this is the sum of the losses: each logit has its own": right.sum(),
    }


def check_function(name: str) -> Callable[[Framework, Callable], list[str]]:
    """Return the check of a function of logits."""

    def check(framework: Framework, work: Callable) -> list[str]:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given = O.copy()
            value = work(given)
        if value is None:
            return ["nothing is returned"]
        if not np.array_equal(given, O):
            return ["the logits are changed in place: others still need them"]
        if says := compare(value, RIGHT[name], known(name), "what is returned"):
            return says
        if name == "sigmoid":
            return overflows(work)
        return []

    return check


def overflows(work: Callable) -> list[str]:
    """Return what is wrong with a sigmoid far from 0."""
    for o in -1000.0, 1000.0:
        with (
            warnings.catch_warnings(record=True) as caught,
            np.errstate(all="warn", under="ignore"),
        ):
            warnings.simplefilter("always")
            value = work(np.array([o]))
        if caught:
            return [f"exp overflows at o = {o:.0f}"]
        if not np.allclose(value, o > 0):
            return [f"at o = {o:.0f} it is {np.ravel(value)[0]:.3g}, where it is {o > 0:.0f}"]
    return []
