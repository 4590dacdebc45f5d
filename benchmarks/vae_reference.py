#!/usr/bin/env python3
"""An independent float64 oracle for the VAE, in plain PyTorch on the flows of flows_reference.py; needs torch, numpy, safetensors.

    vae_reference.py eval CHECKPOINT.safetensors RECORD.safetensors [--weights raw]
        the bound's terms under a checkpoint, nats an example, as JSON. RECORD holds x as the model sees it (images N,H,W,C: 0 or 1, or the middles of
        the levels' bins in [-0.5, 0.5); rows N,D standardised) and noise [N, latent]; where it also holds the terms, how far they are off.
    vae_reference.py vectors OUT.safetensors --image 9x11x3 | --columns 3 --likelihood logistic --posterior planar ...
        a model's parameters at random, x, noise, the three terms, and the gradients of mean(log_p_x_given_z + 0.5 (log_p_z - log_q_z)).

The terms are log_p_x_given_z, log_p_z and log_q_z. Everything is float64; parameters are rounded to float32 first, as a checkpoint's are.
"""
import argparse, json, math, sys
import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.numpy import save_file

sys.dont_write_bytecode = True
import flows_reference as flows  # sets float64 as the default

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
TERMS = "log_p_x_given_z", "log_p_z", "log_q_z"


# ---------------------------------------------------------------- nets; images are N,C,H,W here

def dense(p, name, x): return x @ p[name + ".weight"].T + p[name + ".bias"]


def gated(h):
    a, b = h.chunk(2, 1)
    return a * torch.sigmoid(b)


def conv(p, name, x): return F.conv2d(x, p[name + ".weight"], p[name + ".bias"], padding=1)


