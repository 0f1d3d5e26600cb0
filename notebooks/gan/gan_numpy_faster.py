# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Generative adversarial networks: going faster
#
# **What you will do.** Take the training step of the lesson, leave what it computes as it is, and
# make it faster, in one framework several times, in another a thousand times.
#
# **What you will learn.**
#
# - Where the time goes when networks are small.
# - What a compiler does about it, and what it costs.
# - How to compare speeds so that the comparison is fair.

# %% [markdown] tags=["framework"]
# This notebook uses **NumPy** and belongs to [the NumPy lesson](gan_numpy.ipynb), which you should
# know. The same in other frameworks lies beside it.

# %% [markdown]
# We begin with the imports.

# %% tags=["framework"]
import timeit
from collections import namedtuple
from itertools import pairwise

from d2lmini import numpy as d2l
import numpy as np
from numba import njit

# %% [markdown]
# You may change these numbers. `seed` is for the weights and the noise. The other two are those of
# the lesson: `latent_dim` is how many random numbers go into one generated point.

# %% tags=["parameters"]
seed = 0
batch_size = 8
latent_dim = 2

# %% [markdown]
# The two learning rates are the lesson's, too, and should stay: with large ones, rounding alone
# makes a difference.

# %%
lr_D, lr_G = 0.05, 0.005

# %% [markdown]
# A number that cannot work is better found here than later.

# %%
d2l.check_numbers(seed, batch_size, 1, lr_D, lr_G, latent_dim)

# %% [markdown]
# ## The work to be done
#
# The 1000 real points are those of the lesson: the first half of the 2000 that it draws with NumPy,
# in every framework the same.

# %%
A, b = np.array([[1.0, 2.0], [-0.1, 0.5]]), np.array([1.0, 2.0])
real_points = (np.random.default_rng(0).normal(size=(2000, 2)) @ A + b)[:1000]

# %% tags=["framework"]
data = real_points  # NumPy computes in double precision


# %% [markdown]
# The two networks are the lesson's, too, and so is the function that draws their first weights.

# %% tags=["framework"]
Activation = namedtuple("Activation", "value slope")
tanh = Activation(np.tanh, lambda x: 1 - x**2)
leaky_relu = Activation(lambda u: np.maximum(u, 0.2 * u), lambda x: np.where(x > 0, 1, 0.2))


# %% tags=["framework"]
class Forward:
    """Linear layers with an activation between: points (..., batch, inputs) to outputs.

    runs: leading axes, for as many nets at once, each with its own weights and points.
    """

    def __init__(self, *sizes, activation=tanh, runs=()):
        self.activation, self.parameters = activation, []  # W, b, W, b, ...
        for inputs, outputs in pairwise(sizes):
            self.parameters += [np.zeros((*runs, inputs, outputs)), np.zeros((*runs, 1, outputs))]

    def forward(self, x):
        """Return what enters each layer, which the gradient will need, and last the output."""
        steps = [x]
        for W, b in zip(self.parameters[::2], self.parameters[1::2], strict=True):
            if len(steps) > 1:
                steps[-1] = self.activation.value(steps[-1])
            steps.append(steps[-1] @ W + b)
        return steps

    def __call__(self, x):
        """Return the output."""
        return self.forward(x)[-1]


# %% tags=["framework"]
class MLP(Forward):
    """A multilayer perceptron: what goes forward, and the gradient back."""

    def backward(self, steps, slope):
        """Return the gradients in a list, in the order of the parameters, and the input's slope.

        steps: from forward. slope: that of the loss in the output.
        """
        gradients = []
        for i in reversed(range(len(steps) - 1)):
            x, W = steps[i], self.parameters[2 * i]
            gradients = [x.swapaxes(-1, -2) @ slope, slope.sum(-2, keepdims=True), *gradients]
            slope = slope @ W.swapaxes(-1, -2)
            if i > 0:
                slope = slope * self.activation.slope(x)
        return gradients, slope


# %% tags=["framework"]
net_G, net_D = MLP(latent_dim, 2), MLP(2, 5, 3, 1)


# %% tags=["framework"]
def init_net(net, spread=0.02):
    """Draw every weight from N(0, spread**2) and set every bias to 0."""
    for W, b in zip(net.parameters[::2], net.parameters[1::2], strict=True):
        W[...] = np.random.normal(0, spread, W.shape)
        b[...] = 0


# %% [markdown]
# A comparison is fair if all do the same work. So we make the minibatches and the noise for one
# epoch beforehand, and they are the same for all: `real[i]` and `noise[i]` are those of step `i`.

