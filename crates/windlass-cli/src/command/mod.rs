//! What each command does.

mod apply;
mod approval;
mod delete;
mod ending;
mod plan;
mod receivers;
mod render;
mod run;
mod status;
mod turns;
mod validate;
mod walk;
mod wishes;

use std::sync::Arc;

use windlass_core::{Cancel, Context, Error, ErrorKind, Result};
use windlass_engine::TokioClock;
use windlass_fs::Notifier;

use crate::args::{Loudness, Request, Verb, Wish, command};
use crate::parts::Workshop;
use crate::serve::Listen;
use crate::spec::{self, Asked, Fleet};
use crate::stop;
use crate::term::{Term, Tone};
pub(crate) use ending::Ending;

/// What every command works with.
struct Scene {
    cx: Context,
    term: Arc<Term>,
    fleet: Fleet,
    workshop: Arc<Workshop>,
    asked: Asked,
    wish: Wish,
    listen: Option<Listen>,
    webhooks: Option<Listen>,
    yes: bool,
    /// A deletion runs its hooks.
    hooks: bool,
}

/// Does what was asked. What went wrong is told already when this returns.
pub(crate) async fn perform(request: &Request, term: &Arc<Term>) -> Ending {
    let done = match request.verb {
        Verb::Completions => term.raw(&completions(&request.shell)).map(|()| Ending::Good),
        Verb::Schema => term.raw(&spec::schema_text()).map(|()| Ending::Good),
        verb => match scene(request, term) {
            Ok(scene) => on_units(verb, &scene).await,
            Err(error) => Err(error),
        },
    };
    done.unwrap_or_else(|error| {
        term.failure(None, &error);
        term.error(&error);
        Ending::Failed
    })
}

fn scene(request: &Request, term: &Arc<Term>) -> Result<Scene> {
    let cancel = Cancel::new();
    stop::listen(cancel.clone(), term).map_err(|error| {
        Error::new(ErrorKind::Unavailable, "signals cannot be listened to").caused_by(error)
    })?;
    let cx = Context::new(TokioClock::new()).with_cancel(cancel);
    let fleet = Fleet::read(&request.asked, cx.limits())?;
    let workshop = Arc::new(Workshop::new(notifier(term)));
    Ok(Scene {
        cx,
        term: Arc::clone(term),
        fleet,
        workshop,
        asked: request.asked.clone(),
        wish: request.wish.clone(),
        listen: request.listen,
        webhooks: request.webhooks,
        yes: request.yes,
        hooks: request.hooks,
    })
}

/// Tells once of each folder that is not watched for want of room. It is looked at again and again, so that is no error.
fn notifier(term: &Arc<Term>) -> Notifier {
    let term = Arc::clone(term);
    Notifier::new().on_fallback(move |folder, why| {
        if term.loudness != Loudness::Quiet {
            term.progress(Tone::Odd, &format!("{}: {why}", folder.display()));
        }
    })
}

async fn on_units(verb: Verb, scene: &Scene) -> Result<Ending> {
    match verb {
        Verb::Render => render::render(scene).await,
        Verb::Plan => plan::plan(scene).await,
        Verb::Apply => apply::apply(scene).await,
        Verb::Run => run::run(scene).await,
        Verb::Status => status::status(scene).await,
        Verb::Delete => delete::delete(scene).await,
        Verb::Validate => validate::validate(scene).await,
        Verb::History => wishes::history(scene).await,
        Verb::Suspend | Verb::Resume | Verb::Reconcile | Verb::Approve | Verb::Rollback => {
            wishes::ask(scene, verb).await
        }
        Verb::Completions | Verb::Schema | Verb::Kustomize | Verb::Helm | Verb::Push => Ok(Ending::Good),
    }
}

fn completions(shell: &str) -> String {
    use clap_complete::{Shell, generate};
    let shell = match shell {
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        _ => Shell::Bash,
    };
    let mut script = Vec::new();
    generate(shell, &mut command(), "windlass", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
