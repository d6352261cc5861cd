//! Voice activity: when anyone spoke.
