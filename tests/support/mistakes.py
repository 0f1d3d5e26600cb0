"""The mistakes that students make in the two steps: how to make each, and what the check must say.

One list serves the tests of the check and the tests of the tests. A mistake is what to put in the
place of what, in the step of a framework; where a framework is missing, it cannot be made there.
"""

import inspect
from dataclasses import dataclass
from importlib import import_module

import pytest


@dataclass(frozen=True)
class Mistake:
    """says: what the check says of it, sentence by sentence, or a part of each.

    hidden: whether the tests of the steps, which have SGD, cannot see it.
    """

    name: str
    player: str
    says: tuple[str, ...]
    code: dict[str, dict[str, str]]
    hidden: bool = False


def own(key, player):
    """The text of a framework's own step, in its lesson and in its module of d2lmini."""
    return inspect.getsource(getattr(import_module(f"d2lmini.{key}"), f"update_{player}"))


def each(mistakes):
    """A parameter for each framework and each mistake that can be made there."""
    return [
        pytest.param(key, mistake, id=f"{mistake.name}, {mistake.player} ({key})")
        for mistake in mistakes
        for key in mistake.code
    ]


REAL_0 = "your real points carry the label 0 in the discriminator's step, where it is 1"
FAKE_1 = "your generated points carry the label 1 in the discriminator's step, where it is 0"
TWICE = "the step is 2 times as much as it should: is a / 2 missing?"
STILL = "does not move: "

