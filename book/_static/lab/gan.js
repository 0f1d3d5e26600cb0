// The lesson's GAN. Read it beside the NumPy lesson, gan_numpy: it has the same names in the same
// order. A matrix is a Float64Array, row by row; whatever a step needs room for is made once.
//
// All of it is in one function, so that a worker can be made from its text: a page that was opened
// from the file system may load none.

function make_GAN() {
  "use strict";

  const A = [1.0, 2.0, -0.1, 0.5];
  const b = [1.0, 2.0];
  const NUM_POINTS = 1000;

  // ---------------------------------------------------------------- random numbers

  // The generator sfc32 of Chris Doty-Humphrey's PractRand: 128 bits of state.
  class Random {
    constructor(seed) {
      [this.a, this.b, this.c, this.count] = [0, seed | 0, 0, 1];
      this.spare = null;
      for (let i = 0; i < 12; i++) this.uniform();
    }

    // A number from 0 to less than 1.
    uniform() {
      const sum = (((this.a + this.b) | 0) + this.count) | 0;
      this.count = (this.count + 1) | 0;
      this.a = this.b ^ (this.b >>> 9);
      this.b = (this.c + (this.c << 3)) | 0;
      this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
      return (sum >>> 0) / 2 ** 32;
    }

    // The polar method of Marsaglia: a point in the unit disc gives two normal numbers. It needs no
    // sine, in which browsers differ; from another last digit a training takes another course.
    normal() {
      if (this.spare !== null) {
        const spare = this.spare;
        this.spare = null;
        return spare;
      }
      let x, y, square;
      do {
        [x, y] = [2 * this.uniform() - 1, 2 * this.uniform() - 1];
        square = x * x + y * y;
      } while (square >= 1 || square === 0);
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.spare = y * scale;
      return x * scale;
    }

    // Fisher and Yates.
    shuffle(order) {
      for (let i = order.length - 1; i > 0; i--) {
        const j = Math.floor(this.uniform() * (i + 1));
        [order[i], order[j]] = [order[j], order[i]];
      }
    }
  }

  // ---------------------------------------------------------------- the real data

  const [near, far] = [2 * Math.SQRT1_2, 2];
  const RING = {
    centres: [[far, 0], [near, near], [0, far], [-near, near], [-far, 0], [-near, -near], [0, -far],
      [near, -near]],
    spread: 0.1,
  };

  const DATA = {
    gaussian(random) {
      const [z, w] = [random.normal(), random.normal()];
      return [z * A[0] + w * A[2] + b[0], z * A[1] + w * A[3] + b[1]];
    },
    ring(random) {
      const [x, y] = RING.centres[Math.floor(random.uniform() * RING.centres.length)];
      return [x + RING.spread * random.normal(), y + RING.spread * random.normal()];
    },
  };

  // ---------------------------------------------------------------- networks

  // An activation computes x = f(u), and its slope from x.
  const ACTIVATIONS = {
    tanh: { value: Math.tanh, slope: (x) => 1 - x * x },
    leaky: { value: (u) => Math.max(u, 0.2 * u), slope: (x) => (x > 0 ? 1 : 0.2) },
  };

  // A minibatch of n points on its way through a net: what enters each layer and, last, the output;
  // on the way back, the slope of the loss in each of these.
  class Pass {
    constructor(net, n) {
      this.n = n;
      this.steps = net.sizes.map((size) => new Float64Array(n * size));
      this.slopes = net.sizes.map((size) => new Float64Array(n * size));
    }

    get output() {
      return this.steps[this.steps.length - 1];
    }

    get output_slope() {
      return this.slopes[this.slopes.length - 1];
    }
  }

  // A multilayer perceptron: linear layers with an activation between. sizes: such as [2, 5, 3, 1].
  class MLP {
    constructor(sizes, activation = ACTIVATIONS.tanh) {
      this.sizes = sizes;
      this.activation = activation;
      this.parameters = []; // W, inputs x outputs, then b, then the next layer's
      for (let i = 0; i + 1 < sizes.length; i++) {
        const [inputs, outputs] = [sizes[i], sizes[i + 1]];
        this.parameters.push(new Float64Array(inputs * outputs), new Float64Array(outputs));
      }
      this.gradients = this.parameters.map((p) => new Float64Array(p.length));
      this.passes = new Map();
    }

    // A pass for n points, the same each time.
    pass(n) {
      if (!this.passes.has(n)) this.passes.set(n, new Pass(this, n));
      return this.passes.get(n);
    }

    // Send points through, and return the output. Passes of different length may take turns.
    forward(x, pass) {
      const last = this.sizes.length - 2;
      pass.steps[0].set(x);
      for (let i = 0; i <= last; i++) {
        const [inputs, outputs] = [this.sizes[i], this.sizes[i + 1]];
        const [W, bias] = [this.parameters[2 * i], this.parameters[2 * i + 1]];
        const [from, to] = [pass.steps[i], pass.steps[i + 1]];
        for (let row = 0; row < pass.n; row++) {
          const at = row * outputs;
          for (let j = 0; j < outputs; j++) to[at + j] = bias[j];
          for (let k = 0; k < inputs; k++) {
            const x_k = from[row * inputs + k];
            for (let j = 0; j < outputs; j++) to[at + j] += x_k * W[k * outputs + j];
          }
        }
        if (i < last) for (let j = 0; j < to.length; j++) to[j] = this.activation.value(to[j]);
      }
      return pass.output;
    }

    // Add to the gradients, and return the slope in the input. pass: has been forward, and its
    // output_slope has been set.
    backward(pass) {
      for (let i = this.sizes.length - 2; i >= 0; i--) {
        const [inputs, outputs] = [this.sizes[i], this.sizes[i + 1]];
        const [dW, dbias] = [this.gradients[2 * i], this.gradients[2 * i + 1]];
        const [W, x] = [this.parameters[2 * i], pass.steps[i]];
        const [slope, to] = [pass.slopes[i + 1], pass.slopes[i]];
        for (let row = 0; row < pass.n; row++) {
          for (let j = 0; j < outputs; j++) dbias[j] += slope[row * outputs + j];
          for (let k = 0; k < inputs; k++) {
            const x_k = x[row * inputs + k];
            let sum = 0;
            for (let j = 0; j < outputs; j++) {
              dW[k * outputs + j] += x_k * slope[row * outputs + j];
              sum += slope[row * outputs + j] * W[k * outputs + j];
            }
            to[row * inputs + k] = i > 0 ? sum * this.activation.slope(x_k) : sum;
          }
        }
      }
      return pass.slopes[0];
    }

    clear_gradients() {
      for (const gradient of this.gradients) gradient.fill(0);
    }
  }

  function init_net(net, random, spread = 0.02) {
    net.parameters.forEach((p, i) => {
      const is_bias = i % 2 === 1;
      for (let k = 0; k < p.length; k++) p[k] = is_bias ? 0 : spread * random.normal();
    });
  }

  // Whether all parameters are numbers, and of a size that can mean something.
  function is_useful(net) {
    for (const p of net.parameters) {
      for (let k = 0; k < p.length; k++) if (!(Math.abs(p[k]) < 1e6)) return false;
    }
    return true;
  }

  // ---------------------------------------------------------------- losses and optimisers

  const sigmoid = (o) => (1 + Math.tanh(o / 2)) / 2;

  // log(1 + exp(o)), written so that exp does not overflow.
  const softplus = (o) => Math.max(o, 0) + Math.log1p(Math.exp(-Math.abs(o)));

  function mean(values, of) {
    let sum = 0;
    for (const value of values) sum += of(value);
    return sum / values.length;
  }

  // The cross-entropy on logits o with the label y, as a mean over the batch, in nats.
  const loss = {
    value: (o, y) => mean(o, (o) => softplus(o) - y * o),
    slope: (o, y) => sigmoid(o) - y,
  };

  // What the generator may minimise, for one logit of a generated point: -log D or log (1 - D).
  const GENERATOR_LOSSES = {
    "non-saturating": { value: (o) => softplus(-o), slope: (o) => -sigmoid(-o) },
    saturating: { value: (o) => -softplus(o), slope: (o) => -sigmoid(o) },
  };

  class SGD {
    constructor(net, lr) {
      [this.net, this.lr] = [net, lr];
    }

    // factor: of the learning rate.
    step(factor) {
      const lr = factor * this.lr;
      this.net.parameters.forEach((p, i) => {
        for (let k = 0; k < p.length; k++) p[k] -= lr * this.net.gradients[i][k];
      });
    }
  }

  // Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
  class Adam {
    constructor(net, lr, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8) {
      Object.assign(this, { net, lr, beta1, beta2, epsilon, t: 0 });
      this.m = net.parameters.map((p) => new Float64Array(p.length));
      this.v = net.parameters.map((p) => new Float64Array(p.length));
    }

    step(factor) {
      const { beta1, beta2, epsilon } = this;
      const lr = factor * this.lr;
      this.t += 1;
      const [correct_m, correct_v] = [1 - beta1 ** this.t, 1 - beta2 ** this.t];
      for (let i = 0; i < this.m.length; i++) {
        const [p, g] = [this.net.parameters[i], this.net.gradients[i]];
        const [m, v] = [this.m[i], this.v[i]];
        for (let k = 0; k < p.length; k++) {
          m[k] += (1 - beta1) * (g[k] - m[k]);
          v[k] += (1 - beta2) * (g[k] * g[k] - v[k]);
          p[k] -= (lr * (m[k] / correct_m)) / (Math.sqrt(v[k] / correct_v) + epsilon);
        }
      }
    }
  }

  const OPTIMISERS = { sgd: SGD, adam: Adam };

  // The factor of both learning rates in a step. done: the steps before it, as a share of those of
  // the whole training.
  const DECAYS = { none: () => 1, linear: (done) => Math.max(0, 1 - done) };

  // ---------------------------------------------------------------- one step each

  // The two networks with what trains them.
  class Players {
    constructor(net_D, net_G, settings) {
      [this.net_D, this.net_G] = [net_D, net_G];
      this.loss_G = GENERATOR_LOSSES[settings.loss];
      this.factor = 1; // of both learning rates
      this.trainer_D = this.trainer(net_D, settings.lr_D, settings);
      this.trainer_G = this.trainer(net_G, settings.lr_G, settings);
      this.rooms = new Map();
    }

    trainer(net, lr, { optimiser, beta1, beta2, epsilon }) {
      return new OPTIMISERS[optimiser](net, lr, beta1, beta2, epsilon);
    }

    // The passes of a minibatch of n points.
    room(n) {
      if (!this.rooms.has(n)) {
        const [generated, ...judged] = [this.net_G, this.net_D, this.net_D];
        const [real, fake] = judged.map((net) => new Pass(net, n));
        this.rooms.set(n, { generated: new Pass(generated, n), real, fake });
      }
      return this.rooms.get(n);
    }

    // Take one step of the discriminator and return loss_D. X: real points, Z: noise.
    update_D(X, Z) {
      const { net_D, net_G } = this;
      const { generated, real, fake } = this.room(X.length / net_D.sizes[0]);
      const fake_X = net_G.forward(Z, generated); // plain numbers: not about the generator
      const real_Y = net_D.forward(X, real);
      const fake_Y = net_D.forward(fake_X, fake);
      const loss_D = (loss.value(real_Y, 1) + loss.value(fake_Y, 0)) / 2;
      const { n } = real;
      for (let i = 0; i < n; i++) {
        real.output_slope[i] = loss.slope(real_Y[i], 1) / n / 2;
        fake.output_slope[i] = loss.slope(fake_Y[i], 0) / n / 2;
      }
      net_D.clear_gradients();
      net_D.backward(real); // the gradient of a sum is the sum of the gradients
      net_D.backward(fake);
      this.trainer_D.step(this.factor);
      return loss_D;
    }

    // Take one step of the generator and return loss_G.
    update_G(Z) {
      const { net_D, net_G } = this;
      const { generated, fake } = this.room(Z.length / net_G.sizes[0]);
      const fake_Y = net_D.forward(net_G.forward(Z, generated), fake);
      const loss_G = mean(fake_Y, this.loss_G.value);
      const { n } = fake;
      for (let i = 0; i < n; i++) fake.output_slope[i] = this.loss_G.slope(fake_Y[i]) / n;
      const slope = net_D.backward(fake); // through net_D, which stays
      net_G.clear_gradients();
      generated.output_slope.set(slope);
      net_G.backward(generated);
      this.trainer_G.step(this.factor);
      return loss_G;
    }
  }

  // ---------------------------------------------------------------- a run from a seed

  // Which networks learn which data, and how large their weights are at first: as in the lesson.
  const NETWORKS = {
    gaussian: { G: [2, 2], D: [2, 5, 3, 1], spread_G: 0.02, spread_D: 0.02 },
    ring: { G: [2, 32, 32, 2], D: [2, 32, 32, 1], spread_G: 0.5, spread_D: 0.3 },
  };

  // Players with data, weights, order and noise of their own, all from settings.seed.
  class Run {
    constructor(settings) {
      this.settings = settings;
      this.random = new Random(settings.seed);
      const { G, spread_G, spread_D } = NETWORKS[settings.data];
      this.data = new Float64Array(2 * NUM_POINTS);
      for (let i = 0; i < NUM_POINTS; i++) {
        this.data.set(DATA[settings.data](this.random), 2 * i);
      }
      const [net_D, net_G] = [this.new_D(), new MLP(G)];
      init_net(net_D, this.random, spread_D);
      init_net(net_G, this.random, spread_G);
      this.players = new Players(net_D, net_G, settings);
      this.order = Array.from({ length: NUM_POINTS }, (_, i) => i);
      this.next = NUM_POINTS; // where in this.order the next minibatch starts
      this.batches = new Map();
      this.step = 0; // minibatches drawn
      this.examples = 0; // real points among them
      this.judged = false; // whether the generator has had its step with the noise that was drawn
      this.sums = { loss_D: 0, loss_G: 0, points_D: 0, points_G: 0 }; // of this epoch
      this.losses = { loss_D: NaN, loss_G: NaN }; // the means of the last whole epoch
      this.diverged = null; // the step at which a number became useless
    }

    new_D() {
      const { data, activation } = this.settings;
      return new MLP(NETWORKS[data].D, ACTIVATIONS[activation]);
    }

    // Draw the next minibatch and its noise.
    draw() {
      if (this.next >= NUM_POINTS) {
        this.random.shuffle(this.order);
        this.next = 0;
        this.sums = { loss_D: 0, loss_G: 0, points_D: 0, points_G: 0 };
      }
      const n = Math.min(this.settings.batch_size, NUM_POINTS - this.next);
      if (!this.batches.has(n)) {
        this.batches.set(n, { X: new Float64Array(2 * n), Z: new Float64Array(2 * n) });
      }
      const { X, Z } = (this.batch = this.batches.get(n));
      for (let i = 0; i < n; i++) {
        const from = 2 * this.order[this.next + i];
        X[2 * i] = this.data[from];
        X[2 * i + 1] = this.data[from + 1];
      }
      for (let i = 0; i < Z.length; i++) Z[i] = this.random.normal();
      this.players.factor = this.factor;
      this.next += n;
      this.step += 1;
      this.examples += n;
    }

    // The discriminator's step alone, with a new minibatch.
    step_D() {
      this.draw();
      this.judged = false;
      const { X, Z } = this.batch;
      this.note("D", this.players.update_D(X, Z), X.length / 2);
    }

    // The generator's step alone, with the noise of the discriminator's last step, or new noise.
    step_G() {
      if (this.step === 0 || this.judged) this.draw();
      this.judged = true;
      const { Z } = this.batch;
      this.note("G", this.players.update_G(Z), Z.length / 2);
    }

    // A step of each, as in the lesson.
    step_both() {
      this.step_D();
      this.step_G();
    }

    note(player, value, n) {
      this.last = { ...this.last, [`loss_${player}`]: value };
      this.sums[`loss_${player}`] += n * value;
      this.sums[`points_${player}`] += n;
      if (this.next >= NUM_POINTS) this.losses = this.epoch_losses();
      if (this.diverged === null && !is_useful(this.players[`net_${player}`])) {
        this.diverged = this.step;
      }
    }

    // The mean losses of the epoch so far.
    epoch_losses() {
      const { loss_D, loss_G, points_D, points_G } = this.sums;
      return { loss_D: loss_D / points_D, loss_G: loss_G / points_G };
    }

    get epochs() {
      return this.examples / NUM_POINTS;
    }

    // The factor of both learning rates in the next minibatch.
    get factor() {
      const { decay, num_epochs, batch_size } = this.settings;
      return DECAYS[decay](this.step / (num_epochs * Math.ceil(NUM_POINTS / batch_size)));
    }

    get has_epoch() {
      return this.examples >= NUM_POINTS;
    }

    // Change lr_D, lr_G, beta1, epsilon or num_epochs from here on.
    set(name, value) {
      const { trainer_D, trainer_G } = this.players;
      if (name === "lr_D") trainer_D.lr = value;
      if (name === "lr_G") trainer_G.lr = value;
      if (["beta1", "epsilon"].includes(name)) trainer_D[name] = trainer_G[name] = value;
      if (name === "num_epochs") this.settings.num_epochs = value;
    }

    // Put a new discriminator, with an optimiser of its own, in the place of the old one.
    fresh_opponent() {
      const { settings, players } = this;
      const net_D = this.new_D();
      init_net(net_D, this.random, NETWORKS[settings.data].spread_D);
      const { lr, beta1, epsilon } = players.trainer_D;
      players.net_D = net_D;
      players.trainer_D = players.trainer(net_D, lr, { ...settings, beta1, epsilon });
    }
  }

  // ---------------------------------------------------------------- what it has learned

  // The output of a net for points, or of its layer number i. It holds until the next call.
  function output(net, points, i = net.sizes.length - 1) {
    const pass = net.pass(points.length / net.sizes[0]);
    net.forward(points, pass);
    return pass.steps[i];
  }

  // Minus the gradient of loss_G in each generated point, as from the discriminator of a run.
  function pushes({ net_D, loss_G }, fake_points) {
    const pass = net_D.pass(fake_points.length / 2);
    net_D.forward(fake_points, pass).forEach((o, i) => {
      pass.output_slope[i] = -loss_G.slope(o);
    });
    return net_D.backward(pass); // its gradients are cleared before they are used
  }

  // A normal distribution: the mean, and the covariance as [xx, xy, yy].
  const TRUTH = { mean: b, cov: gram(A) };

  function gram(W) {
    return [W[0] ** 2 + W[2] ** 2, W[0] * W[1] + W[2] * W[3], W[1] ** 2 + W[3] ** 2];
  }

  // The distribution of the generated points, exactly.
  function fitted(net_G) {
    const [W, c] = net_G.parameters;
    return { mean: c, cov: gram(W) };
  }

  // What a statistician would do with the same points.
  function closed_form(points) {
    const n = points.length / 2;
    const sums = [0, 0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      sums[0] += points[2 * i] / n;
      sums[1] += points[2 * i + 1] / n;
    }
    for (let i = 0; i < n; i++) {
      const [x, y] = [points[2 * i] - sums[0], points[2 * i + 1] - sums[1]];
      sums[2] += (x * x) / (n - 1);
      sums[3] += (x * y) / (n - 1);
      sums[4] += (y * y) / (n - 1);
    }
    return { mean: sums.slice(0, 2), cov: sums.slice(2) };
  }

  const determinant = ([xx, xy, yy]) => xx * yy - xy * xy;

  // The errors of mean and covariance, and the Frechet distance to the truth. For 2 x 2 matrices,
  // the trace of a root is the root of (trace + 2 * root of determinant).
  function fit_errors({ mean, cov }) {
    const [xx, xy, yy] = TRUTH.cov;
    const off = [cov[0] - xx, cov[1] - xy, cov[1] - xy, cov[2] - yy];
    const mean_error = Math.hypot(mean[0] - b[0], mean[1] - b[1]);
    const trace_of_product = cov[0] * xx + 2 * cov[1] * xy + cov[2] * yy;
    const root = Math.sqrt(Math.max(determinant(cov) * determinant(TRUTH.cov), 0));
    const spread = cov[0] + cov[2] + xx + yy - 2 * Math.sqrt(trace_of_product + 2 * root);
    return {
      mean_error,
      cov_error: Math.hypot(...off) / Math.hypot(xx, xy, xy, yy),
      frechet: mean_error ** 2 + Math.max(spread, 0),
    };
  }

  // On the ring: the share of the points that are near a cloud, and how many of the clouds have at
  // least a tenth of their share.
  function ring_fit(points) {
    const n = points.length / 2;
    const counts = RING.centres.map(([x, y]) => {
      let count = 0;
      for (let i = 0; i < n; i++) {
        const distance = Math.hypot(points[2 * i] - x, points[2 * i + 1] - y);
        if (distance < 3 * RING.spread) count += 1;
      }
      return count;
    });
    const near = counts.reduce((sum, count) => sum + count, 0) / n;
    return { near, found: counts.filter((count) => count >= n / counts.length / 10).length };
  }

  // Noise that is the same in every run, so that what moves is the generator.
  const random = new Random(0);
  const fixed_Z = Float64Array.from({ length: 600 }, () => random.normal());

  // How near a run's generator has come to the data.
  function fit({ settings, players: { net_G } }) {
    if (settings.data === "ring") return ring_fit(output(net_G, fixed_Z));
    return fit_errors(fitted(net_G));
  }

  // The log of the density of a normal distribution in (x, y), and its slope there.
  function log_density({ mean, cov }, x, y) {
    const [xx, xy, yy] = [cov[0] + 1e-9, cov[1], cov[2] + 1e-9]; // a line has no density
    const det = determinant([xx, xy, yy]);
    const [dx, dy] = [x - mean[0], y - mean[1]];
    const slope = [(xy * dy - yy * dx) / det, (xy * dx - xx * dy) / det];
    const value = (slope[0] * dx + slope[1] * dy) / 2 - Math.log(2 * Math.PI * Math.sqrt(det));
    return { value, slope };
  }

  // The logits of the best discriminator, log p_data - log p_G, in some points.
  function best_logit(points, net_G) {
    const made = fitted(net_G);
    return Float64Array.from({ length: points.length / 2 }, (_, i) => {
      const [x, y] = [points[2 * i], points[2 * i + 1]];
      return log_density(TRUTH, x, y).value - log_density(made, x, y).value;
    });
  }

  // Minus the gradient of loss_G in each generated point, as from the best discriminator.
  function best_pushes({ net_G, loss_G }, points) {
    const [push, made] = [new Float64Array(points.length), fitted(net_G)];
    best_logit(points, net_G).forEach((o, i) => {
      const [real, fake] = [TRUTH, made].map((d) => log_density(d, points[2 * i], points[2 * i + 1]));
      for (const k of [0, 1]) push[2 * i + k] = -loss_G.slope(o) * (real.slope[k] - fake.slope[k]);
    });
    return push;
  }

  // How much of the discriminator still reacts to the real points: the units of its second layer
  // that vary by 0.01 or more, and the standard deviation of the logit.
  function alive({ data, players: { net_D } }) {
    const logits = output(net_D, data);
    const units = output(net_D, data, 2);
    const count = net_D.sizes[2];
    let reacting = 0;
    for (let j = 0; j < count; j++) {
      let [low, high] = [Infinity, -Infinity];
      for (let i = j; i < units.length; i += count) {
        low = Math.min(low, units[i]);
        high = Math.max(high, units[i]);
      }
      if (high - low >= 0.01) reacting += 1;
    }
    const centre = mean(logits, (o) => o);
    return { reacting, of: count, spread: Math.sqrt(mean(logits, (o) => (o - centre) ** 2)) };
  }

  // ---------------------------------------------------------------- for those who call from outside

  function is_over({ epochs, diverged, settings }) {
    return epochs >= settings.num_epochs || diverged !== null;
  }

  // What a run has come to: the losses of the last epoch and the fit.
  function outcome(run) {
    return { seed: run.settings.seed, diverged: run.diverged, ...run.losses, ...fit(run) };
  }

  // Train from a seed without a picture.
  function one_run(settings) {
    const run = new Run(settings);
    while (!is_over(run)) run.step_both();
    return outcome(run);
  }

  // Train given networks on given minibatches: see the tests. All are nested arrays; a weight has
  // the shape inputs x outputs. Returns the networks in the same form, and the losses of each step.
  function play(given) {
    const names = ["optimiser", "lr_D", "lr_G", "batches", "net_D", "net_G"];
    const missing = names.filter((name) => given[name] === undefined);
    if (missing.length) throw new Error(`GAN.play: ${missing.join(", ")} missing`);
    const settings = { activation: "tanh", loss: "non-saturating", decay: "none", ...given };
    const options = {
      optimiser: OPTIMISERS, activation: ACTIVATIONS, loss: GENERATOR_LOSSES, decay: DECAYS,
    };
    for (const [name, known] of Object.entries(options)) {
      if (!Object.hasOwn(known, settings[name])) {
        const wanted = Object.keys(known).join(" or ");
        throw new Error(`GAN.play: ${name}: want ${wanted}, got ${settings[name]}`);
      }
    }
    const net_D = net_of(given.net_D, ACTIVATIONS[settings.activation]);
    const net_G = net_of(given.net_G, ACTIVATIONS.tanh);
    const players = new Players(net_D, net_G, settings);
    const losses = { loss_D: [], loss_G: [] };
    given.batches.forEach(([X, Z], i) => {
      players.factor = DECAYS[settings.decay](i / given.batches.length);
      losses.loss_D.push(players.update_D(X.flat(), Z.flat()));
      losses.loss_G.push(players.update_G(Z.flat()));
    });
    return { net_G: nested(net_G, given.net_G), net_D: nested(net_D, given.net_D), ...losses };
  }

  function net_of(parameters, activation) {
    const weights = parameters.filter((_, i) => i % 2 === 0);
    const sizes = [weights[0].length, ...weights.map((W) => W[0].length)];
    const net = new MLP(sizes, activation);
    parameters.forEach((p, i) => {
      const [values, want] = [p.flat(), net.parameters[i].length];
      if (values.length !== want) {
        throw new Error(`GAN.play: parameter ${i} has ${values.length} numbers in place of ${want}`);
      }
      net.parameters[i].set(values);
    });
    return net;
  }

  // The parameters of a net in the form of others.
  function nested(net, like) {
    return like.map((p, i) => {
      const values = Array.from(net.parameters[i]);
      if (!Array.isArray(p[0])) return values;
      return p.map((row, k) => values.slice(k * row.length, (k + 1) * row.length));
    });
  }

  return {
    A, NUM_POINTS, RING, TRUTH, Run, alive, best_logit, best_pushes, closed_form, fit,
    fit_errors, fitted, fixed_Z, is_over, one_run, outcome, output, play, pushes, sigmoid,
  };
}

const GAN = make_GAN();
