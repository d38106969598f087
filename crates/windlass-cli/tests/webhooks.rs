//! Webhooks that a run takes over HTTP.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and one prints what it measured"
)]

mod support;

mod webhooks {
    pub(crate) mod gate;
    pub(crate) mod run;
}

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use hmac::{Hmac, KeyInit as _, Mac as _};
use support::{World, unit};
use webhooks::gate::{Gate, archive};
use webhooks::run::{Answer, Run, answer, count, say, until};
use windlass_git::write::{Author, Change, Repository};
use windlass_receiver::{BODY_BYTES_MAX, path};

const SECRET: &str = "canary-secret-5d1f";
const BODY: &str = r#"{"ref": "refs/heads/main", "word": "canary-body-77aa"}"#;

fn receiver(spec: &str) -> String {
    format!(
        "apiVersion: windlass.dev/v1alpha1\nkind: Receiver\nmetadata: {{name: hook}}\n\
         spec: {{secretFile: ../secret, {spec}}}\n"
    )
}

/// A unit of a repository `fleet.git`, a receiver for it, and nothing but the receiver that leads to a second look.
fn world() -> World {
    let world = World::new();
    world.repository();
    world.put("secret", &format!("{SECRET}\n"));
    let spec = "  source: {git: {url: ../fleet.git, path: shop}}\n  target: {dir: ../live}\n  interval: 1h\n";
    world.put("units/shop.yaml", &unit("shop", spec));
    world.put("units/hook.yaml", &receiver("type: github, resources: [{kind: Unit, name: shop}]"));
    world
}

fn push(world: &World, greeting: &str) {
    let repository = Repository::open(world.path("fleet.git")).unwrap();
    let author = Author::new("Ada", "ada@example.org", 1_700_000_001);
    let web = support::WEB.replace("hello", greeting);
    repository.commit("main", greeting, &author, &[Change::file("shop/web.yaml", web)]).unwrap();
}

#[test]
fn a_push_and_its_delivery_reach_the_first_write_without_waiting_for_an_interval() {
    let mut world = world();
    let run = Run::start(&mut world, "-f units -o json");
    run.until_ready("shop");
    let live = world.path("live/shop/ConfigMap/web.yaml");
    let is_live = |word: &str| std::fs::read_to_string(&live).is_ok_and(|text| text.contains(word));
    assert!(is_live("hello"));
    for (at, word) in ["bonjour", "ciao", "hei"].into_iter().enumerate() {
        push(&world, word);
        let body = BODY.replace("word", word);
        let began = Instant::now();
        assert_eq!(run.deliver(SECRET, SECRET, word, &body).status, 200);
        let answered = began.elapsed();
        until(word, || is_live(word));
        let written = began.elapsed();
        println!(
            "delivery {at}: answered after {answered:?}, written after {written:?}, which is look, fetch and all"
        );
        // A delivery is no reason to look where it came before.
        assert_eq!(run.deliver(SECRET, SECRET, word, &body).status, 200);
    }
    run.until_metric(&count("hook", "accepted", 3));
    run.until_metric(&count("hook", "repeated", 3));
    let labels = "installation=\"windlass\",unit=\"shop\",result=\"success\"";
    run.until_metric(&format!("windlass_unit_passes_total{{{labels}}} 4"));
    let history = world.good("history -f units").stdout;
    let triggers =
        |name: &str| history.lines().filter(|line| line.contains(&format!("  {name}  good: "))).count();
    assert_eq!((triggers("source"), triggers("start")), (3, 1), "{history}");
}

#[test]
fn a_thousand_deliveries_are_answered_during_one_look_and_cost_one_more_for_all_units_of_the_source() {
    let mut world = World::new();
    let gate = Gate::new(archive("one"));
    let units = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for name in units {
        let url = &gate.url;
        let spec = format!(
            "  source: {{archive: {{url: \"{url}\", insecure: true, path: fleet}}}}\n  \
             target: {{dir: ../live-{name}}}\n  interval: 1h\n"
        );
        world.put(&format!("units/{name}.yaml"), &unit(name, &spec));
    }
    world.put("secret", SECRET);
    world.put("units/hook.yaml", &receiver("type: generic"));
    let run = Run::start(&mut world, "-f units");
    let path = path(SECRET, "hook", "");
    gate.look();
    gate.may.send(()).unwrap();
    for name in units {
        // A source may have to be asked again for its files.
        until(name, || {
            if gate.came.try_recv().is_ok() {
                gate.may.send(()).unwrap();
            }
            world.path(&format!("live-{name}/shop/ConfigMap/web.yaml")).is_file()
        });
    }
    gate.answered.lock().unwrap().clear();
    assert_eq!(run.post(&path, "", "").status, 200);
    gate.look();
    for _ in 0..999 {
        assert_eq!(run.post(&path, "", "").status, 200, "nobody waits for the source");
    }
    gate.may.send(()).unwrap();
    // What was told during the first look.
    gate.look();
    gate.may.send(()).unwrap();
    until("both looks are answered", || gate.answered.lock().unwrap().len() == 2);
    *gate.archive.lock().unwrap() = archive("two");
    assert_eq!(run.post(&path, "", "").status, 200);
    for name in units {
        let file = world.path(&format!("live-{name}/shop/ConfigMap/web.yaml"));
        until(name, || {
            if gate.came.try_recv().is_ok() {
                gate.may.send(()).unwrap();
            }
            std::fs::read_to_string(&file).is_ok_and(|text| text.contains("two"))
        });
    }
    let answered = gate.answered.lock().unwrap().clone();
    let looks = answered.iter().filter(|status| status.starts_with("304")).count();
    assert_eq!(looks, 2, "for a thousand deliveries: {answered:?}");
    assert!(answered.len() <= 4, "one look and at most one fetch for eight units: {answered:?}");
    run.until_metric(&count("hook", "accepted", 1001));
}