MISTAKES = [
    Mistake(
        "a number returned where the loop compiles the step",
        "D",
        ("it works step by step, but cannot be compiled",),
        {
            "jax": {"return loss_D": "return float(loss_D)"},
        },
        hidden=True,
    ),
    Mistake(
        "an array of NumPy returned where the loop compiles the step",
        "G",
        ("it works step by step, but cannot be compiled",),
        {
            "tensorflow": {"return loss_G": "return loss_G.numpy()"},
            "jax": {"return loss_G": "return loss_G.item()"},
        },
        hidden=True,
    ),
    Mistake(
        "the generator frozen and left so",
        "D",
        ("the generator is left frozen",),
        {
            "torch": {"    trainer_D.zero": "    net_G.requires_grad_(False)\n    trainer_D.zero"},
            "tensorflow": {"    gradients =": "    net_G.trainable = False\n    gradients ="},
            "mxnet": {
                "    loss_D.backward": '    net_G.collect_params().setattr("grad_req", "null")\n    loss_D.backward'
            },
        },
        hidden=True,
    ),
    Mistake(
        "the discriminator frozen and left so",
        "G",
        ("the discriminator is left frozen",),
        {
            "torch": {"    fake_Y =": "    net_D.requires_grad_(False)\n    fake_Y ="},
            "tensorflow": {"    with tf": "    net_D.trainable = False\n    with tf"},
            "mxnet": {
                "    with auto": '    net_D.collect_params().setattr("grad_req", "null")\n    with auto'
            },
        },
        hidden=True,
    ),
    Mistake(
        "real points labelled 0",
        "D",
        (REAL_0,),
        {
            "torch": {"loss(real_Y, torch.ones_like": "loss(real_Y, torch.zeros_like"},
            "tensorflow": {"loss(tf.ones_like(real_Y)": "loss(tf.zeros_like(real_Y)"},
            "mxnet": {"loss(real_Y, mx.np.ones_like": "loss(real_Y, mx.np.zeros_like"},
            "jax": {"loss(real_Y, jnp.ones_like": "loss(real_Y, jnp.zeros_like"},
            "numpy": {
                "loss(real_Y, 1)": "loss(real_Y, 0)",
                "loss.slope(real_Y, 1)": "loss.slope(real_Y, 0)",
            },
        },
    ),
    Mistake(
        "generated points labelled 1",
        "D",
        (FAKE_1,),
        {
            "torch": {"loss(fake_Y, torch.zeros_like": "loss(fake_Y, torch.ones_like"},
            "tensorflow": {"loss(tf.zeros_like(fake_Y)": "loss(tf.ones_like(fake_Y)"},
            "mxnet": {"loss(fake_Y, mx.np.zeros_like": "loss(fake_Y, mx.np.ones_like"},
            "jax": {"loss(fake_Y, jnp.zeros_like": "loss(fake_Y, jnp.ones_like"},
            "numpy": {
                "loss(fake_Y, 0)": "loss(fake_Y, 1)",
                "loss.slope(fake_Y, 0)": "loss.slope(fake_Y, 1)",
            },
        },
    ),
    Mistake(
        "labels swapped",
        "D",
        (REAL_0, FAKE_1),
        {
            "torch": {"ones_like": "zeros_like", "zeros_like": "ones_like"},
            "tensorflow": {"ones_like": "zeros_like", "zeros_like": "ones_like"},
            "mxnet": {"ones_like": "zeros_like", "zeros_like": "ones_like"},
            "jax": {"ones_like": "zeros_like", "zeros_like": "ones_like"},
            "numpy": {"(real_Y, 1)": "(real_Y, 0)", "(fake_Y, 0)": "(fake_Y, 1)"},
        },
    ),
    Mistake(
        "labels smoothed",
        "D",
        ("your real points carry the label 0.9",),
        {
            "torch": {"torch.ones_like(real_Y)": "0.9 * torch.ones_like(real_Y)"},
            "tensorflow": {"tf.ones_like(real_Y)": "0.9 * tf.ones_like(real_Y)"},
            "mxnet": {"mx.np.ones_like(real_Y)": "0.9 * mx.np.ones_like(real_Y)"},
            "jax": {"jnp.ones_like(real_Y)": "0.9 * jnp.ones_like(real_Y)"},
            "numpy": {"(real_Y, 1)": "(real_Y, 0.9)"},
        },
    ),
    Mistake(
        "the / 2 forgotten",
        "D",
        (TWICE,),
        {
            "torch": {"(loss_real + loss_fake) / 2": "loss_real + loss_fake"},
            "tensorflow": {"(loss_real + loss_fake) / 2": "loss_real + loss_fake"},
            "mxnet": {"(loss_real + loss_fake) / 2": "loss_real + loss_fake"},
            "jax": {"(loss_real + loss_fake) / 2": "loss_real + loss_fake"},
            "numpy": {"1) / 2)": "1))", "0) / 2)": "0))", ") / 2\n": ")\n"},
        },
    ),
    Mistake(
        "the / 2 for one kind of points alone",
        "D",
        ("your real points count 2 times as much as they should: is a / 2 missing?",),
        {
            "torch": {"(loss_real + loss_fake) / 2": "loss_real + loss_fake / 2"},
            "tensorflow": {"(loss_real + loss_fake) / 2": "loss_real + loss_fake / 2"},
            "mxnet": {"(loss_real + loss_fake) / 2": "loss_real + loss_fake / 2"},
            "jax": {"(loss_real + loss_fake) / 2": "loss_real + loss_fake / 2"},
            "numpy": {"loss.slope(real_Y, 1) / 2": "loss.slope(real_Y, 1)"},
        },
    ),
    Mistake(
        "the / 2 forgotten in the loss that is returned alone",
        "D",
        ("the loss returned is",),
        {
            "torch": {"return loss_D.detach()": "return (2 * loss_D).detach()"},
            "tensorflow": {"return loss_D": "return 2 * loss_D"},
            "mxnet": {"return loss_D.mean()": "return 2 * loss_D.mean()"},
            "jax": {"return loss_D": "return 2 * loss_D"},
            "numpy": {"loss(fake_Y, 0)) / 2": "loss(fake_Y, 0))"},
        },
    ),
    Mistake(
        "uphill",
        "D",
        ("the step goes uphill: a sign is turned",),
        {
            "torch": {"loss_D.backward()": "(-loss_D).backward()"},
            "tensorflow": {
                "trainer_D.apply(gradients,": "trainer_D.apply([-g for g in gradients],"
            },
            "mxnet": {"(loss_real + loss_fake) / 2": "-(loss_real + loss_fake) / 2"},
            "jax": {
                "trainer_D.update(net_D, gradients)": "trainer_D.update(net_D, jax.tree.map(jnp.negative, gradients))"
            },
            "numpy": {"[r + f for": "[-r - f for"},
        },
    ),
    Mistake(
        "a sum for a mean",
        "D",
        ("the step is 5 times as much as it should: a sum for a mean?",),
        {
            "torch": {"(loss_real + loss_fake) / 2": "len(X) * (loss_real + loss_fake) / 2"},
            "tensorflow": {"(loss_real + loss_fake) / 2": "len(X) * (loss_real + loss_fake) / 2"},
            "mxnet": {"trainer_D.step(X.shape[0])": "trainer_D.step(1)"},
            "jax": {"(loss_real + loss_fake) / 2": "len(X) * (loss_real + loss_fake) / 2"},
            "numpy": {"r + f for": "len(X) * (r + f) for"},
        },
    ),
    Mistake(
        "the mean taken twice",
        "D",
        ("the step is 0.2 times as much as it should: is the mean taken twice?",),
        {
            "mxnet": {
                "loss_D = (loss_real + loss_fake) / 2": "loss_D = ((loss_real + loss_fake) / 2).mean()"
            },
        },
    ),
    Mistake(
        "generated points not cut off",
        "D",
        ("a gradient reaches the generator",),
        {
            "torch": {"net_G(Z).detach()": "net_G(Z)"},
            "mxnet": {"net_G(Z).detach()": "net_G(Z)"},
        },
    ),
    Mistake(
        "only real points",
        "D",
        ("the generated points take no part",),
        {
            "torch": {"(loss_real + loss_fake) / 2": "loss_real / 2"},
            "tensorflow": {"(loss_real + loss_fake) / 2": "loss_real / 2"},
            "mxnet": {"(loss_real + loss_fake) / 2": "loss_real / 2"},
            "jax": {"(loss_real + loss_fake) / 2": "loss_real / 2"},
            "numpy": {"[r + f for": "[r for"},
        },
    ),
    Mistake(
        "only generated points",
        "D",
        ("the real points take no part",),
        {
            "torch": {"(loss_real + loss_fake) / 2": "loss_fake / 2"},
            "tensorflow": {"(loss_real + loss_fake) / 2": "loss_fake / 2"},
            "mxnet": {"(loss_real + loss_fake) / 2": "loss_fake / 2"},
            "jax": {"(loss_real + loss_fake) / 2": "loss_fake / 2"},
            "numpy": {"[r + f for": "[f for"},
        },
    ),
    Mistake(
        "noise for generated points",
        "D",
        ("the noise Z stands where net_G(Z) should",),
        {
            "torch": {"net_G(Z).detach()": "Z"},
            "tensorflow": {"fake_X = net_G(Z)": "fake_X = Z"},
            "mxnet": {"net_G(Z).detach()": "Z"},
            "jax": {"fake_X = net_G(Z)": "fake_X = Z"},
            "numpy": {"fake_X = net_G(Z)": "fake_X = Z"},
        },
    ),
    Mistake(
        "real points for generated ones",
        "D",
        ("the real points X stand where net_G(Z) should",),
        {
            "torch": {"net_D(fake_X)": "net_D(X)"},
            "tensorflow": {"net_D(fake_X)": "net_D(X)"},
            "mxnet": {"net_D(fake_X)": "net_D(X)"},
            "jax": {"net_D(fake_X)": "net_D(X)"},
            "numpy": {"net_D.forward(fake_X)": "net_D.forward(X)"},
        },
    ),
    Mistake(
        "noise of its own",
        "D",
        ("a second call takes another step: does it draw noise of its own?",),
        {
            "torch": {"net_G(Z)": "net_G(torch.randn_like(Z))"},
            "tensorflow": {"net_G(Z)": "net_G(tf.random.normal(Z.shape, dtype=Z.dtype))"},
            "mxnet": {"net_G(Z)": "net_G(mx.np.random.normal(0, 1, Z.shape, dtype='float64'))"},
            "jax": {"net_G(Z)": "net_G(normal(0.0, 1.0, Z.shape))"},
            "numpy": {"net_G(Z)": "net_G(np.random.normal(size=Z.shape))"},
        },
    ),
    Mistake(
        "a sigmoid before the loss",
        "D",
        ("a sigmoid comes before the loss, which has its own",),
        {
            "torch": {"net_D(X), net_D(fake_X)": "net_D(X).sigmoid(), net_D(fake_X).sigmoid()"},
            "tensorflow": {
                "net_D(X), net_D(fake_X)": "tf.sigmoid(net_D(X)), tf.sigmoid(net_D(fake_X))"
            },
            "mxnet": {
                "net_D(X), net_D(fake_X)": "mx.npx.sigmoid(net_D(X)), mx.npx.sigmoid(net_D(fake_X))"
            },
            "jax": {"net_D(X), net_D(fake_X)": "nnx.sigmoid(net_D(X)), nnx.sigmoid(net_D(fake_X))"},
        },
    ),
    Mistake(
        "logits and labels exchanged",
        "D",
        ("are logits and labels exchanged, or",),
        {
            "torch": {
                "loss(real_Y, torch.ones_like(real_Y))": "loss(torch.ones_like(real_Y), real_Y)"
            },
            "tensorflow": {
                "loss(tf.ones_like(real_Y), real_Y)": "loss(real_Y, tf.ones_like(real_Y))"
            },
            "mxnet": {
                "loss(real_Y, mx.np.ones_like(real_Y))": "loss(mx.np.ones_like(real_Y), real_Y)"
            },
            "jax": {"loss(real_Y, jnp.ones_like(real_Y))": "loss(jnp.ones_like(real_Y), real_Y)"},
        },
    ),
    Mistake(
        "gradients never cleared",
        "D",
        ("are added to its own, since they are never cleared",),
        {
            "torch": {"    trainer_D.zero_grad()\n": ""},
        },
    ),
    Mistake(
        "gradients cleared before the step",
        "D",
        (STILL + "the gradients are cleared before the optimiser's step",),
        {
            "torch": {
                "    trainer_D.zero_grad()\n": "",
                "    trainer_D.step()": "    trainer_D.zero_grad()\n    trainer_D.step()",
            },
        },
    ),
    Mistake(
        "gradients cleared after the step",
        "D",
        ("are added to its own, since they are cleared only after it",),
        {
            "torch": {
                "    trainer_D.zero_grad()\n": "",
                "    return": "    trainer_D.zero_grad()\n    return",
            },
        },
    ),
    Mistake(
        "no step",
        "D",
        (STILL + "its optimiser takes no step",),
        {
            "torch": {"    trainer_D.step()\n": ""},
            "tensorflow": {"    trainer_D.apply(gradients, net_D.trainable_variables)\n": ""},
            "mxnet": {
                "    trainer_D.step(X.shape[0])  # divides the summed gradient by the batch size\n": ""
            },
            "jax": {"    trainer_D.update(net_D, gradients)\n": ""},
            "numpy": {
                "    trainer_D.step([r + f for r, f in zip(from_real, from_fake, strict=True)])\n": ""
            },
        },
    ),
    Mistake(
        "no gradient",
        "D",
        (STILL + "no gradient arrives",),
        {
            "torch": {"    loss_D.backward()\n": ""},
            "mxnet": {"    loss_D.backward()\n": ""},
        },
    ),
    Mistake(
        "the step before the gradient",
        "D",
        (STILL + "the optimiser's step comes before the gradient is computed",),
        {
            "torch": {
                "    loss_D.backward()\n    trainer_D.step()": "    trainer_D.step()\n    loss_D.backward()"
            },
            "mxnet": {
                "    loss_D.backward()\n    trainer_D.step(X.shape[0])": "    trainer_D.step(X.shape[0])\n    loss_D.backward()"
            },
        },
    ),
    Mistake(
        "a step of its own",
        "D",
        ("its optimiser takes no step, where it takes one",),
        {
            "torch": {
                "    trainer_D.step()\n": "    for p in net_D.parameters():\n        p.data = p.data - p.grad\n"
            },
            "tensorflow": {
                "    trainer_D.apply(gradients, net_D.trainable_variables)\n": "    for v, g in zip(net_D.trainable_variables, gradients):\n        v.assign_sub(g)\n"
            },
            "numpy": {
                "    trainer_D.step([r + f for r, f in zip(from_real, from_fake, strict=True)])": "    for p, r, f in zip(net_D.parameters, from_real, from_fake):\n        p -= r + f"
            },
        },
    ),
    Mistake(
        "two steps, one for each kind of points",
        "D",
        ("its optimiser takes 2 steps, where it takes one",),
        {
            "numpy": {
                "    trainer_D.step([r + f for r, f in zip(from_real, from_fake, strict=True)])": "    trainer_D.step(from_real)\n    trainer_D.step(from_fake)"
            },
        },
        hidden=True,
    ),
    Mistake(
        "real points in the place of the noise",
        "D",
        ("the real points X stand where the noise Z should",),
        {key: {"net_G(Z)": "net_G(X)"} for key in ("torch", "tensorflow", "mxnet", "jax", "numpy")},
    ),
    Mistake(
        "generated points in the place of the real ones",
        "D",
        ("the generated points stand where the real points X should",),
        {
            "torch": {"net_D(X), ": "net_D(fake_X), "},
            "numpy": {"net_D.forward(X), ": "net_D.forward(fake_X), "},
        },
    ),
    Mistake(
        "the points changed in place",
        "D",
        ("the points or the noise are changed in place",),
        {
            "torch": {"    trainer_D.step()\n": "    trainer_D.step()\n    X.zero_()\n"},
            "numpy": {"    return": "    X[:] = 0\n    return"},
        },
    ),
    Mistake(
        "a text returned",
        "D",
        ("what is returned is no number",),
        {
            "torch": {"loss_D.detach()": "str(loss_D.item())"},
            "numpy": {"return loss_D": "return [loss_D]"},
        },
        hidden=True,
    ),
    Mistake(
        "no loss returned",
        "D",
        ("no loss is returned",),
        {
            "torch": {"    return loss_D.detach()\n": ""},
            "tensorflow": {"    return loss_D\n": ""},
            "mxnet": {"    return loss_D.mean()\n": ""},
            "jax": {"    return loss_D\n": ""},
            "numpy": {"    return loss_D\n": ""},
        },
    ),
    Mistake(
        "the loss returned with its graph",
        "D",
        ("the loss returned holds all",),
        {
            "torch": {"loss_D.detach()": "loss_D"},
        },
        hidden=True,
    ),
    Mistake(
        "a loss for each example returned",
        "D",
        ("what is returned has the shape (5,)",),
        {
            "mxnet": {"loss_D.mean()": "loss_D"},
        },
    ),
    Mistake(
        "the saturating loss",
        "G",
        ("this is the first loss, the saturating one",),
        {
            "torch": {
                "loss_G = loss(fake_Y, torch.ones_like": "loss_G = -loss(fake_Y, torch.zeros_like"
            },
            "tensorflow": {"loss_G = loss(tf.ones_like": "loss_G = -loss(tf.zeros_like"},
            "mxnet": {
                "loss_G = loss(fake_Y, mx.np.ones_like": "loss_G = -loss(fake_Y, mx.np.zeros_like"
            },
            "jax": {"return loss(fake_Y, jnp.ones_like": "return -loss(fake_Y, jnp.zeros_like"},
            "numpy": {"loss.slope(fake_Y, 1)": "-loss.slope(fake_Y, 0)"},
        },
    ),
    Mistake(
        "generated points labelled 0",
        "G",
        ("your generated points carry the label 0 in the generator's step, where it is 1",),
        {
            "torch": {"ones_like": "zeros_like"},
            "tensorflow": {"ones_like": "zeros_like"},
            "mxnet": {"ones_like": "zeros_like"},
            "jax": {"ones_like": "zeros_like"},
            "numpy": {"(fake_Y, 1)": "(fake_Y, 0)"},
        },
    ),
    Mistake(
        "the loss changed where nothing is recorded",
        "D",
        ("outside of autograd.record()",),
        {
            "mxnet": {"loss_D.backward()": "(2 * loss_D).backward()"},
        },
    ),
    Mistake(
        "the path to the generator cut",
        "G",
        ("the path",),
        {
            "tensorflow": {"net_D(net_G(Z))": "net_D(tf.constant(net_G(Z).numpy()))"},
            "jax": {"net_D(net_G(Z))": "net_D(jax.lax.stop_gradient(net_G(Z)))"},
            "torch": {"net_D(net_G(Z))": "net_D(net_G(Z).detach())"},
            "mxnet": {"net_D(net_G(Z))": "net_D(net_G(Z).detach())"},
        },
    ),
    Mistake(
        "gradients never cleared",
        "G",
        ("are added to its own, since they are never cleared",),
        {
            "torch": {"    trainer_G.zero_grad()\n": ""},
        },
    ),
    Mistake(
        "uphill",
        "G",
        ("the step goes uphill: a sign is turned",),
        {
            "torch": {"loss_G.backward()": "(-loss_G).backward()"},
            "tensorflow": {
                "trainer_G.apply(gradients,": "trainer_G.apply([-g for g in gradients],"
            },
            "mxnet": {"loss_G = loss(": "loss_G = -loss("},
            "jax": {
                "trainer_G.update(net_G, gradients)": "trainer_G.update(net_G, jax.tree.map(jnp.negative, gradients))"
            },
            "numpy": {"trainer_G.step(gradients)": "trainer_G.step([-g for g in gradients])"},
        },
    ),
    Mistake(
        "the discriminator moves, too",
        "G",
        ("the discriminator moves in the generator's step",),
        {
            "torch": {
                "    trainer_G.step()": "    trainer_G.step()\n    for p in net_D.parameters():\n        p.data -= p.grad"
            },
            "numpy": {
                "    _, slope = net_D": "    for_D, slope = net_D",
                "    trainer_G.step(gradients)": "    trainer_G.step(gradients)\n    for p, g in zip(net_D.parameters, for_D):\n"
                "        p -= g",
            },
        },
    ),
    Mistake(
        "noise of its own",
        "G",
        ("a second call takes another step: does it draw noise of its own?",),
        {
            "torch": {"net_G(Z)": "net_G(torch.randn_like(Z))"},
            "numpy": {"net_G.forward(Z)": "net_G.forward(np.random.normal(size=Z.shape))"},
        },
    ),
    Mistake(
        "no step",
        "G",
        (STILL + "its optimiser takes no step",),
        {
            "torch": {"    trainer_G.step()\n": ""},
            "numpy": {"    trainer_G.step(gradients)\n": ""},
        },
    ),
]

