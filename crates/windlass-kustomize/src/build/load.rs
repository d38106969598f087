//! Which file a path means, and whether it may be read.

use std::sync::Arc;

use windlass_core::{Bytes, Digest, Error, ErrorKind, Need, Result, Text, TreePath};

use super::{Build, Target};
use crate::kustomization::Kustomization;
use crate::read::{self, Doc};
use crate::{FILE_NAMES, Restrict};

/// A folder of a kustomization with those that led to it.
#[derive(Clone)]
pub(super) struct Loader {
    root: TreePath,
    above: Vec<TreePath>,
}

/// What a path turned out to be.
pub(super) enum Found {
    File(TreePath),
    Folder(Loader),
}

impl Loader {
    pub(super) fn new(root: TreePath) -> Self {
        Self { root, above: Vec::new() }
    }

    pub(super) fn root(&self) -> &TreePath {
        &self.root
    }

    /// Gives the place that a path means. `absolute`: whether one may begin with `/`, and is seen from the root then.
    fn path(&self, path: &str, absolute: bool) -> Result<TreePath> {
        if is_remote(path) {
            let error = Error::new(ErrorKind::Unsupported, "remote resources are not read");
            return Err(error
                .with("resource", redacted(path))
                .with_help("bring the files into the same tree"));
        }
        if path.starts_with('/') && absolute {
            return TreePath::root().join(path);
        }
        if path.starts_with('/') {
            return Err(Error::new(ErrorKind::Denied, "the path is absolute").with("resource", path));
        }
        self.root.join(path).map_err(|error| error.with_each("resource", path))
    }

    /// Goes to another folder.
    fn enter(&self, path: TreePath, depth_max: usize) -> Result<Self> {
        let visited = self.above.iter().chain([&self.root]);
        if let Some(visited) = visited.into_iter().find(|visited| visited.is_under(&path)) {
            let error = Error::new(ErrorKind::Invalid, "cycle detected: a base contains what refers to it");
            return Err(error.with("base", &path).with("visited", visited));
        }
        if self.above.len() >= depth_max {
            return Err(
                Error::new(ErrorKind::Limit, "bases are nested too deeply").with("depth_max", depth_max)
            );
        }
        let mut above = self.above.clone();
        above.push(self.root.clone());
        Ok(Self { root: path, above })
    }
}

