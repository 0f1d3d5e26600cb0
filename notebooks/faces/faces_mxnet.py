# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Generative adversarial networks on images
#
# **What you will do.** Train a GAN until it draws faces of its own, look at them, and then measure
# what looking does not show.
#
# **What you will learn.**
#
# - Which networks turn noise into an image, and an image into a verdict.
# - How to tell whether generated images are sharp, whether all kinds come, and whether they are new.
# - What the usual estimates see of that, and what they do not.

# %% [markdown] slideshow={"slide_type": "notes"}
# **What you need.** The first lesson, *Generative adversarial networks*. Reading takes 25 minutes;
# on a laptop everything runs in about two minutes, and nothing is downloaded.

# %% [markdown] tags=["framework"]
# This notebook uses **MXNet** and its Gluon layers.

# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework"]
# MXNet was archived in 2023, but much code that uses it is still around.

# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework"]
# The [README](../../README.md) lists the same lesson in other frameworks, with the same titles,
# names and numbers, so you can read two of them side by side.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Of `d2lmini` we take the loader, the live plot and the two steps of the first lesson, and `faces`:
# the data of this one.

# %% tags=["framework"]
from d2lmini import faces
from d2lmini import mxnet as d2l  # first: it lets MXNet start under a current NumPy
import mxnet as mx
import numpy as np
from mxnet import gluon
from mxnet.gluon import nn

# %% [markdown] slideshow={"slide_type": "notes"}
# The numbers of this lesson: `num_faces` is how many faces there are to train on, and the others
# mean what they do in the first lesson. Change them, and run everything again.

# %% tags=["parameters"]
seed = 0
num_faces = 4000
batch_size = 64
num_epochs = 20
lr_D = 0.001
lr_G = 0.001
beta1 = 0.5
latent_dim = 16

# %% slideshow={"slide_type": "skip"}
numbers = seed, batch_size, num_epochs, lr_D, lr_G, latent_dim
d2l.check_numbers(*numbers, num_faces=num_faces, beta1=beta1)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What changes with images
#
# - A point had 2 numbers. A small image, of 16 by 16 pixels in red, green and blue, has 768.
# - Neighbouring pixels belong together, so the networks will look at neighbourhoods.
# - Of photographs nobody knows the distribution. How far a generator is from it can then only be
#   estimated. So our images are drawn by a program, and **all that it can draw are known**.
#
# What does *not* change: the two losses, and the steps `update_D` and `update_G`. We take them from
# `d2lmini` as they are. Only the data and the networks are new.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The real data
#
# A face has eight parts. What each of them is, is drawn by itself, with these probabilities:

# %%
possible = faces.support()
for name, part in faces.PARTS.items():
    chances = zip(part.values, part.probabilities, strict=True)
    print(f"{name:12}", ", ".join(f"{value} {p:.0%}" for value, p in chances))
print(
    f"{len(possible.images):,} possible faces; the commonest has {possible.probabilities.max():.2%}"
)

# %% [markdown] slideshow={"slide_type": "notes"}
# That is a distribution with a list of all its values: its *support*. `faces.support()` gives the
# images, (5760, 16, 16, 3), the number of each part's value, and the probability of each face.


# %% slideshow={"slide_type": "skip"}
def wall(images, columns):
    """Return images (n, 16, 16, 3) from -1 to 1 side by side as one, from 0 to 1, for imshow."""
    columns = min(columns, len(images))
    rows = len(images) // columns
    grid = np.reshape(images[: rows * columns], (rows, columns, 16, 16, 3))
    return (grid.swapaxes(1, 2).reshape(rows * 16, columns * 16, 3) + 1) / 2


def show_wall(images, columns, alt):
    """Show images in rows of so many."""
    picture = wall(images, columns)
    size = 0.6 * picture.shape[1] / 16, 0.6 * picture.shape[0] / 16
    fig, ax = d2l.plt.subplots(figsize=size, layout="constrained")
    ax.imshow(picture, interpolation="nearest")
    ax.axis("off")
    d2l.show(fig, alt)


