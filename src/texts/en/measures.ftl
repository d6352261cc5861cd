### What to know before trusting a number. SESSION stands for the session's id, which is put in later; what stands between
### backticks is a command or its option, and stays.

caveat-no_speech = No speech was heard. Check that the microphone is not muted, and that the right one, or the right file, was named.
caveat-silent_track = One of the two microphones heard next to nothing, so one person's talk is missing. Check its cable and that it is not muted.
caveat-one_voice = Only one voice was found, so the shares mean little. Put the microphone between you, or give each person one.
caveat-no_speaker_model = The model that tells voices apart is not installed, and without it they are mixed up more often. `sidetone models list` shows what is missing.
caveat-much_unattributed = For more than a fifth of the speech nobody can say whose it was. A microphone nearer to both of you, or one each, helps.
caveat-short_session = Of less than half a minute of talk it is clear whose it was: not enough to say how it was shared.
caveat-similar_voices = The two voices sound alike to the program and may have been mixed up. A microphone each settles it.
caveat-more_voices = A third voice seems to have been there. What it said is counted as one of yours, so the shares may be off.
caveat-echo = Each microphone also heard the other person. That was taken out as well as it could be; microphones further apart, or headphones online, do better.
caveat-roles_assumed = Whoever spoke first was taken for the coach. If that is the wrong way round: `sidetone swap SESSION`.
caveat-recovered = The recording was cut off; these numbers are made of what was saved until then.
caveat-damaged = The sealed recording is damaged; what comes after the damage is in no number. The recording is kept: with a whole copy in its place, `sidetone transcript redo SESSION`.
caveat-dropped = The computer was too busy to keep all of the sound; what was lost is in no number. Close other programs next time.
caveat-gaps = The recording has gaps, such as pauses; they are outside every number.
caveat-demo_model = The demo model knows synthetic voices only: nothing that is made of its words holds for real ones. `sidetone models fetch base.en` gets a model for real voices.
caveat-words_failed = The words could not be decoded; who spoke when is not affected. While its recording is here, `sidetone transcript redo SESSION` tries again; a file can be imported again.
caveat-words_poor = The words were decoded poorly; who spoke when is not affected. A larger model may do better: `sidetone transcript redo SESSION --model NAME` while its recording is here; a file can be imported again.
caveat-few_turns = There were few turns, so their typical length may be chance.
caveat-few_utterances = The coach said fewer than twenty things: not enough to say how directive it was.
caveat-course_dropped = When you told and asked is not shown since the roles were exchanged: it is kept of the coach alone, and what was kept was the coachee's.
caveat-written_transcript = Times come from a written transcript, not from sound, and are as exact as whoever wrote it.
caveat-one_microphone = Interruptions are not counted: with one microphone, two people speaking at once cannot be told apart well enough.
caveat-consent_asserted = Consent was stated on the command line for both people; nobody was asked by the program.
caveat-moves_not_coded = Questions, advice, waiting and next steps are not counted: there are no words to count them by.
caveat-moves_by_words_only = What kind of thing was said is told by words alone, which is less exact. `sidetone models fetch text` gets the model that helps.
caveat-not_english = This does not seem to be English, the only language in which questions, advice and the like are told apart.
caveat-backchannels_counted = "Mm hm" and the like count as talk.
caveat-unknown = Another version of the program noted a doubt that this one does not know.
