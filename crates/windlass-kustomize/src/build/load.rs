//! Which file a path means, and whether it may be read.

use std::sync::Arc;

use windlass_core::{Bytes, Digest, Error, ErrorKind, Need, Result, Text, TreePath};

use super::place::Place;
use super::remote::shown;
use super::tracking::Trail;
use super::{Build, Target};
use crate::address::{Repository, is_http, is_http_file};
use crate::kustomization::Kustomization;
use crate::read::{self, Doc};
use crate::{FILE_NAMES, Restrict};

/// A folder of a kustomization with those that led to it.
#[derive(Clone)]
pub(super) struct Loader {
    root: Place,
    /// Those that led to it in the same files.
    above: Vec<Place>,
    /// The entries that led to other repositories.
    repositories: Vec<Text>,
    depth: usize,
}

/// What a path turned out to be.
pub(super) enum Found {
    File(Place),
    Folder(Loader),
}

impl Loader {
    pub(super) fn new(root: TreePath) -> Self {
        Self { root: Place::own(root), above: Vec::new(), repositories: Vec::new(), depth: 0 }
    }

    pub(super) fn root(&self) -> &Place {
        &self.root
    }

    /// Gives the place that a path means. `absolute`: whether one may begin with `/`, and is seen from the root then.
    pub(super) fn path(&self, path: &str, absolute: bool) -> Result<Place> {
        if path.starts_with('/') && absolute && self.root.base.is_none() {
            return TreePath::root().join(path).map(Place::own);
        }
        if path.starts_with('/') {
            return Err(Error::new(ErrorKind::Denied, "the path is absolute").with("resource", path));
        }
        self.root.join(path).map_err(|error| match &self.root.base {
            None => error.with_each("resource", shown(path)),
            Some(base) => error.with_each("resource", shown(path)).with_each("base", &base.address),
        })
    }

    /// Goes to another folder.
    fn enter(&self, path: Place, depth_max: usize) -> Result<Self> {
        let visited = self.above.iter().chain([&self.root]);
        if let Some(visited) = visited.into_iter().find(|visited| visited.is_under(&path)) {
            let error = Error::new(ErrorKind::Invalid, "cycle detected: a base contains what refers to it");
            return Err(error.with("base", &path).with("visited", visited));
        }
        let mut above = self.above.clone();
        above.push(self.root.clone());
        self.at(path, above, self.repositories.clone(), depth_max)
    }

    /// Goes to a folder of another repository. No folder there is the same as one here.
    pub(super) fn enter_repository(&self, entry: &str, place: Place, depth_max: usize) -> Result<Self> {
        let mut repositories = self.repositories.clone();
        repositories.push(entry.into());
        self.at(place, Vec::new(), repositories, depth_max)
    }

    fn at(&self, root: Place, above: Vec<Place>, repositories: Vec<Text>, depth_max: usize) -> Result<Self> {
        let depth = self.depth + 1;
        if depth > depth_max {
            let error = Error::new(ErrorKind::Limit, "bases are nested too deeply");
            return Err(error.with("depth_max", depth_max));
        }
        Ok(Self { root, above, repositories, depth })
    }

    /// Refuses a repository that led here.
    pub(super) fn check_repository(&self, entry: &str) -> Result<()> {
        let Some(visited) = self.repositories.iter().find(|visited| visited.starts_with(entry)) else {
            return Ok(());
        };
        let error = Error::new(ErrorKind::Invalid, "cycle detected: a repository contains what refers to it");
        Err(error.with("base", shown(entry)).with("visited", shown(visited)))
    }
}