# %% slideshow={"slide_type": "subslide"}
first = np.zeros(8, int)  # the first value of each part
changed = [first] + [np.where(np.arange(8) == i, np.maximum(first, 1), first) for i in range(8)]
first_faces = possible.images[[(possible.codes == code).all(axis=1).argmax() for code in changed]]
show_wall(first_faces, 9, "Nine faces. Each differs from the first in one part.")

# %% [markdown]
# The first face has the first value of each part. In the eight others one part has its second
# value, in the order of the table: background, skin, hair, and so on to the hat.

# %% slideshow={"slide_type": "subslide"}
rng = np.random.default_rng(0)
real_faces = faces.draw(num_faces, rng)
show_wall(
    real_faces[:60], 15, "Sixty real faces: all different, and many of them with a green hat."
)

# %%
kinds = len(np.unique(faces.nearest(real_faces)[0]))
print(f"{num_faces:,} faces to train on, {kinds:,} different ones")

# %% [markdown]
# We train on these. Most possible faces are *not* among them, which will let us see whether a
# generator makes new faces or repeats what it was shown.

# %% slideshow={"slide_type": "skip"} tags=["framework"]
data = mx.np.array(real_faces.transpose(0, 3, 1, 2))  # MXNet has colours first
data_iter = d2l.load_array((data,), batch_size)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Convolution, and its transpose
#
# A *convolution* looks at an image through windows, here of 4 by 4 pixels, each two pixels further
# than the last (kernel size 4, *stride* 2). Of each window it takes one weighted sum, over the three
# colours, too, with the same weights everywhere. With a rim of one pixel of 0 around the image
# (*padding* 1), 16 by 16 pixels become 8 by 8 numbers. Several such sums, each with weights of its
# own, give as many *channels*, as three colours are.
#
# The *transposed* convolution goes the other way. Each number is multiplied by the weights, and
# that is added to the image, in its window. So 8 by 8 numbers become 16 by 16 pixels.


# %% tags=["practice"]
def windows(x):
    """Cut images (n, 2 h, 2 w, c), with a rim of 0, into windows (n, h, w, 4, 4, c)."""
    x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    cut = np.lib.stride_tricks.sliding_window_view(x, (4, 4), axis=(1, 2))
    return cut[:, ::2, ::2].transpose(0, 1, 2, 4, 5, 3)


def scatter(parts):
    """Add windows (n, h, w, 4, 4, c) up to images (n, 2 h, 2 w, c), each in its place."""
    n, h, w, _, _, c = parts.shape
    x = np.zeros((n, 2 * h + 2, 2 * w + 2, c), parts.dtype)
    for i in range(4):
        for j in range(4):
            x[:, i : i + 2 * h : 2, j : j + 2 * w : 2] += parts[:, :, :, i, j]
    return x[:, 1:-1, 1:-1]


# %% slideshow={"slide_type": "subslide"}
weights = np.outer([1, 1, 1, 1], [-1, -1, 1, 1])  # answers to edges between left and right
grey = first_faces[3].mean(axis=-1)[None, ..., None].astype(float)
edges = (windows(grey)[..., 0] * weights).sum(axis=(-1, -2))
few = np.zeros((1, 8, 8))
few[0, [1, 4, 4], [1, 4, 5]] = 1, 1, -0.5
spread = scatter((few[..., None, None] * weights)[..., None])[..., 0]
fig, axes = d2l.plt.subplots(1, 4, figsize=(11, 3.1), layout="constrained")
pictures = {"16 by 16": grey[0, ..., 0], "convolved, 8 by 8": edges[0]}
pictures |= {"8 by 8": few[0], "transposed, 16 by 16": spread[0]}
for ax, (title, picture) in zip(axes, pictures.items(), strict=True):
    most = abs(picture).max()
    ax.imshow(picture, cmap="RdBu" if title != "16 by 16" else "gray", vmin=-most, vmax=most)
    ax.set(title=title, xticks=[], yticks=[])
d2l.show(
    fig,
    "Four images. A grey face; the same convolved, with colours at the left and right edges of the "
    "hair and of the image; three numbers in a small image; the same transposed, with three copies of the weights.",
)

