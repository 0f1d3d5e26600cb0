"""A class on one server: who is let in, what is kept apart, and what comes back after a fault.

The Hub is the real one, as `make hub` starts it; the students are simulated, over HTTP and their
kernels' sockets, and none of them is ever alone on it.
"""

import ast
import asyncio
import re
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from unicodedata import normalize

import psutil
import pytest
import requests
import yaml
from traitlets.config import Config

from hub import __main__ as command, accounts as hub_accounts
from tests.support.hub_class import Hub, Student, command_of, three_ports
from tests.support.lesson import GAN
from tests.support.python import python
from tools import sandbox as sandboxes
from tools.sandbox import sandbox

ROOT = Path(__file__).parents[2]
LESSON = "lessons/gan/gan_numpy.ipynb"
NAMES = ["an", "binh", "chi", *(f"student{n}" for n in range(30))]
SECRET = "what only the Hub may know"


@pytest.fixture(scope="module")
def hub(tmp_path_factory, bwrap):
    """One Hub for all the tests here, in a folder whose name means something to many a program.

    What it has from an earlier one is the number of a proxy, by now that of another process.
    """
    folder = tmp_path_factory.mktemp("hub") / "C# {x} 50%41"
    (folder / "data" / "hub").mkdir(parents=True)
    hub = Hub(folder, NAMES, memory=600)
    with hub.students.open("a", encoding="utf-8") as file:
        file.write("\ndung,first-dung-1\ngiang,first-giang-1\nthay,first-thay-1,teacher")
    hub.bystander = subprocess.Popen(["sleep", "infinity"])
    number = str(hub.bystander.pid)
    (folder / "data" / "hub" / "proxy.pid").write_text(number, encoding="utf-8")
    try:
        hub.start()
        yield hub
    finally:
        hub.end()
        hub.bystander.kill()


@pytest.fixture
def binh(hub):
    """A student at work while something happens to another, who must not notice."""
    student = hub.student("binh")
    kernel = student.start_kernel(LESSON)
    kernel.run("kept = 41")
    yield student, kernel
    assert kernel.run("print(kept + 1)") == "42\n"
    kernel.end()


def code(notebook, stop):
    """The cells of code of a notebook up to one that has stop in it."""
    for cell in notebook["cells"]:
        if stop in cell["source"]:
            return
        if cell["cell_type"] == "code":
            yield cell["source"]


def test_a_student_opens_the_lesson_runs_it_saves_it_and_comes_back(hub):
    an = hub.student("an")
    lesson = an.read(LESSON)
    kernel = an.start_kernel(LESSON)
    for source in code(lesson, "## Run it"):
        kernel.run(source)
    assert kernel.run("print(len(data))") == "1000\n"
    kernel.end()
    lesson["cells"][0]["source"] = "# Mine"
    assert an.write(LESSON, lesson).ok
    an.sign_out()
    assert hub.student("an").read(LESSON)["cells"][0]["source"] == "# Mine"


def test_thirty_sign_ins_in_one_second_all_come_through(hub, binh):
    with ThreadPoolExecutor(30) as pool:
        students = list(pool.map(hub.student, NAMES[3:]))
        assert len(list(pool.map(lambda student: student.read(LESSON), students))) == 30
        list(pool.map(Student.sign_out, students))


def test_a_process_that_has_the_number_of_an_old_proxy_lives_on(hub):
    assert hub.bystander.poll() is None
    assert proxy_of(hub).pid != hub.bystander.pid


def test_a_second_start_says_that_a_hub_runs_and_touches_nothing(hub, binh, monkeypatch):
    proxy = proxy_of(hub)
    monkeypatch.setenv("STUDENTS", str(hub.students))
    monkeypatch.setenv("HUB_DATA", str(hub.data))
    monkeypatch.setenv("PORT", str(three_ports()))
    monkeypatch.setattr(command, "publish", lambda *_: pytest.fail("it goes on"))
    with pytest.raises(SystemExit, match=f"^a Hub already runs here: {hub.address}, .*$"):
        command.main()
    assert proxy_of(hub) == proxy


def proxy_of(hub):
    """The proxy of a Hub, by the number that the Hub keeps."""
    proxy = psutil.Process(int((hub.data / "hub" / "proxy.pid").read_text(encoding="utf-8")))
    assert "hub/proxy.py" in command_of(proxy)
    return proxy


