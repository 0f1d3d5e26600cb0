"""A framework's own code with something else in one place: the words in which mistakes are told.

The two steps are built from named parts, so that a mistake is another part, in whatever framework.
In the code that each framework writes in its own way, a mistake is another piece of the syntax. So
neither depends on how a lesson is laid out, nor on its comments.
"""

import ast
import re
from inspect import cleandoc
from itertools import accumulate, pairwise

# The parts of the steps: what most frameworks share, what is in one of the two steps, and what a
# framework has of its own. In a part, {noise} stands for the part of that name, {sigmoid of real_Y}
# for the part `sigmoid` with real_Y, or the part of that name, in the place of its {it}.
SHARED = {
    "whole": """
        def update_{player}({given}, net_D, net_G, loss, trainer_{player}):
            {start}
            {body}
            {end}
    """,
    "start": "",  # where a mistake may put something
    "noise": "Z",
    "generated": "net_G({noise})",
    "answer": "net_D({it})",
    "fake_Y": "{answer of fake_X}",
    "loss_real": "loss(real_Y, {real_label}(real_Y))",
    "loss_fake": "loss(fake_Y, {fake_label}(fake_Y))",
    "one": "{np}.ones_like",
    "zero": "{np}.zeros_like",
    "gradients": "gradients",
    "end": "return {returned}",
    "returned": "loss_{player}",
    # in mistakes alone
    "rounded": "{np}.round({it})",
    "sigmoid": "{nn}.sigmoid({it})",
    "softmax": "{nn}.softmax({it})",
}
STEPS = {
    "D": {
        "player": "D",
        "other": "G",
        "given": "X, Z",
        "generate": "fake_X = {generated}",
        "real_X": "X",
        "fake_X": "fake_X",
        "judge": "real_Y, fake_Y = {real_Y}, {fake_Y}",
        "real_Y": "{answer of real_X}",
        "real_label": "{one}",
        "fake_label": "{zero}",
        "losses": "loss_real = {loss_real}\nloss_fake = {loss_fake}",
        "of_real": "loss_real",
        "of_fake": "loss_fake",
        "sum": "{of_real} + {of_fake}",
        "half": "/ 2",
        "loss": "({sum}) {half}",
    },
    "G": {
        "player": "G",
        "other": "D",
        "given": "Z",
        "generate": "",
        "fake_X": "{generated}",
        "judge": "fake_Y = {fake_Y}",
        "fake_label": "{one}",
        "losses": "",
        "loss": "{loss_fake}",
    },
}
OWN = {
    "torch": {
        "body": """
            {generate}
            {judge}
            {losses}
            loss_{player} = {loss}
            {clear}
            {backward}
            {step}
        """,
        "np": "torch",
        "nn": "torch",
        "clear": "trainer_{player}.zero_grad()",
        "backward": "loss_{player}.backward()",
        "step": "trainer_{player}.step()",
        "returned": "loss_{player}.detach()",
        # in mistakes alone
        "softmax": "torch.softmax({it}, 1)",
        "squared": "torch.nn.MSELoss()",
        "of_probabilities": "torch.nn.BCELoss()",
        "freeze": "net_{other}.requires_grad_(False)",
        "new_noise": "torch.randn_like(Z)",
        "fixed_noise": "torch.linspace(-1, 1, Z.numel(), dtype=Z.dtype).reshape(Z.shape)",
    },
    "torch D": {"generated": "net_G({noise}).detach()"},
    "tensorflow": {
        "body": """
            {generate}
            with tf.GradientTape() as tape:
                {judge}
                {losses}
                loss_{player} = {loss}
            gradients = tape.gradient(loss_{player}, net_{player}.trainable_variables)
            {step}
        """,
        "np": "tf",
        "nn": "tf",
        "loss_real": "loss({real_label}(real_Y), real_Y)",
        "loss_fake": "loss({fake_label}(fake_Y), fake_Y)",
        "step": "trainer_{player}.apply({gradients}, net_{player}.trainable_variables)",
        # in mistakes alone
        "softmax": "tf.nn.softmax({it})",
        "squared": "tf.keras.losses.MeanSquaredError()",
        "of_probabilities": "tf.keras.losses.BinaryCrossentropy()",
        "freeze": "net_{other}.trainable = False",
        "new_noise": "tf.random.normal(Z.shape, dtype=Z.dtype)",
        "fixed_noise": "tf.random.stateless_normal(Z.shape, (0, 1), dtype=Z.dtype)",
    },
    "mxnet": {
        "body": """
            with autograd.record():
                {generate}
                {judge}
                {losses}
                loss_{player} = {loss}
            {backward}
            {step}
        """,
        "np": "mx.np",
        "nn": "mx.npx",
        "backward": "loss_{player}.backward()",
        "step": "trainer_{player}.step({batch})",
        "returned": "loss_{player}.mean()",
        # in mistakes alone
        "squared": "mx.gluon.loss.L2Loss()",
        "of_probabilities": "mx.gluon.loss.SigmoidBCELoss(from_sigmoid=True)",
        "freeze": "net_{other}.collect_params().setattr('grad_req', 'null')",
        "new_noise": "mx.np.random.normal(0, 1, Z.shape, dtype='float64')",
        "fixed_noise": "mx.np.linspace(-1, 1, Z.size, dtype='float64').reshape(Z.shape)",
    },
    "mxnet D": {"generated": "net_G({noise}).detach()", "batch": "X.shape[0]"},
    "mxnet G": {"batch": "Z.shape[0]"},
    "jax": {
        "body": """
            {generate}
            def loss_of(net_{player}):
                {judge}
                {losses}
                return {loss}
            loss_{player}, gradients = nnx.value_and_grad(loss_of)(net_{player})
            {step}
        """,
        "np": "jnp",
        "nn": "nnx",
        "step": "trainer_{player}.update(net_{player}, {gradients})",
        # in mistakes alone
        "squared": "lambda o, y: ((o - y) ** 2).mean()",
        "of_probabilities": "lambda p, y: -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)).mean()",
        "new_noise": "normal(0.0, 1.0, Z.shape)",
        "fixed_noise": "jax.random.normal(jax.random.key(0), Z.shape)",
    },
    "numpy": {
        "one": "1",
        "zero": "0",
        "answer": "{it}[-1]",
        "loss_real": "loss(real_Y, {real_label})",
        "loss_fake": "loss(fake_Y, {fake_label})",
        "slope_real": "loss.slope(real_Y, {real_label})",
        "slope_fake": "loss.slope(fake_Y, {fake_label})",
        "step": "trainer_{player}.step({gradients})",
        # in mistakes alone
        "np": "np",
        "sigmoid": "1 / (1 + np.exp(-{it}))",
        "softmax": "np.exp({it}) / np.exp({it}).sum(1, keepdims=True)",
        "squared": "lambda o, y: np.mean((o - y) ** 2)\n"
        "loss.slope = lambda o, y: 2 * (o - y) / len(o)",
        "new_noise": "np.random.normal(size=Z.shape)",
        "fixed_noise": "np.random.default_rng(0).normal(size=Z.shape)",
    },
    "numpy D": {
        "body": """
            {generate}
            real, fake = net_D.forward({real_X}), net_D.forward({fake_X})
            {judge}
            loss_D = {loss}
            from_real, _ = net_D.backward(real, {slope_real} {half})
            from_fake, _ = net_D.backward(fake, {slope_fake} {half})
            {step}
        """,
        "real_Y": "{answer of real}",
        "fake_Y": "{answer of fake}",
        "loss": "({loss_real} + {loss_fake}) {half}",
        "of_real": "r",
        "of_fake": "f",
        "gradients": "[{sum} for r, f in zip(from_real, from_fake, strict=True)]",
    },
    "numpy G": {
        "body": """
            fake = net_G.forward({noise})
            judged = net_D.forward({generated})
            {judge}
            loss_G = {loss}
            _, slope = net_D.backward(judged, {slope_fake})
            gradients, _ = net_G.backward(fake, slope)
            {step}
        """,
        "generated": "fake[-1]",
        "fake_Y": "{answer of judged}",
    },
}