# %% [markdown]
# On the left the weights are $-1$ in the left half of a window and $1$ in the right one: the face
# answers where dark and bright meet, and at the rim of 0. On the right three numbers put three
# copies of the weights into the image. Where windows overlap, they add up.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Why *transposed*? A convolution is linear in the image, so it is the product with some matrix $C$,
# large and mostly 0. The other is the product with $C^\top$. Then $(C x) \cdot y = x \cdot (C^\top
# y)$ for every image $x$ and every $y$:

# %%
forth, back = (edges * few).sum(), (grey[..., 0] * spread).sum()
print("equal:", np.isclose(forth, back))

# %% [markdown]
# So the transposed convolution is how a slope goes back through a convolution, and a convolution is
# how one goes back through the transposed. The discriminator has convolutions as its layers, and the
# transposed in its gradient; the generator, which makes images larger, has the opposite.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The networks
#
# The **generator** makes 64 small images of 4 by 4 out of noise, by a linear layer. A transposed
# convolution turns them into 32 of 8 by 8, and another into 3 of 16 by 16: red, green and blue. At
# the end comes $\tanh$, for pixels from $-1$ to $1$. The **discriminator** goes back: from 3 to 32 of
# 8 by 8, to 64 of 4 by 4, and by a linear layer to one logit. Between the layers stands LeakyReLU,
# which was one of the changes that helped in the first lesson.

# %% [markdown] slideshow={"slide_type": "notes"}
# Networks for images often have *batch normalisation* between their layers (Radford and others,
# [2016](https://arxiv.org/abs/1511.06434)). Ours have none: with it, what a network says of an image
# depends on the others of its minibatch.


# %% slideshow={"slide_type": "skip"} tags=["framework"]
def leaky_relu():
    """Return a layer with LeakyReLU. MXNet's own rounds to float32, whatever it is given."""
    return nn.HybridLambda(lambda F, x: F.np.maximum(x, 0.2 * x))


# %% tags=["framework", "practice"]
def new_G():
    """Return a generator: noise (batch, latent_dim) to images (batch, 3, 16, 16)."""
    net = nn.HybridSequential()
    net.add(
        nn.Dense(64 * 4 * 4, in_units=latent_dim),
        leaky_relu(),
        nn.HybridLambda(lambda F, x: F.npx.reshape(x, (-2, 64, 4, 4))),  # -2: as many as there are
        nn.Conv2DTranspose(32, kernel_size=4, strides=2, padding=1, in_channels=64),
        leaky_relu(),
        nn.Conv2DTranspose(3, kernel_size=4, strides=2, padding=1, in_channels=32),
        nn.Activation("tanh"),
    )
    return net


# %% slideshow={"slide_type": "subslide"} tags=["framework", "practice"]
def new_D():
    """Return a discriminator: images (batch, 3, 16, 16) to logits (batch, 1)."""
    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(32, kernel_size=4, strides=2, padding=1, in_channels=3),
        leaky_relu(),
        nn.Conv2D(64, kernel_size=4, strides=2, padding=1, in_channels=32),
        leaky_relu(),
        nn.Flatten(),
        nn.Dense(1, in_units=64 * 4 * 4),
    )
    return net


# %% [markdown] slideshow={"slide_type": "notes"}
# Every weight starts at a random number, normal with standard deviation 0.05, and every bias at 0.


# %% slideshow={"slide_type": "skip"} tags=["framework"]
def init_net(net, spread=0.05):
    """Draw each weight from N(0, spread**2), set each bias to 0; on the data's device."""
    net.initialize(mx.init.Normal(spread), ctx=data.ctx, force_reinit=True)


# %% slideshow={"slide_type": "skip"} tags=["framework"]
def images_of(net_G, Z):
    """Return what a generator makes of noise (n, latent_dim): NumPy's (n, 16, 16, 3)."""
    images = net_G(mx.np.array(Z, dtype="float32", ctx=data.ctx))
    return d2l.numpy(images).transpose(0, 2, 3, 1)


# %% slideshow={"slide_type": "skip"}
def generate(n, seed):
    """Return n images from the generator as it is now, (n, 16, 16, 3) from -1 to 1."""
    return images_of(net_G, np.random.default_rng(seed).normal(size=(n, latent_dim)))


