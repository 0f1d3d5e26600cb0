"""A class on a Hub of its own: simulated students, who do what a browser does, and the Hub."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from random import randrange
from time import monotonic, sleep
from uuid import uuid4

import psutil
import requests
import websocket

ROOT = Path(__file__).parents[2]


class Student:
    """Signs in, opens a lesson, runs it, saves it and signs out; raises RuntimeError if it cannot.

    address: the Hub's, http://127.0.0.1:8000. patience: seconds to wait for any one answer.
    """

    def __init__(self, address: str, name: str, password: str, patience: float = 600):
        self.address, self.name, self.password = address, name, password
        self.patience, self.session = patience, requests.Session()

    def ask(self, method: str, path: str, **options) -> requests.Response:
        """Ask the Hub or the student's server; wait and ask again where it says so."""
        if method != "GET":
            cookies = {cookie.path: cookie.value for cookie in self.session.cookies
                       if cookie.name == "_xsrf"}  # fmt: skip
            fit = [where for where in cookies if path.startswith(where)]
            options["headers"] = {"X-XSRFToken": cookies[max(fit, key=len)]} if fit else {}
        options["timeout"] = self.patience
        end = monotonic() + self.patience
        while True:
            answer = self.session.request(method, self.address + path, **options)
            if answer.status_code != 429 or monotonic() > end:
                return answer
            sleep(min(5, int(answer.headers.get("Retry-After", 1))))

    def sign_in(self) -> None:
        """Give name and password; the Hub starts the student's server."""
        self.ask("GET", "/hub/login")
        form = {"username": self.name, "password": self.password}
        form["_xsrf"] = self.session.cookies.get("_xsrf", path="/hub/")
        answer = self.ask("POST", "/hub/login", params={"next": "/hub/spawn"}, data=form)
        if "/hub/login" in answer.url or answer.status_code == 403:
            raise RuntimeError(f"{self.name} is not let in: {answer.status_code}")

    def wait_for_server(self) -> None:
        """Wait until the student's server answers."""
        end = monotonic() + self.patience
        while monotonic() < end:
            answer = self.ask("GET", f"/user/{self.name}/lab")
            if answer.ok and f"/user/{self.name}/lab" in answer.url:
                return
            if answer.status_code == 424:  # it is not running
                self.ask("GET", "/hub/spawn")
            sleep(0.5)
        raise RuntimeError(f"{self.name}'s server does not answer")

    def read(self, path: str) -> dict:
        """Return a notebook of the student's."""
        answer = self.ask("GET", f"/user/{self.name}/api/contents/{path}")
        if not answer.ok:
            raise RuntimeError(f"{self.name} cannot open {path}: {answer.status_code}")
        return answer.json()["content"]

    def write(self, path: str, notebook: dict) -> requests.Response:
        """Save a notebook of the student's."""
        content = {"type": "notebook", "format": "json", "content": notebook}
        return self.ask("PUT", f"/user/{self.name}/api/contents/{path}", data=json.dumps(content))

    def start_kernel(self, path: str) -> "Kernel":
        """Start a kernel for a notebook."""
        wanted = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        answer = self.ask("POST", f"/user/{self.name}/api/sessions", data=json.dumps(wanted))
        if not answer.ok:
            raise RuntimeError(f"{self.name} has no kernel: {answer.status_code}")
        return Kernel(self, answer.json()["kernel"]["id"])

    def sign_out(self, stay: bool = False) -> None:
        """Stop the server, and sign out, if not asked to stay signed in."""
        answer = self.ask("DELETE", f"/hub/api/users/{self.name}/server", json={})
        if not answer.ok:
            raise RuntimeError(f"{self.name}'s server does not stop: {answer.status_code}")
        if not stay:
            self.ask("GET", "/hub/logout")


