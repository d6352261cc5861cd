"""Writes what the Rust side is tested against: python golden.py TEXT_MODEL_FOLDER FIXTURES_FOLDER"""

import json
import sys
from pathlib import Path

from embed import MiniLM
from features import features, fnv, heard_before, listening

DIALOGUES = [
    """coach|So, um, how did you feel the lesson went?
coachee|Yeah, I-I think it was okay. [laughs] The back table went quiet when I set the task\u2026
coach|Mm-hmm.
coachee|They were just, they were just staring at the sheet.
coach|So you saw them get stuck, right at the start.
coachee|Yeah.
coach|What do you think was going on for them
coachee|I don't know, I guess I hadn't shown them an example first; that\u2019s on me.
coach|Oh, I see.
coach|You noticed what was happening for those kids, and that takes courage.
coachee|What would you do?
coach|You could try one worked example before you let them go.
coachee|Right, okay, got it.
coachee|I'll do that on Thursday, with the first problem, and then I'll film it.
coach|Did they finish in the end?
coachee|Yes.""",
    """coachee|Can I ask about something else first
coach|Of course, it's up to you, it's your time
coachee|My mentor said: "You talk too much!" \u2014 so I counted, and it was 74 % of the time.
coach|That must have been hard to hear.
coach|And yet you counted. I was, I was, you know, impressed\u2014really.
coach|Why don't you count again next week?
coachee|No
coachee|I'd rather see what they say when I don\u2019t talk...
coach|Alright. Good. Yes.
coach|Research says that teachers wait less than a second after a question, 0.9 s.
coach|Do it on Monday, and email me by 3.30 p.m.
coachee|Hmm, maybe.
coach|It isn't good enough, the same thing happened last time.
coach|Let's look at the second clip, we've got ten minutes left.
coach|(sighs) Is that-- is that Year 9?
coachee|Er, Year 10, d\u00e9j\u00e0 vu, na\u00efve \u00c9cole \u6f22\u5b57.""",
    """coach|
coach|?
coach|'
coachee|um
coach|a a a b a b a b c
coachee|so and but well
coach|[inaudible 00:12:13] what's that
coachee|[unclosed note he said
coach|planned planning plans planned
coachee|planning the plan was planned by planners mostly in the holidays with nobody there to ask about anything at all really""",
]


def main():
    model, folder = Path(sys.argv[1]), Path(sys.argv[2])
    with (folder / "moves-golden.tsv").open("w") as out:
        print("dialogue", "speaker", "listening", "heard", "features", "text", sep="\t", file=out)
        for number, dialogue in enumerate(DIALOGUES):
            units = [tuple(line.split("|", 1)) for line in dialogue.split("\n")]
            for at, (speaker, text) in enumerate(units):
                hashes = " ".join(str(fnv(feature)) for feature in features(units, at))
                heard = " ".join(map(str, heard_before(units, at)))
                print(number, speaker, int(listening(text)), heard, hashes, text, sep="\t", file=out)
    sentences = ["What did you notice?", "so you saw them get stuck right at the start", "Mm hm.", "Naïve, isn't it?",
                 "You could try one worked example before you let them go, and then see who still asks. " * 12]
    vectors = MiniLM(model)(sentences)
    told = [[sentence, [round(float(value), 6) for value in vector[:12]]] for sentence, vector in zip(sentences, vectors)]
    (folder / "moves-vectors.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")


main()
