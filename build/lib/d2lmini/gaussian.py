"""How far one normal distribution is from another."""

import numpy as np
from numpy.typing import ArrayLike


def frechet_distance(
    mean_1: ArrayLike, cov_1: ArrayLike, mean_2: ArrayLike, cov_2: ArrayLike
) -> np.ndarray:
    """Return the Frechet distance between two normal distributions.

    ``|m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2)``, for means m of shape (..., d) and
    covariances S of shape (..., d, d), gives distances of shape (...) in squared units of the
    points; 0 means the same distribution. It is the square of the 2-Wasserstein distance: Dowson
    and Landau, "The Frechet distance between multivariate normal distributions", Journal of
    Multivariate Analysis 12, 1982.
    """
    mean_1, cov_1, mean_2, cov_2 = (
        np.asarray(a, dtype=float) for a in (mean_1, cov_1, mean_2, cov_2)
    )
    root = _sqrt(cov_1)
    spread = cov_1 + cov_2 - 2 * _sqrt(root @ cov_2 @ root)
    return ((mean_1 - mean_2) ** 2).sum(-1) + np.trace(spread, axis1=-2, axis2=-1)


def _sqrt(cov: np.ndarray) -> np.ndarray:
    """Return the symmetric square root of covariances (..., d, d)."""
    values, vectors = np.linalg.eigh(cov)
    values = np.sqrt(np.maximum(values, 0))  # rounding can leave a 0 just below 0
    return (vectors * values[..., None, :]) @ vectors.swapaxes(-1, -2)
