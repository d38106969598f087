//! Repositories behind HTTP, served by the `git http-backend` of the machine.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod damage;
#[path = "../support/mod.rs"]
mod support;

use std::process::Command;
use std::sync::Arc;

use support::served::Served;
use support::server::{Answer, Server};
use support::*;
use windlass_core::{ErrorKind, Paths, Revision, Source};
use windlass_git::write::Change;
use windlass_git::{Credentials, GitLimits, GitSource, Reference, TagRange};
use windlass_testkit::{TestClock, block_on};

const LIST: &str = "GET /fleet.git/info/refs?service=git-upload-pack";
const ASK: &str = "POST /fleet.git/git-upload-pack";

#[test]
fn resolving_lists_references_and_fetches_nothing() {
    let served = Served::new(Answer::Git);
    let revision = resolve(&served.source()).unwrap();
    assert_eq!(revision.to_string(), format!("main@sha1:{}", served.fleet.second));
    let asked = served.server.asked();
    assert_eq!(asked.iter().map(|asked| asked.line.as_str()).collect::<Vec<_>>(), [LIST, ASK]);
    assert!(asked[1].body.contains("command=ls-refs"), "{}", asked[1].body);
    assert!(asked[1].body.contains("ref-prefix HEAD"), "{}", asked[1].body);
    assert!(served.copies().is_empty(), "nothing is cached");
}

#[test]
fn tags_are_peeled_and_branches_found() {
    let served = Served::new(Answer::Git);
    let tag = resolve(&served.source().tag("v1")).unwrap();
    assert_eq!(tag.to_string(), format!("v1@sha1:{}", served.fleet.first));
    let branch = resolve(&served.source().branch("old")).unwrap();
    assert_eq!(branch.to_string(), format!("old@sha1:{}", served.fleet.first));
}

#[test]
fn a_range_is_resolved_by_one_list_of_its_tags_and_its_commit_fetched() {
    let served = Served::new(Answer::Git);
    for (tag, commit) in [("web-1.9.0", &served.fleet.first), ("web-1.10.0", &served.fleet.second)] {
        served.fleet.repository.tag(tag, commit, &author()).unwrap();
    }
    let range = TagRange::new(">=1").with_prefix("web-");
    let source = served.source().reference(Reference::Semver(range));
    let revision = resolve(&source).unwrap();
    assert_eq!(revision.to_string(), format!("web-1.10.0@sha1:{}", served.fleet.second));
    let asked = served.server.asked();
    assert_eq!(asked.iter().map(|asked| asked.line.as_str()).collect::<Vec<_>>(), [LIST, ASK]);
    assert!(asked[1].body.contains("ref-prefix refs/tags/web-"), "{}", asked[1].body);
    let artifact = fetch(&source, &revision).unwrap();
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
}

#[test]
fn a_commit_stands_for_itself_and_nobody_is_asked() {
    let served = Served::new(Answer::Git);
    resolve(&served.source().commit(&served.fleet.first)).unwrap();
    assert!(served.server.lines().is_empty());
}

#[test]
fn fetching_brings_one_commit() {
    let served = Served::new(Answer::Git);
    let artifact = bring(&served.source()).unwrap();
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
    assert_eq!(artifact.revision().message.as_deref(), Some("grow"));
    assert_eq!(served.server.lines(), [LIST, ASK, LIST, ASK]);
    let copy = windlass_git::write::Repository::open(&served.copies()[0]).unwrap();
    let source = GitSource::new(copy.path().display().to_string());
    assert!(resolve(&source.clone().commit(&served.fleet.second)).is_ok());
    assert!(resolve(&source.commit(&served.fleet.first)).is_err(), "the parent is not there");
}

#[test]
fn fetching_again_asks_nobody() {
    let served = Served::new(Answer::Git);
    let first = bring(&served.source()).unwrap();
    served.server.lines();
    let second = fetch(&served.source(), first.revision()).unwrap();
    assert!(served.server.lines().is_empty());
    assert_eq!(first.digest(), second.digest());
}