# Wrappers of what is between the networks and the loss, by framework.
SIGMOIDS = {
    "torch": "torch.sigmoid({})",
    "tensorflow": "tf.sigmoid({})",
    "mxnet": "mx.npx.sigmoid({})",
    "jax": "nnx.sigmoid({})",
}
SOFTMAXES = {key: text.replace("sigmoid", "softmax") for key, text in SIGMOIDS.items()} | {
    "torch": "torch.softmax({}, 1)",
    "tensorflow": "tf.nn.softmax({})",
}
ROUNDED = {
    "torch": "torch.round({})",
    "tensorflow": "tf.round({})",
    "mxnet": "mx.np.round({})",
    "jax": "jnp.round({})",
}
BY_HAND_SIGMOID = "1 / (1 + np.exp(-{}))"
SQUARED = {  # another loss, made in the step
    "torch": "torch.nn.MSELoss()",
    "tensorflow": "tf.keras.losses.MeanSquaredError()",
    "mxnet": "mx.gluon.loss.L2Loss()",
    "jax": "lambda o, y: ((o - y) ** 2).mean()",
}
OF_PROBABILITIES = {
    "tensorflow": "tf.keras.losses.BinaryCrossentropy()",
    "mxnet": "mx.gluon.loss.SigmoidBCELoss(from_sigmoid=True)",
    "torch": "torch.nn.BCELoss()",
    "jax": "lambda p, y: -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)).mean()",
}
FIXED_NOISE = {  # the same in each call, and not Z
    "torch": "torch.linspace(-1, 1, Z.numel(), dtype=Z.dtype).reshape(Z.shape)",
    "tensorflow": "tf.random.stateless_normal(Z.shape, (0, 1), dtype=Z.dtype)",
    "mxnet": "mx.np.linspace(-1, 1, Z.size, dtype='float64').reshape(Z.shape)",
    "jax": "jax.random.normal(jax.random.key(0), Z.shape)",
    "numpy": "np.random.default_rng(0).normal(size=Z.shape)",
}


def around_answers(texts, player):
    """By framework, D's answers with a function around each."""
    nets = {"D": ("net_D(X)", "net_D(fake_X)"), "G": ("net_D(net_G(Z))",)}[player]
    both = ", ".join(nets)
    return {key: {both: ", ".join(map(text.format, nets))} for key, text in texts.items()}


def with_loss(losses, player):
    """By framework, another loss in the place of the one that is given."""
    first = {
        "torch": {"D": "    real_Y,", "G": "    fake_Y ="}[player],
        "tensorflow": "    with tf",
        "mxnet": "    with auto",
        "jax": "    def loss_of",
    }
    return {key: {first[key]: f"    loss = {text}\n{first[key]}"} for key, text in losses.items()}


def half(*names):
    """Half of some points."""
    return {f"({name})": f"({name}[: len({name}) // 2])" for name in names}


