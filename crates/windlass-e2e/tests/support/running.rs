//! The command `windlass run`, listened to while it runs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The longest time until something is as it should be.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(60);

/// Waits for what comes about by itself.
pub(crate) fn until<T>(what: &str, wait: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < wait, "in {wait:?} never: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The command, until it is dropped.
pub(crate) struct Run {
    child: Child,
    told: Receiver<String>,
    seen: Vec<String>,
    address: String,
}

impl Run {
    /// Starts a command that listens at a port of its own, and waits until it does.
    pub(crate) fn of(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("windlass must start");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (tell, told) = channel();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let mut run = Self { child, told, seen: Vec::new(), address: String::new() };
        let line = run.until("listening on ");
        run.address = line["listening on ".len()..].to_owned();
        run
    }

    /// Waits until the log has a line that begins so, and gives it.
    pub(crate) fn until(&mut self, beginning: &str) -> String {
        self.until_line(&format!("begins with `{beginning}`"), |line| line.starts_with(beginning))
    }

    /// Waits until the log has a line that is as it should be, and gives it.
    pub(crate) fn until_line(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        let mut next = 0;
        loop {
            if let Some(line) = self.seen[next..].iter().find(|line| fits(line)) {
                return line.clone();
            }
            next = self.seen.len();
            let left = WAIT_MAX.saturating_sub(began.elapsed());
            match self.told.recv_timeout(left) {
                Ok(line) => self.seen.push(line),
                Err(_) => panic!("no line {what}:\n{}", self.seen.join("\n")),
            }
        }
    }

    /// All that was told so far.
    pub(crate) fn log(&mut self) -> &[String] {
        self.seen.extend(self.told.try_iter());
        &self.seen
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: it\r\n\r\n").expect("a request");
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("an answer");
        let (head, body) = said.split_once("\r\n\r\n").expect("headers and a body");
        (head[9..12].parse().expect("a status"), body.to_owned())
    }

    /// Waits until `/metrics` has these lines.
    pub(crate) fn until_metrics(&self, lines: &[&str]) {
        until(&lines.join(", "), WAIT_MAX, || {
            let metrics = self.get("/metrics").1;
            lines.iter().all(|line| metrics.lines().any(|have| have == *line)).then_some(())
        });
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
