// The page: what is pressed, what is shown. The skeleton is in lab.md.

const EXPECTED = { "non-saturating": Math.LN2, saturating: -Math.LN2 }; // loss_G at the equilibrium
const LN_2 = { "non-saturating": "ln 2", saturating: "−ln 2" };
const READING = 250; // milliseconds between two changes of the numbers
const CALM = 5000; // between two descriptions in words
const SLICE = 12; // of a frame, when a link asks for a step far on

const element = (name) => document.getElementById(`lab-${name}`);
const less_motion = matchMedia("(prefers-reduced-motion: reduce)");

let session; // what is shown
let playing = false, pause_at = 0; // the epoch
let goal = 0; // the step that a link asks for
let queued = false, last_drawn = -Infinity, last_read = -Infinity, last_told = -Infinity;

// ---------------------------------------------------------------- running

function show(new_session, step = 0) {
  session = new_session;
  element("plane").classList.toggle("lab-square", session.settings.data === "ring");
  playing = false;
  goal = step;
  for (const name of Object.keys(SETTINGS)) show_setting(name);
  settle();
  if (goal > 0) wake();
}

function play() {
  const { run, now } = session;
  if (run.diverged !== null) return;
  const { num_epochs } = now;
  pause_at = num_epochs * (Math.floor(run.epochs / num_epochs) + 1);
  playing = true;
  show_buttons();
  wake();
}

function pause() {
  playing = false;
  goal = 0;
  settle();
}

function wake() {
  if (!queued) requestAnimationFrame(frame);
  queued = true;
}

function frame(now) {
  queued = false;
  const { run } = session;
  if (run.step < goal) {
    const until = performance.now() + SLICE;
    while (run.step < goal && run.diverged === null && performance.now() < until) session.advance();
  } else if (playing) {
    for (let i = 0; i < session.now.speed && run.diverged === null && run.epochs < pause_at; i++) {
      session.advance();
    }
  }
  const ended = run.diverged !== null || (playing ? run.epochs >= pause_at : run.step >= goal);
  if (ended) return pause();
  if (now - last_drawn >= (less_motion.matches ? 1000 : 0)) draw(now);
  wake();
}

// ---------------------------------------------------------------- showing

function draw(now) {
  const { run, notes } = session;
  last_drawn = now;
  const best = element("best").checked && run.settings.data === "gaussian";
  draw_plane(element("plane"), run, best);
  const { loss, data } = run.settings;
  const end = Math.max(session.now.num_epochs, Math.ceil(run.epochs));
  const saturating = loss === "saturating";
  draw_plot(element("losses"), notes.epochs, end, [
    { values: notes.loss_D, colour: colours.D, label: "loss_D" },
    { values: notes.loss_G, colour: colours.G, label: "loss_G", dash: [7, 3] },
  ], [...new Set([Math.LN2, EXPECTED[loss]])].map(
    (at) => ({ at, label: at > 0 ? "ln 2" : "−ln 2" })),
  { low: saturating ? -1.5 : 0, high: 1.5, ticks: saturating ? [-1, 0, 1] : [0, 0.5, 1, 1.5],
    title: "loss (nats)" });
  const measure = FITS[data];
  const rules = session.closed_form ? [{ at: session.closed_form, label: "closed form" }] : [];
  const lines = [{ values: notes.fit, colour: colours.generated }];
  draw_plot(element("fit"), notes.epochs, end, lines, rules, measure);
  if (now - last_read >= READING) show_numbers(now);
  if (now - last_told >= CALM) tell(now);
}

// Draw and describe what is there, once it stands still.
function settle() {
  const now = performance.now();
  draw(now);
  show_numbers(now);
  tell(now);
  show_buttons();
  if (session.run.step < goal) return; // the link is not yet that of what is shown
  history.replaceState(null, "", session.link);
  element("link").href = session.link;
}

// A number as the lesson prints it, or shorter where it is large.
function digits(value) {
  if (!Number.isFinite(value)) return "none yet";
  const size = Math.abs(value);
  if (size >= 1e6) return minus(value.toExponential(1));
  return minus(size < 100 ? value.toFixed(size < 0.01 ? 4 : 3) : Math.round(value).toLocaleString("en"));
}

