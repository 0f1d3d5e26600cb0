"""pyplot as the lessons need it, whatever is set outside: quiet and without LaTeX."""

import logging

# At its first import it logs that it builds a list of fonts, or, at each import, that it cannot
# write to the home folder and makes do with another: nothing that a lesson should begin with.
logger = logging.getLogger("matplotlib")
level = logger.level
logger.setLevel(logging.ERROR)
try:
    from matplotlib import pyplot as plt
finally:
    logger.setLevel(level)

plt.rcParams["text.usetex"] = False  # a matplotlibrc may ask for LaTeX, which may not be there
