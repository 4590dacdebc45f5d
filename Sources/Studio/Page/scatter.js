// Rows of a table as a corner plot: each column's histogram, and each pair's points.
import {el, number, sharpCanvas, themed} from './dom.js';

const most = 4;

// A picture of {columns, rows}; `range` of another keeps both on one scale.
export function scatter({columns, rows}, range = rangesOf({columns, rows})) {
  const n = Math.min(most, columns.length);
  const side = n < 2 ? 260 : Math.max(120, 420 / n);
  const canvas = sharpCanvas((context, width, height) => {
    context.clearRect(0, 0, width, height);
    context.font = '11px system-ui, "DejaVu Sans", sans-serif';
    const [w, h] = [(width - 14) / n, (height - 18) / n];
    for (let row = 0; row < n; row++) {
      for (let column = 0; column <= row; column++) {
        const box = {x: 14 + column * w + 3, y: row * h + 3, w: w - 6, h: h - 6};
        context.strokeStyle = themed('--line');
        context.strokeRect(box.x, box.y, box.w, box.h);
        if (row === column) histogram(context, rows.map((r) => r[column]), range[column], box);
        else points(context, rows, column, row, range, box);
      }
      context.fillStyle = themed('--faint');
      context.fillText(columns[row], 17 + row * w, height - 4);
    }
  }, {role: 'img', 'aria-label': `${rows.length} rows of ${columns.join(', ')}`});
  canvas.style.width = '100%';
  canvas.style.height = `${side * n + 18}px`;
  return el('div', {}, canvas, el('p', {className: 'note'}, columns.map((name, i) =>
    `${name} ${number(range[i]?.[0], 3)} to ${number(range[i]?.[1], 3)}`).slice(0, n).join(' · ')
    + (columns.length > n ? ` · the first ${n} of ${columns.length} columns` : '')));
}

export function rangesOf({columns, rows}) {
  return columns.map((_, i) => {
    let [low, high] = [Infinity, -Infinity];
    for (const row of rows) { if (row[i] < low) low = row[i]; if (row[i] > high) high = row[i]; }
    return low < high ? [low, high] : [low - 0.5, low + 0.5];
  });
}

function histogram(context, values, [low, high], box) {
  const counts = new Array(30).fill(0);
  for (const v of values) {
    const i = Math.floor((v - low) / (high - low) * counts.length);
    if (i >= 0 && i <= counts.length) counts[Math.min(i, counts.length - 1)]++;
  }
  const top = Math.max(...counts, 1);
  context.fillStyle = themed('--accent');
  counts.forEach((count, i) => {
    const height = count / top * (box.h - 4);
    context.fillRect(box.x + i / counts.length * box.w, box.y + box.h - height,
      Math.max(1, box.w / counts.length - 1), height);
  });
}

function points(context, rows, column, row, range, box) {
  const [[x0, x1], [y0, y1]] = [range[column], range[row]];
  context.fillStyle = themed('--accent');
  context.globalAlpha = 0.5;
  for (const r of rows) {
    const [x, y] = [(r[column] - x0) / (x1 - x0), (r[row] - y0) / (y1 - y0)];
    if (x < 0 || x > 1 || y < 0 || y > 1) continue;
    context.fillRect(box.x + x * box.w - 1, box.y + (1 - y) * box.h - 1, 2, 2);
  }
  context.globalAlpha = 1;
}

// A small CSV file, as runs write their draws.
export function parseCSV(text) {
  const all = [[]];
  // a field in quotes, in which a quote stands twice, or one without, and what ends it
  for (const [, quoted, plain, end] of text.trimEnd().matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    all.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (!end) break;
    if (end !== ',') all.push([]);
  }
  const [columns, ...rows] = all;
  return {columns, rows: rows.map((row) => row.map(Number))};
}
