"""What the results of a run say about it."""

from importlib.metadata import version

from tools import wheels


def pytest_benchmark_update_machine_info(machine_info):
    """Note the versions of what takes part: the frameworks, with what their lessons need."""
    from benchmarks.bench_steps import INSTALLED  # not before the frameworks asked for are checked

    names = ["numpy", "matplotlib"]
    for key in INSTALLED:
        names += [n.name for n in wheels.requirements(key) if wheels.fits(n, key)]
    machine_info["versions"] = {name: version(name).split("+")[0] for name in names}
