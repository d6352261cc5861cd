### The report of a session and the trend over sessions, on a terminal and as a page. What stands between backticks is a
### command or its option, and stays. Lengths of time ("12 min 54 s") and shares are put in as they are. Texts stand in HTML as
### they are here: none holds <, & or a straight double quote.

## phrases.rs: the session as a whole

report-title = Session with { $name }
# $heard is what the sound came from.
report-circumstances = { $when } · { $length } · { $heard ->
    [transcript] from a transcript
    [one] one microphone
   *[two] two microphones
}
# Moments that somebody marked while the session ran, such as "2:03, 14:30".
report-marked = Marked: { $times }
report-times = { $count ->
    [0] never
    [1] once
    [2] twice
   *[other] { $count } times
}
# A share with the bounds within which it lies.
report-share = { $percent } % ({ $low } to { $high } %)
report-not-enough = Not enough to say.
report-caveats = Good to know

## phrases.rs: how the talk was shared

report-shares = How the talk was shared
# Beside a bar or a number; on a terminal there is room for eight letters.
report-coach = Coach
report-coachee = Coachee
report-bounds = The coach's share lies between { $low } and { $high } %.
# $parts are the five that follow, as many as there are, with commas between them.
report-rest = { $parts }.
report-rest-silence = Silence { $length }
report-rest-listening = “mm hm” { $length }
report-rest-overlap = both at once { $length }
report-rest-unclear = unclear who { $length }
report-rest-lost = lost { $length }

## phrases.rs: turns

report-turns = Turns
# The heads of columns: how many turns, how long a typical one, how long the longest.
report-how-many = how many
report-typical = typical
report-longest = longest
report-too-few = too few
report-interruptions-none = Nobody took over while the other spoke.
# $coach and $coachee are report-times.
report-interruptions = Took over while the other spoke: the coach { $coach }, the coachee { $coachee }.

## phrases.rs: what was meant

report-stances = What you meant it to be
report-stance-directive = directive (the coach shows the way)
report-stance-collaborative = collaborative (both look for the way)
report-stance-facilitative = facilitative (the coachee finds the way)
report-meant-unsaid = Nobody said beforehand; `--stance` at the start is for that.
# $meaning, $coach and $coachee are one of report-stance-….
report-meant-coach = The coach meant it to be { $meaning }.
report-meant-coachee = { $name } wished it to be { $meaning }.
report-meant-same = Both of you: { $meaning }.
report-meant-both = The coach: { $coach }. { $name }: { $coachee }.
report-talked = Of all talk, { $percent } % was the coach's.
report-talked-only = Who talks how long is one part of it; what is said in that time is the larger one.

## phrases.rs: where the words are

report-words = The words
report-words-none = There are none.
report-words-deleted = { $name } had them deleted. These numbers are what is left.
report-words-taken = { $name } took them off this computer.
# A command follows; so it does after the next two.
report-words-failed = None could be decoded. While the sound is here, sealed to { $name }, they may try again:
report-words-kept = Sealed to { $name }, who keeps them and alone can read them:
report-words-undecided = Sealed to { $name }, who alone can read them and decides what becomes of them:

## measured.rs: what the words did

report-moves = What the words did
# $share is report-share.
report-telling = Telling (information, advice, directions, criticism) was { $share } of telling, asking, reflecting, affirming and leaving the choice together.
report-telling-unclear = How much of it was telling: not enough to say.
report-telling-meant = Of telling, asking, reflecting, affirming and leaving the choice together, { $percent } % was telling. That is neither much nor little in itself: who is new to something may need more of it, and telling alone leaves the least to notice, to think through and to choose.
# $questions and $reflections are decimal numbers.
report-ratios = For each telling there were { $questions } questions, for each question { $reflections } reflections.
report-ratio-questions = For each telling there were { $questions } questions.
report-ratio-reflections = For each question { $reflections } reflections.
# $moves are report-made, with commas between them, or report-made-nothing.
report-made-coach = The coach: { $moves }.
report-made-coachee = The coachee: { $moves }.
report-made = { $name } { $count }
report-made-nothing = nothing
report-questions-open = Open questions were { $share }.
report-questions-few = Too few questions to say how many are open as a rule.
# $parts are the four that follow, as many as there are, with commas between them; $times is report-times.
report-asked = They asked { $parts }.
report-asked-noticing = what was noticed { $times }
report-asked-reasoning = what is behind it { $times }
report-asked-alternatives = what else could be done { $times }
report-asked-other = something else { $times }