#[test]
fn the_same_tree_has_the_same_digest_over_http_and_from_a_folder() {
    let served = Served::new(Answer::Git);
    let far = bring(&served.source()).unwrap();
    let near = bring(&served.fleet.source()).unwrap();
    assert_eq!(far.digest(), near.digest());
    assert_eq!(far.revision(), near.revision());
}

#[test]
fn a_later_fetch_brings_only_what_is_new() {
    let served = Served::new(Answer::Git);
    let noise: Vec<u8> = (0..200_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    served.fleet.repository.commit("main", "noise", &author(), &[Change::file("noise", noise)]).unwrap();
    bring(&served.source()).unwrap();
    let change = [Change::file("apps/web.yaml", "replicas: 3\n")];
    served.fleet.repository.commit("main", "grow", &author(), &change).unwrap();
    let mut limits = GitLimits::default();
    limits.pack_bytes_max = 10_000;
    let artifact = bring(&served.source().with_limits(limits)).unwrap();
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 3\n");
    assert_eq!(artifact.files().read(&path("noise")).unwrap().len(), 200_000);
}

#[test]
fn an_old_commit_is_fetched_by_its_name() {
    let served = Served::new(Answer::Git);
    let artifact = bring(&served.source().commit(&served.fleet.first)).unwrap();
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 1\n");
    assert_eq!(served.server.lines(), [LIST, ASK]);
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let served = Served::new(Answer::Git);
    served.check_fails(
        &served.source().branch("mian"),
        "not found: no such reference (reference=branch mian, existing=main old, url=SERVER/fleet.git)",
    );
    let nobody = "1".repeat(40);
    served.check_fails(
        &served.source().commit(&nobody),
        &format!("not found: no such commit (server=upload-pack: not our ref {nobody}, url=SERVER/fleet.git, commit={nobody})"),
    );
    let nowhere =
        GitSource::new(format!("{}/nowhere.git", served.server.origin)).with_cache(served.cache.path());
    served.check_fails(&nowhere, "not found: repository not found (status=404, url=SERVER/nowhere.git)");
}

#[test]
fn credentials_are_asked_for_refused_and_taken() {
    let served = Served::new(Answer::For("Basic YWRhOnNlY3JldA=="));
    served.check_fails(
        &served.source(),
        "denied: the server asks for credentials (status=401, url=SERVER/fleet.git)",
    );
    let source = served.source().with_credentials(Credentials::basic("eve", "secret"));
    served.check_fails(&source, "denied: credentials are not sent in clear text (url=SERVER/fleet.git)");
    served.check_fails(
        &source.with_credentials_in_clear_text(),
        "denied: the server does not accept the credentials (status=401, url=SERVER/fleet.git)",
    );
    let url = served.server.origin.replace("//", "//ada:secret@");
    let source = GitSource::new(format!("{url}/fleet.git")).with_cache(served.cache.path());
    let artifact = bring(&source.with_credentials_in_clear_text()).unwrap();
    assert_eq!(read(&artifact, "README").unwrap(), "fleet\n");
}

#[test]
fn a_cache_is_for_those_who_may_read_the_repository() {
    let served = Served::new(Answer::For("Bearer good"));
    let source =
        |token| served.source().with_credentials(Credentials::bearer(token)).with_credentials_in_clear_text();
    let artifact = bring(&source("good")).unwrap();
    let error = fetch(&source("bad"), artifact.revision()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(fetch(&source("good"), artifact.revision()).is_ok());
}

#[test]
fn a_redirect_is_followed_without_credentials() {
    let served = Served::new(Answer::Git);
    let front = Server::new(served.fleet.folder.path(), Answer::Redirect(served.server.origin.clone()));
    let source = served.source_at(&front).with_credentials(Credentials::bearer("secret"));
    let artifact = bring(&source.with_credentials_in_clear_text()).unwrap();
    assert_eq!(read(&artifact, "README").unwrap(), "fleet\n");
    assert!(front.asked().iter().all(|asked| asked.authorization.is_some()), "they are for the front");
    let asked = served.server.asked();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|asked| asked.authorization.is_none()), "{asked:?}");
}

