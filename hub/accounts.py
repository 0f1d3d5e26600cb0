"""The accounts of a class: those in the teacher's list, and no others."""

import csv
from hmac import compare_digest
from pathlib import Path
from time import monotonic

from jupyterhub.auth import Authenticator
from traitlets import Unicode

SHORTEST = 8  # characters of a password
FAILURES, PAUSE = 5, 60  # wrong passwords, seconds


def accounts(path: Path) -> dict[str, str]:
    """Return the passwords in a list of students, by name: CSV with the columns student, password.

    Raises ValueError with the line that is wrong: a name or a password that is missing, a password
    that is too short, a name that is there twice or that cannot be one.
    """
    found = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        if rows.fieldnames is None or {"student", "password"} - set(rows.fieldnames):
            raise ValueError(f"{path.name}: want a first line with `student,password`")
        for row in rows:
            name = (row["student"] or "").strip().lower()
            password, where = (row["password"] or "").strip(), f"{path.name}, line {rows.line_num}"
            if not name or not all(c.isalnum() and c.isascii() or c in "-_." for c in name):
                wanted = "a name of letters without accents, digits and -_."
                raise ValueError(f"{where}: want {wanted}, got {name!r}")
            if name[0] in "-.":
                raise ValueError(f"{where}: a name cannot begin with {name[0]}")
            if name in found:
                raise ValueError(f"{where}: {name} is there twice")
            if len(password) < SHORTEST:
                raise ValueError(f"{where}: want a password of {SHORTEST} characters or more")
            found[name] = password
    if not found:
        raise ValueError(f"{path.name}: no student is in it")
    return found


class ClassAuthenticator(Authenticator):
    """Lets in whoever is in the list and gives the password there.

    Of the ready ones, nativeauthenticator 1.3 does not work with JupyterHub 6, and with
    firstuseauthenticator the first who comes chooses the password.
    """

    students = Unicode(help="The path of the list: see accounts.").tag(config=True)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.passwords = accounts(Path(self.students))
        self.allowed_users = set(self.passwords)
        self.failures = {}  # by name and address, when a wrong password was given

    async def authenticate(self, handler, data):
        """Return the name of whoever gives the right password, else None.

        After FAILURES wrong ones within PAUSE seconds from one address, none is right there until
        they are past; from another, the student still gets in.
        """
        name, now = self.normalize_username(data["username"].strip()), monotonic()
        place = name, handler.request.remote_ip
        recent = [time for time in self.failures.get(place, ()) if now - time < PAUSE]
        wanted = self.passwords.get(name, "")
        right = compare_digest(data["password"].encode(), wanted.encode()) and wanted != ""
        if right and len(recent) < FAILURES:
            self.failures.pop(place, None)
            return name
        if name in self.passwords:  # else the names that somebody invents would fill the memory
            self.failures[place] = [*recent, now][-FAILURES:]
        return None
