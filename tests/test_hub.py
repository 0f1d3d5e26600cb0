"""A class on one server: who is let in, what is kept apart, and what comes back after a fault.

The Hub is the real one, as `make hub` starts it; the students are simulated, over HTTP and their
kernels' sockets, and none of them is ever alone on it.
"""

import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from benchmarks.hub_class import Hub, Student, command_of
from tools import hub as command
from tools.sandbox import sandbox

ROOT = Path(__file__).parent.parent
LESSON = "lessons/gan_numpy.ipynb"
NAMES = ["an", "binh", "chi", *(f"student{n}" for n in range(10))]
SECRET = "what only the Hub may know"


@pytest.fixture(scope="module")
def hub(tmp_path_factory, bwrap):
    """One Hub for all the tests here."""
    hub = Hub(tmp_path_factory.mktemp("hub"), NAMES, memory=600)
    hub.start()
    yield hub
    hub.end()


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


def test_ten_sign_ins_in_one_second_all_come_through(hub):
    with ThreadPoolExecutor(10) as pool:
        students = list(pool.map(hub.student, NAMES[3:]))
        assert len(list(pool.map(lambda student: student.read(LESSON), students))) == 10
        list(pool.map(Student.sign_out, students))


@pytest.mark.parametrize(
    "name, password",
    [("an", "first-binh-1"), ("an", ""), ("nobody", ""), ("nobody", "first-an-1"), ("", "")],
)
def test_nobody_gets_in_without_the_right_password(hub, name, password):
    with pytest.raises(RuntimeError, match="not let in"):
        Student(hub.address, name, password, 30).sign_in()


def test_a_hundred_wrong_passwords_close_the_door_for_a_while(hub, binh):
    for n in range(100):
        with pytest.raises(RuntimeError, match="not let in"):
            Student(hub.address, "chi", f"guess {n}", 30).sign_in()
    with pytest.raises(RuntimeError, match="not let in"):  # nor is it the hundred-and-first
        hub.student("chi")
    hub.student("an")  # others get in


def test_a_student_sees_nothing_of_others_and_of_the_hub(hub, binh):
    (hub.data / "hub" / "secret").write_text(SECRET, encoding="utf-8")
    an, (_, kernel_of_binh) = hub.student("an"), binh
    kernel = an.start_kernel(LESSON)
    seen = [hub.students, hub.data / "hub" / "cookie_secret", hub.data / "hub" / "secret",
            hub.data / "homes" / "binh" / LESSON, ROOT / "README.md",
            ROOT / "notebooks" / "gan_numpy_solutions.ipynb", Path("/etc/passwd")]  # fmt: skip
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
    hub.process.send_signal(end)
    hub.process.wait(timeout=60)
    hub.start()
    assert hub.server_of("binh").pid == before
    comes_back(kernel, hub.student("binh"))


def test_a_proxy_that_is_killed_is_started_anew(hub, binh):
    student, kernel = binh
    (proxy,) = {p for p in hub.processes() if "configurable-http-proxy" in command_of(p)}
    proxy.kill()
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
    kernel.__init__(student, kernel.path.rpartition("/")[2])
    assert kernel.run(f"print({code})") == f"{value}\n"


def test_a_new_version_of_the_lesson_overwrites_nothing(hub):
    an = hub.student("an")
    lesson, faster = an.read(LESSON), an.read("lessons/gan_numpy_faster.ipynb")
    lesson["cells"][-1]["source"] = "My notes."
    assert an.write(LESSON, lesson).ok
    an.sign_out()
    files = command.lessons(["numpy"])
    new = files["gan_numpy_faster.ipynb"].replace(b'"# G', b'"# Anew: g', 1)
    assert new != files["gan_numpy_faster.ipynb"] and faster["cells"]
    mine = hub.data / "homes" / "an" / "lessons" / "notes.txt"
    mine.write_text("the student's own", encoding="utf-8")
    command.publish(
        files | {"gan_numpy_faster.ipynb": new, "notes.txt": b"new"}, hub.data / "lessons.git"
    )
    an = hub.student("an")
    assert an.read(LESSON)["cells"][-1]["source"] == "My notes."
    assert "Anew" in an.read("lessons/gan_numpy_faster.ipynb")["cells"][0]["source"]
    texts = {path.read_text(encoding="utf-8") for path in mine.parent.glob("notes*.txt")}
    assert texts == {"the student's own", "new"}


