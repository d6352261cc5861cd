### The pages of the coach and of the coachee. What stands in the report on them is in report.ftl. Texts stand in HTML as they
### are here: none holds <, & or a straight double quote.

## pages.rs: the page as a whole

page-used = This address has been used: it works once. Run the command again for another.
page-numbers = The numbers, as your coach sees them
# $what is the reason in a word or two ("words deleted"), $amount how much ("1 row, 2 files, 3709 bytes").
page-gone = Gone from our files: { $what } ({ $amount }). Backups and snapshots of the disk are out of our reach.
page-sound-gone = The sound that was kept is deleted too.
page-close = Close this page
page-closed = Closed
page-closed-now = This page is closed. The window can be closed too.
page-locks-itself = { $minutes ->
    [one] This locks itself after { $minutes } minute without anybody reading.
   *[other] This locks itself after { $minutes } minutes without anybody reading.
}
page-lock = Lock now
page-nothing-here = Nothing here
page-nothing = There is nothing to show: { $why }.
page-failed = That did not work: { $why }.

## pages.rs: the coach's next step

next-another = Choose another
next-pick = Pick one, or write your own
next-own = Your own
next-kept = Kept in the clear, and the first thing on the next report with this coachee, who sees it too: write what you will do, not what was said.
next-choose = Choose
next-back = Take it back
next-chosen = Chosen.
next-none = Nothing is chosen now.
next-nothing = Nothing was picked: pick one, or write your own.

## pages.rs, words.rs: the coachee's words

words-heading = Your words
words-undecided = Nothing is decided yet. They are deleted on { $date } unless you keep them.
words-kept = You keep them, sealed.
# $date is a day.
words-forgotten = Notice was given that your passphrase is lost: from { $date } on your words can be deleted without it. Whatever you decide below ends that.
words-forgotten-locked = Notice was given that your passphrase is lost: from { $date } on your words can be deleted without it. Unlock, and decide about them: that ends it.
# $standing is words-undecided or words-kept.
words-sealed = Sealed: only you can open them. { $standing } Unlocked, you can read them, decide about them, and say how it was for you.
words-none-unlocked = Unlocked, you can say how it was for you, and see what you said before.
words-asserted = It was stated on the command line that you agreed to this session; the program did not ask you.
words-passphrase = Your passphrase
words-unlock = Unlock
not-unlocked = Not unlocked: { $why }.
words-deleted = They are deleted.
words-taken = You took them off this computer.
# $decide and $numbers begin links, $end ends each.
words-here = Read them here; { $decide }decide about them{ $end } below, and { $numbers }the numbers{ $end } come after that.
words-coach = coach
words-coachee = coachee
words-unclear = unclear who
words-click = a click leads to the line
words-jump-time = Jump to a time
words-jump = Jump to
search = Search
# The places follow.
search-found = { $count ->
    [0] In no line.
    [one] In { $count } line:
   *[other] In { $count } lines:
}
# While it is typed; "#" stands for any number from two.
search-counted = { $count ->
    [0] In no line.
    [one] In { $count } line.
   *[other] In { $count } lines.
}

## words.rs: export

export-heading = Export to a file that others can read
export-as = As
export-md = text (Markdown)
export-vtt = subtitles (WebVTT)
export-srt = subtitles (SubRip)
export-tsv = a table (TSV)
export-json = data (JSON)
export-textgrid = Praat (TextGrid)
export-ticked = Export the ticked lines
export-all = Export everything
export-none = No line is chosen: tick those that you want to export.
export-failed = Not exported: { $why }.

## pages.rs: what becomes of the words

decide-heading = Decide about your words
decide-stay = They stay here, sealed to you.
decide-keep = Keep
decide-kept = Kept, sealed, until you delete them.
decide-take = Take them with you
decide-first = First: one sealed file, which your key opens, here or with the program { $program }.
# $show and $key are commands.
decide-first-passphrase = First: one sealed file. On this computer your passphrase opens it ({ $show }), until you are removed from it; anywhere else your recovery key does, which { $key } shows.
decide-sound = The sound of this session is kept here too, and goes with the words.
decide-save = Save the sealed file
decide-not-taken = Not taken: { $why }.
decide-have = I have the file where I want it.
decide-remove = Remove the words from here
decide-nothing-removed = Nothing was removed: save the sealed file first, and tick that you have it.
decide-delete = Delete them
decide-sure = I am sure. Nobody can bring them back.
decide-delete-words = Delete the words
decide-delete-numbers = Delete the numbers too
decide-nothing-deleted = Nothing was deleted: tick that you are sure.

## pulse.rs: how it was for the coachee

pulse-heading = How was it for you?
pulse-whose = For you alone: sealed to you, and seen by nobody else, your coach included. Answer what you like, or nothing.
pulse-room-asked = How much room to think did you have?
pulse-useful-asked = How useful was it?
pulse-trust-asked = How much trust was there?
pulse-little = { $value } little
pulse-much = { $value } much
pulse-no-answer = no answer
pulse-seal = Seal my answers
pulse-sealed = Your answers are sealed to you.
pulse-again = Answer again, or delete these answers
pulse-delete = Delete my answers
pulse-unread = Your answers cannot be read: { $why }.
pulse-answers = Your answers
pulse-scale = Your answers, 1 for little and 5 for much, beside the numbers
pulse-session = Session
# The answer to pulse-room-asked, as the head of a column; the next two likewise.
pulse-room = room to think
pulse-useful = useful
pulse-trust = trust
pulse-share = coach’s share of the talk
pulse-telling = telling
pulse-this = { $date }, this one
