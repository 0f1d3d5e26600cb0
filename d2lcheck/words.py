"""What the check of a step has found, as data, and the sentences that say it to a student."""

from collections.abc import Mapping
from typing import Any, NamedTuple

PLAYERS = {"D": "the discriminator", "G": "the generator"}
KINDS = {"real": "real points", "fake": "generated points"}
WORDS = {
    # Around the step itself.
    "moves": "{other} moves in {player}'s step",
    "reached": "a gradient reaches {other}: cut the generated points off from it",
    "graph": "the loss returned holds all that it was computed from: return it detached",
    "changed": "the points or the noise are changed in place: others still need them",
    "frozen": "{player} is left frozen: it must move in the next step",
    "not compiled": "it works step by step, but cannot be compiled, as train_epochs does it: "
    "{error}. Is something turned into a number, or an array?",
    "no numbers": "after it, some parameters are no numbers: is something divided by 0, or a "
    "logarithm taken of what is not positive?",
    "another step": "with the same points and the same Z, a second call takes another step: does "
    "it draw noise of its own? Z is the only noise",
    "X ignored": "the step is the same with other real points: is X not used?",
    "Z ignored": "the step is the same with other noise: is Z not used?",
    "no step": "its optimiser takes no step, where it takes one",
    "steps": "its optimiser takes {count} steps, where it takes one",
    "unknown": "{player} takes a step that fits no mistake that this check knows",
    # Why it is none.
    "still": "{player} does not move: {why}",
    "no step taken": "its optimiser takes no step",
    "elsewhere": "the optimiser's update is applied to something else than the network that is "
    "given: are its arguments exchanged, or is it a copy?",
    "too early": "the optimiser's step comes before the gradient is computed",
    "cleared": "the gradients are cleared before the optimiser's step",
    "zero": "the gradient that arrives is zero: is the path to its weights cut, or does the loss "
    "not change with them, as after rounding, after clipping, or after a softmax of a single "
    "logit?",
    "cut": "no gradient arrives at its weights: is none computed, or is the path to them cut, as "
    "by detach(), by an array of NumPy, by rounding, by a comparison, or outside of what is "
    "recorded?",
    # What it is of.
    "Z for points": "the noise Z stands where net_G(Z) should",
    "X for Z": "the real points X stand where the noise Z should",
    "X for fake": "the real points X stand where net_G(Z) should",
    "fake for X": "the generated points stand where the real points X should",
    "fewer": "only {used} of the {all} {points} are used",
    "cleared late": "gradients that were there before the step are added to its own, since they "
    "are cleared only after it",
    "never cleared": "gradients that were there before the step are added to its own, since they "
    "are never cleared",
    "saturating": "this is the first loss, the saturating one: give the points the label 1 instead",
    # How it takes the loss: see ways.py.
    "sigmoid": "a sigmoid comes before the loss, which has its own",
    "sigmoid of some": "a sigmoid comes before the loss of the {points} alone: the loss has its "
    "own",
    "squares": "the loss is the mean squared error, where it is the cross-entropy",
    "squares of some": "the loss of the {points} is the mean squared error, where it is the "
    "cross-entropy",
    "no from_logits": "the loss takes logits for probabilities: is from_logits=True forgotten?",
    "no from_logits of some": "the loss of the {points} takes logits for probabilities: is "
    "from_logits=True forgotten?",
    "probabilities": "the loss takes logits for probabilities: it has no sigmoid of its own",
    "probabilities of some": "the loss of the {points} takes logits for probabilities: it has no "
    "sigmoid of its own",
    "rounded": "the loss is that of rounded answers, and a rounded number has no slope",
    "rounded of some": "the loss of the {points} is that of rounded answers, and a rounded number "
    "has no slope",
    "softmax": "the loss is as if each logit were 1: is a softmax taken of single logits, which is "
    "always 1?",
    # How much each kind of points counts, and as what.
    "no part": "the {points} take no part",
    "same slope": "the slope of the loss is the same for all {points}, whatever their logits: are "
    "logits and labels exchanged, or is a softmax taken of single logits?",
    "label": "your {points} carry the label {label:.3g} in {player}'s step, where it is "
    "{wanted:.0f}",
    "uphill": "the step goes uphill: a sign is turned",
    "points uphill": "your {points} count the wrong way: a sign is turned",
    "size": "the step is {ratio:.3g} times as much as it should{hint}",
    "points' size": "your {points} count {ratio:.3g} times as much as they should{hint}",
    # What it returns.
    "no loss": "no loss is returned",
    "shape": "what is returned has the shape {shape}, where one number is wanted",
    "no number": "what is returned is no number",
    "loss": "the loss returned is {loss:.4f}, where it is {wanted:.4f}",
}
# What a factor in the step's size is likely to come from.
HINTS = {
    "": "",
    "sum": ": a sum for a mean?",
    "mean twice": ": is the mean taken twice?",
    "coordinates": ": is it divided by the number of coordinates, in place of the number of "
    "points?",
    "no half": ": is a / 2 missing?",
    "half twice": ": is it halved once too often?",
    "sum, no half": ": a sum for a mean, and no / 2?",
}
TERMS = {"player": PLAYERS, "other": PLAYERS, "points": KINDS, "hint": HINTS}


class Finding(NamedTuple):
    """A thing found, a key of WORDS, and what its sentence is about, by the names there."""

    what: str
    about: Mapping[str, Any]


def finding(what: str, **about: Any) -> Finding:
    """Return a finding."""
    return Finding(what, about)


def worded(found: Finding) -> str:
    """Return the sentence that says what was found."""
    about = {
        name: worded(value) if isinstance(value, Finding) else TERMS.get(name, {}).get(value, value)
        for name, value in found.about.items()
    }
    return WORDS[found.what].format(**about)
