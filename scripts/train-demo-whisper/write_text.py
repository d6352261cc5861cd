"""Writes the training text: every line of it comes from the text files beside this script.

    python write_text.py OUT_DIR [--count 48000] [--seed 7]

Writes OUT_DIR/train.txt, OUT_DIR/dev.txt, OUT_DIR/held.txt (one sentence a line) and OUT_DIR/words.txt
(the vocabulary with its number of occurrences in train.txt). dev and held share no sentence with train.
"""
import argparse
import collections
import os
import random
import re

HERE = os.path.dirname(os.path.abspath(__file__))
VOWELS = "aeiou"
# Words that sound like another word of the vocabulary: only sentences use them, not random sequences of words.
HOMOPHONES = set("""there their they're to too two four for no know right write hear here by buy bye your you're its it's
whole hole we've weave one won wood would male mail see sea our hour eight ate new knew read red week weak meet meat
some sum son sun through threw wait weight which witch cent sent rowed road rode mourning morning board bored break brake
peace piece plain plane principal principle pair pear past passed flower flour role roll scene seen sail sale sell cell
cells sells steal steel tail tale tails tales tied tide tides vane vein wear where weather whether wheel we'll weigh way
made maid knight night nights fair fare blew blue allowed aloud be bee been bean beans berry bury bear bare brakes breaks
ceiling sealing cereal serial son flu flew grate great guessed guest guests heard herd hi high him hymn I eye eyes in inn
isle I'll aisle key quay keys lead led lessen lesson lessens lessons mane main missed mist moose mousse oar or pause paws
pauses peak peek pedal peddle poor pour pours practice practise practices practises profit prophet rain reign rap wrap raps
wraps raised rays ring wring rings root route roots scent sew so sole soul stair stare stairs stares stationary stationery
storey story sweet suite tea tee team teem their thrown throne toe tow toes tows vary very waist waste warn worn war wore
whose who's wine whine mark mall maul hall haul cord chord cast caste idle idol leader bored feet feat
find fined fined higher hire hi-fi paste pasted pact packed minor miner mind mined nose knows not knot knots nots check
cheque floor flaw sauce source court caught sort sought sorts stork stalk talk torque law lore saw sore board aunt aunts
ant ants but butt cue queue cues queues mustard mustered chute shoot hole wholes rose rows ruff rough sight site
hear holy wholly minute jeans genes days daze dessert desert deserts desserts draft draught grown groan wave waive waves
tense tents dense dents presents presence patients patience guerrilla gorilla kernel colonel council counsel cruise crews
tire tyre tyres tires tracked tract symbol cymbal muscle mussel muscles might mite mode mowed paced paste pole poll
pear pears peers pier pore prize pries prizes prince prints prints sink sync side sighed sighs size sizes soar soared sword
allowed taught taut tort told tolled too tacks tax union verses versus ware wares wheels whirled world""".split())


def plural(w):
    if re.search(r"(s|x|ch|sh)$", w):
        return w + "es"
    if re.search(r"[^aeiou]y$", w):
        return w[:-1] + "ies"
    return w + "s"


def past(w):
    if w.endswith("e"):
        return w + "d"
    if re.search(r"[^aeiou]y$", w):
        return w[:-1] + "ied"
    return w + w[-1] + "ed" if doubles(w) else w + "ed"


def doubles(w):
    one_syllable = len(re.findall(r"[aeiouy]+", w)) == 1
    return bool(re.search(r"[^aeiou][aeiou][bdgklmnprt]$", w)) and (one_syllable or w in ("commit", "permit", "begin", "prefer", "refer", "transfer"))


def ing(w):
    if w in ("tie", "lie", "die"):
        return w[:-2] + "ying"
    if w.endswith("e") and not w.endswith("ee"):
        return w[:-1] + "ing"
    return w + w[-1] + "ing" if doubles(w) else w + "ing"


