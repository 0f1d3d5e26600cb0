# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Generative adversarial networks
#
# **What you will do.** Train two small networks against each other until one of them generates
# points that look like real ones; watch how it happens; and compare the result with the truth,
# which here is known.
#
# **What you will learn.**
#
# - What the generator and the discriminator each minimise, and what moves a generated point.
# - Why the data are the generator's best answer, and what the losses cannot tell you.
# - What stops the learning here, and what repairs it.

# %% [markdown] slideshow={"slide_type": "notes"}
# **What you need.** Python with a little NumPy; mean, covariance and matrix products; and to have
# trained one network before. Reading takes half an hour; on a laptop everything runs in about a
# minute. The data, the networks and the numbers are those of *Dive into Deep Learning*.

# %% [markdown] tags=["framework"]
# This notebook uses **NumPy** alone: gradients and optimiser are written by hand. It is the
# reference that the tests hold the frameworks to.

# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework"]
# The [README](../README.md) lists the same lesson in other frameworks, with the same titles, names
# and numbers, so you can read two of them side by side.

# %% [markdown] slideshow={"slide_type": "subslide"}
# `d2lmini` is the small package that comes with these notebooks: a loader, a live plot, a timer.

# %% tags=["framework"]
from collections import namedtuple
from functools import partial
from itertools import pairwise

from d2lmini import numpy as d2l
import numpy as np

# %% [markdown] slideshow={"slide_type": "notes"}
# These are the numbers of the lesson. `lr_D` and `lr_G` are the learning rates of the two players,
# `beta1` is the momentum of their optimiser, Adam, and `latent_dim` is how many random numbers go
# into one generated point (*latent* means not observed). Change them, and run everything again.
#
# The seeds differ by framework, but were chosen by one rule, on the computer that made the outputs
# stored here: of the runs with the seeds 0 to 39, `best_seed` ended nearest to the truth and
# `worst_seed` farthest, and `seed`, that of this notebook, was the twentieth, a typical run.
# Processors round differently, and a training makes more of it with every step. So on yours these
# runs may end elsewhere, the worst even well. What a hundred runs do together is much the same.

# %% tags=["framework", "parameters"]
seed = 27
best_seed, worst_seed = 25, 34
batch_size = 8
num_epochs = 20
lr_D = 0.05
lr_G = 0.005
beta1 = 0.9
latent_dim = 2

# %% [markdown] slideshow={"slide_type": "notes"}
# This stops at once if a number cannot work.

# %% slideshow={"slide_type": "skip"}
d2l.check_numbers(seed, batch_size, num_epochs, lr_D, lr_G, latent_dim, beta1=beta1)

# %% [markdown] slideshow={"slide_type": "notes"}
# In all plots, real points are blue circles and generated ones orange crosses; the discriminator is
# green and the generator purple.

# %% slideshow={"slide_type": "skip"}
REAL = {"color": "#0072B2", "marker": "o", "label": "real"}
GENERATED = {"color": "#D55E00", "marker": "x", "label": "generated"}
GREEN, PURPLE = "#009E73", "#AA4499"

# %% [markdown] slideshow={"slide_type": "slide"}
# ## From telling apart to making up
#
# What you have trained so far was most likely *discriminative*: it was given examples with labels,
# cats and dogs, and learned to give new ones their label. *Generative* learning has no labels. From
# examples alone it learns where they come from, well enough to make new ones.

# %% [markdown] slideshow={"slide_type": "notes"}
# Labels are costly, examples plentiful; and a model that can make images or sound can also complete
# or translate them. Autoregressive models, variational autoencoders, flows and diffusion models are
# other ways to do it. Ian Goodfellow and others proposed *generative adversarial networks* (GANs)
# in 2014.

# %% [markdown] slideshow={"slide_type": "notes"}
# How would you check that made-up examples are any good? Statisticians call this a [*two-sample
# test*](https://en.wikipedia.org/wiki/Two-sample_hypothesis_testing): were these two sets of
# examples drawn from one distribution? A GAN turns that test into a teacher. One network, the
# *discriminator*, learns to tell the two sets apart. Another, the *generator*, learns from the
# discriminator's gradient how to make its examples harder to tell apart. Anything that makes
# examples and is differentiable can be the generator.

# %% [markdown]
# ![Diagram. Noise Z goes into the generator net_G, which makes generated points fake_X. These and
# the real points X go into the discriminator net_D, whose output o says how real a point looks. A
# dashed arrow leads back from the discriminator to the generator: the gradient, how to look more
# real.](two_players.svg)
#
# Follow the arrows: the generator never sees a real point. All it learns about them comes back
# through the discriminator, along the dashed line.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What each player minimises
#
# The **discriminator** reads a point $x$ and answers with a number $o$, a *logit*. The probability
# it gives to "$x$ is real" is $D(x) = \sigma(o) = 1 / (1 + e^{-o})$. With the label $y = 1$ for a
# real point and $y = 0$ for a generated one, it minimises the cross-entropy
#
# $$-y \log D(x) - (1 - y) \log (1 - D(x)),$$
#
# averaged over both kinds of points. Half of the points are real and half are not, so `loss_D` is
# the mean over the real ones plus the mean over the generated ones, divided by 2.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The **generator** turns noise $z$ into a point $G(z)$ and wants the opposite. A first thought is
# to *maximise* the discriminator's cross-entropy on generated points, that is, to minimise
#
# $$\log (1 - D(G(z))), \quad \text{with the slope } -\sigma(o) \text{ in the logit.}$$
#
# Or keep the aim and swap the label, $y = 1$ for generated points. Then it minimises
#
# $$-\log D(G(z)), \quad \text{with the slope } -\sigma(-o).$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** Suppose that the discriminator is winning: it gives every generated point a logit
# > far below 0. Which of the two losses still moves the generator?

# %% [markdown] slideshow={"slide_type": "fragment"} tags=["answer"]
# <details>
# <summary>Answer</summary>
#
# The second. At $o = -5$ the first slope is $-\sigma(-5) \approx -0.007$, next to nothing, just
# when the generator most needs to learn. The other is $-\sigma(5) \approx -0.993$.
#
# </details>


# %% slideshow={"slide_type": "skip"} tags=["practice"]
def sigmoid(o):
    """Return 1 / (1 + exp(-o)), written so that exp does not overflow."""
    return (1 + np.tanh(o / 2)) / 2


def saturating_loss(o):
    """Return log(1 - D), the generator's first loss, for each logit of a generated point."""
    return np.log(1 - sigmoid(o))


def non_saturating_loss(o):
    """Return -log D, the loss with the label swapped, for each logit of a generated point."""
    return -np.log(sigmoid(o))


