//! A field that two set in turn.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Text, Timestamp};

/// What is remembered of fields that we and somebody else set in turn.
///
/// A turn is one repair of fields that somebody else had changed since the last one. The first [`TURNS_FREE`](Self::TURNS_FREE)
/// repairs are made at once. From then on the contest is [told](Self::is_told), and each further repair waits twice as long as
/// the one before, up to [`WAIT_MAX`](Self::WAIT_MAX).
///
/// ```
/// use std::time::Duration;
/// use windlass_core::{Contest, Timestamp};
/// let at = Timestamp::from_unix;
/// let fields = ["/spec/replicas".into()];
/// let first = Contest::turn(None, &fields, Some("scaler".into()), at(100));
/// assert_eq!((first.turns, first.wait()), (1, Duration::ZERO));
/// let third = (1..3).fold(first, |contest, n| Contest::turn(Some(&contest), &fields, None, at(100 + n)));
/// assert!(third.is_told() && third.is_due(at(112)) && !third.is_due(at(111)));
/// assert_eq!(third.to_string(), "scaler set /spec/replicas back 3 times");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Contest {
    /// How often in a row we repaired at least one of the fields.
    pub turns: u32,
    /// When the last repair was made.
    pub last: Timestamp,
    /// The fields that the last repair set, at most [`FIELDS_MAX`](Self::FIELDS_MAX).
    pub fields: Vec<Text>,
    /// Who had set them, where the target says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Text>,
}

impl Contest {
    /// Repairs in a row that are made at once, without a word.
    pub const TURNS_FREE: u32 = 3;
    /// The wait before the first repair that waits.
    pub const WAIT_MIN: Duration = Duration::from_secs(10);
    /// The longest wait before a repair.
    pub const WAIT_MAX: Duration = Duration::from_secs(600);
    /// Two repairs that are farther apart are no turns of one contest.
    pub const APART_MAX: Duration = Duration::from_secs(6 * 3600);
    /// Fields that are remembered; more are told as the first ones.
    pub const FIELDS_MAX: usize = 16;

    /// Counts one more repair, of `fields`, that `holder` had set. It begins anew where none of the fields is among those
    /// repaired before, or where that was long ago.
    #[must_use]
    pub fn turn(before: Option<&Self>, fields: &[Text], holder: Option<Text>, now: Timestamp) -> Self {
        let again =
            before.filter(|before| before.is_recent(now) && before.fields.iter().any(|f| fields.contains(f)));
        // What is contested comes first, since it is told.
        let known = |field: &&Text| again.is_some_and(|again| again.fields.contains(field));
        let (old, new): (Vec<&Text>, Vec<&Text>) = fields.iter().partition(known);
        Self {
            turns: again.map_or(1, |again| again.turns.saturating_add(1)),
            last: now,
            fields: old.into_iter().chain(new).take(Self::FIELDS_MAX).cloned().collect(),
            holder: holder.or_else(|| again.and_then(|again| again.holder.clone())),
        }
    }

    /// Says whether it has lasted long enough to be told.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        self.turns >= Self::TURNS_FREE
    }

    /// Says whether another repair would be one more turn of it.
    #[must_use]
    pub const fn is_recent(&self, now: Timestamp) -> bool {
        now.unix().saturating_sub(self.last.unix()) <= Self::APART_MAX.as_secs()
    }

    /// Gives how long after the last repair the next one is made.
    #[must_use]
    pub fn wait(&self) -> Duration {
        let Some(doublings) = self.turns.checked_sub(Self::TURNS_FREE) else { return Duration::ZERO };
        Self::WAIT_MIN.saturating_mul(2u32.saturating_pow(doublings)).min(Self::WAIT_MAX)
    }

    /// Says whether a repair of these fields has to wait until the next one is due: all of them were set by the last repair.
    #[must_use]
    pub fn is_about(&self, fields: &[Text]) -> bool {
        !fields.is_empty() && fields.iter().all(|field| self.fields.contains(field))
    }

    /// Gives how long it is until the next repair is due. A wall clock that was set back delays it by no more than the wait.
    #[must_use]
    pub fn due_in(&self, now: Timestamp) -> Duration {
        let since = Duration::from_secs(now.unix().saturating_sub(self.last.unix()));
        self.wait().saturating_sub(since)
    }

    /// Says whether the next repair is due.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_in(now).is_zero()
    }
}

/// Fields that are named.
const SHOWN_MAX: usize = 3;

impl fmt::Display for Contest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.holder.as_deref().unwrap_or("somebody who leaves no name"))?;
        let times = Text::count(usize::try_from(self.turns).unwrap_or(usize::MAX), "time");
        write!(f, " set {} back {times}", Text::first(&self.fields, SHOWN_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: fn(u64) -> Timestamp = Timestamp::from_unix;

    fn turns(count: u32) -> Contest {
        let turn =
            |before: Option<Contest>| Some(Contest::turn(before.as_ref(), &["/a".into()], None, AT(1000)));
        (0..count).fold(None, |before, _| turn(before)).unwrap()
    }

    #[test]
    fn the_wait_doubles_from_the_third_turn_on_up_to_its_limit() {
        let waits: Vec<u64> = (1..12).map(|count| turns(count).wait().as_secs()).collect();
        assert_eq!(waits, [0, 0, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
        assert_eq!(Contest { turns: u32::MAX, ..turns(1) }.wait(), Contest::WAIT_MAX);
    }

    #[test]
    fn another_field_or_a_long_time_begins_anew() {
        let contest = turns(5);
        assert_eq!(Contest::turn(Some(&contest), &["/b".into()], None, AT(1000)).turns, 1);
        let late = AT(1001 + Contest::APART_MAX.as_secs());
        assert_eq!(Contest::turn(Some(&contest), &["/a".into()], None, late).turns, 1);
        assert_eq!(Contest::turn(Some(&contest), &["/b".into(), "/a".into()], None, AT(1000)).turns, 6);
    }

    #[test]
    fn what_is_contested_is_named_before_what_is_not_and_the_last_holder_known_stays() {
        let with = |before: Option<&Contest>, fields: &[&str], holder: Option<&str>| {
            let fields: Vec<Text> = fields.iter().map(|field| Text::from(*field)).collect();
            Contest::turn(before, &fields, holder.map(Text::from), AT(1))
        };
        let first = with(None, &["/z"], Some("mesh"));
        let second = with(Some(&first), &["/a", "/b", "/c", "/z"], None);
        assert_eq!(second.to_string(), "mesh set /z, /a, /b and 1 more back 2 times");
        assert_eq!(with(None, &["/z"], None).to_string(), "somebody who leaves no name set /z back 1 time");
    }

    #[test]
    fn a_clock_that_is_set_back_delays_no_repair_for_longer_than_the_wait() {
        assert_eq!(turns(3).due_in(AT(1)), Contest::WAIT_MIN);
        assert!(turns(3).is_about(&["/a".into()]));
        assert!(!turns(3).is_about(&["/a".into(), "/b".into()]), "what else moved is repaired at once");
    }
}
