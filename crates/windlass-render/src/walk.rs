//! Which files are rendered.

use std::collections::BTreeMap;

use windlass_core::{
    Context, Digest, Entry, EntryKind, Error, ErrorKind, Need, RenderInput, Result, TreePath,
};
use windlass_yaml::{Options, Reader};

use crate::Manifests;
use crate::ignore::{Match, Pattern, Rules};
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
    /// The rules of the folder that is looked at.
    ignored: Rules,
    include: Rules,
    exclude: Rules,
    found: Vec<(TreePath, Found)>,
    /// Files that are no manifests and have nearly the name of one.
    pub(crate) near: Vec<TreePath>,
    /// What cannot be read and has not the name of a manifest, such as a submodule.
    pub(crate) left_out: Vec<TreePath>,
    /// Entries that were looked at.
    entries: usize,
    /// Patterns and bytes of ignore files that were read.
    patterns: usize,
    ignore_bytes: usize,
}

/// A folder that is still to be looked at.
struct Open {
    path: TreePath,
    entries: Vec<Entry>,
    depth: usize,
    /// The rules of the folders around it.
    rules: Rules,
}

/// Patterns in all ignore files of one render.
const IGNORE_PATTERNS_MAX: usize = 4096;

/// Bytes of all ignore files of one render.
const IGNORE_BYTES_MAX: usize = 1 << 20;

const CHART: &str = "Chart.yaml";
const KUSTOMIZATIONS: [&str; 3] = ["Kustomization", "kustomization.yaml", "kustomization.yml"];

impl<'w> Walk<'w> {
    pub(crate) fn new(cx: &'w Context, input: &'w RenderInput<'w>, options: &'w Manifests) -> Self {
        let rules = |patterns: &[windlass_core::Text]| {
            let patterns = patterns.iter().flat_map(|pattern| Pattern::all(pattern));
            Rules::default().with(input.path, patterns.collect())
        };
        Self {
            cx,
            input,
            options,
            reads: BTreeMap::new(),
            ignored: Rules::defaults(),
            include: rules(&options.include),
            exclude: rules(&options.exclude),
            found: Vec::new(),
            near: Vec::new(),
            left_out: Vec::new(),
            entries: 0,
            patterns: 0,
            ignore_bytes: 0,
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
        let mut open = vec![Open { path: root.clone(), entries, depth: 1, rules: self.ignored.clone() }];
        while let Some(Open { path: folder, entries, depth, rules }) = open.pop() {
            let max = self.cx.limits().folder_depth_max;
            if depth > max {
                return Err(too_deep(max).with("path", folder));
            }
            self.ignored = rules;
            self.read_ignore_files(&folder)?;
            if self.is_foreign(&folder, &entries)? {
                continue;
            }
            for entry in entries {
                self.cx.check()?;
                let path = folder.join(&entry.name)?;
                if self.entry(&path, &entry)? {
                    match self.list(&path) {
                        Ok(entries) => {
                            let rules = self.ignored.clone();
                            open.push(Open { path, entries, depth: depth + 1, rules });
                        }
                        Err(error) if ends_render(&error) => return Err(error),
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
            EntryKind::File if self.is_nearly_manifest(&entry.name) && self.is_wanted(path) => {
                self.near.push(path.clone());
            }
            EntryKind::File => {}
            _ if !self.is_wanted(path) => {}
            _ if self.is_manifest(&entry.name) => self.found.push((path.clone(), Found::Wrong(neither()))),
            _ => self.left_out.push(path.clone()),
        }
        Ok(false)
    }

    fn is_manifest(&self, name: &str) -> bool {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        extension.is_some_and(|extension| self.is_extension(extension))
    }

    /// Says whether something stands behind the ending of a manifest: `web.yaml.j2`, `web.yaml~`.
    fn is_nearly_manifest(&self, name: &str) -> bool {
        let mut parts = name.split('.').skip(1).peekable();
        std::iter::from_fn(|| parts.next().map(|part| (part, parts.peek().is_none()))).any(
            |(part, is_last)| {
                let part = if is_last { part.trim_end_matches('~') } else { part };
                self.is_extension(part)
            },
        )
    }

    /// Files are named by people and by tools that do not look at the case.
    fn is_extension(&self, text: &str) -> bool {
        self.options.extensions.iter().any(|one| one.eq_ignore_ascii_case(text))
    }

    fn is_wanted(&self, path: &TreePath) -> bool {
        self.ignored.of(path, false) != Match::Exclude
            && self.exclude.of(path, false) != Match::Exclude
            && (self.include.is_empty() || self.include.of(path, false) == Match::Exclude)
    }

    /// Says whether the folder belongs to another renderer, and reports it.
    fn is_foreign(&mut self, folder: &TreePath, entries: &[Entry]) -> Result<bool> {
        let names = |entry: &&Entry| entry.name == CHART || KUSTOMIZATIONS.contains(&entry.name.as_str());
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::File).filter(names) {
            let path = folder.join(&entry.name)?;
            if !self.is_wanted(&path) {
                continue;
            }
            let found = if entry.name == CHART { Ok(Some(chart())) } else { self.kustomization(&path) };
            match found {
                Ok(None) => {}
                Ok(Some(error)) => {
                    self.found.push((path, Found::Wrong(error)));
                    return Ok(true);
                }
                Err(error) if ends_render(&error) => return Err(error),
                // A manifest is read once more, and its error is told then.
                Err(_) if self.is_manifest(&entry.name) => {}
                Err(error) => self.found.push((path, Found::Wrong(error))),
            }
        }
        Ok(false)
    }

    /// Says what is wrong with a file of that name. It may also hold an object of another tool, such as a `Kustomization`
    /// of Flux.
    fn kustomization(&mut self, path: &TreePath) -> Result<Option<Error>> {
        let bytes = self.input.artifact.files().read(path)?;
        self.reads.insert(Need::File(path.clone()), Digest::of(&bytes));
        let first = Reader::new(&bytes, &Options::from(self.cx.limits())).ok().and_then(|mut all| all.next());
        let version = match &first {
            Some(Ok(first)) => first.value.text_at(&["apiVersion"]),
            _ => None,
        };
        let is_object = version.is_some_and(|version| !version.starts_with("kustomize.config.k8s.io/"));
        Ok((!is_object).then(kustomization))
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
                    self.reads.insert(Need::File(path.clone()), Digest::of(&bytes));
                    let patterns = self.patterns(&bytes).map_err(|error| error.with("path", path))?;
                    self.ignored = self.ignored.with(folder, patterns);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.reads.insert(Need::File(path), Digest::of_parts([]));
                }
                Err(error) => return Err(error.with_each("path", path)),
            }
        }
        Ok(())
    }