def words_below(n):
    ones = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
    tens = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
    return ones[n] if n < 20 else tens[n // 10] + ("" if n % 10 == 0 else "-" + ones[n % 10])


class Lexicon:
    def __init__(self):
        s = collections.defaultdict(list)
        section = None
        for line in open(os.path.join(HERE, "lexicon.txt"), encoding="utf-8"):
            line = line.strip()
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith("#"):
                s[section] += line.split()
        s = {k: list(dict.fromkeys(v)) for k, v in s.items()}
        slots = {k: s[k] for k in ("adj", "adv", "name", "title", "place", "day", "month", "subject")}
        slots["n"], slots["ns"] = [], []
        for w in s["noun"]:
            one, _, many = w.partition("/")
            slots["n"].append(one)
            slots["ns"].append(many or plural(one))
        slots["m"] = s["mass"]
        for k in ("v", "vs", "ved", "ving"):
            slots[k] = []
        for w in s["verb"]:
            f = w.split("/")
            slots["v"].append(f[0])
            slots["vs"].append(plural(f[0]) if not f[0].endswith("go") else f[0] + "es")
            slots["ved"].append(f[1] if len(f) > 1 else past(f[0]))
            slots["ving"].append(f[2] if len(f) > 2 else ing(f[0]))
        slots["ord"] = "first second third fourth fifth sixth seventh eighth ninth tenth last next".split()
        self.slots = {k: list(dict.fromkeys(v)) for k, v in slots.items()}
        self.other = s["other"]
        pool = [w for k in ("n", "ns", "m", "v", "vs", "ved", "ving", "adj", "adv", "name", "title", "place", "day", "month") for w in self.slots[k]]
        self.vocabulary = sorted(set(pool) | set(self.other))
        self.random_pool = [w for w in sorted(set(pool)) if w.lower() not in HOMOPHONES]
        self.queues = {}

    def draw(self, slot, rng):
        """Words come from shuffled queues, so that all of a slot's words are used about equally often."""
        if slot == "num":
            return words_below(rng.randrange(1, 21) if rng.random() < 0.5 else rng.randrange(20, 100))
        if slot == "time":
            h = words_below(rng.randrange(1, 13))
            return rng.choice(["half past " + h, "quarter past " + h, "a quarter to " + h, h + " o'clock", h + " thirty", "ten past " + h, "twenty to " + h, h + " fifteen"])
        q = self.queues.setdefault(slot, [])
        if not q:
            q += self.random_pool if slot == "random" else self.slots[slot]
            rng.shuffle(q)
        return q.pop()


def finish(text):
    text = text.replace("-", " ")
    text = re.sub(r"\b([Aa]) (?=(?:[aeio]|u(?!se|ni))|hour\b|honest)", r"\1n ", text)
    return text[0].upper() + text[1:]


def fill(template, lex, rng):
    text = re.sub(r"\[([^\]]*)\]", lambda m: rng.choice(m[1].split("|")), template)
    return finish(re.sub(r"\{(\w+)\}", lambda m: lex.draw(m[1], rng), text))


def random_words(lex, rng):
    """A sequence without sense: it teaches spelling by ear, not by guessing."""
    out = []
    for _ in range(rng.randrange(2, 10)):
        out.append(lex.draw("random", rng))
        if rng.random() < 0.15:
            out.append(rng.choice(("the", "and", "of", "a", "in", "with", "my", "is", "that", "was")))
    text = " ".join(out)
    return finish(re.sub(r"\ba$", "the", text) + ("?" if rng.random() < 0.1 else "."))


def lines(name):
    for line in open(os.path.join(HERE, name), encoding="utf-8"):
        line = line.strip()
        if line and not line.startswith("#"):
            yield line


def tokens(text):
    return re.findall(r"[A-Za-z']+", text)


def reserved():
    """Sentences of the demo session: never trained on."""
    path = os.path.join(HERE, "demo_session.tsv")
    if not os.path.exists(path):
        return set()
    return {line.rstrip("\n").split("\t")[-1] for line in open(path, encoding="utf-8") if not line.startswith("#")}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--count", type=int, default=48000)
    ap.add_argument("--seed", type=int, default=7)
    a = ap.parse_args()
    rng = random.Random(a.seed)
    lex = Lexicon()
    templates = list(lines("templates.txt"))
    written = list(lines("sentences.txt"))
    commands = [t[1:] for t in written if t.startswith("*")]
    written = [t.lstrip("*") for t in written]
    # words of [other] that patterns reach rarely: woven into short sequences
    loose = [w for w in lex.other if w.lower() not in HOMOPHONES]
    seen, generated = set(written) | reserved(), []
    while len(generated) < a.count:
        r = rng.random()
        if r < 0.55:
            t = fill(rng.choice(templates), lex, rng)
        elif r < 0.93:
            t = random_words(lex, rng)
        else:
            t = " ".join(rng.choice(loose) if rng.random() < 0.6 else lex.draw("random", rng) for _ in range(rng.randrange(3, 8)))
            t = finish(t + ".")
        if t not in seen and len(t) < 110:
            seen.add(t)
            generated.append((r, t))
    sentences = [t for r, t in generated if r < 0.55 and len(tokens(t)) >= 4]
    rng.shuffle(sentences)
    held, dev = sentences[:400], sentences[400:500]
    apart = set(held) | set(dev)
    train = [t for _, t in generated if t not in apart] + written + commands * 11 + written * 3
    rng.shuffle(train)
    # The words of this trade once more. They come last, from a generator of their own: what is above stays as it was.
    rng, more, patterns = random.Random(a.seed + 1), [], list(lines("coaching.txt"))
    while len(more) < a.count // 32:
        t = fill(rng.choice(patterns), lex, rng)
        if t not in seen:
            seen.add(t)
            more.append(t)
    train += more
    os.makedirs(a.out, exist_ok=True)
    for name, part in (("train", train), ("dev", dev), ("held", held)):
        with open(os.path.join(a.out, name + ".txt"), "w", encoding="utf-8") as f:
            f.write("\n".join(part) + "\n")
    count = collections.Counter(w for t in train for w in tokens(t))
    lower = collections.Counter()
    for w, c in count.items():
        lower[w.lower()] += c
    with open(os.path.join(a.out, "words.txt"), "w", encoding="utf-8") as f:
        for w, c in sorted(lower.items(), key=lambda x: -x[1]):
            f.write(f"{w}\t{c}\n")
    rare = [w for w, c in lower.items() if c < 15]
    print(f"{len(train)} lines, {len(set(train))} distinct, {sum(count.values())} words, vocabulary {len(lower)}, "
          f"{len(rare)} words fewer than 15 times: {' '.join(sorted(rare)[:60])}")


if __name__ == "__main__":
    main()
