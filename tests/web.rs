//! The pages: in a real browser from the first look to the deletion, and what a hostile page gets, which is nothing.

mod browser;
#[cfg(target_os = "linux")]
mod nobody;
mod program;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use browser::Browser;
use program::{Home, PASSPHRASE};

/// Said once in the session, and by nobody else.
const CANARY: &str = "lighthouse";
const PATIENCE: Duration = Duration::from_secs(60);

/// A finished session with Hannah, from the demo session's script: no sound, so nothing is decoded.
fn finished(home: &Home) {
    home.hannah();
    import(home);
}

fn import(home: &Home) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/demo-session.tsv");
    let table = fs::read_to_string(script).unwrap().trim_start_matches("# ").to_owned();
    let file = home.path("session.tsv");
    fs::write(&file, table).unwrap();
    home.run(&["import", file.to_str().unwrap(), "--coachee", "Hannah", "--stance", "facilitative", "--consent-both"])
        .ok();
    fs::remove_file(file).unwrap();
}

/// A page that is served, until it is dropped.
struct Served {
    process: Child,
    address: String,
}

impl Served {
    fn start(home: &Home, args: &[&str]) -> Self {
        let mut process = home.command().args(args).arg("--no-browser").stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        assert!(address.starts_with("http://127.0.0.1:"), "{address}");
        Self { process, address }
    }

    fn host(&self) -> &str {
        self.address.trim_start_matches("http://").split('/').next().unwrap()
    }

    /// `/enter?token=...`
    fn entrance(&self) -> &str {
        self.address.trim_start_matches("http://").trim_start_matches(self.host())
    }

    /// Lets a program in, as a browser would be: the place of its pages, and its cookie.
    fn enter(&self) -> Visit<'_> {
        let host = self.host();
        let answer = ask(host, &format!("GET {} HTTP/1.1\r\nHost: {host}\r\n\r\n", self.entrance()));
        assert_eq!(answer.status, 303, "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap().to_owned();
        let place = answer.header("location").unwrap().strip_suffix("/session").unwrap().to_owned();
        assert!(cookie.contains(&format!("Path={place};")) && cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
        Visit { host, place, cookie: cookie.split(';').next().unwrap().to_owned() }
    }

    fn ended(mut self) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.process.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not end");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Visit<'a> {
    host: &'a str,
    place: String,
    cookie: String,
}

impl Visit<'_> {
    fn get(&self, name: &str) -> Answer {
        let Self { host, place, cookie } = self;
        ask(host, &format!("GET {place}/{name} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n"))
    }

