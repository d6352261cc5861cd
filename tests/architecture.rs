//! Who may import whom: the rules of `src/lib.rs`, each with its reason. Reads `src/` as syntax, tests left out.

mod sources;

use std::{collections::BTreeSet, fs, path::Path};

use syn::visit::{self, Visit};

/// A room, the rooms it may import, and why no other.
const ROOMS: &[(&str, &[&str], &str)] = &[
    ("units", &[], "everyone imports it, so it imports nobody"),
    ("session", &[], "everyone imports it, so it imports nobody"),
    ("texts", &[], "everyone imports it, so it imports nobody"),
    ("seal", &[], "what keeps the words safe can be read on its own"),
    ("capture", &["session", "units"], "sound arrives before anything is known about it"),
    (
        "recording",
        &["capture", "seal", "session", "units"],
        "the recording is ground state: it knows no stage after it",
    ),
    ("speech", &["units"], "voice activity needs samples and nothing else"),
    ("speakers", &["session", "speech", "units"], "a stage knows only stages before it"),
    ("transcript", &["session", "units"], "words are decoded from samples; who spoke is handed in"),
    ("moves", &["session", "transcript", "units"], "a stage knows only stages before it"),
    ("measures", &["moves", "session", "texts", "units"], "a stage knows only stages before it"),
    (
        "report",
        &["measures", "moves", "session", "texts", "units"],
        "the report's schema has no field that can hold a word",
    ),
    (
        "pipeline",
        &["capture", "measures", "moves", "session", "speakers", "speech", "transcript", "units"],
        "the pipeline runs stages; it neither drives nor stores",
    ),
    (
        "vault",
        &["measures", "practice", "seal", "session", "texts", "transcript", "units"],
        "the vault knows the types it stores, no audio and no sockets",
    ),
    ("weights", &[], "model files, never their use"),
    (
        "practice",
        &["session", "texts", "transcript", "units"],
        "plain rules about pairings: no measure of anybody, nothing stored",
    ),
    (
        "daemon",
        &["capture", "pipeline", "recording", "seal", "session", "speakers", "texts", "transcript", "units", "vault"],
        "the daemon is driven; it knows no command line and no page",
    ),
    (
        "web",
        &["practice", "report", "seal", "session", "texts", "transcript", "vault"],
        "pages of the person who opened them; the recorder and the models are no part of them",
    ),
];

/// A foreign crate, where it may be named, and why only there.
const HOMES: &[(&str, &[&str], &str)] = &[
    ("cpal", &["capture/microphone"], "another audio library would change one file"),
    ("symphonia", &["capture/file"], "another decoder would change one file"),
    ("rubato", &["capture/resample"], "device rates end there"),
    ("hound", &["recording/wav"], "audio leaves the program in one place"),
    ("earshot", &["speech"], "voice activity is one room"),
    ("whisper_rs", &["transcript/whisper"], "whisper.cpp's centiseconds end there"),
    ("candle_core", &["speakers/embedding", "moves/encoder"], "neural networks have two homes"),
    ("candle_nn", &["speakers/embedding", "moves/encoder"], "neural networks have two homes"),
    (
        "safetensors",
        &["moves/encoder", "speakers/embedding", "weights/legacy_torch"],
        "weights are read where they are run, and converted in one place",
    ),
    ("ndarray", &["speakers/embedding"], "the recurrence is the only arithmetic that candle is too slow for"),
    ("pulp", &["speakers/embedding"], "the recurrence is the only arithmetic that candle is too slow for"),
    ("rust_bert", &["moves/encoder"], "the other encoder of the two"),
    ("tch", &["moves/encoder"], "libtorch is where rust-bert is"),
    ("tokenizers", &["moves/encoder"], "both encoders cut sentences alike"),
    ("rusqlite", &["vault"], "one database, one owner"),
    ("age", &["seal"], "no cryptography elsewhere"),
    ("clap", &["cli"], "arguments end where they are resolved"),
    ("clap_complete", &["cli"], "arguments end where they are resolved"),
    ("clap_mangen", &["cli"], "arguments end where they are resolved"),
    ("fluent_bundle", &["texts"], "how texts are kept is known in one place"),
    ("toml_edit", &["cli"], "settings are written where they are read"),
    ("tracing_subscriber", &["cli/daemon"], "what is logged, and where, is settled once"),
    ("tokio", &["daemon", "web", "cli/daemon", "cli/demo"], "stages are ordinary synchronous functions"),
    ("axum", &["web"], "pages are served from one room"),
    ("open::that_detached", &["cli"], "a browser is started where a person asked for it"),
    ("ureq", &["weights"], "the only code that opens a connection to another machine"),
    ("rpassword", &["cli/unlock"], "a passphrase is typed in one place"),
];