@pytest.mark.parametrize(
    "program, where, ours",
    [
        ([sys.executable, "-c", "input()", "hub/proxy.py"], "hub", True),
        ([sys.executable, "-c", "input()", "hub/proxy.py"], ".", False),  # of another Hub's
        (["cat"], "hub", False),
    ],
)
def test_only_the_proxy_of_this_hub_is_left_to_be_ended(tmp_path, program, where, ours):
    (tmp_path / "hub").mkdir()
    number = tmp_path / "hub" / "proxy.pid"
    with subprocess.Popen(program, cwd=tmp_path / where, stdin=subprocess.PIPE) as process:
        number.write_text(str(process.pid), encoding="utf-8")
        while psutil.Process(process.pid).cmdline() != program:  # it has only just become that
            sleep(0.01)
        assert command.command_of_proxy(tmp_path) == (program if ours else [])
    assert number.exists() == ours


@pytest.mark.parametrize("text", ["999999999", "0", "-1", "", "self", "\0"])
def test_a_number_of_no_process_is_removed(tmp_path, text):
    (tmp_path / "hub").mkdir()
    number = tmp_path / "hub" / "proxy.pid"
    number.write_text(text, encoding="utf-8")
    assert command.command_of_proxy(tmp_path) == []
    assert not number.exists()


@pytest.mark.parametrize(
    "name, password",
    [("an", "first-binh-1"), ("an", ""), ("nobody", ""), ("nobody", "first-an-1"), ("", "")],
)
def test_nobody_gets_in_without_the_right_password(hub, name, password):
    with pytest.raises(RuntimeError, match="not let in"):
        Student(hub.address, name, password, 30).sign_in()


def test_a_hundred_wrong_passwords_close_the_door_for_a_while(hub, binh):
    for n in range(100):
        guess = Student(hub.address, "chi", f"guess {n}", 30)
        guess.session.headers["X-Real-Ip"] = f"192.0.2.{n}"  # where one comes from, one may invent
        with pytest.raises(RuntimeError, match="not let in"):
            guess.sign_in()
    with pytest.raises(RuntimeError, match="not let in"):  # nor is it the hundred-and-first
        hub.student("chi")
    hub.student("an")  # others get in


def test_after_a_minute_the_door_is_open_again(tmp_path, monkeypatch):
    def right(password):
        return is_right(authenticator, "an", password)

    authenticator = authenticator_of(tmp_path, "an,12345678")
    clock = 0
    monkeypatch.setattr(hub_accounts, "monotonic", lambda: clock)
    for _ in range(hub_accounts.FAILURES - 1):
        assert not right("wrong")
    assert right("12345678")
    assert not right("wrong")
    for clock in range(0, hub_accounts.PAUSE, 7):  # noqa: B007
        assert not right("12345678")
    clock = hub_accounts.PAUSE
    assert right("12345678")
    assert len(authenticator.failures["an"]) <= hub_accounts.FAILURES


