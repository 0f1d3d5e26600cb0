"""What `make` installs, and where from: tools/install.py with its commands only written down.

And that nothing else of whoever runs it has a say in what comes out.
"""

import re
from types import SimpleNamespace

import nbformat
import pytest

import d2lmini
from tests.support.python import python
from tools import install


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Return the list of commands, which all succeed; the environment is empty."""
    made = []

    def run(command, env=None, **options):
        made.append((command[1:], env, options.get("cwd")))
        return SimpleNamespace(returncode=0, stdout="")

    inputs = tmp_path / "pyproject.toml", tmp_path / "requirements.txt"
    for path, source in zip(inputs, install.INPUTS, strict=True):
        path.write_bytes(source.read_bytes())
    monkeypatch.setattr(install, "INPUTS", inputs)
    monkeypatch.setattr(install, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(install, "find_spec", lambda name: object())
    monkeypatch.setattr(install.subprocess, "run", run)
    monkeypatch.delenv("BACKENDS", raising=False)
    return made


def install_for(*words, monkeypatch):
    monkeypatch.setattr("sys.argv", ["install", *words])
    install.main()


def extras(call):
    """The extras that a command asks for."""
    return set(call[0][-1].partition("[")[2].rstrip("]").split(","))


def test_only_what_is_asked_for_and_the_environment_grows(calls, monkeypatch):
    monkeypatch.setenv("BACKENDS", "numpy")
    install_for("run", "frameworks", monkeypatch=monkeypatch)
    assert extras(calls[-1]) == {"run", "numpy"}
    install_for("book", monkeypatch=monkeypatch)
    assert extras(calls[-1]) == {"run", "numpy", "book"}
    before = len(calls)
    install_for("run", "frameworks", monkeypatch=monkeypatch)
    assert len(calls) == before
    monkeypatch.delenv("BACKENDS")
    install_for("run", "frameworks", monkeypatch=monkeypatch)
    assert extras(calls[-1]) == {"run", "book", *d2lmini.FRAMEWORKS}


@pytest.mark.parametrize("which", [0, 1])
def test_all_is_installed_anew_when_the_versions_change(calls, monkeypatch, which):
    install_for("book", monkeypatch=monkeypatch)
    with install.INPUTS[which].open("a", encoding="utf-8") as changed:
        changed.write("\n# new")
    install_for("run", monkeypatch=monkeypatch)
    assert extras(calls[-1]) == {"run", "book"}
    constraint = calls[-1][0][calls[-1][0].index("-c") + 1]
    assert constraint.endswith("requirements.txt")


def test_a_failure_is_said_and_not_taken_for_done(calls, monkeypatch):
    failed = SimpleNamespace(returncode=1, stdout="")
    monkeypatch.setattr(install.subprocess, "run", lambda *args, **options: failed)
    with pytest.raises(SystemExit, match="set-up has failed"):
        install_for("run", monkeypatch=monkeypatch)
    assert not install.STAMP.exists()


def test_gigabytes_are_announced_before_they_come(calls, monkeypatch, capsys):
    monkeypatch.setenv("BACKENDS", "tensorflow")
    install_for("run", "frameworks", monkeypatch=monkeypatch)
    said = capsys.readouterr().out
    assert "for run, tensorflow, as far as there are wheels: up to 1.9 GB" in said
    install_for("lab", "frameworks", monkeypatch=monkeypatch)
    assert "for lab, as far as there are wheels: up to 0.1 GB" in capsys.readouterr().out


def test_every_extra_has_its_size():
    text = (install.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = install.tomllib.loads(text)
    sizes = project["tool"]["d2lmini"]["gigabytes"]
    assert sizes.keys() == project["project"]["optional-dependencies"].keys()


def test_without_uv_the_set_up_goes_on(calls, monkeypatch, capsys):
    install_for(monkeypatch=monkeypatch)
    assert calls[-1][0] == ["-m", "pip", "install", "--quiet", install.UV]
    assert capsys.readouterr().out == "" and not install.STAMP.exists()
    failed = SimpleNamespace(returncode=1, stdout="")
    monkeypatch.setattr(install.subprocess, "run", lambda *args, **options: failed)
    install_for(monkeypatch=monkeypatch)
    assert "Without uv, pip does the same" in capsys.readouterr().out


@pytest.mark.parametrize("uv, option", [(object(), "--reinstall"), (None, "--force-reinstall")])
def test_in_a_folder_that_was_copied_or_moved_all_is_installed_anew(
    calls, monkeypatch, uv, option, tmp_path
):
    monkeypatch.setattr(install, "find_spec", lambda name: uv)
    install_for("run", monkeypatch=monkeypatch)
    assert option not in calls[-1][0]
    monkeypatch.setattr(install, "ROOT", tmp_path / "moved")
    install_for("run", monkeypatch=monkeypatch)
    # By no address, in which a folder such as C# would end before its #.
    assert option in calls[-1][0] and calls[-1][0][-1] == ".[run]"
    assert calls[-1][2] == tmp_path / "moved"
    before = len(calls)
    install_for("run", monkeypatch=monkeypatch)
    assert len(calls) == before
    install_for("book", monkeypatch=monkeypatch)
    assert option not in calls[-1][0]


def test_where_uv_is_missing_pip_does_the_work(calls, monkeypatch):
    install_for("run", monkeypatch=monkeypatch)
    assert calls[-1][0][:4] == ["-m", "uv", "pip", "install"]
    monkeypatch.setattr(install, "find_spec", lambda name: None)
    install_for("book", monkeypatch=monkeypatch)
    assert calls[-1][0][:3] == ["-m", "pip", "install"]


def test_a_wrong_name_in_backends_is_named(calls, monkeypatch):
    monkeypatch.setenv("BACKENDS", "torhc")
    with pytest.raises(SystemExit, match="BACKENDS: torhc is none of torch, "):
        install_for("run", monkeypatch=monkeypatch)
    assert not calls


def test_uv_looks_where_pip_does(monkeypatch, tmp_path):
    """With pip's own reading of its environment and of its file."""
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://global/simple\nfind-links = /of/global\n"
        "extra-index-url =\n  https://one/simple\n  https://two/simple\n"
        "[install]\nindex-url = https://install/simple\n",
        encoding="utf-8",
    )
    for name in "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_FIND_LINKS":
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels /more")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    found = install.environment()
    assert found["UV_DEFAULT_INDEX"] == "https://install/simple"
    assert found["UV_INDEX"] == "https://one/simple https://two/simple"
    assert found["UV_FIND_LINKS"] == "/wheels,/more"
    assert found["UV_NO_INDEX"] == "1"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own/simple")
    assert install.environment()["UV_DEFAULT_INDEX"] == "https://own/simple"
    # pip, should it come to that, looks there too.
    assert found["PIP_INDEX_URL"] == "https://install/simple"
    assert found["PIP_FIND_LINKS"] == "/wheels /more"