# %% slideshow={"slide_type": "subslide"}
o = np.linspace(-6, 6, 200)
D = sigmoid(o)
fig, axes = d2l.plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
axes[0].plot(o, saturating_loss(o), PURPLE, linestyle="--", label="$\\log(1 - D)$")
axes[0].plot(o, non_saturating_loss(o), PURPLE, label="$-\\log D$")
axes[0].set(xlabel="logit $o$ of a generated point", ylabel="generator's loss (nats)")
axes[1].plot(o, D, PURPLE, linestyle="--", label="$\\sigma(o)$")
axes[1].plot(o, 1 - D, PURPLE, label="$\\sigma(-o)$")
axes[1].set(xlabel="logit $o$ of a generated point", ylabel="size of its slope in $o$")
for ax in axes:
    ax.axvspan(-6, -3, color="0.9", label="discriminator winning")
axes[0].legend()
axes[1].legend(loc="center left")
d2l.show(
    fig,
    "Two plots over the logit o. On the left both losses fall as o grows. On the right, where the "
    "discriminator is winning (o below -3), the first slope is near 0 and the second near 1.",
)

# %% [markdown]
# In the grey part the dashed loss is nearly flat, and the solid one nearly as steep as it ever
# gets. So we take the solid one.

# %% [markdown] slideshow={"slide_type": "notes"}
# The dashed loss is called *saturating*, the solid one *non-saturating*. (*Dive into Deep Learning*
# says that the gradient vanishes for a perfect generator; it vanishes for a bad one.) Logarithms
# are natural, so losses are in *nats*.

# %% [markdown] slideshow={"slide_type": "subslide"}
# With the generator's *first* loss, the two play for one and the same number:
#
# $$\min_G \max_D \; E_{x \sim \mathrm{data}} [\log D(x)] + E_{z} [\log (1 - D(G(z)))].$$
#
# It is $-2$ times `loss_D`. Write $p_{\mathrm{data}}$ and $p_G$ for the densities of the real and
# of the generated points. The best discriminator is
#
# $$D(x) = \frac{p_{\mathrm{data}}(x)}{p_{\mathrm{data}}(x) + p_G(x)}, \quad \text{with the logit }
# o = \log p_{\mathrm{data}}(x) - \log p_G(x).$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# With $m = (p_{\mathrm{data}} + p_G) / 2$ this is $D = p_{\mathrm{data}} / 2m$. Put it in, and the
# number becomes $2\,\mathrm{JSD} - 2 \ln 2$, where
#
# $$\mathrm{JSD} = \frac{1}{2} E_{x \sim \mathrm{data}}
# \left[\log \frac{p_{\mathrm{data}}(x)}{m(x)}\right]
# + \frac{1}{2} E_{x \sim G} \left[\log \frac{p_G(x)}{m(x)}\right]$$
#
# is the *Jensen-Shannon divergence*: 0 if the two distributions are equal, and positive if not. So
# **the generator's best answer is the distribution of the data**.

# %% [markdown] slideshow={"slide_type": "notes"}
# There, at the *equilibrium*, $D$ is $1/2$ everywhere and both losses are $\ln 2 \approx 0.693$.
# Swapping the generator's loss changes its steps, not this. Elsewhere the best discriminator has
# `loss_D` $= \ln 2 - \mathrm{JSD}$.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The real data
#
# Real data are usually hard to model. Ours are easy on purpose, so that we know the truth: 1000
# points from a normal distribution. We draw standard normal noise, one row $x$ per point, and map
# it to $x A + b$. The true mean is $b$ and the true covariance is $A^\top A$.

# %% tags=["framework"]
d2l.seed(0)
A = d2l.tensor([[1.0, 2.0], [-0.1, 0.5]])
b = d2l.tensor([1.0, 2.0])
data = d2l.matmul(d2l.normal(0.0, 1.0, (1000, 2)), A) + b

# %% [markdown]
# Outside training we use NumPy. The true covariance:

# %%
real_points = d2l.numpy(data)
true_mean, true_cov = d2l.numpy(b), d2l.numpy(A).T @ d2l.numpy(A)
print(true_cov.round(2))

# %% slideshow={"slide_type": "subslide"}
fig, ax = d2l.plt.subplots(figsize=(5, 4), layout="constrained")
ax.scatter(*real_points[:100].T, **REAL)
ax.set(xlabel="first coordinate", ylabel="second coordinate")
d2l.show(fig, "Plot of 100 real points: a narrow cloud around (1, 2), slanted up to the right.")

# %% [markdown]
# The first 100 points show it: the cloud is centred near $(1, 2)$, the second coordinate spreads
# twice as far as the first, and the two rise and fall together.

# %% [markdown] slideshow={"slide_type": "notes"}
# `load_array` cuts the data into minibatches, in a new random order on each pass. It yields tuples
# with one item per array; we have one array, hence the comma.

# %% slideshow={"slide_type": "skip"}
data_iter = d2l.load_array((data,), batch_size)
(batch,) = next(iter(data_iter))
print(len(data_iter), "batches, the first of shape", tuple(batch.shape))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The generator
#
# The generator needs to stretch, slant and shift a round cloud of noise. One linear layer does
# that: $G(z) = W z + c$. Every weight starts at a small random number, normal with standard
# deviation 0.02, and every bias at 0.


# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework"]
# NumPy has no layers, so we write them. An activation computes $x = f(u)$, and its slope from $x$.

# %% tags=["framework"]
Activation = namedtuple("Activation", "value slope")
tanh = Activation(np.tanh, lambda x: 1 - x**2)
leaky_relu = Activation(lambda u: np.maximum(u, 0.2 * u), lambda x: np.where(x > 0, 1, 0.2))

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["framework"]
# A layer computes $u = x W + c$ on rows, with the transpose of the $W$ above. Let
# $s = \partial L / \partial u$ be the slope of the loss $L$ in its output. The chain rule gives
#
# $$\frac{\partial L}{\partial W} = x^\top s, \qquad
# \frac{\partial L}{\partial c_j} = \sum_n s_{nj}, \qquad
# \frac{\partial L}{\partial x} = s W^\top.$$
#
# If $x = f(v)$ came out of the layer before, multiply by $f'(v)$, and you have its slope. Repeat.


# %% slideshow={"slide_type": "subslide"} tags=["framework"]
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


# %% slideshow={"slide_type": "subslide"} tags=["framework", "practice"]
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


# %% slideshow={"slide_type": "skip"} tags=["framework", "practice"]
def init_net(net, spread=0.02):
    """Draw every weight from N(0, spread) and set every bias to 0."""
    for W, b in zip(net.parameters[::2], net.parameters[1::2], strict=True):
        W[...] = np.random.normal(0, spread, W.shape)
        b[...] = 0


