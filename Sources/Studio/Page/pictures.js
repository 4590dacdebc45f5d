// Pixels, maps and latents on canvases.
import {el} from './dom.js';
import {bytesOf, floatsOf} from './server.js';

// A canvas of w × h pixels whose colours `color(i)` gives, shown `scale` times as large.
function pixels(width, height, scale, color) {
  const canvas = el('canvas', {className: 'pixels', width, height});
  const context = canvas.getContext('2d');
  const data = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) data.data.set(color(i), 4 * i);
  context.putImageData(data, 0, 0);
  canvas.style.width = `${Math.round(width * scale)}px`;
  return canvas;
}

// How many times as large something is shown so that it takes about `size` pixels.
export function scaleFor(width, height, size) {
  const scale = size / Math.max(width, height);
  return scale >= 1 ? Math.max(1, Math.floor(scale)) : scale;
}

export function imageCanvas({width, height, channels, samples}, size = 96) {
  const bytes = bytesOf(samples);
  return pixels(width, height, scaleFor(width, height, size), (i) => channels === 1
    ? [bytes[i], bytes[i], bytes[i], 255]
    : [bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2], 255]);
}

// Dark blue over green to yellow, straight in lightness.
const stops = [[13, 8, 70], [40, 60, 130], [33, 110, 130], [50, 160, 110], [150, 205, 70], [250, 230, 60]];

export function heat(t) {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const i = Math.min(Math.floor(at), stops.length - 2);
  return [0, 1, 2].map((c) => stops[i][c] + (at - i) * (stops[i + 1][c] - stops[i][c]));
}

// A map of bits a pixel; gives the canvas, and the lowest and the highest value.
export function mapCanvas({width, height, values}, size = 200) {
  const numbers = floatsOf(values);
  let [low, high] = [Infinity, -Infinity];
  for (const v of numbers) { if (v < low) low = v; if (v > high) high = v; }
  const range = high - low || 1;
  return {
    low, high,
    canvas: pixels(width, height, scaleFor(width, height, size),
      (i) => [...heat((numbers[i] - low) / range), 255]),
  };
}

// Latents that are N(0, 1): blue below 0, red above, full at ±3.
export function latentCanvas({width, height, values}, size = 220) {
  const numbers = floatsOf(values);
  const scale = Math.min(scaleFor(width, height, size), 16);
  return pixels(width, height, scale, (i) => {
    const t = Math.max(-1, Math.min(1, numbers[i] / 3));
    const rest = 245 * (1 - Math.abs(t));
    return t > 0 ? [200 * t + rest, 60 * t + rest, 30 * t + rest, 255]
      : [-20 * t + rest, -90 * t + rest, -190 * t + rest, 255];
  });
}

// The bar that says what a map's colours mean.
export function heatBar(low, high, unit) {
  const canvas = pixels(120, 8, 1, (i) => [...heat((i % 120) / 119), 255]);
  canvas.setAttribute('aria-hidden', 'true');
  return el('div', {className: 'controls note'}, low.toFixed(2), canvas, `${high.toFixed(2)} ${unit}`);
}
