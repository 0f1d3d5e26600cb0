"""Each module of d2lmini, imported in a Python of its own, whatever is set there for others."""

import os

import pytest

import d2lmini
from tests.support.python import python, run


def test_a_module_starts_without_a_word_and_without_another_framework(framework):
    """Even where the home folder cannot be written and other programs have their settings."""
    env = os.environ | {"HOME": os.devnull, "TF_CPP_MIN_LOG_LEVEL": "0"}
    env |= {"TF_ENABLE_ONEDNN_OPTS": "1"}
    for folder in ("MPLCONFIGDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        env.pop(folder, None)
    others = set(d2lmini.FRAMEWORKS) - {framework, "numpy"}
    code = f"from d2lmini import {framework} as d2l; d2l.show(d2l.plt.figure(), '')\n"
    code += f"import sys; assert not {others} & set(sys.modules)"
    done = python("-c", code, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


KERAS = """
from d2lmini import tensorflow as d2l
import tensorflow as tf
print(tf.keras.config.backend(), tf.keras.config.floatx(), tf.keras.__version__[0])
"""


@pytest.mark.parametrize("framework", ["tensorflow"], indirect=True)
@pytest.mark.parametrize("legacy", ["0", "1"])
def test_settings_of_keras_do_not_reach_the_lesson(framework, legacy, tmp_path, monkeypatch):
    settings = '{"floatx": "float16", "backend": "jax"}'
    (tmp_path / "keras.json").write_text(settings, encoding="utf-8")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", legacy)
    assert run(KERAS) == "tensorflow float32 3"


@pytest.mark.parametrize("framework", ["tensorflow"], indirect=True)
def test_keras_that_already_runs_on_another_backend_is_refused(framework):
    code = "import tensorflow as tf; tf.keras.config.backend = lambda: 'jax'\n"
    code += "try: import d2lmini.tensorflow\nexcept ImportError as error: print(error)"
    assert "Keras already runs on jax (KERAS_BACKEND" in run(code)


@pytest.mark.parametrize("framework", ["jax"], indirect=True)
def test_jax_does_not_mourn_an_accelerator(framework):
    """Where it finds one that it cannot use, it warns at its start; a notebook would turn red."""
    warn = "import logging; logging.getLogger('jax._src.xla_bridge').warning('No GPU')"
    code = f"from d2lmini import {framework}; {warn}"
    done = python("-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
