//! What this process has used so far.

use std::fs;
use std::time::Duration;

use super::machine;

/// Reads its resident memory, in KB.
pub(crate) fn resident_kb() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Reads how long it has been on a processor, to a hundredth of a second.
pub(crate) fn cpu() -> Duration {
    Duration::from_millis(machine::cpu_ms(None))
}
