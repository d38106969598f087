//! Repositories of this machine, read in place.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use support::*;
use windlass_core::{Limits, Paths, Revision, Source, Timestamp};
use windlass_git::write::Change;
use windlass_git::{GitSource, Reference, TagRange};
use windlass_testkit::block_on;

fn check_resolves(fleet: &Fleet, reference: Reference, expected: &str) {
    let shown = match resolve(&fleet.source().reference(reference)) {
        Ok(revision) => revision.to_string(),
        Err(error) => shown(&error),
    };
    let names = [(&fleet.first, "FIRST"), (&fleet.second, "SECOND")];
    let shown = names.iter().fold(shown, |shown, (id, name)| shown.replace(*id, name));
    let shown = shown.replace(&fleet.url(), "FLEET");
    assert_eq!(shown, expected);
}

#[test]
fn every_kind_of_reference_resolves() {
    let fleet = Fleet::new();
    check_resolves(&fleet, Reference::Head, "main@sha1:SECOND");
    check_resolves(&fleet, Reference::Branch("main".into()), "main@sha1:SECOND");
    check_resolves(&fleet, Reference::Branch("old".into()), "old@sha1:FIRST");
    check_resolves(&fleet, Reference::Tag("v1".into()), "v1@sha1:FIRST");
    check_resolves(&fleet, Reference::Name("refs/heads/old".into()), "old@sha1:FIRST");
    check_resolves(&fleet, Reference::Commit(fleet.first.clone()), "sha1:FIRST");
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let fleet = Fleet::new();
    check_resolves(
        &fleet,
        Reference::Branch("mian".into()),
        "not found: no such reference (reference=branch mian, existing=main old, path=FLEET)",
    );
    check_resolves(
        &fleet,
        Reference::Tag("v2".into()),
        "not found: no such reference (reference=tag v2, existing=v1, path=FLEET)",
    );
    check_resolves(
        &fleet,
        Reference::Branch("heads/main".into()),
        "not found: no such reference (reference=branch heads/main, existing=main old, path=FLEET)",
    );
    let nobody = "1".repeat(40);
    check_resolves(
        &fleet,
        Reference::Commit(nobody.clone()),
        &format!("not found: no such commit (commit={nobody}, path=FLEET)"),
    );
}

#[test]
fn any_name_is_resolved_and_its_commit_fetched() {
    let fleet = Fleet::new();
    for (tag, commit) in [("v1.2.0", &fleet.first), ("v1.10.0", &fleet.second), ("main", &fleet.first)] {
        fleet.repository.tag(tag, commit, &author()).unwrap();
    }
    check_resolves(&fleet, Reference::read("v1.*"), "v1.10.0@sha1:SECOND");
    check_resolves(&fleet, Reference::read("v1.2.0"), "v1.2.0@sha1:FIRST");
    check_resolves(&fleet, Reference::read("old"), "old@sha1:FIRST");
    check_resolves(&fleet, Reference::read("main"), "main@sha1:FIRST");
    check_resolves(&fleet, Reference::read("refs/heads/main"), "main@sha1:SECOND");
    check_resolves(&fleet, Reference::read(""), "main@sha1:SECOND");
    check_resolves(
        &fleet,
        Reference::read("v3.*"),
        "not found: no such reference (reference=v3.*, existing=main old main v1 v1.10.0, path=FLEET)",
    );
    let artifact = bring(&fleet.source().reference(Reference::read("v1.x"))).unwrap();
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
}

#[test]
fn the_highest_tag_of_a_range_resolves() {
    let fleet = Fleet::new();
    for (tag, commit) in [("v1.2.0", &fleet.first), ("v1.10.0", &fleet.second), ("web-3.0.0", &fleet.first)] {
        fleet.repository.tag(tag, commit, &author()).unwrap();
    }
    check_resolves(&fleet, Reference::Semver(TagRange::new("^1.2")), "v1.10.0@sha1:SECOND");
    check_resolves(&fleet, Reference::Semver(TagRange::new("<1.10")), "v1.2.0@sha1:FIRST");
    let web = TagRange::new("*").with_prefix("web-");
    check_resolves(&fleet, Reference::Semver(web), "web-3.0.0@sha1:FIRST");
    check_resolves(
        &fleet,
        Reference::Semver(TagRange::new("2.x")),
        "not found: no tag is in the range (range=2.x, highest=1.10.0 1.2.0, path=FLEET)",
    );
}

