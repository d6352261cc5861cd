-- What surrounds the sessions. Goals and answers are in `sealed` columns only. Names are typed by the coach; so are notes on
-- the coach's own training, one line each. All else is a date, a number, a key or one of a list.

CREATE TABLE pairings (
    id            TEXT PRIMARY KEY CHECK (length(id) = 26),
    coachee       TEXT NOT NULL REFERENCES coachees (name) ON UPDATE CASCADE,
    -- Who coaches, where more than one does on this laptop; empty for whoever's it is.
    coach         TEXT NOT NULL CHECK (length(coach) <= 200),
    started_on    TEXT NOT NULL CHECK (started_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    review_on     TEXT NOT NULL CHECK (review_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    ended_on      TEXT CHECK (ended_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    -- How the coach stands to the coachee; NULL unless both wished it noted.
    standing      TEXT CHECK (standing IN ('manages', 'senior', 'level')),
    allowance_min INTEGER NOT NULL CHECK (allowance_min >= 0)
) STRICT;

CREATE UNIQUE INDEX pairings_open_once ON pairings (coachee, coach) WHERE ended_on IS NULL;

CREATE TABLE quiet_weeks (
    pairing TEXT NOT NULL REFERENCES pairings (id) ON DELETE CASCADE,
    from_on TEXT NOT NULL CHECK (from_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    to_on   TEXT NOT NULL CHECK (to_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    PRIMARY KEY (pairing, from_on, to_on)
) STRICT;

CREATE TABLE goals (
    id      TEXT PRIMARY KEY CHECK (length(id) = 26),
    pairing TEXT NOT NULL REFERENCES pairings (id) ON DELETE CASCADE,
    sealed  BLOB NOT NULL
) STRICT;

-- Which pairing a session belongs to, where that is not plain from its date.
CREATE TABLE session_pairings (
    session TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    pairing TEXT NOT NULL REFERENCES pairings (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE pulses (
    session TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    -- Another with each answer: a receipt for one that went does not fit the next.
    id      TEXT NOT NULL UNIQUE CHECK (length(id) = 26),
    sealed  BLOB NOT NULL
) STRICT;

CREATE TABLE trainings (
    number    INTEGER PRIMARY KEY,
    done_on   TEXT NOT NULL CHECK (done_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    kind      TEXT NOT NULL CHECK (kind IN ('course', 'refresher', 'co-coaching', 'modelling', 'trio')),
    with_whom TEXT NOT NULL CHECK (length(with_whom) <= 200),
    tried     TEXT NOT NULL CHECK (length(tried) <= 200)
) STRICT;

-- Receipts for these too. A table's list of words cannot be changed in place; dropping a table fires no trigger.
CREATE TABLE receipts_now (
    number  INTEGER PRIMARY KEY,
    at      TEXT NOT NULL CHECK (length(at) <= 40),
    -- Of the session, or of the pairing, goal or answer.
    session TEXT NOT NULL CHECK (length(session) = 26),
    what    TEXT NOT NULL CHECK (what IN
                ('withdrawn', 'words deleted', 'words taken', 'everything deleted', 'retention over', 'passphrase lost',
                 'pairing deleted', 'goal deleted', 'answers deleted')),
    rows    INTEGER NOT NULL,
    files   INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    UNIQUE (at, session, what, rows, files, bytes)
) STRICT;

INSERT INTO receipts_now SELECT number, at, session, what, rows, files, bytes FROM receipts;
DROP TABLE receipts;
ALTER TABLE receipts_now RENAME TO receipts;

CREATE TRIGGER receipts_are_not_changed BEFORE UPDATE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts are not changed'); END;

CREATE TRIGGER receipts_are_not_deleted BEFORE DELETE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts are not deleted'); END;