# Pieces of the other code in which students make mistakes, that have a name because several
# mistakes are about them: of what all lessons share, and of each framework's own.
PIECES = {
    "": {
        "sigmoid": "(1 + np.tanh(o / 2)) / 2",
        "saturating": "np.log(1 - sigmoid(o))",
        "non_saturating": "-np.log(sigmoid(o))",
        "mean": "np.linalg.norm(mean - true_mean, axis=-1)",
        "cov": "np.linalg.norm(cov - true_cov, axis=(-2, -1))",
        "true_cov": "np.linalg.norm(true_cov)",
        "distance": "d2l.frechet_distance(mean, cov, true_mean, true_cov)",
        "update_D": "update_D(X, Z, net_D, net_G, loss, trainer_D)",
        "update_G": "update_G(Z, net_D, net_G, loss, trainer_G)",
        "number": "float({it})",
        "sum_D": "batch_size * {number of loss_D}",
        "sum_G": "batch_size * {number of loss_G}",
        "add": "metric.add({sum_D}, {sum_G}, batch_size)",
        "means": "metric[0] / metric[2], metric[1] / metric[2]",
        "pad": "np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))",
        "cut": "cut[:, ::2, ::2]",
        "windows": "{cut}.transpose(0, 1, 2, 4, 5, 3)",
        "place": "x[:, i : i + 2 * h : 2, j : j + 2 * w : 2]",
        "part": "parts[:, :, :, i, j]",
        "inside": "x[:, 1:-1, 1:-1]",
        "blocks": "images.reshape(-1, 4, 4, 4, 4, 3)",
        "block_means": "{blocks}.mean(axis=(2, 4))",
        "features": "{block_means}.reshape(-1, 48)",
        "frechet": "d2l.frechet_distance(x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T))",
        "pairs": "len(k) * (len(k) - 1)",
        "own": "(k.sum() - np.trace(k)) / ({pairs})",
        "between": "2 * xy.mean()",
        "kernel": "one @ other.T / 48 + 1",
    },
    "torch": {
        "draw": "nn.init.normal_(layer.weight, 0, spread)",
        "weights": "{draw}",
        "biases": "nn.init.zeros_(layer.bias)",
        "first": "nn.Linear(2, 5)", "second": "nn.Linear(5, 3)", "last": "nn.Linear(3, 1)",
        "layers": "{first}, activation(), {second}, activation(), {last}",
        "net": "nn.Sequential(*layers).to(data.device)",
        "tanh": "nn.Tanh", "relu": "nn.ReLU",
        "noise": "torch.randn(batch_size, latent_dim, device=X.device)",
        "leaky": "nn.LeakyReLU(0.2)", "end": "nn.Tanh()",
        "into": "nn.Linear(latent_dim, 64 * 4 * 4)", "grid": "nn.Unflatten(1, (64, 4, 4))",
        "up": "nn.ConvTranspose2d(64, 32, kernel_size=4, stride=2, padding=1)",
        "image": "nn.ConvTranspose2d(32, 3, kernel_size=4, stride=2, padding=1)",
        "G": "nn.Sequential({into}, {leaky}, {grid}, {up}, {leaky}, {image}, {end})",
        "down": "nn.Conv2d(3, 32, kernel_size=4, stride=2, padding=1)",
        "deep": "nn.Conv2d(32, 64, kernel_size=4, stride=2, padding=1)",
        "row": "nn.Flatten()", "logit": "nn.Linear(64 * 4 * 4, 1)",
        "D": "nn.Sequential({down}, {leaky}, {deep}, {leaky}, {row}, {logit})",
        "identity": "nn.Identity()", "squash": "nn.Sigmoid()",
        "to": ".to(data.device)",
    },
    "tensorflow": {
        "draw": "tf.random.normal(layer.kernel.shape, 0, spread)",
        "weights": "layer.kernel.assign({draw})",
        "biases": "layer.bias.assign(tf.zeros(layer.bias.shape))",
        "hidden": "tf.keras.layers.Dense(n, activation)", "last": "tf.keras.layers.Dense(1)",
        "net": "net",
        "tanh": "'tanh'", "relu": "'relu'",
        "noise": "tf.random.normal((X.shape[0], latent_dim))",
        "leaky": "layers.LeakyReLU(0.2)", "end": "'tanh'",
        "up": "layers.Conv2DTranspose(32, kernel_size=4, strides=2, padding='same')",
        "image": "layers.Conv2DTranspose(3, 4, 2, 'same', activation={end})",
        "down": "layers.Conv2D(32, kernel_size=4, strides=2, padding='same')",
        "deep": "layers.Conv2D(64, kernel_size=4, strides=2, padding='same')",
        "row": "layers.Flatten()", "logit": "layers.Dense(1)",
        "G": "net", "D": "net", "to": "",
        "identity": "layers.Activation('linear')", "squash": "layers.Activation('sigmoid')",
    },
    "mxnet": {
        "draw": "mx.init.Normal(spread)",
        "first": "nn.Dense(5, in_units=2)", "second": "nn.Dense(3, in_units=5)",
        "last": "nn.Dense(1, in_units=3)",
        "net": "net", "G": "net", "D": "net", "to": "",
        "leaky": "leaky_relu()", "end": "nn.Activation('tanh')",
        "up": "nn.Conv2DTranspose(32, kernel_size=4, strides=2, padding=1, in_channels=64)",
        "image": "nn.Conv2DTranspose(3, kernel_size=4, strides=2, padding=1, in_channels=32)",
        "down": "nn.Conv2D(32, kernel_size=4, strides=2, padding=1, in_channels=3)",
        "deep": "nn.Conv2D(64, kernel_size=4, strides=2, padding=1, in_channels=32)",
        "row": "nn.Flatten()", "logit": "nn.Dense(1, in_units=64 * 4 * 4)",
        "identity": "nn.HybridLambda(lambda F, x: x)", "squash": "nn.Activation('sigmoid')",
        "tanh": "nn.Activation('tanh')", "relu": "nn.Activation('relu')",
        "noise": "mx.np.random.normal(0, 1, (batch_size, latent_dim), ctx=X.ctx)",
    },
    "jax": {
        "draw": "d2l.normal(0.0, spread, layer.kernel.shape)",
        "weights": "layer.kernel[...] = {draw}",
        "biases": "layer.bias[...] = jnp.zeros(layer.bias.shape)",
        "first": "linear(2, 5)", "second": "linear(5, 3)", "last": "linear(3, 1)",
        "net": "nnx.Sequential({first}, activation, {second}, activation, {last})",
        "tanh": "nnx.tanh", "relu": "nnx.relu",
        "generator": "nnx.Linear(latent_dim, 2, rngs=d2l.rngs)",
        "leaky": "leaky_relu", "end": "nnx.tanh",
        "into": "nnx.Linear(latent_dim, 4 * 4 * 64, rngs=d2l.rngs)",
        "grid": "lambda x: x.reshape(-1, 4, 4, 64)",
        "up": "transposed(64, 32, rngs=d2l.rngs)", "image": "transposed(32, 3, rngs=d2l.rngs)",
        "G": "nnx.Sequential({into}, {leaky}, {grid}, {up}, {leaky}, {image}, {end})",
        "down": "convolution(3, 32, rngs=d2l.rngs)", "deep": "convolution(32, 64, rngs=d2l.rngs)",
        "row": "lambda x: x.reshape(-1, 4 * 4 * 64)",
        "logit": "nnx.Linear(4 * 4 * 64, 1, rngs=d2l.rngs)",
        "D": "nnx.Sequential({down}, {leaky}, {deep}, {leaky}, {row}, {logit})", "to": "",
        "identity": "lambda x: x", "squash": "nnx.sigmoid",
    },
    "numpy": {
        "for_W": "x.swapaxes(-1, -2) @ slope", "for_b": "slope.sum(-2, keepdims=True)",
        "draw": "np.random.normal(0, spread, W.shape)",
        "biases": "b[...] = 0",
        "net": "MLP(2, 5, 3, 1, activation=activation)",
        "tanh": "tanh", "relu": "Activation(lambda u: np.maximum(u, 0), None)",
        "noise": "np.random.normal(0, 1, (batch_size, latent_dim))",
        "number": "{it}",
        "leaky": "leaky_relu(0.2)", "end": "tanh",
        "into": "Linear(latent_dim, 4 * 4 * 64)", "grid": "reshape(4, 4, 64)",
        "up": "Transposed(64, 32)", "image": "Transposed(32, 3)",
        "G": "Network({into}, {leaky}, {grid}, {up}, {leaky}, {image}, {end})",
        "down": "Convolution(3, 32)", "deep": "Convolution(32, 64)",
        "row": "reshape(4 * 4 * 64)", "logit": "Linear(4 * 4 * 64, 1)",
        "D": "Network({down}, {leaky}, {deep}, {leaky}, {row}, {logit})", "to": "",
        "identity": "Layer(lambda x: x, None)",
        "squash": "Layer(lambda x: 1 / (1 + np.exp(-x)), None)",
    },
}  # fmt: skip


