//! How a cluster is reached, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic)]

mod script;

use std::time::Duration;

use script::{Script, context, interest, list, live_map};
use windlass_core::{Context, ErrorKind, Target};
use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget, Server};

const SECRETS: &str = "GET /api/v1/secrets?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500";

fn kubeconfig(server: &str, cluster: &str, user: &str) -> std::path::PathBuf {
    let text = format!(
        "clusters: [{{name: c, cluster: {{server: '{server}'{cluster}}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n\
         contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\ncurrent-context: x\n"
    );
    let name = windlass_core::Digest::of(text.as_bytes()).short();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kubeconfig-{name}"));
    std::fs::write(&path, text).unwrap();
    path
}

async fn check(connect: Connect, expected: &str) {
    let told = match Cluster::connect(&connect).await {
        Ok(cluster) => cluster.server().to_string(),
        Err(error) => format!("{} {}", error.kind().name(), error.context("option").unwrap_or("")),
    };
    assert_eq!(told.trim_end(), expected, "{connect:?}");
}

#[tokio::test]
async fn each_loosening_must_be_allowed_by_its_name() {
    let file =
        |server: &str, cluster: &str, user: &str| Connect::kubeconfig(kubeconfig(server, cluster, user));
    let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/false}";
    check(file("https://k.example:6443", "", "token: sesame"), "https://k.example:6443").await;
    check(file("https://k.example", "", exec), "denied allow_exec_credentials").await;
    check(
        file("https://k.example", "", "auth-provider: {name: gcp, config: {}}"),
        "denied allow_exec_credentials",
    )
    .await;
    check(file("https://k.example", ", insecure-skip-tls-verify: true", ""), "denied allow_unverified_tls")
        .await;
    let loose = file("https://k.example", ", insecure-skip-tls-verify: true", "");
    check(loose.allow_unverified_tls(), "https://k.example").await;
    check(file("http://k.example", "", ""), "denied allow_plain_http").await;
    check(file("http://k.example", "", "").allow_plain_http(), "http://k.example").await;
    check(file("https://k.example", ", proxy-url: 'http://p.example'", ""), "unsupported").await;
    check(file("https://k.example", "", "").context("other"), "invalid").await;
    check(Connect::kubeconfig("/does/not/exist"), "invalid").await;
}