#[test]
fn a_revision_says_who_made_it_when_and_why() {
    let fleet = Fleet::new();
    let artifact = bring(&fleet.source().branch("old")).unwrap();
    let revision = artifact.revision();
    assert_eq!(revision.author.as_deref(), Some("Ada <ada@example.org>"));
    assert_eq!(revision.time, Some(Timestamp::from_unix(1_700_000_000)));
    assert_eq!(revision.message.as_deref(), Some("start"));
}

#[test]
fn an_artifact_is_the_tree_of_its_commit() {
    let fleet = Fleet::new();
    let artifact = bring(&fleet.source()).unwrap();
    assert_eq!(list(&artifact, "").unwrap(), "README apps/");
    assert_eq!(list(&artifact, "apps").unwrap(), "web.yaml");
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
}

#[test]
fn a_held_artifact_does_not_change() {
    let fleet = Fleet::new();
    let artifact = bring(&fleet.source()).unwrap();
    fleet.repository.commit("main", "shrink", &author(), &[Change::remove("apps")]).unwrap();
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
}

#[test]
fn equal_trees_have_equal_digests_whatever_their_commits() {
    let fleet = Fleet::new();
    let before = bring(&fleet.source().branch("old")).unwrap();
    let grown = bring(&fleet.source()).unwrap();
    fleet.repository.revert("main", &fleet.second, &author()).unwrap();
    let reverted = bring(&fleet.source()).unwrap();
    assert_ne!(before.revision().id, reverted.revision().id);
    assert_eq!(before.digest(), reverted.digest());
    assert_ne!(before.digest(), grown.digest());
}

fn check_reads(changes: &[Change], file: &str, expected: &str) {
    let fleet = Fleet::new();
    fleet.repository.commit("main", "links", &author(), changes).unwrap();
    let artifact = bring(&fleet.source()).unwrap();
    let shown = read(&artifact, file).unwrap_or_else(|error| shown(&error));
    assert_eq!(shown, expected, "{file}");
}

#[test]
fn what_git_lfs_keeps_elsewhere_is_refused() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let files = [Change::file("web.yaml", pointer), Change::link("link", "web.yaml")];
    check_reads(&files, "web.yaml", "unsupported: files of Git LFS are not fetched (path=web.yaml)");
    check_reads(&files, "link", "unsupported: files of Git LFS are not fetched (path=link)");
    let about = format!("# {pointer}");
    check_reads(&[Change::file("about", about.as_str())], "about", &about);
    let long = format!("{pointer}{}", "x".repeat(1024));
    check_reads(&[Change::file("long", long.as_str())], "long", &long);
}

#[test]
fn every_name_of_a_folder_is_found_whatever_the_order_of_git() {
    // Git sorts the folder `a` after `a.b`, since it compares `a/`.
    let files = ["a/x", "a.b", "a-b", "a0", "A", "b"].map(|path| Change::file(path, path));
    for name in ["a/x", "a.b", "a-b", "a0", "A", "b"] {
        check_reads(&files, name, name);
    }
    check_reads(&files, "a.c", "not found: no such file or folder (path=a.c)");
}

#[test]
fn links_are_followed_inside_the_tree() {
    let links = [
        Change::link("same", "README"),
        Change::link("apps/up", "../README"),
        Change::link("folder", "./apps"),
        Change::link("twice", "folder/up"),
    ];
    for file in ["same", "apps/up", "folder/up", "twice"] {
        check_reads(&links, file, "fleet\n");
    }
    check_reads(&links, "folder/web.yaml", "replicas: 2\n");
}

#[test]
fn links_lead_nowhere_else() {
    check_reads(
        &[Change::link("out", "../../etc/hostname")],
        "out",
        "invalid: a link leads out of the tree (path=out)",
    );
    check_reads(
        &[Change::link("out", "/etc/hostname")],
        "out",
        "invalid: a link leads out of the tree (path=out)",
    );
    check_reads(
        &[Change::link("round", "round")],
        "round",
        "limit: too many symbolic links (path=round, links_max=16)",
    );
    check_reads(
        &[Change::link("gone", "nobody")],
        "gone",
        "not found: a link leads to what is not there (path=gone)",
    );
}

