//! The places of a visit, and what is done at each.

use std::sync::Arc;

use axum::{
    Form, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, FromRequest, Query, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use zeroize::Zeroizing;

use super::{
    Visitor,
    guard::{COOKIE, ENTRANCE, guard},
    pages::{self, EXPORTS},
    room::{Room, Unlocked},
    words::Search,
};
use crate::{
    practice::{Answer, Pulse, Question},
    report::{STYLE, suggestions},
    session::Decision,
    texts::say,
    transcript::{Format, Utterance},
    vault::VaultError,
};

/// A form with every line of a long session chosen is far smaller.
const BODY_BYTES_MAX: usize = 256 * 1024;

const OWN_STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

type Shared = State<Arc<Room>>;

pub fn router(room: &Arc<Room>) -> Router {
    let place = |name: &str| room.place(name);
    let mut router = Router::new()
        .route(ENTRANCE, get(enter))
        .route(&place("session"), get(session))
        .route(&place("page.css"), get(async || typed("text/css", [STYLE, OWN_STYLE].concat())))
        .route(&place("page.js"), get(async || typed("text/javascript", SCRIPT)))
        .route(&place("close"), post(close));
    router = match room.visit.visitor {
        Visitor::Coach => router.route(&place("next"), post(next)),
        Visitor::Coachee(_) => router
            .route(&place("unlock"), post(unlock))
            .route(&place("lock"), post(lock))
            .route(&place("awake"), post(awake))
            .route(&place("search"), post(search))
            .route(&place("export"), post(export))
            .route(&place("answer"), post(answer))
            .route(&place("forget"), post(forget))
            .route(&place("keep"), post(keep))
            .route(&place("take"), post(take))
            .route(&place("taken"), post(taken))
            .route(&place("delete"), post(delete)),
    };
    router
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(room.clone(), guard))
        .with_state(room.clone())
}

/// What a form of ours sent, its secret checked; wiped afterwards.
struct Posted(Vec<(String, Zeroizing<String>)>);

impl Posted {
    fn get(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str()).collect()
    }
}

impl FromRequest<Arc<Room>> for Posted {
    type Rejection = StatusCode;

    async fn from_request(request: Request, room: &Arc<Room>) -> Result<Self, StatusCode> {
        let Form(fields) =
            Form::<Vec<(String, String)>>::from_request(request, room).await.map_err(|_| StatusCode::BAD_REQUEST)?;
        let posted = Self(fields.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect());
        if room.form.is(posted.get("form")) { Ok(posted) } else { Err(StatusCode::FORBIDDEN) }
    }
}

#[derive(serde::Deserialize)]
struct Entering {
    #[serde(default)]
    token: String,
}

async fn enter(State(room): Shared, Query(entering): Query<Entering>) -> Response {
    if !room.admits(&entering.token) {
        return (StatusCode::FORBIDDEN, typed("text/plain", pages::used())).into_response();
    }
    room.touch();
    let cookie = format!("{COOKIE}={}; Path=/{}; HttpOnly; SameSite=Strict", room.cookie.text(), room.path.text());
    ([(header::SET_COOKIE, cookie)], Redirect::to(&room.place("session"))).into_response()
}

async fn session(State(room): Shared) -> Response {
    shown(&room, None)
}

async fn next(State(room): Shared, posted: Posted) -> Response {
    let own = posted.get("own").trim();
    let picked = posted.get("pick").parse().ok().and_then(|index: usize| suggestions().get(index).copied());
    let step = if own.is_empty() { picked } else { Some(own) };
    // Whoever presses the button and has picked nothing keeps what was chosen before.
    if step.is_none() && posted.get("none").is_empty() {
        return noted(&room, Ok(say!("next-nothing")));
    }
    let done = room.vault().and_then(|mut vault| vault.set_next_step(room.visit.session, step));
    noted(&room, done.map(|()| if step.is_some() { say!("next-chosen") } else { say!("next-none") }))
}

async fn unlock(State(room): Shared, posted: Posted) -> Response {
    match room.unlock(posted.get("passphrase")) {
        Ok(()) => {}
        Err(why) => room.set_note(say!("not-unlocked", why)),
    }
    back(&room)
}

async fn lock(State(room): Shared, _: Posted) -> Response {
    room.lock();
    back(&room)
}

/// Somebody moves the mouse; `page.js` asks no more often than it must.
async fn awake(State(room): Shared, _: Posted) -> StatusCode {
    if room.words().is_some() { StatusCode::NO_CONTENT } else { StatusCode::FORBIDDEN }
}

async fn search(State(room): Shared, posted: Posted) -> Response {
    shown(&room, Some(Search(posted.get("q").trim())))
}

