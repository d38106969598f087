//! The limits, all named in one place.

use std::time::Duration;

/// How much of anything is allowed. Reaching one is an error of kind [`Limit`](crate::ErrorKind::Limit) that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one file of an artifact.
    pub file_bytes_max: u64,
    /// Bytes of all files that one render reads.
    pub artifact_bytes_max: u64,
    /// Files of one artifact.
    pub files_max: usize,
    /// Folders inside one another.
    pub folder_depth_max: usize,
    /// Documents in one file.
    pub documents_max: usize,
    /// Objects that one render gives.
    pub objects_max: usize,
    /// Bytes of one object as canonical text; etcd takes about 1.5 MiB.
    pub object_bytes_max: usize,
    /// Lists and maps inside one another.
    pub value_depth_max: usize,
    /// Problems of one input that are reported; what comes after is counted.
    pub problems_max: usize,
    /// Writes under way at once.
    pub writes_in_flight_max: usize,
    /// Passes of a fleet that do anything but wait, at once.
    pub passes_in_flight_max: usize,
    /// Rounds of a render that asks for something missing.
    pub render_rounds_max: usize,
    /// Other artifacts that one render needs.
    pub bases_max: usize,
    /// Records kept in the history of a unit.
    pub history_max: usize,
    /// How long a source, a store, a policy or one request of a target may take to answer.
    pub request_timeout: Duration,
    /// How long a source may take to bring the files of a revision.
    pub fetch_timeout: Duration,
    /// How long a render may take.
    pub render_timeout: Duration,
    /// How long a target may take to look at all objects of a unit, or to say what all writes would do.
    pub gather_timeout: Duration,
    /// How long one write may take, which neither a cancellation nor a deadline cuts off.
    pub write_timeout: Duration,
    /// How long saving the state may take, which neither a cancellation nor a deadline cuts off.
    pub save_timeout: Duration,
    /// The longest wait before something is tried again, also where the other side names a longer one.
    pub retry_wait_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 16 << 20,
            artifact_bytes_max: 256 << 20,
            files_max: 100_000,
            folder_depth_max: 64,
            documents_max: 10_000,
            objects_max: 200_000,
            object_bytes_max: 3 << 20,
            value_depth_max: 100,
            problems_max: 100,
            writes_in_flight_max: 32,
            passes_in_flight_max: 64,
            render_rounds_max: 8,
            bases_max: 64,
            history_max: 20,
            request_timeout: Duration::from_secs(60),
            fetch_timeout: Duration::from_secs(600),
            render_timeout: Duration::from_secs(300),
            gather_timeout: Duration::from_secs(300),
            write_timeout: Duration::from_secs(120),
            save_timeout: Duration::from_secs(30),
            retry_wait_max: Duration::from_secs(15 * 60),
        }
    }
}
