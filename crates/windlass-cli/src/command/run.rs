//! `windlass run`: keeps targets as sources want them, until stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Error, Event, EventSink, Report, Result, UnitId};
use windlass_engine::{Fleet, Member};

use super::{Ending, Scene, approval};
use crate::args::Loudness;
use crate::events::Log;
use crate::following::followed;
use crate::serve::{Board, Entry, Hooks, Server, Woken, tell as tell_of};
use crate::sources;
use crate::spec::{self, Receiver, Unit};
use crate::term::{Term, Tone};

/// How often the unit files are read again.
const RELOAD: Duration = Duration::from_secs(5);

pub(super) async fn run(scene: &Scene) -> Result<Ending> {
    let workshop = Arc::clone(&scene.workshop);
    let board = Arc::new(Board::new(&scene.cx, move || workshop.requests()));
    let told = serve(scene, &board).await?;
    let hooks = scene.webhooks.map(|_| hooks(scene, &board));
    let mut keeper = Keeper::new(scene, &board, hooks.clone());
    keeper.take(&scene.fleet).await;
    let taken = open(scene, hooks.as_ref()).await?;
    if keeper.is_idle() && !scene.fleet.is_empty() && keeper.isolated.len() == scene.fleet.len() {
        return Ok(Ending::Failed);
    }
    let fleet = keeper.fleet.clone();
    let mut ill: BTreeSet<UnitId> = BTreeSet::new();
    let mut see = |unit: &UnitId, result: &Result<Report>| {
        board.end(unit, result);
        let Ok(report) = result else { return };
        if !report.is_success() {
            ill.insert(unit.clone());
        } else if ill.remove(unit) {
            scene.term.progress(Tone::Good, &format!("{unit}: well again"));
        }
    };
    let (ended, ()) = futures_util::future::join(fleet.run_seeing(&scene.cx, &mut see), keeper.keep()).await;
    let servers = told.into_iter().chain(taken).map(Server::stop);
    futures_util::future::join_all(servers).await;
    ended.map(|()| Ending::Good)
}

/// Begins to tell by HTTP how the run is, where somebody wants to know.
async fn serve(scene: &Scene, board: &Arc<Board>) -> Result<Option<Server>> {
    let Some(listen) = scene.listen else { return Ok(None) };
    let server = tell_of(listen, board).await?;
    say(scene, &format!("listening on {}", server.address()));
    Ok(Some(server))
}

/// Makes what takes webhooks, which awaits none yet.
fn hooks(scene: &Scene, board: &Arc<Board>) -> Arc<Hooks> {
    let (term, loudness) = (Arc::clone(&scene.term), scene.term.loudness);
    let tell = move |line: &str| {
        if loudness != Loudness::Quiet {
            term.progress(Tone::Odd, line);
        }
    };
    Arc::new(Hooks::new(board, tell))
}

/// Begins to take webhooks, once it is known whom they wake.
async fn open(scene: &Scene, hooks: Option<&Arc<Hooks>>) -> Result<Option<Server>> {
    let (Some(hooks), Some(listen)) = (hooks, scene.webhooks) else {
        if !scene.fleet.receivers().is_empty() {
            say(scene, "no receiver is served; --webhooks says at which address");
        }
        return Ok(None);
    };
    let server = hooks.open(listen).await?;
    say(scene, &format!("taking webhooks on {}", server.address()));
    Ok(Some(server))
}

fn say(scene: &Scene, line: &str) {
    if scene.term.loudness != Loudness::Quiet {
        scene.term.progress(Tone::Faint, line);
    }
}

/// Keeps the fleet as the unit files want it.
struct Keeper<'a> {
    scene: &'a Scene,
    board: &'a Arc<Board>,
    log: Arc<Log>,
    fleet: Fleet,
    /// What takes webhooks, where any are taken.
    hooks: Option<Arc<Hooks>>,
    /// Why receivers have no path.
    deaf: BTreeSet<String>,
    /// What the files held when they could last be read; what they held at the start where that is `None`.
    held: Option<spec::Fleet>,
    /// The units that run, as they were written.
    running: BTreeMap<UnitId, String>,
    /// Units whose parts could not be made yet: a kubeconfig may come later.
    waiting: BTreeSet<UnitId>,
    isolated: BTreeMap<UnitId, String>,
    /// Why the unit files could not be read.
    wrong: Option<String>,
}

