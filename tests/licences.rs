//! `src/cli/licences.tsv` names every crate that is linked into the program, with a licence that we may pass on.
//!
//! After a dependency has changed: `SIDETONE_WRITE_LICENCES=1 cargo test --test licences`.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;

/// Licences that let anybody use, change and sell the program, and ask for no more than their own text to come along.
/// MPL-2.0 asks besides that its own files stay open, which they are: we change none.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What is packaged: the systems that README names.
const TARGETS: &[&str] = &["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin"];

fn list() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/licences.tsv")
}

/// What `cargo metadata` knows for a target, from what is in `Cargo.lock` and nothing newer.
fn metadata(target: &str) -> Value {
    let done = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", target])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Ids of what is linked: reached from ours by dependencies that are neither for tests nor for building.
fn linked(metadata: &Value) -> BTreeSet<String> {
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let mut found = BTreeSet::new();
    let mut next = vec![text(&metadata["resolve"], "root").to_owned()];
    while let Some(id) = next.pop() {
        if !found.insert(id.clone()) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == id.as_str()).unwrap();
        for dependency in node["deps"].as_array().unwrap() {
            let normal = dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null());
            if normal {
                next.push(text(dependency, "pkg").to_owned());
            }
        }
    }
    found
}

/// `name version licence repository`, by tabs, one crate a line. Macros that only write code are in it too: they are few,
/// and what they write is linked.
fn written() -> String {
    let mut lines = BTreeSet::new();
    for target in TARGETS {
        let metadata = metadata(target);
        let ours = text(&metadata["resolve"], "root").to_owned();
        let linked = linked(&metadata);
        for package in metadata["packages"].as_array().unwrap() {
            let id = text(package, "id");
            if id != ours && linked.contains(id) {
                let [name, version, licence, repository] =
                    ["name", "version", "license", "repository"].map(|key| text(package, key));
                // Before SPDX a slash was an "or".
                let licence = licence.replace('/', " OR ").replace("  ", " ");
                lines.insert(format!("{name}\t{version}\t{licence}\t{repository}\n"));
            }
        }
    }
    lines.into_iter().collect()
}

/// Whether an SPDX expression can be met with allowed licences alone: `OR` lets us choose, `AND` does not.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace(" OR ", " | ").replace(" AND ", " & ");
    let mut rest = expression.trim();
    let met = any(&mut rest);
    met && rest.is_empty()
}

fn any(rest: &mut &str) -> bool {
    let mut met = all(rest);
    while let Some(after) = rest.strip_prefix("| ") {
        *rest = after;
        met |= all(rest);
    }
    met
}

fn all(rest: &mut &str) -> bool {
    let mut met = one(rest);
    while let Some(after) = rest.strip_prefix("& ") {
        *rest = after;
        met &= one(rest);
    }
    met
}

fn one(rest: &mut &str) -> bool {
    if let Some(after) = rest.strip_prefix('(') {
        *rest = after;
        let met = any(rest);
        *rest = rest.strip_prefix(')').unwrap_or(rest).trim_start();
        return met;
    }
    let end = rest.find(['|', '&', ')']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after;
    ALLOWED.contains(&name.trim())
}

#[test]
fn the_list_is_what_cargo_lock_says() {
    let now = written();
    if std::env::var_os("SIDETONE_WRITE_LICENCES").is_some() {
        fs::write(list(), &now).unwrap();
    }
    let committed = fs::read_to_string(list()).unwrap_or_default();
    let missing: Vec<&str> = now.lines().filter(|line| !committed.lines().any(|known| known == *line)).collect();
    let gone: Vec<&str> = committed.lines().filter(|line| !now.lines().any(|known| known == *line)).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "run SIDETONE_WRITE_LICENCES=1 cargo test --test licences\nmissing: {missing:#?}\ngone: {gone:#?}"
    );
}

#[test]
fn every_licence_is_one_that_we_may_pass_on() {
    let committed = fs::read_to_string(list()).unwrap();
    assert!(committed.lines().count() > 100, "the list is not empty");
    let refused: Vec<&str> =
        committed.lines().filter(|line| !is_allowed(line.split('\t').nth(2).unwrap_or_default())).collect();
    assert!(refused.is_empty(), "look at these, and add to ALLOWED what may be: {refused:#?}");
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for (expression, allowed) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("GPL-2.0-only OR (MIT AND ISC)", true),
        ("(MIT OR GPL-2.0-only) AND (ISC OR GPL-3.0-only)", true),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", false),
        ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true),
        ("(MIT) nonsense", false),
    ] {
        assert_eq!(is_allowed(expression), allowed, "{expression}");
    }
}
