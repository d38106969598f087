//! One batch of objects in a namespace of their own: all go through their histories side by side, and one pass adopts them.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::Value;
use windlass_core::Outcome;
use windlass_engine::Wait;

use super::history::{Chapter, History, Means};
use super::kinds::{Kind, definition};
use super::laws::{After, Before, judge};
use super::model::{Expected, Model, anew};
use super::server::{Server, writes};
use super::support::plane::plane;
use super::support::world::{World, run};

/// Objects that are written at once.
const AT_ONCE: usize = 16;

/// How often what was done.
pub(crate) type Tally = BTreeMap<String, usize>;

pub(crate) struct Trial<'a> {
    namespace: String,
    kinds: &'a [Kind],
    world: World,
    server: Server,
}

/// One object on its way.
struct Subject<'a> {
    history: &'a History,
    kind: &'a Kind,
    name: String,
    model: Model,
    live: Option<Value>,
    failure: Option<String>,
}

impl<'a> Trial<'a> {
    pub(crate) fn new(namespace: &str, kinds: &'a [Kind]) -> Self {
        let world = World::new(namespace).with_former_manager(super::history::FORMER);
        Self { namespace: namespace.into(), kinds, world, server: Server::new(namespace) }
    }

    /// Lets each object go through its history; gives why those failed that did.
    pub(crate) fn run(&self, histories: &[History], tally: &mut Tally) -> Vec<Option<String>> {
        let mut subjects: Vec<Subject<'_>> = histories
            .iter()
            .enumerate()
            .map(|(at, history)| Subject {
                history,
                kind: &self.kinds[history.kind],
                name: format!("it-{at}"),
                model: Model::default(),
                live: None,
                failure: None,
            })
            .collect();
        self.versions(&["v1alpha1", "v1beta1", "v1"], None);
        for number in 0..2 {
            self.acts(&mut subjects, number, tally);
            if number == 0 {
                self.versions(&["v1beta1", "v1"], Some("v1alpha1"));
            } else {
                self.versions(&["v1"], Some("v1beta1"));
            }
            self.adopt(&mut subjects, number, tally);
        }
        self.clear();
        subjects.into_iter().map(|subject| subject.failure).collect()
    }

    fn versions(&self, versions: &[&str], gone: Option<&str>) {
        let group = super::kinds::group(&self.namespace);
        run(async {
            self.server.define(&definition(&self.namespace, versions)).await;
            for version in versions {
                self.server.until_served(&format!("{group}/{version}"), "gates", true).await;
            }
            if let Some(gone) = gone {
                self.server.until_served(&format!("{group}/{gone}"), "gates", false).await;
            }
        });
    }