#[test]
fn what_is_no_delivery_is_refused_before_it_is_read_and_without_a_word() {
    let mut world = world();
    world.put(
        "units/asleep.yaml",
        &receiver("type: generic, suspend: true").replace("name: hook", "name: asleep"),
    );
    let run = Run::start(&mut world, "-f units");
    run.until_ready("shop");
    let hook = path(SECRET, "hook", "");
    let json = "Content-Type: application/json\r\n";
    let refused = |status: u16, answer: &Answer| {
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{answer:?}");
    };
    // Of a body that is too large not a byte is waited for.
    let head = |more: &str| say(&run.webhooks, &format!("POST {hook} HTTP/1.1\r\nHost: it\r\n{more}\r\n"));
    refused(413, &head(&format!("Content-Length: {}\r\n", BODY_BYTES_MAX + 1)));
    refused(413, &head("Content-Length: 99999999999\r\n"));
    for path in [
        "/",
        "/hook/",
        "/healthz",
        "/metrics",
        &hook[..hook.len() - 1],
        &format!("{hook}0"),
        &hook.to_uppercase(),
    ] {
        refused(404, &run.post(path, json, BODY));
    }
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let answer = say(&run.webhooks, &format!("{method} {hook} HTTP/1.1\r\nHost: it\r\n\r\n"));
        refused(405, &answer);
        assert!(answer.headers.contains("allow: POST"), "{answer:?}");
    }
    refused(415, &run.post(&hook, "Content-Encoding: gzip\r\n", BODY));
    refused(403, &run.post(&hook, json, BODY));
    refused(403, &run.deliver(SECRET, "another", "1", BODY));
    refused(403, &run.deliver(SECRET, "", "1", BODY));
    refused(404, &run.deliver("another", "another", "1", BODY));
    refused(400, &run.deliver(SECRET, SECRET, "1", "canary-body-77aa is no JSON"));
    refused(503, &run.post(&path(SECRET, "asleep", ""), json, BODY));
    assert_eq!(say(&run.told, &format!("POST {hook} HTTP/1.1\r\nHost: it\r\n\r\n")).status, 404);

    // One that does not say how long it is, and does not end.
    let mut stream = TcpStream::connect(&run.webhooks).unwrap();
    stream
        .write_all(
            format!("POST {hook} HTTP/1.1\r\nHost: it\r\nTransfer-Encoding: chunked\r\n\r\n").as_bytes(),
        )
        .unwrap();
    let chunk = [&b"10000\r\n"[..], &[b'x'; 0x10000], b"\r\n"].concat();
    let sent = (0..=BODY_BYTES_MAX / 0x10000 + 64).take_while(|_| stream.write_all(&chunk).is_ok()).count();
    assert!(sent * 0x10000 >= BODY_BYTES_MAX, "it is read up to the limit");
    drop(stream);
    run.until_metric(&count("hook", "too_large", 3));
    run.until_metric(&count("hook", "forbidden", 3));
    run.until_metric(&count("hook", "method", 5));
    run.until_metric(&count("hook", "malformed", 1));
    run.until_metric(&count("asleep", "suspended", 1));
    run.until_metric(&count("", "unknown_path", 8));
    run.until_metric(&count("hook", "accepted", 0));
    let said = run.said();
    let words = said.matches("receiver hook: refused").count();
    assert_eq!(words, 1, "of many that are refused one is told at once: {said}");
}

#[test]
fn clients_that_are_slow_or_silent_keep_no_delivery_out() {
    let mut world = world();
    let run = Run::start(&mut world, "-f units");
    run.until_ready("shop");
    let hook = path(SECRET, "hook", "");
    let connect = || TcpStream::connect(&run.webhooks).unwrap();
    // Bodies that never end.
    let mut slow: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = connect();
            let head = format!("POST {hook} HTTP/1.1\r\nHost: it\r\nContent-Length: 3000000\r\n\r\n{{");
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    // As many as are let in at once, of whom half say a little.
    let silent: Vec<TcpStream> = (0..64)
        .map(|at| {
            let mut stream = connect();
            let _ = stream.write_all(if at % 2 == 0 { b"" } else { b"POST /hook/" });
            stream
        })
        .collect();
    assert_eq!(run.deliver(SECRET, SECRET, "1", BODY).status, 200, "those who say nothing are sent away");
    drop(silent);
    for stream in &mut slow {
        assert_eq!(answer(stream).status, 408);
    }
    run.until_metric(&count("hook", "slow", 8));
    run.until_metric(&count("hook", "accepted", 1));
}

