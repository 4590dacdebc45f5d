// What a run drew on its way, iteration by iteration, beside what it learns from.
import {el, labelled, number, select} from './dom.js';
import {getBytes, getJSON, getText} from './server.js';
import {imageCanvas} from './pictures.js';
import {parseWAV, peakOf, player, soundOf} from './sound.js';
import {parseCSV, rangesOf, scatter} from './scatter.js';
import {runOf, store} from './store.js';

let chosen = null, iterations = [], at = 0, isAtEnd = true, known = null;
let picker, slider, label, left, right, note;
let originalRanges = null;

export const samplesView = {
  mount(panel) {
    picker = el('span');
    slider = el('input', {type: 'range', min: 0, max: 0, step: 1, id: 'iteration',
      'aria-label': 'iteration', oninput: () => { go(Number(slider.value)); }});
    label = el('output', {id: 'iteration-text', htmlFor: 'iteration'});
    note = el('p', {className: 'note'});
    left = el('figure', {id: 'samples', className: 'panel'});
    right = el('figure', {id: 'originals', className: 'panel'});
    panel.append(el('div', {className: 'panel'}, el('div', {className: 'controls'}, picker, label),
      slider, note), el('div', {className: 'side'}, left, right));
  },
  open(run) {
    choose([run, chosen].find(runOf) ?? store.runs.find((one) => one.bytes > 0)?.id ?? null);
  },
  update(what, run) {
    if (what === 'runs' || (what === 'run' && !chosen)) this.open(run);
    // a live run may have drawn anew
    else if (what === 'run' && runOf(chosen)?.steps !== known) list();
  },
};

function choose(id) {
  const names = store.runs.filter((run) => run.state !== 'file').map((run) => [run.id, run.name]);
  const control = select(names, id, (value) => { location.hash = `samples/${value}`; });
  control.id = 'samples-run';
  picker.replaceChildren(labelled('run', control));
  if (id === chosen || !id) { list(); return; }
  [chosen, iterations, at, isAtEnd, originalRanges] = [id, [], 0, true, null];
  left.replaceChildren();
  showOriginals(id).then(list);
}

async function list() {
  const id = chosen;
  if (!runOf(id)) return;
  known = runOf(id).steps;
  const {iterations: all} = await getJSON(`/runs/${id}/samples`).catch(() => ({iterations: []}));
  if (id !== chosen) return;
  const isOther = all.length !== iterations.length || !left.firstChild;
  iterations = all;
  slider.max = Math.max(0, all.length - 1);
  slider.disabled = all.length < 2;
  note.textContent = all.length ? 'Left and right arrow keys go from one drawing to the next.'
    : 'This run has drawn nothing yet: it does so every 1,000 steps, or as --sample-every says.';
  if (!all.length) { left.replaceChildren(); label.textContent = ''; return; }
  if (isOther) go(isAtEnd ? all.length - 1 : Math.min(at, all.length - 1));
}

async function go(index) {
  const [id, entry] = [chosen, iterations[index]];
  if (!entry) return;
  [at, isAtEnd] = [index, index === iterations.length - 1];
  slider.value = index;
  label.textContent = `iteration ${number(entry.iteration)}`;
  slider.setAttribute('aria-valuetext', label.textContent);
  const path = (name) => `/runs/${id}/samples/${name}`;
  const sounds = entry.files.filter((name) => name.endsWith('.wav'));
  const table = entry.files.find((name) => name.endsWith('.csv'));
  let content;
  try {
    if (sounds.length) {
      const read = await Promise.all(sounds.map(async (name) => parseWAV(await getBytes(path(name)))));
      const peak = Math.max(...read.map((sound) => peakOf(sound.samples)));
      content = read.map((sound, i) => player(sound, {label: `draw ${i + 1}`, peak}));
    } else if (table) {
      const rows = parseCSV(await getText(path(table)));
      content = [scatter(rows, originalRanges ?? undefined)];
    } else {
      const image = el('img', {className: 'pixels', src: path(entry.files[0]),
        alt: `draws at iteration ${entry.iteration}`});
      await image.decode();
      content = [image];
    }
  } catch (error) {
    content = [el('p', {className: 'error'}, error.message)];
  }
  // meanwhile another may have been asked for
  if (id !== chosen || at !== index) return;
  left.replaceChildren(el('figcaption', {}, `Drawn at iteration ${number(entry.iteration)}`), ...content);
}

async function showOriginals(id) {
  right.replaceChildren(el('figcaption', {}, 'Originals …'));
  let content;
  try {
    const {examples, rows} = await getJSON(`/runs/${id}/originals`);
    if (id !== chosen) return;
    if (rows) {
      originalRanges = rangesOf(rows);
      content = [scatter(rows, originalRanges)];
    } else if (examples[0].kind === 'sound') {
      const sounds = examples.map(soundOf);
      const peak = Math.max(...sounds.map((sound) => peakOf(sound.samples)));
      content = sounds.map((sound, i) => player(sound, {label: `original ${i + 1}`, peak}));
    } else {
      content = [el('div', {className: 'square'}, examples.map((one) => imageCanvas(one, 110)))];
    }
  } catch (error) {
    content = [el('p', {className: 'note'}, `No originals: ${error.message}`)];
  }
  if (id === chosen) right.replaceChildren(el('figcaption', {}, 'Originals'), ...content);
}
