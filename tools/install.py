"""Install what a command needs: python -m tools.install run frameworks.

The words are extras of pyproject.toml; `frameworks` stands for those that BACKENDS names, or for
all. They go into the environment of the Python that runs this, and what is there stays, so that it
grows as more is asked of it. Nothing but the standard library is needed to begin with.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import d2lmini
from tools.backends import asked

ROOT = Path(__file__).parent.parent
INPUTS = (ROOT / "pyproject.toml", ROOT / "requirements.txt")
STAMP = Path(sys.prefix) / "d2lmini.json"  # what was installed, and from which INPUTS

# What pip calls a setting, wherever it has read it, and what uv does.
SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "ALL_PROXY",
}


def uv_environment() -> dict[str, str]:
    """Return the environment in which uv looks where pip does: in a school's mirror, say."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, encoding="utf-8").stdout
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # the newest of all places, as pip has it
    for section in "global", "install", ":env:":  # the later ones win
        for name, value in re.findall(rf"^{section}\.([a-z-]+)='(.*)'$", listed, re.MULTILINE):
            if name in SETTINGS:
                separator = "," if name == "find-links" else " "
                found[SETTINGS[name]] = separator.join(value.replace("\\n", " ").split())
    return found | os.environ


def install(extras: set[str]) -> None:
    """Install d2lmini with these extras, with uv or, where that could not be had, with pip."""
    command, environment = [sys.executable, "-m", "pip", "install"], None
    if find_spec("uv"):
        command = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable]
        environment = uv_environment()
    wanted = ["-c", str(ROOT / "requirements.txt"), "-e", f"{ROOT}[{','.join(sorted(extras))}]"]
    if subprocess.run([*command, *wanted], env=environment).returncode:
        raise SystemExit(
            "The set-up has failed, see above. Say the same again to go on; if that does not "
            "help, say `make clean` first."
        )


def main() -> None:
    """Install what is asked for and is not there, or not from the present INPUTS."""
    wanted = set(sys.argv[1:])
    try:
        frameworks = asked() or d2lmini.FRAMEWORKS
    except ValueError as error:
        raise SystemExit(error) from None
    if "frameworks" in wanted:
        wanted = wanted - {"frameworks"} | set(frameworks)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in INPUTS)).hexdigest()
    there = json.loads(STAMP.read_text(encoding="utf-8")) if STAMP.exists() else {}
    extras = wanted | set(there.get("extras", ()))
    now = {"inputs": digest, "extras": sorted(extras)}
    if now == there:
        return
    sizes = tomllib.loads(INPUTS[0].read_text(encoding="utf-8"))["tool"]["d2lmini"]["gigabytes"]
    new = sorted(extras - set(there.get("extras", ()))) or ["other versions"]
    size = sum(sizes.get(extra, 0) for extra in new)
    what = f"{', '.join(new)}, as far as there are wheels"
    print(f"Setting up {sys.prefix} for {what}: up to {size:.1f} GB.", flush=True)
    install(extras)
    draft = STAMP.with_suffix(".tmp")  # a file half written would be in the way for ever
    draft.write_text(json.dumps(now), encoding="utf-8")
    draft.replace(STAMP)


if __name__ == "__main__":
    main()
