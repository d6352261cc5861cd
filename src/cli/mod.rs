//! The command line: arguments in, one file per command, errors with hints out.
pub mod code;
