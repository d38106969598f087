//! `windlass push artifact`, with the flags of `flux push artifact`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::request::Format;

/// What is to be pushed, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PushArtifact {
    pub(crate) url: String,
    pub(crate) path: PathBuf,
    pub(crate) source: String,
    pub(crate) revision: String,
    /// As they were said: `name=value`.
    pub(crate) annotations: Vec<String>,
    /// Patterns of what stays out; those of Flux where none is said.
    pub(crate) ignored: Vec<String>,
    pub(crate) credentials: Option<PathBuf>,
    pub(crate) authority: Option<PathBuf>,
    pub(crate) reproducible: bool,
    pub(crate) insecure: bool,
    pub(crate) format: Format,
}

/// What stays out unless something else is said to, as in Flux.
const IGNORED: &str =
    ".git/,.gitignore,.gitmodules,.gitattributes,*.jpg,*.jpeg,*.gif,*.png,*.wmv,*.flv,*.tar.gz,*.zip";

const MORE: &str = "\
Packs the files below --path and pushes them with the media types of Flux, then prints REPOSITORY@DIGEST. Links, pipes and \
devices stay out. The archive is the same for the same files, byte for byte before it is packed with gzip as Flux makes \
it; with --reproducible so is the digest.

Credentials are those of --credentials-file, else those of the Docker configuration ($DOCKER_CONFIG/config.json, or else \
~/.docker/config.json). No credential helper is started.

Example:
  windlass push artifact oci://registry.example/fleet/shop:v1 --path deploy \\
    --source \"$(git remote get-url origin)\" --revision \"main@sha1:$(git rev-parse HEAD)\"
";

/// Describes `windlass push artifact`.
pub(super) fn artifact() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let file = |name, help| text(name, "FILE", help).value_parser(clap::value_parser!(PathBuf));
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    Command::new("artifact")
        .about("Push a folder to an OCI registry")
        .after_help(MORE)
        .arg(
            Arg::new("url")
                .value_name("URL")
                .required(true)
                .help("Where to: oci://host/name:tag, to the tag latest where none is said"),
        )
        .arg(
            text("path", "PATH", "The folder, or one file")
                .short('f')
                .value_parser(clap::value_parser!(PathBuf))
                .required(true),
        )
        .arg(
            text("source", "URL", "Where the files come from, such as the address of a repository")
                .required(true),
        )
        .arg(
            text("revision", "TEXT", "Which revision of that they are, such as main@sha1:1a2b3c4d…")
                .required(true),
        )
        .arg(
            text("annotations", "NAME=VALUE", "An annotation of the artifact; may be repeated")
                .short('a')
                .action(ArgAction::Append),
        )
        .arg(
            text(
                "ignore-paths",
                "PATTERN",
                "What stays out, as in .gitignore; may be repeated, or with commas between",
            )
            .value_delimiter(',')
            .action(ArgAction::Append)
            .default_value(IGNORED),
        )
        .arg(file("credentials-file", "Credentials, as those of spec.source.oci.credentialsFile"))
        .arg(file("authority-file", "Certificates in PEM of authorities to trust beside those of the system"))
        .arg(switch(
            "reproducible",
            "Say 1970-01-01T00:00:00Z as the time of making, for a digest that stays the same",
        ))
        .arg(switch(
            "insecure-registry",
            "Push over plain HTTP: whoever is on the way can read and change all",
        ))
        .arg(
            text("output", "FORMAT", "The form of the result on stdout: text, json, yaml")
                .short('o')
                .value_parser(PossibleValuesParser::new(["text", "json", "yaml"]))
                .default_value("text")
                .hide_possible_values(true),
        )
}

/// Reads what was said.
pub(super) fn read(matches: &ArgMatches) -> PushArtifact {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
    let file = |name: &str| matches.get_one::<PathBuf>(name).cloned();
    PushArtifact {
        url: text("url"),
        path: file("path").unwrap_or_default(),
        source: text("source"),
        revision: text("revision"),
        annotations: texts("annotations"),
        ignored: ignored(matches),
        credentials: file("credentials-file"),
        authority: file("authority-file"),
        reproducible: matches.get_flag("reproducible"),
        insecure: matches.get_flag("insecure-registry"),
        format: match text("output").as_str() {
            "json" => Format::Json,
            "yaml" => Format::Yaml,
            _ => Format::Text,
        },
    }
}

/// A default is one text, whatever stands between its parts.
fn ignored(matches: &ArgMatches) -> Vec<String> {
    let said = matches.get_many::<String>("ignore-paths").into_iter().flatten();
    said.flat_map(|text| text.split(',')).map(str::to_owned).collect()
}
