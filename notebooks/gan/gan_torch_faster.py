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
# This notebook uses **PyTorch** and belongs to [the PyTorch lesson](gan_torch.ipynb), which you
# should know. The same in other frameworks lies beside it.

# %% [markdown]
# We begin with the imports.

# %% tags=["framework"]
import timeit

from d2lmini import torch as d2l
import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad
from torch.optim.adam import adam

torch.set_num_threads(1)  # tensors this small are not worth sharing out among threads

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
data = d2l.tensor(real_points, dtype=torch.float32)

# %% [markdown]
# The two networks are the lesson's, too, and so is the function that draws their first weights.

# %% tags=["framework"]
net_G = nn.Linear(latent_dim, 2)
net_D = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 1))
net_G, net_D = net_G.to(data.device), net_D.to(data.device)


# %% tags=["framework"]
def init_net(net, spread=0.02):
    """Draw every weight from N(0, spread**2) and set every bias to 0."""
    for layer in net.modules():
        if isinstance(layer, nn.Linear):  # and no tanh
            nn.init.normal_(layer.weight, 0, spread)
            nn.init.zeros_(layer.bias)


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
Xs = torch.tensor(real, device=data.device)
Zs = torch.tensor(noise, dtype=Xs.dtype, device=data.device)

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
    """The lesson's way: each operation runs when Python comes to it."""

    def __init__(self, net_D, net_G):
        self.net_D, self.net_G, self.loss = net_D, net_G, nn.BCEWithLogitsLoss()
        self.trainer_D = torch.optim.Adam(net_D.parameters(), lr_D)
        self.trainer_G = torch.optim.Adam(net_G.parameters(), lr_G)

    def step(self, X, Z):
        """Take one step of each player."""
        d2l.update_D(X, Z, self.net_D, self.net_G, self.loss, self.trainer_D)
        d2l.update_G(Z, self.net_D, self.net_G, self.loss, self.trainer_G)

    def epoch(self, n=num_steps):
        """Take the first n steps, and return W and c."""
        for X, Z in zip(Xs[:n], Zs[:n], strict=True):
            self.step(X, Z)
        return d2l.numpy(self.net_G.weight), d2l.numpy(self.net_G.bias)


# %% [markdown]
# ## Compiling
#
# Each of the other ways inherits from one before it and replaces what it does differently.

# %% [markdown] tags=["framework"]
# `torch.compile(f)` returns a function that does what `f` does. When it is first called, it follows
# the Python code of `f` and gathers the operations on tensors, writes C++ for them, and has that
# compiled. From then on it runs the machine code. With `fullgraph=True` it insists on one piece:
# code that it cannot follow is an error, and is not left to Python.

# %% [markdown] tags=["framework"]
# `trainer_D.zero_grad()` and `trainer_D.step()`, in the lesson's step, are such code. So we write
# the step once more in *functional* style: whatever it works on is an argument.
# `functional_call(net, parameters, x)` is `net(x)` with other parameters, given as a dictionary.
# With it, the losses of `update_D` and `update_G` become functions of the parameters:

# %% tags=["framework"]
cross_entropy = nn.functional.binary_cross_entropy_with_logits


def discriminators_loss(D, G, X, Z):
    """Return loss_D of the networks with the parameters D and G."""
    fake_X = functional_call(net_G, G, Z)
    real_Y, fake_Y = functional_call(net_D, D, X), functional_call(net_D, D, fake_X)
    loss_real = cross_entropy(real_Y, torch.ones_like(real_Y))
    loss_fake = cross_entropy(fake_Y, torch.zeros_like(fake_Y))
    return (loss_real + loss_fake) / 2


def generators_loss(G, D, Z):
    """Return loss_G of the networks with the parameters G and D."""
    fake_Y = functional_call(net_D, D, functional_call(net_G, G, Z))
    return cross_entropy(fake_Y, torch.ones_like(fake_Y))


