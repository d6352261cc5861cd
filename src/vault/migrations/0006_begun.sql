-- Whose microphone was the coach's, counted from 0, while two were recorded: what finishes the session after a crash would
-- have to guess it. NULL where one was, or an earlier version recorded.
ALTER TABLE sessions ADD COLUMN coach_track INTEGER CHECK (coach_track IN (0, 1));

-- What both agreed to is never put off, but where the clock was set on between a session's beginning and its end: its days
-- are counted from when it really was.
DROP TRIGGER retention_is_not_extended;
CREATE TRIGGER retention_is_not_extended BEFORE UPDATE OF delete_after, retention_days ON sessions
WHEN NEW.retention_days <> OLD.retention_days
    OR (NEW.delete_after > OLD.delete_after AND NOT (OLD.state = 'recording' AND NEW.state = 'finished'))
    OR (OLD.delete_after IS NULL AND NEW.delete_after IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'retention is not extended'); END;
