// The table of runs, their curves, and how their options differ.
import {colorOf, duration, el, number} from './dom.js';
import {show, store} from './store.js';
import {curvesPanel} from './curves.js';
import {optionsPanel} from './options.js';

const states = {running: 'running', done: 'done', stopped: 'stopped', died: 'died', file: 'checkpoint'};

const columns = [
  {key: 'name', title: 'Run', value: (run) => run.name},
  {key: 'model', title: 'What', value: (run) => run.model ?? run.problem ?? '', className: 'what'},
  {key: 'data', title: 'Data', value: (run) => run.data ?? ''},
  {key: 'minutes', title: 'Minutes', value: (run) => run.seconds ?? null,
    text: (run) => duration(run.seconds), isNumber: true},
  {key: 'steps', title: 'Steps', value: (run) => run.steps ?? null,
    text: (run) => run.steps?.toLocaleString('en') ?? '', isNumber: true},
  {key: 'best', title: 'Best', value: (run) => run.best ?? null, isNumber: true,
    text: (run) => run.best === undefined ? '' : number(run.best)
      + (run.bestError === undefined ? '' : ` ± ${number(run.bestError, 2)}`)
      + ` ${run.figure ?? ''}`},
  {key: 'speed', title: 'Examples/s', value: (run) => run.speed ?? null,
    text: (run) => number(run.speed, 3), isNumber: true},
  {key: 'state', title: 'State', value: (run) => states[run.state], className: 'state'},
];

let order = {key: 'name', isDown: false};
let body, heads, curves, options, empty;

export const runsView = {
  mount(panel) {
    heads = columns.map((column) => el('th', {className: column.isNumber ? 'number' : ''},
      el('button', {onclick: () => sortBy(column.key)}, column.title)));
    body = el('tbody');
    empty = el('p', {className: 'note'}, 'No runs yet.');
    const table = el('table', {id: 'runs'}, el('thead', {},
      el('tr', {}, el('th', {'aria-label': 'Shown'}), heads)), body);
    curves = curvesPanel();
    options = optionsPanel();
    panel.append(
      el('div', {className: 'panel'}, el('div', {className: 'scroll', tabIndex: 0}, table), empty),
      curves.element, options.element);
  },
  open() { fill(); curves.update(); options.update(); },
  update(what) {
    if (what === 'runs' || what === 'run' || what === 'shown') fill();
    if (what !== 'run') curves.update();
    if (what === 'runs' || what === 'shown') options.update();
    if (what === 'run') options.look();
  },
};

function sortBy(key) {
  order = {key, isDown: order.key === key ? !order.isDown : false};
  fill();
}

function sorted() {
  const {value} = columns.find((column) => column.key === order.key);
  const sign = order.isDown ? -1 : 1;
  return [...store.runs].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    // what is not known stands last, whichever way
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (typeof x === 'number' ? x - y : x.localeCompare(y, 'en', {numeric: true}));
  });
}

function fill() {
  columns.forEach((column, i) => {
    const isSorted = column.key === order.key;
    heads[i].setAttribute('aria-sort', isSorted ? order.isDown ? 'descending' : 'ascending' : 'none');
    heads[i].firstChild.textContent = column.title + (isSorted ? order.isDown ? ' ↓' : ' ↑' : '');
  });
  empty.hidden = store.runs.length > 0;
  const wanted = sorted().map(row);
  // rows stay what they are, so that nothing is taken from under a pointer or the keyboard
  if (wanted.length !== body.children.length || wanted.some((tr, i) => body.children[i] !== tr)) {
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    body.replaceChildren(...wanted);
    focused?.focus();
  }
}

const rows = new Map();

function row(run) {
  if (!rows.has(run.id)) rows.set(run.id, newRow(run.id));
  const {tr, box, swatch, texts, links} = rows.get(run.id);
  swatch.style.background = store.shown.has(run.id) ? colorOf(store.shown.get(run.id)) : '';
  box.checked = store.shown.has(run.id);
  box.disabled = run.state === 'file';
  box.setAttribute('aria-label', `show the curves of ${run.name}`);
  columns.forEach((column, i) => {
    const text = (column.text ?? column.value)(run) ?? '';
    setText(texts[i], column.key === 'state' ? stateText(run, text) : text);
  });
  texts[columns.length - 1].parentElement.className = `state state-${run.state}`;
  links.samples.hidden = !run.bytes;
  links.model.hidden = !run.hasModel;
  return tr;
}

function newRow(id) {
  const swatch = el('span', {className: 'swatch'});
  const box = el('input', {type: 'checkbox', id: `show-${id}`, onchange: () => show(id, box.checked)});
  const links = {
    samples: el('a', {href: `#samples/${id}`}, 'samples'), model: el('a', {href: `#model/${id}`}, 'model'),
  };
  const texts = columns.map(() => el('span'));
  const cells = columns.map((column, i) => el('td',
    {className: [column.isNumber ? 'number' : '', column.className ?? ''].join(' ').trim()}, texts[i],
    column.key === 'name' ? el('div', {className: 'note'}, links.samples, ' ', links.model) : null));
  return {tr: el('tr', {id: `run-${id}`}, el('td', {}, box, ' ', swatch), cells), box, swatch, texts, links};
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function stateText(run, text) {
  const percent = run.state === 'running' && run.done !== undefined
    ? ` ${Math.min(100, Math.round(run.done * 100))} %` : '';
  const marks = [];
  if (run.skipped) marks.push(`${run.skipped} skipped`);
  if (run.rollbacks) marks.push(`${run.rollbacks} rolled back`);
  if (run.warnings) marks.push(`${run.warnings} warned`);
  return text + percent + (marks.length ? ` (${marks.join(', ')})` : '');
}