def is_right(authenticator, name, password):
    """What an authenticator says of a password, in a thread: a browser's loop may run in this."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, authenticator.is_right(name, password)).result()


def authenticator_of(folder, *lines):
    """The authenticator for a list."""
    path = folder / "class.csv"
    path.write_text("\n".join(["student,password", *lines]), encoding="utf-8")
    chosen = folder / "passwords.json"
    return hub_accounts.ClassAuthenticator(students=str(path), chosen=str(chosen))


def test_a_password_is_the_same_however_its_accents_are_typed(tmp_path):
    given = normalize("NFD", "mật khẩu một")
    authenticator = authenticator_of(tmp_path, "an,mật khẩu một")
    assert is_right(authenticator, "an", given)
    authenticator.choose("an", " mật khẩu hai ")
    assert is_right(authenticator, "an", normalize("NFD", " mật khẩu hai "))
    assert not is_right(authenticator, "an", "mật khẩu hai")


def test_a_chosen_password_counts_until_the_list_has_another_first_one(tmp_path):
    authenticator_of(tmp_path, "an,12345678").choose("an", "mine-and-long")
    assert is_right(authenticator_of(tmp_path, "an,12345678"), "an", "mine-and-long")
    changed = authenticator_of(tmp_path, "an,23456789", "binh,12345678")
    assert not is_right(changed, "an", "mine-and-long")
    assert is_right(changed, "an", "23456789")
    changed.choose("binh", "another-long")  # which keeps no more than what counts
    assert not is_right(authenticator_of(tmp_path, "an,12345678"), "an", "mine-and-long")


@pytest.mark.parametrize("text", ["{", "null", "[]", '{"an": {}}', '{"an": 1}'])
def test_chosen_passwords_that_cannot_be_read_are_no_reason_to_go_back_to_the_first(tmp_path, text):
    (tmp_path / "passwords.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="passwords.json: the passwords in it cannot be read"):
        authenticator_of(tmp_path, "an,12345678")


def test_whoever_is_in_chooses_a_password(hub, binh):
    def choose(present, new, again=None):
        form = {"present": present, "new": new, "again": new if again is None else again}
        return student.ask("POST", "/hub/password", data=form).text

    def signs_in(password):
        try:
            Student(hub.address, "dung", password, 30).sign_in()
        except RuntimeError:
            return False
        return True

    student, elsewhere = hub.student("dung"), hub.student("dung")
    assert "Choose a password" in student.ask("GET", "/hub/password").text
    assert "Nothing was changed" in choose("another", "own-password-1")
    assert "Nothing was changed" in choose("first-dung-1", "own-password-1", "own-password-2")
    assert "Nothing was changed" in choose("first-dung-1", "short")
    form = {"present": "first-dung-1", "new": "own-password-1", "again": "own-password-1"}
    forged = student.session.post(f"{hub.address}/hub/password", data=form)
    assert forged.status_code == 403  # as another page would send it, without a token of this one
    draft = hub.data / "hub" / "passwords.draft"
    draft.mkdir()  # as on a full disk, it cannot be written
    assert "It cannot be kept" in choose("first-dung-1", "own-password-1")
    draft.rmdir()
    assert signs_in("first-dung-1")
    assert "sign in with the new password" in choose("first-dung-1", "own-password-1")
    assert signs_in("own-password-1") and not signs_in("first-dung-1")
    assert "Choose a password" in student.ask("GET", "/hub/password").text
    assert "Sign in" in elsewhere.ask("GET", "/hub/home").text
    kept = (hub.data / "hub" / "passwords.json").read_text(encoding="utf-8")
    assert "dung" in kept and "own-password-1" not in kept
    assert "Sign in" in Student(hub.address, "", "", 30).ask("GET", "/hub/password").text


def test_who_has_left_the_list_has_left_the_class(hub):
    gone = hub.student("giang")
    token = gone.ask("POST", "/hub/api/users/giang/tokens", json={}).json()["token"]
    gone.sign_out(stay=True)
    text = hub.students.read_text(encoding="utf-8")
    hub.students.write_text(re.sub("giang,.*", "", text), encoding="utf-8")
    hub.process.terminate()
    hub.process.wait(timeout=60)
    hub.start()
    assert "Sign in" in gone.ask("GET", "/hub/home").text
    assert gone.ask("POST", "/hub/api/users/giang/server", json={}).status_code == 403
    asked = requests.get(f"{hub.address}/hub/api/user", headers={"Authorization": f"token {token}"})
    assert asked.status_code == 403
    hub.student("an")  # the others are as they were


def test_a_teacher_sees_who_is_at_work_and_stops_a_server(hub, binh):
    an, thay = hub.student("an"), hub.student("thay")
    assert an.ask("GET", "/hub/admin").status_code == 403
    assert an.ask("DELETE", "/hub/api/users/binh/server", json={}).status_code == 404
    assert thay.ask("GET", "/hub/admin").ok
    at_work = {user["name"]: bool(user["server"]) for user in thay.ask(
        "GET", "/hub/api/users?state=active").json()}  # fmt: skip
    assert at_work["an"] and at_work["binh"]
    # 204: it has stopped; 202 would be that it is about to.
    assert thay.ask("DELETE", "/hub/api/users/an/server", json={}).status_code == 204
    # Not more: what is on a student's server may act for whoever looks at it.
    assert thay.ask("GET", f"/user/binh/api/contents/{LESSON}").status_code == 403
    assert thay.ask("POST", "/hub/api/users/an/server", json={}).status_code == 404
    assert thay.ask("POST", "/hub/api/users/somebody", json={}).status_code == 403
    assert thay.ask("POST", "/hub/api/shutdown", json={}).status_code == 403


def test_a_student_sees_nothing_of_others_and_of_the_hub(hub, binh):
    (hub.data / "hub" / "secret").write_text(SECRET, encoding="utf-8")
    an, (_, kernel_of_binh) = hub.student("an"), binh
    kernel = an.start_kernel(LESSON)
    seen = [hub.students, hub.data / "hub" / "cookie_secret", hub.data / "hub" / "secret",
            hub.data / "homes" / "binh" / LESSON, ROOT / "README.md",
            GAN.notebook("numpy", "solutions").ipynb, Path("/etc/passwd")]  # fmt: skip
    written = [hub.data / "x", ROOT / "x", command.HUB / "x", Path(sys.prefix) / "x"]
    kernel.run(
        "import os\ncould = []\n"
        f"for path in {[*map(str, seen)]!r}:\n"
        "    try: could.append(open(path).read() and path)\n    except OSError: pass\n"
        f"for path in {[*map(str, written)]!r}:\n"
        "    try: could.append(open(path, 'w').write('x') and path)\n    except OSError: pass\n"
        "pids = [int(pid) for pid in os.listdir('/proc') if pid.isdigit()]\n"
        "commands = [open(f'/proc/{pid}/cmdline').read() for pid in pids]\n"
        "environments = [open(f'/proc/{pid}/environ').read() for pid in pids]\n"
    )
    # In the sandbox, /tmp is the student's own, and goes with it.
    could = set(eval(kernel.run("print(could)")))
    assert could <= {str(path) for path in written if path.is_relative_to("/tmp")}
    assert not any(path.exists() for path in written)
    seen = kernel.run("print(commands, environments)")
    assert "kernel" in seen and "homes/an" in seen
    assert "binh" not in seen and "CONFIGPROXY_AUTH_TOKEN" not in seen
    # What a kernel prints is sent over sockets that are files of the sandbox's own.
    connection = "open(get_ipython().config.IPKernelApp.connection_file).read()"
    assert '"transport": "ipc"' in kernel.run(f"print({connection})")
    assert '"transport": "ipc"' in kernel_of_binh.run(f"print({connection})")
    token = "os.environ['JUPYTERHUB_API_TOKEN']"
    url = f"{hub.address}/user/binh/api/contents/{LESSON}"
    asked = kernel.run(
        "import requests\n"
        f"own = {{'Authorization': 'token ' + {token}}}\n"
        f"print(requests.get({url!r}, headers=own, allow_redirects=False).status_code)\n"
        f"print(requests.get({url.replace('binh', 'an')!r}, headers=own).status_code)\n"
        f"print(requests.get({hub.address + '/hub/api/users'!r}, headers=own).status_code)\n"
    )
    assert asked == "403\n200\n403\n"
    assert an.ask("GET", f"/user/binh/api/contents/{LESSON}").status_code == 403
    kernel.end()


def test_a_kernel_that_eats_memory_stops_alone(hub, binh):
    an = hub.student("an")
    kernel = an.start_kernel(LESSON)
    with pytest.raises(RuntimeError, match="MemoryError"):
        kernel.run("hoard = [bytearray(10**7) for _ in range(200)]")
    # What was hoarded hangs on the error; so the student does what one does then.
    assert an.ask("POST", f"{kernel.path}/restart", json={}).ok
    comes_back(kernel, an, "1 + 1", "2")
    kernel.end()


def test_an_endless_loop_can_be_stopped(hub, binh):
    an = hub.student("an")
    kernel = an.start_kernel(LESSON)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(kernel.run, "while True: pass")
        sleep(1)
        assert binh[1].run("print(kept)") == "41\n"
        assert an.ask("POST", f"{kernel.path}/interrupt").ok
        with pytest.raises(RuntimeError, match="KeyboardInterrupt"):
            running.result(timeout=60)
    kernel.end()


def test_after_a_server_is_killed_all_that_was_saved_is_there(hub, binh):
    an = hub.student("an")
    lesson = an.read(LESSON)
    lesson["cells"][1]["source"] = "Kept."
    assert an.write(LESSON, lesson).ok
    for process in [hub.server_of("an"), *hub.server_of("an").children(recursive=True)]:
        process.kill()
    sleep(1)
    an = hub.student("an")  # the Hub starts a new one, when it has noticed
    assert an.read(LESSON)["cells"][1]["source"] == "Kept."


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_hub_that_ends_finds_the_students_at_work_when_it_is_back(hub, binh, end):
    student, kernel = binh
    before = hub.server_of("binh").pid
    services = [p for p in hub.processes() if "idle_culler" in command_of(p)]
    hub.process.send_signal(end)
    hub.process.wait(timeout=60)
    assert services and psutil.wait_procs(services, timeout=30)[1] == []
    hub.start()
    assert hub.server_of("binh").pid == before
    comes_back(kernel, hub.student("binh"))


def test_a_proxy_that_is_killed_is_started_anew(hub, binh):
    student, kernel = binh
    proxy_of(hub).kill()
    for _ in range(600):
        try:
            if student.ask("GET", "/hub/login").ok:
                break
        except OSError:
            sleep(0.1)
    comes_back(kernel, hub.student("binh"))


def comes_back(kernel, student, code="kept", value="41"):
    """The student can read, and the kernel works, by a new socket: the old one may be gone."""
    assert student.read(LESSON)
    kernel.connect(student)
    assert kernel.run(f"print({code})") == f"{value}\n"


def test_the_proxy_takes_no_certificate_as_teachers_are_told():
    done = python(command.HUB / "proxy.py", "--ssl-key=key", "--ssl-cert=cert", timeout=60)
    assert done.returncode and "ssl" in done.stderr and "not supported" in done.stderr
    told = (ROOT / "book" / "teachers.md").read_text(encoding="utf-8")
    assert "It speaks plain HTTP" in told


def test_a_new_version_of_the_lesson_overwrites_nothing(hub):
    an = hub.student("an")
    lesson, faster = an.read(LESSON), an.read("lessons/gan/gan_numpy_faster.ipynb")
    lesson["cells"][-1]["source"] = "My notes."
    assert an.write(LESSON, lesson).ok
    an.sign_out()
    files = command.lessons(["numpy"])
    new = files["gan/gan_numpy_faster.ipynb"].replace(b'"# G', b'"# Anew: g', 1)
    assert new != files["gan/gan_numpy_faster.ipynb"] and faster["cells"]
    mine = hub.data / "homes" / "an" / "lessons" / "notes.txt"
    mine.write_text("the student's own", encoding="utf-8")
    files |= {"gan/gan_numpy_faster.ipynb": new, "notes.txt": b"new"}
    command.publish(files, hub.data / "lessons.git")
    an = hub.student("an")
    assert an.read(LESSON)["cells"][-1]["source"] == "My notes."
    assert "Anew" in an.read("lessons/gan/gan_numpy_faster.ipynb")["cells"][0]["source"]
    texts = {path.read_text(encoding="utf-8") for path in mine.parent.glob("notes*.txt")}
    assert texts == {"the student's own", "new"}


@pytest.fixture
def somebody(tmp_path, monkeypatch):
    """A user whose git has settings for all that can have some, and speaks another language."""
    home = tmp_path / "somebody"
    hooks, own = home / "template" / "hooks", home / ".config" / "git"
    for folder in (hooks, own, home / "bin"):
        folder.mkdir(parents=True)
    for name in ("pre-commit", "post-checkout", "pre-push", "pre-receive", "reference-transaction"):
        script(hooks / name, "exit 1")
    (home / ".gitconfig").write_text(SETTINGS, encoding="utf-8")
    (own / "ignore").write_text("*.ipynb", encoding="utf-8")
    (own / "attributes").write_text("* text eol=crlf", encoding="utf-8")
    script(home / "bin" / "git", VIETNAMESE.replace("GIT", shutil.which("git")))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    monkeypatch.setenv("PATH", str(home / "bin"), prepend=":")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(home / "nothing"))


VIETNAMESE = """
test "$LC_ALL" = C && exec GIT "$@"
said=$(GIT "$@")
code=$?
printf "%s" "$said" | sed "s/^CONFLICT (modify.delete)/XUNG ĐỘT (sửa.xóa)/"
exit $code
"""
SETTINGS = """
[core]
excludesFile = ~/.config/git/ignore
hooksPath = ~/template/hooks
autocrlf = true
[init]
templateDir = ~/template
[commit]
gpgSign = true
[gpg]
program = false
[merge]
ff = only
[protocol "file"]
allow = never
[url "http://127.0.0.1:1/"]
insteadOf = /
insteadOf = file:///
"""


def script(path, commands):
    """Write a program."""
    path.write_text(f"#!/bin/sh\n{commands}\n", encoding="utf-8")
    path.chmod(0o755)


def started(home, repository):
    """The files in a student's folder lessons, by their names, when the server starts."""
    home.mkdir(exist_ok=True)
    done = python("-c", SERVER, command.HUB / "start.py", repository, cwd=home, timeout=60)
    assert done.stdout.endswith(f"a server at home in {Path.home()}\n"), done.stderr
    return {p.name: p.read_bytes() for p in (home / "lessons").iterdir() if p.name != ".git"}


