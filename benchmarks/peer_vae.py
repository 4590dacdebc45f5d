#!/usr/bin/env python3
"""A VAE with a flow posterior in PyTorch, as users run it: the peer of `glow vae` on binarized 28x28 digits.

    peer_vae.py train DIR --test DIR --posterior householder --flows 4 --minutes 5       -ELBO and NLL, nats an image; epochs an hour
    peer_vae.py train DIR --test DIR --net small --epochs 10

Gated convolutions 32/5, 32/5 stride 2, 64/5, 64/5 stride 2, 64/5, 256/7 and their mirror image (van den Berg et al. 2018), or with --net small those of
`glow vae`; 64 latent dimensions, diagonal Gaussian and then K flows whose parameters the encoder gives (IAF: a context), Bernoulli pixels, Adamax 5e-4,
batch 100, KL warm-up over --warmup epochs. Pixels are 1 where the 8-bit value is over 127 (static). Needs torch, numpy, pillow.
"""
import argparse, glob, json, math, os, time
import numpy as np, torch
from PIL import Image
from torch import nn
from torch.nn.functional import elu, logsigmoid, softplus


class Gated(nn.Module):
    def __init__(self, i, o, k, stride=1, up=False, padding=None):
        super().__init__()
        padding = k // 2 if padding is None else padding
        self.conv = nn.ConvTranspose2d(i, 2 * o, k, stride, padding, stride - 1) if up else nn.Conv2d(i, 2 * o, k, stride, padding)

    def forward(self, x):
        a, b = self.conv(x).chunk(2, 1)
        return a * torch.sigmoid(b)


class Dense(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.linear = nn.Linear(i, 2 * o)

    def forward(self, x):
        a, b = self.linear(x).chunk(2, 1)
        return a * torch.sigmoid(b)


class MADE(nn.Module):
    """mean and gate of each column from those before it and a context: masked layers, ELU, one context for all flows."""
    def __init__(self, z, hidden):
        super().__init__()
        own, unit = torch.arange(1, z + 1), 1 + torch.arange(hidden) % max(1, z - 1)
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in ((z, hidden), (hidden, hidden), (hidden, z), (hidden, z)))
        masks = unit[:, None] >= own, unit[:, None] >= unit, own[:, None] > unit, own[:, None] > unit
        for i, (layer, mask) in enumerate(zip(self.layers, masks)):
            self.register_buffer(f"mask{i}", mask.float())
            nn.init.kaiming_normal_(layer.weight); nn.init.zeros_(layer.bias)

    def forward(self, z, context):
        first, second, mean, gate = (lambda x, l=l, m=getattr(self, f"mask{i}"): nn.functional.linear(x, l.weight * m, l.bias) for i, l in enumerate(self.layers))
        h = elu(second(elu(first(z) + context)))
        return mean(h), gate(h) + 1


def published(z):
    return (256, nn.Sequential(Gated(1, 32, 5), Gated(32, 32, 5, 2), Gated(32, 64, 5), Gated(64, 64, 5, 2), Gated(64, 64, 5), Gated(64, 256, 7, padding=0), nn.Flatten()),
            nn.Sequential(nn.Unflatten(1, (z, 1, 1)), Gated(z, 64, 7, up=True, padding=0), Gated(64, 64, 5, up=True), Gated(64, 32, 5, 2, up=True), Gated(32, 32, 5, up=True),
                          Gated(32, 32, 5, 2, up=True), Gated(32, 32, 5, up=True), nn.Conv2d(32, 1, 1)))


