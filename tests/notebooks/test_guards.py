"""Guards on the guards: realistic mistakes, each planted in a lesson's own code or in the loader,
and each to be caught by a check that the suite makes."""

import ast
import re
from types import SimpleNamespace

import numpy as np
import pytest

from d2lmini.loader import ArrayLoader
from tests.d2lmini import test_load_array
from tests.lessons import test_steps, test_train
from tests.lessons.test_equality import largest_difference
from tests.support import mistakes, parts
from tests.support.frameworks import adapter_of
from tests.support.lesson import definitions, source


def check_steps(key, text):
    """As in test_steps: the steps against central differences, and several in turn."""
    adapter, functions = adapter_of(key), SimpleNamespace(**definitions(key, text))
    for check in (
        test_steps.test_update_D_descends_its_loss_and_leaves_the_generator,
        test_steps.test_update_G_descends_its_loss_and_leaves_the_discriminator,
        test_steps.test_steps_carry_nothing_over,
    ):
        with adapter.double():
            check(functions, adapter, test_steps.new_game())


def check_training(key, text):
    """As in test_train: the start and the loop."""
    start, seen, data = test_train.watch(key, text)
    test_train.check_the_start(start)
    test_train.check_the_loop(seen, data)


def check_learning(key, text):
    """As in test_train: both players move."""
    test_train.check_that_both_learn(key, text)


# Mistakes in the start and in the loop; those in the steps are in tests/support/mistakes.py.
# name, framework, function or None for what is in none, change, the check that must notice
EXCHANGED = {"lr_D": "lr_G", "lr_G": "lr_D"}
MISTAKES = [
    ("learning rates exchanged", "torch", "train_epochs", EXCHANGED, check_training),
    ("learning rates exchanged", "mxnet", "train_epochs", EXCHANGED, check_training),
    ("learning rates exchanged", "jax", "train_epochs", EXCHANGED, check_training),
    ("biases random", "torch", "init_net",
     {"{biases}": "nn.init.normal_(layer.bias, 0, 0.02)"}, check_training),
    ("biases random", "jax", "init_net",
     {"{biases}": "layer.bias[...] = d2l.normal(0.0, 0.02, layer.bias.shape)"}, check_training),
    ("generator never initialised", "tensorflow", None,
     {"init_net(net_G)": "pass"}, check_training),
    ("noise reused", "torch", "train_epochs",
     {"{noise}": "torch.ones(batch_size, latent_dim)"}, check_training),
    ("noise drawn once, when the step is compiled", "tensorflow", "update_both",
     {"{noise}": "tf.constant(fixed_Z[: X.shape[0]], tf.float32)"}, check_training),
    ("a key used again in each epoch", "jax", "train_epochs",
     {"d2l.normal(0.0, 1.0, (data_iter.num_examples, latent_dim))":
      "jax.random.normal(jax.random.key(0), (data_iter.num_examples, latent_dim))"},
     check_training),
    ("players not handed back", "jax", "train_epochs",
     {"nnx.update((net_D, net_G), nnx.state(players[:2]))": "pass"}, check_learning),
    ("players not handed on", "jax", "train_epochs",
     {"players, (loss_D, loss_G)": "_, (loss_D, loss_G)"}, check_learning),
]  # fmt: skip


@pytest.mark.parametrize(
    "framework, function, change, check",
    [mistake[1:] for mistake in MISTAKES],
    ids=[f"{name} ({key})" for name, key, *_ in MISTAKES],
    indirect=["framework"],
)
def test_a_mistake_in_a_lesson_is_caught(framework, function, change, check):
    text = source(framework)
    check(framework, text)  # the check passes as things are
    with pytest.raises(AssertionError):
        check(framework, parts.changed(text, parts.in_code(framework, change), function))


@pytest.mark.parametrize("player", "DG")
def test_the_right_steps_are_made_of_the_parts(framework, player):
    """Whatever has changed in a lesson's step is named by its part in tests/support/parts.py."""
    text = source(framework)
    own = ast.get_source_segment(text, parts.find(text, f"update_{player}"))
    lost = parts.lost_parts(framework, player, own)
    assert not lost, f"no longer there is {lost[0]}"
    assert parts.bare(own) == parts.step(framework, player)


SEEN = [mistake for mistake in mistakes.MISTAKES if not mistake.hidden]


@pytest.mark.parametrize("framework, mistake", mistakes.each(SEEN), indirect=["framework"])
def test_a_mistake_in_a_step_is_caught(framework, mistake):
    with pytest.raises(Exception):  # noqa: B017  (a loss that is none makes no AssertionError)
        check_steps(framework, with_steps(framework, mistake.step(framework)))


def with_steps(key, *steps):
    """A lesson's text with steps that take the place of its own, since they come last."""
    return "\n\n".join([source(key), *steps])


def test_the_steps_of_every_lesson_pass(framework):
    check_steps(framework, source(framework))
    right = [parts.step(framework, player) for player in "DG"]
    check_steps(framework, with_steps(framework, *right))


@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_weights_that_are_no_numbers_any_more_are_caught():
    functions, calls = definitions("numpy"), []

    def update_G(Z, net_D, net_G, *rest):
        calls.append(Z)
        if len(calls) > 25:  # in the second of the two epochs
            net_G.parameters[0][...] = np.nan
        return functions["update_G"](Z, net_D, net_G, *rest)

    wrong = functions | {"update_G": update_G}
    assert largest_difference("numpy", functions, "sgd", 2, steps=20) == 0
    assert not largest_difference("numpy", wrong, "sgd", 2, steps=20) < 1e-10


class LastBatchDropped(ArrayLoader):
    def __iter__(self):
        return iter([batch for batch in super().__iter__() if len(batch[0]) == self.batch_size])


class ShuffledApart(ArrayLoader):
    def __iter__(self):
        columns = [ArrayLoader.__iter__(self.only(i)) for i in range(len(self.arrays))]
        return (sum(batches, ()) for batches in zip(*columns, strict=True))

    def only(self, i):
        one = ArrayLoader.__new__(ArrayLoader)
        one.__dict__ |= self.__dict__ | {"arrays": self.arrays[i : i + 1]}
        return one


class NotShuffled(ArrayLoader):
    def __iter__(self):
        self.is_train = False
        return super().__iter__()


class ShuffledOnce(ArrayLoader):
    def __iter__(self):
        self.first = getattr(self, "first", None) or list(super().__iter__())
        return iter(self.first)


class OneExampleTooMany(ArrayLoader):
    def __iter__(self):
        batches = list(super().__iter__())
        return iter([*batches, batches[-1]])


@pytest.mark.parametrize(
    "wrong, check, arguments",
    [
        (LastBatchDropped, "every_example_once_and_aligned", (10, 3, True)),
        (OneExampleTooMany, "every_example_once_and_aligned", (9, 3, True)),
        (ShuffledApart, "every_example_once_and_aligned", (10, 3, True)),
        (NotShuffled, "a_new_order_on_each_pass", ()),
        (ShuffledOnce, "a_new_order_on_each_pass", ()),
    ],
    ids=lambda value: re.sub("(?<!^)([A-Z])", r" \1", getattr(value, "__name__", "")).lower(),
)
def test_a_mistake_in_the_loader_is_caught(d2l, wrong, check, arguments):
    def load_array(*args, **kwargs):
        loader = d2l.load_array(*args, **kwargs)
        loader.__class__ = wrong
        return loader

    check = getattr(test_load_array, f"test_{check}")
    check(d2l, *arguments)  # passes as things are
    with pytest.raises(AssertionError):
        check(SimpleNamespace(**vars(d2l) | {"load_array": load_array}), *arguments)
