//! A server of files in memory, with ETags, that shows what was asked and goes wrong on demand.

use std::collections::{BTreeMap, hash_map::DefaultHasher};
use std::hash::{Hash, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Every answer is this status.
    Status(&'static str),
    /// Never answers.
    Silence,
}

#[derive(Debug, Default)]
struct Store {
    files: BTreeMap<String, Vec<u8>>,
    /// From a path to an address.
    redirects: BTreeMap<String, String>,
    /// By which validator the server knows what has changed.
    validator: Option<&'static str>,
    /// Who does not show this is refused.
    wanted: Option<String>,
    asked: Vec<String>,
    fault: Option<Fault>,
}

/// A server on the loopback, which ends with the process.
pub struct Server {
    pub origin: String,
    store: Arc<Mutex<Store>>,
}

impl Server {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let store = Arc::new(Mutex::new(Store { validator: Some("etag"), ..Store::default() }));
        let shared = Arc::clone(&store);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let store = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &store));
            }
        });
        Self { origin, store }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.store.lock().unwrap().files.insert(path.to_owned(), bytes.into());
    }

    pub fn redirect(&self, path: &str, to: &str) {
        self.store.lock().unwrap().redirects.insert(path.to_owned(), to.to_owned());
    }

    /// Lets the server say by this header what it gave: `etag`, `last-modified`, or none.
    pub fn validator(&self, name: Option<&'static str>) {
        self.store.lock().unwrap().validator = name;
    }

    /// Refuses whoever does not show this `Authorization`.
    pub fn wants(&self, authorization: &str) {
        self.store.lock().unwrap().wanted = Some(authorization.to_owned());
    }

    pub fn fault(&self, fault: Option<Fault>) {
        self.store.lock().unwrap().fault = fault;
    }

    /// Takes what was asked since the last look: the status, the path, and what was shown to prove who asks.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.store.lock().unwrap().asked)
    }
}

fn serve(stream: &TcpStream, store: &Mutex<Store>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    loop {
        let line = lines.next()?.ok()?;
        let headers: Vec<String> =
            lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let header = |name: &str| {
            let pairs = headers.iter().filter_map(|line| line.split_once(": "));
            pairs
                .filter(|(have, _)| have.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
                .next()
        };
        let path = line.split(' ').nth(1)?.to_owned();
        let mut store = store.lock().unwrap();
        if store.fault == Some(Fault::Silence) {
            drop(store);
            loop {
                std::thread::park();
            }
        }
        let shown = header("authorization").unwrap_or_default();
        let known = header("if-none-match").or_else(|| header("if-modified-since"));
        let (status, more, body) = answer(&store, &path, &shown, known.as_deref());
        store.asked.push(format!("{} {path} {shown}", &status[..3]).trim_end().to_owned());
        drop(store);
        let head = format!("HTTP/1.1 {status}\r\n{more}content-length: {}\r\n\r\n", body.len());
        let mut stream = stream;
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).ok()?;
    }
}

fn answer(store: &Store, path: &str, shown: &str, known: Option<&str>) -> (&'static str, String, Vec<u8>) {
    if let Some(Fault::Status(status)) = store.fault {
        return (status, String::new(), Vec::new());
    }
    if store.wanted.as_deref().is_some_and(|wanted| wanted != shown) {
        return ("401 Unauthorized", String::new(), Vec::new());
    }
    if let Some(to) = store.redirects.get(path) {
        return ("302 Found", format!("location: {to}\r\n"), Vec::new());
    }
    let Some(bytes) = store.files.get(path) else { return ("404 Not Found", String::new(), Vec::new()) };
    let mut hash = DefaultHasher::new();
    bytes.hash(&mut hash);
    let now = format!("\"{:x}\"", hash.finish());
    let more = store.validator.map(|name| format!("{name}: {now}\r\n")).unwrap_or_default();
    match known == Some(now.as_str()) {
        true => ("304 Not Modified", more, Vec::new()),
        false => ("200 OK", more, bytes.clone()),
    }
}
