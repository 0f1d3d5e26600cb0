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
# This notebook uses **MXNet** and belongs to [the MXNet lesson](gan_mxnet.ipynb), which you should
# know. The same in other frameworks lies beside it.

# %% [markdown]
# We begin with the imports.

# %% tags=["framework"]
import timeit

from d2lmini import mxnet as d2l  # before MXNet, which needs it to start
import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

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
data = d2l.tensor(real_points, dtype="float32")

# %% [markdown]
# The two networks are the lesson's, too, and so is the function that draws their first weights.

# %% tags=["framework"]
net_G = nn.Dense(2, in_units=latent_dim)
net_D = nn.HybridSequential()
net_D.add(
    nn.Dense(5, in_units=2, activation="tanh"),
    nn.Dense(3, in_units=5, activation="tanh"),
    nn.Dense(1, in_units=3),
)


# %% tags=["framework"]
def init_net(net, spread=0.02):
    """Draw each weight from N(0, spread**2), set each bias to 0; on the data's device."""
    net.initialize(mx.init.Normal(spread), ctx=data.ctx, force_reinit=True)


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
Xs = mx.np.array(real, ctx=data.ctx)
Zs = mx.np.array(noise, dtype=real.dtype, ctx=data.ctx)

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
# MXNet computes in the background while Python goes on; `waitall` waits until all is done. The
# class names in `hybrid` what is to be *hybridized*, here nothing; what that means comes next.


# %% tags=["framework"]
class Eager:
    """The lesson's steps, with nothing compiled: each operation runs when Python comes to it."""

    hybrid = ()  # which of net_D, net_G and loss are hybridized

    def __init__(self, net_D, net_G):
        self.blocks = {"net_D": net_D, "net_G": net_G, "loss": gluon.loss.SigmoidBCELoss()}
        for name, block in self.blocks.items():
            block.hybridize(name in self.hybrid, static_alloc=True, static_shape=True)
        self.trainer_D = gluon.Trainer(net_D.collect_params(), "adam", {"learning_rate": lr_D})
        self.trainer_G = gluon.Trainer(net_G.collect_params(), "adam", {"learning_rate": lr_G})

    def step(self, X, Z):
        """Take one step of each player."""
        d2l.update_D(X, Z, trainer_D=self.trainer_D, **self.blocks)
        d2l.update_G(Z, trainer_G=self.trainer_G, **self.blocks)

    def epoch(self, n=num_steps):
        """Take the first n steps, and return W and c."""
        for X, Z in zip(Xs[:n], Zs[:n], strict=True):
            self.step(X, Z)
        mx.npx.waitall()
        return [d2l.numpy(p.data()) for p in self.blocks["net_G"].collect_params().values()]


# %% [markdown]
# ## Compiling
#
# Each of the other ways inherits from one before it and replaces what it does differently.

# %% [markdown] tags=["framework"]
# A *block* is a network or a loss of Gluon. After `block.hybridize()`, its next call runs its
# Python code once more and records the operations; all calls after that run the record as one
# operation, without Python. `static_alloc` and `static_shape` set the memory aside once, for
# one shape. So the next way hybridizes the two networks, and the one after it the loss as well.


# %% tags=["framework"]
class NetworksHybridized(Eager):
    """Each network is one operation."""

    hybrid = ("net_D", "net_G")


# %% tags=["framework"]
class NetworksAndLoss(Eager):
    """Each network is one operation, and so is the loss."""

    hybrid = ("net_D", "net_G", "loss")


# %% [markdown] tags=["framework"]
# The bigger the block, the fewer the calls. So we put all of `loss_D` into one block, and all of
# `loss_G`. What a block computes is written in `hybrid_forward`, where `F` is the module of the
# arrays or, while recording, that of their symbols.


# %% tags=["framework"]
class LossD(gluon.HybridBlock):
    """The discriminator's loss, one value per example."""

    def __init__(self, net_D):
        super().__init__()
        self.net_D, self.loss = net_D, gluon.loss.SigmoidBCELoss()

    def hybrid_forward(self, F, X, fake_X):
        """Return loss_D of real and generated points."""
        real_Y, fake_Y = self.net_D(X), self.net_D(fake_X)
        loss_real = self.loss(real_Y, F.np.ones_like(real_Y))
        return (loss_real + self.loss(fake_Y, F.np.zeros_like(fake_Y))) / 2


# %% tags=["framework"]
class LossG(gluon.HybridBlock):
    """The generator's loss, one value per example."""

    def __init__(self, net_D, net_G):
        super().__init__()
        self.net_D, self.net_G, self.loss = net_D, net_G, gluon.loss.SigmoidBCELoss()

    def hybrid_forward(self, F, Z):
        """Return loss_G of noise."""
        fake_Y = self.net_D(self.net_G(Z))
        return self.loss(fake_Y, F.np.ones_like(fake_Y))


# %% [markdown] tags=["framework"]
# With these blocks, a step needs one call for each loss.


# %% tags=["framework"]
class OneBlockALoss(Eager):
    """All that is recorded for a gradient is one operation."""

    def __init__(self, net_D, net_G):
        super().__init__(net_D, net_G)
        self.net_G, self.loss_D, self.loss_G = net_G, LossD(net_D), LossG(net_D, net_G)
        for block in (self.net_G, self.loss_D, self.loss_G):
            block.hybridize(static_alloc=True, static_shape=True)

    def step(self, X, Z):
        """Take one step of each player."""
        fake_X = self.net_G(Z)  # not recorded: this step is not about the generator
        self.move(self.trainer_D, self.loss_D, X, fake_X)
        self.move(self.trainer_G, self.loss_G, Z)

    def move(self, trainer, block, *inputs):
        """Take one step against the gradient of a loss."""
        with autograd.record():
            loss = block(*inputs)
        loss.backward()
        trainer.step(size)


# %% tags=["framework"]
ways = {
    "eager": Eager,
    "networks hybridized": NetworksHybridized,
    "networks and loss": NetworksAndLoss,
    "one block a loss": OneBlockALoss,
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
# To hybridize the two networks gains next to nothing, since they are only a part of the step; with
# the whole loss in one block, the step is two to four times as fast as the eager one, and the first
# steps cost little. What is left? Let us leave out the optimisers' steps and see.


# %% tags=["framework"]
class NoOptimiser(OneBlockALoss):
    """The last way, but the parameters stay as they are."""

    def move(self, trainer, block, *inputs):
        """Compute the gradient of a loss, and leave it at that."""
        with autograd.record():
            loss = block(*inputs)
        loss.backward()


# %% tags=["framework", "nbval-ignore-output"]
_, _, speed = measure(NoOptimiser)
print(f"one block a loss, and no optimiser: {speed:,.0f} examples/sec")

# %% [markdown] tags=["framework"]
# About half of what is left belongs to the two `Trainer`s. Each calls Adam once for every weight
# and every bias, eight calls from Python in a step, and these cannot be hybridized.

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
# - MXNet's reference of
#   [HybridBlock](https://mxnet.apache.org/versions/1.9.0/api/python/docs/api/gluon/hybrid_block.html).
# - Dive into Deep Learning, [Compilers and
#   Interpreters](https://d2l.ai/chapter_computational-performance/hybridize.html).
