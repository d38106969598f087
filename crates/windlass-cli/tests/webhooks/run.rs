//! A run that takes webhooks, and those who send them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use windlass_receiver::path;

use crate::support::World;

/// The longest time until something is as it should be.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(60);

/// A run that takes webhooks, and tells how it is.
pub(crate) struct Run {
    pub(crate) webhooks: String,
    pub(crate) told: String,
    /// All that it says, line by line, as it comes.
    pub(crate) said: Arc<Mutex<String>>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Run {
    pub(crate) fn start(world: &mut World, args: &str) -> Self {
        let child = world.start(&format!("run {args} --listen 127.0.0.1:0 --webhooks 127.0.0.1:0"));
        let said = Arc::<Mutex<String>>::default();
        let (told, addresses) = channel();
        let out = child.stdout.take().unwrap();
        keep(out, &said, None);
        keep(child.stderr.take().unwrap(), &said, Some(told));
        let address = |what: &str| loop {
            let line: String = addresses.recv_timeout(WAIT_MAX).unwrap_or_else(|_| panic!("never: {what}"));
            if let Some(address) = line.strip_prefix(what) {
                return address.to_owned();
            }
        };
        let told = address("listening on ");
        Self { told, webhooks: address("taking webhooks on "), said }
    }

    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Sends a delivery of GitHub, signed with this secret, to the path of another one.
    pub(crate) fn deliver(&self, path_of: &str, secret: &str, id: &str, body: &str) -> Answer {
        let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        let mac = mac.chain_update(body).finalize().into_bytes();
        let signature: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = format!(
            "Content-Type: application/json\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: {id}\r\n\
             X-Hub-Signature-256: sha256={signature}\r\n"
        );
        self.post(&path(path_of, "hook", ""), &headers, body)
    }

    pub(crate) fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        say(
            &self.webhooks,
            &format!("POST {path} HTTP/1.1\r\nHost: it\r\n{headers}Content-Length: {length}\r\n\r\n{body}"),
        )
    }

    pub(crate) fn metrics(&self) -> String {
        say(&self.told, "GET /metrics HTTP/1.1\r\nHost: it\r\n\r\n").body
    }

    /// Waits until the metrics have this line.
    pub(crate) fn until_metric(&self, line: &str) {
        until(line, || self.metrics().lines().any(|have| have == line));
    }

    pub(crate) fn until_ready(&self, unit: &str) {
        let labels = format!("installation=\"windlass\",unit=\"{unit}\",state=\"ready\"");
        self.until_metric(&format!("windlass_unit_state{{{labels}}} 1"));
    }
}

pub(crate) fn count(receiver: &str, result: &str, count: u32) -> String {
    format!("windlass_webhook_deliveries_total{{receiver=\"{receiver}\",result=\"{result}\"}} {count}")
}

pub(crate) fn until(what: &str, is_right: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_right() {
        assert!(began.elapsed() < WAIT_MAX, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Keeps what a stream says, so that whoever writes never waits for a reader.
pub(crate) fn keep(
    stream: impl Read + Send + 'static,
    said: &Arc<Mutex<String>>,
    told: Option<Sender<String>>,
) {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            said.lock().unwrap().push_str(&format!("{line}\n"));
            let _ = told.as_ref().map(|told| told.send(line));
        }
    });
}

pub(crate) fn say(address: &str, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    // Who is refused early may find the door shut before all is said.
    let _ = stream.write_all(request.as_bytes());
    answer(&mut stream)
}

pub(crate) fn answer(stream: &mut TcpStream) -> Answer {
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    let said = String::from_utf8(said).unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {said}"));
    let (first, headers) = head.split_once("\r\n").unwrap();
    let status = first.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, headers: headers.into(), body: body.into() }
}
