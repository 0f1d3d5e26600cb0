"""The PyTorch lesson's networks, loss and optimiser, for the practice checks."""

from collections.abc import Iterator
from contextlib import contextmanager

from d2lmini import torch as d2l  # noqa: F401  # isort: skip  (it must come before the framework)
import numpy as np
import torch
from torch import nn

from d2lcheck import (
    ToDo as ToDo,
    ask as ask,
    check_answer as check_answer,
    checker,
    waits_for as waits_for,
)
from d2lcheck.defaults import (
    COMPILES as COMPILES,
    LOOPS as LOOPS,
    eager as eager,
    handed_on as handed_on,
)

KEEPS_GRADIENTS = True

# What an error means, by a part of its message.
ERRORS = {
    "does not require grad": "backward() finds no way back from the loss to any weight: is the "
    "path cut, as by detach(), torch.no_grad(), item(), an array of NumPy, or a comparison?",
    "backward through the graph a second time": "backward() goes a second time through "
    "one graph: add the losses, and call it once",
    "modified by an inplace operation": "something that backward() still needs was changed in "
    "place since the loss was computed: is there an optimiser's step in between, or a += on a "
    "tensor?",
    "between 0 and 1": "the loss wants probabilities, and is given logits: take the loss that is "
    "handed to the step, which takes logits",
}


@contextmanager
def aside(seed: int) -> Iterator[None]:
    """Start PyTorch's random state from a seed, and leave it as it was; record gradients."""
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    try:
        with torch.enable_grad():
            yield
    finally:
        torch.set_rng_state(state)


def net(weights):
    """Return a net with given parameters: linear layers, and tanh between."""
    layers = []
    for W in weights[::2]:
        layers += [nn.Linear(*W.shape), nn.Tanh()]
    net = nn.Sequential(*layers[:-1])
    assign(net, weights)
    return net


def assign(net, weights):
    """Give a net its parameters, of any precision."""
    for parameter, w in zip(net.parameters(), weights, strict=True):
        parameter.data = torch.tensor(w.T.copy())


def shapes(net):
    """Return the shapes of a net's parameters, inputs x outputs."""
    return [tuple(p.shape)[::-1] for p in net.parameters()]


class Trainer:
    """SGD with the learning rate 1, which notes what happens to its net.

    It is none of torch.optim, whose first optimiser takes seconds to import what compiles it.
    """

    def __init__(self, net, calls):
        self.parameters, self.calls, clear = list(net.parameters()), calls, net.zero_grad
        self.param_groups = [{"params": self.parameters, "lr": 1.0}]
        hook = self.parameters[0].register_post_accumulate_grad_hook
        hook(lambda _: calls.append("gradient"))

        def zero_grad(*args, **kwargs):  # of the net, which some call in place of the optimiser's
            calls.append("clear")
            clear(*args, **kwargs)

        net.zero_grad = zero_grad

    def zero_grad(self, set_to_none: bool = True):
        """Clear the gradients."""
        self.calls.append("clear")
        for parameter in self.parameters:
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.zero_()

    @torch.no_grad()
    def step(self, closure=None):
        """Move each parameter against its gradient."""
        self.calls.append("step")
        loss = None
        if closure:
            with torch.enable_grad():
                loss = closure()
        for parameter in self.parameters:
            if parameter.grad is not None:
                parameter -= parameter.grad
        return loss


trainer, tensor, single = Trainer, torch.tensor, nn.Linear
LOOKED_AT = {"new_G": ("weight", "bias"), "new_D": ()}


def LEAKY():
    """Make another activation, as new_D is given one."""
    return nn.LeakyReLU(0.2)


def learning_rate(trainer):
    """Return the learning rate of an optimiser."""
    return trainer.param_groups[0]["lr"]


def cross_entropy(loss, o):
    """Return what a loss, as the lesson has it, makes of logits with the label 1."""
    return loss(o, torch.ones_like(o))


def loss(dtype):
    """Return the loss as the lesson's steps are given it."""
    return nn.BCEWithLogitsLoss()


def _in_form(parameters):
    return [p.detach().numpy().T.copy() for p in parameters]


def weights(net):
    """Return a net's parameters: inputs x outputs, biases in a row."""
    return _in_form(net.parameters())


def set_gradients(net, gradients):
    """Leave gradients in a net, as an earlier step may have done."""
    for parameter, gradient in zip(net.parameters(), gradients, strict=True):
        parameter.grad = torch.tensor(gradient.T.copy())


def gradients(net):
    """Return the gradients in a net, in the form of its parameters; 0 where there are none."""
    return _in_form(p.grad if p.grad is not None else 0 * p for p in net.parameters())


def frozen(net):
    """Return whether a parameter of a net can no longer move."""
    return not all(p.requires_grad for p in net.parameters())


def array(value):
    """Return a number or an array of the framework as a NumPy array, or raise."""
    return np.asarray(value.detach() if isinstance(value, torch.Tensor) else value, dtype=float)


def holds_graph(value):
    """Return whether a loss still holds what it was computed from."""
    return isinstance(value, torch.Tensor) and value.requires_grad


check = checker("torch")
