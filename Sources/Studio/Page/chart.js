// One chart on a canvas: curves over a common axis, each with its marks.
import {el, number, sharpCanvas, themed} from './dom.js';

const margin = {left: 58, right: 10, top: 8, bottom: 24};

// A chart of curves [{name, color, points: [[x, y]…] with breaks as null, isFaint, marks}] that
// `update` is given. `xText` writes a place on the axis.
export function chart(title, xText) {
  let curves = [], xLabel = '', isLog = false;
  let at = null;
  const readout = el('div', {className: 'readout', role: 'status'});
  const canvas = sharpCanvas(draw, {tabIndex: 0, role: 'img', 'aria-label': title});
  let view = null;

  canvas.addEventListener('pointermove', (event) => point(event.offsetX));
  canvas.addEventListener('pointerleave', () => { at = null; canvas.redraw(); readout.textContent = ''; });
  canvas.addEventListener('keydown', (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step || !view) return;
    event.preventDefault();
    // from either end on, towards the middle
    const middle = at !== null ? view.toX(at) : step < 0 ? view.right : margin.left;
    point(Math.max(margin.left, Math.min(view.right, middle + step * 8)));
  });
  const element = el('div', {className: 'chart panel'}, el('h3', {}, title), canvas, readout);
  return {
    element,
    update(newCurves, label, log) {
      [curves, xLabel, isLog] = [newCurves, label, log];
      canvas.redraw();
    },
  };

  function point(pixel) {
    if (!view) return;
    at = view.fromX(pixel);
    const texts = curves.filter((curve) => !curve.isFaint).map((curve) => {
      const near = nearest(curve.points, at, view);
      return near ? `${curve.name} ${number(near[1])}` : null;
    }).filter((text) => text);
    readout.textContent = texts.length ? `${xText(at)}: ${texts.join(' · ')}` : '';
    canvas.redraw();
  }

  function draw(context, width, height) {
    const extent = extentOf(curves, isLog);
    context.clearRect(0, 0, width, height);
    const [ink, faint, line] = [themed('--ink'), themed('--faint'), themed('--line')];
    context.font = '11px system-ui, "DejaVu Sans", sans-serif';
    if (!extent) {
      view = null;
      context.fillStyle = faint;
      context.fillText('nothing yet', margin.left, height / 2);
      return;
    }
    view = viewOf(extent, isLog, width, height);
    grid(context, view, extent, {ink, faint, line, xText, xLabel, isLog, height});
    context.save();
    context.beginPath();
    context.rect(margin.left, 0, view.right - margin.left, height - margin.bottom);
    context.clip();
    for (const curve of curves) stroke(context, curve, view);
    for (const curve of curves) drawMarks(context, curve, view);
    if (at !== null) {
      context.strokeStyle = faint;
      context.beginPath();
      context.moveTo(view.toX(at), margin.top);
      context.lineTo(view.toX(at), height - margin.bottom);
      context.stroke();
    }
    context.restore();
  }
}

function extentOf(curves, isLog) {
  let [x0, x1] = [Infinity, -Infinity];
  const values = [];
  for (const {points} of curves) {
    for (const p of points) {
      if (!p || (isLog && p[1] <= 0)) continue;
      if (p[0] < x0) x0 = p[0];
      if (p[0] > x1) x1 = p[0];
      values.push(p[1]);
    }
  }
  if (!values.length) return null;
  values.sort((a, b) => a - b);
  // a wild start would press all that follows flat, so the farthest hundredth may leave the top
  const cut = values.length > 50 ? values[Math.floor(values.length * 0.99)] : values[values.length - 1];
  let [y0, y1] = [values[0], cut];
  // what differs by rounding alone is the same
  if (y1 - y0 <= 1e-9 * Math.abs(y1)) [y0, y1] = [y0 - (Math.abs(y0) * 0.05 || 0.5), y1 + (Math.abs(y1) * 0.05 || 0.5)];
  if (x0 === x1) x1 = x0 + 1;
  return {x0, x1, y0, y1};
}

function viewOf({x0, x1, y0, y1}, isLog, width, height) {
  const [f0, f1] = isLog ? [Math.log10(y0), Math.log10(y1)] : [y0, y1];
  const [right, bottom] = [width - margin.right, height - margin.bottom];
  const pad = (f1 - f0) * 0.05 || 0.5;
  return {
    right, bottom,
    toX: (x) => margin.left + (x - x0) / (x1 - x0) * (right - margin.left),
    fromX: (pixel) => x0 + (pixel - margin.left) / (right - margin.left) * (x1 - x0),
    toY: (y) => bottom - ((isLog ? Math.log10(y) : y) - f0 + pad) / (f1 - f0 + 2 * pad) * (bottom - margin.top),
  };
}