#[test]
fn no_secret_and_no_word_of_a_delivery_is_in_any_output() {
    let mut world = world();
    let filter = "type: github, resourceFilter: \"req[req.word] == 'canary-filter'\"";
    world.put("units/odd.yaml", &receiver(filter).replace("name: hook", "name: odd"));
    let run = Run::start(&mut world, "-f units -v -o json");
    run.until_ready("shop");
    let mut answers = vec![
        run.deliver(SECRET, SECRET, "canary-id-1", BODY),
        run.deliver(SECRET, SECRET, "canary-id-1", BODY),
        run.deliver(SECRET, "canary-secret-other", "canary-id-2", BODY),
        run.deliver(SECRET, SECRET, "canary-id-3", "canary-body-77aa"),
        run.post("/hook/canary-path", "X-Gitlab-Token: canary-secret-5d1f\r\n", BODY),
    ];
    let mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(BODY).finalize();
    let mac: String = mac.into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let headers = format!("Content-Type: application/json\r\nX-Hub-Signature-256: sha256={mac}\r\n");
    answers.push(run.post(&path(SECRET, "odd", ""), &headers, BODY));
    assert_eq!(answers.last().unwrap().status, 500, "the filter says nothing of it");
    run.until_metric(&count("hook", "accepted", 1));
    run.until_metric(&count("odd", "failed", 1));
    // A secret that becomes unreadable is told of, without what it was.
    world.remove("secret");
    until("the run says that the secret is gone", || run.said().contains("the secret cannot be read"));
    world.put("secret", "canary-secret-5d1f\u{0}\n canary-secret-line");
    let (metrics, said) = (run.metrics(), run.said());
    let validated = world.run("validate -f units");
    let as_json = world.run("validate -f units -o json");
    let all = format!(
        "{answers:?}{metrics}{said}{}{}{}{}",
        validated.stdout, validated.stderr, as_json.stdout, as_json.stderr
    );
    assert!(!all.contains("canary"), "{all}");
    // The path is for whoever may read the secret, and is in nothing that a run says.
    assert!(!said.contains("/hook/") && !metrics.contains("/hook/"), "{said}");
}

#[test]
fn a_receiver_and_its_secret_can_be_changed_while_the_run_goes_on() {
    let mut world = world();
    let run = Run::start(&mut world, "-f units");
    run.until_ready("shop");
    assert_eq!(run.deliver(SECRET, SECRET, "1", BODY).status, 200);
    world.put("secret", "renewed");
    until("the new secret opens its path", || run.deliver("renewed", "renewed", "2", BODY).status == 200);
    assert_eq!(run.deliver(SECRET, SECRET, "3", BODY).status, 404);
    world.remove("units/hook.yaml");
    until("the path is gone", || run.deliver("renewed", "renewed", "4", BODY).status == 404);
}

#[test]
fn validate_shows_the_path_of_each_receiver_and_whom_it_wakes() {
    let mut world = world();
    let pinned = "  source: {git: {url: ../fleet.git, path: shop, commit: a10867b14bb761a232cd80139fbd4c0d33264240}}\n  target: {dir: ../old}\n";
    world.put("units/old.yaml", &unit("old", pinned));
    world.put("units/hook.yaml", &receiver("type: gitlab"));
    let said = world.run("validate -f units");
    let expected = format!(
        "receiver hook\n  unit file    passed   units/hook.yaml:1\n  secret       passed\n  path: {}\n  \
         wakes by the address in a delivery: shop\n  never wakes, at one revision: old\n",
        path(SECRET, "hook", "")
    );
    assert!(said.stdout.ends_with(&expected), "{}", said.stdout);
    world.remove("secret");
    let said = world.run("validate -f units --unit shop -o json");
    assert_eq!(said.code, Some(1));
    assert!(
        said.stdout.contains("\"kind\": \"ReceiverValidation\"")
            && !said.stdout.contains("\"path\": \"/hook")
    );
    assert!(said.stderr.contains("the secret cannot be read (secretFile="), "{}", said.stderr);
}

#[test]
fn receivers_that_are_not_served_are_told_of_and_an_address_that_is_taken_ends_the_run() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut world = world();
    let said = world.run(&format!("run -f units --webhooks {}", taken.local_addr().unwrap()));
    assert_eq!(said.code, Some(1));
    assert!(
        said.stderr.contains("cannot listen (flag=--webhooks, address=127.0.0.1:<PORT>)"),
        "{}",
        said.stderr
    );
    let child = world.start("run -f units");
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "no receiver is served; --webhooks says at which address\n");
}