def stages(c):
    """How often images are halved, until no side is over 8, and the sides that halve so."""
    h, w, count = c["image"]["height"], c["image"]["width"], 0
    while max(h, w) > 8 * 2 ** count: count += 1
    unit = 2 ** count
    return count, -(-h // unit) * unit, -(-w // unit) * unit


def channels(c, halvings): return (max(1, c["width"] // 2), c["width"], 2 * c["width"])[min(halvings, 2)]


def mlp(p, name, x):
    i = 1
    while f"{name}.layer{i}.weight" in p: x = gated(dense(p, f"{name}.layer{i}", x)); i += 1
    return dense(p, name + ".last", x) if name + ".last.weight" in p else x


def encode(p, c, x):
    if not c.get("image"): return mlp(p, "encoder", x)
    count, height, width = stages(c)
    h = F.pad(x, (0, width - x.shape[3], 0, height - x.shape[2]))
    for i in range(max(1, count)):
        if count: h = F.pixel_unshuffle(h, 2)
        h = gated(conv(p, f"encoder.{i}.conv1", h)); h = gated(conv(p, f"encoder.{i}.conv2", h))
    return gated(dense(p, "encoder.dense", h.permute(0, 2, 3, 1).flatten(1)))


def decode(p, c, z):
    """What describes p(x|z): as many maps of x's shape as the likelihood has parameters."""
    parts = 1 if c["likelihood"] == "bernoulli" else 2
    if not c.get("image"): return mlp(p, "decoder", z).chunk(parts, 1)
    count, height, width = stages(c); unit = 2 ** count
    h = gated(dense(p, "decoder.dense", z)).reshape(len(z), height // unit, width // unit, channels(c, count)).permute(0, 3, 1, 2)
    for i in range(count + 1):
        h = gated(conv(p, f"decoder.{i}.conv", h))
        if i < count: h = F.pixel_shuffle(gated(conv(p, f"decoder.{i}.up", h)), 2)
    return conv(p, "decoder.last", h)[:, :, :c["image"]["height"], :c["image"]["width"]].chunk(parts, 1)


# ---------------------------------------------------------------- the posterior

def sizes(c):
    """What a flow is made of, by its name in flows_reference.py, in a head's order."""
    d = c["latent"]; m = min(d, c["vectors"]) if c["posterior"] == "orthogonal" else d
    own = {"d": (m, m), "diagonal1": (m,), "diagonal2": (m,), "b": (m,)}
    return {"planar": {"u": (d,), "w": (d,), "b": ()}, "orthogonal": {"q": (d, m)} | own, "householder": {"v": (c["vectors"], d)} | own, "triangular": own}[c["posterior"]]


def given(p, c, name, k, z, h):
    """A flow whose parameters are a linear map of h, row by row."""
    flow = flows.FLOWS["planar" if c["posterior"] == "planar" else "sylvester-" + c["posterior"]]
    steps = []
    for row, all in zip(z, dense(p, name, h)):
        parts = torch.split(all, [math.prod(shape) for shape in sizes(c).values()])
        own = {key: part.reshape(shape) for (key, shape), part in zip(sizes(c).items(), parts)}
        steps.append(flow(own | {"flip": torch.tensor(k % 2)}, row[None]))
    return (torch.cat(t) for t in zip(*steps))


def beside(p, c, name, k, z, h):
    """An autoregressive flow that sees h; every other one of the columns from the last to the first."""
    own = {key[len(name) + 1:]: t for key, t in p.items() if key.startswith(name + ".layer")} | {"context": h}
    if k % 2: z = z.flip(1)
    if c["posterior"] == "nsf":
        z, log = flows.spline(flows.masked(own, z, 23, torch.relu), z, 8, 4.0)
        return z, log.sum(1)
    if c["posterior"] == "iaf": return flows.affine(flows.masked(own, z, 2, torch.relu), z)
    start, z = z, torch.zeros_like(z)                # turned round: a column more is right after each pass
    for _ in range(z.shape[1] + 1):
        raw = flows.masked(own, z, 2, torch.relu); a = 3 * torch.tanh(raw[..., 1] / 3)
        z = start * torch.exp(a) + raw[..., 0]
    return z, a.sum(1)


def draw(p, c, h, noise):
    """z and log q(z|x)."""
    mean, deviation = dense(p, "posterior.mean", h), F.softplus(dense(p, "posterior.deviation", h)) + 1e-6
    z, log = mean + deviation * noise, (-0.5 * noise ** 2 - HALF_LOG_2PI - torch.log(deviation)).sum(1)
    for k in range(0 if c["posterior"] == "gaussian" else c["flows"]):
        flow = beside if c["posterior"] in ("iaf", "maf", "nsf") else given
        z, step = flow(p, c, f"posterior.flows.{k}", k, z, h)
        log = log - step
    return z, log


# ---------------------------------------------------------------- the bound

def log_likelihood(c, x, maps):
    if c["likelihood"] == "bernoulli": return -F.binary_cross_entropy_with_logits(maps[0], x, reduction="none").flatten(1).sum(1)
    if c["likelihood"] == "gaussian":
        a = 5 * torch.tanh(maps[1] / 5)
        return (-0.5 * ((x - maps[0]) * torch.exp(-a)) ** 2 - a - HALF_LOG_2PI).sum(1) - sum(math.log(s) for s in c["scale"])
    levels = 2 ** c["image"]["bits"]; scale = torch.exp(F.softplus(maps[1]) - 2) / levels
    below, above = (torch.sigmoid((x + side * 0.5 / levels - maps[0]) / scale) for side in (-1, 1))
    level = torch.round((x + 0.5) * levels - 0.5)
    below = torch.where(level == 0, torch.zeros_like(x), below); above = torch.where(level == levels - 1, torch.ones_like(x), above)
    return torch.log(above - below).flatten(1).sum(1)


def terms(p, c, x, noise):
    if c.get("image"): x = x.permute(0, 3, 1, 2)
    z, log_q = draw(p, c, encode(p, c, x), noise)
    return log_likelihood(c, x, decode(p, c, z)), (-0.5 * z ** 2 - HALF_LOG_2PI).sum(1), log_q


# ---------------------------------------------------------------- a model at random

def random_parameters(c, g):
    """Every parameter away from its initial value, so that each one shows in the terms and in its gradient."""
    p = {}

    def add(name, weight, std=1.0):
        p[name + ".weight"] = torch.randn(weight, generator=g) * std / math.sqrt(math.prod(weight[1:]))
        p[name + ".bias"] = 0.2 * torch.randn(weight[0], generator=g)
    d, parts = c["latent"], 1 if c["likelihood"] == "bernoulli" else 2
    if c.get("image"):
        count, height, width = stages(c); unit, f = 2 ** count, c["features"]
        flat = height // unit * (width // unit) * channels(c, count); inputs = c["image"]["channels"]
        for i in range(max(1, count)):
            outputs = channels(c, min(i + 1, count))
            add(f"encoder.{i}.conv1", (2 * outputs, inputs * (4 if count else 1), 3, 3), 1.7); add(f"encoder.{i}.conv2", (2 * outputs, outputs, 3, 3), 1.7)
            inputs = outputs
        add("encoder.dense", (2 * f, flat), 1.7); add("decoder.dense", (2 * flat, d), 1.7)
        for i in range(count + 1):
            own = channels(c, count - i); add(f"decoder.{i}.conv", (2 * own, own, 3, 3), 1.7)
            if i < count: add(f"decoder.{i}.up", (8 * channels(c, count - i - 1), own, 3, 3), 1.7)
        add("decoder.last", (parts * c["image"]["channels"], own, 3, 3), 0.3)
        if c["likelihood"] == "logistic": p["decoder.last.bias"][c["image"]["channels"]:] += 3
    else:
        columns, units = len(c["columns"]), c["hidden"]; f = units[-1]
        for name, nets in (("encoder", [columns] + units), ("decoder", [d] + units[::-1])):
            for i, (inputs, outputs) in enumerate(zip(nets, nets[1:])): add(f"{name}.layer{i + 1}", (2 * outputs, inputs), 1.7)
        add("decoder.last", (parts * columns, units[0]), 0.3)
    add("posterior.mean", (d, f)); add("posterior.deviation", (d, f))
    for k in range(0 if c["posterior"] == "gaussian" else c["flows"]):
        name = f"posterior.flows.{k}"
        if c["posterior"] in ("iaf", "maf", "nsf"):
            outputs = (23 if c["posterior"] == "nsf" else 2) * d; layers = [f + d] + c["flowHidden"] + [outputs]
            for i, (inputs, units) in enumerate(zip(layers, layers[1:])): add(f"{name}.layer{i + 1}", (units, inputs))
        else:
            add(name, (sum(math.prod(shape) for shape in sizes(c).values()), f), 0.5)
            p[name + ".bias"] = torch.randn(len(p[name + ".bias"]), generator=g)
    return {k: t.float().double() for k, t in p.items()}


def vectors(a):
    c = {"columns": [f"c{i + 1}" for i in range(a.columns)], "shift": [0.5 * i for i in range(a.columns)], "scale": [0.5 + i for i in range(a.columns)], "latent": a.latent,
         "posterior": a.posterior, "flows": a.flows, "vectors": a.vectors, "likelihood": a.likelihood, "hidden": a.hidden, "flowHidden": a.flow_hidden, "width": a.width,
         "features": a.features}
    if a.image: c["image"] = dict(zip(("height", "width", "channels"), map(int, a.image.split("x")))) | {"bits": a.bits}
    if a.likelihood == "bernoulli": c["binarization"] = "static"
    g = torch.Generator().manual_seed(a.seed); p = {k: t.requires_grad_() for k, t in random_parameters(c, g).items()}
    if a.image:
        levels = 2 if a.likelihood == "bernoulli" else 2 ** a.bits
        x = torch.randint(0, levels, (a.batch, *(c["image"][k] for k in ("height", "width", "channels"))), generator=g).double()
        x = x if levels == 2 else (x + 0.5) / levels - 0.5
    else: x = torch.randn(a.batch, a.columns, generator=g).float().double()
    noise = torch.randn(a.batch, a.latent, generator=g).float().double()
    all = terms(p, c, x, noise)
    (all[0] + 0.5 * (all[1] - all[2])).mean().backward()
    print({name: t.tolist() for name, t in zip(TERMS, all)})
    out = {"parameters." + k: t.detach().float() for k, t in p.items()} | {"gradients." + k: t.grad.float() for k, t in p.items()}
    out |= {"x": x.float(), "noise": noise.float()} | {name: t.detach() for name, t in zip(TERMS, all)}
    save_file({k: t.contiguous().numpy() for k, t in out.items()}, a.out, metadata={"model": json.dumps(c)})


def evaluate(a):
    def load(path):
        with safe_open(path, "np") as f: return {k: torch.from_numpy(np.array(f.get_tensor(k))).double() for k in f.keys()}, f.metadata()
    p, metadata = load(a.checkpoint); data, _ = load(a.record); config = json.loads(metadata["config"])
    if config["kind"] != "vae": sys.exit(f"{a.checkpoint}: a model of kind {config['kind']}")
    if a.weights == "ema": p |= {k[4:]: t for k, t in p.items() if k.startswith("ema.")}
    with torch.no_grad():
        parts = [terms(p, config["model"], x, noise) for x, noise in zip(data["x"].split(100), data["noise"].split(100))]
    ours = dict(zip(TERMS, (torch.cat(t) for t in zip(*parts))))
    row = {name: t.mean().item() for name, t in ours.items()}
    row |= {"elbo": row["log_p_x_given_z"] + row["log_p_z"] - row["log_q_z"], "examples": len(data["x"])}
    row |= {"off." + name: (data[name] - t).abs().max().item() for name, t in ours.items() if name in data}
    print(json.dumps(row))


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(required=True)
    v = sub.add_parser("vectors"); v.set_defaults(run=vectors); v.add_argument("out"); v.add_argument("--image", help="HEIGHTxWIDTHxCHANNELS"); v.add_argument("--posterior", default="gaussian")
    v.add_argument("--likelihood", default="gaussian", choices=["bernoulli", "logistic", "gaussian"])
    for name, default in (("columns", 0), ("latent", 3), ("flows", 2), ("vectors", 2), ("width", 2), ("features", 5), ("bits", 8), ("batch", 3), ("seed", 0)):
        v.add_argument("--" + name, type=int, default=default)
    v.add_argument("--hidden", type=int, nargs="+", default=[6, 5]); v.add_argument("--flow-hidden", type=int, nargs="+", default=[7])
    e = sub.add_parser("eval"); e.set_defaults(run=evaluate); e.add_argument("checkpoint"); e.add_argument("record"); e.add_argument("--weights", default="ema", choices=["ema", "raw"])
    a = ap.parse_args(); a.run(a)
