"""The mistakes that students make: how to make each, and what the check must say of it.

One list serves the tests of the check and the tests of the tests. A mistake is what to put in the
place of what, in the words of ``parts.py``. Where a framework is missing, it cannot be made there.
"""

from dataclasses import dataclass

import pytest

from tests.support import parts

EACH = "torch tensorflow mxnet jax numpy"
AUTOMATIC = "torch tensorflow mxnet jax"  # who finds gradients by itself
BY_HAND = "torch mxnet numpy"  # whose train_epochs takes both steps itself


@dataclass(frozen=True)
class Variant:
    """A step with other parts in it, by framework.

    says: what the check says of it, sentence by sentence, or a part of each; of a right step, nothing.
    hidden: whether the tests of the steps, which have SGD, cannot see it.
    """

    name: str
    player: str
    says: tuple[str, ...]
    code: dict[str, dict[str, str]]
    hidden: bool

    def step(self, key):
        """The text of a framework's step."""
        return parts.step(key, self.player, self.code[key])


def by_key(code):
    """By framework what is there by one or several."""
    return {key: change for keys, change in code.items() for key in keys.split() or [""]}


def variants(table, hidden=False):
    """The rows of a table: a name, one step or both, what is said, and by frameworks other parts."""
    return [
        Variant(name, player, (says,) if isinstance(says, str) else says, by_key(code), hidden)
        for name, players, says, code in table
        for player in players.split()
    ]


def others(function, keys, table):
    """The rows of a table of one function: what is said, and what in the place of which piece.

    keys: whose code the function is; None if a row says so.
    """
    return [
        (function, says, {key: parts.in_code(key, change) for key, change in by_key(code).items()})
        for says, code in table
        for code in [code if keys is None else {keys: code}]
    ]


def each(variants):
    """A parameter for each framework and each variant that it has."""
    return [
        pytest.param(key, variant, id=f"{variant.name}, {variant.player} ({key})")
        for variant in variants
        for key in variant.code
    ]


REAL_0 = "your real points carry the label 0 in the discriminator's step, where it is 1"
FAKE_1 = "your generated points carry the label 1 in the discriminator's step, where it is 0"
HALF_REAL = "only 2 of the 5 real points are used"
HALF_FAKE = "only 2 of the 5 generated points are used"
SQUARES = "the loss is the mean squared error, where it is the cross-entropy"
ROUNDED = "the loss is that of rounded answers, and a rounded number has no slope"
SIGMOID = "a sigmoid comes before the loss, which has its own"
NEW_NOISE = "a second call takes another step: does it draw noise of its own?"
COMPILED = "it works step by step, but cannot be compiled"
STILL = "does not move: "
HALF_OF_X, HALF_OF_Z = {"real_X": "X[: len(X) // 2]"}, {"noise": "Z[: len(Z) // 2]"}