def small(z, width=32, features=256):
    """28x28: two halvings by space to depth, 3x3 convolutions at 14x14 and 7x7."""
    def down(i, o): return nn.PixelUnshuffle(2), Gated(4 * i, o, 3), Gated(o, o, 3)
    def up(i, o): return Gated(i, i, 3), Gated(i, 4 * o, 3), nn.PixelShuffle(2)
    return (features, nn.Sequential(*down(1, width), *down(width, 2 * width), nn.Flatten(), Dense(98 * width, features)),
            nn.Sequential(Dense(z, 98 * width), nn.Unflatten(1, (2 * width, 7, 7)), *up(2 * width, width), *up(width, width // 2), Gated(width // 2, width // 2, 3),
                          nn.Conv2d(width // 2, 1, 3, padding=1)))


class VAE(nn.Module):
    def __init__(self, a, z=64):
        super().__init__()
        self.kind, self.k, self.z, self.m = a.posterior, a.flows, z, min(a.vectors, z)
        f, self.encoder, self.decoder = {"published": published, "small": small}[a.net](z)
        self.mean, self.variance = nn.Linear(f, z), nn.Linear(f, z)
        m = self.m if self.kind == "orthogonal" else z
        sizes = {"gaussian": [], "planar": [z, z, 1], "orthogonal": [m * m, m, m, m, z * m], "householder": [m * m, m, m, m, z * a.reflections], "triangular": [m * m, m, m, m], "iaf": []}[self.kind]
        self.heads = nn.ModuleList(nn.Linear(f, self.k * s) for s in sizes)
        if self.kind == "iaf": self.context, self.nets = nn.Linear(f, a.made), nn.ModuleList(MADE(z, a.made) for _ in range(self.k))

    def flow(self, z, h):
        log = torch.zeros(len(z))
        p = [head(h).reshape(len(h), self.k, -1) for head in self.heads]
        if self.kind == "iaf":
            context = self.context(h)
            for k, net in enumerate(self.nets):
                if k % 2: z = z.flip(1)
                mean, gate = net(z, context)
                z, log = torch.sigmoid(gate) * (z - mean) + mean, log + logsigmoid(gate).sum(1)
        for k in range(self.k if p else 0):
            if self.kind == "planar":
                u, w, b = p[0][:, k], p[1][:, k], p[2][:, k, 0]
                u = u + ((softplus(-(w * u).sum(1)) - 1) / (w * w).sum(1))[:, None] * w
                t = torch.tanh((z * w).sum(1) + b)
                z, log = z + t[:, None] * u, log + torch.log1p((1 - t ** 2) * (u * w).sum(1))
                continue
            m = p[1].shape[2]
            d = p[0][:, k].reshape(-1, m, m)
            r1 = torch.triu(d, 1) + torch.diag_embed(torch.tanh(p[1][:, k])); r2 = torch.triu(d.transpose(1, 2), 1) + torch.diag_embed(torch.tanh(p[2][:, k]))
            if self.kind == "triangular":
                v = z.flip(1) if k % 2 else z
            else:
                q = p[4][:, k].reshape(len(z), -1, m)
                if self.kind == "orthogonal":
                    q = q / q.norm(dim=(1, 2), keepdim=True); eye = torch.eye(m)
                    for _ in range(100):
                        g = q.transpose(1, 2) @ q
                        if (g - eye).norm(dim=(1, 2)).max() <= 1e-6: break
                        q = q @ (eye + 0.5 * (eye - g))
                else:
                    vs, q = q / q.norm(dim=2, keepdim=True), torch.eye(m).expand(len(z), m, m)
                    for i in range(vs.shape[1]): q = q - 2 * vs[:, i, :, None] * (vs[:, i, None, :] @ q)
                v = (z[:, None] @ q)[:, 0]
            t = torch.tanh((r2 @ v[..., None])[..., 0] + p[3][:, k]); s = (r1 @ t[..., None])[..., 0]
            z = z + (s.flip(1) if k % 2 else s) if self.kind == "triangular" else z + (q @ s[..., None])[..., 0]
            log = log + torch.log1p((1 - t ** 2) * torch.tanh(p[1][:, k]) * torch.tanh(p[2][:, k])).sum(1)
        return z, log

    def terms(self, x, h):
        """log p(x|z), log p(z), log q(z|x), nats an image, of one sample."""
        mean, variance = self.mean(h), softplus(self.variance(h)) + 1e-6
        e = torch.randn_like(mean); z0 = mean + variance.sqrt() * e
        z, log = self.flow(z0, h)
        logits = self.decoder(z)
        px = -nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum((1, 2, 3))
        c = 0.5 * math.log(2 * math.pi) * self.z
        return px, -0.5 * (z ** 2).sum(1) - c, -0.5 * (e ** 2 + variance.log()).sum(1) - c - log


def load(folder):
    files = sorted(glob.glob(os.path.join(folder, "**", "*.png"), recursive=True))
    return torch.from_numpy(np.stack([np.asarray(Image.open(f).convert("L")) > 127 for f in files]).astype(np.float32))[:, None]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("verb", choices=["train"]); ap.add_argument("directory"); ap.add_argument("--test", required=True)
    ap.add_argument("--posterior", default="gaussian", choices=["gaussian", "planar", "iaf", "orthogonal", "householder", "triangular"])
    ap.add_argument("--flows", type=int, default=4); ap.add_argument("--vectors", type=int, default=16); ap.add_argument("--reflections", type=int, default=8)
    ap.add_argument("--net", default="published", choices=["published", "small"]); ap.add_argument("--made", type=int, default=320, help="hidden units of IAF's nets")
    ap.add_argument("--minutes", type=float, default=5); ap.add_argument("--epochs", type=float, help="in place of --minutes"); ap.add_argument("--warmup", type=float, default=10); ap.add_argument("--samples", type=int, default=100)
    ap.add_argument("--seed", type=int, default=0); ap.add_argument("--batch", type=int, default=100)
    ap.add_argument("--threads", type=int, default=torch.get_num_threads())
    a = ap.parse_args(); torch.manual_seed(a.seed); torch.set_num_threads(a.threads)
    x, test = load(a.directory), load(a.test); model = VAE(a); optimizer = torch.optim.Adamax(model.parameters(), lr=5e-4, eps=1e-7)
    start, steps = time.perf_counter(), 0
    while steps * a.batch < a.epochs * len(x) if a.epochs else time.perf_counter() - start < a.minutes * 60:
        rows = x[torch.randint(len(x), (a.batch,))]
        px, pz, qz = model.terms(rows, model.encoder(rows))
        loss = -(px + min(1.0, steps * a.batch / len(x) / a.warmup) * (pz - qz)).mean()
        optimizer.zero_grad(); loss.backward(); optimizer.step(); steps += 1
    seconds = time.perf_counter() - start; model.eval(); elbo, nll = [], []
    with torch.no_grad():
        for part in test.split(100):
            h = model.encoder(part)
            w = torch.stack([sum(t * s for t, s in zip(model.terms(part, h), (1, 1, -1))) for _ in range(a.samples)])
            elbo.append(w.mean(0)); nll.append(-(torch.logsumexp(w, 0) - math.log(a.samples)))
    print(json.dumps({"peer": f"torch {torch.__version__}", "net": a.net, "posterior": a.posterior, "flows": a.flows, "seed": a.seed, "steps": steps, "epochs": round(steps * a.batch / len(x), 1),
                      "epochs_per_hour": round(steps * a.batch / len(x) / seconds * 3600), "minus_elbo": round(-torch.cat(elbo).mean().item(), 3), "nll": round(torch.cat(nll).mean().item(), 3), "samples": a.samples}))


main()
