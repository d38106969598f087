//! Changes as a person likes to read them.
//!
//! ```
//! use windlass_core::{Cause, Change, FieldPath, ObjectId};
//! use windlass_diff::render::{Section, Style, render};
//!
//! let id = ObjectId::new("apps", "Deployment", "shop", "web");
//! let path = FieldPath::root().field("spec").field("replicas");
//! let change = Change { path, before: Some("2".into()), after: Some("3".into()), cause: Cause::Wanted };
//! let text = render(&[Section::new('~', &id, &[change])], &Style::default());
//! assert_eq!(text, "~ Deployment.apps/shop/web\n    spec.replicas: 2 -> 3\n");
//! ```
//!
//! One line for each object, its fields below it: `+` for what comes, `-` for what goes, with the cause where it is not
//! that somebody wants it. A text of several lines is shown line by line, and what is wider than [`Style::width`] takes a
//! line for each side. Colours are plain ANSI codes, and only when asked for. [`plan`] shows a whole plan, in the order
//! and with the words of its `Display`.

mod lines;

use std::collections::BTreeMap;

use windlass_core::{Action, Cause, Change, ObjectId, Plan, Verb};

use crate::text::visible;

/// How to write. `Default` has no colour and no width.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Style {
    /// With ANSI colours.
    pub colour: bool,
    /// Characters of a line, beyond which a change takes several lines; `None` for one line whatever its width.
    pub width: Option<usize>,
}

/// One object and its changes.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a> {
    sign: char,
    title: &'a str,
    id: &'a ObjectId,
    note: &'a str,
    changes: &'a [Change],
}

impl Style {
    /// Makes the plain style.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// Switches ANSI colours.
    #[must_use]
    pub const fn with_colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }

    /// Sets the characters of a line.
    #[must_use]
    pub const fn with_width(mut self, width: usize) -> Self {
        self.width = Some(width);
        self
    }

    fn paint(self, colour: Colour, text: &str) -> String {
        if self.colour { format!("\u{1b}[{}m{text}\u{1b}[0m", colour as u8) } else { text.to_owned() }
    }
}

#[derive(Clone, Copy)]
enum Colour {
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
}

impl<'a> Section<'a> {
    /// Makes a section; `sign` is that of a plan: `+` created, `~` changed, `-` deleted, `=` as it should be.
    #[must_use]
    pub const fn new(sign: char, id: &'a ObjectId, changes: &'a [Change]) -> Self {
        Self { sign, title: "", id, note: "", changes }
    }

    /// Adds a word in front of the object, such as the verb of a plan.
    #[must_use]
    pub const fn with_title(mut self, title: &'a str) -> Self {
        self.title = title;
        self
    }

    /// Adds what is said behind the object.
    #[must_use]
    pub const fn with_note(mut self, note: &'a str) -> Self {
        self.note = note;
        self
    }
}

/// Writes objects with their changes, one after the other.
#[must_use]
pub fn render(sections: &[Section<'_>], style: &Style) -> String {
    sections.iter().map(|section| head(section, *style) + &body(section.changes, *style)).collect()
}

/// Writes a whole plan: its unit and place, each object that is not as it should be, problems, warnings and counts.
#[must_use]
pub fn plan(plan: &Plan, style: &Style) -> String {
    let mut out = style.paint(Colour::Bold, &visible(&format!("{} -> {}", plan.unit, plan.place)));
    if let Some(revision) = &plan.revision {
        out += &format!("  {}", visible(&revision.short().to_string()));
    }
    out.push('\n');
    for action in plan.actions.iter().filter(|action| action.verb != Verb::Unchanged) {
        out += &self::action(action, *style);
    }
    for problem in &plan.problems {
        out += &style.paint(Colour::Red, &format!("! {}", indented(&problem.to_string(), "  ")));
        out.push('\n');
    }
    for warning in &plan.warnings {
        out += &style.paint(Colour::Yellow, &format!("? {}", indented(&warning.message, "  ")));
        out.push('\n');
    }
    out + &counts(plan) + "\n"
}

fn action(action: &Action, style: Style) -> String {
    let mut note = action.origin.as_ref().map(ToString::to_string).unwrap_or_default();
    let special = action.note();
    if !special.is_empty() {
        note += &format!("  {special}");
    }
    if let Verb::Keep { why } | Verb::Skip { why } = &action.verb {
        note = format!("{note}  {why}");
    }
    let title = format!("{:<7}", action.verb.name());
    let section = Section::new(sign(&action.verb), &action.id, &action.changes);
    let mut out = head(&section.with_title(&title).with_note(note.trim_start()), style);
    if let Verb::Refuse { error } = &action.verb {
        out += &format!("    {}\n", style.paint(Colour::Red, &indented(&error.to_string(), "    ")));
    }
    for conflict in &action.conflicts {
        let line = format!("{} held by {}: {}", conflict.path, conflict.holder, conflict.decision.name());
        out += &format!("    {}\n", style.paint(Colour::Yellow, &visible(&line)));
    }
    out + &body(&action.changes, style)
}

fn head(section: &Section<'_>, style: Style) -> String {
    let title = if section.title.is_empty() { String::new() } else { format!("{} ", section.title) };
    let line = visible(&format!("{} {title}{}", section.sign, section.id));
    let colour = match section.sign {
        '+' => Colour::Green,
        '-' | '!' => Colour::Red,
        '~' => Colour::Yellow,
        _ => Colour::Dim,
    };
    let note = if section.note.is_empty() { String::new() } else { format!("  {}", visible(section.note)) };
    format!("{}{}\n", style.paint(colour, &line), style.paint_if(Colour::Dim, &note))
}

impl Style {
    fn paint_if(self, colour: Colour, text: &str) -> String {
        if text.is_empty() { String::new() } else { self.paint(colour, text) }
    }
}

fn body(changes: &[Change], style: Style) -> String {
    changes.iter().map(|change| lines::write(change, style)).collect()
}

/// Indents every line but the first.
fn indented(text: &str, by: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join(&format!("\n{by}"))
}

const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Drifted => "   (drifted)",
        Cause::Foreign => "   (someone else's)",
        Cause::Defaulted => "   (defaulted)",
        Cause::Spelling => "   (spelling)",
        _ => "",
    }
}

const fn sign(verb: &Verb) -> char {
    match verb {
        Verb::Create => '+',
        Verb::Change | Verb::Apply => '~',
        Verb::Delete => '-',
        Verb::Keep { .. } | Verb::Skip { .. } => '.',
        Verb::Refuse { .. } => '!',
        _ => '=',
    }
}

fn counts(plan: &Plan) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for action in &plan.actions {
        *counts.entry(action.verb.name()).or_default() += 1;
    }
    let order = ["create", "change", "apply", "delete", "keep", "skip", "refuse", "unchanged"];
    let parts: Vec<String> =
        order.iter().filter_map(|name| counts.get(name).map(|count| format!("{count} {name}"))).collect();
    if parts.is_empty() { "nothing wanted, nothing owned".into() } else { parts.join(", ") }
}
