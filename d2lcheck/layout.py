"""How a framework keeps the weights of a network on images: in the NumPy lesson they are matrices.

There, a window of 4 x 4 pixels in c colours, or an image of 4 x 4 with c channels, is a row of 16 c
numbers: row, column, colour.
"""

from collections.abc import Sequence

import numpy as np

# By its shape, what a matrix of that lesson is. The first of a generator has as many rows as there
# are numbers of noise, and so any other shape.
FORMS = {
    (64, 512): "transposed",
    (32, 48): "transposed",
    (48, 32): "convolution",
    (512, 64): "convolution",
    (1024, 1): "out of an image",
}


def kept(weights: Sequence[np.ndarray], colours_first: bool) -> list[np.ndarray]:
    """Return weights W, b, W, b, ... of the NumPy lesson as a framework with layers keeps them.

    colours_first: whether it has W as (outputs, inputs), and an image as (colours, rows, columns).
    """
    pairs = zip(weights[::2], weights[1::2], strict=True)
    return [np.ascontiguousarray(w) for pair in pairs for w in kept_layer(*pair, colours_first)]


def kept_layer(W: np.ndarray, b: np.ndarray, colours_first: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights and the biases of one layer as such a framework keeps them."""
    rows, columns = W.shape
    match FORMS.get(W.shape):
        case "transposed":
            W = W.reshape(rows, 4, 4, columns // 16)
            return W.transpose((0, 3, 1, 2) if colours_first else (1, 2, 3, 0)), b
        case "convolution":
            W = W.reshape(4, 4, rows // 16, columns)
            return W.transpose((3, 2, 0, 1) if colours_first else (0, 1, 2, 3)), b
        case "out of an image" if colours_first:
            W = W.reshape(4, 4, 64, 1).transpose(3, 2, 0, 1)
            return W.reshape(columns, rows), b
        case None if colours_first:
            W = W.reshape(rows, 4, 4, 64).transpose(3, 1, 2, 0)
            return W.reshape(columns, rows), b.reshape(4, 4, 64).transpose(2, 0, 1).ravel()
    return W, b
