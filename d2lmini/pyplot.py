"""pyplot as the lessons need it, whatever is set outside: quiet, without LaTeX or a window."""

import logging

# At its first import it logs that it builds a list of fonts, or, at each import, that it cannot
# write to the home folder and makes do with another: nothing that a lesson should begin with.
logger = logging.getLogger("matplotlib")
level = logger.level
logger.setLevel(logging.ERROR)
try:
    import matplotlib
    from matplotlib import pyplot as plt
finally:
    logger.setLevel(level)

plt.rcParams["text.usetex"] = False  # a matplotlibrc may ask for LaTeX, which may not be there

# Figures go into the notebook as pictures. A backend for windows, set in MPLBACKEND, fails at the
# first figure where no screen is.
if backend := matplotlib.get_backend(auto_select=False):
    try:
        plt.switch_backend(backend)
    except ImportError:
        plt.switch_backend("agg")
