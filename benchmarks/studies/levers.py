#!/usr/bin/env python3
"""What might lower the bits/dim of a small multi-scale Glow of images: each lever alone against the same baseline.

    levers.py TRAIN TEST [--levers adam,soap,...] [--seeds 0,1] [--iterations 800] [--levels 3 --steps 4 --width 64 --batch 8]
              [--flip] [--test 500] [--threads 1]        folders of PNG files of one size, below which they may lie in folders

The baseline is what `glowtrain` chose when levers were looked for, but for its size and that noise is uniform: mixture couplings of 4 logistics; Muon,
every step, on the matrices onto hidden units, Adam on all else, both at 0.002, which rises over a twentieth of the run (100
steps at most) and falls to 0 over its last half; the average of weights with decay min(0.999, (1 + t)/(10 + t)). A lever sees
the same images and the same noise in as many steps, and begins with the same weights as far as it has them. It is scored on
the same test files with the same noise. Prints a row as soon as a lever is done; time is the processor's in steps alone.
28×28 wants --levels 2, photographs --flip. pip install torch numpy pillow safetensors
"""
import argparse, bisect, math, pathlib, sys, time, zlib
from functools import partial
from types import SimpleNamespace
import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import glow_reference as R
import peer_torch

RATE = 0.002

# ---------------------------------------------------------------- optimizers: step(rate) moves all by .grad

class Adam:
    def __init__(self, m, but=(), kind=partial(torch.optim.Adam, fused=True)):
        self.inner = kind([v for k, v in m.trained.items() if k not in but])

    def step(self, rate):
        self.inner.param_groups[0]["lr"] = rate
        self.inner.step()


class Muon:
    """As MuonStep.swift."""
    def __init__(self, m):
        self.matrices = [(v, {}) for k, v in m.trained.items() if k in m.matrices]
        self.rest = Adam(m, but=m.matrices)

    def step(self, rate):
        self.rest.step(rate)
        for w, state in self.matrices:
            w.data.flatten(1).sub_(rate * self.direction(w.grad.flatten(1), state))

    def direction(self, g, s):
        s["m"] = 0.95 * s.get("m", 0) + g
        x = g + 0.95 * s["m"]
        x = x / (x.norm() + 1e-7)
        wide = x.shape[0] <= x.shape[1]
        x = x if wide else x.T
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        return 0.2 * math.sqrt(max(g.shape)) * (x if wide else x.T)


class Soap(Muon):
    """Adam in the eigenbasis of Shampoo's two matrices; Vyas et al. (2024), algorithm 3. Rate 0.003."""
    def direction(self, g, s):
        if not s:                                    # the first gradient that is not 0 only says the basis
            if g.any():
                s |= {"t": 0, "m": torch.zeros_like(g), "v": torch.zeros_like(g), "sides": [g @ g.T, g.T @ g]}
                s["q"] = [torch.linalg.eigh(side)[1].flip(1) for side in s["sides"]]
            return torch.zeros_like(g)
        s["t"] += 1
        (left, right), beta = s["q"], 0.95
        s["m"].lerp_(g, 1 - beta)
        s["v"].lerp_((left.T @ g @ right) ** 2, 1 - beta)
        correction = 1 - beta ** s["t"]
        n = (left.T @ s["m"] @ right / correction) / ((s["v"] / correction).sqrt() + 1e-8)
        n = left @ n @ right.T
        s["sides"] = [beta * side + (1 - beta) * more for side, more in zip(s["sides"], (g @ g.T, g.T @ g))]
        if s["t"] % 10 == 0:
            for i, side in enumerate(s["sides"]):    # power iteration keeps an order, and second moments have to follow it
                order = torch.einsum("ij,ij->j", s["q"][i], side @ s["q"][i]).argsort(descending=True)
                s["v"] = s["v"].index_select(i, order)
                s["q"][i] = torch.linalg.qr(side @ s["q"][i][:, order])[0]
        return 0.003 / RATE * n


