//! `sidetone demo`: the whole story in a temporary directory, with real models and a real recorder.

use std::{io::Write, path::Path, time::Duration};

use super::{CliError, Config, control, daemon, load::DEMO_MODEL, report, start, transcript};
use crate::{
    daemon::{Client, Reply, Request, Start, Status},
    seal::{self, Identity},
    session::{Consent, Decision, RETENTION_DAYS, Session, SessionId, Stance},
    texts::say,
    vault::{Reader, VaultError, Writer},
};

/// Two synthetic voices; see tests/fixtures/README.md.
pub const SESSION: &[u8] = include_bytes!("../../tests/fixtures/demo-session.ogg");
const COACHEE: &str = "Hannah";
/// How much faster than life the session is played.
const SPEED: f64 = 8.0;
/// Lines of the transcript that are shown.
const LINES: usize = 6;
/// Between two looks at whether the file is over.
const LOOK: Duration = Duration::from_millis(200);

pub fn run(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let scratch = tempfile::tempdir().map_err(|error| CliError::file(&std::env::temp_dir(), &error))?;
    let config = Config {
        data_dir: scratch.path().join("data"),
        runtime_dir: scratch.path().join("run"),
        models_dirs: config.models_dirs.clone(),
        ..config.clone()
    };
    let sound = scratch.path().join("demo-session.ogg");
    std::fs::write(&sound, SESSION).map_err(|error| CliError::file(&sound, &error))?;

    step(&config, say!("demo-added"));
    let passphrase = seal::six_words()?;
    let identity = Identity::generate();
    let locked = seal::lock(&identity, &passphrase)?;
    Writer::open(&config.data_dir)?.add_coachee(COACHEE, &identity.to_recipient(), Some(&locked))?;
    config.remark(format!("     {}", *passphrase));
    drop(identity);

    step(&config, say!("demo-recorded"));
    let stopped = record(&config, &sound)?;
    let Reply::Stopped { session, .. } = stopped else { return Err(control::unexpected()) };

    step(&config, &format!("{}\n", say!("demo-report")));
    let mut vault = Writer::open(&config.data_dir)?;
    let stored = vault.find(&session.to_string())?;
    report::show(&vault, &stored, &config, out)?;
    out.flush()?;

    step(&config, say!("demo-tries"));
    let coachee = vault.coachee(COACHEE)?;
    let guessed = match &coachee.locked_identity {
        Some(locked) => seal::unlock(locked, "let-me-read-this-please"),
        None => Err(seal::SealError::WrongPassphrase),
    };
    let stolen = Reader::open(&config.data_dir, Identity::generate()).and_then(|reader| reader.transcript(session));
    match (guessed, stolen) {
        (Err(guess), Err(theft)) => config.remark(format!("     {guess}; {theft}.")),
        _ => return Err(CliError::ours("the words could be opened without the coachee's key")),
    }

    step(&config, say!("demo-opens"));
    let locked = coachee.locked_identity.ok_or_else(|| CliError::ours("the coachee's key is gone"))?;
    let words = Reader::open(&config.data_dir, seal::unlock(&locked, &passphrase)?)?.transcript(session)?;
    if words.is_empty() {
        return Err(CliError::ours("no word of the demo session was decoded"));
    }
    let from = words.len().min(LINES);
    config.remark(transcript::plainly(words.get(..from).unwrap_or_default(), 1).trim_end());
    config.remark(format!("     {}", say!("demo-lines", count = words.len(), model = DEMO_MODEL)));

    step(&config, say!("demo-deletes"));
    let receipt = vault.delete_words(session, Decision::Deleted)?;
    config.remark(format!("     {}.", receipt.amount()));
    let again = Reader::open(&config.data_dir, seal::unlock(&locked, &passphrase)?)?.transcript(session);
    if !matches!(again, Err(VaultError::NoWords(_))) {
        return Err(CliError::ours("the words are still there after they were deleted"));
    }
    step(&config, say!("demo-gone"));
    step(&config, say!("demo-yours"));
    Ok(())
}

/// Whether a file is the session that comes along: its voices are known to be none of real people.
pub fn is_the_session(file: &Path) -> bool {
    let fits = std::fs::metadata(file).is_ok_and(|about| about.len() == SESSION.len() as u64);
    fits && std::fs::read(file).is_ok_and(|content| content == SESSION)
}

fn step(config: &Config, text: &str) {
    config.remark(format!("\n{text}"));
}

/// A real recorder on a real socket, for this one session.
fn record(config: &Config, sound: &Path) -> Result<Reply, CliError> {
    let socket = daemon::socket(config);
    let runtime = daemon::runtime()?;
    let listener = runtime.block_on(async { crate::daemon::bind(&socket) })?;
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let setup = daemon::setup(config);
    let recorder = std::thread::spawn(move || {
        let shutdown = async {
            // The sender going away means the same.
            let _ = ended.await;
        };
        runtime.block_on(crate::daemon::run(listener, shutdown, setup))
    });
    let stopped = drive(config, sound);
    let _ = end.send(());
    match recorder.join() {
        Ok(served) => served.map_err(CliError::from).and(stopped),
        Err(_) => Err(CliError::ours("the recorder failed")),
    }
}

fn drive(config: &Config, sound: &Path) -> Result<Reply, CliError> {
    let mut client: Client = daemon::connect(config)?;
    let now = start::now();
    let start = Start {
        session: Session {
            id: SessionId::generate(),
            coachee: COACHEE.to_owned(),
            started_at: now.clone(),
            coach_stance: Some(Stance::Facilitative),
            coachee_stance: Some(Stance::Collaborative),
            tracks: 1,
            consent: Consent {
                given_at: now,
                wording: start::WORDING_VERSION,
                asserted: false,
                retention_days: RETENTION_DAYS,
            },
            model: DEMO_MODEL.to_owned(),
        },
        input: format!("file:{}", sound.display()),
        speed: SPEED,
        keep_audio: false,
        coach_track: None,
        coach_speaks_first: true,
        voiceprint: None,
        model_named: true,
        synthetic: true,
        wake_word: None,
        tones: false,
    };
    client.ask(&Request::Start(Box::new(start)))?;
    loop {
        match client.ask(&Request::Status)? {
            Reply::Status(Status { input_ended: true, .. }) => return Ok(client.ask(&Request::Stop)?),
            Reply::Status(_) => std::thread::sleep(LOOK),
            _ => return Err(control::unexpected()),
        }
    }
}
