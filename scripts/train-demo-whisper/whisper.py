"""What training, export and evaluation share: sub-words, the mel spectrogram as whisper.cpp computes it, the model."""
import base64
import collections
import contextlib
import functools
import math
import re
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

RATE, HOP, FFT, MELS = 16000, 160, 400, 80
EOT, SOT, NOSPEECH, NOTIMES, TIMES, N_VOCAB = 50256, 50257, 50361, 50362, 50363, 51864
TIME_STEP = 0.1  # segment times are written in tenths of a second: every fifth timestamp token


@functools.cache
def bf16_is_faster():
    """Matrix products in bf16 are ten times as fast as in fp32 where the processor has AMX, and 40 times as slow where it
    emulates them: time both."""
    def seconds(kind):
        a, b = torch.ones(512, 256, dtype=kind), torch.ones(256, 1024, dtype=kind)
        a @ b
        start = time.perf_counter()
        for _ in range(5):
            a @ b
        return time.perf_counter() - start
    return seconds(torch.bfloat16) < seconds(torch.float32)


def autocast(device="cpu"):
    device = torch.device(device).type
    return torch.autocast(device, dtype=torch.bfloat16) if device == "cuda" or bf16_is_faster() else contextlib.nullcontext()


def load_gpt2(path):
    """gpt2.tiktoken (in the openai-whisper sdist): the byte strings of tokens 0 to 50255."""
    ranks = {}
    for line in open(path, "rb"):
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    return ranks


def pieces(text):
    """' What did you notice?' -> ' What', ' did', ' you', ' notice', '?'"""
    return re.findall(r" [A-Za-z']+|[.,?!]", " " + text)


class Units:
    """Sub-words: byte pair merges learnt on our text, among those strings that are tokens of GPT-2.

    A merge needs min_count occurrences in the text, so every unit has been heard often enough to be learnt.
    """

    def __init__(self, gpt2, words, min_count=100):
        self.gpt2, self.cache, self.merges = gpt2, {}, []
        known = {t.decode("ascii") for t in gpt2 if t.isascii()}
        split = {w: self.letters(w) for w in words}
        while True:
            pairs = collections.Counter()
            for w, s in split.items():
                for a, b in zip(s, s[1:]):
                    if a + b in known:
                        pairs[a, b] += words[w]
            if not pairs:
                break
            best, n = max(pairs.items(), key=lambda x: (x[1], x[0]))
            if n < min_count:
                break
            self.merges.append(best)
            for w, s in split.items():
                if best[0] in s:
                    split[w] = self.merge(s, best)
        used = {u for s in split.values() for u in s}
        self.rank = {m: i for i, m in enumerate(self.merges)}
        letters = {u for w in words for u in self.letters(w)}
        self.text = sorted(gpt2[u.encode()] for u in used | letters)
        self.times = [TIMES + 5 * i for i in range(301)]
        self.ids = self.text + [EOT, SOT, NOSPEECH, NOTIMES] + self.times  # unit -> whisper token
        self.index = {t: i for i, t in enumerate(self.ids)}                # whisper token -> unit
        self.first_time = self.index[TIMES]

    @staticmethod
    def letters(w):
        return [w[:2]] + list(w[2:]) if w[0] == " " else [w]

    @staticmethod
    def merge(s, pair):
        out, i = [], 0
        while i < len(s):
            if i + 1 < len(s) and s[i] == pair[0] and s[i + 1] == pair[1]:
                out.append(s[i] + s[i + 1])
                i += 2
            else:
                out.append(s[i])
                i += 1
        return out

    def word(self, w):
        if w not in self.cache:
            s = self.letters(w)
            while len(s) > 1:
                best = min(zip(s, s[1:]), key=lambda p: self.rank.get(p, 1 << 30))
                if best not in self.rank:
                    break
                s = self.merge(s, best)
            self.cache[w] = [self.index[self.gpt2[u.encode()]] for u in s]
        return self.cache[w]

    def encode(self, text):
        return [u for w in pieces(text) for u in self.word(w)]

    def decode(self, units):
        if not hasattr(self, "strings"):
            self.strings = {r: t.decode("latin1") for t, r in self.gpt2.items()}
        return "".join(self.strings[self.ids[u]] if self.ids[u] < EOT else "" if self.ids[u] < TIMES
                       else f"<{(self.ids[u] - TIMES) * 0.02:.1f}>" for u in units)


