// Curves of every metric of the shown runs, over one another.
import {chart} from './chart.js';
import {colorOf, duration, el, labelled, number, oncePerFrame, select} from './dom.js';
import {runOf, store} from './store.js';

const notMetrics = new Set(['iteration', 'seconds', 'rollback', 'validation_standard_error']);
// what is looked at first; all else comes behind, as it is called in metrics.jsonl
const first = ['bits_per_dim', 'elbo', 'nats', 'reverse_kl'];
const signs = {rollback: '▲', skipped: '×', warning: '!', gap: '┊'};

export function curvesPanel() {
  const state = {axis: 'steps', smoothing: 0.6, isLog: false};
  const charts = new Map();
  const holder = el('div', {className: 'charts', id: 'charts'});
  const said = el('p', {className: 'note', id: 'marks'});
  const slider = el('input', {type: 'range', min: 0, max: 0.99, step: 0.01, value: state.smoothing,
    id: 'smoothing', oninput: () => { state.smoothing = Number(slider.value); update(); }});
  const log = el('input', {type: 'checkbox', id: 'log',
    onchange: () => { state.isLog = log.checked; update(); }});
  const axis = select([['steps', 'steps'], ['time', 'time']], state.axis,
    (value) => { state.axis = value; update(); });
  axis.id = 'axis';
  const element = el('div', {className: 'panel'},
    el('h2', {}, 'Curves'),
    el('div', {className: 'controls'}, labelled('against', axis), labelled('smoothing', slider),
      labelled('logarithmic', log)),
    said, holder);
  const update = oncePerFrame(draw);
  return {element, update};

  function draw() {
    const runs = [...store.shown.keys()].map((id) => ({run: runOf(id), metrics: store.metrics.get(id)}))
      .filter(({run, metrics}) => run && metrics);
    const names = metricNames(runs);
    for (const [name, one] of charts) {
      if (!names.includes(name)) { one.element.remove(); charts.delete(name); }
    }
    const xText = (x) => state.axis === 'time' ? duration(x) : number(x);
    for (const name of names) {
      if (!charts.has(name)) {
        const one = chart(titleOf(name), (x) => state.axis === 'time' ? duration(x) : number(x));
        one.element.dataset.metric = name;
        charts.set(name, one);
      }
      charts.get(name).update(
        runs.flatMap(({run, metrics}) => curvesOf(run, metrics.lines, name, state)),
        state.axis, state.isLog);
    }
    const wanted = names.map((name) => charts.get(name).element);
    if (wanted.some((element, i) => holder.children[i] !== element)) holder.replaceChildren(...wanted);
    const marks = runs.flatMap(({run, metrics}) => marksOf(metrics.lines, state.axis).map((mark) =>
      `${mark.sign} ${run.name}, ${xText(mark.x)}: ${mark.text}`));
    said.textContent = marks.length > 6
      ? `${marks.slice(0, 6).join(' · ')} · and ${marks.length - 6} more` : marks.join(' · ');
  }
}

// A metric and the validation of it share a chart.
function metricNames(runs) {
  const names = new Set();
  for (const {metrics} of runs) {
    for (const line of metrics.lines.slice(-200).concat(metrics.lines.slice(0, 50))) {
      for (const key of Object.keys(line)) {
        if (!notMetrics.has(key)) names.add(key.replace(/^validation_/, ''));
      }
    }
  }
  // bits a sample are bits a dimension by another name
  if (names.has('bits_per_dim')) names.delete('bits_per_sample');
  const rank = (name) => first.includes(name) ? first.indexOf(name) : first.length;
  return [...names].sort((a, b) => rank(a) - rank(b));
}

function titleOf(name) {
  const text = {bits_per_dim: 'bits/dim', nats: 'nats a row', elbo: 'bound (ELBO)',
    examples_per_second: 'examples a second', round_trip_bins: 'round trip, bins'}[name];
  return text ?? name.replaceAll('_', ' ');
}

function curvesOf(run, lines, name, {axis, smoothing}) {
  const color = colorOf(store.shown.get(run.id));
  const raw = pointsOf(lines, name, axis);
  const validation = pointsOf(lines, `validation_${name}`, axis, true);
  const curves = [];
  if (raw.length) {
    const isSmooth = smoothing > 0 && raw.length > 2;
    if (isSmooth) curves.push({color, points: raw, isFaint: true});
    curves.push({name: run.name, color, points: isSmooth ? smoothed(raw, smoothing) : raw,
      marks: marksOf(lines, axis)});
  }
  if (validation.length) {
    curves.push({name: `${run.name} (validation)`, color, points: validation, dash: [5, 3], hasDots: true,
      marks: raw.length ? [] : marksOf(lines, axis)});
  }
  return curves;
}

// Points in the order of the file; null where steps are missing or a value is no number.
function pointsOf(lines, key, axis, isSparse = false) {
  const points = [];
  const usual = isSparse ? Infinity : usualStep(lines, key);
  let last = null;
  for (const line of lines) {
    if (!(key in line)) {
      if ('rollback' in line && points.length) { points.push(null); last = null; }
      continue;
    }
    const value = line[key];
    if (value === null) { points.push(null); last = line.iteration; continue; }
    if (last !== null && line.iteration - last > 1.5 * usual) points.push(null);
    last = line.iteration;
    points.push([axis === 'time' ? line.seconds : line.iteration, value]);
  }
  return points;
}

function usualStep(lines, key) {
  const steps = [];
  let last = null;
  for (const line of lines) {
    if (!(key in line)) continue;
    if (last !== null && line.iteration > last) steps.push(line.iteration - last);
    last = line.iteration;
    if (steps.length > 200) break;
  }
  steps.sort((a, b) => a - b);
  return steps.length ? steps[Math.floor(steps.length / 2)] : Infinity;
}

// An exponential mean, each value with the weight that it is due from the first on.
function smoothed(points, weight) {
  let [sum, total] = [0, 0];
  return points.map((p) => {
    if (!p) return null;
    sum = weight * sum + (1 - weight) * p[1];
    total = weight * total + (1 - weight);
    return [p[0], sum / total];
  });
}

function marksOf(lines, axis) {
  const marks = [];
  const at = (line) => axis === 'time' ? line.seconds : line.iteration;
  const usual = usualStep(lines, 'learning_rate');
  let skipped = 0, last = null;
  for (const line of lines) {
    if ('rollback' in line) {
      marks.push({x: at(line), sign: signs.rollback, text: 'went back, on at half the rate'});
      last = null;
    }
    if (line.skipped > skipped) {
      const n = line.skipped - skipped;
      marks.push({x: at(line), sign: signs.skipped, text: `${n} ${n === 1 ? 'step' : 'steps'} skipped`});
    }
    skipped = line.skipped ?? skipped;
    if (line.round_trip_bins > 0.5) {
      marks.push({x: at(line), sign: signs.warning,
        text: `did not invert: off by ${number(line.round_trip_bins, 2)} of a bin`});
    }
    if ('learning_rate' in line) {
      if (last !== null && line.iteration - last.iteration > 1.5 * usual) {
        marks.push({x: at(line), sign: signs.gap,
          text: `nothing was logged from step ${last.iteration} to ${line.iteration}`});
      }
      last = line;
    }
  }
  return marks;
}
