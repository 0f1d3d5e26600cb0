// Pictures on canvases, with the colours of the page, which are in lab.css.

// What of the plane is shown, and how much longer than the pushes the arrows are.
const VIEWS = {
  gaussian: { low: [-4, -7], high: [6, 11], enlarged: 3, grid: 61 },
  ring: { low: [-3.2, -3.2], high: [3.2, 3.2], enlarged: 0.2, grid: 41 }, // its networks are slow
};
const SHOWN = 100; // points of each kind
const LONGEST = 60; // arrow, in pixels

let colours = {};

function read_colours(element) {
  const style = getComputedStyle(element);
  const names = ["real", "generated", "D", "G", "text", "muted", "surface", "plane-real",
    "plane-fake", "plane-middle"];
  colours = Object.fromEntries(names.map((name) =>
    [name, style.getPropertyValue(`--lab-${name}`).trim()]));
}

// Fit a canvas to its place on the page and to the screen, and return what draws on it, with its width,
// its height and the size of its letters: as on the page, or smaller where a plot has no room for them.
function sheet(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const { fontFamily, fontSize } = getComputedStyle(canvas);
  const em = Math.min(parseFloat(fontSize), width / 21);
  const ratio = devicePixelRatio;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `${em}px ${fontFamily}`;
  return { context, width, height, em };
}

// ---------------------------------------------------------------- the plane

const tint = document.createElement("canvas"); // D, a pixel for each point of the grid

// The points in which D is computed, from the top left, row by row.
function grid_points({ low, high, grid }) {
  const points = [];
  for (let row = grid - 1; row >= 0; row--) {
    for (let column = 0; column < grid; column++) {
      [column, row].forEach((at, k) => points.push(low[k] + ((high[k] - low[k]) * at) / (grid - 1)));
    }
  }
  return Float64Array.from(points);
}
const GRIDS = Object.fromEntries(Object.keys(VIEWS).map((data) => [data, grid_points(VIEWS[data])]));