# Name, in which of the steps, what is said, and by frameworks what in the place of which part.
MISTAKES = variants([
    ("real points labelled 0", "D", REAL_0, {EACH: {"real_label": "{zero}"}}),
    ("generated points labelled 1", "D", FAKE_1, {EACH: {"fake_label": "{one}"}}),
    ("labels swapped", "D", (REAL_0, FAKE_1), {EACH: {"real_label": "{zero}", "fake_label": "{one}"}}),
    ("labels smoothed", "D", "your real points carry the label 0.9", {EACH: {"real_label": "0.9 * {one}"}}),
    ("the / 2 forgotten", "D", "the step is 2 times as much as it should: is a / 2 missing?", {EACH: {"half": ""}}),
    ("the / 2 for one kind of points alone", "D",
     "your real points count 2 times as much as they should: is a / 2 missing?",
     {EACH: {"sum": "2 * {of_real} + {of_fake}"}}),
    ("the / 2 forgotten in the loss that is returned alone", "D", "the loss returned is",
     {EACH: {"returned": "2 * {returned}"}}),
    ("uphill", "D G", "the step goes uphill: a sign is turned", {
        "torch": {"backward": "(-loss_{player}).backward()"},
        "mxnet": {"loss": "-{loss}"},
        "tensorflow numpy": {"gradients": "[-g for g in {gradients}]"},
        "jax": {"gradients": "jax.tree.map(jnp.negative, gradients)"},
    }),
    ("a sum for a mean", "D", "the step is 5 times as much as it should: a sum for a mean?", {
        "torch tensorflow jax numpy": {"sum": "len(X) * ({sum})"},
        "mxnet": {"batch": "1"},
    }),
    ("the mean taken twice", "D", "the step is 0.2 times as much as it should: is the mean taken twice?",
     {"mxnet": {"loss": "({loss}).mean()"}}),
    ("divided by the number of coordinates", "D",
     "2.5 times as much as it should: is it divided by the number of coordinates",
     {"mxnet": {"batch": "X.shape[1]"}}),
    ("generated points not cut off", "D", "a gradient reaches the generator",
     {"torch mxnet": {"generated": "net_G(Z)"}}),
    ("only real points", "D", "the generated points take no part", {EACH: {"sum": "{of_real}"}}),
    ("only generated points", "D", "the real points take no part", {EACH: {"sum": "{of_fake}"}}),
    ("a slope of zero", "D", STILL + "the gradient that arrives is zero: is the path to its weights cut, or",
     {EACH: {"sum": "0 * ({sum})"}}),
    ("noise for generated points", "D G", "the noise Z stands where net_G(Z) should", {EACH: {"generated": "Z"}}),
    ("real points for generated ones", "D", "the real points X stand where net_G(Z) should", {EACH: {"fake_X": "X"}}),
    ("generated points in the place of the real ones", "D",
     "the generated points stand where the real points X should", {"torch numpy": {"real_X": "fake_X"}}),
    ("real points in the place of the noise", "D", "the real points X stand where the noise Z should",
     {EACH: {"noise": "X"}}),
    ("noise of its own", "D", NEW_NOISE, {EACH: {"noise": "{new_noise}"}}),
    ("noise of its own", "G", NEW_NOISE, {"torch numpy": {"noise": "{new_noise}"}}),
    ("noise drawn inside of what is differentiated", "G",
     "where there is no new key for it: use the noise Z that is given", {"jax": {"noise": "{new_noise}"}}),
    ("noise that is not Z, the same in each call", "D G",
     "the step is the same with other noise: is Z not used?", {EACH: {"noise": "{fixed_noise}"}}),
    ("half of the real points", "D", HALF_REAL, {"torch tensorflow jax numpy": HALF_OF_X}),
    ("half of the noise", "D", HALF_FAKE, {"torch tensorflow jax numpy": HALF_OF_Z}),
    ("half of a batch", "D", (HALF_REAL, HALF_FAKE), {EACH: HALF_OF_X | HALF_OF_Z}),
    ("half of a batch", "G", HALF_FAKE, {EACH: HALF_OF_Z}),
    ("the points changed in place", "D", "the points or the noise are changed in place",
     {"torch numpy": {"end": "X[:] = 0\n{end}"}}),
    ("a sigmoid before the loss", "D", SIGMOID, {AUTOMATIC: {"answer": "{sigmoid of answer}"}}),
    ("a sigmoid before the loss", "G", SIGMOID, {EACH: {"answer": "{sigmoid of answer}"}}),
    ("a sigmoid before the loss, and its slope forgotten", "D", SIGMOID, {"numpy": {"answer": "{sigmoid of answer}"}}),
    ("a sigmoid before the loss of one kind of points", "D", "a sigmoid comes before the loss of the real points alone",
     {EACH: {"real_Y": "{sigmoid of real_Y}"}}),
    ("a sigmoid before the loss of the other kind", "D",
     "a sigmoid comes before the loss of the generated points alone", {EACH: {"fake_Y": "{sigmoid of fake_Y}"}}),
    ("a softmax over one logit", "D G",
     STILL + "the loss is as if each logit were 1: is a softmax taken of single logits",
     {AUTOMATIC: {"answer": "{softmax of answer}"}}),
    ("a softmax over one logit, and its slope forgotten", "G",
     "the slope of the loss is the same for all generated points", {"numpy": {"answer": "{softmax of answer}"}}),
    ("rounded answers", "D G", STILL + ROUNDED, {AUTOMATIC: {"answer": "{rounded of answer}"}}),
    ("rounded answers, and a slope", "D", ROUNDED, {"numpy": {"answer": "{rounded of answer}"}}),
    ("no path to any weight", "D", "backward() finds no", {"torch mxnet": {"answer": "{answer}.detach()"}}),
    ("the path to the generator cut", "G", "the path", {
        "torch mxnet": {"generated": "{generated}.detach()"},
        "tensorflow": {"generated": "tf.constant({generated}.numpy())"},
        "jax": {"generated": "jax.lax.stop_gradient({generated})"},
    }),
    ("logits and labels exchanged", "D", "are logits and labels exchanged, or", {
        "torch mxnet jax": {"loss_real": "loss({real_label}(real_Y), real_Y)"},
        "tensorflow": {"loss_real": "loss(real_Y, {real_label}(real_Y))"},
    }),
    ("the saturating loss", "G", "this is the first loss, the saturating one", {
        "torch mxnet jax": {"loss": "-loss(fake_Y, {zero}(fake_Y))"},
        "tensorflow": {"loss": "-loss({zero}(fake_Y), fake_Y)"},
        "numpy": {"slope_fake": "-loss.slope(fake_Y, {zero})"},
    }),
    ("generated points labelled 0", "G",
     "your generated points carry the label 0 in the generator's step, where it is 1",
     {EACH: {"fake_label": "{zero}"}}),
    ("mean squares", "D G", SQUARES, {EACH: {"start": "loss = {squared}"}}),
    ("mean squares of probabilities", "D", SQUARES, {"torch": {
        "loss_real": "((real_Y.sigmoid() - 1) ** 2).mean()",
        "loss_fake": "(fake_Y.sigmoid() ** 2).mean()",
    }}),
    ("the loss of probabilities", "D G", "the loss takes logits for probabilities: is from_logits=True forgotten?",
     {"tensorflow": {"start": "loss = {of_probabilities}"}}),
    ("the loss of probabilities, of logits no number", "D",
     ("the loss takes logits for probabilities: it has no sigmoid of its own", "no number"),
     {"mxnet jax": {"start": "loss = {of_probabilities}"}}),
    ("the loss of probabilities, which refuses logits", "D", "the loss wants probabilities, and is given logits",
     {"torch": {"start": "loss = {of_probabilities}"}}),
    ("the loss changed where nothing is recorded", "D", "outside of autograd.record()",
     {"mxnet": {"backward": "(2 * loss_D).backward()"}}),
    ("gradients never cleared", "D G", "are added to its own, since they are never cleared", {"torch": {"clear": ""}}),
    ("gradients cleared before the step", "D", STILL + "the gradients are cleared before the optimiser's step",
     {"torch": {"clear": "", "step": "{clear}\n{step}"}}),
    ("gradients cleared after the step", "D", "are added to its own, since they are cleared only after it",
     {"torch": {"clear": "", "end": "{clear}\n{end}"}}),
    ("no gradient", "D", STILL + "no gradient arrives", {"torch mxnet": {"backward": ""}}),
    ("a second backward", "D", "second time", {"torch mxnet": {"backward": "{backward}\n{backward}"}}),
    ("the step before the gradient", "D", STILL + "the optimiser's step comes before the gradient is computed",
     {"torch mxnet": {"backward": "{step}", "step": "{backward}"}}),
    ("a step between the loss and its backward", "D",
     "was changed in place since the loss was computed: is there an optimiser's step",
     {"torch": {"losses": "{losses}\nloss_real.backward()\n{step}", "loss": "loss_fake"}}),
    ("no step", "D", STILL + "its optimiser takes no step", {EACH: {"step": ""}}),
    ("no step", "G", STILL + "its optimiser takes no step", {"torch numpy": {"step": ""}}),
    ("a step of its own", "D", "its optimiser takes no step, where it takes one", {
        "torch": {"step": "for p in net_D.parameters():\n    p.data = p.data - p.grad"},
        "tensorflow": {"step": "for v, g in zip(net_D.trainable_variables, gradients):\n    v.assign_sub(g)"},
        "numpy": {"step": "for p, r, f in zip(net_D.parameters, from_real, from_fake):\n    p -= r + f"},
    }),
    ("the discriminator moves, too", "G", "the discriminator moves in the generator's step", {
        "torch": {"step": "{step}\nfor p in net_D.parameters():\n    p.data -= p.grad"},
        "numpy": {"step": "{step}\nfor_D, _ = net_D.backward(judged, {slope_fake})\n"
                          "for p, g in zip(net_D.parameters, for_D):\n    p -= g"},
    }),
    ("the arguments of the update exchanged", "D",
     STILL + "the optimiser's update is applied to something else than the network",
     {"jax": {"step": "trainer_D.update(gradients, net_D)"}}),
    ("the arguments of the update exchanged", "G", "are its arguments exchanged, or is it a copy?",
     {"jax": {"step": "trainer_G.update(nnx.clone(net_G), gradients)"}}),
    ("the arguments of apply exchanged", "D", "the optimiser is given something else where it wants variables",
     {"tensorflow": {"step": "trainer_D.apply(net_D.trainable_variables, gradients)"}}),
    ("no loss returned", "D", "no loss is returned", {EACH: {"end": ""}}),
    ("a loss for each example returned", "D", "what is returned has the shape (5,)", {"mxnet": {"returned": "loss_D"}}),
])  # fmt: skip
MISTAKES += variants([
    ("two steps, one for each kind of points", "D", "its optimiser takes 2 steps, where it takes one",
     {"numpy": {"step": "trainer_D.step(from_real)\ntrainer_D.step(from_fake)"}}),
    ("the generator frozen and left so", "D", "the generator is left frozen",
     {"torch tensorflow mxnet": {"start": "{freeze}"}}),
    ("the discriminator frozen and left so", "G", "the discriminator is left frozen",
     {"torch tensorflow mxnet": {"start": "{freeze}"}}),
    ("a number returned where the loop compiles the step", "D", COMPILED, {"jax": {"returned": "float(loss_D)"}}),
    ("an array of NumPy returned where the loop compiles the step", "G", COMPILED,
     {"tensorflow": {"returned": "loss_G.numpy()"}, "jax": {"returned": "loss_G.item()"}}),
    ("the loss returned with its graph", "D", "the loss returned holds all", {"torch": {"returned": "loss_D"}}),
    ("a text returned", "D", "what is returned is no number",
     {"torch": {"returned": "str(loss_D.item())"}, "numpy": {"returned": "[loss_D]"}}),
], hidden=True)  # fmt: skip

