//! A unit that acts as an account says so in every request but those for its state, which is the command's own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};

use support::World;

/// Refuses every request, and passes its first line and its headers on.
fn refuse(mut stream: TcpStream, seen: &Sender<String>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok);
    while let Some(first) = lines.next() {
        let headers = lines.by_ref().take_while(|line| !line.is_empty());
        let request: Vec<String> = std::iter::once(first).chain(headers).collect();
        seen.send(request.join("\n").to_lowercase()).ok()?;
        let answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).ok()?;
    }
    Some(())
}

#[test]
fn every_request_for_objects_acts_as_the_account_of_the_unit() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, requests) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let seen = seen.clone();
            std::thread::spawn(move || refuse(stream, &seen));
        }
    });
    let mut world = World::new();
    world.put(
        "kubeconfig",
        &format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
             clusters:\n- {{name: here, cluster: {{server: \"http://127.0.0.1:{port}\"}}}}\n\
             users:\n- {{name: me, user: {{token: secret}}}}\n\
             contexts:\n- {{name: here, context: {{cluster: here, user: me}}}}\n"
        ),
    );
    let flags = "--kubernetes --kubeconfig kubeconfig --kubernetes-allow-plain-http --kubernetes-account team-a/deployer";
    assert_eq!(world.run(&format!("plan -f unit.yaml {flags}")).code, Some(1));
    let requests: Vec<String> = requests.try_iter().collect();
    assert!(!requests.is_empty(), "something is asked");
    let (state, objects): (Vec<String>, Vec<String>) =
        requests.into_iter().partition(|request| request.contains("/namespaces/windlass-system/"));
    for request in state {
        assert!(!request.contains("impersonate-user"), "{request}");
    }
    for request in objects {
        assert!(request.contains("impersonate-user: system:serviceaccount:team-a:deployer"), "{request}");
    }
}
