//! Who keeps what: numbers in the clear, words sealed to the coachee.
