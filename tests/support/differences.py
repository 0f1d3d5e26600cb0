"""Central differences, an oracle that shares no calculus with the code."""

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