# %%
net_D, net_G = new_D(), new_G()
init_net(net_D)
init_net(net_G)
print("images of shape", generate(5, seed=0).shape)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Training
#
# The loop is that of the first lesson, with its steps. `for_D` is for later: it may put something
# around the discriminator and its loss.


# %% tags=["framework"]
def train_epochs(
    net_D, net_G, data_iter, num_epochs, lr_D, lr_G, latent_dim, beta1=0.5, epsilon=1e-8, for_D=None
):
    """Train both players as they are; after each epoch yield its mean loss_D and loss_G."""
    loss = gluon.loss.SigmoidBCELoss()
    adam = {"beta1": float(beta1), "epsilon": epsilon}
    for block in (net_D, net_G, loss):
        block.hybridize(static_alloc=True)
    trainer_D = gluon.Trainer(net_D.collect_params(), "adam", {"learning_rate": lr_D} | adam)
    trainer_G = gluon.Trainer(net_G.collect_params(), "adam", {"learning_rate": lr_G} | adam)
    judge, judges_loss = for_D(net_D, loss) if for_D else (net_D, loss)
    for _ in range(num_epochs):
        metric = d2l.Accumulator(3)  # loss_D, loss_G, examples
        for (X,) in data_iter:
            batch_size = X.shape[0]
            Z = mx.np.random.normal(0, 1, (batch_size, latent_dim), ctx=X.ctx)
            loss_D = d2l.update_D(X, Z, judge, net_G, judges_loss, trainer_D)
            loss_G = d2l.update_G(Z, net_D, net_G, loss, trainer_G)
            metric.add(batch_size * float(loss_D), batch_size * float(loss_G), batch_size)
        yield metric[0] / metric[2], metric[1] / metric[2]


# %% [markdown] slideshow={"slide_type": "notes"}
# We watch the losses, and below them what the generator makes of the same noise after each epoch.


# %% slideshow={"slide_type": "skip"}
fixed_Z = np.random.default_rng(0).normal(size=(16, latent_dim))


def train(net_D, net_G, for_D=None):
    """Train new players with a live plot; return what they make of fixed_Z after each epoch."""
    d2l.seed(seed)
    init_net(net_D)
    init_net(net_G)
    film = [images_of(net_G, fixed_Z)]
    animator = d2l.live_plot(num_epochs, "below, sixteen generated faces")
    animator.axes[1].axis("off")
    shown = animator.axes[1].imshow(wall(film[0], 8), interpolation="nearest")
    arguments = net_D, net_G, data_iter, num_epochs, lr_D, lr_G, latent_dim, beta1
    timer = d2l.Timer()
    for epoch, losses in enumerate(train_epochs(*arguments, for_D=for_D), start=1):
        timer.stop()
        film.append(images_of(net_G, fixed_Z))
        shown.set_data(wall(film[-1], 8))
        animator.add(epoch, losses)
        timer.start()
    print(f"loss_D {losses[0]:.3f}, loss_G {losses[1]:.3f}")
    print(f"{num_epochs * num_faces / timer.sum():.0f} examples/sec")
    return film


# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output"]
film = train(net_D, net_G)

# %% [markdown]
# The losses do not settle at $\ln 2$: the discriminator stays ahead. And the faces?

# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output"]
epochs = [min(epoch, num_epochs) for epoch in (0, 1, 2, 5, 10)] + [num_epochs]
fig, axes = d2l.plt.subplots(1, 6, figsize=(11, 2.6), layout="constrained")
for ax, epoch in zip(axes, epochs, strict=True):
    ax.imshow(wall(film[epoch][:4], 2), interpolation="nearest")
    ax.set(title=f"epoch {epoch}", xticks=[], yticks=[])
d2l.show(
    fig,
    "The images that four fixed numbers of noise become, at six epochs: grey at first, then a blurred "
    "head, and in the end four faces with eyes, mouth and hair.",
)

# %% [markdown]
# All have the same four noises. First comes where things are, the shirt, the head before its
# background; then colours and details.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Look
#
# Sixty faces that the generator has drawn, with new noise:

# %% tags=["nbval-ignore-output"]
plain_faces = generate(4000, seed=1)
show_wall(plain_faces[:60], 15, "Sixty generated faces, some of them with noise or mixed colours.")

