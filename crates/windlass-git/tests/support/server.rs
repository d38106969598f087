//! A web server for one thread per connection that hands requests to `git http-backend`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came: `GET /fleet.git/info/refs`, and what it showed to prove who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub line: String,
    pub authorization: Option<String>,
    pub body: String,
}

/// What a server does instead of answering from its repositories.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Hands the request to `git http-backend`.
    Git,
    /// As `Git`, but knows only the first protocol.
    OldGit,
    /// Asks for this `Authorization`.
    For(&'static str),
    /// A bare status.
    Status(&'static str),
    /// Sends everybody to the same path at another origin.
    Redirect(String),
    /// An answer that is none of Git's.
    Page,
    /// As `Git`, but dies while it packs, with these words.
    GivesUp(&'static str),
    /// As `Git`, but breaks off in the middle of a pack.
    BreaksOff,
    /// As `Git`, but always gives the whole history.
    NeverShallow,
    /// Never answers.
    Silence,
}

/// A server on the loopback that ends with the process.
pub struct Server {
    pub origin: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Serves the repositories of a folder.
    pub fn new(root: &Path, answer: Answer) -> Self {
        Self::start(root, answer, None)
    }

    /// Serves the repositories of a folder over TLS.
    pub fn secure(root: &Path, answer: Answer, tls: Arc<ServerConfig>) -> Self {
        Self::start(root, answer, Some(tls))
    }

    fn start(root: &Path, answer: Answer, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (root, log) = (root.to_owned(), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (root, log, answer, tls) = (root.clone(), Arc::clone(&log), answer.clone(), tls.clone());
                std::thread::spawn(move || match tls {
                    None => serve(stream, &root, &log, &answer),
                    Some(tls) => {
                        let connection = ServerConnection::new(tls).ok()?;
                        serve(StreamOwned::new(connection, stream), &root, &log, &answer)
                    }
                });
            }
        });
        Self { origin, asked }
    }

    /// Takes what was asked since the last look.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// Takes the first lines of what was asked.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

fn serve(stream: impl Read + Write, root: &Path, log: &Mutex<Vec<Asked>>, answer: &Answer) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<String> =
        reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let header = |name: &str| {
        let pairs = headers.iter().filter_map(|line| line.split_once(": "));
        pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    log.lock().unwrap().push(Asked {
        line: format!("{method} {target}"),
        authorization: header("authorization"),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let plain = |status: &str, extra: &str| {
        format!("HTTP/1.1 {status}\r\n{extra}content-length: 0\r\n\r\n").into_bytes()
    };
    let reply = match answer {
        Answer::Git => git(root, &method, &target, header("git-protocol"), &body),
        Answer::OldGit => git(root, &method, &target, None, &body),
        Answer::GivesUp(words) if is_fetch(&body) => {
            let said = format!("\u{3}{words}\n");
            let lines = format!("000dpackfile\n{:04x}{said}0000", said.len() + 4);
            page("application/x-git-upload-pack-result", lines.as_bytes())
        }
        Answer::BreaksOff if is_fetch(&body) => {
            let whole = git(root, &method, &target, header("git-protocol"), &body);
            let start = whole.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
            let pack = whole.windows(4).position(|four| four == b"PACK").unwrap();
            // Whole lines of the protocol, and half a pack in the last one.
            let mut half = whole[start..pack - 5].to_vec();
            half.extend_from_slice(format!("{:04x}\u{1}", 40 + 5).as_bytes());
            half.extend_from_slice(&whole[pack..pack + 40]);
            half.extend_from_slice(b"0000");
            page("application/x-git-upload-pack-result", &half)
        }
        Answer::NeverShallow => {
            let mut reply = git(root, &method, &target, header("git-protocol"), &body);
            let ability = b"fetch=shallow";
            if let Some(at) = reply.windows(ability.len()).position(|part| part == ability) {
                reply[at..at + ability.len()].copy_from_slice(b"fetch=nothing");
            }
            reply
        }
        Answer::GivesUp(_) | Answer::BreaksOff => git(root, &method, &target, header("git-protocol"), &body),
        Answer::For(wanted) if header("authorization").as_deref() == Some(wanted) => {
            git(root, &method, &target, header("git-protocol"), &body)
        }
        Answer::For(_) => plain("401 Unauthorized", "www-authenticate: Basic realm=x\r\n"),
        Answer::Status(status) => plain(status, ""),
        Answer::Redirect(origin) => plain("302 Found", &format!("location: {origin}{target}\r\n")),
        Answer::Page => page("text/html", b"hi"),
        Answer::Silence => {
            std::thread::park();
            return None;
        }
    };
    let mut stream = reader.into_inner();
    stream.write_all(&reply).and_then(|()| stream.flush()).ok()
}

fn is_fetch(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("command=fetch")
}

fn page(kind: &str, content: &[u8]) -> Vec<u8> {
    let mut reply =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", content.len())
            .into_bytes();
    reply.extend_from_slice(content);
    reply
}

/// Runs the CGI program and makes an answer of what it prints.
fn git(root: &Path, method: &str, target: &str, protocol: Option<String>, body: &[u8]) -> Vec<u8> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut program = Command::new(backend());
    program.env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1").env("REQUEST_METHOD", method);
    program.env("PATH_INFO", path).env("QUERY_STRING", query).env("CONTENT_LENGTH", body.len().to_string());
    program.env("CONTENT_TYPE", "application/x-git-upload-pack-request");
    program
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*");
    program.env("GIT_PROTOCOL", protocol.unwrap_or_default()).stderr(Stdio::null());
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(body).unwrap();
    let output = child.wait_with_output().unwrap().stdout;
    let end = output.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let (head, content) = output.split_at(end);
    let head = String::from_utf8_lossy(head);
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let mut reply = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{head}", content.len()).into_bytes();
    reply.extend_from_slice(content);
    reply
}

fn backend() -> PathBuf {
    let places = ["/usr/lib/git-core", "/usr/libexec/git-core", "/opt/homebrew/opt/git/libexec/git-core"];
    let places = places.iter().map(|place| Path::new(place).join("git-http-backend"));
    places.into_iter().find(|place| place.exists()).expect("the feature git-program needs git http-backend")
}
