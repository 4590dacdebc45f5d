// Small helpers over the document.

// An element with properties, attributes (those with a dash, and role) and children.
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key.includes('-') || key === 'role' || key === 'for') element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function labelled(text, control) {
  return el('label', {}, text, control);
}

export function select(options, value, onchange) {
  const control = el('select', {onchange: () => onchange(control.value)},
    options.map(([key, text]) => el('option', {value: key, selected: key === value}, text)));
  return control;
}

// Okabe and Ito's colours, told apart by most eyes, but for the yellow, which is faint on white, and
// two more. Beyond them, hues as far apart as they come.
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#8c6bb1', '#7f7f7f'];

export function colorOf(index) {
  return palette[index] ?? `hsl(${Math.round(index * 137.5) % 360} 55% 50%)`;
}

export function number(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2);
  return size >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(digits)));
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '';
  const s = Math.round(seconds);
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h ? `${h}:${String(m).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`
    : `${m}:${String(s % 60).padStart(2, '0')}`;
}

export function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}

// A colour of the style sheet as a canvas takes it.
const probe = document.createElement('span');
export function themed(name) {
  if (!probe.isConnected) { probe.hidden = true; document.body.append(probe); }
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

// A canvas as large as it is shown, in the screen's own pixels; drawn anew when that changes.
export function sharpCanvas(draw, properties = {}) {
  const canvas = el('canvas', properties);
  const redraw = () => {
    const scale = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d');
    context.setTransform(scale, 0, 0, scale, 0, 0);
    draw(context, width, height);
  };
  new ResizeObserver(redraw).observe(canvas);
  canvas.redraw = redraw;
  return canvas;
}

// Those that are to be seen have other colours; what is not gets them when it is.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const canvas of document.querySelectorAll('canvas')) canvas.redraw?.();
});

// Runs `body` at most once a frame, however often it is asked for.
export function oncePerFrame(body) {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => { isWaiting = false; body(); });
  };
}
