//! Sidetone lets a coach hear how directive their own sessions are. `README.md` is for people, this page for engineers.
//!
//! The recording is ground state; everything after it is derived; the numbers are for both people, the words are only
//! for the coachee.
//!
//! # Data flow
//!
//! ```text
//! capture ── Block ──> recording          sealed and fsynced before anything else touches a sample
//!              │
//!              └─────> pipeline: speech -> speakers -> transcript -> moves -> measures
//!                         │                               │                      │
//!                         │                       words: Utterance        numbers: Numbers
//!                         v                               v                      v
//!                      daemon ────────────────────> vault::Writer          report (text, page, JSON)
//!                                              (seals; cannot read)
//!                      coachee's key ─────────────> vault::Reader ──> transcript formats, web
//! ```
//!
//! # Layout
//!
//! Modules are declared below in reading order. Folders are nouns, what you have after that stage; functions are the
//! field's verbs. The `mod.rs` files alone tell the product. What people read stands in `texts/en/`, and is said by its name.
//! Who may import whom is a table with reasons in `tests/architecture.rs`.
//!
//! # Invariants
//!
//! - **One clock.** Positions are [`units::Sample`]s at 16 kHz since the session's first. Device rates end in
//!   `capture/resample.rs`, Whisper's centiseconds in `transcript/whisper.rs`.
//! - **Words are a type.** [`transcript::Spoken`] prints as `[14 words]` and is wiped on drop. No type that is stored in
//!   the clear, sent over the socket or shown to the coach has a field for it.
//! - **What cannot read must not be able to.** [`vault::Writer`] holds public keys, [`vault::Reader`] an identity; the
//!   daemon knows only the first.
//! - **Durations come from voice activity**, never from Whisper: its times only place words in turns.
//! - **Doubt is data.** Damage to a recording, a poor decode or voices that sound alike become a
//!   [`Caveat`](measures::Caveat) of the report, not an error.
//!
//! # Two runtimes for one text model
//!
//! [`moves`] codes with the vectors of all-MiniLM-L6-v2. By default candle makes them, which is Rust: whoever can build
//! Sidetone has it. With the cargo feature `rust-bert` libtorch can make them too, which is half a gigabyte to install
//! (`scripts/fetch-libtorch`), and repays it where many transcripts are coded or there is a graphics processor. Both read
//! the same weights and tokens, and a test holds their vectors together, so that it changes no number which one ran.
//!
//! # Deliberately absent
//!
//! Telemetry, accounts, network access other than fetching a model that somebody asked for by name, global state, reading
//! the environment outside `cli/config.rs`, live captions (they would leak words to the coach), and any view that ranks
//! or compares people.

#![deny(missing_debug_implementations)]
// They panic where nobody reads any more: a command that was begun is done all the same.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]
// The documentation that engineers read is made with private items.
#![allow(rustdoc::private_intra_doc_links)]

pub mod seal;
pub mod session;
pub mod texts;
pub mod units;
// The data, in the order it flows.
pub mod capture;
pub mod recording;
pub mod speech;
pub mod speakers;
pub mod transcript;
pub mod moves;
pub mod measures;
pub mod report;
pub mod pipeline;
// Who keeps it.
pub mod vault;
pub mod weights;
// What surrounds a session.
pub mod practice;
// Who drives it.
pub mod daemon;
pub mod web;
pub mod cli;
