//! Sidetone lets a coach hear how directive their own sessions are. See `README.md` for people, this page for engineers.
//!
//! The recording is ground state; everything after it is derived; the numbers are for both people, the words are only
//! for the coachee.

#![deny(missing_debug_implementations)]

pub mod seal;
pub mod session;
pub mod units;
// The data, in the order it flows.
pub mod capture;
pub mod measures;
pub mod pipeline;
pub mod recording;
pub mod report;
pub mod speakers;
pub mod speech;
pub mod transcript;
// Who keeps it.
pub mod vault;
pub mod weights;
// Who drives it.
pub mod cli;
pub mod daemon;