#[test]
fn a_redirect_to_who_wants_credentials_is_named() {
    let served = Served::new(Answer::For("Bearer secret"));
    let front = Server::new(served.fleet.folder.path(), Answer::Redirect(served.server.origin.clone()));
    let source = served.source_at(&front).with_credentials(Credentials::bearer("secret"));
    let error = bring(&source.with_credentials_in_clear_text()).unwrap_err();
    let shown = shown(&error).replace(&served.server.origin, "SERVER").replace(&front.origin, "FRONT");
    assert_eq!(
        shown,
        "denied: a redirect led to a server that was not shown the credentials \
         (status=401, asked=SERVER, url=FRONT/fleet.git)"
    );
    assert!(error.help().is_some_and(|help| help.contains("the redirect leads to")));
}

#[test]
fn credentials_that_no_header_can_hold_are_refused_before_anybody_is_asked() {
    let served = Served::new(Answer::For("Bearer secret"));
    let source =
        |token| served.source().with_credentials(Credentials::bearer(token)).with_credentials_in_clear_text();
    assert!(bring(&source("secret\n")).is_ok(), "as it is read from a file");
    served.server.lines();
    served.check_fails(
        &source("secret\nsecret"),
        "invalid: the credentials hold a character that cannot be sent (url=SERVER/fleet.git)",
    );
    assert!(served.server.lines().is_empty());
}

#[test]
fn redirects_end() {
    let served = Served::new(Answer::Redirect(String::new()));
    served.check_fails(&served.source(), "limit: too many redirects (redirects_max=5, url=SERVER/fleet.git)");
}

#[test]
fn odd_answers_are_told_apart() {
    let check = |answer, expected| {
        let served = Served::new(answer);
        served.check_fails(&served.source(), expected);
    };
    check(
        Answer::Status("403 Forbidden"),
        "denied: the server denies access (status=403, url=SERVER/fleet.git)",
    );
    check(
        Answer::Status("503 Busy"),
        "unavailable: the server cannot answer now (status=503, url=SERVER/fleet.git)",
    );
    let served = Served::new(Answer::Status("429 Later\r\nretry-after: 7"));
    let wait = windlass_core::Retry::After(std::time::Duration::from_secs(7));
    assert_eq!(bring(&served.source()).unwrap_err().retry(), wait);
    check(Answer::Page, "invalid: no Git repository answers here (content=text/html, url=SERVER/fleet.git)");
}

