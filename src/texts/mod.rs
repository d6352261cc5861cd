//! What people read: every sentence of the report, of the coachee's and the coach's pages and of the program's conversation,
//! by name. They stand in `en/`, a file for each room, in [Fluent](https://projectfluent.org), which translators have tools
//! for. Sentences are whole there: nothing is put together of halves that another language would order differently.
//!
//! Not here: errors and hints, which stand where they arise, since scripts and searches find them by their words; `--help`,
//! which clap makes of the arguments' documentation; names that scripts rely on; and never a word of a session.
//!
//! To translate, put a folder beside `en/` and let [`TEXTS`] read it. `tests/texts.rs` finds a text that is named and is not
//! there, is there and is not named, or lacks a value; and sentences that were written elsewhere.

use std::{borrow::Cow, sync::LazyLock};

pub use fluent_bundle::FluentValue as Value;
use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};

/// The language of all texts, as its pages say it too.
pub const LANGUAGE: &str = "en";

const FILES: [&str; 6] = [
    include_str!("en/cli.ftl"),
    include_str!("en/daemon.ftl"),
    include_str!("en/measures.ftl"),
    include_str!("en/report.ftl"),
    include_str!("en/vault.ftl"),
    include_str!("en/web.ftl"),
];

static TEXTS: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| {
    let mut texts = FluentBundle::new_concurrent(LANGUAGE.parse().into_iter().collect());
    // The marks that keep a name's direction apart would be counted as columns, and seen by scripts.
    texts.set_use_isolating(false);
    for file in FILES {
        // What can be read of a file is better than nothing; that all can is tested.
        let resource = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(read, _)| read);
        texts.add_resource_overriding(resource);
    }
    texts
});

/// The text of this name, or the name where there is none. With values for its variables it is a [`String`], without a
/// `&'static str`.
///
/// `say!("report-title")`, `say!("report-bounds", low, high = bounds.1)`.
macro_rules! say {
    (@ $variable:ident) => { (stringify!($variable), $crate::texts::Value::from($variable)) };
    (@ $variable:ident = $value:expr) => { (stringify!($variable), $crate::texts::Value::from($value)) };
    ($name:expr) => { $crate::texts::plain($name) };
    ($name:expr $(, $variable:ident $(= $value:expr)?)+ $(,)?) => {
        $crate::texts::filled($name, [$($crate::texts::say!(@ $variable $(= $value)?)),+])
    };
}
pub(crate) use say;

/// A text without variables, on one line.
pub fn plain(name: &'static str) -> &'static str {
    match text(name, None) {
        Some(Cow::Borrowed(text)) => text,
        _ => name,
    }
}

/// A text with its variables' values.
pub fn filled<'a>(name: &str, values: impl IntoIterator<Item = (&'static str, Value<'a>)>) -> String {
    let mut given = FluentArgs::new();
    values.into_iter().for_each(|(variable, value)| given.set(variable, value));
    text(name, Some(&given)).map_or_else(|| name.to_owned(), Cow::into_owned)
}

fn text(name: &str, values: Option<&FluentArgs<'_>>) -> Option<Cow<'static, str>> {
    let pattern = TEXTS.get_message(name)?.value()?;
    // A value that is missing leaves its name in the text.
    Some(TEXTS.format_pattern(pattern, values, &mut Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_and_names_each_text_once() {
        let mut texts = FluentBundle::new_concurrent(vec![]);
        for file in FILES {
            let resource = FluentResource::try_new(file.to_owned()).map_err(|(_, errors)| errors).unwrap();
            texts.add_resource(resource).unwrap();
        }
    }

    #[test]
    fn a_text_that_is_missing_says_so_and_nothing_worse() {
        assert_eq!(say!("no-such-text"), "no-such-text");
        assert_eq!(say!("no-such-text", low = 3), "no-such-text");
    }

    #[test]
    fn values_stand_in_their_places() {
        assert_eq!(say!("report-bounds", low = 34.0, high = 41.0), "The coach's share lies between 34 and 41 %.",);
        assert_eq!([0, 1, 2, 3].map(|count| say!("report-times", count)), ["never", "once", "twice", "3 times"]);
    }
}
