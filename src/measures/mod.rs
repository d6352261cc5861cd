//! Numbers about a session. Every one has a definition, an interval and a case where it says "not enough to say".
