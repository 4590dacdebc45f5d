#!/usr/bin/env python3
"""The PyTorch peer: the same model as a PyTorch user would train it, for side-by-side runs.

    pip install torch==2.13.0+cpu safetensors numpy pillow

    peer_torch.py speed [--mode eager|channels_last|compile] [--fold] [--precision float32|bfloat16]
                        [--levels 3 --steps 32 --width 512 --size 32 --channels 3 --batch 16 --threads 2 --repeats 5]
                        [--audio --layers 4 --condition mel --hop 256]    a vocoder, told 80 numbers every 256 samples as WaveGlow is
        one JSON line: seconds a training step (median), examples/s, GFLOP/s, peak resident MB, and the same for sampling.
    peer_torch.py peak [--threads 2]
        the machine's limit: GFLOP/s of a 2048^3 matrix product in float32 and bfloat16, and copy GB/s.
    peer_torch.py train DIR --test DIR [--minutes 5 | --iterations N] [model options as above] [--lr 1e-3] [--out CKPT]
        trains on the PNGs below DIR and prints test bits/dim against wall-clock, one JSON line a row.

Run a speed comparison with nothing else running, and each side's repeats in turn: these figures are only good as ratios
taken in one run on one machine.
"""
import argparse, json, math, os, resource, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import numpy as np
import torch
import torch.nn.functional as F
import glow_reference as R


def fresh_parameters(cfg, channels, width, seed):
    """the model's initial values: identity actnorms (to be set from the first batch), rotations, zero last convolutions."""
    g = torch.Generator().manual_seed(seed)
    p = R.random_parameters(cfg, channels, width, torch.float32, seed)
    for k, v in p.items():
        if k.endswith((".actnorm.bias", ".actnorm.log_scale", "conv3.weight", "conv3.bias", "conv3.log_scale", "end.weight",
                       "end.bias", "end.log_scale", "split.weight",
                       "split.bias", "split.log_scale", "prior.mean", "prior.log_scale")):
            v.zero_()
        elif k.endswith(("conv1.weight", "conv2.weight")):
            v.normal_(0, 0.05, generator=g)
        elif k.endswith("mix.lower"):
            c = v.shape[0]
            q, _ = torch.linalg.qr(torch.randn(c, c, generator=g, dtype=torch.float64))
            P, L, U = torch.linalg.lu(q)
            n = k[:-len(".lower")]
            d = torch.diagonal(U)
            p[n + ".permutation"].copy_(P.T.argmax(1)); v.copy_(torch.tril(L, -1)); p[n + ".upper"].copy_(torch.triu(U, 1))
            p[n + ".sign_diagonal"].copy_(torch.sign(d)); p[n + ".log_diagonal"].copy_(torch.log(d.abs()))
    for k, v in p.items():
        if not R.is_fixed(k):
            v.requires_grad_()
    return p


def init_actnorm(x, p, cfg):
    """Set every actnorm from one batch so that its output has mean 0 and deviation 1 per channel."""
    def fit(h, name):
        m, s = h.mean((0, 2, 3)), h.std((0, 2, 3))
        p[name + ".bias"].data.copy_(-m); p[name + ".log_scale"].data.copy_(-torch.log(s + 1e-6))
    with torch.no_grad():
        for level in range(cfg.levels):
            x = R.squeeze(x, cfg.factor)
            for step in range(cfg.steps):
                n = f"levels.{level}.steps.{step}"
                fit(x, n + ".actnorm")
                y = (x + R.per_channel(p[n + ".actnorm.bias"])) * torch.exp(R.per_channel(p[n + ".actnorm.log_scale"]))
                h = F.conv2d(y, R.mixing_weight(p, n + ".mix")[:, :, None, None]).chunk(2, 1)[0]
                for c in () if cfg.audio else ("conv1", "conv2"):
                    fit(R.conv(h, p, f"{n}.coupling.{c}"), f"{n}.coupling.{c}.actnorm")
                    h = R.conv_actnorm_relu(h, p, f"{n}.coupling.{c}")
                x, _ = R.step_forward(x, p, n)
            if level < cfg.levels - 1:
                x = x.chunk(2, 1)[0]


