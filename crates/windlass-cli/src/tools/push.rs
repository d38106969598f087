//! `windlass push artifact`: what `flux push artifact` does.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use windlass_core::{Context, Error, ErrorKind, Result, Timestamp};
use windlass_engine::TokioClock;
use windlass_oci::{Credentials, Package, Push, Pushed};
use windlass_render::Ignore;

use super::Written;
use crate::args::{Format, PushArtifact};
use crate::credentials::{bytes, shown};

/// Pushes.
///
/// # Errors
/// What the disk or the registry says.
pub(super) fn artifact(asked: &PushArtifact) -> Result<Written> {
    let docker = docker_config(|name| std::env::var_os(name));
    let push = described(asked, docker.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime
        .map_err(|error| Error::new(ErrorKind::Unavailable, "no push can be started").caused_by(error))?;
    let pushed = runtime.block_on(async {
        let cx = Context::new(TokioClock::new());
        let ignore = Ignore::new(&asked.ignored.join("\n"));
        let package =
            Package::of(&asked.path, &|path, is_folder| ignore.ignores(path, is_folder), cx.limits())?;
        push.push(&cx, package).await
    })?;
    Ok(Written { text: text(&pushed, asked.format), ..Written::default() })
}

fn described(asked: &PushArtifact, docker: Option<&Path>) -> Result<Push> {
    let mut push = Push::to(&asked.url).with_source(&asked.source).with_revision(&asked.revision);
    for said in &asked.annotations {
        let (name, value) = said.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "an annotation is written NAME=VALUE").with("annotation", said)
        })?;
        push = push.with_annotation(name, value);
    }
    if asked.reproducible {
        push = push.with_created(Timestamp::from_unix(0));
    }
    if asked.insecure {
        push = push.with_plain_http();
    }
    if let Some(file) = &asked.authority {
        push = push.with_authorities(
            bytes(file, "authorities").map_err(|error| error.with("path", file.display()))?,
        );
    }
    Ok(credentials(asked, docker)?.into_iter().fold(push, Push::with_credentials))
}

/// What is shown the registry: what a flag names, else what Docker's configuration holds, where there is one.
fn credentials(asked: &PushArtifact, docker: Option<&Path>) -> Result<Option<Credentials>> {
    let named = |file: &Path, error: Error| error.with("path", file.display());
    if let Some(file) = &asked.credentials {
        return bytes(file, "credentials")
            .and_then(|held| shown(&held, &asked.url))
            .map_err(|error| named(file, error));
    }
    let Some(file) = docker.filter(|file| fs::exists(file).unwrap_or(false)) else { return Ok(None) };
    let held = bytes(file, "credentials").map_err(|error| named(file, error))?;
    Credentials::from_docker_config(&held, &asked.url).map_err(|error| named(file, error))
}

/// Where Docker keeps its configuration.
fn docker_config(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name: &str| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = path("DOCKER_CONFIG").or_else(|| path("HOME").map(|home| home.join(".docker")));
    folder.map(|folder| folder.join("config.json"))
}

fn text(pushed: &Pushed, format: Format) -> String {
    let (repository, tag, digest) = (&pushed.repository, &pushed.tag, pushed.digest);
    let url = format!("oci://{repository}@{digest}");
    match format {
        Format::Text => format!("{repository}@{digest}\n"),
        Format::Json => {
            let quoted = |text: &str| serde_json::Value::from(text).to_string();
            let fields =
                [("url", &url), ("repository", repository), ("tag", tag), ("digest", &digest.to_string())]
                    .map(|(name, value)| format!("  \"{name}\": {}", quoted(value)));
            format!("{{\n{}\n}}\n", fields.join(",\n"))
        }
        Format::Yaml => {
            format!("digest: {digest}\nrepository: {repository}\ntag: {}\nurl: {url}\n", yaml(tag))
        }
    }
}

/// A tag may look like a number or a word that YAML knows.
fn yaml(tag: &str) -> String {
    let plain = tag.starts_with('v') && tag.len() > 1;
    if plain { tag.to_owned() } else { format!("\"{tag}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docker_configuration_is_where_docker_has_it() {
        let with = |pairs: &'static [(&'static str, &'static str)]| {
            let found = docker_config(|name| {
                pairs.iter().find(|(have, _)| *have == name).map(|(_, value)| value.into())
            });
            found.map(|path| path.display().to_string()).unwrap_or_default()
        };
        assert_eq!(with(&[("HOME", "/home/ada")]), "/home/ada/.docker/config.json");
        assert_eq!(with(&[("HOME", "/home/ada"), ("DOCKER_CONFIG", "/d")]), "/d/config.json");
        assert_eq!(with(&[("DOCKER_CONFIG", "")]), "");
    }
}
