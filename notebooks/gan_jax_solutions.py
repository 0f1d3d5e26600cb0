# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Generative adversarial networks: the exercises, solved
#
# The lesson ends with five exercises. Here is a solution to each: code that runs, what it measured,
# and what follows from that. Try them yourself first. Where your numbers differ, that is most
# likely chance, and this notebook shows how much chance there is: it trains not one GAN but a
# hundred at a time. Everything here runs in under a minute.

# %% [markdown] tags=["framework"]
# This notebook uses **JAX** and belongs to [the JAX lesson](gan_jax.ipynb).
# The same solutions in other frameworks lie beside it.

# %% tags=["framework"]
from math import comb

from d2lmini import jax as d2l
import jax
import numpy as np
import optax
from flax import nnx
from jax import numpy as jnp

# %% [markdown]
# The numbers are those of the lesson. `runs` is how many GANs we train at a time. All random
# numbers come from NumPy, so that every framework trains the same GANs.

# %%
seed, runs = 0, 100
batch_size, num_epochs = 8, 20
lr_D, lr_G = 0.05, 0.005
A, b = np.array([[1, 2], [-0.1, 0.5]]), np.array([1, 2])
REAL = {"color": "#0072B2", "marker": "o", "label": "real"}
GENERATED = {"color": "#D55E00", "marker": "x", "label": "generated"}

# %% [markdown]
# ## Many GANs side by side
#
# Several exercises ask for many runs. Training them one after another would be slow, and not
# because there is much to compute: networks this small keep the computer busy with everything but
# arithmetic. So we put all runs into one array. Every weight matrix, and every minibatch, gets one
# more axis in front, of length `runs`; a matrix product then multiplies run by run. A hundred runs
# take little longer than one.


# %%
def new_weights(runs, *sizes, spread=0.02):
    """Return W, b, W, b, ...: W (runs, inputs, outputs) from N(0, spread), b all zero."""
    weights = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        weights.append(np.random.normal(0, spread, (runs, inputs, outputs)))
        weights.append(np.zeros((runs, 1, outputs)))
    return weights


# %% tags=["framework"]
class Nets(nnx.Module):
    """Many nets at once, linear layers with tanh between: (runs, batch, inputs) to outputs."""

    def __init__(self, weights):
        arrays = [jnp.asarray(w, dtype=jnp.float32) for w in weights]
        self.weights = nnx.List([nnx.Param(array) for array in arrays])

    def __call__(self, x):
        """Return the outputs (runs, batch, outputs)."""
        for i, (W, b) in enumerate(zip(self.weights[::2], self.weights[1::2], strict=True)):
            x = (jnp.tanh(x) if i else x) @ W[...] + b[...]
        return x


# %% [markdown]
# The loss is the mean over each run's own batch, as in the lesson, and then the *sum* over the
# runs. The gradient of a sum with respect to one run's weights is the gradient of that run's term,
# for no other term contains them. Adam treats each number by itself. So the runs do not feel each
# other, and the lesson's `update_D` and `update_G` can be used as they are. The saturating loss for
# exercise 2 fits in here: with the label 1 it must give $\log(1 - D)$, which is minus the
# cross-entropy with the label 0.


# %% tags=["framework"]
class CrossEntropy:
    """The cross-entropy of logits o (runs, batch, 1): the mean over the batch, summed over runs."""

    def __call__(self, o, y):
        """Return the loss in nats."""
        return optax.sigmoid_binary_cross_entropy(o, y).mean((1, 2)).sum()


class Saturating(CrossEntropy):
    """The generator's first loss, log(1 - D) for the label 1, in the same way."""

    def __call__(self, o, y):
        """Return minus the cross-entropy with the label turned round."""
        return -super().__call__(o, 1 - y)


loss, saturating = CrossEntropy(), Saturating()


# %% tags=["framework"]
def adam(net, lr, beta1=0.9):
    """Return Adam for a net."""
    return nnx.Optimizer(net, optax.adam(lr, beta1), wrt=nnx.Param)


