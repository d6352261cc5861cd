"""Speaks the training text with Debian's voices (packages flite, espeak-ng, festival, festvox-us-slt-hts).

    python synthesise.py TEXT_FILE OUT_DIR [--workers 2] [--shard 1000] [--seed 7]

Each shard is NNNN.bin (16 kHz mono int16, clips back to back, silence at both ends trimmed) and NNNN.tsv
(first sample, samples, voice, text). Shards that exist are kept, so the script can be stopped and run again.
"""
import argparse
import io
import multiprocessing
import os
import random
import subprocess
import tempfile
import wave

import numpy as np
from scipy.signal import resample_poly

RATE = 16000
FLITE = {"slt": 180, "rms": 105, "awb": 125, "kal16": 105}
ESPEAK = ["en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us-nyc", "en-gb-x-gbclan"]
TIMBRES = ["", "", "", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+f1", "+f2", "+f3", "+f4",
           "+f5"]
# Words a minute; those about the test's 200 are kept out, as is its voice, the West Midlands variant.
RATES = [*range(120, 190), *range(211, 236)]
WEIGHTS = {"slt": 17, "rms": 17, "awb": 10, "kal16": 11, "hts": 10, "espeak": 35}


def read_wave(data):
    with wave.open(io.BytesIO(data)) as w:
        rate = w.getframerate()
        x = np.frombuffer(data[44:] if w.getnframes() > 1 << 28 else w.readframes(w.getnframes()), np.int16).astype(np.float32)
    if rate != RATE:
        g = np.gcd(rate, RATE)
        x = resample_poly(x, RATE // g, rate // g)
    return x


def trim(x, margin=0.03):
    """Cuts the silence at both ends; returns int16."""
    frame = RATE // 100
    n = len(x) // frame
    level = np.sqrt((x[:n * frame].reshape(n, frame) ** 2).mean(1)) if n else np.zeros(0)
    loud = np.flatnonzero(level > max(0.01 * level.max(), 8)) if n else []
    if len(loud) == 0:
        return np.zeros(0, np.int16)
    a = max(0, int(loud[0] * frame - margin * RATE))
    b = min(len(x), int((loud[-1] + 1) * frame + margin * RATE))
    return np.clip(x[a:b], -32768, 32767).astype(np.int16)


def flite(voice, text, stretch=1.0, pitch=None):
    cmd = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.3f}"]
    if pitch:
        cmd += ["--setf", f"int_f0_target_mean={pitch:.0f}"]
    with tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".wav") as f:
        subprocess.run(cmd + ["-t", text, "-o", f.name], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return read_wave(f.read())


def espeak(voice, text, speed=165, pitch=50):
    cmd = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
    return read_wave(subprocess.run(cmd, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout)


def festival(jobs):
    """jobs: list of (text, stretch); one process speaks them all."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as d:
        lines = ["(voice_cmu_us_slt_arctic_hts)"]
        for i, (text, stretch) in enumerate(jobs):
            quoted = text.replace("\\", "").replace('"', "")
            lines.append(f"(Parameter.set 'Duration_Stretch {stretch:.3f})")
            lines.append(f'(set! u (Utterance Text "{quoted}")) (utt.synth u) (utt.save.wave u "{d}/{i}.wav" (quote riff))')
        subprocess.run(["festival", "--pipe"], input="\n".join(lines).encode(), check=True, stdout=subprocess.DEVNULL)
        return [read_wave(open(f"{d}/{i}.wav", "rb").read()) for i in range(len(jobs))]


def speak(shard, texts, out, seed):
    base = os.path.join(out, f"{shard:04d}")
    if os.path.exists(base + ".tsv"):
        return
    rng = random.Random(seed * 100003 + shard)
    clips, hts = [None] * len(texts), []
    for i, text in enumerate(texts):
        voice = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        stretch = rng.choice((1.0, rng.uniform(0.78, 1.25)))
        pitch = rng.choice((None, rng.uniform(0.88, 1.14)))
        try:
            if voice == "hts":
                hts.append((i, text, stretch))
            elif voice == "espeak":
                name = rng.choice(ESPEAK) + rng.choice(TIMBRES)
                clips[i] = (name, espeak(name, text, rng.choice(RATES), rng.randrange(30, 71)))
            else:
                clips[i] = (voice, flite(voice, text, stretch, pitch and pitch * FLITE[voice]))
        except Exception as e:  # a clip more or less does not matter
            print("skipped", voice, text, e, flush=True)
    try:
        for (i, _, _), x in zip(hts, festival([(t, s) for _, t, s in hts])):
            clips[i] = ("hts", x)
    except Exception as e:
        print("skipped festival in shard", shard, e, flush=True)
    offset, rows = 0, []
    with open(base + ".part", "wb") as f:
        for text, clip in zip(texts, clips):
            if clip is None:
                continue
            x = trim(clip[1])
            if len(x) < RATE // 8 or len(x) > 12 * RATE:
                continue
            x.tofile(f)
            rows.append(f"{offset}\t{len(x)}\t{clip[0]}\t{text}\n")
            offset += len(x)
    os.rename(base + ".part", base + ".bin")
    with open(base + ".tmp", "w", encoding="utf-8") as f:
        f.writelines(rows)
    os.rename(base + ".tmp", base + ".tsv")
    print(f"shard {shard}: {len(rows)} clips, {offset / RATE / 3600:.2f} h", flush=True)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("text")
    ap.add_argument("out")
    ap.add_argument("--workers", type=int, default=2)
    ap.add_argument("--shard", type=int, default=1000)
    ap.add_argument("--seed", type=int, default=7)
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    texts = open(a.text, encoding="utf-8").read().splitlines()
    jobs = [(i, texts[i * a.shard:(i + 1) * a.shard], a.out, a.seed) for i in range((len(texts) + a.shard - 1) // a.shard)]
    with multiprocessing.Pool(a.workers) as pool:
        pool.starmap(speak, jobs, chunksize=1)


if __name__ == "__main__":
    main()
