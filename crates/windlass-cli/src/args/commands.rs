//! The commands, with an example for each.

use clap::{Arg, ArgAction, Command};

use super::{flags, push, tools};
use crate::serve::Listen;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Render,
    Plan,
    Apply,
    Run,
    Status,
    Delete,
    Validate,
    Suspend,
    Resume,
    Reconcile,
    Approve,
    Rollback,
    History,
    Kustomize,
    Helm,
    Push,
    Completions,
    Schema,
}

/// One command.
struct Entry {
    verb: Verb,
    name: &'static str,
    about: &'static str,
    /// What there is to know beside that.
    more: &'static str,
    example: &'static str,
}

const UNIT_FILE: &str = "\
A unit file:
  apiVersion: windlass.dev/v1alpha1
  kind: Unit
  metadata:
    name: shop
  spec:
    source:
      git: { url: https://example.org/fleet.git, branch: main, path: shop }
    target:
      kubernetes: { context: production }
";

const ENTRIES: [Entry; 18] = [
    Entry {
        verb: Verb::Render,
        name: "render",
        about: "Write the objects that the source wants",
        more: "Prints YAML documents, or with -o json one List. The target is not asked.",
        example: "windlass render -f unit.yaml > objects.yaml",
    },
    Entry {
        verb: Verb::Plan,
        name: "plan",
        about: "Say what `apply` would do, and why; writes nothing",
        more: "Exits with 0 if all is in sync, 2 if there are differences, 1 if anything is wrong.",
        example: "windlass plan -f unit.yaml",
    },
    Entry {
        verb: Verb::Apply,
        name: "apply",
        about: "Make the target what the source wants, once",
        more: "Prints the plan, carries it out if it is still the same, waits until everything is healthy, and prints \
               what became of each object. With -o json or yaml only the latter.",
        example: "windlass apply -f unit.yaml",
    },
    Entry {
        verb: Verb::Run,
        name: "run",
        about: "Keep the target as the source wants it, until stopped",
        more: "Each unit makes a pass when its source or something live has changed, when somebody asks, and at its \
               interval; one that fails is tried again, and does not stop the others. The unit files are read again \
               every five seconds. With -o json every event is a line of JSON on stdout. With --listen it answers \
               /healthz, /readyz and /metrics over HTTP. With --webhooks it looks at a source as soon as a delivery \
               tells of a push.",
        example: "windlass run -f units/",
    },
    Entry {
        verb: Verb::Status,
        name: "status",
        about: "Say what a unit owns and how that is; the source is not asked",
        more: "Of a unit with spec.approve it makes the plan as well, and says whether that waits for a person.",
        example: "windlass status -f unit.yaml",
    },
    Entry {
        verb: Verb::Delete,
        name: "delete",
        about: "Delete all that a unit owns",
        more: "Shows what would go and asks; without a terminal it needs --yes. Dependents go before what they depend \
               on. Hooks before and after the deletion run, unless --no-hooks is said.",
        example: "windlass delete -f unit.yaml --yes",
    },
    Entry {
        verb: Verb::Validate,
        name: "validate",
        about: "Check unit files, sources and manifests without a target",
        more: "Says which checks ran. Nothing that only the target knows is checked.",
        example: "windlass validate -f unit.yaml",
    },
    Entry {
        verb: Verb::Suspend,
        name: "suspend",
        about: "Write nothing of a unit, or leave single objects alone, until somebody resumes",
        more: "What is asked of a unit is kept beside its state; a `run` hears of it within seconds. With --object only \
               these objects are left alone, and the rest of the unit goes on.",
        example: "windlass suspend -f unit.yaml --reason 'INC-7' --for 2h",
    },
    Entry {
        verb: Verb::Resume,
        name: "resume",
        about: "Take back what `suspend` and `rollback` asked",
        more: "With --object only for these objects.",
        example: "windlass resume -f unit.yaml",
    },
    Entry {
        verb: Verb::Reconcile,
        name: "reconcile",
        about: "Ask a `run` for a pass now",
        more: "Returns at once; `windlass history` shows what came of it.",
        example: "windlass reconcile -f unit.yaml",
    },
    Entry {
        verb: Verb::Approve,
        name: "approve",
        about: "Say yes to a plan that a policy holds",
        more: "The plan is named by its digest, as the error that held it and `windlass plan -o json` name it. Any \
               other plan needs another yes.",
        example: "windlass approve -f unit.yaml --plan \"$DIGEST\"",
    },
    Entry {
        verb: Verb::Rollback,
        name: "rollback",
        about: "Go back to the revision of an earlier good pass, and stay there until somebody resumes",
        more: "Without --to, to the last good revision before the present one. `apply` and `run` take it from there.",
        example: "windlass rollback -f unit.yaml",
    },
    Entry {
        verb: Verb::History,
        name: "history",
        about: "List the passes that wrote something or failed",
        more: "Newest first: when, which revision and whose, why, what became of how many objects.",
        example: "windlass history -f unit.yaml",
    },
    Entry {
        verb: Verb::Kustomize,
        name: "kustomize",
        about: "Build a kustomization as kustomize does, without unit or target",
        more: "",
        example: "windlass kustomize build overlays/production > objects.yaml",
    },
    Entry {
        verb: Verb::Helm,
        name: "helm",
        about: "Render a chart as Helm does, without unit or target",
        more: "",
        example: "windlass helm template shop ./chart -n shop > objects.yaml",
    },
    Entry {
        verb: Verb::Push,
        name: "push",
        about: "Push a folder to an OCI registry, as an artifact that Flux and `spec.source.oci` read",
        more: "",
        example: "windlass push artifact oci://registry.example/fleet/shop:v1 --path deploy \\\n    --source \"$(git remote get-url \
                  origin)\" --revision \"main@sha1:$(git rev-parse HEAD)\"",
    },
    Entry {
        verb: Verb::Completions,
        name: "completions",
        about: "Write the completions of a shell",
        more: "",
        example: "windlass completions bash > /etc/bash_completion.d/windlass",
    },
    Entry {
        verb: Verb::Schema,
        name: "schema",
        about: "Write the JSON Schema of a unit file, for editors",
        more: "",
        example: "windlass schema > unit.schema.json",
    },
];

impl Verb {
    /// Finds a command by its name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ENTRIES.iter().find(|entry| entry.name == name).map(|entry| entry.verb)
    }

    /// Says whether it is about units.
    pub(crate) const fn takes_units(self) -> bool {
        !matches!(self, Self::Kustomize | Self::Helm | Self::Push | Self::Completions | Self::Schema)
    }
}

