#!/usr/bin/env python3
"""An independent oracle for the model, written plainly in PyTorch.

It exists to be compared with, never to be shipped: it trades speed for being easy to read.
Everything is in float64 unless --dtype float32 is given. Images are N,C,H,W here (N,H,W,C in files).

    pip install torch==2.13.0+cpu safetensors numpy

    glow_reference.py vectors OUT.safetensors [--levels 2 --steps 2 --width 16 --size 8 --channels 3 --batch 2]
        random (not identity) parameters, a batch, its dequantization noise, and what must come out:
        latents, log-likelihood, bits/dim, the gradient of the mean bits/dim with respect to every parameter,
        and the image that the latents invert to.
        --additive, --components K (mixture couplings) and --classes N for those kinds. With --audio the same for the audio model: --size samples of 16-bit sound, --channels channels;
        --condition B tells the couplings' nets B numbers every --spacing samples, or at each block of so many pixels.
        --dequantizer J puts samples in their bins by a flow of J steps; the log-likelihood is then the bound.
        --border shows an image's nets where it ends.
    glow_reference.py eval CHECKPOINT.safetensors DATA.safetensors
        bits/dim of each example under a checkpoint that uses the model's names.
        DATA holds `pixels` uint8 N,H,W,C (or `samples` int16 N,1,T,C) and `noise`, the same shape, in [0,1);
        `labels` int N where the prior has classes, `condition` N,1,F,B (images: N,Fh,Fw,B) where the nets are told something.
"""
import argparse, json, math, struct, sys
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from safetensors import safe_open


# ---------------------------------------------------------------- layers: each returns (output, log|det J|)