def test_settings_that_would_break_the_set_up_do_not_count(monkeypatch, tmp_path):
    text = "[global]\nuser = true\ntarget = /else\ncert = /o'brien/ca.pem\n[install]\nprefix = /x\n"
    (tmp_path / "pip.conf").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.delenv("PIP_CERT", raising=False)
    kept = {"UV_CACHE_DIR": "/cache", "UV_INDEX_SCHOOL_USERNAME": "an", "PIP_TIMEOUT": "9"}
    lost = "PIP_REQUIRE_HASHES", "PIP_USER", "PIP_PREFIX", "PIP_NO_DEPS", "UV_REQUIRE_HASHES"
    lost += "UV_TARGET", "UV_SYSTEM_PYTHON", "UV_NO_BUILD", "UV_EXCLUDE_NEWER", "UV_CONSTRAINT"
    for name, value in (kept | dict.fromkeys(lost, "1")).items():
        monkeypatch.setenv(name, value)
    found = install.environment()
    assert kept.items() <= found.items() and not found.keys() & {*lost, "PIP_TARGET"}
    assert found["PIP_CERT"] == "/o'brien/ca.pem"
    listed = python("-m", "pip", "config", "list", env=found).stdout
    assert "timeout" in listed and not re.search("user|target|prefix|hashes|deps", listed)


def test_no_settings_of_whoever_builds_a_notebook_are_in_it(tmp_path):
    profile = tmp_path / ".ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True)
    settings = "c.InteractiveShell.ast_node_interactivity = 'all'"
    (profile / "ipython_kernel_config.py").write_text(settings, encoding="utf-8")
    (profile / "startup" / "mine.py").write_text("mine = 1", encoding="utf-8")
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9", encoding="utf-8")
    (tmp_path / "mine.py").write_text("mine = 2", encoding="utf-8")
    lesson = tmp_path / "notebooks" / "gan_numpy.py"
    lesson.parent.mkdir()
    code = "1\nfrom matplotlib import rcParams\n'mine' in vars(), rcParams['lines.linewidth']"
    kernel = "{name: python3, display_name: Python 3, language: python}"
    head = f"# ---\n# jupyter:\n#   kernelspec: {kernel}\n# ---\n\n# %%\n"
    lesson.write_text(f"{head}{code}\n", encoding="utf-8")
    env = install.os.environ | {"HOME": str(tmp_path), "IPYTHONDIR": str(profile.parent)}
    env |= {"MATPLOTLIBRC": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "mine.py")}
    build = "import sys, pathlib; from tools.build import build; build(pathlib.Path(sys.argv[1]))"
    done = python("-c", build, lesson, cwd=install.ROOT, env=env)
    assert done.returncode == 0, done.stderr
    (cell,) = nbformat.read(lesson.with_suffix(".ipynb"), as_version=4).cells
    assert [output.data["text/plain"] for output in cell.outputs] == ["(False, 1.5)"]
