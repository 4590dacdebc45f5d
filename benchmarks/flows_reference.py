#!/usr/bin/env python3
"""An independent float64 oracle for the classic flows of docs/flows.md, in plain PyTorch; needs torch, numpy, safetensors.

    flows_reference.py check                      every log-det against the determinant of the full Jacobian, every density's integral against 1
    flows_reference.py vectors OUT.safetensors --flow NAME [--dimensions 4] [--rows 5] [--seed 0] [--per-row]

vectors writes x [N, D], what the flow is made of (its names in FLOWS.md), z [N, D], log_det [N], and for the random cotangents dz [N, D] and
d_log_det [N] the gradients of sum(dz * z) + sum(d_log_det * log_det): grad.x, grad.NAME. All float64, parameters at random and not small.
With --per-row the flow is amortized, as in a VAE's posterior: planar and the Sylvesters have parameters of their own for each row of x, [N, count], a
matrix row by row; the autoregressive ones see a context, whose columns stand in front of those of x, z, dz and grad.x and stay as they are.
"""
import argparse, math
import torch
from torch.nn.functional import softplus

torch.set_default_dtype(torch.float64)


def planar(p, x):
    u, w, b = p["u"], p["w"], p["b"]
    u = u + (softplus(-(w @ u)) - 1) * w / (w @ w)
    t = torch.tanh(x @ w + b)
    return x + t[:, None] * u, torch.log1p((1 - t ** 2) * (u @ w))


def radial(p, x):
    alpha = softplus(p["a"]); beta = softplus(p["b"]) - alpha
    d = x - p["center"]; r = d.norm(dim=1); h = 1 / (alpha + r)
    return x + (beta * h)[:, None] * d, (x.shape[1] - 1) * torch.log1p(beta * h) + torch.log1p(beta * h - beta * r * h ** 2)


def triangles(p):
    upper = torch.triu(p["d"], 1), torch.triu(p["d"].T, 1)
    return upper[0] + torch.diag(torch.tanh(p["diagonal1"])), upper[1] + torch.diag(torch.tanh(p["diagonal2"]))


def sylvester(p, x, q):
    r1, r2 = triangles(p)
    t = torch.tanh(x @ q @ r2.T + p["b"])
    return x + t @ r1.T @ q.T, torch.log1p((1 - t ** 2) * r1.diagonal() * r2.diagonal()).sum(1)


def sylvester_orthogonal(p, x):
    a = p["q"] / p["q"].norm(); eye = torch.eye(a.shape[1])
    for _ in range(100):
        if (a.T @ a - eye).norm() <= 1e-12: break
        a = a @ (eye + 0.5 * (eye - a.T @ a))
    return sylvester(p, x, a)


def sylvester_householder(p, x):
    q = torch.eye(x.shape[1])
    for v in p["v"]: q = (torch.eye(len(v)) - 2 * torch.outer(v, v) / (v @ v)) @ q
    return sylvester(p, x, q)


def sylvester_triangular(p, x): return sylvester(p, x, torch.eye(x.shape[1]).flip(0) if p["flip"].item() else torch.eye(x.shape[1]))


def masked(p, x, outputs, activation=torch.tanh):
    """The masked network; outputs [N, D, outputs], those of dimension i a function of x before i, and of the context, alone."""
    d = x.shape[1]; degree_in = torch.arange(1, d + 1); h = x; degree = degree_in; context = p.get("context")
    if context is not None: h, degree = torch.cat([context, x], 1), torch.cat([torch.zeros(context.shape[1], dtype=torch.long), degree])
    layers = 1
    while f"layer{layers + 1}.weight" in p:
        weight, bias = p[f"layer{layers}.weight"], p[f"layer{layers}.bias"]; layers += 1
        unit = torch.arange(len(weight)); own = 1 + unit % max(1, d - 1) if context is None else unit % d
        h = activation(h @ (weight * (own[:, None] >= degree[None, :])).T + bias); degree = own
    mask = (degree_in.repeat_interleave(outputs)[:, None] > degree[None, :])
    return (h @ (p[f"layer{layers}.weight"] * mask).T + p[f"layer{layers}.bias"]).reshape(len(x), d, outputs)


def affine(h, x):
    shift, a = h[..., 0], 3 * torch.tanh(h[..., 1] / 3)
    return (x - shift) * torch.exp(-a), -a.sum(1)


def maf(p, x): return affine(masked(p, x, 2), x)


