// The page: a run, its controls and its link. The skeleton is in lab.md.
//
// It is the last of the scripts, which come in this order: gan.js, the lesson's GAN, to be read beside
// gan_numpy, to which tests hold it; settings.js, all that can be set, an entry each, the link and the
// presets; session.js, a run with what was done to it; draw.js, the canvases; study.js, many runs in
// workers, or in the page where a browser allows none; compare.js, what the page shows of them. They
// are no modules: a page that was opened from the file system may load none.

const EXPECTED = { "non-saturating": Math.LN2, saturating: -Math.LN2 }; // loss_G at the equilibrium
const READING = 250; // milliseconds between two changes of the numbers
const CALM = 5000; // between two descriptions in words, when the address changes, too
const MOST_FAULTS = 5; // that are shown

const element = (name) => document.getElementById(`lab-${name}`);
const less_motion = matchMedia("(prefers-reduced-motion: reduce)");

let session; // what is shown
let playing = false, pause_at = 0; // the epoch
let goal = 0; // the step that a link asks for
let address; // the timer that will write the link where the browser shows it
let queued = false, last_drawn = -Infinity, last_read = -Infinity, last_told = -Infinity;

const is_going = () => session.run.step < goal; // to the step of a link, as fast as it can
const has_diverged = () => session.run.diverged !== null;

// ---------------------------------------------------------------- running

function show(new_session, step = 0) {
  session = new_session;
  playing = false;
  goal = step;
  const on_ring = session.settings.data === "ring";
  element("stage").classList.toggle("lab-square", on_ring);
  element("ellipses").hidden = on_ring;
  element("best").disabled = on_ring; // its generator has no formula
  settle();
  if (is_going()) wake();
}

function resume() {
  if (has_diverged()) return;
  set_pause();
  playing = true;
  show_buttons();
  wake();
}

function set_pause() {
  const { num_epochs } = session.now;
  pause_at = num_epochs * (Math.floor(session.run.epochs / num_epochs) + 1);
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
  const until = performance.now() + SLICE;
  for (let i = 0; is_going() || (playing && i < session.now.speed && run.epochs < pause_at); i++) {
    session.advance();
    if (has_diverged() || performance.now() > until) break;
  }
  if (has_diverged() || !(is_going() || (playing && run.epochs < pause_at))) return pause();
  if (now - last_drawn >= (less_motion.matches ? 1000 : 0)) draw(now);
  wake();
}

// ---------------------------------------------------------------- showing

function draw(now) {
  const { run, notes, closed_form } = session;
  last_drawn = now;
  draw_plane(element("plane"), run, element("best").checked && !element("best").disabled);
  const { loss, data } = run.settings;
  const end = Math.max(session.now.num_epochs, Math.ceil(run.epochs));
  const plot = (name, lines, rules, axis) =>
    draw_plot(element(name), notes.epochs, end, lines, rules, axis);
  const saturating = loss === "saturating";
  plot("losses", [
    { values: notes.loss_D, colour: colours.D, label: "loss_D" },
    { values: notes.loss_G, colour: colours.G, label: "loss_G", dash: [7, 3] },
  ], [Math.LN2, ...(saturating ? [EXPECTED[loss]] : [])].map(
    (at) => ({ at, label: at > 0 ? "ln 2" : "−ln 2" })),
  { low: saturating ? -2 : 0, high: 2, ticks: saturating ? [-2, -1, 0, 1, 2] : [0, 0.5, 1, 1.5, 2],
    title: say("loss (nats)") });
  plot("fit", [{ values: notes.fit, colour: colours.generated }],
    closed_form ? [{ at: closed_form, label: say("closed form") }] : [], FITS[data]);
  const units = run.players.net_D.sizes[2];
  plot("alive", [{ values: notes.reacting, colour: colours.D }], [],
    { low: 0, high: units, ticks: [0, units], title: say("units of D's second layer that react") });
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
  show_preset();
}

// A number as the lesson prints it, or shorter where it is large.
function digits(value) {
  const size = Math.abs(value);
  if (Number.isNaN(value)) return say("no number");
  if (size === Infinity) return "∞";
  if (size >= 1e6) return minus(value.toExponential(1));
  return minus(size < 100 ? value.toFixed(size < 0.01 ? 4 : 3) : in_full(Math.round(value)));
}

function percent(share) {
  const value = 100 * share;
  return `${value < 1000 ? value.toFixed(0) : digits(value)} %`;
}