LETTERS = " 'abcdefghijklmnopqrstuvwxyz"  # CTC classes 1.., 0 is the blank


def letters(text):
    return [LETTERS.index(c) + 1 for c in re.sub(r"[^a-z' ]", "", text.lower())]


class Mel:
    def __init__(self, filters):
        self.filters = filters.T.astype(np.float32).copy()  # 201 x 80
        self.hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)

    def __call__(self, x):
        """x: float32, whole windows padded with zeros to their length; returns 80 x len/160, normalised."""
        import scipy.fft
        x = np.concatenate([x[FFT // 2:0:-1], x, np.zeros(FFT // 2, np.float32)])
        frames = np.lib.stride_tricks.sliding_window_view(x, FFT)[::HOP][:(len(x) - FFT) // HOP]
        p = scipy.fft.rfft(frames * self.hann, axis=1)
        m = np.log10(np.maximum((p.real ** 2 + p.imag ** 2) @ self.filters, 1e-10))
        return ((np.maximum(m, m.max() - 8.0) + 4.0) / 4.0).T.astype(np.float32)


def sinusoids(length, channels):
    inv = np.exp(-math.log(10000) / (channels // 2 - 1) * np.arange(channels // 2))
    t = np.arange(length)[:, None] * inv[None]
    return torch.tensor(np.concatenate([np.sin(t), np.cos(t)], 1), dtype=torch.float32)


class Attention(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.h = d // 64
        self.query, self.key = nn.Linear(d, d), nn.Linear(d, d, bias=False)
        self.value, self.out = nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x, xa=None, mask=None):
        xa = x if xa is None else xa
        b, t, d = x.shape
        q = (self.query(x) * 0.125).view(b, t, self.h, 64).transpose(1, 2)
        k = self.key(xa).view(b, -1, self.h, 64).permute(0, 2, 3, 1)
        v = self.value(xa).view(b, -1, self.h, 64).transpose(1, 2)
        w = q @ k  # plain products: faster backwards on a CPU than the fused kernel
        if mask is not None:
            w = w + mask[:t, :t].to(w.dtype)
        w = torch.softmax(w, -1)
        if self.training:
            self.weights = w
        return self.out((w @ v).transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self, d, cross=False):
        super().__init__()
        self.attn, self.attn_ln = Attention(d), nn.LayerNorm(d)
        if cross:
            self.cross_attn, self.cross_attn_ln = Attention(d), nn.LayerNorm(d)
        self.cross = cross
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(approximate="tanh"), nn.Linear(4 * d, d))
        self.mlp_ln = nn.LayerNorm(d)

    def forward(self, x, xa=None, mask=None):
        x = x + self.attn(self.attn_ln(x), mask=mask)
        if self.cross:
            x = x + self.cross_attn(self.cross_attn_ln(x), xa)
        return x + self.mlp(self.mlp_ln(x))


# Where the heads of each encoder layer look at first, in positions of 20 ms; a layer's other heads start anywhere.
NEARBY = ((-2, 2, 5), (-4, 4), (-8, 8), (-14, 14))


class Encoder(nn.Module):
    def __init__(self, d, layers):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(MELS, d, 3, padding=1), nn.Conv1d(d, d, 3, stride=2, padding=1)
        self.register_buffer("positional_embedding", sinusoids(1500, d))
        self.blocks = nn.ModuleList(Block(d) for _ in range(layers))
        self.ln_post = nn.LayerNorm(d)
        for block, offsets in zip(self.blocks, NEARBY):
            for head, offset in enumerate(offsets[:d // 64]):
                self.look(block.attn, head, offset)

    @staticmethod
    @torch.no_grad()
    def look(attention, head, offset):
        """Lets a head start by looking `offset` positions away: the quick sine waves of the positional embedding, turned by
        that much, meet in its product. Left to itself a head takes thousands of steps to look at its neighbours."""
        d = attention.query.weight.shape[1]
        query, key, rows = torch.zeros(64, d), torch.zeros(64, d), slice(64 * head, 64 * head + 64)
        for i in range(32):
            angle = offset * math.exp(-math.log(10000) / (d // 2 - 1) * i)
            sine, cosine = i, d // 2 + i
            query[2 * i, sine] = query[2 * i + 1, cosine] = 1
            key[2 * i, sine] = key[2 * i + 1, cosine] = math.cos(angle)
            key[2 * i, cosine], key[2 * i + 1, sine] = -math.sin(angle), math.sin(angle)
        for linear, waves in ((attention.query, query), (attention.key, key)):
            linear.weight[rows] = 1.2 * waves + 0.1 * linear.weight[rows]
        attention.query.bias[rows] = 0

    def forward(self, mel):
        x = F.gelu(self.conv1(mel), approximate="tanh")
        x = F.gelu(self.conv2(x), approximate="tanh").transpose(1, 2)
        x = x + self.positional_embedding[:x.shape[1]]
        for b in self.blocks:
            x = b(x)
        return self.ln_post(x)


class Decoder(nn.Module):
    """Rows exist only for the units in use. The last dimension is reserved: zero in every row, and 1 in the
    output of the final layer norm, so that export can silence all other tokens by a -30 there."""

    def __init__(self, d, layers, units):
        super().__init__()
        n = len(units.ids)
        self.first_time = units.first_time
        self.token = nn.Parameter(torch.randn(n, d) * 0.02)
        self.positional_embedding = nn.Parameter(sinusoids(448, d) * 0.02)
        # timestamps: a smooth function of time plus a row each
        t = np.arange(301)[:, None] * TIME_STEP
        f = 2 * np.pi / np.geomspace(0.5, 80.0, 48)[None]
        self.register_buffer("time_features", torch.tensor(np.concatenate([np.sin(t * f), np.cos(t * f)], 1), dtype=torch.float32))
        self.time_map = nn.Parameter(torch.randn(96, d) * 0.005)
        keep = torch.ones(d)
        keep[-1] = 0
        self.register_buffer("keep", keep)
        self.blocks = nn.ModuleList(Block(d, cross=True) for _ in range(layers))
        self.ln = nn.LayerNorm(d)
        self.register_buffer("mask", torch.full((448, 448), -1e4).triu(1))

    def embedding(self):
        e = self.token
        return torch.cat([e[:self.first_time], e[self.first_time:] + self.time_features @ self.time_map]) * self.keep

    def forward(self, units, xa):
        e = self.embedding()
        x = F.embedding(units, e) + self.positional_embedding[:units.shape[1]]
        for b in self.blocks:
            x = b(x, xa, self.mask)
        return self.ln(x) @ e.T


class Whisper(nn.Module):
    def __init__(self, units, d=192, audio_layers=4, text_layers=3):
        super().__init__()
        self.encoder, self.decoder = Encoder(d, audio_layers), Decoder(d, text_layers, units)
        self.ctc = nn.Linear(d, len(LETTERS) + 1)  # helps training only

    @torch.no_grad()
    def greedy(self, mel, units, times=False, limit=200):
        with autocast(mel.device):
            xa = self.encoder(mel)
            seq = torch.full((len(mel), 1), units.index[SOT], device=mel.device)
            if not times:
                seq = torch.cat([seq, torch.full_like(seq, units.index[NOTIMES])], 1)
            start, done = seq.shape[1], torch.zeros(len(mel), dtype=torch.bool, device=mel.device)
            for _ in range(limit):
                logits = self.decoder(seq, xa)[:, -1].float()
                logits[:, units.index[NOSPEECH]] = -1e9
                if times:
                    logits[:, units.index[NOTIMES]] = -1e9
                nxt = logits.argmax(-1).masked_fill(done, units.index[EOT])
                seq = torch.cat([seq, nxt[:, None]], 1)
                done |= nxt == units.index[EOT]
                if done.all():
                    break
        return [units.decode(s[start:].tolist()) for s in seq]


def edits(ref, hyp):
    """Word edits between two texts after lower-casing and dropping punctuation: (errors, words of ref)."""
    a, b = (re.sub(r"[^a-z0-9' ]", " ", t.lower()).split() for t in (ref, hyp))
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        prev, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            prev, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, prev + (x != y))
    return row[-1], len(a)
