//! Commands that stand for another tool, with the flags of that tool.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::commands::Verb;
use super::push::{self, PushArtifact};

/// What is asked of a command that stands for another tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tool {
    Kustomize(KustomizeBuild),
    Helm(HelmTemplate),
    Push(PushArtifact),
}

/// `kustomize build`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KustomizeBuild {
    pub(crate) folder: String,
    pub(crate) output: Option<String>,
    pub(crate) unrestricted: bool,
    pub(crate) reorder: Option<Reorder>,
    pub(crate) managed_by_label: Option<bool>,
    /// How charts are rendered, where they are.
    pub(crate) helm: Option<HelmCharts>,
}

/// Which Helm renders the charts of a kustomization, and for which cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HelmCharts {
    pub(crate) command: String,
    pub(crate) kube_version: String,
    pub(crate) api_versions: Vec<String>,
}

/// The order of the output, where a flag says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reorder {
    Legacy,
    Off,
}

/// `helm template`: its arguments as they were said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HelmTemplate {
    pub(crate) args: Vec<String>,
}

const RESTRICTED: &str = "LoadRestrictionsRootOnly";
const UNRESTRICTED: &str = "LoadRestrictionsNone";

const KUSTOMIZE: &str = "\
Prints what kustomize 5.8.3 prints, byte for byte, and warns of what it warns of. Nothing is fetched and no program is \
started: remote bases, charts that are not on the disk, and functions that are programs or containers are errors that \
name the file and the field. The flags that are about functions are taken all the same, and change nothing where there \
are none: --as-current-user, --enable-alpha-plugins, --enable-exec, --env, --mount, --network, --network-name.

With --enable-helm, charts are rendered to the bytes of Helm 4.3.2, or with --helm-command=helm3 of Helm 3.22.0.

Example:
  windlass kustomize build overlays/production | kubectl apply -f -
";

/// Flags with a value that are about what is an error here.
const WITH_VALUE: [&str; 3] = ["env", "mount", "network-name"];

/// The same without a value.
const SWITCHES: [&str; 6] =
    ["as-current-user", "enable-alpha-plugins", "enable-exec", "helm-debug", "network", "stack-trace"];

const HELM: &str = "\
Prints what Helm 4.3.2, or with --helm-version=3 Helm 3.22.0, prints, byte for byte. CHART is a folder or an archive \
(.tgz). Nothing is fetched and no cluster is asked.

Flags:
  -f, --values FILE            Values from a file, or - for stdin; may be repeated, the later wins
      --set KEY=VALUE          Values such as a.b=1,c[0]=x; may be repeated, as all of the kind
      --set-string KEY=VALUE   As --set, and all values are texts
      --set-json KEY=JSON      As --set with values in JSON, or a whole map in JSON
      --set-file KEY=FILE      As --set with values from files
      --set-literal KEY=TEXT   One value as it is written
  -n, --namespace NAMESPACE    The namespace of the release; unless said, that of HELM_NAMESPACE, of the context of the
                               kubeconfig, or default
      --name-template TEXT     A template for the name of the release
  -g, --generate-name          Take no NAME; the release is called release-name, as Helm calls it
  -s, --show-only PATH         Only what comes from this template; may be repeated
      --include-crds           Print the files of crds/ too
      --no-hooks               Print no hooks
      --skip-tests             Print no tests
      --is-upgrade             Render an upgrade instead of an install
      --kube-version VERSION   The Kubernetes that templates see
  -a, --api-versions VERSIONS  APIs that templates see beside those that Helm takes for granted
      --skip-schema-validation Do not hold values against values.schema.json
      --output-dir FOLDER      Write files into this folder instead of stdout
      --release-name           Put the name of the release into those paths
      --helm-version 3|4       Whose output it is; 4 unless said

The other flags of `helm template` that are about a cluster, an install or a repository, such as --wait, --timeout and \
--create-namespace, are taken and change nothing, as they change nothing in what Helm prints of a chart on the disk. \
Those that would change it are refused: --dry-run=server, --enable-dns, --post-renderer, --repo, --validate, --verify.

Example:
  windlass helm template shop ./chart -n shop -f production.yaml --set replicas=3
";

