"""What the checks ask of a framework; its module beside this one has the answers."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import ModuleType
from typing import Any

import numpy as np

from d2lcheck import layout

Weights = Sequence[np.ndarray]


class Framework(ABC):
    """A framework's networks, losses and optimisers, as its lessons have them.

    A net is made of linear layers, with tanh between. Its weights come and go as NumPy arrays in
    the order W, b, W, b, ... with W of shape (inputs, outputs) and b of shape (outputs,). A net on
    images is one that a student has made: see d2lcheck.layout for its weights. What most frameworks
    have alike is written here, and each says what is otherwise.
    """

    d2l: ModuleType  # the framework's module of d2lmini
    # By a function that makes a net: the attributes at which the lesson's other cells look.
    looked_at: Mapping[str, tuple[str, ...]]
    leaky: Any  # another activation than tanh, as new_D is given one
    errors: Mapping[str, str] = {}  # what an error means, by a part of its message
    compiles = False  # whether train_epochs compiles its step
    colours_first = False  # whether an image has the shape (3, 16, 16), and not (16, 16, 3)
    # By an attribute of a net on images that the lesson's other cells need, what to say without it.
    image_net: Mapping[str, str] = {}

    @abstractmethod
    def tensor(self, array: np.ndarray) -> Any:
        """Return a NumPy array as the framework's own, of the same precision."""

    def array(self, value: Any) -> np.ndarray:
        """Return a number or an array of the framework as a NumPy array, or raise."""
        return np.asarray(value, dtype=float)

    def turned(self, images: np.ndarray) -> np.ndarray:
        """Return images (n, 16, 16, 3) with their axes as the framework has them."""
        return images.transpose(0, 3, 1, 2) if self.colours_first else images

    def images(self, array: np.ndarray) -> Any:
        """Return images (n, 16, 16, 3) as the framework's own, of the same precision."""
        return self.tensor(np.ascontiguousarray(self.turned(array)))

    @abstractmethod
    def parameters(self, net: Any) -> list[Any]:
        """Return what a net, whoever made it, keeps its weights in; each of them has a shape."""

    @abstractmethod
    def put(self, parameter: Any, w: np.ndarray) -> None:
        """Give a parameter this value, and its precision, if that is not fixed."""

    def value(self, parameter: Any) -> np.ndarray:
        """Return the value of a parameter."""
        return np.asarray(parameter)

    def kept(self, weights: Weights) -> list[np.ndarray]:
        """Return the weights of a net on images as the framework keeps them: see layout."""
        return layout.kept(weights, self.colours_first)

    def begin(self, net: Any, given: Any) -> None:  # noqa: B027  (most have nothing to do)
        """Let a net on images make its weights, if it has not yet. given: what it is for."""

    def own_layers(self, names: dict[str, Any]) -> AbstractContextManager[None]:
        """Let layers that the lesson writes itself rest on what is right.

        names: those that a function which makes a net on images finds. Mostly, layers are not ours.
        """
        return nullcontext()

    @abstractmethod
    def net(self, weights: Weights) -> Any:
        """Return a net with these weights, and of their precision."""

    @abstractmethod
    def single(self, inputs: int, outputs: int) -> Any:
        """Return a net of one layer as a lesson may make it; its biases are not 0."""

    @abstractmethod
    def assign(self, net: Any, weights: Weights) -> None:
        """Give a net, whoever made it, these weights."""

    @abstractmethod
    def weights(self, net: Any) -> list[np.ndarray]:
        """Return copies of a net's weights."""

    @abstractmethod
    def shapes(self, net: Any) -> list[tuple[int, ...]]:
        """Return the shapes of a net's weights, with a 0 for what it does not know yet."""

    def frozen(self, net: Any) -> bool:
        """Tell whether a parameter of a net can no longer move."""
        return False

    def gradients(self, net: Any) -> list[np.ndarray]:
        """Return the gradients that a net keeps, 0 where there are none; [] if it keeps none."""
        return []

    def set_gradients(self, net: Any, gradients: Weights) -> None:  # noqa: B027  (most keep none)
        """Leave gradients in a net that keeps them, as an earlier step may have done."""

    @abstractmethod
    def trainer(self, net: Any, calls: list[str]) -> Any:
        """Return SGD with the learning rate 1 for a net; it notes in calls what is done to it.

        See d2lcheck.watch.Seen for what it notes.
        """

    @abstractmethod
    def learning_rate(self, trainer: Any) -> float:
        """Return the learning rate of an optimiser."""

    @abstractmethod
    def loss(self, dtype: str = "float64") -> Callable:
        """Return the loss as the lesson's steps are given it, for nets of this precision."""

    def cross_entropy(self, loss: Callable, o: Any) -> Any:
        """Return what a loss, as the lesson has it, makes of logits o with the label 1."""
        return loss(o, 0 * o + 1)

    def holds_graph(self, value: Any) -> bool:
        """Tell whether a loss still holds what it was computed from."""
        return False

    def compiled(self, step: Callable, *nets: Any) -> Callable:
        """Return a step compiled, as the lesson's loop does it.

        step: takes the players, a tuple, and tensors; returns the players and what they lose. nets:
        those that it goes through.
        """
        return step

    def eager(self) -> AbstractContextManager[None]:
        """Run compiled functions step by step, so that a spy in them sees numbers."""
        return nullcontext()

    def double(self) -> AbstractContextManager[None]:
        """Let there be float64."""
        return nullcontext()

    @contextmanager
    def isolated_random_state(self, seed: int) -> Iterator[None]:
        """Start all random states that can be read from a seed, and leave them as they were.

        Those are Python's, NumPy's and, if it has one, the framework's.
        """
        pythons, numpys = random.getstate(), np.random.get_state()
        random.seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            random.setstate(pythons)
            np.random.set_state(numpys)

    def train_epochs(self, work: Callable, says: list[str]) -> Callable:
        """Return train_epochs: work itself, or around it, if the lesson has that part of it apart.

        says: where it puts what is wrong with what work returns.
        """
        return work

    def handed_on(self, names: dict[str, Any], says: list[str]) -> AbstractContextManager[None]:
        """Note in says if train_epochs does not go on with the players that a step returns.

        names: those that train_epochs finds, with the step. Mostly, players change in place.
        """
        return nullcontext()
