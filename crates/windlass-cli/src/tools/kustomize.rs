//! `windlass kustomize build`: what `kustomize build` does.

use std::fs;
use std::path::Path;

use windlass_core::{Context, Error, ErrorKind, Result};
use windlass_helm::template::HelmVersion;
use windlass_kustomize::{Options, Restrict, build as built};

use super::disk::{Disk, fault, located};
use super::{Charts, Written};
use crate::args::{KustomizeBuild, Reorder};
use crate::bases::{of_helm, of_remote};

/// The variable by which kustomize adds its label without being told by a flag.
const MANAGED_BY: &str = "KUSTOMIZE_ENABLE_MANAGEDBY_LABEL";

const REMOTE: &str = "bring the files into the same tree; a unit may allow remote resources with spec.bases";

const HELM: &str = "say --enable-helm";

/// Builds.
///
/// # Errors
/// As [`built`], and what the disk says.
pub(super) fn build(cx: &Context, asked: &KustomizeBuild) -> Result<Written> {
    let folder = Path::new(&asked.folder);
    if !folder.exists() && asked.folder.contains([':', '?']) {
        let error = Error::new(ErrorKind::Unsupported, "remote kustomizations are not fetched");
        return Err(error.with_help("clone the repository, and build a folder of it"));
    }
    let (disk, place) = Disk::at(folder, cx.limits())?;
    if !folder.is_dir() {
        return Err(Error::new(ErrorKind::Invalid, "not a folder").with("path", folder.display()));
    }
    let into_folder = asked.output.as_ref().map(Path::new).filter(|output| output.is_dir());
    let mut options = options(asked, into_folder.is_some()).with_text_only();
    if let Some(helm) = &asked.helm {
        let charts = Charts::of_command(cx, version(&helm.command)?);
        options = options.with_helm(charts).with_helm_cluster(&helm.kube_version, helm.api_versions.clone());
    }
    let advised = |error| of_helm(of_remote(error, REMOTE), HELM);
    let built = built(cx, &disk, &place, &options).map_err(|error| located(&advised(error)))?;
    let mut written = Written { notes: notes(asked), ..Written::default() };
    written.notes.extend(built.warnings.iter().cloned());
    match (into_folder, &asked.output) {
        (Some(folder), _) => {
            for (name, text) in built.files().map_err(|error| located(&error))? {
                write(&folder.join(name), &text)?;
            }
        }
        (None, Some(file)) => write(Path::new(file), &built.text)?,
        (None, None) => written.text = built.text,
    }
    Ok(written)
}

/// Tells which Helm a command stands for. None is started.
fn version(command: &str) -> Result<HelmVersion> {
    match Path::new(command).file_name().and_then(|name| name.to_str()) {
        Some("helm" | "helm4") => Ok(HelmVersion::V4),
        Some("helm3") => Ok(HelmVersion::V3),
        _ => {
            let error = Error::new(ErrorKind::Unsupported, "no program is started for charts");
            let error = error.with("flag", "--helm-command").with("value", command);
            Err(error.with_help("helm or helm4 stands for Helm 4, and helm3 for Helm 3"))
        }
    }
}

fn options(asked: &KustomizeBuild, files: bool) -> Options {
    let managed =
        asked.managed_by_label == Some(true) || std::env::var_os(MANAGED_BY).is_some_and(|on| on == "on");
    let restrict = if asked.unrestricted { Restrict::None } else { Restrict::RootOnly };
    let mut options = Options::default().with_restrict(restrict).with_absolute_paths();
    if managed {
        options = options.with_managed_by_label();
    }
    if asked.reorder == Some(Reorder::Off) {
        options = options.with_unsorted();
    }
    if files { options.with_files() } else { options }
}

/// What kustomize says of flags that are out of date.
fn notes(asked: &KustomizeBuild) -> Vec<String> {
    let reorder =
        "Flag --reorder has been deprecated, use the new 'sortOptions' field in kustomization.yaml instead.";
    let label = "Flag --enable-managedby-label has been deprecated, The flag `enable-managedby-label` has been \
                 deprecated. Use the `managedByLabel` option in the `buildMetadata` field instead.";
    let said = [(asked.managed_by_label.is_some(), label), (asked.reorder.is_some(), reorder)];
    said.into_iter().filter(|(said, _)| *said).map(|(_, line)| line.to_owned()).collect()
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| fault(path, &error))
}