def fold_affines():
    """Let the peer fold each actnorm and exp(3 log_scale) into its convolution, as a careful PyTorch user would: the same function, fewer passes."""
    def conv_actnorm_relu(x, p, name):
        scale = torch.exp(p[name + ".actnorm.log_scale"])
        w = p[name + ".weight"]
        return F.relu(F.conv2d(x, w * scale[:, None, None, None], p[name + ".actnorm.bias"] * scale, padding=w.shape[-1] // 2))

    def zero_conv(x, p, name):
        scale = torch.exp(3 * p[name + ".log_scale"])
        w = p[name + ".weight"]
        return F.conv2d(x, w * scale[:, None, None, None], p[name + ".bias"] * scale, padding=(w.shape[2] // 2, w.shape[3] // 2))
    R.conv_actnorm_relu, R.zero_conv = conv_actnorm_relu, zero_conv


def model_gflop(a):
    """Multiply-adds of the forward pass of one image, times two, in GFLOP; a training step is three times that."""
    c, positions, total = a.channels, a.size if a.audio else a.size ** 2, 0
    fold = 2 if a.audio else 4
    for level in range(a.levels):
        c, positions = fold * c, positions // fold
        if a.audio:
            net = (c // 2) * a.width + a.width * c + sum(a.width * a.width * (6 + (1 if j == a.layers - 1 else 2)) for j in range(a.layers))
        else:
            net = 9 * (c // 2) * a.width + a.width * a.width + 9 * a.width * c
        total += a.steps * positions * 2 * (net + c * c)
        if level < a.levels - 1:
            c //= 2
    return total / 1e9


def median(f, repeats):
    f()
    times = []
    for _ in range(repeats):
        t = time.perf_counter(); f(); times.append(time.perf_counter() - t)
    return sorted(times)[len(times) // 2]


def trainer(a, p, cfg, told=None):
    trained = [v for k, v in p.items() if v.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=a.lr)
    dims = a.channels * (a.size if a.audio else a.size ** 2)

    def loss_of(x):
        return R.bits_per_dim(R.encode(x, p, cfg, condition=told)[1], dims, cfg.bits).mean()
    loss_fn = torch.compile(loss_of) if a.mode == "compile" else loss_of

    def step(x):
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.precision == "bfloat16"):
            loss = loss_fn(x)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 50.0)
        optimizer.step()
        return loss.item()
    return step, optimizer


def layout(x, p, a):
    if a.mode == "channels_last":
        for k, v in p.items():
            if v.dim() == 4:
                v.data = v.data.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    return x


def speed(a):
    torch.set_num_threads(a.threads)
    cfg = R.Config(a.levels, a.steps, 15 if a.audio else a.bits, a.audio)
    cfg.layers = a.layers
    if a.condition:
        cfg.condition, cfg.spacing = 80, a.hop
    p = fresh_parameters(cfg, a.channels, a.width, 0)
    x = torch.rand(a.batch, a.channels, 1 if a.audio else a.size, a.size) - 0.5
    init_actnorm(x, p, cfg)
    if a.fold:
        fold_affines()
    x = layout(x, p, a)
    told = torch.randn(a.batch, 80, 1, 1 + a.size // a.hop) if a.condition else None
    step, _ = trainer(a, p, cfg, told)
    seconds = median(lambda: step(x), a.repeats)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.precision == "bfloat16"):
        latents = [z.detach().float() for z in R.encode(x, p, cfg, condition=told)[0]]
        sampling = median(lambda: R.decode(latents, p, cfg, told), a.repeats)
    print(json.dumps({"peer": "torch " + torch.__version__, "kind": "audio" if a.audio else "images", "mode": a.mode + ("+fold" if a.fold else ""), "precision": a.precision, "batch": a.batch,
                      "step_s": round(seconds, 4), "examples_per_s": round(a.batch / seconds, 2),
                      "gflops": round(3 * model_gflop(a) * a.batch / seconds, 1), "sampling_s": round(sampling, 4),
                      "samples_per_s": round(a.batch / sampling, 2),
                      "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


def peak(a):
    torch.set_num_threads(a.threads)
    n, out = 2048, {}
    for dtype in (torch.float32, torch.bfloat16):
        x, y = torch.randn(n, n).to(dtype), torch.randn(n, n).to(dtype)
        out[str(dtype).split(".")[1] + "_gflops"] = round(2 * n ** 3 / median(lambda: x @ y, 9) / 1e9, 1)
    x = torch.randn(1 << 26); y = torch.empty_like(x)
    out["copy_gb_s"] = round(8 * x.numel() / median(lambda: y.copy_(x), 5) / 1e9, 1)
    print(json.dumps(out))


def read_images(directory, channels):
    from PIL import Image
    files = sorted(os.path.join(d, f) for d, _, fs in os.walk(directory) for f in fs if f.lower().endswith(".png"))
    mode = "L" if channels == 1 else "RGB"
    return torch.from_numpy(np.stack([np.asarray(Image.open(f).convert(mode)).reshape(*Image.open(f).size[::-1], channels) for f in files]))


def train(a):
    torch.set_num_threads(a.threads); torch.manual_seed(a.seed)
    data, test = read_images(a.directory, a.channels), read_images(a.test, a.channels)
    a.size = data.shape[1]
    cfg = R.Config(a.levels, a.steps, a.bits)
    p = fresh_parameters(cfg, a.channels, a.width, a.seed)
    batch = lambda source, index: R.dequantize(source[index].float(), torch.rand(len(index), *source.shape[1:]), cfg.bits)
    init_actnorm(batch(data, torch.randperm(len(data))[:256]), p, cfg)
    if a.fold:
        fold_affines()
    layout(torch.zeros(1, a.channels, a.size, a.size), p, a)
    step, optimizer = trainer(a, p, cfg)
    start, spent, i, next_report = time.perf_counter(), 0.0, 0, 0.0

    def report():
        with torch.no_grad():
            dims = data[0].numel()
            scores = torch.cat([R.bits_per_dim(R.encode(batch(test, torch.arange(j, min(j + 100, len(test)))), p, cfg)[1], dims, cfg.bits)
                                for j in range(0, len(test), 100)])
        print(json.dumps({"iteration": i, "train_seconds": round(spent, 1), "test_bits_per_dim": round(scores.mean().item(), 4)}), flush=True)
    while (i < a.iterations) if a.iterations else (spent < a.minutes * 60):
        for group in optimizer.param_groups:
            group["lr"] = a.lr * min(1.0, (i + 1) / a.warmup)
        t = time.perf_counter()
        step(batch(data, torch.randint(len(data), (a.batch,))))
        spent += time.perf_counter() - t
        i += 1
        if spent >= next_report:
            report(); next_report += max(a.minutes * 60 / 10, 15)
    report()
    if a.out:
        from safetensors.numpy import save_file
        save_file({k: np.ascontiguousarray(v.detach().numpy()) for k, v in p.items()}, a.out)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(required=True)
    for name, run in (("speed", speed), ("peak", peak), ("train", train)):
        s = sub.add_parser(name); s.set_defaults(run=run)
        if name == "train":
            s.add_argument("directory"); s.add_argument("--test", required=True); s.add_argument("--out")
        for option, default in (("levels", 3), ("steps", 32), ("width", 512), ("size", 32), ("channels", 3), ("batch", 16), ("bits", 8),
                                ("threads", 2), ("repeats", 5), ("layers", 4), ("iterations", 0), ("warmup", 100), ("seed", 0)):
            s.add_argument("--" + option, type=int, default=default)
        s.add_argument("--minutes", type=float, default=5); s.add_argument("--lr", type=float, default=1e-3)
        s.add_argument("--mode", default="eager", choices=["eager", "channels_last", "compile"])
        s.add_argument("--audio", action="store_true", help="the audio model: --size samples, --layers in each coupling's net (speed only)")
        s.add_argument("--condition", choices=["mel"]); s.add_argument("--hop", type=int, default=256)
        s.add_argument("--fold", action="store_true", help="fold actnorms into the convolutions")
        s.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    a = ap.parse_args(); a.run(a)
