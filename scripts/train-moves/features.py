"""The words of an utterance as features: what src/moves/features.rs computes, for training.

Both sides must agree to the letter: tests/fixtures/moves-golden.tsv holds what this file makes of a few dozen utterances,
and the Rust side is tested against it. A feature is a string; the head knows it by its 32-bit FNV-1a hash.
"""

from __future__ import annotations

import re

FILLERS = {"um", "uh", "er", "erm", "ah", "eh", "uhm", "umm"}
# Words that open an utterance and say nothing about what it does.
OPENERS = {
    "so", "and", "but", "well", "okay", "ok", "right", "yeah", "yes", "now", "no", "oh", "alright", "then", "cause",
    "because", "or", "mm", "hmm", "mhm", "just", "actually", "great", "good", "sure",
}
# The listed words of a backchannel: alone, or a few of them in a row.
LISTED = {
    "mm", "mhm", "mmm", "hm", "hmm", "mmhm", "mmhmm", "uhhuh", "huh", "yeah", "yep", "yes", "yup", "okay", "ok", "right", "sure",
    "oh", "aha", "really", "wow", "gotcha", "cool", "alright", "true", "exactly", "absolutely", "definitely", "great",
    "good", "nice", "no", "fine", "lovely", "perfect",
}
PAIRS = {("i", "see"), ("got", "it"), ("all", "right")}
MAX_LISTED = 3
CLASSES = {
    "AUX": "do does did is are was were can could would will have has had should might may am",
    "NEG": "don't doesn't didn't isn't aren't wasn't weren't can't couldn't wouldn't won't haven't hasn't shouldn't not never",
    "WH": "what how why where when who which what's how's who's where's whose",
    "YOU": "you your yours yourself you're you've you'd you'll",
    "ME": "i me my mine myself i'm i've i'd i'll",
    "WE": "we us our ours ourselves we're we've we'd we'll let's",
    "THEY": "they them their he she him her his they're he's she's they've everyone everybody kids students children",
    "IT": "it that this there it's that's there's these those",
    "ART": "a an the some any",
    "MUST": "must need needs ought gotta supposed",
    "THINK": "think feel thinking feeling know guess believe wonder mean",
    "SAY": "say said saying sounds sound seems seem hear hearing looks look looked",
    "TO": "to of in on at for with about from by into",
    "AND": "and but so or because if than then as",
}
CLASS_OF = {word: name for name, words in CLASSES.items() for word in words.split()}
STOP = set(CLASS_OF) | OPENERS | FILLERS | {
    "like", "really", "very", "kind", "sort", "it", "be", "been", "being", "get", "got", "go", "going", "gonna", "lot", "bit",
    "thing", "things", "something", "one", "all", "out", "up", "down", "just", "more", "much", "too", "also",
}
MAX_TOKENS = 60
BRACKETS = re.compile(r"\[[^\]]*\]")


def tokens(text: str) -> list[str]:
    """Lower-case words without fillers, notes in brackets and stutters."""
    kept: list[str] = []
    for word in split(plain(text)):
        if kept and kept[-1] == word:
            continue
        kept.append(word)
        # "I was I was going"
        if len(kept) >= 4 and kept[-4:-2] == kept[-2:]:
            del kept[-2:]
    return kept[:MAX_TOKENS]


def listening(text: str) -> bool:
    """Whether a text is made of listed words only."""
    # "Mm-hmm" is one word.
    words, count = split(plain(text).replace("-", ""))[: 2 * MAX_LISTED + 1], 0
    while words:
        if tuple(words[:2]) in PAIRS:
            words = words[2:]
        elif words[0] in LISTED:
            words = words[1:]
        else:
            return False
        count += 1
    return 1 <= count <= MAX_LISTED


def split(text: str) -> list[str]:
    """Letters, digits and apostrophes; anything else parts words."""
    words, word = [], ""
    for character in text + " ":
        if character.isalnum() or character == "'":
            word += character
            continue
        word = word.strip("'")
        if word and word not in FILLERS:
            words.append(word)
        word = ""
    return words


def plain(text: str) -> str:
    return BRACKETS.sub(" ", text).replace("\u2019", "'").lower()


def ends_asking(text: str) -> bool:
    return text.rstrip().rstrip("\"')-\u2014\u201d ").endswith("?")


def stem(word: str) -> str:
    """Crude: enough to see that "planned" and "planning" are one."""
    for ending in ("ing", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def content(words: list[str]) -> set[str]:
    return {stem(word) for word in words if word not in STOP and len(word) > 2}


def heard_before(units: list[tuple[str, str]], at: int) -> list[int]:
    """The other's last words before a unit: up to three units of theirs, the latest first, backchannels left out."""
    mine = units[at][0]
    heard: list[int] = []
    for before in range(at - 1, max(at - 9, -1), -1):
        speaker, text = units[before]
        if listening(text):
            continue
        if speaker != mine:
            heard.append(before)
            if len(heard) == 3:
                break
        elif heard:
            break
    return heard


def bucket(count: int) -> int:
    for at, limit in enumerate((0, 1, 2, 3, 5, 8, 12, 18, 27, 40)):
        if count <= limit:
            return at
    return 10


def features(units: list[tuple[str, str]], at: int) -> list[str]:
    """The features of one unit of a dialogue, each once; a unit is who speaks and what."""
    speaker, text = units[at]
    words = tokens(text)
    found = ["bias", f"len={bucket(len(words))}"]
    if ends_asking(text):
        found.append("?")
    core = list(words)
    while len(core) > 1 and core[0] in OPENERS:
        core.pop(0)
    classes = [CLASS_OF.get(word, "_") for word in core]
    add = found.append
    for index, word in enumerate(words):
        add(f"1 {word}")
        if index:
            add(f"2 {words[index - 1]} {word}")
        if index > 1:
            add(f"3 {words[index - 2]} {words[index - 1]} {word}")
    for length in (1, 2, 3):
        if len(core) >= length:
            add("^ " + " ".join(core[:length]))
            add("^C " + " ".join(classes[:length]))
            add("$ " + " ".join(core[-length:]))
    if words:
        add(f"^^ {words[0]}")
    for index in range(1, len(classes)):
        add(f"C2 {classes[index - 1]} {classes[index]}")
        if index > 1:
            add(f"C3 {classes[index - 2]} {classes[index - 1]} {classes[index]}")
    for index, word in enumerate(core[:-1]):
        # The words that matter most keep their own name beside a class.
        add(f"M {word} {classes[index + 1]}")
        add(f"N {classes[index]} {core[index + 1]}")
    if at == 0:
        add("first")
    else:
        before, said = units[at - 1]
        whose = "o" if before != speaker else "s"
        add(f"b={whose}")
        if ends_asking(said):
            add(f"b?{whose}")
        previous = tokens(said)
        while len(previous) > 1 and previous[0] in OPENERS:
            previous.pop(0)
        if previous:
            add(f"b^{whose} {previous[0]}")
            add(f"b^{whose}C " + " ".join(CLASS_OF.get(word, "_") for word in previous[:2]))
    if at + 1 < len(units):
        after, says = units[at + 1]
        whose = "o" if after != speaker else "s"
        add(f"a={whose}")
        following = tokens(says)
        if following:
            add(f"a^{whose} {following[0]}")
    else:
        add("last")
    heard = content([word for before in heard_before(units, at) for word in tokens(units[before][1])])
    own = content(words)
    shared = len(own & heard)
    add(f"shared={bucket(shared)}")
    if own:
        add(f"share={4 * shared // len(own)}")
    return list(dict.fromkeys(found))


def fnv(feature: str) -> int:
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in feature.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value
