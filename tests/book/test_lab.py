"""The lab as its readers have it: in Chromium, from a server and from the file system."""

import re
from statistics import median

import pytest

from tests.support.browser import obstacles

# All numbers of a run, to the last bit.
NUMBERS = """() => {
    const { run, notes } = session, { net_D, net_G } = run.players;
    const parameters = [...net_D.parameters, ...net_G.parameters].map((p) => Array.from(p));
    return [run.step, run.losses, parameters, notes];
}"""

# What is seen of the points.
PLANE = "document.getElementById('lab-plane').toDataURL()"


def protocol(page, method, **options):
    """Tell Chromium what Playwright has no words for."""
    page.context.new_cdp_session(page).send(method, options)


@pytest.fixture
def lab(visit, server):
    """Open the lab at a link."""

    def go(link="", site=server, clock=False, font=None, **options):
        reader = visit(site, **options)
        if font:
            protocol(reader.page, "Page.setFontSizes", fontSizes={"standard": font})
        if clock:  # the test says how much time passes
            reader.page.clock.install()
        page = reader.go(f"lab.html{link}")
        if not clock:
            page.wait_for_function("!is_going() && !queued")
        return page

    return go


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def run_ten(page):
    """Make a study of ten runs, and wait for its table."""
    press(page, "Run 10")
    page.locator("#lab-table tbody tr").wait_for()


def text(page, name):
    return page.locator(f"#lab-{name}").inner_text()


def link_of(page):
    return page.locator("#lab-link").get_attribute("href")


def shown(page):
    """The numbers that the page shows, by name."""
    rows = page.locator("#lab-numbers > div").all()
    return {row.locator("dt").inner_text(): row.locator("dd").inner_text() for row in rows}


def slide(page, name, presses):
    """Move a setting's slider, by as many presses of an arrow."""
    page.locator(f"#lab-set-{name}").focus()
    for _ in range(abs(presses)):
        page.keyboard.press("ArrowRight" if presses > 0 else "ArrowLeft")


def test_it_starts_with_the_lesson(lab):
    page = lab()
    settings = page.evaluate("session.now")
    assert settings == page.evaluate("LESSON")
    wanted = {"lr_D": 0.05, "lr_G": 0.005, "beta1": 0.9, "batch_size": 8, "num_epochs": 20}
    assert wanted.items() <= settings.items()
    assert settings["optimiser"] == "adam" and settings["activation"] == "tanh"
    for name in page.evaluate("Object.keys(SETTINGS).filter((name) => SETTINGS[name].grid)"):
        # The mark is under the thumb.
        slider = page.locator(f"#lab-set-{name}")
        share = float(slider.input_value()) / float(slider.get_attribute("max"))
        mark = slider.locator("+ .lab-mark")
        assert float(mark.evaluate("mark => mark.style.getPropertyValue('--at')")) == share
        assert slider.get_attribute("aria-valuetext").endswith("as in the lesson")


def test_a_link_repeats_a_run_to_the_last_bit(lab, site):
    """With everything that was done by hand."""
    page = lab("#lr_D=0.02&seed=7&batch_size=16&speed=2", site=site)
    press(page, "One epoch")
    slide(page, "lr_D", 2)
    slide(page, "beta1", -3)
    press(page, "One step of D")
    press(page, "One step of G")
    press(page, "One step of G")
    press(page, "Fresh opponent")
    press(page, "One epoch")
    before, link = page.evaluate(NUMBERS), link_of(page)
    assert "then=63:lr_D:0.1,63:beta1:0.6,63:D,64:G,64:G,65:fresh" in link
    page.wait_for_function("link => location.hash === link", arg=link)
    assert lab(link, site=site).evaluate(NUMBERS) == before
    # Started over, it is another run: with the settings as they are now, from the start.
    press(page, "Start over")
    assert page.evaluate("[session.settings.lr_D, session.now.beta1]") == [0.1, 0.6]
    assert "then" not in link_of(page)
    press(page, "One epoch")
    assert page.evaluate(NUMBERS) != before


