"""The MXNet lesson's networks, loss and optimiser, for the practice checks."""

from d2lmini import mxnet as d2l  # noqa: F401  # isort: skip  (it must come before the framework)
import mxnet as mx
import numpy as np
from mxnet import gluon
from mxnet.gluon import nn

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
    aside as aside,
    eager as eager,
    handed_on as handed_on,
    holds_graph as holds_graph,
)

KEEPS_GRADIENTS = True

# What an error means, by a part of its message.
ERRORS = {
    "not in a computational graph": "backward() finds no record of how its loss was computed: is "
    "the loss computed or changed outside of autograd.record(), is it cut off by detach(), or is "
    "backward() called a second time, when the first has used the record up?",
    "has not been updated by backward": "the optimiser's step finds new gradients for some of its "
    "weights alone: is the path to the others cut?",
}


def tensor(array):
    """Return a NumPy array as one of MXNet, of the same precision."""
    return mx.np.array(array, dtype=array.dtype)


def net(weights):
    """Return a net with given parameters: linear layers, and tanh between."""
    net, hidden = nn.HybridSequential(), len(weights) // 2 - 1
    for i, b in enumerate(weights[1::2]):
        activation = "tanh" if i < hidden else None
        net.add(nn.Dense(len(b), activation, in_units=len(weights[2 * i]), dtype=b.dtype.name))
    assign(net, weights)
    return net


def assign(net, weights):
    """Give a net its parameters, whether it has been initialised or not."""
    net.initialize(mx.init.Zero(), force_reinit=True)
    for parameter, w in zip(net.collect_params().values(), weights, strict=True):
        parameter.set_data(tensor(w.T))


def shapes(net):
    """Return the shapes of a net's parameters, inputs x outputs; 0 for what it does not know."""
    return [tuple(p.shape)[::-1] for p in net.collect_params().values()]


class Trainer(gluon.Trainer):
    """SGD with the learning rate 1, which notes its steps."""

    def __init__(self, net, calls):
        super().__init__(net.collect_params(), "sgd", {"learning_rate": 1.0})
        self.calls = calls

    def step(self, *args, **kwargs):
        """Move each parameter against its gradient, divided by the batch size."""
        return super().step(*args, **kwargs) if self.note() else None

    def update(self, *args, **kwargs):
        """Do the second half of a step, after allreduce_grads."""
        return super().update(*args, **kwargs) if self.note() else None

    def note(self):
        """Note a step, and return whether there is a new gradient; MXNet stops without one."""
        new = any(p.grad_req != "null" and p.data()._fresh_grad for p in self._params)
        self.calls += ["gradient", "step"] if new else ["step"]
        return new


trainer = Trainer
LOOKED_AT = {"new_G": ("weight", "bias"), "new_D": ()}


def LEAKY():
    """Make another activation, as new_D is given one."""
    return nn.LeakyReLU(0.2)


def learning_rate(trainer):
    """Return the learning rate of an optimiser."""
    return trainer.learning_rate


def single(inputs, outputs):
    """Return a net of one layer, as the lesson makes it: without weights as yet."""
    return nn.Dense(outputs, in_units=inputs)


def cross_entropy(loss, o):
    """Return what a loss, as the lesson has it, makes of logits with the label 1."""
    return loss(o, mx.np.ones_like(o))


def loss(dtype):
    """Return the loss as the lesson's steps are given it."""
    return gluon.loss.SigmoidBCELoss()


def weights(net):
    """Return a net's parameters: inputs x outputs, biases in a row."""
    return [p.data().asnumpy().T.copy() for p in net.collect_params().values()]


def set_gradients(net, gradients):
    """Leave gradients in a net, as an earlier step may have done."""
    for parameter, gradient in zip(net.collect_params().values(), gradients, strict=True):
        parameter.grad()[:] = tensor(gradient.T)


def gradients(net):
    """Return the gradients in a net, in the form of its parameters; 0 where it is frozen."""
    return [
        (p.data() * 0 if p.grad_req == "null" else p.grad()).asnumpy().T.copy()
        for p in net.collect_params().values()
    ]


def frozen(net):
    """Return whether a parameter of a net can no longer move."""
    return any(p.grad_req == "null" for p in net.collect_params().values())


def array(value):
    """Return a number or an array of the framework as a NumPy array, or raise."""
    return np.asarray(value.asnumpy() if isinstance(value, mx.np.ndarray) else value, dtype=float)


check = checker("mxnet")