impl Build<'_> {
    /// Reads a file of a kustomization.
    pub(super) fn load(&mut self, loader: &Loader, path: &str) -> Result<(TreePath, Bytes)> {
        let file = self.real(loader.path(path, self.options.absolute_paths)?);
        self.check_restriction(loader, &file)?;
        let bytes = self.read_file(&file)?;
        Ok((file, bytes))
    }

    /// Follows the links on a path. What is not there stays as it is, for the read to say so.
    fn real(&self, path: TreePath) -> TreePath {
        self.files.real(&path).unwrap_or(path)
    }

    fn check_restriction(&self, loader: &Loader, file: &TreePath) -> Result<()> {
        let inside = file.is_under(&loader.root) && *file != loader.root;
        if inside || self.options.restrict == Restrict::None {
            return Ok(());
        }
        let error =
            Error::new(ErrorKind::Denied, "the file is not in or below the folder of the kustomization");
        Err(error.with("path", file).with("root", &loader.root))
    }

    fn read_file(&mut self, file: &TreePath) -> Result<Bytes> {
        self.cx.check()?;
        let limits = self.cx.limits();
        let bytes = match self.pending.take() {
            Some((path, bytes)) if path == *file => bytes,
            _ => self.files.read(file).map_err(|error| {
                if error.context("path").is_some() { error } else { error.with_each("path", file) }
            })?,
        };
        self.bytes_read += bytes.len() as u64;
        let over =
            |name: &'static str| Error::new(ErrorKind::Limit, "a build reads too much").with("limit", name);
        if self.bytes_read > limits.artifact_bytes_max {
            return Err(over("artifact_bytes_max").with("path", file));
        }
        self.reads.insert(Need::File(file.clone()), Digest::of(&bytes));
        if self.reads.len() > limits.files_max {
            return Err(over("files_max").with("path", file));
        }
        Ok(bytes)
    }

    /// Says whether a path is a file or a folder.
    pub(super) fn find(&mut self, loader: &Loader, path: &str) -> Result<Found> {
        let place = self.real(loader.path(path, self.options.absolute_paths)?);
        let by_name = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
        if by_name {
            if self.documents.contains_key(&place) {
                return Ok(Found::File(place));
            }
            if self.check_restriction(loader, &place).is_ok()
                && let Ok(bytes) = self.files.read(&place)
            {
                self.pending = Some((place.clone(), bytes));
                return Ok(Found::File(place));
            }
        }
        let is_folder = match self.files.list(&place) {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::Unfetched => return Err(error),
            Err(_) => false,
        };
        if is_folder { self.folder(loader, path).map(Found::Folder) } else { Ok(Found::File(place)) }
    }

    /// Goes to the folder that a path means.
    pub(super) fn folder(&self, loader: &Loader, path: &str) -> Result<Loader> {
        if path.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "the path is empty"));
        }
        let place = self.real(loader.path(path, false)?);
        if path.split('/').any(|name| name.contains("..") && name != "..") {
            let error = Error::new(ErrorKind::Invalid, "the path has two dots inside a name");
            return Err(error.with("resource", path).with_help("check the indentation of the kustomization"));
        }
        loader.enter(place, self.cx.limits().folder_depth_max)
    }

    /// Reads the kustomization of a folder.
    pub(super) fn target(&mut self, loader: Loader, track: String) -> Result<Target> {
        if let Some(file) = self.kustomizations.get(&loader.root) {
            let file = Arc::clone(file);
            self.warnings.extend_from_slice(&file.0.warnings);
            return Ok(Target { file, loader, track });
        }
        let mut found: Option<(&str, TreePath, Bytes)> = None;
        for name in FILE_NAMES {
            let path = self.real(loader.root.join(name)?);
            let bytes = self.check_restriction(&loader, &path).and_then(|()| self.read_file(&path));
            match bytes {
                Ok(_) if found.is_some() => {
                    let error = Error::new(ErrorKind::Conflict, "several kustomization files in one folder");
                    return Err(error.with("path", &loader.root));
                }
                Ok(bytes) => found = Some((name, path, bytes)),
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Denied
                    ) => {}
                Err(error) => return Err(error),
            }
        }
        let Some((name, path, bytes)) = found else {
            let error =
                Error::new(ErrorKind::NotFound, "no kustomization.yaml, kustomization.yml or Kustomization");
            return Err(error.with("path", &loader.root));
        };
        let here = |error: Error| error.with_each("path", &path);
        let value = read::config(&bytes, &mut self.cache, self.cx.limits()).map_err(here)?;
        let file = Kustomization::read(&value).map_err(here)?;
        self.warnings.extend_from_slice(&file.warnings);
        if let Some(field) = file.helm {
            let error = Error::new(ErrorKind::Unsupported, "Helm charts are not rendered here");
            return Err(here(error.with("field", field)));
        }
        let file = Arc::new((file, Text::from(name)));
        self.kustomizations.insert(loader.root.clone(), Arc::clone(&file));
        Ok(Target { file, loader, track })
    }

    /// Reads the documents of a file, once for all that ask for it.
    pub(super) fn documents(&mut self, loader: &Loader, path: &TreePath) -> Result<Arc<Vec<Doc>>> {
        self.check_restriction(loader, path)?;
        if let Some(documents) = self.documents.get(path) {
            return Ok(Arc::clone(documents));
        }
        let bytes = self.read_file(path)?;
        let documents = read::documents(&bytes, &mut self.cache, self.cx.limits());
        let documents = Arc::new(documents.map_err(|error| error.with_each("path", path))?);
        self.documents.insert(path.clone(), Arc::clone(&documents));
        Ok(documents)
    }
}

/// Says whether a path is an address.
fn is_remote(path: &str) -> bool {
    let start = path.to_ascii_lowercase();
    ["http://", "https://", "ssh://", "git://", "git::", "git@", "file://", "github.com/", "github.com:"]
        .iter()
        .any(|prefix| start.starts_with(prefix))
}

/// Takes what may be a password out of an address.
fn redacted(path: &str) -> String {
    match (path.split_once("://"), path.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => path.to_owned(),
    }
}
