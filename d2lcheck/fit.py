"""Check of the errors of a fit."""

from collections.abc import Callable, Iterable

import numpy as np

from d2lcheck.compare import compare
from d2lcheck.framework import Framework
from d2lcheck.watch import plain
from d2lmini.gaussian import frechet_distance

NAMES = ("the error of the mean", "the error of the covariance", "the Fréchet distance")


def check_fit_errors(framework: Framework, work: Callable) -> list[str]:
    """Check the function that compares a mean and a covariance with the truth.

    The truth is what the student's notebook has in true_mean and true_cov.
    """
    truth = [plain(work).__globals__.get(name) for name in ("true_mean", "true_cov")]
    if any(value is None for value in truth):
        return ["it needs true_mean and true_cov: run the cells with the real data"]
    true_mean, true_cov = (np.array(value) for value in truth)
    mean, cov = np.array([1.5, 1.2]), np.array([[0.8, 0.3], [0.3, 2.0]])
    given = mean.copy(), cov.copy()
    value = work(*given)
    if not all(map(np.array_equal, truth, (true_mean, true_cov))):
        truth[0][...], truth[1][...] = true_mean, true_cov  # as they were before
        return ["true_mean or true_cov is changed in place: others still need them"]
    if not all(map(np.array_equal, given, (mean, cov))):
        return ["what it is given is changed in place: others still need it"]
    value = list(value) if isinstance(value, Iterable) else []
    if len(value) != 3:
        return ["it returns three numbers: the errors of mean and covariance, and the distance"]
    off, cov_off = mean - true_mean, cov - true_cov
    size, length = np.linalg.norm(cov_off), np.linalg.norm(off)
    frechet = float(frechet_distance(mean, cov, true_mean, true_cov))
    relative = size / np.linalg.norm(true_cov)
    squared = "{} is a length: take the root of the sum of squares"
    known = [
        {
            squared.format(NAMES[0]): length**2,
            "the error of the mean is a length, not the sum of the two errors": abs(off).sum(),
            "the error of the mean is a length, not the mean of the two errors": abs(off).mean(),
            "the error of the mean is one number": off,
        },
        {
            "the error of the covariance is relative: divide by the size of the true one": size,
            "it is relative to the true covariance, not to the other": size / np.linalg.norm(cov),
            squared.format(NAMES[1]): relative**2,
            "the size of a matrix here is the Frobenius norm": np.linalg.norm(cov_off, 2)
            / np.linalg.norm(true_cov, 2),
            "the error of the covariance is one number": cov_off,
        },
        {
            "no root is taken of the Fréchet distance here": np.sqrt(frechet),
            "the Fréchet distance is to the truth, not to N(0, I)": frechet_distance(
                mean, cov, np.zeros(2), np.eye(2)
            ),
        },
    ]
    right = length, relative, frechet
    for i, mistakes in enumerate(known):
        for j, other in enumerate(right):
            if i != j:
                mistakes[f"{NAMES[j]} stands where {NAMES[i]} should"] = other
    return [
        said
        for got, wanted, mistakes, name in zip(value, right, known, NAMES, strict=True)
        for said in compare(got, wanted, mistakes, name)
    ]
