//! Looking: what is asked for is sorted by kind, looked at, and looked at again under another version where a kind is
//! there and its path is not.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use windlass_core::{
    Context, Error, ErrorKind, Interest, Look, ObjectId, Observation, Observed, Result, UnitId,
};

use crate::discovery::{Discovered, unserved};
use crate::fail;
use crate::resource::Resource;
use crate::search::{Asked, Observations};
use crate::session::Session;
use crate::{polled, watched};

/// Looks at a kind whose path is not known although the kind is, before it is given up.
const LOOKS_MAX: usize = 4;

pub(crate) async fn observe(session: &Session, cx: &Context, interest: &Interest) -> Result<Observed> {
    let mut kinds = session.connection.discovered(cx).await?;
    let mut sorted = sort(&kinds, &interest.objects.iter().collect(), 0);
    if sorted.lacks && !kinds.fresh {
        kinds = session.connection.discovered_again(cx).await?;
        sorted = sort(&kinds, &interest.objects.iter().collect(), 0);
    }
    if kinds.fresh {
        session.narrow.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
    let pass = Pass { session, cx, unit: &interest.unit };
    let mut observed = pass.look(sorted, false).await?;
    pass.look_again(kinds, interest, &mut observed).await?;
    cx.check()?;
    observed.orphans.sort_by(|a, b| a.id.cmp(&b.id));
    observed.orphans.dedup_by(|a, b| a.id == b.id);
    if let Some(error) = nothing_seen(&observed) {
        return Err(error);
    }
    session.note_seen(&observed);
    Ok(observed)
}

/// What is asked for, by kind; what has no kind is answered at once.
struct Sorted<'a> {
    kinds: BTreeMap<Resource, Asked<'a>>,
    answered: Observations,
    /// Whether a kind is not known.
    lacks: bool,
}

fn sort<'a>(kinds: &Discovered, asked: &Asked<'a>, attempt: usize) -> Sorted<'a> {
    let mut sorted = Sorted { kinds: BTreeMap::new(), answered: Observations::new(), lacks: false };
    for (id, look) in asked {
        match kinds.any(id, &look.api_version, attempt) {
            Ok(resource) => match sorted.kinds.get_mut(resource) {
                Some(asked) => drop(asked.insert(id, look)),
                None => drop(sorted.kinds.insert(resource.clone(), Asked::from([(*id, *look)]))),
            },
            Err(error) if error.kind() == ErrorKind::Undefined => {
                sorted.lacks = true;
                sorted.answered.insert((*id).clone(), Observation::Undefined);
            }
            Err(error) => {
                sorted.answered.insert((*id).clone(), Observation::Unreadable(error));
            }
        }
    }
    sorted
}

/// One observation.
#[derive(Clone, Copy)]
struct Pass<'a> {
    session: &'a Session,
    cx: &'a Context,
    unit: &'a UnitId,
}

impl Pass<'_> {
    async fn look(self, sorted: Sorted<'_>, again: bool) -> Result<Observed> {
        let Pass { session, cx, unit } = self;
        let mut observed = match (&session.desk, tokio::runtime::Handle::try_current()) {
            (Some(desk), Ok(_)) => watched::look(session, cx, desk, unit, &sorted.kinds, again).await?,
            _ => polled::look(session, cx, unit, sorted.kinds).await,
        };
        observed.observations.extend(sorted.answered);
        Ok(observed)
    }

    /// Looks again at what has a kind whose path the server does not know: it is undefined only where the server, asked
    /// again, lists no version of the kind. Else its objects are there, under another version.
    async fn look_again(
        self,
        mut kinds: Discovered,
        interest: &Interest,
        observed: &mut Observed,
    ) -> Result<()> {
        for attempt in 1.. {
            let open = |kinds: &Discovered, (id, look): &(&ObjectId, &Look)| {
                observed.observations.get(*id) == Some(&Observation::Undefined)
                    && kinds.any(id, &look.api_version, 0).is_ok()
                    && (!kinds.fresh || kinds.lists(id))
            };
            let asked: Asked<'_> = interest.objects.iter().filter(|one| open(&kinds, one)).collect();
            if asked.is_empty() {
                return Ok(());
            }
            if attempt >= LOOKS_MAX {
                let given_up = asked.keys().map(|id| ((*id).clone(), Observation::Unreadable(unserved(id))));
                observed.observations.extend(given_up);
                return Ok(());
            }
            if kinds.fresh {
                self.cx.sleep(fail::pause(u32::try_from(attempt).unwrap_or(u32::MAX))).await?;
            }
            kinds = self.session.connection.discovered_after(self.cx, &kinds).await?;
            let again = self.look(sort(&kinds, &asked, attempt - 1), true).await?;
            observed.observations.extend(again.observations);
            observed.orphans.extend(again.orphans);
        }
        Ok(())
    }
}

/// Where nothing at all could be read, that is the answer, and not a list of the same error.
fn nothing_seen(observed: &Observed) -> Option<Error> {
    let errors: Option<Vec<&Error>> = observed
        .observations
        .values()
        .map(|observation| match observation {
            Observation::Unreadable(error) => Some(error),
            _ => None,
        })
        .collect();
    let first = (*errors?.first()?).clone();
    let whole = matches!(
        first.kind(),
        ErrorKind::Unavailable | ErrorKind::Denied | ErrorKind::Timeout | ErrorKind::Cancelled
    );
    whole.then_some(first)
}
