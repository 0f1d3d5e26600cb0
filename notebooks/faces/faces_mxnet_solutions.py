# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Generative adversarial networks on images: the exercises, solved
#
# Here is a solution to each exercise of the lesson on faces: a count by hand, then code that runs,
# what it measured, and what follows. Try them yourself first. The numbers in the text are those of
# the runs stored here and in the other frameworks' solutions, where it does not say otherwise.
# Where yours differ, that is most likely chance, for every processor rounds in its own way.
# Everything runs in three or four minutes.

# %% [markdown] tags=["framework"]
# This notebook uses **MXNet** and belongs to [the MXNet lesson](faces_mxnet.ipynb).
# The same solutions in other frameworks lie beside it.

# %% tags=["framework"]
from functools import partial
from itertools import pairwise

from d2lmini import faces
from d2lmini import mxnet as d2l  # first: it lets MXNet start under a current NumPy
import mxnet as mx
import numpy as np
from mxnet import gluon
from mxnet.gluon import nn
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

# %%
seed, latent_dim = 0, 16
batch_size, num_epochs = 64, 20
lr_D, lr_G, beta1 = 0.001, 0.001, 0.5

# %% [markdown]
# ## Networks of any depth
#
# The exercises ask for networks of several sizes. So here `discriminator` and `generator` are given
# the numbers of channels: `discriminator(3, 32, 64)` and `generator(64, 32, 3)` are those of the
# lesson. All the rest, the start, the loop and the penalty, is the lesson's own code.


# %% tags=["framework"]
def leaky_relu():
    """Return a layer with LeakyReLU. MXNet's own rounds to float32, whatever it is given."""
    return nn.HybridLambda(lambda F, x: F.np.maximum(x, 0.2 * x))


# %% tags=["framework"]
def transposed(inputs, outputs):
    """Return a layer with a transposed convolution."""
    if outputs > 1:
        return nn.Conv2DTranspose(outputs, 4, strides=2, padding=1, in_channels=inputs)
    net = nn.HybridSequential()  # MXNet cannot make a single channel, so one of two is dropped
    net.add(nn.Conv2DTranspose(2, 4, strides=2, padding=1, in_channels=inputs))
    net.add(nn.HybridLambda(lambda F, x: F.np.split(x, 2, axis=1)[0]))
    return net


# %% tags=["framework"]
def generator(*channels):
    """Return a generator: noise (batch, latent_dim) to images with the last of the channels.

    channels: first those of 4 x 4, then twice as high and wide each time.
    """
    net = nn.HybridSequential()
    net.add(nn.Dense(channels[0] * 4 * 4, in_units=latent_dim), leaky_relu())
    net.add(nn.HybridLambda(lambda F, x: F.npx.reshape(x, (-2, channels[0], 4, 4))))
    for inputs, outputs in pairwise(channels[:-1]):
        net.add(transposed(inputs, outputs), leaky_relu())
    net.add(transposed(*channels[-2:]), nn.Activation("tanh"))
    return net


# %% tags=["framework"]
def discriminator(*channels):
    """Return a discriminator: images with the first of the channels to logits (batch, 1).

    channels: each time half as high and wide, and the last of them 4 x 4.
    """
    net = nn.HybridSequential()
    for inputs, outputs in pairwise(channels):
        net.add(nn.Conv2D(outputs, 4, strides=2, padding=1, in_channels=inputs), leaky_relu())
    net.add(nn.Flatten(), nn.Dense(1, in_units=channels[-1] * 4 * 4))
    return net


# %% tags=["framework"]
data = mx.np.zeros(1)  # on whose device the networks are


def init_net(net, spread=0.05):
    """Draw each weight from N(0, spread**2), set each bias to 0; on the data's device."""
    net.initialize(mx.init.Normal(spread), ctx=data.ctx, force_reinit=True)


# %% tags=["framework"]
def count_of(net):
    """Return how many weights and biases a network has."""
    return sum(int(np.prod(p.shape)) for p in net.collect_params().values())


