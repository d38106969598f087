//! Resources, bases and components that are elsewhere: needed from the caller, where that is allowed.

use std::sync::Arc;

use windlass_core::{Address, Bytes, EntryKind, Error, ErrorKind, FieldPath, Need, Result, Text, TreePath};
use windlass_yaml::Options;

use super::load::Loader;
use super::place::{Base, Place};
use super::{Build, Target};
use crate::address::Repository;

const WARNING: &str = "Warning: Forcing the git protocol using the 'git::' URL prefix is not supported. Kustomize currently \
     strips this invalid prefix, but will stop doing so in a future release. Please remove the 'git::' prefix from your \
     configuration.";

impl Build<'_> {
    /// Goes to the folder of a repository.
    pub(super) fn repository(
        &mut self,
        loader: &Loader,
        entry: &str,
        repository: &Repository,
    ) -> Result<Loader> {
        self.check_allowed(entry)?;
        loader.check_repository(entry)?;
        if repository.forced {
            self.warnings.push(WARNING.to_owned());
        }
        let base = self.base_at(entry, repository.address(), false)?;
        let place = self.real(Place { path: TreePath::root().join(&repository.folder)?, base: Some(base) });
        let listed = place.files(self.files).list(&place.path);
        listed.map_err(|error| place.named(error))?;
        loader.enter_repository(entry, place, self.cx.limits().folder_depth_max)
    }

    /// Gives the one file that is at an address.
    pub(super) fn remote_file(&mut self, entry: &str) -> Result<Place> {
        self.check_allowed(entry)?;
        let base = self.base_at(entry, Address::from(entry), true)?;
        let entries = base.artifact.files().list(&TreePath::root())?;
        let mut files = entries.iter().filter(|entry| entry.kind == EntryKind::File);
        match (files.next(), files.next()) {
            (Some(file), None) => Ok(Place { path: TreePath::new(&file.name)?, base: Some(base) }),
            _ => Err(Error::new(ErrorKind::Invalid, "what is at the address is not one file")
                .with("resource", shown(entry))),
        }
    }

    /// Reads the one file that is at an address.
    pub(super) fn load_remote(&mut self, entry: &str) -> Result<(Place, Bytes)> {
        let place = self.remote_file(entry)?;
        let bytes = self.read_file(&place)?;
        Ok((place, bytes))
    }

    pub(super) fn check_allowed(&self, entry: &str) -> Result<()> {
        if self.options.remote {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Denied, "remote resources are not allowed");
        Err(error
            .with("resource", shown(entry))
            .with("option", "remote")
            .with_help("bring the files into the same tree, or allow them with `Options::with_remote`"))
    }

    pub(super) fn base_at(&mut self, entry: &str, address: Address, is_file: bool) -> Result<Arc<Base>> {
        let Some(artifact) = self.bases.get(&address) else {
            let error = Error::new(ErrorKind::Unfetched, "a remote resource was not brought");
            return Err(error.with("resource", shown(entry)).needing([Need::Base(address)]));
        };
        self.reads.insert(Need::Base(address.clone()), artifact.digest());
        Ok(Base::new(address, artifact.clone(), is_file))
    }

    /// Adds the line of the entry that an error is about, where that is an address.
    pub(super) fn with_line(&self, error: Error, target: &Target, entry: &str) -> Error {
        let of_address = error.context("option").is_some()
            || error.needs().iter().any(|need| matches!(need, Need::Base(_)));
        if !of_address || error.context("line").is_some() {
            return error;
        }
        match self.line_of(target, entry) {
            Some(line) => error.with_each("line", line),
            None => error,
        }
    }

    fn line_of(&self, target: &Target, entry: &str) -> Option<u32> {
        let place = target.path();
        let bytes = place.files(self.files).read(&place.path).ok()?;
        let documents = windlass_yaml::read(&bytes, &Options::default()).ok()?;
        let document = documents.first()?;
        let (field, at) = document.value.as_map()?.iter().find_map(|(field, value)| {
            let at = value.as_list()?.iter().position(|item| item.as_text() == Some(entry))?;
            Some((field, at))
        })?;
        let path = FieldPath::root().field(field.clone()).index(at);
        document.locate(&bytes, &path).map(|place| place.line)
    }
}

/// An address without what may be secret in it.
pub(super) fn shown(entry: &str) -> Text {
    Address::from(entry).to_string().into()
}

/// Says whether an error is that something was not brought: then more may be missing.
pub(super) fn is_missing(error: &Error) -> bool {
    error.needs().iter().any(|need| matches!(need, Need::Base(_)))
}
