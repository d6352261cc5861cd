//! How fast moves are coded: by words alone, and with the text model on each runtime that this was built with. The text is
//! that which moves are trained on. Prints a table, or with `--json` one object of the same keys.
//!
//! Nothing is asserted: figures depend on the machine. The bars are beside them, for people to compare. Where the machine
//! has other work, look at the figures per second of processor time.

mod corpus;
mod table;

use std::{path::Path, time::Instant};

use sidetone::moves::{Coder, Row, Runtime, code_rows};

/// Rows for the text model: some twenty seconds of it.
const ROWS: usize = 2_000;
/// How often words alone go through all the text, which takes them less than a second.
const ROUNDS: usize = 3;

/// Utterances coded, in so many seconds, of so many processor seconds on all cores.
struct Cost {
    utterances: usize,
    seconds: f64,
    processor_seconds: f64,
}

/// Processor seconds that this process has used.
fn processor_seconds() -> f64 {
    // SAFETY: getrusage fills the place it is given, which is valid when it is all zeroes.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    [usage.ru_utime, usage.ru_stime].iter().map(|time| time.tv_sec as f64 + time.tv_usec as f64 / 1e6).sum()
}

fn cost(coder: &Coder, rows: &[Row], rounds: usize) -> Cost {
    let (begun, used) = (Instant::now(), processor_seconds());
    let coded = |_| code_rows(rows, coder).iter().map(|group| group.rows.len()).sum::<usize>();
    let utterances = (0..rounds).map(coded).sum();
    Cost { utterances, seconds: begun.elapsed().as_secs_f64(), processor_seconds: processor_seconds() - used }
}

fn main() {
    let all = corpus::rows();
    let few = all.get(..ROWS).unwrap_or(&all);
    let mut figures: Vec<table::Row> = Vec::new();
    let mut add = |name: &str, cost: &Cost, bar| {
        let count = cost.utterances as f64;
        figures.push((format!("moves_{name}_per_s"), count / cost.seconds, bar));
        figures.push((format!("moves_{name}_per_processor_s"), count / cost.processor_seconds, ""));
    };

    add("words_only", &cost(&Coder::load(None).unwrap(), &all, ROUNDS), ">= 20000");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/text");
    let mut loads = Vec::new();
    for &runtime in Runtime::ALL {
        let name = runtime.name().replace('-', "_");
        let coder = Coder::load(Some(&folder)).unwrap().on(runtime);
        let begun = Instant::now();
        assert!(coder.words_only().is_none(), "the text model is missing: run scripts/fetch-models");
        loads.push((format!("moves_{name}_load_s"), begun.elapsed().as_secs_f64(), ""));
        let bar = if runtime == Runtime::Candle { ">= 120 on two cores" } else { "more than candle" };
        add(&name, &cost(&coder, few, 1), bar);
    }
    figures.extend(loads);

    table::print(&figures);
}
