"""The lesson's study: a hundred GANs for each change, by the NumPy lesson's own code.

`make study` trains them, some ten minutes on two processors, and keeps what they came to in
benchmarks/study.json, which the lessons' table and text are held to, and as a picture.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks import text_of
from d2lmini.animator import COLORS
from d2lmini.gaussian import frechet_distance, log_density
from tests.support.lesson import definitions, run_cells
from tools import files
from tools.processors import ONE_THREAD, available

STORED = Path(__file__).with_name("study.json")
PICTURE = Path(__file__).parent.parent / "notebooks" / "gan" / "study.png"
EPOCHS = [1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320]  # that are kept
STOP = 80  # the epochs among which the held-out points choose one
LESSON, ALL = "this lesson", "all three"
CHANGES = {
    "LeakyReLU": {"activation": "leaky_relu"},
    "beta1 = 0.5": {"beta1": 0.5},
    "epsilon = 0.01": {"epsilon": 0.01},
}
EVERY = {name: value for change in CHANGES.values() for name, value in change.items()}
WITHOUT = {
    f"without {name}": {each: EVERY[each] for each in EVERY.keys() - change.keys()}
    for name, change in CHANGES.items()
}
FALLING = {
    "falling rates for epsilon": EVERY | {"epsilon": 1e-8, "falling": True, "num_epochs": 80}
}
SETTINGS = {LESSON: {}, **CHANGES, ALL: EVERY, **WITHOUT, **FALLING}


def lesson() -> dict:
    """Return what the NumPy lesson defines, and its data."""
    names = definitions("numpy")
    with redirect_stdout(StringIO()):
        run_cells("## The real data", "All frameworks get", "numpy", names)
    return names


def best_loss_D(names: dict, means: np.ndarray, covs: np.ndarray) -> np.ndarray:
    """Return loss_D of the best discriminator for fits (..., 2) and (..., 2, 2).

    It is estimated over 2000 points of each kind, the same for all.
    """
    Z = np.random.default_rng(2).normal(size=(2000, 2))
    truth = names["true_mean"], names["true_cov"]
    real = Z @ names["A"] + names["b"]
    fake = means[..., None, :] + Z @ np.linalg.cholesky(covs + 1e-9 * np.eye(2)).swapaxes(-1, -2)
    real_Y, fake_Y = (log_density(x, *truth) - log_density(x, means, covs) for x in (real, fake))
    return (np.logaddexp(0, -real_Y).mean(-1) + np.logaddexp(0, fake_Y).mean(-1)) / 2


def study(name: str) -> dict[str, list[float] | float]:
    """Train the hundred GANs of one of the SETTINGS; return what they came to at the EPOCHS."""
    names = lesson()
    settings = {"num_epochs": max(EPOCHS)} | SETTINGS[name]
    if "activation" in settings:
        settings["activation"] = names[settings["activation"]]
    result = names["study"](**settings)
    frechet, passed = judged(names, result.means, result.covs)
    points = names["held_out"]
    held_out = frechet_distance(result.means, result.covs, points.mean(0), np.cov(points.T))
    kept = held_out[:STOP].argmin(axis=0), np.arange(held_out.shape[1])
    at = [epoch - 1 for epoch in EPOCHS if epoch <= settings["num_epochs"]]
    lower, median, upper = np.quantile(frechet[at], [0.25, 0.5, 0.75], axis=1)
    best = best_loss_D(names, result.means[at], result.covs[at])
    losses = {"loss_D": result.loss_D[at], "best_loss_D": best}
    columns = {name: np.median(values, axis=1) for name, values in losses.items()}
    columns |= {"lower": lower, "median": median, "upper": upper}
    columns |= {"passed": passed[at].mean(axis=1)}
    of_averages = judged(names, result.averaged_means, result.averaged_covs)[1]
    columns |= {"passed_if_averaged": of_averages[at].mean(axis=1)}
    rounded = {column: values.round(4).tolist() for column, values in columns.items()}
    return rounded | {"passed_if_stopped": round(float(passed[kept].mean()), 4)}


def judged(names: dict, means: np.ndarray, covs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the Fréchet distance of each fit to the truth, and whether it passes."""
    mean_error, cov_error, frechet = names["fit_errors"](means, covs)
    return frechet, (mean_error < 0.2) & (cov_error < 0.2)


def closed_form() -> float:
    """Return the Fréchet distance of the mean and covariance of the lesson's 1000 points."""
    names = lesson()
    points = names["real_points"]
    return round(float(names["fit_errors"](points.mean(0), np.cov(points.T))[2]), 4)


def picture(stored: dict) -> Figure:
    """Return the fit by epochs: left each change alone, right all of them but one."""
    fig = Figure(figsize=(11, 4.6), layout="constrained")
    axes = fig.subplots(1, 2, sharey=True)
    titles = "one change at a time", "all three, and all but one"
    panels = [LESSON, *CHANGES], [ALL, *WITHOUT]
    for ax, names, title in zip(axes, panels, titles, strict=True):
        for name, color, line in zip(names, ("0.2", *COLORS), ("-", "--", "-.", ":"), strict=False):
            result = stored[name]
            ax.plot(EPOCHS, result["median"], color=color, linestyle=line, linewidth=2, label=name)
            ax.fill_between(EPOCHS, result["lower"], result["upper"], color=color, alpha=0.1)
        if LESSON not in names:
            ax.plot(EPOCHS, stored[LESSON]["median"], color="0.6", linewidth=1, label=LESSON)
        ax.axhline(stored["closed form"], color="0.5", linewidth=0.8)
        ax.text(1, stored["closed form"], "closed form", color="0.4", va="bottom")
        ax.set(title=title, xscale="log", yscale="log", xlabel="epoch")
        ax.set_xticks([1, 5, 20, 80, 320], ["1", "5", "20", "80", "320"], minor=False)
        ax.minorticks_off()
        ax.legend(loc="upper right")
    axes[0].set_ylabel("Fréchet distance to the truth")
    return fig


def main() -> None:
    """Train and keep the study, or with the argument `draw` only draw what is kept."""
    if sys.argv[1:] != ["draw"]:
        os.environ.update(ONE_THREAD)
        with ProcessPoolExecutor(available()) as pool:
            works = {pool.submit(study, name): name for name in SETTINGS}
            done = {}
            for work in as_completed(works):
                done[works[work]] = work.result()
                print(f"{len(done)} of {len(works)}: {works[work]}", flush=True)
        stored = {"epochs": EPOCHS, "closed form": closed_form()}
        stored |= {name: done[name] for name in SETTINGS}
        files.write(STORED, text_of(stored))
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    picture(stored).savefig(PICTURE, dpi=150)


if __name__ == "__main__":
    main()