/// A path that nobody but these may name, and why.
const PATHS: &[(&str, &[&str], &str)] = &[
    ("crate::vault::Reader", &["cli", "web", "vault"], "the daemon cannot read a word: it does not know how"),
    ("std::env::var", &["cli/config"], "the environment is read once"),
    ("std::env::var_os", &["cli/config"], "the environment is read once"),
    ("std::net::TcpStream", &["web"], "nothing calls another machine"),
    ("std::net::TcpListener", &["web"], "nothing listens to another machine"),
    ("std::net::UdpSocket", &["web"], "nothing calls another machine"),
];

/// Every path that a file names outside its tests, written out from its root.
#[derive(Default)]
struct Named(BTreeSet<String>);

fn is_test(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        syn::Meta::List(list) => attr.path().is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

impl Named {
    fn spell(&mut self, before: &str, tree: &syn::UseTree) {
        let join = |name: &syn::Ident| if before.is_empty() { name.to_string() } else { format!("{before}::{name}") };
        match tree {
            syn::UseTree::Path(path) => self.spell(&join(&path.ident), &path.tree),
            syn::UseTree::Name(name) if name.ident == "self" => _ = self.0.insert(before.to_owned()),
            syn::UseTree::Name(name) => _ = self.0.insert(join(&name.ident)),
            syn::UseTree::Rename(name) => _ = self.0.insert(join(&name.ident)),
            syn::UseTree::Glob(_) => _ = self.0.insert(before.to_owned()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.spell(before, item)),
        }
    }
}

impl<'ast> Visit<'ast> for Named {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_test(&item.attrs) {
            self.spell("", &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.0.insert(parts.join("::"));
        visit::visit_path(self, path);
    }
}

/// (place below `src/` without ending, what it names), tests left out.
fn sources() -> Vec<(String, BTreeSet<String>)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources::code()
        .into_iter()
        .map(|path| {
            let mut named = Named::default();
            named.visit_file(&syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap());
            let place = path.strip_prefix(&src).unwrap().with_extension("");
            (place.to_str().unwrap().to_owned(), named.0)
        })
        .collect()
}

fn lies_in(place: &str, home: &str) -> bool {
    place == home || place.strip_prefix(home).is_some_and(|rest| rest.starts_with('/'))
}

fn begins(path: &str, with: &str) -> bool {
    path == with || path.strip_prefix(with).is_some_and(|rest| rest.starts_with("::"))
}

#[test]
fn rooms_import_only_what_they_may() {
    let mut wrong = Vec::new();
    let mut unused: BTreeSet<(&str, &str)> =
        ROOMS.iter().flat_map(|(room, allowed, _)| allowed.iter().map(|other| (*room, *other))).collect();
    for (place, named) in sources() {
        let Some((room, allowed, reason)) = ROOMS.iter().find(|(room, ..)| lies_in(&place, room)) else { continue };
        for path in named {
            let Some(other) = path.strip_prefix("crate::").and_then(|rest| rest.split("::").next()) else { continue };
            unused.retain(|(by, of)| (by, *of) != (room, other));
            if other != *room && !allowed.contains(&other) {
                wrong.push(format!("{place} names {path}: {reason}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unused.is_empty(), "allowed, and not done: {unused:?}");
}

#[test]
fn foreign_crates_stay_at_home() {
    let mut wrong = Vec::new();
    for (place, named) in sources() {
        for (name, homes, reason) in HOMES {
            if !homes.iter().any(|home| lies_in(&place, home)) && named.iter().any(|path| begins(path, name)) {
                wrong.push(format!("{place} names {name}: {reason}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn some_things_only_some_may_name() {
    let mut wrong = Vec::new();
    for (place, named) in sources() {
        for (path, homes, reason) in PATHS {
            if !homes.iter().any(|home| lies_in(&place, home)) && named.iter().any(|named| begins(named, path)) {
                wrong.push(format!("{place} names {path}: {reason}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_has_its_rule_and_says_what_it_is_for() {
    let free = ["main", "lib", "cli"];
    for (place, _) in sources() {
        let room = place.split('/').next().unwrap();
        let ruled = free.contains(&room) || ROOMS.iter().any(|(name, ..)| *name == room);
        assert!(ruled, "{room} has no rule in tests/architecture.rs");
        if place.ends_with("/mod") || !place.contains('/') {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(&place).with_extension("rs");
            assert!(fs::read_to_string(&path).unwrap().starts_with("//!"), "{place} does not say what it is for");
        }
    }
}

/// The rules themselves must be able to fail.
#[test]
fn a_breach_is_seen() {
    let mut named = Named::default();
    let text = "use crate::{vault::{self, Reader}, units}; #[cfg(test)] mod t { use cpal::X; } fn f() { std::env::var(\"A\"); }";
    named.visit_file(&syn::parse_str(text).unwrap());
    let found: Vec<&str> = named.0.iter().map(String::as_str).filter(|path| path.contains("::")).collect();
    assert_eq!(found, ["crate::units", "crate::vault", "crate::vault::Reader", "std::env::var"]);
}