## measured.rs: moves and what each means to somebody who sees its name for the first time

report-move-question = question
report-move-question-means = asks for something, also as “Tell me about …”
report-move-reflection = reflection
report-move-reflection-means = says back what was said or meant
report-move-affirmation = affirmation
report-move-affirmation-means = names something good that the coachee did or is
report-move-support = support
report-move-support-means = stands by the coachee
report-move-autonomy = autonomy
report-move-autonomy-means = leaves the choice, or asks whether an idea is wanted
report-move-information = information
report-move-information-means = tells facts, opinions, what was seen
report-move-advice = advice
report-move-advice-means = suggests what could be done, also put as a question
report-move-direction = direction
report-move-direction-means = says what to do
report-move-confrontation = confrontation
report-move-confrontation-means = disagrees or criticises
report-move-structure = structure
report-move-structure-means = says what happens in the session
report-move-backchannel = backchannel
report-move-backchannel-means = “mm hm”: shows that one listens
report-move-response = response
report-move-response-means = answers what was asked, and no more
report-move-initiation = initiation
report-move-initiation-means = brings up something of one’s own
report-move-noticing = noticing
report-move-noticing-means = says what was seen or heard
report-move-reasoning = reasoning
report-move-reasoning-means = says why, or what it means
report-move-alternatives = alternatives
report-move-alternatives-means = says what else could be done
report-move-commitment = commitment
report-move-commitment-means = says what one will do

## measured.rs: telling and asking over the session

report-course = Telling and asking over the session
report-course-unsaid = Not kept, since nobody said who of you is the coach: `--coach-speaks-first` at the start, or `sidetone coach enrol` once, is for that.
# $blocks is a row of small bars; both rows are to be as long as each other.
report-course-asking = { $blocks } asking
report-course-telling = { $blocks } telling
report-course-key = Asking is questions, reflections, affirmations and leaving the choice here. Each mark is { $length }; the highest stands for { $most }.

## measured.rs: room to think

report-waiting = Room to think
report-untimed = Not measured: how long it was quiet is heard in the sound alone, and there was none.
# $share is report-share.
report-after-questions = After { $count } questions of the coach, it was quiet for three seconds or more in { $share }.
# It follows report-after-questions. $filled is a whole number of percent.
report-after-questions-filled = Where it is clear who spoke next, it was the coach in { $filled } %.
report-after-questions-few = After the coach's questions: not enough to say.
report-after-answers = Within or after { $count } answers of the coachee, it was that quiet in { $share }.
report-after-answers-few = After the coachee's answers: not enough to say.
# $counts are report-quiet and report-quiet-coach, with commas between them.
report-quiet-questions = After questions, quiet for: { $counts }.
report-quiet-answers = Within or after answers, quiet for at most: { $counts }.
# $length is one of report-length-…, $times is report-times.
report-quiet = { $length } { $count }
report-quiet-coach = { $length } { $count } (the coach next { $times })
report-length-none = none
report-length-under-1 = under 1 s
report-length-1 = 1 to 2 s
report-length-2 = 2 to 3 s
report-length-3 = 3 to 4 s
report-length-4 = 4 to 5 s
report-length-5 = 5 s and more

## measured.rs: next steps

report-steps = Next steps
report-steps-none = None were heard.
report-steps-counts = { $own } in the coachee's own words, { $set } set by the coach.
# It follows report-steps-counts; $share is report-share.
report-steps-share = The coachee's are { $share }.

## chart.rs: what pictures show, for who cannot see them

report-shares-picture = Shares of the talk
# A part of report-course: $from is a time, the others are counts.
report-course-told = from { $from } asking { $asking }, telling { $telling }
report-row = From { $start } to { $end }
report-row-told = Coach { $coach }, coachee { $coachee }
report-row-told-unclear = Coach { $coach }, coachee { $coachee }, unclear who { $unclear }
# $told is one of the two above.
report-row-marked = { $told }; marks of asking { $asked }, of telling { $tells }
# $told is one of the three above.
report-row-moments = { $told }; somebody marked { $times }

## page.rs: what stands on the page alone