#[test]
fn entries_that_have_no_content_are_listed_as_other() {
    let fleet = Fleet::new();
    let links = [
        Change::link("file", "README"),
        Change::link("folder", "apps"),
        Change::link("gone", "nobody"),
        Change::link("out", "/etc"),
    ];
    fleet.repository.commit("main", "links", &author(), &links).unwrap();
    let artifact = bring(&fleet.source()).unwrap();
    assert_eq!(list(&artifact, "").unwrap(), "README apps/ file folder/ gone? out?");
}

/// Commits a file under names that are not written as text.
fn commit_named(fleet: &Fleet, names: &[&[u8]]) {
    use gix::objs::tree::{Entry, EntryKind};
    let repository = gix::open(fleet.repository.path()).unwrap();
    let oid = repository.write_blob("kind: X\n").unwrap().detach();
    let entry = |name: &&[u8]| Entry { mode: EntryKind::Blob.into(), filename: (*name).into(), oid };
    let mut tree = gix::objs::Tree { entries: names.iter().map(entry).collect() };
    tree.entries.sort();
    let tree = repository.write_object(&tree).unwrap().detach();
    let time = gix::date::Time { seconds: 1_700_000_000, offset: 0 };
    let ada = gix::actor::Signature { name: "Ada".into(), email: "ada@example.org".into(), time };
    let mut buffer = gix::date::parse::TimeBuf::default();
    let ada = ada.to_ref(&mut buffer);
    let none: [gix::ObjectId; 0] = [];
    let commit = repository.new_commit_as(ada, ada, "names", tree, none).unwrap().id().to_string();
    fleet.repository.point("refs/heads/main", &commit).unwrap();
}

fn check_lists(names: &[&[u8]], expected: &str) {
    let fleet = Fleet::new();
    commit_named(&fleet, names);
    let artifact = bring(&fleet.source()).unwrap();
    assert_eq!(list(&artifact, "").unwrap_or_else(|error| shown(&error)), expected);
}

#[test]
fn a_name_that_no_path_can_hold_is_listed_as_other() {
    check_lists(&[b"web.yaml", b"caf\xe9.yaml", b"a\\b.yaml"], "a\u{fffd}b.yaml? caf\u{fffd}.yaml? web.yaml");
    check_lists(&[b"web.yaml", b"caf\xc3\xa9.yaml"], "caf\u{e9}.yaml web.yaml");
}

#[test]
fn what_is_listed_in_place_of_its_name_is_never_missing() {
    let fleet = Fleet::new();
    commit_named(&fleet, &[b"web.yaml", b"caf\xe9.yaml"]);
    let artifact = bring(&fleet.source()).unwrap();
    assert_eq!(read(&artifact, "web.yaml").unwrap(), "kind: X\n");
    let error = read(&artifact, "caf\u{fffd}.yaml").unwrap_err();
    let expected =
        "invalid: no path can hold the name of this file (path=caf\u{fffd}.yaml, name=\"caf\\xe9.yaml\")";
    assert_eq!(shown(&error), expected);
}

#[test]
fn names_that_git_forbids_or_that_look_alike_are_refused() {
    check_lists(&[b"web.yaml", b".."], "invalid: not a file name (path=., name=\"..\")");
    check_lists(&[b"web.yaml", b"a/b"], "invalid: not a file name (path=., name=\"a/b\")");
    check_lists(&[b"\xe9", b"\xe8"], "invalid: two entries have one name (path=., name=\u{fffd})");
}

#[test]
fn folders_are_no_files_and_files_no_folders() {
    let fleet = Fleet::new();
    let artifact = bring(&fleet.source()).unwrap();
    let error = read(&artifact, "apps").unwrap_err();
    assert_eq!(shown(&error), "invalid: not a file (path=apps)");
    let error = list(&artifact, "README").unwrap_err();
    assert_eq!(shown(&error), "invalid: not a folder (path=README)");
    let error = read(&artifact, "README/x").unwrap_err();
    assert_eq!(shown(&error), "not found: no such file or folder (path=README/x)");
}

