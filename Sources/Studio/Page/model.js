// The model at hand: draws, what it says of an example, and its latents played with.
import {el, labelled, number, select} from './dom.js';
import {ask, floatsOf, getJSON, give} from './server.js';
import {heatBar, imageCanvas, latentCanvas, mapCanvas} from './pictures.js';
import {player, soundOf} from './sound.js';
import {scatter} from './scatter.js';
import {runOf, store} from './store.js';

let run = null, info = null;
let picker, about, tools;
let gallery, drawn = [], taken = [];
let a = null, b = null;          // the examples chosen: A is looked at, B is where to go
let parts = {};

export const modelView = {
  mount(panel) {
    picker = el('span');
    about = el('p', {className: 'note', id: 'about'});
    tools = el('div', {id: 'tools'});
    tools.style.display = 'grid';
    tools.style.gap = '1rem';
    panel.append(el('div', {className: 'panel'}, el('div', {className: 'controls'}, picker), about), tools);
  },
  open(id) { choose([id, run].find(runOf) ?? store.runs.find((one) => one.hasModel)?.id ?? null); },
  update(what, id) { if (what === 'runs' || !run) this.open(id); },
};

function choose(id) {
  const names = store.runs.filter((one) => one.hasModel).map((one) => [one.id, one.name]);
  const control = select(names, id, (value) => { location.hash = `model/${value}`; });
  control.id = 'model-run';
  picker.replaceChildren(labelled('model of', control));
  if (id === run || !id) return;
  [run, info, a, b, drawn, taken] = [id, null, null, null, [], []];
  tools.replaceChildren();
  about.textContent = 'reading …';
  getJSON(`/models/${id}`).then((read) => {
    if (id !== run) return;
    info = read;
    about.textContent = `${info.words}; ${info.parameters.toLocaleString('en')} parameters`;
    build();
  }).catch((error) => { if (id === run) about.textContent = error.message; });
}

// Does what a button asks; errors stand beside it, and only the last answer counts.
function doing(place, body) {
  let turn = 0;
  return async () => {
    const mine = ++turn;
    place.classList.remove('error');
    place.textContent = 'computing …';
    const begin = performance.now();
    try {
      const show = await body();
      if (mine !== turn) return;
      place.textContent = `${Math.round(performance.now() - begin)} ms`;
      show?.();
    } catch (error) {
      if (mine !== turn) return;
      place.classList.add('error');
      place.textContent = error.message;
    }
  };
}

function build() {
  parts = {};
  tools.replaceChildren(drawPanel());
  if (info.kind === 'table') return;
  tools.append(takePanel(), examinePanel(), interpolatePanel());
  if (info.hasLevels) tools.append(replacePanel());
  if (info.comparable.length > 1) tools.append(slidePanel());
  parts.draw();
}

// MARK: Draws

function drawPanel() {
  const value = (id, properties) => el('input', {type: 'number', id, ...properties});
  const count = value('count', {min: 1, max: info.kind === 'table' ? 5000 : 64,
    value: info.kind === 'table' ? 1000 : info.kind === 'sound' ? 4 : 16});
  const temperature = el('input', {type: 'range', id: 'temperature', min: 0, max: 1.5, step: 0.05,
    value: info.temperature, oninput: () => { shown.textContent = Number(temperature.value).toFixed(2); },
    onchange: () => parts.draw()});
  const shown = el('output', {}, info.temperature.toFixed(2));
  const seed = value('seed', {min: 0, step: 1, value: 0, onchange: () => parts.draw()});
  const kinds = select([['', 'all in turn'], ...info.classes.map((name) => [name, name])], '',
    () => parts.draw());
  kinds.id = 'class';
  const seconds = value('seconds', {min: 0.1, max: 10, step: 0.1, value: 0.5});
  const status = el('span', {className: 'note', role: 'status', id: 'draw-status'});
  gallery = el('div', {className: 'gallery', id: 'gallery'});
  parts.label = () => kinds.value || undefined;
  parts.temperature = () => Number(temperature.value);
  parts.draw = doing(status, async () => {
    const wish = {count: Number(count.value), temperature: Number(temperature.value),
      seed: Number(seed.value), label: kinds.value || undefined};
    if (info.kind === 'sound') wish.seconds = Number(seconds.value);
    const answer = await ask(run, 'draw', wish);
    return () => {
      if (answer.rows) { gallery.replaceChildren(scatter(answer.rows)); return; }
      drawn = answer.examples;
      fillGallery();
      // what is no longer to be seen is no longer chosen
      const isThere = (one) => [...taken, ...drawn].includes(one);
      choosePair(isThere(a) ? a : drawn[0], isThere(b) ? b : drawn[1] ?? drawn[0]);
    };
  });
  const again = el('button', {id: 'another', onclick: () => { seed.value = Number(seed.value) + 1; parts.draw(); }},
    'another seed');
  if (info.kind === 'table') queueMicrotask(() => parts.draw());
  return el('div', {className: 'panel'}, el('h2', {}, 'Draw'),
    el('div', {className: 'controls'}, labelled('how many', count), labelled('temperature', temperature), shown,
      labelled('seed', seed), info.classes.length ? labelled('class', kinds) : null,
      info.kind === 'sound' ? labelled('seconds', seconds) : null,
      el('button', {id: 'draw', onclick: () => parts.draw()}, 'Draw'), again, status),
    info.kind === 'table' ? null : el('p', {className: 'note'},
      info.kind === 'image' ? 'Choose one to look at (A); with Shift, or the key B, where to go from there (B).'
        : 'A is the one that is looked at, B where to go from there.'),
    gallery);
}

