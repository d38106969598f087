//! Which files are rendered.

use std::collections::BTreeMap;

use windlass_core::{
    Context, Digest, Entry, EntryKind, Error, ErrorKind, Need, RenderInput, Result, TreePath,
};
use windlass_yaml::{Options, Reader};

use crate::Manifests;
use crate::ignore::{Match, Rules};
use crate::manifests::limit;

/// What a path turned out to be.
#[derive(Debug)]
pub(crate) enum Found {
    /// A manifest, to be read.
    File,
    /// Something that stops the render.
    Wrong(Error),
}

/// A walk through the folders.
pub(crate) struct Walk<'w> {
    cx: &'w Context,
    input: &'w RenderInput<'w>,
    options: &'w Manifests,
    /// What was listed or looked for, with its digest.
    pub(crate) reads: BTreeMap<Need, Digest>,
    ignored: Rules,
    include: Rules,
    exclude: Rules,
    found: Vec<(TreePath, Found)>,
    /// Entries that were looked at.
    entries: usize,
}

const KUSTOMIZATIONS: [&str; 3] = ["Kustomization", "kustomization.yaml", "kustomization.yml"];

impl<'w> Walk<'w> {
    pub(crate) fn new(cx: &'w Context, input: &'w RenderInput<'w>, options: &'w Manifests) -> Self {
        let rules = |patterns: &[windlass_core::Text]| {
            let mut rules = Rules::default();
            patterns.iter().for_each(|pattern| rules.add(input.path, pattern));
            rules
        };
        Self {
            cx,
            input,
            options,
            reads: BTreeMap::new(),
            ignored: Rules::default(),
            include: rules(&options.include),
            exclude: rules(&options.exclude),
            found: Vec::new(),
            entries: 0,
        }
    }

    /// Finds everything that has to be read or reported, in the byte order of the paths.
    pub(crate) fn find(&mut self) -> Result<Vec<(TreePath, Found)>> {
        let path = self.input.path;
        match self.list(path) {
            Ok(entries) => {
                self.ignore_files_above(path)?;
                self.folder(path, entries)?;
            }
            Err(error) if error.kind() == ErrorKind::Invalid && !path.is_root() => {
                self.found.push((path.clone(), Found::File));
            }
            Err(error) => return Err(error.with_each("path", path)),
        }
        self.found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(std::mem::take(&mut self.found))
    }

