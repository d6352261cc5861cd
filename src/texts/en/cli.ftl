### What the program says at the terminal, all but reports. What stands between backticks is a command or its option, and
### stays; so do the answers "yes" and "no", and the words that a coachee or coach may type.

## start.rs: what both people are asked to agree to

# Shown as it is set here, and quoted on the page of `sidetone privacy`: lines of at most 80 letters. Whoever changes its sense
# raises WORDING_VERSION, and a translation is a wording of its own.
consent-wording =
    Before anything is recorded, both of you are asked.

      What happens   This laptop records your conversation and makes numbers of it:
                     who talked for how long, and how directive the coaching was.
                     Nothing leaves the laptop.
      Who sees what  Both of you see the same numbers. The words can be read by the
                     coachee alone, with their passphrase; they keep or delete them.
      How long       { $sound ->
        [kept] Sound is kept too, sealed to the coachee, for as long as
            {"                 "}the words are here.
       *[deleted] Sound is deleted when the report is made; if the words come
            {"                 "}out badly, it stays, sealed, until the coachee decides.
    }
                     Words that nobody decides about are deleted after { $days ->
        [one] { $days } day.
       *[other] { $days } days.
    }
                     Nobody can put that off.
      Your way out   Either of you can withdraw at any moment before `stop`, and
                     everything of the session is deleted: `sidetone withdraw`.
      What it is not It cannot be used to judge anyone, whatever coaching was used
                     for at this school before. There is no score and no ranking.
# The same for a recording or a transcript that exists already.
consent-wording-import =
    Before the file is read, both of you are asked.

      What happens   This laptop turns your recorded conversation into numbers:
                     who talked for how long, and how directive the coaching was.
                     Nothing leaves the laptop.
      Who sees what  Both of you see the same numbers. The words can be read by the
                     coachee alone, with their passphrase; they keep or delete them.
      How long       { $sound ->
        [file-deleted] The file is deleted once a report is made of all of it.
            {"                 "}No sound of it is kept here.
       *[in-file] The file stays where it is, with all that was said, and
            {"                 "}whoever has it can use it. No sound of it is kept here.
    }
                     Words that nobody decides about are deleted after { $days ->
        [one] { $days } day.
       *[other] { $days } days.
    }
                     Nobody can put that off.
      Your way out   Say no now, and nothing is made of the file. Afterwards the
                     coachee can delete the words, and the numbers too.
      What it is not It cannot be used to judge anyone, whatever coaching was used
                     for at this school before. There is no score and no ranking.
consent-coach = Coach: do you agree?
consent-coachee = Coachee: do you agree?
# The days that are offered follow in brackets.
consent-days = Coachee: delete words that you have not decided about after how many days?
consent-days-again = Please answer with a number from 1 to { $most }, or press Enter.
consent-days-agreed = Agreed to, then: words that nobody decides about are deleted after { $days ->
    [one] { $days } day
   *[other] { $days } days
}.
consent-days-stated = Words that the coachee has not decided about are deleted after { $days ->
    [one] { $days } day
   *[other] { $days } days
}; nobody can put that off.

## start.rs: the recorder begins

start-ready = Getting ready ...
start-end = End it with `sidetone stop`; `sidetone watch` shows that it hears you.
# $word is what spoken commands begin with. The words in quotes are spoken commands, and stay.
start-spoken = Or say it: "{ $word }, pause", "{ $word }, off the record", "{ $word }, mark that", "{ $word }, stop recording".

## ask.rs: questions in general

ask-yes-no = Please answer yes or no.
ask-in-clear = { $file } still says it in the clear: delete it if nobody needs it.

## unlock.rs: the coachee's passphrase

unlock-passphrase = Passphrase of { $name }:
unlock-yours = Your passphrase:
unlock-own = A passphrase of your own (empty: six words are made for you):
unlock-own-again = The same again:
unlock-differ = They differ; try again.

## coachee.rs: who is coached, and their key

coachee-asked = This is for the coachee: the passphrase opens the words of their sessions.
coachee-added = { $name } is added. The words of their sessions open with the passphrase or the recovery key, and with nothing else. Lose both, and the words are lost: nobody can reset them.
coachee-added-passphrase = { $name } is added. The words of their sessions open with this passphrase only. Lose it, and the words are lost: nobody can reset it. `sidetone coachee recovery-key { $typed }` shows a recovery key.
# $recipient is a public key, "age1...".
coachee-added-recipient = { $name } is added. Only whoever holds the key to { $recipient } can read the words.
# $key is the public key of a hardware key, "age1yubikey1...".
coachee-added-plugin = { $name } is added. The words of their sessions open with the key behind { $key } only: `--identity FILE` names its identity file. Lose the key, and the words are lost.
coachee-passphrase-changed = The passphrase is changed; the old one opens nothing any more. A recovery key that was shown before stays as it was.
# $key is that of a hardware key; $typed is the coachee's name as it is typed after a command.
coachee-passphrase-instead = The passphrase opens the words from now on, and the key behind { $key } does not any more. `sidetone coachee recovery-key { $typed }` shows a recovery key.
coachee-recovery-done = Done. It opens all words of theirs, here and those that were taken.
# The key follows, on a line of its own.
coachee-recovery = Recovery key of { $name }, for when the passphrase is forgotten:
# Lines of at most 90 letters.
coachee-recovery-means =
    In a file of its own it opens the words: `--identity FILE`. A changed passphrase changes
    nothing about it. Passphrase and key both lost means that the words are lost.