def test_rates_fall_to_0_at_the_end_of_num_epochs(lab):
    """Also where that, or epsilon, is changed on the way; and a link repeats it."""
    page = lab("#decay=linear&batch_size=100&num_epochs=2")
    factor = "session.run.factor"
    press(page, "One epoch")
    assert page.evaluate(factor) == 0.5
    slide(page, "num_epochs", 1)
    slide(page, "epsilon", 3)
    assert page.evaluate(factor) == 0.8
    for _ in range(4):
        assert "have fallen to 0" not in text(page, "status")
        press(page, "One epoch")
    assert page.evaluate(factor) == 0 and "have fallen to 0" in text(page, "status")
    before, link = page.evaluate(NUMBERS), link_of(page)
    assert "then=10:num_epochs:5,10:epsilon:0.00001&" in link
    press(page, "One epoch")
    assert page.evaluate(NUMBERS)[2] == before[2]
    assert lab(link).evaluate(NUMBERS) == before


def test_epsilon_changes_the_steps_and_a_fresh_opponent_keeps_it(lab):
    page = lab("#epsilon=0.1&then=10:epsilon:0.01,20:fresh&step=30")
    trainers = "[session.run.players.trainer_D.epsilon, session.run.players.trainer_G.epsilon]"
    assert page.evaluate(trainers) == [0.01, 0.01]
    assert page.evaluate("in_words(session.now)") == "epsilon = 0.01"
    changed = page.evaluate(NUMBERS)
    assert lab("#epsilon=0.01&then=20:fresh&step=30").evaluate(NUMBERS)[2] != changed[2]


def test_a_link_that_changes_is_followed(lab):
    page = lab("#seed=3")
    page.evaluate("location.hash = '#seed=4&step=125'")
    page.wait_for_function("session.settings.seed === 4 && session.run.step === 125")


def test_an_anchor_is_no_state(lab):
    """Run and address stay, whatever place on the page a link leads to."""
    page = lab("#a-hundred-runs")
    assert text(page, "faults") == ""
    assert page.evaluate("session.settings") == page.evaluate("LESSON")
    page = lab("#seed=4&num_epochs=10000")
    press(page, "Play")
    page.evaluate("() => { run = session.run; }")
    skip = page.get_by_role("link", name="Skip to main content")
    here = page.locator(".bd-sidebar .current > a")  # to the top
    for link in skip, page.locator("#a-hundred-runs a.headerlink"), here:
        page.evaluate("() => { came = new Promise((on) => addEventListener('hashchange', on)); }")
        link.evaluate("link => link.click()")
        page.evaluate("came.then(() => null)")
        assert "&seed=4&" in page.evaluate("location.hash")
        assert page.evaluate("playing && session.run === run"), link
        assert text(page, "faults") == ""


def test_the_switch_between_languages_carries_the_run(lab, site):
    page = lab("#seed=7&lr_D=0.02&then=60:fresh&step=125", site=site)
    before = page.evaluate(NUMBERS)
    page.get_by_role("link", name="Tiếng Việt").click()
    page.wait_for_url("**/vi/lab.html#*")
    page.wait_for_function("!is_going() && !queued")
    assert page.evaluate(NUMBERS) == before


def test_play_trains_until_the_last_epoch_and_can_be_paused(lab):
    page = lab("#num_epochs=60&speed=10")  # so many that a slow computer pauses in time, too
    press(page, "Play")
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_function("session.run.step > 50")
    press(page, "Pause")
    step = page.evaluate("session.run.step")
    page.wait_for_timeout(100)
    assert page.evaluate("session.run.step") == step < 7500
    page = lab("#num_epochs=2&speed=10")
    press(page, "Play")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert page.evaluate("session.run.step") == 250
    press(page, "Play")  # and two epochs more
    page.wait_for_function("session.run.step === 500")


