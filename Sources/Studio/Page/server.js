// What the page asks the server, and how errors of it read.

async function checked(response) {
  if (response.ok) return response;
  throw new Error((await response.text()).trim() || `status ${response.status}`);
}

export async function getJSON(path) {
  return (await checked(await fetch(path))).json();
}

export async function getText(path) {
  return (await checked(await fetch(path))).text();
}

export async function getBytes(path) {
  return (await checked(await fetch(path))).arrayBuffer();
}

// The lines of a run's metrics from a byte on, and which writing of the file they are of.
export async function getMetrics(run, generation, from) {
  const response = await checked(
    await fetch(`/runs/${run}/metrics?generation=${generation}&from=${from}`));
  return {
    generation: Number(response.headers.get('X-Generation')),
    from: Number(response.headers.get('X-From')),
    next: Number(response.headers.get('X-Next')),
    text: await response.text(),
  };
}

export async function ask(run, verb, wish) {
  const response = await fetch(`/models/${run}/${verb}`, {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(wish),
  });
  return (await checked(response)).json();
}

export async function give(run, file) {
  const response = await fetch(`/models/${run}/take`, {
    method: 'POST', headers: {'Content-Type': 'application/octet-stream'}, body: file,
  });
  return (await checked(response)).json();
}

// Bytes, 16-bit samples and floats from base 64; the server sends the little end first.
export function bytesOf(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

export function samplesOf(text) {
  return new Int16Array(bytesOf(text).buffer);
}

export function floatsOf(text) {
  return new Float32Array(bytesOf(text).buffer);
}
