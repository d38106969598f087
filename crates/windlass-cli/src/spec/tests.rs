//! The table of fields, the reader, the flags and the schema say the same.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use windlass_core::{Error, ErrorKind, Limits, Value};
use windlass_yaml::Options;

use super::check::{check, nearest};
use super::draft::{Draft, Setting};
use super::fields::{Field, Map, Shape, UNIT, flagged};
use super::load::load;
use super::receiver::RECEIVER;
use super::schema::{schema, schema_text};
use super::unit::{GitReference, Source, Target, Unit};
use super::{Asked, Fleet};

const STORED: &str = include_str!("../../schema/unit.schema.json");

fn draft(yaml: &str) -> Draft {
    let text: Arc<[u8]> = yaml.as_bytes().into();
    let mut documents = windlass_yaml::read(&text, &Options::default()).unwrap();
    Draft::of_file(Path::new("unit.yaml"), text, documents.remove(0))
}

/// Checks a `spec` and expects these problems, one a line.
fn check_spec(spec: &str, expected: &[&str]) {
    let yaml =
        format!("apiVersion: windlass.dev/v1alpha1\nkind: Unit\nmetadata: {{name: shop}}\nspec:\n{spec}");
    let problems: Vec<String> = check(&draft(&yaml)).iter().map(ToString::to_string).collect();
    assert_eq!(problems, expected, "{spec}");
}

fn unit(yaml: &str) -> Unit {
    Unit::read(draft(yaml)).unwrap()
}

fn of_spec(spec: &str) -> Draft {
    of_spec_in("unit.yaml", spec)
}

fn of_spec_in(file: &str, spec: &str) -> Draft {
    let text =
        format!("{{apiVersion: windlass.dev/v1alpha1, kind: Unit, metadata: {{name: a}}, spec: {{{spec}}}}}");
    let text: Arc<[u8]> = text.as_bytes().into();
    let mut documents = windlass_yaml::read(&text, &Options::default()).unwrap();
    Draft::of_file(Path::new(file), text, documents.remove(0))
}

fn setting(path: &[&'static str], flag: &'static str, value: &str) -> Setting {
    Setting { path: path.to_vec(), flag, value: value.into() }
}

/// Goes through all fields with the names that lead to them.
fn all(map: &Map, above: &[&'static str], see: &mut dyn FnMut(&[&'static str], &Field)) {
    for field in map.fields {
        let path: Vec<&'static str> = above.iter().copied().chain([field.name]).collect();
        see(&path, field);
        if let Shape::Map(inner) = &field.shape {
            all(inner, &path, see);
        }
    }
}

fn example(shape: &Shape) -> Json {
    match shape {
        Shape::Constant(word) => json!(word),
        Shape::Names | Shape::Texts => json!(["other"]),
        Shape::Beginnings => json!(["https://example.org/"]),
        Shape::Pairs => json!({ "name": "text" }),
        Shape::Items(_) => json!([{}]),
        Shape::Word(words) => json!(words[0]),
        Shape::Time(_) => json!("90s"),
        Shape::Account => json!("team-a/deployer"),
        Shape::Truth => json!(true),
        Shape::Whole(min, _) => json!(min),
        Shape::Map(_) => json!({}),
        _ => json!("word"),
    }
}

#[test]
fn the_stored_schema_is_the_one_of_the_table() {
    assert_eq!(STORED, schema_text(), "write the output of `windlass schema` into schema/unit.schema.json");
}

#[test]
fn every_field_of_the_schema_is_known_to_the_reader() {
    fn walk(schema: &Json, map: &Map, path: &str, count: &mut usize) {
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(properties.len(), map.fields.len(), "{path}");
        assert_eq!(schema["additionalProperties"], json!(false), "{path} must be closed");
        for (name, inner) in properties {
            let field = map.field(name).unwrap_or_else(|| panic!("{path}.{name} is not in the table"));
            *count += 1;
            if let Shape::Map(map) = &field.shape {
                walk(inner, map, &format!("{path}.{name}"), count);
            }
        }
    }
    let mut count = 0;
    walk(&schema()["else"], &UNIT, "", &mut count);
    walk(&schema()["then"], &RECEIVER, "", &mut 0);
    assert!(count >= 25, "{count} fields");
}

