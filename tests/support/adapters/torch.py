from contextlib import nullcontext

import torch
from torch import nn

from d2lcheck.torch import learning_rate as learning_rate

eager = double = nullcontext
tensor = torch.as_tensor


def compiled(step):
    return step


def linear_net(weights):
    layers = []
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        layer = nn.Linear(W.shape[1], W.shape[0])
        layer.weight.data, layer.bias.data = torch.tensor(W), torch.tensor(b)
        layers += [layer, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def weights(net):
    return [parameter.detach().numpy().copy() for parameter in net.parameters()]


def gradient_reached(net):
    return any(p.grad is not None and p.grad.any() for p in net.parameters())


def loss(dtype="float64"):
    return nn.BCEWithLogitsLoss()


def sgd(net, lr):
    return torch.optim.SGD(net.parameters(), lr=lr)


def adam(net, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    return torch.optim.Adam(net.parameters(), lr=lr, betas=(beta1, beta2), eps=epsilon)


# Does Adam add epsilon before it makes up for the start at 0, or after?
EARLY_EPSILON = False


def default_epsilon():
    return torch.optim.Adam([torch.zeros(1)]).defaults["eps"]


def fresh_layer(inputs, outputs):
    return weights(nn.Linear(inputs, outputs))