# %% slideshow={"slide_type": "skip"} tags=["framework", "practice"]
def new_G():
    """Return a generator: noise (batch, latent_dim) to points (batch, 2)."""
    return MLP(latent_dim, 2)


# %% [markdown] slideshow={"slide_type": "slide"}
# ## The discriminator
#
# The best logit between two normal distributions is a quadratic function of $x$. A linear layer
# cannot make that; a small multilayer perceptron can come close. Ours has 2 inputs, 5 and then 3
# units with $\tanh$, and 1 output, the logit. It has no sigmoid at the end. The loss applies it, in
# a form that does not overflow.


# %% tags=["framework", "practice"]
def new_D(activation=tanh):
    """Return a discriminator: points (batch, 2) to logits (batch, 1)."""
    return MLP(2, 5, 3, 1, activation=activation)


# %% slideshow={"slide_type": "skip"}
net_D, net_G = new_D(), new_G()
init_net(net_D)
init_net(net_G)

# %% [markdown] slideshow={"slide_type": "notes"}
# For plots and checks we want to call a network on NumPy arrays.


# %% slideshow={"slide_type": "skip"} tags=["framework"]
def output(net, x):
    """Return a network's output for a NumPy array (n, inputs) as a NumPy array (n, outputs)."""
    return net(x)


# %% [markdown]
# What does the discriminator say of the real points before it has learned anything?

# %%
D = sigmoid(output(net_D, real_points))
print(f"D(x) of the real points: from {D.min():.2f} to {D.max():.2f}")

# %% [markdown]
# One half, for every point. So both losses start at $\ln 2$, the very number that they should reach
# at the end.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One step each
#
# The discriminator's step shows it a minibatch of real points with label 1 and as many generated
# ones with label 0. The generator must not change here, so the generated points enter as plain
# numbers: no gradient flows back through them. That saves work, too.


# %% [markdown] slideshow={"slide_type": "subslide"} tags=["framework"]
# First the loss. With $D = \sigma(o)$, the cross-entropy is $\log (1 + e^o) - y o$, and its
# derivative in the logit is as simple as it could be: $\sigma(o) - y$.


# %% tags=["framework"]
class SigmoidBCE:
    """The cross-entropy on logits o (..., batch, 1) with the label y, as a mean over the batch."""

    def __call__(self, o, y):
        """Return the loss in nats, of shape (...)."""
        return (np.logaddexp(0, o) - y * o).mean((-2, -1))

    def slope(self, o, y):
        """Return the derivative in each logit."""
        return (sigmoid(o) - y) / o.shape[-2]


# %% [markdown] slideshow={"slide_type": "subslide"} tags=["framework"]
# Then Adam. It keeps running means of each gradient and of its square, $m$ and $v$. Both start at
# 0; dividing by $1 - \beta^t$ at step $t$ makes up for that. The step,
# $\eta \, \hat m / (\sqrt{\hat v} + \epsilon)$, depends little on the gradient's size.


# %% slideshow={"slide_type": "skip"} tags=["framework"]
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


# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework"]
# Now the step. The gradient of a sum is the sum of the gradients.


# %% tags=["framework", "practice"]
def update_D(X, Z, net_D, net_G, loss, trainer_D):
    """Take one step of the discriminator and return loss_D.

    X: real points (batch, 2). Z: noise (batch, latent_dim). loss: the mean cross-entropy on logits.
    """
    fake_X = net_G(Z)  # plain numbers: this step is not about the generator
    real, fake = net_D.forward(X), net_D.forward(fake_X)
    real_Y, fake_Y = real[-1], fake[-1]
    loss_D = (loss(real_Y, 1) + loss(fake_Y, 0)) / 2
    from_real, _ = net_D.backward(real, loss.slope(real_Y, 1) / 2)
    from_fake, _ = net_D.backward(fake, loss.slope(fake_Y, 0) / 2)
    trainer_D.step([r + f for r, f in zip(from_real, from_fake, strict=True)])
    return loss_D


# %% [markdown] slideshow={"slide_type": "subslide"}
# The generator's step shows the discriminator generated points only, and calls them real.

# %% [markdown] slideshow={"slide_type": "notes"}
# The same `Z` gives the same points. We compute them again to record the gradient's path through
# the discriminator into the generator, and the discriminator judges them as it is *after* its step.
# Only the generator's optimiser takes a step; any gradient left in the discriminator is thrown
# away.


# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework"]
# The slope goes back through the discriminator to the points, and on through the generator.


# %% tags=["framework", "practice"]
def update_G(Z, net_D, net_G, loss, trainer_G):
    """Take one step of the generator and return loss_G.

    Z: noise (batch, latent_dim). loss: the mean cross-entropy on logits.
    """
    fake = net_G.forward(Z)  # computed again: the step needs the path back to net_G
    judged = net_D.forward(fake[-1])
    fake_Y = judged[-1]
    loss_G = loss(fake_Y, 1)  # label 1: "taken for real" is the aim
    _, slope = net_D.backward(judged, loss.slope(fake_Y, 1))  # through net_D, which stays
    gradients, _ = net_G.backward(fake, slope)
    trainer_G.step(gradients)
    return loss_G


# %% [markdown] slideshow={"slide_type": "slide"}
# ## The training loop
#
# In each minibatch the discriminator moves first, then the generator.

# %% [markdown] slideshow={"slide_type": "notes"}
# Both use Adam, an optimiser that adapts the step size of each parameter. The discriminator's
# learning rate is ten times the generator's, so that it can follow. `yield` returns an epoch's
# losses and waits for the next call.


# %% tags=["framework", "practice"]
def train_epochs(net_D, net_G, data_iter, num_epochs, lr_D, lr_G, latent_dim, beta1=0.9):
    """Train both players as they are; after each epoch yield its mean loss_D and loss_G."""
    loss = SigmoidBCE()
    trainer_D, trainer_G = Adam(net_D, lr_D, beta1), Adam(net_G, lr_G, beta1)
    for _ in range(num_epochs):
        metric = d2l.Accumulator(3)  # loss_D, loss_G, examples
        for (X,) in data_iter:
            batch_size = X.shape[0]
            Z = np.random.normal(0, 1, (batch_size, latent_dim))
            loss_D = update_D(X, Z, net_D, net_G, loss, trainer_D)
            loss_G = update_G(Z, net_D, net_G, loss, trainer_G)
            metric.add(batch_size * loss_D, batch_size * loss_G, batch_size)
        yield metric[0] / metric[2], metric[1] / metric[2]


# %% [markdown] slideshow={"slide_type": "notes"}
# We want to see what the generator learns from: in each generated point the gradient of $-\log D$,
# the dashed line of the diagram. Minus it, the *push*, points to where the point would look more
# real. $c$ follows the mean of these pushes, and $W$ the mean of each push times its noise.