def test_the_numbers_are_those_of_the_engine(lab):
    page = lab("#seed=5&num_epochs=3")
    for _ in range(3):
        press(page, "One epoch")
    run = page.evaluate("GAN.one_run({ ...session.settings })")
    seen = shown(page)
    assert seen["epoch"] == "3.00, step 375"
    assert all(seen[f"{loss}, last epoch"] == f"{run[loss]:.3f}" for loss in ("loss_D", "loss_G"))
    assert seen["Fréchet distance"].startswith(f"{run['frechet']:.3f}; closed form 0.0")
    assert seen["mean off by"] == f"{run['mean_error']:.3f}"
    assert seen["covariance off by"] == f"{100 * run['cov_error']:.0f} %"
    assert re.fullmatch("[0-3] of 3", seen["units that react"])
    told = text(page, "status")
    for name in seen:
        assert seen[name] in told or name == "spread of the logit"
    notes = page.evaluate("session.notes")
    assert notes["epochs"] == pytest.approx([0.2 * i for i in range(16)])
    assert notes["fit"][-1] == pytest.approx(run["frechet"])
    assert sum(notes["loss_D"][-5:]) / 5 == pytest.approx(run["loss_D"])


def test_every_control_is_reached_and_worked_by_keyboard(lab):
    page = lab()
    page.locator("h1 a").focus()
    seen = []
    while "lab-keep" not in seen and len(seen) < 60:
        page.keyboard.press("Tab")
        here = "document.activeElement.id || document.activeElement.textContent"
        seen.append(page.evaluate(here))
    settings = page.evaluate("Object.keys(SETTINGS)")
    presets = page.evaluate("PRESETS.map(({ name }) => name)")
    buttons = ["play", "epoch", "step-D", "step-G", "fresh", "over", "best", "run", "cancel"]
    wanted = [*presets, *(f"lab-{name}" for name in buttons)]
    assert {*wanted, *(f"lab-set-{name}" for name in settings)} <= set(seen)
    page.locator("#lab-epoch").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("session.run.step") == 125
    page.locator("#lab-best").focus()
    before = page.evaluate(PLANE)
    page.keyboard.press("Space")
    assert page.evaluate(PLANE) != before
    for name in settings:
        field = page.locator(f"#lab-set-{name}")
        assert page.get_by_label(page.evaluate(f"SETTINGS.{name}.label"), exact=True).count() == 1
        before = page.evaluate("session.now")[name]
        field.focus()
        kind, high = field.get_attribute("type"), page.evaluate(f"SETTINGS.{name}.high")
        at_end = kind == "range" and before == high
        page.keyboard.press("ArrowLeft" if at_end else "ArrowUp" if kind else "ArrowDown")
        page.keyboard.press("Tab")  # a field takes its number when it is left
        assert page.evaluate("session.now")[name] != before, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width, height", [(1280, 800), (390, 844)])
def test_everyone_can_read_it(lab, scheme, width, height):
    """With the results of a study, and faults."""
    link = "#runs=10&num_epochs=1&lr_D=much&" + "&".join(f"x{i}" for i in range(9))
    page = lab(link, scheme=scheme, width=width, height=height)
    assert "And 5 more." in text(page, "faults")
    run_ten(page)
    # In the dark only the colours are others.
    assert obstacles(page, **({"runOnly": ["color-contrast"]} if scheme == "dark" else {})) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# The texts of each canvas, with their boxes: left, right, top, bottom; and its width and height.
TEXTS = """() => {
    const { fillText } = CanvasRenderingContext2D.prototype, texts = new Map();
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y, limit = Infinity) {
        const em = parseFloat(this.font), width = Math.min(this.measureText(text).width, limit);
        const left = x - width * { left: 0, center: 0.5, right: 1 }[this.textAlign];
        const top = y - em * { top: 0, middle: 0.5, bottom: 1 }[this.textBaseline];
        texts.set(this.canvas, [...texts.get(this.canvas) ?? [],
            [`${text}`, left, left + width, top, top + em]]);
    };
    draw(performance.now());
    show_studies();
    CanvasRenderingContext2D.prototype.fillText = fillText;
    return [...texts].map(([{ id, clientWidth, clientHeight }, all]) =>
        [id, all, clientWidth, clientHeight]);
}"""


