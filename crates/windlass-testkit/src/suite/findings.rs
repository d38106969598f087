//! How the laws of a suite fared.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Check, Harness, Law, Unmet};

/// How one law fared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It holds.
    Held,
    /// It does not.
    Broken(String),
    /// It was not checked, since the harness says that it cannot be, and why.
    Skipped(String),
    /// It does not apply to what is tested, or not wholly, and it is known why.
    NotApplicable(String),
}

/// How all laws of a suite fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Each law, in the order of the suite.
    pub laws: Vec<(&'static str, Outcome)>,
}

impl Findings {
    /// Names the laws that are broken.
    #[must_use]
    pub fn broken(&self) -> Vec<&'static str> {
        self.names(|outcome| matches!(outcome, Outcome::Broken(_)))
    }

    /// Names the laws that were skipped.
    #[must_use]
    pub fn skipped(&self) -> Vec<&'static str> {
        self.names(|outcome| matches!(outcome, Outcome::Skipped(_)))
    }

    /// Names the laws that do not apply.
    #[must_use]
    pub fn not_applicable(&self) -> Vec<&'static str> {
        self.names(|outcome| matches!(outcome, Outcome::NotApplicable(_)))
    }

    /// Names the laws that hold.
    #[must_use]
    pub fn held(&self) -> Vec<&'static str> {
        self.names(|outcome| *outcome == Outcome::Held)
    }

    fn names(&self, which: impl Fn(&Outcome) -> bool) -> Vec<&'static str> {
        self.laws.iter().filter(|(_, outcome)| which(outcome)).map(|(name, _)| *name).collect()
    }
}

/// A line for each law that does not simply hold, and one line that tells the whole: how many hold, which are broken, and
/// how many were skipped or do not apply, by reason.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut skipped, mut not_applicable) = (Reasons::default(), Reasons::default());
        for (name, outcome) in &self.laws {
            match outcome {
                Outcome::Held => {}
                Outcome::Broken(why) => writeln!(f, "broken          {name}: {why}")?,
                Outcome::Skipped(why) => {
                    skipped.add(why);
                    writeln!(f, "skipped         {name}: {why}")?;
                }
                Outcome::NotApplicable(why) => {
                    not_applicable.add(why);
                    writeln!(f, "not applicable  {name}: {why}")?;
                }
            }
        }
        let (held, broken) = (self.held().len(), self.broken());
        write!(f, "laws: {held} held, {} broken", broken.len())?;
        if !broken.is_empty() {
            write!(f, " ({})", broken.join(", "))?;
        }
        writeln!(f, ", {}, {}", skipped.told("skipped"), not_applicable.told("not applicable"))
    }
}

/// Why laws were not checked, and how many for each reason.
#[derive(Default)]
struct Reasons<'a>(BTreeMap<&'a str, usize>);

impl<'a> Reasons<'a> {
    fn add(&mut self, why: &'a str) {
        *self.0.entry(why).or_default() += 1;
    }

    fn told(&self, what: &str) -> String {
        let total: usize = self.0.values().sum();
        let each: Vec<String> = self.0.iter().map(|(why, count)| format!("{count} since {why}")).collect();
        if each.is_empty() {
            format!("{total} {what}")
        } else {
            format!("{total} {what} ({})", each.join("; "))
        }
    }
}

/// Checks every law, each on a harness of its own. What panics is broken.
pub fn run_all<H: Harness + ?Sized>(laws: &[Law<H>], make: impl Fn() -> Box<H>) -> Findings {
    let run = |law: &Law<H>| {
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let harness = make();
            settle(law.name, &harness.skips(), (law.check)(&harness))
        }));
        (law.name, checked.unwrap_or_else(|_| Outcome::Broken("panicked".into())))
    };
    Findings { laws: laws.iter().map(run).collect() }
}

/// Checks one law in a test of its own.
///
/// # Panics
/// Where the law is broken, or lacks what the harness does not say it lacks.
pub fn uphold(law: &'static str, skips: &[(&'static str, &'static str)], found: Check) {
    let outcome = settle(law, skips, found);
    // Not by a macro: libtest would hide it, and what is not checked must be seen.
    let tell = |what: &str, why: &str| drop(writeln!(std::io::stderr(), "{what} {law}: {why}"));
    match &outcome {
        Outcome::Held => {}
        Outcome::Skipped(why) => tell("skipped", why),
        Outcome::NotApplicable(why) => tell("not applicable", why),
        Outcome::Broken(why) => assert_eq!(outcome, Outcome::Held, "{law}: {why}"),
    }
}

/// Checks that a harness skips only laws that there are.
///
/// # Panics
/// Where it does not.
pub fn check_skips(skips: &[(&'static str, &'static str)], laws: &[&str]) {
    for (law, why) in skips {
        assert!(laws.contains(law), "there is no law {law} to skip");
        assert!(!why.is_empty(), "the skip of {law} needs a reason");
    }
}

fn settle(law: &str, skips: &[(&'static str, &'static str)], found: Check) -> Outcome {
    let declared = skips.iter().find(|(name, _)| *name == law).map(|(_, why)| *why);
    match (found, declared) {
        (Ok(()), None) => Outcome::Held,
        (Ok(()), Some(_)) => Outcome::Broken("listed as skipped, but it holds: take it off the list".into()),
        (Err(Unmet::Broken(why)), _) => Outcome::Broken(why),
        (Err(Unmet::NotApplicable(why)), None) => Outcome::NotApplicable(why),
        (Err(Unmet::NotApplicable(_) | Unmet::Lacking(_)), Some(why)) => Outcome::Skipped(why.into()),
        (Err(Unmet::Lacking(what)), None) => {
            Outcome::Broken(format!("the harness lacks {what}: give it, or list the law in `skips`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{lacking, not_applicable};

    fn check(skips: &[(&'static str, &'static str)], found: Check, expected: &str) {
        let name = match settle("law", skips, found) {
            Outcome::Held => "held",
            Outcome::Broken(_) => "broken",
            Outcome::Skipped(_) => "skipped",
            Outcome::NotApplicable(_) => "not applicable",
        };
        assert_eq!(name, expected);
    }

    #[test]
    fn a_skip_is_declared_needed_and_never_hides_a_broken_law() {
        check(&[], Ok(()), "held");
        check(&[], lacking("links"), "broken");
        check(&[("law", "no links")], lacking("links"), "skipped");
        check(&[("law", "no links")], Ok(()), "broken");
        check(&[("law", "no links")], Err(Unmet::broken("x")), "broken");
        check(&[], not_applicable("it has no watch"), "not applicable");
        check(&[("law", "no watch here")], not_applicable("it has no watch"), "skipped");
    }

    #[test]
    fn the_last_line_tells_the_whole() {
        let laws = [
            ("a", Outcome::Held),
            ("b", Outcome::Broken("it is not so".into())),
            ("c", Outcome::Skipped("there are no links".into())),
            ("d", Outcome::Skipped("there are no links".into())),
            ("e", Outcome::NotApplicable("it has no watch".into())),
        ];
        let last = Findings { laws: laws.into() }.to_string().lines().last().map(str::to_owned);
        let whole = "laws: 1 held, 1 broken (b), 2 skipped (2 since there are no links), \
                     1 not applicable (1 since it has no watch)";
        assert_eq!(last.as_deref(), Some(whole));
    }
}
