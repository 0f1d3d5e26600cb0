// The part of the page where many runs are trained, and two settings compared.

let study = null; // the one that is on its way
let kept = null, ended = null; // those that are shown
let dots = []; // of the picture

// What the table has of a study; a name stands over each column.
const COLUMNS = {
  gaussian: {
    [N_("median loss_D")]: ({ summary }) => digits(summary.loss_D),
    [N_("median loss_G")]: ({ summary }) => digits(summary.loss_G),
    [N_("median Fréchet distance")]: ({ summary }) => digits(summary.fit),
    [N_("within 0.2 and 20 %")]: ({ summary }) => percent(summary.within_20),
    [N_("within 0.1 and 10 %")]: ({ summary }) => percent(summary.within_10),
    [N_("diverged")]: ({ summary }) => percent(summary.diverged),
  },
  ring: {
    [N_("median loss_D")]: ({ summary }) => digits(summary.loss_D),
    [N_("median loss_G")]: ({ summary }) => digits(summary.loss_G),
    [N_("median of clouds found")]: ({ summary }) => `${summary.fit}`,
    [N_("median of points near one")]: ({ summary }) => percent(summary.near),
    [N_("all eight found")]: ({ summary }) => percent(summary.all),
    [N_("diverged")]: ({ summary }) => percent(summary.diverged),
  },
};

const STUDY_BUTTONS = {
  run() {
    if (study) return;
    const { runs } = session.now;
    const report = (done) => {
      [element("progress").max, element("progress").value] = [runs, done];
      element("study-status").textContent = study?.in_page
        ? say("{done} of {runs} runs, one after another, because the browser lets this page start no "
          + "workers: it takes longer.", { done, runs })
        : say("{done} of {runs} runs", { done, runs });
    };
    study = new Study({ ...session.now }, report, end_study);
    report(0);
    show_study_buttons();
  },
  cancel() {
    if (!study) return;
    study.stop();
    element("study-status").textContent = say("Cancelled after {runs} runs.",
      { runs: study.results.length });
    study = null;
    show_study_buttons();
  },
  keep() {
    if (!ended) return;
    [kept, ended] = [ended, null];
    element("study-status").textContent = say("Kept. Change a setting, and run again to compare.");
    show_studies();
  },
  "show-best": () => show_ranked(() => 0),
  "show-median": () => show_ranked((count) => Math.floor((count - 1) / 2)),
  "show-worst": () => show_ranked((count) => count - 1),
};

function end_study(done, error) {
  study = null;
  if (error) {
    element("study-status").textContent = say("The study stopped: {why}", { why: error.message });
  } else {
    element("study-status").textContent =
      say("{runs} runs are done: {what}.", { runs: done.results.length, what: in_words(done.settings) });
    ended = done;
    if (kept && kept.settings.data !== done.settings.data) kept = null; // not to be compared
  }
  show_studies();
}

function show_study_buttons() {
  element("run").textContent = say("Run {runs}", study ? study.settings : session.now);
  element("run").setAttribute("aria-disabled", study !== null);
  element("cancel").setAttribute("aria-disabled", study === null);
  element("keep").setAttribute("aria-disabled", ended === null);
}

function show_studies() {
  show_study_buttons();
  const studies = [kept, ended].filter(Boolean);
  element("results").hidden = !studies.length;
  if (!studies.length) return;
  const columns = Object.entries(COLUMNS[studies[0].settings.data]);
  const cell = (tag, textContent, scope) => make(tag, { textContent, ...(scope && { scope }) });
  const row = (study, i) => make("tr", {}, cell("th", `${i + 1}. ${in_words(study.settings)}`, "row"),
    cell("td", say("{runs} from {seed}",
      { runs: study.results.length, seed: study.settings.seed })),
    ...columns.map(([, text]) => cell("td", text(study))));
  element("table").replaceChildren(
    make("thead", {}, make("tr", {}, ...[N_("settings"), N_("runs, from seed"), ...columns.map(([name]) => name)].map(
      (name) => cell("th", say(name), "col")))),
    make("tbody", {}, ...studies.map(row)));
  dots = draw_strips(element("strips"), studies, FITS[studies[0].settings.data]);
}

// Show a run of a study from its seed, at its end.
function show_run({ settings }, { seed }) {
  const steps = settings.num_epochs * Math.ceil(GAN.NUM_POINTS / settings.batch_size);
  show(new Session({ ...settings, seed }), steps);
  element("plane").scrollIntoView({ block: "center" });
}

function show_ranked(place) {
  const from = ended || kept;
  show_run(from, from.ranked()[place(from.results.length)]);
}

function show_dot(event) {
  const box = element("strips").getBoundingClientRect();
  const distance = ({ x, y }) => Math.hypot(x - (event.clientX - box.left), y - (event.clientY - box.top));
  const [nearest] = [...dots].sort((a, b) => distance(a) - distance(b));
  if (nearest && distance(nearest) < 20) show_run(nearest.study, nearest.run);
}
