//! The flags of commands that are about units: one for each field of a unit file, made from the same table.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, ArgMatches};
use windlass_core::Value;

use crate::spec::{Field, Setting, Shape, flagged};

const HEADING: &str =
    "Fields of the unit, which override the file (paths are relative to the current folder)";

/// Which units are meant, and in which of these forms results are written.
pub(super) fn inputs(forms: &'static [&'static str]) -> Vec<Arg> {
    vec![
        Arg::new("file")
            .long("file")
            .short('f')
            .value_name("PATH")
            .value_parser(clap::value_parser!(PathBuf))
            .action(ArgAction::Append)
            .help("A unit file, or a folder of them; may be repeated"),
        Arg::new("unit")
            .long("unit")
            .short('u')
            .value_name("NAME")
            .action(ArgAction::Append)
            .help("Only this unit of the files; may be repeated"),
        Arg::new("output")
            .long("output")
            .short('o')
            .value_name("FORMAT")
            .value_parser(PossibleValuesParser::new(forms))
            .default_value("text")
            .hide_possible_values(true)
            .help(format!("The form of results on stdout: {}", forms.join(", "))),
    ]
}

/// One flag for each field that has one, and `--no-prune`.
pub(super) fn fields() -> Vec<Arg> {
    let mut args: Vec<Arg> = flagged().iter().map(|(_, field)| of_field(field)).collect();
    args.push(
        Arg::new("no-prune")
            .long("no-prune")
            .action(ArgAction::SetTrue)
            .conflicts_with("prune")
            .help("Keep what is not wanted any more")
            .help_heading(HEADING),
    );
    args
}

fn of_field(field: &Field) -> Arg {
    let arg = Arg::new(field.flag).long(field.flag).help(field.about).help_heading(HEADING);
    match &field.shape {
        Shape::Map(_) => arg.action(ArgAction::SetTrue),
        Shape::Truth => arg
            .value_name("true|false")
            .value_parser(clap::value_parser!(bool))
            .hide_possible_values(true)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        Shape::Word(words) => arg.value_name("WORD").value_parser(PossibleValuesParser::new(*words)),
        Shape::Names => arg.action(ArgAction::Append).value_name("NAME"),
        Shape::Texts => arg.action(ArgAction::Append).value_name("PATH"),
        Shape::Beginnings => arg.action(ArgAction::Append).value_name("URL"),
        Shape::Whole(min, max) => arg
            .value_name("NUMBER")
            .allow_hyphen_values(true)
            .value_parser(ValueParser::from(clap::value_parser!(i64).range(*min..=*max))),
        shape => arg.value_name(value_name(shape)).allow_hyphen_values(matches!(shape, Shape::Time(_))),
    }
}

const fn value_name(shape: &Shape) -> &'static str {
    match shape {
        Shape::Name => "NAME",
        Shape::Account => "NAMESPACE/NAME",
        Shape::Path | Shape::TreePath => "PATH",
        Shape::Address => "URL",
        Shape::Time(_) => "TIME",
        _ => "WORD",
    }
}

/// Reads which fields the flags set.
pub(super) fn settings(matches: &ArgMatches) -> Vec<Setting> {
    let said = |flag: &str| matches.value_source(flag) == Some(clap::parser::ValueSource::CommandLine);
    let mut settings = Vec::new();
    for (path, field) in flagged() {
        if said(field.flag) {
            settings.push(Setting { path, flag: field.flag, value: value(matches, field) });
        } else if field.flag == "prune" && said("no-prune") {
            settings.push(Setting { path, flag: "no-prune", value: false.into() });
        }
    }
    settings
}

fn value(matches: &ArgMatches, field: &Field) -> Value {
    let text = |text: Option<&String>| Value::from(text.map(String::as_str).unwrap_or_default());
    match &field.shape {
        Shape::Truth => matches.get_one::<bool>(field.flag).copied().unwrap_or(true).into(),
        Shape::Map(_) => Value::Map(windlass_core::Map::new()),
        Shape::Names | Shape::Texts | Shape::Beginnings => matches
            .get_many::<String>(field.flag)
            .into_iter()
            .flatten()
            .map(|name| text(Some(name)))
            .collect(),
        Shape::Whole(..) => matches.get_one::<i64>(field.flag).copied().map_or(Value::Null, Value::Int),
        _ => text(matches.get_one(field.flag)),
    }
}
