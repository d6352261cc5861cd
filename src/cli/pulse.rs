//! `sidetone pulse`: three questions for the coachee after a session. Every command here is theirs, and asks for their key.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    CliError, Config, SessionArg, aside, ask,
    held::{self, typed_pairing},
    pager, print_if_json, print_json, transcript,
    unlock::Unlock,
};
use crate::{
    practice::{self, Answer, Held, Pairing, Pulse, Question, Signal},
    seal::Identity,
    texts::say,
    units::Share,
    vault::{Reader, Writer},
    web::{Answered, AnsweredAt},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// How was it? Room to think, use, trust: 1 to 5, or nothing
    #[command(after_help = "Examples:\n  sidetone pulse answer last\n  \
        sidetone pulse answer last --answers FILE --identity FILE\n\n\
        The answers are never arguments, so that no shell remembers them. Answering again replaces them.")]
    Answer {
        #[command(flatten)]
        session: SessionArg,
        #[command(flatten)]
        unlock: Unlock,
        /// The answers, instead of asking: a file, or `-` for standard input, with lines such as `room 4`, `useful 3`,
        /// `trust 5`
        #[arg(long, value_name = "FILE")]
        answers: Option<PathBuf>,
    },
    /// Your answers over time, beside the numbers, and what you can do
    #[command(after_help = "Examples:\n  sidetone pulse show Hannah\n  sidetone pulse show Hannah --identity FILE")]
    Show {
        /// Your name here
        name: String,
        #[command(flatten)]
        unlock: Unlock,
    },
    /// Delete your answers after a session
    #[command(after_help = "Example:\n  sidetone pulse delete last")]
    Delete {
        #[command(flatten)]
        session: SessionArg,
        #[command(flatten)]
        unlock: Unlock,
    },
}

pub fn run(command: Command, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    match command {
        Command::Answer { session, unlock, answers } => {
            let (stored, identity) = transcript::opened(&vault, &session, &unlock)?;
            let pulse = match answers {
                Some(file) => read(&ask::text_of(&file, config)?)?,
                None if ask::can_ask() => asked()?,
                None => {
                    return Err(CliError::user(
                        "there is no terminal to ask on",
                        "give the answers in a file: `--answers FILE`",
                    ));
                }
            };
            vault.answer(stored.session.id, &pulse, &identity)?;
            config.remark(say!("pulse-answered"));
            print_if_json(out, config, &json!({"session": stored.session.id, "answered": true}))
        }
        Command::Show { name, unlock } => {
            let coachee = vault.coachee(&name)?;
            let identity = unlock.identity_of(&coachee)?;
            show(&vault, &coachee.name, identity, config, out)
        }
        Command::Delete { session, unlock } => {
            let (stored, identity) = transcript::opened(&vault, &session, &unlock)?;
            transcript::gone(&vault.delete_answers(stored.session.id, &identity)?, config, out)
        }
    }
}

fn asked() -> Result<Pulse, CliError> {
    ask::apart(|| {
        aside(format_args!("{}\n", say!("pulse-alone")));
        let mut pulse = Pulse::default();
        for question in Question::ALL {
            loop {
                let typed = ask::line(&format!("{} [1-5]", question.asked()))?.map(Zeroizing::new).unwrap_or_default();
                match one(&typed) {
                    Some(answer) => break pulse.set(question, answer),
                    None => aside(say!("pulse-number")),
                }
            }
        }
        if pulse == Pulse::default() { Err(nothing_answered()) } else { Ok(pulse) }
    })
}

/// It would take the place of what was answered before.
fn nothing_answered() -> CliError {
    CliError::user(
        "nothing was answered; answers that are here already stay",
        "answer one of the three at least, such as `room 4`; `sidetone pulse delete SESSION` deletes answers",
    )
}

/// An answer as it is typed; nothing, or `-`, is no answer.
fn one(typed: &str) -> Option<Option<Answer>> {
    match typed.trim() {
        "" | "-" => Some(None),
        typed => typed.parse().ok().and_then(Answer::new).map(Some),
    }
}

fn read(text: &str) -> Result<Pulse, CliError> {
    // What was written is not repeated: it is the coachee's.
    let wrong = |line: usize| {
        CliError::user(
            format!("line {line} is no answer"),
            "write `room 4`, `useful 3`, `trust 5`: 1 to 5, and leave out what you like",
        )
    };
    if text.trim().is_empty() {
        return Err(nothing_answered());
    }
    let mut pulse = Pulse::default();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (name, typed) = line.trim().split_once(char::is_whitespace).ok_or_else(|| wrong(at + 1))?;
        let question = Question::ALL.into_iter().find(|question| question.name() == name);
        let (Some(question), Some(answer)) = (question, one(typed)) else { return Err(wrong(at + 1)) };
        pulse.set(question, answer);
    }
    Ok(pulse)
}

/// The answers of one coachee with one coach.
struct Series {
    /// `None` for sessions that belong to no pairing.
    pairing: Option<Pairing>,
    /// What is typed to name the two.
    who: String,
    answered: Vec<(Held, Pulse)>,
}

impl Series {
    fn signals(&self) -> Vec<Signal> {
        let pulses: Vec<Pulse> = self.answered.iter().map(|(_, pulse)| *pulse).collect();
        practice::signals(&pulses)
    }

    fn coach(&self) -> Option<&str> {
        self.pairing.as_ref().map(|pairing| pairing.coach.as_str()).filter(|coach| !coach.is_empty())
    }
}