function grid(context, view, {x0, x1, y0, y1}, {ink, faint, line, xText, xLabel, isLog, height}) {
  context.lineWidth = 1;
  context.strokeStyle = line;
  context.fillStyle = faint;
  context.textAlign = 'right';
  for (const y of isLog ? logTicks(y0, y1) : ticks(y0, y1, 5)) {
    const at = Math.round(view.toY(y)) + .5;
    context.beginPath();
    context.moveTo(margin.left, at);
    context.lineTo(view.right, at);
    context.stroke();
    context.fillText(number(y, 3), margin.left - 6, at + 4);
  }
  context.textAlign = 'center';
  for (const x of ticks(x0, x1, 4)) context.fillText(xText(x), view.toX(x), height - 8);
  context.textAlign = 'right';
  context.fillStyle = ink;
  context.fillText(xLabel, view.right, view.bottom - 4);
  context.textAlign = 'left';
}

function stroke(context, curve, view) {
  context.strokeStyle = curve.color;
  context.globalAlpha = curve.isFaint ? 0.25 : 1;
  context.lineWidth = curve.isFaint ? 1 : 1.6;
  context.setLineDash(curve.dash ?? []);
  context.beginPath();
  let isDown = false;
  // no more than the lowest and the highest of each pixel's column
  for (const p of thinned(curve.points, view)) {
    if (!p) { isDown = false; continue; }
    const [x, y] = [view.toX(p[0]), view.toY(p[1])];
    if (!Number.isFinite(y)) { isDown = false; continue; }
    if (isDown) context.lineTo(x, y); else { context.moveTo(x, y); context.lineTo(x + .01, y); }
    isDown = true;
  }
  context.stroke();
  context.globalAlpha = 1;
  context.setLineDash([]);
  if (curve.hasDots) {
    context.fillStyle = curve.color;
    const spread = curve.points.length < 80;
    for (const p of curve.points) {
      if (!p || !spread) continue;
      context.beginPath();
      context.arc(view.toX(p[0]), view.toY(p[1]), 2.4, 0, 7);
      context.fill();
    }
  }
}

function thinned(points, view) {
  if (points.length < 4000) return points;
  const out = [];
  let column = null, low = null, high = null;
  const flush = () => {
    if (!low) return;
    out.push(...(low[0] < high[0] ? [low, high] : low === high ? [low] : [high, low]));
    low = high = null;
  };
  for (const p of points) {
    if (!p) { flush(); out.push(null); column = null; continue; }
    const at = Math.round(view.toX(p[0]));
    if (at !== column) { flush(); column = at; }
    if (!low || p[1] < low[1]) low = p;
    if (!high || p[1] > high[1]) high = p;
  }
  flush();
  return out;
}

// What happened to a run, at the chart's foot: ▲ went back, × skipped, ! warned, ┊ a gap.
function drawMarks(context, curve, view) {
  context.fillStyle = context.strokeStyle = curve.color;
  for (const mark of curve.marks ?? []) {
    const x = view.toX(mark.x);
    context.globalAlpha = 0.6;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(x, margin.top);
    context.lineTo(x, view.bottom);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
    context.textAlign = 'center';
    context.fillText(mark.sign, x, margin.top + 8);
    context.textAlign = 'left';
  }
}

// The point of a curve that is nearest to a place; null where the curve does not go.
function nearest(points, x, view) {
  let best = null, isBefore = false, isBehind = false;
  for (const p of points) {
    if (!p) continue;
    if (!best || Math.abs(p[0] - x) < Math.abs(best[0] - x)) best = p;
    if (p[0] <= x) isBefore = true;
    if (p[0] >= x) isBehind = true;
  }
  const isNear = best && Math.abs(view.toX(best[0]) - view.toX(x)) < 8;
  return isNear || (isBefore && isBehind) ? best : null;
}

export function ticks(from, to, count) {
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((s) => s * power >= rough);
  const first = Math.ceil(from / step);
  // far from 0 there may be no numbers as close as that
  const all = Math.min(2 * count, Math.floor(to / step + 1e-9) - first + 1);
  return Array.from({length: all || 0}, (_, i) => (first + i) * step);
}

function logTicks(from, to) {
  const all = [];
  for (let p = Math.floor(Math.log10(from)); p <= Math.ceil(Math.log10(to)); p++) {
    for (const s of to / from < 30 ? [1, 2, 5] : [1]) {
      const y = s * 10 ** p;
      if (y >= from && y <= to) all.push(y);
    }
  }
  return all.length > 1 ? all : ticks(from, to, 4);
}
