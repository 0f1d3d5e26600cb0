"""The checks for the MXNet lesson: ``from d2lcheck.mxnet import ToDo, ask, check``."""

from functools import partial

from d2lmini import mxnet as d2l  # isort: skip  (MXNet starts only after it)
import mxnet as mx
from mxnet import gluon
from mxnet.gluon import nn

from d2lcheck import *  # noqa: F403  (what a student uses, beside check)
from d2lcheck import checker
from d2lcheck.framework import Framework


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


class MXNet(Framework):
    """MXNet with Gluon. It keeps W as (outputs, inputs), and the gradients in the parameters."""

    d2l = d2l
    looked_at = {"new_G": ("weight", "bias"), "new_D": ()}
    leaky = staticmethod(partial(nn.LeakyReLU, 0.2))
    errors = {
        "not in a computational graph": "backward() finds no record of how its loss was computed: "
        "is the loss computed or changed outside of autograd.record(), is it cut off by detach(), "
        "or is backward() called a second time, when the first has used the record up?",
        "has not been updated by backward": "the optimiser's step finds new gradients for some of "
        "its weights alone: is the path to the others cut?",
    }
    colours_first = True
    image_net = {
        "collect_params": "the lesson's other cells want a Block of Gluon, and it is none: is it "
        "an nn.HybridSequential?"
    }
    trainer = Trainer

    def tensor(self, array):
        return mx.np.array(array, dtype=array.dtype)

    def array(self, value):
        return super().array(value.asnumpy() if isinstance(value, mx.np.ndarray) else value)

    def net(self, weights):
        net, hidden = nn.HybridSequential(), len(weights) // 2 - 1
        for i, b in enumerate(weights[1::2]):
            activation = "tanh" if i < hidden else None
            net.add(nn.Dense(len(b), activation, in_units=len(weights[2 * i]), dtype=b.dtype.name))
        self.assign(net, weights)
        return net

    def single(self, inputs, outputs):
        return nn.Dense(outputs, in_units=inputs)  # without weights as yet

    def assign(self, net, weights):
        net.initialize(mx.init.Zero(), force_reinit=True)  # the random ones know float32 only
        for parameter, w in zip(self.parameters(net), weights, strict=True):
            self.put(parameter, w.T)

    def parameters(self, net):
        return list(net.collect_params().values())

    def put(self, parameter, w):
        parameter.set_data(self.tensor(w))

    def value(self, parameter):
        return parameter.data().asnumpy()

    def begin(self, net, given):
        net.initialize(mx.init.Zero(), force_reinit=True)
        net(given)

    def weights(self, net):
        return [self.value(p).T.copy() for p in self.parameters(net)]

    def shapes(self, net):
        return [tuple(p.shape)[::-1] for p in self.parameters(net)]

    def frozen(self, net):
        return any(p.grad_req == "null" for p in self.parameters(net))

    def gradients(self, net):
        return [
            (p.data() * 0 if p.grad_req == "null" else p.grad()).asnumpy().T.copy()
            for p in self.parameters(net)
        ]

    def set_gradients(self, net, gradients):
        for parameter, gradient in zip(self.parameters(net), gradients, strict=True):
            parameter.grad()[:] = self.tensor(gradient.T)

    def learning_rate(self, trainer):
        return trainer.learning_rate

    def loss(self, dtype="float64"):
        return gluon.loss.SigmoidBCELoss()

    def compiled(self, step, *nets):
        for net in nets:
            net.hybridize(static_alloc=True, static_shape=True)
        return step


framework = MXNet()
check = checker(framework)
