"""Guards on the guards: realistic mistakes, each planted in a lesson's own code or in the loader,
and each to be caught by a check that the suite makes."""

import re
from importlib import import_module
from types import SimpleNamespace

import pytest

from d2lmini.loader import ArrayLoader
from tests import test_load_array, test_steps, test_train
from tests.lesson import definitions, source
from tests.test_equality import largest_difference
from tools.backends import why_not


def check_equality(key, text):
    """As in test_equality, for 20 steps."""
    assert largest_difference(key, definitions(key, text), "sgd", 1, steps=20) < 1e-10


def check_formulas(key, text):
    """As in test_steps: the steps against central differences."""
    adapter, functions = (
        import_module(f"tests.adapters.{key}"),
        SimpleNamespace(**definitions(key, text)),
    )
    for check in (
        test_steps.test_update_D_descends_its_loss_and_leaves_the_generator,
        test_steps.test_update_G_descends_its_loss_and_leaves_the_discriminator,
    ):
        check(functions, adapter, test_steps.new_game())


def check_training(key, text):
    """As in test_train: the start and the loop."""
    start, seen, data = test_train.watch(key, text)
    test_train.check_the_start(start)
    test_train.check_the_loop(seen, data)


# name, framework, what is right, what is wrong, the check that must notice
MISTAKES = [
    ("labels swapped", "torch", "loss_real = loss(real_Y, torch.ones_like(real_Y))",
     "loss_real = loss(real_Y, torch.zeros_like(real_Y))", check_equality),
    ("fakes not detached", "torch", "fake_X = net_G(Z).detach()", "fake_X = net_G(Z)",
     check_formulas),
    ("fakes not detached", "mxnet", "fake_X = net_G(Z).detach()", "fake_X = net_G(Z)",
     check_formulas),
    ("the / 2 forgotten", "tensorflow", "(loss_real + loss_fake) / 2", "loss_real + loss_fake",
     check_equality),
    ("saturating loss", "torch", "loss_G = loss(fake_Y, torch.ones_like(fake_Y))",
     "loss_G = -loss(fake_Y, torch.zeros_like(fake_Y))", check_equality),
    ("saturating loss", "numpy", "loss.slope(fake_Y, 1)", "-loss.slope(fake_Y, 0)", check_formulas),
    ("gradients not cleared", "torch", "    trainer_D.zero_grad()\n", "", check_equality),
    ("the generator's gradients not cleared", "torch", "    trainer_G.zero_grad()\n", "",
     check_equality),
    ("generator's step moves the discriminator", "tensorflow",
     "trainer_G.apply(gradients, net_G.trainable_variables)",
     "trainer_G.apply(gradients, net_G.trainable_variables)\n"
     "    net_D.trainable_variables[0].assign_add(net_D.trainable_variables[0] * 0.01)",
     check_equality),
    ("step scaled twice", "mxnet", "loss_D = (loss_real + loss_fake) / 2",
     "loss_D = ((loss_real + loss_fake) / 2).mean()", check_equality),
    ("half of the gradient lost", "numpy", "[r + f for r, f in", "[r for r, f in", check_formulas),
    ("learning rates exchanged", "torch", "net_D.parameters(), lr=lr_D",
     "net_D.parameters(), lr=lr_G", check_training),
    ("learning rates exchanged", "mxnet", '{"learning_rate": lr_G}', '{"learning_rate": lr_D}',
     check_training),
    ("biases random", "torch", "nn.init.zeros_(parameter)", "nn.init.normal_(parameter, 0, 0.02)",
     check_training),
    ("generator never initialised", "tensorflow", "\ninit_net(net_G)\n", "\n", check_training),
    ("noise reused", "torch", "Z = torch.randn(batch_size, latent_dim, device=X.device)",
     "Z = fixed_Z[:batch_size]", check_training),
    ("noise drawn when the step is compiled, not when it runs", "tensorflow",
     "Z = tf.random.normal((X.shape[0], latent_dim))", "Z = fixed_Z[: X.shape[0]]", check_training),
]  # fmt: skip


@pytest.mark.parametrize(
    "key, right, wrong, check",
    [mistake[1:] for mistake in MISTAKES],
    ids=[f"{name} ({key})" for name, key, *_ in MISTAKES],
)
def test_a_mistake_in_a_lesson_is_caught(key, right, wrong, check):
    if reason := why_not(key):
        pytest.skip(reason)
    text = source(key)
    assert right in text
    check(key, text)  # the check passes as things are
    with pytest.raises(AssertionError):
        check(key, text.replace(right, wrong))


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
