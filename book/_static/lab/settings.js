// What can be set in the lab: one entry each, with the lesson's value. The link to a state has the
// same names. What is live can be changed during a run; anything else begins a new one. Then the
// presets.

// Texts are in the language of the page: what say("...") and N_("...") have is in its catalogue, and
// Sphinx's own function looks it up. N_ is for what is looked up where it is shown.
const N_ = (text) => text;
const say = (text, values = {}) => _(text).replace(/\{(\w+)\}/g, (all, name) => values[name]);

const MAX_RATE = 1e6;
const RATES = [0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5,
  10, 100];

// The seed follows the rule of the lessons: of the runs with the seeds 0 to 39 it is the twentieth, a
// typical one.
// grid: what the slider offers; any other number from low to high may come from a link.
const SETTINGS = {
  lr_D: { label: N_("lr_D, discriminator"), lesson: 0.05, grid: RATES,
    low: 0, high: MAX_RATE, live: true },
  lr_G: { label: N_("lr_G, generator"), lesson: 0.005, grid: RATES,
    low: 0, high: MAX_RATE, live: true },
  beta1: { label: N_("beta1, momentum"), lesson: 0.9,
    grid: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99],
    low: 0, high: 0.9999, live: true },
  epsilon: { label: N_("epsilon, of Adam"), lesson: 1e-8,
    grid: [1e-8, 1e-7, 1e-6, 1e-5, 0.0001, 0.001, 0.01, 0.1], low: 1e-8, high: 0.1, live: true },
  batch_size: { label: "batch_size", lesson: 8, grid: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000],
    low: 1, high: 1000, whole: true },
  num_epochs: { label: "num_epochs", lesson: 20,
    grid: [1, 2, 5, 10, 20, 40, 80, 160, 320], low: 1, high: 10000, whole: true, live: true },
  speed: { label: N_("speed, steps a frame"), lesson: 5, grid: [1, 2, 5, 10, 25, 50, 125],
    low: 1, high: 1000, whole: true, live: true },
  runs: { label: N_("runs of a study"), lesson: 100, grid: [10, 20, 50, 100, 200, 500, 1000],
    low: 1, high: 1000, whole: true, live: true },
  seed: { label: N_("seed"), lesson: 33, low: 0, high: 2 ** 32 - 1, whole: true },
  optimiser: { label: N_("optimiser"), lesson: "adam", choices: { adam: "Adam", sgd: "SGD" } },
  decay: { label: N_("learning rates"), lesson: "none",
    choices: { none: N_("constant rates"), linear: N_("falling rates") } },
  activation: { label: N_("discriminator's activation"), lesson: "tanh",
    choices: { tanh: "tanh", leaky: "LeakyReLU" } },
  loss: { label: N_("generator's loss"), lesson: "non-saturating",
    choices: { "non-saturating": "−log D", saturating: N_("log (1 − D), saturating") } },
  data: { label: N_("data"), lesson: "gaussian",
    choices: { gaussian: N_("one cloud"), ring: N_("a ring of eight") } },
};

const LESSON = Object.fromEntries(Object.entries(SETTINGS).map(([name, s]) => [name, s.lesson]));

// What is done by hand during a run. In a link: then=2500:fresh,3000:lr_D:0.01, each with the number
// of the minibatch before which it happened.
// num_epochs is one where the rates fall, for they are to be 0 at its end.
const ACTIONS = ["fresh", "D", "G", "lr_D", "lr_G", "beta1", "epsilon", "num_epochs"];
const MAX_ACTIONS = 500;
const MAX_STEP = 1e7;

// Return the value that a text gives a setting, or null if it gives none.
function read_value(name, text) {
  const { choices, low, high, whole } = SETTINGS[name];
  if (choices) return Object.hasOwn(choices, text) ? text : null;
  const value = /^\s*$/.test(text) ? NaN : Number(text);
  return value >= low && value <= high && (!whole || Number.isInteger(value)) ? value : null;
}

// Numbers are written as the code prints them; a comma between thousands is for English readers.
const useGrouping = document.documentElement.lang === "en";
const in_full = (value) => value > 0 && value < 1e-4 ? value.toExponential()
  : value.toLocaleString("en", { maximumFractionDigits: 10, useGrouping });

function wanted(name) {
  const { choices, low, high, whole } = SETTINGS[name];
  if (choices) return Object.keys(choices).join(say(" or "));
  const limits = [low, high].map(in_full);
  return whole ? say("a whole number from {low} to {high}", { low: limits[0], high: limits[1] })
    : say("a number from {low} to {high}", { low: limits[0], high: limits[1] });
}

