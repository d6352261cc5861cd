"""Trains the head that codes moves, and writes models/moves-head.safetensors.

    python train.py TEXT_MODEL_FOLDER OUTPUT [--cache FILE]

Logistic regressions on word features (features.py), the embedding of the utterance and that of what the other said before,
fitted on corpus/*.tsv with 15 % of the dialogues kept aside, on which the temperature is fitted and the numbers printed are
measured. A second set of heads does without the embeddings. Seeded; a few minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from safetensors.numpy import save_file
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score

from dialogues import SEED, Row, parted
from embed import MiniLM
from features import features, fnv, heard_before, listening

# Utterances that a feature occurs in at least: rarer ones say nothing that carries over.
MIN_COUNT = 4
# Of the dialogues, those whose worn variant has no contractions.
WRITTEN_OUT_SHARE = 0.5
# What an embedding weighs against a word, and how much is regularised: chosen on folds of the corpus.
EMBEDDING, HEARD, C = 4.0, 1.5, 0.05
COACH = ["question", "reflection", "affirmation", "support", "autonomy", "information", "advice", "advice_invited",
         "direction", "confrontation", "structure"]
COACHEE = ["response", "initiation", "noticing", "reasoning", "alternatives", "commitment"]
FORM = ["open", "closed", "statement"]
ASKS = ["noticing", "reasoning", "alternatives", "other"]
# The corpus has what the head must learn, not what sessions have: 0.6 reflections to a question, where MITI 4.2.1 calls 1
# fair and 2 good, and many confrontations, which are rare. Odds are corrected by this after fitting (Saerens et al. 2002).
PRIOR = {"reflection": 2.0, "confrontation": 0.5}
HEADS = {"coach": COACH, "coachee": COACHEE, "form": FORM, "asks": ASKS}


def bare(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[^\w'\[\] ]", " ", text)).strip().lower() or text


# What a recogniser writes out or not as it likes: "I'll" is "I will". A noun's 's is a genitive and stays; so does a
# negation turned round, as nobody says "did not you".
PRONOUN = r"\b(i|you|he|she|it|we|they|that|there|what|who|how|where)"
STRAIGHT = r"\b(?! (?:i|you|he|she|it|we|they|that|there)\b)"
WRITTEN_OUT = [
    (r"\bcan't" + STRAIGHT, "can not"),
    (r"\bwon't" + STRAIGHT, "will not"),
    (r"(?<!ca)(?<!wo)n't" + STRAIGHT, " not"),
    (PRONOUN + r"'ll\b", r"\1 will"),
    (PRONOUN + r"'d\b(?= (?:been|had|got|gone|done|seen|thought|\w+ed)\b)", r"\1 had"),
    (PRONOUN + r"'d\b", r"\1 would"),
    (PRONOUN + r"'re\b", r"\1 are"),
    (PRONOUN + r"'ve\b", r"\1 have"),
    (r"\b(i)'m\b", r"\1 am"),
    (PRONOUN + r"'s\b(?= (?:been|got|gone|done|had)\b)", r"\1 has"),
    (PRONOUN + r"'s\b", r"\1 is"),
    (r"\bgonna\b", "going to"),
]


def written_out(text: str) -> str:
    """Contractions as whole words."""
    text = text.replace("\u2019", "'")
    for contracted, whole in WRITTEN_OUT:
        text = re.sub(contracted, whole, text, flags=re.IGNORECASE)
    return text


def worn(text: str, chance: random.Random) -> str:
    """As a recogniser might write it: other marks, a filler, a false start."""
    if text.endswith("?"):
        text = text[:-1] + chance.choice([".", ",", "", "."])
    words = text.split()
    if len(words) > 3 and chance.random() < 0.3:
        words.insert(chance.randrange(1, 3), words[0].lower() if chance.random() < 0.3 else "um,")
    if chance.random() < 0.3:
        words.insert(0, chance.choice(["So,", "And", "Um,", "Okay,", "Yeah,", "Well,", "Right,", "But"]))
    return " ".join(words)


def variants(dialogue: list[Row], chance: random.Random) -> list[list[Row]]:
    """As written; without any mark; and worn, with contractions written out in every other dialogue. The worn have the
    vectors of the bare, which saves encoding."""
    spell = written_out if chance.random() < WRITTEN_OUT_SHARE else str
    spelt = [(row, spell(row.text)) for row in dialogue]
    return [
        dialogue,
        [Row(row, text=bare(row.text)) for row in dialogue],
        [Row(row, text=worn(text, chance), encoded=bare(text)) for row, text in spelt],
    ]


class Design:
    """Utterances as rows of numbers."""

    def __init__(self, dialogues: list[list[Row]], encode: MiniLM):
        texts, self.rows, self.named, heard = [], [], [], []
        for dialogue in dialogues:
            units = [(row.role, row.text) for row in dialogue]
            for at, row in enumerate(dialogue):
                heard.append([len(texts) - at + before for before in heard_before(units, at)])
                self.named.append([fnv(feature) for feature in features(units, at)])
                self.rows.append(row)
            texts += [row.get("encoded", row.text) for row in dialogue]
        self.own = encode(texts)
        self.heard = np.stack([self.own[before].mean(0) if before else np.zeros(self.own.shape[1]) for before in heard])
        self.alike = (self.own * self.heard).sum(1, keepdims=True)

    def matrix(self, vocabulary: dict[int, int], embed: bool) -> sp.csr_matrix:
        places = [[vocabulary[name] for name in named if name in vocabulary] for named in self.named]
        ends = np.cumsum([0] + [len(row) for row in places])
        flat = np.fromiter((at for row in places for at in row), dtype=np.int32)
        words = sp.csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(places), len(vocabulary)))
        if not embed:
            return words
        dense = np.hstack([self.own * EMBEDDING, self.heard * HEARD, self.alike])
        return sp.hstack([words, sp.csr_matrix(dense)]).tocsr()


def spelt_features(dialogue: list[Row]) -> list[str]:
    units = [(row.role, written_out(row.text)) for row in dialogue]
    return [name for at in range(len(units)) for name in features(units, at)]


def labels(rows: list[Row], head: str) -> np.ndarray:
    """The class of each row in a head, -1 where the head does not concern it."""
    classes = HEADS[head]

    def label(row: Row) -> int:
        if head in ("coach", "coachee"):
            value = row.move if row.role == head else None
        elif head == "form":
            value = row.form
        else:
            value = row.get("asks") if row.role == "coach" else None
        return classes.index(value) if value in classes else -1

    return np.array([label(row) for row in rows])


class Head:
    def __init__(self, x: sp.csr_matrix, y: np.ndarray, classes: int, c: float):
        fitted = LogisticRegression(C=c, max_iter=400, tol=1e-4, random_state=SEED).fit(x, y)
        # A class that never occurs gets a bias that rules it out.
        self.weight = np.zeros((classes, x.shape[1]))
        self.bias = np.full(classes, -20.0)
        rows, bias = fitted.coef_, fitted.intercept_
        if len(fitted.classes_) == 2:
            rows, bias = np.vstack([-rows[0] / 2, rows[0] / 2]), np.array([-bias[0] / 2, bias[0] / 2])
        self.weight[fitted.classes_], self.bias[fitted.classes_] = rows, bias

    def scores(self, x) -> np.ndarray:
        return np.asarray(x @ self.weight.T) + self.bias

    def cool(self, x, y) -> float:
        """Fits the temperature (Guo et al. 2017) and divides by it."""
        scores = self.scores(x)

        def loss(t):
            return -np.log(softmax(scores / t)[np.arange(len(y)), y] + 1e-12).mean()

        t = minimize_scalar(loss, bounds=(0.3, 4.0), method="bounded").x
        self.weight, self.bias = self.weight / t, self.bias / t
        return t


def softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def calibration_error(p: np.ndarray, y: np.ndarray) -> float:
    sure, right = p.max(1), p.argmax(1) == y
    cells = np.minimum((sure * 10).astype(int), 9)
    return sum(abs(sure[cells == c].mean() - right[cells == c].mean()) * (cells == c).mean() for c in set(cells))


def train(encode: MiniLM):
    chance = random.Random(SEED)
    fit, kept = parted(chance)
    print(f"{len(fit) + len(kept)} dialogues, {sum(map(len, fit + kept))} utterances, {sum(map(len, kept))} kept aside")
    once = Design(fit, encode)
    counts = Counter(name for named in once.named for name in named)
    # What only occurs where contractions are written out counts too.
    counts |= Counter(fnv(name) for dialogue in fit for name in spelt_features(dialogue))
    names = sorted(name for name, count in counts.items() if count >= MIN_COUNT)
    vocabulary = {name: at for at, name in enumerate(names)}
    augmented = Design([variant for dialogue in fit for variant in variants(dialogue, chance)], encode)
    plain, stripped = Design(kept, encode), Design([variants(d, chance)[1] for d in kept], encode)
    heads = {}
    for embed in (True, False):
        x, xs = augmented.matrix(vocabulary, embed), [plain.matrix(vocabulary, embed), stripped.matrix(vocabulary, embed)]
        for head, classes in HEADS.items():
            y, ya = labels(augmented.rows, head), labels(plain.rows, head)
            sel, sela = y >= 0, ya >= 0
            fitted = Head(x[sel], y[sel], len(classes), C)
            t = fitted.cool(sp.vstack([m[sela] for m in xs]), np.tile(ya[sela], 2))
            p = softmax(fitted.scores(xs[0][sela]))
            bare_p = softmax(fitted.scores(xs[1][sela]))
            print(f"{head:8} {'embeddings' if embed else 'words only':10}  kappa {cohen_kappa_score(ya[sela], p.argmax(1)):.3f}"
                  f"  without marks {cohen_kappa_score(ya[sela], bare_p.argmax(1)):.3f}"
                  f"  calibration error {calibration_error(p, ya[sela]):.3f}  temperature {t:.2f}")
            if head == "coach":
                fitted.bias += np.log([PRIOR.get(name, 1.0) for name in classes])
            heads[head, embed] = fitted
    return names, heads


def export(names: list[int], heads: dict, output: Path):
    """Words' weights in half precision, as they are many; scales of the embeddings folded into their weights."""
    tensors = {"words": np.array(names, dtype=np.uint32)}
    count = len(names)
    scale = np.concatenate([np.full(384, EMBEDDING), np.full(384, HEARD), [1.0]])
    for (head, embed), fitted in heads.items():
        name = head if embed else f"{head}.words_only"
        tensors[f"{name}.words"] = np.ascontiguousarray(fitted.weight[:, :count].T).astype(np.float16)
        tensors[f"{name}.bias"] = fitted.bias.astype(np.float32)
        if embed:
            tensors[f"{name}.embedding"] = np.ascontiguousarray(fitted.weight[:, count:] * scale).astype(np.float32)
    save_file(tensors, output, metadata={"classes": json.dumps(HEADS), "seed": str(SEED)})
    print(f"{output}: {output.stat().st_size} bytes, {count} features")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text_model", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--cache", type=Path, help="keep embeddings here between runs (.npz)")
    arguments = parser.parse_args()
    names, heads = train(MiniLM(arguments.text_model, arguments.cache))
    export(names, heads, arguments.output)


if __name__ == "__main__":
    main()
