//! What the suites say of a harness that lacks something, and of an implementation that panics.

use std::sync::Arc;

use windlass_core::{Artifact, Context, Paths, Resolved, Result, Revision, Source, async_trait};
use windlass_testkit::source::{LAWS, SourceHarness, check_all};
use windlass_testkit::suite::Harness;
use windlass_testkit::{MemoryFiles, MemorySource};

/// A harness that can commit and nothing else.
struct Poor {
    memory: MemorySource,
    source: Arc<dyn Source>,
    skips: Vec<(&'static str, &'static str)>,
}

impl Poor {
    fn new(skips: &[(&'static str, &'static str)]) -> Self {
        let memory = MemorySource::new();
        Self { source: Arc::new(memory.clone()), memory, skips: skips.to_vec() }
    }
}

impl Harness for Poor {
    fn skips(&self) -> Vec<(&'static str, &'static str)> {
        self.skips.clone()
    }
}

impl SourceHarness for Poor {
    fn source(&self) -> Arc<dyn Source> {
        self.source.clone()
    }

    fn commit(&self, files: &[(&str, &[u8])]) {
        let tree = files.iter().fold(MemoryFiles::new(), |tree, (path, content)| tree.with(path, content));
        self.memory.commit(tree);
    }
}

/// What the harness does not speak of does not apply, with the reason, and need not be listed.
const UNSAID: [&str; 10] = [
    "a_call_that_hangs_ends_with_the_deadline",
    "a_call_that_hangs_ends_when_it_is_cancelled",
    "names_that_differ_in_case_are_two",
    "files_of_one_digest_have_the_same_bytes",
    "a_change_is_told_however_long_nobody_waited",
    "a_change_before_the_first_wait_is_told",
    "what_was_resolved_is_told_no_more",
    "dropping_a_wait_for_a_change_loses_nothing",
    "waiting_for_a_change_ends_with_the_deadline",
    "waiting_for_a_change_ends_when_it_is_cancelled",
];

const LACKING: [&str; 4] = [
    "no_failure_gives_an_empty_artifact",
    "no_credential_is_shown",
    "a_link_inside_the_root_is_followed",
    "no_path_escapes_the_root",
];

#[test]
fn what_a_harness_lacks_and_does_not_say_is_broken() {
    let found = check_all(|| Poor::new(&[]));
    assert_eq!(found.broken(), LACKING);
    assert_eq!((found.skipped(), found.not_applicable()), (vec![], UNSAID.to_vec()), "nothing in silence");
    let line = "not applicable  names_that_differ_in_case_are_two: the harness does not say";
    assert!(found.to_string().contains(line), "{found}");
}

#[test]
fn what_a_harness_says_it_lacks_is_skipped_and_counted() {
    let found = check_all(|| Poor::new(&LACKING.map(|law| (law, "no such thing in memory"))));
    let mut skipped = found.skipped();
    skipped.sort_unstable_by_key(|law| LACKING.iter().position(|lacking| lacking == law));
    assert_eq!((skipped, found.not_applicable()), (LACKING.to_vec(), UNSAID.to_vec()), "{found}");
    assert_eq!(found.broken(), [""; 0]);
    assert_eq!(found.held().len(), LAWS.len() - LACKING.len() - UNSAID.len());
    let last = found.to_string().lines().last().map(str::to_owned);
    assert_eq!(
        last.as_deref(),
        Some(
            "laws: 19 held, 0 broken, 4 skipped (4 since no such thing in memory), \
             10 not applicable (1 since the files have no digests; \
             2 since the harness cannot keep an answer back; \
             1 since the harness does not say that its place tells upper from lower case; \
             6 since the source says that it cannot watch)"
        )
    );
}

#[test]
fn a_skip_that_is_not_needed_is_broken() {
    let found = check_all(|| {
        let mut skips = LACKING.map(|law| (law, "no such thing in memory")).to_vec();
        skips.push(("content_comes_as_it_is", "too lazy"));
        Poor::new(&skips)
    });
    assert_eq!(found.broken(), ["content_comes_as_it_is"]);
}

#[test]
#[should_panic(expected = "there is no law no_such_law to skip")]
fn a_skip_of_a_law_that_is_not_there_is_refused() {
    let names: Vec<&str> = LAWS.iter().map(|law| law.name).collect();
    windlass_testkit::suite::check_skips(&[("no_such_law", "renamed")], &names);
}

#[test]
fn the_readme_counts_the_laws() {
    use windlass_testkit::{
        dialect, fence, health, order, policy, renderer, source, store, target, time, transform,
    };
    let counts = [
        ("source", source::LAWS.len()),
        ("renderer", renderer::LAWS.len()),
        ("target", target::LAWS.len()),
        ("store", store::LAWS.len()),
        ("order", order::LAWS.len()),
        ("dialect", dialect::LAWS.len()),
        ("health", health::LAWS.len()),
        ("clock", time::LAWS.len()),
        ("fence", fence::LAWS.len()),
        ("transform", transform::LAWS.len()),
        ("policy", policy::LAWS.len()),
    ];
    for (suite, laws) in counts {
        let begins = format!("| `{suite}_suite!` |");
        let row = include_str!("../../README.md").lines().find(|line| line.starts_with(&begins));
        let right = row.is_some_and(|row| row.ends_with(&format!("| {laws} |")));
        assert!(right, "{suite} has {laws} laws, and the readme says {row:?}");
    }
}

#[derive(Debug)]
struct Panicking;

#[async_trait]
impl Source for Panicking {
    async fn resolve(&self, _cx: &Context) -> Result<Resolved> {
        panic!("not today")
    }

    async fn fetch(&self, _cx: &Context, _revision: &Revision, _paths: &Paths) -> Result<Artifact> {
        panic!("not today")
    }
}

#[test]
fn an_implementation_that_panics_is_broken_and_does_not_end_the_suite() {
    let found = check_all(|| Poor { source: Arc::new(Panicking), ..Poor::new(&[]) });
    assert_eq!(found.laws.len(), LAWS.len());
    assert!(found.held().is_empty(), "{found}");
}