// Return { settings, step, then, faults } of a link's part after the #. What is wrong in it is left
// as in the lesson, and said in faults, a sentence each.
function read_link(hash) {
  const state = { settings: { ...LESSON }, step: 0, then: [], faults: [] };
  for (const entry of hash.replace(/^#/, "").split("&").filter(Boolean)) {
    const at = entry.indexOf("=");
    const [name, text] = [entry.slice(0, Math.max(at, 0)) || entry, decoded(entry.slice(at + 1))];
    if (name === "then") {
      read_actions(text, state);
    } else if (name === "step") {
      const step = /^\d{1,9}$/.test(text) ? Number(text) : Infinity;
      if (step <= MAX_STEP) state.step = step;
      else {
        state.faults.push(say("step: want a whole number from 0 to {high}, got {text}; 0 is taken.",
          { high: in_full(MAX_STEP), text }));
      }
    } else if (!Object.hasOwn(SETTINGS, name)) {
      state.faults.push(say("{name} is no setting of the lab and is left out.", { name: decoded(name) }));
    } else {
      const value = at < 0 ? null : read_value(name, text);
      state.settings[name] = value ?? SETTINGS[name].lesson;
      if (value === null) {
        state.faults.push(say("{name}: want {wanted}, got {text}; the lesson's {lesson} is taken.",
          { name, wanted: wanted(name), text: at < 0 ? say("nothing") : text,
            lesson: SETTINGS[name].lesson }));
      }
    }
  }
  return state;
}

function read_actions(text, state) {
  for (const part of text.split(",").filter(Boolean)) {
    const [at, action, value] = part.split(":");
    const step = /^\d{1,8}$/.test(at) ? Number(at) : NaN;
    const number = value === undefined ? undefined
      : ACTIONS.includes(action) && SETTINGS[action] ? read_value(action, value) : null;
    const fits = ACTIONS.includes(action) && (action in SETTINGS) === (number !== undefined);
    const last = state.then.length ? state.then[state.then.length - 1].step : 0;
    if (step >= last && fits && number !== null && state.then.length < MAX_ACTIONS) {
      state.then.push({ step, action, value: number });
    } else {
      state.faults.push(say("then: {part} is no action, or out of order, and is left out.", { part }));
    }
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that stands for nothing
  }
}

function write_link({ settings, step, then }) {
  const entries = Object.entries(settings);
  const done = then.map(({ step, action, value }) => [step, action, value].filter(
    (part) => part !== undefined).join(":"));
  if (done.length) entries.push(["then", done.join(",")]);
  if (step) entries.push(["step", step]);
  return `#${entries.map(([name, value]) => `${name}=${value}`).join("&")}`;
}

// What differs from the lesson, in a few words.
function in_words(settings) {
  const differs = Object.keys(SETTINGS).filter((name) => settings[name] !== LESSON[name]
    && !["speed", "runs", "seed"].includes(name));
  if (!differs.length) return say("the lesson");
  return differs.map((name) => SETTINGS[name].choices
    ? say(SETTINGS[name].choices[settings[name]]) : `${name} = ${settings[name]}`).join(", ");
}

// Those that change the lesson's training have one seed, to be compared. In each of them its run ends
// within a factor of 3 of the median of a hundred.
const PRESETS = [
  { name: N_("The lesson"), link: "",
    watch: N_("Watch the losses settle at ln 2, and then look at the fit: does it go on falling?") },
  { name: N_("A stuck run"), link: "seed=1&num_epochs=40&then=2500:fresh",
    watch: N_("Watch the fit stop. After epoch 20 a fresh opponent takes over, and it moves again.") },
  { name: N_("Less momentum"), link: "beta1=0.5&seed=23",
    watch: N_("Watch the fit: with less momentum, most runs end nearer to the truth.") },
  { name: "LeakyReLU", link: "activation=leaky&seed=23",
    watch: N_("Watch the units that react: all three do, to the end. The fit gains little from that alone.") },
  { name: N_("Two repairs"), link: "activation=leaky&beta1=0.5&num_epochs=80&speed=10&seed=23",
    watch: N_("Watch the fit: within 20 epochs it comes near, and then it drifts away again.") },
  { name: N_("All three"),
    link: "activation=leaky&beta1=0.5&epsilon=0.01&num_epochs=80&speed=10&seed=23",
    watch: N_("Watch the fit: with epsilon = 0.01 as well, it comes near and stays there.") },
  { name: N_("Falling rates"),
    link: "activation=leaky&beta1=0.5&decay=linear&num_epochs=80&speed=10&seed=23",
    watch: N_("Watch the fit: with falling rates in place of epsilon, it comes near and stays there, too.") },
  { name: N_("The ring"), link: "data=ring&batch_size=64&lr_D=0.01&lr_G=0.001&beta1=0.5&num_epochs=100",
    watch: N_("Watch which of the eight clouds the generator finds, and which it leaves out.") },
  { name: N_("The ring, equal rates"),
    link: "data=ring&batch_size=64&lr_D=0.004&lr_G=0.004&beta1=0.5&num_epochs=100",
    watch: N_("Watch the same ring with lr_D = lr_G = 0.004: the generator finds all eight clouds.") },
];