# %% tags=["framework"]
def loader(images):
    """Return minibatches of images (n, height, width, channels)."""
    data = mx.np.array(images.transpose(0, 3, 1, 2))  # MXNet has channels first
    return d2l.load_array((data,), batch_size)


# %% tags=["framework"]
def images_from(net_G, Z):
    """Return what a generator makes of noise (n, latent_dim): NumPy's (n, height, width, channels)."""
    return d2l.numpy(net_G(mx.np.array(Z, dtype="float32"))).transpose(0, 2, 3, 1)


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


# %% tags=["framework"]
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


# %% [markdown]
# With these, `train_on` plays a game from its start and gives new images. It shows the losses on the
# way.


# %%
def train_on(images, num_epochs, for_D=None, channels=(3, 32, 64)):
    """Train new players on images (n, height, width, channels); return 4,000 generated ones."""
    d2l.seed(seed)
    net_D, net_G = discriminator(*channels), generator(*channels[::-1])
    init_net(net_D)
    init_net(net_G)
    animator = d2l.Animator(
        "epoch", "loss (nats)", ["discriminator", "generator"], (1, num_epochs), figsize=(5, 2)
    )
    numbers = num_epochs, lr_D, lr_G, latent_dim, beta1
    losses = train_epochs(net_D, net_G, loader(images), *numbers, for_D=for_D)
    for epoch, pair in enumerate(losses, start=1):
        animator.add(epoch, pair)
    return images_from(net_G, np.random.default_rng(1).normal(size=(4000, latent_dim)))


# %%
def show_images(images, columns, alt):
    """Show images (n, side, side, channels) from -1 to 1 in rows of so many, a rim around each."""
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=1)
    rows, side = len(images) // columns, framed.shape[1]
    grid = framed.reshape(rows, columns, side, side, -1).swapaxes(1, 2)
    fig, ax = d2l.plt.subplots(figsize=(0.6 * columns, 0.6 * rows), layout="constrained")
    picture = (grid.reshape(rows * side, columns * side, -1) + 1) / 2
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.axis("off")
    d2l.show(fig, alt)


# %% [markdown]
# ## Exercise 1: weights and biases
#
# *With a pencil: how many weights and biases does each of the two networks have? For images of 32
# by 32 pixels each gets one layer more, with 128 channels of 4 by 4. How many has it then?*
#
# A linear layer from $m$ to $n$ numbers has a weight for each pair and a bias for each output, that
# is $m n + n$. A convolution from $c$ to $d$ channels has, for each of the $d$, a window of
# $4 \cdot 4 \cdot c$ weights and one bias, wherever the window lies: $16 \, c \, d + d$. The
# transposed one has equally many. So the generator begins with $16 \cdot 1024 + 1024 = 17408$, and
# goes on with $16 \cdot 64 \cdot 32 + 32 = 32800$.
#
# | network | layers | together |
# | --- | --- | --- |
# | generator | 17,408 + 32,800 + 1,539 | 51,747 |
# | discriminator | 1,568 + 32,832 + 1,025 | 35,425 |
# | generator, 32 by 32 | 34,816 + 131,136 + 32,800 + 1,539 | 200,291 |
# | discriminator, 32 by 32 | 1,568 + 32,832 + 131,200 + 2,049 | 167,649 |

# %%
print("generator:", count_of(generator(64, 32, 3)) == 17_408 + 32_800 + 1_539 == 51_747)
print("discriminator:", count_of(discriminator(3, 32, 64)) == 1_568 + 32_832 + 1_025 == 35_425)
large = 34_816 + 131_136 + 32_800 + 1_539, 1_568 + 32_832 + 131_200 + 2_049
print("generator, 32 by 32:", count_of(generator(128, 64, 32, 3)) == large[0] == 200_291)
print("discriminator, 32 by 32:", count_of(discriminator(3, 32, 64, 128)) == large[1] == 167_649)
print("a linear layer from image to image:", 768 * 768 + 768 == 590_592)

