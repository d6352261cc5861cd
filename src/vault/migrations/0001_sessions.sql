-- What the vault keeps. No plain column can hold speech: each is a number, one of a list of words, a time, a key, or a
-- name that the user gave. Words are in `transcripts.sealed` only.

CREATE TABLE coachees (
    name            TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 200),
    recipient       TEXT NOT NULL CHECK (length(recipient) <= 4096),
    -- The identity under its passphrase (age, scrypt); NULL when it is kept elsewhere.
    locked_identity BLOB,
    added_at        TEXT NOT NULL CHECK (length(added_at) <= 40)
) STRICT;

CREATE TABLE sessions (
    id               TEXT PRIMARY KEY CHECK (length(id) = 26),
    coachee          TEXT NOT NULL REFERENCES coachees (name) ON UPDATE CASCADE,
    -- To whom the session is sealed: a coachee whose key changes later must not change who reads.
    recipient        TEXT NOT NULL CHECK (length(recipient) <= 4096),
    started_at       TEXT NOT NULL CHECK (length(started_at) <= 40),
    coach_stance     TEXT CHECK (coach_stance IN ('directive', 'collaborative', 'facilitative')),
    coachee_stance   TEXT CHECK (coachee_stance IN ('directive', 'collaborative', 'facilitative')),
    tracks           INTEGER NOT NULL CHECK (tracks BETWEEN 0 AND 255),
    consent_at       TEXT NOT NULL CHECK (length(consent_at) <= 40),
    consent_wording  INTEGER NOT NULL,
    consent_asserted INTEGER NOT NULL CHECK (consent_asserted IN (0, 1)),
    model            TEXT NOT NULL CHECK (length(model) <= 64),
    state            TEXT NOT NULL CHECK (state IN ('recording', 'finished')),
    keep_audio       TEXT NOT NULL CHECK (keep_audio IN ('no', 'asked', 'confirmed')),
    decision         TEXT NOT NULL CHECK (decision IN ('undecided', 'kept', 'deleted', 'taken')),
    retention_days   INTEGER NOT NULL,
    -- Set when the session begins and never put off; NULL once the coachee has decided.
    delete_after     TEXT CHECK (length(delete_after) <= 40),
    -- When somebody said that the passphrase is lost.
    notice_at        TEXT CHECK (length(notice_at) <= 40),
    -- 0 once the sealed recording may not be here any more.
    recording        INTEGER NOT NULL CHECK (recording IN (0, 1)),
    -- 1 when the roles in the sealed words are the wrong way round. Those in `numbers` never are.
    swapped          INTEGER NOT NULL DEFAULT 0 CHECK (swapped IN (0, 1)),
    numbers          TEXT CHECK (json_valid(numbers))
) STRICT;

CREATE TABLE transcripts (
    session TEXT PRIMARY KEY REFERENCES sessions (id),
    sealed  BLOB NOT NULL,
    bytes   INTEGER NOT NULL
) STRICT;

CREATE TABLE receipts (
    number  INTEGER PRIMARY KEY,
    at      TEXT NOT NULL CHECK (length(at) <= 40),
    session TEXT NOT NULL CHECK (length(session) = 26),
    what    TEXT NOT NULL CHECK (what IN
                ('withdrawn', 'words deleted', 'words taken', 'everything deleted', 'retention over', 'passphrase lost')),
    rows    INTEGER NOT NULL,
    files   INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    UNIQUE (at, session, what, rows, files, bytes)
) STRICT;

CREATE TRIGGER receipts_are_not_changed BEFORE UPDATE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts are not changed'); END;

CREATE TRIGGER receipts_are_not_deleted BEFORE DELETE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts are not deleted'); END;
