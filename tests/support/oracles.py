"""What is right, computed in another way than the code does: no calculus is shared with it."""

import numpy as np


def gradient(function, weights, eps=1e-6):
    """Central differences of a function of some weights, which it sees changed in place."""
    slopes = [np.zeros_like(w) for w in weights]
    for w, slope in zip(weights, slopes, strict=True):
        for i in np.ndindex(w.shape):
            kept = w[i]
            w[i] = kept + eps
            up = function()
            w[i] = kept - eps
            slope[i] = (up - function()) / (2 * eps)
            w[i] = kept
    return slopes


def log_density(points, mean, cov):
    """That of the normal distribution: the product of the densities along its principal axes."""
    values, axes = np.linalg.eigh(cov)
    z = (points - mean) @ axes / np.sqrt(values)
    return (-(z**2) / 2 - np.log(2 * np.pi * values) / 2).sum(axis=1)