# %% slideshow={"slide_type": "skip"} tags=["framework"]
def pushes(net_D, fake_points):
    """Return minus the gradient of -log D in each generated point, (n, 2)."""
    steps = net_D.forward(fake_points)
    return -net_D.backward(steps, sigmoid(steps[-1]) - 1)[1]


# %% [markdown] slideshow={"slide_type": "notes"}
# We keep one frame per epoch. The noise is the same in every frame, so what moves is the generator.

# %% slideshow={"slide_type": "skip"}
Frame = namedtuple("Frame", "D fake_points push")
plane = np.stack(np.meshgrid(np.linspace(-4, 6, 61), np.linspace(-7, 11, 61)), axis=-1)
fixed_Z = np.random.default_rng(0).normal(size=(100, latent_dim))


def over_the_plane(logit):
    """Return the probability for logit(points) at each point of the plane, (61, 61)."""
    return sigmoid(logit(plane.reshape(-1, 2))).reshape(plane.shape[:2])


def new_frame(net_D, net_G):
    """Return the frame of two networks as they are."""
    fake_points = output(net_G, fixed_Z)
    D = over_the_plane(partial(output, net_D))
    return Frame(D, fake_points, pushes(net_D, fake_points))


# %% [markdown] slideshow={"slide_type": "notes"}
# Meanwhile we watch the two losses, with a line at $\ln 2$, and below them the points.


# %% slideshow={"slide_type": "skip"}
def live_plot(real_points, num_epochs):
    """Return an Animator for the losses and, below them, the generated points, to be moved."""
    animator = d2l.Animator(
        xlabel="epoch",
        ylabel="loss (nats)",
        legend=["discriminator", "generator"],
        xlim=(1, max(num_epochs, 2)),
        nrows=2,
        figsize=(6, 6.5),
        alt="The two losses by epoch, with a line at ln 2; below, real and generated points.",
    )
    losses, points = animator.axes
    losses.set_prop_cycle(color=[GREEN, PURPLE])
    losses.axhline(np.log(2), color="0.5", linestyle=":")
    losses.text(1, np.log(2), " ln 2", va="bottom")
    points.scatter(*real_points.T, **REAL)
    generated = points.scatter([], [], **GENERATED)
    points.set(xlabel="first coordinate", ylabel="second coordinate")
    points.margins(0.2)  # room for the generated points
    points.legend(loc="upper left")
    return animator, generated


# %% slideshow={"slide_type": "skip"}
def train(net_D, net_G, data_iter, num_epochs, lr_D, lr_G, latent_dim, data, beta1=0.9):
    """Train new players in the given networks with a live plot; return a frame for each epoch."""
    init_net(net_D)
    init_net(net_G)
    animator, generated = live_plot(d2l.numpy(data[:100]), num_epochs)
    film, timer = [], d2l.Timer()
    arguments = net_D, net_G, data_iter, num_epochs, lr_D, lr_G, latent_dim, beta1
    for epoch, losses in enumerate(train_epochs(*arguments), start=1):
        timer.stop()
        film.append(new_frame(net_D, net_G))
        generated.set_offsets(film[-1].fake_points)
        animator.add(epoch, losses)
        timer.start()
    print(f"loss_D {losses[0]:.3f}, loss_G {losses[1]:.3f}")
    print(f"{num_epochs * len(data) / timer.sum():.0f} examples/sec")
    return film


# %% [markdown] slideshow={"slide_type": "slide"}
# ## Run it
#
# Twenty passes over the 1000 points. Each time you run the cell it starts from new weights.

# %% tags=["nbval-ignore-output"]
d2l.seed(seed)
film = train(net_D, net_G, data_iter, num_epochs, lr_D, lr_G, latent_dim, data, beta1)

# %% [markdown]
# At first the discriminator pulls ahead. Then the losses settle near $\ln 2$, and in a typical run
# the crosses lie among the circles.

# %% [markdown] slideshow={"slide_type": "notes"}
# Now see *how* it happens, at four moments.

# %% slideshow={"slide_type": "skip"}
from matplotlib.colors import LinearSegmentedColormap

FROM_FAKE_TO_REAL = LinearSegmentedColormap.from_list("D", ["#F2A878", "white", "#85BCE0"])


def show_plane(ax, D, fake_points, title):
    """Draw D as colour, 100 real points and the generated ones; return what a colour bar needs."""
    levels = np.linspace(0, 1, 21)
    colour = ax.contourf(plane[0, :, 0], plane[:, 0, 1], D, levels, cmap=FROM_FAKE_TO_REAL)
    ax.scatter(*real_points[:100].T, **REAL, s=10)
    ax.scatter(*fake_points.T, **GENERATED, s=14, linewidth=0.8)
    ax.set(title=title, xlabel="first coordinate", ylabel="second coordinate")
    ax.set(xlim=(-4, 6), ylim=(-7, 11), aspect="equal")
    ax.label_outer()
    return colour


# %% slideshow={"slide_type": "subslide"}
fig, axes = d2l.plt.subplots(1, 4, figsize=(11, 5), layout="constrained", sharey=True)
for ax, epoch in zip(axes, (1, 3, 6, 20), strict=True):
    epoch = min(epoch, num_epochs)
    D, fake_points, push = film[epoch - 1]
    colour = show_plane(ax, D, fake_points, f"epoch {epoch}")
    ax.quiver(*fake_points.T, *push.T, angles="xy", scale_units="xy", scale=1 / 3, width=0.004)
axes[0].legend(loc="lower right")
fig.colorbar(colour, ax=axes, ticks=np.linspace(0, 1, 5), label="D(x), probability of being real")
d2l.show(
    fig,
    "Four frames of D over the plane, with the points. At first the generated points lie near the "
    "origin, and long arrows lead from them to where D is blue. By the last frame they have come "
    "to the real ones, and in most runs only short arrows are left.",
)

# %% [markdown]
# Blue: the discriminator says *real*. Orange: *generated*. Each arrow is a push, three times
# enlarged. By the last frame hardly any push is left in most runs, though not in all.

# %% [markdown] slideshow={"slide_type": "notes"}
# The pushes lead across the colours towards the blue. The generator follows, and the discriminator
# answers with a new plane. In the end it is mostly pale where the points are. (Elsewhere it means
# little, for no points are there.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Did it learn?

# %% [markdown]
# > **Predict.** Both losses end at 0.693, their value at the equilibrium. Has the generator found
# > the distribution of the data?

