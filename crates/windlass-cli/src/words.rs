//! What is told a person, line by line: no name, message or path of somebody else makes a line of its own, or does
//! anything to a terminal.

use std::error::Error as _;
use std::fmt::Display;

use windlass_core::{Error, Event, EventKind, Outcome};

/// Spells out what a terminal would act on and what would turn the text around; line ends too, so that what is given is
/// one line.
pub(crate) fn visible(text: &str) -> String {
    spelled(text, is_odd)
}

/// As [`visible`] for a text that is built of lines, which stay.
pub(crate) fn visible_lines(text: &str) -> String {
    spelled(text, |c| c != '\n' && is_odd(c))
}

fn is_odd(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn spelled(text: &str, is_odd: impl Fn(char) -> bool) -> String {
    if !text.contains(&is_odd) {
        return text.to_owned();
    }
    text.chars().map(|c| if is_odd(c) { format!("\\u{:04x}", u32::from(c)) } else { c.into() }).collect()
}

/// Gives the problems of an error, one line each.
pub(crate) fn problems(error: &Error) -> Vec<String> {
    error.clone().into_problems().iter().map(|problem| visible(&problem.to_string())).collect()
}

/// Says what is wrong with one problem, why, and what to do next; the lines after the first are indented.
pub(crate) fn explain(problem: &Error) -> Vec<String> {
    let mut lines = problems(problem);
    let (mut help, mut cause) = (problem.help(), problem.source());
    while let Some(inner) = cause {
        let whys = match inner.downcast_ref::<Error>() {
            Some(error) => {
                help = help.or(error.help());
                problems(error)
            }
            None => vec![visible(&inner.to_string())],
        };
        lines.extend(whys.iter().map(|why| format!("  because: {why}")));
        cause = inner.source();
    }
    lines.extend(help.map(|help| format!("  help: {}", visible(help))));
    lines
}

/// Says what happened, in one line for each thing that did. What went wrong takes more where `help` is wanted.
pub(crate) fn event(event: &Event, help: bool) -> Vec<String> {
    let line = |what: &dyn Display| visible(&format!("{}: {what}", event.unit));
    let wrong = |head: String, error: &Error| -> Vec<String> {
        let problems = error.clone().into_problems();
        let lines = problems.iter().map(|problem| failure(&head, problem));
        lines.flat_map(|lines| if help { lines } else { lines.into_iter().take(1).collect() }).collect()
    };
    match &event.what {
        EventKind::Failed { error } => wrong(line(&"pass failed"), error),
        EventKind::Problem { error } => wrong(line(&"problem"), error),
        EventKind::Object { id, outcome: Outcome::Failed { error } } => {
            wrong(line(&format_args!("failed {id}")), error)
        }
        EventKind::Withheld { why, hold: true, .. } => vec![line(why)],
        what => vec![line(what)],
    }
}

fn failure(head: &str, problem: &Error) -> Vec<String> {
    let mut lines = explain(problem);
    if let Some(first) = lines.first_mut() {
        *first = format!("{head}: {first}");
    }
    lines
}

/// Advises whoever has this command, where a part advises whoever embeds it.
pub(crate) fn advised(error: Error) -> Error {
    let help = match error.help() {
        Some(help) if help.contains("with_cache") => {
            "let the variable XDG_CACHE_HOME, or HOME, name a folder that is this user's alone"
        }
        Some(help) if help.contains("Cluster::from_kube_client") => {
            "take proxy-url out of the kubeconfig: the command asks the server itself"
        }
        _ => return error,
    };
    error.with_help(help)
}

#[cfg(test)]
mod tests {
    use windlass_core::{ErrorKind, ObjectId, Timestamp, UnitId};

    use super::*;

    const FORGED: &str = "x\nerror: forged\u{1b}[2J\u{7}\u{9b}31m\u{202e}\u{2028}";
    const SHOWN: &str = "x\\u000aerror: forged\\u001b[2J\\u0007\\u009b31m\\u202e\\u2028";

    #[test]
    fn a_name_makes_no_line_of_its_own() {
        assert_eq!(visible(FORGED), SHOWN);
        assert_eq!(visible("Grüße, 世界 🙂"), "Grüße, 世界 🙂");
    }

    #[test]
    fn an_error_has_the_lines_that_are_its_own_and_no_others() {
        let cause = Error::new(ErrorKind::Invalid, FORGED).with("id", FORGED);
        let error = Error::new(ErrorKind::Invalid, FORGED).with_help(FORGED).caused_by(cause);
        let expected =
            [SHOWN.to_owned(), format!("  because: {SHOWN} (id={SHOWN})"), format!("  help: {SHOWN}")];
        assert_eq!(explain(&error), expected);
    }

    #[test]
    fn each_cause_of_several_has_its_line() {
        let causes = ["one", "two"].map(|text| Error::new(ErrorKind::Limit, text).with_help("split it"));
        let error = Error::new(ErrorKind::Limit, "too much").caused_by(Error::all(causes).unwrap());
        assert_eq!(explain(&error), ["too much", "  because: one", "  because: two"]);
    }

    #[test]
    fn an_event_is_told_with_names_spelled_out() {
        let id = ObjectId::new("", "ConfigMap", "shop", FORGED);
        let error = Error::new(ErrorKind::Invalid, "bad").with("name", FORGED);
        let (unit, at) = (UnitId::new("shop").unwrap(), Timestamp::from_unix(0));
        let told = |what| event(&Event::new(unit.clone(), at, what), true);
        assert_eq!(
            told(EventKind::Object { id: id.clone(), outcome: Outcome::Failed { error: error.clone() } }),
            [format!("shop: failed ConfigMap/shop/{SHOWN}: bad (name={SHOWN})")]
        );
        let drifted = EventKind::Drifted { id, fields: vec![FORGED.into()], by: Some(FORGED.into()) };
        let line = format!("shop: drifted ConfigMap/shop/{SHOWN}: {SHOWN}, set by {SHOWN}");
        assert_eq!(told(drifted), [line]);
        assert_eq!(
            told(EventKind::Failed { error: error.with_help("mend it") }),
            [format!("shop: pass failed: bad (name={SHOWN})"), "  help: mend it".to_owned()]
        );
    }
}
