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
# This notebook uses **JAX** and belongs to [the JAX lesson](gan_jax.ipynb), which you should know.
# The same in other frameworks lies beside it.

# %% [markdown]
# We begin with the imports.

# %% tags=["framework"]
import timeit
from functools import partial

from d2lmini import jax as d2l
import jax
import numpy as np
import optax
from flax import nnx
from jax import numpy as jnp

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
data = d2l.tensor(real_points, dtype=jnp.float32)

# %% [markdown]
# The two networks are the lesson's, too, and so is the function that draws their first weights.

# %% tags=["framework"]
net_G = nnx.Sequential(nnx.Linear(latent_dim, 2, rngs=d2l.rngs))
net_D = nnx.Sequential(
    nnx.Linear(2, 5, rngs=d2l.rngs),
    nnx.tanh,
    nnx.Linear(5, 3, rngs=d2l.rngs),
    nnx.tanh,
    nnx.Linear(3, 1, rngs=d2l.rngs),
)


# %% tags=["framework"]
def init_net(net, spread=0.02):
    """Draw every weight from N(0, spread**2) and set every bias to 0."""
    for layer in net.layers:
        if isinstance(layer, nnx.Linear):  # and no tanh
            layer.kernel[...] = d2l.normal(0.0, spread, layer.kernel.shape)
            layer.bias[...] = jnp.zeros(layer.bias.shape)


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
Xs, Zs = jnp.asarray(real), jnp.asarray(noise, dtype=real.dtype)

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
# In JAX a step changes nothing: it takes the players, that is both networks with their optimisers,
# and returns them as they are afterwards. All ways use the same step, to the letter.


# %% tags=["framework"]
def loss(o, y):
    """Return the mean cross-entropy of logits o with the labels y, in nats."""
    return optax.sigmoid_binary_cross_entropy(o, y).mean()


def one_step(players, X, Z):
    """Take one step of each player, and return them as they are then."""
    net_D, net_G, trainer_D, trainer_G = players
    d2l.update_D(X, Z, net_D, net_G, loss, trainer_D)
    d2l.update_G(Z, net_D, net_G, loss, trainer_G)
    return players


# %% tags=["framework"]
class NotCompiled:
    """Each operation runs when Python comes to it."""

    step = staticmethod(one_step)

    def __init__(self, net_D, net_G):
        trainer_D = nnx.Optimizer(net_D, optax.adam(lr_D), wrt=nnx.Param)
        trainer_G = nnx.Optimizer(net_G, optax.adam(lr_G), wrt=nnx.Param)
        self.players = net_D, net_G, trainer_D, trainer_G

    def play(self, n):
        """Take the first n steps."""
        for X, Z in batches[:n]:
            self.players = self.step(self.players, X, Z)

    def epoch(self, n=num_steps):
        """Take the first n steps, and return W and c."""
        self.play(n)
        layer = self.players[1].layers[0]
        return d2l.numpy(layer.kernel), d2l.numpy(layer.bias)


# %% [markdown] tags=["framework"]
# To take one minibatch out of `Xs` is an operation, too, so for the ways that step through them in
# Python we do it beforehand.

# %% tags=["framework"]
batches = list(zip(Xs, Zs, strict=True))

# %% [markdown] tags=["framework"]
# This way is so slow that we watch only five steps, twice: the first time, each operation is
# compiled by itself. So all of the ways in the race, and all of JAX's dots in the picture at the
# end, are compiled.

# %% tags=["framework", "nbval-ignore-output"]
five = min(5, num_steps)
_, seconds = timeit.repeat(lambda: NotCompiled(net_D, net_G).epoch(five), number=1, repeat=2)
print(f"not compiled: {five * size / seconds:,.0f} examples/sec")

# %% [markdown]
# ## Compiling
#
# Each of the other ways inherits from one before it and replaces what it does differently.

