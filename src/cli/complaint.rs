//! What clap says of a command line that it does not take, told as every other error is: one line, and a hint.

use std::ffi::OsString;

use clap::{
    Command, Error,
    error::{ContextKind, ContextValue},
};

use super::CliError;

/// `args` are those that `command` refused with `error`.
pub fn complaint(error: &Error, mut command: Command, args: &[OsString]) -> CliError {
    // What follows the first empty line is advice and usage.
    let rendered = error.render().to_string();
    let said = rendered.split("\n\n").next().unwrap_or_default();
    let said = said.strip_prefix("error: ").unwrap_or(said).split_whitespace().collect::<Vec<_>>().join(" ");
    let help = format!("`{} --help`", named(&mut command, args));
    CliError::user(
        said,
        match meant(error) {
            Some(meant) => format!("did you mean `{meant}`? See {help}"),
            None => format!("see {help}"),
        },
    )
}

/// The nearest name that there is.
fn meant(error: &Error) -> Option<&str> {
    [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(|kind| error.get(kind))
        .and_then(|found| match found {
            ContextValue::String(name) => Some(name.as_str()),
            ContextValue::Strings(names) => names.first().map(String::as_str),
            _ => None,
        })
}

/// The innermost command that the arguments name, as it is typed.
fn named(command: &mut Command, args: &[OsString]) -> String {
    command.build();
    let (mut at, mut typed) = (&*command, command.get_name().to_owned());
    for argument in args.iter().skip(1) {
        if let Some(inner) = at.find_subcommand(argument) {
            at = inner;
            typed = format!("{typed} {}", inner.get_name());
        }
    }
    typed
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::super::Args;
    use super::*;

    #[test]
    fn one_line_and_where_to_look() {
        for (typed, said, hint) in [
            ("reprot", "unrecognized subcommand 'reprot'", "did you mean `report`? See `sidetone --help`"),
            ("qwertz", "unrecognized subcommand 'qwertz'", "see `sidetone --help`"),
            (
                "completions bsh",
                "invalid value 'bsh' for '<SHELL>' [possible",
                "did you mean `bash`? See `sidetone completions --help`",
            ),
            (
                "completions",
                "the following required arguments were not provided: <SHELL>",
                "see `sidetone completions --help`",
            ),
            (
                "start --coache X",
                "unexpected argument '--coache' found",
                "did you mean `--coachee`? See `sidetone start --help`",
            ),
            (
                "transcript --json export last --lines",
                "a value is required for '--lines",
                "see `sidetone transcript export --help`",
            ),
        ] {
            let args: Vec<OsString> = ["sidetone"].into_iter().chain(typed.split(' ')).map(Into::into).collect();
            let error = complaint(&Args::try_parse_from(&args).unwrap_err(), Args::command(), &args);
            assert!(error.message().starts_with(said) && !error.message().contains('\n'), "{error:?}");
            assert_eq!(error.hint(), Some(hint), "{typed}");
        }
    }
}
