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
# This notebook uses **TensorFlow** and belongs to [the TensorFlow lesson](gan_tensorflow.ipynb),
# which you should know. The same in other frameworks lies beside it.

# %% [markdown]
# We begin with the imports.

# %% tags=["framework"]
import timeit

from d2lmini import tensorflow as d2l
import numpy as np
import tensorflow as tf

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
data = d2l.tensor(real_points, dtype=tf.float32)

# %% [markdown]
# The two networks are the lesson's, too, and so is the function that draws their first weights.

# %% tags=["framework"]
net_G = tf.keras.Sequential([tf.keras.layers.Dense(2)])
net_G.build((None, latent_dim))  # only now are there weights to initialise
net_D = tf.keras.Sequential(
    [
        tf.keras.layers.Dense(5, activation="tanh"),
        tf.keras.layers.Dense(3, activation="tanh"),
        tf.keras.layers.Dense(1),
    ]
)
net_D.build((None, 2))


# %% tags=["framework"]
def init_net(net, spread=0.02):
    """Draw every weight from N(0, spread**2) and set every bias to 0. The net must be built."""
    for layer in net.layers:
        layer.kernel.assign(tf.random.normal(layer.kernel.shape, 0, spread))
        layer.bias.assign(tf.zeros(layer.bias.shape))


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

# %% tags=["framework"]
Xs, Zs = tf.constant(real), tf.constant(noise, dtype=real.dtype)

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


# %% tags=["framework"]
class Eager:
    """The lesson's way, but not compiled: each operation runs when Python comes to it."""

    def __init__(self, net_D, net_G):
        self.net_D, self.net_G = net_D, net_G
        self.loss = tf.keras.losses.BinaryCrossentropy(from_logits=True)
        self.trainer_D = tf.keras.optimizers.Adam(lr_D)
        self.trainer_G = tf.keras.optimizers.Adam(lr_G)

    def step(self, X, Z):
        """Take one step of each player."""
        d2l.update_D(X, Z, self.net_D, self.net_G, self.loss, self.trainer_D)
        d2l.update_G(Z, self.net_D, self.net_G, self.loss, self.trainer_G)

    def epoch(self, n=num_steps):
        """Take the first n steps, and return W and c."""
        for X, Z in zip(Xs[:n], Zs[:n], strict=True):
            self.step(X, Z)
        return [d2l.numpy(weight) for weight in self.net_G.trainable_variables]


# %% [markdown]
# ## Compiling
#
# Each of the other ways inherits from one before it and replaces what it does differently.

# %% [markdown] tags=["framework"]
# `tf.function(f)` returns a function that does what `f` does. When it is first called, it runs the
# Python code of `f` once, with placeholders for the tensors, which have a shape but no numbers, and
# records the operations on them. This record is the *graph*. From then on, a call runs the graph,
# and no line of Python. The lesson's `train` does that with its step, and so does the next way:


# %% tags=["framework"]
class StepAsGraph(Eager):
    """A step of both players is a graph."""

    def __init__(self, net_D, net_G):
        super().__init__(net_D, net_G)
        self.step = tf.function(self.step)


# %% [markdown] tags=["framework"]
# Python still calls that graph once for each minibatch. The graph may as well hold the loop over
# the minibatches. A loop over `range(n)` would be recorded as `n` steps, one after the other; a
# loop over `tf.range(n)` is recorded as a loop. The number `n` goes in as a tensor, for a plain
# number would become a fixed part of the graph.


# %% tags=["framework"]
class EpochAsGraph(Eager):
    """All steps of an epoch are one graph."""

    options = {}

    def __init__(self, net_D, net_G):
        super().__init__(net_D, net_G)
        self.steps = tf.function(self.steps, **self.options)

    def steps(self, n):
        """Take the first n steps."""
        for i in tf.range(n):
            self.step(Xs[i], Zs[i])

    def epoch(self, n=num_steps):
        """Take the first n steps, and return W and c."""
        self.steps(tf.constant(n))
        return [d2l.numpy(weight) for weight in self.net_G.trainable_variables]


# %% [markdown] tags=["framework"]
# In a graph, each operation is still a call of its own. *XLA* is a compiler that joins operations
# and turns the graph into machine code. It is switched on by `jit_compile`. For another `n` it
# compiles anew.


# %% tags=["framework"]
class EpochByXLA(EpochAsGraph):
    """All steps of an epoch are one graph, and the graph is machine code."""

    options = {"jit_compile": True}


# %% tags=["framework"]
ways = {
    "eager": Eager,
    "tf.function, step": StepAsGraph,
    "tf.function, epoch": EpochAsGraph,
    "tf.function and XLA, epoch": EpochByXLA,
}

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
# From the first line to the last it is a factor of a thousand or more: an epoch takes a few
# milliseconds, and compiling it takes one or two seconds, less than a single eager epoch. Without a
# graph, TensorFlow's step is slower than PyTorch's and MXNet's; with all of an epoch in one call it
# leaves both behind. The price: Python code in the step runs only while the graph is recorded, so a
# `print` in it would print once, and nothing can be plotted before the epoch is over.

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
# - TensorFlow's guide to [tf.function](https://www.tensorflow.org/guide/function), and the
#   documentation of [XLA](https://openxla.org/xla).
# - Dive into Deep Learning, [Compilers and
#   Interpreters](https://d2l.ai/chapter_computational-performance/hybridize.html).