def meet(one, other):
    """Whether two boxes have a part in common."""
    return all(one[i] < other[i + 1] and other[i] < one[i + 1] for i in (1, 3))


@pytest.mark.parametrize("font", [16, 24, 32])
def test_there_is_room_for_letters_of_any_size(lab, font):
    page = lab("#runs=10", font=font)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == f"{font}px"
    run_ten(page)
    for width in 1280, 1000, 390:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        canvases = page.evaluate(TEXTS)
        assert len(canvases) == 5
        for name, texts, right, bottom in canvases:
            where = f"{name} at {width}: {texts}"
            for text in texts:
                assert 0 <= text[1] < text[2] <= right and 0 <= text[3] < text[4] <= bottom, where
                assert text[4] - text[3] >= 12, where  # it can be read
                assert not any(meet(text, other) for other in texts if other is not text), where
        for name, texts, *_ in canvases:
            if name in ("lab-losses", "lab-fit", "lab-alive"):
                ten, twenty, epoch = [t[1] for t in texts if t[0] in ("10", "20", "epoch")][-3:]
                assert texts[0][1] < epoch < ten < twenty, name


# Chromium in disguise changes the resolution without the event that comes with it: note what waits.
WATCHED = """matchMedia = ((ask) => (query) => {
    const answer = ask(query);
    if (query.includes("dppx")) watched = answer;
    return answer;
})(matchMedia);"""


def test_it_is_sharp_on_every_screen(visit, server):
    reader = visit(server)
    reader.page.add_init_script(WATCHED)
    page = reader.go("lab.html#runs=10&num_epochs=1")
    run_ten(page)
    size = {"width": 1280, "height": 800, "mobile": False}
    for ratio in 3, 1.25:
        protocol(page, "Emulation.setDeviceMetricsOverride", deviceScaleFactor=ratio, **size)
        page.wait_for_function("ratio => devicePixelRatio === ratio", arg=ratio)
        page.evaluate("() => { watched.dispatchEvent(new Event('change')); }")
        for canvas in page.locator(".lab canvas").all():
            width, shown = canvas.evaluate("canvas => [canvas.width, canvas.clientWidth]")
            assert abs(width - ratio * shown) <= 0.5


def test_the_dark_is_printed_light(lab):
    page = lab("#step=300", scheme="dark")
    look = """() => {
        const plane = element("plane"), corner = [plane.width - 9, plane.height - 9, 1, 1];
        return [document.body, plane].map((part) => getComputedStyle(part).backgroundColor).concat(
            [...plane.getContext("2d").getImageData(...corner).data].join());
    }"""
    dark = page.evaluate(look)
    page.evaluate(f"addEventListener('beforeprint', () => (window.printed = ({look})()))")
    page.pdf()
    light = lab("#step=300").evaluate(look)
    assert page.evaluate("printed") == light and not set(light) & set(dark)
    page.wait_for_function(f"dark => `${{({look})()}}` === `${{dark}}`", arg=dark)