# %% [markdown]
# The convolutions that were there before have as many as before, though their images are larger: a
# window has the same weights everywhere. (The linear layers have more, for they meet 128 channels
# now.) A linear layer from one image of 768 numbers to another would have 590,592 by itself.

# %% [markdown]
# ## The measures
#
# The four of the lesson, and its two estimates of the distance from new real faces.

# %%
rng = np.random.default_rng(0)
real_faces, new_faces = faces.draw(4000, rng), faces.draw(4000, rng)


# %%
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


# %%
def report(name, images, trained_on):
    """Print how 4,000 faces compare with the truth, with new faces, and with those trained on."""
    distance, shares_off, different, new = faces.measure(images, trained_on)
    x, y = features(images), features(new_faces)
    print(f"{name}: distance {distance:.2f}, shares off by {shares_off:.3f}, ", end="")
    print(f"{different} different, {new:.0%} new")
    print(f"{'':10} Fréchet {frechet(x, y):.2f}, kernel {kernel_distance(x, y):.4f}")


# %% [markdown]
# ## Exercise 2: a tenth of the faces
#
# *Measure: train on 400 faces in place of 4,000, for 180 epochs, which is as many steps. Does the
# generator repeat them? Which of the four measures shows it, and what do the Fréchet and the kernel
# distance from new faces say?*

# %% tags=["nbval-ignore-output"]
few_faces, unseen = real_faces[:400], new_faces[:400]
of_few = train_on(few_faces, 180)

# %%
print("as many steps:", 180 * len(loader(few_faces)) == num_epochs * len(loader(real_faces)))

# %% tags=["nbval-ignore-output"]
copies = np.tile(few_faces, (10, 1, 1, 1))
for name, images in {"generated": of_few, "copies": copies, "real": real_faces[400:]}.items():
    report(name, images, few_faces)
for name, others in {"trained on": few_faces, "never seen": unseen}.items():
    own, perfect = (1 - faces.measure(of_few, others).new, 1 - faces.perfect(4000, others).new)
    print(f"among 400 {name}: {own:.1%} of its faces, {perfect:.1%} of a perfect generator's")

# %%
print("more than half of them are new:", faces.measure(of_few, few_faces).new > 0.5)
marks = np.array(
    [
        [distance(features(images), features(new_faces)) for distance in (frechet, kernel_distance)]
        for images in (copies, of_few)
    ]
)
print("the copies are nearer to new faces, by both distances:", np.all(marks[0] < marks[1]))

# %% [markdown]
# Copies have no *new* faces, and at most 400 *different* ones. So these two measures would show
# them. The distances from new faces hardly do: they put the 400 faces themselves, ten times each,
# far before a generator that makes up its own.
#
# Of a perfect generator's faces 24 in 100 are among those 400, and of ours 26 to 30, by framework.
# Is that memory? Its shares are off, so common faces come too often, and some of these are among
# any 400 faces. So ask the same of 400 that it has *never seen*: of ours 24 to 27 in 100 are among
# them, and of a perfect generator's 25. So the surplus is of the faces that it was trained on. It
# repeats a few in 100, and most of what it draws is new.

# %% [markdown]
# ## Exercise 3: rare hats
#
# *Change the truth: let 2 faces in 100 wear a hat, by
# `faces.PARTS["hat"] = faces.Part(("none", "worn"), (0.98, 0.02))` before the faces are listed. Does
# the generator draw hats, and does one with the penalty? How would you have noticed, had you only
# images?*

# %%
as_in_lesson = faces.PARTS["hat"]
faces.PARTS["hat"] = faces.Part(("none", "worn"), (0.98, 0.02))
rare_faces, held_out, real_again = (faces.draw(4000, rng) for _ in range(3))
faces.PARTS["hat"] = as_in_lesson

# %% tags=["nbval-ignore-output"]
plain = train_on(rare_faces, num_epochs)

# %% tags=["nbval-ignore-output"]
penalised = train_on(rare_faces, num_epochs, penalise)


# %%
def share(images, part, value):
    """Return the share of images that are nearest to a face with this value of a part."""
    found = faces.shares(faces.nearest(images)[0])[part]
    return found[faces.PARTS[part].values.index(value)]