coachee-write-down = Write it down now and take it with you, away from this laptop. A passphrase is shown this once.
coachee-holds-once-said = It opens the words once sidetone has said, after this, that it is done; after an error, throw it away.
coachee-nobody = Nobody yet. Let the coachee do this: `sidetone coachee add NAME`
# Beside a coachee's name.
coachee-opens-own-key = opens with a key of their own
coachee-opens-passphrase = opens with a passphrase
coachee-key-elsewhere = key kept elsewhere
coachee-remove = Delete all sessions, words, numbers, answers, pairings and the key of { $name }? Words that they took along open then with their recovery key only.
coachee-sheet-void = Nothing was changed: throw away what you wrote down. Press Enter there to have it done.
coachee-not-removed = Nothing was deleted.
coachee-removed = { $name } and everything of theirs is deleted ({ $sessions ->
    [one] { $sessions } session
   *[other] { $sessions } sessions
}, { $pairings ->
    [one] { $pairings } pairing
   *[other] { $pairings } pairings
}).

## coach.rs: the coach's voice

coach-talk = Talk for half a minute, as you do with a coachee. Nobody else should speak.
coach-known = Your voice is known now: 256 numbers in { $file }, readable by you alone. `sidetone coach forget` deletes them.
coach-forgotten = The voiceprint is deleted.
coach-unknown = There was no voiceprint.

## transcript.rs: the words. What is said once they are deleted is page-gone.

transcript-exported = { $count ->
    [one] { $count } line of your words is in a file anybody with access to it can read:
   *[other] { $count } lines of your words are in a file anybody with access to it can read:
}
transcript-taken = Your words are in { $file }, sealed to you.
# What a file will open with, said before it is written. $typed is the coachee's name as it is typed after a command.
transcript-opens-passphrase = { $file } will open with the passphrase of { $name } on this computer, until { $name } is removed from it: `sidetone transcript show { $file }`. Anywhere else it wants the recovery key: `sidetone coachee recovery-key { $typed }` shows it.
transcript-opens-identity = { $file } will open with the key that { $name } keeps elsewhere: `sidetone transcript show { $file } --identity FILE`, or the program `age`.
# $key is that of a hardware key.
transcript-opens-plugin = { $file } will open with the key behind { $key }: `sidetone transcript show { $file } --identity FILE`, or the program `age` with its plugin.
# Questions that are answered with yes or no.
transcript-take-asked = Take the words along, and delete them here?
transcript-delete-asked = Delete the words? Nobody can bring them back.
transcript-delete-everything-asked = Delete the words, the numbers and the answers? Nobody can bring them back.
transcript-stays = Nothing was changed.
transcript-sound-goes = The sound of this session is kept here as well, and goes with the words. `sidetone transcript export { $session } --format wav` saves it before that.
transcript-forgotten = Notice was given that the passphrase for session { $session } is lost: from { $day } on, its words can be deleted without it. Whatever the coachee decides before ends that, such as `sidetone transcript keep { $session }`.
transcript-notice = Noted. From { $day } on, the same command deletes the words without the passphrase. Until then the coachee can still decide: `sidetone transcript keep { $session }`
transcript-notice-given = Notice was given; from { $day } on, the same command deletes the words.
transcript-asserted = Note: on { $day } it was stated on the command line that you both agreed to this; the program did not ask you.
transcript-sound-damaged = The recording is damaged: the file holds what comes before the damage.
# Before each line of the words, where there is room for seven letters.
transcript-coach = coach
transcript-coachee = coachee
transcript-go-on = Enter: go on, Ctrl-C: leave

## open.rs: pages in the browser

open-no-browser = No browser could be opened: open this address yourself, on this computer.
open-ends = The address works once. This ends when the page is closed, or after { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
} without a reader; Ctrl-C ends it now.

## setup.rs: five questions, then five seconds of sound. What is kept by pressing Enter follows each question in brackets.

setup-begin = Five questions, then five seconds of sound. Enter keeps what stands in brackets.
setup-coachee = 1. Whom do you coach? Their first name will do.
# Stands for a name in the brackets.
setup-nobody = nobody yet
setup-known = { $name } is here already, and keeps their key.
# $typed is the name as it is typed after a command.
setup-later = { $name } does it when you meet: `sidetone coachee add { $typed }`
setup-opener =
    2. What opens the words of your sessions with { $name }? Let { $name } answer this one.
       Enter: a passphrase, which is asked for next and not shown. A key kept elsewhere: paste
       its recipient (age1...). `later`: { $name } is not here.