SERVER = """
import os, runpy, sys
def server(command, arguments, variables):
    print("a server at home in", variables["HOME"])
os.execve = server
sys.argv[:] = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_whose_git_it_is_makes_no_difference(tmp_path, somebody):
    repository = tmp_path / "lessons.git"
    files = {"gan_numpy.ipynb": b"{}\n", "notes.txt": b"1\n2\n"}
    command.publish(files, repository)
    assert started(tmp_path / "home", repository) == files
    command.publish(files | {"gan_numpy.ipynb": b"[]\n"}, repository)
    assert started(tmp_path / "home", repository) == files | {"gan_numpy.ipynb": b"[]\n"}


def test_a_lesson_that_a_student_edits_and_the_teacher_removes_stays(tmp_path, somebody):
    home, repository = tmp_path / "home", tmp_path / "lessons.git"
    command.publish({"gone.ipynb": b"{}\n", "stays.ipynb": b"{}\n"}, repository)
    started(home, repository)
    (home / "lessons" / "gone.ipynb").write_bytes(b"mine\n")
    command.publish({"stays.ipynb": b"new\n"}, repository)
    assert started(home, repository) == {"gone.ipynb": b"mine\n", "stays.ipynb": b"new\n"}
    assert not (home / "lessons not updated.txt").exists()


def test_a_note_says_what_to_do_while_the_lessons_are_not_updated(tmp_path, somebody):
    home, repository, moved = tmp_path / "home", tmp_path / "lessons.git", tmp_path / "a # %41"
    note = home / "lessons not updated.txt"
    command.publish({"gan_numpy.ipynb": b"{}\n"}, repository)
    started(home, repository)
    repository.rename(moved)
    assert started(home, repository) == {"gan_numpy.ipynb": b"{}\n"}
    said = note.read_text(encoding="utf-8")
    assert "Nothing that you\nwrote is lost" in said and "stop your server" in said
    assert "does not appear to be a git repository" in said  # git's own words
    command.publish({"gan_numpy.ipynb": b"new\n"}, moved)
    assert started(home, moved) == {"gan_numpy.ipynb": b"new\n"}
    assert not note.exists()


START = """
import os, runpy, sys
open("mine.txt", "w").write("x" * 900_000)
def server(command, arguments, variables):
    assert "jupyterhub.singleuser" in arguments
    kept = len(open("mine.txt").read()) == 900_000
    print("the server starts, and work is", "kept" if kept else "lost")