function rgb(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

// Draw the points, their pushes, the ellipses and D in colours: of the run's own discriminator, or
// of the best one.
function draw_plane(canvas, run, best) {
  const { context, width, height } = sheet(canvas);
  const { data, players, settings } = run;
  const { low, high, enlarged, grid: size } = VIEWS[settings.data];
  const x = (value) => ((value - low[0]) / (high[0] - low[0])) * width;
  const y = (value) => height - ((value - low[1]) / (high[1] - low[1])) * height;

  const grid = GRIDS[settings.data];
  const logits = best ? GAN.best_logit(grid, players.net_G) : GAN.output(players.net_D, grid);
  const image = new ImageData(size, size);
  const [fake, middle, real] = ["fake", "middle", "real"].map((name) => rgb(colours[`plane-${name}`]));
  logits.forEach((o, i) => {
    const share = 2 * GAN.sigmoid(o) - 1; // from -1, generated, to 1, real
    const end = share < 0 ? fake : real;
    for (const k of [0, 1, 2]) {
      image.data[4 * i + k] = middle[k] + Math.abs(share) * (end[k] - middle[k]);
    }
    image.data[4 * i + 3] = 255;
  });
  [tint.width, tint.height] = [size, size];
  tint.getContext("2d").putImageData(image, 0, 0);
  context.drawImage(tint, 0, 0, width, height);

  if (settings.data === "gaussian") {
    ellipse(context, x, y, GAN.TRUTH, colours.real, []);
    ellipse(context, x, y, GAN.fitted(players.net_G), colours.generated, [6, 4]);
  }
  context.lineWidth = 1.5;
  context.strokeStyle = colours.real;
  context.beginPath();
  for (let i = 0; i < SHOWN; i++) {
    const [px, py] = [x(data[2 * i]), y(data[2 * i + 1])];
    context.moveTo(px + 3.5, py);
    context.arc(px, py, 3.5, 0, 2 * Math.PI);
  }
  context.stroke();

  const points = GAN.output(players.net_G, GAN.fixed_Z.subarray(0, 2 * SHOWN));
  const push = best ? GAN.best_pushes(players, points) : GAN.pushes(players, points);
  context.strokeStyle = colours.text;
  context.lineWidth = 1;
  context.beginPath();
  for (let i = 0; i < SHOWN; i++) {
    const from = [x(points[2 * i]), y(points[2 * i + 1])];
    arrow(context, from, [
      x(points[2 * i] + enlarged * push[2 * i]), y(points[2 * i + 1] + enlarged * push[2 * i + 1]),
    ]);
  }
  context.stroke();
  context.strokeStyle = colours.generated;
  context.lineWidth = 2;
  context.beginPath();
  for (let i = 0; i < SHOWN; i++) {
    const [px, py] = [x(points[2 * i]), y(points[2 * i + 1])];
    context.moveTo(px - 4, py - 4);
    context.lineTo(px + 4, py + 4);
    context.moveTo(px - 4, py + 4);
    context.lineTo(px + 4, py - 4);
  }
  context.stroke();
  plane_axes(context, x, y, low, high);
}

// Two standard deviations: 86 % of the points are inside.
function ellipse(context, x, y, { mean, cov: [xx, xy, yy] }, colour, dash) {
  const first = Math.sqrt(Math.max(xx, 1e-12)); // the Cholesky factor
  const [second, third] = [xy / first, Math.sqrt(Math.max(yy - (xy / first) ** 2, 0))];
  context.beginPath();
  for (let i = 0; i <= 60; i++) {
    const [c, s] = [2 * Math.cos((i * Math.PI) / 30), 2 * Math.sin((i * Math.PI) / 30)];
    context.lineTo(x(mean[0] + first * c), y(mean[1] + second * c + third * s));
  }
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

function arrow(context, from, end) {
  const whole = Math.hypot(end[0] - from[0], end[1] - from[1]);
  if (!(whole > 1 && whole < Infinity)) return; // too short to be seen, or no number
  const length = Math.min(whole, LONGEST);
  const [dx, dy] = [0, 1].map((k) => ((end[k] - from[k]) * length) / whole);
  const to = [from[0] + dx, from[1] + dy];
  const head = Math.min(5, length / 2) / length;
  context.moveTo(...from);
  context.lineTo(...to);
  for (const side of [-1, 1]) {
    context.moveTo(...to);
    context.lineTo(to[0] - head * (dx + (side * dy) / 2), to[1] - head * (dy - (side * dx) / 2));
  }
}

function plane_axes(context, x, y, low, high) {
  context.fillStyle = colours.text;
  context.textAlign = "center";
  context.textBaseline = "bottom";
  for (let value = Math.ceil(low[0]) + 1; value < high[0]; value += 2) {
    context.fillRect(x(value), y(low[1]) - 5, 1, 5);
    context.fillText(minus(value), x(value), y(low[1]) - 6);
  }
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (let value = Math.ceil(low[1]) + 1; value < high[1]; value += 2) {
    context.fillRect(x(low[0]), y(value), 5, 1);
    context.fillText(minus(value), x(low[0]) + 8, y(value));
  }
}

const minus = (value) => String(value).replace("-", "−");

// ---------------------------------------------------------------- plots by epoch

// Where a value is on an axis: 0 at its lower end, 1 at its upper one.
function share_of(value, { low, high, log }) {
  const scale = log ? (v) => Math.log10(Math.max(v, 1e-12)) : (v) => v;
  return (scale(value) - scale(low)) / (scale(high) - scale(low));
}

// Draw lines over the epochs. lines: [{ values, colour, dash, label }], as long as epochs. rules:
// [{ at, label }], level ones. axis: { low, high, log, ticks, title }.
function draw_plot(canvas, epochs, end, lines, rules, axis) {
  const { context, width, height, em } = sheet(canvas);
  const [left, right, top, bottom] = [4, 7, 1.9, 1.7].map((margin) => margin * em);
  const x = (epoch) => left + (epoch / end) * (width - left - right);
  const y = (value) => height - bottom - share_of(value, axis) * (height - top - bottom);
  context.fillStyle = colours.text;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillText(say(axis.title), 2, 0.7 * em, width - 4);
  context.textAlign = "right";
  context.lineWidth = 1;
  context.strokeStyle = colours.muted;
  context.beginPath();
  for (const tick of axis.ticks) {
    context.fillText(minus(tick), left - 0.6 * em, y(tick));
    context.moveTo(left - 4, y(tick));
    context.lineTo(left, y(tick));
  }
  context.moveTo(left, top);
  context.lineTo(left, height - bottom);
  context.lineTo(width - right, height - bottom);
  context.stroke();
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const epoch of [0, end / 2, end]) {
    context.fillText(Number(epoch.toFixed(1)), x(epoch), height - bottom + 0.4 * em);
  }
  context.fillText(say("epoch"), x(end / 4), height - bottom + 0.4 * em);

  context.setLineDash([2, 3]);
  for (const { at, label } of rules) {
    context.beginPath();
    context.moveTo(left, y(at));
    context.lineTo(width - right, y(at));
    context.stroke();
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(label, width - right + 0.4 * em, y(at), right - 0.4 * em);
  }
  let legend = 1.4 * em + context.measureText(axis.title).width;
  for (const { values, colour, dash, label } of lines) {
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.setLineDash(dash || []);
    context.save();
    context.beginPath();
    context.rect(left, top - 1, width - left - right, height - top - bottom + 2);
    context.clip(); // a line may leave the plot, and come back
    context.beginPath();
    values.forEach((value, i) => {
      if (Number.isFinite(value)) context.lineTo(x(epochs[i]), y(value));
    });
    context.stroke();
    context.restore();
    if (!label) continue;
    context.beginPath();
    context.moveTo(legend, 0.7 * em);
    context.lineTo(legend + 1.6 * em, 0.7 * em);
    context.stroke();
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(label, legend + 2 * em, 0.7 * em);
    legend += 3.1 * em + context.measureText(label).width;
  }
  context.setLineDash([]);
}

// ---------------------------------------------------------------- a study

// Draw one strip of dots for each study, a dot a run, sorted, over a bar at the median. Returns where
// the dots are: [{ x, y, run, study }].
function draw_strips(canvas, studies, axis) {
  const { context, width, height, em } = sheet(canvas);
  const [left, right, top, bottom] = [2.4, 1.9, 0.6, 2.9].map((margin) => margin * em);
  const x = (value) => {
    const share = Number.isFinite(value) ? share_of(value, axis) : 1;
    return left + Math.min(Math.max(share, 0), 1) * (width - left - right);
  };
  context.fillStyle = colours.text;
  context.strokeStyle = colours.muted;
  context.lineWidth = 1;
  context.beginPath();
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const tick of axis.ticks) {
    context.moveTo(x(tick), top);
    context.lineTo(x(tick), height - bottom + 4);
    context.fillText(minus(tick), x(tick), height - bottom + 0.4 * em);
  }
  context.stroke();
  context.fillText(say(axis.title), width / 2, height - 1.2 * em);
  const room = (height - top - bottom) / studies.length;
  context.textAlign = "left";
  context.textBaseline = "middle";
  return studies.flatMap((study, row) => {
    const middle = top + (row + 0.5) * room;
    context.fillStyle = colours.text;
    context.fillText(row + 1, 2, middle);
    context.fillRect(x(study.summary.fit) - 1.5, middle - room * 0.42, 3, room * 0.84);
    context.fillStyle = colours.generated;
    return study.ranked().map((run, i, { length }) => {
      const dot = { x: x(run[axis.key]), y: middle + (i / length - 0.5) * room * 0.7, run, study };
      context.beginPath();
      context.arc(dot.x, dot.y, 3, 0, 2 * Math.PI);
      context.fill();
      return dot;
    });
  });
}
