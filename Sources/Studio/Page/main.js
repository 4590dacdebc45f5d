// The page: three views over the same runs, and the stream that keeps them up to date.
import {listen, onChange, show, store} from './store.js';
import {runsView} from './table.js';
import {samplesView} from './samples.js';
import {modelView} from './model.js';

const views = {runs: runsView, samples: samplesView, model: modelView};
const names = Object.keys(views);
const tab = (name) => document.getElementById(`tab-${name}`);
const panel = (name) => document.getElementById(`view-${name}`);

// What is looked at stands behind the #, so that it can be kept and gone back to: #samples/RUN.
function place() {
  const [view, run] = location.hash.slice(1).split('/');
  return {view: names.includes(view) ? view : 'runs', run: run || null};
}

function open() {
  const {view, run} = place();
  for (const name of names) {
    tab(name).setAttribute('aria-selected', name === view);
    tab(name).tabIndex = name === view ? 0 : -1;
    panel(name).hidden = name !== view;
  }
  views[view].open(run);
}

for (const name of names) {
  views[name].mount(panel(name));
  tab(name).addEventListener('click', () => { location.hash = name; });
  tab(name).addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const next = names[(names.indexOf(name) + step + names.length) % names.length];
    location.hash = next;
    tab(next).focus();
  });
}
window.addEventListener('hashchange', open);

let isFirst = true;
onChange((what) => {
  if (what === 'runs' && isFirst) {
    isFirst = false;
    // the first few with metrics, so that there is something to see
    for (const run of store.runs.filter((run) => run.bytes > 0).slice(0, 6)) show(run.id);
  }
  const {view, run} = place();
  views[view].update(what, run);
});

const connection = document.getElementById('connection');
listen((isConnected) => {
  connection.textContent = isConnected ? 'live' : 'the studio does not answer; trying again …';
  connection.classList.toggle('lost', !isConnected);
});
open();