setup-no-recipient = That is no recipient. If it was to be the passphrase: it was readable here, so press Enter and take another.
setup-input = 3. Which microphone? A number or a name; two microphones as A+B, yours first.
# The words before the parentheses are typed as answers, and stay.
setup-stance =
    4. What do you mean your sessions to be? None of these is the right one.
       directive (you lead), collaborative (you both look for the way), facilitative (they find the way)
setup-stance-again = Please answer directive, collaborative, facilitative, or nothing.
# Stands for one of them in the brackets.
setup-no-stance = none
setup-model = 5. Which model turns speech into words? `?` lists them.
setup-no-such-model = { $model } is not a model that turns speech into words.
setup-demo-model = { $model } knows synthetic voices only; `sidetone demo` shows what it can do.
setup-smaller = The same in less memory: `sidetone models list`
# $models are names with commas between them.
setup-bring = Not here yet: { $models } ({ $megabytes } MB). Bring this from the network now?
setup-bring-later = Later: `sidetone models fetch { $model }`
setup-written = Written: { $file }. `sidetone config show` reads it to you.
# The first line of the file of settings.
setup-file = Settings of sidetone. `sidetone config show` says which of them count, and why.
setup-hear = Last, five seconds of your voice, played back to you and kept nowhere.
setup-record = Enter: record
# Beside a bar that moves with the voice.
setup-speak = speak: { $seconds } s
# $levels is how loud it was, such as "-21 dB", or setup-levels.
setup-heard = Heard you, at { $levels }.
# $what is one of the texts control-alarm-...
setup-alarm = ATTENTION: { $what } (level { $levels })
# Of two microphones.
setup-levels = { $first } and { $second }
setup-playing = Playing it back ...
setup-not-played = It cannot be played back: { $why }. Recording does not need that.
setup-gone = The five seconds are gone: they were in memory only.
setup-ready = Ready. A session begins with: `sidetone start --coachee { $name }`
setup-doctor = `sidetone doctor` looks at the rest of this computer.

## pairing.rs: two people who work together. $name is the coachee, $who what is typed to name the two; days are as 2027-01-31.

pairing-standing-asked = Do you both wish it to be noted how you stand at work?
pairing-review-set = You look at it together on { $day }; either of you may end it before, without a reason.
pairing-review-next = The next comes up on { $day }.
pairing-ended-now = Ended. Nobody is told why. What was sealed to { $name } stays theirs; `sidetone coachee remove { $who }` deletes everything.

## pairing/picture.rs: a pairing as its two people see it

# $pair, in the next three, is the coachee's name, or this where the coach has one too.
pairing-pair = { $name }, with { $coach }
pairing-since = { $pair }: since { $start }
pairing-ended = { $pair }: since { $start }, ended { $end }
pairing-under-way = { $pair }: since { $start }, review { $review }
pairing-sessions = { $count ->
    [0] No sessions yet.
    [1] One session, { $time }.
   *[other] { $count } sessions, { $time } in all.
}
pairing-sessions-apart = { $count } sessions, { $time } in all; at most { $days ->
    [one] { $days } day
   *[other] { $days } days
} apart.
# Instead of held-talk and held-telling.
pairing-not-enough = not enough to say
pairing-standing = As you both wished it noted: { $standing ->
    [manages] the coach manages the coachee
    [senior] the coach is senior to the coachee
   *[level] neither is above the other
}.
pairing-review-on = You look at it together on { $day }.
pairing-none = No pairings: `sidetone pairing add NAME` sets one up, together.
pairing-all-below = Only for you: you stand above everybody whom you work with here. That is how telling starts without anybody meaning it. Is there somebody at your level, or above you, whom you could work with too?
pairing-to-talk = For you both to talk about. Nothing of it is kept.
pairing-right-pair = Is this the right pair?
pairing-right-time = Is it the right time?
pairing-right-load = Is it the right load? Does this still fit your workload?
pairing-change = What would each of you change?
# A command follows each of these; there is room for 22 letters.
pairing-talked = You talked about it:
pairing-hours = More, or fewer, hours:
pairing-enough = Enough, and no reason:

## pairing/goals.rs: the coachee's goals

goals-asked = { $name }, what do you want to work on? In your own words; they are sealed to you.
goals-one-a-line = One a line; an empty line ends it.
# $count is how many.
goals-sealed = Sealed to { $name }, who alone can read them: { $count }.
goals-none = No goals yet: `sidetone pairing goals NAME --add`

## held.rs: sessions of a pairing

# The numbers of a session; with a semicolon between them where both are there.
held-talk = the coach spoke { $percent } % of the talk
held-telling = telling { $percent } %
held-unsaid = Not counted: { $count ->
    [one] { $count } session
   *[other] { $count } sessions
} with either coach. `sidetone pairing session SESSION --coach WHO` says with which.
# $who is what is typed to name the two.
held-review = For you both, { $name }: the right pair, the right time, the right load? `sidetone pairing review { $who }`