# %% [markdown] tags=["framework"]
# `jax.jit(f)` returns a function that does what `f` does. When it is first called, it runs the
# Python code of `f` once, with placeholders for the arrays, which have a shape but no numbers, and
# records the operations on them. The compiler XLA turns the record into machine code. From then on,
# a call runs that, and no line of Python.
#
# `jax.jit` leaves the players that go in as they are and returns new ones; that is what the
# lesson's `train` uses. `nnx.jit` is Flax's version of it, for functions that change networks in
# place; for that, it looks through all of their parts before and after each call.


# %% tags=["framework"]
class NnxJit(NotCompiled):
    """The step is compiled; it changes the players in place."""

    step = staticmethod(nnx.jit(one_step))


class JaxJit(NotCompiled):
    """The step is compiled; it returns new players."""

    step = staticmethod(jax.jit(one_step))


# %% [markdown] tags=["framework"]
# Both return to Python after each step. `jax.lax.fori_loop(0, n, f, players)` is a loop that can be
# compiled: it starts with the players, and `f(i, players)` makes of them those after step `i`.


# %% tags=["framework"]
def numbered_step(i, players):
    """Take step i."""
    return one_step(players, Xs[i], Zs[i])


@jax.jit
def first_of_epoch(players, n):
    """Take the first n steps in one call."""
    return jax.lax.fori_loop(0, n, numbered_step, players)


# %% tags=["framework"]
class EpochAtOnce(NotCompiled):
    """All steps of an epoch are compiled as one."""

    def play(self, n):
        """Take the first n steps."""
        self.players = first_of_epoch(self.players, n)


# %% tags=["framework"]
ways = {"nnx.jit, step": NnxJit, "jax.jit, step": JaxJit, "jax.jit, epoch": EpochAtOnce}

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
# From the step that is not compiled to the whole epoch in one call it is a factor of a thousand or
# more, and the code of the step is the same, to the letter: only how often Python is asked has
# changed. The price is that of every compiler. A `print` in `one_step` would print while the
# operations are recorded, and never again; and each new optimiser and each new shape is compiled
# anew.

# %% [markdown] tags=["framework"]
# **A hundred runs at once.** JAX can also put many trainings into one call. We write *one* run,
# from its key to its result, and `jax.vmap` makes of it a function that does a hundred: it gives
# every array in it one more axis in front.

# %% [markdown] tags=["framework"]
# This is where keys pay off. A draw depends on its key and on nothing that was drawn before, and
# `split` makes new keys from one. So each run makes all its random numbers from its own key, and
# none depends on the others. The cost is care: a key used twice gives the same numbers twice.

# %% tags=["framework"]
one, other = jax.random.split(jax.random.key(0))
first, again, another = (jax.random.normal(key, 1000) for key in (one, one, other))
print("one key, the same numbers:", bool((first == again).all()))
print("another key, other numbers:", not (first == another).any())

# %% [markdown] tags=["framework"]
# The players of a run are drawn with its key, with LeakyReLU in the discriminator and `beta1` = 0.5
# in Adam. Again a step takes the players and returns them, and now their losses, too.


# %% tags=["framework"]
def players_from(key, epsilon):
    """Return new networks, weights from N(0, 0.02**2) drawn with a key, and their optimisers."""
    normal = nnx.initializers.normal(0.02)
    linear = partial(nnx.Linear, kernel_init=normal, rngs=nnx.Rngs(key))
    leaky = partial(nnx.leaky_relu, negative_slope=0.2)
    net_D = nnx.Sequential(linear(2, 5), leaky, linear(5, 3), leaky, linear(3, 1))
    net_G = nnx.Sequential(linear(2, 2))
    trainer_D = nnx.Optimizer(net_D, optax.adam(0.05, 0.5, eps=epsilon), wrt=nnx.Param)
    trainer_G = nnx.Optimizer(net_G, optax.adam(0.005, 0.5, eps=epsilon), wrt=nnx.Param)
    return net_D, net_G, trainer_D, trainer_G


# %% tags=["framework"]
def step_with_losses(players, batch):
    """Take a step of both players; return them as they are then, and their losses."""
    (net_D, net_G, trainer_D, trainer_G), (X, Z) = players, batch
    loss_D = d2l.update_D(X, Z, net_D, net_G, loss, trainer_D)
    return players, (loss_D, d2l.update_G(Z, net_D, net_G, loss, trainer_G))


