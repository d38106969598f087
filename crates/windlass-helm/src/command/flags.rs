//! The flags of `helm template`, read as Go's pflag reads them.

use windlass_core::Result;

use super::{TemplateCommand, unsupported};
use crate::chart::invalid;

/// Flags with a value that change nothing here.
const WITH_VALUE: &[&str] = &[
    "--burst-limit",
    "--ca-file",
    "--cert-file",
    "--color",
    "--colour",
    "--content-cache",
    "--description",
    "--key-file",
    "--keyring",
    "--kube-apiserver",
    "--kube-as-group",
    "--kube-as-user",
    "--kube-ca-file",
    "--kube-tls-server-name",
    "--kube-token",
    "--labels",
    "--password",
    "--qps",
    "--registry-config",
    "--repository-cache",
    "--repository-config",
    "--timeout",
    "--username",
    "--version",
];

/// Flags without a value that change nothing here.
const WITHOUT_VALUE: &[&str] = &[
    "--atomic",
    "--create-namespace",
    "--debug",
    "--dependency-update",
    "--devel",
    "--disable-openapi-validation",
    "--force",
    "--force-conflicts",
    "--force-replace",
    "--hide-notes",
    "--insecure-skip-tls-verify",
    "--kube-insecure-skip-tls-verify",
    "--pass-credentials",
    "--plain-http",
    "--render-subchart-notes",
    "--replace",
    "--rollback-on-failure",
    "--server-side",
    "--skip-crds",
    "--take-ownership",
    "--wait",
    "--wait-for-jobs",
];

const SHORT: &[(char, &str)] = &[
    ('a', "--api-versions"),
    ('f', "--values"),
    ('g', "--generate-name"),
    ('l', "--labels"),
    ('n', "--namespace"),
    ('s', "--show-only"),
];

pub(super) fn parse(args: impl Iterator<Item = String>) -> Result<TemplateCommand> {
    let mut command = TemplateCommand::default();
    let mut args = args;
    while let Some(arg) = args.next() {
        if arg == "--" {
            command.names.extend(args);
            break;
        }
        if !arg.starts_with('-') || arg == "-" {
            command.names.push(arg);
            continue;
        }
        let (name, value) = split(&arg)?;
        command.flag(&name, value, &mut args)?;
    }
    Ok(command)
}

/// Splits a flag into its long name and the value that is written with it.
fn split(arg: &str) -> Result<(String, Option<String>)> {
    if arg.starts_with("--") {
        let (name, value) =
            arg.split_once('=').map_or((arg, None), |(name, value)| (name, Some(value.to_owned())));
        return Ok((name.to_owned(), value));
    }
    let mut chars = arg[1..].chars();
    let short = chars.next().unwrap_or_default();
    let Some((_, name)) = SHORT.iter().find(|(known, _)| *known == short) else {
        return Err(invalid(format!("unknown shorthand flag: {short:?} in {arg}")));
    };
    let rest = chars.as_str();
    let value = (!rest.is_empty()).then(|| rest.strip_prefix('=').unwrap_or(rest).to_owned());
    Ok(((*name).to_owned(), value))
}