MISTAKES += [
    Mistake(
        "a sigmoid before the loss of one kind of points",
        "D",
        ("a sigmoid comes before the loss of the real points alone",),
        {key: {"net_D(X),": f"{text.format('net_D(X)')},"} for key, text in SIGMOIDS.items()}
        | {"numpy": {"= real[-1],": f"= {BY_HAND_SIGMOID.format('real[-1]')},"}},
    ),
    Mistake(
        "a sigmoid before the loss of the other kind",
        "D",
        ("a sigmoid comes before the loss of the generated points alone",),
        {key: {"net_D(fake_X)": text.format("net_D(fake_X)")} for key, text in SIGMOIDS.items()}
        | {"numpy": {"fake[-1]\n": f"{BY_HAND_SIGMOID.format('fake[-1]')}\n"}},
    ),
    Mistake(
        "a sigmoid before the loss, and its slope forgotten",
        "D",
        ("a sigmoid comes before the loss, which has its own",),
        {
            "numpy": {
                "real[-1], fake[-1]": f"{BY_HAND_SIGMOID.format('real[-1]')}, {BY_HAND_SIGMOID.format('fake[-1]')}"
            }
        },
    ),
    Mistake(
        "a sigmoid before the loss",
        "G",
        ("a sigmoid comes before the loss, which has its own",),
        around_answers(SIGMOIDS, "G")
        | {"numpy": {"= judged[-1]": f"= {BY_HAND_SIGMOID.format('judged[-1]')}"}},
    ),
    Mistake(
        "mean squares",
        "D",
        ("the loss is the mean squared error, where it is the cross-entropy",),
        with_loss(SQUARED, "D")
        | {
            "numpy": {
                "loss.slope(real_Y, 1)": "2 * (real_Y - 1) / len(X)",
                "loss.slope(fake_Y, 0)": "2 * fake_Y / len(X)",
                "(loss(real_Y, 1) + loss(fake_Y, 0)) / 2": "(np.mean((real_Y - 1) ** 2) + np.mean(fake_Y**2)) / 2",
            }
        },
    ),
    Mistake(
        "mean squares",
        "G",
        ("the loss is the mean squared error, where it is the cross-entropy",),
        with_loss(SQUARED, "G")
        | {
            "numpy": {
                "loss.slope(fake_Y, 1)": "2 * (fake_Y - 1) / len(Z)",
                "loss(fake_Y, 1)  #": "np.mean((fake_Y - 1) ** 2)  #",
            }
        },
    ),
    Mistake(
        "mean squares of probabilities",
        "D",
        ("the loss is the mean squared error, where it is the cross-entropy",),
        {
            "torch": {
                "loss(real_Y, torch.ones_like(real_Y))": "((real_Y.sigmoid() - 1) ** 2).mean()",
                "loss(fake_Y, torch.zeros_like(fake_Y))": "(fake_Y.sigmoid() ** 2).mean()",
            },
        },
    ),
    Mistake(
        "half of the real points",
        "D",
        ("only 2 of the 5 real points are used",),
        {key: half("X") for key in ("torch", "tensorflow", "jax", "numpy")},
    ),
    Mistake(
        "half of the noise",
        "D",
        ("only 2 of the 5 generated points are used",),
        {key: half("Z") for key in ("torch", "tensorflow", "jax", "numpy")},
    ),
    Mistake(
        "half of a batch",
        "D",
        ("only 2 of the 5 real points are used", "only 2 of the 5 generated points are used"),
        {key: half("X", "Z") for key in ("torch", "tensorflow", "mxnet", "jax", "numpy")},
    ),
    Mistake(
        "half of a batch",
        "G",
        ("only 2 of the 5 generated points are used",),
        {key: half("Z") for key in ("torch", "tensorflow", "mxnet", "jax", "numpy")},
    ),
    Mistake(
        "noise that is not Z, the same in each call",
        "D",
        ("the step is the same with other noise: is Z not used?",),
        {key: {"net_G(Z)": f"net_G({text})"} for key, text in FIXED_NOISE.items()},
    ),
    Mistake(
        "noise that is not Z, the same in each call",
        "G",
        ("the step is the same with other noise: is Z not used?",),
        {
            key: {"net_G.forward(Z)": f"net_G.forward({text})"}
            if key == "numpy"
            else {"net_G(Z)": f"net_G({text})"}
            for key, text in FIXED_NOISE.items()
        },
    ),
    Mistake(
        "noise drawn inside of what is differentiated",
        "G",
        ("where there is no new key for it: use the noise Z that is given",),
        {"jax": {"net_G(Z)": "net_G(normal(0.0, 1.0, Z.shape))"}},
    ),
    Mistake(
        "noise for generated points",
        "G",
        ("the noise Z stands where net_G(Z) should",),
        {key: {"net_D(net_G(Z))": "net_D(Z)"} for key in ("torch", "tensorflow", "mxnet", "jax")}
        | {"numpy": {"net_D.forward(fake[-1])": "net_D.forward(Z)"}},
    ),
    Mistake(
        "a softmax over one logit",
        "D",
        (STILL + "the loss is as if each logit were 1: is a softmax taken of single logits",),
        around_answers(SOFTMAXES, "D"),
    ),
    Mistake(
        "a softmax over one logit",
        "G",
        (STILL + "the loss is as if each logit were 1: is a softmax taken of single logits",),
        around_answers(SOFTMAXES, "G"),
    ),
    Mistake(
        "a softmax over one logit, and its slope forgotten",
        "G",
        ("the slope of the loss is the same for all generated points",),
        {
            "numpy": {
                "= judged[-1]": "= np.exp(judged[-1]) / np.exp(judged[-1]).sum(1, keepdims=True)"
            }
        },
    ),
    Mistake(
        "rounded answers",
        "D",
        (STILL + "the loss is that of rounded answers, and a rounded number has no slope",),
        around_answers(ROUNDED, "D"),
    ),
    Mistake(
        "rounded answers",
        "G",
        (STILL + "the loss is that of rounded answers, and a rounded number has no slope",),
        around_answers(ROUNDED, "G"),
    ),
    Mistake(
        "rounded answers, and a slope",
        "D",
        ("the loss is that of rounded answers, and a rounded number has no slope",),
        {"numpy": {"real[-1], fake[-1]": "np.round(real[-1]), np.round(fake[-1])"}},
    ),
    Mistake(
        "a slope of zero",
        "D",
        (STILL + "the gradient that arrives is zero: is the path to its weights cut, or",),
        {
            "torch": {"(loss_real + loss_fake) / 2": "0 * (loss_real + loss_fake)"},
            "tensorflow": {"(loss_real + loss_fake) / 2": "0 * (loss_real + loss_fake)"},
            "mxnet": {"(loss_real + loss_fake) / 2": "0 * (loss_real + loss_fake)"},
            "jax": {"(loss_real + loss_fake) / 2": "0 * (loss_real + loss_fake)"},
            "numpy": {"[r + f for": "[0 * (r + f) for"},
        },
    ),
    Mistake(
        "the loss of probabilities",
        "D",
        ("the loss takes logits for probabilities: is from_logits=True forgotten?",),
        with_loss({"tensorflow": OF_PROBABILITIES["tensorflow"]}, "D"),
    ),
    Mistake(
        "the loss of probabilities",
        "G",
        ("the loss takes logits for probabilities: is from_logits=True forgotten?",),
        with_loss({"tensorflow": OF_PROBABILITIES["tensorflow"]}, "G"),
    ),
    Mistake(
        "the loss of probabilities, of logits no number",
        "D",
        ("the loss takes logits for probabilities: it has no sigmoid of its own", "no number"),
        with_loss({key: OF_PROBABILITIES[key] for key in ("mxnet", "jax")}, "D"),
    ),
    Mistake(
        "the loss of probabilities, which refuses logits",
        "D",
        ("the loss wants probabilities, and is given logits",),
        with_loss({"torch": OF_PROBABILITIES["torch"]}, "D"),
    ),
    Mistake(
        "the arguments of the update exchanged",
        "D",
        (STILL + "the optimiser's update is applied to something else than the network",),
        {"jax": {"update(net_D, gradients)": "update(gradients, net_D)"}},
    ),
    Mistake(
        "the arguments of the update exchanged",
        "G",
        ("are its arguments exchanged, or is it a copy?",),
        {"jax": {"update(net_G, gradients)": "update(nnx.clone(net_G), gradients)"}},
    ),
    Mistake(
        "the arguments of apply exchanged",
        "D",
        ("the optimiser is given something else where it wants variables",),
        {
            "tensorflow": {
                "apply(gradients, net_D.trainable_variables)": "apply(net_D.trainable_variables, gradients)"
            }
        },
    ),
    Mistake(
        "a second backward",
        "D",
        ("second time",),
        {
            key: {"    loss_D.backward()": "    loss_D.backward()\n    loss_D.backward()"}
            for key in ("torch", "mxnet")
        },
    ),
    Mistake(
        "a step between the loss and its backward",
        "D",
        ("was changed in place since the loss was computed: is there an optimiser's step",),
        {
            "torch": {
                "    loss_D = (loss_real + loss_fake) / 2": "    loss_real.backward()\n    trainer_D.step()\n    loss_D = loss_fake"
            }
        },
    ),
    Mistake(
        "divided by the number of coordinates",
        "D",
        ("2.5 times as much as it should: is it divided by the number of coordinates",),
        {"mxnet": {"X.shape[0]": "X.shape[1]"}},
    ),
    Mistake(
        "no path to any weight",
        "D",
        ("backward() finds no",),
        {
            "torch": {"net_D(X), net_D(fake_X)": "net_D(X).detach(), net_D(fake_X).detach()"},
            "mxnet": {"net_D(X), net_D(fake_X)": "net_D(X).detach(), net_D(fake_X).detach()"},
        },
    ),
]