def spline(h, x, bins, bound):
    """Rational-quadratic, linear tails of slope 1; h [..., 3·bins − 1]: widths, heights, inner slopes."""
    def edges(raw):
        share = 1e-3 + (1 - 1e-3 * bins) * torch.softmax(raw, -1)
        return torch.cat([torch.full_like(share[..., :1], -bound), 2 * bound * torch.cumsum(share, -1) - bound], -1)
    ex, ey = edges(h[..., :bins]), edges(h[..., bins:2 * bins])
    slopes = 1e-3 + softplus(h[..., 2 * bins:] + math.log(math.expm1(1 - 1e-3)))
    one = torch.ones_like(slopes[..., :1]); slopes = torch.cat([one, slopes, one], -1)
    inside = x.abs() < bound; v = x.clamp(-bound, bound)
    i = torch.searchsorted(ex[..., 1:-1].contiguous(), v[..., None].contiguous(), right=True)
    pick = lambda t, j: t.gather(-1, j)[..., 0]
    x0, x1, y0, y1, d0, d1 = pick(ex, i), pick(ex, i + 1), pick(ey, i), pick(ey, i + 1), pick(slopes, i), pick(slopes, i + 1)
    s = (y1 - y0) / (x1 - x0); t = (v - x0) / (x1 - x0); m = t * (1 - t)
    below = s + (d1 + d0 - 2 * s) * m
    z = y0 + (y1 - y0) * (s * t ** 2 + d0 * m) / below
    log = 2 * torch.log(s) + torch.log(d1 * t ** 2 + 2 * s * m + d0 * (1 - t) ** 2) - 2 * torch.log(below)
    return torch.where(inside, z, x), torch.where(inside, log, torch.zeros_like(log))


def spline_autoregressive(p, x, bins=4, bound=3.0):
    z, log = spline(masked(p, x, 3 * bins - 1), x, bins, bound)
    return z, log.sum(1)


def gaussian_mixture_cdf(p, x):
    """Per dimension, onto (0, 1): the CDF of a mixture; weights, means, log_scales [D, K]."""
    e = (x[..., None] - p["means"]) * torch.exp(-p["log_scales"]); logw = torch.log_softmax(p["weights"], -1)
    z = (logw.exp() * 0.5 * torch.erfc(-e / math.sqrt(2))).sum(-1)
    return z, torch.logsumexp(logw - 0.5 * e ** 2 - p["log_scales"] - 0.5 * math.log(2 * math.pi), -1).sum(1)


def logistic_mixture(h, x, k):
    """Flow++: logit of a mixture of logistics' CDF, then an affine map; h [..., 3k + 2]: weights, means, log scales, log a, b."""
    logw = torch.log_softmax(h[..., :k], -1); scale = h[..., 2 * k:3 * k]
    e = (x[..., None] - h[..., k:2 * k]) * torch.exp(-scale)
    log_f = torch.logsumexp(logw - softplus(-e), -1); log_rest = torch.logsumexp(logw - softplus(e), -1)
    log_pdf = torch.logsumexp(logw + e - scale - 2 * softplus(e), -1)
    a = torch.tanh(h[..., 3 * k])
    return (log_f - log_rest) * torch.exp(a) + h[..., 3 * k + 1], log_pdf - log_f - log_rest + a


def logistic_mixture_autoregressive(p, x, k=3):
    z, log = logistic_mixture(masked(p, x, 3 * k + 2), x, k)
    return z, log.sum(1)


def continuous(p, x, steps=100):
    """dx/dt = net(x, t) from t = 0 to 1, tanh net; the log-det is the integral of the exact trace. Runge–Kutta 4."""
    def field(x, t):
        h = torch.tanh(torch.cat([x, torch.full_like(x[:, :1], t)], 1) @ p["layer1.weight"].T + p["layer1.bias"])
        w1, w2 = p["layer1.weight"][:, :-1], p["layer2.weight"]
        return h @ w2.T + p["layer2.bias"], ((1 - h ** 2) * (w2.T * w1).sum(1)).sum(1)
    log = torch.zeros(len(x)); dt = 1 / steps
    for i in range(steps):
        t = i * dt
        k1, l1 = field(x, t); k2, l2 = field(x + dt / 2 * k1, t + dt / 2)
        k3, l3 = field(x + dt / 2 * k2, t + dt / 2); k4, l4 = field(x + dt * k3, t + dt)
        x, log = x + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4), log + dt / 6 * (l1 + 2 * l2 + 2 * l3 + l4)
    return x, log


FLOWS = {f.__name__.replace("_", "-"): f for f in (planar, radial, sylvester_orthogonal, sylvester_householder, sylvester_triangular, maf,
         spline_autoregressive, gaussian_mixture_cdf, logistic_mixture_autoregressive, continuous)}


AMORTIZED = [name for name in FLOWS if name == "planar" or name.startswith("sylvester")]  # the others that can be have a context