impl Build<'_> {
    /// Reads a file of a kustomization.
    pub(super) fn load(&mut self, loader: &Loader, path: &str) -> Result<(Place, Bytes)> {
        if is_http(path) {
            return self.load_remote(path);
        }
        let file = self.real(loader.path(path, self.options.absolute_paths)?);
        self.check_restriction(loader, &file)?;
        let bytes = self.read_file(&file)?;
        Ok((file, bytes))
    }

    /// Follows the links on a path. What is not there stays as it is, for the read to say so.
    pub(super) fn real(&self, place: Place) -> Place {
        match place.files(self.files).real(&place.path) {
            Ok(path) => Place { path, ..place },
            Err(_) => place,
        }
    }

    /// In a repository that somebody else wrote no file may be read from outside of the folder.
    pub(super) fn check_restriction(&self, loader: &Loader, file: &Place) -> Result<()> {
        let inside = file.is_under(&loader.root) && *file != loader.root;
        let is_free = self.options.restrict == Restrict::None && loader.root.base.is_none();
        if inside || is_free || file.base.as_ref().is_some_and(|base| base.is_file) {
            return Ok(());
        }
        let error =
            Error::new(ErrorKind::Denied, "the file is not in or below the folder of the kustomization");
        Err(error.with("path", file).with("root", &loader.root))
    }

    pub(super) fn read_file(&mut self, file: &Place) -> Result<Bytes> {
        self.cx.check()?;
        let limits = self.cx.limits();
        let bytes = match self.pending.take() {
            Some((path, bytes)) if path == *file => bytes,
            _ => file.files(self.files).read(&file.path).map_err(|error| file.named(error))?,
        };
        self.bytes_read += bytes.len() as u64;
        let over =
            |name: &'static str| Error::new(ErrorKind::Limit, "a build reads too much").with("limit", name);
        if self.bytes_read > limits.artifact_bytes_max {
            return Err(over("artifact_bytes_max").with("path", file));
        }
        // Of another artifact all is read.
        if file.base.is_none() {
            self.reads.insert(Need::File(file.path.clone()), Digest::of(&bytes));
        }
        if self.reads.len() > limits.files_max {
            return Err(over("files_max").with("path", file));
        }
        Ok(bytes)
    }

    /// Says whether a path is a file or a folder.
    pub(super) fn find(&mut self, loader: &Loader, path: &str) -> Result<Found> {
        if is_http_file(path) {
            return self.remote_file(path).map(Found::File);
        }
        if let Some(repository) = Repository::read(path) {
            // A file of that name goes before.
            let file = loader.path(path, false).ok().filter(|_| !is_http(path)).map(|file| self.real(file));
            let read = |file: &Place| {
                self.check_restriction(loader, file).and_then(|()| file.files(self.files).read(&file.path))
            };
            if let Some((file, bytes)) = file.and_then(|file| read(&file).ok().map(|bytes| (file, bytes))) {
                self.pending = Some((file.clone(), bytes));
                return Ok(Found::File(file));
            }
            return self.repository(loader, path, &repository).map(Found::Folder);
        }
        let place = self.real(loader.path(path, self.options.absolute_paths)?);
        let by_name = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
        if by_name {
            if self.documents.contains_key(&place) {
                return Ok(Found::File(place));
            }
            if self.check_restriction(loader, &place).is_ok()
                && let Ok(bytes) = place.files(self.files).read(&place.path)
            {
                self.pending = Some((place.clone(), bytes));
                return Ok(Found::File(place));
            }
        }
        let is_folder = match place.files(self.files).list(&place.path) {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::Unfetched => return Err(error),
            Err(_) => false,
        };
        if is_folder { self.folder(loader, path).map(Found::Folder) } else { Ok(Found::File(place)) }
    }

    /// Goes to the folder that a path means.
    pub(super) fn folder(&mut self, loader: &Loader, path: &str) -> Result<Loader> {
        if path.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "the path is empty"));
        }
        if let Some(repository) = Repository::read(path) {
            return self.repository(loader, path, &repository);
        }
        let place = self.real(loader.path(path, false)?);
        if path.split('/').any(|name| name.contains("..") && name != "..") {
            let error = Error::new(ErrorKind::Invalid, "the path has two dots inside a name");
            return Err(error.with("resource", path).with_help("check the indentation of the kustomization"));
        }
        loader.enter(place, self.cx.limits().folder_depth_max)
    }

    /// Reads the kustomization of a folder.
    pub(super) fn target(&mut self, loader: Loader, track: Trail) -> Result<Target> {
        if let Some(file) = self.kustomizations.get(&loader.root) {
            let file = Arc::clone(file);
            self.warnings.extend_from_slice(&file.0.warnings);
            return Ok(Target { file, loader, track, namespace: Text::default() });
        }
        let mut found: Option<(&str, Place, Bytes)> = None;
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
        let file = Arc::new((file, Text::from(name)));
        self.kustomizations.insert(loader.root.clone(), Arc::clone(&file));
        Ok(Target { file, loader, track, namespace: Text::default() })
    }

    /// Reads the documents of a file, once for all that ask for it.
    pub(super) fn documents(&mut self, loader: &Loader, path: &Place) -> Result<Arc<Vec<Doc>>> {
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
