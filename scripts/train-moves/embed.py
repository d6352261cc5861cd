"""all-MiniLM-L6-v2 in a page of PyTorch: the vectors that src/moves/encoder/ makes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn.functional import gelu, layer_norm, linear, normalize, scaled_dot_product_attention

HEADS, LAYERS, WIDTH, MAX_TOKENS = 12, 6, 384, 256


class MiniLM:
    """The model in a folder, with what it has encoded so far kept in `cache`."""

    def __init__(self, folder: Path, cache: Path | None = None):
        self.tensors = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.cache = cache
        self.known: dict[str, np.ndarray] = {}
        if cache and cache.exists():
            stored = np.load(cache)
            self.known = dict(zip(json.loads(str(stored["texts"])), stored["vectors"]))

    def __call__(self, texts: list[str]) -> np.ndarray:
        """One row of length 1 per text."""
        new = sorted(set(texts) - self.known.keys(), key=len)
        for start in range(0, len(new), 64):
            batch = new[start : start + 64]
            for text, vector in zip(batch, self.forward(batch)):
                self.known[text] = vector
        if new and self.cache:
            texts_known = list(self.known)
            np.savez(self.cache, texts=json.dumps(texts_known), vectors=np.stack([self.known[t] for t in texts_known]))
        return np.stack([self.known[text] for text in texts])

    @torch.no_grad()
    def forward(self, texts: list[str]) -> np.ndarray:
        t = self.tensors
        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        length = max(map(len, encoded))
        ids = torch.tensor([row + [0] * (length - len(row)) for row in encoded])
        kept = torch.tensor([[1.0] * len(row) + [0.0] * (length - len(row)) for row in encoded])
        mask = (kept[:, None, None, :] - 1) * 1e9

        def norm(x, name):
            return layer_norm(x, (WIDTH,), t[f"{name}.weight"], t[f"{name}.bias"], 1e-12)

        def dense(x, name):
            return linear(x, t[f"{name}.weight"], t[f"{name}.bias"])

        x = t["embeddings.word_embeddings.weight"][ids] + t["embeddings.position_embeddings.weight"][:length]
        x = norm(x + t["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            q, k, v = (
                dense(x, f"{name}.attention.self.{part}").unflatten(2, (HEADS, -1)).transpose(1, 2)
                for part in ("query", "key", "value")
            )
            mixed = scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2)
            x = norm(x + dense(mixed, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
            x = norm(x + dense(gelu(dense(x, f"{name}.intermediate.dense")), f"{name}.output.dense"), f"{name}.output.LayerNorm")
        mean = (x * kept[:, :, None]).sum(1) / kept.sum(1, keepdim=True)
        return normalize(mean, dim=1).numpy()