function fillGallery() {
  gallery.replaceChildren(...[...taken, ...drawn].map((example, i) => tile(example, i)));
  markChosen();
}

function tile(example, i) {
  const name = taken.includes(example) ? 'file' : `draw ${i + 1 - taken.length}`;
  const pick = (event) => event.shiftKey ? choosePair(a, example) : choosePair(example, b);
  const onkeydown = (event) => { if (event.key === 'b') choosePair(a, example); };
  if (example.kind === 'image') {
    return el('button', {'aria-label': name, 'data-item': example.id, onclick: pick, onkeydown},
      imageCanvas(example, 88));
  }
  return el('div', {className: 'sound'}, player(soundOf(example), {label: name}),
    el('div', {className: 'controls'},
      el('button', {'data-item': example.id, onclick: () => choosePair(example, b)}, `${name}: A`),
      el('button', {'data-other': example.id, onclick: () => choosePair(a, example)}, 'B')));
}

function markChosen() {
  const mark = (button, isMarked, text) => {
    button.setAttribute('aria-pressed', isMarked);
    if (isMarked) button.dataset.mark = text; else delete button.dataset.mark;
  };
  for (const button of gallery.querySelectorAll('[data-item]')) {
    const id = button.dataset.item;
    const letters = [id === a?.id ? 'A' : '', info.kind === 'image' && id === b?.id ? 'B' : ''].join('');
    mark(button, letters !== '', letters);
  }
  for (const button of gallery.querySelectorAll('[data-other]')) {
    mark(button, button.dataset.other === b?.id, 'B');
  }
}

function choosePair(newA, newB) {
  const [isNewA, isNewB] = [newA !== a, newB !== b];
  [a, b] = [newA, newB];
  markChosen();
  if (isNewA && a) parts.examine?.();
  if (isNewA || isNewB) parts.pair?.forEach((body) => body());
}

function shown(example, size = 96, label = 'example') {
  return example.kind === 'image' ? imageCanvas(example, size) : player(soundOf(example), {label});
}

// MARK: A file that is dropped in

function takePanel() {
  const status = el('span', {className: 'note', role: 'status', id: 'take-status'});
  const what = info.kind === 'image' ? 'an image' : 'a WAV file';
  const input = el('input', {type: 'file', id: 'file', 'aria-label': `choose ${what}`,
    accept: info.kind === 'image' ? 'image/*' : '.wav,audio/wav', onchange: () => take(input.files[0])});
  const drop = el('div', {className: 'drop', id: 'drop'}, `Drop ${what} here, or choose one: `, input, ' ', status);
  drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('over'); });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    take(event.dataTransfer.files[0]);
  });
  function take(file) {
    if (!file) return;
    doing(status, async () => {
      const example = await give(run, info.kind === 'image' ? await asPNG(file) : file);
      return () => {
        taken = [example, ...taken].slice(0, 8);
        fillGallery();
        choosePair(example, b ?? drawn[0]);
      };
    })();
  }
  return el('div', {className: 'panel'}, el('h2', {}, 'A file of yours'), drop, el('p', {className: 'note'},
    info.kind === 'image'
      ? `It is cropped and scaled down to ${info.width}×${info.height}, as training does it.`
      : `It is brought to ${info.rate} Hz, its first ten seconds.`));
}