# %% [markdown]
# > **Predict.** Which part comes too rarely? Which of these faces are new, and which were among
# > those that it was trained on?

# %% [markdown] slideshow={"slide_type": "fragment"} tags=["answer"]
# <details>
# <summary>Answer</summary>
#
# By looking at sixty faces you cannot tell. We have to count, on many more.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Measure
#
# For each generated image we look up the *nearest possible face*, take the image for that face, and
# compare with the truth:
#
# - **distance** to that face (root mean square over the 768 numbers; the median image): is it
#   sharp?
# - **shares**: how far is each part's distribution from the true one? We take the total variation,
#   $\frac{1}{2} \sum_i |q_i - p_i|$, the share of faces that would have to be changed, as a mean
#   over the eight parts;
# - **different**: how many different faces are among them?
# - **new**: what share was not among the training faces?

# %% [markdown] slideshow={"slide_type": "subslide"}
# A number alone says little: even a perfect generator does not hit the shares exactly, and repeats
# training faces, the common ones most of all. So beside each stands what to expect: new *real* faces,
# and the mean of a perfect generator, which can be computed.


# %% slideshow={"slide_type": "skip"}
def tell(name, measures):
    """Print the measures of 4,000 faces."""
    distance, shares_off, different, new = measures
    print(f"{name:10} distance {distance:.2f}, shares off by {shares_off:.3f}, ", end="")
    print(f"{different:.0f} different, {new:.0%} new")


# %%
expected = faces.perfect(4000, real_faces)
tell("real again", faces.measure(faces.draw(4000, rng), real_faces))
tell("perfect", expected)
gaps = np.sqrt(((first_faces - first_faces[0]) ** 2).mean(axis=(1, 2, 3)))
print(f"A face with other eyes is at a distance of {gaps[5]:.2f}, with a hat of {gaps[8]:.2f}")

# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output"]
plain = faces.measure(plain_faces, real_faces)
tell("generated", plain)

# %%
print("less varied than real faces:", plain.different < 0.8 * expected.different)
print(
    "shares more than 4 times as far off as by chance:", plain.shares_off > 4 * expected.shares_off
)

# %% [markdown]
# They looked good. But there are far fewer different faces than there should be, and the shares are
# more than four times as far off as by chance.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Has it copied? That some faces are not new proves nothing: of a perfect generator's, too, 74 in 100
# were among those to train on. What counts is how far the share of new ones stays below 26 in 100.
# (More than that is not better: it would draw what hardly ever comes.) And as its shares are off, ask
# the same of faces that it has never seen, as exercise 2 does.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Which parts? The bars are the true shares, the crosses those of the generated faces.

# %% slideshow={"slide_type": "skip"}
REAL, GENERATED = "#0072B2", "#D55E00"


def show_shares(images):
    """Show the shares of each part's values, the true ones and those of images."""
    found = faces.shares(faces.nearest(images)[0])
    fig, axes = d2l.plt.subplots(2, 4, figsize=(11, 4.8), layout="constrained", sharey=True)
    for ax, (name, part) in zip(axes.flat, faces.PARTS.items(), strict=True):
        ax.bar(part.values, part.probabilities, color=REAL, alpha=0.5, label="true")
        ax.plot(
            part.values, found[name], "x", color=GENERATED, markersize=9, mew=2.5, label="generated"
        )
        ax.set(title=name)
        ax.tick_params(axis="x", labelrotation=20)
    axes[0, 0].legend()
    axes[0, 0].set_ylabel("share")
    axes[1, 0].set_ylabel("share")
    d2l.show(
        fig,
        "Eight bar charts of the true shares of each part's values, with crosses for the "
        "shares of the generated faces. Many crosses are off the tops of their bars.",
    )


# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output"]
show_shares(plain_faces)
found = faces.shares(faces.nearest(plain_faces)[0])
for name, part in faces.PARTS.items():
    for value, true, share in zip(part.values, part.probabilities, found[name], strict=True):
        if share < true / 2:
            print(f"{name} {value}: {share:.0%} in place of {true:.0%}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Below the charts stand those that have less than half of their share. It is mode collapse again:
# some values hardly come, and others come in their place.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What helps
#
# Here the discriminator stays ahead. A guess: it tells images by small details, and so its output
# changes steeply from one to the next. We make that cost something: to its loss we add a **gradient
# penalty**, half the mean squared slope of the logit $o$ in the image $x$ (Mescheder and others,
# [2018](https://arxiv.org/abs/1801.04406), on real or on generated images; our step takes both),
#
# $$\frac{1}{2} E \left[\left|\frac{\partial o}{\partial x}\right|^2\right].$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# To minimise that, one needs derivatives of derivatives, and not every framework has them. But with
# a little noise $s \, n$ on the image, $n$ standard normal, the mean of
#
# $$\left(\frac{o(x + s \, n) - o(x)}{s}\right)^2$$
#
# is the squared slope, too, if $s$ is small; we take 0.2. So `Twice` judges each image twice, as it is and with
# noise, and the loss takes both logits. The step `update_D` need not know.


# %% slideshow={"slide_type": "subslide"} tags=["framework"]
class Twice:
    """A discriminator that judges each image twice, once with noise on it."""

    def __init__(self, net_D, noise):
        self.net_D, self.noise = net_D, noise

    def __call__(self, X):
        """Return two logits for each image, (batch, 2)."""
        noisy = X + mx.np.random.normal(0, self.noise, X.shape, dtype=X.dtype, ctx=X.ctx)
        return mx.np.concatenate([self.net_D(X), self.net_D(noisy)], axis=1)


def penalise(net_D, loss, weight=1.0, noise=0.2):
    """Return the discriminator and the loss for steps with a gradient penalty."""

    def penalised_loss(o, y):
        slope = (o[:, 1] - o[:, 0]) / noise
        return loss(o[:, :1], y[:, :1]) + weight / 2 * slope**2

    return Twice(net_D, noise), penalised_loss


# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output"]
net_D, net_G = new_D(), new_G()
film = train(net_D, net_G, for_D=penalise)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output"]
penalised_faces = generate(4000, seed=1)
penalised = faces.measure(penalised_faces, real_faces)
tell("plain", plain)
tell("penalised", penalised)
tell("perfect", expected)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output"]
show_wall(penalised_faces[:60], 15, "Sixty faces of the second generator, more varied and noisier.")

# %%
print("less sharp:", penalised.distance > plain.distance)
print(
    "shares more than 4 times as far off as by chance:",
    penalised.shares_off > 4 * expected.shares_off,
)

# %% [markdown]
# In most runs the shares come nearer, though not as near as chance allows, and more different faces
# come. But the images are *less* sharp. Which generator is better? There is no one number for that:
# **quality and coverage are two things**.

# %% [markdown] slideshow={"slide_type": "subslide"}
# One run says little. So here are five of each kind, trained with PyTorch, and with other changes,
# too: those of the first lesson, and the mean of the generator's weights over its last steps. The
# numbers are medians, after 20 epochs and after 40.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** Train the plain generator twice as long. What becomes better? What becomes worse?

# %% [markdown] slideshow={"slide_type": "fragment"} tags=["answer"]
# <details>
# <summary>Answer</summary>
#
# The images become sharper. But in each of the five runs fewer different faces come than after 20
# epochs, and fewer of them are new. With the penalty, more and more different ones come.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["results"]
# What came of five runs of each kind, on faces:
#
# | what is changed | distance | shares off | different | new |
# | --- | --- | --- | --- | --- |
# | this lesson | 0.27, 0.22 | 0.133, 0.123 | 1018, 887 | 24 %, 19 % |
# | tanh for LeakyReLU | 0.35, 0.24 | 0.162, 0.156 | 432, 503 | 10 %, 7 % |
# | `beta1` = 0.9 | 0.40, 0.25 | 0.267, 0.202 | 239, 575 | 35 %, 28 % |
# | `epsilon` = 0.01 | 0.33, 0.27 | 0.156, 0.124 | 735, 1036 | 27 %, 25 % |
# | mean weights | 0.27, 0.22 | 0.130, 0.119 | 984, 910 | 22 %, 19 % |
# | gradient penalty | 0.34, 0.36 | 0.089, 0.060 | 1249, 1419 | 22 %, 23 % |
# | a perfect generator | 0 | 0.008 | 1841 | 26 % |

# %% [markdown] slideshow={"slide_type": "subslide"}
# LeakyReLU and the small `beta1` help here, too: without the one, after 20 epochs, fewer than half as
# many different faces come, and without the other a quarter. A larger `epsilon` makes it slower, and
# the mean of the weights makes no difference. The penalty brings both, better shares and more
# different faces: each of its five runs is better in both than any without it. It costs sharpness.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A walk between two noises
#
# What lies between two faces? We go from one noise $a$ to another, $b$, by
# $z = a \cos t + b \sin t$. Each of these $z$ is again standard normal, as all noise here is.

# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output"]
a, b = np.random.default_rng(2).normal(size=(2, 3, 1, latent_dim))
t = np.linspace(0, np.pi / 2, 15)[:, None]
walk = a * np.cos(t) + b * np.sin(t)
show_wall(
    images_of(net_G, walk.reshape(-1, latent_dim)),
    15,
    "Three rows of fifteen faces. In each the first face becomes the last, little by little.",
)

# %% [markdown]
# Each row is a walk, of the generator with the penalty. Nowhere does one face jump to another: parts
# fade. The mixtures on the way are faces that cannot be. A generator is continuous in its noise, so
# it cannot avoid them; it can only pass them quickly.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## On real data
#
# With photographs there is no list of all that is possible. One then compares *features* of the
# generated images with those of real ones. The usual choice is what a network has learned from
# photographs; ours are 48 numbers, the mean colours of 4 by 4 blocks. (They hardly see noise on single
# pixels: of that, a mean over 16 keeps a quarter.) Two distances are common:
#
# - the **Fréchet distance** of the first lesson between mean and covariance of the features, known
#   as FID if they are those of one certain network (Heusel and others,
#   [2017](https://arxiv.org/abs/1706.08500));
# - the **kernel distance**, with the kernel $k(x, y) = (x \cdot y / 48 + 1)^3$: the mean of $k$
#   within the one sample, plus that within the other, minus twice that between them, likewise
#   known as KID (Bińkowski and others, [2018](https://arxiv.org/abs/1801.01401)).


# %% slideshow={"slide_type": "skip"} tags=["practice"]
def features(images):
    """Return the mean colours of the 4 x 4 blocks of images, (n, 48)."""
    return images.reshape(-1, 4, 4, 4, 4, 3).mean(axis=(2, 4)).reshape(-1, 48).astype(float)


def frechet(x, y):
    """Return the Fréchet distance between the means and covariances of features (n, 48)."""
    return float(d2l.frechet_distance(x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T)))


