from contextlib import nullcontext

from d2lmini import mxnet as d2l  # isort: skip  (MXNet starts only after it)
import mxnet as mx
from mxnet import gluon
from mxnet.gluon import nn

from d2lcheck.mxnet import learning_rate as learning_rate

eager = double = nullcontext


def tensor(array):
    return mx.np.array(array, dtype=array.dtype)


def compiled(step):
    return step  # the nets are, by hybridize


def linear_net(weights):
    net = nn.HybridSequential()
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        activation = "tanh" if W is not weights[-2] else None
        net.add(nn.Dense(len(b), in_units=W.shape[1], activation=activation, dtype=W.dtype.name))
    net.hybridize(static_alloc=True, static_shape=True)  # as the lesson does
    net.initialize(mx.init.Zero())  # the random initialisers know float32 only
    for parameter, w in zip(net.collect_params().values(), weights, strict=True):
        parameter.set_data(tensor(w))
    return net


def weights(net):
    return [d2l.numpy(parameter.data()) for parameter in net.collect_params().values()]


def gradient_reached(net):
    return any(d2l.numpy(p.grad()).any() for p in net.collect_params().values())


def loss(dtype="float64"):
    return gluon.loss.SigmoidBCELoss()


def sgd(net, lr):
    return gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})


def adam(net, lr, **options):
    return gluon.Trainer(net.collect_params(), "adam", {"learning_rate": lr, **options})


# Does Adam add epsilon before it makes up for the start at 0, or after?
EARLY_EPSILON = True


def default_epsilon():
    return mx.optimizer.Adam().epsilon


def fresh_layer(inputs, outputs):
    layer = nn.Dense(outputs, in_units=inputs)
    layer.initialize()
    return [d2l.numpy(layer.weight.data()), d2l.numpy(layer.bias.data())]