# %% [markdown] tags=["framework"]
# `jax.lax.scan` is a loop that can be compiled: it calls the step on one minibatch after another
# and collects the losses. 125 steps are an epoch, and each epoch has a key of its own, with which
# the points are shuffled: once more by `jax.vmap`, as nothing in one order depends on another.


# %% tags=["framework"]
def run_from(key, epsilon):
    """Train a GAN; return its W transposed and c, and both mean losses of the last epoch, (2,)."""
    data_key, order_key, noise_key, weight_key = jax.random.split(key, 4)
    data = jax.random.normal(data_key, (1000, 2)) @ A + b
    shuffled = jax.vmap(jax.random.permutation, in_axes=(0, None))
    Xs = shuffled(jax.random.split(order_key, 80), data).reshape(80 * 125, 8, 2)
    batches = Xs, jax.random.normal(noise_key, Xs.shape)
    players, losses = jax.lax.scan(step_with_losses, players_from(weight_key, epsilon), batches)
    layer = players[1].layers[0]
    return layer.kernel[...], layer.bias[...], jnp.stack(losses)[:, -125:].mean(axis=1)


# %% [markdown] tags=["framework"]
# As in the lesson, a run has *passed* if it ends within 0.2 of the true mean and 20 % of the true
# covariance.


# %% tags=["framework"]
def passed(mean, cov):
    """Tell of each run whether it has passed."""
    true_cov = A.T @ A
    mean_error = np.linalg.norm(mean - b, axis=1)
    cov_error = np.linalg.norm(cov - true_cov, axis=(1, 2)) / np.linalg.norm(true_cov)
    return (mean_error < 0.2) & (cov_error < 0.2)


# %% [markdown] tags=["framework"]
# Adam divides by the usual size of the gradients plus *epsilon*. With 1e-8, its default in Optax,
# even gradients that are next to nothing make full steps; with 0.01, steps shrink along with
# gradients that are smaller than that. Which is better once a run is near the truth? Of the
# arguments, only the keys get an axis for the runs, and epsilon is the same for all.

# %% tags=["framework", "nbval-ignore-output"]
many_runs = jax.jit(jax.vmap(run_from, in_axes=(0, None)))
keys, medians, timer = jax.random.split(jax.random.key(0), 100), {}, d2l.Timer()
for epsilon in 1e-8, 0.01:
    timer.start()
    kernel, c, losses = (d2l.numpy(array).astype(float) for array in many_runs(keys, epsilon))
    seconds, cov = timer.stop(), kernel.swapaxes(1, 2) @ kernel
    frechet = d2l.frechet_distance(c, cov, b, A.T @ A)
    medians[epsilon] = np.array([np.median(frechet), *np.median(losses, axis=0)])
    print(f"epsilon = {epsilon}: {seconds:.1f} s; {passed(c, cov).sum()} passed; median ", end="")
    print("Fréchet {:.3f}, loss_D {:.3f}, loss_G {:.3f}".format(*medians[epsilon]))

# %% tags=["framework"]
at_ln_2 = [abs(median[1:] - np.log(2)).max() < 0.01 for median in medians.values()]
print("the losses are at ln 2 with both:", all(at_ln_2))
print("with 0.01 the median Fréchet is less than half:", medians[0.01][0] < medians[1e-8][0] / 2)

# %% [markdown] tags=["framework"]
# The first time contains the compiling. The second is that of a hundred runs alone. The losses do
# not tell the two apart; the fit does. In the lesson nearly all runs with LeakyReLU and `beta1` =
# 0.5 had passed after 20 epochs. After 80, many of them are far from the truth again, and with the
# larger epsilon they are not.

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
# - JAX's documentation of [jax.jit](https://docs.jax.dev/en/latest/jit-compilation.html), and
#   Flax's of [what nnx.jit costs](https://flax.readthedocs.io/en/latest/guides/performance.html).
# - Dive into Deep Learning, [Compilers and
#   Interpreters](https://d2l.ai/chapter_computational-performance/hybridize.html).