class Kernel:
    """A kernel of a student's, by the socket that JupyterLab uses."""

    def __init__(self, student: Student, key: str):
        self.path = f"/user/{student.name}/api/kernels/{key}"
        self.session = uuid4().hex
        self.connect(student)

    def connect(self, student: Student) -> None:
        """Open a socket: the first, or another when that is lost."""
        self.student = student
        cookies = student.session.cookies.get_dict(path=f"/user/{student.name}/")
        self.socket = websocket.create_connection(
            f"ws{student.address[4:]}{self.path}/channels?session_id={self.session}",
            cookie="; ".join(f"{name}={value}" for name, value in cookies.items()),
            timeout=student.patience,
        )

    def run(self, code: str) -> str:
        """Run a cell and return what it prints; raise RuntimeError with its error, if it fails."""
        key = uuid4().hex
        header = {"msg_id": key, "session": self.session, "username": self.student.name}
        header |= {"msg_type": "execute_request", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        self.socket.send(json.dumps(message | {"channel": "shell"}))
        printed = ""
        while True:
            message = json.loads(self.socket.recv())
            if message["parent_header"].get("msg_id") != key:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                printed += content["text"]
            elif kind == "error":
                raise RuntimeError(f"{content['ename']}: {content['evalue']}")
            elif kind == "status" and content["execution_state"] == "idle":
                return printed

    def end(self) -> None:
        """Close the socket and stop the kernel."""
        self.socket.close()
        self.student.ask("DELETE", self.path)


class Hub:
    """A Hub as `make hub` runs it, with its data in a folder, on a free port.

    names: of the students. key: of the framework. memory: megabytes for each process of a student.
    """

    def __init__(self, folder: Path, names: Iterable[str], key: str = "numpy", memory: int = 2000):
        self.folder, self.data, self.key, self.memory = folder, folder / "data", key, memory
        self.port = three_ports()
        self.address = f"http://127.0.0.1:{self.port}"
        self.students = folder / "class.csv"
        rows = ["student,password,role", *(f"{name},first-{name}-1" for name in names)]
        self.students.write_text("\n".join(rows), encoding="utf-8")

    def start(self) -> None:
        """Start the Hub, and wait until it answers; RuntimeError with its log if it does not."""
        given = {"STUDENTS": self.students, "HUB_DATA": self.data, "PORT": self.port}
        given |= {"BACKENDS": self.key, "HUB_MEMORY": self.memory}
        with (self.folder / "log").open("ab") as log:
            command = [sys.executable, "-m", "hub"]
            env = os.environ | {name: str(value) for name, value in given.items()}
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        end = monotonic() + 600  # however busy the computer is
        while self.process.poll() is None and monotonic() < end:
            try:
                if requests.get(f"{self.address}/hub/login", timeout=5).ok:
                    return
            except OSError:
                sleep(0.1)
        raise RuntimeError((self.folder / "log").read_text(encoding="utf-8")[-3000:])

    def student(self, name: str) -> Student:
        """Sign a student in, and wait for the server."""
        student = Student(self.address, name, f"first-{name}-1")
        student.sign_in()
        student.wait_for_server()
        return student

    def processes(self) -> list[psutil.Process]:
        """Return what runs of this Hub: itself, its proxy, and the students' servers."""
        own = [p for p in psutil.process_iter() if str(self.folder) in command_of(p)]
        if self.process.poll() is None:
            own.append(psutil.Process(self.process.pid))
        return list({*own, *(child for process in own for child in children(process))})

    def server_of(self, name: str) -> psutil.Process:
        """Return the shell that a student's server hangs on."""
        home = f"{self.data / 'homes' / name} "
        (shell,) = [p for p in psutil.process_iter()
                    if command_of(p).startswith("sh -c ") and home in command_of(p)]  # fmt: skip
        return shell

    def end(self) -> None:
        """End all that runs of this Hub."""
        for process in self.processes():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass


def three_ports() -> int:
    """Return a free port with two free ones after it, of those that no connection is given."""
    while True:
        with ExitStack() as stack:
            port = randrange(10_000, 30_000)
            try:
                for other in (port, port + 1, port + 2):
                    stack.enter_context(socket.create_server(("127.0.0.1", other)))
            except OSError:
                continue
            return port


def command_of(process: psutil.Process) -> str:
    """Return the command of a process; nothing, if it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def children(process: psutil.Process) -> list[psutil.Process]:
    """Return the processes that one has started, and theirs."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