impl TemplateCommand {
    fn flag(
        &mut self,
        name: &str,
        value: Option<String>,
        rest: &mut dyn Iterator<Item = String>,
    ) -> Result<()> {
        if let Some(switch) = self.switch(name) {
            *switch = truth(name, value.as_deref())?;
            return Ok(());
        }
        if WITHOUT_VALUE.contains(&name) {
            return Ok(());
        }
        match name {
            "--validate" | "--enable-dns" | "--verify" => {
                return if truth(name, value.as_deref())? { Err(unsupported(name)) } else { Ok(()) };
            }
            "--dry-run" => {
                return match value.as_deref() {
                    None | Some("client" | "unset" | "true" | "false" | "none") => Ok(()),
                    Some(_) => Err(unsupported("--dry-run=server")),
                };
            }
            _ => {}
        }
        let needed = || invalid(format!("flag needs an argument: {name}"));
        let mut value = || value.clone().or_else(|| rest.next()).ok_or_else(needed);
        match name {
            "--namespace" => self.namespace = value()?,
            "--kubeconfig" => self.kubeconfig = Some(value()?).filter(|file| !file.is_empty()),
            "--kube-context" => self.kube_context = Some(value()?).filter(|name| !name.is_empty()),
            "--kube-version" => self.kube_version = Some(value()?),
            "--name-template" => self.name_template = Some(value()?).filter(|template| !template.is_empty()),
            "--output-dir" => self.output_dir = Some(value()?).filter(|folder| !folder.is_empty()),
            "--api-versions" => self.api_versions.extend(separated(&value()?)),
            "--values" => self.values.extend(separated(&value()?)),
            "--set" => self.set.push(value()?),
            "--set-string" => self.set_string.push(value()?),
            "--set-json" => self.set_json.push(value()?),
            "--set-file" => self.set_file.push(value()?),
            "--set-literal" => self.set_literal.push(value()?),
            "--show-only" => self.show_only.push(value()?),
            "--post-renderer" | "--post-renderer-args" | "--repo" => return Err(unsupported(name)),
            known if WITH_VALUE.contains(&known) => drop(value()?),
            unknown => return Err(invalid(format!("unknown flag: {unknown}"))),
        }
        Ok(())
    }

    fn switch(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "--generate-name" => &mut self.generate_name,
            "--include-crds" => &mut self.crds,
            "--is-upgrade" => &mut self.upgrade,
            "--no-hooks" => &mut self.no_hooks,
            "--release-name" => &mut self.release_in_path,
            "--skip-schema-validation" => &mut self.skip_schema,
            "--skip-tests" => &mut self.skip_tests,
            _ => return None,
        })
    }
}

/// A boolean as Go reads it.
fn truth(name: &str, value: Option<&str>) -> Result<bool> {
    match value {
        None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some(other) => Err(invalid(format!("invalid argument {other:?} for \"{name}\" flag"))),
    }
}

/// Splits a list at its commas; double quotes keep one together.
fn separated(list: &str) -> Vec<String> {
    let (mut items, mut item, mut quoted) = (Vec::new(), String::new(), false);
    for c in list.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => items.push(std::mem::take(&mut item)),
            c => item.push(c),
        }
    }
    items.push(item);
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str]) -> Result<TemplateCommand> {
        TemplateCommand::parse(args.iter().copied())
    }

    #[test]
    fn flags_are_read_as_pflag_reads_them() {
        let command = check(&[
            "rel",
            "-nshop",
            "-f=a.yaml,b.yaml",
            "chart",
            "--set",
            "a=1",
            "--set=b=2",
            "--is-upgrade=false",
            "--no-hooks",
            "-a",
            "x/v1,y/v1",
            "--timeout",
            "5s",
            "--wait",
        ])
        .unwrap();
        assert_eq!((command.chart(), command.namespace.as_str()), ("chart", "shop"));
        assert_eq!(command.values, ["a.yaml", "b.yaml"]);
        assert_eq!(command.set, ["a=1", "b=2"]);
        assert_eq!(command.api_versions, ["x/v1", "y/v1"]);
        assert!(command.no_hooks && !command.upgrade);
    }

    #[test]
    fn what_helm_refuses_is_refused() {
        for args in [
            &[][..],
            &["a", "b", "c"],
            &["a", "--nope"],
            &["a", "--set"],
            &["a", "-x"],
            &["a", "--no-hooks=x"],
            &["a", "b", "--generate-name"],
        ] {
            assert!(check(args).is_err(), "{args:?}");
        }
        for args in [
            &["a", "--validate"][..],
            &["a", "--dry-run=server"],
            &["a", "--post-renderer", "x"],
            &["a", "--repo", "https://example.org"],
            &["a", "--enable-dns"],
            &["a", "--verify"],
        ] {
            assert_eq!(check(args).unwrap_err().kind(), windlass_core::ErrorKind::Unsupported, "{args:?}");
        }
        for args in [&["a", "-g"][..], &["a", "b", "--enable-dns=false"]] {
            assert!(check(args).is_ok(), "{args:?}");
        }
    }
}