def values(net):
    """Return the weights W, b, W, b, ... of many nets as NumPy arrays."""
    return [d2l.numpy(parameter) for parameter in net.weights]


@jax.jit
def compiled_output(net, x):
    """Return the outputs of many nets."""
    return net(x)


def output(net, x):
    """Return the outputs of many nets as a NumPy array."""
    return d2l.numpy(compiled_output(net, x))


# %% [markdown]
# A step of both players takes NumPy arrays and hands them to `update_D` and `update_G`. Without a
# `trainer_G`, only the discriminator moves.


# %% [markdown] tags=["framework"]
# In JAX the step is compiled: it takes the players, returns them as they are afterwards, and leaves
# those that went in as they were. So the new weights go back into the nets.


# %% tags=["framework"]
def make_step(net_D, net_G, trainer_D, trainer_G=None, loss_G=loss):
    """Return step(X, Z), for X and Z of shape (runs, batch, 2)."""
    players = [net_D, trainer_D] + ([net_G, trainer_G] if trainer_G else [])

    @jax.jit
    def compiled(players, X, Z):
        D, trainer_D, *rest = players
        G, trainer_G = rest or (net_G, None)
        d2l.update_D(X, Z, D, G, loss, trainer_D)
        if trainer_G:
            d2l.update_G(Z, D, G, loss_G, trainer_G)
        return players

    def step(X, Z):
        players[:] = compiled(players, X, Z)
        for net, now in zip((net_D, net_G), players[::2], strict=False):
            net.weights = now.weights

    return step


# %% [markdown]
# Is each of the runs really a run of its own? We train ten side by side for 20 steps, then number 3
# alone, and compare the generators.


# %%
def after_20_steps(weights_D, weights_G, X, Z):
    """Return the generators' weights after a step on each of X[0], Z[0] to X[19], Z[19]."""
    net_D, net_G = Nets(weights_D), Nets(weights_G)
    step = make_step(net_D, net_G, adam(net_D, lr_D), adam(net_G, lr_G))
    for i in range(20):
        step(X[i], Z[i])
    return values(net_G)


# %%
np.random.seed(seed)
start = new_weights(10, 2, 5, 3, 1), new_weights(10, 2, 2)
X, Z = np.random.normal(0, 1, (2, 20, 10, 8, 2))
together = after_20_steps(*start, X @ A + b, Z)
number_3 = [[w[3:4] for w in weights] for weights in start]
alone = after_20_steps(*number_3, X[:, 3:4] @ A + b, Z[:, 3:4])
pairs = list(zip(together, alone, strict=True))
print("number 3 is the same:", all(np.allclose(t[3], a[0], atol=1e-4) for t, a in pairs))
print("number 4 is another:", not any(np.allclose(t[4], a[0], atol=1e-4) for t, a in pairs))


# %% [markdown]
# Now the lesson, many times over: each run has its own data, its own starting weights and its own
# noise. The seed is set inside, so that two settings differ in nothing but the settings.


