//! No digest that is kept or shown can be guessed at: neither of a body, nor of a file, nor of a single value.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use windlass_core::{Cascade, Digest, Expect, Key, Mode, Owner, Target, UnitId, Value, Write};
use windlass_engine::Engine;
use windlass_fs::{DirSource, DirTarget};
use windlass_testkit::{LinesRenderer, Recorder, TestClock, id, unit};

const LINES: &str = "Secret/shop/db password=hunter2 user=ann\nConfigMap/shop/web token=letmein\n";

/// All files below a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}

/// What somebody would try who knows all but the password, and has guessed it.
fn guesses(value: &Value, out: &mut BTreeSet<Digest>) {
    out.insert(Digest::of_value(value));
    match value {
        Value::Map(map) => map.iter().for_each(|(key, inner)| {
            out.insert(Digest::of(format!("{key}={}", inner.as_text().unwrap_or_default()).as_bytes()));
            guesses(inner, out);
        }),
        Value::List(list) => list.iter().for_each(|inner| guesses(inner, out)),
        Value::Text(text) => drop(out.insert(Digest::of(text.as_bytes()))),
        _ => {}
    }
}

#[test]
fn nothing_on_the_disk_in_a_plan_or_in_an_event_is_the_digest_of_what_somebody_can_guess() {
    let (place, clock, events) = (TempDir::new().unwrap(), TestClock::auto(), Recorder::new());
    let (source, folder) = (place.path().join("source"), place.path().join("target"));
    fs::create_dir(&source).unwrap();
    fs::write(source.join("app.lines"), LINES).unwrap();
    let cx = clock.context();
    let mut shown = Vec::new();
    let mut bodies = Vec::new();
    for round in 0..4 {
        let target = DirTarget::open(&folder).unwrap();
        let engine = Engine::new(unit("shop"), DirSource::new(&source), LinesRenderer::new(), target.clone())
            .with_events(events.clone());
        let plan = clock.block_on(engine.plan(&cx)).unwrap();
        bodies.extend(plan.actions.iter().filter_map(|action| action.payload.clone()));
        shown.push(serde_json::to_string(&plan).unwrap());
        shown.push(format!("{plan} {plan:?}"));
        let report = clock.block_on(engine.reconcile(&cx)).unwrap();
        shown.push(format!("{report} {report:?} {}", serde_json::to_string(&report).unwrap()));
        shown.push(format!("{:?}", clock.block_on(engine.history(&cx)).unwrap()));
        let expect = Expect::At(windlass_core::Version::new("another"));
        let secret = id("Secret/shop/db");
        let object = bodies.iter().find(|body| *body.id() == secret).unwrap();
        let refused = Write::apply(object.clone(), Mode::Apply, expect.clone(), Owner::of(&unit("shop")));
        let delete =
            Write::Delete { id: secret, api_version: "v1".into(), expect, cascade: Cascade::Background };
        for write in [refused, delete] {
            shown.push(format!("{:?}", clock.block_on(target.write(&cx, &write)).unwrap_err()));
        }
        let file = folder.join("shop/Secret/db.yaml");
        match round {
            0 => {}
            1 => fs::write(&file, fs::read_to_string(&file).unwrap().replace("ann", "eve")).unwrap(),
            _ => fs::write(source.join("app.lines"), LINES.replace("ann", &format!("ann{round}"))).unwrap(),
        }
    }
    shown.extend(
        events.events().iter().map(|event| format!("{event:?} {}", serde_json::to_string(event).unwrap())),
    );

    let mut guessed = BTreeSet::new();
    bodies.iter().for_each(|body| guesses(body.body(), &mut guessed));
    for (path, bytes) in
        files(&folder).iter().chain(&files(&source)).filter(|(path, _)| !path.contains(".windlass"))
    {
        guessed.insert(Digest::of(bytes));
        // The version of an object, as it would be without a key.
        for (turn, write) in (1..9).flat_map(|turn| (1..9).map(move |write| (turn, write))) {
            let number = format!("{turn}.{write}");
            guessed.insert(Digest::of_parts([bytes.as_slice(), b"shop", number.as_bytes()]));
        }
        assert!(!bytes.is_empty(), "{path}");
    }
    let kept = files(&folder.join(".windlass"));
    let key = clock.block_on(DirTarget::open(&folder).unwrap().profile().state.unwrap().key(
        &cx,
        UnitId::DEFAULT_INSTALLATION,
        false,
    ));
    let key = key.unwrap().unwrap();
    sealed_are_found(&key, &bodies, &kept);
    let shown = shown.into_iter().map(|text| ("shown".to_owned(), text.into_bytes()));
    for (place, bytes) in kept.into_iter().chain(shown) {
        let text = String::from_utf8_lossy(&bytes);
        for digest in &guessed {
            let hex = digest.to_string().replace("sha256:", "");
            assert!(!text.contains(&hex[..12]), "{place} holds {digest}, which can be guessed:\n{text}");
        }
        assert!(!text.contains("hunter2") && !text.contains("letmein"), "{place} holds a secret:\n{text}");
    }
}

/// The test looks in the right places: what is sealed is found there.
fn sealed_are_found(key: &Key, bodies: &[windlass_core::Object], kept: &[(String, Vec<u8>)]) {
    let state = kept.iter().find(|(path, _)| path.ends_with("state/shop.json")).unwrap();
    let state = String::from_utf8_lossy(&state.1);
    let found = bodies.iter().filter(|body| state.contains(&key.seal(body.digest()).to_string()));
    assert!(found.count() >= 2, "the state names what was wanted last:\n{state}");
}