# %% tags=["nbval-ignore-output"]
for name, images in {"real": rare_faces, "plain": plain, "penalised": penalised}.items():
    print(f"{name}: {share(images, 'hat', 'worn'):.2%} with a hat")

# %%
print("plain: fewer than a quarter of the hats:", share(plain, "hat", "worn") < 0.005)

# %% [markdown]
# The plain generator draws no hat, or hardly any. With the penalty hats come, if not always as
# often as they should.
#
# With images alone nobody would notice by looking at generated ones: each of them may be fine. So
# begin at the other end. For each real image that was *held out* of the training, look for the
# nearest generated one. Those that are farthest from all that is generated should show what is
# missing. As always, we put beside it what real images give, here new ones in place of generated
# ones.


# %%
def distances(images, others):
    """Return how far each image is from the nearest of the others, root mean square, (n,)."""
    x, y = (np.reshape(each, (len(each), -1)) for each in (images, others))
    squares = (x**2).sum(axis=1)[:, None] - 2 * x @ y.T + (y**2).sum(axis=1)
    return np.sqrt(squares.min(axis=1).clip(0) / x.shape[1])


# %% tags=["nbval-ignore-output"]
others = {"plain": plain, "penalised": penalised, "real": real_again}
farthest = {
    name: held_out[distances(held_out, images).argsort()[-45:]] for name, images in others.items()
}
for name, images in farthest.items():
    show_images(images, 15, f"45 real faces, unlike all the others of a kind: {name}.")

# %% tags=["nbval-ignore-output"]
for name, images in farthest.items():
    hat, curly = share(images, "hat", "worn"), share(images, "hair", "curly")
    print(f"farthest from {name}: {hat:.0%} with a hat, {curly:.0%} with curly hair")

# %%
many = share(farthest["real"], "hat", "worn") > 0.4
print("unlike new real faces, too, many wear a hat:", many)

# %% [markdown]
# Those that are unlike all of the plain generator's have curly hair, nearly all of them. So that is
# what is missing, and it is no rarity: of real faces 20 in 100 have it. Hats are missing, too, but
# curly hair takes all the places.
#
# Of those that are unlike all of the penalised generator's many wear a hat. But so do many of those
# that are unlike new real faces: whatever is rare is far from all others in any sample. So this
# says nothing of hats. To notice that they are missing, somebody has to think of hats, and to count
# them in both samples.

# %% [markdown]
# ## Exercise 4: the weight of the penalty
#
# *Measure: try the penalty with the weights 0.1 and 10, as `partial(penalise, weight=10)`. What is
# gained, and what is lost?*

# %% tags=["nbval-ignore-output"]
heavy = train_on(real_faces, num_epochs, partial(penalise, weight=10))

# %% tags=["nbval-ignore-output"]
report("weight 10", heavy, real_faces)

# %% [markdown]
# One run says little. So here are the medians of five runs of each, after 20 epochs and after 40,
# trained with PyTorch:
#
# | weight | distance | shares off | different | new |
# | --- | --- | --- | --- | --- |
# | none | 0.27, 0.22 | 0.133, 0.123 | 1018, 887 | 24 %, 19 % |
# | 0.1 | 0.35, 0.36 | 0.106, 0.101 | 1186, 1103 | 22 %, 19 % |
# | 1 | 0.34, 0.36 | 0.089, 0.060 | 1249, 1419 | 22 %, 23 % |
# | 10 | 0.37, 0.35 | 0.093, 0.071 | 1180, 1433 | 24 %, 24 % |
#
# In these medians each weight brings better shares and more different faces, and each costs
# sharpness: after 40 epochs all three cost about the same. With 0.1 the shares gain least, and as
# without a penalty fewer different faces come after 40 epochs than after 20, and fewer new ones.
# With 10 the faces are less sharp after 20 epochs, each of the five runs than any with the weight
# 1; after 40 no longer.

