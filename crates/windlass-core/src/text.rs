//! Shared, immutable text.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An immutable string that is cheap to clone: names, keys, reasons.
///
/// Equality and order are those of `str`, so a `BTreeMap<Text, _>` can be asked with a `&str`.
///
/// ```
/// use windlass_core::Text;
/// let name = Text::from("web");
/// assert_eq!(&*name.clone(), "web");
/// ```
#[derive(Clone, Eq)]
pub struct Text(Arc<str>);

/// Clones are equal without a look at what they say.
impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || *self.0 == *other.0
    }
}

/// As that of `str`.
impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl Text {
    /// Gives the text as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Counts things as one says it; `noun` is what takes an `s` where it is not one.
    ///
    /// ```
    /// # use windlass_core::Text;
    /// assert_eq!(Text::count(1, "write").as_str(), "1 write");
    /// assert_eq!(Text::count(0, "write").as_str(), "0 writes");
    /// ```
    #[must_use]
    pub fn count(count: usize, noun: &str) -> Self {
        Self::from(if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") })
    }

    /// Says how long something lasts, as exactly as a person wants to know: in at most two units.
    ///
    /// ```
    /// # use {std::time::Duration, windlass_core::Text};
    /// let say = |millis| Text::duration(Duration::from_millis(millis)).to_string();
    /// assert_eq!([say(350), say(1_500), say(58_123), say(90_000)], ["350 ms", "1.5 s", "58 s", "1 min 30 s"]);
    /// ```
    #[must_use]
    pub fn duration(duration: Duration) -> Self {
        Self::from(lasting(duration))
    }

    /// Lists the first `shown` of texts, and how many more there are.
    ///
    /// ```
    /// # use windlass_core::Text;
    /// let fields = ["a".into(), "b".into(), "c".into()];
    /// assert_eq!(Text::first(&fields, 2).as_str(), "a, b and 1 more");
    /// assert_eq!(Text::first(&fields, 3).as_str(), "a, b, c");
    /// ```
    #[must_use]
    pub fn first(texts: &[Self], shown: usize) -> Self {
        let more = texts.len().saturating_sub(shown);
        let first = texts.iter().take(shown).map(Self::as_str).collect::<Vec<_>>().join(", ");
        Self::from(if more == 0 { first } else { format!("{first} and {more} more") })
    }
}

fn lasting(duration: Duration) -> String {
    let (millis, seconds) = (duration.as_millis(), (duration.as_millis() + 500) / 1_000);
    let two = |all: u128, unit: u128, names: [&str; 2]| match (all / unit, all % unit) {
        (whole, 0) => format!("{whole} {}", names[0]),
        (whole, rest) => format!("{whole} {} {rest} {}", names[0], names[1]),
    };
    match seconds {
        _ if millis == 0 => "0 s".to_owned(),
        _ if millis < 1_000 => format!("{millis} ms"),
        _ if millis < 9_950 => match (millis + 50) / 100 {
            tenths if tenths % 10 == 0 => format!("{} s", tenths / 10),
            tenths => format!("{}.{} s", tenths / 10, tenths % 10),
        },
        0..60 => format!("{seconds} s"),
        60..3_600 => two(seconds, 60, ["min", "s"]),
        3_600..86_400 => two((seconds + 30) / 60, 60, ["h", "min"]),
        _ => two((seconds + 1_800) / 3_600, 24, ["d", "h"]),
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::from("")
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        /// Most objects have no group, and many no namespace.
        static EMPTY: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from(""));
        Self(if text.is_empty() { Arc::clone(&EMPTY) } else { Arc::from(text) })
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Arc::from(text))
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Self(Arc::from(text.as_str()))
    }
}

impl From<&Text> for Text {
    fn from(text: &Text) -> Self {
        text.clone()
    }
}

/// Gives the shared text itself, without a copy.
impl From<Text> for Arc<str> {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
