//! `time.Time`: a moment and the zone that it is told in.

/// A moment, as Go's `time.Time`: seconds since 1970, nanoseconds, and the zone in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Time {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds, under a thousand million.
    pub nanos: u32,
    /// Seconds east of UTC.
    pub offset: i32,
    /// What the zone is called.
    pub zone: Zone,
}

/// The name of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zone {
    /// `UTC`.
    #[default]
    Utc,
    /// The zone of the process, which is UTC in a render.
    Local,
    /// An abbreviation such as `CET`, of at most eight letters.
    Named([u8; 8]),
    /// An offset without a name.
    Offset,
}
