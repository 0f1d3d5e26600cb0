import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import d2lmini

PACKAGE = Path(d2lmini.__file__).parent
CONTRACT = """load_array Animator Timer Accumulator update_D update_G frechet_distance
              normal tensor matmul numpy seed set_figsize plt show""".split()


def run(code):
    """Run code in a Python of its own; return what it printed."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_package_alone_imports_no_framework_and_no_matplotlib():
    heavy = {*d2lmini.FRAMEWORKS, "matplotlib", "IPython"} - {"numpy"}
    assert run(f"import sys, d2lmini; print({heavy} & set(sys.modules))") == "set()"


def test_a_module_imports_its_own_framework_and_nothing_heavy(framework):
    """Read from the sources, for a framework may import what it likes."""
    own = {"numpy", "matplotlib", "PIL", "packaging", "IPython", "d2lmini", framework}
    common = set(PACKAGE.glob("*.py")) - {PACKAGE / f"{key}.py" for key in d2lmini.FRAMEWORKS}
    for path in common | {PACKAGE / f"{framework}.py"}:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in getattr(node, "names", ())]
            names = [node.module] if isinstance(node, ast.ImportFrom) else names
            if isinstance(node, ast.Import | ast.ImportFrom):
                tops = {name.split(".")[0] for name in names}
                assert tops <= own | sys.stdlib_module_names, f"{path.name}: {tops}"


def test_no_module_imports_another_framework(framework):
    others = set(d2lmini.FRAMEWORKS) - {framework, "numpy"}
    code = f"import sys; from d2lmini import {framework}; print({others} & set(sys.modules))"
    assert run(code) == "set()"


def test_a_module_starts_without_a_word(framework):
    done = subprocess.run(
        [sys.executable, "-c", f"from d2lmini import {framework}"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_module_offers_what_the_contract_names(d2l):
    assert [name for name in CONTRACT if not hasattr(d2l, name)] == []


def test_the_aliases_take_what_the_books_cells_pass(d2l):
    A, b = d2l.tensor([[1.0, 2.0], [-0.1, 0.5]]), d2l.tensor([1.0, 2.0])
    product = d2l.numpy(d2l.matmul(A, A) + b)
    assert product == pytest.approx(d2l.numpy(A) @ d2l.numpy(A) + d2l.numpy(b))


@pytest.mark.parametrize("key", [key for key in d2lmini.FRAMEWORKS if key != "numpy"])
def test_a_missing_framework_says_which_extra_to_install(key, monkeypatch):
    monkeypatch.setitem(sys.modules, key, None)  # importing it fails now
    monkeypatch.delitem(sys.modules, f"d2lmini.{key}", raising=False)
    with pytest.raises(
        ImportError, match=rf"{key} is not installed; .*pip install -e '.\[{key}\]'"
    ):
        import_module(f"d2lmini.{key}")


@pytest.mark.parametrize(
    "system, machine, without",
    [
        ("linux", "x86_64", []),
        ("linux", "aarch64", []),
        ("darwin", "arm64", ["mxnet"]),
        ("darwin", "x86_64", ["tensorflow", "torch"]),
        ("win32", "AMD64", ["mxnet"]),
    ],
)
def test_where_no_wheel_exists_it_says_so(system, machine, without):
    code = f"""
import sys, platform, d2lmini
sys.platform, platform.machine = {system!r}, lambda: {machine!r}
keys = ["mxnet", "tensorflow", "torch"]
print([k for k in keys if "no wheel of it exists" in str(d2lmini.missing_framework(k))])
print([k for k in keys if "pip install" in str(d2lmini.missing_framework(k))])
"""
    rest = [key for key in ("mxnet", "tensorflow", "torch") if key not in without]
    assert run(code).splitlines() == [str(without), str(rest)]


def test_a_broken_framework_is_not_called_missing(tmp_path):
    (tmp_path / "torch.py").write_text("import a_module_that_is_not_there")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    code += "try: import d2lmini.torch\nexcept ImportError as error: print(error.name)"
    assert run(code) == "a_module_that_is_not_there"