# %%
points = d2l.numpy(data)
size = min(batch_size, len(points))
num_steps = len(points) // size
real = points[: num_steps * size].reshape(num_steps, size, 2)
noise = np.random.default_rng(seed).normal(size=(num_steps, size, latent_dim))

# %% [markdown]
# As arrays of the framework, in its usual precision:

# %% [markdown] tags=["framework"]
# They are NumPy's already, and stay in double precision.

# %% [markdown]
# ## Where the time goes
#
# A step of both players takes about 2,000 multiplications and 200 hyperbolic tangents. A processor
# can do that in a few microseconds; the lesson's training took far longer for each step. The time
# goes not into arithmetic but into organising it. A step is made of many small operations, and each
# of them checks types, finds memory, and may have to write down what the gradient will need.

# %% [markdown]
# A *compiler* sees many operations at once and does most of the organising beforehand. The longer
# the piece it sees, the less is left to do: a network, a whole step, a whole epoch. You pay in two
# ways. Compiling takes time before the first step. And what is compiled is fixed: there is no
# printing, plotting or stopping inside it, and a new shape, such as a shorter last minibatch, may
# have to be compiled anew.

# %% [markdown]
# ## The plain step
#
# We write each *way* to take the steps as a class. It is made with the two networks and has two
# methods. `step` takes one step of each player. `epoch` takes the steps of one epoch, or the first
# `n` of them, and returns the generator's $W$ and $c$. The first way takes the lesson's steps; its
# `update_D` and `update_G` are in `d2lmini`, too.


# %% [markdown] tags=["framework"]
# The loss and the optimiser are those of the lesson as well.


# %% tags=["framework"]
def sigmoid(o):
    """Return 1 / (1 + exp(-o)), written so that exp does not overflow."""
    return (1 + np.tanh(o / 2)) / 2


# %% tags=["framework"]
class SigmoidBCE:
    """The cross-entropy on logits o (..., batch, 1) with the label y, as a mean over the batch."""

    def __call__(self, o, y):
        """Return the loss in nats, of shape (...)."""
        return (np.logaddexp(0, o) - y * o).mean((-2, -1))

    def slope(self, o, y):
        """Return the derivative in each logit."""
        return (sigmoid(o) - y) / o.shape[-2]


# %% tags=["framework"]
class Adam:
    """The optimiser of Kingma and Ba, "Adam: a method for stochastic optimization", 2015."""

    def __init__(self, net, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.parameters, self.lr, self.t = net.parameters, lr, 0
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.m, self.v = ([np.zeros_like(p) for p in net.parameters] for _ in range(2))

    def step(self, gradients):
        """Move each parameter against its gradient."""
        self.t += 1
        for p, g, m, v in zip(self.parameters, gradients, self.m, self.v, strict=True):
            m += (1 - self.beta1) * (g - m)
            v += (1 - self.beta2) * (g**2 - v)
            m_hat, v_hat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.epsilon)


# %% tags=["framework"]
class Plain:
    """The lesson's way: each operation runs when Python comes to it."""

    def __init__(self, net_D, net_G):
        self.net_D, self.net_G, self.loss = net_D, net_G, SigmoidBCE()
        self.trainer_D, self.trainer_G = Adam(net_D, lr_D), Adam(net_G, lr_G)

    def step(self, X, Z):
        """Take one step of each player."""
        d2l.update_D(X, Z, self.net_D, self.net_G, self.loss, self.trainer_D)
        d2l.update_G(Z, self.net_D, self.net_G, self.loss, self.trainer_G)

    def epoch(self, n=num_steps):
        """Take the first n steps, and return W and c."""
        for X, Z in zip(real[:n], noise[:n], strict=True):
            self.step(X, Z)
        return self.net_G.parameters


# %% [markdown]
# ## Compiling
#
# Each of the other ways inherits from one before it and replaces what it does differently.

# %% [markdown] tags=["framework"]
# [Numba](https://numba.pydata.org) compiles Python to machine code. `@njit` above a function makes
# it one that is compiled when it is first called, for the types of its arguments. Inside it, Python
# is no longer there, and just what Python is slow at costs next to nothing: loops over single
# numbers, and calls of other such functions. So here are the formulas of the lesson once more, in
# loops. A linear layer, forwards and backwards:


# %% tags=["framework"]
@njit
def linear(x, W, b):
    """Return x W + b, for points x (batch, inputs)."""
    out = np.empty((len(x), W.shape[1]))
    for n in range(len(x)):
        for j in range(W.shape[1]):
            out[n, j] = b[0, j]
            for i in range(W.shape[0]):
                out[n, j] += x[n, i] * W[i, j]
    return out


# %% tags=["framework"]
@njit
def linear_backward(x, W, slope, W_gradient, b_gradient):
    """Add to the gradients of W and b, given the slope in the output; return that in x."""
    x_slope = np.zeros(x.shape)
    for n in range(len(x)):
        for j in range(W.shape[1]):
            b_gradient[0, j] += slope[n, j]
            for i in range(W.shape[0]):
                W_gradient[i, j] += x[n, i] * slope[n, j]
                x_slope[n, i] += slope[n, j] * W[i, j]
    return x_slope


# %% [markdown] tags=["framework"]
# The discriminator, forwards and back again. A formula with whole arrays, such as `1 - h2**2`, is
# compiled to a loop as well.


# %% tags=["framework"]
@njit
def hyperbolic_tangent(x):
    """Return the hyperbolic tangent, here from exp."""
    return 1 - 2 / (1 + np.exp(2 * x))


# %% tags=["framework"]
@njit
def through_D(D, X, y, scale, gradients):
    """Add to gradients those of scale times the summed loss of X with label y.

    D: the six parameters. Return the slope in X.
    """
    W1, b1, W2, b2, W3, b3 = D
    W1_gradient, b1_gradient, W2_gradient, b2_gradient, W3_gradient, b3_gradient = gradients
    h1 = hyperbolic_tangent(linear(X, W1, b1))
    h2 = hyperbolic_tangent(linear(h1, W2, b2))
    slope = scale * (1 / (1 + np.exp(-linear(h2, W3, b3))) - y)
    slope = linear_backward(h2, W3, slope, W3_gradient, b3_gradient) * (1 - h2**2)
    slope = linear_backward(h1, W2, slope, W2_gradient, b2_gradient) * (1 - h1**2)
    return linear_backward(X, W1, slope, W1_gradient, b1_gradient)


# %% [markdown] tags=["framework"]
# Adam, and then all steps in one function.


