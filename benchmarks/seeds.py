"""Which seeds are the lesson's: of 40 runs the one that ends best, the twentieth and the worst.

`python -m benchmarks.seeds torch` trains them with a lesson's own code and prints its seeds. They
are another processor's, too, only by chance: it rounds otherwise.
"""

import sys

from tests.support.lesson import run_until

RUNS = 40


def main() -> None:
    """Print the seeds of a framework's lesson by rank."""
    (key,) = sys.argv[1:]
    one_run = run_until("runs = {", key)["one_run"]
    frechet = {seed: float(one_run(seed).frechet) for seed in range(RUNS)}
    ranked = sorted(frechet, key=frechet.get)
    for name, seed in ("best", ranked[0]), ("middle", ranked[RUNS // 2 - 1]), ("worst", ranked[-1]):
        print(f"{key}: {name} of {RUNS} is the seed {seed}, Fréchet {frechet[seed]:.3f}")


if __name__ == "__main__":
    main()
