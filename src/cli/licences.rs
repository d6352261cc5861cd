//! `sidetone licences`: what the program is made of, and under which terms.

use std::io::Write;

use super::{CliError, Config, print_json};
use crate::{texts::say, weights::Manifest};

/// Every crate that is linked: name, version, licence, repository. `tests/licences.rs` keeps it true.
const CRATES: &str = include_str!("licences.tsv");

/// C and C++ that comes inside a crate: its crate's line says nothing of it.
const WITHIN: &[(&str, &str, &str)] =
    &[("whisper.cpp", "MIT", "within whisper-rs-sys"), ("SQLite", "public domain", "within libsqlite3-sys")];

pub fn run(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let manifest = Manifest::bundled()?;
    let crates: Vec<[&str; 4]> = CRATES.lines().filter_map(columns).collect();
    if config.json {
        let crates: Vec<_> = crates
            .iter()
            .map(|[name, version, licence, repository]| {
                serde_json::json!({"name": name, "version": version, "licence": licence, "repository": repository})
            })
            .collect();
        let within: Vec<_> = WITHIN
            .iter()
            .map(|(name, licence, within)| serde_json::json!({"name": name, "licence": licence, "where": within}))
            .collect();
        let models: Vec<_> = manifest
            .entries()
            .iter()
            .map(|model| serde_json::json!({"name": model.name, "licence": model.licence, "source": model.source}))
            .collect();
        return print_json(
            out,
            &serde_json::json!({
                "sidetone": env!("CARGO_PKG_LICENSE"), "crates": crates, "within_crates": within, "models": models,
            }),
        );
    }
    writeln!(out, "Sidetone {}: {}", env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_LICENSE"))?;
    writeln!(out, "\n{}", say!("licences-models"))?;
    for model in manifest.entries() {
        writeln!(out, "  {:22} {}", model.name, model.licence)?;
    }
    writeln!(out, "\n{}", say!("licences-crates"))?;
    for [name, version, licence, _] in crates {
        writeln!(out, "  {:36} {licence}", format!("{name} {version}"))?;
    }
    writeln!(out, "\n{}", say!("licences-within"))?;
    for (name, licence, within) in WITHIN {
        writeln!(out, "  {name:36} {licence} ({within})")?;
    }
    config.remark(format!("\n{}", say!("licences-more")));
    Ok(())
}

fn columns(line: &str) -> Option<[&str; 4]> {
    let mut columns = line.split('\t');
    Some([columns.next()?, columns.next()?, columns.next()?, columns.next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_four_columns() {
        for line in CRATES.lines() {
            assert!(columns(line).is_some_and(|[name, version, ..]| !name.is_empty() && !version.is_empty()), "{line}");
        }
    }
}
