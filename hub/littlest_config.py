"""What The Littlest JupyterHub needs for a class: README.md, beside this, says where it goes."""

import sys

CLASS = "/opt/class"  # the list, and what reads it
LESSONS = "https://git.example.org/class/lessons"

c = get_config()  # noqa: F821  (JupyterHub has it there)

sys.path.insert(0, CLASS)
c.JupyterHub.authenticator_class = "accounts.ClassAuthenticator"
c.ClassAuthenticator.students = f"{CLASS}/class.csv"
c.ClassAuthenticator.chosen = f"{CLASS}/passwords.json"
c.Authenticator.allow_existing_users = False  # who has left the list has left the class
c.JupyterHub.template_paths = [f"{CLASS}/templates"]
# Brings the lessons up to date, then opens the first.
urlpath = "lab/tree/lessons/gan/gan_numpy.ipynb"
c.Spawner.default_url = f"/git-pull?repo={LESSONS}&branch=main&urlpath={urlpath}"
c.Spawner.environment = {"LC_ALL": "C.UTF-8"}  # nbgitpuller understands git in English alone