# The entry, and what is said of it.
NONSENSE = {
    "lr_D=abc": "lr_D: want a number from 0 to 1,000,000, got abc; the lesson's 0.05 is taken.",
    "lr_G=-1": "got -1; the lesson's 0.005",
    "lr_G=": "lr_G: want a number",
    "beta1=1": "beta1: want a number from 0 to 0.9999",
    "epsilon=0": "epsilon: want a number from 1e-8 to 0.1, got 0; the lesson's 1e-8",
    "decay=cosine": "decay: want none or linear, got cosine; the lesson's none is taken.",
    "batch_size=0": "batch_size: want a whole number from 1 to 1,000, got 0",
    "batch_size=2.5": "got 2.5; the lesson's 8",
    "seed=-3": "seed: want a whole number from 0 to 4,294,967,295, got -3",
    "seed": "seed: want a whole number from 0 to 4,294,967,295, got nothing",
    "runs=1000000000": "runs: want a whole number from 1 to 1,000, got 1000000000",
    "num_epochs=Infinity": "num_epochs: want",
    "optimiser=toString": "optimiser: want adam or sgd, got toString",
    "data=%E0%A4%A": "data: want gaussian or ring",
    "batch=8": "batch is no setting of the lab",
    "__proto__=1": "__proto__ is no setting",
    "step=1e9": "step: want a whole number from 0 to 10,000,000, got 1e9",
    "lr_D=1&lr_D=abc": "got abc; the lesson's 0.05 is taken.",
    "then=5:explode": "then: 5:explode is no action",
    "then=5:lr_D:x": "then: 5:lr_D:x is no action",
    "then=5:lr_D": "then: 5:lr_D is no action",
    "then=5:decay:linear": "then: 5:decay:linear is no action",
    "then=9:D,5:D": "then: 5:D is no action, or out of order",
}


def test_nonsense_in_a_link_is_said_and_left_out(lab):
    page = lab()
    for entry, said in NONSENSE.items():
        link = f"#{entry}" if "lr_G" in entry else f"#{entry}&lr_G=0.004"
        page.evaluate("link => open_link(link)", link)
        assert said in text(page, "faults"), entry
        rest = page.evaluate("({ ...session.now, lr_G: 0.005 })")
        assert rest == page.evaluate("LESSON"), entry
        assert "lr_G" in entry or page.evaluate("session.now.lr_G") == 0.004, entry
    page.evaluate("open_link('')")
    assert text(page, "faults") == ""


def test_a_field_takes_no_nonsense(lab):
    page = lab()
    field = page.locator("#lab-set-seed")
    for wrong in ("-3", "2.5", ""):
        field.fill(wrong)
        field.press("Tab")
        assert "seed: want a whole number" in text(page, "faults")
        assert field.input_value() == str(page.evaluate("LESSON.seed"))
    field.fill("12")
    field.press("Enter")
    assert page.evaluate("session.settings.seed") == 12 and text(page, "faults") == ""


def test_a_run_that_blows_up_says_so_and_can_be_started_over(lab):
    page = lab("#optimiser=sgd&lr_D=100000&lr_G=1000000&loss=saturating")
    press(page, "Play")
    page.wait_for_function("session.run.diverged !== null")
    step = page.evaluate("session.run.diverged")
    assert f"Diverged at step {step}" in text(page, "status")
    page.locator("#lab-play").dispatch_event("click")  # does nothing any more
    page.wait_for_timeout(100)
    assert page.evaluate("session.run.step") == step
    assert re.search(r"covariance off by\n[0-9.]+e\+[0-9]+ %", text(page, "numbers"))
    slide(page, "lr_D", -12)
    slide(page, "lr_G", -12)
    press(page, "One epoch")
    assert "Diverged" not in text(page, "status") and page.evaluate("session.run.step") == 125


