//! Mistakes about clusters. The API server is a few lines of HTTP on the loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use crate::Mistake;
use crate::support::{World, closed_port};

/// Answers every request with this status of the API.
pub(crate) fn server(code: u16, reason: &'static str, message: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || answer(stream, code, reason, message));
        }
    });
    port
}

fn answer(mut stream: TcpStream, code: u16, reason: &str, message: &str) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok);
    let body = format!(
        r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{message}","reason":"{reason}","code":{code}}}"#
    );
    while let Some(first) = lines.next() {
        assert!(first.starts_with("GET "), "nothing is written: {first}");
        lines.by_ref().find(String::is_empty)?;
        let head = format!(
            "HTTP/1.1 {code} {reason}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    }
    Some(())
}

fn kubeconfig(world: &mut World, server: &str, user: &str) {
    world.put(
        "kubeconfig",
        &format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\nclusters:\n- name: here\n  cluster: {{server: \"{server}\"}}\n\
             users:\n- name: me\n  user: {user}\ncontexts:\n- name: here\n  context: {{cluster: here, user: me}}\n"
        ),
    );
    world.spec("  source: {dir: ./deploy}\n  target:\n    kubernetes: {kubeconfig: ./kubeconfig}\n");
}

pub(crate) const ALL: &[Mistake] = &[
    ("a kubeconfig that does not exist", |world| {
        world.spec("  source: {dir: ./deploy}\n  target:\n    kubernetes: {kubeconfig: ./kubecfg}\n");
        world.run("plan -f unit.yaml");
    }),
    ("no kubeconfig at all", |world| {
        world.spec("  source: {dir: ./deploy}\n  target:\n    kubernetes: {}\n");
        world.run("plan -f unit.yaml");
    }),
    ("an account that is not one", |world| {
        world.spec("  source: {dir: ./deploy}\n  target:\n    kubernetes: {account: deployer}\n");
        world.run("plan -f unit.yaml");
    }),
    ("a kubeconfig with a proxy", |world| {
        kubeconfig(world, "https://127.0.0.1:1", "{token: secret}");
        world.edit("kubeconfig", "{server: ", "{proxy-url: \"http://127.0.0.1:1\", server: ");
        world.spec("  source: {dir: ./deploy}\n  target:\n    kubernetes: {kubeconfig: ./kubeconfig}\n");
        world.run("plan -f unit.yaml");
    }),
    ("a kubeconfig that is not YAML", |world| {
        kubeconfig(world, "https://127.0.0.1:1", "{token: secret}");
        world.put("kubeconfig", "clusters: [\n");
        world.run("plan -f unit.yaml");
    }),
    ("a context that is not in the kubeconfig", |world| {
        kubeconfig(world, "https://127.0.0.1:1", "{token: secret}");
        world.run("plan -f unit.yaml --kubernetes-context prodcution");
    }),
    ("a kubeconfig that runs a program", |world| {
        kubeconfig(
            world,
            "https://127.0.0.1:1",
            "{exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never}}",
        );
        world.run("plan -f unit.yaml");
    }),
    ("a server without TLS", |world| {
        kubeconfig(world, "http://127.0.0.1:1", "{token: secret}");
        world.run("plan -f unit.yaml");
    }),
    ("a namespace that cannot be one", |world| {
        kubeconfig(world, "https://127.0.0.1:1", "{token: secret}");
        world.run("plan -f unit.yaml --kubernetes-namespace Shop_1");
    }),
    ("a server that nobody answers on", |world| {
        kubeconfig(world, &format!("https://127.0.0.1:{}", closed_port()), "{token: secret}");
        world.run("plan -f unit.yaml");
    }),
    ("a token that has expired", |world| {
        kubeconfig(
            world,
            &format!("http://127.0.0.1:{}", server(401, "Unauthorized", "Unauthorized")),
            "{token: secret}",
        );
        world.run("plan -f unit.yaml --kubernetes-allow-plain-http");
    }),
    ("an account without rights", |world| {
        let message = "secrets is forbidden: User \\\"ada\\\" cannot list resource \\\"secrets\\\" in API group \\\"\\\"";
        kubeconfig(
            world,
            &format!("http://127.0.0.1:{}", server(403, "Forbidden", message)),
            "{token: secret}",
        );
        world.run("plan -f unit.yaml --kubernetes-allow-plain-http");
    }),
];
