#!/usr/bin/env python3
"""Measures how moves are coded against experts' labels: evaluate-moves.py SIDETONE DIR

DIR holds tables in the form of AnnoMI (tab-separated; columns session, quality, role, question, reflection, input, text).
Each is coded by the program itself, as it is and with every question mark removed. A row counts as a question (reflection,
telling) when one of its utterances is coded so. Beside the session AUC stands that of a word rule. Needs nothing but Python;
exits 1 when a bar is missed.
"""

from __future__ import annotations

import csv
import json
import random
import io
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

TELLING = {"information", "advice", "direction", "confrontation"}
# Experts' `input` labels that are telling: information, advice, and options put to the client.
TOLD = {"information", "advice", "options", "negotiation"}
RULE = re.compile(r"\b(should|need to|have to|must|ought|try|recommend|suggest|important|i think|research|make sure)\b", re.I)
DRAWS, SEED = 1000, 7


def read(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def coded(binary, path, *arguments):
    command = [binary, "--quiet", "code", path, "--by", "session", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def kappa(a, b):
    """Cohen's, for two lists of yes and no."""
    n = len(a)
    agree = sum(x == y for x, y in zip(a, b)) / n
    yes = (sum(a) / n) * (sum(b) / n)
    chance = yes + (1 - sum(a) / n) * (1 - sum(b) / n)
    return (agree - chance) / (1 - chance)


def auc(low, high):
    """Chance that a poor session has the higher value."""
    wins = sum((a > b) + 0.5 * (a == b) for a in low for b in high)
    return wins / (len(low) * len(high))


def bounds(low, high):
    """95 % bootstrap interval over sessions, poor and good drawn apart."""
    draw = random.Random(SEED)
    values = sorted(
        auc(draw.choices(low, k=len(low)), draw.choices(high, k=len(high))) for _ in range(DRAWS)
    )
    return values[round(0.025 * (DRAWS - 1))], values[round(0.975 * (DRAWS - 1))]


def by_row(lines):
    rows = defaultdict(list)
    for line in lines:
        rows[int(line["row"])].append(line)
    return rows


def score(binary, path):
    """Prints the table's rows; whether every bar was met."""
    text = path.read_text()
    table, found_in, sessions = read(text), by_row(read(coded(binary, path))), json.loads(coded(binary, path, "--json"))
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as stripped:
        stripped.write(text.replace("?", ""))
        stripped.flush()
        bare = by_row(read(coded(binary, stripped.name)))
    coach = [number for number, row in enumerate(table) if row["role"] == "coach"]

    def any_of(rows, column, values):
        return [any(unit[column] in values for unit in rows.get(number, ())) for number in coach]

    asked = [table[number]["question"] != "no" for number in coach]
    question = any_of(found_in, "form", {"open", "closed"})
    forms = [
        any(unit["form"] == "open" for unit in found_in[number]) == (table[number]["question"] == "open")
        for number, really, told in zip(coach, asked, question)
        if really and told
    ]
    quality = {row["session"]: row["quality"] for row in table}
    index = {name: numbers["directiveness"]["index"] for name, numbers in sessions.items()}

    def split(values):
        told = {name: value for name, value in values.items() if value is not None}
        return ([v for n, v in told.items() if quality[n] == "low"], [v for n, v in told.items() if quality[n] == "high"])

    tells, asks = defaultdict(int), defaultdict(int)
    for number in coach:
        tells[table[number]["session"]] += len(RULE.findall(table[number]["text"]))
        asks[table[number]["session"]] += table[number]["text"].count("?")
    rule = {name: tells[name] / (tells[name] + asks[name] + 1) for name in quality}
    found, simple = split(index), split(rule)
    low, high = bounds(*found)
    rule_low, rule_high = bounds(*simple)
    results = [
        ("session AUC of directiveness", auc(*found), 0.86, f"{low:.2f} to {high:.2f}; word rule {auc(*simple):.2f}, {rule_low:.2f} to {rule_high:.2f}"),
        ("question yes/no, kappa", kappa(question, asked), 0.75, ""),
        ("open against closed, accuracy", sum(forms) / len(forms), 0.78, f"of {len(forms)} found by both"),
        ("telling yes/no, kappa", kappa(any_of(found_in, "move", TELLING), [table[n]["input"] in TOLD for n in coach]), 0.40, ""),
        ("reflection yes/no, kappa", kappa(any_of(found_in, "move", {"reflection"}), [table[n]["reflection"] != "no" for n in coach]), 0.42, ""),
        ("questions without question marks, kappa", kappa(any_of(bare, "form", {"open", "closed"}), asked), 0.65, ""),
    ]
    for name, value, bar, note in results:
        print(f"  {name:42} {value:6.3f}  bar {bar:.2f}  {'met' if value >= bar else 'MISSED':6}  {note}")
    return all(value >= bar for _, value, bar, _ in results)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tables = sorted(Path(sys.argv[2]).glob("*.tsv"))
    if not tables:
        sys.exit(f"error: no .tsv in {sys.argv[2]}")
    met = []
    for table in tables:
        print(table.stem)
        met.append(score(sys.argv[1], table))
    sys.exit(not all(met))


main()