#[tokio::test]
async fn credentials_are_not_shown() {
    let server = Server::new("https://user:sesame@k.example/")
        .with_token("sesame")
        .with_client_certificate("sesame", "sesame")
        .with_authority("sesame");
    let connect = Connect::server(server);
    assert_eq!(format!("{connect:?}"), r#"Connect(server "https://k.example")"#);
    let error = Cluster::connect(&connect).await.unwrap_err();
    assert!(!format!("{error:?}{}", error.explain()).contains("sesame"), "{error:?}");
    let connect = Connect::server(Server::new("https://k.example").with_token("sesame"));
    let target =
        KubeTarget::new(Cluster::connect(&connect).await.unwrap(), KubeOptions::default().with_polling());
    assert!(!format!("{target:?}").contains("sesame"));
    assert_eq!(target.profile().place, "https://k.example");
}

#[tokio::test]
async fn a_broken_kubeconfig_is_told_without_its_text() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken");
    std::fs::write(&path, "users: [{user: {token: sesame").unwrap();
    let error = Cluster::connect(&Connect::kubeconfig(&path)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    // Port 1 of the loopback: nobody listens, and nothing leaves the machine.
    let connect = Connect::server(Server::new("https://127.0.0.1:1").with_token("sesame"));
    let target =
        KubeTarget::new(Cluster::connect(&connect).await.unwrap(), KubeOptions::default().with_polling());
    let error = target.observe(&context(), &interest(&["ConfigMap/a/x"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.context("server"), Some("https://127.0.0.1:1"));
    assert!(!error.may_have_written());
}

#[tokio::test(start_paused = true)]
async fn another_account_is_named_in_every_request() {
    let script = Script::new().on(
        "GET /api/v1/configmaps?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500",
        200,
        &list(&[], ""),
    );
    let cluster = script.cluster().as_account("team-a/deployer").unwrap();
    assert_eq!(
        format!("{cluster:?}"),
        r#"Cluster { server: "https://script.example", account: Some("system:serviceaccount:team-a:deployer") }"#
    );
    let target = KubeTarget::new(cluster.clone(), KubeOptions::default().with_polling());
    let _ = target.observe(&context(), &interest(&["ConfigMap/a/x"])).await;
    let headers = script.headers();
    assert_eq!(headers.len() as u64, cluster.requests());
    for headers in headers {
        assert_eq!(headers["impersonate-user"], "system:serviceaccount:team-a:deployer");
        assert!(!headers.contains_key("impersonate-group"), "each would need a right of its own");
    }
    assert_eq!(script.cluster().as_account("a\nb").unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_sends_nothing() {
    let script = Script::new();
    let cx = context();
    cx.cancel().cancel();
    let error = script.target().observe(&cx, &interest(&["ConfigMap/a/x"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(script.log(), "");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_its_turn_waits_no_longer_than_its_deadline() {
    let script = Script::new().on(SECRETS, 0, "");
    let (target, wanted) = (script.target(), interest(&["Secret/a/x"]));
    let began = tokio::time::Instant::now();
    let look = async |cx: Context| {
        let error = target.observe(&cx, &wanted).await.unwrap_err();
        (error.kind(), began.elapsed().as_secs())
    };
    let hanging = futures_util::future::join_all((0..32).map(|_| look(context())));
    let waiting = look(context().with_timeout(Duration::from_secs(1)));
    let (hung, waited) = futures_util::future::join(hanging, waiting).await;
    assert!(hung.iter().all(|told| *told == (ErrorKind::Timeout, 60)), "all turns are taken: {hung:?}");
    assert_eq!(waited, (ErrorKind::Timeout, 1));
}

#[tokio::test(start_paused = true)]
async fn what_gets_no_answer_lets_others_have_their_turn() {
    let maps = SECRETS.replace("secrets", "configmaps");
    let script = Script::new().on(SECRETS, 0, "").on(&maps, 200, &list(&[live_map("x", "1", 1)], ""));
    let target = script.target();
    let began = tokio::time::Instant::now();
    let look = async |id: &'static str| {
        let seen = target.observe(&context(), &interest(&[id])).await;
        (seen.is_ok(), began.elapsed().as_secs())
    };
    let hanging = futures_util::future::join_all((0..40).map(|_| look("Secret/a/x")));
    let (hung, answered) = futures_util::future::join(hanging, look("ConfigMap/a/x")).await;
    assert!(
        hung.iter().all(|(seen, after)| !seen && *after >= 60),
        "they are waited for all the same: {hung:?}"
    );
    assert_eq!(answered, (true, 3));
}

#[tokio::test]
async fn an_account_is_a_service_account_only_where_its_name_says_so() {
    let cluster = Script::new().cluster();
    let shown = |cluster: windlass_core::Result<Cluster>| match cluster {
        Ok(cluster) => format!("{cluster:?}").split('"').nth(3).unwrap().to_owned(),
        Err(error) => error.to_string(),
    };
    for (account, user) in [
        ("team-a/deployer", "system:serviceaccount:team-a:deployer"),
        ("jane", "jane"),
        ("oidc:team/jane", "oidc:team/jane"),
        ("https://issuer.example/jane", "https://issuer.example/jane"),
        ("Team/jane", "Team/jane"),
        ("a/b/c", "a/b/c"),
        ("", "not the name of an account (account=)"),
    ] {
        assert_eq!(shown(cluster.as_account(account)), user);
    }
    assert_eq!(shown(cluster.as_user("team-a/deployer")), "team-a/deployer");
    assert_eq!(shown(cluster.as_service_account("a", "b")), "system:serviceaccount:a:b");
    assert_eq!(shown(cluster.as_service_account("a:b", "c")), "not the name of an account (account=a:b/c)");
}

#[tokio::test]
async fn a_missing_kubeconfig_is_told_with_its_path_once() {
    let error = Cluster::connect(&Connect::kubeconfig("/does/not/exist")).await.unwrap_err();
    assert_eq!(error.to_string().matches("/does/not/exist").count(), 1, "{error}");
}

#[tokio::test(start_paused = true)]
async fn missing_rights_are_told_with_the_server() {
    let denied = r#"{"kind":"Status","reason":"Forbidden","message":"no","code":403}"#;
    for code in [401, 403] {
        let script = Script::default().on("GET /api", code, denied);
        let error = script.target().observe(&context(), &interest(&["ConfigMap/a/x"])).await.unwrap_err();
        assert_eq!(error.context("server"), Some("https://script.example"), "{error}");
    }
}
