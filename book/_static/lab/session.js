// One run of the lab from its first step: what was set, what was done by hand, and its history.

// How the fit is measured and drawn, for each kind of data.
const FITS = {
  gaussian: { key: "frechet", log: true, low: 0.001, high: 100, ticks: [0.001, 0.01, 0.1, 1, 10, 100],
    title: N_("Fréchet distance to the truth") },
  ring: { key: "found", log: false, low: 0, high: 8, ticks: [0, 2, 4, 6, 8],
    title: N_("clouds found, of eight") },
};
const MAX_NOTES = 800;

// Losses, fit and units that react over the epochs, a note every few steps. When there are many, two
// become one.
class Notes {
  constructor(every, run) {
    Object.assign(this, { every, epochs: [], loss_D: [], loss_G: [], fit: [], reacting: [] });
    this.clear();
    this.note(run);
  }

  clear() {
    [this.count, this.sum_D, this.sum_G] = [0, 0, 0];
  }

  // After a step; now: not to wait for more.
  add(run, now = false) {
    this.count += 1;
    this.sum_D += run.last.loss_D;
    this.sum_G += run.last.loss_G;
    if (now || this.count >= this.every) this.note(run);
  }

  note(run) {
    const epoch = Math.floor(run.epochs);
    if (epoch !== this.epoch) this.alive = GAN.alive(run).reacting; // once an epoch: it takes long
    this.epoch = epoch;
    this.epochs.push(run.epochs);
    this.loss_D.push(this.sum_D / this.count);
    this.loss_G.push(this.sum_G / this.count);
    this.fit.push(GAN.fit(run)[FITS[run.settings.data].key]);
    this.reacting.push(this.alive);
    this.clear();
    if (this.epochs.length === MAX_NOTES) this.halve();
  }

  halve() {
    for (const name of ["epochs", "fit", "reacting"]) this[name] = this[name].filter((_, i) => i % 2);
    for (const name of ["loss_D", "loss_G"]) {
      const all = this[name];
      this[name] = all.filter((_, i) => i % 2).map((late, i) => (all[2 * i] + late) / 2);
    }
    this.every *= 2;
  }
}

class Session {
  // settings: as they are at first. then: what is to happen, [{ step, action, value }].
  constructor(settings, then = []) {
    Object.assign(this, { settings, then, done: 0, by_hand: false });
    this.now = { ...settings }; // with what has been changed since
    this.run = new GAN.Run({ ...settings });
    const { batch_size, data } = settings;
    this.notes = new Notes(Math.max(1, Math.round(GAN.NUM_POINTS / batch_size / 5)), this.run);
    this.closed_form = data === "gaussian"
      ? GAN.fit_errors(GAN.closed_form(this.run.data)).frechet : null;
    this.catch_up();
  }

  // A step of both players.
  advance() {
    this.run.step_both();
    this.notes.add(this.run);
    this.catch_up();
  }

  // Do what the link has noted for this moment.
  catch_up() {
    while (this.done < this.then.length && this.then[this.done].step <= this.run.step) {
      this.act(this.then[this.done]);
      this.done += 1;
    }
  }

  // Do one of the ACTIONS, and note it, so that the link can repeat it. What the link had noted for
  // later is of another run now.
  do(action, value) {
    this.by_hand = true;
    this.then = this.then.slice(0, this.done);
    const { step } = this.run;
    const last = this.then[this.done - 1];
    const again = value !== undefined && last && last.step === step && last.action === action;
    if (again) last.value = value; // a slider on its way
    else this.then.push({ step, action, value });
    this.done = this.then.length;
    this.act({ action, value });
  }

  act({ action, value }) {
    const { run } = this;
    if (action === "fresh") run.fresh_opponent();
    else if (action === "D") run.step_D();
    else if (action === "G") run.step_G();
    else {
      this.now[action] = value;
      run.set(action, value);
    }
    if (action === "D" || action === "G") this.notes.add(run, true);
  }

  get is_full() {
    return this.done >= MAX_ACTIONS;
  }

  // The same from the start: with the settings as they are now, if they were changed by hand.
  again() {
    return this.by_hand ? new Session(this.now) : new Session(this.settings, this.then);
  }

  // The link to this run at a step.
  link(step = this.run.step) {
    return write_link({ settings: this.settings, step, then: this.then });
  }
}