const percent = (share) => `${Number.isFinite(share) ? (100 * share).toFixed(share < 10 ? 0 : 1) : "–"} %`;

// What is seen now: [name, text, whether it is told].
function numbers() {
  const { run, closed_form } = session;
  const fit = GAN.fit(run);
  const units = GAN.alive(run);
  const whole = Number.isFinite(run.losses.loss_D);
  return {
    epoch: `${run.epochs.toFixed(2)}, step ${run.step.toLocaleString("en")}`,
    loss_D: digits(run.losses.loss_D),
    loss_G: digits(run.losses.loss_G),
    ...(run.settings.data === "ring" ? {
      "clouds found": `${fit.found} of 8`,
      "near a cloud": percent(fit.near),
    } : {
      "Fréchet distance": `${digits(fit.frechet)}; closed form ${digits(closed_form)}`,
      "mean off by": digits(fit.mean_error),
      "covariance off by": percent(fit.cov_error),
    }),
    "units that react": `${units.reacting} of ${units.of}`,
    "spread of the logit": digits(units.spread),
  };
}

function show_numbers(now) {
  last_read = now;
  const list = element("numbers");
  const entries = Object.entries(numbers());
  if (list.children.length !== entries.length) {
    list.replaceChildren(...entries.map(() => {
      const [row, name, value] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
      row.append(name, value);
      return row;
    }));
  }
  entries.forEach(([name, text], i) => {
    [list.children[i].children[0].textContent, list.children[i].children[1].textContent] = [name, text];
  });
}

function tell(now) {
  last_told = now;
  const { run } = session;
  const seen = numbers();
  const { epoch, loss_D, loss_G } = seen;
  let text = `${playing ? "Training" : "Paused"} at epoch ${epoch}.`;
  if (run.diverged !== null) {
    text = `Diverged at step ${run.diverged}: a weight has become useless. Choose smaller learning `
      + "rates, and start over.";
  } else if (run.step === 0) {
    text = "Nothing has been learned yet. Press Play.";
  } else {
    if (Number.isFinite(run.losses.loss_D)) {
      text += ` In the last whole epoch loss_D was ${loss_D} and loss_G ${loss_G}; `
        + `ln 2 is ${Math.LN2.toFixed(3)}.`;
    }
    text += ` ${sentence_about_fit(seen)} Of the second layer's units, ${seen["units that react"]} react.`;
  }
  element("status").textContent = text;
  element("status").classList.toggle("lab-bad", run.diverged !== null);
}

function sentence_about_fit(seen) {
  if ("clouds found" in seen) {
    return `The generator has found ${seen["clouds found"]} clouds; ${seen["near a cloud"]} of its points `
      + "are near one.";
  }
  return `The Fréchet distance is ${seen["Fréchet distance"]}; the mean is off by ${seen["mean off by"]}, `
    + `the covariance by ${seen["covariance off by"]}.`;
}

// ---------------------------------------------------------------- controls

function show_buttons() {
  const { run } = session;
  const over = run.diverged !== null;
  const moving = playing || run.step < goal;
  element("play").textContent = moving ? "Pause" : "Play";
  for (const name of ["play", "step-D", "step-G", "epoch", "fresh"]) {
    element(name).setAttribute("aria-disabled", over);
  }
  element("best").disabled = run.settings.data !== "gaussian";
}

const BUTTONS = {
  play: () => (playing || session.run.step < goal ? pause() : play()),
  "step-D": () => by_hand("D"),
  "step-G": () => by_hand("G"),
  epoch() {
    const end = Math.floor(session.run.epochs) + 1;
    while (session.run.epochs < end && session.run.diverged === null) session.advance();
    pause();
  },
  over: () => show(session.again()),
  fresh: () => by_hand("fresh"),
};