impl<'a> Keeper<'a> {
    fn new(scene: &'a Scene, board: &'a Arc<Board>, hooks: Option<Arc<Hooks>>) -> Self {
        Self {
            scene,
            board,
            log: Arc::new(Log::new(&scene.term, scene.cx.cancel())),
            fleet: Fleet::new(),
            hooks,
            deaf: BTreeSet::new(),
            held: None,
            running: BTreeMap::new(),
            waiting: BTreeSet::new(),
            isolated: BTreeMap::new(),
            wrong: None,
        }
    }

    fn is_idle(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// Reads the unit files again and again, until cancelled.
    async fn keep(mut self) {
        while self.scene.cx.sleep(RELOAD).await.is_ok() {
            self.board.beat();
            match self.read() {
                Ok(fleet) => {
                    self.wrong = None;
                    self.take(&fleet).await;
                    self.held = Some(fleet);
                }
                Err(error) => {
                    self.board.unread();
                    // A secret that is renewed counts all the same.
                    let held = self.held.take();
                    self.await_deliveries(held.as_ref().unwrap_or(&self.scene.fleet));
                    self.held = held;
                    // What runs goes on; it is told once.
                    let text = error.to_string();
                    if self.wrong.as_ref() != Some(&text) {
                        self.scene.term.error(&error);
                        self.wrong = Some(text);
                    }
                }
            }
        }
    }

    fn read(&self) -> Result<spec::Fleet> {
        spec::Fleet::read(&self.scene.asked, self.scene.cx.limits())
    }

    /// Takes in which units there are, and what has changed of them.
    async fn take(&mut self, fleet: &spec::Fleet) {
        self.board.read(fleet.units().map(|unit| {
            let is_isolated = fleet.isolation(&unit.id).is_some();
            (unit.id.clone(), if is_isolated { Entry::Isolated } else { Entry::Runs })
        }));
        let mut gone: BTreeSet<UnitId> = self.running.keys().cloned().collect();
        self.waiting.clear();
        let isolated = std::mem::take(&mut self.isolated);
        for unit in fleet.units() {
            if let Some(error) = fleet.isolation(&unit.id) {
                let text = error.to_string();
                if isolated.get(&unit.id) != Some(&text) {
                    tell(&self.scene.term, unit, error.clone());
                }
                self.isolated.insert(unit.id.clone(), text);
                continue;
            }
            gone.remove(&unit.id);
            if self.running.get(&unit.id) != Some(&unit.draft.written()) {
                self.start(unit).await;
            }
        }
        for unit in gone {
            self.fleet.remove(&unit);
            self.running.remove(&unit);
            self.scene.term.progress(Tone::Odd, &format!("{unit}: taken out, nothing is deleted"));
        }
        self.await_deliveries(fleet);
    }

    /// Takes in which receivers there are, and reads their secrets anew.
    fn await_deliveries(&mut self, fleet: &spec::Fleet) {
        let Some(hooks) = &self.hooks else { return };
        let receivers = fleet.receivers().iter().map(|receiver| (receiver, self.woken_by(receiver, fleet)));
        let problems = hooks.await_for(receivers);
        let known = std::mem::take(&mut self.deaf);
        for error in problems {
            let text = error.to_string();
            if !known.contains(&text) {
                self.scene.term.error(&error);
            }
            self.deaf.insert(text);
        }
    }

    /// Lists the units that a receiver may wake.
    fn woken_by(&self, receiver: &Receiver, fleet: &spec::Fleet) -> Vec<Woken> {
        let may = receiver.may_wake(fleet).into_iter();
        may.map(|unit| {
            let bell = self.scene.workshop.bell(unit);
            Woken::new(unit, followed(unit), sources::shared(unit), bell)
        })
        .collect()
    }

    async fn start(&mut self, unit: &Unit) {
        let (log, board) = (Arc::clone(&self.log), Arc::clone(self.board));
        let events = move |event: &Event| {
            log.emit(event);
            board.emit(event);
        };
        match self.scene.workshop.engine(unit, events).await {
            Ok(engine) => {
                let engine = approval::holding(self.scene, unit, engine);
                let member = Member::new(engine).with_dependencies(unit.depends_on.clone());
                self.fleet.put(member);
                self.running.insert(unit.id.clone(), unit.draft.written());
            }
            Err(error) => {
                tell(&self.scene.term, unit, error);
                self.board.unmade(&unit.id);
                self.waiting.insert(unit.id.clone());
            }
        }
    }
}

/// Tells why a unit makes no passes.
fn tell(term: &Term, unit: &Unit, error: Error) {
    let error = error.with_each("unit", &unit.id);
    term.failure(Some(&unit.id), &error);
    term.error(&error);
}