# %%
def train_runs(lr_D=lr_D, lr_G=lr_G, beta1=0.9):
    """Train as many GANs as `runs` says; return net_D and net_G."""
    np.random.seed(seed)
    data = np.random.normal(0, 1, (runs, 1000, 2)) @ A + b
    net_G, net_D = Nets(new_weights(runs, 2, 2)), Nets(new_weights(runs, 2, 5, 3, 1))
    step = make_step(net_D, net_G, adam(net_D, lr_D, beta1), adam(net_G, lr_G, beta1))
    for _ in range(num_epochs):
        order = np.random.rand(runs, 1000).argsort(axis=1)
        data = np.take_along_axis(data, order[..., None], axis=1)
        for X in np.split(data, 1000 // batch_size, axis=1):
            step(X, np.random.normal(0, 1, X.shape))
    return net_D, net_G


# %%
lesson_D, lesson_G = train_runs()

# %% [markdown]
# ## Exercise 1: can the generator win?
#
# *Is there an equilibrium in which the generator wins, so that the discriminator cannot tell two
# finite samples apart? Try a two-sample test on points that were held out.*
#
# A generator can do no better than to draw from the true distribution. So let us grant it that: we
# draw two samples from the truth, call one real and the other generated, and train a discriminator
# to tell them apart. It sees the same points at every step. The points come ready made, so in place
# of a generator stands a function that hands them through. Then we count how many points it sorts
# rightly: among those it was trained on, and among fresh ones that were *held out*.


# %%
def truth(runs, n):
    """Return n fresh real points for each run, (runs, n, 2)."""
    return np.random.normal(0, 1, (runs, n, 2)) @ A + b


def accuracy(net_D, X, fake_X):
    """Return the share of points that each net_D sorts rightly, (runs,); as many real as not."""
    return ((output(net_D, X) > 0).mean((1, 2)) + (output(net_D, fake_X) <= 0).mean((1, 2))) / 2


# %%
def train_judge(net_D, X, fake_X, steps, lr):
    """Train each net_D to tell its X from its fake_X, all points in every step."""
    step = make_step(net_D, lambda points: points, adam(net_D, lr))
    for _ in range(steps):
        step(X, fake_X)


# %% [markdown]
# First a large discriminator and few points: two hidden layers of 40 units, and 20 points of each
# kind. We repeat it ten times.

# %%
np.random.seed(seed)
X, fake_X = truth(10, 20), truth(10, 20)
large_D = Nets(new_weights(10, 2, 40, 40, 1, spread=0.2))
train_judge(large_D, X, fake_X, steps=1000, lr=0.01)
trained_on = accuracy(large_D, X, fake_X)
held_out = accuracy(large_D, truth(10, 500), truth(10, 500))

# %% tags=["nbval-ignore-output"]
print(f"trained on: median {np.median(trained_on):.3f}, lowest {trained_on.min():.3f}")
print(f"held out:   median {np.median(held_out):.3f}, highest {held_out.max():.3f}")

# %%
print("trained on, all points right in most runs:", np.median(trained_on) == 1)
print("held out, about one half:", abs(np.median(held_out) - 0.5) < 0.03)

# %% [markdown]
# On the points it was trained on, the discriminator makes no mistake in nearly all runs, although
# the two samples come from one distribution and there is nothing to find. It has learned the points
# by heart. On fresh points it is right half of the time, like a coin.
#
# So the held-out points are what to ask. This makes a proper statistical test, known as the
# *classifier two-sample test*. If the two distributions agree, no rule is right more often than a
# coin, and the *p-value* is the probability that a coin would do at least as well. (Half of the
# held-out points are real, not just about half. That makes the number of hits vary no more than
# with a coin, so the test errs on the safe side.) Below 0.05, one usually says that the samples
# were told apart. Where nothing is to be found, that happens by chance in at most 5 runs of 100.


# %%
def p_value(hits, n):
    """Return the probability of at least so many heads when a fair coin is tossed n times."""
    return sum(comb(n, k) for k in range(hits, n + 1)) / 2**n


# %%
def two_sample_test(X, fake_X):
    """Train the lesson's net_D on the first half of both; return accuracy and p on the rest."""
    net_D, half = Nets(new_weights(len(X), 2, 5, 3, 1)), X.shape[1] // 2
    train_judge(net_D, X[:, :half], fake_X[:, :half], steps=150, lr=lr_D)
    right = accuracy(net_D, X[:, half:], fake_X[:, half:])
    return right, np.array([p_value(round(r * 2 * half), 2 * half) for r in right])


# %% [markdown]
# We put the test to two questions, 50 times each, with 1000 points of each kind: half to train the
# lesson's small discriminator on, half held out. Can it tell the truth from the truth? And can it
# tell the truth from what the lesson's own GANs have learned to generate?

# %%
np.random.seed(seed)
fake_X = output(lesson_G, np.random.normal(0, 1, (runs, 1000, 2)))[:50]
right, p = {}, {}
for name, sample in ("truth", truth(50, 1000)), ("GAN", fake_X):
    right[name], p[name] = two_sample_test(truth(50, 1000), sample)

# %% tags=["nbval-ignore-output"]
for name in p:
    told = np.mean(p[name] < 0.05)
    print(f"{name:5}: held out {np.median(right[name]):.3f} right, told apart in {told:.0%}")

# %%
print("the truth is hardly ever told from itself:", np.mean(p["truth"] < 0.05) < 0.2)
print("most GANs are told from the truth:", np.mean(p["GAN"] < 0.05) > 0.6)

# %% [markdown]
# The truth is told from itself in three to five runs of 50. By chance one expects up to 2.5, and
# five is nothing unusual. The GANs are told from the truth in about nine runs of ten, with about 58
# % of the held-out points sorted rightly, although their losses had settled at $\ln 2$ and their
# own discriminators had given up. The new discriminator is of the same size and starts in the same
# way. But it is trained on points that stand still, and on all of them at each step, while in the
# game it sees eight at a time of a generator that keeps moving. So at the end of the lesson most
# generators have not won. Their opponent has only lost track of them.
#
# What follows, and what does not:
#
# - **On the points it is trained on**, a discriminator that is large enough wins, even against a
#   generator that draws from the truth. Real points are finitely many and the generated ones do not
#   coincide with them; so it can say "real" at exactly those. If the data are a fixed set of points
#   and nothing limits the discriminator, only one generator holds out: the one that gives back
#   those very points, each equally often. That is an equilibrium, but of a copying machine.
# - **Against a limited discriminator, or on held-out points**, the generator can win in the sense
#   of the exercise. If the two distributions agree, every rule is right half of the time on fresh
#   points, however it was found. That is what we saw for the truth against the truth.
# - **A large p-value proves little.** It says that *this* discriminator, trained on *this* many
#   points, found no difference on *this* many others. The GANs that were not told apart are hardly
#   perfect. A better discriminator or more points may still find what is wrong with them.
# - **A small p-value** says that the distributions differ. It does not say by how much. With enough
#   points the test finds the smallest difference; for its size, measure a distance.
#
# The test is by David Lopez-Paz and Maxime Oquab, [Revisiting classifier two-sample
# tests](https://arxiv.org/abs/1610.06545), 2017. What a limited discriminator can and cannot
# enforce is the subject of Sanjeev Arora and others, [Generalization and equilibrium in generative
# adversarial nets](https://arxiv.org/abs/1703.00573), 2017.

# %% [markdown]
# ## Exercise 2: the generator's first loss
#
# *Give the generator its first loss, $\log (1 - D(G(z)))$. How many epochs until anything visible
# moves? Explain it: how far below 0 does $o$ get, and what does Adam do with a small gradient?*
#
# The centre of the generated points is the generator's bias $c$, so we follow how far it has moved,
# $|c - c_0|$, through three epochs. It starts at $c_0 = (0, 0)$, as in the lesson. Beside it we try
# a start of which the lesson says nothing: $c_0 = (4, -2)$, well outside the real points.


# %%
def journey(start, loss_G, epochs=3):
    """Train `runs` GANs; return the medians of |c - start| and of o after every 5 steps."""
    np.random.seed(seed)
    weights_G = new_weights(runs, 2, 2)
    weights_G[1] += start
    net_G, net_D = Nets(weights_G), Nets(new_weights(runs, 2, 5, 3, 1))
    step = make_step(net_D, net_G, adam(net_D, lr_D), adam(net_G, lr_G), loss_G)
    moved, logits = [], []
    for _ in range(epochs * 25):
        for _ in range(5):
            Z = np.random.normal(0, 1, (runs, batch_size, 2))
            step(truth(runs, batch_size), Z)
        moved.append(np.median(np.linalg.norm(values(net_G)[1] - start, axis=(1, 2))))
        logits.append(np.median(output(net_D, output(net_G, Z)).mean((1, 2))))
    return np.array(moved), np.array(logits)


# %%
journeys = {
    (start, name): journey(start, loss_G)
    for start in ((0, 0), (4, -2))
    for name, loss_G in (("non-saturating", loss), ("saturating", saturating))
}

# %% tags=["nbval-ignore-output"]
for (start, name), (moved, logits) in journeys.items():
    print(
        f"from {start!s:7} {name:14} moved {moved[4]:.2f} {moved[24]:.2f} {moved[-1]:.2f} in "
        f"0.2, 1 and 3 epochs, lowest o {logits.min():.1f}"
    )

# %%
epochs = np.arange(1, 76) / 25
fig, axes = d2l.plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained", sharey=True)
for (start, name), (moved, _) in journeys.items():
    style = {"non-saturating": "C0-", "saturating": "C1--"}[name]
    axes[int(start != (0, 0))].plot(epochs, moved, style, label=name)
    axes[int(start != (0, 0))].set(title=f"start at {start}", xlabel="epoch")
axes[0].set_ylabel("distance moved (median)")
axes[0].legend()
d2l.show(
    fig,
    "Distance moved by epoch, for two starts. From (0, 0) both losses rise together. From (4, -2) "
    "the non-saturating one rises to 2, the saturating one stays near 0.",
)

# %% [markdown]
# Left, the lesson's start: both curves leave 0 at once and stay together for half an epoch; after
# that the saturating loss is even ahead. Right, the start outside the data: after the first few
# steps the saturating loss stands still, while the other sets off during the second epoch.
#
# So in the lesson the answer is: nothing is lost. After a fifth of an epoch the centre has moved by
# 0.17 with either loss, which is just visible: not even one epoch. The discriminator is never far
# ahead. The cloud of real points reaches over $(0, 0)$, where the generator starts, so what looks
# generated there may well be real, and the median logit $o$ does not fall below about $-1.9$. There
# the gradient of the saturating loss is $\sigma(-1.9) = 0.13$, that of the other
# $\sigma(1.9) = 0.87$. Plain gradient descent would feel that factor of seven. Adam divides each
# gradient by the root of a running mean of its square, so a factor that the gradients of all steps
# have in common cancels.
#
# From $(4, -2)$ it is as the lesson warned. No real points are near, the discriminator wins, and
# $o$ falls to about $-7$, where $\sigma(o)$ is 0.001. Adam does not make up for that, because its
# running mean has a long memory: `beta2` = 0.999 looks back over about 1000 steps. The first
# gradients were about $\sigma(0) = 0.5$, and measured against them, those of today are tiny. After
# three epochs the centre has moved by 0.15, almost all of it in the first few steps. The gradient
# of the non-saturating loss in $o$ stays close to 1, and the generator gets away.

# %%
near, far = (0, 0), (4, -2)
moved = {key: distance[-1] for key, (distance, _) in journeys.items()}
print("near: as fast:", moved[near, "saturating"] > 0.9 * moved[near, "non-saturating"])
print("far: it stands still:", moved[far, "saturating"] < 0.2 * moved[far, "non-saturating"])

# %% [markdown]
# ## Exercise 3: less momentum
#
# *Set Adam's `beta1` to 0.5 and repeat over ten seeds. Which is better, and by what measure? Could
# the losses have told you?*
#
# We have trained the lesson's setting already. The measures are the lesson's: the errors of mean
# and covariance, and the Fréchet distance. They need the generator's matrix and bias. In `Nets` a
# layer computes $z W + c$ on rows, so the covariance of the generated points is $W^\top W$.

# %%
few_D, few_G = train_runs(beta1=0.5)

# %%
true_mean, true_cov = b, A.T @ A


def fit_errors(mean, cov):
    """Return the errors of mean and covariance, and the Fréchet distance to the truth."""
    mean_error = np.linalg.norm(mean - true_mean, axis=-1)
    cov_error = np.linalg.norm(cov - true_cov, axis=(-2, -1)) / np.linalg.norm(true_cov)
    return mean_error, cov_error, d2l.frechet_distance(mean, cov, true_mean, true_cov)


# %% [markdown]
# So that the losses get a fair chance, we take them for each run by itself, over 1000 fresh real
# points and 1000 generated ones. For a logit $o$ the cross-entropy is $\log(1 + e^{-o})$ with the
# label 1 and $\log(1 + e^o)$ with the label 0.


# %%
def final_losses(net_D, net_G):
    """Return loss_D and loss_G of each run in nats, (runs,), over fresh points."""
    np.random.seed(seed)
    real_Y = output(net_D, truth(runs, 1000))
    fake_Y = output(net_D, output(net_G, np.random.normal(0, 1, (runs, 1000, 2))))
    loss_D = (np.logaddexp(0, -real_Y) + np.logaddexp(0, fake_Y)).mean((1, 2)) / 2
    return loss_D, np.logaddexp(0, -fake_Y).mean((1, 2))


# %%
def report(name, net_D, net_G):
    """Print a summary of many runs; return each run's loss_D and Fréchet distance."""
    W, c = values(net_G)
    mean_error, cov_error, frechet = fit_errors(c[:, 0], W.swapaxes(1, 2) @ W)
    loss_D, loss_G = final_losses(net_D, net_G)
    within = [np.mean((mean_error < e) & (cov_error < e)) for e in (0.2, 0.1)]
    print(
        f"{name:12} loss_D {np.median(loss_D):.3f}, loss_G {np.median(loss_G):.3f}, Fréchet "
        f"{np.median(frechet):.3f} (worst {frechet.max():.2f}), within {within[0]:.0%}, "
        f"{within[1]:.0%}"
    )
    return loss_D, frechet


# %% tags=["nbval-ignore-output"]
lesson_loss, lesson_frechet = report("beta1 = 0.9", lesson_D, lesson_G)
few_loss, few_frechet = report("beta1 = 0.5", few_D, few_G)
tens = np.median(lesson_frechet.reshape(10, 10), 1), np.median(few_frechet.reshape(10, 10), 1)
print("medians of each ten runs, 0.9:", tens[0].round(3))
print("medians of each ten runs, 0.5:", tens[1].round(3))

# %%
print("beta1 = 0.5 has the smaller median:", np.median(few_frechet) < np.median(lesson_frechet))
print("and the better worst run:", few_frechet.max() < lesson_frechet.max())
print("both losses near ln 2:", abs(np.median([lesson_loss, few_loss]) - np.log(2)) < 0.01)

# %% [markdown]
# `beta1` = 0.5 is better. Over 100 runs its median Fréchet distance is about 0.05 against 0.07 to
# 0.08, about 80 % of the runs come within 0.2 and 20 % of the truth (mean and covariance), where
# the lesson's setting gets about half of them there, and its worst run is at 0.2, where the
# lesson's is at 2.5. A likely reason: momentum adds up past gradients, and in a game they answer an
# opponent who has moved on.
#
# The losses could not have told: for either setting, the medians of both are 0.693.
#
# Are ten seeds enough? Look at the medians of each ten runs. Those of one setting differ among
# themselves by a factor of two to four, and the two lists overlap; compared ten by ten, `beta1` =
# 0.5 loses up to two times out of ten. So with ten seeds you would probably have found the right
# order, but you might have been unlucky, and could not have said by how much the one is better. So
# print the spread beside the median, and use as many runs as you can afford.

# %% [markdown]
# ## Exercise 4: equal learning rates
#
# *Give both players the learning rate 0.005. What do the losses say, and what does the fit say?*

# %%
equal_D, equal_G = train_runs(lr_D=0.005)

# %% tags=["nbval-ignore-output"]
equal_loss, equal_frechet = report("equal rates", equal_D, equal_G)

# %% [markdown]
# Let us look at all 300 runs at once: what the discriminator's loss says, against how far the
# generator is from the truth.

# %%
fig, ax = d2l.plt.subplots(figsize=(7, 4), layout="constrained")
ax.scatter(lesson_loss, lesson_frechet, color="#0072B2", marker="o", label="beta1 = 0.9")
ax.scatter(few_loss, few_frechet, color="#D55E00", marker="x", label="beta1 = 0.5")
ax.scatter(equal_loss, equal_frechet, color="#009E73", marker="^", label="equal rates")
ax.axvline(np.log(2), color="0.5", linestyle=":", label="ln 2")
ax.set(yscale="log", xlabel="loss_D (nats)", ylabel="Fréchet distance to the truth")
ax.legend()
d2l.show(
    fig,
    "Scatter plot of loss_D against the Frechet distance, 100 runs for each of three settings: a "
    "tall narrow column at ln 2, from below 0.01 to above 1. Equal rates all lie above 0.1.",
)

# %% [markdown]
# All three kinds of runs stand in one narrow column at $\ln 2$: the loss does not put them in any
# order. Along the column they spread over more than two powers of ten, and the triangles of equal
# rates fill its upper part. A few points lie beside the column, by a few hundredths of a nat at
# most. The very worst runs, with the lesson's own settings, are not among them: they lie on the
# line.
#
# For equal rates the losses say that everything is in order; they are closer to $\ln 2$ than those
# of the others. The fit says that the median Fréchet distance is 0.48, six times the lesson's, and
# that not one of the 100 runs comes within 0.2 and 20 %. The discriminator's gradient is a good
# guide while its answer is close to the best one, and here it learns ten times more slowly than in
# the lesson. It lags behind the generator, finds little to object to, and so has little to teach.
# Two bad players can be as evenly matched as two good ones.

# %%
print("every run near ln 2:", np.abs(equal_loss - np.log(2)).max() < 0.01)
print("and farther off:", np.median(equal_frechet) > 3 * np.median(lesson_frechet))

# %% [markdown]
# ## Exercise 5: a ring of eight
#
# *Replace the normal distribution by a ring of eight small clouds. What does a linear generator do?
# What must change?*
#
# The clouds sit on a circle of radius 2, each of them normal with standard deviation 0.1 in every
# direction.

# %%
angles = np.arange(8) * np.pi / 4
centres = 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def ring(*shape):
    """Return real points (*shape, 2), each from a cloud chosen at random."""
    return centres[np.random.randint(8, size=shape)] + np.random.normal(0, 0.1, (*shape, 2))


# %% [markdown]
# A Fréchet distance between normal distributions is no measure here: the ring is not normal. We
# count two things instead. Which share of the generated points lies *near* a cloud, within 0.3 of
# its centre, that is three standard deviations? (Of real points, 99 % do.) And how many of the
# clouds are *reached*, by at least a tenth of their fair share of points?


# %%
def near_and_reached(fake_X):
    """Return the share of points near a cloud and the number of clouds reached, by run."""
    near = np.linalg.norm(fake_X[:, :, None] - centres, axis=-1) < 0.3  # (runs, points, 8)
    return near.any(2).mean(1), (near.mean(1) > 0.1 / 8).sum(1)


# %% [markdown]
# All runs here have a wider discriminator than the lesson's, two hidden layers of 32 units, and
# take 1500 steps of 64 points. Small starting weights would keep wider networks asleep for long, so
# theirs are larger. We train ten runs each of three GANs: with a linear generator; with one that
# has two hidden layers, too; and the same with a discriminator that learns ten times as fast as the
# generator, as it did in the lesson.


# %%
def train_ring(sizes_G, lr_D, lr_G):
    """Train ten GANs on the ring; return 2000 generated points of each, (10, 2000, 2)."""
    np.random.seed(seed)
    net_G = Nets(new_weights(10, *sizes_G, spread=0.5))
    net_D = Nets(new_weights(10, 2, 32, 32, 1, spread=0.3))
    step = make_step(net_D, net_G, adam(net_D, lr_D, 0.5), adam(net_G, lr_G, 0.5))
    for _ in range(1500):
        step(ring(10, 64), np.random.normal(0, 1, (10, 64, 2)))
    return output(net_G, np.random.normal(0, 1, (10, 2000, 2)))


# %%
rings = {
    "linear": train_ring((2, 2), 0.004, 0.004),
    "hidden layers": train_ring((2, 32, 32, 2), 0.004, 0.004),
    "hidden layers, fast net_D": train_ring((2, 32, 32, 2), 0.01, 0.001),
}

# %% tags=["nbval-ignore-output"]
for name, fake_X in rings.items():
    near, reached = near_and_reached(fake_X)
    print(f"{name:26} near {np.median(near):4.0%}, reached", *np.sort(reached))

# %%
fig, axes = d2l.plt.subplots(1, 3, figsize=(10, 3.7), layout="constrained", sharey=True)
for ax, (name, fake_X) in zip(axes, rings.items(), strict=True):
    ax.scatter(*ring(200).T, **REAL, s=12)
    fewest = near_and_reached(fake_X)[1].argmin()
    ax.scatter(*fake_X[fewest, :300].T, **GENERATED, s=12, linewidth=0.8)
    ax.set(title=name, xlim=(-4, 4), ylim=(-4, 4), aspect="equal")
axes[0].legend(loc="upper left")
d2l.show(
    fig,
    "Real points in eight clouds on a circle, and generated points. Linear: one round blob over "
    "the whole ring. Hidden layers: points in or near the clouds. Fast net_D: two clouds empty.",
)

# %% [markdown]
# Each panel shows the run, out of ten, that reaches the fewest clouds. Left: a linear map of normal
# noise is normal, so the linear generator can only lay one smooth blob over the whole ring. At best
# it has the ring's mean and covariance, and in the middle, where it puts most points, there are no
# real ones. About 5 % of its points lie near a cloud. However good the discriminator, no gradient
# helps a generator that cannot bend.
#
# What must change is first of all the generator: it needs hidden layers. Then the discriminator
# must have enough units to see eight clouds, and the training must be longer. Then all ten runs, or
# all but one or two, reach all eight clouds, with about 85 % of the points near one. The other
# points lie on the way from one cloud to the next. A few such points must remain: the generator is
# continuous, so it cannot tear the plane of the noise into eight pieces.
#
# Right: the same networks, but a discriminator whose learning rate is ten times the generator's.
# Most runs now leave two of the eight clouds empty, or as good as empty. This is *mode loss*, or
# mode collapse: a generator that has gathered its points in some of the clouds is told only how
# those points should move, and nothing pulls them to a cloud where it has none. Note that the share
# of points near a cloud, 78 %, is only a little lower. A measure of how good each point is does not
# notice what is missing; one needs a second, for what is covered. Note also that the ratio of rates
# that helped in the lesson hurts here. What works must be measured for each problem anew, and over
# more than one run.

# %%
near, reached = zip(*map(near_and_reached, rings.values()), strict=True)
print("linear: few points near a cloud:", np.median(near[0]) < 0.2)
print("hidden layers: most points are:", np.median(near[1]) > 0.6)
print("hidden layers: eight clouds reached in most runs:", np.mean(reached[1] == 8) > 0.5)
print("fast net_D: in fewer:", np.mean(reached[2] == 8) < np.mean(reached[1] == 8))

# %% [markdown]
# ## Summary
#
# - On finitely many points, a large discriminator always wins by memory. Whether two
#   *distributions* differ is asked on held-out points, and the answer depends on who asks and with
#   how many.
# - A saturating loss does harm where the discriminator is far ahead, and none where it is not. Adam
#   hides a small gradient, but not one that has become small.
# - One run is an anecdote, and ten are few. A hundred cost little when they train side by side.
# - Both losses at $\ln 2$ go with good fits and with bad ones. Measure the fit, and measure what is
#   missing as well as what is there.