    /// Reads the patterns of an ignore file, as many as there may be in all of them.
    fn patterns(&mut self, bytes: &[u8]) -> Result<Vec<Pattern>> {
        self.ignore_bytes = self.ignore_bytes.saturating_add(bytes.len());
        if self.ignore_bytes > IGNORE_BYTES_MAX {
            return Err(limit("ignore files are too large together", "ignore_bytes_max", IGNORE_BYTES_MAX));
        }
        let patterns: Vec<Pattern> = Pattern::all(&String::from_utf8_lossy(bytes)).collect();
        self.patterns += patterns.len();
        if self.patterns > IGNORE_PATTERNS_MAX {
            let error = limit("too many ignore patterns", "ignore_patterns_max", IGNORE_PATTERNS_MAX);
            return Err(error.with_help(CIRCLE));
        }
        Ok(patterns)
    }
}

/// Says whether an error is about the render as a whole and not about what was read.
pub(crate) fn ends_render(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Cancelled | ErrorKind::Timeout)
}

const CIRCLE: &str =
    "a link to a folder around it repeats all that is in there; leave it out with .windlassignore";

fn too_deep(max: usize) -> Error {
    limit("folders are nested too deeply", "folder_depth_max", max).with_help(CIRCLE)
}

fn neither() -> Error {
    Error::new(ErrorKind::Invalid, "neither a file nor a folder here").with_help(
        "a link that leaves the repository or a submodule cannot be read; leave it out with .windlassignore",
    )
}

fn kustomization() -> Error {
    Error::new(ErrorKind::Unsupported, "a kustomization is not rendered as plain manifests").with_help(
        "give the engine a renderer that reads kustomizations, or leave the folder out with .windlassignore",
    )
}

fn chart() -> Error {
    Error::new(ErrorKind::Unsupported, "a Helm chart is not rendered as plain manifests").with_help(
        "give the engine a renderer that reads charts, or leave the folder out with .windlassignore",
    )
}