## hours.rs: the time a pair set aside. $time is a length as "7 h 30 min".

hours-year = { $name }, { $from } to { $to }
hours-set-aside = Set aside: { $time }, with no dates in it. Nothing has to be used up.
hours-used = Used: { $time } in { $count ->
    [one] { $count } session
   *[other] { $count } sessions
}.
# $who is what is typed to name the two.
hours-more = That is { $time } more than you set aside. If it is right for you both: `sidetone hours set { $who } HOURS`
hours-forecast = At your own pace it comes to about { $time }.
hours-no-forecast = At what pace: not enough to say yet.
hours-quiet = Quiet: { $from } to { $to }.

## pulse.rs: how it was for the coachee. What is asked stands in web.ftl.

pulse-alone = For you alone: sealed to you, seen by nobody else. 1 is little, 5 is much; Enter leaves one out.
pulse-number = Please type a number from 1 to 5, or nothing.
pulse-answered = Sealed to you. Nobody else can read it.
pulse-none = No answers yet: `sidetone pulse answer SESSION`, whenever you like.
pulse-with = With { $coach }
# A row of a table: the answers to pulse-room-asked and the two after it, each a number or "-". The numbers of held.rs follow.
pulse-row = { $date }   room { $room }   useful { $useful }   trust { $trust }
pulse-signal = Your last { $count } answers about { $question ->
    [room] room to think
    [useful] how useful it is
   *[trust] trust
} { $sign ->
    [low] are low
   *[falling] are lower than those before
}.
# $who, here and below, is what is typed to name the two.
pulse-may-end = You may change or end this at any time, without a reason: `sidetone pairing end { $who }`
# The three that follow are a list of what they can do.
pulse-can-do = Only you see this. What you can do, if you wish, and nobody needs a reason:
pulse-can-talk = talk about it at the review on { $day }, or before: sidetone pairing review { $who }
pulse-can-ask = ask for other times, another way of working, or another coach
pulse-can-end = end it: sidetone pairing end { $who }

## training.rs: what the coach does to stay a coach

# After a day, in a table.
training-course = course
training-refresher = refresher
training-co-coaching = co-coaching
training-modelling = modelling
training-trio = trio
training-with = with { $who }
training-tried = tried: { $what }
training-none = Nothing noted yet: `sidetone training log course --on DATE`
training-no-course = No course is noted yet: `sidetone training log course --on DATE`
training-due-on = Your last course or refresher was on { $last }; the next is due on { $next }.
training-due-since = Your last course or refresher was on { $last }; the next has been due since { $next }. Whom could you learn from?
training-reminder = Your next refresher: since { $day }. `sidetone training due`

## code.rs: notes on a written transcript, in small letters. "note: " stands before each.

# $why is the reason, as an error says it.
code-words-alone = coded by words alone, which is less exact: { $why }
code-no-row = no row is the { $role ->
    [coach] coach's
   *[coachee] coachee's
}, so that nothing can be said about the two together
code-foreign = { $count } of { $all } groups do not seem to be English and have no numbers

## privacy.rs: the page for a school's data-protection officer, which is Markdown

privacy-title = Sidetone { $version } and personal data
privacy-whose = For whoever answers for data protection at a school. This page is made by the program from what it goes by; `sidetone privacy` makes it again on any laptop.
privacy-short = In short
privacy-short-aim = **What for.** A coach and a coachee hear how their coaching conversation was shared and how directive it was.
privacy-short-where = **Where.** On the coach's laptop alone, in `{ $folder }`, mode 0700. No account, no server, no telemetry; the only use of the network is fetching a speech model that somebody asked for by name, which sends no personal data.
privacy-short-who = **Who sees what.** Both see the same numbers. The words are sealed (age, X25519 and ChaCha20-Poly1305) to a key that the coachee makes and keeps; the coach cannot read them, nor can the school.
privacy-short-how-long = **How long.** Sound until the report is made. Words that the coachee has not decided about: { $days ->
    [one] { $days } day
   *[other] { $days } days
} unless they choose another number (1 to { $most }), fixed at consent and never put off. Words that they keep: until they delete them. Numbers: until deleted.
privacy-short-off = **Off the record.** `sidetone pause`, or what is said aloud ("sidetone, off the record"): nothing is recorded or counted until it is ended. Said aloud, it holds from where it was begun to be said: what was recorded since is cut off. Meanwhile sound passes through memory, where only a spoken command is listened for; `start --no-voice-commands` ends that too.
privacy-memory = A live session is in the recorder's memory; core dumps are off, and other programs of the user cannot attach to it. Settings (`sidetone config show`) hold no personal data but the paths and stances that the coach set.
# It follows the rights.
privacy-forgotten = A lost passphrase does not keep words alive: `sidetone transcript delete SESSION --forgotten` deletes them without it, { $days ->
    [one] { $days } day
   *[other] { $days } days
} after notice was given.
privacy-consent = What both people are asked to agree to
# consent-wording follows.
privacy-wording = Wording { $version }, stored with the time of both answers:

## privacy.rs: a table of what is kept: where, what, who can read it, and what ends it

privacy-kept = What is kept
privacy-kept-where = Where
privacy-kept-what = What
privacy-kept-readable = Who can read it
privacy-kept-until = Until
# $name is that of a table in the database.
privacy-table = sidetone.db, table { $name }
# Who can read it.
privacy-laptop = whoever uses this laptop's account
privacy-coachee = the coachee alone, with their key
# What ends several of those below.
privacy-until-removed = `sidetone coachee remove NAME`
privacy-until-numbers = the session's numbers are deleted
privacy-until-never = kept
privacy-coachees = the name as typed, the public key, and the private key under the coachee's passphrase, or sealed to a hardware key of theirs (not there where the key is kept elsewhere)
privacy-sessions = when, with whom, the stances stated, when, to which wording and for how many days both consented, what the coachee decided, and the numbers: who spoke when, and when somebody marked a moment, to a tenth of a second; turns, pauses, counts of moves (question, advice ...), and when the coach, and only the coach, told or asked, to the second
privacy-sessions-until = `sidetone transcript delete SESSION --everything`, or `coachee remove`
privacy-progress = of a session that is being recorded, how many seconds it has lasted and how many of them somebody spoke
privacy-progress-until = the session is finished or withdrawn
privacy-transcripts = the words of a session, sealed
privacy-transcripts-until = the coachee deletes or takes them, or the days run out
privacy-points = five of a session's numbers once more, with their ranges, for `sidetone trend`
privacy-next-steps = one line per session at most: what the coach wants to try next, in the coach's own words
privacy-next-steps-until = the coach empties it, or the session's numbers are deleted
privacy-pairings = who coaches whom, from when to when, when it is looked at again, the year's hours, and, only if both wish, whether the coach manages the coachee or is senior to them
privacy-quiet-weeks = dates in which a pairing rests
privacy-session-pairings = which pairing a session belongs to, where there are several
privacy-goals = the coachee's goals in their own words, sealed; that there are some is in the clear
privacy-goals-until = the coachee deletes them, or `coachee remove`
privacy-pulses = the coachee's answers to three questions after a session, sealed; that there are some is in the clear
privacy-pulses-until = `sidetone pulse delete SESSION`, or `coachee remove`
privacy-trainings = the coach's own courses and practice: when, what kind, with whom, what was tried
privacy-trainings-until = `sidetone training remove NUMBER`
privacy-receipts = that something was deleted: when, the session's number, how many rows, files and bytes; no name, no words
privacy-receipts-until = kept: they are the proof of deletion
privacy-recordings = the sound of a session, sealed half a second at a time
privacy-recordings-readable = the recorder while it records; afterwards the coachee alone, with their key
privacy-recordings-until = the report is made (stop); longer only if the coachee confirmed `--keep-audio`, or the words came out badly and the coachee may have them made again
privacy-receipts-again = the receipts once more
privacy-voice = if the coach enrolled: 256 numbers that tell their voice from another (biometric data of the coach; none is ever kept of a coachee)
privacy-voice-until = `sidetone coach forget`
privacy-log = when the recorder began and ended, and what went wrong with microphones, disk and program; no words, no names of people
privacy-log-until = one older piece of a megabyte is kept as daemon.log.1
privacy-models = speech models; no personal data
privacy-models-until = deleted by hand

## privacy.rs: rights under the GDPR, and the command that serves each

privacy-rights = Rights of both people, and the command that serves each
privacy-right = Right (GDPR)
privacy-right-how = How
privacy-right-informed = To be informed (Art. 13)
privacy-right-informed-how = `sidetone start` shows the text below to both before the first sample; this page says the rest
privacy-right-withdraw = To withdraw consent (Art. 7(3))
privacy-right-withdraw-how = either person, until stop: `sidetone withdraw` deletes everything of the session. Afterwards the coachee: `sidetone transcript delete SESSION --everything`
privacy-right-access = Access (Art. 15)
privacy-right-access-how = both: `sidetone report SESSION` (numbers); the coachee: `sidetone transcript show SESSION` (words)
privacy-right-rectification = Rectification (Art. 16)
privacy-right-rectification-how = roles that are the wrong way round: `sidetone swap SESSION`; words made again with a better model while the sound is kept: `sidetone transcript redo SESSION`
privacy-right-erasure = Erasure (Art. 17)
privacy-right-erasure-how = words: `sidetone transcript delete SESSION`; numbers too: `--everything`; all of a person: `sidetone coachee remove NAME`. A receipt without words is left as proof
privacy-right-restriction = Restriction (Art. 18)
privacy-right-restriction-how = words stay sealed; nobody but the coachee can use them
privacy-right-portability = Portability (Art. 20)
privacy-right-portability-how = `sidetone transcript take SESSION` and `sidetone transcript export SESSION` (vtt, srt, md, json, tsv, TextGrid); numbers: `sidetone report SESSION --json`
privacy-right-decision = No automated decision (Art. 22)
privacy-right-decision-how = there is no score, no ranking, no comparison of people, and no view for anybody who was not in the room