def parameters(name, d, g, context=0):
    n = lambda *shape: torch.randn(*shape, generator=g)
    m = max(1, d - 1) if name == "sylvester-orthogonal" else d
    if name == "planar": return {"u": 2 * n(d), "w": 2 * n(d), "b": n(())}
    if name == "radial": return {"center": n(d), "a": n(()), "b": 2 * n(())}
    if name.startswith("sylvester"):
        p = {"d": n(m, m), "diagonal1": n(m), "diagonal2": n(m), "b": n(m)}
        return p | ({"q": n(d, m)} if "orth" in name else {"v": n(3, d)} if "house" in name else {"flip": torch.tensor(1.0)})
    if name == "gaussian-mixture-cdf": return {"weights": n(d, 4), "means": 2 * n(d, 4), "log_scales": 0.5 * n(d, 4)}
    if name == "continuous": return {"layer1.weight": n(8, d + 1), "layer1.bias": n(8), "layer2.weight": n(d, 8) / 3, "layer2.bias": n(d)}
    outputs = {"maf": 2, "spline-autoregressive": 11, "logistic-mixture-autoregressive": 11}[name]
    return {"layer1.weight": n(7, context + d), "layer1.bias": n(7), "layer2.weight": n(7, 7), "layer2.bias": n(7), "layer3.weight": n(d * outputs, 7), "layer3.bias": n(d * outputs)}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(dest="verb", required=True); sub.add_parser("check"); v = sub.add_parser("vectors")
    v.add_argument("out"); v.add_argument("--flow", required=True, choices=list(FLOWS)); v.add_argument("--dimensions", type=int, default=4)
    v.add_argument("--rows", type=int, default=5); v.add_argument("--seed", type=int, default=0)
    v.add_argument("--per-row", action="store_true")
    a = ap.parse_args()
    if a.verb == "check":
        for name, flow in FLOWS.items():
            g = torch.Generator().manual_seed(1); worst = 0.0
            for d in (1, 3, 5):
                p = parameters(name, d, g); x = torch.randn(4, d, generator=g)
                for row, log in zip(x, flow(p, x)[1]):
                    j = torch.autograd.functional.jacobian(lambda r: flow(p, r[None])[0][0], row)
                    worst = max(worst, abs(torch.linalg.slogdet(j)[1].item() - log.item()))
            p = parameters(name, 1, g); grid = torch.linspace(-60, 60, 240001)[:, None]
            z, log = flow(p, grid)
            inside = name == "gaussian-mixture-cdf"
            density = log.exp() if inside else torch.exp(log - 0.5 * z[:, 0] ** 2 - 0.5 * math.log(2 * math.pi))
            print(f"{name:34s} log-det off by {worst:.1e}; the density integrates to {torch.trapezoid(density, grid[:, 0]).item():.6f}")
        return
    g = torch.Generator().manual_seed(a.seed); flow = FLOWS[a.flow]; rows = a.flow in AMORTIZED and a.per_row; context = 3 if a.per_row and not rows else 0
    if context and "autoregressive" not in a.flow and a.flow != "maf": ap.error(f"{a.flow} has no context")
    p = parameters(a.flow, a.dimensions, g, context); x = torch.randn(a.rows, context + a.dimensions, generator=g)
    if rows:
        each = [parameters(a.flow, a.dimensions, g) for _ in range(a.rows)]
        p = {k: t if k == "flip" else torch.stack([one[k] for one in each]) for k, t in p.items()}
    dz, dl = torch.randn(x.shape, generator=g), torch.randn(a.rows, generator=g)
    trained = {k: t.requires_grad_() for k, t in p.items() if k != "flip"}; x.requires_grad_()
    if rows:
        z, log = (torch.cat(t) for t in zip(*(flow(p | {k: t[i] for k, t in trained.items()}, x[i:i + 1]) for i in range(a.rows))))
    elif context:
        z, log = flow(p | {"context": x[:, :context]}, x[:, context:]); z = torch.cat([x[:, :context], z], 1)
    else:
        z, log = flow(p, x)
    ((dz * z).sum() + (dl * log).sum()).backward()
    from safetensors.torch import save_file
    flat = lambda t: t.reshape(a.rows, -1) if rows else t
    out = {k: t if k == "flip" else flat(t) for k, t in p.items()} | {"grad." + k: flat(t.grad) for k, t in trained.items()}
    out = {"x": x, "z": z, "log_det": log, "dz": dz, "d_log_det": dl, "grad.x": x.grad} | out
    save_file({k: t.detach().contiguous() for k, t in out.items()}, a.out, metadata={"flow": a.flow})


if __name__ == "__main__":
    main()