# %% tags=["framework"]
@njit
def adam_step(player, t, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Take step t of Adam in place, and set the gradients back to 0."""
    parameters, gradients, means, squares = player
    m_start, v_start = 1 - beta1**t, 1 - beta2**t  # make up for the start at 0
    for k in range(len(parameters)):
        p, g, m, v = parameters[k], gradients[k], means[k], squares[k]
        for i in range(p.shape[0]):
            for j in range(p.shape[1]):
                m[i, j] += (1 - beta1) * (g[i, j] - m[i, j])
                v[i, j] += (1 - beta2) * (g[i, j] ** 2 - v[i, j])
                v_hat = v[i, j] / v_start
                p[i, j] -= lr * m[i, j] / m_start / (np.sqrt(v_hat) + epsilon)
                g[i, j] = 0


# %% tags=["framework"]
@njit
def fused_steps(D, G, t, Xs, Zs):
    """Take a step of both players for each minibatch, and return the count of steps.

    D, G: each player's parameters, their gradients, and Adam's m and v. t: the count before.
    """
    (W, c), (W_gradient, c_gradient) = G[0], G[1]
    for k in range(len(Xs)):
        X, Z, t = Xs[k], Zs[k], t + 1
        fake_X = linear(Z, W, c)
        through_D(D[0], X, 1, 0.5 / len(X), D[1])
        through_D(D[0], fake_X, 0, 0.5 / len(X), D[1])
        adam_step(D, t, lr_D)
        slope = through_D(D[0], fake_X, 1, 1 / len(X), D[1])  # through D, which stays
        for gradient in D[1]:
            gradient[:] = 0
        linear_backward(Z, W, slope, W_gradient, c_gradient)
        adam_step(G, t, lr_G)
    return t


# %% tags=["framework"]
def new_player(net):
    """Return a network's parameters, their gradients, and Adam's m and v, as Numba wants them."""
    zeros = [tuple(np.zeros_like(p) for p in net.parameters) for _ in range(3)]
    return tuple(net.parameters), *zeros


# %% tags=["framework"]
class Fused(Plain):
    """All steps of an epoch are one compiled call."""

    def __init__(self, net_D, net_G):
        self.net_G, self.t = net_G, 0
        self.D, self.G = new_player(net_D), new_player(net_G)

    def epoch(self, n=num_steps):
        """Take the first n steps, and return W and c."""
        self.t = fused_steps(self.D, self.G, self.t, real[:n], noise[:n])
        return self.net_G.parameters


# %% tags=["framework"]
ways = {"plain": Plain, "Numba, epoch": Fused}

# %% [markdown]
# ## The race
#
# Each way begins with the same weights. Its first ten steps are timed by themselves, since that is
# when compiling happens.

# %%
first_steps = min(10, num_steps)

# %% [markdown]
# An epoch that is not timed comes next, for a compiler may have to begin anew for another number of
# steps. Then `timeit` repeats epochs until a fifth of a second has passed, and we have the speed.
# The `examples/sec` that the lesson prints is another number, not to be compared with these: its
# loop also shuffles the points, draws the noise and adds up the losses, and if something is
# compiled, that counts as well.


# %%
def measure(way):
    """Return W and c after the first steps, the seconds that these take, and examples/sec."""
    d2l.seed(seed)
    init_net(net_D, 0.5)
    init_net(net_G, 0.5)
    epoch = way(net_D, net_G).epoch
    start = timeit.default_timer()
    result = np.concatenate([parameter.ravel() for parameter in epoch(first_steps)])
    first = timeit.default_timer() - start
    epoch()
    loops, seconds = timeit.Timer(epoch).autorange()
    return result, first, loops * num_steps * size / seconds


# %% tags=["nbval-ignore-output"]
measured = {name: measure(way) for name, way in ways.items()}
(_, _, plain), *_ = measured.values()
print(f"{'':26} examples/sec    times  first steps")
for name, (_, first, speed) in measured.items():
    print(f"{name:26} {speed:12,.0f} {speed / plain:8,.1f} {first:10.2f} s")

# %% [markdown]
# ## The same result?
#
# Speed is worth nothing if it changes the result. Rounding may differ, nothing else. We look after
# the first steps, because a GAN makes more of a small difference with every step. The weights began
# with a spread of 0.5 for the same reason: at 0.02 some gradients are little more than rounding,
# and Adam makes full steps of them.

# %%
wanted, *others = (result for result, _, _ in measured.values())
same = all(np.allclose(result, wanted, rtol=0, atol=1e-5) for result in others)
print("same W and c after the first steps, to 0.00001:", same)

# %% [markdown]
# ## Reading the numbers

# %% [markdown] tags=["framework"]
# This is about as far as one core of a processor goes: a step now takes a few microseconds.
# Compiling takes several seconds, once. The price is the code: it fits this one pair of networks
# and no other, and each index in it is a chance to be wrong. The frameworks' compilers write such
# loops for you.

# %% [markdown]
# Here are all the frameworks side by side, from one run of the project's benchmark, which the
# [table of results](../../benchmarks/results.md) has in full. Its numbers are not those above, for
# they wander from run to run; the ratios within a run are what to look at:
#
# ![Dots of examples per second on a logarithmic scale. From the plain step to the fastest way:
# torch from 4,900 to 51,000, tensorflow from 210 to 400,000, mxnet from 2,300 to 9,300, jax from
# 9,000 to 530,000, numpy from 43,000 to 1,500,000.](speed.png)

# %% [markdown]
# Each labelled mark on the axis is a factor of ten. The plain steps are a factor of a hundred or
# more apart, but only because TensorFlow's is eager here. The lessons' own steps differ by a factor
# of ten to twenty (the results have them under *Sizes*): there TensorFlow and JAX compile the step,
# and MXNet hybridizes its networks.

# %% [markdown]
# All do the same arithmetic (NumPy even in double precision). What counts is how much one call from
# Python holds, and whether what it holds becomes machine code: a whole epoch compiled by XLA, in
# TensorFlow or in JAX, comes within a factor of three to four of loops written for this very task.

# %% [markdown]
# ## Summary
#
# - With networks as small as these, the time goes into organising the arithmetic, not into doing
#   it.
# - A compiler gains the more, the more one call holds: a network, a step, an epoch.
# - You pay with time before the first step, and with code that cannot print, plot or stop.
# - A fair comparison gives all the same work, and checks that all have the same result.

# %% [markdown]
# ## Further reading

# %% [markdown] tags=["framework"]
# - Numba's [user manual](https://numba.readthedocs.io/en/stable/user/), which begins with a guide
#   of five minutes.
# - Dive into Deep Learning, [Compilers and
#   Interpreters](https://d2l.ai/chapter_computational-performance/hybridize.html).