/// Describes `windlass kustomize build`.
pub(super) fn kustomize_build() -> Command {
    let text = |name: &'static str| Arg::new(name).long(name).allow_hyphen_values(true);
    Command::new("build")
        .about("Print the objects of a kustomization")
        .after_help(KUSTOMIZE)
        // As the tool: of a flag that is said twice the later counts.
        .args_override_self(true)
        .arg(Arg::new("dir").value_name("DIR").default_value(".").help("The folder of the kustomization"))
        .arg(
            text("output")
                .short('o')
                .value_name("PATH")
                .help("Write into this file, or into this folder a file for each object, instead of stdout"),
        )
        .arg(
            text("load-restrictor")
                .value_name("WORD")
                .value_parser(PossibleValuesParser::new([RESTRICTED, UNRESTRICTED, ""]))
                .hide_possible_values(true)
                .help("LoadRestrictionsNone lets files lie outside the folder of their kustomization"),
        )
        .arg(
            text("reorder")
                .value_name("WORD")
                .value_parser(PossibleValuesParser::new(["legacy", "none"]))
                .hide_possible_values(true)
                .help("legacy or none; deprecated: `sortOptions` of the kustomization says it too"),
        )
        .arg(switch("enable-managedby-label").help("Deprecated: `buildMetadata` says it too"))
        .arg(switch("enable-helm").help("Render the charts of `helmCharts`"))
        .arg(
            text("helm-command")
                .value_name("NAME")
                .default_value("helm")
                .hide_default_value(true)
                .help("helm, helm4 or helm3: whose output charts become; no program is started"),
        )
        .arg(text("helm-kube-version").value_name("VERSION").help("The Kubernetes that charts see"))
        .arg(
            text("helm-api-versions")
                .value_name("VERSION")
                .action(ArgAction::Append)
                .help("An API that charts see; may be repeated"),
        )
        .args(WITH_VALUE.map(|name| {
            let arg = text(name).action(ArgAction::Append).hide(true);
            if name == "env" { arg.short('e') } else { arg }
        }))
        .args(SWITCHES.map(|name| switch(name).hide(true)))
}

/// A flag that is on where it is said, and may be said with a value, as those of the tool.
fn switch(name: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("true|false")
        .value_parser(clap::value_parser!(bool))
        .hide_possible_values(true)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
}

/// Describes `windlass helm template`, whose arguments windlass-helm reads as Helm does.
pub(super) fn helm_template() -> Command {
    Command::new("template")
        .about("Print the objects of a chart")
        .override_usage("windlass helm template [NAME] <CHART> [FLAGS]")
        .after_help(HELM)
        .arg(
            Arg::new("args")
                .value_name("[NAME] CHART [FLAGS]")
                .help("The name of the release, the chart, and flags of `helm template` in any order")
                .num_args(1..)
                .required(true)
                .trailing_var_arg(true)
                .allow_hyphen_values(true),
        )
}

/// Reads what was asked of a command that stands for another tool.
pub(super) fn read(verb: Verb, matches: &ArgMatches) -> Option<Tool> {
    let matches = matches.subcommand().map(|(_, matches)| matches)?;
    match verb {
        Verb::Kustomize => Some(Tool::Kustomize(build(matches))),
        Verb::Helm => {
            let args = matches.get_many::<String>("args").into_iter().flatten().cloned().collect();
            Some(Tool::Helm(HelmTemplate { args }))
        }
        Verb::Push => Some(Tool::Push(push::read(matches))),
        _ => None,
    }
}

fn build(matches: &ArgMatches) -> KustomizeBuild {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    KustomizeBuild {
        folder: text("dir").unwrap_or_default(),
        output: text("output").filter(|path| !path.is_empty()),
        unrestricted: text("load-restrictor").as_deref() == Some(UNRESTRICTED),
        reorder: text("reorder").map(|word| if word == "none" { Reorder::Off } else { Reorder::Legacy }),
        managed_by_label: matches.get_one::<bool>("enable-managedby-label").copied(),
        helm: matches.get_one::<bool>("enable-helm").is_some_and(|on| *on).then(|| HelmCharts {
            command: text("helm-command").unwrap_or_default(),
            kube_version: text("helm-kube-version").unwrap_or_default(),
            api_versions: matches.get_many("helm-api-versions").into_iter().flatten().cloned().collect(),
        }),
    }
}
