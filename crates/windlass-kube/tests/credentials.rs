//! Credentials that the server refuses, and those that come after them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use windlass_core::{Context, Error, ErrorKind, StateStore};
use windlass_kube::{Cluster, Connect, KubeOptions, KubeStore};
use windlass_testkit::TestClock;

/// A server over plain HTTP that knows one token, and notes the tokens that it was shown.
#[derive(Clone)]
struct Guard {
    url: String,
    known: &'static str,
    shown: Arc<Mutex<Vec<String>>>,
}

impl Guard {
    fn knowing(known: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let guard = Self { url, known, shown: Arc::default() };
        let all = guard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let guard = all.clone();
                std::thread::spawn(move || guard.answer(stream));
            }
        });
        guard
    }

    fn answer(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let (mut token, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
                if line.trim().is_empty() {
                    break;
                }
                let (name, value) = line.split_once(':').unwrap_or((&line, ""));
                match name.to_ascii_lowercase().as_str() {
                    "authorization" => value.trim().trim_start_matches("Bearer ").clone_into(&mut token),
                    "content-length" => length = value.trim().parse().unwrap(),
                    _ => {}
                }
            }
            stream.read_exact(&mut vec![0; length]).ok()?;
            let (status, body) = if token == self.known {
                ("200 OK", r#"{"kind":"List","metadata":{},"items":[]}"#)
            } else {
                (
                    "401 Unauthorized",
                    r#"{"kind":"Status","message":"Unauthorized","reason":"Unauthorized","code":401}"#,
                )
            };
            self.shown.lock().unwrap().push(token);
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.get_mut().write_all((head + body).as_bytes()).ok()?;
        }
    }

    fn shown(&self) -> String {
        std::mem::take(&mut *self.shown.lock().unwrap()).join(" ")
    }
}

/// A connection whose credentials are in a kubeconfig, by this user.
async fn connected(guard: &Guard, folder: &Path, user: serde_json::Value) -> Cluster {
    let kubeconfig = serde_json::json!({
        "clusters": [{"name": "it", "cluster": {"server": guard.url}}],
        "users": [{"name": "it", "user": user}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "current-context": "it",
    });
    let path = folder.join("kubeconfig");
    std::fs::write(&path, kubeconfig.to_string()).unwrap();
    Cluster::connect(&Connect::kubeconfig(path).allow_plain_http().allow_exec_credentials()).await.unwrap()
}

/// Asks for the units that have a state: one request.
async fn ask(cluster: &Cluster, cx: &Context) -> Result<usize, Error> {
    let store = KubeStore::new(cluster.clone(), &KubeOptions::default());
    store.units(cx).await.map(|units| units.len())
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    (folder, token)
}

#[tokio::test]
async fn a_token_that_is_refused_is_read_again_from_its_file_and_the_request_is_sent_once_more() {
    let (guard, (folder, file), cx) = (Guard::knowing("new"), folder(), TestClock::new().context());
    std::fs::write(&file, "old").unwrap();
    let cluster = connected(&guard, folder.path(), serde_json::json!({"tokenFile": file})).await;
    std::fs::write(&file, "new").unwrap();
    assert_eq!(ask(&cluster, &cx).await.unwrap(), 0);
    assert_eq!(ask(&cluster, &cx).await.unwrap(), 0);
    assert_eq!(guard.shown(), "old new new");
}

#[tokio::test]
async fn a_file_that_has_nothing_new_is_not_read_at_each_refusal() {
    let (guard, (folder, file), clock) = (Guard::knowing("new"), folder(), TestClock::new());
    let cx = clock.context();
    std::fs::write(&file, "old").unwrap();
    let cluster = connected(&guard, folder.path(), serde_json::json!({"tokenFile": file})).await;
    assert_eq!(ask(&cluster, &cx).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(guard.shown(), "old old", "read once, and asked once more");
    std::fs::write(&file, "new").unwrap();
    assert_eq!(ask(&cluster, &cx).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(guard.shown(), "old", "it was read a moment ago");
    clock.advance(Duration::from_secs(6));
    assert_eq!(ask(&cluster, &cx).await.unwrap(), 0);
    assert_eq!(guard.shown(), "old new");
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_is_asked_again_also_where_it_said_that_its_token_lasts_or_said_nothing() {
    for expires in [r#","expirationTimestamp":"2099-01-01T00:00:00Z""#, ""] {
        let (guard, (folder, file), cx) = (Guard::knowing("new"), folder(), TestClock::new().context());
        let credential = |token: &str| {
            format!(
                r#"{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"{token}"{expires}}}}}"#
            )
        };
        std::fs::write(&file, credential("old")).unwrap();
        let exec = serde_json::json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
            "command": "/bin/cat", "args": [file],
        }});
        let cluster = connected(&guard, folder.path(), exec).await;
        std::fs::write(&file, credential("new")).unwrap();
        assert_eq!(ask(&cluster, &cx).await.unwrap(), 0);
        assert_eq!(guard.shown(), "old new");
    }
}

#[tokio::test]
async fn a_token_that_stands_in_the_kubeconfig_is_refused_at_once() {
    let (guard, (folder, _), cx) = (Guard::knowing("new"), folder(), TestClock::new().context());
    let cluster = connected(&guard, folder.path(), serde_json::json!({"token": "old"})).await;
    let error = ask(&cluster, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(!error.explain().contains("old"), "{}", error.explain());
    assert_eq!(guard.shown(), "old");
}