    /// Goes through folders with a list of what is left to do, not with the stack.
    fn folder(&mut self, root: &TreePath, entries: Vec<Entry>) -> Result<()> {
        let mut open = vec![(root.clone(), entries, 1_usize)];
        while let Some((folder, entries, depth)) = open.pop() {
            self.cx.check()?;
            if depth > self.cx.limits().folder_depth_max {
                let max = self.cx.limits().folder_depth_max;
                return Err(
                    limit("folders are nested too deeply", "folder_depth_max", max).with("path", folder)
                );
            }
            self.read_ignore_files(&folder)?;
            if self.is_foreign(&folder, &entries)? {
                continue;
            }
            for entry in entries {
                let path = folder.join(&entry.name)?;
                if self.entry(&path, &entry)? {
                    match self.list(&path) {
                        Ok(entries) => open.push((path, entries, depth + 1)),
                        Err(error) => self.found.push((path, Found::Wrong(error))),
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks at an entry and says whether it is a folder to go into.
    fn entry(&mut self, path: &TreePath, entry: &Entry) -> Result<bool> {
        self.entries += 1;
        let max = self.cx.limits().files_max;
        if self.entries > max {
            return Err(limit("too many files", "files_max", max).with("path", path));
        }
        if !self.options.hidden && entry.name.starts_with('.') {
            return Ok(false);
        }
        match entry.kind {
            EntryKind::Folder => {
                return Ok(self.options.recursive
                    && !self.ignored.prunes(path)
                    && !self.exclude.prunes(path));
            }
            EntryKind::File if self.is_manifest(&entry.name) && self.is_wanted(path) => {
                self.found.push((path.clone(), Found::File));
            }
            EntryKind::File => {}
            _ if self.is_wanted(path) => self.found.push((path.clone(), Found::Wrong(neither()))),
            _ => {}
        }
        Ok(false)
    }

    fn is_manifest(&self, name: &str) -> bool {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        extension.is_some_and(|extension| self.options.extensions.iter().any(|one| one == extension))
    }

    fn is_wanted(&self, path: &TreePath) -> bool {
        self.ignored.of(path, false) != Match::Exclude
            && self.exclude.of(path, false) != Match::Exclude
            && (self.include.is_empty() || self.include.of(path, false) == Match::Exclude)
    }

    /// Says whether the folder belongs to another renderer, and reports it.
    fn is_foreign(&mut self, folder: &TreePath, entries: &[Entry]) -> Result<bool> {
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::File) {
            let path = folder.join(&entry.name)?;
            if !self.is_wanted(&path) {
                continue;
            }
            let error = match entry.name.as_str() {
                "Chart.yaml" => chart(),
                name if KUSTOMIZATIONS.contains(&name) && self.is_kustomization(&path) => kustomization(),
                _ => continue,
            };
            self.found.push((path, Found::Wrong(error)));
            return Ok(true);
        }
        Ok(false)
    }

    /// A file of that name may hold an object of another tool, such as a `Kustomization` of Flux.
    fn is_kustomization(&mut self, path: &TreePath) -> bool {
        let Ok(bytes) = self.input.artifact.files().read(path) else { return true };
        self.reads.insert(Need::File(path.clone()), Digest::of(&bytes));
        let first = Reader::new(&bytes, &Options::from(self.cx.limits())).ok().and_then(|mut all| all.next());
        let Some(Ok(first)) = first else { return true };
        first
            .value
            .text_at(&["apiVersion"])
            .is_none_or(|version| version.starts_with("kustomize.config.k8s.io/"))
    }

    fn list(&mut self, folder: &TreePath) -> Result<Vec<Entry>> {
        let entries = self.input.artifact.files().list(folder)?;
        let names: Vec<String> =
            entries.iter().map(|entry| format!("{:?} {}", entry.kind, entry.name)).collect();
        let digest = Digest::of_parts(names.iter().map(String::as_bytes));
        self.reads.insert(Need::File(folder.clone()), digest);
        Ok(entries)
    }

    /// An ignore file at the root of the repository holds for every folder in it.
    fn ignore_files_above(&mut self, path: &TreePath) -> Result<()> {
        let mut above = Vec::new();
        let mut folder = path.parent();
        while let Some(one) = folder {
            folder = one.parent();
            above.push(one);
        }
        above.iter().rev().try_for_each(|folder| self.read_ignore_files(folder))
    }

    fn read_ignore_files(&mut self, folder: &TreePath) -> Result<()> {
        for name in &self.options.ignore_files {
            let path = folder.join(name)?;
            match self.input.artifact.files().read(&path) {
                Ok(bytes) => {
                    self.reads.insert(Need::File(path), Digest::of(&bytes));
                    self.ignored.add(folder, &String::from_utf8_lossy(&bytes));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.reads.insert(Need::File(path), Digest::of_parts([]));
                }
                Err(error) => return Err(error.with_each("path", path)),
            }
        }
        Ok(())
    }
}

fn neither() -> Error {
    Error::new(ErrorKind::Invalid, "neither a file nor a folder here").with_help(
        "a link that leaves the repository or a submodule cannot be read; leave it out with .windlassignore",
    )
}

fn kustomization() -> Error {
    Error::new(ErrorKind::Unsupported, "a kustomization is not rendered as plain manifests")
        .with_help("switch kustomize on for this path, or leave the folder out with .windlassignore")
}

fn chart() -> Error {
    Error::new(ErrorKind::Unsupported, "a Helm chart is not rendered as plain manifests")
        .with_help("switch Helm on for this path, or leave the folder out with .windlassignore")
}