def parts_of(key, player):
    """The parts of a framework's right step, with the words that only mistakes have."""
    parts = SHARED | STEPS[player] | OWN[key] | OWN.get(f"{key} {player}", {})
    return {name: cleandoc(text) for name, text in parts.items()}


def fill(text, parts, it="{it}", made=None):
    """The text with each {part} filled in; `made`, if given, gets what each of them became."""

    def part(found):
        name, of = found.groups()
        if name == "it":
            return it
        inner = fill(parts.get(of, of), parts, it, made) if of else it
        filled = fill(parts[name], parts, inner, made)
        if made is not None:
            made[name] = filled
        line = text[: found.start()].rpartition("\n")[2]
        indent = " " * (len(line) - len(line.lstrip()))
        return filled.replace("\n", f"\n{indent}")

    return re.sub(r"\{(\w+)(?: of (\w+))?\}", part, text)


def step(key, player, change=None):
    """A framework's step with other parts in it, if any; in these, a {part} is the right one."""
    right, change = parts_of(key, player), change or {}
    if unknown := change.keys() - right:
        raise ValueError(f"update_{player} of {key} has no part {', '.join(unknown)}")
    parts = right | {name: fill(text, right) for name, text in change.items()}
    return ast.unparse(ast.parse(fill("{whole}", parts)))