#[test]
fn a_silent_server_and_no_server_are_told_apart() {
    let served = Served::new(Answer::Silence);
    let mut limits = GitLimits::default();
    limits.idle_time_max = std::time::Duration::from_millis(50);
    let error = bring(&served.source().with_limits(limits)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    let error = bring(&GitSource::new("http://127.0.0.1:1/a").with_cache(served.cache.path())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

#[test]
fn an_answer_over_the_limit_is_cut_off_and_leaves_nothing() {
    let served = Served::new(Answer::Git);
    let mut limits = GitLimits::default();
    limits.pack_bytes_max = 400;
    served.check_fails(
        &served.source().with_limits(limits),
        "limit: the answer of the server is too long (pack_bytes_max=400, url=SERVER/fleet.git, commit=COMMIT)",
    );
    let packs = std::fs::read_dir(served.copies()[0].join("objects/pack")).unwrap().count();
    assert_eq!(packs, 0, "half a pack is removed");
    assert!(bring(&served.source()).is_ok());
}

#[test]
fn a_full_cache_starts_anew_and_leaves_what_is_read() {
    let served = Served::new(Answer::Git);
    let mut limits = GitLimits::default();
    limits.cache_packs_max = 1;
    let source = served.source().with_limits(limits);
    let held = bring(&source).unwrap();
    for size in 3..6 {
        let change = [Change::file("apps/web.yaml", format!("replicas: {size}\n"))];
        served.fleet.repository.commit("main", "grow", &author(), &change).unwrap();
        let artifact = bring(&source).unwrap();
        assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), format!("replicas: {size}\n"));
    }
    assert_eq!(read(&held, "apps/web.yaml").unwrap(), "replicas: 2\n");
    let names: Vec<_> = served.copies().iter().map(|copy| copy.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["1.git", "4.git"], "the first is held, the last is the newest");
}

#[test]
fn a_damaged_cache_is_replaced() {
    let served = Served::new(Answer::Git);
    let first = bring(&served.source()).unwrap();
    let revision = first.revision().clone();
    drop(first);
    std::fs::write(served.copies()[0].join("HEAD"), "nonsense").unwrap();
    let again = fetch(&served.source(), &revision).unwrap();
    assert_eq!(read(&again, "README").unwrap(), "fleet\n");
}

#[test]
fn what_builds_on_lost_objects_is_fetched_anew() {
    let served = Served::new(Answer::Git);
    bring(&served.source()).unwrap();
    let packs = served.copies()[0].join("objects/pack");
    let first: Vec<_> = std::fs::read_dir(&packs).unwrap().map(|entry| entry.unwrap().path()).collect();
    served.fleet.repository.commit("main", "more", &author(), &[Change::file("more", "more\n")]).unwrap();
    bring(&served.source()).unwrap();
    first.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    served.fleet.repository.commit("main", "most", &author(), &[Change::file("most", "most\n")]).unwrap();
    let later = bring(&served.source()).unwrap();
    assert_eq!(read(&later, "README").unwrap(), "fleet\n", "it was in the lost pack");
    assert!(served.copies()[0].ends_with("2.git"), "{:?}", served.copies());
}

#[test]
fn many_fetches_share_one_cache() {
    let served = Served::new(Answer::Git);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let artifact = bring(&served.source()).unwrap();
                assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
            });
        }
    });
    let fetches = served.server.asked().into_iter().filter(|asked| asked.body.contains("command=fetch"));
    assert_eq!(fetches.count(), 1, "one fetches, the others wait for it");
}

#[cfg(unix)]
#[test]
fn only_the_owner_enters_the_cache() {
    use std::os::unix::fs::PermissionsExt;
    let served = Served::new(Answer::Git);
    bring(&served.source()).unwrap();
    let folder = served.copies()[0].parent().unwrap().to_owned();
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_server_that_gives_out_only_tips_is_asked_for_the_branch() {
    let served = Served::new(Answer::OldGit);
    assert_eq!(bring(&served.source()).unwrap().revision().message.as_deref(), Some("grow"));
    let old = Revision::new(format!("sha1:{}", served.fleet.first));
    let artifact = fetch(&served.source().branch("main"), &old).unwrap();
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 1\n");
}

#[test]
fn cancelling_ends_the_wait_for_a_silent_server() {
    let served = Served::new(Answer::Silence);
    let cx = context();
    let cancel = cx.cancel().clone();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while served.server.lines().is_empty() {
                std::thread::yield_now();
            }
            cancel.cancel();
        });
        let error = block_on(served.source().resolve(&cx)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    });
}

#[test]
fn a_proxy_is_asked_in_place_of_the_server() {
    let served = Served::new(Answer::Git);
    let proxy = Server::new(served.fleet.folder.path(), Answer::Status("502 Bad Gateway"));
    let address = proxy.origin.replace("//", "//ada:secret@");
    let error = bring(&served.source().with_proxy(address)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    assert!(served.server.lines().is_empty());
    assert!(proxy.lines()[0].starts_with("CONNECT 127.0.0.1:"));
}

#[cfg(unix)]
#[test]
fn a_cache_that_others_can_enter_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let served = Served::new(Answer::Git);
    bring(&served.source()).unwrap();
    let folder = served.copies()[0].parent().unwrap().to_owned();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o770)).unwrap();
    assert_eq!(bring(&served.source()).unwrap_err().kind(), ErrorKind::Denied);
}

