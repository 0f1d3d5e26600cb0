"""Processors are counted as what this process may use of them."""

import os

import pytest

from tools.processors import available

BATCH = "12:cpu,cpuacct:/batch/job\n3:memory:/batch/job\n"
# For each system: the groups that this process is in, and the files that give their bounds.
SYSTEMS = {
    "nothing there": ("", {}, 8),
    "no bound": ("0::/\n", {"cpu.max": "max 100000\n"}, 8),
    "version 2": ("0::/\n", {"cpu.max": "200000 100000\n"}, 2),
    "a part counts as one": ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),
    "less than one": ("0::/\n", {"cpu.max": "10000 100000\n"}, 1),
    "more than there are": ("0::/\n", {"cpu.max": "6400000 100000\n"}, 8),
    "a group of its own": ("0::/a/b\n", {"a/b/cpu.max": "300000 100000\n"}, 3),
    "a group around it": (
        "0::/a/b\n", {"a/cpu.max": "300000 100000\n", "a/b/cpu.max": "max 100000\n"}, 3,
    ),
    "another's group": ("0::/a\n", {"b/cpu.max": "100000 100000\n"}, 8),
    "version 1": (
        BATCH, {"cpu/batch/job/cpu.cfs_quota_us": "50000\n",
                "cpu/batch/job/cpu.cfs_period_us": "10000\n"}, 5,
    ),
    "version 1, a container": (
        BATCH, {"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4,
    ),
    "version 1, no bound": (
        BATCH, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8,
    ),
}  # fmt: skip


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_quota_bounds_what_the_machine_has(system, tmp_path, monkeypatch):
    groups, bounds, wanted = SYSTEMS[system]
    bounds = {f"sys/fs/cgroup/{name}": text for name, text in bounds.items()}
    for name, text in ({"proc/self/cgroup": groups} | bounds).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    assert available(tmp_path) == wanted


def test_only_processors_that_may_be_used_count(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5}, raising=False)
    assert available(tmp_path) == 2
    monkeypatch.delattr(os, "sched_getaffinity")  # as on macOS
    assert available(tmp_path) == 64
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available(tmp_path) == 1


def test_this_computer_has_some():
    assert 1 <= available() <= os.cpu_count()
