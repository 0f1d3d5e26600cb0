"""JupyterHub for a class on one server: what `make hub` runs, and where a real one may start.

Everybody in the list of students has a server of their own with the lessons, in a sandbox: it sees
the system and this Python, which it cannot change, and its own folder. What a teacher may want to
change stands first. https://jupyterhub.readthedocs.io explains each setting.
"""

import os
import sys
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import d2lmini  # noqa: E402
from hub.accounts import ClassAuthenticator, accounts  # noqa: E402
from tools.processors import ONE_THREAD  # noqa: E402
from tools.sandbox import sandbox, why_not  # noqa: E402

c = get_config()  # noqa: F821  (JupyterHub has it there)

DATA = Path(os.environ["HUB_DATA"]).resolve()  # the students' work, and the Hub's secrets
MEMORY = int(os.environ["HUB_MEMORY"])  # megabytes of data for each process of a student
IDLE = 3600  # seconds after which a server at which nobody works is stopped; the work stays

# Where the Hub listens. Before it is reached from elsewhere than this computer, put a web server
# with a certificate in front of it, for the proxy below takes none (no ssl_key, no ssl_cert). With
# a name for each student (subdomain_host), a page that one writes cannot act for another who is
# made to open it.
# The two ports after it are for the proxy and the Hub themselves, on this computer.
PORT = int(os.environ["HUB_PORT"])
c.JupyterHub.bind_url = f"http://{os.environ['HUB_ADDRESS']}:{PORT}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 1}"
c.JupyterHub.hub_port = PORT + 2

# Who is let in.
STUDENTS = Path(os.environ["HUB_STUDENTS"])
c.JupyterHub.authenticator_class = ClassAuthenticator
c.ClassAuthenticator.students = str(STUDENTS)
c.ClassAuthenticator.chosen = str(DATA / "hub" / "passwords.json")
c.JupyterHub.template_paths = [str(HERE / "templates")]
c.Authenticator.allow_existing_users = False  # those in the list, and no others

# What the Hub keeps. Nobody else may read it.
c.JupyterHub.cookie_secret_file = str(DATA / "hub" / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{quote(str(DATA / 'hub' / 'jupyterhub.sqlite'))}"
c.ConfigurableHTTPProxy.pid_file = str(DATA / "hub" / "proxy.pid")

# The proxy that comes from PyPI: so the Hub needs no Node.js. It waits as long as the Hub does.
c.ConfigurableHTTPProxy.command = [sys.executable, str(HERE / "proxy.py"), "--proxy-timeout=600000"]

# A stop of the Hub leaves the students' servers running; the next start finds them again.
c.JupyterHub.cleanup_servers = False
# A class signs in within a minute, and each server takes seconds of a processor to start. Whoever
# has to wait is shown that; nobody is sent away.
c.JupyterHub.concurrent_spawn_limit = 0
c.Spawner.start_timeout = c.Spawner.http_timeout = 600
c.Spawner.poll_interval = 5  # seconds after which a server that has died is noticed

c.JupyterHub.spawner_class = "simple"  # what is unsafe about it, the sandbox mends
HOMES = str(DATA / "homes").replace("{", "{{").replace("}", "}}")  # as a template has braces
c.SimpleLocalProcessSpawner.home_dir_template = f"{HOMES}/{{username}}"
c.Spawner.default_url = f"/lab/tree/lessons/{os.environ['HUB_LESSON']}"
c.Spawner.environment = {
    "JUPYTER_RUNTIME_DIR": "/tmp/runtime",  # in the sandbox, so that nobody sees its sockets
    **ONE_THREAD,  # each student has one processor's worth of threads, not all of them
}
c.Spawner.args = [
    "--allow-root",  # in the sandbox, it is nobody
    "--KernelManager.transport=ipc",  # over TCP, others could read what a kernel prints
    f"--LabApp.app_settings_dir={HERE / 'lab'}",  # no news from the network
    # Each start would import these, and the lessons need neither.
    "--ServerApp.jpserver_extensions={'jupyter_lsp': False, 'jupyterlab_jupytext': False}",
]


HIDDEN = [HERE.parent, DATA]
PACKAGES = [Path(d2lmini.__file__).parents[1] / name for name in ("d2lmini", "d2lcheck")]
SHOWN = [*PACKAGES, HERE / "start.py", HERE / "lab", DATA / "lessons.git"]
# Tried once: at each sign-in it would cost.
if reason := why_not(sandbox(HIDDEN, SHOWN, network=True)):
    raise RuntimeError(f"{reason}; without it, nobody is kept apart")


def into_sandbox(spawner):
    """Let a student's server start in a sandbox of its own."""
    home = Path(spawner.home_dir)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = sandbox(HIDDEN, SHOWN, home, network=True)
    limit = f"prlimit --data={MEMORY * 2**20} --core=0"
    # The shell is what the Hub knows and ends; what is in the sandbox ends with it, and not with
    # the Hub. While it waits it can be interrupted, so a server stops at once.
    spawner.cmd = ["sh", "-c", f'{limit} "$@" & wait', "sh", *command]
    spawner.cmd += [sys.executable, str(HERE / "start.py"), str(DATA / "lessons.git")]


c.Spawner.pre_spawn_hook = into_sandbox

# Stops servers at which nobody works; ends with the Hub, even if that is killed.
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [
            "setpriv",
            "--pdeathsig",
            "TERM",
            sys.executable,
            "-m",
            "jupyterhub_idle_culler",
            f"--timeout={IDLE}",
        ],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    },
    # On the page Admin. To see the work, a teacher looks into the folder homes: a student's server
    # refuses whom it does not belong to, and what it shows may act for whoever looks at it.
    {
        "name": "teacher",
        "scopes": ["admin-ui", "list:users", "read:users", "read:servers", "delete:servers"],
        "users": [name for name, account in accounts(STUDENTS).items() if account.teacher],
    },
]
