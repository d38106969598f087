//! The task that keeps one kind up to date, in one namespace or in all: it lists, watches, and begins anew where it must.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::select;
use tokio::sync::Notify;
use windlass_core::{Context, Error, ErrorKind, Object, Result, Retry, Text, Timestamp, Value};

use super::scope::Status;
use super::table::Entry;
use super::{At, Told, View, nurse};
use crate::connection::Connection;
use crate::event::{self, Event};
use crate::list::{Listing, each_page};
use crate::live::complete;
use crate::owner::{INSTALLATION_LABEL, UNIT_LABEL};
use crate::request::Request;

/// Objects on one page of a list.
const PAGE_OBJECTS: usize = 500;
/// How long a watch may be silent before it is asked anew from where it was. Bookmarks come about every minute.
const SILENCE_MAX: Duration = Duration::from_secs(90);
/// How long the beginning of a watch may be silent that should give the whole list.
const SILENCE_IN_LIST_MAX: Duration = Duration::from_secs(15);
/// How long the server keeps a watch: between these, so that not all end at once.
const WATCH_SECONDS: (u64, u64) = (240, 420);
/// The first wait after an attempt that failed; each further one doubles it.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How often a watch may fail to go on before what is known counts as outdated; with the waits in between, about a second.
const FAILURES_HIDDEN: u32 = 2;
/// A watch that lasts less counts as a failure, so that a server that ends each at once is not asked without a pause.
const LASTS_MIN: Duration = Duration::from_secs(1);
/// How often a right that is missing is tried again.
const RIGHT_AGAIN: Duration = Duration::from_secs(60);
/// How often objects are listed that may not be watched.
const LIST_AGAIN: Duration = Duration::from_secs(15);

/// Keeps one kind up to date.
pub(super) struct Reflector {
    view: Weak<View>,
    connection: Connection,
    at: At,
    cx: Context,
    /// Told where somebody waits for the next attempt.
    hurry: Arc<Notify>,
    /// The list may come as the beginning of the watch.
    streams: bool,
    /// The account may list and not watch.
    unwatchable: bool,
    /// What happened could not be seen for a while.
    missed: bool,
    failures: u32,
    /// Where the watch goes on; `None` where a list is needed first.
    place: Option<Text>,
}

/// Why a turn ended, apart from errors.
enum End {
    /// The server ended the watch, as it does after a while, or it was silent for too long.
    InOrder,
    /// Nobody needs the task any more.
    Unneeded,
}

impl Reflector {
    pub(super) fn new(view: &Arc<View>, at: At, cx: Context, hurry: Arc<Notify>) -> Self {
        Self {
            view: Arc::downgrade(view),
            connection: view.connection.clone(),
            at,
            cx,
            hurry,
            streams: view.connection.streams_lists(),
            unwatchable: false,
            missed: false,
            failures: 0,
            place: None,
        }
    }

    /// Lists by pages only.
    pub(super) fn by_pages(self) -> Self {
        Self { streams: false, ..self }
    }

    pub(super) async fn run(mut self) {
        loop {
            let began = self.cx.now().mono;
            let turn = self.turn().await;
            let brief = self.cx.now().mono.saturating_sub(began) < LASTS_MIN;
            let wait = match turn {
                Ok(End::Unneeded) => return,
                Ok(End::InOrder) if brief => self.back_off(),
                Ok(End::InOrder) => Duration::ZERO,
                Err(error) => match self.take_error(error) {
                    Some(wait) => wait,
                    None => return,
                },
            };
            if !wait.is_zero() {
                let (slept, hurried) = (pin!(self.cx.clock().sleep(wait)), pin!(self.hurry.notified()));
                select(slept, hurried).await;
            }
        }
    }

    /// Lists where that is needed, and watches until the watch ends.
    async fn turn(&mut self) -> Result<End> {
        if self.place.is_none() && (self.unwatchable || !self.streams) {
            let Some(place) = self.list().await? else { return Ok(End::Unneeded) };
            self.failures = 0;
            self.missed = false;
            if self.unwatchable {
                self.cx.sleep(LIST_AGAIN).await?;
                return Ok(End::InOrder);
            }
            self.place = Some(place);
        }
        self.watch().await
    }

    /// Says what an error means for what is known, and gives the wait before the next attempt; `None` where there is none.
    fn take_error(&mut self, error: Error) -> Option<Duration> {
        let view = self.view.upgrade()?;
        let listing = self.place.is_none();
        match error.context("status") {
            Some("410") => {
                (self.place, self.missed) = (None, true);
                Some(if self.failures == 0 { self.back_off() / 2 } else { self.back_off() })
            }
            Some("400" | "422") if listing && self.streams => {
                self.streams = false;
                view.state().pages_only = true;
                Some(Duration::ZERO)
            }
            Some("403") if listing && !self.streams => {
                view.settle(&self.at, Status::Denied);
                self.missed = true;
                Some(RIGHT_AGAIN)
            }
            Some("403") => {
                // Whether it is the list or the watch that is not allowed, a list tells.
                (self.unwatchable, self.place, self.missed) = (true, None, true);
                self.streams = false;
                Some(Duration::ZERO)
            }
            _ if error.kind() == ErrorKind::Undefined || error.context("status") == Some("405") => {
                let undefined = error.kind() == ErrorKind::Undefined;
                view.settle(&self.at, if undefined { Status::Unserved } else { Status::Denied });
                None
            }
            _ => {
                let wait = match error.retry() {
                    Retry::After(wait) => wait.min(PAUSE_MAX).max(self.back_off()),
                    _ => self.back_off(),
                };
                self.missed = true;
                // A server that is busy for a moment takes nothing away from what is known.
                if listing || self.failures > FAILURES_HIDDEN {
                    view.settle(&self.at, Status::Broken(error));
                }
                Some(wait)
            }
        }
    }