// What is seen now, by name.
function numbers() {
  const { run, closed_form } = session;
  const fit = GAN.fit(run);
  const units = GAN.alive(run);
  const loss = (name) => (run.has_epoch ? digits(run.losses[name]) : say("none yet"));
  return {
    [N_("epoch")]: say("{epochs}, step {step}",
      { epochs: run.epochs.toFixed(2), step: in_full(run.step) }),
    [N_("loss_D, last epoch")]: loss("loss_D"),
    [N_("loss_G, last epoch")]: loss("loss_G"),
    ...(run.settings.data === "ring" ? {
      [N_("clouds found")]: say("{some} of {all}", { some: fit.found, all: 8 }),
      [N_("points near a cloud")]: percent(fit.near),
    } : {
      [N_("Fréchet distance")]: say("{fit}; closed form {best}",
        { fit: digits(fit.frechet), best: digits(closed_form) }),
      [N_("mean off by")]: digits(fit.mean_error),
      [N_("covariance off by")]: percent(fit.cov_error),
    }),
    [N_("units that react")]: say("{some} of {all}", { some: units.reacting, all: units.of }),
    [N_("spread of the logit")]: digits(units.spread),
  };
}

function show_numbers(now) {
  last_read = now;
  element("numbers").replaceChildren(...Object.entries(numbers()).map(([name, text]) =>
    make("div", {}, make("dt", { textContent: say(name) }), make("dd", { textContent: text }))));
  for (const name of Object.keys(SETTINGS)) show_setting(name); // an action may have changed one
  element("link").href = session.link(Math.max(session.run.step, goal));
}

function tell(now) {
  last_told = now;
  element("status").textContent = in_sentences();
  element("status").classList.toggle("lab-bad", has_diverged());
  clearTimeout(address); // browsers refuse an address that changes too often
  address = setTimeout(() => history.replaceState(null, "", element("link").href), 200);
}

function in_sentences() {
  const { run } = session;
  const seen = numbers();
  if (has_diverged()) {
    return say("Diverged at step {step}: a weight is too large, or no number. Choose smaller "
      + "learning rates.", { step: run.diverged });
  }
  if (is_going()) return say("On the way to step {step}.", { step: in_full(goal) });
  if (run.step === 0 && !playing) return say("Nothing has been learned yet. Press Play.");
  const sentences = [playing ? say("Training at epoch {epoch}.", seen)
    : say("Paused at epoch {epoch}.", seen)];
  if (run.has_epoch) {
    sentences.push(say("In the last whole epoch loss_D was {D} and loss_G {G}; ln 2 is {ln_2}.",
      { D: seen["loss_D, last epoch"], G: seen["loss_G, last epoch"], ln_2: digits(Math.LN2) }));
  }
  sentences.push(run.settings.data === "ring"
    ? say("The generator has found {clouds} clouds, and {near} of its points are near one.",
      { clouds: seen["clouds found"], near: seen["points near a cloud"] })
    : say("The Fréchet distance is {fit}; the mean is off by {mean}, the covariance by {cov}.",
      { fit: seen["Fréchet distance"], mean: seen["mean off by"], cov: seen["covariance off by"] }));
  sentences.push(say("Of the units in the discriminator's second layer, {units} react.",
    { units: seen["units that react"] }));
  if (run.factor === 0) {
    sentences.push(say("The learning rates have fallen to 0, and nothing moves any more."));
  }
  return sentences.join(" ");
}

function show_faults(faults) {
  const shown = faults.slice(0, MOST_FAULTS);
  if (faults.length > shown.length) shown.push(say("And {count} more.", { count: faults.length - shown.length }));
  element("faults").replaceChildren(...shown.map((textContent) => make("li", { textContent })));
}

// Say what to watch, as long as the run is that of a preset.
function show_preset() {
  const state = { settings: session.settings, then: session.then };
  const preset = PRESETS.find(({ link }) => write_link({ ...read_link(link), step: 0 }) === write_link(state));
  element("watch").textContent = preset ? say(preset.watch) : "";
  [...element("presets").children].forEach((button, i) => {
    button.setAttribute("aria-pressed", PRESETS[i] === preset);
  });
}

// ---------------------------------------------------------------- controls

function show_buttons() {
  element("play").textContent = playing || is_going() ? say("Pause") : say("Play");
  for (const name of ["play", "step-D", "step-G", "epoch", "fresh"]) {
    element(name).setAttribute("aria-disabled", has_diverged());
  }
  show_study_buttons();
}