# Right steps in other styles: of the framework's own one, what in the place of what.
RIGHT = [
    ("torch", "D", "as in the lesson", {}),
    (
        "torch",
        "D",
        "cleared first",
        {
            "    trainer_D.zero_grad()\n": "",
            "    fake_X =": "    trainer_D.zero_grad()\n    fake_X =",
        },
    ),
    ("torch", "D", "cleared in the net", {"trainer_D.zero_grad()": "net_D.zero_grad()"}),
    ("torch", "D", "set to 0", {"zero_grad()": "zero_grad(set_to_none=False)"}),
    (
        "torch",
        "D",
        "without a graph",
        {"    fake_X = net_G(Z).detach()": "    with torch.no_grad():\n        fake_X = net_G(Z)"},
    ),
    ("torch", "D", "a number returned", {"loss_D.detach()": "loss_D.item()"}),
    (
        "torch",
        "D",
        "both kinds at once",
        {
            "real_Y, fake_Y = net_D(X), net_D(fake_X)": "real_Y, fake_Y = net_D(torch.cat([X, fake_X])).split(len(X))"
        },
    ),
    ("torch", "D", "the other order", {"loss_real + loss_fake": "loss_fake + loss_real"}),
    (
        "torch",
        "D",
        "two gradients",
        {"    loss_D.backward()": "    (loss_real / 2).backward()\n    (loss_fake / 2).backward()"},
    ),
    (
        "torch",
        "D",
        "by its formula",
        {"loss(real_Y, torch.ones_like(real_Y))": "torch.log1p(torch.exp(-real_Y)).mean()"},
    ),
    (
        "torch",
        "D",
        "on probabilities",
        {
            "loss(real_Y, torch.ones_like(real_Y))": "torch.nn.BCELoss()(real_Y.sigmoid(), torch.ones_like(real_Y))"
        },
    ),
    ("torch", "D", "halves", {"(loss_real + loss_fake) / 2": "0.5 * loss_real + 0.5 * loss_fake"}),
    ("torch", "G", "as in the lesson", {}),
    (
        "torch",
        "G",
        "cleared at the end",
        {"    trainer_G.zero_grad()\n": "", "    return": "    trainer_G.zero_grad()\n    return"},
    ),
    (
        "torch",
        "G",
        "by its formula",
        {"loss(fake_Y, torch.ones_like(fake_Y))": "-torch.nn.functional.logsigmoid(fake_Y).mean()"},
    ),
    ("tensorflow", "D", "a number returned", {"return loss_D": "return float(loss_D)"}),
    ("tensorflow", "D", "as in the lesson", {}),
    (
        "tensorflow",
        "D",
        "inside the tape",
        {
            "    fake_X = net_G(Z)  # outside the tape: this step is not about the generator\n": "",
            "        real_Y,": "        fake_X = net_G(Z)\n        real_Y,",
        },
    ),
    (
        "tensorflow",
        "D",
        "pairs",
        {
            "trainer_D.apply(gradients, net_D.trainable_variables)": "trainer_D.apply_gradients(zip(gradients, net_D.trainable_variables))"
        },
    ),
    ("tensorflow", "D", "stopped", {"fake_X = net_G(Z)": "fake_X = tf.stop_gradient(net_G(Z))"}),
    ("tensorflow", "G", "as in the lesson", {}),
    (
        "tensorflow",
        "G",
        "by its formula",
        {"loss(tf.ones_like(fake_Y), fake_Y)": "tf.reduce_mean(tf.math.softplus(-fake_Y))"},
    ),
    ("mxnet", "D", "as in the lesson", {}),
    (
        "mxnet",
        "D",
        "outside the record",
        {
            "        fake_X = net_G(Z).detach()  # this step is not about the generator\n": "",
            "    with autograd": "    fake_X = net_G(Z)\n    with autograd",
        },
    ),
    (
        "mxnet",
        "D",
        "a mean, and a step of 1",
        {
            "loss_D = (loss_real + loss_fake) / 2": "loss_D = ((loss_real + loss_fake) / 2).mean()",
            "trainer_D.step(X.shape[0])": "trainer_D.step(1)",
        },
    ),
    ("mxnet", "D", "a number returned", {"loss_D.mean()": "loss_D.mean().item()"}),
    ("mxnet", "G", "as in the lesson", {}),
    ("jax", "D", "as in the lesson", {}),
    (
        "jax",
        "D",
        "inside what is differentiated",
        {
            "    fake_X = net_G(Z)  # outside of what is differentiated: this step is not about the "
            "generator\n": "",
            "        real_Y,": "        fake_X = net_G(Z)\n        real_Y,",
        },
    ),
    ("jax", "D", "stopped", {"fake_X = net_G(Z)": "fake_X = jax.lax.stop_gradient(net_G(Z))"}),
    ("jax", "G", "as in the lesson", {}),
    (
        "jax",
        "G",
        "by its formula",
        {"loss(fake_Y, jnp.ones_like(fake_Y))": "jax.nn.softplus(-fake_Y).mean()"},
    ),
    ("numpy", "D", "as in the lesson", {}),
    (
        "numpy",
        "D",
        "a sum of halves",
        {"(loss(real_Y, 1) + loss(fake_Y, 0)) / 2": "loss(real_Y, 1) / 2 + loss(fake_Y, 0) / 2"},
    ),
    (
        "numpy",
        "D",
        "halved at the end",
        {"1) / 2)": "1))", "0) / 2)": "0))", "r + f for": "(r + f) / 2 for"},
    ),
    (
        "numpy",
        "D",
        "both kinds at once",
        {
            "[r + f for r, f in zip(from_real, from_fake, strict=True)]": "net_D.backward(net_D.forward(np.concatenate([X, fake_X])), loss.slope(np.concatenate("
            "[real_Y, fake_Y]), np.repeat([[1], [0]], len(X), axis=0)))[0]"
        },
    ),
    ("numpy", "G", "as in the lesson", {}),
    ("numpy", "G", "by its formula", {"loss(fake_Y, 1)  #": "np.logaddexp(0, -fake_Y).mean()  #"}),
    # Made in float32, as all is in the lessons.
    (
        "torch",
        "D",
        "in float32",
        {"net_D(X)": "net_D(X.float())", "net_G(Z)": "net_G(Z.float())"},
    ),
    (
        "torch",
        "G",
        "by hand cleared at the end",
        {
            "    trainer_G.zero_grad()\n": "",
            "    return": "    for p in net_G.parameters():\n        p.grad = None\n    return",
        },
    ),
    (
        "tensorflow",
        "D",
        "labels in float32",
        {
            "loss(tf.ones_like(real_Y), real_Y)": "tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.ones((len(X), 1)), real_Y))"
        },
    ),
    ("mxnet", "D", "in float32", {"net_D(X)": "net_D(X.astype('float32'))"}),
    (
        "mxnet",
        "D",
        "a step in two halves",
        {
            "trainer_D.step(X.shape[0])": "trainer_D.allreduce_grads()\n    trainer_D.update(X.shape[0])"
        },
    ),
]


