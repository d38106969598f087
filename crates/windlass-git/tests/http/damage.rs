//! What goes wrong on the way into the cache or in it: what is damaged heals, and what is not is left alone.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::served::Served;
use crate::support::server::Answer;
use crate::support::*;
use windlass_core::ErrorKind;
use windlass_git::write::Change;
use windlass_git::{GitLimits, GitSource};

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn packs(copy: &Path, end: &str) -> Vec<PathBuf> {
    let files = files(&copy.join("objects/pack")).into_iter();
    files.filter(|file| file.extension().is_some_and(|have| have == end)).collect()
}

fn noise(seed: u32, bytes: u32) -> Vec<u8> {
    (0..bytes).map(|at| ((at ^ seed << 20).wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// Fetches, damages what was fetched, and fetches the same again.
fn check_heals(damage: impl Fn(&Path, &str)) {
    let served = Served::new(Answer::Git);
    let revision = resolve(&served.source()).unwrap();
    // In two packs, the second of which builds on the first.
    fetch(&served.source(), &revision).unwrap();
    served.fleet.repository.commit("main", "more", &author(), &[Change::file("more", "more\n")]).unwrap();
    let revision = resolve(&served.source()).unwrap();
    fetch(&served.source(), &revision).unwrap();
    damage(&served.copies()[0], revision.id.strip_prefix("sha1:").unwrap());
    for _ in 0..2 {
        let again = fetch(&served.source(), &revision).unwrap();
        assert_eq!(read(&again, "README").unwrap(), "fleet\n");
        assert_eq!(read(&again, "more").unwrap(), "more\n");
    }
    served.server.lines();
    fetch(&served.source(), &revision).unwrap();
    assert!(served.server.lines().is_empty(), "it is in the cache again");
}

#[test]
fn a_cached_commit_without_its_packs_is_fetched_again() {
    check_heals(|copy, _| {
        files(&copy.join("objects/pack")).iter().for_each(|file| fs::remove_file(file).unwrap())
    });
}

#[test]
fn packs_that_a_loss_of_power_has_emptied_are_fetched_again() {
    for end in ["pack", "idx"] {
        check_heals(|copy, _| packs(copy, end).iter().for_each(|file| fs::write(file, "").unwrap()));
        check_heals(|copy, _| fs::write(&packs(copy, end)[0], "").unwrap());
        check_heals(|copy, _| fs::write(&packs(copy, end)[1], "").unwrap());
        check_heals(|copy, _| fs::remove_file(&packs(copy, end)[0]).unwrap());
        check_heals(|copy, _| fs::remove_file(&packs(copy, end)[1]).unwrap());
    }
}

#[test]
fn a_mark_that_a_loss_of_power_has_emptied_is_set_again() {
    check_heals(|copy, commit| fs::write(copy.join("refs/windlass").join(commit), "").unwrap());
}

#[test]
fn a_damaged_list_of_shallow_commits_is_written_anew() {
    check_heals(|copy, commit| {
        fs::write(copy.join("shallow"), "nonsense\n").unwrap();
        fs::remove_file(copy.join("refs/windlass").join(commit)).unwrap();
    });
}

#[test]
fn what_a_killed_fetch_leaves_behind_stops_no_other() {
    let served = Served::new(Answer::Git);
    bring(&served.source()).unwrap();
    let copy = served.copies()[0].clone();
    served.fleet.repository.commit("main", "more", &author(), &[Change::file("more", "more\n")]).unwrap();
    let revision = resolve(&served.source()).unwrap();
    let commit = revision.id.strip_prefix("sha1:").unwrap();
    let left = ["shallow.lock", &format!("refs/windlass/{commit}.lock"), "objects/pack/incoming-pack"];
    left.iter().for_each(|name| fs::write(copy.join(name), "half").unwrap());
    let artifact = fetch(&served.source(), &revision).unwrap();
    assert_eq!(read(&artifact, "more").unwrap(), "more\n");
    assert_eq!(served.copies(), std::slice::from_ref(&copy), "no new cache was started");
    assert!(left.iter().all(|name| !copy.join(name).exists()), "what was left is removed");
}

/// Fetches one commit, then fails to fetch another: the cache stays, and the next fetch asks for what is new.
fn check_leaves(change: &[Change], broken: impl Fn(&Served) -> GitSource, expected: &str) {
    let served = Served::new(Answer::Git);
    bring(&served.source()).unwrap();
    let commit = served.fleet.repository.commit("main", "more", &author(), change).unwrap();
    let source = broken(&served);
    let error = bring(&source).unwrap_err();
    let shown = shown(&error).replace(&commit, "COMMIT");
    let shown = shown.split(", url=").next().unwrap();
    assert_eq!(shown, expected, "{error:?}");
    let copies = served.copies();
    assert!(copies.iter().all(|copy| copy.ends_with("1.git")), "no cache was started anew: {copies:?}");
    let left: usize = copies.iter().map(|copy| files(&copy.join("objects/pack")).len()).sum();
    let whole: usize = copies.iter().map(|copy| packs(copy, "pack").len() + packs(copy, "idx").len()).sum();
    assert_eq!(left, whole, "half a pack is removed");
    assert!(bring(&served.source()).is_ok());
}

fn limited(served: &Served, limit: impl Fn(&mut GitLimits)) -> GitSource {
    let mut limits = GitLimits::default();
    limit(&mut limits);
    served.source().with_limits(limits)
}

#[test]
fn an_object_that_unpacks_to_too_much_is_refused() {
    check_leaves(
        &[Change::file("zeros", vec![0; 3 << 20])],
        |served| limited(served, |limits| limits.object_bytes_max = 1 << 20),
        "limit: an object of the pack is too large (object_bytes_max=1048576",
    );
}

#[test]
fn an_object_that_comes_as_too_much_is_refused() {
    check_leaves(
        &[Change::file("noise", noise(0, 3 << 20))],
        |served| limited(served, |limits| limits.object_bytes_max = 1 << 20),
        "limit: an object of the pack is too large (object_bytes_max=1048576",
    );
}

#[test]
fn objects_that_unpack_to_too_much_together_are_refused() {
    let like = |at: u8| Change::file(format!("{at}"), [noise(0, 300_000), vec![at]].concat());
    let changes: Vec<_> = (0..9).map(like).collect();
    check_leaves(
        &changes,
        |served| {
            limited(served, |limits| {
                (limits.unpacked_bytes_max, limits.pack_bytes_max) = (2_000_000, 600_000)
            })
        },
        "limit: the pack of the server unpacks to too much (unpacked_bytes_max=2000000",
    );
}

#[test]
fn too_many_objects_are_refused() {
    check_leaves(
        &[Change::file("a/b/c/d", "d\n")],
        |served| limited(served, |limits| limits.objects_max = 4),
        "limit: the pack of the server has too many objects (objects=6, objects_max=4",
    );
}

#[test]
fn a_server_that_gives_up_is_quoted() {
    let served = Served::new(Answer::GivesUp("fatal: out of memory"));
    served.check_fails(
        &served.source(),
        "unavailable: the server gives up (server=fatal: out of memory, url=SERVER/fleet.git, commit=COMMIT)",
    );
    assert!(served.copies()[0].ends_with("1.git"), "no cache was started anew");
}

#[test]
fn a_pack_that_breaks_off_is_no_damage_here() {
    let served = Served::new(Answer::BreaksOff);
    served.check_fails(
        &served.source(),
        "unavailable: the answer of the server ends too early (url=SERVER/fleet.git, commit=COMMIT)",
    );
    assert!(served.copies()[0].ends_with("1.git"), "no cache was started anew");
}

#[test]
fn a_server_that_cannot_leave_out_history_is_refused() {
    let served = Served::new(Answer::NeverShallow);
    served.check_fails(
        &served.source(),
        "unsupported: the server gives no commit without its history (url=SERVER/fleet.git)",
    );
    let fetches = served.server.asked().into_iter().filter(|asked| asked.body.contains("command=fetch"));
    assert_eq!(fetches.count(), 0, "nothing was fetched");
}

#[test]
fn a_fetch_over_its_time_ends_as_that() {
    let served = Served::new(Answer::Git);
    let mut limits = GitLimits::default();
    limits.fetch_time_max = std::time::Duration::ZERO;
    let error = bring(&served.source().with_limits(limits)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
}
