"""The accounts of a class: those in the teacher's list, and no others.

The list has a first password for each; whoever is in may choose another. That is kept by the Hub,
hashed, and counts until the list has a new first one: so a forgotten password is mended.
"""

import asyncio
import codecs
import csv
import json
import re
import secrets
from hashlib import scrypt, sha256
from hmac import compare_digest
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from unicodedata import normalize

from jupyterhub.auth import Authenticator
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.orm import new_token
from tornado import web
from traitlets import Unicode

SHORTEST = 8  # characters of a password
LONGEST_NAME = 64
FAILURES, PAUSE = 30, 60  # wrong passwords for a name, within so many seconds


class Account(NamedTuple):
    """What the list says of somebody: the first password, and whether this is a teacher."""

    password: str
    teacher: bool


def accounts(path: Path) -> dict[str, Account]:
    """Return the accounts in a list, by name: CSV with the columns student and password.

    A third column, role, has `teacher` for whoever may see who is at work, and stop a server.
    Spaces around a name or a password do not count. Raises ValueError with the line that is wrong:
    a missing or invalid name, a name that is there twice, a short password, an unknown role.
    """
    header, *rows = rows_of(path) or [(1, [])]
    columns = [column.lower() for column in header[1]]
    named = [column for column in columns if column]
    if {"student", "password"} - set(named) or len(set(named)) < len(named):
        raise ValueError(f"{path.name}: want a first line with `student,password`")
    found = {}
    for line, cells in rows:
        where, row = f"{path.name}, line {line}", list(zip_longest(columns, cells, fillvalue=""))
        if any(cell for column, cell in row if not column):
            raise ValueError(f"{where}: more cells than the first line has")
        name, account = account_of(dict(row), where)
        if name in found:
            raise ValueError(f"{where}: {name} is there twice")
        found[name] = account
    if not found:
        raise ValueError(f"{path.name}: no student is in it")
    return found