# Right steps in other styles.
RIGHT = variants([
    ("as in the lesson", "D G", (), {EACH: {}}),
    ("cleared first", "D", (), {"torch": {"clear": "", "start": "{clear}"}}),
    ("cleared in the net", "D", (), {"torch": {"clear": "net_D.zero_grad()"}}),
    ("cleared at the end", "G", (), {"torch": {"clear": "", "end": "{clear}\n{end}"}}),
    ("by hand cleared at the end", "G", (),
     {"torch": {"clear": "", "end": "for p in net_G.parameters():\n    p.grad = None\n{end}"}}),
    ("set to 0", "D", (), {"torch": {"clear": "trainer_D.zero_grad(set_to_none=False)"}}),
    ("two gradients", "D", (), {"torch": {"backward": "(loss_real / 2).backward()\n(loss_fake / 2).backward()"}}),
    ("without a graph", "D", (), {"torch": {"generate": "with torch.no_grad():\n    fake_X = net_G(Z)"}}),
    ("inside the tape", "D", (), {"tensorflow": {"generate": "", "judge": "{generate}\n{judge}"}}),
    ("inside what is differentiated", "D", (), {"jax": {"generate": "", "judge": "{generate}\n{judge}"}}),
    ("outside the record", "D", (), {"mxnet": {"generate": "", "start": "fake_X = net_G(Z)"}}),
    ("stopped", "D", (), {
        "tensorflow": {"generated": "tf.stop_gradient({generated})"},
        "jax": {"generated": "jax.lax.stop_gradient({generated})"},
    }),
    ("a number returned", "D", (), {
        "torch": {"returned": "loss_D.item()"},
        "tensorflow": {"returned": "float(loss_D)"},
        "mxnet": {"returned": "{returned}.item()"},
    }),
    ("both kinds at once", "D", (), {
        "torch": {"judge": "real_Y, fake_Y = net_D(torch.cat([X, fake_X])).split(len(X))"},
        "numpy": {"gradients": "net_D.backward(net_D.forward(np.concatenate([X, fake_X])), loss.slope(np.concatenate("
                               "[real_Y, fake_Y]), np.repeat([[1], [0]], len(X), axis=0)))[0]"},
    }),
    ("by its formula", "D", (), {"torch": {"loss_real": "torch.log1p(torch.exp(-real_Y)).mean()"}}),
    ("by its formula", "G", (), {
        "torch": {"loss": "-torch.nn.functional.logsigmoid(fake_Y).mean()"},
        "tensorflow": {"loss": "tf.reduce_mean(tf.math.softplus(-fake_Y))"},
        "jax": {"loss": "jax.nn.softplus(-fake_Y).mean()"},
        "numpy": {"loss": "np.logaddexp(0, -fake_Y).mean()"},
    }),
    ("on probabilities", "D", (), {"torch": {"loss_real": "{of_probabilities}(real_Y.sigmoid(), {one}(real_Y))"}}),
    ("the other order", "D", (), {"torch": {"sum": "{of_fake} + {of_real}"}}),
    ("halves", "D", (), {"torch": {"loss": "0.5 * loss_real + 0.5 * loss_fake"}}),
    ("a sum of halves", "D", (), {"numpy": {"loss": "{loss_real} / 2 + {loss_fake} / 2"}}),
    ("halved at the end", "D", (), {"numpy": {"half": "", "loss": "{loss}", "sum": "({sum}) / 2"}}),
    ("pairs", "D", (), {"tensorflow": {
        "step": "trainer_D.apply_gradients(zip(gradients, net_D.trainable_variables))"}}),
    ("a mean, and a step of 1", "D", (), {"mxnet": {"loss": "({loss}).mean()", "batch": "1"}}),
    ("a step in two halves", "D", (), {"mxnet": {"step": "trainer_D.allreduce_grads()\ntrainer_D.update({batch})"}}),
    # Made in float32, as all is in the lessons.
    ("in float32", "D", (),
     {"torch": {"real_X": "X.float()", "noise": "Z.float()"}, "mxnet": {"real_X": "X.astype('float32')"}}),
    ("labels in float32", "D", (), {"tensorflow": {
        "loss_real": "tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.ones((len(X), 1)), real_Y))"}}),
])  # fmt: skip

