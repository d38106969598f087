//! A registry in memory, by the distribution specification, with one thread for each connection.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use windlass_core::Digest;

/// A request as it came: `GET /v2/a/manifests/b`, and what it showed to prove who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub line: String,
    pub authorization: Option<String>,
    pub body: String,
}

/// Who is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    Open,
    /// Whoever shows this `Authorization`.
    Basic(&'static str),
    /// Whoever shows a token of the server at this address, or else at `/token` of this one.
    Token(Option<String>),
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Every answer is this status, with this body.
    Status(&'static str, String),
    /// Blobs are at another origin.
    BlobsAt(String),
    /// Blobs have another last byte.
    Damaged,
    /// Blobs end a byte early.
    Short,
    /// Blobs go on.
    Long,
    /// `HEAD` is not known.
    NoHead,
    /// Lists of tags go on at this address.
    TagsAt(String),
    /// Never answers.
    Silence,
}

#[derive(Debug, Default)]
struct Store {
    blobs: BTreeMap<String, Vec<u8>>,
    /// By repository and tag or digest: type and content.
    manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    tags: BTreeMap<String, Vec<String>>,
    asked: Vec<Asked>,
    fault: Option<Fault>,
    page: usize,
}

/// A registry on the loopback that ends with the process.
pub struct Server {
    pub origin: String,
    pub host: String,
    store: Arc<Mutex<Store>>,
}

/// The token that is given to whoever may pull.
pub const TOKEN: &str = "canary-token";

impl Server {
    pub fn new(door: Door) -> Self {
        Self::start(door, None)
    }

    pub fn secure(door: Door, tls: Arc<ServerConfig>) -> Self {
        Self::start(door, Some(tls))
    }

    fn start(door: Door, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let origin = format!("{}://{host}", if tls.is_some() { "https" } else { "http" });
        let store = Arc::new(Mutex::new(Store { page: 100, ..Store::default() }));
        let (shared, address) = (Arc::clone(&store), origin.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (store, door, address, tls) =
                    (Arc::clone(&shared), door.clone(), address.clone(), tls.clone());
                std::thread::spawn(move || match tls {
                    None => serve(stream, &store, &door, &address),
                    Some(tls) => {
                        let connection = ServerConnection::new(tls).ok()?;
                        serve(StreamOwned::new(connection, stream), &store, &door, &address)
                    }
                });
            }
        });
        Self { origin, host, store }
    }

    /// The address of a repository.
    pub fn url(&self, repository: &str) -> String {
        format!("oci://{}/{repository}", self.host)
    }

    pub fn fault(&self, fault: Fault) {
        self.store.lock().unwrap().fault = Some(fault);
    }

    /// Lets lists of tags have so many on a page.
    pub fn page(&self, tags: usize) {
        self.store.lock().unwrap().page = tags;
    }

    pub fn put_blob(&self, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        self.store.lock().unwrap().blobs.insert(digest.to_string(), bytes.to_vec());
        digest
    }

    pub fn put_manifest(&self, repository: &str, tag: &str, media_type: &str, bytes: &[u8]) -> Digest {
        self.store.lock().unwrap().put(repository, tag, media_type, bytes)
    }

    /// Lets the registry list what refers to an artifact; unless this was said it knows no such lists.
    pub fn put_referrers(&self, repository: &str, digest: Digest, index: &[u8]) {
        let name = (repository.to_owned(), format!("referrers/{digest}"));
        let content = ("application/vnd.oci.image.index.v1+json".to_owned(), index.to_vec());
        self.store.lock().unwrap().manifests.insert(name, content);
    }

    /// Gives a manifest under a digest that is not its own.
    pub fn swap_manifest(&self, repository: &str, digest: Digest, bytes: &[u8]) {
        let mut store = self.store.lock().unwrap();
        let name = (repository.to_owned(), digest.to_string());
        store.manifests.insert(name, ("m".to_owned(), bytes.to_vec()));
    }

    /// Takes what was asked since the last look.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.store.lock().unwrap().asked)
    }

    /// Takes the first lines of what was asked, with digests cut short.
    pub fn lines(&self) -> Vec<String> {
        let short = |line: String| match line.find("sha256:") {
            Some(at) => format!("{}…", &line[..at + 9]),
            None => line,
        };
        self.asked().into_iter().map(|asked| short(asked.line)).collect()
    }
}

