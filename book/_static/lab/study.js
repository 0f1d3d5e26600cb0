// Many runs with the same settings and different seeds, in workers, so that the page stays awake; where
// they are blocked, in the page, a slice at a time.

const SLICE = 12; // milliseconds that the page may train for at a time, so that it stays awake

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// What the results of GAN.one_run come to.
function summarise(results, data) {
  const of = (name) => results.map((run) => (Number.isFinite(run[name]) ? run[name] : Infinity));
  const share = (test) => results.filter(test).length / results.length;
  const summary = { loss_D: median(of("loss_D")), loss_G: median(of("loss_G")),
    diverged: share((run) => run.diverged !== null) };
  if (data === "ring") {
    return { ...summary, fit: median(of("found")), near: median(of("near")),
      all: share((run) => run.found === GAN.RING.centres.length) };
  }
  const within = (mean, cov) => share((run) => run.mean_error < mean && run.cov_error < cov);
  return { ...summary, fit: median(of("frechet")), within_20: within(0.2, 0.2),
    within_10: within(0.1, 0.1) };
}

// What a worker of a study does, done by the page.
class StandIn {
  postMessage(settings) {
    this.run = new GAN.Run(settings);
    this.train();
  }

  train() {
    const until = performance.now() + SLICE;
    while (!GAN.is_over(this.run) && performance.now() < until) this.run.step_both();
    this.timer = setTimeout(() => {
      if (GAN.is_over(this.run)) this.onmessage({ data: GAN.outcome(this.run) });
      else this.train();
    });
  }

  terminate() {
    clearTimeout(this.timer);
  }
}

class Study {
  // on_progress is called with the number of runs that are done, on_end with this study, or with an
  // error.
  constructor(settings, on_progress, on_end) {
    Object.assign(this, { settings, on_progress, on_end, results: [], in_page: false });
    this.seeds = Array.from({ length: settings.runs }, (_, i) => (settings.seed + i) % 2 ** 32);
    const source = `const GAN = (${make_GAN})();
      onmessage = ({ data }) => postMessage(GAN.one_run(data));`;
    this.address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const count = Math.min(navigator.hardwareConcurrency || 2, 8, settings.runs);
    this.workers = [];
    try {
      for (let i = 0; i < count; i++) this.hire(new Worker(this.address));
    } catch { // some browsers say by an error that they allow none
      this.do_without();
    }
  }

  hire(worker) {
    this.workers.push(worker);
    worker.onmessage = ({ data }) => this.take(worker, data);
    worker.onerror = (event) => {
      event.preventDefault();
      if (!event.message) return this.do_without(); // others by an event, which has no message
      this.stop();
      this.on_end(this, new Error(event.message));
    };
    this.ask(worker);
  }

  // Go on without workers: with the runs that none has finished.
  do_without() {
    if (this.in_page) return;
    this.stop();
    for (const { seed } of this.workers) if (seed !== undefined) this.seeds.push(seed);
    this.in_page = true;
    this.workers = [];
    this.hire(new StandIn());
    this.on_progress(this.results.length);
  }

  ask(worker) {
    worker.seed = this.seeds.shift();
    if (worker.seed !== undefined) worker.postMessage({ ...this.settings, seed: worker.seed });
  }

  take(worker, result) {
    this.results.push(result);
    this.ask(worker);
    this.on_progress(this.results.length);
    if (this.results.length < this.settings.runs) return;
    this.stop();
    this.summary = summarise(this.results, this.settings.data);
    this.on_end(this);
  }

  // The results by their fit, the best first; what has diverged is last.
  ranked() {
    const { key, log } = FITS[this.settings.data];
    const rank = (run) => (Number.isFinite(run[key]) ? (log ? run[key] : -run[key]) : Infinity);
    return [...this.results].sort((a, b) => (rank(a) === rank(b) ? a.seed - b.seed : rank(a) - rank(b)));
  }

  // End it, whatever is still to be done.
  stop() {
    for (const worker of this.workers) worker.terminate();
    URL.revokeObjectURL(this.address);
  }
}
