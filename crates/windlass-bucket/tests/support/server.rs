//! A server of one bucket in memory, for what a real one does not do: it shows what was asked, and goes wrong on demand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use md5::{Digest as _, Md5};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every answer is this status, with this body and these headers.
    Status(&'static str, &'static str, &'static str),
    /// Objects have another first byte.
    Damaged,
    /// Objects end a byte early.
    Short,
    /// Objects go on.
    Long,
    /// Objects come with this header.
    Header(&'static str),
    /// Pages never end.
    Endless,
    /// Never answers.
    Silence,
}

#[derive(Debug, Default)]
struct Store {
    /// By key: ETag and content.
    objects: BTreeMap<String, (String, Vec<u8>)>,
    asked: Vec<String>,
    shown: Vec<String>,
    fault: Option<Fault>,
    page: usize,
}

/// A bucket called `fleet` on the loopback, which ends with the process.
pub struct Server {
    pub host: String,
    store: Arc<Mutex<Store>>,
}

impl Server {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let store = Arc::new(Mutex::new(Store { page: 1000, ..Store::default() }));
        let shared = Arc::clone(&store);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let store = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &store));
            }
        });
        Self { host, store }
    }

    /// Makes these objects, and no others, what is in the bucket.
    pub fn put(&self, objects: &[(&str, &[u8])]) {
        let objects = objects.iter().map(|(key, content)| {
            let etag: String = Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
            ((*key).to_owned(), (etag, content.to_vec()))
        });
        self.store.lock().unwrap().objects = objects.collect();
    }

    /// Gives an object another ETag.
    pub fn tag(&self, key: &str, etag: &str) {
        self.store.lock().unwrap().objects.get_mut(key).unwrap().0 = etag.to_owned();
    }

    pub fn fault(&self, fault: Option<Fault>) {
        self.store.lock().unwrap().fault = fault;
    }

    /// Lets listings have so many objects on a page.
    pub fn page(&self, objects: usize) {
        self.store.lock().unwrap().page = objects;
    }

    /// Takes what was asked since the last look, in the order of the text.
    pub fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut self.store.lock().unwrap().asked);
        asked.sort();
        asked
    }

    /// Takes what was shown to prove who asks.
    pub fn shown(&self) -> Vec<String> {
        std::mem::take(&mut self.store.lock().unwrap().shown)
    }
}

fn serve(stream: &TcpStream, store: &Mutex<Store>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    loop {
        let line = lines.next()?.ok()?;
        let headers: Vec<String> =
            lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let header = |name: &str| {
            headers
                .iter()
                .filter_map(|line| line.split_once(": "))
                .find(|(have, _)| have.eq_ignore_ascii_case(name))
        };
        let target = line.split(' ').nth(1)?;
        let mut store = store.lock().unwrap();
        store.asked.push(target.to_owned());
        store.shown.extend(header("authorization").map(|(_, value)| value.to_owned()));
        let wanted = header("if-match").map(|(_, etag)| etag.trim_matches('"').to_owned());
        let (status, more, body) = match store.fault {
            Some(Fault::Silence) => {
                drop(store);
                loop {
                    std::thread::park();
                }
            }
            Some(Fault::Status(status, body, headers)) => {
                (status, headers.to_owned(), body.as_bytes().to_vec())
            }
            _ => match target.strip_prefix("/fleet/") {
                Some(key) => object(&store, key, wanted.as_deref()),
                None => ("200 OK", String::new(), listing(&store, target).into_bytes()),
            },
        };
        drop(store);
        let head = format!("HTTP/1.1 {status}\r\n{more}content-length: {}\r\n\r\n", body.len());
        let mut stream = stream;
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).ok()?;
    }
}

fn object(store: &Store, key: &str, wanted: Option<&str>) -> (&'static str, String, Vec<u8>) {
    let Some((etag, content)) = store.objects.get(&unescaped(key)) else {
        return ("404 Not Found", String::new(), Vec::new());
    };
    if wanted.is_some_and(|wanted| wanted != etag) {
        return ("412 Precondition Failed", String::new(), Vec::new());
    }
    let (mut content, mut more) = (content.clone(), format!("etag: \"{etag}\"\r\n"));
    match store.fault {
        Some(Fault::Damaged) => content[0] ^= 1,
        Some(Fault::Short) => drop(content.pop()),
        Some(Fault::Long) => content.push(b'!'),
        Some(Fault::Header(header)) => {
            content[0] ^= 1;
            more.push_str(header);
        }
        _ => {}
    }
    ("200 OK", more, content)
}

/// Reads what is escaped as `%2F`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

fn listing(store: &Store, target: &str) -> String {
    let pair = |name: &str| {
        let query = target.split_once('?')?.1;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(have, _)| *have == name)
            .map(|(_, value)| value)
    };
    let prefix = unescaped(pair("prefix").unwrap_or_default());
    let from: usize = pair("continuation-token").map_or(0, |token| token.parse().unwrap());
    let fitting = store.objects.iter().filter(|(key, _)| key.starts_with(&prefix));
    let page: Vec<_> = fitting.skip(from).take(store.page + 1).collect();
    let contents: String = page
        .iter()
        .take(store.page)
        .map(|(key, (etag, content))| {
            let size = content.len();
            format!("<Contents><Key>{key}</Key><ETag>\"{etag}\"</ETag><Size>{size}</Size></Contents>")
        })
        .collect();
    let next = if page.len() > store.page || store.fault == Some(Fault::Endless) {
        let at = from + store.page;
        format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{at}</NextContinuationToken>")
    } else {
        "<IsTruncated>false</IsTruncated>".to_owned()
    };
    format!("<ListBucketResult>{contents}{next}</ListBucketResult>")
}