#[test]
fn every_field_is_accepted_by_the_reader_and_refused_when_misspelt() {
    all(&UNIT, &[], &mut |path, field| {
        let said = |name: &str| {
            let (last, above) = path.split_last().unwrap();
            let name = if name.is_empty() { *last } else { name };
            let leaf = json!({ name: example(&field.shape) });
            let tree = above.iter().rev().fold(leaf, |inner, name| json!({ *name: inner }));
            let problems = check(&draft(&tree.to_string()));
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let spelled = path.join(".");
        assert!(!said("").contains("unknown"), "{spelled}: {}", said(""));
        assert!(said("zzzzzzzzzz").contains("unknown field `zzzzzzzzzz`"), "{spelled}");
    });
}

#[test]
fn every_field_that_is_no_header_has_a_flag_of_its_own() {
    let mut flags: Vec<&str> = flagged().iter().map(|(_, field)| field.flag).collect();
    let count = flags.len();
    flags.sort_unstable();
    flags.dedup();
    assert_eq!(flags.len(), count, "two fields have one flag");
    all(&UNIT, &[], &mut |path, field| {
        let header = matches!(
            field.shape,
            Shape::Map(_) | Shape::Constant(_) | Shape::Any | Shape::Pairs | Shape::Items(_)
        );
        assert!(header || !field.flag.is_empty(), "{} has no flag", path.join("."));
    });
}

#[test]
fn every_flag_reaches_the_field_it_names() {
    for (path, field) in flagged() {
        let value: Value = serde_json::from_value(example(&field.shape)).unwrap();
        let mut draft = Draft::of_flags();
        let problems = draft.set(&[Setting { path: path.clone(), flag: field.flag, value: value.clone() }]);
        assert!(problems.is_empty(), "--{}: {problems:?}", field.flag);
        assert_eq!(draft.value.at(&path), Some(&value), "--{}", field.flag);
    }
}

#[test]
fn a_flag_takes_the_alternatives_of_its_field_out() {
    let mut draft = of_spec("source: {git: {url: x, tag: v1}}, target: {dir: live}");
    let branch = Setting {
        path: vec!["spec", "source", "git", "branch"],
        flag: "source-git-branch",
        value: "b".into(),
    };
    assert_eq!(draft.set(&[branch]), []);
    let Source::Git(git) = Unit::read(draft.clone()).unwrap().source else { panic!("still a repository") };
    assert_eq!(git.at, GitReference::Branch("b".into()));
    let dir = Setting { path: vec!["spec", "source", "dir"], flag: "source-dir", value: "here".into() };
    let mut draft = of_spec("source: {git: {url: x, tag: v1}}, target: {dir: live}");
    assert_eq!(draft.set(&[dir]), []);
    assert_eq!(Unit::read(draft).unwrap().source, Source::Dir("here".into()));
}

#[test]
fn a_flag_that_says_more_of_one_alternative_does_not_choose_it_against_another() {
    let context = || setting(&["spec", "target", "kubernetes", "context"], "kubernetes-context", "prod");
    let mut unit = of_spec("source: {dir: a}, target: {dir: live}");
    let problems = unit.set(&[context()]);
    assert_eq!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "--kubernetes-context is about spec.target.kubernetes, and the unit has spec.target.dir (path=unit.yaml, \
          line=1, column=104, unit=a)"
        ]
    );
    assert_eq!(Unit::read(unit.clone()).unwrap().target, Target::Dir("live".into()));
    let kubernetes = Setting {
        path: vec!["spec", "target", "kubernetes"],
        flag: "kubernetes",
        value: Value::Map(windlass_core::Map::new()),
    };
    assert_eq!(unit.set(&[context(), kubernetes]), [], "unless it is chosen, in whatever order");
    assert!(matches!(Unit::read(unit).unwrap().target, Target::Kubernetes(_)));
}