// The model reads PNG; what else the browser can show is redrawn as one.
async function asPNG(file) {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (head[0] === 0x89 && head[1] === 0x50) return file;
  const bitmap = await createImageBitmap(file).catch(() => { throw new Error('this is no image'); });
  const canvas = el('canvas', {width: bitmap.width, height: bitmap.height});
  canvas.getContext('2d').drawImage(bitmap, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

// MARK: What the model says of A

function examinePanel() {
  const status = el('span', {className: 'note', role: 'status', id: 'examine-status'});
  const result = el('div', {id: 'examined'});
  parts.examine = doing(status, async () => {
    if (!a) return () => {};
    const example = a;
    const said = await ask(run, 'examine', {item: example.id});
    return () => result.replaceChildren(...examined(example, said));
  });
  return el('div', {className: 'panel'}, el('h2', {}, 'What the model says of A'), status, result);
}

function examined(example, said) {
  const total = el('strong', {}, `${number(said.bitsPerDimension)} ${said.figure}`);
  const head = el('p', {id: 'bits'}, total, info.isBound ? ' at most: a bound' : '', sumOf(said));
  if (!said.map) return [head, el('div', {className: 'side'}, el('figure', {}, shown(example, 200)))];
  const levels = said.levels.map((level, i) => el('figure', {},
    el('figcaption', {}, `Level ${i + 1}: ${level.shape.join('×')}, mean square ${number(level.meanSquare, 3)}; `
      + `${signed(bitsOf(level))} ${said.figure}, by log-det ${signed(level.logDetBits)}, `
      + `by density ${signed(level.densityBits)}`),
    latentCanvas(level.latent)));
  return [head, el('div', {className: 'side'}, ...surprise(example, said)),
    el('h3', {}, 'Latents by level, brought to N(0, 1)'), el('div', {className: 'levels', id: 'latents'}, levels),
    el('p', {className: 'note'}, 'Blue is below 0, red above, full at ±3; what is of the model has mean square 1.')];
}

function bitsOf(level) { return level.logDetBits + level.densityBits; }

function signed(value) { return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`; }

// What a figure is made of: each level's bits, and those of a bin.
function sumOf({levels, binBits}) {
  const terms = levels.map((level) => signed(bitsOf(level))).join(' ').replace(/ ([−+])/g, ' $1 ');
  return terms && ` = ${terms} + ${binBits} bits of a bin`;
}

function surprise(example, said) {
  const unit = example.kind === 'image' ? 'bits a pixel' : 'bits a frame';
  if (example.kind === 'image') {
    const {canvas, low, high} = mapCanvas(said.map);
    canvas.id = 'map';
    return [el('figure', {}, el('figcaption', {}, 'A'), shown(example, 200)),
      el('figure', {}, el('figcaption', {}, 'Where the surprise lies'), canvas, heatBar(low, high, unit))];
  }
  // a sound's map by moments of some frames, behind its curve
  const values = floatsOf(said.map.values);
  const size = Math.max(1, Math.round(values.length / 300));
  const moments = [];
  for (let i = 0; i < values.length; i += size) {
    const part = values.slice(i, i + size);
    moments.push(part.reduce((sum, v) => sum + v, 0) / part.length);
  }
  const [low, high] = [Math.min(...moments), Math.max(...moments)];
  const figure = el('figure', {id: 'map'}, el('figcaption', {}, 'Where the surprise lies'),
    player(soundOf(example), {label: 'A', moments: moments.map((m) => (m - low) / (high - low || 1))}),
    heatBar(low, high, unit));
  return [figure];
}

// MARK: Latents

function onPair(body) { (parts.pair ??= []).push(body); }

function interpolatePanel() {
  const status = el('span', {className: 'note', role: 'status', id: 'interpolate-status'});
  const result = el('div', {className: 'frames', id: 'between'});
  const steps = el('input', {type: 'number', id: 'interpolate-steps', min: 2, max: 32, value: info.kind === 'image' ? 9 : 5});
  const go = doing(status, async () => {
    if (!a || !b) throw new Error('choose A and B among the draws');
    const frames = await ask(run, 'interpolate', {a: a.id, b: b.id, steps: Number(steps.value)});
    return () => result.replaceChildren(...frames.map((one, i) => shown(one, 88, `step ${i + 1}`)));
  });
  onPair(() => result.replaceChildren());
  return el('div', {className: 'panel'}, el('h2', {}, 'Between A and B'),
    el('div', {className: 'controls'}, labelled('steps', steps),
      el('button', {id: 'interpolate', onclick: go}, 'Interpolate'), status), result);
}

function replacePanel() {
  const status = el('span', {className: 'note', role: 'status', id: 'replace-status'});
  const result = el('div', {className: 'side', id: 'replaced'});
  const level = select(info.levels.map((shape, i) => [String(i), `level ${i + 1} (${shape.join('×')})`]),
    String(info.levels.length - 1), () => {});
  level.id = 'level';
  const from = select([['b', 'that of B'], ['draw', 'a fresh draw']], 'b', () => {});
  from.id = 'replace-from';
  let seed = 0;
  const go = doing(status, async () => {
    if (!a || (from.value === 'b' && !b)) throw new Error('choose A and B among the draws');
    const before = a;
    const wish = {item: a.id, level: Number(level.value), temperature: parts.temperature(), seed: seed++,
      label: parts.label()};
    if (from.value === 'b') wish.from = b.id;
    const after = await ask(run, 'replace', wish);
    return () => result.replaceChildren(...[['A', before], ['with the other latent', after]].map(([text, one]) =>
      el('figure', {}, el('figcaption', {}, text), shown(one, 128, text))));
  });
  onPair(() => result.replaceChildren());
  return el('div', {className: 'panel'}, el('h2', {}, 'Replace a level’s latent'),
    el('div', {className: 'controls'}, labelled('of A', level), labelled('by', from),
      el('button', {id: 'replace', onclick: go}, 'Replace'), status), result);
}

function slidePanel() {
  const status = el('span', {className: 'note', role: 'status', id: 'slide-status'});
  const result = el('div', {className: 'frames', id: 'slid'});
  const names = info.comparable.map((name) => [name, name]);
  const from = select(names, info.comparable[0], () => later());
  const to = select(names, info.comparable[1], () => later());
  [from.id, to.id] = ['slide-from', 'slide-to'];
  const amount = el('input', {type: 'range', id: 'amount', min: -1.5, max: 1.5, step: 0.05, value: 0,
    oninput: () => { text.textContent = Number(amount.value).toFixed(2); later(); }});
  const text = el('output', {}, '0.00');
  const go = doing(status, async () => {
    if (!a) throw new Error('choose A among the draws');
    const wish = {item: a.id, from: from.value, to: to.value, amounts: [Number(amount.value)]};
    const frames = await ask(run, 'slide', wish);
    return () => result.replaceChildren(...frames.map((one) => shown(one, 128, 'A, moved')));
  });
  const strip = doing(status, async () => {
    if (!a) throw new Error('choose A among the draws');
    const amounts = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1];
    const frames = await ask(run, 'slide', {item: a.id, from: from.value, to: to.value, amounts});
    return () => result.replaceChildren(...frames.map((one, i) => el('figure', {},
      el('figcaption', {}, String(amounts[i])), shown(one, 88, `A moved by ${amounts[i]}`))));
  });
  // the slider moves faster than the model: one question at a time, then the latest
  let isBusy = false, isWanted = false;
  async function later() {
    if (isBusy) { isWanted = true; return; }
    isBusy = true;
    await go();
    isBusy = false;
    if (isWanted) { isWanted = false; later(); }
  }
  onPair(() => result.replaceChildren());
  return el('div', {className: 'panel'}, el('h2', {}, 'From one class towards another'),
    el('div', {className: 'controls'}, labelled('A, from', from), labelled('to', to),
      labelled('by', amount), text, el('button', {id: 'strip', onclick: strip}, 'All the way'), status),
    result, el('p', {className: 'note'},
      'A’s latents, plus so much of the difference of the two classes’ mean latents.'));
}