## privacy.rs: what cannot be promised

privacy-limits = Limits
privacy-limit-deleting = Deleting removes data from the program's own files (overwritten in the database, log emptied, file unlinked). It does not reach backups, snapshots, swap, or cells that an SSD has put aside. A restored copy of words still opens for nobody but the coachee.
privacy-limit-disk = Names and numbers are not encrypted by the program: full-disk encryption is the answer to a stolen laptop.
privacy-limit-owner = Whoever owns the laptop can change the program or watch the keyboard. A coachee who fears that keeps their key elsewhere: `sidetone coachee add NAME --recipient age1...`.
privacy-limit-lost = If a coachee loses both passphrase and key, their words are lost: nobody can reset them.
privacy-limit-others = Other people in the room (pupils, say) are recorded as long as the sound exists, and their words may be in the transcript: record where nobody else speaks.
privacy-limit-freely = The program cannot know whether consent was freely given in a working relationship. That is the school's to see to, as are its record of processing, its legal basis, and an impact assessment where one is due.

## control.rs: what is said to a running recorder, and what it is doing

control-now-paused = Paused: nothing is recorded until `sidetone resume`.
control-resumed = Recording again.
control-marked = Marked.
control-making-report = Making the report ...
control-withdrawn = Withdrawn: everything of this session is deleted.
# $at is a day and a time, "2026-11-24 09:00".
control-withdraw-cut-off = No session is being recorded; the one with { $coachee } of { $at } was cut off. Delete everything of it?
control-withdrew-cut-off = Withdrawn: everything of the session with { $coachee } of { $at }, which was cut off, is deleted.
control-cut-off = The session with { $coachee } of { $at } was cut off: `sidetone recover { $session }` makes its report, `sidetone withdraw` deletes it.
control-not-withdrawn = Nothing was deleted.
control-idle = The recorder is running; no session is being recorded.
# The first part says what the recorder is doing. control-two-microphones and control-marks may follow it after a comma, and the
# sentences below after a full stop, without one at their end, or on lines of their own. $time is a length as "12 min 54 s".
control-recording = Recording with { $coachee }: { $time }
control-paused = Paused with { $coachee }: { $time } recorded
control-finishing = Making the report of the session with { $coachee }
# Stands for $coachee where the name is not known.
control-somebody = somebody
control-two-microphones = two microphones
control-marks = { $count ->
    [one] { $count } mark
   *[other] { $count } marks
}
# The words in quotes are a spoken command, and stay.
control-deletion-asked = To delete this session, say: "yes, delete"
# $what is one of the texts control-alarm-... or trouble-...
control-attention = ATTENTION: { $what }
control-file-over = The file is over: `sidetone stop`
control-alarm-no-sound = no sound arrives from the microphone
control-alarm-all-zero = the microphone sends nothing but zeros: is it muted, or not allowed?
control-alarm-clipped = the sound is distorted: turn the microphone down or move away
control-alarm-silent = next to nothing is heard: is it the right microphone?
control-alarm-rebuilding = the microphone was lost and is being looked for
# $coach and $coachee are moments in the session, as "12 min 54 s", in the next three.
control-roles-taken = The voice at { $coach } was taken for the coach's, the one at { $coachee } for the coachee's. If that is wrong: `sidetone swap { $session }`
control-two-voices = Two voices were heard: one spoke at { $coach } into the session, the other at { $coachee }.
control-was-it-coach = Was it the coach who spoke at { $coach }?

## daemon.rs: the recorder in the foreground

daemon-ended = The recorder has ended.
daemon-recording = Recording for { $folder }. Ctrl-C ends it.

## demo.rs: the whole story, step by step

demo-added = 1. Hannah is added. Her passphrase is the key to her words; it is made here and shown once.
demo-recorded = 2. Both say yes, and the session is recorded (two synthetic voices, played eight times as fast).
demo-report = 3. The report, for both of them:
demo-tries = 4. The coach tries to read the words, with another passphrase and with a key of their own:
demo-opens = 5. Hannah's passphrase opens them:
demo-lines = ... { $count } lines in all, decoded by { $model }, which knows only such voices.
demo-deletes = 6. She deletes them. The numbers stay for both; the words are gone:
demo-gone = All of this was in a temporary folder that is deleted now, and the session with it: the commands above find it no more.
demo-yours = Yours begins with: sidetone coachee add NAME, then sidetone start --coachee NAME

## doctor.rs: whether this computer can record. What is found, and below it the hint, each in small letters; a line begins
## with one of the three states, of seven letters at most, and the name of the check, of twelve.