# Mistakes in what else the student writes.
OTHERS = sum([
    others("sigmoid", "", [
        ("exp overflows at o = -1000", {"{sigmoid}": "1 / (1 + np.exp(-o))"}),
        ("exp overflows at o = 1000", {"{sigmoid}": "np.exp(o) / (1 + np.exp(o))"}),
        ("the sign of o is turned", {"o / 2": "-o / 2"}),
        ("tanh(o / 2) is meant, not tanh(o)", {"o / 2": "o"}),
        ("not yet moved to between 0 and 1", {"{sigmoid}": "np.tanh(o / 2)"}),
        ("this is tanh", {"{sigmoid}": "np.tanh(o)"}),
        ("this is exp(o)", {"{sigmoid}": "np.exp(o)"}),
        ("nothing is returned", {"return {sigmoid}": "{sigmoid}"}),
        ("changed in place", {"": "o *= 1.5"}),
        ("2 times as much as it should be", {"{sigmoid}": "1 + np.tanh(o / 2)"}),
        ("at o = -1000 it is 0.00669, where it is 0", {"{sigmoid}": "1 / (1 + np.exp(-np.clip(o, -5, 5)))"}),
    ]),
    others("saturating_loss", "", [
        ("this is the other of the two losses", {"{saturating}": "{non_saturating}"}),
        ("this is the other loss, with its sign turned", {"{saturating}": "np.log(sigmoid(o))"}),
        ("the sign is turned", {"{saturating}": "-{saturating}"}),
        ("to the base 2", {"np.log": "np.log2"}),
        ("the logit o stands where D", {"sigmoid(o)": "o"}),
        ("this is the slope of the loss", {"{saturating}": "-sigmoid(o)"}),
    ]),
    others("non_saturating_loss", "", [
        ("the sign is turned", {"{non_saturating}": "np.log(sigmoid(o))"}),
        ("this is the other of the two losses", {"{non_saturating}": "{saturating}"}),
        ("to the base 10", {"np.log": "np.log10"}),
        ("the logit o stands where D", {"sigmoid(o)": "o"}),
        ("this is the mean of the losses", {"{non_saturating}": "{non_saturating}.mean()"}),
        ("this is the sum of the losses", {"{non_saturating}": "{non_saturating}.sum()"}),
    ]),
    others("fit_errors", "", [
        ("take the root of the sum of squares", {"{mean}": "((mean - true_mean) ** 2).sum(-1)"}),
        ("not the sum of the two errors", {"{mean}": "abs(mean - true_mean).sum(-1)"}),
        ("the error of the mean is one number", {"{mean}": "mean - true_mean"}),
        ("divide by the size of the true one", {"{cov} / {true_cov}": "{cov}"}),
        ("relative to the true covariance", {"{true_cov}": "np.linalg.norm(cov)"}),
        ("the Frobenius norm",
         {"{cov}": "np.linalg.norm(cov - true_cov, 2)", "{true_cov}": "np.linalg.norm(true_cov, 2)"}),
        ("no root is taken of the Fréchet distance", {"{distance}": "np.sqrt({distance})"}),
        ("not to N(0, I)", {"{distance}": "d2l.frechet_distance(mean, cov, np.zeros(2), np.eye(2))"}),
        ("the error of the covariance stands where the error of the mean should",
         {"mean_error, cov_error, {distance}": "cov_error, mean_error, {distance}"}),
        ("it returns three numbers", {"mean_error, cov_error, {distance}": "mean_error, {distance}"}),
        ("true_mean or true_cov is changed in place", {"": "global true_mean\ntrue_mean -= 1"}),
        ("what it is given is changed in place", {"": "mean += 1"}),
    ]),
    others("MLP", "numpy", [
        ("layer 3: the gradient of its weights is transposed", {"{for_W}": "({for_W}).T"}),
        ("layer 3: the gradient of its biases is a mean", {"{for_b}": "slope.mean(-2, keepdims=True)"}),
        ("wants the shape (1, n)", {"{for_b}": "slope.sum(-2)"}),
        ("not yet summed over the batch", {"{for_b}": "slope"}),
        ("the slope that reaches layer 2 lacks the activation's own", {"i > 0": "False"}),
        ("turn their order round", {"[{for_W}, {for_b}, *gradients]": "[*gradients, {for_W}, {for_b}]"}),
        ("weights and biases are exchanged", {"{for_W}": "{for_b}", "{for_b}": "{for_W}"}),
        ("the points in the input are no activation's output", {"i > 0": "i >= 0"}),
        ("backward returns two things", {"gradients, slope": "gradients"}),
        ("ValueError: matmul", {"slope @ W.swapaxes(-1, -2)": "slope @ W"}),
        ("with another activation the gradients are wrong", {"self.activation.slope(x)": "(1 - x**2)"}),
        ("the weights are changed", {"x, W = steps[i], self.parameters[2 * i]":
         "self.parameters[0] *= 1.5 if i == 0 else 1\nx, W = steps[i], self.parameters[2 * i]"}),
        ("`steps` are changed in place", {"return gradients, slope": "steps[1] *= 2\nreturn gradients, slope"}),
    ]),
    others("init_net", None, [
        ("it is taken for the variance", {EACH: {"spread": "spread**0.5"}}),
        ("`spread` is not used", {EACH: {"spread": "0.02"}}),
        ("`spread` is not used", {"numpy": {"spread": "0.02 if len(W) == 80 else spread"}}),
        ("the standard deviation of the weights is 0.04", {"numpy": {"spread": "2 * spread"}}),
        ("the mean of the weights is", {"numpy": {"{draw}": "np.random.normal(spread, spread, W.shape)"}}),
        ("drawn uniformly", {
            "torch": {"{draw}": "nn.init.uniform_(layer.weight, -spread, spread)"},
            "tensorflow": {"{draw}": "tf.random.uniform(layer.kernel.shape, -spread, spread)"},
            "mxnet": {"{draw}": "mx.init.Uniform(spread)"},
            "numpy": {"{draw}": "np.random.uniform(-spread, spread, W.shape)"},
        }),
        ("biases are not 0", {
            "torch": {"{biases}": "nn.init.normal_(layer.bias, 0, spread)"},
            "tensorflow": {"{biases}": "layer.bias.assign(tf.random.normal(layer.bias.shape, 0, spread))"},
            "jax": {"{biases}": "layer.bias[...] = d2l.normal(0.0, spread, layer.bias.shape)"},
            "numpy": {"{biases}": "b[...] = np.random.normal(0, spread, b.shape)"},
        }),
        ("biases stay as they were", {"torch tensorflow jax numpy": {"{biases}": "pass"}}),
        ("weights stay as they were", {
            "torch tensorflow jax": {"{weights}": "pass"},
            "mxnet": {"True": "False"},  # force_reinit
            "numpy": {"W[...]": "W"},
        }),
        ("units that begin alike stay alike", {
            "torch": {"{draw}": "nn.init.zeros_(layer.weight)"},
            "tensorflow": {"{draw}": "tf.fill(layer.kernel.shape, spread)"},
            "mxnet": {"{draw}": "mx.init.Constant(spread)"},
            "jax": {"{draw}": "jnp.zeros(layer.kernel.shape)"},
            "numpy": {"{draw}": "0"},
        }),
        ("the parameters are left frozen", {"torch": {"": "net.requires_grad_(False)"}}),
        ("it starts net_D, but not net_G", {"torch": {"net.modules": "net.children"}}),
        ("each call draws the same numbers",
         {"torch": {"": "torch.manual_seed(0)"}, "numpy": {"": "np.random.seed(0)"}}),
        ("each layer starts with the same numbers", {
            "jax": {"{draw}": "spread * jax.random.normal(jax.random.key(0), (4800,)).reshape(layer.kernel.shape)"},
            "numpy": {"{draw}": "np.random.default_rng(1).normal(0, spread, W.shape)"},
        }),
        ("the same numbers come again and again", {"numpy": {"W.shape": "W.shape[1]"}}),
    ]),
    others("new_D", None, [
        ("a sigmoid comes after the last layer", {
            "torch": {"{last}": "{last}, nn.Sigmoid()"},
            "tensorflow": {"{last}": "tf.keras.layers.Dense(1, 'sigmoid')"},
            "mxnet": {"{last}": "nn.Dense(1, in_units=3, activation='sigmoid')"},
            "jax": {"{last}": "{last}, nnx.sigmoid"},
        }),
        ("ReLU stands between the layers", {EACH: {"{tanh}": "{relu}"}}),
        ("nothing stands between the layers", {
            "torch": {"{layers}": "{first}, {second}, {last}"},
            "tensorflow": {"{hidden}": "tf.keras.layers.Dense(n)"},
            "mxnet": {f"net.add({layer}, activation())": f"net.add({layer})" for layer in ("{first}", "{second}")},
            "jax": {"{net}": "nnx.Sequential({first}, {second}, {last})"},
        }),
        ("after layer 2 comes no tanh", {
            "torch": {"{layers}": "{first}, activation(), {second}, {last}"},
            "mxnet": {"net.add({second}, activation())": "net.add({second})"},
            "jax": {"{net}": "nnx.Sequential({first}, activation, {second}, {last})"},
        }),
        ("its layers go from 2 to 5 then 5 to 1, where they go from 2 to 5 then 5 to 3 then 3 to 1", {
            "torch": {"{layers}": "{first}, activation(), nn.Linear(5, 1)"},
            "tensorflow": {"5, 3": "(5,)"},
            "mxnet": {"net.add({second}, activation())": "pass", "{last}": "nn.Dense(1, in_units=5)"},
            "jax": {"{net}": "nnx.Sequential({first}, activation, linear(5, 1))"},
            "numpy": {"{net}": "MLP(2, 5, 1, activation=activation)"},
        }),
        ("how many inputs", {"tensorflow": {"net.build((None, 2))": "pass"}, "mxnet": {"{first}": "nn.Dense(5)"}}),
        ("given another activation, it does not use that",
         {"torch tensorflow jax numpy": {"activation": "{tanh}"}, "mxnet": {"activation()": "{tanh}"}}),
        ("its layers have no biases", {
            "torch": {f"nn.Linear({sizes})": f"nn.Linear({sizes}, bias=False)" for sizes in ("2, 5", "5, 3", "3, 1")},
            "tensorflow": {"{hidden}": "tf.keras.layers.Dense(n, activation, use_bias=False)",
                           "{last}": "tf.keras.layers.Dense(1, use_bias=False)"},
            "jax": {"partial(nnx.Linear, rngs=d2l.rngs)": "partial(nnx.Linear, rngs=d2l.rngs, use_bias=False)"},
        }),
        ("no network is returned", {EACH: {"return {net}": "{net}"}}),
    ]),
    others("new_G", None, [
        ("tanh comes after the last layer", {
            "tensorflow": {"tf.keras.layers.Dense(2)": "tf.keras.layers.Dense(2, 'tanh')"},
            "mxnet": {"nn.Dense(2, in_units=latent_dim)": "nn.Dense(2, in_units=latent_dim, activation='tanh')"},
            "jax": {"{generator}": "{generator}, nnx.tanh"},
        }),
        ("its layers go from 2 to 1, where they go from 2 to 2", {EACH: {"2": "1"}}),
        ("look at its `weight`", {"torch": {"nn.Linear(latent_dim, 2)": "nn.Sequential(nn.Linear(latent_dim, 2))"}}),
        ("look at its `layers`", {"jax": {"nnx.Sequential({generator})": "{generator}"}}),
    ]),
    others("train_epochs", None, [
        ("the generator's step has other noise",
         {BY_HAND: {"{update_G}": "update_G(-Z, net_D, net_G, loss, trainer_G)"}}),
        ("noise is used again", {
            "torch": {"{noise}": "torch.ones(batch_size, latent_dim)"},
            "mxnet": {"{noise}": "mx.np.ones((batch_size, latent_dim))"},
            "numpy": {"{noise}": "np.ones((batch_size, latent_dim))"},
        }),
        ("the noise lies between 0 and 1", {
            "torch": {"torch.randn": "torch.rand"},
            "mxnet": {"mx.np.random.normal": "mx.np.random.uniform"},
            "numpy": {"{noise}": "np.random.rand(batch_size, latent_dim)"},
        }),
        ("the noise has mean 3", {BY_HAND: {"{noise}": "{noise} + 3"}}),
        ("one row for each real point", {
            "torch": {"{noise}": "torch.randn(8, latent_dim, device=X.device)"},
            "mxnet numpy": {"batch_size, latent_dim": "(8, latent_dim)"},
        }),
        ("one row for each real point",
         {"torch": {"{noise}": "torch.randn_like(X)"}, "numpy": {"batch_size, latent_dim": "X.shape"}}),
        ("the generator steps before the discriminator", {BY_HAND: {
            "loss_D = {update_D}": "loss_G = {update_G}", "loss_G = {update_G}": "loss_D = {update_D}"}}),
        ("the discriminator takes 2 steps in a minibatch",
         {BY_HAND: {"loss_D = {update_D}": "loss_D = {update_D}\n{update_D}"}}),
        ("the generator takes no step", {BY_HAND: {"{update_G}": "loss_D"}}),
        ("net_D and net_G are exchanged", {BY_HAND: {"{update_G}": "update_G(Z, net_G, net_D, loss, trainer_G)"}}),
        ("the discriminator steps at the rate of the other", {EACH: {"lr_D": "lr_G"}}),
        ("the generator steps at a rate of 0.0005", {"torch numpy": {"lr_G": "lr_G / 10"}}),
        ("this is the mean over minibatches",
         {EACH: {"{add}": "metric.add({number of loss_D}, {number of loss_G}, 1)"}}),
        ("a loss is added up without the number of its examples",
         {"torch tensorflow jax": {"{add}": "metric.add(float(loss_D), float(loss_G), batch_size)"}}),
        ("loss_D and loss_G are exchanged", {"tensorflow jax numpy": {"{sum_D}": "{sum_G}", "{sum_G}": "{sum_D}"}}),
        ("not show every real point once",
         {"numpy": {"{update_D}": "update_D(abs(X[:1]) + 0 * X, Z, net_D, net_G, loss, trainer_D)"}}),
        ("the networks change beside update_D and update_G", {
            "torch": {"loss_D = {update_D}": "loss_D = {update_D}\ntrainer_D.step()"},
            "tensorflow numpy": {"batch_size = X.shape[0]": "init_net(net_D)\nbatch_size = X.shape[0]"},
        }),
        ("the loss handed on is not the cross-entropy on logits", {
            "torch": {"nn.BCEWithLogitsLoss": "nn.MSELoss"},
            "tensorflow": {"True": "False"},  # from_logits
            "mxnet": {"gluon.loss.SigmoidBCELoss": "gluon.loss.L2Loss"},
        }),
        ("it yields nothing", {"torch numpy": {"yield {means}": "return {means}"}}),
        ("`metric` is empty", {"torch": {"{add}": "pass"}}),
        ("the players that the step returns are not handed on",
         {"jax": {"players, (loss_D, loss_G)": "_, (loss_D, loss_G)"}}),
    ]),
    others("update_both", "tensorflow", [
        ("other noise", {"{update_G}": "update_G(tf.random.normal(Z.shape), net_D, net_G, loss, trainer_G)"}),
        ("noise is used again", {"{noise}": "tf.ones((X.shape[0], latent_dim))"}),
        ("the noise comes from NumPy",
         {"{noise}": "tf.constant(np.random.normal(size=(X.shape[0], latent_dim)), tf.float32)"}),
        ("the generator steps before",
         {"loss_D = {update_D}": "loss_G = {update_G}", "loss_D, {update_G}": "{update_D}, loss_G"}),
        ("at the rate of the other, or with its optimiser",
         {"{update_D}": "update_D(X, Z, net_D, net_G, loss, trainer_G)"}),
        ("are exchanged", {"loss_D, {update_G}": "{update_G}, loss_D"}),
        ("it returns both losses", {"loss_D, {update_G}": "{update_G}"}),
    ]),
    others("step", "jax", [
        ("other noise", {"{update_G}": "update_G(-Z, net_D, net_G, loss, trainer_G)"}),
        ("other noise than the one that is given",
         {"loss_D = {update_D}": "Z = d2l.normal(0.0, 1.0, Z.shape)\nloss_D = {update_D}"}),
        ("net_D and net_G are exchanged",
         {"net_D, net_G, trainer_D, trainer_G": "(net_G, net_D, trainer_D, trainer_G)"}),
        ("the generator takes no step", {"{update_G}": "loss_D"}),
        ("at the rate of the other, or with its optimiser",
         {"{update_D}": "update_D(X, Z, net_D, net_G, loss, trainer_G)"}),
        ("the four players, and both losses", {"players, (loss_D, {update_G})": "loss_D, {update_G}"}),
        ("the four players, and both losses",
         {"players, (loss_D, {update_G})": "(net_D, net_G, trainer_G, trainer_D), (loss_D, {update_G})"}),
    ]),
], [])  # fmt: skip

