//! Writes that the server, or something before it, refuses for a while.

use std::time::Instant;

use crate::stage::{Stage, config_map, shown};
use crate::support::proxy::{ALWAYS, Fault, Refusal};

const CONFLICT: Refusal = Refusal::new(
    409,
    "Conflict",
    "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again",
);
const INTERNAL: Refusal =
    Refusal::new(500, "InternalError", "Internal error occurred: etcdserver: leader changed");
const UNAVAILABLE: Refusal =
    Refusal::new(503, "ServiceUnavailable", "the server is currently unable to handle the request");
const BUSY: Refusal =
    Refusal::new(429, "TooManyRequests", "the server has received too many requests, please try again later");

/// Two units of two objects each change, and every write of one object meets a fault until it has been told.
fn check(name: &'static str, fault: Fault, told: &[&str]) {
    let stage = Stage::new(name, &["ill", "well"]);
    for unit in ["ill", "well"] {
        stage.put(unit, "a.yaml", &config_map("a", "1"));
        stage.put(unit, "b.yaml", &config_map("b", "1"));
    }
    let mut run = stage.converged(&["ill", "well"]);
    let ill = stage.unit("ill");
    let uid = shown(&ill, "configmap/a", ".metadata.uid");

    let rule = stage.proxy.rule("PATCH", &format!("/namespaces/{ill}/configmaps/a"), ALWAYS, fault);
    for unit in ["ill", "well"] {
        stage.put(unit, "a.yaml", &config_map("a", "2"));
        stage.put(unit, "b.yaml", &config_map("b", "2"));
    }
    let line = run.until(&format!("{ill}: failed ConfigMap/{ill}/a: "));
    told.iter().for_each(|word| assert!(line.contains(word), "{word} in {line}"));
    stage.until_value("well", "a", "2");
    stage.until_value("well", "b", "2");
    stage.until_value("ill", "b", "2");
    assert_eq!(shown(&ill, "configmap/a", ".data.key"), "1", "the fault is there still");

    rule.end();
    stage.until_value("ill", "a", "2");
    stage.until_ready(&run, &["ill"]);
    assert!(rule.hits() > 0, "the fault was there");
    let twice = |unit: &str| stage.proxy.written(&stage.unit(unit)).len();
    assert_eq!(
        (twice("ill"), twice("well")),
        (4, 4),
        "each once created and once changed:\n{}",
        stage.proxy.log()
    );
    assert_eq!(shown(&ill, "configmap/a", ".metadata.uid"), uid, "it is the same object");
    stage.calm(&mut run, &["well"]);
}

#[test]
fn a_conflict_is_told_and_the_change_is_made_on_what_is_there_then() {
    check("r409", Fault::Refused(CONFLICT), &["the object has been modified"]);
}

#[test]
fn a_server_in_trouble_is_told_and_its_object_is_written_once_it_is_well() {
    check("r500", Fault::Refused(INTERNAL), &["etcdserver: leader changed", "500"]);
}

#[test]
fn a_server_that_is_not_available_is_told_and_its_object_is_written_once_it_is() {
    check("r503", Fault::Refused(UNAVAILABLE), &["unable to handle the request", "503"]);
}

#[test]
fn a_load_balancer_without_a_server_behind_it_is_told() {
    check("rlb", Fault::Between(503), &["503"]);
}

#[test]
fn a_connection_that_is_cut_before_each_write_is_told() {
    check("rcut", Fault::Cut, &["the connection broke"]);
}

#[test]
fn a_busy_server_is_asked_again_when_it_said_so_and_holds_up_nobody_else() {
    let stage = Stage::new("r429", &["ill", "well"]);
    let ill = stage.unit("ill");
    let path = format!("/namespaces/{ill}/configmaps/a");
    let rule = stage.proxy.rule("PATCH", &path, 3, Fault::Refused(BUSY.after(2)));
    for unit in ["ill", "well"] {
        stage.put(unit, "a.yaml", &config_map("a", "1"));
        stage.put(unit, "b.yaml", &config_map("b", "1"));
    }
    let began = Instant::now();
    let mut run = stage.run();
    stage.until_value("well", "a", "1");
    stage.until_value("ill", "b", "1");
    assert_eq!(shown(&ill, "configmap/a", ".data.key"), "", "the server is busy still");
    stage.until_value("ill", "a", "1");
    assert!(began.elapsed().as_secs() >= 6, "three times two seconds");
    stage.until_ready(&run, &["ill"]);
    assert_eq!(
        stage.proxy.asked("PATCH", &path),
        4,
        "one request for each refusal, and the one that was taken"
    );
    assert_eq!(rule.hits(), 3);
    stage.calm(&mut run, &["ill", "well"]);
}
