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
    phrases::{length, marked},
    rttm::rttm,
    steps::suggestions,
    trend::{Trend, trend},
    words::Coded,
};
use crate::{
    measures::{Caveat, Numbers, measure},
    session::{Decision, Session},
};

/// The report of a session.
pub fn report(session: &Session, decision: Decision, numbers: &Numbers) -> Report {
    let mut measures = measure(numbers);
    if session.consent.asserted && !measures.has(Caveat::ConsentAsserted) {
        measures.caveats.push(Caveat::ConsentAsserted);
        measures.caveats.sort();
    }
    Report::new(session, decision, numbers, measures)
}
