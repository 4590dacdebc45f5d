// How the options of two runs differ.
import {el, select} from './dom.js';
import {getJSON} from './server.js';
import {runOf, store} from './store.js';

export function optionsPanel() {
  let [a, b] = [null, null];
  let isAll = false;
  const controls = el('div', {className: 'controls'});
  const table = el('div', {className: 'scroll', tabIndex: 0, id: 'differences'});
  const element = el('div', {className: 'panel'}, el('h2', {}, 'Options of two runs'), controls, table);
  let asked = null;
  return {element, update, look};

  // A run that goes on may have other options.
  function look() { if (asked !== wanted()) update(); }

  function wanted() { return [a, b].map((id) => `${id} ${runOf(id)?.optionsTime}`).join(); }

  function update() {
    const ids = store.runs.map((run) => run.id);
    const shown = [...store.shown.keys(), ...ids];
    if (!ids.includes(a)) a = shown[0] ?? null;
    if (!ids.includes(b)) b = shown.find((id) => id !== a) ?? null;
    element.hidden = ids.length < 2;
    if (element.hidden) return;
    const names = store.runs.map((run) => [run.id, run.name]);
    const left = select(names, a, (value) => { a = value; update(); });
    const right = select(names, b, (value) => { b = value; update(); });
    [left.id, right.id] = ['options-a', 'options-b'];
    [left.ariaLabel, right.ariaLabel] = ['one run', 'the other run'];
    const all = el('input', {type: 'checkbox', checked: isAll, id: 'options-all',
      onchange: () => { isAll = all.checked; update(); }});
    const focused = controls.contains(document.activeElement) ? document.activeElement.id : null;
    controls.replaceChildren(left, right, el('label', {}, all, 'those that are the same, too'));
    if (focused) document.getElementById(focused)?.focus();
    const mine = asked = wanted();
    Promise.all([a, b].map((id) => getJSON(`/runs/${id}`))).then((both) => { if (mine === asked) fill(both); })
      .catch((error) => {
        if (mine === asked) table.replaceChildren(el('p', {className: 'error'}, error.message));
      });
  }

  function fill([x, y]) {
    const [left, right] = [x, y].map((run) => new Map(run.options.map((o) => [o.name, o.value])));
    const rows = [...new Set([...left.keys(), ...right.keys()])]
      .map((name) => [name, left.get(name) ?? '–', right.get(name) ?? '–'])
      .filter(([, p, q]) => isAll || p !== q);
    table.replaceChildren(rows.length
      ? el('table', {}, el('thead', {}, el('tr', {}, ['', runOf(a)?.name, runOf(b)?.name]
        .map((text) => el('th', {}, text ?? '')))),
        el('tbody', {}, rows.map(([name, p, q]) => el('tr', {}, el('td', {}, name),
          [p, q].map((text) => el('td', {className: p !== q ? 'differs' : ''}, text))))))
      : el('p', {className: 'note'}, 'They have the same options.'));
  }
}