#[test]
fn two_flags_that_choose_differently_are_an_error() {
    let mut unit = of_spec("source: {dir: a}, target: {dir: live}");
    let url = setting(&["spec", "source", "git", "url"], "source-git-url", "x");
    let dir = setting(&["spec", "source", "dir"], "source-dir", "b");
    let problems = unit.set(&[url, dir]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].message(), "--source-git-url and --source-dir cannot be said together");
}

#[test]
fn what_is_to_blame_is_the_field_and_a_flag_only_if_it_said_that() {
    let mut unit = of_spec("source: {git: {url: x}}, target: {dir: live}");
    assert_eq!(unit.set(&[setting(&["spec", "source", "git", "path"], "path", "shop")]), []);
    let blamed = |field: &[&str]| unit.blame(field, Error::new(ErrorKind::NotFound, "no")).to_string();
    assert_eq!(
        blamed(&["spec", "source", "git", "url"]),
        "no (field=spec.source.git.url, unitFile=unit.yaml:1:92)"
    );
    assert_eq!(blamed(&["spec", "source", "git", "path"]), "no (field=spec.source.git.path, flag=--path)");
}

#[test]
fn paths_of_a_file_are_relative_to_the_file() {
    let read = |url: &str| {
        let spec =
            format!("source: {{git: {{url: '{url}', credentialsFile: token}}}}, target: {{dir: live}}");
        Unit::read(of_spec_in("units/a.yaml", &spec)).unwrap()
    };
    assert_eq!(read("x").target, Target::Dir("units/live".into()));
    for (said, meant) in [
        ("../fleet.git", "units/../fleet.git"),
        ("./fleet.git", "units/./fleet.git"),
        ("fleet.git", "units/fleet.git"),
        ("repositories/a:b", "units/repositories/a:b"),
        (".", "units/."),
        ("/srv/fleet.git", "/srv/fleet.git"),
        ("https://example.org/fleet.git", "https://example.org/fleet.git"),
        ("file:///srv/fleet.git", "file:///srv/fleet.git"),
        ("git@example.org:fleet.git", "git@example.org:fleet.git"),
        ("https//token@example.org/fleet.git", "https//token@example.org/fleet.git"),
    ] {
        let Source::Git(git) = read(said).source else { panic!("a repository") };
        assert_eq!(git.url, meant);
        assert_eq!(git.server.credentials, Some("units/token".into()));
    }
}

#[test]
fn all_problems_are_named_at_once() {
    check_spec(
        "  source: {git: {url: x, brnach: main}}\n  target: {dir: 3}\n  interval: soon\n  prune: yes please\n",
        &[
            "`soon` is not a time (field=spec.interval, path=unit.yaml, line=7, column=3)",
            "must be true or false, not text (field=spec.prune, path=unit.yaml, line=8, column=3)",
            "unknown field `brnach`, did you mean `branch`? (field=spec.source.git.brnach, path=unit.yaml, line=5, \
             column=26)",
            "must be a text, not integer (field=spec.target.dir, path=unit.yaml, line=6, column=12)",
        ],
    );
}

#[test]
fn rivals_and_missing_choices_are_named() {
    check_spec(
        "  source: {git: {url: x}, dir: d}\n  target: {}\n",
        &[
            "git and dir cannot be said together (field=spec.source.dir, path=unit.yaml, line=5, column=27)",
            "neither dir nor kubernetes is said (field=spec.target, path=unit.yaml, line=6, column=3)",
        ],
    );
    check_spec(
        "  source: {git: {url: x, branch: a, commit: b}}\n  target: {dir: live}\n",
        &[
            "branch and commit cannot be said together (field=spec.source.git.commit, path=unit.yaml, line=5, column=37)",
        ],
    );
}

