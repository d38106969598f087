//! What became of a delivery.

use http::StatusCode;
use windlass_receiver::Refused;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Came {
    /// Nobody waits at its path.
    UnknownPath,
    /// It wakes somebody.
    Accepted,
    /// It is genuine, and concerns nobody.
    Unconcerned,
    /// It came before.
    Repeated,
    /// It is about an event that is not asked for.
    Unwanted,
    /// Its sender does not prove that it knows the secret.
    Forbidden,
    /// It cannot be read, or not as what it says that it is.
    Malformed,
    /// Its body is too large.
    TooLarge,
    /// Its body took too long.
    Slow,
    /// It is not sent as deliveries are.
    Method,
    /// Its body is of another type, or packed.
    MediaType,
    /// The receiver is suspended.
    Suspended,
    /// The filter of the receiver says nothing of it.
    Failed,
}

impl Came {
    pub(in crate::serve) const ALL: [Self; 13] = [
        Self::UnknownPath,
        Self::Accepted,
        Self::Unconcerned,
        Self::Repeated,
        Self::Unwanted,
        Self::Forbidden,
        Self::Malformed,
        Self::TooLarge,
        Self::Slow,
        Self::Method,
        Self::MediaType,
        Self::Suspended,
        Self::Failed,
    ];

    /// Its name among the metrics.
    pub(in crate::serve) const fn name(self) -> &'static str {
        match self {
            Self::UnknownPath => "unknown_path",
            Self::Accepted => "accepted",
            Self::Unconcerned => "unconcerned",
            Self::Repeated => "repeated",
            Self::Unwanted => "unwanted",
            Self::Forbidden => "forbidden",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Slow => "slow",
            Self::Method => "method",
            Self::MediaType => "media_type",
            Self::Suspended => "suspended",
            Self::Failed => "failed",
        }
    }

    /// What is answered. Whatever is genuine gets a 200, as senders give up on those who refuse.
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Accepted | Self::Unconcerned | Self::Repeated | Self::Unwanted => StatusCode::OK,
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Suspended => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What an operator should know of it, where that is anything.
    pub(super) const fn words(self) -> Option<&'static str> {
        Some(match self {
            Self::Forbidden => "refused a delivery whose sender does not prove that it knows the secret",
            Self::Malformed => "refused a delivery that is not what such a sender sends",
            Self::TooLarge => "refused a delivery that is too large",
            Self::Slow => "gave up on a delivery that took too long",
            Self::Method => "refused a request that is no POST",
            Self::MediaType => "refused a delivery that is packed, or neither JSON nor a form",
            Self::Suspended => "is suspended, and refused a delivery",
            Self::Failed => "has a filter that says nothing of a delivery",
            Self::UnknownPath | Self::Accepted | Self::Unconcerned | Self::Repeated | Self::Unwanted => {
                return None;
            }
        })
    }
}

impl From<Refused> for Came {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooLarge => Self::TooLarge,
            Refused::Unverified(_) | Refused::NoSecret => Self::Forbidden,
            Refused::Unwanted => Self::Unwanted,
            Refused::MediaType => Self::MediaType,
            Refused::NotReady => Self::Suspended,
            Refused::Filter(_) | Refused::UnknownType(_) => Self::Failed,
            _ => Self::Malformed,
        }
    }
}