#[test]
fn a_cache_that_nobody_uses_is_removed_and_one_that_is_read_stays() {
    let served = Served::new(Answer::Git);
    let clock = TestClock::new();
    let days = |days: u64| std::time::Duration::from_secs(days * 24 * 3600);
    let fetch_as = |token: &str| {
        let source = served.source().with_credentials(Credentials::bearer(token));
        let (source, cx) = (source.with_credentials_in_clear_text(), clock.context());
        block_on(async {
            let revision = source.resolve(&cx).await?.revision;
            source.fetch(&cx, &revision, &Paths::All).await
        })
        .unwrap()
    };
    fetch_as("first");
    let held = fetch_as("held");
    clock.advance(days(20));
    fetch_as("first");
    clock.advance(days(20));
    fetch_as("second");
    assert_eq!(served.copies().len(), 3, "the first was used, the other is read");
    clock.advance(days(31));
    fetch_as("third");
    assert_eq!(served.copies().len(), 2, "the first two are gone");
    assert_eq!(read(&held, "README").unwrap(), "fleet\n");
    assert_eq!(read(&fetch_as("first"), "README").unwrap(), "fleet\n", "it is made again when it is used");
}

/// A TLS server with a certificate that nobody else trusts, and that certificate in PEM.
fn secured(fleet: &Fleet, answer: Answer) -> (Server, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls =
        rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    (Server::secure(fleet.folder.path(), answer, Arc::new(tls)), made.cert.pem())
}

#[test]
fn over_tls_only_trusted_servers_are_shown_credentials() {
    let served = Served::new(Answer::Git);
    let (server, authority) = secured(&served.fleet, Answer::For("Bearer secret"));
    let source = served.source_at(&server).with_credentials(Credentials::bearer("secret"));
    let error = bring(&source).unwrap_err();
    assert_eq!(error.message(), "no trusted connection to the server", "{error:?}");
    assert!(server.lines().is_empty());
    let artifact = bring(&source.with_authorities(authority)).unwrap();
    assert_eq!(read(&artifact, "README").unwrap(), "fleet\n");
}

#[test]
fn a_redirect_does_not_leave_tls() {
    let served = Served::new(Answer::Git);
    let (front, authority) = secured(&served.fleet, Answer::Redirect(served.server.origin.clone()));
    let error = bring(&served.source_at(&front).with_authorities(authority)).unwrap_err();
    assert_eq!(error.message(), "a redirect from https to http");
    assert!(served.server.lines().is_empty());
}

/// Names the repository and the cache for a process that another test has started.
const CHILD: [&str; 2] = ["WINDLASS_GIT_TEST_URL", "WINDLASS_GIT_TEST_CACHE"];

#[test]
fn processes_with_an_empty_environment_share_one_cache() {
    if let [Some(url), Some(cache)] = CHILD.map(|name| std::env::var(name).ok()) {
        let artifact = bring(&GitSource::new(url).with_cache(cache)).unwrap();
        assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
        return;
    }
    let served = Served::new(Answer::Git);
    let start = || {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "processes_with_an_empty_environment_share_one_cache"]).env_clear();
        child.env(CHILD[0], format!("{}/fleet.git", served.server.origin)).env(CHILD[1], served.cache.path());
        child.env("PATH", "").spawn().unwrap()
    };
    let children: Vec<_> = (0..4).map(|_| start()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let asked = served.server.asked();
    let fetches = asked.iter().filter(|asked| asked.body.contains("command=fetch")).count();
    assert_eq!(fetches, 1, "one process fetches, the others wait for it");
}
