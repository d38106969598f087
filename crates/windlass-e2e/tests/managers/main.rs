//! Random managers write random objects by random means, and then Git says what the objects are: on the real API server,
//! afterwards each object is what Git says beside what others hold on purpose, and no more.
//!
//! What is to be is computed from what was done, in `model`; what the server fills in it says itself, by a dry run of a new
//! object. Neither looks at `managedFields`, nor at any code of the engine.
//!
//! The same `WINDLASS_SEED` draws the same objects; `WINDLASS_RANDOM` says how many, a hundred where it is not set:
//! `WINDLASS_SEED=1 WINDLASS_RANDOM=2000 cargo test -p windlass-e2e --features cluster --test managers -- --nocapture`.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]
#![allow(clippy::print_stdout, reason = "the seed and the summary")]

#[allow(dead_code, reason = "a bench uses the rest")]
#[path = "../../benches/converge/bare.rs"]
mod bare;
mod history;
mod kinds;
mod laws;
mod model;
mod server;
mod shape;
#[path = "../support/mod.rs"]
mod support;
mod trial;

use std::collections::BTreeMap;

use history::{Act, Chapter, History, draw};
use kinds::Kind;
use support::dice::Dice;
use trial::Trial;

/// Objects of one pass.
const BATCH: usize = 100;
/// Rounds in which a history that fails is made shorter.
const SHORTENINGS_MAX: usize = 8;

#[test]
fn whoever_wrote_before_afterwards_an_object_is_what_git_says_beside_what_others_hold() {
    let mut dice = Dice::from_env();
    let said = std::env::var("WINDLASS_RANDOM").ok();
    let count: usize = said.map_or(BATCH, |said| said.parse().expect("WINDLASS_RANDOM must be a number"));
    println!("WINDLASS_SEED={} WINDLASS_RANDOM={count}", dice.seed);
    let mut tally = BTreeMap::new();
    let mut done = 0;
    while done < count {
        let namespace = format!("managers-{}", done / BATCH);
        let kinds = kinds::all(&namespace);
        let histories: Vec<History> = (0..BATCH.min(count - done)).map(|_| draw(&mut dice, &kinds)).collect();
        let failures = Trial::new(&namespace, &kinds).run(&histories, &mut tally);
        let told: Vec<String> = failures
            .iter()
            .enumerate()
            .filter_map(|(at, why)| {
                let why = why.as_ref()?;
                Some(format!("{} {at}:\n{}{why}", kinds[histories[at].kind].name, histories[at]))
            })
            .collect();
        if !told.is_empty() {
            let first = failures.iter().position(Option::is_some).expect("one failed");
            let short = shorten(&namespace, &kinds, histories[first].clone());
            panic!(
                "WINDLASS_SEED={} WINDLASS_RANDOM={count}, of {} objects in {namespace} {} fail.\n{}\nthe first, shorter:\n{short}",
                dice.seed,
                histories.len(),
                told.len(),
                told.join("\n")
            );
        }
        done += histories.len();
    }
    println!("{count} objects");
    for (what, times) in tally {
        println!("{times:>6} {what}");
    }
}

/// Leaves out what a history fails without as well, one thing after the other.
fn shorten(namespace: &str, kinds: &[Kind], mut history: History) -> String {
    let mut told = String::new();
    for round in 0..SHORTENINGS_MAX {
        let shorter = shorter(&history);
        if shorter.is_empty() {
            break;
        }
        let namespace = format!("{namespace}-{round}");
        // The custom kind is that of the namespace.
        let own = kinds::all(&namespace);
        let failures = Trial::new(&namespace, &own).run(&shorter, &mut BTreeMap::new());
        let Some(at) = failures.iter().position(Option::is_some) else { break };
        history = shorter[at].clone();
        told = failures.into_iter().flatten().next().unwrap_or_default();
    }
    format!("{}\n{history}{told}", kinds[history.kind].name)
}

fn shorter(history: &History) -> Vec<History> {
    let mut shorter = Vec::new();
    if history.chapters.len() > 1 {
        shorter.push(History { chapters: history.chapters[..1].to_vec(), ..history.clone() });
    }
    for (at, chapter) in history.chapters.iter().enumerate() {
        for left_out in 0..chapter.acts.len() {
            let acts: Vec<Act> = chapter
                .acts
                .iter()
                .enumerate()
                .filter(|(act, _)| *act != left_out)
                .map(|(_, act)| act.clone())
                .collect();
            let mut chapters = history.chapters.clone();
            chapters[at] = Chapter { acts, ..chapter.clone() };
            shorter.push(History { chapters, ..history.clone() });
        }
    }
    shorter
}
