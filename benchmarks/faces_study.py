"""The study of the lesson on faces: five GANs for each change, by the PyTorch lesson's own code.

`make study` trains them, twenty minutes on two processors, and keeps what they came to in
benchmarks/faces_study.json, which the lessons' table and text are held to.
"""

import copy
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks import text_of
from d2lmini import faces
from tests.support.lesson import FACES, definitions
from tools import files
from tools.processors import ONE_THREAD, available

STORED = Path(__file__).with_name("faces_study.json")
SEEDS = range(5)
EPOCHS = [20, 40]  # at which they are measured
MEAN = 0.99  # of the mean weights, what stays at each step
LESSON, PENALTY = "this lesson", "gradient penalty"
SETTINGS = {
    LESSON: {},
    "tanh": {"activation": "tanh"},
    "beta1 = 0.9": {"beta1": 0.9},
    "epsilon = 0.01": {"epsilon": 0.01},
    PENALTY: {"penalty": 1.0},
    f"{PENALTY}, weight 0.1": {"penalty": 0.1},
    f"{PENALTY}, weight 10": {"penalty": 10.0},
}


class WithMean:
    """A loader that with each step lets the weights of mean_G follow those of net_G."""

    def __init__(self, data_iter, net_G, mean_G):
        self.data_iter, self.net_G, self.mean_G = data_iter, net_G, mean_G

    def __iter__(self) -> Iterator:
        for batch in self.data_iter:
            for mean, now in zip(self.mean_G.parameters(), self.net_G.parameters(), strict=True):
                mean.data.lerp_(now.data, 1 - MEAN)
            yield batch


def study(name: str, seed: int) -> dict[str, list[list[float]]]:
    """Train one GAN of the SETTINGS; return its measures at the EPOCHS, and those of its mean."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    names, settings = definitions("torch", lesson=FACES), dict(SETTINGS[name])
    real_faces = faces.draw(names["num_faces"], np.random.default_rng(0))
    data = torch.tensor(real_faces).permute(0, 3, 1, 2).contiguous()
    names["data"], weight = data, settings.pop("penalty", 0)
    net_D, net_G = names["new_D"](), names["new_G"]()
    if settings.pop("activation", None):
        for net in (net_D, net_G):
            for i, layer in enumerate(net):
                if isinstance(layer, nn.LeakyReLU):
                    net[i] = nn.Tanh()
    names["d2l"].seed(seed)
    names["init_net"](net_D)
    names["init_net"](net_G)
    mean_G = copy.deepcopy(net_G)
    loader = WithMean(names["d2l"].load_array((data,), names["batch_size"]), net_G, mean_G)
    numbers = [names[each] for each in ("lr_D", "lr_G", "latent_dim")]
    options = {"beta1": names["beta1"]} | settings
    options |= {"for_D": partial(names["penalise"], weight=weight)} if weight else {}
    training = names["train_epochs"](net_D, net_G, loader, max(EPOCHS), *numbers, **options)
    Z = np.random.default_rng(1).normal(size=(4000, names["latent_dim"]))
    result = {"last": [], "mean": []}
    for epoch, _ in enumerate(training, start=1):
        if epoch in EPOCHS:
            for which, net in {"last": net_G, "mean": mean_G}.items():
                measures = faces.measure(names["images_of"](net, Z), real_faces)
                result[which].append([round(float(value), 4) for value in measures])
    return result


def main() -> None:
    """Train and keep the study."""
    os.environ.update(ONE_THREAD)
    with ProcessPoolExecutor(available()) as pool:
        runs = product(SETTINGS, SEEDS)
        works = {pool.submit(study, name, seed): (name, seed) for name, seed in runs}
        for n, work in enumerate(as_completed(works), start=1):
            print(f"{n} of {len(works)}: {works[work][0]}, seed {works[work][1]}", flush=True)
    done = {run: work.result() for work, run in works.items()}
    stored = {"epochs": EPOCHS, "measures": list(faces.Measures._fields)}
    for name in SETTINGS:
        for which in ("last", "mean"):
            title = name if which == "last" else f"{name}, mean weights"
            stored[title] = [done[name, seed][which] for seed in SEEDS]
    files.write(STORED, text_of(stored))


if __name__ == "__main__":
    main()
