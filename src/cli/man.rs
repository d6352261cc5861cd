//! `sidetone man`: manual pages, made of what `--help` says. For packagers, and hidden from the others.

use std::{io::Write, path::PathBuf};

use clap::CommandFactory;

use super::{CliError, Config, print_path};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder that the pages are written to
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
}

pub fn run(args: &Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let failed = |error: &std::io::Error| CliError::file(&args.output, error);
    std::fs::create_dir_all(&args.output).map_err(|error| failed(&error))?;
    clap_mangen::generate_to(super::Args::command(), &args.output).map_err(|error| failed(&error))?;
    print_path(&args.output, config, out)
}