def rows_of(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows of a list in which something stands, each with its line.

    Spreadsheets put commas, semicolons or tabs between cells, as the country has it, and add empty
    cells and rows. ValueError if this is no such file.
    """
    text = text_of(path)
    header, *_ = text.strip(",;\t\r\n ").splitlines() or [""]
    separator = max(",;\t", key=header.count)
    lines = csv.reader(StringIO(text, ""), delimiter=separator, skipinitialspace=True, strict=True)
    rows = []
    try:
        for line in lines:
            rows.append((lines.line_num, [cell.strip() for cell in line]))
    except csv.Error as error:
        before = rows[-1][0] if rows else 0
        raise ValueError(f"{path.name}, line {before + 1}: {error}") from None
    return [(line, cells) for line, cells in rows if any(cells)]


def text_of(path: Path) -> str:
    """Return the text of a file in UTF-8 or, with the mark of its first two bytes, in UTF-16."""
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not in UTF-8: save it as `CSV UTF-8`") from None


def account_of(row: dict[str, str], where: str) -> tuple[str, Account]:
    """Return the name and the account in a row of the list; ValueError if they cannot be."""
    name, password = row["student"].lower(), normalize("NFC", row["password"])
    role = row.get("role", "").lower() or "student"
    if not name or not all(c.isalnum() and c.isascii() or c in "-_." for c in name):
        wanted = "a name of letters without accents, digits and -_."
        raise ValueError(f"{where}: want {wanted}, got {name!r}")
    if name[0] in "-." or len(name) > LONGEST_NAME:
        wanted = f"a name that begins with a letter, of {LONGEST_NAME} characters at most"
        raise ValueError(f"{where}: want {wanted}, got {name!r}")
    if len(password) < SHORTEST:
        raise ValueError(f"{where}: want a password of {SHORTEST} characters or more")
    if re.fullmatch(r"\d([.,]\d+)?E\+\d+", password):
        raise ValueError(f"{where}: the password is a long number that the spreadsheet has rounded")
    if role not in ("student", "teacher"):
        raise ValueError(f"{where}: want the role student or teacher, got {role!r}")
    return name, Account(password, role == "teacher")


def stretched(password: str, salt: str) -> str:
    """Return what is kept in place of a password. It takes long, so that guessing does."""
    return scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()


def mark(first: str, salt: str) -> str:
    """Return by what a first password, which the list has anyway, is known again."""
    return sha256(f"{salt}{first}".encode()).hexdigest()


class ClassAuthenticator(Authenticator):
    """Lets in whoever is in the list and gives the right password.

    After FAILURES wrong passwords for a name within PAUSE seconds, none is looked at until they are
    past. This holds for all computers together: where a request comes from is what it says itself.

    Of the ready ones, nativeauthenticator 1.3 does not work with JupyterHub 6, and with
    firstuseauthenticator the first who comes chooses the password.
    """

    students = Unicode(help="The path of the list: see accounts.").tag(config=True)
    chosen = Unicode(help="The path of the passwords that students chose.").tag(config=True)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.listed = accounts(Path(self.students))
        self.allowed_users = set(self.listed)
        # Who has left the list has left the class, even if signed in: see validate_username.
        self.delete_invalid_users = True
        self.failures = {name: [] for name in self.listed}  # when a wrong password was given
        self.own = self.read_own()

    def read_own(self) -> dict[str, dict[str, str]]:
        """Return what is kept of the chosen passwords that still count; ValueError if broken."""
        path = Path(self.chosen)
        if not path.exists():
            return {}
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return {
                name: own
                for name, own in kept.items()
                if name in self.listed
                and own["first"] == mark(self.listed[name].password, own["salt"])
            }
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{path}: the passwords in it cannot be read: {error!r}") from None

    def validate_username(self, username: str) -> bool:
        """Tell whether somebody is of the class; JupyterHub deletes at its start who is not."""
        return super().validate_username(username) and username in self.listed

    def is_paused(self, name: str) -> bool:
        """Tell whether there were so many wrong passwords that none is looked at for a while."""
        now = monotonic()
        self.failures[name] = [time for time in self.failures[name] if now - time < PAUSE]
        return len(self.failures[name]) >= FAILURES

    async def is_right(self, name: str, password: str) -> bool:
        """Tell whether this is the password of whoever has this name."""
        if name not in self.listed or self.is_paused(name):
            return False
        password = normalize("NFC", password)
        if own := self.own.get(name):  # in a thread, for all others would have to wait
            given = await asyncio.to_thread(stretched, password, own["salt"])
            right = compare_digest(given, own["password"])
        else:
            right = compare_digest(password.encode(), self.listed[name].password.encode())
        if not right:
            self.failures[name].append(monotonic())
        return right

    def choose(self, name: str, password: str) -> None:
        """Keep the password that somebody chose in place of the first one."""
        salt = secrets.token_hex(16)
        kept = {
            "salt": salt,
            "first": mark(self.listed[name].password, salt),
            "password": stretched(normalize("NFC", password), salt),
        }
        own = self.own | {name: kept}
        draft = Path(self.chosen).with_suffix(".draft")  # whole before it counts: disks are full
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(own, indent=1), encoding="utf-8")
        draft.replace(self.chosen)
        self.own = own

    async def authenticate(self, handler, data):
        """Return the name of whoever gives the right password, else None."""
        name = self.normalize_username(data["username"].strip())
        return name if await self.is_right(name, data.get("password", "")) else None

    def get_handlers(self, app):
        """Add the page on which a password is chosen."""
        return [*super().get_handlers(app), ("/password", PasswordHandler)]


class PasswordHandler(BaseHandler):
    """The page /hub/password."""

    @web.authenticated
    async def get(self):
        """Show the form."""
        await self.show()

    @web.authenticated
    async def post(self):
        """Choose the new password, if the present one is right."""
        present, new, again = (
            self.get_body_argument(name, "", strip=False) for name in ("present", "new", "again")
        )
        name, authenticator = self.current_user.name, self.authenticator
        if authenticator.is_paused(name):
            await self.show("There were too many wrong passwords. Try again in a minute.")
        elif not await authenticator.is_right(name, present):
            await self.show("The present password is another one. Nothing was changed.")
        elif new != again:
            await self.show("The new password was not the same twice. Nothing was changed.")
        elif len(new) < SHORTEST:
            await self.show(f"Want {SHORTEST} characters or more. Nothing was changed.")
        else:
            try:
                authenticator.choose(name, new)
            except OSError as error:
                await self.show(f"It cannot be kept ({error.strerror}). Nothing was changed.")
                return
            # Whoever is signed in elsewhere has to give it.
            self.current_user.orm_user.cookie_id = new_token()
            self.db.commit()
            self.set_login_cookie(self.current_user)
            await self.show("From now on, sign in with the new password.", changed=True)

    async def show(self, message="", changed=False):
        """Write the page, with what came of it."""
        values = {"message": message, "changed": changed, "shortest": SHORTEST}
        self.finish(await self.render_template("password.html", **values))
