-- Keys on a token of their own, and what is known of a session without anybody's key. In the same step the numbers of
-- older sessions become as coarse as those of new ones (src/vault/plain.rs).

-- The coachee's key, where a program of its own keeps it (age1yubikey1...): `locked_identity` is then sealed to it.
ALTER TABLE coachees ADD COLUMN held_by TEXT CHECK (length(held_by) <= 4096);

-- How far a session has come that is being recorded, in whole seconds: all that a crash leaves for the coach. Goes when
-- the session is finished.
CREATE TABLE progress (
    session   TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    elapsed_s INTEGER NOT NULL CHECK (elapsed_s >= 0),
    speech_s  INTEGER NOT NULL CHECK (speech_s >= 0)
) STRICT;

-- What both agreed to when the session began is never put off: a decision ends it, and nothing else.
CREATE TRIGGER retention_is_not_extended BEFORE UPDATE OF delete_after, retention_days ON sessions
WHEN NEW.retention_days <> OLD.retention_days OR NEW.delete_after > OLD.delete_after
    OR (OLD.delete_after IS NULL AND NEW.delete_after IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'retention is not extended'); END;