def test_a_study_is_what_its_runs_are(lab, site):
    page = lab("#runs=10&num_epochs=2&seed=4294967290", site=site)
    run_ten(page)
    results = page.evaluate("ended.results")
    seeds = [(4294967290 + i) % 2**32 for i in range(10)]
    assert sorted(run["seed"] for run in results) == sorted(seeds)
    each = "seeds => seeds.map((seed) => GAN.one_run({ ...session.settings, seed }))"
    alone = page.evaluate(each, seeds)
    assert sorted(results, key=lambda run: run["seed"]) == sorted(alone, key=lambda r: r["seed"])
    runs, *cells = page.locator("#lab-table tbody td").all_inner_texts()
    assert runs == "10 from 4294967290"
    for cell, name in zip(cells, ("loss_D", "loss_G", "frechet"), strict=False):
        assert cell == f"{median(run[name] for run in alone):.3f}"
    assert "10 runs are done" in text(page, "study-status")
    dots = page.evaluate("dots.map((dot) => dot.run.seed)")
    assert sorted(dots) == sorted(seeds)
    # A click on a dot shows its run at its end.
    page.locator("#lab-strips").scroll_into_view_if_needed()
    first = page.evaluate("dots[0]")
    page.locator("#lab-strips").click(position={"x": first["x"], "y": first["y"]})
    page.wait_for_function("session.run.step === 250")
    assert page.evaluate("session.run.losses.loss_D") == first["run"]["loss_D"]
    assert page.evaluate("link => read_link(link).faults", link_of(page)) == []
    # So do the buttons, for those without a mouse.
    ranked = sorted(alone, key=lambda run: run["frechet"])
    for name, place in (("Show the best run", 0), ("the median run", 4), ("the worst run", 9)):
        press(page, name)
        seed = ranked[place]["seed"]
        page.wait_for_function("s => session.settings.seed === s && !is_going()", arg=seed)
        assert page.evaluate("session.run.losses.loss_G") == ranked[place]["loss_G"]


FORBID = """() => {
    const content = "worker-src 'none'";
    document.head.append(make("meta", { httpEquiv: "Content-Security-Policy", content }));
}"""
BREAK = "() => { Worker = class { constructor() { throw new Error('no'); } }; }"


@pytest.mark.parametrize("block", [FORBID, BREAK], ids=["said by an event", "said by an error"])
def test_without_workers_the_page_trains(visit, server, block):
    reader = visit(server)
    page = reader.go("lab.html#runs=10&num_epochs=2")
    page.evaluate(block)
    run_ten(page)
    results = page.evaluate("ended.results")
    seeds = "[...Array(10).keys()].map((i) => LESSON.seed + i)"
    alone = page.evaluate(f"{seeds}.map((seed) => GAN.one_run({{ ...session.settings, seed }}))")
    assert sorted(results, key=lambda run: run["seed"]) == alone
    # It stays awake, within a run of many seconds, too.
    page.evaluate("open_link('#runs=10&num_epochs=10000')")
    press(page, "Run 10")
    told = page.locator("#lab-study-status")
    told.filter(has_text="0 of 10 runs, one after another, because the browser lets").wait_for()
    press(page, "Cancel")
    assert told.inner_text() == "Cancelled after 0 runs."
    assert all("worker-src" in fault for fault in reader.faults)
    reader.faults.clear()


def test_two_studies_stand_side_by_side(lab):
    page = lab("#runs=10&num_epochs=1")
    for beta1 in (0.9, 0.5, 0.5):
        if beta1 != page.evaluate("session.now.beta1"):
            slide(page, "beta1", -4)
        press(page, "Run 10")
        page.wait_for_function("study === null && ended !== null")
        if beta1 == 0.9:
            press(page, "Keep for comparison")
    names = page.locator("#lab-table tbody th").all_inner_texts()
    assert names == ["1. num_epochs = 1", "2. beta1 = 0.5, num_epochs = 1"]
    assert len(page.evaluate("dots")) == 20
    # A kept one cannot be compared with one of other data.
    page.evaluate("open_link('#runs=10&num_epochs=1&data=ring&batch_size=500')")
    press(page, "Run 10")
    page.wait_for_function("study === null && ended.settings.data === 'ring'")
    assert page.locator("#lab-table tbody tr").count() == 1


def test_a_study_can_be_cancelled(lab):
    page = lab("#runs=1000&num_epochs=100")
    press(page, "Run 1000")
    page.wait_for_function("document.getElementById('lab-progress').value > 0")
    page.locator("#lab-run").dispatch_event("click")  # a second press does nothing
    press(page, "Cancel")
    assert re.fullmatch(r"Cancelled after \d+ runs.", text(page, "study-status"))
    done = page.evaluate("document.getElementById('lab-progress').value")
    page.wait_for_timeout(500)
    assert page.evaluate("document.getElementById('lab-progress').value") == done
    assert page.locator("#lab-results").is_hidden()