BETWEEN = "stands between the layers, where LeakyReLU does"
SHAPES = "its layers have the shapes "
FIT = "With kernel size 4, stride 2 and padding 1"
ONE_SIDE = "where it is one pixel wide on all four sides"
THE_ROWS = "the rows and the columns of a window are exchanged"

# Those in the functions of the second lesson.
OF_FACES = sum([
    others("windows", "", [
        ("the rim of 0 is missing", {"x = {pad}": "pass"}),
        ("the rim is two pixels wide", {"(1, 1)": "(2, 2)"}),
        ("the rim of 0 is two pixels wide above and on the left, " + ONE_SIDE, {"(1, 1)": "(2, 0)"}),
        ("the rim of 0 is two pixels wide below and on the right, " + ONE_SIDE, {"(1, 1)": "(0, 2)"}),
        ("the rim repeats the pixels beside it", {"{pad}": "np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), 'edge')"}),
        ("the rim mirrors the pixels beside it", {"{pad}": "np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), 'reflect')"}),
        ("each window is one pixel further than the last, where it is two", {"{cut}": "cut"}),
        ("each window is four pixels further than the last", {"{cut}": "cut[:, ::4, ::4]"}),
        ("the colours come before the pixels of a window", {"{windows}": "{cut}"}),
        (THE_ROWS, {"{windows}": "{cut}.transpose(0, 1, 2, 5, 4, 3)"}),
        ("the windows of a column come first", {"{windows}": "{cut}.transpose(0, 2, 1, 4, 5, 3)"}),
        ("come before the place of the window", {"{windows}": "{cut}.transpose(0, 4, 5, 1, 2, 3)"}),
        ("each window is a row of numbers", {"{windows}": "{windows}.reshape(*{cut}.shape[:3], -1)"}),
        ("the windows are in a row", {"{windows}": "{windows}.reshape(-1, 4, 4, x.shape[-1])"}),
        ("nothing is returned", {"return {windows}": "{windows}"}),
        ("changed in place", {"": "x *= 2"}),
        ("it is right for the shape (2, 12, 10, 3), and not for (3, 4, 8, 1)", {"": "x = x[:2]"}),
    ]),
    others("scatter", "", [
        ("one stands in the place of the others: add them up", {"{place} += {part}": "{place} = {part}"}),
        ("the last stands in the place of the others: add them up", {"return {inside}":
         "for i, j in np.ndindex(h, w):\n    x[:, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] = parts[:, i, j]\nreturn {inside}"}),
        ("their mean is taken, where it is their sum", {
            "x = np.zeros((n, 2 * h + 2, 2 * w + 2, c), parts.dtype)": "x = np.zeros((n, 2 * h + 2, 2 * w + 2, c))\ncount = x.copy()",
            "{place} += {part}": "{place} += {part}\ncount[:, i : i + 2 * h : 2, j : j + 2 * w : 2] += 1",
            "{inside}": "{inside} / count[:, 1:-1, 1:-1]",
        }),
        ("the rim is still there", {"{inside}": "x"}),
        ("two pixels are cut off above and on the left", {"{inside}": "x[:, 2:, 2:]"}),
        ("two pixels are cut off below and on the right", {"{inside}": "x[:, :-2, :-2]"}),
        (THE_ROWS, {"{part}": "parts[:, :, :, j, i]"}),
        ("each window is turned round", {"{part}": "parts[:, :, :, 3 - i, 3 - j]"}),
        ("each window is one pixel further than the last, where it is two", {"{place}": "x[:, i : i + h, j : j + w]"}),
        ("the colours come before the rows and columns", {"{inside}": "np.moveaxis({inside}, 3, 1)"}),
        ("the rows and the columns of the images are exchanged", {"{inside}": "{inside}.swapaxes(1, 2)"}),
        ("changed in place", {"": "parts += 1"}),
        ("nothing is returned", {"return {inside}": "{inside}"}),
    ]),
    others("new_G", None, [
        ("nothing comes after the last layer, where tanh does", {
            "torch mxnet jax numpy": {"{end}": "{identity}"}, "tensorflow": {"{end}": "None"}}),
        ("a sigmoid comes after the last layer, where tanh does", {
            "torch mxnet jax numpy": {"{end}": "{squash}"}, "tensorflow": {"{end}": "'sigmoid'"}}),
        ("ReLU " + BETWEEN, {
            "torch": {"{leaky}": "nn.ReLU()"}, "tensorflow": {"{leaky}": "layers.ReLU()"},
            "mxnet": {"{leaky}": "nn.Activation('relu')"}, "jax": {"{leaky}": "nnx.relu"},
            "numpy": {"{leaky}": "leaky_relu(0)"},
        }),
        ("LeakyReLU with the slope 0.01 below 0 " + BETWEEN, {
            "torch": {"{leaky}": "nn.LeakyReLU()"}, "jax": {"{leaky}": "nnx.leaky_relu"},
            "mxnet": {"{leaky}": "nn.LeakyReLU(0.01)"}, "numpy": {"{leaky}": "leaky_relu(0.01)"},
        }),
        ("LeakyReLU with the slope 0.3 below 0 " + BETWEEN, {"tensorflow": {"{leaky}": "layers.LeakyReLU()"}}),
        ("after layer 1 comes no LeakyReLU", {
            "torch": {"{G}": "nn.Sequential({into}, {grid}, {up}, {leaky}, {image}, {end})"},
            "jax": {"{G}": "nnx.Sequential({into}, {grid}, {up}, {leaky}, {image}, {end})"},
            "numpy": {"{G}": "Network({into}, {grid}, {up}, {leaky}, {image}, {end})"},
        }),
        (SHAPES, {
            "torch": {"{up}": "nn.ConvTranspose2d(64, 16, 4, 2, 1)", "{image}": "nn.ConvTranspose2d(16, 3, 4, 2, 1)"},
            "tensorflow": {"{up}": "layers.Conv2DTranspose(16, 4, 2, 'same')"},
            "mxnet": {"{up}": "nn.Conv2DTranspose(16, 4, 2, 1, in_channels=64)",
                      "{image}": "nn.Conv2DTranspose(3, 4, 2, 1, in_channels=16)"},
            "jax": {"{up}": "transposed(64, 16, rngs=d2l.rngs)", "{image}": "transposed(16, 3, rngs=d2l.rngs)"},
            "numpy": {"{up}": "Transposed(64, 16)", "{image}": "Transposed(16, 3)"},
        }),
        (f"it makes images of 18 by 18 pixels, where they have 16 by 16. {FIT}", {
            "torch": {"{image}": "nn.ConvTranspose2d(32, 3, 4, 2)"},
            "tensorflow": {"{image}": "layers.Conv2DTranspose(3, 4, 2, activation={end})"},
            "mxnet": {"{image}": "nn.Conv2DTranspose(3, 4, 2, in_channels=32)"},
            "jax": {"{image}": "transposed(32, 3, padding='VALID', rngs=d2l.rngs)"},
        }),
        ("given noise, it stops with ", {
            "torch": {"{grid}": "nn.Unflatten(1, (4, 4, 64))"},
            "jax": {"{grid}": "lambda x: x.reshape(-1, 64, 4, 4)"},
            "numpy": {"{grid}": "reshape(64, 4, 4)"},
        }),
        ("its layers have no biases", {"numpy": {
            "return {G}": "net = {G}\nfor layer in net.layers:\n    layer.parameters = layer.parameters[:1]\nreturn net"}}),
        ("it has no weights", {"tensorflow": {"net.build((None, latent_dim))": "pass"}}),
        ("no network is returned", {
            "torch": {"return {G}.to(data.device)": "{G}"}, "tensorflow mxnet jax numpy": {"return {G}": "{G}"}}),
        ("goes through its layers, and it has none: is it an nn.Sequential?",
         {"torch": {"{G}": "nn.Bilinear(1, 1, 1)"}}),
        ("look at its `weights`", {"tensorflow": {"return net": "return lambda Z: net(Z)"}}),
        ("is it an nn.HybridSequential?", {"mxnet": {"return net": "return lambda Z: net(Z)"}}),
        ("look at its `layers`", {"jax": {"{G}": "{into}"}}),
        ("is it a Network?", {"numpy": {"{G}": "lambda Z: Z"}}),
        ("stops with NameError: name 'noise_dim' is not defined", {"torch jax numpy": {"latent_dim": "noise_dim"}}),
    ]),
    others("new_D", None, [
        ("a sigmoid comes after the last layer: its output is the logit itself, and the loss has its own sigmoid", {
            "torch mxnet jax numpy": {"{logit}": "{logit}, {squash}"},
            "tensorflow": {"{logit}": "layers.Dense(1, 'sigmoid')"},
        }),
        ("tanh comes after the last layer: its output is the logit itself", {
            "torch mxnet jax numpy": {"{logit}": "{logit}, {end}"}, "tensorflow": {"{logit}": "layers.Dense(1, 'tanh')"}}),
        ("LeakyReLU comes after the last layer", {EACH: {"{logit}": "{logit}, {leaky}"}}),
        ("tanh " + BETWEEN, {
            "torch mxnet jax numpy": {"{leaky}": "{end}"}, "tensorflow": {"{leaky}": "layers.Activation('tanh')"}}),
        ("nothing " + BETWEEN, {EACH: {"{leaky}": "{identity}"}}),
        ("LeakyReLU with the slope 0.1 below 0 " + BETWEEN, {
            "torch": {"0.2": "0.1"}, "tensorflow": {"0.2": "0.1"}, "numpy": {"0.2": "0.1"},
            "mxnet": {"{leaky}": "nn.LeakyReLU(0.1)"}, "jax": {"{leaky}": "partial(leaky_relu, negative_slope=0.1)"},
        }),
        ("after layer 2 comes no LeakyReLU", {
            "numpy": {"{D}": "Network({down}, {leaky}, {deep}, {row}, {logit})"},
            "torch": {"{D}": "nn.Sequential({down}, {leaky}, {deep}, {row}, {logit})"},
            "jax": {"{D}": "nnx.Sequential({down}, {leaky}, {deep}, {row}, {logit})"},
        }),
        ("its layers have no biases", {
            "torch": {f"{layer}": layer[:-1] + ", bias=False)" for layer in (
                "nn.Conv2d(3, 32, kernel_size=4, stride=2, padding=1)",
                "nn.Conv2d(32, 64, kernel_size=4, stride=2, padding=1)", "nn.Linear(64 * 4 * 4, 1)")},
            "tensorflow": {f"{layer}": layer[:-1] + ", use_bias=False)" for layer in (
                "layers.Conv2D(32, kernel_size=4, strides=2, padding='same')",
                "layers.Conv2D(64, kernel_size=4, strides=2, padding='same')", "layers.Dense(1)")},
            "jax": {"{down}": "convolution(3, 32, use_bias=False, rngs=d2l.rngs)",
                    "{deep}": "convolution(32, 64, use_bias=False, rngs=d2l.rngs)",
                    "{logit}": "nnx.Linear(4 * 4 * 64, 1, use_bias=False, rngs=d2l.rngs)"},
        }),
        ("is there batch normalisation, or a layer without biases?", {
            "torch": {"{down}": "{down}, nn.BatchNorm2d(32)"},
            "tensorflow": {"{down}": "{down}, layers.BatchNormalization()"},
            "mxnet": {"{down}": "{down}, nn.BatchNorm(in_channels=32)"},
            "jax": {"{down}": "{down}, nnx.BatchNorm(32, rngs=d2l.rngs)"},
        }),
        (SHAPES, {
            "torch": {"{down}": "nn.Conv2d(3, 32, kernel_size=3, stride=2, padding=1)"},
            "tensorflow": {"{down}": "layers.Conv2D(16, kernel_size=4, strides=2, padding='same')"},
            "mxnet": {"{down}": "nn.Conv2D(32, kernel_size=3, strides=2, padding=1, in_channels=3)"},
            "jax": {"{down}": "convolution(3, 32, kernel_size=(3, 3), rngs=d2l.rngs)"},
            "numpy": {"{down}": "Convolution(3, 16)", "{deep}": "Convolution(16, 64)"},
        }),
        ("its linear layer has 4096 inputs, where it has 1024: 64 channels of 4 by 4, in one row.", {
            "tensorflow": {"{deep}": "layers.Conv2D(64, kernel_size=4, padding='same')"},
            "jax": {"{deep}": "convolution(32, 64, strides=1, rngs=d2l.rngs)", "{row}": "lambda x: x.reshape(len(x), -1)",
                    "{logit}": "nnx.Linear(4096, 1, rngs=d2l.rngs)"},
        }),
        ("its linear layer has 64 inputs, where it has 1024", {"tensorflow": {"{row}": "{identity}"}}),
        ("given images, it stops with ", {
            "torch": {"{deep}": "nn.Conv2d(32, 64, 4, 1, 1)"},
            "mxnet": {"{deep}": "nn.Conv2D(64, 4, 1, 1, in_channels=32)"},
            "jax": {"{row}": "lambda x: x"},
            "numpy": {"{row}": "{identity}"},
        }),
    ]),
    others("features", "", [
        ("the sums of the blocks are returned", {"{block_means}": "{blocks}.sum(axis=(2, 4))"}),
        ("the mean is over pixels that lie four apart", {"(2, 4)": "(1, 3)"}),
        ("the mean is over all rows of an image", {"(2, 4)": "(1, 2)"}),
        ("the mean is over all columns of an image", {"(2, 4)": "(3, 4)"}),
        ("one pixel of each block is taken", {"{block_means}": "images[:, ::4, ::4]"}),
        ("the mean is over the colours, too", {"(2, 4)": "(2, 4, 5)", "48": "16"}),
        ("the mean is over whole images", {"(2, 4)": "(1, 2, 3, 4)", "48": "3"}),
        ("the colours come first", {"{block_means}": "{block_means}.transpose(0, 3, 1, 2)"}),
        ("the columns come first", {"{block_means}": "{block_means}.swapaxes(1, 2)"}),
        ("the shape is (n, 48)", {"{features}": "{block_means}"}),
        ("nothing is returned", {"return {features}.astype(float)": "{features}"}),
        ("changed in place", {"": "images /= 2"}),
    ]),
    others("frechet", "", [
        ("the 48 features: is a transpose missing?", {"x.T": "x", "y.T": "y"}),
        ("means and covariances are those of the images", {"": "x, y = x.T, y.T"}),
        ("no root is taken", {"{frechet}": "np.sqrt({frechet})"}),
        ("this is the squared distance of the means", {"{frechet}": "((x.mean(0) - y.mean(0)) ** 2).sum()"}),
        ("this is the distance of the means", {"{frechet}": "np.linalg.norm(x.mean(0) - y.mean(0))"}),
        ("the means take no part", {"x.mean(0)": "y.mean(0)"}),
        ("the variances alone take part", {"np.cov(x.T)": "np.diag(x.var(0, ddof=1))", "np.cov(y.T)": "np.diag(y.var(0, ddof=1))"}),
        ("correlations stand where covariances should", {"np.cov": "np.corrcoef"}),
        ("the covariances are divided by n", {"np.cov(x.T)": "np.cov(x.T, ddof=0)", "np.cov(y.T)": "np.cov(y.T, ddof=0)"}),
        ("nothing is returned", {"return float({frechet})": "{frechet}"}),
        ("changed in place", {"": "x -= x.mean(0)"}),
    ]),
    others("kernel_distance", "", [
        ("the diagonal is kept, and so the estimate is biased", {"{own}": "k.mean()"}),
        ("the diagonal is left out, but not of the number to divide by", {"{pairs}": "k.size"}),
        ("the diagonal is added up, too", {"k.sum() - np.trace(k)": "k.sum()"}),
        ("is subtracted once, where it is twice", {"{between}": "xy.mean()"}),
        ("takes no part: subtract it twice", {"own - {between}": "own"}),
        ("is added, where it is subtracted", {"own - {between}": "own + {between}"}),
        ("the sign is turned", {"own - {between}": "{between} - own"}),
        ("the kernel is not cubed", {"({kernel}) ** 3": "{kernel}"}),
        ("the kernel is squared", {"({kernel}) ** 3": "({kernel}) ** 2"}),
        ("the + 1 of the kernel is missing", {"{kernel}": "one @ other.T / 48"}),
        ("the 48 by which the kernel divides is missing", {"{kernel}": "one @ other.T + 1"}),
        ("the 1 is added before the division", {"{kernel}": "(one @ other.T + 1) / 48"}),
        ("no root is taken", {"own - {between}": "np.sqrt(abs(own - {between}))"}),
        ("nothing is returned", {"return own - {between}": "own - {between}"}),
        ("changed in place", {"": "x *= 2"}),
    ]),
], [])  # fmt: skip
