"""Speaks demo_session.tsv with two of flite's voices into one room microphone: the fixture of tests/fixtures.

    python make_demo_session.py OUT_DIR [--seed 7]

Writes OUT_DIR/demo-session.ogg (16 kHz mono), .rttm (who spoke when; pauses of 0.3 s and more are left out) and .tsv
(start and end of each utterance in seconds, role, text). Needs flite and ffmpeg; numpy and scipy.
"""
import argparse
import os
import subprocess

import numpy as np

from synthesise import FLITE, RATE, flite, trim

HERE = os.path.dirname(os.path.abspath(__file__))
VOICES = {"coach": "rms", "coachee": "slt"}
LEVEL_DBFS = {"coach": -24, "coachee": -26}  # of the speech itself: the coach sits a little nearer
NOISE_DBFS = -55
PAUSE = 0.3  # s; shorter silence inside an utterance belongs to the speech
TAIL = 1.0  # s of room after the last word


def voiced(x):
    """Spans in seconds of an utterance, split where it is silent for PAUSE or longer."""
    frame = RATE // 100
    level = np.sqrt((x[:len(x) // frame * frame].reshape(-1, frame) ** 2).mean(1))
    loud = np.flatnonzero(level > 0.01 * level.max())
    spans = []
    for i in loud:
        if spans and i - spans[-1][1] < PAUSE * 100:
            spans[-1][1] = i + 1
        else:
            spans.append([i, i + 1])
    return [(a / 100, b / 100) for a, b in spans]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--seed", type=int, default=7)
    a = ap.parse_args()
    rng = np.random.default_rng(a.seed)
    now, pieces, rttm, tsv = 0.0, [], [], []
    for line in open(os.path.join(HERE, "demo_session.tsv"), encoding="utf-8"):
        if line.startswith("#"):
            continue
        role, pause, text = line.rstrip("\n").split("\t")
        voice = VOICES[role]
        stretch, pitch = rng.uniform(0.95, 1.05), FLITE[voice] * rng.uniform(0.97, 1.03)
        x = trim(flite(voice, text, stretch, pitch), margin=0.0).astype(np.float32)
        x *= 32768 * 10 ** ((LEVEL_DBFS[role] + rng.uniform(-1, 1)) / 20) / np.sqrt((x ** 2).mean())
        now = round(now + float(pause), 2)
        pieces.append((int(now * RATE), x))
        end = now + len(x) / RATE
        tsv.append(f"{now:.2f}\t{end:.2f}\t{role}\t{text}\n")
        for begin, stop in voiced(x):
            rttm.append(f"SPEAKER demo-session 1 {now + begin:.3f} {stop - begin:.3f} <NA> <NA> {role} <NA> <NA>\n")
        now = end
    room = rng.standard_normal(int((now + TAIL) * RATE)).astype(np.float32)
    room = room + 0.9 * np.concatenate([[0], room[:-1]])  # duller than white, as rooms are
    room *= 32768 * 10 ** (NOISE_DBFS / 20) / np.sqrt((room ** 2).mean())
    for at, x in pieces:
        room[at:at + len(x)] += x
    base = os.path.join(a.out, "demo-session")
    pcm = np.clip(room, -32768, 32767).astype("<i2").tobytes()
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-", "-c:a", "libvorbis",
                    "-q:a", "3", "-fflags", "+bitexact", "-flags:a", "+bitexact", base + ".ogg"], input=pcm, check=True)
    open(base + ".rttm", "w").writelines(rttm)
    open(base + ".tsv", "w").writelines(["# start_s\tend_s\trole\ttext\n"] + tsv)
    print(f"{len(room) / RATE:.1f} s, {os.path.getsize(base + '.ogg')} bytes")


if __name__ == "__main__":
    main()