    fn back_off(&mut self) -> Duration {
        let wait = PAUSE_FIRST * (1 << self.failures.min(7));
        self.failures = self.failures.saturating_add(1);
        wait.min(PAUSE_MAX)
    }

    /// Lists by pages, and gives the version of the list; `None` where nobody needs it.
    async fn list(&self) -> Result<Option<Text>> {
        let selector = selector();
        let listing =
            Listing { resource: &self.at.resource, namespace: &self.at.namespace, selector: &selector };
        let mut entries = Vec::new();
        let version = each_page(&self.connection, &self.cx, &listing, PAGE_OBJECTS, |items: Vec<Value>| {
            for item in items {
                entries.extend(self.entry(item)?);
            }
            Ok(())
        });
        let version = version.await?;
        Ok(self.listed(&version, entries).then_some(version))
    }

    fn entry(&self, item: Value) -> Result<Option<Entry>> {
        let Some(view) = self.view.upgrade() else { return Ok(None) };
        view.entry(&self.at.resource, item, self.now()).map(Some)
    }

    fn now(&self) -> Timestamp {
        self.cx.now().wall
    }

    /// Hands a whole list over, and says whether anybody needs it.
    fn listed(&self, version: &str, entries: Vec<Entry>) -> bool {
        let Some(view) = self.view.upgrade() else { return false };
        let open = entries.iter().any(|entry| entry.whole.is_some());
        view.listed(&self.at, version.parse().ok(), entries, self.missed);
        if open {
            nurse::start(&view, &self.cx);
        }
        view.is_kept(&self.at)
    }

    fn request(&self) -> Result<Request> {
        let listing =
            Listing { resource: &self.at.resource, namespace: &self.at.namespace, selector: &selector() };
        let request = listing.request()?.query("watch", "true").query("allowWatchBookmarks", "true");
        let request = match &self.place {
            Some(place) => request.query("resourceVersion", place.as_str()),
            None => request.query("sendInitialEvents", "true").query("resourceVersionMatch", "NotOlderThan"),
        };
        Ok(request.query("timeoutSeconds", self.lasts().to_string()))
    }

    /// Spreads the ends of watches over time, without dice.
    fn lasts(&self) -> u64 {
        let (min, max) = WATCH_SECONDS;
        let text = format!("{} {}", self.at.resource.name(), self.at.namespace);
        let sum: u64 = text.bytes().fold(7, |sum, byte| (sum * 31 + u64::from(byte)) % 9973);
        min + sum % (max - min)
    }

    async fn watch(&mut self) -> Result<End> {
        let (request, kind) = (self.request()?, self.at.resource.name());
        // Somebody waits for a list; a watch that has to wait is told of.
        let mut lines = self.connection.open(&self.cx, &request, self.place.is_none()).await?;
        let mut list = if self.place.is_none() { Some(Vec::new()) } else { None };
        if list.is_none() {
            let Some(view) = self.view.upgrade() else { return Ok(End::Unneeded) };
            view.resumed(&self.at, std::mem::take(&mut self.missed));
            self.failures = 0;
        }
        loop {
            let silence = if list.is_some() { SILENCE_IN_LIST_MAX } else { SILENCE_MAX };
            let Some(line) = lines.next_within(&self.cx, silence).await else {
                return Ok(self.silent(list.is_some()));
            };
            let line =
                line.map_err(|error| request.subject.on(error).with("server", self.connection.server()));
            let Some(line) = line.inspect_err(|_| self.missed = true)? else {
                return Ok(End::InOrder);
            };
            if !self.take(event::read(&line, &kind)?, line.len(), &mut list)? {
                return Ok(End::Unneeded);
            }
        }
    }

    /// A watch that says nothing may be one that nobody serves any more; the next goes on where it was.
    fn silent(&mut self, in_list: bool) -> End {
        if in_list {
            // Not every server behind the API gives a list this way.
            self.streams = false;
        }
        End::InOrder
    }

    /// Takes one event, written in so many bytes, and says whether anybody needs the next.
    fn take(&mut self, event: Event, bytes: usize, list: &mut Option<Vec<Entry>>) -> Result<bool> {
        match (event, &mut *list) {
            (Event::Put(object), Some(list)) => {
                list.extend(self.entry(object)?);
            }
            (Event::Put(object), None) => {
                let Some(view) = self.view.upgrade() else { return Ok(false) };
                let resource = self.at.resource.clone();
                let body = complete(object, &resource);
                let place = body.text_at(&["metadata", "resourceVersion"]).map(Text::from);
                view.told(&self.cx, Told { resource, body, bytes })?;
                self.place = place;
            }
            (Event::Remove(object), list) => {
                let Some(view) = self.view.upgrade() else { return Ok(false) };
                let object = Object::new(complete(object, &self.at.resource))?;
                let version = object.body().text_at(&["metadata", "resourceVersion"]).unwrap_or_default();
                match list {
                    Some(list) => list.retain(|entry| entry.live.id != *object.id()),
                    None => self.place = Some(version.into()),
                }
                view.removed(&self.at.resource, object.id(), version.parse().ok());
            }
            (Event::Bookmark { version, initial }, list) => {
                if initial && let Some(entries) = list.take() {
                    let needed = self.listed(&version, entries);
                    (self.missed, self.failures) = (false, 0);
                    self.place = Some(version);
                    return Ok(needed);
                }
                if list.is_none() {
                    self.place = Some(version);
                }
            }
        }
        Ok(true)
    }
}

/// Selects what carries our label, whichever unit it belongs to.
fn selector() -> String {
    format!("{UNIT_LABEL},{INSTALLATION_LABEL}")
}