class ScheduleFree:
    """Defazio et al. (2024), without decay: gradients are taken at y between z, which moves, and x, its average."""
    def __init__(self, m, rate=RATE):
        self.factor = rate / RATE
        self.y = list(m.trained.values())
        self.z, self.x, self.v = ([f(y.data) for y in self.y] for f in (torch.clone, torch.clone, torch.zeros_like))
        self.t, self.total = 0, 0.0

    def step(self, rate):
        rate *= self.factor
        self.t += 1
        self.total += rate ** 2
        share = rate ** 2 / self.total
        for y, z, x, v in zip(self.y, self.z, self.x, self.v):
            v.mul_(0.999).addcmul_(y.grad, y.grad, value=0.001)
            z.addcdiv_(y.grad, (v / (1 - 0.999 ** self.t)).sqrt_().add_(1e-8), value=-rate)
            x.lerp_(z, share)
            y.data.copy_(z).lerp_(x, 0.9)

# ---------------------------------------------------------------- the nets of couplings, up to their last convolution

def plain(m, x, name, width, deepest, first=3):
    for conv, kernel in ((".conv1", first), (".conv2", 1)):
        x = F.dropout(F.relu(m.normalized(x, name + conv, width, kernel)), m.lever.dropout, m.training)
    return x


def bordered(m, x, name, width, deepest):
    """Ones, which the convolution's zeros end: openai/glow's edge_bias."""
    return plain(m, torch.cat([x, torch.ones_like(x[:, :1])], 1), name, width, deepest)


def concat_elu(x):
    return F.elu(torch.cat([x, -x], 1))


def gate(x):
    a, b = x.chunk(2, 1)
    return a * torch.sigmoid(b)


def gated(blocks, m, x, name, width, deepest):
    """Flow++'s residual blocks, without attention, layer norm and dropout."""
    h = m.normalized(x, name + ".start", width, 3)
    for n in (f"{name}.blocks.{block}" for block in range(blocks)):
        r = m.normalized(concat_elu(h), n + ".conv", width, 3)
        h = h + gate(m.normalized(concat_elu(r), n + ".gate", 2 * width, 1, deviation=0.1))
    return F.elu(h)


def attentive(m, x, name, width, deepest):
    """Where places are few, each of 4 heads looks at all of them; as in Flow++."""
    h, n = plain(m, x, name, width, deepest), name + ".attention"
    if not deepest:
        return h
    told = h + m.made(n + ".places", 1, *h.shape[1:], deviation=0.01)
    q, k, v = (m.normalized(told, f"{n}.{which}", width, 1).unflatten(1, (4, -1)).flatten(3) for which in "qkv")
    weights = torch.softmax(q.transpose(2, 3) @ k / math.sqrt(q.shape[2]), 3)
    seen = (v @ weights.transpose(2, 3)).reshape(h.shape)
    return h + gate(m.normalized(seen, n + ".gate", 2 * width, 1, deviation=0.1))

# ---------------------------------------------------------------- couplings: the numbers for a channel as they begin, and what they do

MIXTURE = [0.0] * 4 + torch.linspace(-0.7, 0.7, 4).tolist() + [-0.2] * 4 + [0.0] * 2
BINS, TAIL, LEAST = 8, 3.0, 1e-3
SPLINE = [0.0] * (2 * BINS) + [math.log(math.expm1(1 - LEAST))] * (BINS - 1)       # the identity


def floored(x, h):
    """No logistic narrower than e^-7."""
    return R.logistic_mixture(x, torch.cat([h[:, :, :8], F.softplus(h[:, :, 8:12] + 7) - 7, h[:, :, 12:]], 2))


