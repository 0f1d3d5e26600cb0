"""Guards on the guards: realistic mistakes, each planted in a lesson's own code or in the loader,
and each to be caught by a check that the suite makes."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from d2lmini.loader import ArrayLoader
from tests.d2lmini import test_load_array
from tests.lessons import test_steps, test_train
from tests.lessons.test_equality import largest_difference
from tests.support import mistakes
from tests.support.frameworks import adapter_of
from tests.support.lesson import definitions, source
from tools.backends import why_not


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
# name, framework, what is right: what is wrong, the check that must notice
MISTAKES = [
    ("learning rates exchanged", "torch", {"lr=lr_D": "lr=lr_G", "lr=lr_G": "lr=lr_D"},
     check_training),
    ("learning rates exchanged", "mxnet",
     {'rate": lr_D': 'rate": lr_G', 'rate": lr_G': 'rate": lr_D'}, check_training),
    ("biases random", "torch",
     {"nn.init.zeros_(layer.bias)": "nn.init.normal_(layer.bias, 0, 0.02)"}, check_training),
    ("generator never initialised", "tensorflow", {"\ninit_net(net_G)\n": "\n"}, check_training),
    ("noise reused", "torch",
     {"Z = torch.randn(batch_size, latent_dim, device=X.device)":
      "Z = torch.ones(batch_size, latent_dim)"}, check_training),
    ("noise drawn once, when the step is compiled", "tensorflow",
     {"Z = tf.random.normal((X.shape[0], latent_dim))":
      "Z = tf.constant(fixed_Z[: X.shape[0]], tf.float32)"},
     check_training),
    ("biases random", "jax",
     {"jnp.zeros(layer.bias.shape)": "d2l.normal(0.0, 0.02, layer.bias.shape)"},
     check_training),
    ("a key used again in each epoch", "jax",
     {"noise = d2l.normal(0.0, 1.0,": "noise = jax.random.normal(jax.random.key(0),"},
     check_training),
    ("learning rates exchanged", "jax",
     {" adam(lr_D)": " adam(lr_G)", " adam(lr_G)": " adam(lr_D)"},
     check_training),
    ("players not handed back", "jax",
     {"nnx.update((net_D, net_G), nnx.state(players[:2]))": "pass"}, check_learning),
    ("players not handed on", "jax",
     {"players, (loss_D, loss_G) = compiled_step": "_, (loss_D, loss_G) = compiled_step"},
     check_learning),
]  # fmt: skip


def with_mistake(text, mistake):
    """The text with each part replaced, all at once, so that two can be exchanged."""
    assert all(right in text for right in mistake)
    pattern = "|".join(map(re.escape, mistake))
    return re.sub(pattern, lambda found: mistake[found[0]], text)


@pytest.mark.parametrize(
    "key, mistake, check",
    [mistake[1:] for mistake in MISTAKES],
    ids=[f"{name} ({key})" for name, key, *_ in MISTAKES],
)
def test_a_mistake_in_a_lesson_is_caught(key, mistake, check):
    if reason := why_not(key):
        pytest.skip(reason)
    text = source(key)
    check(key, text)  # the check passes as things are
    with pytest.raises(AssertionError):
        check(key, with_mistake(text, mistake))


SEEN = [mistake for mistake in mistakes.MISTAKES if not mistake.hidden]


@pytest.mark.parametrize("key, mistake", mistakes.each(SEEN))
def test_a_mistake_in_a_step_is_caught(key, mistake):
    if reason := why_not(key):
        pytest.skip(reason)
    right = mistakes.own(key, mistake.player)
    text = source(key)
    assert right in text
    with pytest.raises(Exception):  # noqa: B017  (a loss that is none makes no AssertionError)
        check_steps(key, text.replace(right, with_mistake(right, mistake.code[key])))


def test_the_steps_of_every_lesson_pass(framework):
    check_steps(framework, source(framework))


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