/// Describes the whole command line.
pub(crate) fn command() -> Command {
    let about = "Brings what a Git repository or a folder wants into a Kubernetes cluster or another folder";
    let main = Command::new("windlass")
        .bin_name("windlass")
        .version(env!("CARGO_PKG_VERSION"))
        .about(about)
        .after_help("Exit codes: 0 all is well; 1 something is wrong; 2 `plan` found differences; 3 a plan waits until somebody approves it.")
        .subcommand_required(true)
        .arg_required_else_help(false)
        .disable_help_flag(true)
        .arg(help_flag())
        .arg(
            Arg::new("color")
                .long("color")
                .global(true)
                .value_name("WHEN")
                .value_parser(["auto", "always", "never"])
                .default_value("auto")
                .hide_possible_values(true)
                .help("Colours: auto (on a terminal and without NO_COLOR), always, never"),
        )
        .arg(
            Arg::new("quiet")
                .long("quiet")
                .short('q')
                .global(true)
                .action(ArgAction::SetTrue)
                .conflicts_with("verbose")
                .help("No progress, only results and errors"),
        )
        .arg(
            Arg::new("verbose")
                .long("verbose")
                .short('v')
                .global(true)
                .action(ArgAction::SetTrue)
                .help("All progress, also without a terminal"),
        );
    main.subcommands(ENTRIES.iter().map(subcommand))
}

fn help_flag() -> Arg {
    Arg::new("help").long("help").short('h').global(true).action(ArgAction::Help).help("Print help")
}

fn subcommand(entry: &Entry) -> Command {
    let units = if entry.verb.takes_units() { UNIT_FILE } else { "" };
    let parts = [entry.more, &format!("Example:\n  {}\n", entry.example), units];
    let after = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(match units {
        "" => "\n",
        _ => "\n\n",
    });
    let command = Command::new(entry.name).about(entry.about).after_help(after);
    match entry.verb {
        Verb::Completions => command.arg(
            Arg::new("shell")
                .required(true)
                .value_name("SHELL")
                .value_parser(["bash", "zsh", "fish"])
                .hide_possible_values(true)
                .help("bash, zsh or fish"),
        ),
        Verb::Schema => command,
        Verb::Kustomize => command.subcommand_required(true).subcommand(tools::kustomize_build()),
        Verb::Helm => command.subcommand_required(true).subcommand(tools::helm_template()),
        Verb::Push => command.subcommand_required(true).subcommand(push::artifact()),
        verb => {
            let command = command.args(flags::inputs(forms(verb)));
            let command = if verb == Verb::Delete { command.args([yes(), no_hooks()]) } else { command };
            let command = command.args(wishes(verb));
            command.args(flags::fields())
        }
    }
}

/// The forms of results. What goes on for ever is told line by line, which YAML cannot do.
const fn forms(verb: Verb) -> &'static [&'static str] {
    if matches!(verb, Verb::Run) { &["text", "json"] } else { &["text", "json", "yaml"] }
}

/// What can be said to the commands by which people ask for something.
fn wishes(verb: Verb) -> Vec<Arg> {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let objects = || {
        text("object", "OBJECT", "Only this object: Kind.group/namespace/name; may be said several times")
            .action(ArgAction::Append)
            .value_parser(clap::value_parser!(String))
    };
    match verb {
        Verb::Run => vec![
            text(
                "listen",
                "ADDRESS",
                "Answer /healthz, /readyz and /metrics over HTTP at this address, such as :8080",
            )
            .value_parser(clap::value_parser!(Listen)),
            text(
                "webhooks",
                "ADDRESS",
                "Take webhooks over HTTP at this address, such as :9292, for the receivers beside the unit files",
            )
            .value_parser(clap::value_parser!(Listen)),
        ],
        Verb::Suspend => vec![
            text("reason", "TEXT", "Why, for whoever meets it"),
            text("for", "TIME", "Resume by itself after this time, such as 2h")
                .value_parser(super::request::time),
            objects(),
        ],
        Verb::Resume => vec![objects()],
        Verb::Approve => vec![text("plan", "DIGEST", "The digest of the plan").required(true)],
        Verb::Rollback => vec![text("to", "REVISION", "The revision, such as sha1:1a2b3c4d…")],
        _ => Vec::new(),
    }
}

fn no_hooks() -> Arg {
    Arg::new("no-hooks")
        .long("no-hooks")
        .action(ArgAction::SetTrue)
        .help("Run no hooks before and after the deletion, and do not ask the source for them")
}

fn yes() -> Arg {
    Arg::new("yes").long("yes").short('y').action(ArgAction::SetTrue).help("Do not ask")
}
