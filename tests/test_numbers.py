"""The numbers that a notebook begins with: whatever the text invites to try gives a result, and
what cannot work is refused in the cell that checks them."""

import ast
import warnings
from importlib import import_module

import numpy as np
import pytest

from tests.lesson import run_cells, run_until, source
from tools.backends import why_not

# Each extreme in one of them. The epochs are few, since they are all alike.
EXTREMES = [
    {"batch_size": 5000, "num_epochs": 1, "latent_dim": 16, "lr_D": 1e6, "lr_G": 1e6, "seed": 0},
    {"batch_size": 300, "num_epochs": 2, "latent_dim": 1, "lr_D": 0, "lr_G": 1, "seed": 2**32 - 1},
]