# %% [markdown] slideshow={"slide_type": "fragment"} tags=["answer"]
# <details>
# <summary>Answer</summary>
#
# You cannot tell from that. $\ln 2$ is what a discriminator pays that says one half to everything,
# and the untrained one did. We have to measure the generated points.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# With images one can only estimate the fit. Here it can be computed: noise from $N(0, I)$ sent
# through $G(z) = W z + c$ has exactly the distribution $N(c, W W^\top)$. (Do not compare $W$ with
# $A^\top$: every $W$ with $W W^\top = A^\top A$ gives the same distribution.)


# %% tags=["framework"]
def fitted(net_G):
    """Return the mean (2,) and the covariance (2, 2) of the generated points, exactly."""
    W, c = net_G.parameters
    return c[0], W.T @ W  # MLP keeps W transposed


# %% [markdown] slideshow={"slide_type": "subslide"}
# We measure three things: how far the mean is off, $|c - b|$; how far the covariance is off,
# relative to its size (in the Frobenius norm, the root of the sum of squared entries); and both in
# one number, the *Fréchet distance* between normal distributions with means $m$ and covariances
# $S$,
#
# $$|m_1 - m_2|^2 + \operatorname{tr}\left(S_1 + S_2 - 2 (S_1^{1/2} S_2 S_1^{1/2})^{1/2}\right).$$

# %% [markdown] slideshow={"slide_type": "notes"}
# (Strictly it is the square of a distance, but the name has stayed.) The yardstick, the *closed
# form*, is what any statistician would do with the same 1000 points: take their mean and their
# covariance.


# %% tags=["practice"]
def fit_errors(mean, cov):
    """Return the errors of mean and covariance, and the Fréchet distance to the truth."""
    mean_error = np.linalg.norm(mean - true_mean, axis=-1)
    cov_error = np.linalg.norm(cov - true_cov, axis=(-2, -1)) / np.linalg.norm(true_cov)
    return mean_error, cov_error, d2l.frechet_distance(mean, cov, true_mean, true_cov)


# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output"]
fits = {"GAN": fitted(net_G), "closed form": (real_points.mean(0), np.cov(real_points.T))}
for name, fit in fits.items():
    mean_error, cov_error, frechet = fit_errors(*fit)
    print(f"{name:12} mean error {mean_error:.3f}, ", end="")
    print(f"covariance error {cov_error:.3f}, Fréchet {frechet:.4f}")

# %%
gan, closed_form = (frechet for *_, frechet in (fit_errors(*fit) for fit in fits.values()))
*_, start = fit_errors(np.zeros(2), np.zeros((2, 2)))
print(f"Fréchet distance if every point were (0, 0): {start:.2f}")
print("of the GAN below a third of that:", gan < start / 3)
print("of the closed form below a fiftieth:", closed_form < start / 50)

# %% [markdown] slideshow={"slide_type": "notes"}
# In most runs the statistician beats the GAN, with one line of NumPy. A GAN is useful where no
# formula exists; a Gaussian is where we can see what it does.

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Same losses, three clouds
#
# Is this a good run? `one_run` trains a new pair from a seed of its own, without a plot.

# %% slideshow={"slide_type": "skip"}
Run = namedtuple("Run", "net_D net_G loss_D loss_G frechet")


def one_run(seed, num_epochs=num_epochs, lr_D=lr_D, lr_G=lr_G, beta1=beta1, new_D=new_D):
    """Train new players from a seed; return them, their last losses and the Fréchet distance."""
    net_D, net_G = new_D(), new_G()
    d2l.seed(seed)
    init_net(net_D)
    init_net(net_G)
    arguments = net_D, net_G, data_iter, num_epochs, lr_D, lr_G, latent_dim, beta1
    *_, losses = train_epochs(*arguments)
    *_, frechet = fit_errors(*fitted(net_G))
    return Run(net_D, net_G, *losses, frechet)


# %% slideshow={"slide_type": "skip"}
runs = {"best": one_run(best_seed), "middle": one_run(seed), "worst": one_run(worst_seed)}

# %% slideshow={"slide_type": "subslide"}
fig, axes = d2l.plt.subplots(
    1, 3, figsize=(12, 5.6), layout="constrained", sharex=True, sharey=True
)
Z = np.random.default_rng(1).normal(size=(300, latent_dim))
for ax, (name, run) in zip(axes, runs.items(), strict=True):
    ax.scatter(*real_points[:300].T, **REAL, s=12)
    ax.scatter(*output(run.net_G, Z).T, **GENERATED, s=16, linewidth=0.9)
    losses = f"loss_D {run.loss_D:.3f}, loss_G {run.loss_G:.3f}"
    ax.set(title=f"{name} of 40: Fréchet {run.frechet:.3f}\n{losses}", xlabel="first coordinate")
axes[0].set_ylabel("second coordinate")
axes[0].legend(loc="upper left")
d2l.show(
    fig,
    "Three scatter plots of real and generated points, one for each seed. The titles give the "
    "losses, which are nearly the same, and the Fréchet distances, which say how well the clouds "
    "agree.",
)
losses = np.array([loss for run in runs.values() for loss in (run.loss_D, run.loss_G)])
print("all six losses within 0.1 of ln 2:", np.abs(losses - np.log(2)).max() < 0.1)

# %% [markdown]
# Read the titles, then look at the clouds: the losses are nearly the same, and the fits are not.
# **Losses at $\ln 2$ say that neither player is winning, not that either is good.**

# %% [markdown] slideshow={"slide_type": "slide"}
# ### The best discriminator
#
# If the losses are those of the equilibrium, why is this not the equilibrium? Compare with theory.
# We know both densities, so we can write down the best discriminator and its `loss_D`.


# %% slideshow={"slide_type": "skip"}
def log_density(points, mean, cov):
    """Return the log of the density of N(mean, cov) at points (n, 2)."""
    cov = cov + 1e-9 * np.eye(2)  # a cloud on a line, as from one number, has no density
    offset = points - mean
    squares = (offset @ np.linalg.inv(cov) * offset).sum(1)
    return -squares / 2 - np.log(np.linalg.det(2 * np.pi * cov)) / 2


def best_logit(points, net_G):
    """Return log p_data - log p_G at points (n, 2)."""
    return log_density(points, true_mean, true_cov) - log_density(points, *fitted(net_G))


# %% slideshow={"slide_type": "skip"}
def exact_loss_D(logit, net_G, n=10_000):
    """Return loss_D of a discriminator, logit(points), over n new points of each kind."""
    rng = np.random.default_rng(2)
    real_Y = logit(rng.normal(size=(n, 2)) @ d2l.numpy(A) + true_mean)
    fake_Y = logit(output(net_G, rng.normal(size=(n, latent_dim))))
    return (np.logaddexp(0, -real_Y).mean() + np.logaddexp(0, fake_Y).mean()) / 2


# %% [markdown] slideshow={"slide_type": "notes"}
# We stop our run after 8 epochs. Then the generator pauses, with a learning rate of 0, while the
# discriminator trains on for 40 epochs, at a fifth of its rate and with a new Adam.

