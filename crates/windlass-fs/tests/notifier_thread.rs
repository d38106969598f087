//! The thread of a notifier. Alone in its process, so that it can be counted.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fs;
use std::time::Duration;

use windlass_core::Source;
use windlass_fs::{DirSource, Notifier};
use windlass_testkit::{TestClock, block_on};

fn threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let name = |task: &fs::DirEntry| fs::read_to_string(task.path().join("comm")).unwrap_or_default();
    tasks.filter(|task| name(task).trim() == "windlass-fs").count()
}

#[test]
fn many_sources_share_one_thread_which_ends_with_the_last() {
    let (folder, notifier, cx) = (tempfile::tempdir().unwrap(), Notifier::new(), TestClock::auto().context());
    let sources: Vec<DirSource> = (0..50)
        .map(|at| {
            let root = folder.path().join(at.to_string());
            fs::create_dir(&root).unwrap();
            DirSource::new(root).with_notifier(&notifier)
        })
        .collect();
    assert_eq!(threads(), 0, "nobody waits yet");
    for source in &sources {
        block_on(source.resolve(&cx)).unwrap();
        let soon = cx.clone().with_timeout(Duration::from_secs(1));
        block_on(source.watch().unwrap().moved(&soon)).unwrap_err();
    }
    assert_eq!(format!("{notifier:?}"), "Notifier(50 folders watched)");
    // A thread takes its name only once it runs, and until then it has that of the one that made it.
    while threads() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(threads(), 1, "all wait in the same one");
    drop(sources);
    assert_eq!(format!("{notifier:?}"), "Notifier(0 folders watched)");
    drop(notifier);
    while threads() > 0 {
        std::thread::yield_now();
    }
}