/// Coach by coach: nobody's answers about one are held against another.
fn series(
    vault: &Writer,
    name: &str,
    pulses: Vec<(crate::session::SessionId, Pulse)>,
) -> Result<Vec<Series>, CliError> {
    let theirs = held::theirs(vault, name)?;
    let mut all: Vec<Series> = Vec::new();
    for (session, pulse) in pulses {
        let Some(held) = held::held(&vault.find(&session.to_string())?) else { continue };
        let id = practice::belongs_to(&theirs, held.on, vault.assigned(session)?);
        match all.iter_mut().find(|series| series.pairing.as_ref().map(|pairing| pairing.id) == id) {
            Some(series) => series.answered.push((held, pulse)),
            None => {
                let pairing = theirs.iter().find(|pairing| Some(pairing.id) == id).cloned();
                let who = pairing.as_ref().map_or_else(|| held::typed(name), |known| typed_pairing(known, &theirs));
                all.push(Series { pairing, who, answered: vec![(held, pulse)] });
            }
        }
    }
    Ok(all)
}

fn show(vault: &Writer, name: &str, identity: Identity, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let pulses = Reader::open(&config.data_dir, identity)?.pulses(name)?;
    let all = series(vault, name, pulses)?;
    if config.json {
        return print_json(out, &as_json(name, &all));
    }
    if all.is_empty() {
        config.remark(say!("pulse-none"));
        return Ok(());
    }
    let mut text = Zeroizing::new(String::new());
    for series in &all {
        if let Some(coach) = series.coach() {
            text.push_str(&say!("pulse-with", coach));
            text.push('\n');
        }
        for (held, pulse) in &series.answered {
            let number = |question| pulse.to(question).map_or("-".to_owned(), |answer| answer.get().to_string());
            let [room, useful, trust] = Question::ALL.map(number);
            let answers = say!("pulse-row", date = held.on.to_string(), room, useful, trust);
            let line = format!("{answers}   {}", held::numbers(held));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for line in what_to_do(series) {
            text.push_str(&line);
            text.push('\n');
        }
        text.push('\n');
    }
    pager::show(text.trim_end_matches('\n'), out)?;
    Ok(writeln!(out)?)
}

/// The same for the coachee's page.
pub fn answered(data_dir: &Path, name: &str, identity: Identity) -> Result<Answered, CliError> {
    let pulses = Reader::open(data_dir, identity)?.pulses(name)?;
    let all = series(&Writer::open(data_dir)?, name, pulses)?;
    let mut answered = Answered::default();
    for series in &all {
        let with = series.coach().map(|coach| say!("pulse-with", coach));
        let day = |on: &str| with.as_ref().map_or_else(|| on.to_owned(), |with| format!("{on} ({with})"));
        answered.rows.extend(series.answered.iter().map(|(held, pulse)| AnsweredAt {
            session: held.session,
            on: day(&held.on.to_string()),
            answers: *pulse,
            coach_share: held.coach_share.map(Share::get),
            telling: held.telling.map(Share::get),
        }));
        let to_do = what_to_do(series);
        answered.said.extend(with.filter(|_| !to_do.is_empty()).into_iter().chain(to_do));
    }
    Ok(answered)
}

fn as_json(name: &str, all: &[Series]) -> Value {
    let answer = |series: &Series, held: &Held, pulse: &Pulse| {
        json!({
            "session": held.session,
            "on": held.on.to_string(),
            "coach": series.coach(),
            "room": pulse.room.map(Answer::get),
            "useful": pulse.useful.map(Answer::get),
            "trust": pulse.trust.map(Answer::get),
            "coach_share": held::rounded(held.coach_share),
            "telling": held::rounded(held.telling),
        })
    };
    let answers: Vec<Value> = all
        .iter()
        .flat_map(|series| series.answered.iter().map(move |(held, pulse)| answer(series, held, pulse)))
        .collect();
    let signal = |series: &Series, signal: Signal| json!({"question": signal.question.name(), "sign": signal.sign.name(), "coach": series.coach()});
    let signals: Vec<Value> =
        all.iter().flat_map(|series| series.signals().into_iter().map(move |found| signal(series, found))).collect();
    json!({"coachee": name, "answers": answers, "signals": signals})
}

/// From their own answers, and for them alone.
fn what_to_do(series: &Series) -> Vec<String> {
    let signals = series.signals();
    let who = series.who.as_str();
    let open = series.pairing.as_ref().filter(|pairing| pairing.ended_on.is_none());
    let mut lines: Vec<String> = signals
        .iter()
        .map(|signal| {
            let (question, sign) = (signal.question.name(), signal.sign.name());
            say!("pulse-signal", count = practice::LATEST, question, sign)
        })
        .collect();
    let Some(pairing) = open else { return lines };
    if lines.is_empty() {
        lines.push(say!("pulse-may-end", who));
        return lines;
    }
    lines.push(say!("pulse-can-do").to_owned());
    let day = pairing.review_on.to_string();
    lines.push(format!("  {}", say!("pulse-can-talk", day, who)));
    lines.push(format!("  {}", say!("pulse-can-ask")));
    lines.push(format!("  {}", say!("pulse-can-end", who)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_what_is_no_answer_is_not_repeated() {
        let pulse = read("room 4\n\n  trust   5 \n").unwrap();
        assert_eq!((pulse.room, pulse.useful, pulse.trust), (Answer::new(4), None, Answer::new(5)));
        for nothing in ["", " \n\n"] {
            // A pipe that brought nothing erased what a coachee had answered before.
            assert!(read(nothing).unwrap_err().hint().unwrap().contains("`sidetone pulse delete SESSION`"));
        }
        assert_eq!(read("useful -").unwrap(), Pulse::default());
        for wrong in ["room", "room 6", "room 0", "room four", "secret 3", "room 4 5"] {
            let error = format!("{:?}", read(wrong).unwrap_err());
            assert!(error.contains("line 1 is no answer") && !error.contains("secret"), "{wrong}: {error}");
        }
    }
}
