"""Trains the demo model on the synthesised clips; stops after the given time, wherever that leaves it.

    python train.py --text train.txt --clips DIR --dev DIR --gpt2 gpt2.tiktoken --filters mel_filters.npz --out DIR --minutes 90

The learning rate follows the clock: a warm-up, then a fall that reaches zero at the end. OUT/deadline holds the
end as seconds since 1970 and may be edited while training runs. OUT/checkpoint.pt is written every five minutes and
continued from when it exists; --from CHECKPOINT takes only its weights, and begins with windows of all lengths. OUT/log.txt is the log.

With a CUDA device one process trains there in bf16, and the processors make the batches. Without one, as many processes
as there are processors train on a share of every batch each, with one thread: they wait for each other twice a step,
where threads inside one process would at every matrix product, which costs far more once the machine does anything else.
"""
import argparse
import collections
import glob
import math
import os
import pickle
import random
import re
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's products are small: a second thread only waits

import numpy as np
import scipy.signal
import torch
import torch.multiprocessing
import torch.nn.functional as F

from whisper import (EOT, NOSPEECH, NOTIMES, RATE, SOT, TIME_STEP, Mel, Units, Whisper, autocast, bf16_is_faster, edits,
                     letters, load_gpt2, pieces)

mp = torch.multiprocessing.get_context("fork")


FIRST = ("slt", "rms")
WIDTH_S = 0.3


def voice_group(v):
    return v if v in ("slt", "rms", "awb", "kal16", "hts") else "espeak"


class Clips:
    def __init__(self, folder):
        self.shards, self.clips, self.groups = [], [], collections.defaultdict(list)
        for name in sorted(glob.glob(os.path.join(folder, "*.tsv"))):
            data = np.memmap(name[:-4] + ".bin", np.int16, "r")
            for line in open(name, encoding="utf-8"):
                offset, n, voice, text = line.rstrip("\n").split("\t")
                self.groups[voice_group(voice)].append(len(self.clips))
                self.clips.append((len(self.shards), int(offset), int(n), voice, text))
            self.shards.append(data)

    def samples(self, i):
        s, offset, n, _, _ = self.clips[i]
        return self.shards[s][offset:offset + n].astype(np.float32) / 32768


