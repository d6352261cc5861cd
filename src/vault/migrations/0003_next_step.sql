-- What a coach wants to try next, in their own words, and each session's few measures that a trend is made of.

CREATE TABLE next_steps (
    session TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    -- The coach's own note: one line, in the clear, which the program says where it is typed.
    step    TEXT NOT NULL CHECK (length(step) BETWEEN 1 AND 200)
) STRICT;

-- Derived from `sessions.numbers` and made again whenever a row is missing: 10,000 sessions are then read in no time.
CREATE TABLE points (
    session          TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    -- Of the definitions that made the row.
    version          INTEGER NOT NULL,
    talk             REAL, talk_low           REAL, talk_high           REAL,
    telling          REAL, telling_low        REAL, telling_high        REAL,
    open_questions   REAL, open_questions_low REAL, open_questions_high REAL,
    waiting          REAL, waiting_low        REAL, waiting_high        REAL,
    own_steps        REAL, own_steps_low      REAL, own_steps_high      REAL
) STRICT;

CREATE TRIGGER points_follow_numbers AFTER UPDATE OF numbers ON sessions
BEGIN DELETE FROM points WHERE session = NEW.id; END;