# %% [markdown] tags=["framework"]
# `grad(f)` is the function that returns the gradient of `f` in its first argument: here a
# dictionary like that of the parameters.
#
# The optimiser is PyTorch's own. The class `torch.optim.Adam` calls a function `adam`, which takes
# all that it works on as arguments: the parameters, their gradients, and what Adam remembers of
# each, two running means and a count of steps. It changes them in place. (Few call it directly, and
# another version of PyTorch may want other arguments; whether the result is still that of the class
# is checked below.)

# %% tags=["framework"]
usual = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
left_out = {"weight_decay": 0, "amsgrad": False, "maximize": False}


# %% tags=["framework"]
def new_player(net):
    """Return a network's parameters by name, and for each what Adam remembers of it."""
    parameters = {name: parameter.detach() for name, parameter in net.named_parameters()}
    means, squares = ([torch.zeros_like(p) for p in parameters.values()] for _ in range(2))
    counts = [torch.zeros((), device=p.device) for p in parameters.values()]
    return parameters, means, squares, counts


def move(player, gradients, lr):
    """Take one step of Adam."""
    parameters, means, squares, counts = player
    gradients = [gradients[name] for name in parameters]
    # adam takes these by position, in this order; the empty list is for amsgrad, which is left out
    state = means, squares, [], counts
    adam(list(parameters.values()), gradients, *state, lr=lr, **usual, **left_out)


# %% [markdown] tags=["framework"]
# Now the step is two lines. The next way takes it as it is, the last has it compiled. The
# parameters share their memory with the networks, so $W$ and $c$ are found where they were.


# %% tags=["framework"]
def functional_step(D, G, X, Z):
    """Take one step of the players D and G in place."""
    move(D, grad(discriminators_loss)(D[0], G[0], X, Z), lr_D)
    move(G, grad(generators_loss)(G[0], D[0], Z), lr_G)


# %% tags=["framework"]
class Functional(Eager):
    """The step in functional style, not compiled."""

    take = staticmethod(functional_step)

    def __init__(self, net_D, net_G):
        self.net_G, self.D, self.G = net_G, new_player(net_D), new_player(net_G)

    def step(self, X, Z):
        """Take one step of each player."""
        self.take(self.D, self.G, X, Z)


# %% [markdown] tags=["framework"]
# The option has the calls between the compiled pieces written in C++, too, and not in Python.


# %% tags=["framework"]
class Compiled(Functional):
    """The step in functional style, compiled."""

    def __init__(self, net_D, net_G):
        super().__init__(net_D, net_G)
        options = {"cpp_wrapper": True}
        self.take = torch.compile(functional_step, fullgraph=True, options=options)


# %% [markdown] tags=["framework"]
# `torch.compile` needs a C++ compiler, the headers of Python and a folder from which new code may
# run, so we try it on something small first.

# %% tags=["framework", "nbval-ignore-output"]
ways = {"eager": Eager, "functional step": Functional}
try:
    torch.compile(torch.neg, options={"cpp_wrapper": True})(Xs)
    ways["functional step, compiled"] = Compiled
except (RuntimeError, OSError) as error:
    # The first is what becomes of whatever fails while it compiles; a folder may be the second.
    print(f"torch.compile fails on this computer and is left out: {type(error).__name__}")

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
# The functional style alone makes the step slower. Compiled, it is several times as fast as the
# lesson's loop. But look at the first steps: compiling takes seconds, time in which the lesson's
# loop trains for dozens of epochs. It pays for long runs. (On disk PyTorch keeps what it has
# compiled; the second time it is quicker.)

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
# - PyTorch's documentation of [torch.compile](https://docs.pytorch.org/docs/stable/generated/torch.compile.html)
#   and of [torch.func](https://docs.pytorch.org/docs/stable/func.html).
# - Dive into Deep Learning, [Compilers and
#   Interpreters](https://d2l.ai/chapter_computational-performance/hybridize.html).