def test_each_preset_opens_plays_and_says_what_to_watch(lab):
    page = lab()
    for name, watch in page.evaluate("PRESETS.map(({ name, watch }) => [name, watch])"):
        press(page, name)
        page.wait_for_function("playing && session.run.step > 0")
        assert text(page, "watch") == watch and text(page, "faults") == ""
        press(page, "Pause")


def at_epoch(page, link, epochs):
    """The fit of a link's run, and how many units react, after some epochs."""
    return page.evaluate(
        """([link, epochs]) => {
            const { settings, then } = read_link(link);
            const some = new Session(settings, then);
            while (some.run.epochs < epochs) some.advance();
            return { ...GAN.fit(some.run), ...GAN.alive(some.run) };
        }""",
        [link, epochs],
    )


def test_what_a_preset_tells_to_watch_is_there(lab):
    page = lab()
    presets = page.evaluate("Object.fromEntries(PRESETS.map(({ name, link }) => [name, link]))")
    lesson = at_epoch(page, "seed=23", 20)["frechet"]  # the seed of those that change it
    assert at_epoch(page, presets["Less momentum"], 20)["frechet"] < lesson
    leaky = at_epoch(page, presets["LeakyReLU"], 20)
    assert leaky["reacting"] == 3 and leaky["frechet"] > lesson / 2
    two, three, falling = map(presets.get, ("Two repairs", "All three", "Falling rates"))
    near, drifted = (at_epoch(page, two, epochs)["frechet"] for epochs in (20, 80))
    assert near < 0.03 and drifted > 3 * near
    for link in three, falling:
        assert all(at_epoch(page, link, epochs)["frechet"] < 0.03 for epochs in (40, 80))
    stuck = presets["A stuck run"]
    before, after = at_epoch(page, stuck, 20), at_epoch(page, stuck, 40)
    alone = at_epoch(page, stuck.replace("&then=2500:fresh", ""), 40)
    assert abs(alone["frechet"] / before["frechet"] - 1) < 0.05 and before["reacting"] == 0
    assert after["frechet"] < before["frechet"] / 4
    assert at_epoch(page, presets["The ring"], 100)["found"] < 8
    assert at_epoch(page, presets["The ring, equal rates"], 100)["found"] == 8


def test_the_seed_follows_its_rule(lab):
    """As in the lessons: of the seeds 0 to 39, the twentieth by its fit."""
    page = lab()
    results = page.evaluate("[...Array(40).keys()].map((seed) => GAN.one_run({ ...LESSON, seed }))")
    ranked = [run["seed"] for run in sorted(results, key=lambda run: run["frechet"])]
    assert page.evaluate("LESSON.seed") == ranked[19]


def test_it_moves_less_where_that_is_asked_for(lab):
    page = lab("#speed=1&num_epochs=100", clock=True)
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("window.count = 0; draw = ((old) => (now) => { count++; old(now); })(draw)")
    press(page, "Play")
    page.clock.run_for(2500)
    assert page.evaluate("session.run.step") > 100
    assert page.evaluate("count") in (3, 4)  # the first, and one a second


def test_the_words_change_at_a_calm_pace(lab):
    page = lab("#speed=1&num_epochs=100", clock=True)
    page.evaluate(
        """() => {
            window.changes = 0;
            new MutationObserver(() => changes++).observe(
                document.getElementById("lab-status"), { childList: true });
        }"""
    )
    press(page, "Play")
    page.clock.run_for(6500)
    assert page.evaluate("changes") == 1 and page.evaluate("playing")
    assert "Training at epoch" in text(page, "status")
    # The link is never far behind.
    step = int(re.search("step=([0-9]+)", link_of(page))[1])
    assert 0 <= page.evaluate("session.run.step") - step < 100


