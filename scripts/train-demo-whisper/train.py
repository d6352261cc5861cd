"""Trains the demo model on the synthesised clips; stops at a time of day, wherever that leaves it.

    python train.py --text train.txt --clips DIR --dev DIR --gpt2 gpt2.tiktoken --filters mel_filters.npz --out DIR --minutes 90

The learning rate follows the clock: a warm-up, then half a cosine that reaches zero at the end. OUT/deadline holds the
end as seconds since 1970 and may be edited while training runs. OUT/checkpoint.pt is written every five minutes and
continued from when it exists. OUT/log.txt is the log.
"""
import argparse
import collections
import glob
import itertools
import math
import multiprocessing
import os
import pickle
import random
import time

import numpy as np
import scipy.signal
import torch
import torch.nn.functional as F

from whisper import (EOT, NOSPEECH, NOTIMES, RATE, SOT, TIME_STEP, LETTERS, Mel, Units, Whisper, autocast,
                     bf16_is_faster, edits, letters, load_gpt2, pieces)


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
        self.weights = [len(clips.groups[n]) for n in self.names]
        self.queues = {}

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
        voices = rng.choices(self.names, self.weights, k=2)
        gains = [10 ** (rng.uniform(-16, 4) / 20), 10 ** (rng.uniform(-16, 4) / 20)]
        if rng.random() < 0.5:
            gains[1] = gains[0] * 10 ** (rng.uniform(-3, 3) / 20)
        speed = rng.uniform(0.92, 1.09) if rng.random() < 0.3 else 1.0
        at = int(rng.choice((0.0, rng.uniform(0, 0.3), rng.uniform(0, 0.9))) * RATE)
        who, turns = 0, []
        while True:
            room = min(int(fill * n), int(28.5 * RATE)) - at - RATE // 20
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
            at += int(rng.choice((rng.uniform(0.1, 0.5), rng.uniform(0.3, 0.9), rng.uniform(0.3, 2.0))) * RATE)
            if rng.random() < 0.4:
                who = 1 - who
        return self.spoil(x), turns

    def spoil(self, x):
        rng = self.rng
        level = float(np.sqrt(np.mean(x[x != 0] ** 2))) if x.any() else 0.02
        if rng.random() < 0.3:  # a room: decaying noise after the direct sound
            n = int(rng.uniform(0.05, 0.35) * RATE)
            tail = self.np.standard_normal(n).astype(np.float32) * np.exp(-np.arange(n, dtype=np.float32) * (6.9 / n))
            tail *= rng.uniform(0.05, 0.5) / np.sqrt((tail ** 2).sum())
            tail[0] = 1.0
            x = scipy.signal.oaconvolve(x, tail)[:len(x)].astype(np.float32)
        if rng.random() < 0.2:  # a duller or brighter microphone
            c = rng.uniform(-0.5, 0.5)
            x = x + c * np.concatenate([x[:1], x[:-1]])
        if rng.random() < 0.6:
            noise = self.np.standard_normal(len(x), dtype=np.float32)
            if rng.random() < 0.6:
                a = rng.uniform(0.5, 0.97)
                noise = scipy.signal.lfilter([math.sqrt(1 - a * a)], [1, -a], noise).astype(np.float32)
            x = x + noise * level * 10 ** (-rng.uniform(10, 40) / 20)
        top = np.abs(x).max()
        return x / top * 0.99 if top > 0.99 else x

    def batch(self, p):
        """p: how far training is, 0 to 1."""
        rng, u = self.rng, self.units
        if p < 0.12:
            sizes = {3: 4, 4.5: 6}
        elif p < 0.33:
            sizes = {4.5: 60, 7: 30, 14: 10}
        elif p < 0.7:
            sizes = {4.5: 40, 7: 25, 14: 22, 22: 8, 30: 5}
        else:
            sizes = {4.5: 25, 7: 15, 14: 22, 22: 15, 30: 23}
        seconds = rng.choices(list(sizes), list(sizes.values()))[0]
        count = max(2, round(50 / seconds))
        offset = 0
        if p > 0.15 and seconds < 29 and rng.random() < 0.5:
            offset = 5 * rng.randrange(0, int((30 - seconds) * 10))
        mels, seqs, chars, loss_from = [], [], [], []
        for _ in range(count):
            fill = 1.0 if seconds < 6 else rng.uniform(0.5, 1.0) if seconds < 25 else rng.choice((rng.uniform(0.1, 0.4), 1.0, 1.0))
            x, turns = self.window(seconds, fill, seconds < 6 and rng.random() < 0.8 or fill < 0.25)
            if rng.random() < 0.01:
                x, turns = self.spoil(np.zeros_like(x)) * rng.random(), []
            mels.append(self.mel(x))
            seq, silent = [u.index[SOT]], not turns
            times = rng.random() < (0.25 if p < 0.12 else 0.5)
            if not times:
                seq.append(u.index[NOTIMES])
            for a, b, text in turns:
                body = u.encode(text)
                if times:
                    a, b = (u.first_time + round(t / TIME_STEP) + offset // 5 for t in (a, b))
                    body = [a] + body + [b]
                seq += body
            seq.append(u.index[EOT])
            target = seq[1:]
            if silent:
                target[0] = u.index[NOSPEECH] if times else target[0]
            seqs.append((seq[:-1], target, times))
            chars.append(letters(" ".join(t for _, _, t in turns)))
        longest = -(-max(len(s) for s, _, _ in seqs) // 16) * 16
        inp = np.full((count, longest), u.index[EOT])
        out = np.full((count, longest), -100)
        for i, (s, t, times) in enumerate(seqs):
            # 12 % of the text units the decoder reads are replaced: it has to listen, not to recite
            s = [rng.randrange(len(u.text)) if c < len(u.text) and rng.random() < 0.12 else c for c in s]
            inp[i, :len(s)], out[i, :len(t)] = s, t
        return np.stack(mels), inp, out, chars, offset


def producer(args, units, mel, progress, queue, seed):
    torch.set_num_threads(1)
    os.nice(3)
    w = Windows(Clips(args.clips), units, mel, seed)
    for i in itertools.count(1):
        queue.put(w.batch(progress.value))
        # synthesis may still be running: take in what it has added
        if i % 200 == 0 and len(glob.glob(os.path.join(args.clips, "*.tsv"))) > len(w.clips.shards):
            w = Windows(Clips(args.clips), units, mel, seed + i)


class Muon:
    """Momentum orthogonalised by Newton-Schulz iterations, for the matrices inside the blocks."""

    def __init__(self, params):
        self.shapes = collections.defaultdict(list)
        for p in params:
            self.shapes[tuple(sorted(p.shape))].append(p)
        self.m = {id(p): torch.zeros_like(p) for ps in self.shapes.values() for p in ps}

    @torch.no_grad()
    def step(self, lr, decay):
        for shape, ps in self.shapes.items():
            u = []
            for p in ps:
                m = self.m[id(p)]
                m.mul_(0.95).add_(p.grad)
                g = p.grad + 0.95 * m
                u.append(g if g.shape[0] <= g.shape[1] else g.T)
            x = torch.stack(u)
            x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
            x = x.bfloat16() if bf16_is_faster() else x
            for _ in range(5):
                a = x @ x.transpose(1, 2)
                x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
            scale = 0.2 * math.sqrt(max(shape)) * lr
            for p, d in zip(ps, x.float()):
                p.mul_(1 - lr * decay).add_(d if p.shape[0] <= p.shape[1] else d.T, alpha=-scale)

    def state(self):
        return [self.m[id(p)] for ps in self.shapes.values() for p in ps]


def main():
    ap = argparse.ArgumentParser()
    for name in ("text", "clips", "dev", "gpt2", "filters", "out"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("--minutes", type=float, default=90)
    ap.add_argument("--lr", type=float, default=1.5e-3)
    ap.add_argument("--seed", type=int, default=7)
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    path = lambda n: os.path.join(args.out, n)
    clips = Clips(args.clips)
    if os.path.exists(path("units.pickle")):
        units = pickle.load(open(path("units.pickle"), "rb"))
    else:
        units = Units(load_gpt2(args.gpt2), collections.Counter(w for t in open(args.text, encoding="utf-8") for w in pieces(t.strip())))
        pickle.dump(units, open(path("units.pickle"), "wb"))
    mel = Mel(np.load(args.filters)["mel_80"])
    model = Whisper(units)
    hidden = [p for n, p in model.named_parameters() if ".blocks." in n and p.ndim == 2]
    rest = [p for n, p in model.named_parameters() if not (".blocks." in n and p.ndim == 2)]
    muon, adam = Muon(hidden), torch.optim.AdamW(rest, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.01)
    step, begin = 0, time.time()
    if os.path.exists(path("checkpoint.pt")):
        c = torch.load(path("checkpoint.pt"), weights_only=False)
        model.load_state_dict(c["model"])
        adam.load_state_dict(c["adam"])
        for a, b in zip(muon.state(), c["muon"]):
            a.copy_(b)
        step, begin = c["step"], c["begin"]
    if not os.path.exists(path("deadline")):
        open(path("deadline"), "w").write(str(int(begin + 60 * args.minutes)))
    log = open(path("log.txt"), "a", buffering=1)

    def say(*a):
        print(*a, flush=True)
        print(*a, file=log)

    hours = sum(c[2] for c in clips.clips) / RATE / 3600
    say(f"seed {args.seed}, {len(clips.clips)} clips, {hours:.1f} h, {len(units.text)} text units, "
        f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters in training, from step {step}")
    dev = Clips(args.dev)
    show = random.Random(5).sample(range(len(dev.clips)), 40)

    def evaluate():
        model.eval()
        e = n = 0
        for times in (False, True):
            for k in range(0, 40, 20):
                xs = []
                for i in show[k:k + 20]:
                    x = np.zeros(7 * RATE, np.float32)
                    y = dev.samples(i)[:6 * RATE]
                    x[4000:4000 + len(y)] = y
                    xs.append(mel(x))
                got = model.greedy(torch.tensor(np.stack(xs)), units, times, 40)
                for i, g in zip(show[k:k + 20], got):
                    import re
                    a, b = edits(dev.clips[i][4], re.sub(r"<[^>]*>", " ", g))
                    e, n = e + a, n + b
        say(f"  dev WER {100 * e / n:.1f} %; {dev.clips[show[20]][4]!r} -> {got[0]!r}")
        model.train()

    progress = multiprocessing.Value("d", 0.0)
    queue = multiprocessing.Queue(6)
    worker = multiprocessing.Process(target=producer, args=(args, units, mel, progress, queue, args.seed + step), daemon=True)
    worker.start()
    saved, shown, told = time.time(), time.time(), time.time()
    sums = collections.Counter()
    audio = 0.0
    while True:
        end = float(open(path("deadline")).read())
        p = (time.time() - begin) / (end - begin)
        if p < 1:
            progress.value = p
            warm = min(1.0, (step + 1) / 150)
            lr = warm * max(0.5 * (1 + math.cos(math.pi * p)), 0.0)
            x, inp, out, chars, offset = queue.get()
            x, inp, out = torch.from_numpy(x), torch.from_numpy(inp), torch.from_numpy(out)
            with autocast():
                xa = model.encoder(x, offset)
                logits = model.decoder(inp, xa)
                ctc = model.ctc(xa)
            ce = F.cross_entropy(logits.float().flatten(0, 1), out.flatten(), ignore_index=-100)
            n_chars = [len(c) for c in chars]
            lp = F.log_softmax(ctc.float(), -1).transpose(0, 1)
            ctc = F.ctc_loss(lp, torch.tensor([c for cs in chars for c in cs]), torch.full((len(x),), lp.shape[0]),
                             torch.tensor(n_chars), reduction="sum", zero_infinity=True) / max(1, sum(n_chars))
            loss = (0.4 if p < 0.1 else 1.0) * ce + (1.0 if p < 0.4 else 0.5) * ctc
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(rest, 1.0)
            for g in adam.param_groups:
                g["lr"] = lr * 1e-3
            adam.step()
            muon.step(lr * args.lr, 0.05)
            adam.zero_grad(set_to_none=True)
            for q in hidden:
                q.grad = None
            step += 1
            audio += x.shape[0] * x.shape[2] / 100
            sums.update(ce=ce.item(), ctc=ctc.item(), n=1)
            if step % 50 == 0:
                now = time.time()
                say(f"step {step} p {p:.3f} attention {sums['ce'] / sums['n']:.3f} ctc {sums['ctc'] / sums['n']:.3f} "
                    f"lr {lr * args.lr:.2e} {(now - told) / sums['n']:.2f} s/step, {time.strftime('%H:%M')}, {(now - begin) / 60:.0f} min, waiting {queue.qsize()}")
                told = now
                sums.clear()
            if step % 400 == 0:
                evaluate()
                told = time.time()
        if p >= 1 or time.time() - saved > 300:
            saved = time.time()
            torch.save({"model": model.state_dict(), "adam": adam.state_dict(), "muon": muon.state(), "step": step, "begin": begin}, path("checkpoint.tmp"))
            os.replace(path("checkpoint.tmp"), path("checkpoint.pt"))
        if p >= 1:
            evaluate()
            say(f"end: {step} steps, {audio / 3600:.1f} h of windows heard, {(time.time() - begin) / 60:.0f} minutes")
            break
    worker.terminate()


if __name__ == "__main__":
    main()
