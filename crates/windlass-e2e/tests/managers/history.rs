//! What an object goes through before Git says what it is: drawn at random, and told so that a person can do it again.

use std::fmt;

use serde_json::{Value, json};

use super::kinds::Kind;
use super::shape::merge;
use super::support::dice::Dice;

/// The longest history before a pass.
const ACTS_MAX: usize = 5;

/// Who has this name no more, and was we.
pub(crate) const FORMER: &str = "windlass-before";

const APPLIERS: [&str; 6] =
    ["kubectl", "kustomize-controller", "argocd-controller", "helm", "kapp-controller", FORMER];
const AUTHORS: [&str; 6] =
    ["kubectl-create", "kubectl-replace", "helm", "argocd-controller", "kustomize-controller", FORMER];
const EDITORS: [&str; 3] = ["kubectl-edit", "kubectl-patch", "kubectl-set"];
const LIVING: [&str; 3] = ["operator", "injector", "kubectl-annotate"];

/// By what means an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Means {
    /// A server-side apply, by force.
    Apply,
    /// `kubectl apply`, the real one.
    Client,
    Create,
    /// A PUT of a whole object.
    Put,
    /// A GET, and a PUT with something more and something less.
    Edit,
    Strategic,
    Merge,
    Json,
    Scale,
    Status,
    /// Takes all managed fields away.
    Wipe,
    /// Sends an object without managed fields, which the server fills in again.
    Absent,
    /// Takes our own entry away.
    Lose,
}

#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) means: Means,
    pub(crate) manager: &'static str,
    /// Which of the versions of the kind.
    pub(crate) version: usize,
    /// What is written: a whole object, or what is set.
    pub(crate) body: Value,
    /// What is taken away.
    pub(crate) less: Option<Value>,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} by {}, version {}: {}", self.means, self.manager, self.version, self.body)?;
        self.less.iter().try_for_each(|less| write!(f, " without {less}"))
    }
}

/// What happens before a pass, and what Git says then.
#[derive(Debug, Clone)]
pub(crate) struct Chapter {
    pub(crate) acts: Vec<Act>,
    pub(crate) version: usize,
    pub(crate) git: Value,
}

/// One object.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// Which of all kinds.
    pub(crate) kind: usize,
    pub(crate) chapters: Vec<Chapter>,
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chapter in &self.chapters {
            chapter.acts.iter().try_for_each(|act| writeln!(f, "  {act}"))?;
            writeln!(f, "  Git, version {}: {}", chapter.version, chapter.git)?;
        }
        Ok(())
    }
}

/// Draws what one object goes through.
pub(crate) fn draw(dice: &mut Dice, kinds: &[Kind]) -> History {
    let at = dice.below(kinds.len());
    let kind = &kinds[at];
    let mut draw = Draw { dice, kind, made: false };
    let first = draw.chapter(0);
    let chapters = if draw.dice.below(3) == 0 { vec![first] } else { vec![first, draw.chapter(1)] };
    History { kind: at, chapters }
}

struct Draw<'a> {
    dice: &'a mut Dice,
    kind: &'a Kind,
    made: bool,
}

impl Draw<'_> {
    fn chapter(&mut self, number: usize) -> Chapter {
        let acts = 1 + self.dice.below(ACTS_MAX);
        let acts = (0..acts).map(|_| self.act(number)).collect();
        // A version goes before each pass, and Git moves on to the last.
        let oldest = (number + 1).min(self.kind.latest());
        let version = oldest + self.dice.below(self.kind.latest() - oldest + 1);
        self.made = true;
        Chapter { acts, version, git: self.whole() }
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.dice.below(of.len())]
    }

    fn act(&mut self, number: usize) -> Act {
        let oldest = number.min(self.kind.latest());
        let version = oldest + self.dice.below(self.kind.latest() - oldest + 1);
        let act = if self.made { self.change(number) } else { self.creation() };
        self.made = true;
        Act { version, ..act }
    }

    fn creation(&mut self) -> Act {
        let (means, manager) = match self.dice.below(10) {
            0..4 => (Means::Client, "kubectl-client-side-apply"),
            4..7 => (Means::Apply, self.one(&APPLIERS)),
            7..9 => (Means::Create, self.one(&AUTHORS)),
            // Whoever makes an object holds all of it, its defaults too.
            _ if self.kind.cores.len() == 1 => (Means::Create, "operator"),
            _ => (Means::Create, "kubectl-create"),
        };
        let body = self.whole();
        Act { means, manager, version: 0, body, less: None }
    }

    fn change(&mut self, number: usize) -> Act {
        let plain = |means, manager, body| Act { means, manager, version: 0, body, less: None };
        match self.dice.below(20) {
            0..3 => plain(Means::Client, "kubectl-client-side-apply", self.whole()),
            3..6 => plain(Means::Apply, self.one(&APPLIERS), self.whole()),
            6..8 => plain(Means::Put, self.one(&AUTHORS), self.whole()),
            8 => Act { less: Some(self.any()), ..plain(Means::Edit, self.one(&EDITORS), self.any()) },
            9..11 => plain(self.patch(), self.one(&EDITORS), self.any()),
            11..14 => plain(Means::Apply, self.one(&["operator", "injector"]), self.shared()),
            14..16 => plain(self.patch(), self.one(&LIVING), self.shared()),
            16 if self.kind.scales => plain(Means::Scale, "kubectl-scale", json!(self.dice.below(3))),
            16 => Act { less: Some(self.shared()), ..plain(Means::Edit, "operator", self.shared()) },
            17 if self.kind.custom => plain(
                Means::Status,
                "operator",
                json!({"status": {"seen": format!("{}", self.dice.below(9))}}),
            ),
            17 | 18 => plain(Means::Wipe, "kubectl-edit", json!({})),
            _ if number == 0 => plain(Means::Absent, "kubectl-edit", json!({})),
            _ => plain(Means::Lose, "kubectl-edit", json!({})),
        }
    }

    fn patch(&mut self) -> Means {
        let last = if self.kind.custom { 2 } else { 3 };
        [Means::Json, Means::Merge, Means::Strategic][self.dice.below(last)]
    }

    /// Draws a whole object.
    fn whole(&mut self) -> Value {
        let mut body = self.kind.base.clone();
        let core = &self.kind.cores[self.dice.below(self.kind.cores.len())];
        merge(&mut body, core);
        for part in &self.kind.parts {
            if self.dice.below(3) == 0 {
                merge(&mut body, &part.forms[self.dice.below(part.forms.len())]);
            }
        }
        body
    }

    fn any(&mut self) -> Value {
        let part = &self.kind.parts[self.dice.below(self.kind.parts.len())];
        part.forms[self.dice.below(part.forms.len())].clone()
    }

    /// Draws what others set.
    fn shared(&mut self) -> Value {
        let shared: Vec<_> = self.kind.parts.iter().filter(|part| part.living).collect();
        let mut body = json!({});
        for _ in 0..=self.dice.below(2) {
            let part = shared[self.dice.below(shared.len())];
            merge(&mut body, &part.forms[self.dice.below(part.forms.len())]);
        }
        body
    }
}