def kernel_distance(x, y):
    """Return the kernel distance between features (n, 48) and (m, 48), estimated without bias."""
    xx, yy, xy = ((one @ other.T / 48 + 1) ** 3 for one, other in [(x, x), (y, y), (x, y)])
    own = sum((k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (xx, yy))
    return own - 2 * xy.mean()


# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** We take the distance of *real* faces from other real faces, so the truth is 0. What
# > do the two estimates give with 60 faces of each kind, and what with 4,000?

# %% [markdown] slideshow={"slide_type": "fragment"} tags=["answer"]
# <details>
# <summary>Answer</summary>
#
# The kernel distance scatters around 0, the less the more images there are. The Fréchet distance is
# above 0 each time, and comes down with their number.
#
# </details>

# %% slideshow={"slide_type": "skip"}
new_faces = faces.draw(4000, rng)
samples = {"real faces": faces.draw(4000, rng), "plain": plain_faces, "penalised": penalised_faces}
sizes = [60, 125, 250, 500, 1000, 2000, 4000]


def estimates(distance, images):
    """Return a distance between the first of some images and of new real ones, by their number."""
    pairs = ((features(images[:n]), features(new_faces[:n])) for n in sizes)
    return [distance(one, other) for one, other in pairs]


# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output"]
fig, axes = d2l.plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for ax, distance in zip(axes, (frechet, kernel_distance), strict=True):
    for (name, images), line in zip(samples.items(), ("o-", "s--", "^:"), strict=True):
        ax.plot(sizes, estimates(distance, images), line, label=name)
    ax.axhline(0, color="0.7", linewidth=0.8)
    ax.set(xscale="log", xlabel="images of each kind", title=distance.__name__.replace("_", " "))
axes[0].legend()
d2l.show(
    fig,
    "Two plots of an estimated distance to real faces against the number of images. The Fréchet "
    "distance falls with the number, also for real faces; the kernel distance scatters around a "
    "level of its own for each generator, and around 0 for real faces.",
)

# %% slideshow={"slide_type": "subslide"}
for name, distance in {"Fréchet": frechet, "kernel": kernel_distance}.items():
    few, *_, many = estimates(distance, samples["real faces"])
    print(f"{name}, real against real: {few:.4f} with 60 images of each, {many:.4f} with 4,000")

# %% [markdown]
# The Fréchet estimate is *biased*: even for a perfect generator it is above 0, the more so the fewer
# images there are. So compare only estimates from equally many images. The kernel distance is right
# on average.

# %% [markdown] slideshow={"slide_type": "subslide"}
# And what do they say of the worst of all generators, one that returns its training faces?

# %%
copies = real_faces[:4000]
tell("copies", faces.measure(copies, real_faces))
print(f"Fréchet {frechet(features(copies), features(new_faces)):.3f}", end=", ")
print(f"kernel {kernel_distance(features(copies), features(new_faces)):.4f}")

# %% [markdown]
# Both give what new faces give: they do not notice. So one has to ask for each fault by itself.
# *Copies*: look up the nearest training image of each generated one, and compare with what new real
# images give. *Shares*: let people or a classifier name the parts of generated and of held-out
# images, and compare.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - On images the game, the losses and the steps are the same. The networks are made of convolutions
#   and of their transposes, each of which is the other's way back.
# - Faces that look good may be too alike, have wrong shares, or be copies. Each of these has a
#   measure of its own, to be compared with what new real data give.
# - A gradient penalty brings more variety here, and less sharpness. Training for longer without it
#   brings sharper faces, fewer kinds, and fewer new ones. So one number does not do.
# - Without the truth one compares features. The Fréchet distance is too large with few images, and
#   neither distance noticed 4,000 copies.
# - Larger images take a layer more in each network for each doubling of their sides. What is soon
#   lost is the list: of 20 parts with 3 values each there are 3.5 billion images.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# 1. With a pencil: how many weights and biases does each of the two networks have? For images of 32
#    by 32 pixels each gets one layer more, with 128 channels of 4 by 4. How many has it then?
# 2. Measure: train on 400 faces in place of 4,000, for 180 epochs, which is as many steps. Does the
#    generator repeat them? Which of the four measures shows it, and what do the Fréchet and the
#    kernel distance from new faces say?
# 3. Change the truth: let 2 faces in 100 wear a hat, by
#    `faces.PARTS["hat"] = faces.Part(("none", "worn"), (0.98, 0.02))` before the faces are listed. Does
#    the generator draw hats, and does one with the penalty? How would you have noticed, had you only
#    images?
# 4. Measure: try the penalty with the weights 0.1 and 10, as `partial(penalise, weight=10)`. What is
#    gained, and what is lost?
# 5. Real pictures: train on the 1,797 handwritten digits that scikit-learn brings along, 8 by 8 grey
#    pixels each. Which layers must change? What can you still measure?

# %% [markdown] slideshow={"slide_type": "notes"} tags=["framework", "solutions"]
# Try them first; then see [the solutions](faces_mxnet_solutions.ipynb), with code that runs.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further reading
#
# - Alec Radford, Luke Metz, Soumith Chintala, [Unsupervised Representation Learning with Deep
#   Convolutional Generative Adversarial Networks](https://arxiv.org/abs/1511.06434), 2016: the
#   networks of this kind.
# - Lars Mescheder, Andreas Geiger, Sebastian Nowozin, [Which Training Methods for GANs do actually
#   Converge?](https://arxiv.org/abs/1801.04406), 2018: the gradient penalty, and why.
# - Aston Zhang, Zachary Lipton, Mu Li, Alexander Smola, [Dive into Deep
#   Learning](https://d2l.ai/chapter_generative-adversarial-networks/dcgan.html): a GAN on
#   photographs.
