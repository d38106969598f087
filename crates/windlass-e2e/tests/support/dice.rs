//! Numbers that look random, and come again with the same seed.

use std::time::{Duration, SystemTime};

/// An xorshift generator.
#[derive(Debug)]
pub(crate) struct Dice {
    pub(crate) seed: u64,
    state: u64,
}

impl Dice {
    /// The seed is `WINDLASS_SEED`, or else the time.
    pub(crate) fn from_env() -> Self {
        let said = std::env::var("WINDLASS_SEED").ok();
        let seed =
            said.map_or_else(by_time, |seed| seed.parse().expect("WINDLASS_SEED must be a whole number"));
        Self { seed, state: (seed ^ 0x9e37_79b9_7f4a_7c15).max(1) }
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).expect("64 bits")).expect("less than `end`")
    }

    /// A time from nothing up to `longest`.
    pub(crate) fn time(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(f64::from(u32::try_from(self.next() >> 32).expect("32 bits")) / f64::from(u32::MAX))
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }
}

fn by_time() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is past 1970");
    u64::from(since.subsec_nanos()) ^ since.as_secs()
}