os.execve = server
sys.argv[:] = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
# What a student's server saves with.
SAVE = """
import asyncio, os
os.environ["HOME"] = os.getcwd()
from nbformat.v4 import new_markdown_cell, new_notebook
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError
manager = AsyncLargeFileManager(root_dir=os.getcwd())
def save(text):
    notebook = new_notebook(cells=[new_markdown_cell(text)])
    model = {"type": "notebook", "content": notebook, "format": "json"}
    asyncio.run(manager.save(model, "work.ipynb"))
def saved():
    return asyncio.run(manager.get("work.ipynb"))["content"].cells[0].source
save("first")
try:
    save("x" * 2_000_000)
except HTTPError as error:
    print(error.log_message)
print("work is", "kept" if saved() == "first" else "lost")
save("second")
assert saved() == "second"
"""


@pytest.mark.parametrize(
    "script, says",
    [
        (START, "the lessons are as they were"),
        (SAVE, "Unexpected error while saving file: work.ipynb [Errno 28] No space left on"),
    ],
    ids=["start", "save"],
)
def test_on_a_full_disk_it_is_said_and_all_work_is_kept(tmp_path, bwrap, script, says):
    """In a student's folder of a megabyte, with most of it taken: at the start, and at work."""
    command.publish(command.lessons(["numpy"]), tmp_path / "lessons.git")
    shown = [command.HUB / "start.py", tmp_path / "lessons.git"]
    home = tmp_path / "home"
    home.mkdir()
    run = [*sandbox([], shown, home), sys.executable, "-c", script,
           str(command.HUB / "start.py"), str(tmp_path / "lessons.git")]  # fmt: skip
    place = run.index("--bind")
    run[place : place + 3] = ["--size", str(2**20), "--tmpfs", str(home)]
    done = subprocess.run(run, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
    assert "work is kept" in done.stdout


@pytest.mark.parametrize(
    "text, message",
    [
        (None, "class.csv: No such file or directory"),
        ("", "want a first line with `student,password`"),
        ("student password\nan 12345678", "want a first line with `student,password`"),
        ("student,password,password\nan,12345678,x", "want a first line with `student,password`"),
        ('student,password\nan,"12345678\nbinh,12345678', "line 2: unexpected end of data"),
        ("student,password\nan,1234,5678", "line 2: more cells than the first line has"),
        ("student,password,,\nan,1234,5678,", "line 2: more cells than the first line has"),
        ("student;password\n;;\nan;123;45678", "line 3: more cells than the first line has"),
        ("student,password\nan,1.23457E+15", "line 2: the password is a long number"),
        ("student,password\n , \n", "no student is in it"),
        (f"student,password\n{'a' * 65},12345678", "line 2: want a name that begins with a letter"),
        ("name,password\nan,12345678", "want a first line with `student,password`"),
        ("student,password\n", "no student is in it"),
        ("student,password\nan,", "line 2: want a password of 8 characters or more"),
        ("student,password\nan", "line 2: want a password of 8 characters or more"),
        ("student,password\nan,1234567", "line 2: want a password of 8 characters or more"),
        ("student,password\n,12345678", "line 2: want a name of letters"),
        ("student,password\n../hub,12345678", "line 2: want a name of letters"),
        ("student,password\n..,12345678", "line 2: want a name that begins with a letter"),
        ("student,password\nân,12345678", "line 2: want a name of letters"),
        ("student,password\nan,12345678\nAn,12345678", "line 3: an is there twice"),
        ("student,password,role\nan,12345678,boss", "line 2: want the role student or teacher"),
    ],
)
def test_a_list_that_would_let_in_anybody_is_refused(tmp_path, monkeypatch, text, message):
    path = tmp_path / "class.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("STUDENTS", str(path))
    monkeypatch.setenv("HUB_DATA", str(tmp_path / "data"))
    with pytest.raises(SystemExit) as stopped:
        command.main()
    assert str(stopped.value).startswith("STUDENTS: ") and message in str(stopped.value)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "before, end", [("", "\r\n"), ("", ",,\r\n"), (",,,\r\n", ",\n"), ("\n", ",\r")]
)
def test_a_list_as_a_spreadsheet_writes_it_is_understood(
    tmp_path, encoding, separator, before, end
):
    path = tmp_path / "class.csv"
    rows = ["Student , Password, Role ", "An, 12345678 ,Teacher", ",,", "binh,2345;678", ""]
    text = before + end.join(rows)
    if separator != ",":
        text = text.replace(";", " ").replace(",", separator)
    path.write_text(text, encoding=encoding, newline="")
    found = hub_accounts.accounts(path)
    second = "2345;678" if separator == "," else "2345 678"
    assert found == {"an": ("12345678", True), "binh": (second, False)}


