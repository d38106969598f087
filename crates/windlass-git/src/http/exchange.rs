//! Requests that wait for their bodies, and answers that are read in two halves, as gix reads them.

use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use windlass_core::{Error, ErrorKind};
use windlass_http::{Answer as Reply, Http, Reader, unwrapped};

use super::send::{refusal, refused, send};
use super::{Call, Headers};

/// A request that waits for its body, then its answer.
pub(super) enum Exchange {
    Asking(Question),
    Answered(Answer),
    Failed,
}

pub(super) struct Question {
    pub(super) http: Http,
    pub(super) call: Arc<Call>,
    pub(super) url: String,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
}

pub(super) struct Answer {
    headers: Option<Vec<u8>>,
    body: Option<BufReader<Metered>>,
}

impl Exchange {
    /// Sends the question if that was not done yet.
    fn answer(&mut self) -> io::Result<&mut Answer> {
        if let Self::Asking(_) = self
            && let Self::Asking(question) = std::mem::replace(self, Self::Failed)
        {
            *self = Self::Answered(question.ask()?);
        }
        match self {
            Self::Answered(answer) => Ok(answer),
            _ => Err(io::Error::other("the request has failed before")),
        }
    }
}

impl Question {
    fn ask(self) -> io::Result<Answer> {
        let reply = send(&self.http, &self.call, &self.url, &self.headers, Some(&self.body))?;
        if matches!(reply.status(), 300..=399) {
            let error = Error::new(ErrorKind::Unsupported, "the server redirects a request that has a body");
            return Err(self.call.fail(error));
        }
        Answer::of(reply, &self.url, &self.call)
    }
}

impl Answer {
    /// Keeps what gix looks at of a good answer, and makes an error of all others.
    pub(super) fn of(reply: Reply, url: &str, call: &Arc<Call>) -> io::Result<Self> {
        if reply.status() != 200 {
            return Err(call.fail(refusal(&reply, url, call)));
        }
        let kind = reply.header("content-type").unwrap_or_default();
        if !kind.starts_with("application/x-git-upload-pack-") {
            let error =
                Error::new(ErrorKind::Invalid, "no Git repository answers here").with("content", kind);
            return Err(call.fail(error));
        }
        let headers = format!("content-type: {kind}\n").into_bytes();
        let reader = reply.reader(&call.job, (call.bytes_max.0, u64::MAX));
        let reader = Metered { inner: reader, call: Arc::clone(call) };
        let mut body = BufReader::with_capacity(64 << 10, reader);
        if let Some(said) = refused(body.fill_buf()?) {
            return Err(call.fail(said));
        }
        Ok(Self { headers: Some(headers), body: Some(body) })
    }
}

/// The body of a request while it is written.
pub(crate) struct Outgoing(pub(super) Arc<Mutex<Exchange>>);

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Exchange::Asking(question) => question.body.extend_from_slice(bytes),
            _ => return Err(io::Error::other("the request was sent before its body was complete")),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One half of an answer. The first read of either half sends the request.
pub(crate) struct Later {
    exchange: Arc<Mutex<Exchange>>,
    half: Half,
    reader: Option<Box<dyn BufRead + Send>>,
}

#[derive(Clone, Copy)]
enum Half {
    Headers,
    Body,
}

impl Later {
    pub(super) fn headers(exchange: &Arc<Mutex<Exchange>>) -> Self {
        Self { exchange: Arc::clone(exchange), half: Half::Headers, reader: None }
    }

    pub(super) fn body(exchange: &Arc<Mutex<Exchange>>) -> Self {
        Self { exchange: Arc::clone(exchange), half: Half::Body, reader: None }
    }

    fn reader(&mut self) -> io::Result<&mut (dyn BufRead + Send)> {
        if self.reader.is_none() {
            let mut exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = exchange.answer()?;
            let reader: Option<Box<dyn BufRead + Send>> = match self.half {
                Half::Headers => answer.headers.take().map(|text| Box::new(Cursor::new(text)) as _),
                Half::Body => answer.body.take().map(|body| Box::new(body) as _),
            };
            self.reader = Some(reader.unwrap_or_else(|| Box::new(io::empty())));
        }
        Ok(self.reader.as_deref_mut().expect("it was set above"))
    }
}

impl Read for Later {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader()?.read(buffer)
    }
}

impl BufRead for Later {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Some(reader) = &mut self.reader {
            reader.consume(amount);
        }
    }
}

/// A body that counts against the limit of its conversation.
struct Metered {
    inner: Reader,
    call: Arc<Call>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer).map_err(|error| self.call.fail(unwrapped(error)))?;
        let left = self.call.bytes_left.load(Ordering::Relaxed);
        let left = left.checked_sub(count as u64).ok_or_else(|| self.call.fail(self.call.too_long()))?;
        self.call.bytes_left.store(left, Ordering::Relaxed);
        Ok(count)
    }
}
