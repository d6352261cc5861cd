#!/usr/bin/env python3
"""The part of scripts/evaluate-moves-sound that speaks, imports and compares: evaluate-moves-sound.py SIDETONE [options]"""

from __future__ import annotations

import argparse
import array
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "train-moves"))
from dialogues import SEED, parted  # noqa: E402

RATE = 16_000
WRONG_BAR, INDEX_BAR = 0.05, 0.05
# Pairs that a listener would not confuse; (coach, coachee), turned about from session to session.
PAIRS = [("rms", "slt"), ("awb", "slt"), ("kal16", "slt"), ("en-gb", "slt"), ("rms", "en-us+f3")]
FLITE = {"rms", "slt", "awb", "kal16"}
LEVEL_DBFS, NOISE_DBFS = -25, -55
# Coach's rows that a session needs: the index of fewer has too wide an interval to be compared.
MIN_COACH_ROWS = 20
# Seconds of silence before a row, by whether the speaker changes.
PAUSES = {True: (0.35, 0.9), False: (0.15, 0.4)}
WORD = re.compile(r"[a-z0-9']+")


def words(text):
    return WORD.findall(text.replace("\u2019", "'").lower())


def speak(voice, text, folder):
    """Samples at 16 kHz, silence at both ends cut."""
    said, made = Path(folder, "said.wav"), Path(folder, "made.wav")
    if voice in FLITE:
        command = ["flite", "-voice", voice, "-t", text, "-o", str(said)]
    else:
        command = ["espeak-ng", "-v", voice, "-s", "160", "-w", str(said), "--", text]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", said, "-ar", str(RATE), "-ac", "1", made], check=True)
    with wave.open(str(made)) as file:
        samples = array.array("h", file.readframes(file.getnframes()))
    loud = max(map(abs, samples), default=0) * 0.02
    heard = [at for at, sample in enumerate(samples) if abs(sample) > loud]
    return samples[heard[0] : heard[-1] + 1] if heard else array.array("h")


def levelled(samples):
    energy = math.sqrt(sum(sample * sample for sample in samples) / max(1, len(samples))) or 1.0
    gain = 32768 * 10 ** (LEVEL_DBFS / 20) / energy
    return [max(-32768, min(32767, round(sample * gain))) for sample in samples]


def session(rows, voices, path, chance, folder):
    """Speaks rows into one track; gives (start, end, role, text) of each in seconds."""
    track, said, before = [], [], None
    for role, text in rows:
        track += [0] * round(chance.uniform(*PAUSES[role != before]) * RATE)
        start = len(track)
        track += levelled(speak(voices[role], text, folder))
        said.append((start / RATE, len(track) / RATE, role, text))
        before = role
    track += [0] * RATE
    noise = 32768 * 10 ** (NOISE_DBFS / 20)
    samples = (max(-32768, min(32767, round(sample + chance.gauss(0, noise)))) for sample in track)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array.array("h", samples).tobytes())
    return said


def aligned(true, heard):
    """Pairs of places that the cheapest edit of one list of words into the other takes for the same word, right or misheard."""
    costs = [list(range(len(heard) + 1))]
    for at, word in enumerate(true, 1):
        row, last = [at], costs[-1]
        for place, other in enumerate(heard, 1):
            row.append(min(last[place - 1] + (word != other), last[place] + 1, row[-1] + 1))
        costs.append(row)
    pairs, at, place = [], len(true), len(heard)
    while at and place:
        here = costs[at][place]
        if here == costs[at - 1][place - 1] + (true[at - 1] != heard[place - 1]):
            at, place = at - 1, place - 1
            pairs.append((at, place))
        elif here == costs[at - 1][place] + 1:
            at -= 1
        else:
            place -= 1
    return pairs, costs[-1][-1]


def by_time(said, turns):
    """Of the words that came out, (given to the other, all): a turn's words are spread over it, and each belongs to whoever
    was speaking then, or spoke nearest."""
    wrong = count = 0
    for turn in turns:
        if turn["role"] not in ("coach", "coachee"):
            continue
        number = len(words(turn["text"]))
        for at in range(number):
            then = turn["start_s"] + (turn["end_s"] - turn["start_s"]) * (at + 0.5) / number
            nearest = min(said, key=lambda row: max(row[0] - then, then - row[1], 0.0))
            wrong += nearest[2] != turn["role"]
            count += 1
    return wrong, count


