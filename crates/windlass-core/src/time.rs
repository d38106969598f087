//! Time as the engine sees it: handed in, never read.

use std::fmt;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Error;

/// A moment of the wall clock with a resolution of seconds, written as RFC 3339 in UTC. For people, records and
/// windows; never for measuring how long something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Makes a moment from seconds since 1970-01-01T00:00:00Z; later than the year 9999 counts as its end.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        const END_OF_9999: u64 = 253_402_300_799;
        Self(if seconds > END_OF_9999 { END_OF_9999 } else { seconds })
    }

    /// Gives the seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(self.0);
        write!(f, "{}", humantime::format_rfc3339_seconds(at))
    }
}

impl std::str::FromStr for Timestamp {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong =
            || Error::new(crate::ErrorKind::Invalid, "not an RFC 3339 time in UTC").with("time", text);
        let at = humantime::parse_rfc3339(text).map_err(|_| wrong())?;
        let since = at.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| wrong())?;
        Ok(Self::from_unix(since.as_secs()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The time at one moment, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Now {
    /// The wall clock: may jump.
    pub wall: Timestamp,
    /// Time since some fixed moment of this process: only grows. Deadlines, intervals and leases are measured by it.
    pub mono: Duration,
}

/// Where time comes from. Core, graph and engine have no other.
///
/// For an implementor:
/// - `now().mono` never decreases, seen from any thread.
/// - `sleep(wait)` ends no earlier than when `now().mono` has grown by `wait`. Dropping it has no effect.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use windlass_core::{Clock, Now, Timestamp, async_trait};
///
/// /// Another day on the wall.
/// #[derive(Debug)]
/// struct Ahead(Arc<dyn Clock>, u64);
///
/// #[async_trait]
/// impl Clock for Ahead {
///     fn now(&self) -> Now {
///         let now = self.0.now();
///         Now { wall: Timestamp::from_unix(now.wall.unix() + self.1), ..now }
///     }
///
///     async fn sleep(&self, wait: Duration) {
///         self.0.sleep(wait).await;
///     }
/// }
/// ```
///
/// [Smaller parts](https://github.com/windlass-dev/windlass/blob/main/docs/smaller-parts.md) has it in a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no clock",
    label = "this does not tell the time",
    note = "above the `impl` stands `#[async_trait]`, which windlass-core and windlass re-export",
    note = "one that others use too goes into `Context::shared`, as `Arc<dyn Clock>`",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/smaller-parts.md"
)]
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Tells the time.
    fn now(&self) -> Now;

    /// Waits.
    async fn sleep(&self, wait: Duration);
}

/// A length of time as a number of seconds: whole where it is, for documents.
pub(crate) mod seconds {
    use super::{Deserialize, Deserializer, Duration, Serializer};

    pub(crate) fn serialize<S: Serializer>(wait: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        match wait.subsec_nanos() {
            0 => serializer.serialize_u64(wait.as_secs()),
            _ => serializer.serialize_f64(wait.as_secs_f64()),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        if !seconds.is_finite() || seconds < 0.0 {
            return Err(serde::de::Error::custom("not a number of seconds"));
        }
        // What is too long for a duration is as long as one can be.
        Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

/// As [`seconds`], of what may be missing.
pub(crate) mod maybe_seconds {
    use super::{Deserialize, Deserializer, Duration, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Seconds(#[serde(with = "super::seconds")] Duration);

    #[allow(clippy::ref_option, reason = "the signature is serde's")]
    pub(crate) fn serialize<S: Serializer>(
        wait: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        wait.map(Seconds).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<Seconds>::deserialize(deserializer)?.map(|seconds| seconds.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_rfc_3339_and_reads_back() {
        let at = Timestamp::from_unix(1_795_000_000);
        assert_eq!(at.to_string(), "2026-11-18T11:06:40Z");
        assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        assert_eq!(Timestamp::from_unix(u64::MAX).to_string(), "9999-12-31T23:59:59Z");
    }
}