doctor-ok = ok
doctor-warning = warning
doctor-impossible = NO
doctor-check-clock = clock
doctor-check-computer = computer
doctor-check-data = data
doctor-check-disk = disk
doctor-check-microphone = microphone
doctor-check-model = model
doctor-check-permission = permission
doctor-check-recorder = recorder
doctor-check-sleep = sleep
doctor-check-sound = sound
doctor-check-speed = speed
doctor-check-swap = swap
doctor-listening = Listening to each input for a second: say something.
doctor-recording = a session is being recorded: the microphones and the speed were not tried
doctor-recording-hint = `sidetone watch` shows what it hears; run `sidetone doctor` again afterwards

## doctor/sound.rs: microphones

doctor-sound-none = no sound system answers
doctor-sound-hint = install one: `sudo apt install pipewire-alsa`
doctor-permission = this user may not open the microphones in /dev/snd
doctor-permission-hint = join the group: `sudo usermod -aG audio $USER`, then log in again
doctor-input-chosen = { $input } (the one that sessions use)
# $input, here and below, is a microphone's name or doctor-input-chosen.
doctor-input-level = { $input }: level { $level } dB
# Of two microphones.
doctor-input-levels = { $input }: level { $first } dB and { $second } dB
doctor-input-no-sound = { $input }: it opens and gives no sound
# $alarm is one of the texts control-alarm-...
doctor-input-unused = { $input }: not used by sessions; { $alarm }
doctor-input-unusable = { $input }: not used by sessions, nor could it be now ({ $why })
doctor-input-untried = not tried: { $inputs }
doctor-input-hint = choose another with `--input NAME`, or for good with `sidetone setup`
doctor-input-macos-hint = allow your terminal under System Settings, Privacy & Security, Microphone, then open it anew

## doctor/models.rs: model files, and how fast they work here

doctor-without-whisper = only the demo's speech model is here, which knows no real voice
doctor-without-speaker = without the voice model two voices on one microphone are told apart less well
doctor-without-text = without the text model questions, reflections and advice are told apart less well
# $good_for is what the list of models says of it.
doctor-model-whole = { $model }: whole ({ $good_for })
doctor-speed = { $model } would take about { $seconds } s for 10 s of speech
doctor-speed-slow = { $model } would take about { $seconds } s for 10 s of speech: the report takes a while after stop
doctor-speed-slow-hint = a smaller model keeps up: `sidetone models list` says which suits this computer
doctor-speed-demo = the demo model takes { $seconds } s for { $speech } s of speech
doctor-speed-too-slow = { $speech } s of speech were not decoded within { $seconds } s
doctor-speed-too-slow-hint = close other programs; the report then takes a while after `sidetone stop`
doctor-speed-unmeasured = it could not be measured: { $why }
doctor-speed-unmeasured-hint = `sidetone models verify` shows what is wrong with the model files

## doctor/machine.rs: the computer around the program

doctor-data-here = { $folder }, readable by you alone
doctor-data-to-come = { $folder } will be made with the first coachee
doctor-data-impossible = { $folder } cannot be made
doctor-data-hint = name a place that you may write to: `--data-dir DIR`
doctor-data-elsewhere = name another place: `--data-dir DIR`
doctor-disk = { $free } GB free, the longest session takes { $needed } GB
doctor-disk-hint = free some space, or choose another place with `--data-dir DIR`
# $now is a date and a time.
doctor-clock-impossible = { $now } cannot be
doctor-clock-loose = { $now }; nothing keeps it right
doctor-clock-kept = { $now }, kept right by the network
doctor-clock-hint = set it: `timedatectl set-ntp true`, or in the system's settings; words are deleted by date
doctor-computer = { $cores ->
    [one] { $cores } core
   *[other] { $cores } cores
}, { $memory } GB of memory
doctor-computer-hint = take a small model: `sidetone models fetch tiny.en`
doctor-sleep-held-off = held off while a session is recorded
doctor-sleep-comes = it cannot be held off here: a laptop that falls asleep records nothing
doctor-sleep-hint = keep the lid open and the power plugged in while you record; a gap is noted in the report
doctor-swap-none = none
doctor-swap-safe = in memory or encrypted
doctor-swap-macos = encrypted by macOS
# $places are files and devices, one or more; $hibernates says whether this computer can hibernate.
doctor-swap-open = { $hibernates ->
    [yes] { $places } is not known to be encrypted: swapping and hibernation may write words to the disk
   *[no] { $places } is not known to be encrypted: swapping may write words to the disk
}
doctor-swap-hint = encrypt it (`sudo apt install cryptsetup`, then `swap` in /etc/crypttab), or `sudo swapoff -a` while you record

## licences.rs: what the program is made of

licences-models = Models (each is fetched from its publisher, but for the first)
licences-crates = Crates that are linked
# After the crates: what else is inside some of them.
licences-within = Within them
licences-more = Where each comes from: `sidetone licences --json`. Their texts come with the Debian package.

## models.rs: the model files

models-imported = { $model } is now in { $folder }
models-whisper = Speech to words (one is needed for the transcript):
models-speaker = Voices (tells two people apart on one microphone):
models-text = Sentences (tells questions, reflections and advice apart):
# Beside a model that is on this computer, in four columns.
models-here = here
models-recommended = { $good_for } (recommended)
models-fetch = `sidetone models fetch NAME` brings one. { $demo } knows synthetic voices only: it is for trying out.
# After the model's name and a colon: its file is undamaged.
models-whole = whole