# %% slideshow={"slide_type": "skip"}
early = one_run(seed, num_epochs=8)
learned, best = partial(output, early.net_D), partial(best_logit, net_G=early.net_G)


def view(logit):
    """Return D over the plane and loss_D for a logit(points) against the early generator."""
    return over_the_plane(logit), exact_loss_D(logit, early.net_G)


# %% slideshow={"slide_type": "skip"}
views = {"after 8 epochs": view(learned)}
for _ in train_epochs(early.net_D, early.net_G, data_iter, 40, lr_D / 5, 0, latent_dim):
    pass
views |= {"after the pause": view(learned), "the best": view(best)}

# %% slideshow={"slide_type": "subslide"}
fig, axes = d2l.plt.subplots(1, 3, figsize=(10.5, 5.6), layout="constrained", sharey=True)
for ax, (name, (D, loss_D)) in zip(axes, views.items(), strict=True):
    colour = show_plane(ax, D, output(early.net_G, fixed_Z), f"{name}:\nloss_D {loss_D:.3f}")
axes[0].legend(loc="lower right")
fig.colorbar(colour, ax=axes, ticks=np.linspace(0, 1, 5), label="D(x), probability of being real")
d2l.show(
    fig,
    "D over the plane, three times, with the same points. Where the clouds are, the best one is "
    "near one half and changes across them. The losses in the titles say how near the learned one "
    "comes to it in the pause.",
)
*others, least = (loss_D for _, loss_D in views.values())
print("the best has the least loss_D:", least < min(others))

# %% [markdown]
# On the right is the theory, with `loss_D` $= \ln 2 - \mathrm{JSD}$; on the left, what had been
# learned. So there *was* something to see, at losses near $\ln 2$.

# %% [markdown] slideshow={"slide_type": "notes"}
# The titles say how near the learned discriminator comes in the pause, in most runs nearer than
# before it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ### A hundred runs
#
# Three runs are anecdotes. The NumPy lesson trains 100 GANs side by side, each with data, weights
# and noise of its own, and 100 more for each of four changes. (LeakyReLU, in place of $\tanh$ in
# the discriminator, is $\max(u, 0.2\,u)$.)

# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework"]
# `MLP` works on the last axes of an array. With one more in front, it is a hundred networks.


# %% slideshow={"slide_type": "skip"} tags=["framework"]
def train_many(net_D, lr_D=0.05, lr_G=0.005, beta1=0.9, num_epochs=20, batch_size=8):
    """Train as many GANs as net_D holds; return net_G, the last epoch's losses, and the data."""
    runs = len(net_D.parameters[0])
    np.random.seed(0)  # the same data and the same net_G for all settings
    data = np.random.normal(0, 1, (runs, 1000, 2)) @ A + b
    net_G, loss = MLP(2, 2, runs=(runs,)), SigmoidBCE()
    init_net(net_G)
    init_net(net_D)
    trainer_D, trainer_G = Adam(net_D, lr_D, beta1), Adam(net_G, lr_G, beta1)
    for _ in range(num_epochs):
        losses, order = 0, np.random.rand(runs, 1000).argsort(axis=1)
        data = np.take_along_axis(data, order[..., None], axis=1)
        for start in range(0, 1000, batch_size):
            X = data[:, start : start + batch_size]
            Z = np.random.normal(0, 1, X.shape)
            loss_D = update_D(X, Z, net_D, net_G, loss, trainer_D)
            loss_G = update_G(Z, net_D, net_G, loss, trainer_G)
            losses = losses + X.shape[1] * np.array([loss_D, loss_G]) / 1000
    return net_G, losses, data


# %% slideshow={"slide_type": "skip"} tags=["framework"]
Study = namedtuple("Study", "losses means frechet passed units")


def study(activation=tanh, **settings):
    """Train a hundred GANs; return the losses, the fit and the second layer of each."""
    net_D = MLP(2, 5, 3, 1, activation=activation, runs=(100,))
    net_G, losses, data = train_many(net_D, **settings)
    W, c = net_G.parameters
    mean_error, cov_error, frechet = fit_errors(c[:, 0], W.swapaxes(1, 2) @ W)
    passed = (mean_error < 0.2) & (cov_error < 0.2)
    return Study(losses, c[:, 0], frechet, passed, net_D.forward(data)[2])


# %% slideshow={"slide_type": "skip"} tags=["framework", "nbval-ignore-output"]
studied = {
    "this lesson": study(),
    "beta1 = 0.5": study(beta1=0.5),
    "lr_D = lr_G = 0.005": study(lr_D=0.005),
    "LeakyReLU": study(leaky_relu),
    "LeakyReLU, beta1 = 0.5": study(leaky_relu, beta1=0.5),
}
for name, (losses, _, frechet, passed, _) in studied.items():
    print(f"{name:24} | {' | '.join(f'{loss:.3f}' for loss in np.median(losses, axis=1))}", end=" ")
    print(f"| {np.median(frechet):.3f} | {frechet.max():.2f} | {passed.mean():.0%}")
samples = np.random.default_rng(0).normal(size=(100, 1000, 2)) @ A + b
covs = np.stack([np.cov(points.T) for points in samples])
closed_form = fit_errors(samples.mean(axis=1), covs)[2]
print(f"closed form: median {np.median(closed_form):.3f}")

# %% slideshow={"slide_type": "subslide"} tags=["framework"]
strips = {name: each.frechet for name, each in studied.items()} | {"closed form": closed_form}
fig, ax = d2l.plt.subplots(figsize=(8, 4), layout="constrained")
for row, frechet in enumerate(strips.values()):
    ax.scatter(np.sort(frechet), row + np.linspace(-0.3, 0.3, 100), s=8, color="0.3")
    ax.plot(np.median(frechet), row, "k|", markersize=22, markeredgewidth=2.5)
ax.set(xscale="log", xlabel="Fréchet distance to the truth", ylabel="settings")
ax.set_yticks(range(len(strips)), strips)
ax.invert_yaxis()
d2l.show(
    fig,
    "Strips of 100 points on a logarithmic axis, one strip for each setting. From the closed form "
    "at 0.005 by LeakyReLU with beta1 = 0.5 at 0.02 to equal rates at 0.5.",
)
*others, repaired, least = (np.median(frechet) for frechet in strips.values())
print("both changes beat all other settings:", repaired < min(others))
print("and come within 10 times the closed form:", repaired < 10 * least)
units = np.concatenate([each.units for each in studied.values()])
saturated = abs(units).min(axis=1)[np.ptp(units, axis=1) < 0.01]
print("all constant units are saturated:", bool(saturated.min() > 0.95))

# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework"]
# A point is a run, a bar the median. One setting spreads over a factor of a hundred and more, so
# single runs of two settings often come in the wrong order. What follows is for later.

# %% slideshow={"slide_type": "skip"} tags=["framework", "nbval-ignore-output"]
now, later = studied["this lesson"], study(num_epochs=40)
constant = (np.ptp(now.units, axis=1) < 0.01).sum(axis=1)
moved = np.linalg.norm(later.means - now.means, axis=1)
for n in range(4):
    numbers = (np.median(each[constant == n]) for each in (now.frechet, later.frechet, moved))
    print(f"{n} constant: {(constant == n).sum()} runs |", *(f"{number:.3f}" for number in numbers))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here is what came out. *Passed* means within 0.2 of the true mean and 20 % of the true covariance.
#
# | settings | `loss_D` | `loss_G` | median Fréchet | worst | passed |
# | --- | --- | --- | --- | --- | --- |
# | this lesson | 0.693 | 0.693 | 0.077 | 2.53 | 49 % |
# | `beta1` = 0.5 | 0.693 | 0.693 | 0.047 | 0.20 | 78 % |
# | `lr_D` = `lr_G` = 0.005 | 0.693 | 0.693 | 0.482 | 0.89 | 0 % |
# | LeakyReLU | 0.693 | 0.695 | 0.058 | 0.52 | 65 % |
# | LeakyReLU, `beta1` = 0.5 | 0.693 | 0.693 | 0.021 | 0.58 | 98 % |

# %% [markdown]
# All five end at $\ln 2$, and their median fits differ by a factor of 20.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why it stopped

# %% [markdown]
# > **Predict.** Take a run that ends far from the truth. The best discriminator would see it. Its
# > own says about one half to every point. What may have happened inside that?

# %% [markdown] slideshow={"slide_type": "fragment"} tags=["answer"]
# <details>
# <summary>Answer</summary>
#
# Its units may no longer react: given a large number, $\tanh$ answers $-1$ or $1$, whatever the
# point. What does not react has no gradient, so no push comes back.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# We look at the second layer. A unit is *constant* if its output varies by less than 0.01 over all
# real points, and *saturated* if it is constant near $-1$ or $1$.


# %% slideshow={"slide_type": "skip"} tags=["framework"]
def second_layer(net_D, points):
    """Return the outputs (n, 3) of the discriminator's second layer for NumPy points (n, 2)."""
    return net_D.forward(points)[2]


# %% slideshow={"slide_type": "skip"}
def look_inside(run):
    """Return the second layer's units (1000, 3), and the logits (1000, 1): learned, and best."""
    units = second_layer(run.net_D, real_points)
    return units, output(run.net_D, real_points), best_logit(real_points, run.net_G)


# %% tags=["nbval-ignore-output"]
for name, run in runs.items():
    units, learned, best = look_inside(run)
    print(f"{name:6} {(np.ptp(units, axis=0) < 0.01).sum()} of 3 units constant; ", end="")
    print(f"spread of the logit {learned.std():.4f}, of the best {best.std():.2f}; ", end="")
    print(f"best loss_D {exact_loss_D(partial(best_logit, net_G=run.net_G), run.net_G):.3f}")

# %%
units = np.hstack([look_inside(run)[0] for run in runs.values()])
constant = units[:, np.ptp(units, axis=0) < 0.01]
print("every constant unit of the three is saturated:", bool((abs(constant) > 0.95).all()))

# %% [markdown] slideshow={"slide_type": "subslide"}
# So there are two ways to $\ln 2$. Where the clouds agree, there is hardly anything to see, and
# even the best `loss_D` is near $\ln 2$; that the run's own discriminator hardly reacts does no
# harm. Where they are far apart, there is much to see, and **the discriminator has become nearly a
# constant**; the best constant is one half, since half of the points are real. The losses are
# nearly the same, and hardly any push comes back.

# %% [markdown] slideshow={"slide_type": "subslide"}
# How much does it matter? Here are the hundred runs with the lesson's settings, which we trained on
# for 20 more epochs. *Moved* says how far the generated mean moved meanwhile.
#
# | constant units at epoch 20 | runs | median Fréchet | at epoch 40 | moved |
# | --- | --- | --- | --- | --- |
# | none | 14 | 0.059 | 0.050 | 0.120 |
# | one | 36 | 0.049 | 0.054 | 0.129 |
# | two | 32 | 0.076 | 0.053 | 0.104 |
# | all three | 18 | 0.285 | 0.287 | 0.049 |

# %% [markdown]
# Where all three units are constant, the learning has stopped, in most runs far from the truth. The
# others move about twice as far, and hardly get nearer either. One more fault may explain that.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## When it fails
#
# Two faults we have met: on paper the **vanishing gradient** of a saturating loss, and in the
# discriminator **saturated units**. Two more are well known.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Circling.** One player moves $x$ to make $xy$ small, the other moves $y$ to make it large. The
# equilibrium is $(0, 0)$.

# %%
x, y, path = 1.0, 1.0, []
for _ in range(200):
    x -= 0.1 * y  # minus the slope of xy in x
    y += 0.1 * x  # plus the slope in y
    path.append((x, y))
fig, ax = d2l.plt.subplots(figsize=(4.2, 4), layout="constrained")
ax.plot(*np.transpose(path), color="0.4", marker=".", linewidth=0.8, label="steps")
ax.plot(*np.mean(path, axis=0), "k*", markersize=14, label="their mean")
ax.set(xlabel="x, wants xy small", ylabel="y, wants xy large", aspect="equal")
ax.legend(loc="center", bbox_to_anchor=(0.5, 0.72))
d2l.show(
    fig, "The steps go round and round (0, 0), nearly in a circle; their mean is at its centre."
)
print("distance from (0, 0), first and last:", *np.linalg.norm(path, axis=1).round(1)[[0, -1]])
print("of the mean:", np.linalg.norm(np.mean(path, axis=0)).round(1))

# %% [markdown]
# Each answers the other's last move, and they go round without arriving. The *mean* of their steps
# is near the equilibrium.

# %% [markdown] slideshow={"slide_type": "notes"}
# If the data come in several clouds, the generator may leave some out.

# %% slideshow={"slide_type": "skip"}
rng = np.random.default_rng(0)
angles = np.arange(8) * np.pi / 4
centres = 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
ring = centres[rng.integers(8, size=1000)] + rng.normal(0, 0.1, size=(1000, 2))
ring_iter = d2l.load_array((ring.astype("float32"),), 64)


# %% slideshow={"slide_type": "skip"} tags=["framework"]
def wide_net(outputs):
    """Return a network with two hidden layers of 32 units: (batch, 2) to (batch, outputs)."""
    return MLP(2, 32, 32, outputs)


