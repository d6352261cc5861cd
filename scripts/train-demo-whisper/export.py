"""Turns a checkpoint into a file for whisper.cpp: ggml, English vocabulary, large matrices in q5_0.

    python export.py --out DIR_OF_TRAINING --gpt2 gpt2.tiktoken --filters mel_filters.npz FILE
        [--manifest models/MANIFEST.toml]

--manifest writes the file's length and hash into the entry demo.en. The training knows only the sub-words that our text uses; whisper.cpp expects all 51,864 tokens. The rows of the others
are zero but for -30 in the last dimension, where the decoder's output is always 1: they are never chosen.
"""
import argparse
import hashlib
import os
import pickle
import re
import struct

import numpy as np
import torch

from whisper import EOT, MELS, N_VOCAB, Whisper, load_gpt2

MAGIC = 0x67676D6C
FTYPE_Q5_0, QUANTISATION_VERSION = 8, 2
F32, F16, Q5_0 = 0, 1, 6
SILENT = -30.0  # logit of a token that the model does not know


def q5_0(x):
    """ggml's q5_0: blocks of 32 numbers share an f16 scale; of the scales near ggml's own, the one with the least error."""
    x = np.ascontiguousarray(x, np.float32).reshape(-1, 32)
    top = np.take_along_axis(x, np.abs(x).argmax(1)[:, None], 1)
    best = np.full(len(x), np.inf)
    scale, codes = np.zeros((len(x), 1), np.float16), np.full(x.shape, 16, np.uint8)
    for divisor in (-16.0, -15.5, -15.0, -16.5, -17.0, -14.5, -17.5):
        d = (top / divisor).astype(np.float16)
        inverse = np.divide(1, d.astype(np.float32), out=np.zeros_like(top), where=d != 0)
        q = np.clip(np.floor(x * inverse + 16.5), 0, 31)
        error = ((x - (q - 16) * d.astype(np.float32)) ** 2).sum(1)
        better = error < best
        best[better], scale[better], codes[better] = error[better], d[better], q[better]
    low = (codes[:, :16] & 15) | (codes[:, 16:] & 15) << 4
    high = np.packbits(codes >> 4, axis=1, bitorder="little")
    return np.concatenate([scale.view(np.uint8), high, low], 1).tobytes()


def tensors(model, units):
    """Names and numbers as OpenAI's checkpoints have them."""
    for name, x in model.state_dict().items():
        part, _, rest = name.partition(".")
        if part == "ctc" or rest in ("token", "time_features", "time_map", "keep", "mask"):
            continue
        x = x.float().numpy().copy()
        if name.startswith("encoder.conv") and name.endswith("bias"):
            x = x[:, None]
        if name in ("decoder.ln.weight", "decoder.ln.bias"):
            x[-1] = 0.0 if name.endswith("weight") else 1.0
        yield name, x
    e = np.zeros((N_VOCAB, model.decoder.token.shape[1]), np.float32)
    e[:, -1] = SILENT
    e[units.ids] = model.decoder.embedding().detach().numpy()
    yield "decoder.token_embedding.weight", e


def write(f, model, units, gpt2, filters):
    d = model.decoder.token.shape[1]
    f.write(struct.pack("<I11i", MAGIC, N_VOCAB, 1500, d, d // 64, len(model.encoder.blocks), 448, d, d // 64,
                        len(model.decoder.blocks), MELS, QUANTISATION_VERSION * 1000 + FTYPE_Q5_0))
    f.write(struct.pack("<2i", *filters.shape) + filters.astype("<f4").tobytes())
    tokens = sorted(gpt2, key=gpt2.get)
    assert [gpt2[t] for t in tokens] == list(range(EOT))
    tokens.append(b"<|endoftext|>")
    f.write(struct.pack("<i", len(tokens)))
    for t in tokens:
        f.write(struct.pack("<i", len(t)) + t)
    for name, x in tensors(model, units):
        convolution = name in ("encoder.conv1.weight", "encoder.conv2.weight")
        plain = x.ndim == 1 or name.endswith("positional_embedding") or name.endswith("bias")
        form = F32 if plain else F16 if convolution else Q5_0
        f.write(struct.pack("<3i", x.ndim, len(name), form) + struct.pack(f"<{x.ndim}i", *reversed(x.shape)) + name.encode())
        f.write(x.astype("<f4").tobytes() if form == F32 else x.astype("<f2").tobytes() if form == F16 else q5_0(x))


def enter(manifest, file):
    """Writes the file's length and hash into the manifest's entry demo.en."""
    data = open(file, "rb").read()
    text = open(manifest, encoding="utf-8").read()
    start = text.index('name = "demo.en"')
    end = text.index("[[model]]", start)
    entry = re.sub(r"sha256 = .*\n", "", text[start:end])
    entry = re.sub(r"bytes = \d+\n", f'bytes = {len(data)}\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n', entry)
    with open(manifest, "w", encoding="utf-8") as f:
        f.write(text[:start] + entry + text[end:])


def main():
    ap = argparse.ArgumentParser()
    for name in ("out", "gpt2", "filters"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("file")
    ap.add_argument("--manifest")
    a = ap.parse_args()
    units = pickle.load(open(os.path.join(a.out, "units.pickle"), "rb"))
    checkpoint = torch.load(os.path.join(a.out, "checkpoint.pt"), map_location="cpu")
    model = Whisper(units, checkpoint["d"], *checkpoint["layers"])
    model.load_state_dict(checkpoint["model"])
    with open(a.file + ".part", "wb") as f:
        write(f, model, units, load_gpt2(a.gpt2), np.load(a.filters)["mel_80"])
    os.replace(a.file + ".part", a.file)
    if a.manifest:
        enter(a.manifest, a.file)
    print(f"{a.file}: step {checkpoint['step']}, {os.path.getsize(a.file)} bytes")


if __name__ == "__main__":
    main()