# %% [markdown]
# ## Exercise 5: handwritten digits
#
# *Real pictures: train on the 1,797 handwritten digits that scikit-learn brings along, 8 by 8 grey
# pixels each. Which layers must change? What can you still measure?*
#
# From 4 by 4 to 8 by 8 is one doubling, so each network has one convolution less, and grey is one
# channel: `discriminator(1, 64)` and `generator(64, 1)`. We hold 397 digits out.

# %%
digits, order = load_digits(), rng.permutation(1797)
images = (digits.images[order, :, :, None] / 8 - 1).astype("float32")  # from 0 to 16 at first
labels = digits.target[order]
trained_on, held_out = images[:1400], images[1400:]

# %% tags=["nbval-ignore-output"]
drawn = train_on(trained_on, 60, penalise, channels=(1, 64))

# %% tags=["nbval-ignore-output"]
show_images(trained_on[:45], 15, "45 real digits, grey on black, of 8 by 8 pixels.")
show_images(drawn[:45], 15, "45 generated digits. Many can be read, and some are no digit.")

# %% [markdown]
# Above are real digits, below generated ones. There is no list of all digits that are possible, so
# nobody can say how sharp these are. What is left are estimates, each beside what real digits give:
# the two distances from digits that were held out, with the 64 pixels themselves for features, and
# how far a digit is from the nearest one to train on.


# %%
def pixels(images):
    """Return the pixels of digits (n, 8, 8, 1), (n, 64)."""
    return images.reshape(-1, 64).astype(float)


# %% tags=["nbval-ignore-output"]
samples = {"real": trained_on[:397], "generated": drawn[:397]}
near = {"real": distances(held_out, trained_on), "generated": distances(drawn, trained_on)}
for name, images in samples.items():
    x, y = pixels(images), pixels(held_out)
    print(f"{name}: Fréchet {frechet(x, y):.1f}, kernel {kernel_distance(x, y):.3f}", end="; ")
    print(f"the nearest to train on at {np.median(near[name]):.2f}")

# %%
for distance in (frechet, kernel_distance):
    real, generated = (distance(pixels(x), pixels(held_out)) for x in samples.values())
    print(f"{distance.__name__}, the generated are farther:", generated > real)
close = np.quantile(near["real"], 0.01)  # to one to train on, as few real ones are
print("hardly a generated digit is that close:", np.mean(near["generated"] < close) < 0.01)

# %% [markdown]
# By both distances the generated digits are farther from those held out than real ones are. Even
# between real ones the Fréchet distance is above 0, which is its bias with few images; the kernel
# distance scatters around 0, and may be negative. And hardly a generated digit is as close to one
# that was trained on as the closest of the real ones are. So there are no plain copies among them;
# copies with noise would be farther away, too.
#
# The digits have labels. So a classifier can name what is generated, here by the nearest digit of
# those to train on, and then one can count.

# %% tags=["nbval-ignore-output"]
classifier = KNeighborsClassifier(1).fit(pixels(trained_on), labels[:1400])
for name, images in {"real": held_out, "generated": drawn}.items():
    shares = np.bincount(classifier.predict(pixels(images)), minlength=10) / len(images)
    print(f"{name + ',':10} shares of 0 to 9:", *(f"{share:.2f}" for share in shares))

# %%
right = np.mean(classifier.predict(pixels(held_out)) == labels[1400:])
print("of the held-out digits, more than 95 in 100 are named rightly:", right > 0.95)

# %% [markdown]
# Such shares are right up to the mistakes of the classifier. On real digits we know how many these
# are, and on an image that is no digit every name is a mistake.

# %% [markdown]
# ## Summary
#
# - A window has the same weights everywhere, so convolutions have few. For each doubling of the
#   sides a network gets a layer more.
# - Copies are seen by how many faces are new, and how many different. Ask the same of data that the
#   generator has never seen, before you call it memory.
# - What is rare may be missing, and nobody notices who does not count it. Nearest images show what
#   is missing only beside what real images give.
# - A penalty ten times lighter helps less, and one ten times heavier does not bring better shares.
# - Without a list of all that is possible there are still estimates, each beside what held-out real
#   images give.
