//! A receiver, and what it makes of a request.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::{Delivery, Kind, marks, payload, proof};

/// The most bytes of a body.
pub const BODY_BYTES_MAX: usize = 3 << 20;

/// What came over HTTP. Names of headers are compared without case.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// Names and values.
    pub headers: &'r [(&'r str, &'r str)],
    /// The body, as it came.
    pub body: &'r [u8],
}

impl<'r> Request<'r> {
    pub(crate) fn header(&self, name: &str) -> Option<&'r str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// Shows no value: one may be a secret.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} headers, {} bytes)", self.headers.len(), self.body.len())
    }
}

/// Takes deliveries of one sender.
#[derive(Clone)]
pub struct Receiver {
    kind: Kind,
    secret: Vec<u8>,
    events: Vec<String>,
}

impl Receiver {
    /// A receiver that takes all events of a sender that knows the secret.
    #[must_use]
    pub fn new(kind: Kind, secret: impl Into<Vec<u8>>) -> Self {
        Self { kind, secret: secret.into(), events: Vec::new() }
    }

    /// Takes only these events, compared without case: `push`, `Push Hook`, `dev.cdevents.change.merged.0.2.0`.
    #[must_use]
    pub fn with_events<E: Into<String>>(mut self, events: impl IntoIterator<Item = E>) -> Self {
        self.events = events.into_iter().map(Into::into).collect();
        self
    }

    /// Says what a request is about.
    ///
    /// # Errors
    /// Why it is refused; [`Refused::status`] is what to answer.
    pub fn receive(&self, request: &Request<'_>) -> Result<Delivery, Refused> {
        check_size(request)?;
        proof::check(self.kind, &self.secret, request)?;
        let body = payload::of(self.kind, request)?;
        let event = self.kind.event_header().and_then(|name| request.header(name)).unwrap_or_default();
        let wanted = self.events.is_empty() || self.events.iter().any(|one| one.eq_ignore_ascii_case(event));
        if !wanted && self.kind.event_header().is_some() {
            return Err(Refused::Unwanted);
        }
        let marks = marks::of(self.kind, request, &body);
        Ok(Delivery::read(self.kind, event, &body)?.with_marks(marks))
    }
}

/// Looks at the size before anything else.
pub(crate) fn check_size(request: &Request<'_>) -> Result<(), Refused> {
    if request.body.len() > BODY_BYTES_MAX { Err(Refused::TooLarge) } else { Ok(()) }
}

/// Shows no secret.
impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("kind", &self.kind)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// The body is larger than [`BODY_BYTES_MAX`].
    TooLarge,
    /// The sender does not prove that it knows the secret.
    Unverified(&'static str),
    /// It is genuine, and about an event that nobody asked for.
    Unwanted,
    /// It is genuine, and its body is of a type that this sender does not send.
    MediaType,
    /// It is genuine, and its body cannot be read.
    Malformed,
    /// The receiver is suspended, or not ready.
    NotReady,
    /// The secret of the receiver is not there, or has no `token`.
    NoSecret,
    /// There are no receivers of this type.
    UnknownType(String),
    /// The filter of the receiver cannot be read, or not for this body.
    Filter(String),
}

impl Refused {
    /// The status to answer with, as Flux has it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::NotReady => 503,
            Self::Filter(_) => 500,
            Self::Unverified(_)
            | Self::Unwanted
            | Self::MediaType
            | Self::Malformed
            | Self::NoSecret
            | Self::UnknownType(_) => 400,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "the body is too large (body_bytes_max={BODY_BYTES_MAX})"),
            Self::Unverified(why) => f.write_str(why),
            Self::Unwanted => f.write_str("an event that is not asked for"),
            Self::MediaType => f.write_str("the body is neither JSON nor a form"),
            Self::Malformed => f.write_str("the body is not what this sender sends"),
            Self::NotReady => f.write_str("the receiver is suspended or not ready"),
            Self::NoSecret => f.write_str("the secret of the receiver has no token"),
            Self::UnknownType(name) => write!(f, "no such type of receivers (type={name})"),
            Self::Filter(why) => write!(f, "the filter of the receiver cannot be used: {why}"),
        }
    }
}

impl std::error::Error for Refused {}

/// The path at which a sender that signs nothing is awaited: nobody can guess it who does not know the secret. It is that
/// of Flux for a receiver of this name and namespace.
#[must_use]
pub fn path(secret: &str, name: &str, namespace: &str) -> String {
    let digest = Sha256::digest(format!("{secret}{name}{namespace}"));
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("/hook/{hex}")
}