def bare(text):
    """Code without docstrings, comments and layout; what is no code, such as "/ 2", as it is."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            del node.body[0]
    return ast.unparse(tree)


def lost_parts(key, player, text):
    """What another text of a right step lacks: parts, line by line, and inner ones first."""
    made, text = {}, bare(text)
    fill("{whole}", parts_of(key, player), made=made)
    lines = [(name, line.strip()) for name, part in made.items() for line in part.splitlines()]
    return [f"{name}: {line}" for name, line in lines if not (line in text or bare(line) in text)]


def in_code(key, change):
    """What to replace by what in the code of a framework, with the names of pieces filled in."""
    pieces = PIECES[""] | PIECES[key]
    return {fill(right, pieces): fill(wrong, pieces) for right, wrong in change.items()}


def find(text, name):
    """The syntax of a function or class in a lesson, or in a module."""
    (found,) = (node for node in ast.parse(text).body if getattr(node, "name", None) == name)
    return found


def changed(text, change, within=None):
    """The text with pieces of its code replaced, all at once, so that two can be exchanged.

    A piece is an expression or a statement, wherever it stands and however it is laid out; or "",
    for what to put first in a function. within: the name of the function to look into.
    """
    code = text.encode()  # a column is a number of bytes
    lines = [0, *accumulate(map(len, code.splitlines(True)))]
    tree, places = find(text, within) if within else ast.parse(text), []
    for right, wrong in change.items():
        nodes = [*having(tree, right)]
        if not nodes:
            raise ValueError(f"no {right!r} in {within or text}")
        for node in nodes:
            start = lines[node.lineno - 1] + node.col_offset
            end = lines[node.end_lineno - 1] + node.end_col_offset if right else start
            below = "\n" + " " * node.col_offset
            places.append((start, end, (wrong if right else f"{wrong}\n").replace("\n", below)))
    places.sort()
    if any(end > start for (_, end, _), (start, _, _) in pairwise(places)):
        raise ValueError(f"one of {[*change]} is in another")
    for start, end, new in reversed(places):
        code = code[:start] + new.encode() + code[end:]
    return code.decode()


def having(tree, piece):
    """Each place in a tree that has a piece of code; for "", the first statement of a function."""
    if not piece:
        (function,) = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
        yield function.body[ast.get_docstring(function) is not None]
        return
    (wanted,) = ast.parse(piece).body
    wanted = wanted.value if isinstance(wanted, ast.Expr) else wanted
    for node in ast.walk(tree):
        if type(node) is type(wanted) and ast.unparse(node) == ast.unparse(wanted):
            yield node