report-footer = Session { $session }. Both of you see the same numbers, and they hold nothing that was said.
report-bracket = The bracket shows it.
report-timeline = Who spoke when
# Beside samples of colours and marks.
report-key-coach = coach, above
report-key-coachee = coachee, below
report-key-unclear = unclear who, between them
report-key-asks = the coach asks, reflects, affirms or leaves the choice
report-key-tells = the coach tells
report-key-moment = somebody marked the moment
report-marks = Gaps are silence. A single mark may be wrong: what an utterance does is told right more often than not, and many together say more than one.
report-who = Who
report-telling-name = Telling
# At the ends of a bar, or above and below a picture.
report-end-telling = telling
report-end-asking = asking
report-end-asking-all = asking, reflecting, affirming, leaving the choice
report-sides = How often each did what. The coach's bars are filled for telling, outlined for asking and the like, grey for neither.
report-the-coach = The coach
report-the-coachee = The coachee
report-meanings = What these names mean
report-course-columns = Upwards, outlined: asking, reflecting, affirming, leaving the choice. Downwards, filled: telling. A column is { $length }.
report-waits-questions = After the coach’s questions: quiet for how long, and who spoke next
report-waits-answers = Within or after the coachee’s answers: the longest quiet
# The heads of columns: report-length-…, and how often who spoke next.
report-waits-quiet = quiet for
report-waits-coachee = coachee
report-waits-coach = coach
report-waits-unclear = unclear who
report-waits-line = Below the line: three seconds and more.
report-reviews = To talk about

## steps.rs: one thing to try

report-step-before = To try this time
report-step-since = The coach chose this after the session on { $day }.
report-step-next = One thing to try next
report-step-unchosen = Nothing is chosen yet: `sidetone report { $session } --next` offers a few.
# What a coach may pick from, in the coach's own voice; "they" is the coachee.
report-suggestion-count = Count to three after each question.
report-suggestion-ask = Ask what they noticed before saying what I saw.
report-suggestion-say-back = Say back what I heard before the next question.
report-suggestion-one = Ask one question at a time, starting with what or how.
report-suggestion-advice = Give advice only after asking whether it is wanted.
report-suggestion-end = End by asking what they will do, and wait for their words.

## trend.rs: sessions in time

trend-title = Your sessions with { $name }
trend-title-all = All your sessions
trend-none = No finished sessions yet.
trend-sessions = { $count ->
    [one] { $count } session
   *[other] { $count } sessions
}
# $sessions is trend-sessions, the others are days.
trend-span = { $sessions } · { $first } to { $last }
trend-rule = Dots are sessions, the lines through them how sure each is. A change is said only when the latest five sessions differ from the ten before, heard alike and with the same person, by more than sessions differ anyway (Welch's test, 99.95 %). More or less is neither better nor worse.
# The name of each line, and of the latest session what share it was of what; $share is report-share.
trend-talk = The coach's share of the talk
trend-talk-latest = On { $day } it was { $share } of all talk.
trend-telling-latest = On { $day } it was { $share } of telling, asking, reflecting, affirming and leaving the choice together.
trend-open = Open questions
trend-questions-latest = On { $day } it was { $share } of the coach's questions.
trend-wait = Three seconds of quiet
trend-steps = Steps in the coachee's own words
trend-steps-latest = On { $day } it was { $share } of all next steps.
trend-nothing = Not enough to say in any session.
trend-few = { $sessions } of the { $least } sessions that it takes to say whether it changes.
# The same where earlier sessions were heard with other microphones or another model.
trend-few-alike = { $sessions } of the { $least } sessions heard like the latest, with as many microphones and the same model, that it takes to say whether it changes.
trend-mixed = Over sessions of several coachees or coaches nothing is said of change: `sidetone trend --coachee NAME` is of one coachee's.
# $means is trend-means.
trend-same = No change larger than sessions differ anyway: { $means }.
trend-more = More than before: { $means }.
trend-less = Less than before: { $means }.
trend-means = { $latest } % on average in the latest { $latest_sessions } sessions, { $before } % in the { $before_sessions } before
# It follows trend-more or trend-less. $low is a whole number of percent.
trend-difference = The difference lies between { $low ->
    [0] less than 1
   *[other] { $low }
} and { $high } points.
# $values are shares with commas between them.
trend-picture = From the earliest to the latest of { $count }: { $values }