    /// The secret of the page's forms.
    fn form(&self) -> String {
        let page = self.get("session").body;
        let (_, rest) = page.split_once("name=\"form\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// As the page itself posts.
    fn post(&self, name: &str, fields: &str) -> Answer {
        let body = format!("form={}&{fields}", self.form());
        self.post_as(name, &format!("Origin: http://{}\r\nCookie: {}\r\n", self.host, self.cookie), &body)
    }

    fn post_as(&self, name: &str, headers: &str, body: &str) -> Answer {
        let Self { host, place, .. } = self;
        let length = body.len();
        ask(
            host,
            &format!(
                "POST {place}/{name} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}"
            ),
        )
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// A request, written as it is sent, whose first line ends with `HTTP/1.1`.
fn ask(host: &str, request: &str) -> Answer {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(request.replacen("HTTP/1.1\r\n", "HTTP/1.1\r\nConnection: close\r\n", 1).as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    // What was taken is sealed bytes.
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(k, v)| (k.to_lowercase(), v.to_owned())).collect();
    Answer { status, headers, body: body.to_owned() }
}

#[test]
fn a_hostile_page_gets_nothing() {
    let home = Home::new();
    finished(&home);
    let served = Served::start(&home, &["open", "last", "--passphrase-file", home.path("hers").to_str().unwrap()]);
    let (host, visit) = (served.host(), served.enter());
    assert_eq!(visit.post("unlock", "").status, 303);
    assert!(visit.get("session").body.contains(CANARY), "what is guarded below is there");
    let (place, cookie, form) = (&visit.place, &visit.cookie, visit.form());
    let get = |path: &str, headers: &str| ask(host, &format!("GET {path} HTTP/1.1\r\n{headers}\r\n\r\n"));
    let page = format!("{place}/session");
    let refused = [
        // The token a second time, and none.
        get(served.entrance(), &format!("Host: {host}")),
        get("/enter", &format!("Host: {host}")),
        // No cookie, a wrong one, a right one under another name.
        get(&page, &format!("Host: {host}")),
        get(&page, &format!("Host: {host}\r\nCookie: sidetone=0123456789abcdef0123456789abcdef")),
        get(&page, &format!("Host: {host}\r\nCookie: x{cookie}")),
        // DNS rebinding: the browser is led here under a name of the attacker's.
        get(&page, &format!("Host: evil.example\r\nCookie: {cookie}")),
        get(&page, &format!("Host: localhost\r\nCookie: {cookie}")),
        get(&page, &format!("Cookie: {cookie}")),
        // Another site's page asks, with the cookie, should a browser ever send it.
        get(&page, &format!("Host: {host}\r\nCookie: {cookie}\r\nOrigin: https://evil.example")),
        get(&page, &format!("Host: {host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: cross-site")),
        get(&format!("{place}/page.js"), &format!("Host: {host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-site")),
        // Its form posts.
        visit.post_as("delete", &format!("Cookie: {cookie}\r\n"), &format!("form={form}&sure=yes&what=everything")),
        visit.post_as("delete", &format!("Cookie: {cookie}\r\nOrigin: null\r\n"), &format!("form={form}&sure=yes")),
        visit.post_as("delete", &format!("Cookie: {cookie}\r\nOrigin: http://{host}\r\n"), "sure=yes"),
        visit.post_as("delete", &format!("Cookie: {cookie}\r\nOrigin: http://{host}\r\n"), "form=0&sure=yes"),
        visit.post_as("delete", &format!("Origin: http://{host}\r\n"), &format!("form={form}&sure=yes")),
    ];
    for (index, answer) in refused.iter().enumerate() {
        assert!(matches!(answer.status, 400 | 403), "{index}: {answer:?}");
        assert!(answer.body.len() < 100 && !answer.body.contains(CANARY), "{index}: {answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{index}");
        assert_eq!(answer.header("set-cookie"), None, "{index}");
    }
    // A preflight allows nothing.
    let preflight = ask(
        host,
        &format!(
            "OPTIONS {page} HTTP/1.1\r\nHost: {host}\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n"
        ),
    );
    assert_eq!((preflight.status, preflight.header("access-control-allow-methods")), (403, None));
    let stored = home.run(&["sessions", "--json"]).json();
    assert_eq!((&stored[0]["decision"], &stored[0]["has_words"]), (&"undecided".into(), &true.into()));
}

#[cfg(target_os = "linux")]
#[test]
fn another_user_of_this_computer_gets_nothing() {
    // The address stands in the browser's arguments, which all can read: whoever was first with it had the words of a coachee
    // whose key had been named to the program.
    let home = Home::new();
    finished(&home);
    let served = Served::start(&home, &["open", "last", "--passphrase-file", home.path("hers").to_str().unwrap()]);
    let (host, entrance) = (served.host().to_owned(), served.entrance().to_owned());
    let got = nobody::does(move || {
        let mut stream = TcpStream::connect(&host).unwrap();
        // It may be closed before this is sent.
        let _ = write!(stream, "GET {entrance} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let mut got = Vec::new();
        let _ = stream.read_to_end(&mut got);
        got
    });
    assert!(got.is_none_or(|got| got.is_empty()));
    // The token was not theirs to use up.
    let visit = served.enter();
    assert_eq!(visit.post("unlock", "").status, 303);
    assert!(visit.get("session").body.contains(CANARY));
}

#[test]
fn every_answer_tells_the_browser_to_keep_and_run_nothing() {
    let home = Home::new();
    finished(&home);
    let served = Served::start(&home, &["report", "last", "--open"]);
    let visit = served.enter();
    for answer in [
        visit.get("session"),
        visit.get("page.css"),
        visit.get("nowhere"),
        ask(served.host(), "GET / HTTP/1.1\r\n\r\n"),
    ] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    // The coach's page has no way to the words.
    let page = visit.get("session").body;
    assert!(!page.contains("passphrase") && !page.contains(CANARY));
    for place in ["unlock", "search", "export", "take", "delete", "keep", "answer", "forget"] {
        assert_eq!(visit.post(place, "passphrase=x&sure=yes&format=md&which=all").status, 404, "{place}");
    }
}

#[test]
fn a_step_stays_chosen_until_it_is_taken_back() {
    // Whoever pressed "Choose" and had picked nothing lost what they had chosen before.
    let home = Home::new();
    finished(&home);
    let served = Served::start(&home, &["report", "last", "--open"]);
    let visit = served.enter();
    let step = "<p class=\"step\">Count to three after each question.</p>";
    for (fields, chosen, told) in [
        ("pick=0", true, "Chosen."),
        ("own=+", true, "Nothing was picked"),
        ("none=yes", false, "Nothing is chosen now."),
    ] {
        visit.post("next", fields);
        let page = visit.get("session").body;
        assert!(page.contains(step) == chosen && page.contains(told), "{fields}: {page}");
    }
}

/// Every form works by itself: this is what a browser without JavaScript does.
#[test]
fn without_javascript_the_words_are_read_searched_exported_taken() {
    let home = Home::new();
    finished(&home);
    let served = Served::start(&home, &["open", "last"]);
    let visit = served.enter();
    assert!(visit.get("session").body.contains("name=\"passphrase\""));
    visit.post("unlock", "passphrase=not+the+right+words");
    let page = visit.get("session").body;
    assert!(page.contains("Not unlocked: the passphrase does not open it.") && !page.contains(CANARY));
    visit.post("unlock", &format!("passphrase={}", PASSPHRASE.replace(' ', "+")));
    assert!(visit.get("session").body.contains("http-equiv=\"refresh\""), "it locks itself");
    let found = visit.post("search", "q=LightHouse").body;
    assert!(found.contains("In 1 line: <a href=\"#line-") && found.matches(" found\"").count() == 1);
    // Lines 2 and 3 of the script; none; all.
    let lines = visit.post("export", "format=tsv&which=chosen&line=2&line=3");
    assert!(lines.header("content-disposition").unwrap().ends_with(".tsv\""));
    assert_eq!(lines.body.lines().count(), 3, "{}", lines.body);
    assert!(lines.body.contains("looking forward") && !lines.body.contains(CANARY));
    assert_eq!(visit.post("export", "format=md&which=chosen").status, 303);
    assert!(visit.get("session").body.contains("No line is chosen"));
    assert!(visit.post("export", "format=md&which=all").body.contains(CANARY));
    assert_eq!(visit.post("export", "format=exe&which=all").status, 400);
    // What the file will open with is said before.
    assert!(visit.get("session").body.contains("<code>sidetone coachee recovery-key NAME</code>"));
    // Nothing is taken before the file was handed out.
    visit.post("taken", "sure=yes");
    assert!(visit.get("session").body.contains("Nothing was removed"));
    let sealed = visit.post("take", "").body;
    assert!(sealed.starts_with("-----BEGIN AGE") || sealed.starts_with("age-encryption.org/v1"));
    visit.post("taken", "");
    assert!(visit.get("session").body.contains("Nothing was removed"));
    visit.post("taken", "sure=yes");
    let page = visit.get("session").body;
    assert!(page.contains("Gone from our files: words taken") && page.contains("You took them off this computer."));
    assert_eq!(visit.post("close", "").status, 200);
    served.ended();
}

#[test]
fn a_notice_that_the_passphrase_is_lost_is_seen_and_ended_by_who_has_it() {
    // The coachee read on while the days ran out; and for words that were kept already there was nothing that ended it.
    let home = Home::new();
    finished(&home);
    let served = Served::start(&home, &["open", "last"]);
    let visit = served.enter();
    visit.post("unlock", &format!("passphrase={}", PASSPHRASE.replace(' ', "+")));
    visit.post("keep", "");
    let page = || visit.get("session").body;
    assert!(!page().contains("Notice was given") && !page().contains("/keep\""));
    home.run(&["transcript", "delete", "last", "--forgotten"]).ok();
    assert!(page().contains("Notice was given that your passphrase is lost: from "));
    visit.post("lock", "");
    assert!(page().contains("Unlock, and decide about them: that ends it."));
    visit.post("unlock", &format!("passphrase={}", PASSPHRASE.replace(' ', "+")));
    visit.post("keep", "");
    assert!(!page().contains("Notice was given"));
}

#[test]
fn the_words_are_forgotten_when_nobody_reads() {
    let home = Home::new();
    finished(&home);
    let served = Served::start(&home, &["open", "last", "--lock-after", "1"]);
    let visit = served.enter();
    let form = visit.form();
    let unlock = format!("form={form}&passphrase={}", PASSPHRASE.replace(' ', "+"));
    visit.post_as("unlock", &format!("Origin: http://{}\r\nCookie: {}\r\n", visit.host, visit.cookie), &unlock);
    std::thread::sleep(Duration::from_millis(1600));
    let page = visit.get("session").body;
    assert!(page.contains("name=\"passphrase\"") && !page.contains(CANARY));
}

#[test]
fn one_next_step_opens_the_next_report() {
    let home = Home::new();
    finished(&home);
    let said = |args: &[&str]| home.run(&[&["report"], args].concat()).ok();
    assert!(said(&[]).contains("Nothing is chosen yet") && !said(&[]).contains("To try this time"));
    assert!(said(&["last", "--next", "Wait, then wait again"]).contains("Wait, then wait again"));
    assert!(said(&["last", "--next", "1"]).contains("Count to three after each question."));
    home.run(&["report", "last", "--next", "9"]).refused("no suggestion 9", "1 to 6");
    home.run(&["report", "last", "--next"]).refused("no terminal", "--next");
    home.run(&["report", "last", "--next", &"x".repeat(201)]).refused("one line", "few words");
    import(&home);
    let report = said(&[]);
    let (opens, shares) = (report.find("To try this time").unwrap(), report.find("How the talk").unwrap());
    assert!(opens < shares && report[opens..shares].contains("Count to three after each question."), "{report}");
    let page = home.path("page.html");
    said(&["last", "--html", page.to_str().unwrap()]);
    assert!(fs::read_to_string(page).unwrap().contains("Count to three after each question."));
    // Another coachee's report does not show it.
    let file = home.passphrase("bens", "twelve or more letters");
    home.run(&["coachee", "add", "Ben", "--passphrase-file", &file]).ok();
    let script = home.path("ben.tsv");
    fs::write(&script, "start_s\tend_s\trole\ttext\n0\t5\tcoach\tWhat did you see?\n6\t9\tcoachee\tA lot.\n").unwrap();
    let import = home.run(&["import", script.to_str().unwrap(), "--coachee", "Ben", "--consent-both"]).ok();
    assert!(!import.contains("To try this time"), "{import}");
}

#[test]
fn the_trend_in_every_form() {
    let home = Home::new();
    assert!(home.run(&["trend"]).ok().contains("No finished sessions yet."));
    home.run(&["trend", "--coachee", "Nobody"]).refused("no coachee called Nobody", "sidetone coachee");
    finished(&home);
    let json = home.run(&["trend", "--coachee", "Hannah", "--json"]).json();
    assert_eq!((&json["coachee"], &json["sessions"]), (&"Hannah".into(), &1.into()));
    let ratio = home.run(&["report", "--json"]).json()["talk_ratio"].clone();
    let point = &json["measures"][0]["points"][0];
    assert_eq!((&point["value"], &point["low"], &point["high"]), (&ratio["coach"], &ratio["low"], &ratio["high"]));
    // The roles exchanged: the trend follows.
    home.run(&["swap", "last"]).ok();
    let swapped = home.run(&["trend", "--json"]).json();
    assert_eq!(swapped["coachee"], serde_json::Value::Null);
    let sum = swapped["measures"][0]["points"][0]["value"].as_f64().unwrap() + ratio["coach"].as_f64().unwrap();
    assert!((sum - 1.0).abs() < 1e-3, "{sum}");
    let page = home.path("trend.html");
    home.run(&["trend", "--html", page.to_str().unwrap()]).ok();
    assert!(fs::read_to_string(page).unwrap().contains("All your sessions"));
}

/// What a screen reader, a keyboard and eyes need of a page. An empty list is what we want.
const ACCESSIBILITY: &str = r#"
const wrong = [];
const shown = element => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
const heads = [...document.querySelectorAll("h1,h2,h3,h4")].filter(shown).map(head => Number(head.tagName[1]));
if (heads.filter(level => level === 1).length !== 1) wrong.push("one h1: " + heads);
heads.forEach((level, at) => { if (at && level > heads[at - 1] + 1) wrong.push("heading skips to h" + level); });
if (!document.documentElement.lang || !document.title) wrong.push("language or title");
if (document.querySelectorAll("main").length !== 1) wrong.push("one main");
for (const picture of document.querySelectorAll("svg"))
  if (picture.getAttribute("aria-hidden") !== "true" && !(picture.getAttribute("role") === "img" && picture.getAttribute("aria-label").length > 20))
    wrong.push("a picture without a text");
for (const control of document.querySelectorAll("input:not([type=hidden]),select,textarea"))
  if (!control.labels.length) wrong.push("no label: " + control.outerHTML);
for (const field of document.querySelectorAll("form")) if (field.autocomplete !== "off") wrong.push("autocomplete: " + field.action);
for (const link of document.querySelectorAll("a,button,summary"))
  if (!link.closest("[aria-hidden=true]") && !link.textContent.trim()) wrong.push("no name: " + link.outerHTML);
for (const hidden of document.querySelectorAll("[aria-hidden=true] a")) if (hidden.tabIndex >= 0) wrong.push("a key reaches what is hidden");
for (const cell of document.querySelectorAll("th")) if (!cell.scope) wrong.push("th without scope");
const ids = [...document.querySelectorAll("[id]")].map(each => each.id);
if (new Set(ids).size !== ids.length) wrong.push("an id twice");
if (document.querySelectorAll("[style],style,script:not([src])").length) wrong.push("inline style or script");
const channels = color => color.match(/[\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
const ground = element => { for (let at = element; at; at = at.parentElement) { const color = channels(getComputedStyle(at).backgroundColor);
  if (color.length === 3 || color[3] > 0) return color; } return [255, 255, 255]; };
for (const element of document.querySelectorAll("body *:not(svg *)")) {
  if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()) || !shown(element)) continue;
  const [a, b] = [light(channels(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) wrong.push("contrast " + ((a + 0.05) / (b + 0.05)).toFixed(2) + ": " + element.textContent.slice(0, 40));
}
if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the window: " + document.documentElement.scrollWidth + " of " + innerWidth);
return wrong;
"#;

fn is_accessible(browser: &Browser) {
    for (width, scheme) in [(360, "light"), (1280, "dark"), (1280, "light")] {
        browser.width(width);
        browser.color_scheme(scheme);
        assert_eq!(browser.run(ACCESSIBILITY), serde_json::json!([]), "{scheme}, {width} pixels wide");
        assert_eq!(violations(browser), serde_json::json!([]), "{scheme}, {width} pixels wide");
    }
}

/// What axe-core finds wrong on the page as it is now, all its rules.
fn violations(browser: &Browser) -> serde_json::Value {
    let cache =
        || std::env::var_os("XDG_CACHE_HOME").map(Into::into).or_else(|| Some(std::env::home_dir()?.join(".cache")));
    let path = std::env::var_os("AXE_CORE")
        .map(std::path::PathBuf::from)
        .or_else(|| Some(cache()?.join("sidetone/axe-4.12.1/axe.min.js")))
        .expect("a home directory");
    let axe = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}\nhint: scripts/fetch-axe gets it", path.display()));
    browser.run(&format!("{axe}\nreturn axe.version"));
    browser.run_async(
        "const done = arguments[arguments.length - 1];
         axe.run(document, { resultTypes: ['violations'] }).then(
           found => done(found.violations.map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 200)).join(' | '))),
           error => done(['axe failed: ' + error]))",
    )
}

/// The files that need nothing else, on every width and in print.
#[test]
fn the_files_are_accessible() {
    let home = Home::new();
    finished(&home);
    import(&home);
    let (report, trend) = (home.path("report.html"), home.path("trend.html"));
    home.run(&["report", "last", "--next", "1", "--html", report.to_str().unwrap()]).ok();
    home.run(&["trend", "--html", trend.to_str().unwrap()]).ok();
    let away = tempfile::tempdir().unwrap();
    let browser = Browser::start(away.path());
    for file in [report, trend] {
        browser.go(&format!("file://{}", file.display()));
        for (width, scheme) in [(360, "light"), (1280, "dark")] {
            browser.width(width);
            browser.color_scheme(scheme);
            assert_eq!(violations(&browser), serde_json::json!([]), "{}, {scheme}, {width}", file.display());
            let wider = browser.run("return document.documentElement.scrollWidth > innerWidth");
            assert_eq!(wider, false, "{}, {width}", file.display());
        }
    }
    browser.close();
}

/// Hannah and her coach said when they would look at it again, and that day is over.
#[test]
fn a_review_that_is_due_stands_on_the_page_of_both() {
    let home = Home::new();
    finished(&home);
    let page = home.path("page.html");
    let html = || {
        home.run(&["report", "--html", page.to_str().unwrap()]).ok();
        fs::read_to_string(&page).unwrap()
    };
    assert!(!html().contains("pairing review"));
    home.run(&["pairing", "add", "Hannah", "--start", "2020-01-01", "--quiet"]).ok();
    let line = "the right pair, the right time, the right load? <code>sidetone pairing review Hannah</code>";
    assert!(html().contains(line));
    for args in [&["report", "last", "--open"][..], &["open", "last"]] {
        let served = Served::start(&home, args);
        assert!(served.enter().get("session").body.contains(line), "{args:?}");
    }
}

/// The three questions: answered, changed and deleted on the coachee's page; beside the numbers, and for nobody else.
#[test]
fn the_coachee_answers_for_themselves_alone() {
    let home = Home::new();
    finished(&home);
    let hers = home.path("hers");
    let (served, coach) =
        (Served::start(&home, &["open", "last"]), Served::start(&home, &["report", "last", "--open"]));
    let (visit, coach) = (served.enter(), coach.enter());
    assert!(!visit.get("session").body.contains("name=\"trust\""), "nothing is asked before it is unlocked");
    assert_eq!(visit.post("answer", "room=4").status, 303);
    visit.post("unlock", &format!("passphrase={}", PASSPHRASE.replace(' ', "+")));
    let page = visit.get("session").body;
    assert!(page.contains("How much room to think did you have?") && !page.contains("Your answers"), "{page}");
    let stored =
        || home.run(&["pulse", "show", "Hannah", "--json", "--passphrase-file", hers.to_str().unwrap()]).json();
    assert_eq!(stored()["answers"], serde_json::json!([]), "nothing was sealed while it was locked");
    for wrong in ["room=6", "trust=0", "useful=very"] {
        assert_eq!(visit.post("answer", wrong).status, 400, "{wrong}");
    }
    visit.post("answer", "room=4&useful=&trust=2");
    let answers = stored()["answers"].clone();
    assert_eq!((&answers[0]["room"], &answers[0]["useful"], &answers[0]["trust"]), (&4.into(), &().into(), &2.into()));
    let page = visit.get("session").body;
    assert!(page.contains("Your answers are sealed to you."));
    let share = answers[0]["coach_share"].as_f64().unwrap() * 100.0;
    let row = format!(", this one</th><td>4</td><td>\u{2013}</td><td>2</td><td>{share:.0}\u{a0}%</td>");
    assert!(page.contains(&row), "{row} in\n{page}");
    assert!(!visit.get("session").body.contains("Your answers are sealed"), "a note is said once");
    // The coach's page has neither the questions nor a sign that they were answered.
    let seen = coach.get("session").body;
    assert!(!["trust", "Your answers", "this one", "How useful"].iter().any(|sign| seen.contains(sign)), "{seen}");
    assert_eq!(coach.post("answer", "trust=5").status, 404);
    // They stay when the words go, and go when she wants.
    visit.post("delete", "sure=yes&what=words");
    assert!(!visit.get("session").body.contains("this one"));
    visit.post("unlock", &format!("passphrase={}", PASSPHRASE.replace(' ', "+")));
    let page = visit.get("session").body;
    assert!(page.contains("They are deleted.") && page.contains(&row) && !page.contains("id=\"decide\""), "{page}");
    visit.post("forget", "");
    assert!(visit.get("session").body.contains("Gone from our files: answers deleted"));
    assert_eq!(stored()["answers"], serde_json::json!([]));
    visit.post("lock", "");
    assert!(!visit.get("session").body.contains("name=\"trust\""));
}

#[test]
fn from_the_first_look_to_the_deletion_in_a_real_browser() {
    let home = Home::new();
    finished(&home);
    let away = tempfile::tempdir().unwrap();
    let browser = Browser::start(away.path());

    // The coach looks, once, and picks one thing to try.
    let served = Served::start(&home, &["report", "last", "--open"]);
    browser.go(&served.address);
    assert_eq!(browser.text("h1"), "Session with Hannah");
    is_accessible(&browser);
    assert!(!browser.source().contains(CANARY));
    browser.click("input[name=pick][value='0']");
    browser.follow("#next button");
    assert_eq!(browser.text("#next .step"), "Count to three after each question.");
    browser.follow(".close button");
    served.ended();

    // The coachee unlocks, at the second try.
    let served = Served::start(&home, &["open", "last"]);
    browser.go(&served.address);
    is_accessible(&browser);
    let numbers = browser.text("table");
    browser.write("#passphrase", "not the right words");
    browser.follow(".unlock button");
    assert!(browser.text(".note").contains("does not open it"));
    browser.write("#passphrase", PASSPHRASE);
    browser.follow(".unlock button");
    browser.text(".lines");
    is_accessible(&browser);
    assert_eq!(browser.text("table"), numbers, "the same numbers");

    // Reads: along the timeline, and by a word.
    browser.click(".jumps a:last-child");
    assert!(browser.run("return document.querySelector('.lines li:target') !== null").as_bool().unwrap());
    browser.write("#q", "lightHOUSE");
    assert_eq!(browser.text("#found"), "In 1 line.");
    let visible = browser.run("return [...document.querySelectorAll('.lines li')].filter(li => !li.hidden).length");
    assert_eq!(visible, 1);
    assert!(browser.text(".lines li.found .said").to_lowercase().contains(CANARY));

    // Exports that line.
    browser.click(".lines li.found input");
    browser.click("button[value=chosen]");
    let id = home.run(&["report", "--json"]).json()["session"].as_str().unwrap().to_owned();
    let file = away.path().join("downloads").join(format!("{id}.md"));
    let begun = Instant::now();
    while !file.exists() {
        assert!(begun.elapsed() < PATIENCE, "nothing was downloaded");
        std::thread::sleep(Duration::from_millis(20));
    }
    let exported = fs::read_to_string(&file).unwrap();
    assert!(exported.to_lowercase().contains(CANARY) && exported.matches("**").count() == 2, "{exported}");
    fs::remove_file(&file).unwrap();

    // Says how it was.
    browser.click("#pulse input[name=room][value='4']");
    browser.follow("#pulse form.pulse button");
    assert!(browser.text("#pulse .answers").contains("this one 4 –"), "{}", browser.text("#pulse .answers"));
    is_accessible(&browser);

    // Deletes, and it is gone.
    browser.click("#decide details:last-of-type summary");
    browser.click("#decide form[action$='delete'] input[name=sure]");
    browser.follow("button[value=words]");
    assert!(browser.text(".note").starts_with("Gone from our files: words deleted"));
    assert!(browser.text("#words").contains("They are deleted."));
    is_accessible(&browser);
    assert!(!browser.source().to_lowercase().contains(CANARY));
    assert_eq!(home.run(&["sessions", "--json"]).json()[0]["decision"], "deleted");
    browser.follow(".close button");
    served.ended();
    browser.close();

    // Neither our files nor the browser's remember a word.
    let mut seen = home.kept();
    let kept = seen.len();
    collect(away.path(), &mut seen);
    assert!(seen.len() > kept + 10, "the browser has a profile");
    for (path, content) in seen {
        let lower = content.to_ascii_lowercase();
        for form in [CANARY.as_bytes().to_vec(), CANARY.encode_utf16().flat_map(u16::to_le_bytes).collect()] {
            assert!(memchr::memmem::find(&lower, &form).is_none(), "{}", path.display());
        }
    }
}

fn collect(folder: &Path, into: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&entry.path(), into),
            Ok(kind) if kind.is_file() => {
                into.extend(fs::read(entry.path()).ok().map(|content| (entry.path(), content)))
            }
            _ => {}
        }
    }
}

#[test]
fn the_page_locks_itself_in_front_of_an_empty_chair() {
    let home = Home::new();
    finished(&home);
    let away = tempfile::tempdir().unwrap();
    let browser = Browser::start(away.path());
    let served = Served::start(&home, &["open", "last", "--lock-after", "6"]);
    browser.go(&served.address);
    browser.write("#passphrase", PASSPHRASE);
    browser.follow(".unlock button");
    browser.text(".lines");
    browser.text("#passphrase");
    assert!(!browser.source().contains(CANARY));
    browser.close();
}