def test_on_the_way_to_a_step_a_hand_stops_it(lab):
    page = lab()
    page.evaluate("open_link('#batch_size=1&step=9000000')")
    page.wait_for_function("session.run.step > 100")
    assert text(page, "status") == "On the way to step 9,000,000."
    assert "step=9000000" in link_of(page)
    press(page, "One step of D")
    page.wait_for_function("!queued")
    (action,) = page.evaluate("session.then")
    assert page.evaluate("session.run.step") == action["step"] + 1
    assert text(page, "status").startswith("Paused at epoch")


def test_a_frame_ends_in_time_however_much_it_has_to_do(lab):
    page = lab("#data=ring&batch_size=1000&speed=1000&num_epochs=10000")
    press(page, "Play")
    page.wait_for_function("session.run.step > 0")
    start = page.evaluate("session.run.step")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.evaluate("session.run.step") - start < 100
    press(page, "Pause")
    assert not page.evaluate("playing")


def test_the_sliders_follow_what_a_link_does(lab):
    page = lab("#then=20:lr_D:0.2&step=50")
    assert page.locator("#lab-set-lr_D-value").inner_text() == "0.2"
    slide(page, "lr_D", -1)
    assert page.evaluate("session.then.at(-1)") == {"step": 50, "action": "lr_D", "value": 0.1}


def test_a_preset_is_marked_only_while_it_is_shown(lab):
    page = lab()
    marked = page.locator("#lab-presets [aria-pressed=true]")
    press(page, "A stuck run")
    assert marked.all_inner_texts() == ["A stuck run"]
    page.wait_for_function("session.run.step > 0")
    slide(page, "lr_D", 1)
    assert marked.count() == 0 and text(page, "watch") == ""
    press(page, "Pause")
    press(page, "The lesson")
    assert marked.all_inner_texts() == ["The lesson"]
    slide(page, "speed", 1)
    slide(page, "num_epochs", 1)
    assert page.evaluate("session.run.step") > 0 and marked.count() == 0
    slide(page, "runs", -1)
    page.get_by_role("button", name="Run 50").wait_for()


def test_single_steps_are_drawn(lab):
    page = lab("#batch_size=500")
    assert page.evaluate("session.notes.epochs") == [0]
    for name in ("One step of D", "One step of G", "One step of D"):
        press(page, name)
    assert page.evaluate("session.notes.epochs") == [0, 0.5, 0.5, 1]
    assert page.evaluate("session.notes.loss_D.at(-1)") == page.evaluate("session.run.last.loss_D")


def test_the_best_discriminator_is_there_where_it_is_known(lab):
    page = lab("#step=300")
    switch, learned = page.locator("#lab-best"), page.evaluate(PLANE)
    switch.check()
    best = page.evaluate(PLANE)
    assert best != learned
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"best => {PLANE} !== best", arg=best)
    page.evaluate("open_link('#data=ring')")
    assert switch.is_disabled() and page.locator("#lab-ellipses").is_hidden()


def test_what_a_link_cannot_repeat_is_refused(lab):
    page = lab("#batch_size=1000")
    page.evaluate("for (let i = 0; i < MAX_ACTIONS; i++) session.do('D')")
    press(page, "One step of D")
    assert "no more than 500 actions" in text(page, "faults")
    assert page.evaluate("session.run.step") == 500
    again = page.evaluate("link => read_link(link)", page.evaluate("session.link()"))
    assert len(again["then"]) == 500 and again["faults"] == []


def test_a_long_run_keeps_no_more_than_it_draws(lab):
    page = lab("#batch_size=1000")
    page.evaluate("for (let i = 0; i < 5000; i++) session.advance()")
    notes = page.evaluate("session.notes")
    assert 400 <= len(notes["epochs"]) < 800
    lengths = {len(notes[name]) for name in ("epochs", "loss_D", "loss_G", "fit", "reacting")}
    assert lengths == {len(notes["epochs"])} and notes["epochs"] == sorted(notes["epochs"])