function by_hand(action, value) {
  if (session.run.diverged !== null) return;
  if (session.is_full) {
    const most = `The link can repeat no more than ${MAX_ACTIONS} actions`;
    element("faults").textContent = `${most}. Start over to do more.`;
    return;
  }
  session.do(action, value);
  if (!playing) settle();
}

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// A slider over a grid of numbers, a list of choices, or a field for a number.
function make_setting(name) {
  const { label, choices, grid, lesson, low, high } = SETTINGS[name];
  const id = `lab-set-${name}`;
  const shown = make("output", { id: `${id}-value` });
  shown.setAttribute("for", id);
  let input;
  if (choices) {
    input = make("select", { id }, ...Object.entries(choices).map(([value, text]) =>
      make("option", { value, textContent: value === lesson ? `${text} (lesson)` : text })));
  } else if (grid) {
    input = make("input", { id, type: "range", min: 0, step: 1 });
  } else {
    input = make("input", { id, type: "number", min: low, max: high, step: 1, required: true });
  }
  input.addEventListener(grid ? "input" : "change", () => change(name, input));
  const row = make("div", { className: "lab-setting" },
    make("label", { htmlFor: id, textContent: label }));
  if (grid) {
    const mark = make("span", { className: "lab-mark", textContent: "▲", title: "the lesson's value" });
    mark.setAttribute("aria-hidden", true);
    row.append(shown, make("span", { className: "lab-slider" }, input, mark));
  } else {
    row.append(input);
  }
  return row;
}

// The numbers that the slider of a setting offers: its grid, and the value that it has.
function offered(name) {
  return [...new Set([...SETTINGS[name].grid, session.now[name]])].sort((a, b) => a - b);
}

function show_setting(name) {
  const input = element(`set-${name}`);
  const { grid, lesson } = SETTINGS[name];
  const value = session.now[name];
  if (!grid) {
    input.value = value;
    return;
  }
  const values = offered(name);
  input.max = values.length - 1;
  input.value = values.indexOf(value);
  const text = in_full(value);
  element(`set-${name}-value`).textContent = text;
  input.setAttribute("aria-valuetext", value === lesson ? `${text}, as in the lesson` : text);
  const mark = input.nextElementSibling;
  mark.style.setProperty("--at", values.indexOf(lesson) / (values.length - 1));
}

function change(name, input) {
  const { grid, live } = SETTINGS[name];
  const value = grid ? offered(name)[Number(input.value)] : read_value(name, input.value);
  element("faults").textContent = "";
  if (value === null) {
    element("faults").textContent = `${name}: want ${wanted(name)}, got ${input.value || "nothing"}; `
      + `${session.now[name]} is kept.`;
    return show_setting(name);
  }
  if (value === session.now[name]) return;
  const { step, diverged } = session.run;
  if (ACTIONS.includes(name) && step > 0 && diverged === null) {
    by_hand(name, value);
  } else if (live && !ACTIONS.includes(name)) { // how it is shown
    session.settings[name] = session.now[name] = value;
    if (!playing) settle();
  } else { // another run
    show(new Session({ ...session.now, [name]: value }));
    show_preset({ settings: session.settings, then: [], step: 0 });
  }
  show_setting(name);
}

// ---------------------------------------------------------------- a study

let study = null, kept = null, ended = null, dots = [];

function begin_study() {
  if (study) return;
  element("progress").max = session.now.runs;
  element("progress").value = 0;
  study = new Study({ ...session.now, beta2: undefined, epsilon: undefined }, (done) => {
    element("progress").value = done;
    element("study-status").textContent = `${done} of ${study.settings.runs} runs`;
  }, end_study);
  show_study_buttons();
  element("study-status").textContent = `0 of ${study.settings.runs} runs`;
}

function end_study(done, error) {
  if (error) element("study-status").textContent = `The study stopped: ${error.message}`;
  else {
    element("study-status").textContent = `${done.results.length} runs are done: ${in_words(done.settings)}.`;
    ended = done;
    if (kept && kept.settings.data !== done.settings.data) kept = null; // not to be compared
  }
  study = null;
  show_studies();
}

function cancel_study() {
  if (!study) return;
  study.stop();
  element("study-status").textContent = `Cancelled after ${study.results.length} runs.`;
  study = null;
  show_study_buttons();
}

function keep_study() {
  if (!ended) return;
  kept = ended;
  kept.kept = true;
  ended = null;
  element("study-status").textContent = "Kept. Change a setting, and run again to compare.";
  show_studies();
}