def spline(x, h):
    """Rational-quadratic between -3 and 3, the identity beyond (Durkan et al. 2019)."""
    def edges(v):
        inner = 2 * TAIL * (LEAST + (1 - LEAST * BINS) * torch.softmax(v, 2)).cumsum(2)[:, :, :-1] - TAIL
        return F.pad(F.pad(inner, (0, 0, 0, 0, 1, 0), value=-TAIL), (0, 0, 0, 0, 0, 1), value=TAIL)
    xs, ys = edges(h[:, :, :BINS]), edges(h[:, :, BINS:2 * BINS])
    slopes = F.pad(LEAST + F.softplus(h[:, :, 2 * BINS:]), (0, 0, 0, 0, 1, 1), value=1.0)
    inside = x.abs() < TAIL
    at = x.clamp(-TAIL, TAIL).unsqueeze(2)
    which = (at >= xs[:, :, 1:-1]).sum(2, keepdim=True)
    (x0, y0, d0), (x1, y1, d1) = ([v.gather(2, k) for v in (xs, ys, slopes)] for k in (which, which + 1))
    t, s = (at - x0) / (x1 - x0), (y1 - y0) / (x1 - x0)
    below = s + (d1 + d0 - 2 * s) * t * (1 - t)
    y = y0 + (y1 - y0) * (s * t ** 2 + d0 * t * (1 - t)) / below
    logs = 2 * torch.log(s) + torch.log(d1 * t ** 2 + 2 * s * t * (1 - t) + d0 * (1 - t) ** 2) - 2 * torch.log(below)
    return torch.where(inside, y.squeeze(2), x), torch.where(inside, logs.squeeze(2), 0)

# ---------------------------------------------------------------- levers

def lever(**but):
    """The baseline but for this. rate: a factor, by the part of the run that is done; kernel: of a net's last convolution; depth:
    times so many steps; matched: of a width with which arithmetic is the baseline's; dequantizer: its steps."""
    return SimpleNamespace(**dict(optimizer=Muon, rate=lambda done: min(1, 2 * (1 - done)), average="ramp", net=plain, couple=R.couple,
                                  begin=MIXTURE, kernel=1, depth=1, matched=False, growing=False, shifts=0, dropout=0, dequantizer=0) | but)


CONSTANT = {"rate": lambda done: 1}
LEVERS = {
    "baseline": lever(), "ema-0.999": lever(average="0.999"), "last": lever(average="last"),      # one run, three averages
    "adam": lever(optimizer=Adam), "adamax": lever(optimizer=partial(Adam, kind=torch.optim.Adamax)), "soap": lever(optimizer=Soap),
    "schedule-free": lever(optimizer=ScheduleFree, **CONSTANT, average="own"),
    "schedule-free-0.004": lever(optimizer=partial(ScheduleFree, rate=0.004), **CONSTANT, average="own"),
    "constant": lever(**CONSTANT), "cosine": lever(rate=lambda done: (1 + math.cos(math.pi * done)) / 2),
    "batch-growth": lever(growing=True), "shifts": lever(shifts=2), "dropout": lever(dropout=0.1),
    "border": lever(net=bordered), "first-5x5": lever(net=partial(plain, first=5)), "attention": lever(net=attentive),
    "gated": lever(net=partial(gated, 1), matched=True), "gated-2": lever(net=partial(gated, 2), matched=True),
    "wide": lever(depth=0.5, matched=True), "thin": lever(depth=2, matched=True),
    "spline": lever(couple=spline, begin=SPLINE), "affine": lever(begin=[0.0] * 2, kernel=3), "floor": lever(couple=floored),
    "vardeq": lever(dequantizer=2),
}

# ---------------------------------------------------------------- the model, by the oracle's names; fitting to a batch makes its parameters