async fn export(State(room): Shared, posted: Posted) -> Response {
    let format: Format = match posted.get("format").parse() {
        Ok(format) if EXPORTS.iter().any(|(offered, _)| *offered == format) => format,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let (Some(unlocked), Visitor::Coachee(coachee)) = (&*room.words(), &room.visit.visitor) else { return back(&room) };
    let chosen: Vec<usize> = posted.all("line").iter().filter_map(|line| line.parse().ok()).collect();
    let all = posted.get("which") == "all";
    let lines: Vec<Utterance> = unlocked
        .lines
        .iter()
        .enumerate()
        .filter(|(index, _)| all || chosen.contains(&(index + 1)))
        .map(|(_, said)| said.clone())
        .collect();
    if lines.is_empty() {
        room.set_note(say!("export-none"));
        return back(&room);
    }
    match (coachee.write)(&lines, format) {
        Ok(written) => attachment(
            &format!("{}.{}", room.visit.session, format.name()),
            Bytes::from_owner(Zeroizing::new(written.words().as_bytes().to_vec())),
        ),
        Err(why) => {
            room.set_note(say!("export-failed", why));
            back(&room)
        }
    }
}

/// The three questions.
async fn answer(State(room): Shared, posted: Posted) -> Response {
    let mut pulse = Pulse::default();
    for question in Question::ALL {
        let given = posted.get(question.name());
        let answer = given.parse().ok().and_then(Answer::new);
        if answer.is_none() && !given.is_empty() {
            return StatusCode::BAD_REQUEST.into_response();
        }
        pulse.set(question, answer);
    }
    answered(&room, |room, unlocked| {
        room.vault()?.answer(room.visit.session, &pulse, &unlocked.identity)?;
        Ok(say!("pulse-sealed").to_owned())
    })
}

async fn forget(State(room): Shared, _: Posted) -> Response {
    answered(&room, |room, unlocked| {
        let receipt = room.vault()?.delete_answers(room.visit.session, &unlocked.identity)?;
        Ok(pages::gone(&receipt))
    })
}

/// Does something with the answers while they are unlocked, and looks at them again.
fn answered(room: &Room, act: impl FnOnce(&Room, &Unlocked) -> Result<String, VaultError>) -> Response {
    let mut words = room.words();
    let (Some(unlocked), Visitor::Coachee(coachee)) = (&mut *words, &room.visit.visitor) else { return back(room) };
    let outcome = act(room, unlocked);
    match (coachee.answers)(&unlocked.identity) {
        Ok(answered) => unlocked.answered = answered,
        Err(why) => room.set_note(say!("pulse-unread", why)),
    }
    noted(room, outcome)
}

async fn keep(State(room): Shared, _: Posted) -> Response {
    decided(&room, |room, unlocked| {
        room.vault()?.keep(room.visit.session, &unlocked.identity)?;
        Ok(say!("decide-kept").to_owned())
    })
}

/// The first half of taking: the sealed file.
async fn take(State(room): Shared, _: Posted) -> Response {
    let mut words = room.words();
    let Some(unlocked) = &mut *words else { return back(&room) };
    let session = room.visit.session;
    match room.vault().and_then(|vault| vault.to_take(session, &unlocked.identity, &unlocked.lines)) {
        Ok(sealed) => {
            unlocked.handed_out = true;
            attachment(&format!("{session}.words.age"), sealed.into())
        }
        Err(error) => {
            room.set_note(say!("decide-not-taken", why = error.to_string()));
            back(&room)
        }
    }
}

/// The other half, once the coachee says that the file is safe: a browser does not say what became of a download.
async fn taken(State(room): Shared, posted: Posted) -> Response {
    decided(&room, |room, unlocked| {
        if !unlocked.handed_out || posted.get("sure").is_empty() {
            return Ok(say!("decide-nothing-removed").to_owned());
        }
        let receipt = room.vault()?.delete_words(room.visit.session, Decision::Taken)?;
        Ok(pages::gone(&receipt))
    })
}

async fn delete(State(room): Shared, posted: Posted) -> Response {
    decided(&room, |room, _| {
        if posted.get("sure").is_empty() {
            return Ok(say!("decide-nothing-deleted").to_owned());
        }
        let (mut vault, session) = (room.vault()?, room.visit.session);
        let receipt = match posted.get("what") {
            "everything" => vault.delete_everything(session)?,
            _ => vault.delete_words(session, Decision::Deleted)?,
        };
        Ok(pages::gone(&receipt))
    })
}

async fn close(State(room): Shared, _: Posted) -> Response {
    room.close();
    html(StatusCode::OK, pages::message(&room, say!("page-closed"), say!("page-closed-now")))
}

/// Decides with proof: only while unlocked. Where the words went, they are locked.
fn decided(room: &Room, act: impl FnOnce(&Room, &Unlocked) -> Result<String, VaultError>) -> Response {
    let outcome = match &*room.words() {
        Some(unlocked) => act(room, unlocked),
        None => return back(room),
    };
    let has_words = room.vault().and_then(|vault| vault.find(&room.visit.session.to_string()));
    if !has_words.is_ok_and(|stored| stored.has_words) {
        room.lock();
    }
    noted(room, outcome)
}

fn noted(room: &Room, outcome: Result<impl Into<String>, VaultError>) -> Response {
    match outcome {
        Ok(said) => room.set_note(said),
        Err(error) => room.set_note(say!("page-failed", why = error.to_string())),
    }
    back(room)
}

/// Where every form leads, so that going back or reloading does nothing twice.
fn back(room: &Room) -> Response {
    Redirect::to(&room.place("session")).into_response()
}

fn shown(room: &Room, search: Option<Search<'_>>) -> Response {
    match room.stored() {
        Ok((stored, report)) => {
            let words = room.words();
            html(StatusCode::OK, pages::session(room, &stored, &report, words.as_ref(), search))
        }
        Err(error) => {
            let note = room.take_note().unwrap_or_else(|| say!("page-nothing", why = error.to_string()));
            html(StatusCode::OK, pages::message(room, say!("page-nothing-here"), &note))
        }
    }
}

fn html(status: StatusCode, page: Zeroizing<String>) -> Response {
    (status, typed("text/html; charset=utf-8", Body::from(Bytes::from_owner(page)))).into_response()
}

fn typed(kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A file to be saved. `name` is an id and an ending.
fn attachment(name: &str, content: Bytes) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_DISPOSITION, disposition)], typed("application/octet-stream", content)).into_response()
}