#[test]
fn times_and_numbers_have_bounds() {
    check_spec(
        "  source: {dir: a}\n  target: {dir: b}\n  interval: 0s\n  timeout: -5m\n  pruneLimits: {sharePercentMax: 101}\n",
        &[
            "0s is too short (field=spec.interval, path=unit.yaml, line=7, column=3)",
            "101 is not between 0 and 100 (field=spec.pruneLimits.sharePercentMax, path=unit.yaml, line=9, column=17)",
            "a time cannot be negative (`-5m`) (field=spec.timeout, path=unit.yaml, line=8, column=3)",
        ],
    );
}

#[test]
fn names_in_a_list_are_found_where_they_are_written() {
    check_spec(
        "  source: {dir: a}\n  target: {dir: b}\n  dependsOn:\n  - good\n  - Bad\n",
        &["`Bad` is not a unit name (field=spec.dependsOn[1], path=unit.yaml, line=9, column=5)"],
    );
}

#[test]
fn suggestions_are_near_or_not_made() {
    assert_eq!(nearest("brnach", &["branch", "tag"]), Some("branch"));
    assert_eq!(nearest("Source", &["source"]), Some("source"));
    assert_eq!(nearest("colour", &["branch", "tag"]), None);
}

#[test]
fn units_go_in_the_order_of_their_dependencies_and_a_cycle_isolates_its_members() {
    let of = |name: &str, after: &str| {
        unit(&format!(
            "{{apiVersion: windlass.dev/v1alpha1, kind: Unit, metadata: {{name: {name}}}, \
             spec: {{source: {{dir: a}}, target: {{dir: b}}, dependsOn: [{after}]}}}}"
        ))
    };
    let fleet =
        Fleet::new(vec![of("a", "c"), of("b", ""), of("c", "b"), of("p", "q"), of("q", "p")]).unwrap();
    let names: Vec<&str> = fleet.units().map(|unit| unit.id.as_str()).collect();
    assert_eq!(names, ["b", "c", "a", "p", "q"]);
    let isolated: Vec<&str> =
        names.iter().copied().filter(|name| fleet.isolation(&name.parse().unwrap()).is_some()).collect();
    assert_eq!(isolated, ["p", "q"]);
}

#[test]
fn without_a_file_and_without_a_flag_no_unit_is_named() {
    let error = load(&Asked::default(), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "no unit is named");
}

#[test]
fn a_mirror_has_what_is_said_of_it_and_nothing_of_how_the_source_is_reached() {
    let server = "credentialsFile: mine, authorityFile: mine, certificateFile: mine, proxyFile: mine";
    for (kind, fields, mirror) in [
        (
            "git",
            "url: ./a.git, branch: b, knownHostsFile: mine, verify: {keysFile: team}",
            "{url: ./b.git, credentialsFile: theirs}",
        ),
        (
            "oci",
            "url: oci://a.example/x, semver: 1.x, insecure: true, verify: {keysFile: team}",
            "{url: oci://b.example/x, credentialsFile: theirs}",
        ),
        (
            "bucket",
            "endpoint: a.example, bucketName: team, prefix: x, insecure: true",
            "{endpoint: b.example, credentialsFile: theirs}",
        ),
        (
            "archive",
            "url: https://a.example/team, insecure: true",
            "{url: https://b.example/team, credentialsFile: theirs}",
        ),
        (
            "helm",
            "url: https://a.example, chart: team, passCredentials: true, insecure: true",
            "{url: https://b.example, credentialsFile: theirs}",
        ),
    ] {
        let spec =
            format!("source: {{{kind}: {{{fields}, {server}, mirrors: [{mirror}]}}}}, target: {{dir: live}}");
        let unit = Unit::read(of_spec_in("units/unit.yaml", &spec)).unwrap();
        let mirrored = unit.source.mirrored();
        let shown = format!("{:?}", mirrored[0]);
        assert_eq!(mirrored.len(), 1, "{kind}");
        assert!(!shown.contains("mine") && !shown.contains("true"), "{kind}: {shown}");
        for kept in ["team", "units/theirs", "b."] {
            assert!(shown.contains(kept), "{kind}: {kept}: {shown}");
        }
        assert!(mirrored[0].mirrored().is_empty());
    }
}
