// The runs as they are known: their summaries, and the metrics of those that are shown. One stream
// of events tells of all of them.
import {getMetrics} from './server.js';

export const store = {
  runs: [],               // summaries, in the server's order
  shown: new Map(),       // ids of runs whose curves are shown → which colour each has
  metrics: new Map(),     // id → Metrics
};

const listeners = new Set();

export function onChange(listener) { listeners.add(listener); }

function tell(what) { for (const listener of listeners) listener(what); }

export function runOf(id) { return store.runs.find((run) => run.id === id); }

// The lines of one metrics.jsonl.
class Metrics {
  constructor(id) { Object.assign(this, {id, generation: 0, next: 0, lines: [], isLoading: false, isBehind: false}); }

  add(lines) { for (const line of lines) this.lines.push(line); }

  // Reads on from where it is; a new writing of the file starts over.
  async load() {
    if (this.isLoading) return;
    this.isLoading = true;
    try {
      for (;;) {
        const part = await getMetrics(this.id, this.generation, this.next);
        if (part.from === 0) Object.assign(this, {generation: part.generation, next: 0, lines: []});
        this.add(parsed(part.text));
        const isDone = part.next === this.next;
        this.next = part.next;
        const run = runOf(this.id);
        if (isDone || !run || (run.generation === this.generation && this.next >= run.bytes)) break;
      }
    } finally {
      this.isLoading = false;
    }
    tell('metrics');
    if (this.isBehind) {
      this.isBehind = false;
      await this.load();
    }
  }

  // What the stream brought: taken if it follows on what is there.
  push(event) {
    if (this.isLoading) { this.isBehind = true; return; }
    if (event.generation === this.generation && event.from === this.next) {
      this.add(event.lines);
      this.next = event.to;
      tell('metrics');
    } else if (event.generation !== this.generation || event.from > this.next) {
      this.load().catch(() => {});
    }
  }
}

function parsed(text) {
  const lines = [];
  for (const line of text.split('\n')) {
    if (!line) continue;
    try { lines.push(JSON.parse(line)); } catch { /* a damaged line is left out, as elsewhere */ }
  }
  return lines;
}

// The first colour that no other shown run has.
function freeColor() {
  const taken = new Set(store.shown.values());
  let color = 0;
  while (taken.has(color)) color++;
  return color;
}

export function show(id, isShown = true) {
  if (!isShown) store.shown.delete(id);
  else if (!store.shown.has(id)) store.shown.set(id, freeColor());
  if (isShown && !store.metrics.has(id)) {
    const metrics = new Metrics(id);
    store.metrics.set(id, metrics);
    metrics.load().catch(() => {});
  }
  tell('shown');
}

// Opens the stream, and tells `onState` whether there is one. A browser opens few connections to
// one server, over all of its tabs, so a tab that is not seen gives its own back.
export function listen(onState) {
  let stream = null;
  const follow = () => {
    if (document.hidden) {
      stream?.close();
      stream = null;
    } else {
      stream ??= open(onState);
    }
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}

function open(onState) {
  const stream = new EventSource('/events');
  stream.onopen = () => onState(true);
  stream.onerror = () => onState(false);
  const on = (name, body) => stream.addEventListener(name, (event) => body(JSON.parse(event.data)));
  on('runs', (runs) => {
    store.runs = runs;
    for (const ids of [store.shown, store.metrics]) {
      for (const id of [...ids.keys()]) if (!runOf(id)) ids.delete(id);
    }
    // after a break, what was missed
    for (const id of store.shown.keys()) store.metrics.get(id)?.load().catch(() => {});
    tell('runs');
  });
  on('run', (run) => {
    const index = store.runs.findIndex((one) => one.id === run.id);
    if (index >= 0) store.runs[index] = run;
    tell('run');
  });
  on('restart', ({run}) => store.metrics.get(run)?.load().catch(() => {}));
  on('metrics', (event) => store.metrics.get(event.run)?.push(event));
  return stream;
}
