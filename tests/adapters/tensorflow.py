import tensorflow as tf


def tensor(array):
    return tf.constant(array)


def linear_net(weights):
    tanh = [tf.tanh] * (len(weights) // 2 - 1) + [None]
    net = tf.keras.Sequential(
        [
            tf.keras.layers.Dense(len(b), activation=f, dtype="float64")
            for b, f in zip(weights[1::2], tanh, strict=True)
        ]
    )
    net.build((None, weights[0].shape[1]))
    net.set_weights([w.T for w in weights])  # Keras keeps W as (inputs, outputs)
    return net


def weights(net):
    return [w.T for w in net.get_weights()]


def loss():
    return tf.keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")


def sgd(net, lr):
    return tf.keras.optimizers.SGD(lr)
