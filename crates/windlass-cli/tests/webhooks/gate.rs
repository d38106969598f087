//! A source whose looks a test lets through one by one.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::run::WAIT_MAX;
use crate::support;

/// A server of one archive that answers a look only when it may.
pub(crate) struct Gate {
    pub(crate) url: String,
    pub(crate) archive: Arc<Mutex<Vec<u8>>>,
    /// A look has come.
    pub(crate) came: Receiver<()>,
    /// It may be answered.
    pub(crate) may: Sender<()>,
    /// How each was answered.
    pub(crate) answered: Arc<Mutex<Vec<&'static str>>>,
}

impl Gate {
    pub(crate) fn new(archive: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/fleet.tgz", listener.local_addr().unwrap());
        let archive = Arc::new(Mutex::new(archive));
        let (shown, answered) = (Arc::clone(&archive), Arc::<Mutex<Vec<&'static str>>>::default());
        let ((come, came), (may, open), noted) = (channel(), channel(), Arc::clone(&answered));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let head: Vec<String> = BufReader::new(stream.try_clone().unwrap())
                    .lines()
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .collect();
                come.send(()).unwrap();
                if open.recv().is_err() {
                    return;
                }
                let bytes = shown.lock().unwrap().clone();
                let tag = format!("\"{}\"", windlass_core::Digest::of(&bytes));
                let known = head
                    .iter()
                    .any(|line| line.to_lowercase().starts_with("if-none-match") && line.contains(&tag));
                let (status, body) = if known { ("304 Not Modified", Vec::new()) } else { ("200 OK", bytes) };
                noted.lock().unwrap().push(status);
                let head = format!(
                    "HTTP/1.1 {status}\r\netag: {tag}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            }
        });
        Self { url, archive, came, may, answered }
    }

    /// Waits for a look.
    pub(crate) fn look(&self) {
        self.came.recv_timeout(WAIT_MAX).expect("somebody looks");
    }
}

pub(crate) fn archive(value: &str) -> Vec<u8> {
    let text = support::config_map("web", value);
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, "fleet/web.yaml", text.as_bytes()).unwrap();
    builder.into_inner().unwrap()
}