impl Store {
    fn put(&mut self, repository: &str, tag: &str, media_type: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        for name in [tag.to_owned(), digest.to_string()] {
            let content = (media_type.to_owned(), bytes.to_vec());
            self.manifests.insert((repository.to_owned(), name), content);
        }
        let tags = self.tags.entry(repository.to_owned()).or_default();
        if !tag.starts_with("sha256:") && !tags.iter().any(|have| have == tag) {
            tags.push(tag.to_owned());
            tags.sort();
        }
        digest
    }
}

/// An answer: its status, its headers, and its body.
struct Reply(&'static str, Vec<String>, Vec<u8>);

fn serve(stream: impl Read + Write, store: &Mutex<Store>, door: &Door, origin: &str) -> Option<()> {
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
    let authorization = header("authorization");
    let fault = {
        let mut store = store.lock().unwrap();
        store.asked.push(Asked {
            line: format!("{method} {target}"),
            authorization: authorization.clone(),
            body: String::from_utf8_lossy(&body).into_owned(),
        });
        store.fault.clone().unwrap_or(Fault::None)
    };
    let refused = refusal(door, &target, authorization.as_deref(), origin);
    let reply = match &fault {
        Fault::Silence => {
            std::thread::sleep(std::time::Duration::from_secs(20));
            return None;
        }
        Fault::Status(status, said) => Reply(status, Vec::new(), said.clone().into_bytes()),
        _ => match refused {
            Some(refused) => refused,
            None => {
                let mut store = store.lock().unwrap();
                let read = answer(&store, &method, &target, &fault);
                read.unwrap_or_else(|| written(&mut store, &method, &target, header("content-type"), &body))
            }
        },
    };
    let Reply(status, extra, body) = reply;
    let mut head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    extra.iter().for_each(|line| head.push_str(&format!("{line}\r\n")));
    let stream = reader.get_mut();
    stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    if method != "HEAD" {
        stream.write_all(&body).ok()?;
    }
    stream.flush().ok()
}

/// What whoever is not let in is told.
fn refusal(door: &Door, target: &str, shown: Option<&str>, origin: &str) -> Option<Reply> {
    if target.starts_with("/token") {
        return Some(match (door, shown) {
            (Door::Token(_), Some(basic)) if basic != "Basic YWRhOmNhbmFyeS1wYXNzd29yZA==" => {
                Reply("401 Unauthorized", Vec::new(), Vec::new())
            }
            _ => {
                Reply("200 OK", Vec::new(), format!(r#"{{"token":"{TOKEN}","expires_in":300}}"#).into_bytes())
            }
        });
    }
    let asks = |how: String| {
        let said = br#"{"errors":[{"code":"UNAUTHORIZED","message":"canary"}]}"#;
        Some(Reply("401 Unauthorized", vec![format!("www-authenticate: {how}")], said.to_vec()))
    };
    match door {
        Door::Basic(wanted) if shown != Some(wanted) => asks("Basic realm=\"registry\"".to_owned()),
        Door::Token(at) if shown != Some(&format!("Bearer {TOKEN}")) => {
            let at = at.clone().unwrap_or_else(|| format!("{origin}/token"));
            asks(format!("Bearer realm=\"{at}\",service=\"registry\""))
        }
        _ => None,
    }
}

/// Answers what only reads; `None` for what writes.
fn answer(store: &Store, method: &str, target: &str, fault: &Fault) -> Option<Reply> {
    if method != "GET" && method != "HEAD" {
        return None;
    }
    let missing = || {
        let said = br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}"#;
        Some(Reply("404 Not Found", Vec::new(), said.to_vec()))
    };
    if method == "HEAD" && *fault == Fault::NoHead {
        return Some(Reply("405 Method Not Allowed", Vec::new(), Vec::new()));
    }
    let Some(path) = target.strip_prefix("/v2/") else { return missing() };
    if let Some((_, digest)) = path.split_once("/blobs/") {
        let digest = digest.split('?').next()?;
        let Some(mut bytes) = store.blobs.get(digest).cloned() else { return missing() };
        match fault {
            Fault::BlobsAt(origin) => {
                let to = format!("location: {origin}{target}?signature=canary-signature");
                return Some(Reply("307 Temporary Redirect", vec![to], Vec::new()));
            }
            Fault::Damaged => *bytes.last_mut()? ^= 1,
            Fault::Short => bytes.truncate(bytes.len() - 1),
            Fault::Long => bytes.push(0),
            _ => {}
        }
        return Some(Reply("200 OK", Vec::new(), bytes));
    }
    if let Some((repository, name)) = path.split_once("/manifests/") {
        let Some((kind, bytes)) = store.manifests.get(&(repository.to_owned(), name.to_owned())) else {
            return missing();
        };
        let extra =
            vec![format!("content-type: {kind}"), format!("docker-content-digest: {}", Digest::of(bytes))];
        return Some(Reply("200 OK", extra, bytes.clone()));
    }
    if let Some((repository, digest)) = path.split_once("/referrers/") {
        let name = (repository.to_owned(), format!("referrers/{digest}"));
        let Some((kind, bytes)) = store.manifests.get(&name) else { return missing() };
        return Some(Reply("200 OK", vec![format!("content-type: {kind}")], bytes.clone()));
    }
    let Some((repository, query)) = path.split_once("/tags/list") else { return missing() };
    let tags = store.tags.get(repository).cloned().unwrap_or_default();
    let from: usize = query.split_once("from=").and_then(|(_, from)| from.parse().ok()).unwrap_or(0);
    let page: Vec<String> = tags.iter().skip(from).take(store.page).map(|tag| format!("\"{tag}\"")).collect();
    let next = from + page.len();
    let link = match fault {
        Fault::TagsAt(origin) => vec![format!("link: <{origin}{target}>; rel=\"next\"")],
        _ if next < tags.len() => {
            vec![format!("link: </v2/{repository}/tags/list?from={next}>; rel=\"next\"")]
        }
        _ => Vec::new(),
    };
    let body = format!(r#"{{"name":"{repository}","tags":[{}]}}"#, page.join(","));
    Some(Reply("200 OK", link, body.into_bytes()))
}

fn written(store: &mut Store, method: &str, target: &str, kind: Option<String>, body: &[u8]) -> Reply {
    let path = target.strip_prefix("/v2/").unwrap_or_default();
    match (method, path.split_once("/manifests/"), path.split_once("/blobs/uploads/")) {
        ("PUT", Some((repository, tag)), _) => {
            store.put(repository, tag, &kind.unwrap_or_default(), body);
            Reply("201 Created", Vec::new(), Vec::new())
        }
        ("POST", _, Some((repository, _))) => Reply(
            "202 Accepted",
            vec![format!("location: /v2/{repository}/blobs/uploads/1?state=2")],
            Vec::new(),
        ),
        ("PUT", _, Some((_, rest))) => {
            let digest = rest.rsplit_once("digest=").map(|(_, digest)| digest).unwrap_or_default();
            if digest != Digest::of(body).to_string() {
                return Reply("400 Bad Request", Vec::new(), Vec::new());
            }
            store.blobs.insert(digest.to_owned(), body.to_vec());
            Reply("201 Created", Vec::new(), Vec::new())
        }
        _ => Reply("405 Method Not Allowed", Vec::new(), Vec::new()),
    }
}
