"""Which of the project's packages may import which."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWN = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"benchmarks", "hub", "tests"}


def imported(path):
    """The top-level packages that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: say from which package"
            yield node.module.split(".")[0]


@pytest.mark.parametrize(
    "package, below", [("d2lmini", set()), ("d2lcheck", {"d2lmini"})], ids=["d2lmini", "d2lcheck"]
)
def test_a_students_package_knows_nothing_of_what_is_above_it(package, below):
    """The checks rest on d2lmini and never the reverse; neither knows the tools."""
    files = sorted((ROOT / package).rglob("*.py"))
    assert files and {"tools", "d2lcheck", "d2lmini"} <= OWN
    for file in files:
        assert set(imported(file)) & OWN <= {package} | below, file.name