function show_study_buttons() {
  element("run").setAttribute("aria-disabled", study !== null);
  element("cancel").setAttribute("aria-disabled", study === null);
  element("keep").setAttribute("aria-disabled", ended === null);
  element("run").textContent = `Run ${session.now.runs}`;
}

const COLUMNS = {
  gaussian: { "median loss_D": (s) => digits(s.loss_D), "median loss_G": (s) => digits(s.loss_G),
    "median Fréchet distance": (s) => digits(s.fit), "within 0.2 and 20 %": (s) => percent(s.within_20),
    "within 0.1 and 10 %": (s) => percent(s.within_10), diverged: (s) => percent(s.diverged) },
  ring: { "median loss_D": (s) => digits(s.loss_D), "median loss_G": (s) => digits(s.loss_G),
    "median of clouds found": (s) => digits(s.fit), "median of points near a cloud": (s) => percent(s.near),
    "all eight found": (s) => percent(s.all), diverged: (s) => percent(s.diverged) },
};

function show_studies() {
  show_study_buttons();
  const studies = [kept, ended].filter(Boolean);
  element("results").hidden = !studies.length;
  if (!studies.length) return;
  const { data } = studies[0].settings;
  const columns = Object.entries(COLUMNS[data]);
  const cell = (tag, textContent, scope) => make(tag, { textContent, ...(scope && { scope }) });
  element("table").replaceChildren(
    make("thead", {}, make("tr", {}, cell("th", "settings", "col"),
      ...columns.map(([name]) => cell("th", name, "col")))),
    make("tbody", {}, ...studies.map(({ settings, summary }) => make("tr", {},
      cell("th", in_words(settings), "row"), ...columns.map(([, text]) => cell("td", text(summary)))))));
  dots = draw_strips(element("strips"), studies, FITS[data]);
}

// A dot is a run: show it from its seed, at its end.
function open_dot(event) {
  const box = element("strips").getBoundingClientRect();
  const distance = (dot) => Math.hypot(dot.x - (event.clientX - box.left), dot.y - (event.clientY - box.top));
  const [nearest] = [...dots].sort((a, b) => distance(a) - distance(b));
  if (!nearest || distance(nearest) > 20) return;
  const { settings } = nearest.study;
  const steps = settings.num_epochs * Math.ceil(GAN.NUM_POINTS / settings.batch_size);
  show(new Session({ ...settings, seed: nearest.seed }), steps);
  element("plane").scrollIntoView({ block: "center" });
}

// ---------------------------------------------------------------- the link

function open_link(hash) {
  const { settings, step, then, faults } = read_link(hash);
  element("faults").textContent = faults.join(" ");
  show_preset({ settings, then, step: 0 });
  show(new Session(settings, then), step);
}

// Say what to watch, if the state is the start of a preset.
function show_preset(state) {
  const preset = PRESETS.find(({ link }) => write_link({ ...read_link(link), step: 0 }) === write_link(state));
  element("watch").textContent = preset ? preset.watch : "";
  [...element("presets").children].forEach((button, i) => {
    button.setAttribute("aria-pressed", PRESETS[i] === preset);
  });
}

// ---------------------------------------------------------------- all of it

function set_up() {
  for (const [name, press] of Object.entries(BUTTONS)) element(name).addEventListener("click", press);
  for (const name of Object.keys(SETTINGS)) element("settings").append(make_setting(name));
  for (const preset of PRESETS) {
    const button = make("button", { type: "button", textContent: preset.name });
    button.addEventListener("click", () => {
      open_link(preset.link);
      play();
    });
    element("presets").append(button);
  }
  element("best").addEventListener("change", () => settle());
  element("run").addEventListener("click", begin_study);
  element("cancel").addEventListener("click", cancel_study);
  element("keep").addEventListener("click", keep_study);
  element("strips").addEventListener("click", open_dot);
  const repaint = () => {
    read_colours(element("plane"));
    draw(performance.now());
    show_studies();
  };
  read_colours(element("plane"));
  open_link(location.hash);
  new ResizeObserver(repaint).observe(element("stage"));
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  addEventListener("hashchange", () => open_link(location.hash));
  show_studies();
}

set_up();
