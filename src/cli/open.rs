//! `sidetone open` and `sidetone report --open`: pages in the browser, served by this very process.

use std::{io::Write, time::Duration};

use super::{CliError, Config, held, print_json, pulse, transcript, unlock::Unlock};
use crate::{
    texts::say,
    vault::{Stored, Writer},
    web::{self, Coachee, END_AFTER, LOCK_AFTER, Visit, Visitor, WebError},
};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// An id, the beginning of one, or `last`
    session: String,
    #[command(flatten)]
    unlock: Unlock,
    /// Lock the words after so many seconds without anybody reading
    #[arg(long, value_name = "SECONDS", default_value_t = LOCK_AFTER.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    lock_after: u64,
    /// Only print the address
    #[arg(long)]
    no_browser: bool,
}

pub fn run(args: Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let vault = Writer::open(&config.data_dir)?;
    let stored = vault.find(&args.session)?;
    super::report::of(&vault, &stored)?;
    let coachee = vault.coachee(&stored.session.coachee)?;
    let unlock = args.unlock;
    let asks_passphrase = unlock.passphrase_file.is_none() && unlock.identity.is_none();
    if asks_passphrase && !coachee.has_passphrase() {
        return Err(CliError::user(
            format!("the key of {} is kept elsewhere", coachee.name),
            "name its file: `--identity FILE`",
        ));
    }
    let reviews = held::reviews_due(&vault, Some(&stored.session.coachee))?;
    let (writing, data_dir, name) = (config.clone(), config.data_dir.clone(), coachee.name.clone());
    let visitor = Visitor::Coachee(Coachee {
        asks_passphrase,
        has_passphrase: coachee.has_passphrase(),
        unlock: Box::new(move |passphrase| {
            let given = asks_passphrase.then_some(passphrase);
            unlock.identity_with(&coachee, given).map_err(|error| error.message().to_owned())
        }),
        write: Box::new(move |words, format| {
            transcript::written(words, format, &writing).map_err(|error| error.message().to_owned())
        }),
        answers: Box::new(move |identity| {
            pulse::answered(&data_dir, &name, identity.clone()).map_err(|error| error.message().to_owned())
        }),
    });
    let lock_after = Duration::from_secs(args.lock_after);
    let visit = Visit {
        data_dir: config.data_dir.clone(),
        session: stored.session.id,
        visitor,
        reviews,
        lock_after,
        end_after: END_AFTER.max(lock_after),
    };
    drop(vault);
    serve(visit, args.no_browser, config, out)
}

/// The report, with the coach's next step.
pub fn report(
    stored: &Stored,
    reviews: Vec<String>,
    no_browser: bool,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let visit = Visit {
        data_dir: config.data_dir.clone(),
        session: stored.session.id,
        visitor: Visitor::Coach,
        reviews,
        lock_after: LOCK_AFTER,
        end_after: END_AFTER,
    };
    serve(visit, no_browser, config, out)
}

fn serve(visit: Visit, no_browser: bool, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let end_after = visit.end_after;
    web::serve(visit, |address| {
        // Nobody may be there to read it: the browser is.
        let _ = tell(address, config, out);
        if !no_browser && open::that_detached(address).is_err() {
            config.remark(say!("open-no-browser"));
        }
        let minutes = end_after.as_secs().div_ceil(60);
        config.remark(say!("open-ends", minutes));
    })
    .map_err(|error: WebError| CliError::of(&error, error.hint()))
}

fn tell(address: &str, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if config.json {
        print_json(out, &serde_json::json!({ "url": address }))?
    } else {
        writeln!(out, "{address}")?
    }
    Ok(out.flush()?)
}