# %% slideshow={"slide_type": "skip"}
ring_D, ring_G = wide_net(1), wide_net(2)
d2l.seed(2)
init_net(ring_D, 0.3)  # larger weights, or wide networks take long to begin
init_net(ring_G, 0.5)
*_, losses = train_epochs(ring_D, ring_G, ring_iter, 100, 0.01, 0.001, latent_dim=2, beta1=0.5)

# %% slideshow={"slide_type": "subslide"}
fake_points = output(ring_G, np.random.default_rng(1).normal(size=(1000, 2)))
fig, ax = d2l.plt.subplots(figsize=(5, 4.6), layout="constrained")
ax.scatter(*ring[:300].T, **REAL, s=12)
ax.scatter(*fake_points[:300].T, **GENERATED, s=12, linewidth=0.8)
ax.set(xlabel="first coordinate", ylabel="second coordinate", aspect="equal")
ax.legend(loc="center")
d2l.show(
    fig,
    "Eight real clouds on a ring, and generated points, most of them in a cloud. In most runs one "
    "cloud or more is nearly left out.",
)
near = np.linalg.norm(fake_points[:, None] - centres, axis=2) < 0.3  # three standard deviations
print("over a third of the points near a cloud:", near.any(axis=1).mean() > 1 / 3)

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
print("clouds with less than a tenth of their share:", (near.mean(axis=0) < 0.1 / 8).sum())

# %% [markdown]
# Most points are good, and in most runs clouds are missing: this is **mode collapse**. Quality and
# coverage need separate measures.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Making it work
#
# Known techniques, none of them ours, and what they are good against:
#
# - Vanishing gradient: the non-saturating loss (Goodfellow and others,
#   [2014](https://arxiv.org/abs/1406.2661)).
# - Saturated units: LeakyReLU in the discriminator (Radford and others,
#   [2016](https://arxiv.org/abs/1511.06434)).
# - Circling: less momentum, `beta1` = 0.5 (Radford and others, too); the mean of the generator's
#   weights over many steps (Yazıcı and others, [2019](https://arxiv.org/abs/1806.04498)); a larger
#   learning rate for the discriminator (Heusel and others,
#   [2017](https://arxiv.org/abs/1706.08500)), which the lesson has already.
# - Mode collapse: a discriminator that sees a whole minibatch at once (Salimans and others,
#   [2016](https://arxiv.org/abs/1606.03498)).

# %% [markdown] slideshow={"slide_type": "subslide"}
# LeakyReLU and less momentum are two small changes. Here they are, with the seed of this notebook.


# %% tags=["framework"]
def leaky_D():
    """Return a discriminator with LeakyReLU in place of tanh."""
    return new_D(leaky_relu)


# %% tags=["nbval-ignore-output"]
repaired = one_run(seed, beta1=0.5, new_D=leaky_D)
print(f"Fréchet {runs['middle'].frechet:.3f} before, {repaired.frechet:.3f} now")

# %% [markdown]
# That is a single run. The last row of the table says what both do to a hundred: the median falls
# from 0.077 to 0.021 (the closed form's is 0.005), and 98 % pass. Each alone gets only part of the
# way. You would not see it in the losses.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Going faster
#
# ![Dots of examples per second on a logarithmic scale. From the plain step to the fastest way:
# torch from 4,900 to 51,000, tensorflow from 210 to 400,000, mxnet from 2,300 to 9,300, jax from
# 9,000 to 530,000, numpy from 43,000 to 1,500,000.](speed.png)

# %% [markdown] slideshow={"slide_type": "notes"}
# The plain steps differ by a factor of a hundred or more among the frameworks, though all do the
# same arithmetic. What counts is how much one call from Python holds, and whether what it holds
# becomes machine code.

# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework"]
# A second notebook, [going faster](gan_numpy_faster.ipynb), explains how.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - A GAN turns the two-sample test into a teacher: the discriminator learns to tell real from
#   generated points, and its gradient says where a generated point should move.
# - Against the best discriminator the game is worth $2\,\mathrm{JSD} - 2 \ln 2$, so the data are
#   the generator's best answer.
# - Losses are $\ln 2$ if the clouds agree, and also if the discriminator is nearly a constant. So
#   measure the fit.
# - Where all units of the discriminator's second layer saturated, the learning stopped; the other
#   runs went on and hardly got nearer. LeakyReLU and less momentum repair it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# 1. With a pencil: derive the two slopes of *What each player minimises*, $-\sigma(o)$ for
#    $\log (1 - D)$ and $-\sigma(-o)$ for $-\log D$.
# 2. With a pencil: show that $D = p_{\mathrm{data}} / (p_{\mathrm{data}} + p_G)$ is the best
#    discriminator, and that both losses are $\ln 2$ when the two densities are equal.
# 3. Measure: train for 40 epochs, then with `lr_D` = 0.02, each over ten seeds with `one_run`.
#    Which is better, by what measure, and are ten seeds enough?
# 4. Explain: give the generator its first loss, $\log (1 - D(G(z)))$. Here it is *not* slower. Why?
#    Find a start from which it is.
# 5. Repair: take the runs that end farthest from the truth, and train them on, with the
#    discriminator they have and with a fresh one. Which generators move?
# 6. Replace the normal distribution by the ring of eight clouds. What does a linear generator do?
#    What must change so that no cloud is left out?
# 7. Is there an equilibrium in which the generator wins, so that the discriminator cannot tell two
#    *finite* samples apart? Try a two-sample test on points that were held out.

# %% [markdown] slideshow={"slide_type": "notes"}
# [The lab](../book/lab.md), a page of the book, trains this GAN while you watch. There you can look
# before you write code: at [exercise 3](../book/lab.md#lr_D=0.02&runs=10),
# [4](../book/lab.md#loss=saturating), [5](../book/lab.md#seed=1&num_epochs=40&then=2500:fresh) and
# [6](../book/lab.md#data=ring&batch_size=64&lr_D=0.01&lr_G=0.001&beta1=0.5&num_epochs=100).

# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework", "solutions"]
# Try them first; then see [the solutions](gan_numpy_solutions.ipynb), with code that runs.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further reading
#
# - Ian Goodfellow and others, [Generative Adversarial Nets](https://arxiv.org/abs/1406.2661), 2014:
#   where the idea, the game and the non-saturating loss come from.
# - Aston Zhang, Zachary Lipton, Mu Li, Alexander Smola, [Dive into Deep
#   Learning](https://d2l.ai/chapter_generative-adversarial-networks/gan.html): the section whose
#   data, networks and numbers this lesson takes up, with discussions among readers for
#   [MXNet](https://discuss.d2l.ai/t/408) and [PyTorch](https://discuss.d2l.ai/t/1082).
