//! Webhooks: which paths are awaited, what a delivery says, and whom it wakes.
//!
//! Whoever sends a delivery reads a status and nothing else. What became of deliveries is counted on the board, where
//! no word of a body, a header, a secret or a path is.

mod came;
mod hook;
#[cfg(test)]
mod tests;
mod visit;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use windlass_core::{Digest, Error, ErrorKind, Result};
use windlass_receiver::path;

use super::{Board, Listen, Server};
use crate::credentials;
use crate::spec::Receiver;

pub(crate) use came::Came;
use hook::Hook;
pub(crate) use hook::Woken;
use visit::{Call, Room};

/// All paths that are awaited.
pub(crate) struct Hooks {
    board: Arc<Board>,
    table: Mutex<Table>,
    room: Arc<Room>,
    /// Tells what an operator should know of deliveries, a line each.
    tell: Box<dyn Fn(&str) + Send + Sync>,
}

/// The hooks by a digest of their paths: how long it takes to find one says nothing of its path.
type Table = BTreeMap<Digest, Arc<Hook>>;

impl Hooks {
    /// Awaits nothing yet.
    pub(crate) fn new(board: &Arc<Board>, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let (board, tell) = (Arc::clone(board), Box::new(tell));
        Self { board, table: Mutex::default(), room: Arc::default(), tell }
    }

    /// Begins to take deliveries.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub(crate) async fn open(self: &Arc<Self>, listen: Listen) -> Result<Server> {
        let hooks = Arc::clone(self);
        Server::start(listen, "--webhooks", move || Call::of(&hooks)).await
    }

    /// Awaits deliveries for these receivers, each with the units that it may wake, and for no others. What is known of
    /// deliveries is kept for the paths that stay. Gives why some receivers have no path.
    pub(crate) fn await_for<'r>(
        &self,
        receivers: impl IntoIterator<Item = (&'r Receiver, Vec<Woken>)>,
    ) -> Vec<Error> {
        let (mut table, mut problems) = (Table::new(), Vec::new());
        for (receiver, units) in receivers {
            let (secret, path) = match secret_path(receiver) {
                Ok(both) => both,
                Err(error) => {
                    problems.push(error);
                    continue;
                }
            };
            let digest = Digest::of(path.as_bytes());
            let before = self.table().get(&digest).cloned();
            let hook = Hook::new(receiver, secret, units, before.as_deref());
            if table.insert(digest, Arc::new(hook)).is_some() {
                let error = Error::new(ErrorKind::Invalid, "two receivers have one path");
                problems.push(
                    receiver.blame(&["metadata", "name"], error.with_help("name one of them otherwise")),
                );
            }
        }
        self.board.await_from(table.values().map(|hook| hook.name().to_owned()));
        *self.table() = table;
        problems
    }

    fn at(&self, path: &str) -> Option<Arc<Hook>> {
        self.table().get(&Digest::of(path.as_bytes())).cloned()
    }

    /// Counts what became of a delivery, and tells of one that was refused, now and then.
    fn count(&self, hook: &Hook, came: Came) {
        self.board.came(hook.name(), came);
        if let Some(line) = hook.words(came, self.board.cx().now().mono) {
            (self.tell)(&line);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hooks({} receivers)", self.table().len())
    }
}

/// Reads the secret of a receiver, and says at which path deliveries are awaited. Both are for whoever may read the file.
///
/// # Errors
/// What is wrong with the file, without a word of what is there.
pub(crate) fn secret_path(receiver: &Receiver) -> Result<(Vec<u8>, String)> {
    let blame = |error: Error| receiver.blame(&["spec", "secretFile"], error);
    let file = &receiver.secret;
    let file = if file.is_dir() { file.join("token") } else { file.clone() };
    let held = credentials::bytes(&file, "secret").map_err(|error| {
        blame(
            error
                .with("secretFile", file.display())
                .with_help("write the secret that the sender knows into it"),
        )
    })?;
    let wrong = |message: &'static str| {
        blame(
            Error::new(ErrorKind::Invalid, message)
                .with("secretFile", file.display())
                .with_help("write one line that nobody can guess, such as `openssl rand -hex 32` prints"),
        )
    };
    let text = std::str::from_utf8(&held).map_err(|_| wrong("the secret is not UTF-8"))?;
    // An editor ends the line.
    let text = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() {
        return Err(wrong("the file of the secret is empty"));
    }
    Ok((text.as_bytes().to_vec(), path(text, &receiver.name, &receiver.namespace)))
}