def test_a_list_in_another_encoding_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "class.csv"
    path.write_text("student,password\nan,première", encoding="cp1252")
    with pytest.raises(ValueError, match="class.csv is not in UTF-8: save it as `CSV UTF-8`"):
        hub_accounts.accounts(path)


@pytest.fixture
def few(tmp_path, monkeypatch):
    """A class of one, and a folder for the Hub's data that is not yet there."""
    (tmp_path / "class.csv").write_text("student,password\nan,12345678", encoding="utf-8")
    monkeypatch.setenv("STUDENTS", str(tmp_path / "class.csv"))
    monkeypatch.setenv("HUB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PORT", str(three_ports()))
    return tmp_path / "data"


@pytest.mark.parametrize(
    "name, value, message",
    [
        *(("PORT", port, "want a number from 1 to 65533") for port in ("abc", "0", "65534", "-1")),
        ("HUB_MEMORY", "2G", "want a whole number of megabytes, got '2G'"),
        ("HUB_MEMORY", "0", "want a whole number of megabytes, got '0'"),
        ("ADDRESS", "192.0.2.1", "want an IPv4 address of this computer, .*, got '192.0.2.1'"),
        ("ADDRESS", "::1", "want an IPv4 address of this computer, .*, got '::1'"),
        ("ADDRESS", "no..where", "want an IPv4 address of this computer, .*, got 'no..where'"),
        ("BACKENDS", "caffe", "caffe is none of torch"),
        ("HUB_DATA", "/dev/null", "/dev/null: (Not a directory|File exists)$"),
        ("HUB_DATA", "/dev/null/data", "/dev/null/data: Not a directory$"),
        ("HUB_DATA", "/proc/data", "/proc/data: No such file or directory$"),
    ],
)
def test_a_setting_that_is_none_is_refused(few, monkeypatch, bwrap, name, value, message):
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=f"^{name}: {message}"):
        command.main()
    assert not few.exists()