const BUTTONS = {
  play: () => (playing || is_going() ? pause() : resume()),
  "step-D": () => by_hand("D"),
  "step-G": () => by_hand("G"),
  epoch() {
    const end = Math.floor(session.run.epochs) + 1;
    while (session.run.epochs < end && !has_diverged()) session.advance();
    pause();
  },
  over: () => show(session.again()),
  fresh: () => by_hand("fresh"),
};

function by_hand(action, value) {
  if (has_diverged()) return;
  if (session.is_full) {
    show_faults([say("A link can repeat no more than {count} actions. Start over to do more.",
      { count: MAX_ACTIONS })]);
    return;
  }
  goal = 0; // where the link was going, another run would be
  session.do(action, value);
  if (playing) show_preset();
  else settle();
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
  let input;
  if (choices) {
    input = make("select", { id }, ...Object.entries(choices).map(([value, text]) =>
      make("option", { value, textContent: value === lesson
        ? say("{choice} (lesson)", { choice: say(text) }) : say(text) })));
  } else if (grid) {
    input = make("input", { id, type: "range", min: 0, step: 1 });
  } else {
    input = make("input", { id, type: "number", min: low, max: high, step: 1, required: true });
  }
  input.addEventListener(grid ? "input" : "change", () => change(name, input));
  const row = make("div", { className: "lab-setting" },
    make("label", { htmlFor: id, textContent: say(label) }));
  if (grid) {
    const shown = make("output", { id: `${id}-value` });
    shown.setAttribute("for", id);
    const mark = make("span", { className: "lab-mark", textContent: "▲",
      title: say("the lesson's value") });
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
    const is_edited = playing && document.activeElement === input;
    if (!is_edited) input.value = value;
    return;
  }
  const values = offered(name);
  input.max = values.length - 1;
  input.value = values.indexOf(value);
  const text = in_full(value);
  element(`set-${name}-value`).textContent = text;
  input.setAttribute("aria-valuetext", value === lesson
    ? say("{value}, as in the lesson", { value: text }) : text);
  input.nextElementSibling.style.setProperty("--at", values.indexOf(lesson) / (values.length - 1));
}

function change(name, input) {
  const { grid, live } = SETTINGS[name];
  const acts = ACTIONS.includes(name)
    && !(name === "num_epochs" && session.settings.decay === "none");
  const value = grid ? offered(name)[Number(input.value)] : read_value(name, input.value);
  show_faults(value === null
    ? [say("{name}: want {wanted}, got {text}; {value} is kept.", { name, wanted: wanted(name),
      text: input.value || say("nothing"), value: session.now[name] })] : []);
  if (value === null || value === session.now[name]) {
    show_setting(name);
  } else if (acts && session.run.step > 0 && !has_diverged()) {
    by_hand(name, value);
    if (playing) set_pause();
  } else if (live && !acts) { // it changes what is shown, and not the run
    session.settings[name] = session.now[name] = value;
    set_pause();
    settle();
  } else {
    show(new Session({ ...session.now, [name]: value }));
  }
}

// ---------------------------------------------------------------- all of it

// Whether an address leads to a place on the page, as "Skip to main content" does, and to no state.
function is_anchor(hash) {
  const place = decoded(hash.slice(1));
  return ["", "top"].includes(place) || document.getElementById(place) !== null;
}

function open_link(hash) {
  const { settings, step, then, faults } = read_link(hash);
  show_faults(faults);
  show(new Session(settings, then), step);
}

function set_up() {
  for (const [name, press] of Object.entries({ ...BUTTONS, ...STUDY_BUTTONS })) {
    element(name).addEventListener("click", press);
  }
  element("strips").addEventListener("click", show_dot);
  for (const name of Object.keys(SETTINGS)) element("settings").append(make_setting(name));
  for (const { name, link } of PRESETS) {
    const button = make("button", { type: "button", textContent: say(name) });
    button.addEventListener("click", () => {
      open_link(link);
      resume();
    });
    element("presets").append(button);
  }
  element("best").addEventListener("change", settle);
  const repaint = () => {
    read_colours(element("plane"));
    draw(performance.now());
    show_studies();
  };
  const watch_resolution = () => { // on another screen, or larger
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => {
      repaint();
      watch_resolution();
    }, { once: true });
  };
  read_colours(element("plane"));
  open_link(is_anchor(location.hash) ? "" : location.hash);
  watch_resolution();
  new ResizeObserver(repaint).observe(element("stage"));
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  addEventListener("hashchange", () => {
    if (is_anchor(location.hash)) history.replaceState(null, "", element("link").href);
    else open_link(location.hash);
  });
}

set_up();