## import.rs: a recording that exists already

import-dated-today = { $file } was last written on { $day }, and its session is dated today. If it was on another day, stop this with Ctrl-C and say when: `sidetone import --on { $day }`.
import-partly = Not all of { $file } could be read: the report is about the rest.
import-demo-model = The only speech model here is the demo's, which knows synthetic voices only: of real ones its words are wrong, and so is what is made of them. `sidetone models fetch base.en` gets a real one.
import-one-in-two = Both channels of { $file } hold the sound of one microphone: it is taken for one track, and `--coach-track` cannot tell whose voice is whose.
import-original-stays = { $file } is not deleted: there is more in it than could be made of it this time. Another model may do better: `sidetone import --model NAME`.

## recover.rs: a session that was cut off

recover-saved = Saved of the session with { $coachee }: { $megabytes } MB of sealed sound. The coachee's key opens it, and finishes the report.
# Three lengths, as "12 min 54 s".
recover-known = Known without it: { $time } of session, of which somebody spoke for { $speech } and nobody for { $silence }.
# Before a bar of progress.
recover-reading = reading

## report.rs: choosing the one thing to try next

shown-chosen = Chosen. The next report with this coachee opens with it.
shown-none-chosen = Nothing is chosen now.
shown-in-the-clear = Kept in the clear, and the coachee sees it too: write what you will do, not what was said.
shown-choose = A number, or your own words:

## service.rs: the recorder as something that starts at login

service-installed = The recorder starts at login from now on, and has started. `sidetone service uninstall` ends that.
service-packaged = Running, as the package brought it: `systemctl --user status { $unit }`
service-absent = Not installed. Sessions need no service; `sidetone service install` adds it.
service-running = Installed and running: { $file }
service-not-running = Installed, not running: { $file }
service-outdated = It was written for other settings, or another copy of the program: `sidetone service install` again.
service-why = Why, perhaps: `journalctl --user -u { $unit }`
service-removed = Removed. Sessions and settings are as they were.
service-of-package = What runs was brought by the package: `{ $command }` ends it.
service-was-absent = It was not installed.

## sessions.rs: the sessions that are here

sessions-none = No sessions yet. `sidetone demo` shows one; `sidetone start --coachee NAME` records one.
# $day is a date, or "unknown".
sessions-undecided = { $day ->
    [unknown] { $count } with words that the coachee has not decided about, the first of them deleted on a day that is unknown: `sidetone open SESSION`, or `sidetone transcript keep|delete|take SESSION`
   *[other] { $count } with words that the coachee has not decided about, the first of them deleted on { $day }: `sidetone open SESSION`, or `sidetone transcript keep|delete|take SESSION`
}
sessions-unfinished = Not finished: `sidetone stop`, or after a crash `sidetone recover { $session }`
sessions-no-receipts = Nothing was deleted, taken or withdrawn yet.
# The end of a session's line, as the next four.
sessions-not-finished = not finished
sessions-words-until = words undecided, deleted on { $day }
sessions-words-undecided = words undecided
sessions-no-words = no words
sessions-words = { $decision ->
    [kept] words kept
    [deleted] words deleted
   *[taken] words taken
}
sessions-exchanged = Exchanged: who was the coach is now the coachee, in every number.

## settings.rs: every setting, as a file with remarks after "#"

settings-no-file = { $file } is not there yet: write it by hand, or let `sidetone setup` do it.
settings-no-home = There is no home directory for a file of settings: `--config FILE` names one.
# Where a value came from, as the next three.
settings-from-default = the default
settings-from-file = this file
settings-from-environment = the environment: { $variable }
settings-from-flag = the flag --{ $flag }
settings-not-set = not set

## config.rs: what the settings come to

# $problem is what is wrong with the file of settings, and where.
config-left-aside = warning: { $problem }; the settings are left aside

## settings.rs: what each setting is, without a full stop: beside it in the settings file and in `config show`. Words between
## backticks and quotes are typed, and stay.

setting-data-dir = Where sessions are kept
setting-models-dir = The only place where model files are looked for and fetched into
setting-input = What `start` and `coach enrol` listen to: `default`, a device that `doctor` lists, `A+B`, or `A+system`
setting-coach-track = Of two microphones, the coach's: 1 or 2
setting-stance = What you mean your sessions to be: directive, collaborative or facilitative; `start --stance` for one of them
setting-model = The model that turns speech into words; else the recommended one, or the best that is here
setting-retention-days = Days after which words that the coachee has not decided about are deleted, offered when both consent; `start --retention-days` for one session
setting-voice-commands = Whether a session obeys spoken commands; `start --no-voice-commands` for one that does not
setting-wake-word = What a spoken command begins with: one to three words of five letters or more together
setting-tones = Whether spoken commands are answered, and alarms told, by a short tone
setting-color = Colour in the output: auto, always or never
