from contextlib import nullcontext

from d2lmini import tensorflow as d2l  # isort: skip  (it keeps TensorFlow's start quiet)
import tensorflow as tf

from d2lcheck.tensorflow import eager as eager, learning_rate as learning_rate

tensor = tf.constant
double = nullcontext


def compiled(step):
    @tf.function(autograph=False)
    def losses(players, *batch):
        return step(players, *batch)[1]

    return lambda players, *batch: (players, losses(players, *batch))


def linear_net(weights):
    tanh = [tf.tanh] * (len(weights) // 2 - 1) + [None]
    net = tf.keras.Sequential(
        [
            tf.keras.layers.Dense(len(b), activation=f, dtype=b.dtype.name)
            for b, f in zip(weights[1::2], tanh, strict=True)
        ]
    )
    net.build((None, weights[0].shape[1]))
    net.set_weights([w.T for w in weights])  # Keras keeps W as (inputs, outputs)
    return net


def weights(net):
    return [w.T for w in net.get_weights()]


def gradient_reached(net):
    return False  # a tape hands gradients out and does not keep them


def loss(dtype="float64"):
    return tf.keras.losses.BinaryCrossentropy(from_logits=True, dtype=dtype)


def sgd(net, lr):
    return tf.keras.optimizers.SGD(lr)


def adam(net, lr, beta1=0.9, beta2=0.999, epsilon=1e-7):
    return tf.keras.optimizers.Adam(lr, beta_1=beta1, beta_2=beta2, epsilon=epsilon)


# Does Adam add epsilon before it makes up for the start at 0, or after?
EARLY_EPSILON = True


def default_epsilon():
    return tf.keras.optimizers.Adam().epsilon


def fresh_layer(inputs, outputs):
    layer = tf.keras.layers.Dense(outputs)
    layer.build((None, inputs))
    return [d2l.numpy(layer.kernel).T, d2l.numpy(layer.bias)]