def squeeze(x, factor=(2, 2)):
    (n, c, h, w), (fh, fw) = x.shape, factor
    x = x.view(n, c, h // fh, fh, w // fw, fw).permute(0, 1, 3, 5, 2, 4)
    return x.reshape(n, c * fh * fw, h // fh, w // fw)


def unsqueeze(x, factor=(2, 2)):
    (n, c, h, w), (fh, fw) = x.shape, factor
    x = x.view(n, c // (fh * fw), fh, fw, h, w).permute(0, 1, 4, 2, 5, 3)
    return x.reshape(n, c // (fh * fw), h * fh, w * fw)


def per_channel(v):
    return v.view(1, -1, 1, 1)


def conv(x, p, name, dilation=1):
    w = p[name + ".weight"]
    return F.conv2d(x, w, p.get(name + ".bias"), padding=(w.shape[2] // 2, dilation * (w.shape[3] // 2)), dilation=(1, dilation))


def conv_actnorm_relu(x, p, name):
    h = conv(x, p, name)
    return F.relu((h + per_channel(p[name + ".actnorm.bias"])) * torch.exp(per_channel(p[name + ".actnorm.log_scale"])))


def zero_conv(x, p, name):
    return conv(x, p, name) * torch.exp(3 * per_channel(p[name + ".log_scale"]))


def image_net(x1, p, name, condition=None):
    x1 = x1 if condition is None else torch.cat([x1, condition], 1)
    if p[name + ".conv1.weight"].shape[1] > x1.shape[1]:     # a border: ones, which the padding ends
        x1 = torch.cat([x1, torch.ones_like(x1[:, :1])], 1)
    h = conv_actnorm_relu(x1, p, name + ".conv1")
    h = conv_actnorm_relu(h, p, name + ".conv2")
    return zero_conv(h, p, name + ".conv3")


def audio_net(x1, p, name, condition=None):
    h, skip, layer = conv(x1, p, name + ".start"), 0.0, 0
    width = h.shape[1]
    told = None if condition is None else conv(condition, p, name + ".condition")
    while f"{name}.layers.{layer}.dilated.weight" in p:
        a = conv(h, p, f"{name}.layers.{layer}.dilated", dilation=2 ** layer)
        if told is not None:
            a = a + told[:, 2 * width * layer:2 * width * (layer + 1)]
        r = conv(torch.tanh(a[:, :width]) * torch.sigmoid(a[:, width:]), p, f"{name}.layers.{layer}.output")
        if r.shape[1] == width:                      # the last layer
            skip = skip + r
        else:
            h, skip = h + r[:, :width], skip + r[:, width:]
        layer += 1
    return zero_conv(skip, p, name + ".end")


def coupling_parameters(x1, p, name, condition=None):
    """What the net makes for each channel of the other half: N, channel, parameter, H, W."""
    net = audio_net if name + ".start.weight" in p else image_net
    h = net(x1, p, name, condition)
    return h.unflatten(1, (x1.shape[1], -1))


def logistic_mixture(x, h):
    """logit(F(x)) exp(tanh a) + b, F the CDF of K logistics, and the log of its derivative. h: N, C, 3K+2, H, W."""
    k = h.shape[2] // 3
    log_weight, mean, log_scale = F.log_softmax(h[:, :, :k], 2), h[:, :, k:2 * k], h[:, :, 2 * k:3 * k]
    a, b = torch.tanh(h[:, :, 3 * k]), h[:, :, 3 * k + 1]
    e = (x.unsqueeze(2) - mean) * torch.exp(-log_scale)
    log_below = torch.logsumexp(log_weight + F.logsigmoid(e), 2)
    log_above = torch.logsumexp(log_weight + F.logsigmoid(-e), 2)
    log_density = torch.logsumexp(log_weight + F.logsigmoid(e) + F.logsigmoid(-e) - log_scale, 2)
    return (log_below - log_above) * torch.exp(a) + b, log_density - log_below - log_above + a


def couple(x2, h):
    """The transformed half, and the log of the derivative of each element."""
    if h.shape[2] == 1:                              # additive
        return x2 + h[:, :, 0], torch.zeros_like(x2)
    if h.shape[2] == 2:                              # affine
        scale = torch.sigmoid(h[:, :, 1] + 2)
        return (x2 + h[:, :, 0]) * scale, scale.log()
    return logistic_mixture(x2, h)


def uncouple(y2, h):
    if h.shape[2] == 1:
        return y2 - h[:, :, 0]
    if h.shape[2] == 2:
        return y2 / torch.sigmoid(h[:, :, 1] + 2) - h[:, :, 0]
    low, high = torch.full_like(y2, -1e6), torch.full_like(y2, 1e6)
    for _ in range(100):                             # bisection
        x = (low + high) / 2
        above = logistic_mixture(x, h)[0] > y2
        low, high = torch.where(above, low, x), torch.where(above, x, high)
    return x


def mixing_weight(p, name):
    """W = P L (U + diag(sign * exp(log_diagonal))); L is unit lower, U strictly upper triangular."""
    c = p[name + ".log_diagonal"].numel()
    eye = torch.eye(c, dtype=p[name + ".lower"].dtype)
    permutation = eye[p[name + ".permutation"].long()].T
    lower = torch.tril(p[name + ".lower"], -1) + eye
    upper = torch.triu(p[name + ".upper"], 1) + torch.diag(p[name + ".sign_diagonal"] * torch.exp(p[name + ".log_diagonal"]))
    return permutation @ lower @ upper


def step_forward(x, p, name, condition=None):
    h, w = x.shape[2:]
    logs = p[name + ".actnorm.log_scale"]
    x = (x + per_channel(p[name + ".actnorm.bias"])) * torch.exp(per_channel(logs))
    x, mixed = mixed_forward(x, p, name, condition)
    return x, h * w * logs.sum() + mixed


def mixed_forward(x, p, name, condition=None):
    """The mix and the coupling of a step."""
    h, w = x.shape[2:]
    x = F.conv2d(x, mixing_weight(p, name + ".mix")[:, :, None, None])
    logdet = h * w * p[name + ".mix.log_diagonal"].sum()
    x1, x2 = x.chunk(2, 1)
    x2, logs = couple(x2, coupling_parameters(x1, p, name + ".coupling", condition))
    return torch.cat([x1, x2], 1), logdet + logs.flatten(1).sum(1)


def step_inverse(y, p, name, condition=None):
    y1, y2 = y.chunk(2, 1)
    x = torch.cat([y1, uncouple(y2, coupling_parameters(y1, p, name + ".coupling", condition))], 1)
    x = F.conv2d(x, torch.linalg.inv(mixing_weight(p, name + ".mix"))[:, :, None, None])
    return x * torch.exp(-per_channel(p[name + ".actnorm.log_scale"])) - per_channel(p[name + ".actnorm.bias"])


def gaussian_log_density(z, mean, logs):
    return (-0.5 * math.log(2 * math.pi) - logs - 0.5 * (z - mean) ** 2 * torch.exp(-2 * logs)).flatten(1).sum(1)


def at_level(condition, p, level, x, cfg):
    """What the nets of a level are told: condition, normalised. Of sounds N,B,1,F, on lines from place to place: position t
    stands for samples t·s … (t+1)·s − 1, s = 2^(level+1), and takes what the line has in the middle of them. Of images
    N,B,Fh,Fw, a place a block of spacing x spacing pixels: a position takes that of the block that its middle lies in."""
    if condition is None:
        return None
    c = (condition + per_channel(p["condition.bias"])) * torch.exp(per_channel(p["condition.log_scale"]))
    s, columns, spacing = 2 ** (level + 1), x.shape[3], cfg.spacing
    if not cfg.audio:
        row, column = ((torch.arange(n) * s + s // 2) // spacing for n in x.shape[2:])
        return c[:, :, row][:, :, :, column]
    middle, last = torch.arange(columns) * s + s // 2, c.shape[3] - 1
    row = torch.clamp(middle // spacing, max=last)
    share = torch.where(row < last, (middle % spacing).to(c.dtype) / spacing, 0)
    return (1 - share) * c[..., row] + share * c[..., torch.clamp(row + 1, max=last)]


# ---------------------------------------------------------------- the multi-scale model

class Config:
    def __init__(self, levels, steps, bits=8, audio=False, additive=False, classes=0, components=0, condition=0, spacing=0, dequantizer=0, border=False):
        self.levels, self.steps, self.bits, self.audio = levels, steps, bits, audio
        self.classes = classes
        self.coupled = 3 * components + 2 if components else 1 if additive else 2   # a channel's parameters
        self.last_kernel = 1 if components else 3
        self.bias = .5 if components else .1            # deviation of what it starts from: components apart
        self.condition, self.spacing = condition, spacing   # numbers at a place, samples or pixels from one to the next
        self.border = border                            # whether an image's nets see where it ends
        self.dequantizer = dequantizer                  # steps of the flow that says where in a bin
        self.factor = (1, 2) if audio else (2, 2)
        self.layers = 3                                 # of an audio coupling's net, where random_parameters makes one


def encode(x, p, cfg, labels=None, condition=None):
    """x: dequantized N,C,H,W. Returns the latents, one per level, and log p(x) in nats, per example."""
    latents, logp = [], 0.0
    for level in range(cfg.levels):
        x = squeeze(x, cfg.factor)
        told = at_level(condition, p, level, x, cfg)
        for step in range(cfg.steps):
            x, logdet = step_forward(x, p, f"levels.{level}.steps.{step}", told)
            logp = logp + logdet
        if level < cfg.levels - 1:
            x, z = x.chunk(2, 1)
            h = zero_conv(x, p, f"levels.{level}.split")
            mean, logs = h[:, 0::2], h[:, 1::2]
        else:
            z = x
            mean, logs = p["prior.mean"], p["prior.log_scale"]
            if mean.dim() == 2:                      # one row per class
                mean, logs = mean[labels], logs[labels]
            mean, logs = (v.reshape(-1, z.shape[1], 1, 1) + torch.zeros_like(z) for v in (mean, logs))
        logp = logp + gaussian_log_density(z, mean, logs)
        latents.append(z)
    return latents, logp


def decode(latents, p, cfg, condition=None):
    x = None
    for level in reversed(range(cfg.levels)):
        x = latents[level] if x is None else torch.cat([x, latents[level]], 1)
        told = at_level(condition, p, level, x, cfg)
        for step in reversed(range(cfg.steps)):
            x = step_inverse(x, p, f"levels.{level}.steps.{step}", told)
        x = unsqueeze(x, cfg.factor)
    return x


def dequantize_audio(samples, noise):
    """samples: integer N,1,T,C in -32768..32767, noise in [0,1). Returns N,C,1,T in [-1, 1)."""
    return ((samples + noise) / 32768).permute(0, 3, 1, 2).contiguous()


def dequantize(pixels, noise, bits):
    """pixels: integer N,H,W,C in 0..255, noise in [0,1). Returns N,C,H,W in [-0.5, 0.5)."""
    bins = 2.0 ** bits
    x = torch.floor(pixels / 2.0 ** (8 - bits))
    return ((x + noise) / bins - 0.5).permute(0, 3, 1, 2).contiguous()


def dequantize_by_flow(data, noise, p, cfg):
    """As the others, but where noise says where in a bin by a flow that is told the bin: and log|det du/dnoise| per example."""
    put = dequantize_audio if cfg.audio else lambda k, u: dequantize(k, u, cfg.bits)
    first = lambda v: v.permute(0, 3, 1, 2)
    log_density = lambda z: (-0.5 * math.log(2 * math.pi) - 0.5 * z ** 2).flatten(1).sum(1)
    told = squeeze(put(data, torch.full_like(noise, .5)), cfg.factor)
    e = torch.special.ndtri(first(noise) + 2.0 ** -25)
    z, logdet, step = squeeze(e, cfg.factor), -log_density(e), 0
    while f"dequantizer.steps.{step}.mix.lower" in p:
        z, more = mixed_forward(z, p, f"dequantizer.steps.{step}", told)
        logdet, step = logdet + more, step + 1
    edge = 2.0 ** -14                                # so that k + u stays in its bin in float32
    u = edge + (1 - 2 * edge) * unsqueeze(torch.special.ndtr(z), cfg.factor)
    return put(data, u.permute(0, 2, 3, 1)), logdet + log_density(z) + data[0].numel() * math.log(1 - 2 * edge)


def bits_per_dim(logp, dims, bits):
    """bits: log2 of one over the bin width: the image's bit depth, or 15 for 16-bit audio."""
    return (dims * math.log(2.0 ** bits) - logp) / (dims * math.log(2.0))


# ---------------------------------------------------------------- parameters

def random_parameters(cfg, channels, width, dtype, seed):
    """Every parameter away from its initial value, so that each one shows in the output and in its gradient."""
    g = torch.Generator().manual_seed(seed)
    rnd = lambda *s, std: torch.randn(*s, generator=g, dtype=torch.float64).mul(std).to(dtype)
    p, c = {}, channels

    def mixed(n, c, width, told):
        """A mix, and a coupling whose net is told so many numbers."""
        out = c // 2 * cfg.coupled
        q, _ = torch.linalg.qr(torch.randn(c, c, generator=g, dtype=torch.float64))
        P, L, U = torch.linalg.lu(q)
        p[n + ".mix.permutation"] = P.T.argmax(1).to(torch.int32)      # row i of P is e_j  <=>  permutation^T
        p[n + ".mix.lower"] = (torch.tril(L, -1) + 0.05 * torch.tril(torch.randn(c, c, generator=g, dtype=torch.float64), -1)).to(dtype)
        p[n + ".mix.upper"] = torch.triu(U, 1).to(dtype)
        d = torch.diagonal(U)
        p[n + ".mix.sign_diagonal"], p[n + ".mix.log_diagonal"] = torch.sign(d).to(dtype), torch.log(d.abs()).to(dtype)
        if cfg.audio:
            m = n + ".coupling"
            p[m + ".start.weight"], p[m + ".start.bias"] = rnd(width, c // 2, 1, 1, std=.3), rnd(width, std=.1)
            for layer in range(cfg.layers):
                last = layer == cfg.layers - 1
                d, o = f"{m}.layers.{layer}.dilated", f"{m}.layers.{layer}.output"
                p[d + ".weight"], p[d + ".bias"] = rnd(2 * width, width, 1, 3, std=1 / math.sqrt(3 * width)), rnd(2 * width, std=.1)
                p[o + ".weight"], p[o + ".bias"] = rnd(width if last else 2 * width, width, 1, 1, std=1 / math.sqrt(width)), rnd(width if last else 2 * width, std=.1)
            if told:
                p[m + ".condition.weight"] = rnd(2 * width * cfg.layers, told, 1, 1, std=1 / math.sqrt(told))
                p[m + ".condition.bias"] = rnd(2 * width * cfg.layers, std=.1)
            m += ".end"
            p[m + ".weight"], p[m + ".bias"], p[m + ".log_scale"] = rnd(out, width, 1, 1, std=.05), rnd(out, std=cfg.bias), rnd(out, std=.05)
            return
        for conv_name, co, ci, k in (("conv1", width, c // 2 + told + cfg.border, 3), ("conv2", width, width, 1)):
            m = f"{n}.coupling.{conv_name}"
            p[m + ".weight"] = rnd(co, ci, k, k, std=.05 if k == 3 else 1 / math.sqrt(ci))
            p[m + ".actnorm.bias"], p[m + ".actnorm.log_scale"] = rnd(co, std=.1), rnd(co, std=.1)
        m = n + ".coupling.conv3"
        p[m + ".weight"], p[m + ".bias"], p[m + ".log_scale"] = rnd(out, width, cfg.last_kernel, cfg.last_kernel, std=.02), rnd(out, std=cfg.bias), rnd(out, std=.05)

    for level in range(cfg.levels):
        c *= 2 if cfg.audio else 4
        for step in range(cfg.steps):
            n = f"levels.{level}.steps.{step}"
            p[n + ".actnorm.bias"], p[n + ".actnorm.log_scale"] = rnd(c, std=.1), rnd(c, std=.1)
            mixed(n, c, width, cfg.condition)
        if level < cfg.levels - 1:
            c //= 2
            m = f"levels.{level}.split"
            p[m + ".weight"], p[m + ".bias"], p[m + ".log_scale"] = rnd(2 * c, c, 1 if cfg.audio else 3, 3, std=.02), rnd(2 * c, std=.1), rnd(2 * c, std=.05)
    shape = (cfg.classes, c) if cfg.classes else (c,)
    p["prior.mean"], p["prior.log_scale"] = rnd(*shape, std=.1), rnd(*shape, std=.1)
    if cfg.condition:
        p["condition.bias"], p["condition.log_scale"] = rnd(cfg.condition, std=.3), rnd(cfg.condition, std=.1)
    for step in range(cfg.dequantizer):
        c = channels * (2 if cfg.audio else 4)
        mixed(f"dequantizer.steps.{step}", c, width // 2, c)
    return p


def is_fixed(name):
    """What is stored, and never trained."""
    return name.endswith(("permutation", "sign_diagonal")) or name.startswith("condition.")


def vectors(a):
    dtype = getattr(torch, a.dtype)
    cfg = Config(a.levels, a.steps, 15 if a.audio else a.bits, a.audio, a.additive, a.classes, a.components, a.condition, a.spacing, a.dequantizer, a.border)
    p = random_parameters(cfg, a.channels, a.width, dtype, a.seed)
    for k, v in p.items():
        if not is_fixed(k):
            v.requires_grad_()
    g = torch.Generator().manual_seed(a.seed + 1)
    if a.audio:
        pixels = torch.randint(-32768, 32768, (a.batch, 1, a.size, a.channels), generator=g)
    else:
        pixels = torch.randint(0, 256, (a.batch, a.size, a.size, a.channels), generator=g)
    noise = torch.rand(pixels.shape, generator=g, dtype=torch.float64)
    x = dequantize_audio(pixels.to(dtype), noise.to(dtype)) if a.audio else dequantize(pixels.to(dtype), noise.to(dtype), cfg.bits)
    added = 0.0
    if a.dequantizer:
        noise = torch.floor(noise * 2 ** 24) / 2 ** 24  # as float32 holds it: near 1 its quantile is steep
        x, added = dequantize_by_flow(pixels.to(dtype), noise.to(dtype), p, cfg)
    labels = torch.arange(a.batch) % max(a.classes, 1)
    blocks = -(-a.size // a.spacing)
    places = (1, 1 + a.size // a.spacing) if a.audio else (blocks, blocks)
    condition = torch.randn(a.batch, a.condition, *places, generator=g, dtype=torch.float64).to(dtype) if a.condition else None
    latents, logp = encode(x, p, cfg, labels, condition)
    logp = logp + added
    bpd = bits_per_dim(logp, pixels[0].numel(), cfg.bits)
    bpd.mean().backward()
    with torch.no_grad():
        back = decode(latents, p, cfg, condition)
    print("bits/dim", bpd.tolist(), "round trip", (back - x).abs().max().item())
    out = {"parameters." + k: v.detach().numpy() for k, v in p.items()}
    out |= {"gradients." + k: v.grad.numpy() for k, v in p.items() if v.grad is not None}
    out |= {f"latents.{i}": z.detach().permute(0, 2, 3, 1).contiguous().numpy() for i, z in enumerate(latents)}
    out |= {"samples" if a.audio else "pixels": pixels.to(torch.int16 if a.audio else torch.uint8).numpy(), "noise": noise.numpy(), "bits_per_dim": bpd.detach().numpy(),
            "labels": labels.to(torch.int32).numpy(), "log_likelihood": logp.detach().numpy(), "dequantized": x.detach().permute(0, 2, 3, 1).contiguous().numpy()}
    if condition is not None:
        out["condition"] = condition.permute(0, 2, 3, 1).contiguous().numpy()
    save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, a.out,
              metadata={"levels": str(a.levels), "steps": str(a.steps), "bits": str(a.bits), "width": str(a.width), "audio": str(a.audio), "spacing": str(a.spacing), "dequantizer": str(a.dequantizer), "border": str(a.border)})


def load(path, dtype):
    with safe_open(path, "np") as f:
        meta = f.metadata() or {}
        return {k: torch.from_numpy(np.array(f.get_tensor(k))).to(dtype) if "permutation" not in k
                else torch.from_numpy(np.array(f.get_tensor(k))) for k in f.keys()}, meta


def evaluate(a):
    dtype = getattr(torch, a.dtype)
    p, meta = load(a.checkpoint, dtype)
    levels = 1 + max(int(k.split(".")[1]) for k in p if k.startswith("levels."))
    steps = 1 + max(int(k.split(".")[3]) for k in p if k.startswith("levels.0.steps."))
    audio = "levels.0.steps.0.coupling.start.weight" in p
    with safe_open(a.data, "np") as f:
        data = torch.from_numpy(f.get_tensor("samples" if audio else "pixels")).to(dtype)
        noise = torch.from_numpy(f.get_tensor("noise")).to(dtype)
        labels = torch.from_numpy(f.get_tensor("labels")).long() if "labels" in f.keys() else torch.zeros(len(data), dtype=torch.long)
        told = torch.from_numpy(f.get_tensor("condition")).to(dtype).permute(0, 3, 1, 2) if "condition.bias" in p else None
    spacing = json.loads(meta["config"])["model"]["condition"]["spacing"] if told is not None else 0
    cfg = Config(levels, steps, 15 if audio else a.bits, audio, spacing=spacing)
    with torch.no_grad():
        x, added = dequantize_audio(data, noise) if audio else dequantize(data, noise, cfg.bits), 0.0
        if "dequantizer.steps.0.mix.lower" in p:
            x, added = dequantize_by_flow(data, noise, p, cfg)
        logp = torch.cat([encode(part, p, cfg, which, beside)[1] for part, which, beside in zip(
            x.split(64), labels.split(64), told.split(64) if told is not None else [None] * len(x))]) + added
    bpd = bits_per_dim(logp, data[0].numel(), cfg.bits)
    print(json.dumps({"mean": bpd.mean().item(), "bits_per_dim": bpd.tolist()}))


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(required=True)
    v = sub.add_parser("vectors"); v.set_defaults(run=vectors); v.add_argument("out")
    for name, default in (("levels", 2), ("steps", 2), ("width", 16), ("size", 8), ("channels", 3), ("batch", 2), ("bits", 8), ("seed", 0)):
        v.add_argument("--" + name, type=int, default=default)
    v.add_argument("--additive", action="store_true"); v.add_argument("--classes", type=int, default=0)
    v.add_argument("--condition", type=int, default=0, help="numbers that a model is told at each place"); v.add_argument("--spacing", type=int, default=8)
    v.add_argument("--dequantizer", type=int, default=0, help="steps of a flow of half the width that says where in a bin")
    v.add_argument("--border", action="store_true", help="a channel of ones beside what an image's nets take")
    v.add_argument("--components", type=int, default=0, help="logistics of mixture couplings")
    v.add_argument("--dtype", default="float64"); v.add_argument("--audio", action="store_true", help="--size is then the number of samples")
    e = sub.add_parser("eval"); e.set_defaults(run=evaluate); e.add_argument("checkpoint"); e.add_argument("data")
    e.add_argument("--dtype", default="float64"); e.add_argument("--bits", type=int, default=8)
    a = ap.parse_args(); a.run(a)