# Mistakes in what else the student writes: the function, what the check says, and by framework what
# stands in place of what in the lesson's own code. "" is the code that all lessons share.
BY_HAND = ("torch", "mxnet", "numpy")  # whose train_epochs takes both steps itself
OTHERS = [
    ("sigmoid", "exp overflows at o = -1000", {"": {"(1 + np.tanh(o / 2)) / 2": "1 / (1 + np.exp(-o))"}}),
    ("sigmoid", "exp overflows at o = 1000", {"": {"(1 + np.tanh(o / 2)) / 2": "np.exp(o) / (1 + np.exp(o))"}}),
    ("sigmoid", "the sign of o is turned", {"": {"np.tanh(o / 2)": "np.tanh(-o / 2)"}}),
    ("sigmoid", "tanh(o / 2) is meant, not tanh(o)", {"": {"np.tanh(o / 2)": "np.tanh(o)"}}),
    ("sigmoid", "not yet moved to between 0 and 1", {"": {"(1 + np.tanh(o / 2)) / 2": "np.tanh(o / 2)"}}),
    ("sigmoid", "this is tanh", {"": {"(1 + np.tanh(o / 2)) / 2": "np.tanh(o)"}}),
    ("sigmoid", "this is exp(o)", {"": {"(1 + np.tanh(o / 2)) / 2": "np.exp(o)"}}),
    ("sigmoid", "nothing is returned", {"": {"return (1": "(1"}}),
    ("sigmoid", "changed in place", {"": {"    return (1": "    o *= 1.5\n    return (1"}}),
    ("sigmoid", "2 times as much as it should be", {"": {"(1 + np.tanh(o / 2)) / 2": "1 + np.tanh(o / 2)"}}),
    ("saturating_loss", "this is the other of the two losses", {"": {"np.log(1 - sigmoid(o))": "-np.log(sigmoid(o))"}}),
    ("saturating_loss", "this is the other loss, with its sign turned", {"": {"1 - sigmoid(o)": "sigmoid(o)"}}),
    ("saturating_loss", "the sign is turned", {"": {"np.log(": "-np.log("}}),
    ("saturating_loss", "to the base 2", {"": {"np.log(": "np.log2("}}),
    ("saturating_loss", "the logit o stands where D", {"": {"sigmoid(o)": "o"}}),
    ("saturating_loss", "this is the slope of the loss", {"": {"np.log(1 - sigmoid(o))": "-sigmoid(o)"}}),
    ("non_saturating_loss", "the sign is turned", {"": {"-np.log(": "np.log("}}),
    ("non_saturating_loss", "this is the other of the two losses", {"": {"-np.log(sigmoid(o))": "np.log(1 - sigmoid(o))"}}),
    ("non_saturating_loss", "to the base 10", {"": {"np.log(": "np.log10("}}),
    ("non_saturating_loss", "the logit o stands where D", {"": {"sigmoid(o)": "o"}}),
    ("non_saturating_loss", "this is the mean of the losses", {"": {"-np.log(sigmoid(o))": "-np.log(sigmoid(o)).mean()"}}),
    ("non_saturating_loss", "this is the sum of the losses", {"": {"-np.log(sigmoid(o))": "-np.log(sigmoid(o)).sum()"}}),
    ("fit_errors", "take the root of the sum of squares", {"": {"np.linalg.norm(mean - true_mean, axis=-1)": "((mean - true_mean) ** 2).sum(-1)"}}),
    ("fit_errors", "not the sum of the two errors", {"": {"np.linalg.norm(mean - true_mean, axis=-1)": "abs(mean - true_mean).sum(-1)"}}),
    ("fit_errors", "the error of the mean is one number", {"": {"np.linalg.norm(mean - true_mean, axis=-1)": "mean - true_mean"}}),
    ("fit_errors", "divide by the size of the true one", {"": {" / np.linalg.norm(true_cov)": ""}}),
    ("fit_errors", "relative to the true covariance", {"": {"/ np.linalg.norm(true_cov)": "/ np.linalg.norm(cov)"}}),
    ("fit_errors", "the Frobenius norm", {"": {"cov - true_cov, axis=(-2, -1))": "cov - true_cov, 2)", "norm(true_cov)": "norm(true_cov, 2)"}}),
    ("fit_errors", "no root is taken of the Fréchet distance", {"": {"d2l.frechet_distance(mean, cov, true_mean, true_cov)": "np.sqrt(d2l.frechet_distance(mean, cov, true_mean, true_cov))"}}),
    ("fit_errors", "not to N(0, I)", {"": {"mean, cov, true_mean, true_cov)": "mean, cov, np.zeros(2), np.eye(2))"}}),
    ("fit_errors", "the error of the covariance stands where the error of the mean should", {"": {"return mean_error, cov_error,": "return cov_error, mean_error,"}}),
    ("fit_errors", "it returns three numbers", {"": {"return mean_error, cov_error, d2l": "return mean_error, d2l"}}),
    ("MLP", "layer 3: the gradient of its weights is transposed", {"numpy": {"x.swapaxes(-1, -2) @ slope, slope.sum": "(x.swapaxes(-1, -2) @ slope).T, slope.sum"}}),
    ("MLP", "layer 3: the gradient of its biases is a mean", {"numpy": {"slope.sum(-2,": "slope.mean(-2,"}}),
    ("MLP", "wants the shape (1, n)", {"numpy": {"slope.sum(-2, keepdims=True)": "slope.sum(-2)"}}),
    ("MLP", "not yet summed over the batch", {"numpy": {"slope.sum(-2, keepdims=True)": "slope"}}),
    ("MLP", "the slope that reaches layer 2 lacks the activation's own", {"numpy": {"            if i > 0:\n                slope = slope * self.activation.slope(x)\n": ""}}),
    ("MLP", "turn their order round", {"numpy": {"keepdims=True), *gradients]": "keepdims=True)]", "gradients = [x": "gradients = [*gradients, x"}}),
    ("MLP", "weights and biases are exchanged", {"numpy": {"x.swapaxes(-1, -2) @ slope, slope.sum(-2, keepdims=True)": "slope.sum(-2, keepdims=True), x.swapaxes(-1, -2) @ slope"}}),
    ("MLP", "the points in the input are no activation's output", {"numpy": {"if i > 0:": "if i >= 0:"}}),
    ("MLP", "backward returns two things", {"numpy": {"return gradients, slope": "return gradients"}}),
    ("MLP", "ValueError: matmul", {"numpy": {"slope @ W.swapaxes(-1, -2)": "slope @ W"}}),
    ("init_net", "it is taken for the variance", {
        "torch": {"0, spread)": "0, spread**0.5)"},
        "tensorflow": {"0, spread)": "0, spread**0.5)"},
        "mxnet": {"Normal(spread)": "Normal(spread**0.5)"},
        "jax": {"spread, layer": "spread**0.5, layer"},
        "numpy": {"(0, spread,": "(0, spread**0.5,"},
    }),
    ("init_net", "drawn uniformly", {
        "torch": {"normal_(layer.weight, 0, spread)": "uniform_(layer.weight, -spread, spread)"},
        "tensorflow": {"random.normal(layer.kernel.shape, 0": "random.uniform(layer.kernel.shape, -spread"},
        "mxnet": {"Normal(": "Uniform("},
        "numpy": {"normal(0, spread": "uniform(-spread, spread"},
    }),
    ("init_net", "biases are not 0", {
        "torch": {"nn.init.zeros_(layer.bias)": "nn.init.normal_(layer.bias, 0, spread)"},
        "tensorflow": {"tf.zeros(layer.bias.shape)": "tf.random.normal(layer.bias.shape, 0, spread)"},
        "jax": {"jnp.zeros(layer.bias.shape)": "d2l.normal(0.0, spread, layer.bias.shape)"},
        "numpy": {"b[...] = 0": "b[...] = np.random.normal(0, spread, b.shape)"},
    }),
    ("init_net", "biases stay as they were", {
        "torch": {"nn.init.zeros_(layer.bias)": "pass"},
        "tensorflow": {"layer.bias.assign(tf.zeros(layer.bias.shape))": "pass"},
        "jax": {"layer.bias[...] = jnp.zeros(layer.bias.shape)": "pass"},
        "numpy": {"b[...] = 0": "pass"},
    }),
    ("init_net", "weights stay as they were", {
        "torch": {"nn.init.normal_(layer.weight, 0, spread)": "pass"},
        "tensorflow": {"layer.kernel.assign(tf.random.normal(layer.kernel.shape, 0, spread))": "pass"},
        "mxnet": {", force_reinit=True": ""},
        "jax": {"layer.kernel[...] = d2l.normal(0.0, spread, layer.kernel.shape)": "pass"},
        "numpy": {"W[...] = np": "W = np"},
    }),
    ("init_net", "units that begin alike stay alike", {
        "torch": {"nn.init.normal_(layer.weight, 0, spread)": "nn.init.zeros_(layer.weight)"},
        "tensorflow": {"tf.random.normal(layer.kernel.shape, 0, spread)": "tf.fill(layer.kernel.shape, spread)"},
        "mxnet": {"mx.init.Normal(spread)": "mx.init.Constant(spread)"},
        "jax": {"d2l.normal(0.0, spread, layer.kernel.shape)": "jnp.zeros(layer.kernel.shape)"},
        "numpy": {"np.random.normal(0, spread, W.shape)": "0"},
    }),
    ("init_net", "`spread` is not used", {
        "torch": {"0, spread)": "0, 0.02)"},
        "tensorflow": {"0, spread)": "0, 0.02)"},
        "mxnet": {"(spread)": "(0.02)"},
        "jax": {"0.0, spread": "0.0, 0.02"},
        "numpy": {"(0, spread,": "(0, 0.02,"},
    }),
    ("init_net", "the mean of the weights is", {"numpy": {"normal(0, spread": "normal(spread, spread"}}),
    ("init_net", "the standard deviation of the weights is 0.04", {"numpy": {"normal(0, spread": "normal(0, 2 * spread"}}),
    ("new_D", "a sigmoid comes after the last layer", {
        "torch": {"nn.Linear(3, 1)": "nn.Linear(3, 1), nn.Sigmoid()"},
        "tensorflow": {"Dense(1)": "Dense(1, 'sigmoid')"},
        "mxnet": {"nn.Dense(1, in_units=3)": "nn.Dense(1, in_units=3, activation='sigmoid')"},
        "jax": {"linear(3, 1)": "linear(3, 1), nnx.sigmoid"},
    }),
    ("new_D", "ReLU stands between the layers", {
        "torch": {"=nn.Tanh": "=nn.ReLU"},
        "tensorflow": {'"tanh"': '"relu"'},
        "mxnet": {'"tanh"': '"relu"'},
        "jax": {"=nnx.tanh": "=nnx.relu"},
        "numpy": {"activation=tanh": "activation=Activation(lambda u: np.maximum(u, 0), None)"},
    }),
    ("new_D", "nothing stands between the layers", {
        "torch": {" activation(),": ""},
        "tensorflow": {"Dense(n, activation)": "Dense(n)"},
        "mxnet": {", activation()": ""},
        "jax": {" activation,": ""},
    }),
    ("new_D", "after layer 2 comes no tanh", {
        "torch": {"nn.Linear(5, 3), activation()": "nn.Linear(5, 3)"},
        "mxnet": {"in_units=5), activation()": "in_units=5)"},
        "jax": {"linear(5, 3), activation": "linear(5, 3)"},
    }),
    ("new_D", "its layers go from 2 to 5 then 5 to 1, where they go from 2 to 5 then 5 to 3 then 3 to 1", {
        "torch": {"nn.Linear(5, 3), activation(), nn.Linear(3, 1)": "nn.Linear(5, 1)"},
        "tensorflow": {"(5, 3)": "(5,)"},
        "mxnet": {"    net.add(nn.Dense(3, in_units=5), activation())\n": "", "in_units=3": "in_units=5"},
        "jax": {"linear(5, 3), activation, linear(3, 1)": "linear(5, 1)"},
        "numpy": {"(2, 5, 3, 1": "(2, 5, 1"},
    }),
    ("new_D", "how many inputs", {
        "tensorflow": {"    net.build((None, 2))\n": ""},
        "mxnet": {", in_units=2": ""},
    }),
    ("new_D", "given another activation, it does not use that", {
        "torch": {"activation(),": "nn.Tanh(),"},
        "tensorflow": {"Dense(n, activation)": "Dense(n, 'tanh')"},
        "mxnet": {"activation())": "nn.Activation('tanh'))"},
        "jax": {"activation,": "nnx.tanh,"},
        "numpy": {"activation=activation": "activation=tanh"},
    }),
    ("new_D", "its layers have no biases", {
        "torch": {"(2, 5)": "(2, 5, bias=False)", "(5, 3)": "(5, 3, bias=False)", "(3, 1)": "(3, 1, bias=False)"},
        "tensorflow": {"Dense(n, activation)": "Dense(n, activation, use_bias=False)", "Dense(1)": "Dense(1, use_bias=False)"},
        "jax": {"rngs=d2l.rngs": "rngs=d2l.rngs, use_bias=False"},
    }),
    ("new_D", "no network is returned", {
        "torch": {"return nn": "nn"},
        "tensorflow": {"return net": "net"},
        "mxnet": {"return net": "net"},
        "jax": {"return nnx": "nnx"},
        "numpy": {"return MLP": "MLP"},
    }),
    ("new_G", "tanh comes after the last layer", {
        "tensorflow": {"Dense(2)": "Dense(2, 'tanh')"},
        "mxnet": {"in_units=latent_dim": "in_units=latent_dim, activation='tanh'"},
        "jax": {"rngs=d2l.rngs)": "rngs=d2l.rngs), nnx.tanh"},
    }),
    ("new_G", "its layers go from 2 to 1, where they go from 2 to 2", {
        "torch": {"(latent_dim, 2)": "(latent_dim, 1)"},
        "tensorflow": {"Dense(2)": "Dense(1)"},
        "mxnet": {"Dense(2": "Dense(1"},
        "jax": {"latent_dim, 2": "latent_dim, 1"},
        "numpy": {"latent_dim, 2": "latent_dim, 1"},
    }),
    ("train_epochs", "the generator's step has other noise", {key: {"update_G(Z": "update_G(-Z"} for key in BY_HAND}),
    ("train_epochs", "noise is used again", {
        "torch": {"torch.randn(batch_size, latent_dim, device=X.device)": "torch.ones(batch_size, latent_dim)"},
        "mxnet": {"mx.np.random.normal(0, 1, (batch_size, latent_dim), ctx=X.ctx)": "mx.np.ones((batch_size, latent_dim))"},
        "numpy": {"np.random.normal(0, 1, (batch_size, latent_dim))": "np.ones((batch_size, latent_dim))"},
    }),
    ("train_epochs", "the noise lies between 0 and 1", {
        "torch": {"torch.randn(": "torch.rand("},
        "mxnet": {"normal(0, 1, (b": "uniform(0, 1, (b"},
        "numpy": {"np.random.normal(0, 1, (batch_size, latent_dim))": "np.random.rand(batch_size, latent_dim)"},
    }),
    ("train_epochs", "the noise has mean 3", {
        "torch": {"device=X.device)": "device=X.device) + 3"},
        "mxnet": {"normal(0, 1, (b": "normal(3, 1, (b"},
        "numpy": {"normal(0, 1, (b": "normal(3, 1, (b"},
    }),
    ("train_epochs", "one row for each real point", {
        "torch": {"randn(batch_size,": "randn(8,"},
        "mxnet": {"(batch_size, latent_dim)": "(8, latent_dim)"},
        "numpy": {"(batch_size, latent_dim)": "(8, latent_dim)"},
    }),
    ("train_epochs", "the generator steps before the discriminator", {
        key: {
            "loss_D = update_D(X, Z, net_D, net_G, loss, trainer_D)": "loss_G = update_G(Z, net_D, net_G, loss, trainer_G)",
            "loss_G = update_G(Z, net_D, net_G, loss, trainer_G)": "loss_D = update_D(X, Z, net_D, net_G, loss, trainer_D)",
        }
        for key in BY_HAND
    }),
    ("train_epochs", "the discriminator takes 2 steps in a minibatch", {
        key: {"loss_D = update_D(X, Z, net_D, net_G, loss, trainer_D)": "loss_D = update_D(X, Z, net_D, net_G, loss, trainer_D); update_D(X, Z, net_D, net_G, loss, trainer_D)"}
        for key in BY_HAND
    }),
    ("train_epochs", "the generator takes no step", {
        key: {"loss_G = update_G(Z, net_D, net_G, loss, trainer_G)": "loss_G = loss_D"} for key in BY_HAND
    }),
    ("train_epochs", "net_D and net_G are exchanged", {
        key: {"update_G(Z, net_D, net_G": "update_G(Z, net_G, net_D"} for key in BY_HAND
    }),
    ("train_epochs", "the discriminator steps at the rate of the other", {
        "torch": {"lr=lr_D": "lr=lr_G"},
        "tensorflow": {"float(lr_D)": "float(lr_G)"},
        "mxnet": {'"learning_rate": lr_D': '"learning_rate": lr_G'},
        "jax": {"adam(lr_D": "adam(lr_G"},
        "numpy": {"Adam(net_D, lr_D": "Adam(net_D, lr_G"},
    }),
    ("train_epochs", "the generator steps at a rate of 0.0005", {
        "torch": {"lr=lr_G": "lr=lr_G / 10"},
        "numpy": {"Adam(net_G, lr_G": "Adam(net_G, lr_G / 10"},
    }),
    ("train_epochs", "this is the mean over minibatches", {
        "torch": {"batch_size * float(loss_D), batch_size * float(loss_G), batch_size)": "float(loss_D), float(loss_G), 1)"},
        "tensorflow": {"batch_size * float(loss_D), batch_size * float(loss_G), batch_size)": "float(loss_D), float(loss_G), 1)"},
        "mxnet": {"batch_size * float(loss_D), batch_size * float(loss_G), batch_size)": "float(loss_D), float(loss_G), 1)"},
        "jax": {"batch_size * float(loss_D), batch_size * float(loss_G), batch_size)": "float(loss_D), float(loss_G), 1)"},
        "numpy": {"batch_size * loss_D, batch_size * loss_G, batch_size)": "loss_D, loss_G, 1)"},
    }),
    ("train_epochs", "a loss is added up without the number of its examples", {
        "torch": {"batch_size * float(loss_D), batch_size * float(loss_G)": "float(loss_D), float(loss_G)"},
        "tensorflow": {"batch_size * float(loss_D), batch_size * float(loss_G)": "float(loss_D), float(loss_G)"},
        "jax": {"batch_size * float(loss_D), batch_size * float(loss_G)": "float(loss_D), float(loss_G)"},
    }),
    ("train_epochs", "loss_D and loss_G are exchanged", {
        "tensorflow": {"batch_size * float(loss_D), batch_size * float(loss_G)": "batch_size * float(loss_G), batch_size * float(loss_D)"},
        "jax": {"batch_size * float(loss_D), batch_size * float(loss_G)": "batch_size * float(loss_G), batch_size * float(loss_D)"},
        "numpy": {"batch_size * loss_D, batch_size * loss_G": "batch_size * loss_G, batch_size * loss_D"},
    }),
    ("train_epochs", "not show every real point once", {"numpy": {"update_D(X, Z": "update_D(abs(X[:1]) + 0 * X, Z"}}),
    ("update_both", "other noise", {"tensorflow": {"update_G(Z": "update_G(tf.random.normal(Z.shape)"}}),
    ("update_both", "noise is used again", {"tensorflow": {"tf.random.normal((X.shape[0], latent_dim))": "tf.ones((X.shape[0], latent_dim))"}}),
    ("update_both", "the generator steps before", {"tensorflow": {
        "loss_D = update_D(X, Z, net_D, net_G, loss, trainer_D)": "loss_G = update_G(Z, net_D, net_G, loss, trainer_G)",
        "loss_D, update_G(Z, net_D, net_G, loss, trainer_G)": "update_D(X, Z, net_D, net_G, loss, trainer_D), loss_G"}}),
    ("update_both", "at the rate of the other, or with its optimiser", {"tensorflow": {"loss, trainer_D)": "loss, trainer_G)"}}),
    ("update_both", "are exchanged", {"tensorflow": {"return loss_D, update_G(Z, net_D, net_G, loss, trainer_G)": "return update_G(Z, net_D, net_G, loss, trainer_G), loss_D"}}),
    ("step", "other noise", {"jax": {"update_G(Z": "update_G(-Z"}}),
    ("step", "net_D and net_G are exchanged", {"jax": {"(net_D, net_G, trainer_D, trainer_G), (X, Z)": "(net_G, net_D, trainer_D, trainer_G), (X, Z)"}}),
    ("step", "the generator takes no step", {"jax": {"update_G(Z, net_D, net_G, loss, trainer_G)": "loss_D"}}),
    ("step", "at the rate of the other, or with its optimiser", {"jax": {"loss, trainer_D)": "loss, trainer_G)"}}),
    ("sigmoid", "at o = -1000 it is 0.00669, where it is 0", {"": {"(1 + np.tanh(o / 2)) / 2": "1 / (1 + np.exp(-np.clip(o, -5, 5)))"}}),
    ("fit_errors", "true_mean or true_cov is changed in place", {"": {"    mean_error": "    global true_mean\n    true_mean -= 1\n    mean_error"}}),
    ("fit_errors", "what it is given is changed in place", {"": {"    mean_error": "    mean += 1\n    mean_error"}}),
    ("MLP", "with another activation the gradients are wrong", {"numpy": {"self.activation.slope(x)": "(1 - x**2)"}}),
    ("MLP", "the weights are changed", {"numpy": {"            x, W =": "            self.parameters[0] *= 1.5 if i == 0 else 1\n            x, W ="}}),
    ("MLP", "`steps` are changed in place", {"numpy": {"        return gradients, slope": "        steps[1] *= 2\n        return gradients, slope"}}),
    ("init_net", "the parameters are left frozen", {"torch": {"    for layer": "    net.requires_grad_(False)\n    for layer"}}),
    ("init_net", "it starts net_D, but not net_G", {"torch": {"net.modules()": "net.children()"}}),
    ("init_net", "`spread` is not used", {"numpy": {"(0, spread, W.shape)": "(0, 0.02 if len(W) == 80 else spread, W.shape)"}}),
    ("init_net", "each call draws the same numbers", {
        "torch": {"    for layer": "    torch.manual_seed(0)\n    for layer"},
        "numpy": {"    for W": "    np.random.seed(0)\n    for W"},
    }),
    ("init_net", "each layer starts with the same numbers", {
        "jax": {"d2l.normal(0.0, spread, layer.kernel.shape)": "spread * jax.random.normal(jax.random.key(0), (4800,)).reshape(layer.kernel.shape)"},
        "numpy": {"np.random.normal(0, spread, W.shape)": "np.random.default_rng(1).normal(0, spread, W.shape)"},
    }),
    ("init_net", "the same numbers come again and again", {"numpy": {"W.shape)": "W.shape[1])"}}),
    ("new_G", "look at its `weight`", {"torch": {"nn.Linear(latent_dim, 2)": "nn.Sequential(nn.Linear(latent_dim, 2))"}}),
    ("new_G", "look at its `layers`", {"jax": {"nnx.Sequential(nnx.Linear(latent_dim, 2, rngs=d2l.rngs))": "nnx.Linear(latent_dim, 2, rngs=d2l.rngs)"}}),
    ("train_epochs", "the networks change beside update_D and update_G", {
        "torch": {"net_D, net_G, loss, trainer_D)\n": "net_D, net_G, loss, trainer_D)\n            trainer_D.step()\n"},
    }),
    ("train_epochs", "the networks change beside update_D and update_G", {
        "numpy": {"            Z =": "            init_net(net_D)\n            Z ="},
        "tensorflow": {"            batch_size =": "            init_net(net_D)\n            batch_size ="},
    }),
    ("train_epochs", "the loss handed on is not the cross-entropy on logits", {
        "torch": {"nn.BCEWithLogitsLoss()": "nn.MSELoss()"},
        "tensorflow": {"from_logits=True": "from_logits=False"},
        "mxnet": {"SigmoidBCELoss()": "L2Loss()"},
    }),
    ("train_epochs", "one row for each real point", {
        "torch": {"torch.randn(batch_size, latent_dim, device=X.device)": "torch.randn_like(X)"},
        "numpy": {"(batch_size, latent_dim))": "X.shape)"},
    }),
    ("train_epochs", "it yields nothing", {"numpy": {"yield": "return"}, "torch": {"yield": "return"}}),
    ("train_epochs", "`metric` is empty", {"torch": {"            metric.add(batch_size * float(loss_D), batch_size * float(loss_G), batch_size)\n": ""}}),
    ("train_epochs", "the players that the step returns are not handed on", {"jax": {"players, (loss_D, loss_G) = compiled_step": "_, (loss_D, loss_G) = compiled_step"}}),
    ("step", "other noise than the one that is given", {"jax": {"    loss_D =": "    Z = d2l.normal(0.0, 1.0, Z.shape)\n    loss_D ="}}),
    ("step", "the four players, and both losses", {"jax": {"return players, (loss_D": "return (loss_D"}}),
    ("step", "the four players, and both losses", {"jax": {"return players, (loss_D": "return (net_D, net_G, trainer_G, trainer_D), (loss_D"}}),
    ("update_both", "the noise comes from NumPy", {"tensorflow": {"tf.random.normal((X.shape[0], latent_dim))": "tf.constant(np.random.normal(size=(X.shape[0], latent_dim)), tf.float32)"}}),
    ("update_both", "it returns both losses", {"tensorflow": {"return loss_D, update_G(Z, net_D, net_G, loss, trainer_G)": "return update_G(Z, net_D, net_G, loss, trainer_G)"}}),
]  # fmt: skip
