"""The part of scripts/evaluate that knows audio: imports each reference session with the real program and scores the RTTM.

usage: evaluate-audio.py BINARY DIR
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

# (files, arguments, collar in s, names must be right, DER bar, talk-share bar)
SETS = [
    ("sessions/[!h]*.flac", [], 0.25, False, 2.0, 1.5),
    ("sessions/hard-*.flac", [], 0.25, False, 5.0, 2.0),
    ("calls/repairs.flac", [], 0.25, False, 3.0, 1.5),
    ("meetings/*.flac", [], 0.25, False, 9.0, 5.0),
    ("calls/repairs.flac", ["--coach-track", "1"], 0.25, True, 2.0, 1.0),
]
SHORT_BAR = 80.0  # percent of short turns that nobody overlaps


def run(*args, **env):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **env}).stdout


def main():
    binary, folder = sys.argv[1:]
    scorer = os.path.join(folder, "..", "tools", "score_diarization.py")
    missed, inside, widths, short = [], [], [], {False: [0, 0], True: [0, 0]}
    with tempfile.TemporaryDirectory() as data:
        env = {"SIDETONE_DATA_DIR": os.path.join(data, "d")}
        key = os.path.join(data, "key")
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write("measuring, not keeping\n")
        run(binary, "--quiet", "coachee", "add", "E", "--passphrase-file", key, **env)
        print(f"{'session':22} {'tracks':>6} {'DER %':>7} {'share error':>12} {'interval':>16}  {'short turns alone / overlapped'}")
        for pattern, args, collar, fixed, der_bar, share_bar in SETS:
            for audio in sorted(glob.glob(os.path.join(folder, pattern))):
                report = json.loads(run(binary, "--quiet", "--json", "import", audio, "--coachee", "E", "--consent-both",
                                        "--model", "demo.en", *(args or ["--coach-speaks-first"]), **env))
                hypothesis = os.path.join(data, "h.rttm")
                with open(hypothesis, "w") as f:
                    f.write(run(binary, "turns", "last", "--rttm", **env))
                reference = audio[:-5] + ".rttm"
                flags = ["--collar", str(collar)] + (["--fixed-names"] if fixed else [])
                said = run(sys.executable, scorer, reference, hypothesis, *flags)
                der = float(re.search(r"DER ([\d.]+)%", said)[1])
                shares = {name: (float(true), abs(float(off))) for name, true, off in
                          re.findall(r"(\w+): talk share ([\d.]+)% reference, .* error ([-+\d.]+) points", said)}
                error = max(off for _, off in shares.values())
                turns = re.search(r"(\d+) of (\d+) alone, (\d+) of (\d+) overlapped", said)
                a, b, c, d = map(int, turns.groups())
                for kind, right, total in ((False, a, b), (True, c, d)):
                    short[kind][0] += right
                    short[kind][1] += total
                ratio = report["talk_ratio"]
                low, high = (100 * (ratio[end] or 0) for end in ("low", "high"))
                true = shares["coach"][0] if "coach" in shares else None
                if true is not None:
                    inside.append(low <= true <= high)
                    widths.append(high - low)
                name = os.path.relpath(audio, folder)[:-5]
                late = [what for what, value, bar in (("DER", der, der_bar), ("share", error, share_bar)) if value > bar]
                missed += [f"{name}: {what}" for what in late]
                print(f"{name:22} {report['tracks']:6} {der:7.2f} {error:8.1f} pts  [{low:5.1f}, {high:5.1f}]  "
                      f"{a:3} of {b:<3} / {c:3} of {d:<3} {'  over: ' + ', '.join(late) if late else ''}", flush=True)
    alone = 100 * short[False][0] / max(1, short[False][1])
    widths.sort()
    print(f"short turns to the right person: {short[False][0]} of {short[False][1]} alone ({alone:.0f} %, bar {SHORT_BAR:.0f} %), "
          f"{short[True][0]} of {short[True][1]} overlapped")
    print(f"true share inside the interval: {sum(inside)} of {len(inside)}; median width {(widths[(len(widths) - 1) // 2] + widths[len(widths) // 2]) / 2:.1f} points")
    print("over a bar: " + (", ".join(missed) if missed else "none"))
    sys.exit(1 if missed or alone < SHORT_BAR else 0)


if __name__ == "__main__":
    main()
