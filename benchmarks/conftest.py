"""What the results of a run say about it."""

from importlib.metadata import requires, version

from packaging.requirements import Requirement


def pytest_benchmark_update_machine_info(machine_info):
    """Note the versions of what takes part: the frameworks, with what their lessons need."""
    from benchmarks.bench_steps import INSTALLED  # not before the frameworks asked for are checked

    needs = [Requirement(line) for line in requires("d2lmini")]
    needs = [need for need in needs if need.marker and "extra" in str(need.marker)]
    names = ["numpy", "matplotlib"]
    for key in INSTALLED:
        names += [need.name for need in needs if need.marker.evaluate({"extra": key})]
    machine_info["versions"] = {name: version(name).split("+")[0] for name in names}