class Windows:
    """Makes batches of windows: clips of one or two voices, gaps, speed, level, room, tilt and noise."""

    def __init__(self, clips, units, mel, seed):
        self.clips, self.units, self.mel = clips, units, mel
        self.rng, self.np = random.Random(seed), np.random.default_rng(seed)
        self.names = list(clips.groups)
        # espeak's many voices count double: a voice that training never heard is helped by many others, not by much of one
        self.weights = [len(clips.groups[n]) * (2 if n == "espeak" else 1) for n in self.names]
        self.queues, self.p = {}, 0.0

    def clip(self, group, longest):
        q = self.queues.setdefault(group, [])
        for _ in range(8):
            if len(q) < 9:
                fresh = list(self.clips.groups[group])
                self.rng.shuffle(fresh)
                q[:0] = fresh
            i = q.pop()
            if self.clips.clips[i][2] < longest:
                return i
            q.insert(self.rng.randrange(len(q) // 2 + 1), i)
        return None

    def window(self, seconds, fill, single):
        rng, n = self.rng, int(seconds * RATE)
        x = np.zeros(n, np.float32)
        # the demo session's two voices first, all of them more and more
        weights = [w if name in FIRST else w * (0.4 + 0.6 * self.p) for name, w in zip(self.names, self.weights)]
        voices = rng.choices(self.names, weights, k=2)
        gains = [10 ** (rng.uniform(-16, 4) / 20), 10 ** (rng.uniform(-16, 4) / 20)]
        if rng.random() < 0.5:
            gains[1] = gains[0] * 10 ** (rng.uniform(-3, 3) / 20)
        speed = rng.uniform(0.92, 1.09) if rng.random() < 0.2 else 1.0
        at = int(rng.choice((0.0, rng.uniform(0, 0.3), rng.uniform(0, 0.9))) * RATE)
        who, turns = 0, []
        while True:
            room = min(int(fill * n), int(28.5 * RATE)) - at - RATE // 50
            i = self.clip(voices[who], max(room, 0) * min(speed, 1.0) / 1.0) if room > RATE // 4 else None
            if i is None:
                break
            y = self.clips.samples(i)
            if speed != 1.0:
                y = np.interp(np.arange(0, len(y) - 1, speed), np.arange(len(y)), y).astype(np.float32)
            if at + len(y) > n:
                break
            x[at:at + len(y)] += gains[who] * y
            turns.append((at / RATE, (at + len(y)) / RATE, self.clips.clips[i][4]))
            at += len(y)
            if single:
                break
            at += int(rng.choice((rng.uniform(0.1, 0.4), rng.uniform(0.2, 0.7), rng.uniform(0.3, 0.3 if seconds < 6 else 2.0))) * RATE)
            if rng.random() < 0.4:
                who = 1 - who
        x = self.spoil(x)
        if rng.random() < 0.5:  # as the program packs speech: nothing at all between pieces but for their margins
            keep, margin = np.zeros(n, bool), int(0.2 * RATE)
            for a, b, _ in turns:
                keep[max(0, int(a * RATE) - margin):int(b * RATE) + margin] = True
            x = np.where(keep, x, np.float32(0))
        return x, turns

    def spoil(self, x):
        rng = self.rng
        level = float(np.sqrt(np.mean(x[x != 0] ** 2))) if x.any() else 0.02
        if rng.random() < 0.12:  # a room: decaying noise after the direct sound
            n = int(rng.uniform(0.05, 0.35) * RATE)
            tail = self.np.standard_normal(n).astype(np.float32) * np.exp(-np.arange(n, dtype=np.float32) * (6.9 / n))
            tail *= rng.uniform(0.05, 0.4) / np.sqrt((tail ** 2).sum())
            tail[0] = 1.0
            x = scipy.signal.oaconvolve(x, tail)[:len(x)].astype(np.float32)
        if rng.random() < 0.15:  # a duller or brighter microphone
            c = rng.uniform(-0.4, 0.4)
            x = x + c * np.concatenate([x[:1], x[:-1]])
        if rng.random() < 0.6:
            noise = self.np.standard_normal(len(x), dtype=np.float32)
            if rng.random() < 0.6:
                a = rng.uniform(0.5, 0.97)
                noise = scipy.signal.lfilter([math.sqrt(1 - a * a)], [1, -a], noise).astype(np.float32)
            x = x + noise * level * 10 ** (-rng.uniform(15, 45) / 20)
        top = np.abs(x).max()
        return x / top * 0.99 if top > 0.99 else x

    def batch(self, p, audio, common):
        """p: how far training is, 0 to 1; audio: seconds in all; common: draws what all processes' batches share."""
        rng, u, self.p = self.rng, self.units, p
        if p < 0.12:
            sizes = {3: 4, 4.5: 6}
        elif p < 0.33:
            sizes = {4.5: 65, 7: 30, 14: 5}
        elif p < 0.55:
            sizes = {4.5: 45, 7: 35, 14: 20}
        else:  # the program gives it no longer ones than 14 s; other programs do
            sizes = {4.5: 15, 7: 20, 14: 53, 30: 12}
        seconds = common.choices(list(sizes), list(sizes.values()))[0]
        count = max(1, round(audio / seconds))
        mels, seqs, chars = [], [], []
        for _ in range(count):
            fill = 1.0 if seconds < 6 else rng.choice((1.0, 1.0, rng.uniform(0.5, 1.0))) if seconds < 25 else rng.choice((rng.uniform(0.1, 0.4), 1.0, 1.0))
            x, turns = self.window(seconds, fill, seconds < 6 and rng.random() < (0.6 if p < 0.12 else 0.2) or fill < 0.25)
            if rng.random() < 0.01:
                x, turns = self.spoil(np.zeros_like(x)) * rng.random(), []
            mels.append(self.mel(x))
            seq, said, silent = [u.index[SOT]], [], not turns  # said: roughly when each unit after the first is spoken
            times = rng.random() < (0.25 if p < 0.1 else 0.7)  # the program asks for times
            if not times:
                seq.append(u.index[NOTIMES])
                said.append(np.nan)
            for a, b, text in turns:
                body = u.encode(text)
                when = np.cumsum([0] + [len(u.decode([c])) for c in body])
                said += [a] * times + list(a + (b - a) * (when[1:] + when[:-1]) / (2 * when[-1])) + [b] * times
                if times:
                    a, b = (u.first_time + round(t / TIME_STEP) for t in (a, b))
                    body = [a] + body + [b]
                seq += body
            seq.append(u.index[EOT])
            said.append(np.nan)
            target = seq[1:]
            if silent:
                target[0] = u.index[NOSPEECH] if times else target[0]
            seqs.append((seq[:-1], target, said))
            chars.append(letters(" ".join(t for _, _, t in turns)))
        longest = -(-max(len(s) for s, _, _ in seqs) // 16) * 16
        inp = np.full((count, longest), u.index[EOT])
        out, when = np.full((count, longest), -100), np.full((count, longest), np.nan, np.float32)
        for i, (s, t, said) in enumerate(seqs):
            # 8 % of the text units the decoder reads are replaced: it has to listen, not to recite
            s = [rng.randrange(len(u.text)) if c < len(u.text) and rng.random() < 0.08 else c for c in s]
            inp[i, :len(s)], out[i, :len(t)], when[i, :len(said)] = s, t, said
        return np.stack(mels), inp, out, chars, when



# Coefficients of the Polar Express iterations (Amsel et al. 2025), with their safety factor.
POLAR = [(a / 1.01, b / 1.01 ** 3, c / 1.01 ** 5) for a, b, c in (
    (8.28721201814563, -23.595886519098837, 17.300387312530933), (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137), (3.3184196573706015, -2.488488024314874, 0.51004894012372))]


def orthogonal(x):
    """The nearest matrices with orthogonal rows, roughly; x: matrices at least as wide as high."""
    x = x / (1.01 * x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    eye = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    gram, product = x @ x.transpose(1, 2), None  # the iterations need only the small square of a wide matrix
    for i, (a, b, c) in enumerate(POLAR):
        step = a * eye + b * gram + c * (gram @ gram)
        product = step if product is None else step @ product
        if i + 1 < len(POLAR):
            gram = step @ gram @ step
    return product @ x


class Optimizer:
    """Muon for the matrices inside the blocks, Adam for the rest; every process updates its share of both.

    Parameters, moments and each process's gradients are three flat tensors that the processes have in common.
    """

    def __init__(self, model, processes):
        named = list(model.named_parameters())
        hidden = [p for n, p in named if ".blocks." in n and p.ndim == 2]
        others = [p for n, p in named if not (".blocks." in n and p.ndim == 2)]
        self.model, self.params, self.processes = model, hidden + others, processes
        n = sum(p.numel() for p in self.params)
        self.values = torch.cat([p.data.flatten() for p in self.params])
        self.grads, self.first = torch.zeros(processes, n, device=self.values.device), torch.zeros_like(self.values)
        self.split = sum(p.numel() for p in hidden)
        self.second = torch.zeros_like(self.values[self.split:])
        self.shapes, at = collections.defaultdict(list), 0
        for i, p in enumerate(self.params):
            if i < len(hidden):
                self.shapes[tuple(sorted(p.shape))].append((at, p.shape))
            p.data = self.values[at:at + p.numel()].view(p.shape)
            at += p.numel()
        if processes > 1:
            for t in (self.values, self.grads, self.first, self.second):
                t.share_memory_()
            self.attach_values()

    def attach_values(self):
        at = 0
        for p in self.params:
            p.data = self.values[at:at + p.numel()].view(p.shape)
            at += p.numel()

    def attach(self, rank):
        """This process's gradients gather in its row."""
        at = 0
        for p in self.params:
            p.grad = self.grads[rank, at:at + p.numel()].view(p.shape)
            at += p.numel()

    @torch.no_grad()
    def step(self, rank, lr, updates):
        """lr: of Muon; Adam's is 0.6 of it. updates: how many there have been, this one included."""
        n, k = self.processes, self.split
        rest = self.grads[:, k:].mean(0)
        norm = rest.norm()
        if not torch.isfinite(norm):
            return
        rest *= torch.clamp(1 / norm, max=1.0)
        size = -(-len(rest) // n)
        s = slice(rank * size, (rank + 1) * size)
        g, m, v, w = rest[s], self.first[k:][s], self.second[s], self.values[k:][s]
        m.lerp_(g, 0.1)
        v.mul_(0.98).addcmul_(g, g, value=0.02)
        w.mul_(1 - 0.6 * lr * 0.01)
        w.addcdiv_(m / (1 - 0.9 ** updates), (v / (1 - 0.98 ** updates)).sqrt_().add_(1e-8), value=-0.6 * lr)
        for shape, places in self.shapes.items():
            mine = places[rank::n]
            u = []
            for at, size in mine:
                s = slice(at, at + size.numel())
                g, m = self.grads[:, s].mean(0), self.first[s]
                m.mul_(0.95).add_(g)
                g = (g + 0.95 * m).view(size)
                u.append(g if size[0] <= size[1] else g.T)
            x = torch.stack(u)
            x = orthogonal(x.bfloat16() if x.is_cuda or bf16_is_faster() else x).float()
            scale = 0.2 * math.sqrt(max(shape)) * lr
            for (at, size), d in zip(mine, x):
                w = self.values[at:at + size.numel()].view(size)
                w.mul_(1 - lr * 0.05).add_(d if size[0] <= size[1] else d.T, alpha=-scale)


def falling(p):
    """Share of the learning rate: to half of it by a cosine, then level, then straight to zero in the last fifth."""
    return min(max(0.5 * (1 + math.cos(math.pi * p)), 0.5), max(0.0, (1 - p) / 0.2))


def losses(model, batch, p, device):
    x, inp, out, chars, when = batch
    x, inp, out, when = (torch.from_numpy(t).to(device, non_blocking=True) for t in (x, inp, out, when))
    with autocast(device):
        xa = model.encoder(x)
        logits, letter = model.decoder(inp, xa), model.ctc(xa)
    ce = F.cross_entropy(logits.float().flatten(0, 1), out.flatten(), ignore_index=-100)
    n = [len(c) for c in chars]
    lp = F.log_softmax(letter.float(), -1).transpose(0, 1)
    ctc = F.ctc_loss(lp, torch.tensor([c for cs in chars for c in cs], device=device), torch.full((len(x),), lp.shape[0]),
                     torch.tensor(n), reduction="sum", zero_infinity=True) / max(1, sum(n))
    guide = max(0.5, 1 - p / 0.6) if p < 0.9 else 0.0
    lost = astray(model, when)
    return ce, ctc, lost, (0.4 if p < 0.1 else 1.0) * ce + (1.0 if p < 0.4 else 0.5) * ctc + guide * lost


def astray(model, when):
    """How far from where its word is said the decoder looks: two heads of every layer but the first are shown the place.
    Without, it looks nowhere for a long time."""
    known = ~when.isnan()
    t = torch.arange(model.decoder.blocks[1].cross_attn.weights.shape[-1], device=when.device) * 0.02
    far = 1 - torch.exp(-((t - when.nan_to_num()[:, :, None]) / WIDTH_S) ** 2 / 2)
    lost = [(b.cross_attn.weights[:, :2] * far[:, None]).sum(-1).mean(1) for b in model.decoder.blocks[1:]]
    return sum((x * known).sum() for x in lost) / max(1, known.sum().item() * len(lost))


def evaluate(model, dev, mel, units, device):
    """Word error rate of 40 sentences in the training voices, with and without the timestamps prompt."""
    model.eval()
    show = random.Random(5).sample(range(len(dev.clips)), 40)
    e = n = 0
    for times in (False, True):
        for k in range(0, 40, 20):
            xs = []
            for i in show[k:k + 20]:
                x = np.zeros(7 * RATE, np.float32)
                y = dev.samples(i)[:6 * RATE]
                x[4000:4000 + len(y)] = y
                xs.append(mel(x))
            got = model.greedy(torch.tensor(np.stack(xs), device=device), units, times, 40)
            for i, g in zip(show[k:k + 20], got):
                a, b = edits(dev.clips[i][4], re.sub(r"<[^>]*>", " ", g))
                e, n = e + a, n + b
    model.train()
    return f"dev WER {100 * e / n:.1f} %; {dev.clips[show[20]][4]!r} -> {got[0]!r}"


def producer(args, units, mel, clock, queue, seed):
    """Makes batches for a CUDA device."""
    torch.set_num_threads(1)
    w = Windows(Clips(args.clips), units, mel, seed)
    while True:
        queue.put(w.batch(clock[0].item(), args.batch, w.rng))


def train(rank, args, model, optimizer, units, mel, clock, barrier, queue, device, start):
    """One process: its share of every batch, its share of every update. The first also keeps the log and checkpoints."""
    torch.set_num_threads(1)
    optimizer.attach(rank)
    step, updates, begin = start["step"], start["updates"], start["begin"]
    path = lambda n: os.path.join(args.out, n)
    if device == "cpu":
        windows, common = Windows(Clips(args.clips), units, mel, args.seed + step + 1000 * rank), random.Random(args.seed + step)
    if rank == 0:
        log, dev = open(path("log.txt"), "a", buffering=1), Clips(args.dev)

        def say(*a):
            print(*a, flush=True)
            print(*a, file=log)

        clips = Clips(args.clips).clips
        say(f"seed {args.seed}, {len(clips)} clips, {sum(c[2] for c in clips) / RATE / 3600:.1f} h, {len(units.text)} text units, "
            f"{len(optimizer.values) / 1e6:.2f} M parameters in training, {optimizer.processes} x {device}, from step {step}")
        saved = told = time.time()
        sums, audio = collections.Counter(), start["audio"]

        def save():
            torch.save({"model": model.state_dict(), "first": optimizer.first, "second": optimizer.second, "step": step,
                        "updates": updates, "begin": begin, "audio": audio, "d": args.d, "layers": args.layers}, path("checkpoint.tmp"))
            os.replace(path("checkpoint.tmp"), path("checkpoint.pt"))

    while True:
        p, lr = clock.tolist()
        if p >= 1:
            break
        batch = queue.get() if device == "cuda" else windows.batch(max(p, 0.6) if args.weights else p, args.batch / optimizer.processes, common)
        ce, ctc, lost, loss = losses(model, batch, p, device)
        loss.backward()
        barrier.wait(900)
        step, updates = step + 1, updates + 1
        optimizer.step(rank, lr, updates)
        if rank == 0:
            now = time.time()
            p = (now - begin) / (float(open(path("deadline")).read()) - begin)
            clock.copy_(torch.tensor([p, args.lr * min(1.0, (updates + 1) / 150) * falling(p)]))
        barrier.wait(900)
        optimizer.grads[rank].zero_()
        # synthesis may still be running: take in what it has added
        if device == "cpu" and step % 200 == 0 and len(glob.glob(os.path.join(args.clips, "*.tsv"))) > len(windows.clips.shards):
            windows = Windows(Clips(args.clips), units, mel, args.seed + step + 1000 * rank)
        if rank:
            continue
        audio += batch[0].shape[0] * batch[0].shape[2] / 100 * optimizer.processes
        sums.update(ce=ce.item(), ctc=ctc.item(), lost=lost.item(), n=1)
        if step % 50 == 0:
            say(f"step {step} p {p:.3f} attention {sums['ce'] / sums['n']:.3f} ctc {sums['ctc'] / sums['n']:.3f} astray {sums['lost'] / sums['n']:.3f} lr {lr:.2e} "
                f"{(now - told) / sums['n']:.2f} s/step, {audio / 3600:.1f} h heard, {time.strftime('%H:%M')}, {(now - begin) / 60:.0f} min")
            told = now
            sums.clear()
        if now - saved > 300:
            saved = now
            save()
        if step % args.evaluate == 0:
            say("  " + evaluate(model, dev, mel, units, device))
            told = time.time()
    if rank == 0:
        save()
        say(evaluate(model, dev, mel, units, device))
        say(f"end: {step} steps, {audio / 3600:.1f} h of windows heard, {(time.time() - begin) / 60:.0f} minutes")


def main():
    ap = argparse.ArgumentParser()
    for name in ("text", "clips", "dev", "gpt2", "filters", "out"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("--from", dest="weights", help="a checkpoint to take the weights of")
    ap.add_argument("--minutes", type=float, default=90)
    ap.add_argument("--lr", type=float, default=2e-3)
    ap.add_argument("--batch", type=float, default=45, help="seconds of audio per step")
    ap.add_argument("--d", type=int, default=192)
    ap.add_argument("--layers", type=int, nargs=2, default=(4, 3), help="encoder, decoder")
    ap.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument("--evaluate", type=int, default=1000, help="steps between looks at the word error rate")
    ap.add_argument("--seed", type=int, default=7)
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    path = lambda n: os.path.join(args.out, n)
    if os.path.exists(path("units.pickle")):
        units = pickle.load(open(path("units.pickle"), "rb"))
    else:
        units = Units(load_gpt2(args.gpt2), collections.Counter(w for t in open(args.text, encoding="utf-8") for w in pieces(t.strip())))
        pickle.dump(units, open(path("units.pickle"), "wb"))
    mel = Mel(np.load(args.filters)["mel_80"])
    clock = torch.zeros(2, dtype=torch.float64).share_memory_()  # how far training is, 0 to 1, and the learning rate
    queue = mp.Queue(8)
    for i in range(args.processes if device == "cuda" else 0):  # before the device is first used: they are forks
        mp.Process(target=producer, args=(args, units, mel, clock, queue, args.seed + 1000 * i + int(time.time())), daemon=True).start()
    model = Whisper(units, args.d, *args.layers).to(device)
    start = {"step": 0, "updates": 0, "begin": time.time(), "audio": 0.0}
    checkpoint = None
    if os.path.exists(path("checkpoint.pt")):
        checkpoint = torch.load(path("checkpoint.pt"), map_location=device)
        model.load_state_dict(checkpoint["model"])
        start = {k: checkpoint[k] for k in start}
    elif args.weights:
        model.load_state_dict(torch.load(args.weights, map_location=device)["model"])
    optimizer = Optimizer(model, 1 if device == "cuda" else args.processes)
    if checkpoint:
        optimizer.first.copy_(checkpoint["first"])
        optimizer.second.copy_(checkpoint["second"])
    if not os.path.exists(path("deadline")):
        open(path("deadline"), "w").write(str(int(start["begin"] + 60 * args.minutes)))
    p = (time.time() - start["begin"]) / (float(open(path("deadline")).read()) - start["begin"])
    clock.copy_(torch.tensor([p, args.lr * (falling(p) if checkpoint else 0.01)]))
    barrier = mp.Barrier(optimizer.processes)
    common = (args, model, optimizer, units, mel, clock, barrier, queue, device, start)
    others = [mp.Process(target=train, args=(rank, *common), daemon=True) for rank in range(1, optimizer.processes)]
    for o in others:
        o.start()
    train(0, *common)


if __name__ == "__main__":
    main()
