//! A real Chromium without a window, driven over WebDriver (W3C): JSON over HTTP to `chromedriver`, and we need ten of its
//! commands, so the HTTP client that is here anyway does instead of a framework and the forty crates that it brings.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// Until something must be there, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);
/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Browser {
    driver: Child,
    /// `http://127.0.0.1:PORT/session/ID`
    session: String,
    agent: ureq::Agent,
}

impl Browser {
    /// With a profile below `folder`, and downloads in `folder/downloads`.
    ///
    /// # Panics
    /// Without a browser: these tests are never skipped.
    pub fn start(folder: &Path) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("HOME", folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver must be installed; hint: scripts/install-packages test");
        let port = BufReader::new(driver.stdout.take().unwrap())
            .lines()
            .find_map(|line| {
                line.ok()?.rsplit_once("successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok()
            })
            .expect("chromedriver names its port");
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
        let downloads = folder.join("downloads");
        std::fs::create_dir_all(&downloads).unwrap();
        let mut args = vec![
            "--headless=new".to_owned(),
            "--window-size=1280,900".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            format!("--user-data-dir={}", folder.join("profile").display()),
        ];
        // SAFETY: geteuid cannot fail and touches no memory.
        if unsafe { libc::geteuid() } == 0 {
            // Chromium refuses root otherwise.
            args.push("--no-sandbox".to_owned());
        }
        let options = json!({
            "args": args,
            "prefs": { "download.default_directory": downloads, "download.prompt_for_download": false },
        });
        let mut browser = Self { driver, session: format!("http://127.0.0.1:{port}/session"), agent };
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let session =
            browser.post("", &wanted).expect("chromium must be installed; hint: scripts/install-packages test");
        browser.session = format!("{}/{}", browser.session, session["sessionId"].as_str().unwrap());
        browser
    }

    pub fn go(&self, address: &str) {
        self.post("/url", &json!({ "url": address })).unwrap();
    }

    pub fn width(&self, width: u32) {
        self.post("/window/rect", &json!({ "width": width, "height": 900 })).unwrap();
    }

    pub fn color_scheme(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.post("/goog/cdp/execute", &json!({ "cmd": "Emulation.setEmulatedMedia", "params": media })).unwrap();
    }

    /// The page as it is now.
    pub fn source(&self) -> String {
        self.run("return document.documentElement.outerHTML").as_str().unwrap().to_owned()
    }

    /// Runs a script in the page.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] })).unwrap()
    }

    /// Runs a script that calls its last argument with what it comes to.
    pub fn run_async(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": [] })).unwrap()
    }

    /// What an element says, once it is there.
    pub fn text(&self, css: &str) -> String {
        self.patiently(css, |browser, element| browser.get(&format!("/element/{element}/text")))
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn click(&self, css: &str) {
        self.patiently(css, |browser, element| browser.post(&format!("/element/{element}/click"), &json!({})));
    }

    pub fn write(&self, css: &str, text: &str) {
        let keys = json!({ "text": text });
        self.patiently(css, |browser, element| browser.post(&format!("/element/{element}/value"), &keys));
    }

    /// Clicks, and waits until another page has come.
    pub fn follow(&self, css: &str) {
        self.run("document.body.dataset.old = 'yes'");
        self.click(css);
        self.text("body:not([data-old])");
    }

    pub fn close(self) {
        self.done(self.agent.delete(&self.session).call()).unwrap();
    }

    /// Does something with an element as soon as it is there and lets it be done.
    fn patiently(&self, css: &str, act: impl Fn(&Self, &str) -> Result<Value, String>) -> Value {
        let begun = Instant::now();
        loop {
            let found = self.post("/element", &json!({ "using": "css selector", "value": css }));
            match found.and_then(|found| act(self, found[ELEMENT].as_str().unwrap())) {
                Ok(done) => return done,
                Err(error) if begun.elapsed() > PATIENCE => panic!("{css}: {error} on\n{}", self.source()),
                Err(_) => thread::sleep(LOOK),
            }
        }
    }

    fn get(&self, path: &str) -> Result<Value, String> {
        self.done(self.agent.get(format!("{}{path}", self.session)).call())
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.done(self.agent.post(format!("{}{path}", self.session)).send(body.to_string()))
    }

    fn done(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, String> {
        let mut answer = answer.map_err(|error| error.to_string())?;
        let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
        let value = serde_json::from_str::<Value>(&text).map_err(|error| error.to_string())?["value"].take();
        if answer.status().is_success() { Ok(value) } else { Err(value["message"].to_string()) }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
