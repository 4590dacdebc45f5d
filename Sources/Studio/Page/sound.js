// Sounds: a button, a waveform to click into, and what plays them.
import {el, sharpCanvas, themed} from './dom.js';
import {samplesOf} from './server.js';
import {heat} from './pictures.js';

let audio = null;
let playing = null;   // {source, stop}

function stop() {
  playing?.stop();
  playing = null;
}

// A player of {rate, channels, frames, samples: Int16Array}. `moments`, numbers from 0 to 1 spread
// over the sound, colour what stands behind the curve.
export function player(sound, {label = 'sound', moments = null, peak = null} = {}) {
  const {rate, channels, samples} = sound;
  const frames = samples.length / channels;
  const seconds = frames / rate;
  const top = peak ?? peakOf(samples);
  let progress = 0;
  const canvas = sharpCanvas((context, width, height) => {
    context.clearRect(0, 0, width, height);
    if (moments) {
      for (let x = 0; x < width; x++) {
        const value = moments[Math.min(moments.length - 1, Math.floor(x / width * moments.length))];
        context.fillStyle = `rgb(${heat(value).map(Math.round).join(' ')})`;
        context.fillRect(x, 0, 1, height);
      }
    } else {
      context.strokeStyle = themed('--line');
      context.beginPath();
      context.moveTo(0, height / 2);
      context.lineTo(width, height / 2);
      context.stroke();
    }
    context.fillStyle = moments ? '#fff' : themed('--accent');
    const y = (sample) => height / 2 - sample / top * (height / 2 - 2);
    for (let x = 0; x < width; x++) {
      const [from, to] = [Math.floor(x / width * frames), Math.max(1, Math.floor((x + 1) / width * frames))];
      let [low, high] = [Infinity, -Infinity];
      for (let i = Math.max(0, from - 1) * channels; i < Math.min(frames, to) * channels; i++) {
        if (samples[i] < low) low = samples[i];
        if (samples[i] > high) high = samples[i];
      }
      if (low <= high) context.fillRect(x, y(high), 1, Math.max(1, y(low) - y(high)));
    }
    if (progress > 0) {
      context.fillStyle = themed('--bad');
      context.fillRect(progress * width, 0, 1.5, height);
    }
  }, {role: 'img', 'aria-label': `waveform of ${label}`});
  const button = el('button', {'aria-label': `play ${label}`, onclick: () => toggle(0)}, '▶');
  canvas.addEventListener('click', (event) => start(event.offsetX / canvas.clientWidth));
  const element = el('div', {className: 'player'}, button, canvas,
    el('span', {className: 'note'}, `${seconds.toFixed(2)} s`));
  return element;

  function toggle() {
    if (playing?.button === button) stop(); else start(0);
  }

  function start(from) {
    stop();
    audio ??= new AudioContext();
    const buffer = audio.createBuffer(channels, frames, rate);
    for (let c = 0; c < channels; c++) {
      const channel = buffer.getChannelData(c);
      for (let i = 0; i < frames; i++) channel[i] = samples[i * channels + c] / 32768;
    }
    const source = new AudioBufferSourceNode(audio, {buffer});
    source.connect(audio.destination);
    audio.resume();
    source.start(0, from * seconds);
    const began = audio.currentTime - from * seconds;
    button.textContent = '■';
    const mine = {button, stop: () => {
      source.onended = null;
      try { source.stop(); } catch { /* it has ended */ }
      progress = 0;
      button.textContent = '▶';
      canvas.redraw();
    }};
    playing = mine;
    source.onended = stop;
    const tick = () => {
      if (playing !== mine) return;
      progress = Math.min(1, (audio.currentTime - began) / seconds);
      canvas.redraw();
      requestAnimationFrame(tick);
    };
    tick();
  }
}

// A sound as the server gives examples.
export function soundOf(example) {
  return {rate: example.rate, channels: example.channels, samples: samplesOf(example.samples)};
}

export function peakOf(samples) {
  let peak = 1;
  for (const s of samples) if (Math.abs(s) > peak) peak = Math.abs(s);
  return peak;
}

// A 16-bit WAV file, as runs write them.
export function parseWAV(buffer) {
  const view = new DataView(buffer);
  const tag = (at) => String.fromCharCode(...new Uint8Array(buffer, at, 4));
  if (buffer.byteLength < 44 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new Error('not a WAV file');
  let format = null;
  for (let at = 12; at + 8 <= buffer.byteLength;) {
    const size = view.getUint32(at + 4, true);
    if (tag(at) === 'fmt ') {
      format = {channels: view.getUint16(at + 10, true), rate: view.getUint32(at + 12, true),
        bits: view.getUint16(at + 22, true)};
    } else if (tag(at) === 'data' && format?.bits === 16) {
      const end = Math.min(buffer.byteLength, at + 8 + size);
      return {...format, samples: new Int16Array(buffer.slice(at + 8, end - (end - at - 8) % 2))};
    }
    at += 8 + size + size % 2;
  }
  throw new Error('not a 16-bit WAV file');
}
