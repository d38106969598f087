//! What was said.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;

use super::commands::{Verb, command};
use super::flags;
use super::tools::{self, Tool};
use crate::serve::Listen;
use crate::spec::Asked;

/// What is to be done, with what, and how it is shown.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) verb: Verb,
    pub(crate) asked: Asked,
    pub(crate) format: Format,
    pub(crate) colour: Colour,
    pub(crate) loudness: Loudness,
    pub(crate) yes: bool,
    /// A deletion runs its hooks.
    pub(crate) hooks: bool,
    pub(crate) shell: String,
    pub(crate) wish: Wish,
    /// What is asked of a command that stands for another tool.
    pub(crate) tool: Option<Tool>,
    /// Where a run tells how it is.
    pub(crate) listen: Option<Listen>,
    /// Where a run takes webhooks.
    pub(crate) webhooks: Option<Listen>,
}

/// What a person asks of units.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    pub(crate) reason: String,
    pub(crate) lasts: Option<Duration>,
    pub(crate) objects: Vec<String>,
    pub(crate) plan: String,
    pub(crate) to: Option<String>,
}

/// The form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
    Yaml,
}

/// When there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

/// How much progress is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loudness {
    Quiet,
    Usual,
    Verbose,
}

/// Reads a command line.
///
/// # Errors
/// What clap says: a wrong usage, or the help and the version that were asked for.
pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Request, clap::Error> {
    let matches = command().try_get_matches_from(args)?;
    let (name, matches) = matches.subcommand().unwrap_or(("", &matches));
    let verb = Verb::named(name)
        .ok_or_else(|| command().error(clap::error::ErrorKind::InvalidSubcommand, "no command is named"))?;
    Ok(Request {
        verb,
        asked: if verb.takes_units() { asked(matches) } else { Asked::default() },
        format: match verb.takes_units().then(|| word(matches, "output")).as_deref() {
            Some("json") => Format::Json,
            Some("yaml") => Format::Yaml,
            _ => Format::Text,
        },
        colour: match word(matches, "color").as_str() {
            "always" => Colour::Always,
            "never" => Colour::Never,
            _ => Colour::Auto,
        },
        loudness: match (matches.get_flag("quiet"), matches.get_flag("verbose")) {
            (true, _) => Loudness::Quiet,
            (_, true) => Loudness::Verbose,
            _ => Loudness::Usual,
        },
        yes: verb == Verb::Delete && matches.get_flag("yes"),
        hooks: verb != Verb::Delete || !matches.get_flag("no-hooks"),
        shell: if verb == Verb::Completions { word(matches, "shell") } else { String::new() },
        wish: wish(verb, matches),
        tool: tools::read(verb, matches),
        listen: address(verb, matches, "listen"),
        webhooks: address(verb, matches, "webhooks"),
    })
}

/// Finds the form of results in a command line that cannot be read otherwise.
pub(crate) fn format_of(args: &[OsString]) -> Format {
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    let said = |form: &str| {
        words.windows(2).any(|pair| matches!(pair[0], "-o" | "--output") && pair[1] == form)
            || words.iter().any(|word| {
                ["-o", "-o=", "--output="].iter().any(|flag| word.strip_prefix(flag) == Some(form))
            })
    };
    match (said("json"), said("yaml")) {
        (true, _) => Format::Json,
        (_, true) => Format::Yaml,
        _ => Format::Text,
    }
}

fn asked(matches: &ArgMatches) -> Asked {
    Asked {
        files: matches.get_many::<PathBuf>("file").into_iter().flatten().cloned().collect(),
        settings: flags::settings(matches),
        only: matches.get_many::<String>("unit").into_iter().flatten().cloned().collect(),
    }
}

/// Where a run listens.
fn address(verb: Verb, matches: &ArgMatches, flag: &str) -> Option<Listen> {
    if verb == Verb::Run { matches.get_one(flag).copied() } else { None }
}

fn word(matches: &ArgMatches, name: &str) -> String {
    matches.get_one::<String>(name).cloned().unwrap_or_default()
}

fn wish(verb: Verb, matches: &ArgMatches) -> Wish {
    let objects = || matches.get_many::<String>("object").into_iter().flatten().cloned().collect();
    let mut wish = Wish::default();
    match verb {
        Verb::Suspend => {
            wish.reason = word(matches, "reason");
            wish.lasts = matches.get_one::<Duration>("for").copied();
            wish.objects = objects();
        }
        Verb::Resume => wish.objects = objects(),
        Verb::Approve => wish.plan = word(matches, "plan"),
        Verb::Rollback => wish.to = matches.get_one::<String>("to").cloned(),
        _ => {}
    }
    wish
}

/// Reads a time such as `2h`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "write a time such as 90s, 5m or 2h".to_owned())
}
