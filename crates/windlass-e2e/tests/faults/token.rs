//! Credentials that expire while the command runs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stage::{Stage, config_map, shown};
use crate::support::plane::{kubectl, namespace};
use crate::support::proxy::{ALWAYS, Fault, Ill};

/// A client that reads its token again by itself does so each minute; a refusal has to be quicker than that.
const TAKEN_UP: Duration = Duration::from_secs(20);

fn token(account: &str, namespace: &str) -> String {
    kubectl(&format!("create token {account} --namespace={namespace}")).trim().to_owned()
}

/// A unit runs, its token is not known any more, and a new one appears where the old one was.
fn check(name: &'static str, user: impl Fn(&Stage) -> Value, write: impl Fn(&Stage, &str), target: &str) {
    let stage = Stage::new(name, &["one", "two"]);
    let account = format!("{name}-keeper");
    namespace(&account);
    kubectl(&format!("create serviceaccount keeper --namespace={account}"));
    kubectl(&format!(
        "create clusterrolebinding {account} --clusterrole=cluster-admin --serviceaccount={account}:keeper"
    ));
    let (old, new) = (token("keeper", &account), token("keeper", &account));
    write(&stage, &old);
    stage.kubeconfig(&user(&stage));
    for unit in ["one", "two"] {
        stage.declare(unit, target);
        stage.put(unit, "a.yaml", &config_map("a", "1"));
    }
    let mut run = stage.converged(&["one", "two"]);

    let rule = stage.proxy.rule("*", "", ALWAYS, Fault::Unknown(old.clone()));
    stage.proxy.harm_watches("", Ill::Broken);
    stage.put("one", "a.yaml", &config_map("a", "2"));
    let one = stage.unit("one");
    let line = run.until_line("tells that nobody knows it", |line| {
        line.starts_with(&format!("{one}: ")) && line.contains("Unauthorized")
    });
    assert!(line.contains("401") && !line.contains(&old), "{line}");
    run.until("  help: the token or certificate is wrong or has expired");
    assert_eq!(shown(&one, "configmap/a", ".data.key"), "1", "nothing was written");

    let began = Instant::now();
    write(&stage, &new);
    stage.until_value("one", "a", "2");
    assert!(began.elapsed() < TAKEN_UP, "the new token is taken up: {:?}", began.elapsed());
    stage.until_ready(&run, &["one", "two"]);
    assert!(rule.hits() > 0, "the old one was refused");
    assert_eq!(stage.proxy.written(&one).len(), 2, "created and changed");
    assert_eq!(stage.proxy.written(&stage.unit("two")).len(), 1, "created");
    stage.calm(&mut run, &[]);
}

#[test]
fn a_token_that_expires_is_told_and_the_next_one_in_its_file_is_taken_up() {
    let write = |stage: &Stage, token: &str| std::fs::write(stage.path("token"), token).expect("a file");
    check("tfile", |stage| json!({"tokenFile": stage.path("token")}), write, "");
}

#[test]
fn a_token_that_expires_before_its_program_said_is_told_and_the_program_is_asked_again() {
    let write = |stage: &Stage, token: &str| {
        let credential = json!({
            "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
            "status": {"token": token, "expirationTimestamp": "2099-01-01T00:00:00Z"},
        });
        std::fs::write(stage.path("credential"), credential.to_string()).expect("a file");
    };
    let user = |stage: &Stage| {
        json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
            "command": "/bin/cat", "args": [stage.path("credential")],
        }})
    };
    check("texec", user, write, ", allowExecCredentials: true");
}
