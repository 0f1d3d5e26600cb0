"""The checks for the PyTorch lesson: ``from d2lcheck.torch import ToDo, ask, check``."""

from contextlib import contextmanager
from functools import partial

from d2lmini import torch as d2l  # isort: skip  (it says what to do if there is no PyTorch)
import torch
from torch import nn

from d2lcheck import *  # noqa: F403  (what a student uses, beside check)
from d2lcheck import checker
from d2lcheck.framework import Framework


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


class Torch(Framework):
    """PyTorch. It keeps W as (outputs, inputs), and the gradients in the parameters."""

    d2l = d2l
    looked_at = {"new_G": ("weight", "bias"), "new_D": ()}
    leaky = staticmethod(partial(nn.LeakyReLU, 0.2))
    errors = {
        "does not require grad": "backward() finds no way back from the loss to any weight: is the "
        "path cut, as by detach(), torch.no_grad(), item(), an array of NumPy, or a comparison?",
        "backward through the graph a second time": "backward() goes a second time through "
        "one graph: add the losses, and call it once",
        "modified by an inplace operation": "something that backward() still needs was changed in "
        "place since the loss was computed: is there an optimiser's step in between, or a += on a "
        "tensor?",
        "between 0 and 1": "the loss wants probabilities, and is given logits: take the loss that "
        "is handed to the step, which takes logits",
    }
    colours_first = True
    image_net = {
        "__iter__": "the lesson's init_net goes through its layers, and it has none: is it an "
        "nn.Sequential?"
    }
    tensor, trainer, single = staticmethod(torch.tensor), Trainer, nn.Linear

    def array(self, value):
        return super().array(value.detach() if isinstance(value, torch.Tensor) else value)

    def net(self, weights):
        layers = []
        for W in weights[::2]:
            layers += [nn.Linear(*W.shape), nn.Tanh()]
        net = nn.Sequential(*layers[:-1])
        self.assign(net, weights)
        return net

    def parameters(self, net):
        return list(net.parameters())

    def put(self, parameter, w):
        parameter.data = torch.tensor(w)  # of any precision

    def value(self, parameter):
        return parameter.detach().numpy()

    def assign(self, net, weights):
        for parameter, w in zip(net.parameters(), weights, strict=True):
            self.put(parameter, w.T.copy())

    def weights(self, net):
        return [self.value(p).T.copy() for p in net.parameters()]

    def shapes(self, net):
        return [tuple(p.shape)[::-1] for p in net.parameters()]

    def frozen(self, net):
        return not all(p.requires_grad for p in net.parameters())

    def gradients(self, net):
        kept = (0 * p if p.grad is None else p.grad for p in net.parameters())
        return [gradient.detach().numpy().T.copy() for gradient in kept]

    def set_gradients(self, net, gradients):
        for parameter, gradient in zip(net.parameters(), gradients, strict=True):
            parameter.grad = torch.tensor(gradient.T.copy())

    def learning_rate(self, trainer):
        return trainer.param_groups[0]["lr"]

    def loss(self, dtype="float64"):
        return nn.BCEWithLogitsLoss()

    def holds_graph(self, value):
        return isinstance(value, torch.Tensor) and value.requires_grad

    @contextmanager
    def isolated_random_state(self, seed):
        state = torch.get_rng_state()
        torch.manual_seed(seed)
        try:
            with super().isolated_random_state(seed), torch.enable_grad():
                yield
        finally:
            torch.set_rng_state(state)


framework = Torch()
check = checker(framework)