def main():
    parser = argparse.ArgumentParser(prog="scripts/evaluate-moves-sound")
    parser.add_argument("binary", help=argparse.SUPPRESS)
    parser.add_argument("--sessions", type=int, default=6, help="how many (default 6)")
    parser.add_argument("--model", default="demo.en", help="the Whisper model (default demo.en)")
    parser.add_argument("--keep", type=Path, help="leave the sessions' sound here")
    arguments = parser.parse_args()

    _, kept = parted(random.Random(SEED))
    enough = [rows for rows in kept if sum(row.role == "coach" for row in rows) >= MIN_COACH_ROWS]
    chance = random.Random(SEED)
    differences, wrong, paired, timed_wrong, timed, errors, spoken = [], 0, 0, 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "SIDETONE_DATA_DIR": os.path.join(folder, "data")}
        key = os.path.join(folder, "key")
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write("measuring, not keeping\n")

        def run(*command):
            done = subprocess.run([arguments.binary, "--quiet", *command], stdout=subprocess.PIPE, text=True, env=environment)
            if done.returncode:
                sys.exit(f"error: sidetone {command[0]} failed\nhint: scripts/evaluate-moves-sound --help")
            return done.stdout

        run("coachee", "add", "E", "--passphrase-file", key)
        print(f"{'voices':16} {'words':>5} {'misheard':>9} {'wrong role':>11} {'by time':>8}   {'index from text':>15} {'from sound':>10} {'apart':>6}")
        for number, dialogue in enumerate(enough[: arguments.sessions]):
            pair = PAIRS[number % len(PAIRS)]
            voices = dict(zip(("coach", "coachee"), pair if number % 2 == 0 else pair[::-1]))
            rows = [(row.role, row.text) for row in dialogue]
            sound = Path(arguments.keep or folder, f"session-{number}.wav")
            sound.parent.mkdir(parents=True, exist_ok=True)
            said = session(rows, voices, sound, chance, folder)
            report = json.loads(run("--json", "import", str(sound), "--coachee", "E", "--consent-both", "--coach-speaks-first",
                                    "--model", arguments.model))
            heard_words = Path(folder, f"heard-{number}.json")
            run("transcript", "export", "last", "--format", "json", "--passphrase-file", key, "--output", str(heard_words))
            turns = json.loads(heard_words.read_text(encoding="utf-8"))
            table = Path(folder, "written.tsv")
            table.write_text("role\ttext\n" + "".join(f"{role}\t{text}\n" for role, text in rows), encoding="utf-8")
            written = json.loads(run("--json", "code", str(table)))

            true = [(word, role) for _, _, role, text in said for word in words(text)]
            heard = [(word, turn["role"]) for turn in turns for word in words(turn["text"])]
            pairs, edits = aligned([word for word, _ in true], [word for word, _ in heard])
            # A word that nobody was given to is in no number, so that it is not one given to the wrong role.
            roles = [(true[a][1], heard[b][1]) for a, b in pairs if heard[b][1] in ("coach", "coachee")]
            off, all_timed = by_time(said, turns)
            here = sum(a != b for a, b in roles)
            wrong, paired = wrong + here, paired + len(roles)
            timed_wrong, timed = timed_wrong + off, timed + all_timed
            errors, spoken = errors + edits, spoken + len(true)
            indices = [numbers["directiveness"]["index"] for numbers in (written, report)]
            shown = ["none" if value is None else f"{value:.2f}" for value in indices]
            apart = None if None in indices else abs(indices[0] - indices[1])
            differences.append(apart)
            print(f"{voices['coach'] + ', ' + voices['coachee']:16} {len(true):5} {edits / len(true):9.1%} {here / max(1, len(roles)):11.1%} "
                  f"{off / max(1, all_timed):8.1%}   {shown[0]:>15} {shown[1]:>10} {'none' if apart is None else f'{apart:.2f}':>6}", flush=True)
    told = [each for each in differences if each is not None]
    worst, mean = max(told, default=1.0), sum(told) / max(1, len(told))
    share = timed_wrong / max(1, timed)
    print(f"words misheard, left out or made up: {errors / max(1, spoken):.1%} of {spoken}")
    print(f"words given to the wrong role, by when they were said: {share:.1%} of {timed}, bar {WRONG_BAR:.0%}; "
          f"by which word they are: {wrong / max(1, paired):.1%} of {paired}, which means little where most are misheard")
    print(f"index from sound and from text apart: mean {mean:.3f}, most {worst:.3f}, in {len(told)} of {len(differences)} sessions; bar {INDEX_BAR}")
    missed = [name for name, value, bar in (("wrong role", share, WRONG_BAR), ("index", mean, INDEX_BAR)) if value > bar]
    if len(told) < len(differences):
        missed.append("sessions without an index")
    print("over a bar: " + (", ".join(missed) or "none"))
    sys.exit(1 if missed else 0)


main()