def test_a_port_that_is_taken_is_named_before_anything_is_made(few, monkeypatch, bwrap):
    port = three_ports()
    monkeypatch.setenv("PORT", str(port))
    monkeypatch.setattr(command, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", port + 2)):
        with pytest.raises(SystemExit, match=f"PORT: {port + 2} at 127.0.0.1: .* in use"):
            command.main()
    assert not (few / "lessons.git").exists()


def test_without_a_list_a_sandbox_or_git_it_does_not_start(few, monkeypatch, bwrap):
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: which(name) if name == "bwrap" else None)
    with pytest.raises(SystemExit, match="install git"):
        command.main()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="install bubblewrap"):
        command.main()
    monkeypatch.delenv("STUDENTS")
    with pytest.raises(SystemExit, match="make hub STUDENTS=class.csv"):
        command.main()


@pytest.mark.parametrize("restricts", [None, "0", "1"])
def test_a_sandbox_that_is_forbidden_says_so_in_its_own_words(
    few, tmp_path, monkeypatch, restricts
):
    """As on Ubuntu 24.04 where restricts is 1."""
    words = "bwrap: setting up uid map: Permission denied"
    script(tmp_path / "bwrap", f"echo '{words}' >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(sandboxes, "APPARMOR", tmp_path / "restricts")
    if restricts:
        (tmp_path / "restricts").write_text(f"{restricts}\n", encoding="ascii")
    with pytest.raises(SystemExit, match=f"is installed and does not work here: {words}") as stop:
        command.main()
    assert ("sudo sysctl" in str(stop.value)) == (restricts == "1")


def test_what_other_servers_are_given_is_there_and_lets_in_only_the_class(monkeypatch):
    """As far as that shows without them: files, names and settings."""
    text = (command.HUB / "kubernetes.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    given = dict(re.findall(r"--set-file hub\.extraFiles\.(\w+)\.stringData=(\S+)", text))
    assert given.keys() == values["hub"]["extraFiles"].keys()
    assert given.pop("students") == "class.csv"
    assert all((ROOT / path).is_file() for path in given.values())
    mounted = {file["mountPath"] for file in values["hub"]["extraFiles"].values()}
    littlest = Config()
    monkeypatch.setattr(sys, "path", [*sys.path])
    source = (command.HUB / "littlest_config.py").read_text(encoding="utf-8")
    exec(source, {"get_config": lambda: littlest})
    kubernetes = values["hub"]["config"]
    for config in (kubernetes, littlest):
        assert config["JupyterHub"]["authenticator_class"] == "accounts.ClassAuthenticator"
        assert config["ClassAuthenticator"].keys() == {"students", "chosen"}
        assert config["Authenticator"]["allow_existing_users"] is False
    assert kubernetes["ClassAuthenticator"]["students"] in mounted
    # Their Hubs have what the Hub itself needs, and nothing of the project's.
    tree = ast.parse((command.HUB / "accounts.py").read_text(encoding="utf-8"))
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    others = {name.partition(".")[0] for name in froms | names} - sys.stdlib_module_names
    assert others == {"jupyterhub", "tornado", "traitlets"}
