-- What a trend and a check of time limits read of each session, apart from the numbers beside it: with those, 10,000
-- sessions are hundreds of megabytes.

-- The sessions of a trend, in its order.
CREATE INDEX sessions_in_time ON sessions (started_at, id, coachee, state);

-- Words that nobody decided about, by when their time is over.
CREATE INDEX sessions_by_time_left ON sessions (decision, delete_after, id, state);