#[test]
fn a_file_over_the_limit_is_not_unpacked() {
    let fleet = Fleet::new();
    fleet.repository.commit("main", "big", &author(), &[Change::file("big", vec![0; 2048])]).unwrap();
    let mut limits = Limits::default();
    limits.file_bytes_max = 1024;
    let cx = context().with_limits(limits);
    let source = fleet.source();
    let artifact = block_on(source.fetch(&cx, &resolve(&source).unwrap(), &Paths::All)).unwrap();
    let error = read(&artifact, "big").unwrap_err();
    assert_eq!(shown(&error), "limit: a file is too large (path=big, bytes=2048, file_bytes_max=1024)");
    assert_eq!(read(&artifact, "README").unwrap(), "fleet\n");
}

#[test]
fn a_repository_with_a_work_tree_and_a_file_url_are_read_too() {
    let fleet = Fleet::new();
    let work = fleet.folder.path().join("work");
    std::fs::create_dir(&work).unwrap();
    std::fs::rename(fleet.repository.path(), work.join(".git")).unwrap();
    assert_eq!(resolve(&GitSource::new(work.display().to_string())).unwrap().short(), short(&fleet.second));
    let url = format!("file://{}", work.display());
    assert_eq!(resolve(&GitSource::new(url)).unwrap().short(), short(&fleet.second));
}

fn short(commit: &str) -> String {
    Revision::new(format!("sha1:{commit}")).with_reference("main").short()
}

fn check_refused(url: &str, expected: &str) {
    let error = resolve(&GitSource::new(url)).unwrap_err();
    assert_eq!(shown(&error), expected);
}

#[test]
fn what_is_no_repository_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    check_refused(&path, &format!("invalid: not a Git repository (path={path})"));
    check_refused("/no/such/folder", "not found: repository not found (path=/no/such/folder)");
    let without_a_key = "denied: 2 problems\n\
        - SSH needs a private key (option=credentials, url=ssh://git@example.org/a)\n\
        - SSH needs known hosts, and there is none (option=known_hosts, url=ssh://git@example.org/a)";
    let without_the_feature = "unsupported: this build has no SSH (url=ssh://git@example.org/a)";
    let ssh = if cfg!(feature = "ssh") { without_a_key } else { without_the_feature };
    check_refused("ssh://git@example.org/a", ssh);
    check_refused(
        "ext::sh -c id",
        "unsupported: no transport for this scheme (scheme=ext, url=ext::sh -c id)",
    );
    check_refused("-u", "invalid: the address could be mistaken for an option (url=-u)");
}

#[test]
fn an_empty_repository_has_no_commit_yet() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("empty.git");
    windlass_git::write::Repository::init(&place).unwrap();
    let path = place.display().to_string();
    check_refused(
        &path,
        &format!("not found: the branch has no commit yet (name=refs/heads/main, path={path})"),
    );
}

#[test]
fn a_head_that_leads_nowhere_is_told_with_the_branches_there_are() {
    let fleet = Fleet::new();
    std::fs::write(fleet.repository.path().join("HEAD"), "ref: refs/heads/master\n").unwrap();
    check_resolves(
        &fleet,
        Reference::Head,
        "not found: HEAD leads to a branch that is not there (name=refs/heads/master, existing=main old, path=FLEET)",
    );
    check_resolves(&fleet, Reference::Branch("main".into()), "main@sha1:SECOND");
}

#[test]
fn references_that_are_kept_in_an_unknown_way_are_told() {
    let fleet = Fleet::new();
    let config = fleet.repository.path().join("config");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}[extensions]\n\trefStorage = cloud\n")).unwrap();
    check_resolves(
        &fleet,
        Reference::Head,
        "unsupported: no support for how references are kept here (extensions.refStorage=cloud, path=FLEET)",
    );
}

#[test]
fn a_cancelled_context_asks_nobody() {
    let fleet = Fleet::new();
    let cx = context();
    cx.cancel().cancel();
    let error = block_on(fleet.source().resolve(&cx)).unwrap_err();
    assert_eq!(shown(&error), "cancelled: cancelled");
}

#[test]
fn many_threads_read_one_artifact() {
    let fleet = Fleet::new();
    let artifact = bring(&fleet.source()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
                }
            });
        }
    });
}

#[test]
fn no_credential_is_in_any_debug_form() {
    let source = GitSource::new("https://ada:secret@example.org/a")
        .with_credentials(windlass_git::Credentials::bearer("secret"))
        .with_proxy("http://ada:secret@proxy.example.org");
    let shown = format!("{source:?}");
    assert!(!shown.contains("secret"), "{shown}");
    assert!(!shown.contains("ada"), "{shown}");
}