    /// Does all that comes before a pass, side by side: the first thing to each object, then the second.
    fn acts(&self, subjects: &mut [Subject<'_>], number: usize, tally: &mut Tally) {
        let longest = subjects
            .iter()
            .filter_map(|subject| subject.chapter(number))
            .map(|chapter| chapter.acts.len())
            .max();
        for round in 0..longest.unwrap_or_default() {
            run(self.each(subjects, number, round, tally));
            self.clients(subjects, number, round, tally);
        }
    }

    async fn each(&self, subjects: &mut [Subject<'_>], number: usize, round: usize, tally: &mut Tally) {
        for some in subjects.chunks_mut(AT_ONCE) {
            let done = some.iter_mut().map(async |subject| {
                let act = subject.act(number, round)?;
                let before = self.server.get(subject.kind, &subject.name).await;
                subject.live.clone_from(&before);
                if act.means == Means::Client {
                    return None;
                }
                match self.server.act(subject.kind, &subject.name, act, before.as_ref()).await {
                    Ok(after) => {
                        subject.model.note(act, before.as_ref(), &after);
                        subject.live = Some(after);
                        Some(format!("{:?} by {}", act.means, act.manager))
                    }
                    Err(why) => {
                        if std::env::var_os("WINDLASS_TELL").is_some() {
                            println!("not taken: {} {act}: {why}", subject.kind.name);
                        }
                        Some(format!("{:?} that the server does not take", act.means))
                    }
                }
            });
            for what in join_all(done).await.into_iter().flatten() {
                *tally.entry(what).or_default() += 1;
            }
        }
    }

    /// Has `kubectl apply` what it applies in this round, at once.
    fn clients(&self, subjects: &mut [Subject<'_>], number: usize, round: usize, tally: &mut Tally) {
        let is_client = |subject: &&mut Subject<'_>| {
            subject.act(number, round).is_some_and(|act| act.means == Means::Client)
        };
        let mut those: Vec<_> = subjects.iter_mut().filter(is_client).collect();
        let manifests: Vec<Value> = those
            .iter()
            .filter_map(|subject| {
                let act = subject.act(number, round)?;
                Some(anew(&subject.kind.versions[act.version], subject.kind.name, &subject.name, &act.body))
            })
            .collect();
        if manifests.is_empty() {
            return;
        }
        *tally.entry("Client by kubectl-client-side-apply".into()).or_default() += manifests.len();
        self.server.client_apply(&manifests);
        run(async {
            for subject in &mut those {
                let after = self.server.get(subject.kind, &subject.name).await;
                let act = subject.history.chapters[number].acts.get(round);
                if let (Some(act), Some(after)) = (act, &after) {
                    subject.model.note(act, subject.live.as_ref(), after);
                }
                subject.live = after;
            }
        });
    }

    /// Git says what the objects are, and one pass makes them so.
    fn adopt(&self, subjects: &mut [Subject<'_>], number: usize, tally: &mut Tally) {
        let files: Vec<(String, String)> = subjects
            .iter()
            .filter_map(|subject| {
                let chapter = subject.chapter(number)?;
                let body = anew(
                    &subject.kind.versions[chapter.version],
                    subject.kind.name,
                    &subject.name,
                    &chapter.git,
                );
                Some((format!("{}.yaml", subject.name), body.to_string()))
            })
            .collect();
        let expected: Vec<_> = subjects.iter().map(|subject| self.expected(subject, number)).collect();
        let files: Vec<(&str, String)> =
            files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
        self.world.write(&files);
        let plan = self.world.plan();
        let written = writes(&self.namespace);
        let report = self.pass();
        let adopted = writes(&self.namespace);
        let again = self.pass();
        let repeated = writes(&self.namespace);
        for (subject, expected) in subjects.iter_mut().zip(expected) {
            let Some((expected, made)) = expected else { continue };
            let after = run(self.server.get(subject.kind, &subject.name));
            let count =
                |of: &BTreeMap<String, (usize, usize)>| of.get(&subject.name).copied().unwrap_or_default();
            let since = |old: (usize, usize), new: (usize, usize)| (new.0 - old.0, new.1 - old.1);
            let is_this =
                |id: &windlass_core::ObjectId| id.name == *subject.name && id.kind == *subject.kind.name;
            let outcome = |report: &windlass_core::Report| {
                let found = report.objects.iter().find(|object| is_this(&object.id));
                found.map(|found| found.outcome.clone())
            };
            let before = Before { body: subject.live.as_ref(), expected: &expected, made: &made };
            let done = After {
                body: after.as_ref(),
                action: plan.actions.iter().find(|action| is_this(&action.id)),
                outcome: outcome(&report),
                again: outcome(&again),
                writes: since(count(&written), count(&adopted)),
                repeated: since(count(&adopted), count(&repeated)).0,
            };
            *tally
                .entry(format!("passes: {}", done.outcome.as_ref().map_or("nothing", Outcome::name)))
                .or_default() += 1;
            let wrong = judge(&before, &done);
            if !wrong.is_empty() && subject.failure.is_none() {
                let entries = subject.live.as_ref().map(|live| live["metadata"]["managedFields"].to_string());
                subject.failure = Some(format!(
                    "pass {}:\n{wrong}held before by\n{}entries before: {}\n",
                    number + 1,
                    subject.model.tell(),
                    entries.unwrap_or_default()
                ));
            }
            if let Some(after) = &after {
                subject.model.passed(&subject.history.chapters[number].git, subject.live.as_ref(), after);
            }
            subject.live = after;
        }
    }

    /// What is to be of an object, and what the server makes of that; `None` where it goes through no more.
    fn expected(&self, subject: &Subject<'_>, number: usize) -> Option<(Expected, Result<Value, String>)> {
        let chapter = subject.chapter(number)?;
        let expected = subject.model.expect(&chapter.git, subject.live.as_ref());
        let made =
            run(self.server.would_make(subject.kind, &format!("new-{}", subject.name), &expected.asked));
        Some((expected, made))
    }

    fn pass(&self) -> windlass_core::Report {
        let engine = self.world.engine(1).with_wait(Wait::only_gates());
        let report = run(engine.reconcile(&self.world.cx));
        report.unwrap_or_else(|error| panic!("{}: no pass: {}", self.namespace, error.explain()))
    }

    /// Takes it all away again, so that a long run does not fill the server.
    fn clear(&self) {
        let definition = format!("gates.{}", super::kinds::group(&self.namespace));
        for words in
            [["namespace", self.namespace.as_str()], ["customresourcedefinition", definition.as_str()]]
        {
            let [kind, name] = words;
            plane().kubectl_run(&["delete", kind, name, "--wait=false"]).expect("what was made goes");
        }
    }
}

impl<'a> Subject<'a> {
    fn chapter(&self, number: usize) -> Option<&'a Chapter> {
        // What went wrong once says nothing afterwards.
        self.history.chapters.get(number).filter(|_| self.failure.is_none())
    }

    fn act(&self, number: usize, round: usize) -> Option<&'a super::history::Act> {
        self.chapter(number)?.acts.get(round)
    }
}