class Model:
    def __init__(self, lever, a, seed, width, pixels, noise):
        self.lever, self.seed, self.width = lever, seed, width
        self.cfg = R.Config(a.levels, max(1, round(a.steps * lever.depth)), components=4)
        self.p, self.matrices, self.macs, self.fitting, self.training = {}, set(), 0, True, False
        with torch.no_grad():
            self.bits(pixels, noise)
        self.fitting = False
        self.trained = {k: v.requires_grad_() for k, v in self.p.items() if not R.is_fixed(k)}

    def random(self, name, *shape):                  # by name, so that levers begin alike
        g = torch.Generator().manual_seed(zlib.crc32(f"{self.seed} {name}".encode()))
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    def made(self, name, *shape, deviation=0.0, over=0):
        """A parameter; one over so many pixels counts in the arithmetic."""
        if self.fitting:
            self.p[name] = deviation * self.random(name, *shape).float()
            self.macs += self.p[name].numel() * over
        return self.p[name]

    def actnorm(self, x, name, deviation=1.0):
        """To begin with, what comes out has mean 0 and this deviation."""
        if self.fitting:
            self.p[name + ".bias"] = -x.mean((0, 2, 3))
            self.p[name + ".log_scale"] = torch.log(deviation / (x.std((0, 2, 3)) + 1e-6))
        return (x + R.per_channel(self.p[name + ".bias"])) * torch.exp(R.per_channel(self.p[name + ".log_scale"]))

    def normalized(self, x, name, outputs, kernel, deviation=1.0):
        """A convolution onto hidden units, which are normalised."""
        self.made(name + ".weight", outputs, x.shape[1], kernel, kernel, deviation=0.05, over=x.shape[2] * x.shape[3])
        self.matrices |= {name + ".weight"}
        return self.actnorm(R.conv(x, self.p, name), name + ".actnorm", deviation)

    def last(self, x, name, begin, kernel):
        self.made(name + ".weight", len(begin), x.shape[1], kernel, kernel, over=x.shape[2] * x.shape[3])
        self.made(name + ".log_scale", len(begin))
        if self.fitting:
            self.p[name + ".bias"] = torch.tensor(begin)
        return R.zero_conv(x, self.p, name)

    def mix(self, x, mix):
        """The invertible 1×1 convolution, and its log-determinant."""
        c, h, w = x.shape[1:]
        if self.fitting:
            P, L, U = torch.linalg.lu(torch.linalg.qr(self.random(mix, c, c))[0])
            d = torch.diagonal(U)
            self.p[mix + ".permutation"] = P.T.argmax(1).to(torch.int32)
            self.p |= {f"{mix}.{k}": v.float() for k, v in (("lower", torch.tril(L, -1)), ("upper", torch.triu(U, 1)),
                                                          ("sign_diagonal", d.sign()), ("log_diagonal", d.abs().log()))}
            self.macs += c * c * h * w
        return F.conv2d(x, R.mixing_weight(self.p, mix)[:, :, None, None]), h * w * self.p[mix + ".log_diagonal"].sum()

    def mixed(self, x, name, width, deepest=False, told=None):
        """The mix and the coupling of a step, as R.mixed_forward."""
        x, logdet = self.mix(x, name + ".mix")
        x1, x2 = x.chunk(2, 1)
        hidden = self.lever.net(self, x1 if told is None else torch.cat([x1, told], 1), name + ".coupling", width, deepest)
        numbers = self.last(hidden, name + ".coupling.conv3", self.lever.begin * x2.shape[1], self.lever.kernel)
        x2, logs = self.lever.couple(x2, numbers.unflatten(1, (x2.shape[1], -1)))
        return torch.cat([x1, x2], 1), logdet + logs.flatten(1).sum(1)

    def put(self, pixels, noise):
        """Pixels in their bins, and what that adds to the log-likelihood."""
        if not self.lever.dequantizer:
            return R.dequantize(pixels, noise, 8), 0.0
        noise = noise.clamp(2 ** -24, 1 - 2 ** -23)  # whose quantile float32 has
        if self.fitting:
            told = R.squeeze(R.dequantize(pixels, torch.full_like(noise, 0.5), 8))
            z = R.squeeze(torch.special.ndtri(noise.permute(0, 3, 1, 2)))
            for step in range(self.lever.dequantizer):
                z, _ = self.mixed(z, f"dequantizer.steps.{step}", self.width // 2, told=told)
        return R.dequantize_by_flow(pixels, noise, self.p, self.cfg)

    def bits(self, pixels, noise):
        """bits/dim of each image; as R.encode where nets and couplings are the product's."""
        x, logp = self.put(pixels, noise)
        for level in range(self.cfg.levels):
            x, deepest = R.squeeze(x), level == self.cfg.levels - 1
            for step in range(self.cfg.steps):
                name = f"levels.{level}.steps.{step}"
                x = self.actnorm(x, name + ".actnorm")
                logp = logp + x.shape[2] * x.shape[3] * self.p[name + ".actnorm.log_scale"].sum()
                x, logdet = self.mixed(x, name, self.width, deepest)
                logp = logp + logdet
            if deepest:
                z, c = x, x.shape[1]
                mean, logs = (R.per_channel(self.made(f"prior.{k}", c)) + torch.zeros_like(z) for k in ("mean", "log_scale"))
            else:
                x, z = x.chunk(2, 1)
                h = self.last(x, f"levels.{level}.split", [0.0] * (2 * x.shape[1]), 3)
                mean, logs = h[:, 0::2], h[:, 1::2]
            logp = logp + R.gaussian_log_density(z, mean, logs)
        return R.bits_per_dim(logp, pixels[0].numel(), 8)

# ---------------------------------------------------------------- a run

def fitted(lever, a, seed, data):
    g = torch.Generator().manual_seed(seed)
    first = data[torch.randperm(len(data), generator=g)[:256]].float()
    noise = torch.rand(first.shape, generator=g)
    macs = lambda which, width: Model(which, a, seed, width, first[:2], noise[:2]).macs
    width = a.width
    if lever.matched:
        width = bisect.bisect(range(1, 8 * width), macs(LEVERS["baseline"], width), key=lambda width: macs(lever, width))
    return Model(lever, a, seed, width, first, noise)


def batches(lever, a, seed, data):
    """The same images in the same order whatever the lever; the noise too, but where batches grow."""
    g = torch.Generator().manual_seed(seed + 1)
    order = torch.cat([torch.randperm(len(data), generator=g) for _ in range(2 + a.batch * a.iterations // len(data))])
    few = a.batch // 2 if lever.growing else a.batch
    for i in range(a.iterations):
        chosen, order = order.tensor_split([few if 2 * i < a.iterations else 2 * a.batch - few])
        x = data[chosen].float()
        g = torch.Generator().manual_seed(seed + 2 + 1_000_003 * (i + 1))
        noise, flips = torch.rand(x.shape, generator=g), torch.rand(len(x), 1, 1, 1, generator=g) < 0.5
        if a.flip:
            x = torch.where(flips, x.flip(2), x)
        if lever.shifts:
            s, (h, w) = lever.shifts, x.shape[1:3]
            wide = F.pad(x.permute(0, 3, 1, 2), (s,) * 4, mode="replicate").permute(0, 2, 3, 1)
            moves = torch.randint(2 * s + 1, (len(x), 2), generator=g).tolist()
            x = torch.stack([one[y:y + h, z:z + w] for one, (y, z) in zip(wide, moves)])
        yield x, noise


def run(lever, averages, a, seed, data, test, noise):
    """The model, bits/dim by each of these averages, seconds a step."""
    torch.manual_seed(seed)                          # of dropout alone
    m = fitted(lever, a, seed, data)
    weights = list(m.trained.values())
    optimizer, usual, seconds = lever.optimizer(m), 0.0, 0.0
    kept = {k: [w.data.clone() for w in weights] for k in averages if k in ("ramp", "0.999")}
    warmup, m.training = min(100, max(1, a.iterations // 20)), True
    for i, (x, u) in enumerate(batches(lever, a, seed, data)):
        start = time.process_time()
        gradients = torch.autograd.grad(m.bits(x, u).mean(), weights)
        norm = torch.nn.utils.get_total_norm(gradients).item()
        if not math.isfinite(norm):
            return m, {k: math.nan for k in averages}, math.nan
        limit = min(1, 2 * usual / norm) if usual else 1        # the product's bound, and its mean
        for w, g in zip(weights, gradients):
            w.grad = limit * g
        usual = usual * min(norm / usual, 10) ** max(0.1, 1 / (i + 1)) if usual else norm
        optimizer.step(RATE * min(1, (i + 1) / warmup) * lever.rate(i / a.iterations))
        for k, average in kept.items():
            decay = 0.999 if k == "0.999" else min(0.999, (1 + i) / (10 + i))
            for v, w in zip(average, weights):
                v.lerp_(w.data, 1 - decay)
        seconds += time.process_time() - start
    kept |= {"last": [w.data for w in weights], "own": getattr(optimizer, "x", None)}
    m.training, bits = False, {}
    for k in averages:
        for w, v in zip(weights, kept[k]):
            w.data = v
        with torch.no_grad():
            bits[k] = torch.cat([m.bits(*part) for part in zip(test.split(50), noise.split(50))]).mean().item()
    return m, bits, seconds / a.iterations


def study(a):
    torch.set_num_threads(a.threads)
    names = ["baseline"] + [name for name in a.levers.split(",") if name != "baseline"]
    if unknown := set(names) - set(LEVERS):
        raise SystemExit(f"no such levers: {', '.join(sorted(unknown))}")
    data, test = (peer_torch.read_images(folder, 3) for folder in (a.train, a.test_folder))
    if (data == data[..., :1]).all():                # gray
        data, test = data[..., :1], test[..., :1]
    if data.shape[1] % 2 ** a.levels or data.shape[2] % 2 ** a.levels:
        raise SystemExit(f"{a.levels} levels want sides that 2^{a.levels} divides")
    g = torch.Generator().manual_seed(0)
    test = test[torch.randperm(len(test), generator=g)[:a.test]].float()
    noise = torch.rand(test.shape, generator=g)
    print("| lever | seed | bits/dim | minus the baseline's | parameters | multiply-adds | time of a step |\n" + "| --- " * 7 + "|", flush=True)
    of_run = [name for name in names if name in ("baseline", "ema-0.999", "last")]
    for seed in map(int, a.seeds.split(",")):
        base = None
        for group in [of_run] + [[name] for name in names if name not in of_run]:
            m, bits, seconds = run(LEVERS[group[0]], [LEVERS[name].average for name in group], a, seed, data, test, noise)
            base = base or (bits["ramp"], m.macs, seconds)
            for name in group:
                value = bits[LEVERS[name].average]
                print(f"| {name}{f', {m.width} wide' if LEVERS[name].matched else ''} | {seed} | {value:.4f} | {value - base[0]:+.4f} | "
                      f"{sum(v.numel() for v in m.trained.values()):,} | {m.macs / base[1]:.2f} | "
                      + (f"{seconds:.4f} s |" if name == "baseline" else f"{seconds / base[2]:.2f} |"), flush=True)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("train", metavar="TRAIN"); ap.add_argument("test_folder", metavar="TEST")
    ap.add_argument("--levers", default=",".join(LEVERS), help="from: " + " ".join(LEVERS)); ap.add_argument("--seeds", default="0,1")
    for name, default in (("iterations", 800), ("levels", 3), ("steps", 4), ("width", 64), ("batch", 8), ("threads", 1), ("test", 500)):
        ap.add_argument("--" + name, type=int, default=default)
    ap.add_argument("--flip", action="store_true", help="mirror half of the images")
    study(ap.parse_args())
