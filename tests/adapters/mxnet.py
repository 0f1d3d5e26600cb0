from d2lmini import mxnet as d2l  # isort: skip  (MXNet starts only after it)
import mxnet as mx
from mxnet import gluon
from mxnet.gluon import nn


def tensor(array):
    return mx.np.array(array, dtype=array.dtype)


def linear_net(weights):
    net = nn.HybridSequential()
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        activation = "tanh" if W is not weights[-2] else None
        net.add(nn.Dense(len(b), in_units=W.shape[1], activation=activation, dtype="float64"))
    net.hybridize(static_alloc=True, static_shape=True)  # as the lesson does
    net.initialize(mx.init.Zero())  # the random initialisers know float32 only
    for parameter, w in zip(net.collect_params().values(), weights, strict=True):
        parameter.set_data(tensor(w))
    return net


def weights(net):
    return [d2l.numpy(parameter.data()) for parameter in net.collect_params().values()]


def loss():
    return gluon.loss.SigmoidBCELoss()


def sgd(net, lr):
    return gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})
