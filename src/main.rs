//! Parse, resolve, run; then print what went wrong and what to do about it.

use std::process::ExitCode;

use sidetone::cli;

fn main() -> ExitCode {
    let args = match cli::parse(std::env::args_os()) {
        Ok(args) => args,
        Err(code) => return code,
    };
    let outcome = cli::Config::resolve_for(&args).and_then(|config| cli::run(args.command, &config));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::explain(&error),
    }
}
