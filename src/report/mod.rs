//! What both people see. The schema has no field that can hold a word.
//!
//! [`report`] makes one [`Report`] of a session and its numbers; [`Report::to_json`], [`Report::to_text`], [`page()`] and
//! [`rttm()`] are its outward forms. Its strings are ids, the coachee's name, names of models, codes and fixed messages.

mod chart;
mod json;
mod layout;
mod measured;
mod page;
mod phrases;
mod rttm;
mod steps;
mod text;
mod trend;
mod words;

#[cfg(test)]
mod tests;

pub use self::{
    chart::clock,
    json::Report,
    layout::wrap,
    page::{STYLE, article, escaped_into, page, sealed_words},
    phrases::length,
    rttm::rttm,
    steps::{Steps, suggestions},
    trend::{Trend, trend},
    words::Coded,
};
use crate::{
    measures::{Caveat, Numbers, measure},
    session::Session,
};

/// What became of the words, as far as a report says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Undecided,
    Kept,
    Deleted,
    Taken,
}

/// The report of a session. `decision` is the contract's word for what became of the transcript; any other word counts
/// as `undecided`.
pub fn report(session: &Session, decision: &str, numbers: &Numbers) -> Report {
    let decision = match decision {
        "kept" => Decision::Kept,
        "deleted" => Decision::Deleted,
        "taken" => Decision::Taken,
        _ => Decision::Undecided,
    };
    let mut measures = measure(numbers);
    if session.consent.asserted && !measures.has(Caveat::ConsentAsserted) {
        measures.caveats.push(Caveat::ConsentAsserted);
        measures.caveats.sort();
    }
    Report::new(session, decision, numbers, measures)
}
