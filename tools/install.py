"""Install what a command needs: python -m tools.install run frameworks.

The words are extras of pyproject.toml; `frameworks` stands for those that BACKENDS names, or for
all. They go into the environment of the Python that runs this, and what is there stays, so that it
grows as more is asked of it. Without a word, it is uv alone, which does the rest in seconds.
Nothing but the standard library is needed to begin with.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from ast import literal_eval
from importlib.util import find_spec
from pathlib import Path

import d2lmini
from tools.backends import frameworks_asked

ROOT = Path(__file__).resolve().parent.parent
INPUTS = (ROOT / "pyproject.toml", ROOT / "requirements.txt")
STAMP = Path(sys.prefix) / "d2lmini.json"  # what was installed, where, from which INPUTS

UV = "uv==0.13.9"  # does in seconds what takes pip minutes

# What says where packages come from, a school's mirror, say, as pip calls it and as uv does.
SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "ALL_PROXY",
}
# These count, too. No other setting does: `user`, `target` or `require-hashes` break the set-up.
PIP_ALONE = {"cache-dir", "client-cert", "keyring-provider", "retries", "timeout", "use-feature"}
UV_ALONE = re.compile(
    r"UV_(DEFAULT_INDEX|INDEX(_.*)?|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|INSECURE_HOST|OFFLINE|"
    r"NATIVE_TLS|SYSTEM_CERTS|KEYRING_PROVIDER|CACHE_DIR|LINK_MODE|HTTP_.*|CONCURRENT_.*)"
)


def environment() -> dict[str, str]:
    """Return the environment for pip, and for uv, which then looks where pip does."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    all_files = os.environ | {"PIP_USER": "0"}  # else `user` makes pip list the user's file alone
    listed = subprocess.run(command, env=all_files, capture_output=True, encoding="utf-8").stdout
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # the newest of all places, as pip has it
    for section in "global", "install", ":env:":  # the later ones win
        for name, value in re.findall(rf"^{section}\.([a-z-]+)=(.+)$", listed, re.MULTILINE):
            values = literal_eval(value).split()
            if name in SETTINGS:
                found[SETTINGS[name]] = ("," if name == "find-links" else " ").join(values)
            if name in SETTINGS.keys() | PIP_ALONE:
                found[f"PIP_{name.upper().replace('-', '_')}"] = " ".join(values)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_")) or UV_ALONE.fullmatch(name)
    }
    return found | kept | {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def install_uv() -> None:
    """Install uv, or say that pip will do its work."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", UV]
    if subprocess.run(command, env=environment()).returncode:
        print("Without uv, pip does the same, in minutes instead of seconds.", flush=True)


def install(extras: set[str], anew: bool) -> None:
    """Install d2lmini with these extras, with uv or, where that could not be had, with pip.

    anew: with all that is there already, too.
    """
    command = [sys.executable, "-m", "pip", "install", *["--force-reinstall"] * anew]
    if find_spec("uv"):
        command = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable]
        command += ["--reinstall"] * anew
    # Named from within, for in an address a folder such as C# would end before its #.
    wanted = ["-c", "requirements.txt", "-e", f".[{','.join(sorted(extras))}]"]
    if subprocess.run([*command, *wanted], env=environment(), cwd=ROOT).returncode:
        raise SystemExit(
            "The set-up has failed, see above. Say the same again to go on; if that does not "
            "help, say `make clean` first."
        )


def main() -> None:
    """Install what is asked for and is not there, or not from the present INPUTS and folder."""
    wanted = set(sys.argv[1:])
    if not wanted:
        return install_uv()
    try:
        frameworks = frameworks_asked() or d2lmini.FRAMEWORKS
    except ValueError as error:
        raise SystemExit(error) from None
    if "frameworks" in wanted:
        wanted = wanted - {"frameworks"} | set(frameworks)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in INPUTS)).hexdigest()
    there = json.loads(STAMP.read_text(encoding="utf-8")) if STAMP.exists() else {}
    extras = wanted | set(there.get("extras", ()))
    now = {"inputs": digest, "extras": sorted(extras), "folder": str(ROOT)}
    if now == there:
        return
    sizes = tomllib.loads(INPUTS[0].read_text(encoding="utf-8"))["tool"]["d2lmini"]["gigabytes"]
    # After a copy or a move, d2lmini and all scripts are still those of the other folder.
    moved = bool(there) and there.get("folder") != now["folder"]
    new = sorted(extras if moved else extras - set(there.get("extras", ()))) or ["other versions"]
    size = sum(sizes.get(extra, 0) for extra in new)
    what = f"{', '.join(new)}, as far as there are wheels"
    print(f"Setting up {sys.prefix} for {what}: up to {size:.1f} GB.", flush=True)
    install(extras, anew=moved)
    draft = STAMP.with_suffix(".tmp")  # a file half written would be in the way for ever
    draft.write_text(json.dumps(now), encoding="utf-8")
    draft.replace(STAMP)


if __name__ == "__main__":
    main()