def test_on_a_full_disk_the_server_starts_and_says_so(tmp_path, bwrap):
    """In a folder of a megabyte, with most of it taken."""
    command.publish(command.lessons(["numpy"]), tmp_path / "lessons.git")
    shown = [command.HUB / "start.py", tmp_path / "lessons.git"]
    home = tmp_path / "home"
    home.mkdir()
    run = [*sandbox([], shown, home), sys.executable, "-c", FULL, str(command.HUB / "start.py"),
           str(tmp_path / "lessons.git")]  # fmt: skip
    place = run.index("--bind")
    run[place : place + 3] = ["--size", str(2**20), "--tmpfs", str(home)]
    done = subprocess.run(run, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    assert "the lessons are as they were" in done.stdout
    assert "the server starts, and work is kept" in done.stdout


FULL = """
import os, runpy, sys
open("mine.txt", "w").write("x" * 900_000)
def server(command, arguments):
    assert "jupyterhub.singleuser" in arguments
    kept = len(open("mine.txt").read()) == 900_000
    print("the server starts, and work is", "kept" if kept else "lost")
os.execv = server
sys.argv[:] = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize(
    "text, message",
    [
        (None, "class.csv: No such file or directory"),
        ("", "want a first line with `student,password`"),
        ("name,password\nan,12345678", "want a first line with `student,password`"),
        ("student,password\n", "no student is in it"),
        ("student,password\nan,", "line 2: want a password of 8 characters or more"),
        ("student,password\nan", "line 2: want a password of 8 characters or more"),
        ("student,password\nan,1234567", "line 2: want a password of 8 characters or more"),
        ("student,password\n,12345678", "line 2: want a name of letters"),
        ("student,password\n../hub,12345678", "line 2: want a name of letters"),
        ("student,password\n..,12345678", "line 2: a name cannot begin with ."),
        ("student,password\nân,12345678", "line 2: want a name of letters"),
        ("student,password\nan,12345678\nAn,12345678", "line 3: an is there twice"),
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


@pytest.mark.parametrize("port", ["abc", "0", "65534", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path, monkeypatch, port):
    (tmp_path / "class.csv").write_text("student,password\nan,12345678", encoding="utf-8")
    monkeypatch.setenv("STUDENTS", str(tmp_path / "class.csv"))
    monkeypatch.setenv("PORT", port)
    with pytest.raises(SystemExit, match="PORT: want a number from 1 to 65533"):
        command.main()


def test_without_a_list_or_a_sandbox_it_does_not_start(tmp_path, monkeypatch):
    monkeypatch.delenv("STUDENTS", raising=False)
    with pytest.raises(SystemExit, match="make hub STUDENTS=class.csv"):
        command.main()
    (tmp_path / "class.csv").write_text("student,password\nan,12345678", encoding="utf-8")
    monkeypatch.setenv("STUDENTS", str(tmp_path / "class.csv"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="install bubblewrap"):
        command.main()


def test_what_teachers_are_told_was_measured():
    """The numbers on the teachers' page are those of the stored table, in which nothing failed."""
    text = (ROOT / "benchmarks" / "hub.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    by_count = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert "2 cores" in text and all(row["finished"] == n for n, row in by_count.items())
    told = (ROOT / "book" / "teachers.md").read_text(encoding="utf-8")
    told = " ".join(told[told.index("How many does a server hold?") :].split())
    assert f"open after {by_count['30']['lesson open']} seconds, the median" in told
    assert f"and 60 after {by_count['60']['lesson open']};" in told
    assert {row["MB"] for row in by_count.values()} == {re.search(r"with (\d+) MB", told)[1]}
